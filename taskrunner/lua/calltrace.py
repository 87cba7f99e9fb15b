"""Call traces: which Lua functions were called, with what, and what they returned.

Chunks compiled with `Options(trace=True)` report to the `CallTrace` of their VM (`vm.calltrace`). Values are kept as
they are: tables show what they hold when the trace is read, not when the call was made.

    vm = VM(options=Options(trace=True)); vm.run(source, "m.lua"); vm.calltrace.clear()
    vm.call(vm.get_global(b"compute"), (base, request))
    for event in vm.calltrace.events: print("  " * event.depth, event.function, event.args, "->", event.results)
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import FrameType
from typing import Final

from taskrunner.lua.chunk import Chunk, Proto
from taskrunner.lua.trace import is_lua_frame
from taskrunner.lua.values import Values

_MOST_EVENTS: Final = 100_000


@dataclass(slots=True)
class CallEvent:
    """One call of a Lua function; `results` is None if an error left it. `function` is empty if it has no name."""

    function: str
    file: str
    line: int
    depth: int
    args: Values
    results: Values | None = None


class CallTrace:
    """Collects the calls of one VM, up to a hundred thousand."""

    def __init__(self) -> None:
        self.events: list[CallEvent] = []
        self.dropped = 0
        self._open: list[tuple[FrameType, CallEvent]] = []

    def clear(self) -> None:
        """Forgets what was seen."""
        self.events = []
        self._open = []
        self.dropped = 0

    def enter(self, number: int, args: Values) -> None:
        """Called by compiled code at the start of a function."""
        frame = sys._getframe(1)
        self._close(frame.f_back)
        if len(self.events) >= _MOST_EVENTS:
            self.dropped += 1
            return
        chunk: Chunk = frame.f_globals["CHUNK"]
        proto: Proto = chunk.protos[number]
        event = CallEvent(proto.name, chunk.name, proto.line, len(self._open), args)
        self.events.append(event)
        self._open.append((frame, event))

    def leave(self, values: Values) -> Values:
        """Called by compiled code with what a function returns."""
        frame = sys._getframe(1)
        while self._open:
            opened, event = self._open.pop()
            if opened is frame:
                event.results = values
                break
        return values

    def _close(self, caller: FrameType | None) -> None:
        """Drops functions that an error has left: those opened after the Lua function that calls now."""
        while caller is not None and not is_lua_frame(caller):
            caller = caller.f_back
        while self._open and self._open[-1][0] is not caller:
            self._open.pop()
