"""The page for a wrong address: 404.html, which GitHub's Pages show in place of whatever was asked for.

It is shown at any depth, so its links must not depend on where it is: they get the path that the site has on its host.
sphinx-notfound-page does the same, but leaves the address of the site's top, which the theme's scripts read, as it was.
"""

import re
import urllib.parse
from pathlib import Path

# What a browser resolves against the address of the page: no scheme, no host, not from the top, not within the page
RELATIVE = re.compile(r'(?<=\s)(href|src|action|data-content_root)="(?![a-z]+:|/|#)([^"]*)"')


def setup(app):
    """Write the page with the others, and mend its links when it is there."""
    app.connect("html-collect-pages", lambda app: [("404", {"title": "There is no such page"}, "404.html")])
    app.connect("html-page-context", hide)
    app.connect("build-finished", from_the_top, priority=950)  # after whatever else looks for files by their links


def hide(app, page, template, context, doctree):
    """Keep the page out of search engines: it has no address of its own."""
    if page == "404":
        context["pageurl"] = None
        context["metatags"] = context.get("metatags", "") + '\n    <meta name="robots" content="noindex" />'


def from_the_top(app, error):
    """Let the links of the page begin at the top of the host."""
    if error or app.builder.name != "html":
        return
    path = Path(app.outdir, "404.html")
    top = urllib.parse.urlparse(app.config.html_baseurl).path or "/"
    path.write_text(rooted(path.read_text(encoding="utf-8"), top), encoding="utf-8")


def rooted(text, top):
    """Put the path of the site before each address in a page that would be sought beside it."""
    return RELATIVE.sub(lambda match: f'{match[1]}="{top}{match[2].removeprefix("./")}"', text)
