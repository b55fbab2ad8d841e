"""Draws the squared paper of the worksheet and its key: a line ``<!-- draw: EXPRESSION -->`` becomes a grid, as SVG.

The expression is Python and is evaluated when the site is built, with the package's public names in scope: a grid of the
key holds what the package computes. SVG prints sharply, keeps its cells square and takes the colour of the text.
"""

import html

import numpy as np

import transpose_conv

CELL = 10  # units of a cell in the drawing; MILLIMETRES is how large it is on paper
MILLIMETRES = 8


def drawn(expression):
    """Evaluate the expression of one line, in which `grid` draws, and the package and NumPy compute."""
    names = {name: getattr(transpose_conv, name) for name in transpose_conv.__all__}
    return eval(expression, {**names, "np": np, "grid": grid, "blank": blank})


def blank(rows, columns):
    """Make cells with nothing in them, to be filled with a pencil."""
    return np.full((rows, columns), "")


def grid(cells, alt, *, name="", heads=(), labels=(), size=MILLIMETRES, hatch=True):
    """Draw squared paper.

    Parameters
    ----------
    cells : array_like, shape (rows, columns)
        What stands in the cells: numbers, or empty strings.
    alt : str
        What the drawing is, for those who do not see it.
    name : str, optional
        What stands above it.
    heads, labels : sequence, optional
        What stands above the columns and to the left of the rows.
    size : float
        Width of a cell on paper, in mm.
    hatch : bool
        Whether a zero is hatched, as a cell that nothing reaches.

    Returns
    -------
    str
        One line of HTML.
    """
    cells = np.asarray(cells)
    rows, columns = cells.shape
    left, top = (3 + 2.4 * max((len(str(label)) for label in labels), default=-1)), (6 if len(heads) else 0.5)
    width, height = left + columns * CELL + 0.5, top + rows * CELL + 0.5
    parts = [text(left + (column + 0.5) * CELL, top - 3, head, "head") for column, head in enumerate(heads)]
    parts += [text(left - 2, top + (row + 0.5) * CELL, label, "label") for row, label in enumerate(labels)]
    for (row, column), value in np.ndenumerate(cells):
        parts.append(square(left + column * CELL, top + row * CELL, str(value), hatch))
    return (
        f'<div class="grid-paper">{f"<p>{html.escape(name)}</p>" if name else ""}<svg role="img" aria-label="{html.escape(alt)}" viewBox="0 0 {width:g} {height:g}" '
        f'style="width: {width * size / CELL:.1f}mm">{"".join(parts)}</svg></div>'
    )


def square(x, y, value, hatch):
    """Draw one cell with what stands in it."""
    drawing = f'<rect x="{x:g}" y="{y:g}" width="{CELL}" height="{CELL}"/>'
    if hatch and value == "0":
        drawing += f'<path d="M{x:g} {y + 5:g}l5 -5M{x:g} {y + 10:g}l10 -10M{x + 5:g} {y + 10:g}l5 -5"/>'
    kind = "zero" if value == "0" else "wide" if len(value) > 3 else ""
    return drawing + (text(x + CELL / 2, y + CELL / 2, value, kind) if value else "")


def text(x, y, words, kind):
    """Write into the drawing, centred on a point; a label ends there."""
    name = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}"{name}>{html.escape(str(words))}</text>'
