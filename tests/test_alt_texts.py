"""Alternative texts: every number in one is in its figure, as what the text says it is."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pytest

import figure_numbers
import notebook_checks
from alt_texts import numerals, unshown
from figure_facts import number_words, value
from transpose_conv import plotting


def described():
    """Yield every figure of the book: its name, its alternative text, and what it shows."""
    for path in sorted(notebook_checks.CHAPTERS.glob("[0-9]*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                if "image/png" in output.get("data", {}):
                    said = cell["metadata"]["mystnb"]
                    yield said["figure"]["name"], said["image"]["alt"], output["metadata"].get(figure_numbers.KEY)


FIGURES = list(described())
TEXTS = {name: (alt, shows) for name, alt, shows in FIGURES}


@pytest.mark.parametrize(("alt", "shows"), TEXTS.values(), ids=TEXTS)
def test_a_figure_shows_every_number_of_its_text(alt, shows):
    assert shows is not None, "execute the chapter again: `python3 tasks.py notebooks --only NN`"
    assert unshown(alt, shows) == []


@pytest.mark.parametrize(
    ("name", "right", "wrong", "said"),
    [
        ("fig-four-stamps", "a 6 by 6 sheet", "a 5 by 6 sheet", "5: the figure shows no `5 by 6`"),
        ("fig-four-stamps", "four 3 by 3", "five 3 by 3", "5: the figure shows no `5 3 by 3 stamps`"),
        ("fig-four-stamps", "Row 5 and", "Row 4 and", "4: the figure shows no `row 4 and column 5 are hatched`"),
        ("fig-coverage-valid", "a four in the centre", "a three in the centre", "3: the figure shows no `3 in the centre`"),
        ("fig-not-an-inverse", "1, 4, 10, 4, 9, 0", "1, 4, 10, 4, 8, 0", "8: the figure shows no `1, 4, 10, 4, 8, 0`"),
        ("fig-three-orders", "the two lines that", "the three lines that", "3: the figure shows no `by output, the 3 lines that"),
        ("fig-keras-defaults", "takes 5 of", "takes 6 of", "6: the figure shows no `valid, kernel 3, stride 2 takes 6 of"),
        ("fig-sizes-fall-together", "3 to 12", "3 to 11", "11: the figure shows no `3 to 11`"),
        ("fig-mutants-and-tests", "doubling: 33", "doubling: 34", "34: the figure shows no `doubling: 34`"),
        ("fig-learned-kernel", "minus 16", "minus 15", "-15: the figure shows no `down to -15`"),
        ("fig-stamp-by-stamp", "Four states", "Nine statues", "9: nothing says what it is"),
    ],
)  # fmt: skip
def test_a_wrong_number_is_named(name, right, wrong, said):
    alt, shows = TEXTS[name]
    assert right in alt
    assert any(sentence.startswith(said) for sentence in unshown(alt.replace(right, wrong), shows))


# What no figure can tell: which of two labels, or of two alike counts, is meant
UNNOTICED = [
    "fig-zero-insertion: [3] cells of padding, 1",
    "fig-checkerboard-spectrum: [2], 1 there is a tall",
    "fig-checkerboard-crops: [4], 20 steps: covered",
    "fig-checkerboard-crops: [4], 240 steps and kern",
]


def test_one_more_is_noticed_almost_everywhere():
    """Each number of each text is made larger by 1."""
    tried, missed = 0, []
    for name, alt, shows in FIGURES:
        text = number_words(alt)
        for start, end in numerals(text):
            above, slash, below = text[start:end].partition("/")
            more = f"{value(above) + 1:g}{slash}{below}"
            tried += 1
            if unshown(text[:start] + more + text[end:], shows) == []:
                missed.append(f"{name}: [{more}]{text[end : end + 20].rstrip()}")
    assert tried > 550
    assert missed == UNNOTICED


# What a figure shows


def test_cells_stamps_and_texts_are_said(ax):
    values = np.array([[1, 2], [3, 0]])
    plotting.draw_cells(ax, values, role="output", empty=values == 0, faint=values == 3, label="two")
    plotting.draw_stamps(ax, [(0, 0), (0, 2)], 3)
    ax.text(5, 0.5, "row 0")
    assert figure_numbers.numbers(ax.figure) == [
        {
            "title": "two",
            "rows": [[0, 0, ["1", "2"]], [1, 0, ["_3", "#0"]]],
            "boxes": [[3, 3, "", [[0, 0], [2, 0]]]],
            "texts": [[5, 0.5, "row 0"]],
        }
    ]


def test_lines_bars_ticks_and_pictures_are_said():
    fig, (left, middle, right) = plt.subplots(1, 3)
    left.plot(range(20), np.arange(20) / 8, label="eighths")
    left.legend()
    left.set(xticks=[0, 10], xlabel="step", yticks=[])
    middle.barh(["few", "many"], [1, 20])
    middle.set(xticks=[])
    right.imshow(np.repeat(np.repeat([[1.0, 2.0]], 2, 0), 2, 1))
    right.set_axis_off()
    said = figure_numbers.numbers(fig)
    plt.close(fig)
    line = {"points": 20, "x": [0, 19], "y": [0, 2.375, 0, 2.375], "name": "eighths", "color": "#1f77b4"}
    assert said == [
        {"at": [0, 0], "x": ["step", "0", "10"], "legend": ["eighths"], "lines": [line]},
        {"at": [0, 1], "y": ["", "few", "many"], "bars": [["few", 1], ["many", 20]]},
        {
            "at": [0, 2],
            "images": [{"shape": [2, 4], "range": [1, 2], "block": 2, "values": [[1, 1, 2, 2], [1, 1, 2, 2]]}],
        },
    ]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda part: part["rows"][0][2].__setitem__(0, "2"), "0 rows 0 2 0: 1 became 2"),
        (lambda part: part.update(title="three"), "0 title: two became three"),
        (lambda part: part["lines"].pop(), "0 lines: [{'points': 2, 'x': [0, 0.5]}] became []"),
        (lambda part: part["lines"][0]["x"].__setitem__(1, 0.6), "0 lines 0 x 1: 0.5 became 0.6"),
        (lambda part: part["lines"][0]["x"].__setitem__(1, 0.501), None),  # another machine
    ],
)
def test_a_figure_that_shows_something_else_is_told_apart(spoil, said):
    def shown():
        return [{"title": "two", "rows": [[0, 0, ["1", "2"]]], "lines": [{"points": 2, "x": [0, 0.5]}]}]

    other = shown()
    spoil(other[0])
    assert list(figure_numbers.differences(shown(), other)) == ([said] if said else [])
