"""TeX becomes MathML that browsers draw as TeX would; what would not be drawn, or would be guessed, is refused."""

import html
import io
import re
from xml.etree import ElementTree as ET

import pytest
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

import formula_pages
import formulas
from helpers import exact


def tree(tex, **options):
    """Translate, and drop what is the same everywhere."""
    markup, _ = formulas.mathml(tex, **options)
    markup = re.sub(r' xmlns="[^"]+"|<annotation.*?</annotation>|</?semantics>', "", markup)
    return re.fullmatch(r"<math[^>]*><mrow>(.*)</mrow></math>", markup)[1]


@pytest.mark.parametrize(
    ("tex", "markup"),
    [
        ("n - k", "<mi>n</mi><mo>−</mo><mi>k</mi>"),
        ("(-1)", '<mo stretchy="false">(</mo><mo lspace="0" rspace="0">−</mo><mn>1</mn><mo stretchy="false">)</mo>'),
        ("a = -1", '<mi>a</mi><mo>=</mo><mo lspace="0" rspace="0">−</mo><mn>1</mn>'),
        (r"\pm a", '<mo lspace="0" rspace="0">±</mo><mi>a</mi>'),
        (r"2 \cdot 3", '<mn>2</mn><mo lspace="0.222em" rspace="0.222em">·</mo><mn>3</mn>'),
        (
            r"\langle\cdot,\cdot\rangle",
            '<mo stretchy="false">⟨</mo><mo lspace="0" rspace="0">·</mo><mo>,</mo>'
            '<mo lspace="0" rspace="0">·</mo><mo stretchy="false">⟩</mo>',
        ),
        (r"\lceil n / s \rceil", '<mo stretchy="false">⌈</mo><mi>n</mi><mo lspace="0" rspace="0">/</mo><mi>s</mi><mo stretchy="false">⌉</mo>'),
        (r"n \bmod s", '<mi>n</mi><mo lspace="0.278em" rspace="0.278em">mod</mo><mi>s</mi>'),
        (r"\partial L", "<mi>∂</mi><mi>L</mi>"),
        ("i' = 3", '<mrow><mi>i</mi><mo form="postfix" lspace="0" rspace="0">′</mo></mrow><mo>=</mo><mn>3</mn>'),
        ("z^{s-1}", '<msup><mi>z</mi><mrow><mi>s</mi><mo lspace="0" rspace="0">−</mo><mn>1</mn></mrow></msup>'),
        ("1, \\dots", '<mn>1</mn><mo>,</mo><mo lspace="0" rspace="0">…</mo>'),
        (r"1 + \dots", '<mn>1</mn><mo>+</mo><mo lspace="0" rspace="0">⋯</mo>'),
        (r"\dots + 1", '<mo lspace="0" rspace="0">⋯</mo><mo>+</mo><mn>1</mn>'),
        (r"s \times \dots", '<mi>s</mi><mo lspace="0.222em" rspace="0.222em">×</mo><mo lspace="0" rspace="0">⋯</mo>'),
        (
            r"2\max(a)",
            '<mn>2</mn><mspace width="0.167em"></mspace><mi>max</mi><mo lspace="0" rspace="0">\u2061</mo>'
            '<mo stretchy="false">(</mo><mi>a</mi><mo stretchy="false">)</mo>',
        ),
        (
            r"\log_{10} x",
            '<msub><mi>log</mi><mrow><mn>10</mn></mrow></msub><mo lspace="0" rspace="0.167em">\u2061</mo><mi>x</mi>',
        ),
        (r"\mathrm{d}x", "<mtext>d</mtext><mi>x</mi>"),
        ("0 < r", "<mn>0</mn><mo>&lt;</mo><mi>r</mi>"),
    ],
)  # fmt: skip
def test_a_formula_is_translated(tex, markup):
    assert tree(tex) == markup


def test_a_sum_of_its_own_has_its_index_below():
    assert tree(r"\sum_p x", block=True) == "<munder><mo>∑</mo><mi>p</mi></munder><mi>x</mi>"
    assert tree(r"\sum_p x") == "<msub><mo>∑</mo><mi>p</mi></msub><mi>x</mi>"


def test_a_fence_grows_where_it_is_told_to():
    markup = tree(r"\left\lceil \frac{n}{s} \right\rceil", block=True)
    assert markup.count('stretchy="true"') == 2
    assert 'stretchy="false"' not in markup


def test_a_table_has_its_line_and_its_sides():
    markup = tree(r"\begin{array}{rl} 1 & 2 \\ \hline 3 & 4 \end{array}", block=True)
    line = "border-top: 1px solid"
    assert re.findall(r'<mtd style="(.*?)">', markup) == [
        "text-align: right; text-align: -webkit-right",
        "text-align: left; text-align: -webkit-left",
        f"text-align: right; text-align: -webkit-right; {line}",
        f"text-align: left; text-align: -webkit-left; {line}",
    ]


@pytest.mark.parametrize("name", ["split", "aligned", "align", "align*"])
def test_lines_are_aligned_at_their_sign(name):
    markup = tree(rf"\begin{{{name}}} a &= b \\ &= c \end{{{name}}}", block=True)
    assert markup.count("<mtr>") == 2
    assert re.findall(r"padding-(\w+): 0", markup) == ["right", "left"] * 2
    assert "mtext" not in markup  # no number: Sphinx counts


def test_a_box_is_the_page_s_to_draw():
    markup, boxed = formulas.mathml(r"\boxed{\; n = k \;}", block=True)
    assert boxed
    assert "menclose" not in markup
    assert formulas.mathml("n = k")[1] is False


@pytest.mark.parametrize("tex", ["n < k", r"\boxed{a}", r"a \text{ & } b".replace("&", "and")])
def test_the_tex_stays_as_an_annotation_and_all_is_xml(tex):
    markup = formulas.mathml(tex)[0]
    (annotation,) = ET.fromstring(markup).iter("{http://www.w3.org/1998/Math/MathML}annotation")
    assert annotation.text == tex
    assert html.escape(tex, quote=False) in markup


@pytest.mark.parametrize(
    ("tex", "reason"),
    [
        (r"\foo x", r"'\\foo' is not known"),
        (r"\frac{1}{2", "a brace is missing"),
        ("a}{b", "a brace is missing"),
        (r"\begin{split} a", r"a \begin or \end is missing"),
        (r"\begin{gather} a \end{gather}", "the environment gather is not known"),
        ("a & b", "'&' is not known"),
        ("x^", "MissingSuperScriptOrSubscriptError"),
        (r"\left( a", "ExtraLeftOrMissingRightError"),
        (r"\frac1", "<mfrac> lacks a part"),
        (r"\mathbb Z", "browsers do not know mathvariant of <mi>"),
        (r"a + \boxed{b}", "browsers do not draw <menclose>; a box has to enclose the whole formula"),
        (r"\boxed{a} + \boxed{b}", "browsers do not draw <menclose>; a box has to enclose the whole formula"),
        (
            r"\begin{array}{r} \hline 1 \end{array}",
            "a line above the first or below the last row of an array is not supported",
        ),
    ],
)
def test_what_would_not_be_drawn_is_refused_with_its_text(tex, reason):
    with pytest.raises(formulas.Fault, match=exact(f"the formula {tex!r} cannot be shown: {reason}")):
        formulas.mathml(tex)


# The font


PAGE = "<p>Z</p>" + formulas.mathml(r"\sqrt{x} + \text{to} = y_{t}")[0]


def test_the_font_has_what_is_drawn_and_no_more():
    drawn, scripts = formula_pages.characters(PAGE)
    assert drawn == set("𝑥𝑦𝑡to√+=")
    assert scripts == {"𝑡"}
    cut = TTFont(io.BytesIO(formula_pages.font(drawn, scripts)))
    assert set(map(chr, cut.getBestCmap())) == drawn
    names = cut.getBestCmap()
    (lookup,) = cut["GSUB"].table.LookupList.Lookup
    assert [name for table in lookup.SubTable for name in table.alternates] == [names[ord("𝑡")]]
    assert cut["MATH"].table.MathVariants.VertGlyphCoverage.glyphs == [names[ord("√")]]
    assert "SIL Open Font License" in cut["name"].getDebugName(13)


def test_the_font_has_the_same_bytes_each_time():
    assert formula_pages.font({"a", "+"}) == formula_pages.font({"+", "a"})


# The pages


def built(folder, text):
    """Build a page from reStructuredText, with nothing but the formulas' own extension, and return its HTML."""
    (folder / "index.rst").write_text(text, encoding="utf-8")
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            folder, None, folder / "out", folder / "trees", "html", {"extensions": ["formula_pages"]}, None, None
        )
        app.build()
    return (folder / "out" / "index.html").read_text(encoding="utf-8")


def test_equations_keep_their_numbers_and_their_lines(tmp_path):
    text = "A\n=\n\n.. math::\n   :label: size\n\n   n = 1\n\nSee :eq:`size`.\n\n"
    text += "Of (:math:`k`), or :math:`s`-th.\n\n"
    page = built(tmp_path, text + ".. math::\n\n   a &= b \\\\\n   &= c\n\n   d\n")
    assert '<div class="math notranslate nohighlight" id="equation-size"><span class="eqno">(1)' in page
    assert 'See <a class="reference internal" href="#equation-size">(1)</a>' in page
    assert page.count('<div class="formula"><math') == 2
    together = re.sub(r"<math.*?</math>", "F", re.sub(r"<span class=\"math[^>]*>(.*?)</span>", r"\1", page))
    assert re.findall('<span class="nobreak">.*?</span>', together) == [
        f'<span class="nobreak">{x}</span>' for x in ("(F),", "F-th.")
    ]
    assert page.count("<mtr>") == 2
    assert (tmp_path / "out" / formula_pages.NAME).stat().st_size > 1000


def test_a_formula_that_cannot_be_shown_ends_the_build_and_is_named(tmp_path):
    says = f"{tmp_path / 'index.rst'}:4: the formula '\\\\foo' cannot be shown: '\\\\foo' is not known"
    with pytest.raises(formula_pages.FormulaError, match=exact(says)):
        built(tmp_path, "A\n=\n\nA word and :math:`\\foo`.\n")
