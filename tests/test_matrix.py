"""The matrix of a convolution: the convolution itself, written down."""

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
        (np.ones((3, 1, 1)), 2**40, {}, ValueError,
         "`input_size` asks for an array of shape (1099511627776, 1, 1), more than 68719476736 numbers"),
        (np.ones((3, 1, 1)), 5000, {}, ValueError,
         "`input_size` makes a dense matrix of shape (4998, 5000), more than 16777216 numbers; "
         "the sparse matrix has only the entries that count"),
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
