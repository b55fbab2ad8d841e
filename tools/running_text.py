"""What on a page is running text: sentences, and not headings, links, code, captions or tables."""

from docutils import nodes
from sphinx import addnodes

NOT_RUNNING = (
    nodes.title,
    nodes.subtitle,
    nodes.rubric,
    nodes.caption,
    nodes.reference,
    nodes.target,
    nodes.table,
    nodes.term,
    nodes.field_name,
    nodes.image,
    nodes.Inline,
    nodes.FixedTextElement,
    nodes.Invisible,
    nodes.math_block,
    nodes.raw,
    nodes.citation,
    nodes.footnote,
    addnodes.pending_xref,
    addnodes.desc,
    addnodes.toctree,
)
RUNNING = (nodes.emphasis, nodes.strong)  # of the inline ones


def in_running_text(node):
    """Say whether a node, the parent of a text, is in a sentence."""
    while node is not None:
        if isinstance(node, NOT_RUNNING) and not isinstance(node, RUNNING):
            return False
        if {"cell_output", "toctree-wrapper"} & set(node.get("classes", ())):
            return False
        node = node.parent
    return True
