"""Starts from nothing, as on Colab and on Binder: a fresh environment, an empty folder, one notebook, all of its cells.

`python3 tasks.py launch`, or with one of the words `colab` and `binder`. On Colab there is TensorFlow and no package of the
book: the notebook's own first cell installs it. That cell runs as it is; git is told that the repository's address means
the last commit here, and pip that there is no network, only a folder with what builds the package. On Binder the steps
are those of repo2docker. At the end the notebook must print what its snapshot shows.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import yaml

import kernel_environment
import notebook_checks

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = "01-two-answers"
COLAB = ("tensorflow", "tensorflow-cpu", "keras", "numpy", "matplotlib", "ipykernel", "nbclient")
JUPYTER = ("ipykernel", "nbclient")  # which repo2docker brings
VERSION = re.compile(r"python-(3\.\d+)\n?")
RUN = """
import nbformat, sys
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], 4)
for cell in notebook.cells:
    if cell.cell_type == "code":
        cell.outputs = []
NotebookClient(notebook, timeout=300, kernel_name="python3", coalesce_streams=True).execute()
nbformat.write(notebook, sys.argv[1])
"""
WHERE = "import transpose_conv; print(transpose_conv.__file__)"


class Fault(Exception):
    """What does not start, in a sentence."""


def main(argv=None):
    """Start as on Colab, as on Binder, or both; the exit status is 1 if either does not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("where", nargs="*", choices=["colab", "binder", []], help="by default both")
    kernel_environment.prepare()  # the variables under which the snapshots were made
    for where in parser.parse_args(argv).where or ["colab", "binder"]:
        with tempfile.TemporaryDirectory() as folder:
            try:
                {"colab": colab, "binder": binder}[where](Path(folder).resolve())
            except Fault as fault:
                return f"{where}: {fault}"
        print(f"{where}: every cell of {NOTEBOOK} prints what its snapshot shows", flush=True)
    return 0


def colab(folder):
    """Run the notebook where there is no package of the book."""
    pins = pinned(COLAB)
    python = fresh(folder / "env", sys.executable, pins)
    wheels = folder / "wheels"
    run([python, "-m", "pip", "download", "--quiet", "--no-deps", "-d", wheels, *pinned(("flit-core",))], folder)
    empty = folder / "content"
    empty.mkdir()
    shutil.copyfile(ROOT / "chapters" / f"{NOTEBOOK}.ipynb", empty / f"{NOTEBOOK}.ipynb")
    told = alone(python, folder)
    if subprocess.run([python, "-c", WHERE], cwd=empty, env=told, capture_output=True).returncode == 0:
        raise Fault("the package is there before the first cell has installed it")
    address = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]
    told |= {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{ROOT.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": address,
    }
    told |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "https_proxy": "http://127.0.0.1:9"}
    run([python, "-c", RUN, f"{NOTEBOOK}.ipynb"], empty, told)
    installed(python, empty, told)
    compare(empty / f"{NOTEBOOK}.ipynb")


def binder(folder):
    """Do what repo2docker does with the folder `binder`, and run the notebook in its place."""
    checked()
    tree = folder / "transpose-conv"
    run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, tree], folder)
    version = VERSION.fullmatch((ROOT / "binder" / "runtime.txt").read_text(encoding="utf-8"))[1]
    base = f"python{version}"
    if shutil.which(base) is None or subprocess.run([base, "-c", ""], capture_output=True).returncode:
        base = sys.executable
        print(f"binder: there is no Python {version} here; tried with {sys.version.split()[0]}")
    python = fresh(folder / "env", base, pinned(JUPYTER))
    run([python, "-m", "pip", "install", "--quiet", "--no-cache-dir", "-r", "binder/requirements.txt"], tree)
    shutil.rmtree(tree / "src")  # a hub may mount something over the sources
    told = alone(python, folder)
    run([python, "-c", "import nbgitpuller"], tree, told)
    run([python, "-c", RUN, f"{NOTEBOOK}.ipynb"], tree / "chapters", told)
    installed(python, tree / "chapters", told)
    compare(tree / "chapters" / f"{NOTEBOOK}.ipynb")


def checked(place=ROOT / "binder"):
    """Refuse a folder that repo2docker would read otherwise than it is meant."""
    names = {path.name for path in place.iterdir()}
    if names != {"requirements.txt", "runtime.txt"}:
        raise Fault(
            f"binder/ has {', '.join(sorted(names))}: repo2docker reads other files too, and some in place of these"
        )
    if (place.parent / ".binder").exists():
        raise Fault("there is a folder .binder, which repo2docker refuses beside binder")
    said = (place / "runtime.txt").read_text(encoding="utf-8")
    if not VERSION.fullmatch(said):
        raise Fault(f"binder/runtime.txt says {said!r}: expected a line such as python-3.12")


# The steps


def pinned(names):
    """Return what `requirements.lock` says of some packages, with its markers and without its hashes."""
    return [line for line in lock() if line.split("==")[0] in names]


def lock():
    """Return the lines of `requirements.lock` without their hashes: pip takes no constraints with any."""
    text = re.sub(r"\\\n", " ", (ROOT / "requirements.lock").read_text(encoding="utf-8"))
    return [line.split(" --hash")[0].strip() for line in text.splitlines() if "==" in line]


def fresh(place, base, wanted):
    """Make an environment with some packages, and what they need as the lock has it."""
    run([base, "-m", "venv", place], place.parent)
    python = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    everything = place / "constraints.txt"
    everything.write_text("\n".join(lock()), encoding="utf-8")
    run([python, "-m", "pip", "install", "--quiet", "-c", everything, *wanted], place)
    return python


def alone(python, folder):
    """Return what programs are told: nothing of the environment that this one runs in, and a home of their own."""
    unwanted = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "IPYTHONDIR", "JUPYTER_PATH"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    path = str(python.parent) + os.pathsep + kept["PATH"]
    return {
        **kept,
        "PATH": path,
        "HOME": str(folder),
        "PYTHONNOUSERSITE": "1",
        "JUPYTER_DATA_DIR": str(folder / "jupyter"),
    }


def run(command, folder, told=None):
    """Run a command to its end; what it says is shown if it fails."""
    command = [str(word) for word in command]
    done = subprocess.run(command, cwd=folder, env=told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        words = " ".join(command[1:4]).split("\n")[0]
        raise Fault(f"`{words}` failed:\n{done.stdout.decode(errors='replace')[-3000:]}")


def installed(python, folder, told):
    """Refuse a package that comes from anywhere but the fresh environment."""
    where = subprocess.check_output([python, "-c", WHERE], cwd=folder, env=told, text=True).strip()
    if not Path(where).resolve().is_relative_to(python.parent.parent.resolve()):
        raise Fault(f"the package comes from {where}, and not from the environment")


def compare(path):
    """Refuse a notebook that does not print what the snapshot shows; the first cell may tell how it installed."""
    pairs = zip(*(notebook_checks.code_cells(nbformat.read(one, 4)) for one in (path, ROOT / "chapters" / path.name)))
    for number, (cell, snapshot) in enumerate(pairs, start=1):
        if number == 1 or "nbval-ignore-output" in notebook_checks.tags(snapshot):
            continue
        was, now = [[said(output) for output in one.outputs] for one in (snapshot, cell)]
        if was != now:
            raise Fault(f"cell {number} prints {now} and not {was}")


def said(output):
    """Return what of an output must be the same: its text, and of a picture that it is there."""
    pictures = sorted(kind for kind in output.get("data", {}) if kind.startswith("image/"))
    return (output.output_type, pictures or notebook_checks.text_of(output))


if __name__ == "__main__":
    sys.exit(main())
