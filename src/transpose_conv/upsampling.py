"""What the chapters on pictures share: a photograph, how far a picture is from it, and the kernel of bilinear upsampling."""

import math
import numbers

import matplotlib.cbook
import matplotlib.image
import numpy as np

from ._arguments import as_int, numeric_array, require_axes, require_reasonable, short

LUMINANCE = (0.299, 0.587, 0.114)  # how much of the brightness is in red, green, blue: ITU-R BT.601, as JPEG uses it


def photograph():
    """Return a grayscale photograph of Grace Hopper, the one that matplotlib carries as a sample.

    Red, green and blue are weighted by 0.299, 0.587 and 0.114, the luminance of ITU-R BT.601.

    Returns
    -------
    ndarray of float64, shape (600, 512)
        From 0, black, to 1, white.

    References
    ----------
    Recommendation ITU-R BT.601. The photograph is matplotlib's sample ``grace_hopper.jpg``.

    Examples
    --------
    >>> photograph().shape
    (600, 512)
    """
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        colours = matplotlib.image.imread(file, format="jpg")
    return colours @ np.array(LUMINANCE) / 255


def psnr(picture, truth, peak=1.0):
    """Compute the peak signal-to-noise ratio of a picture in decibels: the higher, the nearer to `truth`.

    Parameters
    ----------
    picture, truth : array_like, of one shape
    peak : number
        The largest value that a picture can have.

    Returns
    -------
    float
        ``10 * log10(peak**2 / mean((picture - truth)**2))``, and ``inf`` for pictures that are equal. Ten times the
        error, in every pixel, is 20 dB less.

    Raises
    ------
    ValueError
        If the shapes differ, there is no pixel, or `peak` is not positive.
    TypeError
        If a picture is not an array of numbers.

    References
    ----------
    Q. Huynh-Thu and M. Ghanbari, Scope of validity of PSNR in image/video quality assessment, 2008.

    Examples
    --------
    >>> psnr([0.1, 0.6], [0.0, 0.5])
    20.0
    >>> psnr([0.1, 0.6], [0.1, 0.6])
    inf
    """
    picture, truth = numeric_array("picture", picture), numeric_array("truth", truth)
    if picture.shape != truth.shape:
        raise ValueError(f"`picture` must have the shape of `truth`, {truth.shape}, got {picture.shape}")
    if not picture.size:
        raise ValueError(f"`picture` must have a pixel or more, got shape {picture.shape}")
    if not isinstance(peak, numbers.Real) or isinstance(peak, bool):
        raise TypeError(f"`peak` must be a number, got {short(peak)}")
    if not 0 < peak < math.inf:
        raise ValueError(f"`peak` must be positive and finite, got {short(peak)}")
    difference = picture.astype(np.result_type(picture, float)) - truth  # bytes would wrap around
    error = np.mean(np.abs(difference) ** 2)
    return float("inf") if error == 0 else 20 * math.log10(peak) - 10 * math.log10(error)


def bilinear_kernel(factor, axes=2):
    """Return the kernel with which a transposed convolution of stride `factor` interpolates linearly.

    Along each axis it is a tent: it falls in a straight line from its middle to zero, at a distance of `factor`. With
    ``padding=(kernel_size - factor) // 2`` the result is `factor` times as large, samples standing for the middles of
    their cells. Within about half a `factor` of its border it is too dark, as if the picture went on in black.

    Parameters
    ----------
    factor : int
        How many times larger the result is to be, 1 or more.
    axes : int
        Number of spatial axes, 1 or more.

    Returns
    -------
    ndarray of float64, shape (kernel_size,) * axes
        With ``kernel_size = 2 * factor - factor % 2``. Its sum is ``factor ** axes``.

    Raises
    ------
    ValueError
        If a number is below 1.
    TypeError
        If a number is not an int.

    References
    ----------
    J. Long, E. Shelhamer and T. Darrell, Fully convolutional networks for semantic segmentation, 2015, section 3.3;
    the sizes are those of Caffe's ``BilinearFiller``.

    Examples
    --------
    >>> bilinear_kernel(2, axes=1)
    array([0.25, 0.75, 0.75, 0.25])
    >>> bilinear_kernel(3, axes=1).round(2)
    array([0.33, 0.67, 1.  , 0.67, 0.33])
    >>> bilinear_kernel(2).shape, float(bilinear_kernel(2).sum())
    ((4, 4), 4.0)
    """
    factor, axes = as_int("factor", factor, minimum=1), as_int("axes", axes, minimum=1)
    require_axes(axes, "axes")
    kernel_size = 2 * factor - factor % 2
    require_reasonable((kernel_size,) * axes, "factor")
    middle = (kernel_size - 1) / 2
    tent = 1 - np.abs(np.arange(kernel_size) - middle) / factor
    kernel = tent
    for _ in range(axes - 1):
        kernel = kernel[..., None] * tent
    return kernel
