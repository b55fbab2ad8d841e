"""Runs the whole test command with other versions of NumPy, matplotlib, TensorFlow and Keras, and says what is not as it was.

`python3 tasks.py versions oldest` calls this, or `newest`, or `prerelease`; `--python python3.13` names another Python. In a
clone of the last commit the lock is resolved anew, with nothing changed but these four, and the clone's own `tasks.py test`
does the rest. What speaks of the pinned versions themselves is left out there: tests marked `pinned`, and the comparison of
pictures where matplotlib is another. Afterwards the frameworks' record is made again, as far as its programs are there.

`--write` puts the result into `tests/versions.json`, which the site shows; without it the result lies in `_build/versions`.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = ROOT / "_build" / "versions"
HELD = ROOT / "tests" / "versions.json"
NAMES = ("numpy", "matplotlib", "tensorflow", "keras")
OLDEST = {"numpy": "2.0.0", "matplotlib": "3.9.0", "tensorflow": "2.19.1", "keras": "3.15.0"}
OLDEST_FOR = {(3, 13): {"numpy": "2.1.0", "matplotlib": "3.9.2", "tensorflow": "2.20.0"}}  # the first that have builds
BESIDE = {"oldest": "pyparsing<3.3\n"}  # newer ones warn of the names by which an old matplotlib calls it
WHICH = ("oldest", "newest", "prerelease")
ASKED = """
import importlib.metadata as m, json, platform, sys
there = {d.metadata["name"].lower().replace("_", "-"): d.version for d in m.distributions()}
named = {"tensorflow-cpu": "tensorflow"}
print(json.dumps({"python": platform.python_version()} | {named.get(n, n): v for n, v in there.items() if named.get(n, n) in sys.argv[1:]}))
"""


def main(argv=None):
    """Run the tests with other versions; the exit status is 1 if anything does not hold, but for pre-releases."""
    parser = argparse.ArgumentParser(prog="python3 tasks.py versions", description=__doc__.partition("\n\n")[0])
    parser.add_argument("which", choices=WHICH, help="of the four packages")
    parser.add_argument("--python", default=sys.executable, help="the Python to run, by default that of .venv")
    parser.add_argument("--write", action="store_true", help="put the result into tests/versions.json")
    asked = parser.parse_args(argv)
    python = tuple(int(part) for part in run([asked.python, "-c", "import sys; print(*sys.version_info[:2])"]).split())
    name = "{}.{} {}".format(*python, asked.which)
    clone = WRITTEN / name.replace(" ", "-")
    cloned(clone)
    resolve(clone, asked.python, wanted(asked.which, python), BESIDE.get(asked.which, ""))
    result = tested(clone, asked.python)
    (WRITTEN / f"{clone.name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if asked.write:
        write(name, result)
    print(told(name, result))
    return int(not result["holds"] and asked.which != "prerelease")


def run(command, **options):
    """Run a command and return what it prints; what it complains of is shown."""
    return subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True, check=True, **options).stdout


def wanted(which, python):
    """Return how each package is asked for: exactly, at least as it is pinned, or also before it is released."""
    if which == "oldest":
        return {name: f"=={version}" for name, version in (OLDEST | OLDEST_FOR.get(python, {})).items()}
    return {name: f">={pin}{'a0' if which == 'prerelease' else ''}" for name, pin in pins().items()}


def pins():
    """Return what requirements.txt pins the four to."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    return {name: re.search(rf"(?m)^{name}==([^\s;]+)", text)[1] for name in NAMES}


def with_other_versions(text, asked):
    """Return requirements with other versions of some packages."""
    for name, version in asked.items():
        text = re.sub(rf"(?m)^({name}|{name}-cpu)==[^\s;]+", rf"\g<1>{version}", text)
    return text


def cloned(clone):
    """Bring a folder to the last commit, and keep the environment that is in it."""
    if not (clone / ".git").exists():
        run(["git", "clone", "--quiet", ROOT, clone])
    head = run(["git", "rev-parse", "HEAD"], cwd=ROOT).strip()
    run(["git", "fetch", "--quiet", ROOT, head], cwd=clone)
    run(["git", "checkout", "--quiet", "--force", "--detach", head], cwd=clone)


def resolve(clone, python, asked, beside=""):
    """Write the lock of a clone anew: other versions of the four, and of the rest only where these need it."""
    requirements = clone / "_build" / "requirements.txt"
    requirements.parent.mkdir(exist_ok=True)
    text = with_other_versions((clone / "requirements.txt").read_text(encoding="utf-8"), asked)
    requirements.write_text(re.sub(r"(?m)^-e .*\n", "", text) + beside, encoding="utf-8")
    words = ["--python", python, "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    upgraded = [word for name in NAMES for word in ("--upgrade-package", name)]
    run(
        ["uv", "pip", "compile", *words, *upgraded, "--output-file", clone / "requirements.lock", requirements],
        cwd=clone,
    )


def tested(clone, python):
    """Run the test command of a clone, and the frameworks' record; return the versions and what came of both."""
    told = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "SOURCE_DATE_EPOCH")}
    told |= {"OTHER_VERSIONS": "1"}
    lines = []
    process = subprocess.Popen(
        [python, clone / "tasks.py", "test"],
        cwd=clone,
        env=told,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line.rstrip())
    held = process.wait() == 0
    inside = clone / ".venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    versions = json.loads(run([inside, "-c", ASKED, *NAMES]))
    record = subprocess.run(
        [inside, clone / "tests" / "frameworks_record.py", "--check", "--installed"],
        env=told,
        cwd=clone,
        capture_output=True,
        text=True,
    )
    changed = [line for line in record.stderr.splitlines() if ": was " in line]
    if record.returncode and not changed:
        changed = [f"it was not made: {record.stderr.strip().splitlines()[-1]}"]
    return {
        "versions": {name: versions[name] for name in ("python", *NAMES)},
        "holds": held,
        "counts": counts(lines),
        "failed": [line for line in lines if line.startswith(("FAILED", "ERROR"))],
        "changed": changed,
    }


def counts(lines):
    """Return what pytest's last line counts, or that there is none."""
    found = [line for line in lines if re.search(r"\d+ passed.* in [\d.]+s", line)]
    return {word: int(n) for n, word in re.findall(r"(\d+) (\w+)", found[-1].split(" in ")[0])} if found else {}


def write(name, result):
    """Put a result among those that the site shows."""
    held = json.loads(HELD.read_text(encoding="utf-8")) if HELD.exists() else {}
    held[name] = result
    HELD.write_text(json.dumps(dict(sorted(held.items())), indent=1) + "\n", encoding="utf-8")


def told(name, result):
    """Say in a few lines what came of it, as Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    numbers = ", ".join(f"{n} {word}" for word, n in result["counts"].items()) or "the checks did not run to their end"
    lines = [f"## {name}: {'holds' if result['holds'] else 'does not hold'}", "", f"{versions}: {numbers}.", ""]
    lines += [f"* {line}" for line in result["failed"]]
    lines += [f"* the record of the frameworks: {line}" for line in result["changed"]]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
