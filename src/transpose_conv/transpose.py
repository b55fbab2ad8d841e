"""The transposed convolution: what `convolution.conv` reads, it writes.

A convolution is linear, so it is a matrix; the operator here multiplies by the transpose of that matrix. The
convolution rounds its size, so several sizes of the result are legal, and the caller may choose. Here is the contract;
`fast` computes, and `forms` shows in how many ways one can.
"""

import functools
import math

import numpy as np

from . import shapes
from ._arguments import (
    SAME,
    conv_arrays,
    per_axis,
    require_axes,
    require_few_steps,
    require_reasonable,
    tuple_or_none,
)
from .convolution import by_group, make_axes, parse_geometry
from .fast import transpose_one_group


def conv_transpose(
    x, kernel, *, stride=1, padding="valid", output_size=None, output_padding=None, dilation=1, groups=1
):
    """Apply the transpose of `conv` to `x`: every sample puts its multiple of the kernel into the output.

    Input sample ``p`` adds ``x[p] * kernel[t]`` to the output at ``p * stride + t * dilation``, for every kernel
    entry ``t``. The padding of the convolution is then cut off. For the same geometry and the very same kernel array,
    ``sum(conv(y) * x) == sum(y * conv_transpose(x))`` for every `y` of the size asked for. This is also the
    gradient of `conv` with respect to its input. Complex numbers are not conjugated.

    Parameters
    ----------
    x : ndarray, shape (batch, *spatial, in_channels)
        The input; one spatial axis or more, of ints, floats or complex numbers. The batch may be empty.
    kernel : ndarray, shape (*kernel_size, out_channels / groups, in_channels)
        The array that the convolution uses from the output to the input, as in TensorFlow and Keras. No flip.
    stride, padding, dilation
        Of the convolution, as in `conv`. `padding` is therefore what is cut off the result, not what is added.
    output_size : int or sequence of int, optional
        The wanted size, one of `conv_transpose_output_sizes` on each axis.
    output_padding : int or sequence of int, optional
        The wanted size's place among the legal ones, from 0 to ``stride - 1``. Give one of the two, or neither: then
        "same" gives ``input_size * stride``, the largest size, and every other padding the smallest.
        Where `dilation` is larger than `stride`, up to ``dilation - 1`` is accepted, as in PyTorch and ONNX, but for
        "same". From `stride` on, the result is longer than what the convolution takes to `input_size`.
    groups : int
        Number of blocks that the channels are divided into; block j of the input makes block j of the output.

    Returns
    -------
    ndarray, shape (batch, *output_size, out_channels)
        In NumPy's promotion of the two dtypes. Ints are computed exactly, unless they outgrow that dtype: then they
        wrap, as NumPy's do. float16 is added up in float32. Each axis has the size
        ``(input_size - 1) * stride + (kernel_size - 1) * dilation + 1 - before - after + output_padding``,
        or ``(input_size - 1) * stride + 1 + output_padding`` for "same".

    Raises
    ------
    ValueError
        If shapes do not go together, a value is out of range, both sizes are given, or the wanted size is not legal.
    TypeError
        If an argument is of the wrong kind.

    Notes
    -----
    Multiplications: ``batch * prod(input_size) * prod(kernel_size) * in_channels * out_channels / groups``, as in the
    convolution. Memory: a product of at most ``2**20`` numbers, or of one row of the input if that is more; with few
    output channels also a second copy of the result. How, and why, is in `fast`.

    References
    ----------
    Section 4 and relationship 14 of V. Dumoulin and F. Visin, arXiv:1603.07285.

    Examples
    --------
    >>> x = np.array([1, 2]).reshape(1, 2, 1)
    >>> kernel = np.array([100, 10, 1]).reshape(3, 1, 1)
    >>> conv_transpose(x, kernel, stride=2).ravel()
    array([100,  10, 201,  20,   2])
    >>> conv_transpose(x, kernel, stride=2, output_size=6).ravel()
    array([100,  10, 201,  20,   2,   0])
    """
    problem = parse_conv_transpose(x, kernel, stride, padding, output_size, output_padding, dilation, groups)
    return by_group(transpose_one_group, *problem)


def coverage_count(
    input_size, kernel_size, *, stride=1, padding="valid", output_size=None, output_padding=None, dilation=1
):
    """Count, for each output sample of a transposed convolution, how many input samples reach it.

    A count of 0 marks a sample that no kernel entry lies on, which is therefore zero. Counts that differ from
    neighbour to neighbour are the checkerboard that a kernel of ones makes of a flat input.

    Parameters
    ----------
    input_size : int or sequence of int
        Size of the transposed convolution's input: an int for one axis, or one int per axis.
    kernel_size : int or sequence of int
        Number of kernel entries, the same on every axis or one per axis.
    stride, padding, output_size, output_padding, dilation
        As in `conv_transpose`.

    Returns
    -------
    ndarray of int, shape (*output_size)

    Raises
    ------
    ValueError, TypeError
        As `conv_transpose` does.

    Notes
    -----
    It is `conv_transpose` of ones with a kernel of ones, computed axis by axis: the counts of the axes multiply.
    Multiplications: ``prod(output_size)``, besides ``input_size * kernel_size`` additions for each axis. Memory: the result.

    Examples
    --------
    >>> coverage_count(2, 3, stride=2), coverage_count(2, 3, stride=2, output_size=6)
    (array([1, 1, 2, 1, 1]), array([1, 1, 2, 1, 1, 0]))
    """
    given = tuple_or_none(input_size)
    n_axes = 1 if given is None else max(len(given), 1)
    require_axes(n_axes, "input_size")
    input_size = per_axis("input_size", input_size, n_axes, minimum=1)
    kernel_size = per_axis("kernel_size", kernel_size, n_axes, minimum=1)
    require_reasonable(input_size, "input_size")
    require_few_steps(math.prod(kernel_size), "kernel_size")
    for one in zip(input_size, kernel_size):
        require_reasonable(one, "kernel_size")
    x, kernel = (np.broadcast_to(1, shape) for shape in ((1, *input_size, 1), (*kernel_size, 1, 1)))  # take no memory
    *_, axes = parse_conv_transpose(x, kernel, stride, padding, output_size, output_padding, dilation, groups=1)
    counts = []
    for axis in axes:
        if axis.small < axis.kernel_size:  # of ones, both may change their roles: the shorter one is gone through
            axis = axis._replace(
                small=axis.kernel_size, kernel_size=axis.small, stride=axis.dilation, dilation=axis.stride
            )
        one_axis = np.ones((1, axis.small, 1), int), np.ones((axis.kernel_size, 1, 1), int), [axis]
        counts.append(transpose_one_group(*one_axis)[0, :, 0])
    return functools.reduce(np.multiply.outer, counts)


def parse_conv_transpose(
    x, kernel, stride, padding, output_size, output_padding, dilation, groups, *, of_gradient=False
):
    """Check the arguments of `conv_transpose`, and return its arrays, `groups` and one `Axis` for each spatial axis.

    With `of_gradient`, `output_size` is not what a caller asks for but the size that a result has: then it may be one of
    the longer sizes, which only `output_padding` can ask for.
    """
    x, kernel, groups, input_size, kernel_size = conv_arrays(x, kernel, groups)
    if x.shape[-1] != kernel.shape[-1]:
        raise ValueError(
            f"`x` has {x.shape[-1]} channels, but a `kernel` of shape {kernel.shape} takes {kernel.shape[-1]}: "
            "its axes are (*kernel_size, out_channels / groups, in_channels)"
        )
    geometry = parse_geometry(kernel_size, stride, padding, dilation)
    output_size = _resolve_output_size(input_size, geometry, output_size, output_padding, of_gradient)
    parts = {
        "stride": max((i - 1) * s for i, (_, s, _, _) in zip(input_size, geometry)),
        "dilation": max((k - 1) * d for k, _, _, d in geometry),
        "kernel": kernel.shape[-2] * groups,
        "x": len(x),
    }
    require_reasonable((len(x), *output_size, kernel.shape[-2] * groups), max(parts, key=parts.get))
    return x, kernel, groups, make_axes(output_size, input_size, geometry)


def _resolve_output_size(input_size, geometry, output_size, output_padding, of_gradient):
    """Return the size of each axis from what the caller gave of `output_size` and `output_padding`."""
    n_axes = len(input_size)
    name = "output_gradient.shape[1:-1]" if of_gradient else "output_size"
    if output_size is not None and output_padding is not None:
        raise ValueError("`output_size` and `output_padding` both choose the size: give one of them, or neither")
    if output_size is not None:
        sizes = per_axis(name, output_size, n_axes, minimum=1)
    elif output_padding is not None:
        offsets = per_axis("output_padding", output_padding, n_axes, minimum=0)
        for axis, (offset, one) in enumerate(zip(offsets, geometry)):
            _require_output_padding(offset, *one, axis=axis)
        sizes = [shapes.smallest_size(i, *one) + offset for i, one, offset in zip(input_size, geometry, offsets)]
        for axis, n in enumerate(sizes):
            if n < 1:
                raise ValueError(f"`output_padding` {offsets[axis]} on axis {axis} leaves nothing: a size of {n}")
        return sizes
    else:
        sizes = [_default_size(i, *one) for i, one in zip(input_size, geometry)]
    for axis, (n, i, one) in enumerate(zip(sizes, input_size, geometry)):
        if not of_gradient or n - shapes.smallest_size(i, *one) not in _places(*one):
            shapes.require_reachable(n, i, *one, axis=axis, name=name)
    return sizes


def _places(k, s, padding, d):
    """Return the values that `output_padding` may have."""
    return range(s if padding == SAME else max(s, d))


def _require_output_padding(offset, k, s, padding, d, *, axis):
    places = _places(k, s, padding, d)
    if offset not in places:
        why = f"with stride={s} there are {s} legal sizes"
        if len(places) > s:
            why = f"it must be below the stride, {s}, or the dilation, {d}"
        raise ValueError(f"`output_padding` {offset} on axis {axis} must be from 0 to {places[-1]}: {why}")


def _default_size(i, k, s, padding, d):
    return i * s if padding == SAME else max(shapes.smallest_size(i, k, s, padding, d), 1)
