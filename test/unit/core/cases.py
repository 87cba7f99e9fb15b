"""Readable builders for the judge's tests: results, reports, exchanges, a small plan."""

from __future__ import annotations

from typing import Any

from taskrunner.core.case import Case, Experiment, Observation
from taskrunner.core.facts import Exchange, Frame, Outcome, SuiteReport, TestResult
from taskrunner.core.plan import Action, Example, Expect, Kind, Param, PlanModule, Send, StateVar

TEST_FRAME = Frame("test/test_counter_module.py", 12, "test_counts", "test")
MODULE_FRAME = Frame("custom_lua/counter.lua", 7, "inc", "module")
HARNESS_FRAME = Frame("taskrunner/client/hb.py", 80, "compute", "harness")


def data(text: str) -> tuple[Expect, ...]:
    return (Expect(Kind.DATA, text),)


COUNTER = PlanModule(
    "counter",
    "module-lua",
    actions=(Action("Inc", (Param("Amount", "int", default="1"),)), Action("Dec"), Action("Get")),
    state=(StateVar("count", "int", "0"),),
    examples=(
        Example("starts at zero", (Send("Get"),), (data("0"),), line=20),
        Example(
            "three times",
            (Send("Inc"), Send("Inc"), Send("Inc"), Send("Get")),
            (data("1"), data("2"), data("3"), data("3")),
            line=21,
        ),
        Example("by an amount", (Send("Inc", (("Amount", "5"),)), Send("Get")), (data("5"), data("5")), line=22),
        Example("unknown action", (Send("Nope"),), ((Expect(Kind.ERROR, "unknown action"),),), line=23),
    ),
)


def sent(action: str | None, slot: int, process: str = "P", tags: dict[str, str] | None = None) -> Exchange:
    named = {"Action": action} if action is not None else {}
    return Exchange(slot, {"kind": "schedule", "process": process, "tags": {**named, **(tags or {})}}, 200)


def read(slot: int, reply: str | None, process: str = "P") -> Exchange:
    outbox = {} if reply is None else {"1": {"target": "me", "data": reply}}
    return Exchange(slot, {"kind": "compute", "process": process}, 200, {"results": {"outbox": outbox}})


def talk(*pairs: tuple[str, str], process: str = "P", first: int = 1) -> tuple[Exchange, ...]:
    """Messages and their answers, one after the other."""
    found: list[Exchange] = []
    for at, (action, reply) in enumerate(pairs, first):
        found += [sent(action, at, process), read(at, reply, process)]
    return tuple(found)


def failed(**changes: Any) -> TestResult:
    given: dict[str, Any] = {
        "id": "test_counts",
        "outcome": Outcome.FAILED,
        "error_type": "AssertionError",
        "message": "assert '2' == '3'",
        "expected": "3",
        "got": "2",
        "frames": (TEST_FRAME,),
        "assertions": 1,
        "file": "test/test_counter_module.py",
        "line": 10,
    }
    return TestResult(**{**given, **changes})


def report(*results: TestResult, **changes: Any) -> SuiteReport:
    given: dict[str, Any] = {"results": results, "collected": max(len(results), 1), "exit_code": 1}
    return SuiteReport(**{**given, **changes})


def case(result: TestResult | None = None, **changes: Any) -> Case:
    given: dict[str, Any] = {
        "phase": "test_all",
        "plan": COUNTER,
        "report": report(result) if result else None,
        "failed": result,
    }
    return Case(**{**given, **changes})


def clean(experiment: Experiment, **facts: Any) -> Observation:
    return Observation(experiment, "fine", "nothing found", facts=facts)


def stable(result: TestResult, times: int = 2) -> Observation:
    runs = [{"outcome": str(result.outcome), "message": result.message, "got": result.got} for _ in range(times)]
    return clean(Experiment.TWICE, runs=runs)


def passes_alone(exchanges: tuple[Exchange, ...] = (), again: str = "failed") -> Observation:
    runs = [{"outcome": "passed", "message": "", "got": "", "exchanges": exchanges}] * 2
    return clean(Experiment.TWICE, runs=runs, again=again)


def answered(case: Case, *observations: Observation) -> Case:
    """The case with the given observations, and nothing found in every experiment before them."""
    by_experiment = {each.experiment: each for each in observations}
    for experiment in Experiment:
        if experiment in by_experiment:
            case = case.with_observation(by_experiment[experiment])
        elif experiment is Experiment.TWICE and case.failed is not None:
            case = case.with_observation(stable(case.failed))
        elif experiment is Experiment.PLAN:
            held = {example.name: "holds" for example in case.plan.examples} if case.plan else {}
            case = case.with_observation(clean(Experiment.PLAN, examples=held))
        elif experiment is not Experiment.RAISED and experiment is not Experiment.REPLAY:
            case = case.with_observation(clean(experiment))
    return case
