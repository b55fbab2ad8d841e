"""Make the bibliography a list, and say at each entry where the book cites it, with links to the places.

A text names the authors of what it cites, so that an entry needs no label.
"""

import re

from docutils import nodes

from code_links import address

PAGE = "chapters/bibliography"


def setup(app):
    """Do it when the page is written: by then, all others are read."""
    app.connect("doctree-resolved", add_places)


def add_places(app, doctree, page):
    """Make a list of each run of entries, which the HTML of docutils gives roles that a screen reader does not know."""
    domain = app.env.get_domain("cite")
    keys = {citation.citation_id: citation.key for citation in domain.citations}
    for entry in list(doctree.findall(nodes.citation)):
        key = next((keys[one] for one in entry["ids"] if one in keys), None)
        if key is None:
            continue
        text = entry[-1]
        text += [nodes.Text(" Cited in "), *with_commas(links(app, domain, key)), nodes.Text(".")]
        above, place = entry.parent, entry.parent.index(entry)
        above.remove(entry)
        if place == 0 or not isinstance(above[place - 1], nodes.bullet_list):
            above.insert(place, nodes.bullet_list(classes=["bibliography"]))
            place += 1
        above[place - 1] += nodes.list_item("", text, ids=entry["ids"])


def links(app, domain, key):
    """Return a link to the first citation of a work on each page, in the book's order."""
    order = list(app.env.collect_relations())
    first = {}
    for reference in domain.citation_refs:
        if key in [target.key for target in reference.targets]:
            first.setdefault(reference.docname, reference.citation_ref_id)
    return [
        nodes.reference("", name(app, page), internal=True, refuri=address(app.builder, PAGE, page, first[page]))
        for page in sorted(first, key=order.index)
    ]


def name(app, page):
    """Return what a page is called in a sentence."""
    number = re.match(r"chapters/(0[1-9]|1[0-3])-", page)
    return f"chapter\N{NO-BREAK SPACE}{int(number[1])}" if number else f"“{app.env.titles[page].astext()}”"


def with_commas(parts):
    """Return nodes with what stands between them in a sentence."""
    between = [", "] * (len(parts) - 2) + [" and "] * (len(parts) > 1)
    return [one for part, comma in zip(parts, [*between, ""]) for one in (part, nodes.Text(comma))]
