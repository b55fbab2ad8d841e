"""Addresses that last: whatever a reader has linked to still leads there.

`chapters/moved.yml` says where pages and headings went that have another name now. A page that went leaves one that
leads on; a heading that was renamed keeps its old name as well. `tests/addresses.txt` lists every address that the site
has had, and `python tools/addresses.py` adds those of the built site; a test opens them all.
"""

import html
import json
import re
import sys
from pathlib import Path

import yaml
from docutils import nodes

import web

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
LIST = ROOT / "tests" / "addresses.txt"
MOVED = ROOT / "chapters" / "moved.yml"


def setup(app):
    """Name the headings before anything else reads their names; write what leads on when all pages are there."""
    app.add_config_value("addresses_moved", None, "env")  # for tests; otherwise what MOVED says
    app.connect("doctree-read", name_headings, priority=100)
    app.connect("build-finished", lead_on)


def moved(app):
    """Return where pages went and what headings were called, by their old addresses."""
    return app.config.addresses_moved or yaml.safe_load(MOVED.read_text(encoding="utf-8"))


# Headings


def name_headings(app, doctree):
    """Give each heading a name of its own, and those that it had before.

    docutils counts headings that it cannot name (``id1``, ``id2``): one more on the page, and all links lead elsewhere.
    They are named after the heading above them, too.
    """
    page = app.env.docname
    for section in doctree.findall(nodes.section):
        if re.fullmatch(r"id\d+", section["ids"][0]):
            above = section.parent[0].astext() if isinstance(section.parent, nodes.section) else "section"
            section["ids"].insert(0, unused(doctree, nodes.make_id(f"{above} {section[0].astext()}")))
    for old, new in moved(app)["headings"].items():
        where, _, anchor = old.partition("#")
        if where == page:
            section = next(node for node in doctree.findall(nodes.section) if new in node["ids"])
            section["ids"].append(anchor)


def unused(doctree, name):
    """Take a name that no other heading has, and note that it is taken."""
    while name in doctree.ids:
        name += "-too"
    doctree.ids[name] = name
    return name


# Pages


def lead_on(app, error):
    """Write a page at each old address, and at the address of the site itself."""
    if error or app.builder.name != "html":
        return
    own = {} if app.config.root_doc == "index" else {"index": app.config.root_doc}
    for old, new in {**own, **moved(app)["pages"]}.items():
        if old in app.env.found_docs:
            raise ValueError(f"{MOVED.name} says that {old} has moved, and it is there")
        path = Path(app.outdir, f"{old}.html")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(redirect(app, old, new), encoding="utf-8")


def redirect(app, old, new):
    """Return a page that leads to another: at once, with scripts or without, and by a link where neither works."""
    title = web.title_of(app, new)
    target = "../" * old.count("/") + new + ".html"
    return REDIRECT.format(
        title=html.escape(f"{title} — {app.config.html_title}"),
        tags=web.tags(app, new, title),
        canonical=html.escape(f"{app.config.html_baseurl}{new}.html"),
        target=html.escape(target),
        script=json.dumps(target),
        name=html.escape(title),
    )


# The script comes first, since it keeps what stands behind the # of an address.
REDIRECT = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>{title}</title>{tags}
    <link rel="canonical" href="{canonical}" />
    <script>location.replace({script} + location.search + location.hash)</script>
    <meta http-equiv="refresh" content="0; url={target}" />
  </head>
  <body>
    <p>Go on to <a href="{target}">{name}</a>.</p>
  </body>
</html>
"""


# The list


def found(site):
    """Return the addresses of a built site: its pages, and on each what a reader can link to by the mark beside it."""
    addresses = set()
    for path in site.rglob("*.html"):
        page = path.relative_to(site).as_posix()
        if not page.startswith("_"):
            anchors = re.findall(r'<a class="headerlink" href="#([^"]+)"', path.read_text(encoding="utf-8"))
            addresses |= {page, *(f"{page}#{html.unescape(anchor)}" for anchor in anchors)}
    return addresses


def leads_to(site, address):
    """Say where an address of the site leads in the end: to a page and a place on it, or to None."""
    page, _, anchor = address.partition("#")
    path = site / page
    if not path.exists():
        return None
    text = path.read_text(encoding="utf-8")
    onward = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', text)
    if onward:
        target = (path.parent / html.unescape(onward[1])).resolve().relative_to(site.resolve()).as_posix()
        return leads_to(site, f"{target}#{anchor}" if anchor else target)
    return address if not anchor or f' id="{html.escape(anchor)}"' in text else None


def main():
    """Add the addresses of the built site to the list; none is ever taken away."""
    old = set(LIST.read_text(encoding="utf-8").split()) if LIST.exists() else set()
    new = found(SITE)
    LIST.write_text("\n".join(sorted(old | new)) + "\n", encoding="utf-8", newline="\n")
    gone = sorted(address for address in old | new if leads_to(SITE, address) is None)
    print(f"{len(new - old)} addresses are new, {len(old | new)} in all.")
    for address in gone:
        print(f"leads nowhere: {address}")
    return 1 if gone else 0


if __name__ == "__main__":
    sys.exit(main())
