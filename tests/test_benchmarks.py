"""The benchmarks compute what they time. They are never timed here."""

import os
import re
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent / "benchmarks" / "run.py"
FAULT = """
import runpy, sys
import transpose_conv, transpose_conv.transpose
right = transpose_conv.conv_transpose
transpose_conv.conv_transpose = lambda x, *args, **options: right(x, *args, **options) + (x.dtype == "float32")
sys.argv = [{program!r}, "--tiny"]
sys.path.insert(0, {folder!r})
runpy.run_path({program!r}, run_name="__main__")
"""


def run(*command):
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, env=environment)


def test_every_contestant_computes_the_same_numbers():
    result = run(PROGRAM, "--tiny")
    assert result.returncode == 0, result.stderr
    last = result.stdout.splitlines()[-1]
    assert re.fullmatch(r"20 layers; the numbers agree of ours 20, tensorflow 20, .*phases 20\.", last), last


def test_a_contestant_that_computes_something_else_is_noticed():
    result = run("-c", FAULT.format(program=str(PROGRAM), folder=str(PROGRAM.parent)))
    assert result.returncode != 0
    assert "DCGAN 4, ours" in result.stderr


def test_a_timed_run_writes_its_table_and_figure(tmp_path):
    result = run(PROGRAM, "--only", "one channel", "--shard", "1/4", "--budget", "0.01", "--out", tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "layers.csv").read_text().startswith("layer,share,ours,tensorflow")
    assert (tmp_path / "growth.csv").read_text().startswith("quantity,value,who,memory,seconds")
    for name in ("layers.png", "growth.png"):
        assert (tmp_path / name).stat().st_size > 5000
    assert re.search(r"geometric mean \S+, least \S+, in 1 layers", result.stdout)
    quantities = {line.split(",")[0] for line in (tmp_path / "growth.csv").read_text().splitlines()[1:]}
    assert len(quantities) == 1  # of four
    shard = tmp_path / "layers.csv"
    result = run(PROGRAM, "--merge", shard, shard, "--out", tmp_path / "merged")
    assert result.returncode == 0, result.stderr
    assert re.search(r"geometric mean \S+, least \S+, in 2 layers", result.stdout)
    rows = shard.read_text().splitlines()
    assert (tmp_path / "merged" / "layers.csv").read_text().splitlines() == [*rows, rows[1]]
