"""Every form of the transposed convolution is the transposed convolution, in every number and for every kind of number."""

import inspect
import tracemalloc

import numpy as np
import pytest
from hypothesis import given

import oracles
from helpers import exact, strewn
from strategies import cases
from transpose_conv import CONV_TRANSPOSE_FORMS, conv_transpose, forms

FORMS = dict(CONV_TRANSPOSE_FORMS)
OPERATORS = {**FORMS, "conv_transpose": conv_transpose}
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
each_operator = pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)


def test_there_are_these_forms():
    names = ["scatter", "gather", "zero_insertion", "matrix", "sparse_matrix", "gradient", "col2im", "phases"]
    assert list(CONV_TRANSPOSE_FORMS) == names


@each_form
def test_a_form_is_called_as_conv_transpose(form):
    assert inspect.signature(form) == inspect.signature(conv_transpose)


@each_form
def test_a_form_fits_on_one_screen(form):
    one_group = next(cell.cell_contents for cell in form.__closure__ if inspect.isfunction(cell.cell_contents))
    assert len(inspect.getsource(one_group).splitlines()) <= 20


@each_form
@given(case=cases())
def test_a_form_equals_the_definition(form, case):
    expected = oracles.conv_transpose(
        case.x_small, case.kernel, case.stride, case.pads, case.dilation, case.groups, case.large
    )
    result = form(case.x_small, case.kernel, output_size=case.large, **case.options)
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)


@each_form
@given(case=cases(axes=(1, 2), min_batch=1))
def test_nan_and_infinity_go_where_their_stamps_go_and_nowhere_else(form, case):
    x, kernel = strewn(case.x_small, case.seed), strewn(case.kernel, case.seed + 1)
    options = {"output_size": case.large, **case.options}
    for a, b in [(x, case.kernel), (case.x_small, kernel), (x, kernel)]:
        with np.errstate(invalid="ignore"):
            expected = oracles.conv_transpose(a, b, case.stride, case.pads, case.dilation, case.groups, case.large)
        np.testing.assert_array_equal(form(a, b, **options), expected)


@each_operator
@given(case=cases(axes=(2,), min_batch=1))
def test_complex_numbers_are_not_conjugated(operator, case):
    x, kernel = case.x_small + 1j * case.x_small[::-1], case.kernel * (2 - 1j)
    expected = oracles.conv_transpose(x, kernel, case.stride, case.pads, case.dilation, case.groups, case.large)
    np.testing.assert_array_equal(operator(x, kernel, output_size=case.large, **case.options), expected)


@each_operator
def test_integers_stay_exact_where_floats_would_round(operator):
    x, kernel = np.array([2**40 + 1, 2**50 + 3]).reshape(1, 2, 1), np.array([1, 2**10 + 1, 7]).reshape(3, 1, 1)
    expected = oracles.conv_transpose(x, kernel, (2,), ((0, 0),), (1,), 1, (6,))
    np.testing.assert_array_equal(operator(x, kernel, stride=2, output_size=6), expected)


@each_operator
def test_integers_that_outgrow_their_dtype_wrap_as_numpys_do(operator):
    x, kernel = np.array([100, 27], np.int8).reshape(1, 2, 1), np.array([3, 5, 7], np.int8).reshape(3, 1, 1)
    result = operator(x, kernel, stride=2)
    assert result.dtype == np.int8
    assert result.ravel().tolist() == [44, -12, (700 + 81 + 128) % 256 - 128, -121, -67]


@each_operator
def test_float16_is_added_up_in_float32(operator):
    """2048 + 1 is 2048 in float16: a sum of a thousand ones after it would stand still."""
    x = np.concatenate([[2048.0], np.ones(1000)]).astype(np.float16).reshape(1, 1, 1001)
    result = operator(x, np.ones((1, 1, 1001), np.float16))
    assert (result.dtype, result.item()) == (np.float16, 3048)
    kernel = np.concatenate([np.ones(30), [2048.0], np.ones(30)]).astype(np.float16).reshape(61, 1, 1)
    assert operator(np.ones((1, 61, 1), np.float16), kernel).max() == 2048 + 60


@each_operator
def test_an_empty_batch_is_a_batch(operator):
    result = operator(np.ones((0, 2, 3, 4)), np.ones((3, 2, 5, 2), np.float32)[..., :2].repeat(2, axis=-1), stride=2)
    assert (result.shape, result.dtype) == ((0, 5, 6, 5), np.float64)


@each_operator
def test_inputs_are_read_only_and_may_lie_anyhow_in_memory(operator):
    rng = np.random.default_rng(5)
    x, kernel = (
        rng.integers(-9, 10, (4, 3, 5, 2)).transpose(3, 1, 2, 0),
        rng.integers(-9, 10, (4, 6, 3, 8))[::-2, ::-2, :, ::2],
    )
    x.flags.writeable = kernel.flags.writeable = False
    before = x.copy(), kernel.copy()
    options = {"stride": (2, 3), "padding": ((1, 0), (0, 1)), "groups": 2, "output_padding": 1}
    np.testing.assert_array_equal(operator(x, kernel, **options), conv_transpose(*before, **options))
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(kernel, before[1])


@each_form
@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"output_size": 7}, ValueError,
         "`output_size` 7 on axis 0 is not reachable: "
         "a convolution with kernel_size=3, stride=2, padding='valid' takes 5 to 6 to input_size 2"),
        ({"groups": 2}, ValueError, "`groups` must divide the 3 channels of `x`, got 2"),
        ({"dilation": 0}, ValueError, "`dilation` must be at least 1, got 0"),
    ],
)  # fmt: skip
def test_a_form_refuses_what_conv_transpose_refuses(form, options, error, text):
    with pytest.raises(error, match=exact(text)):
        form(np.ones((1, 2, 3)), np.ones((3, 1, 3)), stride=2, **options)


def test_the_dense_matrix_of_one_image_is_refused_where_nobody_can_look_at_it():
    text = (
        "`x` makes a dense matrix of shape (4096, 16900), more than 16777216 numbers; "
        "neither conv nor conv_transpose needs it"
    )
    with pytest.raises(ValueError, match=exact(text)):
        FORMS["matrix"](np.full((3, 64, 64, 1), np.nan), np.ones((4, 4, 1, 1)), stride=2, output_size=130)


def peak_memory(operator, side):
    x, kernel = np.ones((1, side, side, 1)), np.ones((3, 3, 1, 1))
    operator(x, kernel, stride=2)  # what Python keeps from a first call is not of the form
    tracemalloc.start()
    operator(x, kernel, stride=2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


@each_form
def test_memory_grows_with_the_image_not_with_its_square(form):
    """Four times the pixels: four times the memory. With a dense matrix it is sixteen times."""
    growth = peak_memory(form, 28) / peak_memory(form, 14)
    assert growth > 12 if form is FORMS["matrix"] else growth < 6


@each_operator
def test_a_stride_far_beyond_the_output_costs_nothing(operator):
    """One sample, whose stamp is all there is: no phase or zero has to be visited for the stride."""
    result = operator(np.full((1, 1, 1, 1), 2), np.arange(9).reshape(3, 3, 1, 1), stride=10**9)
    np.testing.assert_array_equal(result.ravel(), 2 * np.arange(9))


@each_operator
def test_a_long_kernel_that_is_cut_off_costs_no_more_than_what_is_left(operator):
    before = 2000
    x, kernel = np.full((1, 1, 1), 3), np.arange(2 * before).reshape(-1, 1, 1)
    tracemalloc.start()
    result = operator(x, kernel, padding=[(before, before - 2)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.ravel().tolist() == [3 * before, 3 * (before + 1)]
    assert peak < 40 * kernel.nbytes


@each_operator
def test_same_with_a_huge_dilation_is_arithmetic_of_python_ints(operator):
    x, kernel = np.arange(1, 3).reshape(1, 2, 1), np.array([1, 10, 100, 1000, 10000]).reshape(5, 1, 1)
    assert operator(x, kernel, padding="same", dilation=2**62).ravel().tolist() == [100, 200]


@each_operator
def test_no_more_axes_than_numpy_has(operator):
    with pytest.raises(ValueError, match=exact("`x` has 32 spatial axes, more than 31")):
        operator(np.ones((1,) * 34), np.ones((1,) * 34))
    assert operator(np.ones((1,) * 33), np.ones((1,) * 33)).shape == (1,) * 33


@each_operator
def test_float16_with_a_large_sum_is_still_float16(operator):
    """A sum over the image beyond 65504 is not an infinity in it."""
    x, kernel = np.full((1, 40, 40, 1), 60, np.float16), np.full((3, 3, 1, 1), 1.5, np.float16)
    exact_sum = operator(x.astype(int), kernel.astype(np.float64), stride=2)
    np.testing.assert_array_equal(operator(x, kernel, stride=2), exact_sum)


@each_operator
def test_nothing_is_raised_where_numpy_is_told_to_raise(operator):
    tiny = np.full((1, 2, 1), 1e-300)
    with np.errstate(all="raise"):
        assert not operator(tiny, tiny.reshape(2, 1, 1)).any()


def test_the_steps_that_forms_share_are_what_they_say():
    axes = [forms.Axis(large=5, small=2, kernel_size=3, stride=3, dilation=1, before=0)]
    assert forms.insert_zeros(np.array([7, 8]).reshape(1, 2, 1), axes).ravel().tolist() == [7, 0, 0, 8]
    kernel = np.arange(6).reshape(3, 2, 1)
    assert forms.flip(kernel).tolist() == [[[4, 5]], [[2, 3]], [[0, 1]]]
