"""Replies: every spelling of results that nodes give, and what a suite reads of it."""

from __future__ import annotations

from typing import Any

import pytest

from taskrunner.suite.replies import Message, Reply, Sent, as_text, outbox_of

ME = "me-" + "x" * 40


def reply(results: Any, notes: list[Sent] | None = None) -> Reply:
    return Reply(1, ME, lambda: results, (notes if notes is not None else []).append)


@pytest.mark.parametrize(
    "results",
    [
        {"outbox": {"1": {"data": "2", "target": ME}}},
        {"outbox": [{"Data": "2", "Target": ME}]},
        {"Outbox": {"1": {"DATA": "2"}}, "output": {"data": "9"}},
        {"outbox": {"1": {"data": 2, "target": "other"}}},
        {"outbox": {"1": {"data": "first", "target": "other"}, "2": {"data": "2", "target": ME}}},
    ],
)
def test_data_is_the_message_to_the_sender_else_the_first(results: Any) -> None:
    assert reply(results).data == "2"


def test_messages_come_in_numeric_order() -> None:
    outbox = {str(number): {"data": str(number)} for number in (10, 2, 1)}
    assert [message["data"] for message in outbox_of({"outbox": outbox})] == ["1", "2", "10"]


@pytest.mark.parametrize("results", [{}, {"outbox": []}, {"outbox": {}}, {"outbox": "text"}, [], "text", None, 3])
def test_nothing_was_sent(results: Any) -> None:
    answer = reply(results)
    assert answer.outbox == [] and answer.data is None and answer.error == "" and answer.json is None


def test_a_message_that_lost_its_empty_data() -> None:
    assert reply({"outbox": {"1": {"target": ME}}}).data == ""


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"data": "error: invalid Amount", "Error": "invalid Amount"}, "invalid Amount"),
        ({"data": "error: invalid Amount", "tags": [{"name": "Error", "value": "invalid Amount"}]}, "invalid Amount"),
        ({"data": "error: without a tag"}, ""),
        ({"data": "fine", "Error": "a tag alone"}, ""),
    ],
)
def test_an_error_reply_has_data_and_tag(message: dict[str, Any], error: str) -> None:
    assert reply({"outbox": {"1": message}}).error == error


@pytest.mark.parametrize(
    ("data", "value"), [('{"a": 1}', {"a": 1}), ({"a": 1}, {"a": 1}), ("3", 3), ("many", "many"), (None, None)]
)
def test_json_or_the_text_itself(data: Any, value: Any) -> None:
    assert reply({"outbox": {"1": {"data": data}}}).json == value


def test_sent_finds_fields_and_tags_without_regard_to_case() -> None:
    outbox = {"1": {"data": "ok"}, "2": {"target": "bob", "action": "Credit-Notice", "quantity": 30}}
    notes: list[Sent] = []
    assert reply({"outbox": outbox}, notes).sent(to="bob", tags={"Action": "Credit-Notice", "Quantity": "30"})
    assert notes[0].found[0]["Quantity"] == 30
    tagged = {"1": {"Target": "bob", "Tags": [{"name": "Action", "value": "Credit-Notice"}]}}
    assert reply({"outbox": tagged}).sent(to="bob", tags={"Action": "Credit-Notice"})
    mapped = {"1": {"target": "bob", "tags": {"Action": "Credit-Notice"}}}
    assert reply({"outbox": mapped}).sent("bob", {"action": "Credit-Notice"})


def test_what_was_not_sent_says_both_sides() -> None:
    sent = reply({"outbox": {"1": {"target": "bob", "Quantity": 3, "more": "x"}}}).sent("bob", {"Quantity": "30"})
    assert not sent
    assert sent.expected == '{"target": "bob", "Quantity": "30"}'
    assert sent.got == '[{"target": "bob", "Quantity": 3}]'
    assert "not sent" in repr(sent)


def test_results_are_read_once_and_late() -> None:
    reads: list[int] = []

    def read() -> dict[str, Any]:
        reads.append(1)
        return {"outbox": {"1": {"data": "1"}}}

    answer = Reply(3, ME, read, lambda _: None)
    assert "slot=3" in repr(answer) and reads == []
    assert (answer.data, answer.ok, answer.data) == ("1", True, "1")
    assert len(reads) == 1 and "outbox" in repr(answer)


def test_a_slot_that_failed_raises_whatever_is_asked() -> None:
    def read() -> None:
        raise RuntimeError("slot failed")

    answer = Reply(1, ME, read, lambda _: None)
    for name in ("data", "error", "outbox", "json", "ok", "results"):
        with pytest.raises(RuntimeError):
            getattr(answer, name)


def test_a_field_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        Message({"a": 1})["b"]
    assert Message({"a": 1}).find("b") is None


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), ("x", "x"), (3, "3"), (3.0, "3.0"), (True, "true"), ([1], "[1]")]
)
def test_values_as_text(value: Any, text: str) -> None:
    assert as_text(value) == text
