"""Makes the slides of the 90-minute lesson: the text of `course/slides`, and the chapters' own figures.

`python tools/slides.py FOLDER` writes `index.html` and what it needs into a folder, the same bytes each time. reveal.js
comes from the package sphinx-revealjs, which carries it; nothing of it is kept in the repository, and nothing is
fetched when the slides are shown.
"""

import base64
import html
import json
import re
import shutil
import string
import struct
import sys
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

import security_policy

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "course" / "slides"
REVEAL = {  # what is taken from the package, and its name beside the slides
    "dist/reveal.js": "reveal.js",
    "dist/reveal.css": "reveal.css",
    "plugin/notes/notes.js": "notes.js",
    "LICENSE": "reveal.LICENSE.txt",
}
KINDS = ("title", "poll", "answer", "pause")
FIGURE = re.compile(r"^!\[\]\((fig-[\w-]+)\)$", re.MULTILINE)
NOTES = re.compile(r"^Notes \((\d+) min\):\s*", re.MULTILINE)
VERDICT = re.compile(r"<strong>(\w\. )?(Right|No)\.</strong>")  # gets a colour; the word says it already
COMMENT = re.compile(r"^<!-- (part|kind|holds): (.+?) -->\n+", re.MULTILINE)


class Fault(Exception):
    """What is wrong with the slides, in a sentence that says where."""


@dataclass
class Slide:
    """One slide: its text and notes in Markdown, how long it takes, and what its comments say."""

    text: str
    notes: str
    minutes: int
    part: str = ""
    kind: str = ""
    holds: list = field(default_factory=list)

    @property
    def title(self):
        """The heading, which names the slide in a message."""
        return self.text.splitlines()[0].lstrip("# ")


def read(source=SOURCE):
    """Read the slides of a folder: `index.md`, cut at its lines ``---``."""
    text = (source / "index.md").read_text(encoding="utf-8")
    return [slide_of(piece.strip() + "\n") for piece in re.split(r"^---$", text, flags=re.MULTILINE)]


def slide_of(piece):
    """Take one slide apart."""
    said = {"holds": []}
    for name, value in COMMENT.findall(piece):
        if name == "holds":
            said["holds"].append(value)
        else:
            said[name] = value
    parts = NOTES.split(COMMENT.sub("", piece).strip())
    title = parts[0].splitlines()[0]
    if len(parts) != 3:
        raise Fault(f"the slide {title!r} needs notes, once: a line that starts with 'Notes (2 min):'")
    if said.get("kind", "title") not in KINDS:
        raise Fault(f"the slide {title!r} is of the kind {said['kind']!r}, which is none of {', '.join(KINDS)}")
    return Slide(parts[0].strip(), parts[2].strip(), int(parts[1]), **said)


def figures(chapters):
    """Find every named figure of the executed chapters: its name -> (PNG as bytes, alt text)."""
    found = {}
    for path in sorted(chapters.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            said = cell["metadata"].get("mystnb", {})
            pictures = [
                output["data"]["image/png"]
                for output in cell.get("outputs", [])
                if "image/png" in output.get("data", {})
            ]
            if pictures and "figure" in said:
                found[said["figure"]["name"]] = base64.b64decode(pictures[0]), said["image"]["alt"]
    return found


def render(slides, pictures):
    """Write the slides as HTML, one `<section>` each, with notes that know the clock."""
    clock, number, part, written = 0, 0, "", []
    total = sum(slide.minutes for slide in slides)
    for slide in slides:
        if slide.part:
            number, part = number + 1, slide.part
        end, classes = clock + slide.minutes, [slide.kind or "plain", *(["tall"] if tall(slide, pictures) else [])]
        written.append(
            f'<section class="{" ".join(classes)}" data-timing="{60 * slide.minutes}">\n'
            f'<div class="frame">\n<p class="part">{number} · {html.escape(part)}</p>\n{body(slide, pictures)}</div>\n'
            f'<aside class="notes">\n<p><b>Minutes {clock} to {end} of {total}.</b></p>\n'
            f"{markdown().render(slide.notes)}</aside>\n</section>"
        )
        clock = end
    return "\n".join(written)


def body(slide, pictures):
    """Write what is seen of a slide: the heading, then its figure, with the text beside it where there is one."""
    heading, _, rest = slide.text.partition("\n")
    drawn = []
    for name in FIGURE.findall(rest):
        if name not in pictures:
            raise Fault(f"the slide {slide.title!r} shows the figure {name}, which no executed chapter has")
        drawn.append(f'<figure><img src="{name}.png" alt="{html.escape(pictures[name][1])}"></figure>\n')
    text = markdown().render(FIGURE.sub("", rest))
    text = VERDICT.sub(lambda match: f'<strong class="{match[2].lower()}">{match[0][8:]}', text)
    shape = "both" if drawn and text else "one"
    words = f'<div class="words">\n{text}</div>\n' if text else ""
    return f'{markdown().render(heading)}<div class="{shape}">\n{"".join(drawn)}{words}</div>\n'


def tall(slide, pictures):
    """Whether the slide's figure is so tall that it needs the whole height, with the heading beside it."""
    sizes = [struct.unpack(">II", pictures[name][0][16:24]) for name in FIGURE.findall(slide.text) if name in pictures]
    return any(height > 1.3 * width for width, height in sizes)


def markdown():
    """Make the reader of Markdown, with tables and coloured code."""
    return MarkdownIt("commonmark", {"html": True, "highlight": colour}).enable("table")


def colour(code, language, _):
    """Write a block of code with classes for its parts; one that has no language, an output, stays as it is."""
    if language in ("", "output"):
        return html.escape(code)
    return highlight(code, get_lexer_by_name(language), HtmlFormatter(nowrap=True))


def build(outdir, *, source=SOURCE, chapters=ROOT / "chapters"):
    """Write the slides into a folder, and return the path of their page.

    Parameters
    ----------
    outdir : path
        Made where it is missing. Only the pictures and files that the slides need are written.
    source, chapters : path
        The folders of the slides' text and of the executed chapters.

    Returns
    -------
    Path

    Raises
    ------
    Fault
        If a figure, a slide's notes or the package with reveal.js is missing.
    """
    outdir = Path(outdir)
    slides, pictures = read(source), figures(chapters)
    template = string.Template((source / "template.html").read_text(encoding="utf-8"))
    page = template.substitute(slides=render(slides, pictures))
    outdir.mkdir(parents=True, exist_ok=True)
    copy_reveal(outdir)
    shutil.copyfile(source / "slides.css", outdir / "slides.css")
    for name in sorted({name for slide in slides for name in FIGURE.findall(slide.text)}):
        (outdir / f"{name}.png").write_bytes(pictures[name][0])
    page = security_policy.closed(page, slides=(outdir / "notes.js").read_text(encoding="utf-8"))
    (outdir / "index.html").write_text(page, encoding="utf-8", newline="\n")
    return outdir / "index.html"


def copy_reveal(outdir):
    """Put reveal.js and its speaker view, from their package, beside the slides."""
    try:
        package = distribution("sphinx-revealjs").locate_file("sphinx_revealjs/_static/revealjs")
    except PackageNotFoundError:
        raise Fault("the package sphinx-revealjs, which carries reveal.js, is not installed") from None
    for there, here in REVEAL.items():
        shutil.copyfile(Path(package) / there, outdir / here)


def main(argv):
    """Build into the folder that is named."""
    if len(argv) != 1:
        return "usage: slides.py FOLDER"
    try:
        build(argv[0])
    except Fault as fault:
        return f"slides.py: {fault}"
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
