"""Link the package's names in code to the API reference: in code cells and Python blocks, and once a page in sentences.

What a name means is read from the imports of the page, block after block; a name that is given another meaning is no
longer linked. Only names of `transpose_conv` are known. A block links each name once, so that the way through a page
with the tabulator key stays short. The text of the code does not change.
"""

import ast
import contextlib
import re
from html import escape

from docutils import nodes
from pygments.formatters import HtmlFormatter
from sphinx import addnodes
from sphinx.highlighting import PygmentsBridge
from sphinx.transforms import SphinxTransform

import api_reference
from running_text import in_running_text

PACKAGE = "transpose_conv"
LANGUAGES = {"ipython3", "python"}
# In a sentence, what can mean nothing else: no name that is a word, such as `check`, nor one that a framework has, too.
IN_SENTENCES = {
    last: name
    for last, name in ((name.rpartition(".")[2], name) for name in api_reference.NAMES)
    if re.search(r"_|[a-z][A-Z]|[A-Z]{5}", last) and last != "conv_transpose"
}
OWN_NAMES = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def setup(app):
    """Find the names when a page is read, and where they lead to when it is written."""
    PygmentsBridge.html_formatter = LinkingFormatter
    app.add_transform(FindNames)
    app.connect("doctree-resolved", find_targets)


class FindNames(SphinxTransform):
    """Note at each block of Python where it has names of the package, and link those in sentences."""

    default_priority = 900  # when the page is whole

    def apply(self):
        """Go through the page in order: what one block imports, the next ones know."""
        scope = Scope()
        for block in self.document.findall(nodes.literal_block):
            if block.get("language") in LANGUAGES and (names := scope.read(block.astext())):
                block["package_names"] = names
        if not self.env.docname.startswith("chapters/api"):
            self.link_sentences()

    def link_sentences(self):
        """Link the first use of each name in a sentence."""
        used = set()
        for literal in list(self.document.findall(nodes.literal)):
            name = IN_SENTENCES.get(literal.astext().removesuffix("()"))
            if name and name not in used and in_running_text(literal.parent):
                used.add(name)
                link = addnodes.pending_xref(
                    refdomain="py", reftype="obj", reftarget=name, refexplicit=True, refwarn=True
                )
                literal.replace_self(link)
                link += literal


class Scope(ast.NodeVisitor):
    """What the names of a page mean; `known` has the full name of each that comes from the package."""

    def __init__(self):
        self.known, self.found, self.lines = {}, {}, []

    def read(self, code):
        """Return the places in the code where names of the package stand first: {(line, column): full name}."""
        self.found, self.lines = {}, [re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in code.split("\n")]
        with contextlib.suppress(SyntaxError):  # a block that is no whole program
            self.visit(ast.parse("\n".join(self.lines)))
        return {place: name for name, place in self.found.items()}

    def note(self, name, line, column):
        """Keep the first place of a name; ast counts columns in bytes."""
        place = line, len(self.lines[line - 1].encode()[:column].decode())
        self.found[name] = min(place, self.found.get(name, place))

    def visit(self, node):
        """Visit what has names of its own apart."""
        return self.visit_with_own_names(node) if isinstance(node, OWN_NAMES) else super().visit(node)

    def visit_Import(self, node):
        """``import transpose_conv.keras`` makes `transpose_conv` known; with ``as``, the module by its other name."""
        for alias in node.names:
            top = alias.name.partition(".")[0]
            self.bind(alias.asname or top, alias.name if alias.asname else top)

    def visit_ImportFrom(self, node):
        """``from transpose_conv import conv`` makes `conv` known."""
        for alias in node.names:
            name = f"{node.module}.{alias.name}"
            self.bind(alias.asname or alias.name, name)
            if name.startswith(f"{PACKAGE}."):
                self.note(name, alias.lineno, alias.col_offset)

    def bind(self, word, name=""):
        """Give a word a meaning; one that is not the package's is forgotten."""
        self.known.pop(word, None)
        if name.partition(".")[0] == PACKAGE:
            self.known[word] = name

    def visit_Name(self, node):
        """Note a use; forget what is assigned to."""
        if not isinstance(node.ctx, ast.Load):
            self.bind(node.id)
        elif node.id in self.known:
            self.note(self.known[node.id], node.lineno, node.col_offset)

    def visit_Attribute(self, node):
        """Note ``forms.scatter`` at its last part."""
        base, _, rest = ast.unparse(node).partition(".")
        if base in self.known and re.fullmatch(r"[\w.]+", rest):
            self.note(f"{self.known[base]}.{rest}", node.end_lineno, node.end_col_offset - len(node.attr))
        self.generic_visit(node)

    def visit_Assign(self, node):
        """Read the right side first, as Python does."""
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_with_own_names(self, node):
        """Visit what has names of its own, which mean something else inside only."""
        outside = dict(self.known)
        for inner in ast.walk(node):
            if isinstance(inner, ast.arg):
                self.bind(inner.arg)
            elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                self.bind(inner.id)
        self.generic_visit(node)
        self.known = outside
        if name := getattr(node, "name", None):
            self.bind(name)


def find_targets(app, doctree, page):
    """Tell the formatter of each block where its names lead to; those that the reference does not have lead nowhere."""
    if app.builder.format != "html":
        return
    objects = app.env.domains["py"].objects
    for block in doctree.findall(nodes.literal_block):
        names = {place: name for place, name in block.get("package_names", {}).items() if name in objects}
        if names:
            links = {
                place: address(app.builder, page, objects[name].docname, objects[name].node_id)
                for place, name in names.items()
            }
            block["highlight_args"] = {**block.get("highlight_args", {}), "links": links}


def address(builder, page, target, anchor):
    """Return where an anchor of another page is, seen from a page."""
    return f"{builder.get_relative_uri(page, target)}#{anchor}"


class LinkingFormatter(HtmlFormatter):
    """Pygments' formatter, which makes links of the words at the places in `links`."""

    def __init__(self, links=None, **options):
        super().__init__(**options)
        self.links = links or {}

    def _format_lines(self, tokens):
        if not self.links:
            yield from super()._format_lines(tokens)
            return
        for is_code, line in super()._format_lines(self._marked(tokens)):
            yield is_code, re.sub("\ue000(.*?)\ue001(.*?)\ue002", self._written, line)

    def _marked(self, tokens):
        """Put the address of a link before its word, between characters that no code has."""
        line, column = 1, 0
        for kind, text in tokens:
            url = self.links.get((line, column))
            yield kind, f"\ue000{url}\ue001{text}\ue002" if url else text
            line, column = line + text.count("\n"), len(text.rpartition("\n")[2]) + ("\n" not in text) * column

    @staticmethod
    def _written(match):
        return f'<a class="api" href="{escape(match[1])}">{match[2]}</a>'
