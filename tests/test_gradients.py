"""The gradients: by the adjoint identity, by finite differences, and by TensorFlow's GradientTape."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import assume, given, settings

from helpers import conv3d_misreads, exact
from strategies import cases
from transpose_conv import conv, conv_gradients, conv_transpose, conv_transpose_gradients


def operators(case):
    """The two operators at the geometry of a case: function, its gradients, input, kernel, and a gradient from above."""

    def transpose(x, kernel):
        return conv_transpose(x, kernel, output_size=case.large, **case.options)

    yield transpose, conv_transpose_gradients, case.x_small, case.kernel, case.x_large
    yield lambda x, kernel: conv(x, kernel, **case.options), conv_gradients, case.x_large, case.kernel, case.x_small


@given(cases())
def test_adjoint_identity_in_both_arguments(case):
    """Each operator is linear in x and in the kernel: <J v, w> = <v, J' w>, exactly on integers."""
    for operator, gradients, x, kernel, w in operators(case):
        to_x, to_kernel = gradients(x, kernel, w, **case.options)
        assert (to_x.shape, to_kernel.shape) == (x.shape, kernel.shape)
        v, u = case.draw(*x.shape, 1)[..., 0], case.draw(*kernel.shape, 1)[..., 0]
        assert np.vdot(operator(v, kernel), w) == np.vdot(v, to_x)
        assert np.vdot(operator(x, u), w) == np.vdot(u, to_kernel)


def test_without_options_the_kernel_moves_sample_by_sample():
    short, long, kernel = np.array([1, 2]).reshape(1, 2, 1), np.arange(1, 5).reshape(1, 4, 1), np.array([100, 10, 1])
    to_x, to_kernel = conv_gradients(long, kernel.reshape(3, 1, 1), short)
    assert (to_x.ravel().tolist(), to_kernel.ravel().tolist()) == ([100, 210, 21, 2], [5, 8, 11])
    to_x, to_kernel = conv_transpose_gradients(short, kernel.reshape(3, 1, 1), long)
    assert (to_x.ravel().tolist(), to_kernel.ravel().tolist()) == ([123, 234], [5, 8, 11])


def finite_difference_errors(case):
    """The largest relative error of a central difference in each number of `x` and `kernel`, for both operators."""
    h = 2.0**-8  # exact in binary; the function is linear along each direction, so only rounding is left
    for operator, gradients, x, kernel, w in operators(case):
        arrays = [x / 7, kernel / 7]
        for which, gradient in enumerate(gradients(*arrays, w, **case.options)):
            for index in np.ndindex(gradient.shape):
                step = np.zeros(gradient.shape)
                step[index] = h
                up, down = ([a + sign * step if j == which else a for j, a in enumerate(arrays)] for sign in (1, -1))
                difference = np.sum((operator(*up) - operator(*down)) * w) / (2 * h)
                yield abs(difference - gradient[index]) / max(1, abs(gradient[index]))


@given(cases(axes=(1,), min_batch=1))
@settings(max_examples=100)
def test_finite_differences_of_one_axis(case):
    assert max(finite_difference_errors(case), default=0) < 1e-10


def test_finite_differences_of_two_and_three_axes():
    rng = np.random.default_rng(3)
    for n_axes, large in [(2, (6, 5)), (3, (5, 4, 3))]:
        stride, pad = (2, 3, 1)[:n_axes], ((0, 1), (1, 1), (0, 0))[:n_axes]
        options = {"stride": stride, "padding": pad, "dilation": (1, 2, 1)[:n_axes], "groups": 2}
        y, kernel = rng.normal(size=(2, *large, 4)), rng.normal(size=(*(2, 2, 3)[:n_axes], 2, 6))
        w = rng.normal(size=conv(y, kernel, **options).shape)
        to_x, to_kernel = conv_gradients(y, kernel, w, **options)
        for array, gradient in [(y, to_x), (kernel, to_kernel)]:
            for index in list(np.ndindex(gradient.shape))[::7]:
                kept = array[index]
                values = []
                for h in (2.0**-8, -(2.0**-8)):
                    array[index] = kept + h
                    values.append(np.sum(conv(y, kernel, **options) * w))
                array[index] = kept
                np.testing.assert_allclose((values[0] - values[1]) / 2.0**-7, gradient[index], rtol=1e-9, atol=1e-9)


@given(cases(axes=(2,), max_dilation=1, max_groups=1, min_batch=1))
def test_conv_gradients_are_gradient_tapes(case):
    pads = "SAME" if case.padding == "SAME" else [[0, 0], *map(list, case.pads), [0, 0]]
    x, kernel = tf.constant(case.x_large * 1.0), tf.constant(case.kernel * 1.0)
    with tf.GradientTape() as tape:
        tape.watch([x, kernel])
        y = tf.nn.conv2d(x, kernel, case.stride, pads)
    theirs = tape.gradient(y, [x, kernel], output_gradients=tf.constant(case.x_small * 1.0))
    for ours, wanted in zip(
        conv_gradients(case.x_large, case.kernel, case.x_small, **case.options), theirs, strict=True
    ):
        np.testing.assert_array_equal(ours, wanted)


@given(cases(paddings=("valid", "same"), max_dilation=1, max_groups=1, min_batch=1))
def test_conv_transpose_gradients_are_gradient_tapes(case):
    assume(not conv3d_misreads(case.padding, case.large, case.kernel_size, case.stride))
    transposed = {1: tf.nn.conv1d_transpose, 2: tf.nn.conv2d_transpose, 3: tf.nn.conv3d_transpose}[len(case.large)]
    x, kernel = tf.constant(case.x_small * 1.0), tf.constant(case.kernel * 1.0)
    with tf.GradientTape() as tape:
        tape.watch([x, kernel])
        y = transposed(x, kernel, case.x_large.shape, case.stride, padding=case.padding.upper())
    theirs = tape.gradient(y, [x, kernel], output_gradients=tf.constant(case.x_large * 1.0))
    ours = conv_transpose_gradients(case.x_small, case.kernel, case.x_large, **case.options)
    for one, wanted in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, wanted)


def test_an_infinity_has_an_effect_on_what_it_meets_only():
    x, kernel = np.array([1, np.inf]).reshape(1, 2, 1), np.array([1.0, 2, 3]).reshape(3, 1, 1)
    w = np.array([1.0, 1, 0, 1, 1, 5]).reshape(1, 6, 1)
    to_x, to_kernel = conv_transpose_gradients(x, kernel, w, stride=2)
    assert to_x.ravel().tolist() == [3, 5]
    np.testing.assert_array_equal(to_kernel.ravel(), [np.nan, np.inf, np.inf])


def test_a_size_beyond_the_legal_ones_has_a_gradient_too():
    """Where `output_padding` reaches to the dilation, as in PyTorch."""
    x, kernel = np.array([1, 10]).reshape(1, 2, 1), np.array([1, 2, 3]).reshape(3, 1, 1)
    y = conv_transpose(x, kernel, dilation=3, output_padding=2)
    to_x, to_kernel = conv_transpose_gradients(x, kernel, np.arange(y.size).reshape(y.shape), dilation=3)
    assert to_x.ravel().tolist() == [0 + 6 + 18, 1 + 8 + 21]
    assert to_kernel.ravel().tolist() == [0 + 10, 3 + 40, 6 + 70]
    with pytest.raises(ValueError, match="not reachable"):
        conv_transpose_gradients(x, kernel, np.ones((1, 11, 1)), dilation=3)


X, KERNEL = np.ones((1, 2, 3)), np.ones((3, 2, 3))


@pytest.mark.parametrize(
    ("gradients", "x", "shape", "text"),
    [
        (conv_gradients, np.ones((1, 5, 2)), (1, 3, 3),
         "`output_gradient` must have the shape of the result, (1, 2, 3), got (1, 3, 3)"),
        (conv_transpose_gradients, X, (1, 7, 2),
         "`output_gradient.shape[1:-1]` 7 on axis 0 is not reachable: "
         "a convolution with kernel_size=3, stride=2, padding='valid' takes 5 to 6 to input_size 2"),
        (conv_transpose_gradients, X, (1, 5, 3),
         "`output_gradient` must have the shape of the result, (1, 5, 2), got (1, 5, 3)"),
        (conv_transpose_gradients, X, (2, 5, 2),
         "`output_gradient` must have the shape of the result, (1, 5, 2), got (2, 5, 2)"),
        (conv_transpose_gradients, X, (1, 5, 5, 2),
         "`output_gradient` must have 3 axes, as `x` has, got shape (1, 5, 5, 2)"),
    ],
)  # fmt: skip
def test_a_gradient_of_another_shape_is_refused(gradients, x, shape, text):
    with pytest.raises(ValueError, match=exact(text)):
        gradients(x, KERNEL, np.ones(shape), stride=2)


def test_x_is_named_where_it_is_no_array():
    with pytest.raises(TypeError, match=exact("`x` must be a rectangular array of numbers, got [[1, 2], [3]]")):
        conv_transpose_gradients([[1, 2], [3]], KERNEL, np.ones((1, 5, 2)))


@pytest.mark.parametrize("gradients", [conv_gradients, conv_transpose_gradients])
def test_a_gradient_that_is_no_array_is_refused(gradients):
    text = "`output_gradient` must hold ints, floats or complex numbers, got dtype object"
    with pytest.raises(TypeError, match=exact(text)):
        gradients(np.ones((1, 5, 2)), KERNEL[..., :2], None)
