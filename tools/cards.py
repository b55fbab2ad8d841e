"""The picture that a link to a page unfolds to: its title beside the four stamps of the puzzle.

Everything but the title is drawn once. sphinxext-opengraph would draw cards, too, but with the book's picture as small
as a logo. A card has few colours, so that it is stored with a palette, in a third of the bytes.
"""

import itertools
import textwrap

import matplotlib.style
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image  # it comes with matplotlib, which writes its own pictures with it

from transpose_conv.plotting import draw_cells, draw_stamps

WIDTH, HEIGHT, DPI = 1200, 630, 100  # pixels: what those who show cards ask for
COLUMN = 560  # pixels for the words
SIZES = (46, 40, 34, 28, 22)  # of the title, in points; the first that fits
COLOURS = 64
SHEET = [[1, 1, 2, 1, 1, 0]] * 2 + [[2, 2, 4, 2, 2, 0]] + [[1, 1, 2, 1, 1, 0]] * 2 + [[0] * 6]  # stamps on each cell


def alt(title):
    """Say in words what a card shows."""
    return f"“{title}”, beside four stamps of 3×3 that reach five rows and columns of a sheet of 6×6"


class Cards:
    """A card with everything but a title, on which titles are put one after another."""

    def __init__(self, book):
        with matplotlib.style.context("transpose_conv.book"):
            figure = Figure((WIDTH / DPI, HEIGHT / DPI), dpi=DPI)
            self.canvas = FigureCanvasAgg(figure)
            ax = figure.add_axes((0.55, 0.08, 0.42, 0.84))
            draw_cells(ax, SHEET, role="output", empty=np.array(SHEET) == 0)
            for words in ax.texts:
                words.set_fontsize(20)
            for stamp in draw_stamps(ax, [(0, 0), (0, 2), (2, 0), (2, 2)], 3).patches[-4:]:
                stamp.set_linewidth(4.5)
            figure.text(0.05, 0.09, book, fontsize=20, color="#555555", va="baseline")
            self.palette = None
            self.canvas.draw()
            self.background = self.canvas.copy_from_bbox(figure.bbox)
            self.above = figure.text(0.05, 0.86, "", fontsize=20, color="#0072B2", va="baseline")
            self.title = figure.text(0.05, 0.5, "", weight="bold", va="center", linespacing=1.25, color="#1a1a1a")

    def draw(self, title, above, path):
        """Write the card of a page; `above` stands over the title."""
        self.fit(title)
        self.above.set_text(above)
        self.canvas.restore_region(self.background)
        for words in (self.title, self.above):
            words.draw(self.canvas.renderer)
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(np.asarray(self.canvas.buffer_rgba())).convert("RGB")
        self.palette = self.palette or picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE)  # it keeps white white
        picture.quantize(palette=self.palette, dither=Image.Dither.NONE).save(path)

    def fit(self, title):
        """Choose the size of the title, and where its lines break."""
        for size, width in itertools.product(SIZES, range(24, 8, -1)):
            self.title.set(text=textwrap.fill(title, width, break_long_words=False), fontsize=size)
            box = self.title.get_window_extent(self.canvas.renderer)
            if box.width <= COLUMN and box.height <= HEIGHT / 2:
                break
