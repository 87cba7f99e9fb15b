"""What an agent is to the loop: something that is given one brief and may change files.

Its answer says only how it ended. Whether anything was fixed is found out elsewhere, from the files and the suite.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Assignment:
    """One fix to make: the brief as text and as a file, and where everything the agent prints is kept.

    `iteration` is 1 for the first fix of a task, and again after a retry; `seconds` is what a budget leaves for this
    fix, None without one.
    """

    task_id: str
    iteration: int
    text: str
    brief_file: Path
    log_file: Path
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class AgentReport:
    """How an agent ended. `exit_code` is negative for a signal, None when it never ran or was ended by us.

    `exhausted` means that there is nothing left to try (a replay at its end); `files` are the paths that it says it
    changed, which only a replay knows; `log_truncated` counts bytes that did not fit into the log.
    """

    exit_code: int | None
    seconds: float
    log: Path
    timed_out: bool = False
    exhausted: bool = False
    log_truncated: int = 0
    files: tuple[str, ...] = ()


class Agent(Protocol):
    """Anything that takes an assignment. Raises EnvironmentFault when it cannot even start.

    `allow` are patterns of files that a person lets it change beside those that the failure is about.
    """

    name: str
    allow: tuple[str, ...]

    def fix(self, assignment: Assignment) -> AgentReport:
        """Works in the workspace until it ends; blocks."""
        ...
