"""HyperAOS on our own boot: the three documented examples, and what a script may rely on, through the AO class."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from taskrunner.backends import HyperBEAM
from taskrunner.client import AO, HB, ProcessError
from taskrunner.errors import InputError
from taskrunner.wire import Wallet

COUNTER = """
local count = 0
Handlers.add("Inc", "Inc", function (msg)
  count = count + 1
  msg.reply({ Data = tostring(count) })
end)
Handlers.add("Get", "Get", function (msg) msg.reply({ Data = tostring(count) }) end)
"""

TOKEN = """
Balances = Balances or {}
Handlers.add("Mint", "Mint", function (msg)
  local quantity = tonumber(msg.Tags.Quantity or msg.Quantity)
  Balances[msg.From] = (Balances[msg.From] or 0) + quantity
  msg.reply({ Data = "Minted", Quantity = msg.Tags.Quantity })
end)
Handlers.add("Transfer", "Transfer", function (msg)
  local quantity = tonumber(msg.Tags.Quantity or msg.Quantity)
  local to = msg.Tags.Recipient or msg.Recipient
  if (Balances[msg.From] or 0) < quantity then
    msg.reply({ Data = "Insufficient balance", Error = "Insufficient balance" })
    return
  end
  Balances[msg.From] = Balances[msg.From] - quantity
  Balances[to] = (Balances[to] or 0) + quantity
  Send({ Target = to, Action = "Credit-Notice", Quantity = tostring(quantity), Sender = msg.From })
  msg.reply({ Data = "Transferred" })
end)
Handlers.add("Balance", "Balance", function (msg)
  local who = msg.Tags.Account or msg.From
  msg.reply({ Data = string.format("%d", Balances[who] or 0) })
end)
"""

RECEIVER = """
Credits = Credits or {}
Handlers.add("Credit-Notice", "Credit-Notice", function (msg)
  table.insert(Credits, { quantity = msg.Tags.Quantity, sender = msg.Tags.Sender, from = msg.From })
end)
Handlers.add("Count", "Count", function (msg) msg.reply({ Data = tostring(#Credits) }) end)
"""

HELPERS = """
local function getTag(msg, name)
  return (msg.Tags and msg.Tags[name]) or msg[name] or (msg.body and msg.body[string.lower(name)])
end
local function getFrom(msg)
  return msg.From or (msg.body and msg.body.from)
end
Handlers.add("Who", "Who", function (msg)
  msg.reply({ Data = getFrom(msg) .. " " .. tostring(getTag(msg, "Colour")) })
end)
"""


@pytest.fixture(scope="module")
def wallets() -> tuple[Wallet, Wallet]:
    return Wallet.generate(2048), Wallet.generate(2048)


@pytest.fixture(scope="module")
def ao(wallets: tuple[Wallet, Wallet]) -> Iterator[AO]:
    with HyperBEAM(reset=True, jwk=wallets[0]) as hbeam:
        yield AO(hb=hbeam, boot="ours")


def test_the_counter(ao: AO) -> None:
    counter = ao.deploy(COUNTER).p
    assert [counter.m("Inc") for _ in range(3)] == ["1", "2", "3"]
    assert counter.m("Get", get=True) == 3


def test_the_token(ao: AO, wallets: tuple[Wallet, Wallet]) -> None:
    token = ao.deploy(TOKEN).p
    other = wallets[1].address
    assert token.m("Mint", {"Quantity": "100"}, "Quantity") == "100"
    assert token.m("Transfer", {"Quantity": "30", "Recipient": other}, {"name": "Data"}) is not None
    assert token.m("Balance") == "70"
    assert token.m("Balance", {"Account": other}) == "30"
    refused = token.msg("Transfer", {"Quantity": "1000", "Recipient": other}, check={"Error": True})
    assert refused.err is None


def test_messages_between_processes_need_an_authority(ao: AO) -> None:
    token, receiver = ao.deploy(TOKEN).p, ao.deploy(RECEIVER).p
    token.m("Mint", {"Quantity": "10"})
    token.m("Transfer", {"Quantity": "4", "Recipient": receiver.id})
    ao.settle()
    assert receiver.m("Count") == "0", "a message that nobody trusts runs nothing"
    for process, other in ((token, receiver), (receiver, token)):
        assert process.eval(f'__AddAuthority("{other.id}")').err is None
    token.m("Transfer", {"Quantity": "3", "Recipient": receiver.id})
    ao.settle()
    assert receiver.m("Count") == "1"
    assert receiver.v("Credits[1].quantity") == "3.0", "tostring(tonumber('3')), as production prints it"
    assert receiver.v("Credits[1].from") == token.id


def test_tags_and_senders_are_where_helpers_look_for_them(ao: AO) -> None:
    process = ao.deploy(HELPERS).p
    assert process.m("Who", {"Colour": "red"}) == f"{ao.hb.addr} red"


def test_loads_and_fills(ao: AO) -> None:
    get = 'Handlers.add("Get", "Get", function (m) m.reply({ Data = num }) end)'
    p = ao.deploy(loads=["num = <START>", {"src_data": get}], fills={"START": 7}).p
    assert p.m("Get") == 7


def test_variables_are_read_as_json(ao: AO) -> None:
    p = ao.deploy('Table = { String = "Hello", Array = { "str", 3, true } }').p
    assert p.v("Table") == {"String": "Hello", "Array": ["str", 3, True]}
    assert p.v("Table.String", json=False) == "Hello"


@pytest.mark.parametrize(
    ("data", "out"),
    [
        ("1 + 1", "2"),
        ("x = 5", ""),
        ("x", "5"),
        ('print("a", 1)', "a 1"),
        ("#Inbox", "1"),
        ("Owner == ao.env.Process.Owner", "true"),
    ],
)
def test_eval_shows_what_it_gives(ao: AO, data: str, out: str, request: pytest.FixtureRequest) -> None:
    process = request.config.stash.setdefault(PROCESS, ao.p(ao.spwn()))
    assert (process.eval(data).out or "") == out


PROCESS = pytest.StashKey[object]()


def test_an_error_in_an_eval_is_an_answer_and_the_process_lives(ao: AO) -> None:
    p = ao.deploy(COUNTER).p
    sent = p.eval("error('boom')")
    assert sent.err is not None and "boom" in sent.err
    assert p.m("Inc") == "1"


def test_an_error_in_a_handler_names_the_handler_and_keeps_state(ao: AO) -> None:
    p = ao.deploy(COUNTER + 'Handlers.add("Bad", "Bad", function (msg) return msg.nothing.here end)').p
    p.m("Inc")
    with pytest.raises(ProcessError, match="here"):
        p.m("Bad")
    assert "handler 'Bad'" in p.msg("Bad").res["output"]["data"]
    assert p.m("Inc") == "2"


def test_only_the_owner_may_eval(ao: AO, wallets: tuple[Wallet, Wallet]) -> None:
    p = ao.deploy(COUNTER).p
    sent = ao.msg(p.id, "Eval", data="count = 99", jwk=wallets[1])
    assert sent.res["output"]["data"] == "New Message"


def test_a_dry_run_says_what_to_do_instead(ao: AO) -> None:
    with pytest.raises(InputError) as caught:
        ao.deploy(COUNTER).p.d("Get")
    assert caught.value.code == "INPUT-AO-DRY"
    assert "hb.compute" in caught.value.hint


@pytest.mark.parametrize(
    ("pattern", "tags", "matches"),
    [
        ('{ Colour = "red" }', {"Colour": "red"}, True),
        ('{ Colour = "red" }', {"Colour": "blue"}, False),
        ('{ Colour = "_" }', {"Colour": "any"}, True),
        ('{ Colour = "_" }', {}, False),
        ('{ Colour = { "red", "blue" } }', {"Colour": "blue"}, True),
        ('{ Size = "^%d+$" }', {"Size": "12"}, True),
        ("{ Size = function (v) return tonumber(v) > 10 end }", {"Size": "12"}, True),
        ("function (msg) return msg.Colour == 'red' end", {"Colour": "red"}, True),
        ("function (msg) return nil end", {}, False),
        ("Handlers.utils.hasMatchingTag('Colour', 'red')", {"Colour": "red"}, True),
        ("Handlers.utils.hasMatchingTagOf('Colour', { 'a', 'red' })", {"Colour": "red"}, True),
    ],
)
def test_patterns(ao: AO, pattern: str, tags: dict[str, str], matches: bool) -> None:
    p = ao.deploy(f'Handlers.add("it", {pattern}, function (msg) msg.reply({{ Data = "yes" }}) end)').p
    assert (p.m("Anything", tags) == "yes") is matches


def test_handlers_once_prepend_and_remove(ao: AO) -> None:
    p = ao.deploy(
        """
        Handlers.add("A", "A", function (msg) msg.reply({ Data = "first" }) end)
        Handlers.once("early", "A", function (msg) msg.reply({ Data = "once" }) end)
        """
    ).p
    assert [p.m("A"), p.m("A")] == ["once", "first"]
    p.eval('Handlers.remove("A")')
    assert p.msg("A").res["output"]["data"] == "New Message"


def test_reply_carries_the_reference_and_forward_the_origin(ao: AO) -> None:
    p = ao.deploy(
        """
        Handlers.add("Ask", "Ask", function (msg) msg.reply({ Data = "ok" }) end)
        Handlers.add("Pass", "Pass", function (msg) msg.forward("nobody", { Extra = "1" }) end)
        """
    ).p
    assert p.m("Ask", {"Reference": "42"}, "X-Reference") in ("42", 42)
    sent = p.msg(
        "Pass", {"Colour": "red"}, get={"to": "target", "who": "X-Origin", "colour": "Colour", "extra": "Extra"}
    )
    assert sent.out == {"to": "nobody", "who": ao.hb.addr, "colour": "red", "extra": "1"}


def test_receive_says_that_it_is_not_implemented(ao: AO) -> None:
    p = ao.deploy('Handlers.add("R", "R", function (msg) msg.reply({ Data = Send({ Target = "x" }).receive() }) end)').p
    assert p.msg("R", get={"data": True, "match": lambda value, _, __: value != ""}).out == "not implemented"


def test_json_and_base64(ao: AO) -> None:
    p = ao.deploy(COUNTER).p
    assert p.v('json.decode(\'{"a":[1,2.5,{"b":null}],"c":"\\\\u00e9"}\').a') == [1, 2.5, []]
    assert p.eval('return base64.decode(base64.encode("any text?")) .. base64.encode("ab")').out == "any text?YWI="


def test_hb_spawn_lua_without_a_module_is_hyperaos(ao: AO) -> None:
    hb: HB = ao.hb
    pid = hb.spawn_lua()["pid"]
    slot = hb.schedule_lua(pid, "Eval", data="1 + 2")["slot"]
    assert hb.compute_lua(pid, slot)["output"]["data"] == "3"
