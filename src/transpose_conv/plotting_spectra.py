"""The figures of the book about checkerboards: counts of two axes that multiply, and spectra with their multiples of 1/s.

Like those of `plotting`, the functions draw what they are given, compute nothing, and return the Axes.
"""

import numpy as np

from .plotting import COLORS, draw_cell, to_draw

LOOKS = ((COLORS["overlap"], "-"), (COLORS["input"], "--"), (COLORS["output"], "-."))


def draw_products(ax, left, top, products):
    """Draw a table of products: one factor down the left, the other along the top, and in each cell what it holds.

    Parameters
    ----------
    ax : Axes
    left : sequence of int, shape (rows,)
    top : sequence of int, shape (columns,)
    products : array_like of int, shape (rows, columns)
        The larger a product, the fuller its colour; the number stands in the cell.

    Returns
    -------
    Axes
    """
    products = np.asarray(products)
    rows, columns = products.shape
    for row, value in enumerate(left):
        draw_cell(ax, -1.5, row, role="input", text=str(value))
    for column, value in enumerate(top):
        draw_cell(ax, column, -1.5, role="input", text=str(value))
    for (row, column), value in np.ndenumerate(products):
        draw_cell(ax, column, row, role="overlap", text=str(value))
        ax.patches[-1].set_facecolor((*ax.patches[-1].get_edgecolor()[:3], 0.7 * value / products.max()))
    ax.text(-1, -1, "×", ha="center", va="center", fontsize=14)
    ax.set(xlim=(-1.7, columns + 0.1), ylim=(rows + 0.1, -1.7), aspect="equal")
    ax.set_axis_off()
    return ax


def draw_spectra(ax, frequencies, spectra, *, stride):
    """Draw spectra on a logarithmic axis, with a thin line at each multiple of ``1 / stride`` between 0 and 1.

    Parameters
    ----------
    ax : Axes
    frequencies : sequence of float, shape (n,)
        In cycles per pixel, from 0 to 1.
    spectra : mapping of str to sequence of float, shape (n,)
        For each name the energy at the frequencies. Up to three; they differ in colour and in dashes.
    stride : int
        Where the lines stand.

    Returns
    -------
    Axes
    """
    stride = to_draw("stride", stride)
    for j in range(1, stride):
        ax.axvline(j / stride, color="#8A8A8A", linewidth=1, linestyle=":", zorder=0)
    for (name, energy), (color, dashes) in zip(spectra.items(), LOOKS):
        ax.plot(frequencies, energy, label=name, color=color, linestyle=dashes, linewidth=1.5)
    names = ["1" if j == stride else f"{j}/{stride}" if j else "0" for j in range(stride + 1)]
    ax.set_xticks([j / stride for j in range(stride + 1)], names)
    ax.set(yscale="log", xlim=(0, 1), xlabel="cycles per pixel", ylabel="energy")
    ax.legend(loc="lower left", bbox_to_anchor=(-0.03, 1.0), ncols=3, fontsize=9, columnspacing=1, handlelength=1.8)
    return ax
