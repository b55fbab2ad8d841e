"""Who is timed. A contestant takes a problem and returns a function without arguments that computes the layer once."""

import math
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # as users have it

import numpy as np

from transpose_conv import CONV_TRANSPOSE_FORMS, conv_transpose
from transpose_conv.transpose import parse_conv_transpose

LARGEST_MATRIX = 2**22  # entries: a matrix of more is left out, as building it takes seconds and gigabytes


class LeftOut(Exception):
    """Raised by a contestant that does not take a layer."""


def operands(layer):
    """Return an input and a kernel of a layer, of normal random numbers in float32."""
    rng = np.random.default_rng(0)
    kernel_shape = (layer.kernel_size,) * len(layer.size) + (layer.out_channels, layer.in_channels)
    return (
        rng.standard_normal(shape, np.float32)
        for shape in ((layer.batch, *layer.size, layer.in_channels), kernel_shape)
    )


def contestants():
    """Return the contestants by name: ours first, then the frameworks that are installed, then the teaching forms."""
    found = {"ours": ours}
    for make in (tensorflow, pytorch, onnxruntime):
        try:
            found[make.__name__] = make()
        except ImportError:
            print(f"{make.__name__} is not installed and left out")
    return found | {name: of_form(name) for name in CONV_TRANSPOSE_FORMS}


def ours(x, kernel, layer):
    """Call the function of the package."""
    return lambda: conv_transpose(x, kernel, stride=layer.stride, padding=layer.padding)


def of_form(name):
    """Return a teaching form as a contestant."""

    def prepare(x, kernel, layer):
        entries = {"matrix": math.prod(x.shape[1:]) * math.prod(result_shape(x, kernel, layer)[1:])}
        entries["sparse_matrix"] = math.prod(x.shape[1:]) * math.prod(kernel.shape[:-1])
        if entries.get(name, 0) > LARGEST_MATRIX:
            raise LeftOut
        return lambda: CONV_TRANSPOSE_FORMS[name](x, kernel, stride=layer.stride, padding=layer.padding)

    return prepare


def result_shape(x, kernel, layer):
    """Return the shape of the result."""
    axes = axes_of(x, kernel, layer)
    return (len(x), *(axis.large for axis in axes), kernel.shape[-2])


def axes_of(x, kernel, layer):
    """Return the sizes and padding of each axis."""
    return parse_conv_transpose(x, kernel, layer.stride, layer.padding, None, None, 1, 1)[-1]


def tensorflow():
    """TensorFlow's function, with oneDNN on."""
    import tensorflow as tf

    functions = {1: tf.nn.conv1d_transpose, 2: tf.nn.conv2d_transpose, 3: tf.nn.conv3d_transpose}

    def prepare(x, kernel, layer):
        shape = result_shape(x, kernel, layer)
        x, kernel = tf.constant(x), tf.constant(kernel)
        function, padding = functions[len(layer.size)], layer.padding.upper()
        return lambda: function(x, kernel, shape, layer.stride, padding).numpy()

    return prepare


def channels_first(x, kernel):
    """Lay out an input and a kernel as PyTorch and ONNX take them."""
    x = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    return x, np.ascontiguousarray(np.moveaxis(kernel, (-1, -2), (0, 1)))


def pytorch():
    """PyTorch's function. It cannot pad unevenly: where SAME does, it makes the larger result that SAME is a part of."""
    import torch

    functional = torch.nn.functional
    functions = [functional.conv_transpose1d, functional.conv_transpose2d, functional.conv_transpose3d]

    def prepare(x, kernel, layer):
        axes = axes_of(x, kernel, layer)
        padding = [axis.before for axis in axes]
        whole = [(a.small - 1) * a.stride + a.kernel_size - 2 * a.before for a in axes]
        output_padding = [max(a.large - n, 0) for a, n in zip(axes, whole)]
        inside = (slice(None), slice(None), *(slice(a.large) for a in axes))
        x, kernel = map(torch.tensor, channels_first(x, kernel))
        function = functions[len(axes) - 1]
        return lambda: function(x, kernel, None, layer.stride, padding, output_padding)[inside].numpy()

    return prepare


def onnxruntime():
    """ONNX Runtime's operator, with explicit pads."""
    import onnx
    import onnxruntime as runtime

    def prepare(x, kernel, layer):
        axes = axes_of(x, kernel, layer)
        x, kernel = channels_first(x, kernel)
        after = [(a.small - 1) * a.stride + a.kernel_size - a.before - a.large for a in axes]
        node = onnx.helper.make_node(
            "ConvTranspose",
            ["x", "kernel"],
            ["y"],
            strides=[layer.stride] * len(axes),
            pads=[a.before for a in axes] + [max(n, 0) for n in after],
            output_padding=[max(-n, 0) for n in after],
        )
        tensor = onnx.helper.make_tensor_value_info
        graph = onnx.helper.make_graph(
            [node],
            "layer",
            [tensor("x", onnx.TensorProto.FLOAT, x.shape)],
            [tensor("y", onnx.TensorProto.FLOAT, None)],
            [onnx.numpy_helper.from_array(kernel, "kernel")],
        )
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
        session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return lambda: session.run(None, {"x": x})[0]

    return prepare
