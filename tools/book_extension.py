"""The book's own Sphinx extension: formulas without scripts, no known script faults, and tables made from data."""

import logging
import re
from pathlib import Path

import about
import accessible_pages
import addresses
import api_reference
import book_index
import capacity
import cheat_sheet
import citations
import code_links
import downloads
import explorer
import formula_pages
import glossary_links
import launch
import lessons
import light_pages
import not_found
import offline
import search_index
import security_policy
import web
import worksheet
from transpose_conv import errors

CHEAT_SHEET = "chapters/cheat-sheet"


def setup(app):
    """Connect the steps below to the build."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # hundreds of lines, below which a complaint is lost
    for part in (api_reference, citations, code_links, glossary_links):
        part.setup(app)
    app.connect("source-read", fill_places)
    app.connect("html-page-context", amend_page, priority=900)
    explorer.setup(app)
    formula_pages.setup(app)
    for part in (about, accessible_pages, addresses, not_found, search_index, web):
        part.setup(app)
    light_pages.setup(app)
    security_policy.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def amend_page(app, page, template, context, doctree):
    """Drop the scripts of thebe, which jupyter-book adds and the book does not use; set colours."""
    if page.startswith("course/worksheet") or page == CHEAT_SHEET:
        app.add_css_file("worksheet.css")  # how it prints
    if page == CHEAT_SHEET:
        app.add_css_file("cheat-sheet.css")  # how all of it fits on one page of paper
    context["script_files"] = [script for script in context.get("script_files", []) if "thebe" not in str(script)]
    context.setdefault("default_mode", "auto")


def fill_places(app, page, source):
    """Put what is made from data in place of a line ``<!-- KIND -->`` or ``<!-- KIND: NAME -->``."""
    place = re.compile(rf"^<!-- ({'|'.join(PLACES)})(?:: (.+?))? -->$", re.MULTILINE)
    for kind in {match[1] for match in place.finditer(source[0])}:
        app.env.note_dependency(PLACES[kind][0])
    source[0] = place.sub(lambda match: PLACES[match[1]][1](*filter(None, [match[2]])), source[0])


def errors_of(framework):
    """Write a section of MyST for each kind of error message of a framework, from `transpose_conv.errors`."""
    kinds = [kind for kind in errors.KINDS if kind["framework"] == framework]
    if not kinds:
        raise ValueError(f"errors.json knows no framework {framework}")
    return "\n\n".join(block for kind in kinds for block in (f"### {escaped(kind['title'])}", *error(kind)))


def error(kind):
    """Yield the blocks of a kind: a text, what it means and what to do, and then the texts that say it in other words."""
    texts = {}
    for seen in kind["seen"]:
        texts.setdefault(seen["text"], []).append(seen)
    first, *others = [[fenced(text, "text"), *sources(sightings)] for text, sightings in texts.items()]
    yield from first
    yield f"**What it means.** {escaped(kind['means'])}"
    code = re.fullmatch(r"`([^`]+)`", kind["fix"])
    yield f"**What to do.**\n\n{fenced(code[1], 'python')}" if code else f"**What to do.** {escaped(kind['fix'])}"
    chapter, number, heading = kind["chapter"].partition("#")
    yield f"**Why.** [](./{chapter}.md{number}{heading})"
    if others:
        yield "**In other words.**"
        yield from (block for one in others for block in one)


def sources(sightings):
    """Yield who says a text: links to threads, and what a test runs, with the calls to unfold."""
    calls = {}
    for seen in sightings:
        programs = "; ".join(seen["with"])
        if seen["how"].startswith("https:"):
            thread = "#".join(seen["how"].split("/")[4::2])  # of one project, there may be several
            yield f"Quoted: [{programs}, {thread}]({seen['how']})"
            continue
        ends = ". The process ends" if seen["how"] == "the process ends" else ""
        passes = f". No error with {'; '.join(seen['passes'])}" if "passes" in seen else ""
        calls.setdefault(f"With {programs}{ends}{passes}", []).append(fenced(seen["call"], "python"))
    for summary, blocks in calls.items():
        yield "\n\n".join((f"<details><summary>{summary}</summary>", *blocks, "</details>"))


def fenced(text, language):
    """Write a block of code, whatever is in it."""
    return f"````{{code-block}} {language}\n:class: message\n\n{text.strip()}\n````"


def escaped(text):
    """Write a sentence for MyST: what stands outside of backticks is taken as it is."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([\\*_$<>{}\[\]])", r"\\\1", part) for part in parts)


# What a page may ask for: the file that it is made from, and the function that writes it
PLACES = {
    "errors": (Path(errors.__file__).with_name("errors.json"), errors_of),
    "api": (Path(api_reference.__file__), api_reference.reference),
    "api table": (Path(api_reference.__file__), api_reference.table),
    "command": (Path(api_reference.__file__), api_reference.answer),
    "refusal": (Path(api_reference.__file__), api_reference.refusal),
    "index": (book_index.ENTRIES, book_index.written),
    "minutes": (lessons.LESSONS, lessons.minutes_table),
    "plan": (lessons.LESSONS, lessons.plan_tables),
    "draw": (Path(worksheet.__file__), worksheet.drawn),
    "legal sizes": (Path(cheat_sheet.__file__), cheat_sheet.sizes_table),
    "lines": (Path(cheat_sheet.__file__), cheat_sheet.lines_to_paste),
    "downloads": (Path(downloads.__file__), downloads.place),
    "imprint": (launch.ROOT / "_config.yml", cheat_sheet.imprint),
    "launch links": (launch.ROOT / "_config.yml", launch.table),
    "hub link": (launch.ROOT / "_config.yml", launch.form),
    "capacity": (capacity.RECORD, capacity.table),
    "hub sizes": (capacity.RECORD, capacity.sizes_table),
    "offline sizes": (offline.RECORD, offline.sizes_table),
    "offline commands": (offline.LOCK, offline.commands),
    "offline install": (offline.LOCK, offline.installing),
    "build": (about.CHANGELOG, about.sentence),
    "versions": (about.RECORD, about.versions_table),
    "held": (about.HELD, about.held_table),
    "changes": (about.CHANGELOG, about.changes),
}
