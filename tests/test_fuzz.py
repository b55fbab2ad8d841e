"""The fuzzer finds a fault that is planted, says how to find it again, and shares its work out."""

import json
import re

import numpy as np
import pytest

import fuzz
import oracles
import transpose_conv
from strategies import DTYPES, LAYOUTS, Look
from transpose_conv import shapes


@pytest.mark.parametrize(
    "name", sorted(set(fuzz.PROPERTIES) - {"tensorflow"})
)  # that is test_tensorflow, and slow to import
def test_a_property_holds_in_a_few_examples(name):
    count, found = fuzz.run_round(name, 0, base=8, examples=5)
    assert (count >= 5, found) == (True, None)


def test_a_planted_fault_is_found_shrunk_and_found_again(monkeypatch, capsys):
    def off_by_one_for_stride_3(n, k, *, stride, dilation):
        before, after = shapes.same_padding(n, k, stride=stride, dilation=dilation)
        return before + (stride == 3), after

    monkeypatch.setattr(transpose_conv, "same_padding", off_by_one_for_stride_3)
    report = fuzz.fuzz(0, 7, only="sizes")
    (failure,) = report["failures"]
    assert re.findall(r"Draw \d: (.*)", failure["found"]) == ["1", "1", "3", "1", "'valid'"]
    assert failure["again"].endswith("python3 tasks.py fuzz --seed 7 --only sizes --round 0")
    assert failure["again"] in capsys.readouterr().out
    assert fuzz.run_round("sizes", 0, base=7) == (report["examples"]["sizes"], failure["found"])


def test_the_seed_alone_decides_what_is_drawn(monkeypatch):
    def drawn(base, number):
        seen = []
        monkeypatch.setitem(fuzz.PROPERTIES, "sizes", lambda data: seen.append(data.draw(fuzz.st.integers())))
        fuzz.run_round("sizes", number, base, examples=20)
        return seen

    assert drawn(1, 0) == drawn(1, 0)
    assert drawn(1, 0) != drawn(1, 1)
    assert drawn(1, 0) != drawn(2, 0)


def test_shards_do_every_nth_round_and_are_added_up(monkeypatch, tmp_path, capsys):
    done = []
    monkeypatch.setattr(fuzz, "run_round", lambda name, number, *rest: (done.append((name, number)) or 10, None))
    files = []
    for k in (1, 2, 3):
        report = fuzz.fuzz(0, 5, shard=(k, 3))
        files.append(tmp_path / f"{k}.json")
        files[-1].write_text(json.dumps(report))
    assert sorted(done) == sorted((name, number) for name in fuzz.PROPERTIES for number in (0, 1, 2))
    assert fuzz.main(["--merge", *map(str, files)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "sizes               30 examples  holds"
    assert said[-1] == "210 examples (seed 5, shard 1/3; seed 5, shard 2/3; seed 5, shard 3/3): no failures."
    report["failures"] = [{"property": "sizes", "again": "so"}]
    files[0].write_text(json.dumps(report))
    assert fuzz.main(["--merge", str(files[0])]) == 1
    assert "1 failure." in capsys.readouterr().out


@pytest.mark.parametrize("shard", ["0/4", "5/4", "2", "a/b", "2/0"])
def test_what_is_no_shard_is_refused(shard, capsys):
    with pytest.raises(SystemExit):
        fuzz.main(["--shard", shard])
    assert "is not k/n" in capsys.readouterr().err


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_is_what_it_is_called(layout):
    integers = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    array = Look("f8", layout)(integers)
    assert (array.shape, array.dtype, array.flags.writeable) == (integers.shape, np.dtype("f8"), False)
    if layout == "broadcast":
        assert array.strides[1] == 0
        return
    np.testing.assert_array_equal(array, integers)
    assert array.flags.c_contiguous == (layout in ("C", "unaligned"))
    assert array.flags.aligned == (layout != "unaligned")
    assert (min(array.strides) < 0) == (layout == "reversed")


def test_the_expected_value_of_a_small_dtype_wraps():
    x, kernel = np.full((1, 1, 1), 100, "i1"), np.full((1, 1, 1), 3, "i1")
    expected = fuzz.exactly(oracles.conv, x, kernel, (1,), ((0, 0),), (1,), 1)
    assert (expected.item(), expected.dtype) == (300 - 256, np.int8)
    assert {np.dtype(one).kind for one in DTYPES} == set("iufc")


def test_two_arrays_that_are_malformed_beside_others_may_be_a_call_together():
    """Four axes instead of three are none that fit the kernel, but they fit a kernel of four; found by seed 578048."""
    x, kernel = np.ones((1, 4, 1, 1, 1)), np.ones((1, 4, 1, 1, 1))
    assert transpose_conv.conv_transpose(x, kernel).shape == (1, 4, 4, 1, 1)
    assert fuzz.may_go_together([x, kernel, 0])
    assert not fuzz.may_go_together([x, kernel[0]])
    assert not fuzz.may_go_together([x, np.ones(3)])
