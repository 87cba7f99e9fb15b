"""What `resume`, `retry` and `skip` share: a person's act on a task, journalled as such, then perhaps a run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from taskrunner.errors import InputError

if TYPE_CHECKING:
    from taskrunner.core.machine import Happened
    from taskrunner.project import Workspace


def by_person(act: str) -> None:
    """Refuse an act to a process that an agent of ours started: INPUT-AGENT-ACT."""
    if os.environ.get("TASKRUNNER_BRIEF"):
        message = f"`taskrunner {act}` is a person's act, and this process was started by an agent"
        raise InputError(
            message, code="INPUT-AGENT-ACT", hint="leave it to a person: say in your answer why it is needed"
        )


def decide(found: Workspace, task: str, act: Happened) -> None:
    """Perform a person's act. Raises InputError where the task's state does not allow it."""
    from taskrunner.core.machine import IllegalEvent
    from taskrunner.runner import act as perform

    verb = {"resumed": "resume", "retried": "retry", "skipped": "skip"}[str(act)]
    by_person(verb)
    try:
        perform(found, task, act)
    except IllegalEvent as error:
        message = f"task {task} is in the state `{error.state}`; there is nothing to {verb}"
        raise InputError(message, code="INPUT-NOT-NOW", hint=f"see `taskrunner status {task}`") from None
