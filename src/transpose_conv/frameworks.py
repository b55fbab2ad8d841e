"""What each framework does with the same transposed convolution, and how to say it in another one.

All of them put every sample's stamp onto a sheet and return a window of it (chapter "Find out where the extra row comes
from"). They differ in which windows one can ask for, in the default, in the names, and in how a kernel lies in its array.
So an operation is known by its windows: each framework has a function that reads its arguments as windows, and one that
writes windows as arguments. `translate` reads with one and writes with the other.

Inside stand the letters of `shapes`. Nothing is imported: tests run the frameworks, and compare.
"""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import shapes
from ._arguments import LARGEST_INT, SAME, VALID, as_int, per_axis, require_axes, short, tuple_or_none

RECORD = Path(__file__).with_name("frameworks.json")


class Axis(NamedTuple):
    """One spatial axis: what is stamped, before anything is cut off."""

    i: int
    k: int
    s: int
    d: int

    @property
    def sheet(self):
        """Size of the sheet of all stamps."""
        return (self.i - 1) * self.s + shapes.effective_size(self.k, self.d)


class Window(NamedTuple):
    """What of a sheet is returned: `size` samples from `before` on. Where there is no sheet, they are zeros."""

    before: int
    size: int


class NotExpressible(ValueError):
    """The framework has no arguments for this operation, not even with a crop of its result."""


class Translation(NamedTuple):
    """An operation in the words of a framework."""

    framework: str
    arguments: dict  # for its function, but for the arrays; sizes are those of the spatial axes
    crop: tuple | None  # one slice for each spatial axis, to take of the result
    pad: tuple | None  # zeros (before, after) to put around what was taken


class Framework(NamedTuple):
    """The rules of one framework, and where its documentation states them."""

    function: str
    channels_last: bool
    kernel_layout: str
    default_size: str  # of one axis: i input size, e = (k - 1)d + 1, s stride
    cut: str  # where the window starts
    limits: str
    quote: str  # from the framework's own documentation
    names: dict  # what it calls stride, dilation and groups
    refuses: Callable  # (axes, groups) -> why not, or None
    read: Callable  # (axes, **arguments) -> windows
    write: Callable  # (axes, windows) -> arguments, or None


def translate(source, target, input_size, kernel_size, **arguments):
    """Say in the words of one framework what was said in those of another.

    Parameters
    ----------
    source, target : str
        Names from `FRAMEWORKS`.
    input_size, kernel_size : int or sequence of int
        Of the spatial axes: an int for one axis, or one int per axis.
    **arguments
        What `source` is called with besides the arrays, by its own names. Sizes, as TensorFlow's `output_shape`, are
        those of the spatial axes, without batch and channels.

    Returns
    -------
    Translation
        The arguments for `target`, and the crop and the padding of its result, where arguments alone cannot say it.
        The kernel has to be laid out by `convert_kernel`.

    Raises
    ------
    NotExpressible
        If `target` cannot compute this operation.
    ValueError
        If `source` would not take these arguments, or a name or a value is not known.
    TypeError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> translate("keras", "pytorch", (2, 2), (3, 3), strides=2, output_padding=1).arguments
    {'stride': (2, 2), 'dilation': (1, 1), 'groups': 1, 'padding': (0, 0), 'output_padding': (1, 1)}
    >>> translate("tensorflow", "pytorch", 2, 3, strides=2, padding="SAME", output_shape=4).crop
    (slice(0, 4, None),)
    """
    return express(target, *operation(source, input_size, kernel_size, **arguments))


def express(target, axes, groups, windows):
    """Write an operation, as `operation` returns it, in the words of a framework. Raises what `translate` does."""
    to = _framework("target", target)
    if reason := to.refuses(axes, groups):
        raise NotExpressible(f"{target} cannot say this: {reason}")
    values = {"stride": tuple(a.s for a in axes), "dilation": tuple(a.d for a in axes), "groups": groups}
    common = {own: values[name] for name, own in to.names.items()}
    if (own := to.write(axes, windows)) is not None:
        return Translation(target, common | own, None, None)
    whole = [Window(0, min(max(a.sheet, w.before + w.size), a.sheet + a.s - 1)) for a, w in zip(axes, windows)]
    bounds = [(max(w.before, 0), min(w.before + w.size, all_.size)) for w, all_ in zip(windows, whole)]
    crop = tuple(slice(start, max(start, stop)) for start, stop in bounds)
    before = [min(max(-w.before, 0), w.size) for w in windows]
    pad = tuple((b, w.size - b - (c.stop - c.start)) for b, w, c in zip(before, windows, crop))
    return Translation(target, common | to.write(axes, whole), crop, pad if any(map(any, pad)) else None)


def operation(source, input_size, kernel_size, **arguments):
    """Read what a framework is called with: return its axes, the number of groups, and the windows.

    Takes and raises what `translate` does.
    """
    framework = _framework("source", source)
    given = tuple_or_none(input_size)
    n_axes = 1 if given is None else max(len(given), 1)
    require_axes(n_axes, "input_size")
    sizes = [
        per_axis("input_size", input_size, n_axes, minimum=1),
        per_axis("kernel_size", kernel_size, n_axes, minimum=1),
    ]
    names = framework.names
    for name in ("stride", "dilation"):
        sizes.append(per_axis(names[name], arguments.pop(names[name], 1), n_axes, minimum=1))
    groups = as_int(names["groups"], arguments.pop(names["groups"], 1), minimum=1) if "groups" in names else 1
    axes = [Axis(*axis) for axis in zip(*sizes)]
    if reason := framework.refuses(axes, groups):
        raise ValueError(f"{source} does not take this: {reason}")
    known = list(inspect.signature(framework.read).parameters)[1:]
    for name in arguments:
        if name not in known:
            raise ValueError(f"{source} has no argument `{short(name)}`: it has {', '.join((*names.values(), *known))}")
    windows = framework.read(axes, **arguments)
    for axis, window in enumerate(windows):
        if window.size < 1:
            raise ValueError(f"{source} leaves nothing on axis {axis}: a size of {window.size}")
    return axes, groups, windows


def recorded():
    """Return what the frameworks did when they were last run over the grid of calls, with their versions.

    Returns
    -------
    dict
        "programs": for each framework, and each backend or switch that changes what it does, the versions, how many
        calls were compared, what departed from the rules, and its answers to the founding puzzle; "trained": a layer
        trained in PyTorch, with an input and what it gave. Made by ``tasks.py record``, checked by a test.
    """
    return json.loads(RECORD.read_text())


def finish(translation, y):
    """Crop and pad the result `y` of a framework as a `Translation` says. Returns an array in the same layout."""
    first = 1 if FRAMEWORKS[translation.framework].channels_last else 2
    if translation.crop is not None:
        y = y[(slice(None),) * first + translation.crop]
    if translation.pad is not None:
        y = np.pad(y, ((0, 0),) * first + translation.pad + ((0, 0),) * (2 - first))
    return y


def convert_kernel(kernel, source, target):
    """Lay out a kernel of one framework as another one takes it.

    Parameters
    ----------
    kernel : ndarray
        In the `kernel_layout` of `source`; with groups, too.
    source, target : str
        Names from `FRAMEWORKS`.

    Returns
    -------
    ndarray
        The same numbers, as a view. There and back is the same array again.
    """
    layouts = {
        name: _LAYOUTS[_framework(argument, name).kernel_layout]
        for argument, name in (("source", source), ("target", target))
    }
    there, back = layouts[source][0], layouts[target][1]
    return back(there(np.asarray(kernel)))


def _turned(kernel):
    """Turn the spatial axes round and swap the channels: JAX's kernel without `transpose_kernel`, and back."""
    return np.swapaxes(np.flip(kernel, tuple(range(kernel.ndim - 2))), -1, -2)


_LAYOUTS = {  # to (*kernel_size, out_channels / groups, in_channels), and back
    "(*kernel_size, out, in)": (np.asarray, np.asarray),
    "(in, out / groups, *kernel_size)": (
        lambda kernel: np.moveaxis(kernel, (0, 1), (-1, -2)),
        lambda kernel: np.moveaxis(kernel, (-1, -2), (0, 1)),
    ),
    "(*kernel_size, in, out), turned round": (_turned, _turned),
}


def _framework(argument, name):
    if not isinstance(name, str) or name not in FRAMEWORKS:
        raise ValueError(f"`{argument}` must be one of {', '.join(FRAMEWORKS)}, got {short(name)}")
    return FRAMEWORKS[name]


def _same_before(axis, n):
    """Return where the window of SAME starts: half of what the stamps stand out by, rounded down."""
    return max(axis.sheet - n, 0) // 2


# Keras


def _strides_and_dilates(axes):
    return any(a.s > 1 for a in axes) and any(a.d > 1 for a in axes)


def _keras_refuses(axes, groups):
    if groups > 1:
        return "the layer has no groups"
    return "strides and dilation_rate cannot both be larger than 1" if _strides_and_dilates(axes) else None


def _keras_read(axes, padding="valid", output_padding=None):
    padding = _word("padding", padding, (VALID, SAME))
    paddings = [None] * len(axes)
    if output_padding is not None:
        paddings = per_axis("output_padding", output_padding, len(axes), minimum=0)
    windows = []
    for number, (axis, a) in enumerate(zip(axes, paddings)):
        e = shapes.effective_size(axis.k, axis.d)
        if a is not None and a >= axis.s:
            raise ValueError(f"keras takes an `output_padding` below the stride, {axis.s}, on axis {number}, got {a}")
        if padding == VALID:
            n = (axis.i - 1) * axis.s + e + (max(axis.s - e, 0) if a is None else a)
            windows.append(Window(0, n))
            continue
        n = axis.i * axis.s if a is None else (axis.i - 1) * axis.s + e % 2 + a
        shapes.require_reachable(n, *axis[:3], SAME, axis.d, axis=number, name="keras' size")
        windows.append(Window(_same_before(axis, n), n))
    return windows


def _keras_write(axes, windows):
    for padding in (VALID, SAME):
        e = [shapes.effective_size(a.k, a.d) for a in axes]
        least = [(a.i - 1) * a.s + (reach if padding == VALID else reach % 2) for a, reach in zip(axes, e)]
        for output_padding in (None, tuple(w.size - n for w, n in zip(windows, least))):
            try:
                if _keras_read(axes, padding, output_padding) == windows:
                    return {"padding": padding, "output_padding": output_padding}
            except ValueError:  # an output_padding, or a size, that Keras does not take
                continue
    return None


# TensorFlow


def _tensorflow_refuses(axes, groups):
    if groups > 1:
        return "it has no groups"
    return (
        "strides and dilations cannot both be larger than 1 (but with oneDNN)" if _strides_and_dilates(axes) else None
    )


def _tensorflow_read(axes, output_shape=None, padding=SAME):
    if output_shape is None:
        raise ValueError("tensorflow has no default: `output_shape` must be given")
    sizes = per_axis("output_shape", output_shape, len(axes), minimum=1)
    if isinstance(padding, str):
        paddings = [_word("padding", padding, (VALID, SAME))] * len(axes)
    else:
        paddings = _tensorflow_pairs(padding, axes)
    windows = []
    for number, (axis, n, pad) in enumerate(zip(axes, sizes, paddings)):
        shapes.require_reachable(n, *axis[:3], pad, axis.d, axis=number, name="output_shape")
        windows.append(Window(shapes.axis_padding(n, axis.k, axis.s, pad, axis.d)[0], n))
    return windows


def _tensorflow_pairs(padding, axes):
    """Return the pairs of the spatial axes of an explicit padding, which lists batch and channels, too."""
    if len(axes) != 2:
        raise ValueError("tensorflow takes explicit `padding` in two axes only")
    if any(axis.d > 1 for axis in axes):
        raise ValueError("tensorflow does not dilate with explicit `padding`, on a CPU")
    pairs = _pairs("padding", padding, 4)
    if pairs[0] != (0, 0) or pairs[-1] != (0, 0) or min(map(min, pairs)) < 0:
        rule = "(0, 0) for the batch and the channels, and numbers of at least 0 for the axes between"
        raise ValueError(f"`padding` must have {rule}, got {short(padding)}")
    return pairs[1:-1]


def _tensorflow_write(axes, windows):
    sizes = tuple(window.size for window in windows)
    paddings = [VALID.upper(), SAME.upper()]
    if len(axes) == 2:
        cut = tuple((max(w.before, 0), max(a.sheet - w.before - w.size, 0)) for a, w in zip(axes, windows))
        paddings.append(((0, 0), *cut, (0, 0)))
    for padding in paddings:
        try:
            if _tensorflow_read(axes, sizes, padding) == windows:
                return {"padding": padding, "output_shape": sizes}
        except ValueError:  # a size that the convolution does not take to the input's
            continue
    return None


# PyTorch


def _never_refuses(axes, groups):
    return None


def _pytorch_read(axes, padding=0, output_padding=0):
    cut = per_axis("padding", padding, len(axes), minimum=0)
    added = per_axis("output_padding", output_padding, len(axes), minimum=0)
    for number, (axis, a) in enumerate(zip(axes, added)):
        if a >= max(axis.s, axis.d):
            rule = f"below the stride, {axis.s}, or the dilation, {axis.d}, on axis {number}"
            raise ValueError(f"pytorch takes an `output_padding` {rule}, got {a}")
    return [Window(p, axis.sheet - 2 * p + a) for axis, p, a in zip(axes, cut, added)]


def _pytorch_write(axes, windows):
    added = [w.size - a.sheet + 2 * w.before for a, w in zip(axes, windows)]
    if all(w.before >= 0 and 0 <= n < max(a.s, a.d) for a, w, n in zip(axes, windows, added)):
        return {"padding": tuple(w.before for w in windows), "output_padding": tuple(added)}
    return None


# JAX


def _jax_refuses(axes, groups):
    return "lax.conv_transpose has no groups" if groups > 1 else None


def _jax_read(axes, padding=None, use_consistent_padding=False):
    if padding is None:
        raise ValueError("jax has no default: `padding` must be given")
    if isinstance(padding, str):
        padding = _word("padding", padding, (VALID, SAME))
        if padding == VALID:
            return [Window(0, max(a.sheet, a.i * a.s)) for a in axes]
        return [Window(_same_before(a, a.i * a.s), a.i * a.s) for a in axes]
    windows = []
    for axis, (low, high) in zip(axes, _pairs("padding", padding, len(axes))):
        if not use_consistent_padding:  # zeros around the spread input, which a forward kernel then walks over
            e = shapes.effective_size(axis.k, axis.d)
            low, high = e - 1 - low, e - 1 - high
        windows.append(Window(low, axis.sheet - low - high))
    return windows


def _jax_transposed_read(axes, padding=None, use_consistent_padding=False, transpose_kernel=True):
    if transpose_kernel is not True:
        raise ValueError(
            f"`transpose_kernel` must be True here, got {short(transpose_kernel)}: without it, it is 'jax'"
        )
    return _jax_read(axes, padding, use_consistent_padding)


def _jax_write(axes, windows):
    pairs = []
    for axis, (before, n) in zip(axes, windows):
        low = shapes.effective_size(axis.k, axis.d) - 1 - before
        pairs.append((low, before + n - (axis.i - 1) * axis.s - 1))
    return {"padding": tuple(pairs)}


def _jax_transposed_write(axes, windows):
    return _jax_write(axes, windows) | {"transpose_kernel": True}


# ONNX


def _onnx_read(axes, pads=None, output_padding=0, auto_pad="NOTSET", output_shape=None):
    word = _word("auto_pad", auto_pad, ("notset", VALID, "same_upper", "same_lower"))
    added = per_axis("output_padding", output_padding, len(axes), minimum=0)
    for number, (axis, a) in enumerate(zip(axes, added)):
        if a >= axis.s:
            raise ValueError(f"onnx takes an `output_padding` below the stride, {axis.s}, on axis {number}, got {a}")
    if output_shape is None and word.startswith("same"):
        output_shape = tuple(a.i * a.s for a in axes)
        if any(axis.sheet + a < n for axis, a, n in zip(axes, added, output_shape)):
            raise ValueError(
                f"`auto_pad` {auto_pad} with a kernel that reaches less far than the stride: ONNX and its runtime differ"
            )
    if output_shape is not None:
        sizes = per_axis("output_shape", output_shape, len(axes), minimum=1)
        for number, (axis, n) in enumerate(zip(axes, sizes)):
            if n > axis.sheet + axis.s - 1:
                rule = f"onnx takes an `output_shape` of at most {axis.sheet + axis.s - 1} on axis {number}"
                raise ValueError(f"{rule}, got {n}")
        totals = [max(axis.sheet + a - n, 0) for axis, a, n in zip(axes, added, sizes)]
        befores = [total // 2 if word == "same_upper" else total - total // 2 for total in totals]
        return [Window(*window) for window in zip(befores, sizes)]
    numbers = (0,) * (2 * len(axes))
    if pads is not None and word == "notset":
        numbers = per_axis("pads", pads, 2 * len(axes), minimum=0)
    begins, ends = numbers[: len(axes)], numbers[len(axes) :]
    return [Window(b, axis.sheet - b - end + a) for axis, b, end, a in zip(axes, begins, ends, added)]


def _onnx_write(axes, windows):
    beyond = [w.before + w.size - a.sheet for a, w in zip(axes, windows)]
    if all(w.before >= 0 and n < a.s for a, w, n in zip(axes, windows, beyond)):
        ends = tuple(max(-n, 0) for n in beyond)
        pads = tuple(w.before for w in windows) + ends
        return {"pads": pads, "output_padding": tuple(max(n, 0) for n in beyond)}
    return None


def _pairs(name, pairs, count):
    """Return pairs of whole numbers, or raise an error that says what is wanted."""
    given = tuple_or_none(pairs)
    if given is None or len(given) != count or any(len(tuple_or_none(pair) or ()) != 2 for pair in given):
        raise ValueError(f"`{name}` must be 'SAME', 'VALID', or {count} pairs, got {short(pairs)}")
    return tuple(tuple(as_int(name, number, minimum=-LARGEST_INT) for number in pair) for pair in given)


def _word(name, word, words):
    """Return one of some words in lower case, or raise an error that lists them."""
    if not isinstance(word, str):
        raise TypeError(f"`{name}` must be one of {', '.join(words)}, got {short(word)}")
    if word.lower() not in words:
        raise ValueError(f"`{name}` must be one of {', '.join(words)}, got {short(word)}")
    return word.lower()


_CHANNELS_LAST, _CHANNELS_FIRST = "(*kernel_size, out, in)", "(in, out / groups, *kernel_size)"

_JAX = Framework(
    function="jax.lax.conv_transpose",
    channels_last=True,
    kernel_layout="(*kernel_size, in, out), turned round",
    default_size="VALID: (i - 1)s + max(e, s); SAME: i s",
    cut="SAME as in TensorFlow; pairs are zeros around the spread input, or what is cut, with use_consistent_padding",
    limits="no groups",
    quote="By default, JAX does NOT reverse the kernel's spatial dimensions.",
    names={"stride": "strides", "dilation": "rhs_dilation"},
    refuses=_jax_refuses,
    read=_jax_read,
    write=_jax_write,
)

FRAMEWORKS = {
    "keras": Framework(
        function="keras.layers.Conv{n}DTranspose",
        channels_last=True,
        kernel_layout=_CHANNELS_LAST,
        default_size="VALID: (i - 1)s + max(e, s); SAME: i s",
        cut="as in TensorFlow; the size is chosen by output_padding",
        limits="strides and dilation_rate not both above 1; no groups; SAME and even e: output_padding cannot reach i s",
        quote="If set to `None` (default), the output shape is inferred.",
        names={"stride": "strides", "dilation": "dilation_rate"},
        refuses=_keras_refuses,
        read=_keras_read,
        write=_keras_write,
    ),
    "tensorflow": Framework(
        function="tf.nn.conv{n}d_transpose",
        channels_last=True,
        kernel_layout=_CHANNELS_LAST,
        default_size="none: output_shape has to be given",
        cut="VALID: at the end; SAME: half at the start, rounded down, the rest at the end; explicit padding: as said",
        limits="strides and dilations not both above 1, but with oneDNN; no groups; explicit padding in two axes only, without dilation",
        quote="output_shape: A 1-D `Tensor` representing the output shape of the deconvolution op.",
        names={"stride": "strides", "dilation": "dilations"},
        refuses=_tensorflow_refuses,
        read=_tensorflow_read,
        write=_tensorflow_write,
    ),
    "pytorch": Framework(
        function="torch.nn.functional.conv_transpose{n}d",
        channels_last=False,
        kernel_layout=_CHANNELS_FIRST,
        default_size="(i - 1)s + e, the smallest of VALID",
        cut="the same number at both ends; output_padding gives back at the end",
        limits="output_padding below max(stride, dilation)",
        quote="output_padding is only used to find output shape, but does not actually add zero-padding to output.",
        names={"stride": "stride", "dilation": "dilation", "groups": "groups"},
        refuses=_never_refuses,
        read=_pytorch_read,
        write=_pytorch_write,
    ),
    "jax": _JAX,
    "jax transpose_kernel": _JAX._replace(
        kernel_layout=_CHANNELS_LAST,
        quote='To match TensorFlow/Keras behavior, set "transpose_kernel=True"',
        read=_jax_transposed_read,
        write=_jax_transposed_write,
    ),
    "onnx": Framework(
        function="ConvTranspose",
        channels_last=False,
        kernel_layout=_CHANNELS_FIRST,
        default_size="(i - 1)s + e, the smallest of VALID; with auto_pad SAME_*: i s",
        cut="pads: as said; output_shape: half at the end, rounded down, but half at the start with SAME_UPPER",
        limits="output_padding below the stride, in the runtime and the reference; the specification says below it or dilation",
        quote="total_padding[i] = stride[i] * (input_size[i] - 1) + output_padding[i]",
        names={"stride": "strides", "dilation": "dilations", "groups": "group"},
        refuses=_never_refuses,
        read=_onnx_read,
        write=_onnx_write,
    ),
}
