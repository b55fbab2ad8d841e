"""A room full of students: what a student takes, the hub that follows, its configuration, the links and the image."""

import ast
import copy
import json
import os
import re
import subprocess
import sys
import time
import tomllib
import types
import urllib.parse
from pathlib import Path

import nbformat
import pytest
import tasks
import yaml

import capacity
import hub_trial
import launch
import repository
from notebook_checks import code_cells, without_magics

ROOT = Path(__file__).resolve().parent.parent
RECORD = capacity.recorded()
VALUES = (ROOT / "course" / "hub" / "values.yaml").read_text(encoding="utf-8")
PAGE = (ROOT / "course" / "room.md").read_text(encoding="utf-8")

# Three chapters with numbers that are easy to follow
SMALL = {
    "chapters": {
        "01-two-answers": {"minutes": 10, "peak_mb": 700, "processor_seconds": 10.0},
        "02-b": {"minutes": 1, "peak_mb": 900, "processor_seconds": 20.0},
        "03-c": {"minutes": 0, "peak_mb": 100, "processor_seconds": 500.0},
    }
}


# What was measured


def test_every_chapter_is_measured_and_nothing_else():
    chapters = sorted(text.stem for text in (ROOT / "chapters").glob("[0-9][0-9]-*.md"))
    assert sorted(RECORD["chapters"]) == chapters, "run `python3 tasks.py capacity`"


@pytest.mark.parametrize("name", RECORD["chapters"])
def test_a_measurement_is_of_the_chapter_as_it_is(name):
    chapter = RECORD["chapters"][name]
    assert chapter["minutes"] == capacity.minutes(ROOT / "chapters" / f"{name}.md"), "run `python3 tasks.py capacity`"
    assert 100 < chapter["peak_mb"] < 8000
    assert 1 < chapter["processor_seconds"] < 300


def test_the_record_names_no_machine_and_is_written_one_way():
    text = capacity.RECORD.read_text(encoding="utf-8")
    assert text == json.dumps(RECORD, indent=2, sort_keys=True) + "\n"
    assert os.uname().nodename not in text if hasattr(os, "uname") else True
    assert "/" not in text


def test_memory_and_processor_time_of_children_are_counted():
    child = "x = bytearray(200_000_000); x[::4096] = b'1' * len(x[::4096]); sum(range(10**7)); input()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE) as process:
        watch = capacity.Watch(process.pid)
        watch.start()
        until = time.monotonic() + 60
        while not (watch.peak > 200_000_000 and watch.processor_seconds > 0.1) and time.monotonic() < until:
            time.sleep(0.1)
        watch.stop()
        process.communicate(b"\n")
    assert 200_000_000 < watch.peak < 400_000_000
    assert 0.1 < watch.processor_seconds < 60


# What follows for a hub


def test_a_student_gets_the_largest_notebook_and_may_use_the_two_largest():
    assert capacity.needs(SMALL) == {
        "memory_guarantee_mb": 1280,  # 256 + 900, in steps of 256
        "memory_limit_mb": 2048,  # 256 + 900 + 700
        "cpu_guarantee": 1.0,  # three times 20 processor seconds in a minute
        "cpu_limit": 2,
    }


def test_a_class_that_only_reads_still_has_a_tenth_of_a_core():
    idle = copy.deepcopy(SMALL)
    for chapter in idle["chapters"].values():
        chapter["processor_seconds"] = 0.1
    assert capacity.needs(idle)["cpu_guarantee"] == 0.1


def test_a_class_at_once_shares_the_cores():
    # 7 students to a node of 7.5 cores; 10 students and the hub take 2 nodes, of which 14 cores are theirs.
    hub = capacity.hub(SMALL, 10)
    assert (hub["a_node"], hub["nodes"], hub["cores"], hub["memory_gb"]) == (7, 2, 16, 64)
    assert hub["all_at_once"] == {"01-two-answers": 10, "02-b": 20, "03-c": 500}  # each has a core alone
    thirty = capacity.hub({"chapters": {**RECORD["chapters"]}}, 30)
    free = thirty["nodes"] * 7.5 - 1
    seconds = RECORD["chapters"]["01-two-answers"]["processor_seconds"] * 30 / free
    assert seconds <= thirty["all_at_once"]["01-two-answers"] < seconds + 1


@pytest.mark.parametrize("students", [1, 19, 20, 21, 30, 100, 300])
@pytest.mark.parametrize("record", [SMALL, RECORD], ids=["small", "measured"])
def test_the_nodes_are_enough_and_one_less_is_not(record, students):
    """Counted by filling the nodes, one student after the other; the first one has the hub, too."""
    student, hub = capacity.needs(record), capacity.hub(record, students)
    full = capacity.NODE_CORES - capacity.SYSTEM_CORES, capacity.NODE_MB - capacity.SYSTEM_MB
    nodes, left = [], students
    while left:
        cores, memory = full
        if not nodes:
            cores, memory = cores - capacity.HUB_CORES, memory - capacity.HUB_MB
        nodes.append(0)
        while left and nodes[-1] < capacity.MOST_A_NODE:
            cores, memory = cores - student["cpu_guarantee"], memory - student["memory_guarantee_mb"]
            if cores < -1e-9 or memory < 0:
                break
            nodes[-1], left = nodes[-1] + 1, left - 1
    assert hub["nodes"] == len(nodes)
    assert max(nodes) <= hub["a_node"]
    assert len(nodes) < 3 or nodes[1] == hub["a_node"]


def test_a_node_has_not_the_memory_for_two_large_notebooks_of_everybody():
    """As the page says; where it has, the page asks the class to close notebooks for no reason."""
    students = capacity.hub(RECORD, 30)["a_node"]
    assert students * capacity.needs(RECORD)["memory_limit_mb"] > capacity.NODE_MB


# The tables, the configuration


def test_the_tables_say_what_was_measured():
    rows = re.findall(r"\| \[\]\(\.\./chapters/(.+)\.ipynb\) \| (\d+) \| ([\d.]+) \|", capacity.table())
    chapters = RECORD["chapters"]
    assert [(name, int(mb), float(s)) for name, mb, s in rows] == [
        (name, chapters[name]["peak_mb"], chapters[name]["processor_seconds"]) for name in sorted(chapters)
    ]
    sizes = capacity.sizes_table("30 300")
    nodes = [capacity.hub(RECORD, students)["nodes"] for students in (30, 300)]
    assert f"| **{nodes[0]}** | **{nodes[1]}** |" in sizes
    assert f"| {capacity.needs(RECORD)['memory_guarantee_mb']} |" in sizes


def test_the_page_has_a_place_for_each_table():
    for place in ("launch links", "hub link", "capacity", "hub sizes: 30 300"):
        assert PAGE.count(f"\n<!-- {place} -->\n") == 1


def test_the_configuration_gives_what_was_worked_out():
    student, values = capacity.needs(RECORD), yaml.safe_load(VALUES)["singleuser"]
    advice = "bring the numbers that `python3 tasks.py capacity` prints into course/hub/values.yaml"
    assert values["memory"] == {
        "guarantee": f"{student['memory_guarantee_mb']}M",
        "limit": f"{student['memory_limit_mb']}M",
    }, advice
    assert values["cpu"] == {"guarantee": student["cpu_guarantee"], "limit": student["cpu_limit"]}, advice


def test_a_student_runs_with_what_was_measured():
    assert yaml.safe_load(VALUES)["singleuser"]["extraEnv"] == capacity.STUDENT == RECORD["measured"]["environment"]
    assert {capacity.STUDENT[name] for name in capacity.STUDENT if "THREADS" in name} == {str(capacity.CPU_LIMIT)}


def test_the_hub_lets_nobody_in_before_somebody_decides():
    config = yaml.safe_load(VALUES)["hub"]["config"]
    assert config["JupyterHub"]["authenticator_class"] == "AUTHENTICATOR_NOT_SET"
    assert config["Authenticator"] == {"allow_all": False, "allowed_users": [], "admin_users": []}
    assert "extraConfig" not in VALUES


def test_what_has_to_be_filled_in_is_marked():
    values = yaml.safe_load(VALUES)
    assert values["singleuser"]["image"] == {
        "name": "REGISTRY_NOT_SET/OWNER_NOT_SET/transpose-conv",
        "tag": "TAG_NOT_SET",
    }
    assert values["proxy"]["https"]["hosts"] == ["HUB_NOT_SET"]
    assert values["proxy"]["https"]["letsencrypt"] == {"contactEmail": "MAIL_NOT_SET"}


# The links


def test_a_link_to_a_hub_is_what_nbgitpuller_reads():
    """It takes `repo` and `branch`, clones into a folder of the repository's last name, and opens `urlpath`."""
    address = repository.address_of(ROOT)
    for notebook in launch.notebooks():
        link = urllib.parse.urlsplit(launch.hub(address, notebook, "https://hub.example.org"))
        assert (link.netloc, link.path) == ("hub.example.org", "/hub/user-redirect/git-pull")
        query = urllib.parse.parse_qs(link.query, strict_parsing=True)
        assert sorted(query) == ["branch", "repo", "urlpath"]
        assert query["repo"] == [address]
        folder, path = re.fullmatch(r"lab/tree/([^/]+)/(.+)", query["urlpath"][0]).groups()
        assert folder == address.rstrip("/").split("/")[-1]
        assert (ROOT / path).exists()


def test_every_chapter_has_its_links_and_a_fork_has_its_own(tmp_path):
    for name in ("_config.yml", "_toc.yml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "chapters").mkdir()
    for path in (ROOT / "chapters").glob("[0-9]*.*"):
        (tmp_path / "chapters" / path.name).write_bytes(path.read_bytes())
    here = launch.table("https://hub.example.org", root=tmp_path)
    config = (tmp_path / "_config.yml").read_text(encoding="utf-8")
    fork = config.replace(repository.address_of(ROOT), "https://github.com/somebody/a-fork")
    (tmp_path / "_config.yml").write_text(fork, encoding="utf-8")
    there = launch.table("https://hub.example.org", root=tmp_path)
    chapters = len(launch.notebooks())
    assert len(here.splitlines()) == len(there.splitlines()) == chapters + 2
    assert there.count("mybinder.org/v2/gh/somebody/a-fork/main?") == chapters
    assert there.count("github/somebody/a-fork/blob/main/chapters/") == chapters
    assert there.count("urlpath=lab%2Ftree%2Fa-fork%2Fchapters") == chapters
    owner_and_name = "/".join(repository.address_of(ROOT).split("/")[-2:])
    assert owner_and_name not in there
    assert "hub.example.org" not in launch.table(root=tmp_path)


def test_the_links_are_those_of_the_pages_own_buttons():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert config["repository"]["branch"] == launch.BRANCH
    for notebook in launch.notebooks():
        assert launch.binder("https://github.com/a/b", notebook).startswith(config["launch_buttons"]["binderhub_url"])
        assert launch.colab("https://github.com/a/b", notebook).startswith(config["launch_buttons"]["colab_url"])


@pytest.mark.parametrize("argv", [[], ["hub.example.org"], ["https://hub.example.org", "more"]])
def test_a_wrong_call_for_links_says_what_is_right(argv):
    assert launch.main(argv) == "usage: launch.py https://hub.example.org"


# The image


def lines(*path):
    return [line.partition("#")[0].strip() for line in ROOT.joinpath(*path).read_text(encoding="utf-8").splitlines()]


def test_the_image_has_the_books_versions_and_no_tools():
    everything = set(lines("requirements.txt"))
    image = [line for line in lines("binder", "requirements.txt") if line]
    assert image[-1] == "."  # not -e: a home folder mounted over the sources would hide them
    names = [re.match(r"[\w-]+", line)[0] for line in image[:-1]]
    assert names == ["tensorflow-cpu", "tensorflow", "keras", "numpy", "matplotlib", "nbgitpuller"]
    assert [line for line in image[:-1] if line not in everything and not line.startswith("nbgitpuller==")] == []


def test_the_image_has_all_that_the_chapters_import():
    there = {"tensorflow", "keras", "numpy", "matplotlib", "transpose_conv", *sys.stdlib_module_names}
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        for cell in code_cells(nbformat.read(path, as_version=4)):
            for node in ast.walk(ast.parse(without_magics(cell.source))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module] if isinstance(node, ast.ImportFrom) else []
                missing = {name.split(".")[0] for name in names} - there
                assert not missing, f"{path.name}: binder/requirements.txt does not install {missing}"


def test_the_images_python_is_one_that_the_book_runs_on():
    (runtime,) = lines("binder", "runtime.txt")
    minor = int(re.fullmatch(r"python-3\.(\d+)", runtime)[1])
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    oldest, after_newest = map(int, re.fullmatch(r">=3\.(\d+),<3\.(\d+)", wanted).groups())
    assert oldest <= minor < after_newest


def test_the_trial_is_pinned_to_what_the_image_and_the_tasks_name():
    pins = dict(line.split("==") for line in lines("course", "hub", "requirements-hub.txt") if line)
    assert sorted(pins) == ["configurable-http-proxy", "jupyterhub", "jupyterlab", "nbgitpuller"]
    assert pins["jupyterlab"] == tasks.JUPYTERLAB
    assert f"nbgitpuller=={pins['nbgitpuller']}" in lines("binder", "requirements.txt")


# The trial, as far as it goes without a hub


def configured(folder):
    """What the configuration of a trial's hub sets, by name."""
    hub = hub_trial.Hub(folder, folder / "environment")
    found = {}

    class Section:
        def __init__(self, name):
            self.__dict__["name"] = name

        def __setattr__(self, option, value):
            found[f"{self.__dict__['name']}.{option}"] = value

    class Sections:
        def __getattr__(self, name):
            return Section(name)

    exec(hub_trial.configuration(hub), {"c": Sections()})
    return hub, found


def test_the_trials_hub_is_on_the_loopback_and_lets_nobody_in(tmp_path):
    hub, found = configured(tmp_path)
    assert found["JupyterHub.authenticator_class"] == "null"
    assert found["JupyterHub.hub_ip"] == found["Spawner.ip"] == "127.0.0.1"
    for name in ("JupyterHub.bind_url", "ConfigurableHTTPProxy.api_url"):
        assert urllib.parse.urlsplit(found[name]).hostname == "127.0.0.1"
    assert found["ConfigurableHTTPProxy.should_start"] is False
    addresses = {urllib.parse.urlsplit(v).port for v in map(str, found.values()) if v.startswith("http:")}
    assert addresses | {found["JupyterHub.hub_port"]} == set(hub.ports)
    assert len(set(hub.ports)) == 3
    assert found["JupyterHub.services"] == [{"name": "trial", "api_token": hub.token}]


def test_no_two_trials_have_the_same_secrets(tmp_path):
    (one, first), (other, second) = configured(tmp_path), configured(tmp_path)
    assert len({one.token, other.token, one.mark, other.mark}) == 4
    assert first["ConfigurableHTTPProxy.auth_token"] != second["ConfigurableHTTPProxy.auth_token"]
    assert len(one.token) == 64


def output(kind, **fields):
    return nbformat.v4.new_output(kind, **fields)


def test_printed_texts_are_compared_and_notices_and_pictures_are_not():
    stored = [output("stream", name="stdout", text="a\nb\n"), output("execute_result", data={"text/plain": "5"})]
    fresh = [
        output("stream", name="stderr", text="WARNING: a notice"),
        output("stream", name="stdout", text="a\n"),
        output("stream", name="stdout", text="b\n"),
        output("execute_result", data={"text/plain": "5", "image/png": "..."}),
    ]
    assert hub_trial.printed(stored) == hub_trial.printed(fresh)


@pytest.mark.parametrize(
    ("kind", "key"), [("error", {"evalue": "6"}), ("error", {"ename": "TypeError"}), ("execute_result", {"data": "6"})]
)
def test_another_error_and_another_result_are_found(kind, key):
    def made(**fields):
        if kind == "error":
            return output(kind, **{"ename": "ValueError", "evalue": "5", "traceback": [], **fields})
        return output(kind, data={"text/plain": fields.get("data", "5")})

    assert hub_trial.printed([made(**key)]) != hub_trial.printed([made()])
    assert hub_trial.printed([made()]) == hub_trial.printed([made()])


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [output("stream", name="stdout", text="6\n")],
        [output("stream", name="stdout", text="5\n")] * 2,
        [output("execute_result", data={"text/plain": "5\n"})],
        [output("error", ename="ValueError", evalue="5", traceback=[])],
    ],
)
def test_what_is_printed_otherwise_is_found(wrong):
    assert hub_trial.printed(wrong) != hub_trial.printed([output("stream", name="stdout", text="5\n")])


@pytest.mark.posix
def test_what_a_trial_started_is_ended_and_nothing_else():
    marks = ["one-trial", "another"]
    command = [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"]
    processes = [
        subprocess.Popen(command, env={**os.environ, hub_trial.MARK: mark}, stdout=subprocess.PIPE) for mark in marks
    ]
    try:
        for process in processes:
            process.stdout.readline()
        hub_trial.end_all("one-trial")
        assert processes[0].wait(10) is not None
        assert processes[1].poll() is None
        assert hub_trial.marked("one-trial") == []
    finally:
        for process in processes:
            process.kill()
            process.wait()
            process.stdout.close()


@pytest.mark.posix
def test_a_hub_that_does_not_start_says_why_and_leaves_nothing(tmp_path):
    programs = {
        "proxy.py": "import sys, socket, time\n"
        "server = socket.create_server(('127.0.0.1', int(sys.argv[sys.argv.index('--api-port') + 1])))\ntime.sleep(600)\n",
        "configurable-http-proxy": f"#!/bin/sh\nexec '{sys.executable}' '{tmp_path}/environment/bin/proxy.py' \"$@\"\n",
        "jupyterhub": "#!/bin/sh\nsleep 600 &\necho the database is locked\nexit 1\n",
    }
    for name, text in programs.items():
        program = tmp_path / "environment" / "bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
    hub = hub_trial.Hub(tmp_path, tmp_path / "environment")
    with pytest.raises(SystemExit, match=r"^the hub did not start:\nthe database is locked$"), hub:
        pass
    assert hub_trial.marked(hub.mark) == []


@pytest.mark.posix
def test_the_trial_says_how_to_get_a_hub(tmp_path):
    with pytest.raises(SystemExit, match=r"^there is no JupyterHub: `python3 tasks.py hub` installs it$"):
        hub_trial.Hub(tmp_path, tmp_path / "nowhere").__enter__()


def test_the_trial_fails_where_a_student_sees_something_else(capsys):
    accounts = types.SimpleNamespace(
        of_student=lambda name: 1000.0, of_server=lambda name: 100.0, peak=2**30, processor_seconds=9.0, limit=2**31
    )
    one = {"server": 1.0, "cells": 2.0, "mismatches": [], "compared": 20}
    path = Path("01-two-answers.ipynb")
    assert not hub_trial.report(path, {"student-01": one}, accounts, None)
    assert hub_trial.report(path, {"student-01": one, "student-02": {**one, "mismatches": ["01-007"]}}, accounts, None)
    last = capsys.readouterr().out.splitlines()[-1]
    assert "2 students ran 01-two-answers at the same time" in last
    assert "1 of 40 compared cells differ" in last


def test_the_trial_fails_where_a_server_takes_more_than_the_sizes_allow(capsys):
    accounts = types.SimpleNamespace(
        of_student=lambda name: 1000.0,
        of_server=lambda name: capacity.SERVER_MB + 1.0,
        peak=0,
        processor_seconds=0.0,
        limit=0,
    )
    one = {"server": 1.0, "cells": 2.0, "mismatches": [], "compared": 20}
    assert hub_trial.report(Path("01-two-answers.ipynb"), {"student-01": one}, accounts, None)
    assert f"more than the {capacity.SERVER_MB} of tools/capacity.py" in capsys.readouterr().out
