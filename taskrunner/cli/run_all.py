"""`taskrunner run --all`: every open task, independent ones side by side, shown as they end."""

from __future__ import annotations

import shlex
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from taskrunner.cli.choices import trusted_agent
from taskrunner.cli.options import emit_json, painter

if TYPE_CHECKING:
    from taskrunner.parallel import Result
    from taskrunner.project import Workspace


def perform_all(
    found: Workspace, jobs: int, agent: str | None, replay: str | None, allow: tuple[str, ...] = (), *, as_json: bool
) -> int:
    """Run all lanes and show each task's end; the largest exit code, 0 if every task is done."""
    from taskrunner.parallel import run_all

    arguments = ["--replay", str(Path(replay).absolute())] if replay else ["--agent", _agent(found, agent)]
    arguments += [word for pattern in allow for word in ("--allow", pattern)]
    out, lock = painter(), Lock()

    def tell(event: dict[str, Any]) -> None:
        if not as_json and event.get("event") == "lane.started":
            with lock:
                out.line(("dim", f"  ▸ task {event['task']}  {event['name']}"))

    results = run_all(found, jobs=jobs, arguments=arguments, emit=tell)
    if as_json:
        emit_json({"tasks": [_row(result) for result in results]})
    else:
        out.blank()
        out.table([_shown(result) for result in results])
    return max((result.exit_code for result in results), default=0)


def _agent(found: Workspace, agent: str | None) -> str:
    """The agent's command as one text: a lane is a folder of its own, in which nobody has allowed any."""
    if agent is not None:
        return agent
    words = trusted_agent(found)
    return words[0] if len(words) == 1 else shlex.join(words)


def _row(result: Result) -> dict[str, Any]:
    return {
        "task": result.task,
        "exit_code": result.exit_code,
        "state": result.state,
        "merged": list(result.merged),
        "conflicts": list(result.conflicts),
        "message": result.message,
    }


def _shown(result: Result) -> tuple[tuple[str, str], ...]:
    style, mark = ("good", "✓") if result.exit_code == 0 else ("warn", "!") if result.exit_code == 1 else ("bad", "■")
    return (style, mark), ("strong", str(result.task)), (style, result.state or "not done"), ("dim", result.message)
