"""Addresses last: every page and heading that there was still leads somewhere, and a wrong address to a way on."""

import http.server
import re
import subprocess
import sys
import urllib.parse
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest

import addresses
import local_server
import not_found
import repository
from helpers import exact
from pages import PAGES, ROOT, SITE, Visit

HOME = repository.site_of(repository.address_of(ROOT))
TOP = urllib.parse.urlparse(HOME).path
TELL = "run `.venv/bin/python tools/addresses.py`"

# The list


@pytest.fixture(scope="module")
def listed():
    """Every address that the site has had."""
    return addresses.LIST.read_text(encoding="utf-8").split()


def test_every_address_that_there_was_leads_somewhere(listed):
    assert len(listed) > 500
    assert [one for one in listed if addresses.leads_to(SITE, one) is None] == []


def test_every_address_that_there_is_is_listed(listed):
    assert sorted(addresses.found(SITE) - set(listed)) == [], TELL
    assert {f"{page}.html" for page in PAGES} <= set(listed)
    assert listed == sorted(listed)


def test_no_heading_is_named_by_counting():
    """One more heading before it, and all links to it would lead elsewhere."""
    assert [one for one in addresses.found(SITE) if re.search(r"#id\d+$", one)] == []


# What leads on

CONF = """
import sys
sys.path[:0] = [{tools!r}, {source!r}]
extensions = ["addresses"]
html_baseurl = "https://somebody.github.io/a-fork/"
addresses_moved = {{
    "pages": {{"deep/old": "new", "older": "new"}},
    "headings": {{"new#a-title-of-before": "a-title", "new#first": "a-title"}},
}}
"""
NEW = """
New
===

A title
-------

1.0
~~~

2.0
~~~
"""


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """A small site with a page that was moved twice, a heading with two names of before, and two that are numbers."""
    source, site = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    (source / "conf.py").write_text(CONF.format(tools=str(ROOT / "tools"), source=str(ROOT / "src")))
    (source / "index.rst").write_text("Start\n=====\n\n.. toctree::\n\n   new\n")
    (source / "new.rst").write_text(NEW)
    subprocess.run([sys.executable, "-m", "sphinx", "-q", "-b", "html", source, site], check=True)
    return site


def test_a_page_that_moved_leads_on_with_its_heading(moved):
    assert addresses.leads_to(moved, "deep/old.html#a-title") == "new.html#a-title"
    assert addresses.leads_to(moved, "older.html") == "new.html"
    text = (moved / "deep" / "old.html").read_text(encoding="utf-8")
    assert '<link rel="canonical" href="https://somebody.github.io/a-fork/new.html" />' in text
    assert '<meta http-equiv="refresh" content="0; url=../new.html" />' in text
    assert 'location.replace("../new.html" + location.search + location.hash)' in text
    assert '<a href="../new.html">New</a>' in text


def test_a_heading_that_was_renamed_keeps_its_names_of_before(moved):
    for name in ("a-title", "a-title-of-before", "first"):
        assert addresses.leads_to(moved, f"new.html#{name}") == f"new.html#{name}"
    assert "new.html#a-title" in addresses.found(moved)
    assert "new.html#first" not in addresses.found(moved)


def test_a_heading_without_a_name_of_its_own_is_named_after_the_one_above_too(moved):
    assert {"new.html#a-title-1-0", "new.html#a-title-2-0"} <= addresses.found(moved)


@pytest.mark.parametrize("one", ["nowhere.html", "new.html#nothing", "deep/old.html#nothing"])
def test_what_leads_nowhere_is_found(moved, one):
    assert addresses.leads_to(moved, one) is None


def test_a_page_that_is_there_cannot_have_moved(tmp_path):
    config = SimpleNamespace(root_doc="index", addresses_moved={"pages": {"new": "index"}, "headings": {}})
    app = SimpleNamespace(config=config, builder=SimpleNamespace(name="html"), outdir=tmp_path)
    app.env = SimpleNamespace(found_docs={"index", "new"})
    with pytest.raises(ValueError, match=exact("moved.yml says that new has moved, and it is there")):
        addresses.lead_on(app, None)


def test_the_address_of_the_site_leads_to_its_first_page(browser, address):
    text = (SITE / "index.html").read_text(encoding="utf-8")
    assert f'<link rel="canonical" href="{HOME}{PAGES[0]}.html" />' in text
    assert "<title>5×5 or 6×6? — Transpose Convolution</title>" in text
    assert re.search(r'<meta name="description" content="[^"]{50,160}" />', text)
    for scripts, anchor in ((True, "#the-chapters"), (False, "")):
        with Visit(browser, address, scripts=scripts) as visit:
            visit.page.goto(f"{address}/#the-chapters")
            visit.page.wait_for_url(f"**/{PAGES[0]}.html{anchor}*")
            assert visit.page.locator("article h1").count() == 1


# What lists the pages


def test_the_sitemap_lists_every_page():
    tree = ET.parse(SITE / "sitemap.xml").getroot()
    name = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    assert [(url.tag, [part.tag for part in url]) for url in tree] == [(f"{name}url", [f"{name}loc"])] * len(PAGES)
    assert sorted(loc.text for loc in tree.iter(f"{name}loc")) == sorted(f"{HOME}{page}.html" for page in PAGES)
    assert (SITE / "robots.txt").read_text() == f"User-agent: *\nAllow: /\nSitemap: {HOME}sitemap.xml\n"


# Wrong addresses


@pytest.fixture(scope="module")
def pages_of_github():
    """Serve the site below its name, and 404.html for whatever is not there, as GitHub's Pages do."""

    class Pages(http.server.SimpleHTTPRequestHandler):
        def translate_path(self, path):
            return super().translate_path("/" + path.removeprefix(TOP) if path.startswith(TOP) else "/there/is/nothing")

        def send_error(self, code, message=None, explain=None):
            content = (SITE / "404.html").read_bytes()
            self.send_response(code)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args):
            pass

    with local_server.serving(SITE, Pages) as address:
        yield address


WRONG = {  # an address, and what the page then proposes to look for
    "Checkerboard": "Checkerboard",
    "chapters/12-get-rid_of-checkerboards.html": "get rid of checkerboards",
    "a/very/deep/%3Cscript%3Ealert(1)%3C%2Fscript%3E/output_padding.html": "output padding",
    "a/%E0%A4%A/": "A",  # no text can be made of it
}


def test_a_wrong_address_leads_to_a_page_with_ways_on(browser, pages_of_github):
    with Visit(browser, pages_of_github) as visit:
        page = visit.page
        failed = []
        page.on("response", lambda response: failed.append(response.url) if response.status >= 400 else None)
        for wrong, words in WRONG.items():
            page.goto(f"{pages_of_github}{TOP}{wrong}", wait_until="load")
            assert page.locator("article h1").inner_text() == "There is no such page"
            assert page.locator("article input[name=q]").input_value() == words
            links = page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.href)")
            inside = {link.split("#")[0] for link in links if link.startswith(pages_of_github)} - {page.url}
            assert len(inside) >= len(PAGES)
            assert [link for link in inside if not (SITE / link.removeprefix(pages_of_github + TOP)).is_file()] == []
            assert failed.pop() == page.url  # the page itself
            assert failed == []  # its styles and scripts are found
            assert "404" in visit.complaints.pop()
            assert visit.complaints == visit.outside == []
        page.goto(f"{pages_of_github}{TOP}some/where/checkerboards")
        page.locator("article input[name=q]").press("Enter")
        page.wait_for_selector("#search-results a")
        first = page.locator("#search-results a").first
        assert first.evaluate("a => a.href") == f"{pages_of_github}{TOP}chapters/12-checkerboards.html"


def test_it_is_not_for_search_engines():
    text = (SITE / "404.html").read_text(encoding="utf-8")
    assert '<meta name="robots" content="noindex" />' in text
    assert 'rel="canonical"' not in text


@pytest.mark.parametrize(
    ("written", "rooted"),
    [
        ('<a href="chapters/index.html#x">', '<a href="/book/chapters/index.html#x">'),
        ('<html data-content_root="./">', '<html data-content_root="/book/">'),
        ('<form action="search.html">', '<form action="/book/search.html">'),
        ('<a href="#top">', '<a href="#top">'),
        ('<a href="/else">', '<a href="/else">'),
        ('<img src="data:image/png;base64,AA">', '<img src="data:image/png;base64,AA">'),
        ('<a href="https://example.org/a">', '<a href="https://example.org/a">'),
        ('<i data-href="a">', '<i data-href="a">'),
    ],
)
def test_links_begin_at_the_top(written, rooted):
    assert not_found.rooted(written, "/book/") == rooted
