"""What the layers of `transpose_conv.keras` answer on one of Keras' backends: run as a program, it prints it as JSON.

The variable KERAS_BACKEND chooses the backend. Each function says how many of its comparisons came out in which way.
Everywhere, results are compared with the package's, to the last bit; on TensorFlow's backend, with those of `tf.nn`, too,
for the same whole numbers. So all backends are compared with TensorFlow, which only one of them has to import.
"""

import itertools
import json
import os
import tempfile
import warnings
from collections import Counter

import keras
import numpy as np

from transpose_conv import conv, conv_transpose, conv_transpose_gradients, conv_transpose_output_sizes
from transpose_conv.keras import SizedConv1DTranspose, SizedConv2DTranspose, SizedConv3DTranspose

BACKEND = keras.config.backend()
SIZED = [SizedConv1DTranspose, SizedConv2DTranspose, SizedConv3DTranspose]
KERAS = [keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose, keras.layers.Conv3DTranspose]

if BACKEND == "tensorflow":
    import tensorflow as tf
if BACKEND == "jax":
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_disable_most_optimizations", True)  # it compiles more than a thousand operations here
if BACKEND == "torch":
    import torch


def integers(*shape, dtype="float32"):
    """Draw whole numbers; the shape is the seed."""
    return np.random.default_rng(shape).integers(-9, 10, shape).astype(dtype)


def sized(kernel, bias=None, *, kind=SIZED, **arguments):
    """Make a layer with this kernel, (*kernel_size, filters, in_channels), and this bias."""
    arguments = {"use_bias": bias is not None, "dtype": kernel.dtype.name, **arguments}
    layer = kind[kernel.ndim - 3](kernel.shape[-2], kernel.shape[:-2], **arguments)
    channels = kernel.shape[-1:]
    first = arguments.get("data_format") == "channels_first"
    layer.build((None, *channels, *layer.kernel_size) if first else (None, *layer.kernel_size, *channels))
    layer.set_weights([kernel] if bias is None else [kernel, bias])
    return layer


def at_sizes(layer, x, sizes):
    """Return the layer's results for all `sizes`, compiled where the backend compiles every operation anyway."""

    def call(x):
        return [layer(x, output_size=n) for n in sizes]

    return [keras.ops.convert_to_numpy(y) for y in (jax.jit(call) if BACKEND == "jax" else call)(x)]


def verdict(result, x, kernel, n, s, padding):
    """Compare a result with the package's, and where TensorFlow is at hand, with its own."""
    ours = conv_transpose(x, kernel, stride=s, padding=padding, output_size=n)
    others = [ours]
    if BACKEND == "tensorflow":
        functions = [tf.nn.conv1d_transpose, tf.nn.conv2d_transpose, tf.nn.conv3d_transpose]
        others.append(functions[x.ndim - 3](x, kernel, ours.shape, s, padding.upper()))
    equal = result.dtype == x.dtype and all(np.array_equal(result, other) for other in others)
    return "equal" if equal else "different"


def text_of(call):
    """Return the kind and the text of the error that `call` raises, without what Keras writes around it."""
    keras.config.disable_traceback_filtering()
    try:
        return str(call().shape)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        keras.config.enable_traceback_filtering()


GRID = list(itertools.product(range(1, 5), range(1, 6), range(1, 5), ["valid", "same"]))


def one_axis():
    """Compute every legal size of the grid, in float32."""
    counts = Counter()
    for i, k, s, padding in GRID:
        x, kernel = integers(2, i, 3), integers(k, 4, 3)
        sizes = conv_transpose_output_sizes(i, k, stride=s, padding=padding)
        results = at_sizes(sized(kernel, strides=s, padding=padding), x, sizes)
        counts.update(verdict(y, x, kernel, n, s, padding) for n, y in zip(sizes, results, strict=True))
    return counts


def not_legal():
    """Ask for every other size up to two above the largest legal one, which the error has to name."""
    counts = Counter()
    for i, k, s, padding in GRID:
        layer, x = sized(integers(k, 1, 1), strides=s, padding=padding), keras.ops.ones((1, i, 1))
        legal = conv_transpose_output_sizes(i, k, stride=s, padding=padding)
        takes = f"{legal[0]} to {legal[-1]}" if s > 1 else f"only {legal[0]}"
        for n in set(range(1, legal[-1] + 3)) - set(legal):
            expected = (
                f"ValueError: `output_size` {n} on axis 0 is not reachable: a convolution with kernel_size={k}, "
                f"stride={s}, padding='{padding}' takes {takes} to input_size {i}"
            )
            counts[text_of(lambda: layer(x, output_size=n)) == expected] += 1  # noqa: B023
    return {"refused": counts[True], "otherwise": counts[False]}


def several_axes():
    """Compute a sample of geometries of two and three axes, all sizes different, in float64."""
    counts, rng = Counter(), np.random.default_rng(0)
    for n_axes, padding in [(2, "valid"), (2, "same"), (3, "valid"), (3, "same")] * 4:
        i, k, s = (rng.permutation(np.arange(1, most + 1))[:n_axes].tolist() for most in (4, 5, 4))
        x, kernel = integers(2, *i, 3, dtype="float64"), integers(*k, 4, 3, dtype="float64")
        layer = sized(kernel, strides=s, padding=padding)
        legal = [conv_transpose_output_sizes(*one, stride=t, padding=padding) for *one, t in zip(i, k, s)]
        sizes = list(zip(*(rng.permutation(np.resize(one, 4)).tolist() for one in legal)))
        for n, y in zip(sizes, at_sizes(layer, x, sizes), strict=True):
            counts[f"{n_axes} axes"] += 1
            counts[verdict(y, x, kernel, n, s, padding)] += 1
    return counts


def ways_to_say_it():
    """Say one size, 6 x 5, in every way; say which were understood otherwise."""
    x, kernel = integers(1, 2, 2, 3), integers(3, 3, 4, 3)
    layer = sized(kernel, strides=2)
    expected = conv_transpose(x, kernel, stride=2, output_size=(6, 5))
    tensor = keras.ops.convert_to_tensor
    ways = {
        "tuple": (6, 5),
        "list": [6, 5],
        "range": range(6, 4, -1),
        "NumPy": np.array([6, 5]),
        "NumPy's ints": tuple(np.array([6, 5])),
        "tensor of sizes": tensor([6, 5]),
        "scalar tensors": (tensor(6), tensor(5)),
        "unsigned": tensor(np.array([6, 5], "uint8")),
        "like": keras.ops.zeros((7, 6, 5, 1)),
        "like an image of integers": keras.ops.zeros((1, 6, 5, 2), "int32"),
        "like NumPy": np.zeros((1, 6, 5, 2)),
        "shape": keras.ops.zeros((1, 6, 5, 2)).shape[1:-1],
    }
    wrong = [way for way, n in ways.items() if not np.array_equal(at_once(layer, x, n), expected)]
    square = conv_transpose(x, kernel, stride=2, output_size=6)
    return wrong + [n for n in (6, np.array(6), tensor(6)) if not np.array_equal(at_once(layer, x, n), square)]


def at_once(layer, x, output_size):
    return keras.ops.convert_to_numpy(layer(x, output_size=output_size))


def malformed():
    """Say sizes wrongly; return the errors."""
    x, layer = keras.ops.ones((1, 2, 2, 1)), sized(integers(3, 3, 1, 1), strides=2)
    tensor, unknown = keras.ops.convert_to_tensor, keras.Input((None, 5, 3))
    ways = {
        "too few": (5,),
        "too many": (5, 6, 5),
        "float": 5.0,
        "float in a tuple": (5, 6.0),
        "bool": True,
        "bool in a tuple": (5, False),
        "string": "5",
        "dict": {"size": 5},
        "nested": [[5], [6]],
        "zero": (5, 0),
        "negative": -5,
        "None": (5, None),
        "sizes of a model's input": unknown.shape[1:-1],
        "rank 2": keras.ops.ones((5, 6)),
        "rank 3": keras.ops.ones((1, 5, 6)),
    }
    errors = {way: text_of(lambda: layer(x, output_size=ways[way])) for way in ways}  # noqa: B023
    kinds = {
        "floats": [5.0, 6.0],
        "bools": [True, True],
        "three": [5, 6, 5],
    }  # tensors, which each backend shows its way
    shown = {way: text_of(lambda: layer(x, output_size=tensor(kinds[way]))).split(", got")[0] for way in kinds}  # noqa: B023
    nothing = text_of(lambda: layer(keras.ops.ones((1, 0, 2, 1)), output_size=(1, 5)))
    both = text_of(lambda: sized(integers(3, 3, 1, 1), strides=2, output_padding=1)(x, output_size=5))
    return {**errors, **shown, "no input": nothing, "both": both}


def as_keras():
    """Compare a call without `output_size` with Keras' own layer; the weights move both ways."""
    counts = Counter()
    for (padding, output_padding), n_axes in zip(itertools.product(["valid", "same"], [None, 1]), [3, 2, 1, 2]):
        x, kernel, bias = integers(2, *range(2, 2 + n_axes), 3), integers(*range(3, 3 + n_axes), 4, 3), integers(4)
        said = {"strides": 2, "padding": padding, "output_padding": output_padding, "activation": "relu"}
        theirs = sized(kernel, bias, kind=KERAS, **said)
        ours = sized(kernel * 0, bias, **said)
        ours.set_weights(theirs.get_weights())
        back = sized(kernel * 0, bias, kind=KERAS, **said)
        back.set_weights(ours.get_weights())
        results = [keras.ops.convert_to_numpy(layer(x)) for layer in (theirs, ours, back)]
        counts[all(np.array_equal(results[0], y) for y in results) and results[0].max() > 0] += 1
    return [counts[True], counts[False]]


def bias_and_activation():
    x, kernel, bias = integers(2, 2, 3, 3), integers(3, 2, 4, 3), integers(4)
    y = sized(kernel, bias, strides=2, padding="same", activation="relu")(x, output_size=(3, 6))
    expected = conv_transpose(x, kernel, stride=2, padding="same", output_size=(3, 6)) + bias
    return np.array_equal(keras.ops.convert_to_numpy(y), np.maximum(expected, 0))


def channels_first():
    """Compute with the channels on axis 1. TensorFlow cannot, on a CPU without oneDNN; the shape it knows."""
    x, kernel, bias = integers(2, 3, 2, 3), integers(3, 2, 4, 3), integers(4)
    layer = sized(kernel, bias, strides=2, data_format="channels_first")
    like = keras.KerasTensor((None, 9, 6, 7))
    shape = layer.compute_output_spec(keras.KerasTensor((None, 3, 2, 3)), output_size=like).shape
    if BACKEND != "tensorflow":
        y = at_once(layer, x, np.zeros((1, 9, 6, 7)))
        ours = conv_transpose(np.moveaxis(x, 1, -1), kernel, stride=2, output_size=(6, 7)) + bias
        assert np.array_equal(np.moveaxis(y, 1, -1), ours)
    return shape


def dilation():
    """Dilate, where there is one legal size only; in TensorFlow, that takes oneDNN."""
    x, kernel = integers(2, 2, 3, 3), integers(3, 2, 4, 3)
    results = []
    for padding, n in [("valid", (6, 6)), ("same", (2, 3))]:
        layer = sized(kernel, dilation_rate=(2, 3), padding=padding)
        shape = tuple(layer.compute_output_shape(x.shape, n))
        ours = conv_transpose(x, kernel, dilation=(2, 3), padding=padding, output_size=n)
        equal = BACKEND == "tensorflow" or np.array_equal(at_once(layer, x, n), ours)
        results.append(shape == ours.shape and equal)
    return results


def mixed_precision():
    x, kernel = integers(2, 2, 3, 3), integers(3, 2, 4, 3)
    layer = sized(kernel, integers(4), strides=2, dtype="mixed_float16")
    y = layer(x, output_size=keras.ops.zeros((1, 6, 7, 1)))
    ours = conv_transpose(x, kernel, stride=2, output_size=(6, 7)) + integers(4)  # below 2048: exact in float16
    spec = layer.compute_output_spec(keras.KerasTensor(x.shape), output_size=(6, 7))
    names = [keras.backend.standardize_dtype(tensor.dtype) for tensor in (y, spec, layer.kernel)]
    return [*names, np.array_equal(keras.ops.convert_to_numpy(y), ours)]


def gradients():
    """Differentiate ``sum(y * weights)`` by the input and by the kernel, as the package does in whole numbers."""
    counts = Counter()
    for padding, sizes in [("valid", (6, 8)), ("valid", (5, 10)), ("same", (3, 9)), ("same", (4, 7))]:
        x, kernel, said = integers(2, 2, 3, 3), integers(3, 2, 4, 3), {"padding": padding}
        weights = integers(2, *sizes, 4)
        layer = sized(kernel, strides=(2, 3), **said)
        ours = conv_transpose_gradients(x, kernel, weights, stride=(2, 3), **said)
        theirs = differentiate(layer, x, sizes, weights)
        counts.update(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))
    return [counts[True], counts[False]]


def differentiate(layer, x, sizes, weights):
    if BACKEND == "tensorflow":
        x = tf.Variable(x)
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(layer(x, output_size=sizes) * weights)
        return [g.numpy() for g in tape.gradient(y, [x, layer.kernel.value])]
    if BACKEND == "jax":

        def loss(x, kernel):
            return (layer.stateless_call([kernel], [], x, output_size=sizes)[0] * weights).sum()

        return [np.asarray(g) for g in jax.grad(loss, (0, 1))(x, layer.kernel.value)]
    x = torch.tensor(x, requires_grad=True)
    (layer(x, output_size=sizes) * torch.tensor(weights)).sum().backward()
    return [x.grad.numpy(), layer.kernel.value.grad.numpy()]


def u_net(padding="same"):
    """Make a small U-Net of whole numbers for images of any size."""
    image = keras.Input((None, None, 3))
    down = keras.layers.Conv2D(4, (3, 2), strides=(2, 3), padding=padding, use_bias=False)
    up = SizedConv2DTranspose(2, (3, 2), strides=(2, 3), padding=padding, use_bias=False, name="up")
    model = keras.Model(image, keras.layers.Concatenate()([up(down(image), output_size=image), image]))
    model.set_weights([integers(3, 2, 3, 4), integers(3, 2, 2, 4)])
    return model


def predict(model, x):
    """Run a model, in TensorFlow as a graph of unknown sizes; `Model.predict` would import TensorFlow anywhere."""
    return model.predict(x, verbose=0) if BACKEND == "tensorflow" else keras.ops.convert_to_numpy(model(x))


def functional_model():
    """Save and load a model with unknown sizes; run it on images of several; compare with the package."""
    counts = Counter()
    for padding in ("valid", "same"):
        model = u_net(padding)
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", "__array__ implementation", DeprecationWarning
            )  # of TensorFlow's variables
            model.save(os.path.join(folder, "model.keras"))
            loaded = keras.saving.load_model(os.path.join(folder, "model.keras"), safe_mode=True)
        counts[str([*model.output_shape, *loaded.output_shape])] += 1
        for size in [(7, 8), (6, 5), (9, 11)]:
            x, geometry = integers(2, *size, 3), {"stride": (2, 3), "padding": padding}
            down, up = model.get_weights()
            ours = conv_transpose(conv(x, down, **geometry), up, output_size=size, **geometry)
            ours = np.concatenate([ours, x], -1)
            counts.update(np.array_equal(ours, predict(one, x)) for one in (model, loaded))
    return {str(key): count for key, count in counts.items()}


def training():
    """Take one step down the gradient of a sum, in whole numbers; compiled, which takes long on PyTorch."""
    x, model = integers(1, 7, 8, 3), u_net()
    before = model.get_layer("up").get_weights()[0]
    loss, jit_compile = (lambda wanted, y: keras.ops.sum(y * wanted)), BACKEND != "torch"
    model.compile(keras.optimizers.SGD(1.0), loss, jit_compile=jit_compile)
    wanted = integers(1, 7, 8, 5)
    small = conv(x, model.get_weights()[0], stride=(2, 3), padding="same")
    model.train_on_batch(x, wanted)
    _, gradient = conv_transpose_gradients(small, before, wanted[..., :2], stride=(2, 3), padding="same")
    return np.array_equal(model.get_layer("up").get_weights()[0], before - gradient)


class Up(keras.layers.Layer):
    """A reader's own block: Keras runs its `call` to learn what shape it makes."""

    def __init__(self, padding, like=True):
        super().__init__()
        self.up, self.like = SizedConv1DTranspose(2, 3, strides=2, padding=padding), like

    def call(self, x, skip):
        return keras.ops.concatenate([self.up(x, output_size=skip if self.like else (8,)), skip], -1)


def inside_a_layer():
    """Put a layer into another, in a model of two inputs of unknown sizes, that have nothing to do with each other.

    The last answer is what Keras learns of the shape where only the number of images is unknown.
    """
    answers = []
    for padding, n in itertools.product(["valid", "same"], [7, 8, 9]):
        x, skip = keras.Input((None, 1)), keras.Input((None, 3))
        model = keras.Model([x, skip], Up(padding)(x, skip))
        try:
            made = model([np.ones((1, 3 if padding == "valid" else 4, 1)), np.ones((1, n, 3))]).shape[1]
        except ValueError as error:
            made = "takes 7 to 8" in str(error)
        answers.append([*model.output_shape, made])
    x, skip = keras.Input((3, 1)), keras.Input((7, 3))
    return [*answers, [*Up("valid")(x, skip).shape]]


def shapes_of_a_model():
    """Tell a functional model's layer a size in several ways: what is known of the result, or the error."""
    x, said = keras.Input((2, None, 1)), {"strides": 2, "use_bias": False}
    sizes = {
        "ints": (6, 7),
        "like": keras.Input((None, 5, 3)),
        "like half": keras.Input((5, None, 3)),
        "sizes": keras.Input(batch_shape=(2,), dtype="int32"),
        "any number of sizes": keras.Input(batch_shape=(None,), dtype="int32"),
        "not legal": (7, 7),
        "not legal like": keras.Input((7, None, 1)),
    }
    return {
        name: text_of(lambda: SizedConv2DTranspose(3, 3, **said)(x, output_size=sizes[name]))  # noqa: B023
        for name in sizes
    }


def only_here():
    """Say what is of one backend only."""
    layer = sized(integers(3, 1, 1), strides=2)
    if BACKEND == "jax":
        return text_of(lambda: jax.jit(lambda x, n: layer(x, output_size=n))(np.ones((1, 2, 1)), np.array([5])))
    if BACKEND == "torch":
        import importlib
        import sys

        version, keras.__version__ = keras.__version__, "3.14.1"
        module = sys.modules.pop("transpose_conv.keras")
        try:
            importlib.import_module("transpose_conv.keras")
        except ImportError as error:
            return str(error)
        finally:
            keras.__version__, sys.modules["transpose_conv.keras"] = version, module
    return None


ASKED = [one_axis, not_legal, several_axes, ways_to_say_it, malformed, as_keras, bias_and_activation, channels_first]
ASKED += [
    dilation,
    mixed_precision,
    gradients,
    functional_model,
    training,
    inside_a_layer,
    shapes_of_a_model,
    only_here,
]


def answer(name):
    """Ask one question; the answer looks as after a journey as JSON."""
    (ask,) = [ask for ask in ASKED if ask.__name__ == name]
    return json.loads(json.dumps(ask()))


def answers():
    """Collect all answers."""
    return {"backend": BACKEND} | {ask.__name__: answer(ask.__name__) for ask in ASKED}


if __name__ == "__main__":
    print(json.dumps(answers()))
