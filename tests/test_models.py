"""The doctor of saved models: its sizes are those that Keras computes, and what it says to write makes the model run."""

import contextlib
import copy
import functools
import itertools
import json
import operator
import os
import pickle
import random
import re
import subprocess
import sys
import zipfile
from collections import Counter

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as kl

import transpose_conv.keras
from helpers import exact
from transpose_conv import model_files, models
from transpose_conv.models import describe_model, examine

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # TensorFlow's, where Keras saves a model
REFUSALS = (ValueError, TypeError, tf.errors.OpError)  # what Keras and TensorFlow raise where sizes do not fit


def written(model, path):
    """Write a model's configuration, or one that was edited, where `examine` reads it."""
    path.write_text(model.to_json() if isinstance(model, keras.Model) else json.dumps(model), encoding="utf-8")
    return path


def config_of(model):
    """Return a model's configuration and, by name, that of its layers in it, to be edited."""
    config = json.loads(model.to_json())
    return config, {layer["config"]["name"]: layer for layer in config["config"]["layers"]}


def runs(model, size):
    """Say whether Keras computes a model of open sizes on this one."""
    try:
        model(np.zeros((1, *size, model.inputs[0].shape[-1]), "float32"))
    except REFUSALS:
        return False
    return True


# Random graphs


def numbers(rng, n_axes, least, most):
    return tuple(rng.randint(least, most) for _ in range(n_axes))


def random_layer(rng, n_axes, layout, on_cpu):
    """Return a layer of one input; one that TensorFlow has `on_cpu`, or any that Keras knows the size of."""

    def make(kind, *args, **said):
        return getattr(kl, kind.replace("ND", f"{n_axes}D"))(*args, **said)

    placed = {"data_format": layout}
    window = {"strides": numbers(rng, n_axes, 1, 3), "padding": rng.choice(["valid", "same"]), **placed}
    dilated = {**window, "strides": 1, "dilation_rate": numbers(rng, n_axes, 1, 2)}
    k, pairs = numbers(rng, n_axes, 1, 4), tuple(numbers(rng, 2, 0, 2) for _ in range(n_axes))
    border = pairs if n_axes > 1 else pairs[0]
    has_format = placed if n_axes > 1 else {}  # in one dimension, some layers know channels_last only
    even = window["padding"] == "same" and any(n % 2 == 0 for n in k)  # here Keras counts from one too few
    if not even or min(window["strides"]) > 1:
        least = 1 if even else 0
        added = {"output_padding": tuple(rng.randint(least, s - 1) for s in window["strides"])}
    choices = [
        lambda: make("ConvND", 3, k, **window),
        lambda: make("ConvND", 3, k, **dilated),
        lambda: make("ConvNDTranspose", 3, k, **window),
        lambda: make("ConvNDTranspose", 3, k, **window, **added),
        lambda: make("ConvNDTranspose", 3, k, **(window if on_cpu else dilated)),
        lambda: make("MaxPoolingND", k, **window),
        lambda: make("AveragePoolingND", k, **{**window, "strides": None}),
        lambda: make("UpSamplingND", numbers(rng, n_axes, 1, 2) if n_axes > 1 else 2, **has_format),
        lambda: make("ZeroPaddingND", border, **placed),
        lambda: make("CroppingND", border, **has_format),
        lambda: make("SpatialDropoutND", 0.5),
        lambda: rng.choice([kl.BatchNormalization, kl.LayerNormalization, kl.ReLU, kl.Identity])(),
        lambda: rng.choice([kl.Dropout, kl.GaussianNoise, kl.Rescaling, kl.ELU])(0.5),
    ]
    if n_axes < 3:
        uniform = {**window, "strides": window["strides"][:1] * n_axes}
        choices.append(lambda: make("SeparableConvND", 3, k, **uniform))
        choices.append(lambda: make("DepthwiseConvND", k, **uniform, depth_multiplier=2))
    if n_axes == 1 and layout == "channels_last":
        choices.append(lambda: make("ConvND", 3, k, **{**window, "padding": "causal"}))
    if layout == "channels_first" and n_axes == 1:
        choices = choices[:7]
    if even and min(window["strides"]) == 1:
        del choices[3]
    return rng.choice(choices)()


def random_recipe(seed, on_cpu):
    """Return the shape of an input, and a list of (layer or operation, numbers of the tensors that it is called on)."""
    rng = random.Random(seed)
    n_axes, layout = (
        rng.choice([1, 2, 2, 3]),
        "channels_last" if on_cpu else rng.choice(["channels_last", "channels_first"]),
    )
    size = numbers(rng, n_axes, 7, 10 if n_axes == 3 else 20)
    shape = (*size, 3) if layout == "channels_last" else (3, *size)
    recipe, tensors = [], [keras.Input(shape)]
    merges = [kl.Add, kl.Subtract, kl.Multiply, kl.Average, kl.Maximum, kl.Minimum]
    merges = [lambda merge=merge: merge() for merge in merges] + [lambda: keras.ops.add]
    merges += [
        lambda: kl.Concatenate(-1 if layout == "channels_last" else 1),
        lambda: kl.Concatenate(rng.randint(1, n_axes)),
    ]
    for _ in range(200):
        source = rng.randrange(max(len(tensors) - 3, 0), len(tensors))
        alike = [i for i, tensor in enumerate(tensors) if tensor.shape == tensors[source].shape]
        if rng.random() < 0.25:
            step = rng.choice(merges)(), [source, rng.choice(alike)]
        elif recipe and rng.random() < 0.15 and len(recipe[-1][1]) == 1:
            step = recipe[-1][0], [source]  # the same layer once more
        else:
            step = random_layer(rng, n_axes, layout, on_cpu), [source]
        try:
            made = called(step, tensors)
        except ValueError:  # too small for it, or of other channels than its first call
            continue
        if min(made.shape[1:]) > 0 and max(made.shape[1:]) < 50:
            recipe.append(step)
            tensors.append(made)
        if len(recipe) == 12:
            return shape, recipe, tensors
    raise AssertionError("no more layer fits")


def called(step, tensors):
    layer, sources = step
    given = [tensors[i] for i in sources]
    return layer(*given) if len(given) == 1 or layer is keras.ops.add else layer(given)


def counted(tensors, shapes, spatial):
    """Count the pairs of a layer's name and a size that it gives."""
    names = [tensor._keras_history.operation.name for tensor in tensors]
    return Counter((name, tuple(shape[spatial])) for name, shape in zip(names, shapes))


def sizes_of(path, input_size=None):
    """Count the same pairs as this module computes them."""
    calls = model_files.calls_of(model_files.read_model(path))
    run = models._run(calls, models._inputs(calls, input_size))
    assert run.errors == run.misfits == run.unchecked == []
    return Counter(zip((call.name for call in calls), run.sizes))


@pytest.mark.parametrize("seed", range(60))
def test_each_size_is_the_one_that_keras_infers(seed, tmp_path):
    shape, _, tensors = random_recipe(seed, on_cpu=False)
    path = written(keras.Model(tensors[0], tensors[1:]), tmp_path / "model.json")
    spatial = slice(1, -1) if shape[-1] == 3 else slice(2, None)
    assert sizes_of(path) == counted(tensors, [tensor.shape for tensor in tensors], spatial)


@pytest.mark.parametrize("seed", range(1000, 1030))
def test_each_size_is_the_one_that_keras_computes_where_it_is_open(seed, tmp_path):
    (*size, channels), recipe, _ = random_recipe(seed, on_cpu=True)
    tensors = [keras.Input((*(None,) * len(size), channels))]
    for step in recipe:
        tensors.append(called(step, tensors))
    model = keras.Model(tensors[0], tensors)
    model.save(tmp_path / "model.keras")
    computed = model(np.zeros((2, *size, channels), "float32"))
    assert sizes_of(tmp_path / "model.keras", size) == counted(tensors, [y.shape for y in computed], slice(1, -1))


# U-Nets: what does not fit, and whether it runs as it is said


def unet(stages, size=None, lines=None, merge=kl.Concatenate, channels=3):
    """Return a U-Net; of each stage the layers down and up, and in place of the latter `lines`, as they would be pasted."""
    lines, n_axes = lines or {}, stages[0][2]
    x = inputs = keras.Input((*(size or (None,) * n_axes), channels), name="input")
    convolve = lambda name: getattr(kl, f"Conv{n_axes}D")(4, 3, padding="same", name=name)  # noqa: E731
    skips = []
    for number, (down, _, _) in enumerate(stages):
        skips.append(convolve(f"skip{number}")(x))
        x = down(skips[-1])
    for number in reversed(range(len(stages))):
        x = up(stages[number][1], f"up{number}", x, skips[number], lines)
        x = kl.Activation("relu", name=f"relu{number}")(kl.BatchNormalization(name=f"norm{number}")(x))
        x = convolve(f"conv{number}")(merge(name=f"merge{number}")([x, skips[number]]))
    return keras.Model(inputs, x)


def up(make, name, x, skip, lines):
    is_upsampling = isinstance(make(name="_"), (kl.UpSampling1D, kl.UpSampling2D, kl.UpSampling3D))
    if is_upsampling or name not in lines:
        x = make(name=name)(x)
    if name not in lines:
        return x
    return eval(lines[name], {"keras": keras, "transpose_conv": transpose_conv, "x": x, "skip": skip})


def random_stages(rng):
    """Draw the layers of a U-Net; most layers up have the geometry of those down."""
    n_axes, stages = rng.choice([1, 2, 2, 2, 3]), []
    for _ in range(rng.randint(1, 3)):
        k, s = numbers(rng, n_axes, 1, 4), numbers(rng, n_axes, 1, 3)
        said = {"strides": s, "padding": rng.choice(["valid", "same"])}
        kinds = [lambda k=k, said=said: getattr(kl, f"Conv{n_axes}D")(4, k, **said)] * 2
        kinds += [
            lambda k=k, said=said, n=n: getattr(kl, f"{n}Pooling{n_axes}D")(k, **said) for n in ("Max", "Average")
        ]
        if rng.random() < 0.2:
            k = numbers(rng, n_axes, 1, 4)
        if rng.random() < 0.2:
            said = {**said, "padding": rng.choice(["valid", "same"])}
        if said["padding"] == "valid" and rng.random() < 0.3:
            said = {**said, "output_padding": tuple(rng.randrange(n) for n in s)}
        make = lambda name, k=k, said=said: getattr(kl, f"Conv{n_axes}DTranspose")(4, k, **said, name=name)  # noqa: E731
        if rng.random() < 0.2:
            factors = s if n_axes > 1 else s[0]
            make = lambda name, factors=factors: getattr(kl, f"UpSampling{n_axes}D")(factors, name=name)  # noqa: E731
        stages.append((rng.choice(kinds)(), make, n_axes))
    return stages


def drawn_unet(seed):
    """Draw a U-Net and a size of which no layer leaves nothing."""
    rng = random.Random(seed)
    stages, merge = random_stages(rng), rng.choice([kl.Concatenate, kl.Concatenate, kl.Add])
    n_axes = stages[0][2]
    return (
        stages[: 2 if n_axes == 3 else 3],
        merge,
        numbers(rng, n_axes, 16, 24) if n_axes == 3 else numbers(rng, n_axes, 40, 60),
    )


def remedies_of(report):
    return [one for misfit in report["misfits"] for one in misfit["remedies"]]


def gives(make, size, output_padding):
    """Return the size that Keras' layer gives with another output_padding, or None."""
    layer = make(name="up")
    layer = type(layer).from_config({**layer.get_config(), "output_padding": output_padding})
    try:
        return list(layer(np.zeros((1, *size, 1), "float32")).shape[1:-1])
    except REFUSALS:
        return None


def test_what_fits_runs_and_after_what_is_said_to_write_all_does(tmp_path):
    found = Counter()
    for seed in range(50):
        stages, merge, size = drawn_unet(seed)
        model = unet(stages, merge=merge)
        report = examine(written(model, tmp_path / "model.json"), size)
        assert report["fits"] == runs(model, size), seed
        assert (report["unknown"], report["unchecked"], report["errors"]) == ([], [], []), seed
        layers = {one["name"]: one for one in report["layers"]}
        for one in remedies_of(report):
            if one["line"] is None or "Sized" in one["line"]:  # then no layer of Keras' gives it
                about, make = layers[one["layer"]], stages[int(one["layer"][2:])][1]
                for added in [None, *itertools.product(*map(range, about["strides"]))]:
                    assert gives(make, about["input_size"], added) != one["needed"], seed
        if all(one["line"] for one in remedies_of(report)):
            repaired = unet(stages, lines={one["layer"]: one["line"] for one in remedies_of(report)}, merge=merge)
            assert repaired(np.zeros((1, *size, 3), "float32")).shape[1:-1] == size, seed
        found[f"fits {report['fits']}"] += 1
        found.update((one["line"] or "None").split("(")[0] for one in remedies_of(report))
    kinds = ["fits True", "fits False", "None", *(f"keras.layers.Conv{n}DTranspose" for n in (1, 2, 3))]
    kinds += ["transpose_conv.keras.SizedConv2DTranspose", "keras.layers.ZeroPadding2D", "keras.layers.Cropping2D"]
    assert min(found[kind] for kind in kinds) > 0, found


# One U-Net of three levels


def ordinary(size=None, lines=None, pool="valid", kernel_size=2, **said):
    """Return the U-Net that everybody writes: poolings of 2, and transposed convolutions of stride 2."""

    def make(name):
        return kl.Conv2DTranspose(4, kernel_size, strides=2, **said, name=name)

    return unet([(kl.MaxPooling2D(padding=pool), make, 2) for _ in range(3)], size, lines)


def paddings(report):
    return {one["layer"]: one["output_padding"] for one in remedies_of(report)}


def test_an_odd_size_fails_in_keras_and_runs_with_the_output_padding_that_the_report_names(tmp_path):
    model = ordinary()
    report = examine(written(model, tmp_path / "model.json"), (101, 135))
    with pytest.raises(REFUSALS):
        model(np.zeros((1, 101, 135, 3), "float32"))
    with pytest.raises(ValueError, match="requires inputs with matching shapes"):
        ordinary((101, 135))
    assert paddings(report) == {"up2": [1, 1], "up1": [0, 1], "up0": [1, 1]}
    assert [one["name"] for one in report["misfits"]] == ["merge2", "merge1", "merge0"]
    config, layers = config_of(model)
    for name, output_padding in paddings(report).items():
        layers[name]["config"]["output_padding"] = output_padding
    repaired = keras.models.model_from_json(json.dumps(config))
    assert repaired(np.zeros((1, 101, 135, 3), "float32")).shape == (1, 101, 135, 4)
    assert examine(written(config, tmp_path / "model.json"), (101, 135))["fits"]


def test_the_report_of_the_odd_size(tmp_path):
    report = examine(written(ordinary(), tmp_path / "model.json"), [101, 135])
    assert report["input_size"] == [101, 135]
    assert report["fits"] is False
    assert report["sizes"] is None
    assert report["layers"][1] == {
        "name": "up1",
        "type": "Conv2DTranspose",
        "kernel_size": [2, 2],
        "strides": [2, 2],
        "padding": "valid",
        "dilation_rate": [1, 1],
        "output_padding": None,
        "input_size": [25, 33],
        "output_size": [50, 66],
        "needed": [50, 67],
        "legal": [[50, 51], [66, 67]],
    }
    assert report["misfits"][1] == {
        "name": "merge1",
        "type": "Concatenate",
        "inputs": [{"layer": "relu1", "size": [50, 66]}, {"layer": "skip1", "size": [50, 67]}],
        "remedies": [
            {
                "layer": "up1",
                "output_size": [50, 66],
                "needed": [50, 67],
                "output_padding": [0, 1],
                "line": "keras.layers.Conv2DTranspose(4, 2, strides=2, output_padding=(0, 1))(x)",
                "text": "set output_padding=(0, 1)",
            }
        ],
    }
    assert json.loads(json.dumps(report)) == report


def test_the_report_in_words(tmp_path):
    text = describe_model(examine(written(ordinary(), tmp_path / "model.json"), (101, 135)))
    assert "up1    2x2     2x2      25x33  50x66    50-51x66-67      50x67" in text.splitlines()
    assert "merge1 (Concatenate) does not fit: 50 x 66 from relu1, 50 x 67 from skip1" in text
    assert "up1 has to give 50 x 67: set output_padding=(0, 1)" in text
    assert "    keras.layers.Conv2DTranspose(4, 2, strides=2, output_padding=(0, 1))(x)\n" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_model_of_given_size_is_examined_at_that_size(tmp_path):
    config, layers = config_of(ordinary())
    layers["input"]["config"]["batch_shape"] = [None, 101, 135, 3]
    assert not runs(keras.models.model_from_json(json.dumps(config)), (101, 135))
    report = examine(written(config, tmp_path / "model.json"))
    assert report["input_size"] == [101, 135]
    assert paddings(report) == {"up2": [1, 1], "up1": [0, 1], "up0": [1, 1]}
    assert examine(tmp_path / "model.json", (101, 135)) == report
    text = "`input_size` 100 on axis 0 cannot be: the model's input 'input' is 101 x 135"
    with pytest.raises(ValueError, match=exact(text)):
        examine(tmp_path / "model.json", (100, 135))


def test_a_line_keeps_what_changes_the_layers_result(tmp_path):
    model = ordinary(pool="same", kernel_size=4, padding="same", activation="relu", use_bias=False)
    (remedy,) = remedies_of(examine(written(model, tmp_path / "model.json"), (47, 47)))
    said = '4, 4, padding="same", strides=2, output_padding=1, use_bias=False, activation="relu"'
    assert remedy["line"] == f"keras.layers.Conv2DTranspose({said})(x)"


def test_where_output_padding_has_no_words_for_it_the_layer_is_told_the_size(tmp_path):
    said = {"pool": "same", "kernel_size": 4, "padding": "same"}
    (remedy,) = remedies_of(examine(written(ordinary(**said), tmp_path / "model.json"), (47, 48)))
    assert remedy["output_padding"] is None
    line = 'transpose_conv.keras.SizedConv2DTranspose(4, 4, padding="same", strides=2)(x, output_size=skip)'
    assert remedy["line"] == line
    assert runs(ordinary(lines={"up0": line}, **said), (47, 48))


def test_a_size_that_is_not_legal_is_said_with_those_that_are(tmp_path):
    model = ordinary(kernel_size=4, padding="same")
    report = examine(written(model, tmp_path / "model.json"), (49, 48))
    (remedy,) = remedies_of(report)
    assert remedy["line"] is None
    assert remedy["text"] == "it can only give 47 to 48 x 47 to 48, so pad or crop one of the inputs"
    assert "\n  up0 has to give 49 x 48: it can only give 47 to 48" in describe_model(report)


def test_an_output_padding_too_many_is_taken_away(tmp_path):
    model = ordinary(output_padding=1)
    report = examine(written(model, tmp_path / "model.json"), (32, 32))
    assert not runs(model, (32, 32))
    assert [one["text"] for one in remedies_of(report)] == ["set output_padding=None"] * 3
    assert runs(ordinary(lines={one["layer"]: one["line"] for one in remedies_of(report)}), (32, 32))


# Sizes left open


def test_the_sizes_that_fit_are_those_that_keras_computes(tmp_path):
    model = ordinary()
    report = examine(written(model, tmp_path / "model.json"))
    assert report["sizes"] == {
        "tried": [1, 256],
        "fitting": list(range(8, 257, 8)),
        "text": "sizes that are multiples of 8",
    }
    assert (report["input_size"], report["fits"]) == ([8, 8], True)
    assert [n for n in range(8, 26) if runs(model, (n, n))] == [8, 16, 24]
    text = describe_model(report)
    assert text.startswith("fits sizes that are multiples of 8 (tried: 1 to 256")
    assert "does not fit 9, 10, 11, ..." in text


def test_only_the_open_axes_are_tried(tmp_path):
    config, layers = config_of(ordinary())
    layers["input"]["config"]["batch_shape"] = [None, None, 64, 3]
    report = examine(written(config, tmp_path / "model.json"))
    assert report["input_size"] == [8, 64]
    assert report["sizes"]["fitting"] == list(range(8, 257, 8))
    layers["input"]["config"]["batch_shape"] = [None, None, 63, 3]
    report = examine(written(config, tmp_path / "model.json"))
    assert report["sizes"]["text"] == "no size from 1 to 256"
    assert (report["input_size"], report["fits"]) == ([256, 63], False)
    assert paddings(report) == {"up2": [0, 1], "up1": [0, 1], "up0": [0, 1]}


@pytest.mark.parametrize(
    ("fitting", "text"),
    [
        ([], "no size from 1 to 256"),
        (range(1, 257), "every size"),
        (range(21, 257), "every size, from 21 on"),
        (range(16, 257, 16), "sizes that are multiples of 16"),
        (range(48, 257, 16), "sizes that are multiples of 16, from 48 on"),
        (range(5, 257, 8), "sizes that are 5 more than a multiple of 8"),
        (range(21, 257, 8), "sizes that are 5 more than a multiple of 8, from 21 on"),
        (range(16, 256, 16), "16, 32, 48, 64, 80, 96, 112, 128, ... (15 sizes)"),
        ([*range(16, 257, 16), 255], "16, 32, 48, 64, 80, 96, 112, 128, ... (17 sizes)"),
        ([100, 200], "100, 200"),
        ([7], "7"),
        (range(2, 257), "every size, from 2 on"),
        (range(80, 257, 80), "sizes that are multiples of 80"),  # of three, the third bears out what two suggest
        ([255, 256], "255, 256"),
        (range(1, 9), "1, 2, 3, 4, 5, 6, 7, 8"),
        (range(1, 10), "1, 2, 3, 4, 5, 6, 7, 8, ... (9 sizes)"),
    ],
)
def test_sizes_in_words_are_a_rule_only_where_it_is_exact(fitting, text):
    assert models._in_words(sorted(fitting)) == text


# Other graphs


def report_of(outputs, inputs, tmp_path, input_size=None):
    return examine(written(keras.Model(inputs, outputs), tmp_path / "model.json"), input_size)


def test_channels_first(tmp_path):
    def build(size, lines):
        x = skip = keras.Input((3, *size))
        x = kl.MaxPooling2D(3, data_format="channels_first")(skip)
        x = kl.Conv2D(4, 1, data_format="channels_first")(x)
        up = 'keras.layers.Conv2DTranspose(4, 3, strides=3, data_format="channels_first")(x)'
        x = eval(lines.get("up", up.replace(")(x)", ', name="up")(x)')), {"keras": keras, "x": x})
        return keras.Model(skip, kl.Concatenate(axis=1)([x, skip]))

    (remedy,) = remedies_of(report := examine(written(build((None, None), {}), tmp_path / "model.json"), (20, 10)))
    assert report["layers"][0]["input_size"] == [6, 3]
    assert remedy["line"] == (
        'keras.layers.Conv2DTranspose(4, 3, strides=3, output_padding=(2, 1), data_format="channels_first")(x)'
    )
    with pytest.raises(ValueError, match="requires inputs with matching shapes"):
        build((20, 10), {})
    assert build((20, 10), {"up": remedy["line"]}).output.shape == (None, 7, 20, 10)  # a CPU does not run it


def test_a_layer_of_another_data_format_is_not_known(tmp_path):
    x = keras.Input((None, None, 3))
    y = kl.MaxPooling2D(data_format="channels_first")(kl.Conv2D(3, 1)(kl.Conv2D(3, 1)(x)))
    report = report_of(kl.Conv2DTranspose(1, 2, name="up")(y), x, tmp_path, (8, 8))
    assert [one["type"] for one in report["unknown"]] == ["MaxPooling2D"]
    assert (report["layers"][0]["input_size"], report["layers"][0]["legal"]) == (None, None)


def test_nested_models_are_gone_through(tmp_path):
    a = keras.Input((None, None, 4))
    down = keras.Model(a, [kl.MaxPooling2D()(a), a], name="down")
    inner = keras.Sequential([kl.Conv2D(4, 3, padding="same", name="conv")], name="inner")
    b = keras.Input((None, None, 4))
    rise = keras.Model(b, inner(kl.Conv2DTranspose(4, 2, strides=2, name="up")(b)), name="rise")
    x = keras.Input((None, None, 4), name="x")
    small, skip = down(x)
    model = keras.Model({"x": x}, {"y": kl.Add(name="add")([rise(small), skip])})
    report = examine(written(model, tmp_path / "model.json"), (9, 8))
    assert [one["name"] for one in report["layers"]] == ["rise/up"]
    (remedy,) = remedies_of(report)
    assert (remedy["layer"], remedy["needed"], remedy["output_padding"]) == ("rise/up", [9, 8], [1, 0])
    assert report["misfits"][0]["inputs"][0] == {"layer": "rise/inner/conv", "size": [8, 8]}
    assert examine(tmp_path / "model.json")["sizes"]["text"] == "sizes that are multiples of 2"


@pytest.mark.parametrize("kind", ["functional", "sequential"])
def test_calls_of_a_nested_model_are_told_apart(kind, tmp_path):
    a = keras.Input((None, 4))
    half = keras.Model(a, kl.MaxPooling1D()(a)) if kind == "functional" else keras.Sequential([a, kl.MaxPooling1D()])
    x = keras.Input((None, 4))
    first = half(x)
    model = keras.Model(x, [half(first), first])
    outer_input = keras.Input((None, 4))
    quarter, again = model(outer_input)
    outputs = [kl.Add(name="fits")([quarter, half(again)]), kl.Add(name="not")([quarter, again])]
    report = report_of(outputs, outer_input, tmp_path, 16)
    assert [one["name"] for one in report["misfits"]] == ["not"]
    assert [one["size"] for one in report["misfits"][0]["inputs"]] == [[4], [8]]


def test_outputs_in_a_dict_are_counted_in_the_order_of_their_names(tmp_path):
    a = keras.Input((None, 4))
    inner, x = keras.Model(a, {"z": kl.MaxPooling1D()(a), "y": a}), keras.Input((None, 4))
    made = inner(x)
    up = kl.Conv1DTranspose(4, 2, strides=2, name="up")(made["z"])
    path = written(keras.Model(x, kl.Add()([up, made["y"]])), tmp_path / "model.json")
    assert examine(path, 8)["layers"][0]["input_size"] == [4]
    assert examine(path, 8)["fits"]


def test_a_nested_sequential_model_takes_any_size_as_in_keras(tmp_path):
    x = keras.Input((None, 4))
    model = keras.Model(x, keras.Sequential([keras.Input((8, 4)), kl.MaxPooling1D()])(x))
    assert runs(model, (6,)) and examine(written(model, tmp_path / "model.json"), 6)["fits"]


def test_a_nested_model_of_given_size_takes_no_other(tmp_path):
    a = keras.Input((8, 8, 4))
    inner, x = keras.Model(a, kl.MaxPooling2D()(a), name="inner"), keras.Input((None, None, 4))
    model = keras.Model(x, inner(x))
    report = examine(written(model, tmp_path / "model.json"), (6, 8))
    assert [one["text"] for one in report["errors"]] == ["its model takes 8 x 8, and is called on 6 x 8"]
    assert not report["fits"] and not runs(model, (6, 8))
    assert examine(tmp_path / "model.json", (8, 8))["fits"]


def test_a_shared_layer_is_told_the_size_at_each_call(tmp_path):
    def build(layer, told):
        x = keras.Input((None, None, 4))
        half = kl.MaxPooling2D()(x)
        quarter = kl.MaxPooling2D()(half)
        options = [{"output_size": skip} if told else {} for skip in (half, x)]
        outputs = [kl.Add()([layer(quarter, **options[0]), half]), kl.Add()([layer(half, **options[1]), x])]
        return keras.Model(x, outputs)

    model = build(kl.Conv2DTranspose(4, 2, strides=2, name="up"), told=False)
    report = examine(written(model, tmp_path / "model.json"), (15, 14))
    assert sorted(one["needed"] for one in report["layers"]) == [[7, 7], [15, 14]]
    assert {one["text"] for one in remedies_of(report)} == {
        "it is called 2 times and has one output_padding, so tell it the size"
    }
    line = "transpose_conv.keras.SizedConv2DTranspose(4, 2, strides=2)(x, output_size=skip)"
    assert {one["line"] for one in remedies_of(report)} == {line}
    repaired = build(eval(line.replace("(x, output_size=skip)", "")), told=True)
    assert not runs(model, (15, 14)) and runs(repaired, (15, 14))
    assert examine(written(repaired, tmp_path / "model.json"))["sizes"]["text"] == "every size, from 4 on"


def test_a_layer_that_two_merges_want_otherwise_is_repaired_for_one(tmp_path):
    x = keras.Input((None, 4))
    up = kl.Conv1DTranspose(4, 2, strides=2, name="up")(kl.MaxPooling1D()(x))
    cut = kl.Cropping1D((0, 1))(x)
    report = report_of([kl.Add(name="one")([up, x]), kl.Add(name="two")([up, cut])], x, tmp_path, 9)
    assert [one["name"] for one in report["misfits"]] == ["one", "two"]
    assert [one["text"] for one in remedies_of(report)] == [
        "set output_padding=1",
        "but another merge needs another size of it",
    ]


def test_a_repair_of_what_a_layer_reads_takes_back_the_layers_own(tmp_path):
    x = keras.Input((None, 4))
    first = kl.Conv1DTranspose(4, 2, strides=2, name="first")(kl.MaxPooling1D(4)(x))
    second = kl.Conv1DTranspose(4, 2, strides=2, name="second")(first)
    # 9 of `second` would fit, if it did not make the pooling 5, so `first` 5, and so `second` at least 10
    pooled = kl.MaxPooling1D(padding="same")(second)
    report = report_of([kl.Add(name="one")([second, x]), kl.Add(name="two")([first, pooled])], x, tmp_path, 9)
    assert {one["layer"]: one["text"] for one in remedies_of(report)} == {
        "first": "set output_padding=1",
        "second": "it can only give 10 to 11, so pad or crop one of the inputs",
    }


def test_the_side_that_an_encoder_chose_is_the_one_that_is_kept(tmp_path):
    x = keras.Input((None, None, 4))
    half = kl.MaxPooling2D()(x)
    first = kl.Conv2DTranspose(4, 2, strides=2, name="first")(half)
    node = kl.Add(name="node")([x, first])  # as in nested U-Nets: its size is that of x, not the layer's
    last = kl.Conv2DTranspose(4, 2, strides=2, name="last")(kl.Conv2D(4, 1)(half))
    report = report_of(kl.Concatenate(name="join")([x, node, last]), x, tmp_path, (9, 8))
    assert paddings(report) == {"first": [1, 0], "last": [1, 0]}


def test_of_two_layers_that_chose_their_size_the_later_is_repaired(tmp_path):
    x = keras.Input((None, 4))
    first = kl.Conv1DTranspose(4, 3, strides=2, name="first")(x)
    second = kl.Conv1DTranspose(4, 2, strides=2, name="second")(kl.MaxPooling1D()(first))
    report = report_of(kl.Add()([second, first]), x, tmp_path, 4)
    assert [(one["layer"], one["needed"]) for one in remedies_of(report)] == [("second", [9])]


def test_what_the_layers_after_it_add_is_counted_in(tmp_path):
    x = keras.Input((None, 4))
    y = kl.Conv1DTranspose(4, 2, strides=2, name="up")(kl.MaxPooling1D()(x))
    y = kl.ZeroPadding1D((1, 2))(kl.Conv1D(4, 3)(y))  # one more in all
    path = written(keras.Model(x, kl.Concatenate()([y, x])), tmp_path / "model.json")
    (remedy,) = remedies_of(examine(path, 8))
    assert (remedy["needed"], remedy["text"]) == ([7], "it can only give 8 to 9, so pad or crop one of the inputs")
    assert examine(path)["sizes"]["fitting"] == list(range(5, 257, 2))


def test_a_sequential_autoencoder_shows_its_legal_sizes(tmp_path):
    layers = [
        kl.Conv1D(4, 3, strides=2, padding="same"),
        kl.Conv1DTranspose(2, 3, strides=2, padding="same", name="up"),
    ]
    model = keras.Sequential(layers)
    (about,) = examine(written(model, tmp_path / "model.json"), 9)["layers"]  # not built: its size is open
    assert (about["input_size"], about["output_size"], about["legal"]) == ([5], [10], [[9, 10]])
    model.build((None, 9, 2))
    assert examine(written(model, tmp_path / "model.json"))["layers"] == [about]
    assert model(np.zeros((1, 9, 2))).shape == (1, 10, 2)
    assert "everything fits" in describe_model(examine(tmp_path / "model.json"))


def test_a_generator_without_spatial_axes_at_its_input(tmp_path):
    x = keras.Input((100,))
    y = kl.Reshape((7, 5, 16))(kl.Dense(7 * 5 * 16)(x))
    y = kl.SpectralNormalization(kl.Conv2DTranspose(8, 4, strides=2, padding="same", name="up"))(y)
    path = written(model := keras.Model(x, kl.Flatten()(y)), tmp_path / "model.json")
    (about,) = examine(path)["layers"]
    assert about["output_size"] == list(model.layers[-2].output.shape[1:-1]) == [14, 10]
    with pytest.raises(ValueError, match=exact("`input_size` must have 0 axes, as the model's input, got 100")):
        examine(path, 100)


def test_attention_on_channels_spreads_a_single_sample(tmp_path):
    x = keras.Input((None, None, 4))
    pooled, flat = kl.GlobalAveragePooling2D(keepdims=True)(x), kl.Dense(4)(kl.GlobalMaxPooling2D()(x))
    y = kl.Multiply()([kl.Conv2DTranspose(4, 1)(x), pooled])
    report = report_of(kl.Concatenate()([kl.Multiply()([y, flat]), x]), x, tmp_path, (5, 7))
    assert report["fits"] and not report["unchecked"]


def test_a_single_sample_is_spread_by_all_merges_but_concatenate(tmp_path):
    def build(merge):
        x = keras.Input((None, None, 4))
        up = kl.Conv2DTranspose(4, 2, strides=2, padding="same", name="up")(kl.MaxPooling2D(padding="same")(x))
        return keras.Model(x, merge()([kl.Cropping2D(((0, 1), (0, 0)))(up), x]))

    for merge in (kl.Add, kl.Multiply, kl.Maximum, kl.Subtract, kl.Concatenate):
        model = build(merge)
        for size in [(1, 4), (2, 4), (3, 4), (3, 3), (4, 4)]:
            if size[0] > 1:  # of one sample the cropping leaves nothing
                assert examine(written(model, tmp_path / "model.json"), size)["fits"] == runs(model, size)
    x = keras.Input((None, 4))
    up = kl.Conv1DTranspose(4, 2, strides=2, name="up")(kl.ReLU()(kl.MaxPooling1D()(x)))  # after `single`
    pooled = kl.GlobalAveragePooling1D(keepdims=True)(x)
    single = kl.Conv1DTranspose(4, 1, strides=9, output_padding=0, name="single")(pooled)
    assert paddings(report_of(kl.Add()([up, x, single]), x, tmp_path, 9)) == {"up": [1]}


def test_upsampling_only_multiplies(tmp_path):
    x = keras.Input((None, None, 4))
    y = kl.UpSampling2D(3, name="up")(kl.MaxPooling2D(3, padding="same")(x))
    (remedy,) = remedies_of(report_of(kl.Add()([kl.Conv2D(4, 2, padding="same")(y), x]), x, tmp_path, (10, 9)))
    assert remedy["line"] == "keras.layers.Cropping2D(((0, 2), (0, 0)))(x)"
    assert remedy["text"] == "it can only multiply, so pad or crop what it gives"


def test_where_no_layer_chose_the_size_nothing_is_proposed(tmp_path):
    x = keras.Input((None, 4))
    report = report_of(kl.Add(name="add")([kl.Conv1D(4, 3)(x), x]), x, tmp_path, 9)
    assert report["misfits"][0]["remedies"] == []
    assert "no transposed convolution or upsampling can make these fit" in describe_model(report)


def test_a_size_that_a_layer_cannot_take(tmp_path):
    x = keras.Input((None, 4))
    even = {"strides": 2, "padding": "same", "output_padding": 0}
    model = keras.Model(x, kl.Conv1DTranspose(4, 2, **even, name="up")(kl.Conv1D(4, 5, name="conv")(x)))
    assert [one["name"] for one in examine(written(model, tmp_path / "model.json"), 4)["errors"]] == ["conv"]
    report = examine(tmp_path / "model.json", 9)
    assert [one["name"] for one in report["errors"]] == ["up"]
    assert "keras' size" in describe_model(report)
    assert not report["fits"] and not runs(model, (9,)) and not runs(model, (4,))
    assert examine(tmp_path / "model.json")["sizes"]["fitting"] == []


def test_layers_that_are_told_their_size(tmp_path):
    def build(**told):
        x = keras.Input((None, None, 4))
        layer = transpose_conv.keras.SizedConv2DTranspose(4, 3, strides=2, padding="same", name="up")
        told = {name: x if value == "skip" else value for name, value in told.items()}
        y = layer(kl.MaxPooling2D(padding="same")(x), **told)
        return keras.Model(x, kl.Concatenate(name="join")([y, x]))

    model = build(output_size="skip")
    report = examine(written(model, tmp_path / "model.json"))
    assert report["sizes"]["text"] == "every size" and all(runs(model, (n, n)) for n in (1, 2, 7))
    assert examine(tmp_path / "model.json", (9, 8))["layers"][0]["output_size"] == [9, 8]
    path = written(build(output_size=(9, 8)), tmp_path / "model.json")
    assert examine(path, (9, 8))["fits"]
    report = examine(path, (10, 8))
    assert remedies_of(report)[0]["text"] == "tell it the size"
    assert [one["text"] for one in examine(path, (12, 8))["errors"]] == [
        "`output_size` 9 on axis 0 is not reachable: "
        "a convolution with kernel_size=3, stride=2, padding='same' takes 11 to 12 to input_size 6"
    ]
    report = examine(written(build(), tmp_path / "model.json"), (9, 8))
    assert remedies_of(report)[0]["line"].endswith("(x, output_size=skip)")
    config, layers = config_of(build(output_size=(9, 8)))
    layers["up"]["config"]["output_padding"] = [1, 1]
    (error,) = examine(written(config, tmp_path / "model.json"), (9, 8))["errors"]
    assert error["text"] == "`output_size` and the layer's `output_padding` both choose the size"


@keras.saving.register_keras_serializable("somebody")
class Conv2D(kl.Layer):
    """A layer with a name of Keras', that halves the height."""

    def call(self, x):
        return x[:, ::2]


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda x: Conv2D()(x), "Conv2D"),
        (lambda x: kl.Lambda(lambda x: x[:, 1:])(x), "Lambda"),
        (lambda x: x[:, 2:], "GetItem"),
        (lambda x: kl.Permute((2, 1, 3))(x), "Permute"),
        (lambda x: keras.ops.average(x, axis=1, weights=None)[:, None], "Average"),
        (lambda x: kl.RandomCrop(3, 3)(x), "RandomCrop"),
    ],
)
def test_after_a_layer_that_is_not_known_nothing_is_claimed(make, kind, tmp_path):
    x = keras.Input((None, None, 4))
    y = make(x)
    y = kl.Concatenate(name="join")([kl.Conv2DTranspose(4, 2, strides=2, name="up")(y), x])
    report = report_of(kl.Add(name="sum")([y, kl.ReLU()(y)]), x, tmp_path, (8, 8))
    assert report["unknown"][0]["type"] == kind
    assert (report["misfits"], report["errors"], report["unchecked"]) == ([], [], ["join", "sum"])
    assert (report["layers"][0]["output_size"], report["layers"][0]["legal"]) == (None, None)
    text = describe_model(report)
    assert f"({kind})" in text and "not checked for that: join, sum" in text
    assert text.endswith("\nas far as it is known, everything fits")


@pytest.mark.parametrize("module", ["mine.layers", "keras_mine", "notkeras"])
def test_a_layer_of_somebody_elses_with_the_name_of_one_of_keras_is_not_known(module, tmp_path):
    """Keras registers nothing for a class that was not decorated: the module alone tells."""
    for own, unknown in ((module, ["up"]), ("keras.src.layers", [])):
        entry = layer() | {"module": own, "registered_name": "Conv2DTranspose"}
        report = examine(written(functional(entry), tmp_path / "model.json"))
        assert [one["name"] for one in report["unknown"]] == unknown


def test_a_constant_among_the_inputs_is_not_known(tmp_path):
    x = keras.Input((None, 4))
    report = report_of(x + np.ones((1, 6, 4), "float32"), x, tmp_path, 5)
    assert report["unchecked"] == ["add"] or report["unchecked"][0].startswith("add_")
    assert report_of(kl.Add()([x * 2.0, x]), x, tmp_path, 5)["unchecked"] == []


def old(config):
    """Rewrite a configuration as Keras 2 wrote it: calls as lists, a nested model counted as its own first call."""
    config = copy.deepcopy(config)
    nested = {layer["name"] for layer in config["config"]["layers"] if "output_layers" in layer["config"]}
    for layer in config["config"]["layers"]:
        layer.pop("module")
        if shape := layer["config"].pop("batch_shape", None):
            layer["config"]["batch_input_shape"] = shape
        if layer["name"] in nested:
            layer["config"] = old({"config": layer["config"]})["config"]
        nodes = []
        for node in layer["inbound_nodes"]:
            histories = [ref for _, ref in model_files._tensors(node["args"])] and model_files._tensors(node["args"])
            nodes.append([[key[0], key[1] + (key[0] in nested), output, {}] for key, output in histories])
        layer["inbound_nodes"] = nodes
    return config


def test_configurations_of_keras_2_are_read(tmp_path):
    a = keras.Input((None, 4))
    half, x = keras.Model(a, kl.MaxPooling1D()(a), name="half"), keras.Input((None, 4))
    first = half(x)
    up = kl.Conv1DTranspose(4, 2, strides=2, name="up")(half(first))
    model = keras.Model(x, kl.Concatenate(name="join")([up, first]))
    config = old(json.loads(model.to_json()))
    expected = examine(written(model, tmp_path / "model.json"), 14)
    assert [one["needed"] for one in remedies_of(expected)] == [[7]]
    assert examine(written(config, tmp_path / "model.json"), 14) == expected


# The text


def test_the_text_has_80_columns_whatever_the_names_and_the_sizes(tmp_path):
    long = {name: f"a_name_as_long_as_those_that_nested_models_have_{name}" for name in ("up", "join", "lambda")}
    x = keras.Input((None, None, None, 3), name="input")
    y = kl.Conv3DTranspose(64, (3, 5, 4), strides=(2, 3, 2), padding="same", name=long["up"], use_bias=False)(
        kl.MaxPooling3D((2, 3, 2), padding="same")(x)
    )
    y = kl.Concatenate(name=long["join"])([y, x])
    y = kl.Concatenate()([kl.Lambda(lambda x: x, name=long["lambda"])(y), x])
    path = written(keras.Model(x, y), tmp_path / "model.json")
    for size in [(1001, 1002, 1003), (10**15, 10**15 + 1, 7), (1, 1, 1), None]:
        text = describe_model(examine(path, size))
        assert max(map(len, text.splitlines())) <= 80
    assert "a_name_as_long_as_those_that_nested_m..." in text


def test_a_name_cannot_command_the_terminal_nor_leave_its_line(tmp_path):
    config, layers = config_of(ordinary())
    layers["up0"]["config"]["activation"] = 'relu")(x); import os; ("'
    text = json.dumps(config).replace('"up0"', json.dumps("\x1b[2Jup\n\ud800"))
    (tmp_path / "model.json").write_text(text)
    text = describe_model(examine(tmp_path / "model.json", (31, 31)))
    assert "?[2Jup?? has to give 31 x 31" in text
    assert "\x1b" not in text and "import os" not in text
    assert text.encode()


# Files that are no models, and files that are traps


def test_nothing_of_keras_is_imported(tmp_path):
    path = written(ordinary(), tmp_path / "model.json")
    code = (
        "import sys; from transpose_conv.models import *; describe_model(examine(sys.argv[1]));"
        "print(sorted({'keras', 'tensorflow', 'h5py', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_in_a_file_is_executed(tmp_path, monkeypatch):
    trap = tmp_path / "sprung"
    (tmp_path / "a_trap.py").write_text(f"import pathlib; pathlib.Path({str(trap)!r}).touch()")
    monkeypatch.syspath_prepend(tmp_path)
    x = keras.Input((None, 4))
    bait = kl.Lambda(lambda x: open("sprung", "w") and x, output_shape=(None, 4), name="bait")  # noqa: SIM115
    config, layers = config_of(keras.Model(x, kl.ReLU(name="other")(bait(x))))
    layers["other"] |= {"module": "a_trap", "class_name": "Trap", "registered_name": "a_trap>Trap"}
    layers["other"]["config"]["activation"] = {"module": "a_trap", "class_name": "function", "config": "spring"}
    layers["other"]["config"]["output_size"] = {"class_name": "__lambda__", "config": {"code": "open", "closure": None}}
    report = examine(written(config, tmp_path / "model.json"), 5)
    assert [one["name"] for one in report["unknown"]] == ["bait", "other"]
    assert not trap.exists() and "a_trap" not in sys.modules
    import a_trap

    assert a_trap and trap.exists()  # it would have been


WATCHED = """
import sys
from transpose_conv.models import describe_model, examine
describe_model(examine(sys.argv[2]))  # whatever is imported late has been
asked = []
harmless = {"os.listdir", "os.scandir", "object.__getattr__", "sys._getframe"}
sys.addaudithook(lambda event, arguments: asked.append((event, str(arguments[:1]))))
try:
    print(describe_model(examine(sys.argv[1])).splitlines()[0])
except ValueError as error:
    print(error)
kinds = ("exec", "compile", "marshal", "pickle", "subprocess", "os.", "socket", "shutil", "ctypes")
print([event for event in asked if event[0].startswith(kinds) and event[0] not in harmless])
print(sorted({event[1] for event in asked if event[0] == "open" and sys.argv[1] not in event[1]}))
"""


class Harm:
    """Runs a command in whoever unpickles it."""

    def __reduce__(self):
        return os.system, ("touch sprung",)


def hostile(kind, path):
    """Write a file that runs something in a reader who trusts it: a .keras file with a Lambda, or with a pickle in it."""
    if kind == "lambda":  # as Keras writes it: the function's own code, marshalled
        x = keras.Input((None, 4))
        bait = kl.Lambda(lambda x: __import__("os").system("touch sprung") or x, output_shape=(None, 4), name="bait")
        keras.Model(x, bait(x)).save(path)
        assert b"__lambda__" in zipfile.ZipFile(path).read("config.json")
    elif kind == "a pickle beside":
        config = written(ordinary(), path).read_text(encoding="utf-8")
        zipped(path, config_json=config, model_weights_h5=pickle.dumps(Harm()))
    elif kind == "a pickle inside":
        zipped(path, config_json=pickle.dumps(Harm()))
    else:
        path.write_bytes(pickle.dumps(Harm()))
    return path


@pytest.mark.parametrize("kind", ["lambda", "a pickle beside", "a pickle inside", "a pickle"])
def test_a_hostile_file_is_read_or_refused_and_runs_nothing(kind, tmp_path):
    """Python itself says what is asked of it: no code, no process, no file but this one."""
    path, calm = hostile(kind, tmp_path / "model.keras"), tmp_path / "calm.keras"
    zipped(calm, config_json=ordinary().to_json())
    command = [sys.executable, "-c", WATCHED, path, calm]
    said, ran, opened = subprocess.check_output(command, text=True, cwd=tmp_path).splitlines()
    refusal = "holds neither a zip file nor JSON: expected a .keras file"
    assert said.endswith(refusal) == kind.endswith(("inside", "a pickle")), said
    assert (ran, opened) == ("[]", "[]")
    assert {file.name for file in tmp_path.iterdir()} == {"model.keras", "calm.keras"}


def zipped(path, **files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_", "."), text)
    return path


def test_a_keras_file_is_read_as_its_configuration(tmp_path):
    model = ordinary()
    model.save(tmp_path / "model.keras")
    expected = examine(written(model, tmp_path / "model.json"), (33, 34))
    assert examine(tmp_path / "model.keras", (33, 34)) == expected
    assert examine(str(tmp_path / "model.keras"), [33, 34]) == expected


def layer(kind="Conv2DTranspose", nodes=(("input", 0, 0),), name="up", **config):
    """Return an entry of a configuration: a good one, but for what is given."""
    tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": list(node)}} for node in nodes]
    config = {"kernel_size": [2, 2], "strides": [2, 2], "padding": "valid"} | config
    config = {key: value for key, value in config.items() if value != "missing"}
    return {"class_name": kind, "config": config, "name": name, "inbound_nodes": [{"args": tensors, "kwargs": {}}]}


def functional(*layers, outputs=(("up", 0, 0),), **config):
    first = {
        "class_name": "InputLayer",
        "config": {"batch_shape": [None, 8, 8, 3]},
        "name": "input",
        "inbound_nodes": [],
    }
    config = {"layers": [first, *layers], "input_layers": ["input", 0, 0], "output_layers": list(outputs)} | config
    return {"class_name": "Functional", "config": config}


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ([1, 2], "expected a Keras model or layer, with class_name and config, got [1, 2]"),
        ({"a": 1}, "expected a Keras model or layer, with class_name and config, got {'a': 1}"),
        (layer(), "the graph of a 'Conv2DTranspose' is not in its file: expected Functional or Sequential"),
        (
            {"class_name": "Mine", "config": {}},
            "the graph of a 'Mine' is not in its file: expected Functional or Sequential",
        ),
        ({"class_name": "Sequential", "config": {}}, "expected the list of a Keras model's layers, got None"),
        ({"class_name": "Sequential", "config": {"layers": []}}, "expected the list of a Keras model's layers, got []"),
        (
            {"class_name": "Sequential", "config": {"layers": [5]}},
            "expected a Keras model or layer, with class_name and config, got 5",
        ),
        (functional(layer(kernel_size="missing")), "layer 'up': it has no `kernel_size`"),
        (functional(layer(kernel_size="3")), "layer 'up': `kernel_size` must be an int or one int per axis, got '3'"),
        (functional(layer(kernel_size=["3", 3])), "layer 'up': `kernel_size` on axis 0 must be an int, got '3'"),
        (
            functional(layer(kernel_size=[3])),
            "layer 'up': `kernel_size` must be an int or one int for each of the 2 axes, got 1: [3]",
        ),
        (functional(layer(strides=[2, 0])), "layer 'up': `strides` on axis 1 must be at least 1, got 0"),
        (functional(layer(strides=2.0)), "layer 'up': `strides` must be an int or one int per axis, got 2.0"),
        (functional(layer(padding=3)), "layer 'up': `padding` must be 'valid' or 'same', got 3"),
        (
            functional(layer(padding="full")),
            "layer 'up': `padding` must be 'valid' or 'same' where it is a string, got 'full'",
        ),
        (functional(layer(output_padding=-1)), "layer 'up': `output_padding` must be at least 0, got -1"),
        (
            functional(layer("UpSampling2D", size=None)),
            "layer 'up': `size` must be an int or one int per axis, got None",
        ),
        (functional(layer("UpSampling2D", size=0)), "layer 'up': `size` must be at least 1, got 0"),
        (
            functional(layer("ZeroPadding2D", padding=[[1, 2]])),
            "layer 'up': `padding` must be an int or one int for each of the 4 axes, got 2: [1, 2]",
        ),
        (
            functional(layer("ZeroPadding2D", padding=[[-1, 2], [1, 1]])),
            "layer 'up': `padding` on axis 0 must be at least 0, got -1",
        ),
        (functional(layer("Resizing", height=0, width=1)), "layer 'up': `height` must be at least 1, got 0"),
        (functional(layer("Concatenate", axis="1")), "layer 'up': `axis` must be an int, got '1'"),
        (functional(layer("InputLayer", batch_shape=8)), "layer 'up': `batch_shape` must be a list, got 8"),
        (
            functional(layer("InputLayer", batch_shape=[None, "8", 1])),
            "layer 'up': `batch_shape` on axis 0 must be an int, got '8'",
        ),
        (
            functional(layer("InputLayer", batch_shape=[None, 0, 1])),
            "layer 'up': `batch_shape` on axis 0 must be at least 1, got 0",
        ),
        (
            functional(layer("Reshape", target_shape=["8", 1])),
            "layer 'up': `target_shape` on axis 0 must be an int, got '8'",
        ),
        (
            functional(layer("Reshape", target_shape=[-2, 1])),
            "layer 'up': `target_shape` on axis 0 must be at least -1, got -2",
        ),
        (functional(layer(nodes=[("up", 0, 0)])), "layer 'up' is called on what it makes itself"),
        (functional(layer(nodes=[("gone", 0, 0)])), "call 0 of layer 'gone' is used, and is not in the model"),
        (functional(layer(nodes=[("input", 1, 0)])), "call 1 of layer 'input' is used, and is not in the model"),
        (
            functional(layer(nodes=[("input", "0", 0)])),
            "expected [name of a layer, call, output], got ['input', '0', 0]",
        ),
        (functional(layer(), layer()), "two layers of one model have the name 'up'"),
        (functional(layer(), outputs=[["up", 3, 0]]), "call 3 of layer 'up' is used, and is not in the model"),
        (functional(layer(), output_layers=7), "expected [name of a layer, call, output], got 7"),
        (functional(layer() | {"inbound_nodes": 7}), "layer 'up': `inbound_nodes` must be a list, got 7"),
        (functional(layer() | {"inbound_nodes": [7]}), "expected the arguments of a layer's call, got 7"),
        (
            functional(layers=[layer() | {"inbound_nodes": []}]),
            "expected a model with an InputLayer: none of its layers is one",
        ),
    ],
)
def test_a_malformed_configuration_gets_one_sentence(config, text, tmp_path):
    with pytest.raises(ValueError, match=exact(text)):
        examine(written(config, tmp_path / "model.json"))


def of_layers(*layers, tmp_path, shape=(8, 8, 3), input_size=None):
    """Examine a model that ends with the last of these layers."""
    model = functional(*layers, outputs=[(layers[-1]["name"], 0, 0)])
    model["config"]["layers"][0]["config"]["batch_shape"] = [None, *shape]
    return examine(written(model, tmp_path / "model.json"), input_size)


@pytest.mark.parametrize(
    ("kind", "config", "size"),
    [
        ("Conv2D", {"kernel_size": [3, 2], "strides": "missing"}, [6, 7]),
        ("Resizing", {"height": 1, "width": 1}, [1, 1]),
        ("Reshape", {"target_shape": [1, 64, 3]}, [1, 64]),
        ("Reshape", {"target_shape": [-1, 4, 3]}, [None, 4]),
        ("Reshape", {"target_shape": [0, 4, 3]}, [None, 4]),
        ("Dense", {}, [8, 8]),
        ("Dense", {"data_format": "channels_first"}, None),  # of that model's other layers: the width changes
    ],
)
def test_a_layer_reads_the_size_that_the_one_before_it_makes(kind, config, size, tmp_path):
    up = layer(nodes=[("first", 0, 0)], data_format=config.get("data_format", "channels_last"))
    report = of_layers(layer(kind, name="first", **config), up, tmp_path=tmp_path)
    assert report["layers"][0]["input_size"] == size
    assert report["errors"] == []


def test_of_a_size_that_is_not_known_nothing_is_computed(tmp_path):
    reshape = layer("Reshape", name="flat", target_shape=[-1, 4, 3])
    report = of_layers(reshape, layer(nodes=[("flat", 0, 0)]), tmp_path=tmp_path)
    assert report["layers"][0]["output_size"] == [None, None]
    assert report["errors"] == []


def test_a_border_that_is_all_there_is_cannot_be_cut_off(tmp_path):
    report = of_layers(layer("Cropping2D", cropping=[[4, 4], [3, 4]]), tmp_path=tmp_path)
    assert report["errors"] == [{"name": "up", "text": "it cuts off all of 8 on axis 0"}]
    assert of_layers(layer("Cropping2D", cropping=[[3, 4], [3, 4]]), tmp_path=tmp_path)["fits"]


def told(output_size, **config):
    """Return the entry of a layer that is called with this `output_size`."""
    entry = layer("SizedConv2DTranspose", **config) | {"registered_name": "transpose_conv>SizedConv2DTranspose"}
    entry["inbound_nodes"][0]["kwargs"] = {"output_size": output_size}
    return entry


def test_the_size_that_a_layer_is_told_is_at_least_1(tmp_path):
    report = of_layers(told(1, kernel_size=1), tmp_path=tmp_path, shape=(1, 1, 3))
    assert report["layers"][0]["output_size"] == [1, 1]
    assert report["fits"]
    report = of_layers(told(0, kernel_size=1), tmp_path=tmp_path, shape=(1, 1, 3))
    assert report["errors"] == [{"name": "up", "text": "`output_size` must be at least 1, got 0"}]


def test_a_layer_that_is_told_a_size_not_known_on_one_axis_gives_it(tmp_path):
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["like", 0, 0]}}
    report = of_layers(layer("Reshape", name="like", target_shape=[-1, 16, 3]), told(tensor), tmp_path=tmp_path)
    assert report["layers"][0]["output_size"] == [None, 16]
    assert report["errors"] == []


def test_a_repair_reaches_through_a_convolution_of_stride_1(tmp_path):
    pool, up = layer("MaxPooling2D", name="pool", pool_size=2), layer(nodes=[("pool", 0, 0)])
    convolution = layer("Conv2D", [("up", 0, 0)], "conv", kernel_size=1, strides=1)
    join = layer("Concatenate", [("conv", 0, 0), ("input", 0, 0)], "join")
    report = of_layers(pool, up, convolution, join, tmp_path=tmp_path, shape=(9, 8, 3))
    assert paddings(report) == {"up": [1, 0]}


@pytest.mark.parametrize(("axis", "layout"), [("missing", "channels_first"), (-1, "channels_first"), (-2, None)])
def test_sizes_are_added_on_the_axis_that_is_counted_from_the_end(axis, layout, tmp_path):
    join = layer("Concatenate", [("input", 0, 0)] * 2, "join", axis=axis)
    shape = (3, 8, 9) if layout == "channels_first" else (8, 9, 3)
    report = of_layers(join, layer(nodes=[("join", 0, 0)], data_format=layout), tmp_path=tmp_path, shape=shape)
    assert report["layers"][0]["input_size"] == [8, 18]


@pytest.mark.parametrize(
    ("module", "layout"), [("keras.layers", "channels_first"), ("keras.src.ops.numpy", "channels_last")]
)
def test_a_sum_with_fewer_axes_is_checked_only_where_it_is_known_which_are_missing(module, layout, tmp_path):
    pool = layer("GlobalMaxPooling2D", name="pool", data_format=layout)
    add = layer("Add", [("input", 0, 0), ("pool", 0, 0)], "sum") | {"module": module}
    report = of_layers(pool, add, tmp_path=tmp_path)
    assert report["unchecked"] == ["sum"]
    assert report["misfits"] == []


def test_a_pooling_without_strides_steps_by_its_size(tmp_path):
    path = written(functional(layer("MaxPooling2D", pool_size=3, strides=None)), tmp_path / "model.json")
    assert sizes_of(path)["up", (2, 2)] == 1


def test_files_that_are_no_models(tmp_path):
    good = json.dumps(functional(layer()))
    big = " " * (model_files.LARGEST_CONFIG + 1)
    said = {
        "gone": (None, "is not a file: expected a .keras file"),
        "folder": ("folder", "is not a file: expected a .keras file"),
        "empty": (b"", "holds neither a zip file nor JSON"),
        "words": (b"a model", "holds neither a zip file nor JSON"),
        "bytes": (bytes(range(256)), "holds neither a zip file nor JSON"),
        "digits": (b"1" * 5000, "holds neither a zip file nor JSON"),
        "old.h5": (model_files.HDF5 + b"more", "is a legacy HDF5 file: load it with Keras, and save it as .keras"),
        "deep": (b"[" * 100_000, "is nested too deep to be a Keras model"),
        "large": (big.encode(), f"has more than {model_files.LARGEST_CONFIG} bytes"),
    }
    for name, (content, text) in said.items():
        path = tmp_path / name
        if content == "folder":
            path.mkdir()
        elif content is not None:
            path.write_bytes(content)
        with pytest.raises(ValueError, match=re.escape(text)) as caught:
            examine(path)
        assert str(path)[:50] in str(caught.value) and "\n" not in str(caught.value)
    (tmp_path / "good").write_text(good)
    assert examine(tmp_path / "good")["fits"]


def test_zip_files_that_are_no_models(tmp_path):
    path = tmp_path / "model.keras"
    with pytest.raises(ValueError, match=re.escape("is a zip file without config.json: expected a .keras file")):
        examine(zipped(path, metadata_json="{}"))
    with pytest.raises(ValueError, match="holds neither a zip file nor JSON"):
        examine(zipped(path, config_json="{"))
    zipped(path, config_json=json.dumps(functional(layer())))
    assert examine(path)["fits"]
    content = bytearray(path.read_bytes())
    content[60] ^= 255
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is damaged: "):
        examine(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(ValueError, match="is not as Keras writes it"):
        examine(path)


def test_a_zip_bomb_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(model_files, "LARGEST_CONFIG", 10_000)
    path = zipped(tmp_path / "model.keras", config_json=" " * 10_001)
    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "open", None)  # so that reading it would be a TypeError
        with pytest.raises(ValueError, match="of 10001 bytes, is not as Keras writes it"):
            examine(path)
    content = path.read_bytes().replace((10_001).to_bytes(4, "little"), (9_999).to_bytes(4, "little"))
    path.write_bytes(content)  # it lies about its size
    with pytest.raises(ValueError, match="is damaged"):
        examine(path)


def test_models_that_grow_without_end_are_refused(tmp_path):
    def doubled(model):
        nodes = [layer(nodes=[node])["inbound_nodes"][0] for node in (("input", 0, 0), ("up", 0, 0))]
        return functional({**model, "name": "up", "inbound_nodes": nodes}, outputs=[["up", 2, 0]])

    model = functional(layer("ReLU"))
    for _ in range(20):
        model = doubled(model)
    with pytest.raises(ValueError, match=exact("the model calls more than 2000 layers: none that is used does")):
        examine(written(model, tmp_path / "model.json"))
    ups = [layer(nodes=[(f"up{i - 1}" if i else "input", 0, 0)], name=f"up{i}", strides=2**40) for i in range(1500)]
    report = examine(written(functional(*ups, outputs=[["up1499", 0, 0]]), tmp_path / "model.json"))
    assert [one["name"] for one in report["errors"]] == ["up1"]


def test_an_input_size_that_is_none(tmp_path):
    path = written(ordinary(), tmp_path / "model.json")
    with pytest.raises(ValueError, match=exact("`input_size` must have 2 axes, as the model's input, got (8,)")):
        examine(path, (8,))
    with pytest.raises(ValueError, match=exact("`input_size` on axis 1 must be at least 1, got 0")):
        examine(path, (8, 0))
    with pytest.raises(TypeError, match=exact("`input_size` on axis 0 must be an int, got '8'")):
        examine(path, ("8", 8))
    assert examine(path, 16) == examine(path, (16, 16))


JUNK = [None, True, -1, 0, 1, 7, 10**30, 1.5, float("nan"), "", "same", "input", [], {}, [[]], [None], ["input", 0, 0]]


def places(value, path=()):
    yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*path, key))


def test_whatever_is_changed_in_a_file_is_answered_or_refused_in_a_sentence(tmp_path):
    x = keras.Input((8, 8, 2))
    inner = keras.Sequential([keras.Input((4, 4, 2)), kl.Conv2DTranspose(2, 2, strides=2, name="up")])
    y = kl.ZeroPadding2D(1)(kl.Cropping2D(1)(kl.MaxPooling2D()(kl.Conv2D(2, 3, padding="same")(x))))
    y = kl.Concatenate()([kl.Add()([inner(kl.UpSampling2D(1)(y)), x]), x])
    good = json.loads(keras.Model(x, kl.Reshape((8, 8, 4))(y)).to_json())
    rng, refused = random.Random(0), []
    all_places = list(places(good))
    for _ in range(800):
        config = copy.deepcopy(good)
        for *path, last in rng.sample(all_places[1:], rng.randint(1, 2)):
            with contextlib.suppress(KeyError, IndexError, TypeError):  # the other change took it away
                functools.reduce(operator.getitem, path, config)[last] = rng.choice(JUNK)
        try:
            report = examine(written(config, tmp_path / "model.json"))
        except ValueError as error:
            refused.append(str(error))
        else:
            assert max(map(len, describe_model(report).splitlines())) <= 80
    assert not any("\n" in text or len(text) > 300 for text in refused)
    assert 100 < len(refused) < 700


# Of one axis, written down: each number by hand


def on_axis(kind, name, *sources, **config):
    """Return an entry of a configuration with a kernel of 2 on one axis, and stride 2, called on these layers."""
    nodes = [(source, 0, 0) for source in sources or ("input",)]
    return layer(kind, nodes, name, **{"kernel_size": 2, "pool_size": 2, "strides": 2, "size": 2} | config)


def examined(*layers, size=9, tmp_path, input_size=None):
    """Examine a model with one axis of this size, by default odd, that ends with the last of these layers."""
    return of_layers(*layers, tmp_path=tmp_path, shape=(size, 3), input_size=input_size)


POOL, UP = on_axis("MaxPooling1D", "pool"), on_axis("Conv1DTranspose", "up", "pool")  # 9 to 4, 4 to 8 or 9
JOIN = on_axis("Concatenate", "join", "up", "input")


def remedies(report):
    return [(one["layer"], one["needed"], one["text"]) for one in remedies_of(report)]


def test_no_sizes_are_tried_where_the_model_or_the_caller_says_one(tmp_path):
    assert examined(POOL, UP, JOIN, tmp_path=tmp_path)["sizes"] is None
    assert examined(POOL, UP, JOIN, size=None, input_size=9, tmp_path=tmp_path)["sizes"] is None
    report = examined(POOL, UP, JOIN, size=None, tmp_path=tmp_path)
    assert report["sizes"]["fitting"] == list(range(2, 257, 2))
    assert report["input_size"] == [2]


def test_none_is_tried_while_an_input_of_other_axes_stays_open(tmp_path):
    other = layer("InputLayer", (), "other", batch_shape=[None, None, 8, 3])
    report = examined(other, POOL, UP, size=None, input_size=(9,), tmp_path=tmp_path)
    assert report["sizes"] is None
    assert report["layers"][0]["output_size"] == [8]


def test_a_size_that_the_model_does_not_take_is_refused_with_its_own(tmp_path):
    text = "`input_size` 8 on axis 0 cannot be: the model's input 'input' is 9"
    with pytest.raises(ValueError, match=exact(text)):
        examined(POOL, UP, JOIN, input_size=8, tmp_path=tmp_path)
    with pytest.raises(ValueError, match=exact("`input_size` must be at least 1, got 0")):
        examined(POOL, UP, JOIN, size=None, input_size=0, tmp_path=tmp_path)


def test_of_several_inputs_those_with_as_many_axes_are_told_the_size(tmp_path):
    other = layer("InputLayer", (), "other", batch_shape=[None, None, 8, 3])
    up = layer(name="up2", nodes=[("other", 0, 0)])
    report = examined(other, POOL, UP, up, input_size=(7, 8), tmp_path=tmp_path)
    assert report["input_size"] == [7, 8]
    assert {one["name"]: one["output_size"] for one in report["layers"]} == {"up": [8], "up2": [14, 16]}


def test_a_model_that_does_not_say_how_many_axes_it_has_gets_none(tmp_path):
    dense = {"class_name": "Dense", "config": {"name": "dense"}}
    report = examine(written({"class_name": "Sequential", "config": {"layers": [dense]}}, tmp_path / "model.json"))
    assert (report["input_size"], report["sizes"], report["fits"]) == ([], None, True)


def test_the_layers_after_one_that_cannot_take_its_size_are_in_the_report(tmp_path):
    cut = on_axis("Cropping1D", "cut", cropping=[4, 5])
    report = examined(cut, on_axis("Conv1DTranspose", "up", "cut"), tmp_path=tmp_path)
    assert report["errors"] == [{"name": "cut", "text": "it cuts off all of 9 on axis 0"}]
    assert [(one["name"], one["input_size"]) for one in report["layers"]] == [("up", None)]


def test_a_size_is_at_most_the_largest_that_an_array_can_have(tmp_path):
    add = on_axis("ZeroPadding1D", "add", padding=[0, 1])
    assert examined(add, size=2**63 - 2, tmp_path=tmp_path)["fits"]
    report = examined(add, size=2**63 - 1, tmp_path=tmp_path)
    assert report["errors"] == [{"name": "add", "text": "it makes more than 9223372036854775807 samples"}]


def test_a_size_that_is_not_known_is_no_error(tmp_path):
    flat = on_axis("Reshape", "flat", target_shape=[-1, 3])
    report = examined(flat, on_axis("Conv1DTranspose", "up", "flat"), tmp_path=tmp_path)
    assert (report["errors"], report["layers"][0]["output_size"]) == ([], [None])


def test_a_layer_is_told_the_size_of_a_tensor_and_reads_another(tmp_path):
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["cut", 0, 0]}}
    pool = layer("MaxPooling2D", name="pool", pool_size=2)
    cut = layer("Cropping2D", name="cut", cropping=[[0, 1], [0, 0]])
    join = layer("Concatenate", [("up", 0, 0), ("input", 0, 0)], "join")
    report = of_layers(pool, cut, told(tensor, nodes=[("pool", 0, 0)]), join, tmp_path=tmp_path, shape=(9, 7, 3))
    (about,) = report["layers"]
    assert (about["input_size"], about["output_size"], about["legal"]) == ([4, 3], [8, 7], [[8, 9], [6, 7]])
    assert remedies(report) == [("up", [9, 7], "tell it the size")]


def test_a_layer_that_is_called_on_a_mask_too_has_the_size_of_what_it_reads(tmp_path):
    mask = on_axis("GlobalMaxPooling1D", "mask", keepdims=True)
    masked = on_axis("Softmax", "masked", "up", "mask")
    report = examined(POOL, UP, mask, masked, on_axis("Add", "join", "masked", "input"), tmp_path=tmp_path)
    assert remedies(report) == [("up", [9], "set output_padding=1")]


def test_a_single_sample_may_be_spread_to_a_size_that_is_not_known(tmp_path):
    single, flat = (
        on_axis("GlobalMaxPooling1D", "single", keepdims=True),
        on_axis("Reshape", "flat", target_shape=[-1, 3]),
    )
    add = on_axis("Add", "add", "single", "flat")
    report = examined(single, flat, add, on_axis("Conv1DTranspose", "up", "add"), tmp_path=tmp_path)
    assert report["layers"][0]["input_size"] == [None]
    assert (report["unchecked"], report["errors"]) == (["add"], [])


def test_a_merge_of_one_input_has_nothing_to_check(tmp_path):
    flat = on_axis("Reshape", "flat", target_shape=[-1, 3])
    assert examined(flat, on_axis("Concatenate", "join", "flat"), tmp_path=tmp_path)["unchecked"] == []
    assert examined(flat, on_axis("Concatenate", "join", "flat", "flat"), tmp_path=tmp_path)["unchecked"] == ["join"]


def test_a_repair_reaches_through_a_merge_of_what_one_layer_made(tmp_path):
    keep, add = on_axis("ReLU", "keep", "up"), on_axis("Add", "add", "up", "keep")
    report = examined(POOL, UP, keep, add, on_axis("Concatenate", "join", "add", "input"), tmp_path=tmp_path)
    assert remedies(report) == [("up", [9], "set output_padding=1")]


def test_a_layer_is_told_its_size_on_the_axes_that_it_has_itself(tmp_path):
    image = layer("InputLayer", (), "image", batch_shape=[None, 5, 9, 3])
    report = examined(image, POOL, UP, on_axis("Add", "join", "up", "image"), tmp_path=tmp_path)
    (misfit,) = report["misfits"]
    assert [one["size"] for one in misfit["inputs"]] == [[1, 8], [5, 9]]
    assert remedies(report) == [("up", [9], "set output_padding=1")]


def test_what_a_merge_made_of_a_tensor_with_fewer_axes_is_no_layers_choice(tmp_path):
    single = layer("InputLayer", (), "single", batch_shape=[None, 1, 8, 3])
    add, image = on_axis("Add", "add", "up", "single"), layer("InputLayer", (), "image", batch_shape=[None, 5, 9, 3])
    join = on_axis("Concatenate", "join", "add", "image")
    (misfit,) = examined(single, image, POOL, UP, add, join, tmp_path=tmp_path)["misfits"]
    assert misfit["remedies"] == []


@pytest.mark.parametrize("most", [0, 1, 2])
def test_whatever_number_of_repairs_is_followed_each_layer_is_told_once_what_to_give(most, tmp_path, monkeypatch):
    monkeypatch.setattr(models, "MOST_REPAIRS", most)
    up2 = on_axis("Conv1DTranspose", "up2", "pool")
    report = examined(POOL, UP, JOIN, up2, on_axis("Concatenate", "join2", "up2", "input"), tmp_path=tmp_path)
    assert [one["name"] for one in report["misfits"]] == ["join", "join2"]
    assert remedies(report) == [("up", [9], "set output_padding=1"), ("up2", [9], "set output_padding=1")]


def test_a_layer_whose_size_is_known_on_one_axis_only_is_told_none(tmp_path):
    flat, up = layer("Reshape", name="flat", target_shape=[-1, 4, 3]), layer("UpSampling2D", [("flat", 0, 0)], size=2)
    join = layer("Add", [("up", 0, 0), ("input", 0, 0)], "join")
    report = of_layers(flat, up, join, tmp_path=tmp_path, shape=(9, 9, 3))
    (misfit,) = report["misfits"]
    assert [one["size"] for one in misfit["inputs"]] == [[None, 8], [9, 9]]
    assert (misfit["remedies"], report["unchecked"]) == ([], ["join"])


def test_a_layer_that_makes_a_single_sample_may_keep_it_in_a_sum_and_not_in_a_concatenation(tmp_path):
    mean = on_axis("GlobalAveragePooling1D", "mean", keepdims=True)
    single = on_axis("Conv1DTranspose", "single", "mean", kernel_size=1, strides=9, output_padding=0)  # 1 to 9 of 1
    keep = on_axis("ReLU", "keep", "pool")  # so that `up` comes after `single`
    add, up = on_axis("Add", "join", "up", "single", "input"), on_axis("Conv1DTranspose", "up", "keep")
    report = examined(mean, single, POOL, keep, up, add, tmp_path=tmp_path)
    assert [one["name"] for one in report["layers"]] == ["single", "up"]
    assert remedies(report) == [("up", [9], "set output_padding=1")]
    join = on_axis("Concatenate", "join", "single", "input")
    assert remedies(examined(mean, single, join, tmp_path=tmp_path)) == [("single", [9], "set output_padding=None")]


def test_an_upsampling_is_cropped_to_one_sample_and_not_to_none(tmp_path):
    up, join = on_axis("UpSampling1D", "up"), on_axis("Concatenate", "join", "up", "input")
    (remedy,) = remedies_of(examined(up, join, size=1, tmp_path=tmp_path))
    assert (remedy["needed"], remedy["line"]) == ([1], "keras.layers.Cropping1D((0, 1))(x)")
    more = on_axis("ZeroPadding1D", "more", "up", padding=[0, 1])  # one sample of it would be all that may come
    join = on_axis("Concatenate", "join", "more", "input")
    (remedy,) = remedies_of(examined(up, more, join, size=1, tmp_path=tmp_path))
    assert (remedy["needed"], remedy["line"]) == ([0], None)


# The text of these models, whole


def lines_of(*layers, **about):
    return describe_model(examined(*layers, **about)).splitlines()


def test_the_text_of_a_repair(tmp_path):
    assert lines_of(POOL, UP, JOIN, tmp_path=tmp_path) == [
        "input size 9:",
        "",
        "layer  kernel  strides  reads  gives  may give  has to give",
        "up     2       2        4      8      8-9       9",
        "",
        "join (Concatenate) does not fit: 8 from up, 9 from input",
        "  up has to give 9: set output_padding=1",
        "    keras.layers.Conv1DTranspose(filters, 2, strides=2, output_padding=1)(x)",
        "",
        "An output_padding fits one input size. A layer that is told output_size=skip",
        "  fits all.",
    ]


def test_the_text_of_what_fits_has_no_column_of_sizes_to_give(tmp_path):
    assert lines_of(POOL, UP, JOIN, size=8, tmp_path=tmp_path) == [
        "input size 8:",
        "",
        "layer  kernel  strides  reads  gives  may give",
        "up     2       2        4      8      8-9",
        "",
        "everything fits",
    ]


def test_the_text_of_a_layer_that_has_to_give_another_size_after_one_that_fits(tmp_path):
    half, up2 = on_axis("MaxPooling1D", "half", "pool"), on_axis("Conv1DTranspose", "up2", "half")  # 9, 4, 2; 4
    join2 = on_axis("Concatenate", "join2", "up2", "pool")
    text = lines_of(POOL, half, up2, join2, on_axis("Conv1DTranspose", "up", "join2"), JOIN, tmp_path=tmp_path)
    assert text[2:5] == [
        "layer  kernel  strides  reads  gives  may give  has to give",
        "up2    2       2        2      4      4-5",
        "up     2       2        4      8      8-9       9",
    ]


def test_the_text_of_a_misfit_that_no_layer_can_repair(tmp_path):
    text = lines_of(POOL, on_axis("Concatenate", "join", "pool", "input"), tmp_path=tmp_path)
    assert text == [
        "input size 9:",
        "",
        "no transposed convolution",
        "",
        "join (Concatenate) does not fit: 4 from pool, 9 from input",
        "  no transposed convolution or upsampling can make these fit: pad or crop an",
        "    input",
    ]


@pytest.mark.parametrize(
    ("length", "lines"),
    [
        (26, ["join (Concatenate) does not fit: 4 from {}, 9 from input"]),
        (27, ["join (Concatenate) does not fit: 4 from {}, 9 from", "  input"]),
    ],
)
def test_a_line_of_80_columns_stays_whole_and_one_of_81_goes_on_below(length, lines, tmp_path):
    name = "n" * length
    text = lines_of(POOL | {"name": name}, on_axis("Concatenate", "join", name, "input"), tmp_path=tmp_path)
    assert text[4:-2] == [line.format(name) for line in lines]
    assert len(text[4]) == (80 if length == 26 else 75)


@pytest.mark.parametrize(("length", "shown"), [(40, "n" * 40), (41, "n" * 37 + "...")])
def test_a_name_of_40_letters_stays_whole_and_a_longer_one_is_cut_to_40(length, shown, tmp_path):
    text = lines_of(on_axis("Conv1DTranspose", "n" * length), tmp_path=tmp_path)
    assert text[4:6] == [shown, "  2       2        9      18     18-19"]


def test_a_table_of_80_columns_stays_whole_and_in_one_of_81_each_name_has_a_line(tmp_path):
    sizes = "100000  200000  200000-200001"
    assert lines_of(on_axis("Conv1DTranspose", "n" * 32), size=100_000, tmp_path=tmp_path)[2:4] == [
        "layer" + " " * 29 + "kernel  strides  reads   gives   may give",
        "n" * 32 + "  2       2        " + sizes,
    ]
    assert lines_of(on_axis("Conv1DTranspose", "n" * 33), size=100_000, tmp_path=tmp_path)[2:6] == [
        "layer",
        "  kernel  strides  reads   gives   may give",
        "n" * 33,
        "  2       2        " + sizes,
    ]


@pytest.mark.parametrize(
    ("fitting", "line"),
    [
        ([2, 3, 4], None),
        ([2, 3], "does not fit 4, ...: --input-size says what to change"),
        ([1], "does not fit 2, 3, 4, ...: --input-size says what to change"),
        ([], None),
    ],
)
def test_sizes_that_do_not_fit_are_those_from_the_first_that_does_to_the_last_tried(fitting, line, tmp_path):
    report = examined(POOL, UP, JOIN, size=8, tmp_path=tmp_path)
    text = describe_model(report | {"sizes": {"tried": [1, 4], "fitting": fitting, "text": "these"}}).splitlines()
    assert text[0] == "fits these (tried: 1 to 4, the same on every open axis)"
    assert text[1] == (line or "input size 8:")


@pytest.mark.parametrize(("report", "error"), [({}, ValueError), ({"sizes": None}, ValueError), (7, TypeError)])
def test_what_is_no_report_is_refused_in_a_sentence(report, error):
    with pytest.raises(error, match=exact(f"`report` must be what `examine` returns, got {report!r}")):
        describe_model(report)
