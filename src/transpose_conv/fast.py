"""The transposed convolution at nearly the speed of the machine's matrix product, in NumPy alone.

Nearly all the work is in matrix products: every input sample with every kernel entry. What makes a program slow is how
the products are added up. Two ways are fast, each for some layers, and `transpose_one_group` picks by the geometry:

* `by_rows`: with as many neighbouring kernel entries as the stride is long, the stamps of a row of samples lie side by
  side. Their products are one run of memory, and so is the place where they belong.
* `by_planes`: with few output channels the matrices of that way are thin, which the matrix library is slow at. There all
  kernel entries are multiplied at once; each phase of the output, every stride-th sample, is summed in a plane of its
  own, and the planes are interleaved at the end.

Both work in pieces, so that a product stays small and is still in the cache when it is added. The chapter "Make it
fast" gets here step by step.
"""

import itertools
import math

import numpy as np

from ._arguments import require_reasonable
from .convolution import Axis, inside, meeting, zeros_of_result

PIECE = 2**20  # numbers in a product: measured; less slows the product down, more drives it out of the cache
FEW = 32
"""The number up to which planes are faster than rows, of ``stride**2 * output channels``: measured."""
ONE_ROW = Axis(large=1, small=1, kernel_size=1, stride=1, dilation=1, before=0)


def transpose_one_group(x, kernel, axes):
    """Compute the transposed convolution of one group of channels.

    Parameters
    ----------
    x : ndarray, shape (batch, *input_size, in_channels)
    kernel : ndarray, shape (*kernel_size, out_channels, in_channels)
    axes : sequence of Axis

    Returns
    -------
    ndarray, shape (batch, *output_size, out_channels)

    Notes
    -----
    By planes, if stamps overlap, there are few output channels (`FEW`), and the padding cuts off no more than it
    leaves; by rows otherwise. Multiplications: at most
    ``batch * prod(input_size) * prod(kernel_size) * in_channels * out_channels``.
    Memory: a product of about `PIECE` numbers, and by planes a second copy of the result.
    """
    sheet = math.prod((a.large + a.before) // a.stride * a.stride + a.stride for a in axes)
    few = axes[-1].stride ** 2 * kernel.shape[-2] <= FEW
    planes = few and _overlap(axes) and sheet <= 2 * math.prod(a.large for a in axes) + 1024
    return by_planes(x, kernel, axes) if planes else by_rows(x, kernel, axes)


def _side_by_side(axis):
    """Return how many neighbouring kernel entries put their products side by side, without a gap between two samples."""
    return min(axis.stride if axis.dilation == 1 else 1, axis.kernel_size)


def _overlap(axes):
    """Say whether the stamps of two samples can overlap."""
    return any((a.kernel_size - 1) * a.dilation >= a.stride for a in axes)


def by_rows(x, kernel, axes):
    """Multiply by `stride` kernel entries of the last axis at once, and add whole rows of stamps."""
    if len(axes) == 1:
        return by_rows(x[:, None], kernel[None], [ONE_ROW, *axes])[:, 0]
    y = zeros_of_result(x, kernel, axes)
    *outer, last = axes
    width = _side_by_side(last)
    put = _add if _overlap(axes) else _write
    pieces = _pieces(x, width * kernel.shape[-2])
    workspace = _workspace(x, pieces, width * kernel.shape[-2])
    for images, rows in pieces:
        here = [_shifted(outer[0], rows), *outer[1:]]
        for tap in np.ndindex(kernel.shape[:-3]):
            placements, reached = meeting(tap, here)
            samples = x[images, rows][placements]
            matrix = samples.reshape(-1, x.shape[-1])
            target = y[images][reached]
            for first in range(0, last.kernel_size, width):
                entries = kernel[tap][first : first + width]
                products = _multiply(matrix, entries.reshape(-1, x.shape[-1]).T, workspace)
                products = products.reshape(*samples.shape[:-1], *entries.shape[:-1])
                _put_rows(put, target, products, first, last)
    return y


def _put_rows(put, target, products, first, axis):
    """Put products (batch, ..., small, entries, channels) into rows (batch, ..., large, channels) of the result."""
    *lead, small, entries, channels = products.shape
    if entries == axis.stride and axis.dilation == 1:
        run, reached = inside(first - axis.before, 1, small * entries, axis.large)
        put(target[..., reached, :], products.reshape(*lead, small * entries, channels)[..., run, :])
        return
    for entry in range(entries):
        run, reached = inside((first + entry) * axis.dilation - axis.before, axis.stride, small, axis.large)
        put(target[..., reached, :], products[..., run, entry, :])


def _add(target, products):
    target += products


def _write(target, products):
    """Where no two stamps overlap, there is nothing to add to: writing saves reading the target."""
    target[...] = products


def by_planes(x, kernel, axes):
    """Multiply by all kernel entries at once, add each product to the plane of its phase, and interleave the planes.

    Sample ``n`` of the result is the one of phase ``r`` at ``u``, with ``n + before = u * stride + r``.
    """
    *kernel_size, channels, in_channels = kernel.shape
    counts = [(a.large - 1 + a.before) // a.stride + 1 for a in axes]
    planes = np.zeros((*(a.stride for a in axes), channels, len(x), *counts), x.dtype)
    pieces = _pieces(x, math.prod(kernel_size) * channels)
    workspace = _workspace(x, pieces, math.prod(kernel_size) * channels)
    for images, rows in pieces:
        part = x[images, rows]
        products = _multiply(kernel.reshape(-1, in_channels), part.reshape(-1, in_channels).T, workspace)
        products = products.reshape(*kernel.shape[:-1], *part.shape[:-1])
        starts = [rows.start] + [0] * (len(axes) - 1)
        for tap in itertools.product(*map(_taps_of_planes, axes, starts, part.shape[1:-1], counts)):
            entry, phase, run, reached = zip(*tap)
            target = planes[(*phase, slice(None), images, *reached)]
            target += products[(*entry, slice(None), slice(None), *run)]
    return _interleave(planes, axes)


def _taps_of_planes(axis, start, small, count):
    """For each kernel entry of an axis, find its phase, and where its products of `small` samples from `start` on lie."""
    taps = [divmod(t * axis.dilation, axis.stride) for t in range(axis.kernel_size)]
    return [(t, phase, *inside(start + shift, 1, small, count)) for t, (shift, phase) in enumerate(taps)]


def _interleave(planes, axes):
    """Turn planes (*phases, channels, batch, *counts) into a result (batch, *large, channels)."""
    *_, channels, batch = planes.shape[: len(axes) + 2]
    y = np.empty((batch, *(a.large for a in axes), channels), planes.dtype)
    for residue in np.ndindex(*(min(a.stride, a.large) for a in axes)):
        there = [slice(n, None, a.stride) for n, a in zip(residue, axes)]
        first, phase = zip(*(divmod(n + a.before, a.stride) for n, a in zip(residue, axes)))
        for channel in range(channels):
            target = y[(slice(None), *there, channel)]
            part = [slice(u, u + n) for u, n in zip(first, target.shape[1:])]
            target[...] = planes[(*phase, channel, slice(None), *part)]
    return y


def _pieces(x, per_sample):
    """Divide the images, or else the first axis of each, so that a piece makes about `PIECE` products."""
    per_row = math.prod(x.shape[2:-1]) * per_sample
    at_once = PIECE // (x.shape[1] * per_row)
    if at_once > 0:
        return [(slice(i, i + at_once), slice(0, x.shape[1])) for i in range(0, len(x), at_once)]
    step = max(1, PIECE // per_row)
    return [(slice(i, i + 1), slice(r, r + step)) for i in range(len(x)) for r in range(0, x.shape[1], step)]


def _workspace(x, pieces, per_sample):
    """Return memory for the products of the largest piece. New memory for each product would cost as much as the product."""
    images, rows = pieces[0] if pieces else (slice(0), slice(0))
    size = math.prod(x[images, rows].shape[:-1]) * per_sample
    require_reasonable((size,), "kernel")
    return np.empty(size, x.dtype)


def _multiply(a, b, workspace):
    """Multiply two matrices into a part of the workspace. For one channel, the matrix library is not made."""
    multiply = np.multiply if a.shape[1] == 1 else np.matmul
    return multiply(a, b, out=workspace[: len(a) * b.shape[1]].reshape(len(a), b.shape[1]))


def _shifted(axis, rows):
    """Describe an axis as it is for some of its placements only."""
    small = len(range(axis.small)[rows])
    return axis._replace(small=small, before=axis.before - rows.start * axis.stride)
