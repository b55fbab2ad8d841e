"""Which build it is: the version, the day of the last commit or none, and what it was built with."""

import datetime as dt
import importlib.metadata
import json
import os
import platform
import re
import subprocess

import pytest
import tasks

import about
import transpose_conv
from pages import PAGES, ROOT, SITE


@pytest.fixture
def repository(tmp_path):
    """A repository with one commit, of a known time."""
    environment = {**os.environ, **{f"GIT_{who}_DATE": "1700000000 +0000" for who in ("AUTHOR", "COMMITTER")}}
    for command in (
        ["init", "-q"],
        ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "one"],
    ):
        subprocess.run(["git", "-C", tmp_path, *command], check=True, env=environment)
    return tmp_path.resolve()


def test_the_date_is_that_of_the_last_commit(repository, monkeypatch):
    monkeypatch.setattr(tasks, "ROOT", repository)
    assert tasks.commit_date({}) == {"SOURCE_DATE_EPOCH": "1700000000"}
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert tasks.child_environment()["SOURCE_DATE_EPOCH"] == "1700000000"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "5")
    assert tasks.child_environment()["SOURCE_DATE_EPOCH"] == "5"


def test_inside_another_repository_there_is_no_date(repository, monkeypatch):
    (repository / "book").mkdir()
    monkeypatch.setattr(tasks, "ROOT", repository / "book")
    assert tasks.commit_date({}) == {}


def test_without_git_there_is_no_date(tmp_path, monkeypatch):
    monkeypatch.setattr(tasks, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert tasks.commit_date({}) == {}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tasks.commit_date({}) == {}


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ("1700000000", "Version {} of 14 November 2023"),
        ("1699999999", "Version {} of 14 November 2023"),
        ("1704067199", "Version {} of 31 December 2023"),
        ("", "Version {}"),
        ("yesterday", "Version {}"),
    ],
)
def test_a_build_says_its_version_and_its_day(monkeypatch, seconds, said):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", seconds)
    assert about.build() == said.format(transpose_conv.__version__)


def test_every_page_says_which_build_it_is_of():
    """And none says the day on which it was built."""
    lines = set()
    for page in [*PAGES, "search", "404"]:
        text = (SITE / f"{page}.html").read_text(encoding="utf-8")
        version, link = re.search(r'<p>(Version [^:<]+): <a href="([^"]+)">what changed', text).groups()
        lines.add(version)
        target = (SITE / f"{page}.html").parent / link
        assert page == about.PAGE or link.startswith("/") or target.resolve() == (SITE / f"{about.PAGE}.html").resolve()
        assert "Last updated" not in text
        assert "docbuild:last-update" not in text
    day = tasks.commit_date({}).get("SOURCE_DATE_EPOCH")
    (line,) = lines
    assert re.fullmatch(rf"Version {re.escape(transpose_conv.__version__)}( of \d+ \w+ \d{{4}})?", line)
    assert (" of " in line) == (day is not None)
    if day:
        assert (
            dt.datetime.strptime(line.split(" of ")[1], "%d %B %Y").date()
            <= dt.datetime.fromtimestamp(int(day), dt.UTC).date()
        )


def test_it_says_what_it_was_built_and_compared_with():
    text = (SITE / f"{about.PAGE}.html").read_text(encoding="utf-8")
    text = text.partition('<section id="which-other-versions-it-holds-with">')[0]
    shown = dict(re.findall(r'<tr[^>]*><th scope="row"><p>([^<]+)</p></th>\s*<td><p>([^<]+)</p></td>', text))
    record = json.loads(about.RECORD.read_text(encoding="utf-8"))["programs"]
    assert shown == {
        "Python": platform.python_version(),
        "TensorFlow": about.installed("tensorflow", "tensorflow-cpu"),
        "Keras": importlib.metadata.version("keras"),
        "NumPy": importlib.metadata.version("numpy"),
        "matplotlib": importlib.metadata.version("matplotlib"),
        "Jupyter Book": importlib.metadata.version("jupyter-book"),
        "Sphinx": importlib.metadata.version("sphinx"),
        "PyTorch": record["pytorch"]["versions"]["torch"],
        "JAX": record["jax"]["versions"]["jax"],
        "ONNX Runtime": record["onnxruntime"]["versions"]["onnxruntime"],
    }


def test_it_says_with_which_other_versions_every_check_was_run():
    held = json.loads(about.HELD.read_text(encoding="utf-8"))
    text = (SITE / f"{about.PAGE}.html").read_text(encoding="utf-8")
    text = text.partition('<section id="which-other-versions-it-holds-with">')[2].partition("</section>")[0]
    rows = [re.findall(r"<p>([^<]+)</p>", row) for row in text.split("<tr")[2:]]
    assert [row[0] for row in rows] == [name.split()[1] for name in held]
    assert [row[1:6] for row in rows] == [list(result["versions"].values()) for result in held.values()]
    assert [int(row[6]) for row in rows] == [result["counts"]["passed"] for result in held.values()]
    assert ("Nothing is on record yet." in text) == (not held)
    assert all(result["holds"] and result["counts"]["passed"] > 3000 for result in held.values())


def test_what_is_not_installed_is_no_version():
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        about.installed("no-such-package-of-this-book")


def test_it_says_every_change():
    text = (SITE / f"{about.PAGE}.html").read_text(encoding="utf-8")
    plain = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", text)).replace("&#39;", "'").replace("’", "'")
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    bullets = [re.sub(r"\s+", " ", bullet).strip().replace("`", "") for bullet in log.split("\n* ")[1:]]
    assert len(bullets) > 15
    assert [bullet for bullet in bullets if bullet not in plain] == []
    for version in re.findall(r"(?m)^## (.+)", log):
        assert f"<h3>{version}<a" in text
