"""What the judge looks at: a failing run, the plan, and what the experiments showed so far.

Frozen types only. Whoever performs an experiment returns an Observation; this room turns observations into one Ruling.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from taskrunner.core.facts import Evidence, SuiteReport, TestResult
from taskrunner.core.plan import PlanModule, TaskType


class Experiment(StrEnum):
    """The experiments in their order; the first that decides ends the search (DESIGN, *Classification by evidence*)."""

    MACHINE = "machine"  # node answers with our nonce, toolchain, wallet, port, disk, clock
    CANARY = "canary"  # our known-good module answers on the same node
    MODULE = "module"  # parses, compiles, loads, exports what it must
    SUITE = "suite"  # parses, collects, its lock holds
    TWICE = "twice"  # the same test, alone, on fresh state, twice
    REPLAY = "replay"  # the recorded requests, at another time, with other randomness
    RAISED = "raised"  # a trap, a limit or an error inside the module (read from the report)
    PLAN = "plan"  # the module against the plan's own examples
    ANSWERS = "answers"  # the same test, with other answers of the module
    NEIGHBOURS = "neighbours"  # the test's messages with other numbers in them


@dataclass(frozen=True, slots=True)
class Observation:
    """What one experiment showed. A `code` means that it found a fault; without one it only adds evidence.

    `facts` by experiment: TWICE `runs` (list of {"outcome", "message", "got"}); REPLAY `differs` (bool);
    PLAN `examples` ({name: "holds" | what failed}), `code` of the first node failure that came up; ANSWERS
    `independent` (bool); NEIGHBOURS what `regular` weighs.
    """

    experiment: Experiment
    verdict: str
    detail: str = ""
    code: str = ""
    message: str = ""
    file: str | None = None
    line: int | None = None
    hint: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def evidence(self) -> Evidence:
        """The observation as it goes into journal and brief."""
        return Evidence(str(self.experiment), self.verdict, self.detail)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the judge found: a code (see `codes`), the sentence, the place, and who found it."""

    code: str
    message: str
    experiment: Experiment
    file: str | None = None
    line: int | None = None
    hint: str = ""
    verdict: str = ""
    detail: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """A failure to classify.

    `phase` is the state of the machine that failed. `fault` is the JSON of an error that ended the phase without a
    report (build, scaffold, preflight, gate). `generated` says that the suite is, byte for byte, what we write from the
    plan: then its expectations are the plan's.
    """

    phase: str
    task: TaskType = TaskType.LUA
    plan: PlanModule | None = None
    report: SuiteReport | None = None
    failed: TestResult | None = None
    fault: dict[str, Any] | None = None
    generated: bool = False
    observations: tuple[Observation, ...] = ()

    def seen(self, experiment: Experiment) -> Observation | None:
        """What that experiment showed, if it was performed."""
        return next((each for each in self.observations if each.experiment is experiment), None)

    def with_observation(self, observation: Observation) -> Case:
        """The case with one more observation; an experiment counts once, the last performance wins."""
        kept = tuple(each for each in self.observations if each.experiment is not observation.experiment)
        return replace(self, observations=(*kept, observation))
