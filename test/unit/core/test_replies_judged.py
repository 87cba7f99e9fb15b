"""What a failed test read, and which reply that was: symptoms, conversations, slots, parts of replies."""

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
