"""The site without a mouse, and for whoever does not see it: every stop, what each does, and what a formula says.

What every page is asked, its colours and sizes included, stands in `test_site.py`, which visits them all.
"""

import unicodedata

import pytest

import accessibility
import accessible_pages
from pages import SITE, Visit, until

CHAPTER = "chapters/05-every-form"  # with everything that a page can have, but a formula that scrolls

# What a mouse can do something with, in the order of the page
STOPS = """() => {
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().width > 0;
  const reached = 'a[href], button, summary, input, select, textarea, [tabindex="0"]';
  const one = (e) => e.type !== 'radio' || e.checked; // Tab leads to one of a group, the arrows to the others
  const stops = [...document.querySelectorAll(reached)].filter((e) => shown(e) && one(e) && !e.disabled && !e.closest('[inert]'));
  const ringed = (e) => (e.matches('.bd-sidebar-primary summary') ? e.firstElementChild : e);
  const look = (e) => ['outlineStyle', 'outlineWidth', 'outlineColor'].map((name) => getComputedStyle(ringed(e))[name]).join(' ');
  const says = (e) => (e.ariaLabel || e.innerText || e.title || e.placeholder || e.textContent).trim().slice(0, 40);
  const log = { stops: stops.map(says), reached: [], unseen: [], covered: [] };
  const plain = new Map(stops.map((e) => [e, look(e)]));
  document.addEventListener('focusin', ({ target }) => {
    const [place, { outlineStyle, outlineWidth }] = [stops.indexOf(target), getComputedStyle(ringed(target))];
    log.reached.push(place);
    if (plain.get(target) === look(target) || outlineStyle === 'none' || parseFloat(outlineWidth) < 2) log.unseen.push(says(target));
    const [box] = ringed(target).getClientRects();
    const top = document.elementFromPoint(box.x + Math.min(box.width, 40) / 2, box.y + Math.min(box.height, 20) / 2);
    if (!top || !(target.contains(top) || top.contains(ringed(target)))) log.covered.push(says(target));
  });
  const clicked = [...document.querySelectorAll('body *')].filter((e) => getComputedStyle(e).cursor === 'pointer' && shown(e));
  log.mouseOnly = clicked.filter((e) => !e.closest(reached) && !e.closest('label')).map((e) => e.outerHTML.slice(0, 80));
  window.stopsLog = log;
  return stops.length;
}"""


def walked(page):
    """Press Tab from the top of the page until it is left at its end, and return what was seen on the way."""
    number = page.evaluate(STOPS)
    for _ in range(number + 3):
        page.keyboard.press("Tab")
        if page.evaluate("stopsLog.reached.length && document.activeElement === document.body"):
            break
    return page.evaluate("stopsLog")


@pytest.mark.parametrize(
    ("name", "width"), [(CHAPTER, 1280), ("chapters/07-learn-to-upsample", 375), ("chapters/explorer", 1280)]
)
def test_the_keyboard_reaches_everything_in_the_order_of_the_page(browser, address, name, width):
    with Visit(browser, address, width=width) as visit:
        page = visit.open(f"{address}/{name}.html")
        page.evaluate("document.querySelectorAll('article details').forEach((part) => (part.open = true))")
        page.wait_for_timeout(400)  # the theme looks again for what scrolls
        log = walked(page)
        assert log["mouseOnly"] == []
        assert log["reached"] == list(range(len(log["stops"])))
        assert log["unseen"] == []
        assert log["covered"] == []
        assert len(log["stops"]) > 60


def focus(page, selector):
    """Put the focus where a reader who presses Tab would have it."""
    page.locator(selector).first.focus()


def focused(page, selector):
    return page.evaluate("selector => document.activeElement.matches(selector)", selector)


def test_the_first_stop_leads_to_the_text(browser, address):
    with Visit(browser, address) as visit:
        page = visit.open(f"{address}/{CHAPTER}.html")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.innerText") == "Skip to main content"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("Boolean(document.activeElement.closest('main'))")


def test_what_opens_is_used_and_left_with_the_keyboard(browser, address):
    """The search, the launch menu, a hidden cell, an answer and the colours; axe looks at what has opened."""
    with Visit(browser, address) as visit:
        page = visit.open(f"{address}/{CHAPTER}.html")
        page.keyboard.press("Control+k")
        assert focused(page, "#pst-search-dialog input")
        assert accessibility.findings(page) == []
        page.keyboard.press("Escape")
        assert not page.locator("#pst-search-dialog").is_visible()

        focus(page, ".dropdown-launch-buttons > button")
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowDown")
        assert focused(page, ".dropdown-launch-buttons a")
        assert accessibility.findings(page) == []
        page.keyboard.press("Escape")
        assert focused(page, ".dropdown-launch-buttons > button")
        assert not page.locator(".dropdown-launch-buttons .dropdown-menu").is_visible()

        for part in ("article details:not(.choice)", "article details.choice", ".bd-sidebar-primary details"):
            before = page.locator(part).first.evaluate("part => part.open")
            focus(page, f"{part} > summary")
            page.keyboard.press("Enter")
            assert page.locator(part).first.evaluate("part => part.open") is not before

        modes = set()
        focus(page, ".theme-switch-button")
        for _ in range(3):
            page.keyboard.press("Enter")
            modes.add(
                (
                    page.evaluate("document.documentElement.dataset.mode"),
                    page.evaluate("document.activeElement.ariaLabel"),
                )
            )
        assert modes == {(mode, f"Colours: {mode}") for mode in ("auto", "light", "dark")}


def test_what_was_copied_is_said(browser, address):
    with Visit(browser, address) as visit:
        page = visit.open(f"{address}/{CHAPTER}.html")
        assert page.locator("[role=status]").inner_text() == ""
        focus(page, "button.copybtn")
        assert page.evaluate("getComputedStyle(document.activeElement).opacity") == "1"
        page.keyboard.press("Enter")
        until(page, "document.querySelector('[role=status]').innerText === 'Copied!'")


def test_a_telephone_opens_and_leaves_the_list_of_chapters(browser, address):
    with Visit(browser, address, width=375) as visit:
        page = visit.open(f"{address}/{CHAPTER}.html")
        for button, dialog in (
            ("primary", "#pst-primary-sidebar-modal"),
            ("secondary", "#pst-secondary-sidebar-modal"),
        ):
            focus(page, f".{button}-toggle")
            page.keyboard.press("Enter")
            until(page, f"document.querySelector('{dialog}').open")
            for _ in range(3):
                page.keyboard.press("Tab")
                assert page.evaluate(
                    f"document.activeElement === document.body || document.querySelector('{dialog}').contains(document.activeElement)"
                )
            assert accessibility.findings(page) == []
            page.keyboard.press("Escape")
            until(page, f"!document.querySelector('{dialog}').open")
            assert focused(page, f".{button}-toggle")


def test_what_scrolls_has_a_name_and_follows_the_arrows(browser, address):
    with Visit(browser, address, width=375) as visit:
        page = visit.open(f"{address}/chapters/07-learn-to-upsample.html")
        for kind, selector in (("Code", "pre"), ("Formula", "div.formula")):
            focus(page, f"article {selector}[tabindex='0']")
            assert page.evaluate("[document.activeElement.role, document.activeElement.ariaLabel]") == [
                "group",
                f"{kind}, scrolls sideways",
            ]
            page.keyboard.press("ArrowRight")
            until(page, "document.activeElement.scrollLeft > 0")


def test_the_first_cell_of_a_row_becomes_its_header_and_closes_as_one():
    row = "<tr><td><p>NumPy</p></td>\n<td><p>2</p></td></tr>"
    table = "<table><thead><tr><th>a</th><th>b</th></tr></thead>\n<tbody>{}</tbody></table>".format
    named = row.replace("<td><p>NumPy</p></td>", '<th scope="row"><p>NumPy</p></th>')
    wanted = table(named + "<tr><td></td><td>3</td></tr>").replace("<th>", '<th scope="col">')
    assert accessible_pages.mended(table(row + "<tr><td></td><td>3</td></tr>")) == wanted  # an empty cell names nothing
    assert accessible_pages.mended(wanted) == wanted
    several = table(row).replace(">a<", ">i<")
    assert accessible_pages.mended(several) == several.replace("<th>", '<th scope="col">')


def test_a_formula_is_read_as_it_is_written(browser):
    """Chromium's tree for screen readers has every formula as mathematics, with all its signs in order."""
    with Visit(browser, SITE.as_uri()) as visit:
        page = visit.open((SITE / "chapters" / "03-formula-backwards.html").as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
        written = page.evaluate(
            """[...document.querySelectorAll('math')].filter((math) => math.checkVisibility()).map((math) => {
                const copy = math.cloneNode(true);
                copy.querySelectorAll('annotation').forEach((tex) => tex.remove());
                return copy.textContent;
            })"""
        )
        tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    nodes = {node["nodeId"]: node for node in tree}
    heard = [said(formula, nodes) for formula in in_order(tree[0], nodes) if role(formula) == "MathMLMath"]
    assert len(written) > 60
    assert plain(heard) == plain(written)


def role(node):
    return node.get("role", {}).get("value")


def in_order(node, nodes):
    """Yield a node of the tree and what is below it, as it is read."""
    yield node
    for child in node.get("childIds", ()):
        if child in nodes:
            yield from in_order(nodes[child], nodes)


def said(node, nodes):
    return "".join(part["name"]["value"] for part in in_order(node, nodes) if role(part) == "StaticText")


def plain(texts):
    """Take letters as letters: a browser draws a variable with a letter of its own."""
    return [unicodedata.normalize("NFKC", text).replace("\u2061", "") for text in texts]
