"""Every figure of the book, from a few parts: cells with numbers, placements of a kernel, lines from size to size.

The functions draw what they are given on the Axes they are given, and return it; they compute nothing. Colours have
fixed roles (Okabe and Ito's palette), and no meaning hangs on a colour alone.
"""

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

COLORS = {"input": "#0072B2", "kernel": "#E69F00", "output": "#009E73", "overlap": "#D55E00", "empty": "#D9D9D9"}
TINT = 0.22
PALE = "#8FBFDC"  # the input's colour, for what is not the point of a figure


def draw_cells(ax, values, *, role, empty=None, label=None, fmt="{:g}"):
    """Draw an array as a grid of cells with its numbers in them, row 0 on top.

    Parameters
    ----------
    ax : Axes
    values : array_like, shape (rows, columns)
    role : {"input", "kernel", "output", "overlap"}
        What the array is; it gives the colour.
    empty : array_like of bool, shape (rows, columns), optional
        Cells that nothing reaches: grey and hatched instead.
    label : str, optional
        Title above the grid.
    fmt : str
        Format of a number.

    Returns
    -------
    Axes
    """
    values = np.asarray(values)
    empty = np.zeros(values.shape, bool) if empty is None else np.asarray(empty)
    for (row, column), value in np.ndenumerate(values):
        draw_cell(ax, column, row, role="empty" if empty[row, column] else role, text=fmt.format(value))
    rows, columns = values.shape
    frame_cells(ax, columns, rows)
    if label:
        ax.set_title(label)
    return ax


def draw_cell(ax, column, row, *, role, text=""):
    """Draw one cell of a grid: a tinted square with a text; "empty" ones are hatched, "unread" ones dashed."""
    look = {
        "empty": {"facecolor": COLORS["empty"], "edgecolor": "#8A8A8A", "hatch": "////"},
        "unread": {"facecolor": "white", "edgecolor": "#8A8A8A", "linestyle": "--"},
    }.get(role) or {"facecolor": to_rgba(COLORS[role], TINT), "edgecolor": COLORS[role]}
    ax.add_patch(Rectangle((column, row), 1, 1, linewidth=1.2, **look))
    if text:
        halo = {"facecolor": "white", "edgecolor": "none", "pad": 1.2} if role == "empty" else None
        size = 11 if len(text) < 4 else 9
        ax.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=size, bbox=halo, zorder=4)
    return ax


def frame_cells(ax, columns, rows):
    """Fit the Axes to a grid of square cells, row 0 on top, without ticks."""
    ax.set(xlim=(-0.1, columns + 0.1), ylim=(rows + 0.1, -0.1), aspect="equal")
    ax.set_axis_off()
    return ax


def draw_stamps(ax, corners, kernel_size):
    """Outline where the kernel's stamps lie on a grid that is drawn already, each corner a ``(row, column)``.

    Neighbouring outlines are of different dashes and a little apart, so that each can be followed.
    """
    for index, (row, column) in enumerate(corners):
        inset = 0.04 + 0.04 * (index % 4)
        ax.add_patch(
            Rectangle(
                (column + inset, row + inset),
                kernel_size - 2 * inset,
                kernel_size - 2 * inset,
                fill=False,
                edgecolor=COLORS["overlap"],
                linewidth=1.8,
                linestyle=["-", "--", "-.", ":"][index % 4],
            )
        )
    return ax


def draw_placements(ax, size, placements, *, label=None):
    """Draw one axis as a row of cells, and under it each placement of the kernel as the cells that it reads.

    Parameters
    ----------
    ax : Axes
    size : int
        Number of cells of the axis.
    placements : sequence of sequence of int
        For each placement, the indices that it reads. One beyond the axis stands for padding. A sample that none
        reads is drawn in dashes.
    label : str, optional
        What stands to the left of the row.

    Returns
    -------
    Axes
    """
    read = {index for placement in placements for index in placement}
    for index in range(min([0, *read]), max([size - 1, *read]) + 1):
        inside = 0 <= index < size
        role = ("input" if index in read else "unread") if inside else "empty"
        draw_cell(ax, index, 0, role=role, text=str(index) if inside else "pad")
    for row, placement in enumerate(placements):
        y = 1.28 + 0.42 * row
        ax.plot([placement[0] + 0.5, placement[-1] + 0.5], [y, y], color=COLORS["kernel"], linewidth=1.5)
        ax.plot([index + 0.5 for index in placement], [y] * len(placement), "s", color=COLORS["kernel"], markersize=8)
    if label:
        ax.text(min([0, *read]) - 0.3, 0.5, label, ha="right", va="center")
    ax.set(ylim=(1.3 + 0.42 * len(placements), -0.1), aspect="equal")
    ax.set_axis_off()
    return ax


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


def draw_row(ax, values, *, y, role, columns=None, empty=(), fmt="{:g}"):
    """Draw one axis as a row of cells at height `y`, at the given `columns` or side by side.

    Indices in `empty` are of cells that nothing reaches: grey and hatched.
    """
    for index, value in enumerate(values):
        column = index if columns is None else columns[index]
        draw_cell(ax, column, y, role="empty" if index in empty else role, text=fmt.format(value))
    return ax


def draw_meetings(ax, small, large, meetings, *, columns, strong=None, empty=()):
    """Draw a transposed convolution of one axis: a line for each product, from the input, above, to the output, below.

    Parameters
    ----------
    ax : Axes
    small, large : sequence of number
        The input and the output.
    meetings : sequence of (placement, sample, number)
        For each product, the input cell, the output cell, and the kernel entry that stands on the line.
    columns : sequence of number
        Where the input cells stand, above the output cells 0, 1, 2, ...
    strong : sequence of bool, optional
        Which lines are drawn strong; the others are pale. Without it all are.
    empty : sequence of int
        Output cells that no line reaches.

    Returns
    -------
    Axes
    """
    height = 2.6
    draw_row(ax, small, y=0, role="input", columns=columns)
    draw_row(ax, large, y=height, role="output", empty=empty)
    for index, (placement, sample, entry) in enumerate(meetings):
        vivid = strong is None or strong[index]
        x, y = (columns[placement] + 0.5, sample + 0.5), (1, height)
        color = COLORS["kernel"] if vivid else COLORS["empty"]
        ax.plot(x, y, color=color, linewidth=2.6 if vivid else 1.2, zorder=2 if vivid else 1)
        place = 0.62  # along the line, where lines from one cell have parted
        halo = {"facecolor": "white", "edgecolor": color, "boxstyle": "circle,pad=0.15", "linewidth": 1}
        text = (x[0] + place * (x[1] - x[0]), y[0] + place * (y[1] - y[0]))
        shade = "black" if vivid else "#8A8A8A"
        ax.text(*text, entry, ha="center", va="center", fontsize=9, color=shade, bbox=halo, zorder=5 if vivid else 3)
    ax.set(xlim=(-0.1, len(large) + 0.1), ylim=(height + 1.1, -0.1), aspect="equal")
    ax.set_axis_off()
    return ax


def draw_windows(ax, values, windows):
    """Draw a row of cells and, below it, windows that show a part of it, each with its own row of cells.

    Parameters
    ----------
    ax : Axes
    values : sequence of number
        The whole row.
    windows : sequence of (label, first, size)
        What each window is called, the index of the first cell that it shows, and how many. Cells beyond the end of
        `values` are hatched zeros.

    Returns
    -------
    Axes
    """
    draw_row(ax, values, y=0, role="overlap")
    last = max([len(values), *(first + size for _, first, size in windows)])
    for row, (label, first, size) in enumerate(windows):
        y = 1.75 * (row + 1)
        shown = [values[index] if index < len(values) else 0 for index in range(first, first + size)]
        beyond = [index for index in range(size) if first + index >= len(values)]
        draw_row(ax, shown, y=y, role="output", columns=range(first, first + size), empty=beyond)
        ax.text(
            0,
            y - 0.1,
            label,
            ha="left",
            va="bottom",
            fontsize=10,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
        for edge in (first, first + size):
            ax.plot([edge, edge], [1, y], ":", color="#8A8A8A", linewidth=1, zorder=0)
    ax.set(xlim=(-0.1, last + 0.1), ylim=(1.75 * len(windows) + 1.1, -0.1), aspect="equal")
    ax.set_axis_off()
    return ax


def draw_pattern(ax, matrix, *, label=None):
    """Draw a matrix that is too large for numbers: a filled cell for each entry that is not zero, row 0 on top."""
    matrix = np.asarray(matrix)
    rows, columns = matrix.shape
    for row, column in np.argwhere(matrix):
        ax.add_patch(Rectangle((column, row), 1, 1, facecolor=COLORS["kernel"], edgecolor="white", linewidth=0.4))
    ax.add_patch(Rectangle((0, 0), columns, rows, fill=False, edgecolor="#8A8A8A", linewidth=1))
    for row in range(1, rows):
        ax.plot([0, columns], [row, row], color=COLORS["empty"], linewidth=0.5, zorder=0)
    frame_cells(ax, columns, rows)
    if label:
        ax.set_title(label)
    return ax
