"""Execute the calls of `errors.json`, and print as JSON what each environment says, with the versions that said it.

Run with the name of an environment, each in a process of its own, as Keras' backend and oneDNN are chosen when a
process starts. Without a name, everything is executed, and texts and versions are written into `errors.json` anew.
"""

import contextlib
import importlib.util
import io
import json
import linecache
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

CATALOGUE = Path(__file__).parent.parent / "src" / "transpose_conv" / "errors.json"
ENVIRONMENTS = {  # name: packages, variables, and by what names the page calls the programs that run there
    "without onednn": (
        ("keras", "tensorflow"),
        {"TF_ENABLE_ONEDNN_OPTS": "0"},
        ("TensorFlow {tensorflow}, oneDNN off", "Keras {keras} on TensorFlow {tensorflow}, oneDNN off"),
    ),
    "with onednn": (
        ("keras", "tensorflow"),
        {"TF_ENABLE_ONEDNN_OPTS": "1"},
        ("TensorFlow {tensorflow}, oneDNN on", "Keras {keras} on TensorFlow {tensorflow}, oneDNN on"),
    ),
    "jax": (("keras", "jax"), {"KERAS_BACKEND": "jax"}, ("JAX {jax}", "Keras {keras} on JAX {jax}")),
    "torch": (("keras", "torch"), {"KERAS_BACKEND": "torch"}, ("PyTorch {torch}", "Keras {keras} on PyTorch {torch}")),
    "onnx": (
        ("onnx", "onnxruntime"),
        {},
        ("ONNX Runtime {onnxruntime}", "ONNX {onnx}, the reference evaluator"),
    ),
}
CHANGING = {  # what is another number in the next run, or on the next machine
    r"__inference_(\w+?)_\d+": r"__inference_\1_0",
    r"\(callsite[^\n]*": "(...))",
    r"(value=)\[\[\[\[.*": r"\1[...]",
    r'(File ")[^"\n]*site-packages': r"\1.../site-packages",
    r'(?:  File "[^"\n]*errors_run\.py", line \d+, in [^\n]*\n\n)+': "",  # whoever calls the call
    r"\x1b\[[0-9;]*m": "",
}


def bare(name):
    """Return the name of a program without versions."""
    return re.sub(r" (?:\d+(?:\.\w+)+|\{\w+\})", "", name)


PLACES = {bare(name): environment for environment, (_, _, names) in ENVIRONMENTS.items() for name in names}


def installed(environment):
    return all(importlib.util.find_spec(package) for package in ENVIRONMENTS[environment][0])


def calls(environment):
    """Yield every call of the catalogue that belongs to an environment, once."""
    yielded = set()
    for kind in json.loads(CATALOGUE.read_text(encoding="utf-8")):
        for seen in kind["seen"]:
            places = {PLACES[bare(name)] for name in (*seen["with"], *seen.get("passes", ()))} if "call" in seen else ()
            if seen["how"] == "executed" and environment in places and seen["call"] not in yielded:
                yielded.add(seen["call"])
                yield seen["call"]


def stable(text):
    """Replace what changes from run to run."""
    for pattern, constant in CHANGING.items():
        text = re.sub(pattern, constant, text, flags=re.DOTALL if "value" in pattern else 0)
    return text.strip()


def said(call):
    """Execute a call in an empty folder, as a file of its own; return the error's name and text, None if there is none."""
    if "keras" in sys.modules:  # layers are numbered from 0, as in a reader's first try
        sys.modules["keras"].utils.clear_session(free_memory=False)
    Path("question.py").write_text(call + "\n", encoding="utf-8")
    linecache.clearcache()  # errors quote the file
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(call + "\n", "question.py", "exec"), {"__name__": "__main__"})
    except Exception as error:
        text = str(error).replace(os.getcwd() + os.sep, "")
        return stable(f"{type(error).__name__}: {text}" if text else type(error).__name__)
    return None


def record(environment):
    """Return the names with versions of the programs of this environment, and what every call gives."""
    packages, _, names = ENVIRONMENTS[environment]
    distributions = {"tensorflow": ("tensorflow_cpu", "tensorflow")}
    versions = {package: version_of(distributions.get(package, (package,))) for package in packages}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        texts = [[call, said(call)] for call in calls(environment)]
    return {"names": [name.format(**versions) for name in names], "texts": texts}


def version_of(distributions):
    for name in distributions:
        with contextlib.suppress(ImportError):
            return version(name).partition("+")[0]
    raise ImportError(distributions)


def in_own_process(environment):
    """Return the record of an environment, made in a process with its variables."""
    variables = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONHASHSEED": "0", **ENVIRONMENTS[environment][1]}
    command = [sys.executable, __file__, environment]
    return json.loads(subprocess.run(command, env=variables, stdout=subprocess.PIPE, text=True, check=True).stdout)


def main():
    """Write down anew what is said today."""
    with ThreadPoolExecutor(2) as pool:
        records = dict(zip(ENVIRONMENTS, pool.map(in_own_process, ENVIRONMENTS)))
    names = {bare(name): name for one in records.values() for name in one["names"]}
    texts = {environment: dict(one["texts"]) for environment, one in records.items()}
    kinds = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    for kind in kinds:
        for seen in (seen for seen in kind["seen"] if seen["how"] == "executed"):
            today = {texts[PLACES[bare(name)]][seen["call"]] for name in seen["with"]}
            if len(today) != 1 or None in today:
                raise SystemExit(f"{kind['id']}: to be edited by hand, as {seen['with']} now say {today}")
            seen["text"] = today.pop()
            for which in ("with", "passes"):
                if which in seen:
                    seen[which] = [names[bare(name)] for name in seen[which]]
    CATALOGUE.write_text(json.dumps(kinds, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        print(json.dumps(record(sys.argv[1])))
