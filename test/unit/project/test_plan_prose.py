"""plan.md around its tables: prose, status, warnings, depth, any text at all, and plans of WAO."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskrunner.core.plan import Action, Example, Param, Plan
from taskrunner.errors import InputError
from taskrunner.project import parse_plan


def module(body: str, heading: str = "counter (module-lua)") -> str:
    return f"# Plan: X\n\n## Modules\n\n### {heading}\n{body}\n\n## Status: APPROVED\n"


def examples(send: str, reply: str) -> str:
    return module(f"#### Examples\n| Name | Send | Reply |\n|---|---|---|\n| e | {send} | {reply} |")


def example(send: str, reply: str = "*") -> Example:
    return parse_plan(examples(send, reply)).modules[0].examples[0]


def refused(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_plan(text)
    error = caught.value
    assert error.file == "plan.md"
    assert error.line
    assert error.column
    assert "\n" not in error.message
    return error


def fault_of(text: str) -> tuple[int | None, int | None] | None:
    """The place of a text's fault, if it has one."""
    try:
        parse_plan(text)
    except InputError as error:
        return error.line, error.column
    return None


def fault_at(text: str, mark: str) -> InputError:
    """The error of a text in which `mark` (⟦) stands just before the faulty character, and is then taken out."""
    before = text[: text.index(mark)]
    error = refused(text.replace(mark, ""))
    assert (error.line, error.column) == (before.count("\n") + 1, len(before) - before.rfind("\n"))
    return error


def test_prose_is_prose() -> None:
    """Code blocks, quotes and comments hold no headings and no tables, as everywhere in Markdown."""
    inside = "### no (module-lua)\n| Action |\n|---|\n| Inc Dec |"
    quoted = "\n".join(f"> {line}" for line in inside.split("\n"))
    plan = parse_plan(
        module(f"```\n{inside}\n```\n\n{quoted}\n\n<!--\n{inside}\n-->\n\n#### Notes\n| Action |\n|---|\n")
    )
    assert [(m.name, m.actions) for m in plan.modules] == [("counter", ())]


@pytest.mark.parametrize(
    ("status", "approved"),
    [
        ("## Status: APPROVED", True),
        ("## Status: **approved**", True),
        ("## STATUS\n\nAPPROVED", True),
        ("## Status: PENDING APPROVAL", False),
        ("## Status: NOT APPROVED", False),
        ("## Status", False),
        ("", False),
        ("```\n## Status: APPROVED\n```", False),
    ],
)
def test_status(status: str, approved: bool) -> None:
    plan = parse_plan(f"## Modules\n\n{status}\n")
    assert plan.approved is approved
    assert any("not locked" in warning.message for warning in plan.warnings) is not approved


def test_what_is_missing_is_a_warning_that_names_the_section() -> None:
    told = [warning.message for warning in parse_plan(module("Prose.")).warnings]
    assert any("add `#### Actions`" in message for message in told)
    assert any("add `#### Examples`" in message for message in told)


@pytest.mark.parametrize(
    "text",
    [">" * 100_000 + " x", "- " * 50_000, "[" * 100_000, "#" * 100_000, "*" * 100_000, "`" * 100_000],
)
def test_no_depth_exhausts_it(text: str) -> None:
    assert isinstance(parse_plan(text), Plan)


@pytest.mark.parametrize("cell", ["{" * 100_000, "[" * 100_000, "(" * 100_000, '"' * 100_001])
def test_no_deep_cell_exhausts_it(cell: str) -> None:
    for send, reply in ((f"Set data={cell}", "1"), ("Get", cell), ("Get", f"~ {cell}")):
        place = fault_of(examples(send, reply))
        assert place is None or place[0] == 9


def test_deep_json_in_a_reply() -> None:
    assert "nests too deep" in refused(examples("Get", '{"a":' * 50_000 + "1" + "}" * 50_000)).message


@given(st.text(alphabet='|`\\ab"{}[];&->~*=@ \n#(module-lu)', max_size=60))
def test_any_text_is_a_plan_or_a_fault_with_a_place(text: str) -> None:
    plan = module(f"#### Actions\n| Action | Input |\n|---|---|\n| Inc | {text} |\n")
    for whole in (plan, examples(text, "1"), examples("Get", text), text):
        place = fault_of(whole)
        assert place is None or all(place)


WAO = """# Plan: Token

## Overview
A token.

## Components
- [ ] AOS: no
- [x] Custom Modules: yes — token (Lua), fast (WASM64)
- [ ] Frontend: no

## Custom Modules
| Module | Action | Input Tags | State | Reply |
|--------|--------|------------|-------|-------|
| token.lua | Transfer | Recipient, Quantity (int) | balances change | Transferred |
| token.lua | Balance | Target: address | | the balance |
| token.lua | Balance | | | again |
| token.lua | Mint | Quantity | | ok |

## Edge Cases
1. none

## Status: PENDING APPROVAL
"""


def test_a_plan_of_wao() -> None:
    plan = parse_plan(WAO)
    assert [(m.name, m.type) for m in plan.modules] == [("token", "module-lua"), ("fast", "module-wasm")]
    recipient, quantity = Param("Recipient", optional=True), Param("Quantity", "int", optional=True)
    assert plan.modules[0].actions == (
        Action("Transfer", (recipient, quantity), "balances change", "Transferred", 14),
        Action("Balance", (Param("Target", "address"),), "", "the balance", 15),
        Action("Mint", (Param("Quantity", optional=True),), "", "ok", 17),
    )
    told = " ".join(warning.message for warning in plan.warnings)
    for section in ("`## Modules`", "`#### Examples`", "`#### Actions` and `#### Examples`", "not locked"):
        assert section in told


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("We write custom-lua/counter.lua and test it.", [("counter", "module-lua")]),
        ("`custom-wasm/adder/src/lib.rs`", [("adder", "module-wasm")]),
        ("custom-wasm/src/lib.rs", []),
        ("Custom module: counter (Rust)", [("counter", "module-wasm")]),
        ("## AOS Scripts\n| Script | Action |\n|---|---|\n| src/reg.lua | Register |", [("reg", "aos")]),
        ("Nothing here speaks of a token (Lua).", []),
        ("## Counter\ncustom_lua/counter.lua\n| Action |\n|---|\n| Inc |", [("counter", "module-lua")]),
        ("| Action |\n|---|\n| Inc |", []),
    ],
)
def test_what_other_plans_speak_of(text: str, names: list[tuple[str, str]]) -> None:
    plan = parse_plan(text)
    assert [(m.name, m.type) for m in plan.modules] == names
    assert re.search("no section `## Modules`", plan.warnings[0].message)


def test_an_input_that_is_a_field_of_every_message_is_warned_about() -> None:
    text = (
        "# Plan: x\n\n## Modules\n\n### x (module-lua)\n\n#### Actions\n"
        "| Action | Input | State | Reply |\n|---|---|---|---|\n"
        "| Balance | Target: address?, Data: json | | n |\n\n## Status: APPROVED\n"
    )
    (warning,) = [each for each in parse_plan(text).warnings if "the input" in each.message]
    assert "the input Target of Balance" in warning.message and warning.line == 10
