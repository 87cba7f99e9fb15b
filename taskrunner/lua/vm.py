"""The virtual machine: loads chunks, calls functions, keeps globals; the errors that leave it know file and line.

State lasts from call to call. Every call from outside starts with full limits; calls that library functions make on
the way run under the limits of the outermost one. Depth costs no C stack: Lua functions are Python functions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from secrets import randbits
from types import FunctionType
from typing import Any, Final, TypeAlias

from taskrunner.lua.calltrace import CallTrace
from taskrunner.lua.chunk import Chunk, compile_chunk
from taskrunner.lua.compiler.base import Options
from taskrunner.lua.depth import deep
from taskrunner.lua.errors import LimitError, LuaError, Stop
from taskrunner.lua.lib import install
from taskrunner.lua.lib.random import Exs1024
from taskrunner.lua.limits import Limits
from taskrunner.lua.runtime import Runtime
from taskrunner.lua.trace import Caught, Frame, frames_of, place_now
from taskrunner.lua.values import LuaFunction, Table, Value, Values

Sandbox: TypeAlias = bool | Iterable[str] | Mapping[str, Value]

SANDBOXED: Final = [
    "io",
    "file",
    "os.execute",
    "os.exit",
    "os.getenv",
    "os.remove",
    "os.rename",
    "os.tmpname",
    "package",
    "loadfile",
    "require",
    "dofile",
    "load",
    "loadstring",
]


class VM(Runtime):
    """One Lua state.

    `rng` gives the random numbers, `clock` the time in seconds since 1970, `stdout` takes what `print` writes (it goes
    nowhere if not given). `options` says whether chunks are compiled with coverage or call trace. `sandbox` applies
    `apply_sandbox` at once; production applies it only after the modules have run.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        rng: Exs1024 | None = None,
        clock: Callable[[], float] = time.time,
        stdout: Callable[[bytes], object] | None = None,
        sandbox: Sandbox = False,
        options: Options | None = None,
    ) -> None:
        self.limits = limits or Limits()
        super().__init__(self.limits)
        self.rng = rng or Exs1024((randbits(21), randbits(21), randbits(21)))
        self.clock = clock
        self.started = clock()
        self.options = options or Options()
        self.calltrace = CallTrace()
        self.hits: dict[Chunk, list[int]] = {}
        self.source_name: Callable[[bytes], str] = lambda source: "chunk"  # what a text given to `load` is called
        self.caught: Caught | None = None  # the last error that a `pcall` of the current call from outside caught
        self._stdout = stdout
        self._running = False
        self._functions = 0
        self._names = self.namespace()
        self._names["enter"], self._names["leave"] = self.calltrace.enter, self.calltrace.leave
        install(self)
        if sandbox:
            self.apply_sandbox(sandbox)

    @property
    def steps(self) -> int:
        """Steps of the call from outside that is running or was the last: loop turns, calls, work of the library."""
        return self.meter.used

    def load(self, source: bytes, name: str = "") -> LuaFunction:
        """Compiles a chunk and defines its functions; returns the chunk as a function.

        Raises LuaSyntaxError, FidelityCrash (goto, labels), LimitError.
        """
        name = name or self.source_name(source)
        with deep(self.limits.depth):
            chunk = compile_chunk(source, name, self.options)
        names = dict(self._names)
        names["CHUNK"] = chunk
        names["FIRST"] = self._functions
        if chunk.options.coverage:
            names["H"] = self.hits.setdefault(chunk, [0] * len(chunk.points))
        self._functions += len(chunk.protos)
        exec(chunk.code, names)
        function: LuaFunction = names[f"f{len(chunk.protos) - 1}"]
        return function

    def run(self, source: bytes, name: str = "chunk") -> Values:
        """Loads a chunk and calls it."""
        return self.call(self.load(source, name), ())

    def call(self, function: Value, args: Values = ()) -> Values:
        """Calls any Lua value; returns all results.

        From outside, limits start anew and the error that leaves carries `file`, `line` and `traceback`.
        Raises LuaError, FidelityCrash, LimitError.
        """
        if self._running:
            return self.spread(function if type(function) is FunctionType else self.callee(function), args)
        return self._call_from_outside(function, args)

    def _call_from_outside(self, function: Value, args: Values) -> Values:
        self.meter.begin()
        self._running = True
        self.caught = None
        try:
            with deep(self.limits.depth):
                return self.invoke(function, args)
        except (LuaError, Stop) as error:
            caught: LuaError | Stop = error
            frames = frames_of(error.__traceback__)
        except RecursionError as error:
            caught = LimitError("depth", f"calls nested more than about {self.limits.depth} deep")
            frames = frames_of(error.__traceback__)
        except MemoryError as error:
            caught = LimitError("memory", "no memory left")
            frames = frames_of(error.__traceback__)
        finally:
            self._running = False
            self._spreading = 0
        raise _placed(caught, frames) from None

    def note_caught(self, error: LuaError, text: Any) -> None:
        """Keeps where an error arose that the program caught, for those who tell people about it.

        One that is raised again, with more words perhaps, is still the first.
        """
        words = text if type(text) is bytes else b""
        if self.caught is None or not self.caught.text or self.caught.text not in words:
            self.caught = Caught(words, frames_of(error.__traceback__))

    def place(self) -> tuple[str, int]:
        """File and line of the innermost Lua function that is running."""
        return place_now()

    def charge(self, steps: int) -> None:
        """Counts work done inside the library."""
        self.meter.charge(steps)

    def check_string(self, size: int) -> None:
        """To be asked before a string of `size` bytes is built."""
        self.meter.string(size)

    def check_memory(self, count: int) -> None:
        """To be asked before `count` values are collected."""
        self.meter.count(count)

    def write(self, data: bytes) -> None:
        """What `print` and `io.write` put out."""
        if self._stdout is not None:
            self._stdout(data)

    def apply_sandbox(self, sandbox: Sandbox = True) -> None:
        """Replaces library entries by the string "sandboxed", or by the values of a mapping (LUERL §5.1).

        References that a module has taken before keep working, as in production.
        """
        if sandbox is True:
            sandbox = SANDBOXED
        elif sandbox is False:
            return
        values = sandbox if isinstance(sandbox, Mapping) else dict.fromkeys(sandbox, b"sandboxed")
        for path, value in values.items():
            *outer, last = path.encode().split(b".")
            container: Any = self.globals
            for name in outer:
                container = self.index(container, name)
            self.set_index(container, last, value)

    def get_global(self, name: bytes) -> Value:
        """A global variable."""
        return self.index(self.globals, name)

    def set_global(self, name: bytes, value: Value) -> None:
        """Sets a global variable."""
        self.set_index(self.globals, name, value)

    def table(self, entries: Mapping[Value, Value] | Iterable[Value]) -> Table:
        """A new table from a mapping, or from a sequence of values for 1..n."""
        pairs = entries.items() if isinstance(entries, Mapping) else enumerate(entries, 1)
        return self.mixed_table(pairs, 1, ())


def _placed(error: LuaError | Stop, frames: list[Frame]) -> LuaError | Stop:
    """The error with its traceback in Lua terms and without the Python one, which would keep all frames alive."""
    error.traceback = frames
    inner = next((frame for frame in frames if frame.kind == "lua"), None)
    if inner is not None and error.file is None:
        error.file, error.line = inner.file, inner.line
    error.__context__ = None
    return error.with_traceback(None)
