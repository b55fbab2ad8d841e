"""The shape doctor: which sizes are legal, what each framework gives, and the line of code for the size that is wanted."""

import textwrap

from . import shapes
from ._arguments import SAME, VALID, per_axis, reads_report, require_axes, short, tuple_or_none
from .convolution import parse_geometry
from .frameworks import FRAMEWORKS, Axis, NotExpressible, Window, express, operation

SHOWN = ("keras", "tensorflow", "pytorch", "jax transpose_kernel", "onnx")


def diagnose(input_size, kernel_size, *, stride=1, padding="valid", dilation=1, want=None):
    """Say what a transposed convolution may give, what the frameworks give, and how to ask them for a size.

    Parameters
    ----------
    input_size, kernel_size : int or sequence of int
        Of the spatial axes: an int for one axis, or one int per axis.
    stride, dilation : int or sequence of int
        One for all axes, or one per axis.
    padding : {"valid", "same"}, int or sequence of (int, int)
        Of the convolution: none, TensorFlow's SAME, as many zeros everywhere, or ``(before, after)`` for each axis.
    want : int or sequence of int, optional
        The wanted size. Without it, the smallest legal one.

    Returns
    -------
    dict
        "legal": one range for each axis; "want": the size that was asked for, as a tuple;
        "gives": for each framework the size that it gives by itself, or None where it has no default;
        "lines": for each framework the code that gives the wanted size, or a sentence why it cannot.

    Raises
    ------
    ValueError
        If a value is out of range, or the wanted size is not legal.
    TypeError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> report = diagnose(2, 3, stride=2, want=6)
    >>> report["legal"], report["gives"]["keras"]
    ([range(5, 7)], (5,))
    >>> print(report["lines"]["keras"])
    keras.layers.Conv1DTranspose(filters, 3, strides=2, output_padding=1)(x)
    """
    given = tuple_or_none(input_size)
    n_axes = 1 if given is None else max(len(given), 1)
    require_axes(n_axes, "input_size")
    input_size = per_axis("input_size", input_size, n_axes, minimum=1)
    geometry = parse_geometry(per_axis("kernel_size", kernel_size, n_axes, minimum=1), stride, padding, dilation)
    legal = [shapes.reachable_sizes(i, *axis) for i, axis in zip(input_size, geometry)]
    if not all(legal):
        raise ValueError(f"`padding` {short(padding)} cuts off everything: no size is legal")
    least = tuple(sizes[0] for sizes in legal)
    want = least if want is None else per_axis("want", want, n_axes, minimum=1)
    for axis, (n, i, one) in enumerate(zip(want, input_size, geometry)):
        shapes.require_reachable(n, i, *one, axis=axis, name="want")
    axes = [Axis(i, k, s, d) for i, (k, s, _, d) in zip(input_size, geometry)]
    windows = [Window(shapes.axis_padding(n, *one)[0], n) for n, one in zip(want, geometry)]
    return {
        "legal": legal,
        "want": want,
        "gives": {name: _default(name, axes, [axis[2] for axis in geometry]) for name in SHOWN},
        "lines": {name: _line(name, axes, windows) for name in SHOWN},
    }


@reads_report("diagnose")
def describe(report):
    """Write a report of `diagnose` as text of at most 80 columns."""
    wanted = by_axis(report["want"])
    lines = ["legal sizes: " + by_axis(map(span, report["legal"]))]
    lines += ["", "told no size, these give:"]
    for name, size in report["gives"].items():
        lines.append(f"  {name:22}" + ("nothing: it has to be told" if size is None else by_axis(size)))
    for name, code in report["lines"].items():
        lines += ["", f"{wanted} in {name}:"]
        lines += textwrap.wrap(code, 78, initial_indent="  ", subsequent_indent="      ", break_long_words=False)
    return "\n".join(lines)


def span(sizes):
    """Write the legal sizes of an axis, an unbroken range: "5 to 6", or "5"."""
    return f"{sizes[0]} to {sizes[-1]}" if len(sizes) > 1 else f"{sizes[0]}"


def by_axis(sizes):
    """Write sizes one after the other: "5 x 6"; "?" for one that is not known."""
    return " x ".join("?" if n is None else str(n) for n in sizes) or "of no axis"


def _default(name, axes, paddings):
    """Return the size that a framework gives if it is told the padding and nothing else; None if that is not enough."""
    if paddings[0] in (VALID, SAME):
        word = paddings[0]
        said = {
            "keras": {"padding": word},
            "pytorch": {} if word == VALID else None,
            "jax transpose_kernel": {"padding": word},
            "onnx": {"auto_pad": "VALID" if word == VALID else "SAME_UPPER"},
        }.get(name)
    else:
        before, after = zip(*paddings)
        symmetric = {"padding": before} if before == after else None
        said = {"pytorch": symmetric, "onnx": {"pads": before + after}}.get(name)
    if said is None:
        return None
    names = FRAMEWORKS[name].names
    sizes = {names["stride"]: tuple(a.s for a in axes), names["dilation"]: tuple(a.d for a in axes)}
    try:
        _, _, windows = operation(name, tuple(a.i for a in axes), tuple(a.k for a in axes), **sizes, **said)
    except ValueError:
        return None
    return tuple(window.size for window in windows)


def _line(name, axes, windows):
    """Return the code that makes a framework return these windows, or why there is none."""
    try:
        translation = express(name, axes, 1, windows)
    except NotExpressible as reason:
        return f"# {reason}"
    return WRITE[name](axes, translation.arguments) + _crop(name, translation)


def _crop(name, translation):
    if translation.crop is None:
        return ""
    lead = [":"] if FRAMEWORKS[name].channels_last else [":", ":"]
    return f"[{','.join(lead + [f'{part.start}:{part.stop}' for part in translation.crop])}]"


def _short(numbers):
    """Write one number if all are equal, as all frameworks but ONNX take it; else the tuple."""
    return str(numbers[0]) if len(set(numbers)) == 1 else str(tuple(numbers))


def _named(arguments, defaults):
    """Write the arguments that are not the default, by name."""
    own = {name: value for name, value in arguments.items() if name in defaults and value is not None}
    return "".join(f", {n}={_short(v)}" for n, v in own.items() if set(v) != {defaults[n]})


def _keras_line(axes, arguments):
    padding = "" if arguments["padding"] == VALID else ', padding="same"'
    named = _named(arguments, {"strides": 1, "dilation_rate": 1, "output_padding": None})
    return f"keras.layers.Conv{len(axes)}DTranspose(filters, {_short([a.k for a in axes])}{padding}{named})(x)"


def _tensorflow_line(axes, arguments):
    shape = ", ".join(map(str, arguments["output_shape"]))
    dilations = _named(arguments, {"dilations": 1})
    strides, padding = _short(arguments["strides"]), arguments["padding"]
    padding = f'"{padding}"' if isinstance(padding, str) else [list(pair) for pair in padding]
    return f"tf.nn.conv{len(axes)}d_transpose(x, kernel, (batch, {shape}, filters), {strides}, {padding}{dilations})"


def _pytorch_line(axes, arguments):
    named = _named(arguments, {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1})
    return f"torch.nn.ConvTranspose{len(axes)}d(in_channels, filters, {_short([a.k for a in axes])}{named})(x)"


def _jax_line(axes, arguments):
    dilation = "" if set(arguments["rhs_dilation"]) == {1} else f", rhs_dilation={arguments['rhs_dilation']}"
    padding = list(arguments["padding"])
    return f"jax.lax.conv_transpose(x, kernel, {arguments['strides']}, {padding}{dilation}, transpose_kernel=True)"


def _onnx_line(axes, arguments):
    named = [f"{name}={list(arguments[name])}" for name in ("strides", "dilations") if set(arguments[name]) != {1}]
    named += [f"{name}={list(arguments[name])}" for name in ("pads", "output_padding") if set(arguments[name]) != {0}]
    return f"ConvTranspose({', '.join(named)})"


WRITE = {
    "keras": _keras_line,
    "tensorflow": _tensorflow_line,
    "pytorch": _pytorch_line,
    "jax transpose_kernel": _jax_line,
    "onnx": _onnx_line,
}
