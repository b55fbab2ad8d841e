"""How each framework is really called: what `frameworks` says of it is compared with what it does.

Each function takes arrays as the package does, ``(batch, *spatial, channels)`` and ``(*kernel_size, out / groups, in)``,
and the arguments as `transpose_conv.frameworks` names them; it returns the result in the framework's own layout.
"""

import importlib.util

import numpy as np
import pytest

from transpose_conv import conv_transpose
from transpose_conv.frameworks import FRAMEWORKS, convert_kernel

MODULES = {"pytorch": "torch", "jax transpose_kernel": "jax", "onnx": "onnxruntime"}


def installed(framework):
    return importlib.util.find_spec(MODULES.get(framework, framework)) is not None


def parameters(names):
    """The frameworks as parameters, with a reason to skip those that are not there."""
    reason = "python3 tasks.py frameworks installs it"
    return [pytest.param(name, marks=pytest.mark.skipif(not installed(name), reason=reason)) for name in names]


def by_definition(x, kernel, axes, groups, windows):
    """The windows of the sheet of all stamps: of conv_transpose without padding, with zeros where there is no sheet."""
    stride, dilation = [a.s for a in axes], [a.d for a in axes]
    sheet = conv_transpose(x, kernel, stride=stride, dilation=dilation, groups=groups)
    around = [(max(-w.before, 0), max(w.before + w.size - a.sheet, 0)) for a, w in zip(axes, windows)]
    sheet = np.pad(sheet, ((0, 0), *around, (0, 0)))
    starts = [w.before + b for w, (b, _) in zip(windows, around)]
    return sheet[(slice(None), *(slice(n, n + w.size) for n, w in zip(starts, windows)), slice(None))]


def operands(framework, x, kernel):
    """Lay out the arrays as a framework takes them."""
    kernel = np.ascontiguousarray(convert_kernel(kernel, "tensorflow", framework))
    return (x if FRAMEWORKS[framework].channels_last else np.ascontiguousarray(np.moveaxis(x, -1, 1))), kernel


def channels_last(framework, y):
    """Bring a result back to the package's layout."""
    return y if FRAMEWORKS[framework].channels_last else np.moveaxis(y, 1, -1)


def keras(x, kernel, arguments):
    import keras

    n_axes = x.ndim - 2
    layer = [keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose, keras.layers.Conv3DTranspose][n_axes - 1]
    layer = layer(kernel.shape[-2], kernel.shape[:-2], use_bias=False, dtype=x.dtype.name, **arguments)
    layer.build(x.shape)
    layer.set_weights([kernel])
    return keras.ops.convert_to_numpy(layer(x))


def tensorflow(x, kernel, arguments):
    import tensorflow as tf

    functions = [tf.nn.conv1d_transpose, tf.nn.conv2d_transpose, tf.nn.conv3d_transpose]
    arguments = dict(arguments)
    shape = (len(x), *np.atleast_1d(arguments.pop("output_shape")), kernel.shape[-2])
    return functions[x.ndim - 3](x, kernel, shape, **arguments).numpy()


def pytorch(x, kernel, arguments):
    import torch

    functional = torch.nn.functional
    functions = [functional.conv_transpose1d, functional.conv_transpose2d, functional.conv_transpose3d]
    return functions[x.ndim - 3](torch.tensor(x), torch.tensor(kernel), **arguments).numpy()


def jax(x, kernel, arguments):
    import jax

    jax.config.update("jax_enable_x64", x.dtype == np.float64)
    letters = "HWD"[: x.ndim - 2]
    layouts = f"N{letters}C", f"{letters}IO", f"N{letters}C"
    return np.asarray(jax.lax.conv_transpose(x, kernel, dimension_numbers=layouts, **arguments))


def onnx_model(x, kernel, arguments):
    """Return a model of one node, in float32, which ONNX Runtime has for every number of axes."""
    import onnx

    arguments = {name: list(value) if isinstance(value, tuple) else value for name, value in arguments.items()}
    node = onnx.helper.make_node("ConvTranspose", ["x", "kernel"], ["y"], **arguments)
    tensor = onnx.helper.make_tensor_value_info
    operands = [tensor(name, onnx.TensorProto.FLOAT, a.shape) for name, a in (("x", x), ("kernel", kernel))]
    graph = onnx.helper.make_graph([node], "layer", operands, [tensor("y", onnx.TensorProto.FLOAT, None)])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
    return model, {"x": x.astype(np.float32), "kernel": kernel.astype(np.float32)}


def onnx(x, kernel, arguments):
    """Run ONNX Runtime."""
    import onnxruntime

    model, feeds = onnx_model(x, kernel, arguments)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, feeds)[0]


def onnx_reference(x, kernel, arguments):
    """Run ONNX's own definition of its operators, in NumPy."""
    from onnx.reference import ReferenceEvaluator

    model, feeds = onnx_model(x, kernel, arguments)
    return ReferenceEvaluator(model).run(None, feeds)[0]


RUN = {
    "keras": keras,
    "tensorflow": tensorflow,
    "pytorch": pytorch,
    "jax": jax,
    "jax transpose_kernel": jax,
    "onnx": onnx,
    "onnx reference": onnx_reference,
}
