"""Formulas as MathML: TeX becomes what a browser draws and a screen reader reads, without a script.

latex2mathml translates; what it leaves to older browsers' MathML, or spaces otherwise than TeX does, is mended below,
with the reason at each mending. What it does not know would be shown as it is, so here it is a `Fault`.
"""

import re
from html import unescape
from xml.etree import ElementTree as ET

from latex2mathml.converter import convert_to_element


def words(text):
    """Take names apart."""
    return set(text.split())


TAGS = words(
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover "
    "mtable mtr mtd mstyle mpadded mphantom"
)
ATTRIBUTES = words(
    "xmlns display displaystyle scriptlevel form fence stretchy symmetric largeop movablelimits minsize maxsize "
    "lspace rspace width height depth voffset accent accentunder linethickness style"
)
SCRIPTED = {"msub", "msup", "msubsup", "munder", "mover", "munderover"}
CHILDREN = {"mfrac": 2, "mroot": 2, **dict.fromkeys(SCRIPTED, 2), "msubsup": 3, "munderover": 3}
OPENING, CLOSING = set("([{⌈⌊⟨"), set(")]}⌉⌋⟩")
SIGNS = set("+−±∓·×") | {"mod"}
RELATIONS = set("=<>≤≥≡≠≈∣,;:→↦∈")
PRIMES = set("′″‴")
TIGHT, SPACED = set("/.…⋯"), set("·×")  # where browsers put more space, or less, than TeX
FUNCTIONS = words("max min log ln exp sin cos det gcd rank")
APPLY = "\u2061"  # "of": nothing to be seen, but a screen reader says it
THIN = "0.167em"
ENVIRONMENTS = {"aligned": "split", "align": "split", "align*": "split"}  # Sphinx counts equations, not the formula
KNOWN = words("split array cases matrix pmatrix bmatrix vmatrix")


class Fault(Exception):
    """A formula that cannot be shown, with its text and what is wrong with it."""

    def __init__(self, tex, reason):
        super().__init__(f"the formula {tex.strip()!r} cannot be shown: {reason}")


def mathml(tex, *, block=False):
    r"""Translate a formula.

    Parameters
    ----------
    tex : str
        What stands between the dollars.
    block : bool
        Whether it stands on lines of its own.

    Returns
    -------
    markup : str
        The element ``<math>``, the same in HTML and in XML; with its TeX as an annotation.
    boxed : bool
        Whether the whole formula is to stand in a box, which MathML of today's browsers leaves to the page.

    Raises
    ------
    Fault
        If a command or an environment is not known, or a brace or an end is missing.

    Examples
    --------
    >>> markup, boxed = mathml(r"\lceil n / s \rceil")
    >>> markup.count("<mo"), boxed
    (3, False)
    """
    check_ends(tex)
    inner = re.fullmatch(r"\s*\\boxed\s*\{(.*)\}\s*", tex, re.DOTALL)
    boxed = bool(inner) and balanced(inner[1])
    try:
        math = convert_to_element(prepared(inner[1] if boxed else tex), display="block" if block else "inline")
    except Exception as error:  # latex2mathml has a class for each of its errors, and IndexError for others
        raise Fault(tex, f"{type(error).__name__} {error}".strip()) from error
    for element in math.iter():
        element.text = unescape(element.text or "")
    for step in (known_symbols, primes, rules_of_tables, columns_of_tables):
        step(math)
    spaced(math, display=block)
    check_known(math, tex)
    return annotated(math, tex), boxed


def balanced(tex):
    """Whether each brace has its other one, in order."""
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", tex.replace(r"\\", "")):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def check_ends(tex):
    """Refuse what is not closed: latex2mathml would guess."""
    if not balanced(tex):
        raise Fault(tex, "a brace is missing")
    begun = sorted(re.findall(r"\\begin\{(.*?)\}", tex))
    if begun != sorted(re.findall(r"\\end\{(.*?)\}", tex)):
        raise Fault(tex, "a \\begin or \\end is missing")
    if unknown := set(begun) - KNOWN - set(ENVIRONMENTS) - {"equation", "equation*"}:
        raise Fault(tex, f"the environment {min(unknown)} is not known")
    if re.search(r"\\begin\{array\}\{[^}]*\}\s*\\hline|\\hline\s*\\end", tex):
        raise Fault(tex, "a line above the first or below the last row of an array is not supported")


def prepared(tex):
    """Write what latex2mathml does not know, or takes otherwise, in words that it knows."""
    tex = re.sub(r"\\(begin|end)\{(equation\*?)\}", "", tex)
    tex = re.sub(r"\\(begin|end)\{(\S+?)\}", lambda m: f"\\{m[1]}{{{ENVIRONMENTS.get(m[2], m[2])}}}", tex)
    tex = tex.replace(r"\mathrm{", r"\text{")  # it forgets that these letters stand upright
    # As amsmath does: dots between operators stand in the middle, dots between commas on the line.
    return re.sub(r"((?:[+=-]|\\times|\\cdot)\s*)\\dots\b|\\dots(?=\s*[+=-])", r"\1\\cdots", tex)


def known_symbols(math):
    """Give symbols the element that they are: it takes some operators and fences for letters, and `∂` for an operator."""
    for element in math.iter():
        text = element.text
        if element.tag == "mi" and text in OPENING | CLOSING | SIGNS | RELATIONS | PRIMES:
            element.tag = "mo"
            if text in OPENING | CLOSING:
                element.set("stretchy", "false")  # as in TeX, a fence grows only after \left or \right
        elif element.tag == "mo" and text in FUNCTIONS | {"∂", "∞"}:
            element.tag = "mi"
        elif element.tag == "mo" and text == "mod":
            element.attrib.update(lspace="0.278em", rspace="0.278em")
        elif element.tag == "mo" and text in TIGHT:
            element.attrib.update(lspace="0", rspace="0")
        elif element.tag == "mo" and text in SPACED:
            element.attrib.update(lspace="0.222em", rspace="0.222em")


def primes(math):
    """Put a prime beside what it belongs to: fonts have it raised and small, and as a script it would be so twice."""
    for element in math.iter("msup"):
        _, script = element
        while script.tag == "mrow" and len(script) == 1:
            script = script[0]
        if script.text and set(script.text) <= PRIMES:
            script.tag = "mo"
            script.attrib.update(form="postfix", lspace="0", rspace="0")
            element.tag = "mrow"
            element[1] = script


def rules_of_tables(math):
    r"""Draw `\hline` as a border of the cells below: browsers no longer know `rowlines`."""
    for table in math.iter("mtable"):
        lines = table.attrib.pop("rowlines", "").split()
        for row, line in zip(list(table)[1:], lines):
            if line != "none":
                for cell in row:
                    cell.set("style", "border-top: 1px solid")


def columns_of_tables(math):
    """Align columns in CSS, since not every browser knows `columnalign`, and set the pairs of `split` tight."""
    for table in math.iter("mtable"):
        for name in ("rowspacing", "columnspacing"):
            table.attrib.pop(name, None)
        pairs = table.get("displaystyle") == "true"
        for row in table:
            for number, cell in enumerate(row):
                side = cell.attrib.pop("columnalign", None)
                gap = ("padding-right: 0", "padding-left: 0")[number % 2] if pairs else None
                # Chromium moves a cell's content only for its own word; one that a browser does not know, it passes over.
                aligned = f"text-align: {side}; text-align: -webkit-{side}" if side in ("left", "right") else None
                styles = filter(None, [aligned, gap, cell.get("style")])
                if style := "; ".join(styles):
                    cell.set("style", style)


def spaced(element, *, display, script=False):
    """Put spaces where TeX puts them, in this element and all below it."""
    if element.tag in {"math", "mrow", "mtd", "mstyle", "msqrt", "mphantom", "mpadded"}:
        around_signs(element)
        around_functions(element)
    if element.tag == "mo" and script:
        element.attrib.update(lspace="0", rspace="0")  # TeX has no space in scripts
    small = script or (element.tag == "mfrac" and not display)
    inner = display and element.tag != "mfrac"
    for number, child in enumerate(element):
        spaced(child, display=inner, script=small or (element.tag in SCRIPTED and number > 0))


def around_signs(row):
    """Take the space from a sign that joins nothing: `-1`, or the dots in `<., .>`. Browsers see only a row's ends."""
    parts = [part for part in row if part.tag != "mspace"]
    for before, part, after in zip([None, *parts], parts, [*parts[1:], None]):
        joins = ends_a_term(before) and begins_a_term(after)
        if part.tag == "mo" and part.text in SIGNS and not joins:
            part.attrib.update(lspace="0", rspace="0")


def ends_a_term(part):
    """Whether a sign after this part joins it with what follows."""
    return part is not None and (part.tag != "mo" or part.text in CLOSING | PRIMES | {"!", "…", "⋯", "|", "∣"})


def begins_a_term(part):
    """Whether a sign before this part joins what was before with it."""
    return part is not None and (part.tag != "mo" or part.text not in CLOSING | RELATIONS)


def around_functions(row):
    """Set `max` and `log` off from a factor before, and say that they are applied to what follows."""
    parts = list(row)
    for before, part, after in reversed(list(zip([None, *parts], parts, [*parts[1:], None]))):
        name = part[0] if part.tag in SCRIPTED else part
        if name.tag != "mi" or name.text not in FUNCTIONS:
            continue
        place = list(row).index(part)
        if after is not None and after.tag != "mspace":
            opened = after.tag == "mo" and after.text in OPENING
            row.insert(place + 1, made("mo", APPLY, lspace="0", rspace="0" if opened else THIN))
        if before is not None and before.tag != "mspace" and ends_a_term(before):
            row.insert(place, made("mspace", width=THIN))


def made(tag, text="", **attributes):
    """Make an element."""
    element = ET.Element(tag, attributes)
    element.text = text
    return element


def check_known(math, tex):
    """Refuse what a browser would not draw as it is meant."""
    for element in math.iter():
        unknown = sorted(set(element.attrib) - ATTRIBUTES)
        text = element.text or ""
        if element.tag not in TAGS:
            raise Fault(tex, f"browsers do not draw <{element.tag}>; a box has to enclose the whole formula")
        if unknown:
            raise Fault(tex, f"browsers do not know {', '.join(unknown)} of <{element.tag}>")
        if len(element) != CHILDREN.get(element.tag, len(element)):
            raise Fault(tex, f"<{element.tag}> lacks a part")
        if re.search(r"[\\&{}#$^_]", text.strip("{}") if element.tag == "mo" else text):
            raise Fault(tex, f"{text!r} is not known")


def annotated(math, tex):
    """Write the element, with its TeX for whoever copies it."""
    semantics = made("semantics")
    semantics.extend(list(math))
    semantics.append(made("annotation", tex.strip(), encoding="application/x-tex"))
    math[:] = [semantics]
    return ET.tostring(math, encoding="unicode", short_empty_elements=False)
