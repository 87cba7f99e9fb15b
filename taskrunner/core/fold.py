"""Where a task stands, as the fold of what its journal says happened: starting is recovering.

Loop events carry the facts that rules and briefs need later; anything else in the journal (reports, notes, evidence) is
passed over. This module must not know how a journal is stored.

Example: `fold([("started", {}), ("ready", {})]).state is State.SCAFFOLD`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from taskrunner.core.facts import FailureClass
from taskrunner.core.machine import Happened, State, step

Rank = tuple[int, int, int]
"""How far a run came, larger is better: phase (0 build, 1 tests, 2 proof), minus failed tests, index of the first."""


@dataclass(frozen=True, slots=True)
class Round:
    """One judged failure that was charged: what was seen, and which fix led to it (`by_fix` False: none did)."""

    iteration: int
    fingerprint: str
    cls: str
    code: str
    test: str
    rank: Rank
    content: str
    by_fix: bool
    different: bool
    message: str = ""
    checkpoint: str = ""
    stepped_back: bool = False


@dataclass(frozen=True, slots=True)
class RunState:
    """A task's run. `window` is the first round that rules still count; `progress` the last round that was the best."""

    state: State = State.NEW
    iteration: int = 0
    rounds: tuple[Round, ...] = ()
    window: int = 0
    progress: int = 0
    contents: frozenset[str] = frozenset()
    content: str = ""
    fix_pending: bool = False
    fix_different: bool = False
    fixes: tuple[dict[str, Any], ...] = ()
    failure: dict[str, Any] | None = None
    failed_test: str = ""
    failed_facts: dict[str, Any] = field(default_factory=dict)
    rule: dict[str, Any] | None = None
    tests: int = 0
    assertions: int = 0
    verdict: str = ""
    proved: str = ""  # the content that was proved last
    since: int = 0  # the iteration at which a person began anew

    @property
    def charged(self) -> int:
        """Fix attempts that were charged since the last retry."""
        return sum(1 for each in self.rounds if each.by_fix)

    @property
    def best(self) -> Round | None:
        """The round that came furthest."""
        return max(self.rounds, key=lambda each: each.rank, default=None)


def fold(events: Iterable[tuple[str, Mapping[str, Any]]], state: RunState | None = None) -> RunState:
    """The state after all `events` (kind, data), beginning with `state`; kinds that are no loop events change nothing.

    An event that cannot happen raises machine.IllegalEvent: then the journal was not written by a runner.
    """
    current = state or RunState()
    for kind, data in events:
        if kind in _HAPPENED:
            current = after(current, Happened(kind), data)
    return current


def after(run: RunState, event: Happened, data: Mapping[str, Any]) -> RunState:
    """The state after one event."""
    moved = replace(run, state=step(run.state, event).state)
    update = _UPDATES.get(event)
    return update(moved, data) if update else moved


def rank_of(value: object) -> Rank:
    """A rank as read from JSON; the lowest if there is none."""
    if isinstance(value, list | tuple) and len(value) == 3 and all(isinstance(part, int) for part in value):
        return (value[0], value[1], value[2])
    return (0, 0, 0)


def candidate(run: RunState, failure: Mapping[str, Any], rank: Rank, content: str, checkpoint: str = "") -> Round:
    """The round that this failure would be, if it is charged."""
    return Round(
        iteration=run.iteration,
        fingerprint=str(failure.get("fingerprint", "")),
        cls=str(failure.get("class", "")),
        code=str(failure.get("code", "")),
        test=str(failure.get("test", "")),
        rank=rank,
        content=content,
        by_fix=run.fix_pending,
        different=run.fix_pending and run.fix_different,
        message=str(failure.get("message", "")),
        checkpoint=checkpoint,
    )


def _failed(run: RunState, data: Mapping[str, Any]) -> RunState:
    seen = int(data.get("collected", 0)) if data.get("phase") == State.TEST_ALL else 0
    return replace(run, failed_facts=dict(data), tests=max(run.tests, seen))


def _passed(run: RunState, data: Mapping[str, Any]) -> RunState:
    if data.get("surplus") and run.fixes:
        flags = [*run.fixes[-1].get("flags", ()), *(f"not needed: {each}" for each in data["surplus"])]
        return replace(run, fixes=(*run.fixes[:-1], {**run.fixes[-1], "flags": flags}))
    if run.state is not State.PROVE:
        return run
    tests, assertions = int(data.get("tests", 0)), int(data.get("assertions", 0))
    return replace(run, tests=max(run.tests, tests), assertions=max(run.assertions, assertions))


def _written(run: RunState, data: Mapping[str, Any]) -> RunState:
    """A suite that we wrote anew from a changed plan starts its own count."""
    return replace(run, tests=0, assertions=0) if data.get("suite_written") else run


def _judged(run: RunState, data: Mapping[str, Any]) -> RunState:
    failure = dict(data.get("failure", {}))
    content = str(data.get("content", ""))
    run = replace(run, failure=failure, rule=data.get("rule"), content=content)
    if failure.get("class") == FailureClass.ENVIRONMENT:
        return run  # nothing is charged: the fix that is pending will be judged when the machine is well
    entry = candidate(run, failure, rank_of(data.get("rank")), content, str(data.get("checkpoint", "")))
    entry = replace(entry, stepped_back=run.state is State.STEP_BACK)
    best = max((each.rank for each in run.rounds), default=None)
    rounds = (*run.rounds, entry)
    return replace(
        run,
        rounds=rounds,
        progress=len(rounds) - 1 if best is None or entry.rank > best else run.progress,
        contents=run.contents | {content},
        fix_pending=False,
        failed_test=entry.test or run.failed_test,
    )


def _fixed(run: RunState, data: Mapping[str, Any]) -> RunState:
    content = str(data.get("content", ""))
    fix = {"iteration": run.iteration + 1, **data}
    return replace(
        run,
        iteration=run.iteration + 1,
        content=content,
        fix_pending=True,
        fix_different=content not in run.contents,
        contents=run.contents | {content},
        fixes=(*run.fixes, fix),
    )


def _proved(run: RunState, data: Mapping[str, Any]) -> RunState:
    return replace(
        run,
        verdict=str(data.get("verdict", "done")),
        proved=str(data.get("content", "")),
        failure=None,
        failed_test="",
        rule=None,
        tests=int(data.get("tests", run.tests)),
        assertions=int(data.get("assertions", run.assertions)),
        content=str(data.get("content", run.content)),
        window=len(run.rounds),
        progress=len(run.rounds),
        fix_pending=False,
    )


def _resumed(run: RunState, data: Mapping[str, Any]) -> RunState:
    return replace(run, window=len(run.rounds), progress=len(run.rounds), rule=None, tests=0, assertions=0)


def _retried(run: RunState, data: Mapping[str, Any]) -> RunState:
    """Everything is forgotten but the number of the iteration: no checkpoint of before is ever written over."""
    return RunState(state=run.state, iteration=run.iteration, since=run.iteration)


def _skipped(run: RunState, data: Mapping[str, Any]) -> RunState:
    return replace(run, rule={"rule": "skipped", "reason": "a person left this task", "count": 1, "limit": 1})


def _asked(run: RunState, data: Mapping[str, Any]) -> RunState:
    """Whoever fixes asks for a person, or a person's budget for agents is used up: then `rule` says which."""
    asked = {"rule": "asked", "reason": str(data.get("reason", "")), "count": 1, "limit": 1}
    return replace(run, rule=dict(data.get("rule") or asked))


_HAPPENED = frozenset(str(event) for event in Happened)
_UPDATES = {
    Happened.WRITTEN: _written,
    Happened.FAILED: _failed,
    Happened.PASSED: _passed,
    Happened.FIXABLE: _judged,
    Happened.STUCK: _judged,
    Happened.HOPELESS: _judged,
    Happened.FIXED: _fixed,
    Happened.PROVED: _proved,
    Happened.RESUMED: _resumed,
    Happened.RETRIED: _retried,
    Happened.SKIPPED: _skipped,
    Happened.ASKED: _asked,
}
