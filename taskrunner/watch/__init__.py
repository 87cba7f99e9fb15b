"""Watch mode: on save, verdict. A warm process forks for each run; the proof follows when the keyboard is quiet.

    session.py    what happens when: changes, keys, verdicts and the proof, as one queue of events
    quick.py      one verdict: check, the failed test, then all tests
    background.py the proof: `taskrunner run` in a process of its own, ended by the next save
    changes.py    which files matter, and when they have changed
    keyboard.py   single keys from a terminal
    screen.py     the one frame that is redrawn

The verdict on the screen is quick and writes nothing; only the proof writes the journal and a status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskrunner.project import Workspace


def watch(workspace: Workspace, task_id: int | str, stream: Any, *, runs: int | None = None) -> int:
    """Watch a task until `q`, Ctrl-C or `runs` verdicts; the exit code of the last verdict (0 green, 1 not)."""
    from taskrunner.watch.session import Session

    with Session(workspace, task_id, stream) as session:
        return session.run(runs)
