"""The index: the glossary's terms, the package's names, the kinds of error messages, and the entries of a file.

A line ``<!-- index -->`` in `chapters/genindex.md` becomes a list for each letter. The build checks every link of it, as
of any other text; the headings that `chapters/genindex.yml` names are looked up here, for their wording.
"""

import functools
import re
from pathlib import Path

import yaml
from myst_parser.mdit_to_docutils.base import default_slugify

import api_reference
import glossary_links
from transpose_conv import errors

ROOT = Path(__file__).resolve().parent.parent
ENTRIES = ROOT / "chapters" / "genindex.yml"
SUBJECTS = {  # of error messages: what stands in their titles, and the word that people look up; the first one counts
    "`output_padding`": "output_padding",
    "`output_shape`": r"output_shape|primitive descriptor|not fixed|reference evaluator",
    "`output_size`": "output_size",
    "concatenating": "Concatenating",
    "adding": "Adding",
    "target, or a loss": "target|loss",
    "saved weights": "weights|laid out",
    "groups": "groups",
    "channels": "[Cc]hannels",
    "dilation": "[Dd]ilation",
    "padding": 'padding|pads|`auto_pad`|"same"',
    "batch": "batch",
    "type of numbers": "of different types",
    "bias": "bias",
    "too small an image": "smaller than the kernel|[Nn]othing is left|cut everything",
    "gradient": "gradient",
    "Reshape": "Reshape",
    "number of axes": "axis|axes|each",
    "argument that is not known": "argument",
}


def written():
    """Write the index: a list for each letter, and a row of letters to jump to."""
    entries, letters = gathered(), {}
    for word in sorted(entries, key=plain):
        letters.setdefault(letter(word), []).append(entry(word, entries[word]))
    jumps = " ".join(f"[{name}](#{name.lower()})" for name in letters)
    lists = (f"## {name}\n\n" + container("entries", "\n".join(lines)) for name, lines in letters.items())
    return "\n\n".join([container("letters", jumps), *lists])


def container(name, text):
    """Write a text with a class, for its style."""
    return f":::{{container}} {name}\n\n{text}\n\n:::"


def plain(word):
    """Return a word as it is sorted."""
    return re.sub(r"[`_]", "", word).lower(), word


def letter(word):
    """Return the heading under which a word stands."""
    first = plain(word)[0][0].upper()
    return first if first.isalpha() else "Numbers"


def entry(word, links):
    """Write a word with its links: the word itself is the link where there is one only."""
    if isinstance(links, str):
        return f"- {word}: see *{links}*"
    if len(links) == 1:
        return f"- {links[0][1].format(word)}"
    return "\n".join([f"- {word}", *(f"  - {link.format(text)}" for text, link in links)])


def gathered():
    """Return all entries: for each word the texts and links, or the word to look up instead."""
    entries = {}
    for word, links in [*terms(), *names(), *topics(), *messages()]:
        if isinstance(links, str):
            entries[word] = links
        else:
            entries.setdefault(word, []).extend(links)
    for word, other in entries.items():
        if isinstance(other, str) and other not in entries:
            raise ValueError(f"{ENTRIES.name} sends from {word} to {other}, which has no entry")
    return entries


def terms():
    """Yield the terms of the glossary."""
    for term in glossary_links.terms().values():
        yield term.title, [("Glossary", f"[{{}}](glossary.md#{term.anchor})")]


def names():
    """Yield the names of the package, with their modules where two have one name."""
    lasts = [name.rpartition(".")[2] for name in api_reference.NAMES]
    for name in api_reference.NAMES:
        module, _, last = name.rpartition(".")
        word = f"`{last}`" if lasts.count(last) == 1 else f"`{last}`, of `{module.partition('.')[2]}`"
        yield word, [("The package", f"[{{}}](#{name})")]


def topics():
    """Yield the entries of the file."""
    for word, targets in yaml.safe_load(ENTRIES.read_text(encoding="utf-8")).items():
        yield word, targets if isinstance(targets, str) else [topic(target) for target in targets]


def topic(target):
    """Return the wording of a heading, with the number of its chapter, and the link to it."""
    page, _, slug = target.partition("#")
    path = ROOT / f"{page}.md" if page.startswith("course/") else ROOT / "chapters" / f"{page}.md"
    heading = headings(path).get(slug)
    if heading is None:
        raise ValueError(f"{ENTRIES.name} names the heading {target}, which is not there")
    number = re.match(r"(0[1-9]|1[0-3])-", page)
    link = f"../{page}.md" if page.startswith("course/") else f"{page}.md"
    return f"{int(number[1])}: {heading}" if number else heading, f"[{{}}]({link}#{slug})"


@functools.cache
def headings(path):
    """Return the headings of a page by their anchors, without the comments in its code."""
    text = re.sub(r"(?ms)^(`{3,}).*?^\1`*$", "", path.read_text(encoding="utf-8"))
    found = re.findall(r"(?m)^#{1,3} (.+)$", text)
    return {default_slugify(re.sub(r"`|\$[^$]*\$", "", heading)): heading for heading in found}


def messages():
    """Yield the kinds of error messages by what they are about."""
    anchors = message_anchors()
    for kind in errors.KINDS:
        subject = next((word for word, about in SUBJECTS.items() if re.search(about, kind["title"])), None)
        if subject is None:
            raise ValueError(f"the index has no subject for the message {kind['id']}: {kind['title']}")
        link = f"[{{}}](errors.md#{anchors[kind['id']]})"
        yield f"{subject[0].upper()}{subject[1:]}, errors about", [(f"{kind['framework']}: {kind['title']}", link)]


def message_anchors():
    """Return MyST's anchors of the kinds of messages, which it counts where two have one title: {id: anchor}."""
    page = (ROOT / "chapters" / "errors.md").read_text(encoding="utf-8")
    found, slugs = {}, set(headings(ROOT / "chapters" / "errors.md"))
    for framework in re.findall(r"<!-- errors: (\w+) -->", page):
        for kind in (kind for kind in errors.KINDS if kind["framework"] == framework):
            slug, again = default_slugify(kind["title"].replace("`", "")), 1
            while slug in slugs:  # as MyST counts
                slug, again = f"{slug}-{again}", again + 1
            found[kind["id"]] = slug
            slugs.add(slug)
    return found
