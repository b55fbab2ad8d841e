"""Reads the numbers of an alternative text, and says which of them its figure does not show.

A number is read by the words around it: `6 by 6` is a shape, `1, 2, 13` a run of cells, points or ticks, `5 to 9` the
ends of one, `four stamps` a count, `row 5` a place, `the centre holds 27` a value, `kernel 3, stride 2: 5 and 6` what
stands at a label. What can be read in no such way is a fault, like what the figure does not show.
"""

import re

import alt_cells as cells
import alt_counts as counts
from alt_words import CHAIN, LIST, NOUN, N
from figure_facts import NUMBER, Figure, number_words, plain

TAIL = r"( [^.;]+?)(?=[.;]|, (?:and|but) |$)"  # what is said of a label
UNREAD = "nothing says what it is"


def unshown(alt, said):
    """Return a sentence for each number of an alternative text that its figure does not show.

    Parameters
    ----------
    alt : str
    said : list of dict
        What the figure shows, from the metadata of its picture.

    Returns
    -------
    list of str
    """
    text, figure = number_words(alt), Figure(said)
    left = dict.fromkeys(numerals(text), UNREAD)
    for rule, pattern in [*OF_CELLS, *quotations(figure), *OTHERS]:
        for match in re.finditer(pattern, text):
            groups = [match.span(n) for n in range(1, len(match.groups()) + 1) if match[n] is not None]
            spans = [span for span in left if any(start <= span[0] < end for start, end in groups)]
            verdict = rule(figure, match) if spans and all(left[span] == UNREAD for span in spans) else None
            if verdict is not None:
                left.update(dict.fromkeys(spans, "" if verdict else f"the figure shows no `{match[0].strip()}`"))
    return [f"{text[slice(*span)]}: {why}" for span, why in left.items() if why]


def numerals(text):
    """Return the places of all numbers of a text without number words."""
    return [match.span() for match in re.finditer(rf"(?<![\w.]){NUMBER}", text)]


def quotations(figure):
    """Yield rules for the texts of a figure: what stands at one, as `doubling: 5`, and that it is quoted."""
    labels = sorted({plain(text) for text in figure.labels()} - {""}, key=len, reverse=True)
    for label in labels:
        quoted = r"\b" + r"[ ,:=()\[\]_\n]+".join(map(re.escape, label.split()))
        if re.search("[a-z]", label):
            yield (
                (lambda figure, match, label=label: cells.at_label(figure, label, match)),
                rf"{quoted}(?::| shows| adds| takes){TAIL}",
            )
        if label in figure.names():
            yield (
                (lambda figure, match, label=label: counts.curve(figure, label, match)),
                rf"{quoted}((?: falls| rises)? from [^.;]*?about {N}(?:[^.;]*? to about {N})*)",
            )
        if re.search(r"\d.*[a-z]|[a-z].*\d", label):
            yield (lambda figure, match: True), rf"({quoted})(?!\w)"


# Each rule gets the figure and what its pattern matched, and says yes, no, or (None) that this is not for it to say. The
# numbers in the groups of a pattern are those that it speaks of. The first that speaks of a number decides.
OF_CELLS = [
    (cells.boxes, rf"{N} {N} by {N} stamps"),
    (cells.blocks, rf"{N} blocks of {N} by {N}"),
    (cells.row_reads, rf"(row|column) {N} (is|reads|has|starts with|ends in) {LIST}(?:,? from column {N} on)?"),
    (cells.hatched_lines, rf"((?:row|column) {N}(?: and (?:row|column) {N})?) (?:is|are)[^.;:]*hatched"),
    (cells.crossing_lines, rf"{N}s in row and column {N}"),
    (cells.hatched_cells, rf"outputs? {LIST} are hatched"),
    (cells.overlap, rf"overlap in row and column {N}"),
    (cells.dashed_cell, rf"cell {N} of {N} is dashed"),
    (cells.value_at, rf"{N} in row {N}, column {N}"),
    (cells.middle_cells, rf"{N}(?: to {N})? in the {N} middle cells"),
    (cells.lowest, rf"down to {N}(?=\.)"),
    (cells.centre, rf"centre (?:holds|is|ends at) {N}|{N} in the centre"),
    (cells.corners, rf"corners? (?:is|are) {N}|{N}s in the corners"),
    (cells.edges, rf"edges?(?: every cell)? (?:is|are) {N}|{N} along the edges"),
    (cells.inside, rf"inside,? (?:every cell )?(?:is|are) {N}"),
    (cells.table_cell, rf"asked in (\w+), said in (\w+): {N}(?:; said in (\w+): {N})?"),
    (cells.table_column, rf"column of what is said in (\w+) is {N}"),
    (counts.gives, rf"{LIST}[^.;]*? gives? {N}"),
    (counts.both_end, rf"{LIST}, [\w ]*, both end at {N}"),
    (cells.mostly, rf"{N} by {N}: {N}s"),
    (cells.shape, rf"{N} by {N}"),
    (cells.only, r"products: ((?:\d+s(?:, and |, | and )?)+)"),
    (cells.stamped, rf"stamp of {N}s[^.]*; then stamps of {N}s, {N}s and {N}s"),
    (cells.filled, rf"(groups {N}): all cells are filled"),
    (counts.strong_lines, rf"(by [a-z ]+), the {N} lines (?:of|that end at|with) (input|output|weight) {N}"),
    (counts.weights, rf"weights? ({NUMBER}(?:(?:, | and ){NUMBER})*)"),
    (counts.hold, rf"(?:{N} and )?{N} cells hold {N} placements"),
    (counts.padded, rf"{N} samples have {N} padding cells?"),
    (counts.windows, rf"{N} windows of {N} cells"),
    (cells.groups, rf"{N} groups of {N}"),
]
OTHERS = [  # after the texts that the figure itself has
    (cells.labelled_row, rf"({CHAIN})(?::| shows| adds| takes){TAIL}"),
    (counts.sequence, LIST),
    (cells.label, rf"({CHAIN})"),
    (counts.starts, rf"from {N} to almost {N}"),
    (counts.ends, rf"{N} to {N}"),
    (counts.last_tick, rf"up to {N}"),
    (counts.meet, rf"{N} of them meet at {N}"),
    (counts.line_at, rf"(?:line|peak|dip|starts above|falls below|position|at)(?: at)? {N}(?! at)"),
    (counts.about, rf"about {N}"),
    (counts.count, rf"{N}(?: [a-z-]+){{0,2}}? ({NOUN})\b"),
    (cells.known, rf"(?:makes|ends? at|gives?|output|input|weight|hatched|have a) {N}(?!s)"),
    (cells.plural, rf"(hatched )?{N}s\b"),
]
