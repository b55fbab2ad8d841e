"""The parts of the figures about pictures, by the data in their artists and not by pixels."""

import numpy as np
from matplotlib.colors import to_hex

from transpose_conv import plotting_images as images
from transpose_conv.plotting import COLORS


def test_a_picture_is_gray_from_zero_to_one_with_row_zero_on_top(ax):
    values = [[0.2, 0.3, 0.4], [0.5, 0.6, 1.7]]
    assert images.draw_picture(ax, values, label="p") is ax
    (image,) = ax.images
    assert np.array_equal(image.get_array(), values)
    assert image.get_clim() == (0, 1)
    assert image.get_cmap().name == "gray"
    assert image.get_interpolation() == "none"
    assert ax.yaxis_inverted()
    assert not ax.axison
    assert ax.get_title() == "p"


def test_squares_cover_their_pixels(ax):
    assert images.draw_squares(ax, [(0, 0), (3, 5)], 2) is ax
    boxes = [patch.get_bbox().extents.tolist() for patch in ax.patches]
    assert boxes == [[-0.5, -0.5, 1.5, 1.5], [4.5, 2.5, 6.5, 4.5]]  # left, top, right, bottom


def test_losses_are_drawn_by_step_and_told_apart_without_colour(ax):
    losses = {"one": [3, 2, 1], "two": [3, 1], "three": [5], "four": [6]}
    assert images.draw_losses(ax, losses, level=("a level", 0.5), xlabel="t", ylabel="error") is ax
    *curves, level = ax.lines
    assert [line.get_label() for line in curves] == list(losses)
    assert [list(line.get_ydata()) for line in curves] == list(losses.values())
    assert list(curves[0].get_xdata()) == [0, 1, 2]
    assert len({line.get_linestyle() for line in curves}) == 4
    assert len({line.get_color() for line in curves}) == 4
    assert list(level.get_ydata()) == [0.5, 0.5]
    assert [text.get_text() for text in ax.texts] == ["a level"]
    assert (ax.get_yscale(), ax.get_xlabel(), ax.get_ylabel()) == ("log", "t", "error")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(losses)


def test_without_a_level_there_is_no_line_for_it(ax):
    images.draw_losses(ax, {"one": [2, 1]})
    assert len(ax.lines) == 1
    assert len(ax.texts) == 0


def test_a_kernel_shows_sign_in_text_and_colour_and_size_in_depth(ax):
    assert images.draw_kernel(ax, [[100, -25], [0, -0.2]], label="k") is ax
    assert [text.get_text() for text in ax.texts] == ["100", "\N{MINUS SIGN}25", "0", "0"]
    assert [text.get_position() for text in ax.texts][:3] == [(0.5, 0.5), (1.5, 0.5), (0.5, 1.5)]
    large, negative, zero, _ = (patch.get_facecolor() for patch in ax.patches)
    assert to_hex(large).upper() == COLORS["kernel"]
    assert to_hex(negative).upper() == images.NEGATIVE
    assert zero[3] == 0 < negative[3] < large[3] < 1
    assert ax.yaxis_inverted()
    assert ax.get_title() == "k"


def test_a_kernel_of_zeros_is_white(ax):
    images.draw_kernel(ax, np.zeros((2, 2)))
    assert [patch.get_facecolor()[3] for patch in ax.patches] == [0] * 4


def test_the_colour_of_an_entry_changes_at_zero(ax):
    images.draw_kernel(ax, [[0.5, -0.5]], fmt="{:.1f}")
    colors = [to_hex(patch.get_facecolor()).upper() for patch in ax.patches]
    assert colors == [COLORS["kernel"], images.NEGATIVE]
