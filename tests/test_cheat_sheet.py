"""The cheat sheet: every formula computed, every line executed, one page of paper."""

import re
from fractions import Fraction
from itertools import product
from math import ceil, floor
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import cheat_sheet
import worksheet
from frameworks_run import RUN, by_definition, channels_last, operands, parameters
from test_doctor import TOLD, evaluated
from transpose_conv import __main__ as command_line
from transpose_conv import conv_transpose, conv_transpose_output_sizes, output_padding_for, same_padding
from transpose_conv.doctor import diagnose
from transpose_conv.frameworks import FRAMEWORKS, Axis, Window
from transpose_conv.keras import SizedConv2DTranspose

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "chapters" / "cheat-sheet.md").read_text(encoding="utf-8")
GEOMETRIES = list(product((1, 2, 3, 5), (1, 2, 3, 4), (1, 2, 3, 4), (1, 2)))  # i, k, s, d
PADS = [(0, 0), (1, 1), (0, 2), (2, 1)]


def section(heading):
    """Return what stands below a heading."""
    return PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def table(text):
    """Read the rows of a table of Markdown, the head first."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return [row for row in rows if not set("".join(row)) <= set("-:")]


def formula(latex):
    """Turn a formula of the sheet into a function of its letters: what is printed is what is computed."""
    code = latex.strip("$").replace(r"p_b", "pb").replace(r"p_a", "pa").replace(r"\,", " ").replace(" / s", " / S")
    for written, python in {r"\lfloor": "floor(", r"\lceil": "ceil(", r"\max": "max", r"\bmod": "%"}.items():
        code = code.replace(written, python)
    code = re.sub(r"\\r(floor|ceil)", ")", code)
    code = re.sub(r"(\)|\bi) ?(?=[sd]\b)", r"\1 * ", code)  # (i - 1)s, i s
    assert not re.search(r"[\\${}_]", code), code
    return lambda **letters: eval(
        code, {"floor": floor, "ceil": ceil, "max": max, "S": Fraction(letters.get("s", 1)), **letters}
    )


def tried(i, k, s, d, before, after):
    """Find the legal sizes by counting placements, from the definition."""
    reach = (k - 1) * d + 1
    counts = {n: len(range(0, n + before + after - reach + 1, s)) for n in range(1, 80)}
    return [n for n, count in counts.items() if count == i]


def tried_same(i, s):
    return [n for n in range(1, 80) if len(range(0, n, s)) == i]


# The formulas


@pytest.mark.parametrize("row", [1, 2, 3])
def test_the_formula_and_its_inverse(row):
    name, forward, backward, address = table(section("The formula, and its inverse"))[row]
    forward, backward, address = map(formula, (forward, backward, address))
    assert name == ["VALID", "SAME", "$p_b$, $p_a$"][row - 1]
    for (i, k, s, d), (pb, pa) in product(GEOMETRIES, PADS if row == 3 else [(0, 0)]):
        letters = {"s": s, "e": (k - 1) * d + 1, "pb": pb, "pa": pa}
        legal = tried_same(i, s) if row == 2 else tried(i, k, s, d, pb, pa)
        assert [n for n in (backward(i=i, a=a, **letters) for a in range(s)) if n > 0] == legal
        for n in legal:
            assert forward(n=n, **letters) == i
            assert backward(i=i, a=address(n=n, **letters), **letters) == n


def test_the_letters():
    definition = formula(re.search(r"\$e = (.+?)\$", PAGE)[1])
    assert [definition(k=k, d=d) for k, d in ((1, 1), (3, 1), (3, 2), (4, 3))] == [1, 3, 5, 10]
    assert re.search(r"\$a = 0, 1, \\dots, s-1\$", PAGE)


def test_what_same_cuts():
    cut = formula(re.search(r"SAME cuts \$(.+?)\$", PAGE)[1])
    for i, k, s, d in GEOMETRIES:
        for n in tried_same(i, s):
            total = cut(i=i, s=s, e=(k - 1) * d + 1, n=n)
            assert (total // 2, total - total // 2) == same_padding(n, k, stride=s, dilation=d)


def test_the_table_of_legal_sizes():
    text = section("Legal sizes for kernel 3, stride 2")
    (numbers,) = re.findall("^<!-- legal sizes: (.+) -->$", text, re.MULTILINE)
    head, *rows = table(cheat_sheet.sizes_table(numbers))
    assert [row[0].split(":")[0] for row in rows] == ["VALID", "SAME", "1"]
    for column, i in enumerate(map(int, head[1:]), 1):
        cells = [re.findall(r"\d+", row[column]) for row in rows]
        sizes = [[n for n in range(1, 200) if (n - 3) // 2 + 1 == i], [n for n in range(1, 200) if ceil(n / 2) == i]]
        assert cells == [list(map(str, legal)) for legal in (*sizes, sizes[1])]
        bold = [int(re.search(r"\*\*(\d+)\*\*", row[column])[1]) for row in rows]
        assert bold == [2 * i + 1, 2 * i, 2 * i - 1]
    assert "An odd $n$ has $a = 0$, an even one $a = 1$" in text
    for n, padding in product(range(3, 40), ("valid", "same", 1)):
        i = next(i for i in range(1, 30) if n in conv_transpose_output_sizes(i, 3, stride=2, padding=padding))
        assert output_padding_for(n, i, 3, stride=2, padding=padding) == (n + 1) % 2


# What each framework gives

NAMED = {
    "keras": "Keras",
    "tensorflow": "TensorFlow",
    "pytorch": "PyTorch",
    "jax transpose_kernel": "JAX",
    "onnx": "ONNX",
}
ROWS = {row[0]: row[1:] for row in table(section("What each framework gives, and what picks another size"))[1:]}


def sizes_given(name, i, k, s, arguments):
    """Run a framework on one axis, and return the size of what it gives."""
    arrays = operands(name, np.ones((1, i, 1)), np.ones((k, 1, 1)))
    result = RUN[name](*arrays, {FRAMEWORKS[name].names["stride"]: (s,), **arguments})
    return channels_last(name, result).shape[1]


@pytest.mark.parametrize("name", parameters(TOLD))
def test_the_default_of_a_framework(name):
    for padding, written in zip(("valid", "same"), ROWS[NAMED[name]]):
        if written == "none":
            assert padding not in TOLD[name]
            continue
        for i, k, s in product((1, 3), (1, 2, 4), (2, 3)):
            if name == "onnx" and padding == "same" and k < s:  # its two programs differ
                continue
            assert sizes_given(name, i, k, s, TOLD[name][padding]) == formula(written)(i=i, s=s, e=k)


def test_the_rows_of_those_that_have_no_default_or_are_the_book():
    assert list(ROWS) == [*NAMED.values(), "this book"]
    assert ROWS["TensorFlow"][:2] == ["none", "none"]
    for padding, written in zip(("valid", "same"), map(formula, ROWS["this book"])):
        for i, k, s, d in GEOMETRIES:
            x, kernel = np.ones((1, i, 1)), np.ones((k, 1, 1))
            given = conv_transpose(x, kernel, stride=s, padding=padding, dilation=d).shape[1]
            assert given == written(i=i, s=s, e=(k - 1) * d + 1)


def legal_with_addresses(i, k, s, padding):
    return enumerate(conv_transpose_output_sizes(i, k, stride=s, padding=padding))


CASES = list(product((1, 3), (2, 3, 4), (2, 3)))


def test_the_argument_of_keras():
    assert ROWS["Keras"][2] == "`output_padding` is $a$, or $a + 1$ for SAME, $e$ even; `None` is not 0"
    for i, k, s in CASES:
        for padding in ("valid", "same"):
            for a, n in legal_with_addresses(i, k, s, padding):
                told = a + 1 if padding == "same" and k % 2 == 0 else a
                if told < s:  # Keras takes no others
                    given = sizes_given("keras", i, k, s, {"padding": padding, "output_padding": told})
                    assert given == n
    both = [sizes_given("keras", 2, 3, 2, {"padding": "same", "output_padding": told}) for told in (None, 0)]
    assert both == [4, 3]


def test_the_argument_of_tensorflow():
    assert ROWS["TensorFlow"][2] == "`output_shape` is (batch, $n$, $n$, out)"
    x, kernel = tf.ones((5, 2, 2, 3)), tf.ones((3, 3, 4, 3))
    for n in (5, 6):
        assert tf.nn.conv2d_transpose(x, kernel, output_shape=(5, n, n, 4), strides=2, padding="VALID").shape[1] == n


@pytest.mark.parametrize("name", parameters(["pytorch", "onnx"]))
def test_output_padding_is_the_address(name):
    assert ROWS[NAMED[name]][2].startswith("`output_padding` is $a$; ")
    for i, k, s in CASES:
        for a, n in legal_with_addresses(i, k, s, "valid"):
            assert sizes_given(name, i, k, s, {"output_padding": (a,)}) == n


@pytest.mark.parametrize("name", parameters(["pytorch"]))
def test_the_size_in_the_call_of_pytorch(name):
    import torch

    assert ROWS["PyTorch"][2].endswith("; or `output_size`, in the call, is $(n, n)$")
    layer = torch.nn.ConvTranspose2d(3, 4, 3, stride=2)
    assert [tuple(layer(torch.ones(1, 3, 2, 2), output_size=(n, n)).shape) for n in (5, 6)] == [
        (1, 4, 5, 5),
        (1, 4, 6, 6),
    ]


@pytest.mark.parametrize("name", parameters(["onnx"]))
def test_the_pads_of_onnx(name):
    assert ROWS["ONNX"][2].endswith("; `pads` is what is cut at each end")
    x, kernel = np.array([[[1.0], [10]]]), np.array([[[1.0]], [[2]], [[3]]])
    result = RUN["onnx"](*operands("onnx", x, kernel), {"strides": (2,), "pads": (1, 2)})
    assert result.ravel().tolist() == [1, 2, 13, 20, 30][1:-2]


@pytest.mark.parametrize("name", parameters(["jax transpose_kernel"]))
def test_the_pairs_of_jax(name):
    pair = re.fullmatch(
        r"`padding` for VALID is \$\((.+?),\\, (.+?)\)\$, a pair for each axis", ROWS["JAX"][2]
    ).groups()
    low, high = map(formula, pair)
    for i, k, s in CASES:
        for a, n in legal_with_addresses(i, k, s, "valid"):
            padding = ((low(e=k), high(e=k, a=a)),)
            assert sizes_given(name, i, k, s, {"padding": padding, "transpose_kernel": True}) == n


def test_the_layouts_of_the_kernels():
    layouts = {NAMED[name]: FRAMEWORKS[name].kernel_layout for name in NAMED} | {
        "JAX": FRAMEWORKS["jax"].kernel_layout,
        "this book": "(*kernel_size, out, in)",
    }
    written = {"(*kernel_size, out, in)": "h, w, out, in", "(in, out / groups, *kernel_size)": "in, out, h, w"}
    written["(*kernel_size, in, out), turned round"] = "h, w, in, out (*turned*)"
    assert {name: row[3] for name, row in ROWS.items()} == {name: written[layouts[name]] for name in ROWS}


# The lines

LINES = re.findall("^<!-- lines: (.+) -->$", PAGE, re.MULTILINE)
RNG = np.random.default_rng(7)
X, KERNEL = (RNG.integers(-9, 10, shape).astype(float) for shape in ((3, 2, 2, 4), (3, 3, 5, 4)))


def pasted(case):
    """Return the lines of a case as they stand on the page, by framework."""
    lines = cheat_sheet.lines_to_paste(LINES[case]).splitlines()[1:-1]
    starts = {"keras": "keras.", "tensorflow": "tf.", "pytorch": "torch.", "jax transpose_kernel": "jax."}
    found = [
        next((name for name, start in starts.items() if line.startswith(start)), line.split("# ")[-1]) for line in lines
    ]
    assert found == [*starts, "ONNX", "this book"]
    return dict(zip([*starts, "onnx", "this book"], lines))


@pytest.mark.parametrize("case", range(2))
def test_a_case_is_what_its_words_say(case):
    given = eval(f"dict({LINES[case]})")
    words = re.findall(r"^From (\d)×\1 to (\d)×\2, kernel (\d), stride (\d), (VALID|SAME)", PAGE, re.MULTILINE)[case]
    assert words == (
        *map(str, (given["input_size"][0], given["want"], given["kernel_size"], given["stride"])),
        ["VALID", "SAME"][case],
    )
    assert given.get("padding", "valid").upper() == words[-1]
    drawing = worksheet.drawn(re.findall(r"^<!-- draw: (.+) -->$", PAGE, re.MULTILINE)[case])
    counts = conv_transpose(
        *(np.ones(shape) for shape in ((1, 2, 2, 1), (3, 3, 1, 1))),
        stride=2,
        padding=words[-1],
        output_size=given["want"],
    )
    assert re.findall(r">(\d+)</text>", drawing) == [str(int(count)) for count in counts.ravel()]
    rows = [", ".join(str(int(count)) for count in row) for row in counts[0, :, :, 0]]
    assert set(re.findall(r"\d(?:, \d)+", re.search('aria-label="(.+?)"', drawing)[1])) == {
        row for row in rows if "1" in row or "4" in row
    }


@pytest.mark.parametrize("name", [*parameters(NAMED), "this book"])
@pytest.mark.parametrize("case", range(2))
def test_a_line_gives_what_it_is_pasted_for(case, name):
    line, given = pasted(case)[name], eval(f"dict({LINES[case]})")
    n = given["want"]
    wanted = by_definition(X, KERNEL, [Axis(2, 3, 2, 1)] * 2, 1, [Window(0, n)] * 2)
    if name == "this book":
        np.testing.assert_array_equal(eval(line, {"conv_transpose": conv_transpose, "x": X, "kernel": KERNEL}), wanted)
        return
    result, with_this_kernel = evaluated(name, line, X, KERNEL)
    assert result.shape == (3, n, n, 5)
    if with_this_kernel:
        np.testing.assert_array_equal(result, wanted)
    assert diagnose(**given)["lines"][name] == line.split("  # ")[0]


SKIP = dict(
    zip(
        ("keras", "tensorflow", "pytorch"),
        re.search(r"skip connection.+?```python\n(.+?)```", PAGE, re.DOTALL)[1].splitlines(),
    )
)


@pytest.mark.parametrize("name", parameters(SKIP))
@pytest.mark.parametrize("size", [(3, 4), (4, 3)])
def test_a_line_gives_the_size_of_the_skip_connection(name, size):
    x, skip, names = tf.ones((2, 2, 2, 3)), tf.ones((2, *size, 7)), {"filters": 5, "in_channels": 3}
    if name == "pytorch":
        import torch

        result = eval(
            SKIP[name], names | {"torch": torch, "x": torch.ones(2, 3, 2, 2), "skip": torch.ones(2, 7, *size)}
        )
        assert tuple(result.shape) == (2, 5, *size)
    elif name == "keras":
        names |= {"SizedConv2DTranspose": SizedConv2DTranspose, "x": x, "skip": skip}
        assert eval(SKIP[name], names).shape == (2, *size, 5)
        assert SKIP[name].endswith(f"# {SizedConv2DTranspose.__module__}")
    else:
        unknown = tf.TensorSpec((None, None, None, None))
        run = tf.function(
            lambda x, skip: eval(SKIP[name], names | {"tf": tf, "x": x, "skip": skip, "kernel": tf.ones((3, 3, 5, 3))}),
            input_signature=[tf.TensorSpec((None, None, None, 3)), unknown],
        )
        assert run(x, skip).shape == (2, *size, 5)


# The pitfalls


@pytest.mark.parametrize("name", parameters(["pytorch"]))
def test_pitfall_1_the_side_that_is_cut(name):
    call = eval("dict({})".format(re.search(r"PyTorch's `(.+?)` is as large as SAME above", PAGE)[1]))
    arrays = operands("pytorch", X, KERNEL)
    later = channels_last("pytorch", RUN["pytorch"](*arrays, {"stride": 2} | call))
    whole = conv_transpose(X, KERNEL, stride=2)
    assert later.shape[1:3] == (4, 4)
    np.testing.assert_array_equal(later, whole[:, 1:5, 1:5])
    np.testing.assert_array_equal(tf.nn.conv2d_transpose(X, KERNEL, (3, 4, 4, 5), 2, "SAME"), whole[:, :4, :4])


@pytest.mark.parametrize("name", parameters(["jax transpose_kernel"]))
def test_pitfall_2_the_kernel_turned_around(name):
    assert "JAX turns it, unless it is told `transpose_kernel=True`. Then it takes the kernel as Keras does." in PAGE
    wanted = conv_transpose(X, KERNEL, stride=2)
    call = {"strides": (2, 2), "padding": "VALID"}
    np.testing.assert_array_equal(RUN["jax"](X, KERNEL, call | {"transpose_kernel": True}), wanted)
    np.testing.assert_array_equal(RUN["jax"](X, np.swapaxes(KERNEL[::-1, ::-1], 2, 3), call), wanted)
    assert not np.array_equal(RUN["jax"](X, np.swapaxes(KERNEL, 2, 3), call), wanted)


def test_pitfall_3_the_layout():
    cube = RNG.integers(-9, 10, (3, 3, 3, 3)).astype(np.float32)
    x = np.ones((1, 2, 2, 3), np.float32)
    layer = keras.layers.Conv2DTranspose(3, 3, strides=2, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([cube])
    assert not np.array_equal(layer(x), conv_transpose(x, np.moveaxis(cube, (0, 1), (-1, -2)), stride=2))
    other = keras.layers.Conv2DTranspose(4, (3, 2), use_bias=False)
    other.build((1, 2, 2, 5))
    with pytest.raises(ValueError, match="shape"):
        other.set_weights([np.zeros((5, 4, 3, 2))])


# The doctor


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # TensorFlow's, where Keras saves a model
def test_the_commands_run(tmp_path, monkeypatch, capsys):
    sizes, message, model = re.search("```bash\n(.+?)```", PAGE, re.DOTALL)[1].splitlines()
    start = "python -m transpose_conv "
    assert all(line.startswith(start) for line in (sizes, message, model))
    assert command_line.main(sizes.removeprefix(start).split()) == 0
    assert "legal sizes: 5 to 6" in capsys.readouterr().out
    text = "requested an output size of [7, 7], but valid sizes range from [5, 5] to [6, 6]"
    assert message.endswith('--error "paste the message here"')
    assert command_line.main(["--error", text]) == 0
    assert capsys.readouterr().out.startswith("PyTorch: The `output_size` is not legal")
    x = keras.Input((None, None, 1))
    down = keras.layers.Conv2D(2, 3, strides=2, padding="same")(x)
    up = keras.layers.Conv2DTranspose(1, 3, strides=2, padding="same")(down)
    monkeypatch.chdir(tmp_path)
    keras.Model(x, keras.layers.Concatenate()([x, up])).save("unet.keras")
    assert command_line.main(model.removeprefix(start).split()) == 1  # 199 is odd, and does not fit
    assert "199" in capsys.readouterr().out


# On paper


@pytest.fixture(scope="module")
def page(browser):
    path = ROOT / "_build" / "html" / "chapters" / "cheat-sheet.html"
    if not path.exists():
        pytest.fail("there is no site to look at: run `python3 tasks.py book` first, or `python3 tasks.py test`")
    page = browser.new_page(color_scheme="dark")
    page.goto(path.as_uri())
    yield page
    page.close()


SMALLEST = """() => {
  const sizes = [], walker = document.createTreeWalker(document.querySelector('article'), NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const element = text.parentElement, svg = element.closest('svg');
    if (!text.data.trim() || !element.checkVisibility()) continue;
    const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    sizes.push([parseFloat(getComputedStyle(element).fontSize) * scale * 0.75, text.data.trim()]);
  }
  return sizes.sort((a, b) => a[0] - b[0]).slice(0, 3);
}"""


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_it_prints_on_one_page(page, paper):
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper))) == 1


def test_nothing_but_the_sheet_is_printed_and_nothing_too_small(page):
    page.emulate_media(media="print")
    printed = page.evaluate("document.body.innerText").strip()
    assert printed == page.evaluate("document.querySelector('article').innerText").strip()
    assert printed.startswith("Cheat sheet")
    assert "Print it on" not in printed
    assert "Transpose Convolution 0.1.0" in printed
    assert page.locator(".grid-paper svg").count() == 2
    smallest = page.evaluate(SMALLEST)
    assert smallest[0][0] >= 7.5, smallest
    page.emulate_media(media="screen")
    assert not page.locator(".imprint").is_visible()


def test_the_imprint_has_the_address_if_there_is_one(monkeypatch):
    monkeypatch.setattr(cheat_sheet.repository, "address_of", lambda root: "https://github.com/somebody/a-fork")
    assert "<https://somebody.github.io/a-fork/>" in cheat_sheet.imprint()
    monkeypatch.setattr(cheat_sheet.repository, "address_of", lambda root: "https://github.com/OWNER_NOT_SET/a")
    assert "OWNER" not in cheat_sheet.imprint()
