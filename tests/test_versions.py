"""The checks with other versions, and under other settings: what is asked for, what is left out, and what is said of it."""

import os
import re
import subprocess
import sys
import tomllib

import pytest
import tasks
import yaml

import settings
import versions
from pages import ROOT

REQUIREMENTS = """tensorflow-cpu==2.21.0 ; sys_platform == "linux"
tensorflow==2.21.0 ; sys_platform != "linux"
tensorflow-io==1.0
keras==3.15.1
"""


def test_only_the_four_are_asked_for_in_other_versions():
    asked = {"tensorflow": ">=2.21.0a0", "keras": "==3.15.0"}
    assert versions.with_other_versions(REQUIREMENTS, asked).splitlines() == [
        'tensorflow-cpu>=2.21.0a0 ; sys_platform == "linux"',
        'tensorflow>=2.21.0a0 ; sys_platform != "linux"',
        "tensorflow-io==1.0",
        "keras==3.15.0",
    ]


def test_the_oldest_are_those_that_the_package_promises_or_the_first_with_builds_for_a_python():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    promised = dict(requirement.split(">=") for requirement in project["dependencies"])
    for name, version in promised.items():
        assert versions.OLDEST[name].removesuffix(".0") == version
    assert versions.wanted("oldest", (3, 11)) == {name: f"=={v}" for name, v in versions.OLDEST.items()}
    later = versions.wanted("oldest", (3, 13))
    assert later["keras"] == f"=={versions.OLDEST['keras']}"
    assert later["numpy"] == "==2.1.0"


def test_the_newest_are_at_least_those_that_are_pinned_and_may_be_unreleased():
    pins = versions.pins()
    assert list(pins) == list(versions.NAMES)
    assert versions.wanted("newest", (3, 12)) == {name: f">={pin}" for name, pin in pins.items()}
    assert versions.wanted("prerelease", (3, 12)) == {name: f">={pin}a0" for name, pin in pins.items()}


def test_the_workflow_runs_every_python_with_every_choice_and_only_prereleases_may_fail():
    job = yaml.safe_load((ROOT / ".github" / "workflows" / "weekly.yml").read_text(encoding="utf-8"))["jobs"][
        "versions"
    ]
    matrix = job["strategy"]["matrix"]
    assert matrix["which"] == list(versions.WHICH)
    assert matrix["python"] == [f"3.{minor}" for minor in range(tasks.OLDEST[1], tasks.NEWEST[1] + 1)]
    assert job["continue-on-error"] == "${{ matrix.which == 'prerelease' }}"


RESULT = {
    "versions": {"python": "3.12.1", "numpy": "2.0.0"},
    "holds": False,
    "counts": {"passed": 9, "failed": 1},
    "failed": ["FAILED tests/test_a.py::test_b"],
    "changed": ["tensorflow counts equal: was 5, is 4"],
}


def test_what_came_of_it_is_told_with_what_does_not_hold_and_what_has_changed():
    assert versions.told("3.12 oldest", RESULT).splitlines() == [
        "## 3.12 oldest: does not hold",
        "",
        "python 3.12.1, numpy 2.0.0: 9 passed, 1 failed.",
        "",
        "* FAILED tests/test_a.py::test_b",
        "* the record of the frameworks: tensorflow counts equal: was 5, is 4",
    ]
    nothing = RESULT | {"holds": True, "counts": {}, "failed": [], "changed": []}
    assert "the checks did not run to their end" in versions.told("3.12 oldest", nothing)


def test_what_pytest_counts_is_read_from_its_last_line():
    lines = [
        "1 failed, 2 passed in 3.00s",
        "= 3 failed, 3500 passed, 10 skipped, 8 deselected in 601.02s (0:10:01) =",
        "x",
    ]
    assert versions.counts(lines) == {"failed": 3, "passed": 3500, "skipped": 10, "deselected": 8}
    assert versions.counts(["nothing"]) == {}


PINNED = """import pytest

@pytest.mark.pinned
def test_a_pin():
    assert False

def test_another():
    pass
"""


@pytest.mark.parametrize(("told", "said"), [({}, "1 failed, 1 passed"), ({"OTHER_VERSIONS": "1"}, "1 passed, 1 desel")])
def test_what_speaks_of_pinned_versions_is_left_out_where_others_are_meant(tmp_path, told, said):
    (tmp_path / "test_pins.py").write_text(PINNED)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "OTHER_VERSIONS"))}
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "conftest", "-p", "no:cacheprovider"]
    environment = {**kept, **told, "PYTHONPATH": str(ROOT)}
    command += ["-c", ROOT / "pyproject.toml", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert said in done.stdout


def test_every_setting_is_told_to_the_kernels():
    told = settings.settings()
    assert list(told) == [f"oneDNN {word}, threads {n}" for word in ("off", "on") for n in (1, 2)]
    show = "import kernel_environment as k; print(*sorted(k.VARIABLES.items()))"
    place = {**os.environ, "KERNEL_SETTINGS": told["oneDNN on, threads 1"], "PYTHONPATH": str(ROOT / "tools")}
    said = subprocess.check_output([sys.executable, "-c", show], env=place, text=True)
    assert re.findall(r"\('(\w+)', '1'\)", said) == sorted(("TF_ENABLE_ONEDNN_OPTS", *settings.THREADS))


@pytest.mark.parametrize(
    ("last", "differences", "status"),
    [("9 passed in 1.00s", [], 0), ("1 failed, 8 passed in 1.00s", ["FAILED a"], 1), ("no tests ran in 0.10s", [], 1)],
)
def test_a_setting_under_which_something_else_is_printed_fails(monkeypatch, capsys, last, differences, status):
    monkeypatch.setattr(settings, "compared", lambda variables: (last, differences))
    assert settings.main() == status
    assert capsys.readouterr().out.count(last) == 4
