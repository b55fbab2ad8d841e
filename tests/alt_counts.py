"""Whether runs, lines, ticks and counts are as an alternative text claims: one function for each kind of claim.

Each gets the figure and what its pattern in `alt_texts` has matched, and says yes or no.
"""

import re

from alt_words import N, listed, near, within
from figure_facts import plain, text_runs, value


def weights(figure, match):
    """Numbers on lines; where titles name them, those of one title."""
    titles = [listed(part.title.partition("weights")[2]) for part in figure.parts if "weights" in part.title]
    wanted = listed(match[1])
    return (
        wanted in titles
        if titles
        else any(within(wanted, run) for part in figure.parts for run in text_runs(part.texts))
    )


def strong_lines(figure, match):
    """So many lines are strong where the title says what they have in common, and they have it."""
    title, number, end, common = match.groups()
    (part,) = [part for part in figure.parts if plain(part.title).startswith(title)]
    lines, (top, bottom) = part.strong(), ({}, {})
    for y, run in part.rows:
        (top if y == 0 else bottom).update({run.first + place: one for place, one in enumerate(run.values)})
    if len(lines) != int(number):
        return False
    if end == "weight":
        return all(within([value(common)] * 1, [number_at(part, line)]) for line in lines)
    return {(top[start] if end == "input" else bottom[stop]) for start, stop in lines} == {value(common)}


def number_at(part, line):
    """Return the number on a line."""
    start, stop = line
    on = [value(text) for x, _, text in part.texts if abs(start + 0.62 * (stop - start) + 0.5 - x) < 0.05]
    return on[0] if on else None


def curve(figure, name, match):
    """Where the line with a name begins, ends, or is highest or lowest."""
    (line,) = [line for line in figure.lines() if plain(line.get("name", "")) == name]
    return all(any(near(said, one) for one in line["y"]) for said in re.findall(rf"about {N}", match[1]))


def sequence(figure, match):
    """Numbers that stand side by side, or two such lists with `and` between them."""
    runs = list(figure.sequences())
    halves = [listed(half) for half in match[1].split(" and ")]
    return any(within(listed(match[1]), run) for run in runs) or all(
        len(half) > 1 and any(within(half, run) for run in runs) for half in halves
    )


def ends(figure, match):
    wanted = [value(match[1]), value(match[2])]
    if wanted[0] >= wanted[1]:
        return False
    runs = [[one for one in run if one is not None] for run in figure.sequences()]
    return wanted in [[run[0], run[-1]] for run in runs if run]


def starts(figure, match):
    """A line that rises from nothing to almost a number."""
    return any(
        line["y"][0] == value(match[1]) and near(match[2], line["y"][-1])
        for line in figure.lines()
        if line["points"] > 2
    )


def about(figure, match):
    """Where a line begins or ends, its highest or lowest, or the height of a level."""
    return any(near(match[1], one) for line in figure.lines() for one in line["y"])


def last_tick(figure, match):
    return value(match[1]) in [run[-1] for run in figure.ticks() if run]


def line_at(figure, match):
    """A straight line, a single point or a tick at a place."""
    straight = [set(line[axis]) for line in figure.lines() for axis in "xy" if len(set(line[axis])) == 1]
    return {value(match[1])} in straight


def gives(figure, match):
    return any(line["x"] == listed(match[1]) and set(line["y"]) == {value(match[2])} for line in figure.lines())


def both_end(figure, match):
    """Lines from some places all lead to one, and look like no others."""
    down = [(line["x"], line["color"]) for line in figure.lines() if line["points"] == 2]
    chosen = [(x, colour) for x, colour in down if x[0] in listed(match[1])]
    alike = [x for x, colour in down if colour in {colour for _, colour in chosen}]
    return [x for x, _ in chosen] == alike == [[start, value(match[2])] for start in listed(match[1])]


# Counts


def count(figure, match):
    noun = next(noun for noun in COUNTS if re.fullmatch(noun, match[2]))
    return int(match[1]) in COUNTS[noun](figure)


def hold(figure, match):
    """Rows of so many cells have so many placements."""
    sizes = [int(one) for one in match.groups()[:-1] if one]
    had = {len(part.rows[0][1].cells): sum(line.get("marker") == "s" for line in part.lines) for part in figure.parts}
    return len(sizes) == len(set(sizes)) and all(had.get(size) == int(match[3]) for size in sizes)


def padded(figure, match):
    """A row of so many samples has so many cells of padding."""
    had = {}
    for part in figure.parts:
        cells = part.rows[0][1].cells
        had[sum("pad" not in cell for cell in cells)] = sum("pad" in cell for cell in cells)
    return had.get(int(match[1])) == int(match[2])


def windows(figure, match):
    """So many rows have their name above them, and so many cells."""
    sizes = [
        len(run.cells)
        for part in figure.parts
        for y, run in part.rows
        if any(0 < y - at < 0.3 for _, at, _ in part.texts)
    ]
    return sizes == [int(match[2])] * int(match[1])


def meet(figure, match):
    """So many lines end at the cell with a number."""
    for part in figure.parts:
        at = {run.first + place: one for _, run in part.rows for place, one in enumerate(run.values)}
        ends_at = [at.get(line["x"][-1] - 0.5) for line in part.lines]
        if ends_at.count(value(match[2])) == int(match[1]):
            return True
    return False


def lines(figure):
    """How many lines each Axes has, of all colours and of one, and how many begin or end at one place."""
    found = set()
    for part in figure.parts:
        some = [line for line in part.lines if line["points"] == 2]
        for what in (
            [line["color"] for line in some],
            [line["x"][0] for line in some],
            [line["x"][1] for line in some],
        ):
            found |= {len(some), *map(what.count, what)}
    return found


def rows(figure):
    """How many rows each Axes has, of cells or of boxes, and how many rows the Axes themselves are in."""
    found = {len({part.said["at"][0] for part in figure.parts if "at" in part.said})}
    for part in figure.parts:
        found |= {len(part.ys), *(len(places) for *_, places in part.boxes)}
    return found


def cells(figure):
    """How many cells a row has, with and without those that look otherwise, and how many look alike in a run."""
    found = set()
    for part in figure.parts:
        for at in part.ys:
            marks = [mark for y, run in part.rows if y == at for mark in run.marks]
            found |= {len(marks), marks.count("")}
    return found


def padding(figure):
    """How many cells of padding stand side by side, and how many a row has."""
    found = set()
    for part in figure.parts:
        for _, run in part.rows:
            words = "".join("p" if "pad" in cell else "-" for cell in run.cells)
            found |= {len(some) for some in words.split("-") if some} | {words.count("p")} - {0}
    return found


def columns(figure):
    widths = {box[0] for part in figure.parts for box in part.boxes}
    return widths | {len(grid[0]) for grid in figure.grids()}


def points(figure):
    """How many points a line has, and how many points stand alone."""
    return {line["points"] for line in figure.lines()} | {sum(line["points"] == 1 for line in figure.lines())}


def drawn_boxes(figure):
    places = [places for part in figure.parts for *_, places in part.boxes]
    return {sum(some.values()) for some in places if isinstance(some, dict)} | {len(some) for some in places}


COUNTS = {
    r"rows?|tests?|intervals?": rows,
    r"windows?": lambda figure: {
        sum(any(0 < y - at < 0.3 for _, at, _ in part.texts) for y in part.ys) for part in figure.parts
    },
    r"padding cells?|cells? of padding": padding,
    r"columns?|faults?|mutants?": columns,
    r"cells?|inputs?": cells,
    r"outputs?": lambda figure: cells(figure) | lines(figure),
    r"samples?": lambda figure: cells(figure) | points(figure),
    r"lines?": lines,
    r"dots?|points?": points,
    r"matri\w+|maps?|pictures?|crops?|states?|copies|kernels?": lambda figure: {len(figure.parts)},
    r"bars?|habits?": lambda figure: {len(part.bars) for part in figure.parts},
    r"spectra|curves?": lambda figure: {len(part.said.get("legend", [])) for part in figure.parts},
    r"axes": lambda figure: {sum(axis in part.said for axis in "xy") for part in figure.parts},
    r"squares?": drawn_boxes,
    r"placements?": lambda figure: {sum(line.get("marker") == "s" for line in part.lines) for part in figure.parts},
}
