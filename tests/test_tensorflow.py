"""The package against TensorFlow itself, in float64 on integers: equal to the last bit."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given

from strategies import cases
from transpose_conv import conv, conv_output_size, conv_transpose, conv_transpose_output_sizes

TRANSPOSES = {1: tf.nn.conv1d_transpose, 2: tf.nn.conv2d_transpose, 3: tf.nn.conv3d_transpose}
GRID = list(itertools.product(range(1, 5), range(1, 6), range(1, 5), ["VALID", "SAME"]))


def operands(i, k, *, channels=(2, 3)):
    """One axis of integers: an input, a kernel (k, out, in), both in float64."""
    out_channels, in_channels = channels
    rng = np.random.default_rng((i, k))
    return rng.integers(-9, 10, (2, i, in_channels)) * 1.0, rng.integers(-9, 10, (k, out_channels, in_channels)) * 1.0


@pytest.mark.parametrize("padding", ["VALID", "SAME"])
def test_every_legal_size_of_a_grid_has_tensorflows_values(padding):
    compared = 0
    for i, k, s, pad in GRID:
        x, kernel = operands(i, k)
        for n in conv_transpose_output_sizes(i, k, stride=s, padding=pad) if pad == padding else ():
            theirs = tf.nn.conv1d_transpose(x, kernel, (2, n, 2), s, padding=pad)
            np.testing.assert_array_equal(conv_transpose(x, kernel, stride=s, padding=pad, output_size=n), theirs)
            compared += 1
    assert compared == 200  # 4 input sizes, 5 kernel sizes, and 1 + 2 + 3 + 4 sizes


@pytest.mark.parametrize("padding", ["VALID", "SAME"])
def test_tensorflow_refuses_every_other_size(padding):
    for i, k, s, pad in GRID:
        legal = conv_transpose_output_sizes(i, k, stride=s, padding=pad)
        x, kernel = operands(i, k)
        for n in range(1, legal[-1] + 3) if pad == padding else ():
            if n not in legal:
                with pytest.raises(tf.errors.InvalidArgumentError):
                    tf.nn.conv1d_transpose(x, kernel, (2, n, 2), s, padding=pad)


def test_forward_sizes_and_values_are_tensorflows():
    for n, k, s, pad in itertools.product(range(5, 12), range(1, 6), range(1, 5), ["VALID", "SAME"]):
        x, kernel = operands(n, k, channels=(3, 3))
        theirs = tf.nn.conv1d(x, kernel, s, padding=pad)
        assert conv_output_size(n, k, stride=s, padding=pad) == theirs.shape[1]
        np.testing.assert_array_equal(conv(x, kernel, stride=s, padding=pad), theirs)


@given(cases(paddings=("valid", "same"), max_dilation=1, max_groups=1, min_batch=1))
def test_any_number_of_axes_equals_tensorflow(case):
    kernel, channels, n_axes = case.kernel * 1.0, case.out_per_group, len(case.small)
    theirs = TRANSPOSES[n_axes](
        case.x_small * 1.0, kernel, (case.batch, *case.large, channels), case.stride, padding=case.padding.upper()
    )
    ours = conv_transpose(case.x_small, case.kernel, output_size=case.large, **case.options)
    np.testing.assert_array_equal(ours, theirs)


@given(cases(axes=(2,), max_dilation=1, max_groups=1, min_batch=1))
def test_with_padding_by_pairs_it_is_the_gradient_of_tensorflows_convolution(case):
    pads = "SAME" if case.padding == "SAME" else [[0, 0], *map(list, case.pads), [0, 0]]
    x = tf.Variable(case.x_large * 1.0)
    with tf.GradientTape() as tape:
        y = tf.nn.conv2d(x, case.kernel * 1.0, case.stride, pads)
    np.testing.assert_array_equal(conv(case.x_large, case.kernel, **case.options), y)
    theirs = tape.gradient(y, x, output_gradients=tf.constant(case.x_small * 1.0))
    ours = conv_transpose(case.x_small, case.kernel, output_size=case.large, **case.options)
    np.testing.assert_array_equal(ours, theirs)


@given(cases(axes=(2,), paddings=("valid", "same"), max_groups=1, min_batch=1))
def test_dilation_together_with_stride_is_tensorflows_in_the_forward_direction(case):
    theirs = tf.nn.conv2d(
        case.x_large * 1.0, case.kernel * 1.0, case.stride, case.padding.upper(), dilations=case.dilation
    )
    np.testing.assert_array_equal(conv(case.x_large, case.kernel, **case.options), theirs)
