"""The plan as judge: is what a test expects what the plan's examples say, or does it contradict them?

The first question is about the conversation itself (right slot, known action), the second about the value that was
expected, the third about the module: does it do what the examples say when *we* ask? Without any answer the failure
stays unknown, because guessing would send somebody to break a good test.
"""

from __future__ import annotations

import re

from taskrunner.core import orders
from taskrunner.core.agreement import agrees, plain, words_of
from taskrunner.core.audit import Audit, audit, needed_inputs, stating
from taskrunner.core.case import Case, Experiment, Ruling
from taskrunner.core.exchanges import STANDARD, Conversation, answers, conversation, reply_data, shape
from taskrunner.core.facts import Outcome, TestResult
from taskrunner.core.plan import Example, Expect, Kind, PlanModule
from taskrunner.core.symptoms import symptom

_READS_LIKE_A_NUMBER = re.compile(r"-?\d+(\.\d+)?|true|false|null", re.IGNORECASE)


def judge_by_plan(case: Case) -> Ruling | None:
    """Module or test, by the plan; None where the plan does not decide."""
    failed = case.failed
    if failed is None or case.plan is None:
        return None
    if case.generated:
        return module_at_fault(case, f"the suite is what we write from the plan, and {_claim(failed)}")
    talk = conversation(failed)
    questions = (_future_slot, _broken_promise, _other_type, _by_matching_example, _other_slot, _unknown_action,
                 _wrong_input, _kept_promises)  # fmt: skip
    for question in questions:
        ruling = question(case, case.plan, failed, talk) if talk else None
        if ruling is not None:
            return ruling
    return _by_our_own_examples(case, failed)


def tests_disturb_each_other(case: Case) -> Ruling | None:
    """A test that fails in the suite and passes alone: a shared process, a leaking module, or the order of tests."""
    twice, failed = case.seen(Experiment.TWICE), case.failed
    runs = twice.facts.get("runs", ()) if twice else ()
    if not runs or failed is None or any(run.get("outcome") != Outcome.PASSED for run in runs):
        return None
    talk = conversation(failed)
    alone = runs[0].get("exchanges", ())
    if talk and talk.first_slot is not None and talk.first_slot > 1:
        return at_test(
            "TEST-SHARED-STATE",
            failed,
            f"the test passes alone; in the suite its first message lands on slot {talk.first_slot} of a process that "
            "other tests use too",
        )
    if talk and alone and shape(alone) == shape(failed.exchanges) and answers(alone) != answers(failed.exchanges):
        return _module_ruling(
            "MOD-STATE-SHARED",
            f"the same requests to a fresh process got {answers(failed.exchanges)} after other tests and "
            f"{answers(alone)} alone",
            Experiment.TWICE,
        )
    return at_test("TEST-ORDER", failed, "the test passes alone and fails after other tests")


def example_for(plan: PlanModule, talk: Conversation, position: int) -> tuple[Example, tuple[Expect, ...]] | None:
    """The first example that begins with the messages up to `position`, and says something about the last of them."""
    found = next(stating(plan, list(talk.messages), position), None)
    return None if found is None else found[:2]


def _future_slot(case: Case, plan: PlanModule, failed: TestResult, talk: Conversation) -> Ruling | None:
    """A slot that nothing was scheduled on has no answer, whatever the module does."""
    slots = [message.slot for message in talk.messages if message.slot is not None]
    if not slots or talk.read is None or talk.read <= max(slots):
        return None
    return at_test(
        "TEST-WRONG-SLOT", failed, f"the test reads slot {talk.read}; the last message is on slot {max(slots)}"
    )


def _other_type(case: Case, plan: PlanModule, failed: TestResult, talk: Conversation) -> Ruling | None:
    """Both sides read the same and are not equal: a number is compared with a text. Replies are texts, by the plan."""
    if failed.expected is None or failed.got is None or plain(failed.expected) != plain(failed.got):
        return None
    if not _READS_LIKE_A_NUMBER.fullmatch(plain(failed.got)):
        return None
    replies = [reply_data(each.got) for each in failed.exchanges if each.sent.get("kind") == "compute"]
    if any(isinstance(reply, int | float) and str(reply) == plain(failed.got) for reply in replies):
        return _module_ruling("MOD-WRONG-REPLY", f"the reply is the number {failed.got}, not a text", Experiment.PLAN)
    message = f"the test compares the text {failed.got!r} with the number {failed.expected}: they are never equal"
    return at_test("TEST-RAISED", failed, message, Experiment.PLAN)


def _broken_promise(case: Case, plan: PlanModule, failed: TestResult, talk: Conversation) -> Ruling | None:
    """In this very test the module answered a message otherwise than an example of the plan says."""
    found = audit(plan, failed)
    return module_at_fault(case, f"in this test {_answered(found)}") if found.broken else None


def _kept_promises(case: Case, plan: PlanModule, failed: TestResult, talk: Conversation) -> Ruling | None:
    """The module answered every message of this test as the plan's examples say: what failed is the test's own."""
    found = audit(plan, failed)
    if found.silent or not found.kept or broken_examples(case):
        return None
    why = f"the module answered all of this test's messages as the plan says, at last: {_answered(found)}"
    if failed.expected is None or failed.outcome is Outcome.ERROR:
        words = f"{failed.error_type}: {failed.message}" if failed.error_type else failed.message
        return at_test("TEST-RAISED", failed, words, Experiment.PLAN, why)
    return at_test("TEST-CONTRADICTS-PLAN", failed, f"the test expects {failed.expected}; {why}", Experiment.PLAN)


def _answered(found: Audit) -> str:
    message, example = found.message, found.example
    if message is None or example is None:
        return ""
    wanted = _wanted(found.expects)
    return f"{message.action} got {found.got!r}; the example '{example.name}' (line {example.line}) says {wanted}"


def _by_matching_example(case: Case, plan: PlanModule, failed: TestResult, talk: Conversation) -> Ruling | None:
    """The test sends what an example of the plan sends: does it expect what the example expects?

    What is compared may be the reply to any of its messages, so every one that fits is asked; if the plan expects there
    what the test expects, the module is wrong.
    """
    if failed.expected is None:
        return None
    judged = [
        (*found, agrees(found[1], failed.expected, whole))
        for position, whole in talk.positions(plain(failed.got or ""))
        if (found := example_for(plan, talk, position)) is not None
    ]
    for example, expects, verdict in judged:
        if verdict and not _said(expects, failed):
            wanted = _wanted(expects)
            return module_at_fault(
                case, f"the example '{example.name}' of the plan (line {example.line}) expects {wanted} too"
            )
    for example, expects, verdict in judged:
        if verdict is False or (verdict and _said(expects, failed)):
            return _contradiction(plan, failed, talk, example, expects)
    return None


def _said(expects: tuple[Expect, ...], failed: TestResult) -> bool:
    """Whether the module answered letter by letter what the plan says, so that the test writes it otherwise."""
    return any(each.kind is Kind.DATA and each.text == plain(failed.got or "") for each in expects)


def _contradiction(
    plan: PlanModule, failed: TestResult, talk: Conversation, example: Example, expects: tuple[Expect, ...]
) -> Ruling:
    """The test expects something else than the plan; or it means the last message and reads an earlier one."""
    later = example_for(plan, talk, len(talk.messages) - 1) if _leaves_last_unread(talk) else None
    if later is not None and agrees(later[1], failed.expected or ""):
        return _wrong_slot(failed, talk)
    wanted = _wanted(expects)
    return at_test(
        "TEST-CONTRADICTS-PLAN",
        failed,
        f"the test expects {failed.expected}; the plan's example '{example.name}' (line {example.line}) says {wanted}",
        Experiment.PLAN,
    )


def _other_slot(case: Case, plan: PlanModule, failed: TestResult, talk: Conversation) -> Ruling | None:
    """The answer that was read is not the last message's, and the module does what the plan says."""
    if not _leaves_last_unread(talk) or broken_examples(case):
        return None
    return _wrong_slot(failed, talk)


def _unknown_action(case: Case, plan: PlanModule, failed: TestResult, talk: Conversation) -> Ruling | None:
    """The test sends an action that the plan does not name, and does not expect an error for it."""
    expected = plain(failed.expected or "").lower()
    if (
        not plan.actions
        or re.search(r"error|unknown|invalid", expected)
        or re.search(r"error|unknown", failed.id.lower())
    ):
        return None
    names = [action.name for action in plan.actions]
    used = {send.action for example in plan.examples for send in example.sends}
    for message in talk.messages:
        if message.action is None and expected not in ("", "none", "[]", "{}"):
            return at_test(
                "TEST-WRONG-ACTION", failed, f"a message has no tag Action; the plan's are {', '.join(names)}"
            )
        if message.action is not None and message.action not in names and message.action not in used:
            return at_test(
                "TEST-WRONG-ACTION",
                failed,
                f"the test sends the action {message.action!r}; the plan's are {', '.join(names)}",
                Experiment.PLAN,
            )
    return None


def _wrong_input(case: Case, plan: PlanModule, failed: TestResult, talk: Conversation) -> Ruling | None:
    """A message lacks an input that its action needs, has one that nobody knows, and no error is expected."""
    if re.search(r"error|missing|invalid", f"{failed.expected} {failed.id}".lower()):
        return None
    for message in talk.messages:
        action = plan.action(message.action or "")
        if action is None:
            continue
        needed = needed_inputs(action)
        missing = [p.name for p in needed if p.name.lower() not in message.tags]
        known = {p.name.lower() for p in action.params} | STANDARD
        unknown = sorted(name for name in message.tags if name not in known)
        if missing and unknown:
            names = ", ".join(param.name for param in needed)
            text = f"the test sends {unknown[0]} with {action.name}; the plan's inputs are {names}"
            return at_test("TEST-CONTRADICTS-PLAN", failed, text, Experiment.PLAN)
    return None


def _by_our_own_examples(case: Case, failed: TestResult) -> Ruling | None:
    """The module against the plan's examples, asked by us: a broken one decides."""
    broken = broken_examples(case)
    if broken:
        name, what = next(iter(broken.items()))
        return module_at_fault(case, f"the module also fails the plan's example '{name}': {what}")
    return None


def broken_examples(case: Case) -> dict[str, str]:
    plan = case.seen(Experiment.PLAN)
    examples = plan.facts.get("examples", {}) if plan else {}
    return {name: what for name, what in examples.items() if what != "holds"}


def module_at_fault(case: Case, why: str) -> Ruling:
    if case.failed is not None and orders.differ(case.report, case.failed):
        return _storage(case.failed, orders.hazard(case.report))
    code, message = symptom(case)
    return _module_ruling(code, message, Experiment.PLAN, why)


def _storage(failed: TestResult, hazard: tuple[str, int, str] | None) -> Ruling:
    """The same messages get another answer when slots are read one by one than when only the last one is."""
    order = "each slot is read" if failed.id.endswith(orders.EACH) else "only the last slot is read"
    said = f"expected {failed.expected}, got {failed.got}" if failed.expected is not None else failed.message
    message = f"the answer is wrong when {order}, and right in the other order: {said}"
    file, line, words = hazard or (None, None, "")
    detail = f"the test passes in the other reading order{'; ' + words if words else ''}"
    return Ruling("MOD-LUA-STORAGE", message, Experiment.PLAN, file, line, verdict="MOD-LUA-STORAGE", detail=detail)


def _module_ruling(code: str, message: str, experiment: Experiment, detail: str = "") -> Ruling:
    return Ruling(code, message, experiment, verdict=code, detail=detail or message)


def at_test(
    code: str, failed: TestResult, message: str, experiment: Experiment = Experiment.TWICE, detail: str = ""
) -> Ruling:
    frame = next((frame for frame in reversed(failed.frames) if frame.role == "test"), None)
    file, line = (frame.file, frame.line) if frame else (failed.file or None, failed.line)
    return Ruling(code, message, experiment, file, line, verdict=code, detail=detail or message)


def _wrong_slot(failed: TestResult, talk: Conversation) -> Ruling:
    last = talk.messages[-1].slot
    message = f"the test reads slot {talk.read}, but its last message is on slot {last}"
    return at_test("TEST-WRONG-SLOT", failed, message, Experiment.PLAN)


def _leaves_last_unread(talk: Conversation) -> bool:
    """Whether an answer was read, but never that of the last message."""
    read = {slot for slot, _ in talk.replies}
    return bool(talk.messages) and talk.read is not None and talk.messages[-1].slot not in read


def _wanted(expects: tuple[Expect, ...]) -> str:
    return " & ".join(words_of(expect) for expect in expects)


def _claim(failed: TestResult) -> str:
    if failed.example:
        return f"states the plan's example '{failed.example}'"
    return "asks for nothing that the plan does not ask for"
