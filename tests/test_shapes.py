"""The arithmetic of one axis, against counting on fingers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracles
from helpers import exact
from transpose_conv import conv_output_size, conv_transpose_output_sizes, output_padding_for, same_padding

PADDINGS = [("valid", (0, 0)), ("VALID", (0, 0)), (0, (0, 0)), (2, (2, 2)), ((0, 3), (0, 3)), ([2, 1], (2, 1))]
sizes = st.integers(1, 30)
small = st.integers(1, 7)


@pytest.mark.parametrize(("written", "pads"), PADDINGS)
@given(n=sizes, k=small, s=small, d=st.integers(1, 4))
def test_output_size_is_the_number_of_placements(written, pads, n, k, s, d):
    count = oracles.count_placements(n, k, s, d, *pads)
    if count:
        assert conv_output_size(n, k, stride=s, padding=written, dilation=d) == count
    else:
        with pytest.raises(ValueError, match=r"`kernel_size` .* does not fit"):
            conv_output_size(n, k, stride=s, padding=written, dilation=d)


@given(n=sizes, k=small, s=small, d=st.integers(1, 4))
def test_same_keeps_every_stride_th_sample_with_the_fewest_zeros(n, k, s, d):
    assert conv_output_size(n, k, stride=s, padding="same", dilation=d) == len(range(0, n, s))
    assert same_padding(n, k, stride=s, dilation=d) == oracles.search_same_padding(n, k, s, d)


@pytest.mark.parametrize(("written", "pads"), [*PADDINGS, ("same", "same"), ("SAME", "same")])
@given(i=st.integers(1, 9), k=small, s=small, d=st.integers(1, 3))
def test_output_sizes_are_all_that_round_to_the_input_size(written, pads, i, k, s, d):
    found = conv_transpose_output_sizes(i, k, stride=s, padding=written, dilation=d)
    assert isinstance(found, range)
    assert list(found) == oracles.sizes_that_round_to(i, k, s, pads, d)


@pytest.mark.parametrize("padding", ["valid", "same", 1, (0, 2)])
@given(i=st.integers(3, 9), k=small, s=small, d=st.integers(1, 3))
def test_there_are_stride_many_sizes_and_output_padding_numbers_them(padding, i, k, s, d):
    geometry = {"stride": s, "padding": padding, "dilation": d}
    legal = conv_transpose_output_sizes(i, k, **geometry)
    assert len(legal) == s
    assert [output_padding_for(n, i, k, **geometry) for n in legal] == list(range(s))


@pytest.mark.parametrize(("written", "pads"), PADDINGS)
@given(i=st.integers(1, 9), k=small, s=small, d=st.integers(1, 3))
def test_output_padding_is_the_remainder_of_the_formula(written, pads, i, k, s, d):
    for n in conv_transpose_output_sizes(i, k, stride=s, padding=written, dilation=d):
        remainder = (n + sum(pads) - ((k - 1) * d + 1)) % s
        assert output_padding_for(n, i, k, stride=s, padding=written, dilation=d) == remainder


def test_the_founding_puzzle():
    assert list(conv_transpose_output_sizes(2, 3, stride=2)) == [5, 6]
    assert output_padding_for(6, 2, 3, stride=2) == 1


def test_sizes_may_be_huge():
    far = conv_transpose_output_sizes(10**12, 3, stride=10**6)
    assert (far[0], len(far)) == ((10**12 - 1) * 10**6 + 3, 10**6)


def test_padding_that_leaves_nothing_has_no_sizes():
    assert len(conv_transpose_output_sizes(1, 1, padding=3)) == 0
    with pytest.raises(
        ValueError,
        match=exact(
            "`padding` (3, 3) cuts off the whole result: kernel_size=1, stride=1, dilation=1 make 1 samples of input_size 1 at most"
        ),
    ):
        output_padding_for(1, 1, 1, padding=3)


GOOD = {"input_size": 5, "kernel_size": 3, "stride": 2, "padding": "valid", "dilation": 1}


def call_output_padding(**arguments):
    return output_padding_for(5, arguments.pop("input_size"), arguments.pop("kernel_size"), **arguments)


def call_same_padding(**arguments):
    arguments.pop("padding")
    return same_padding(arguments.pop("input_size"), arguments.pop("kernel_size"), **arguments)


ONE_AXIS = [conv_output_size, conv_transpose_output_sizes, call_output_padding, call_same_padding]


@pytest.mark.parametrize("function", ONE_AXIS)
@pytest.mark.parametrize("name", ["input_size", "kernel_size", "stride", "dilation"])
@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0, ValueError, "must be at least 1, got 0"),
        (-2, ValueError, "must be at least 1, got -2"),
        (2.0, TypeError, "must be an int, got 2.0"),
        ("2", TypeError, "must be an int, got '2'"),
        (True, TypeError, "must be an int, got True"),
        (None, TypeError, "must be an int, got None"),
        ((2, 2), TypeError, "must be an int, got (2, 2)"),
    ],
)
def test_a_bad_number_is_refused_by_name(function, name, value, error, text):
    with pytest.raises(error, match=exact(f"`{name}` {text}")):
        function(**{**GOOD, name: value})


@pytest.mark.parametrize("function", ONE_AXIS[:3])
@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        ("full", ValueError, "`padding` must be 'valid' or 'same' where it is a string, got 'full'"),
        (-1, ValueError, "`padding` must be at least 0, got -1"),
        ((0, -1), ValueError, "`padding` must be at least 0, got -1"),
        ((1, 1.0), TypeError, "`padding` must be an int, got 1.0"),
        (((1, 2),) * 2, TypeError, "`padding` must be an int, got (1, 2)"),
        (1.0, TypeError, "`padding` must be 'valid', 'same', an int or a pair (before, after), got 1.0"),
        ((1, 2, 3), ValueError, "`padding` must be a pair (before, after), got 3: (1, 2, 3)"),
        (((1, 2),), ValueError, "`padding` must be a pair (before, after), got 1: ((1, 2),)"),
        (b"11", TypeError, "`padding` must be 'valid', 'same', an int or a pair (before, after), got b'11'"),
        (
            {1: 0, 2: 0},
            TypeError,
            "`padding` must be 'valid', 'same', an int or a pair (before, after), got {1: 0, 2: 0}",
        ),
        (None, TypeError, "`padding` must be 'valid', 'same', an int or a pair (before, after), got None"),
        (True, TypeError, "`padding` must be 'valid', 'same', an int or a pair (before, after), got True"),
    ],
)
def test_a_bad_padding_is_refused(function, value, error, text):
    with pytest.raises(error, match=exact(text)):
        function(**{**GOOD, "padding": value})


def test_a_size_that_no_convolution_takes_there_is_refused_with_the_legal_ones():
    text = "a convolution with kernel_size=3, stride=2, padding='valid' takes 5 to 6 to input_size 2"
    with pytest.raises(ValueError, match=exact(f"`output_size` 7 is not reachable: {text}")):
        output_padding_for(7, 2, 3, stride=2)
    text = "a convolution with kernel_size=3, stride=1, padding=(0, 1), dilation=2 takes only 5 to input_size 2"
    with pytest.raises(ValueError, match=exact(f"`output_size` 4 is not reachable: {text}")):
        output_padding_for(4, 2, 3, padding=(0, 1), dilation=2)


@pytest.mark.parametrize("value", [0, -3])
def test_a_wanted_size_is_at_least_one(value):
    with pytest.raises(ValueError, match=exact(f"`output_size` must be at least 1, got {value}")):
        output_padding_for(value, 2, 3, stride=2)


def test_a_kernel_that_does_not_fit_is_refused():
    text = (
        "`kernel_size` 3 does not fit: with stride=2, padding=(2, 1), dilation=5 it reaches over 11 samples, "
        "and input_size 7 with its padding has 10"
    )
    with pytest.raises(ValueError, match=exact(text)):
        conv_output_size(7, 3, stride=2, padding=(2, 1), dilation=5)
