"""What several tests ask of a page in a browser: axe's findings, what scrolls sideways, what a setting of the reader cuts."""

import functools
from importlib.metadata import distribution
from pathlib import Path

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOUR = ["color-contrast", "link-in-text-block"]

# What is not mended, by rule and selector, each with the reason: nothing so far.
ALLOWED = {}

# Of the rules for colours: look at what `mark` has marked, also at single letters and signs.
SETTINGS = """axe.configure({
    rules: [{id: 'color-contrast', selector: '[data-look]'}, {id: 'link-in-text-block', selector: 'a[href][data-look]'}],
    checks: [{id: 'color-contrast', options: {
        ...axe._audit.checks['color-contrast'].options, ignoreLength: true, ignoreUnicode: false}}]})"""

SPACING = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
p { margin-bottom: 2em !important; }"""  # what WCAG 1.4.12 lets a reader set
# A sheet made by a script, since the pages allow no styles in themselves but their own
SPACED = (
    "text => { const sheet = new CSSStyleSheet(); sheet.replaceSync(text); document.adoptedStyleSheets = [sheet]; }"
)
WIDTHS = (1280, 640, 375, 320)  # and at 200%, a telephone, and 1280 at 400%


@functools.cache
def scripts():
    """Return axe-core, which the package axe-playwright-python carries, and what the book asks besides."""
    package = distribution("axe-playwright-python").locate_file("axe_playwright_python/axe.min.js")
    return [path.read_text(encoding="utf-8") for path in (Path(package), Path(__file__).with_suffix(".js"))]


def ask(page, what, options=None):
    """Call a function of `accessibility.js` in the page."""
    if not page.evaluate("'asked' in window"):
        for script in scripts():
            page.evaluate(script)
        page.evaluate(SETTINGS)
    return page.evaluate(f"options => asked.{what}(options)", options)


def findings(page, *, colour=False):
    """Return what axe finds on a page as it is shown, as (rule, selector, reason); what it cannot decide counts as found.

    With `colour` also by the rules that depend on it, at one element for each look, and in drawings.
    """
    rules = {rule: {"enabled": colour} for rule in COLOUR}
    if colour:
        look(page)
    found = ask(page, "axeSays", {"runOnly": {"type": "tag", "values": TAGS}, "rules": rules})
    return without_allowed(found) + (drawn(page) if colour else [])


def dark_findings(page):
    """Return what axe finds by the rules that depend on colour, after the page was switched to its other colours.

    The blocks of the page at which nothing is to be looked are taken away, so that this comes last.
    """
    found = drawn(page)
    look(page)
    ask(page, "prune")
    return found + without_allowed(ask(page, "axeSays", {"runOnly": COLOUR}))


def look(page):
    """Mark what the rules for colours look at, and show the whole sidebar, which scrolls otherwise."""
    page.set_viewport_size({**page.viewport_size, "height": 2400})
    ask(page, "lighten")
    ask(page, "mark")


def drawn(page):
    return [("contrast in a drawing", text, "below 4.5") for text in ask(page, "drawn")]


def without_allowed(found):
    return [tuple(one) for one in found if tuple(one[:2]) not in ALLOWED]


def misfits(page):
    """Return where a page scrolls sideways or hides a part of a text: ever narrower, then with wider letters."""
    found, size = [], page.viewport_size
    for spacing, widths in ((False, WIDTHS), (True, (WIDTHS[-1], WIDTHS[0]))):
        if spacing:
            page.evaluate(SPACED, SPACING)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 800})
            pixels = lasting(page, "sideways")
            found += [f"{pixels} pixels sideways at {width}"] if pixels else []
            found += lasting(page, "cut") if spacing or width == WIDTHS[-1] else []
    page.evaluate("document.adoptedStyleSheets = []")
    page.set_viewport_size(size)
    return found


def lasting(page, question):
    """Return what is wrong, and still so after 3 s: scripts lay a page out again when its width has changed."""
    for _ in range(60):
        wrong = ask(page, question)
        if not wrong:
            break
        page.wait_for_timeout(50)
    return wrong
