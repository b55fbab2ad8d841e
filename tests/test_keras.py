"""Keras' layers that are told their size, on each of Keras' backends; and the decoders that mirror an encoder."""

import importlib.util
import inspect
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import keras_backends
from frameworks_run import installed, parameters
from helpers import conv3d_misreads, exact
from keras_backends import KERAS, SIZED, integers, sized
from transpose_conv import conv_transpose, conv_transpose_output_sizes
from transpose_conv.keras import Step, plan_decoder

LAYERS = keras.layers


@pytest.fixture(scope="module", autouse=True)
def others(request):
    """The program that asks the layers, at work on the other backends while this process has TensorFlow's."""
    asked = {item.callspec.params.get("says") for item in request.session.items if hasattr(item, "callspec")}
    running = {}
    for name in filter(installed, asked & {"jax", "pytorch"}):
        environment = {**os.environ, "KERAS_BACKEND": name.removeprefix("py")}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        command = [sys.executable, Path(keras_backends.__file__)]
        running[name] = subprocess.Popen(command, env=environment, **pipes)
    yield running
    for process in running.values():
        process.kill()
        process.communicate()


@pytest.mark.parametrize("n_axes", [1, 2, 3])
def test_a_layer_is_made_described_and_made_again_as_keras(n_axes):
    ours, theirs = SIZED[n_axes - 1], KERAS[n_axes - 1]
    assert inspect.signature(ours) == inspect.signature(theirs)
    arguments = {"strides": 2, "padding": "same", "output_padding": 1, "data_format": "channels_first"}
    arguments |= {"activation": "relu", "kernel_constraint": "non_neg", "bias_regularizer": "l2", "name": "up"}
    config = ours(4, 3, **arguments).get_config()
    assert config == theirs(4, 3, **arguments).get_config()
    assert ours.from_config(config).get_config() == config
    assert keras.saving.get_registered_name(ours) == f"transpose_conv>SizedConv{n_axes}DTranspose"


# TensorFlow's graphs learn sizes when they run.

UNKNOWN = tf.TensorSpec((None, None, 1))


def in_a_graph(layer, skip=UNKNOWN, sizes=lambda skip: skip, **options):
    """Trace a function of `x` and `skip`, of any size, that tells the layer ``sizes(skip)``."""

    def call(x, skip):
        return layer(x, output_size=sizes(skip))

    return tf.function(call, **options).get_concrete_function(UNKNOWN, skip)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_in_a_graph_sizes_that_were_unknown_are_right_or_refused_with_the_legal_ones(padding):
    done = []
    for k, s in itertools.product((1, 2, 3, 5), range(1, 5)):
        kernel = integers(k, 4, 1)
        graph = in_a_graph(sized(kernel, strides=s, padding=padding))
        for i in (1, 2):
            x, legal = integers(2, i, 1), conv_transpose_output_sizes(i, k, stride=s, padding=padding)
            for n in range(max(legal[0] - 2, 1), legal[-1] + 3):
                done.append(n in legal)
                if n in legal:
                    ours = conv_transpose(x, kernel, stride=s, padding=padding, output_size=n)
                    np.testing.assert_array_equal(graph(tf.constant(x), tf.zeros((1, n, 1))), ours)
                    continue
                said = (
                    f"[`output_size`] [{n}] [on axis 0 is not reachable: a convolution with kernel_size={k}, stride={s}"
                )
                takes = f"takes] [{legal[0]}] [to] [{legal[-1]}] [to input_size] [{i}]"
                with pytest.raises(tf.errors.InvalidArgumentError, match=f"{re.escape(said)}.*{re.escape(takes)}"):
                    graph(tf.constant(x), tf.zeros((1, n, 1)))
    assert done.count(True) == 2 * 4 * 10


def test_in_a_graph_sizes_come_from_a_single_sample_and_none_from_an_empty_input():
    graph = in_a_graph(sized(integers(3, 4, 1), strides=2))
    assert [graph(tf.ones((1, 1, 1)), tf.zeros((1, n, 1))).shape[1] for n in (3, 4)] == [3, 4]
    said = "[`output_size`] [1] [on axis 0 is not reachable: a convolution with kernel_size=3, stride=2, padding="
    takes = "takes] [1] [to] [2] [to input_size] [0]"
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"{re.escape(said)}.*{re.escape(takes)}"):
        graph(tf.zeros((1, 0, 1)), tf.zeros((1, 1, 1)))


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_compiled_by_xla_other_sizes_are_refused_by_tensorflow(padding):
    for i, k, s in [(1, 1, 3), (2, 2, 4), (2, 3, 2), (1, 5, 3)]:
        kernel, x = integers(k, 4, 1), integers(2, i, 1)
        graph = in_a_graph(sized(kernel, strides=s, padding=padding), jit_compile=True)
        legal = conv_transpose_output_sizes(i, k, stride=s, padding=padding)
        for n in range(max(legal[0] - 1, 1), legal[-1] + 2):
            if n in legal:
                ours = conv_transpose(x, kernel, stride=s, padding=padding, output_size=n)
                np.testing.assert_array_equal(graph(tf.constant(x), tf.zeros((1, n, 1))), ours)
                continue
            with pytest.raises(tf.errors.InvalidArgumentError, match="out_backprop doesn't match"):
                graph(tf.constant(x), tf.zeros((1, n, 1)))


@pytest.mark.parametrize("sizes", [tf.shape, keras.ops.shape], ids=["tf.shape", "keras.ops.shape"])
def test_in_a_graph_sizes_may_be_computed(sizes):
    graph = in_a_graph(sized(integers(3, 4, 1), strides=2), sizes=lambda skip: sizes(skip)[1:-1])
    assert [graph(tf.ones((1, 2, 1)), tf.ones((1, n, 1))).shape[1] for n in (5, 6)] == [5, 6]


@pytest.mark.parametrize("dtype", [tf.int32, tf.int64, tf.uint8])
@pytest.mark.parametrize("shape", [(), (1,), (None,)])
def test_in_a_graph_sizes_may_be_an_argument(dtype, shape):
    graph = in_a_graph(sized(integers(3, 4, 1), strides=2), tf.TensorSpec(shape, dtype))
    for n in (5, 6):
        said = tf.constant(n if shape == () else [n], dtype)
        assert graph(tf.ones((1, 2, 1)), said).shape == (1, n, 4)
    with pytest.raises(tf.errors.InvalidArgumentError, match="takes] \\[5] \\[to] \\[6]"):
        graph(tf.ones((1, 2, 1)), tf.constant(7 if shape == () else [7], dtype))
    if shape == (None,):
        with pytest.raises(tf.errors.InvalidArgumentError, match="must equal 1, got shape \\[2]"):
            graph(tf.ones((1, 2, 1)), tf.constant([5, 5], dtype))


@pytest.mark.parametrize("said", [(5, 6), np.array([5, 6])], ids=["tuple", "array"])
def test_a_graph_keeps_the_sizes_that_are_said(said):
    layer = sized(integers(3, 3, 4, 1), integers(4), strides=2)
    call = tf.function(lambda x: layer(x, output_size=said))
    assert call.get_concrete_function(tf.TensorSpec((None, None, 2, 1))).output_shapes == (None, 5, 6, 4)


def test_a_graph_keeps_the_sizes_that_are_known_of_a_tensor_to_be_like():
    layer = sized(integers(3, 3, 4, 1), integers(4), strides=2)
    call = tf.function(lambda x, y: layer(x, output_size=y))
    traced = call.get_concrete_function(tf.TensorSpec((None, None, 2, 1)), tf.TensorSpec((7, None, 6, 9)))
    assert traced.output_shapes == (None, None, 6, 4)


@pytest.mark.parametrize(
    ("skip", "sizes", "text"),
    [
        (tf.TensorSpec((None, 7, 1)), lambda skip: skip, None),
        (
            UNKNOWN,
            lambda skip: skip.shape[1:-1],
            "`output_size` on axis 0 is not known yet, None: give the tensor itself",
        ),
        (tf.TensorSpec(None), lambda skip: skip, "must have a statically known rank"),
        (tf.TensorSpec((1,), tf.float32), lambda skip: skip, "`output_size` on axis 0 must be an int, got <tf.Tensor"),
        (tf.TensorSpec((2,), tf.int32), lambda skip: skip, "must be an int or one int for each of the 1 axes, got 2"),
        (UNKNOWN, lambda skip: (7,), "`output_size` 7 on axis 0 is not reachable"),
        (UNKNOWN, lambda skip: np.array([7]), "`output_size` 7 on axis 0 is not reachable"),
    ],
)
def test_what_is_wrong_already_is_refused_when_a_graph_is_traced(skip, sizes, text):
    layer = sized(integers(3, 4, 1), strides=2)

    def call(x, skip):
        return layer(x, output_size=sizes(skip))

    with pytest.raises((ValueError, TypeError), match=re.escape(text or "`output_size` 7 on axis 0 is not reachable")):
        tf.function(call).get_concrete_function(tf.TensorSpec((None, 2, 1)), skip)


# The module as it is on other backends, made here, where the same code computes with TensorFlow's arrays: a quick look at
# its branches, while `keras_backends` asks the backends themselves.


@pytest.fixture
def on_pytorch(monkeypatch):
    """Return a function that imports the module anew, as where Keras has PyTorch and this version."""
    registered = keras.saving.get_custom_objects()
    for name in [f"transpose_conv>SizedConv{n_axes}DTranspose" for n_axes in (1, 2, 3)]:
        monkeypatch.setitem(registered, name, registered[name])  # the classes of this test are not those of others
    monkeypatch.setattr(keras.config, "backend", lambda: "torch")

    def imported(version=keras.__version__):
        monkeypatch.setattr(keras, "__version__", version)
        spec = importlib.util.find_spec("transpose_conv.keras")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return imported


@pytest.mark.parametrize("version", ["3.15.0", "3.15.0rc1", "3.16.1", "4.0.0"])
def test_on_pytorch_the_layers_are_made_and_registered_from_keras_3_15_on(on_pytorch, version):
    module = on_pytorch(version)
    assert module.tf is None
    for kind in (module.SizedConv1DTranspose, module.SizedConv2DTranspose, module.SizedConv3DTranspose):
        name = f"transpose_conv>{kind.__name__}"
        assert keras.saving.get_registered_name(kind) == name
        assert keras.saving.get_registered_object(name) is kind


@pytest.mark.parametrize("version", ["3.14.1", "3.9.2"])
def test_on_pytorch_an_earlier_keras_is_refused(on_pytorch, version):
    text = (
        "transpose_conv.keras needs Keras 3.15 on PyTorch, where earlier ones shift the values of padding='same' "
        f"by one sample, got {version}"
    )
    with pytest.raises(ImportError, match=exact(text)):
        on_pytorch(version)


def test_on_pytorch_a_layer_around_learns_the_shape_that_an_input_of_unknown_size_gives(on_pytorch):
    up = on_pytorch().SizedConv1DTranspose(2, 3, strides=2)

    class Around(keras.Layer):
        def call(self, x):
            return up(x, output_size=8)

    assert Around()(keras.Input(batch_shape=(5, None, 1))).shape == (5, 8, 2)


@pytest.mark.parametrize("sizes", [lambda skip: tf.shape(skip)[1:-1], lambda skip: 5], ids=["wanted", "of the input"])
def test_on_pytorch_sizes_have_to_be_known_when_it_compiles(on_pytorch, sizes):
    layer = on_pytorch().SizedConv1DTranspose(4, 3, strides=2)
    text = (
        "`output_size` on axis 0 has to be known when torch compiles, and so has the size of the input: "
        "give ints, or a tensor to be like"
    )
    with pytest.raises(TypeError, match=re.escape(text)):
        in_a_graph(layer, sizes=sizes)


# Decoders


@st.composite
def encoders(draw, kinds=("Conv", "MaxPooling", "AveragePooling", "DepthwiseConv", "SeparableConv")):
    """Draw layers that change the size, others between them, all as a kind and its arguments; and the size they read."""
    n_axes, layers = draw(st.integers(1, 3)), []

    def numbers(most, least=1):
        return tuple(draw(st.lists(st.integers(least, most), min_size=n_axes, max_size=n_axes)))

    for _ in range(draw(st.integers(1, 3))):
        there_are = [kind for kind in kinds if hasattr(LAYERS, f"{kind}{n_axes}D")]
        kind, said = draw(st.sampled_from(there_are)), {"padding": draw(st.sampled_from(["valid", "same"]))}
        said["pool_size" if "Pooling" in kind else "kernel_size"] = numbers(4)
        said["strides"] = strides = numbers(4)
        if "Conv" in kind and len(kinds) > 1 and draw(st.booleans()):
            said |= {"strides": (1,) * n_axes, "dilation_rate": numbers(3)}
        elif kind in ("DepthwiseConv", "SeparableConv"):  # TensorFlow's take one stride for both axes
            said["strides"] = strides[:1] * n_axes
        if kind in ("Conv", "SeparableConv"):
            said["filters"] = 2
        layers.append((f"{kind}{n_axes}D", said))
        between = [("ReLU", {})], [("BatchNormalization", {}), ("Dropout", {"rate": 0.5})]
        layers += draw(st.sampled_from([[], *between]))
    return layers, numbers(15, least=4)


def make(drawn):
    """Make the layers that `encoders` drew."""
    return [getattr(LAYERS, kind)(**said) for kind, said in drawn[0]], drawn[1]


def size_after(layer, size, **said):
    """Run a layer on 2 channels of zeros; where TensorFlow cannot dilate without oneDNN, ask the layer."""
    if max(getattr(layer, "dilation_rate", [1])) > 1:
        shape = layer.compute_output_shape((1, *size, 2))
    else:
        shape = layer(tf.zeros((1, *size, 2)), **said).shape
    return tuple(shape[1:-1])


@settings(max_examples=settings().max_examples // 6)
@given(encoders())
def test_keras_runs_the_decoder_back_through_every_size(drawn):
    layers, size = make(drawn)
    sizes = run_through(layers, size)
    if sizes is None:
        with pytest.raises(ValueError, match=r"`kernel` of size \d on axis \d does not fit"):
            plan_decoder(layers, size)
        return
    steps = plan_decoder(layers, size)
    assert [(step.output_size, step.input_size) for step in reversed(steps)] == list(itertools.pairwise(sizes))
    for step in steps:
        kinds, said = (SIZED, {"output_size": step.output_size}) if step.needs_output_size else (KERAS, {})
        layer = kinds[len(size) - 1](2, **step.arguments)
        if step.needs_output_size and max(layer.dilation_rate) > 1:
            assert layer.compute_output_shape((1, *step.input_size, 2), step.output_size)[1:-1] == step.output_size
        else:
            assert size_after(layer, step.input_size, **said) == step.output_size
        assert step.needs_output_size == (not reaching(step, [None, *explicit(step)]))
        assert (step.arguments["output_padding"] is None) == (not reaching(step, explicit(step)))


def run_through(layers, size):
    """Return the sizes from first to last, those of layers that keep it once; None where Keras has no size to give."""
    sizes = [size]
    for layer in layers:
        try:
            after = size_after(layer, sizes[-1])
        except (ValueError, tf.errors.InvalidArgumentError):
            return None
        if min(after) < 1:
            return None
        sizes += [after] if hasattr(layer, "strides") else []
    return sizes


def explicit(step):
    return list(itertools.product(*map(range, step.arguments["strides"])))


def reaching(step, choices):
    """Return those `output_padding` with which Keras' layer has the size."""
    layer = KERAS[len(step.input_size) - 1]
    made = {
        choice: layer(1, **step.arguments | {"output_padding": choice}).compute_output_shape((1, *step.input_size, 1))
        for choice in choices
    }
    return [choice for choice, shape in made.items() if tuple(shape[1:-1]) == step.output_size]


@settings(max_examples=settings().max_examples // 6)
@given(encoders(["Conv"]))
def test_with_the_kernel_of_its_convolution_a_step_is_the_transpose(drawn):
    """<conv(x), y> = <x, step(y)> in whole numbers, with the same array as kernel."""
    (layer, *_), size = make(drawn)
    assume(not conv3d_misreads(layer.padding, size, layer.kernel_size, layer.strides))
    (step,) = plan_decoder([layer], size)
    x, y, kernel = integers(1, *size, 2), integers(1, *step.input_size, 2), integers(*layer.kernel_size, 2, 2)
    layer.build(x.shape)
    layer.set_weights([kernel, np.zeros(2)])
    arguments = {name: value for name, value in step.arguments.items() if name != "kernel_size"}
    mirror = sized(kernel, kind=SIZED if step.needs_output_size else KERAS, **arguments)
    result = mirror(y, output_size=step.output_size) if step.needs_output_size else mirror(y)
    assert np.vdot(np.float64(layer(x)), y) == np.vdot(x, np.float64(result))


def test_a_plan_for_odd_sizes():
    layers = [
        LAYERS.Conv2D(8, 3, strides=2, padding="same", name="first"),
        LAYERS.ReLU(),
        LAYERS.MaxPooling2D(2, name="pool"),
        LAYERS.Conv2D(8, (2, 5), strides=(2, 3), padding="same", name="last"),
    ]
    common = {"strides": (2, 2), "dilation_rate": (1, 1)}
    assert plan_decoder(layers, (23, 24)) == [
        Step(
            "last",
            (3, 2),
            (6, 6),
            {"kernel_size": (2, 5), "strides": (2, 3), "padding": "same", "dilation_rate": (1, 1)}
            | {"output_padding": None},
            needs_output_size=False,
        ),
        Step(
            "pool",
            (6, 6),
            (12, 12),
            {"kernel_size": (2, 2), "padding": "valid", "output_padding": (0, 0)} | common,
            needs_output_size=False,
        ),
        Step(
            "first",
            (12, 12),
            (23, 24),
            {"kernel_size": (3, 3), "padding": "same", "output_padding": (0, 1)} | common,
            needs_output_size=False,
        ),
    ]


def test_a_dilated_convolution_is_mirrored():
    (step,) = plan_decoder([LAYERS.Conv2D(8, (2, 3), dilation_rate=(4, 3))], (12, 13))
    assert step.input_size == (8, 7)
    assert step.arguments["dilation_rate"] == (4, 3)
    assert LAYERS.Conv2DTranspose(1, **step.arguments).compute_output_shape((1, 8, 7, 1)) == [1, 12, 13, 1]


def test_a_size_that_keras_layer_has_no_word_for_is_marked():
    """With "same" and an even kernel, the largest size takes the default, on both axes or on none."""
    (step,) = plan_decoder([LAYERS.Conv2D(8, 2, strides=2, padding="same")], (5, 6))
    assert step.needs_output_size
    assert step.arguments["output_padding"] is None


@pytest.mark.parametrize(
    ("layer", "size"),
    [
        (LAYERS.Conv3D(2, 2, strides=2), (5, 6, 7)),
        (LAYERS.MaxPooling3D(2), (5, 6, 7)),
        (LAYERS.AveragePooling3D(2), (5, 6, 7)),
        (LAYERS.SeparableConv2D(2, 2, strides=2), (5, 6)),
        (LAYERS.DepthwiseConv2D(2, strides=2), (5, 6)),
    ],
    ids=lambda value: value.__class__.__name__ if isinstance(value, keras.Layer) else "",
)
def test_every_kind_of_layer_is_mirrored_up_to_its_number_of_axes(layer, size):
    (step,) = plan_decoder([layer], size)
    assert step.input_size == tuple(n // 2 for n in size)
    assert step.output_size == size


def test_layers_that_keep_the_size_are_passed_over_wherever_their_channels_stand():
    conv, pool = LAYERS.Conv2D(3, 3, strides=2), LAYERS.MaxPooling2D(2)
    keep = [LAYERS.Dense(8), LAYERS.SpatialDropout2D(0.1, data_format="channels_first"), LAYERS.ReLU()]
    assert plan_decoder([conv, *keep, pool], (23, 25)) == plan_decoder([conv, pool], (23, 25))


@pytest.mark.parametrize("size", [21, [21], np.array([21])])
def test_layers_come_in_lists_sequences_and_models(size):
    image = keras.Input((None, 3))
    pool, inner = LAYERS.MaxPooling1D(2), keras.Sequential([LAYERS.Conv1D(4, 3), LAYERS.ReLU()])
    conv = LAYERS.Conv1D(4, 4, strides=3, padding="same")
    first = inner(image)
    second = keras.ops.relu(pool(conv(pool(first))))  # the pooling is shared
    model = keras.Model(image, [first, second])
    expected = plan_decoder([inner, pool, conv, pool], size)
    assert [(step.output_size, step.input_size) for step in reversed(expected)] == [
        ((21,), (19,)),
        ((19,), (9,)),
        ((9,), (3,)),
        ((3,), (1,)),
    ]
    assert plan_decoder(model, size) == expected
    assert plan_decoder([LAYERS.InputLayer((None, 3)), [inner], (pool, [conv]), pool], size) == expected
    assert plan_decoder(keras.Model(image, model(image)[1]).layers[:0], size) == []


def joined(image):
    h = LAYERS.Conv2D(3, 3, padding="same", name="inner")(image)
    return keras.Model(image, LAYERS.Add(name="add")([h, image]), name="net")


def branching(image):
    h = LAYERS.Conv2D(3, 3)(image)
    return keras.Model(image, [LAYERS.MaxPooling2D(2)(h), LAYERS.MaxPooling2D(3)(h)], name="net")


def with_backbone(image):
    h = LAYERS.Conv2D(3, 3)(image)
    backbone = keras.Model(image, [h, LAYERS.MaxPooling2D(2)(h)], name="backbone")
    return keras.Model(image, LAYERS.Conv2D(3, 3)(backbone(image)[0]), name="net")


class Subclass(keras.Model):
    def call(self, x):
        return x


IMAGE, DOWN = keras.Input((None, None, 3)), LAYERS.MaxPooling2D(2, name="down")
READS = "`layers`: {}, which reads (4, 5): "
OTHERWISE = "it makes {} of (None, 4, 5, None), and is neither a convolution nor a pooling"
UNSURE = READS + "what it makes of that is not known: leave it out of the list if it keeps the size"


@pytest.mark.parametrize(
    ("layers", "text"),
    [
        ([LAYERS.ZeroPadding2D(1, name="pad")], READS.format("pad") + OTHERWISE.format((None, 6, 7, None))),
        ([LAYERS.Cropping2D(1, name="crop")], READS.format("crop") + OTHERWISE.format((None, 2, 3, None))),
        ([LAYERS.UpSampling2D(2, name="up")], READS.format("up") + OTHERWISE.format((None, 8, 10, None))),
        ([LAYERS.Conv2DTranspose(3, 2, name="up")], READS.format("up") + OTHERWISE.format((None, 5, 6, 3))),
        ([LAYERS.Flatten(name="flat")], READS.format("flat") + OTHERWISE.format((None, None))),
        ([LAYERS.GlobalMaxPooling2D(name="all")], READS.format("all") + OTHERWISE.format((None, None))),
        ([LAYERS.Add(name="add")], UNSURE.format("add")),
        ([LAYERS.Conv1D(3, 3, name="row")], READS.format("row") + "it has 1 spatial axes"),
        (
            [LAYERS.Conv2D(3, 5, name="large")],
            READS.format("large")
            + "`kernel` of size 5 on axis 0 does not fit: with stride=1, padding='valid', dilation=1 "
            "it reaches over 5 samples, and input_size 4 with its padding has 4",
        ),
        (
            [LAYERS.DepthwiseConv2D(3, strides=2, dilation_rate=2, padding="same", name="both")],
            READS.format("both") + "no transposed layer of Keras' has strides and dilation_rate both above 1",
        ),
        (joined(IMAGE), "`layers`: add makes 1 of 2 tensors: list the layers of one way through net"),
        (branching(IMAGE), "`layers`: the calls of net branch: list the layers of one way through it"),
        (with_backbone(IMAGE), "`layers`: backbone makes 2 of 1 tensors: list the layers of one way through net"),
        (Subclass(name="mine"), "`layers`: mine is no functional model, so its calls are not known: list its layers"),
    ],
)
def test_what_cannot_be_mirrored_is_refused(layers, text):
    layers = [DOWN, *layers] if isinstance(layers, list) else layers
    with pytest.raises(ValueError, match=exact(text)):
        plan_decoder(layers, (8, 10))


def test_a_causal_convolution_is_refused():
    text = "`layers`: past, which reads (9,): `padding` must be 'valid' or 'same' where it is a string, got 'causal'"
    with pytest.raises(ValueError, match=exact(text)):
        plan_decoder([LAYERS.Conv1D(3, 3, padding="causal", name="past")], 9)


@pytest.mark.parametrize(
    ("layers", "size", "error", "text"),
    [
        (7, 8, TypeError, "`layers` must be a keras.Model, or a list of layers and models, got 7"),
        ([DOWN, "relu"], 8, TypeError, "`layers` must be a keras.Model, or a list of layers and models, got 'relu'"),
        (
            [DOWN],
            (8, 8, 3),
            ValueError,
            "`input_size` must be an int or one int for each of the 2 axes, got 3: (8, 8, 3)",
        ),
        ([DOWN], (8, None), TypeError, "`input_size` on axis 1 must be an int, got None"),
        ([DOWN], 0, ValueError, "`input_size` must be at least 1, got 0"),
    ],
)
def test_other_arguments_are_refused(layers, size, error, text):
    with pytest.raises(error, match=exact(text)):
        plan_decoder(layers, size)


# On each backend; last, so that the other processes are done


class Here(dict):
    """What TensorFlow answers in this process: each question when a test wants to know, which then takes its own time."""

    def __missing__(self, name):
        self[name] = keras_backends.answer(name)
        return self[name]


@pytest.fixture(scope="module", params=parameters(["tensorflow", "jax", "pytorch"]))
def says(request, others):
    """All answers of the layers on one backend."""
    if request.param == "tensorflow":
        answers = Here(backend=keras_backends.BACKEND)
    else:
        output, errors = others[request.param].communicate()
        assert others[request.param].returncode == 0, errors
        answers = json.loads(output.splitlines()[-1])
    assert answers["backend"] == request.param.removeprefix("py")
    return answers


def test_along_one_axis_every_legal_size_has_tensorflows_values(says):
    assert says["one_axis"] == {"equal": 400}  # 4 input sizes, 5 kernel sizes, 1 + 2 + 3 + 4 sizes, and two paddings


def test_every_other_size_is_refused_with_the_legal_ones(says):
    assert says["not_legal"] == {"refused": 1080, "otherwise": 0}


def test_along_two_and_three_axes_legal_sizes_have_tensorflows_values(says):
    assert says["several_axes"] == {"2 axes": 32, "3 axes": 32, "equal": 64}


def test_a_size_may_be_said_in_many_ways(says):
    assert says["ways_to_say_it"] == []


def test_sizes_that_are_none_are_refused(says):
    per_axis = "TypeError: `output_size` must be an int or one int per axis, got"
    each = "ValueError: `output_size` must be an int or one int for each of the 2 axes"
    like = "ValueError: `output_size` must be sizes, or a tensor of rank 4 to be like, got one of shape"
    unknown = "is not known yet, None: give the tensor itself, as output_size=skip"
    assert says["malformed"] == {
        "too few": f"{each}, got 1: (5,)",
        "too many": f"{each}, got 3: (5, 6, 5)",
        "float": f"{per_axis} 5.0",
        "float in a tuple": "TypeError: `output_size` on axis 1 must be an int, got 6.0",
        "bool": f"{per_axis} True",
        "bool in a tuple": "TypeError: `output_size` on axis 1 must be an int, got False",
        "string": f"{per_axis} '5'",
        "dict": f"{per_axis} {{'size': 5}}",
        "nested": "TypeError: `output_size` on axis 0 must be an int, got [5]",
        "zero": "ValueError: `output_size` on axis 1 must be at least 1, got 0",
        "negative": "ValueError: `output_size` must be at least 1, got -5",
        "None": f"TypeError: `output_size` on axis 1 {unknown}",
        "sizes of a model's input": f"TypeError: `output_size` on axis 0 {unknown}",
        "rank 2": f"{like} (5, 6)",
        "rank 3": f"{like} (1, 5, 6)",
        "floats": "TypeError: `output_size` on axis 0 must be an int",
        "bools": "TypeError: `output_size` on axis 0 must be an int",
        "three": each,
        "no input": "ValueError: `input_size` on axis 0 must be at least 1, got 0",
        "both": "ValueError: `output_size` and the layer's `output_padding` both choose the size: give one of them",
    }


def test_told_no_size_it_is_keras_layer_and_weights_move_both_ways(says):
    assert says["as_keras"] == [4, 0]


def test_bias_and_activation_come_after(says):
    assert says["bias_and_activation"] is True


def test_channels_may_come_first(says):
    assert says["channels_first"] == [None, 4, 6, 7]


def test_dilation_is_keras(says):
    assert says["dilation"] == [True, True]


def test_mixed_precision_computes_in_float16_and_keeps_float32(says):
    assert says["mixed_precision"] == ["float16", "float16", "float32", True]


def test_gradients_are_those_of_the_package(says):
    assert says["gradients"] == [8, 0]


def test_a_functional_model_of_any_size_is_saved_loaded_and_run(says):
    """Two paddings; then three sizes of images each, for the model and for the one that was loaded."""
    assert says["functional_model"] == {str([None, None, None, 5] * 2): 2, "True": 12}


def test_training_steps_down_the_gradient(says):
    assert says["training"] is True


def test_in_a_readers_own_layer_sizes_may_be_unknown_and_are_checked_when_known(says):
    assert says["inside_a_layer"] == [*[[None, None, 5, made] for made in (7, 8, True)] * 2, [None, 7, 5]]


def test_a_model_knows_what_it_can_of_the_shape(says):
    takes = "a convolution with kernel_size=3, stride=2, padding='valid' takes 5 to 6 to input_size 2"
    assert says["shapes_of_a_model"] == {
        "ints": "(None, 6, 7, 3)",
        "like": "(None, None, 5, 3)",
        "like half": "(None, 5, None, 3)",
        "sizes": "(None, None, None, 3)",
        "any number of sizes": "(None, None, None, 3)",
        "not legal": f"ValueError: `output_size` 7 on axis 0 is not reachable: {takes}",
        "not legal like": f"ValueError: `output_size` 7 on axis 0 is not reachable: {takes}",
    }


def test_what_a_backend_cannot_do_is_said(says):
    assert says["only_here"] == {
        "tensorflow": None,
        "jax": "TypeError: `output_size` on axis 0 has to be known when jax compiles, and so has the size of the "
        "input: give ints, or a tensor to be like",
        "torch": "transpose_conv.keras needs Keras 3.15 on PyTorch, where earlier ones shift the values of "
        "padding='same' by one sample, got 3.14.1",
    }.get(says["backend"])
