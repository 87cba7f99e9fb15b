"""The os library: time is a float, dates are UTC, and nothing here touches the machine (LUERL `os`).

A node has no files for a module, and `os.execute` or `os.exit` would harm it: those stop with a fidelity error.
"""

from __future__ import annotations

import math
from typing import Any, Final

from taskrunner.lua.errors import FidelityCrash, FidelityError, LuaError
from taskrunner.lua.lib.args import badarg
from taskrunner.lua.lib.dates import date_text, fields, moment
from taskrunner.lua.lib.host import Args, Host, LibraryFunction
from taskrunner.lua.numbers import to_text
from taskrunner.lua.values import Table

_NO_FILE: Final = (b"no such file or directory", 2)


def clock(host: Host, _args: Args) -> Args:
    """Seconds since the node began, in milliseconds."""
    return (int((host.clock() - host.started) * 1000) * 1.0e-3,)


def date(host: Host, args: Args) -> Args:
    """A date as text, or as a table for `*t`; exactly one or two arguments."""
    if not args:
        args = (b"%c",)
    if len(args) == 1 and type(args[0]) is bytes:
        args = (args[0], host.clock())
    if len(args) != 2 or type(args[0]) is not bytes or type(args[1]) not in (int, float):
        raise badarg("date", args)
    when = moment(args[1])
    if when is None:
        raise FidelityCrash("badarg", "{erlang,universaltime_to_localtime,1}")
    if args[0] != b"*t":
        return (date_text(when, args[0]),)
    table = host.new_table()
    for name, value in fields(when):
        table.rawset(name, value)
    return (table,)


def difftime(_host: Host, args: Args) -> Args:
    """The difference, of whatever kind the numbers are."""
    if len(args) < 2:
        raise badarg("difftime", args)
    later, earlier = args[0], args[1]
    if type(later) not in (int, float) or type(earlier) not in (int, float):
        raise FidelityCrash("badarith", "{erlang,'-',2}")
    try:
        difference = later - earlier
    except OverflowError:
        difference = math.inf
    if type(difference) is float and math.isinf(difference):
        raise FidelityCrash("badarith", "{erlang,'-',2}")
    return (difference,)


def execute(_host: Host, args: Args) -> Args:
    """Without a command a wrong return value; with one, production's node runs a shell, and we do not."""
    if not args:
        raise LuaError("illegal_return_value")
    if to_text(args[0]) is None:
        raise badarg("execute", args[:1])
    raise FidelityError("os.execute runs a shell on production's node; the embedded node does not", hint=_HINT)


def exit_(_host: Host, _args: Args) -> Args:
    """Halts production's whole node."""
    raise FidelityError("os.exit halts production's node", hint=_HINT)


_HINT: Final = "leave it out: a module must not depend on the machine below the node"


def getenv(_host: Host, args: Args) -> Args:
    """Always nil: what a node's environment holds is no module's business."""
    if not args or to_text(args[0]) is None:
        raise badarg("getenv", args)
    return (None,)


def remove(_host: Host, args: Args) -> Args:
    """There are no files; a number for a name crashes."""
    if not args:
        raise badarg("remove", args)
    if to_text(args[0]) is None:
        raise badarg("remove", args[:1])
    if type(args[0]) is not bytes:
        raise FidelityCrash("badarg", "{erlang,binary_to_list,1}")
    return (None, args[0] + b": " + _NO_FILE[0], _NO_FILE[1])


def rename(_host: Host, args: Args) -> Args:
    """There are no files."""
    if len(args) < 2:
        raise badarg("rename", args)
    names: list[Any] = [to_text(value) for value in args[:2]]
    if None in names:
        wrong = tuple("error" if name is None else name for name in names)
        raise badarg("rename", wrong if names == [None, None] else ("error",))
    return (None, *_NO_FILE)


def time(host: Host, args: Args) -> Args:
    """Seconds since 1970 as a float with microseconds; a table crashes production (LUERL §1.12)."""
    if len(args) == 1 and isinstance(args[0], Table):
        raise FidelityCrash("undef", "{luerl_new,decode,2}")
    return (host.clock(),)


def tmpname(host: Host, _args: Args) -> Args:
    """A name nobody has; production makes the file, we do not."""
    moment_number = int(host.clock() * 1000)
    return (b"/tmp/lua_" + bytes(97 + moment_number // 26**place % 26 for place in range(6)),)


FUNCTIONS: Final[dict[str, LibraryFunction]] = {
    "clock": clock,
    "date": date,
    "difftime": difftime,
    "execute": execute,
    "exit": exit_,
    "getenv": getenv,
    "remove": remove,
    "rename": rename,
    "time": time,
    "tmpname": tmpname,
}
