"""The chapters keep to the rules, the rules catch what they are for, and snapshots are made the same way every time."""

import copy
import functools
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

import exercise_checks
import notebook_checks as checks
import run_notebooks

ROOT = Path(__file__).resolve().parent.parent
TEXTS = sorted(checks.CHAPTERS.glob("[0-9][0-9]-*.md"))
HEADER = "---\njupytext:\n  formats: ipynb,md:myst\nkernelspec:\n  display_name: Python 3\n  language: python\n  name: python3\n---\n\n"


@functools.cache
def snapshot(text):
    return nbformat.read(text.with_suffix(".ipynb"), as_version=4)


def test_there_are_chapters_and_no_snapshot_without_its_text():
    assert len(TEXTS) >= 3
    assert sorted(checks.CHAPTERS.glob("*.ipynb")) == [text.with_suffix(".ipynb") for text in TEXTS]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)
def test_text_and_snapshot_are_in_step(text):
    assert list(checks.in_step(text)) == []


@pytest.mark.parametrize("check", checks.OF_ONE + exercise_checks.OF_ONE, ids=lambda check: check.__name__)
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)
def test_every_chapter_passes(text, check):
    assert list(check(snapshot(text))) == []


@pytest.mark.parametrize("check", checks.OF_ALL, ids=lambda check: check.__name__)
def test_the_book_passes(check):
    assert list(check({text.stem: snapshot(text) for text in TEXTS})) == []


# A small chapter, executed by the real machinery, in which the faults are planted

TINY = (
    HEADER
    + """# Try a small chapter

```{code-cell} ipython3
import matplotlib.pyplot as plt

print("five or six")
```

```{code-cell} ipython3
---
mystnb:
  image:
    alt: A line that rises from one to two, drawn for a test that compares pictures pixel by pixel.
  figure:
    caption: The line rises from one to two.
    name: fig-tiny
---
plt.figure(figsize=(2, 1))
_ = plt.plot([1, 2])
```
"""
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    text = tmp_path_factory.mktemp("chapters") / "77-tiny.md"
    text.write_text(TINY, encoding="utf-8")
    assert run_notebooks.rewrite(text, run_notebooks.Progress())
    return text


@pytest.fixture
def planted(tiny):
    """The executed notebook of the small chapter, to spoil."""
    return copy.deepcopy(snapshot(tiny))


def test_the_small_chapter_passes_every_check(tiny, planted):
    assert list(checks.in_step(tiny)) == []
    assert [problem for check in checks.OF_ONE for problem in check(planted)] == []


def test_a_second_run_writes_the_same_bytes(tiny):
    path = tiny.with_suffix(".ipynb")
    before = path.read_bytes()
    assert run_notebooks.rewrite(tiny, run_notebooks.Progress())
    assert path.read_bytes() == before


def unrun(cells):
    cells[2].execution_count = None


def out_of_order(cells):
    cells[1].execution_count, cells[2].execution_count = 2, 1


def noisy(cells):
    cells[1].outputs.append(nbformat.v4.new_output("stream", name="stderr", text="oneDNN custom operations are on"))


def raising(cells):
    cells[1].outputs.append(nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=[]))


def without_alt(cells):
    del cells[2].metadata["mystnb"]["image"]


def with_short_alt(cells):
    cells[2].metadata["mystnb"]["image"]["alt"] = "a line"


def without_caption(cells):
    del cells[2].metadata["mystnb"]["figure"]["caption"]


def without_name(cells):
    del cells[2].metadata["mystnb"]["figure"]["name"]


def with_a_name_twice(cells):
    cells.append(cells[2])


def long_cell(cells):
    cells[1].source = "x = 1\n" * 21


def wide_cell(cells):
    cells[1].source = "x = " + "1" * 76


def with_a_third_in_a_row(cells):
    cells.insert(1, copy.deepcopy(cells[1]))


def showing(text):
    def spoil(cells):
        cells[1].outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]

    return spoil


def timing(cells):
    cells[1].source = "import time\ntime.perf_counter()"


FAULTS = [
    (checks.executed_in_order, unrun, "the code cells were executed as [1, None]"),
    (checks.executed_in_order, out_of_order, "the code cells were executed as [2, 1]"),
    (checks.nothing_on_stderr, noisy, "cell 77-001 wrote to stderr: 'oneDNN custom operations are on'"),
    (checks.errors_announced, raising, "cell 77-001 ended in ValueError"),
    (checks.figures_described, without_alt, "the picture of cell 77-002 has an alt text of 0 words, not 12 to 60"),
    (checks.figures_described, with_short_alt, "the picture of cell 77-002 has an alt text of 2 words, not 12 to 60"),
    (checks.figures_described, without_caption, "the picture of cell 77-002 has no caption that claims something"),
    (checks.figures_described, without_name, "the picture of cell 77-002 has no name of the form fig-..."),
    (checks.figures_described, with_a_name_twice, "the picture of cell 77-002 has the name of another: fig-tiny"),
    (checks.cells_short, long_cell, "cell 77-001 has 21 lines, more than 20"),
    (checks.cells_short, wide_cell, "cell 77-001 has a line of 80 characters, more than 79"),
    (checks.cells_explained, with_a_third_in_a_row, "cell 77-002 is code cell 3 in a row, more than 2"),
    (checks.outputs_narrow, showing("x" * 80), "cell 77-001 prints a line of 80 characters, more than 79"),
    (checks.independent_of_machine, showing("in /home/ann/x.py"), "cell 77-001 shows a path of the machine: '/home/'"),
    (
        checks.independent_of_machine,
        showing("<Layer at 0x7f3a2c1b>"),
        "cell 77-001 shows a memory address: '0x7f3a2c1b'",
    ),
    (checks.independent_of_machine, showing("done in 13 ms"), "cell 77-001 shows a duration: '3 ms'"),
    (
        checks.independent_of_machine,
        timing,
        "cell 77-001 asks for the time or the machine and is not tagged nbval-ignore-output",
    ),
]


@pytest.mark.parametrize(
    ("check", "spoil", "problem"), FAULTS, ids=[f"{c.__name__}-{i}" for i, (c, *_) in enumerate(FAULTS)]
)
def test_a_planted_fault_is_found(planted, check, spoil, problem):
    spoil(planted.cells)
    assert list(check(planted)) == [problem]


def test_a_function_in_two_chapters_is_found(planted):
    planted.cells[1].source = "def ceil(a, b):\n    %matplotlib inline\n    return -(-a // b)"
    problem = "`ceil` is defined in 01-a and again in 02-b: move it to the package"
    assert list(checks.functions_grown_once({"01-a": planted, "02-b": planted})) == [problem]


def test_a_cell_id_in_two_chapters_is_found(planted):
    found = list(checks.ids_unique({"01-a": planted, "02-b": planted}))
    assert found[0] == "the cell id 77-000 of 02-b stands elsewhere too"


def changed_source(cells):
    cells[1].source += "\n"


def dropped_cell(cells):
    del cells[1]


def changed_metadata(cells):
    cells[2].metadata["tags"] = ["hide-input"]


def changed_id(cells):
    cells[1].id = "first"


@pytest.mark.parametrize("spoil", [changed_source, dropped_cell, changed_metadata, changed_id])
def test_a_snapshot_out_of_step_is_found(tiny, planted, spoil):
    spoil(planted.cells)
    assert any("run `python3 tasks.py notebooks --only 77`" in problem for problem in checks.in_step(tiny, planted))


def changed_output(cells):
    cells[1].outputs[0].text = "five or seven\n"


def changed_picture(cells):
    cells[2].outputs[0].data["image/png"] = picture_of([2, 1])


def picture_of(values):
    """Draw what the small chapter draws, with other values, through a kernel as it does."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(
        f"import matplotlib.pyplot as plt\nplt.figure(figsize=(2, 1))\n_ = plt.plot({values})"
    )])  # fmt: skip
    run_notebooks.NotebookClient(notebook, kernel_name="python3").execute()
    return notebook.cells[0].outputs[0].data["image/png"]


@pytest.mark.pinned
def test_nbval_and_the_picture_hook_find_what_changed(tmp_path, planted):
    """In a process of its own, as `tasks.py test` runs it over the chapters, which are the sound case."""
    changed_output(planted.cells)
    changed_picture(planted.cells)
    nbformat.write(planted, tmp_path / "77-tiny.ipynb")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "conftest",
        "-p",
        "no:cacheprovider",
        "-c",
        ROOT / "pyproject.toml",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CI": ""}
    environment.pop("PYTEST_XDIST_WORKER", None)
    result = subprocess.run([*command, tmp_path], capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert "2 failed" in result.stdout, result.stdout + result.stderr
    assert "mismatch 'stdout'" in result.stdout
    assert "picture 0 differs from the snapshot's" in result.stdout


def test_a_picture_that_is_gone_is_found(planted):
    outputs = planted.cells[2].outputs
    assert list(checks.pictures_differ(outputs, outputs)) == []
    assert list(checks.pictures_differ([], outputs)) == ["the snapshot has 0 pictures and the code draws 1"]


# The program that makes snapshots


def test_a_failing_chapter_leaves_its_old_snapshot(tiny, tmp_path, capsys):
    text = tmp_path / "77-tiny.md"
    shutil.copy(tiny.with_suffix(".ipynb"), text.with_suffix(".ipynb"))
    text.write_text(TINY.replace('print("five or six")', "1 / 0"), encoding="utf-8")
    before = text.with_suffix(".ipynb").read_bytes()
    assert not run_notebooks.rewrite(text, run_notebooks.Progress())
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert text.with_suffix(".ipynb").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["77-tiny.ipynb", "77-tiny.md"]


@pytest.mark.posix
def test_a_killed_run_leaves_the_old_snapshot(tiny, tmp_path):
    text = tmp_path / "77-tiny.md"
    shutil.copy(tiny.with_suffix(".ipynb"), text.with_suffix(".ipynb"))
    text.write_text(TINY.replace('print("five or six")', "open('here', 'w').close(); import time; time.sleep(60)"))
    before = text.with_suffix(".ipynb").read_bytes()
    code = f"import run_notebooks as r, pathlib; r.rewrite(pathlib.Path({str(text)!r}), r.Progress())"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, start_new_session=True, stdout=subprocess.DEVNULL
    )
    while not (tmp_path / "here").exists():
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert text.with_suffix(".ipynb").read_bytes() == before


def test_an_unknown_chapter_is_named(monkeypatch):
    with pytest.raises(SystemExit, match="no chapter is called 99"):
        run_notebooks.main(["--only", "99"])


def test_check_says_what_is_out_of_date(tmp_path, tiny, monkeypatch, capsys):
    monkeypatch.setattr(run_notebooks, "CHAPTERS", tiny.parent)
    assert run_notebooks.main(["--check"]) == 0
    new = tiny.parent / "78-new.md"
    new.write_text(TINY)
    try:
        assert run_notebooks.main(["--check"]) == 1
    finally:
        new.unlink()
    assert "78-new.ipynb is missing: run `python3 tasks.py notebooks --only 78`" in capsys.readouterr().out
