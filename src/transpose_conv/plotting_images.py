"""The figures of the book about pictures: grayscale pictures, losses over the steps of a training, and kernels.

Like those of `plotting`, the functions draw what they are given, compute nothing, and return the Axes.
"""

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from .plotting import COLORS, frame_cells, to_draw

NEGATIVE = "#56B4E9"  # in the palette, and without a role elsewhere
LOOKS = ((COLORS["input"], "-"), (COLORS["overlap"], "--"), (COLORS["output"], "-."), (COLORS["kernel"], ":"))


def draw_picture(ax, values, *, label=None):
    """Draw a grayscale picture: each value a square pixel, 0 black and 1 white, row 0 on top, without ticks.

    Parameters
    ----------
    ax : Axes
    values : array_like, shape (rows, columns)
        Values below 0 are drawn black, those above 1 white.
    label : str, optional
        Title above the picture.

    Returns
    -------
    Axes
    """
    ax.imshow(np.asarray(values), cmap="gray", vmin=0, vmax=1, interpolation="none", origin="upper")
    ax.set_axis_off()
    if label:
        ax.set_title(label, fontsize=10)
    return ax


def draw_squares(ax, corners, size):
    """Mark squares of `size` pixels on a picture that is drawn already, each corner a ``(row, column)``."""
    size = to_draw("size", size)
    look = {"facecolor": to_rgba(COLORS["kernel"], 0.45), "edgecolor": COLORS["kernel"], "linewidth": 1}
    for row, column in corners:
        ax.add_patch(Rectangle((column - 0.5, row - 0.5), size, size, **look))  # pixel 0 reaches from -0.5 to 0.5
    return ax


def draw_losses(ax, losses, *, level=None, xlabel="step", ylabel="loss"):
    """Draw the losses of one or more trainings, step by step, on a logarithmic axis.

    Parameters
    ----------
    ax : Axes
    losses : mapping of str to sequence of float
        For each name the losses at the steps 0, 1, 2, ... Up to four; they differ in colour and in dashes.
    level : tuple of (str, float), optional
        The name of a loss to compare with, and the loss: a thin horizontal line.
    xlabel, ylabel : str

    Returns
    -------
    Axes
    """
    for (name, values), (color, dashes) in zip(losses.items(), LOOKS):
        ax.plot(range(len(values)), values, label=name, color=color, linestyle=dashes)
    if level is not None:
        name, value = level
        ax.axhline(value, color="#555555", linewidth=1)
        place = {"xy": (1, value), "xycoords": ("axes fraction", "data"), "xytext": (0, 3), "ha": "right"}
        ax.annotate(name, **place, textcoords="offset points", va="bottom", fontsize=9, color="#555555")
    ax.set(yscale="log", xlabel=xlabel, ylabel=ylabel)
    ax.legend(loc="upper right")
    return ax


def draw_kernel(ax, values, *, label=None, fmt="{:.0f}"):
    """Draw a kernel as cells with its numbers in them: the larger the entry, the fuller its colour; negative ones blue.

    Parameters
    ----------
    ax : Axes
    values : array_like, shape (rows, columns)
        In units in which two or three characters are enough, such as hundredths.
    label : str, optional
        Title above the kernel.
    fmt : str
        Format of an entry.

    Returns
    -------
    Axes
    """
    values = np.asarray(values)
    rows, columns = values.shape
    frame_cells(ax, columns, rows)
    largest = np.abs(values).max() or 1
    for (row, column), value in np.ndenumerate(values):
        color = NEGATIVE if value < 0 else COLORS["kernel"]
        fill = to_rgba(color, 0.85 * (abs(value) / largest) ** 0.5)
        ax.add_patch(Rectangle((column, row), 1, 1, facecolor=fill, edgecolor="#8A8A8A", linewidth=0.6))
        text = fmt.format(value)
        text = fmt.format(0) if text == fmt.format(-0.0) else text.replace("-", "\N{MINUS SIGN}")
        ax.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=9)
    if label:
        ax.set_title(label, fontsize=10)
    return ax
