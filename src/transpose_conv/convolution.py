"""The convolution as neural networks mean it: strided, padded, dilated, grouped, and without a flip.

Arrays are channels last, ``(batch, *spatial, channels)``, with one spatial axis or more. `tap_view` is the step that
this module shares with its transpose: it finds the input samples that one kernel entry meets. `conv` reads there.
"""

import numpy as np

from . import shapes
from ._arguments import conv_arrays, padding_per_axis, per_axis, require_reasonable


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
    groups : int
        Number of blocks that the channels are divided into; block j of the input makes block j of the output.

    Returns
    -------
    ndarray, shape (batch, *output_size, out_channels)
        With ``output_size = conv_output_size(...)`` on each axis, in NumPy's promotion of the two dtypes. Ints are computed
        exactly, unless they outgrow that dtype: then they wrap, as NumPy's do.

    Raises
    ------
    ValueError
        If shapes do not go together, a value is out of range, or the kernel does not fit into the padded input.
    TypeError
        If an argument is of the wrong kind.

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
    x, kernel, groups, input_size, kernel_size = conv_arrays(x, kernel, groups)
    if x.shape[-1] != kernel.shape[-2] * groups:
        raise ValueError(
            f"`x` has {x.shape[-1]} channels, but a `kernel` of shape {kernel.shape} with groups={groups} "
            f"takes {kernel.shape[-2] * groups}"
        )
    geometry = parse_geometry(kernel_size, stride, padding, dilation)
    output_size = [shapes.forward_size(n, *one, axis=axis) for axis, (n, one) in enumerate(zip(input_size, geometry))]
    pad = [shapes.axis_padding(n, *one) for n, one in zip(input_size, geometry)]
    padded_size = [before + n + after for n, (before, after) in zip(input_size, pad)]
    require_reasonable((len(x), *padded_size, x.shape[-1]), "padding")
    padded = np.pad(x, [(0, 0), *pad, (0, 0)])
    blocks = zip(np.split(padded, groups, axis=-1), np.split(kernel, groups, axis=-1))
    return np.concatenate([_one_group(*block, output_size, geometry) for block in blocks], axis=-1)


def _one_group(padded, kernel, output_size, geometry):
    y = np.zeros((len(padded), *output_size, kernel.shape[-1]), np.result_type(padded, kernel))
    for tap in np.ndindex(kernel.shape[:-2]):
        y += tap_view(padded, tap, output_size, geometry) @ kernel[tap]
    return y


def tap_view(padded, tap, placements, geometry):
    """View the samples of `padded` that the kernel entry `tap` meets, one for each placement of the kernel.

    On each axis these are the samples ``p * stride + tap * dilation`` for ``p = 0, ..., placements - 1``. A
    convolution reads them, its transpose adds to them.

    Parameters
    ----------
    padded : ndarray, shape (batch, *padded_size, channels)
    tap : tuple of int
        Index of a kernel entry, one int per axis.
    placements : sequence of int
        Number of placements of the kernel on each axis: the size of the convolution's output.
    geometry : sequence of (kernel_size, stride, padding, dilation)
        From `parse_geometry`.

    Returns
    -------
    ndarray, shape (batch, *placements, channels)
        A view into `padded`.
    """
    steps = [
        slice(t * d, t * d + (count - 1) * s + 1, s)
        for t, count, (_, s, _, d) in zip(tap, placements, geometry, strict=True)
    ]
    return padded[(slice(None), *steps)]


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
