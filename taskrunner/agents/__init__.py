"""agents fixes: coding agents as commands, and a recorded agent that replays changes.

An agent is anything with `fix(Brief) -> AgentReport`. What it says proves nothing: the caller looks at the files and
runs the suite itself. This room knows no failure classes and no statuses.

    agent = make_agent(settings.agent, root=workspace.root, seconds=settings.agent_seconds, log_bytes=...)
    report = agent.fix(Assignment(task_id="1", iteration=2, text=brief_text, brief_file=path, log_file=path))
    report.exit_code, report.timed_out, report.seconds, report.log, report.log_truncated, report.exhausted

`settings.agent` is an argv list (`["claude", "-p", "{brief}"]`; `{brief}` is replaced by the path of the brief's file,
and the brief is on stdin in any case), the text `replay:DIR`, or empty (a person fixes: `make_agent` gives None).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskrunner.agents.base import Agent, AgentReport, Assignment
    from taskrunner.agents.choose import make_agent
    from taskrunner.agents.command import CommandAgent
    from taskrunner.agents.replay import ReplayAgent

__all__ = ["Agent", "AgentReport", "Assignment", "CommandAgent", "ReplayAgent", "make_agent"]

_HOMES = {
    "base": ("Agent", "AgentReport", "Assignment"),
    "choose": ("make_agent",),
    "command": ("CommandAgent",),
    "replay": ("ReplayAgent",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
