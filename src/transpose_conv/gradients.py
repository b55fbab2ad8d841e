"""The gradients of a convolution and of its transpose: each is the other's forward.

Both operators are linear in each of their arguments, so a gradient needs no limit and no approximation: it is the
transposed linear map, applied to the gradient that arrives from above. Complex numbers are not conjugated.
"""

import numpy as np

from ._arguments import numeric_array
from .convolution import by_group, convolve, meeting, parse_conv
from .fast import transpose_one_group
from .transpose import parse_conv_transpose


def conv_gradients(x, kernel, output_gradient, *, stride=1, padding="valid", dilation=1, groups=1):
    """Compute the gradients of ``sum(conv(x, kernel) * output_gradient)`` with respect to `x` and to `kernel`.

    With respect to `x` it is the transposed convolution of `output_gradient` with the very same kernel.

    Parameters
    ----------
    x : ndarray, shape (batch, *spatial, in_channels)
    kernel : ndarray, shape (*kernel_size, in_channels / groups, out_channels)
    output_gradient : ndarray, shape (batch, *output_size, out_channels)
        The gradient that arrives at the result of `conv`.
    stride, padding, dilation, groups
        As in `conv`.

    Returns
    -------
    x_gradient : ndarray, of the shape of `x`
    kernel_gradient : ndarray, of the shape of `kernel`
        Each in NumPy's promotion of the two dtypes that are multiplied.

    Raises
    ------
    ValueError
        As `conv` does, and if `output_gradient` does not have the shape of its result.
    TypeError
        If an argument is of the wrong kind.

    Notes
    -----
    Multiplications: for each of the two as many as in `conv`. Memory: one product at a time, besides the results.

    References
    ----------
    Section 4.1 of V. Dumoulin and F. Visin, arXiv:1603.07285.

    Examples
    --------
    >>> x, kernel = np.array([1, 2, 3, 4, 5]).reshape(1, 5, 1), np.array([100, 10, 1]).reshape(3, 1, 1)
    >>> to_x, to_kernel = conv_gradients(x, kernel, np.array([1, 2]).reshape(1, 2, 1), stride=2)
    >>> to_x.ravel(), to_kernel.ravel()
    (array([100,  10, 201,  20,   2]), array([ 7, 10, 13]))
    """
    x, kernel, groups, axes = parse_conv(x, kernel, stride, padding, dilation, groups)
    output_size = [axis.small for axis in axes]
    output_gradient = _require_shape(output_gradient, (len(x), *output_size, kernel.shape[-1]))
    to_x = by_group(transpose_one_group, output_gradient, kernel, groups, axes)
    return to_x, by_group(_kernel_gradient, x, output_gradient, groups, axes)


def conv_transpose_gradients(x, kernel, output_gradient, *, stride=1, padding="valid", dilation=1, groups=1):
    """Compute the gradients of ``sum(conv_transpose(x, kernel) * output_gradient)`` with respect to `x` and to `kernel`.

    With respect to `x` it is the convolution of `output_gradient` with the very same kernel. The size that the
    transposed convolution was asked for is that of `output_gradient`.

    Parameters
    ----------
    x : ndarray, shape (batch, *spatial, in_channels)
    kernel : ndarray, shape (*kernel_size, out_channels / groups, in_channels)
    output_gradient : ndarray, shape (batch, *output_size, out_channels)
        The gradient that arrives at the result of `conv_transpose`; of any size that this can have.
    stride, padding, dilation, groups
        As in `conv_transpose`.

    Returns
    -------
    x_gradient : ndarray, of the shape of `x`
    kernel_gradient : ndarray, of the shape of `kernel`
        Each in NumPy's promotion of the two dtypes that are multiplied.

    Raises
    ------
    ValueError
        As `conv_transpose` does, and if its result cannot have the shape of `output_gradient`.
    TypeError
        If an argument is of the wrong kind.

    Notes
    -----
    Multiplications: for each of the two as many as in `conv_transpose`. Memory: one product at a time, besides the results.

    References
    ----------
    Section 4.1 of V. Dumoulin and F. Visin, arXiv:1603.07285.

    Examples
    --------
    >>> x, kernel = np.array([1, 2]).reshape(1, 2, 1), np.array([100, 10, 1]).reshape(3, 1, 1)
    >>> to_x, to_kernel = conv_transpose_gradients(x, kernel, np.array([1, 2, 3, 4, 5]).reshape(1, 5, 1), stride=2)
    >>> to_x.ravel(), to_kernel.ravel()
    (array([123, 345]), array([ 7, 10, 13]))
    """
    output_gradient = numeric_array("output_gradient", output_gradient)
    x = numeric_array("x", x)
    if output_gradient.ndim != x.ndim:
        rule = f"`output_gradient` must have {x.ndim} axes, as `x` has"
        raise ValueError(f"{rule}, got shape {output_gradient.shape}")
    output_size = output_gradient.shape[1:-1]
    x, kernel, groups, axes = parse_conv_transpose(
        x, kernel, stride, padding, output_size, None, dilation, groups, of_gradient=True
    )
    output_gradient = _require_shape(output_gradient, (len(x), *output_size, kernel.shape[-2] * groups))
    to_x = by_group(convolve, output_gradient, kernel, groups, axes)
    return to_x, by_group(_kernel_gradient, output_gradient, x, groups, axes)


def _kernel_gradient(large, small, axes):
    """Sum, for each kernel entry, what it meets on the large side times what it meets on the small side.

    The same for both operators: `large` is what a convolution reads, `small` what it writes, and a transposed
    convolution the other way round.
    """
    y = np.zeros((*(axis.kernel_size for axis in axes), large.shape[-1], small.shape[-1]), large.dtype)
    all_but_channels = list(range(large.ndim - 1))
    for tap in np.ndindex(y.shape[:-2]):
        placements, samples = meeting(tap, axes)
        y[tap] = np.tensordot(large[samples], small[placements], axes=(all_but_channels, all_but_channels))
    return y


def _require_shape(output_gradient, shape):
    output_gradient = numeric_array("output_gradient", output_gradient)
    if output_gradient.shape != shape:
        raise ValueError(f"`output_gradient` must have the shape of the result, {shape}, got {output_gradient.shape}")
    return output_gradient
