"""The shape doctor on the command line. It answers three questions.

Which sizes are legal, and how to ask for one: ``--input-size 2 --kernel-size 3 --stride 2 --want 6``.
What an error message means: ``--error "requested an output size of [7, 7], but valid sizes range from ..."``.
What does not fit in a saved model: ``--model unet.keras --input-size 199 171``.

The exit status is 0, 1 if what is asked cannot be had, and 2 if the question makes no sense.
"""

import argparse
import json
import os
import sys

from ._arguments import VALID
from .doctor import describe, diagnose
from .errors import describe_error, explain
from .models import describe_model, examine


class Parser(argparse.ArgumentParser):
    """Say what is wrong in one sentence."""

    def error(self, message):
        """Write one line, and leave with status 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def main(argv=None):
    """Answer, and return the exit status."""
    parser = Parser(prog="python -m transpose_conv", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("--input-size", type=int, nargs="+", metavar="N", help="one number for each axis")
    add("--kernel-size", type=int, nargs="+", metavar="N", help="one number for all axes, or one each")
    add("--stride", type=int, nargs="+", metavar="N")
    add("--dilation", type=int, nargs="+", metavar="N")
    add("--padding", help="valid, same, or a number (default: valid)")
    add("--want", type=int, nargs="+", metavar="N", help="the size to ask for (default: the smallest)")
    add("--error", metavar="TEXT", help="a pasted message or traceback; - reads it from the standard input")
    add("--model", metavar="FILE", help="a model saved by Keras as .keras, or its configuration as .json")
    add("--json", action="store_true", help="answer in JSON")
    given = parser.parse_args(argv)
    asked = next((name for name in QUESTIONS if getattr(given, name) is not None), None)
    answer, allowed = QUESTIONS.get(asked, (_answer_sizes, SIZES))
    missing = [_option(name) for name in SIZES[:2] if getattr(given, name) is None]
    if asked is None and missing:
        parser.error(f"the following arguments are required: {', '.join(missing)} (or --error, or --model)")
    others = (name for name in (*SIZES, *QUESTIONS) if getattr(given, name) is not None)
    if unused := [_option(name) for name in others if name not in (*allowed, asked)]:
        parser.error(f"{_option(asked)} does not go with {', '.join(unused)}")
    try:
        report, text, status = answer(given)
    except (ValueError, TypeError, OSError) as error:
        parser.error(str(error))
    try:
        print(json.dumps(report, indent=2) if given.json else text, flush=True)
    except BrokenPipeError:  # `| head` has read what it wants; and the interpreter must not try again when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


def _option(name):
    return "--" + name.replace("_", "-")


def _answer_sizes(given):
    """Diagnose a layer; where the wish is not legal, the sentence that says so is the answer."""
    n_axes = len(given.input_size)
    options = {name: _of_axes(name, getattr(given, name) or [1], n_axes) for name in ("stride", "dilation")}
    padding = given.padding or VALID
    options["padding"] = int(padding) if padding.lstrip("-").isdecimal() else padding
    sizes = given.input_size, _of_axes("kernel_size", given.kernel_size, n_axes)
    report = diagnose(*sizes, **options)
    if given.want is not None:
        want = _of_axes("want", given.want, n_axes)
        try:
            report = diagnose(*sizes, **options, want=want)
        except ValueError as error:
            return {"error": str(error)}, str(error), 1
    return _as_json(report), describe(report), 0


def _answer_error(given):
    """Explain a pasted message."""
    report = explain(sys.stdin.read() if given.error == "-" else given.error)
    text = describe_error(report)
    return ({"error": text}, text, 1) if report is None else (report, text, 0)


def _answer_model(given):
    """Examine a saved model; one that does not fit is not what was asked for."""
    report = examine(given.model, input_size=given.input_size)
    return report, describe_model(report), int(bool(report["misfits"] or report["errors"]))


SIZES = ("input_size", "kernel_size", "stride", "dilation", "padding", "want")
QUESTIONS = {"error": (_answer_error, ()), "model": (_answer_model, ("input_size",))}  # and what goes with them


def _of_axes(name, numbers, n_axes):
    """Return one number for each axis, of one for all or one each."""
    if len(numbers) not in (1, n_axes):
        raise ValueError(f"{_option(name)} takes one number, or one for each of the {n_axes} axes, not {len(numbers)}")
    return numbers * (n_axes if len(numbers) == 1 else 1)


def _as_json(report):
    return {**report, "legal": [[sizes[0], sizes[-1]] for sizes in report["legal"]]}


if __name__ == "__main__":
    sys.exit(main())
