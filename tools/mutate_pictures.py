"""Looks at the chapters' figures for those faults in the plotting modules that no test of the package notices.

`tools/mutate.py` calls this. The chapters are run once, without a fault. Then, for each fault, a process forked from that
one plants it into the module that is loaded, draws the figures of all cells again, and compares numbers and pixels as
`notebook_checks` does when nbval compares a chapter with its snapshot. Not drawn are the figures of the chapter that
measures time, and those of cells that do not draw the same when they are run twice.
"""

import contextlib
import importlib
import io
import linecache
import os
import re
import signal
import sys

import jupytext
import matplotlib as mpl
import matplotlib.image
import matplotlib.pyplot as plt
import numpy as np

import figure_numbers
import notebook_checks

MEASURES_TIME = "09"
PATIENCE = 60  # seconds for all cells
DIED = 2
COLAB = "remove-cell"  # the first cell of a chapter, which installs the package there
PACKAGE = "transpose_conv"


def noticed(faults, answers):
    """Answer with the number of each fault, a module and its text, that changes a figure.

    It is called in a process of its own, in which nothing of the package is loaded yet.
    """
    mpl.use("agg")
    cells = [cell for chapter in chapters() for cell in run(chapter)]
    kept = []
    for cell in cells:
        figures = attempt(cell)
        if figures and forked(lambda cell=cell, figures=figures: differ(figures, attempt(cell))) is False:
            kept.append((cell, figures))
    print(f"{len(kept)} of {len(cells)} cells with figures are drawn again", flush=True)
    answers.put((len(kept), len(cells)))
    for number, fault in enumerate(faults):
        if forked(lambda fault=fault: changes_something(*fault, kept)) is not False:
            answers.put(number)


def chapters():
    """Yield the code cells of each chapter but the one that measures time."""
    for path in sorted(notebook_checks.CHAPTERS.glob("[0-9][0-9]-*.md")):
        if not path.name.startswith(MEASURES_TIME):
            cells = notebook_checks.code_cells(jupytext.read(path, fmt="md:myst"))
            yield [cell.source for cell in cells if COLAB not in notebook_checks.tags(cell)]


def run(cells):
    """Run a chapter, and return its cells that draw: the code, and the names there are when all have run."""
    names, drawing = {"__name__": "__main__"}, []
    for number, code in enumerate(cells):
        plt.close("all")
        name = f"<cell {number}>"
        linecache.cache[name] = len(code), None, code.splitlines(keepends=True), name  # chapter 13 shows sources
        exec(compile(code, name, "exec"), names)
        if plt.get_fignums():
            drawing.append((code, names))
    return drawing


def drawn(cell):
    """Draw a cell's figures again, and return numbers and pixels of each."""
    code, names = cell
    plt.close("all")
    exec(compile(code, "<cell>", "exec"), dict(names))
    shown = []
    for number in plt.get_fignums():
        figure, file = plt.figure(number), io.BytesIO()
        shown.append((figure_numbers.numbers(figure), file))
        figure.savefig(file, format="png", bbox_inches="tight")
    return [(numbers, mpl.image.imread(io.BytesIO(file.getvalue()), format="png")) for numbers, file in shown]


def differ(some, others):
    """Say whether figures are not the same, up to what no eye sees."""
    if others is None or len(some) != len(others):
        return True
    for (numbers, pixels), (other_numbers, other_pixels) in zip(some, others):
        if list(figure_numbers.differences(numbers, other_numbers)) or pixels.shape != other_pixels.shape:
            return True
        if np.sqrt(np.mean((pixels - other_pixels) ** 2)) * 255 > notebook_checks.PICTURE_TOLERANCE:
            return True
    return False


def changes_something(module, text, kept):
    """Plant a fault, and say whether any figure is not as it was, or cannot be drawn."""
    plant(f"{PACKAGE}.{module}", text, [names for (_, names), _ in kept])
    defined = re.findall(r"(?m)^def (\w+)", text)
    likely = sorted(kept, key=lambda one: not any(name in one[0][0] for name in defined))
    return any(differ(right, attempt(cell)) for cell, right in likely)


def attempt(cell):
    """Draw a cell's figures, or return None if that raises."""
    with contextlib.suppress(Exception):
        return drawn(cell)
    return None


def plant(name, text, namespaces):
    """Run another text in the place of a module, and give what it defines to all who have taken the old."""
    module = importlib.import_module(name)
    old = dict(vars(module))
    exec(compile(text, name, "exec"), vars(module))
    others = [vars(one) for key, one in list(sys.modules.items()) if key.split(".")[0] == PACKAGE]
    for names in [*others, *namespaces]:
        for key, value in list(names.items()):
            if not key.startswith("__") and key in old and value is old[key]:
                names[key] = vars(module)[key]


def forked(question):
    """Answer a question in a process forked from this one: yes or no, or None if it raises, dies or hangs."""
    child = os.fork()
    if not child:
        signal.alarm(PATIENCE)
        answer = DIED
        try:
            answer = int(question())
        finally:
            os._exit(answer)
    return {0: False, 1: True}.get(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
