"""What people and programs see of a run: a console, JSON, JSON lines, JUnit, annotations.

Reporters consume events: flat dicts with `"event"` and the fields below. They decide nothing and read no files.

    run.started     task, name, type, module, source, suite, approved
    file.written    path, what ("skeleton" | "suite" | "lock" | ...)
    check.finding   code, severity, message, file, line, column, hint
    working         what (an activity of the loop, or a step of one), text, at, of
    suite.started   phase ("first" | "all" | "prove"), only (ids or None), run
    suite.finished  phase, report (core.facts.SuiteReport), run
    mutants.finished  killed, total, survivors [{"name", "file", "line"}]
    fix.started     iteration, brief (its file), agent
    fix.finished    iteration, agent, changed (files of the task), seconds, exit_code, timed_out, log
    failure         failure (core.facts.Failure), brief (core.brief.Brief), iteration, counts {rule: (count, limit)}
    warning         message, file, line, hint
    step_back       reason, count, limit
    escalated       rule, reason, count, limit
    run.finished    outcome ("done" | "fix" | "escalated" | ...), exit_code, verdict, seconds, next (list of commands)

A field that is not known is left out; an event that a reporter does not know is passed over (JSON lines print it).
"""

from __future__ import annotations

from typing import Any, Protocol

Event = dict[str, Any]

__all__ = ["Event", "Reporter", "open_reporter"]


class Reporter(Protocol):
    """Takes the events of a run in their order."""

    def __call__(self, event: Event) -> None:
        """Show one event."""

    def close(self) -> None:
        """Nothing more will come; a reporter that prints one object at the end prints it now."""


def open_reporter(style: str = "human", *, verbose: int = 0, stream: Any = None) -> Reporter:
    """The reporter for `human` (rich on a terminal, else plain), `plain`, `json`, `jsonl` or `quiet`."""
    from taskrunner.report.choose import choose

    return choose(style, verbose, stream)
