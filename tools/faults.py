"""Kill `setup`, `book` and `notebooks` at random moments, fifty times, and see that the next run ends well.

It works on a clone of the last commit in a temporary folder whose name has a space and letters beyond ASCII. After
each kill the same task is run to its end: it has to succeed, what is committed has to be as it was, and the site has to
have all of its files. Afterwards come the places in which a task may find itself: no HOME, no temporary folder, a full
one, a checkout that cannot be written. There it works, or says in a sentence what is wrong.

`python3 tasks.py faults`; `--times 5` is enough to see that it works, and `--seed` brings other moments. Not on Windows.
"""

import argparse
import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "ein Örtchen für das Buch"
SHARES = {"book": 27, "notebooks --only 01 --only 02": 15, "setup": 8}  # of fifty
PATIENCE = 1200  # seconds; whatever takes longer hangs


class Fault(Exception):
    """What a task did not survive."""


def main(words=None):
    """Run the program; the exit status is 1 if anything was not survived."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=50, help="how often something is killed")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    arguments = parser.parse_args(words)
    if os.name == "nt":
        return "faults.py: kills by the signals of POSIX, which Windows has not"
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / NAME
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        failures = [*killed(clone, arguments.times, random.Random(arguments.seed)), *placed(clone, Path(folder))]
    print("\n".join(failures) or "Everything was survived.")
    return bool(failures)


# Kills


def killed(clone, times, rng):
    """Kill tasks, run each again, and return what was not survived."""
    lasts = {task: finish(clone, task) for task in sorted(SHARES, reverse=True)}  # `setup` comes first
    whole = site(clone)
    tasks = [task for task, share in SHARES.items() for _ in range(share)]
    rng.shuffle(tasks)
    failures = []
    for number in range(times):
        task = tasks[number % len(tasks)]
        moment = rng.uniform(0, lasts[task])
        try:
            how = kill(clone, task, moment)
            finish(clone, task)
            committed(clone)
            if site(clone) != whole:
                raise Fault(f"the site lacks {sorted(whole - site(clone))}, and has {sorted(site(clone) - whole)}")
            verdict = "survived"
        except Fault as fault:
            verdict = f"FAILED: {fault}"
            failures.append(f"kill {number + 1}, `{task}` after {moment:.1f} s: {fault}")
        print(f"{number + 1:>3} of {times}: `{task}` {how} after {moment:.1f} s; {verdict}", flush=True)
    return failures


def kill(clone, task, moment):
    """Start a task, and kill it with all of its processes; say whether it was still at work."""
    if task == "setup":
        (clone / ".venv" / "complete.json").unlink(missing_ok=True)  # or there would be nothing to do
    process = start(clone, task, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(moment)
    at_work = process.poll() is None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return "killed" if at_work else "ended before it was killed"


def start(clone, task, **options):
    """Start a task in a group of processes of its own."""
    command = [sys.executable, clone / "tasks.py", *task.split()]
    return subprocess.Popen(command, cwd=clone, start_new_session=True, **options)


def finish(clone, task):
    """Run a task to its end, and return how many seconds it took."""
    began = time.monotonic()
    process = start(clone, task, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise Fault(f"the next `{task}` hangs") from None
    if process.returncode:
        raise Fault(f"the next `{task}` fails: {said.strip()[-600:]}")
    return time.monotonic() - began


def committed(clone):
    """See that nothing that is committed has changed, and that nothing else lies about."""
    found = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    if found.stdout:
        raise Fault(f"git sees changes: {found.stdout.strip()}")


def site(clone):
    """Return the files of the site, each with its size."""
    folder = clone / "_build" / "html"
    return {(str(path.relative_to(folder)), path.stat().st_size) for path in folder.rglob("*") if path.is_file()}


# Places


def placed(clone, folder):
    """Build the book in unusual places, and return where it neither works nor says in a sentence why."""
    failures = []
    for name, run in PLACES.items():
        code, said = run(clone, folder)
        if code is None:
            print(f"{name}: not tried, since it takes `unshare` and the right to mount", flush=True)
            continue
        sentence = said.strip().splitlines()[-1] if said.strip() else ""
        well = code == 0 or (re.match(r"tasks\.py: .{20,}", sentence) and "Traceback" not in said)
        works = "works" if code == 0 else sentence if well else f"FAILED: {said.strip()[-600:]}"
        print(f"{name}: {works}", flush=True)
        failures += [] if well else [f"{name}: {said.strip()[-600:]}"]
    return failures


def book(clone, **changes):
    """Run `book` with a changed environment."""
    kept = {name: value for name, value in (os.environ | changes).items() if value is not None}
    command = [sys.executable, clone / "tasks.py", "book"]
    done = subprocess.run(command, cwd=clone, env=kept, capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout + done.stderr


def without_home(clone, folder):
    """As in a container that names no home."""
    return book(clone, HOME=None, XDG_CACHE_HOME=None, XDG_CONFIG_HOME=None)


def without_temporary_folder(clone, folder):
    """As on a machine whose temporary folder was cleared."""
    return book(clone, TMPDIR=str(folder / "not there"))


def mounted(clone, options, target, work):
    """Run something while a file system is mounted, in a name space of its own; None where this user may not do so."""
    may = (
        shutil.which("unshare") and subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0
    )
    if not may:
        return None, ""
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", 'mount "$@" && ' + work, "sh", *options, target],
        cwd=clone,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return done.returncode, done.stdout + done.stderr


def with_a_full_temporary_folder(clone, folder):
    """As on a machine where others have filled it."""
    full = folder / "full"
    full.mkdir(exist_ok=True)
    work = f"head -c 70000 /dev/zero > '{full}/filled'; TMPDIR='{full}' '{sys.executable}' tasks.py book"
    return mounted(clone, ["-t", "tmpfs", "-o", "size=64k", "tmpfs"], str(full), work)


def in_a_checkout_that_cannot_be_written(clone, folder):
    """As on a share that is mounted for reading."""
    work = f"mount -o remount,bind,ro '{clone}' && cd '{clone}' && '{sys.executable}' tasks.py book"
    return mounted(clone, ["--bind", str(clone)], str(clone), work)


PLACES = {
    "no HOME": without_home,
    "a temporary folder that is not there": without_temporary_folder,
    "a full temporary folder": with_a_full_temporary_folder,
    "a checkout that cannot be written": in_a_checkout_that_cannot_be_written,
}

if __name__ == "__main__":
    sys.exit(main())
