"""Where an error happened: Lua frames out of a Python traceback, in our form and in production's.

A frame of compiled Lua is known by the chunk in its globals; its Python line maps to the Lua line. Frames of the
library and of calls of what is no function are kept too, since production's trace shows them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any, Final

from taskrunner.lua.chunk import Chunk, Proto
from taskrunner.lua.values import Value, Values

_INNER: Final = 100  # frames kept at either end of a deep traceback
_OUTER: Final = 20


@dataclass(frozen=True, slots=True)
class Frame:
    """One call that was under way. Lines are 1-based, 0 if there is none.

    `kind` is "lua" (`function` is the name in the source, empty if anonymous), "builtin" (`module` is its Erlang
    module) or "undefined" (something that is no function was called; `value` is that thing).
    `device_line` is the line that production's trace names: that of the statement.
    """

    kind: str
    function: str
    file: str
    line: int
    args: Values
    device_line: int = 0
    module: str = ""
    value: Value = None
    defined: int = 0  # the line of the definition; 1 and no name: the chunk itself

    @property
    def label(self) -> str:
        """The frame as a person reads it: `'compute' (counter.lua:12)`."""
        if self.kind == "builtin":
            return f"'{self.function}' (library)"
        if self.kind == "undefined":
            return "a call of what is no function"
        name = f"'{self.function}'" if self.function else f"function <{self.file}:{self.defined}>"
        return f"{name} ({self.file}:{self.line})"


@dataclass(frozen=True, slots=True)
class Caught:
    """An error that `pcall` caught: the text that the program got, and the calls under way, innermost first."""

    text: bytes
    frames: list[Frame]


def frames_of(traceback: TracebackType | None) -> list[Frame]:
    """The Lua frames of a Python traceback, innermost first; of a very deep one both ends."""
    found: list[Frame] = []
    steps: list[tuple[FrameType, int]] = []
    while traceback is not None:
        steps.append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    if len(steps) > 8 * (_INNER + _OUTER):
        steps = steps[: 4 * _OUTER] + steps[-8 * _INNER :]
    for frame, line in steps:
        _add(found, frame, line)
    found.reverse()
    return found if len(found) <= _INNER + _OUTER else found[:_INNER] + found[-_OUTER:]


def _add(found: list[Frame], frame: FrameType, python_line: int) -> None:
    name = frame.f_code.co_name
    chunk = frame.f_globals.get("CHUNK")
    if isinstance(chunk, Chunk):
        line, device_line = chunk.lines.lua_line(python_line), chunk.lines.device_line(python_line)
        if is_lua_frame(frame):
            proto = chunk.protos[int(name[1:])]
            args = _arguments(frame, proto)
            found.append(Frame("lua", proto.name, chunk.name, line, args, device_line, defined=proto.line))
        elif name[0] == "x" and found and found[-1].kind == "lua":  # the rest of a deep expression
            last = found.pop()
            found.append(
                Frame("lua", last.function, last.file, line, last.args, last.device_line, defined=last.defined)
            )
    elif name == "builtin" and "known" in frame.f_locals:
        known = frame.f_locals["known"]
        found.append(Frame("builtin", known.name, "", 0, frame.f_locals["args"], module=known.module))
    elif name == "undefined" and "args" in frame.f_locals:
        found.append(Frame("undefined", "", "", 0, frame.f_locals["args"], value=frame.f_locals.get("value")))


def is_lua_frame(frame: FrameType) -> bool:
    """Whether a Python frame is a call of a Lua function (and not a helper inside one)."""
    name = frame.f_code.co_name
    return name[0] == "f" and name[1:].isdigit() and "CHUNK" in frame.f_globals


def _arguments(frame: FrameType, proto: Proto) -> Values:
    """What a function was called with; nils at the end cannot be told from absent arguments and are left out."""
    held: dict[str, Any] = frame.f_locals
    rest: Values = held.get(proto.rest, ())
    args = tuple(held.get(name, held.get(name.removesuffix("_given"))) for name in proto.arguments) + rest
    end = len(args)
    while end and args[end - 1] is None and not rest:
        end -= 1
    return args[:end]


def place_now() -> tuple[str, int]:
    """File and line of the innermost Lua frame that is running; ("", 0) outside Lua."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        chunk = frame.f_globals.get("CHUNK")
        if isinstance(chunk, Chunk):
            return chunk.name, chunk.lines.lua_line(frame.f_lineno)
        frame = frame.f_back
    return "", 0
