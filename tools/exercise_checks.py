"""What must hold for the exercises of every chapter: each check yields a sentence per fault.

A coding exercise is three cells: a stub, a call of `transpose_conv.exercises.check` that refuses it, and a hidden
solution that ends with the same call. Their printed outputs are the proof, and nbval proves the outputs. A question
with answers to choose from is HTML that needs no script; the comment before it is what `tests/test_exercises.py` computes.
"""

import ast
import re

from notebook_checks import STUB_TAG, code_cells, tags, text_of

CHECK_TAG, SOLUTION_TAG = "check", "solution"
LEVELS = ["by hand", "predict, then run", "code"]


def exercises_of_three_levels(notebook):
    """A chapter ends in exercises by hand, by prediction and in code, in this order, and each has a solution."""
    if not is_chapter(notebook):
        return
    levels, unsolved = [], {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if SOLUTION_TAG in tags(cell):
                unsolved.clear()
            continue
        for block in re.split(r"(?m)^(?=\*\*Exercise )", cell.source):
            found = re.match(r"\*\*Exercise (\d+) \(([^)]+)\)\.\*\*", block)
            if found:
                yield from unsolved.values()
                levels.append(found[2])
                unsolved = {found[1]: f"exercise {found[1]} has no solution"}
            if "<summary>Solution</summary>" in block:
                unsolved.clear()
    yield from unsolved.values()
    if [level for level in levels if level in LEVELS] != LEVELS:
        yield f"the exercises are {levels}, where there should be one of each of {LEVELS}, in this order"


def coding_exercises_proved(notebook):
    """The stub of a coding exercise was refused by its check, and the solution passed the same check."""
    cells = code_cells(notebook)
    stubs = [index for index, cell in enumerate(cells) if STUB_TAG in tags(cell)]
    if is_chapter(notebook) and not stubs:
        yield "no cell is the stub of a coding exercise"
    for index in stubs:
        stub, check, solution = [*cells[index : index + 3], None, None][:3]
        name = name_of_stub(stub.source)
        if name is None:
            yield f"cell {stub.id} is not a stub: a function of a docstring and `...`"
        elif not (solution and CHECK_TAG in tags(check) and {SOLUTION_TAG, "hide-cell"} <= set(tags(solution))):
            yield f"cell {stub.id} is not followed by a check and a hidden solution"
        elif f"def {name}(" not in solution.source:
            yield f"cell {solution.id} does not define `{name}`"
        elif not (calls := re.findall(r"(?m)^check\(.*\)$", check.source)) or not solution.source.endswith(calls[-1]):
            yield f"cell {solution.id} does not end with the check of cell {check.id}"
        elif not says(check, "Not yet: "):
            yield f"cell {check.id} lets the stub pass"
        elif not says(solution, "Right, in "):
            yield f"cell {solution.id} does not pass the check"


def choices_explained(notebook):
    """A chapter has questions with one right answer; each wrong one names a misconception and links to a way out."""
    if not is_chapter(notebook):
        return
    asked = choices(notebook)
    if len(asked) < 2:
        yield f"the chapter asks {len(asked)} questions with answers to choose from, fewer than 2"
    for number, (holds, question, answers) in enumerate(asked, 1):
        if not holds or not question.startswith(f"**{number}.** "):
            yield f"question {number} is not a comment `holds`, a number and a text: {question[:40]!r}"
        letters = "".join(letter for letter, *_ in answers)
        if len(letters) < 3 or letters != "ABCDEFGH"[: len(letters)]:
            yield f"question {number} has the answers {letters!r}, not A, B, C ..."
        if sum(text.startswith("**Right.** ") for *_, text in answers) != 1:
            yield f"question {number} does not have one right answer"
        for letter, _, text in answers:
            if not text.startswith("**Right.** ") and not re.match(r"\*\*No\.\*\* \*You .+?\*.*\]\(", text, re.DOTALL):
                yield f"answer {letter} of question {number} names no misconception with a way out"


def choices(notebook):
    """Return the questions of a notebook: what is to hold, the text, and for each answer its letter, itself and the reply."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    part = re.search(r"(?ms)^## Check yourself$(.*?)(?=^## |\Z)", text)
    found = []
    for block in re.split(r"(?m)^(?=<!-- holds: )", part[1] if part else ""):
        if "<details" not in block:
            continue
        question, *answers = re.split(r"(?m)^<details class=\"choice\">", block)
        holds = re.match(r"(?s)<!-- holds: (.*?) -->\s*", question)
        answers = [
            re.fullmatch(r"(?s)<summary>(.)\. (.*?)</summary>\n\n(.*?)\n\n</details>\s*", answer) for answer in answers
        ]
        replies = [match.groups() if match else ("?", "", "") for match in answers]
        found.append((holds and holds[1], question[holds.end() if holds else 0 :].strip(), replies))
    return found


OF_ONE = [exercises_of_three_levels, coding_exercises_proved, choices_explained]


def is_chapter(notebook):
    """Say whether the notebook is a chapter, which tells how long it takes, and not a page to look things up in."""
    return any(cell.cell_type == "markdown" and "- **It takes** " in cell.source for cell in notebook.cells)


def name_of_stub(source):
    """Return the name of the function that a cell leaves to the reader; None where the cell is anything else."""
    body = ast.parse(source).body
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef):
        return None
    constants = [line.value.value for line in body[0].body if isinstance(getattr(line, "value", None), ast.Constant)]
    return body[0].name if len(constants) == len(body[0].body) == 2 and constants[1] is ... else None


def says(cell, start):
    """Say whether the last line that a cell printed, not counting continued ones, starts in a certain way."""
    printed = "".join(text_of(output) for output in cell.outputs)
    lines = [line for line in printed.splitlines() if not line.startswith(" ")]
    return bool(lines) and lines[-1].startswith(start)
