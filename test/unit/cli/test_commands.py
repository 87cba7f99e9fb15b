"""Commands that look and keep, in a workspace of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from taskrunner.cli import shell


class Place:
    """A workspace, and the command line in it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self.capsys = capsys

    def __call__(self, *arguments: str, code: int = 0) -> str:
        self.capsys.readouterr()
        got = shell.run(list(arguments))
        out, err = self.capsys.readouterr()
        assert got == code, f"exit {got}: {out}{err}"
        return out + err

    def json(self, *arguments: str) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self(*arguments, "--json"))
        assert data["schema"] == 1
        return data


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    assert shell.run(["init", "."]) == 0
    return Place(tmp_path, capsys)


def test_init_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run(["init", str(tmp_path / "new")]) == 0
    out = capsys.readouterr().out
    assert "plan.md" in out and "tasks.json" in out and f"cd {tmp_path / 'new'} && taskrunner run 1" in out
    assert shell.run(["init", str(tmp_path / "new")]) == 2
    assert "INPUT-INIT-EXISTS" in capsys.readouterr().err


def test_new_adds_a_module(place: Place) -> None:
    out = place("new", "token", "--lua")
    assert "plan.md" in out and "tasks.json" in out and "taskrunner run 4" in out
    assert "token" in [module["name"] for module in place.json("plan")["plan"]["modules"]]
    assert "INPUT-MODULE-EXISTS" in place("new", "token", code=2)


def test_list_and_status(place: Place) -> None:
    assert [task["id"] for task in place.json("list")["tasks"]] == [1, 2, 3]
    assert "Counter in Lua" in place("list")
    row = place.json("status", "1")
    assert (row["state"], row["iteration"], row["status"], row["failure"]) == ("new", 0, "pending", None)
    assert "state" in place("status", "1") and "Counter in Rust" in place("status")


def test_a_task_that_is_not_there_names_the_nearest(place: Place) -> None:
    assert "Counter in Lua" in place("status", "7", code=2)


def test_plan_shows_what_was_understood(place: Place) -> None:
    out = place("plan", "counter")
    assert "Inc  Amount: int = 1" in out and "three times" in out and "approved" in out
    assert "no module 'nope'" in place("plan", "nope", code=2)


def test_config_shows_every_key(place: Place) -> None:
    (place.root / "taskrunner.toml").write_text("[rules]\nstep_back = 5\n")
    assert place.json("config")["settings"]["rules"]["step_back"] == 5
    out = place("config")
    assert "rules.step_back" in out and "taskrunner.toml" in out


def test_explain_knows_every_code(place: Place) -> None:
    from taskrunner.core.codes import CODES

    for code in CODES:
        assert code in place("explain", code)
    assert "MOD-LUA-SYNTAX" in place("explain")
    assert place.json("explain", "mod-json")["code"] == "MOD-JSON"
    assert len(place.json("explain")["codes"]) == len(CODES)
    assert "always raises" in place("explain", "MOD-LUA-GMATCH")
    assert "Did you mean MOD-JSON" in place("explain", "MOD-JSN", code=2)
    place("explain", "../../x", code=2)


def test_nothing_has_happened_yet(place: Place) -> None:
    assert "nothing has happened" in place("log", "1")
    assert place.json("log", "1")["events"] == []
    assert "start with `taskrunner run 1`" in place("brief", "1")
    assert place.json("brief", "1")["brief"] is None


@pytest.mark.parametrize("verb", ["resume"])
def test_a_decision_that_cannot_be_taken_now(place: Place, verb: str) -> None:
    assert "there is nothing to resume" in place(verb, "1", code=2)


def test_skip_names_the_next_task(place: Place) -> None:
    assert place.json("skip", "1") == {"schema": 1, "skipped": "1", "next": 2}
    assert "skipped" in place("log", "1")


def test_unlock_and_restore_are_journalled(place: Place) -> None:
    from taskrunner.project import SuiteLock, Workspace

    suite = place.root / "test" / "test_counter_module.py"
    suite.write_text("assert 1\n")
    lock = SuiteLock(Workspace(place.root))
    lock.lock(suite)
    suite.write_text("assert 0\n")
    assert "restored test/test_counter_module.py" in place("restore", "1")
    assert suite.read_text() == "assert 1\n"
    suite.write_text("assert 0\n")
    out = place("unlock", "1")
    assert "-assert 1" in out and "+assert 0" in out and "is unlocked" in out
    assert "no suite of task 1 is locked" in place("unlock", "1")
    kinds = [event["kind"] for event in place.json("log", "1")["events"]]
    assert kinds == ["restored", "unlocked"]
    assert "INPUT-RESTORE-WHAT" in place("restore", "1", code=2)
    assert "INPUT-CHECKPOINT-UNKNOWN" in place("restore", "1", "9", code=2)


def test_clean_keeps_what_is_the_users(place: Place) -> None:
    state = place.root / ".taskrunner"
    for number in (1, 2, 10):
        (state / "runs" / str(number)).mkdir(parents=True)
        (state / "runs" / str(number) / "output.txt").write_text("x" * 2048)
    (state / "wallets").mkdir()
    (state / "wallets" / "me.json").write_text("{}")
    outside = place.root / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    (state / "tmp").mkdir(exist_ok=True)
    (state / "tmp" / "link").symlink_to(outside)
    assert "removed 3 entries" in place("clean", "--keep", "1")
    assert [path.name for path in (state / "runs").iterdir()] == ["10"]
    assert place.json("clean")["removed"] == 1
    assert (state / "wallets" / "me.json").exists() and (outside / "kept").exists()
