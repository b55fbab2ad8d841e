"""Read a saved Keras model: its configuration becomes the list of its layers' calls, and nothing of it is built or run.

So a stranger's file can do no harm, and a model that Keras refuses to build is read all the same. The calls of nested
models stand in their places, each call after those it is called on.
"""

import json
import os
import re
import zipfile
import zlib
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from ._arguments import int_or_none, short
from .model_layers import AXIAL, KEEPING, MERGING, PLAIN, Layer, handed_on, input_layer, merging

LARGEST_CONFIG = 50 * 2**20  # bytes; beyond this a zip bomb is likelier than a model
MOST_CALLS = 2_000  # of layers: models nested in one another can double their number at each level
HDF5 = b"\x89HDF\r\n\x1a\n"


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


# The file


def read_model(path):
    """Read the model in a ``.keras`` file or a JSON file."""
    said = short(str(path))
    if not os.path.isfile(path):  # pathlib's raises an error where a name is too long
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
            return merging(kind, config, layout, is_operation)
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
        layers = {"(input)": input_layer("InputLayer", {"batch_shape": shape}, layout), **layers}
    made = [
        [((name, 0), number) for number in range(len(layer.outputs) if isinstance(layer, Model) else 1)]
        for name, layer in layers.items()
    ]
    calls = {(name, 0): Call(name, layer, before) for (name, layer), before in zip(layers.items(), [[], *made])}
    return Model(calls, list(layers)[:1], made[-1], functional=False)


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


def calls_of(model):
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
                inputs, layer = [dict(zip(model.inputs, given)).get(call.name)], handed_on(layer, model.functional)
            if len(calls) == MOST_CALLS:
                raise ValueError(f"the model calls more than {MOST_CALLS} layers: none that is used does")
            calls.append(Call(name, layer, inputs, call.output_size))
            made[key] = [len(calls) - 1]
        return [made[key][n] if n < len(made[key]) else None for key, n in model.outputs]

    inline(model, "", None)
    return calls
