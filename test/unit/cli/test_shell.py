"""The command line as a whole: quick help, exit codes, errors as one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from taskrunner.cli import COMMANDS, exits, shell
from taskrunner.cli.lazy import LazyGroup
from taskrunner.errors import BusyError, EnvironmentFault, InputError

TASKRUNNER = [sys.executable, "-c", "from taskrunner.cli import main; main()"]
HEAVY = {"pydantic", "httpx", "rich", "wasmtime", "starlette", "uvicorn", "pytest", "git", "cryptography", "sqlite3"}


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TASKRUNNER, *arguments], capture_output=True, text=True, cwd=cwd, timeout=60)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["list", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom taskrunner.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit as end:\n"
        "    print(end.code, *sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    status, *modules = done.stderr.split()
    assert status == "0" and done.stdout
    assert {name.partition(".")[0] for name in modules} & HEAVY == set()


def test_help_answers_at_once() -> None:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        run("--help")
        times.append(time.perf_counter() - began)
    assert min(times) < 0.5  # the goal is 120 ms on a quiet machine, which bench/ measures


def test_help_lists_every_command_once_with_an_example() -> None:
    text = run("--help").stdout
    present = [name for name in COMMANDS if f"\n  {name} " in text]
    assert present == [name for name in COMMANDS if name in present] and "run" in present
    for name in present:
        help_text = run(name, "--help").stdout
        assert "Example: taskrunner" in help_text, f"{name} --help shows no example"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("x"), 2),
        (EnvironmentFault("x"), 4),
        (BusyError("x"), 5),
        (KeyboardInterrupt(), 130),
        (RuntimeError("x"), 70),
    ],
)
def test_exit_codes(error: BaseException, code: int) -> None:
    assert exits.code_for(error) == code


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def raise_it(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(shell.group, "main", raise_it)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("no tasks"), 2),
        (EnvironmentFault("no disk"), 4),
        (BusyError("held"), 5),
        (KeyboardInterrupt(), 130),
        (shell.Terminated(), 143),
        (click.UsageError("which"), 2),
        (BrokenPipeError(), 0),
    ],
)
def test_every_error_ends_with_its_code(monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int) -> None:
    failing(monkeypatch, error)
    assert shell.run([]) == code


def test_an_error_is_a_sentence_with_place_and_hint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, InputError("bad cell", code="INPUT-PLAN", file="plan.md", line=3, column=7, hint="mend it"))
    assert shell.run([]) == 2
    page = "(taskrunner explain INPUT-PLAN)"
    assert capsys.readouterr().err == f"error: plan.md:3:7: bad cell\n  hint: mend it\n  code: INPUT-PLAN {page}\n"


def test_an_error_as_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failing(monkeypatch, InputError("bad cell", code="INPUT-PLAN", file="plan.md", line=3))
    assert shell.run(["list", "--json"]) == 2
    out = json.loads(capsys.readouterr().out)
    assert out == {
        "schema": 1,
        "error": {"code": "INPUT-PLAN", "message": "bad cell", "file": "plan.md", "line": 3},
    }


def test_our_own_bug_is_one_line_and_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, RuntimeError("oops"))
    assert shell.run([]) == 70
    text = capsys.readouterr().err
    assert text.count("\n") == 1 and "a bug of taskrunner" in text
    report = Path(text.partition("details: ")[2].partition(")")[0])
    assert "RuntimeError: oops" in report.read_text()
    report.unlink()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rnu", "1"], "Did you mean 'run'?"),
        (["run"], "which task?"),
        (["run", "1", "--json", "--jsonl"], "exclude each other"),
    ],
)
def test_usage_errors(arguments: list[str], words: str, tmp_path: Path) -> None:
    run("init", str(tmp_path))
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and words in done.stderr + done.stdout and "Traceback" not in done.stderr


def test_outside_a_workspace(tmp_path: Path) -> None:
    done = run("list", cwd=tmp_path)
    assert done.returncode == 2 and "INPUT-WORKSPACE-NONE" in done.stderr


def test_a_command_without_a_module_is_not_there() -> None:
    group = LazyGroup({"ghost": ("taskrunner.cli.no_such_module", "x", "y"), "run": ("taskrunner.cli.run", "r", "y")})
    context = click.Context(group)
    assert group.list_commands(context) == ["run"]
    assert group.get_command(context, "ghost") is None
    assert isinstance(group.get_command(context, "run"), click.Command)


def test_every_module_in_the_table_has_its_command() -> None:
    from importlib import import_module
    from importlib.util import find_spec

    for name, (module, line, _) in COMMANDS.items():
        assert line.endswith(".") and len(line) < 70, f"the line of {name}"
        if find_spec(module) is not None:
            assert isinstance(import_module(module).command, click.Command)
