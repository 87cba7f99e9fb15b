"""The skeleton under production's Lua: slot 0, every action, every kind of input, replies that plans know."""

from __future__ import annotations

import json
from typing import Any

import pytest

from taskrunner.core.plan import Action, Param, PlanModule
from taskrunner.lua.border import from_lua, to_lua
from taskrunner.lua.vm import VM
from taskrunner.modules.lua import skeleton

PARAMS = (
    Param("Amount", "int", default="1"),
    Param("Rate", "number", optional=True),
    Param("Open", "bool", optional=True),
    Param("To", "address", optional=True),
    Param("Note", "string", optional=True),
    Param("Must", "string"),
    Param("Data", "json", optional=True),
)
MODULE = PlanModule("probe", "module-lua", actions=(Action("Probe", PARAMS), Action("Get")))
ADDRESS = "a" * 20 + "_-" + "Z" * 21


class Machine:
    """A loaded module; `send` computes one slot and gives its results as JSON-like data."""

    def __init__(self, source: str) -> None:
        self.vm = VM()
        self.vm.run(source.encode(), "custom_lua/probe.lua")
        self.base: Any = to_lua(self.vm, {"device": b"lua@5.3a"})

    def send(self, body: dict[str, Any] | None, **request: Any) -> dict[str, Any]:
        req = {**request, **({} if body is None else {"body": body})}
        compute = self.vm.globals.raw(b"compute")
        (self.base,) = self.vm.call(compute, (self.base, to_lua(self.vm, req), to_lua(self.vm, {})))
        results = texts(from_lua(self.base))["results"]
        assert isinstance(results, dict)
        return results

    def error(self, **tags: Any) -> str:
        results = self.send({"action": b"Probe", "must": b"x", **tags})
        message = results["outbox"]["1"] if isinstance(results["outbox"], dict) else results["outbox"][0]
        assert message["data"] == f"error: {message['Error']}"
        return str(message["Error"])


def texts(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {str(key): texts(each) for key, each in value.items()}
    return [texts(each) for each in value] if isinstance(value, list) else value


def first(results: dict[str, Any]) -> dict[str, Any]:
    outbox = results["outbox"]
    message: dict[str, Any] = outbox[0] if isinstance(outbox, list) else outbox["1"]
    return message


@pytest.fixture
def machine() -> Machine:
    return Machine(skeleton(MODULE))


@pytest.mark.parametrize("body", [{"type": b"Process"}, {"type": b"Process", "action": b"Get"}, {}, None])
def test_slot_zero_answers_with_empty_results(machine: Machine, body: dict[str, Any] | None) -> None:
    results = machine.send(body)
    assert results["outbox"] in ([], {}) and results["output"] in ([], {})


@pytest.mark.parametrize(
    ("body", "request_fields"),
    [({"action": b"Get"}, {}), ({"Action": b"Get"}, {}), ({}, {"action": b"Get"}), (None, {"Action": b"Get"})],
)
def test_every_spelling_of_the_action(machine: Machine, body: Any, request_fields: dict[str, Any]) -> None:
    assert first(machine.send(body, **request_fields))["data"] == "error: not implemented: Get"


def test_an_unknown_action_is_an_error_reply(machine: Machine) -> None:
    message = first(machine.send({"action": b"Nope"}))
    assert message == {"data": "error: unknown action Nope", "Error": "unknown action Nope"}


def test_the_reply_goes_to_who_signed(machine: Machine) -> None:
    commitments = {"x": {"alg": b"hmac"}, "y": {"committer": ADDRESS.encode()}}
    message = first(machine.send({"action": b"Get", "commitments": commitments, "from": b"somebody else"}))
    assert message["target"] == ADDRESS


@pytest.mark.parametrize(
    ("tag", "value", "error"),
    [
        ("amount", b"5", ""), ("amount", 5, ""), ("amount", b"-5", ""), ("amount", 5.0, ""), ("amount", b"0", ""),
        ("amount", b"12345678901234567890123", ""), ("Amount", b"5", ""),
        ("amount", b"many", "invalid Amount"), ("amount", b"", "invalid Amount"), ("amount", b"1.5", "invalid Amount"),
        ("amount", 1.5, "invalid Amount"), ("amount", b" 5", "invalid Amount"), ("amount", b"-", "invalid Amount"),
        ("amount", True, "invalid Amount"), ("amount", b"0x10", "invalid Amount"), ("amount", b"1e3", "invalid Amount"),
        ("rate", b"1.5", ""), ("rate", b"-2", ""), ("rate", 3, ""), ("rate", b"x", "invalid Rate"),
        ("rate", b"1.5.2", "invalid Rate"),
        ("open", b"true", ""), ("open", b"false", ""), ("open", True, ""), ("open", False, ""),
        ("open", b"yes", "invalid Open"),
        ("to", ADDRESS.encode(), ""), ("to", b"nobody", "invalid To"), ("to", b"+" * 43, "invalid To"),
        ("note", b"anything at all", ""), ("note", 5, ""), ("note", [1], "invalid Note"),
        ("data", b'{"a": [1, 2.5, "x", true, {}]}', ""), ("data", b"[]", ""), ("data", b"  3  ", ""),
        ("data", b'"\\u00e9\\n\\\\"', ""), ("data", b"-1.5e3", ""), ("data", b'{"a": null}', ""),
        ("data", b"{not json", "invalid Data"), ("data", b"", "invalid Data"), ("data", b"{} x", "invalid Data"),
        ("data", b'{"a" 1}', "invalid Data"), ("data", b"[1,]", "invalid Data"), ("data", b"[1 2]", "invalid Data"),
        ("data", b'"open', "invalid Data"), ("data", b'"\\q"', "invalid Data"), ("data", b"tru", "invalid Data"),
        ("data", b'"\\ud800"', "invalid Data"), ("data", b"01x", "invalid Data"), ("data", b'{"a":1,}', "invalid Data"),
    ],
)  # fmt: skip
def test_inputs(machine: Machine, tag: str, value: Any, error: str) -> None:
    assert machine.error(**{tag: value}) == (error or "not implemented: Probe")


def test_a_needed_input_that_is_missing(machine: Machine) -> None:
    assert first(machine.send({"action": b"Probe"}))["Error"] == "missing Must"


def test_a_refused_message_does_no_harm(machine: Machine) -> None:
    for _ in range(3):
        machine.error(amount=b"many")
        machine.send({"action": b"Nope"})
    assert machine.error() == "not implemented: Probe"


def finished(body: str, params: tuple[Param, ...]) -> Machine:
    """A module whose only action is written."""
    text = skeleton(PlanModule("done", "module-lua", actions=(Action("Do", params),)))
    return Machine(text.replace('  return fail(msg, "not implemented: Do")', f"  {body}"))


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("int", b"100", "100"), ("int", b"12345678901234567890123", "12345678901234567890123"), ("int", 1000.0, "1000"),
        ("int", b"-0", "0"), ("number", b"1000", "1000"), ("number", b"1.5", "1.5"),
    ],
)  # fmt: skip
def test_whole_numbers_print_whole(kind: str, value: Any, text: str) -> None:
    machine = finished("reply(msg, intstr(n))", (Param("N", kind),))
    message = first(machine.send({"action": b"Do", "n": value}))
    assert message["data"] == text


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2], "b": {"c": "d"}, "e": True}, [1, "two", [3]], "x", 5, 'quotes " and \\ and \n',
        {"k": "\u00e9"}, [[], {}], {"list": [{"a": 1}, {"b": 2}]},
    ],
)  # fmt: skip
def test_json_in_and_out(value: Any) -> None:
    machine = finished("reply(msg, json_text(data))", (Param("Data", "json"),))
    message = first(machine.send({"action": b"Do", "data": json.dumps(value).encode()}))
    assert json.loads(message["data"]) == (value if value != [[], {}] else [{}, {}])


def test_several_messages_keep_their_order() -> None:
    machine = finished('for i = 1, 12 do send(msg, { target = "t", data = intstr(i) }) end', ())
    outbox = machine.send({"action": b"Do"})["outbox"]
    rows = outbox if isinstance(outbox, list) else [outbox[str(number)] for number in range(1, 13)]
    assert [row["data"] for row in rows] == [str(number) for number in range(1, 13)]


def test_state_stays_between_messages() -> None:
    text = skeleton(PlanModule("c", "module-lua", actions=(Action("Do"),)))
    body = "state.n = (state.n or 0) + 1; return reply(msg, intstr(state.n))"
    machine = Machine(text.replace('  return fail(msg, "not implemented: Do")', f"  {body}"))
    replies = [first(machine.send({"action": b"Do"}))["data"] for _ in range(3)]
    assert replies == ["1", "2", "3"]
