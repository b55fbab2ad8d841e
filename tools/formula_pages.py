"""Puts formulas into the pages of the site: as MathML, with a font of their own that has the characters they use.

The font, STIX Two Math (SIL Open Font License), comes from the package ziamath. It is cut down when the site is built.
"""

import io
import re
from importlib.metadata import distribution
from pathlib import Path
from xml.etree import ElementTree as ET

from docutils import nodes
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from sphinx.errors import SphinxError
from sphinx.util.math import get_node_equation_number

import formulas

FONT = Path(distribution("ziamath").locate_file("ziamath/fonts/STIXTwoMath-Regular.ttf"))
NAME = "_static/formulas.woff"
ITALIC = {ord("h"): "ℎ", ord("∂"): "𝜕"} | {  # what a browser draws for a letter that stands alone
    ord(first) + n: chr(ord(italic) + n)
    for first, italic in (("A", "𝐴"), ("a", "𝑎"))
    for n in range(26)
    if first != "a" or n != 7
}


def setup(app):
    """Make MathML the way that formulas are written in HTML."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.config.html_math_renderer = "mathml"
    app.connect("doctree-resolved", keep_together)
    app.connect("build-finished", write_font)


class FormulaError(SphinxError):
    """A formula that cannot be shown ends the build."""

    category = "Formula"


def translated(translator, node, tex, **options):
    """Translate a formula, or end the build with the place where it stands."""
    try:
        return formulas.mathml(tex, **options)
    except formulas.Fault as fault:
        while node.line is None and node.parent is not None:  # a formula in a line has its paragraph's
            node = node.parent
        raise FormulaError(f"{node.source or translator.builder.current_docname}:{node.line}: {fault}") from fault


def visit_inline(translator, node):
    """Write a formula within a line."""
    markup, boxed = translated(translator, node, node.astext())
    frame = " boxed" if boxed else ""
    translator.body.append(
        f"{translator.starttag(node, 'span', '', CLASS='math notranslate nohighlight' + frame)}{markup}</span>"
    )
    raise nodes.SkipNode


def visit_block(translator, node):
    """Write a formula on lines of its own, with its number if it has one."""
    translator.body.append(translator.starttag(node, "div", "", CLASS="math notranslate nohighlight"))
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    parts = [translated(translator, node, tex, block=True) for tex in lines_of(node.astext())]
    frame = " boxed" if any(boxed for _, boxed in parts) else ""
    translator.body.append(f'<div class="formula{frame}">{"".join(markup for markup, _ in parts)}</div>')
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def lines_of(text):
    """Cut at empty lines, and align lines that end in two backslashes, as Sphinx does."""
    for part in filter(str.strip, text.split("\n\n")):
        outside = re.sub(r"\\begin\{(\w+\*?)\}.*\\end\{\1\}", "", part, flags=re.DOTALL)
        yield rf"\begin{{split}}{part}\end{{split}}" if r"\\" in outside else part


def keep_together(app, doctree, page):
    """Let no line end between a formula and what is written next to it: a comma, a bracket, or the rest of a word."""
    for formula in list(doctree.findall(nodes.math)):
        parent = formula.parent
        place = parent.index(formula)
        before, after = (parent[n] if 0 <= n < len(parent) else None for n in (place - 1, place + 1))
        head = re.search(r"\S*$", before)[0] if isinstance(before, nodes.Text) else ""
        tail = re.match(r"\S*", after)[0] if isinstance(after, nodes.Text) else ""
        if head:
            parent[place - 1] = nodes.Text(before.removesuffix(head))
        if tail:
            parent[place + 1] = nodes.Text(after.removeprefix(tail))
        if head or tail:
            parent[place] = nodes.inline("", "", nodes.Text(head), formula, nodes.Text(tail), classes=["nobreak"])


def write_font(app, error):
    """Write the font that the pages need, with the same bytes for the same pages."""
    if error or app.builder.format != "html":
        return
    texts = (path.read_text(encoding="utf-8") for path in sorted(Path(app.outdir).rglob("*.html")))
    target = Path(app.outdir) / NAME
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(font(*characters("".join(texts))))


def characters(pages):
    """Return the characters that the formulas of pages are drawn with: all of them, and those in scripts."""
    drawn, scripts = set(), set()
    for markup in set(re.findall(r"<math\b.*?</math>", pages, re.DOTALL)):
        gather(ET.fromstring(markup), drawn, scripts)
    return drawn, scripts


def gather(element, drawn, scripts, *, small=False):
    """Add the characters of an element and of what it holds."""
    tag = element.tag.rpartition("}")[2]
    if tag == "annotation":
        return
    text = set(element.text or "") | ({"√"} if tag in ("msqrt", "mroot") else set())
    if tag == "mi" and len(text) == 1:  # browsers draw a letter that stands alone in italics
        text = {character.translate(ITALIC) for character in text}
    drawn |= text
    scripts |= text if small else set()
    for number, child in enumerate(element):
        gather(child, drawn, scripts, small=small or tag == "mfrac" or (tag in formulas.SCRIPTED and number > 0))


def font(wanted, scripts=""):
    """Cut STIX Two Math down to some characters, to the forms for scripts of some of them, and to what stretches."""
    options = Options()
    options.layout_features = ["ssty"]  # in scripts, drawn stronger: t would look like l
    options.hinting = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]  # with its licence
    cut = TTFont(FONT, recalcTimestamp=False)
    names = cut.getBestCmap()
    keep_script_forms(cut, {names[ord(character)] for character in scripts if ord(character) in names})
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(sorted(wanted)))
    subsetter.subset(cut)
    cut.flavor = "woff"
    written = io.BytesIO()
    cut.save(written)
    return written.getvalue()


def keep_script_forms(cut, names):
    """Take the forms for scripts away from all glyphs but some."""
    table = cut["GSUB"].table
    wanted = {
        index
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "ssty"
        for index in record.Feature.LookupListIndex
    }
    for index in wanted:
        for forms in table.LookupList.Lookup[index].SubTable:
            forms = getattr(forms, "ExtSubTable", forms)
            for name in set(forms.alternates) - names:
                del forms.alternates[name]
