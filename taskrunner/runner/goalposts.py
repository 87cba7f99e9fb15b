"""What an agent may not move while it fixes a failure, and how it is put back: told in the next brief, never charged.

Five kinds: what the loop keeps for itself (`own_state`), what it stands on (plan, tasks, settings, pytest's
configuration, locks), the rest of the workspace (`bystanders`), a locked suite, and work files that the failure's class
does not allow to change. What is taken back is journalled with its diff. A person's `--allow` opens everything but
locks and tasks.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from taskrunner.core.facts import FailureClass
from taskrunner.runner import bystanders, own_state
from taskrunner.runner.contents import work_files

if TYPE_CHECKING:
    from taskrunner.runner.context import Run

IN_ROOT = (
    *("plan.md", "tasks.json", "taskrunner.toml", "pyproject.toml", "pytest.ini", ".pytest.ini", "tox.ini"),
    *("setup.cfg", "conftest.py", ".env.hyperbeam"),
)
BESIDE_SUITES = ("conftest.py", "__init__.py")
NAMED = 12  # files that are named one by one when many were changed


@dataclass(frozen=True, slots=True)
class Goalposts:
    """What stood there before a fix: bytes by path, None where there was no file."""

    base: dict[Path, bytes | None]
    work: dict[Path, bytes | None]
    rest: bystanders.Found
    own: own_state.OwnState
    fix: frozenset[str]  # names that the fix is about, or that are looked at by themselves


def remember(run: Run) -> Goalposts:
    """Everything that must stand where it stands when the fix is handed in."""
    base, work = ({path: _bytes(path) for path in paths} for paths in (_base(run), work_files(run)))
    names = frozenset(run.shown(path) for path in (*base, *work)) | set(_may(run))
    return Goalposts(base, work, bystanders.look(run.workspace.root), own_state.remember(run), names)


def put_back(run: Run, kept: Goalposts) -> list[str]:
    """Take back what was moved; what happened, as flags for the next brief."""
    flags = own_state.put_back(run, kept.own) + _refuse_rest(run, kept)
    flags += [_flag(run, path) for path in _moved(run, kept)]
    return flags + _refuse_locked_suites(run) + _refuse_others(run, kept)


def opened(run: Run, name: str) -> bool:
    """Whether a person allowed the agent this file, beyond what the failure's class does (`--allow PATTERN`)."""
    return any(fnmatchcase(name, pattern) for pattern in getattr(run.agent, "allow", ()))


def _may(run: Run) -> tuple[str, ...]:
    """What this class of failure lets a fix change; of a crate also sources that are not there yet, and its lock."""
    from taskrunner.runner.briefing import allowed

    cls = FailureClass((run.state.failure or {}).get("class", "unknown"))
    may, _ = allowed(run, cls)
    if not run.is_wasm or cls is FailureClass.TEST:
        return may
    crate = run.shown(run.source.parent.parent)
    return (*may, f"{crate}/src/*.rs", f"{crate}/Cargo.lock")


def _base(run: Run) -> list[Path]:
    root, locks = run.workspace.root, run.workspace.state_dir / "locks"
    beside = [suite.parent / name for suite in run.suites for name in BESIDE_SUITES]
    held = sorted(locks.glob("*.json")) if locks.is_dir() else []
    return [*(root / name for name in IN_ROOT), *beside, *held]


def _moved(run: Run, kept: Goalposts) -> list[Path]:
    from taskrunner.project import TaskStore

    moved = []
    for path, data in kept.base.items():
        if path.name == "tasks.json" and data is not None:
            if TaskStore(run.workspace).put_back(data, run.task.id):
                moved.append(path)
        elif _bytes(path) != data and not (path.parent.name != "locks" and opened(run, run.shown(path))):
            _write(run, path, data)
            moved.append(path)
    return moved


def _refuse_rest(run: Run, kept: Goalposts) -> list[str]:
    """Everything else in the workspace, and links that lead out of it, wherever they are."""
    aside = run.journal.run_dir(run.journal.new_run()) / "refused"

    def spared(name: str) -> bool:
        return name in kept.fix or any(fnmatchcase(name, pattern) for pattern in kept.fix) or opened(run, name)

    changed = bystanders.put_back(run.workspace.root, kept.rest, aside, spared)
    for name, now in changed:
        before = kept.rest.get(name)
        diff = _diff((before and before.data) or b"", (now and now.data) or b"", name)
        run.note("refused", {"path": name, "diff": diff[:20_000]})
    if not changed:
        aside.parent.rmdir()
        return []
    run.notes["refused"] = run.shown(aside)
    flags = [_told(name, kept.rest.get(name), now) for name, now in changed[:NAMED]]
    return flags + ([f"changed {len(changed) - NAMED} more files: put back"] if len(changed) > NAMED else [])


def _told(name: str, before: bystanders.Seen | None, now: bystanders.Seen | None) -> str:
    if now is None:
        return f"removed {name}: put back"
    if before is None:
        return f"made {'the link ' if now.kind == 'link' else ''}{name}: taken away"
    return f"{'put a link in the place of' if now.kind == 'link' else 'changed'} {name}: put back"


def _refuse_locked_suites(run: Run) -> list[str]:
    """A locked suite that was changed is put back; the change is shown."""
    flags = []
    for suite in () if run.owns_suite else run.suites:
        state = run.lock.check(suite)
        if not state.held:
            run.note("refused", {"path": state.path, "diff": state.diff})
            run.lock.restore(suite)
            run.emit({"event": "warning", "message": f"a change to the locked suite was refused:\n{state.diff}"})
            flags.append(f"changed the locked suite {state.path}: refused and put back")
    return flags


def _refuse_others(run: Run, kept: Goalposts) -> list[str]:
    """Work files that this class of failure does not allow to change: a suite while the module is wrong, or a module
    while the suite is."""
    may, flags = _may(run), []
    for path, data in kept.work.items():
        now, name = _bytes(path), run.shown(path)
        if name in may or now == data or opened(run, name):
            continue
        diff = _diff(data or b"", now or b"", name)
        run.note("refused", {"path": name, "diff": diff})
        _write(run, path, data)
        run.emit({"event": "warning", "message": f"a change to {name} was refused:\n{diff}"})
        flags.append(f"touched {name}, which this failure does not allow: put back")
    return flags


def _write(run: Run, path: Path, data: bytes | None) -> None:
    """The file as it was; what the agent made of it stays beside the journal."""
    from taskrunner.project.files import write_atomic

    now = _bytes(path)
    if now is not None:
        folder = run.journal.run_dir(run.journal.new_run())
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"refused-{path.name}").write_bytes(now)
    if data is None:
        path.unlink(missing_ok=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, data, scratch=run.workspace.scratch())


def _flag(run: Run, path: Path) -> str:
    return f"changed {run.shown(path)}: taken back"


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _diff(old: bytes, new: bytes, name: str) -> str:
    before, after = (data.decode("utf-8", "replace").splitlines(keepends=True) for data in (old, new))
    return "".join(difflib.unified_diff(before, after, f"{name} (before)", f"{name} (the fix)", n=2))
