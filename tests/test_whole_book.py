"""The book as PDF and EPUB: nothing is lost, nothing is hidden, every link ends where it says, the same bytes each time."""

import io
import os
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections import Counter
from copy import copy
from dataclasses import replace
from itertools import pairwise
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree as ET

import pytest
import yaml
from bs4 import BeautifulSoup

import downloads
import epub
import on_paper
import pdf
import whole_book
from helpers import exact
from pages import NOTEBOOKS, PAGES, ROOT, SITE
from pdf_file import Pdf
from whole_book import Book, Page

BUILD = "import pathlib, whole_book; whole_book.build(whole_book.FOLDER)"
SUBSET = ("chapters/01-two-answers", "chapters/cheat-sheet", "course/worksheet", "course/worksheet-key")
EPOCH = "1790000000"  # some day in 2026


@pytest.fixture(scope="module")
def text():
    """The page that Sphinx makes of the whole book; in a process of its own, as Sphinx changes docutils."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tools")}
    done = subprocess.run([sys.executable, "-c", BUILD], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return (whole_book.FOLDER / "html" / f"{PAGES[0]}.html").read_text(encoding="utf-8")


@pytest.fixture
def dated(monkeypatch):
    """A commit of a fixed time."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)


@pytest.fixture(scope="module")
def book(text):
    """The pages as they are read."""
    return whole_book.split(text, whole_book.FOLDER / "html")


def copied(book, names=PAGES):
    """Copy pages of the book, since making something of them changes them."""
    chosen = (page for page in book.pages if page.name in names)
    return Book([replace(page, body=copy(page.body)) for page in chosen], book.folder)


@pytest.fixture(scope="module")
def files(book):
    """The EPUB's files, and the pages, which are settled by making them."""
    settled = copied(book)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        return epub.pack(settled), settled


def small(html, name="chapters/01-two-answers"):
    """A page of a few lines."""
    return Page(name, "", BeautifulSoup(f"<section><h2>Title</h2>{html}</section>", "html.parser").section)


# Reading


def test_every_page_is_there_in_its_order(book):
    assert [page.name for page in book.pages] == PAGES
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    assert list(dict.fromkeys(page.part for page in book.pages)) == ["", *(part["caption"] for part in parts)]
    assert [page.number for page in book.pages if page.number] == [str(n) for n in range(1, 14)]
    assert {page.above for page in book.pages} == {"", "chapters/api", "course/teachers"}
    assert book["chapters/03-formula-backwards"].title == "Turn the formula around"


def test_every_link_leads_to_a_place_on_the_page_that_it_names(book):
    """Thirteen chapters have a heading "Remember", with the same name on each page."""
    places = {
        page.name: {"", page.body["id"], *(one["id"] for one in page.body.find_all(id=True))} for page in book.pages
    }
    links = [link["href"] for page in book.pages for link in page.body.find_all("a", href=True)]
    inside = [link for link in links if whole_book.is_internal(link)]
    assert len(inside) > 500
    assert [link for link in inside if link.partition("#")[2] not in places[link.partition("#")[0]]] == []
    assert "chapters/03-formula-backwards#remember" in inside
    assert {link for link in links if not whole_book.is_internal(link) and not link.startswith("https://")} <= {
        *(link for link in links if link.startswith("chapters/explorer#axes=")),
        *("../slides/index.html", "http://DeepLearning.AI"),
        *(link for link in links if link.startswith("_downloads/")),
    }


def test_what_is_on_the_site_alone_is_linked_there():
    site = whole_book.repository.site_of(whole_book.repository.address_of(ROOT))
    assert whole_book.outside("https://somewhere.org/a") == "https://somewhere.org/a"
    assert whole_book.outside("../slides/index.html") == f"{site}slides/index.html"
    assert whole_book.outside("chapters/explorer#axes=2&want=6") == f"{site}chapters/explorer.html#axes=2&want=6"
    assert whole_book.outside("chapters/03-formula-backwards#") == f"{site}chapters/03-formula-backwards.html"


def test_words_of_code_without_a_colour_lose_their_mark():
    coloured = '<span class="mi">2</span><span class="p-other">)</span><span class="gap"></span>'
    assert whole_book.plain(f'<span class="n">x</span><span class="w"> </span>{coloured}') == f"x {coloured}"


# On paper

HIDDEN = """
<section id="check-yourself"><h3>Check yourself</h3>
<p><strong>1.</strong> How many?</p>
<details class="choice"><summary>A. <em>Two</em></summary><p><strong>No.</strong> Three.</p></details>
<details class="choice"><summary>B. Three</summary><p><strong>Right.</strong></p><p>Count.</p></details>
<p><strong>2.</strong> And now?</p>
<details class="choice"><summary>A. One</summary><p><strong>Right.</strong></p></details>
</section>
<section id="on-your-own"><h3>On your own</h3>
<p><strong>Exercise 1 (by hand).</strong> Do.</p><details><summary>Solution</summary><p>Done.</p></details>
<p><strong>Exercise 2 (code).</strong> Write.</p><div class="cell"><pre>def</pre></div>
<div class="cell tag_hide-cell tag_solution"><details class="admonition hide"><summary aria-label="Toggle">
<p class="collapsed">Show the solution</p><p class="expanded">Hide</p></summary><pre>return</pre></details></div>
<details><summary>Why</summary><p>Because.</p></details>
<p><strong>Exercise 3.</strong> Nothing hidden.</p></section>
"""


def test_answers_stand_at_the_end_of_the_chapter_with_links_there_and_back():
    page = small(HIDDEN)
    on_paper.settle(page)
    asked, tried, answers = page.body.find_all("section", recursive=False)
    assert [li.get_text() for li in asked.find_all("li")] == ["A. Two", "B. Three", "A. One"]
    assert asked.find("ul").find("em").get_text() == "Two"
    assert "Right" not in asked.get_text()
    assert "Done" not in tried.get_text()
    assert tried.find("pre").get_text() == "def"
    heads = [head.get_text() for head in answers.find_all(class_="answer-head")]
    assert heads == ["Question 1", "Question 2", "Exercise 1", "Exercise 2"]
    assert answers.find("h3").get_text() == on_paper.TITLE
    assert [dt.get_text() for dt in answers.find_all("dt")] == ["A", "B", "A"]
    assert [dd.get_text() for dd in answers.find_all("dd")] == ["No. Three.", "Right.Count.", "Right."]
    second = answers.find(id="answer-to-exercise-2")
    assert [part.get_text() for part in second.find_all(["pre", "p"])] == ["Exercise 2", "return", "Why", "Because."]
    there = {link["href"].partition("#")[2] for link in page.body.find_all(class_="to-answer")}
    back = {link["href"].partition("#")[2] for link in answers.select(".answer-head a")}
    assert there == {block["id"] for block in answers.find_all(class_="answer")}
    assert back == {"question-1", "question-2", "exercise-1", "exercise-2"}
    assert all(page.body.find(id=one) for one in there | back)


def test_what_else_is_hidden_is_open_in_its_place():
    page = small(
        '<div class="cell tag_hide-input"><details class="admonition hide above-input"><summary>'
        '<p class="collapsed">Show code cell source</p></summary><pre>draw()</pre></details>'
        '<div class="cell_output"><img alt=""></div></div><details><summary>With PyTorch</summary><pre>call()</pre></details>'
        '<script>run()</script><form><input></form><a-widget><figure>still</figure></a-widget><p class="screen-only">print me</p>'
    )
    on_paper.settle(page)
    assert page.body.find(["details", "summary", "script", "form", "a-widget"]) is None
    assert [one.name for one in page.body.find(class_="tag_hide-input").find_all(["img", "pre"])] == ["img", "pre"]
    assert [p.get_text() for p in page.body.find_all("p")] == ["With PyTorch"]
    assert page.body.find("figure").get_text() == "still"
    assert page.body.find(id="answers") is None


def test_nothing_of_the_book_is_hidden_or_lost(book, files):
    for before, after in zip(book.pages, files[1].pages):
        assert after.body.find(["details", "summary", "script", "button", "form"]) is None
        kept, code = ([one.get_text() for one in page.body.find_all("pre")] for page in (after, before))
        assert Counter(kept) == Counter(code), before.name
        pictures, had = (len(page.body.find_all(["img", "svg", "math"])) for page in (after, before))
        assert pictures == had


@pytest.mark.parametrize("name", NOTEBOOKS[:13])
def test_every_question_and_every_exercise_of_a_chapter_has_its_answer_at_the_end(book, files, name):
    before, after = book[name].body, files[1][name].body
    asked = after.find(id="check-yourself")
    assert not re.search(r"\b(Right|No)\.", asked.get_text())
    choices = before.select("#check-yourself details.choice")
    assert len(after.select("#answers dt")) == len(asked.find_all("li")) == len(choices) >= 6
    hidden = len(before.select("#on-your-own > details, #on-your-own > .tag_solution"))
    assert after.select("#on-your-own .tag_solution") == []
    assert len(after.select("#answers .tag_solution, #answers .answer > .opened")) == hidden
    assert after.find_all("section", recursive=False)[-1]["id"] == "answers"


# The PDF


@pytest.fixture(scope="module")
def assembled(book):
    """The page that is printed."""
    return pdf.assemble(copied(book))


def test_the_page_that_is_printed_is_whole(assembled):
    body = assembled.partition("<body>")[2]
    ids = re.findall(r'<[^>]*\sid="([^"]+)"', body)
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    links = re.findall(r'<a\b[^>]*\shref="([^"]+)"', body)
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert {link.partition(":")[0] for link in links if not link.startswith("#")} == {"https", "http"}
    pictures = re.findall("<img[^>]*>", body)
    assert len(pictures) >= 50
    assert all(re.search('alt="[^"]', picture) for picture in pictures)
    listed = re.findall(r'<li class="(?:chapter|below)"><a href="#(\w+)"', body)
    assert listed == [f"p{n}" for n in range(len(PAGES))]
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", body)]
    assert all(deeper <= level + 1 for level, deeper in pairwise(levels))  # bookmarks have no gaps


def test_nothing_is_wider_than_its_page(browser, assembled):
    """Looked at as wide as the room between the margins."""
    path = whole_book.FOLDER / "html" / "paper.html"
    path.write_text(assembled, encoding="utf-8")
    millimetre = 96 / 25.4
    page = browser.new_page(
        viewport={"width": round((210 - 2 * 24) * millimetre), "height": 900}, java_script_enabled=False
    )
    page.emulate_media(media="print")
    page.goto(path.as_uri())
    wide = page.evaluate(
        """() => [...document.querySelectorAll("article :is(pre, table, img, svg, math, p, li)")]
        .filter(one => Math.max(one.getBoundingClientRect().right, one.scrollWidth) > innerWidth + 1 && !one.closest(".cheat-sheet, .worksheet, .worksheet-key"))
        .map(one => [one.closest("article").id, one.tagName, one.textContent.slice(0, 60)])"""
    )
    shown = page.evaluate("[...document.fonts].filter(font => font.status == 'loaded').map(font => font.family)")
    broken = page.evaluate("[...document.images].filter(i => !(i.complete && i.naturalWidth)).map(i => i.src)")
    page.close()
    assert wide == []
    assert {"Text", "Code", "Formulas"} <= {name.strip('"') for name in shown}
    assert broken == []


def test_page_numbers_are_written_where_they_are_asked_for():
    text = '<a data-page=" p. " href="#p2-x"><b>there</b></a> <a href="#p3">no</a> <a data-page="" href="#p9">new</a>'
    assert pdf.numbered(text, {"p2-x": 7}) == (
        '<a data-page=" p. " href="#p2-x"><b>there</b><span class="on-page"> p. 7</span></a> <a href="#p3">no</a> '
        '<a data-page="" href="#p9">new<span class="on-page">100</span></a>'
    )


@pytest.fixture(scope="module")
def printed(browser, book):
    """A book of four pages, printed; its page of HTML; and what Chromium had made of it."""
    chosen, made = copied(book, SUBSET), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        patch.setattr(pdf, "Pdf", lambda content: made.append(content) or Pdf(content))
        page = browser.new_page(java_script_enabled=False)
        html = pdf.assemble(chosen)
        content = pdf.print_book(page, html, chosen.folder)
        page.close()
    return content, html, made


def unpacked(content):
    """Read a PDF whose objects are packed, as its format says: number -> object."""
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", content)[1])
    table = content[start:]
    rows = zlib.decompress(table[table.index(b"stream\n") + 7 : table.index(b"\nendstream")])
    places = list(struct.iter_unpack(">BIH", rows))
    assert places[0] == (0, 0, 65535)
    objects, packs = {}, {}
    for number, (kind, where, index) in enumerate(places[1:], 1):
        if kind == 1:
            assert content[where:].startswith(b"%d 0 obj\n" % number)
            objects[number] = content[where + len(b"%d 0 obj\n" % number) : content.index(b"\nendobj\n", where)]
        else:
            packs.setdefault(where, []).append((index, number))
    for pack, members in packs.items():
        text = objects[pack]
        count, first = map(int, re.search(rb"/N (\d+) /First (\d+)", text).groups())
        inner = zlib.decompress(text[text.index(b"stream\n") + 7 : text.rindex(b"\nendstream")])
        heads = list(map(int, inner[:first].split()))
        assert count == len(members) == len(heads) / 2
        for index, number in members:
            assert heads[2 * index] == number
            end = heads[2 * index + 3] if index + 1 < count else len(inner) - first
            objects[number] = inner[first + heads[2 * index + 1] : first + end].removesuffix(b"\n")
    return objects


def test_mending_a_pdf_changes_its_words_alone(printed):
    content, _, made = printed
    before, after = Pdf(made[-1]), unpacked(content)
    mended = {before.info, before.follow(before.root, "StructTreeRoot"), *before.bookmarks()}
    assert mended < set(before.objects) <= set(after)
    before.number_cells()
    assert {number for number, text in before.objects.items() if after[number] != text} <= mended
    assert len(content) < 0.7 * len(made[-1])
    assert re.search(rb"/Type /XRef .*/Root %d 0 R /Info %d 0 R" % (before.root, before.info), content)


def test_the_numbers_in_the_contents_are_those_of_the_bookmarks(printed):
    """Chromium's bookmarks say by themselves on which page a heading is."""
    _, html, made = printed
    file = Pdf(made[-1])
    place = {page: count for count, page in enumerate(file.pages(), 1)}
    marks = [place[int(re.search(rb"/Dest \[(\d+) 0 R", file.objects[mark])[1])] for mark in file.bookmarks()]
    soup = BeautifulSoup(html.partition("<body>")[2], "html.parser")
    headings = soup.find_all(re.compile("^h[1-6]$"))
    assert len(headings) == len(marks)
    shown = {
        heading.find_parent("article")["id"]: mark for heading, mark in zip(headings, marks) if heading.name == "h2"
    }
    numbers = file.destinations()
    assert {name: numbers[name] for name in shown} == shown
    last = (whole_book.FOLDER / "html" / "paper.html").read_text(encoding="utf-8")
    for name in shown:
        assert re.search(
            rf'data-page="" href="#{name}".*?<span class="on-page">{shown[name]}</span>|href="#{name}" data-page="".*?<span class="on-page">{shown[name]}</span>',
            last,
        )


def test_the_bookmarks_have_the_words_of_the_headings(printed):
    content, _, made = printed
    objects, file = unpacked(content), Pdf(made[-1])
    titles = [re.search(rb"/Title (\(.*?\)|<.*?>)\n", objects[mark] + b"\n")[1] for mark in file.bookmarks()]
    read = [bytes.fromhex(t[1:-1].decode()).decode("utf-16") if t[:1] == b"<" else t[1:-1].decode() for t in titles]
    assert read[:4] == [
        "Contents",
        "Part I The puzzle",
        "1 Get two answers to one question",
        "1.1. The question, as it was asked",
    ]
    assert "Cheat sheet" in read
    assert re.search(r"/Title \(Transpose Convolution, from one puzzle", objects[file.info].decode())
    assert b"(D:20260921141320Z)" in objects[file.info]
    assert re.findall(rb"D:\d{14}", b"".join(objects.values())) == [b"D:20260921141320"]


def test_every_link_of_the_pdf_ends_in_it_or_on_the_web(printed):
    content, _, made = printed
    text, named = b"".join(unpacked(content).values()), Pdf(made[-1]).destinations()
    assert {name.decode() for name in re.findall(rb"/Dest /([\w.-]+)", text)} <= set(named)
    outside = re.findall(rb"/URI \((.*?)\)", text)
    assert outside
    assert {address.partition(b":")[0] for address in outside} <= {b"http", b"https"}
    assert b"file:" not in text
    assert str(ROOT).encode() not in text


def test_it_is_tagged_and_its_fonts_come_from_packages(printed):
    text = b"\n".join(unpacked(printed[0]).values())
    assert b"/Marked true" in text
    assert b"/Lang (en)" in text
    assert len(re.findall(rb"/S /Figure\n", text)) >= 3
    fonts = {name.decode() for name in re.findall(rb"/BaseFont /[A-Z]{6}\+([\w-]+)", text)}
    assert fonts <= {
        *("SourceSansPro-Regular", "SourceSansPro-It", "SourceSansPro-Semibold", "SourceSansPro-SemiboldIt"),
        *(
            "DejaVuSans",
            "DejaVuSansMono",
            "DejaVuSansMono-Oblique",
            "DejaVuSansMono-Bold",
            "STIXTwoMath-Regular",
            "STIXTwoMath",
        ),
    }
    assert {"SourceSansPro-Regular", "DejaVuSansMono"} < fonts


def test_a_chapter_begins_on_a_new_page_and_a_sheet_fills_its_own(printed):
    _, html, made = printed
    numbers = Pdf(made[-1]).destinations()
    starts = {
        name.split()[-1]: numbers[number] for name, number in re.findall(r'<article class="([^"]+)" id="(\w+)"', html)
    }
    assert starts["01-two-answers"] == 4  # after title, contents and the page of the part
    assert starts["worksheet"] - starts["cheat-sheet"] == 2  # with the page of the part between
    assert starts["worksheet-key"] - starts["worksheet"] == 2
    assert len(Pdf(made[-1]).pages()) - starts["worksheet-key"] + 1 == 2


def test_two_prints_are_the_same_bytes(browser, printed, dated):
    content, html, made = printed
    text = pdf.numbered(html, Pdf(made[-1]).destinations())
    page = browser.new_page(java_script_enabled=False)
    again = pdf.printed(page, text, whole_book.FOLDER / "html", outline=True, tagged=True)
    page.close()
    assert pdf.mended(again, html) == content


def test_page_numbers_that_never_settle_are_not_printed(monkeypatch):
    numbers = iter(range(99))
    monkeypatch.setattr(pdf, "printed", lambda *words, **options: b"")
    monkeypatch.setattr(pdf, "Pdf", lambda made: type("", (), {"destinations": lambda self: {"p1": next(numbers)}})())
    with pytest.raises(RuntimeError, match=exact(f"the page numbers still change after {pdf.PRINTS} prints")):
        pdf.print_book(None, "", None)


# The EPUB

OPF, XHTML, CONTAINER = (
    "{http://www.idpf.org/2007/opf}",
    "{http://www.w3.org/1999/xhtml}",
    "{urn:oasis:names:tc:opendocument:xmlns:container}",
)


@pytest.fixture(scope="module")
def opened(files):
    """The EPUB, read from its bytes as a reading system does: its package, and its files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        archive = zipfile.ZipFile(io.BytesIO(epub.written(files[0])))
    root = ET.fromstring(archive.read("META-INF/container.xml")).find(f".//{CONTAINER}rootfile").get("full-path")
    folder = PurePosixPath(root).parent
    contents = {name: archive.read(name) for name in archive.namelist()}
    return (
        archive,
        ET.fromstring(contents[root]),
        {str(PurePosixPath(n).relative_to(folder)): c for n, c in contents.items() if n.startswith(f"{folder}/")},
    )


@pytest.fixture(scope="module")
def trees(opened):
    """Each page of the EPUB, read as XML."""
    return {name: ET.fromstring(content) for name, content in opened[2].items() if name.endswith(".xhtml")}


def test_the_first_file_says_what_it_is_and_none_has_the_time_of_today(opened):
    archive = opened[0]
    first = archive.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    assert first.extra == b""
    assert archive.read("mimetype") == b"application/epub+zip"
    assert {entry.date_time for entry in archive.infolist()} == {(2026, 9, 21, 14, 13, 20)}


def test_the_package_lists_every_file_and_the_order_of_reading(opened, trees):
    package, inside = opened[1:]
    items = {item.get("href"): item for item in package.iter(f"{OPF}item")}
    assert set(items) == set(inside) - {"package.opf"}
    assert {name: item.get("media-type") for name, item in items.items()} == {
        name: epub.KINDS[Path(name).suffix] for name in items
    }
    names = {item.get("id"): name for name, item in items.items()}
    assert len(names) == len(items)
    order = [names[one.get("idref")] for one in package.iter(f"{OPF}itemref")]
    assert order == ["title.xhtml", "nav.xhtml", *(epub.file_of(page) for page in PAGES)]
    assert set(order) == set(trees)
    said = {name: set((item.get("properties") or "").split()) for name, item in items.items()}
    assert {name for name, words in said.items() if "cover-image" in words} == {"cover.png"}
    assert {name for name, words in said.items() if "nav" in words} == {"nav.xhtml"}
    for name, tree in trees.items():
        tags = {element.tag for element in tree.iter()}
        has = {
            word
            for word, tag in (
                ("mathml", "{http://www.w3.org/1998/Math/MathML}math"),
                ("svg", "{http://www.w3.org/2000/svg}svg"),
            )
            if tag in tags
        }
        assert said[name] - {"nav"} == has, name


def test_every_address_in_the_epub_leads_somewhere(opened, trees):
    inside = opened[2]
    ids = {name: [one.get("id") for one in tree.iter() if one.get("id")] for name, tree in trees.items()}
    for name, tree in trees.items():
        assert len(ids[name]) == len(set(ids[name])), name
        for element in tree.iter():
            for address in filter(None, (element.get("href"), element.get("src"))):
                file, _, place = address.partition("#")
                if not re.match("https?:", address):
                    assert (file or name) in inside, (name, address)
                    assert not place or place in ids[file or name], (name, address)
    css = inside["style.css"].decode()
    assert set(re.findall(r"url\((.*?)\)", css)) <= set(inside)


def test_what_a_page_shows_is_there_for_those_who_do_not_see(trees, book):
    pictures = [one for tree in trees.values() for one in tree.iter(f"{XHTML}img")]
    assert len(pictures) >= 50
    assert all(picture.get("alt") for picture in pictures)
    math = "{http://www.w3.org/1998/Math/MathML}math"
    formulas = {name: sum(1 for _ in tree.iter(math)) for name, tree in trees.items()}
    for page in book.pages:
        assert formulas[epub.file_of(page.name)] == len(page.body.find_all("math"))
    assert sum(formulas.values()) > 400
    drawings = [one for tree in trees.values() for one in tree.iter("{http://www.w3.org/2000/svg}svg")]
    assert drawings
    assert all(one.get("viewBox") and one.get("aria-label") and one.get("role") == "img" for one in drawings)


def test_the_contents_have_every_page_and_its_sections(trees, book):
    nav = next(one for one in trees["nav.xhtml"].iter(f"{XHTML}nav") if one.get("id") == "toc")
    links = [(link.get("href"), "".join(link.itertext())) for link in nav.iter(f"{XHTML}a")]
    assert [href for href, _ in links if "#" not in href] == [epub.file_of(page) for page in PAGES]
    assert ("03-formula-backwards.xhtml", "3 Turn the formula around") in links
    assert ("03-formula-backwards.xhtml#solve-for-n", "Solve for n") in links
    assert ("03-formula-backwards.xhtml#answers", on_paper.TITLE) in links
    assert [span.text for span in nav.iter(f"{XHTML}span")] == list(
        dict.fromkeys(page.part for page in book.pages if page.part)
    )


def test_two_epubs_are_the_same_bytes_and_another_commit_is_another(book, dated, monkeypatch):
    made = [epub.written(epub.pack(copied(book, SUBSET))) for _ in range(2)]
    assert made[0] == made[1]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(EPOCH) + 86400))
    assert epub.written(epub.pack(copied(book, SUBSET))) != made[0]
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert zipfile.ZipFile(io.BytesIO(epub.written({"mimetype": b""}))).infolist()[0].date_time[0] == 1980


# For download


def offered(site):
    """The links of the landing page to files for download, and these files."""
    page = BeautifulSoup((site / downloads.PAGE).read_text(encoding="utf-8"), "html.parser")
    links = page.select(f'a[href*="{downloads.FOLDER}/"]')
    folder = site / downloads.FOLDER
    return links, sorted(file.name for file in folder.iterdir()) if folder.exists() else []


def test_the_site_links_to_a_download_if_and_only_if_it_has_it():
    links, files = offered(SITE)
    assert sorted(Path(link["href"]).name for link in links) == files


def test_a_file_that_is_offered_is_linked_with_its_size(tmp_path):
    page = tmp_path / "site" / downloads.PAGE
    page.parent.mkdir(parents=True)
    page.write_text((SITE / downloads.PAGE).read_text(encoding="utf-8"), encoding="utf-8")
    for name, length in (("book.epub", 2_640_000), ("book.pdf", 5_380_000), ("book.epub", 990_000)):
        (tmp_path / name).write_bytes(b"0" * length)
        downloads.offer(tmp_path / "site", [tmp_path / name])
    links, files = offered(tmp_path / "site")
    assert files == ["book.epub", "book.pdf"]
    assert [(link["href"], link.get_text()) for link in links] == [
        ("../downloads/book.pdf", "PDF"),
        ("../downloads/book.epub", "EPUB"),
    ]
    assert links[0].parent.get_text().endswith("PDF (5.4 MB), EPUB (1.0 MB).")
    assert (page.parent / links[0]["href"]).resolve().stat().st_size == 5_380_000


def test_a_site_without_a_place_is_told_what_to_do(tmp_path):
    (tmp_path / downloads.PAGE).parent.mkdir()
    (tmp_path / downloads.PAGE).write_text("<p>An older site.</p>", encoding="utf-8")
    with pytest.raises(ValueError, match="0 places for downloads: build the site again"):
        downloads.offer(tmp_path, [])


def test_what_is_published_has_both_files():
    steps = re.findall(
        r"- run: ([^#\n]*[^#\s])", (ROOT / ".github" / "workflows" / "pages.yml").read_text(encoding="utf-8")
    )
    assert steps == [
        "python tasks.py book",
        "python tasks.py pdf",
        "python tasks.py epub",
        "python tasks.py epub --check",
    ]
