"""The convolution as neural networks mean it: strided, padded, dilated, grouped, and without a flip.

Arrays are channels last, ``(batch, *spatial, channels)``, with one spatial axis or more. Every way to compute a
convolution or its transpose follows from one relation, which `Axis` states, and most share one step: `meeting`, the
samples that one kernel entry meets. `conv` reads there, its transpose adds there.
"""

from typing import NamedTuple

import numpy as np

from . import shapes
from ._arguments import conv_arrays, padding_per_axis, per_axis, require_reasonable


class Axis(NamedTuple):
    """One spatial axis of a convolution, which takes `large` samples to `small` placements of its kernel.

    In placement ``p``, the kernel entry ``t`` lies on sample ``p * stride + t * dilation - before``, where `before`
    counts the zeros of the padding in front (negative: samples skipped there). Beyond the ends nothing lies.
    """

    large: int
    small: int
    kernel_size: int
    stride: int
    dilation: int
    before: int


def conv(x, kernel, *, stride=1, padding="valid", dilation=1, groups=1):
    """Convolve `x` with `kernel`: slide it over the spatial axes, multiply, and add up.

    One output sample is the sum, over all kernel entries, of the entry times the input sample that it lies on:
    ``y[p] = sum over t of x[p * stride + t * dilation] * kernel[t]``, in the padded input. The kernel is not
    flipped, as in every framework for neural networks; signal processing calls this a correlation.

    Parameters
    ----------
    x : ndarray, shape (batch, *spatial, in_channels)
        The input; one spatial axis or more, of ints, floats or complex numbers. The batch may be empty.
    kernel : ndarray, shape (*kernel_size, in_channels / groups, out_channels)
        The kernel, in the layout of TensorFlow and Keras.
    stride, dilation : int or sequence of int
        Samples from one placement to the next, and from one kernel entry to the next; one for all axes or one per axis.
    padding : {"valid", "same"}, int or sequence of (int, int)
        Zeros around the input: none, TensorFlow's SAME, as many everywhere, or ``(before, after)`` for each axis.
        No zero is stored or multiplied by; a kernel entry that is infinite has no effect where it lies on padding.
    groups : int
        Number of blocks that the channels are divided into; block j of the input makes block j of the output.

    Returns
    -------
    ndarray, shape (batch, *output_size, out_channels)
        With ``output_size = conv_output_size(...)`` on each axis, in NumPy's promotion of the two dtypes. Ints are computed
        exactly, unless they outgrow that dtype: then they wrap, as NumPy's do. float16 is added up in float32.

    Raises
    ------
    ValueError
        If shapes do not go together, a value is out of range, or the kernel does not fit into the padded input.
    TypeError
        If an argument is of the wrong kind.

    Notes
    -----
    Multiplications: ``batch * prod(output_size) * prod(kernel_size) * in_channels * out_channels / groups``.
    Memory: for one kernel entry at a time, the samples that it meets and their products.

    References
    ----------
    Relationships 6 and 15 of V. Dumoulin and F. Visin, arXiv:1603.07285.

    Examples
    --------
    >>> x = np.array([1, 2, 3, 4, 5]).reshape(1, 5, 1)
    >>> kernel = np.array([100, 10, 1]).reshape(3, 1, 1)
    >>> conv(x, kernel, stride=2).ravel()
    array([123, 345])
    """
    x, kernel, groups, axes = parse_conv(x, kernel, stride, padding, dilation, groups)
    return by_group(convolve, x, kernel, groups, axes)


def parse_conv(x, kernel, stride, padding, dilation, groups):
    """Check the arguments of `conv`, and return its arrays, `groups` and one `Axis` for each spatial axis."""
    x, kernel, groups, input_size, kernel_size = conv_arrays(x, kernel, groups)
    if x.shape[-1] != kernel.shape[-2] * groups:
        raise ValueError(
            f"`x` has {x.shape[-1]} channels, but a `kernel` of shape {kernel.shape} with groups={groups} "
            f"takes {kernel.shape[-2] * groups}"
        )
    geometry = parse_geometry(kernel_size, stride, padding, dilation)
    output_size = [shapes.forward_size(n, *one, axis=axis) for axis, (n, one) in enumerate(zip(input_size, geometry))]
    added = [n - i for n, i in zip(output_size, input_size)]
    parts = {"padding": max(added), "kernel": kernel.shape[-1], "x": len(x)}
    require_reasonable((len(x), *output_size, kernel.shape[-1]), max(parts, key=parts.get))
    return x, kernel, groups, make_axes(input_size, output_size, geometry)


def parse_geometry(kernel_size, stride, padding, dilation):
    """Return one ``(kernel_size, stride, padding, dilation)`` per axis, as the functions of `shapes` take them."""
    n_axes = len(kernel_size)
    return list(
        zip(
            kernel_size,
            per_axis("stride", stride, n_axes, minimum=1),
            padding_per_axis(padding, n_axes),
            per_axis("dilation", dilation, n_axes, minimum=1),
        )
    )


def make_axes(large, small, geometry):
    """Join the sizes on both sides with the geometry of `parse_geometry`, and resolve the padding."""
    return [
        Axis(n, i, k, s, d, shapes.axis_padding(n, k, s, padding, d)[0])
        for n, i, (k, s, padding, d) in zip(large, small, geometry, strict=True)
    ]


def by_group(one_group, x, kernel, groups, axes):
    """Call ``one_group(x, kernel, axes)`` for each block of channels, and put the results side by side.

    The channels of `x` and the last axis of `kernel` are divided. Both arrays come in the dtype to compute in.
    """
    dtype = np.result_type(x, kernel)
    with np.errstate(all="ignore"):  # a NaN or an infinity in the result says it already
        working = _working_dtype(dtype, x, kernel)
        blocks = zip(*(np.split(array.astype(working, copy=False), groups, axis=-1) for array in (x, kernel)))
        results = [one_group(*block, axes) for block in blocks]
        return (results[0] if groups == 1 else np.concatenate(results, axis=-1)).astype(dtype, copy=False)


def _working_dtype(dtype, *arrays):
    """Return the dtype to compute in: the result's, with two exceptions.

    float16 is added up in float32 and rounded once. NaN and infinities are computed with in long double: NumPy hands
    the matrix products of the common floats to a library that may take ``0 * inf`` for 0.
    """
    if dtype.kind in "fc" and not all(_is_finite(array) for array in arrays):
        return np.promote_types(dtype, np.longdouble)
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def _is_finite(array):
    """Say whether an array has neither NaN nor infinities. Sums of rows of 4096 say yes quickly; they may overflow."""
    numbers = array.ravel(order="K")
    rest = numbers.size % 4096
    sums = numbers[rest:].reshape(-1, 4096) @ np.ones(4096, array.dtype)
    return np.isfinite(numbers[:rest]).all() and (np.isfinite(sums).all() or np.isfinite(numbers).all())


def convolve(x, kernel, axes, *, present=None):
    """Convolve one group: for each kernel entry, multiply the samples that it meets, and add where its placements are.

    Where `present` is given, an array of bool that broadcasts with `x`, samples that are not present take no part.
    Multiplying by a zero instead would make NaN of an infinite kernel entry.
    """
    y = np.zeros((len(x), *(axis.small for axis in axes), kernel.shape[-1]), x.dtype)
    for tap in np.ndindex(kernel.shape[:-2]):
        placements, samples = meeting(tap, axes)
        products = np.tensordot(x[samples], kernel[tap], 1)  # as `@`, but one matrix product, not one for each row
        y[placements] += products if present is None else np.where(present[samples], products, 0)
    return y


def zeros_of_result(x, kernel, axes):
    """Return the zeros that one group of a transposed convolution adds to, of shape (batch, *output_size, out_channels)."""
    return np.zeros((len(x), *(axis.large for axis in axes), kernel.shape[-2]), x.dtype)


def meeting(tap, axes):
    """Find where the kernel entry `tap` does its work: in which placements, and on which samples.

    Parameters
    ----------
    tap : tuple of int
        Index of a kernel entry, one int per axis.
    axes : sequence of Axis

    Returns
    -------
    placements, samples : tuple of slice
        Indices of an array (batch, *small, channels) and of one (batch, *large, channels), of equally many entries:
        those placements in which the entry lies inside, and the samples that it lies on.
    """
    found = [inside(t * a.dilation - a.before, a.stride, a.small, a.large) for t, a in zip(tap, axes, strict=True)]
    placements, samples = zip(*found)
    return (slice(None), *placements), (slice(None), *samples)


def stamp(placement, axes):
    """Find where the kernel lies in one `placement`: which of its entries are inside, and on which samples.

    `meeting` with the two roles exchanged. Returns ``(taps, samples)``, indices of arrays whose first axis is the batch.
    """
    found = [
        inside(p * a.stride - a.before, a.dilation, a.kernel_size, a.large)
        for p, a in zip(placement, axes, strict=True)
    ]
    taps, samples = zip(*found)
    return (slice(None), *taps), (slice(None), *samples)


def inside(offset, step, count, size):
    """Of the positions ``offset + j * step`` for j below `count`, slice those from 0 to size - 1: as j, and as they are."""
    first = max(0, -(offset // step))
    last = min(count - 1, (size - 1 - offset) // step)
    n = max(last - first + 1, 0)
    start = offset + first * step
    return slice(first, first + n), slice(start, start + n * step, step)
