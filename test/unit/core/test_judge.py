"""The judge asks in DESIGN's order, stops at the first answer, and says unknown when nothing decides."""

from __future__ import annotations

from typing import Any

import pytest
from cases import (
    COUNTER,
    HARNESS_FRAME,
    MODULE_FRAME,
    TEST_FRAME,
    answered,
    case,
    clean,
    failed,
    passes_alone,
    report,
    sent,
    stable,
    talk,
)

from taskrunner.core.case import Case, Experiment, Observation
from taskrunner.core.facts import FailureClass, Frame, Outcome
from taskrunner.core.judge import next_experiment, verdict


def asked(case: Case, *given: Observation) -> list[str]:
    """The experiments that the judge asks for, until it has its answer; what is not given shows nothing."""
    by_experiment = {each.experiment: each for each in given}
    found = []
    while (experiment := next_experiment(case)) is not None:
        found.append(str(experiment))
        assert len(found) < 20, "the judge asks for the same experiment again"
        default = stable(case.failed) if experiment is Experiment.TWICE and case.failed else clean(experiment)
        case = case.with_observation(by_experiment.get(experiment, default))
    return found


def fault(experiment: Experiment, code: str, **more: Any) -> Observation:
    return Observation(experiment, code, "as seen", code=code, **more)


def test_the_order_for_a_failed_assertion() -> None:
    assert asked(case(failed())) == [
        *("machine", "canary", "module", "suite", "twice", "plan", "answers", "neighbours")
    ]


def test_a_replay_is_asked_for_only_when_verdicts_differ() -> None:
    differing = clean(Experiment.TWICE, runs=[{"outcome": "failed"}, {"outcome": "passed"}])
    assert asked(case(failed()), differing)[:6] == ["machine", "canary", "module", "suite", "twice", "replay"]


@pytest.mark.parametrize(
    ("experiment", "code", "cls"),
    [
        (Experiment.MACHINE, "ENV-DISK-FULL", FailureClass.ENVIRONMENT),
        (Experiment.CANARY, "ENV-CANARY", FailureClass.ENVIRONMENT),
        (Experiment.MODULE, "MOD-LUA-SYNTAX", FailureClass.MODULE),
        (Experiment.SUITE, "TEST-LOCKED", FailureClass.TEST),
    ],
)
def test_the_first_experiment_that_finds_a_fault_decides(experiment: Experiment, code: str, cls: FailureClass) -> None:
    found = fault(experiment, code, file="a.lua", line=3, hint="do this")
    order = asked(case(failed()), found)
    assert order[-1] == str(experiment)
    failure = verdict(answered(case(failed()), found))
    assert (failure.code, failure.cls, failure.file, failure.line, failure.hint) == (code, cls, "a.lua", 3, "do this")


def test_an_earlier_experiment_wins_over_a_later_one() -> None:
    both = answered(case(failed()), fault(Experiment.MODULE, "MOD-LUA-SYNTAX"), fault(Experiment.MACHINE, "ENV-FAULT"))
    assert verdict(both).code == "ENV-FAULT"


def test_evidence_holds_what_was_seen_up_to_the_answer() -> None:
    failure = verdict(answered(case(failed()), fault(Experiment.SUITE, "TEST-LOCKED")))
    assert [each.experiment for each in failure.evidence] == ["machine", "canary", "module", "suite"]
    assert failure.evidence[-1].verdict == "TEST-LOCKED"


@pytest.mark.parametrize(
    ("phase", "expected"),
    [("preflight", ["machine"]), ("scaffold", ["machine", "module"]), ("build", ["machine", "module"])],
)
def test_without_a_suite_only_machine_and_module_are_looked_at(phase: str, expected: list[str]) -> None:
    given = Case(phase, fault={"code": "BUG-ODD", "message": "what"})
    assert asked(given) == expected


def test_a_fault_of_the_machine_decides_at_once() -> None:
    given = Case("build", fault={"code": "ENV-LINKER", "message": "no linker", "hint": "install it"})
    assert next_experiment(given) is None
    failure = verdict(given)
    assert (failure.code, failure.message, failure.hint) == ("ENV-LINKER", "no linker", "install it")


def test_an_unknown_machine_code_is_still_the_machine() -> None:
    assert verdict(Case("preflight", fault={"code": "ENV-NEW", "message": "x"})).cls is FailureClass.ENVIRONMENT


def test_a_build_fault_stands_after_the_machine_was_looked_at() -> None:
    given = Case("build", fault={"code": "MOD-LUA-SYNTAX", "message": "unexpected symbol", "file": "m.lua", "line": 4})
    assert asked(given) == ["machine", "module"]
    failure = verdict(answered(given))
    assert (failure.code, failure.cls, failure.file, failure.line) == (
        "MOD-LUA-SYNTAX",
        FailureClass.MODULE,
        "m.lua",
        4,
    )


def test_a_proof_that_is_missing_is_the_suites() -> None:
    given = Case(
        "prove", fault={"code": "TEST-WEAK", "message": "green on a broken module", "facts": {"survivors": [1]}}
    )
    failure = verdict(answered(given))
    assert (failure.code, failure.cls, failure.facts) == ("TEST-WEAK", FailureClass.TEST, {"survivors": [1]})


def test_a_code_that_nobody_knows_is_said_to_be_unknown() -> None:
    assert verdict(answered(Case("build", fault={"code": "BUG-ODD"}))).code == "UNK-HARNESS"


def test_nondeterminism_and_flakiness_are_split_by_the_replay() -> None:
    differing = clean(Experiment.TWICE, runs=[{"outcome": "failed"}, {"outcome": "passed"}])
    given = case(failed())
    module = answered(given, differing, Observation(Experiment.REPLAY, "differs", "7, then 8", facts={"differs": True}))
    test = answered(given, differing, clean(Experiment.REPLAY, differs=False))
    assert verdict(module).code == "MOD-NONDETERMINISM" and "7, then 8" in verdict(module).message
    assert verdict(test).code == "TEST-FLAKY"
    assert verdict(test).file == "test/test_counter_module.py"


def test_failing_in_two_ways_is_unstable_too() -> None:
    differing = clean(Experiment.TWICE, runs=[{"outcome": "failed", "got": "7"}, {"outcome": "failed", "got": "8"}])
    assert "replay" in asked(case(failed()), differing)


def test_a_test_that_failed_once_and_never_again_is_unstable() -> None:
    given = answered(case(failed()), passes_alone(again="passed"))
    assert next_experiment(given) is Experiment.REPLAY


def test_a_test_that_passes_alone_and_fails_in_the_suite_depends_on_others() -> None:
    own = failed(exchanges=talk(("Inc", "1")))
    assert verdict(answered(case(own), passes_alone(talk(("Inc", "1"))))).code == "TEST-ORDER"
    shared = failed(exchanges=talk(("Inc", "4"), first=4))
    failure = verdict(answered(case(shared), passes_alone(talk(("Inc", "1")))))
    assert failure.code == "TEST-SHARED-STATE" and "slot 4" in failure.message


def test_the_same_requests_with_other_answers_are_a_leaking_module() -> None:
    leaking = failed(exchanges=talk(("Inc", "4")))
    assert verdict(answered(case(leaking), passes_alone(talk(("Inc", "1"))))).code == "MOD-STATE-SHARED"


@pytest.mark.parametrize(
    "code", ["MOD-LUA-ERROR", "MOD-TIME-LIMIT", "MOD-MEMORY-LIMIT", "MOD-LUA-FIDELITY", "MOD-WASM-TRAP", "MOD-RETURN"]
)
def test_what_the_node_says_was_raised_inside_the_module_is_the_modules(code: str) -> None:
    account = {"code": code, "message": "boom", "file": "m.lua", "line": 7, "function": "inc", "slot": 2}
    result = failed(
        outcome=Outcome.ERROR, error_type="NodeError", node_failure=account, frames=(TEST_FRAME, MODULE_FRAME)
    )
    failure = verdict(answered(case(result)))
    assert (failure.code, failure.cls, failure.file, failure.line) == (code, FailureClass.MODULE, "m.lua", 7)
    assert "in inc at slot 2" in failure.evidence[-1].detail


@pytest.mark.parametrize("account", [{"code": "HB-404"}, {"code": "TEST-FLAKY"}, {}])
def test_other_words_of_the_node_decide_nothing(account: dict[str, Any]) -> None:
    result = failed(node_failure=account, expected=None, got=None)
    assert verdict(answered(case(result))).code == "UNK-FAILURE"


def test_the_machine_may_be_to_blame_inside_the_node_too() -> None:
    account = {"code": "ENV-MEMORY", "message": "no memory"}
    assert verdict(answered(case(failed(node_failure=account)))).cls is FailureClass.ENVIRONMENT


def test_unknown_is_said_with_both_hypotheses() -> None:
    result = failed(exchanges=talk(("Inc", "1"), ("Dec", "0")), expected="5", got="0")
    failure = verdict(answered(case(result)))
    assert (failure.code, failure.cls) == ("UNK-FAILURE", FailureClass.UNKNOWN)
    assert len(failure.facts["hypotheses"]) == 2


def test_a_failure_without_words_or_test_is_unknown_too() -> None:
    assert "without a message" in verdict(answered(case(failed(message="", expected=None, got=None)))).message
    assert verdict(answered(case(None, report=None))).code == "UNK-HARNESS"


def test_tests_that_did_not_run_are_told_with_their_number() -> None:
    left_out = verdict(answered(case(None, report=report(exit_code=0, collected=3))))
    assert left_out.code == "TEST-SKIPPED" and "3 of 3 tests did not run" in left_out.message
    skipped = failed(outcome=Outcome.SKIPPED, message="later")
    told = verdict(answered(case(None, report=report(skipped, exit_code=0, collected=1))))
    assert told.code == "TEST-SKIPPED" and "later" in told.message and told.line == skipped.line


def test_without_a_plan_an_assertion_decides_nothing() -> None:
    assert verdict(answered(case(failed(), plan=None))).code == "UNK-FAILURE"


def test_the_place_is_the_deepest_line_of_whoever_is_to_blame() -> None:
    frames = (TEST_FRAME, HARNESS_FRAME, Frame("m.lua", 1, "compute", "module"), MODULE_FRAME)
    result = failed(frames=frames, example="three times")
    failure = verdict(answered(case(result, generated=True)))
    assert (failure.file, failure.line) == (MODULE_FRAME.file, MODULE_FRAME.line)
    nowhere = failed(frames=(), example="three times")
    assert verdict(answered(case(nowhere, generated=True))).file is None


def test_the_same_fault_twice_has_one_fingerprint_and_another_test_another() -> None:
    first = verdict(answered(case(failed(got="2"), generated=True)))
    again = verdict(answered(case(failed(got="7", message="assert '7' == '3'"), generated=True)))
    other = verdict(answered(case(failed(id="test_other"), generated=True)))
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_a_failure_prints_as_the_design_has_it() -> None:
    printed = verdict(answered(case(failed(), generated=True))).to_json()
    assert {"class", "code", "test", "message", "file", "line", "fingerprint", "evidence", "doc", "hint"} <= set(
        printed
    )
    assert printed["doc"] == f"taskrunner explain {printed['code']}"


def test_asking_twice_changes_nothing() -> None:
    given = answered(case(failed()))
    assert verdict(given) == verdict(given)
    assert given.with_observation(clean(Experiment.CANARY)).seen(Experiment.CANARY) == clean(Experiment.CANARY)


def test_a_message_to_another_process_is_not_mixed_in() -> None:
    mixed = (*talk(("Inc", "1"), process="P"), sent("Get", 1, process="Q"))
    assert verdict(answered(case(failed(exchanges=mixed, expected="1", got="2")), clean(Experiment.PLAN))).code != ""
    assert COUNTER.examples
