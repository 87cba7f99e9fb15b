"""The exit codes, decided in one place (DESIGN *Interface*)."""

from __future__ import annotations

from taskrunner.errors import BusyError, EnvironmentFault, TaskrunnerError

DONE = 0
WORK_REMAINS = 1
BAD_INPUT = 2
ESCALATED = 3
ENVIRONMENT = 4
BUSY = 5
OUR_BUG = 70
INTERRUPTED = 130
TERMINATED = 143


def code_for(error: BaseException) -> int:
    """The exit code that an exception stands for."""
    match error:
        case BusyError():
            return BUSY
        case EnvironmentFault():
            return ENVIRONMENT
        case TaskrunnerError():
            return BAD_INPUT
        case KeyboardInterrupt():
            return INTERRUPTED
        case _:
            return OUR_BUG
