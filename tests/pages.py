"""The built site and a browser's visit to it, for every test that looks at pages."""

import functools
import http.server
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
ENTRIES = [
    entry for part in TOC["parts"] for chapter in part["chapters"] for entry in (chapter, *chapter.get("sections", ()))
]
PAGES = [TOC["root"], *(entry["file"] for entry in ENTRIES)]
OTHERS = ["404", "genindex", "search", "slides/index"]
NOTEBOOKS = [page for page in PAGES if (ROOT / page).with_suffix(".ipynb").exists()]
REPOSITORY = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serve the site as a web server would, and keep no log."""

    def log_message(self, *args):
        """Say nothing."""

    def translate_path(self, path):
        """Below the name of the repository too, where the site is at home: 404.html names its files from there."""
        return super().translate_path(path.removeprefix("/" + REPOSITORY.rsplit("/", 1)[-1]))


class Visit:
    """A page in a fresh tab, with everything that it said and asked for."""

    def __init__(self, browser, address, *, width=1280, scheme="light", scripts=True):
        size = {"width": width, "height": 800}
        looks = {"viewport": size, "color_scheme": scheme, "reduced_motion": "reduce"}  # nothing is caught half way
        self.context = browser.new_context(**looks, java_script_enabled=scripts)
        self.page = self.context.new_page()
        self.complaints, self.outside = [], []
        self.page.on(
            "console", lambda message: message.type in ("error", "warning") and self.complaints.append(message.text)
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", self.note_failure)
        self.page.route("**/*", functools.partial(self.pass_on, address))

    def pass_on(self, address, route):
        """Cut the network: only the site itself answers."""
        if route.request.url.startswith((address, "data:")):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def note_failure(self, request):
        """Note what did not come; an image that was on its way when the page was left is nobody's fault."""
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url}, {request.failure}")

    def open(self, url):
        self.page.goto(url)
        self.page.evaluate("document.fonts.ready.then(() => true)")
        return self.page

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.context.close()


def until(page, expression, arg=None, *, seconds=30):
    """Wait until something is true of a page; Playwright's own way of waiting is an `eval`, which the pages do not allow."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression, arg):
        assert time.monotonic() < end, f"after {seconds} s not yet: {expression}"
        page.wait_for_timeout(20)


def formulas(page):
    """How many formulas the page has, and how many of them are drawn, with the font that is served for them."""
    drawn = """() => {
        const loaded = [...document.fonts].some(({family, status}) => family === "Formulas" && status === "loaded");
        const seen = formula => (formula.getBoundingClientRect().width > 2 || !formula.checkVisibility()) && getComputedStyle(formula).fontFamily.startsWith("Formulas");
        return [...document.querySelectorAll(".math")].filter(place => loaded && [...place.querySelectorAll("math")].some(seen)).length;
    }"""
    return page.locator(".math").count(), page.evaluate(drawn)


def broken_images(page):
    """Load the images that wait to be seen, and return the addresses of those that are not there."""
    return page.evaluate("""async () => {
        const images = [...document.images];
        for (const image of images) image.loading = "eager";
        await Promise.all(images.map(image => image.complete || new Promise(done => { image.onload = image.onerror = done; })));
        return images.filter(image => !image.naturalWidth).map(image => image.src);
    }""")
