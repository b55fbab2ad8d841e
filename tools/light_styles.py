"""One stylesheet for all pages, without the rules that no page can use.

The theme's styles are those of a whole framework. A rule is kept if every class and every id in its selector is a word
of a page or of a script (so that what a script adds is styled too); rules without class and id are all kept.
"""

import posixpath
import re

STRING = r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\''
TOKEN = re.compile(rf"{STRING}|/\*.*?\*/|url\(\s*(?:{STRING}|[^)\"']*)\s*\)|[{{}};]", re.DOTALL)
NAME = re.compile(r"[.#]((?:\\.|[\w-])+)")
GROUPS = ("@media", "@supports", "@container", "@layer")


def merged(folder, names, words):
    """Join the stylesheets of a folder, with what they import, and drop what no page can use.

    Parameters
    ----------
    folder : path
        Where they are, and where the result is to be: addresses in it are relative to this folder.
    names : sequence of str
        Their paths in it, in the order in which a page has them.
    words : set of str
        What pages and scripts are written with.

    Returns
    -------
    str
        With the notices of licences (``/*! ... */``) at its start.
    """
    text = "".join(read(folder, name) for name in names)
    notices = dict.fromkeys(re.findall(r"/\*!.*?\*/", text, re.DOTALL))
    return "\n".join([*notices, without_idle_frames(used(without_comments(text), words))])


def without_comments(text):
    """Drop comments; what looks like one in a string stays."""
    return re.sub(rf"({STRING})|/\*.*?\*/", lambda match: match[1] or "", text, flags=re.DOTALL)


def read(folder, name):
    """Read a stylesheet with what it imports; addresses in it become relative to the folder."""
    place = posixpath.dirname(name)

    def address(match):
        path = match[2].strip("\"'")
        return (
            match[0]
            if re.match(r"data:|https?:|#|/", path)
            else f"url({posixpath.normpath(posixpath.join(place, path))})"
        )

    text = (folder / name).read_text(encoding="utf-8")
    text = re.sub(rf"(url\()\s*({STRING}|[^)\"']*)\s*\)", address, text)
    imported = r"@import\s+[\"']([^\"']+)[\"']\s*;"
    return (
        re.sub(imported, lambda match: read(folder, posixpath.normpath(posixpath.join(place, match[1]))), text) + "\n"
    )


def rules(text):
    """Yield each rule of a stylesheet as what stands before its braces and what stands in them, None without braces."""
    depth, start, opened = 0, 0, 0
    for match in TOKEN.finditer(text):
        if match[0] == "{":
            depth += 1
            opened = match.end() if depth == 1 else opened
        elif match[0] == "}":
            depth -= 1
            if depth == 0:
                yield text[start : opened - 1].strip(), text[opened : match.start()]
                start = match.end()
        elif match[0] == ";" and depth == 0:
            yield text[start : match.end()].strip(), None
            start = match.end()
    if text[start:].strip() or depth:
        raise ValueError(f"a stylesheet ends within a rule: {text[start : start + 80]!r}")


def used(text, words):
    """Keep the rules that a page or a script could use."""
    kept = []
    for prelude, body in rules(text):
        if body is None:
            kept.append(prelude)
        elif prelude.startswith(GROUPS):
            inner = used(body, words)
            kept.append(f"{prelude}{{{inner}}}" if inner else "")
        elif prelude.startswith("@"):
            kept.append(f"{prelude}{{{body}}}")
        else:
            selectors = [one for one in split(prelude) if usable(one, words)]
            kept.append(f"{','.join(selectors)}{{{body}}}" if selectors else "")
    return "\n".join(filter(None, kept))


def split(selectors):
    """Cut a list of selectors at its commas, not at those in brackets."""
    parts = re.findall(r"(?:\\.|\[[^\]]*\]|\((?:[^()]|\([^()]*\))*\)|[^,])+", selectors)
    return [part.strip() for part in parts]


def usable(selector, words):
    """Whether every class and id that a selector asks for is known; what it excludes or offers as a choice may be unknown."""
    asked = re.sub(r"\[[^\]]*\]", "", re.sub(r":(?:not|is|where)\((?:[^()]|\([^()]*\))*\)", "", selector))
    return all(re.sub(r"\\(.)", r"\1", name) in words for name in NAME.findall(asked))


def without_idle_frames(text):
    """Drop movements that no rule names any more."""
    frames = {prelude.split()[1]: f"{prelude}{{{body}}}" for prelude, body in rules(text) if "keyframes" in prelude}
    for name, rule in frames.items():
        if not re.search(rf"animation[\w-]*:[^;}}]*\b{re.escape(name)}\b", text):
            text = text.replace(rule, "")
    return text


def plain_tokens(text):
    """Return the classes of code that have no other look than all code has, in light and in dark."""
    look = re.compile(r'html\[data-theme="(\w+)"\] \.highlight(?: \.(\w+))?$')
    seen, plain, base = {}, {}, {}
    for prelude, body in rules(text):
        for selector in split(prelude) if body is not None and ".highlight" in prelude else ():
            if match := look.fullmatch(selector):
                colour = re.search(r"(?<!-)\bcolor:\s*([^;]+?)\s*(?:;|$)", body)
                if match[2] is None:
                    base[match[1]] = colour and colour[1]
                elif re.fullmatch(r"\s*color:[^;]*;?\s*", body):
                    plain.setdefault(match[2], {})[match[1]] = colour[1]
            for name in re.findall(r"\.highlight \.(\w+)", selector):
                seen[name] = seen.get(name, 0) + 1
    return {name for name, colours in plain.items() if colours == base and seen[name] == len(base) > 0}
