"""The catalogue of error messages: the frameworks still say each, `explain` reads each, and the page shows each."""

import ast
import json
import os
import re
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import book_extension
from errors_run import CATALOGUE, ENVIRONMENTS, PLACES, bare, in_own_process, installed, main
from test_onednn import HAS_ONEDNN
from transpose_conv.errors import KINDS, _patterns, describe_error, explain

CHAPTERS = CATALOGUE.parent.parent.parent / "chapters"
SEEN = [(kind, seen) for kind in KINDS for seen in kind["seen"]]
EACH = pytest.mark.parametrize(("kind", "seen"), SEEN, ids=[kind["id"] for kind, _ in SEEN])
REASON = "python3 tasks.py frameworks installs it"


def executed(environment):
    for kind, seen in SEEN:
        for which in ("with", "passes"):
            for name in seen.get(which, ()) if seen["how"] == "executed" else ():
                if PLACES[bare(name)] == environment:
                    yield kind["id"], name, seen["call"], seen["text"] if which == "with" else None


@pytest.mark.pinned
@pytest.mark.parametrize(
    "environment",
    [
        pytest.param(name, marks=pytest.mark.skipif(not installed(name), reason=REASON))
        for name in ENVIRONMENTS
        if HAS_ONEDNN or name != "with onednn"
    ],
)
def test_the_frameworks_say_what_the_page_shows(environment):
    """Word for word, and those of the versions that the page names."""
    today = in_own_process(environment)
    texts = dict(today["texts"])
    for kind, name, call, text in executed(environment):
        assert name in today["names"], f"{kind}: {name} is no longer here; `python tests/errors_run.py` writes it down"
        assert texts[call] == text, f"{kind}, {name}: `python tests/errors_run.py` writes it down"
    assert set(texts) == {call for _, _, call, _ in executed(environment)}


def test_every_text_is_executed_quoted_or_ends_the_process():
    hows = {seen["how"].partition("github.com")[0] for _, seen in SEEN}
    assert hows == {"executed", "the process ends", "https://"}
    there = {one[:3] for environment in ENVIRONMENTS for one in executed(environment)}
    for kind, seen in SEEN:
        assert seen["with"]
        if seen["how"] == "executed":
            assert {(kind["id"], name, seen["call"]) for name in seen["with"]} <= there
        assert ("call" in seen) == (not seen["how"].startswith("https:"))


@pytest.mark.pinned
@pytest.mark.posix
@pytest.mark.skipif(not HAS_ONEDNN, reason="oneDNN is not for this processor")
def test_the_process_ends():
    variables = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "TF_ENABLE_ONEDNN_OPTS": "1"}
    ends = [seen for _, seen in SEEN if seen["how"] == "the process ends"]

    def run(seen):
        command = [sys.executable, "-c", seen["call"] + "\nprint('still there')"]
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(2) as pool:
        for seen, result in zip(ends, pool.map(run, ends)):
            assert result.returncode < 0
            assert "still there" not in result.stdout
            assert seen["text"].splitlines()[0].strip() in result.stderr
    assert len(ends) == 2


def test_the_catalogue_is_whole():
    assert (
        len({kind["id"] for kind in KINDS}) == len({kind["title"] + kind["framework"] for kind in KINDS}) == len(KINDS)
    )
    assert list(dict.fromkeys(sorted(kind["framework"] for kind in KINDS))) == [
        "JAX",
        "Keras",
        "ONNX",
        "PyTorch",
        "TensorFlow",
    ]
    wanted = {"id", "framework", "title", "pattern", "means", "fix", "chapter", "seen"}
    for kind in KINDS:
        assert wanted <= set(kind) <= wanted | {"layout"}
        assert kind["means"].endswith(".")
        assert not re.search(r"\w\[\W*:\W*\d", kind["fix"]), "a crop has the size, not the numbers, of another layer"
        assert kind["seen"]
    assert not re.search(r"/(?:home|work|tmp|root|Users)/", CATALOGUE.read_text(encoding="utf-8"))


@EACH
def test_a_call_is_a_whole_program(kind, seen):
    if "call" in seen:
        assert isinstance(ast.parse(seen["call"]).body[0], ast.Import)


def headings(chapter):
    """The anchors that MyST gives to the headings of a chapter."""
    text = re.sub(r"(?s)^```.*?^```", "", (CHAPTERS / f"{chapter}.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    titles = re.findall(r"(?m)^#{1,3} ([^$\n]*)$", text)  # formulas are not in anchors
    return [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]


@pytest.mark.parametrize("place", sorted({kind["chapter"] for kind in KINDS}))
def test_the_chapter_has_the_heading(place):
    chapter, _, heading = place.partition("#")
    assert not heading or heading in headings(chapter)
    assert (CHAPTERS / f"{chapter}.md").exists()


# What is recognised

WITHIN = {  # the more general kind, part of the other's message
    "keras-same-even": "tensorflow-size",
    "keras-torch-padding": "torch-negative-padding",
    "tensorflow-in-channels-graph": "keras-dimensions",
    "keras-concat-graph": None,
}


@EACH
def test_a_text_is_its_own_kind_and_no_other(kind, seen):
    report = explain(seen["text"])
    assert (report["kind"], report["others"]) == (kind["id"], [])
    squeezed = "".join(seen["text"].split())
    matching = {one["id"] for one, pattern in zip(KINDS, _patterns()) if pattern.search(squeezed)}
    assert matching - {WITHIN.get(kind["id"])} == {kind["id"]}


def wrapped(text, width):
    return "\n".join(text[start : start + width] for start in range(0, len(text), width))


PASTED = {
    "wrapped in the middle of words": lambda text: wrapped(text, 37),
    "wrapped between words": lambda text: textwrap.fill(text, 60),
    "with Windows' line ends": lambda text: text.replace("\n", "\r\n") + "\r\n",
    "coloured": lambda text: "".join(f"\x1b[1;31m{word}\x1b[0m" for word in re.split(r"(\s)", text)),
    "by pytest": lambda text: "\n".join("E       " + line for line in text.splitlines()),
    "in a box": lambda text: "\n".join(f"│ {line:<70} │" for line in textwrap.wrap(text, 70)),
    "by pytest, wrapped": lambda text: (
        "def f():\n>   up()\n\n" + "\n".join("E   " + line for line in textwrap.wrap(text, 50))
    ),
    "in a mail": lambda text: "\n".join("> " + line for line in textwrap.wrap(text, 40)) + "\n\nWhat is it?",
    "quoted": lambda text: "\n".join("> " + line for line in text.splitlines()),
    "with printers' quotes": lambda text: text.replace("'", "’"),
    "on one line": lambda text: " ".join(text.split()),
    "in a traceback": lambda text: (
        "Traceback (most recent call last):\n" + '  File "model.py", line 3, in up\n    y = layer(x)\n' * 3000 + text
    ),
    "before a long dump": lambda text: text + "\n" + "[[0.1, 0.2]]\n" * 8000,
}


@pytest.mark.parametrize("way", PASTED)
def test_a_text_is_recognised_however_it_is_pasted(way):
    for kind, seen in SEEN:
        report = explain(PASTED[way](seen["text"]))
        assert report is not None, kind["id"]
        assert report == explain(seen["text"]), kind["id"]


def text_of(kind, number=0):
    return next(one for one in KINDS if one["id"] == kind)["seen"][number]["text"]


def test_of_several_messages_the_last_is_explained_and_the_others_are_named():
    first, second = text_of("keras-concat"), text_of("torch-cat")
    report = explain(f"{first}\n\nDuring handling of the above exception, another exception occurred:\n\n{second}")
    assert report["kind"] == "torch-cat"
    assert report["others"] == ["Concatenating layers of different sizes"]
    assert "also in this text, before it: Concatenating layers of different sizes" in describe_error(report)
    assert explain(f"{second}\n{first}")["kind"] == "keras-concat"
    again = text_of("torch-cat").replace("24", "48").replace("23", "47")
    assert explain(f"{second}\n{again}")["sizes"] == {"first": 48, "second": 47}


def test_two_messages_with_nothing_between_them_are_two():
    report = explain(text_of("torch-sizes") + "\n" + text_of("torch-target", 2))
    assert report["kind"] == "torch-target"
    assert report["others"] == [next(one["title"] for one in KINDS if one["id"] == "torch-sizes")]


def test_what_is_not_known_is_not_recognised():
    for text in ("hello", "ValueError: could not convert string to float", "Size of out_backprop", "x" * 10):
        assert explain(text) is None
    assert (
        describe_error(None) == f"not recognised: it is none of the {len(KINDS)} kinds of messages that this book knows"
    )


@pytest.mark.parametrize("text", [None, 3, b"RuntimeError", ["RuntimeError"], ValueError("x")])
def test_what_is_no_text_is_refused_in_a_sentence(text):
    with pytest.raises(TypeError, match=r"^`text` must be a str, an error message, got "):
        explain(text)


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_an_empty_text_is_refused_in_a_sentence(text):
    with pytest.raises(ValueError, match=r"^`text` must be an error message, got "):
        explain(text)


@pytest.mark.parametrize("kind", KINDS, ids=[kind["id"] for kind in KINDS])
def test_a_pattern_repeats_nothing_without_a_bound(kind):
    bare = re.sub(r"\\.|\[(?:\\.|[^\]])+\]", "x", kind["pattern"])
    assert not re.search(r"[*+]|\{\d*,\}", bare)
    assert max(int(most) for _, most in re.findall(r"\{(\d+,)?(\d+)\}", bare) or [("", "0")]) <= 400


@pytest.mark.parametrize(
    "part", ["1,", "(", "[1,", "\x1b[1;", " ", "E ", "Layer a", "could not create ", "`", *(k["id"] for k in KINDS)]
)
def test_a_text_without_end_is_read_in_no_time(part):
    """The beginnings of all messages, too: there a pattern could go back and forth."""
    whole = next((kind["seen"][0]["text"] for kind in KINDS if kind["id"] == part), part * 40)
    for piece in (whole[: len(whole) // 2], part if whole is None else whole[: len(whole) * 2 // 3], whole):
        start = time.perf_counter()
        explain("x" + piece * (300_000 // len(piece)))
        assert time.perf_counter() - start < 3


def test_of_a_long_text_both_ends_are_read():
    message, much = text_of("torch-cat"), "x " * 2_000_000
    assert explain(message + much)["kind"] == explain(much + message)["kind"] == "torch-cat"
    assert explain(much + message + much) is None


def test_a_text_of_100_000_characters_is_read_whole_and_a_longer_one_is_not():
    message = PASTED["by pytest, wrapped"](text_of("torch-cat"))  # not recognised if one of its lines is cut
    assert explain(message.center(100_000, "\n")) == explain(message)
    assert explain(message.center(100_001, "\n")) is None


# What is read, and what follows

TENSORFLOW = (
    "Conv{axes}DCustomBackpropInput: Size of out_backprop doesn't match computed: actual = {i}, computed = {computed} "
    "spatial_dim: 1 input: {n} filter: {k} output: {i} stride: {s} dilation: {d}"
)
SIZES = {
    ("tensorflow-size", 0): {"axes": 2, "actual": 2, "computed": 3, "spatial_dim": 1, "input": 7, "filter": 3}
    | {"output": 2, "stride": 2, "dilation": 1},
    ("tensorflow-size", 2): {"axes": 2, "actual": 7, "computed": 16},
    ("tensorflow-batch", 0): {"asked": 1, "given": 4},
    ("tensorflow-batch", 1): {"asked": 50, "given": 25},
    ("tensorflow-groups", 0): {"asked": 6, "kernel_has": 3},
    ("tensorflow-out-channels", 1): {"asked": 4, "kernel_has": 8},
    ("tensorflow-in-channels-graph", 0): {"image_has": 8, "kernel_has": 5},
    ("tensorflow-negative", 0): {"asked": -1},
    ("tensorflow-filter-size", 0): {"axes": 2, "gradient": 2, "forward": 3},
    ("tensorflow-concat", 0): {"first": (1, 24, 24, 8), "second": (1, 23, 23, 16)},
    ("tensorflow-shapes", 1): {"first": (4, 9, 9, 1), "second": (4, 10, 10, 1)},
    ("tensorflow-too-small", 0): {"image_size": 1, "reach": 3},
    ("keras-output-padding", 1): {"stride": (8, 8), "output_padding": (8, 1)},
    ("keras-strides-dilation", 1): {"stride": (2, 1), "dilation": (1, 2)},
    ("keras-concat", 2): {"first": (None, 88, 88, 128), "second": (None, 89, 89, 128)},
    ("keras-add", 1): {"first": (56, 56, 32), "second": (112, 112, 32)},
    ("keras-concat-graph", 1): {"first": 12, "second": 24},
    ("keras-dimensions", 0): {"first": 9, "second": 10},
    ("keras-checking-target", 0): {"second": (256, 256, 1), "first": (259, 259, 1)},
    ("keras-set-weights", 1): {"wanted": (3, 3, 4, 8), "given": (8, 4, 3, 3)},
    ("keras-set-weights-count", 1): {"arrays": 2, "weights": 0},
    ("keras-channels", 0): {"axis": -1, "channels": 8, "image": (1, 4, 4, 3)},
    ("torch-output-padding", 1): {"output_padding": (0, 2), "stride": (1, 2), "dilation": (1, 1)},
    ("torch-output-size", 0): {"wanted": (7, 7), "least": (5, 5), "most": (6, 6), "given": (2, 2)},
    ("torch-bias", 0): {"weight": (8, 4, 3, 3), "out_channels": 4, "bias": (8,)},
    ("torch-channels", 1): {"weight": (3, 4, 3, 3), "image": (1, 64, 64, 3), "wanted": 3, "channels": 64},
    ("torch-too-small", 0): {"image_size": (1, 1), "size": (-1, -1)},
    ("torch-pool-too-small", 0): {"image_size": (8, 1, 1), "size": (8, 0, 0)},
    ("torch-cat", 2): {"first": 7, "second": 6},
    ("torch-sizes", 0): {"first": 27, "second": 28, "axis": 3},
    ("torch-target", 1): {"first": (4, 1, 28, 28), "second": (4, 1, 27, 27)},
    ("jax-channels", 0): {"image_has": 8, "kernel_has": 4},
    ("jax-vjp", 0): {"given_shape": (1, 2, 2, 1), "wanted_shape": (1, 3, 3, 1)},
    ("onnx-output-shape", 0): {"computed": 3, "actual": 2, "input": 7, "filter": 3, "stride": 2, "dilation": 1},
    ("onnx-reference", 1): {"output_shape": (7, 7), "kernel_size": (3, 3), "dilation": (1, 1), "strides": (2, 2)},
}


@pytest.mark.parametrize("which", SIZES, ids="-".join(map(str, [])) or str)
def test_the_numbers_of_a_message_are_read(which):
    assert explain(text_of(*which))["sizes"] == SIZES[which]


THEN = {
    ("tensorflow-size", 0): [
        "padding was VALID: it makes 3 of 7, not 2",
        "2 may become 5 to 6 under VALID; for 6 on every axis:",
        'tf.nn.conv2d_transpose(x, kernel, (batch, 6, 6, filters), 2, "VALID")',
    ],
    ("tensorflow-size", 3): [
        "padding was VALID: it makes 39 of 80, not 40",
        "40 may become 82 to 83 under VALID; for 82 on every axis:",
        'tf.nn.conv2d_transpose(x, kernel, (batch, 82, 82, filters), 2, "VALID")',
        "80 is legal under SAME",
    ],
    ("keras-same-even", 0): [
        "padding was SAME: it makes 3 of 6, not 4",
        "4 may become 7 to 8 under SAME; for 7 on every axis:",
        'keras.layers.Conv2DTranspose(filters, 4, padding="same", strides=2, output_padding=1)(x)',
    ],
    ("onnx-output-shape", 0): [
        "padding was VALID: it makes 3 of 7, not 2",
        "2 may become 5 to 6 under VALID; for 6 on every axis:",
        "ConvTranspose(strides=[2, 2], output_padding=[1, 1])",
    ],
    ("torch-output-size", 0): [
        "axis 0 of the image: 5 to 6 are legal, 7 is not",
        "7 is a size for an input of 3, and this one has 2",
        "axis 1 of the image: 5 to 6 are legal, 7 is not",
        "7 is a size for an input of 3, and this one has 2",
        "layer(x, output_size=(6, 6))",
    ],
    ("torch-output-padding", 1): ["axis 1 of the image: output_padding is 2, and legal are 0 to 1"],
    ("torch-output-padding", 2): [
        "axis 1 of the image: output_padding is 1, and legal are only 0, which is the default"
    ],
    ("keras-output-padding", 1): ["axis 0 of the image: output_padding is 8, and legal are 0 to 7"],
    ("keras-concat", 2): [
        "axis 1: 88 and 89, the second is larger by 1",
        "axis 2: 88 and 89, the second is larger by 1",
        "a layer of stride 2, kernel 2, VALID makes either size, of 44 x 44:",
        "  88 x 88: keras.layers.Conv2DTranspose(filters, 2, strides=2)(x)",
        "  89 x 89: keras.layers.Conv2DTranspose(filters, 2, strides=2, output_padding=1)(x)",
    ],
    ("tensorflow-concat", 2): [
        "axis 2: 42 and 41, the first is larger by 1",
        "axis 3: 80 and 79, the first is larger by 1",
        "a layer of stride 2, kernel 3, SAME makes either size, of 21 x 40:",
        '  42 x 80: tf.nn.conv2d_transpose(x, kernel, (batch, 42, 80, filters), 2, "SAME")',
        '  41 x 79: tf.nn.conv2d_transpose(x, kernel, (batch, 41, 79, filters), 2, "SAME")',
        "a layer of stride 2, kernel 3, VALID makes either size, of 20 x 39:",
        '  42 x 80: tf.nn.conv2d_transpose(x, kernel, (batch, 42, 80, filters), 2, "VALID")',
        '  41 x 79: tf.nn.conv2d_transpose(x, kernel, (batch, 41, 79, filters), 2, "VALID")',
    ],
    ("torch-cat", 2): [
        "7 and 6, the first is larger by 1",
        "a layer of stride 2, kernel 2, VALID makes either size, of 3 x 3:",
        "  7 x 7: torch.nn.ConvTranspose2d(in_channels, filters, 2, stride=2, output_padding=1)(x)",
        "  6 x 6: torch.nn.ConvTranspose2d(in_channels, filters, 2, stride=2)(x)",
    ],
    ("torch-sizes", 0): [
        "27 and 28, the second is larger by 1",
        "a layer of stride 2, kernel 3, padding=1 makes either size, of 14 x 14:",
        "  27 x 27: torch.nn.ConvTranspose2d(in_channels, filters, 3, stride=2, padding=1)(x)",
        "  28 x 28: torch.nn.ConvTranspose2d(in_channels, filters, 3, stride=2, padding=1, output_padding=1)(x)",
        "a layer of stride 2, kernel 3, VALID makes either size, of 13 x 13:",
        "  27 x 27: torch.nn.ConvTranspose2d(in_channels, filters, 3, stride=2)(x)",
        "  28 x 28: torch.nn.ConvTranspose2d(in_channels, filters, 3, stride=2, output_padding=1)(x)",
    ],
    ("keras-add", 1): [
        "axis 0: 56 and 112, the second is larger by 56",
        "axis 1: 56 and 112, the second is larger by 56",
        "one is twice the other: a layer of stride 2 is missing, or is connected to another place",
    ],
    ("keras-checking-target", 0): [
        "axis 0: 259 and 256, the first is larger by 3",
        "axis 1: 259 and 256, the first is larger by 3",
        "no single layer of stride 2 makes both: look at the whole way down and up, or pad the image",
    ],
    ("keras-checking-target", 1): [],  # they differ in channels
    ("keras-set-weights", 0): ["the two axes of channels are swapped: kernel.transpose(0, 1, 3, 2)"],
    ("keras-set-weights", 1): ["it is laid out as in PyTorch: kernel.transpose(2, 3, 1, 0)"],
    ("torch-load", 0): ["the first two axes are swapped: kernel.transpose(1, 0, 2, 3)"],
    ("torch-load", 1): [
        "(8, 4, 4, 4) holds other numbers than (8, 4, 3, 3): kernel size or channels differ, not their order"
    ],
    ("torch-channels", 0): [],
    ("torch-channels", 1): ["the last axis has 3: the channels stand last, so x.permute(0, 3, 1, 2)"],
    ("torch-channels", 2): [],  # 256 is the width, too
}


@pytest.mark.parametrize("which", THEN, ids=str)
def test_what_follows_is_said(which):
    assert explain(text_of(*which))["then"] == THEN[which]


RANGE = "requested an output size of {}, but valid sizes range from {} to {}"
GIVEN = RANGE + " (for an input of torch.Size({}))"
TRANSPOSED = "Given transposed=1, weight of size {}, expected input{} to have {} channels, but got {} channels instead"
ADD = "Inputs have incompatible shapes. Received shapes {} and {}"
LOAD = (
    "size mismatch for up.weight: copying a param with shape torch.Size({}) from checkpoint, "
    "the shape in current model is torch.Size({})."
)
MORE = {
    "a size that is legal on some axes": (
        GIVEN.format((5, 6, 7), [5, 5, 5], [6, 6, 6], [2, 2, 2]),
        [
            "axis 0 of the image: 5 to 6 are legal, 5 too",
            "axis 1 of the image: 5 to 6 are legal, 6 too",
            "axis 2 of the image: 5 to 6 are legal, 7 is not",
            "7 is a size for an input of 3, and this one has 2",
            "layer(x, output_size=(5, 6, 6))",
        ],
    ),
    "a size for an input of one sample, and one for no input": (
        GIVEN.format((4, 2), [5, 5], [6, 6], [2, 2]),
        [
            "axis 0 of the image: 5 to 6 are legal, 4 is not",
            "4 is a size for an input of 1, and this one has 2",
            "axis 1 of the image: 5 to 6 are legal, 2 is not",
            "layer(x, output_size=(5, 5))",
        ],
    ),
    "a size for an input that is not named": (
        RANGE.format((7,), [5], [6]),
        ["axis 0 of the image: 5 to 6 are legal, 7 is not", "layer(x, output_size=(6,))"],
    ),
    "volumes": (
        ADD.format((24, 40, 16, 8), (23, 39, 15, 8)),
        [
            "axis 0: 24 and 23, the first is larger by 1",
            "axis 1: 40 and 39, the first is larger by 1",
            "axis 2: 16 and 15, the first is larger by 1",
            "a layer of stride 2, kernel 3, SAME makes either size, of 12 x 20 x 8:",
            '  24 x 40 x 16: keras.layers.Conv3DTranspose(filters, 3, padding="same", strides=2)(x)',
            '  23 x 39 x 15: keras.layers.Conv3DTranspose(filters, 3, padding="same", strides=2, output_padding=0)(x)',
            "a layer of stride 2, kernel 3, VALID makes either size, of 11 x 19 x 7:",
            "  24 x 40 x 16: keras.layers.Conv3DTranspose(filters, 3, strides=2, output_padding=1)(x)",
            "  23 x 39 x 15: keras.layers.Conv3DTranspose(filters, 3, strides=2)(x)",
        ],
    ),
    "four axes, for which there is no layer": (
        ADD.format((24, 9, 9, 9, 8), (23, 9, 9, 9, 8)),
        ["axis 0: 24 and 23, the first is larger by 1"],
    ),
    "a kernel of Keras' layout": (
        LOAD.format([3, 5, 4, 8], [8, 4, 3, 5]),
        ["it is laid out as in Keras: kernel.transpose(3, 2, 0, 1)"],
    ),
    "a signal with its channels last": (
        TRANSPOSED.format([3, 4, 5], [4, 100, 3], 3, 100),
        ["the last axis has 3: the channels stand last, so x.permute(0, 2, 1)"],
    ),
}


@pytest.mark.parametrize("which", MORE)
def test_what_follows_is_said_of_other_numbers(which):
    text, then = MORE[which]
    assert explain(text)["then"] == then


@pytest.mark.parametrize(
    ("first", "second", "axes"),
    [
        ([1, 64, 35, 35], [1, 64, 34, 34], {2: (35, 34), 3: (35, 34)}),  # square: the channels stand first
        ([1, 64, 8, 35, 35], [1, 64, 8, 34, 34], {3: (35, 34), 4: (35, 34)}),
        ([1, 24, 16, 8], [1, 23, 16, 16], {1: (24, 23)}),  # only one of them is
        ([1, 24, 16, 16], [1, 23, 16, 8], {1: (24, 23)}),
        ([1, 24, 20, 8], [1, 23, 20, 9], {1: (24, 23)}),  # the channels, too, may differ by 1
        ([1, 64, 35, 20], [1, 32, 34, 19], {2: (35, 34), 3: (20, 19)}),  # by 32, and the last axis by 1
        ([1, 64, 35, 20], [1, 32, 35, 19], {3: (20, 19)}),
    ],
)
def test_the_axes_of_two_images_are_those_of_space(first, second, axes):
    text = f"ConcatOp : Dimensions of inputs should match: shape[0] = {first} vs. shape[1] = {second}"
    said = [line for line in explain(text)["then"] if line.startswith("axis")]
    assert said == [f"axis {axis}: {a} and {b}, the first is larger by 1" for axis, (a, b) in axes.items()]


def test_sizes_that_are_not_fixed_do_not_hide_one_that_is():
    said = "A `Concatenate` layer requires inputs with matching shapes except for the concatenation axis. Received: "
    text = said + "input_shape=[(None, None, 88, 128), (None, None, 89, 64)]"
    assert explain(text)["then"] == ["axis 2: 88 and 89, the second is larger by 1"]
    last = said + "input_shape=[(None, 64, 35, None), (None, 32, 34, None)]"
    assert [line.split(",")[0] for line in explain(last)["then"][:2]] == ["axis 1: 64 and 32", "axis 2: 35 and 34"]


def forward(n, k, s, padding, d):
    """TensorFlow's size of a convolution's result, as its documentation has it."""
    return -(-n // s) if padding == "SAME" else max(-(-(n - (k - 1) * d) // s), 0)


@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3), st.integers(1, 40), st.data())
def test_what_follows_for_tensorflow_is_true(i, k, s, d, n, data):
    """The padding is inferred where it decides, and the legal sizes are those that a convolution takes to the input."""
    padding = data.draw(st.sampled_from(["VALID", "SAME"]))
    computed = forward(n, k, s, padding, d)
    assume(computed != i)
    then = explain(TENSORFLOW.format(axes=2, i=i, computed=computed, n=n, k=k, s=s, d=d))["then"]
    fitting = [p for p in ("VALID", "SAME") if forward(n, k, s, p, d) == computed]
    assert (
        then[0]
        == f"padding was {' or '.join(fitting)}: {'it makes' if len(fitting) == 1 else 'both make'} {computed} of {n}, not {i}"
    )
    for number, one in enumerate(fitting):
        legal = [size for size in range(1, 100) if forward(size, k, s, one, d) == i]
        span = f"{legal[0]} to {legal[-1]}" if s > 1 else f"{legal[0]} only"
        nearest = min(legal, key=lambda size: abs(size - n))
        assert then[1 + 2 * number] == f"{i} may become {span} under {one}; for {nearest} on every axis:"
        line = then[2 + 2 * number]
        assert f"(batch, {nearest}, {nearest}, filters)" in line or line.startswith("# tensorflow cannot")
    other = [p for p in ("VALID", "SAME") if p not in fitting and forward(n, k, s, p, d) == i]
    assert then[1 + 2 * len(fitting) :] == [f"{n} is legal under {p}" for p in other]


def test_a_padding_in_numbers_is_noticed():
    then = explain(TENSORFLOW.format(axes=3, i=9, computed=7, n=5, k=3, s=1, d=1))["then"]
    assert then[0] == "neither VALID nor SAME makes 7 of 5: the padding was given in numbers"
    assert [line for line in then if line.startswith("tf.nn")] == [
        'tf.nn.conv3d_transpose(x, kernel, (batch, 11, 11, 11, filters), 1, "VALID")',
        'tf.nn.conv3d_transpose(x, kernel, (batch, 9, 9, 9, filters), 1, "SAME")',
    ]


@pytest.mark.parametrize(
    "text",
    [
        TENSORFLOW.format(axes=2, i=0, computed=3, n=7, k=0, s=0, d=1),
        "Layer up weight shape (None, 3) is not compatible with provided weight shape (3, 3, 8, 4)",
        "Incompatible shapes: [?] vs. [7]",
    ],
)
def test_numbers_of_no_convolution_are_read_and_nothing_follows(text):
    report = explain(text)
    assert report["sizes"]
    assert report["then"] == []


def test_the_lines_make_the_two_sizes():
    """Those of Keras and PyTorch, which need no size to be told."""
    import keras
    import numpy as np

    calls = 0
    for kind, seen in SEEN:
        of = None
        for line in explain(seen["text"])["then"]:
            if match := re.search(r"makes either size, of (.*):$", line):
                of = [int(n) for n in match[1].split(" x ")]
            elif of and (match := re.fullmatch(r"  ([\dx ]+): (keras\..*)", line)):
                y = eval(match[2], {"keras": keras, "filters": 1, "x": np.ones((1, *of, 1), "float32")})
                assert y.shape == (1, *map(int, match[1].split(" x ")), 1), (kind["id"], line)
                calls += 1
            elif of and installed("torch") and (match := re.fullmatch(r"  ([\dx ]+): (torch\..*)", line)):
                import torch

                names = {"torch": torch, "filters": 1, "in_channels": 1, "x": torch.ones(1, 1, *of)}
                assert eval(match[2], names).shape == (1, 1, *map(int, match[1].split(" x "))), (kind["id"], line)
                calls += 1
    assert calls > 20


# What is written

LARGE = TENSORFLOW.format(axes=3, i=123456789, computed=1, n=987654321, k=12345, s=999999999, d=987654321)


@pytest.mark.parametrize("text", [*(seen["text"] for _, seen in SEEN), LARGE])
def test_a_description_has_at_most_80_columns(text):
    assert max(map(len, describe_error(explain(text)).splitlines())) <= 80


def test_a_description_says_everything():
    assert describe_error(explain(text_of("torch-output-size"))) == textwrap.dedent("""\
        PyTorch: The `output_size` is not legal

        The message names the legal sizes. There are as many on each axis as the stride
        says.

        in the message: wanted (7, 7), least (5, 5), most (6, 6), given (2, 2)

        so:
          axis 0 of the image: 5 to 6 are legal, 7 is not
          7 is a size for an input of 3, and this one has 2
          axis 1 of the image: 5 to 6 are legal, 7 is not
          7 is a size for an input of 3, and this one has 2
          layer(x, output_size=(6, 6))

        what to do: One of the sizes that it names; if none is wanted, another
        `kernel_size` or `padding`.

        explained in chapters/03-formula-backwards.md""")


def test_a_line_is_filled_up_to_80_columns_and_no_word_is_cut_at_a_hyphen():
    full, word = "a" * 39 + " " + "b" * 40, "c" * 38 + "-" + "d" * 40
    lines = describe_error(explain(text_of("torch-cat")) | {"means": f"{full} e {word}"}).splitlines()
    assert lines[2:6] == [full, "e", word, ""]


@pytest.mark.parametrize(("report", "error"), [({}, ValueError), ({"framework": "Keras"}, ValueError), (3, TypeError)])
def test_what_is_no_report_is_refused_in_a_sentence(report, error):
    with pytest.raises(error, match=f"^`report` must be what `explain` returns, got {re.escape(repr(report))}$"):
        describe_error(report)


def test_a_report_is_json():
    for _, seen in SEEN:
        json.dumps(explain(seen["text"]))


# The page


def page_of(text):
    source, noted = [text], []
    book_extension.fill_places(SimpleNamespace(env=SimpleNamespace(note_dependency=noted.append)), "page", source)
    return source[0], noted


def test_the_page_shows_every_text_and_every_kind():
    page, noted = page_of((CHAPTERS / "errors.md").read_text(encoding="utf-8"))
    assert noted == [CATALOGUE]
    assert "<!-- errors" not in page
    for kind, seen in SEEN:
        assert page.count(f"### {book_extension.escaped(kind['title'])}\n") >= 1
        assert f"\n\n{seen['text'].strip()}\n````\n" in page
        assert seen.get("call", "") in page
        if not seen["how"].startswith("https:"):
            ends = ". The process ends" if seen["how"] == "the process ends" else ""
            passes = f". No error with {'; '.join(seen['passes'])}" if "passes" in seen else ""
            assert f"<summary>With {'; '.join(seen['with'])}{ends}{passes}</summary>" in page
        assert not seen["how"].startswith("https:") or f"]({seen['how']})" in page
        chapter, number, heading = kind["chapter"].partition("#")
        assert f"**Why.** [](./{chapter}.md{number}{heading})" in page
    assert page.count("### ") == len(KINDS)


def test_other_pages_are_left_alone():
    text = "# Title\n\nabout `<!-- errors: Keras -->`\n"
    assert page_of(text) == (text, [])


def test_a_framework_that_is_not_there_stops_the_build():
    with pytest.raises(ValueError, match="knows no framework Torch"):
        page_of("<!-- errors: Torch -->")


def test_a_sentence_is_taken_as_it_is():
    assert book_extension.escaped("a [b] $c$ <d> {e} **f** `g[$]{}`") == r"a \[b\] \$c\$ \<d\> \{e\} \*\*f\*\* `g[$]{}`"


def test_the_catalogue_is_written_anew(tmp_path, monkeypatch):
    """What the program writes is what is there, once the frameworks say the same."""
    import errors_run

    copy = tmp_path / "errors.json"
    copy.write_text(CATALOGUE.read_text(encoding="utf-8").replace("PyTorch 2.", "PyTorch 1."), encoding="utf-8")
    monkeypatch.setattr(errors_run, "CATALOGUE", copy)
    names = [[bare(name).replace("@", "") for name in ENVIRONMENTS[one][2]] for one in ENVIRONMENTS]
    assert all(set(n) <= set(PLACES) for n in names)

    def recorded(environment):
        texts = {call: text for _, _, call, text in executed(environment)}
        return {"names": sorted({name for _, name, _, _ in executed(environment)}), "texts": list(texts.items())}

    monkeypatch.setattr(errors_run, "in_own_process", recorded)
    main()
    assert copy.read_text(encoding="utf-8") == CATALOGUE.read_text(encoding="utf-8")
