"""`frameworks` says what the frameworks do: each rule is compared with what its framework does, values included."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frameworks_run import RUN, by_definition, channels_last, operands, parameters
from transpose_conv.frameworks import FRAMEWORKS, NotExpressible, convert_kernel, finish, operation, translate

ALL = parameters(FRAMEWORKS)
NEEDS_ONEDNN = ("keras", "tensorflow")  # their CPU kernels dilate with oneDNN only, which the tests have off


@st.composite
def calls(draw, framework):
    """Draw the sizes and the arguments of a call, legal or not, in the framework's own words."""
    names, n_axes = FRAMEWORKS[framework].names, draw(st.integers(1, 3))

    def numbers(least, most, count=n_axes):
        return tuple(draw(st.lists(st.integers(least, most), min_size=count, max_size=count)))

    sizes = numbers(1, 4), numbers(1, 5)
    arguments = {names["stride"]: numbers(1, 4)}
    if draw(st.booleans()):
        arguments[names["dilation"]] = numbers(1, 3)
    if "groups" in names:
        arguments[names["groups"]] = draw(st.integers(1, 3))
    if framework == "keras":
        arguments |= {"padding": draw(st.sampled_from(["valid", "same"]))}
        arguments |= {"output_padding": numbers(0, 3)} if draw(st.booleans()) else {}
    elif framework == "tensorflow":
        arguments |= {"padding": draw(st.sampled_from(["VALID", "SAME"])), "output_shape": numbers(1, 18)}
        if draw(st.booleans()):  # mostly, sizes that are drawn freely are not legal
            smallest = (i - 1 for i in sizes[0])
            steps = [n * s + 1 for n, s in zip(smallest, arguments["strides"])]
            if arguments["padding"] == "VALID":
                d = arguments.get("dilations", (1,) * n_axes)
                steps = [n + (k - 1) * e for n, k, e in zip(steps, sizes[1], d)]
            if n_axes == 2 and arguments["padding"] == "VALID" and draw(st.booleans()):
                pairs = tuple(zip(numbers(0, 2), numbers(0, 2)))
                arguments["padding"] = ((0, 0), *pairs, (0, 0))
                steps = [max(n - sum(pair), 1) for n, pair in zip(steps, pairs)]
            arguments["output_shape"] = tuple(
                n + draw(st.integers(0, s - 1)) for n, s in zip(steps, arguments["strides"])
            )
    elif framework == "pytorch":
        arguments |= {"padding": numbers(0, 3), "output_padding": numbers(0, 3)}
    elif framework.startswith("jax"):
        pairs = tuple(zip(numbers(-1, 5), numbers(-1, 5)))
        arguments |= {"padding": draw(st.sampled_from(["VALID", "SAME", pairs]))}
        arguments |= {"use_consistent_padding": draw(st.booleans())}
        arguments |= {"transpose_kernel": True} if framework != "jax" else {}
    else:
        arguments |= {"output_padding": numbers(0, 3)} if draw(st.booleans()) else {}
        kind = draw(st.sampled_from(["nothing", "pads", "auto_pad", "output_shape"]))
        arguments |= {"pads": numbers(0, 2, 2 * n_axes)} if kind == "pads" else {}
        arguments |= {"output_shape": numbers(1, 14)} if kind == "output_shape" else {}
        words = ["SAME_UPPER", "SAME_LOWER"] if kind == "auto_pad" else ["NOTSET", "SAME_UPPER"]
        arguments |= {"auto_pad": draw(st.sampled_from(words))} if kind in ("auto_pad", "output_shape") else {}
    return *sizes, arguments


def arrays(input_size, kernel_size, groups):
    """Whole numbers: 2 or 3 channels for each group."""
    rng = np.random.default_rng(0)
    x = rng.integers(-4, 5, (2, *input_size, 2 * groups)).astype(float)
    return x, rng.integers(-4, 5, (*kernel_size, 3, 2 * groups)).astype(float)


def refuses(framework, x, kernel, arguments):
    """Say whether the framework does not compute this, or computes nothing."""
    try:
        return RUN[framework](*operands(framework, x, kernel), arguments).size == 0
    except Exception:
        return True


@pytest.mark.parametrize("framework", ALL)
@given(data=st.data())
def test_what_is_read_from_the_arguments_is_what_the_framework_does(framework, data):
    """Also what is refused: where `operation` raises, the framework does."""
    input_size, kernel_size, arguments = data.draw(calls(framework))
    names = FRAMEWORKS[framework].names
    if framework in NEEDS_ONEDNN and max(arguments.get(names["dilation"], (1,))) > 1:
        return
    groups = arguments.get(names.get("groups"), 1)
    x, kernel = arrays(input_size, kernel_size, groups)
    try:
        axes, groups, windows = operation(framework, input_size, kernel_size, **arguments)
    except ValueError as error:
        if "ONNX and its runtime differ" in str(error) or refuses(framework, x, kernel, arguments):
            return
        raise
    result = channels_last(framework, RUN[framework](*operands(framework, x, kernel), arguments))
    np.testing.assert_array_equal(result, by_definition(x, kernel, axes, groups, windows))


@pytest.mark.parametrize("target", ALL)
@pytest.mark.parametrize("source", list(FRAMEWORKS))
@settings(max_examples=settings().max_examples // 6)
@given(data=st.data())
def test_a_translation_computes_the_same(source, target, data):
    input_size, kernel_size, arguments = data.draw(calls(source))
    try:
        axes, groups, windows = operation(source, input_size, kernel_size, **arguments)
        translation = translate(source, target, input_size, kernel_size, **arguments)
    except ValueError:
        return
    if source == target:
        assert translation.crop is None, "what was said in its own words needs no crop"
    if target in NEEDS_ONEDNN and any(axis.d > 1 for axis in axes):
        return
    x, kernel = arrays(input_size, kernel_size, groups)
    result = finish(translation, RUN[target](*operands(target, x, kernel), translation.arguments))
    np.testing.assert_array_equal(channels_last(target, result), by_definition(x, kernel, axes, groups, windows))


@pytest.mark.parametrize(("source", "target"), list(itertools.product(FRAMEWORKS, repeat=2)))
def test_a_kernel_goes_there_and_back(source, target):
    kernel = np.arange(2 * 3 * 5 * 7).reshape(2, 3, 5, 7)
    converted = convert_kernel(kernel, source, target)
    np.testing.assert_array_equal(convert_kernel(converted, target, source), kernel)
    assert np.shares_memory(converted, kernel)


@pytest.mark.parametrize("spatial", [(4,), (4, 5), (4, 5, 6)])
def test_each_entry_of_a_kernel_of_pytorch_is_where_tensorflow_has_it(spatial):
    kernel = np.arange(2 * 3 * np.prod(spatial)).reshape(2, 3, *spatial)
    converted = convert_kernel(kernel, "pytorch", "tensorflow")
    assert converted.shape == (*spatial, 3, 2)
    for (of_input, of_output, *tap), entry in np.ndenumerate(kernel):
        assert converted[(*tap, of_output, of_input)] == entry


@pytest.mark.parametrize(
    ("target", "arguments", "reason"),
    [
        ("keras", {"groups": 2}, "keras cannot say this: the layer has no groups"),
        ("tensorflow", {"groups": 2}, "tensorflow cannot say this: it has no groups"),
        ("jax", {"groups": 2}, "jax cannot say this: lax.conv_transpose has no groups"),
        ("keras", {"stride": 2, "dilation": 2}, "keras cannot say this: strides and dilation_rate cannot both"),
        ("tensorflow", {"stride": 2, "dilation": 2}, "tensorflow cannot say this: strides and dilations cannot both"),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_reason(target, arguments, reason):
    with pytest.raises(NotExpressible, match=reason):
        translate("pytorch", target, 4, 3, **arguments)


@pytest.mark.parametrize(
    ("padding", "message"),
    [
        (((1, 1), (1, 1)), "`padding` must be 'SAME', 'VALID', or 4 pairs, got ((1, 1), (1, 1))"),
        (((0, 0), (1, 1), (1, 1), (1, 1)), "`padding` must have (0, 0) for the batch and the channels"),
        (((0, 0), (-1, 1), (1, 1), (0, 0)), "numbers of at least 0 for the axes between"),
    ],
)
def test_tensorflows_explicit_padding_is_taken_as_tensorflow_takes_it(padding, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        operation("tensorflow", (2, 2), (3, 3), output_shape=(4, 4), padding=padding)


def test_tensorflows_explicit_padding_saves_the_crop_but_with_dilation():
    """What PyTorch says by padding=1 and output_padding=1."""
    asked = {"stride": 2, "padding": 1, "output_padding": 1}
    translation = translate("pytorch", "tensorflow", (2, 2), (3, 3), **asked)
    assert translation.arguments["padding"] == ((0, 0), (1, 0), (1, 0), (0, 0))
    assert translation.crop is None
    assert translate("pytorch", "tensorflow", (2, 2), (3, 3), dilation=2, padding=1).crop is not None
    assert translate("pytorch", "tensorflow", 2, 3, **asked).crop == (slice(1, 5),)


def test_symmetric_padding_cannot_say_same_with_an_odd_total():
    """TensorFlow's SAME cuts 0 at the start and 1 at the end; PyTorch computes more, and the rest is cropped."""
    translation = translate("tensorflow", "pytorch", 2, 3, strides=2, padding="SAME", output_shape=4)
    assert translation.arguments["padding"] == (0,)
    assert translation.crop == (slice(0, 4),)
    assert translation.pad is None


@pytest.mark.parametrize(
    ("framework", "arguments", "error", "message"),
    [
        (
            "caffe",
            {},
            ValueError,
            "`source` must be one of keras, tensorflow, pytorch, jax, jax transpose_kernel, onnx",
        ),
        (
            "keras",
            {"stride": 2},
            ValueError,
            "keras has no argument `'stride'`: it has strides, dilation_rate, padding",
        ),
        ("keras", {"padding": 1}, TypeError, "`padding` must be one of valid, same, got 1"),
        ("keras", {"padding": "full"}, ValueError, "`padding` must be one of valid, same, got 'full'"),
        ("keras", {"strides": 2, "output_padding": 2}, ValueError, "`output_padding` below the stride, 2, on axis 0"),
        ("tensorflow", {}, ValueError, "tensorflow has no default: `output_shape` must be given"),
        ("tensorflow", {"output_shape": 9}, ValueError, "`output_shape` 9 on axis 0 is not reachable"),
        (
            "tensorflow",
            {"output_shape": 4, "padding": ((0, 0), (1, 1), (0, 0))},
            ValueError,
            "tensorflow takes explicit `padding` in two axes only",
        ),
        (
            "pytorch",
            {"stride": 2, "output_padding": 2},
            ValueError,
            "below the stride, 2, or the dilation, 1, on axis 0",
        ),
        ("pytorch", {"padding": 3}, ValueError, "pytorch leaves nothing on axis 0, `padding` 3: a size of -2"),
        ("pytorch", {"stride": 0}, ValueError, "`stride` must be at least 1, got 0"),
        ("jax", {}, ValueError, "jax has no default: `padding` must be given"),
        ("jax", {"padding": 1}, ValueError, "`padding` must be 'SAME', 'VALID', or 1 pairs, got 1"),
        ("jax", {"padding": "VALID", "transpose_kernel": True}, ValueError, "jax has no argument `'transpose_kernel'`"),
        (
            "jax transpose_kernel",
            {"padding": "VALID", "transpose_kernel": False},
            ValueError,
            "must be True here, got False",
        ),
        (
            "jax",
            {"padding": ((1, 1),), "use_consistent_padding": "no"},
            TypeError,
            "`use_consistent_padding` must be a bool, got 'no'",
        ),
        ("jax", {"padding": ((1, 1.5),)}, TypeError, "`padding` must be an int, got 1.5"),
        ("onnx", {"strides": 2, "output_padding": 2}, ValueError, "`output_padding` below the stride, 2, on axis 0"),
        ("onnx", {"strides": 2, "output_shape": 9}, ValueError, "`output_shape` of at most 6 on axis 0, got 9"),
    ],
)
def test_what_a_framework_does_not_take_is_refused(framework, arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        operation(framework, 2, 3, **arguments)


@pytest.mark.parametrize(
    ("framework", "sizes", "arguments", "message"),
    [
        ("keras", ([], 3), {}, "`input_size` must be an int or one int for each of the 1 axes, got 0: []"),
        ("keras", (0, 3), {}, "`input_size` must be at least 1, got 0"),
        ("keras", (2, 0), {}, "`kernel_size` must be at least 1, got 0"),
        ("pytorch", (2, 3), {"groups": 0}, "`groups` must be at least 1, got 0"),
        ("onnx", (2, 3), {"group": 0}, "`group` must be at least 1, got 0"),
    ],
)
def test_a_size_and_a_number_of_groups_start_at_1(framework, sizes, arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        operation(framework, *sizes, **arguments)


def test_an_array_without_numbers_is_not_finished():
    translation = translate("pytorch", "keras", 2, 3)
    with pytest.raises(TypeError, match=r"^`y` must hold ints, floats or complex numbers, got dtype object$"):
        finish(translation, np.full((1, 4, 1), None))


def documentation(framework):
    """The framework's own words, without markup."""
    if framework == "keras":
        import keras

        text = keras.layers.Conv2DTranspose.__doc__
    elif framework == "tensorflow":
        import tensorflow as tf

        text = tf.nn.conv2d_transpose.__doc__
    elif framework == "pytorch":
        import torch

        text = torch.nn.ConvTranspose2d.__doc__.replace(":attr:", "").replace("`", "")
    elif framework == "onnx":
        import onnx

        text = onnx.defs.get_schema("ConvTranspose").doc
    else:
        import jax

        text = jax.lax.conv_transpose.__doc__
    return " ".join(text.split())


@pytest.mark.parametrize("framework", ALL)
def test_the_quoted_sentence_stands_in_the_documentation(framework):
    assert FRAMEWORKS[framework].quote in documentation(framework)
