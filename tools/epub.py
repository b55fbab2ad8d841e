"""Makes an EPUB of the whole book: `python tools/epub.py FILE`.

The pages that `whole_book` reads become files of XHTML, with formulas as MathML. They are packed with what EPUB 3 asks for:
what is in the file, the order of reading, a table of contents, what it offers to those who do not see. Nothing in it has
the time of today, so the same book gives the same bytes.
"""

import html
import io
import re
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import matplotlib.pyplot as plt
from bs4.formatter import HTMLFormatter

import about
import formula_pages
import on_paper
import whole_book
from whole_book import SUBTITLE, TITLE

STYLE = Path(__file__).with_name("paper") / "epub.css"
IDENTIFIER = "urn:uuid:6f0b7a2e-4d0f-5c1b-9a57-2f1f6d5c8e33"  # of this book, whatever its version
PIXELS_PER_INCH = 160  # of a figure, as it was drawn
KINDS = {".xhtml": "application/xhtml+xml", ".css": "text/css", ".png": "image/png", ".woff": "font/woff"}
NAMESPACES = {"svg": "http://www.w3.org/2000/svg", "math": "http://www.w3.org/1998/Math/MathML"}
CAPITALS = {"viewbox": "viewBox"}  # the reader of HTML makes them small, and XML minds
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
CONTAINER = (
    HEAD + '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>\n'
)


def pack(book):
    """Return the files of the EPUB: name -> bytes, in the order in which they stand in it."""
    files = dict.fromkeys(("package.opf", "nav.xhtml"))  # what they say is known at the end
    files |= {"cover.png": cover(), "title.xhtml": title_page()}
    for page in book.pages:
        on_paper.settle(page)
        on_paper.shift_headings(page.body, 1)
    for page in book.pages:
        for picture in page.body.find_all("img"):
            files["images/" + Path(picture["src"]).name] = (book.folder / picture["src"]).read_bytes()
        prepare(page)
        files[file_of(page.name)] = document(page.title, xhtml(page.body))
    files["style.css"] = (STYLE.read_text(encoding="utf-8") + whole_book.COLOURS + "\n").encode()
    files["formulas.woff"] = (book.folder / formula_pages.NAME).read_bytes()
    files["nav.xhtml"] = navigation(book)
    files["package.opf"] = package(book, files)
    whole = {"mimetype": b"application/epub+zip", "META-INF/container.xml": CONTAINER.encode()}
    return whole | {f"EPUB/{name}": content for name, content in files.items()}


def written(files):
    """Return the bytes of the EPUB: what it is stands first and is not compressed; each file has the time of the last commit."""
    moment = max(commit(), datetime(1980, 1, 1, tzinfo=UTC)).timetuple()[:6]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as epub:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, moment)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # the same on each system
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            epub.writestr(entry, content)
    return target.getvalue()


def commit():
    """Return when the last commit was made, or a fixed moment where that is not known."""
    return whole_book.last_commit() or datetime(1980, 1, 1, tzinfo=UTC)


# Pages


def file_of(name):
    """Return the file of a page."""
    return f"{on_paper.slug(name)}.xhtml"


def prepare(page):
    """Give a page the links and the pictures that it has in the EPUB."""
    for link in page.body.find_all("a", href=True):
        there, _, place = link["href"].partition("#")
        if whole_book.is_internal(link["href"]):
            link["href"] = ("" if there == page.name and place else file_of(there)) + (f"#{place}" if place else "")
        else:
            link["href"] = whole_book.outside(link["href"])
    for picture in page.body.find_all("img"):
        picture["src"] = "images/" + Path(picture["src"]).name
    for entry in page.body.find_all(role="doc-biblioentry"):  # EPUB has given it up
        del entry["role"]
    for kind, namespace in NAMESPACES.items():
        for drawing in page.body.find_all(kind):
            drawing["xmlns"] = namespace


class Xhtml(HTMLFormatter):
    """Write what the reader of HTML has read as XML."""

    def __init__(self):
        super().__init__(entity_substitution=html.escape, void_element_close_prefix="/")

    def attributes(self, tag):
        """Return the attributes in a fixed order, with the capitals that SVG wants."""
        for name, value in sorted(tag.attrs.items()):
            yield CAPITALS.get(name, name), "" if value is None else value


def xhtml(body):
    """Write a part of a page as XHTML."""
    return body.decode(formatter=Xhtml())


def document(title, body, kind=""):
    """Write a page."""
    return (
        f'{HEAD}<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" '
        f'lang="en" xml:lang="en"><head><title>{html.escape(title)}</title>'
        f'<link rel="stylesheet" type="text/css" href="style.css"/></head><body{kind}>{body}</body></html>\n'
    ).encode()


def title_page():
    """Write the first page: the cover, and what book this is, in words."""
    site = whole_book.site()
    place = f'<p><a href="{site}">{site}</a></p>' if site else ""
    return document(
        TITLE,
        f'<section class="title" epub:type="titlepage"><h1>{TITLE}</h1><p>{SUBTITLE}</p>'
        f'<p><img src="cover.png" alt="Cover: {TITLE}. {whole_book.PICTURE_TEXT}"/></p>'
        f"<p>The authors of {TITLE}</p><p>{about.build()}</p>{place}<p>Text and figures: CC BY 4.0. Code: MIT.</p></section>",
    )


def cover():
    """Draw the cover."""
    with plt.style.context("transpose_conv.book"):
        fig = plt.figure(figsize=(6, 9))
        fig.text(0.08, 0.83, "Transpose\nConvolution", fontsize=38, weight="bold", linespacing=1.1)
        fig.text(0.08, 0.77, SUBTITLE, fontsize=16, color="#0072B2")
        ax = fig.add_axes((0.06, 0.2, 0.88, 0.5))
        ax.imshow(plt.imread(whole_book.PICTURE))
        ax.set_axis_off()
        drawn = io.BytesIO()
        fig.savefig(drawn, dpi=200, metadata={"Software": None})
        plt.close(fig)
    return drawn.getvalue()


# What EPUB asks for besides


def navigation(book):
    """Write the table of contents: the parts, their pages, and the sections of these."""
    parts = {}
    for page in book.pages:
        parts.setdefault(page.part, []).append(page)
    entries = [part_entry(part, pages) for part, pages in parts.items()]
    first = file_of(book.pages[0].name)
    body = (
        f'<nav epub:type="toc" id="toc"><h1>Contents</h1><ol>{"".join(entries)}</ol></nav>'
        '<nav epub:type="landmarks" hidden="hidden"><h2>Landmarks</h2><ol><li><a epub:type="titlepage" href="title.xhtml">Title</a></li>'
        '<li><a epub:type="toc" href="#toc">Contents</a></li>'
        f'<li><a epub:type="bodymatter" href="{first}">Text</a></li></ol></nav>'
    )
    return document("Contents", body)


def part_entry(part, pages):
    """Write the entry of a part, with its pages; what is in no part stands for itself."""
    below = {page.name: [one for one in pages if one.above == page.name] for page in pages}
    entries = "".join(page_entry(page, below[page.name]) for page in pages if not page.above)
    return f"<li><span>{html.escape(part)}</span><ol>{entries}</ol></li>" if part else entries


def page_entry(page, below):
    """Write the entry of a page, with the pages below it, or else with its sections."""
    file, words = file_of(page.name), f"{page.number} {page.title}".strip()
    inner = [page_entry(one, ()) for one in below] or [
        f'<li><a href="{file}#{section["id"]}">{html.escape(on_paper.words_of(heading))}</a></li>'
        for section in page.body.find_all("section", recursive=False)
        if (heading := section.find(re.compile("^h[2-6]$"), recursive=False))
    ]
    return f'<li><a href="{file}">{html.escape(words)}</a>{"<ol>" + "".join(inner) + "</ol>" if inner else ""}</li>'


def package(book, files):
    """Write what the EPUB is, what is in it, and in which order it is read."""
    names = [name for name in files if name != "package.opf"]
    items = "".join(
        f'<item id="{identifier(n)}" href="{n}" media-type="{KINDS[Path(n).suffix]}"{properties(n, files[n])}/>'
        for n in names
    )
    order = ["title.xhtml", "nav.xhtml", *(file_of(page.name) for page in book.pages)]
    spine = "".join(f'<itemref idref="{identifier(name)}"/>' for name in order)
    return (
        f'{HEAD}<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="book" xml:lang="en">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata()}</metadata>'
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>\n"
    ).encode()


def identifier(name):
    """Return a name for a file that XML takes as an identifier."""
    return "f-" + re.sub(r"[^\w.-]", "-", name)


def properties(name, content):
    """Say what a file has that a reading system has to know of."""
    found = [word for word in ("math", "svg") if name.endswith(".xhtml") and f"<{word}".encode() in content]
    special = {"nav.xhtml": "nav", "cover.png": "cover-image"}
    words = [*found, *filter(None, [special.get(name)])]
    return f' properties="{" ".join(words).replace("math", "mathml")}"' if words else ""


def metadata():
    """Write what the book is, of which day, and what it offers to those who do not see."""
    named = {
        "title": f"{TITLE}, {SUBTITLE}",
        "creator": f"The authors of {TITLE}",
        "language": "en",
        "date": f"{commit():%Y-%m-%d}",
        "description": "A 2×2 image, a kernel of 3×3, stride 2: 5×5 or 6×6? Why both are right, and what each framework does.",
        "rights": "Text and figures: CC BY 4.0. Code: MIT.",
        "subject": "Transposed convolution",
    }
    offered = {
        "accessMode": ("textual", "visual"),
        "accessModeSufficient": ("textual",),
        "accessibilityFeature": (
            "alternativeText",
            "MathML",
            "readingOrder",
            "structuralNavigation",
            "tableOfContents",
        ),
        "accessibilityHazard": ("none",),
        "accessibilitySummary": ("Every figure has a text that gives its numbers, and every formula is MathML.",),
    }
    words = [f'<dc:identifier id="book">{IDENTIFIER}</dc:identifier>']
    words += [f"<dc:{name}>{html.escape(value)}</dc:{name}>" for name, value in named.items()]
    words.append(f'<meta property="dcterms:modified">{commit():%Y-%m-%dT%H:%M:%SZ}</meta>')
    words += [f'<meta property="schema:{name}">{value}</meta>' for name, values in offered.items() for value in values]
    return "".join(words)


def main(argv):
    """Make the EPUB."""
    target = Path(argv[0])
    made = written(pack(whole_book.read()))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
