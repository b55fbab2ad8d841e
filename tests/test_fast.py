"""The fast ways: each right by itself, in whatever pieces; the rule that picks; and what they may hold."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracles
from strategies import cases
from transpose_conv import conv_transpose, fast
from transpose_conv.transpose import parse_conv_transpose

WAYS = [fast.by_rows, fast.by_planes]


def problem(case):
    """The arrays and axes of a case, for one group."""
    options = case.options | {"groups": 1}
    return parse_conv_transpose(case.x_small, case.kernel, output_size=case.large, output_padding=None, **options)


def bytes_beyond_the_result(x, kernel, **options):
    """Measure what `conv_transpose` holds at the most, besides its arguments and its result."""
    tracemalloc.start()
    y = conv_transpose(x, kernel, **options)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak - y.nbytes


@pytest.mark.parametrize("way", WAYS)
@given(case=cases(max_groups=1), piece=st.sampled_from([1, 7, 50, 2**20]))
def test_a_way_equals_the_definition_in_whatever_pieces(way, case, piece):
    x, kernel, _, axes = problem(case)
    expected = oracles.conv_transpose(x, kernel, case.stride, case.pads, case.dilation, 1, case.large)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "PIECE", piece)
        result = way(x, kernel, axes)
    assert result.flags.c_contiguous
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(
    ("channels", "options", "way"),
    [
        (8, {"stride": 2}, "by_planes"),
        (9, {"stride": 2}, "by_rows"),
        (32, {}, "by_planes"),
        (33, {}, "by_rows"),
        (3, {"stride": (1, 4)}, "by_rows"),  # the last axis's stride counts
        (1, {"stride": 3}, "by_rows"),  # no overlap
        (1, {"stride": 10**9}, "by_rows"),
        (1, {"padding": 10**4, "dilation": 10**4 + 1}, "by_rows"),  # and here nearly everything is cut off
        (1, {"stride": 2, "padding": [(9_000, 0)], "dilation": 10**4}, "by_planes"),  # of 20 001 samples
        (1, {"stride": 2, "padding": [(12_000, 0)], "dilation": 10**4}, "by_rows"),  # more is cut off than left
        (1, {"stride": (10**9, 1)}, "by_rows"),  # planes of the first axis would be that many
    ],
)
def test_the_rule_picks_by_the_geometry(monkeypatch, channels, options, way):
    calls = []
    for name in ("by_rows", "by_planes"):
        monkeypatch.setattr(
            fast, name, lambda x, kernel, axes, name=name: calls.append(name) or np.zeros((1, 1, channels))
        )
    n_axes = np.size(options.get("stride", 1))
    conv_transpose(np.ones((1, *[1] * n_axes, 2)), np.ones((*[3] * n_axes, channels, 2)), **options)
    assert calls == [way]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_way_equals_the_definition_at_each_stride_and_dilation(way, stride, dilation):
    x, kernel = np.array([[[1], [10], [100]]]), np.array([[[2]], [[3]], [[5]], [[7]]])
    *_, axes = parse_conv_transpose(x, kernel, stride, "valid", None, None, dilation, 1)
    size = 2 * stride + 3 * dilation + 1
    expected = oracles.conv_transpose(x, kernel, [stride], [(0, 0)], [dilation], 1, [size])
    np.testing.assert_array_equal(way(x, kernel, axes), expected)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("n_axes", [1, 2, 3])
def test_a_kernel_of_a_single_one_gives_each_number_back_to_the_bit(n_axes, dtype):
    """Each result is one product. A sum that starts at 0 would make 0.0 of -0.0."""
    x = np.array([-0.0, 0.0, np.finfo(dtype).max, -1.5], dtype).reshape(1, 4, *[1] * n_axes)
    y = conv_transpose(x, np.ones([1] * (n_axes + 2), dtype))
    assert (y.dtype, y.shape, y.tobytes()) == (x.dtype, x.shape, x.tobytes())


@pytest.mark.parametrize("channels", [3, 64])
def test_memory_beyond_what_is_read_and_returned_is_at_most_as_much(channels):
    x, kernel = np.ones((4, 96, 96, 64), np.float32), np.ones((5, 5, channels, 64), np.float32)
    result = 4 * 192 * 192 * channels * x.itemsize
    beyond = bytes_beyond_the_result(x, kernel, stride=2, padding="same")
    assert beyond <= x.nbytes + result + kernel.nbytes


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((1, 64, 256), {"stride": (1, 2)}),  # 32 rows at a time
        ((16, 16, 64), {"stride": (1, 2)}),  # 8 images at a time
        ((1, 64, 16, 16), {"stride": (1, 1, 2)}),  # 32 slices of 16 by 16 at a time
        ((1, 3, 8192), {"stride": (1, 2)}),  # a row at a time
        ((1, 3, 16384), {"dilation": (1, 2)}),  # a row with one kernel entry at a time
    ],
)
def test_the_products_at_a_time_are_as_many_as_the_docstring_says(shape, options):
    x = np.ones((*shape, 1), np.int8)
    kernel = np.ones((*[1] * (len(shape) - 2), 2, 64, 1), np.int8)
    assert 0 <= bytes_beyond_the_result(x, kernel, **options) - 2**20 < 2**18


def test_planes_take_the_products_and_a_second_copy_of_the_result():
    x, kernel = np.ones((1, 1, 2**16, 1), np.int8), np.ones((3, 3, 1, 1), np.int8)
    products, copy = 2**16 * 9, 3 * (2**16 + 2)
    assert 0 <= bytes_beyond_the_result(x, kernel) - products - copy < 2**15


@pytest.mark.parametrize("channels", [2, 6])
def test_float32_differs_from_exact_by_rounding_only(channels):
    rng = np.random.default_rng(9)
    x, kernel = rng.normal(size=(2, 9, 8, 16)), rng.normal(size=(5, 4, channels, 16))
    options = {"stride": 2, "padding": "same"}
    exact = conv_transpose(x, kernel, **options)
    rounded = conv_transpose(x.astype("float32"), kernel.astype("float32"), **options)
    np.testing.assert_allclose(rounded, exact, atol=1e-4)  # some 150 products of order 1, at 6e-8 each


@pytest.mark.parametrize("size", [2, 10_000])
def test_only_nan_and_infinities_go_the_slow_way(monkeypatch, size):
    """Where they stand makes no difference; the largest finite numbers go the fast way, though their sums overflow."""
    computed_in = []
    for name in ("by_rows", "by_planes"):
        way = getattr(fast, name)
        monkeypatch.setattr(fast, name, lambda x, *rest, way=way: computed_in.append(x.dtype) or way(x, *rest))
    kernel = np.ones((1, 1, 1, 1), np.float32)
    for place in (0, size // 2, size - 1):
        for number in (np.inf, np.nan):
            x = np.ones((1, size, 1, 1), np.float32)
            x[0, place] = number
            np.testing.assert_array_equal(conv_transpose(x, kernel), x)
    assert computed_in == [np.longdouble] * 6
    computed_in.clear()
    largest = np.full((1, size, 1, 1), 3e38, np.float32)
    np.testing.assert_array_equal(conv_transpose(largest, kernel), largest)
    assert computed_in == [np.float32]
