"""What the search reads: every place of the site that a link can lead to, with its heading and its text.

Sphinx' own index knows which words stand on which page, and drops sizes, numbers and how often a word is said. So it
cannot rank, and it cannot show the sentence: the search page has to fetch every page that it lists. Here each section is
a place with its text, in one file that the search page alone loads. `chapters/_static/search.js` makes an index of it
where it is read, so that words are split by one program and not by two that must agree.
"""

import json
import math
import re
from pathlib import Path

import yaml
from docutils import nodes
from sphinx import addnodes

ROOT = Path(__file__).resolve().parent.parent
KNOWLEDGE = ROOT / "chapters" / "search.yml"
PLACES = nodes.section | addnodes.desc
UNREAD = (nodes.section, addnodes.desc, nodes.title, nodes.comment, addnodes.index, nodes.system_message)


def setup(app):
    """Take the search page from here, and write what it reads when all pages are there."""
    app.connect(
        "config-inited", lambda app, config: config.templates_path.append(str(Path(__file__).parent / "templates"))
    )
    app.connect("build-finished", write)


def write(app, error):
    """Write the places, as a script, since a page that was opened from a file may load no other kind of data."""
    if error or app.builder.name != "html":
        return
    knowledge = yaml.safe_load(KNOWLEDGE.read_text(encoding="utf-8"))
    pages = [page_of(app.env, name, knowledge) for name in sorted(app.env.found_docs)]
    script = f"const PLACES = {compact(pages)};\nconst SYNONYMS = {compact(knowledge['synonyms'])};\n"
    Path(app.outdir, "search-places.js").write_text(script, encoding="utf-8")


def compact(data):
    """Write data as JavaScript reads it."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def page_of(env, name, knowledge):
    """Return a page's name, title and places: of each its anchor, heading, text, code, keywords and weight."""
    number = ".".join(map(str, env.toc_secnumbers.get(name, {}).get("", ())))
    title = env.titles[name].astext()
    places = []
    for anchor, heading, text, code, keywords in places_of(env.get_doctree(name)):
        address = f"{name}#{anchor}" if anchor else name
        weights = [w for start, w in knowledge["pages"].items() if name.startswith(start)]
        weight = math.prod([*weights, knowledge["headings"].get(heading, 1)])
        places.append([anchor, heading, text, code, keywords + knowledge["keywords"].get(address, []), weight])
    return [name, f"{number}. {title}" if number else title, places]


def places_of(doctree):
    """Yield the places of a page. The first has no anchor: it is the page, with what stands before its second heading."""
    for place in doctree.findall(lambda node: isinstance(node, PLACES)):
        first = place[0]
        anchor = next(iter(first["ids"] if isinstance(place, addnodes.desc) else place["ids"]), "")
        if not anchor:
            continue
        keywords = [entry[1] for index in own(place, addnodes.index) for entry in index["entries"]]
        lead = isinstance(place, nodes.section) and isinstance(place.parent, nodes.document)
        code = " ".join(block.astext() for block in own(place, nodes.literal_block) if is_code(block))
        heading, text = first.astext(), text_of(place)
        if isinstance(
            place, addnodes.desc
        ):  # of the package's reference: it is called by its name, not by its signature
            heading, text = first["fullname"], f"{heading} {text}"
            keywords.append(first["fullname"].rpartition(".")[2])
        yield "" if lead else anchor, one_line(heading), one_line(text), one_line(code), keywords


def is_code(block):
    """Say whether a block is for a machine, or an error message, which is for people."""
    return "message" not in block["classes"] or block.get("language") != "text"


def own(place, kind):
    """Yield what is in a place and not in a place inside it."""
    for child in place.children:
        if isinstance(child, kind):
            yield child
        elif not isinstance(child, PLACES):
            yield from own(child, kind)


def text_of(place):
    """Return the text of a place, without code and without the places inside it; words of different blocks stay apart."""
    parts = []
    for child in place.children:
        if isinstance(child, nodes.Text):
            parts.append(child.astext())
        elif isinstance(child, nodes.raw):
            parts.append(re.sub("<[^>]+>", " ", child.astext()) if child.get("format") == "html" else "")
        elif not isinstance(child, UNREAD) and not (isinstance(child, nodes.literal_block) and is_code(child)):
            end = "" if isinstance(child, nodes.Inline) else " · " if isinstance(child, nodes.entry) else " "
            parts.append(f"{end and ' '}{text_of(child)}{end}")
    return "".join(parts)


def one_line(text):
    """Put one space where any amount of white space is."""
    return " ".join(text.split())
