"""What shells are offered: commands, options, task ids with names, codes; at once, and nothing where nothing can be."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from taskrunner.cli import completing, shell

COMMAND = Path(sys.executable).parent / "taskrunner"
TASKS = {"tasks": [{"id": 1, "name": "Counter\nin Lua", "status": "done"}, {"id": 12, "name": "Token"}, {"id": "b"}, 3]}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tasks.json").write_text(json.dumps(TASKS))
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    return tmp_path


def offered(words: str) -> list[str]:
    """What bash would offer for the last of these words."""
    parts = words.split(" ")
    environment = {"COMP_WORDS": words, "COMP_CWORD": str(len(parts) - 1), "_TASKRUNNER_COMPLETE": "bash_complete"}
    done = subprocess.run([COMMAND], env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert done.stderr == "", done.stderr
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


def test_commands_options_and_codes(place: Path) -> None:
    assert offered("taskrunner re") == ["resume", "retry", "restore"]
    assert offered("taskrunner run 1 --ju") == ["--junit"]
    assert offered("taskrunner explain mod-lua-no") == ["MOD-LUA-NO-COMPUTE"]
    assert offered("taskrunner completion ") == ["bash", "fish", "zsh"]


@pytest.mark.parametrize("command", ["run", "status", "brief", "log", "watch", "deploy", "skip"])
def test_task_ids(place: Path, command: str) -> None:
    found = {item.value: item.help for item in completing.task_ids(None, None, "")}  # type: ignore[arg-type]
    assert found == {"1": "Counter in Lua done", "12": "Token", "b": ""}
    ctx = click.Context(shell.group)
    task = next(p for p in shell.group.get_command(ctx, command).params if p.name == "task")  # type: ignore[union-attr]
    assert [item.value for item in task.shell_complete(ctx, "1")] == ["1", "12"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"tasks": 3}', "[" * 100_000])
def test_a_list_that_cannot_be_read_offers_nothing(place: Path, text: str) -> None:
    (place / "tasks.json").write_text(text)
    assert completing.task_ids(None, None, "") == []  # type: ignore[arg-type]


def test_completing_imports_no_command(place: Path) -> None:
    code = (
        "import sys\nfrom taskrunner.cli import main\ntry:\n    main([])\nexcept SystemExit:\n    print(*sys.modules)"
    )
    environment = {"COMP_WORDS": "taskrunner ", "COMP_CWORD": "1", "_TASKRUNNER_COMPLETE": "bash_complete"}
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True,
                          text=True, check=False)  # fmt: skip
    modules = done.stdout.split()
    assert "plain,run" in modules and "taskrunner.cli.run" not in modules and "rich" not in modules


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_scripts_are_understood_by_their_shells(name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert shell.run(["completion", name]) == 0
    script = capsys.readouterr().out
    assert "_TASKRUNNER_COMPLETE" in script and "%(" not in script
    program = shutil.which(name)
    if program is not None:
        (tmp_path / "script").write_text(script)
        subprocess.run([program, "-n", tmp_path / "script"], check=True)


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_itself(place: Path) -> None:
    program = (
        'eval "$(taskrunner completion bash)"; COMP_WORDS=(taskrunner run 1); COMP_CWORD=2;'
        "_taskrunner_completion taskrunner;"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    path = f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(["bash", "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "12"]
