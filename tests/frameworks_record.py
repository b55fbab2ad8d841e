"""Execute the frameworks over a grid of calls, and record what each of them did: in sizes, in values, in refusals.

`python3 tasks.py record` writes the record, `src/transpose_conv/frameworks.json`, which the pages read. `--check` executes
it again and says what has changed, with `--shard 2/4` a quarter of it; so does a test with one program of each framework. Each
program runs in a process of its own, as Keras' backend and oneDNN are chosen when a process starts.
"""

import argparse
import contextlib
import functools
import io
import itertools
import json
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from frameworks_run import RUN, by_definition, channels_last, operands
from transpose_conv.departures import DEPARTURES
from transpose_conv.frameworks import FRAMEWORKS, RECORD, Axis, finish, operation, translate

WITH_ONEDNN, WITHOUT = {"TF_ENABLE_ONEDNN_OPTS": "1"}, {"TF_ENABLE_ONEDNN_OPTS": "0"}
PROGRAMS = {  # name: framework, packages, environment
    "keras on tensorflow": ("keras", ("keras", "tensorflow"), WITH_ONEDNN),
    "keras on jax": ("keras", ("keras", "jax"), {"KERAS_BACKEND": "jax"}),
    "keras on torch": ("keras", ("keras", "torch"), {"KERAS_BACKEND": "torch"}),
    "tensorflow": ("tensorflow", ("tensorflow",), WITH_ONEDNN),
    "tensorflow without onednn": ("tensorflow", ("tensorflow",), WITHOUT),
    "pytorch": ("pytorch", ("torch",), {}),
    "jax": ("jax", ("jax",), {}),
    "jax transpose_kernel": ("jax transpose_kernel", ("jax",), {}),
    "onnxruntime": ("onnx", ("onnx", "onnxruntime"), {}),
    "onnx reference": ("onnx", ("onnx",), {}),
}


def is_there(program):
    """Say whether the packages of a program are installed."""
    return all(find_spec(package) for package in PROGRAMS[program][1])


def grid(framework, few=False):
    """Return calls in the framework's own words, legal or not: sizes and arguments. One axis whole, two and three drawn.

    JAX compiles anew for every size, which takes its time: it gets `few`.
    """
    names = FRAMEWORKS[framework].names
    alone, alike = [], {}
    for i, k, s, d in itertools.product((1, 3) if few else (1, 2, 3), range(1, 5 if few else 6), (1, 2, 3), (1, 2)):
        if d > 1 and k == 1:
            continue
        common = {names["stride"]: (s,), names["dilation"]: (d,)}
        for own in own_arguments(framework, i, (k - 1) * d + 1, s):
            call = (i,), (k,), common | own
            alone.append(call)
            kind = tuple((name, value) for name, value in own.items() if not isinstance(value, tuple))
            alike.setdefault((*kind, *own), []).append(call)
    taken = functools.cache(lambda kind: [call for call in alike[kind] if is_taken(framework, *call)])
    rng, several = random.Random(0), []
    for n_axes, count in ((2, 40), (3, 20)) if few else ((2, 200), (3, 100)):
        for kind in rng.choices(list(alike), k=count):
            drawn_from = taken(kind) if taken(kind) and rng.random() < 0.8 else alike[kind]
            several.append(joined(rng.choices(drawn_from, k=n_axes)))
    if framework == "tensorflow":
        several += list(explicit_padding(several))
    return alone + several


def explicit_padding(calls):
    """Yield the calls of two axes under VALID again, but with one cut off before and two after."""
    for sizes, kernels, arguments in calls:
        if len(sizes) == 2 and arguments["padding"] == "VALID":
            smaller = tuple(max(n - 3, 1) for n in arguments["output_shape"])
            yield sizes, kernels, arguments | {"padding": ((0, 0), (1, 2), (1, 2), (0, 0)), "output_shape": smaller}


def is_taken(framework, input_size, kernel_size, arguments):
    """Say whether the framework takes a call, by its rule."""
    try:
        return bool(operation(framework, input_size, kernel_size, **arguments))
    except ValueError:
        return False


def joined(calls):
    """Make one call of several axes of calls of one axis that say the same kind of thing."""
    sizes, kernels, arguments = zip(*calls)
    call = {}
    for name, value in arguments[0].items():
        values = [one[name] for one in arguments]
        call[name] = tuple(itertools.chain(*values)) if isinstance(value, tuple) else value
        if name == "pads":
            call[name] = tuple(itertools.chain(*zip(*values)))  # all begins, then all ends
        elif isinstance(value, tuple) and isinstance(value[0], tuple):
            call[name] = tuple(pairs[0] for pairs in values)
    return tuple(itertools.chain(*sizes)), tuple(itertools.chain(*kernels)), call


def own_arguments(framework, i, e, s):
    """Yield what each framework is asked for beyond stride and dilation."""
    sheet = (i - 1) * s + e
    if framework == "keras":
        for padding, a in itertools.product(("valid", "same"), (None, 0, 1, 2)):
            yield {"padding": padding, "output_padding": None if a is None else (a,)}
    elif framework == "tensorflow":
        for padding, n in itertools.product(("VALID", "SAME"), range(max((i - 1) * s - 1, 1), sheet + s + 1)):
            if (padding == "VALID" and n < sheet - 2) or (padding == "SAME" and n > i * s + 1):
                continue
            yield {"padding": padding, "output_shape": (n,)}
    elif framework == "pytorch":
        for padding, a in itertools.product((0, 1, 2), (0, 1, 2)):
            yield {"padding": (padding,), "output_padding": (a,)}
    elif framework.startswith("jax"):
        transposed = {"transpose_kernel": True} if framework != "jax" else {}
        for padding in ("VALID", "SAME", ((e - 1, e - 1),), ((e - 2, e),), ((1, 0),)):
            yield {"padding": padding} | transposed
        for pair in ((0, 0), (1, 0), (1, 2)):
            yield {"padding": (pair,), "use_consistent_padding": True} | transposed
    else:
        for begin, end, a in itertools.product((0, 1), (0, 1), (0, 1, 2)):
            yield {"pads": (begin, end), "output_padding": (a,)}
        for word, a in itertools.product(("VALID", "SAME_UPPER", "SAME_LOWER"), (0, 1)):
            yield {"auto_pad": word, "output_padding": (a,)}
        for word, n in itertools.product(("NOTSET", "SAME_UPPER"), range(max(sheet - 2, 1), sheet + s + 1)):
            yield {"auto_pad": word, "output_shape": (n,)}


def operands_of(input_size, kernel_size):
    """Return whole numbers, which float32 adds up exactly: 2 samples, 2 channels to 3."""
    rng = np.random.default_rng((*input_size, *kernel_size))
    shapes = (2, *input_size, 2), (*kernel_size, 3, 2)
    return [rng.integers(-9, 10, shape).astype(np.float32) for shape in shapes]


def verdict(program, framework, input_size, kernel_size, arguments):
    """Compare what the rule says of a call with what the program does: a word, and what was seen."""
    x, kernel = operands_of(input_size, kernel_size)
    try:
        y = channels_last(framework, run(program, framework, x, kernel, arguments))
        seen = y[0, ..., 0].astype(int).tolist()
    except Exception as error:
        y, seen = None, type(error).__name__
    try:
        axes, groups, windows = operation(framework, input_size, kernel_size, **arguments)
    except ValueError:
        return ("refused", None) if y is None or y.size == 0 else ("given, though not legal", seen)
    if y is None or y.size == 0:
        return "refused, though legal", seen
    if y.shape[1:-1] != tuple(w.size for w in windows):
        return "of another size", seen
    return ("equal" if np.array_equal(y, by_definition(x, kernel, axes, groups, windows)) else "of other values"), seen


def run(program, framework, x, kernel, arguments):
    """Run a framework, as one of its programs."""
    runner = RUN.get(program, RUN[framework])
    return runner(*operands(framework, x, kernel), arguments)


QUARTERS = 4  # of the grid: every fourth call, from the first, the second, the third, the fourth


def record(program, quarters=range(QUARTERS)):
    """Run a program over its grid, or quarters of it; count what it did, and group the calls where it departs from its rule."""
    framework, packages, _ = PROGRAMS[program]
    counts, departures = {}, {}
    for number, call in enumerate(grid(framework, few="jax" in packages)):
        quarter = number % QUARTERS
        if quarter not in quarters:
            continue
        word, seen = verdict(program, framework, *call)
        counts.setdefault(word, [0] * QUARTERS)[quarter] += 1
        if word not in ("equal", "refused"):
            seen = seen if len(call[0]) == 1 else None
            first = dict(zip(("input_size", "kernel_size", "arguments"), call)) | {"gave": seen}
            group = {"what": word, "calls": 0, "quarters": [0] * QUARTERS, "first": first}
            group = departures.setdefault((word, kind(framework, call)), group)
            group["calls"] += 1
            group["quarters"][quarter] += 1
    versions = {name: import_module(name).__version__.split("+")[0] for name in packages}
    return {
        "versions": versions,
        "counts": {word: sum(each) for word, each in counts.items()},
        "quarters": counts,
        "departures": list(departures.values()),
        "puzzle": puzzle(program),
        "examples": examples(program),
        "reproduced": {d.title: printed(d.code) for d in DEPARTURES if program in d.programs and d.prints is not None},
    }


EXAMPLES = {  # on the signal and the kernel of the founding puzzle, 1, 2, 3 in memory, in each framework's own words
    "keras": ({"strides": (2,)}, {"strides": (2,), "padding": "same"}),
    "tensorflow": (),
    "pytorch": ({"stride": (2,)}, {"stride": (2,), "padding": (1,), "output_padding": (1,)}),
    "jax": ({"strides": (2,), "padding": "VALID"}, {"strides": (2,), "padding": "SAME"}),
    "onnx": (
        {"strides": (2,)},
        {"strides": (2,), "auto_pad": "SAME_UPPER"},
        {"strides": (2,), "auto_pad": "SAME_LOWER"},
    ),
}
PUZZLE = np.float32([1, 10]).reshape(1, 2, 1), np.float32([1, 2, 3]).reshape(3, 1, 1)


def examples(program):
    """Run the examples of a program's framework and record what they gave."""
    framework = PROGRAMS[program][0]
    more = {"transpose_kernel": True} if framework == "jax transpose_kernel" else {}
    calls = [call | more for call in EXAMPLES[framework.split()[0]]]
    x, kernel = PUZZLE
    if framework == "jax":  # `run` turns it round, so that it stands as it is
        kernel = kernel[::-1]
    gave = [run(program, framework, x, kernel, call).ravel().astype(int).tolist() for call in calls]
    return [{"arguments": call, "gave": y} for call, y in zip(calls, gave)]


def kind(framework, call):
    """Return what calls that depart in the same way have in common: arguments, words, and what the rule refuses."""
    input_size, kernel_size, arguments = call
    names = FRAMEWORKS[framework].names
    axes = [Axis(*a) for a in zip(input_size, kernel_size, arguments[names["stride"]], arguments[names["dilation"]])]
    words = [value for value in arguments.values() if isinstance(value, str)]
    return (*sorted(arguments), *words, FRAMEWORKS[framework].refuses(axes, 1))


def puzzle(program):
    """Ask a program for each size of the founding puzzle, on one axis, under VALID and SAME, and record what it gave."""
    framework = PROGRAMS[program][0]
    answers = []
    for padding, n in (("VALID", 5), ("VALID", 6), ("SAME", 3), ("SAME", 4)):
        translation = translate("tensorflow", framework, 2, 3, strides=2, padding=padding, output_shape=n)
        gave = run(program, framework, *PUZZLE, translation.arguments)
        crop = None if translation.crop is None else [[part.start, part.stop] for part in translation.crop]
        answers.append(
            {
                "wish": [padding, n],
                "arguments": translation.arguments,
                "gave": gave.ravel().astype(int).tolist(),
                "crop": crop,
                "result": finish(translation, gave).ravel().astype(int).tolist(),
            }
        )
    return answers


def printed(code):
    """Run a reproduction and return what it prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})
    return out.getvalue().strip()


def trained():
    """Train a small layer in PyTorch, to enlarge pictures, and record its weights, an input and what it gives."""
    import torch

    torch.manual_seed(0)
    layer = torch.nn.ConvTranspose2d(2, 3, (4, 3), stride=2, padding=1, output_padding=(0, 1))
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.05)
    large = torch.rand(16, 3, 10, 12)
    small = torch.nn.functional.avg_pool2d(large, 2)[:, :2]
    for _ in range(100):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(layer(small), large).backward()
        optimizer.step()
    arrays = {"weight": layer.weight, "bias": layer.bias, "x": small[:1], "y": layer(small[:1])}
    exact = {
        name: [float(str(number)) for number in tensor.detach().numpy().ravel()] for name, tensor in arrays.items()
    }
    return {name: {"shape": list(arrays[name].shape), "numbers": numbers} for name, numbers in exact.items()}


def in_own_process(program, quarters=range(QUARTERS)):
    """Return the record of a program, made in a process with its environment."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **PROGRAMS[program][2]}
    command = [sys.executable, __file__, "--program", program, "--quarters", *map(str, quarters)]
    return json.loads(subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout)


def part(program, what, quarters):
    """Return what a record says of some quarters, so that it can be compared with another of the same."""
    framework = PROGRAMS[program][0]
    departures = {}
    for group in what["departures"]:
        first = group["first"]
        call = first["input_size"], first["kernel_size"], first["arguments"]
        departures[f"{group['what']}, {kind(framework, call)}"] = sum(group["quarters"][q] for q in quarters)
    counts = {word: sum(each[q] for q in quarters) for word, each in what["quarters"].items()}
    same = {name: what[name] for name in ("puzzle", "examples", "reproduced")}
    some = ({name: n for name, n in each.items() if n} for each in (counts, departures))
    return dict(zip(("counts", "departures"), some)) | same


def changes(old, new, path=""):
    """Yield a line for everything that is not as it was."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in {**old, **new}:
            yield from changes(old.get(name), new.get(name), f"{path} {name}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, pair in enumerate(zip(old, new)):
            yield from changes(*pair, f"{path} {number}")
    elif old != new:
        yield f"{path.strip()}: was {json.dumps(old)}, is {json.dumps(new)}"


def main():
    """Record everything anew, or compare with the record and return what is not as it was."""
    parser = argparse.ArgumentParser(prog="tasks.py record", description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with the record, and change nothing")
    parser.add_argument(
        "--shard", default="1/1", choices=["1/1", *(f"{k}/{n}" for n in (2, 4) for k in range(1, n + 1))]
    )
    parser.add_argument("--installed", action="store_true", help="compare the programs whose packages are there")
    parser.add_argument("--program", choices=PROGRAMS, help="print what this program does, and nothing else")
    parser.add_argument("--quarters", nargs="*", type=int, default=range(QUARTERS), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.program:
        print(json.dumps(record(asked.program, asked.quarters)))
        return None
    if asked.shard != "1/1" and not asked.check:
        parser.error("a shard can be compared (--check); the record is written whole")
    if asked.installed and not asked.check:
        parser.error("what is installed can be compared (--check); the record is written whole")
    k, n = map(int, asked.shard.split("/"))
    quarters = range(QUARTERS)[k - 1 :: n]
    programs = [program for program in PROGRAMS if not asked.installed or is_there(program)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        records = dict(zip(programs, pool.map(lambda program: in_own_process(program, quarters), programs)))
    for program, what in records.items():
        print(program, what["versions"], what["counts"])
    if asked.check:
        old = json.loads(RECORD.read_text())["programs"]
        said = [
            line
            for program, what in records.items()
            for line in changes(*(part(program, one, quarters) for one in (old[program], what)), program)
        ]
        return "\n".join(said) or None
    RECORD.write_text(as_text({"programs": records, "trained": trained()}) + "\n")
    return None


def as_text(value, indent=""):
    """Write JSON that can be reviewed: a line for each thing, but lists of numbers and what fits on a line in one."""
    whole = json.dumps(value)
    if (
        len(indent + whole) <= 110
        or not isinstance(value, (dict, list))
        or (isinstance(value, list) and isinstance(value[0], (int, float)))
    ):
        return whole
    deeper = indent + "  "
    if isinstance(value, dict):
        inner = [f"{deeper}{json.dumps(name)}: {as_text(one, deeper)}" for name, one in value.items()]
        return "{\n" + ",\n".join(inner) + f"\n{indent}}}"
    return "[\n" + ",\n".join(deeper + as_text(one, deeper) for one in value) + f"\n{indent}]"


if __name__ == "__main__":
    sys.exit(main())
