"""What the shape explorer needs of the build: its scripts joined for pages opened as files, and a stepper below figures.

The scripts are modules in `chapters/_static/explorer`. A browser loads them as they are from a server; from files it loads
no modules, so they are joined there, in the order of their imports, into one ordinary script.
"""

import html
import re
from pathlib import Path

import yaml
from docutils import nodes

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "chapters" / "_static" / "explorer"
STEPPERS = ROOT / "chapters" / "steppers.yml"
IMPORT = re.compile(r"^import \{[^}]*\} from \"\./(\w+)\.js\";\n", re.MULTILINE)
NAME = re.compile(r"^(?:export )?(?:const|let|class|function\*?) (?:\[(.+?)\]|(\w+))", re.MULTILINE)


def setup(app):
    """Connect the steps below to the build."""
    app.connect("doctree-resolved", add_steppers)
    app.connect("html-page-context", add_files, priority=800)
    app.connect("build-finished", write_joined)


def add_steppers(app, doctree, page):
    """Put a stepper below each figure that has one, where scripts can run."""
    if app.builder.format != "html" or app.builder.name in ("singlehtml", "epub"):
        return
    wanted = steppers()
    for figure in list(doctree.findall(nodes.figure)):
        for name in set(figure["ids"]) & set(wanted):
            place = figure.parent.index(figure) + 1
            figure.parent.insert(place, nodes.raw("", element(wanted[name]), format="html"))


def steppers():
    """Return what is said of the stepper of each figure."""
    return yaml.safe_load(STEPPERS.read_text(encoding="utf-8"))


def element(stepper):
    """Write a stepper as HTML: it begins with no stamp, since the figure above shows the end."""
    words = {"geometry": stepper["geometry"] + "&step=0", "shown": stepper.get("shown")}
    words |= {name: ",".join(map(str, stepper[name])) for name in ("x", "kernel") if name in stepper}
    text = "".join(f' {name}="{html.escape(word)}"' for name, word in words.items() if word)
    return f'<stamp-stepper class="small" aria-label="The same, stamp by stamp" role="group"{text}></stamp-stepper>'


def add_files(app, page, template, context, doctree):
    """Load the scripts on the pages that use them, and nowhere else."""
    if re.search("<(shape-explorer|stamp-stepper)[ >]", context.get("body", "")):
        app.add_js_file("explorer/load.js", loading_method="defer")
        app.add_css_file("explorer/explorer.css")


def write_joined(app, error):
    """Write the joined script beside the modules of the site."""
    if error is None and app.builder.name == "html":
        target = Path(app.outdir) / "_static" / "explorer" / "joined.js"
        target.write_text(joined(), encoding="utf-8")


def joined():
    """Join the modules into one script, each after those that it imports."""
    done = []

    def visit(name):
        for wanted in IMPORT.findall(source(name)):
            visit(wanted)
        if name not in done:
            done.append(name)

    visit("explorer")
    texts = [IMPORT.sub("", source(name)) for name in done]
    names = [name for text in texts for some, one in NAME.findall(text) for name in (one or some).split(", ")]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two modules of the explorer use a name, so that they cannot be joined: {sorted(twice)}")
    plain = "".join(re.sub(r"^export ", "", text, flags=re.MULTILINE) for text in texts)
    return f'"use strict";\n{{\n{plain}}}\n'


def source(name):
    """Read a module."""
    return (SCRIPTS / f"{name}.js").read_text(encoding="utf-8")
