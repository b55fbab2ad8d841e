"""Each framework's rules by hand, one small operation at a time: no framework is run, `test_frameworks` does that."""

import re

import numpy as np
import pytest

from transpose_conv.framework_rules import FRAMEWORKS
from transpose_conv.frameworks import Translation, finish, operation, translate


@pytest.mark.parametrize(
    ("framework", "input_size", "kernel_size", "arguments", "windows"),
    [
        ("keras", 2, 1, {"strides": 3, "padding": "same"}, [(0, 6)]),  # 4 samples are stamped
        ("keras", 2, 5, {"padding": "same"}, [(2, 2)]),  # of 6, 4 are cut off
        ("tensorflow", 1, 1, {"output_shape": 1}, [(0, 1)]),
        ("jax", 3, 5, {"strides": 2, "padding": "VALID"}, [(0, 9)]),
        ("jax", 3, 5, {"strides": 2, "padding": "SAME"}, [(1, 6)]),
        ("jax", 3, 5, {"strides": 2, "rhs_dilation": 2, "padding": ((5, 2),)}, [(3, 4)]),  # of 13, 3 and 6 are cut off
        ("jax", 2, 3, {"padding": ((1, 2),), "use_consistent_padding": True}, [(1, 1)]),
        ("jax transpose_kernel", 3, 5, {"strides": 2, "padding": ((1, 3),)}, [(3, 5)]),
        ("onnx", (4, 5), (3, 4), {"pads": (0, 1, 2, 3)}, [(0, 4), (1, 4)]),  # the starts first, then the ends
        ("onnx", 2, 3, {"strides": 2, "pads": (1, 0), "output_padding": 1}, [(1, 5)]),
        ("onnx", 2, 2, {"strides": 2, "auto_pad": "SAME_UPPER", "output_padding": 1}, [(0, 4)]),
        ("onnx", 2, 2, {"strides": 2, "auto_pad": "SAME_LOWER", "output_padding": 1}, [(1, 4)]),
        ("onnx", 3, 6, {"auto_pad": "SAME_UPPER"}, [(2, 3)]),  # of 8, 5 are cut off
        ("onnx", 3, 6, {"auto_pad": "SAME_LOWER"}, [(3, 3)]),
        ("onnx", 2, 3, {"strides": 2, "output_shape": 5}, [(0, 5)]),
        ("onnx", 2, 3, {"strides": 2, "output_shape": 6, "auto_pad": "SAME_UPPER"}, [(0, 6)]),
    ],
)
def test_arguments_ask_for_the_windows_that_follow_by_hand(framework, input_size, kernel_size, arguments, windows):
    assert operation(framework, input_size, kernel_size, **arguments)[2] == windows


@pytest.mark.parametrize(
    ("framework", "arguments", "message"),
    [
        ("keras", {"output_padding": -1}, "`output_padding` must be at least 0, got -1"),
        ("tensorflow", {"output_shape": 0}, "`output_shape` must be at least 1, got 0"),
        ("pytorch", {"padding": -1}, "`padding` must be at least 0, got -1"),
        ("pytorch", {"output_padding": -1}, "`output_padding` must be at least 0, got -1"),
        ("onnx", {"output_padding": -1}, "`output_padding` must be at least 0, got -1"),
        ("onnx", {"output_shape": 0}, "`output_shape` must be at least 1, got 0"),
        ("onnx", {"pads": -1}, "`pads` must be at least 0, got -1"),
        ("onnx", {"strides": 2, "output_shape": 7}, "onnx takes an `output_shape` of at most 6 on axis 0, got 7"),
    ],
)
def test_the_first_number_beyond_a_limit_is_refused_in_these_words(framework, arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        operation(framework, 2, 3, **arguments)


def test_tensorflow_takes_no_padding_of_the_batch():
    message = (
        "`padding` must have (0, 0) for the batch and the channels, and numbers of at least 0 for the axes between, "
        "got ((1, 1), (1, 1), (1, 1), (0, 0))"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        operation("tensorflow", (2, 2), (3, 3), output_shape=(2, 2), padding=((1, 1), (1, 1), (1, 1), (0, 0)))


def test_keras_says_a_size_below_its_default_with_same_and_output_padding():
    """Of 8 samples, 1 and 2 are cut off."""
    translation = translate("tensorflow", "keras", 2, 5, strides=3, padding="SAME", output_shape=5)
    assert translation.arguments == {"strides": (3,), "dilation_rate": (1,), "padding": "same", "output_padding": (1,)}
    assert translation.crop is translation.pad is None


def test_tensorflows_explicit_padding_is_0_where_nothing_is_cut_and_where_the_size_goes_beyond_the_stamps():
    """Of 5 x 5 samples, the first row is cut off; to the right of the last column comes one more."""
    asked = {"stride": 2, "padding": (1, 0), "output_padding": (1, 1)}
    translation = translate("pytorch", "tensorflow", (2, 2), (3, 3), **asked)
    assert translation.arguments["padding"] == ((0, 0), (1, 0), (0, 0), (0, 0))
    assert translation.arguments["output_shape"] == (4, 6)
    assert translation.crop is translation.pad is None


@pytest.mark.parametrize(
    ("target", "cut", "pad"),
    [
        ("pytorch", (-1, -1), (1, 1)),  # no padding of -1
        ("pytorch", (0, -1), (0, 1)),  # no output_padding as large as the stride and the dilation
        ("onnx", (-1, 0), (1, 0)),  # no pads of -1
        ("onnx", (0, -1), (0, 1)),
    ],
)
def test_zeros_that_a_framework_has_no_argument_for_are_padded_afterwards(target, cut, pad):
    """JAX cuts off a negative number: it shows zeros around the 4 samples that are stamped."""
    translation = translate("jax", target, 2, 3, padding=(cut,), use_consistent_padding=True)
    own = {"pytorch": {"padding": (0,), "output_padding": (0,)}, "onnx": {"pads": (0, 0), "output_padding": (0,)}}
    assert own[target].items() <= translation.arguments.items()
    assert translation.crop == (slice(0, 4),)
    assert translation.pad == (pad,)


@pytest.mark.parametrize(
    ("framework", "channels_last"),
    [
        ("keras", True),
        ("tensorflow", True),
        ("pytorch", False),
        ("jax", True),
        ("jax transpose_kernel", True),
        ("onnx", False),
    ],
)
def test_a_result_is_cropped_along_its_spatial_axis_wherever_the_framework_has_it(framework, channels_last):
    stride = FRAMEWORKS[framework].names["stride"]
    y = np.arange(2 * 5 * 7).reshape(2, 5, 7)
    result = finish(Translation(framework, {stride: (1,)}, (slice(1, 4),), None), y)
    np.testing.assert_array_equal(result, y[:, 1:4] if channels_last else y[:, :, 1:4])
