"""The runner drives the loop: it performs what `core.machine` asks for and journals what happened. It decides nothing.

Facade (stable):
    run_task(workspace, task_id, reporter=..., agent=...) -> RunOutcome     the loop until FIX, DONE or ESCALATED
    act(workspace, task_id, Happened.RESUMED | RETRIED | SKIPPED)           a person's act, journalled as such
    state_of(workspace, task_id) -> core.fold.RunState                      the fold of the journal
"""

from __future__ import annotations
