"""How much of an agent a person allows for one task: iterations and minutes, counted since a person last let it go on.

No budget is the default; nothing but a person's setting or flag sets one, and only `resume` or `retry` begins it anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskrunner.runner.context import Run


def budget_spent(run: Run) -> dict[str, Any] | None:
    """The rule that ends the agent's work now, with count and limit; None while it may go on."""
    iterations, seconds = spent(run)
    rules = run.settings.rules
    if rules.agent_iterations and iterations >= rules.agent_iterations:
        return _rule("agent-iterations", iterations, rules.agent_iterations, "the agent's iterations are used up")
    if rules.agent_minutes and seconds >= rules.agent_minutes * 60:
        return _rule("agent-minutes", round(seconds / 60, 2), rules.agent_minutes, "the agent's minutes are used up")
    return None


def seconds_left(run: Run) -> float | None:
    """What the next fix may take by the budget of minutes; None without one."""
    minutes = run.settings.rules.agent_minutes
    return max(minutes * 60 - spent(run)[1], 0.1) if minutes else None


def spent(run: Run) -> tuple[int, float]:
    """Fixes and seconds of agents since a person's last `resume` or `retry`."""
    count, seconds = 0, 0.0
    for event in run.journal.events(task_id=run.task.id):
        if event.kind in ("resumed", "retried"):
            count, seconds = 0, 0.0
        elif event.kind == "fixed" and event.data.get("by") == "agent":
            count, seconds = count + 1, seconds + float(event.data.get("seconds", 0))
    return count, seconds


def _rule(name: str, count: float, limit: float, reason: str) -> dict[str, Any]:
    return {"rule": name, "count": count, "limit": limit, "reason": reason}
