"""Plans that the tests of this folder use, in code: a counter, a token, and a counter without examples."""

from __future__ import annotations

import pytest

from taskrunner.core.plan import Action, Example, Expect, Kind, Param, Plan, PlanModule, Send, StateVar


def data(text: str) -> tuple[Expect, ...]:
    return (Expect(Kind.DATA, text),)


def error(text: str) -> tuple[Expect, ...]:
    return (Expect(Kind.ERROR, text),)


INC = Action("Inc", (Param("Amount", "int", default="1"),), "count grows by Amount", "the new count")
GET = Action("Get", (), "", "the count")
COUNTER = PlanModule(
    "counter",
    "module-lua",
    "Counts. Never below zero.",
    actions=(INC, Action("Dec", INC.params, "count shrinks, floor 0", "the new count"), GET),
    state=(StateVar("count", "int", "0"),),
    examples=(
        Example("starts at zero", (Send("Get"),), (data("0"),)),
        Example(
            "three times",
            (Send("Inc"), Send("Inc"), Send("Inc"), Send("Get")),
            (data("1"), data("2"), data("3"), data("3")),
        ),
        Example("bad amount", (Send("Inc", (("Amount", "many"),)),), (error("invalid Amount"),)),
        Example("unknown action", (Send("Nope"),), (error("unknown action"),)),
    ),
    line=8,
)
TOKEN = PlanModule(
    "token",
    "module-lua",
    actions=(
        Action("Transfer", (Param("Recipient", "address"), Param("Quantity", "int")), "moves Quantity", "a notice"),
        Action("Balance", (Param("Target", "address", optional=True),), "", "the balance"),
        Action("Set-Info", (Param("Data", "json"),), "info", ""),
    ),
    examples=(
        Example(
            "pays bob",
            (
                Send("Transfer", (("Recipient", "@bob"), ("Quantity", "30"))),
                Send("Balance", (), None, "bob"),
                Send("Set-Info", (("a-b", "x y"),), '{"a": 1}'),
                Send("Balance", (("Target", "@self"),)),
            ),
            (
                (Expect(Kind.DATA, "Transferred"), Expect(Kind.OUTBOX, "", "@bob", (("Quantity", "30"),))),
                (Expect(Kind.REGEX, r"^\d+$"),),
                (Expect(Kind.JSON, '{"ok": true}'), Expect(Kind.ANY)),
                (Expect(Kind.NONE),),
            ),
        ),
    ),
)
PLAN = Plan("Counters", True, (COUNTER, TOKEN))
BARE = PlanModule("bare", "module-lua", actions=(INC, GET))


@pytest.fixture(scope="session")
def counter() -> PlanModule:
    return COUNTER


@pytest.fixture(scope="session")
def token() -> PlanModule:
    return TOKEN


@pytest.fixture(scope="session")
def bare() -> PlanModule:
    return BARE


@pytest.fixture(scope="session")
def plan() -> Plan:
    return PLAN
