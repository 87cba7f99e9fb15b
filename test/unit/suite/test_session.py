"""What a session records beside answers: the exchange that a failing assertion is about."""

from __future__ import annotations

from pathlib import Path

from taskrunner.core.facts import Exchange
from taskrunner.suite.session import Options, Session


def exchange(kind: str, slot: int, process: str = "pid") -> Exchange:
    return Exchange(slot, {"kind": kind, "process": process})


def test_the_answer_that_was_looked_at_comes_last(tmp_path: Path) -> None:
    session = Session(Options(tmp_path))
    session.begin_test()
    talk = [exchange("schedule", 1), exchange("compute", 1), exchange("schedule", 2), exchange("compute", 2)]
    for each in talk:
        session.heard(each)
    session.look("pid", 1)
    assert session.with_last_look() == [*talk, talk[1]]
    session.look("pid", 2)
    assert session.with_last_look() == talk
    session.look("other", 1)
    assert session.with_last_look() == talk


def test_each_test_begins_with_an_empty_record(tmp_path: Path) -> None:
    session = Session(Options(tmp_path))
    session.heard(exchange("compute", 1))
    session.look("pid", 1)
    session.begin_test()
    assert (session.exchanges, session.looked_at, session.last_sent) == ([], None, None)
    assert session.collect_warnings() == []
    session.close()
