"""Where a framework does something else than its rule or its documentation says, each with a reproduction.

The rules are in `framework_rules`. Most rows were found by running every framework over the grid of calls of which
`frameworks.json` is the record; others are about what that grid does not ask. Tests run each reproduction in a process
of its own, as Keras' backend and oneDNN are chosen when a process starts, and compare what it prints.
"""

from typing import NamedTuple


class Departure(NamedTuple):
    """What a program does, and a few lines that show it.

    Attributes
    ----------
    title : str
        What it does, in a sentence.
    programs : tuple of str
        Names from the record; the reproduction runs with the backend and the switches of each.
    code : str
        The lines that show it.
    prints : str or None
        What they print; None where the process ends.
    """

    title: str
    programs: tuple
    code: str
    prints: str | None


_TENSORFLOW = ("tensorflow", "tensorflow without onednn")
_ONNX = """
import numpy as np, onnx, onnx.reference, onnxruntime
model = onnx.parser.parse_model('''<ir_version: 8, opset_import: ["": 13]>
    g (float[1,1,n] x, float[1,1,k] w) => (float[1,1,m] y) {{ y = ConvTranspose<{attributes}>(x, w) }}''')
x, w = np.float32({x}).reshape(1, 1, -1), np.float32({w}).reshape(1, 1, -1)
reference = onnx.reference.ReferenceEvaluator(model)
runtime = onnxruntime.InferenceSession(model.SerializeToString())
for program in (reference, runtime):
    try:
        print(*program.run(None, {{"x": x, "w": w}})[0].ravel().astype(int))
    except Exception:
        print("refused")
"""


def _onnx(attributes, x, w):
    return _ONNX.format(attributes=attributes, x=x, w=w).strip()


DEPARTURES = (
    Departure(
        "With oneDNN, a single sample may become fewer than the kernel has under VALID: the kernel is cut off.",
        ("tensorflow",),
        """
import tensorflow as tf
kernel = tf.reshape([1.0, 2.0, 3.0, 4.0], (4, 1, 1))
print(tf.nn.conv1d_transpose(tf.ones((1, 1, 1)), kernel, (1, 3, 1), 2, "VALID")[0, :, 0].numpy())
""".strip(),
        "[1. 2. 3.]",
    ),
    Departure(
        "With oneDNN, strides and dilations go together in float32. Keras refuses them, and so does TensorFlow without it.",
        ("tensorflow",),
        """
import tensorflow as tf
kernel = tf.reshape([1.0, 2.0], (2, 1, 1))
print(tf.nn.conv1d_transpose(tf.ones((1, 2, 1)), kernel, (1, 6, 1), 2, "VALID", dilations=3)[0, :, 0].numpy())
""".strip(),
        "[1. 0. 1. 2. 0. 2.]",
    ),
    Departure(
        "Without oneDNN, a CPU refuses every dilation.",
        ("tensorflow without onednn",),
        """
import tensorflow as tf
try:
    tf.nn.conv1d_transpose(tf.ones((1, 2, 1)), tf.ones((2, 1, 1)), (1, 5, 1), 1, "VALID", dilations=3)
except tf.errors.InvalidArgumentError as error:
    print(error.message[error.message.index("Current"):].split(".")[0])
""".strip(),
        "Current CPU implementations do not yet support dilation rates larger than 1",
    ),
    Departure(
        "With oneDNN, an output_shape without the channels ends the whole process.",
        ("tensorflow",),
        """
import tensorflow as tf
tf.nn.conv1d_transpose(tf.ones((1, 2, 1)), tf.ones((3, 1, 1)), (1, 5), 2, "VALID")
print("still there")
""".strip(),
        None,
    ),
    Departure(
        "With oneDNN, a negative size in output_shape ends the whole process.",
        ("tensorflow",),
        """
import tensorflow as tf
tf.nn.conv2d_transpose(tf.ones((1, 2, 2, 1)), tf.ones((3, 3, 1, 1)), (1, -5, 5, 1), 2, "VALID")
print("still there")
""".strip(),
        None,
    ),
    Departure(
        "With oneDNN, a forward tf.nn.conv2d whose kernel is one larger than the image returns memory that nobody wrote.",
        ("tensorflow",),
        """
import tensorflow as tf
image, kernel = tf.ones((1, 2, 2, 1)), tf.ones((3, 3, 1, 1))
print(tf.nn.conv2d(image, kernel, 1, "VALID").shape)
print(tf.nn.conv2d(tf.cast(image, "float64"), tf.cast(kernel, "float64"), 1, "VALID").shape)
""".strip(),
        "(1, 2, 2, 1)\n(1, 0, 0, 1)",
    ),
    Departure(
        "In two axes, an output_shape of the spatial sizes alone is taken, which no documentation says.",
        _TENSORFLOW,
        """
import tensorflow as tf
print(tf.nn.conv2d_transpose(tf.ones((7, 2, 2, 1)), tf.ones((3, 3, 4, 1)), (5, 6), 2, "VALID").shape)
""".strip(),
        "(7, 5, 6, 4)",
    ),
    Departure(
        "tf.function traces a size that cannot be, and promises it; only running it fails.",
        _TENSORFLOW,
        """
import tensorflow as tf
@tf.function
def enlarge(x):
    y = tf.nn.conv1d_transpose(x, tf.ones((3, 1, 1)), (1, 7, 1), 2, "VALID")
    print("traced:", y.shape)
    return y
try:
    enlarge(tf.ones((1, 2, 1)))
except tf.errors.OpError:
    print("refused when run")
""".strip(),
        "traced: (1, 7, 1)\nrefused when run",
    ),
    Departure(
        "The forward tf.nn.conv3d cuts data off where SAME needs no padding; conv1d and conv2d do not.",
        ("tensorflow without onednn",),
        """
import tensorflow as tf
samples = tf.reshape([1.0, 2.0, 3.0, 4.0], (1, 4, 1, 1, 1))
print(tf.nn.conv3d(samples, tf.ones((1, 1, 1, 1, 1)), (1, 4, 1, 1, 1), "SAME").numpy().ravel())
print(tf.nn.conv2d(samples[..., 0], tf.ones((1, 1, 1, 1)), (4, 1), "SAME").numpy().ravel())
""".strip(),
        "[2.]\n[1.]",
    ),
    Departure(
        "SAME, an even kernel and output_padding=0: one below the smallest legal size, returned without a word.",
        ("keras on jax", "keras on torch"),
        """
import keras, numpy as np
layer = keras.layers.Conv1DTranspose(1, 2, strides=2, padding="same", output_padding=0)
print(tuple(layer(np.ones((1, 3, 1))).shape))
""".strip(),
        "(1, 4, 1)",
    ),
    Departure(
        "The same layer in a functional model: built with a size that TensorFlow then refuses.",
        ("keras on tensorflow",),
        """
import keras, numpy as np
layer = keras.layers.Conv1DTranspose(1, 2, strides=2, padding="same", output_padding=0)
print(layer(keras.Input((3, 1))).shape)
try:
    layer(np.ones((1, 3, 1)))
except Exception:
    print("refused when run")
""".strip(),
        "(None, 4, 1)\nrefused when run",
    ),
    Departure(
        "keras.ops.conv_transpose takes any output_padding, and returns sizes that no convolution leads back from.",
        ("keras on jax", "keras on torch"),
        """
import keras, numpy as np
x, kernel = np.ones((1, 2, 1), "float32"), np.ones((4, 1, 1), "float32")
print(keras.ops.conv_transpose(x, kernel, strides=2, padding="valid", output_padding=3).shape[1])
""".strip(),
        "9",
    ),
    Departure(
        "keras.ops.conv_transpose in a functional model builds, and cannot run: it hands on padding and output_padding "
        "in each other's place.",
        ("keras on tensorflow", "keras on jax", "keras on torch"),
        """
import keras, numpy as np
x = keras.Input((4, 2))
y = keras.ops.conv_transpose(x, np.ones((3, 5, 2), "float32"), strides=2, output_padding=1)
try:
    keras.Model(x, y)(np.ones((1, 4, 2), "float32"))
except AttributeError as error:
    print("'int' object has no attribute 'lower'" in str(error))
""".strip(),
        "True",
    ),
    Departure(
        "The module's output_size goes by the stride alone, so it cannot ask for all that output_padding can.",
        ("pytorch",),
        """
import torch
x = torch.ones(1, 1, 4)
print(torch.nn.ConvTranspose1d(1, 1, 3, dilation=3, output_padding=2)(x).shape)
try:
    torch.nn.ConvTranspose1d(1, 1, 3, dilation=3)(x, output_size=[12])
except ValueError as error:
    print(error)
""".strip(),
        "torch.Size([1, 1, 12])\nrequested an output size of [12], but valid sizes range from [10] to [10] "
        "(for an input of torch.Size([4]))",
    ),
    Departure(
        "Padding that cuts off everything gives an empty result, not an error.",
        ("jax", "jax transpose_kernel"),
        """
import jax, jax.numpy as jnp
print(jax.lax.conv_transpose(jnp.ones((1, 2, 1)), jnp.ones((5, 1, 1)), (2,), ((0, 0),)).shape)
""".strip(),
        "(1, 0, 1)",
    ),
    Departure(
        "auto_pad and a kernel that reaches less far than the stride: the reference gives i s samples, the runtime fewer.",
        ("onnx reference", "onnxruntime"),
        _onnx('strides=[3], auto_pad="SAME_UPPER"', [1, 2], [5]),
        "0 5 0 0 10 0\n5 0 0 10",
    ),
    Departure(
        "output_shape beyond the last stamp: the reference puts the zeros in front, the runtime behind.",
        ("onnx reference", "onnxruntime"),
        _onnx('strides=[3], auto_pad="SAME_UPPER", output_shape=[6]', [1, 2], [5]),
        "0 5 0 0 10 0\n5 0 0 10 0 0",
    ),
    Departure(
        "output_shape below what is stamped, without auto_pad: the reference refuses, the runtime cuts.",
        ("onnx reference", "onnxruntime"),
        _onnx("strides=[2], output_shape=[4]", [1, 2], [1, 1, 1]),
        "refused\n1 3 2 2",
    ),
    Departure(
        "output_padding of the stride or more is refused by both, although the specification allows it below the dilation.",
        ("onnx reference", "onnxruntime"),
        _onnx("strides=[1], dilations=[3], output_padding=[2]", [1, 2], [1, 1]),
        "refused\nrefused",
    ),
)
"""Where the frameworks depart from their rules or from their documentation, a `Departure` for each."""
