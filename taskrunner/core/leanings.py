"""Where no example of the plan decides: the last experiments, and where their evidence leans.

A test that fails the same with other answers never looked at the module. A module whose answer is out of line with its
other answers is at fault. If neither is so, every example of the plan holds, and the test stands alone with what it
expects, it is the test that should be looked at first; in any other case nothing is decided, and that is said.
"""

from __future__ import annotations

from taskrunner.core.case import Case, Experiment, Ruling
from taskrunner.core.exchanges import conversation
from taskrunner.core.expectations import at_test, broken_examples, module_at_fault
from taskrunner.core.facts import Outcome, TestResult
from taskrunner.core.plan import Kind, PlanModule
from taskrunner.core.regular import irregular

MOST_FAILED = 4  # one test in so many may fail if the tests are to be doubted rather than the module
_RESULT_ERRORS = frozenset({"KeyError", "IndexError", "TypeError", "ValueError", "AttributeError", "JSONDecodeError"})


def judge_by_answers(case: Case) -> Ruling | None:
    """The test's fault if it fails just so with other answers of the module."""
    seen, failed = case.seen(Experiment.ANSWERS), case.failed
    if seen is None or failed is None or not seen.facts.get("independent"):
        return None
    if failed.got in ("", "None", "[]", "{}", "False"):
        return None  # it looked for something that is in neither answer
    words = f"{failed.error_type}: {failed.message}" if failed.error_type else failed.message
    return at_test("TEST-RAISED", failed, words, Experiment.ANSWERS, seen.detail)


def judge_by_neighbours(case: Case) -> Ruling | None:
    """The module's fault if its answer is out of line; else the test's, if everything else speaks for the module."""
    seen, failed = case.seen(Experiment.NEIGHBOURS), case.failed
    if seen is None or failed is None:
        return None
    if (words := irregular(seen.facts)) is not None:
        return module_at_fault(case, f"its answers are out of line: {words}")
    plan = case.plan
    if plan is None or not plan.examples or case.seen(Experiment.PLAN) is None or broken_examples(case):
        return None
    if failed.error_type in _RESULT_ERRORS or (failed.error_type and failed.outcome is Outcome.ERROR):
        return at_test("TEST-RAISED", failed, f"{failed.error_type}: {failed.message}", Experiment.NEIGHBOURS)
    if _wants_a_refusal(plan, failed):
        return module_at_fault(
            case, "the test waits for a refusal that the plan knows, and the module takes everything"
        )
    if "told" not in seen.facts or not _stands_alone(case) or not _all_actions_proved(plan, failed):
        return None
    what = f"expects {failed.expected}" if failed.expected is not None else f"says: {failed.message}"
    why = "every example of the plan holds, the module's other answers are in line, and other tests pass"
    return at_test("TEST-CONTRADICTS-PLAN", failed, f"the test {what}; {why}", Experiment.NEIGHBOURS)


def _stands_alone(case: Case) -> bool:
    """Whether few tests fail: a module that is wrong is seldom wrong for one test of many."""
    report = case.report
    if report is None:
        return False
    return len(report.failed) == 1 or len(report.failed) * MOST_FAILED <= len(report.results)


def _all_actions_proved(plan: PlanModule, failed: TestResult) -> bool:
    """Whether examples state a reply other than a refusal for every action that the test sends."""
    proved = {
        send.action
        for example in plan.examples
        for send, expects in zip(example.sends, example.replies, strict=True)
        if any(expect.kind not in (Kind.ANY, Kind.ERROR) for expect in expects)
    }
    talk = conversation(failed)
    return talk is not None and all(message.action in proved for message in talk.messages)


def _wants_a_refusal(plan: PlanModule, failed: TestResult) -> bool:
    """Whether the test waits for an error reply that the plan knows, and got none: a check may be missing."""
    expected, got = (failed.expected or "").lower(), (failed.got or "").lower()
    texts = [
        expect.text.lower()
        for example in plan.examples
        for expects in example.replies
        for expect in expects
        if expect.kind is Kind.ERROR
    ]
    return not got.startswith("error") and any(text in expected for text in texts if text)
