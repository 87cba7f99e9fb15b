"""Every message of a test against the plan's examples: kept, broken or not stated."""

from __future__ import annotations

from typing import Any

import pytest
from cases import COUNTER, case, failed, read, sent, talk

from taskrunner.core.audit import audit, kept_by, same_conversation
from taskrunner.core.exchanges import Message
from taskrunner.core.facts import Exchange, Outcome
from taskrunner.core.judge import verdict
from taskrunner.core.plan import Action, Example, Expect, Kind, Param, PlanModule, Send

ME, BOB, EVE = "m" * 43, "b" * 43, "e" * 43
TOKEN = PlanModule(
    "token",
    "module-lua",
    actions=(Action("Mint", (Param("Quantity", "int"),)), Action("Balance")),
    examples=(
        Example(
            "two people",
            (Send("Mint", (("Quantity", "5"),)), Send("Balance"), Send("Balance", sender="bob")),
            tuple((Expect(Kind.DATA, text),) for text in ("5", "5", "0")),
        ),
    ),
)


def told(action: str, slot: int, sender: str, reply: str, tags: dict[str, str] | None = None) -> tuple[Exchange, ...]:
    schedule = {"kind": "schedule", "process": "P", "tags": {"action": action, **(tags or {})}, "sender": sender}
    got = {"outbox": [{"target": sender, "data": reply}]}
    return (Exchange(slot, schedule, 200), Exchange(slot, {"kind": "compute", "process": "P"}, 200, got))


def test_every_answer_that_the_plan_states_is_counted() -> None:
    found = audit(COUNTER, failed(exchanges=talk(("Inc", "1"), ("Inc", "2"), ("Inc", "3"), ("Get", "3"))))
    assert (found.kept, found.broken, found.silent) == (4, 0, 0)


def test_an_answer_that_the_plan_states_otherwise_is_the_modules() -> None:
    found = audit(COUNTER, failed(exchanges=talk(("Inc", "1"), ("Inc", "3"))))
    assert found.broken == 1 and found.got == "3"
    assert found.example is not None and found.example.name == "three times"


def test_what_no_example_begins_with_is_silent() -> None:
    found = audit(COUNTER, failed(exchanges=talk(("Dec", "0"), ("Inc", "1"))))
    assert (found.kept, found.broken, found.silent) == (0, 0, 2)


def test_a_process_that_other_tests_used_begins_nothing() -> None:
    assert audit(COUNTER, failed(exchanges=talk(("Inc", "7"), first=4))).silent == 1


def test_a_default_that_is_spelled_out_is_the_same_message() -> None:
    spelled = (sent("Inc", 1, tags={"Amount": "1"}), read(1, "9"))
    assert audit(COUNTER, failed(exchanges=spelled)).broken == 1


@pytest.mark.parametrize(("second", "broken"), [(BOB, 1), (ME, 0)])
def test_a_name_of_the_plan_is_one_wallet(second: str, broken: int) -> None:
    """What the plan says of bob's balance says nothing of a second look at one's own."""
    exchanges = (
        *told("Mint", 1, ME, "5", {"quantity": "5"}),
        *told("Balance", 2, ME, "5"),
        *told("Balance", 3, second, "5"),
    )
    found = audit(TOKEN, failed(exchanges=exchanges))
    assert found.broken == broken
    assert found.silent == 1 - broken


def test_two_names_are_two_wallets() -> None:
    messages = [Message("Balance", {}, None, ME, 1), Message("Balance", {}, None, ME, 2)]
    sends = [Send("Balance"), Send("Balance", sender="bob")]
    assert same_conversation(sends, messages, TOKEN) is None
    assert same_conversation(sends, [messages[0], Message("Balance", {}, None, EVE, 2)], TOKEN) == {
        "me": ME,
        "bob": EVE,
    }


OUTBOX: dict[str, Any] = {"outbox": {"1": {"Target": BOB, "Action": "Note"}, "2": {"Target": ME, "data": '{"a": 1}'}}}


@pytest.mark.parametrize(
    ("expect", "keeps"),
    [
        (Expect(Kind.JSON, '{"a":1}'), True),
        (Expect(Kind.JSON, '{"a":2}'), False),
        (Expect(Kind.REGEX, "a.: "), True),
        (Expect(Kind.ERROR, "no"), False),
        (Expect(Kind.NONE), False),
        (Expect(Kind.OUTBOX, target="@bob", tags=(("Action", "Note"),)), True),
        (Expect(Kind.OUTBOX, target="@bob", tags=(("Action", "Other"),)), False),
        (Expect(Kind.OUTBOX, target="@eve"), None),
    ],
)
def test_each_kind_of_expectation(expect: Expect, keeps: bool | None) -> None:
    assert kept_by(OUTBOX, (expect,), {"bob": BOB}, ME) is keeps


def test_results_without_an_outbox_tell_nothing() -> None:
    assert kept_by({"output": 1}, (Expect(Kind.DATA, "1"),), {}, ME) is None


def test_a_test_that_raises_where_the_module_kept_the_plan_is_at_fault() -> None:
    from cases import answered

    result = failed(
        exchanges=talk(("Get", "0")),
        outcome=Outcome.ERROR,
        error_type="KeyError",
        message="'x'",
        expected=None,
        got=None,
    )
    assert verdict(answered(case(result))).code == "TEST-RAISED"
