"""Whether cells, boxes and what stands at a label are as an alternative text claims: one function for each kind of claim.

Each gets the figure and what its pattern in `alt_texts` has matched, and says yes, no, or (None) that it has nothing to say.
"""

import re

from alt_words import LIST, N, listed, within
from figure_facts import plain, value


def boxes(figure, match):
    size = [int(match[2]), int(match[3])]
    return int(match[1]) in [len(places) for part in figure.parts for *kind, places in part.boxes if kind[:2] == size]


def blocks(figure, match):
    return any(
        len(part.blocks()) == int(match[1]) and set(part.blocks()) == {(int(match[2]), int(match[3]))}
        for part in figure.parts
    )


def shape(figure, match):
    return (int(match[1]), int(match[2])) in figure.shapes()


def row_reads(figure, match):
    way, place, verb, words, start = match.groups()
    wanted = listed(words)
    for part in figure.parts:
        run = dict(part.rows if way == "row" else part.columns).get(int(place))
        if run and within(wanted, run.values):
            first = (
                0 if verb == "starts with" else len(run.values) - len(wanted) if verb == "ends in" else int(start or -1)
            )
            return first < 0 or run.values[first : first + len(wanted)] == wanted
    return False


def hatched_lines(figure, match):
    """A row, a column or both of one Axes consist of hatched cells."""
    wanted = [(way, int(place)) for way, place in re.findall(r"(row|column) (\d+)", match[1])]
    for part in figure.parts:
        lines = {"row": dict(part.rows), "column": dict(part.columns)}
        if all(place in lines[way] and set(lines[way][place].marks) == {"#"} for way, place in wanted):
            return True
    return False


def crossing_lines(figure, match):
    """A row and a column consist of one value, but for the cell where they meet and what is hatched."""
    wanted, place = value(match[1]), int(match[2])
    for part in figure.parts:
        lines = [dict(part.rows).get(place), dict(part.columns).get(place)]
        if all(lines) and all(
            run.values[n] == wanted or n == place or run.marks[n] for run in lines for n in range(len(run.cells))
        ):
            return True
    return False


def hatched_cells(figure, match):
    return listed(match[1]) in [
        [place for place, mark in enumerate(run.marks) if mark == "#"] for part in figure.parts for _, run in part.rows
    ]


def dashed_cell(figure, match):
    place, size = int(match[1]), int(match[2])
    return any(
        len(run.cells) == size and run.marks[place : place + 1] == ["~"]
        for part in figure.parts
        for _, run in part.rows
    )


def overlap(figure, match):
    """Boxes of one size lie over each other in one row and one column."""
    for part in figure.parts:
        for width, height, _, places in part.boxes:
            if isinstance(places, list):
                sides = [({place[axis] for place in places}, (width, height)[axis]) for axis in (0, 1)]
                shared = [
                    {n for n in range(40) if sum(a <= n < a + side for a in starts) > 1} for starts, side in sides
                ]
                if shared == [{int(match[1])}] * 2:
                    return True
    return False


def value_at(figure, match):
    wanted, row, column = value(match[1]), int(match[2]), int(match[3])
    return any(
        dict(part.rows)[row].values[column : column + 1] == [wanted] for part in figure.parts if row in dict(part.rows)
    )


def middle_cells(figure, match):
    low, high = value(match[1]), value(match[2] or match[1])
    for grid in figure.grids():
        rows, columns = (len(grid) // 2 - 1, len(grid) // 2), (len(grid[0]) // 2 - 1, len(grid[0]) // 2)
        middle = [grid[row][column] for row in rows for column in columns]
        if (min(middle), max(middle)) == (low, high) and len(set(rows)) * len(set(columns)) == int(match[3]):
            return True
    return False


def lowest(figure, match):
    return value(match[1]) == min(figure.values())


def centre(figure, match):
    """What stands in the middle of a grid with an odd number of rows, or where its boxes overlap."""
    wanted = value(match[1] or match[2])
    odd = [grid for grid in figure.grids() if len(grid) % 2 and len(grid[0]) % 2]
    if not odd:  # the sheet has an empty row more
        odd = [[row[:-1] for row in grid[:-1]] for grid in figure.grids() if len(grid) > 2]
    return wanted in [grid[len(grid) // 2][len(grid[0]) // 2] for grid in odd]


def corners(figure, match):
    wanted = value(match[1] or match[2])
    return {wanted} in [{grid[row][column] for row in (0, -1) for column in (0, -1)} for grid in figure.grids()]


def edges(figure, match):
    wanted = value(match[1] or match[2])
    return {wanted} in [
        {*grid[0][1:-1], *grid[-1][1:-1], *(one for row in grid[1:-1] for one in (row[0], row[-1]))}
        for grid in figure.grids()
    ]


def inside(figure, match):
    return {value(match[1])} in [{one for row in grid[1:-1] for one in row[1:-1]} for grid in figure.grids()]


def groups(figure, match):
    """The filled cells of each row stand in so many runs of so many."""
    number, size = int(match[1]), int(match[2])
    rows = [[len(run.cells) for y, run in part.rows if y == at] for part in figure.parts for at in part.ys]
    return all(row == [size] * number for row in rows)


def mostly(figure, match):
    """Most cells of a grid have one value."""
    shape = int(match[1]), int(match[2])
    cells = [[one for row in grid for one in row] for grid in figure.grids() if (len(grid), len(grid[0])) == shape]
    return any(max(set(some), key=some.count) == value(match[3]) for some in cells)


def only(figure, match):
    """The cells of a grid have these values and no others."""
    return set(listed(match[1])) in [{one for row in grid for one in row} for grid in figure.grids()]


def stamped(figure, match):
    """The numbers of the stamps, one more in each Axes: each is the least of what its outline holds."""
    found = []
    for part in figure.parts:
        ((width, height, _, ((x, y),)),) = part.boxes
        found.append(
            min(run.values[column] for at, run in part.rows if y <= at < y + height for column in range(x, x + width))
        )
    return found == [value(one) for one in match.groups()]


def filled(figure, match):
    """All cells in the frame of the Axes with this title are filled."""
    (part,) = [part for part in figure.parts if plain(part.title) == match[1]]
    return part.blocks() == [(height, width) for width, height, *_ in part.boxes]


def plural(figure, match):
    """Cells with a number, hatched ones if the text says so."""
    cells = [(one, mark) for part in figure.parts for _, run in part.rows for one, mark in zip(run.values, run.marks)]
    return any(one == value(match[2]) and (mark == "#" or not match[1]) for one, mark in cells)


def known(figure, match):
    return value(match[1]) in figure.values()


# Labels


def at_label(figure, label, match):
    """What stands beside a text of the figure, or in its row of cells; None where nothing does."""
    tail = match[1]
    for part in figure.parts:
        beside = part.beside(label)
        only = re.fullmatch(rf" {N}(?:,.*)?", tail)
        if beside and only:
            return value(only[1]) in beside
        if part.row_of(label) is not None:
            return follows(figure, part.row_of(label), match[0])
    return None


def labelled_row(figure, match):
    """`kernel 3, stride 2: 5 and 6`, where these words are a part of what stands at a row of cells."""
    rows = [part.row_of(text) for part in figure.parts for text in chained(part, match[1])]
    return any(follows(figure, run, match[0]) for run in rows if run is not None) if any(rows) else None


def label(figure, match):
    return any(chained(part, match[1]) for part in figure.parts)


def chained(part, words):
    """Return the texts that have some words in this order."""
    wanted = plain(words).split()
    texts = [(text, plain(text).split()) for _, text in part.labels()]
    return [text for text, said in texts if within(wanted, said)]


def follows(figure, run, claim):
    """What is claimed of a row: its numbers, its ends, the framed one, the one that it has more, the first that is not pale."""
    found = []
    for words in re.findall(LIST, claim):
        start = re.findall(r"from cell (\d+) on", claim)
        first, whole = int(start[0]) if start else 0, "shows" in claim
        wanted = listed(words)
        found.append(run.values == wanted if whole else run.values[first : first + len(wanted)] == wanted)
    found += [
        run.values[0] == value(low) and run.values[-1] == value(high) for low, high in re.findall(rf"{N} to {N}", claim)
    ]
    found += [[value(one)] == run.framed for one in re.findall(rf"takes {N}", claim)]
    found += [run.values[-1] == value(one) for one in re.findall(rf"adds (?:a hatched )?{N}", claim)]
    found += [run.bright()[0] == int(one) for one in re.findall(rf"from cell {N} on", claim)]
    return all(found) if found else None


def table_cell(figure, match):
    """A cell of a table that has names at its ticks: its row, then its column and number, perhaps twice."""
    row, *pairs = match.groups()
    (part,) = figure.parts
    xs, ys = ([name.lower() for name in part.said[axis][1:]] for axis in "xy")
    at = {(x, y): value(text) for x, y, text in part.texts}
    asked = [(xs.index(name), ys.index(row), value(number)) for name, number in zip(pairs[::2], pairs[1::2]) if name]
    return all(at[x, y] == number for x, y, number in asked)


def table_column(figure, match):
    (part,) = figure.parts
    column = [name.lower() for name in part.said["x"][1:]].index(match[1])
    return {value(text) for x, _, text in part.texts if x == column} == {value(match[2])}
