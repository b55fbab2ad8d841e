"""Plan the decoder that mirrors an encoder of Keras' layers.

Inside stand the letters of `shapes`.
"""

from typing import NamedTuple

import keras

from . import shapes
from ._arguments import VALID, per_axis, short
from .convolution import parse_geometry
from .frameworks import operation


class Step(NamedTuple):
    """The transposed layer that mirrors one layer of an encoder.

    Attributes
    ----------
    mirrors : str
        The name of the encoder's layer.
    input_size : tuple of int
        What the transposed layer reads.
    output_size : tuple of int
        What it gives: the size that the encoder's layer read.
    arguments : dict
        For ``keras.layers.Conv{n}DTranspose``, besides ``filters``.
    needs_output_size : bool
        Whether no `output_padding` of Keras' reaches the size: then use ``SizedConv{n}DTranspose``, and tell it.
    """

    mirrors: str
    input_size: tuple
    output_size: tuple
    arguments: dict
    needs_output_size: bool


def plan_decoder(layers, input_size):
    """Plan the transposed layers that give back, step by step, the sizes that an encoder had.

    Parameters
    ----------
    layers : keras.Model, or sequence of keras.Layer and keras.Model
        The encoder. Of a functional model the calls are followed; layers in a sequence are taken one after the other.
        Convolutions and poolings are mirrored, and layers that keep the size are passed over.
    input_size : int or sequence of int
        The spatial size that the encoder reads: an int for all axes, or one int per axis.

    Returns
    -------
    list of Step
        In the decoder's order: the encoder's last layer is mirrored first. ``Conv{n}DTranspose(filters, **step.arguments)``
        takes `step.input_size` to `step.output_size`, unless `step.needs_output_size`: then
        ``SizedConv{n}DTranspose(filters, **step.arguments)`` does, if it is called with ``output_size=step.output_size``.

    Raises
    ------
    ValueError
        If a layer changes the size in another way, if the calls of a model branch, or if a kernel does not fit.
    TypeError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> encoder = [keras.layers.Conv1D(8, 3, strides=2, padding="same"), keras.layers.MaxPooling1D(2)]
    >>> for step in plan_decoder(encoder, 23):
    ...     print(step.input_size, step.output_size, step.arguments["output_padding"])
    (6,) (12,) (0,)
    (12,) (23,) (0,)
    """
    chain = list(_in_order(layers))
    mirrored = [layer for layer in chain if isinstance(layer, _WINDOWED)]
    if not mirrored:
        return []
    size = per_axis("input_size", input_size, len(mirrored[0].strides), minimum=1)
    steps = []
    for layer in chain:
        try:
            if isinstance(layer, _WINDOWED):
                steps.append(_mirror(layer, size))
                size = steps[-1].input_size
            else:
                _require_same_size(layer, size)
        except ValueError as error:
            raise ValueError(f"`layers`: {layer.name}, which reads {size}: {error}") from None
    return steps[::-1]


_KINDS = {"Conv": 3, "DepthwiseConv": 2, "SeparableConv": 2, "MaxPooling": 3, "AveragePooling": 3}  # and most axes
_WINDOWED = tuple(getattr(keras.layers, f"{kind}{n}D") for kind, most in _KINDS.items() for n in range(1, most + 1))


def _in_order(layers):
    """Yield the layers that data goes through, one after the other."""
    if isinstance(layers, list | tuple):
        for one in layers:
            yield from _in_order(one)
    elif isinstance(layers, keras.Sequential):
        yield from _in_order(layers.layers)
    elif isinstance(layers, keras.Model):
        yield from _in_order(_calls(layers))
    elif not isinstance(layers, keras.Operation):
        raise TypeError(f"`layers` must be a keras.Model, or a list of layers and models, got {short(layers)}")
    elif not isinstance(layers, keras.layers.InputLayer):
        yield layers


def _calls(model):
    """Return the layers of a functional model as they are called, a shared one as often as it is."""
    if not getattr(model, "outputs", None):
        raise ValueError(f"`layers`: {model.name} is no functional model, so its calls are not known: list its layers")
    paths = [_path(output, model) for output in model.outputs]
    longest = max(paths, key=len)
    if any(path != longest[: len(path)] for path in paths):
        raise ValueError(f"`layers`: the calls of {model.name} branch: list the layers of one way through it")
    return [layer for layer, _ in longest]


def _path(tensor, model):
    """Return the calls from the input of a functional model to one of its tensors, as pairs (layer, number of the call)."""
    calls = []
    while all(tensor is not one for one in model.inputs):
        layer, number, _ = tensor._keras_history
        sources, results = layer._inbound_nodes[number].input_tensors, layer._inbound_nodes[number].output_tensors
        if len(sources) != 1 or len(results) != 1:
            joins = f"{layer.name} makes {len(results)} of {len(sources)} tensors"
            raise ValueError(f"`layers`: {joins}: list the layers of one way through {model.name}")
        calls.append((layer, number))
        tensor = sources[0]
    return calls[::-1]


def _mirror(layer, size):
    """Plan the transposed layer of one convolution or pooling that reads `size`."""
    kernel_size = layer.pool_size if hasattr(layer, "pool_size") else layer.kernel_size
    if len(kernel_size) != len(size):
        raise ValueError(f"it has {len(kernel_size)} spatial axes")
    dilation_rate = getattr(layer, "dilation_rate", (1,) * len(size))
    geometry = parse_geometry(kernel_size, layer.strides, layer.padding, dilation_rate)
    if max(layer.strides) > 1 and max(dilation_rate) > 1:
        raise ValueError("no transposed layer of Keras' has strides and dilation_rate both above 1")
    small = tuple(shapes.forward_size(n, *one, axis=axis) for axis, (n, one) in enumerate(zip(size, geometry)))
    said = {"strides": tuple(layer.strides), "padding": geometry[0][2], "dilation_rate": tuple(dilation_rate)}
    exact = tuple(added_to_least(n, i, *one) for n, i, one in zip(size, small, geometry))
    reaching = [choice for choice in (exact, None) if _size_in_keras(small, kernel_size, said, choice) == size]
    arguments = {"kernel_size": tuple(kernel_size), **said, "output_padding": reaching[0] if reaching else None}
    return Step(layer.name, small, size, arguments, needs_output_size=not reaching)


def _size_in_keras(input_size, kernel_size, arguments, output_padding):
    """Return the size that Keras' layer gives, or None if it does not take these arguments."""
    try:
        _, _, windows = operation("keras", input_size, kernel_size, output_padding=output_padding, **arguments)
    except ValueError:
        return None
    return tuple(window.size for window in windows)


def _require_same_size(layer, size):
    """Raise a ValueError if a layer, neither a convolution nor a pooling, does not keep the size."""
    first = getattr(layer, "data_format", None) or keras.config.image_data_format()
    shape = (None, *size, None) if first == "channels_last" else (None, None, *size)
    try:
        result = layer.compute_output_spec(keras.KerasTensor(shape)).shape
    except Exception:  # a layer that wants several tensors, or has to be built, or any that a reader wrote
        raise ValueError("what it makes of that is not known: leave it out of the list if it keeps the size") from None
    spatial = tuple(result[1:-1] if first == "channels_last" else result[2:])
    if spatial != size:
        raise ValueError(f"it makes {tuple(result)} of {shape}, and is neither a convolution nor a pooling")


def added_to_least(n, i, k, s, padding, d):
    """Return what Keras adds to its least size to have `n`; with "same" and an even kernel, up to the stride."""
    e = shapes.effective_size(k, d)
    return n - ((i - 1) * s + (e if padding == VALID else e % 2))
