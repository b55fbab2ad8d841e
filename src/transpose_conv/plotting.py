"""The figures of the book about arrays, from a few parts: cells with numbers, stamps, products, windows, matrices.

The functions draw what they are given on the Axes they are given, and return it; they compute nothing. Colours have
fixed roles (Okabe and Ito's palette), and no meaning hangs on a colour alone.
"""

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from ._arguments import as_int

COLORS = {"input": "#0072B2", "kernel": "#E69F00", "output": "#009E73", "overlap": "#D55E00", "empty": "#D9D9D9"}
"""The colours of "input", "kernel", "output", "overlap" and "empty" in all figures, from the palette of Okabe and Ito."""
TINT = 0.22
FAINT = "#A8A8A8"  # what is there, and not the point of a figure
MOST_DRAWN = 10_000  # cells or lines along an axis: nobody could tell more apart


def draw_cells(ax, values, *, role, empty=None, faint=None, label=None, indices=False, fmt="{:g}"):
    """Draw an array as a grid of cells with its numbers in them, row 0 on top.

    Parameters
    ----------
    ax : Axes
    values : array_like, shape (rows, columns)
    role : {"input", "kernel", "output", "overlap"}
        What the array is; it gives the colour.
    empty : array_like of bool, shape (rows, columns), optional
        Cells that nothing reaches: grey and hatched instead.
    faint : array_like of bool, shape (rows, columns), optional
        Cells that are not the point, such as the zeros of a matrix: grey on white.
    label : str, optional
        Title above the grid.
    indices : bool
        Whether rows and columns are numbered at the edge.
    fmt : str
        Format of a number.

    Returns
    -------
    Axes
    """
    values = np.asarray(values)
    roles = np.full(values.shape, role, dtype=object)
    for mask, name in ((faint, "faint"), (empty, "empty")):
        if mask is not None:
            roles[np.asarray(mask)] = name
    rows, columns = values.shape
    frame_cells(ax, columns, rows)
    for (row, column), value in np.ndenumerate(values):
        draw_cell(ax, column, row, role=roles[row, column], text=fmt.format(value))
    if indices:
        number_cells(ax, columns, rows)
    if label:
        ax.set_title(label)
    return ax


def draw_cell(ax, column, row, *, role, text=""):
    """Draw one cell of a grid: a tinted square with a text; "empty" ones are hatched, "unread" dashed, "faint" grey."""
    look = {
        "empty": {"facecolor": COLORS["empty"], "edgecolor": "#8A8A8A", "hatch": "////"},
        "unread": {"facecolor": "white", "edgecolor": "#8A8A8A", "linestyle": "--"},
        "faint": {"facecolor": "white", "edgecolor": COLORS["empty"], "zorder": 0.5},
    }.get(role) or {"facecolor": to_rgba(COLORS[role], TINT), "edgecolor": COLORS[role]}
    ax.add_patch(Rectangle((column, row), 1, 1, linewidth=1.2, **look))
    if text:
        halo = {"facecolor": "white", "edgecolor": "none", "pad": 1.2} if role == "empty" else None
        size = 11 if len(text) < 4 else 9
        color = FAINT if role == "faint" else "black"
        place = (column + 0.5, row + 0.5)
        ax.text(*place, text, ha="center", va="center", fontsize=size, color=color, bbox=halo, zorder=4)
    return ax


def number_cells(ax, columns, rows):
    """Write the numbers of columns and rows at the upper and left edge of a grid, and make room for them."""
    columns, rows = to_draw("columns", columns), to_draw("rows", rows)
    style = {"fontsize": 8, "color": "#555555"}
    for column in range(columns):
        ax.text(column + 0.5, -0.12, column, ha="center", va="bottom", **style)
    for row in range(rows):
        ax.text(-0.15, row + 0.5, row, ha="right", va="center", **style)
    ax.set(xlim=(-0.6, columns + 0.1), ylim=(rows + 0.1, -0.6))
    return ax


def to_draw(name, value, *, minimum=1):
    """Return `value` as a plain int, or raise an error by its name before anything is drawn; for the other figures, too."""
    number = as_int(name, value, minimum=minimum)
    if number > MOST_DRAWN:
        raise ValueError(f"`{name}` must be at most {MOST_DRAWN}, which is more than a figure can show, got {number}")
    return number


def frame_cells(ax, columns, rows):
    """Fit the Axes to a grid of square cells, row 0 on top, without ticks."""
    ax.set(xlim=(-0.1, columns + 0.1), ylim=(rows + 0.1, -0.1), aspect="equal")
    ax.set_axis_off()
    return ax


def draw_stamps(ax, corners, kernel_size):
    """Outline where the kernel's stamps lie on a grid that is drawn already, each corner a ``(row, column)``.

    Neighbouring outlines are of different dashes and a little apart, so that each can be followed.
    """
    kernel_size = to_draw("kernel_size", kernel_size)
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
    size = to_draw("size", size)
    read = {to_draw("placements", index, minimum=-MOST_DRAWN) for placement in placements for index in placement}
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
        color = COLORS["kernel"] if vivid else FAINT
        ax.plot(x, y, color=color, linewidth=2.6 if vivid else 1.2, zorder=2 if vivid else 1)
        place = 0.62  # along the line, where lines from one cell have parted
        halo = {"facecolor": "white", "edgecolor": color, "boxstyle": "circle,pad=0.15", "linewidth": 1}
        text = (x[0] + place * (x[1] - x[0]), y[0] + place * (y[1] - y[0]))
        shade = "black" if vivid else "#666666"
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
    windows = [
        (label, to_draw("windows", first, minimum=0), to_draw("windows", size)) for label, first, size in windows
    ]
    draw_row(ax, values, y=0, role="overlap")
    last = max([len(values), *(first + size for _, first, size in windows)])
    for row, (label, first, size) in enumerate(windows):
        y = 1.75 * (row + 1)
        shown = [values[index] if index < len(values) else 0 for index in range(first, first + size)]
        beyond = [index for index in range(size) if first + index >= len(values)]
        draw_row(ax, shown, y=y, role="output", columns=range(first, first + size), empty=beyond)
        halo = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        ax.text(0, y - 0.1, label, ha="left", va="bottom", fontsize=10, bbox=halo)
        for edge in (first, first + size):
            ax.plot([edge, edge], [1, y], ":", color="#8A8A8A", linewidth=1, zorder=0)
    ax.set(xlim=(-0.1, last + 0.1), ylim=(1.75 * len(windows) + 1.1, -0.1), aspect="equal")
    ax.set_axis_off()
    return ax


def draw_pattern(ax, matrix, *, every=None, empty=(), label=None):
    """Draw a matrix that is too large for numbers: a filled cell for each entry that is not zero, row 0 on top.

    Parameters
    ----------
    ax : Axes
    matrix : array_like, shape (rows, columns)
    every : int, optional
        How many columns stand between two vertical lines, to guide the eye.
    empty : sequence of int
        Columns that are hatched.
    label : str, optional
        Title above the matrix.

    Returns
    -------
    Axes
    """
    matrix = np.asarray(matrix)
    every = every if every is None else to_draw("every", every)
    rows, columns = matrix.shape
    for row, column in np.argwhere(matrix):
        ax.add_patch(Rectangle((column, row), 1, 1, facecolor=COLORS["kernel"], edgecolor="white", linewidth=0.4))
    ax.add_patch(Rectangle((0, 0), columns, rows, fill=False, edgecolor="#8A8A8A", linewidth=1))
    for row in range(1, rows):
        ax.plot([0, columns], [row, row], color=COLORS["empty"], linewidth=0.5, zorder=0)
    for column in range(every or columns, columns, every or columns):
        ax.plot([column, column], [0, rows], color="#8A8A8A", linewidth=0.7, zorder=0)
    for column in empty:
        ax.add_patch(Rectangle((column, 0), 1, rows, facecolor=COLORS["empty"], edgecolor="none", hatch="/////"))
    frame_cells(ax, columns, rows)
    if label:
        ax.set_title(label)
    return ax
