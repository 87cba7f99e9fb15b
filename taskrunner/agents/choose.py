"""Which agent a setting names: a command, a replay, or none (then a person fixes)."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from taskrunner.agents.base import Agent
from taskrunner.agents.command import CommandAgent
from taskrunner.agents.replay import ReplayAgent

REPLAY = "replay:"


def make_agent(
    words: Sequence[str] | str, *, root: Path, seconds: float = 1800.0, log_bytes: int = 4 * 1024 * 1024
) -> Agent | None:
    """The agent of a setting: `()` is None, `("replay:DIR",)` replays DIR (relative to `root`), else a command's argv.

    A text is split into words as a shell would, unless it begins with `replay:`; no shell ever sees it.

    Raises InputError INPUT-AGENT-REPLAY when a replay's folder does not exist or holds nothing.
    """
    if isinstance(words, str):
        words = (words,) if words.startswith(REPLAY) else shlex.split(words)
    if not words:
        return None
    if len(words) == 1 and words[0].startswith(REPLAY):
        return ReplayAgent(root / Path(words[0].removeprefix(REPLAY)).expanduser(), root=root)
    return CommandAgent(tuple(words), root=root, seconds=seconds, log_bytes=log_bytes)
