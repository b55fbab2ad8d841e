"""Execute the chapters: from the text `chapters/NN-slug.md` make the snapshot `chapters/NN-slug.ipynb`.

The same text gives the same bytes, every time: cell ids are numbered, metadata is reduced to what a reader's program
needs, nothing is timed. A snapshot is replaced in one step, and only after its whole chapter ran: a run that is
killed, or that fails, leaves the old one.
"""

import argparse
import base64
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import kernel_environment
from notebook_checks import CHAPTERS, in_step, outputs

AT_ONCE = 2
TIMED = ("09-",)  # chapters that time what they do: each runs alone
PUBLISHED = {"fig-four-stamps": "four-stamps.png"}  # figures that README.md shows too, as files of chapters/_static
TIMEOUT = 300  # seconds a cell


def main(argv=None):
    """Run the program; the exit status is 1 if a chapter failed, or with `--check` if one is out of date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="NN", action="append", help="a chapter's number or name; may be repeated")
    parser.add_argument("--check", action="store_true", help="execute nothing; say which snapshots are out of date")
    arguments = parser.parse_args(argv)
    texts = chosen_texts(arguments.only)
    if arguments.check:
        stale = [problem for text in texts for problem in in_step(text)]
        print("\n".join(stale) or f"{len(texts)} snapshots are in step with their texts.")
        return bool(stale)
    kernel_environment.prepare()
    started, progress = time.monotonic(), Progress()
    alone = [text for text in texts if text.name.startswith(TIMED)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ended_well = list(pool.map(lambda text: rewrite(text, progress), [text for text in texts if text not in alone]))
    ended_well += [rewrite(text, progress) for text in alone]
    print(f"{sum(ended_well)} of {len(texts)} chapters executed in {time.monotonic() - started:.0f} s.")
    return not all(ended_well)


def chosen_texts(only):
    """Return the chapters' texts, all of them or those whose names start as one of `only`."""
    texts = sorted(CHAPTERS.glob("[0-9][0-9]-*.md"))
    chosen = [text for text in texts if only is None or text.name.startswith(tuple(only))]
    if not chosen:
        sys.exit(
            f"no chapter is called {' or '.join(only or ['NN-slug'])}: there are {', '.join(t.stem for t in texts)}"
        )
    return chosen


def rewrite(text, progress):
    """Execute one chapter and replace its snapshot; return whether it ended well."""
    notebook = read_text(text)
    total = sum(cell.cell_type == "code" for cell in notebook.cells)
    progress.show(text.stem, 0, total)
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(text.parent)}},
        on_cell_executed=lambda cell, cell_index, execute_reply: progress.show(
            text.stem, sum(c.cell_type == "code" for c in notebook.cells[: cell_index + 1]), total
        ),
    )
    try:
        client.execute()
    except CellExecutionError as error:
        progress.line(f"{text.name} failed, its snapshot stays as it was:\n{error}")
        return False
    replace(text.with_suffix(".ipynb"), (nbformat.writes(reduced(notebook)) + "\n").encode())
    for cell, output in outputs(notebook):
        name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
        if name in PUBLISHED:
            picture = base64.b64decode(output["data"]["image/png"])
            replace(text.parent / "_static" / PUBLISHED[name], picture)
    return True


def read_text(text):
    """Read a chapter's text as a notebook that has not run."""
    notebook = jupytext.read(text, fmt="md:myst")
    for index, cell in enumerate(notebook.cells):
        cell.id = f"{text.name[:2]}-{index:03d}"
    return reduced(notebook)


def reduced(notebook):
    """Keep of a notebook's metadata what a reader's program needs: the kernel, the language and the pairing."""
    notebook.metadata = nbformat.from_dict(
        {
            "jupytext": {"formats": "ipynb,md:myst"},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def replace(path, content):
    """Write a file so that whoever looks sees the old one or the new one, whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class Progress:
    """A line for each chapter and tenth cell in a log; on a terminal, one line that is rewritten."""

    def __init__(self):
        self.live, self.lock, self.state = sys.stdout.isatty(), Lock(), {}

    def show(self, name, done, total):
        """Say that `done` of the `total` code cells of a chapter have run."""
        with self.lock:
            self.state[name] = done, total
            if self.live:
                at_work = {key: state for key, state in self.state.items() if state[0] < state[1] or key == name}
                line = "   ".join(f"{key} {done}/{total}" for key, (done, total) in at_work.items())
                print("\r" + line.ljust(90), end="\n" if done == total else "", flush=True)
            elif done % 10 == 0 or done == total:
                print(f"{name} {done}/{total}", flush=True)

    def line(self, text):
        """Say something that stays."""
        with self.lock:
            print(("\r" if self.live else "") + text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
