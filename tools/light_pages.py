"""Makes the pages of the site light: what a page does not use is not asked for, and nothing blocks its first paint.

The theme asks for the same 30 files on every page. When the site is built, this rewrites what the pages ask for: one
stylesheet with the rules in use, icons drawn into the page, scripts only where they have something to do and after the
text, images with their sizes, and those below the first one only when they are about to be seen.
"""

import hashlib
import re
import shutil
import struct
from pathlib import Path

import icons
import light_styles

SCRIPT = re.compile(r"[ \t]*<script\b([^>]*)>(.*?)</script>\n?", re.DOTALL)
SHEET = re.compile(r'[ \t]*<link\b(?=[^>]*\brel="stylesheet")[^>]*\bhref="([^"]*?)_static/([^"?]+)[^"]*"[^>]*>\n?')
IDLE = {  # a script of the theme -> what a page has on which it has something to do
    "clipboard.min.js": r'<div class="highlight',
    "copybutton.js": r'<div class="highlight',
    "design-tabs.js": r'class="[^"]*\bsd-tab-set\b',
    "togglebutton.js": r'class="(?:[^"]* )?toggle[ "]|class="[^"]*\badmonition\b[^"]*\bdropdown\b',
    "fontawesome.js": None,
}
SEARCH = (
    "searchtools.js",
    "language_data.js",
    "searchindex.js",
)  # the theme has them on all pages, to search while typing
COMPOSED = {"bs-tooltip-auto"}  # a class that the theme's script puts together from parts
UNSERVED = ["scripts/fontawesome.js*", "vendor", "locales", "sphinx-thebe.*", "*.html", "**/*.map"]


def setup(app):
    """Connect to the end of the build, after what else writes pages."""
    app.connect("build-finished", lighten, priority=900)


def lighten(app, error):
    """Rewrite all pages of the site, and take away what none of them asks for any more."""
    if error or app.builder.name != "html":
        return
    site = Path(app.outdir)
    static = site / "_static"
    known = icons.definitions((static / "scripts" / "fontawesome.js").read_text(encoding="utf-8"))
    pages = {
        path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html")) if static not in path.parents
    }
    pages = {path: page_scripts(icons.drawn(page, known), static) for path, page in pages.items() if SHEET.search(page)}
    names = common_sheets(pages.values())
    styles = all_styles(static, names, words_of([*pages.values(), *scripts_of(static)]))
    (static / "site.css").write_text(styles, encoding="utf-8", newline="\n")
    version = hashlib.sha256(styles.encode()).hexdigest()[:8]
    plain = light_styles.plain_tokens(styles)
    for path, page in pages.items():
        page = without_plain_tokens(page, plain)
        page = images(one_viewport(colours_at_once(one_sheet(page, names, version))), path.parent)
        path.write_text(page, encoding="utf-8", newline="\n")
    remove(static, [*UNSERVED, *names, "basic.css", "styles"])
    (site / ".buildinfo").unlink(missing_ok=True)  # for the next build in this folder, and other in another folder


# Styles


def common_sheets(pages):
    """Return the stylesheets that all pages have, in the pages' order."""
    lists = [[match[2] for match in SHEET.finditer(page)] for page in pages]
    return [name for name in lists[0] if all(name in names for names in lists)]


def all_styles(static, names, words):
    """Write the one stylesheet: the rules in use, with the icons that they show in small fonts."""
    words = {word for word in words if not word.startswith("sphinx-thebe")} | COMPOSED
    text = light_styles.merged(static, [name for name in names if "thebe" not in name], words)
    return icons.embedded(text, static / "vendor" / "fontawesome" / "webfonts") + icons.STYLE


def words_of(texts):
    """Return what classes and ids of pages and scripts can be made of."""
    return {word for text in texts for word in re.findall(r"[\w-]+", text)}


def scripts_of(static):
    """Read the scripts that are served, without the data for the search."""
    for path in sorted(static.rglob("*.js")):
        if path.name not in ("fontawesome.js", "sphinx-thebe.js"):
            yield path.read_text(encoding="utf-8")


def one_sheet(page, names, version):
    """Put the one stylesheet in place of the first that it replaces, and drop the others."""
    first = True

    def replaced(match):
        nonlocal first
        if match[2] not in names:
            return match[0]
        link = f'  <link rel="stylesheet" href="{match[1]}_static/site.css?v={version}" />\n' if first else ""
        first = False
        return link

    return SHEET.sub(replaced, page)


def without_plain_tokens(page, names):
    """Drop the marks of what has the colour of all code, such as names and brackets: half of the marks in a listing."""
    token = re.compile(rf'<span class="(?:{"|".join(sorted(names))})">([^<]*)</span>')
    return re.sub(r"<pre>.*?</pre>", lambda match: token.sub(r"\1", match[0]), page, flags=re.DOTALL) if names else page


# Scripts and the rest


def page_scripts(page, static):
    """Drop the scripts that have nothing to do on a page, and let the others wait for the text."""
    searches = 'id="search-results"' in page  # its scripts count on running while the page is read
    while_typing = searches or "search_as_you_type = true" in page

    def rewritten(match):
        source = re.search(r'\bsrc="([^"?]*)', match[1])
        if source is None:
            helper = re.search(r"toggleHint|toggleOpenOnPrint|togglebuttonSelector", match[2])
            return "" if helper and not has_work("togglebutton.js") else match[0]
        name = source[1].rpartition("/")[2]
        if (name in SEARCH and not while_typing) or (name in IDLE and not has_work(name)):
            return ""
        if searches:
            return match[0]
        if name == "documentation_options.js":  # other scripts in the page's head go on from it
            return f"<script>{(static / name).read_text(encoding='utf-8')}</script>\n"
        return (
            match[0] if re.search(r"\b(defer|async)\b", match[1]) else match[0].replace("<script", "<script defer", 1)
        )

    def has_work(name):
        return IDLE[name] is not None and re.search(IDLE[name], page)

    page = SCRIPT.sub(rewritten, page)
    return re.sub(r'[ \t]*<link rel="preload" as="script"[^>]*>\n?', "", page)


def colours_at_once(page):
    """Decide between light and dark before the first paint: the theme does so after it, and styles all of a page again."""
    line = 'document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";'
    return page.replace(
        line,
        """{
      const { mode } = document.documentElement.dataset;
      const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
      document.documentElement.dataset.theme = mode === "auto" ? system : mode;
    }""",
    )


def one_viewport(page):
    """Keep the last of the theme's three equal lines about the viewport."""
    line = re.compile(r'\s*<meta name="viewport" content="width=device-width, initial-scale=1(?:\.0)?"\s*/?>')
    return line.sub("", page, count=len(line.findall(page)) - 1)


def images(page, folder):
    """Say how large images are, so that nothing moves when they arrive; load those after the first when they are near."""
    seen = 0

    def rewritten(match):
        nonlocal seen
        tag, source = match[0], re.search(r'\bsrc="([^"?]+)', match[0])
        if source is None or "logo__image" in tag:
            return tag
        seen += "/_images/" in source[1] or "_static/images/" not in source[1]
        said = "" if "width=" in tag else size(folder / source[1])
        late = "" if seen == 1 and "_static/images/" not in source[1] else ' loading="lazy"'
        return f'<img{late} decoding="async"{said}{tag[4:]}'

    return re.sub(r"<img\b[^>]*>", rewritten, page)


def size(path):
    """Write the size of a PNG as attributes; other images keep what they have."""
    if path.suffix != ".png" or not path.is_file():
        return ""
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    return f' width="{width}" height="{height}"'


def remove(static, patterns):
    """Take files away, and the last line of a script that names one of them."""
    for pattern in patterns:
        for path in sorted(static.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    for path in static.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"\n//# sourceMappingURL=\S+\s*$", "\n", text), encoding="utf-8", newline="\n")
