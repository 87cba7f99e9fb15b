"""The judge: which experiment to perform next, and what the evidence says in the end. First answer wins.

The order is DESIGN's: is it the machine, is it our node, does the module stand, does the suite stand, is the verdict
stable, did the module raise, what does the plan say. Pure functions over a Case; performing is the runner's business.

    while (experiment := next_experiment(case)) is not None:
        case = case.with_observation(perform(experiment, case))
    failure = verdict(case)
"""

from __future__ import annotations

from collections.abc import Callable

from taskrunner.core.blame import crashed, judge_suite_report, machine_fault, raised
from taskrunner.core.case import Case, Experiment, Observation, Ruling
from taskrunner.core.codes import code, is_failure
from taskrunner.core.expectations import judge_by_plan, tests_disturb_each_other
from taskrunner.core.facts import Evidence, Failure, FailureClass, Outcome
from taskrunner.core.fingerprint import fingerprint
from taskrunner.core.leanings import judge_by_answers, judge_by_neighbours

# Phases in which no suite ran: what stands in the fault is all there is beside machine and module.
WITHOUT_SUITE = frozenset({"preflight", "scaffold", "build"})


def next_experiment(case: Case) -> Experiment | None:
    """The experiment whose answer is needed next; None when the evidence is complete."""
    pending, _ = _walk(case)
    return pending


def verdict(case: Case) -> Failure:
    """The failure that the evidence shows; complete only after `next_experiment` gave None."""
    _, ruling = _walk(case)
    return _failure(case, ruling or _unknown(case))


def _walk(case: Case) -> tuple[Experiment | None, Ruling | None]:
    """Walks the experiments in order: to the first that is missing, or to the first that decides."""
    known = _known_fault(case)
    if known and _class_of(known.code) is FailureClass.ENVIRONMENT:
        return None, known
    for experiment, needed, judge in _ORDER:
        if not needed(case):
            continue
        observation = case.seen(experiment)
        if observation is None and experiment not in _READ_FROM_THE_REPORT:
            return experiment, None
        ruling = _named(observation) or judge(case)
        if ruling is not None:
            return None, ruling
        if experiment is Experiment.MODULE and known is not None:
            return None, known
    return None, known


def _known_fault(case: Case) -> Ruling | None:
    """What the phase itself reported, if its code is one of ours (a compiler's error, a weak suite, a lost lock)."""
    fault = case.fault
    if fault is None:
        return machine_fault(case)
    name = str(fault.get("code", ""))
    if not is_failure(name):
        name = "UNK-HARNESS"
    experiment = Experiment.MACHINE if name.startswith("ENV-") else Experiment.SUITE
    return Ruling(
        name,
        str(fault.get("message", code(name).title)),
        Experiment.MODULE if name.startswith("MOD-") else experiment,
        fault.get("file"),
        fault.get("line"),
        str(fault.get("hint", "")),
        verdict=f"the phase {case.phase} ended with {name}",
        facts=dict(fault.get("facts", {})),
    )


def _named(observation: Observation | None) -> Ruling | None:
    """The ruling of an observation that names its fault."""
    if observation is None or not observation.code:
        return None
    message = observation.message or observation.detail or code(observation.code).title
    place = (observation.file, observation.line, observation.hint)
    return Ruling(observation.code, message, observation.experiment, *place, facts=observation.facts)


def _nothing(case: Case) -> Ruling | None:
    return None


def _always(case: Case) -> bool:
    return True


def _suite_ran(case: Case) -> bool:
    return case.phase not in WITHOUT_SUITE


def _test_failed(case: Case) -> bool:
    return _suite_ran(case) and case.failed is not None and bool(case.failed.id) and not crashed(case)


def _unstable(case: Case) -> bool:
    """Whether the same test on fresh state gave two different answers; failing twice alike is stable."""
    twice = case.seen(Experiment.TWICE)
    if twice is None or not _test_failed(case):
        return False
    runs = twice.facts.get("runs", ())
    if twice.facts.get("again") == Outcome.PASSED:
        return True
    return len({(run.get("outcome"), run.get("message"), run.get("got")) for run in runs}) > 1


def _judge_replay(case: Case) -> Ruling | None:
    replay = case.seen(Experiment.REPLAY)
    if replay is None:
        return None
    if replay.facts.get("differs"):
        return Ruling(
            "MOD-NONDETERMINISM",
            f"the same requests got different answers: {replay.detail}",
            Experiment.REPLAY,
            replay.file,
            replay.line,
        )
    failed = case.failed
    return Ruling(
        "TEST-FLAKY",
        "the test gave different verdicts although the module answers the same requests the same way",
        Experiment.REPLAY,
        failed.file if failed else None,
        failed.line if failed else None,
    )


_ORDER: tuple[tuple[Experiment, Callable[[Case], bool], Callable[[Case], Ruling | None]], ...] = (
    (Experiment.MACHINE, _always, _nothing),
    (Experiment.CANARY, _suite_ran, _nothing),
    (Experiment.MODULE, lambda case: case.phase != "preflight", _nothing),
    (Experiment.SUITE, _suite_ran, judge_suite_report),
    (Experiment.TWICE, _test_failed, _nothing),
    (Experiment.REPLAY, _unstable, _judge_replay),
    (Experiment.RAISED, _test_failed, raised),
    (Experiment.TWICE, _test_failed, tests_disturb_each_other),
    (Experiment.PLAN, _test_failed, judge_by_plan),
    (Experiment.ANSWERS, _test_failed, judge_by_answers),
    (Experiment.NEIGHBOURS, _test_failed, judge_by_neighbours),
)
_READ_FROM_THE_REPORT = frozenset({Experiment.RAISED})


def _unknown(case: Case) -> Ruling:
    failed = case.failed
    if failed is None:
        crash = case.report.crash if case.report else ""
        return Ruling("UNK-HARNESS", crash or "the run failed and left no test to look at", Experiment.SUITE)
    return Ruling(
        "UNK-FAILURE",
        failed.message or f"{failed.error_type or 'a failure'} without a message",
        Experiment.PLAN,
        failed.file or None,
        failed.line,
        facts={
            "hypotheses": [
                "the module answers wrongly, in a way that no example of the plan states",
                "the test expects something that the plan does not ask for",
            ]
        },
    )


def _class_of(name: str) -> FailureClass:
    return code(name).cls or FailureClass.UNKNOWN


def _failure(case: Case, ruling: Ruling) -> Failure:
    failed = case.failed
    cls = _class_of(ruling.code)
    test = failed.id if failed else ""
    error_type, frames = (failed.error_type, failed.frames) if failed else ("", ())
    earlier = _before(ruling)
    evidence = [observation.evidence for observation in case.observations if observation.experiment in earlier]
    evidence.append(Evidence(str(ruling.experiment), ruling.verdict or ruling.code, ruling.detail or ruling.message))
    return Failure(
        cls,
        ruling.code,
        ruling.message,
        test=test,
        file=ruling.file or _place(case, cls)[0],
        line=ruling.line if ruling.file else _place(case, cls)[1],
        fingerprint=fingerprint(cls, ruling.code, test, error_type, ruling.message, frames),
        evidence=tuple(evidence),
        hint=ruling.hint or code(ruling.code).hint,
        expected=failed.expected if failed else None,
        got=failed.got if failed else None,
        facts=ruling.facts,
    )


def _before(ruling: Ruling) -> frozenset[Experiment]:
    """The experiments up to the one that decided; a later one cannot have been evidence."""
    order = list(Experiment)
    return frozenset(order[: order.index(ruling.experiment)])


def _place(case: Case, cls: FailureClass) -> tuple[str | None, int | None]:
    """Where to look when the ruling names no place: the module's deepest line, or the test's."""
    failed = case.failed
    if failed is None:
        return None, None
    role = "module" if cls is FailureClass.MODULE else "test"
    frame = next((frame for frame in reversed(failed.frames) if frame.role == role), None)
    if frame is not None:
        return frame.file, frame.line
    return (failed.file or None, failed.line) if cls is FailureClass.TEST else (None, None)
