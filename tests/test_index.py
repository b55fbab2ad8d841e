"""The landing page: every line of its table of frameworks runs, and gives the size that the table says."""

import re
from pathlib import Path

import numpy as np
import pytest

INDEX = Path(__file__).resolve().parent.parent / "chapters" / "index.md"
ADVICE = "is not installed, so its row of the landing page was not run: run `python3 tasks.py frameworks`"
X = np.array([4.5, 5.4, 8.1, 9.0], np.float32)


def keras_names():
    import keras

    return {"Conv2DTranspose": keras.layers.Conv2DTranspose, "x": X.reshape(1, 2, 2, 1)}


def tensorflow_names():
    import tensorflow as tf

    return {
        "conv2d_transpose": tf.nn.conv2d_transpose,
        "x": X.reshape(1, 2, 2, 1),
        "kernel": np.ones((3, 3, 1, 1), "f4"),
    }


def pytorch_names():
    torch = pytest.importorskip("torch", reason=f"PyTorch {ADVICE}")
    return {"ConvTranspose2d": torch.nn.ConvTranspose2d, "x": torch.tensor(X.reshape(1, 1, 2, 2))}


def jax_names():
    jax = pytest.importorskip("jax", reason=f"JAX {ADVICE}")
    return {"conv_transpose": jax.lax.conv_transpose, "x": X.reshape(1, 2, 2, 1), "kernel": np.ones((3, 3, 1, 1), "f4")}


def onnx_names():
    onnx = pytest.importorskip("onnx", reason=f"ONNX {ADVICE}")
    from onnx.reference import ReferenceEvaluator

    def conv_transpose_node(**attributes):
        node = onnx.helper.make_node("ConvTranspose", ["x", "w"], ["y"], **attributes)
        return ReferenceEvaluator(node).run(None, {"x": X.reshape(1, 1, 2, 2), "w": np.ones((1, 1, 3, 3), "f4")})[0]

    return {"ConvTranspose": conv_transpose_node}


def names_of_this_book():
    from transpose_conv import conv_transpose

    return {"conv_transpose": conv_transpose, "x": X.reshape(1, 2, 2, 1), "kernel": np.ones((3, 3, 1, 1), "f4")}


NAMES = {
    "Keras": keras_names,
    "TensorFlow": tensorflow_names,
    "PyTorch": pytorch_names,
    "JAX": jax_names,
    "ONNX": onnx_names,
    "this book": names_of_this_book,
}


def table():
    """Each cell of the table of frameworks: who, which size, and the code."""
    text = INDEX.read_text(encoding="utf-8").split("## What each framework does")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [(who, int(size[0]), code.strip("`")) for who, size, code in rows[2:]]


def test_the_table_has_a_row_for_everybody():
    assert [who for who, size, _ in table() if size == 6] == list(NAMES)


@pytest.mark.parametrize(("who", "size", "code"), table(), ids=lambda value: str(value)[:24])
@pytest.mark.filterwarnings("ignore")  # other people's deprecations
def test_a_line_of_the_table_gives_the_size_it_says(who, size, code):
    names = NAMES[who]()
    result = eval(code, dict(names))
    if callable(result):
        result = result(names["x"])
    spatial = sorted(n for n in tuple(result.shape) if n != 1)
    assert spatial == [size, size]


@pytest.mark.filterwarnings("ignore")
def test_jax_uses_the_kernel_the_other_way_round_unless_told():
    import tensorflow as tf

    jax = pytest.importorskip("jax", reason=f"JAX {ADVICE}")
    x, kernel = X.reshape(1, 2, 2, 1), np.arange(9, dtype="f4").reshape(3, 3, 1, 1)
    wanted = tf.nn.conv2d_transpose(x, kernel, (1, 5, 5, 1), 2, "VALID")
    plain = jax.lax.conv_transpose(x, kernel, (2, 2), "VALID")
    told = jax.lax.conv_transpose(x, kernel, (2, 2), "VALID", transpose_kernel=True)
    assert not np.allclose(plain, wanted)
    np.testing.assert_allclose(told, wanted, rtol=1e-6)


def test_the_line_to_paste_gives_six_by_six():
    import keras
    import tensorflow as tf

    block = re.search(r"```python\n(.*?)```", INDEX.read_text(encoding="utf-8"), re.DOTALL)[1]
    layer, function = block.strip().splitlines()
    names = {"keras": keras, "tf": tf, "filters": 1, "x": X.reshape(1, 2, 2, 1), "kernel": np.ones((3, 3, 1, 1), "f4")}
    assert eval(layer, names)(names["x"]).shape == (1, 6, 6, 1)
    assert eval(function, names).shape == (1, 6, 6, 1)
