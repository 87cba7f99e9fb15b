"""SIGKILL between every pair of durable effects of a run: the next run goes on, and ends where an unbroken one ends."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from scripted import MODULE, SUITE, module_text, task_of, workspace, write

from taskrunner.project import Journal, Workspace
from taskrunner.runner import state_of

SCRIPT = Path(__file__).parent / "kill_me.py"
BAD = module_text("-- fails test_3: boom")


def start(root: Path, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(root)], env={**os.environ, **env}, stdout=subprocess.DEVNULL
    )


def run(root: Path, **env: str) -> int:
    return start(root, **env).wait(timeout=60)


def standing(root: Path) -> dict[str, Any]:
    """Everything that must be the same, however often a run was broken off: no times, no numbers of runs."""
    found = Workspace(root)
    state = state_of(found, 1)
    task = task_of(root)
    return {
        "state": str(state.state),
        "iteration": state.iteration,
        "charged": state.charged,
        "test": state.failed_test,
        "fingerprint": (state.failure or {}).get("fingerprint"),
        "counts": (state.tests, state.assertions),
        "status": task["status"],
        "task": {name: task[name] for name in ("id", "name", "mine", "files")},
        "module": (root / MODULE).read_text(),
        "suite": (root / SUITE).read_text(),
    }


def everything_parses(root: Path) -> None:
    json.loads((root / "tasks.json").read_text())
    with Journal(Workspace(root)) as journal:
        journal.events()
    assert not list(root.glob("tasks.json.*")), "a temporary file is left beside tasks.json"


def story(root: Path, **env: str) -> list[int]:
    """A task's life: a first run that finds a failure, a fix by a person, a second run that is done."""
    codes = []
    for text in (BAD, module_text()):
        write(root, text)
        codes.append(run(root, **env))
    return codes


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """How both runs end when nobody disturbs them, and which moments they pass."""
    root = tmp_path_factory.mktemp("unbroken")
    workspace(root, suite=False)
    log = root / "points.txt"
    write(root, BAD)
    assert run(root, TASKRUNNER_TEST_KILL_LOG=str(log)) == 1
    first, points = standing(root), log.read_text().splitlines()
    write(root, module_text())
    log.unlink()
    assert run(root, TASKRUNNER_TEST_KILL_LOG=str(log)) == 0
    return {"first": first, "points": points, "second": standing(root), "more": log.read_text().splitlines()}


def broken_at(root: Path, moment: int, unbroken: dict[str, Any], second: bool) -> None:
    """Kill at one moment of the first or of the second run, run again, compare."""
    workspace(root, suite=False)
    write(root, BAD)
    if second:
        assert run(root) == 1
        write(root, module_text())
    code = run(root, TASKRUNNER_TEST_KILL_AT=str(moment))
    assert code == -signal.SIGKILL, "the moment was not reached"
    everything_parses(root)
    assert run(root) == (0 if second else 1)
    everything_parses(root)
    assert standing(root) == unbroken["second" if second else "first"]


def test_a_run_passes_many_moments(unbroken: dict[str, Any]) -> None:
    names = " ".join(unbroken["points"])
    for wanted in ("event started", "event fixable", "claim", "tasks.json is new", "suite is written", "event brief"):
        assert wanted in names
    assert len(unbroken["points"]) > 30


def test_killed_at_moments_of_the_first_and_the_second_run(tmp_path: Path, unbroken: dict[str, Any]) -> None:
    """Six moments, spread over both runs; `make test-full` tries each of them."""
    moments = [(at, False) for at in range(1, len(unbroken["points"]) + 1)]
    moments += [(at, True) for at in range(1, len(unbroken["more"]) + 1)]
    step = max(1, len(moments) // 6)
    for number, (moment, second) in enumerate(moments[::step][:6]):
        broken_at(tmp_path / str(number), moment, unbroken, second)


@pytest.mark.full
def test_killed_at_every_moment(tmp_path: Path, unbroken: dict[str, Any]) -> None:
    for moment in range(1, len(unbroken["points"]) + 1):
        broken_at(tmp_path / f"first-{moment}", moment, unbroken, second=False)
    for moment in range(1, len(unbroken["more"]) + 1):
        broken_at(tmp_path / f"second-{moment}", moment, unbroken, second=True)


def killed_at_random(root: Path, unbroken: dict[str, Any], times: int, seed: int) -> None:
    dice = random.Random(seed)
    workspace(root, suite=False)
    write(root, BAD)
    for _ in range(times):
        process = start(root)
        time.sleep(dice.uniform(0.0, 0.6))
        process.kill()
        process.wait()
        everything_parses(root)
    assert run(root) == 1
    assert standing(root) == unbroken["first"]


def test_killed_at_random_moments(tmp_path: Path, unbroken: dict[str, Any]) -> None:
    killed_at_random(tmp_path, unbroken, times=20, seed=1)


@pytest.mark.full
def test_killed_at_many_random_moments(tmp_path: Path, unbroken: dict[str, Any]) -> None:
    for seed in range(10):
        killed_at_random(tmp_path / str(seed), unbroken, times=20, seed=seed)
