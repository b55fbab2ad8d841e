"""What a layer of a Keras model does to a size, as far as its configuration tells.

A size is one int for each spatial axis, None for what is not known. Channels are left out: Keras checks them itself.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from . import shapes
from ._arguments import as_int, int_or_none, padding_of_axis, per_axis, short, tuple_or_none
from .doctor import by_axis
from .frameworks import operation

SPATIAL = {"channels_last": slice(1, -1), "channels_first": slice(2, None)}  # of a shape

KEEPING = re.findall(
    r"\w+",
    """
    Activation ReLU LeakyReLU PReLU ELU ThresholdedReLU Softmax BatchNormalization LayerNormalization GroupNormalization
    RMSNormalization UnitNormalization Normalization Dropout SpatialDropoutND AlphaDropout GaussianDropout GaussianNoise
    ActivityRegularization Rescaling Identity Masking RandomFlip RandomRotation RandomTranslation RandomZoom
    RandomContrast RandomBrightness Relu Relu6 LeakyRelu Elu Selu Celu Gelu Silu Sigmoid HardSigmoid HardSilu Tanh
    Softplus Softsign LogSoftmax Absolute Negative Exp Log Sqrt Square""",
)
MERGING = ("Concatenate", "Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Average", "Maximum", "Minimum")


class Layer(NamedTuple):
    """A layer, as far as its configuration says what it does to a size."""

    kind: str  # the name of its class
    config: dict
    role: str = "unknown"  # or input, transposed, upsampling, sliding (out is in plus a constant), merging, other
    rule: Callable | None = None  # (size, output_size) -> size, or an error where it cannot take that
    geometry: tuple | None = (
        None  # of a transposed convolution: (k, s, padding, d) for each axis; of an input: its size
    )


def _axiswise(kind, config, role, n_axes, change):
    """Return the layer that makes ``change(n, axis)`` of each ``n``; of another number of axes nothing is known."""

    def rule(size, _):
        if len(size) != n_axes:
            return None
        return tuple(None if n is None else change(n, axis) for axis, n in enumerate(size))

    return Layer(kind, config, role, rule)


def _geometry(config, n_axes, kernel="kernel_size"):
    """Return one (k, s, padding, d) for each axis."""
    if config.get(kernel) is None:
        raise ValueError(f"it has no `{kernel}`")
    strides = config.get("strides") or (1 if kernel == "kernel_size" else config[kernel])
    padding = config.get("padding", "valid")
    if not isinstance(padding, str):
        raise TypeError(f"`padding` must be 'valid' or 'same', got {short(padding)}")
    numbers = {kernel: config[kernel], "strides": strides, "dilation_rate": config.get("dilation_rate", 1)}
    k, s, d = (per_axis(name, value, n_axes, minimum=1) for name, value in numbers.items())
    padding = padding_of_axis("same" if padding == "causal" else padding)  # "causal" has the sizes of "same"
    return tuple((k[axis], s[axis], padding, d[axis]) for axis in range(n_axes))


def _windowed(kind, config, n_axes):
    geometry = _geometry(config, n_axes, "pool_size" if "Pooling" in kind else "kernel_size")
    role = "sliding" if all(s == 1 for _, s, _, _ in geometry) else "other"
    return _axiswise(kind, config, role, n_axes, lambda n, axis: shapes.forward_size(n, *geometry[axis], axis=axis))


def _transposed(kind, config, n_axes):
    geometry, added = _geometry(config, n_axes), config.get("output_padding")
    if added is not None:
        per_axis("output_padding", added, n_axes, minimum=0)

    def rule(size, output_size):
        if len(size) != n_axes:
            return None
        if output_size is None:
            return (None,) * n_axes if None in size else keras_size(size, geometry, added)
        if added is not None:
            raise ValueError("`output_size` and the layer's `output_padding` both choose the size")
        if not isinstance(output_size, tuple):  # numbers out of the file, not the size of a tensor
            output_size = per_axis("output_size", output_size, n_axes, minimum=1)
        for axis, (n, i, one) in enumerate(zip(output_size, size, geometry)):
            if n is not None and i is not None:
                shapes.require_reachable(n, i, *one, axis=axis)
        return output_size if len(output_size) == n_axes else None

    return Layer(kind, config, "transposed", rule, geometry)


def keras_size(size, geometry, output_padding):
    """Return the size that Keras' transposed layer gives, or raise a ValueError where it gives none."""
    k, s, padding, d = zip(*geometry)
    said = {"strides": s, "dilation_rate": d, "padding": padding[0], "output_padding": output_padding}
    return tuple(window.size for window in operation("keras", size, k, **said)[2])


def _upsampling(kind, config, n_axes):
    factors = per_axis("size", config.get("size"), n_axes, minimum=1)
    return _axiswise(kind, config, "upsampling", n_axes, lambda n, axis: n * factors[axis])


def _bordered(kind, config, n_axes):
    name, sign = ("padding", 1) if kind.startswith("ZeroPadding") else ("cropping", -1)
    pairs = tuple_or_none(config.get(name)) or ()
    flat = pairs if n_axes == 1 else [n for pair in pairs for n in tuple_or_none(pair) or ()]
    flat = per_axis(name, list(flat), 2 * n_axes, minimum=0)

    def change(n, axis):
        if (size := n + sign * (flat[2 * axis] + flat[2 * axis + 1])) < 1:
            raise ValueError(f"it cuts off all of {n} on axis {axis}")
        return size

    return _axiswise(kind, config, "sliding", n_axes, change)


def _making(kind, config, size):
    """Return the layer that makes this size of any."""
    return Layer(kind, config, "other", lambda _, __: size)


def _resizing(kind, config, n_axes):
    return _making(kind, config, tuple(as_int(name, config.get(name), minimum=1) for name in ("height", "width")))


def _reshape(kind, config, layout):
    target = tuple_or_none(config.get("target_shape")) or ()
    numbers = [as_int("target_shape", n, minimum=-1, axis=axis) for axis, n in enumerate(target)]
    return _making(kind, config, tuple(n if n > 0 else None for n in (0, *numbers)[SPATIAL[layout]]))


def _dense(kind, config, layout):
    is_last = layout == "channels_last"  # it changes the last axis, whatever that is
    return Layer(kind, config, "sliding", lambda size, _: size if is_last or not size else None)


def input_layer(kind, config, layout):
    """Return the layer of a model's input, whose geometry is its size as the file says it."""
    shape = config.get("batch_shape") or config.get("batch_input_shape")
    if shape is None:
        return Layer(kind, config, "input")
    if (items := tuple_or_none(shape)) is None:
        raise TypeError(f"`batch_shape` must be a list, got {short(shape)}")
    sizes = enumerate((0, *items[1:])[SPATIAL[layout]])
    sizes = tuple(None if n is None else as_int("batch_shape", n, minimum=1, axis=axis) for axis, n in sizes)
    return Layer(kind, config, "input", None, sizes)


def handed_on(layer, functional):
    """Return the layer that hands on what a nested model is called on; a functional one takes its own size only."""

    def rule(size, _):
        own = layer.geometry if functional and layer.geometry is not None else size
        if len(own) != len(size) or any(None not in pair and pair[0] != pair[1] for pair in zip(own, size)):
            raise ValueError(f"its model takes {by_axis(own)}, and is called on {by_axis(size)}")
        return size

    return Layer(layer.kind, layer.config, "sliding", rule)


def merging(kind, config, layout, is_operation):
    """Return a layer whose rule tells, of a number of axes, on which one sizes are added; its sizes are for `_merged`."""
    axis = int_or_none(config.get("axis", -1))
    if kind == "Concatenate" and axis is None:
        raise TypeError(f"`axis` must be an int, got {short(config['axis'])}")

    def rule(n_axes, _):
        places, place = range(n_axes + 2)[SPATIAL[layout]], axis % (n_axes + 2)
        return places.index(place) if kind == "Concatenate" and place in places else None

    # of inputs with fewer axes than others, layers put the missing ones after the batch
    expands = not is_operation and kind != "Concatenate" and layout == "channels_last"
    return Layer(kind, {"expands": expands}, "merging", rule)


PLAIN = {  # (kind, config, layout) -> Layer
    "InputLayer": input_layer,
    "Dense": _dense,
    "Reshape": _reshape,
    "Flatten": lambda kind, config, _: _making(kind, config, ()),
}
AXIAL = {  # (kind, config, n_axes) -> Layer
    **dict.fromkeys(("ConvND", "SeparableConvND", "DepthwiseConvND", "MaxPoolingND", "AveragePoolingND"), _windowed),
    **dict.fromkeys(("ConvNDTranspose", "SizedConvNDTranspose"), _transposed),
    **dict.fromkeys(("ZeroPaddingND", "CroppingND"), _bordered),
    **dict.fromkeys(
        ("GlobalMaxPoolingND", "GlobalAveragePoolingND"),
        lambda kind, config, n_axes: _making(kind, config, (1,) * n_axes if config.get("keepdims") else ()),
    ),
    "UpSamplingND": _upsampling,
    "Resizing": _resizing,
}
