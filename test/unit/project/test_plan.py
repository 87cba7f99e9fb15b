"""plan.md: what is read, and that every fault has its line, its column and its next step."""

from __future__ import annotations

import pytest

from taskrunner.core.plan import Action, Example, Expect, Kind, Param, Send, StateVar
from taskrunner.errors import InputError
from taskrunner.project import parse_plan
from taskrunner.project.scaffold import template


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


def test_the_plan_of_the_format() -> None:
    plan = parse_plan(template("plan.md"))
    assert (plan.title, plan.approved, plan.warnings) == ("Counter modules", True, ())
    assert plan.prose == {
        "Overview": "A counter that other processes can increment.",
        "Edge Cases": "1. Amount that is not an integer: an error reply, state unchanged.",
    }
    (counter,) = plan.modules
    assert (counter.name, counter.type, counter.line) == ("counter", "module-lua", 8)
    assert counter.summary == "Counts. Never below zero."
    amount = Param("Amount", "int", default="1")
    assert counter.actions[0] == Action("Inc", (amount,), "count grows by Amount", "the new count", 14)
    assert [action.name for action in counter.actions] == ["Inc", "Dec", "Get"]
    assert counter.state == (StateVar("count", "int", "0"),)
    assert [e.name for e in counter.examples] == [
        "starts at zero",
        "three times",
        "by an amount",
        "bad amount",
        "unknown action",
    ]
    assert counter.examples[2] == Example(
        "by an amount",
        (Send("Inc", (("Amount", "5"),), column=21), Send("Get", column=35)),
        ((Expect(Kind.DATA, "5"),), (Expect(Kind.DATA, "5"),)),
        28,
    )
    assert counter.examples[3].replies == ((Expect(Kind.ERROR, "invalid Amount"),),)


@pytest.mark.parametrize("change", [lambda t: t.replace("\n", "\r\n"), lambda t: "\ufeff" + t, lambda t: t + "\n\n"])
def test_line_ends_and_a_bom_change_nothing(change: object) -> None:
    text = template("plan.md")
    assert parse_plan(change(text)) == parse_plan(text)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("send", "sends"),
    [
        ("Get", [Send("Get")]),
        ("`Get`", [Send("Get")]),
        ("`Inc`; `Get`", [Send("Inc"), Send("Get")]),
        ("as bob Get", [Send("Get", sender="bob")]),
        ("as me Get", [Send("Get")]),
        ("as", [Send("as")]),
        ("Set A=1 B=2", [Send("Set", (("A", "1"), ("B", "2")))]),
        ('Set A="x; y & z -> w"; Get', [Send("Set", (("A", "x; y & z -> w"),)), Send("Get")]),
        ('Set A="say \\"hi\\"" B=""', [Send("Set", (("A", 'say "hi"'), ("B", "")))]),
        ("Set data=x", [Send("Set", data="x")]),
        ('Set Data="x y"', [Send("Set", data="x y")]),
        ('Set data={"a": {"b": "};"}}; Get', [Send("Set", data='{"a": {"b": "};"}}'), Send("Get")]),
        ("Set data=[1, 2]", [Send("Set", data="[1, 2]")]),
        ('Set data=["a ]", 2] A=1', [Send("Set", (("A", "1"),), data='["a ]", 2]')]),
        ("Set A=x=y", [Send("Set", (("A", "x=y"),))]),
        ("Set A=b\\|c", [Send("Set", (("A", "b|c"),))]),
        ("Transfer To=@bob Me=@me Self=@self", [Send("Transfer", (("To", "@bob"), ("Me", "@me"), ("Self", "@self")))]),
        ('"Two Words" A=1', [Send("Two Words", (("A", "1"),))]),
        ("Größe A=ü", [Send("Größe", (("A", "ü"),))]),
    ],
)
def test_sends(send: str, sends: list[Send]) -> None:
    found = example(send).sends
    assert [Send(s.action, s.tags, s.data, s.sender) for s in found] == sends


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("1", [Expect(Kind.DATA, "1")]),
        ("`1`", [Expect(Kind.DATA, "1")]),
        ("the new count", [Expect(Kind.DATA, "the new count")]),
        ('"none"', [Expect(Kind.DATA, "none")]),
        ('"a; b & c -> d"', [Expect(Kind.DATA, "a; b & c -> d")]),
        ('say "a; b" now', [Expect(Kind.DATA, 'say "a; b" now')]),
        ("a\\|b", [Expect(Kind.DATA, "a|b")]),
        ('5\\"', [Expect(Kind.DATA, '5"')]),
        ("none", [Expect(Kind.NONE)]),
        ("*", [Expect(Kind.ANY)]),
        ("error: invalid Amount", [Expect(Kind.ERROR, "invalid Amount")]),
        ("error:", [Expect(Kind.ERROR)]),
        ('error: "a; b"', [Expect(Kind.ERROR, "a; b")]),
        ('{"a": "x; y", "b": {"c": 1}}', [Expect(Kind.JSON, '{"a": "x; y", "b": {"c": 1}}')]),
        ("[1, 2]", [Expect(Kind.JSON, "[1, 2]")]),
        ("[info] hello", [Expect(Kind.DATA, "[info] hello")]),
        ("~ ^\\d{2}$", [Expect(Kind.REGEX, "^\\d{2}$")]),
        ("~ a\\|b", [Expect(Kind.REGEX, "a|b")]),
        ('~ "a;b&\\d"', [Expect(Kind.REGEX, "a;b&\\d")]),
        (
            "Transferred & -> @bob Action=Credit-Notice Quantity=30",
            [
                Expect(Kind.DATA, "Transferred"),
                Expect(Kind.OUTBOX, target="@bob", tags=(("Action", "Credit-Notice"), ("Quantity", "30"))),
            ],
        ),
        ('-> @me data="a b"', [Expect(Kind.OUTBOX, "a b", "@me")]),
        ("-> someone", [Expect(Kind.OUTBOX, target="someone")]),
    ],
)
def test_replies(reply: str, expected: list[Expect]) -> None:
    assert list(example("Get", reply).replies[-1]) == expected


def test_a_single_reply_is_the_last_ones() -> None:
    assert example("Inc; Inc; Get", "2").replies == ((), (), (Expect(Kind.DATA, "2"),))
    assert example("Inc; Get", "1; none").replies == ((Expect(Kind.DATA, "1"),), (Expect(Kind.NONE),))


@pytest.mark.parametrize(
    ("send", "reply", "says"),
    [
        ("⟦", "1", "expected a message"),
        ("Inc;⟦; Get", "1", "expected a message"),
        ("Inc;⟦", "1", "expected a message"),
        ("⟦Amount=5", "1", "expected an action's name, found 'Amount=5'"),
        ("⟦as bob", "1", "expected an action's name"),
        ("as ⟦1bob Get", "1", "not a wallet's name"),
        ("as ⟦@self Get", "1", "not a wallet's name"),
        ("Inc ⟦Amount 5", "1", "expected Tag=value, found 'Amount'"),
        ("Inc ⟦1x=5", "1", "not a tag's name"),
        ("Inc A=1 ⟦a=2", "1", "stands twice"),
        ("Inc data=1 ⟦data=2", "1", "stands twice"),
        ("Inc ⟦Action=Dec", "1", "the action stands at the message's start"),
        ('Set A=⟦"x; Get', "1", "quote is never closed"),
        ("Set data=⟦{1; Get", "1", "brace is never closed"),
        ("Set data=⟦[1 ; Get", "1", "bracket is never closed"),
        ("Get", "⟦", "expected what the reply must be"),
        ("Inc; Get", "1; ⟦", "expected what the reply must be"),
        ("Inc; Get", "1 &⟦ ; 2", "expected what the reply must be"),
        ("Inc; Inc; Get", "1; ⟦2", "3 messages are sent, but 2 replies"),
        ("Get", "1; ⟦2", "1 message is sent, but 2 replies"),
        ("Get", '{"a": ⟦}', "expected JSON"),
        ("Get", "~ ⟦(a", "no regular expression"),
        ("Get", "⟦~", "expected a regular expression"),
        ("Get", "->⟦", "expected whom the message goes to"),
        ("Get", "->⟦ Action=X", "expected whom the message goes to"),
        ("Get", "1 ⟦-> @bob", "`->` begins an expectation of its own"),
        ('Get \\| x=⟦"', "1", "quote is never closed"),
    ],
)
def test_faults_in_examples(send: str, reply: str, says: str) -> None:
    text = examples(send, reply)
    if text.count("⟦") == 1 and says.startswith("expected") and ("⟦ |" in text or "; ⟦" in text):
        error = refused(text.replace("⟦", ""))  # an empty cell's or part's place is only near
        assert error.line == 9
    else:
        error = fault_at(text, "⟦")
    assert error.code == "INPUT-PLAN-EXAMPLE"
    assert says in error.message


@pytest.mark.parametrize(
    ("cell", "params"),
    [
        ("", ()),
        ("-", ()),
        ("Amount", (Param("Amount"),)),
        ("Amount: int", (Param("Amount", "int"),)),
        ("Amount: int = -1", (Param("Amount", "int", default="-1"),)),
        ("`Amount: int = 1`", (Param("Amount", "int", default="1"),)),
        ("Memo?: string, Data: json", (Param("Memo", "string", True), Param("Data", "json"))),
        ("Memo: string?", (Param("Memo", "string", True),)),
        ('Opts: json = {"a": 1, "b": 2}', (Param("Opts", "json", default='{"a": 1, "b": 2}'),)),
        ('Sep: string = ", "', (Param("Sep", "string", default=", "),)),
        ("Sep: string = a\\|b", (Param("Sep", "string", default="a|b"),)),
        ("To: address = @me", (Param("To", "address", default="@me"),)),
        ("On: Bool = true", (Param("On", "bool", default="true"),)),
    ],
)
def test_inputs(cell: str, params: tuple[Param, ...]) -> None:
    body = f"#### Actions\n| Action | Input |\n|---|---|\n| Inc | {cell} |"
    assert parse_plan(module(body)).modules[0].actions[0].params == params


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("Amount: ⟦integer", "'integer' is no type"),
        ("Amount: ⟦", "expected a type"),
        ("Amount: int =⟦ many", "the default 'many' is no int"),
        ("On: bool =⟦ 1", "the default '1' is no bool"),
        ("N: number =⟦ x", "is no number"),
        ("O: json =⟦ {1}", "is no json"),
        ("A: int, ⟦a: int", "stands twice"),
        ("A: int,⟦ ", "expected an input"),
        ("⟦1a: int", "expected an input"),
        ("⟦Action: string", "the action's name is no input"),
    ],
)
def test_faults_in_inputs(cell: str, says: str) -> None:
    text = module(f"#### Actions\n| Action | Input |\n|---|---|\n| Inc | {cell} |")
    error = fault_at(text, "⟦") if not cell.endswith(("⟦", "⟦ ")) else refused(text.replace("⟦", ""))
    assert error.code == "INPUT-PLAN-ACTION"
    assert says in error.message


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (module("", "⟦counter"), "MODULE", "expected a name and a type"),
        (module("", "⟦Counter (module-lua)"), "MODULE", "'Counter' is no module's name"),
        (module("", "counter (⟦module-luau)"), "MODULE", "'module-luau' is no module's type"),
        (
            "## Modules\n### a-b (lua)\n\n### ⟦a_b (module-lua)\n",
            "MODULE",
            "the module 'a_b' stands twice; the first is in line 2",
        ),
        (module("#### ⟦Actions\nnone"), "TABLE", "holds no table"),
        (module("#### Actions\n⟦| Action | Input |\n|---|\n| Inc | |"), "TABLE", "looks like a table"),
        (module("#### Actions\n| ⟦Name |\n|---|\n| Inc |"), "TABLE", "expected a column 'Action', found 'Name'"),
        (module("#### Actions\n| Action | ⟦action |\n|---|---|\n| Inc | |"), "TABLE", "'action' stands twice"),
        (module("#### Actions\n| Action |\n|---|\n| Inc |⟦ x | y |"), "TABLE", "3 cells, its table 1 column"),
        (module("#### Actions\n| Action |\n|---|\n| Inc |\n| ⟦inc |"), "ACTION", "'inc' stands twice"),
        (module("#### Actions\n| Action |\n|---|\n| ⟦Inc Dec |"), "ACTION", "expected an action's name"),
        (module("#### State\n| Name |\n|---|\n| a |\n| ⟦a |"), "TABLE", "'a' stands twice"),
        (
            module("#### Examples\n| Send | Name | Reply |\n|---|---|---|\n| A | x | 1 |\n| B | ⟦X | 2 |"),
            "EXAMPLE",
            "the example 'X' stands twice; the first is in line 9",
        ),
    ],
)
def test_faults_in_the_outline(text: str, code: str, says: str) -> None:
    error = fault_at(text, "⟦")
    assert error.code == f"INPUT-PLAN-{code}"
    assert says in error.message
    assert error.hint


@pytest.mark.parametrize("text", ["", "\ufeff", " \r\n\t"])
def test_an_empty_plan(text: str) -> None:
    assert refused(text).code == "INPUT-PLAN-EMPTY"


def test_columns_in_any_order_and_case_with_code_and_others_between() -> None:
    body = "#### EXAMPLES\n| `reply` | Why | SEND |\n|:--|---|--:|\n| `7` | so | `Get` |"
    (found,) = parse_plan(module(body, "`counter` (`lua`)")).modules[0].examples
    assert (found.name, found.sends[0].action, found.replies) == ("example 1", "Get", ((Expect(Kind.DATA, "7"),),))


def test_the_same_section_may_be_built_twice() -> None:
    plan = parse_plan("## Modules\n### a (module-lua)\n### a (module-wasm)\n")
    assert [module.type for module in plan.modules] == ["module-lua", "module-wasm"]
