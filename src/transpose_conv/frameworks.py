"""What each framework does with the same transposed convolution, and how to say it in another one.

All of them put every sample's stamp onto a sheet and return a window of it (chapter "Find out where the extra row comes
from"). They differ in which windows one can ask for, in the default, in the names, and in how a kernel lies in its array.
So an operation is known by its windows: `translate` reads the arguments of one framework as windows, and writes them as
the arguments of another. How each reads and writes is in `framework_rules`.
"""

import inspect
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ._arguments import as_int, lone_kernel, numeric_array, per_axis, require_axes, short, tuple_or_none
from .framework_rules import FRAMEWORKS, Axis, Window

RECORD = Path(__file__).with_name("frameworks.json")


class NotExpressible(ValueError):
    """The framework has no arguments for this operation, not even with a crop of its result."""


class Translation(NamedTuple):
    """An operation in the words of a framework.

    Attributes
    ----------
    framework : str
        A name from `FRAMEWORKS`.
    arguments : dict
        For its function, but for the arrays; sizes are those of the spatial axes.
    crop : tuple of slice, or None
        What to take of the result, one slice for each spatial axis.
    pad : tuple of (int, int), or None
        The zeros to put before and after what was taken, on each spatial axis.
    """

    framework: str
    arguments: dict
    crop: tuple | None
    pad: tuple | None


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
    if (own := to.write(axes, whole)) is None:  # a sheet whose size is beyond every int of its own
        raise NotExpressible(f"{target} cannot say this: `input_size` makes more samples than its ints count")
    return Translation(target, common | own, crop, pad if any(map(any, pad)) else None)


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
            said = "".join(f", `{name}` {short(value)}" for name, value in arguments.items())
            raise ValueError(f"{source} leaves nothing on axis {axis}{said}: a size of {window.size}")
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
    if not isinstance(translation, Translation):
        raise TypeError(f"`translation` must be a Translation, got {short(translation)}")
    framework = FRAMEWORKS[translation.framework]
    first = 1 if framework.channels_last else 2
    size = _result_size(y, len(translation.arguments[framework.names["stride"]]), first)
    if translation.crop is not None:
        if any(part.stop > n for part, n in zip(translation.crop, size)):
            raise ValueError(f"`y` must be the result of {translation.framework}, which is larger, got size {size}")
        y = y[(slice(None),) * first + translation.crop]
    if translation.pad is not None:
        y = np.pad(y, ((0, 0),) * first + translation.pad + ((0, 0),) * (2 - first))
    return y


def _result_size(y, n_axes, first):
    """Return the spatial sizes of a framework's result, whose spatial axes start at `first`."""
    if isinstance(y, np.ndarray):
        numeric_array("y", y)
    shape = getattr(y, "shape", None)
    if shape is None:
        raise TypeError(f"`y` must be an array, got {short(y)}")
    if len(shape) != n_axes + 2:
        raise ValueError(f"`y` must have {n_axes} spatial axes, batch and channels, got shape {tuple(shape)}")
    return tuple(shape[first : first + n_axes])


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
    there, _ = _LAYOUTS[_framework("source", source).kernel_layout]
    _, back = _LAYOUTS[_framework("target", target).kernel_layout]
    return back(there(lone_kernel(kernel, FRAMEWORKS[source].kernel_layout)))


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
