"""SCAFFOLD: writes the module's skeleton and the suite where they are missing, and locks a suite of an approved plan.

What exists is the user's and stays. The one exception is a suite that we wrote, that nobody changed, and whose plan
changed since: it is written anew, and says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.core.plan import PlanModule, TaskType
from taskrunner.suite import is_generated

if TYPE_CHECKING:
    from taskrunner.runner.context import Run


def write_missing_files(run: Run) -> dict[str, Any]:
    """Write what is missing; the data that the journal keeps about it."""
    data: dict[str, Any] = _boot(run)
    if not run.source.exists() and not run.owns_suite:
        for path, text in skeleton_files(run).items():
            if not path.exists():
                _write(run, path, text, "skeleton")
        data["skeleton"] = run.shown(run.source)
    for flavour in run.flavours:
        run.choose(flavour)
        data |= _write_suite(run)
    run.choose(run.flavours[0])
    return data


def _write_suite(run: Run) -> dict[str, Any]:
    """Write and lock the suite that is looked at now, where it is missing or outdated."""
    from taskrunner.runner.suites import expected_suite

    ours = run.owns_suite or run.task.type in ("module-lua", "module-wasm", "aos")
    if not (_is_outdated(run) if run.suite.exists() else ours):
        return {}
    _write(run, run.suite, expected_suite(run), "suite")
    if run.plan.approved and run.settings.gate.locked and not run.owns_suite:
        run.lock.lock(run.suite)
        run.emit({"event": "file.written", "path": run.shown(run.suite), "what": "lock"})
    return {"suite_written": run.shown(run.suite)}


def _boot(run: Run) -> dict[str, Any]:
    """Which HyperAOS boot a script's processes will have: the workspace's own, or ours."""
    if not run.is_aos:
        return {}
    from taskrunner.client.boot import find_boot

    origin = find_boot("auto", run.workspace.root).origin
    run.emit({"event": "boot", "hyperaos": origin})
    return {"boot": origin}


def skeleton_files(run: Run) -> dict[Path, str]:
    """The skeleton's files by path: one Lua file, or a crate."""
    if run.is_wasm:
        from taskrunner.runner.wasm_modules import skeleton_files as crate

        return crate(run)
    return {run.source: skeleton_text(run.module)}


def skeleton_text(module: PlanModule) -> str:
    """The skeleton of a Lua module or of a HyperAOS script."""
    from taskrunner.modules import aos, lua

    return aos.skeleton(module) if module.type == TaskType.AOS else lua.skeleton(module)


def _is_outdated(run: Run) -> bool:
    """Whether the suite is ours, unchanged since we locked it, and not what the plan asks for now."""
    from taskrunner.runner.suites import expected_suite

    text = run.suite.read_text("utf-8", "replace")
    if not is_generated(text) or run.owns_suite or text.replace("\r\n", "\n") == expected_suite(run):
        return False
    state = run.lock.check(run.suite)
    return bool(state.locked and state.held)


def _write(run: Run, path: Path, text: str, what: str) -> None:
    from taskrunner.project.faults import point
    from taskrunner.project.files import write_atomic

    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, text.encode("utf-8"), scratch=run.workspace.scratch())
    point(f"{what} is written")
    run.emit({"event": "file.written", "path": run.shown(path), "what": what})
