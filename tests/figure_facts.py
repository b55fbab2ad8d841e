"""What a figure shows, asked in the words of an alternative text: its shapes, runs of numbers, counts and values.

A figure is given as `tools/figure_numbers.py` puts it beside the picture.
"""

import functools
import re
from itertools import groupby

NUMBER = r"[-−]?\d+(?:\.\d+)?(?:/\d+)?"
WORDS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
]
PALE = "#a8a8a8"  # of the lines that are not the point of a figure
MARKS = "#~_"  # hatched, dashed, pale


def number(text):
    """Return the number that a text is, a mark before it or an arrow set aside, or None."""
    found = re.fullmatch(rf"[#~_+]?(?:→ )?({NUMBER})", str(text).strip())
    return value(found[1]) if found else None


def value(text):
    """Return the value of a numeral, also of a fraction."""
    above, _, below = text.replace("−", "-").partition("/")
    return float(above) / float(below or 1)


class Run:
    """Cells that stand side by side: where the first is, what is in them, how they look, and which have a frame."""

    def __init__(self, first, cells):
        self.first, self.cells, self.framed = first, cells, []
        self.values = [number(cell) for cell in cells]
        self.marks = [cell[0] if cell and cell[0] in MARKS else "" for cell in cells]

    def bright(self):
        """Return the places of the cells that are not pale."""
        return [place for place, mark in enumerate(self.marks) if mark != "_"]


class Part:
    """One Axes of a figure."""

    def __init__(self, said):
        self.said = said
        self.title = said.get("title", "")
        self.boxes, self.lines, self.images = said.get("boxes", []), said.get("lines", []), said.get("images", [])
        self.texts = [(x, y, text) for x, y, text in said.get("texts", [])]
        self.bars = said.get("bars", [])
        cells = {(x, y): cell for y, xs, row in said.get("rows", []) for x, cell in zip(columns(xs, row), row)}
        self.rows, self.columns = runs(cells, across=True), runs(cells, across=False)
        self.ys = [y for y, *_ in said.get("rows", [])]
        frames = [place for width, height, _, places in self.boxes if (width, height) == (1, 1) for place in places]
        for y, run in self.rows:
            run.framed = [one for step, one in enumerate(run.values) if [run.first + step, y] in frames]

    def stacks(self):
        """Yield the runs of one place and length that lie below each other."""
        alike = sorted(self.rows, key=lambda row: (row[1].first, len(row[1].cells), row[0]))
        keyed = [(run.first, len(run.cells), round(y - place, 3), run) for place, (y, run) in enumerate(alike)]
        for _, rows in groupby(keyed, key=lambda row: row[:3]):
            yield [run for *_, run in rows]

    def blocks(self):
        """Return the sizes of the blocks of cells."""
        return [(len(stack), len(stack[0].cells)) for stack in self.stacks()]

    def grids(self):
        """Return the blocks of cells that have more than a row, as lists of lists of numbers."""
        return [[run.values for run in stack] for stack in self.stacks() if len(stack) > 1]

    def labels(self):
        """Return every text with its height: titles, ticks, names of lines, and what stands beside the cells."""
        ticks = [text for axis in "xy" for text in self.said.get(axis, [])]
        loose = [self.title, *ticks, *self.said.get("legend", [])]
        return [(None, text) for text in loose] + [(y, text) for _, y, text in self.texts]

    def strong(self):
        """Return the lines that are not pale: where each begins and ends, and the numbers on them."""
        bright = [line for line in self.lines if line["points"] == 2 and line["color"] != PALE]
        return [(line["x"][0] - 0.5, line["x"][1] - 0.5) for line in bright]

    def beside(self, label):
        """Return the numbers that stand in the row of a text, or that its bar has."""
        heights = {y for y, text in self.labels() if y is not None and plain(text) == label}
        found = [number(text) for _, y, text in self.texts if y in heights]
        found += [size for name, size in self.bars if plain(name) == label]
        return [one for one in found if one is not None]

    def row_of(self, label):
        """Return the row of cells that a text stands beside or above."""
        heights = [y for _, y, text in self.texts if plain(text) == label]
        return next((run for y, run in self.rows for at in heights if abs(y + 0.5 - at) < 0.9), None)


class Figure:
    """All Axes of a figure."""

    def __init__(self, said):
        self.parts = [Part(one) for one in said]

    def grids(self):
        return [grid for part in self.parts for grid in part.grids()]

    def names(self):
        """Return the names of the lines."""
        return {plain(line["name"]) for line in self.lines() if "name" in line}

    def lines(self):
        return [line for part in self.parts for line in part.lines]

    def ticks(self):
        return [[number(text) for text in part.said.get(axis, [])[1:]] for part in self.parts for axis in "xy"]

    def shapes(self):
        """Return all (rows, columns) of cells, boxes and pictures, and of what pictures are made of."""
        cells = [block for part in self.parts for block in part.blocks()]
        boxes = [(height, width) for part in self.parts for width, height, *_ in part.boxes]
        pictures = [tuple(image["shape"][:2]) for part in self.parts for image in part.images]
        made_of = [(image["block"],) * 2 for part in self.parts for image in part.images if image["block"] > 1]
        return {*cells, *boxes, *pictures, *(shape[::-1] for shape in pictures), *made_of}

    def sequences(self):
        """Yield every run of numbers that can be read off: along rows, columns, lines, texts, ticks and bars."""
        yield from self.ticks()
        yield [value(one) for part in self.parts for one in re.findall(NUMBER, part.title)]
        yield [len(run.cells) for part in self.parts for _, run in part.rows]
        for part in self.parts:
            yield from cell_runs(part)
            yield from line_runs(part.lines)
            yield from text_runs(part.texts)
            yield [size for _, size in part.bars]

    def values(self):
        """Return every number that stands in the figure by itself."""
        cells = [one for part in self.parts for _, run in part.rows for one in run.values]
        texts = [number(text) for part in self.parts for *_, text in part.texts]
        return {one for one in cells + texts if one is not None}

    def labels(self):
        return [text for part in self.parts for _, text in part.labels() if text]


def columns(xs, row):
    """Return the place of each cell of a row."""
    return xs if isinstance(xs, list) else [xs + step for step in range(len(row))]


def runs(cells, *, across):
    """Return the runs of cells along one axis, each with its place on the other."""
    key, along = (1, 0) if across else (0, 1)
    found = []
    for place in sorted({at[key] for at in cells}):
        line = sorted(at[along] for at in cells if at[key] == place)
        for _, some in groupby(enumerate(line), key=lambda pair: round(pair[1] - pair[0], 3)):
            steps = [step for _, step in some]
            found.append((place, Run(steps[0], [cells[(step, place) if across else (place, step)] for step in steps])))
    return found


def cell_runs(part):
    """Yield the numbers along rows, also over gaps and without the pale ones, along columns and down the diagonal."""
    for _, run in part.columns:
        yield run.values
    for at in part.ys:
        row = [run for y, run in part.rows if y == at]
        yield [one for run in row for one in run.values]
        yield [one for run in row for one, mark in zip(run.values, run.marks) if mark in ("", "#")]
    for grid in part.grids():
        if len(grid) == len(grid[0]) == 2:
            yield [one for row in grid for one in row]
        yield [row[place] for place, row in enumerate(grid) if place < len(row)]


def text_runs(texts):
    """Yield the numbers that stand at one height, above each other, or in one text."""
    for key in (1, 0):
        ordered = sorted((text for text in texts if number(text[2]) is not None), key=lambda text: text[key])
        for _, some in groupby(ordered, key=lambda text: text[key]):
            some = list(some)
            yield [number(text) for *_, text in some]  # as they were drawn
            yield [number(text) for *_, text in sorted(some, key=lambda text: text[1 - key])]
    for *_, text in texts:
        yield [value(one) for one in re.findall(NUMBER, text)]


def line_runs(lines):
    """Yield the points of each line, and the ends of lines that are drawn one after the other."""
    for line in lines:
        yield line["x"]
        yield line["y"]
    ends = [line["x"] for line in lines if line["points"] == 2 and line["y"][0] != line["y"][-1]]
    for end in (0, 1):
        yield [x[end] for x in ends]
        yield [x[end] - 0.5 for x in ends]


def number_words(text):
    """Write a text without capitals and number words: `Four stamps of ones` becomes `4 stamps of 1s`."""
    text = text.lower().replace("−", "-").replace("minus ", "-")
    for number, word in enumerate(WORDS):
        text = re.sub(rf"\b{word}(e?s)?\b", lambda match, n=number: f"{n}s" if match[1] else str(n), text)
    return text


@functools.cache
def plain(text):
    """Return a text without signs, capitals and number words: as an alternative text may quote it."""
    return " ".join(re.sub(r"[$,:=\[\]()→\n_]", " ", number_words(text)).split())
