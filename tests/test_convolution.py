"""The forward convolution, against nested loops and SciPy; and the errors that both operators share."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given

import oracles
from helpers import exact, strewn
from strategies import cases
from transpose_conv import conv, conv_transpose
from transpose_conv.convolution import Axis, meeting, stamp

INTS = np.arange


@given(cases())
def test_conv_equals_the_definition(case):
    expected = oracles.conv(case.x_large, case.kernel, case.stride, case.pads, case.dilation, case.groups)
    result = conv(case.x_large, case.kernel, **case.options)
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)


@given(cases(axes=(1, 2), min_batch=1))
def test_nan_and_infinity_affect_the_placements_that_read_them_and_no_others(case):
    x, kernel = strewn(case.x_large, case.seed), strewn(case.kernel, case.seed + 1)
    with np.errstate(invalid="ignore"):
        expected = oracles.conv(x, kernel, case.stride, case.pads, case.dilation, case.groups)
    np.testing.assert_array_equal(conv(x, kernel, **case.options), expected)


@pytest.mark.parametrize(("size", "kernel_size"), [((9,), (4,)), ((7, 6), (3, 2)), ((5, 4, 6), (2, 3, 4))])
def test_stride_one_is_the_correlation_of_scipy(size, kernel_size):
    rng = np.random.default_rng(7)
    x, kernel = rng.integers(-9, 10, size), rng.integers(-9, 10, kernel_size)
    result = conv(x[None, ..., None], kernel[..., None, None])
    np.testing.assert_array_equal(result[0, ..., 0], oracles.correlate(x, kernel))


def test_the_kernel_is_not_flipped():
    x = np.array([0, 0, 1, 0, 0]).reshape(1, 5, 1)
    kernel = np.array([1, 2, 3]).reshape(3, 1, 1)
    assert conv(x, kernel).ravel().tolist() == [3, 2, 1]


ONE_IMAGE, ONE_KERNEL = INTS(2 * 5 * 6 * 4).reshape(2, 5, 6, 4), INTS(2 * 3 * 4 * 4).reshape(2, 3, 4, 4)


@pytest.mark.parametrize("operator", [conv, conv_transpose])
@pytest.mark.parametrize(
    ("x", "kernel", "options", "error", "text"),
    [
        ([[1, 2], [3]], ONE_KERNEL, {}, TypeError, "`x` must be a rectangular array of numbers, got [[1, 2], [3]]"),
        ("an image", ONE_KERNEL, {}, TypeError, "`x` must hold ints, floats or complex numbers, got dtype <U8"),
        (ONE_IMAGE > 3, ONE_KERNEL, {}, TypeError, "`x` must hold ints, floats or complex numbers, got dtype bool"),
        (ONE_IMAGE, None, {}, TypeError, "`kernel` must hold ints, floats or complex numbers, got dtype object"),
        (np.ma.masked_equal(ONE_IMAGE, 3), ONE_KERNEL, {}, TypeError,
         "`x` is a masked array, and a convolution has no rule for masked entries: fill them first"),
        (ONE_IMAGE[0, 0], ONE_KERNEL, {}, ValueError,
         "`x` must have shape (batch, *spatial, channels) with at least one spatial axis, got (6, 4)"),
        (ONE_IMAGE, ONE_KERNEL[0], {}, ValueError,
         "`kernel` must have 4 axes, as `x` has: 2 spatial and two of channels, got shape (3, 4, 4)"),
        (ONE_IMAGE[:, :0], ONE_KERNEL, {}, ValueError, "`x` must not be empty, except in its batch, got shape (2, 0, 6, 4)"),
        (ONE_IMAGE, ONE_KERNEL[:0], {}, ValueError, "`kernel` must not be empty, got shape (0, 3, 4, 4)"),
        (ONE_IMAGE, ONE_KERNEL, {"groups": 0}, ValueError, "`groups` must be at least 1, got 0"),
        (ONE_IMAGE, ONE_KERNEL, {"groups": 3}, ValueError, "`groups` must divide the 4 channels of `x`, got 3"),
        (ONE_IMAGE, ONE_KERNEL[..., :3], {"groups": 2}, ValueError,
         "`groups` must divide the last axis of `kernel`, which is 3, got 2"),
        (ONE_IMAGE, ONE_KERNEL, {"groups": 1.0}, TypeError, "`groups` must be an int, got 1.0"),
        (ONE_IMAGE, ONE_KERNEL, {"stride": 0}, ValueError, "`stride` must be at least 1, got 0"),
        (ONE_IMAGE, ONE_KERNEL, {"stride": (1, 0)}, ValueError, "`stride` on axis 1 must be at least 1, got 0"),
        (ONE_IMAGE, ONE_KERNEL, {"stride": (1, 2, 1)}, ValueError,
         "`stride` must be an int or one int for each of the 2 axes, got 3: (1, 2, 1)"),
        (ONE_IMAGE, ONE_KERNEL, {"stride": 2.0}, TypeError, "`stride` must be an int or one int per axis, got 2.0"),
        (ONE_IMAGE, ONE_KERNEL, {"stride": "22"}, TypeError, "`stride` must be an int or one int per axis, got '22'"),
        (ONE_IMAGE, ONE_KERNEL, {"dilation": (1, True)}, TypeError, "`dilation` on axis 1 must be an int, got True"),
        (ONE_IMAGE, ONE_KERNEL, {"dilation": None}, TypeError, "`dilation` must be an int or one int per axis, got None"),
        (ONE_IMAGE, ONE_KERNEL, {"padding": "full"}, ValueError,
         "`padding` must be 'valid' or 'same' where it is a string, got 'full'"),
        (ONE_IMAGE, ONE_KERNEL, {"padding": (1, 1)}, TypeError,
         "`padding` must be 'valid', 'same', an int, or one (before, after) pair for each of the 2 axes, got (1, 1)"),
        (ONE_IMAGE, ONE_KERNEL, {"padding": ((1, 1),)}, ValueError,
         "`padding` must be 'valid', 'same', an int, or one (before, after) pair for each of the 2 axes, got 1: ((1, 1),)"),
        (ONE_IMAGE, ONE_KERNEL, {"padding": ((1, 1), (0, -1))}, ValueError,
         "`padding` on axis 1 must be at least 0, got -1"),
        (ONE_IMAGE, ONE_KERNEL, {"padding": ((1, 1), (0, 1, 2))}, ValueError,
         "`padding` on axis 1 must be a pair (before, after), got 3: (0, 1, 2)"),
    ],
)  # fmt: skip
def test_bad_arguments_are_refused_by_both_operators(operator, x, kernel, options, error, text):
    with pytest.raises(error, match=exact(text)):
        operator(x, kernel, **options)


@pytest.mark.parametrize(
    ("x", "kernel", "groups", "text"),
    [
        (ONE_IMAGE, ONE_KERNEL[:, :, :3], 1,
         "`x` has 4 channels, but a `kernel` of shape (2, 3, 3, 4) with groups=1 takes 3"),
        (ONE_IMAGE[0], INTS(2 * 3 * 8).reshape(2, 3, 8), 2,
         "`x` has 4 channels, but a `kernel` of shape (2, 3, 8) with groups=2 takes 6"),
    ],
)  # fmt: skip
def test_channels_that_do_not_match_are_refused(x, kernel, groups, text):
    with pytest.raises(ValueError, match=exact(text)):
        conv(x, kernel, groups=groups)


def test_a_kernel_of_too_many_output_channels_is_named_and_not_the_batch():
    x, kernel = np.broadcast_to(1, (2, 2**14, 1)), np.broadcast_to(1, (1, 1, 2**15))
    text = "`kernel` asks for an array of shape (2, 16384, 32768), more than 268435456 numbers"
    with pytest.raises(ValueError, match=exact(text)):
        conv(x, kernel)


def test_a_kernel_larger_than_the_input_is_refused_with_its_axis():
    text = (
        "`kernel` of size 3 on axis 1 does not fit: with stride=1, padding='valid', dilation=3 "
        "it reaches over 7 samples, and input_size 6 with its padding has 6"
    )
    with pytest.raises(ValueError, match=exact(text)):
        conv(ONE_IMAGE, ONE_KERNEL, dilation=(1, 3))


@pytest.mark.parametrize("operator", [conv, conv_transpose])
def test_inputs_are_read_only_and_may_lie_anyhow_in_memory(operator):
    x, kernel = ONE_IMAGE[::-1, ::-1, :, ::-1], np.asfortranarray(ONE_KERNEL)
    x.flags.writeable = kernel.flags.writeable = False
    before = x.copy(), kernel.copy()
    expected = operator(np.ascontiguousarray(x), np.ascontiguousarray(kernel), stride=2)
    np.testing.assert_array_equal(operator(x, kernel, stride=2), expected)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(kernel, before[1])


@pytest.mark.parametrize("operator", [conv, conv_transpose])
def test_the_result_does_not_share_memory_with_the_input(operator):
    x, kernel = np.ones((1, 4, 1)), np.ones((1, 1, 1))
    result = operator(x, kernel)
    result[:] = 5
    assert x.max() == 1


@pytest.mark.parametrize(
    ("operator", "x_shape", "kernel_shape", "options"),
    [
        (conv, (1, 1, 1), (64, 1, 2**14), {"padding": 63}),
        (conv_transpose, (32, 2**9, 1), (4, 64, 1), {"stride": 4}),
    ],
)
def test_the_result_of_one_group_is_not_copied(operator, x_shape, kernel_shape, options):
    """Of both, the products at one time are at most a quarter of the result."""
    x, kernel = np.ones(x_shape, np.int8), np.ones(kernel_shape, np.int8)
    operator(x, kernel, **options)  # what NumPy loads the first time is not counted
    tracemalloc.start()
    result = operator(x, kernel, **options)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.nbytes >= 2**20
    assert peak < 1.5 * result.nbytes


@pytest.mark.parametrize("step", [meeting, stamp])
@pytest.mark.parametrize(("index", "than_it"), [((0,), "longer"), ((0, 0, 0), "shorter")])
def test_an_index_that_is_not_one_int_for_each_axis_is_refused(step, index, than_it):
    axis = Axis(large=5, small=2, kernel_size=3, stride=2, dilation=1, before=0)
    with pytest.raises(ValueError, match=exact(f"zip() argument 2 is {than_it} than argument 1")):
        step(index, [axis, axis])


@pytest.mark.parametrize("operator", [conv, conv_transpose])
@pytest.mark.parametrize(
    ("of_x", "of_kernel"),
    [("int8", "int8"), ("uint8", "int8"), ("int64", "float32"), ("float16", "float16"), ("float32", "complex64")],
)
def test_the_dtype_is_numpys_promotion(operator, of_x, of_kernel):
    x, kernel = np.ones((1, 3, 1), of_x), np.ones((2, 1, 1), of_kernel)
    result = operator(x, kernel, stride=2, groups=1)
    assert result.dtype == np.promote_types(of_x, of_kernel)


@pytest.mark.parametrize("operator", [conv, conv_transpose])
def test_lists_are_arrays(operator):
    x, kernel = [[[1], [2], [3]]], [[[10]], [[1]]]
    np.testing.assert_array_equal(operator(x, kernel), operator(np.array(x), np.array(kernel)))
