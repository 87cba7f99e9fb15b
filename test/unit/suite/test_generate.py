"""What a generated pytest suite says: the text is read here as a reader would, and as Python."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskrunner.core.plan import Action, Example, Expect, Kind, Param, Plan, PlanModule, Send
from taskrunner.suite import generate, is_generated, suite_hash
from taskrunner.suite.generate_pytest import _text


def data(text: str) -> tuple[Expect, ...]:
    return (Expect(Kind.DATA, text),)


def body_of(text: str, name: str) -> str:
    """One function of a suite, as text."""
    blocks = [block for block in text.rstrip().split("\n\n\n") if f"def {name}(" in block]
    assert len(blocks) == 1, f"{len(blocks)} times {name} in the suite"
    return blocks[0]


def names_of(text: str) -> list[str]:
    return [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]


def test_every_promise_of_the_plan_has_its_test(counter: PlanModule, plan: Plan) -> None:
    assert names_of(generate(counter, plan)) == [
        "process",
        "test_spawns",
        "test_inc_answers",
        "test_dec_answers",
        "test_get_answers",
        "test_starts_at_zero",
        "test_three_times",
        "test_bad_amount",
        "test_unknown_action",
        "test_state_stays_until_it_is_changed",
        "test_dec_with_bad_amount",
        "test_two_processes_do_not_share_state",
    ]


def test_an_example_reads_like_its_row(counter: PlanModule, plan: Plan) -> None:
    assert (
        body_of(generate(counter, plan), "test_three_times")
        == '''\
@pytest.mark.example("three times")
def test_three_times(process):
    """Inc; Inc; Inc; Get -> 1; 2; 3; 3"""
    inc = process.send("Inc")
    inc_2 = process.send("Inc")
    inc_3 = process.send("Inc")
    get = process.send("Get")
    assert inc.data == "1"
    assert inc_2.data == "2"
    assert inc_3.data == "3"
    assert get.data == "3"'''
    )


def test_every_kind_of_expectation_and_other_wallets(token: PlanModule, plan: Plan) -> None:
    assert body_of(generate(token, plan), "test_pays_bob").splitlines()[4:] == [
        '    bob = wallet("bob")',
        '    transfer = process.send("Transfer", Recipient=bob.address, Quantity="30")',
        '    balance = process.send("Balance", wallet=bob)',
        """    set_info = process.send("Set-Info", tags={"a-b": "x y"}, data='{"a": 1}')""",
        '    balance_2 = process.send("Balance", Target=process.id)',
        '    assert transfer.data == "Transferred"',
        '    assert transfer.sent(to=bob.address, tags={"Quantity": "30"})',
        '    assert re.search("^\\\\d+$", balance.data)',
        "    assert set_info.json == {'ok': True}",
        "    assert set_info.ok",
        "    assert balance_2.outbox == []",
    ]


def test_bad_input_is_refused_and_changes_nothing(token: PlanModule, plan: Plan) -> None:
    assert (
        body_of(generate(token, plan), "test_transfer_with_missing_quantity")
        == '''\
def test_transfer_with_missing_quantity(process, wallet):
    """Quantity is needed: an error reply, state unchanged."""
    before = process.send("Balance")
    refused = process.send("Transfer", Recipient=wallet().address)
    after = process.send("Balance")
    assert "quantity" in refused.error.lower()
    assert after.data == before.data'''
    )


def test_what_an_example_refuses_is_not_asked_again(counter: PlanModule, plan: Plan) -> None:
    names = names_of(generate(counter, plan))
    assert "test_inc_with_bad_amount" not in names
    assert "test_an_unknown_action_does_no_harm" not in names


def test_a_plan_without_examples_still_asks_the_basics(bare: PlanModule, plan: Plan) -> None:
    names = names_of(generate(bare, plan))
    assert names[1:] == [
        "test_spawns",
        "test_inc_answers",
        "test_get_answers",
        "test_state_stays_until_it_is_changed",
        "test_inc_with_bad_amount",
        "test_an_unknown_action_does_no_harm",
        "test_two_processes_do_not_share_state",
    ]


def test_a_plan_without_actions_still_spawns(plan: Plan) -> None:
    text = generate(PlanModule("odd", "module-lua"), plan)
    assert names_of(text)[1:] == ["test_spawns", "test_an_unknown_action_does_no_harm"]


def test_two_processes_play_the_example_that_changes_most(counter: PlanModule, plan: Plan) -> None:
    body = body_of(generate(counter, plan), "test_two_processes_do_not_share_state")
    assert '"three times" holds on each' in body
    assert "for process in (module.spawn(), module.spawn()):" in body
    assert body.count('        assert get.data == "3"') == 1


def test_the_head_names_module_and_lock(counter: PlanModule, plan: Plan) -> None:
    locked = generate(counter, plan)
    loose = generate(counter, replace(plan, approved=False))
    assert 'MODULE = "custom_lua/counter.lua"' in locked
    assert is_generated(locked) and "(locked)" in locked[:300]
    assert is_generated(loose) and "not approved" in loose[:300]
    assert not is_generated("import pytest\n")


def test_a_wasm_module_names_its_source(counter: PlanModule, plan: Plan) -> None:
    text = generate(replace(counter, type="module-wasm"), plan)
    assert 'MODULE = "custom_wasm/counter/src/lib.rs"' in text


def test_the_text_depends_on_the_module_only(counter: PlanModule, plan: Plan) -> None:
    other = Plan("Another title", True, (counter,), prose={"Overview": "New words."})
    assert generate(counter, plan) == generate(counter, other)


def test_line_ends_do_not_change_the_hash(counter: PlanModule, plan: Plan) -> None:
    text = generate(counter, plan).encode()
    assert suite_hash(text) == suite_hash(text.replace(b"\n", b"\r\n"))
    assert suite_hash(text) != suite_hash(text.replace(b"3", b"4"))


def test_names_that_collide_are_numbered(counter: PlanModule, plan: Plan) -> None:
    rows = (Example("twice!", (Send("Get"),), (data("0"),)), Example("Twice", (Send("Get"),), (data("0"),)))
    names = names_of(generate(replace(counter, examples=rows), plan))
    assert {"test_twice", "test_twice_2"} <= set(names)


HOSTILE = st.text(min_size=1, max_size=12)


@settings(deadline=None)
@given(name=HOSTILE, action=HOSTILE, tag=HOSTILE, value=HOSTILE, words=HOSTILE)
def test_no_text_of_a_plan_breaks_out_of_its_place(name: str, action: str, tag: str, value: str, words: str) -> None:
    send = Send(action, ((tag, value),), value)
    expects = tuple(Expect(kind, value, value, ((tag, value),)) for kind in Kind if kind is not Kind.JSON)
    module = PlanModule(
        "odd",
        "module-lua",
        words,
        actions=(Action(action, (Param(tag, "int"), Param("Data", "json")), words, words), Action("Get", (), "", "x")),
        examples=(Example(name, (send,), (expects,)),),
    )
    tree = ast.parse(generate(module, Plan("p", True, (module,))))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    assert all(isinstance(call.func, ast.Attribute | ast.Name) for call in calls)
    assert "__import__" not in names and "eval" not in names


@settings(deadline=None)
@given(st.text())
def test_a_literal_is_its_text_on_one_line(text: str) -> None:
    written = _text(text)
    assert ast.literal_eval(written) == text
    assert len(written.splitlines()) == 1


@pytest.mark.parametrize(
    ("action", "variable"),
    [
        ("lambda", "lambda_reply"),
        ("process", "process_reply"),
        ("re", "re_reply"),
        ("1st", "reply_1st"),
        ("Get", "get"),
    ],
)
def test_a_reply_is_never_named_like_something_else(
    action: str, variable: str, counter: PlanModule, plan: Plan
) -> None:
    rows = (Example("odd", (Send(action),), (data("0"),)),)
    text = generate(replace(counter, examples=rows), plan)
    ast.parse(text)
    assert f'    {variable} = process.send("{action}")' in text


def test_a_wallet_and_a_reply_of_one_name_keep_apart(counter: PlanModule, plan: Plan) -> None:
    rows = (Example("odd", (Send("Get", (), None, "get"),), (data("0"),)),)
    body = body_of(generate(replace(counter, examples=rows), plan), "test_odd")
    assert '    get = wallet("get")' in body
    assert '    get_reply = process.send("Get", wallet=get)' in body
