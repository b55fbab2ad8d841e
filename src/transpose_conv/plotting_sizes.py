"""The figures of the book about sizes: lines from size to size, steps, and intervals of legal sizes.

Like those of `plotting`, the functions draw what they are given, compute nothing, and return the Axes.
"""

import numpy as np
from matplotlib.patches import Rectangle

from .plotting import COLORS, draw_cell

PALE = "#8FBFDC"  # the input's colour, for what is not the point of a figure


def draw_map(ax, sizes, results, *, labels=("input size", "output size"), mark=()):
    """Draw a function from sizes to sizes as lines from the upper row of numbers to the lower one.

    Sizes in `mark` are drawn strong, the others pale.
    """
    for size, result in zip(sizes, results):
        strong = size in mark or not mark
        color = COLORS["overlap"] if size in mark else COLORS["input"]
        ax.plot([size, result], [1, 0], color=color, linewidth=2.2 if strong else 1, alpha=1 if strong else 0.45)
        ax.text(size, 1.06, size, ha="center", va="bottom", weight="bold" if size in mark else "normal")
    for result in sorted(set(results)):
        ax.text(result, -0.06, result, ha="center", va="top")
    left = min([*sizes, *results]) - 0.6
    for label, y, va in zip(labels, (1.28, -0.28), ("bottom", "top")):
        ax.text(left, y, label, ha="left", va=va, style="italic")
    ax.set(xlim=(left, max(sizes) + 0.5), ylim=(-0.5, 1.5))
    ax.set_axis_off()
    return ax


def draw_steps(ax, sizes, results, *, mark=None):
    """Draw a rounding as the steps that it is; the step at the result `mark` is drawn strong, with its width."""
    sizes, results = np.asarray(sizes), np.asarray(results)
    for result in np.unique(results):
        step = sizes[results == result]
        strong = mark is None or result == mark
        color = COLORS["overlap"] if result == mark else COLORS["input"]
        ax.plot(step, [result] * len(step), "o-", color=color if strong else PALE, markersize=7)
        if result == mark:
            for size in (step[0], step[-1]):
                ax.plot([size, size], [results.min() - 0.5, result], ":", color=color, linewidth=1.2)
            ax.annotate(f"{len(step)} sizes", (step.mean(), result + 0.22), ha="center", color=color)
    ax.set(
        xlabel="size on the large side, $n$",
        ylabel="size on the small side, $i$",
        xticks=sizes,
        yticks=np.unique(results),
    )
    ax.set_ylim(results.min() - 0.5, results.max() + 0.7)
    return ax


def draw_interval(ax, sizes, *, row, label, default=None):
    """Draw a set of legal sizes as cells on a line of numbers, with a triangle under the one a framework takes.

    Parameters
    ----------
    ax : Axes
    sizes : sequence of int
        The legal sizes; each cell stands at its size and carries its place among them.
    row : int
        Which line, from the top.
    label : str
        What stands above the cells.
    default : int, optional
        The size to point at, legal or not.

    Returns
    -------
    Axes
    """
    y = 2.3 * row
    for place, size in enumerate(sizes):
        draw_cell(ax, size - 0.5, y, role="output", text=str(size))
        ax.text(size, y + 1.08, f"+{place}", ha="center", va="top", fontsize=8, color="#555555")
    ax.text(sizes[0] - 0.5, y - 0.14, label, ha="left", va="bottom", fontsize=10)
    if default is not None:
        ax.plot(default + 0.31, y + 0.2, "v", color=COLORS["overlap"], markersize=7)
        ax.add_patch(Rectangle((default - 0.5, y), 1, 1, fill=False, edgecolor=COLORS["overlap"], linewidth=2.6))
    return ax


def frame_intervals(ax, first, last, rows):
    """Fit the Axes to intervals that were drawn on `rows` lines, for sizes from `first` to `last`."""
    ax.set(xlim=(first - 0.7, last + 0.7), ylim=(2.3 * rows - 0.55, -0.95), aspect="equal")
    ax.set_axis_off()
    return ax
