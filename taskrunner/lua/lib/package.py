"""`require` and the package table: preloaded loaders work, files are never found (LUERL `load`)."""

from __future__ import annotations

from typing import Final

from taskrunner.lua.erlang import raw_binary_term
from taskrunner.lua.errors import LuaError
from taskrunner.lua.lib.args import badarg, convert, text_argument
from taskrunner.lua.lib.host import Args, Host, LibraryFunction
from taskrunner.lua.values import Table, is_function

CONFIG: Final = b"/\n;\n?\n!\n-\n"
PATH: Final = b"./?.lua;./?/init.lua"


def require(host: Host, args: Args) -> Args:
    """The loaded module, or what its loader returns; looks in `package.loaded`, then asks `package.searchers`."""
    name = text_argument("require", args, "luerl_lib_package,require")
    package = host.index(host.globals, b"package")
    loaded = host.index(host.index(package, b"loaded"), name)
    if loaded is not None:
        return (loaded,)
    loader, *extra = _find_loader(host, name, host.index(package, b"searchers"))
    values = host.call(loader, (name, *extra))
    result = values[0] if values and values[0] is not None else True
    host.set_index(host.index(package, b"loaded"), name, result)
    return (result,)


def _find_loader(host: Host, name: bytes, searchers: object) -> Args:
    tried = b""
    size = searchers.array_size() if isinstance(searchers, Table) else 0
    for index in range(1, size):
        searcher = searchers.raw(index) if isinstance(searchers, Table) else None
        if searcher is None:
            continue
        found = host.call(searcher, (name,))
        if found and is_function(found[0]):
            return found
        if found and type(found[0]) is bytes:
            tried += found[0]
    raise LuaError("term", f"{{no_module,{raw_binary_term(name)},{raw_binary_term(tried)}}}")


def preload_searcher(host: Host, args: Args) -> Args:
    """The entry of `package.preload`, or nothing."""
    name = text_argument("preload_searcher", args, "luerl_lib_package,preload_searcher")
    preload = host.index(host.index(host.globals, b"package"), b"preload")
    value = host.index(preload, name)
    return () if value is None else (value,)


def lua_searcher(host: Host, args: Args) -> Args:
    """The names of the files that do not exist."""
    name = text_argument("lua_searcher", args, "luerl_lib_package,lua_searcher")
    path = host.index(host.index(host.globals, b"package"), b"path")
    return (_tried(name, path if type(path) is bytes else PATH, b".", b"/"),)


def searchpath(_host: Host, args: Args) -> Args:
    """nil and the names of the files that do not exist."""
    if len(args) in (2, 3):
        args = (*args, b".", b"/") if len(args) == 2 else (*args, b"/")
    given = convert(args, "ssss")
    if given is None or len(given) < 4:
        raise badarg("searchpath", args)
    return (None, _tried(*given))


def _tried(name: bytes, path: bytes, separator: bytes, replacement: bytes) -> bytes:
    name = name.replace(separator, replacement) if separator else name
    files = b"".join(b"'" + template.replace(b"?", name) + b"' " for template in path.split(b";"))
    return files.decode("latin-1").encode("utf-8") if not _is_utf8(files) else files


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


FUNCTIONS: Final[dict[str, LibraryFunction]] = {"searchpath": searchpath}
