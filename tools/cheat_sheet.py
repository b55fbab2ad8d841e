"""Writes what the cheat sheet takes from the package: the table of legal sizes, and the doctor's lines to paste."""

import ast
from pathlib import Path

import repository
import transpose_conv
from transpose_conv import conv_transpose_output_sizes
from transpose_conv.doctor import diagnose

ROOT = Path(__file__).resolve().parent.parent
INPUT_SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64)
ROWS = {  # what a row says -> the padding, and the frameworks that give the bold size if they are told it and no more
    "VALID: {}": ("valid", ("keras", "jax transpose_kernel", "pytorch", "onnx")),
    "SAME: {}": ("same", ("keras", "jax transpose_kernel", "onnx")),
    "1: {}": (1, ("pytorch", "onnx")),
}
WRITTEN = {"keras": "Keras", "jax transpose_kernel": "JAX", "pytorch": "PyTorch", "onnx": "ONNX"}


def sizes_table(numbers):
    """Write the legal sizes for a kernel size and a stride; what is given to who names no size is bold."""
    k, s = ast.literal_eval(numbers)
    lines = ["| padding, input size $i$ | " + " | ".join(map(str, INPUT_SIZES)) + " |"]
    lines.append("|---" + "|:-:" * len(INPUT_SIZES) + "|")
    for label, (padding, names) in ROWS.items():
        cells = []
        for i in INPUT_SIZES:
            gives = diagnose(i, k, stride=s, padding=padding)["gives"]
            (default,) = {gives[name] for name in names}  # one for all of them, or this table is not for these numbers
            legal = conv_transpose_output_sizes(i, k, stride=s, padding=padding)
            cells.append(", ".join(f"**{n}**" if (n,) == default else str(n) for n in legal))
        lines.append(f"| {label.format(', '.join(map(WRITTEN.get, names)))} | {' | '.join(cells)} |")
    return "\n".join(lines)


def lines_to_paste(arguments):
    """Write what the doctor says to each framework, and what the package is told, as one block of code."""
    geometry = eval(f"dict({arguments})")
    lines = dict(diagnose(**geometry)["lines"])
    lines["onnx"] += "  # ONNX"
    named = "".join(f", {name}={geometry[name]!r}" for name in ("stride", "padding", "dilation") if name in geometry)
    own = f"conv_transpose(x, kernel{named}, output_size={geometry['want']})".replace("'", '"')
    return "\n".join(["```python", *lines.values(), f"{own}  # this book", "```"])


def imprint():
    """Say on paper which book a sheet is from, and where it is read, if the repository has an owner."""
    address = repository.address_of(ROOT)
    place = "" if "OWNER_NOT_SET" in address else f": <{repository.site_of(address)}>"
    return f"Transpose Convolution {transpose_conv.__version__}{place}. CC BY 4.0."
