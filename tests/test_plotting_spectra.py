"""The parts of the figures about checkerboards, by the data in their artists and not by pixels."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from helpers import texts
from transpose_conv import plotting_spectra
from transpose_conv.plotting import COLORS


def test_factors_stand_beside_the_row_and_above_the_column_of_their_products(ax):
    assert plotting_spectra.draw_products(ax, [2, 3], [5, 7, 11], np.outer([2, 3], [5, 7, 11])) is ax
    written = texts(ax)
    assert [written[-1.0, row + 0.5] for row in range(2)] == ["2", "3"]
    assert [written[column + 0.5, -1.0] for column in range(3)] == ["5", "7", "11"]
    assert [written[column + 0.5, 1.5] for column in range(3)] == ["15", "21", "33"]
    assert written[-1.0, -1.0] == "×"
    assert ax.texts[-1].get_fontsize() == 14  # larger than the numbers, which it joins
    assert ax.yaxis_inverted()


def test_a_larger_product_has_a_fuller_colour_of_the_overlap(ax):
    plotting_spectra.draw_products(ax, [1], [4, 1, 2], [[4, 1, 2]])
    fills = [patch.get_facecolor() for patch in ax.patches[-3:]]
    assert {to_hex(fill).upper() for fill in fills} == {COLORS["overlap"]}
    assert np.allclose([fill[3] for fill in fills], [0.7, 0.175, 0.35])


def test_products_of_zeros_have_no_colour_and_raise_nothing(ax):
    plotting_spectra.draw_products(ax, [0, 1], [1], [[0], [1]])
    assert ax.patches[-2].get_facecolor()[3] == 0


def test_each_spectrum_has_its_name_its_numbers_and_its_own_dashes(ax):
    spectra = {"one": [4, 1, 3], "two": [5, 2, 6], "three": [7, 8, 9]}
    assert plotting_spectra.draw_spectra(ax, [0, 0.4, 1], spectra, stride=3) is ax
    curves = ax.lines[-3:]
    assert {curve.get_label(): curve.get_ydata().tolist() for curve in curves} == spectra
    assert all(curve.get_xdata().tolist() == [0, 0.4, 1] for curve in curves)
    assert len({curve.get_linestyle() for curve in curves}) == len({curve.get_color() for curve in curves}) == 3
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(spectra)
    assert ax.get_yscale() == "log"


@pytest.mark.parametrize(("stride", "names"), [(1, "0 1"), (2, "0 1/2 1"), (4, "0 1/4 2/4 3/4 1")])
def test_thin_lines_stand_at_the_multiples_of_one_over_the_stride_and_are_named(ax, stride, names):
    plotting_spectra.draw_spectra(ax, [0, 1], {"one": [1, 2]}, stride=stride)
    lines = [line.get_xdata()[0] for line in ax.lines if line.get_xdata()[0] == line.get_xdata()[1]]
    assert np.allclose(lines, np.arange(1, stride) / stride)
    assert [label.get_text() for label in ax.get_xticklabels()] == names.split()
    assert np.allclose(ax.get_xticks(), np.arange(stride + 1) / stride)
