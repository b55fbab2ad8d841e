"""What others read of a page before it is opened: a description of its own, one address, a card with its title."""

import html
import re

import pytest
import yaml
from docutils.core import publish_doctree
from PIL import Image

import addresses
import cards
import repository
import web
from pages import PAGES, ROOT, SITE, TOC

HOME = repository.site_of(repository.address_of(ROOT))
WRITTEN = sorted(path for path in SITE.rglob("*.html") if not path.relative_to(SITE).as_posix().startswith("_"))
REDIRECT = 'http-equiv="refresh"'
MOVED = yaml.safe_load(addresses.MOVED.read_text(encoding="utf-8"))["pages"]
HEADS = {
    path.relative_to(SITE).as_posix().removesuffix(".html"): path.read_text(encoding="utf-8").split("</head>")[0]
    for path in WRITTEN
    if "slides" not in path.parts
}
BOOK = {page: head for page, head in HEADS.items() if REDIRECT not in head}


def read(head, kind, name):
    """Return what the tags of a head with this name say."""
    return [html.unescape(text) for text in re.findall(rf'<meta {kind}="{re.escape(name)}" content="([^"]*)"', head)]


def test_every_page_describes_itself_in_words_of_its_own():
    assert set(PAGES) < set(BOOK)
    said = {page: read(head, "name", "description") for page, head in BOOK.items()}
    assert {page: texts for page, texts in said.items() if len(texts) != 1 or not 50 <= len(texts[0]) <= 160} == {}
    assert len({texts[0] for texts in said.values()}) == len(said)


@pytest.mark.parametrize("page", sorted(HEADS))
def test_a_page_says_its_address_and_shows_its_card(page):
    head = HEADS[page]
    to = MOVED.get(page, TOC["root"]) if REDIRECT in head else page
    canonical = re.findall(r'<link rel="canonical" href="([^"]*)"', head)
    assert canonical == ([] if page == "404" else [f"{HOME}{to}.html"])
    assert read(head, "property", "og:url") == [f"{HOME}{to}.html"]
    assert read(head, "property", "og:description") == read(head, "name", "description")
    assert read(head, "name", "twitter:card") == ["summary_large_image"]
    (title,), (picture,) = read(head, "property", "og:title"), read(head, "property", "og:image")
    assert f"“{title}”" in read(head, "property", "og:image:alt")[0]
    assert picture == f"{HOME}_static/cards/{(to if to in PAGES else TOC['root']).replace('/', '-')}.png"
    with Image.open(SITE / picture.removeprefix(HOME)) as card:
        assert (card.format, card.size) == ("PNG", (1200, 630))
        assert card.convert("RGB").getpixel((5, 5)) == (255, 255, 255)


@pytest.fixture(scope="module")
def drawn():
    return cards.Cards("Transpose Convolution")


def test_a_card_is_the_same_bytes_each_time_and_another_for_another_title(drawn, tmp_path):
    for name, title in (("a", "Get rid of checkerboards"), ("b", "Another"), ("c", "Get rid of checkerboards")):
        drawn.draw(title, "Chapter 12", tmp_path / name / "card.png")
    a, b, c = ((tmp_path / name / "card.png").read_bytes() for name in "abc")
    assert a == c != b
    cards.Cards("Transpose Convolution").draw("Get rid of checkerboards", "Chapter 12", tmp_path / "d" / "card.png")
    assert (tmp_path / "d" / "card.png").read_bytes() == a
    assert len(a) < 40_000


def test_every_title_fits_its_card(drawn):
    """None touches the stamps, or the lines above and below."""
    for page, head in BOOK.items():
        drawn.fit(read(head, "property", "og:title")[0])
        box = drawn.title.get_window_extent(drawn.canvas.renderer)
        assert (box.width <= cards.COLUMN, box.height <= cards.HEIGHT / 2) == (True, True), page
        assert drawn.title.get_fontsize() >= 28, page


def test_the_card_shows_the_stamps_where_they_fall():
    counted = [[0] * 6 for _ in range(6)]
    for row, column in ((0, 0), (0, 2), (2, 0), (2, 2)):
        for k in range(9):
            counted[row + k // 3][column + k % 3] += 1
    assert counted == cards.SHEET


@pytest.mark.parametrize(
    ("text", "described"),
    [
        ("One sentence that is long enough to stand for the page by itself, as most of them are, at any rate. " * 2,
         "One sentence that is long enough to stand for the page by itself, as most of them are, at any rate."),
        ("Short. " + "word " * 40, "Short. " + "word " * 29 + "word…"),
        ("Short.\n\nYou do this and that.\n\nYou learn something. It takes 5 of 6.", "Short. You learn something. It takes 5 of 6."),
        ("A size of 1.5 is none! Is it? (It is not.)", "A size of 1.5 is none! Is it? (It is not.)"),
    ],
)  # fmt: skip
def test_a_description_is_made_of_sentences(text, described):
    assert web.first_sentences(publish_doctree(text)) == described


def test_a_page_without_a_text_is_described_too():
    class Env:
        found_docs = ()

    for page in ("search", "genindex", "py-modindex", "404"):
        assert 50 <= len(web.description(Env, page, "Index of modules")) <= 160
