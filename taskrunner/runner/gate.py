"""The gate of a real node: with `gate = "hyperbeam"` the suite must pass there too before a task is done.

Where one suite differs between the nodes, that is a fidelity bug of ours, and it is said as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.core.facts import Outcome, SuiteReport

if TYPE_CHECKING:
    from taskrunner.runner.context import Run

SHOWN = 3


def real_node_fault(run: Run, embedded: SuiteReport) -> dict[str, Any] | None:
    """Run the suite on real HyperBEAM and compare; None if no gate is set, or everything passes there as well.

    Raises EnvironmentFault where the real node is not configured or does not start.
    """
    wanted = run.settings.gate.node
    if not wanted or run.settings.node.backend == wanted:
        return None
    from taskrunner.backends.hyperbeam import read_config
    from taskrunner.runner.suites import run_suite

    if not run.settings.node.path:
        read_config(run.workspace.root)
    number = run.journal.new_run()
    run.emit({"event": "suite.started", "phase": "real node", "only": None, "run": number})
    report = run_suite(run, run.journal.run_dir(number), env={"TASKRUNNER_NODE_BACKEND": wanted})
    run.note("run", {"run": number, "phase": "real node", "collected": report.collected, "crash": report.crash})
    run.emit(
        {"event": "suite.finished", "phase": "real node", "report": report, "run": number, "output": report.output}
    )
    return None if report.green else difference(embedded, report, run.shown(run.suite))


def difference(embedded: SuiteReport, real: SuiteReport, suite: str) -> dict[str, Any]:
    """The fault that two reports of one suite stand for: the machine's if the real node never answered."""
    account = next((result.node_failure for result in real.failed if result.node_failure), None)
    if account is not None and str(account.get("code", "")).startswith("ENV-"):
        return {name: account.get(name) for name in ("code", "message", "file", "hint")}
    passed = {result.id for result in embedded.results if result.outcome is Outcome.PASSED}
    differ = [result for result in real.failed if result.id in passed]
    names = ", ".join(result.id for result in differ[:SHOWN]) + (" ..." if len(differ) > SHOWN else "")
    what = f"{len(differ)} of {len(passed)} tests" if differ else f"the suite ({real.crash or 'no test ran'})"
    verb = "passes" if len(differ) < 2 else "pass"
    return {
        "code": "UNK-NODES-DIFFER",
        "message": f"{what} {verb} on the embedded node and not on HyperBEAM{f': {names}' if names else ''}",
        "file": suite,
        "facts": {"tests": [result.id for result in differ], "messages": [result.message for result in differ[:SHOWN]]},
    }
