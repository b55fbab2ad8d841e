"""The repository's address: it stands in `_config.yml`, and from there is brought wherever else it is needed.

`python3 tasks.py address URL` sets it, `python3 tasks.py address` brings the one of `_config.yml` everywhere.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Where the address is needed, and what stands around it there. The first is the place that rules.
PLACES = {
    "_config.yml": r"(?m)^  url: (\S+)",
    "pyproject.toml": r'(?m)^Repository = "([^"]+)"',
    "CITATION.cff": r'(?m)^repository-code: "([^"]+)"',
    "README.md": r"\(([^\s)]+)\)<!-- repository -->",
    "chapters/[0-9]*.md": r"%pip install --quiet git\+(\S+)",
    "chapters/[0-9]*.ipynb": r"%pip install --quiet git\+([^\s\"\\]+)",
    "course/assignments/[0-9]*.md": r"%pip install --quiet git\+(\S+)",
    "course/assignments/source/*/*.ipynb": r"%pip install --quiet git\+([^\s\"\\]+)",
}
SITE_PLACES = {"_config.yml": r"(?m)^  baseurl: (\S+)", "README.md": r"\(([^\s)]+)\)<!-- site -->"}


def main(argv):
    """Set the address to the one given, or spread the one that `_config.yml` has."""
    if len(argv) > 1 or (argv and not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", argv[0])):
        return "usage: tasks.py address [https://github.com/OWNER/NAME]"
    address = argv[0] if argv else address_of(ROOT)
    changed = spread(ROOT, address)
    print(f"{address} stands everywhere; changed: {', '.join(changed) or 'nothing'}")
    return 0


def address_of(root):
    """Read the address that rules."""
    return re.search(PLACES["_config.yml"], (root / "_config.yml").read_text(encoding="utf-8"))[1]


def site_of(address):
    """Say where GitHub's Pages show the book of a repository."""
    owner, name = address.split("/")[-2:]
    return f"https://{owner}.github.io/{name}/"


def found(root, address):
    """Yield for each place its file, its pattern, what should stand there, and what does."""
    for places, wanted in ((PLACES, address), (SITE_PLACES, site_of(address))):
        for glob, pattern in places.items():
            for path in sorted(root.glob(glob)):
                yield path, pattern, wanted, re.findall(pattern, path.read_text(encoding="utf-8"))


def spread(root, address):
    """Write the address to all places and return the names of the files that changed."""
    changed = {}
    for path, pattern, wanted, there in found(root, address):
        if set(there) - {wanted}:
            text = path.read_text(encoding="utf-8")
            new = re.sub(pattern, lambda match: match[0].replace(match[1], wanted), text)  # noqa: B023
            path.write_text(new, encoding="utf-8", newline="\n")
            changed[path.relative_to(root).as_posix()] = True
    return list(changed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
