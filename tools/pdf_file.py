"""Reads and mends a PDF that Chromium has written: where links end, bookmarks, what book it is; and makes it half as large.

Chromium writes each object in plain text. Tens of thousands of them are tags for screen readers, which are packed here. It
writes a heading that begins a page twice into its bookmark, so the bookmarks get their words from the page of HTML. And
it writes the time of the clock, in whose place comes that of the last commit.
"""

import re
import zlib

PACKED = 200  # objects in a stream; PDF readers unpack a stream for each object that they need
HEADER = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"


class Pdf:
    """The objects of a PDF: number -> what stands between `obj` and `endobj`."""

    def __init__(self, made):
        table = made[int(re.search(rb"startxref\s+(\d+)\s+%%EOF\s*$", made)[1]) :]
        starts = [int(start) for start, kind in re.findall(rb"(\d{10}) \d{5} ([nf])", table)]
        ends = dict(zip(sorted(starts), [*sorted(starts)[1:], len(made)]))
        self.objects = {}
        for number, start in enumerate(starts[1:], 1):
            text = made[start : ends[start]]
            self.objects[number] = text[text.index(b"obj") + 3 : text.rindex(b"endobj")].strip(b"\r\n")
        self.root, self.info = (int(re.search(rb"/%b (\d+) 0 R" % name, table)[1]) for name in (b"Root", b"Info"))

    def follow(self, number, name):
        """Return the number of the object that an entry of another one names, or None where it has no such entry."""
        found = re.search(rb"/%b (\d+) 0 R" % name.encode(), self.objects[number])
        return found and int(found[1])

    def pages(self, number=None):
        """Return the numbers of the pages, in their order."""
        number = number or self.follow(self.root, "Pages")
        kids = re.search(rb"/Kids \[(.*?)\]", self.objects[number], re.DOTALL)
        return (
            [number]
            if kids is None
            else [page for kid in re.findall(rb"(\d+) 0 R", kids[1]) for page in self.pages(int(kid))]
        )

    def destinations(self):
        """Return on which page each named place is, counted from 1."""
        place = {page: count for count, page in enumerate(self.pages(), 1)}
        named = self.objects[self.follow(self.root, "Dests")]
        return {name.decode(): place[int(page)] for name, page in re.findall(rb"/([\w.-]+) \[(\d+) 0 R /XYZ", named)}

    def bookmarks(self):
        """Return the numbers of the bookmarks, in the order of the book."""
        found, waiting = [], [self.follow(self.follow(self.root, "Outlines"), "First")]
        while waiting:
            if number := waiting.pop():
                found.append(number)
                waiting += [self.follow(number, "Next"), self.follow(number, "First")]
        return found

    def name_bookmarks(self, titles):
        """Give the bookmarks their words, one for each heading of the page of HTML."""
        found = self.bookmarks()
        if len(found) != len(titles):
            raise ValueError(f"the PDF has {len(found)} bookmarks, and its page {len(titles)} headings")
        for number, title in zip(found, titles):
            before, _, after = re.split(rb"/Title (\((?:\\.|[^\\)])*\)|<[^>]*>)", self.objects[number], maxsplit=1)
            self.objects[number] = before + b"/Title " + text(title) + after

    def explain_tags(self):
        """Say what the tags of PDF 2 are for programs that know those of PDF 1 only."""
        tree = self.follow(self.root, "StructTreeRoot")
        self.objects[tree] = self.objects[tree].removesuffix(b">>") + b"\n/RoleMap <</Strong /Span /Em /Span>>>>"

    def number_cells(self):
        """Count the cells of tables from 1: Chromium names them by what its process had made before."""
        named = re.compile(rb"\(node(\d{8})\)")
        marked = {number: found for number, text in self.objects.items() if (found := set(named.findall(text)))}
        order = {name: count for count, name in enumerate(sorted(set().union(*marked.values())), 1)}
        for number in marked:
            self.objects[number] = named.sub(lambda match: b"(node%08d)" % order[match[1]], self.objects[number])

    def say(self, **what):
        """Say what book this is: its title, its authors, of which day."""
        self.objects[self.info] = b"<<%b>>" % b"\n".join(
            b"/%b %b" % (name.encode(), text(words)) for name, words in what.items()
        )

    def written(self):
        """Return the bytes of the PDF. What is no stream itself is packed into streams."""
        loose = {number: content for number, content in self.objects.items() if not content.endswith(b"endstream")}
        body, places = bytearray(HEADER), {}

        def add(number, content):
            places[number] = (1, len(body), 0)
            body.extend(b"%d 0 obj\n%b\nendobj\n" % (number, content))

        for number, content in self.objects.items():
            if number not in loose:
                add(number, content)
        free, numbers = max(self.objects) + 1, list(loose)
        for first in range(0, len(numbers), PACKED):
            group = numbers[first : first + PACKED]
            places |= {number: (2, free, index) for index, number in enumerate(group)}
            add(free, pack([(number, loose[number]) for number in group]))
            free += 1
        start = len(body)
        places |= {0: (0, 0, 65535), free: (1, start, 0)}
        rows = b"".join(
            kind.to_bytes(1) + where.to_bytes(4) + index.to_bytes(2)
            for _, (kind, where, index) in sorted(places.items())
        )
        entries = b"/Type /XRef /Size %d /W [1 4 2] /Root %d 0 R /Info %d 0 R" % (free + 1, self.root, self.info)
        body.extend(b"%d 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (free, stream(entries, rows), start))
        return bytes(body)


def pack(objects):
    """Make one stream of objects: first the number of each and where it begins, then the objects."""
    heads, contents = [], b""
    for number, content in objects:
        heads.append(b"%d %d" % (number, len(contents)))
        contents += content + b"\n"
    head = b" ".join(heads) + b"\n"
    return stream(b"/Type /ObjStm /N %d /First %d" % (len(objects), len(head)), head + contents)


def stream(entries, content):
    """Make a compressed stream."""
    small = zlib.compress(content, 9)
    return b"<<%b /Filter /FlateDecode /Length %d>>\nstream\n%b\nendstream" % (entries, len(small), small)


def text(words):
    """Write words as a PDF does: as they are where they are ASCII, otherwise as UTF-16."""
    if words.isascii():
        return b"(%b)" % re.sub(rb"([\\()])", rb"\\\1", words.encode())
    return b"<FEFF%b>" % words.encode("utf-16-be").hex().upper().encode()
