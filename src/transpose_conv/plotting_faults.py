"""The figures of the book about tests: which test catches which fault.

Like those of `plotting`, the functions draw what they are given, compute nothing, and return the Axes.
"""

from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from .plotting import COLORS, TINT


def draw_verdicts(ax, caught, tests, *, faults=None, counts=None):
    """Draw a row of cells for each test and a column for each fault, filled where the test catches the fault.

    Parameters
    ----------
    ax : Axes
    caught : array_like of bool, shape (tests, faults)
    tests : sequence of str
        What stands to the left of each row.
    faults : sequence of str, optional
        What stands above each column. With it each cell says in words what it means; without it, for many faults,
        the cells are narrow bars.
    counts : sequence of object, optional
        What stands to the right of each row.

    Returns
    -------
    Axes
    """
    n_faults = len(caught[0])
    color = COLORS["overlap"]
    wide = {"facecolor": to_rgba(color, TINT), "edgecolor": color, "linewidth": 1.2, "zorder": 2}
    narrow = {"facecolor": color, "edgecolor": "white", "linewidth": 0.5}
    for row, (test, line) in enumerate(zip(tests, caught, strict=True)):
        ax.text(-0.02 * n_faults, row + 0.5, test, ha="right", va="center", fontsize=10)
        for column, hit in enumerate(line):
            if hit:
                look = wide if faults else narrow
                ax.add_patch(Rectangle((column, row + 0.12), 1, 0.76, **look))
            if faults:
                word, shade = ("caught", "black") if hit else ("passes", "#767676")
                ax.text(column + 0.5, row + 0.5, word, ha="center", va="center", fontsize=9, color=shade)
        ax.add_patch(Rectangle((0, row + 0.12), n_faults, 0.76, fill=False, edgecolor="#8A8A8A", linewidth=0.8))
        if counts is not None:
            ax.text(1.02 * n_faults, row + 0.5, counts[row], ha="left", va="center", fontsize=10)
    for column, fault in enumerate(faults or ()):
        ax.text(column + 0.5, -0.05, fault, ha="center", va="bottom", weight="bold")
    ax.set(xlim=(0, n_faults), ylim=(len(tests), -0.6 if faults else 0))
    ax.set_axis_off()
    return ax
