"""Prints the whole book as one PDF: `python tools/pdf.py FILE`.

The pages that `whole_book` reads are put behind each other, and headless Chromium prints them: with bookmarks, and tagged
for screen readers. It cannot count pages for a table of contents. So the book is printed more than once: first to see
on which page each link ends, then with these numbers, until they are right. All pages of the site are in it, the teachers'
and the worksheet, too: who has the file has the whole book, and no link has to lead out of it.
"""

import html
import re
import struct
import sys
from importlib.metadata import distribution
from pathlib import Path

from bs4 import BeautifulSoup
from playwright.sync_api import sync_playwright

import about
import chromium
import on_paper
import whole_book
from pdf_file import Pdf
from whole_book import SUBTITLE, TITLE

STYLE = Path(__file__).with_name("paper") / "paper.css"
PIXELS_PER_INCH = 180  # of a figure on paper; 160 would be its own size
PRINTS = 4  # at most, until the page numbers are right
FRAME = ("Remember", "Check yourself", "On your own", "In practice", "Further reading")  # the same in each chapter
SHEETS = ("chapters/cheat-sheet", "course/worksheet", "course/worksheet-key")  # made to fill a page, or two
ALPHABETICAL = ("chapters/glossary", "chapters/bibliography")  # found without a page number
REVEAL = "sphinx_revealjs/_static/revealjs/dist/theme/fonts/source-sans-pro/source-sans-pro-"
FONTS = [  # family, package, file, weight, style
    ("Text", "sphinx-revealjs", REVEAL + "regular.ttf", 400, "normal"),
    ("Text", "sphinx-revealjs", REVEAL + "italic.ttf", 400, "italic"),
    ("Text", "sphinx-revealjs", REVEAL + "semibold.ttf", 600, "normal"),
    ("Text", "sphinx-revealjs", REVEAL + "semibolditalic.ttf", 600, "italic"),
    ("Formulas", "ziamath", "ziamath/fonts/STIXTwoMath-Regular.ttf", 400, "normal"),
    ("Fallback", "matplotlib", "matplotlib/mpl-data/fonts/ttf/DejaVuSans.ttf", 400, "normal"),
    ("Code", "matplotlib", "matplotlib/mpl-data/fonts/ttf/DejaVuSansMono.ttf", 400, "normal"),
    ("Code", "matplotlib", "matplotlib/mpl-data/fonts/ttf/DejaVuSansMono-Oblique.ttf", 400, "italic"),
    ("Code", "matplotlib", "matplotlib/mpl-data/fonts/ttf/DejaVuSansMono-Bold.ttf", 700, "normal"),
]


# The page that is printed


def assemble(book):
    """Put the pages of the book behind each other, in one page of HTML that has its style, and its pictures beside it."""
    names = {page.name: f"p{number}" for number, page in enumerate(book.pages)}
    for page in book.pages:
        on_paper.settle(page)
        on_paper.shift_headings(page.body, 3 if page.above else 2)
        prepare(page, names, book.folder)
    heads = "\n".join(running_head(page, names[page.name]) for page in book.pages)
    style = "\n".join([*map(font_face, FONTS), STYLE.read_text(encoding="utf-8"), whole_book.COLOURS, heads])
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{TITLE}, {SUBTITLE}</title>'
        f"<style>{style}</style></head><body>{title_page()}{contents(book, names)}{pages(book, names)}</body></html>\n"
    )


def pages(book, names):
    """Write the pages, and a page of its own before each part."""
    written, part = [], ""
    for page in book.pages:
        if page.part != part:
            part = page.part
            written.append(part_page(book, names, part))
        name = names[page.name]
        kind = "section-page" if page.above else "chapter-page"
        written.append(
            f'<article class="{kind} {on_paper.slug(page.name)}" id="{name}" style="page: {name}">{page.body}</article>'
        )
    return "\n".join(written)


def parts(book):
    """Return the names of the parts, in their order."""
    return list(dict.fromkeys(page.part for page in book.pages if page.part))


def part_page(book, names, part):
    """Write the page before a part."""
    number = ["I", "II", "III", "IV", "V", "VI", "VII"][parts(book).index(part)]
    entries = "".join(
        f'<li><a href="#{names[page.name]}"><span class="counted">{page.number}</span> {html.escape(page.title)}</a></li>'
        for page in book.pages
        if page.part == part and not page.above
    )
    return f'<section class="part-page"><h1><span class="counted">Part {number} </span>{part}</h1><ol>{entries}</ol></section>'


def title_page():
    """Write the title, the version, and the day of the last commit."""
    site = f"<p>{html.escape(whole_book.site())}</p>" if whole_book.site() else ""
    return (
        f'<section class="title-page"><p class="name">{TITLE}</p><p class="subtitle">{SUBTITLE}</p>'
        f'<img src="{whole_book.PICTURE.as_uri()}" alt="{whole_book.PICTURE_TEXT}">'
        f'<div class="below"><p>The authors of {TITLE}</p><p>{about.build()}</p>{site}'
        "<p>Text and figures: CC BY 4.0. Code: MIT.</p></div></section>"
    )


def contents(book, names):
    """Write the table of contents: parts, chapters, and the sections that a chapter does not have in common with others."""
    written, part = ['<nav class="contents"><h1>Contents</h1><ol>'], ""
    for page in book.pages:
        if page.part != part:
            part = page.part
            written.append(f'<li class="of-part">{part}</li>')
        name = names[page.name]
        sections = "" if page.above else "".join(section_entries(page, name))
        below = f"<ol>{sections}</ol>" if sections and page.number else ""
        kind = "below" if page.above else "chapter"
        counted = f'<span class="counted">{page.number}</span>' if page.number else ""
        written.append(
            f'<li class="{kind}"><a href="#{name}" data-page="">{counted}<span>{html.escape(page.title)}</span></a>{below}</li>'
        )
    return "".join([*written, "</ol></nav>"])


def section_entries(page, name):
    """Yield the entries of a chapter's sections."""
    for section in page.body.find_all("section", recursive=False):
        words = on_paper.words_of(section.find("h3", recursive=False))
        if words not in FRAME and words != on_paper.TITLE:
            yield f'<li><a href="#{name}-{section["id"].removeprefix(name + "-")}" data-page=""><span>{html.escape(words)}</span></a></li>'


def prepare(page, names, folder):
    """Give a page the identifiers, the links and the pictures of the printed book."""
    name = names[page.name]
    for element in [page.body, *page.body.find_all(id=True)]:
        if element.get("id"):
            element["id"] = f"{name}-{element['id']}"
    for link in page.body.find_all("a", href=True):
        there, _, place = link["href"].partition("#")
        if whole_book.is_internal(link["href"]) and there in names:
            link["href"] = f"#{names[there]}" + (f"-{place}" if place else "")
            if (there != page.name and there not in ALPHABETICAL) or "to-answer" in link.get("class", ()):
                link["data-page"] = " p.\u00a0"
        else:
            link["href"] = whole_book.outside(link["href"])
    for picture in page.body.find_all("img"):
        path = folder / picture["src"]
        picture["src"] = path.as_uri()
        picture["style"] = f"width: {width_of(path) / PIXELS_PER_INCH:.3f}in"
    for table in page.body.find_all("table"):
        if len(table.find_all("tr")) <= 24:
            table["class"] = [*table.get("class", ()), "short"]


def width_of(path):
    """Return the width of a picture in pixels."""
    return struct.unpack(">I", path.read_bytes()[16:20])[0]


def running_head(page, name):
    """Write what stands above each page of a chapter."""
    head = f"{page.number}  {page.title}".strip()
    words = re.sub(r'[\\"]', lambda match: "\\" + match[0], head)
    rule = "font: 8.5pt Text, sans-serif; color: #555; white-space: nowrap;"
    margin = "margin: 20mm 16mm 16mm; " if page.name in SHEETS else ""
    return f'@page {name} {{ {margin}@top-left {{ content: "{TITLE}"; {rule} }} @top-right {{ content: "{words}"; {rule} }} }}'


def font_face(font):
    """Write where a font is: in a package, so that the book looks the same on each machine."""
    family, package, file, weight, style = font
    address = Path(distribution(package).locate_file(file)).as_uri()
    return f'@font-face {{ font-family: {family}; src: url("{address}"); font-weight: {weight}; font-style: {style}; }}'


# Printing


def print_book(page, text, folder):
    """Print until each page number is that of the page where the link ends; return the PDF."""
    numbers = {}
    for _ in range(PRINTS):
        numbers, before = Pdf(printed(page, numbered(text, numbers), folder)).destinations(), numbers
        if numbers == before:
            break
    made = printed(page, numbered(text, numbers), folder, outline=True, tagged=True)
    if Pdf(made).destinations() != numbers:
        raise RuntimeError(f"the page numbers still change after {PRINTS} prints")
    return mended(made, text)


def printed(page, text, folder, **wanted):
    """Let Chromium print; without bookmarks and tags, it is much faster."""
    path = folder / "paper.html"
    path.write_text(text, encoding="utf-8")
    page.goto(path.as_uri())
    page.evaluate("document.fonts.ready.then(() => true)")
    return page.pdf(prefer_css_page_size=True, print_background=True, **({"outline": False, "tagged": False} | wanted))


def numbered(text, numbers):
    """Write behind each link that asks for it on which page it ends; as long as that is not known, a number as wide."""

    def one(match):
        words, place, link = match[1], match[2], match[0].removesuffix("</a>")
        return f'{link}<span class="on-page">{words}{numbers.get(place, 100)}</span></a>'

    link = r'<a\b(?=[^>]*\bdata-page="([^"]*)")(?=[^>]*\bhref="#([^"]+)")[^>]*>.*?</a>'
    return re.sub(link, one, text, flags=re.DOTALL)


def titles(text):
    """Return the words of each heading, in their order, for the bookmarks."""
    headings = BeautifulSoup(text.partition("<body>")[2], "html.parser").find_all(re.compile("^h[1-6]$"))
    return [" ".join(heading.get_text(" ", strip=True).split()) for heading in headings]


def mended(made, text):
    """Give the PDF its bookmarks and say what it is; the same book gives the same bytes."""
    file = Pdf(made)
    file.name_bookmarks(titles(text))
    file.explain_tags()
    file.number_cells()
    moment = whole_book.last_commit()
    day = {"CreationDate": f"D:{moment:%Y%m%d%H%M%S}Z"} if moment else {}
    file.say(
        Title=f"{TITLE}, {SUBTITLE}",
        Author=f"The authors of {TITLE}",
        Subject=about.build(),
        Creator="tools/pdf.py, Chromium",
        **day,
    )
    return file.written()


def main(argv):
    """Make the PDF."""
    target = Path(argv[0])
    browser = chromium.find()
    if browser is None:
        return chromium.ADVICE
    book = whole_book.read()
    text = assemble(book)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser, args=chromium.ARGUMENTS)
        made = print_book(started.new_page(java_script_enabled=False), text, book.folder)
        started.close()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
