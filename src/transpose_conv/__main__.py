"""The shape doctor on the command line: ``python -m transpose_conv --input-size 2 --kernel-size 3 --stride 2 --want 6``.

The exit status is 0, 1 if what is wanted cannot be had, and 2 if the question makes no sense.
"""

import argparse
import json
import sys

from .doctor import describe, diagnose


class Parser(argparse.ArgumentParser):
    """Say what is wrong in one sentence."""

    def error(self, message):
        """Write one line, and leave with status 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def main(argv=None):
    """Answer, and return the exit status."""
    parser = Parser(prog="python -m transpose_conv", description="Which sizes may a transposed convolution give?")
    add = parser.add_argument
    add("--input-size", type=int, nargs="+", required=True, metavar="N", help="one number for each axis")
    add("--kernel-size", type=int, nargs="+", required=True, metavar="N", help="one number for all axes, or one each")
    add("--stride", type=int, nargs="+", default=[1], metavar="N")
    add("--dilation", type=int, nargs="+", default=[1], metavar="N")
    add("--padding", default="valid", help="valid, same, or a number (default: valid)")
    add("--want", type=int, nargs="+", metavar="N", help="the size to ask for (default: the smallest)")
    add("--json", action="store_true", help="answer in JSON")
    given = parser.parse_args(argv)
    n_axes = len(given.input_size)
    try:
        options = {name: _of_axes(name, getattr(given, name), n_axes) for name in ("stride", "dilation")}
        options["padding"] = int(given.padding) if given.padding.lstrip("-").isdecimal() else given.padding
        sizes = given.input_size, _of_axes("kernel_size", given.kernel_size, n_axes)
        report = diagnose(*sizes, **options)
        want = None if given.want is None else _of_axes("want", given.want, n_axes)
    except (ValueError, TypeError) as error:
        parser.error(str(error))
    if want is not None:
        try:
            report = diagnose(*sizes, **options, want=want)
        except ValueError as error:
            print(json.dumps({"error": str(error)}) if given.json else error)
            return 1
    print(json.dumps(_as_json(report), indent=2) if given.json else describe(report))
    return 0


def _of_axes(name, numbers, n_axes):
    """Return one number for each axis, of one for all or one each."""
    if len(numbers) not in (1, n_axes):
        option = "--" + name.replace("_", "-")
        raise ValueError(f"{option} takes one number, or one for each of the {n_axes} axes, not {len(numbers)}")
    return numbers * (n_axes if len(numbers) == 1 else 1)


def _as_json(report):
    return {**report, "legal": [[sizes[0], sizes[-1]] for sizes in report["legal"]]}


if __name__ == "__main__":
    sys.exit(main())
