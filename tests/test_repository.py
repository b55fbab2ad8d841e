"""What stands in several files of the repository is the same in all of them."""

import base64
import doctest
import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest
import yaml

import repository
import run_notebooks
import transpose_conv

ROOT = Path(__file__).resolve().parent.parent
FORK = "https://github.com/somebody/a-fork"


def test_the_address_stands_in_every_place_and_is_the_same():
    address = repository.address_of(ROOT)
    for path, _, wanted, there in repository.found(ROOT, address):
        assert there, f"{path.name} lost its place for the address"
        assert set(there) == {wanted}, f"{path.name}: run `python3 tasks.py address`"


@pytest.fixture
def copied(tmp_path):
    """A copy of every file that names the address."""
    for path, *_ in repository.found(ROOT, FORK):
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return tmp_path


def test_a_fork_is_one_edit(copied, monkeypatch, capsys):
    monkeypatch.setattr(repository, "ROOT", copied)
    config = copied / "_config.yml"
    config.write_text(config.read_text().replace(repository.address_of(copied), FORK))
    assert repository.main([]) == 0
    assert all(set(there) == {wanted} for _, _, wanted, there in repository.found(copied, FORK))
    for notebook in copied.glob("chapters/*.ipynb"):
        assert f"git+{FORK}" in json.loads(notebook.read_text(encoding="utf-8"))["cells"][1]["source"][-1]
    assert "https://somebody.github.io/a-fork/" in (copied / "README.md").read_text(encoding="utf-8")
    assert "OWNER_NOT_SET.github.io" not in (copied / "README.md").read_text(encoding="utf-8")
    capsys.readouterr()
    assert repository.main([FORK]) == 0
    assert "changed: nothing" in capsys.readouterr().out


def test_an_address_that_cannot_be_is_refused():
    assert repository.main(["github.com/somebody"]) == "usage: tasks.py address [https://github.com/OWNER/NAME]"


def test_every_chapter_starts_with_the_same_cell_for_colab():
    cells = set()
    for path in ROOT.glob("chapters/*.ipynb"):
        first = next(c for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code")
        assert first["metadata"]["tags"] == ["remove-cell"]
        cells.add("".join(first["source"]))
    assert len(cells) == 1
    assert cells.pop().endswith(f"git+{repository.address_of(ROOT)}")


def test_versions_agree():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == transpose_conv.__version__
    assert f"## {transpose_conv.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.pinned
def test_the_lock_holds_every_requirement_exactly():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"(?m)^([\w.-]+==[^\s;]+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"))
    assert len(pins) > 10
    assert [pin for pin in pins if not re.search(rf"(?m)^{re.escape(pin)}(?=[ ;\\])", lock)] == []


def test_contributing_says_what_each_requirement_is_for():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    names = re.findall(r"(?m)^([\w.-]+)==", (ROOT / "requirements.txt").read_text(encoding="utf-8"))
    assert [name for name in names if f"`{name}`" not in text] == []


def test_the_package_needs_numpy_and_matplotlib_only():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [re.match(r"\w+", requirement)[0] for requirement in project["dependencies"]] == ["numpy", "matplotlib"]


def test_the_tree_in_contributing_is_the_tree():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    tree = re.search(r"```text\n(.*?)```", text, re.DOTALL)[1]
    named = [word for line in tree.splitlines() for word in re.split(r"  +", line)[0].split()]
    assert named
    assert [name for name in named if not list(ROOT.glob(name.rstrip("/")))] == []


def test_the_pictures_of_the_readme_are_those_of_the_chapters():
    pictures = {}
    for path in ROOT.glob("chapters/*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                name = cell["metadata"].get("mystnb", {}).get("figure", {}).get("name")
                pictures[name] = output.get("data", {}).get("image/png", "")
    for name, file in run_notebooks.PUBLISHED.items():
        assert base64.b64decode(pictures[name]) == (ROOT / "chapters" / "_static" / file).read_bytes()


def test_the_readmes_example_is_right():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    example = doctest.DocTestParser().get_doctest(text.split("```python")[1].split("```")[0], {}, "README", None, 0)
    results = doctest.DocTestRunner().run(example)
    assert (results.attempted, results.failed) == (3, 0)


def test_a_link_calls_a_chapter_by_its_number():
    """The numbers that the site shows are those of the files."""
    pages = [*ROOT.glob("chapters/*.md"), *ROOT.glob("course/**/*.md"), ROOT / "README.md"]
    links = [
        (path.name, number, file)
        for path in pages
        for number, file in re.findall(
            r"\[[^\]\n]*[cC]hapter (\d+)[^\]\n]*\]\([^)]*?(\d\d)-[\w-]+\.md", path.read_text("utf-8")
        )
    ]
    assert len(links) > 50
    assert [link for link in links if int(link[1]) != int(link[2])] == []
    shown = [
        c["file"]
        for part in yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
        if part.get("numbered")
        for c in part["chapters"]
    ]
    assert [int(Path(file).name[:2]) for file in shown] == list(range(1, len(shown) + 1))
