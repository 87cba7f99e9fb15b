"""Cases that were written after the rules stood, and were run once before anything was changed: an honest measurement.

docs/judge.md says how they scored that first time. They are part of the corpus like all others.
"""

from __future__ import annotations

from collections.abc import Iterator

from corpus.build import Break, Built, Case
from corpus.worlds import COUNTER, HEAD, LEDGER, NOTES, TAIL, World

VOTES_PLAN = """\
# Plan: Votes

## Modules

### votes (module-lua)
Counts votes by choice, one voter once.

#### Actions
| Action  | Input                         | State                  | Reply                        |
|---------|-------------------------------|------------------------|------------------------------|
| Vote    | Voter: string, Choice: string | the choice gets a vote | the votes of the choice      |
| Count   | Choice: string                |                        | the votes of the choice      |
| Winner  |                               |                        | the choice with most votes   |

#### State
| Name   | Type | Initial |
|--------|------|---------|
| votes  | json | {}      |

#### Examples
| Name            | Send                                                         | Reply                |
|-----------------|--------------------------------------------------------------|----------------------|
| nobody yet      | Count Choice=tea                                             | 0                    |
| votes           | Vote Voter=ann Choice=tea; Vote Voter=bob Choice=tea         | 1; 2                 |
| once only       | Vote Voter=ann Choice=tea; Vote Voter=ann Choice=tea         | 1; error: voted already |
| the winner      | Vote Voter=ann Choice=tea; Winner                            | 1; tea               |
| no winner       | Winner                                                       | error: no votes      |
| unknown action  | Shout                                                        | error: unknown action |

## Status: APPROVED
"""

VOTES_MODULE = (
    "local votes = {}\nlocal voted = {}\n\n"
    + HEAD
    + """
local function text(number)
  return string.format("%d", number)
end

function actions.Vote(msg)
  local voter, choice = read(msg, "Voter"), read(msg, "Choice")
  if voter == nil then return fail(msg, "missing Voter") end
  if choice == nil then return fail(msg, "missing Choice") end
  if voted[voter] then return fail(msg, "voted already") end
  voted[voter] = true
  votes[choice] = (votes[choice] or 0) + 1
  reply(msg, text(votes[choice]))
end

function actions.Count(msg)
  local choice = read(msg, "Choice")
  if choice == nil then return fail(msg, "missing Choice") end
  reply(msg, text(votes[choice] or 0))
end

function actions.Winner(msg)
  local best, most = nil, 0
  for choice, count in pairs(votes) do
    if count > most then best, most = choice, count end
  end
  if best == nil then return fail(msg, "no votes") end
  reply(msg, best)
end
"""
    + TAIL
)

VOTES_SUITE = '''\
"""Votes, as their author tests them."""

import pytest

MODULE = "custom_lua/votes.lua"


@pytest.fixture
def process(module):
    return module.spawn()


def test_starts_empty(process):
    assert process.send("Count", Choice="tea").data == "0"


def test_counts(process):
    assert process.send("Vote", Voter="ann", Choice="tea").data == "1"
    assert process.send("Vote", Voter="bob", Choice="tea").data == "2"


def test_once_only(process):
    process.send("Vote", Voter="ann", Choice="tea")
    assert process.send("Vote", Voter="ann", Choice="tea").error == "voted already"


def test_the_winner(process):
    process.send("Vote", Voter="ann", Choice="tea")
    assert process.send("Winner").data == "tea"
'''

VOTES = World("votes", VOTES_PLAN, VOTES_MODULE, VOTES_SUITE)


def module(old: str, new: str) -> Break:
    return lambda built: built.replace(built.module, old, new)


def suite(old: str, new: str) -> Break:
    return lambda built: built.replace(built.suite, old, new)


def test(body: str) -> Break:
    """One more test of the user's."""

    def add(built: Built) -> None:
        built.suite.write_text(built.suite.read_text() + "\n\n" + body)

    return add


def whole(text: str) -> Break:
    return lambda built: built.module.write_bytes(text.encode())


def upper_case_state(built: Built) -> None:
    """State in base under a nested key with capitals: it comes back in lower case when slots are read one by one."""
    keep = "  base.store = base.store or {}\n  base.store.Total = (base.store.Total or 0) + 1\n"
    keep += "  TOTAL = base.store.Total\n"
    built.replace(built.module, "  local body = req.body or {}\n", f"{keep}  local body = req.body or {{}}\n")
    answer = '  reply(msg, string.format("%d", TOTAL - 1))\nend\n\nfunction actions.Dec'
    built.replace(built.module, "  reply(msg, text())\nend\n\nfunction actions.Dec", answer)


def broken_conftest(built: Built) -> None:
    (built.suite.parent / "conftest.py").write_text("import nothing_here\n")


def waits(built: Built) -> None:
    built.settings.write_text("[limits]\nsuite_seconds = 3\n")
    test("def test_waits(process):\n    import threading\n\n    threading.Event().wait()\n")(built)


OUTBOX = 'msg.outbox["1"] = { target = "sender", data = text }'
ENDLESS = "  local best, most = nil, 0\n  repeat most = most until best\n"
NO_RAISE = """\
def test_it_raises(process):
    with pytest.raises(ValueError):
        process.send('Nothing')
"""
SILENT = """\
def test_is_silent(process):
    assert process.send('Get').outbox == []
"""
NOBODY = """\
def test_by_hand(hb):
    hb.schedule_lua(pid='x' * 43, action='Get')
"""
PAIRS = """\
@pytest.mark.parametrize('a, b', [1, 2])
def test_pairs(a, b):
    assert a == b
"""
LEFT_OVER = """\
LEFT = {}


def test_first_use(module):
    LEFT['p'] = module.spawn()
    assert LEFT['p'].send('Count', Choice='tea').data == '0'
    LEFT['p'].send('Vote', Voter='ann', Choice='tea')


def test_second_use(module):
    process = LEFT.setdefault('p', module.spawn())
    assert process.send('Count', Choice='tea').data == '0'
"""
LEAVES = """\
def test_leaves(process):
    raise SystemExit(0)
"""

MODULES: list[tuple[str, Break, tuple[str, ...], tuple[World, ...]]] = [
    ("empty-file", whole(""), ("MOD-LUA-NO-COMPUTE",), (VOTES,)),
    ("byte-order-mark", whole("\ufeff\x00local x ="), ("MOD-LUA-SYNTAX",), (COUNTER,)),
    ("goto", module("local actions = {}", "local actions = {}\ngoto done\n::done::"), (), (NOTES,)),
    ("counts-twice", module("+ 1\n  reply", "+ 2\n  reply"), ("MOD-WRONG-REPLY",), (VOTES,)),
    ("forgets-who", module("  voted[voter] = true\n", ""), ("MOD-WRONG-REPLY", "MOD-STATE-LOST"), (VOTES,)),
    ("global-typo", module("votes[choice] or 0) + 1", "vote[choice] or 0) + 1"), ("MOD-LUA-ERROR",), (VOTES,)),
    ("wrong-comparison", module("count > most", "count < most"), ("MOD-WRONG-REPLY", "MOD-STATE-LOST"), (VOTES,)),
    ("float-text", module('string.format("%d", count)', "tostring(count / 1)"), ("MOD-WRONG-REPLY",), (COUNTER,)),
    ("swallowed", module("    if run then run(msg)", "    if run then pcall(run, nil)"), (), (LEDGER,)),
    ("wrong-key", module(OUTBOX, 'msg.outbox.first = { target = "sender", text = text }'), (), (NOTES,)),
    ("late-loop", module("  local best, most = nil, 0\n", ENDLESS), ("MOD-TIME-LIMIT",), (VOTES,)),
    ("upper-case-state", upper_case_state, (), (COUNTER,)),
    ("string-return", module("  return base\nend", '  return "ok"\nend'), ("MOD-RETURN",), (VOTES,)),
]
# The user's suite does not ask for a winner without votes; ours does.
OURS: list[tuple[str, Break, tuple[str, ...], tuple[World, ...]]] = [
    ("error-object", module('return fail(msg, "no votes")', "error({ code = 7 })"), ("MOD-LUA-ERROR",), (VOTES,)),
]
TYPO = 'Voter="bob", Choise="tea").data == "2"'
TESTS: list[tuple[str, Break, tuple[str, ...], tuple[World, ...]]] = [
    ("number-for-text", suite('.data == "2"', ".data == 2"), (), (VOTES, COUNTER)),
    ("attribute", suite('.data == "1"', '.dat == "1"'), ("TEST-RAISED",), (VOTES,)),
    ("wrong-tag", suite('Voter="bob", Choice="tea").data == "2"', TYPO), (), (VOTES,)),
    ("same-voter", suite('Voter="bob"', 'Voter="ann"'), ("TEST-CONTRADICTS-PLAN",), (VOTES,)),
    ("wrong-winner", suite('.data == "tea"', '.data == "coffee"'), ("TEST-CONTRADICTS-PLAN",), (VOTES,)),
    ("no-raise", test(NO_RAISE), (), (COUNTER,)),
    ("empty-outbox", test(SILENT), (), (COUNTER,)),
    ("nobody", test(NOBODY), (), (LEDGER,)),
    ("parametrize", test(PAIRS), (), (NOTES,)),
    ("old-process", test(LEFT_OVER), ("TEST-SHARED-STATE",), (VOTES,)),
    ("sums-wrong", suite('"sum": 4}', '"sum": 5}'), ("TEST-CONTRADICTS-PLAN",), (LEDGER,)),
    ("system-exit", test(LEAVES), (), (NOTES,)),
    ("waits", waits, ("TEST-HANG",), (VOTES,)),
    ("conftest", broken_conftest, (), (VOTES,)),
]


def cases() -> Iterator[Case]:
    from corpus.build import spread

    yield from spread("module", [(f"unseen-{row[0]}", *row[1:]) for row in MODULES], own=True)
    yield from spread("module", [(f"unseen-{row[0]}", *row[1:]) for row in OURS], own=False)
    yield from spread("test", [(f"unseen-{row[0]}", *row[1:]) for row in TESTS], own=True)
