"""Closes the pages of the site: each says that it takes nothing from elsewhere, and no script but its own.

GitHub's Pages send no header of ours, so the content security policy stands in the page, before anything that it is
about. A script in the page is named by its hash, taken when everything else has rewritten the pages; an attribute such
as ``onclick`` has none that all browsers take, and ends the build. What is left open: styles in the slides, since
reveal.js writes a sheet with the size of the paper, and its speaker view has styles of its own.
"""

import base64
import hashlib
import html
import json
import re
from pathlib import Path

# The pages ask for nothing by script; what measures them, Lighthouse, reads robots.txt from within, by `connect-src`
CLOSED = "default-src 'none'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'"
CHARSET = re.compile(r'<meta charset="utf-8" ?/?>\n?')
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)
TAG = re.compile(r"<[a-z](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
HANDLER = re.compile(
    r"""\son[a-z]+\s*=|(?<=[\s"'])(?:href|src|action|formaction)\s*=\s*["']?\s*javascript:""", re.IGNORECASE
)
VALUE = re.compile(r"\"[^\"]*\"|'[^']*'")
STYLED = re.compile(r"\sstyle=(?:\"([^\"]*)\"|'([^']*)')")
WRITTEN = re.compile(r'document\.write\("((?:[^"\\]|\\.)*)"\)')  # by the slides' script, into its speaker view

# What jupyter-book adds for thebe, which the book does not use; and the theme's two buttons, worked by accessible.js
IDLE = re.compile(r"\s*<script(?: type=\"text/x-thebe-config\">.*?|>kernelName = '\w+')</script>", re.DOTALL)
BUTTONS = re.compile(r'\s+onclick="(?:toggleFullScreen|window\.print)\(\)"')
OPTIONS = re.compile(r"[ \t]*<script>((?:const )?DOCUMENTATION_OPTIONS\b.*?)</script>\n?", re.DOTALL)


def setup(app):
    """Connect to the very end of the build: whatever changes a page after its hashes are taken breaks it."""
    app.connect("build-finished", close, priority=990)


def close(app, error):
    """Put the policy into every page of the site."""
    if error or app.builder.name != "html":
        return
    for path in sorted(Path(app.outdir).rglob("*.html")):
        page = path.read_text(encoding="utf-8")
        if "<head>" in page:  # the others are pieces of the theme
            path.write_text(closed(lighter(page)), encoding="utf-8", newline="\n")


def lighter(page):
    """Drop the scripts in a page that do nothing, and join those that set the same object: each costs a hash."""
    page = BUTTONS.sub("", IDLE.sub("", page))
    texts = [match[1].strip().removesuffix(";") + ";" for match in OPTIONS.finditer(page)]
    for number, _ in enumerate(texts, start=1):
        joined = "<script>{}</script>\n".format("\n".join(texts)) if number == len(texts) else ""
        page = OPTIONS.sub(lambda _, joined=joined: joined, page, count=1)
    return page


def closed(page, *, slides=None):
    """Return a page with its policy, right after its encoding.

    Parameters
    ----------
    page : str
        The page, as it will be sent.
    slides : str, optional
        For the slides: the script that writes their speaker view, which opens the slides in frames.

    Raises
    ------
    ValueError
        If the page has a script that no policy could name, or no place for one.
    """
    for tag in TAG.findall(SCRIPT.sub("", COMMENT.sub("", page))):
        if found := HANDLER.search(
            VALUE.sub(lambda match: match[0] if "javascript:" in match[0].lower() else '""', tag)
        ):
            raise ValueError(f"{found[0].strip()} in {tag[:120]}: the policy allows no script in an attribute")
    policy = f"{CLOSED}; script-src {sources(scripts(page + spoken(slides)))}; style-src "
    policy += "'self' 'unsafe-inline'; frame-src 'self'" if slides else styles(page)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy, quote=False)}" />\n'
    page, places = CHARSET.subn(lambda match: match[0] + meta, page, count=1)
    if not places:
        raise ValueError("a page does not say its encoding, after which its policy has to stand")
    return page


def scripts(page):
    """Return the texts of the scripts in a page; a script with an address, or of data, is none."""
    return [text for said, text in SCRIPT.findall(page) if not re.search(r"\bsrc=|\btype=\"(?!module)", said)]


def styles(page):
    """Write what a page's styles are allowed to be: those that it has, in elements and in attributes."""
    attributes = [
        html.unescape(one or other) for tag in TAG.findall(SCRIPT.sub("", page)) for one, other in STYLED.findall(tag)
    ]
    allowed = sources(STYLE.findall(page) + attributes)
    return f"{allowed} 'unsafe-hashes'" if attributes else allowed


def sources(texts):
    """Write the site itself and texts of scripts or styles as a policy names them."""
    return " ".join(["'self'", *dict.fromkeys(f"'sha256-{digest(text)}'" for text in texts)])


def digest(text):
    """Return the hash of a script or style."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def spoken(script):
    """Return the page that the slides' script writes into the speaker view, which is under the slides' policy."""
    if script is None:
        return ""
    (text,) = WRITTEN.findall(script)
    return json.loads('"{}"'.format(re.sub(r"\\x(\w\w)", r"\\u00\1", text)))
