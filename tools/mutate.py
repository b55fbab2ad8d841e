"""Plants small faults into the package, thousands, one at a time, and says which of them no test notices.

`python3 tasks.py mutate` calls this (`--only shapes`, `--shard 1/4`, `--merge FILES`). Cosmic Ray says what can be
changed in a module; a fault is planted into a copy of the project, never into the project itself. Each is tried in a
process forked from one that has imported everything but the package, so that it takes a second, not ten. It meets the
tests that go through its line, the quick ones first. What survives is killed by a new test, or listed in
`tests/equivalent_mutants.yml` with the reason why it changes nothing.
"""

import argparse
import collections
import contextlib
import gc
import hashlib
import importlib
import json
import math
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import coverage
import parso
import pytest
import yaml
from hypothesis import HealthCheck, Phase, settings

from shards import a_shard, part

with contextlib.suppress(ImportError):  # `python3 tasks.py mutate` installs it; the tests of this module do without
    from cosmic_ray.ast import ast_nodes
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "src/transpose_conv"
SCRIPTS = "chapters/_static/explorer"
WRITTEN = ROOT / "_build" / "mutants"
TESTS = ROOT / "tests"
EQUIVALENT = TESTS / "equivalent_mutants.yml"
ENOUGH = 10  # seconds of tests for a fault, as long as they take without one
MEMORY = 12 * 2**30  # bytes of addresses
WORKERS = os.cpu_count() or 1

OPERATORS = [  # each with its nearest neighbour, which is hardest to tell from it
    *("NumberReplacer", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "AddNot", "RemoveDecorator"),
    *("ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceUnaryOperator_Delete_Not", "ReplaceUnaryOperator_Delete_USub"),
    *("ZeroIterationForLoop", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ExceptionReplacer"),
    *(f"ReplaceBinaryOperator_{name}" for name in ("Add_Sub", "Sub_Add", "Mul_Add", "Mul_FloorDiv", "Div_Mul")),
    *(f"ReplaceBinaryOperator_{name}" for name in ("FloorDiv_Mul", "Mod_FloorDiv", "Pow_Mul", "BitOr_BitAnd")),
    *(f"ReplaceComparisonOperator_{name}" for name in ("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is")),
    *(f"ReplaceComparisonOperator_{name}" for name in ("Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt")),
]
SUITE = [  # the tests of the package, without those of pages and notebooks
    *("arguments", "convolution", "doctor", "errors", "exercises", "fast", "forms", "framework_rules", "frameworks"),
    *("frameworks_record", "fuzz", "gradients", "keras", "malformed", "matrix", "model_files", "models"),
    *("plotting", "plotting_images", "plotting_spectra", "public_names", "published_suites", "shapes"),
    *("tensorflow", "transpose", "upsampling"),
]
PLOTTING = ("plotting", "plotting_faults", "plotting_images", "plotting_sizes", "plotting_spectra")
IMPORT = "test_public_names.py"  # what looks at signatures and goes through no line
IMPORTED = ["numpy", "matplotlib.pyplot", "scipy.signal", "playwright.sync_api", "nbval.plugin", "jupytext", "keras"]


@dataclass(frozen=True)
class Mutant:
    """A fault: the `occurrence`-th place where an operator can change a module."""

    module: str
    operator: str
    occurrence: int
    line: int

    def text(self, code):
        """Return the module with this fault."""
        return mutate_code(code, get_operator(f"core/{self.operator}")(), self.occurrence)


def main(argv):
    """Run the program; the exit status is 1 if a mutant survives of which nobody has said why."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", metavar="MODULE", help="a module of the package, `shapes`")
    parser.add_argument("--shard", type=a_shard, default=(1, 1), metavar="k/n", help="every n-th, from the k-th on")
    parser.add_argument("--again", type=Path, metavar="FILE", help="only what survived when this was written")
    parser.add_argument("--merge", nargs="+", type=Path, metavar="FILE", help="report what shards have written")
    options = parser.parse_args(argv)
    if options.merge:
        return report([result for file in options.merge for result in json.loads(file.read_text())])
    names = options.only or sorted(path.stem for path in (ROOT / PACKAGE).glob("*.py"))
    chosen = part([mutant for name in names for mutant in mutants(name)], options.shard)
    if options.again:
        chosen = survivors_of(json.loads(options.again.read_text()), chosen)
        names = sorted({mutant.module for mutant in chosen})
    prepare()
    places = [copied(WRITTEN / f"copy-{number}") for number in range(WORKERS)]
    tests = what_covers(places)
    require_calm(places[0], names, tests)
    results = tried(chosen, tests, places)
    look_at_pictures(results, places[0])
    file = WRITTEN / "{}-{}-of-{}.json".format("-".join(options.only or ["all"]), *options.shard)
    file.write_text(json.dumps(results, indent=1) + "\n")
    print(f"Written to {file.relative_to(ROOT)}.")
    return report(results)


def mutants(name):
    """List the faults that can be planted into a module."""
    code = (ROOT / PACKAGE / f"{name}.py").read_text(encoding="utf-8")
    tree, found = parso.parse(code), []
    for operator in OPERATORS:
        change = get_operator(f"core/{operator}")()
        starts = [start for node in ast_nodes(tree) for start, _ in change.mutation_positions(node)]
        found += [Mutant(name, operator, number, start[0]) for number, start in enumerate(starts)]
    found = [mutant for mutant in found if mutant.operator != "ExceptionReplacer" or can_be_planted(mutant, code)]
    return sorted(found, key=lambda mutant: (mutant.line, mutant.operator, mutant.occurrence))


def can_be_planted(mutant, code):
    """Say whether Cosmic Ray can write this fault; it cannot put another exception for one with a dot in its name."""
    try:
        return bool(mutant.text(code))
    except AttributeError:
        return False


def survivors_of(results, chosen):
    """Return those faults that survived before, as new tests have come since."""
    known = listed()
    before = [one for one in results if one["outcome"] == "survived" and (one["module"], *one["change"]) not in known]
    places = {(one["module"], one["operator"], one["occurrence"]) for one in before}
    return [mutant for mutant in chosen if (mutant.module, mutant.operator, mutant.occurrence) in places]


def prepare():
    """Import what the tests import, but for the package; and let hypothesis search, but not for the smallest example."""
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "2", "TF_ENABLE_ONEDNN_OPTS": "0", "OMP_NUM_THREADS": "1"}
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()  # no process that is forked has to look through all this again
    looking = [Phase.explicit, Phase.generate]
    quiet = list(HealthCheck)
    settings.register_profile(
        "mutants", deadline=None, derandomize=True, max_examples=60, phases=looking, suppress_health_check=quiet
    )


def copied(place):
    """Copy the project, as git knows it and as it is edited, into a folder where faults are planted."""
    shutil.rmtree(place, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)
    return place


# The tests that a fault meets


class Watch:
    """Notes for pytest which lines each test goes through, and how long it takes."""

    def __init__(self, place):
        self.coverage = coverage.Coverage(data_file=None, source=[str(place / PACKAGE)], config_file=False)
        self.seconds = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        """Tell coverage whose lines come now."""
        started = time.monotonic()
        self.coverage.switch_context(item.nodeid)
        result = yield
        self.coverage.switch_context("")
        self.seconds[item.nodeid] = time.monotonic() - started
        return result

    def lines(self):
        """Return module -> line -> the tests that go through it; as line 0, all that go through any."""
        data, found = self.coverage.get_data(), {}
        for file in data.measured_files():
            module = found.setdefault(Path(file).stem, collections.defaultdict(list))
            for line, names in data.contexts_by_lineno(file).items():
                module[line] = [name for name in names if name in self.seconds]
            module[0] = sorted({name for names in module.values() for name in names})
        return found


def watched(place, file, answer):
    """Run the tests of a file as they are, and write down what they go through."""
    watch = Watch(place)
    enter(place)
    watch.coverage.start()
    failed = run_tests([file], [watch])
    watch.coverage.stop()
    if not failed:
        answer.write_text(json.dumps({"seconds": watch.seconds, "lines": watch.lines()}))
    os._exit(failed)


def what_covers(places):
    """Run all tests once, without a fault, and return module -> line -> [(seconds, test)], the quick ones first.

    What is known of a file of tests is kept, until the package, the file or what all files share is edited.
    """
    began, files = time.monotonic(), [f"tests/test_{name}.py" for name in SUITE] + [PACKAGE]
    answers = {file: WRITTEN / "covered" / f"{Path(file).stem}-{fingerprint(file)}.json" for file in files}
    (WRITTEN / "covered").mkdir(exist_ok=True)
    waiting, running = [file for file in files if not answers[file].exists()], {}
    while waiting or running:
        for place in places:
            file, process = running.get(place, (None, None))
            if process is not None and not process.is_alive():
                del running[place]
                if process.exitcode:
                    raise SystemExit(f"without a fault, the tests of {file} fail: {place / 'said.txt'} says why")
            if waiting and place not in running:
                file = waiting.pop()
                running[place] = file, forked(watched, place, file, answers[file])
        time.sleep(0.05)
    print(f"The tests without a fault: {time.monotonic() - began:.0f} s.", flush=True)
    return joined([json.loads(answer.read_text()) for answer in answers.values()])


def fingerprint(file):
    """Return a text that changes with the package, with what all tests share, and with a file of tests."""
    parts = [ROOT / file, *(ROOT / PACKAGE).rglob("*"), *(ROOT / "tests").glob("[!t]*.py"), ROOT / "pyproject.toml"]
    parts = [part for part in sorted(parts) if part.is_file() and part.suffix != ".pyc"]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:16]


def joined(answers):
    """Join what is known of all files: module -> line -> [(seconds, test)].

    What runs when a module is imported, such as a default, belongs to no test, and is tried on all that go through the
    module, and on those that only look at its names. A module of data, which no test goes through, is tried on the files
    that name it.
    """
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    for answer in answers:
        for module, lines in answer["lines"].items():
            for line, names in lines.items():
                found[module][int(line)] += [(answer["seconds"][name], name) for name in names]
    at_import = {(time, name) for answer in answers for name, time in answer["seconds"].items() if IMPORT in name}
    timed = [(time, name) for answer in answers for name, time in answer["seconds"].items()]
    for module in {path.stem for path in (ROOT / PACKAGE).glob("*.py")}:
        if any(found[module].values()):
            continue
        naming = {
            f"tests/{file.name}" for file in TESTS.glob("test_*.py") if f"transpose_conv.{module}" in file.read_text()
        }
        found[module][0] = [one for one in timed if one[1].partition("::")[0] in naming]
    for lines in found.values():
        lines[0] = list({*lines[0], *at_import})
        for timed in lines.values():
            timed.sort()
    return found


def chosen_tests(mutant, tests):
    """Choose the tests for a fault: those of its module's own file first, then the others, as many as there is time for."""
    lines = tests.get(mutant.module, {})
    timed = lines.get(mutant.line) or lines.get(0, [])
    own = f"tests/test_{mutant.module.lstrip('_')}.py"
    rounds = [
        [one for one in timed if one[1].startswith(own)],
        [one for one in timed if not one[1].startswith(own)],
    ]
    left, kept = ENOUGH if any(lines) else math.inf, []  # of a module of data, line 0 is all there is
    for each in rounds:
        few = []
        for seconds, name in each:
            if not few or left > 0:
                few.append((seconds, name))
                left -= seconds
        kept.append(few)
    return [each for each in kept if each]


# A fault


def tried(chosen, tests, places):
    """Try all faults, as many at a time as there are places, and return what came of each."""
    began, answers, results = time.monotonic(), multiprocessing.SimpleQueue(), []
    parts = [chosen[number :: len(places)] for number in range(len(places))]
    workers = [forked(work, place, part, tests, answers) for place, part in zip(places, parts)]
    while len(results) < len(chosen):
        while not answers.empty():
            results.append(answers.get())
            if len(results) % 100 == 0:
                survived = sum(result["outcome"] == "survived" for result in results)
                print(
                    f"{len(results)} of {len(chosen)}, {survived} survived, {time.monotonic() - began:.0f} s",
                    flush=True,
                )
        if not any(worker.is_alive() for worker in workers) and answers.empty():
            break
        time.sleep(0.05)
    if len(results) < len(chosen):
        raise SystemExit(f"of {len(chosen)} mutants, only {len(results)} were tried")
    return sorted(
        results, key=lambda result: (result["module"], result["line"], result["operator"], result["occurrence"])
    )


def require_calm(place, names, tests):
    """See that what is no fault is not noticed, so that what is noticed is a fault."""
    for name in names:
        if came_of(place, Mutant(name, "none", 0, 0), chosen_tests(Mutant(name, "none", 0, 0), tests)) != "survived":
            raise SystemExit(f"without a fault in {name}, its tests fail: {place / 'said.txt'} says why")


def work(place, some, tests, answers):
    """Try some faults in one copy of the project, one after the other."""
    for mutant in some:
        file = place / PACKAGE / f"{mutant.module}.py"
        code = (ROOT / PACKAGE / f"{mutant.module}.py").read_text(encoding="utf-8")
        text = mutant.text(code)
        try:
            file.write_text(text, encoding="utf-8")
            outcome = came_of(place, mutant, chosen_tests(mutant, tests))
        finally:
            file.write_text(code, encoding="utf-8")
        answers.put({**asdict(mutant), "outcome": outcome, "change": difference(code, text)})


def look_at_pictures(results, place):
    """Let the chapters' figures tell of the faults of plotting modules that no test has noticed."""
    unnoticed = [one for one in results if one["module"] in PLOTTING and one["outcome"] == "survived"]
    if unnoticed:
        faults = []
        for one in unnoticed:
            mutant = Mutant(*(one[name] for name in ("module", "operator", "occurrence", "line")))
            faults.append((mutant.module, mutant.text((ROOT / source(mutant.module)).read_text(encoding="utf-8"))))
        answers = multiprocessing.SimpleQueue()
        process = forked(pictured, place, faults, answers)
        process.join()
        if process.exitcode:
            raise SystemExit(f"without a fault, the chapters fail: {place / 'said.txt'} says why")
        drawn, cells = answers.get()
        print(f"{len(faults)} faults, and the figures of {drawn} of {cells} cells", flush=True)
        while not answers.empty():
            unnoticed[answers.get()]["outcome"] = "killed"


def pictured(place, faults, answers):
    """Draw the figures of the chapters of a copy, once for each fault."""
    enter(place)
    sys.path.insert(0, str(place / "tools"))
    import mutate_pictures

    mutate_pictures.noticed(faults, answers)
    sys.stdout.flush()
    os._exit(0)


def came_of(place, mutant, rounds):
    """Say whether tests notice the fault that is planted in a copy."""
    for each in rounds:
        for stale in (place / PACKAGE / "__pycache__").glob(f"{mutant.module}.*"):
            stale.unlink()
        process = forked(judged, place, [name for _, name in each])
        process.join(20 + 4 * sum(seconds for seconds, _ in each))
        if process.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.join()
            return "hangs"
        if process.exitcode:
            return "killed"
    return "survived"


def judged(place, names):
    """Run tests until one fails."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    enter(place)
    os._exit(run_tests(names, [Order(names)]))


class Order:
    """Lets pytest run the tests that are asked for, in this order."""

    def __init__(self, names):
        self.place = {name: number for number, name in enumerate(names)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        """Put the quick ones first."""
        items.sort(key=lambda item: self.place.get(item.nodeid, len(self.place)))

    def pytest_runtest_logreport(self, report):
        """End with the first that fails: nobody reads why."""
        if report.failed:
            os._exit(1)


def enter(place):
    """Let this process, and those that it starts, see the copy instead of the project, and write into a file there."""
    os.setsid()
    os.chdir(place)
    os.environ["PYTHONPATH"] = str(place / "src")
    sys.path.insert(0, str(place / "src"))
    sys.path[:] = [part for part in sys.path if Path(part or ".").resolve() not in (ROOT, ROOT / "tools", ROOT / "src")]
    said = os.open(place / "said.txt", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    for number in (0, 1, 2):
        os.dup2(said, number)


def run_tests(names, plugins):
    """Run pytest in this process and return its exit status."""
    words = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--hypothesis-profile", "mutants", "--rootdir", "."]
    words += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of plugins, which are imported before pytest starts
    return int(pytest.main([*words, *names], plugins=plugins))


def forked(task, *words):
    """Start a process that has what is imported here."""
    process = multiprocessing.get_context("fork").Process(target=task, args=words)
    process.start()
    return process


# What came of them


def difference(code, text):
    """Return the lines that a fault changes, before and after."""
    before, after = code.splitlines(), text.splitlines()
    first = next((n for n, (a, b) in enumerate(zip(before, after)) if a != b), min(len(before), len(after)))
    last = next((n for n, (a, b) in enumerate(zip(before[::-1], after[::-1])) if a != b), 0)
    return [" ".join(part.strip() for part in lines[first : len(lines) - last]).strip() for lines in (before, after)]


def listed():
    """Return the faults that change nothing, with the reasons: (module, before, after) -> reason."""
    if not EQUIVALENT.exists():
        return {}
    said = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or {}
    return {
        (module, entry["line"], mutated): entry["because"]
        for module, entries in said.items()
        for entry in entries
        for mutated in ([entry["as"]] if isinstance(entry["as"], str) else entry["as"])
    }


def source(module):
    """Return the file of a module of the package, or of a script of the explorer."""
    return f"{SCRIPTS}/{module}" if module.endswith(".js") else f"{PACKAGE}/{module}.py"


def report(results):
    """Print the score of each module and every survivor; return the exit status."""
    known, counts = listed(), collections.defaultdict(collections.Counter)
    survivors = []
    for result in results:
        same = (result["module"], *result["change"]) in known and result["outcome"] == "survived"
        counts[result["module"]]["equivalent" if same else result["outcome"]] += 1
        if result["outcome"] == "survived" and not same:
            survivors.append(result)
    counts["all"] = sum(counts.values(), collections.Counter())
    print(f"{'module':<20}{'mutants':>9}{'killed':>9}{'hang':>7}{'survived':>10}{'equivalent':>12}{'score':>9}")
    for module, of in counts.items():
        killed, distinct = of["killed"] + of["hangs"], of.total() - of["equivalent"]
        score = killed / distinct if distinct else 1
        numbers = f"{of['killed']:>9}{of['hangs']:>7}{of['survived']:>10}{of['equivalent']:>12}{score:>9.1%}"
        print(f"{module:<20}{of.total():>9}{numbers}")
    for result in survivors:
        before, after = result["change"]
        print(f"\n{source(result['module'])}:{result['line']} {result['operator']}\n- {before}\n+ {after}")
    return int(bool(survivors))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
