"""The matrix of a convolution: the convolution itself, written down."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given

import oracles
from helpers import exact
from strategies import cases
from transpose_conv import conv_matrix


@given(cases(min_batch=1))
def test_the_matrix_times_the_input_is_the_convolution(case):
    C = conv_matrix(case.kernel, case.large, **case.options)
    expected = oracles.conv(case.x_large, case.kernel, case.stride, case.pads, case.dilation, case.groups)
    assert C.dtype == case.kernel.dtype
    for image, result in zip(case.x_large, expected, strict=True):
        np.testing.assert_array_equal(C @ image.ravel(), result.ravel())


def test_its_columns_are_what_the_convolution_makes_of_unit_vectors():
    kernel = np.arange(1, 13).reshape(2, 3, 1, 2)
    C = conv_matrix(kernel, (3, 4), stride=(1, 2), padding="same")
    unit = np.eye(12, dtype=int).reshape(12, 3, 4, 1)
    columns = oracles.conv(unit, kernel, (1, 2), ((0, 1), (0, 1)), (1, 1), 1)
    np.testing.assert_array_equal(C.T, columns.reshape(12, -1))


@pytest.mark.parametrize(
    ("kernel", "input_size", "options", "error", "text"),
    [
        (np.ones((3, 1)), 5, {}, ValueError,
         "`kernel` must have shape (*kernel_size, in_channels / groups, out_channels), got (3, 1)"),
        (np.ones((3, 1, 1)), (5, 5), {}, ValueError,
         "`input_size` must be an int or one int for each of the 1 axes, got 2: (5, 5)"),
        (np.ones((3, 1, 1)), 0, {}, ValueError, "`input_size` must be at least 1, got 0"),
        (np.ones((3, 2, 5)), 2**40, {}, ValueError,
         "`input_size` asks for an array of shape (1099511627776, 2, 1), more than 268435456 numbers"),
        (np.ones((3, 1, 1)), 2**40, {"groups": 0}, ValueError, "`groups` must be at least 1, got 0"),
        (np.ones((3, 1, 1)), 1, {"padding": 2**27 + 1}, ValueError,
         "`padding` asks for an array of shape (1, 268435457, 1), more than 268435456 numbers"),
        (np.ones((3, 2, 9)), 600, {"groups": 3}, ValueError,
         "`input_size` makes a dense matrix of shape (5382, 3600), more than 16777216 numbers; "
         "neither conv nor conv_transpose needs it"),
        (np.ones((3, 1, 1)), 5000, {}, ValueError,
         "`input_size` makes a dense matrix of shape (4998, 5000), more than 16777216 numbers; "
         "neither conv nor conv_transpose needs it"),
        (np.ones((3, 1, 1)), 2, {}, ValueError,
         "`kernel` of size 3 on axis 0 does not fit: with stride=1, padding='valid', dilation=1 "
         "it reaches over 3 samples, and input_size 2 with its padding has 2"),
        (np.ones((3, 1, 1)), 5, {"groups": 2}, ValueError,
         "`groups` must divide the last axis of `kernel`, which is 1, got 2"),
        (np.ones((3, 0, 1)), 5, {}, ValueError, "`kernel` must not be empty, got shape (3, 0, 1)"),
        (np.ones((3, 1, 1)), None, {}, TypeError, "`input_size` must be an int or one int per axis, got None"),
    ],
)  # fmt: skip
def test_what_has_no_matrix_is_refused(kernel, input_size, options, error, text):
    with pytest.raises(error, match=exact(text)):
        conv_matrix(kernel, input_size, **options)


def test_a_matrix_of_two_to_the_24_numbers_is_the_largest():
    kernel = np.ones((1, 1, 1), np.int8)
    assert conv_matrix(kernel, 2**12).shape == (2**12, 2**12)
    with pytest.raises(ValueError, match=r"^`input_size` makes a dense matrix of shape \(4097, 4097\), more than "):
        conv_matrix(kernel, 2**12 + 1)


def test_making_a_matrix_takes_no_more_than_its_entries():
    """Of a kernel of 20000 entries that lies on padding but for one, nothing is listed but that one."""
    tracemalloc.start()
    C = conv_matrix(np.arange(20000).reshape(-1, 1, 1), 1, padding=10**4)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert C.ravel().tolist() == [10000, 9999]
    assert peak < 10**6


def test_same_with_a_huge_dilation_is_arithmetic_of_python_ints():
    C = conv_matrix(np.arange(5).reshape(5, 1, 1), 3, padding="same", dilation=2**62)
    np.testing.assert_array_equal(C, 2 * np.eye(3))
