"""Named moments between two durable effects, so that a test can end the process exactly there.

Outside of such a test a point costs one comparison and does nothing. This file knows no files and no journal: whoever
writes, syncs, renames or starts a process names the moment with `point("...")`.

`TASKRUNNER_TEST_KILL_AT=n` ends the process with SIGKILL at its n-th point; `TASKRUNNER_TEST_KILL_LOG=FILE` writes the
names of the points passed, one a line. Both count in the process that was started, not in its forks and children.
"""

from __future__ import annotations

import os
import signal

_owner = os.getpid()
_kill_at = int(os.environ.pop("TASKRUNNER_TEST_KILL_AT", "0") or 0)
_log = os.environ.pop("TASKRUNNER_TEST_KILL_LOG", "")
_passed = 0


def point(name: str) -> None:
    """A moment at which a killed process must leave files that the next run can go on from."""
    if _kill_at or _log:
        _pass(name)


def _pass(name: str) -> None:
    global _passed
    if os.getpid() != _owner:
        return
    _passed += 1
    if _log:
        with open(_log, "a", encoding="utf-8") as log:
            log.write(f"{_passed} {name}\n")
    if _passed == _kill_at:
        os.kill(_owner, signal.SIGKILL)
