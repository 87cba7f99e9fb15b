"""The skeleton: it reads like its plan, loads whatever the plan says, and refuses honestly."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskrunner.core.plan import Action, Param, PlanModule, StateVar
from taskrunner.modules.lua import check, skeleton
from taskrunner.modules.lua.luatext import comment, initial, literal, quoted, variable

TYPES = ("string", "int", "number", "bool", "json", "address")
FULL = PlanModule(
    "full",
    "module-lua",
    "Everything at once.",
    actions=(
        Action("Inc", (Param("Amount", "int", default="1"),), "count grows by Amount", "the new count"),
        Action("Set-Info", (Param("Data", "json"), Param("Note", "string", optional=True)), "info", "ok"),
        Action("end", tuple(Param(f"P-{kind}", kind) for kind in TYPES)),
        Action("Get"),
    ),
    state=(
        StateVar("count", "int", "0"),
        StateVar("rate", "number", "1.5"),
        StateVar("open", "bool", "true"),
        StateVar("title", "string", '"Nothing"'),
        StateVar("tags", "json", '{"a": [1, true, null], "b-c": "d"}'),
        StateVar("two words", "int", "many"),
    ),
)


def test_each_action_is_a_function_under_its_plan_row() -> None:
    text = skeleton(FULL)
    assert (
        """\
-- | Inc | Amount: int = 1 | count grows by Amount | the new count |
function actions.Inc(msg)
  local amount, amount_problem = input(msg, "Amount", "int", 1)
  if amount_problem then return fail(msg, amount_problem) end
  return fail(msg, "not implemented: Inc")
end
"""
        in text
    )
    assert 'actions["Set-Info"] = function(msg)' in text and 'actions["end"] = function(msg)' in text


def test_state_is_at_the_level_of_the_module() -> None:
    text = skeleton(FULL)
    assert (
        """\
local state = {
  count = 0, -- int
  rate = 1.5, -- number
  open = true, -- bool
  title = "Nothing", -- string
  tags = {a = {1, true, nil}, ["b-c"] = "d"}, -- json
  ["two words"] = 0, -- int
}
"""
        in text
    )
    assert "local state = {}" in skeleton(PlanModule("empty", "module-lua"))


def test_only_the_helpers_that_are_needed() -> None:
    counter = PlanModule("counter", "module-lua", actions=(Action("Inc", (Param("Amount", "int"),)), Action("Get")))
    text = skeleton(counter)
    assert "function parse.int" in text and "parse.json" not in text and "json_text" not in text
    plain = skeleton(PlanModule("plain", "module-lua", actions=(Action("Get"),)))
    assert "parse" not in plain and "local function input" not in plain
    assert "function parse.int" in skeleton(
        PlanModule("j", "module-lua", actions=(Action("S", (Param("D", "json"),)),))
    )


@pytest.mark.parametrize("module", [FULL, PlanModule("empty", "module-lua")])
def test_it_avoids_what_production_does_not_have(module: PlanModule) -> None:
    text = skeleton(module)
    assert check(text.encode(), "custom_lua/full.lua") == []
    assert not re.search(r"gmatch|goto|coroutine|xpcall|os\.time|table\.move", text)


def test_the_action_is_read_in_every_spelling() -> None:
    assert "body.Action or body.action or req.Action or req.action" in skeleton(FULL)


WORDS = st.text(max_size=16)


@settings(deadline=None)
@given(
    name=WORDS.filter(bool),
    param=WORDS.filter(bool),
    words=WORDS,
    kind=st.sampled_from((*TYPES, "odd")),
    default=st.none() | WORDS,
)
def test_whatever_a_plan_says_the_skeleton_loads(
    name: str, param: str, words: str, kind: str, default: str | None
) -> None:
    module = PlanModule(
        "odd",
        "module-lua",
        words,
        actions=(Action(name, (Param(param, kind, default=default), Param(param, kind, optional=True)), words, words),),
        state=(StateVar(param, kind, words),),
    )
    assert [finding for finding in check(skeleton(module).encode(), "odd.lua") if finding.severity == "error"] == []


@settings(deadline=None)
@given(st.text())
def test_a_literal_is_ascii_on_one_line(text: str) -> None:
    written = quoted(text.encode("utf-8", "replace").decode())
    assert written.isascii() and written.isprintable()


@settings(deadline=None)
@given(st.text())
def test_a_comment_stays_a_comment(text: str) -> None:
    assert all(line.startswith("--") and "\n" not in line and "\r" not in line for line in comment(text))


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("int", "0", "0"), ("int", "-7", "-7"), ("int", "zero", "0"), ("int", "1.5", "0"), ("int", "", "0"),
        ("number", "1.5", "1.5"), ("number", "2", "2"), ("number", "x", "0"),
        ("bool", "TRUE", "true"), ("bool", "no", "false"),
        ("json", "[1, 2]", "{1, 2}"), ("json", "{broken", "{}"), ("json", "[" * 9999, "{}"),
        ("string", "'a'", '"a"'), ("string", "", '""'), ("address", "", '""'), ("odd", "x", '"x"'),
    ],
)  # fmt: skip
def test_initial_values(kind: str, cell: str, value: str) -> None:
    assert initial(kind, cell) == value


@pytest.mark.parametrize(
    ("name", "local"),
    [("Amount", "amount"), ("Order-Id", "order_id"), ("End", "end_"), ("1st", "_1st"), ("\u00e9", "value")],
)
def test_local_names(name: str, local: str) -> None:
    assert variable(name) == local


def test_values_as_literals() -> None:
    assert literal({"end": [None, False, 1, 2.5, 'q"']}) == '{["end"] = {nil, false, 1, 2.5, "q\\""}}'
