"""The performers of the judge's experiments: each does one thing for real and returns what it saw.

Every experiment runs on fresh state. None of them decides: an Observation with a code is a fault that it saw with its
own eyes (a node that does not answer, a suite that does not parse), everything else is for `core.judge` to weigh.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.core.case import Case, Experiment, Observation
from taskrunner.core.facts import Outcome, SuiteReport, TestResult
from taskrunner.core.fingerprint import normalise, without_ids
from taskrunner.core.judge import WITHOUT_SUITE
from taskrunner.runner.answers import answer_otherwise
from taskrunner.runner.neighbours import ask_the_neighbours
from taskrunner.runner.suite_checks import held_by_a_variable, killed_from_outside, package_missing

if TYPE_CHECKING:
    from taskrunner.runner.context import Run


def look_at_machine(run: Run, case: Case) -> Observation:
    """The machine now, again: it may have changed since the run began. Then the node: does it know our nonce?"""
    from taskrunner.runner.machine_checks import check, node_answers

    found = check(run)
    if found.code or case.phase in WITHOUT_SUITE:
        return found
    fault = node_answers(run, anew=_crashed(case))
    return fault or replace(found, detail=f"{found.detail}; the node answered with our nonce")


def run_canary(run: Run, case: Case) -> Observation:
    """Our own module on the same kind of node; once per process is enough, unless the run crashed."""
    from taskrunner.runner.canary import try_canary

    return try_canary(run)


def _crashed(case: Case) -> bool:
    return case.report is not None and bool(case.report.crash)


def look_at_module(run: Run, case: Case) -> Observation:
    """The build of this very content, made anew if there is none, and what it warned of: places that may explain."""
    from taskrunner.runner.building import build

    fault = build(run)
    if fault is not None and str(fault["code"]).startswith("MOD-"):
        message = str(fault.get("message", ""))
        place = (fault.get("file"), fault.get("line"), str(fault.get("hint", "")))
        return Observation(Experiment.MODULE, "broken", message, str(fault["code"]), message, *place)
    suspects = run.notes.get("suspects", [])
    detail = f"it loads; {len(suspects)} warnings" if suspects else "it loads and exports what it must"
    return Observation(Experiment.MODULE, "stands", detail, facts={"suspects": suspects})


def look_at_suite(run: Run, case: Case) -> Observation:
    """The suite parses and its lock holds."""
    from taskrunner.runner.building import changed_lock

    fault = changed_lock(run)
    if fault is not None:
        message, hint = str(fault["message"]), str(fault["hint"])
        name = str(fault["file"])
        return Observation(
            Experiment.SUITE, "changed", message, "TEST-LOCKED", message, name, None, hint, facts=fault["facts"]
        )
    if run.suite.suffix == ".py":
        error = syntax_error(run.suite)
        if error is not None:
            name = run.shown(run.suite)
            detail = f"{name}:{error.lineno}: {error.msg}"
            return Observation(Experiment.SUITE, "broken", detail, "TEST-SYNTAX", error.msg, name, error.lineno)
    for question in (killed_from_outside, held_by_a_variable, package_missing):
        found = question(run, case)
        if found is not None:
            return found
    collected = case.report.collected if case.report else 0
    return Observation(Experiment.SUITE, "stands", f"it parses, its lock holds, {collected} tests were collected")


def syntax_error(path: Path) -> SyntaxError | None:
    """Why a Python file does not parse."""
    try:
        ast.parse(path.read_bytes(), filename=path.name)
    except SyntaxError as error:
        return error
    except ValueError as error:
        return SyntaxError(str(error))
    return None


def run_twice(run: Run, case: Case) -> Observation:
    """The failed test again, alone, on fresh state; once more if it ends otherwise; the whole suite if it passes."""
    assert case.failed is not None
    test = case.failed.id
    before, first = _summary(case.failed), _summary(_alone(run, test, "twice-1"))
    if _same(before, first):
        words = f"{first['outcome']}, {first['outcome']}"
        detail = f"{test} again, alone on fresh state: the same"
        return Observation(Experiment.TWICE, words, detail, facts={"runs": [before, first]})
    runs = [first, _summary(_alone(run, test, "twice-2"))]
    words = ", ".join(str(each["outcome"]) for each in runs)
    facts: dict[str, Any] = {"runs": runs}
    if case.phase == "test_first":
        facts["runs"] = [before, *runs]
    elif all(each["outcome"] == Outcome.PASSED for each in runs):
        again = next((each for each in _once_more(run).results if each.id == test), None)
        facts["again"] = str(again.outcome) if again else "gone"
        words += f"; in the suite again: {facts['again']}"
    return Observation(Experiment.TWICE, words, f"{test} alone on fresh state, twice: {words}", facts=facts)


def _same(one: dict[str, Any], two: dict[str, Any]) -> bool:
    return all(one[name] == two[name] for name in ("outcome", "message", "got"))


def replay_requests(run: Run, case: Case) -> Observation:
    """The recorded requests of the failed test, on fresh nodes whose time and randomness differ."""
    from taskrunner.runner.replay import replay_twice

    return replay_twice(run, case)


def ask_the_plan(run: Run, case: Case) -> Observation:
    """The plan's own examples against the module, in a suite of ours; and the last message asked of a fresh process."""
    from taskrunner.runner.replay import fresh_reply
    from taskrunner.runner.suites import run_suite
    from taskrunner.suite import generate

    if case.generated or not run.module.examples:
        words = "the suite is the plan's" if case.generated else "the plan has no examples"
        return Observation(Experiment.PLAN, "silent", words, facts={"fresh": fresh_reply(run, case)})
    folder = _folder(run, "plan")
    folder.mkdir(parents=True, exist_ok=True)
    suite = folder / f"test_{run.module.name.replace('-', '_')}_module.py"
    suite.write_text(generate(run.module, run.plan, "pytest"), encoding="utf-8")
    report = run_suite(run, folder, suite=suite)
    examples = examples_of(report)
    broken = [name for name, what in examples.items() if what != "holds"]
    words = f"{len(examples) - len(broken)} of {len(examples)} examples hold"
    detail = f"{words}; first broken: {broken[0]}: {examples[broken[0]]}" if broken else words
    return Observation(Experiment.PLAN, words, detail, facts={"examples": examples, "fresh": fresh_reply(run, case)})


def examples_of(report: SuiteReport) -> dict[str, str]:
    """Each of the plan's examples with `holds` or what went wrong; an example may be asked in two reading orders."""
    found: dict[str, str] = {}
    for result in report.results:
        if result.example is None or found.get(result.example, "holds") != "holds":
            continue
        found[result.example] = "holds" if result.outcome is Outcome.PASSED else _what(result)
    return found


def _what(result: TestResult) -> str:
    if result.expected is not None:
        return f"expected {result.expected}, got {result.got}"
    return result.message[:200] or str(result.outcome)


def _alone(run: Run, test: str, name: str) -> TestResult | None:
    from taskrunner.runner.suites import run_suite

    report = run_suite(run, _folder(run, name), only=[test])
    return next((each for each in (*report.results, *report.collection_errors) if each.id == test), None)


def _once_more(run: Run) -> SuiteReport:
    from taskrunner.runner.suites import run_suite

    return run_suite(run, _folder(run, "again"))


def _summary(result: TestResult | None) -> dict[str, Any]:
    """What is compared between two runs of a test: everything but ids and times."""
    if result is None:
        return {"outcome": "gone", "message": "", "got": "", "exchanges": ()}
    return {
        "outcome": result.outcome,
        "message": without_ids(result.message) if result.got is None else normalise(result.message),
        "got": without_ids(result.got or ""),
        "exchanges": result.exchanges,
    }


def _folder(run: Run, name: str) -> Path:
    number = run.notes.get("run") or run.journal.new_run()
    run.notes["run"] = number
    return Path(run.journal.run_dir(number)) / name


PERFORMERS: dict[Experiment, Callable[[Run, Case], Observation]] = {
    Experiment.MACHINE: look_at_machine,
    Experiment.CANARY: run_canary,
    Experiment.MODULE: look_at_module,
    Experiment.SUITE: look_at_suite,
    Experiment.TWICE: run_twice,
    Experiment.REPLAY: replay_requests,
    Experiment.PLAN: ask_the_plan,
    Experiment.ANSWERS: answer_otherwise,
    Experiment.NEIGHBOURS: ask_the_neighbours,
}
