"""A run that is killed anywhere goes on where it was: every file parses, and the end is that of an uninterrupted run.

SIGKILL between every pair of journal write, fsync, rename and process start, and at random moments; each is followed by
a new run. Runs of suites are remembered (`Remembered`): the same suite on the same module has the same report. All
else is real: forked runners, journal, files, claims, agent, checkpoints. A few runs of the installed command remember
nothing.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from taskrunner.agents import make_agent
from taskrunner.core.facts import SuiteReport
from taskrunner.project import Journal, SuiteLock, Workspace, faults, init_workspace
from taskrunner.project.faults import point
from taskrunner.runner import run_task, suites
from taskrunner.suite import SuiteRun, prepare

COMMAND = str(Path(sys.executable).parent / "taskrunner")
PLAN = """# Plan: Small

## Modules

### counter (module-lua)
Counts.

#### Actions
| Action | Input           | State                 | Reply         |
|--------|-----------------|-----------------------|---------------|
| Inc    | Amount: int = 1 | count grows by Amount | the new count |

#### State
| Name  | Type | Initial |
|-------|------|---------|
| count | int  | 0       |

#### Examples
| Name  | Send     | Reply |
|-------|----------|-------|
| twice | Inc; Inc | 1; 2  |

## Status: APPROVED
"""
FIXES = (
    ('  return fail(msg, "not implemented: Inc")', "  state.count = amount\n  return reply(msg, intstr(state.count))"),
    ("  state.count = amount", "  state.count = state.count + amount"),
)
TIME = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+Z")


@dataclass(frozen=True)
class End:
    """What a finished run leaves behind, without what differs from run to run."""

    files: dict[str, bytes]
    state: str
    iteration: int
    tests: int
    verdict: str


class Remembered:
    """Answers a suite's run from a folder if the same run was made before; starts a process in either case."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._warm: Any = None
        self.alive = True

    def run(self, request: SuiteRun, _: object) -> SuiteReport:
        """Stands in for `taskrunner.suite.run`."""
        kept = self._folder / self._key(request)
        if not kept.exists():
            self._warm = self._warm if self._warm and self._warm.alive else prepare()
            report = self._run(request, self._warm)
            fresh = kept.with_suffix(f".{os.getpid()}")
            fresh.write_bytes(pickle.dumps(report))
            fresh.rename(kept)
        else:
            point("before suite process")
            subprocess.run(["true"], check=True)
            point("suite process ended")
        request.run_dir.mkdir(parents=True, exist_ok=True)
        return replace(pickle.loads(kept.read_bytes()), output=str(request.run_dir / "output.txt"))

    def close(self) -> None:
        """Stands in for `Warm.close`: the real one lives as long as the tests."""

    def end(self) -> None:
        if self._warm is not None:
            self._warm.close()

    _run = staticmethod(suites.run)

    def _key(self, request: SuiteRun) -> str:
        source = request.source or request.root / "custom_lua" / "counter.lua"
        facts = (request.only and tuple(request.only), request.bits, request.reads, request.stop_at_first)
        data = (request.suite.read_bytes(), source.read_bytes() if source.exists() else b"", facts)
        return hashlib.sha256(repr(data).encode()).hexdigest()


@dataclass(frozen=True)
class Whole:
    """A run that nobody disturbed: where it began, the points it passed, how long it took and how it ended."""

    template: Path
    replay: Path
    points: tuple[str, ...]
    seconds: float
    end: End

    def begin(self, folder: Path) -> Path:
        """A fresh copy of where it began."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.template, folder)
        return folder


def end_of(folder: Path) -> End:
    """Reads everything as the next run would; raises if any file does not parse."""
    from taskrunner.core.fold import fold

    workspace = Workspace(folder)
    workspace.plan()
    workspace.tasks()
    assert all(state.held for state in SuiteLock(workspace).all())
    with Journal(workspace) as journal:
        state = fold((event.kind, event.data) for event in journal.events(task_id=1))
    skipped = {".taskrunner", "__pycache__", ".pytest_cache"}
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and not skipped & set(path.parts)]
    files = {path.relative_to(folder).as_posix(): TIME.sub(b"T", path.read_bytes()) for path in paths}
    return End(files, str(state.state), state.iteration, state.tests, state.verdict)


def run_here(folder: Path, replay: Path) -> int:
    """`taskrunner run 1 --replay` in this process; the exit code."""
    workspace = Workspace(folder)
    agent = make_agent(f"replay:{replay}", root=folder)
    return run_task(workspace, 1, agent=agent).exit_code


def in_fork(work: Callable[[], object]) -> int:
    """The pid of a fork that does the work and is gone."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def killed_at(whole: Whole, folder: Path, number: int) -> bool:
    """Whether a run in a fork was killed at its n-th point; it ends by itself when it has fewer."""

    def work() -> None:
        faults._owner, faults._kill_at, faults._passed = os.getpid(), number, 0
        run_here(folder, whole.replay)

    return os.WIFSIGNALED(os.waitpid(in_fork(work), 0)[1])


@pytest.fixture(scope="module")
def remembered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remembered]:
    memory = Remembered(tmp_path_factory.mktemp("reports"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suites, "run", memory.run)
        patch.setattr("taskrunner.suite.prepare", lambda dialect="current", flavour="pytest": memory)
        patch.setattr(os, "fsync", lambda handle: None)  # what a kill leaves behind does not depend on it
        patch.setattr("taskrunner.project.journal._SYNCHRONOUS", "OFF")
        yield memory
    memory.end()


@pytest.fixture(scope="module")
def whole(remembered: Remembered, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """One undisturbed run after another that remembered its suites and left its wallets to all others."""
    base = tmp_path_factory.mktemp("whole")
    replay = base / "replay"
    for number, (find, replacement) in enumerate(FIXES, 1):
        (replay / str(number) / "custom_lua").mkdir(parents=True)
        edit = replay / str(number) / "custom_lua" / "counter.lua.edit"
        edit.write_text(f"@@ find\n{find}\n@@ replace\n{replacement}\n")
    init_workspace(base / "first")
    (base / "first" / "plan.md").write_text(PLAN)
    shutil.copytree(base / "first", base / "template")
    assert run_here(base / "first", replay) == 0
    shutil.copytree(base / "first" / ".taskrunner" / "wallets", base / "template" / ".taskrunner" / "wallets")
    shutil.copytree(base / "template", base / "second")
    log = base / "points"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faults, "_log", str(log))
        patch.setattr(faults, "_owner", os.getpid())
        started = time.monotonic()
        assert run_here(base / "second", replay) == 0
        seconds = time.monotonic() - started
    points = tuple(line.split(" ", 1)[1] for line in log.read_text().splitlines())
    return Whole(base / "template", replay, points, seconds, end_of(base / "second"))


def test_the_whole_run_is_worth_killing(whole: Whole) -> None:
    """It builds, fails, is fixed wrongly and rightly, is proved, and passes every kind of point."""
    assert (whole.end.state, whole.end.iteration) == ("done", 2)
    kinds = {name.split(" ")[0] for name in whole.points}
    assert {"create", "write", "fsync", "rename", "event", "claim", "before"} <= kinds
    assert {"event fixed", "event proved", "before suite process", "rename tasks.json"} <= set(whole.points)


PARTS = 6
QUIET = ("before ", "create ")  # moments just before an effect: the disk is as after the last one


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_between_every_pair_of_effects(whole: Whole, tmp_path: Path, part: int) -> None:
    """After every effect; the moments before one are the moments after the last, and come in the long version."""
    effects = [number for number, name in enumerate(whole.points, 1) if not name.startswith(QUIET)]
    for number in effects[part::PARTS]:
        killed_and_run_again(whole, tmp_path / "w", number)


@pytest.mark.full
@pytest.mark.parametrize("part", range(PARTS))
def test_killed_before_every_effect(whole: Whole, tmp_path: Path, part: int) -> None:
    moments = [number for number, name in enumerate(whole.points, 1) if name.startswith(QUIET)]
    for number in moments[part::PARTS]:
        killed_and_run_again(whole, tmp_path / "w", number)


def killed_and_run_again(whole: Whole, folder: Path, number: int) -> None:
    whole.begin(folder)
    assert killed_at(whole, folder, number)
    parses(folder)
    assert run_here(folder, whole.replay) == 0, whole.points[number - 1]
    assert end_of(folder) == whole.end, whole.points[number - 1]


@pytest.mark.parametrize("seed", range(20))
def test_killed_at_a_random_moment(whole: Whole, tmp_path: Path, seed: int) -> None:
    killed_at_random(whole, tmp_path / "w", seed)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(20, 200))
def test_killed_at_many_random_moments(whole: Whole, tmp_path: Path, seed: int) -> None:
    killed_at_random(whole, tmp_path / "w", seed)


def killed_at_random(whole: Whole, folder: Path, seed: int) -> None:
    """Killed again and again until a run gets through: every run begins where the one before it was killed."""
    moments = random.Random(seed)
    whole.begin(folder)
    for _ in range(3):
        child = in_fork(lambda: run_here(folder, whole.replay))
        time.sleep(moments.uniform(0, whole.seconds))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        parses(folder)
    assert run_here(folder, whole.replay) == 0
    assert end_of(folder) == whole.end


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(1, 10))])
def test_the_installed_command_killed_with_its_suites(whole: Whole, tmp_path: Path, seed: int) -> None:
    """Nothing is remembered: warm process, forked suites and all; what they leave running ends by itself."""
    folder = whole.begin(tmp_path / "w")
    words = [COMMAND, "run", "1", "--replay", str(whole.replay)]
    child = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(random.Random(seed).uniform(0.3, 4.0))
    child.kill()
    child.wait()
    parses(folder)
    assert subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode == 0
    assert end_of(folder) == whole.end


def parses(folder: Path) -> None:
    """Directly after a kill every file of the user's parses."""
    workspace = Workspace(folder)
    workspace.plan()
    assert [task.id for task in workspace.tasks()] == [1, 2, 3]
    with Journal(workspace) as journal:
        journal.events()
