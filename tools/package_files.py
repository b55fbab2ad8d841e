"""Builds the package's source distribution and wheel, and says what is wrong with them."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email.parser import BytesParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = {"py.typed", "book.mplstyle", "frameworks.json", "errors.json"}  # beside the modules
BUILD = "import sys; from flit_core import buildapi as b; print(b.build_sdist(sys.argv[1])); print(b.build_wheel(sys.argv[1]))"


def main():
    """Build both into `_build/dist`, and say what is wrong; the exit status is 1 if anything is."""
    made = built(ROOT, ROOT / "_build" / "dist", int(os.environ.get("SOURCE_DATE_EPOCH", 315532800)))
    problems = checked(*made)
    print("\n".join(problems or [f"{path.name} is whole" for path in made]))
    return 1 if problems else 0


def built(tree, folder, seconds):
    """Build both as pip would, with the time of the commit.

    Parameters
    ----------
    tree, folder : Path
        What is built, and where the files are to be.
    seconds : int
        The time that all files in them get, since 1970.

    Returns
    -------
    sdist, wheel : Path
    """
    folder.mkdir(parents=True, exist_ok=True)
    told = {**os.environ, "SOURCE_DATE_EPOCH": str(seconds)}
    names = subprocess.check_output([sys.executable, "-c", BUILD, folder], cwd=tree, env=told, text=True).split()
    return [folder / name for name in names]


def checked(sdist, wheel):
    """Return what is wrong with both: files that are missing or do not belong there, and metadata that no index takes."""
    with zipfile.ZipFile(wheel) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(sdist) as archive:
        source = {name.name.partition("/")[2] for name in archive.getmembers() if name.isfile()}
    package = ROOT / "src" / "transpose_conv"
    wanted = {f"transpose_conv/{path.name}" for path in package.glob("*.py")} | {
        f"transpose_conv/{name}" for name in DATA
    }
    about = sorted(name for name in inside if ".dist-info/" in name)
    there = set(inside) - set(about)
    problems = [f"the wheel lacks {name}" for name in sorted(wanted - there)]
    problems += [f"the wheel has {name}, which is not of the package" for name in sorted(there - wanted)]
    belongs = {f"src/{name}" for name in wanted} | {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO"}
    problems += [f"the source lacks {name}" for name in sorted(belongs - source)]
    problems += [f"the source has {name}, which is not of the package" for name in sorted(source - belongs)]
    if not any(name.endswith("licenses/LICENSE") for name in about):
        problems.append("the wheel lacks its licence")
    (metadata,) = [BytesParser().parsebytes(inside[name]) for name in about if name.endswith("/METADATA")]
    return problems + metadata_faults(metadata)


def metadata_faults(said):
    """Return what an index, or a reader of its page, would find fault with."""
    faults = [f"no {field} is said" for field in ("Name", "Version", "Summary", "Requires-Python") if not said[field]]
    if said["License-Expression"] != "MIT":
        faults.append("the licence is not said")
    if said["Description-Content-Type"] != "text/markdown" or len(said.get_payload()) < 500:
        faults.append("README.md is not the description")
    needs = {re.match(r"[\w-]+", line)[0] for line in said.get_all("Requires-Dist", []) if "extra ==" not in line}
    if needs != {"numpy", "matplotlib"}:
        faults.append(f"it needs {', '.join(sorted(needs))}, and not NumPy and matplotlib alone")
    return faults


if __name__ == "__main__":
    sys.exit(main())
