"""The worksheet and its key: every number computed again, the same exercises on both, two pages of paper each."""

import html
import re
from math import ceil
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import worksheet
from transpose_conv import (
    conv_output_size,
    conv_transpose,
    conv_transpose_output_sizes,
    coverage_count,
    output_padding_for,
    same_padding,
)

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html" / "course"
SHEET, KEY = ((ROOT / "course" / f"{name}.md").read_text(encoding="utf-8") for name in ("worksheet", "worksheet-key"))
DRAW = re.compile(r"^<!-- draw: (.+) -->$", re.MULTILINE)
ROW = re.compile(r"^\| (\d.*?) \|$", re.MULTILINE)


def exercises(page):
    """Cut a page at its exercises: the number -> (title, text)."""
    pieces = re.split(r"^\*\*(\d+)\. (.+?)\*\*", page, flags=re.MULTILINE)[1:]
    return {int(number): (title, text) for number, title, text in zip(*[iter(pieces)] * 3)}


def answers(number):
    """Read what the key has in bold, the right answers, and in italics, the wrong ones; letters of formulas are neither."""
    text = DRAW.sub("", exercises(KEY)[number][1])
    right = re.findall(r"\*\*(.+?)\*\*", text)
    wrong = re.findall(r"\*([^*]+)\*", re.sub(r"\*\*.+?\*\*", "", text))
    return right, [words for words in wrong if re.search(r"\d", words)]


def listed(numbers):
    return ", ".join(str(int(number)) for number in numbers)


def stamped(signal, kernel, stride, size):
    """Stamp on one axis, by the definition; where two stamps meet, add up."""
    sheet = np.zeros(size, int)
    for place, number in enumerate(signal):
        sheet[place * stride : place * stride + len(kernel)] += number * np.array(kernel)
    return sheet


def stamped_plane(image, kernel, stride, size):
    sheet = np.zeros((size, size), int)
    for (row, column), number in np.ndenumerate(image):
        place = np.s_[row * stride :, column * stride :]
        sheet[place][: kernel.shape[0], : kernel.shape[1]] += number * kernel
    return sheet


IMAGE, KERNEL = np.array([[1, 10], [100, 1000]]), np.arange(1, 10).reshape(3, 3)
LAYERS = [(2, 3, 2), (3, 5, 2), (3, 3, 1), (2, 2, 4)]
WANTED = [(2, 3, 2, 5), (2, 3, 2, 6), (3, 5, 2, 10), (2, 2, 4, 8), (2, 3, 2, 7)]


# The key


def test_sheet_and_key_have_the_same_exercises():
    titles = [{number: title for number, (title, _) in exercises(page).items()} for page in (SHEET, KEY)]
    assert titles[0] == titles[1]
    assert list(titles[0]) == list(range(1, 11))


def test_no_number_of_the_key_stands_outside_of_what_is_computed():
    for number, (_, text) in exercises(KEY).items():
        rest = re.sub(r"\*\*.+?\*\*|\*[^*]+\*", "", DRAW.sub("", text))
        rest = re.sub(r"(?m)^\|( \d+ \|)+", "", rest).replace(" + 1) / ", "").replace(" + 1, which", "")
        assert re.findall(r"\d+", rest) == [], number


def test_key_1_the_cell_that_nothing_reaches_and_two_wrong_sums():
    (empty,) = np.flatnonzero(coverage_count(2, 3, stride=2, output_size=6) == 0)
    moved_by_kernel = stamped([1, 10], [1, 2, 3], 3, 6)
    replaced = np.array([1, 2, 0, 0, 0])
    replaced[2:5] = 10 * np.array([1, 2, 3])
    assert answers(1) == ([str(empty)], [listed(moved_by_kernel), listed(replaced)])


def test_key_2_counts_the_cells_that_nothing_reaches():
    count = int((coverage_count((2, 2), 3, stride=2, output_size=6) == 0).sum())
    assert answers(2) == ([str(count)], [str(6 + 6)])
    assert count == 6 + 6 - 1


def test_key_3_which_sizes_go_forward_to_two_and_to_four():
    sizes = {i: [n for n in range(3, 13) if conv_output_size(n, 3, stride=2) == i] for i in (2, 4)}
    assert answers(3) == ([listed(sizes[2]), listed(sizes[4])], [])


@pytest.mark.parametrize(("page", "gap"), [(SHEET, True), (KEY, False)])
def test_key_4_and_6_have_the_rows_of_the_sheet(page, gap):
    for number, given in ((4, LAYERS), (6, WANTED)):
        rows = [[cell.strip() for cell in row.split("|")] for row in ROW.findall(exercises(page)[number][1])]
        assert [tuple(int(cell) for cell in row[: len(given[0])]) for row in rows] == given
        assert all((cell == "") is gap for row in rows for cell in row[len(given[0]) :])


def test_key_4_ends_of_stamps_and_legal_sizes():
    right, wrong = [], []
    for i, k, s in LAYERS:
        legal = list(conv_transpose_output_sizes(i, k, stride=s))
        assert legal == [n for n in range(1, 40) if n >= k and ceil((n - k + 1) / s) == i]
        right += [str((i - 1) * s + k), listed(legal)]
        wrong.append(legal)
    only_one, unrounded, two_of_one, default = wrong[0][:1], [i_s_k(3, 5, 2)], [5, 6], [2 * 4]
    assert answers(4) == (right, [listed(one) for one in (only_one, unrounded, two_of_one, default)])
    layer = keras.layers.Conv1DTranspose(1, 2, strides=4)
    assert layer(tf.zeros((1, 2, 1))).shape[1] == default[0]


def i_s_k(i, k, s):
    """Solve i = (n - k + 1) / s as if nothing were rounded."""
    return i * s + k - 1


def test_key_5_same():
    sizes = [n for n in range(1, 13) if conv_output_size(n, 3, stride=2, padding="same") == 2]
    zeros = [same_padding(n, 3, stride=2) for n in sizes]
    assert answers(5) == ([listed(sizes), *map(listed, zeros)], [listed(reversed(zeros[1]))])


def test_key_6_addresses():
    right = []
    for i, k, s, n in WANTED:
        try:
            right.append(str(output_padding_for(n, i, k, stride=s)))
        except ValueError:
            right.append("none")
    from_one = [str(int(address) + 1) for address in right[:2]]
    from_input_times_stride = str(10 - 3 * 2)
    assert right.count("none") == 1
    assert answers(6) == (right, [*from_one, from_input_times_stride, "0", str(7 - 5)])
    with pytest.raises(ValueError, match="strictly less than `strides`"):
        keras.layers.Conv2DTranspose(1, 3, strides=2, output_padding=7 - 5)


def test_key_7_the_lines_run():
    right, wrong = answers(7)
    assert right == ["2", "1", "1, 6, 6, 1", "1, 0"]
    assert wrong == ["6, 6", "0, 1"]
    stride, address, shape, addresses = (eval(words) for words in right)
    x, kernel = tf.ones((1, 2, 2, 1)), tf.ones((3, 3, 1, 1))
    assert keras.layers.Conv2DTranspose(1, 3, strides=stride, output_padding=address)(x).shape == shape
    assert tf.nn.conv2d_transpose(x, kernel, shape, 2, "VALID").shape == shape
    assert keras.layers.Conv2DTranspose(1, 3, strides=2, output_padding=addresses)(x).shape == (1, 6, 5, 1)
    assert keras.layers.Conv2DTranspose(1, 3, strides=2, output_padding=(0, 1))(x).shape == (1, 5, 6, 1)


def test_key_8_the_centre_and_what_a_turned_kernel_gives():
    centre = stamped_plane(IMAGE, KERNEL, 2, 5)[2, 2]
    turned = stamped_plane(IMAGE, KERNEL[::-1, ::-1], 2, 5)[2, 2]
    ours = conv_transpose(IMAGE.reshape(1, 2, 2, 1), KERNEL.reshape(3, 3, 1, 1), stride=2)
    assert ours[0, 2, 2, 0] == centre
    assert answers(8) == ([str(centre)], [str(turned)])


def test_key_9_rows_of_the_transpose():
    C = np.array([[1, 2, 3, 0, 0, 0], [0, 0, 1, 2, 3, 0]])
    (empty,) = np.flatnonzero(~C.any(axis=0))
    assert answers(9) == ([str(empty), "2", listed(C.T[2])], ["3, 2, 1"])


def test_key_10_the_message_and_its_numbers():
    right, wrong = answers(10)
    computed = conv_output_size(7, 3, stride=2)
    legal = conv_transpose_output_sizes(2, 3, stride=2)
    sizes = ["2", "7", "7", "3", "1", "2", str(computed), *map(str, legal)]
    assert (re.findall(r"\d+", " ".join(right)), wrong) == (sizes, [])
    assert f"computed = {computed}" in exercises(SHEET)[10][1]
    chapter = (ROOT / "chapters" / "01-two-answers.ipynb").read_text(encoding="utf-8")
    assert f"Size of out_backprop doesn't match computed: actual = 2, computed = {computed}" in chapter


# The grids


def grids(page):
    """Read the drawn grids: for each its description, and the numbers in its cells, row by row."""
    found = []
    for drawing in map(worksheet.drawn, DRAW.findall(page)):
        alt = html.unescape(re.search(r'aria-label="(.+?)"', drawing)[1])
        cells = re.findall(r"<rect [^>]+>(?:<path [^>]+>)?(?:<text x=[^>]+>(\d+)</text>)?", drawing)
        found.append((alt, cells, drawing.count("<path")))
    return found


def test_the_grids_of_the_key_hold_what_the_definition_gives():
    signal = stamped([1, 10], [1, 2, 3], 2, 6)
    C = np.array([[1, 2, 3, 0, 0, 0], [0, 0, 1, 2, 3, 0]])
    counts = stamped_plane(np.ones((2, 2), int), np.ones((3, 3), int), 2, 6)
    forward = [[(n - 3) // 2 + 1 for n in range(3, 13)], [ceil(n / 2) for n in range(3, 13)]]
    wanted = [
        [*[1, 2, 3, "", "", ""], *["", "", 10, 20, 30, ""], *signal],
        *(np.ravel(array).tolist() for array in (counts, forward, stamped_plane(IMAGE, KERNEL, 2, 5), C, C.T)),
        (C.T @ [1, 10]).tolist(),
    ]
    drawn = grids(KEY)
    assert [cells for _, cells, _ in drawn] == [[str(cell) for cell in cells] for cells in wanted]
    assert [hatched for _, _, hatched in drawn] == [1, 11, 0, 0, 0, 0, 1]


def test_a_grid_is_described_by_its_numbers():
    for alt, cells, _ in grids(KEY)[2:]:
        assert re.findall(r"\d+", alt) == [cell for cell in cells if cell], alt
    sums, counts = (alt for alt, _, _ in grids(KEY)[:2])
    assert sums.endswith("sum: " + listed(stamped([1, 10], [1, 2, 3], 2, 6)))
    rows = coverage_count((2, 2), 3, stride=2, output_size=6)
    assert all(listed(row) in counts for row in rows[:5])


def test_the_grids_of_the_sheet_have_room_for_the_answers_and_hold_none():
    assert [(len(cells), "".join(cells)) for _, cells, _ in grids(SHEET)] == [
        *[(18, ""), (36, ""), (20, "")],
        *[(4, "1101001000"), (9, "123456789"), (25, "")],
        *[(12, ""), (12, ""), (6, "")],
    ]


def test_a_drawing_is_one_line_of_html_and_asked_for_by_a_line_of_its_own():
    for page in (SHEET, KEY):
        assert page.count("draw:") == len(DRAW.findall(page)) >= 7
        assert all("\n" not in worksheet.drawn(expression) for expression in DRAW.findall(page))


# On paper and on the screen


@pytest.fixture(params=["worksheet", "worksheet-key"])
def address(request):
    page = SITE / f"{request.param}.html"
    if not page.exists():
        pytest.fail("there is no site to look at: run `python3 tasks.py book` first, or `python3 tasks.py test`")
    return page.as_uri()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_it_prints_on_two_pages(browser, address, paper):
    page = browser.new_page(color_scheme="dark")
    page.goto(address)
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper))) == 2
    page.close()


def test_nothing_but_the_sheet_is_printed(browser, address):
    page = browser.new_page(color_scheme="dark")
    page.goto(address)
    assert page.locator(".grid-paper svg").count() == len(DRAW.findall(KEY if "key" in address else SHEET))
    page.emulate_media(media="print")
    printed = page.evaluate("document.body.innerText").strip()
    article = page.evaluate("document.querySelector('article').innerText").strip()
    assert printed == article
    assert printed.startswith("Worksheet: ")
    assert "to be printed" not in printed
    assert "computed when this page is built" not in printed
    assert re.findall(r"^(\d+)\. ", printed, re.MULTILINE) == [str(number) for number in range(1, 11)]
    look = "getComputedStyle(document.querySelector('.grid-paper rect')).stroke"
    assert page.evaluate(look) == "rgb(0, 0, 0)"
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_grids_are_seen_on_a_narrow_screen(browser, address, scheme):
    page = browser.new_page(viewport={"width": 375, "height": 700}, color_scheme=scheme)
    page.goto(address)
    wide = "[...document.querySelectorAll('.grid-paper svg')].map(svg => svg.getBoundingClientRect().right)"
    assert 0 < min(page.evaluate(wide)) <= max(page.evaluate(wide)) <= 375
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    line = page.evaluate("getComputedStyle(document.querySelector('.grid-paper rect')).stroke")
    brightness = sum(int(part) for part in re.findall(r"\d+", line)[:3]) / 3
    assert brightness > 170 if scheme == "dark" else brightness < 85
    page.close()
