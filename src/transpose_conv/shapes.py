"""The arithmetic of one axis: which size a convolution gives, and which sizes its transpose may give.

Everything here is about a single spatial axis, in samples or pixels, as plain ints. The operators on arrays map
these functions over their axes. Inside the functions stand the letters of Dumoulin and Visin's guide: ``i``
input size, ``k`` kernel size, ``s`` stride, ``d`` dilation; and ``e = (k - 1)d + 1``, how far a dilated kernel
reaches, ``n`` the size on the large side (what a convolution reads and its transpose writes). The guide is V. Dumoulin
and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285.
"""

from ._arguments import SAME, VALID, as_int, at, padding_of_axis


def conv_output_size(input_size, kernel_size, *, stride=1, padding="valid", dilation=1):
    """Compute the size of a convolution's output along one axis.

    A kernel that reaches over ``e = (kernel_size - 1) * dilation + 1`` samples can start at the positions
    ``0, stride, 2 * stride, ...``, as long as it ends inside. The starts that fit are those up to
    ``input_size - e``, and counting every `stride`-th of ``input_size - e + 1`` of them gives the ceil.

    Parameters
    ----------
    input_size : int
        Size of the convolution's input, in samples; at least 1.
    kernel_size : int
        Number of kernel entries; at least 1.
    stride : int
        Distance between neighbouring placements of the kernel, in samples; at least 1.
    padding : {"valid", "same"}, int or (int, int)
        Zeros put before and after the input: none, as many as TensorFlow's SAME, the same number on both
        sides, or ``(before, after)``.
    dilation : int
        Distance between neighbouring kernel entries, in samples; at least 1.

    Returns
    -------
    int
        ``ceil((input_size + before + after - e + 1) / stride)``, which is ``ceil(input_size / stride)`` for "same".

    Raises
    ------
    ValueError
        If an argument is out of range, or the kernel does not fit into the padded input.
    TypeError
        If an argument is of the wrong kind.

    References
    ----------
    Relationships 6 (there as a floor) and, for dilation, 15 of V. Dumoulin and F. Visin, arXiv:1603.07285.

    Examples
    --------
    >>> conv_output_size(5, 3, stride=2), conv_output_size(6, 3, stride=2), conv_output_size(7, 3, stride=2)
    (2, 2, 3)
    """
    k, s, d, padding = _parse_axis(kernel_size, stride, padding, dilation)
    return forward_size(as_int("input_size", input_size, minimum=1), k, s, padding, d)


def conv_transpose_output_sizes(input_size, kernel_size, *, stride=1, padding="valid", dilation=1):
    """Compute all sizes that a transposed convolution may have along one axis.

    They are the sizes that the convolution with the same arguments takes to `input_size`. The convolution
    rounds, so there are `stride` of them, in a row.

    Parameters
    ----------
    input_size : int
        Size of the transposed convolution's input, in samples; at least 1.
    kernel_size, stride, padding, dilation
        As in `conv_output_size`. The padding is that of the convolution, so here it is what is cut off.

    Returns
    -------
    range
        From ``(input_size - 1) * stride + e - before - after``, or ``(input_size - 1) * stride + 1`` for "same",
        to `stride` - 1 more. Sizes below 1 are left out, so that the range is empty where the padding leaves nothing.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, or of the wrong kind.

    References
    ----------
    Solves relationship 6 of V. Dumoulin and F. Visin, arXiv:1603.07285, for its input; relationship 14 there is the size
    at one offset ``a``.

    Examples
    --------
    >>> list(conv_transpose_output_sizes(2, 3, stride=2))
    [5, 6]
    >>> [conv_output_size(n, 3, stride=2) for n in (5, 6)]
    [2, 2]
    """
    k, s, d, padding = _parse_axis(kernel_size, stride, padding, dilation)
    return reachable_sizes(as_int("input_size", input_size, minimum=1), k, s, padding, d)


def output_padding_for(output_size, input_size, kernel_size, *, stride=1, padding="valid", dilation=1):
    """Compute the `output_padding` that makes a transposed convolution have the wanted size.

    It is the place of the wanted size among the `stride` sizes that the convolution rounds to one, counted from 0.

    Parameters
    ----------
    output_size : int
        The wanted size, in samples.
    input_size, kernel_size, stride, padding, dilation
        As in `conv_transpose_output_sizes`.

    Returns
    -------
    int
        ``(output_size + before + after - e) mod stride``, or ``(output_size - 1) mod stride`` for "same";
        from 0 to ``stride - 1``.

    Raises
    ------
    ValueError
        If the convolution does not take `output_size` to `input_size`, or an argument is out of range.
    TypeError
        If an argument is of the wrong kind.

    References
    ----------
    The letter ``a`` in relationship 14 of V. Dumoulin and F. Visin, arXiv:1603.07285.

    Examples
    --------
    >>> output_padding_for(5, 2, 3, stride=2), output_padding_for(6, 2, 3, stride=2)
    (0, 1)
    """
    n, i = as_int("output_size", output_size, minimum=1), as_int("input_size", input_size, minimum=1)
    k, s, d, padding = _parse_axis(kernel_size, stride, padding, dilation)
    require_reachable(n, i, k, s, padding, d)
    return n - smallest_size(i, k, s, padding, d)


def same_padding(input_size, kernel_size, *, stride=1, dilation=1):
    """Compute the zeros that TensorFlow's SAME puts before and after the input of a convolution.

    As few as make the output ``ceil(input_size / stride)`` long. Where their number is odd, the end gets one more.

    Parameters
    ----------
    input_size, kernel_size, stride, dilation : int
        As in `conv_output_size`.

    Returns
    -------
    before, after : int
        ``total // 2`` and ``total - total // 2`` samples,
        with ``total = max((ceil(input_size / stride) - 1) * stride + e - input_size, 0)``.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, or of the wrong kind.

    References
    ----------
    TensorFlow, "Notes on padding", in the documentation of `tf.nn`.

    Examples
    --------
    >>> same_padding(4, 3, stride=2)
    (0, 1)
    """
    k, s, d, _ = _parse_axis(kernel_size, stride, SAME, dilation)
    return axis_padding(as_int("input_size", input_size, minimum=1), k, s, SAME, d)


# What follows takes plain ints and a padding that `padding_of_axis` has resolved, and checks nothing again.


def effective_size(k, d):
    """Say how far a kernel of `k` entries reaches when there are `d` samples from one to the next."""
    return (k - 1) * d + 1


def axis_padding(n, k, s, padding, d):
    """Return the zeros before and after an axis of size `n`, whichever way the padding was written."""
    if padding == VALID:
        return 0, 0
    if padding == SAME:
        total = max((_ceil_div(n, s) - 1) * s + effective_size(k, d) - n, 0)
        return total // 2, total - total // 2
    return padding


def forward_size(n, k, s, padding, d, *, axis=None):
    """Return the size of a convolution's output, or raise a ValueError where the kernel has no placement."""
    require_fits(n, k, s, padding, d, axis=axis)
    before, after = axis_padding(n, k, s, padding, d)
    return _ceil_div(n + before + after - effective_size(k, d) + 1, s)


def smallest_size(i, k, s, padding, d):
    """Return the smallest size that the convolution takes to `i`; below 1 where a padding leaves nothing."""
    if padding == SAME:  # ceil(n / s) = i  <=>  (i-1)s < n <= is
        return (i - 1) * s + 1
    before, after = (0, 0) if padding == VALID else padding
    return (i - 1) * s + effective_size(k, d) - before - after


def reachable_sizes(i, k, s, padding, d):
    """Return all sizes of at least 1 that the convolution takes to `i`."""
    smallest = smallest_size(i, k, s, padding, d)
    return range(max(smallest, 1), max(smallest + s, 1))


def require_reachable(n, i, k, s, padding, d, *, axis=None, name="output_size"):
    """Raise a ValueError that names the legal sizes if the convolution does not take `n`, called `name`, to `i`."""
    sizes = reachable_sizes(i, k, s, padding, d)
    if n in sizes:
        return
    first, last = sizes.start, sizes.stop - 1
    if last < first:
        raise ValueError(
            f"`padding` {padding}{at(axis)} cuts off the whole result: "
            f"kernel_size={k}, stride={s}, dilation={d} make {i * s + effective_size(k, d) - 1} samples of "
            f"input_size {i} at most"
        )
    legal = f"only {first}" if first == last else f"{first} to {last}"
    raise ValueError(
        f"`{name}` {n}{at(axis)} is not reachable: "
        f"a convolution with {describe(k, s, padding, d)} takes {legal} to input_size {i}"
    )


def describe(k, s, padding, d):
    """Say the geometry of one axis in the caller's words."""
    text = f"kernel_size={k}, stride={s}, padding={padding!r}"
    return text if d == 1 else f"{text}, dilation={d}"


def require_fits(n, k, s, padding, d, *, axis=None):
    """Raise a ValueError if the kernel is longer than the padded input, so that it has no placement at all."""
    before, after = axis_padding(n, k, s, padding, d)
    e = effective_size(k, d)
    if n + before + after < e:
        name = f"`kernel_size` {k}" if axis is None else f"`kernel` of size {k}{at(axis)}"
        raise ValueError(
            f"{name} does not fit: with stride={s}, padding={padding!r}, dilation={d} it reaches over {e} samples, "
            f"and input_size {n} with its padding has {n + before + after}"
        )


def _parse_axis(kernel_size, stride, padding, dilation):
    return (
        as_int("kernel_size", kernel_size, minimum=1),
        as_int("stride", stride, minimum=1),
        as_int("dilation", dilation, minimum=1),
        padding_of_axis(padding),
    )


def _ceil_div(a, b):
    return -(-a // b)
