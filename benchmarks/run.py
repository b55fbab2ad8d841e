"""Time the package against TensorFlow and PyTorch, layer by layer, in one process.

Each contestant has its own block of runs, warm and after a pause: the matrix library's idle threads spin for a while,
and slow down whoever runs next. What counts are the ratios of one run. `python3 tasks.py bench` calls this.
"""

import argparse
import csv
import math
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # as users have it

import numpy as np
from layers import LAYERS, tiny

from transpose_conv import CONV_TRANSPOSE_FORMS, conv_transpose

ROOT = Path(__file__).resolve().parent.parent
FORMS = ["gradient", "col2im", "phases", "zero_insertion"]  # those that do not loop over pixels in Python


def contestants(with_forms):
    """Return functions (x, kernel, layer) -> a function without arguments that computes the layer once."""

    def ours(x, kernel, layer):
        return lambda: conv_transpose(x, kernel, stride=layer.stride, padding=layer.padding)

    def of_form(name):
        form = CONV_TRANSPOSE_FORMS[name]
        return lambda x, kernel, layer: lambda: form(x, kernel, stride=layer.stride, padding=layer.padding)

    found = {"ours": ours}
    if with_forms:
        found |= {name: of_form(name) for name in FORMS}
    for make in (tensorflow, pytorch):
        try:
            found[make.__name__] = make()
        except ImportError:
            print(f"{make.__name__} is not installed and left out")
    return found


def tensorflow():
    """TensorFlow's function, with oneDNN on."""
    import tensorflow as tf

    functions = {1: tf.nn.conv1d_transpose, 2: tf.nn.conv2d_transpose, 3: tf.nn.conv3d_transpose}

    def prepare(x, kernel, layer):
        shape = conv_transpose(x, kernel, stride=layer.stride, padding=layer.padding).shape
        x, kernel = tf.constant(x), tf.constant(kernel)
        function, padding = functions[len(layer.size)], layer.padding.upper()
        return lambda: function(x, kernel, shape, layer.stride, padding).numpy()

    return prepare


def pytorch():
    """PyTorch's function. Its SAME is a padding of its own and may be shifted by a pixel: the same work, not the same numbers."""
    import torch

    def prepare(x, kernel, layer):
        n_axes, s, k = len(layer.size), layer.stride, layer.kernel_size
        functional = torch.nn.functional
        function = [functional.conv_transpose1d, functional.conv_transpose2d, functional.conv_transpose3d][n_axes - 1]
        padding = math.ceil((k - s) / 2) if layer.padding == "same" else 0
        output_padding = s - k + 2 * padding if layer.padding == "same" else 0
        x = torch.tensor(np.moveaxis(x, -1, 1)).contiguous()
        kernel = torch.tensor(np.moveaxis(kernel, (-1, -2), (0, 1))).contiguous()
        return lambda: function(x, kernel, stride=s, padding=padding, output_padding=output_padding).numpy()

    return prepare


def seconds(compute, budget):
    """Return the median time of a call, from a block of calls of about `budget` seconds after a pause."""
    compute()
    time.sleep(budget)
    compute()
    taken, start = [], time.perf_counter()
    while len(taken) < 5 or (time.perf_counter() - start < budget and len(taken) < 100):
        before = time.perf_counter()
        compute()
        taken.append(time.perf_counter() - before)
    return statistics.median(taken)


def operands(layer):
    """Return an input and a kernel of a layer, of normal random numbers in float32."""
    rng = np.random.default_rng(0)
    kernel_shape = (layer.kernel_size,) * len(layer.size) + (layer.out_channels, layer.in_channels)
    return (
        rng.standard_normal(shape, np.float32)
        for shape in ((layer.batch, *layer.size, layer.in_channels), kernel_shape)
    )


def machine(budget):
    """Measure the two limits: the matrix product, in floating point operations a second, and writing, in bytes a second."""
    n = 1536
    a, out = np.ones((n, n), np.float32), np.ones(2**24, np.float32)
    return 2 * n**3 / seconds(lambda: a @ a, budget), out.nbytes / seconds(lambda: out.fill(1), budget)


def main():
    """Print the table, and write it to `_build/bench`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forms", action="store_true", help="time the teaching forms, too")
    parser.add_argument("--tiny", action="store_true", help="tiny layers, run once: are the numbers right?")
    parser.add_argument("--budget", type=float, default=0.3, help="seconds for each block of runs")
    parser.add_argument("--only", default="", help="layers whose name contains this")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "bench", help="where table and figure go")
    options = parser.parse_args()
    layers = {name: tiny(layer) if options.tiny else layer for name, layer in LAYERS.items() if options.only in name}
    found = contestants(options.forms or options.tiny)
    if options.tiny:
        return check(layers, found)
    flops, bandwidth = machine(options.budget)
    print(f"matrix product {flops / 1e9:.0f} GFLOP/s, writing {bandwidth / 1e9:.0f} GB/s, {os.cpu_count()} processors")
    print(f"{'milliseconds':20}" + "".join(f"{name:>15}" for name in found) + "   share of the matrix product")
    rows = []
    for name, layer in layers.items():
        x, kernel = operands(layer)
        taken = {who: seconds(prepare(x, kernel, layer), options.budget) for who, prepare in found.items()}
        share = 2 * x.size * kernel[..., 0].size / taken["ours"] / flops
        print(f"{name:20}" + "".join(f"{1000 * t:15.3f}" for t in taken.values()) + f"   {share:.0%}", flush=True)
        rows.append({"layer": name, "share": share, **taken})
    for who in list(found)[1:]:
        ratios = [row[who] / row["ours"] for row in rows]
        print(f"{who} over ours: geometric mean {statistics.geometric_mean(ratios):.2f}, least {min(ratios):.2f}")
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "layers.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    draw(rows, list(found), options.out / "layers.png")
    print(f"The table and its figure are in {options.out}.")
    return 0


def check(layers, found):
    """Compare everybody's numbers once."""
    for name, layer in layers.items():
        x, kernel = operands(layer)
        expected = conv_transpose(x.astype(float), kernel.astype(float), stride=layer.stride, padding=layer.padding)
        for who, prepare in found.items():
            result = prepare(x, kernel, layer)()
            if who == "pytorch" and layer.padding == "same" and (layer.kernel_size - layer.stride) % 2:
                assert result.size == expected.size, (name, who)  # its window starts elsewhere
                continue
            result = np.moveaxis(result, 1, -1) if who == "pytorch" else result
            np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4, err_msg=f"{name}, {who}")
    print(f"{len(layers)} layers, computed by {', '.join(found)}: the numbers agree.")
    return 0


def draw(rows, names, path):
    """Draw everybody's time over ours, one row of marks a layer."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    plt.style.use("transpose_conv.book")
    fig, ax = plt.subplots(figsize=(7, 0.32 * len(rows) + 1.2), layout="constrained")
    for who, marker in zip(names[1:], "osD^v<>"):
        ax.plot([row[who] / row["ours"] for row in rows], range(len(rows)), marker, label=who)
    ax.axvline(1, color="black", linewidth=1)
    ax.set(xscale="log", xlabel="time over ours (right of the line: we are faster)", yticks=range(len(rows)))
    ax.set_yticklabels([row["layer"] for row in rows])
    ax.invert_yaxis()
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4)
    fig.savefig(path)


if __name__ == "__main__":
    sys.exit(main())
