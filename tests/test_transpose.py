"""The transposed convolution: the definition, the adjoint identity, and every legal size."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given

import oracles
from helpers import exact
from strategies import cases
from transpose_conv import conv, conv_transpose, conv_transpose_output_sizes, coverage_count, output_padding_for

IMAGE = np.array([[4, 5], [8, 9]]).reshape(1, 2, 2, 1)
KERNEL = np.arange(1, 10).reshape(3, 3, 1, 1)


@given(cases())
def test_conv_transpose_equals_the_definition(case):
    expected = oracles.conv_transpose(
        case.x_small, case.kernel, case.stride, case.pads, case.dilation, case.groups, case.large
    )
    result = conv_transpose(case.x_small, case.kernel, output_size=case.large, **case.options)
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)


@given(cases())
def test_adjoint_identity(case):
    left = np.vdot(conv(case.x_large, case.kernel, **case.options), case.x_small)
    right = np.vdot(case.x_large, conv_transpose(case.x_small, case.kernel, output_size=case.large, **case.options))
    assert left == right


@given(cases())
def test_output_padding_chooses_among_the_same_sizes(case):
    offsets = [
        output_padding_for(n, i, k, stride=s, padding="same" if case.padding == "SAME" else pad, dilation=d)
        for n, i, k, s, pad, d in zip(
            case.large, case.small, case.kernel_size, case.stride, case.pads, case.dilation, strict=True
        )
    ]
    np.testing.assert_array_equal(
        conv_transpose(case.x_small, case.kernel, output_padding=offsets, **case.options),
        conv_transpose(case.x_small, case.kernel, output_size=case.large, **case.options),
    )


@given(cases())
def test_the_default_is_the_smallest_size_and_for_same_the_largest(case):
    result = conv_transpose(case.x_small, case.kernel, **case.options)
    place = -1 if case.padding == "SAME" else 0
    expected = tuple(
        conv_transpose_output_sizes(i, k, stride=s, padding="same" if case.padding == "SAME" else pad, dilation=d)[
            place
        ]
        for i, k, s, pad, d in zip(case.small, case.kernel_size, case.stride, case.pads, case.dilation, strict=True)
    )
    assert result.shape == (case.batch, *expected, case.out_per_group * case.groups)


@pytest.mark.parametrize("stride", [1, 2, 3, 5])
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4])
def test_one_axis_is_upsampling_and_filtering(stride, kernel_size):
    rng = np.random.default_rng(11)
    x, kernel = rng.integers(-9, 10, 6), rng.integers(-9, 10, kernel_size)
    result = conv_transpose(x[None, :, None], kernel[:, None, None], stride=stride)
    np.testing.assert_array_equal(result.ravel(), oracles.upfirdn_transpose(x, kernel, stride))


def test_the_sixth_row_and_column_are_zeros():
    five, six = (conv_transpose(IMAGE, KERNEL, stride=2, output_size=n)[0, ..., 0] for n in (5, 6))
    np.testing.assert_array_equal(six[:5, :5], five)
    assert not six[5].any() and not six[:, 5].any()


def test_same_cuts_the_end_and_padding_cuts_both_sides():
    x, kernel = np.array([1, 10]).reshape(1, 2, 1), np.array([1, 2, 3]).reshape(3, 1, 1)
    full = [1, 2, 13, 20, 30]
    assert conv_transpose(x, kernel, stride=2).ravel().tolist() == full
    assert conv_transpose(x, kernel, stride=2, padding="same").ravel().tolist() == full[:4]
    assert conv_transpose(x, kernel, stride=2, padding=1, output_padding=1).ravel().tolist() == full[1:]


def test_sizes_may_differ_from_axis_to_axis():
    assert conv_transpose(IMAGE, KERNEL, stride=(2, 3), output_size=(6, 8)).shape == (1, 6, 8, 1)
    assert conv_transpose(IMAGE, KERNEL, stride=(2, 3), output_padding=(1, 2)).shape == (1, 6, 8, 1)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"output_size": 7}, ValueError,
         "`output_size` 7 on axis 0 is not reachable: "
         "a convolution with kernel_size=3, stride=2, padding='valid' takes 5 to 6 to input_size 2"),
        ({"output_size": (5, 4)}, ValueError,
         "`output_size` 4 on axis 1 is not reachable: "
         "a convolution with kernel_size=3, stride=2, padding='valid' takes 5 to 6 to input_size 2"),
        ({"output_size": 5, "output_padding": 0}, ValueError,
         "`output_size` and `output_padding` both choose the size: give one of them, or neither"),
        ({"output_size": (5, 5, 5)}, ValueError,
         "`output_size` must be an int or one int for each of the 2 axes, got 3: (5, 5, 5)"),
        ({"output_size": 5.0}, TypeError, "`output_size` must be an int or one int per axis, got 5.0"),
        ({"output_size": (5, 0)}, ValueError, "`output_size` on axis 1 must be at least 1, got 0"),
        ({"output_padding": (0, 2)}, ValueError,
         "`output_padding` 2 on axis 1 must be from 0 to 1: with stride=2 there are 2 legal sizes"),
        ({"output_padding": -1}, ValueError, "`output_padding` must be at least 0, got -1"),
        ({"output_padding": "1"}, TypeError, "`output_padding` must be an int or one int per axis, got '1'"),
        ({"padding": 4}, ValueError,
         "`padding` (4, 4) on axis 0 cuts off the whole result: "
         "kernel_size=3, stride=2, dilation=1 make 6 samples of input_size 2 at most"),
        ({"padding": ((2, 3), (0, 0)), "output_padding": 0}, ValueError,
         "`output_padding` 0 on axis 0 leaves nothing: a size of 0"),
    ],
)  # fmt: skip
def test_a_size_that_cannot_be_is_refused(options, error, text):
    with pytest.raises(error, match=exact(text)):
        conv_transpose(IMAGE, KERNEL, stride=2, **options)


def test_channels_that_do_not_match_are_refused():
    text = (
        "`x` has 4 channels, but a `kernel` of shape (3, 2, 1, 5) takes 5: "
        "its axes are (*kernel_size, out_channels / groups, in_channels)"
    )
    with pytest.raises(ValueError, match=exact(text)):
        conv_transpose(np.ones((2, 6, 7, 4)), np.ones((3, 2, 1, 5)))


@pytest.mark.parametrize(
    ("x_shape", "kernel_shape", "options", "argument", "shape"),
    [
        ((2, 2, 6), (1, 5, 6), {"stride": 2**28, "groups": 3}, "stride", (2, 2**28 + 1, 15)),
        ((1, 2, 1), (1, 1, 1), {"stride": 2**28, "dilation": 2**30}, "stride", (1, 2**28 + 1, 1)),  # one entry: no gaps
        ((1, 1, 1), (3, 1, 1), {"stride": 2**30, "dilation": 2**28}, "dilation", (1, 2**29 + 1, 1)),  # one sample: no steps
        ((1, 2, 1), (2, 1, 1), {"dilation": 2**28}, "dilation", (1, 2**28 + 2, 1)),
        ((2**13, 1, 32), (1, 2**12, 32), {"groups": 32}, "kernel", (2**13, 1, 2**17)),
    ],
)  # fmt: skip
def test_what_adds_most_to_a_result_that_is_too_large_is_named(x_shape, kernel_shape, options, argument, shape):
    x, kernel = np.broadcast_to(1, x_shape), np.broadcast_to(1, kernel_shape)
    text = f"`{argument}` asks for an array of shape {shape}, more than 268435456 numbers"
    with pytest.raises(ValueError, match=exact(text)):
        conv_transpose(x, kernel, **options)


@given(cases(min_batch=1))
def test_coverage_counts_the_placements_that_reach(case):
    ones = np.ones((1, *case.small, 1), int), np.ones((*case.kernel_size, 1, 1), int)
    expected = oracles.conv_transpose(*ones, case.stride, case.pads, case.dilation, 1, case.large)[0, ..., 0]
    options = {name: value for name, value in case.options.items() if name != "groups"}
    counts = coverage_count(case.small, case.kernel_size, output_size=case.large, **options)
    np.testing.assert_array_equal(counts, expected)


def test_counting_many_axes_and_long_kernels_takes_no_time():
    assert coverage_count((1,) * 20, 2).sum() == 2**20
    assert coverage_count((300, 300), 200, stride=2).max() == 100 * 100


@pytest.mark.parametrize(("kernel_size", "stride"), [(3, 2), (3, 9)])  # by planes and by rows
def test_counts_of_one_axis_keep_no_memory_but_their_own(kernel_size, stride):
    coverage_count(2**12, kernel_size, stride=stride)  # what NumPy loads the first time is not counted
    tracemalloc.start()
    counts = coverage_count(2**12, kernel_size, stride=stride)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert counts.nbytes <= kept < 1.5 * counts.nbytes


def test_coverage_of_the_puzzle():
    assert coverage_count((2, 2), 3, stride=2).tolist() == [
        [1, 1, 2, 1, 1], [1, 1, 2, 1, 1], [2, 2, 4, 2, 2], [1, 1, 2, 1, 1], [1, 1, 2, 1, 1]
    ]  # fmt: skip
    six = coverage_count((2, 2), 3, stride=2, output_padding=1)
    assert not six[5].any()
    assert not six[:, 5].any()


@pytest.mark.parametrize(
    ("arguments", "options", "error", "text"),
    [
        ((0, 3), {}, ValueError, "`input_size` must be at least 1, got 0"),
        ((2, 0), {}, ValueError, "`kernel_size` must be at least 1, got 0"),
        (((), 3), {}, ValueError, "`input_size` must be an int or one int for each of the 1 axes, got 0: ()"),
        (((2, 2), (3, 3, 3)), {}, ValueError,
         "`kernel_size` must be an int or one int for each of the 2 axes, got 3: (3, 3, 3)"),
        (("2", 3), {}, TypeError, "`input_size` must be an int or one int per axis, got '2'"),
        ((2**40, 3), {}, ValueError,
         "`input_size` asks for an array of shape (1099511627776,), more than 268435456 numbers"),
        ((2, 3), {"stride": 2**28}, ValueError,
         "`stride` asks for an array of shape (1, 268435459, 1), more than 268435456 numbers"),
        ((2, 3), {"output_size": 7, "stride": 2}, ValueError,
         "`output_size` 7 on axis 0 is not reachable: "
         "a convolution with kernel_size=3, stride=2, padding='valid' takes 5 to 6 to input_size 2"),
    ],
)  # fmt: skip
def test_coverage_that_cannot_be_counted_is_refused(arguments, options, error, text):
    with pytest.raises(error, match=exact(text)):
        coverage_count(*arguments, **options)


def test_output_padding_may_reach_to_the_dilation_as_in_pytorch():
    """The longest legal size is 7; one more sample holds what it would hold without any cut."""
    x, kernel = np.array([1, 10]).reshape(1, 2, 1), np.array([1, 2, 3]).reshape(3, 1, 1)
    whole = conv_transpose(x, kernel, stride=2, dilation=4, output_padding=1).ravel()
    longer = conv_transpose(x, kernel, stride=2, dilation=4, output_padding=3, padding=((1, 1),)).ravel()
    assert list(conv_transpose_output_sizes(2, 3, stride=2, dilation=4, padding=1)) == [9, 10]
    assert longer.tolist() == [*whole[1:], 0]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"dilation": 4, "output_padding": 4},
         "`output_padding` 4 on axis 0 must be from 0 to 3: it must be below the stride, 2, or the dilation, 4"),
        ({"dilation": 4, "output_padding": 2, "padding": "same"},
         "`output_padding` 2 on axis 0 must be from 0 to 1: with stride=2 there are 2 legal sizes"),
    ],
)  # fmt: skip
def test_output_padding_beyond_the_dilation_is_refused(options, text):
    with pytest.raises(ValueError, match=exact(text)):
        conv_transpose(IMAGE, KERNEL, stride=2, **options)
