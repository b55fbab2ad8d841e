"""The index has what people look up, and every link of it leads to a heading; the bibliography's entries are cited."""

import html
import re
from pathlib import Path

import pytest
import yaml

import api_reference
import book_index
import glossary_links
from transpose_conv import errors

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"


@pytest.fixture(scope="module")
def page():
    return (SITE / "chapters" / "genindex.html").read_text(encoding="utf-8")


def links_of(text):
    """Return the links of the index: (file, anchor, text)."""
    entries = "".join(re.findall(r'(?s)<div class="entries docutils container">(.*?)</div>', text))
    found = re.findall(r'(?s)<a class="[^"]*" href="([^"#]*)#([^"]+)"[^>]*>(.*?)</a>', entries)
    return [(file, anchor, shown(text)) for file, anchor, text in found]


def test_every_link_leads_to_a_place(page):
    links = links_of(page)
    assert len(links) > 300
    ids = {}
    for file, anchor, text in links:
        path = (SITE / "chapters" / file).resolve()
        if path not in ids:
            ids[path] = set(re.findall(r'\bid="([^"]+)"', path.read_text(encoding="utf-8")))
        assert anchor in ids[path], (file, anchor)
        assert text.strip()


def test_it_has_all_terms_names_and_messages(page):
    targets = {(file.removesuffix(".html"), html.unescape(anchor)) for file, anchor, _ in links_of(page)}
    assert {("glossary", anchor) for anchor in glossary_links.terms()} <= targets
    assert set(api_reference.NAMES) <= {anchor for _, anchor in targets}
    shown_there = (SITE / "chapters" / "errors.html").read_text(encoding="utf-8")
    sections = re.findall(r'<section id="([^"]+)">\s*((?:<span id="[^"]+"></span>)*)<h3>(.*?)<a', shown_there)
    heads = {
        anchor: shown(title) for own, more, title in sections for anchor in (own, *re.findall(r'id="([^"]+)"', more))
    }
    listed = {(anchor, text.partition(": ")[2]) for file, anchor, text in links_of(page) if file == "errors.html"}
    listed = {(anchor, text) for anchor, text in listed if anchor in heads}
    assert len(listed) == len(errors.KINDS)
    assert [(anchor, text) for anchor, text in listed if text and heads[anchor] != text] == []


def test_it_has_the_arguments_of_the_frameworks_and_the_topic_of_each_chapter(page):
    entries = book_index.gathered()
    wanted = ["output_padding", "output_shape", "strides", "dilation_rate", "auto_pad", "pads", "transpose_kernel"]
    assert [name for name in wanted if f"`{name}`" not in entries] == []
    linked = {file for file, _, _ in links_of(page)}
    assert [path.stem for path in ROOT.glob("chapters/[0-9]*.md") if f"{path.stem}.html" not in linked] == []


def test_it_is_sorted_under_its_letters(page):
    article = page[page.index("<article") : page.index("</article")]
    headings = re.findall(r"<h2>([^<]+)<", article)
    assert headings == sorted(headings, key=lambda one: (one != "Numbers", one))
    assert re.findall(r"<h[1-6]", article) == ["<h1"] + ["<h2"] * len(headings)
    jumps = re.findall(r'href="#([a-z]+)"', re.search(r'(?s)<div class="letters.*?</div>', article)[0])
    assert jumps == [heading.lower() for heading in headings]
    words = [word for part in article.split("<h2>")[1:] for word in words_of(part)]
    assert len(words) > 180
    assert words == sorted(words, key=lambda word: (word[0].isalpha(), word))


def words_of(part):
    """Return the entries below a letter, as they are sorted."""
    items = re.findall(r"(?s)<li><p>(.*?)</p>", re.sub(r"(?s)</p>\n<ul>.*?</ul>", "</p>", part))
    return [shown(item).partition(": see")[0].replace("_", "").lower() for item in items]


def shown(markup):
    """Return what a browser shows."""
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


def test_a_word_that_is_nowhere_is_refused(monkeypatch, tmp_path):
    def written_with(text):
        path = tmp_path / "genindex.yml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setattr(book_index, "ENTRIES", path)
        return book_index.written()

    assert "- [Rounding](02-convolution-rounds.md#ask-tensorflow)" in written_with(
        "Rounding: [02-convolution-rounds#ask-tensorflow]"
    )
    assert "- Filter: see *Kernel*" in written_with("Filter: Kernel")
    with pytest.raises(ValueError, match="names the heading 02-convolution-rounds#nowhere, which is not there"):
        written_with("Rounding: [02-convolution-rounds#nowhere]")
    with pytest.raises(ValueError, match="sends from Filter to Sieve, which has no entry"):
        written_with("Filter: Sieve")
    monkeypatch.setattr(book_index, "SUBJECTS", {})
    with pytest.raises(ValueError, match="has no subject for the message keras-same-even"):
        written_with("Filter: Kernel")


def test_the_comments_in_code_are_no_headings():
    headings = book_index.headings(ROOT / "chapters" / "01-two-answers.md")
    assert headings["the-way-back"] == "The way back"
    assert not any("Colab" in heading for heading in headings.values())


def test_it_has_no_entry_twice():
    text = (ROOT / "chapters" / "genindex.yml").read_text(encoding="utf-8")
    words = re.findall(r'(?m)^("[^"]+"|[^\s#][^:]*):', text)
    assert len(words) == len(set(words)) == len(yaml.safe_load(text))


# The bibliography


def test_every_work_is_cited_and_says_where():
    keys = re.findall(r"(?m)^@\w+\{([\w-]+),", (ROOT / "chapters" / "references.bib").read_text(encoding="utf-8"))
    page = (SITE / "chapters" / "bibliography.html").read_text(encoding="utf-8")
    entries = re.findall(r'(?s)<li id="(id\d+)"><p>.*?</li>', page)
    cited = re.findall(r'(?s)<li id="id\d+"><p>.*?Cited in (.*?)\.</p>\n?</li>', page)
    assert len(keys) == len(entries) == len(cited) > 20
    used = set()
    for path in ROOT.glob("chapters/*.md"):
        for names in re.findall(r"\{cite:\w\}`([^`]+)`", path.read_text(encoding="utf-8")):
            used |= {name.strip() for name in names.split(",")}
    assert used == set(keys)
    for places in cited:
        for file, anchor in re.findall(r'href="([^"#]+)#([^"]+)"', places):
            assert f'id="{anchor}"' in (SITE / "chapters" / file).read_text(encoding="utf-8")
            assert "chapter\N{NO-BREAK SPACE}" in places


def test_every_paper_has_an_identifier():
    text = (ROOT / "chapters" / "references.bib").read_text(encoding="utf-8")
    for entry in re.findall(r"(?s)^@.*?^\}", text, re.MULTILINE):
        assert re.search(r"\n  (doi|url) = \{", entry), entry
        assert "url = {https://doi.org" not in entry
        assert "howpublished" not in entry
