"""The first use of each term on each page is a link to the glossary, and nothing else is one that the build makes."""

import fnmatch
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from docutils.core import publish_doctree
from sphinx import addnodes

import glossary_links
from glossary_links import Term

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
TERMS = glossary_links.terms()
PAGES = sorted(
    path.relative_to(SITE).with_suffix("").as_posix()
    for folder in ("chapters", "course")
    for path in (SITE / folder).rglob("*.html")
)
NOT_RUNNING = {
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "code",
    "table",
    "figcaption",
    "summary",
    "title",
    "script",
    "nav",
}
NOT_RUNNING |= {"dt", "svg"}
BLOCKS = {"p", "li", "dd", "div", "blockquote", "section"}
EMPTY = {"img", "br", "hr", "input", "link", "meta", "source", "wbr"}


class Article(HTMLParser):
    """The sentences of a page as pieces (text, what it links to or None), and where links to the glossary stand."""

    def __init__(self, page):
        super().__init__()
        self.stack, self.pieces, self.terms = [], [], []
        text = (SITE / f"{page}.html").read_text(encoding="utf-8")
        self.feed(text[text.index("<article") : text.index("</article")])

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag in BLOCKS:
            self.pieces.append(("\n", None))
        if tag == "a" and "term" in attributes.get("class", "").split():
            self.terms.append((attributes["href"], attributes["title"], [tag for tag, _ in self.stack]))
        if tag not in EMPTY:
            self.stack.append((tag, attributes))

    def handle_endtag(self, tag):
        while tag in [tag for tag, _ in self.stack] and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data):
        classes = " ".join(attributes.get("class") or "" for _, attributes in self.stack)
        outside = {tag for tag, _ in self.stack} & NOT_RUNNING
        if not outside and not re.search(r"\b(math|py|citation|cell_output|entries|headerlink)\b", classes):
            link = next((attributes.get("href") for tag, attributes in self.stack if tag == "a"), None)
            self.pieces.append((data, link))


# The glossary itself


def test_the_entries_are_in_order_and_say_in_a_sentence_what_they_mean():
    titles = [term.title for term in TERMS.values()]
    assert len(titles) > 20
    assert titles == sorted(titles, key=str.lower)
    for term in TERMS.values():
        assert re.fullmatch(r"[A-Z][^$\\`\[\]]{15,}\.", term.meaning), term
    words = [word for term in TERMS.values() for word in term.words]
    assert len(words) == len(set(words))


def test_every_page_that_a_term_is_kept_to_is_there():
    patterns = {pattern for term in TERMS.values() for pattern in term.pages}
    assert [pattern for pattern in patterns if not fnmatch.filter(PAGES, pattern)] == []


# What is linked, on a page of its own


PAGE = """
Stride in a title
=================

*A stride* and strides, ``phase``, a phase-wise sum, phases.

.. figure:: picture.png
   :alt: a kernel

   A kernel.

=======  =====
Kernel   x
=======  =====
kernel   y
=======  =====

- `kernel <https://x.org>`_ and KERNEL
- Kernels, of kernel

::

   bias
"""
HERE = {
    name: Term(name, f"{name}.", (name, f"{name}s"), ("*",))
    for name in ("stride", "phase", "kernel", "bias", "legal size")
}


def made(text, here):
    document = publish_doctree(text, settings_overrides={"report_level": 5})
    glossary_links.link_first_uses(document, here)
    links = document.findall(addnodes.pending_xref)
    return [(link["reftarget"], link.astext(), link.parent.tagname) for link in links], document


def test_the_first_use_in_a_sentence_is_linked():
    here = dict(HERE)
    links, document = made(PAGE, here)
    assert links == [
        ("stride", "stride", "emphasis"),
        ("phase", "phases", "paragraph"),
        ("kernel", "Kernels", "paragraph"),
    ]
    assert document.astext() == publish_doctree(PAGE, settings_overrides={"report_level": 5}).astext()


def test_the_longest_word_is_taken_where_two_begin():
    here = {"size": Term("size", "", ("size",), ()), "size of": Term("size of", "", ("size of it",), ())}
    assert [link[:2] for link in made("The size of it, and a size.", here)[0]] == [
        ("size of", "size of it"),
        ("size", "size"),
    ]


def test_a_term_that_is_linked_by_hand_is_not_linked_again():
    document = publish_doctree("A stride, and a phase.")
    document[0] += addnodes.pending_xref(reftarget=glossary_links.PAGE, reftargetid="phase")
    glossary_links.link_first_uses(document, dict(HERE))
    assert [link["reftarget"] for link in document.findall(addnodes.pending_xref)] == ["stride", glossary_links.PAGE]


# What is linked, on the site


@pytest.mark.parametrize("page", PAGES)
def test_each_term_is_linked_once_at_its_first_use_and_only_in_sentences(page):
    article = Article(page)
    anchors = [href.partition("#")[2] for href, _, _ in article.terms]
    assert len(anchors) == len(set(anchors))
    for href, title, tags in article.terms:
        anchor = href.partition("#")[2]
        assert (SITE / page).parent.joinpath(href.partition("#")[0]).resolve() == SITE / "chapters" / "glossary.html"
        assert title == TERMS[anchor].meaning
        assert not set(tags) & (NOT_RUNNING | {"a"})
    by_hand = {(href or "").partition("#")[2] for _, href in article.pieces if "glossary.html#" in (href or "")} - set(
        anchors
    )
    pieces = [(text, (href or "").partition("#")[2], href) for text, href in article.pieces]
    here = [
        anchor
        for anchor, term in TERMS.items()
        if page not in glossary_links.WITHOUT and any(fnmatch.fnmatch(page, pattern) for pattern in term.pages)
    ]
    for anchor in set(here) - by_hand:
        first = first_piece(pieces, TERMS[anchor])
        assert first is None or first[1] == anchor, (anchor, first)
    assert set(anchors) <= set(here)


def first_piece(pieces, term):
    """Return the first piece that uses a term: a link to it, or what is no link."""
    for piece in pieces:
        own = "glossary.html#" in (piece[2] or "")
        if (own and piece[1] == term.anchor) or (piece[2] is None and uses(piece[0], term)):
            return piece
    return None


def uses(text, term):
    """Say whether a text uses a term, in another way than `glossary_links` does: word for word."""
    words = re.findall(r"[\w-]+", text)
    forms = {form for word in term.words for form in (word, word[0].upper() + word[1:])}
    return any(" ".join(words[i : i + n]) in forms for n in (1, 2, 3, 4, 5) for i in range(len(words) - n + 1))


def test_the_chapters_have_such_links():
    """A check of pages without links would pass."""
    counts = {page: len(Article(page).terms) for page in PAGES if re.match(r"chapters/(0\d|1[0-4])-", page)}
    assert len(counts) == 14
    assert min(counts.values()) >= 4
    assert Article("chapters/glossary").terms == Article("chapters/genindex").terms == []


def test_each_link_by_hand_stands_once_on_its_page():
    """But for the page of messages, where each leads on from another message."""
    for path in sorted(ROOT.glob("chapters/[0-9]*.md")):
        linked = re.findall(r"\]\(glossary\.md#([\w-]+)\)", path.read_text(encoding="utf-8"))
        assert len(linked) == len(set(linked)), path.name
