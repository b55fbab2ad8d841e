"""What must hold for every chapter, beyond what nbval compares: each check yields a sentence per fault.

nbval compares stored text with printed text. It passes a cell that never ran, a changed picture, noise on stderr
and a snapshot that nobody made from the text beside it. The checks here close these holes, and keep the chapters to
the rules of CONTRIBUTING.md. `tests/test_notebooks.py` runs each on every chapter, and on a planted fault.
"""

import ast
import base64
import io
import re
from pathlib import Path

import jupytext
import matplotlib.image
import nbformat
import numpy as np

import figure_numbers

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "chapters"
LONGEST_CELL = 20  # lines
LONGEST_LINE = 79  # characters: what the page shows without scrolling
MOST_IN_A_ROW = 2  # code cells without a word between them
ALT_WORDS = (12, 60)
PICTURE_TOLERANCE = 2.0  # root mean square over all pixels, of 255 levels: other machines draw an edge a little softer
MACHINE_TAG = "nbval-ignore-output"  # a cell whose output is the machine's, such as a timing
STUB_TAG = "exercise"  # a cell that a reader is to fill in; `exercise_checks` looks after these


def in_step(text, notebook=None):
    """The snapshot holds the cells of the text, in order, with their metadata and numbered ids."""
    path = text.with_suffix(".ipynb")
    if notebook is None:
        if not path.exists():
            yield f"{path.name} is missing: run `python3 tasks.py notebooks --only {text.name[:2]}`"
            return
        notebook = nbformat.read(path, as_version=4)
    wanted = jupytext.read(text, fmt="md:myst")
    advice = f"run `python3 tasks.py notebooks --only {text.name[:2]}`"
    if len(wanted.cells) != len(notebook.cells):
        yield f"{path.name} has {len(notebook.cells)} cells and its text {len(wanted.cells)}: {advice}"
        return
    for index, (old, new) in enumerate(zip(notebook.cells, wanted.cells)):
        if (old.cell_type, old.source, old.metadata) != (new.cell_type, new.source, new.metadata):
            yield f"{path.name} cell {index} is not as in its text: {advice}"
        if old.id != f"{text.name[:2]}-{index:03d}":
            yield f"{path.name} cell {index} has the id {old.id}: {advice}"


def executed_in_order(notebook):
    """Every code cell was executed, the first as 1, the last as n."""
    counts = [cell.execution_count for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"the code cells were executed as {counts}"


def nothing_on_stderr(notebook):
    """No cell wrote to stderr."""
    for cell, output in outputs(notebook):
        if output.output_type == "stream" and output.name == "stderr":
            yield f"cell {cell.id} wrote to stderr: {output.text[:80]!r}"


def errors_announced(notebook):
    """No cell ended in an exception, unless its tag says so."""
    for cell, output in outputs(notebook):
        if output.output_type == "error" and "raises-exception" not in tags(cell):
            yield f"cell {cell.id} ended in {output.ename}"


def figures_described(notebook):
    """Every picture has an alternative text of some words, a caption, and a name that no other has."""
    names = set()
    for cell, output in outputs(notebook):
        if "image/png" not in output.get("data", {}):
            continue
        rendering = cell.metadata.get("mystnb", {})
        alt = rendering.get("image", {}).get("alt", "")
        figure = rendering.get("figure", {})
        if not ALT_WORDS[0] <= len(alt.split()) <= ALT_WORDS[1]:
            yield f"the picture of cell {cell.id} has an alt text of {len(alt.split())} words, not {ALT_WORDS[0]} to {ALT_WORDS[1]}"
        if len(figure.get("caption", "").split()) < 4:
            yield f"the picture of cell {cell.id} has no caption that claims something"
        if not re.fullmatch(r"fig-[a-z0-9-]+", figure.get("name", "")):
            yield f"the picture of cell {cell.id} has no name of the form fig-..."
        if figure.get("name") in names:
            yield f"the picture of cell {cell.id} has the name of another: {figure['name']}"
        names.add(figure.get("name"))
        if figure_numbers.KEY not in output.metadata:
            yield f"the picture of cell {cell.id} lacks the numbers that it shows: execute the chapter again"


def cells_short(notebook):
    """No code cell is longer than can be taken in at once."""
    for cell in code_cells(notebook):
        lines = len(cell.source.splitlines())
        if lines > LONGEST_CELL:
            yield f"cell {cell.id} has {lines} lines, more than {LONGEST_CELL}"
        width = max(map(len, cell.source.splitlines()), default=0)
        if width > LONGEST_LINE:
            yield f"cell {cell.id} has a line of {width} characters, more than {LONGEST_LINE}"


def cells_explained(notebook):
    """No more than two code cells stand in a row without a word between them."""
    in_a_row = 0
    for cell in notebook.cells:
        in_a_row = in_a_row + 1 if cell.cell_type == "code" else 0
        if in_a_row > MOST_IN_A_ROW:
            yield f"cell {cell.id} is code cell {in_a_row} in a row, more than {MOST_IN_A_ROW}"


def outputs_narrow(notebook):
    """No printed line is wider than the page shows without scrolling, but where the reader has to open it first."""
    for cell, output in outputs(notebook):
        if "hide-output" in tags(cell):
            continue
        width = max(map(len, text_of(output).splitlines()), default=0)
        if width > LONGEST_LINE and "image/png" not in output.get("data", {}):
            yield f"cell {cell.id} prints a line of {width} characters, more than {LONGEST_LINE}"


def independent_of_machine(notebook):
    """No output shows a path, a memory address or a duration, and no unmarked cell asks for the time or the machine."""
    asks = r"\b(perf_counter|process_time|time\.time|monotonic|%%?timeit|%%?time\b|cpu_count|getpid|platform\.|gethostname|now\()"
    shown = {
        "a path of the machine": r"(?<![\w.:/])/(home|root|tmp|usr|opt|work|private|Users|var|content)/|[A-Z]:\\\\?Users|site-packages",
        "a memory address": r"\b0x[0-9a-fA-F]{6,}",
        "a duration": r"\d\s?(ms|µs|us|ns|seconds|secs?)\b",
    }
    for cell in code_cells(notebook):
        if MACHINE_TAG in tags(cell):
            continue
        if re.search(asks, cell.source):
            yield f"cell {cell.id} asks for the time or the machine and is not tagged {MACHINE_TAG}"
        for output in cell.outputs:
            for what, pattern in shown.items():
                if re.search(pattern, text_of(output)):
                    yield f"cell {cell.id} shows {what}: {re.search(pattern, text_of(output))[0]!r}"


def functions_grown_once(notebooks):
    """No function or class is defined in two chapters, and none twice in one."""
    seen = {}
    for name, notebook in notebooks.items():
        for cell in code_cells(notebook):
            if STUB_TAG in tags(cell):  # its solution defines the same function
                continue
            for node in ast.walk(ast.parse(without_magics(cell.source))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    if node.name in seen:
                        yield f"`{node.name}` is defined in {seen[node.name]} and again in {name}: move it to the package"
                    seen[node.name] = name


def ids_unique(notebooks):
    """No two cells of the book have the same id."""
    seen = set()
    for name, notebook in notebooks.items():
        for cell in notebook.cells:
            if cell.id in seen:
                yield f"the cell id {cell.id} of {name} stands elsewhere too"
            seen.add(cell.id)


def pictures_differ(stored, fresh):
    """Two lists of outputs show the same pictures, up to what no eye sees, and the same numbers in them."""
    stored, fresh = ([output for output in some if "image/png" in output.get("data", {})] for some in (stored, fresh))
    if len(stored) != len(fresh):
        yield f"the snapshot has {len(stored)} pictures and the code draws {len(fresh)}"
        return
    for index, (old, new) in enumerate(zip(stored, fresh)):
        for difference in figure_numbers.differences(*(said.metadata.get(figure_numbers.KEY) for said in (old, new))):
            yield f"picture {index} shows something else: {difference}"
        before, after = png(old), png(new)
        if before.shape != after.shape:
            yield f"picture {index} was of shape {before.shape} and is drawn with {after.shape}"
        elif (distance := np.sqrt(np.mean((before - after) ** 2)) * 255) > PICTURE_TOLERANCE:
            yield f"picture {index} differs from the snapshot's: {distance:.1f} of 255 levels (rms)"


def png(output):
    """The pixels of an output's picture, from 0 to 1."""
    return matplotlib.image.imread(io.BytesIO(base64.b64decode(output["data"]["image/png"])), format="png")


OF_ONE = [
    executed_in_order,
    nothing_on_stderr,
    errors_announced,
    figures_described,
    cells_short,
    cells_explained,
    outputs_narrow,
    independent_of_machine,
]
OF_ALL = [functions_grown_once, ids_unique]


def code_cells(notebook):
    """The cells that hold code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    """Every output with its cell."""
    return [(cell, output) for cell in code_cells(notebook) for output in cell.outputs]


def tags(cell):
    """The tags of a cell."""
    return cell.metadata.get("tags", [])


def text_of(output):
    """What an output says in words, whichever kind it is."""
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return "\n".join([output.evalue, *output.traceback])
    return "\n".join(str(output.data.get(kind, "")) for kind in ("text/plain", "text/html", "text/markdown"))


def without_magics(source):
    """The source with IPython's own lines made into comments, so that Python can parse it."""
    return re.sub(r"^(\s*)[%!](.*)$", r"\1pass  # \2", source, flags=re.MULTILINE)
