"""The words by which an alternative text says numbers, as patterns, and small questions about numbers that are listed."""

import re

from figure_facts import NUMBER, value

N = rf"({NUMBER})(?![.\d]*\d)"
NAMED = "kernel|stride|dilation|padding|size|groups|phase|pixel"
CHAIN = rf"(?:\b(?:[a-z]+, )?(?:{NAMED}) {NUMBER}(?:, )?)+"  # `kernel 3, stride 2`
NOUN = (  # what is counted: `alt_counts.COUNTS` says how
    r"rows?|tests?|intervals?|padding cells?|cells? of padding|columns?|faults?|mutants?|cells?|inputs?|outputs?|samples?|lines?|"
    r"dots?|points?|matri\w+|maps?|pictures?|crops?|states?|copies|kernels?|bars?|habits?|spectra|curves?|axes|squares?|placements?|windows?"
)
COUNTED = rf"(?:input |output |small )?(?:{NOUN})\b"
LIST = rf"({NUMBER}(?:(?:, and |, | and )(?:an? )?(?:hatched |inserted )?{NUMBER}(?![.\d]*\d| by|s\b| {COUNTED}))+)"


def listed(words):
    """Return the numbers of a list in words."""
    return [value(one) for one in re.findall(NUMBER, words)]


def within(wanted, run):
    """Whether some numbers stand in a run, next to each other and in order."""
    return any(run[start : start + len(wanted)] == wanted for start in range(len(run)))


def near(said, one):
    """Whether a number, rounded as it is said, is what is said."""
    digits = len(said.partition(".")[2])
    return round(one, digits) == value(said)
