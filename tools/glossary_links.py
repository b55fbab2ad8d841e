"""Link the first use of each term of the glossary on each page, when the site is built.

The terms are the headings of `chapters/glossary.md`. A term is linked where its heading stands in a sentence, or the
heading with an s. Under a heading, ``<!-- words: phase, phases | chapters/12* -->`` lists the words itself; after the bar
stand the pages on which they mean this and nothing else. A page that links a term by hand gets no second link.
"""

import fnmatch
import functools
import re
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from code_links import address
from running_text import in_running_text

PAGE = "chapters/glossary"
SOURCE = Path(__file__).resolve().parent.parent / f"{PAGE}.md"
WITHOUT = {PAGE, "chapters/genindex", "chapters/bibliography"}
SIGNS = {r"\lceil ": "⌈", r" \rceil": "⌉", r"\langle ": "⟨", r" \rangle": "⟩", "$": "", "`": "", "*": "", " / ": "/"}


class Term(NamedTuple):
    """An entry of the glossary: its title, what it means in a sentence, its words, and the pages that link it."""

    title: str
    meaning: str
    words: tuple
    pages: tuple

    @property
    def anchor(self):
        """Return the anchor of its heading."""
        return self.title.lower().replace(" ", "-")


def setup(app):
    """Find the first uses when a page is read, and make them links when it is written."""
    app.add_transform(LinkTerms)
    app.connect("missing-reference", link)


@functools.cache
def terms():
    """Read the glossary's entries: {anchor: Term}."""
    text = SOURCE.read_text(encoding="utf-8")
    entries = (one.partition("\n") for one in re.split(r"^## ", text, flags=re.MULTILINE)[1:])
    return {term.anchor: term for term in (read_term(title.strip(), body) for title, _, body in entries)}


def read_term(title, body):
    """Read one entry."""
    said = re.search(r"<!-- words: (.*?)(?: \| (.*?))? -->", body)
    words = said[1].split(", ") if said else [title.lower(), f"{title.lower()}s"]
    pages = said[2].split(", ") if said and said[2] else ["*"]
    text = re.sub(r"<!--.*?-->", "", body).strip()
    return Term(title, first_sentence(text), tuple(words), tuple(pages))


def first_sentence(text):
    """Return the first sentence of MyST as plain text."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text.partition("\n\n")[0])
    for sign, written in SIGNS.items():
        plain = plain.replace(sign, written)
    return re.match(r".*?\.(?=\s[A-Z]|$)|.*", plain)[0]


class LinkTerms(SphinxTransform):
    """Put a reference where a page uses a term first."""

    default_priority = 910  # after the names of the package, which are links then

    def apply(self):
        """Go through the sentences of the page, until all of its terms are linked."""
        page = self.env.docname
        if page in WITHOUT:
            return
        self.env.note_dependency(str(SOURCE))
        here = {
            anchor: term
            for anchor, term in terms().items()
            if any(fnmatch.fnmatch(page, pattern) for pattern in term.pages)
        }
        link_first_uses(self.document, here)


def link_first_uses(document, here):
    """Make references of the first uses of the terms in `here`, but of those that the page links by hand."""
    for node in document.findall(addnodes.pending_xref):
        if node.get("reftarget") == PAGE:
            here.pop(node.get("reftargetid"), None)
    anchors = {word: anchor for anchor, term in here.items() for word in both_cases(term.words)}
    words = "|".join(map(re.escape, sorted(anchors, key=len, reverse=True)))  # of two that begin here, the longer
    pattern = re.compile(rf"(?<![\w-])(?:{words})(?![\w-])")
    for text in list(document.findall(nodes.Text)):
        if pattern.search(text) and in_running_text(text.parent) and (parts := linked(text, pattern, anchors)):
            text.parent.replace(text, parts)


def linked(text, pattern, anchors):
    """Return a text in parts, some of them references, or None; what it links is taken out of `anchors`."""
    parts, end = [], 0
    for match in pattern.finditer(text):
        if (anchor := anchors.get(match[0])) is None:
            continue
        for word in [word for word in anchors if anchors[word] == anchor]:
            del anchors[word]
        reference = addnodes.pending_xref(reftype="glossary", reftarget=anchor, refexplicit=True, refwarn=True)
        reference += nodes.inline(match[0], match[0])
        parts += [nodes.Text(text[end : match.start()]), reference]
        end = match.end()
    return [*parts, nodes.Text(text[end:])] if parts else None


def both_cases(words):
    """Return words as they are written, and as they begin a sentence."""
    return [form for word in words for form in (word, word[0].upper() + word[1:])]


def link(app, env, node, content):
    """Return the link to an entry, with the first sentence of the entry for whoever points at it."""
    if node.get("reftype") != "glossary":
        return None
    entry = terms()[node["reftarget"]]
    target = address(app.builder, node["refdoc"], PAGE, entry.anchor)
    text = content.children if isinstance(content, nodes.inline) else [content]
    return nodes.reference("", "", *text, internal=True, refuri=target, reftitle=entry.meaning, classes=["term"])
