"""The escalation rules: finite, counted, printed. No limit extends itself; only a person's setting changes one.

A rule looks at the rounds (judged failures) that a run has behind it and at the one that was just judged. It must not
know what a fix is or who made it, only whether it was a different one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from taskrunner.core.facts import Failure, FailureClass
from taskrunner.core.fold import Round, RunState
from taskrunner.core.machine import Happened


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of the rules; the settings `rules.*` of a person replace them."""

    different_fixes: int = 3
    iterations: int = 10
    alternations: int = 2


@dataclass(frozen=True, slots=True)
class Count:
    """A rule with its count and its limit, as it is printed."""

    rule: str
    count: int
    limit: int
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain data for journal, brief and tasks.json."""
        return {"rule": self.rule, "count": self.count, "limit": self.limit, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a failure: the event for the machine, the rule that fired (None: none did), all counts."""

    event: Happened
    fired: Count | None
    counts: tuple[Count, ...]


# Codes that only a person can clear, by giving something that no fix can make.
USER_INPUT = frozenset({"ENV-WALLET-MISSING", "ENV-URL-MISSING", "ENV-HYPERBEAM-CONFIG", "ENV-HYPERBEAM-CWD"})


def decide(run: RunState, failure: Failure, current: Round, limits: Limits | None = None) -> Decision:
    """Whether the failure goes to a fixer, asks for a step back, or is escalated."""
    limits = limits or Limits()
    if failure.cls is FailureClass.ENVIRONMENT:
        fired = _environment(failure)
        return Decision(Happened.HOPELESS, fired, (fired,))
    counts = count(run, current, limits)
    alternation, iterations, different = counts
    if alternation.count >= alternation.limit:
        return Decision(Happened.HOPELESS, replace(alternation, reason=_ALTERNATES), counts)
    if iterations.count >= iterations.limit:
        return Decision(Happened.HOPELESS, replace(iterations, reason=_NO_PROGRESS), counts)
    if different.count >= different.limit:
        return Decision(Happened.STUCK, replace(different, reason=_SAME_FAILURE), counts)
    return Decision(Happened.FIXABLE, None, counts)


def count(run: RunState, current: Round, limits: Limits) -> tuple[Count, Count, Count]:
    """The three counts (alternation, iterations, different fixes) with `current` included."""
    rounds = _since_progress(run, current)
    same = [each for each in rounds[1:] if each.fingerprint == current.fingerprint and each.by_fix]
    since_step_back = _after_last_step_back(rounds, current.fingerprint)
    different = [each for each in since_step_back if each.fingerprint == current.fingerprint and each.different]
    return (
        Count("alternation", _alternations([each.fingerprint for each in rounds]), limits.alternations),
        Count("iterations-without-progress", len(same), limits.iterations),
        Count("different-fixes", len(different), limits.different_fixes),
    )


_ALTERNATES = "two failures take turns: each fix brings the other one back"
_NO_PROGRESS = "the same failure came back without any progress"
_SAME_FAILURE = "different fixes led to the same failure"


def _environment(failure: Failure) -> Count:
    rule = "needs-user-input" if failure.code in USER_INPUT else "environment"
    return Count(rule, 1, 1, f"{failure.message} ({failure.code})")


def _since_progress(run: RunState, current: Round) -> list[Round]:
    """The rounds that count: from the last one that was better than all before, never before a person's resume."""
    best = max((each.rank for each in run.rounds), default=None)
    if best is None or current.rank > best:
        return [current]
    start = max(run.window, run.progress)
    return [*run.rounds[start:], current]


def _after_last_step_back(rounds: list[Round], fingerprint: str) -> list[Round]:
    """Rounds after the last step back for this failure; the first round is where the failure was met, not a fix."""
    start = 1
    for position, each in enumerate(rounds):
        if each.stepped_back and each.fingerprint == fingerprint:
            start = position + 1
    return rounds[start:]


def _alternations(fingerprints: list[str]) -> int:
    """How often the last rounds show A-B-A-B: once after four of them, twice after six, ..."""
    if len(fingerprints) < 2 or fingerprints[-1] == fingerprints[-2]:
        return 0
    length = 2
    while length < len(fingerprints) and fingerprints[-length - 1] == fingerprints[-length + 1]:
        length += 1
    return max(0, length // 2 - 1)
