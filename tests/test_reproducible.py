"""What is made twice is the same, and the package holds what it needs and nothing else. `tasks.py reproduce` does the rest."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import from_nothing
import package_files
import reproduce
from helpers import exact
from pages import ROOT, SITE

SECONDS = 1_700_000_000


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Both distributions, from two folders with other names; the second has what a used folder has."""
    pairs = []
    for name in ("one", "the other/é"):
        tree = tmp_path_factory.mktemp("trees") / name
        shutil.copytree(ROOT / "src", tree / "src", ignore=shutil.ignore_patterns("__pycache__"))
        for file in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copyfile(ROOT / file, tree / file)
        if name != "one":
            (tree / "src" / "transpose_conv" / "__pycache__").mkdir()
            (tree / "src" / "transpose_conv" / "__pycache__" / "shapes.cpython-311.pyc").write_bytes(b"used")
        pairs.append(package_files.built(tree, tree / "dist", SECONDS))
    return pairs


def test_source_and_wheel_are_the_same_twice(made):
    one, other = (reproduce.contents(pair) for pair in made)
    assert len(one) == 2
    assert reproduce.difference(one, other) == ""


def test_source_and_wheel_hold_the_package_and_nothing_else(made):
    assert package_files.checked(*made[0]) == []


def repacked(wheel, path, change):
    """Write a wheel anew, with other files in it."""
    with zipfile.ZipFile(wheel) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in change(inside).items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda inside: inside | {"tests/a.py": b""}, ["the wheel has tests/a.py, which is not of the package"]),
        (
            lambda inside: {name: content for name, content in inside.items() if not name.endswith("py.typed")},
            ["the wheel lacks transpose_conv/py.typed"],
        ),
        (
            lambda inside: {name: content for name, content in inside.items() if "licenses" not in name},
            ["the wheel lacks its licence"],
        ),
        (
            lambda inside: {n: c.replace(b"matplotlib>=", b"tensorflow>=") for n, c in inside.items()},
            ["it needs numpy, tensorflow, and not NumPy and matplotlib alone"],
        ),
        (
            lambda inside: {n: c.replace(b"text/markdown", b"text/plain") for n, c in inside.items()},
            ["README.md is not the description"],
        ),
    ],
    ids=["a test in it", "no py.typed", "no licence", "another need", "no description"],
)
def test_a_wheel_that_is_not_as_it_should_be_is_refused(made, tmp_path, change, said):
    sdist, wheel = made[0]
    assert package_files.checked(sdist, repacked(wheel, tmp_path / wheel.name, change)) == said


def needed(names):
    """Return the distributions that some packages need, all the way down."""
    found, left = {}, list(names)
    while left:
        name = left.pop().lower().replace("_", "-")
        if name not in found:
            found[name] = importlib.metadata.distribution(name)
            wanted = map(Requirement, found[name].requires or [])
            left += [one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found.values()


IMPORTS = """
import importlib, pkgutil, sys, transpose_conv
from transpose_conv import conv_transpose
import matplotlib, numpy as np
matplotlib.use("agg")
import matplotlib.pyplot as plt
names = [m.name for m in pkgutil.iter_modules(transpose_conv.__path__) if not m.name.startswith(("keras", "__main__"))]
for name in names:
    importlib.import_module("transpose_conv." + name)
plt.style.use("transpose_conv.book")
print(conv_transpose(np.ones((1, 2, 2, 1)), np.ones((3, 3, 1, 1)), stride=2, output_size=6).shape)
print(importlib.util.find_spec("tensorflow"), importlib.util.find_spec("scipy"), len(names) > 15)
"""


@pytest.mark.posix
def test_the_wheel_works_with_numpy_and_matplotlib_alone(made, tmp_path):
    """Beside the wheel's files there are links to these two and what they need, and nothing else."""
    alone = tmp_path / "site-packages"
    with zipfile.ZipFile(made[0][1]) as archive:
        archive.extractall(alone)
    for distribution in needed(["numpy", "matplotlib"]):
        for top in {Path(file).parts[0] for file in distribution.files} - {"..", "__pycache__"}:
            place = Path(distribution.locate_file(top))
            if place.exists() and not (alone / top).exists():
                (alone / top).symlink_to(place)
    told = {"PYTHONPATH": str(alone), "PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-S", "-c", IMPORTS]  # -S: without the packages of this environment
    assert subprocess.check_output(command, text=True, cwd=tmp_path, env=told).split("\n")[:2] == [
        "(1, 6, 6, 1)",
        "None None True",
    ]


def test_the_source_builds_the_same_wheel(made, tmp_path):
    sdist, wheel = made[0]
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (tree,) = tmp_path.iterdir()
    again = package_files.built(tree, tmp_path / "dist", SECONDS)[1]
    assert again.read_bytes() == wheel.read_bytes()


def test_the_site_tells_nothing_of_the_folder_it_was_built_in():
    """Two builds are compared by `tasks.py reproduce`; what differs between two folders is mostly the folder."""
    here = [str(ROOT).encode(), str(Path.home()).encode() + b"/"]
    texts = [
        path for path in SITE.rglob("*") if path.suffix not in (".png", ".pdf", ".epub", ".woff") and path.is_file()
    ]
    assert len(texts) > 100
    assert [path.name for path in texts if any(place in path.read_bytes() for place in here)] == []
    assert not (SITE / ".buildinfo").exists()


def test_what_differs_is_shown_with_its_place():
    long = b"x" * 100
    one = {"a": b"1\n2\n", "b": b"same", "c": b"", "d": b"1\n" + long + b"3" + long}
    other = {"a": b"1\n2\n3", "b": b"same", "e": b"", "d": b"1\n" + long + b"4" + long}
    assert reproduce.difference(one, one) == ""
    assert reproduce.difference(one, other).split("\n") == [
        "4 files differ",
        "  a, line 3: b'', then b'3'",
        "  c is there the first time only",
        f"  d, line 2: {b'x' * 40 + b'3' + b'x' * 39!r}, then {b'x' * 40 + b'4' + b'x' * 39!r}",
        "  e is there the second time only",
    ]
    assert reproduce.difference({"a": b"1\n"}, {"a": b"1\r\n"}) != ""


# Binder's folder; `tasks.py launch` executes it


def test_binders_folder_is_read_as_it_is_meant():
    from_nothing.checked()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "environment.yml",
            "",
            "binder/ has environment.yml, requirements.txt, runtime.txt: repo2docker reads other files too, and some in place of these",
        ),
        ("runtime.txt", "3.12", "binder/runtime.txt says '3.12': expected a line such as python-3.12"),
    ],
)
def test_what_binder_would_read_otherwise_is_refused(tmp_path, name, text, said):
    shutil.copytree(ROOT / "binder", tmp_path / "binder")
    (tmp_path / "binder" / name).write_text(text, encoding="utf-8")
    with pytest.raises(from_nothing.Fault, match=exact(said)):
        from_nothing.checked(tmp_path / "binder")


# `tasks.py launch`, without its installing


def test_a_started_notebook_that_prints_something_else_is_refused(tmp_path):
    source = ROOT / "chapters" / f"{from_nothing.NOTEBOOK}.ipynb"
    path = tmp_path / source.name
    shutil.copyfile(source, path)
    from_nothing.compare(path)
    path.write_text(source.read_text(encoding="utf-8").replace("(1, 5, 5, 1)", "(1, 5, 6, 1)"), encoding="utf-8")
    with pytest.raises(from_nothing.Fault, match=r"cell \d+ prints .*\(1, 5, 6, 1\).* and not .*\(1, 5, 5, 1\)"):
        from_nothing.compare(path)
