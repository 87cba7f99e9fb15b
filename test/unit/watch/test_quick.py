"""Verdicts that become stale: a build is ended, a run is cancelled, and neither gives a verdict."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from taskrunner.modules import rust
from taskrunner.modules.rust import building
from taskrunner.project import Workspace, init_workspace
from taskrunner.watch.quick import Quick


class Warm:
    """A warm process that runs nothing: it remembers what it was asked for, and was `told` how that ended."""

    alive = True

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.cancelled = 0

    def run(self, request: dict[str, Any], *, meanwhile: Callable[[], object], failed: Any) -> dict[str, Any]:
        self.asked.append(request)
        meanwhile()
        return {"exit": None, "signal": None, "crash": "cancelled" if self.cancelled else "harness"}

    def cancel(self) -> None:
        self.cancelled += 1


@pytest.fixture
def warm() -> Warm:
    return Warm()


@pytest.fixture
def quick(tmp_path: Path, warm: Warm) -> Quick:
    init_workspace(tmp_path / "w")
    workspace = Workspace.find(tmp_path / "w")
    found: Any = Quick(workspace, workspace.task(1), warm)  # type: ignore[arg-type]
    found.source.parent.mkdir(exist_ok=True)
    found.source.write_text("function compute(base, req, opts) return base end\n")
    found.suites[0].write_text("def test_a(): pass\n")
    return found


def test_what_does_not_exist_yet_is_a_fault_and_starts_no_run(quick: Quick, warm: Warm) -> None:
    quick.source.unlink()
    verdict = quick.verdict()
    assert verdict is not None and verdict.fault is not None and verdict.fault.code == "MOD-MISSING"
    assert not warm.asked


def test_an_error_of_the_static_check_is_the_verdict_and_ends_the_run(quick: Quick, warm: Warm) -> None:
    quick.source.write_text("function compute(base\n")
    verdict = quick.verdict()
    assert verdict is not None and verdict.fault is not None and verdict.fault.code == "MOD-LUA-SYNTAX"
    assert warm.cancelled == 1 and not verdict.green


def test_a_stale_run_gives_no_verdict(quick: Quick) -> None:
    assert quick.verdict(stale=lambda: True) is None
    assert quick.verdict(stale=lambda: False) is not None


def test_only_a_run_of_all_tests_is_asked_for_again(quick: Quick, warm: Warm) -> None:
    quick.failed = ["test_a"]
    quick.verdict()
    quick.verdict(only=True)
    quick.verdict(every=True)
    assert [(each["only"], each["first"], each["again"]) for each in warm.asked] == [
        (None, ["test_a"], True),
        (["test_a"], [], False),
        (None, [], True),
    ]


def test_a_status_says_nothing_new_and_other_files_do(quick: Quick) -> None:
    from dataclasses import replace

    assert quick.is_about(replace(quick.task, status="done", extra={"taskrunner": 1}))
    assert not quick.is_about(replace(quick.task, files=("custom_lua/other.lua",)))


def test_a_stale_build_is_ended(quick: Quick, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Quick, "is_wasm", True)
    ended = threading.Event()

    def build(source: Path, *, begun: Callable[[Callable[[], None]], object], **_: Any) -> Any:
        begun(ended.set)
        threading.Timer(0.1, quick.cancel).start()
        assert ended.wait(20)
        return SimpleNamespace(findings=(), wasm_path=None)

    monkeypatch.setattr(rust, "build", build)
    stale = iter([False, True])
    assert quick.verdict(stale=lambda: next(stale)) is None


def test_ending_a_build_takes_cargo_and_its_children_along(tmp_path: Path) -> None:
    began = time.monotonic()
    command = ["sh", "-c", "sleep 60 & echo $!; wait"]
    done = building._run(command, dict(os.environ), tmp_path, 60, lambda end: threading.Timer(0.3, end).start())
    assert done.returncode == -9 and time.monotonic() - began < 20
    for _ in range(100):  # init reaps it
        stat = Path(f"/proc/{done.stdout.strip()}/stat")
        if not stat.exists() or stat.read_text().split()[2] == "Z":
            break
        time.sleep(0.05)
    else:
        pytest.fail("a child of the build lives on")
