"""What callers hand over by mistake: each is refused in the package's own words, whoever made it."""

import types

import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf

from helpers import exact
from transpose_conv import conv, conv_output_size, conv_transpose, conv_transpose_output_sizes, output_padding_for
from transpose_conv._arguments import conv_arrays, lone_kernel, require_reasonable

X, KERNEL = np.ones((1, 4, 1)), np.ones((3, 1, 1))


class Hostile:
    """An object that answers every question with an error."""

    shape = ()

    def __array__(self, *args, **kwargs):
        raise RuntimeError("boom")

    def __repr__(self):
        raise RuntimeError("boom")


class Untouchable:
    """An object that answers even the question for an attribute with an error."""

    def __getattr__(self, name):
        raise RuntimeError("boom")


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


NOT_INTS = [
    1.0, np.float64(2), 1j, b"2", True, np.True_, np.array(True), np.array([True]), np.array(2.5),
    tf.constant(2.0), tf.constant(True), {2: 2}, {2}, types.MappingProxyType({2: 99}),
    bytearray(b"2"), memoryview(b"2"), np.ma.array(2, mask=True), (n for n in (1, 2)), int, Hostile(), Untouchable(), {1: nested(5000)},
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(NOT_INTS)))
@pytest.mark.parametrize("name", ["stride", "dilation", "groups", "padding", "output_size", "output_padding"])
def test_what_is_no_int_is_refused_by_name(name, number):
    with pytest.raises(TypeError, match=rf"^`{name}`.* must "):
        conv_transpose(X, KERNEL, **{name: NOT_INTS[number]})


TWOS = [2, np.int8(2), np.uint64(2), np.array(2), np.array([2]), [2], (2,), tf.constant(2), tf.constant([2])]


@pytest.mark.parametrize("number", range(len(TWOS)))
def test_ints_of_every_library_are_ints(number):
    assert conv_transpose(X, KERNEL, stride=TWOS[number]).shape == (1, 9, 1)


NOT_ARRAYS = [None, Hostile(), object(), {1: 2}, np.array(["a"]), np.array([1], "M8[s]"), np.zeros(3, "i4,i4")]


@pytest.mark.parametrize("number", range(len(NOT_ARRAYS)))
@pytest.mark.parametrize("name", ["x", "kernel"])
def test_what_is_no_array_of_numbers_is_refused_by_name(name, number):
    with pytest.raises(TypeError, match=rf"^`{name}` must "):
        conv(**{"x": X, "kernel": KERNEL, name: NOT_ARRAYS[number]})


def test_a_tensor_of_a_graph_is_refused_by_name():
    @tf.function(autograph=False)
    def traced(x):
        with pytest.raises(TypeError, match=r"^`x` must be a rectangular array of numbers"):
            conv(x, KERNEL)
        return x

    traced(tf.ones((1, 4, 1)))


def test_numbers_of_foreign_kinds_are_refused():
    with pytest.raises(TypeError, match=exact("`x` must hold ints, floats or complex numbers, got dtype float8_e5m2")):
        conv(X.astype(ml_dtypes.float8_e5m2), KERNEL)


def test_numbers_in_the_other_byte_order_are_numbers():
    np.testing.assert_array_equal(conv(X.astype(">f8"), KERNEL), conv(X, KERNEL))


@pytest.mark.parametrize("digits", [19, 5000])
def test_an_int_beyond_every_array_is_refused(digits):
    huge = 10**digits
    for name in ("stride", "padding", "dilation"):
        with pytest.raises(ValueError, match=rf"^`{name}` must be at most 9223372036854775807, got "):
            conv_transpose_output_sizes(1, 3, **{name: huge})
    with pytest.raises(ValueError, match=r"^`input_size` must be at least 1, got "):
        conv_output_size(-huge, 3)


def test_sizes_next_to_the_largest_int_are_computed():
    stride = 2**63 - 1
    assert output_padding_for(5, 1, 3, stride=stride) == 2
    with pytest.raises(ValueError, match="takes 3 to 9223372036854775809 to input_size 1"):
        output_padding_for(1, 1, 3, stride=stride)


@pytest.mark.parametrize(
    ("operator", "options", "argument"),
    [
        (conv, {"padding": 2**40}, "padding"),
        (conv_transpose, {"stride": 2**61}, "stride"),
        (conv_transpose, {"stride": 10**12}, "stride"),
        (conv_transpose, {"stride": 2**40, "output_padding": 5}, "stride"),
    ],
)
@pytest.mark.parametrize("batch", [0, 1])
def test_a_result_that_no_memory_holds_is_refused_before_it_is_made(operator, options, argument, batch):
    with pytest.raises(ValueError, match=rf"^`{argument}` asks for an array of shape .*, more than 268435456 numbers"):
        operator(X[:batch], KERNEL, **options)


@pytest.mark.parametrize("make", [list, tuple, np.array])
def test_of_many_items_no_more_are_counted_than_any_argument_has(make):
    rule = "`stride` must be an int or one int for each of the 1 axes, got "
    with pytest.raises(ValueError, match=exact(f"{rule}64: ").removesuffix("$")):
        conv_transpose(X, KERNEL, stride=make([1] * 64))
    with pytest.raises(ValueError, match=exact(f"{rule}more than 64: ").removesuffix("$")):
        conv_transpose(X, KERNEL, stride=make([1] * 65))


@pytest.mark.parametrize(("length", "shown"), [(58, "x" * 58 + "'"), (59, "x" * 56 + "...")])
def test_a_value_is_shown_in_sixty_characters(length, shown):
    with pytest.raises(TypeError, match=exact(f"`input_size` must be an int, got '{shown}")):
        conv_output_size("x" * length, 3)


def test_the_groups_that_do_not_divide_a_kernel_are_held_against_its_last_axis():
    text = "`groups` must divide the last axis of `kernel`, which is 5, got 2"
    with pytest.raises(ValueError, match=exact(text)):
        conv(np.ones((1, 4, 4, 4)), np.ones((3, 3, 2, 5)), groups=2)


def test_the_limits_are_themselves_allowed():
    require_reasonable((2**14, 2**14), "x")
    with pytest.raises(ValueError, match=r"^`x` asks for an array of shape"):
        require_reasonable((2**14, 2**14 + 1), "x")
    lone_kernel(np.ones((1,) * 33), "")
    with pytest.raises(ValueError, match=exact("`kernel` has 32 spatial axes, more than 31")):
        lone_kernel(np.ones((1,) * 34), "")


def test_channels_are_no_steps():
    kernel = np.broadcast_to(1.0, (2**20, 4, 2))
    assert conv_arrays(np.ones((1, 1, 2)), kernel, 2)[2:] == (2, (1,), (2**20,))
    with pytest.raises(
        ValueError, match=exact("`kernel` asks for 4194304 steps one after the other, more than 2097152")
    ):
        conv_arrays(np.ones((1, 1, 4)), np.broadcast_to(1.0, (2**20, 1, 4)), 4)
