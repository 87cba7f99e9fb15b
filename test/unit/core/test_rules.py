"""The rules as DESIGN has them, each with its count and its limit, on simulated runs of hundreds of fixes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from taskrunner.core.facts import Failure, FailureClass
from taskrunner.core.fold import Rank, RunState, candidate, fold
from taskrunner.core.machine import Happened, State
from taskrunner.core.rules import Count, Decision, Limits, decide

BASE: Rank = (1, -5, 0)


class Loop:
    """A run whose fixes and failures a test invents; rules and fold are the real ones."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits
        self.run = fold([("started", {}), ("ready", {}), ("written", {}), ("built", {}), ("passed", {})])
        self.fresh = self.contents()

    @staticmethod
    def contents() -> Iterator[str]:
        number = 0
        while True:
            number += 1
            yield f"c{number}"

    def meets(
        self,
        fingerprint: str,
        rank: Rank = BASE,
        cls: FailureClass = FailureClass.MODULE,
        code: str = "MOD-WRONG-REPLY",
    ) -> Decision:
        failure = Failure(cls, code, "message", test="t", fingerprint=fingerprint)
        current = candidate(self.run, failure.to_json(), rank, self.run.content)
        decision = decide(self.run, failure, current, self.limits)
        data = {"failure": failure.to_json(), "rank": list(rank), "content": self.run.content,
                "rule": decision.fired.to_json() if decision.fired else None}  # fmt: skip
        events = [("failed", {}), (str(decision.event), data)]
        if decision.event is Happened.STUCK:
            events.append(("reconsidered", {}))
        self.run = fold(events, self.run)
        return decision

    def fix(self, content: str | None = None) -> None:
        text = next(self.fresh) if content is None else content
        self.run = fold([("fixed", {"content": text}), ("built", {}), ("passed", {})], self.run)

    def resume(self) -> None:
        again = [("resumed", {}), ("ready", {}), ("written", {}), ("built", {}), ("passed", {})]
        self.run = fold(again, self.run)


def after_fixes(loop: Loop, fingerprints: Iterable[str], contents: Iterable[str | None] = ()) -> list[Decision]:
    """What was decided after each fix."""
    given = iter(contents)
    found = []
    for fingerprint in fingerprints:
        loop.fix(next(given, None))
        found.append(loop.meets(fingerprint))
        if found[-1].event is Happened.HOPELESS:
            break
    return found


def test_a_first_failure_goes_to_the_fixer_with_all_counts_at_zero() -> None:
    decision = Loop().meets("A")
    assert decision.event is Happened.FIXABLE and decision.fired is None
    assert [(each.rule, each.count, each.limit) for each in decision.counts] == [
        ("alternation", 0, 2),
        ("iterations-without-progress", 0, 10),
        ("different-fixes", 0, 3),
    ]


def test_three_different_fixes_with_the_same_failure_step_back() -> None:
    loop = Loop()
    loop.meets("A")
    events = [each.event for each in after_fixes(loop, "AAA")]
    assert events == [Happened.FIXABLE, Happened.FIXABLE, Happened.STUCK]
    assert loop.run.rule == Count("different-fixes", 3, 3, "different fixes led to the same failure").to_json()
    assert loop.run.state is State.FIX


def test_fixes_that_change_nothing_are_iterations_but_no_different_fixes() -> None:
    loop = Loop()
    loop.meets("A")
    decisions = after_fixes(loop, "A" * 12, ["same"] * 12)
    assert [each.event for each in decisions] == [Happened.FIXABLE] * 9 + [Happened.HOPELESS]
    assert decisions[-1].fired is not None
    assert (decisions[-1].fired.rule, decisions[-1].fired.count, decisions[-1].fired.limit) == (
        "iterations-without-progress",
        10,
        10,
    )
    assert decisions[-1].counts[2].count == 1


def test_ten_iterations_without_progress_escalate_and_step_backs_do_not_extend_that() -> None:
    loop = Loop()
    loop.meets("A")
    events = [each.event for each in after_fixes(loop, "A" * 50)]
    stuck, fix = Happened.STUCK, Happened.FIXABLE
    assert events == [fix, fix, stuck, fix, fix, stuck, fix, fix, stuck, Happened.HOPELESS]


def test_the_limit_is_reached_again_only_after_a_person_resumed() -> None:
    loop = Loop()
    loop.meets("A")
    after_fixes(loop, "A" * 50)
    loop.resume()
    assert loop.meets("A").event is Happened.FIXABLE
    assert len(after_fixes(loop, "A" * 50)) == 10


def test_alternation_twice_escalates() -> None:
    loop = Loop()
    loop.meets("A")
    decisions = after_fixes(loop, "BABABABAB", ["x", "y"] * 5)
    assert [each.counts[0].count for each in decisions] == [0, 0, 1, 1, 2]
    fired = decisions[-1].fired
    assert fired is not None and (fired.rule, fired.count, fired.limit) == ("alternation", 2, 2)
    assert decisions[-1].event is Happened.HOPELESS


def test_three_failures_in_turn_are_no_alternation() -> None:
    loop = Loop()
    loop.meets("A")
    assert all(each.counts[0].count == 0 for each in after_fixes(loop, "BCABCABCA"))


def test_an_interrupted_alternation_counts_from_the_interruption() -> None:
    loop = Loop()
    loop.meets("A")
    assert [each.counts[0].count for each in after_fixes(loop, "BABCBAB")] == [0, 0, 1, 0, 0, 0, 0]


def test_slow_real_progress_is_never_stopped() -> None:
    loop = Loop()
    loop.meets("start", (1, -100, 0))
    for test in range(99):
        for _ in range(2):
            loop.fix()
            assert loop.meets(f"t{test}", (1, -(100 - test), test)).event is not Happened.HOPELESS
        loop.fix()
        assert loop.meets(f"t{test + 1}", (1, -(99 - test), test + 1)).event is Happened.FIXABLE
    assert loop.run.iteration == 297


def test_nine_fixes_then_a_better_failure_start_the_count_anew() -> None:
    loop = Loop()
    loop.meets("A")
    assert len(after_fixes(loop, "A" * 9)) == 9
    loop.fix()
    decision = loop.meets("A2", (1, -4, 0))
    assert [each.count for each in decision.counts] == [0, 0, 0]
    assert len(after_fixes_with(loop, "A2", (1, -4, 0), 20)) == 10


def after_fixes_with(loop: Loop, fingerprint: str, rank: Rank, times: int) -> list[Decision]:
    found = []
    for _ in range(times):
        loop.fix()
        found.append(loop.meets(fingerprint, rank))
        if found[-1].event is Happened.HOPELESS:
            break
    return found


def test_a_changed_failure_that_is_not_better_is_no_progress() -> None:
    loop = Loop()
    loop.meets("A")
    after_fixes(loop, "AAAAA")
    loop.fix()
    loop.meets("B", (1, -9, 0))
    decisions = after_fixes(loop, "A" * 20)
    assert decisions[-1].event is Happened.HOPELESS
    assert len(decisions) == 5, "five before the detour and five after it"


def test_environment_escalates_at_once_and_charges_nothing() -> None:
    loop = Loop()
    loop.meets("A")
    loop.fix()
    decision = loop.meets("E", cls=FailureClass.ENVIRONMENT, code="ENV-DISK-FULL")
    assert decision.event is Happened.HOPELESS
    assert decision.fired == Count("environment", 1, 1, "message (ENV-DISK-FULL)")
    assert loop.run.charged == 0


@pytest.mark.parametrize("code", ["ENV-WALLET-MISSING", "ENV-URL-MISSING", "ENV-HYPERBEAM-CONFIG"])
def test_what_only_a_person_can_give_escalates_as_such(code: str) -> None:
    decision = Loop().meets("E", cls=FailureClass.ENVIRONMENT, code=code)
    assert decision.fired is not None and decision.fired.rule == "needs-user-input"


def test_unknown_is_charged_like_any_other() -> None:
    loop = Loop()
    loop.meets("U", cls=FailureClass.UNKNOWN, code="UNK-FAILURE")
    loop.fix()
    loop.meets("U", cls=FailureClass.UNKNOWN, code="UNK-FAILURE")
    assert loop.run.charged == 1


def test_limits_are_what_a_person_set() -> None:
    loop = Loop(Limits(different_fixes=2, iterations=4, alternations=1))
    loop.meets("A")
    events = [each.event for each in after_fixes(loop, "A" * 9)]
    assert events == [Happened.FIXABLE, Happened.STUCK, Happened.FIXABLE, Happened.HOPELESS]


def test_a_person_who_looks_again_without_a_fix_is_not_charged() -> None:
    loop = Loop()
    for _ in range(30):
        assert loop.meets("A").event is Happened.FIXABLE
        loop.run = fold([("started", {}), ("ready", {}), ("written", {}), ("built", {}), ("passed", {})], loop.run)
    assert loop.run.charged == 0


def test_a_new_run_state_has_no_counts() -> None:
    failure = Failure(FailureClass.MODULE, "X", "m", fingerprint="A")
    current = candidate(RunState(), failure.to_json(), BASE, "")
    assert decide(RunState(), failure, current).event is Happened.FIXABLE
