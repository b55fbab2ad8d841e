"""Measure what each chapter's notebook takes, and work out from that how large a hub has to be.

`python3 tasks.py capacity` executes the notebooks, one at a time, and writes `course/capacity.json`. The tables of
`course/room.md` and the limits of `course/hub/values.yaml` come from that file; a test holds the three together.

A notebook is measured as a student's server would run it (`STUDENT`): TensorFlow as people have it, with oneDNN, and
as many threads as a student may use cores. Left to itself TensorFlow takes a thread for each core of the node, which a
student shares with others, and memory for each of them.
"""

import argparse
import datetime as dt
import json
import math
import os
import platform
import re
import sys
import threading
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import psutil
from nbclient import NotebookClient

import kernel_environment
import offline
from run_notebooks import TIMEOUT, chosen_texts, read_text, replace

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "course" / "capacity.json"

CPU_LIMIT = 2  # cores that one student may use at a time
STUDENT = {  # the environment of a student's server: measured with it here, and set in values.yaml
    "OMP_NUM_THREADS": str(CPU_LIMIT),
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_NUM_INTEROP_THREADS": str(CPU_LIMIT),
    "TF_NUM_INTRAOP_THREADS": str(CPU_LIMIT),
}
PACKAGES = ("keras", "matplotlib", "numpy", "tensorflow")
EVERY = 0.1  # seconds between two looks at the memory
HOW = (
    "resident memory of the kernel and its children together, ten times a second, with what they share of libraries "
    "counted once; never less than the kernel's own high-water mark"
)

# What the sizes are worked out with, beside the measurements.
SERVER_MB = 256  # JupyterLab's own process, one a student; `tasks.py hub` measures it, and fails if it is more
STEP_MB = 256  # limits are rounded up to this
RUNS = 3  # how often a student runs everything in the time that the chapter takes
NODE_CORES, NODE_MB = 8, 32 * 1024
SYSTEM_CORES, SYSTEM_MB = 0.5, 4096  # of each node, for the cluster's own work
HUB_CORES, HUB_MB = 1, 2048  # once: hub, proxy, scheduler
MOST_A_NODE = 100  # Kubernetes runs at most 110 pods on a node unless told otherwise; the cluster has some of its own
IMAGE_BASE_MB = 3072  # assumed, not measured: what repo2docker puts under the book's packages


def main(argv=None):
    """Measure the chapters that are asked for, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="NN", action="append", help="a chapter's number or name; may be repeated")
    arguments = parser.parse_args(argv)
    kernel_environment.prepare()
    os.environ.pop("TF_ENABLE_ONEDNN_OPTS", None)  # the book is executed without oneDNN, students run with it
    os.environ.update(STUDENT)
    found = recorded()["chapters"] if arguments.only and RECORD.exists() else {}
    for text in chosen_texts(arguments.only):
        found[text.stem] = measure(text)
        print(f"{text.stem:<24}{describe(found[text.stem])}", flush=True)
    there = {text.stem for text in chosen_texts(None)}
    chapters = {name: found[name] for name in sorted(found) if name in there}
    record = {"chapters": chapters, "measured": circumstances(), "packages_mb": packages_mb()}
    replace(RECORD, (json.dumps(record, indent=2, sort_keys=True) + "\n").encode())
    student = needs(record)
    print(
        f"{RECORD.relative_to(ROOT).as_posix()} has {len(record['chapters'])} chapters; a student is guaranteed "
        f"{student['memory_guarantee_mb']} MB and {student['cpu_guarantee']} of a core. "
        "Bring these into course/hub/values.yaml."
    )


def recorded():
    """Read the measurements."""
    return json.loads(RECORD.read_text(encoding="utf-8"))


def describe(chapter):
    """Say in a line what a notebook took."""
    return f"{chapter['peak_mb']} MB, {chapter['processor_seconds']} processor seconds"


def circumstances():
    """Say what a measurement depends on, without naming the machine."""
    return {
        "cores": os.cpu_count(),
        "date": dt.date.today().isoformat(),
        "environment": STUDENT,
        "machine": platform.machine(),
        "memory": HOW,
        "python": platform.python_version(),
        "system": platform.system(),
        "versions": {name: installed(name) for name in PACKAGES},
    }


def installed(name):
    """Return a package's version; TensorFlow's has two names."""
    try:
        return version(name)
    except PackageNotFoundError:
        return version(name + "-cpu")


def packages_mb():
    """Add up what the packages that the notebooks need take on the disk, rounded up to 100 MB; Jupyter's own aside."""
    system = {"darwin": "macos", "win32": "windows"}.get(sys.platform, "linux")
    size = 0
    for pin in offline.wheels(system, f"{sys.version_info[0]}.{sys.version_info[1]}"):
        try:
            files = distribution(pin.split("==")[0]).files or []
        except PackageNotFoundError:  # JupyterLab and what it needs are not in .venv
            continue
        paths = [Path(file.locate()) for file in files]
        size += sum(path.stat().st_size for path in paths if path.suffix != ".pyc" and path.is_file())
    return round_up(size / 2**20, 100)


# Measuring


def measure(text):
    """Execute a chapter in a kernel of its own, from its start to its last cell, and say what that took.

    Parameters
    ----------
    text : Path
        The chapter's text; its stored snapshot is neither read nor written.

    Returns
    -------
    dict
        ``peak_mb``, the most memory at once, rounded up to 10 MB; ``processor_seconds``, of all cores together and
        with the kernel's children; ``minutes``, which the chapter says it takes a reader. Not the time on the clock,
        which would tell more of what else the machine was doing.
    """
    notebook = read_text(text)
    client = NotebookClient(
        notebook, timeout=TIMEOUT, kernel_name="python3", resources={"metadata": {"path": str(text.parent)}}
    )
    with client.setup_kernel():
        watch = Watch(client.km.provisioner.pid)
        watch.start()
        try:
            for index, cell in enumerate(notebook.cells):
                client.execute_cell(cell, index)
        finally:
            watch.stop()
    return {
        "minutes": minutes(text),
        "peak_mb": round_up(watch.peak / 2**20, 10),
        "processor_seconds": round(watch.processor_seconds, 1),
    }


class Watch(threading.Thread):
    """Look at a process and all that it starts, until told to stop."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.process, self.ended = psutil.Process(pid), threading.Event()
        self.peak, self.processor_seconds = 0, 0.0

    def run(self):
        """Keep the largest of many looks."""
        while not self.ended.wait(EVERY):
            self.look()

    def look(self):
        """Keep the largest account of the tree."""
        memory, processor = account(tree(self.process))
        self.peak = max(self.peak, memory, high_water(self.process.pid))
        self.processor_seconds = max(self.processor_seconds, processor)

    def stop(self):
        """Look once more, at the end, and end."""
        self.ended.set()
        self.join()
        self.look()


def tree(process):
    """Return a process and its descendants; none if it has ended."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def children(process):
    """Return the processes that a process has started itself and that still run."""
    try:
        return process.children()
    except psutil.Error:
        return []


def account(processes):
    """Add up what some processes have in memory, in bytes, and the processor seconds they have had until now."""
    own, libraries, processor = 0, 0, 0.0
    for process in processes:
        try:
            processor += sum(process.cpu_times()[:4])  # user and system, its own and of the children it waited for
            of_files = from_files(process)
            own += process.memory_info().rss - of_files
        except (psutil.Error, OSError):  # it has just ended: its parent counts its processor time from now on
            continue
        libraries = max(libraries, of_files)
    return own + libraries, processor


def from_files(process):
    """Return how much of a process' memory are files, such as libraries, which others that use them share with it."""
    return status(process.pid, "RssFile")


def high_water(pid):
    """Return the most memory that a process has had at once."""
    return status(pid, "VmHWM")


def status(pid, name):
    """Return an entry of Linux' own account of a process, in bytes; 0 where there is none."""
    path = Path(f"/proc/{pid}/status")
    if not path.exists():
        return 0
    entry = re.search(rf"{name}:\s+(\d+) kB", path.read_text(encoding="utf-8"))
    return int(entry[1]) * 1024 if entry else 0


def minutes(text):
    """Read how many minutes a chapter says it takes; 0 for one that is looked things up in."""
    said = re.search(r"^- \*\*It takes\*\* (\d+) minutes", text.read_text(encoding="utf-8"), re.MULTILINE)
    return int(said[1]) if said else 0


# From measurements to sizes


def round_up(number, step):
    """Round up to a multiple of an int.

    >>> round_up(513, 256)
    768
    """
    return math.ceil(number / step) * step


def needs(record):
    """Work out what one student has to be given.

    Parameters
    ----------
    record : dict
        What `recorded` returns.

    Returns
    -------
    dict
        ``memory_guarantee_mb`` holds JupyterLab's server and the largest notebook; ``memory_limit_mb`` the two largest,
        since everybody forgets to close one. ``cpu_guarantee`` are the cores that run the busiest chapter `RUNS` times
        in the minutes it takes a reader, at least a tenth; ``cpu_limit`` is `CPU_LIMIT`.
    """
    chapters = record["chapters"].values()
    largest, second = sorted([0, *(chapter["peak_mb"] for chapter in chapters)], reverse=True)[:2]
    busy = max(c["processor_seconds"] * RUNS / (60 * c["minutes"]) for c in chapters if c["minutes"])
    return {
        "memory_guarantee_mb": round_up(SERVER_MB + largest, STEP_MB),
        "memory_limit_mb": round_up(SERVER_MB + largest + second, STEP_MB),
        "cpu_guarantee": max(0.1, math.ceil(busy * 20) / 20),
        "cpu_limit": CPU_LIMIT,
    }


def hub(record, students):
    """Work out a hub for a class: how many nodes, and how long the class waits when all start at once.

    Parameters
    ----------
    record : dict
        What `recorded` returns.
    students : int
        How many work at the same time.

    Returns
    -------
    dict
        ``nodes`` of `NODE_CORES` and `NODE_MB`, so many that every student gets what is guaranteed beside the hub's and
        the cluster's own work; with ``a_node``, the students that fit on one; ``cores`` and ``memory_gb`` of all nodes;
        ``all_at_once``: for each chapter the seconds until the last student has run all of it, if all begin at the
        same moment: the processor seconds of the class over the cores there are, but no less than a student takes who
        has a core alone. The wait for disks and for servers to start is not in it.
    """
    student = needs(record)
    cores, memory = NODE_CORES - SYSTEM_CORES, NODE_MB - SYSTEM_MB
    a_node = places(student, cores, memory)
    beside_hub = places(student, cores - HUB_CORES, memory - HUB_MB)
    nodes = 1 + math.ceil(max(0, students - beside_hub) / a_node)
    free = nodes * cores - HUB_CORES
    return {
        "students": students,
        "a_node": a_node,
        "nodes": nodes,
        "cores": nodes * NODE_CORES,
        "memory_gb": nodes * NODE_MB // 1024,
        "all_at_once": {
            name: math.ceil(c["processor_seconds"] * max(students / free, 1)) for name, c in record["chapters"].items()
        },
    }


def places(student, cores, memory):
    """Return how many students fit into so many cores and MB, with what each is guaranteed."""
    by_cores = (cores + 1e-9) / student["cpu_guarantee"]
    return int(min(by_cores, memory / student["memory_guarantee_mb"], MOST_A_NODE))


# The tables of course/room.md


def table():
    """Write the table of the chapters, in Markdown."""
    record = recorded()
    lines = ["| chapter | memory, MB | processor seconds |", "|---|---:|---:|"]
    for name, chapter in record["chapters"].items():
        numbers = chapter["peak_mb"], chapter["processor_seconds"]
        lines.append(f"| [](../chapters/{name}.ipynb) | {' | '.join(map(str, numbers))} |")
    return "\n".join([*lines, "", measured_with(record["measured"])])


def measured_with(measured):
    """Say in a sentence where the numbers come from."""
    names = {"keras": "Keras", "matplotlib": "matplotlib", "numpy": "NumPy", "tensorflow": "TensorFlow"}
    versions = ", ".join(f"{names[name]} {number}" for name, number in measured["versions"].items())
    return (
        f"Measured on {measured['date']} on {measured['cores']} cores ({measured['system']}, {measured['machine']}) with "
        f"Python {measured['python']}, {versions}: {measured['memory']}. oneDNN is on, as users have it, and "
        f"TensorFlow may use {CPU_LIMIT} threads, as a student of the hub may."
    )


def sizes_table(classes):
    """Write the table of the hubs, in Markdown: a column for each size of class in a string such as "30 300"."""
    record, students = recorded(), [int(number) for number in classes.split()]
    student, hubs = needs(record), [hub(record, number) for number in students]
    slowest = max(record["chapters"], key=lambda name: hubs[0]["all_at_once"][name])
    rows = {
        "memory that a student is guaranteed, MB": [student["memory_guarantee_mb"] for _ in hubs],
        "memory that a student may use, MB": [student["memory_limit_mb"] for _ in hubs],
        "cores that a student is guaranteed": [student["cpu_guarantee"] for _ in hubs],
        "cores that a student may use": [student["cpu_limit"] for _ in hubs],
        "students on a node": [one["a_node"] for one in hubs],
        "disk of a node for the image, GB": [math.ceil((record["packages_mb"] + IMAGE_BASE_MB) / 1024) for _ in hubs],
        f"**nodes of {NODE_CORES} cores and {NODE_MB // 1024} GB**": [f"**{one['nodes']}**" for one in hubs],
        "all run chapter 1 at once: seconds until the last is done, at least": [
            one["all_at_once"]["01-two-answers"] for one in hubs
        ],
        f"the same with the slowest, [](../chapters/{slowest}.ipynb)": [one["all_at_once"][slowest] for one in hubs],
    }
    lines = ["| students | " + " | ".join(map(str, students)) + " |", "|---|" + "---:|" * len(hubs)]
    lines += [f"| {name} | {' | '.join(map(str, numbers))} |" for name, numbers in rows.items()]
    return "\n".join([*lines, "", assumed(record)])


def assumed(record):
    """Say in a sentence what the sizes rest on that is not in the table of the chapters."""
    return (
        f"Worked out with {SERVER_MB} MB for JupyterLab's own process, everything run {RUNS} times in a lesson, "
        f"{SYSTEM_MB // 1024} GB and {SYSTEM_CORES} cores of each node for the cluster, {HUB_MB // 1024} GB and "
        f"{HUB_CORES} core for the hub. Of the image {record['packages_mb']} MB were measured, the book's packages; "
        f"{IMAGE_BASE_MB} MB are assumed, for what lies under them."
    )


if __name__ == "__main__":
    sys.exit(main())
