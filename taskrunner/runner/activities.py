"""One function per activity of the machine: it does the work through the rooms below and says how it ended.

Each returns (event, data for the journal); None as event means that nobody is there to go on. An activity never
classifies: it hands what it saw to the judge through `run.failing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from taskrunner.core.case import Case
from taskrunner.core.facts import SuiteReport
from taskrunner.core.machine import TABLE, Activity, Happened
from taskrunner.core.plan import TaskType
from taskrunner.errors import EnvironmentFault, TaskrunnerError
from taskrunner.runner.context import Failing, Run

if TYPE_CHECKING:
    from collections.abc import Sequence

TEST_BITS = 2048  # what suites sign with; the proof signs as production's wallets do
PRODUCTION_BITS = 4096

Ended = tuple[Happened | None, dict[str, Any]]


def attempt(run: Run, activity: Callable[[Run], Ended]) -> Ended:
    """Perform an activity; a machine that is in the way becomes a failure like any other, to be classified."""
    try:
        return activity(run)
    except (EnvironmentFault, OSError, MemoryError) as error:
        if Happened.FAILED not in TABLE[run.state.state]:
            raise
        return fail(run, fault=fault_of(error))


def fault_of(error: BaseException) -> dict[str, Any]:
    """An error of the machine as a fault, with the code that its errno stands for."""
    import errno

    if isinstance(error, TaskrunnerError):
        return error.to_json()
    codes = {
        errno.ENOSPC: "ENV-DISK-FULL",
        errno.EDQUOT: "ENV-DISK-FULL",
        errno.EACCES: "ENV-PERMISSION",
        errno.EPERM: "ENV-PERMISSION",
        errno.EROFS: "ENV-PERMISSION",
        errno.ENOMEM: "ENV-MEMORY",
    }
    number = error.errno if isinstance(error, OSError) else errno.ENOMEM
    file = error.filename if isinstance(error, OSError) and isinstance(error.filename, str) else None
    return {"code": codes.get(number or 0, "ENV-FAULT"), "message": str(error) or type(error).__name__, "file": file}


def fail(run: Run, *, fault: dict[str, Any] | None = None, report: SuiteReport | None = None, phase: str = "") -> Ended:
    """Keep what failed for the judge."""
    from taskrunner.runner.suites import is_ours, rank_of_report

    phase = phase or str(run.state.state)
    case = Case(
        phase=phase,
        task=TaskType(run.task.type),
        plan=run.module,
        report=report,
        failed=report.failed[0] if report and report.failed else None,
        fault=fault,
        generated=report is not None and is_ours(run),
    )
    run.failing = Failing(case, rank_of_report(run, phase, report), run.notes.get("run", 0))
    data: dict[str, Any] = {"phase": phase, "run": run.failing.run}
    if report is not None:
        data |= {"collected": report.collected, "failed": len(report.failed), "crash": report.crash}
    if fault is not None:
        data["fault"] = fault
    return Happened.FAILED, data


def check_machine(run: Run) -> Ended:
    """PREFLIGHT: whatever the task needs of this machine is there."""
    from taskrunner.runner.machine_checks import check

    observation = check(run)
    run.note("evidence", {"experiment": "machine", "verdict": observation.verdict, "detail": observation.detail})
    if observation.code:
        fault = {"code": observation.code, "message": observation.message, "hint": observation.hint}
        return fail(run, fault={**fault, "file": observation.file})
    run.notes["machine"] = observation
    return Happened.READY, {}


def write_missing(run: Run) -> Ended:
    """SCAFFOLD: a skeleton where there is no module, a suite where there is none; never over the user's code."""
    from taskrunner.runner.scaffolding import write_missing_files

    return Happened.WRITTEN, write_missing_files(run)


def build_module(run: Run) -> Ended:
    """BUILD: the module parses and exports what it must; for Rust, it compiles."""
    from taskrunner.runner.building import build

    fault = build(run)
    return fail(run, fault=fault) if fault else (Happened.BUILT, {})


def run_failed_test(run: Run) -> Ended:
    """TEST_FIRST: only the test that failed last, if there is one and it still exists."""
    from taskrunner.core.orders import both
    from taskrunner.runner.suites import flavour_of, is_ours

    test = run.state.failed_test
    if not test:
        return Happened.PASSED, {}
    run.choose(flavour_of(run, test))
    report = run_suite_once(run, "first", only=both(test) if is_ours(run) else [test])
    if not report.crash and report.collected == 0 and not report.collection_errors:
        return Happened.PASSED, {"gone": test}
    return (Happened.PASSED, surplus_of(run, test)) if report.green else fail(run, report=report)


def surplus_of(run: Run, test: str) -> dict[str, Any]:
    """What an agent's fix changed beyond the need of the test that passes now.

    Of a module that was not written yet nothing is surplus: who writes its first action may write them all.
    """
    from taskrunner.runner.surplus import surplus_hunks

    unwritten = (run.state.failure or {}).get("code") == "MOD-NOT-IMPLEMENTED"
    if unwritten or not (run.state.fix_pending and run.state.fixes[-1].get("by") == "agent"):
        return {}
    surplus = surplus_hunks(run, test)
    for words in surplus:
        run.emit({"event": "warning", "message": f"not needed for {test}: {words}"})
    return {"surplus": surplus} if surplus else {}


def run_whole_suite(run: Run) -> Ended:
    """TEST_ALL: every test, on fresh state; what was proved before is signed as for a proof: one run is enough."""
    from taskrunner.runner.contents import content_hash

    proved_before = run.state.proved == content_hash(run)
    report = run_every_suite(run, "all", bits=PRODUCTION_BITS if proved_before else TEST_BITS)
    if not report.green:
        return fail(run, report=report)
    return Happened.PASSED, {"tests": report.collected, "assertions": report.assertions, "run": run.notes["run"]}


def run_every_suite(run: Run, phase: str, *, bits: int, backwards: bool = False) -> SuiteReport:
    """Every suite of the run, one after the other: all reports as one, or the first that is not green."""
    from taskrunner.runner.suites import joined

    reports = []
    for flavour in run.flavours:
        run.choose(flavour)
        reports.append(run_suite_once(run, phase, bits=bits, backwards=backwards))
        if not reports[-1].green:
            return reports[-1]
    run.choose(run.flavours[0])
    run.report = joined(reports)
    return run.report


def run_suite_once(
    run: Run, phase: str, *, only: Sequence[str] | None = None, bits: int = TEST_BITS, backwards: bool = False
) -> SuiteReport:
    """One numbered run of the suite, journalled and shown."""
    from taskrunner.runner.suites import run_suite

    number = run.journal.new_run()
    run.notes["run"] = number
    run.emit({"event": "suite.started", "phase": phase, "only": list(only) if only else None, "run": number})
    report = run_suite(run, run.journal.run_dir(number), only=only, bits=bits, backwards=backwards)
    passed = sum(1 for result in report.results if result.outcome == "passed")
    counts = {"passed": passed, "collected": report.collected, "assertions": report.assertions}
    run.note("run", {"run": number, "phase": phase, **counts, "crash": report.crash, "seconds": report.seconds})
    for reached in report.coverage:
        run.note("coverage", {**asdict(reached), "run": number})
    run.emit({"event": "suite.finished", "phase": phase, "report": report, "run": number, "output": report.output})
    run.report = report
    run.notes["bits"] = bits
    return report


def prove_suite(run: Run) -> Ended:
    """PROVE: green means something (DESIGN, *Evidence before status*)."""
    from taskrunner.runner.proof import prove

    return prove(run)


def classify(run: Run) -> Ended:
    """CLASSIFY: experiments in order until one decides, then the rules."""
    from taskrunner.runner.classify import classify_failure

    return classify_failure(run)


def await_fix(run: Run) -> Ended:
    """FIX: an agent changes files; without one the run ends here and a person does."""
    from taskrunner.runner.fixing import ask_agent

    return ask_agent(run) if run.agent is not None else (None, {})


def reconsider(run: Run) -> Ended:
    """STEP_BACK: what was tried, what the plan assumed, the best state so far; it goes into the next brief."""
    best = run.state.best
    data = {"best_iteration": best.iteration if best else 0, "best_content": best.content if best else ""}
    return Happened.RECONSIDERED, data


PERFORM: dict[Activity, Callable[[Run], Ended]] = {
    Activity.CHECK_MACHINE: check_machine,
    Activity.WRITE_MISSING: write_missing,
    Activity.BUILD_MODULE: build_module,
    Activity.RUN_FAILED_TEST: run_failed_test,
    Activity.RUN_SUITE: run_whole_suite,
    Activity.PROVE_SUITE: prove_suite,
    Activity.EXPERIMENT: classify,
    Activity.AWAIT_FIX: await_fix,
    Activity.RECONSIDER: reconsider,
}
