"""Turn what a caller wrote into plain ints and arrays, or say in one sentence what is wrong with it.

Every public function names its arguments here first, so that an error carries the caller's own words:
``TypeError`` for a wrong kind, ``ValueError`` for a wrong value.
"""

import operator

import numpy as np

VALID, SAME = "valid", "same"


def at(axis):
    """Say the place in an error message: " on axis 1", or nothing where the function has one axis only."""
    return "" if axis is None else f" on axis {axis}"


def as_int(name, value, *, minimum, axis=None):
    """Return `value` as a plain int of at least `minimum`; bools and floats are not ints."""
    if not is_int(value):
        raise TypeError(f"`{name}`{at(axis)} must be an int, got {short(value)}")
    number = operator.index(value)
    if number < minimum:
        raise ValueError(f"`{name}`{at(axis)} must be at least {minimum}, got {number}")
    return number


def per_axis(name, value, n_axes, *, minimum):
    """Return one int per axis from an int (the same on every axis) or a sequence of `n_axes` ints."""
    if is_int(value):
        return (as_int(name, value, minimum=minimum),) * n_axes
    if not is_sequence(value):
        raise TypeError(f"`{name}` must be an int or one int per axis, got {short(value)}")
    if len(value) != n_axes:
        raise ValueError(
            f"`{name}` must be an int or one int for each of the {n_axes} axes, got {len(value)}: {short(value)}"
        )
    return tuple(as_int(name, v, minimum=minimum, axis=axis) for axis, v in enumerate(value))


def padding_of_axis(padding, *, axis=None):
    """Return "valid", "same" or a pair ``(before, after)`` of ints from what was given for one axis."""
    if isinstance(padding, str):
        if padding.lower() not in (VALID, SAME):
            raise ValueError(f"`padding` must be 'valid' or 'same' where it is a string, got {short(padding)}")
        return padding.lower()
    pair = padding if is_sequence(padding) else (padding, padding)
    if len(pair) != 2 or not all(map(is_int, pair)):
        raise TypeError(
            f"`padding`{at(axis)} must be 'valid', 'same', an int or a pair (before, after), got {short(padding)}"
        )
    return tuple(as_int("padding", p, minimum=0, axis=axis) for p in pair)


def padding_per_axis(padding, n_axes):
    """Return one resolved padding (see `padding_of_axis`) for each of `n_axes` axes."""
    if isinstance(padding, str) or is_int(padding):
        return (padding_of_axis(padding),) * n_axes
    rule = f"`padding` must be 'valid', 'same', an int, or one (before, after) pair for each of the {n_axes} axes"
    if not is_sequence(padding) or not all(is_sequence(pair) for pair in padding):
        raise TypeError(f"{rule}, got {short(padding)}")
    if len(padding) != n_axes:
        raise ValueError(f"{rule}, got {len(padding)}: {short(padding)}")
    return tuple(padding_of_axis(pair, axis=axis) for axis, pair in enumerate(padding))


def numeric_array(name, value):
    """Return `value` as an array of ints, floats or complex numbers; nothing is copied where it is one already."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(
            f"`{name}` is a masked array, and a convolution has no rule for masked entries: fill them first"
        )
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        raise TypeError(f"`{name}` must be a rectangular array of numbers, got {short(value)}") from None
    if array.dtype.kind not in "iufc":
        raise TypeError(f"`{name}` must hold ints, floats or complex numbers, got dtype {array.dtype}")
    return array


def conv_arrays(x, kernel, groups):
    """Check an input, a kernel and a number of groups against each other.

    Both operators share the rule: the last axis of `kernel` is what the groups divide, `kernel` has as many axes
    as `x`, and there is at least one spatial axis. Returns the two arrays, `groups` and the spatial shape of both.
    """
    x, kernel = numeric_array("x", x), numeric_array("kernel", kernel)
    groups = as_int("groups", groups, minimum=1)
    if x.ndim < 3:
        raise ValueError(
            f"`x` must have shape (batch, *spatial, channels) with at least one spatial axis, got {x.shape}"
        )
    if kernel.ndim != x.ndim:
        raise ValueError(
            f"`kernel` must have {x.ndim} axes, as `x` has: {x.ndim - 2} spatial and two of channels, got shape {kernel.shape}"
        )
    if 0 in x.shape[1:]:
        raise ValueError(f"`x` must not be empty, except in its batch, got shape {x.shape}")
    if 0 in kernel.shape:
        raise ValueError(f"`kernel` must not be empty, got shape {kernel.shape}")
    if x.shape[-1] % groups:
        raise ValueError(f"`groups` must divide the {x.shape[-1]} channels of `x`, got {groups}")
    if kernel.shape[-1] % groups:
        raise ValueError(f"`groups` must divide the last axis of `kernel`, which is {kernel.shape[-1]}, got {groups}")
    return x, kernel, groups, x.shape[1:-1], kernel.shape[:-2]


def is_sequence(value):
    """Tell whether `value` lists something: a list, a tuple, a shape, a one-dimensional array, but no string."""
    if isinstance(value, (str, bytes, dict)) or not hasattr(value, "__getitem__"):
        return False
    try:
        len(value)
    except TypeError:  # an array without axes
        return False
    return True


def is_int(value):
    """Tell whether `value` is an int; a bool is not."""
    try:
        operator.index(value)
    except TypeError:
        return False
    return not isinstance(value, (bool, np.bool_))


def short(value, limit=60):
    """Return ``repr(value)``, cut to `limit` characters."""
    text = " ".join(repr(value).split())
    return text if len(text) <= limit else text[: limit - 3] + "..."
