"""A room without internet: the zip is whole, always the same, and its pages work from the disk with the network cut."""

import io
import json
import os
import re
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import launch
import offline
from pages import SITE, TOC, Visit, broken_images, formulas

ROOT = Path(__file__).resolve().parent.parent
RECORD = json.loads(offline.RECORD.read_text(encoding="utf-8"))
HERE = {"linux": "linux", "darwin": "macos", "win32": "windows"}[sys.platform]
PYTHONS = ["3.11", "3.12", "3.13"]
OF_A_CHAPTER = {"chapters/01-two-answers.html": "<h1>One</h1>", "index.html": "<p>Start</p>", "_static/a.css": "p {}"}


@pytest.fixture
def site(tmp_path):
    """A site of three files."""
    for name, text in OF_A_CHAPTER.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "site"


@pytest.fixture
def packed(tmp_path, site):
    """The zip of that site."""
    offline.pack(ROOT, site, tmp_path / "a.zip")
    return tmp_path / "a.zip"


# The zip


def test_the_same_files_give_the_same_bytes(tmp_path, site, packed):
    for path in [*site.rglob("*.*")]:
        os.utime(path, (10**9, 10**9))
    offline.pack(ROOT, site, tmp_path / "b.zip")
    assert packed.read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "b.zip", "site"]


def test_another_page_gives_another_zip(tmp_path, site, packed):
    (site / "index.html").write_text("<p>Begin</p>", encoding="utf-8")
    offline.pack(ROOT, site, tmp_path / "b.zip")
    assert packed.read_bytes() != (tmp_path / "b.zip").read_bytes()


def test_the_zip_has_all_that_a_room_needs(packed):
    with zipfile.ZipFile(packed) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        assert names == sorted(names)
        assert {name.split("/")[0] for name in names} == {offline.TOP}
        assert {entry.date_time for entry in archive.infolist()} == {offline.DATE}
        files = {name.removeprefix(f"{offline.TOP}/"): archive.read(name) for name in names}
    for name, text in OF_A_CHAPTER.items():
        assert files[f"site/{name}"] == text.encode()
    notebooks = sorted((ROOT / "chapters").glob("*.ipynb"))
    assert len(notebooks) >= len(launch.notebooks())
    for path in notebooks:
        assert files[f"chapters/{path.name}"] == path.read_bytes()
    assert {f"wheels-{system}.txt" for system in offline.SYSTEMS} | {"README.txt", "index.html"} <= set(files)


def test_the_wheel_is_the_package_as_it_is(packed):
    with zipfile.ZipFile(packed) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".whl")]
        wheel = zipfile.ZipFile(io.BytesIO(archive.read(name)))
    inside = {entry: wheel.read(entry) for entry in wheel.namelist() if entry.startswith("transpose_conv/")}
    sources = ROOT / "src" / "transpose_conv"
    there = [path for path in sources.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert inside == {path.relative_to(ROOT / "src").as_posix(): path.read_bytes() for path in there}
    assert name.endswith("-py3-none-any.whl")
    assert {entry.date_time for entry in wheel.infolist()} == {offline.DATE}


def test_packing_leaves_the_environment_as_it_was(tmp_path, site, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "12345")
    offline.pack(ROOT, site, tmp_path / "b.zip")
    assert os.environ["SOURCE_DATE_EPOCH"] == "12345"


def test_without_a_site_the_program_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(offline, "SITE", tmp_path)
    assert offline.main([]) == "there is no site to pack: run `python3 tasks.py book`"


# The lists of wheels


def pins(path):
    found = re.findall(r"(?m)^([\w.-]+)==([^\s;\\]+)", path.read_text(encoding="utf-8"))
    return {(canonicalize_name(name), version) for name, version in found}


@pytest.mark.pinned
def test_the_list_has_the_versions_that_the_book_is_checked_with():
    """A package may stand there in two versions, for an old Python and a new one."""
    known, listed = pins(ROOT / "requirements.lock"), pins(offline.LOCK)
    names = {name for name, _ in known}
    advice = "run `python3 tasks.py lock`"
    assert {pin for pin in listed if pin[0] in names} <= known, advice
    needed = {
        (canonicalize_name(Requirement(n).name), str(Requirement(n).specifier)) for n in offline.reader_needs(ROOT)
    }
    assert needed <= {(name, f"=={version}") for name, version in listed}, advice


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", offline.SYSTEMS)
def test_a_list_is_exact_and_has_each_package_once(system, python):
    lines = offline.wheels(system, python)
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.!+-]+", line)] == []
    names = [line.split("==")[0] for line in lines]
    assert len(names) == len(set(names))
    tensorflow = "tensorflow-cpu" if system == "linux" else "tensorflow"
    assert [name for name in names if name.startswith("tensorflow")] == [tensorflow]
    assert ("colorama" in names, "pywinpty" in names, "appnope" in names, "pexpect" in names) == (
        system == "windows",
        system == "windows",
        system == "macos",
        system != "windows",
    )


def test_a_list_has_no_tools():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    tools = set(re.findall(r"(?m)^([\w-]+)==", text[text.index("# build") :])) - {
        "beautifulsoup4"
    }  # JupyterLab needs it
    assert {"jupyter-book", "pytest", "ruff", "playwright"} <= tools
    for system in offline.SYSTEMS:
        assert {line.split("==")[0] for line in offline.wheels(system)} & {*tools, "nbgitpuller", "jupytext"} == set()


@pytest.mark.pinned
def test_a_list_is_complete_as_far_as_it_is_installed_here():
    """What a listed package says it needs is listed too, asked of the packages themselves."""
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    listed = {canonicalize_name(line.split("==")[0]) for line in offline.wheels(HERE, python)}
    seen = 0
    for name in listed:
        try:
            requirements = [Requirement(text) for text in distribution(name).requires or []]
        except PackageNotFoundError:
            continue
        seen += 1
        needed = {
            canonicalize_name(r.name) for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})
        }
        assert needed <= listed, f"{name} needs {needed - listed}"
    assert seen > 50


def test_the_readme_says_every_command_for_every_system(packed):
    with zipfile.ZipFile(packed) as archive:
        text = archive.read(f"{offline.TOP}/README.txt").decode()
        names = archive.namelist()
    for system in offline.SYSTEMS:
        for command in (offline.fetch_command(system), offline.install_commands(system)[1]):
            assert f" -r wheels-{system}.txt" in command
        for command in [offline.fetch_command(system), *offline.install_commands(system)]:
            assert f"     {command}\n" in text
            for name in re.findall(r"wheels-\w+\.txt", command):
                assert f"{offline.TOP}/{name}" in names
    assert max(map(len, re.sub(r"(?m)^     .*$", "", text).splitlines())) <= 120


# The page


def test_the_page_has_a_place_for_each_table():
    text = (ROOT / "course" / "offline.md").read_text(encoding="utf-8")
    for place in ("offline sizes", "offline commands", "offline install"):
        assert text.count(f"\n<!-- {place} -->\n") == 1


def test_the_sizes_are_of_these_lists():
    advice = "run `.venv/bin/python tools/offline.py --fetch FOLDER`: it fetches the wheels and measures them"
    assert RECORD["python"] == offline.PYTHON, advice
    for system in offline.SYSTEMS:
        assert RECORD["wheels"][system]["files"] == len(offline.wheels(system)) + 1, advice  # and the book's own
    assert f"| {RECORD['zip_mb']} |" in offline.sizes_table()
    total = RECORD["zip_mb"] + sum(one["mb"] for one in RECORD["wheels"].values())
    assert offline.sizes_table().endswith(f"| **{total}** |")


# The real site, from the disk


@pytest.fixture(scope="module")
def unzipped(tmp_path_factory):
    """The zip of the site that is built, unzipped as a student would."""
    if not (SITE / "index.html").exists():
        pytest.fail("there is no site to pack: run `python3 tasks.py book` first, or `python3 tasks.py test`")
    folder = tmp_path_factory.mktemp("stick")
    offline.pack(ROOT, SITE, folder / "book.zip")
    size = offline.megabytes((folder / "book.zip").stat().st_size)
    assert abs(size - RECORD["zip_mb"]) <= 2, f"the zip has {size} MB: run `python3 tasks.py offline`"
    with zipfile.ZipFile(folder / "book.zip") as archive:
        archive.extractall(folder)
    return folder / offline.TOP


def test_from_the_first_page_to_a_chapter_without_a_network(browser, unzipped):
    with Visit(browser, unzipped.as_uri()) as visit:
        page = visit.open((unzipped / "index.html").as_uri())
        page.get_by_role("link", name="Read the book").click()
        page.wait_for_selector("article h1")
        page.locator("article a[href*='03-formula-backwards']").first.click()
        page.wait_for_url("**/03-formula-backwards.html*")
        page.evaluate("document.fonts.ready.then(() => true)")
        wanted, drawn = formulas(page)
        assert wanted == drawn > 20
        assert broken_images(page) == []
        assert visit.outside == []
        assert visit.complaints == []


def test_search_works_without_a_network(browser, unzipped):
    with Visit(browser, unzipped.as_uri()) as visit:
        page = visit.open((unzipped / "site" / "search.html").as_uri() + "?q=output_padding")
        page.wait_for_selector("#search-results li a")
        found = page.evaluate("[...document.querySelectorAll('#search-results li a')].map(a => a.href)")
        assert any("01-two-answers" in link for link in found)
        page.goto(found[0])
        assert page.locator("article h1").count() == 1
        assert visit.outside == []


def test_every_page_of_the_book_is_in_the_zip(unzipped):
    pages = [TOC["root"], *(entry for part in TOC["parts"] for chapter in part["chapters"] for entry in files(chapter))]
    assert [page for page in pages if not (unzipped / "site" / f"{page}.html").exists()] == []
    assert yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")) == TOC


def files(entry):
    """The pages of an entry of the table of contents, with those under it."""
    return [entry["file"], *(page for under in entry.get("sections", ()) for page in files(under))]


def test_every_link_of_the_zip_to_itself_leads_somewhere(unzipped):
    """From every page, as a browser on the disk would follow it."""
    broken = set()
    pages = [path for path in unzipped.rglob("*.html") if "_static" not in path.parts]  # there the theme has a template
    for path in pages:
        for link in re.findall(r'(?:href|src)="([^"#?]+)', path.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:|//|data:", link) and not (path.parent / link).exists():
                broken.add((path.relative_to(unzipped).as_posix(), link))
    assert len(pages) > len(launch.notebooks())
    assert sorted(broken)[:5] == []
