"""The figures' parts, by the data in their artists and not by pixels."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from helpers import exact, texts
from transpose_conv import plotting, plotting_faults, plotting_sizes


def test_cells_stand_with_row_zero_on_top_and_their_numbers_in_them(ax):
    assert plotting.draw_cells(ax, [[1, 2, 3], [4, 5, 6]], role="input", label="x") is ax
    assert texts(ax)[0.5, 0.5] == "1"
    assert texts(ax)[2.5, 1.5] == "6"
    assert ax.yaxis_inverted()
    assert ax.get_title() == "x"
    assert to_hex(ax.patches[0].get_edgecolor()).upper() == plotting.COLORS["input"]


def test_empty_cells_are_hatched_and_the_others_are_not(ax):
    plotting.draw_cells(ax, np.zeros((2, 2)), role="output", empty=[[False, False], [True, False]])
    assert [patch.get_hatch() for patch in ax.patches] == [None, None, "////", None]


def test_faint_cells_are_grey_on_white_and_numbers_stand_at_the_edge(ax):
    plotting.draw_cells(ax, [[7, 0]], role="kernel", faint=[[False, True]], indices=True)
    assert [to_hex(patch.get_edgecolor()).upper() for patch in ax.patches] == [
        plotting.COLORS["kernel"], plotting.COLORS["empty"]
    ]  # fmt: skip
    assert [t.get_text() for t in ax.texts] == ["7", "0", "0", "1", "0"]


def test_stamps_lie_where_they_are_put_and_differ_in_their_dashes(ax):
    plotting.draw_stamps(ax, [(0, 0), (0, 2), (2, 0), (2, 2)], 3)
    centres = [(p.get_x() + p.get_width() / 2, p.get_y() + p.get_height() / 2) for p in ax.patches]
    assert np.allclose(centres, [(1.5, 1.5), (3.5, 1.5), (1.5, 3.5), (3.5, 3.5)])
    assert len({patch.get_linestyle() for patch in ax.patches}) == 4


def test_a_fifth_stamp_is_outlined_as_the_first(ax):
    plotting.draw_stamps(ax, [(0, column) for column in range(5)], 3)
    first, *_, fifth = [(p.get_width(), p.get_x() - n, p.get_linestyle()) for n, p in enumerate(ax.patches)]
    assert first == pytest.approx(fifth)


def test_a_size_that_a_figure_can_show_is_from_1_to_10000(ax):
    plotting.draw_stamps(ax, [(0, 0)], 1)
    plotting.draw_stamps(ax, [(0, 0)], 10_000)
    with pytest.raises(ValueError, match=exact("`kernel_size` must be at least 1, got 0")):
        plotting.draw_stamps(ax, [(0, 0)], 0)
    too_large = "`kernel_size` must be at most 10000, which is more than a figure can show, got 10001"
    with pytest.raises(ValueError, match=exact(too_large)):
        plotting.draw_stamps(ax, [(0, 0)], 10_001)
    assert len(ax.patches) == 2


def test_placements_are_marked_below_the_samples_that_they_read(ax):
    plotting.draw_placements(ax, 6, [[0, 1, 2], [2, 3, 4]], label="n")
    marks = [line.get_xdata() for line in ax.lines if line.get_marker() == "s"]
    assert np.allclose(marks, [[0.5, 1.5, 2.5], [2.5, 3.5, 4.5]])
    assert [patch.get_linestyle() for patch in ax.patches] == ["solid"] * 5 + ["--"]  # the last sample is read by none


def test_placements_may_reach_into_padding(ax):
    plotting.draw_placements(ax, 2, [[-1, 0, 1], [0, 1, 2]])
    assert [texts(ax)[x + 0.5, 0.5] for x in (-1, 0, 1, 2)] == ["pad", "0", "1", "pad"]
    assert [patch.get_hatch() for patch in ax.patches] == ["////", None, None, "////"]


def test_samples_before_the_first_that_is_read_are_drawn_and_the_label_is_left_of_them(ax):
    plotting.draw_placements(ax, 3, [[1, 2]], label="n")
    assert [patch.get_x() for patch in ax.patches] == [0, 1, 2]
    assert texts(ax)[-0.3, 0.5] == "n"


@pytest.mark.parametrize("count", [2, 3])
def test_placements_fill_the_height_of_their_figure(ax, count):
    plotting.draw_placements(ax, 4, [[n, n + 1] for n in range(count)])
    rows = [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "s"]
    bottom, top = ax.get_ylim()
    assert np.allclose(np.diff(rows), bottom - rows[-1], atol=0.05)  # below the last is as much room as between two
    assert top == -0.1  # as above all cells, so that their upper edge is seen


def test_a_map_draws_a_line_from_each_size_to_its_result(ax):
    plotting_sizes.draw_map(ax, [5, 6, 7], [2, 2, 3], mark=(5, 6))
    assert [list(line.get_xdata()) for line in ax.lines] == [[5, 2], [6, 2], [7, 3]]
    assert [line.get_alpha() for line in ax.lines] == [1, 1, 0.45]


def test_steps_have_the_width_of_their_sizes(ax):
    plotting_sizes.draw_steps(ax, [3, 4, 5, 6, 7], [1, 1, 2, 2, 3], mark=2)
    steps = [list(line.get_xdata()) for line in ax.lines if line.get_marker() == "o"]
    assert steps == [[3, 4], [5, 6], [7]]
    assert [t.get_text() for t in ax.texts] == ["2 sizes"]


def test_a_step_is_bounded_at_both_of_its_ends(ax):
    plotting_sizes.draw_steps(ax, [4, 5, 6, 7], [1, 1, 1, 2], mark=1)
    assert [list(line.get_xdata()) for line in ax.lines if line.get_linestyle() == ":"] == [[4, 4], [6, 6]]


def test_an_interval_shows_each_size_its_place_and_the_default(ax):
    plotting_sizes.draw_interval(ax, range(6, 10), row=1, label="VALID", default=8)
    assert [t.get_text() for t in ax.texts] == ["6", "+0", "7", "+1", "8", "+2", "9", "+3", "VALID"]
    frame = ax.patches[-1]
    assert (frame.get_x(), frame.get_width()) == (7.5, 1)


def test_the_book_has_one_style_and_the_palette_is_okabe_and_itos():
    with plt.style.context("transpose_conv.book"):
        cycle = plt.rcParams["axes.prop_cycle"].by_key()["color"]
    roles = [plotting.COLORS[role] for role in ("input", "kernel", "output", "overlap")]
    assert [color.upper() for color in cycle[:4]] == roles == ["#0072B2", "#E69F00", "#009E73", "#D55E00"]


def test_a_row_stands_at_its_columns_and_hatches_what_is_empty(ax):
    plotting.draw_row(ax, [7, 0], y=2, role="output", columns=(1, 4), empty=(1,))
    assert texts(ax) == {(1.5, 2.5): "7", (4.5, 2.5): "0"}
    assert [patch.get_hatch() for patch in ax.patches] == [None, "////"]


def test_meetings_join_an_input_with_an_output_and_carry_the_kernel_entry(ax):
    plotting.draw_meetings(ax, [10, 100], [10, 20, 30, 0], [(0, 0, 1), (1, 2, 3)], columns=(1, 2), strong=[True, False])
    assert [list(line.get_xdata()) for line in ax.lines] == [[1.5, 0.5], [2.5, 2.5]]
    assert [to_hex(line.get_color()).upper() for line in ax.lines] == [
        plotting.COLORS["kernel"],
        plotting.FAINT,
    ]
    assert [t.get_text() for t in ax.texts][-2:] == ["1", "3"]
    assert ax.yaxis_inverted()


def test_strong_meetings_are_drawn_over_pale_ones_and_entries_over_all_lines(ax):
    plotting.draw_meetings(ax, [1, 2], [3, 4], [(0, 0, 5), (1, 1, 6)], columns=(0, 1), strong=[True, False])
    (strong, pale), cells = ax.lines, ax.patches
    of_strong, of_pale = ax.texts[-2:]
    order = [cells[0], pale, strong, of_pale, of_strong]
    heights = [artist.get_zorder() for artist in order]
    assert heights[0] <= heights[1]  # of two that are equally high, the later one is drawn over the other
    assert heights[1:] == sorted(set(heights[1:]))
    assert strong.get_linewidth() > pale.get_linewidth() == cells[0].get_linewidth()


def test_a_window_shows_its_part_of_the_sheet_and_zeros_beyond_it(ax):
    plotting.draw_windows(ax, [1, 2, 3], [("all", 0, 3), ("more", 1, 3)])
    assert [texts(ax)[x + 0.5, 4.0] for x in (1, 2, 3)] == ["2", "3", "0"]
    assert [patch.get_hatch() for patch in ax.patches][-3:] == [None, None, "////"]


def test_a_window_does_not_start_before_the_row(ax):
    with pytest.raises(ValueError, match=exact("`windows` must be at least 0, got -1")):
        plotting.draw_windows(ax, [1, 2, 3], [("before", -1, 2)])


def test_a_pattern_fills_the_entries_that_are_not_zero(ax):
    plotting.draw_pattern(ax, [[0, 5], [0, 0]], label="C")
    filled, frame = ax.patches
    plotting.draw_pattern(ax, np.eye(4), every=2, empty=[3])
    assert (ax.patches[-1].get_x(), ax.patches[-1].get_hatch()) == (3, "/////")
    assert [line.get_xdata()[0] for line in ax.lines if line.get_xdata()[0] == line.get_xdata()[1]] == [2]
    assert filled.get_xy() == (1, 0)
    assert (frame.get_width(), frame.get_height()) == (2, 2)
    assert ax.get_title() == "C"


def test_lines_between_the_rows_of_a_pattern_are_finer_than_those_that_guide_the_eye_and_not_over_them(ax):
    plotting.draw_pattern(ax, np.zeros((2, 4)), every=2)
    between_rows, guide = ax.lines
    assert 0 < between_rows.get_linewidth() < guide.get_linewidth()
    assert between_rows.get_zorder() <= guide.get_zorder()


def test_verdicts_say_in_words_which_test_catches_which_fault(ax):
    caught = [[True, False, False], [True, True, False]]
    assert plotting_faults.draw_verdicts(ax, caught, ["ones", "uneven"], faults="ABC", counts=[1, 2]) is ax
    written = texts(ax)
    assert [written[column + 0.5, 0.5] for column in range(3)] == ["caught", "passes", "passes"]
    assert [written[column + 0.5, 1.5] for column in range(3)] == ["caught", "caught", "passes"]
    assert [written[column + 0.5, -0.05] for column in range(3)] == list("ABC")
    assert len([patch for patch in ax.patches if patch.get_fill()]) == 3


def test_verdicts_on_many_faults_are_bars_without_words(ax):
    plotting_faults.draw_verdicts(ax, [[True, False, True]], ["ones"])
    bars = [patch.get_x() for patch in ax.patches if patch.get_fill()]
    assert bars == [0, 2]
    assert [text.get_text() for text in ax.texts] == ["ones"]
    assert all(patch.get_linewidth() > 0 for patch in ax.patches)  # white, between one bar and the next


def test_verdicts_want_a_row_for_each_test(ax):
    with pytest.raises(ValueError, match="shorter"):
        plotting_faults.draw_verdicts(ax, [[True, False, True]], ["ones", "uneven"])
