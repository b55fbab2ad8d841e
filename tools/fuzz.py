"""Fuzz the package: for as long as it is told, draw calls of every kind and compare with what does not share its code.

`python3 tasks.py fuzz --minutes 10` calls this. The time is shared out evenly among the properties below. Every round of a
property has its own seed, so that `--only NAME --round R` with the same `--seed` does the same again, however fast the
machine is. With `--shard k/n` it does every n-th round, from the k-th on; `--merge` adds up what the shards have written.
"""

import argparse
import json
import os
import random
import sys
import time
import traceback
import warnings
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))

import kernel_environment  # noqa: E402
import malformed  # noqa: E402
import oracles  # noqa: E402
import transpose_conv as t  # noqa: E402
from helpers import conv3d_misreads  # noqa: E402
from shards import a_shard  # noqa: E402
from strategies import cases, looks  # noqa: E402

WRITTEN = ROOT / "_build" / "fuzz"
EXAMPLES = 200  # in a round: a few seconds
OPERATORS = {"conv_transpose": t.conv_transpose, **t.CONV_TRANSPOSE_FORMS}


def exactly(oracle, x, kernel, *geometry):
    """Compute in integers that nothing here outgrows, then in the dtype of the result, where small ones wrap."""
    wide = complex if np.result_type(x, kernel).kind == "c" else np.int64
    with warnings.catch_warnings(action="ignore"):  # an int8 of 200
        return oracle(x.astype(wide), kernel.astype(wide), *geometry).astype(np.result_type(x, kernel))


def require_same(result, expected, who):
    """Compare to the last bit, with the dtype."""
    assert result.dtype == expected.dtype, f"{who}: {result.dtype} instead of {expected.dtype}"
    np.testing.assert_array_equal(result, expected, err_msg=who)


def geometry_of(case):
    """Return what the oracles take of a case."""
    return case.stride, case.pads, case.dilation, case.groups


def sizes(data):
    """The arithmetic of one axis, against counting."""
    i, k = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 12))
    s, d = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 6))
    padding = data.draw(st.sampled_from(["valid", "same"]) | st.tuples(st.integers(0, 20), st.integers(0, 20)))
    pair = (0, 0) if padding == "valid" else padding
    options = {"stride": s, "padding": padding, "dilation": d}
    legal = oracles.sizes_that_round_to(i, k, s, pair, d)
    assert list(t.conv_transpose_output_sizes(i, k, **options)) == legal
    for n in legal:
        assert t.conv_output_size(n, k, **options) == i
        least = legal[-1] + 1 - s  # the smallest of all, which may be below 1
        assert t.output_padding_for(n, i, k, **options) == n - least
    assert t.same_padding(i, k, stride=s, dilation=d) == oracles.search_same_padding(i, k, s, d)


def convolution(data):
    """`conv` and `conv_matrix`, in any dtype and layout, against the definition."""
    case = data.draw(cases())
    x, kernel = data.draw(looks())(case.x_large), data.draw(looks())(case.kernel)
    expected = exactly(oracles.conv, x, kernel, *geometry_of(case))
    require_same(t.conv(x, kernel, **case.options), expected, "conv")
    matrix = t.conv_matrix(kernel, case.large, **case.options)
    assert matrix.dtype == kernel.dtype
    values = x.astype(np.int64 if x.dtype.kind in "iuf" else complex).reshape(len(x), matrix.shape[1])
    wide = matrix.astype(np.int64 if matrix.dtype.kind in "iuf" else complex)
    require_same((values @ wide.T).reshape(expected.shape).astype(expected.dtype), expected, "conv_matrix")


def transposed(data):
    """`conv_transpose` and its eight forms, in any dtype and layout, against the definition; told the size in both ways."""
    case = data.draw(cases())
    x, kernel = data.draw(looks())(case.x_small), data.draw(looks())(case.kernel)
    expected = exactly(oracles.conv_transpose, x, kernel, *geometry_of(case), case.large)
    before = x.copy(), kernel.copy()
    added = [
        t.output_padding_for(
            n, i, k, stride=s, padding=case.padding if isinstance(case.padding, str) else pad, dilation=d
        )
        for n, i, k, s, pad, d in zip(case.large, case.small, case.kernel_size, case.stride, case.pads, case.dilation)
    ]
    for who, operator in OPERATORS.items():
        require_same(operator(x, kernel, output_size=case.large, **case.options), expected, who)
        require_same(operator(x, kernel, output_padding=added, **case.options), expected, f"{who} with output_padding")
    require_same(x, before[0], "x")
    require_same(kernel, before[1], "kernel")


def coverage(data):
    """`coverage_count` against the definition with ones."""
    case = data.draw(cases(max_groups=1))
    ones = np.ones((1, *case.small, 1), int), np.ones((*case.kernel_size, 1, 1), int)
    expected = oracles.conv_transpose(*ones, *geometry_of(case), case.large)[0, ..., 0]
    options = {name: value for name, value in case.options.items() if name != "groups"}
    require_same(
        t.coverage_count(case.small, case.kernel_size, output_size=case.large, **options), expected, "coverage"
    )


def gradients(data):
    """Both gradients of both operators: against the definition in x, by the adjoint identity in the kernel."""
    case = data.draw(cases())
    small, kernel, large = (data.draw(looks())(one) for one in (case.x_small, case.kernel, case.x_large))
    to_large, to_kernel = t.conv_gradients(large, kernel, small, **case.options)
    expected = exactly(oracles.conv_transpose, small, kernel, *geometry_of(case), case.large)
    require_same(to_large, expected, "conv_gradients")
    to_small, same = t.conv_transpose_gradients(small, kernel, large, **case.options)
    require_same(to_small, exactly(oracles.conv, large, kernel, *geometry_of(case)), "conv_transpose_gradients")
    require_same(to_kernel, same, "the gradients in the kernel")
    large, small = (array.astype(complex if array.dtype.kind == "c" else np.int64) for array in (large, small))
    wide = t.conv_gradients(large, case.kernel, small, **case.options)[1]
    direction = case.draw(*case.kernel.shape, 1)[..., 0]
    moved = oracles.conv(large, direction, *geometry_of(case))
    assert np.sum(moved * small) == np.sum(direction * wide)
    with warnings.catch_warnings(action="ignore"):
        require_same(to_kernel, wide.astype(to_kernel.dtype), "the gradient in the kernel, in its dtype")


def tensorflow(data):
    """`conv_transpose` and its forms against TensorFlow in float64: by itself, and as the gradient of its convolution."""
    os.environ.update(kernel_environment.VARIABLES)
    import tensorflow as tf

    case = data.draw(cases(paddings=("valid", "same"), max_dilation=1, max_groups=1, min_batch=1))
    x, kernel, channels = case.x_small * 1.0, case.kernel * 1.0, case.out_per_group
    function = (tf.nn.conv1d_transpose, tf.nn.conv2d_transpose, tf.nn.conv3d_transpose)[len(case.small) - 1]
    theirs = function(x, kernel, (case.batch, *case.large, channels), case.stride, padding=case.padding.upper()).numpy()
    for who, operator in OPERATORS.items():
        require_same(operator(x, kernel, output_size=case.large, **case.options), theirs, who)
    if not conv3d_misreads(case.padding, case.large, case.kernel_size, case.stride):
        forward = tf.nn.convolution(case.x_large * 1.0, kernel, case.stride, case.padding.upper()).numpy()
        require_same(t.conv(case.x_large * 1.0, kernel, **case.options), forward, "conv")


def refusals(data):
    """Calls with one to three arguments that nobody can mean: an error that names an argument, within the limits."""
    title = data.draw(st.sampled_from(sorted(malformed.PROBES)))
    kinds = malformed.PROBES[title].kinds
    names = data.draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, max_size=3, unique=True))
    values = {name: _value(data, kinds[name]) for name in names}
    assume(not may_go_together([value for value, _ in values.values()]))
    found = malformed.run(title, values)
    assert found is None, found


def may_go_together(values):
    """Say whether two arrays have equally many axes: each is malformed beside the other as it should be, both may be a call."""
    axes = [value.ndim for value in values if isinstance(value, np.ndarray) and value.ndim > 2]
    return len(set(axes)) < len(axes)


def _value(data, kind):
    """Draw a value of the catalogue, and whether it is malformed by itself; or an int of any size."""
    values = [(value, True) for value in kind.malformed] + [(value, False) for value in kind.large]
    if kind.large and kind.counts and data.draw(st.booleans()):
        number = data.draw(st.integers(1, 40) | st.integers(0, 62).map(lambda bits: 2**bits + 1))
        return number, False
    return values[data.draw(st.integers(0, len(values) - 1))]


PROPERTIES = {one.__name__: one for one in (sizes, convolution, transposed, coverage, gradients, tensorflow, refusals)}


def run_round(name, number, base, examples=EXAMPLES):
    """Try a property on as many examples; return how many it were, and what was found, as text."""
    count = 0

    @seed(f"{base} {name} {number}")
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink],  # and no explanation, which takes longer than all the rest
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def once(data):
        nonlocal count
        count += 1
        PROPERTIES[name](data)

    try:
        once()
    except Exception:
        return count, traceback.format_exc(limit=-3)
    return count, None


def fuzz(minutes, base, shard=(1, 1), only=None, examples=EXAMPLES):
    """Run rounds until the time is over, always of the property that has had the least; return the report."""
    names = [only] if only else list(PROPERTIES)
    spent, counts, done, failures = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0), dict.fromkeys(names, 0), []
    started = time.monotonic()
    while names and (min(done[name] for name in names) == 0 or time.monotonic() - started < 60 * minutes):
        name = min(names, key=spent.get)
        number = shard[0] - 1 + done[name] * shard[1]
        begun = time.monotonic()
        count, found = run_round(name, number, base, examples)
        spent[name] += time.monotonic() - begun
        counts[name] += count
        done[name] += 1
        if found:
            failures.append({"property": name, "round": number, "found": found, "again": again(base, name, number)})
            print(f"{found}\n{name} failed. {failures[-1]['again']}", flush=True)
            names.remove(name)  # the rest goes on
    return {"seed": base, "shard": "/".join(map(str, shard)), "examples": counts, "failures": failures}


def again(base, name, number):
    """Say how to do a round again."""
    return f"To do this round again: python3 tasks.py fuzz --seed {base} --only {name} --round {number}"


def say(reports):
    """Print the table of one report or of several together, and return the exit status."""
    failures = [failure for report in reports for failure in report["failures"]]
    for name in PROPERTIES:
        if count := sum(report["examples"].get(name, 0) for report in reports):
            failed = [failure["again"] for failure in failures if failure["property"] == name]
            print(f"{name:12} {count:9} examples  {'; '.join(failed) or 'holds'}")
    total = sum(sum(report["examples"].values()) for report in reports)
    seeds = sorted({f"seed {report['seed']}, shard {report['shard']}" for report in reports})
    print(f"{total} examples ({'; '.join(seeds)}): {len(failures) or 'no'} failure{'s' * (len(failures) != 1)}.")
    return int(bool(failures))


def main(argv=None):
    """Fuzz, or merge; return the exit status."""
    parser = argparse.ArgumentParser(prog="python3 tasks.py fuzz", description=__doc__.partition("\n\n")[0])
    add = parser.add_argument
    add("--minutes", type=float, default=10, help="how long (default: 10; every property gets one round at least)")
    add("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="default: another one each time")
    add("--shard", type=a_shard, default=(1, 1), metavar="K/N", help="every N-th round, from the K-th on")
    add("--only", choices=list(PROPERTIES), help="one property")
    add("--round", type=int, help="one round of it")
    add("--merge", type=Path, nargs="+", metavar="FILE", help="add up reports that shards have written")
    asked = parser.parse_args(argv)
    if asked.merge:
        return say([json.loads(path.read_text(encoding="utf-8")) for path in asked.merge])
    print(f"seed {asked.seed}", flush=True)
    if asked.round is not None:
        if asked.only is None:
            parser.error("--round needs --only, which says of what")
        count, found = run_round(asked.only, asked.round, asked.seed)
        print(found or f"{asked.only} holds in {count} examples.")
        return int(found is not None)
    report = fuzz(asked.minutes, asked.seed, asked.shard, asked.only)
    WRITTEN.mkdir(parents=True, exist_ok=True)
    path = WRITTEN / "shard-{}-of-{}.json".format(*asked.shard)
    path.write_text(json.dumps(report, indent=2), encoding="utf-8")
    return say([report])


if __name__ == "__main__":
    sys.exit(main())
