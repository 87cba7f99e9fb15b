"""The basic functions that raise, catch and load: `error`, `assert`, `pcall`, `load` and the file functions.

`pcall` catches LuaError only: limits and crashes go past it, as they do in production (LUERL §3).
"""

from __future__ import annotations

from typing import Final

from taskrunner.lua.errors import FidelityCrash, LuaError, LuaSyntaxError
from taskrunner.lua.lib.args import badarg, convert, truth
from taskrunner.lua.lib.host import Args, Host, LibraryFunction
from taskrunner.lua.texts import pcall_text
from taskrunner.lua.values import Table

_NO_FILE: Final = b"no such file or directory"


def error(host: Host, args: Args) -> Args:
    """Raises its arguments; of a table with `__tostring`, what that returns. The level means nothing."""
    if args and isinstance(args[0], Table):
        meta = host.metamethod(args[0], b"__tostring")
        if meta is not None:
            raise LuaError("error_call", host.call(meta, (args[0],)))
    raise LuaError("error_call", args)


def assert_(_host: Host, args: Args) -> Args:
    """Gives its arguments back if the first is true, else raises the second with an exclamation mark."""
    if truth(args):
        return args
    raise LuaError("assert_error", args[1] if len(args) > 1 else b"assertion failed")


def pcall(host: Host, args: Args) -> Args:
    """True and the results, or false and the error as text."""
    if not args:
        raise FidelityCrash("function_clause", "{luerl_lib_basic,pcall,3}")
    try:
        results = host.call(args[0], args[1:])
    except LuaError as fault:
        text = pcall_text(fault)
        host.note_caught(fault, text)
        return (False, text)
    return (True, *results)


def load(host: Host, args: Args) -> Args:
    """Compiles a text; chunk name, mode and environment are ignored (LUERL `env`)."""
    return _load(host, "load", args, convert(args, "sssa"))


def loadstring(host: Host, args: Args) -> Args:
    """As `load`."""
    return _load(host, "loadstring", args, convert(args, "s"))


def _load(host: Host, name: str, args: Args, given: list[bytes] | None) -> Args:
    if given is None:
        raise badarg(name, args)
    if not given:
        raise FidelityCrash("{case_clause,[]}", f"{{luerl_lib_basic,{name},3}}")
    try:
        return (host.load(given[0]),)
    except LuaSyntaxError as fault:
        return (None, fault.luerl_text)


def loadfile(_host: Host, args: Args) -> Args:
    """A node has no files for a module: always "no such file or directory"."""
    given = convert(args, "ssa")
    if given is None:
        raise badarg("loadfile", args)
    if not given:
        raise FidelityCrash("{case_clause,[]}", "{luerl_lib_basic,loadfile,3}")
    return (None, _NO_FILE)


def dofile(_host: Host, args: Args) -> Args:
    """As `loadfile`, but raises."""
    if not convert(args, "s"):
        raise badarg("dofile", args)
    raise LuaError("error_message", _NO_FILE)


CALLS: Final[dict[str, LibraryFunction]] = {
    "assert": assert_,
    "dofile": dofile,
    "error": error,
    "load": load,
    "loadfile": loadfile,
    "loadstring": loadstring,
    "pcall": pcall,
}
