"""The assignments: no solution gets out, and every kind of submission earns what it deserves."""

import ast
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

import assignments
from transpose_conv import conv_output_size, conv_transpose, conv_transpose_output_sizes, output_padding_for
from transpose_conv.frameworks import operation

ROOT = Path(__file__).resolve().parent.parent
NAMES = assignments.assignments()
KINDS = assignments.kinds(NAMES)
MARKED = [  # here, in the time there is; `tasks.py course` marks them all, and the workflows call it every week
    kind for number, kind in enumerate(KINDS) if kind[1] == "solution" or number % 8 == 3
]
needs_nbgrader = pytest.mark.skipif(
    importlib.util.find_spec("nbgrader") is None,
    reason="no assignment was graded, since there is no nbgrader: run `python3 tasks.py course`, which installs it",
)


# What can be seen without nbgrader


def solved(name):
    """Execute the model solutions of an assignment, and return what they define."""
    defined = {"np": np}
    for cell in assignments.read_text(name).cells:
        if assignments.is_solution(cell) and "import" not in cell.source:
            exec(cell.source, defined)
    return defined


def hidden(name):
    """Execute what hidden tests begin with, and return what it defines."""
    defined = {}
    exec(assignments.hidden_code(name), defined)
    return defined


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_is_what_the_text_says(name):
    assert list(assignments.out_of_step(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wrong_with_a_notebook(name):
    assert list(assignments.problems(assignments.read_text(name))) == []
    ids = [assignments.meta(cell)["grade_id"] for cell in assignments.read_text(name).cells if assignments.meta(cell)]
    assert len(ids) == len(set(ids))


FAULTS = {
    "forward-size: a solution cell has one region": ("    ### BEGIN SOLUTION\n    if", "    if"),
    "test-2a: a test has one region": ("### BEGIN HIDDEN TESTS\nfor n, k, s in ((8", "for n, k, s in ((8"),
    "test-2a: line 3 asserts without a message": (', f"{n} samples give {expected}, not {result}"', ""),
    "test-4b: a line is longer than 79": ("what would be legal", "what would be legal, as in the exercise before"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_notebook_is_noticed(fault):
    old, new = FAULTS[fault]
    notebook = assignments.read_text("1-shapes")
    assert any(old in cell.source for cell in notebook.cells)
    for cell in notebook.cells:
        cell.source = cell.source.replace(old, new)
    assert any(problem.startswith(fault) for problem in assignments.problems(notebook))


@pytest.mark.parametrize("kind", ["solution", "grade", "locked", "points"])
def test_a_cell_that_is_not_marked_as_what_it_is_is_noticed(kind):
    notebook = assignments.read_text("1-shapes")
    for cell in notebook.cells:
        if assignments.meta(cell).get(kind):
            cell.metadata["nbgrader"][kind] = False
    said = " ".join(assignments.problems(notebook))
    assert {
        "solution": "a solution stands in a cell that is not marked as one",
        "grade": "hidden tests stand in a cell that is no test",
        "locked": "a test is locked and has points",
        "points": "a test is locked and has points",
    }[kind] in said


def test_a_text_that_was_changed_alone_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(assignments, "source_of", lambda name: ROOT / "tests" / "nothing.ipynb")
    assert "run tools/assignments.py --write" in next(assignments.out_of_step("1-shapes"))


@pytest.mark.parametrize("name", NAMES)
def test_the_first_cell_is_that_of_the_chapters(name):
    chapter = json.loads((ROOT / "chapters" / "01-two-answers.ipynb").read_text(encoding="utf-8"))["cells"]
    first = next("".join(cell["source"]) for cell in chapter if cell["cell_type"] == "code")
    code = [cell.source for cell in assignments.read_text(name).cells if cell.cell_type == "code"]
    assert code[0] == first


@pytest.mark.parametrize("name", NAMES)
def test_there_are_enough_wrong_submissions_and_each_says_why(name):
    wrong = [one for one in assignments.submissions() if one.assignment == name]
    honest = [one for one in wrong if not one.title.startswith(("CHEAT", "RIGHT"))]
    assert len(honest) >= 5
    for one in wrong:
        assert one.misconception.endswith(".")
        assert one.because
        assert bool(one.loses) != one.title.startswith("RIGHT")
    assert len({one.title for one in wrong}) == len(wrong)


@pytest.mark.parametrize("name", NAMES)
def test_the_points_are_those_that_the_text_promises(name):
    text = (assignments.ASSIGNMENTS / f"{name}.md").read_text(encoding="utf-8")
    promised = dict(re.findall(r"(?m)^## Exercise (\d): .*\((\d+) points\)$", text))
    points = assignments.points(name)
    assert {e: sum(p for test, p in points.items() if test[0] == e) for e in promised} == {
        e: int(p) for e, p in promised.items()
    }
    assert f"**You can earn** {sum(points.values())} points." in text
    assert {test[0] for test in points} == set(promised)


@pytest.mark.pinned
def test_requirements_of_the_course_leave_the_lock_alone():
    pins = dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", (ROOT / "requirements-course.txt").read_text(encoding="utf-8")))
    lock = dict(re.findall(r"(?m)^([\w.-]+)==([^\s;\\]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8")))
    lock = {name.lower().replace("_", "-"): version for name, version in lock.items()}
    assert "nbgrader" in pins
    both = {name: version for name, version in pins.items() if name.lower().replace("_", "-") in lock}
    assert both == {name: lock[name.lower().replace("_", "-")] for name in both}


# The model solutions and the hidden answers, against the package


def test_the_answers_of_assignment_1_are_the_packages():
    f = solved("1-shapes")
    for i, k, s in np.ndindex(5, 5, 4):
        i, k, s = i + 1, k + 1, s + 1
        for padding in ("valid", "same"):
            options = {"stride": s, "padding": padding}
            sizes = list(conv_transpose_output_sizes(i, k, **options))
            assert f["legal_sizes"](i, k, s, padding) == sizes
            for n in sizes:
                assert f["address_of"](n, i, k, s, padding) == output_padding_for(n, i, k, **options)
                if n >= k:
                    assert f["forward_size"](n, k, s, padding) == conv_output_size(n, k, **options)
    assert f["given_by_valid"] == [conv_output_size(n, 3, stride=2) for n in (9, 10, 11)]
    assert f["given_by_same"] == [conv_output_size(n, 3, stride=2, padding="same") for n in (9, 10, 11)]
    assert f["keras_valid"] == operation("keras", 2, 2, strides=4)[2][0].size
    assert f["keras_same"] == operation("keras", 5, 3, strides=2, padding="same")[2][0].size


def test_the_oracle_of_assignment_2_agrees_with_the_package():
    oracle = hidden("operator_oracle")
    right = {name: hidden("wrong_operators")[name] for name in ("made", "another_right")}
    for padding, kernel, stride in (("valid", (3, 4), (2, 3)), ("same", (3, 4), (2, 3)), ("same", (2, 1), (4, 3))):
        x, w = oracle["numbers"](2, 2, 3, 3), oracle["numbers"](*kernel, 2, 3)
        legal = [
            conv_transpose_output_sizes(i, k, stride=s, padding=padding) for i, k, s in zip((2, 3), kernel, stride)
        ]
        for size in np.ndindex(*map(len, legal)):
            size = legal[0][size[0]], legal[1][size[1]]
            expected = conv_transpose(x, w, stride=stride, padding=padding, output_size=size)
            for f in (oracle["window"], right["made"](None), right["another_right"]):
                assert np.array_equal(f(x, w, stride, padding, size), expected)


def test_each_wrong_operator_is_wrong_and_crashes_at_most_for_its_channels():
    wrong = hidden("wrong_operators")
    rng = np.random.default_rng(2)
    for fault in wrong["FAULTS"]:
        differs = False
        for padding, size in (("valid", (8, 12)), ("same", (6, 12)), ("same", (5, 11))):
            x, w = rng.integers(-9, 10, (2, 3, 4, 2)), rng.integers(-9, 10, (3, 4, 2, 2))
            expected = conv_transpose(x, w, stride=(2, 3), padding=padding, output_size=size) if size[0] % 2 else None
            right = wrong["made"](None)(x, w, (2, 3), padding, size)
            assert expected is None or np.array_equal(right, expected)
            differs |= not np.array_equal(wrong["made"](fault)(x, w, (2, 3), padding, size), right)
        assert differs, fault


def test_the_answers_of_assignment_3_are_the_packages():
    f = solved("3-port-and-repair")
    for i, k, s, p in np.ndindex(4, 6, 4, 3):
        i, k, s = i + 1, k + 1, s + 1
        for a in range(s):
            if (i - 1) * s + k - 2 * p + a < 1 or p >= k:
                continue
            pytorch = operation("pytorch", i, k, stride=s, padding=p, output_padding=a)[2][0]
            valid = [operation("keras", i, k, strides=s, output_padding=b)[2][0] for b in range(s)]
            same = operation("keras", i, k, strides=s, padding="same")[2][0]
            expected = "valid" if pytorch in valid else "same" if pytorch == same else "crop"
            assert f["in_keras"](i, k, s, p, a) == expected, (i, k, s, p, a)
    pytorch = operation("pytorch", 4, 3, stride=2, padding=1, output_padding=1)[2][0]
    same = operation("keras", 4, 3, strides=2, padding="same")[2][0]
    assert (f["pytorch_start"], f["pytorch_size"]) == pytorch
    assert (f["keras_start"], f["keras_size"]) == same


# With nbgrader: the student version


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    return assignments.student_versions(NAMES, tmp_path_factory.mktemp("release"))


@needs_nbgrader
@pytest.mark.parametrize("name", NAMES)
def test_the_student_version_has_no_solution_and_no_hidden_test(released, name):
    source, release = assignments.read_text(name).cells, released[name].cells
    assert [cell.source for cell in release] == [assignments.visible(cell) for cell in source]
    text = "\n".join(cell.source for cell in release)
    assert "SOLUTION" not in text
    assert "HIDDEN" not in text
    seen = {line.strip() for line in text.splitlines()}
    for cell in source:
        for markers in (assignments.SOLUTION, assignments.HIDDEN):
            secret = {line.strip() for part in assignments.regions(cell.source, markers) for line in part.splitlines()}
            given = {line.strip() for other in source for line in assignments.visible(other).splitlines()}
            assert not {line for line in secret - given if line} & seen
        if assignments.is_solution(cell):
            own = next(c for c in release if assignments.meta(c).get("grade_id") == assignments.meta(cell)["grade_id"])
            assert own.source.rstrip().endswith("raise NotImplementedError()")
            answer = assignments.regions(cell.source, assignments.SOLUTION)[0].splitlines()
            assert not {line.strip() for line in answer} & {line.strip() for line in own.source.splitlines()}


@needs_nbgrader
@pytest.mark.parametrize("name", NAMES)
def test_every_cell_of_the_student_version_is_python(released, name):
    for cell in released[name].cells:
        if cell.cell_type == "code" and "%pip" not in cell.source:
            ast.parse(cell.source)
            assert cell.outputs == []


@needs_nbgrader
@pytest.mark.parametrize("name", NAMES)
def test_whoever_knows_the_visible_tests_only_passes_all_of_them(released, name, tmp_path):
    """And since this submission earns nothing, in each exercise a hidden test decides."""
    kind = next(kind for kind in KINDS if kind[0] == name and kind[1] == "CHEAT only what the visible tests ask")
    assert sum(assignments.deserved(kind).values()) == 0
    notebook = assignments.handed_in(kind, released[name])
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code" and "%pip" not in cell.source]
    program = tmp_path / "visible.py"
    program.write_text("\n\n".join(code), encoding="utf-8")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-1000:]


# With nbgrader: the marks


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    before = sorted(assignments.ASSIGNMENTS.rglob("*.[!p]*"))
    results = assignments.grade_all(MARKED, tmp_path_factory.mktemp("course"))
    assert sorted(assignments.ASSIGNMENTS.rglob("*.[!p]*")) == before, "nothing is written beside the assignments"
    return results


@needs_nbgrader
@pytest.mark.parametrize("number", range(len(MARKED)), ids=[f"{kind[0]}, {kind[1]}" for kind in MARKED])
def test_a_submission_earns_what_it_deserves(graded, number):
    kind, marks = graded[number]
    assert kind == MARKED[number]
    assert marks == assignments.deserved(kind)


@needs_nbgrader
def test_the_table_names_marks_that_are_not_deserved(graded):
    (name, title, wrong), marks = next(one for one in graded if one[0][1] == "SAME rounds down")
    assert "DIFFERS" not in assignments.table(graded)
    mistaken = wrong._replace(loses=wrong.loses | {"2b": 1})
    assert "DIFFERS: 2b 0, not 1" in assignments.table([((name, title, mistaken), marks)])


@needs_nbgrader
def test_a_hidden_test_that_cannot_fail_and_a_solution_without_markers_show_in_the_marks(tmp_path):
    notebook = assignments.read_text("1-shapes")
    for cell in notebook.cells:
        if assignments.meta(cell).get("grade_id") == "test-2a":
            cell.source = cell.source.split("### BEGIN")[0] + "### BEGIN HIDDEN TESTS\nn = 1\n### END HIDDEN TESTS"
        if assignments.meta(cell).get("grade_id") == "legal-sizes":
            cell.source = re.sub(r" *### (BEGIN|END) SOLUTION\n?", "", cell.source)
            del cell.metadata["nbgrader"]
    source = tmp_path / "source" / "1-shapes"
    source.mkdir(parents=True)
    nbformat.write(notebook, source / "1-shapes.ipynb")
    kinds = [kind for kind in KINDS if kind[0] == "1-shapes"]
    cheat = next(kind for kind in kinds if kind[1].startswith("CHEAT"))
    wrong = cheat[2]._replace(cells={cell: text for cell, text in cheat[2].cells.items() if cell != "legal-sizes"})
    found = [("1-shapes", "empty", None), ("1-shapes", "cheat", wrong)]
    (_, empty), (_, cheating) = assignments.grade_all(found, tmp_path, source.parent)
    assert {test for test, mark in empty.items() if mark} == {"3a", "3b"}
    assert {test for test, mark in cheating.items() if mark} == {"2a", "3a", "3b"}
