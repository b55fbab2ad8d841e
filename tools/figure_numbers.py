"""Says what numbers a figure shows: its cells, boxes, lines, bars, pictures, ticks and texts, as plain data.

`kernel_environment` puts this beside each picture of a notebook, in the metadata of the output, so that a snapshot says
what its figures show. `tests/test_alt_texts.py` compares the alternative texts with it, and `notebook_checks` what a
figure shows today with what the snapshot says.
"""

import math

import numpy as np
from matplotlib.colors import to_hex

KEY = "numbers"  # of the output's metadata
FEW = 12  # points of a line, or boxes of a kind, that are listed one by one
CELL = (1, 1)


def numbers(figure):
    """Return what the Axes of a figure show, from the first to the last."""
    return [{name: some for name, some in axes(ax).items() if some not in ([], {}, "", None)} for ax in figure.axes]


def where(ax):
    """Return the row and the column of an Axes among those of the figure."""
    spec = ax.get_subplotspec()
    if spec is None or spec.get_gridspec().nrows * spec.get_gridspec().ncols == 1:
        return []
    return [spec.rowspan.start, spec.colspan.start]


def axes(ax):
    """Return what one Axes shows."""
    texts = [text for text in ax.texts if text.get_text().strip()]
    bars = [bar for container in ax.containers for bar in container]
    rectangles = [
        patch for patch in ax.patches if patch not in bars and hasattr(patch, "get_xy") and hasattr(patch, "get_width")
    ]
    rows, inside = cells([patch for patch in rectangles if is_cell(patch)], texts)
    legend = ax.get_legend()
    return {
        "at": where(ax),
        "title": ax.get_title(),
        "x": ticks(ax.xaxis) if ax.axison else [],
        "y": ticks(ax.yaxis) if ax.axison else [],
        "legend": [text.get_text() for text in legend.get_texts()] if legend else [],
        "rows": rows,
        "boxes": boxes([patch for patch in rectangles if not is_cell(patch)]),
        "lines": [line(one) for one in ax.lines],
        "bars": [[label.get_text(), plain(bar.get_width())] for label, bar in zip(ax.get_yticklabels(), bars)],
        "images": [picture(image.get_array()) for image in ax.images],
        "texts": [[*place(text), text.get_text()] for text in texts if text not in inside],
    }


def is_cell(patch):
    """Whether a rectangle is a cell of a grid, which is filled and has the size 1."""
    return patch.get_fill() and (patch.get_width(), patch.get_height()) == CELL


def cells(patches, texts):
    """Return the rows of cells, and the texts that stand in the middle of one.

    A row is its place, the place of its first cell or the places of all, and what stands in the cells: after a ``#``
    where a cell is hatched, after a ``~`` where it is dashed, after a ``_`` where it is pale.
    """
    at = {place(text): text for text in texts}
    rows, inside = {}, set()
    for patch in patches:
        x, y = map(plain, patch.get_xy())
        text = at.get((plain(x + 0.5), plain(y + 0.5)))
        inside |= {text} - {None}
        rows.setdefault(y, {})[x] = mark(patch) + (text.get_text() if text else "")
    return [row(y, rows[y]) for y in sorted(rows)], inside


def mark(patch):
    """Return the sign for a cell that does not look like the others."""
    if patch.get_hatch():
        return "#"
    if patch.get_linestyle() in ("--", "dashed"):
        return "~"
    return "_" if patch.get_facecolor()[:3] == (1, 1, 1) else ""


def row(y, cells):
    """Return a row of cells from left to right."""
    columns = sorted(cells)
    together = columns == [plain(columns[0] + step) for step in range(len(columns))]
    return [y, columns[0] if together else columns, [cells[column] for column in columns]]


def boxes(patches):
    """Return the rectangles of each size: how many in each row, or where each stands, where there are few.

    Outlines of neighbours are drawn a little apart; their sizes and places are said as they are meant.
    """
    kinds = {}
    for patch in patches:
        size = [patch.get_width(), patch.get_height()]
        near = round if max(size) > 1.5 else lambda place: place
        kind = *(plain(near(side) if side > 1.5 else side) for side in size), "#" if patch.get_hatch() else ""
        kinds.setdefault(kind, []).append([plain(near(place)) for place in patch.get_xy()])
    return [[*kind, places if len(places) <= FEW else per_row(places)] for kind, places in kinds.items()]


def per_row(places):
    """Count the boxes of each row."""
    ys = [y for _, y in places]
    return {str(y): ys.count(y) for y in sorted(set(ys))}


def line(one):
    """Return a line's points, or its first, last, lowest and highest where it has many."""
    x, y = (np.asarray(some, dtype=float) for some in one.get_data())
    name = "" if one.get_label().startswith("_") else one.get_label()
    look = {"name": name, "color": to_hex(one.get_color()), "dashes": one.get_linestyle(), "marker": one.get_marker()}
    look = {name: some for name, some in look.items() if some not in ("", "None", "-")}
    if len(x) <= FEW:
        return {"points": len(x), "x": plain(x), "y": plain(y), **look}
    ends = {"x": plain(x[[0, -1]]), "y": plain([y[0], y[-1], y.min(), y.max()])}
    return {"points": len(x), **ends, **look}


def picture(values):
    """Return a picture's shape and range, its values where they are few, and the size of the blocks it is made of."""
    values = np.ma.getdata(values)
    said = {"shape": list(values.shape), "range": plain([values.min(), values.max()])}
    said["block"] = max(size for size in range(1, 9) if made_of_blocks(values, size))
    if values.size <= 64:
        said["values"] = plain(values)
    return said


def made_of_blocks(values, size):
    """Whether a picture consists of blocks of one value."""
    small = values[::size, ::size]
    large = np.repeat(np.repeat(small, size, 0), size, 1)[: values.shape[0], : values.shape[1]]
    return np.array_equal(large, values)


def ticks(axis):
    """Return an axis' label and what stands at its ticks inside of the limits."""
    low, high = sorted(axis.get_view_interval())
    shown = zip(axis.get_majorticklocs(), axis.get_majorticklabels())
    labels = [label.get_text() for at, label in shown if low <= at <= high and label.get_text()]
    return [axis.label.get_text(), *labels] if labels or axis.label.get_text() else []


def place(text):
    """Return where a text stands, in the units of its Axes."""
    at = text.xy if hasattr(text, "xy") else text.get_position()
    return tuple(map(plain, at))


def differences(stored, fresh, place=""):
    """Yield where two figures show something else: texts, counts and shapes exactly, measures up to what machines differ by.

    The heights of long lines and the range of a picture are left to the comparison of the pictures themselves: the last
    digits of a training differ from machine to machine.
    """
    if isinstance(stored, dict) and isinstance(fresh, dict):
        for name in sorted(stored.keys() | fresh.keys()):
            if name != "range" and not (name == "y" and stored.get("points", 0) > FEW):
                yield from differences(stored.get(name), fresh.get(name), f"{place} {name}")
    elif isinstance(stored, list) and isinstance(fresh, list) and len(stored) == len(fresh):
        for number, (old, new) in enumerate(zip(stored, fresh)):
            yield from differences(old, new, f"{place} {number}")
    elif float in (type(stored), type(fresh)) and {type(stored), type(fresh)} <= {int, float}:
        if not math.isclose(stored, fresh, rel_tol=0.01, abs_tol=0.01):
            yield f"{place.strip()}: {stored} became {fresh}"
    elif stored != fresh:
        yield f"{place.strip()}: {stored} became {fresh}"


def plain(value):
    """Return numbers as JSON has them: whole ones as int, others with four significant digits."""
    if np.ndim(value):
        return [plain(one) for one in value]
    short = float(f"{float(value):.4g}")
    if not math.isfinite(short):
        return str(short)
    return int(short) if short.is_integer() and abs(short) < 1e15 else short
