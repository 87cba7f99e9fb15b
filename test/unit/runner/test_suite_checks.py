"""Suites that do not run and are not to blame: a signal from outside, a variable in the way, a missing package."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from taskrunner.core.case import Case
from taskrunner.core.facts import Outcome, SuiteReport, TestResult
from taskrunner.runner import suite_checks


def run_in(root: Path) -> Any:
    return SimpleNamespace(
        workspace=SimpleNamespace(root=root),
        suite=root / "test_x.py",
        shown=lambda path: path.relative_to(root).as_posix(),
    )


def failing(**changes: Any) -> Case:
    return Case("test_all", report=SuiteReport(**changes))


def again(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    monkeypatch.setattr(suite_checks, "_again", lambda *_: SuiteReport(**changes))


@pytest.mark.parametrize(("crash", "code"), [("", "ENV-FAULT"), ("signal 9 in test_x", None)])
def test_a_signal_that_comes_once_came_from_outside(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, crash: str, code: str | None
) -> None:
    again(monkeypatch, crash=crash)
    found = suite_checks.killed_from_outside(run_in(tmp_path), failing(crash="signal 9 in test_x"))
    assert (found.code if found else None) == code
    assert suite_checks.killed_from_outside(run_in(tmp_path), failing(crash="timeout")) is None


@pytest.mark.parametrize(("collected", "code"), [(3, "ENV-FAULT"), (0, None)])
def test_a_variable_is_in_the_way_if_pytest_runs_without_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, collected: int, code: str | None
) -> None:
    again(monkeypatch, collected=collected)
    monkeypatch.delenv("PYTEST_PLUGINS", raising=False)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    assert suite_checks.held_by_a_variable(run_in(tmp_path), failing(exit_code=4)) is None
    monkeypatch.setenv("PYTEST_ADDOPTS", "--none-such")
    found = suite_checks.held_by_a_variable(run_in(tmp_path), failing(exit_code=4))
    assert (found.code if found else None) == code
    assert found is None or "PYTEST_ADDOPTS=--none-such" in found.message


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("requirements.txt", "pytest\nTime-Machine>=2\n", "ENV-PACKAGE"),
        ("pyproject.toml", 'dependencies = ["time_machine"]\n', "ENV-PACKAGE"),
        ("requirements.txt", "time-machine-extra\n", None),
        ("notes.txt", "time-machine\n", None),
    ],
)
def test_a_package_that_the_workspace_asks_for(tmp_path: Path, name: str, text: str, code: str | None) -> None:
    (tmp_path / name).write_text(text)
    missing = TestResult(
        "t", Outcome.ERROR, error_type="ModuleNotFoundError", message="No module named 'time_machine.travel'"
    )
    found = suite_checks.package_missing(run_in(tmp_path), Case("test_all", failed=missing))
    assert (found.code if found else None) == code
