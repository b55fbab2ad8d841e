"""What the package must agree with, written from the definitions: NumPy and SciPy only, never the package itself."""

import itertools

import numpy as np
import scipy.signal


def count_placements(n, k, s, d=1, before=0, after=0):
    """Count the starts 0, s, 2s, ... at which a kernel of k entries, d apart, ends inside the padded axis."""
    starts = range(0, n + before + after, s)
    return sum(start + (k - 1) * d < n + before + after for start in starts)


def search_same_padding(n, k, s, d=1):
    """Find the fewest zeros that give every s-th sample, from the first on, a placement; the end gets the odd one."""
    wanted = len(range(0, n, s))
    total = next(t for t in itertools.count() if count_placements(n, k, s, d, after=t) == wanted)
    return total // 2, total - total // 2


def sizes_that_round_to(i, k, s, padding, d=1):
    """Try sizes one by one and keep those that the convolution takes to i."""
    kept = []
    for n in range(1, (i + 2) * s + k * d + 1):
        before, after = search_same_padding(n, k, s, d) if padding == "same" else padding
        if count_placements(n, k, s, d, before, after) == i:
            kept.append(n)
    return kept


def conv(x, kernel, stride, pads, dilation, groups):
    """Sum over every index of the definition, one product at a time."""
    batch, *size, _ = x.shape
    *kernel_size, per_group, out_channels = kernel.shape
    places = [count_placements(*axis) for axis in zip(size, kernel_size, stride, dilation, *zip(*pads))]
    y = np.zeros((batch, *places, out_channels), np.result_type(x, kernel))
    for b, o, p, t, c in _indices(batch, out_channels, places, kernel_size, per_group):
        source = tuple(pi * s + ti * d - before for pi, ti, s, d, (before, _) in zip(p, t, stride, dilation, pads))
        group = o // (out_channels // groups)
        if all(0 <= position < n for position, n in zip(source, size)):
            y[(b, *p, o)] += x[(b, *source, group * per_group + c)] * kernel[(*t, c, o)]
    return y


def conv_transpose(x, kernel, stride, pads, dilation, groups, output_size):
    """Let every input sample put its multiple of the kernel where it belongs, one product at a time."""
    batch, *size, in_channels = x.shape
    *kernel_size, per_group, _ = kernel.shape
    y = np.zeros((batch, *output_size, per_group * groups), np.result_type(x, kernel))
    for b, c, q, t, o in _indices(batch, in_channels, size, kernel_size, per_group):
        target = tuple(qi * s + ti * d - before for qi, ti, s, d, (before, _) in zip(q, t, stride, dilation, pads))
        group = c // (in_channels // groups)
        if all(0 <= position < n for position, n in zip(target, output_size)):
            y[(b, *target, group * per_group + o)] += x[(b, *q, c)] * kernel[(*t, o, c)]
    return y


def upfirdn_transpose(x, kernel, stride):
    """The transposed convolution of one axis, VALID and smallest, as signal processing does it: upsample, then filter."""
    return scipy.signal.upfirdn(kernel, x, up=stride)


def correlate(x, kernel):
    """The convolution with stride 1 and no padding of two plain arrays, as SciPy does it."""
    return scipy.signal.correlate(x, kernel, mode="valid", method="direct")


def _indices(batch, channels, places, kernel_size, per_group):
    return itertools.product(
        range(batch), range(channels), np.ndindex(*places), np.ndindex(*kernel_size), range(per_group)
    )
