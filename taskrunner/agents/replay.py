"""A recorded agent: applies one recorded change a fix, in order, so that demos and tests need no agent at all.

    DIR/1-wrong-fix/custom_lua/counter.lua.edit      edits of a file (see `edits`)
    DIR/2-right-fix/custom_lua/counter.lua           or a whole file, copied into the workspace

Which step comes next is remembered by the iteration it is asked for, not by a file: the first fix takes the first step.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

from taskrunner.agents.base import AgentReport, Assignment
from taskrunner.agents.edits import edited, read_edits
from taskrunner.errors import InputError
from taskrunner.project import Workspace
from taskrunner.project.faults import point
from taskrunner.project.files import io_errors, read_text, write_atomic

_EDIT = ".edit"
_STEP = re.compile(r"(\d+)(?:-.*)?")


class ReplayAgent:
    """Replays the numbered folders of `folder` into the workspace at `root`: iteration n applies step n."""

    def __init__(self, folder: Path, *, root: Path, allow: tuple[str, ...] = ()) -> None:
        self.name = "replay"
        self.allow = allow
        self._workspace = Workspace(root)
        self._steps = _steps(folder)

    def fix(self, assignment: Assignment) -> AgentReport:
        """See `Agent.fix`; after the last step nothing changes and the report says `exhausted`."""
        started = time.monotonic()
        number = assignment.iteration
        if not 1 <= number <= len(self._steps):
            self._log(assignment, f"no step {number} is recorded\n")
            return AgentReport(0, time.monotonic() - started, assignment.log_file, exhausted=True)
        step = self._steps[number - 1]
        files = tuple(self._apply(step))
        self._log(assignment, "".join(f"{step.name}: wrote {name}\n" for name in files))
        return AgentReport(0, time.monotonic() - started, assignment.log_file, files=files)

    def _apply(self, step: Path) -> list[str]:
        """Writes a step's files and gives their paths; a file that is so already is left alone."""
        written = []
        for source in sorted(path for path in step.rglob("*") if path.is_file()):
            name = source.relative_to(step).as_posix().removesuffix(_EDIT)
            target = self._workspace.resolve(name)
            data = _recorded(source, target, name)
            if target.is_file() and target.read_bytes() == data:
                continue
            with io_errors("write", name):
                target.parent.mkdir(parents=True, exist_ok=True)
            point("before replay")
            write_atomic(target, data, scratch=self._workspace.scratch())
            written.append(name)
        return written

    def _log(self, assignment: Assignment, text: str) -> None:
        with io_errors("write", "the agent's log"):
            assignment.log_file.parent.mkdir(parents=True, exist_ok=True)
            assignment.log_file.write_text(text, encoding="utf-8")


def _recorded(source: Path, target: Path, name: str) -> bytes:
    """What a step makes of a file."""
    if source.suffix != _EDIT:
        return source.read_bytes()
    edits = read_edits(read_text(source, source.name), source.name)
    return edited(read_text(target, name), edits, name).encode()


def _steps(folder: Path) -> list[Path]:
    """The numbered folders in order of their numbers, which are 1, 2, 3 ... without a gap."""
    hint = "a replay is a folder with the folders 1-NAME, 2-NAME, ... of files to copy into the workspace"
    if not folder.is_dir():
        raise InputError(f"the replay {folder} does not exist", code="INPUT-AGENT-REPLAY", hint=hint)
    found = {
        int(match[1]): path
        for path in sorted(folder.iterdir())
        if path.is_dir() and (match := _STEP.fullmatch(path.name))
    }
    if not found or sorted(found) != list(range(1, len(found) + 1)):
        numbers = ", ".join(map(str, sorted(found))) or "none"
        message = f"the replay {folder} must be numbered 1, 2, 3 ...; it has {numbers}"
        raise InputError(message, code="INPUT-AGENT-REPLAY", hint=hint)
    return [found[number] for number in sorted(found)]
