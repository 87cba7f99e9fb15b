"""The HyperAOS boot: the Lua that turns a lua@5.3a process into one with Handlers, msg.reply and ao.send.

The text is ours, written for Luerl 1.3, in three parts that are joined in order; it knows no node and no files of a user.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def boot_source() -> str:
    """The whole boot as one Lua chunk (about 600 lines); cached per process."""
    parts = sorted((part for part in files(__package__).joinpath("boot").iterdir()), key=lambda part: part.name)
    return "\n".join(part.read_text(encoding="utf-8") for part in parts if part.name.endswith(".lua"))
