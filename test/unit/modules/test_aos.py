"""HyperAOS scripts before they run: the skeleton of a plan, and the pitfalls that the check names."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskrunner.client.boot import find_boot
from taskrunner.core.plan import Action, Example, Expect, Kind, Param, PlanModule, Send, StateVar
from taskrunner.modules import aos

MODULE = PlanModule(
    name="purse",
    type="aos",
    actions=(
        Action("Put", (Param("Amount", "int", default="1"),), "coins grows", "the count"),
        Action("Order-New", (Param("Data", "json"),), "", "Done"),
    ),
    state=(StateVar("coins", "int", "0"),),
)
REFUSES = Example("unknown", (Send("Nope"),), ((Expect(Kind.ERROR, "unknown action"),),))


def codes(text: str) -> list[tuple[str, int]]:
    return [(found.code, found.line) for found in aos.check(text.encode(), "src/x.lua")]


def handler(body: str) -> str:
    return f'Handlers.add("A", "A", function (msg)\n{body}\nend)'


def test_a_skeleton_has_a_handler_for_each_action_and_no_finding() -> None:
    text = aos.skeleton(MODULE)
    assert 'Handlers.add("Put", "Put", function (msg)' in text
    assert 'Handlers.add("Order-New", "Order-New", function (msg)' in text
    assert text.count("not implemented: ") == 2
    assert "coins = 0" in text
    assert codes(text) == []
    assert "unknown action" not in text


def test_a_skeleton_refuses_unknown_actions_if_the_plan_says_so() -> None:
    from dataclasses import replace

    text = aos.skeleton(replace(MODULE, examples=(REFUSES,)))
    assert 'Handlers.append("unknown action"' in text
    assert codes(text) == []


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("Handlers.add(", "MOD-LUA-SYNTAX", 1),
        ("x = 1\nfunction compute(base, req, opts) return base end", "MOD-LUA-FRAMEWORK", 2),
        (handler('  local r = Send({ Target = "x" }).receive()'), "MOD-AOS-RECEIVE", 2),
        (handler("  Receive({})"), "MOD-AOS-RECEIVE", 2),
        (handler('  msg.reply({ action = "Done" })'), "MOD-AOS-ACTION", 2),
        (handler('  Send({ Target = "x", action = "Done" })'), "MOD-AOS-ACTION", 2),
        (handler("  local q = msg.Tags.Quantity"), "MOD-AOS-FIELD", 2),
        (handler("  local q = msg.Tags.Quantity or msg.Quantity"), "MOD-AOS-FIELD", 2),
        (handler("  local who = msg.From"), "MOD-AOS-FIELD", 2),
        (handler("  local id = ao.id"), "MOD-AOS-FIELD", 2),
        ('Handlers.add("R", Handlers.utils.hasMatchingTag("a", "b"), print)', "MOD-AOS-UTILS", 1),
        ('Handlers.add("R", "R", Handlers.utils.reply({ Data = "x" }))', "MOD-AOS-UTILS", 1),
        (handler("  msg.reply({ Supply = 1000000000000000 })"), "MOD-AOS-INTEGER", 2),
        (handler("  msg.reply({ Data = tostring(tonumber(msg.body.x)) })"), "MOD-LUA-TONUMBER", 2),
    ],
)
def test_pitfalls_are_named_with_their_line(text: str, code: str, line: int) -> None:
    assert (code, line) in codes(text)


@pytest.mark.parametrize(
    "body",
    [
        "  local q = msg.Tags and msg.Tags.Quantity or msg.body.quantity",
        "  if msg.Tags then x = msg.Tags.Quantity end",
        "  local who = msg.From or msg.body.from",
        "  if msg.From then x = msg.From end",
        '  msg.reply({ Supply = "1000000000000000", Size = 999999999999999 })',
        "  local big = 1000000000000000",
        '  msg.reply({ Data = "x", Action = "Done" })',
    ],
)
def test_what_is_right_is_not_named(body: str) -> None:
    assert codes(handler(body)) == []


def test_only_what_cannot_work_is_an_error() -> None:
    found = aos.check(handler("  local who = msg.From").encode(), "x.lua")
    assert {each.severity for each in found} == {"warning"}
    assert aos.check(b"Handlers = {}", "x.lua")[0].severity == "error"


def test_the_boot_of_a_workspace(tmp_path: Path) -> None:
    assert find_boot("auto", tmp_path).origin == "taskrunner"
    assert not find_boot("ours").needs_authority
    (tmp_path / "mine.lua").write_text("function compute(base) return base end")
    mine = find_boot("mine.lua", tmp_path)
    assert (mine.origin, mine.needs_authority) == ("mine.lua", True)
    clone = tmp_path / "HyperBEAM" / "scripts"
    clone.mkdir(parents=True)
    (clone / "hyper-aos.lua").write_text("-- the clone's")
    (tmp_path / ".env.hyperbeam").write_text("CWD=./HyperBEAM\n")
    assert find_boot("auto", tmp_path).origin == "HyperBEAM/scripts/hyper-aos.lua"
