"""Write the links that start a chapter with one click: on Binder, on Colab, and on a JupyterHub with nbgitpuller.

`python tools/launch.py https://hub.example.org` prints them for a hub. `course/room.md` shows the same table for the
two that need no hub, and the form of the third. The repository's address is the one of `_config.yml`.
"""

import re
import sys
import urllib.parse
from pathlib import Path

import yaml

import repository

ROOT = Path(__file__).resolve().parent.parent
BRANCH = "main"
NO_HUB = "https://HUB_NOT_SET"


def main(argv):
    """Print the table of links for a hub."""
    if len(argv) != 1 or not re.fullmatch(r"https?://[\w.:-]+(/[\w./-]*)?", argv[0]):
        return "usage: launch.py https://hub.example.org"
    print(table(argv[0].rstrip("/")))
    return 0


def notebooks(root=ROOT):
    """Return the chapters that have a notebook, in the order of the book."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    files = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    return [file for file in files if (root / file).with_suffix(".ipynb").exists()]


def binder(address, notebook):
    """Return the link that opens a notebook on Binder."""
    owner_and_name = "/".join(address.split("/")[-2:])
    return f"https://mybinder.org/v2/gh/{owner_and_name}/{BRANCH}?urlpath=lab/tree/{notebook}.ipynb"


def colab(address, notebook):
    """Return the link that opens a notebook on Colab."""
    owner_and_name = "/".join(address.split("/")[-2:])
    return f"https://colab.research.google.com/github/{owner_and_name}/blob/{BRANCH}/{notebook}.ipynb"


def hub(address, notebook, hub_address):
    """Return the link that brings the repository into a student's folder on a hub, or up to date there, and opens it.

    nbgitpuller keeps what the student has changed, and brings what has changed in the repository.
    """
    name = address.rstrip("/").split("/")[-1]  # the folder that nbgitpuller makes
    query = {"repo": address, "branch": BRANCH, "urlpath": f"lab/tree/{name}/{notebook}.ipynb"}
    return f"{hub_address}/hub/user-redirect/git-pull?{urllib.parse.urlencode(query)}"


def table(hub_address=None, root=ROOT):
    """Write a row of links for each chapter, in Markdown; with those to a hub if there is one."""
    address = repository.address_of(root)
    lines = [
        f"| chapter | Binder | Colab |{' hub |' if hub_address else ''}",
        f"|---|---|---|{'---|' if hub_address else ''}",
    ]
    for notebook in notebooks(root):
        cells = [
            title(root / f"{notebook}.md"),
            f"[Binder]({binder(address, notebook)})",
            f"[Colab]({colab(address, notebook)})",
        ]
        if hub_address:
            cells.append(f"[hub]({hub(address, notebook, hub_address)})")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def form(root=ROOT):
    """Write the link to a hub for the first chapter, as a block to copy, with the hub's name left open."""
    return f"```text\n{hub(repository.address_of(root), notebooks(root)[0], NO_HUB)}\n```"


def title(text):
    """Read a chapter's title."""
    return re.search(r"(?m)^# (.+)$", text.read_text(encoding="utf-8"))[1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
