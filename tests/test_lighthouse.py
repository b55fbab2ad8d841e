"""What is made of Lighthouse's reports. Lighthouse itself runs by `python3 tasks.py lighthouse`, and in a job of its own in CI."""

import shutil

import lighthouse


def report(**changed):
    """Make a report like Lighthouse's, with the scores that matter here."""
    found = {"performance": 0.4, "accessibility": 1, "best-practices": 0.95, "seo": 0.95, **changed}
    numbers = {name: {"numericValue": 1234, "score": 0.5} for name in (*lighthouse.TIMES, "total-byte-weight")}
    audits = {
        "cumulative-layout-shift": {"numericValue": 0.0123, "score": 1},
        "image-alt": {"score": 0},
        "title": {"score": 1},
    }
    parts = [{"id": "image-alt", "weight": 7}, {"id": "title", "weight": 1}, {"id": "total-byte-weight", "weight": 0}]
    return {
        "categories": {name: {"score": score, "auditRefs": parts} for name, score in found.items()},
        "audits": {**numbers, **audits},
        "environment": {"benchmarkIndex": 1000},
    }


def test_performance_is_reported_and_the_rest_has_to_be_95():
    assert lighthouse.missed(report()) == []
    assert lighthouse.missed(report(seo=0.94)) == ["seo is 94, below 95: image-alt"]
    low = lighthouse.missed(report(**{"accessibility": 0.9, "best-practices": 0.5}))
    assert [problem.split(" is ")[0] for problem in low] == ["accessibility", "best-practices"]


def test_a_line_of_the_table():
    assert lighthouse.row("a", report()) == "a | 40 | 100 | 95 | 95 | 1 kB | 1.2 s | 1.2 s | 1.2 s | 0.012"


def test_a_fast_machine_is_slowed_more_than_a_slow_one():
    assert lighthouse.slowing(report()) == 3.8
    assert lighthouse.slowing({"environment": {"benchmarkIndex": 200}}) == 1


def test_without_node_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert lighthouse.main([]).startswith("lighthouse.py: there is no Node")
