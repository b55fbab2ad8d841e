"""Executes the chapters with oneDNN on and off, on one thread and on two, and says which outputs are not the same.

`python3 tasks.py settings` calls this. The snapshots are made with oneDNN off and on as many threads as there are; a reader has
oneDNN on, and sums floats in another order. What the chapters print has to be the same all the same.
"""

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ONEDNN = {"off": "0", "on": "1"}
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def settings():
    """Return the name of each setting, with its variables as `kernel_environment` reads them."""
    return {
        f"oneDNN {onednn}, threads {threads}": " ".join(
            f"{name}={value}"
            for name, value in {"TF_ENABLE_ONEDNN_OPTS": ONEDNN[onednn], **dict.fromkeys(THREADS, threads)}.items()
        )
        for onednn, threads in itertools.product(ONEDNN, (1, 2))
    }


def compared(variables):
    """Execute and compare the chapters under some variables; return pytest's last line, and a line for each difference."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "chapters"]
    told = {**os.environ, "KERNEL_SETTINGS": variables}
    said = subprocess.run(command, cwd=ROOT, env=told, stdout=subprocess.PIPE, text=True, check=False).stdout
    lines = said.strip().splitlines()
    return lines[-1], [line for line in lines if re.match("FAILED|ERROR", line)]


def main():
    """Try all settings; the exit status is 1 if any of them prints something else."""
    failed = 0
    for name, variables in settings().items():
        last, differences = compared(variables)
        same = not differences and re.search(r"\d+ passed", last) and "error" not in last
        print("\n".join([f"{name}: {last.strip('= ')}", *differences]), flush=True)
        failed += not same
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
