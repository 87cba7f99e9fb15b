"""Attempts to break out, to crash Python or to outrun a limit. Each one ends in a value, a Lua error or a limit."""

# ruff: noqa: E501 - a case is one chunk on one line

from __future__ import annotations

import sys

import pytest

from taskrunner.lua import VM, LimitError, Limits, LuaError, LuaSyntaxError, Table, is_function

TIGHT = Limits(steps=300_000, seconds=10.0, memory=1 << 28, string=1 << 20, depth=12_000, values=100_000)


def limit_of(source: str, limits: Limits = TIGHT) -> str:
    before = sys.getrecursionlimit()
    with pytest.raises(LimitError) as caught:
        VM(limits).run(source.encode(), "m.lua")
    assert sys.getrecursionlimit() == before
    assert caught.value.file == "m.lua"
    return caught.value.limit


RECURSIONS = [
    "local function f() return f() + 1 end return pcall(f)",
    "local function f() return pcall(f) end return f()",
    "local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) return t[1]",
    "local t = setmetatable({}, {__newindex = function(t, k, v) t[k + 1] = v end}) t[1] = 1",
    "local t t = setmetatable({}, {__call = function(s, x) return t(x) end}) return t(1)",
    "local t t = setmetatable({}, {__add = function(a, b) return a + b end}) return t + 1",
    "local t t = setmetatable({}, {__concat = function(a, b) return a .. b end}) return t .. 1 .. 2",
    "local mt = {} mt.__eq = function(a, b) return a == b end return setmetatable({}, mt) == setmetatable({}, mt)",
    "local mt = {} mt.__lt = function(a, b) return a < b end return setmetatable({}, mt) < 1",
    "local t t = setmetatable({}, {__len = function(a) return #a end}) return #t",
    "local t t = setmetatable({}, {__tostring = function(a) return tostring(a) end}) return tostring(t)",
    "local t t = setmetatable({}, {__tostring = function(a) return ('%s'):format(a) end}) return tostring(t)",
    "local t t = setmetatable({}, {__pairs = function(a) return pairs(a) end}) for k in pairs(t) do end",
    "local function f() table.sort({3, 2, 1}, function(a, b) f() return a < b end) end f()",
    "local function f() return (('x'):gsub('x', f)) end return f()",
    "local function f() for k in f do end end f()",
    "local function f(...) return 1 + f(1, 2, 3, 4, 5, 6, 7, 8, 9, ...) end return f()",
    "local function f(...) return 1 + f(...) end return f(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)",
    "function f() return load('return f() + 1')() end return f()",
    "local o = {} function o:m() return self:m() + 1 end return o:m()",
]


@pytest.mark.parametrize("source", RECURSIONS, ids=range(len(RECURSIONS)))
def test_endless_recursion_is_a_limit(source: str) -> None:
    assert limit_of(source) == "depth"


def test_many_open_arguments_inside_each_other_are_a_limit_too() -> None:
    assert (
        limit_of(
            "local t = {} for i = 1, 250 do t[i] = i end local function f(...) return 1 + f(...) end f(table.unpack(t))"
        )
        == "depth"
    )


def test_a_hundred_thousand_calls_deep() -> None:
    vm = VM()
    assert vm.run(b"local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end return f(100000)") == (
        100000,
    )


def test_deep_pcalls_and_metamethods_use_no_c_stack() -> None:
    vm = VM()
    source = (
        b"local function f(n) if n == 0 then return 0 end local _, v = pcall(f, n - 1) return v + 1 end return f(10000)"
    )
    assert vm.run(source) == (10000,)
    source = b"local mt = {} mt.__index = function(t, k) if k > 0 then return t[k - 1] end return 'end' end return setmetatable({}, mt)[10000]"
    assert vm.run(source) == (b"end",)


LOOPS = [
    "while true do end",
    "repeat until false",
    "for i = 1, math.huge do end",
    "for i = 1, 1e308, 1e-308 do end",
    "for k in function() return 1 end do end",
    "while true do pcall(function() while true do end end) end",
    "local t = {} setmetatable(t, {__index = t}) return t.x",
    "local t = {} setmetatable(t, {__newindex = t}) t.x = 1",
    "local t = {} setmetatable(t, {__call = t}) t()",
    "local t = {a = 1} for k in pairs(t) do t[k .. 'x'] = 1 end",
    "return (('a'):rep(20000)):find('.-.-.-.-b')",
    "for i = 1, 1e9 do local s = ('x'):rep(1000):upper() end",
]


@pytest.mark.parametrize("source", LOOPS, ids=range(len(LOOPS)))
def test_endless_loops_are_a_limit(source: str) -> None:
    assert limit_of(source) in ("steps", "time", "string", "memory")


SIZES = [
    ("local s = 'x' while true do s = s .. s end", "string"),
    ("return ('x'):rep(1e10)", "string"),
    ("return pcall(string.rep, 'x', 1e10)", "string"),
    ("local t = {} for i = 1, 100 do t[i] = ('x'):rep(100000) end return table.concat(t)", "string"),
    ("return ('%1000000d'):rep(2):format(1, 2)", None),
    ("local x = 3 while true do x = x * x end", "memory"),
    ("return 1 << (1 << 62)", "memory"),
    ("local x = 1 while true do x = x << 4096 end", "memory"),
    ("return table.unpack({}, 1, 1e7)", "memory"),
    ("return pcall(table.unpack, {}, 1, 1e7)", "memory"),
    ("local t = {} t[1 << 60] = 1 for k in pairs(t) do end", "production"),
]


@pytest.mark.parametrize(("source", "limit"), [case for case in SIZES if case[1]])
def test_big_things_are_a_limit(source: str, limit: str) -> None:
    assert limit_of(source) == limit


def test_memory_is_watched() -> None:
    limits = Limits(steps=100_000_000, memory=64 << 20)
    assert limit_of("local t, s = {}, ('x'):rep(100000) for i = 1, 1e7 do t[i] = s .. i end", limits) == "memory"
    assert limit_of("local t = {} for i = 1, 1e8 do t[i] = {} end", limits) == "memory"


NESTED = [
    "return " + "(" * 3000 + "1" + ")" * 3000,
    "return " + "-" * 3000 + "1",
    "return " + "not " * 3000 + "1",
    "return " + "{" * 500 + "}" * 500,
    "return " + "1 + " * 3000 + "1",
    "return " + "'a' .. " * 3000 + "'b'",
    "return " + "1 ^ " * 500 + "1",
    "local a = {} a.a = a return a" + ".a" * 2000,
    "local function f() return f end return f" + "()" * 1000,
    "local function f(x) return x end return " + "f(" * 500 + "1" + ")" * 500,
    "return " + "1 and " * 2000 + "1",
    "if nil then " + "elseif nil then " * 300 + "end",
    "do " * 60 + "end " * 60,
    "if 1 then " * 60 + "end " * 60,
    "local x = 1 " * 300,
    "return " + "function() return " * 40 + "1 " + "end " * 40,
]


@pytest.mark.parametrize("source", NESTED, ids=range(len(NESTED)))
def test_deeply_nested_source_runs(source: str) -> None:
    VM().run(source.encode())


TOO_DEEP = [
    "for i = 1, 1 do " * 25 + "end " * 25,
    "if 1 then " * 120 + "end " * 120,
    "if nil then " + "elseif nil then " * 1000 + "end",
    "do local x f = function() x = 1 " * 120 + "end end " * 120,
]


@pytest.mark.parametrize("source", TOO_DEEP, ids=range(len(TOO_DEEP)))
def test_what_python_cannot_hold_is_a_limit(source: str) -> None:
    with pytest.raises(LimitError) as caught:
        VM().run(source.encode(), "m.lua")
    assert caught.value.limit == "depth"


def test_lua_names_are_no_python_names() -> None:
    source = b"""
    local None_, True_, type_, __class__, __import__, lambda, def, class, T, F, G, nx, va, more, t1, f0 =
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
    lambda = lambda + def
    local function import(yield, async, ...) local va = ... return yield + async, va end
    __builtins__ = 17
    return lambda, class, __class__ + T, import(1, 2, 3)
    """
    vm = VM()
    assert vm.run(source) == (13, 8, 13, 3, 3)
    assert vm.get_global(b"__builtins__") == 17


PROBES = [
    "return ('').__class__, ('x').__len__, ('').join",
    "return print.__globals__",
    "return pcall(function() return print.__code__ end)",
    "local f = function() end return pcall(function() return f.__globals__ end)",
    "return ({}).__class__, ({}).get, ({}).put, ({}).meta",
    "return pcall(function() return (nil).__class__ end)",
    "return getmetatable('').__class__, getmetatable(print)",
    "return debug.getmetatable(5), debug.getmetatable(nil), debug.getmetatable({})",
    "return _G.__builtins__, __builtins__, CHUNK, FIRST, H",
    "return pcall(error, setmetatable({}, {__tostring = function() return 5 end}))",
    "return pcall(error)",
    "return select(2, pcall(error, {1, 2}))",
    "local ok, e = pcall(function() local x = {} x.y.z = 1 end) return type(e), e.__traceback__",
    "return load('return ...', '=(import os)', 't', {})(1)",
    "return tostring(setmetatable({}, {__tostring = function() return ('%s'):rep(3) end})):format(1, 2, 3)",
    "return ('{0.__class__}'):format(1), ('%(x)s'):len()",
    "rawset(_G, 'type', 5) return type",
    "print = nil pairs = nil return print, pairs",
    "for k, v in pairs(_G) do _G[k] = nil end return 1",
    "setmetatable(_G, {__index = error, __newindex = error}) return pcall(function() return undefined end)",
]


@pytest.mark.parametrize("source", PROBES, ids=range(len(PROBES)))
def test_only_lua_values_come_out(source: str) -> None:
    try:
        found = VM(TIGHT).run(source.encode())
    except LuaError as error:
        found = error.reason[1:]
    for value in found:
        assert value is None or type(value) in (bool, int, float, bytes, str, tuple, Table) or is_function(value)


def test_compiled_code_sees_no_builtins() -> None:
    vm = VM()
    function = vm.load(b"return 1")
    names = function.__globals__  # type: ignore[attr-defined]
    assert names["__builtins__"] == {}
    assert not {"open", "eval", "exec", "getattr", "__import__", "compile", "vars", "globals"} & set(names)


HOSTILE = [
    b"\x00",
    b"\xff\xfe",
    b"x = '\x00'",
    b"return '\\0\\1\\2'",
    b"-- \x01\x02\nreturn 1",
    b"return [[\x01\x022\x02]]",
]


@pytest.mark.parametrize("source", HOSTILE)
def test_hostile_bytes(source: bytes) -> None:
    line = 1
    try:
        VM(TIGHT).run(source, "odd\x00name\n.lua")
    except LuaSyntaxError as error:
        line = error.line or 0
    assert line == 1


def test_constants_survive_the_way_through_python_source() -> None:
    vm = VM()
    every = bytes(range(256))
    literal = b"".join(b"\\%03d" % code for code in every)
    assert vm.run(b"return '" + literal + b"'") == (every,)
    assert vm.run(b"return 1e308, 5e-324, 0x7fffffffffffffff, " + b"9" * 5000) == (
        1e308,
        5e-324,
        2**63 - 1,
        int("9" * 4000) * 10**1000 + int("9" * 1000),
    )
    assert vm.run(b"return [[\x01\x022\x02]]") == (b"\x01\x022\x02",)


def test_threads_do_not_take_each_other_s_room() -> None:
    from concurrent.futures import ThreadPoolExecutor

    source = b"local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end return f(8000)"
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: VM().run(source), range(8)))
    assert results == [(8000,)] * 8


def test_a_limit_does_not_poison_the_vm() -> None:
    vm = VM(TIGHT)
    for source in (b"while true do end", b"local function f() return f() + 1 end f()", b"return ('x'):rep(1e10)"):
        with pytest.raises(LimitError):
            vm.run(source)
        assert vm.run(b"return 1") == (1,)
