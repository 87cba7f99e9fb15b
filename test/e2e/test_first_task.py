"""The main job through the installed command: skeleton, suite, first failure, a wrong fix, a right one, done."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

COMMAND = Path(sys.executable).with_name("taskrunner")
SECONDS = 120


class Shop:
    """A workspace and the installed command in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *arguments: str, code: int | None = None) -> str:
        done = subprocess.run(
            [COMMAND, *arguments],
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
        )
        text = done.stdout + done.stderr
        assert code is None or done.returncode == code, f"{arguments}: exit {done.returncode}, not {code}\n{text}"
        assert "Traceback" not in text, text
        return text

    def json(self, *arguments: str, code: int | None = None) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.run(*arguments, "--json", code=code))
        assert data["schema"] == 1
        return data

    def task(self, number: int = 1) -> dict[str, Any]:
        tasks = json.loads((self.root / "tasks.json").read_text())["tasks"]
        return next(task for task in tasks if task["id"] == number)

    @property
    def module(self) -> Path:
        return self.root / "custom_lua" / "counter.lua"

    @property
    def suite(self) -> Path:
        return self.root / "test" / "test_counter_module.py"

    def write(self, inc: str, dec: str, get: str) -> None:
        """Fill in the three actions of the skeleton."""
        text = self.module.read_text()
        for name, body in (("Inc", inc), ("Dec", dec), ("Get", get)):
            old = rf'  (return fail\(msg, "not implemented: {name}"\)|.* -- {name})\n'
            text, count = re.subn(old, f"  {body} -- {name}\n", text)
            assert count == 1, f"no {name} in\n{text}"
        self.module.write_text(text)


INC = "state.count = state.count + amount; return reply(msg, intstr(state.count))"
DEC = "state.count = math.max(0, state.count - amount); return reply(msg, intstr(state.count))"
GET = "return reply(msg, intstr(state.count))"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A workspace after its very first run, and what that run said; tests work on copies of it."""
    root = tmp_path_factory.mktemp("begun") / "work"
    made = Shop(root)
    root.mkdir()
    made.run("init", ".", code=0)
    return root, made.json("run", "1", code=1)


@pytest.fixture
def shop(begun: tuple[Path, dict[str, Any]], tmp_path: Path) -> Shop:
    return Shop(Path(shutil.copytree(begun[0], tmp_path / "work")))


def test_the_first_run_writes_what_is_missing(begun: tuple[Path, dict[str, Any]], shop: Shop) -> None:
    said = begun[1]
    assert shop.module.exists() and shop.suite.exists()
    assert said["failure"]["class"] == "module" and said["failure"]["code"] == "MOD-NOT-IMPLEMENTED"
    assert "not implemented: Inc" in json.dumps(said["failure"])
    assert shop.task()["status"] == "in_progress"
    brief = shop.run("brief", "1", code=0)
    assert "MOD-NOT-IMPLEMENTED" in brief and "custom_lua/counter.lua" in brief


def test_a_wrong_fix_and_a_right_one(shop: Shop) -> None:
    shop.write(INC.replace("+ amount", "+ amount + 1"), DEC, GET)
    wrong = shop.json("run", "1", code=1)
    assert wrong["failure"]["class"] == "module"
    assert (wrong["failure"]["expected"], wrong["failure"]["got"]) == ("1", "2")
    assert wrong["iteration"] == 1

    shop.write(INC, DEC, GET)
    done = shop.json("run", "1", code=0)
    assert done["outcome"] == "done" and done["failure"] is None
    task = shop.task()
    assert task["status"] == "done" and task["completed_at"] >= task["started_at"]
    log = shop.run("log", "1", "--diff", code=0)
    assert "iteration 2" in log and "proved" in log
    assert shop.json("run", "1", code=0)["outcome"] == "done"


def test_a_raised_error_names_the_users_line(shop: Shop) -> None:
    shop.write("local none = nil; return reply(msg, none.x)", DEC, GET)
    line = next(n for n, row in enumerate(shop.module.read_text().splitlines(), 1) if "none.x" in row)
    failure = shop.json("run", "1", code=1)["failure"]
    assert (failure["class"], failure["file"], failure["line"]) == ("module", "custom_lua/counter.lua", line)
    brief = shop.run("brief", "1", code=0)
    assert f"custom_lua/counter.lua:{line}" in brief and "none.x" in brief


def test_a_module_that_does_not_parse(shop: Shop) -> None:
    shop.module.write_text(
        shop.module.read_text().replace("function compute(base, req, opts)", "function compute(base req, opts)")
    )
    failure = shop.json("run", "1", code=1)["failure"]
    assert (failure["class"], failure["code"]) == ("module", "MOD-LUA-SYNTAX") and failure["line"]


def test_a_locked_suite_is_guarded(shop: Shop) -> None:
    shop.suite.write_text(shop.suite.read_text() + "\n\ndef test_more():\n    assert 1\n")
    failure = shop.json("run", "1", code=1)["failure"]
    assert (failure["class"], failure["code"]) == ("test", "TEST-LOCKED")
    shop.run("restore", "1", code=0)
    assert "test_more" not in shop.suite.read_text()
    assert shop.json("run", "1", code=1)["failure"]["code"] == "MOD-NOT-IMPLEMENTED"


def test_output_for_people_and_machines(shop: Shop) -> None:
    text = shop.run("run", "1", "--junit", "out/junit.xml", "--log", "events.jsonl", code=1)
    assert "\x1b" not in text
    for words in ("task 1", "custom_lua/counter.lua", "MOD-NOT-IMPLEMENTED", "taskrunner brief 1"):
        assert words in text
    assert len(text.splitlines()) < 45, "one calm screen"
    assert ElementTree.parse(shop.root / "out" / "junit.xml").findall(".//failure")
    events = [json.loads(line) for line in (shop.root / "events.jsonl").read_text().splitlines()]
    assert events[0]["event"] == "run.started" and events[-1]["event"] == "run.finished"
    assert {event["schema"] for event in events} == {1}


def test_the_clone_keeps_its_wallets_private(shop: Shop) -> None:
    wallets = list((shop.root / ".taskrunner" / "wallets").glob("*.json"))
    assert wallets and all(path.stat().st_mode & 0o077 == 0 for path in wallets)
    secret = json.loads(wallets[0].read_text())["d"][:40]
    kept = [path for path in shop.root.rglob("*") if path.is_file() and path not in wallets]
    assert [path for path in kept if secret.encode() in path.read_bytes()] == []
