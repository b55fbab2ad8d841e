"""The search in a real browser: a query leads to the place that its reader wants, first, and says what it has not found."""

import json
import re
import urllib.parse

import pytest
import yaml

import addresses
from pages import PAGES, ROOT, SITE, Visit, until
from transpose_conv import errors

KNOWLEDGE = yaml.safe_load((ROOT / "chapters" / "search.yml").read_text(encoding="utf-8"))
PLACES = SITE / "search-places.js"
RANKING = ROOT / "chapters" / "_static" / "search-ranking.js"

# What people type, and the place that must come first, with the reason. A page alone stands for any place on it.
WANTED = {
    # the question of the book: the page that answers it on one screen
    **dict.fromkeys(["6x6", "6×6", "6 x 6", "6 by 6", "5x5", "5 x 5", "5x5 or 6x6", "5×5 or 6×6?"], "chapters/index"),
    # the question that explains Keras' default, with the sizes that it gives
    "output_padding None": "chapters/14-questions#why-do-output-padding-0-and-output-padding-none-differ",
    "output_padding=None": "chapters/14-questions#why-do-output-padding-0-and-output-padding-none-differ",
    # the chapter about them; those who call them otherwise mean the same
    **dict.fromkeys(["checkerboard", "checkerboard artifacts", "Aliasing", "artifact"], "chapters/12-checkerboards"),
    "artefacts": "chapters/12-checkerboards",
    # who asks for the output's shape has a layer and no size: what decides it
    "Conv2DTranspose output shape": "chapters/14-questions#what-decides-the-output-shape-in-a-gan-generator-or-wherever-i-do-not-say-it",
    # where SAME is counted out
    "same padding": "chapters/02-convolution-rounds#padding-and-dilation",
    "padding='same'": "chapters/02-convolution-rounds#padding-and-dilation",
    # the book's word for it, and why the other is wrong
    "deconvolution": "chapters/glossary#transposed-convolution",
    # the chapter about the skip connection that does not fit
    **dict.fromkeys(["unet one pixel", "U-Net", "u net", "skip connection", "odd size"], "chapters/11-odd-sizes"),
    "off by one": "chapters/11-odd-sizes",
    # a chapter's subject, in any form of the word, and with a slip in it
    **dict.fromkeys(
        ["upsample", "upsampling", "up-sampling", "upscaling", "upsampel"], "chapters/07-learn-to-upsample"
    ),
    **dict.fromkeys(["groups", "dilation", "dilaton", "atrous"], "chapters/08-dimensions"),
    **dict.fromkeys(["col2im", "im2col", "pixelshuffle", "PixelShuffle", "sub-pixel"], "chapters/05-every-form"),
    "polyphase": "chapters/05-every-form",
    "test implementation": "chapters/13-catch-a-wrong-one",
    "backward pass": "chapters/04-transpose-literal#found-in-the-backward-pass",
    # what output_padding is: an address
    "output_padding": "chapters/03-formula-backwards#an-address-inside-the-interval",
    # one word of this book: its entry
    **{word: f"chapters/glossary#{word.lower()}" for word in ("VALID", "SAME", "stride", "coverage", "phase")},
    # one word of an error message, and a message typed in part
    "AbortedError": "chapters/14-questions#abortederror-could-not-create-a-primitive-descriptor",
    "out_backprop": "chapters/errors#the-output-shape-is-not-legal",
    "Concatenate layer requires inputs with matching shapes": "chapters/errors#concatenating-layers-of-different-sizes",
    # who teaches; who cites
    "teach": "course/teachers",
    "worksheet": "course/teachers",
    "cite": "chapters/about#cite-it-use-it",
    # a long question that is no message
    "gather scatter phases zero insertion matrix forms photograph": "chapters/05-every-form",
}
NEXT = {  # what must come second: the chapter that the question begins
    "6x6": "chapters/01-two-answers",
    "5x5 or 6x6": "chapters/01-two-answers",
}

# With the reader's own numbers and names in it, which stand on no page; and the heading that it is explained under
PASTED = {
    "tensorflow": (
        """File "/home/me/train_gan.py", line 81, in call
        InvalidArgumentError: {{function_node __wrapped__Conv2DBackpropInput_device_/job:localhost/replica:0/task:0/device:CPU:0}}
        Conv2DCustomBackpropInput: Size of out_backprop doesn't match computed: actual = 12, computed = 11 spatial_dim: 1
        input: 23 filter: 4 output: 12 stride: 2 dilation: 1 [Op:Conv2DBackpropInput]""",
        "the-output-shape-is-not-legal",
    ),
    "onednn": (
        """AbortedError: Operation received an exception:Status: 1, message: could not create a primitive descriptor
        for the convolution forward propagation primitive. Run workload with environment variable ONEDNN_VERBOSE=all
        [[{{node generator_7/up_3}}]] [Op:Conv2DBackpropInput]""",
        "onednn-could-not-create-a-primitive-descriptor",
    ),
    "keras": (
        """ValueError: A `Concatenate` layer requires inputs with matching shapes except for the concatenation axis.
        Received: input_shape=[(None, 46, 62, 128), (None, 47, 63, 128)] at my_unet_decoder_block""",
        "concatenating-layers-of-different-sizes",
    ),
    "pytorch": (
        "ValueError: requested an output size of torch.Size([113, 84]), but valid sizes range from [111, 81] to [112, 82]",
        "the-output-size-is-not-legal",
    ),
    "cat": (
        "RuntimeError: Sizes of tensors must match except in dimension 1. Expected size 46 but got size 47 for tensor "
        "number 1 in the list. decoder_block_forward",
        "pytorch-concatenating-tensors-of-different-sizes",
    ),
}

FIND = """queries => queries.map(query => bookSearch.find(query).pages.map(({ hits: [{ place }] }) =>
    place.anchor ? `${place.page}#${place.anchor}` : place.page))"""
# The same functions over other data: without what the book's own table knows
FIND_WITHOUT = """([source, synonyms, keywords, queries]) => {
    const known = bookSearch;
    const places = PLACES.map(([page, title, own]) => [page, title, own.map(([anchor, heading, text, code, words, weight]) =>
      [anchor, heading, text, code, words.filter((word) => !keywords.includes(word)), weight])]);
    new Function("PLACES", "SYNONYMS", source)(places, synonyms);
    const found = queries.map((query) => bookSearch.find(query).pages.map(({ hits: [{ place }] }) => place.page)[0]);
    globalThis.bookSearch = known;
    return found;
}"""


@pytest.fixture(scope="module")
def visit(browser, address):
    """The page of the search, opened once: its functions answer any number of queries."""
    with Visit(browser, address) as visit:
        visit.open(f"{address}/search.html?q=stride")
        visit.page.wait_for_selector("#search-results li a")
        yield visit


def find(visit, queries):
    """Return for each query the best place of every page that is found, the best first."""
    return dict(zip(queries, visit.page.evaluate(FIND, list(queries)), strict=True))


def shown(page):
    """Return where the links of the results lead, those to the best places."""
    page.wait_for_selector("#search-results li a")
    return page.evaluate("[...document.querySelectorAll('#search-results > li > a')].map(a => a.href)")


def is_wanted(place, wanted):
    return place == wanted or ("#" not in wanted and place.split("#")[0] == wanted)


def test_a_query_leads_to_the_place_that_its_reader_wants(visit):
    found = find(visit, WANTED)
    wrong = {
        query: found[query][:3] for query in WANTED if not found[query] or not is_wanted(found[query][0], WANTED[query])
    }
    assert wrong == {}
    assert {query: found[query][1].split("#")[0] for query in NEXT} == NEXT


def test_each_line_of_what_the_search_knows_is_needed(visit):
    """Without its synonyms and keywords, it finds another page for each of them, or none."""
    lines = [*KNOWLEDGE["synonyms"], *(word for words in KNOWLEDGE["keywords"].values() for word in words)]
    known = [pages[0].split("#")[0] for pages in find(visit, lines).values()]
    keywords = [word for words in KNOWLEDGE["keywords"].values() for word in words]
    without = visit.page.evaluate(FIND_WITHOUT, [RANKING.read_text(encoding="utf-8"), {}, keywords, lines])
    idle = [line for line, page, before in zip(lines, known, without, strict=True) if page == before]
    assert idle == []


def test_every_place_that_the_search_can_show_is_there():
    places = json.loads(re.match(r"const PLACES = (.+);\n", PLACES.read_text(encoding="utf-8"))[1])
    assert [page for page, _, _ in places] == sorted(PAGES)
    links = [f"{page}.html#{anchor}".rstrip("#") for page, _, own in places for anchor, *_ in own]
    assert len(links) > 400
    assert [link for link in links if addresses.leads_to(SITE, link) is None] == []


def test_every_place_that_its_table_names_is_there(visit):
    for place in KNOWLEDGE["keywords"]:
        page, _, anchor = place.partition("#")
        assert addresses.leads_to(SITE, f"{page}.html#{anchor}".rstrip("#")), place
    for start in KNOWLEDGE["pages"]:
        assert any(page.startswith(start) for page in PAGES), start


@pytest.mark.parametrize("message", PASTED)
def test_a_pasted_message_leads_to_its_own_heading(visit, message):
    text, heading = PASTED[message]
    assert find(visit, [text])[text][0] == f"chapters/errors#{heading}"


def test_every_message_of_the_page_is_found_when_it_is_pasted_whole(visit):
    texts = sorted({seen["text"] for kind in errors.KINDS for seen in kind["seen"]})
    found = find(visit, texts)
    assert [text[:90] for text in texts if found[text][0].split("#")[0] != "chapters/errors"] == []


def test_what_stands_nowhere_is_said(visit):
    page = visit.page
    for query, said in (
        ("receptive fieldwork", "No page says “receptive” or “fieldwork”."),
        ("tranposed stride", "No page says “tranposed”. Nearest: {} pages, the best first."),
        ("checkerboard", "{} pages, the best first."),
        ("polyphase", "One page."),
        ("of the 7", "No page says that."),
        ("", ""),
    ):
        page.locator("article input[name=q]").fill(query)
        until(page, "query => new URLSearchParams(location.search).get('q') === (query || null)", arg=query)
        assert page.locator("#search-status").inner_text() == said.format(page.locator("#search-results > li").count())
    assert page.locator("#search-results > li").count() == 0


def test_the_results_show_the_sentence_and_no_markup_of_the_query(visit):
    page = visit.page
    page.locator("article input[name=q]").fill("<img src=x onerror=alert(1)>“6×6”")
    until(page, "document.getElementById('search-status').textContent.includes('“onerror”')")
    assert page.locator("article img").count() == 0
    assert page.url.endswith("?q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%E2%80%9C6%C3%976%E2%80%9D")
    assert "6×6" in page.locator("#search-results mark").all_inner_texts()
    texts = page.locator("#search-results .context").all_inner_texts()
    assert all(20 < len(text) < 340 for text in texts)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert visit.outside == []
    assert visit.complaints == []


def test_ctrl_k_leads_there_from_a_chapter(browser, address):
    """And no page is fetched to show a sentence of it."""
    with Visit(browser, address) as visit:
        page = visit.open(f"{address}/chapters/bibliography.html")
        page.keyboard.press("Control+k")
        page.locator("#pst-search-dialog input[name=q]").fill("checkerboard")
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.keyboard.press("Enter")
        assert shown(page)[0] == f"{address}/chapters/12-checkerboards.html"
        assert [url for url in asked if url.split("?")[0].endswith(".html")] == [
            f"{address}/search.html?q=checkerboard"
        ]
        page.goto(f"{address}/chapters/about.html")
        page.go_back()
        assert page.locator("article input[name=q]").input_value() == "checkerboard"
        assert visit.complaints == []


def test_a_pasted_message_is_found_from_files_too(browser):
    with Visit(browser, SITE.as_uri()) as visit:
        query = urllib.parse.quote(PASTED["pytorch"][0])
        page = visit.open(f"{(SITE / 'search.html').as_uri()}?q={query}")
        assert shown(page)[0].endswith("/chapters/errors.html#the-output-size-is-not-legal")
        assert page.locator("#search-results li").first.locator("mark").count() > 3
        page.locator("article input[name=q]").fill("6x6")
        until(page, "document.querySelector('#search-results a').href.endsWith('/chapters/index.html')")
        assert visit.complaints == []


def test_without_scripts_the_search_says_where_else_to_look(browser, address):
    with Visit(browser, address, scripts=False) as visit:
        visit.page.goto(f"{address}/search.html?q=stride")
        for link in visit.page.locator("article noscript a").all():
            assert visit.page.request.get(urllib.parse.urljoin(visit.page.url, link.get_attribute("href"))).ok
        assert visit.page.locator("article noscript a").count() == 3
