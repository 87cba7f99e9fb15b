"""What the loop keeps under `.taskrunner/`, and where git stands, while an agent fixes: changes are put back or told.

A forged or removed journal would make a status of words; so its events are compared, and those that an agent wrote for
the task are taken out. A user's branch is theirs: where an agent moved HEAD or staged files, that is told, not undone.
"""

from __future__ import annotations

import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from taskrunner.errors import TaskrunnerError

if TYPE_CHECKING:
    from taskrunner.project.journal import Event
    from taskrunner.runner.context import Run


@dataclass(frozen=True, slots=True)
class OwnState:
    """What was there before the fix."""

    events: list[Event]
    files: dict[Path, bytes]
    git: tuple[str, ...]


def remember(run: Run) -> OwnState:
    """The journal's events, claims and wallets, and where git stands. The journal is closed until it is asked again."""
    events = run.journal.events()
    run.journal.close()
    state = run.workspace.state_dir
    kept = [*sorted((state / "claims").glob("*.json")), *sorted((state / "wallets").glob("*.json"))]
    return OwnState(events, {path: path.read_bytes() for path in kept}, git_state(run.workspace.root))


def put_back(run: Run, before: OwnState) -> list[str]:
    """Repair what is ours, say what is the user's; flags for the next brief."""
    flags = [f"removed or changed {run.shown(path)}: put back" for path in before.files if _repaired(run, path, before)]
    if not _intact(run, before.events):
        run.journal.put_back(run.task.id, before.events)
        flags.append("changed the journal under .taskrunner: put back")
    return flags + _git_flags(before.git, git_state(run.workspace.root))


def _repaired(run: Run, path: Path, before: OwnState) -> bool:
    """Whether a file of ours had to be written again. Claims of other runs come and go by themselves."""
    from taskrunner.project.files import write_atomic

    others = path.parent.name == "claims" and path.stem != str(run.task.id)
    with suppress(OSError):
        if path.read_bytes() == before.files[path]:
            return False
    if others:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, before.files[path], mode=0o600)
    return True


def _intact(run: Run, before: list[Event]) -> bool:
    """Whether every event is there as it was, and none of this task came: other tasks may be run meanwhile."""
    try:
        now = run.journal.events()
    except TaskrunnerError:
        return False
    known = {event.seq for event in before}
    return [event for event in now if event.seq in known or event.task_id == str(run.task.id)] == before


def git_state(root: Path) -> tuple[str, ...]:
    """Branch, commit and staged files of the repository around the workspace; empty where there is none."""
    questions = (["symbolic-ref", "-q", "HEAD"], ["rev-parse", "-q", "--verify", "HEAD"], ["diff", "--cached", "--raw"])
    answers = []
    for question in questions:
        command = ["git", "-c", "core.fsmonitor=false", "-C", str(root), *question]
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return ()
        answers.append(done.stdout.strip())
    return tuple(answers)


def _git_flags(before: tuple[str, ...], now: tuple[str, ...]) -> list[str]:
    if before == now or len(before) != len(now):
        return []
    (branch, commit, staged), (new_branch, new_commit, new_staged) = before, now
    flags = []
    if branch != new_branch:
        flags.append(f"left the branch {branch.rpartition('/')[2]}: it stays so; `git switch -` goes back")
    elif commit != new_commit:
        undo = f"`git reset --soft {commit[:12]}` undoes that" if commit else "it is the first one"
        flags.append(f"made a commit in your repository: it stays; {undo}")
    elif staged != new_staged:
        flags.append("changed what is staged in git: it stays; `git diff --cached` shows it")
    return flags
