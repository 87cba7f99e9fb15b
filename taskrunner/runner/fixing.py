"""FIX: hands the brief to an agent and looks at what it did. What an agent says proves nothing; files and runs do.

Changes outside of what the class allows are taken back where they would move the goalposts (a locked suite, plan.md,
tasks.json) and told in the next brief.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.core.facts import FailureClass
from taskrunner.core.machine import Happened
from taskrunner.runner.contents import changed_paths, content_hash, snapshot

if TYPE_CHECKING:
    from taskrunner.agents import AgentReport
    from taskrunner.runner.context import Run

GOALPOSTS = ("plan.md", "tasks.json")


def ask_agent(run: Run) -> tuple[Happened | None, dict[str, Any]]:
    """One fix by the agent; None when the agent has nothing more to try."""
    from taskrunner.runner.briefing import last_brief

    assert run.agent is not None
    brief = last_brief(run.journal, run.task.id) or {"text": "", "json": {}}
    before, kept = snapshot(run), _goalposts(run)
    report = _ask(run, str(brief["text"]))
    if report.exhausted:
        return None, {}
    flags = _put_back(run, kept) + _refuse_locked_suite(run)
    after = snapshot(run)
    changed = changed_paths(before, after)
    flags += _surplus(run, changed)
    data = {
        "content": content_hash(run),
        "by": "agent",
        "exit_code": report.exit_code,
        "timed_out": report.timed_out,
        "changed": changed,
        "diff": diff_of(before, after),
        "flags": flags,
    }
    for flag in flags:
        run.emit({"event": "warning", "message": f"the fix {flag}"})
    return Happened.FIXED, data


def diff_of(before: dict[str, str], after: dict[str, str]) -> str:
    """One unified diff over all work files."""
    parts = []
    for name in changed_paths(before, after):
        old, new = (side.get(name, "").splitlines(keepends=True) for side in (before, after))
        parts.append("".join(difflib.unified_diff(old, new, f"a/{name}", f"b/{name}", n=2)))
    return "".join(parts)


def _ask(run: Run, text: str) -> AgentReport:
    from taskrunner.agents import Assignment

    assert run.agent is not None
    number = (run.failing.run if run.failing else 0) or run.journal.new_run()
    folder = run.journal.run_dir(number)
    file = folder / "brief.md"
    if not file.exists():
        file.write_text(text, encoding="utf-8")
    iteration = run.state.iteration + 1
    run.emit({"event": "fix.started", "iteration": iteration, "brief": run.shown(file)})
    return run.agent.fix(
        Assignment(
            task_id=str(run.task.id), iteration=iteration, text=text, brief_file=file, log_file=folder / "agent.txt"
        )
    )


def _goalposts(run: Run) -> dict[Path, bytes]:
    paths = [run.workspace.root / name for name in GOALPOSTS]
    return {path: path.read_bytes() for path in paths if path.is_file()}


def _put_back(run: Run, kept: dict[Path, bytes]) -> list[str]:
    """plan.md and tasks.json are the user's: an agent's change to them is taken back."""
    from taskrunner.project import TaskStore
    from taskrunner.project.files import write_atomic

    flags = []
    for path, data in kept.items():
        if path.name == "tasks.json":
            undone = TaskStore(run.workspace).put_back(data, run.task.id)
        else:
            undone = not path.is_file() or path.read_bytes() != data
            if undone:
                write_atomic(path, data)
        if undone:
            flags.append(f"changed {run.shown(path)}: taken back")
    return flags


def _refuse_locked_suite(run: Run) -> list[str]:
    """A locked suite that was changed is put back; the change is shown."""
    if run.owns_suite:
        return []
    state = run.lock.check(run.suite)
    if state.held:
        return []
    run.note("refused", {"path": state.path, "diff": state.diff})
    run.lock.restore(run.suite)
    run.emit({"event": "warning", "message": f"a change to the locked suite was refused:\n{state.diff}"})
    return [f"changed the locked suite {state.path}: refused and put back"]


def _surplus(run: Run, changed: list[str]) -> list[str]:
    """Files that the failure did not need: flagged and counted, not charged."""
    from taskrunner.runner.briefing import allowed

    cls = FailureClass((run.state.failure or {}).get("class", "unknown"))
    may, _ = allowed(run, cls)
    extra = [name for name in changed if name not in may]
    return [f"touched {name}, which this failure did not need" for name in extra]
