"""Whether a person of this machine has allowed the agent that a workspace's settings name.

A settings file comes with a clone, and its `agent` is a command that `run` starts. So the first run asks; the answer is
kept under the user's own state, never in the workspace, and holds for this command, in this folder, with these files.
What a person types (`--agent`) or sets in the environment is their own word and needs no answer.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from taskrunner.errors import InputError
from taskrunner.project.files import io_errors, write_atomic

CODE = "INPUT-AGENT-TRUST"


def approvals() -> Path:
    """Where answers are kept: `$XDG_STATE_HOME/taskrunner/agents.json`, or beneath `~/.local/state`."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "taskrunner" / "agents.json"


def is_allowed(root: Path, words: Sequence[str]) -> bool:
    """Whether this very command was allowed for the workspace at `root`."""
    return _print_of(root, words) in _kept()


def allow(root: Path, words: Sequence[str]) -> None:
    """Keep a person's yes. Raises EnvironmentFault where it cannot be written."""
    path = approvals()
    kept = sorted({*_kept(), _print_of(root, words)})
    with io_errors("keep", "the approval of an agent"):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomic(path, json.dumps({"schema": 1, "allowed": kept}, indent=1).encode() + b"\n", mode=0o600)


def refusal(words: Sequence[str], file: str) -> InputError:
    """The error where nobody can be asked."""
    command = shlex.join(words)
    message = f"{file or 'a settings file'} names the agent `{command}`, and no person has allowed it here"
    hint = f"say it yourself: `--agent {shlex.quote(command)}` (`--agent ''` for none); or run once on a terminal"
    return InputError(message, code=CODE, file=file or None, hint=hint)


def _print_of(root: Path, words: Sequence[str]) -> str:
    """What was allowed: folder, words, and the bytes of every file of the workspace that the words name."""
    whole = hashlib.sha256(json.dumps([str(root.resolve()), *words]).encode("utf-8", "surrogatepass"))
    for word in words:
        path = root / word
        try:
            inside = path.is_file() and path.resolve().is_relative_to(root.resolve())
            whole.update(path.read_bytes() if inside else b"")
        except (OSError, ValueError):
            continue
    return whole.hexdigest()


def _kept() -> set[str]:
    try:
        found = json.loads(approvals().read_text(encoding="utf-8"))
        return {str(each) for each in found["allowed"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()
