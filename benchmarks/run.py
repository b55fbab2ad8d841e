"""Time the package, its teaching forms and the frameworks, layer by layer, in one process.

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
import tracemalloc
from pathlib import Path

import numpy as np
from contestants import LeftOut, contestants, operands
from layers import GROWTH, LAYERS, tiny

from transpose_conv import CONV_TRANSPOSE_FORMS, conv_transpose

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tools"))

from shards import a_shard, part  # noqa: E402

CHANNELS_FIRST = {"pytorch", "onnxruntime"}
GROWING = ["ours", "tensorflow", "col2im"]


def main():
    """Print the tables, and write them and their figures to `_build/bench`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="tiny layers, run once: are the numbers right?")
    parser.add_argument("--budget", type=float, default=0.25, help="seconds for each block of runs")
    parser.add_argument("--only", default="", help="layers whose name contains this")
    parser.add_argument("--shard", type=a_shard, default=(1, 1), metavar="k/n", help="every n-th, from the k-th on")
    parser.add_argument("--merge", nargs="+", type=Path, metavar="FILE", help="join the layers.csv of shards")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "bench", help="where tables and figures go")
    options = parser.parse_args()
    layers = {name: layer for name, layer in LAYERS.items() if options.only in name}
    if options.tiny:
        return check({name: tiny(layer) for name, layer in layers.items()}, contestants())
    options.out.mkdir(parents=True, exist_ok=True)
    if options.merge:
        rows = [row for path in options.merge for row in read(path)]
    else:
        rows = time_layers(dict(part(list(layers.items()), options.shard)), options.budget)
        if growth := time_growth(dict(part(list(GROWTH.items()), options.shard)), options.budget / 2):
            write(growth, options.out / "growth.csv")
            draw_growth(growth, options.out / "growth.png")
    say_ratios(rows)
    write(rows, options.out / "layers.csv")
    draw_layers(rows, options.out / "layers.png")
    print(f"The tables and their figures are in {options.out}.")
    return 0


def check(layers, found):
    """Compare everybody's numbers once."""
    taken = dict.fromkeys(found, 0)
    for name, layer in layers.items():
        x, kernel = operands(layer)
        expected = conv_transpose(x.astype(float), kernel.astype(float), stride=layer.stride, padding=layer.padding)
        for who, prepare in found.items():
            try:
                result = prepare(x, kernel, layer)()
            except LeftOut:
                continue
            result = np.moveaxis(result, 1, -1) if who in CHANNELS_FIRST else result
            np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4, err_msg=f"{name}, {who}")
            taken[who] += 1
    counts = ", ".join(f"{who} {n}" for who, n in taken.items())
    print(f"{len(layers)} layers; the numbers agree of {counts}.")
    return 0


def seconds(compute, budget):
    """Return the median time of a call, from a block of calls of about `budget` seconds after a pause.

    A call that takes longer than `budget` is timed once.
    """
    start = time.perf_counter()
    compute()
    first = time.perf_counter() - start
    if first > budget:
        return first
    time.sleep(budget)
    compute()
    taken, start = [], time.perf_counter()
    while len(taken) < 5 or (time.perf_counter() - start < budget and len(taken) < 100):
        before = time.perf_counter()
        compute()
        taken.append(time.perf_counter() - before)
    return statistics.median(taken)


def machine(budget):
    """Measure the two limits: the matrix product, in floating point operations a second, and writing, in bytes a second."""
    n = 1536
    a, out = np.ones((n, n), np.float32), np.ones(2**24, np.float32)
    return 2 * n**3 / seconds(lambda: a @ a, budget), out.nbytes / seconds(lambda: out.fill(1), budget)


def time_layers(layers, budget):
    """Print a line for each layer; return the rows of the table."""
    found = contestants()
    flops, bandwidth = machine(budget)
    print(f"matrix product {flops / 1e9:.0f} GFLOP/s, writing {bandwidth / 1e9:.0f} GB/s, {os.cpu_count()} processors")
    print("\nMilliseconds; and the share that we reach of the larger of two limits: the product of the layer at the")
    print("machine's rate, and writing its result.\n")
    print(f"{'':18} {'share':>5}" + "".join(f"{who[:10]:>11}" for who in found))
    rows = []
    for name, layer in layers.items():
        x, kernel = operands(layer)
        taken = {}
        for who, prepare in found.items():
            try:
                taken[who] = seconds(
                    prepare(x, kernel, layer), budget if who not in CONV_TRANSPOSE_FORMS else budget / 5
                )
            except LeftOut:
                taken[who] = math.nan
        y_bytes = conv_transpose(x, kernel, stride=layer.stride, padding=layer.padding).nbytes
        limit = max(2 * x.size * kernel[..., 0].size / flops, y_bytes / bandwidth)
        rows.append({"layer": name, "share": limit / taken["ours"], **taken})
        times = "".join(f"{'-' if math.isnan(t) else f'{1000 * t:.3f}':>11}" for t in taken.values())
        print(f"{name:18} {limit / taken['ours']:>5.0%}{times}", flush=True)
    return rows


def say_ratios(rows):
    """Print the means of everybody's time over ours: each ratio is of one machine, whichever machines made the rows."""
    print("\nTheir time over ours:")
    for who in others(rows):
        ratios = [row[who] / row["ours"] for row in rows if row[who] > 0]
        if ratios:
            mean, least = statistics.geometric_mean(ratios), min(ratios)
            print(f"{who:18} geometric mean {mean:.2f}, least {least:.2f}, in {len(ratios)} layers")


def others(rows):
    """Return who is timed besides us."""
    return [name for name in rows[0] if name not in ("layer", "share", "ours")]


def time_growth(growth, budget):
    """Print how time, and memory beyond the result, grow with each quantity; return the rows of the table."""
    found = {who: prepare for who, prepare in contestants().items() if who in GROWING}
    print("\nGrowth: the exponent of the time, and of the memory beyond the result, over a range")
    rows = []
    for quantity, layers in growth.items():
        for value, layer in layers.items():
            x, kernel = operands(layer)
            for who, prepare in found.items():
                compute = prepare(x, kernel, layer)
                memory = math.nan if who == "tensorflow" else memory_beyond_the_result(compute)
                row = {"quantity": quantity, "value": value, "who": who, "memory": memory}
                rows.append(row | {"seconds": seconds(compute, budget)})
        for who in found:
            line = [row for row in rows if row["quantity"] == quantity and row["who"] == who]
            time_, memory = exponent(line, "seconds"), exponent(line, "memory")
            of_memory = "" if math.isnan(memory) else f", memory {memory:5.2f} to {line[-1]['memory'] / 1e6:.1f} MB"
            print(f"{quantity:9} {line[0]['value']:4} to {line[-1]['value']:4} {who:11} time {time_:5.2f}{of_memory}")
    return rows


def memory_beyond_the_result(compute):
    """Return the bytes that a call holds at its worst moment, without those of its result. Only NumPy's are seen."""
    tracemalloc.start()
    try:
        result = compute()
        return tracemalloc.get_traced_memory()[1] - result.nbytes
    finally:
        tracemalloc.stop()


def exponent(rows, name):
    """Return p of the power law value**p that lies closest."""
    return np.polyfit(*(np.log([row[column] for row in rows]) for column in ("value", name)), 1)[0]


def write(rows, path):
    """Write a table as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def read(path):
    """Read a table of layers that `write` has written."""
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: v if name == "layer" else float(v) for name, v in row.items()} for row in csv.DictReader(file)]


def figure(size):
    """Return matplotlib's figure and axes in the style of the book."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    plt.style.use("transpose_conv.book")
    return plt.subplots(*size[:2], figsize=size[2:], layout="constrained", squeeze=False)


def draw_layers(rows, path):
    """Draw everybody's time over ours, one row of marks a layer."""
    fig, [[ax]] = figure((1, 1, 7, 0.32 * len(rows) + 1.6))
    for who, marker in zip(others(rows), "osD^v<>P*Xph"):
        ax.plot([row[who] / row["ours"] for row in rows], range(len(rows)), marker, label=who)
    ax.axvline(1, color="black", linewidth=1)
    ax.set(xscale="log", xlabel="time over ours (right of the line: we are faster)", yticks=range(len(rows)))
    ax.set_yticklabels([row["layer"] for row in rows])
    ax.invert_yaxis()
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4)
    fig.savefig(path)


def draw_growth(rows, path):
    """Draw time against each quantity."""
    quantities = list(dict.fromkeys(row["quantity"] for row in rows))
    fig, [panels] = figure((1, len(quantities), 3 * len(quantities), 3))
    for ax, quantity in zip(panels, quantities):
        for who, marker in zip(GROWING, "osD"):
            line = [row for row in rows if row["quantity"] == quantity and row["who"] == who]
            ax.plot([row["value"] for row in line], [row["seconds"] for row in line], marker + "-", label=who)
        ax.set(xscale="log", yscale="log", xlabel=quantity)
    panels[0].set_ylabel("seconds")
    panels[0].legend()
    fig.savefig(path)


if __name__ == "__main__":
    sys.exit(main())
