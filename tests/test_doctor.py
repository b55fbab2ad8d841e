"""The shape doctor: what it says is true, what it writes runs, and what it is asked wrongly it says in a sentence."""

import io
import itertools
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from frameworks_run import RUN, by_definition, channels_last, onnx, operands, parameters
from transpose_conv import conv_transpose_output_sizes
from transpose_conv.__main__ import main
from transpose_conv.doctor import SHOWN, describe, diagnose
from transpose_conv.frameworks import FRAMEWORKS, Axis, Window
from transpose_conv.shapes import axis_padding

PUZZLE = ["--input-size", "2", "--kernel-size", "3", "--stride", "2"]


@st.composite
def questions(draw, name):
    """Draw what `diagnose` takes, with a legal wish; without dilation where a CPU cannot do it."""
    n_axes = draw(st.integers(1, 3))

    def numbers(least, most):
        return tuple(draw(st.lists(st.integers(least, most), min_size=n_axes, max_size=n_axes)))

    size, kernel, stride = numbers(1, 4), numbers(1, 5), numbers(1, 4)
    dilation = (1,) * n_axes if name in ("keras", "tensorflow") else numbers(1, 3)
    padding = draw(st.sampled_from(["valid", "same", 1, tuple(zip(numbers(0, 2), numbers(0, 2)))]))
    each = padding if isinstance(padding, tuple) else (padding,) * n_axes
    geometry = list(zip(kernel, stride, each, dilation))
    legal = [
        conv_transpose_output_sizes(i, k, stride=s, padding=p, dilation=d) for i, (k, s, p, d) in zip(size, geometry)
    ]
    assume(all(legal))
    want = tuple(draw(st.sampled_from(list(sizes))) for sizes in legal)
    axes = [Axis(i, k, s, d) for i, (k, s, _, d) in zip(size, geometry)]
    pairs = [p if not isinstance(p, int) else (p, p) for p in each]
    windows = [Window(axis_padding(n, k, s, p, d)[0], n) for n, (k, s, _, d), p in zip(want, geometry, pairs)]
    return (size, kernel), {"stride": stride, "dilation": dilation, "padding": padding, "want": want}, axes, windows


def evaluated(name, line, x, kernel):
    """Run a line as a reader would paste it; return the result and whether it has used this kernel."""
    names = {"batch": len(x), "filters": kernel.shape[-2], "in_channels": x.shape[-1], "x": x, "kernel": kernel}
    if name == "keras":
        import keras

        return eval(line, names | {"keras": keras}).numpy(), False
    if name == "tensorflow":
        import tensorflow as tf

        return eval(line, names | {"tf": tf}).numpy(), True
    if name == "jax transpose_kernel":
        import jax

        jax.config.update("jax_enable_x64", True)
        layouts = {1: ("NHC", "HIO", "NHC"), 2: None, 3: ("NHWDC", "HWDIO", "NHWDC")}[x.ndim - 2]
        line = line.replace("transpose_kernel=True)", "transpose_kernel=True, dimension_numbers=layouts)")
        return np.asarray(eval(line, names | {"jax": jax, "layouts": layouts})), True
    x, kernel = np.moveaxis(x, -1, 1), np.moveaxis(kernel, (-1, -2), (0, 1))
    if name == "pytorch":
        import torch

        result = eval(line, names | {"torch": torch, "x": torch.tensor(x, dtype=torch.float32)})
        return np.moveaxis(result.detach().numpy(), 1, -1), False
    return np.moveaxis(eval(line, {"ConvTranspose": lambda **given: onnx(x, kernel, given)}), 1, -1), True


@pytest.mark.parametrize("name", parameters(SHOWN))
@settings(max_examples=settings().max_examples // 3)
@given(data=st.data())
def test_a_line_gives_what_was_wanted(name, data):
    sizes, options, axes, windows = data.draw(questions(name))
    line = diagnose(*sizes, **options)["lines"][name]
    assert not line.startswith("#")
    rng = np.random.default_rng(0)
    x, kernel = (rng.integers(-4, 5, shape).astype(float) for shape in ((2, *sizes[0], 2), (*sizes[1], 3, 2)))
    result, with_this_kernel = evaluated(name, line, x, kernel)
    assert result.shape == (2, *options["want"], 3)
    if with_this_kernel:
        np.testing.assert_array_equal(result, by_definition(x, kernel, axes, 1, windows))


def test_the_founding_puzzle(capsys):
    assert main([*PUZZLE, "--want", "6"]) == 0
    text = capsys.readouterr().out
    assert "legal sizes: 5 to 6" in text
    assert "keras.layers.Conv1DTranspose(filters, 3, strides=2, output_padding=1)(x)" in text
    assert 'tf.nn.conv1d_transpose(x, kernel, (batch, 6, filters), 2, "VALID")' in text
    assert {name: size for name, size in diagnose(2, 3, stride=2)["gives"].items() if size} == {
        "keras": (5,),
        "pytorch": (5,),
        "jax transpose_kernel": (5,),
        "onnx": (5,),
    }


TOLD = {  # how to tell a framework the padding and nothing else
    "keras": {"valid": {"padding": "valid"}, "same": {"padding": "same"}},
    "pytorch": {"valid": {}},
    "jax transpose_kernel": {word: {"padding": word.upper(), "transpose_kernel": True} for word in ("valid", "same")},
    "onnx": {"valid": {"auto_pad": "VALID"}, "same": {"auto_pad": "SAME_UPPER"}},
}


@pytest.mark.parametrize("name", parameters(TOLD))
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_a_default_is_what_the_framework_gives(name, padding):
    for i, k, s in itertools.product((1, 2, 3), (1, 2, 3, 4), (1, 2, 3)):
        given = diagnose(i, k, stride=s, padding=padding)["gives"][name]
        if padding not in TOLD[name] or (name == "onnx" and padding == "same" and k < s):  # its two programs differ
            assert given is None
            continue
        x, kernel = np.ones((1, i, 1)), np.ones((k, 1, 1))
        arguments = {FRAMEWORKS[name].names["stride"]: (s,), **TOLD[name][padding]}
        result = channels_last(name, RUN[name](*operands(name, x, kernel), arguments))
        assert result.shape[1:-1] == given, (i, k, s)


def test_defaults_are_not_always_the_smallest():
    gives = diagnose(2, 2, stride=4)["gives"]
    assert (gives["keras"], gives["pytorch"], gives["jax transpose_kernel"]) == ((8,), (6,), (8,))
    gives = diagnose(5, 4, stride=2, padding=1)["gives"]
    assert (gives["keras"], gives["pytorch"], gives["onnx"]) == (None, (10,), (10,))


def test_what_no_framework_can_say_is_said():
    lines = diagnose(4, 3, stride=2, dilation=3)["lines"]
    assert lines["keras"] == "# keras cannot say this: strides and dilation_rate cannot both be larger than 1"
    assert lines["pytorch"].startswith("torch.nn.ConvTranspose1d")


def test_what_is_a_default_is_not_written():
    assert diagnose(2, 3)["lines"] == {
        "keras": "keras.layers.Conv1DTranspose(filters, 3)(x)",
        "tensorflow": 'tf.nn.conv1d_transpose(x, kernel, (batch, 4, filters), 1, "VALID")',
        "pytorch": "torch.nn.ConvTranspose1d(in_channels, filters, 3)(x)",
        "jax transpose_kernel": "jax.lax.conv_transpose(x, kernel, (1,), [(2, 2)], transpose_kernel=True)",
        "onnx": "ConvTranspose()",
    }


def test_the_text_starts_with_the_sizes():
    assert describe(diagnose((2, 5), (2, 3), stride=(4, 1))).splitlines()[:10] == [
        "legal sizes: 6 to 9 x 7",
        "",
        "told no size, these give:",
        "  keras                 8 x 7",
        "  tensorflow            nothing: it has to be told",
        "  pytorch               6 x 7",
        "  jax transpose_kernel  8 x 7",
        "  onnx                  6 x 7",
        "",
        "6 x 7 in keras:",
    ]


def test_a_line_is_broken_after_78_columns():
    """The first of these has 76 of its own and the indent of 2, the second one more."""
    whole = "  jax.lax.conv_transpose(x, kernel, (1,), [(100, 100)], transpose_kernel=True)\n"
    broken = "  jax.lax.conv_transpose(x, kernel, (10,), [(100, 100)],\n      transpose_kernel=True)\n"
    assert whole in describe(diagnose(2, 101))
    assert broken in describe(diagnose(2, 101, stride=10))


def test_a_line_is_broken_between_words_only():
    report = diagnose((10**17,) * 3, 4, stride=3, padding="same")
    last = report["lines"]["pytorch"].split()[-1]
    assert len(last) > 72
    assert f"\n      {last}\n" in describe(report)


def test_the_answer_fits_into_80_columns(capsys):
    sizes = ["--input-size", "14", "15", "16", "--kernel-size", "3", "5", "4", "--stride", "2", "3", "2"]
    assert main([*sizes, "--padding", "same", "--want", "27", "43", "31"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_the_answer_in_json(capsys):
    assert main([*PUZZLE, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["legal"] == [[5, 6]]
    assert report["want"] == [5]
    assert report["gives"]["tensorflow"] is None


def test_json_is_indented_and_says_of_the_legal_sizes_the_first_and_the_last(capsys):
    assert main([*PUZZLE[:-1], "3", "--json"]) == 0
    said = capsys.readouterr().out
    assert json.loads(said)["legal"] == [[6, 8]]
    assert said == json.dumps(json.loads(said), indent=2) + "\n"


def test_the_stride_need_not_be_said(capsys):
    assert main(PUZZLE[:-2]) == 0
    assert "legal sizes: 4" in capsys.readouterr().out


@pytest.mark.posix
def test_a_reader_that_has_read_enough_is_no_error():
    """As in `python -m transpose_conv ... | head -1`, once `head` has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "transpose_conv", *PUZZLE]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, env=buffered)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_size_that_cannot_be_had_names_those_that_can(capsys):
    for more in ([], ["--json"]):
        assert main([*PUZZLE, "--want", "7", *more]) == 1
        assert "takes 5 to 6 to input_size 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (["--kernel-size", "3"], "the following arguments are required: --input-size"),
        (["--input-size", "2"], "the following arguments are required: --kernel-size"),
        ([*PUZZLE, "--want", "x"], "argument --want: invalid int value: 'x'"),
        ([*PUZZLE[:-1], "0"], "`stride` on axis 0 must be at least 1, got 0"),
        ([*PUZZLE, "--padding", "full"], "`padding` must be 'valid' or 'same' where it is a string, got 'full'"),
        ([*PUZZLE, "--padding", "-1"], "must be at least 0, got -1"),
        ([*PUZZLE, "--padding", "9"], "`padding` 9 cuts off everything: no size is legal"),
        ([*PUZZLE, "--want", "5", "6"], "--want takes one number, or one for each of the 1 axes, not 2"),
        ([*PUZZLE, "--color"], "unrecognized arguments: --color"),
        ([*PUZZLE, "--error", "x"], "--error does not go with --input-size, --kernel-size, --stride"),
        (["--model", "x.keras", "--want", "5"], "--model does not go with --want"),
        (["--model", "x.keras", "--error", "x"], "--error does not go with --model"),
        (["--model", "nowhere.keras"], "nowhere.keras"),
        (["--error", " "], "`text` must be an error message"),
    ],
)
def test_a_question_that_makes_no_sense_gets_one_sentence(capsys, question, answer):
    with pytest.raises(SystemExit) as leaving:
        main(question)
    said = capsys.readouterr()
    assert leaving.value.code == 2
    assert answer in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


@pytest.mark.parametrize(
    ("sizes", "want", "message"),
    [
        (([], 3), None, "`input_size` must be an int or one int for each of the 1 axes, got 0: []"),
        ((0, 3), None, "`input_size` must be at least 1, got 0"),
        ((2, 0), None, "`kernel_size` must be at least 1, got 0"),
        ((2, 3), 0, "`want` must be at least 1, got 0"),
    ],
)
def test_a_size_that_is_none_is_refused(sizes, want, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        diagnose(*sizes, want=want)


@pytest.mark.parametrize(("report", "error"), [("diagnose", TypeError), ({}, ValueError)])
def test_only_a_report_is_described(report, error):
    with pytest.raises(error, match=f"^`report` must be what `diagnose` returns, got {re.escape(repr(report))}$"):
        describe(report)


def test_an_error_message_is_explained(capsys, monkeypatch):
    message = "ValueError: requested an output size of [7, 7], but valid sizes range from [5, 5] to [6, 6]"
    assert main(["--error", message]) == 0
    text = capsys.readouterr().out
    assert "5" in text
    assert max(map(len, text.splitlines())) <= 80
    monkeypatch.setattr("sys.stdin", io.StringIO(f"Traceback (most recent call last):\n{message}\n"))
    assert main(["--error", "-", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["kind"] == "torch-output-size"
    assert report["sizes"]["most"] == [6, 6]


def test_an_error_message_that_is_not_known_is_not_explained(capsys):
    for more in ([], ["--json"]):
        assert main(["--error", "KeyError: 'x'", *more]) == 1
        assert "not recognised" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras saving, with NumPy 2
def test_a_saved_model_is_examined(capsys, tmp_path):
    """One that does not fit, with the line that makes it fit, and one that fits."""
    import keras
    from keras import layers

    image = keras.Input((None, None, 3))
    up = layers.Conv2DTranspose(3, 2, strides=2, name="up")(layers.MaxPooling2D(2)(image))
    path = tmp_path / "unet.keras"
    keras.Model(image, layers.Concatenate()([up, image])).save(path)
    assert main(["--model", str(path), "--input-size", "23", "31"]) == 1
    assert "output_padding=1" in capsys.readouterr().out
    assert main(["--model", str(path), "--input-size", "24", "32", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["misfits"] == []


def test_it_runs_as_a_module():
    command = [sys.executable, "-m", "transpose_conv", *PUZZLE]
    assert "legal sizes: 5 to 6" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.posix
def test_a_reader_who_leaves_early_is_no_error():
    """As `| head -1` does."""
    command = [sys.executable, "-m", "transpose_conv", *PUZZLE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 0
