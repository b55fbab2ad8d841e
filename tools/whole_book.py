"""Reads the whole book as one, for the files that are made of it: its pages in their order, each link with its page.

Sphinx' builder of one HTML page does the reading, with the settings of `_config.yml` and without the theme. It is changed
in one place: it forgets which page a link leads to and keeps the heading alone, of which thirteen are called "Remember".
"""

import functools
import os
import re
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin

import yaml
from bs4 import BeautifulSoup, Comment, Tag
from pygments.formatters import HtmlFormatter
from pygments.token import STANDARD_TYPES
from sphinx.builders.singlehtml import SingleFileHTMLBuilder

import repository

ROOT = Path(__file__).resolve().parent.parent
TITLE, SUBTITLE = "Transpose Convolution", "from one puzzle to every framework"
COLOURS = HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".highlight")  # of code, as on the site
PLAIN = re.search(r"\.highlight \{.* color: (#\w+) \}", COLOURS)[1]
COLOURLESS = set(STANDARD_TYPES.values()) - set(re.findall(rf"\.highlight \.(\w+) {{(?! color: {PLAIN} )", COLOURS))
PICTURE = ROOT / "chapters" / "_static" / "four-stamps.png"
PICTURE_TEXT = "Four stamps of 3×3, moved by 2, on a sheet of 6×6; the sixth row and column hold zeros."
FOLDER = ROOT / "_build" / "whole"
MARK = "document-"  # how Sphinx names the place where a page begins


class WholeBook(SingleFileHTMLBuilder):
    """One page of HTML whose links name the page that they lead to: ``#document-PAGE#ID``."""

    def fix_refuris(self, tree):
        """Leave the links as they are."""


def setup(app):
    """Take the place of the builder of the same name; this module is among the extensions when it builds."""
    app.add_builder(WholeBook, override=True)
    return {"parallel_read_safe": True}


@dataclass
class Page:
    """A page of the book: its name, the part that it is in, its number if it has one, and what stands on it."""

    name: str
    part: str
    body: Tag
    above: str = ""  # the page that it belongs to

    @property
    def heading(self):
        """The heading of the page."""
        return self.body.find(["h1", "h2", "h3", "h4", "h5", "h6"])

    @property
    def number(self):
        """What the book counts it as: "3", or nothing."""
        return number.get_text().strip(" .") if (number := self._numbered()) else ""

    @property
    def title(self):
        """The heading without its number."""
        return self.heading.get_text().removeprefix(number.get_text() if (number := self._numbered()) else "").strip()

    def _numbered(self):
        return self.heading.find(class_="section-number", recursive=False)


@dataclass
class Book:
    """The pages, and the folder in which their pictures are."""

    pages: list = field(default_factory=list)
    folder: Path = FOLDER

    def __getitem__(self, name):
        return next(page for page in self.pages if page.name == name)


def read(folder=FOLDER):
    """Let Sphinx read the book, and return it."""
    build(folder)
    return split((folder / "html" / f"{contents()['root']}.html").read_text(encoding="utf-8"), folder / "html")


def contents():
    """Return the order of the pages, from `_toc.yml`."""
    return yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))


def build(folder):
    """Run Sphinx as Jupyter Book does, with a builder and settings of our own. What was read before is not read again."""
    from jupyter_book.config import get_final_config
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    config, _ = get_final_config(
        user_yaml=ROOT / "_config.yml", cli_config={"latex_individualpages": False}, sourcedir=ROOT
    )
    config["extensions"].append("whole_book")
    config.update(
        {"html_theme": "basic", "html_theme_options": {}, "html_permalinks": False, "html_copy_source": False}
    )
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            ROOT,
            None,
            folder / "html",
            folder / "doctrees",
            "singlehtml",
            confoverrides=config,
            status=None,
            warningiserror=True,
        )
        app.build()
    if app.statuscode:
        sys.exit(app.statuscode)


def split(text, folder):
    """Cut the page of Sphinx into the pages of the book, and say of each link where it leads.

    Afterwards, an internal link is ``PAGE#ID``, or ``PAGE#`` if it leads to the top of a page, and the identifiers of a
    page are those that it has on the site. They are unique on their page only.
    """
    soup = BeautifulSoup(plain(text), "html.parser").find("div", class_="body")
    for comment in soup.find_all(string=lambda string: isinstance(string, Comment)):
        comment.extract()
    parts = _parts()
    marks = [mark for mark in soup.find_all("span", id=True) if mark["id"].startswith(MARK)]
    cut = []
    for mark in reversed(marks):  # the innermost first
        cut.append((mark["id"].removeprefix(MARK), mark.find_next_sibling("section").extract()))
        mark.extract()
    cut.append((contents()["root"], soup.find("section").extract()))
    book = Book([Page(name, parts[name][0], body, parts[name][1]) for name, body in reversed(cut)], folder)
    for page in book.pages:
        for below in page.body.find_all("div", class_="toctree-wrapper"):  # empty by now
            below.extract()
        for link in page.body.find_all("a", href=True):
            link["href"] = _qualified(link["href"], page.name)
        for picture in page.body.find_all("img"):
            picture["src"] = picture["src"].removeprefix("../")  # some stand beside the pages, others are put there
    return book


def plain(text):
    """Take the marks of words of code away that have no colour: half of a tagged PDF would speak of them."""
    word = r'<span class="(\w+)">([^<]*)</span>'
    return re.sub(word, lambda match: match[2] if match[1] in COLOURLESS else match[0], text)


@functools.cache
def _parts():
    """Return for each page the part that it is in, and the page above it."""
    toc = contents()
    found = {toc["root"]: ("", "")}
    for part in toc["parts"]:
        for chapter in part["chapters"]:
            found[chapter["file"]] = (part["caption"], "")
            found |= {section["file"]: (part["caption"], chapter["file"]) for section in chapter.get("sections", ())}
    return found


def _qualified(href, page):
    if found := re.fullmatch(rf"(?:[\w/.-]+\.html)?#{MARK}([^#]+)(?:#(.*))?", href):
        return f"{found[1]}#{found[2] or ''}"
    return f"{page}{href}" if href.startswith("#") else href


def is_internal(href):
    """Say whether a link leads to a place in a page of the book, and not into the explorer's script."""
    page, _, place = href.partition("#")
    return "#" in href and "=" not in place and page in _parts()


def outside(href):
    """Return where a link leads that leaves the book: what works on the site alone, as the slides and the explorer, is there."""
    if re.match(r"[a-z]+:", href):
        return href
    page, _, place = href.removeprefix("../").partition("#")
    file = f"{page}.html" if page in _parts() else page
    return urljoin(repository.site_of(repository.address_of(ROOT)), file + (f"#{place}" if place else ""))


def site():
    """Return where the book is read online, or nothing as long as the repository has no owner."""
    address = repository.address_of(ROOT)
    return "" if "OWNER_NOT_SET" in address else repository.site_of(address)


def last_commit():
    """Return when the last commit was made, or None where that is not known: `tasks.py` says it, as to `about`."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(seconds), UTC) if seconds.isdigit() else None
