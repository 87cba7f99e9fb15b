"""Which agent a setting names: a command, a replay, or none (then a person fixes)."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from taskrunner.agents.base import Agent
from taskrunner.agents.command import CommandAgent
from taskrunner.agents.replay import ReplayAgent
from taskrunner.errors import InputError

REPLAY = "replay:"


def make_agent(
    words: Sequence[str] | str,
    *,
    root: Path,
    seconds: float = 1800.0,
    log_bytes: int = 4 * 1024 * 1024,
    allow: tuple[str, ...] = (),
) -> Agent | None:
    """The agent of a setting: `()` is None, `("replay:DIR",)` replays DIR (relative to `root`), else a command's argv.

    A text is split into words as a shell would, unless it begins with `replay:`; no shell ever sees it.

    `allow` are patterns of more files that it may change.

    Raises InputError INPUT-AGENT-REPLAY when a replay's folder does not exist or holds nothing, INPUT-AGENT-COMMAND
    when a text is no command.
    """
    if isinstance(words, str):
        words = (words,) if words.startswith(REPLAY) else split(words)
    if not words:
        return None
    if len(words) == 1 and words[0].startswith(REPLAY):
        return ReplayAgent(root / Path(words[0].removeprefix(REPLAY)).expanduser(), root=root, allow=allow)
    return CommandAgent(tuple(words), root=root, seconds=seconds, log_bytes=log_bytes, allow=allow)


def split(text: str) -> list[str]:
    """The words of a command. Raises InputError INPUT-AGENT-COMMAND."""
    hint = 'write it as in a shell, for example --agent "claude -p"; `{brief}` becomes the brief\'s file'
    try:
        words = shlex.split(text)
    except ValueError as error:
        what = str(error).lower().removeprefix("no ")
        raise InputError(f"the agent's command has no {what}", code="INPUT-AGENT-COMMAND", hint=hint) from None
    if "\0" in text or (words and not words[0]):
        raise InputError("the agent's command names no program", code="INPUT-AGENT-COMMAND", hint=hint)
    return words
