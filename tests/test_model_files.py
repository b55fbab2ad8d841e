"""What a file of a model may hold, written down as JSON: the graph that is read from it, and where the limits are."""

import json
import zipfile

import pytest

from helpers import exact
from transpose_conv import model_files
from transpose_conv.models import examine


def entry(kind, name, *sources, **config):
    """Return an entry of a configuration, called once on outputs ("name" or ("name", output)) of other layers."""
    nodes = [{"args": [tensor(source) for source in sources], "kwargs": {}}] if sources else []
    return {"class_name": kind, "name": name, "config": config, "inbound_nodes": nodes}


def tensor(source):
    name, output = (source, 0) if isinstance(source, str) else source
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, output]}}


def pooling(name, *sources):
    return entry("MaxPooling1D", name, *sources, pool_size=2)  # 9 to 4


def transposed(name, *sources):
    return entry("Conv1DTranspose", name, *sources, kernel_size=2, strides=2)  # 4 to 8


def functional(*layers, outputs=None, name="model", sources=()):
    """Return an entry with a model, of an input of 9 and these layers, that ends with the last of them."""
    outputs = [[layers[-1]["name"], 0, 0]] if outputs is None else outputs
    first = entry("InputLayer", "input", batch_shape=[None, 9, 3])
    config = {"layers": [first, *layers], "input_layers": ["input", 0, 0], "output_layers": outputs}
    return entry("Functional", name, *sources, **config)


def sequential(*layers, **config):
    return {"class_name": "Sequential", "config": {"layers": list(layers), **config}}


def written(model, tmp_path):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(model), encoding="utf-8")
    return path


def zipped(text, path, claimed=None):
    """Write a .keras file whose table of contents may claim another size of the configuration than it has."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", text)
        if claimed is not None:
            archive.getinfo("config.json").file_size = claimed
    return path


def examined(model, tmp_path):
    return examine(written(model, tmp_path))


def sizes(report):
    """Return what each transposed convolution reads and gives, by its name."""
    return {one["name"]: (one["input_size"], one["output_size"]) for one in report["layers"]}


# The limits


def test_a_configuration_may_have_50_mebibytes(tmp_path):
    text, path = json.dumps(functional(transposed("up", "input"))), tmp_path / "model.keras"
    assert examine(zipped(text, path, claimed=52_428_800))["fits"]
    with pytest.raises(ValueError, match=r"^config\.json in .*, of 52428801 bytes, is not as Keras writes it$"):
        examine(zipped(text, path, claimed=52_428_801))


def test_the_last_byte_that_a_configuration_may_have_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(model_files, "LARGEST_CONFIG", 10_000)
    text, path = json.dumps(functional(transposed("up", "input"))).rjust(10_000), tmp_path / "model"
    assert examine(zipped(text, path))["fits"]
    path.write_text(text, encoding="utf-8")
    assert examine(path)["fits"]
    path.write_text(" " + text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"^the configuration in .* has more than 10000 bytes: no model's has$"):
        examine(path)


def test_a_model_may_call_2000_layers(tmp_path):
    def called(times, layer):
        return layer | {"inbound_nodes": layer["inbound_nodes"] * times}

    relu = entry("ReLU", "relu", "input")
    ten = functional(called(9, relu), name="ten", sources=["input"])  # of the calls, one is that of the input
    assert examined(functional(called(199, ten), called(9, relu)), tmp_path)["fits"]
    with pytest.raises(ValueError, match=exact("the model calls more than 2000 layers: none that is used does")):
        examined(functional(called(199, ten), called(10, relu)), tmp_path)


# Names and sizes


def test_a_layer_has_the_name_that_its_entry_its_configuration_or_its_class_gives_it(tmp_path):
    def up(**names):
        return {"class_name": "Conv1DTranspose", "config": {"kernel_size": 2, "strides": 2}} | names

    configured = up(config={"name": "configured", "kernel_size": 2, "strides": 2})
    model = sequential(configured | {"name": "entered"}, configured, up(), build_input_shape=[None, 4, 3])
    assert sizes(examined(model, tmp_path)) == {
        "entered": ([4], [8]),
        "configured": ([8], [16]),
        "Conv1DTranspose": ([16], [32]),
    }


@pytest.mark.parametrize("where", ["the model", "its first layer"])
def test_a_sequential_model_without_an_input_layer_has_the_size_that_it_was_built_with(where, tmp_path):
    pool, up, shape = pooling("pool"), transposed("up"), [None, 9, 3]
    model = sequential(pool, up)
    if where == "the model":
        model["config"]["build_input_shape"] = shape
    else:  # as Keras 2 writes it
        pool["config"]["batch_input_shape"] = shape
    report = examined(model, tmp_path)
    assert (report["input_size"], report["sizes"]) == ([9], None)
    assert sizes(report) == {"up": ([4], [8])}


# The graph


def test_layers_that_are_called_on_one_another_are_refused_by_the_first_of_them(tmp_path):
    model = functional(entry("Add", "add", "input", "relu"), entry("ReLU", "relu", "add"))
    with pytest.raises(ValueError, match=exact("layer 'add' is called on what it makes itself")):
        examined(model, tmp_path)


@pytest.mark.parametrize("ref", [["input", 0, -1], ["input", -1, 0], [7, 0, 0], [None, 0, 0]])
def test_an_output_is_told_by_a_name_and_two_numbers_from_0_on(ref, tmp_path):
    up = transposed("up", "input")
    up["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = ref
    with pytest.raises(ValueError, match=exact(f"expected [name of a layer, call, output], got {ref}")):
        examined(functional(up), tmp_path)


def test_arguments_with_names_are_inputs_in_the_order_of_their_names(tmp_path):
    add = entry("Add", "add") | {"module": "keras.src.ops.numpy"}  # as of keras.ops.add(x1=..., x2=...)
    add["inbound_nodes"] = [{"args": [], "kwargs": {"x2": tensor("input"), "x1": tensor("up")}}]
    (misfit,) = examined(functional(pooling("pool", "input"), transposed("up", "pool"), add), tmp_path)["misfits"]
    assert misfit["inputs"] == [{"layer": "up", "size": [8]}, {"layer": "input", "size": [9]}]


def test_a_nested_model_that_is_called_on_a_dict_takes_its_tensors_in_the_order_of_their_names(tmp_path):
    short = entry("InputLayer", "short", batch_shape=[None, 4, 3])
    inner = functional(short, transposed("up", "short"), entry("ReLU", "relu", "input"), name="inner")
    inner["config"]["input_layers"] = {"b": ["short", 0, 0], "a": ["input", 0, 0]}
    inner["inbound_nodes"] = [{"args": [{"b": tensor("pool"), "a": tensor("input")}], "kwargs": {}}]
    report = examined(functional(pooling("pool", "input"), inner), tmp_path)
    assert (report["errors"], sizes(report)) == ([], {"inner/up": ([4], [8])})


def test_a_sequential_model_gives_what_its_last_layer_gives(tmp_path):
    inner = sequential(pooling("pool"), transposed("up"), entry("ReLU", "relu"), build_input_shape=[None, 9, 3])
    called = {"name": "inner", "inbound_nodes": [{"args": [tensor("input")], "kwargs": {}}]}
    report = examined(functional(inner | called, transposed("after", "inner")), tmp_path)
    assert sizes(report) == {"inner/up": ([4], [8]), "after": ([8], [16])}


def test_a_sequential_model_hands_on_every_output_of_a_model_in_it(tmp_path):
    two = functional(pooling("pool", "input"), outputs=[["input", 0, 0], ["pool", 0, 0]], name="two")

    def examined_with(axis):
        join = entry("Concatenate", "join", axis=axis)
        return examined(sequential(two, join, transposed("up"), build_input_shape=[None, 9, 3]), tmp_path)

    assert sizes(examined_with(1)) == {"up": ([13], [26])}
    (misfit,) = examined_with(-1)["misfits"]
    assert [one["size"] for one in misfit["inputs"]] == [[9], [4]]


# An output that a layer is not known to have


def test_the_second_output_of_a_layer_is_not_known(tmp_path):
    report = examined(functional(pooling("pool", "input"), transposed("up", ("pool", 1))), tmp_path)
    assert (report["errors"], sizes(report)) == ([], {"up": (None, None)})


def test_the_second_output_of_a_nested_models_layer_is_not_known(tmp_path):
    inner = functional(
        pooling("pool", "input"), outputs=[["pool", 0, 1], ["pool", 0, 0]], name="inner", sources=["input"]
    )
    report = examined(functional(inner, transposed("none", ("inner", 0)), transposed("up", ("inner", 1))), tmp_path)
    assert (report["errors"], sizes(report)) == ([], {"none": (None, None), "up": ([4], [8])})


def test_after_a_nested_model_that_hands_on_nothing_no_size_is_known(tmp_path):
    inner = functional(pooling("pool", "input"), outputs=[], name="inner")
    report = examined(sequential(inner, transposed("up"), build_input_shape=[None, 9, 3]), tmp_path)
    assert (report["errors"], sizes(report)) == ([], {"up": (None, None)})
