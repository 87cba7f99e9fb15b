"""The plan as judge: the same failed assertion is the module's or the test's, by what the plan's examples say."""

from __future__ import annotations

import pytest
from cases import COUNTER, answered, case, clean, failed, passes_alone, read, report, sent, talk

from taskrunner.core.agreement import agrees
from taskrunner.core.case import Case, Experiment
from taskrunner.core.exchanges import answers, conversation, messages_by_process, processes, reply_text, shape
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


def symptom_of(result: TestResult, suspects: list[dict[str, object]] | None = None) -> Failure:
    module = clean(Experiment.MODULE, suspects=suspects or [])
    return verdict(answered(case(result, generated=True), module))


def test_a_skeleton_is_told_as_not_implemented() -> None:
    failure = symptom_of(
        failed(exchanges=talk(("Inc", "error: not implemented: Inc")), expected="1", got="error: not implemented: Inc")
    )
    assert (failure.code, failure.message) == ("MOD-NOT-IMPLEMENTED", "not implemented: Inc")
    assert symptom_of(failed(message="not implemented: Dec", expected=None, got=None)).message == "not implemented: Dec"


def test_an_answer_that_repeats_the_first_one_is_lost_state() -> None:
    lost = talk(("Inc", "1"), ("Inc", "1"))
    assert symptom_of(failed(exchanges=lost, expected="2", got="1")).code == "MOD-STATE-LOST"
    assert (
        symptom_of(failed(exchanges=talk(("Inc", "1"), ("Get", "0")), expected="1", got="0")).code == "MOD-STATE-LOST"
    )


def test_two_processes_that_do_not_keep_apart() -> None:
    both = (*talk(("Inc", "1"), process="P"), *talk(("Get", "1"), process="Q"))
    assert symptom_of(failed(exchanges=both, expected="0", got="1")).code == "MOD-STATE-SHARED"


def test_json_that_is_none() -> None:
    assert symptom_of(failed(expected='{"a": 1}', got="{a=1}")).code == "MOD-JSON"
    assert symptom_of(failed(expected='{"a": 1}', got='{"a": 2}')).code == "MOD-WRONG-REPLY"


@pytest.mark.parametrize(
    ("code", "got", "explained"),
    [
        ("MOD-RETURN", "None", True),
        ("MOD-NO-RESULTS", "", True),
        ("MOD-ACTION-NIL", "error: unknown action", True),
        ("MOD-ACTION-NIL", "2", False),
        ("MOD-RETURN", "2", False),
        ("MOD-OTHER", "", False),
    ],
)
def test_a_suspect_of_the_static_check_explains_what_fits(code: str, got: str, explained: bool) -> None:
    failure = symptom_of(failed(expected="3", got=got), [{"code": code, "message": "line 4 looks odd"}])
    assert (failure.code == code) is explained


def test_a_wrong_module_without_a_test_is_a_wrong_reply() -> None:
    from taskrunner.core.symptoms import symptom

    assert symptom(Case("test_all"))[0] == "MOD-WRONG-REPLY"


# -- reading exchanges


def test_a_test_that_said_nothing_has_no_conversation() -> None:
    assert conversation(failed()) is None
    assert conversation(failed(exchanges=(Exchange(None, {"kind": "spawn"}),))) is None


def test_a_conversation_without_an_answer() -> None:
    found = conversation(failed(exchanges=(sent("Inc", 1),)))
    assert found is not None
    assert (found.read, found.position, found.first_slot) == (None, None, 1)


def test_an_answer_without_messages() -> None:
    found = conversation(failed(exchanges=(read(0, "x"),)))
    assert found is not None and found.first_slot is None and found.messages == ()


@pytest.mark.parametrize(
    ("got", "text"),
    [
        ({"results": {"outbox": {"1": {"data": "a"}}}}, "a"),
        ({"outbox": {"1": {"Data": 3}}}, "3"),
        ({"outbox": {"0": {"data": "z"}}}, "z"),
        ({"outbox": {"x": {"data": "y"}}}, "y"),
        ({"outbox": [{"data": "l"}]}, "l"),
        ({"outbox": []}, None),
        ({"outbox": {"1": {"target": "t"}}}, None),
        ({"outbox": {"1": "text"}}, None),
        ("text", None),
        ({"results": "text"}, None),
    ],
)
def test_the_reply_is_found_in_every_form_of_outbox(got: object, text: str | None) -> None:
    assert reply_text(got) == text


def test_shape_and_answers_compare_two_runs() -> None:
    one, two = talk(("Inc", "1"), process="P"), talk(("Inc", "2"), process="Q")
    assert shape(one) == shape(two)
    assert answers(one) != answers(two)
    assert processes((*one, *two)) == {"P", "Q"}


def test_a_test_that_is_not_disturbed_goes_on_to_the_plan() -> None:
    given = answered(case(failed(exchanges=THREE)), clean(Experiment.TWICE, runs=[]))
    assert verdict(given).code == "MOD-WRONG-REPLY"
    alone = answered(case(failed()), passes_alone())
    assert verdict(alone).code == "TEST-ORDER"


# -- a test may send all its messages first and compare later


def test_the_reply_that_was_compared_is_found_by_its_value() -> None:
    double = talk(("Inc", "2"), ("Inc", "4"), ("Inc", "6"), ("Get", "6"))
    assert of(failed(exchanges=double, expected="1", got="2")).code == "MOD-WRONG-REPLY"
    right = talk(("Inc", "1"), ("Inc", "2"), ("Inc", "3"), ("Get", "3"))
    assert of(failed(exchanges=right, expected="7", got="2")).code == "TEST-CONTRADICTS-PLAN"


def test_several_replies_with_that_value_are_all_asked() -> None:
    lost = talk(("Inc", "1"), ("Inc", "1"), ("Inc", "1"), ("Get", "1"))
    assert of(failed(exchanges=lost, expected="2", got="1")).cls == "module"


def test_an_answer_that_was_looked_at_again_is_the_one_that_is_meant() -> None:
    """Replies 1, 2, 3, 3: the test looked at the third again, whose value the fourth has, too."""
    replies = talk(("Inc", "1"), ("Inc", "2"), ("Inc", "3"), ("Get", "3"))
    assert of(failed(exchanges=(*replies, read(3, "3")), expected="5", got="3")).code == "TEST-CONTRADICTS-PLAN"
    wrong = talk(("Inc", "1"), ("Inc", "2"), ("Inc", "2"), ("Get", "2"))
    assert of(failed(exchanges=(*wrong, read(3, "2")), expected="3", got="2")).cls == "module"


def test_an_unread_last_message_is_a_wrong_slot_only_if_nothing_read_it() -> None:
    lazily = (sent("Dec", 1), sent("Dec", 2), read(2, "0"), read(1, "0"))
    assert of(failed(exchanges=lazily, expected="9", got="0")).code == "UNK-FAILURE"


@pytest.mark.parametrize(
    ("code", "verdict"),
    [("MOD-NODE-SLOT", "TEST-WRONG-SLOT"), ("MOD-NODE-UNKNOWN", "TEST-RAISED"), ("MOD-NODE-ERROR", "TEST-RAISED")],
)
def test_a_request_that_nobody_can_answer_is_the_tests(code: str, verdict: str) -> None:
    account = {"code": code, "message": "slot 9 is not there"}
    result = failed(outcome=Outcome.ERROR, error_type="NodeError", node_failure=account, expected=None, got=None)
    assert of(result).code == verdict


@pytest.mark.parametrize(
    ("got", "reply", "fit"),
    [
        ("2", "2", [(0, True)]),
        ("unknown action", "error: unknown action", [(0, True)]),
        ("{'a': 1}", '{"a":1}', [(0, True)]),
        ("4", '{"names":1,"sum":4}', [(0, False)]),
        ('{"outbox":{"1":{"data":"3"}}}', "3", [(0, False)]),
        ("1795232266019267374", "0", []),
        ("something else", "2", []),
        ("None", "2", [(0, True)]),
        (None, "2", [(0, True)]),
    ],
)
def test_what_was_compared_is_a_reply_a_part_of_one_or_neither(
    got: str | None, reply: str, fit: list[tuple[int, bool]]
) -> None:
    found = conversation(failed(exchanges=talk(("Get", reply))))
    assert found is not None and found.positions(got) == fit


def test_a_value_that_is_no_reply_is_the_tests_own_where_the_module_kept_the_plan() -> None:
    clock = failed(exchanges=talk(("Get", "0")), expected="0", got="1795232266019267374")
    assert of(clock).code == "TEST-CONTRADICTS-PLAN"


def test_a_part_of_a_json_reply_is_compared_with_the_part_of_the_plan() -> None:
    total = PlanExample("total", (Send("Total"),), ((Expect(Kind.JSON, '{"names":1,"sum":4}'),),), 5)
    plan = PlanModule("ledger", "module-lua", actions=(Action("Total"),), examples=(total,))
    wrong = talk(("Total", '{"names":1,"sum":3}'))
    assert of(failed(exchanges=wrong, expected="4", got="3"), plan=plan).cls == "module"
    right = talk(("Total", '{"names":1,"sum":4}'))
    assert of(failed(exchanges=right, expected="5", got="4"), plan=plan).code == "TEST-CONTRADICTS-PLAN"


def test_a_number_is_never_equal_to_a_text() -> None:
    """The report shows both alike, because it shows texts without quotes."""
    failure = of(failed(exchanges=talk(("Inc", "1")), expected="1", got="1"))
    assert (failure.code, "never equal" in failure.message) == ("TEST-RAISED", True)
    number = Exchange(1, {"kind": "compute", "process": "P"}, 200, {"outbox": {"1": {"data": 1}}})
    assert of(failed(exchanges=(sent("Inc", 1), number), expected="1", got="1")).code == "MOD-WRONG-REPLY"
    words = failed(exchanges=talk(("Inc", "one")), expected="one", got="one")
    assert "never equal" not in of(words).message


def test_an_input_that_the_plan_does_not_know_in_place_of_one_it_needs() -> None:
    vote = Action("Vote", (Param("Choice"), Param("Note", optional=True)))
    plan = PlanModule("votes", "module-lua", actions=(vote,), examples=(COUNTER.examples[0],))
    typo = (sent("Vote", 1, tags={"Choise": "tea"}), read(1, "error: missing Choice"))
    failure = of(failed(exchanges=typo, expected="1", got="error: missing Choice"), plan=plan)
    assert failure.code == "TEST-CONTRADICTS-PLAN" and "choise" in failure.message
    wanted = failed(exchanges=typo, expected="error: missing Choice", got="1")
    assert of(wanted, plan=plan).code == "UNK-FAILURE"
    less = (sent("Vote", 1), read(1, "error: missing Choice"))
    assert of(failed(exchanges=less, expected="1", got="error: missing Choice"), plan=plan).code == "UNK-FAILURE"
    more = (sent("Vote", 1, tags={"Choice": "tea", "Extra": "x"}), read(1, "2"))
    assert of(failed(exchanges=more, expected="1", got="2"), plan=plan).code == "UNK-FAILURE"


def test_messages_are_told_apart_by_their_process() -> None:
    both = (*talk(("Inc", "1"), process="P"), *talk(("Get", "0"), ("Inc", "1"), process="Q"))
    found = messages_by_process(both)
    assert {name: [message.action for message in talk] for name, talk in found.items()} == {
        "P": ["Inc"],
        "Q": ["Get", "Inc"],
    }


def test_a_text_looked_for_in_an_error_or_in_something_that_is_no_text() -> None:
    error, none = Expect(Kind.ERROR, "unknown action"), Expect(Kind.NONE)
    assert agrees((error,), "contains 'unknown'") is True
    assert agrees((error,), "contains 'tea'") is False
    assert agrees((none,), "contains 'tea'") is None


def test_a_test_that_fails_in_one_reading_order_only_is_about_storage() -> None:
    """The suite is ours and asks in both orders: `[each]` fails, `[last]` passes."""
    wrong = failed(id="test_counts[each]", example="three times")
    right = TestResult("test_counts[last]", Outcome.PASSED, assertions=1, example="three times")
    failure = of(wrong, generated=True, report=report(wrong, right))
    assert (failure.cls, failure.code) == ("module", "MOD-LUA-STORAGE")
    assert "when each slot is read" in failure.message
    alike = of(wrong, generated=True, report=report(wrong, failed(id="test_counts[last]")))
    assert alike.code == "MOD-WRONG-REPLY"
