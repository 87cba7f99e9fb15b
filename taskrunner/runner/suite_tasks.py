"""What a `module-test` task must show: its suite is red on the skeleton, covers the plan, and stands in any order.

Only reports of real runs and the plan are looked at; nobody's word counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.core.audit import same_message
from taskrunner.core.exchanges import Message, messages_by_process
from taskrunner.core.facts import SuiteReport
from taskrunner.core.plan import Example, PlanModule
from taskrunner.runner.mutation import Mutant, fate_of
from taskrunner.runner.suites import run_suite

if TYPE_CHECKING:
    from taskrunner.runner.context import Run


def missing_proof(run: Run, report: SuiteReport) -> dict[str, Any] | None:
    """The first thing that the suite does not show; None if it shows everything."""
    return uncovered(run, report) or green_on_skeleton(run)


def uncovered(run: Run, report: SuiteReport) -> dict[str, Any] | None:
    """An action or an example of the plan that no test sends."""
    talks = [talk for result in report.results for talk in messages_by_process(result.exchanges).values()]
    used = {message.action for talk in talks for message in talk}
    for action in run.module.actions:
        if action.name not in used:
            return _missing(run, f"no test sends the action {action.name}")
    named = {result.example for result in report.results}
    for example in run.module.examples:
        if example.name not in named and not any(covers(example, talk, run.module) for talk in talks):
            return _missing(run, f"no test states the plan's example '{example.name}' (plan.md:{example.line})")
    return None


def covers(example: Example, talk: list[Message], plan: PlanModule) -> bool:
    """Whether a process got the example's messages, one after the other."""
    length = len(example.sends)
    return any(
        all(same_message(send, message, plan) for send, message in zip(example.sends, talk[at:], strict=False))
        for at in range(len(talk) - length + 1)
    )


def green_on_skeleton(run: Run) -> dict[str, Any] | None:
    """A suite that passes on a module in which nothing is written yet."""
    folder = run.journal.run_dir(run.notes["run"]) / "skeleton"
    folder.mkdir(parents=True, exist_ok=True)
    source = _skeleton(run, folder)
    if source is None:
        return None
    report = run_suite(run, folder, source=source, stop_at_first=True)
    fate = fate_of(Mutant("skeleton", "nothing is implemented", ""), report)
    if fate.verdict == "killed":
        return None
    message = f"the suite does not fail on the skeleton, in which nothing is implemented ({fate.verdict})"
    return {"code": "TEST-WEAK", "message": message, "file": run.shown(run.suite)}


def _skeleton(run: Run, folder: Path) -> Path | None:
    """What the node runs of a module in which nothing is written; None where its crate does not build."""
    from taskrunner.runner.scaffolding import skeleton_text

    if run.is_wasm:
        from taskrunner.runner.aside import skeleton_image

        return skeleton_image(run, folder)
    source = folder / run.source.name
    source.write_text(skeleton_text(run.module), encoding="utf-8")
    return source


def _missing(run: Run, message: str) -> dict[str, Any]:
    return {"code": "TEST-UNCOVERED", "message": message, "file": run.shown(run.suite)}
