"""The API reference has every name that a reader meets, and the code of the chapters leads to it, unchanged."""

import ast
import html
import importlib
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import api_reference
import code_links
import transpose_conv
from transpose_conv.__main__ import QUESTIONS, SIZES

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
PAGES = ["api-operator", "api-frameworks", "api-figures"]
PRIVATE = {"__init__", "__main__"}


def read(name):
    """Read a page of the site."""
    return (SITE / f"{name}.html").read_text(encoding="utf-8")


def plain(markup):
    """Return what a browser shows of a piece of a page."""
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


def descriptions():
    """Return the markup of each name that the pages describe."""
    found = {}
    for page in PAGES:
        parts = re.split(r'(?=<dl class="py )', read(f"chapters/{page}"))[1:]
        for part in parts:
            found.setdefault(re.search(r'<dt class="sig[^>]* id="([^"]+)"', part)[1], []).append((page, part))
    return found


# What is in it


def names_of_readers():
    """Yield the names that chapters, assignments and the readme import, or take from a module of the package."""
    texts = [*ROOT.glob("chapters/*.md"), *ROOT.glob("course/**/*.md"), ROOT / "README.md"]
    for path in texts:
        scope = code_links.Scope()
        text = path.read_text(encoding="utf-8")
        for block in re.findall(r"(?ms)^```\{?(?:code-cell\} ipython3|python)\n(.*?)^```", text):
            code = re.sub(r"(?s)\A(---\n.*?---\n|(:\w+:.*\n)+)", "", block)
            yield from scope.read(code).values()


def documented_names():
    """Yield the functions that have a section of parameters, and the classes that have one of attributes."""
    for path in (ROOT / "src" / "transpose_conv").glob("[!_]*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                sections = re.findall(r"(?m)^(\w+)\n---+$", ast.get_docstring(node) or "")
                yield from (
                    f"transpose_conv.{path.stem}.{node.name}" for one in sections if one in ("Parameters", "Attributes")
                )


def test_every_name_that_a_reader_meets_is_in_the_reference():
    def place(name):
        return api_reference.definition(name.removeprefix("transpose_conv."))

    keras = ast.parse((ROOT / "src" / "transpose_conv" / "keras.py").read_text(encoding="utf-8"))
    listed = next(node.value for node in keras.body if isinstance(node, ast.Assign) and "__all__" in ast.unparse(node))
    wanted = {f"transpose_conv.{name}" for name in transpose_conv.__all__}
    wanted |= {f"transpose_conv.keras.{name}" for name in ast.literal_eval(listed)}
    wanted |= set(documented_names())
    wanted |= {name for name in names_of_readers() if importlib.util.find_spec(name_of_module(name)) and is_name(name)}
    assert len(wanted) > 60
    there = {place(name)[:2] for name in api_reference.NAMES}
    assert sorted(name for name in wanted if place(name)[:2] not in there) == []


def name_of_module(name):
    return ".".join(name.split(".")[:2]) if name.count(".") > 1 else "transpose_conv"


def is_name(name):
    """Say whether a dotted name is a name in a module, and neither a module nor what an object has."""
    *module, last = name.removeprefix("transpose_conv.").split(".")
    return len(module) < 2 and not last.startswith("_") and not (ROOT / f"src/transpose_conv/{last}.py").exists()


def test_each_name_stands_once_on_the_pages_and_in_the_overview():
    assert len(set(api_reference.NAMES)) == len(api_reference.NAMES)
    found = descriptions()
    assert sorted(found) == sorted(api_reference.NAMES)
    assert [name for name, places in found.items() if len(places) > 1] == []
    overview = re.findall(r'href="(api-[a-z]+\.html)#([\w.]+)"', read("chapters/api"))
    assert sorted({(f"{page}.html", name) for name, [(page, _)] in found.items()} - set(overview)) == []


def test_each_name_has_its_docstring_whole_and_no_sign_of_its_source():
    for name, [(_, part)] in descriptions().items():
        text = api_reference.definition(name.removeprefix("transpose_conv."))[2]
        assert text, name
        for section in re.findall(r"(?m)^(\w+)\n---+$", text):
            assert re.search(rf">{section}(<span class=\"colon\">:</span>)?<", part), (name, section)
        shown = plain(part)
        assert ">>>" not in text or ">>>" in shown, name
        assert not re.search(r"<cite>|class=\"[^\"]*problematic", part), name
        without_code = plain(re.sub(r"(?s)<(pre|code)\b.*?</\1>", "", part))
        assert not re.search(r"`|:py:|\*\*[b-z]|``|\\|-----", without_code), name


def test_signatures_are_those_that_python_knows():
    """They are read from the source; Keras' layers are left out, whose arguments are Keras' own."""
    for name in api_reference.NAMES:
        module, _, last = name.rpartition(".")
        if module == "transpose_conv.keras":
            continue
        thing = getattr(importlib.import_module(module), last)
        node = api_reference.definition(name.removeprefix("transpose_conv."))[1]
        if inspect.isfunction(thing):
            assert ast.dump(ast.parse(f"def f{api_reference.signature_of(node)}: ...").body[0].args) == ast.dump(
                ast.parse(f"def f{inspect.signature(thing)}: ...").body[0].args
            )
        elif inspect.isclass(thing) and hasattr(thing, "_fields"):
            assert api_reference.signature_of(node) == f"({', '.join(thing._fields)})"


def test_making_the_reference_imports_no_framework():
    code = (
        "import sys; sys.path.insert(0, 'tools'); import api_reference as a, book_index;"
        "[(a.reference(g), a.table(g)) for g in a.GROUPS]; book_index.written();"
        "print(sorted({'tensorflow', 'keras', 'matplotlib', 'torch', 'jax'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_page_of_the_command_line_has_every_option():
    text = (ROOT / "chapters" / "api-frameworks.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| (`--.*?) \|", text)
    options = [f"--{name.replace('_', '-')}" for name in (*SIZES, *QUESTIONS, "json")]
    assert sorted(rows) == sorted(f"`{option}`" for option in options)
    assert "6 in keras:" in plain(read("chapters/api-frameworks"))


# What leads to it


def test_the_text_of_every_block_of_code_is_unchanged_and_its_links_lead_somewhere():
    """So what the copy button copies is what stands in the notebook."""
    ids = {name: set(re.findall(r'id="([^"]+)"', read(f"chapters/{name}"))) for name in PAGES}
    for path in sorted(ROOT.glob("chapters/*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        hidden = {"remove-cell", "remove-input"}
        sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code" and not hidden & set(tags(c))]
        text = read(f"chapters/{path.stem}")
        assert [plain(block).strip("\n") for block in cells_of(text)] == [source.strip("\n") for source in sources]
        links = re.findall(r'<a class="api" href="([^"#]+)\.html#([^"]+)">(\w+)</a>', text)
        assert len(links) == text.count('class="api"') >= 5
        assert all(name in ids[page] and name.split(".")[-1] == word for page, name, word in links)


def cells_of(text):
    """Return the markup of the code in each cell of a page."""
    return re.findall(r'(?s)<div class="cell_input.*?<pre>(.*?)</pre>', text)


def tags(cell):
    return cell["metadata"].get("tags", [])


def test_every_use_of_a_name_is_a_link_once_a_block():
    """Chapter 3, counted by hand: each name where it is imported, and once in each cell that calls it."""
    text = read("chapters/03-formula-backwards")
    blocks = cells_of(text)
    words = [re.findall(r'class="api"[^>]*>(\w+)<', block) for block in blocks]
    imported = "conv conv_output_size conv_transpose conv_transpose_output_sizes output_padding_for check"
    assert words[0] == [*imported.split(), "draw_interval", "draw_steps", "frame_intervals"]
    for block, linked in zip(blocks[1:], words[1:]):
        used = re.findall(r"(?<![\w.])(?:conv_output_size|output_padding_for|check)(?=\()", plain(block))
        assert set(used) <= set(linked)
        assert len(set(linked)) == len(linked)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from transpose_conv import conv\nconv(conv(x))", {(1, 27): "conv"}),
        ("from transpose_conv import (\n    conv as c,\n)\nprint(c(1))", {(2, 4): "conv"}),
        ("import transpose_conv\n'ü'; transpose_conv.conv(1)", {(2, 5): "", (2, 20): "conv"}),
        (
            "import transpose_conv\ny = transpose_conv.keras.Step(1)",
            {(2, 4): "", (2, 19): "keras", (2, 25): "keras.Step"},
        ),
        ("from transpose_conv import forms\nforms.scatter(x)", {(1, 27): "forms", (2, 6): "forms.scatter"}),
        ("import transpose_conv.forms as f\nf.flip(1).conv", {(2, 0): "forms", (2, 2): "forms.flip"}),
        ("import numpy as np\nfrom jax.lax import conv\nconv(x)", {}),
        ("f(conv=1)\nx.conv(2)\n'conv'\nconv(3)", {}),
        ("%pip install x\nfrom transpose_conv import conv\n!ls", {(2, 27): "conv"}),
        ("this is no Python", {}),
    ],
)
def test_names_are_found_where_they_are_the_packages(code, found):
    assert code_links.Scope().read(code) == {
        place: f"transpose_conv.{name}".rstrip(".") for place, name in found.items()
    }


@pytest.mark.parametrize(
    "code",
    [
        "conv = 1\nconv",
        "for conv in x:\n    conv",
        "[conv for conv in x]",
        "def f(conv):\n    conv",
        "def f():\n    conv = 1\n    conv",
        "lambda conv: conv",
        "def conv():\n    ...\nconv()",
        "from scipy.signal import conv\nconv()",
    ],
)
def test_a_name_that_means_something_else_is_not_linked(code):
    scope = code_links.Scope()
    assert scope.read("from transpose_conv import conv") != {}
    assert scope.read(code) == {}


def test_what_a_function_calls_by_another_meaning_keeps_its_own_outside():
    scope = code_links.Scope()
    scope.read("from transpose_conv import conv")
    assert scope.read("def f(conv):\n    return conv\nconv(1)") == {(3, 0): "transpose_conv.conv"}


CONTRAST = """() => {
    const luminance = color => {
        const parts = color.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255);
        const [r, g, b] = parts.map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const behind = element => {
        const color = getComputedStyle(element).backgroundColor;
        return /, 0\\)$|transparent/.test(color) ? behind(element.parentElement) : color;
    };
    return [...document.querySelectorAll('a.api, a.term')].map(link => {
        const both = [getComputedStyle(link).color, behind(link)].map(luminance).sort((a, b) => b - a);
        return (both[0] + .05) / (both[1] + .05);
    });
}"""


def test_links_of_the_builds_own_can_be_seen_and_reached(browser):
    """Underlined, so that colour alone does not tell; dark enough; and changed where the keyboard is."""
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto((SITE / "chapters" / "06-extra-row.html").as_uri())
        ratios = page.evaluate(CONTRAST)
        assert len(ratios) > 30
        assert min(ratios) >= 4.5
        lines = "[...document.querySelectorAll('a.api, a.term')].map(a => getComputedStyle(a).textDecorationLine)"
        assert set(page.evaluate(lines)) == {"underline"}
        for kind in ("a.api", "a.term"):
            link = page.locator(kind).first
            line = "a => getComputedStyle(a).textDecorationStyle"
            assert link.evaluate(line) == "dotted"
            link.focus()
            page.keyboard.press("Shift+Tab")
            page.keyboard.press("Tab")
            assert link.evaluate(f"a => document.activeElement === a && ({line})(a)") == "solid"
        context.close()


def test_the_reference_is_found_by_name_and_does_not_hide_the_chapters(browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto((SITE / "search.html").as_uri() + "?q=stride")
    page.wait_for_selector("#search-results li a")
    names = ["conv_transpose", "output_padding_for", "draw_cells", "SizedConv2DTranspose", "conv_matrix(kernel, 6)"]
    queries = ["output_padding", "padding", "kernel", "stride", "checkerboard", "dilation", "scatter", "gradient"]
    find = "queries => queries.map(one => bookSearch.find(one).pages.map(({ hits: [{ place }] }) => [place.page, place.anchor]))"
    found = dict(zip([*names, *queries], page.evaluate(find, names + queries), strict=True))
    assert [name for name in names if not found[name][0][1].endswith(f".{name.partition('(')[0]}")] == []
    reference = ("chapters/api", "chapters/genindex")
    assert [query for query in queries if found[query][0][0].startswith(reference)] == []
    assert not any(page.startswith(reference) for page, _ in found["output_padding"][:5])
    context.close()
