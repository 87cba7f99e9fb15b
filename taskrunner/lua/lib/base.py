"""The basic library: `print`, `pairs`, `tostring` and so on, each as Luerl has it (LUERL §2).

`pcall`, `error`, `load` and their kin are in calls.py.
"""

from __future__ import annotations

from typing import Any, Final

from taskrunner.lua.erlang import raw_binary_term, utf8_or_latin1
from taskrunner.lua.errors import FidelityCrash, LuaError
from taskrunner.lua.lib.args import badarg
from taskrunner.lua.lib.calls import CALLS
from taskrunner.lua.lib.host import Args, Host, LibraryFunction
from taskrunner.lua.lib.table import unpack
from taskrunner.lua.numbers import number_in_base, number_text, to_integer, to_number, to_text
from taskrunner.lua.texts import raw_tostring, type_name
from taskrunner.lua.values import Table, is_function


def tostring_values(host: Host, args: Args, name: str = "tostring") -> Args:
    """`tostring(value)`: what `__tostring` returns, whatever that is; a `__tostring` that is no function crashes."""
    if not args:
        raise badarg(name, args)
    meta = host.metamethod(args[0], b"__tostring")
    if meta is None:
        return (raw_tostring(args[0]),)
    if not is_function(meta):
        raise FidelityCrash(f"{{case_clause,{crash_term(meta)}}}", "{luerl_lib_basic,tostring,3}")
    return host.call(meta, (args[0],))


def crash_term(value: Any) -> str:
    """A Lua value inside an Erlang reason."""
    if type(value) is bytes:
        return f'<<"{value.decode("latin-1")}">>'
    if isinstance(value, Table):
        return f"{{tref,{value.id}}}"
    return raw_tostring(value).decode("latin-1")


def tostring_one(host: Host, value: Any) -> Any:
    """The one value of `tostring` where library code insists on one."""
    values = tostring_values(host, (value,))
    if len(values) != 1:
        raise FidelityCrash("badmatch", "{luerl_lib_basic,tostring,3}")
    return values[0]


def tostring(host: Host, args: Args) -> Args:
    """See `tostring_values`."""
    return tostring_values(host, args)


def print_(host: Host, args: Args) -> Args:
    """Writes each value and a blank, then a newline."""
    for value in args:
        text = tostring_one(host, value)
        if type(text) is not bytes:
            raise FidelityCrash("terminated", "{io,format,2}")
        host.write(utf8_or_latin1(text) + b" ")
    host.write(b"\n")
    return ()


def eprint(host: Host, args: Args) -> Args:
    """Writes values as Erlang terms: a debugging aid of Luerl."""
    for value in args:
        term = raw_binary_term(value) if type(value) is bytes else crash_term(value)
        host.write(term.encode("utf-8") + b" ")
    host.write(b"\n")
    return ()


def ipairs(host: Host, args: Args) -> Args:
    """Iterator, value, 0; or what `__ipairs` returns. The iterator complains about what is no table."""
    if not args:
        raise badarg("ipairs", args)
    meta = host.metamethod(args[0], b"__ipairs")
    if meta is not None:
        return host.call(meta, (args[0],))
    return (host.ipairs_function, args[0], 0)


def ipairs_next(_host: Host, args: Args) -> Args:
    """The next index and value of the array part, or nil."""
    if len(args) == 1:
        args = (args[0], 0)
    if len(args) < 2 or not isinstance(args[0], Table) or type(args[1]) is not int:
        raise badarg("ipairs", args)
    following = args[1] + 1
    if following < 0:
        raise FidelityCrash("badarg", "{array,get,2}")
    value = args[0].raw(following) if following else None
    return (None,) if value is None else (following, value)


def pairs(host: Host, args: Args) -> Args:
    """`next`, value, nil; or what `__pairs` returns."""
    if not args:
        raise badarg("pairs", args)
    meta = host.metamethod(args[0], b"__pairs")
    if meta is not None:
        return host.call(meta, (args[0],))
    return (host.next_function, args[0], None)


def next_(host: Host, args: Args) -> Args:
    """The pair after a key in Luerl's order; an unknown key continues at the place where it would be."""
    if len(args) == 1:
        args = (args[0], None)
    if not args or not isinstance(args[0], Table):
        raise badarg("next", args)
    table, key = args[0], args[1]
    found = table.after(key)
    host.charge_scan(table.scanned(key, found[0] if found else None))
    return found or (None,)


def rawequal(_host: Host, args: Args) -> Args:
    """Identity of type and value: 1 and 1.0 differ."""
    if len(args) < 2:
        raise badarg("rawequal", args)
    one, two = args[0], args[1]
    same = one is two or (type(one) is type(two) and not isinstance(one, Table) and one == two)
    return (same and (type(one) is not float or number_text(one) == number_text(two)),)


def rawlen(_host: Host, args: Args) -> Args:
    """A string's length as a float, a table's as an integer."""
    if args and type(args[0]) is bytes:
        return (float(len(args[0])),)
    if not args or not isinstance(args[0], Table):
        raise badarg("rawlen", args)
    return (args[0].length(),)


def rawget(_host: Host, args: Args) -> Args:
    """A table's entry without metamethods."""
    if len(args) < 2 or not isinstance(args[0], Table):
        raise badarg("rawget", args)
    return (args[0].raw(args[1]),)


def rawset(_host: Host, args: Args) -> Args:
    """Sets a table's entry without metamethods."""
    if len(args) >= 3 and args[1] is None:
        raise LuaError("illegal_index", args[0], None)
    if len(args) < 3 or not isinstance(args[0], Table):
        raise badarg("rawset", args)
    args[0].rawset(args[1], args[2])
    return (args[0],)


def select(_host: Host, args: Args) -> Args:
    """Arguments from a position; `"#"` gives their number as a float."""
    if args and args[0] == b"#":
        return (float(len(args) - 1),)
    position = to_integer(args[0]) if args else None
    if not position:
        raise badarg("select", args)
    rest = args[1:]
    return rest[position - 1 :] if position > 0 else rest[max(len(rest) + position, 0) :]


def tonumber(_host: Host, args: Args) -> Args:
    """A number; from a string always a float. With a base that is no integer production crashes (LUERL §3)."""
    if not args:
        raise badarg("tonumber", args)
    if len(args) == 1:
        return (to_number(args[0]),)
    text, base = to_text(args[0]), to_integer(args[1])
    if text is None or base is None:
        raise FidelityCrash("{case_clause,error}", "{luerl_lib,arg_to_number,2}")
    return (number_in_base(text, base),)


def type_(_host: Host, args: Args) -> Args:
    """The name of the type."""
    if not args:
        raise badarg("type", args)
    return (type_name(args[0]),)


def getmetatable(host: Host, args: Args) -> Args:
    """The metatable, or its `__metatable`."""
    if not args:
        raise badarg("getmetatable", args)
    meta = host.get_metatable(args[0])
    if meta is None:
        return (None,)
    if not isinstance(meta, Table):
        raise FidelityCrash(f"{{case_clause,{crash_term(meta)}}}", "{luerl_lib_basic,getmetatable,3}")
    protected = meta.raw(b"__metatable")
    return (meta if protected is None else protected,)


def setmetatable(host: Host, args: Args) -> Args:
    """Sets a table's metatable unless the present one is protected."""
    if len(args) < 2 or not isinstance(args[0], Table) or not (args[1] is None or isinstance(args[1], Table)):
        raise badarg("setmetatable", args)
    if host.metamethod(args[0], b"__metatable") is not None:
        raise badarg("setmetatable", args[:1])
    host.set_metatable(args[0], args[1])
    return (args[0],)


def collectgarbage(_host: Host, _args: Args) -> Args:
    """Returns nothing, whatever the option."""
    return ()


FUNCTIONS: Final[dict[str, LibraryFunction]] = {
    **CALLS,
    "collectgarbage": collectgarbage,
    "eprint": eprint,
    "getmetatable": getmetatable,
    "ipairs": ipairs,
    "next": next_,
    "pairs": pairs,
    "print": print_,
    "rawequal": rawequal,
    "rawget": rawget,
    "rawlen": rawlen,
    "rawset": rawset,
    "select": select,
    "setmetatable": setmetatable,
    "tonumber": tonumber,
    "tostring": tostring,
    "type": type_,
    "unpack": unpack,
}
