"""Say which skip connections of a saved Keras model do not fit, and which `output_padding` makes them fit.

A size goes once through the list of the model's calls. A size is one int for each spatial axis, None for what is not
known. Channels are left out: Keras checks them itself.
"""

import itertools
import json
import os
import re
import textwrap
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from . import shapes
from ._arguments import LARGEST_INT, int_or_none, per_axis, reads_report, short, tuple_or_none
from .doctor import WRITE, by_axis, span
from .frameworks import Axis
from .model_files import calls_of, read_model
from .model_layers import keras_size

TRIED = range(1, 257)  # the sizes that are tried where a model leaves its size open
MOST_REPAIRS = 200  # the size goes through the whole list again after each


class Run(NamedTuple):
    """What comes of one input size."""

    sizes: list  # of each call, or None
    origins: list  # (the call that chose a size, how much has been added to it on each axis since), or None
    misfits: list  # (number of the call, the sizes that it takes, what is wanted on each axis on which they differ)
    errors: list
    unchecked: list


def examine(path, input_size=None):
    """Say which merges of a saved model do not fit, and what would make them fit.

    Parameters
    ----------
    path : path-like
        A ``.keras`` file, or a file with what ``model.to_json()`` returns.
    input_size : int or sequence of int, optional
        Of the spatial axes: an int for all, or one int per axis. Where the model leaves its size open and none is given,
        1 to 256 are tried, the same on every open axis, and the report is about the smallest that fits.

    Returns
    -------
    dict
        What JSON can hold. "input_size": the size that the rest is about; "fits": whether all layers take it;
        "sizes": of the sizes that were tried, those that fit, or None; "layers": each call of a transposed convolution,
        with its legal sizes; "misfits": the merges that do not fit, and their remedies, each taken as applied from there
        on; "errors": the layers that cannot take what they get; "unknown": the layers whose size is not known;
        "unchecked": the merges that this leaves open.

    Raises
    ------
    ValueError
        If the file is not a model that can be read, or the model does not take `input_size`.
    TypeError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> import tempfile
    >>> down = {"class_name": "MaxPooling1D", "config": {"name": "down", "pool_size": 2}}
    >>> up = {"class_name": "Conv1DTranspose", "config": {"name": "up", "kernel_size": 3, "strides": 2}}
    >>> model = {"class_name": "Sequential", "config": {"layers": [down, up]}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "model.json")
    ...     _ = path.write_text(json.dumps(model))
    ...     (layer,) = examine(path, 9)["layers"]
    >>> layer["input_size"], layer["output_size"], layer["legal"]
    ([4], [9], [[9, 10]])
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"`path` must be a path of a file, got {short(path)}")
    try:
        calls = calls_of(read_model(Path(path)))
    except RecursionError:
        raise ValueError(f"{short(str(path))} is nested too deep to be a Keras model") from None
    inputs, sizes = _inputs(calls, input_size), None
    if input_size is None and any(None in size for size in inputs.values()):
        fitting = [n for n in TRIED if _fits(_run(calls, _filled(inputs, n), stop=True))]
        sizes = {"tried": [TRIED[0], TRIED[-1]], "fitting": fitting, "text": _in_words(fitting)}
        inputs = _filled(inputs, fitting[0] if fitting else TRIED[-1])
    run, misfits = _repaired(calls, inputs)
    unknown = {call.name: call.layer.kind for call in calls if call.layer.role == "unknown"}
    report = {
        "input_size": max(inputs.values(), key=len),
        "fits": not misfits and not run.errors,
        "sizes": sizes,
        "layers": [_entry(call, run, i) for i, call in enumerate(calls) if call.layer.role == "transposed"],
        "misfits": misfits,
        "errors": run.errors,
        "unknown": [{"name": name, "type": kind} for name, kind in unknown.items()],
        "unchecked": run.unchecked,
    }
    return json.loads(json.dumps(report))  # lists, not tuples, as in the file that it may be written to


# The sizes


def _inputs(calls, input_size):
    """Return the size of each input, by the number of its call."""
    axes = next((int(found[0]) for call in calls if (found := re.search("[123](?=D)", call.layer.kind))), 0)
    inputs = {i: call.layer.geometry for i, call in enumerate(calls) if call.layer.role == "input"}
    inputs = {i: (None,) * axes if size is None else size for i, size in inputs.items()}
    if not inputs:
        raise ValueError("expected a model with an InputLayer: none of its layers is one")
    if input_size is None:
        return inputs
    given, largest = tuple_or_none(input_size), max(inputs.values(), key=len)
    if not largest or (given is not None and len(given) not in map(len, inputs.values())):
        raise ValueError(f"`input_size` must have {len(largest)} axes, as the model's input, got {short(input_size)}")
    for i, size in inputs.items():
        if given is None or len(given) == len(size):
            inputs[i] = per_axis("input_size", input_size, len(size), minimum=1)
            for axis, (n, own) in enumerate(zip(inputs[i], size)):
                if own not in (None, n):
                    rule = f"the model's input {short(calls[i].name)} is {by_axis(size)}"
                    raise ValueError(f"`input_size` {n} on axis {axis} cannot be: {rule}")
    return inputs


def _filled(inputs, n):
    return {i: tuple(n if one is None else one for one in size) for i, size in inputs.items()}


def _fits(run):
    return not run.misfits and not run.errors


def _run(calls, inputs, repairs=None, stop=False):
    """Take the inputs through all calls, those in `repairs` with that size; or `stop` where one does not fit."""
    run = Run([], [], [], [], [])
    for number, call in enumerate(calls):
        size = origin = None
        try:
            if call.layer.role == "input":
                size = inputs[number]
            elif call.layer.role == "merging":
                size, origin = _merged(run, number, call)
            elif (size := _called(run, call)) is not None:
                size = (repairs or {}).get(number, size)
                origin = _origin(run, number, call, size)
            if any(n is not None and n > LARGEST_INT for n in size or ()):
                raise ValueError(f"it makes more than {LARGEST_INT} samples")
        except (ValueError, TypeError) as error:
            run.errors.append({"name": call.name, "text": str(error)})
            size = origin = None
        run.sizes.append(size)
        run.origins.append(origin)
        if stop and not _fits(run):
            break
    return run


def _taken(run, call):
    return [None if i is None else run.sizes[i] for i in call.inputs]


def _called(run, call):
    """Return the size that a layer makes of what it takes."""
    taken = _taken(run, call)
    if not taken or None in taken or call.layer.rule is None:
        return None
    return call.layer.rule(taken[0], taken[-1] if call.output_size == "like" else call.output_size)


def _origin(run, number, call, size):
    if call.layer.role in ("transposed", "upsampling"):
        return number, (0,) * len(size)
    before, origin = run.sizes[call.inputs[0]], run.origins[call.inputs[0]]
    if call.layer.role != "sliding" or origin is None or None in (*before, *size):
        return None
    return origin[0], tuple(added + after - n for added, after, n in zip(origin[1], size, before))


def _merged(run, number, call):
    """Return the size of a merge and its origin; note a misfit, and go on as if it were repaired."""
    taken, origins = _taken(run, call), [None if i is None else run.origins[i] for i in call.inputs]
    n_axes = max((len(size) for size in taken if size is not None), default=0)
    same = all(size is not None and len(size) == n_axes for size in taken)
    if not taken or None in taken or not (same or call.layer.config["expands"]):
        run.unchecked.append(call.name)
        return None, None
    taken = [(1,) * (n_axes - len(size)) + size for size in taken]
    joined, merged, wanted, spreads = call.layer.rule(n_axes, None), [], {}, call.layer.kind != "Concatenate"
    for axis, column in enumerate(zip(*taken)):
        known = set(column) - {None}
        if axis == joined:
            merged.append(None if None in column else sum(column))
            continue
        if spreads and known != {1}:
            known -= {1}  # a single sample is taken for all
        if len(known) > 1:
            wanted[axis] = _wanted(
                [(size[axis], origin) for size, origin in zip(taken, origins) if size[axis] in known]
            )
        is_open = spreads and known == {1} and None in column
        merged.append(wanted[axis] if axis in wanted else None if is_open else min(known, default=None))
    if any(None in size for size in taken) and len(taken) > 1:
        run.unchecked.append(call.name)
    if wanted:
        run.misfits.append((number, taken, wanted))
    made = {origin for i, origin in zip(call.inputs, origins) if run.sizes[i] == tuple(merged)}
    return tuple(merged), made.pop() if len(made) == 1 else None


def _wanted(sides):
    """Return the size that no transposed convolution or upsampling chose; where all are chosen, the first one chosen."""
    fixed = {n for n, origin in sides if origin is None} or {min(sides, key=lambda side: side[1])[0]}
    return fixed.pop() if len(fixed) == 1 else None


# The remedies


def _repaired(calls, inputs):
    """Repair one layer after the other, the first first; return the run with all repairs, and what did not fit."""
    times, repairs = Counter(call.name for call in calls), {}
    for turn in itertools.count():
        run = _run(calls, inputs, {chooser: needed for chooser, (needed, _, _) in repairs.items()})
        left = {misfit[0]: _about(calls, misfit) for misfit in run.misfits}
        found = sorted((chooser, *rest) for misfit in run.misfits for chooser, *rest in _needs(calls, run, misfit))
        remedies = ((*one, _remedy(run, one[0], calls, one[1], times)) for one in found if one[0] not in repairs)
        new = next((one for one in remedies if one[-1]["line"]), None)
        if new is None or turn == MOST_REPAIRS:
            break
        chooser, needed, number, remedy = new  # what comes after it will read another size
        repairs = {one: repair for one, repair in repairs.items() if one < chooser}
        repairs[chooser] = needed, remedy, (number, left[number])
    misfits = {}
    for _, (_, remedy, (number, about)) in sorted(repairs.items()):
        misfits.setdefault(number, about)["remedies"].append(remedy)
    for number, about in left.items():
        misfits.setdefault(number, about)
    for chooser, needed, number in found:
        remedy = _remedy(run, chooser, calls, needed, times)
        if chooser in repairs:
            remedy |= {"line": None, "output_padding": None, "text": "but another merge needs another size of it"}
        misfits[number]["remedies"].append(remedy)
    return run, [misfits[number] for number in sorted(misfits)]


def _about(calls, misfit):
    number, taken, _ = misfit
    call = calls[number]
    sides = [{"layer": calls[i].name, "size": size} for i, size in zip(call.inputs, taken)]
    return {"name": call.name, "type": call.layer.kind, "inputs": sides, "remedies": []}


def _needs(calls, run, misfit):
    """Yield which transposed convolution or upsampling has to give which size for a merge."""
    number, taken, wanted = misfit
    for i, size in zip(calls[number].inputs, taken):
        if run.origins[i] is None or None in size:
            continue
        spreads = {axis for axis, n in enumerate(size) if n == 1 and calls[number].layer.kind != "Concatenate"}
        aims = [n if axis in spreads else wanted.get(axis) or n for axis, n in enumerate(size)]
        chooser, added = run.origins[i]  # of the last axes, where the merge has put others in front
        needed = tuple(n - more for n, more in zip(aims[len(aims) - len(added) :], added))
        if needed != run.sizes[chooser]:
            yield chooser, needed, number


def _remedy(run, chooser, calls, needed, times):
    """Say how a transposed convolution, or an upsampling, gives the size that is needed."""
    call, given = calls[chooser], run.sizes[chooser]
    size, geometry = run.sizes[call.inputs[0]], call.layer.geometry
    remedy = {"layer": call.name, "output_size": given, "needed": needed, "output_padding": None, "line": None}
    if call.layer.role == "upsampling":
        line = _border(given, needed, call.layer.config) if min(needed) > 0 else None
        return remedy | {"line": line, "text": "it can only multiply, so pad or crop what it gives"}
    legal = [shapes.reachable_sizes(i, *one) for i, one in zip(size, geometry)]
    if not all(n in sizes for n, sizes in zip(needed, legal)):
        return remedy | {
            "text": f"it can only give {by_axis(span(sizes) for sizes in legal)}, so pad or crop one of the inputs"
        }
    try:
        if times[call.name] > 1:
            raise ValueError(f"it is called {times[call.name]} times and has one output_padding")
        added = None if call.layer.kind.startswith("Sized") else _output_padding(size, geometry, needed)
    except ValueError as reason:
        return remedy | {"line": _line(call, size, None, "Sized"), "text": f"{reason}, so tell it the size"}
    kind = "Sized" if call.layer.kind.startswith("Sized") else ""
    text = "tell it the size" if kind else f"set output_padding={_plainly(added)}"
    return remedy | {"output_padding": added, "line": _line(call, size, added, kind), "text": text}


def _output_padding(size, geometry, needed):
    """Return the `output_padding` with which Keras gives a size, or raise a ValueError where there is none."""
    if keras_size(size, geometry, None) == needed:
        return None
    most = [s - 1 for _, s, _, _ in geometry]
    try:
        added = [a - n + m for a, n, m in zip(most, keras_size(size, geometry, most), needed)]
        if keras_size(size, geometry, added) == needed:
            return added
    except ValueError:  # "same" with an even kernel: Keras cannot say the largest size, or it can on all axes only
        pass
    raise ValueError("Keras has no output_padding for it")


def _line(call, size, output_padding, kind):
    """Write the layer as it has to be made, with what changes its result."""
    config = call.layer.config
    k, s, padding, d = zip(*call.layer.geometry)
    said = {"padding": padding[0], "strides": s, "dilation_rate": d, "output_padding": output_padding}
    line = WRITE["keras"]([Axis(*axis) for axis in zip(size, k, s, d)], said)
    more = _data_format(config) + (", use_bias=False" if config.get("use_bias") is False else "")
    if re.fullmatch("[a-z_]{1,20}", str(config.get("activation"))) and config["activation"] != "linear":
        more += f', activation="{config["activation"]}"'
    filters = str(int_or_none(config.get("filters")) or "filters")
    line = line.replace("filters", filters, 1).replace(")(x)", f"{more})(x)")
    if kind:
        line = line.replace("keras.layers.", "transpose_conv.keras.Sized").replace(")(x)", ")(x, output_size=skip)")
    return line


def _border(given, needed, config):
    """Write the padding, the cropping, or both that make one size of another, at the ends."""
    line = "x"
    for name, sign in (("ZeroPadding", 1), ("Cropping", -1)):
        ends = tuple((0, max(sign * (wanted - n), 0)) for n, wanted in zip(given, needed))
        if any(map(any, ends)):
            said = f"{ends if len(ends) > 1 else ends[0]}{_data_format(config)}"
            line = f"keras.layers.{name}{len(ends)}D({said})({line})"
    return line


def _data_format(config):
    return ', data_format="channels_first"' if config.get("data_format") == "channels_first" else ""


# The report


def _entry(call, run, number):
    try:
        given = _called(run, call)
    except (ValueError, TypeError):  # it is among the errors
        given = None
    size, geometry = (_taken(run, call) or [None])[0], call.layer.geometry
    is_known = size is not None and len(size) == len(geometry) and None not in size
    legal = [shapes.reachable_sizes(i, *one) for i, one in zip(size, geometry)] if is_known else None
    k, s, padding, d = zip(*geometry)
    said = {"kernel_size": k, "strides": s, "padding": padding[0], "dilation_rate": d}
    needed = None if run.sizes[number] == given else run.sizes[number]
    made = {"input_size": size, "output_size": given, "needed": needed}
    legal = legal and [(sizes.start, sizes.stop - 1) for sizes in legal]
    added = call.layer.config.get("output_padding")
    return {"name": call.name, "type": call.layer.kind, **said, "output_padding": added, **made, "legal": legal}


def _in_words(fitting):
    """Say which of the sizes that were tried these are: as a rule if that is exact, else the first of them."""
    if not fitting:
        return f"no size from {TRIED[0]} to {TRIED[-1]}"
    first, step = fitting[0], fitting[1] - fitting[0] if len(fitting) > 2 else 0
    if not step or fitting != list(range(first, TRIED.stop, step)):
        return ", ".join(map(str, fitting[:8])) + (f", ... ({len(fitting)} sizes)" if len(fitting) > 8 else "")
    rule = "every size" if step == 1 else f"sizes that are multiples of {step}"
    if first % step:
        rule = f"sizes that are {first % step} more than a multiple of {step}"
    return rule if first in (step, first % step) else f"{rule}, from {first} on"


@reads_report("examine")
def describe_model(report):
    """Write a report of `examine` as text of at most 80 columns."""
    lines, sizes, known = [], report["sizes"], "as far as it is known, " if report["unknown"] else ""
    if sizes:
        first, last = sizes["tried"]
        lines += _wrapped(f"{known}fits {sizes['text']} (tried: {first} to {last}, the same on every open axis)")
        others = sorted(set(range(sizes["fitting"][0], last + 1)) - set(sizes["fitting"])) if sizes["fitting"] else []
        if others:
            lines += _wrapped(f"does not fit {', '.join(map(str, others[:3]))}, ...: --input-size says what to change")
    lines += [f"input size {by_axis(report['input_size'])}:", "", *_table(report["layers"])]
    for misfit in report["misfits"]:
        sides = ", ".join(f"{by_axis(side['size'])} from {_safe(side['layer'])}" for side in misfit["inputs"])
        lines += ["", *_wrapped(f"{_safe(misfit['name'])} ({_safe(misfit['type'])}) does not fit: {sides}")]
        if not misfit["remedies"]:
            lines += _wrapped("no transposed convolution or upsampling can make these fit: pad or crop an input", 2)
        for remedy in misfit["remedies"]:
            text = f"{_safe(remedy['layer'])} has to give {by_axis(remedy['needed'])}: {remedy['text']}"
            lines += _wrapped(text, 2) + _wrapped(remedy["line"] or "", 4)
    for error in report["errors"]:
        lines += ["", *_wrapped(f"{_safe(error['name'])} cannot take what it gets: {error['text']}")]
    if report["unknown"]:
        names = ", ".join(f"{_safe(one['name'])} ({_safe(one['type'])})" for one in report["unknown"])
        lines += ["", *_wrapped(f"the size is not known after {names}")]
    if report["unchecked"]:
        lines += ["", *_wrapped(f"not checked for that: {', '.join(map(_safe, report['unchecked']))}")]
    if any(remedy["output_padding"] for misfit in report["misfits"] for remedy in misfit["remedies"]):
        text = "An output_padding fits one input size. A layer that is told output_size=skip fits all."
        lines += ["", *_wrapped(text)]
    if report["fits"]:
        lines += ["", f"{known}everything fits"]
    return "\n".join(lines)


def _table(layers):
    """Write a line for each transposed convolution; its name has one of its own where they are too long together."""
    if not layers:
        return ["no transposed convolution"]
    keys = ("kernel_size", "strides", "input_size", "output_size", "legal", "needed")
    rows = [("layer", "kernel", "strides", "reads", "gives", "may give", "has to give")]
    for one in layers:
        legal = [str(a) if a == b else f"{a}-{b}" for a, b in one["legal"] or ()]
        cells = [(one | {"legal": legal, "needed": one["needed"] or [""]})[key] for key in keys]
        rows.append((_safe(one["name"]), *("x".join("?" if n is None else str(n) for n in c or "?") for c in cells)))
    if not any(row[-1] for row in rows[1:]):
        rows = [row[:-1] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows)]
    rows = [[cell.ljust(width) for cell, width in zip(row, widths)] for row in rows]
    if sum(widths) + 2 * len(widths) - 2 <= 80:
        return ["  ".join(row).rstrip() for row in rows]
    return [line for name, *cells in rows for line in (*_wrapped(name), *_wrapped("  ".join(cells), 2))]


def _plainly(numbers):
    """Write one number where all are equal, as Keras takes it."""
    return str(numbers[0] if len(set(numbers)) == 1 else tuple(numbers)) if numbers else str(numbers)


def _wrapped(text, indent=0):
    return textwrap.wrap(text, 80, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2))


def _safe(text):
    """Shorten a name out of the file, and leave out what a terminal would obey."""
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= 40 else text[:37] + "..."
