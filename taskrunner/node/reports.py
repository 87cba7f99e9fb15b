"""What a node noticed about a slot beyond its answer: steps, failure, and hazards that production would punish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from taskrunner.node.results import Failure


@dataclass(frozen=True, slots=True)
class Warning_:
    """One hazard of fidelity, with the module's line where it is known."""

    code: str
    message: str
    file: str | None = None
    line: int | None = None
    hint: str = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part)
        return f"{place}: {self.message}" if place else self.message


@dataclass(frozen=True, slots=True)
class SlotReport:
    """One computed slot. `steps` counts Lua's steps; `reloaded` says that `base` came out of the cache before it."""

    slot: int
    status: str
    steps: int = 0
    reloaded: bool = False
    warnings: tuple[Warning_, ...] = ()
    failure: Failure | None = None

    def to_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "slot": self.slot,
            "status": self.status,
            "steps": self.steps,
            "reloaded": self.reloaded,
            "warnings": [str(warning) for warning in self.warnings],
            "failure": self.failure.message if self.failure else None,
        }
