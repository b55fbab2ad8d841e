"""The one entrance: its set-up ends with a whole environment or none, and what goes wrong is said in a sentence."""

import ast
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tasks

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in which the program sets up, with a creation of the environment that only takes notes."""
    for name in ("pyproject.toml", "requirements.lock"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    venv = tmp_path / ".venv"
    replaced = {
        "ROOT": tmp_path,
        "VENV": venv,
        "PYTHON": venv / "python",
        "STAMP": venv / "complete.json",
        "REQUIREMENTS": tmp_path / "requirements.lock",
        "BUILD": tmp_path / "_build",
    }
    for name, value in replaced.items():
        monkeypatch.setattr(tasks, name, value)
    monkeypatch.setattr(tasks, "create_environment", lambda: create(tmp_path))
    return tmp_path


def create(folder):
    """Stand in for the installation: two files, and a note of each time it was done."""
    (folder / ".venv").mkdir()
    (folder / ".venv" / "python").touch()
    with (folder / "notes").open("a") as notes:
        notes.write("created\n")
    (folder / ".venv" / "last package").touch()


def times_created(folder):
    return (folder / "notes").read_text().count("created")


def is_whole(folder):
    return (folder / ".venv" / "last package").exists() and tasks.read_stamp() == tasks.wanted_stamp()


def test_a_whole_environment_is_left_alone(folder):
    assert tasks.ensure_environment()
    assert not tasks.ensure_environment()
    assert times_created(folder) == 1
    assert is_whole(folder)


@pytest.mark.parametrize("file", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_makes_it_anew(folder, file):
    tasks.ensure_environment()
    (folder / ".venv" / "a package of the old lock").touch()
    changed = (folder / file).read_text().replace("numpy", "numpy2", 1)
    (folder / file).write_text(changed)
    assert tasks.ensure_environment()
    assert is_whole(folder)
    assert not (folder / ".venv" / "a package of the old lock").exists()


def test_another_python_makes_it_anew(folder, monkeypatch):
    tasks.ensure_environment()
    monkeypatch.setattr(tasks.sys, "version_info", (3, 12, 9))
    assert tasks.ensure_environment()


def test_a_half_environment_is_not_taken_for_whole(folder, monkeypatch):
    def interrupted():
        (folder / ".venv").mkdir()
        (folder / ".venv" / "python").touch()
        raise KeyboardInterrupt

    with monkeypatch.context() as half_way:
        half_way.setattr(tasks, "create_environment", interrupted)
        with pytest.raises(KeyboardInterrupt):
            tasks.ensure_environment()
    assert not is_whole(folder)
    assert tasks.ensure_environment()
    assert is_whole(folder)


def test_an_interrupted_renewal_does_not_keep_the_old_stamp(folder, monkeypatch):
    tasks.ensure_environment()
    old = tasks.wanted_stamp()
    (folder / "requirements.lock").write_text("numpy==0\n")
    monkeypatch.setattr(tasks, "create_environment", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tasks.ensure_environment()
    (folder / "requirements.lock").write_bytes((ROOT / "requirements.lock").read_bytes())
    assert tasks.wanted_stamp() == old
    assert tasks.read_stamp() is None


PROCESS = """
import sys, time
sys.path[:0] = [{root!r}, {tests!r}]
import pathlib, tasks, test_tasks
folder = pathlib.Path({folder!r})
tasks.ROOT, tasks.VENV, tasks.PYTHON = folder, folder / ".venv", folder / ".venv" / "python"
tasks.STAMP, tasks.REQUIREMENTS, tasks.BUILD = folder / ".venv" / "complete.json", folder / "requirements.lock", folder / "_build"
def slowly():
    (folder / "begun").touch()
    while not (folder / "go on").exists():
        time.sleep(0.02)
    test_tasks.create(folder)
tasks.create_environment = slowly
tasks.ensure_environment()
"""


def start_setup(folder):
    code = PROCESS.format(root=str(ROOT), tests=str(ROOT / "tests"), folder=str(folder))
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True)


def wait_until_begun(folder, process):
    while not (folder / "begun").exists():
        assert process.poll() is None
        time.sleep(0.02)


def test_two_at_once_create_it_once(folder):
    first = start_setup(folder)
    wait_until_begun(folder, first)
    second = start_setup(folder)
    assert "Another set-up is at work" in second.stdout.readline()
    (folder / "go on").touch()
    for process in (first, second):
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert times_created(folder) == 1
    assert is_whole(folder)


@pytest.mark.posix
def test_a_killed_setup_is_begun_again(folder):
    process = start_setup(folder)
    wait_until_begun(folder, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not is_whole(folder)
    assert tasks.ensure_environment()
    assert is_whole(folder)


# What goes wrong, in a sentence


@pytest.mark.parametrize("version", [(3, 8, 2), (3, 14, 0)])
def test_a_wrong_python_is_told_which_to_use(monkeypatch, version):
    monkeypatch.setattr(tasks.sys, "version_info", version)
    monkeypatch.setattr(tasks.sys, "argv", ["tasks.py", "book"])
    with pytest.raises(tasks.Failure, match=r"the book needs Python 3.11 to 3.13( \(.*\))? and this is 3\.(8|14): "):
        tasks.require_python()


def test_an_old_python_can_read_the_program():
    ast.parse((ROOT / "tasks.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_a_python_without_venv_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(tasks.shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(tasks.Failure, match="sudo apt install python3-venv"):
        tasks.create_environment()


def test_no_network_is_named(tmp_path):
    """Against a port of this machine where nobody answers, through pip itself."""
    command = [sys.executable, "-m", "pip", "download", "--isolated", "--retries", "1", "--dest", tmp_path]
    with pytest.raises(tasks.Failure, match="cannot be reached: check the network"):
        tasks.run([*command, "--index-url", "http://127.0.0.1:9/simple", "nothing-of-this-name"], "installing")


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "the disk is full"),
        ("error: dns error: failed to lookup address information", "cannot be reached"),
        ("ERROR: No matching distribution found for tensorflow==2.21.0", "has no build for this machine"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "not the one that requirements.lock",
        ),
        ("[Errno 13] Permission denied: '.venv'", "a file cannot be written"),
        ("[Errno 30] Read-only file system: '_build/build.lock'", "this folder cannot be written"),
    ],
)
def test_other_causes_are_named(said, advice):
    assert advice in tasks.diagnose(said)


def test_a_failure_is_one_line_and_an_exit_status(monkeypatch):
    monkeypatch.setattr(
        tasks, "ensure_environment", lambda: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(SystemExit, match=r"tasks\.py: the disk is full: free 3 GB"):
        tasks.main(["setup"])


def test_help_lists_every_task_in_a_line():
    said = subprocess.run(
        [sys.executable, ROOT / "tasks.py", "--help"], capture_output=True, text=True, check=True
    ).stdout
    listed = [line.split()[0] for line in said.split("tasks:\n")[1].splitlines()]
    assert listed[:6] == ["book", "test", "setup", "notebooks", "serve", "lab"]
    assert {"lint", "address", "lock", "frameworks"} < set(listed)
    assert all(len(line.split()) > 3 for line in said.split("tasks:\n")[1].splitlines())


def test_what_pip_has_done_is_counted():
    assert tasks.counted([b"Collecting numpy==2.4.6\n", b"Ignoring appnope: markers\n"], 140) == "2 of 140"
    assert tasks.counted([b"Installing collected packages: numpy\n"], 140) == "unpacking"
