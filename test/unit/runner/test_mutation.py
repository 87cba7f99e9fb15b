"""Essential mutants: which ones a plan asks for, that they run and break what they say, and what kills one."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskrunner.core.facts import Outcome, SuiteReport, TestResult
from taskrunner.core.plan import Example, Expect, Kind, PlanModule, Send, StateVar
from taskrunner.lua.vm import VM
from taskrunner.runner.mutation import Mutant, essential_mutants, fate_of, numeric_actions, remembers, summary
from taskrunner.runner.surplus import Hunk, hunks_of, without

SOURCE = """
local count = 0
function compute(base, req, opts)
  local action = req.body.Action
  if action == "Inc" then count = count + 1 end
  base.results = { outbox = { ["1"] = { data = string.format("%d", count) } } }
  return base
end
"""


def says(text: str) -> tuple[Expect, ...]:
    return (Expect(Kind.DATA, text),)


TWICE = Example("twice", (Send("Inc"), Send("Inc"), Send("Get")), (says("1"), says("2"), says("2")))
PLAN = PlanModule("counter", "module-lua", state=(StateVar("count"),), examples=(TWICE,))

ASK = """
local base = {}
local function ask(action)
  base = compute(base, { body = { Action = action } }, {})
  local first = base.results.outbox["1"]
  return first and first.data or "nothing"
end
return ask("Inc"), ask("Inc"), ask("Get")
"""


def answers(source: str) -> list[str]:
    """What a module says to Inc, Inc, Get on production's Lua."""
    machine = VM()
    machine.run(source.encode(), "counter.lua")
    return [value.decode() for value in machine.run(ASK.encode(), "ask.lua")]


def test_the_module_itself_is_right() -> None:
    assert answers(SOURCE) == ["1", "2", "2"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("empty", ["nothing", "nothing", "nothing"]),
        ("constant", ["mutant", "mutant", "mutant"]),
        ("forgets", ["1", "1", "0"]),
        ("off-by-one-Inc", ["2", "3", "2"]),
        ("off-by-one-Get", ["1", "2", "3"]),
    ],
)
def test_a_mutant_breaks_what_it_says_and_nothing_else(name: str, said: list[str]) -> None:
    found = {mutant.name: mutant for mutant in essential_mutants(SOURCE, PLAN)}
    assert len(found) == 5
    assert answers(found[name].source) == said


def test_what_the_plan_says_nothing_about_is_not_asked_of_a_suite() -> None:
    stateless = PlanModule("echo", "module-lua", examples=(Example("echoes", (Send("Say"),), (says("hello"),)),))
    assert [mutant.name for mutant in essential_mutants(SOURCE, stateless)] == ["empty", "constant"]
    assert numeric_actions(stateless) == [] and not remembers(stateless)
    assert numeric_actions(PLAN) == ["Inc", "Get"] and remembers(PLAN)


def test_state_that_no_example_shows_is_no_promise() -> None:
    same = Example("again", (Send("Get"), Send("Get")), (says("0"), says("0")))
    assert not remembers(PlanModule("x", "module-lua", state=(StateVar("a"),), examples=(same,)))


ACCOUNT = {"code": "MOD-LUA-ERROR", "message": "boom"}


@pytest.mark.parametrize(
    ("results", "crash", "verdict"),
    [
        ([TestResult("a", Outcome.PASSED)], "", "survived"),
        ([TestResult("a", Outcome.PASSED), TestResult("b", Outcome.FAILED)], "", "killed"),
        ([TestResult("a", Outcome.ERROR, node_failure=ACCOUNT)], "", "killed"),
        ([TestResult("a", Outcome.ERROR, error_type="KeyError")], "", "crashed"),
        ([TestResult("a", Outcome.PASSED)], "timeout", "crashed"),
        ([], "signal 9", "crashed"),
    ],
)
def test_only_an_assertion_or_an_error_of_the_module_kills(results: list[TestResult], crash: str, verdict: str) -> None:
    report = SuiteReport(results=tuple(results), collected=len(results), crash=crash)
    assert fate_of(Mutant("m", "what", ""), report).verdict == verdict


def test_the_summary_counts_and_names_survivors() -> None:
    dead = fate_of(Mutant("one", "x", ""), SuiteReport((TestResult("a", Outcome.FAILED),), 1))
    alive = fate_of(Mutant("two", "y", "", line=7), SuiteReport((TestResult("a", Outcome.PASSED),), 1))
    found = summary([dead, alive], "m.lua")
    assert (found["killed"], found["total"]) == (1, 2)
    assert [(each["name"], each["file"], each["line"]) for each in found["survivors"]] == [("two", "m.lua", 7)]


# -- hunks of a fix

BEFORE = "a\nb\nc\nd\ne\n"


def test_hunks_are_the_places_that_changed() -> None:
    hunks = hunks_of(BEFORE, "a\nB\nc\nd\ne\nf\n")
    assert hunks == [Hunk(1, ("b\n",), 1, ("B\n",)), Hunk(5, (), 5, ("f\n",))]
    assert [hunk.shown for hunk in hunks] == ["line 2: +B", "line 6: +f"]


@pytest.mark.parametrize("after", ["a\nB\nc\nd\ne\nf\n", "b\nc\ne\n", "", "x\ny\n", "a\nb\nb2\nb3\nc\nd\n"])
def test_taking_every_hunk_back_gives_the_text_before(after: str) -> None:
    text = after
    for hunk in reversed(hunks_of(BEFORE, after)):
        text = without(text, hunk)
    assert text == BEFORE


def test_taking_one_back_keeps_the_others(tmp_path: Path) -> None:
    first, second = hunks_of(BEFORE, "a\nB\nc\nd\nE\n")
    assert without("a\nB\nc\nd\nE\n", first) == "a\nb\nc\nd\nE\n"
    assert without("a\nB\nc\nd\nE\n", second) == "a\nB\nc\nd\ne\n"
