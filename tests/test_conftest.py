"""What pytest does here beyond itself: a skipped check is said loudly, and in CI it is a failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SKIPPED = "import pytest\n\ndef test_a_page():\n    pytest.skip('there is no Chromium: install `chromium`')\n"


@pytest.mark.parametrize(("processes", "ci", "status"), [("0", "", 0), ("1", "true", 1)])
def test_a_skip_is_loud_and_in_ci_a_failure(tmp_path, ci, status, processes):
    (tmp_path / "test_page.py").write_text(SKIPPED)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CI": ci}
    for name in [name for name in environment if name.startswith("PYTEST")]:
        del environment[name]
    command = [sys.executable, "-m", "pytest", "-q", "-n", processes, "-p", "conftest", "-p", "no:cacheprovider"]
    result = subprocess.run(
        [*command, "-c", ROOT / "pyproject.toml", tmp_path],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert result.returncode == status, result.stdout + result.stderr
    assert "NOT CHECKED: there is no Chromium: install `chromium`" in result.stdout
    assert ("In CI nothing may be skipped" in result.stdout) == bool(ci)
