"""The API reference: which names stand on which page, and how a docstring of the package becomes text for Sphinx.

The pages are `chapters/api*.md`. There ``<!-- api table: GROUP -->`` becomes a table of a group's names, each with the first
sentence of its docstring; ``<!-- api: GROUP -->`` becomes the docstrings themselves, by numpydoc. The modules are read and not
imported, since some would bring Keras. ``<!-- command: ARGUMENTS -->`` becomes what the doctor answers, and
``<!-- refusal: CALL -->`` the error that a call raises.
"""

import ast
import contextlib
import functools
import inspect
import io
import itertools
import re
import shlex
import textwrap
from pathlib import Path

from numpydoc.docscrape_sphinx import SphinxDocString

import transpose_conv
from transpose_conv.__main__ import main

PACKAGE = Path(transpose_conv.__file__).parent
TEMPLATE = SphinxDocString("").template  # or numpydoc would make it anew for each docstring
GROUPS = {
    "sizes": ["conv_transpose_output_sizes", "output_padding_for", "conv_output_size", "same_padding"],
    "operator": ["conv_transpose", "conv", "conv_matrix", "coverage_count"],
    "gradients": ["conv_transpose_gradients", "conv_gradients"],
    "forms": [
        "CONV_TRANSPOSE_FORMS",
        *("forms.scatter", "forms.gather", "forms.zero_insertion", "forms.matrix", "forms.transposed_sparse_matrix"),
        *("forms.gradient", "forms.col2im", "forms.phases"),
    ],
    "steps": [
        *("transpose.parse_conv_transpose", "convolution.Axis", "convolution.meeting", "convolution.stamp"),
        *("convolution.convolve", "fast.transpose_one_group", "fast.by_rows", "fast.by_planes", "fast.FEW"),
    ],
    "frameworks": [
        *("frameworks.translate", "frameworks.convert_kernel", "frameworks.finish", "frameworks.operation"),
        *("frameworks.recorded", "frameworks.FRAMEWORKS", "frameworks.Translation", "frameworks.NotExpressible"),
        *("framework_rules.Framework", "framework_rules.Axis", "framework_rules.Window"),
        *("departures.DEPARTURES", "departures.Departure"),
    ],
    "keras": [
        *("keras.SizedConv1DTranspose", "keras.SizedConv2DTranspose", "keras.SizedConv3DTranspose"),
        *("keras.plan_decoder", "keras.Step"),
    ],
    "doctor": ["doctor.diagnose", "doctor.describe"],
    "errors": ["errors.explain", "errors.describe_error", "errors.KINDS"],
    "models": ["models.examine", "models.describe_model"],
    "exercises": ["exercises.check"],
    "pictures": ["upsampling.photograph", "upsampling.bilinear_kernel", "upsampling.psnr"],
    "arrays": [
        *("plotting.COLORS", "plotting.draw_cells", "plotting.draw_cell", "plotting.draw_row", "plotting.draw_stamps"),
        *("plotting.draw_placements", "plotting.draw_meetings", "plotting.draw_windows", "plotting.draw_pattern"),
        *("plotting.frame_cells", "plotting.number_cells"),
    ],
    "figures": [
        *("plotting_sizes.draw_map", "plotting_sizes.draw_steps", "plotting_sizes.draw_interval"),
        *("plotting_sizes.frame_intervals", "plotting_images.draw_picture", "plotting_images.draw_squares"),
        *("plotting_images.draw_kernel", "plotting_images.draw_losses", "plotting_spectra.draw_products"),
        *("plotting_spectra.draw_spectra", "plotting_faults.draw_verdicts"),
    ],
}
NAMES = [f"transpose_conv.{name}" for names in GROUPS.values() for name in names]
SIGNATURES = {f"keras.SizedConv{n}DTranspose": "(filters, kernel_size, **arguments)" for n in (1, 2, 3)}  # Keras' own


def setup(app):
    """Load the style of these pages; in a list of contents, name a function without its module."""
    app.connect("html-page-context", add_style)
    app.connect("config-inited", lambda app, config: setattr(config, "toc_object_entries_show_parents", "hide"))


def add_style(app, page, template, context, doctree):
    """Load what only these pages need."""
    if page.startswith(("chapters/api", "chapters/genindex", "chapters/bibliography")):
        app.add_css_file("reference.css")


# What a page asks for


def table(group):
    """Write a table for each module of a group, with the first sentence of each docstring."""
    return "\n\n".join(
        f"From `{module}`:\n\n" + "\n".join(["| name | what it is for |", "|---|---|", *map(row, names)])
        for module, names in itertools.groupby(GROUPS[group], lambda name: f"transpose_conv.{name}".rpartition(".")[0])
    )


def row(name):
    """Write the line of a name in a table: a link, and the first sentence of its docstring."""
    text = " ".join(definition(name)[2].split("\n\n")[0].split())
    sentence = re.match(r".*?\.(?= [A-Z]|$)|.*", text)[0]
    sentence = re.sub(r'(`[^`]+`)|("[a-z_ ]+")', lambda match: match[1] or f"`{match[2]}`", sentence)
    return f"| {{py:obj}}`{name.rpartition('.')[2]} <transpose_conv.{name}>` | {sentence} |"


def reference(group):
    """Write the directives that show the docstrings of a group."""
    return "\n\n".join(["```{eval-rst}", *map(directive, GROUPS[group]), "```"])


def directive(name):
    """Write the directive of Sphinx that describes a name."""
    module, node, text = definition(name)
    kind, signature = kind_of(node), SIGNATURES.get(name) or signature_of(node)
    head = [f".. py:{kind}:: transpose_conv.{name}{signature}", f"   :canonical: {module}.{name.rpartition('.')[2]}"]
    head += ["   :no-index-entry:"]  # the book's index is its own
    return "\n".join([*head, "", textwrap.indent(str(SphinxDocString(rst(text, name), {"template": TEMPLATE})), "   ")])


def kind_of(node):
    """Return what Sphinx calls a thing that is defined here."""
    if isinstance(node, ast.FunctionDef):
        return "function"
    if isinstance(node, ast.ClassDef):
        return "exception" if ast.unparse(node.bases[0]).endswith("Error") else "class"
    return "data"


def signature_of(node):
    """Write the arguments of a function, or the fields of a named tuple."""
    if isinstance(node, ast.FunctionDef):
        return f"({ast.unparse(node.args)})"
    fields = [one.target.id for one in getattr(node, "body", ()) if isinstance(one, ast.AnnAssign)]
    return f"({', '.join(fields)})" if fields else ""


def answer(command):
    """Write a command of the doctor with what it prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        main(shlex.split(command))
    return f"```{{code-block}} console\n$ python -m transpose_conv {command}\n{printed.getvalue().rstrip()}\n```"


def refusal(call):
    """Write a call of a function of the package with the error that it raises."""
    try:
        eval(call, {name: getattr(transpose_conv, name) for name in transpose_conv.__all__})
    except (ValueError, TypeError) as error:
        said = textwrap.fill(f"{type(error).__name__}: {error}", 76)
        return f"```{{code-block}} pycon\n>>> {call}\n{said}\n```"
    raise ValueError(f"`{call}` raises nothing")


# The package, read without importing it


@functools.cache
def definition(name):
    """Return where a name of the package is defined, whichever module it is imported from: module, node and docstring."""
    module, _, last = name.rpartition(".")
    body = statements(module or "__init__")
    for node, after in zip(body, [*body[1:], None]):
        if isinstance(node, ast.ImportFrom) and any(alias.name == last for alias in node.names):
            return definition(f"{node.module}.{last}")
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == last:
            return f"transpose_conv.{module}", node, ast.get_docstring(node) or ""
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == last:
            below = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            return f"transpose_conv.{module}", node, inspect.cleandoc(after.value.value) if below else ""
    raise ValueError(f"transpose_conv has no {name}")


@functools.cache
def statements(module):
    """Return the statements of a module."""
    return ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8")).body


# From the package's docstrings to Sphinx's


def rst(text, name):
    """Write a docstring of `name` as reStructuredText, but for its doctests."""
    parts = re.split(r"(^ *>>> .*?(?:\n\n|\Z))", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(
        part if part.lstrip().startswith(">>>") else TOKEN.sub(functools.partial(written, name), part) for part in parts
    )


TOKEN = re.compile(
    r"""(?sx) (?P<code>``.+?``) | `(?P<name>[^`]+)` | (?P<words>\{"[^}]+\}|"[a-z_ ]+") | arXiv:(?P<arxiv>\d+\.\d+)
    | \b(?P<type>Translation|NotExpressible|Step|Axis)\b | (?P<sign>[*\\|]|_\b)"""
)


def written(name, match):
    """Write one of the things that reStructuredText reads differently."""
    if match["name"]:
        target = linked(match["name"], name)
        return f":py:obj:`{match['name']} <{target}>`" if target else f"``{match['name']}``"
    if match["type"]:
        target = linked(match["type"], name)
        return f":py:class:`{match['type']} <{target}>`" if target else match["type"]
    if match["words"]:
        return f"``{match['words']}``"
    if match["arxiv"]:
        return f"`arXiv:{match['arxiv']} <https://arxiv.org/abs/{match['arxiv']}>`__"
    return match["code"] or f"\\{match['sign']}"


def linked(word, name):
    """Return what a word in a docstring names: something of the reference, but neither itself nor an argument."""
    module, _, last = name.rpartition(".")
    node = definition(name)[1]
    given = (*node.args.args, *node.args.kwonlyargs) if isinstance(node, ast.FunctionDef) else ()
    if word == last or word in [argument.arg for argument in given]:
        return None
    near = [one for one in (f"transpose_conv.{module}.{word}", f"transpose_conv.{word}") if one in NAMES]
    return next(iter([*near, *(one for one in NAMES if one.endswith(f".{word}"))]), None)
