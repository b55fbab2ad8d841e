"""Weighs the site's pages: what a browser takes over the wire from a server that packs and caches as GitHub Pages does.

`python tools/weight.py` prints a table of all pages; the tests use the same server and the same scales.
"""

import contextlib
import email.utils
import functools
import gzip
import hashlib
import http.server
from pathlib import Path

from playwright.sync_api import sync_playwright

import chromium
import local_server

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"

PACKED = {".html", ".css", ".js", ".mjs", ".json", ".svg", ".txt", ".xml", ".ipynb", ".md", ".inv", ".map"}


class Host(http.server.SimpleHTTPRequestHandler):
    """Serve files as GitHub Pages does: text packed with gzip, an ETag, and ten minutes in the browser's cache."""

    protocol_version = "HTTP/1.1"  # one connection for many requests
    max_age = 600

    def do_GET(self):
        """Answer with the file, with 304 if the browser has it, or with 404."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        found = path.is_file()
        body, tag = packed(path, path.stat().st_mtime_ns) if found else (b"", "")
        fresh = found and self.headers.get("If-None-Match") == tag
        self.send_response(304 if fresh else 200 if found else 404)
        if found:
            self.describe(path, tag, len(body))
        self.send_header("Content-Length", str(0 if fresh else len(body)))
        self.end_headers()
        if not fresh:
            with contextlib.suppress(ConnectionError):  # a browser may turn away before it has all
                self.wfile.write(body)

    def describe(self, path, tag, length):
        """Send what a browser and its cache want to know about a file."""
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in PACKED:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("ETag", tag)
        self.send_header("Last-Modified", email.utils.formatdate(path.stat().st_mtime, usegmt=True))
        self.send_header("Cache-Control", f"max-age={self.max_age}")
        self.send_header("Vary", "Accept-Encoding")

    def log_message(self, *args):
        """Say nothing."""


@functools.cache
def packed(path, changed):
    """Return what is sent for a file, packed where it is text, and its ETag; `changed` keeps the cache honest."""
    data = path.read_bytes()
    tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
    return (gzip.compress(data, 6, mtime=0) if path.suffix in PACKED else data), tag


def served(site=SITE, *, max_age=600):
    """Serve a folder at a local address while the block runs."""
    return local_server.serving(site, type("Host", (Host,), {"max_age": max_age}))


class Scales:
    """Counts what a tab of a browser takes over the wire: bytes with their headers, packed as they came."""

    def __init__(self, context):
        self.page = context.new_page()
        self.session = context.new_cdp_session(self.page)
        self.session.send("Network.enable")
        self.asked, self.taken, self.page_id = {}, {}, None
        self.session.on("Network.requestWillBeSent", self.ask)
        self.session.on("Network.loadingFinished", self.take)
        self.session.on("Network.loadingFailed", lambda event: self.asked.pop(event["requestId"], None))

    def ask(self, event):
        """Note an address; what the page before has asked for late is nothing to wait for."""
        if event["requestId"] == event["loaderId"]:  # the address of a page
            self.page_id = event["loaderId"]
            self.asked.clear()
        if event["loaderId"] == self.page_id:
            self.asked[event["requestId"]] = event["request"]["url"]

    def take(self, event):
        """Note its bytes."""
        self.taken[event["requestId"]] = int(event["encodedDataLength"])

    def empty(self):
        """Forget what the browser has in its cache."""
        self.session.send("Network.clearBrowserCache")

    def weigh(self, url, *, whole=True):
        """Load a page, and return what each request took: its address -> bytes, 0 where the cache has it.

        With `whole`, images wait for nobody to scroll to them. What has no end after half a minute is a `TimeoutError`.
        """
        self.asked.clear()
        self.taken.clear()
        self.page.goto(url, wait_until="load")
        if whole:
            self.page.evaluate("for (const image of document.images) image.loading = 'eager'")
        self.page.evaluate(SETTLED)
        for _ in range(LOOKS):  # for what a script asks for after the page is loaded
            if self.taken.keys() >= self.asked.keys():
                break
            self.page.wait_for_timeout(20)
        else:
            waiting = sorted(address for key, address in self.asked.items() if key not in self.taken)
            raise TimeoutError(f"{url} has asked for {', '.join(waiting)}, and it has no end")
        return {
            self.asked[key]: size
            for key, size in self.taken.items()
            if not self.asked.get(key, "data:").startswith("data:")
        }


LOOKS = 1500  # so many times 20 ms
SETTLED = """() => Promise.all([document.fonts.ready, ...[...document.images].filter(image => image.loading !== "lazy")
    .map(image => image.complete || new Promise(done => { image.onload = image.onerror = done; }))])
    .then(() => new Promise(requestIdleCallback))"""


def pages(site=SITE):
    """Return the addresses of all pages of a site, but not of those that only lead to another."""
    found = sorted(
        path for path in site.rglob("*.html") if 'http-equiv="Refresh"' not in path.read_text(encoding="utf-8")
    )
    return [path.relative_to(site).as_posix() for path in found]


def main():
    """Print a table of all pages, with the figures that the issue of weight asks for."""
    with sync_playwright() as playwright, served() as first, served(max_age=0) as later:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.ARGUMENTS)
        scales = Scales(browser.new_context(viewport={"width": 412, "height": 823}, is_mobile=True))
        print("page | requests | first | first, scrolled to its end | again | after the landing page")
        for page in pages():
            scales.empty()
            once = scales.weigh(f"{first}/{page}", whole=False)
            scales.empty()
            whole = scales.weigh(f"{later}/{page}")
            again = scales.weigh(f"{later}/{page}")
            scales.empty()
            scales.weigh(f"{first}/chapters/index.html")
            after = scales.weigh(f"{first}/{page}", whole=False)
            print(page, len(once), *(sum(each.values()) for each in (once, whole, again, after)), sep=" | ", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
