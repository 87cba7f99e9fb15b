"""A loop whose suite, node and toolchain are scripted, so that hundreds of iterations take no time.

Journal, tasks.json, checkpoints, rules, judge and briefs are the real ones. The scripted suite reads its verdicts from
the module itself: each line `-- fails NAME: MESSAGE` makes a test of that name fail, `-- crash: WORDS` ends the run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from corpus.worlds import COUNTER

from taskrunner.agents import AgentReport, Assignment
from taskrunner.core.case import Experiment, Observation
from taskrunner.core.facts import Frame, Outcome, SuiteReport, TestResult
from taskrunner.project import Journal, Workspace
from taskrunner.runner import RunOutcome, run_task
from taskrunner.suite import SuiteRun

TESTS = [f"test_{number}" for number in range(1, 11)]
MODULE = "custom_lua/counter.lua"
SUITE = "test/test_counter_module.py"


def report_of(text: str, only: list[str] | None, suite: str = SUITE) -> SuiteReport:
    """What the scripted suite says of a module's text."""
    fails = dict(re.findall(r"^-- fails (\w+): (.*)$", text, re.MULTILINE))
    crash = re.search(r"^-- crash: (.*)$", text, re.MULTILINE)
    chosen = [test for test in TESTS if only is None or test in only]
    results = tuple(result_of(test, fails.get(test), suite) for test in chosen)
    failed = [result for result in results if result.outcome is not Outcome.PASSED]
    return SuiteReport(
        results=results,
        collected=len(results),
        exit_code=None if crash else int(bool(failed)),
        crash=crash[1] if crash else "",
        seconds=0.01,
    )


def result_of(test: str, message: str | None, suite: str) -> TestResult:
    if message is None:
        return TestResult(test, Outcome.PASSED, assertions=2, file=suite, line=5)
    account = {"code": "MOD-LUA-ERROR", "message": message, "file": MODULE, "line": 7, "function": "compute"}
    frames = (Frame(suite, 12, test, "test"), Frame(MODULE, 7, "compute", "module"))
    return TestResult(test, Outcome.ERROR, error_type="NodeError", message=message, frames=frames, assertions=1,
                      node_failure=account, file=suite, line=10)  # fmt: skip


def run_scripted(request: SuiteRun, warm: object = None) -> SuiteReport:
    """In the place of `taskrunner.suite.run`."""
    source = request.source or request.root / MODULE
    text = source.read_text()
    if request.source is not None and "mutants" in request.run_dir.parts:  # every mutant is noticed
        return SuiteReport((TestResult("test_1", Outcome.FAILED, assertions=1),), 1, 1)
    request.run_dir.mkdir(parents=True, exist_ok=True)
    (request.run_dir / "output.txt").write_text("scripted\n")
    return report_of(text, list(request.only) if request.only is not None else None)


@contextmanager
def scripted(machine: Callable[[Any], Observation | None] | None = None) -> Iterator[None]:
    """Replace what would start processes and nodes. `machine` may say what is wrong with the machine."""
    able = Observation(Experiment.MACHINE, "able", "scripted")
    look = machine or (lambda run: None)
    passes = Observation(Experiment.CANARY, "passes", "scripted")
    replacements = {
        "taskrunner.runner.suites.run": run_scripted,
        "taskrunner.runner.machine_checks.check": lambda run: look(run) or able,
        "taskrunner.runner.machine_checks.CHECKS": (look,),
        "taskrunner.runner.canary.look_at_node": lambda run, anew=False: (None, passes),
        "taskrunner.runner.context.Run.warm": None,
        "taskrunner.runner.proof.left_out": lambda run, report: None,  # its tests stand in no file
    }
    with ExitStack() as stack:
        for name, new in replacements.items():
            stack.enter_context(mock.patch(name, new))
        yield


def workspace(root: Path, module: str | None = None, *, suite: bool = True) -> Workspace:
    """A counter workspace; `module` is the text of the module, good if not given."""
    for folder in ("custom_lua", "test"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "plan.md").write_text(COUNTER.plan)
    task = {"id": 1, "name": "Counter", "type": "module-lua", "status": "pending", "files": [MODULE], "mine": "kept"}
    (root / "tasks.json").write_text(json.dumps({"feature": "Counter", "tasks": [task]}, indent=2) + "\n")
    if module is not None:
        write(root, module)
    if suite:
        (root / SUITE).write_text(COUNTER.suite)
    return Workspace(root)


def module_text(*lines: str) -> str:
    """A good module with lines for the scripted suite in front."""
    return "\n".join([*lines, COUNTER.module])


def write(root: Path, text: str) -> None:
    (root / MODULE).write_text(text)


def task_of(root: Path) -> dict[str, Any]:
    """The task as it stands in tasks.json."""
    found: dict[str, Any] = json.loads((root / "tasks.json").read_text())["tasks"][0]
    return found


class Fixer:
    """An agent that writes the given module texts, one a fix; without more of them it has nothing to try."""

    name = "fixer"

    def __init__(self, root: Path, *texts: str | Callable[[Path], None]) -> None:
        self.root = root
        self.texts = list(texts)
        self.briefs: list[str] = []

    def fix(self, assignment: Assignment) -> AgentReport:
        self.briefs.append(assignment.text)
        if not self.texts:
            return AgentReport(0, 0.0, assignment.log_file, exhausted=True)
        step = self.texts.pop(0)
        if callable(step):
            step(self.root)
        else:
            write(self.root, step)
        return AgentReport(0, 0.0, assignment.log_file)


GOOD = module_text()


def bad(number: int, message: str = "attempt to index nil", note: str = "") -> str:
    return module_text(f"-- fails test_{number}: {message}", f"-- {note}")


def run_loop(found: Workspace, agent: Fixer | None = None, events: list[dict[str, Any]] | None = None) -> RunOutcome:
    with scripted():
        return run_task(found, 1, agent=agent, reporter=events.append if events is not None else None)


def kinds(found: Workspace) -> list[str]:
    with Journal(found) as journal:
        return [event.kind for event in journal.events(task_id=1)]
