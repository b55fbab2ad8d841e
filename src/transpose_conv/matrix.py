"""A convolution is linear, so it is a matrix: dense to look at, sparse to use.

The matrix C has a row for each output number and a column for each input number; `conv` is C times its input. What
stands where follows from the kernel's placements alone.
"""

import math

import numpy as np

from ._arguments import as_int, lone_kernel, per_axis, require_reasonable
from .convolution import meeting, parse_conv

LARGEST_DENSE_MATRIX = 2**24  # numbers; in float64 these are 128 MiB


def conv_matrix(kernel, input_size, *, stride=1, padding="valid", dilation=1, groups=1):
    """Write down the matrix C of a convolution, so that ``conv(x, kernel).ravel() == C @ x.ravel()`` for one image.

    Parameters
    ----------
    kernel : ndarray, shape (*kernel_size, in_channels / groups, out_channels)
    input_size : int or sequence of int
        Size of the convolution's input on each axis, in samples.
    stride, padding, dilation, groups
        As in `conv`.

    Returns
    -------
    ndarray, shape (prod(output_size) * out_channels, prod(input_size) * in_channels)

    Raises
    ------
    ValueError
        As `conv` does, and if the matrix would have more than ``2**24`` numbers: it grows with the square of the image.
    TypeError
        If an argument is of the wrong kind.

    Notes
    -----
    Memory: ``prod(output_size) * out_channels * prod(input_size) * in_channels`` numbers, nearly all of them zeros, and
    while it is made, about four numbers for each that is not zero.

    References
    ----------
    Section 4.1 of V. Dumoulin and F. Visin, arXiv:1603.07285.

    Examples
    --------
    >>> conv_matrix(np.array([1, 2, 3]).reshape(3, 1, 1), 6, stride=2)
    array([[1, 2, 3, 0, 0, 0],
           [0, 0, 1, 2, 3, 0]])
    """
    kernel = lone_kernel(kernel, "(*kernel_size, in_channels / groups, out_channels)")
    groups = as_int("groups", groups, minimum=1)
    input_size = per_axis("input_size", input_size, kernel.ndim - 2, minimum=1)
    require_reasonable((*input_size, kernel.shape[-2], groups), "input_size")
    image = np.broadcast_to(np.zeros((), kernel.dtype), (1, *input_size, kernel.shape[-2] * groups))  # takes no memory
    _, kernel, _, axes = parse_conv(image, kernel, stride, padding, dilation, groups)
    samples, placements = math.prod(input_size), math.prod(axis.small for axis in axes)
    require_dense(placements * kernel.shape[-1], samples * image.shape[-1], "input_size")
    per_group = [size // groups for size in (kernel.shape[-1], image.shape[-1])]
    C = np.zeros((placements, groups, per_group[0], samples, groups, per_group[1]), kernel.dtype)
    for j, block in enumerate(np.split(kernel, groups, axis=-1)):
        C[:, j, :, :, j, :] = dense_matrix(block, axes).reshape(placements, per_group[0], samples, per_group[1])
    return C.reshape(placements * kernel.shape[-1], samples * image.shape[-1])


def dense_matrix(kernel, axes):
    """Write down the matrix of one group.

    Its rows are the placements times the small side's channels, its columns the samples times the large side's.
    """
    large_channels, small_channels = kernel.shape[-2:]
    rows, columns = math.prod(a.small for a in axes), math.prod(a.large for a in axes)
    placement, sample, tap = meetings(axes)
    C = np.zeros((rows, small_channels, columns, large_channels), kernel.dtype)
    C[placement, :, sample, :] = kernel.reshape(-1, large_channels, small_channels)[tap].swapaxes(1, 2)
    return C.reshape(rows * small_channels, columns * large_channels)


def sparse_matrix(kernel, axes):
    """List the entries of the matrix of one group: three arrays of equal length, rows, columns and values."""
    large_channels, small_channels = kernel.shape[-2:]
    placement, sample, tap = (index[:, None, None] for index in meetings(axes))
    large, small = np.arange(large_channels)[:, None], np.arange(small_channels)
    row, column = placement * small_channels + small, sample * large_channels + large
    values = kernel.reshape(-1, large_channels, small_channels)[tap, large, small]
    return tuple(array.ravel() for array in np.broadcast_arrays(row, column, values))


def meetings(axes):
    """List every meeting of a placement with a sample: three arrays of flat indices, placement, sample and kernel entry."""
    per_axis = [_meetings_of_axis(axis) for axis in axes]
    sizes = zip(*((axis.small, axis.large, axis.kernel_size) for axis in axes))
    return [np.ravel_multi_index(np.ix_(*one), size).ravel() for one, size in zip(zip(*per_axis), sizes)]


def _meetings_of_axis(axis):
    found = []
    for tap in range(axis.kernel_size):
        (_, placements), (_, samples) = meeting((tap,), [axis])
        if placements.stop > placements.start:
            p = np.arange(placements.start, placements.stop)
            n = samples.start + (p - placements.start) * samples.step
            found.append((p, n, np.full_like(p, tap)))
    return [np.concatenate(one) for one in zip(*found)] if found else [np.zeros(0, int)] * 3


def require_dense(rows, columns, argument):
    """Raise a ValueError if a dense matrix of this shape is more than anyone can look at."""
    if rows * columns > LARGEST_DENSE_MATRIX:
        raise ValueError(
            f"`{argument}` makes a dense matrix of shape {(rows, columns)}, more than {LARGEST_DENSE_MATRIX} numbers; "
            "neither conv nor conv_transpose needs it"
        )
