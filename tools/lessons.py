"""The minutes of chapters and plans, as `course/lessons.yml` has them, written as tables for the teacher's pages."""

from pathlib import Path

import yaml

import slides

ROOT = Path(__file__).resolve().parent.parent
LESSONS = ROOT / "course" / "lessons.yml"


def read(path=LESSONS):
    """Read the file: the minutes of every section of every chapter, and the plans."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def minutes_table(chapter):
    """Write the sections of a chapter with their minutes, and what has to be known before."""
    lesson = read()["chapters"][chapter]
    lines = ["| section | minutes |", "|---|--:|"]
    lines += [f"| {section} | {minutes} |" for section, minutes in lesson["sections"].items()]
    lines += [f"| **together** | **{sum(lesson['sections'].values())}** |"]
    before = [f"[chapter {int(name[:2])}](../../chapters/{name}.md)" for name in lesson["prerequisites"]]
    return "\n".join([*lines, "", f"**Prerequisites:** {', '.join(before) or 'none'}."])


def minutes_of(row, chapters):
    """Return the minutes of a row of a plan: its own, those of a part of the slides, or of sections of a chapter."""
    if "slides" in row:
        return slides_minutes()[row["slides"]]
    if "chapter" not in row:
        return row["minutes"]
    sections = chapters[row["chapter"]]["sections"]
    return sum(sections[name] for name in row.get("sections", sections))


def slides_minutes():
    """Return how long each part of the slides takes, from the notes of its slides."""
    minutes, part = {}, None
    for slide in slides.read():
        part = slide.part or part
        minutes[part] = minutes.get(part, 0) + slide.minutes
    return minutes


def plan_tables(name):
    """Write the lessons of a plan as tables: when, what, and for how long."""
    data = read()
    plan, blocks = data["plans"][name], []
    for lesson in plan["lessons"]:
        lines, now = ["| from | minutes | what |", "|--:|--:|---|"], 0
        for row in lesson["rows"]:
            minutes = minutes_of(row, data["chapters"])
            lines.append(f"| {now // 60}:{now % 60:02d} | {minutes} | {what(row)} |")
            now += minutes
        lines.append(f"| {now // 60}:{now % 60:02d} | | **end**, after {now} minutes |")
        blocks += [f"**{lesson['title']}**", "\n".join(lines)]
    if "homework" in plan:
        total = sum(row["minutes"] for row in plan["homework"])
        done = "; ".join(f"{row['do']} ({row['minutes']} minutes)" for row in plan["homework"])
        blocks.append(f"**At home** ({total} minutes for each student): {done}.")
    return "\n\n".join(blocks)


def what(row):
    """Say in a cell of a table what happens in a row of a plan."""
    if "slides" in row:
        return f"Slides *{row['slides']}*. {row['do']}"
    if "chapter" not in row:
        return row["do"]
    where = f"[Chapter {int(row['chapter'][:2])}](../chapters/{row['chapter']}.md)"
    sections = ", ".join(f"*{name}*" for name in row.get("sections", ["all of it"]))
    return f"{where}: {sections}" + (f". {row['do']}" if "do" in row else "")
