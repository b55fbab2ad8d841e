"""Grade the assignments: make the student versions with nbgrader, grade every kind of submission, print the marks.

`course/assignments/N-name.md` is what a person writes; `--write` makes the notebook in `source/` that nbgrader reads.
Everything else happens in a temporary course folder, with nbgrader's own converters and a gradebook of its own. The
exit status is 1 if a submission does not get the marks that `course/assignments/submissions.py` says it deserves.
"""

import argparse
import ast
import contextlib
import importlib.util
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import jupytext
import nbformat

ROOT = Path(__file__).resolve().parent.parent
ASSIGNMENTS = ROOT / "course" / "assignments"
AT_ONCE = 2
SOLUTION, HIDDEN = ("### BEGIN SOLUTION", "### END SOLUTION"), ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
STUB = ["# YOUR CODE HERE", "raise NotImplementedError()"]
WIDTH = 79  # of a line in a notebook's cell


def main(argv=None):
    """Run the program; the exit status is 1 if something is out of step, or a submission's marks are not as deserved."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--write", action="store_true", help="make the source notebooks from their texts, grade nothing"
    )
    parser.add_argument("--only", metavar="N", help="one assignment, by the start of its name")
    arguments = parser.parse_args(argv)
    names = [name for name in assignments() if name.startswith(arguments.only or "")]
    if not names:
        parser.error(f"no assignment starts with {arguments.only}: there are {', '.join(assignments())}")
    if arguments.write:
        for name in names:
            write(name)
        return 0
    wrong = [
        problem
        for name in names
        for problem in [*out_of_step(name), *(f"{name}, {problem}" for problem in problems(read_text(name)))]
    ]
    if wrong:
        print("\n".join(wrong))
        return 1
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        results = grade_all(kinds(names), Path(folder))
    print(table(results))
    differing = [kind for kind, marks in results if marks != deserved(kind)]
    print(f"{len(results)} submissions graded in {time.monotonic() - started:.0f} s, ", end="")
    print(f"{len(differing)} with other marks than they deserve." if differing else "each with the marks it deserves.")
    return bool(differing)


# Texts and source notebooks


def assignments():
    """Return the names of all assignments."""
    return sorted(path.stem for path in ASSIGNMENTS.glob("[0-9]-*.md"))


def source_of(name):
    """Return where nbgrader looks for an assignment's source."""
    return ASSIGNMENTS / "source" / name / f"{name}.ipynb"


def read_text(name):
    """Read an assignment's text as the notebook that nbgrader is given: not executed, the same bytes every time."""
    notebook = jupytext.read(ASSIGNMENTS / f"{name}.md", fmt="md:myst")
    for index, cell in enumerate(notebook.cells):
        cell.id = f"assignment-{name[0]}-{index:03d}"
        cell.source = re.sub(r"(?m)^# INSERT (\w+)$", lambda match: hidden_code(match[1]), cell.source)
        if "nbgrader" in cell.metadata:
            cell.metadata["nbgrader"]["cell_type"] = cell.cell_type
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def hidden_code(name):
    """Return what several hidden tests begin with: each brings it along, so that no other cell has to have run."""
    text = (ASSIGNMENTS / "hidden" / f"{name}.py").read_text(encoding="utf-8")
    return text.split('"""', 2)[2].strip()


def write(name):
    """Make an assignment's source notebook."""
    path = source_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(read_text(name)) + "\n", encoding="utf-8", newline="\n")


def out_of_step(name):
    """Yield in a sentence that an assignment's text and its source notebook differ."""
    path = source_of(name)
    wanted = nbformat.writes(read_text(name)) + "\n"
    if not path.exists() or path.read_bytes() != wanted.encode():
        yield f"{path.relative_to(ROOT).as_posix()} is not what the text says: run tools/assignments.py --write"


# What must hold for every source notebook


def meta(cell):
    """Return what nbgrader knows about a cell."""
    return cell.metadata.get("nbgrader", {})


def is_test(cell):
    """Return whether a cell carries points."""
    return bool(meta(cell).get("grade"))


def is_solution(cell):
    """Return whether students write into a cell."""
    return bool(meta(cell).get("solution"))


def problems(notebook):
    """Yield a sentence for everything that would make nbgrader hand out a solution, or mark what cannot fail."""
    for cell in notebook.cells:
        name, lines = meta(cell).get("grade_id", cell.id), cell.source.splitlines()
        if is_solution(cell) and len(regions(cell.source, SOLUTION)) != 1:
            yield f"{name}: a solution cell has one region between {' and '.join(SOLUTION)}"
        if not is_solution(cell) and SOLUTION[0] in cell.source:
            yield f"{name}: a solution stands in a cell that is not marked as one"
        if not is_test(cell) and HIDDEN[0] in cell.source:
            yield f"{name}: hidden tests stand in a cell that is no test"
        if is_test(cell):
            yield from (f"{name}: {problem}" for problem in problems_of_test(cell))
        if cell.cell_type == "code" and any(len(line) > WIDTH for line in lines):
            yield f"{name}: a line is longer than {WIDTH} characters"


def problems_of_test(cell):
    """Yield what is wrong with a test cell."""
    if not meta(cell).get("locked") or not meta(cell).get("points"):
        yield "a test is locked and has points"
    if not re.fullmatch(r"test-\d[a-z]", meta(cell)["grade_id"]):
        yield "a test is called test-2b: exercise 2, part b"
    if len(regions(cell.source, HIDDEN)) != 1:
        yield f"a test has one region between {' and '.join(HIDDEN)}"
    for node in ast.walk(ast.parse(cell.source)):
        if isinstance(node, ast.Assert) and node.msg is None:
            yield f"line {node.lineno} asserts without a message that a student could act on"


def regions(source, markers):
    """Return the texts between a pair of markers."""
    begin, end = map(re.escape, markers)
    return re.findall(rf"(?ms)^ *{begin}\n(.*?)^ *{end}$", source)


def visible(cell):
    """Return what a student may see of a cell, worked out without nbgrader."""
    source = re.sub(rf"(?ms)^ *{HIDDEN[0]}\n.*?^ *{HIDDEN[1]}(\n|$)", "", cell.source)
    stub = lambda match: "\n".join(match[1] + line for line in STUB)  # noqa: E731
    return re.sub(rf"(?ms)^( *){SOLUTION[0]}\n.*?^ *{SOLUTION[1]}$", stub, source).rstrip("\n")


# Submissions


@cache
def submissions():
    """Return the wrong submissions, which lie beside the assignments."""
    spec = importlib.util.spec_from_file_location("submissions", ASSIGNMENTS / "submissions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SUBMISSIONS


def kinds(names):
    """Return all that is graded, as (assignment, title, wrong submission or None)."""
    found = []
    for name in names:
        found += [(name, "solution", None), (name, "empty", None)]
        found += [(name, wrong.title, wrong) for wrong in submissions() if wrong.assignment == name]
    return found


@cache
def points(name):
    """Return the points of each test of an assignment."""
    return {meta(c)["grade_id"].removeprefix("test-"): meta(c)["points"] for c in read_text(name).cells if is_test(c)}


def deserved(kind):
    """Return the marks that a submission deserves, test by test."""
    name, title, wrong = kind
    if wrong is None:
        return {test: float(most) * (title == "solution") for test, most in points(name).items()}
    unknown = set(wrong.loses) - set(points(name))
    if unknown:
        raise ValueError(f"{title!r} loses points in tests that {name} does not have: {sorted(unknown)}")
    return {test: float(most - wrong.loses.get(test, 0)) for test, most in points(name).items()}


def handed_in(kind, release):
    """Return the notebook that a student of this kind hands in, starting from the student version."""
    name, title, wrong = kind
    notebook = nbformat.from_dict(release)
    if title == "empty":
        return notebook
    solved = {meta(cell)["grade_id"]: cell.source for cell in read_text(name).cells if is_solution(cell)}
    for cell in notebook.cells:
        if is_solution(cell):
            cell.source = re.sub(r"(?m)^ *### (BEGIN|END) SOLUTION\n?", "", solved[meta(cell)["grade_id"]])
    if wrong is not None:
        change(notebook, wrong)
    return notebook


def change(notebook, wrong):
    """Make a wrong submission of a right one."""
    cells = {meta(cell)["grade_id"]: cell for cell in notebook.cells if "grade_id" in meta(cell)}
    for grade_id, source in wrong.cells.items():
        cells[grade_id].source = source
    for grade_id, old, new in wrong.edits:
        if old not in cells[grade_id].source:
            raise ValueError(f"{wrong.title!r}: {grade_id} does not contain {old!r}")
        cells[grade_id].source = cells[grade_id].source.replace(old, new)
    for grade_id in wrong.deletes:
        notebook.cells.remove(cells[grade_id])


# Grading, in processes with a course folder each


def grade_all(found, folder, source=ASSIGNMENTS / "source"):
    """Grade submissions, and return them with their marks: a list of (kind, {test: points}).

    `folder` is where the course folders are made; `source` has the source notebooks.
    """
    releases, graded = {}, {}
    with grading_processes(folder) as pool:
        releases = pool.submit(prepare, source, sorted({name for name, *_ in found})).result()
        # Assignment 3 imports TensorFlow, and takes longest: begin with it.
        for number in sorted(range(len(found)), key=lambda number: found[number][0], reverse=True):
            name, title, wrong = found[number]
            notebook = handed_in(found[number], releases[name])
            student = re.sub(r"\W+", "-", title)
            graded[number] = pool.submit(grade, name, student, notebook, wrong and wrong.timeout)
        return [(kind, graded[number].result()) for number, kind in enumerate(found)]


def student_versions(names, folder, source=ASSIGNMENTS / "source"):
    """Return the notebooks that nbgrader hands out to students, by name."""
    with grading_processes(folder) as pool:
        return pool.submit(prepare, source, names).result()


@contextlib.contextmanager
def grading_processes(folder):
    """Start processes that keep the user's settings of Jupyter out, and what Jupyter writes within a folder."""
    profile = folder / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text("get_config().Application.log_level = 40\n", encoding="utf-8")
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython"}
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # nbgrader calls `alembic`
    own = {name: str(folder / place) for name, place in places.items()} | {"JUPYTER_NO_CONFIG": "1", "PATH": programs}
    before = dict(os.environ)
    os.environ.update(own)
    try:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(AT_ONCE, context, initializer=start, initargs=(folder,)) as pool:
            yield pool
    finally:
        os.environ.clear()
        os.environ.update(before)


place, course = None, None  # of a grading process


def start(folder):
    """Begin a grading process: it works in a folder, and is quiet."""
    global place
    place = folder
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the kernels inherit it, and TensorFlow writes there


def prepare(source, names):
    """Make a course folder with the student versions, for all processes to copy, and return them."""
    root = place / "course"
    shutil.copytree(source, root / "source")
    shutil.copy(ASSIGNMENTS / "nbgrader_config.py", root)
    return {name: Course(root).release(name) for name in names}


def grade(name, student, notebook, timeout=None):
    """Grade a submission in this process's own copy of the course, and return the points of each test."""
    global course
    if course is None:
        course = Course(shutil.copytree(place / "course", place / f"course-{os.getpid()}"))
    marks = course.grade(name, student, notebook, timeout)
    return {test: marks[test] for test in points(name)}


class Course:
    """A course folder as a teacher has one: source notebooks, nbgrader's settings, a gradebook."""

    def __init__(self, root):
        from nbgrader.apps import NbGraderAPI
        from nbgrader.coursedir import CourseDirectory
        from traitlets.config import PyFileConfigLoader

        self.root = root
        self.config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
        self.config.CourseDirectory.root = str(root)
        self.config.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
        self.api = NbGraderAPI(CourseDirectory(config=self.config), config=self.config)
        self.api.log.handlers.clear()
        self.api.log.propagate = False

    def release(self, name):
        """Make an assignment's student version, and return it."""
        told = self.api.generate_assignment(name)
        if not told["success"]:
            raise RuntimeError(f"nbgrader refuses {name}:\n{told.get('log', '')}{told['error']}")
        return nbformat.read(self.root / "release" / name / f"{name}.ipynb", as_version=4)

    def grade(self, name, student, notebook, timeout):
        """Hand in a notebook for a student, let nbgrader grade it, and return the points of each test."""
        from nbgrader.api import Gradebook

        folder = self.root / "submitted" / student / name
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{name}.ipynb")
        usual = self.config.Execute.timeout
        self.config.Execute.timeout = timeout or usual
        told = self.api.autograde(name, student)
        self.config.Execute.timeout = usual
        if not told["success"]:
            raise RuntimeError(f"nbgrader could not grade {student} in {name}:\n{told.get('log', '')}{told['error']}")
        with Gradebook(self.config.CourseDirectory.db_url) as book:
            grades = book.find_submission_notebook(name, name, student).grades
            return {grade.name.removeprefix("test-"): float(grade.score) for grade in grades}


# The table


def table(results):
    """Return the marks of all submissions, exercise by exercise, as text."""
    lines, wide = [], max(len(kind[1]) for kind, _ in results) + 1
    for name in dict.fromkeys(kind[0] for kind, _ in results):
        exercises = sorted({test[0] for test in points(name)})
        each = "".join(f"{exercise:>5}" for exercise in exercises)
        lines.append(f"{name.upper():{wide}}{each}   total  deserves")
        lines.append(f"{'points':{wide}}{by_exercise(points(name), exercises)}")
        for kind, marks in results:
            if kind[0] == name:
                wanted = deserved(kind)
                line = f"{kind[1]:{wide}}{by_exercise(marks, exercises)}{sum(wanted.values()):>10g}"
                other = [
                    f"{test} {marks[test]:g}, not {wanted[test]:g}" for test in marks if marks[test] != wanted[test]
                ]
                lines.append(line + (f"  DIFFERS: {'; '.join(other)}" if other else ""))
        lines.append("")
    return "\n".join(lines)


def by_exercise(marks, exercises):
    """Return the sums of marks for the exercises, and of all, as text."""
    sums = [sum(marks[test] for test in marks if test[0] == exercise) for exercise in exercises]
    return "".join(f"{one:>5g}" for one in sums) + f"{sum(sums):>8g}"


if __name__ == "__main__":
    sys.exit(main())
