"""The minutes of chapters and plans add up, and the teacher's pages have what a teacher looks for."""

import re
from pathlib import Path

import pytest

import launch
import lessons
from helpers import computed

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = {
    text.stem: text.read_text(encoding="utf-8")
    for text in sorted((ROOT / "chapters").glob("[0-9]*.md"))
    if "- **It takes** " in text.read_text(encoding="utf-8")
}
GUIDE = ROOT / "course" / "guide"
FRAME = ["Aims", "Before it", "Open with", "What they will say", "On the board", "Exercises to give"]


def headings(text):
    """The sections of a chapter that a class goes through, in order."""
    return re.findall(r"(?m)^## (.+)$", text.split("\n## Remember")[0])


def takes(text):
    return int(re.search(r"\*\*It takes\*\* (\d+) minutes", text)[1])


def test_every_chapter_has_its_minutes_and_its_page():
    assert list(lessons.read()["chapters"]) == list(CHAPTERS)
    assert sorted(path.stem for path in GUIDE.glob("*.md")) == list(CHAPTERS)


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_sections_are_the_chapters_own_and_add_up_to_its_minutes(name):
    sections = lessons.read()["chapters"][name]["sections"]
    assert list(sections) == headings(CHAPTERS[name])
    assert sum(sections.values()) == takes(CHAPTERS[name])
    assert all(isinstance(minutes, int) and minutes > 0 for minutes in sections.values())


def test_a_chapter_builds_on_earlier_ones():
    names = list(CHAPTERS)
    for name, lesson in lessons.read()["chapters"].items():
        assert all(names.index(before) < names.index(name) for before in lesson["prerequisites"])


def test_the_landing_page_and_the_readme_tell_the_same_minutes():
    table = (ROOT / "chapters" / "index.md").read_text(encoding="utf-8")
    told = {name: int(minutes) for name, minutes in re.findall(r"\]\(([\w-]+)\.md\) \|.*\| (\d+) \|", table)}
    assert told == {name: takes(text) for name, text in CHAPTERS.items()}


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_of_the_guide_has_its_frame(name):
    text = (GUIDE / f"{name}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# Teach chapter {int(name[:2])}: {launch.title(ROOT / 'chapters' / f'{name}.md')}\n")
    assert re.findall(r"(?m)^## (.+)$", text) == FRAME
    assert f"<!-- minutes: {name} -->" in text
    wrong = re.search(r"(?ms)^## What they will say$(.*?)^## ", text)[1]
    assert len(re.findall(r"(?m)^\|", wrong)) >= 2 + 3, "fewer than three predicted wrong answers"
    drawings = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    assert drawings
    assert max(len(line) for drawing in drawings for line in drawing.splitlines()) <= 64


@pytest.mark.parametrize("name", CHAPTERS)
def test_what_a_page_of_the_guide_says_is_computed(name):
    expressions = re.findall(r"(?s)<!-- holds: (.+?) -->", (GUIDE / f"{name}.md").read_text(encoding="utf-8"))
    assert expressions
    assert [one for one in expressions if not computed(one)] == []


# The plans


PLANS = lessons.read()["plans"]


@pytest.mark.parametrize("name", PLANS)
def test_a_lesson_takes_the_time_it_has(name):
    chapters = lessons.read()["chapters"]
    for lesson in PLANS[name]["lessons"]:
        assert sum(lessons.minutes_of(row, chapters) for row in lesson["rows"]) == lesson["minutes"], lesson["title"]


def test_the_four_plans_of_the_page_are_there():
    assert list(PLANS) == ["45 minutes", "90 minutes", "half a day", "two weeks"]
    text = (ROOT / "course" / "teachers.md").read_text(encoding="utf-8")
    assert re.findall(r"<!-- plan: (.+?) -->", text) == list(PLANS)
    assert [sum(lesson["minutes"] for lesson in plan["lessons"]) for plan in PLANS.values()][:2] == [45, 90]


def test_the_tables_show_when_what_happens():
    assert "| **together** | **15** |" in lessons.minutes_table("01-two-answers")
    table = lessons.plan_tables("90 minutes")
    assert "| 0:00 |" in table
    assert "| 1:30 | | **end**, after 90 minutes |" in table
