"""How commands choose reporters, and what log, brief and status make of a journal."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from taskrunner.cli import shell
from taskrunner.cli.options import reporter_for
from taskrunner.cli.tee import Tee
from taskrunner.errors import InputError
from taskrunner.project import Journal, Workspace
from taskrunner.report.console import Console

FAILURE = {"class": "module", "code": "MOD-WRONG-REPLY", "message": "expected 3, got 2", "test": "test_a[each]"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Workspace:
    """A workspace whose first task was run, failed, fixed once by a person, and failed again."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    shell.run(["init", "."])
    found = Workspace(tmp_path)
    events = [
        ("started", {"content": "a"}), ("ready", {}), ("written", {}), ("built", {}), ("passed", {}),
        ("run", {"run": 1, "phase": "all", "passed": 7, "collected": 22, "crash": ""}),
        ("failed", {"phase": "test_all"}),
        ("fixable", {"failure": FAILURE, "rank": [1, -1, 0], "content": "a"}),
        ("brief", {"text": "# Task 1: what failed\n", "json": {"failure": FAILURE}}),
        ("fixed", {"content": "b", "by": "person"}), ("built", {}),
        ("run", {"run": 2, "phase": "first", "passed": 0, "collected": 1, "crash": "timeout in test_a"}),
    ]  # fmt: skip
    with Journal(found) as journal:
        for kind, data in events:
            journal.append(1, kind, data)
    capsys.readouterr()
    return found


def test_the_log_tells_what_happened(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run(["log", "1"]) == 0
    text = capsys.readouterr().out
    assert "all: 7 of 22 passed (run 1)" in text and "iteration 1 by person" in text
    assert "module MOD-WRONG-REPLY: expected 3, got 2" in text and "timeout in test_a (run 2)" in text
    assert "ready" not in text


def test_the_log_with_diffs(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    from taskrunner.project import Checkpoints

    module = place.root / "custom_lua" / "counter.lua"
    for iteration, text in enumerate(("local n = 1\n", "local n = 2\n")):
        module.write_text(text)
        Checkpoints(place).save(1, iteration, ["custom_lua/counter.lua"])
    assert shell.run(["log", "1", "--diff"]) == 0
    text = capsys.readouterr().out
    assert "-local n = 1" in text and "+local n = 2" in text


def test_the_brief_as_text_and_as_json(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run(["brief", "1"]) == 0
    assert capsys.readouterr().out.startswith("# Task 1")
    assert shell.run(["brief", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["brief"]["failure"]["code"] == "MOD-WRONG-REPLY"


def test_the_status_says_why(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run(["status", "1"]) == 0
    text = capsys.readouterr().out
    assert "MOD-WRONG-REPLY test_a[each]" in text and "module: expected 3, got 2" in text


def test_what_is_proved_has_no_brief(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    with Journal(place) as journal:
        journal.append(1, "proved", {"verdict": "done", "tests": 22, "assertions": 54})
    assert shell.run(["brief", "1"]) == 0
    assert "is done; there is nothing to fix" in capsys.readouterr().out


def test_several_reporters_hear_every_event(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, junit = tmp_path / "log.jsonl", tmp_path / "junit.xml"
    reporter = reporter_for(False, False, 0, False, str(log), str(junit))
    assert isinstance(reporter, Tee)
    reporter({"event": "run.started", "task": 1, "name": "Counter"})
    reporter({"event": "run.finished", "outcome": "awaiting"})
    reporter.close()
    assert "Counter" in capsys.readouterr().out and "Counter" in junit.read_text()
    assert [json.loads(line)["event"] for line in log.read_text().splitlines()] == ["run.started", "run.finished"]


def test_one_reporter_is_enough_without_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert isinstance(reporter_for(False, False, 0, False, None), Console)


def test_annotations_in_a_github_workflow(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    reporter = reporter_for(False, False, 0, False, None)
    reporter({"event": "escalated", "rule": "x", "reason": "y"})
    assert "::error title=escalated%3A x::y" in capsys.readouterr().out
    assert not isinstance(reporter_for(True, False, 0, False, None), Tee)


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "file" / "log.jsonl", tmp_path, tmp_path / "pipe", Path("/dev/full")):
        with pytest.raises(InputError, match=r"cannot write|no ordinary file"):
            reporter_for(False, False, 0, False, str(path))
