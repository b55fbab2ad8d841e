"""What each framework did is recorded; here it is done again, and what has changed is said."""

import os
import subprocess
import sys

import numpy as np
import pytest

from frameworks_record import PROGRAMS, QUARTERS, as_text, changes, in_own_process, is_there, part
from transpose_conv import conv_transpose
from transpose_conv.departures import DEPARTURES
from transpose_conv.frameworks import RECORD, convert_kernel, recorded

STORED = recorded()
ADVICE = "if that is as it should be, `python3 tasks.py record` writes it down"


def programs(names):
    """The programs as parameters, with a reason to skip those whose packages are not there."""
    reason = "python3 tasks.py frameworks installs it"
    return [pytest.param(name, marks=pytest.mark.skipif(not is_there(name), reason=reason)) for name in names]


ONE_OF_EACH = ["keras on tensorflow", "tensorflow", "pytorch", "jax", "onnxruntime"]


@pytest.mark.parametrize("program", programs(ONE_OF_EACH))
def test_a_framework_does_what_it_did(program):
    """In the first quarter of its grid, in the time there is.

    `python3 tasks.py record --check` runs the whole, with the other backends and builds, and so does a workflow every week.
    """
    new, old = in_own_process(program, [0]), dict(STORED["programs"][program])
    versions = f"{program}, recorded with {old['versions']}, now with {new['versions']}"
    said = "\n".join(changes(part(program, old, [0]), part(program, new, [0])))
    assert not said, f"{versions}:\n{said}\n({ADVICE})"


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_quarters_of_the_record_add_up(program):
    stored = STORED["programs"][program]
    assert {word: sum(each) for word, each in stored["quarters"].items()} == stored["counts"]
    assert all(sum(group["quarters"]) == group["calls"] for group in stored["departures"])
    sizes = [sum(each[q] for each in stored["quarters"].values()) for q in range(QUARTERS)]
    assert max(sizes) - min(sizes) <= 1


def test_the_record_is_of_all_programs_and_written_as_the_task_writes_it():
    assert list(STORED["programs"]) == list(PROGRAMS)
    assert RECORD.read_text() == as_text(STORED) + "\n"


def test_what_departs_elsewhere_than_before_is_said():
    program = "keras on tensorflow"
    old = STORED["programs"][program]
    first = {
        "input_size": [2],
        "kernel_size": [2],
        "arguments": {"strides": [2], "dilation_rate": [1], "padding": "same"},
    }
    group = {"what": "of other values", "calls": 1, "quarters": [1, 0, 0, 0], "first": first}
    new = old | {"departures": [*old["departures"], group]}
    assert len(list(changes(part(program, old, [0]), part(program, new, [0])))) == 1
    assert not list(changes(part(program, old, [1]), part(program, new, [1])))


def test_a_change_is_said():
    old = {"counts": {"equal": 5, "refused": 1}, "puzzle": [{"gave": [1, 2]}]}
    new = {"counts": {"equal": 4, "refused": 1, "of other values": 1}, "puzzle": [{"gave": [1, 3]}]}
    assert list(changes(old, new)) == [
        "counts equal: was 5, is 4",
        "counts of other values: was null, is 1",
        "puzzle 0 gave 1: was 2, is 3",
    ]
    assert not list(changes(old, old))


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_puzzle_has_one_answer_in_every_framework(program):
    """In sizes and in values, once it is asked in the framework's own words, and cropped where they do not suffice."""
    answers = {tuple(answer["wish"]): answer["result"] for answer in STORED["programs"][program]["puzzle"]}
    assert answers == {
        ("VALID", 5): [1, 2, 13, 20, 30],
        ("VALID", 6): [1, 2, 13, 20, 30, 0],
        ("SAME", 3): [2, 13, 20],
        ("SAME", 4): [1, 2, 13, 20],
    }


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_departure_is_reproduced(program):
    """The test above has run them again."""
    wanted = {d.title: d.prints for d in DEPARTURES if program in d.programs and d.prints is not None}
    assert STORED["programs"][program]["reproduced"] == wanted


ENDS = [departure for departure in DEPARTURES if departure.prints is None]


@pytest.mark.parametrize("departure", ENDS)
def test_a_process_ends(departure):
    for program in departure.programs:
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **PROGRAMS[program][2]}
        command = [sys.executable, "-c", departure.code]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert result.returncode != 0
        assert "still there" not in result.stdout
        assert "Traceback" not in result.stderr, "it was an exception, which a program survives"


NAMED = {  # how a departure of the record is recognised: words of its title, and what the recorded calls have in common
    "the kernel is cut off": lambda word, a: a.get("padding") == "VALID" and max(a["dilations"]) == 1,
    "strides and dilations go together": lambda word, a: max(a["strides"]) > 1 and max(a["dilations"]) > 1,
    "a CPU refuses every dilation": lambda word, a: word == "refused, though legal" and max(a["dilations"]) > 1,
    "SAME, an even kernel and output_padding=0": lambda word, a: a["padding"] == "same" and 0 in a["output_padding"],
    "auto_pad and a kernel": lambda word, a: a.get("auto_pad", "").startswith("SAME") and "output_shape" not in a,
    "output_shape beyond": lambda word, a: word != "refused, though legal" and "output_shape" in a,
    "output_shape below": lambda word, a: word == "refused, though legal" and a["auto_pad"] == "NOTSET",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_departure_of_the_record_has_a_row(program):
    for group in STORED["programs"][program]["departures"]:
        rows = [
            departure.title
            for words, fits in NAMED.items()
            for departure in DEPARTURES
            if words in departure.title
            and program in departure.programs
            and fits(group["what"], group["first"]["arguments"])
        ]
        assert len(rows) == 1, (group, rows)


def trained(name):
    array = STORED["trained"][name]
    return np.float32(array["numbers"]).reshape(array["shape"])


@pytest.mark.skipif(not is_there("pytorch"), reason="python3 tasks.py frameworks installs it")
def test_the_trained_layer_is_pytorchs():
    """The recorded layer, in PyTorch and in Keras: sums of 36 products of numbers below 1, in another order."""
    import keras
    import torch

    layer = torch.nn.ConvTranspose2d(2, 3, (4, 3), stride=2, padding=1, output_padding=(0, 1))
    layer.load_state_dict({name: torch.tensor(trained(name)) for name in ("weight", "bias")})
    theirs = layer(torch.tensor(trained("x"))).detach().numpy()
    np.testing.assert_allclose(theirs, trained("y"), rtol=0, atol=1e-5)
    kernel = convert_kernel(trained("weight"), "pytorch", "keras")
    ours = keras.layers.Conv2DTranspose(3, (4, 3), strides=2)
    x = np.moveaxis(trained("x"), 1, -1)
    ours.build(x.shape)
    ours.set_weights([kernel, trained("bias")])
    height, width = theirs.shape[2:]
    cropped = np.pad(ours(x), ((0, 0), (0, 1), (0, 1), (0, 0)))[:, 1 : 1 + height, 1 : 1 + width]
    np.testing.assert_allclose(np.moveaxis(cropped, -1, 1), theirs, rtol=0, atol=1e-5)
    back = convert_kernel(ours.get_weights()[0], "keras", "pytorch")
    assert np.array_equal(back, trained("weight"))


@pytest.mark.skipif(not is_there("pytorch"), reason="python3 tasks.py frameworks installs it")
def test_the_trained_layer_is_the_packages_bit_for_bit_where_sums_are_exact():
    """Chapter "Say it in five frameworks" does it in Keras."""
    import torch

    weight, bias, x = (np.round(trained(name) * 256) / 256 for name in ("weight", "bias", "x"))
    options = {"stride": 2, "padding": 1, "output_padding": (0, 1)}
    theirs = torch.nn.functional.conv_transpose2d(*map(torch.tensor, (x, weight, bias)), **options)
    kernel = convert_kernel(weight, "pytorch", "keras").astype(float)
    ours = conv_transpose(np.moveaxis(x, 1, -1).astype(float), kernel, **options) + bias
    assert np.array_equal(np.moveaxis(ours, -1, 1), theirs.numpy())
