"""Agents as commands: argv without a shell, a group that ends as a whole, a log that cannot flood."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from taskrunner.agents import AgentReport, Assignment, CommandAgent, ReplayAgent, make_agent
from taskrunner.agents import command as command_module
from taskrunner.errors import EnvironmentFault


def assignment(folder: Path, text: str = "the brief ü") -> Assignment:
    brief = folder / "brief.md"
    brief.write_text(text)
    return Assignment("1", 2, text, brief, folder / "logs" / "agent.txt")


def fix(folder: Path, code: str, *words: str, seconds: float = 20.0, log_bytes: int = 10_000) -> AgentReport:
    argv = (sys.executable, "-c", code, *words)
    return CommandAgent(argv, root=folder, seconds=seconds, log_bytes=log_bytes).fix(assignment(folder))


def test_the_brief_comes_on_stdin_and_as_a_file(tmp_path: Path) -> None:
    code = "import sys; print(sys.stdin.read(), open(sys.argv[1]).read(), sys.argv[2], sep='|')"
    report = fix(tmp_path, code, "{brief}", "$HOME; `id` *")
    assert (report.exit_code, report.timed_out, report.exhausted) == (0, False, False)
    assert report.log.read_text() == "the brief ü|the brief ü|$HOME; `id` *\n"


def test_it_works_in_the_workspace_and_knows_its_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARWEAVE_WALLET", "secret")
    monkeypatch.setenv("TASKRUNNER_JWK", "secret")
    code = (
        "import os; print(os.getcwd(), os.environ['TASKRUNNER_TASK'], os.environ['TASKRUNNER_ITERATION']);"
        "print([k for k in os.environ if 'WALLET' in k or 'JWK' in k])"
    )
    assert fix(tmp_path, code).log.read_text() == f"{tmp_path} 1 2\n[]\n"


@pytest.mark.parametrize(("code", "exit_code"), [("exit(3)", 3), ("import os; os.kill(os.getpid(), 9)", -9)])
def test_how_it_ended(tmp_path: Path, code: str, exit_code: int) -> None:
    assert fix(tmp_path, code).exit_code == exit_code


def test_stderr_is_in_the_log_too(tmp_path: Path) -> None:
    assert "ZeroDivisionError" in fix(tmp_path, "1/0").log.read_text()


def test_a_large_brief_that_nobody_reads(tmp_path: Path) -> None:
    agent = CommandAgent((sys.executable, "-c", "pass"), root=tmp_path, seconds=20, log_bytes=1000)
    assert agent.fix(assignment(tmp_path, "x" * 1_000_000)).exit_code == 0


def test_a_flood_is_cut_and_counted(tmp_path: Path) -> None:
    report = fix(tmp_path, "import sys; [sys.stdout.write('x' * 1000) for _ in range(5000)]", log_bytes=2000)
    assert report.exit_code == 0
    assert report.log_truncated == 5_000_000 - 2000
    assert report.log.read_text() == "x" * 2000 + "\n[taskrunner: 4998000 more bytes were not kept]\n"


TREE = """
import os, signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
print(os.getpid(), child.pid, flush=True)
if sys.argv[2] == "stay":
    time.sleep(60)
time.sleep(0.3)
"""
SLEEP = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


@pytest.mark.parametrize("child", [SLEEP, DEAF])
@pytest.mark.parametrize("stay", ["stay", "leave"])
def test_the_whole_group_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child: str, stay: str) -> None:
    monkeypatch.setattr(command_module, "_GRACE", 0.3)
    started = time.monotonic()
    report = fix(tmp_path, TREE, child, stay, seconds=0.8)
    assert (report.timed_out, report.exit_code) == ((True, None) if stay == "stay" else (False, 0))
    assert time.monotonic() - started < 5
    for pid in map(int, report.log.read_text().split()[:2]):
        assert gone(pid)


def gone(pid: int) -> bool:
    for _ in range(100):
        try:
            letter = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if letter == "Z":
            return True
        time.sleep(0.01)
    return False


def test_a_stopped_agent_ends_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_module, "_GRACE", 0.3)
    report = fix(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", seconds=0.5)
    assert report.timed_out


def test_one_that_left_the_group_cannot_hold_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_module, "_DRAIN", 0.2)
    code = (
        "import subprocess, sys;"
        "c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3)'], start_new_session=True);"
        "print('done')"
    )
    started = time.monotonic()
    assert fix(tmp_path, code).exit_code == 0
    assert time.monotonic() - started < 2.5


def test_an_interrupt_ends_the_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_module, "_ended_within", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    ended = []
    real = command_module.end_group
    monkeypatch.setattr(command_module, "end_group", lambda child: (real(child), ended.append(child.returncode)))
    with pytest.raises(KeyboardInterrupt):
        fix(tmp_path, SLEEP)
    assert ended == [-15]


@pytest.mark.parametrize("program", ["no-such-agent-at-all", "./no-such-file", "/"])
def test_one_that_cannot_start(tmp_path: Path, program: str) -> None:
    with pytest.raises(EnvironmentFault) as caught:
        CommandAgent((program,), root=tmp_path, seconds=1, log_bytes=10).fix(assignment(tmp_path))
    assert caught.value.code == "ENV-AGENT"
    assert repr(program) in caught.value.message


def test_a_relative_command_is_the_workspaces(tmp_path: Path) -> None:
    script = tmp_path / "tools" / "agent"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\necho mine\n")
    script.chmod(0o755)
    agent = CommandAgent(("tools/agent",), root=tmp_path, seconds=10, log_bytes=100)
    assert agent.fix(assignment(tmp_path)).log.read_text() == "mine\n"
    assert agent.name == "agent"


def test_which_agent_a_setting_means(tmp_path: Path) -> None:
    (tmp_path / "steps" / "1").mkdir(parents=True)
    assert make_agent((), root=tmp_path) is None
    replay, command = (make_agent(words, root=tmp_path) for words in (("replay:steps",), ("fix", "it")))
    assert replay is not None
    assert command is not None
    assert (replay.name, command.name) == ("replay", "fix")
    replay, command = (make_agent(text, root=tmp_path) for text in ("replay:steps", "fix 'two words'"))
    assert isinstance(replay, ReplayAgent)
    assert isinstance(command, CommandAgent)
    assert command._argv == ("fix", "two words")


def test_no_open_file_stays(tmp_path: Path) -> None:
    fix(tmp_path, "print(1)")
    before = len(os.listdir("/proc/self/fd"))
    fix(tmp_path, "print(1)")
    assert len(os.listdir("/proc/self/fd")) == before
