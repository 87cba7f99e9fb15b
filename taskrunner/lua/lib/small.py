"""The io and debug libraries, of which Luerl has six functions between them."""

from __future__ import annotations

from typing import Final

from taskrunner.lua.erlang import STANDARD_IO
from taskrunner.lua.lib.args import badarg, convert
from taskrunner.lua.lib.host import Args, Host, LibraryFunction


def flush(_host: Host, _args: Args) -> Args:
    """Always true."""
    return (True,)


def write(host: Host, args: Args) -> Args:
    """Writes strings and numbers, each byte as a Latin-1 character; gives a value that no message can hold."""
    texts = convert(args, "s" * len(args))
    if texts is None:
        raise badarg("write", args)
    for text in texts:
        host.write(text.decode("latin-1").encode("utf-8"))
    return (STANDARD_IO,)


def getmetatable(host: Host, args: Args) -> Args:
    """The metatable itself, whatever its `__metatable`."""
    if not args:
        raise badarg("getmetatable", args)
    return (host.get_metatable(args[0]),)


def setmetatable(host: Host, args: Args) -> Args:
    """Sets the metatable of a table or of a whole type; nothing is checked."""
    if len(args) < 2:
        raise badarg("setmetatable", args)
    host.set_metatable(args[0], args[1])
    return (args[0],)


def getuservalue(_host: Host, args: Args) -> Args:
    """Always nil."""
    if not args:
        raise badarg("getuservalue", args)
    return (None,)


def setuservalue(_host: Host, args: Args) -> Args:
    """Gives its first argument."""
    if len(args) < 2:
        raise badarg("setuservalue", args)
    return (args[0],)


IO: Final[dict[str, LibraryFunction]] = {"flush": flush, "write": write}
DEBUG: Final[dict[str, LibraryFunction]] = {
    "getmetatable": getmetatable,
    "getuservalue": getuservalue,
    "setmetatable": setmetatable,
    "setuservalue": setuservalue,
}
