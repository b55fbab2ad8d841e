"""Offers the book's files on the site that is built: `python tools/downloads.py FILE ...`.

The files are copied into the site, and the landing page gets a line with a link to each. What is built without them has
neither the files nor the line, so a link is there if and only if its file is.
"""

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
PAGE = Path("chapters", "index.html")
FOLDER = "downloads"
PLACE = '<div class="downloads">{}</div>'
KINDS = {".pdf": "PDF", ".epub": "EPUB"}


def place():
    """Write the place that the line takes on the landing page, with nothing in it."""
    return PLACE.format("")


def offer(site, files):
    """Copy files into a site, beside those that are there, and link to all of them."""
    folder = site / FOLDER
    folder.mkdir(exist_ok=True)
    for file in files:
        shutil.copyfile(file, folder / file.name)
    page = site / PAGE
    text = page.read_text(encoding="utf-8")
    changed, count = re.subn(PLACE.format(".*?"), lambda _: PLACE.format(line(folder)), text, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{page} has {count} places for downloads: build the site again with `python3 tasks.py book`")
    page.write_text(changed, encoding="utf-8", newline="\n")


def line(folder):
    """Write the line: a link to each file, the PDF first, with its size."""
    kinds = list(KINDS)
    files = sorted(folder.iterdir(), key=lambda file: (kinds.index(file.suffix), file.name))
    links = (f'<a href="../{FOLDER}/{file.name}">{KINDS[file.suffix]}</a> ({size(file)})' for file in files)
    return f"<p>To read offline, or to print, the whole book is one file: {', '.join(links)}.</p>"


def size(file):
    """Say how large a file is, in units of a million bytes."""
    return f"{file.stat().st_size / 1e6:.1f} MB"


def main(argv):
    """Offer the files on the site, if there is one."""
    if not (SITE / PAGE).exists():
        print("There is no site to offer it on: `python3 tasks.py book` builds one.")
        return 0
    try:
        offer(SITE, [Path(name) for name in argv])
    except ValueError as error:
        return str(error)
    print(f"It is offered for download on {(SITE / PAGE).as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
