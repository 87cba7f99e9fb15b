"""FIX: hands the brief to an agent and looks at what it did. What an agent says proves nothing; files and runs do.

Changes outside of what the class allows are taken back (see `goalposts`) and told in the next brief.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from taskrunner.core.machine import Happened
from taskrunner.runner.budget import budget_spent, seconds_left
from taskrunner.runner.contents import changed_paths, content_hash, snapshot
from taskrunner.runner.goalposts import put_back, remember

if TYPE_CHECKING:
    from taskrunner.agents import AgentReport
    from taskrunner.runner.context import Run


def ask_agent(run: Run) -> tuple[Happened | None, dict[str, Any]]:
    """One fix by the agent; None when the agent has nothing more to try."""
    from taskrunner.runner.briefing import last_brief

    assert run.agent is not None
    spent = budget_spent(run)
    if spent is not None:
        return Happened.ASKED, {"rule": spent, "by": "budget"}
    brief = last_brief(run.journal, run.task.id) or {"text": "", "json": {}}
    before, kept = snapshot(run), remember(run)
    try:
        report = _ask(run, str(brief["text"]))
    except BaseException:  # also an interrupted fix leaves nothing where it does not belong
        put_back(run, kept)
        raise
    flags = put_back(run, kept)
    if report.exhausted:
        return None, {}
    after = snapshot(run)
    data = {
        "content": content_hash(run),
        "by": "agent",
        "exit_code": report.exit_code,
        "timed_out": report.timed_out,
        "seconds": round(report.seconds, 3),
        "changed": changed_paths(before, after),
        "diff": diff_of(before, after),
        "flags": flags,
    }
    told = ("changed", "seconds", "exit_code", "timed_out")
    finished = {name: data[name] for name in told}
    name, log = getattr(run.agent, "name", ""), run.shown(report.log)
    run.emit({"event": "fix.finished", "iteration": run.state.iteration + 1, "agent": name, "log": log, **finished})
    _tell_flags(run, flags)
    return Happened.FIXED, data


def _tell_flags(run: Run, flags: list[str]) -> None:
    """What was refused, and once where it is kept."""
    kept = run.notes.pop("refused", "")
    for number, flag in enumerate(flags, 1):
        last = {"hint": f"kept in {kept}; `--allow PATTERN` lets an agent change more"} if kept else {}
        run.emit({"event": "warning", "message": f"the fix {flag}", **(last if number == len(flags) else {})})


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
    name = getattr(run.agent, "name", "")
    run.emit({"event": "fix.started", "iteration": iteration, "brief": run.shown(file), "agent": name})
    return run.agent.fix(
        Assignment(
            task_id=str(run.task.id),
            iteration=iteration - run.state.since,
            text=text,
            brief_file=file,
            log_file=folder / "agent.txt",
            seconds=seconds_left(run),
        )
    )
