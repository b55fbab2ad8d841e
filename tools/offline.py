"""Pack the book for a room without internet: one zip with the site, the notebooks, the package, and lists of wheels.

`python3 tasks.py offline` builds the site and writes `_build/transpose-conv-offline.zip`: the same bytes from the same
files. The zip carries no wheels of others, which are large and differ between systems: it names them exactly, and its
README.txt has the one command that fetches them for each. `--fetch FOLDER` runs these very commands and records in
`course/offline.json` how large everything is, which `course/offline.md` shows. `--lock` makes the list anew, from what
the launch environment needs and the versions of `requirements.lock`; it needs uv.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from flit_core.wheel import make_wheel_in
from packaging.requirements import Requirement

from run_notebooks import replace

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
ZIP = ROOT / "_build" / "transpose-conv-offline.zip"
LOCK = ROOT / "course" / "offline.lock"
RECORD = ROOT / "course" / "offline.json"
TOP = "transpose-conv-offline"  # the folder that unzipping makes
DATE = (1980, 1, 1, 0, 0, 0)  # of every file: the earliest that a zip can say
PYTHON = "3.12"  # the version of the students' Python: wheels are made for one
NOT_HERE = {"nbgitpuller"}  # what the launch environment has and a stick has no use for
ONLINE = ("404.html", "robots.txt", "sitemap.xml", "_static/cards/")  # of the site, what is of use on a host alone

# For each system what markers ask for, and the tags of its wheels, which pip does not derive from one another.
SYSTEMS = {
    "linux": (
        {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux", "platform_machine": "x86_64"},
        ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"],
    ),
    "macos": (
        {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin", "platform_machine": "arm64"},
        ["macosx_12_0_arm64"],
    ),
    "windows": (
        {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows", "platform_machine": "AMD64"},
        ["win_amd64"],
    ),
}
NAMES = {"linux": "Linux (Intel or AMD)", "macos": "macOS 12 or later (Apple's processors)", "windows": "Windows"}


def main(argv=None):
    """Pack, or fetch and measure, or make the lock anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fetch", metavar="FOLDER", type=Path, help="fetch the wheels of every system, and measure")
    parser.add_argument("--lock", action="store_true", help="resolve course/offline.lock anew (needs uv)")
    arguments = parser.parse_args(argv)
    if arguments.lock:
        return lock()
    if not (SITE / "index.html").exists():
        return "there is no site to pack: run `python3 tasks.py book`"
    pack(ROOT, SITE, ZIP)
    found = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    found |= {"zip_mb": megabytes(ZIP.stat().st_size)}
    if arguments.fetch:
        found |= {"python": PYTHON, "wheels": fetch(arguments.fetch)}
    replace(RECORD, (json.dumps(found, indent=2, sort_keys=True) + "\n").encode())
    print(f"The book for a stick is {ZIP.relative_to(ROOT).as_posix()}, {megabytes(ZIP.stat().st_size)} MB.")
    return 0


# Packing


def pack(root, site, target):
    """Write the zip, in one step: whoever looks sees the old one or the new one, whole.

    Parameters
    ----------
    root : Path
        The repository, for the chapters and the package.
    site : Path
        The built site.
    target : Path
        Where the zip is to be.
    """
    temporary = target.with_suffix(f".{os.getpid()}.tmp")
    try:
        with zipfile.ZipFile(temporary, "w") as archive:
            for name, content in sorted(contents(root, site).items()):
                entry = zipfile.ZipInfo(f"{TOP}/{name}", DATE)
                entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
                archive.writestr(entry, content, compresslevel=9)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def contents(root, site):
    """Return all that goes into the zip, a name and its bytes."""
    files = {path.relative_to(site).as_posix(): path for path in site.rglob("*") if path.is_file()}
    files = {f"site/{name}": path for name, path in files.items() if not name.startswith(ONLINE)}
    files |= {f"chapters/{path.name}": path for path in root.glob("chapters/[0-9][0-9]-*.ipynb")}
    files |= {"LICENSE.txt": root / "LICENSE"}
    found = {name: path.read_bytes() for name, path in files.items()}
    wheel, content = package(root)
    found[f"wheels/{wheel}"] = content
    for system in SYSTEMS:
        found[f"wheels-{system}.txt"] = ("\n".join(wheels(system)) + "\n").encode()
    found["README.txt"] = readme().encode()
    found["index.html"] = START.encode()
    return found


def package(root):
    """Build the package's own wheel; return its name and its bytes."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = "315532800"  # 1980, as above
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = make_wheel_in(root / "pyproject.toml", Path(folder)).file
            return path.name, path.read_bytes()
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = before


def wheels(system, python=PYTHON):
    """List the packages that the notebooks need on a system, JupyterLab among them, with their exact versions."""
    environment = {
        **SYSTEMS[system][0],
        "python_version": python,
        "python_full_version": f"{python}.1",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    lines = [line for line in LOCK.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    requirements = [Requirement(line) for line in lines]
    return [f"{r.name}{r.specifier}" for r in requirements if r.marker is None or r.marker.evaluate(environment)]


def fetch_command(system):
    """Return the command that fetches a system's wheels, on any machine with internet."""
    platforms = " ".join(f"--platform {tag}" for tag in SYSTEMS[system][1])
    return (
        f"python -m pip download --no-deps --only-binary=:all: --implementation cp --python-version {PYTHON} "
        f"{platforms} -d wheels -r wheels-{system}.txt"
    )


def install_commands(system):
    """Return the commands that install the wheels on a student's machine, without a network, and start JupyterLab."""
    windows = system == "windows"
    python, folder = (f"py -{PYTHON}", "book\\Scripts\\") if windows else (f"python{PYTHON}", "book/bin/")
    return [
        f"{python} -m venv book",
        f"{folder}pip install --no-index --find-links wheels -r wheels-{system}.txt transpose-conv",
        f"{folder}jupyter lab chapters",
    ]


def indented(lines):
    """Join lines for README.txt, where commands are indented."""
    return "\n     ".join(lines)


def readme():
    """Write the steps, for the teacher and for the students."""
    fetch = "".join(f"   {NAMES[system]}:\n     {fetch_command(system)}\n\n" for system in SYSTEMS)
    install = "".join(f"   {NAMES[system]}:\n     {indented(install_commands(system))}\n\n" for system in SYSTEMS)
    return f"""TRANSPOSE CONVOLUTION, WITHOUT INTERNET

To read: open index.html. Nothing else is needed.

To run the notebooks, once, for the whole class, on a machine with internet:

1. Python {PYTHON} has to be on every machine of the class. Where it is not, put its installer on the stick.
2. In this folder, fetch the packages for the systems that the class has:

{fetch}3. Copy this folder, which now holds the wheels, to the stick.
4. Do the next part yourself on one machine of each system, with its network off.

On each machine of the class:

1. Copy the folder from the stick to the disk. Running from the stick is slow.
2. In the folder:

{install}3. Open 01-two-answers.ipynb and choose Kernel, Restart Kernel and Run All Cells. When its last code cell
   says "Right, in 4 of 4 cases", all is well.

TensorFlow writes some lines when it is imported, on a red ground, that begin with WARNING or I0000. They are notices.
The buttons for Binder and Colab on the pages, and links to other sites, need the internet. All else does not.
"""


START = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Transpose Convolution</title>
<style>body { font: 1.1rem/1.6 sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem }</style>
<h1>Transpose Convolution</h1>
<p><a href="site/chapters/index.html">Read the book</a>. It needs no internet.</p>
<p>To run its notebooks, which are in the folder <code>chapters</code>, do what <a href="README.txt">README.txt</a> says.</p>
</html>
"""


# The list of wheels, and how large everything is


def lock():
    """Resolve what a reader needs into exact versions for every system, those of `requirements.lock` where it has them."""
    uv = shutil.which("uv")
    if uv is None:
        return "`--lock` needs uv (`pip install uv`): it is what resolves for every platform at once"
    command = [
        uv,
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--python-version",
        "3.11",
        "--no-header",
        "--no-annotate",
    ]
    command += ["--constraints", ROOT / "requirements.lock", "-"]
    wanted = "\n".join(reader_needs(ROOT)) + "\n"
    done = subprocess.run(command, input=wanted, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    replace(LOCK, (HEADER + done.stdout).encode())
    print("course/offline.lock is new.")
    return 0


HEADER = """# What a reader needs to run the notebooks without internet, JupyterLab with it: exact, for every system and Python.
# Made by `tools/offline.py --lock`, which `python3 tasks.py lock` calls, with the versions of requirements.lock.
"""


def reader_needs(root):
    """Return what the launch environment asks for, and JupyterLab, which repo2docker brings there."""
    launch = (root / "binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    lines = [line for line in launch if re.match(r"\w", line) and re.match(r"[\w-]+", line)[0] not in NOT_HERE]
    lab = re.search(r'(?m)^JUPYTERLAB = "([\d.]+)"', (root / "tasks.py").read_text(encoding="utf-8"))[1]
    return [*lines, f"jupyterlab=={lab}"]


def fetch(folder):
    """Unzip into a folder, run there the commands of README.txt, and return how large the wheels are."""
    sizes = {}
    for system in SYSTEMS:
        place = folder / system
        with zipfile.ZipFile(ZIP) as archive:
            archive.extractall(place)
        command = shlex.split(fetch_command(system))
        subprocess.run([sys.executable, *command[1:], "--quiet"], cwd=place / TOP, check=True)
        files = list((place / TOP / "wheels").glob("*.whl"))
        sizes[system] = {"files": len(files), "mb": megabytes(sum(file.stat().st_size for file in files))}
        print(f"{system:<10}{sizes[system]['files']} wheels, {sizes[system]['mb']} MB", flush=True)
    return sizes


def megabytes(size):
    """Return a size in whole megabytes, rounded up.

    >>> megabytes(2_000_001)
    3
    """
    return -(-size // 10**6)


def sizes_table():
    """Write the table of `course/offline.md`, in Markdown."""
    found = json.loads(RECORD.read_text(encoding="utf-8"))
    lines = [
        "| what | files | MB |",
        "|---|---:|---:|",
        f"| the zip: site, notebooks, package | 1 | {found['zip_mb']} |",
    ]
    for system, one in found["wheels"].items():
        lines.append(f"| wheels for {NAMES[system]}, Python {found['python']} | {one['files']} | {one['mb']} |")
    total = found["zip_mb"] + sum(one["mb"] for one in found["wheels"].values())
    return "\n".join([*lines, f"| **everything, for all systems** | | **{total}** |"])


def commands():
    """Write the commands that fetch the wheels, in Markdown: a block for each system."""
    return "\n\n".join(f"{NAMES[system]}:\n\n```bash\n{fetch_command(system)}\n```" for system in SYSTEMS)


def installing():
    """Write the commands that install them, in Markdown: a block for each system."""
    blocks = (
        f"{NAMES[system]}:\n\n```{'bat' if system == 'windows' else 'bash'}\n{chr(10).join(install_commands(system))}\n```"
        for system in SYSTEMS
    )
    return "\n\n".join(blocks)


if __name__ == "__main__":
    sys.exit(main())
