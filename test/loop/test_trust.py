"""An agent that a workspace's settings name runs only where a person allowed it; what a person types is their word."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from scripted import workspace

from taskrunner.agents import trust

AGENT = "import sys, pathlib; pathlib.Path('ran').write_text(sys.stdin.read()[:9])"
COMMAND = [sys.executable, "-c", "from taskrunner.cli import main; main()"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("TASKRUNNER_AGENT", raising=False)
    root = workspace(tmp_path / "w", "function compute(base, req, opts\n").root
    (root / "agent.py").write_text(AGENT)
    (root / "taskrunner.toml").write_text(f'agent = ["{sys.executable}", "agent.py"]\n[rules]\nescalate = 1\n')
    return root


def ran(root: Path) -> list[str]:
    """What the agent wrote: no file of the task, so it was taken back and lies in the run."""
    assert not (root / "ran").exists()
    return [path.read_text() for path in sorted((root / ".taskrunner").glob("runs/*/refused/ran"))]


def run(root: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "run", "1", *more]
    return subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def answer(root: Path, word: str) -> tuple[int, str]:
    """The same on a terminal, where `word` is typed once; exit code and what was shown."""
    mine, theirs = pty.openpty()
    os.write(mine, f"{word}\n".encode())
    child = subprocess.Popen([*COMMAND, "run", "1"], cwd=root, stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    code = child.wait(timeout=60)
    shown = os.read(mine, 65536).decode()
    os.close(mine)
    return code, shown


def test_without_a_terminal_it_is_refused_with_the_words_that_allow_it(home: Path) -> None:
    ended = run(home)
    assert ended.returncode == 2 and not ran(home)
    assert trust.CODE in ended.stderr and "--agent" in ended.stderr and "agent.py" in ended.stderr
    assert not (home / ".taskrunner" / "journal.db").exists()


def test_what_a_person_types_is_their_word(home: Path) -> None:
    assert run(home, "--agent", "").returncode == 1
    assert not ran(home)
    run(home, "--agent", f"{sys.executable} agent.py")
    assert ran(home) == ["# Task 1 "]


def test_a_terminal_asks_once_and_the_answer_lies_outside_of_the_workspace(home: Path, tmp_path: Path) -> None:
    code, shown = answer(home, "n")
    assert code == 1 and "agent.py" in shown and not ran(home)
    code, shown = answer(home, "y")
    assert ran(home) and "Allow it" in shown
    kept = tmp_path / "state" / "taskrunner" / "agents.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert trust.is_allowed(home, [sys.executable, "agent.py"])
    assert not trust.is_allowed(tmp_path, [sys.executable, "agent.py"])
    assert not trust.is_allowed(home, [sys.executable, "agent.py", "--more"])
    (home / "agent.py").write_text(AGENT + "\n# changed by a pull\n")
    assert not trust.is_allowed(home, [sys.executable, "agent.py"])
    assert run(home).returncode == 2


@pytest.mark.parametrize("act", [["unlock"], ["retry"], ["resume"], ["skip"], ["restore", "1"]])
def test_an_agent_performs_no_act_of_a_person(home: Path, act: list[str]) -> None:
    command = [*COMMAND, act[0], "1", *act[1:]]
    environment = {**os.environ, "TASKRUNNER_BRIEF": "brief.md", "TASKRUNNER_TASK": "1"}
    ended = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 2 and "INPUT-AGENT-ACT" in ended.stderr
    assert not (home / ".taskrunner" / "journal.db").exists()


def test_a_damaged_file_of_answers_allows_nothing(home: Path, tmp_path: Path) -> None:
    trust.allow(home, ["agent"])
    assert trust.is_allowed(home, ["agent"])
    for text in ("", "[]", '{"allowed": 3}'):
        trust.approvals().write_text(text)
        assert not trust.is_allowed(home, ["agent"])
