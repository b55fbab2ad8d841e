"""The page of questions: the blocks of code that it shows without running them, as their frameworks are not there."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from frameworks_run import installed

TEXT = (Path(__file__).resolve().parent.parent / "chapters" / "14-questions.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```\n+(?:[^\n]*\n+)?^```text\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
FRAMEWORKS = {"torch": "pytorch", "jax": "jax transpose_kernel", "onnx": "onnx"}


def test_every_block_of_code_is_followed_by_what_it_prints():
    assert len(BLOCKS) == len(re.findall("^```python", TEXT, re.MULTILINE)) > 0


@pytest.mark.parametrize(("code", "printed"), BLOCKS)
def test_a_block_prints_what_stands_below_it(code, printed):
    module = re.search(r"^import (\w+)", code, re.MULTILINE)[1]
    if not installed(FRAMEWORKS[module]):
        pytest.skip("python3 tasks.py frameworks installs it")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})
    assert out.getvalue().strip() == printed.strip()
