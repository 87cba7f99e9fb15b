"""CLASSIFY: performs the experiments that `core.judge` names, journals their evidence, and lets the rules decide.

The order, the verdict and the limits are core's; this module only carries answers there and the decision back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.core.case import Case, Experiment, Observation
from taskrunner.core.fold import candidate
from taskrunner.core.judge import next_experiment, verdict
from taskrunner.core.machine import Happened
from taskrunner.core.rules import Limits, decide
from taskrunner.errors import EnvironmentFault
from taskrunner.runner.contents import content_hash
from taskrunner.runner.context import Failing
from taskrunner.runner.locating import located

if TYPE_CHECKING:
    from taskrunner.runner.context import Run


def classify_failure(run: Run) -> tuple[Happened, dict[str, Any]]:
    """The event that follows from the failure, with failure, counts and the rule that fired."""
    failing = run.failing or Failing(Case("test_all"))
    failing.case = gather(run, failing.case)
    failure = failing.failure = located(run, failing.case, verdict(failing.case))
    content = content_hash(run)
    current = candidate(run.state, failure.to_json(), failing.rank, content)
    decision = decide(run.state, failure, current, limits_of(run))
    counts = {each.rule: [each.count, each.limit] for each in decision.counts}
    failing.counts = {name: (pair[0], pair[1]) for name, pair in counts.items()}
    data = {
        "failure": failure.to_json(),
        "rank": list(failing.rank),
        "content": content,
        "run": failing.run,
        "rules": counts,
        "rule": decision.fired.to_json() if decision.fired else None,
    }
    return decision.event, data


def gather(run: Run, case: Case) -> Case:
    """The case with every experiment that the judge asked for; each is journalled as it comes in."""
    while (experiment := next_experiment(case)) is not None:
        observation = perform(run, experiment, case)
        run.note("evidence", {"experiment": str(experiment), **_shown(observation)})
        case = case.with_observation(observation)
    return case


def perform(run: Run, experiment: Experiment, case: Case) -> Observation:
    """One experiment. A machine that is in its way is what it showed."""
    from taskrunner.runner.activities import fault_of
    from taskrunner.runner.experiments import PERFORMERS

    try:
        return PERFORMERS[experiment](run, case)
    except (EnvironmentFault, OSError, MemoryError) as error:
        fault = fault_of(error)
        code = fault["code"] if fault["code"].startswith("ENV-") else "ENV-FAULT"
        return Observation(experiment, code, fault["message"], code=code, message=fault["message"])


def limits_of(run: Run) -> Limits:
    """The rules' limits as the settings have them."""
    rules = run.settings.rules
    return Limits(rules.step_back, rules.escalate, rules.alternations)


def _shown(observation: Observation) -> dict[str, Any]:
    plain = {"verdict": observation.verdict, "detail": observation.detail, "code": observation.code}
    facts = {name: value for name, value in observation.facts.items() if name in ("examples", "differs", "suspects")}
    return {**plain, **({"facts": facts} if facts else {})}
