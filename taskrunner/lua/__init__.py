"""Lua as production runs it: Luerl 1.3 as measured (LUERL.md), compiled to Python. This room knows nothing of nodes.

    vm = VM(limits=Limits(steps=10_000_000), stdout=sys.stdout.buffer.write)
    vm.run(b"function compute(base, req) ... end", "counter.lua")      # load and call; returns a tuple of values
    fn = vm.globals.raw(b"compute")
    (reply,) = vm.call(fn, (base, request))                              # state persists, limits start anew

Values: nil None, booleans bool, integers int, floats float, strings bytes, tables `Table`, functions Python functions
(`is_function`). Errors: `LuaError` (what pcall catches; `.reason`, `.traceback`, `.trace`), `LuaSyntaxError`,
`FidelityCrash` (production crashes there, past any pcall) and `LimitError`; all know file and line of the user's code.

- `VM.load(source, name) -> function`, `VM.run(source, name) -> values`, `VM.call(function, args) -> values`,
  `VM.globals`, `VM.steps` (of the last call from outside), `VM.apply_sandbox()`.
- An error that leaves the VM carries `.file`, `.line`, `.traceback` (innermost first, `Frame(function, file, line,
  args, device_line, kind)`) and `.trace` (what production shows as trace/1, trace/2 ...).
- `compile_chunk(source, name, Options(coverage=True, trace=True))` is what load uses, cached by content hash.
- `coverage`, `calltrace` and `mutants` are documented in their modules.
"""

from __future__ import annotations

from taskrunner.lua.errors import FidelityCrash, FidelityError, LimitError, LuaError, LuaSyntaxError, Stop
from taskrunner.lua.limits import Limits
from taskrunner.lua.values import Table, Value, Values, builtin_of, is_function, lua_type, make_builtin

__all__ = [
    "FidelityCrash",
    "FidelityError",
    "LimitError",
    "Limits",
    "LuaError",
    "LuaSyntaxError",
    "Stop",
    "Table",
    "Value",
    "Values",
    "builtin_of",
    "is_function",
    "lua_type",
    "make_builtin",
]
