"""The built pages in a real browser: complete, quiet, readable, and asking nothing of the network."""

import re
from pathlib import Path

import pytest

import accessibility
from pages import NOTEBOOKS, OTHERS, PAGES, REPOSITORY, SITE, TOC, Visit, broken_images, formulas, until


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_closed_and_open_to_all(browser, address, name):
    """One visit for everything that is asked of every page: first wide and light, then dark, then narrower and narrower."""
    with Visit(browser, address) as visit:
        page = visit.open(f"{address}/{name}.html")
        assert page.locator("article h1").count() == 1
        assert page.evaluate("document.documentElement.dataset.theme") == "light"
        wanted, drawn = formulas(page)
        assert wanted == drawn
        assert broken_images(page) == []
        assert faults(visit) == {}


@pytest.mark.parametrize("name", OTHERS)
def test_a_page_beside_the_book_is_open_to_all(browser, address, name):
    """What is no chapter: the pages of the theme, and the slides, which a narrow screen shows all at once."""
    with Visit(browser, address, width=375 if name.startswith("slides") else 1280) as visit:
        visit.open(f"{address}/{name}.html")
        assert faults(visit) == {}


def faults(visit):
    """Say what is wrong with a page, whichever page it is; afterwards it is dark, and not whole."""
    page = visit.page
    found = {"tables": accessibility.ask(page, "tables"), "links": accessibility.ask(page, "links")}
    found["light"] = accessibility.findings(page, colour=True)
    found["size"] = accessibility.misfits(page)
    page.emulate_media(color_scheme="dark")
    until(page, "(document.documentElement.dataset.theme ?? 'dark') === 'dark'")
    found["dark"] = accessibility.dark_findings(page)
    found |= {"asked for": visit.outside, "complaints": visit.complaints}
    return {what: some for what, some in found.items() if some}


def test_every_page_of_the_site_is_looked_at():
    written = {path.relative_to(SITE).with_suffix("").as_posix() for path in SITE.rglob("*.html")}
    parts = {name for name in written if name.startswith("_")}  # pieces of the theme, which no page links to
    assert written - parts - {"index"} == {*PAGES, *OTHERS}  # `index` leads on to the landing page


def test_formulas_are_drawn_from_files_too(browser):
    with Visit(browser, SITE.as_uri()) as visit:
        page = visit.open((SITE / "chapters" / "03-formula-backwards.html").as_uri())
        wanted, drawn = formulas(page)
        assert wanted == drawn > 20
        assert visit.outside == []


def test_a_formula_is_a_stop_for_the_keyboard_where_it_scrolls(browser, address):
    stops = "[...document.querySelectorAll('div.formula')].map(f => [f.scrollWidth > f.clientWidth, f.tabIndex === 0, f.ariaLabel])"
    with Visit(browser, address, width=375) as visit:
        page = visit.open(f"{address}/chapters/07-learn-to-upsample.html")
        narrow = page.evaluate(stops)
        assert {scrolls for scrolls, _, _ in narrow} == {True, False}
        assert all((scrolls, stop) == (bool(label),) * 2 for scrolls, stop, label in narrow)
        page.set_viewport_size({"width": 1280, "height": 800})
        until(page, "[...document.querySelectorAll('div.formula')].every(f => f.tabIndex < 0)")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_page_has_its_buttons(browser, address, name):
    with Visit(browser, address) as visit:
        page = visit.open(f"{address}/{name}.html")
        links = page.evaluate("[...document.querySelectorAll('a')].map(a => a.href)")
        owner = REPOSITORY.removeprefix("https://github.com/")
        assert f"https://mybinder.org/v2/gh/{owner}/main?urlpath=lab/tree/{name}.ipynb" in links
        assert f"https://colab.research.google.com/github/{owner}/blob/main/{name}.ipynb" in links
        assert any(link.startswith(f"{REPOSITORY}/issues/new") for link in links)
        downloads = [link for link in links if link.endswith(Path(name).name + ".ipynb") and "/_sources/" in link]
        assert downloads
        assert page.request.get(downloads[0]).ok
        assert page.locator("button.theme-switch-button").count() >= 1
        assert page.locator("button.copybtn").count() == page.locator("div.highlight pre").count()


def test_figures_carry_alt_text_and_captions(browser, address):
    with Visit(browser, address, scripts=False) as visit:
        for name in NOTEBOOKS:
            visit.page.goto(f"{address}/{name}.html")
            page = visit.page
            figures = page.locator("figure").count()
            assert figures >= 1
            assert page.locator("figure figcaption").count() == figures
            assert page.locator("figure img").count() == figures
            short = page.evaluate(
                "[...document.querySelectorAll('figure img')].filter(i => i.alt.split(' ').length < 12).length"
            )
            assert short == 0


def test_questions_with_answers_to_choose_from_need_no_script(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/chapters/01-two-answers.html")
    choice, reply = page.locator("details.choice").nth(1), page.locator("details.choice p").nth(1)
    assert not reply.is_visible()
    choice.locator("summary").click()
    assert reply.is_visible()
    assert reply.inner_text().startswith("No. You took the stride")
    context.close()


def test_on_paper_every_answer_is_open(browser, address):
    """Nothing can be clicked there."""
    with Visit(browser, address) as visit:
        page = visit.open(f"{address}/chapters/01-two-answers.html")
        shown = "[...document.querySelectorAll('details:not([open]) > p')].map(p => p.checkVisibility({contentVisibilityAuto: true}))"
        assert page.evaluate(shown) == [False] * page.locator("details:not([open]) > p").count()
        page.emulate_media(media="print")
        replies = page.evaluate("[...document.querySelectorAll('details.choice > p')].map(p => p.offsetHeight)")
        assert len(replies) >= 9
        assert min(replies) > 10
        assert page.evaluate(shown).count(False) == 0


@pytest.mark.parametrize(("width", "screen"), [(1280, 800), (375, 2 * 667)])
def test_the_answer_stands_on_the_first_screen(browser, address, width, screen):
    """On a phone on the first two: the line to paste, whole, and where to ask with other numbers."""
    with Visit(browser, address, width=width) as visit:
        page = visit.open(f"{address}/{TOC['root']}.html")
        paste, command = page.locator("div.highlight-python pre").first, page.locator("div.highlight-bash pre").first
        assert "output_padding=1" in paste.inner_text()
        assert paste.evaluate("pre => pre.scrollWidth <= pre.clientWidth")
        assert page.locator("article a", has_text="shape explorer").first.bounding_box()["y"] < screen
        assert command.bounding_box()["y"] + command.bounding_box()["height"] < screen


def test_the_site_names_no_other_place_to_load_from():
    """No script, style, font or picture is asked for at an address outside the site, in any page."""
    for path in SITE.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        loads = re.findall(
            r"<(?:script|img|iframe|source)[^>]*\ssrc=\"(https?:[^\"]+)|<link[^>]*rel=\"(?:stylesheet|preload)\"[^>]*href=\"(https?:[^\"]+)",
            text,
        )
        assert loads == [], path
