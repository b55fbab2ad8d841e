"""The shape explorer in a real browser: the package's numbers, sentences and lines; its address; what moves; no script, no server."""

import itertools
import random
import re

import numpy as np
import pytest
import yaml

import explorer as explorer_tool
from helpers import computed
from pages import ROOT, SITE, Visit, until
from transpose_conv import conv_transpose, coverage_count, shapes
from transpose_conv.doctor import diagnose

PAGE = "chapters/explorer.html"
MODULES = "/_static/explorer"
PADDINGS = ["valid", "same", (0, 0), (1, 1), (0, 2), (3, 1), (2, 5)]
PUZZLE = "axes=2&input=2&kernel=3&stride=2&dilation=1&padding=valid"
TEXT = (ROOT / "chapters" / "explorer.md").read_text(encoding="utf-8")
STEPPERS = yaml.safe_load(explorer_tool.STEPPERS.read_text(encoding="utf-8"))


def opened(visit, address, state=""):
    """Open the explorer and wait until it has answered."""
    page = visit.open(f"{address}/{PAGE}#{state}")
    page.wait_for_selector("stamp-stepper .words", state="attached")
    return page


ANSWERS = """async ([modules, cases]) => {
  const [shapes, frameworks, operator] = await Promise.all(
    ["shapes", "frameworks", "operator"].map((name) => import(`${modules}/${name}.js`)));
  const names = Object.keys(frameworks.FRAMEWORKS);
  const each = (f) => Object.fromEntries(names.map((name) => [name, f(name)]));
  return cases.map((axes) => {
    try {
      shapes.requireSomeSize(axes);
      axes.forEach((axis, number) => shapes.requireReachable(axis.n, axis, number));
    } catch (error) {
      return { error: error instanceof shapes.ShapeError ? error.message : `no ShapeError: ${error}` };
    }
    const x = operator.counting(axes.map((axis) => axis.i)), kernel = operator.counting(axes.map((axis) => axis.k));
    return {
      legal: axes.map(shapes.reachableSizes),
      back: axes.map((axis) => shapes.convOutputSize(axis.n, axis)),
      gives: each((name) => frameworks.defaultSize(name, axes)),
      lines: each((name) => frameworks.lineFor(name, axes, operator.windowsOf(axes))),
      ...operator.convTranspose(axes, x, kernel),
    };
  });
}"""


def geometries():
    """Return axes with sizes: all small ones of one axis with two wishes that fail, and random pairs of them."""
    rng = random.Random(5)
    numbers = itertools.product(range(1, 6), range(1, 6), range(1, 5), (1, 2, 3), PADDINGS)
    axes = [dict(zip("iksd", rest), padding=padding) for *rest, padding in numbers]
    one = [[{**axis, "n": n}] for axis in axes for n in wishes(axis)]
    two = []
    while len(two) < 3000:
        pair = [dict(rng.choice(axes)) for _ in range(2)]
        if any(isinstance(axis["padding"], str) for axis in pair):
            pair[1]["padding"] = pair[0]["padding"]
        sizes = [list(wishes(axis)) for axis in pair]
        two.append([{**axis, "n": rng.choice(some[:-1] or some)} for axis, some in zip(pair, sizes)])
    return one + two


def wishes(axis):
    """Return every legal size, and the next one on either side."""
    sizes = shapes.reachable_sizes(axis["i"], axis["k"], axis["s"], axis["padding"], axis["d"])
    return range(max(sizes.start - 1, 1), sizes.stop + 1)


def arguments(axes):
    """Return the geometry of axes as the package takes it."""
    padding = axes[0]["padding"]
    own = {name: tuple(axis[letter] for axis in axes) for letter, name in (("s", "stride"), ("d", "dilation"))}
    return own | {"padding": padding if isinstance(padding, str) else tuple(axis["padding"] for axis in axes)}


def expected(axes):
    """Ask the package what the page is asked."""
    i, k, n = (tuple(axis[letter] for axis in axes) for letter in "ikn")
    geometry = arguments(axes)
    try:
        report = diagnose(i, k, **geometry, want=n)
    except ValueError as error:
        return {"error": str(error)}
    x, kernel = np.arange(1, np.prod(i) + 1).reshape(1, *i, 1), np.arange(1, np.prod(k) + 1).reshape(*k, 1, 1)
    return {
        "legal": [{"first": some[0], "last": some[-1], "count": len(some)} for some in report["legal"]],
        "back": list(i),
        "gives": {name: size and list(size) for name, size in report["gives"].items()},
        "lines": report["lines"],
        "sums": conv_transpose(x, kernel, **geometry, output_size=n).ravel().tolist(),
        "coverage": coverage_count(i, k, **geometry, output_size=n).ravel().tolist(),
    }


def test_sizes_defaults_lines_sentences_and_values_are_the_package_s(browser, address):
    cases = geometries()
    with Visit(browser, address) as visit:
        answers = opened(visit, address).evaluate(ANSWERS, [MODULES, cases])
    wrong = [axes for axes, answer in zip(cases, answers, strict=True) if answer != expected(axes)]
    assert wrong == []
    assert len(cases) > 10_000
    assert sum("error" in answer for answer in answers) > 3000


FACTS = """async ([modules, cases]) => {
  const [operator, picture] = await Promise.all(["operator", "picture"].map((name) => import(`${modules}/${name}.js`)));
  return cases.map((axes) => {
    const x = operator.counting(axes.map((axis) => axis.i)), kernel = operator.counting(axes.map((axis) => axis.k));
    return Array.from({ length: operator.count(axes.map((axis) => axis.i)) + 1 }, (_, steps) => {
      const facts = picture.facts({ axes, steps, x, kernel });
      const names = ["sum", "coverage", "inside", "onSheet", "product", "added"];
      const cells = names.map((name) => facts.cells.map((cell) => Number(cell[name])));
      const { shape, current, value } = facts;
      return { words: picture.sentence(facts), shape, current, value, cells };
    });
  });
}"""


def test_every_step_shows_what_has_been_stamped(browser, address):
    """Against loops that know nothing of the scripts: sums, counts, where this stamp landed, and what is cut."""
    rng = random.Random(6)
    cases = [axes for axes in rng.sample(geometries(), 250) if all(axis["n"] in wishes(axis)[1:-1] for axis in axes)]
    assert len(cases) > 100
    with Visit(browser, address) as visit:
        told = opened(visit, address).evaluate(FACTS, [MODULES, cases])
    for axes, steps in zip(cases, told, strict=True):
        befores = [shapes.axis_padding(a["n"], a["k"], a["s"], a["padding"], a["d"])[0] for a in axes]
        sums, counts = np.zeros(steps[0]["shape"], int), np.zeros(steps[0]["shape"], int)
        kept = np.zeros(sums.shape, bool)
        kept[tuple(slice(b, b + a["n"]) for a, b in zip(axes, befores))] = True
        sheet = np.zeros(sums.shape, bool)
        sheet[tuple(slice((a["i"] - 1) * a["s"] + (a["k"] - 1) * a["d"] + 1) for a in axes)] = True
        samples = itertools.product(*(range(a["i"]) for a in axes))
        for number, (sample, step) in enumerate(zip([None, *samples], steps, strict=True)):
            products = np.zeros(sums.shape, int)
            if sample is not None:
                for entry, t in enumerate(itertools.product(*(range(a["k"]) for a in axes)), start=1):
                    at = tuple(p * a["s"] + j * a["d"] for a, p, j in zip(axes, sample, t))
                    sums[at] += number * entry
                    counts[at] += 1
                    products[at] = number * entry
            landed = products > 0
            cells = sums, counts, kept * 1, sheet * 1, products, landed & (counts > 1)
            assert step["cells"] == [(one * 1).ravel().tolist() for one in cells]
            assert (step["current"], step["value"]) == ((list(sample), number) if sample else (None, None))
            cut, again = (landed & ~kept).sum(), (landed & (counts > 1)).sum()
            assert spoken(r"([0-9]+) places? lies? outside", step["words"]) == cut
            assert spoken(r"([0-9]+) places? already", step["words"]) == again
        words = steps[-1]["words"]
        assert f": {'×'.join(str(a['n']) for a in axes)}. " in words
        assert spoken(r"([0-9]+) places? of the sheet (?:is|are) cut off", words) == ((counts > 0) & ~kept).sum()
        assert spoken(r"([0-9]+) places? of the result (?:is|are) reached by no", words) == ((counts == 0) & kept).sum()
        assert f"by more than {counts[kept].max()} stamp" in words


def spoken(pattern, words):
    """Return the number that a sentence says, or 0 where it says nothing of it."""
    found = re.search(pattern, words)
    return int(found[1]) if found else 0


def test_what_is_chosen_is_in_the_address_and_the_address_brings_it_back(browser, address):
    with Visit(browser, address) as visit:
        page = opened(visit, address)
        page.get_by_role("button", name="6", exact=True).click()
        assert page.url.endswith(f"#{PUZZLE}&want=6")
        assert shown_lines(page) == list(diagnose((2, 2), (3, 3), stride=2, want=6)["lines"].values())
        page.get_by_label("Axes").select_option("each")
        page.get_by_label("Input size").nth(1).fill("4")
        page.get_by_label("Stride").first.fill("3")
        page.get_by_label("Padding").select_option("explicit")
        page.get_by_label("Padding after").first.fill("1")
        page.get_by_role("button", name="7", exact=True).click()
        for _ in range(3):
            page.get_by_role("button", name="Back").click()
        wanted = "axes=2&input=2,4&kernel=3,3&stride=3,2&dilation=1,1&padding=0:1,0:0&want=7,9&step=5"
        assert page.url.endswith(f"#{wanted}")
        geometry = {"stride": (3, 2), "padding": ((0, 1), (0, 0))}
        lines = list(diagnose((2, 4), (3, 3), **geometry, want=(7, 9))["lines"].values())
        assert shown_lines(page) == lines
        words = page.locator("stamp-stepper .words").inner_text()
        other = visit.context.new_page()
        other.goto(page.url)
        assert shown_lines(other) == lines
        assert other.locator("stamp-stepper .words").inner_text() == words
        assert other.locator(".notice").is_hidden()
        assert visit.complaints == []


def shown_lines(page):
    """Return the lines of code on the page."""
    page.wait_for_selector(".lines code")
    return page.locator(".lines code").all_text_contents()


def test_every_state_survives_the_address(browser, address):
    rng = random.Random(7)
    states = []
    for axes in rng.sample(geometries(), 500):
        n = [axis.pop("n") for axis in axes]
        alike = len(axes) == 1
        want = rng.choice([None, n])
        states.append({"alike": alike, "axes": axes, "want": want, "step": rng.choice([None, 0, 1])})
    back = """async ([modules, states]) => {
      const { read, write } = await import(`${modules}/address.js`);
      return states.map((state) => read(write(state)));
    }"""
    with Visit(browser, address) as visit:
        returned = opened(visit, address).evaluate(back, [MODULES, states])
    plain = [{**s, "axes": [{**a, "padding": as_read(a["padding"])} for a in s["axes"]]} for s in states]
    assert returned == plain


def as_read(padding):
    return padding if isinstance(padding, str) else list(padding)


MANGLED = {
    "input=0": "`input_size` must be at least 1, got 0",
    "stride=1.5": "`stride` must be an int, got 1.5",
    "stride=abc": "`stride` must be an int, got 'abc'",
    "kernel=3,0": "`kernel_size` on axis 1 must be at least 1, got 0",
    "kernel=3,3,3": "`kernel` must be one number, or one for each of the 2 axes",
    "axes=3": "`axes` is more than 2, the largest that this page takes",
    "input=99999999999999999999": "`input_size` must be an int, got '99999999999999999999'",
    "input=5000": "`input_size` is more than 4096, the largest that this page takes",
    "padding=1": "`padding` must be valid, same, or before:after",
    "padding=1:-1": "`padding` on axis 0 must be at least 0, got -1",
    "padding=valid,1:1": "`padding` must be of one kind on all axes",
    "step=5": "`step` is more than 4, the largest that this page takes",
    "colour=red": "it may say only axes, input, kernel, stride, dilation, padding, want, step",
    "axes=2&input": "it may say only",
    "input=2=3": "it may say only",
    "%E0%A4%A": "it is not encoded as an address is",
    "input=<img/src/onerror(alert(1))>": "`input_size` must be an int, got '<img/src/onerror(alert(1))>'",
    "input=<img src=x onerror=alert(1)>": "it may say only",
    "want=%3Cscript%3Ealert(1)%3C/script%3E": "`want` must be an int, got '<script>alert(1)</script>'",
    "__proto__=1": "it may say only",
    "padding=javascript:alert(1)": "`padding` on axis 0 must be an int, got 'javascript'",
}


def test_a_mangled_address_gets_the_puzzle_and_a_notice_and_is_never_more_than_text(browser, address):
    with Visit(browser, address) as visit:
        page = opened(visit, address)
        page.on("dialog", lambda dialog: visit.complaints.append(dialog.message) or dialog.dismiss())
        before = page.evaluate("document.querySelectorAll('article *').length")
        for bad, said in MANGLED.items():
            page.evaluate(
                "text => { window.location.hash = text; }",
                bad.replace("input", "axes=2&input", 1) if bad == "input" else bad,
            )
            until(page, "!document.querySelector('.notice').hidden")
            assert said in page.locator(".notice").inner_text(), bad
            assert page.locator(".notice *").count() == 0
            assert page.get_by_role("button", name="5", exact=True).get_attribute("aria-pressed") == "true"
            assert page.evaluate("document.querySelectorAll('article *').length") == before
            page.evaluate("() => { window.location.hash = 'axes=2'; }")
            until(page, "document.querySelector('.notice').hidden")
        assert page.locator("article [onerror], shape-explorer script, shape-explorer img").count() == 0
        assert visit.complaints == []
        assert visit.outside == []


def test_a_wrong_wish_gets_the_sentence_of_the_package(browser, address):
    with Visit(browser, address) as visit:
        page = opened(visit, address, f"{PUZZLE}")
        field = page.get_by_label("Wanted size")
        field.fill("7")
        field.press("Enter")
        with pytest.raises(ValueError, match="not reachable") as caught:
            diagnose((2, 2), 3, stride=2, want=7)
        assert page.locator(".problem").inner_text() == str(caught.value)
        assert page.get_by_label("Wanted size").get_attribute("aria-invalid") == "true"
        page.get_by_label("Stride").fill("0")
        assert page.locator(".problem").inner_text() == "`stride` must be at least 1, got 0"
        page.get_by_label("Stride").fill("2")
        assert page.locator(".problem").is_hidden()
        page.get_by_label("Padding").select_option("explicit")
        page.get_by_label("Padding before").fill("9")
        with pytest.raises(ValueError, match="no size is legal") as caught:
            diagnose((2, 2), 3, stride=2, padding=((9, 0), (9, 0)))
        assert page.locator(".problem").inner_text() == str(caught.value)
        assert page.locator(".lines").is_hidden()


def test_the_stamps_are_played_stepped_and_read_out(browser, address):
    with Visit(browser, address) as visit:
        visit.page.clock.install()
        page = opened(visit, address, f"{PUZZLE}&step=0")
        words = page.locator("stamp-stepper .words")
        assert words.inner_text().startswith("No stamp is down.")
        page.get_by_role("button", name="Play").click()
        assert words.get_attribute("aria-live") == "off"
        page.clock.run_for(1300)
        assert words.inner_text().startswith("Stamp 1 of 4")
        page.get_by_role("button", name="Pause").click()
        page.clock.run_for(5000)
        assert words.inner_text().startswith("Stamp 1 of 4")
        assert words.get_attribute("aria-live") == "polite"
        page.get_by_role("button", name="Play").click()
        page.clock.run_for(10_000)
        assert words.inner_text().startswith("Stamp 4 of 4")
        assert page.get_by_role("button", name="Play").is_visible()
        page.locator("stamp-stepper .stage").focus()
        for key, text in (
            ("Home", "No stamp"),
            ("ArrowRight", "Stamp 1"),
            ("End", "Stamp 4"),
            ("ArrowLeft", "Stamp 3"),
        ):
            page.keyboard.press(key)
            assert words.inner_text().startswith(text)
        page.get_by_role("slider").focus()
        page.keyboard.press("ArrowLeft")
        assert words.inner_text().startswith("Stamp 2")
        assert page.get_by_role("slider").get_attribute("aria-valuetext") == "2 of 4"
        page.locator(".input-array .cell").nth(2).click()
        assert words.inner_text().startswith("Stamp 3")
        page.get_by_text("The result as a table").click()
        page.locator("stamp-stepper td").first.wait_for()
        page.get_by_role("button", name="All").click()
        cells = page.locator("stamp-stepper table td").all_text_contents()
        x, kernel = np.arange(1, 5).reshape(1, 2, 2, 1), np.arange(1, 10).reshape(3, 3, 1, 1)
        assert [int(cell) for cell in cells] == conv_transpose(x, kernel, stride=2).ravel().tolist()
        assert page.locator("stamp-stepper table th").count() == 6 + 5


def test_everything_to_press_is_as_large_as_a_finger(browser, address):
    with Visit(browser, address, width=375) as visit:
        page = opened(visit, address, "axes=2&input=2,3&kernel=3,2&stride=2,4&dilation=1,1&padding=1:0,0:1")
        pressed = "shape-explorer :is(button, select, input:not([type=radio]))"
        sizes = page.evaluate(
            f"[...document.querySelectorAll('{pressed}')].map(e => e.getBoundingClientRect()).map(r => [r.width, r.height])"
        )
        assert len(sizes) > 25
        assert min(map(min, sizes)) >= 40
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_who_wants_no_motion_gets_none(browser, address):
    with Visit(browser, address) as visit:
        page = opened(visit, address)
        duration = "getComputedStyle(document.querySelector('stamp-stepper rect')).transitionDuration"
        assert page.evaluate(duration) == "0s"
        page.emulate_media(reduced_motion="no-preference")
        assert page.evaluate(duration) != "0s"


def test_marks_tell_without_colours_what_a_cell_is(browser, address):
    with Visit(browser, address) as visit:
        page = opened(visit, address, "axes=2&input=2&kernel=3&stride=4&padding=1:0&want=7")
        marks = {"empty": "hatch", "overlap": "corner", "cut": "strike"}
        for look, mark in marks.items():
            assert page.locator(f".sheet .{look}").count() == page.locator(f".sheet .{look} .{mark}").count()
        assert page.locator(".sheet .empty").count() > 0
        assert page.locator(".sheet .cut").count() > 0
        page.evaluate("() => { window.location.hash = 'axes=2&input=2&kernel=3&stride=2'; }")
        page.wait_for_selector(".sheet .overlap")
        assert page.locator(".sheet .overlap").count() == page.locator(".sheet .overlap .corner").count() == 9


def test_a_large_case_has_its_sizes_and_no_picture(browser, address):
    with Visit(browser, address) as visit:
        page = opened(visit, address, "axes=2&input=512&kernel=4&stride=32&padding=same")
        assert (
            page.locator(".lines code").first.inner_text()
            == diagnose((512, 512), 4, stride=32, padding="same", want=16353)["lines"]["keras"]
        )
        assert "No picture" in page.locator("stamp-stepper .words").inner_text()
        assert page.locator("stamp-stepper svg").first.is_hidden()
        assert page.locator(".sizes button").all_text_contents() == ["16353", "16354", "16355", "16384"]


def test_without_scripts_there_is_a_figure(browser, address):
    with Visit(browser, address, scripts=False) as visit:
        visit.page.goto(f"{address}/{PAGE}")
        assert visit.page.locator("shape-explorer img").is_visible()
        assert "6×6" in visit.page.locator("shape-explorer img").get_attribute("alt")
        visit.page.goto(f"{address}/chapters/05-every-form.html")
        assert visit.page.locator("stamp-stepper").count() >= 1
        assert not visit.page.locator("stamp-stepper").first.is_visible()


def test_opened_as_a_file_the_page_works_too(browser):
    with Visit(browser, SITE.as_uri()) as visit:
        page = visit.open(f"{(SITE / PAGE).as_uri()}#{PUZZLE}")
        page.get_by_role("button", name="6", exact=True).click()
        assert shown_lines(page) == list(diagnose((2, 2), (3, 3), stride=2, want=6)["lines"].values())
        assert page.url.endswith("want=6")
        page.get_by_label("Wanted size").fill("7")
        page.get_by_label("Wanted size").press("Enter")
        assert "not reachable" in page.locator(".problem").inner_text()
        assert visit.complaints == []


def test_two_modules_that_use_a_name_are_not_joined(monkeypatch):
    texts = {
        "explorer": 'import { a } from "./other.js";\nconst b = a;\n',
        "other": "export const a = 1;\nconst b = 2;\n",
    }
    monkeypatch.setattr(explorer_tool, "source", texts.get)
    with pytest.raises(ValueError, match=r"cannot be joined: \['b'\]"):
        explorer_tool.joined()


CASES = re.findall(r'<a href="#(.+?)">', TEXT)


def test_the_cases_of_the_page_are_what_they_are_called(browser, address):
    claims = re.findall(r"<!-- holds: (.+?) -->", TEXT)
    assert len(claims) == len(CASES) - 1 == 8  # the first two share a row
    assert [claim for claim in claims if not computed(claim)] == []
    with Visit(browser, address) as visit:
        page = opened(visit, address)
        for case in CASES:
            page.evaluate("text => { window.location.hash = text; }", case)
            until(page, "text => window.location.hash.slice(1) === text", arg=case)
            assert page.locator(".notice").is_hidden()
            assert page.locator(".problem").is_hidden() == (not case.endswith("want=7"))


def test_each_chapter_of_part_two_has_a_stepper_with_the_numbers_of_its_figure(browser, address):
    seen = []
    with Visit(browser, address) as visit:
        for path in sorted((ROOT / "chapters").glob("0[4-9]-*.md")):
            names = set(re.findall(r"name: (fig-[\w-]+)", path.read_text(encoding="utf-8"))) & set(STEPPERS)
            page = visit.open(f"{address}/chapters/{path.stem}.html")
            until(page, "wanted => document.querySelectorAll('stamp-stepper .words').length >= wanted", arg=len(names))
            assert page.locator("stamp-stepper .words").count() == len(names) >= 1, path.stem
            for name in names:
                stepper = page.locator(f"figure#{name} + stamp-stepper")
                stepper.get_by_role("button", name="All").click()
                stepper.get_by_text("The result as a table").click()
                stepper.locator("td").first.wait_for()
                assert [int(n) for n in stepper.locator("td").all_text_contents()] == result(STEPPERS[name])
            seen += names
        assert visit.complaints == []
    assert sorted(seen) == sorted(STEPPERS)


def result(stepper):
    """Compute with the package what a stepper of `steppers.yml` ends with."""
    said = dict(word.split("=") for word in stepper["geometry"].split("&"))
    n_axes = int(said["axes"])
    i, k = (int(said["input"]),) * n_axes, (int(said["kernel"]),) * n_axes
    padding = said.get("padding", "valid")
    if ":" in padding:
        padding = (tuple(map(int, padding.split(":"))),) * n_axes
    geometry = {"stride": int(said["stride"]), "dilation": int(said.get("dilation", 1)), "padding": padding}
    geometry["output_size"] = int(said["want"]) if "want" in said else None
    if stepper.get("shown") == "coverage":
        return coverage_count(i, k, **geometry).ravel().tolist()
    x = np.array(stepper.get("x", range(1, np.prod(i) + 1))).reshape(1, *i, 1)
    kernel = np.array(stepper.get("kernel", range(1, np.prod(k) + 1))).reshape(*k, 1, 1)
    return conv_transpose(x, kernel, **geometry).ravel().tolist()
