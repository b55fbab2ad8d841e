"""Turn what a caller wrote into plain ints and arrays, or say in one sentence what is wrong with it.

Every public function names its arguments here first, so that an error carries the caller's own words:
``TypeError`` for a wrong kind, ``ValueError`` for a wrong value.
"""

import functools
import math
import numbers

import numpy as np

VALID, SAME = "valid", "same"
LARGEST_INT = 2**63 - 1  # what NumPy can index with
LARGEST_ARRAY = 2**28  # numbers; 2 GiB in float64, beyond which a slip is likelier than a wish
MOST_STEPS = 2**21  # turns of a loop in Python, of microseconds each
ENOUGH_ITEMS = 64  # no argument has as many
MOST_AXES = 31  # spatial ones; NumPy's arrays have 64 axes, and a form may need two for each


def as_int(name, value, *, minimum, axis=None):
    """Return `value` as a plain int of at least `minimum`; bools and floats are not ints."""
    number = int_or_none(value)
    if number is None:
        raise TypeError(f"`{name}`{at(axis)} must be an int, got {short(value)}")
    if number < minimum:
        raise ValueError(f"`{name}`{at(axis)} must be at least {minimum}, got {short(number)}")
    if number > LARGEST_INT:
        raise ValueError(f"`{name}`{at(axis)} must be at most {LARGEST_INT}, got {short(number)}")
    return number


def per_axis(name, value, n_axes, *, minimum):
    """Return one int per axis from an int (the same on every axis) or a sequence of `n_axes` ints."""
    if int_or_none(value) is not None:
        return (as_int(name, value, minimum=minimum),) * n_axes
    items = tuple_or_none(value)
    if items is None:
        raise TypeError(f"`{name}` must be an int or one int per axis, got {short(value)}")
    if len(items) != n_axes:
        rule = f"`{name}` must be an int or one int for each of the {n_axes} axes"
        raise ValueError(f"{rule}, got {_count(len(items))}: {short(value)}")
    return tuple(as_int(name, item, minimum=minimum, axis=axis) for axis, item in enumerate(items))


def padding_of_axis(padding):
    """Return "valid", "same" or a pair ``(before, after)`` of ints from what was given for one axis."""
    if isinstance(padding, str):
        if padding.lower() not in (VALID, SAME):
            raise ValueError(f"`padding` must be 'valid' or 'same' where it is a string, got {short(padding)}")
        return padding.lower()
    if int_or_none(padding) is not None:
        return (as_int("padding", padding, minimum=0),) * 2
    if tuple_or_none(padding) is None:
        raise TypeError(f"`padding` must be 'valid', 'same', an int or a pair (before, after), got {short(padding)}")
    return _padding_pair(padding)


def padding_per_axis(padding, n_axes):
    """Return one resolved padding (see `padding_of_axis`) for each of `n_axes` axes."""
    if isinstance(padding, str) or int_or_none(padding) is not None:
        return (padding_of_axis(padding),) * n_axes
    rule = f"`padding` must be 'valid', 'same', an int, or one (before, after) pair for each of the {n_axes} axes"
    pairs = tuple_or_none(padding)
    if pairs is None or any(tuple_or_none(pair) is None for pair in pairs):
        raise TypeError(f"{rule}, got {short(padding)}")
    if len(pairs) != n_axes:
        raise ValueError(f"{rule}, got {_count(len(pairs))}: {short(padding)}")
    return tuple(_padding_pair(pair, axis) for axis, pair in enumerate(pairs))


def _padding_pair(pair, axis=None):
    items = tuple_or_none(pair)
    if len(items) != 2:
        raise ValueError(f"`padding`{at(axis)} must be a pair (before, after), got {_count(len(items))}: {short(pair)}")
    return tuple(as_int("padding", item, minimum=0, axis=axis) for item in items)


def numeric_array(name, value):
    """Return `value` as an array of ints, floats or complex numbers; nothing is copied where it is one already."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(
            f"`{name}` is a masked array, and a convolution has no rule for masked entries: fill them first"
        )
    if isinstance(value, range):  # which may be of any length
        raise TypeError(f"`{name}` must be a rectangular array of numbers, got {short(value)}")
    try:
        array = np.asarray(value)
    except Exception:  # lists that are ragged, tensors that are symbolic or want a gradient, ...
        raise TypeError(f"`{name}` must be a rectangular array of numbers, got {short(value)}") from None
    if array.dtype.kind not in "iufc" or array.dtype.isbuiltin == 2:  # 2: not NumPy's own
        raise TypeError(f"`{name}` must hold ints, floats or complex numbers, got dtype {array.dtype}")
    require_reasonable(array.shape, name)
    return array


def conv_arrays(x, kernel, groups):
    """Check an input, a kernel and a number of groups against each other.

    Both operators share the rule: the last axis of `kernel` is what the groups divide, `kernel` has as many axes
    as `x`, and there is at least one spatial axis. Returns the two arrays, `groups` and the spatial shape of both.
    """
    x, kernel = numeric_array("x", x), numeric_array("kernel", kernel)
    groups = as_int("groups", groups, minimum=1)
    if x.ndim < 3:
        rule = "`x` must have shape (batch, *spatial, channels) with at least one spatial axis"
        raise ValueError(f"{rule}, got {x.shape}")
    require_axes(x.ndim - 2, "x")
    if kernel.ndim != x.ndim:
        rule = f"`kernel` must have {x.ndim} axes, as `x` has: {x.ndim - 2} spatial and two of channels"
        raise ValueError(f"{rule}, got shape {kernel.shape}")
    if 0 in x.shape[1:]:
        raise ValueError(f"`x` must not be empty, except in its batch, got shape {x.shape}")
    if 0 in kernel.shape:
        raise ValueError(f"`kernel` must not be empty, got shape {kernel.shape}")
    if x.shape[-1] % groups:
        raise ValueError(f"`groups` must divide the {x.shape[-1]} channels of `x`, got {groups}")
    if kernel.shape[-1] % groups:
        raise ValueError(f"`groups` must divide the last axis of `kernel`, which is {kernel.shape[-1]}, got {groups}")
    require_few_steps(groups * math.prod(kernel.shape[:-2]), "kernel")
    return x, kernel, groups, x.shape[1:-1], kernel.shape[:-2]


def lone_kernel(kernel, layout):
    """Check a kernel that comes without its input; `layout` says its axes in words."""
    kernel = numeric_array("kernel", kernel)
    if kernel.ndim < 3:
        raise ValueError(f"`kernel` must have shape {layout}, got {kernel.shape}")
    require_axes(kernel.ndim - 2, "kernel")
    if 0 in kernel.shape:
        raise ValueError(f"`kernel` must not be empty, got shape {kernel.shape}")
    return kernel


def require_axes(n_axes, argument):
    """Raise a ValueError if there are more spatial axes than the operators can work on."""
    if n_axes > MOST_AXES:
        raise ValueError(f"`{argument}` has {_count(n_axes)} spatial axes, more than {MOST_AXES}")


def _count(n):
    """Say a number of items, of which `tuple_or_none` returns no more than it has to."""
    return str(n) if n <= ENOUGH_ITEMS else f"more than {ENOUGH_ITEMS}"


def require_reasonable(shape, argument):
    """Raise a ValueError before anything is allocated for an array of a `shape` that nobody can mean."""
    if math.prod(max(n, 1) for n in shape) > LARGEST_ARRAY:
        raise ValueError(f"`{argument}` asks for an array of shape {short(shape)}, more than {LARGEST_ARRAY} numbers")


def require_few_steps(steps, argument):
    """Raise a ValueError before anything is computed that takes Python so many steps that nobody waits for its end."""
    if steps > MOST_STEPS:
        raise ValueError(f"`{argument}` asks for {short(steps)} steps one after the other, more than {MOST_STEPS}")


def int_or_none(value):
    """Return `value` as a plain int if it is an int of any library, but no bool; else None."""
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return int(value)
    array = _array_or_none(value)
    return int(array) if array is not None and array.ndim == 0 and array.dtype.kind in "iu" else None


def tuple_or_none(value):
    """Return the items of a list, a tuple, a range or an array with axes, one more than enough at most; else None."""
    if isinstance(value, list | tuple | range):
        return tuple(value[: ENOUGH_ITEMS + 1])
    array = _array_or_none(value)
    return tuple(array[: ENOUGH_ITEMS + 1]) if array is not None and array.ndim > 0 else None


def _array_or_none(value):
    """Return what has a shape, an array or a tensor, as a NumPy array; else None."""
    try:
        if isinstance(value, np.ma.MaskedArray | memoryview) or not hasattr(value, "shape"):
            return None
        return np.asarray(value)
    except Exception:  # a tensor without numbers, or an object that answers with an error
        return None


def reads_report(maker):
    """Decorate a function of the report that `maker` returns: whatever else it is given is refused in a sentence."""

    def decorate(function):
        @functools.wraps(function)
        def wrapper(report):
            try:
                return function(report)
            except Exception as error:  # a part that is missing, or something else in its place
                kind = ValueError if isinstance(report, dict) else TypeError
                raise kind(f"`report` must be what `{maker}` returns, got {short(report)}") from error

        return wrapper

    return decorate


def at(axis):
    """Say the place in an error message: " on axis 1", or nothing where the function has one axis only."""
    return "" if axis is None else f" on axis {axis}"


def short(value, limit=60):
    """Return ``repr(value)``, cut to `limit` characters; of what cannot be shown, the type."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # nested too deep, too many digits, or written to fail
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= limit else text[: limit - 3] + "..."
