"""The tool that plants faults: what it tries them on, what it says of them, and the list of those that change nothing."""

import collections
import sys
import types

import numpy as np
import pytest

import mutate
import mutate_pictures
import mutate_scripts

RESULT = {"module": "shapes", "operator": "NumberReplacer", "occurrence": 0, "line": 9, "change": ["a = 1", "a = 2"]}


def test_every_fault_of_the_list_can_still_be_planted():
    for module, before, after in mutate.listed():
        lines = (mutate.ROOT / mutate.source(module)).read_text(encoding="utf-8").splitlines()
        assert before in {line.strip() for line in lines}, module
        assert after != before
    assert all(reason.strip() for reason in mutate.listed().values())


def test_a_fault_meets_the_tests_of_its_line_the_quick_ones_first_and_those_of_its_module_before_all():
    lines = {
        7: [(0.1, "tests/test_forms.py::a"), (0.2, "tests/test_shapes.py::b"), (0.3, "tests/test_shapes.py::c")],
        0: [(0.4, "tests/test_forms.py::d")],
    }
    mutant = mutate.Mutant("shapes", "NumberReplacer", 0, 7)
    first, second = mutate.chosen_tests(mutant, {"shapes": lines})
    assert first == [(0.2, "tests/test_shapes.py::b"), (0.3, "tests/test_shapes.py::c")]
    assert second == [(0.1, "tests/test_forms.py::a")]
    elsewhere = mutate.Mutant("shapes", "NumberReplacer", 0, 8)  # a line that no test was seen to go through
    assert mutate.chosen_tests(elsewhere, {"shapes": lines}) == [[(0.4, "tests/test_forms.py::d")]]
    assert mutate.chosen_tests(mutant, {}) == []


def test_what_cosmic_ray_cannot_write_is_no_fault(monkeypatch):
    mutant = mutate.Mutant("model_files", "ExceptionReplacer", 0, 80)
    monkeypatch.setattr(mutate.Mutant, "text", lambda self, code: code + "# changed")
    assert mutate.can_be_planted(mutant, "a = 1\n")
    monkeypatch.setattr(mutate.Mutant, "text", lambda self, code: code.value)  # as Cosmic Ray fails
    assert not mutate.can_be_planted(mutant, "a = 1\n")


def test_tests_are_run_for_as_long_as_there_is_time_and_one_at_least():
    slow = [(mutate.ENOUGH * 0.6, "tests/a"), (mutate.ENOUGH * 0.7, "tests/b"), (mutate.ENOUGH, "tests/c")]
    mutant = mutate.Mutant("shapes", "NumberReplacer", 0, 7)
    assert mutate.chosen_tests(mutant, {"shapes": {7: slow}}) == [slow[:2]]
    assert mutate.chosen_tests(mutant, {"shapes": {7: slow[2:]}}) == [slow[2:]]


def test_what_is_known_of_all_files_is_joined_the_quick_tests_first():
    one = {"seconds": {"a": 2.0, "b": 1.0}, "lines": {"shapes": {"7": ["a", "b"], "0": ["a", "b"]}}}
    two = {"seconds": {"c": 1.5}, "lines": {"shapes": {"7": ["c"]}, "fast": {"1": ["c"]}}}
    three = {"seconds": {f"tests/{mutate.IMPORT}::d": 0.5}, "lines": {}}
    found = mutate.joined([one, two, three])
    assert found["shapes"][7] == [(1.0, "b"), (1.5, "c"), (2.0, "a")]
    assert found["shapes"][0] == [(0.5, f"tests/{mutate.IMPORT}::d"), (1.0, "b"), (2.0, "a")]
    assert found["fast"][1] == [(1.5, "c")]


def test_a_module_of_data_is_tried_on_the_files_that_name_it_as_long_as_they_take():
    name = "tests/test_frameworks_record.py::a"
    answers = [{"seconds": {name: 5 * mutate.ENOUGH, name + "b": 2.0, "tests/test_fast.py::c": 1.0}}]
    answers[0]["lines"] = {"departures": {"0": [], "229": []}}  # seen while it was imported, by no test
    chosen = mutate.chosen_tests(mutate.Mutant("departures", "NumberReplacer", 0, 229), mutate.joined(answers))
    assert chosen == [[(2.0, name + "b"), (5 * mutate.ENOUGH, name)]]


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("a\n  b = 2\nc\n", ["b = 1", "b = 2"]),
        ("a\nc\n", ["b = 1", ""]),
        ("a\n  if not (b\n  == 1)\nc\n", ["b = 1", "if not (b == 1)"]),
    ],
)
def test_a_change_is_said_by_the_lines_that_differ(text, change):
    assert mutate.difference("a\n  b = 1\nc\n", text) == change


def test_a_blank_line_is_no_part_of_a_change():
    assert mutate.difference("a\n\n@cache\ndef b", "a\n\n\ndef b") == ["@cache", ""]


@pytest.mark.parametrize(
    ("outcomes", "status"), [(["killed", "hangs"], 0), (["killed", "survived"], 1), (["killed", "listed"], 0)]
)
def test_a_survivor_that_is_not_listed_is_printed_and_ends_in_a_failure(outcomes, status, monkeypatch, capsys):
    monkeypatch.setattr(mutate, "listed", lambda: {("shapes", "a = 1", "a = 3"): "because"})
    results = [RESULT | {"outcome": outcome} for outcome in outcomes]
    for result in results:
        if result["outcome"] == "listed":
            result.update(outcome="survived", change=["a = 1", "a = 3"])
    assert mutate.report(results) == status
    said = capsys.readouterr().out
    assert ("+ a = 2" in said) == bool(status)
    assert "50.0%" in said if status else "100.0%" in said


def test_files_of_shards_are_added_up(tmp_path, capsys):
    files = [tmp_path / "1.json", tmp_path / "2.json"]
    for file, outcome in zip(files, ("killed", "survived")):
        file.write_text(mutate.json.dumps([RESULT | {"outcome": outcome}]))
    assert mutate.main(["--merge", *map(str, files)]) == 1
    totals = collections.Counter(line.split()[0] for line in capsys.readouterr().out.splitlines() if line)
    assert totals["all"] == 1


def test_only_what_survived_and_is_not_listed_is_tried_again(monkeypatch):
    monkeypatch.setattr(mutate, "listed", lambda: {("shapes", "a = 1", "a = 3"): "because"})
    results = [
        RESULT | {"outcome": "killed"},
        RESULT | {"outcome": "survived", "occurrence": 1},
        RESULT | {"outcome": "survived", "occurrence": 2, "change": ["a = 1", "a = 3"]},
    ]
    chosen = [mutate.Mutant("shapes", "NumberReplacer", number, 9) for number in range(3)]
    assert mutate.survivors_of(results, chosen) == [chosen[1]]


def test_a_script_is_changed_in_the_place_that_is_counted_in_bytes():
    text = "// ü\nconst a = b + 1;"
    at = text.encode().index(b"+")
    assert mutate_scripts.changed(text, at, at + 1, "-") == "// ü\nconst a = b - 1;"
    assert mutate.source("shapes.js") == "chapters/_static/explorer/shapes.js"
    assert mutate.source("shapes") == "src/transpose_conv/shapes.py"


def test_the_scripts_whose_arithmetic_is_tried_are_there_and_their_tests_ask_for_all_of_it():
    for name, function in mutate_scripts.ARITHMETIC.items():
        text = (mutate_scripts.SCRIPTS / name).read_text(encoding="utf-8")
        assert function is None or f"function {function}(" in text
    few, every = mutate_scripts.questions()
    assert 1000 < len(few[0]) < 1500
    assert len(every[0]) > 10_000
    assert len(every[1]) == 150
    assert few[2] == every[2]


ONE = [{"rows": [[1, 2]]}], np.zeros((4, 4, 4))


@pytest.mark.parametrize(
    ("others", "other"),
    [
        ([ONE], False),
        ([(ONE[0], ONE[1] + 0.001)], False),
        ([(ONE[0], ONE[1] + 0.01)], True),
        ([(ONE[0], np.zeros((4, 5, 4)))], True),
        ([([{"rows": [[1, 3]]}], ONE[1])], True),
        ([], True),
        (None, True),
    ],
)
def test_a_figure_is_another_if_its_numbers_or_more_of_its_pixels_are_than_an_eye_sees(others, other):
    assert mutate_pictures.differ([ONE], others) == other


def test_the_cells_of_a_chapter_that_draw_are_those_that_are_drawn_again():
    cells = ["import matplotlib.pyplot as plt", "fig, ax = plt.subplots()", "n = 3", "plt.plot([1, n])"]
    drawing = mutate_pictures.run(cells)
    assert [code for code, _ in drawing] == [cells[1], cells[3]]
    assert all(names["n"] == 3 for _, names in drawing)
    (numbers, pixels), *more = mutate_pictures.drawn(drawing[1])
    assert more == []
    assert numbers[0]["lines"]
    assert pixels.ndim == 3


def test_a_fault_is_planted_for_everybody_who_has_taken_a_name(monkeypatch):
    right, wrong = "LIMIT = 3\ndef limit():\n    return LIMIT\n", "LIMIT = 4\ndef limit():\n    return LIMIT\n"
    module = types.ModuleType("transpose_conv.tried")
    exec(right, vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    chapter = {"limit": module.limit, "LIMIT": module.LIMIT, "other": 3}
    mutate_pictures.plant(module.__name__, wrong, [chapter])
    assert (chapter["limit"](), chapter["LIMIT"], chapter["other"]) == (4, 4, 3)


@pytest.mark.posix
@pytest.mark.filterwarnings("ignore:.*fork")  # in a process with threads: the task has none
@pytest.mark.parametrize(("question", "answer"), [(lambda: True, True), (lambda: False, False), (lambda: 1 / 0, None)])
def test_a_question_is_answered_in_another_process(question, answer, capfd):
    assert mutate_pictures.forked(question) is answer
