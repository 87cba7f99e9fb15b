"""Gathers what a brief says: sources, messages, state, plan, what was tried, pages of ours and of the workspace.

The brief itself (its order, its length, its fences) is core's. Here files are read and paths are chosen; a brief is
journalled and lies as `brief.md` and `brief.json` beside the run that it is about.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.core.brief import Brief, Source, StepBack, Tried, render
from taskrunner.core.codes import code
from taskrunner.core.facts import Exchange, Failure, FailureClass, TestResult
from taskrunner.core.machine import State
from taskrunner.runner.context import Failing

if TYPE_CHECKING:
    from taskrunner.project import Journal
    from taskrunner.runner.context import Run


HTTP_ERROR = 400


def write_brief(run: Run) -> None:
    """Make the brief of the failure at hand, keep it, and show it."""
    failing = run.failing
    if failing is None or failing.failure is None:
        return
    brief = make_brief(run, failing, failing.failure)
    text = render(brief)
    facts = brief.to_json()
    if failing.run:
        folder = run.journal.run_dir(failing.run)
        (folder / "brief.md").write_text(text, encoding="utf-8")
        (folder / "brief.json").write_text(json.dumps(facts, indent=1, ensure_ascii=False), encoding="utf-8")
    run.note("brief", {"text": text, "json": facts})
    run.emit(
        {
            "event": "failure",
            "failure": failing.failure,
            "brief": brief,
            "iteration": run.state.iteration,
            "counts": brief.counts,
        }
    )


def last_brief(journal: Journal, task_id: int | str) -> dict[str, Any] | None:
    """The newest brief of a task: {"text": Markdown, "json": facts}; None if there is none."""
    for event in reversed(journal.events(task_id=task_id)):
        if event.kind == "brief":
            return dict(event.data)
        if event.kind in ("proved", "retried"):
            return None
    return None


def make_brief(run: Run, failing: Failing, failure: Failure) -> Brief:
    """The brief of one failure."""
    from taskrunner.runner.effects import next_commands

    may, must_not = allowed(run, failure.cls)
    test = failing.case.failed
    before, after = states_around(test)
    state = run.state
    return Brief(
        task=str(run.task.id),
        name=run.task.name or run.module.name,
        failure=failure,
        iteration=state.iteration,
        state=str(state.state),
        may_change=may,
        must_not_change=must_not,
        sources=sources(run, failure, test),
        exchanges=told_plainly(test),
        state_before=before,
        state_after=after,
        plan="" if failure.cls is FailureClass.ENVIRONMENT else plan_words(run),
        counts=dict(failing.counts),
        tried=tried(run),
        step_back=step_back(run, failure) if was_stuck(run) else None,
        pages=pages(run, failure, wide=was_stuck(run)),
        escalation=state.rule if state.state is State.ESCALATED else None,
        next=next_commands(state.state, run.task.id, state.rule or {}),
        output=_output(run, failing),
    )


def allowed(run: Run, cls: FailureClass) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a fix may touch, and what it must not, by class; unknown lets module files only be changed."""
    from taskrunner.runner.contents import module_files

    module = tuple(run.shown(path) for path in module_files(run)) or (run.shown(run.source),)
    suite = (run.shown(run.suite),)
    others = ("plan.md", "tasks.json")
    match cls:
        case FailureClass.TEST:
            return suite, (*module, *others)
        case FailureClass.ENVIRONMENT:
            return (), (*module, *suite, *others)
        case _:
            return module, (*suite, *others)


def sources(run: Run, failure: Failure, test: TestResult | None) -> tuple[Source, ...]:
    """The test and the module around the lines that matter; the file that must change comes first."""
    in_test = _last_line(test, "test")
    in_module = _last_line(test, "module")
    suite, module = run.shown(run.suite), run.shown(run.source)
    if failure.file == suite and failure.line:
        in_test = (suite, failure.line)
    elif failure.file and failure.line and failure.cls is FailureClass.MODULE:
        in_module = (failure.file, failure.line)
    if in_module is None and failure.cls is FailureClass.MODULE:
        line = action_line(run, test)
        in_module = (module, line) if line else None
    found = [("Module", in_module), ("Test", in_test)]
    if failure.cls is FailureClass.TEST:
        found.reverse()
    return tuple(
        Source(title, place[0], text, place[1]) for title, place in found if place and (text := _read(run, place[0]))
    )


def action_line(run: Run, test: TestResult | None) -> int | None:
    """The first line of the module that names the action whose answer the test was looking at."""
    action = asked_action(test)
    text = _read(run, run.shown(run.source))
    if not action or not text:
        return None
    for wanted in (f"actions.{action}", f"function {action.lower()}", f'"{action}"', f"'{action}'", f"{action} ="):
        for number, line in enumerate(text.splitlines(), 1):
            if wanted in line and not line.lstrip().startswith("--"):
                return number
    return None


def asked_action(test: TestResult | None) -> str | None:
    """The action whose answer the test was looking at."""
    from taskrunner.core.exchanges import conversation

    talk = conversation(test) if test else None
    at = talk.position if talk and talk.position is not None else -1
    return talk.messages[at].action if talk and talk.messages else None


def states_around(test: TestResult | None) -> tuple[str, str]:
    """The process's state before and after the last message, as far as the answers carry it."""
    if test is None:
        return "", ""
    computed = [each.got for each in told_plainly(test) if each.sent.get("kind") == "compute"]
    shown = [json.dumps(_state_of(got), ensure_ascii=False, sort_keys=True, default=str) for got in computed[-2:]]
    return (shown[0] if len(shown) > 1 else "", shown[-1] if shown else "")


def told_plainly(test: TestResult | None) -> tuple[Exchange, ...]:
    """The exchanges; of one that failed the node's own sentence, not the pages that production answers then."""
    if test is None:
        return ()
    sentence = (test.node_failure or {}).get("message")

    def plain(each: Exchange) -> Exchange:
        failed = each.status is not None and each.status >= HTTP_ERROR and isinstance(each.got, str)
        return replace(each, got=str(sentence or str(each.got).partition("\n")[0])) if failed else each

    return tuple(plain(each) for each in test.exchanges)


def plan_words(run: Run) -> str:
    """The plan's section about this module, as the user wrote it."""
    lines = _read(run, run.plan.file).splitlines()
    start = run.module.line
    if not 0 < start <= len(lines):
        return ""
    section = [lines[start - 1]]
    for line in lines[start:]:
        if re.match(r"#{1,3} ", line):
            break
        section.append(line)
    return "\n".join(line for line in section if line.strip())


def tried(run: Run) -> tuple[Tried, ...]:
    """Earlier fixes with their diffs and what came of them."""
    found = []
    rounds = [each for each in run.state.rounds if each.by_fix]
    diffs = {fix["iteration"]: fix for fix in run.state.fixes}
    for each in rounds:
        fix = diffs.get(each.iteration, {})
        flags = [] if each.different else ["changed nothing new"]
        flags += [str(flag) for flag in fix.get("flags", ())]
        found.append(
            Tried(each.iteration, f"{each.code}: {each.message}"[:200], str(fix.get("diff", "")), tuple(flags))
        )
    return tuple(found)


def was_stuck(run: Run) -> bool:
    """Whether the last round ended in a step back."""
    return bool(run.state.rounds) and run.state.rounds[-1].stepped_back


def step_back(run: Run, failure: Failure) -> StepBack:
    """Another look: what the plan assumes, other ways, and the best state so far."""
    test = run.failing.case.failed if run.failing else None
    rule = run.state.rule or {}
    approaches = [
        f"read `taskrunner explain {failure.code}` and the pages below before changing another line",
        "write the smallest module that makes only this test pass, then bring the rest back",
        "look at the messages above: is the action, its spelling and its slot what the module reads?",
    ]
    reason = f"{rule['count']} {rule['reason']}" if rule.get("rule") == "different-fixes" else ""
    return StepBack(assumption(run, test), tuple(approaches), best_so_far(run), reason)


def best_so_far(run: Run) -> str:
    """The checkpoint that came furthest, in words: an earlier one only if it is better than where we stand."""
    best, now = run.state.best, run.state.rounds[-1]
    if best is None or best.rank <= now.rank:
        return f"where you stand, iteration {now.iteration}; no earlier one came further"
    return f"iteration {best.iteration} came further (`taskrunner restore {run.task.id} {best.iteration}`)"


def assumption(run: Run, test: TestResult | None) -> str:
    """What the plan takes for granted about this failure: the example that the test states, or its action's row."""
    example = next((each for each in run.module.examples if test is not None and each.name == test.example), None)
    if example is not None:
        return f"is the plan's example '{example.name}' ({run.plan.file}:{example.line}) what you want?"
    name = asked_action(test)
    action = next((each for each in run.module.actions if each.name == name), None)
    if action is None:
        return "does the plan say what you want?"
    row = "; ".join(part for part in (action.state, action.reply) if part) or "nothing"
    place = f"{run.plan.file}:{action.line}" if action.line else run.plan.file
    return f"{place} says of {action.name}: {row}. Is that what you want, and is it what the test asks for?"


def pages(run: Run, failure: Failure, wide: bool) -> tuple[tuple[str, str], ...]:
    """Our page of the code; on a step back also the workspace's own documents that name the matter."""
    from taskrunner.runner.pages import page_of, workspace_pages

    found = []
    own = page_of(failure.code)
    if own:
        found.append((f"About {failure.code}", own))
    if wide or failure.cls is FailureClass.UNKNOWN:
        found += workspace_pages(run.workspace.root, [failure.code, run.module.name, *_words(failure)])
    return tuple(found)


def _words(failure: Failure) -> list[str]:
    words = f"{failure.test} {code(failure.code).title}"
    return [word.strip("`,.") for word in words.replace("_", " ").split() if len(word) > 4]


def _state_of(got: Any) -> Any:
    return got.get("results", got) if isinstance(got, dict) else got


def _last_line(test: TestResult | None, role: str) -> tuple[str, int] | None:
    frames = [frame for frame in (test.frames if test else ()) if frame.role == role and frame.line]
    return (frames[-1].file, frames[-1].line) if frames else None


def _read(run: Run, name: str) -> str:
    path = Path(run.workspace.root / name)
    try:
        return path.read_text("utf-8", "replace") if path.is_file() else ""
    except OSError:
        return ""


def _output(run: Run, failing: Failing) -> str:
    if failing.case.report is not None and failing.case.report.output:
        return failing.case.report.output
    return run.shown(run.journal.run_dir(failing.run)) if failing.run else ""
