"""Lua as production runs it: Luerl 1.3 as measured (LUERL.md), compiled to Python. This room knows nothing of nodes.

    vm = VM(limits=Limits(steps=10_000_000), stdout=sys.stdout.buffer.write)
    vm.run(b"function compute(base, req) ... end", "counter.lua")      # load and call; returns a tuple of values
    fn = vm.globals.raw(b"compute")
    (reply,) = vm.call(fn, (base, request))                              # state persists, limits start anew

Values: nil None, booleans bool, integers int, floats float, strings bytes, tables `Table`, functions Python functions
(`is_function`). Errors: `LuaError` (what pcall catches; `.reason`, `.traceback`, `.trace`), `LuaSyntaxError`,
`FidelityCrash` (production crashes there, past any pcall) and `LimitError`; all know file and line of the user's code.

- `VM.load(source, name) -> function`, `VM.run(source, name) -> values`, `VM.call(function, args) -> values`,
  `VM.globals`, `VM.get_global(name)`, `VM.set_global(name, value)`, `VM.table(mapping or values)`, `VM.steps` (of the
  last call from outside), `VM.cost.worth_telling()` (what production would pay for), `VM.apply_sandbox()`.
- An error that leaves the VM carries `.file`, `.line` and `.traceback`: a list of `Frame`s, innermost first, with
  everything that production's trace/1, trace/2 ... show (kind, function, module, args, device_line) and our exact line.
- `VM(options=Options(coverage=True, trace=True))` compiles with counters; see `coverage`, `calltrace`, `mutants`.
- `compile_chunk(source, name, options)` is what load uses, cached by content hash.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from taskrunner.lua.chunk import Chunk, compile_chunk
    from taskrunner.lua.compiler.base import Options
    from taskrunner.lua.errors import FidelityCrash, FidelityError, LimitError, LuaError, LuaSyntaxError, Stop
    from taskrunner.lua.limits import Limits
    from taskrunner.lua.trace import Frame
    from taskrunner.lua.values import Table, Value, Values, builtin_of, is_function, lua_type, make_builtin
    from taskrunner.lua.vm import SANDBOXED, VM

__all__ = [
    "SANDBOXED",
    "VM",
    "Chunk",
    "FidelityCrash",
    "FidelityError",
    "Frame",
    "LimitError",
    "Limits",
    "LuaError",
    "LuaSyntaxError",
    "Options",
    "Stop",
    "Table",
    "Value",
    "Values",
    "builtin_of",
    "compile_chunk",
    "is_function",
    "lua_type",
    "make_builtin",
]

_HOMES: Final = {
    "chunk": ("Chunk", "compile_chunk"),
    "compiler.base": ("Options",),
    "errors": ("FidelityCrash", "FidelityError", "LimitError", "LuaError", "LuaSyntaxError", "Stop"),
    "limits": ("Limits",),
    "trace": ("Frame",),
    "values": ("Table", "Value", "Values", "builtin_of", "is_function", "lua_type", "make_builtin"),
    "vm": ("SANDBOXED", "VM"),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Imports on first use, so that who only starts a node does not load the compiler."""
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'taskrunner.lua' has no attribute {name!r}")
    value = getattr(import_module(f"taskrunner.lua.{home}"), name)
    globals()[name] = value
    return value
