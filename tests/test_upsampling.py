"""The photograph, the mark and the bilinear kernel, against definitions that others have published."""

import math

import matplotlib.cbook
import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from helpers import exact
from transpose_conv import conv_transpose
from transpose_conv.upsampling import bilinear_kernel, photograph, psnr


def test_the_photograph_is_weighted_by_luminance():
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file, PIL.Image.open(file) as picture:
        red, green, blue = np.moveaxis(np.asarray(picture, float), -1, 0)
    photo = photograph()
    assert photo.dtype == np.float64
    assert photo.shape == (600, 512)
    assert 0 <= photo.min() < 0.1 < 0.9 < photo.max() <= 1
    assert np.allclose(255 * photo, 0.299 * red + 0.587 * green + 0.114 * blue, rtol=0, atol=1e-9)


def test_psnr_is_the_definition_pixel_by_pixel():
    rng = np.random.default_rng(1)
    picture, truth = rng.random((2, 3, 4))
    error = sum((picture[p] - truth[p]) ** 2 for p in np.ndindex(3, 4)) / 12
    assert math.isclose(psnr(picture, truth), -10 * math.log10(error))
    assert math.isclose(psnr(picture, truth, peak=2), -10 * math.log10(error / 4))


def test_psnr_of_bytes_does_not_wrap_around():
    picture, truth = np.full((2, 2), 10, np.uint8), np.full((2, 2), 110, np.uint8)
    assert psnr(picture, truth, peak=1000) == psnr(truth, picture, peak=1000) == 20


def test_psnr_of_equal_pictures_is_infinite():
    assert psnr(np.ones((2, 3)), np.ones((2, 3))) == math.inf


@pytest.mark.parametrize(
    ("picture", "truth", "peak", "text"),
    [
        (np.ones((2, 3)), np.ones((3, 2)), 1, "`picture` must have the shape of `truth`, (3, 2), got (2, 3)"),
        (np.ones((1, 3)), np.ones((2, 3)), 1, "`picture` must have the shape of `truth`, (2, 3), got (1, 3)"),
        (np.ones((0, 3)), np.ones((0, 3)), 1, "`picture` must have a pixel or more, got shape (0, 3)"),
        (np.ones(3), np.ones(3), 0, "`peak` must be positive and finite, got 0"),
        (np.ones(3), np.ones(3), math.nan, "`peak` must be positive and finite, got nan"),
        (np.ones(3), np.ones(3), math.inf, "`peak` must be positive and finite, got inf"),
    ],
)
def test_what_psnr_refuses(picture, truth, peak, text):
    with pytest.raises(ValueError, match=exact(text)):
        psnr(picture, truth, peak)


@pytest.mark.parametrize("peak", ["1", True, None])
def test_psnr_wants_a_number_for_the_peak(peak):
    with pytest.raises(TypeError, match=exact(f"`peak` must be a number, got {peak!r}")):
        psnr([1.0], [1.0], peak)


def test_psnr_wants_numbers():
    with pytest.raises(TypeError, match="`truth` must hold ints, floats or complex numbers"):
        psnr([1], ["white"])


def caffe(size):
    """One axis of the bilinear filler of Caffe, as written there: f = ceil(size / 2), c = (2f - 1 - f % 2) / 2f."""
    f = math.ceil(size / 2)
    c = (2 * f - 1 - f % 2) / (2 * f)
    return np.array([1 - abs(position / f - c) for position in range(size)])


@pytest.mark.parametrize("factor", range(1, 9))
def test_the_kernel_is_that_of_caffe(factor):
    # Caffe's c is the middle only where f % 2 equals size % 2, which its own sizes, 2f - f % 2, make sure of.
    line = caffe(2 * factor - factor % 2)
    assert np.allclose(bilinear_kernel(factor, axes=1), line, rtol=0, atol=1e-15)
    assert np.allclose(bilinear_kernel(factor), np.outer(line, line), rtol=0, atol=1e-15)


def test_the_kernel_has_an_axis_for_each_axis():
    kernel = bilinear_kernel(3, axes=3)
    assert kernel.shape == (5, 5, 5)
    assert np.isclose(kernel[0, 1, 2], 1 / 3 * 2 / 3 * 1)


def stamped(picture, factor, cut):
    kernel = bilinear_kernel(factor)
    cut += (len(kernel) - factor) // 2
    return conv_transpose(picture[None, ..., None], kernel[..., None, None], stride=factor, padding=cut)[0, ..., 0]


@pytest.mark.parametrize("factor", [1, 2, 3, 4, 5])
def test_it_is_the_resizing_of_tensorflow_once_the_edge_is_repeated(factor):
    picture = np.random.default_rng(factor).random((4, 6))
    theirs = tf.image.resize(picture[..., None], (4 * factor, 6 * factor), "bilinear").numpy()[..., 0]
    ours = stamped(np.pad(picture, 1, mode="edge"), factor, cut=factor)
    assert np.allclose(ours, theirs, rtol=0, atol=1e-6)  # theirs is float32


@pytest.mark.parametrize("factor", [2, 3, 4, 5])
def test_without_that_it_is_too_dark_in_the_outer_half_factor_and_right_inside(factor):
    width = factor // 2
    result = stamped(np.ones((4, 6)), factor, cut=0)
    assert result.shape == (4 * factor, 6 * factor)
    inside = result[width:-width, width:-width]
    assert np.allclose(inside, 1, rtol=0, atol=1e-12)
    assert (result < 0.99).sum() == result.size - inside.size


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((0,), ValueError, "`factor` must be at least 1, got 0"),
        ((2, 0), ValueError, "`axes` must be at least 1, got 0"),
        ((2.0,), TypeError, "`factor` must be an int, got 2.0"),
    ],
)
def test_what_the_kernel_refuses(arguments, error, text):
    with pytest.raises(error, match=exact(text)):
        bilinear_kernel(*arguments)
