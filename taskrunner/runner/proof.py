"""PROVE: a green suite is not yet a proof. What must hold besides, in order; the first thing that does not is a fault.

Counts did not fall, tests assert something, the lock holds, everything passes once more with production's signatures,
the last test first, the suite notices broken modules, and a suite that is the task's own work covers the plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.core.facts import Outcome, SuiteReport
from taskrunner.core.machine import Happened
from taskrunner.runner.activities import PRODUCTION_BITS, Ended, fail, run_every_suite
from taskrunner.runner.building import changed_lock
from taskrunner.runner.contents import content_hash
from taskrunner.runner.gate import real_node_fault
from taskrunner.runner.mutation import essential_of, summary, try_mutants
from taskrunner.suite import is_generated

if TYPE_CHECKING:
    from taskrunner.runner.context import Run


def prove(run: Run) -> Ended:
    """The event PROVED with its verdict, or the first thing that is missing."""
    first = run.report or SuiteReport()
    fault = fallen_counts(run, first) or left_out(run, first) or without_assertions(run, first) or changed_lock(run)
    if fault is not None:
        return fail(run, fault=fault, report=first)
    signed = run.notes.get("bits") == PRODUCTION_BITS
    report, dependent = (first, order_known(run)) if signed else signed_runs(run)
    if not report.green:
        return fail(run, report=report)
    if dependent and (run.owns_suite or run.settings.gate.mutants):
        return fail(run, fault=order_fault(run, dependent), report=report)
    if run.owns_suite:
        from taskrunner.runner.suite_tasks import missing_proof

        fault = missing_proof(run, report)
        if fault is not None:
            return fail(run, fault=fault, report=report)
    mutants = mutants_of(run)
    missing = weakness(run, mutants) or real_node_fault(run, report)
    if missing is not None:
        return fail(run, fault=missing, report=report)
    return Happened.PROVED, {
        "verdict": verdict_of(mutants, dependent),
        "tests": report.collected,
        "assertions": report.assertions,
        "order": dependent,
        "mutants": {name: value for name, value in mutants.items() if name != "crashed"},
        "content": content_hash(run),
        "run": run.notes["run"],
    }


def signed_runs(run: Run) -> tuple[SuiteReport, str]:
    """The suite with production's signatures, beginning with its last test; and the test that cannot stand that.

    What fails backwards is asked again in the file's order: red there too, or not red backwards a second time, then it
    is a failure like any other, for the judge.
    """
    backwards = run_every_suite(run, "prove", bits=PRODUCTION_BITS, backwards=True)
    if backwards.green:
        return backwards, ""
    forwards = run_every_suite(run, "prove", bits=PRODUCTION_BITS)
    if not forwards.green or not backwards.failed:
        return forwards, ""
    again = run_every_suite(run, "prove", bits=PRODUCTION_BITS, backwards=True)
    run.report = forwards
    names = [{each.id for each in report.failed} for report in (backwards, again)]
    if names[0] != names[1]:
        return backwards, ""
    test = backwards.failed[0].id
    run.emit({"event": "warning", "message": f"{test} passes in the file's order and fails in the reverse one"})
    return forwards, test


def order_known(run: Run) -> str:
    """What the proof of this very content found out about the order of tests."""
    proofs = [event.data for event in run.journal.events(task_id=run.task.id) if event.kind == Happened.PROVED]
    return str(proofs[-1].get("order", "")) if proofs else ""


def order_fault(run: Run, test: str) -> dict[str, Any]:
    """A suite whose tests need each other."""
    message = f"{test} passes in the file's order and fails when the last test comes first"
    return {"code": "TEST-ORDER", "message": message, "file": run.shown(run.suite), "facts": {"tests": [test]}}


def fallen_counts(run: Run, report: SuiteReport) -> dict[str, Any] | None:
    """Fewer tests, or fewer assertions, than an earlier full run of this task had."""
    name = run.shown(run.suite)
    for what, now, before in (
        ("tests", report.collected, run.state.tests),
        ("assertions", report.assertions, run.state.assertions),
    ):
        if now < before:
            message = f"{name} has {now} {what}, it had {before}"
            hint = f"put back what was taken out, or accept it as a person: `taskrunner retry {run.task.id}`"
            return {"code": "TEST-COUNT-FELL", "message": message, "file": name, "hint": hint}
    return None


def left_out(run: Run, report: SuiteReport) -> dict[str, Any] | None:
    """A test that stands in the suite's file and was not even collected (pytest)."""
    from taskrunner.suite.standing import standing_tests

    ran = {part.partition("[")[0] for each in report.results for part in each.id.split("::")}
    for suite in run.suites:
        for name, line in standing_tests(suite.read_bytes()) if suite.suffix == ".py" else ():
            if name not in ran:
                message = f"{name} stands in the suite and was not collected: something hides it"
                hint = "look for what hides it: a conftest.py, pytest's configuration, a second test of that name"
                fault = {"code": "TEST-SKIPPED", "message": message, "hint": hint}
                return {**fault, "file": run.shown(suite), "line": line}
    return None


def without_assertions(run: Run, report: SuiteReport) -> dict[str, Any] | None:
    """A suite that asserts nothing at all; for a suite that is the task's own work, any test that asserts nothing."""
    idle = [each for each in report.results if each.outcome is Outcome.PASSED and each.assertions == 0]
    if not idle or (report.assertions > 0 and not run.owns_suite):
        return None
    return {
        "code": "TEST-NO-ASSERTION",
        "message": f"{idle[0].id} asserts nothing: it passes whatever the module does",
        "file": run.shown(run.suite),
        "line": idle[0].line,
        "facts": {"tests": [each.id for each in idle]},
    }


def mutants_of(run: Run) -> dict[str, Any]:
    """The essential mutants' fates; those of the same module and suite are not tried twice."""
    content = content_hash(run)
    known = [event.data for event in run.journal.events(task_id=run.task.id) if event.kind == "mutants"]
    if known and known[-1].get("content") == content:
        found = dict(known[-1])
    else:
        folder = run.journal.run_dir(run.notes["run"]) / "mutants"
        found = summary(try_mutants(run, essential_of(run), folder), run.shown(run.source))
        run.note("mutants", {**found, "content": content})
    run.emit({"event": "mutants.finished", **found})
    return found


def weakness(run: Run, mutants: dict[str, Any]) -> dict[str, Any] | None:
    """Survivors keep a generated suite or a suite task from done; a user's own suite only if the settings say so."""
    survivors = mutants["survivors"]
    if not survivors:
        return None
    generated = is_generated(run.suite.read_text("utf-8", "replace"))
    gate = run.settings.gate
    if not (gate.mutants or (gate.essential and (run.owns_suite or (generated and run.module.examples)))):
        return None
    first = survivors[0]
    message = f"the suite stays green on a module that is broken on purpose: {first['what']} ({first['name']})"
    hint = "add an assertion that notices it"
    if generated and not run.owns_suite:
        hint = f"add an example to plan.md that notices it, and delete {run.shown(run.suite)} to have it written anew"
    return {
        "code": "TEST-WEAK",
        "message": message,
        "file": run.shown(run.suite),
        "hint": hint,
        "facts": {"survivors": survivors},
    }


def verdict_of(mutants: dict[str, Any], dependent: str = "") -> str:
    """`done`, or what the suite did not notice, and which test needs those before it."""
    count = len(mutants["survivors"])
    words = [f"weak suite: {count} survivor{'s' if count > 1 else ''}"] if count else []
    words += [f"{dependent} depends on the order of tests"] if dependent else []
    return f"done ({'; '.join(words)})" if words else "done"
