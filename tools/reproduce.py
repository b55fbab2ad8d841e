"""Makes everything twice from the same commit, and says what differs: site, notebooks, PDF, EPUB, and the package.

`python3 tasks.py reproduce`, or with some of the words `site notebooks files package`. Each time in a fresh `git worktree`,
in a folder of another name, in another time zone and with other hashes of Python's own, since those are what creeps into
files. What has not been committed is not looked at.
"""

import argparse
import hashlib
import itertools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import chromium
from package_files import built, checked

ROOT = Path(__file__).resolve().parent.parent
PLACES = {"a": {"TZ": "UTC", "PYTHONHASHSEED": "1"}, "another folder/é": {"TZ": "Asia/Kolkata", "PYTHONHASHSEED": "2"}}
BUILD = """
import sys
sys.path.insert(0, sys.argv[1])
import tasks
plain = tasks.child_environment
tasks.PYTHON, tasks.BIN = tasks.Path(sys.executable), tasks.Path(sys.executable).parent
tasks.child_environment = lambda: dict(plain(), PYTHONPATH=sys.argv[1] + "/src")
tasks.build_site()
"""


def main(argv=None):
    """Make what is asked for twice; the exit status is 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", choices=[*MAKERS, []], help="by default all of it")
    wanted = parser.parse_args(argv).what or list(MAKERS)
    if "files" in wanted and chromium.find() is None:
        print(f"The PDF and the EPUB are left out: {chromium.ADVICE}.")
        wanted = [what for what in wanted if what != "files"]
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        trees = [Path(folder).resolve() / place / "transpose-conv" for place in PLACES]
        try:
            for tree in trees:
                git("worktree", "add", "--quiet", "--detach", tree, "HEAD")
            for what in wanted:
                found = compare(what, trees)
                print(f"{what}: {found or 'the same bytes twice'}", flush=True)
                problems += [found] if found else []
        finally:
            for tree in trees:
                git("worktree", "remove", "--force", tree)
    return 1 if problems else 0


def git(*words):
    """Run git in the repository."""
    subprocess.run(["git", *map(str, words)], cwd=ROOT, check=True)


def compare(what, trees):
    """Make something in both trees, and say how many files of it differ and where the first does."""
    made = [contents(MAKERS[what](tree, environment(tree, said))) for tree, said in zip(trees, PLACES.values())]
    if not made[0]:
        raise SystemExit(f"{what}: nothing was made")
    return difference(*made)


def environment(tree, said):
    """Return what a program is told that works in a tree: the package from there, and the time of the commit."""
    seconds = subprocess.check_output(["git", "log", "-1", "--format=%ct"], cwd=tree, text=True).strip()
    kept = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    return {**kept, **said, "PYTHONPATH": str(tree / "src"), "SOURCE_DATE_EPOCH": seconds, "PYTHONUTF8": "1"}


def contents(paths):
    """Read files: the folders' files by their names in them, and others by their own."""
    found = {}
    for path in paths:
        below = path.rglob("*") if path.is_dir() else [path]
        found |= {one.relative_to(path.parent).as_posix(): one.read_bytes() for one in sorted(below) if one.is_file()}
    return found


def difference(one, other):
    """Say what is not the same in two sets of files, in a line for each of the first ten; nothing if all is."""
    names = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    lines = [f"{len(names)} files differ"] if names else []
    for name in names[:10]:
        if name not in one or name not in other:
            lines.append(f"  {name} is there {'the first' if name in one else 'the second'} time only")
            continue
        pairs = itertools.zip_longest(one[name].split(b"\n"), other[name].split(b"\n"), fillvalue=b"")
        number, (was, now) = next((n, pair) for n, pair in enumerate(pairs, 1) if pair[0] != pair[1])
        at = next((n for n, (a, b) in enumerate(zip(was, now)) if a != b), min(len(was), len(now)))
        part = slice(max(0, at - 40), at + 40)
        lines.append(f"  {name}, line {number}: {was[part]!r}, then {now[part]!r}")
    return "\n".join(lines)


# What is made


def run(tree, told, *words):
    """Run a program of a tree with this Python; what it says is shown if it fails."""
    done = subprocess.run(
        [sys.executable, *map(str, words)], cwd=tree, env=told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        raise SystemExit(f"{done.stdout.decode(errors='replace')[-3000:]}\n{words[0]} failed in {tree}")


def site(tree, told):
    """Build the site."""
    run(tree, told, "-c", BUILD, tree)
    return [tree / "_build" / "html"]


def notebooks(tree, told):
    """Execute the chapters, but for the one that measures time; what belongs to each picture is in them."""
    chapters = sorted(path.name[:2] for path in (tree / "chapters").glob("[0-9][0-9]-*.md"))
    words = [word for chapter in chapters if chapter != "09" for word in ("--only", chapter)]
    run(tree, told, "tools/run_notebooks.py", *words)
    return sorted((tree / "chapters").glob("*.ipynb"))


def files(tree, told):
    """Make the PDF and the EPUB."""
    (tree / "_build").mkdir(exist_ok=True)
    for kind in ("pdf", "epub"):
        run(tree, told, f"tools/{kind}.py", tree / "_build" / f"book.{kind}")
    return [tree / "_build" / "book.pdf", tree / "_build" / "book.epub"]


def package(tree, told):
    """Build the source distribution and the wheel, and look into them."""
    made = built(tree, tree / "_build" / "dist", int(told["SOURCE_DATE_EPOCH"]))
    if problems := checked(*made):
        raise SystemExit("\n".join(problems))
    for path in made:
        print(
            f"  {path.name}: {path.stat().st_size} bytes, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"
        )
    return made


MAKERS = {"package": package, "site": site, "notebooks": notebooks, "files": files}

if __name__ == "__main__":
    sys.exit(main())
