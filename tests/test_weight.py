"""The pages are light: bytes over the wire within limits, no script or style in the way, and nothing lost for it."""

import base64
import io
import re
import urllib.request
from importlib.metadata import distribution
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

import icons
import light_pages
import light_styles
import weight
from helpers import exact

FIRST, AGAIN = 900_000, 60_000  # bytes: what the issue of weight allows a page
SHARED = 110_000  # and what this site has come down to, for what all pages ask for together
STATIC = weight.SITE / "_static"


@pytest.fixture(scope="module")
def addresses():
    """Serve the site as its host does, and as its host would after the ten minutes of the browser's cache."""
    if not (weight.SITE / "index.html").exists():
        pytest.fail("there is no site to weigh: run `python3 tasks.py book` first, or `python3 tasks.py test`")
    with weight.served() as first, weight.served(max_age=0) as later:
        yield first, later


# The site as it is


IN_THE_WAY = """() => ({
    scripts: [...document.querySelectorAll("script[src]:not([defer], [async], [type=module])")].map(script => script.src),
    styles: [...document.querySelectorAll("link[rel=stylesheet]")].length,
    preloads: [...document.querySelectorAll("link[rel=preload]")].map(link => link.href),
    viewports: document.querySelectorAll("meta[name=viewport]").length,
    squeezed: [...document.images].filter(image => image.width > 1 && image.naturalWidth > 1)
        .filter(image => Math.abs(image.width / image.height - image.naturalWidth / image.naturalHeight) > .03 * image.width / image.height)
        .map(image => image.src),
    unsized: [...document.querySelectorAll("article img")].filter(image => !image.src.endsWith(".svg") && !image.height).length,
    pale: [...document.querySelectorAll(".highlight > pre:has(> span[class])")]
        .filter(pre => getComputedStyle(pre).color !== getComputedStyle(pre.parentElement).color).length,
    undrawn: document.querySelectorAll("i[class*=fa-], svg.svg-inline--fa:not(:has(path[d]))").length,
})"""


def test_every_page_is_light_and_nothing_is_in_its_way(browser, addresses):
    """All images are counted, as if a reader had scrolled to the end.

    On the second load the cache is to be asked about everything, which costs some bytes a request: so it is enough to
    weigh the pages with the most requests.
    """
    context = browser.new_context(viewport={"width": 412, "height": 823})
    scales = weight.Scales(context)
    weighed = {}
    for page in weight.pages():
        scales.empty()
        weighed[page] = scales.weigh(f"{addresses[1]}/{page}")
        if not page.startswith("slides/"):
            found = scales.page.evaluate(IN_THE_WAY)
            if page == "search.html":  # it is nothing without its scripts
                found["scripts"] = []
            own = 2 if page == "chapters/cheat-sheet.html" else 1  # it prints as the worksheet does, and on one page
            assert found.pop("styles") <= 1 + own, page
            assert found == {
                "scripts": [],
                "preloads": [],
                "viewports": 1,
                "squeezed": [],
                "unsized": 0,
                "pale": 0,
                "undrawn": 0,
            }, page
    assert {page: sum(taken.values()) for page, taken in weighed.items() if sum(taken.values()) >= FIRST} == {}
    of_book = [taken for page, taken in weighed.items() if not page.startswith(("slides/", "404"))]
    shared = set.intersection(*map(set, of_book))
    assert len(shared) >= 5
    assert sum(of_book[0][url] for url in shared) < SHARED
    for page in sorted(weighed, key=lambda page: len(weighed[page]))[-3:]:
        scales.empty()
        first, again = (scales.weigh(f"{addresses[1]}/{page}") for _ in range(2))
        assert sum(again.values()) < AGAIN < sum(first.values()), page
    context.close()


def test_on_the_first_screen_a_page_asks_for_no_figure_far_below(browser, addresses):
    context = browser.new_context(viewport={"width": 412, "height": 823})
    scales = weight.Scales(context)
    scales.empty()
    asked = scales.weigh(f"{addresses[0]}/chapters/07-learn-to-upsample.html", whole=False)
    figures = [url for url in asked if "/_images/" in url]
    assert len(figures) < scales.page.locator("figure img").count() / 2
    context.close()


ACTS = [".search-button, .search-button-field", ".dropdown-launch-buttons button", ".dropdown-download-buttons button"]


def test_no_rule_is_dropped_that_applies_somewhere(browser, addresses):
    """Also with the menus and the search open, where the theme's scripts have put classes of their own."""
    dropped = sorted(selectors(theme_styles()) - selectors((STATIC / "site.css").read_text(encoding="utf-8")))
    assert len(dropped) > 5000
    states = r"::?(?:before|after|hover|focus|active|visited|placeholder|marker|selection|disabled|checked|-[\w-]+)(?:-[\w-]+)?(?:\([^)]*\))?"
    plain = [re.sub(states, "", selector) or "*" for selector in dropped]
    look = """selectors => selectors.map((selector, index) => {
        try { return document.querySelector(selector) ? index : -1; } catch { return -1; }
    }).filter(index => index >= 0)"""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    for name in ("chapters/index", "chapters/05-every-form", "chapters/errors", "course/worksheet", "search"):
        page.goto(f"{addresses[0]}/{name}.html")
        for act in ACTS:
            button = page.locator(act).locator("visible=true")
            if button.count():
                button.first.click()
                assert [dropped[index] for index in page.evaluate(look, plain)] == [], name
                page.keyboard.press("Escape")
    context.close()


def theme_styles():
    """Read the styles that the packages bring, as a page without this project's doing would have them."""
    packages = {
        "pydata-sphinx-theme": "pydata_sphinx_theme/theme/pydata_sphinx_theme/static/styles/pydata-sphinx-theme.css",
        "sphinx-book-theme": "sphinx_book_theme/theme/sphinx_book_theme/static/styles/sphinx-book-theme.css",
        "sphinx-copybutton": "sphinx_copybutton/_static/copybutton.css",
        "sphinx_design": "sphinx_design/static/sphinx-design.min.css",
        "myst-nb": "myst_nb/static/mystnb.css",
    }
    paths = [Path(distribution(name).locate_file(path)) for name, path in packages.items()]
    return "\n".join(light_styles.read(path.parent, path.name) for path in paths)


def selectors(text):
    """Return all selectors of a stylesheet, also those in `@media`."""
    found = set()
    for prelude, body in light_styles.rules(light_styles.without_comments(text)):
        if prelude.startswith(light_styles.GROUPS):
            found |= selectors(body)
        elif body is not None and not prelude.startswith("@"):
            found |= set(light_styles.split(prelude))
    return found


def test_the_icons_of_the_styles_are_in_the_fonts_of_the_styles():
    text = (STATIC / "site.css").read_text(encoding="utf-8")
    fonts = [
        TTFont(io.BytesIO(base64.b64decode(data))) for data in re.findall(r"base64,([\w+/=]+)\) format\(\"woff\"", text)
    ]
    there = set().union(*(font.getBestCmap() for font in fonts))
    wanted = {int(number, 16) for number in re.findall(r"\\([ef][0-9a-f]{3})\b", text)}
    assert 15 < len(wanted) < 100
    assert wanted == there
    assert "Font Awesome Free" in text[:3000]  # its notice


def test_nothing_is_served_that_no_page_asks_for():
    assert sorted(path.name for path in STATIC.rglob("*.map")) == []
    assert not (STATIC / "scripts" / "fontawesome.js").exists()
    files = [
        path for path in STATIC.rglob("*") if path.is_file() and path.parent.name != "cards"
    ]  # others ask for those
    assert sum(path.stat().st_size for path in files) < 700_000


# The server that is measured with


def test_the_server_packs_and_answers_as_the_host_does(addresses):
    with urllib.request.urlopen(f"{addresses[0]}/chapters/index.html") as answer:
        headers = dict(answer.headers)
        body = answer.read()
    assert (headers["Content-Encoding"], headers["Cache-Control"]) == ("gzip", "max-age=600")
    assert len(body) == int(headers["Content-Length"]) < (weight.SITE / "chapters" / "index.html").stat().st_size / 3
    known = urllib.request.Request(f"{addresses[0]}/chapters/index.html", headers={"If-None-Match": headers["ETag"]})
    with pytest.raises(urllib.error.HTTPError, match="304"):
        urllib.request.urlopen(known)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{addresses[0]}/chapters/none.html")


def test_what_has_no_end_is_named_and_the_next_page_does_not_wait_for_it(browser, monkeypatch):
    monkeypatch.setattr(weight, "LOOKS", 3)
    context = browser.new_context()
    context.route("**/quiet.html", lambda route: route.fulfill(body="<p>", content_type="text/html"))
    context.route("**/asks.html", lambda route: route.fulfill(body="<script>fetch('endless')</script>"))
    context.route("**/endless", lambda route: None)
    scales = weight.Scales(context)
    named = "http://127.0.0.1/asks.html has asked for http://127.0.0.1/endless, and it has no end"
    with pytest.raises(TimeoutError, match=exact(named)):
        scales.weigh("http://127.0.0.1/asks.html")
    monkeypatch.undo()  # what has an end may take its time
    assert list(scales.weigh("http://127.0.0.1/quiet.html")) == ["http://127.0.0.1/quiet.html"]
    for request, loader, url in (
        ("8.2", "8", "late"),
        ("9", "9", "page"),
        ("8.3", "8", "later"),
        ("9.1", "9", "image"),
    ):
        scales.ask({"requestId": request, "loaderId": loader, "request": {"url": url}})
    assert scales.asked == {"9": "page", "9.1": "image"}
    context.close()


# How it is done


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        (".a{x:y}.b{x:y}", ".a{x:y}"),
        (".a,.b,p{x:y}", ".a,p{x:y}"),
        (".a .b{x:y}", ""),
        (".a:not(.b){x:y}", ".a:not(.b){x:y}"),
        (":is(.a,.b) p{x:y}", ":is(.a,.b) p{x:y}"),
        ('[class="b"]{x:y}', '[class="b"]{x:y}'),
        ("@media print{.b{x:y}}", ""),
        ("@media print{.b{x:y}.a{x:y}}", "@media print{.a{x:y}}"),
        (r".a\:x{x:y}", ""),
        (".a{x:url(\"data:image/svg+xml,<path d='M0 0'/>;}\")}#b{}", ".a{x:url(\"data:image/svg+xml,<path d='M0 0'/>;}\")}"),
        ("/* .a{} */.a{x:y/* } */}", ".a{x:y}"),
        ("@keyframes one{to{x:y}}@keyframes two{to{x:y}}.a{animation:one 1s}", "@keyframes one{to{x:y}}\n\n.a{animation:one 1s}"),
        ("/*! MIT */.b{x:y}", "/*! MIT */"),
    ],
)  # fmt: skip
def test_a_rule_stays_if_all_its_classes_and_ids_are_known(tmp_path, style, kept):
    (tmp_path / "one.css").write_text(style, encoding="utf-8")
    assert light_styles.merged(tmp_path, ["one.css"], {"a"}).strip() == kept


def test_addresses_and_imports_of_styles_stay_right(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one.css").write_text('@import "../two.css";.a{x:url("pic.png")}', encoding="utf-8")
    (tmp_path / "two.css").write_text(".a{x:url(pic.png)}", encoding="utf-8")
    assert light_styles.merged(tmp_path, ["deep/one.css"], {"a"}).split() == [
        ".a{x:url(pic.png)}",
        ".a{x:url(deep/pic.png)}",
    ]


def test_a_broken_style_is_not_taken_for_a_short_one(tmp_path):
    (tmp_path / "one.css").write_text(".a{x:y", encoding="utf-8")
    with pytest.raises(ValueError, match="ends within a rule"):
        light_styles.merged(tmp_path, ["one.css"], {"a"})


def test_code_needs_no_mark_for_what_has_the_colour_of_all_code():
    base = 'html[data-theme="{0}"] .highlight{{background:#fff;color:{1}}}html[data-theme="{0}"] .highlight .n{{color:{1}}}'
    other = 'html[data-theme="{0}"] .highlight .{1}{{{2}}}'
    styles = base.format("light", "#000") + base.format("dark", "#eee")
    assert light_styles.plain_tokens(styles) == {"n"}
    more = other.format("light", "k", "color:#000") + other.format("dark", "k", "color:#00f")
    more += other.format("light", "b", "color:#000;font-weight:bold") + other.format("dark", "b", "color:#eee")
    more += other.format("light", "p", "color:#000") + other.format("dark", "p", "color:#eee") + "a .highlight .p{x:y}"
    assert light_styles.plain_tokens(styles + more) == {"n"}
    page = '<pre><span></span><span class="k">if</span> <span class="n">a</span></pre><span class="n">a</span>'
    assert light_pages.without_plain_tokens(page, {"n"}) == page.replace('<span class="n">a</span></pre>', "a</pre>")


KNOWN = icons.definitions(
    'var p={bars:[448,512,["navicon",9776],"f0c9","M0 1z"],"x-y":[10,20,[],"f00d","M2z"]};(function(){d("fas",p),d("fa-solid",p)})'
    '();var q={bars:[1,2,[],"f0c9","M9z"]};(function(){d("far",q),d("fa-regular",q)})'
)


def test_an_icon_is_drawn_as_the_theme_s_script_would():
    page = '<a><i class="fa-solid fa-navicon fa-lg" data-mode="dark" title="A &amp; b"></i><i class="far fa-bars"></i><i>x</i></a>'
    assert icons.drawn(page, KNOWN) == (
        '<a><svg class="svg-inline--fa fa-navicon fa-lg" data-mode="dark" role="img" aria-label="A &amp; b" '
        'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 448 512"><title>A &amp; b</title>'
        '<path fill="currentColor" d="M0 1z"></path></svg><svg class="svg-inline--fa fa-bars" aria-hidden="true" '
        'focusable="false" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 2"><path fill="currentColor" d="M9z"></path></svg>'
        "<i>x</i></a>"
    )


@pytest.mark.parametrize("name", ["fa-solid fa-none", "fab fa-bars", "fa-bars"])
def test_an_icon_that_the_theme_does_not_have_ends_the_build(name):
    with pytest.raises(icons.Fault, match=exact(f"the theme has no icon {name!r}")):
        icons.drawn(f'<i class="{name}"></i>', KNOWN)


def script(name, more=""):
    return f'<script {more}src="../_static/{name}?v=1"></script>'


@pytest.mark.parametrize(
    ("asked", "body", "kept"),
    [
        (script("doctools.js"), "", script("doctools.js", "defer ")),
        (script("scripts/bootstrap.js", "defer "), "", script("scripts/bootstrap.js", "defer ")),
        (script("scripts/fontawesome.js", "defer "), "", ""),
        (script("copybutton.js"), "<p>", "<p>"),
        (script("copybutton.js"), '<div class="highlight">', script("copybutton.js", "defer ") + '<div class="highlight">'),
        (script("searchtools.js"), "", ""),
        (script("searchtools.js"), '<p id="search-results">', script("searchtools.js") + '<p id="search-results">'),
        ("<script>let toggleHintShow = 1;</script>", '<p class="admonition note">', '<p class="admonition note">'),
        ("<script>let toggleHintShow = 1;</script>", '<p class="toggle">', '<script>let toggleHintShow = 1;</script><p class="toggle">'),
        ("<script>other()</script>", "", "<script>other()</script>"),
        ('<link rel="preload" as="script" href="x.js" />', "", ""),
    ],
)  # fmt: skip
def test_a_script_waits_and_comes_only_where_it_has_something_to_do(tmp_path, asked, body, kept):
    assert light_pages.page_scripts(asked + body, tmp_path) == kept


def test_what_other_scripts_build_on_is_in_the_page(tmp_path):
    (tmp_path / "documentation_options.js").write_text("const A = 1;", encoding="utf-8")
    assert light_pages.page_scripts(script("documentation_options.js"), tmp_path) == "<script>const A = 1;</script>\n"


def test_an_image_has_its_size_and_waits_below_the_first(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x30\0\0\0\x20")
    page = (
        '<img class="logo__image" src="l.svg"/><img alt="" src="a.png" /><img src="a.png"/><img width="3" src="a.png"/>'
    )
    assert light_pages.images(page, tmp_path) == (
        '<img class="logo__image" src="l.svg"/><img decoding="async" width="48" height="32" alt="" src="a.png" />'
        '<img loading="lazy" decoding="async" width="48" height="32" src="a.png"/>'
        '<img loading="lazy" decoding="async" width="3" src="a.png"/>'
    )


def test_the_colours_are_decided_before_the_first_paint(browser, addresses):
    """Without the theme's scripts, which come later."""
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.route("**/*.js*", lambda route: route.abort())
    page.goto(f"{addresses[0]}/chapters/errors.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.evaluate("localStorage.setItem('mode', 'light')")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    context.close()


def test_styles_that_all_pages_have_become_one():
    links = [
        f'<link rel="stylesheet" type="text/css" href="../_static/{name}?v=1" />\n'
        for name in ("a.css", "b.css", "c.css")
    ]
    pages = ["".join(links), links[0] + links[2]]
    names = light_pages.common_sheets(pages)
    assert names == ["a.css", "c.css"]
    one = '  <link rel="stylesheet" href="../_static/site.css?v=0" />\n'
    assert light_pages.one_sheet(pages[0], names, "0") == one + links[1]
