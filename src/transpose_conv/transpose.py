"""The transposed convolution: what `convolution.conv` reads, it writes.

A convolution is linear, so it is a matrix; the operator here multiplies by the transpose of that matrix. In code:
the same loop over the same views (`convolution.tap_view`), with reading and writing swapped. The convolution rounds
its size, so several sizes of the result are legal, and the caller may choose.
"""

import numpy as np

from . import shapes
from ._arguments import SAME, conv_arrays, per_axis, require_reasonable
from .convolution import parse_geometry, tap_view


def conv_transpose(
    x, kernel, *, stride=1, padding="valid", output_size=None, output_padding=None, dilation=1, groups=1
):
    """Apply the transpose of `conv` to `x`: every sample puts its multiple of the kernel into the output.

    Input sample ``q`` adds ``x[q] * kernel[t]`` to the output at ``q * stride + t * dilation``, for every kernel
    entry ``t``. The padding of the convolution is then cut off. For the same geometry and the very same kernel array,
    ``sum(conv(y) * x) == sum(y * conv_transpose(x))`` for every `y` of the size asked for. This is also the
    gradient of `conv` with respect to its input.

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
    groups : int
        Number of blocks that the channels are divided into; block j of the input makes block j of the output.

    Returns
    -------
    ndarray, shape (batch, *output_size, out_channels)
        In NumPy's promotion of the two dtypes. Ints are computed exactly, unless they outgrow that dtype: then they
        wrap, as NumPy's do. Each axis has the size
        ``(input_size - 1) * stride + (kernel_size - 1) * dilation + 1 - before - after + output_padding``,
        or ``(input_size - 1) * stride + 1 + output_padding`` for "same".

    Raises
    ------
    ValueError
        If shapes do not go together, a value is out of range, both sizes are given, or the wanted size is not legal.
    TypeError
        If an argument is of the wrong kind.

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
    x, kernel, groups, input_size, kernel_size = conv_arrays(x, kernel, groups)
    if x.shape[-1] != kernel.shape[-1]:
        raise ValueError(
            f"`x` has {x.shape[-1]} channels, but a `kernel` of shape {kernel.shape} takes {kernel.shape[-1]}: "
            "its axes are (*kernel_size, out_channels / groups, in_channels)"
        )
    geometry = parse_geometry(kernel_size, stride, padding, dilation)
    output_size = _resolve_output_size(input_size, geometry, output_size, output_padding)
    blocks = zip(np.split(x, groups, axis=-1), np.split(kernel, groups, axis=-1))
    return np.concatenate([_one_group(*block, output_size, geometry) for block in blocks], axis=-1)


def _one_group(x, kernel, output_size, geometry):
    pad = [shapes.axis_padding(n, *one) for n, one in zip(output_size, geometry)]
    padded_size = [before + n + after for n, (before, after) in zip(output_size, pad)]
    require_reasonable((len(x), *padded_size, kernel.shape[-2]), "stride")
    padded = np.zeros((len(x), *padded_size, kernel.shape[-2]), np.result_type(x, kernel))
    for tap in np.ndindex(kernel.shape[:-2]):
        reached = tap_view(padded, tap, x.shape[1:-1], geometry)
        reached += x @ kernel[tap].T
    inside = [slice(before, before + n) for n, (before, _) in zip(output_size, pad)]
    return padded[(slice(None), *inside)]


def _resolve_output_size(input_size, geometry, output_size, output_padding):
    """Return the size of each axis from what the caller gave of `output_size` and `output_padding`."""
    n_axes = len(input_size)
    if output_size is not None and output_padding is not None:
        raise ValueError("`output_size` and `output_padding` both choose the size: give one of them, or neither")
    if output_size is not None:
        sizes = per_axis("output_size", output_size, n_axes, minimum=1)
    elif output_padding is not None:
        offsets = per_axis("output_padding", output_padding, n_axes, minimum=0)
        for axis, (offset, (_, s, _, _)) in enumerate(zip(offsets, geometry)):
            if offset >= s:
                raise ValueError(
                    f"`output_padding` {offset} on axis {axis} must be from 0 to {s - 1}: "
                    f"with stride={s} there are {s} legal sizes"
                )
        sizes = [shapes.smallest_size(i, *one) + offset for i, one, offset in zip(input_size, geometry, offsets)]
        for axis, n in enumerate(sizes):
            if n < 1:
                raise ValueError(f"`output_padding` {offsets[axis]} on axis {axis} leaves nothing: a size of {n}")
    else:
        sizes = [_default_size(i, *one) for i, one in zip(input_size, geometry)]
    for axis, (n, i, one) in enumerate(zip(sizes, input_size, geometry)):
        shapes.require_reachable(n, i, *one, axis=axis)
    return sizes


def _default_size(i, k, s, padding, d):
    return i * s if padding == SAME else max(shapes.smallest_size(i, k, s, padding, d), 1)
