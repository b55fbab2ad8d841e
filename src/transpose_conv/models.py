"""Read a saved Keras model, and say which of its skip connections do not fit and which `output_padding` makes them fit.

Only the model's configuration is read, as text. Nothing is imported, built or run, so that a stranger's file can do no
harm, and a model that Keras refuses to build is examined all the same. The graph becomes a list of layer calls, those of
nested models in their places, each after what it is called on; a size goes once through that list.

A size is one int for each spatial axis, None for what is not known. Channels are left out: Keras checks them itself.
"""

import json
import re
import textwrap
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

from . import shapes
from ._arguments import LARGEST_INT, as_int, int_or_none, padding_of_axis, per_axis, short, tuple_or_none
from .doctor import WRITE
from .frameworks import Axis, operation

TRIED = range(1, 257)  # the sizes that are tried where a model leaves its size open
LARGEST_CONFIG = 50 * 2**20  # bytes; beyond this a zip bomb is likelier than a model
MOST_CALLS = 10_000  # of layers: models nested in one another can double their number at each level
MOST_REPAIRS = 200  # the size goes through the whole list again after each
HDF5 = b"\x89HDF\r\n\x1a\n"
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


class Model(NamedTuple):
    """The calls of a model by (name, number), each after those it is called on."""

    calls: dict
    inputs: list  # names
    outputs: list  # pairs of a call's key and the number of its output
    functional: bool


class Call(NamedTuple):
    """One call of a layer; in a `Model`, of a layer or a model."""

    name: str
    layer: Layer | Model
    inputs: list  # numbers of calls; in a `Model` as its outputs; None for what is no call, or not known
    output_size: object = None  # as a `SizedConv2DTranspose` is told; "like": as the last of the inputs


class Run(NamedTuple):
    """What comes of one input size."""

    sizes: list  # of each call, or None
    origins: list  # (the call that chose a size, how much has been added to it on each axis since), or None
    misfits: list  # (number of the call, the sizes that it takes, what is wanted on each axis on which they differ)
    errors: list
    unchecked: list


def examine(path, input_size=None):
    """Say which merges of a saved model do not fit, and what would make them fit.

    Parameters
    ----------
    path : path-like
        A ``.keras`` file, or a file with what ``model.to_json()`` returns.
    input_size : int or sequence of int, optional
        Of the spatial axes: an int for all, or one int per axis. Where the model leaves its size open and none is given,
        1 to 256 are tried, the same on every open axis, and the report is about the smallest that fits.

    Returns
    -------
    dict
        What JSON can hold. "input_size": the size that the rest is about; "fits": whether all layers take it;
        "sizes": of the sizes that were tried, those that fit, or None; "layers": each call of a transposed convolution,
        with its legal sizes; "misfits": the merges that do not fit, and their remedies, each taken as applied from there
        on; "errors": the layers that cannot take what they get; "unknown": the layers whose size is not known;
        "unchecked": the merges that this leaves open.

    Raises
    ------
    ValueError
        If the file is not a model that can be read, or the model does not take `input_size`.
    TypeError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> import tempfile
    >>> down = {"class_name": "MaxPooling1D", "config": {"name": "down", "pool_size": 2}}
    >>> up = {"class_name": "Conv1DTranspose", "config": {"name": "up", "kernel_size": 3, "strides": 2}}
    >>> model = {"class_name": "Sequential", "config": {"layers": [down, up]}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "model.json")
    ...     _ = path.write_text(json.dumps(model))
    ...     (layer,) = examine(path, 9)["layers"]
    >>> layer["input_size"], layer["output_size"], layer["legal"]
    ([4], [9], [[9, 10]])
    """
    try:
        calls = _calls(_model(Path(path)))
    except RecursionError:
        raise ValueError(f"{short(str(path))} is nested too deep to be a Keras model") from None
    inputs, sizes = _inputs(calls, input_size), None
    if input_size is None and any(None in size for size in inputs.values()):
        fitting = [n for n in TRIED if _fits(_run(calls, _filled(inputs, n), stop=True))]
        sizes = {"tried": [TRIED[0], TRIED[-1]], "fitting": fitting, "text": _in_words(fitting)}
        inputs = _filled(inputs, fitting[0] if fitting else TRIED[-1])
    run, misfits = _repaired(calls, inputs)
    unknown = {call.name: call.layer.kind for call in calls if call.layer.role == "unknown"}
    report = {
        "input_size": max(inputs.values(), key=len),
        "fits": not misfits and not run.errors,
        "sizes": sizes,
        "layers": [_entry(call, run, i) for i, call in enumerate(calls) if call.layer.role == "transposed"],
        "misfits": misfits,
        "errors": run.errors,
        "unknown": [{"name": name, "type": kind} for name, kind in unknown.items()],
        "unchecked": run.unchecked,
    }
    return json.loads(json.dumps(report))  # lists, not tuples, as in the file that it may be written to


# The file


def _model(path):
    """Read the model in a ``.keras`` file or a JSON file."""
    said = short(str(path))
    if not path.is_file():
        raise ValueError(f"{said} is not a file: expected a .keras file, or one with the text of model.to_json()")
    with path.open("rb") as file:
        start = file.read(len(HDF5))
        if start == HDF5:
            raise ValueError(f"{said} is a legacy HDF5 file: load it with Keras, and save it as .keras")
        text = _zipped(path, said) if zipfile.is_zipfile(path) else start + file.read(LARGEST_CONFIG)
    if len(text) > LARGEST_CONFIG:
        raise ValueError(f"the configuration in {said} has more than {LARGEST_CONFIG} bytes: no model's has")
    try:
        config = json.loads(text)
    except ValueError:  # no JSON, no UTF-8, or a number of thousands of digits
        raise ValueError(f"{said} holds neither a zip file nor JSON: expected a .keras file") from None
    # a model has one data format, that of most of its layers; of a layer that changes sizes in another nothing is known
    layouts = Counter(re.findall(rb'"data_format":\s*"(channels_first|channels_last)"', text)).most_common(1)
    model = _layer(config, layouts[0][0].decode() if layouts else "channels_last")
    if isinstance(model, Layer):
        raise ValueError(f"the graph of a {short(model.kind)} is not in its file: expected Functional or Sequential")
    return model


def _zipped(path, said):
    """Read no more of the configuration in a zip file than a model's can be, whatever the file says of it."""
    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo("config.json")
            if info.file_size > LARGEST_CONFIG or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"config.json in {said}, of {info.file_size} bytes, is not as Keras writes it")
            with archive.open(info) as file:
                return file.read(LARGEST_CONFIG + 1)
    except KeyError:
        raise ValueError(f"{said} is a zip file without config.json: expected a .keras file") from None
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise ValueError(f"{said} is damaged: {short(str(error))}") from None


# The graph


def _layer(entry, layout):
    """Return the `Layer` or `Model` of an entry in the configuration."""
    if not isinstance(entry, dict) or not isinstance(entry.get("config"), dict):
        raise ValueError(f"expected a Keras model or layer, with class_name and config, got {short(entry)}")
    kind, config, module = str(entry.get("class_name")), entry["config"], str(entry.get("module", "keras"))
    if "output_layers" in config:
        return _functional(config, layout)
    if kind == "Sequential":
        return _sequential(config, layout)
    registered = str(entry.get("registered_name"))
    is_ours = registered.startswith("transpose_conv>Sized")
    if not is_ours and (">" in registered or module.split(".")[0] != "keras"):
        return Layer(kind, config)  # somebody's own, whatever its name
    if kind == "SpectralNormalization":
        return _layer(config.get("layer"), layout)
    axes, family = re.search("[123](?=D)", kind), re.sub("[123]D", "ND", kind)
    is_operation = ".ops." in module  # Keras' operations have the names of layers, but for Average and Reshape
    try:
        if family in KEEPING:
            return Layer(kind, config, "sliding", lambda size, _: size)
        if family in MERGING and (kind, is_operation) != ("Average", True):
            return _merging(kind, config, layout, is_operation)
        if family in PLAIN and not is_operation:
            return PLAIN[family](kind, config, layout)
        if family in AXIAL and (config.get("data_format") or "channels_last") == layout:
            return AXIAL[family](kind, config, int(axes[0]) if axes else 2)
    except (ValueError, TypeError) as error:
        raise ValueError(f"layer {short(_name(entry))}: {error}") from None
    return Layer(kind, config)


def _name(entry):
    return str(entry.get("name") or entry["config"].get("name") or entry.get("class_name"))


def _layers(config, layout):
    """Return the layers of a model by name, and their entries."""
    entries, layers = config.get("layers"), {}
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"expected the list of a Keras model's layers, got {short(entries)}")
    for entry in entries:
        layer = _layer(entry, layout)
        if layers.setdefault(_name(entry), layer) is not layer:
            raise ValueError(f"two layers of one model have the name {short(_name(entry))}")
    return layers, entries


def _sequential(config, layout):
    layers, entries = _layers(config, layout)
    if entries[0].get("class_name") != "InputLayer":
        shape = config.get("build_input_shape") or entries[0]["config"].get("batch_input_shape")
        layers = {"(input)": _input("InputLayer", {"batch_shape": shape}, layout), **layers}
    names = list(layers)
    inputs = [[], *([((name, 0), 0)] for name in names)]
    calls = {(name, 0): Call(name, layers[name], before) for name, before in zip(names, inputs)}
    return Model(calls, names[:1], inputs[-1], functional=False)


def _functional(config, layout):
    layers, entries = _layers(config, layout)
    calls, is_old = {}, False
    for entry in entries:
        nodes = entry.get("inbound_nodes") or [{}]
        if not isinstance(nodes, list):
            raise ValueError(f"layer {short(_name(entry))}: `inbound_nodes` must be a list, got {short(nodes)}")
        is_old = is_old or isinstance(nodes[0], list)  # as Keras 2 writes them
        for number, node in enumerate(nodes):
            calls[_name(entry), number] = Call(_name(entry), layers[_name(entry)], *_arguments(node))

    def found(ref, in_outputs):
        (name, number), output = ref
        model = layers.get(name)
        if number and isinstance(model, Model) and (is_old or (in_outputs and model.functional)):
            number -= 1  # here Keras counts a nested model itself as its first call
        if (name, number) not in calls:
            raise ValueError(f"call {number} of layer {short(name)} is used, and is not in the model")
        return (name, number), output

    calls = {
        key: call._replace(inputs=[ref and found(ref, False) for ref in call.inputs]) for key, call in calls.items()
    }
    graph = {key: [ref[0] for ref in call.inputs if ref] for key, call in calls.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise ValueError(f"layer {short(error.args[1][0][0])} is called on what it makes itself") from None
    inputs = [key[0] for key, _ in _refs(config.get("input_layers"))]
    outputs = [found(ref, True) for ref in _refs(config["output_layers"])]
    return Model({key: calls[key] for key in order}, inputs, outputs, functional=True)


def _arguments(node):
    """Return what a layer is called on, and the `output_size` that it is told."""
    if isinstance(node, list):
        return list(_refs(node)), None
    if not isinstance(node, dict):
        raise ValueError(f"expected the arguments of a layer's call, got {short(node)}")
    options = node.get("kwargs") if isinstance(node.get("kwargs"), dict) else {}
    refs = list(_tensors([node.get("args"), {**options, "mask": None, "output_size": None}]))
    told = options.get("output_size")
    if like := list(_tensors(told)):  # the sizes of a tensor; of a list of tensors, each a size, nothing is known
        return refs + (like if isinstance(told, dict) else [None]), "like"
    return refs, told


def _tensors(value):
    """Yield the calls whose outputs are in the arguments of a call, in Keras' order; None for a constant."""
    if isinstance(value, list):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        yield _ref(value["config"].get("keras_history") if isinstance(value.get("config"), dict) else None)
    elif isinstance(value, dict) and value.get("class_name") in ("__numpy__", "__tensor__"):
        yield None
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from _tensors(value[key])


def _refs(value):
    """Yield the calls whose outputs are in lists and dicts of [name, call, output], in Keras' order."""
    if isinstance(value, dict) or (isinstance(value, list) and not (value and isinstance(value[0], str))):
        for item in value if isinstance(value, list) else (value[key] for key in sorted(value)):
            yield from _refs(item)
    else:
        yield _ref(value)


def _ref(value):
    numbers = [int_or_none(n) for n in value[1:3]] if isinstance(value, list) else []
    if len(numbers) != 2 or None in numbers or min(numbers) < 0 or not isinstance(value[0], str):
        raise ValueError(f"expected [name of a layer, call, output], got {short(value)}")
    return (value[0], numbers[0]), numbers[1]


def _calls(model):
    """Write a model as the list of its layers' calls."""
    calls = []

    def inline(model, prefix, given):
        made = {}
        for key, call in model.calls.items():
            inputs = [made[ref[0]][ref[1]] if ref and ref[1] < len(made[ref[0]]) else None for ref in call.inputs]
            name, layer = prefix + call.name, call.layer
            if isinstance(layer, Model):
                made[key] = inline(layer, f"{name}/", inputs)
                continue
            if layer.role == "input" and given is not None:
                inputs, layer = [dict(zip(model.inputs, given)).get(call.name)], _handed_on(layer, model.functional)
            if len(calls) == MOST_CALLS:
                raise ValueError(f"the model calls more than {MOST_CALLS} layers: none that is used does")
            calls.append(Call(name, layer, inputs, call.output_size))
            made[key] = [len(calls) - 1]
        return [made[key][n] if n < len(made[key]) else None for key, n in model.outputs]

    inline(model, "", None)
    return calls


# What layers do to a size


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
            return (None,) * n_axes if None in size else _keras_size(size, geometry, added)
        if added is not None:
            raise ValueError("`output_size` and the layer's `output_padding` both choose the size")
        if not isinstance(output_size, tuple):  # numbers out of the file, not the size of a tensor
            output_size = per_axis("output_size", output_size, n_axes, minimum=1)
        for axis, (n, i, one) in enumerate(zip(output_size, size, geometry)):
            if n is not None and i is not None:
                shapes.require_reachable(n, i, *one, axis=axis)
        return output_size if len(output_size) == n_axes else None

    return Layer(kind, config, "transposed", rule, geometry)


def _keras_size(size, geometry, output_padding):
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


def _input(kind, config, layout):
    shape = config.get("batch_shape") or config.get("batch_input_shape")
    if shape is None:
        return Layer(kind, config, "input")
    if (items := tuple_or_none(shape)) is None:
        raise TypeError(f"`batch_shape` must be a list, got {short(shape)}")
    sizes = enumerate((0, *items[1:])[SPATIAL[layout]])
    sizes = tuple(None if n is None else as_int("batch_shape", n, minimum=1, axis=axis) for axis, n in sizes)
    return Layer(kind, config, "input", None, sizes)


def _handed_on(layer, functional):
    """Return the layer that hands on what a nested model is called on; a functional one takes its own size only."""

    def rule(size, _):
        own = layer.geometry if functional and layer.geometry is not None else size
        if len(own) != len(size) or any(None not in pair and pair[0] != pair[1] for pair in zip(own, size)):
            raise ValueError(f"its model takes {_by_axis(own)}, and is called on {_by_axis(size)}")
        return size

    return Layer(layer.kind, layer.config, "sliding", rule)


def _merging(kind, config, layout, is_operation):
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
    "InputLayer": _input,
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


# The sizes


def _inputs(calls, input_size):
    """Return the size of each input, by the number of its call."""
    axes = next((int(found[0]) for call in calls if (found := re.search("[123](?=D)", call.layer.kind))), 0)
    inputs = {i: call.layer.geometry for i, call in enumerate(calls) if call.layer.role == "input"}
    inputs = {i: (None,) * axes if size is None else size for i, size in inputs.items()}
    if not inputs:
        raise ValueError("expected a model with an InputLayer: none of its layers is one")
    if input_size is None:
        return inputs
    given, largest = tuple_or_none(input_size), max(inputs.values(), key=len)
    if not largest or (given is not None and len(given) not in map(len, inputs.values())):
        raise ValueError(f"`input_size` must have {len(largest)} axes, as the model's input, got {short(input_size)}")
    for i, size in inputs.items():
        if size and (given is None or len(given) == len(size)):
            inputs[i] = per_axis("input_size", input_size, len(size), minimum=1)
            for axis, (n, own) in enumerate(zip(inputs[i], size)):
                if own not in (None, n):
                    rule = f"the model's input {short(calls[i].name)} is {_by_axis(size)}"
                    raise ValueError(f"`input_size` {n} on axis {axis} cannot be: {rule}")
    return inputs


def _filled(inputs, n):
    return {i: tuple(n if one is None else one for one in size) for i, size in inputs.items()}


def _fits(run):
    return not run.misfits and not run.errors


def _run(calls, inputs, repairs=None, stop=False):
    """Take the inputs through all calls, those in `repairs` with that size; or `stop` where one does not fit."""
    run = Run([], [], [], [], [])
    for number, call in enumerate(calls):
        size = origin = None
        try:
            if call.layer.role == "input":
                size = inputs[number]
            elif call.layer.role == "merging":
                size, origin = _merged(run, number, call)
            elif (size := _called(run, call)) is not None:
                size = (repairs or {}).get(number, size)
                origin = _origin(run, number, call, size)
            if any(n is not None and n > LARGEST_INT for n in size or ()):
                raise ValueError(f"it makes more than {LARGEST_INT} samples")
        except (ValueError, TypeError) as error:
            run.errors.append({"name": call.name, "text": str(error)})
            size = origin = None
        run.sizes.append(size)
        run.origins.append(origin)
        if stop and not _fits(run):
            break
    return run


def _taken(run, call):
    return [None if i is None else run.sizes[i] for i in call.inputs]


def _called(run, call):
    """Return the size that a layer makes of what it takes."""
    taken = _taken(run, call)
    if not taken or None in taken or call.layer.rule is None:
        return None
    return call.layer.rule(taken[0], taken[-1] if call.output_size == "like" else call.output_size)


def _origin(run, number, call, size):
    if call.layer.role in ("transposed", "upsampling"):
        return number, (0,) * len(size)
    before, origin = run.sizes[call.inputs[0]], run.origins[call.inputs[0]]
    if call.layer.role != "sliding" or origin is None or None in (*before, *size):
        return None
    return origin[0], tuple(added + after - n for added, after, n in zip(origin[1], size, before))


def _merged(run, number, call):
    """Return the size of a merge and its origin; note a misfit, and go on as if it were repaired."""
    taken, origins = _taken(run, call), [None if i is None else run.origins[i] for i in call.inputs]
    n_axes = max((len(size) for size in taken if size is not None), default=0)
    same = all(size is not None and len(size) == n_axes for size in taken)
    if not taken or None in taken or not (same or call.layer.config["expands"]):
        run.unchecked.append(call.name)
        return None, None
    taken = [(1,) * (n_axes - len(size)) + size for size in taken]
    joined, merged, wanted, spreads = call.layer.rule(n_axes, None), [], {}, call.layer.kind != "Concatenate"
    for axis, column in enumerate(zip(*taken)):
        known = set(column) - {None}
        if axis == joined:
            merged.append(None if None in column else sum(column))
            continue
        if spreads and known != {1}:
            known -= {1}  # a single sample is taken for all
        if len(known) > 1:
            wanted[axis] = _wanted(
                [(size[axis], origin) for size, origin in zip(taken, origins) if size[axis] in known]
            )
        is_open = spreads and known == {1} and None in column
        merged.append(wanted[axis] if axis in wanted else None if is_open else min(known, default=None))
    if any(None in size for size in taken) and len(taken) > 1:
        run.unchecked.append(call.name)
    if wanted:
        run.misfits.append((number, taken, wanted))
    made = {origin for size, origin in zip(taken, origins) if size == tuple(merged)}
    return tuple(merged), made.pop() if len(made) == 1 else None


def _wanted(sides):
    """Return the size that no transposed convolution or upsampling chose; where all are chosen, the first one chosen."""
    fixed = {n for n, origin in sides if origin is None} or {min(sides, key=lambda side: side[1])[0]}
    return fixed.pop() if len(fixed) == 1 else None


# The remedies


def _repaired(calls, inputs):
    """Repair one layer after the other, the first first; return the run with all repairs, and what did not fit."""
    times, repairs = Counter(call.name for call in calls), {}
    for _ in range(MOST_REPAIRS):
        run = _run(calls, inputs, {chooser: needed for chooser, (needed, _, _) in repairs.items()})
        left = {misfit[0]: _about(calls, misfit) for misfit in run.misfits}
        found = sorted((chooser, *rest) for misfit in run.misfits for chooser, *rest in _needs(calls, run, misfit))
        found = [(chooser, needed, n, _remedy(run, chooser, calls, needed, times)) for chooser, needed, n in found]
        new = next((one for one in found if one[-1]["line"] and one[0] not in repairs), None)
        if new is None:
            break
        chooser, needed, number, remedy = new  # what comes after it will read another size
        repairs = {one: repair for one, repair in repairs.items() if one < chooser}
        repairs[chooser] = needed, remedy, (number, left[number])
    misfits = {}
    for _, (_, remedy, (number, about)) in sorted(repairs.items()):
        misfits.setdefault(number, about)["remedies"].append(remedy)
    for number, about in left.items():
        misfits.setdefault(number, about)
    for chooser, _, number, remedy in found:
        if chooser in repairs:
            remedy |= {"line": None, "output_padding": None, "text": "but another merge needs another size of it"}
        misfits[number]["remedies"].append(remedy)
    return run, [misfits[number] for number in sorted(misfits)]


def _about(calls, misfit):
    number, taken, _ = misfit
    call = calls[number]
    sides = [{"layer": calls[i].name, "size": size} for i, size in zip(call.inputs, taken)]
    return {"name": call.name, "type": call.layer.kind, "inputs": sides, "remedies": []}


def _needs(calls, run, misfit):
    """Yield which transposed convolution or upsampling has to give which size for a merge."""
    number, taken, wanted = misfit
    for i, size in zip(calls[number].inputs, taken):
        if run.origins[i] is None or run.sizes[i] != size or None in size:
            continue
        spreads = {axis for axis, n in enumerate(size) if n == 1 and calls[number].layer.kind != "Concatenate"}
        aims = [n if axis in spreads else wanted.get(axis) or n for axis, n in enumerate(size)]
        chooser, added = run.origins[i]
        needed = tuple(n - more for n, more in zip(aims, added))
        if needed != run.sizes[chooser]:
            yield chooser, needed, number


def _remedy(run, chooser, calls, needed, times):
    """Say how a transposed convolution, or an upsampling, gives the size that is needed."""
    call, given = calls[chooser], run.sizes[chooser]
    size, geometry = run.sizes[call.inputs[0]], call.layer.geometry
    remedy = {"layer": call.name, "output_size": given, "needed": needed, "output_padding": None, "line": None}
    if call.layer.role == "upsampling":
        line = _border(given, needed, call.layer.config) if min(needed) > 0 else None
        return remedy | {"line": line, "text": "it can only multiply, so pad or crop what it gives"}
    legal = [shapes.reachable_sizes(i, *one) for i, one in zip(size, geometry)]
    if not all(n in sizes for n, sizes in zip(needed, legal)):
        ranges = [f"{sizes[0]} to {sizes[-1]}" if len(sizes) > 1 else "".join(map(str, sizes)) for sizes in legal]
        return remedy | {"text": f"it can only give {_by_axis(ranges)}, so pad or crop one of the inputs"}
    try:
        if times[call.name] > 1:
            raise ValueError(f"it is called {times[call.name]} times and has one output_padding")
        added = None if call.layer.kind.startswith("Sized") else _output_padding(size, geometry, needed)
    except ValueError as reason:
        return remedy | {"line": _line(call, size, None, "Sized"), "text": f"{reason}, so tell it the size"}
    kind = "Sized" if call.layer.kind.startswith("Sized") else ""
    text = "tell it the size" if kind else f"set output_padding={_plainly(added)}"
    return remedy | {"output_padding": added, "line": _line(call, size, added, kind), "text": text}


def _output_padding(size, geometry, needed):
    """Return the `output_padding` with which Keras gives a size, or raise a ValueError where there is none."""
    if _keras_size(size, geometry, None) == needed:
        return None
    most = [s - 1 for _, s, _, _ in geometry]
    try:
        added = [a - n + m for a, n, m in zip(most, _keras_size(size, geometry, most), needed)]
        if _keras_size(size, geometry, added) == needed:
            return added
    except ValueError:  # "same" with an even kernel: Keras cannot say the largest size, or it can on all axes only
        pass
    raise ValueError("Keras has no output_padding for it")


def _line(call, size, output_padding, kind):
    """Write the layer as it has to be made, with what changes its result."""
    config = call.layer.config
    k, s, padding, d = zip(*call.layer.geometry)
    said = {"padding": padding[0], "strides": s, "dilation_rate": d, "output_padding": output_padding}
    line = WRITE["keras"]([Axis(*axis) for axis in zip(size, k, s, d)], said)
    more = _data_format(config) + (", use_bias=False" if config.get("use_bias") is False else "")
    if re.fullmatch("[a-z_]{1,20}", str(config.get("activation"))) and config["activation"] != "linear":
        more += f', activation="{config["activation"]}"'
    filters = str(int_or_none(config.get("filters")) or "filters")
    line = line.replace("filters", filters, 1).replace(")(x)", f"{more})(x)")
    if kind:
        line = line.replace("keras.layers.", "transpose_conv.keras.Sized").replace(")(x)", ")(x, output_size=skip)")
    return line


def _border(given, needed, config):
    """Write the padding, the cropping, or both that make one size of another, at the ends."""
    line = "x"
    for name, sign in (("ZeroPadding", 1), ("Cropping", -1)):
        ends = tuple((0, max(sign * (wanted - n), 0)) for n, wanted in zip(given, needed))
        if any(map(any, ends)):
            said = f"{ends if len(ends) > 1 else ends[0]}{_data_format(config)}"
            line = f"keras.layers.{name}{len(ends)}D({said})({line})"
    return line


def _data_format(config):
    return ', data_format="channels_first"' if config.get("data_format") == "channels_first" else ""


# The report


def _entry(call, run, number):
    try:
        given = _called(run, call)
    except (ValueError, TypeError):  # it is among the errors
        given = None
    size, geometry = (_taken(run, call) or [None])[0], call.layer.geometry
    is_known = size is not None and len(size) == len(geometry) and None not in size
    legal = [shapes.reachable_sizes(i, *one) for i, one in zip(size, geometry)] if is_known else None
    k, s, padding, d = zip(*geometry)
    said = {"kernel_size": k, "strides": s, "padding": padding[0], "dilation_rate": d}
    needed = None if run.sizes[number] == given else run.sizes[number]
    made = {"input_size": size, "output_size": given, "needed": needed}
    legal = legal and [(sizes.start, sizes.stop - 1) for sizes in legal]
    added = call.layer.config.get("output_padding")
    return {"name": call.name, "type": call.layer.kind, **said, "output_padding": added, **made, "legal": legal}


def _in_words(fitting):
    """Say which of the sizes that were tried these are: as a rule if that is exact, else the first of them."""
    if not fitting:
        return f"no size from {TRIED[0]} to {TRIED[-1]}"
    first, step = fitting[0], fitting[1] - fitting[0] if len(fitting) > 2 else 0
    if not step or fitting != list(range(first, TRIED.stop, step)):
        return ", ".join(map(str, fitting[:8])) + (f", ... ({len(fitting)} sizes)" if len(fitting) > 8 else "")
    rule = "every size" if step == 1 else f"sizes that are multiples of {step}"
    if first % step:
        rule = f"sizes that are {first % step} more than a multiple of {step}"
    return rule if first in (1, step, first % step) else f"{rule}, from {first} on"


def describe_model(report):
    """Write a report of `examine` as text of at most 80 columns."""
    lines, sizes, known = [], report["sizes"], "as far as it is known, " if report["unknown"] else ""
    if sizes:
        first, last = sizes["tried"]
        lines += _wrapped(f"{known}fits {sizes['text']} (tried: {first} to {last}, the same on every open axis)")
        others = sorted(set(range(sizes["fitting"][0], last + 1)) - set(sizes["fitting"])) if sizes["fitting"] else []
        if others:
            lines += _wrapped(f"does not fit {', '.join(map(str, others[:3]))}, ...: --input-size says what to change")
    lines += [f"input size {_by_axis(report['input_size'])}:", "", *_table(report["layers"])]
    for misfit in report["misfits"]:
        sides = ", ".join(f"{_by_axis(side['size'])} from {_safe(side['layer'])}" for side in misfit["inputs"])
        lines += ["", *_wrapped(f"{_safe(misfit['name'])} ({_safe(misfit['type'])}) does not fit: {sides}")]
        if not misfit["remedies"]:
            lines += _wrapped("no transposed convolution or upsampling can make these fit: pad or crop an input", 2)
        for remedy in misfit["remedies"]:
            text = f"{_safe(remedy['layer'])} has to give {_by_axis(remedy['needed'])}: {remedy['text']}"
            lines += _wrapped(text, 2) + _wrapped(remedy["line"] or "", 4)
    for error in report["errors"]:
        lines += ["", *_wrapped(f"{_safe(error['name'])} cannot take what it gets: {error['text']}")]
    if report["unknown"]:
        names = ", ".join(f"{_safe(one['name'])} ({_safe(one['type'])})" for one in report["unknown"])
        lines += ["", *_wrapped(f"the size is not known after {names}")]
    if report["unchecked"]:
        lines += ["", *_wrapped(f"not checked for that: {', '.join(map(_safe, report['unchecked']))}")]
    if any(remedy["output_padding"] for misfit in report["misfits"] for remedy in misfit["remedies"]):
        text = "An output_padding fits one input size. A layer that is told output_size=skip fits all."
        lines += ["", *_wrapped(text)]
    if report["fits"]:
        lines += ["", f"{known}everything fits"]
    return "\n".join(lines)


def _table(layers):
    """Write a line for each transposed convolution; its name has one of its own where they are too long together."""
    if not layers:
        return ["no transposed convolution"]
    keys = ("kernel_size", "strides", "input_size", "output_size", "legal", "needed")
    rows = [("layer", "kernel", "strides", "reads", "gives", "may give", "has to give")]
    for one in layers:
        legal = [str(a) if a == b else f"{a}-{b}" for a, b in one["legal"] or ()]
        cells = [(one | {"legal": legal, "needed": one["needed"] or [""]})[key] for key in keys]
        rows.append((_safe(one["name"]), *("x".join("?" if n is None else str(n) for n in c or "?") for c in cells)))
    if not any(row[-1] for row in rows[1:]):
        rows = [row[:-1] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows)]
    rows = [[cell.ljust(width) for cell, width in zip(row, widths)] for row in rows]
    if sum(widths) + 2 * len(widths) - 2 <= 80:
        return ["  ".join(row).rstrip() for row in rows]
    return [line for name, *cells in rows for line in (*_wrapped(name), *_wrapped("  ".join(cells), 2))]


def _by_axis(size):
    return " x ".join("?" if n is None else str(n) for n in size) or "of no axis"


def _plainly(numbers):
    """Write one number where all are equal, as Keras takes it."""
    return str(numbers[0] if len(set(numbers)) == 1 else tuple(numbers)) if numbers else str(numbers)


def _wrapped(text, indent=0):
    return textwrap.wrap(text, 80, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2))


def _safe(text):
    """Shorten a name out of the file, and leave out what a terminal would obey."""
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= 40 else text[:37] + "..."
