"""The slides of the 90-minute lesson: true, on time, whole on every screen, and asking nothing of the network."""

import contextlib
import io
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import slides as maker
import transpose_conv
from helpers import computed, exact
from pages import until

ROOT = Path(__file__).resolve().parent.parent
SLIDES = maker.read()
PACKAGE = {name: getattr(transpose_conv, name) for name in transpose_conv.__all__}
IDS = [f"{number}-{slide.title}" for number, slide in enumerate(SLIDES, start=1)]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"^- \*\*([A-Z])\.(?: (Right|No)\.)?\*\* (.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    outdir = tmp_path_factory.mktemp("site") / "slides"
    assert maker.build(outdir) == outdir / "index.html"
    return outdir


# What they say


def test_the_minutes_of_the_slides_make_the_lesson():
    assert sum(slide.minutes for slide in SLIDES) == 90
    assert all(1 <= slide.minutes <= 8 for slide in SLIDES)
    assert 25 <= len(SLIDES) <= 35


def test_the_notes_tell_the_minute(folder):
    page = (folder / "index.html").read_text(encoding="utf-8")
    ends = np.cumsum([slide.minutes for slide in SLIDES])
    told = re.findall(r"<b>Minutes (\d+) to (\d+) of 90\.</b>", page)
    assert [int(end) for _, end in told] == ends.tolist()
    assert [int(start) for start, _ in told] == [0, *ends[:-1]]
    assert [int(seconds) for seconds in re.findall(r'data-timing="(\d+)"', page)] == [60 * s.minutes for s in SLIDES]


def lesson():
    """What the chapters have at hand where the code of the slides stands."""
    names = {"np": np, "tf": tf, "keras": keras, **PACKAGE}
    names |= {"image": tf.constant([4.5, 5.4, 8.1, 9.0], shape=(1, 2, 2, 1)), "kernel": tf.ones((3, 3, 1, 1))}
    names |= {"answers": {}, "filters": 1, "x": tf.ones((1, 2, 2, 1))}
    chapter = (ROOT / "chapters" / "03-formula-backwards.md").read_text(encoding="utf-8")
    exec(re.search(r"^def keras_same.+?(?=^\n)", chapter, re.MULTILINE | re.DOTALL)[0], names)
    return names


def test_code_prints_what_the_slide_shows():
    names, compared = lesson(), 0
    for slide in SLIDES:
        blocks = BLOCK.findall(slide.text)
        for (language, code), (follows, shown) in zip(blocks, [*blocks[1:], ("", "")]):
            if language != "python":
                continue
            assert max(map(len, code.splitlines())) <= 64, slide.title
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(code, names)
            assert printed.getvalue() == (shown if follows == "output" else ""), slide.title
            compared += follows == "output"
    assert compared == sum(slide.text.count("```output") for slide in SLIDES) >= 6


def test_a_command_on_a_slide_runs():
    commands = [code for slide in SLIDES for language, code in BLOCK.findall(slide.text) if language == "bash"]
    assert len(commands) == 1
    words = commands[0].replace("\\\n", " ").split()
    assert words[:3] == ["python", "-m", "transpose_conv"]
    run = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=True)
    assert "output_padding=1" in run.stdout


def test_both_lines_to_paste_give_six_by_six():
    (code,) = [code for slide in SLIDES if slide.title == "What to paste" for _, code in BLOCK.findall(slide.text)[:1]]
    names = lesson()
    first, second = code.split("tf.nn")
    assert eval(first, names)(names["x"]).shape == (1, 6, 6, 1)
    assert eval("tf.nn" + second, names).shape == (1, 6, 6, 1)


@pytest.mark.parametrize("slide", [slide for slide in SLIDES if slide.holds], ids=lambda slide: slide.title)
def test_what_a_slide_claims_holds(slide):
    for claim in slide.holds:
        assert computed(claim)


POLLS = [number for number, slide in enumerate(SLIDES) if slide.kind == "poll"]


@pytest.mark.parametrize("number", POLLS, ids=[SLIDES[number].title for number in POLLS])
def test_a_vote_is_resolved_on_the_next_slide(number):
    answer = SLIDES[number + 1]
    asked, told = OPTION.findall(SLIDES[number].text), OPTION.findall(answer.text)
    assert answer.kind == "answer"
    assert answer.holds
    assert len(asked) >= 3
    assert [letter for letter, _, _ in asked] == [letter for letter, _, _ in told]
    assert sorted({verdict for _, verdict, _ in asked}) == [""]
    assert [verdict for _, verdict, _ in told].count("Right") == 1
    assert all(text.startswith("You ") for _, verdict, text in told if verdict == "No")


def test_each_answer_has_its_vote():
    assert [n for n, slide in enumerate(SLIDES) if slide.kind == "answer"] == [number + 1 for number in POLLS]


def test_the_pauses_are_for_exercises_that_the_worksheet_has():
    sheet = (ROOT / "course" / "worksheet.md").read_text(encoding="utf-8")
    there = set(re.findall(r"^\*\*(\d+)\.", sheet, re.MULTILINE))
    named = [
        number
        for slide in SLIDES
        for words in re.findall(r"[Ee]xercises? (\d+(?:(?:, | and | to )\d+)*)", slide.text + slide.notes)
        for number in re.findall(r"\d+", words)
    ]
    assert set(named) <= there
    assert {"1", "2", "3", "4", "6", "7"} <= set(named)


def test_links_lead_to_pages_that_there_are(folder):
    page = (folder / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"]+)"', page)
    inside = [link for link in links if not link.startswith(("https:", "data:"))]
    for link in inside:
        source = (SOURCE_OF_SITE / link).resolve().with_suffix(".md") if link.startswith("../") else folder / link
        assert source.exists(), link
    assert [link for link in links if link.startswith("https:")] == ["https://creativecommons.org/licenses/by/4.0/"]


SOURCE_OF_SITE = ROOT / "slides"  # a page `chapters/a.html` of the site is made from `chapters/a.md`


# How they are made


def test_the_same_bytes_twice_and_few_of_them(folder, tmp_path):
    maker.build(tmp_path)
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    assert all((folder / name).read_bytes() == (tmp_path / name).read_bytes() for name in names)
    assert sum((folder / name).stat().st_size for name in names) < 1_000_000
    assert b"\r" not in (folder / "index.html").read_bytes()


def slides_from(tmp_path, text):
    for name in ("template.html", "slides.css"):
        (tmp_path / name).write_bytes((maker.SOURCE / name).read_bytes())
    (tmp_path / "index.md").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_figure_that_no_chapter_has_fails_the_build(tmp_path):
    source = slides_from(tmp_path, "## A\n\n![](fig-gone)\n\nNotes (1 min): B\n")
    says = "the slide 'A' shows the figure fig-gone, which no executed chapter has"
    with pytest.raises(maker.Fault, match=exact(says)):
        maker.build(tmp_path / "out", source=source)
    assert not (tmp_path / "out").exists()


def test_a_figure_is_taken_with_its_alt_text_from_the_executed_chapter(folder):
    pictures = maker.figures(ROOT / "chapters")
    page = (folder / "index.html").read_text(encoding="utf-8")
    wanted = [name for slide in SLIDES for name in maker.FIGURE.findall(slide.text)]
    assert len(wanted) >= 10
    for name in wanted:
        assert (folder / f"{name}.png").read_bytes() == pictures[name][0]
        assert f'alt="{maker.html.escape(pictures[name][1])}"' in page


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("## A\n\nB\n", "the slide '## A' needs notes, once: a line that starts with 'Notes (2 min):'"),
        (
            "## A\n\nNotes (1 min): B\n\nNotes (1 min): C\n",
            "the slide '## A' needs notes, once: a line that starts with 'Notes (2 min):'",
        ),
        (
            "<!-- kind: quiz -->\n\n## A\n\nNotes (1 min): B\n",
            "the slide '## A' is of the kind 'quiz', which is none of title, poll, answer, pause",
        ),
    ],
)
def test_a_slide_that_is_not_one_is_named(tmp_path, text, says):
    with pytest.raises(maker.Fault, match=exact(says)):
        maker.build(tmp_path / "out", source=slides_from(tmp_path, text))


def test_without_reveal_the_sentence_names_the_package(tmp_path, monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(maker, "distribution", missing)
    assert maker.main([str(tmp_path)]) == (
        "slides.py: the package sphinx-revealjs, which carries reveal.js, is not installed"
    )
    assert maker.main([]) == "usage: slides.py FOLDER"


# How they look, in a browser that has no network and opens the file itself


@contextlib.contextmanager
def shown(browser, folder, query="", **options):
    """Open the slides as a file, and let nothing else through; what they complain of or ask for fails the test."""
    context = browser.new_context(**options)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    here = folder.as_uri()

    def pass_on(route):
        if route.request.url.startswith((here, "data:", "blob:", "about:")):
            route.continue_()
        else:
            complaints.append(f"asked for {route.request.url}")
            route.abort()

    context.route("**/*", pass_on)
    page.goto(f"{here}/index.html{query}")
    until(page, "window.Reveal && Reveal.isReady()")
    yield page
    assert complaints == []
    context.close()


MEASURE = """() => {
  const slide = Reveal.getCurrentSlide(), scale = Reveal.getScale(), sizes = [];
  const box = document.querySelector('.slides').getBoundingClientRect();
  let beyond = 0;
  for (const part of slide.querySelectorAll('.frame *')) {
    const place = part.getBoundingClientRect();
    beyond = Math.max(beyond, place.bottom - box.bottom, place.right - box.right, part.scrollWidth - part.clientWidth * 1);
    if ([...part.childNodes].some(node => node.nodeType === 3 && node.data.trim())) sizes.push(parseFloat(getComputedStyle(part).fontSize));
    if (part.tagName === 'IMG' && !(part.complete && part.naturalWidth && place.height * scale > 100)) beyond = 9999;
  }
  return [beyond, Math.min(...sizes)];
}"""


@pytest.mark.parametrize(("width", "height", "scheme"), [(1280, 720, "light"), (1024, 768, "dark")])
def test_every_slide_is_whole_and_large_enough(browser, folder, width, height, scheme):
    with shown(browser, folder, viewport={"width": width, "height": height}, color_scheme=scheme) as page:
        assert page.evaluate("Reveal.getTotalSlides()") == len(SLIDES)
        assert page.evaluate("document.documentElement.dataset.look") == scheme
        for number, name in enumerate(IDS):
            page.evaluate(f"Reveal.slide({number})")
            until(page, f"Reveal.getIndices().h === {number}")
            beyond, smallest = page.evaluate(MEASURE)
            assert (name, beyond <= 1, smallest >= 20) == (name, True, True)


def test_the_speaker_view_works_without_a_network(browser, folder):
    with shown(browser, folder) as page:
        with page.context.expect_page() as opened:
            page.keyboard.press("s")
        speaker = opened.value
        notes = speaker.locator(".speaker-controls-notes .value")
        notes.get_by_text("Minutes 0 to 1 of 90.").wait_for()
        page.keyboard.press("ArrowRight")
        notes.get_by_text("Minutes 1 to 3 of 90.").wait_for()
        assert "Read the question aloud." in notes.inner_text()


def luminance(colour):
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_colours_stand_out_in_both_looks_and_a_key_changes_them(browser, folder):
    read = """names => names.map(name => {
      document.body.style.color = `var(--${name})`; return getComputedStyle(document.body).color; })"""
    inks, papers = ["ink", "quiet", "line", "mark", "keyword", "string", "number"], ["paper", "box"]
    with shown(browser, folder, color_scheme="light") as page:
        looks = []
        for _ in range(2):
            colours = page.evaluate(read, inks + papers)
            looks.append(colours[-2])
            for ink in colours[: len(inks)]:
                for paper in colours[len(inks) :]:
                    low, high = sorted((luminance(ink), luminance(paper)))
                    assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, paper)
            page.keyboard.press("d")
        assert looks[0] != looks[1]


def test_printed_each_slide_is_a_page_of_its_own(browser, folder):
    with shown(browser, folder, "?print-pdf", color_scheme="dark") as page:
        until(page, f"document.querySelectorAll('.pdf-page').length === {len(SLIDES)}")
        pdf = page.pdf(prefer_css_page_size=True, print_background=True)
        page.emulate_media(media="print")
        heights = page.evaluate("[...document.querySelectorAll('.frame')].map(f => getComputedStyle(f).height)")
        paper = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--paper')")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == len(SLIDES)
    assert set(heights) == {"700px"}
    assert paper.strip() == "#ffffff"


def test_a_telephone_shows_them_one_below_the_other(browser, folder):
    with shown(browser, folder, viewport={"width": 375, "height": 700}) as page:
        assert page.evaluate("Reveal.isScrollView()")
        assert page.evaluate("document.documentElement.scrollWidth") == 375
