"""What a reader is told of an answer to a coding exercise."""

import numpy as np
import pytest

from transpose_conv.exercises import check

ROW = np.array([1, 2, 3])


def told(capsys, function, cases):
    check(function, cases)
    return " ".join(capsys.readouterr().out.split())


def half(n):
    return n // 2


def none(*arguments): ...  # what a stub returns


def raising(n):
    raise KeyError(n)


def spoiling(row):
    row += 1
    return row


@pytest.mark.parametrize(
    ("function", "cases", "sentence"),
    [
        (half, [((4,), 2), ((5,), 2)], "Right, in 2 of 2 cases."),
        (half, [((4,), 2), ((5,), 3)], "Not yet: half(5) gives 2, and should give 3."),
        (none, [((1, 2), 3)], "Not yet: none(1, 2) gives None, and should give 3."),
        (none, [((ROW,), ROW)], "Not yet: none(array([1, 2, 3])) gives None, and should give array([1, 2, 3])."),
        (raising, [((1,), 1)], "Not yet: raising(1) raises KeyError: 1"),
        (raising, [((1,), KeyError)], "Right, in 1 of 1 cases."),
        (raising, [((1,), TypeError)], "Not yet: raising(1) raises KeyError: 1"),
        (half, [((1,), ValueError)], "Not yet: half(1) gives 0, and should raise ValueError."),
        (half, [((ROW,), np.array([0, 1, 1]))], "Right, in 1 of 1 cases."),
        (
            half,
            [((ROW,), np.array([0, 1, 2]))],
            "Not yet: half(array([1, 2, 3])) has 1 at index 2, where 2 should be.",
        ),
        (
            half,
            [((ROW,), np.array([[0, 1, 1]]))],
            "Not yet: half(array([1, 2, 3])) gives array([0, 1, 1]), and should give an array of shape (1, 3).",
        ),
        (
            half,
            [((ROW[None],), np.array([[0, 1, 2]]))],
            "Not yet: half(an array of shape (1, 3)) has 1 at index (0, 2), where 2 should be.",
        ),
        (spoiling, [((ROW,), ROW + 1), ((ROW,), ROW + 1)], "Right, in 2 of 2 cases."),
        (lambda: [1, 2], [((), (1, 2))], "Not yet: it() gives [1, 2], and should give (1, 2)."),
        (lambda: (1,), [((), (1, 2))], "Not yet: it() gives (1,), and should give (1, 2)."),
        (lambda: (np.int64(1), 2), [((), (1, 2))], "Right, in 1 of 1 cases."),
        (lambda: 1, [((), True)], "Not yet: it() gives 1, and should give True."),
        (lambda: True, [((), 1)], "Not yet: it() gives True, and should give 1."),
        (lambda: np.bool_(True), [((), True)], "Right, in 1 of 1 cases."),
        (lambda: ROW, [((), 1)], "Not yet: it() gives array([1, 2, 3]), and should give 1."),
        (lambda: ROW[:1], [((), 1)], "Not yet: it() gives array([1]), and should give 1."),
        (lambda: "valid", [((), "valid")], "Right, in 1 of 1 cases."),
        (lambda: (1, 3), [((), (1, 2))], "Not yet: it() gives (1, 3), and should give (1, 2)."),
        (half, [((ROW,), np.array([0, 5, 2]))], "Not yet: half(array([1, 2, 3])) has 1 at index 1, where 5 should be."),
        (none, [((np.zeros(8, int),), 1)], f"Not yet: none(array({[0] * 8})) gives None, and should give 1."),
        (none, [((np.zeros(9, int),), 1)], "Not yet: none(an array of shape (9,)) gives None, and should give 1."),
    ],
)
def test_the_verdict(capsys, function, cases, sentence):
    assert told(capsys, function, cases) == sentence


def test_the_verdict_fits_the_page(capsys):
    check(lambda *rows: None, [(("x" * 30,) * 3, "y" * 30)])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 76


@pytest.mark.parametrize(("length", "lines"), [(76, 1), (77, 2)])
def test_a_line_is_as_wide_as_the_page(capsys, length, lines):
    around = "Not yet: it() gives '', and should give 1."
    check(lambda: "x" * (length - len(around)), [((), 1)])
    assert len(capsys.readouterr().out.splitlines()) == lines


def test_of_a_long_message_two_hundred_characters_are_shown(capsys):
    def failing():
        raise ValueError("w" * 300)

    assert told(capsys, failing, [((), 1)]).count("w") == 200


@pytest.mark.parametrize("case", [[(4,), 2], ((4,), 2, 3), (4, 2)])
def test_a_case_is_a_pair_whose_arguments_are_a_tuple(case):
    with pytest.raises(TypeError, match="`cases` must hold pairs"):
        check(half, [case])


def test_no_cases_would_prove_nothing():
    with pytest.raises(ValueError, match="`cases` is empty: with no case every function is right"):
        check(half, [])
