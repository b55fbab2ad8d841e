"""What others read of a page before it is opened: its description, its address, its card; and the list of all pages.

Descriptions are the page's own first sentences, or the field `description` of its header. Nothing here depends on the
day or on git, so that two builds of one commit are the same; sphinx-sitemap would want the dates of all files.
"""

import html
import re
from pathlib import Path

import yaml
from docutils import nodes

import cards

ROOT = Path(__file__).resolve().parent.parent
LONGEST, ENOUGH = 160, 90  # characters of a description: what is shown of it, and when to rather end with a sentence
FRAME = ("You do ", "You need ", "It takes ")  # what every chapter says at its top; "You learn" tells what is in it
SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[“\"'(]?[A-Z0-9])")
OTHERS = {  # pages that Sphinx makes without a text of ours
    "search": "Search the book: words, a size such as 6x6, or an error message pasted whole, with your own numbers in it.",
    "genindex": "The index of the book: words, functions and arguments, each with the places that explain it.",
}


def setup(app):
    """Give each page its tags when it is written, and the site its files when all are."""
    app.connect("html-page-context", add_tags)
    app.connect("build-finished", write)


def add_tags(app, page, template, context, doctree):
    """Put the description and the card into the head of a page."""
    if app.builder.name == "html":
        context["metatags"] = context.get("metatags", "") + tags(app, page, context.get("title", ""))


def tags(app, page, title):
    """Return the tags of a page for the head, one in a line."""
    title = title_of(app, page) or re.sub("<[^>]+>", "", title) or app.config.html_title
    shown = {
        "og:type": "article",
        "og:title": title,
        "og:description": description(app.env, page, title),
        "og:url": app.config.html_baseurl + page + ".html",
        "og:image": app.config.html_baseurl + card(page if page in app.env.found_docs else app.config.root_doc),
        "og:image:alt": cards.alt(title),
    }
    named = {"description": shown["og:description"], "twitter:card": "summary_large_image"}
    pairs = [("name", *pair) for pair in named.items()] + [("property", *pair) for pair in shown.items()]
    return "".join(f'\n    <meta {kind}="{key}" content="{html.escape(text)}" />' for kind, key, text in pairs)


def title_of(app, page):
    """Return the title of a page that has a text, or nothing."""
    return app.env.titles[page].astext() if page in app.env.titles else ""


def description(env, page, title):
    """Return what a page says of itself: its header, or its first sentences."""
    if page not in env.found_docs:
        return OTHERS.get(
            page, f"{title}: a page of the book Transpose Convolution, from one puzzle to every framework."
        )
    return env.metadata[page].get("description") or first_sentences(env.get_doctree(page))


def first_sentences(doctree):
    """Return the sentences that a page begins with, as many as fit; of one that is too long, its beginning."""
    said = ""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        unread = text.startswith(FRAME) or isinstance(paragraph.parent, nodes.entry)
        for sentence in () if unread else SENTENCE.split(text):
            longer = f"{said} {sentence}".strip()
            if len(longer) > LONGEST:
                return said if len(said) >= ENOUGH else longer[: longer.rindex(" ", 0, LONGEST)].rstrip(",;: ") + "…"
            said = longer
    return said


def card(page):
    """Say where the card of a page is."""
    return f"_static/cards/{page.replace('/', '-')}.png"


def write(app, error):
    """Write the cards, the sitemap, and where it is."""
    if error or app.builder.name != "html":
        return
    target, site, pages = Path(app.outdir), app.config.html_baseurl, sorted(app.env.found_docs)
    parts, drawn = parts_of_pages(), cards.Cards(app.config.html_title)
    for page in pages:
        number = app.env.toc_secnumbers.get(page, {}).get("", ())
        above = f"Chapter {number[0]}" if len(number) == 1 else parts.get(page, "")
        drawn.draw(title_of(app, page), above, target / card(page))
    listed = "".join(f"<url><loc>{html.escape(site + page)}.html</loc></url>\n" for page in pages)
    (target / "sitemap.xml").write_text(SITEMAP.format(listed), encoding="utf-8")
    # Crawlers read it at the top of a host: it speaks where the site has a domain of its own.
    (target / "robots.txt").write_text(f"User-agent: *\nAllow: /\nSitemap: {site}sitemap.xml\n", encoding="utf-8")


SITEMAP = """<?xml version="1.0" encoding="utf-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{}</urlset>
"""


def parts_of_pages():
    """Return for each page the part of the book that it is in."""
    found = {}
    for part in yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]:
        rows = list(part["chapters"])
        while rows:
            row = rows.pop()
            found[row["file"]] = part["caption"]
            rows += row.get("sections", [])
    return found
