"""Fills a fresh VM with the libraries, in Luerl's order: table numbers show in `tostring` and in the order of keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskrunner.lua.lib import base, bits, mathlib, oslib, package, small, strings, table, utf8lib
from taskrunner.lua.lib.host import Host, LibraryFunction
from taskrunner.lua.values import Table, make_builtin

VERSION = b"Lua 5.3"


def install(host: Host) -> None:
    """Creates `_G`, the libraries and the metatable of strings; the first table a module makes is number 14."""
    names = host.globals
    _fill(host, names, "luerl_lib_basic", base.FUNCTIONS, {"error": "error_call"})
    names.put(b"_VERSION", VERSION)
    host.next_function = names.raw(b"next")
    host.ipairs_function = make_builtin(host, "luerl_lib_basic", "ipairs_next", base.ipairs_next)
    loaded = _install_package(host)
    for name, library in _libraries(host):
        names.put(name, library)
        loaded.put(name, library)
    names.put(b"_G", names)
    loaded.put(b"_G", names)


def _install_package(host: Host) -> Table:
    names = host.globals
    module = "luerl_lib_package"
    names.put(b"require", make_builtin(host, module, "require", package.require))
    searchers, loaded, preload, library = (host.new_table() for _ in range(4))
    searchers.put(1, make_builtin(host, module, "preload_searcher", package.preload_searcher))
    searchers.put(2, make_builtin(host, module, "lua_searcher", package.lua_searcher))
    _fill(host, library, module, package.FUNCTIONS)
    entries: dict[bytes, Any] = {
        b"config": package.CONFIG,
        b"loaded": loaded,
        b"preload": preload,
        b"path": package.PATH,
        b"searchers": searchers,
    }
    for name, value in entries.items():
        library.put(name, value)
    names.put(b"package", library)
    loaded.put(b"package", library)
    return loaded


def _libraries(host: Host) -> list[tuple[bytes, Table]]:
    bit32 = _library(host, "luerl_lib_bit32", bits.FUNCTIONS, bits.ERLANG_NAMES)
    io = _library(host, "luerl_lib_io", small.IO)
    math = _library(host, "luerl_lib_math", mathlib.FUNCTIONS)
    for name, value in mathlib.CONSTANTS.items():
        math.put(name.encode(), value)
    os = _library(host, "luerl_lib_os", oslib.FUNCTIONS, {"exit": "lua_exit"})
    string = _library(host, "luerl_lib_string", strings.FUNCTIONS)
    of_strings = host.new_table()
    of_strings.put(b"__index", string)
    host.set_metatable(b"", of_strings)
    utf8 = _library(host, "luerl_lib_utf8", utf8lib.FUNCTIONS, utf8lib.ERLANG_NAMES)
    utf8.put(b"charpattern", utf8lib.CHARPATTERN)
    host.codes_function = make_builtin(host, "luerl_lib_utf8", "-fun.codes_next/2-", utf8lib.codes_next)
    tables = _library(host, "luerl_lib_table", table.FUNCTIONS)
    debug = _library(host, "luerl_lib_debug", small.DEBUG)
    return [
        (b"bit32", bit32),
        (b"io", io),
        (b"math", math),
        (b"os", os),
        (b"string", string),
        (b"utf8", utf8),
        (b"table", tables),
        (b"debug", debug),
    ]


def _library(
    host: Host, module: str, functions: Mapping[str, LibraryFunction], erlang: Mapping[str, str] | None = None
) -> Table:
    library = host.new_table()
    _fill(host, library, module, functions, erlang)
    return library


def _fill(
    host: Host,
    into: Table,
    module: str,
    functions: Mapping[str, LibraryFunction],
    erlang: Mapping[str, str] | None = None,
) -> None:
    """Registers functions under their Lua names; error texts and `tostring` use the Erlang name."""
    for name, function in functions.items():
        into.put(name.encode(), make_builtin(host, module, (erlang or {}).get(name, name), function))
