"""What an error message means: find a known one in what was pasted, read its numbers, and say what follows from them.

The known messages are in `errors.json`. Tests make the frameworks say them again, and compare. The patterns there are
matched without any whitespace, as pasted lines are wrapped wherever a window ended.
"""

import json
import re
import textwrap
from functools import cache
from pathlib import Path

from . import shapes
from ._arguments import SAME, VALID, reads_report, short
from .doctor import by_axis, diagnose, span

KINDS = json.loads(Path(__file__).with_name("errors.json").read_text(encoding="utf-8"))
"""The kinds of messages that are known, from ``errors.json``: a dict for each, with what it means and what to do."""
KEPT = 50_000  # characters at either end of a text: a message stands at the end of a traceback, or before a long dump
DOCTOR = {"PyTorch": "pytorch", "ONNX": "onnx", "JAX": "jax transpose_kernel", "TensorFlow": "tensorflow"}  # else Keras
HALVES = {"PyTorch": ((1, 3), (VALID, 2), (VALID, 3))}  # paddings and kernels of layers that double a size
_DECORATION = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]|[│┃║]")
_QUOTED = re.compile(r"^[ \t]{0,80}[E>#|][ \t](.*)", re.MULTILINE)  # by pytest, in a mail
_QUOTES = str.maketrans("‘’“”", "''\"\"")


def explain(text):
    """Find a known error message in a text, and say what it means.

    Parameters
    ----------
    text : str
        The message, or a whole traceback. Of a long text both ends are read.

    Returns
    -------
    dict or None
        "kind", "framework", "title", "means", "fix", "chapter" as in `errors.json`; "sizes": the numbers of the message
        by name, ints or tuples; "then": what follows from them, sentences and lines of code; "others": the titles of
        further messages in the text. Of several, the last is explained, as it is what ended the program. None if
        nothing is recognised.

    Raises
    ------
    ValueError
        If the text is empty.
    TypeError
        If it is not a str.

    Examples
    --------
    >>> report = explain("ValueError: requested an output size of (7, 7), but valid sizes range from [5, 5] to [6, 6]")
    >>> report["kind"], report["sizes"]["most"]
    ('torch-output-size', (6, 6))
    """
    if not isinstance(text, str):
        raise TypeError(f"`text` must be a str, an error message, got {short(text)}")
    if not text.strip():
        raise ValueError(f"`text` must be an error message, got {short(text)}")
    if len(text) > 2 * KEPT:
        text = text[:KEPT] + "\n" + text[-KEPT:]
    text = _DECORATION.sub("", text).translate(_QUOTES)
    found = _find("".join(_QUOTED.findall(text))) or _find(text)
    if not found:
        return None
    last = max(found, key=lambda one: one[1].end())[1]
    kind, match = next(one for one in found if one[1].end() > last.start())  # the most specific stands first
    report = {"kind": kind["id"], **{name: kind[name] for name in ("framework", "title", "means", "fix", "chapter")}}
    groups = {name.removeprefix("old_"): value for name, value in match.groupdict().items() if value is not None}
    sizes = {name: _numbers(value) for name, value in groups.items()}
    others = [other["title"] for other, one in found if one.end() <= last.start()]
    return {**report, "sizes": sizes, "then": _follows(kind, sizes), "others": others}


@reads_report("explain")
def describe_error(report):
    """Write a report of `explain`, or None, as text of at most 80 columns."""
    if report is None:
        return f"not recognised: it is none of the {len(KINDS)} kinds of messages that this book knows"
    lines = [*_wrapped(f"{report['framework']}: {report['title']}"), "", *_wrapped(report["means"])]
    if report["sizes"]:
        numbers = ", ".join(f"{name} {value}" for name, value in report["sizes"].items())
        lines += ["", *_wrapped(f"in the message: {numbers}")]
    if report["then"]:
        lines += ["", "so:", *(line for one in report["then"] for line in _wrapped(one, "  "))]
    chapter, number, heading = report["chapter"].partition("#")
    for part in (f"what to do: {report['fix']}", f"explained in chapters/{chapter}.md{number}{heading}"):
        lines += ["", *_wrapped(part)]
    for title in report["others"]:
        lines += _wrapped(f"also in this text, before it: {title}")
    return "\n".join(lines)


def _find(text):
    """Return the kinds whose messages are in a text, each with its last match."""
    text = "".join(text.split())
    matches = [(kind, list(pattern.finditer(text))) for kind, pattern in zip(KINDS, _patterns())]
    return [(kind, each[-1]) for kind, each in matches if each]


@cache
def _patterns():
    return [re.compile(kind["pattern"].replace(" ", "")) for kind in KINDS]


def _numbers(value):
    """Read an int, or a tuple of ints and, where a size is not fixed, None."""
    if re.fullmatch(r"-?\d+", value):
        return int(value)
    value = re.sub(r"int\d+", "", value)  # np.int64(3)
    return tuple(int(n) if n[-1].isdigit() else None for n in re.findall(r"-?\d+|None|\?", value))


def _wrapped(text, indent=""):
    further = indent and indent + "    "
    return textwrap.wrap(text, 80, initial_indent=indent, subsequent_indent=further, break_on_hyphens=False)


# What follows from the numbers


def _follows(kind, sizes):
    """Apply the rule whose numbers the message has."""
    for names, rule in RULES.items():
        if set(names) <= set(sizes):
            try:
                return list(rule(kind, **sizes))
            except (ValueError, TypeError, IndexError):  # numbers of no convolution: a message cut short, or mistyped
                return []
    return []


def _illegal_size(kind, actual, computed, input, filter, stride, dilation, axes=2, **_):  # noqa: A002
    """TensorFlow's and ONNX' words: `input` was asked for, a convolution makes `computed` of it, `actual` is there."""
    geometry = {"stride": stride, "dilation": dilation}
    reach = (filter - 1) * dilation + 1
    makes = {VALID: shapes.conv_output_size(input, filter, **geometry) if input >= reach else 0}
    makes[SAME] = shapes.conv_output_size(input, filter, padding=SAME, **geometry)
    paddings = [padding for padding, size in makes.items() if size == computed]
    if not paddings:
        yield f"neither VALID nor SAME makes {computed} of {input}: the padding was given in numbers"
    elif len(paddings) == 1:
        yield f"padding was {paddings[0].upper()}: it makes {computed} of {input}, not {actual}"
    else:
        yield f"padding was VALID or SAME: both make {computed} of {input}, not {actual}"
    for padding in paddings or makes:
        legal = shapes.conv_transpose_output_sizes(actual, filter, padding=padding, **geometry)
        want = min(max(input, legal[0]), legal[-1])
        yield f"{actual} may become {span(legal)}{' only' * (len(legal) == 1)} under {padding.upper()}; for {want} on every axis:"
        yield _line(kind, [actual] * axes, [filter] * axes, [want] * axes, padding=padding, **geometry)
    for padding in set(makes) - set(paddings):
        if input in shapes.conv_transpose_output_sizes(actual, filter, padding=padding, **geometry):
            yield f"{input} is legal under {padding.upper()}"


def _out_of_range(kind, wanted, least, most, given=None, **_):
    """PyTorch names the smallest and the largest size; there are `stride` of them."""
    nearest = tuple(min(max(n, low), high) for n, low, high in zip(wanted, least, most))
    for axis, (n, low, high) in enumerate(zip(wanted, least, most)):
        where = f"axis {axis} of the image: {low} to {high} are legal"
        if low <= n <= high:
            yield f"{where}, {n} too"
            continue
        yield f"{where}, {n} is not"
        other = given and given[axis] + (n - low) // (high - low + 1)
        if other and other > 0:
            yield f"{n} is a size for an input of {other}, and this one has {given[axis]}"
    yield f"layer(x, output_size={nearest})"


def _output_padding(kind, output_padding, stride, dilation=None, **_):
    """Keras and ONNX take less than the stride, PyTorch less than the stride or the dilation."""
    tuples = [n if isinstance(n, tuple) else (n,) for n in (output_padding, stride, dilation or stride)]
    for axis, (a, s, d) in enumerate(zip(*tuples)):
        if a >= max(s, d):
            legal = "only 0, which is the default" if max(s, d) == 1 else f"0 to {max(s, d) - 1}"
            yield f"axis {axis} of the image: output_padding is {a}, and legal are {legal}"


def _branches(kind, first, second, **_):
    """Two arrays that should have one size: where they differ, and which layer makes either size of the same input."""
    pairs = _spatial(kind["layout"], first, second)
    for axis, (a, b) in pairs.items():
        if None not in (a, b) and a != b:
            where = "" if axis is None else f"axis {axis}: "
            yield f"{where}{a} and {b}, the {'first' if a > b else 'second'} is larger by {abs(a - b)}"
    pairs = list(pairs.values()) * (2 if isinstance(first, int) else 1)
    unequal = {pair for pair in pairs if pair[0] != pair[1]}
    if any(None in pair for pair in pairs) or not unequal or len(pairs) > 3:
        return
    known = False
    for padding, k in HALVES.get(kind["framework"], ((SAME, 3), (VALID, 2), (VALID, 3))):
        halves = [[shapes.conv_output_size(n, k, stride=2, padding=padding) for n in pair] for pair in pairs]
        if any(a != b for a, b in halves):
            continue
        known, sizes = True, [a for a, _ in halves]
        word = padding.upper() if isinstance(padding, str) else f"padding={padding}"
        yield f"a layer of stride 2, kernel {k}, {word} makes either size, of {by_axis(sizes)}:"
        for wanted in zip(*pairs):
            yield f"  {by_axis(wanted)}: " + _line(kind, sizes, [k] * len(sizes), wanted, stride=2, padding=padding)
    if not known and all(max(pair) == 2 * min(pair) for pair in unequal):
        yield "one is twice the other: a layer of stride 2 is missing, or is connected to another place"
    elif not known:
        yield "no single layer of stride 2 makes both: look at the whole way down and up, or pad the image"


def _spatial(layout, first, second):
    """Return the spatial sizes of both by axis; `layout` has a letter, or a * for all spatial axes."""
    if isinstance(first, int):
        return {None: (first, second)}
    if layout == "N*C":  # unless the images are square with their channels first, or only so the axes fit
        square = first[-1] == first[-2] and second[-1] == second[-2]
        apart = [abs(a - b) if None not in (a, b) else 0 for a, b in zip(first, second)]
        if square or apart[1] > 1 == apart[-1]:
            layout = "NC*"
    start = len(layout.partition("*")[0])
    stop = len(first) - len(layout.partition("*")[2])
    return {axis: (first[axis], second[axis]) for axis in range(start, stop)}


def _layout(kind, wanted, given, **_):
    """Say by which reordering of its axes a kernel gets the wanted shape."""
    if None in wanted + given:
        return
    if sorted(wanted) != sorted(given):
        yield f"{given} holds other numbers than {wanted}: kernel size or channels differ, not their order"
        return
    spatial = tuple(range(len(given) - 2))
    orders = {
        "the two axes of channels are swapped": (*spatial, len(given) - 1, len(given) - 2),
        "the first two axes are swapped": (1, 0, *(n + 2 for n in spatial)),
        "it is laid out as in PyTorch": (*(n + 2 for n in spatial), 1, 0),
        "it is laid out as in Keras": (len(given) - 1, len(given) - 2, *spatial),
    }
    for what, order in orders.items():
        if tuple(given[n] for n in order) == wanted:
            yield f"{what}: kernel.transpose{order}"


def _channels(kind, image, wanted, **_):
    """PyTorch reads the channels on axis 1."""
    if image[-1] == wanted != image[-2]:
        order = (0, len(image) - 1, *range(1, len(image) - 1))
        yield f"the last axis has {wanted}: the channels stand last, so x.permute{order}"


RULES = {
    ("actual", "computed", "input", "filter", "stride", "dilation"): _illegal_size,
    ("wanted", "least", "most"): _out_of_range,
    ("output_padding", "stride"): _output_padding,
    ("first", "second"): _branches,
    ("image", "wanted"): _channels,
    ("wanted", "given"): _layout,
}


def _line(kind, input_size, kernel_size, want, **geometry):
    """Return the line of the shape doctor, in the framework of the message."""
    return diagnose(input_size, kernel_size, want=want, **geometry)["lines"][DOCTOR.get(kind["framework"], "keras")]
