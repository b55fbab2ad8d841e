"""What pytest does here beyond itself: quiet kernels, pictures compared, and no check skipped in silence.

nbval compares what cells print; it does not look at pictures. The hook below does, on nbval's own items.
"""

import functools
import importlib.metadata
import os
import platform
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "tools")]

from nbval.plugin import IPyNbCell

import kernel_environment
import notebook_checks

kernel_environment.prepare()

HAS_ONEDNN = platform.machine().lower() in ("x86_64", "amd64")
OTHER_VERSIONS = "OTHER_VERSIONS" in os.environ  # than requirements.txt pins; `python3 tasks.py versions` sets it


def pytest_collection_modifyitems(config, items):
    """Leave out what cannot hold here: oneDNN's wording where there is none, POSIX signals on Windows, other pins."""

    def cannot_be(item):
        if isinstance(item, IPyNbCell):
            return not HAS_ONEDNN and "onednn" in notebook_checks.tags(item.cell)
        if OTHER_VERSIONS and item.get_closest_marker("pinned") is not None:
            return True
        return os.name == "nt" and item.get_closest_marker("posix") is not None

    left_out = [item for item in items if cannot_be(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Compare the pictures of a notebook's cell after nbval has compared its text."""
    result = yield
    if isinstance(item, IPyNbCell) and item.options["check"] and draws_as_pinned():
        for problem in notebook_checks.pictures_differ(item.cell.outputs, item.test_outputs):
            item.raise_cell_error(problem)
    return result


@functools.cache
def draws_as_pinned():
    """Say whether pictures can be compared: another matplotlib draws other pixels."""
    pin = f"matplotlib=={importlib.metadata.version('matplotlib')}\n"
    return not OTHER_VERSIONS or pin in (Path(__file__).parent / "requirements.txt").read_text(encoding="utf-8")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """In CI, count a skipped check as a failed one."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("skipped") and os.environ.get("CI") and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    """Say loudly what was skipped, and what would make it run."""
    reasons = {report.longrepr[2] for report in terminalreporter.stats.get("skipped", ())}
    for reason in sorted(reasons):
        terminalreporter.write_line(f"NOT CHECKED: {reason.removeprefix('Skipped: ')}", red=True, bold=True)
    if reasons and os.environ.get("CI"):
        terminalreporter.write_line("In CI nothing may be skipped, so this run has failed.", red=True, bold=True)
