"""The rules of each framework: its names, its limits, and which windows of the sheet of stamps its arguments ask for.

For each framework there is a function that reads its arguments as windows, and one that writes windows as arguments.
Inside stand the letters of `shapes`. Nothing is imported: tests run the frameworks, and compare.
"""

from collections.abc import Callable
from typing import NamedTuple

from . import shapes
from ._arguments import LARGEST_INT, SAME, VALID, as_int, per_axis, short, tuple_or_none


class Axis(NamedTuple):
    """One spatial axis: what is stamped, before anything is cut off.

    Attributes
    ----------
    i, k, s, d : int
        Input size, kernel size, stride and dilation.
    """

    i: int
    k: int
    s: int
    d: int

    @property
    def sheet(self):
        """Size of the sheet of all stamps."""
        return (self.i - 1) * self.s + shapes.effective_size(self.k, self.d)


class Window(NamedTuple):
    """What of a sheet is returned: `size` samples from `before` on. Where there is no sheet, they are zeros.

    Attributes
    ----------
    before : int
        Where it starts; below 0 before the sheet.
    size : int
        How many samples it shows.
    """

    before: int
    size: int


class Framework(NamedTuple):
    """The rules of one framework, and where its documentation states them.

    Attributes
    ----------
    function : str
        What is called, with ``{n}`` for the number of axes.
    channels_last : bool
        Whether the channels are the last axis, or the one after the batch.
    kernel_layout : str
        The axes of its kernel, in order.
    default_size, cut, limits : str
        In words: the size of one axis, with i the input size, e = (k - 1)d + 1 and s the stride; where the window
        starts; what it does not take.
    quote : str
        From the framework's own documentation.
    names : dict
        What it calls the stride, the dilation and the groups.
    refuses : callable
        From axes and groups to the reason why it does not take them, or None.
    read : callable
        From axes and arguments to windows.
    write : callable
        From axes and windows to arguments, or None where it has none.
    """

    function: str
    channels_last: bool
    kernel_layout: str
    default_size: str
    cut: str
    limits: str
    quote: str
    names: dict
    refuses: Callable
    read: Callable
    write: Callable


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
        "strides and dilations cannot both be larger than 1 (except with oneDNN)"
        if _strides_and_dilates(axes)
        else None
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
    if not isinstance(use_consistent_padding, bool):
        raise TypeError(f"`use_consistent_padding` must be a bool, got {short(use_consistent_padding)}")
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
        limits="strides and dilations not both above 1, except with oneDNN; no groups; explicit padding in two axes only, without dilation",
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
"""The rules of each framework, by its name: "keras", "tensorflow", "pytorch", "jax", "jax transpose_kernel" and "onnx".

Each is a `Framework`. "jax" is JAX as it comes, "jax transpose_kernel" is JAX told to use the kernel as the others do.
"""
