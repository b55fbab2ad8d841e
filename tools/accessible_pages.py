"""Mends the HTML of each page for whoever listens to it: what the theme and Sphinx leave without a name or a role.

Every rule is a pattern in the page as it is written, and what takes its place. A rule whose pattern is not there does
nothing, and none applies twice, so that the theme may mend its own. `tests/test_accessibility.py` runs axe on the result.
"""

import re

SYMBOLS = {"i"}  # a table whose columns begin with this has rows named by several numbers together, not by the first


def setup(app):
    """Pass every page through `mended` when it is written."""
    app.add_js_file("accessible.js", loading_method="defer")
    app.connect("builder-inited", mend_pages)


def mend_pages(app):
    """Put `mended` behind the templates, in the builders that have templates."""
    templates = getattr(app.builder, "templates", None)
    if templates is not None:
        write = templates.render
        templates.render = lambda name, context: mended(write(name, context))


def mended(page):
    """Return a page with names and roles where they were missing."""
    for pattern, replacement in RULES:
        page = pattern.sub(replacement, page)
    return page


def with_headers(match):
    """Give a table's headers their scope, and make the first cell of each row a header, since it names the row."""
    table = re.sub(r"<th(?=[ >])(?![^>]*\bscope=)", '<th scope="col"', match[0])
    first = re.search(r"<th\b[^>]*>(.*?)</th>", table, re.DOTALL)
    if first is None or text_of(first[1]) in SYMBOLS:
        return table
    head, mark, body = table.partition("<tbody>")
    return head + mark + FIRST_CELL.sub(r'\1<th scope="row"\2>\3</th>', body)


def text_of(markup):
    """Return the text of a piece of HTML without its tags."""
    return re.sub(r"<[^>]*>", "", markup).strip()


FIRST_CELL = re.compile(r"(<tr\b[^>]*>\s*)<td\b([^>]*)>((?:(?!</td>).)*?(?!</td>)\S(?:(?!</td>).)*)</td>", re.DOTALL)

RULES = [
    (re.compile(pattern, re.DOTALL), replacement)
    for pattern, replacement in [
        # Landmarks: the book's name and the search button stand in the sidebar, outside of its list of chapters.
        (
            r'<div id="pst-primary-sidebar" (?!role)',
            r'<div id="pst-primary-sidebar" role="navigation" aria-label="Book" ',
        ),
        (
            r'<nav class="bd-links bd-docs-nav" aria-label="Main">',
            r'<nav class="bd-links bd-docs-nav" aria-label="Chapters">',
        ),
        (r'<dialog id="pst-primary-sidebar-modal">', r'<dialog id="pst-primary-sidebar-modal" aria-label="Book">'),
        (
            r'<dialog id="pst-secondary-sidebar-modal">',
            r'<dialog id="pst-secondary-sidebar-modal" aria-label="On this page">',
        ),
        (r'<dialog id="pst-search-dialog">', r'<dialog id="pst-search-dialog" aria-label="Search">'),
        # The arrow that unfolds the pages below another
        (
            r'(<a class="[^"]*" href="[^"]*">([^<]*)</a><details[^>]*>)<summary>',
            r'\1<summary aria-label="Pages below: \2">',
        ),
        (r'<span class="toctree-toggle" role="presentation">', r'<span class="toctree-toggle" aria-hidden="true">'),
        # What says in words what it does
        (r'<summary aria-label="Toggle hidden content">', r"<summary>"),
        # A logo beside the name of the same program
        (r'<img alt="(?:Binder|Colab|JupyterHub) logo"', r'<img alt=""'),
        # The bibliography: docutils' roles are out of date, and no `div` may have them.
        (
            r'<div class="citation" id="([^"]*)" role="doc-biblioentry">',
            r'<div class="citation" id="\1" role="listitem">',
        ),
        # Tables
        (
            r'<table style="width: 100%" class="indextable',
            r'<table role="presentation" style="width: 100%" class="indextable',
        ),
        (r"<table\b(?![^>]*presentation).*?</table>", with_headers),
    ]
]
