"""Plants small faults into the explorer's arithmetic, one at a time, and says which of them its tests do not notice.

`python3 tasks.py mutate --scripts` calls this; it needs Node. tree-sitter says where in a script an operator, a number or
the name of a function stands. `tests/test_explorer.py` asks the scripts for some ten thousand geometries what it compares with
the package. Here Node asks a copy with a fault the same: if it answers otherwise or not at all, the test would fail. What
survives is killed by a new test, or listed in `tests/equivalent_mutants.yml` with the reason why it changes nothing.
"""

import contextlib
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mutate

with contextlib.suppress(ImportError):  # `python3 tasks.py mutate --scripts` installs both
    import tree_sitter
    import tree_sitter_javascript

SCRIPTS = mutate.ROOT / mutate.SCRIPTS
ARITHMETIC = {
    "shapes.js": None,
    "operator.js": None,
    "frameworks.js": None,
    "picture.js": "facts",
}  # or one function of it
PATIENCE = 30  # seconds
OTHERWISE = {  # each with its nearest neighbour
    "+": "-",
    "-": "+",
    "*": "+",
    "/": "*",
    "%": "*",
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "===": "!==",
    "!==": "===",
    "&&": "||",
    "||": "&&",
    "+=": "-=",
    "++": "--",
    "max": "min",
    "min": "max",
    "ceil": "floor",
    "floor": "ceil",
    "some": "every",
    "every": "some",
}
OPERATIONS = ("binary_expression", "augmented_assignment_expression", "update_expression")
ASK = """
import {{ readFileSync }} from "node:fs";
const given = JSON.parse(readFileSync(0, "utf8"));
const answers = await ({answers})(given), facts = await ({facts})([given[0], given[2]]);
const told = facts.map((steps) => steps.map(({{ words, ...rest }}) => rest));
const {{ read }} = await import(`${{given[0]}}/address.js`);
const said = given[3].map((text) => {{ try {{ return read(text); }} catch (error) {{ return error.message; }} }});
process.stdout.write(JSON.stringify([answers, told, said]));
"""


def faults(text, function=None):
    """Yield what can be changed in a script, or in one function of it: start, end, and the other text."""
    tree = tree_sitter.Parser(tree_sitter.Language(tree_sitter_javascript.language())).parse(text.encode())
    nodes = [tree.root_node]
    while nodes:
        node = nodes.pop()
        nodes += reversed(node.children)
        if within(node, function):
            yield from changes(node)


def within(node, function):
    """Say whether a node is in the function of this name, if there is one to be in."""
    while function is not None and node is not None:
        name = node.child_by_field_name("name") if node.type == "function_declaration" else None
        if name is not None and name.text.decode() == function:
            return True
        node = node.parent
    return function is None


def changes(node):
    """Yield the faults of one node of the tree."""
    word = node.text.decode()
    if node.type == "number":
        for other in (int(word) + 1, int(word) - 1):
            yield node.start_byte, node.end_byte, f"({other})" if other < 0 else str(other)
    elif node.type in OPERATIONS:
        operator = node.child_by_field_name("operator")
        if (sign := operator.text.decode()) in OTHERWISE:
            yield operator.start_byte, operator.end_byte, OTHERWISE[sign]
    elif node.type == "property_identifier" and word in OTHERWISE:
        yield node.start_byte, node.end_byte, OTHERWISE[word]
    elif node.type == "unary_expression" and word.startswith("!"):
        yield node.start_byte, node.start_byte + 1, ""


def changed(text, start, end, other):
    """Return a script with one place written otherwise; places are counted in bytes."""
    whole = text.encode()
    return (whole[:start] + other.encode() + whole[end:]).decode()


def answers(folder, cases, texts=()):
    """Return what a copy of the scripts answers, as a fingerprint; None if it fails, "hangs" if it does not end."""
    from test_explorer import ANSWERS, FACTS

    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "explorer"
        shutil.copytree(folder, copy)
        (copy / "package.json").write_text('{"type": "module"}')
        for name, text in texts:
            (copy / name).write_text(text, encoding="utf-8")
        (copy / "ask.js").write_text(ASK.format(answers=ANSWERS, facts=FACTS), encoding="utf-8")
        told = json.dumps([copy.as_uri(), *cases])
        try:
            done = subprocess.run(
                ["node", copy / "ask.js"], input=told, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            return "hangs"
    return None if done.returncode else hashlib.sha256(done.stdout.encode()).hexdigest()


def questions():
    """Return what is asked, a tenth first, then all: geometries, those whose every step is asked for, and addresses."""
    from test_explorer import MANGLED, PUZZLE, geometries, wishes

    every = geometries()
    legal = [axes for axes in every if all(axis["n"] in wishes(axis)[1:-1] for axis in axes)]
    rng = random.Random(6)
    few = rng.sample(legal, 150)
    addresses = [PUZZLE, *MANGLED]
    return [(every[:: len(every) // 1000], few[:20], addresses), (every, few, addresses)]


def main():
    """Try every fault, report as for the package, and return the exit status."""
    sys.path.insert(0, str(mutate.ROOT / "tests"))
    if shutil.which("node") is None:
        raise SystemExit("the scripts are asked in Node, which is not here: install Node 20 or newer")
    rounds = questions()
    right = [answers(SCRIPTS, cases) for cases in rounds]
    if {None, "hangs"} & set(right):
        raise SystemExit("without a fault, the scripts give no answer")

    def came_of(fault):
        name, line, text, change = fault
        for cases, wanted in zip(rounds, right):
            given = answers(SCRIPTS, cases, [(name, text)])
            if given != wanted:
                outcome = "hangs" if given == "hangs" else "killed"
                break
        else:
            outcome = "survived"
        return {"module": name, "operator": "", "occurrence": 0, "line": line, "outcome": outcome, "change": change}

    planted = []
    for name, function in ARITHMETIC.items():
        code = (SCRIPTS / name).read_text(encoding="utf-8")
        for start, end, other in faults(code, function):
            text = changed(code, start, end, other)
            line = code.encode()[:start].count(b"\n") + 1
            planted.append((name, line, text, mutate.difference(code, text)))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return mutate.report(list(pool.map(came_of, planted)))


if __name__ == "__main__":
    sys.exit(main())
