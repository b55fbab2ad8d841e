"""The book's own Sphinx extension: formulas without the network, and pages without the theme's known script faults."""

import shutil
from importlib.metadata import distribution
from pathlib import Path

MATHJAX = Path(distribution("sphinx-mathjax-offline").locate_file("sphinx-mathjax-offline/static/mathjax"))


def setup(app):
    """Connect the steps below to the build."""
    app.connect("html-page-context", amend_page, priority=900)
    app.connect("build-finished", copy_mathjax)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def amend_page(app, page, template, context, doctree):
    """Drop the scripts of thebe, which jupyter-book adds and the book does not use, and name a default colour mode."""
    context["script_files"] = [script for script in context.get("script_files", []) if "thebe" not in str(script)]
    context.setdefault("default_mode", "auto")


def copy_mathjax(app, error):
    """Put MathJax and its fonts, from their package, into the site: nothing is fetched when a page is read."""
    if error or app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static" / "mathjax"
    fonts = Path("output", "chtml", "fonts", "woff-v2")
    shutil.copytree(MATHJAX / fonts, target / fonts, dirs_exist_ok=True)
    shutil.copyfile(MATHJAX / "tex-mml-chtml.js", target / "tex-mml-chtml.js")
