"""Which build this is: its version and date, what it was built with, and what changed.

The date is that of the last commit, which `tasks.py` hands over in SOURCE_DATE_EPOCH: two builds of one commit say the
same. Where there is no git there is no date, rather than a wrong one.
"""

import datetime as dt
import html
import json
import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import transpose_conv
from transpose_conv import frameworks

ROOT = Path(__file__).resolve().parent.parent
CHANGELOG = ROOT / "CHANGELOG.md"
HELD = ROOT / "tests" / "versions.json"  # `python3 tasks.py versions --write`
RECORD = Path(frameworks.__file__).with_name("frameworks.json")
PAGE = "chapters/about"
INSTALLED = {
    "TensorFlow": ("tensorflow", "tensorflow-cpu"),
    "Keras": ("keras",),
    "NumPy": ("numpy",),
    "matplotlib": ("matplotlib",),
    "Jupyter Book": ("jupyter-book",),
    "Sphinx": ("sphinx",),
}
RECORDED = {"PyTorch": "torch", "JAX": "jax", "ONNX Runtime": "onnxruntime"}


def setup(app):
    """Say on each page which build it is of."""
    app.connect("html-page-context", sign, priority=900)


def sign(app, page, template, context, doctree):
    """Put version and date at the foot of a page, and take away the theme's, which would be today's."""
    context["last_updated"] = None
    if app.builder.name == "html" and PAGE in app.env.found_docs:
        link = html.escape(context["pathto"](PAGE))
        context["theme_extra_footer"] = context.get("theme_extra_footer", "") + (
            f'<p>{build()}: <a href="{link}">what changed, and what it was built with</a>.</p>'
        )


def build():
    """Say which build this is, in words."""
    day = commit_day()
    return f"Version {transpose_conv.__version__}" + (f" of {day.day} {day:%B %Y}" if day else "")


def sentence():
    """Say it in a sentence."""
    return f"{build()}."


def commit_day():
    """Return the day of the last commit, or None where it is not known."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH", "")
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC).date() if seconds.isdigit() else None


def versions_table():
    """Write what the site was built with, and with what it was compared, each with its version."""
    rows = [("Python", platform.python_version()), *((name, installed(*INSTALLED[name])) for name in INSTALLED)]
    programs = json.loads(RECORD.read_text(encoding="utf-8"))["programs"].values()
    recorded = {name: number for program in programs for name, number in program["versions"].items()}
    rows += [(name, recorded[package]) for name, package in RECORDED.items()]
    return "\n".join(["| program | version |", "|---|---|", *(f"| {name} | {number} |" for name, number in rows)])


def held_table():
    """Write with which other versions every check was run, and what came of it."""
    held = json.loads(HELD.read_text(encoding="utf-8"))
    if not held:
        return "Nothing is on record yet."
    names = ("Python", "NumPy", "matplotlib", "TensorFlow", "Keras")
    lines = [f"| which | {' | '.join(names)} | held | skipped |", f"|---|{'---|' * (len(names) + 2)}"]
    for name, result in held.items():
        versions = [result["versions"][name.lower()] for name in names]
        passed, skipped = (result["counts"].get(word, 0) for word in ("passed", "skipped"))
        lines.append(f"| {name.split()[1]} | {' | '.join(versions)} | {passed} | {skipped} |")
    return "\n".join(lines)


def installed(*names):
    """Return the version of the first of these packages that is there."""
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    raise PackageNotFoundError(names[0])


def changes():
    """Write the changelog as sections of a page, one heading lower than it stands in its file."""
    text = CHANGELOG.read_text(encoding="utf-8")
    return re.sub(r"(?m)^(#+) ", r"#\1 ", text.split("\n", 1)[1].strip())
