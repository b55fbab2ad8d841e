"""Calls that no caller can mean, of every public function, and what has to come of them: a ValueError or a TypeError.

A process runs them one after the other, with limits for the memory and for the time of each: what allocates or hangs is a
failure like any other. `test_malformed` runs the catalogue below, `tools/fuzz.py` draws from it for as long as it is told.
"""

import contextlib
import decimal
import enum
import fractions
import io
import itertools
import json
import re
import signal
import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import transpose_conv
from transpose_conv import (
    doctor,
    errors,
    exercises,
    frameworks,
    models,
    plotting,
    plotting_images,
    plotting_spectra,
    upsampling,
)

MEMORY = 2**30  # bytes of address space that a call may take
SECONDS = 10  # of processor time that a call may take; a sound one takes milliseconds


with contextlib.suppress(ImportError):  # Windows has none
    import resource


class Two(enum.IntEnum):
    """An int that is not of the class int."""

    TWO = 2


class Lying(int):
    """An int that says of itself what it is not."""

    def __repr__(self):
        return "2"

    def __mul__(self, other):
        return -1


def ragged():
    return [[1.0, 2.0], [3.0]]


def huge(*shape):
    """An array of any size that takes no memory."""
    return np.broadcast_to(np.float64(1), shape)


X, KERNEL = np.arange(1.0, 5.0).reshape(1, 4, 1), np.arange(1.0, 4.0).reshape(3, 1, 1)
NO_NUMBER = [
    True, False, np.True_, 2.0, -0.5, float("nan"), float("inf"), 1j, np.float16(2), np.complex64(2), decimal.Decimal(2),
    fractions.Fraction(2), b"2", bytearray(b"2"), object(), object, len, {}, {2: 2}, {2}, frozenset({2}), range, ...,
    NotImplemented, np.datetime64("2020-01-01"), np.array(2, object), np.array(2.0), np.array("2"), iter([2]), io.StringIO("2"),
    memoryview(b"2"), np.ma.array(2),
]  # fmt: skip
NO_INT = [*NO_NUMBER, "", "2", "two", "valid!", [[2]], [[[2]]], [None], [True], [2.0], ["2"], np.array([2.0])]
WRONG_COUNT = [[], (), np.zeros(0, int), (2,) * 1000, range(0), range(2**40), np.ones((7, 2), int), [2] * 7]
TOO_SMALL = [-1, -(2**31), -(2**63), -(10**30), np.int8(-128), np.int64(-(2**63)), [-1], np.array(-3)]
TOO_LARGE = [2**63, 2**64, 10**30, 10**5000, np.uint64(2**64 - 1), [2**63]]
LARGE = [  # legal by themselves
    50, 2**21, 2**28, 10**9, 2**31 - 1, 2**32, 2**40, 10**12, 2**61, 2**62 + 1, 2**63 - 1, np.int8(127), np.uint8(255), np.int16(2**10),
    np.uint16(2**10), np.int32(2**31 - 1), np.uint32(2**32 - 1), np.int64(2**63 - 1), np.uint64(2**63 - 1), [2**40],
    np.array(2**62), Two.TWO, Lying(2**40), Lying(3),
]  # fmt: skip
NO_ARRAY = [
    None, True, 2, 2.0, "x", "", b"x", [], [[]], ragged(), {}, {1: 2}, object(), len, iter([1.0]), np.zeros(0), np.float64(2), [["a"]], [None],
    np.array([[[None]]]), np.ones((1, 4, 1), object), np.ones((1, 4, 1), bool), np.full((1, 4, 1), "a"), np.zeros((1, 4, 1), "M8[s]"),
    np.zeros((1, 4, 1), "m8[s]"), np.zeros((1, 4, 1), "i4,i4"), np.zeros((1, 4, 1), "V8"), np.ma.ones((1, 4, 1)),
    np.ones(4), np.ones((4, 1)), np.ones((1, 0, 1)), np.ones((1, 4, 0)), np.ones((0, 0, 0)), np.ones((1, 0, 0)), np.ones((1,) * 40),
    np.ones((1, 4, 1, 1, 1)),
]  # fmt: skip
LARGE_ARRAYS = [
    huge(1, 2**40, 1), huge(2**40, 1, 1), huge(1, 1, 2**40), huge(2**20, 2**20, 1), huge(2**16, 1, 1), huge(1, 2**22, 1), huge(1, 1, 2**16),
    np.ones((1, 4, 1), np.float16), np.ones((1, 4, 1), np.longdouble), np.ones((3, 1, 1), np.int8), np.full((1, 4, 1), np.nan),
]  # fmt: skip
NO_PADDING = [
    *NO_INT, *TOO_SMALL, *TOO_LARGE, [], [1], [(1, 2), (1, 2), (1, 2)], [(1,)], [(1, 2, 3)], [(-1, 0)], [(0, True)], [(0, 1.0)], [[(1, 1)]],
    ["same"], ("valid", "valid"), None, "sam", "SAME ", "full", [((1, 1), (1, 1))], range(2**40),
]  # fmt: skip
NO_TEXT = [*NO_NUMBER, None, 2, [], ["text"], "", "   \n\t", np.array("text")]
NO_FRAMEWORK = [*NO_NUMBER, None, 2, "", "kera", "KERAS", ["keras"], "x" * 10**5]
NO_REPORT = [*NO_NUMBER, None, 2, "report", [], ["legal"], {"legal": 2}, {"layers": None, "sizes": None}, {"want": 1}]


class Kind:
    """What an argument may be: `malformed` values have to be refused by its name, `large` ones refused or computed."""

    def __init__(self, malformed, large=()):
        self.malformed, self.large = list(malformed), list(large)
        self.counts = large is LARGE  # ints, of which others can be drawn


FACTOR = Kind([None, *NO_INT, [2], *WRONG_COUNT, *TOO_SMALL, 0, *TOO_LARGE], LARGE)  # one int, 1 or more
COUNT = Kind([None, *NO_INT, *WRONG_COUNT, *TOO_SMALL, 0, *TOO_LARGE], LARGE)  # for all axes, or for each
CHOICE = Kind(COUNT.malformed[1:], LARGE)  # or None
OFFSET = Kind([*NO_INT, *WRONG_COUNT, *TOO_SMALL, *TOO_LARGE], LARGE)  # or 0
AXES = Kind([None, *NO_INT, *WRONG_COUNT[:-1], *TOO_SMALL, 0, *TOO_LARGE], [*LARGE, [2] * 7])
PADDING = Kind(NO_PADDING, [*LARGE, [(2**40, 2**40)], [(0, 2**62)], (2**40, 2**40)])
WORD = Kind([*NO_INT, "full", 2, [2]])
ARRAY = Kind(NO_ARRAY, LARGE_ARRAYS)
RESULT = Kind([one for one in NO_ARRAY if not isinstance(one, np.ndarray) or one.size or one.ndim < 3], LARGE_ARRAYS)
NUMBERS = [
    one
    for one in NO_ARRAY
    if isinstance(one, int | float | np.ndarray) and np.asarray(one).dtype.kind in "iuf" and np.size(one)
]
PICTURE = Kind(
    [one for one in NO_ARRAY if not any(one is other for other in NUMBERS)], [*LARGE_ARRAYS, *NUMBERS]
)  # of any shape
LAYOUT = Kind(NO_ARRAY[:-1], LARGE_ARRAYS)  # of any number of axes
PEAK = Kind(
    [None, "2", "", b"2", [2.0], [], {}, object(), 1j, float("nan"), 0, -1, True, np.ones(2), np.array(2, object)],
    [10**400, 1e308],
)
TEXT = Kind(
    NO_TEXT, ["valid sizes range from [5, 5] to [6, 6]" * 10**5, "[" * 10**6, "requested an output size of [7] " * 99]
)
FRAMEWORK = Kind(NO_FRAMEWORK)
REPORT = Kind(NO_REPORT)
FUNCTION = Kind([None, 2, "len", [], {}])
CASES = Kind(
    [None, 2, "cases", [], {}, iter([]), itertools.repeat(((1,), 1)), [2], [(2, 3)], [((2,),)], [((1,), 1, 1)]]
)
PATH = Kind([None, 2, 2.0, [], {}, object(), b"nowhere", "", "\0", "nowhere.keras", "x" * 10**5])

DRAWN = Kind([*FACTOR.malformed, 10**9, 2**40, np.int64(2**63 - 1)])
EVERY = Kind(DRAWN.malformed[1:])
WINDOWS = Kind([[("label", 0, n)] for n in (None, 2.0, 0, -1, 2**40, True)])
AX = Figure().subplots()

OF_ONE_AXIS = {"input_size": FACTOR, "kernel_size": FACTOR, "stride": FACTOR, "padding": PADDING, "dilation": FACTOR}
OF_ARRAYS = {"x": ARRAY, "kernel": ARRAY, "stride": COUNT, "padding": PADDING, "dilation": COUNT, "groups": FACTOR}
OF_AXES = {"input_size": AXES, "kernel_size": COUNT, "stride": COUNT, "padding": PADDING, "dilation": COUNT}
OF_FRAMEWORKS = {"source": FRAMEWORK, "target": FRAMEWORK, "input_size": AXES, "kernel_size": COUNT}
ONE_AXIS = {"input_size": 5, "kernel_size": 3, "stride": 2, "padding": "valid", "dilation": 1}
ARRAYS = {"x": X, "kernel": KERNEL, "stride": 2, "padding": "valid", "dilation": 1, "groups": 1}
CHOOSING = {"output_size": CHOICE, "output_padding": OFFSET}


class Probe:
    """A public function with arguments that it takes, and the kinds of those that are put in the place of one of them."""

    def __init__(self, function, arguments, kinds):
        self.function, self.arguments, self.kinds = function, arguments, kinds


def _translating(source, target, kinds, **arguments):
    sizes = {"source": source, "target": target, "input_size": 2, "kernel_size": 3}
    return Probe(frameworks.translate, sizes | arguments, OF_FRAMEWORKS | kinds)


def _operator(function):
    return Probe(function, ARRAYS, OF_ARRAYS | CHOOSING)


def _probes():
    """Return every public function by the name of its probe."""
    t, one = transpose_conv, ONE_AXIS
    translation = frameworks.translate("keras", "pytorch", 2, 3, strides=2)
    gradients = ARRAYS | {"output_gradient": np.ones((1, 9, 1))}, OF_ARRAYS | {"output_gradient": ARRAY}
    return {
        "conv_output_size": Probe(t.conv_output_size, one, OF_ONE_AXIS),
        "conv_transpose_output_sizes": Probe(t.conv_transpose_output_sizes, one, OF_ONE_AXIS),
        "output_padding_for": Probe(t.output_padding_for, one | {"output_size": 12}, OF_ONE_AXIS | {"output_size": FACTOR}),
        "same_padding": Probe(
            t.same_padding, {"input_size": 5, "kernel_size": 3}, {k: v for k, v in OF_ONE_AXIS.items() if k != "padding"}
        ),
        "conv": Probe(t.conv, ARRAYS, OF_ARRAYS),
        "conv_transpose": _operator(t.conv_transpose),
        **{f"form {name}": _operator(form) for name, form in t.CONV_TRANSPOSE_FORMS.items()},
        "conv_matrix": Probe(
            t.conv_matrix, {"kernel": KERNEL, "input_size": 5}, {k: v for k, v in OF_ARRAYS.items() if k != "x"} | {"input_size": COUNT, "kernel": LAYOUT}
        ),
        "coverage_count": Probe(t.coverage_count, {"input_size": 5, "kernel_size": 3}, OF_AXES | CHOOSING),
        "conv_gradients": Probe(t.conv_gradients, ARRAYS | {"output_gradient": np.ones((1, 1, 1))}, gradients[1]),
        "conv_transpose_gradients": Probe(t.conv_transpose_gradients, *gradients),
        "diagnose": Probe(doctor.diagnose, {"input_size": 2, "kernel_size": 3}, OF_AXES | {"want": CHOICE}),
        "describe": Probe(doctor.describe, {"report": doctor.diagnose(2, 3)}, {"report": REPORT}),
        "explain": Probe(errors.explain, {"text": "x"}, {"text": TEXT}),
        "describe_error": Probe(errors.describe_error, {"report": None}, {"report": Kind(one for one in NO_REPORT if one is not None)}),
        "examine": Probe(models.examine, {"path": "x"}, {"path": PATH}),
        "describe_model": Probe(models.describe_model, {"report": None}, {"report": REPORT}),
        "translate keras": _translating(
            "keras", "onnx", {"strides": COUNT, "dilation_rate": COUNT, "output_padding": OFFSET, "padding": WORD}, strides=2
        ),
        "translate tensorflow": _translating(
            "tensorflow", "jax", {"strides": COUNT, "output_shape": COUNT}, strides=2, output_shape=5, padding="VALID"
        ),
        "translate pytorch": _translating(
            "pytorch", "keras", {"stride": COUNT, "padding": OFFSET, "output_padding": OFFSET, "dilation": COUNT, "groups": FACTOR}
        ),
        "translate jax": _translating(
            "jax", "pytorch", {"strides": COUNT, "rhs_dilation": COUNT, "padding": WORD}, padding="SAME"
        ),
        "translate onnx": _translating(
            "onnx", "tensorflow", {"strides": COUNT, "dilations": COUNT, "pads": OFFSET, "output_padding": OFFSET, "group": FACTOR}
        ),
        "convert_kernel": Probe(
            frameworks.convert_kernel, {"kernel": KERNEL, "source": "keras", "target": "jax"},
            {"kernel": LAYOUT, "source": FRAMEWORK, "target": FRAMEWORK},
        ),
        "finish": Probe(
            frameworks.finish, {"translation": translation, "y": np.ones((1, 1, 5))}, {"translation": REPORT, "y": RESULT}
        ),
        "check": Probe(exercises.check, {"function": abs, "cases": [((1,), 1)]}, {"function": FUNCTION, "cases": CASES}),
        "bilinear_kernel": Probe(upsampling.bilinear_kernel, {"factor": 2, "axes": 2}, {"factor": FACTOR, "axes": FACTOR}),
        "number_cells": Probe(plotting.number_cells, {"ax": AX, "columns": 2, "rows": 2}, {"columns": DRAWN, "rows": DRAWN}),
        "draw_stamps": Probe(
            plotting.draw_stamps, {"ax": AX, "corners": [(0, 0)], "kernel_size": 2}, {"kernel_size": DRAWN}
        ),
        "draw_placements": Probe(plotting.draw_placements, {"ax": AX, "size": 2, "placements": [(0, 1)]}, {"size": DRAWN}),
        "draw_windows": Probe(plotting.draw_windows, {"ax": AX, "values": [1], "windows": []}, {"windows": WINDOWS}),
        "draw_pattern": Probe(plotting.draw_pattern, {"ax": AX, "matrix": [[1]]}, {"every": EVERY}),
        "draw_squares": Probe(plotting_images.draw_squares, {"ax": AX, "corners": [(0, 0)], "size": 2}, {"size": DRAWN}),
        "draw_spectra": Probe(
            plotting_spectra.draw_spectra, {"ax": AX, "frequencies": [0, 1], "spectra": {"one": [1, 2]}, "stride": 2}, {"stride": DRAWN}
        ),
        "psnr": Probe(upsampling.psnr, {"picture": X, "truth": X + 1, "peak": 1}, {"picture": PICTURE, "truth": PICTURE, "peak": PEAK}),
    }  # fmt: skip


PROBES = _probes()
OTHER_WORDS = {"path": "is not a file"}  # where the value itself stands in the error, and not the argument's name


class Hangs(BaseException):
    """More processor time than any sound call takes."""


def outcome(function, arguments):
    """Call, and return what was raised; None where something was returned."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            function(**arguments)
    except (Exception, Hangs) as error:
        return error.with_traceback(None)  # which holds the arrays of the call
    return None


def fault(probe, values):
    """Say what is wrong with what comes of a call with `values`, (value, is malformed) by argument; None where nothing is.

    An error names the argument that is malformed; where several are changed, or none is malformed by itself, any.
    """
    chosen = [name for name in CHOOSING if name in values]
    arguments = {name: one for name, one in probe.arguments.items() if not (chosen and name in CHOOSING)}
    arguments |= {name: value for name, (value, _) in values.items()}
    is_malformed = any(one for _, one in values.values())
    raised = outcome(probe.function, arguments)
    if raised is None:
        return "is taken" if is_malformed else None
    said = f"raises {type(raised).__name__}: {str(raised)[:200]}"
    if not isinstance(raised, ValueError | TypeError) or type(raised).__module__ == "numpy.exceptions":
        return said
    names = [rf"\b{name}" for name in arguments]
    if is_malformed and len(values) == 1:
        names = [rf"`{name}\b" for name in values]
    words = [OTHER_WORDS[name] for name in values if name in OTHER_WORDS]
    return None if re.search("|".join(names + words), str(raised)) else f"{said}, which names no argument"


def shown(value):
    """Write a value in a few letters."""
    try:
        text = repr(value)
    except Exception:
        text = "what cannot be shown"
    shape = f", shape {value.shape}, {value.dtype}" if isinstance(value, np.ndarray) else ""
    return f"{type(value).__name__} {' '.join(text.split())[:60]}{shape}"


@contextlib.contextmanager
def limits():
    """Raise `Hangs` or a MemoryError in what takes too much, where the system can do that: memory on Linux, time not on Windows."""
    before = _limit_memory()
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, _stop)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_PROF, 0)
        if before is not None:
            resource.setrlimit(resource.RLIMIT_AS, before)


def _limit_memory():
    """Set the limit from what the process has now, and return the one before; None where that is not known."""
    if sys.platform != "linux":
        return None
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, before[1]))
    return before


def _stop(signal_number, frame):
    raise Hangs(f"more than {SECONDS} s")


def run(title, values):
    """Call with these values within the limits; return a sentence on what is wrong, or None."""
    with limits():
        found = fault(PROBES[title], values)
    said = ", ".join(f"{name}={shown(value)}" for name, (value, _) in values.items())
    return found and f"{title}: {said} {found}"


def main():
    """Run the catalogue: a line before each argument, so that the last one tells where it ended, and what is wrong as JSON."""
    count, faults = 0, []
    for title, probe in PROBES.items():
        for name, kind in probe.kinds.items():
            print(title, name, flush=True)
            for malformed, values in ((True, kind.malformed), (False, kind.large)):
                found = [run(title, {name: (value, malformed)}) for value in values]
                count, faults = count + len(found), faults + [one for one in found if one]
    print(json.dumps({"count": count, "faults": faults}))


if __name__ == "__main__":
    main()
