"""The theme's icons without its script: the few that pages use, drawn into them, and a small font for those in styles.

The theme brings all 2035 icons of Font Awesome Free as a script of 1.5 MB, which replaces `<i class="fa-solid fa-bars">`
by a drawing when the page is shown. Here the same drawing is made when the site is built. (Icons: CC BY 4.0, fonts: SIL
OFL 1.1, by Fonticons; their notice stays in the styles.)
"""

import base64
import html
import io
import re

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

STYLES = {"fas": "fas", "fa-solid": "fas", "fab": "fab", "fa-brands": "fab", "far": "far", "fa-regular": "far"}
TAG = re.compile(r'<i\b([^>]*?\bclass="([^"]*\bfa-[^"]*)"[^>]*)>\s*</i>')
PACK = re.compile(r'\("(fa[brs])",\w+\),\w+\("fa-\w+",\w+\)')  # where the script says what it has defined just before
ICON = re.compile(r'"?([\w-]+)"?:\[(\d+),(\d+),\[([^\]]*)\],"[0-9a-f]+","([^"]+)"\]')
STYLE = """
.svg-inline--fa{display:inline-block;height:1em;overflow:visible;box-sizing:content-box;vertical-align:-.125em}
.svg-inline--fa.fa-lg{font-size:1.25em;line-height:.05em;vertical-align:-.2em}
"""  # what the script adds to a page for the sizes that the theme uses


class Fault(Exception):
    """An icon that the theme does not have."""


def definitions(script):
    """Read the icons of the theme's script: (style, name) -> (width, height, path)."""
    found, start = {}, 0
    for pack in PACK.finditer(script):
        for name, width, height, others, path in ICON.findall(script, start, pack.start()):
            for one in (name, *re.findall(r'"([a-z][\w-]*)"', others)):
                found[pack[1], one] = int(width), int(height), path
        start = pack.end()
    return found


def drawn(page, icons):
    """Put drawings in place of a page's `<i class="fa-...">`, as the script would."""
    return TAG.sub(
        lambda match: drawing(match[2].split(), dict(re.findall(r'([\w-]+)="([^"]*)"', match[1])), icons), page
    )


def drawing(classes, attributes, icons):
    """Write one icon as SVG: with its title if it has one, and else hidden from screen readers."""
    styles = [STYLES[name] for name in classes if name in STYLES]
    names = [name for name in classes if (styles or [""])[0] and (styles[0], name.removeprefix("fa-")) in icons]
    if len(names) != 1:
        raise Fault(f"the theme has no icon {' '.join(classes)!r}")
    width, height, path = icons[styles[0], names[0].removeprefix("fa-")]
    kept = " ".join(
        ["svg-inline--fa", names[0], *(name for name in classes if name not in STYLES and name != names[0])]
    )
    data = "".join(f' {name}="{value}"' for name, value in attributes.items() if name.startswith("data-"))
    title = html.unescape(attributes.get("title", ""))
    said = f'role="img" aria-label="{html.escape(title)}"' if title else 'aria-hidden="true" focusable="false"'
    inner = f"<title>{html.escape(title)}</title>" if title else ""
    return (
        f'<svg class="{kept}"{data} {said} xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'{inner}<path fill="currentColor" d="{path}"></path></svg>'
    )


def embedded(styles, folder):
    """Put small fonts into styles: of each of the theme's icon fonts, the characters that the styles write.

    Parameters
    ----------
    styles : str
        Styles with the theme's ``@font-face`` rules, and rules that write an icon as ``content``.
    folder : path
        Where the theme's fonts are.

    Returns
    -------
    str
        The same, without the rules of fonts that no character needs.
    """
    wanted = {int(number, 16) for number in re.findall(r"\\(f[0-9a-f]{3}|e[0-9a-f]{3})\b", styles)}

    def face(match):
        name = re.search(r"webfonts/(fa-\w+-\d+)\.ttf", match[0])
        if name is None:
            return match[0]
        style = name[1].split("-")[1]
        font = TTFont(folder / f"{name[1]}.ttf", recalcTimestamp=False)
        there = wanted & set(font.getBestCmap())
        if not there or (style != "solid" and not re.search(rf"\.fa-{style}\b|--fa-font-{style}\)", styles)):
            return ""
        source = f'url(data:font/woff;base64,{base64.b64encode(cut(font, there)).decode()}) format("woff")'
        return re.sub(r"src:.*?(?=[;}]|$)", lambda _: f"src:{source}", match[0], count=1, flags=re.DOTALL)

    return re.sub(r"@font-face\s*\{[^}]*\}", face, styles)


def cut(font, characters):
    """Cut a font down to some characters."""
    options = Options()
    options.hinting = False
    options.layout_features = []
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=sorted(characters))
    subsetter.subset(font)
    font.flavor = "woff"
    written = io.BytesIO()
    font.save(written)
    return written.getvalue()
