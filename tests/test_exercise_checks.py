"""The exercises of the chapters: what their checks must find, and the questions' right answers, computed."""

import copy

import nbformat
import pytest

import exercise_checks as checks
import notebook_checks
import run_notebooks
from helpers import computed

TEXTS = sorted(notebook_checks.CHAPTERS.glob("[0-9][0-9]-*.md"))

TINY = """---
jupytext:
  formats: ipynb,md:myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# Try a small chapter

- **It takes** 1 minute.

## Check yourself

<!-- holds: conv_output_size(6, 3, stride=2) == 2 -->

**1.** What is twice two?

<details class="choice"><summary>A. 4</summary>

**Right.** Two and two.

</details>
<details class="choice"><summary>B. 22</summary>

**No.** *You wrote them side by side.* Read about [numbers](glossary.md#kernel).

</details>
<details class="choice"><summary>C. 5</summary>

**No.** *You counted one finger twice.* Read about [fingers](glossary.md#kernel).

</details>

<!-- holds: 2 + 2 == 4 -->

**2.** And what is half of it?

<details class="choice"><summary>A. 4</summary>

**No.** *You forgot to halve.* Read about [halves](glossary.md#kernel).

</details>
<details class="choice"><summary>B. 2</summary>

**Right.** Half of four.

</details>
<details class="choice"><summary>C. 1</summary>

**No.** *You halved twice.* Read about [halves](glossary.md#kernel).

</details>

## On your own

**Exercise 1 (by hand).** Count to four.

<details>
<summary>Solution</summary>

One, two, three, four.

</details>

**Exercise 2 (predict, then run).** What is four?

```{code-cell} ipython3
:tags: [hide-cell, solution]

from transpose_conv.exercises import check

print(4)
```

**Exercise 3 (code).** Write it. Run the second cell to check what you wrote.

```{code-cell} ipython3
:tags: [exercise]

def twice(n):
    \"\"\"Return twice n.\"\"\"
    ...  # your code here
```

```{code-cell} ipython3
:tags: [check]

cases = [((n,), n + n) for n in range(4)]
check(twice, cases)
```

```{code-cell} ipython3
:tags: [hide-cell, solution]

def twice(n):
    return 2 * n

check(twice, cases)
```
"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    text = tmp_path_factory.mktemp("chapters") / "77-tiny.md"
    text.write_text(TINY, encoding="utf-8")
    assert run_notebooks.rewrite(text, run_notebooks.Progress())
    return nbformat.read(text.with_suffix(".ipynb"), as_version=4)


def problems(notebook):
    return [problem for check in checks.OF_ONE for problem in check(notebook)]


def test_the_small_chapter_passes_every_check(executed):
    assert problems(executed) == []
    assert list(notebook_checks.functions_grown_once({"77-tiny": executed})) == []


def stub_passes(cells):
    cells[-2].outputs[0].text = "Right, in 4 of 4 cases.\n"


def solution_fails(cells):
    cells[-1].outputs[0].text = "Not yet: twice(1) gives 3, and should give 2.\n"


def solution_passes_by_halves(cells):
    cells[-1].outputs[0].text = "Right, in 4 of 4 cases.\nNot yet: twice(1) gives 3, and should give 2.\n"


def other_check(cells):
    cells[-1].source = cells[-1].source.replace("check(twice, cases)", "check(twice, cases[:1])")


def other_function(cells):
    cells[-1].source = cells[-1].source.replace("def twice", "def double")


def filled_in(cells):
    cells[-3].source = cells[-3].source.replace("...  # your code here", "return n + n")


def without_check(cells):
    cells[-2].metadata.tags = []


def shown_solution(cells):
    cells[-1].metadata.tags = ["solution"]


def without_stub(cells):
    for cell in cells[-3:]:
        cell.metadata.tags = []


def text_without(some, other=""):
    def spoil_text(cells):
        found = [cell for cell in cells if some in cell.source]
        assert found
        found[0].source = found[0].source.replace(some, other, 1)

    return spoil_text


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (stub_passes, "cell 77-004 lets the stub pass"),
        (solution_fails, "cell 77-005 does not pass the check"),
        (solution_passes_by_halves, "cell 77-005 does not pass the check"),
        (other_check, "cell 77-005 does not end with the check of cell 77-004"),
        (other_function, "cell 77-005 does not define `twice`"),
        (filled_in, "cell 77-003 is not a stub: a function of a docstring and `...`"),
        (without_check, "cell 77-003 is not followed by a check and a hidden solution"),
        (shown_solution, "cell 77-003 is not followed by a check and a hidden solution"),
        (without_stub, "no cell is the stub of a coding exercise"),
        (text_without("<summary>Solution", "<summary>Hint"), "exercise 1 has no solution"),
        (
            text_without("(by hand)", "(think)"),
            "the exercises are ['think', 'predict, then run', 'code'], where there should be one of each of "
            "['by hand', 'predict, then run', 'code'], in this order",
        ),
        (text_without("**Right.** Two", "**No.** *You see [two](x)*"), "question 1 does not have one right answer"),
        (text_without("**No.** *You wrote", "**Right.** *You wrote"), "question 1 does not have one right answer"),
        (
            text_without("*You wrote them side by side.* "),
            "answer B of question 1 names no misconception with a way out",
        ),
        (text_without("[numbers](glossary.md#kernel)"), "answer B of question 1 names no misconception with a way out"),
        (text_without("summary>B. 22", "summary>D. 22"), "question 1 has the answers 'ADC', not A, B, C ..."),
        (
            text_without("<!-- holds: 2 + 2 == 4 -->\n\n"),
            "the chapter asks 1 questions with answers to choose from, fewer than 2",
        ),
        (text_without("**2.** And", "And"), "question 2 is not a comment `holds`, a number and a text: 'And what is"),
    ],
)
def test_a_planted_fault_is_found(executed, spoil, expected):
    planted = copy.deepcopy(executed)
    spoil(planted.cells)
    found = problems(planted)
    assert any(problem.startswith(expected) for problem in found), found


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)
def test_what_the_answers_say_is_computed(text):
    for holds, question, _ in checks.choices(nbformat.read(text.with_suffix(".ipynb"), as_version=4)):
        assert computed(holds), question


def test_a_claim_that_is_not_true_or_not_a_claim_is_found():
    assert not computed("conv_output_size(7, 3, stride=2) == 4")
    with pytest.raises(AssertionError, match="neither true nor false"):
        computed("conv_output_size(7, 3, stride=2)")
