"""The plan as judge: the same failed assertion is the module's or the test's, by what the plan's examples say."""

from __future__ import annotations

import pytest
from cases import COUNTER, answered, case, clean, failed, read, sent, talk

from taskrunner.core.agreement import agrees
from taskrunner.core.case import Case, Experiment
from taskrunner.core.facts import Exchange, Failure, Outcome, TestResult
from taskrunner.core.judge import verdict
from taskrunner.core.plan import Action, Expect, Kind, Param, PlanModule, Send
from taskrunner.core.plan import Example as PlanExample

THREE = talk(("Inc", "1"), ("Inc", "2"), ("Inc", "2"))


def of(result: TestResult, **changes: object) -> Failure:
    return verdict(answered(case(result, **changes)))


def broken(given: Case, name: str = "three times", what: str = "expected 3, got 2") -> Failure:
    return verdict(answered(given, clean(Experiment.PLAN, examples={"starts at zero": "holds", name: what})))


def test_what_the_plan_says_too_is_the_modules_fault() -> None:
    failure = of(failed(exchanges=THREE, expected="3", got="2"))
    assert failure.code == "MOD-WRONG-REPLY"
    assert "three times" in failure.evidence[-1].detail and "line 21" in failure.evidence[-1].detail


def test_what_the_plan_contradicts_is_the_tests_fault() -> None:
    right = talk(("Inc", "1"), ("Inc", "2"), ("Inc", "3"))
    failure = of(failed(exchanges=right, expected="4", got="3"))
    assert failure.code == "TEST-CONTRADICTS-PLAN"
    assert (failure.file, failure.line) == ("test/test_counter_module.py", 12)
    assert "'3'" in failure.message and "expects 4" in failure.message


def test_the_plans_own_words_are_not_wrong_because_a_test_writes_the_number_otherwise() -> None:
    right = talk(("Inc", "1"), ("Inc", "2"), ("Inc", "3"))
    failure = of(failed(exchanges=right, expected="3.00", got="3"))
    assert failure.code == "TEST-CONTRADICTS-PLAN" and "says '3'" in failure.message


@pytest.mark.parametrize("expected", ["'3'", '"3"', " 3 ", "contains '3'", "contains 3"])
def test_quotes_and_contains_do_not_matter(expected: str) -> None:
    assert of(failed(exchanges=THREE, expected=expected, got="2")).code == "MOD-WRONG-REPLY"


def test_a_prefix_of_an_example_is_enough() -> None:
    assert of(failed(exchanges=talk(("Inc", "1"), ("Inc", "1")), expected="2", got="1")).code.startswith("MOD-")
    assert of(failed(exchanges=talk(("Inc", "1")), expected="2", got="1")).code == "TEST-CONTRADICTS-PLAN"


def test_tags_of_the_plan_must_match() -> None:
    five = (sent("Inc", 1, tags={"Amount": "5", "Data-Protocol": "ao"}), read(1, "1"))
    assert of(failed(exchanges=five, expected="5", got="1")).code == "MOD-WRONG-REPLY"
    six = (sent("Inc", 1, tags={"Amount": "6"}), read(1, "6"))
    assert of(failed(exchanges=six, expected="7", got="6")).code == "UNK-FAILURE"


def test_a_suite_that_is_ours_is_the_plan() -> None:
    failure = of(failed(example="three times", expected="3", got="2"), generated=True)
    assert failure.code == "MOD-WRONG-REPLY" and "three times" in failure.evidence[-1].detail
    failure = of(failed(expected="3", got="2"), generated=True)
    assert "asks for nothing" in failure.evidence[-1].detail


def test_a_module_that_fails_the_plans_examples_is_to_blame() -> None:
    given = case(failed(exchanges=talk(("Dec", "7")), expected="0", got="7"))
    failure = broken(given)
    assert failure.code == "MOD-WRONG-REPLY"
    assert "three times" in failure.evidence[-1].detail


def test_a_slot_that_nothing_is_on_is_the_wrong_one_whatever_the_module_does() -> None:
    future = (sent("Inc", 1), Exchange(2, {"kind": "compute", "process": "P"}, 404, None))
    failure = broken(case(failed(exchanges=future, expected="1", got="None")))
    assert failure.code == "TEST-WRONG-SLOT" and "slot 2" in failure.message


def test_an_earlier_slot_than_the_one_that_is_meant() -> None:
    early = (sent("Inc", 1), sent("Inc", 2), sent("Inc", 3), read(2, "2"))
    assert of(failed(exchanges=early, expected="3", got="2")).code == "TEST-WRONG-SLOT"
    odd = (sent("Dec", 1), sent("Dec", 2), read(1, "0"))
    assert of(failed(exchanges=odd, expected="9", got="0")).code == "TEST-WRONG-SLOT"


def test_an_earlier_slot_proves_nothing_if_the_module_is_broken() -> None:
    odd = (sent("Dec", 1), sent("Dec", 2), read(1, "0"))
    assert broken(case(failed(exchanges=odd, expected="9", got="0"))).code.startswith("MOD-")


def test_slot_zero_is_no_message() -> None:
    zero = (sent("Inc", 1), read(0, None))
    assert of(failed(exchanges=zero, expected="1", got="None")).code == "TEST-WRONG-SLOT"


def test_an_action_that_the_plan_does_not_know() -> None:
    failure = of(
        failed(exchanges=talk(("Increment", "error: unknown action")), expected="1", got="error: unknown action")
    )
    assert (
        failure.code == "TEST-WRONG-ACTION" and "'Increment'" in failure.message and "Inc, Dec, Get" in failure.message
    )


def test_the_spelling_of_an_action_counts() -> None:
    assert of(failed(exchanges=talk(("inc", "error: unknown")), expected="1", got="error")).code == "TEST-WRONG-ACTION"


def test_a_message_without_action() -> None:
    nameless = (sent(None, 1), read(1, None))
    assert of(failed(exchanges=nameless, expected="1", got="None")).code == "TEST-WRONG-ACTION"
    assert of(failed(exchanges=nameless, expected="None", got="x")).code == "UNK-FAILURE"


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"expected": "error: unknown action"}, "MOD-WRONG-REPLY"), ({"id": "test_unknown_action"}, "UNK-FAILURE")],
)
def test_asking_for_an_error_is_no_wrong_action(changes: dict[str, str], code: str) -> None:
    """A refusal that the plan knows and the module lacks is the module's; anything else is not decided."""
    result = failed(**{"exchanges": talk(("Nix", "1")), "expected": "yes", "got": "1", **changes})
    assert of(result).code == code


def test_the_plans_own_unknown_action_is_judged_by_its_example() -> None:
    assert (
        of(failed(exchanges=talk(("Nope", "1")), expected="error: unknown action", got="1")).code == "MOD-WRONG-REPLY"
    )
    assert (
        of(
            failed(
                exchanges=talk(("Nope", "error: unknown action Nope")), expected="1", got="error: unknown action Nope"
            )
        ).code
        == "TEST-CONTRADICTS-PLAN"
    )


def test_an_error_raised_in_the_test_is_the_tests_if_the_module_keeps_the_plan() -> None:
    result = failed(outcome=Outcome.ERROR, error_type="KeyError", message="'Data'", expected=None, got=None)
    assert of(result).code == "TEST-RAISED"
    assert broken(case(result)).code.startswith("MOD-")


def test_a_plan_without_examples_decides_nothing() -> None:
    bare = PlanModule("counter", "module-lua", actions=COUNTER.actions)
    assert of(failed(exchanges=THREE, expected="3", got="2"), plan=bare).code == "UNK-FAILURE"
    nothing = PlanModule("counter", "module-lua")
    assert of(failed(exchanges=talk(("Foo", "2")), expected="3", got="2"), plan=nothing).code == "UNK-FAILURE"


def test_without_recorded_messages_only_our_own_examples_decide() -> None:
    assert of(failed()).code == "UNK-FAILURE"
    assert broken(case(failed())).code == "MOD-WRONG-REPLY"


@pytest.mark.parametrize(
    ("expect", "expected", "verdict"),
    [
        (Expect(Kind.DATA, "3"), "3", True),
        (Expect(Kind.DATA, "3"), "4", False),
        (Expect(Kind.DATA, "it's"), "'it\\'s'", True),
        (Expect(Kind.JSON, '{"a": 1, "b": 2}'), '{"b":2,"a":1}', True),
        (Expect(Kind.JSON, '{"a": 1}'), '{"a":2}', False),
        (Expect(Kind.JSON, '{"a": 1}'), "no json", False),
        (Expect(Kind.REGEX, "^[0-9]+$"), "12", True),
        (Expect(Kind.REGEX, "^[0-9]+$"), "twelve", False),
        (Expect(Kind.ERROR, "unknown action"), "error: unknown action", True),
        (Expect(Kind.ERROR, "unknown action"), "unknown", True),
        (Expect(Kind.ERROR, "unknown action"), "7", False),
        (Expect(Kind.NONE), "None", True),
        (Expect(Kind.NONE), "3", False),
        (Expect(Kind.OUTBOX, target="@bob", tags=(("Action", "Credit"),)), "Credit", True),
        (Expect(Kind.OUTBOX, target="@bob", tags=(("Action", "Credit"),)), "Debit", None),
        (Expect(Kind.ANY), "x", None),
        (Expect(Kind.DATA, '{"count":3}'), "contains '3'", True),
        (Expect(Kind.DATA, '{"count":3}'), "contains '4'", False),
        (Expect(Kind.DATA, "3"), "!= 4", None),
        (Expect(Kind.DATA, "3"), "does not contain 'x'", None),
    ],
)
def test_agreement_by_kind(expect: Expect, expected: str, verdict: bool | None) -> None:
    assert agrees((expect,), expected) is verdict


def test_values_that_are_addresses_match_any_wallet() -> None:
    send = Send("Transfer", (("Recipient", "@bob"),), data="hi")
    moves = PlanExample("moves", (send,), ((Expect(Kind.DATA, "ok"),),), 5)
    transfer = Action("Transfer", (Param("Recipient"), Param("Data")))
    plan = PlanModule("token", "module-lua", actions=(transfer,), examples=(moves,))
    address = "b" * 43
    message = Exchange(1, {"kind": "schedule", "process": "P", "data": "hi",
                           "tags": {"Action": "Transfer", "Recipient": address}})  # fmt: skip
    assert of(failed(exchanges=(message, read(1, "no")), expected="ok", got="no"), plan=plan).code == "MOD-WRONG-REPLY"
    other = Exchange(
        1, {"kind": "schedule", "process": "P", "data": "ho", "tags": {"Action": "Transfer", "Recipient": address}}
    )
    assert of(failed(exchanges=(other, read(1, "no")), expected="ok", got="no"), plan=plan).code == "UNK-FAILURE"


def test_outbox_and_none_are_named_in_words() -> None:
    plan = PlanModule(
        "quiet", "module-lua", actions=(Action("Hush"), Action("Tell")),
        examples=(
            PlanExample("silent", (Send("Hush"),), ((Expect(Kind.NONE),),), 5),
            PlanExample("json", (Send("Tell"),), ((Expect(Kind.JSON, "[1]"), Expect(Kind.OUTBOX, target="@bob")),), 6),
        ),
    )  # fmt: skip
    failure = of(failed(exchanges=(sent("Hush", 1), read(1, None)), expected="x", got=""), plan=plan)
    assert failure.code == "TEST-CONTRADICTS-PLAN" and "an empty outbox" in failure.message
    failure = of(failed(exchanges=talk(("Tell", "[1]")), expected="[2]", got="[1]"), plan=plan)
    assert failure.code == "TEST-CONTRADICTS-PLAN" and "a message to @bob" in failure.message


# -- which symptom of a wrong module
