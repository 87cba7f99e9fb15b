"""The language as Luerl runs it: evaluation order, several values, closures, loops, numbers, metatables."""

# ruff: noqa: E501 - a case is one chunk on one line

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Fail, Run

VALUES: list[tuple[str, tuple[Any, ...]]] = [
    # evaluation order
    ("local x = {} local y = x local function f() x = {} return 1 end x[f()] = 7 return y[1], x[1]", (7, None)),
    ("local x = {} local y = x local function f() x = {} return 1 end x[1] = f() return y[1], x[1]", (None, 1)),
    ("local i, t = 1, {} local function f() i = 2 return t end f()[i] = 7 return t[1], t[2]", (None, 7)),
    ("local i, t = 1, {5, 6} local function f() i = 2 return 0 end return t[i] + f() + t[i]", (11,)),
    ("local x = 1 local function f() x = 5 return 0 end return x + f(), x", (1, 5)),
    ("local x = 1 local function f() x = 5 return 0 end return x == f(), x .. f(), x < f()", (False, b"50", False)),
    ("local x = 1 local function f() x = 5 return 0 end return x // f and 1 or x", None),  # replaced below
    ("local x = {1} local function f() x = {2} return 1 end return x[f()]", (1,)),
    ("local i, a = 1, {} i, a[i] = i + 1, 20 return i, a[1], a[2]", (2, 20, None)),
    ("local i, a = 1, {} a[i], i = 20, i + 1 return i, a[1], a[2]", (2, None, 20)),
    ("local a, b = 1, 2 a, b = b, a return a, b", (2, 1)),
    ("local o = '' local function f(x) o = o .. x return {} end f'a'[f'b'] = f'c' return o", (b"cab",)),
    (
        "local o = '' local function f(x) o = o .. x return x end local t = {f'a', f'b', [f'c'] = f'd'} return o",
        (b"abcd",),
    ),
    (
        "local o = {m = function() return 'old' end} return o:m((function() o.m = function() return 'new' end end)())",
        (b"new",),
    ),
    ("local a, a = 1, 2 return a", (2,)),
    ("local a, b, c = (function() return 1, 2 end)() return a, b, c", (1, 2, None)),
    ("local a, b = 1, 2, 3 return a, b", (1, 2)),
    ("local n = 0 local function f() n = n + 1 return n end local a = f(), f(), f() return a, n", (1, 3)),
    ("local t = {} t.a, t.b, t.c = (function() return 1, 2 end)() return t.a, t.b, t.c", (1, 2, None)),
    ("a, b = 1 return a, b", (1, None)),
    # several values
    ("local function f() return 1, 2 end return f() and f()", (1, 2)),
    ("local function f() return 1, 2 end return f() or 9", (1, 2)),
    ("local function f() return nil, 2 end return f() and 9", (None, 2)),
    ("local function f() return nil, 2 end return f() or f()", (None, 2)),
    ("local function f() return 1, 2 end return (f() or 9)", (1,)),
    ("local function f() return 1, 2 end return f(), 9", (1, 9)),
    ("local function f() return 1, 2 end return {f() and f()}[1] == nil", None),
    ("local function f() return 1, 2 end return #{f() and f(), f() or 1}", (3,)),
    ("local function f(...) return ... end return f(1, nil, f(3, 4))", (1, None, 3, 4)),
    ("local function f(...) local a, b = ... return a, b, (...) end return f(7)", (7, None, 7)),
    ("local function f() end return f(), (f()), #{f()}, #{(f())}", (None, None, 0, 0)),
    ("local function f(a, b, ...) return select('#', ...) end return f(1, 2, nil, nil)", (2.0,)),
    ("return (function(...) local t = {...} return #t end)(1, 2, 3)", (3,)),
    ("local function f(...) return {n = 1, ...} end return f(5, 6)[2]", (6,)),
    # closures
    (
        "local f = {} for i = 1, 3 do f[i] = function() i = i + 10 return i end end return f[1](), f[1](), f[2]()",
        (11, 21, 12),
    ),
    ("local f = {} for i = 1, 2 do local j = i f[i] = function() return j end end return f[1](), f[2]()", (1, 2)),
    (
        "local f = {} for _, v in ipairs{'a', 'b'} do f[#f + 1] = function() v = v .. '!' return v end end f[1]() return f[1](), f[2]()",
        (b"a!!", b"b!"),
    ),
    (
        "local function mk() local n = 0 return function() n = n + 1 return n end, function() return n end end local i, g = mk() i() i() return g()",
        (2,),
    ),
    (
        "local f while true do local x = 1 local function g(n) if n == 0 then return x end return g(n - 1) end f = g break end return f(5)",
        (1,),
    ),
    ("local r = {} repeat local x = #r r[#r + 1] = function() return x end until x >= 2 return r[1](), r[3]()", (0, 2)),
    (
        "local a = {} for i = 1, 2 do for j = 1, 2 do a[#a + 1] = function() return i * 10 + j end end end return a[1](), a[4]()",
        (11, 22),
    ),
    ("local x = 1 local function f() return x end local x = 2 return f(), x", (1, 2)),
    (
        "local f for i = 1, 2 do local y = i f = f or function() return (function() return y end)() end end return f()",
        (1,),
    ),
    (
        "local t = {} for i = 1, 2 do local n = i t[i] = {function() n = n + 1 end, function() return n end} end t[1][1]() return t[1][2](), t[2][2]()",
        (2, 2),
    ),
    (
        "local x = 0 local function outer() local function inner() x = x + 1 end inner() end outer() outer() return x",
        (2,),
    ),
    # closures are values: equal if definition and environment are
    ("local function mk() return function() end end return mk() == mk()", (True,)),
    ("local function mk() local x return function() return x end end return mk() == mk()", (False,)),
    ("local t = {} for i = 1, 2 do t[i] = function() end end return t[1] == t[2]", (True,)),
    ("local t = {} for i = 1, 2 do t[i] = function() return i end end return t[1] == t[2]", (False,)),
    ("local x, t = 1, {} for i = 1, 2 do t[i] = function() return x end end return t[1] == t[2]", (True,)),
    (
        "local t = {} for i = 1, 2 do local j = i local f = function() return j end for k = 1, 2 do t[#t + 1] = function() return j end end end return t[1] == t[2], t[2] == t[3]",
        (True, False),
    ),
    # loops
    ("local n = 0 for i = 3, 1 do n = n + 1 end for i = 3, 1, -1 do n = n + i end return n", (6,)),
    ("local n = 0 for i = 1, 5, 0 do n = n + 1 end return n", (0,)),
    ("local r = '' for i = 1, 2, 0.5 do r = r .. i .. ' ' end return r", (b"1 1.5 2.0 ",)),
    ("local r = '' for i = '1', '2' do r = r .. i .. ' ' end return r", (b"1.0 2.0 ",)),
    ("local n = 0 for i = 1, 3.7 do n = n + i end for i = -1, -3.7, -1 do n = n + i end return n", (0,)),
    ("local n = 0 for i = 1, 3 do local i = i * 2 n = n + i end return n", (12,)),
    ("local n = 0 for i = 1, 3 do n = n + i i = 9 end return n", (6,)),
    ("local n = 0 for i = 9007199254740993, 9007199254740994 do n = n + 1 end return n", (2,)),
    ("for i = 1, 1/0 do return i end", None),
    ("for i = 1, math.huge do if i > 3 then return i end end", (4,)),
    ("for i = -1, -math.huge, -1 do if i < -3 then return i end end", (-4,)),
    ("local n = 0 while true do n = n + 1 if n > 4 then break end end return n", (5,)),
    ("local n = 0 while n < 3 do n = n + 1 end return n", (3,)),
    ("local n = 0 repeat n = n + 1 local done = n == 3 until done return n", (3,)),
    ("for i = 1, 2 do while true do break end repeat do break end until false return i end", (1,)),
    (
        "local function it(s, c) if c < s then return c + 1, c * c end end local n = 0 for i, q in it, 3, 0 do n = n + q end return n",
        (5,),
    ),
    (
        "local n = 0 for k, v, w in function(_, c) if not c then return 1 end end do n = n + (v == nil and w == nil and k or 0) end return n",
        (1,),
    ),
    ("local n = 0 for k in pairs{[false] = 1, a = 2} do n = n + 1 end return n", (0,)),
    ("local n = 0 for k, v in next, {5, 6} do n = n + v end return n", (11,)),
    ("local n = 0 for k, v in next, {5, 6, 7}, 1 do n = n + v end return n", (13,)),
    (
        "local t = setmetatable({}, {__call = function(_, s, c) if c < s then return c + 1 end end}) local n = 0 for i in t, 3, 0 do n = n + i end return n",
        (6,),
    ),
    ("local t = {1, 2, 3} local n = 0 for i, v in ipairs(t) do t[i + 1] = nil n = n + v end return n", (1,)),
    # numbers
    ("return 2^53 == 2^53 + 1, 1 == 1.0, '1' == 1, true == 1, false == 0", (True, True, False, False, False)),
    ("local one, zero = true, false return one == 1, zero == 0, one ~= 1, 1 == one", (False, False, True, False)),
    (
        "return 7 // 2, -7 // 2, 7 // -2, -1 // 2, 1 // -2, -6 // 2, 7.0 // 2, -7 // 2.0",
        (3, -4, -4, 0, 0, -3, 3.0, -4.0),
    ),
    ("local a, b = -1, 2 return a // b, a % b, -a % -b, 5.5 % 2, -5.5 % 2", (0, 1, -1, 1.5, 0.5)),
    ("return 1 << 70, 1 << -1, 5 >> 1, -1 >> 1, 5 >> -1, ~0, ~5 & 3", (1 << 70, 0, 2, -1, 10, -1, -2)),
    ("return 3 & 2.0, '7' | 0, 1 ~ 3, 6.0 ~ 2", (2, 7, 2, 4)),
    ("return '10' + 5, '0x10' * 1, 10 / 2, 2 ^ 2, -'2', - 3", (15.0, 16.0, 5.0, 4.0, -2.0, -3)),
    ("return 10 .. 20, 1.5 .. '', 'a' .. 1 .. 2.0", (b"1020", b"1.5", b"a12.0")),
    (
        "return 1 < 2, 1 < 1.5, 'a' < 'b', 'a' <= 'a', 2 > 1.5, 'B' >= 'a', '' < 'a'",
        (True, True, True, True, True, False, True),
    ),
    ("return math.maxinteger + 1, math.maxinteger * 2", (2**63, 2**64 - 2)),
    ("local h = 5381 for i = 1, 3 do h = h * 33 + i end return h", (193378155,)),
    ("return not nil, not 0, not '', nil == false", (True, False, False, False)),
    ("return nil and 1, false or nil, 0 and 1, '' or 2, nil or false", (None, None, 1, b"", False)),
    ("local t, f = true, false return t and f, t or f, not t and 1, f or t and 2", (False, True, False, 2)),
    # tables
    ("local t = {1, 2, nil, 4} return #t, t[4]", (2, 4)),
    ("local t = {a = 1, a = nil} return t.a", (1,)),
    ("local t = {a = nil, b = 2} return t.a, t.b", (None, 2)),
    ("local t = {[1] = 'a', 'b', nil} return t[1], t[2]", (b"b", None)),
    ("local t = {[1.0] = 'a', [true] = 'b', [-1.0] = 'c'} return t[1], t[true], t[-1]", (b"a", b"b", b"c")),
    ("local t = {} t[1.0] = 'x' t[true] = 'y' return t[1], t[true], #t, t[nil]", (b"x", b"y", 1, None)),
    ("local k = true local t = {[k] = 1, [1] = 2} return t[k], t[1], t[not k]", (1, 2, None)),
    ("return ({10, 20, 30})[2], ('x'):rep(3), #'abc', ({n = 5}).n", (20, b"xxx", 3, 5)),
    ("local t = {x = {y = {z = 1}}} t.x.y.z = t.x.y.z + 1 return t.x.y.z", (2,)),
    ("return (5).x, (true).x", None),
    # functions
    ("local function f(a, a) return a end return f(1, 2)", (2,)),
    ("local function f(a, b) return a, b end return f(1), (f(1, 2, 3))", (1, 1)),
    (
        "local t = {} function t.f(x) return x end function t:g(x) return self == t, x end return t.f(1), t:g(2)",
        (1, True, 2),
    ),
    ("function g(x) x = x + 1 return x end return g(1), g(2)", (2, 3)),
    ("return _ENV, _G == _G._G, type(_G)", (None, True, b"table")),
    ("x = 1 local y = x x = nil return y, x", (1, None)),
    ("return load('local a = ... return a * 2')(21)", (42,)),
    ("do local x = 1 end return x", (None,)),
    ("if nil then return 1 elseif 0 then return 2 else return 3 end", (2,)),
    ("if false then elseif nil then else end do end return 'end'", (b"end",)),
]
VALUES = [(text, values) for text, values in VALUES if values is not None]


@pytest.mark.parametrize(("text", "values"), VALUES, ids=range(len(VALUES)))
def test_values(run: Run, text: str, values: tuple[Any, ...]) -> None:
    found = run(text)
    assert found == values, text
    assert [type(value) for value in found] == [type(value) for value in values], text


ERRORS = [
    ("return nil + 1", "bad arithmetic '+' on nil,1"),
    ("return {} .. 'x'", "bad argument table,'x' to '..'"),
    ("return 1 .. 2 .. {}", "bad argument 2,table to '..'"),
    ("return -{}", "bad arithmetic '-' on table"),
    ("return ~1.5", "bad arithmetic '~' on 1.5"),
    ("return 1 & 'x'", "bad arithmetic '&' on 1,'x'"),
    ("return #5", "bad argument 5 to '#'"),
    ("return 1 < '2'", "bad argument 1,'2' to '<'"),
    ("return 1 > '2'", "bad argument '2',1 to '>'"),
    ("return {} <= 1", "bad argument table,1 to '<='"),
    ("return {} >= 1", "bad argument 1,table to '>='"),
    ("if 1 < {} then end", "bad argument 1,table to '<'"),
    ("return true + 1", "bad arithmetic '+' on true,1"),
    ("return '5' / 0", "bad arithmetic '/' on 5.0,0"),
    ("return 1e308 * 10", "bad arithmetic '*' on 1.0e308,10"),
    ("return 1e308 + 1e308, 1", "bad arithmetic '+' on 1.0e308,1.0e308"),
    ("return 1 % 0", "bad arithmetic '%' on 1,0"),
    ("return 1 // 0.0", "bad arithmetic '//' on 1,0.0"),
    ("return (-8) ^ 0.5", "bad arithmetic '^' on -8,0.5"),
    ("return (10 ^ 300) // 1e-300", "bad arithmetic '//' on 1.0e300,1.0e-300"),
    ("return (1 << 1100) + 0.5", None),
    ("local x return x.y", "invalid index in nil: 'y'"),
    ("local x x.y = 1", "invalid index in nil: 'y'"),
    ("local t = {} t[nil] = 1", "invalid index in table: nil"),
    ("local t = 5 t[nil] = 1", "invalid index in 5: nil"),
    ("return (5).x", "invalid index in 5: 'x'"),
    ("return (1 == 1).x", "invalid index in true: 'x'"),
    ("return print.x", "invalid index in print: 'x'"),
    ("nothing()", "undefined function nil"),
    ("local x = 5 x()", "undefined function 5"),
    ("('x')()", "undefined function 'x'"),
    ("local t = {} t.f()", "undefined function nil"),
    ("local t = {} t:f()", "undefined function nil"),
    ("local x x:f()", "undefined method 'f' in nil"),
    ("(5):f(1, 2)", "undefined method 'f' in 5"),
    ("nothing(error('first'))", "first"),
    ("local x x:f(error('first'))", "first"),
    ("for i = 1, {} do end", "bad argument 1,table,1 to 'loop'"),
    ("for i = 'x', 1 do end", "bad argument 'x',1,1 to 'loop'"),
    ("for k in nil do end", "undefined function nil"),
    ("for k in 5 do end", "undefined function 5"),
    ("break", "illegal op: 'break'"),
    ("for i = 1, 1 do (function() break end)() end", "illegal op: 'break'"),
]
ERRORS = [(text, message) for text, message in ERRORS if message is not None]


@pytest.mark.parametrize(("text", "message"), ERRORS, ids=range(len(ERRORS)))
def test_errors(fail: Fail, text: str, message: str) -> None:
    assert fail(text) == message


METATABLES: list[tuple[str, tuple[Any, ...]]] = [
    (
        "return setmetatable({}, {__index = {a = 1}}).a, setmetatable({}, {__index = function(_, k) return k .. '!' end}).b",
        (1, b"b!"),
    ),
    ("local C = {} C.__index = C function C:m(x) return self.n + x end return setmetatable({n = 1}, C):m(2)", (3,)),
    (
        "local A = {m = function() return 'A' end} local B = setmetatable({}, {__index = A}) return setmetatable({}, {__index = B}):m()",
        (b"A",),
    ),
    (
        "local o = setmetatable({}, {__index = function(_, k) return function(self, x) return k, x end end}) return o:name(5)",
        (b"name", 5),
    ),
    (
        "local log = {} local t = setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v * 2) end}) t.a = 2 t.a = 3 return t.a",
        (3,),
    ),
    ("local s = {} local t = setmetatable({}, {__newindex = s}) t.a = 1 return rawget(t, 'a'), s.a", (None, 1)),
    (
        "local t = setmetatable({}, {__call = function(self, a, b) return a, b, self ~= nil end}) return t(1, 2)",
        (1, 2, True),
    ),
    (
        "local inner = setmetatable({}, {__call = function(self, outer, x) return x end}) return setmetatable({}, {__call = inner})(7)",
        (7,),
    ),
    (
        "local mt = {__add = function(a, b) return 'add' end} return setmetatable({}, mt) + 1, 1 + setmetatable({}, mt)",
        (b"add", b"add"),
    ),
    (
        "local t = setmetatable({}, {__unm = function(...) return select('#', ...) end, __len = function(...) return select('#', ...) end, __bnot = function() return 'b' end}) return -t, #t, ~t",
        (1.0, 1.0, b"b"),
    ),
    (
        "local mt = {__lt = function() return 1 end, __le = function() return nil end} local a = setmetatable({}, mt) return a < a, a <= a, a > 5, 5 >= a",
        (1, None, 1, None),
    ),
    (
        "local mt = {__lt = function(a, b) return a.v < b.v end} local a, b = setmetatable({v = 1}, mt), setmetatable({v = 2}, mt) return a <= b, b <= a",
        (False, True),
    ),
    (
        "local mt = {__lt = function() return 0 end} if setmetatable({}, mt) < 1 then return 'true' end return 'false'",
        (b"true",),
    ),
    (
        "local mt = {__eq = function() return 1 end} local a, b = setmetatable({}, mt), setmetatable({}, mt) return a == b, a ~= b, a == 1",
        (True, False, False),
    ),
    (
        "local a, b = setmetatable({}, {__eq = function() return true end}), setmetatable({}, {__eq = function() return 1 end}) return a == b, a ~= b",
        (False, True),
    ),
    (
        "local mt = {__concat = function(a, b) return 'c' end} return setmetatable({}, mt) .. 1, 1 .. setmetatable({}, mt), 1 .. 2 .. setmetatable({}, mt)",
        (b"c", b"c", b"1c"),
    ),
    ("local t = setmetatable({}, {__index = function() return nil end}) return t.x, t[1]", (None, None)),
    (
        "local t = setmetatable({}, {__add = setmetatable({}, {__call = function(_, a, b) return b end})}) return t + 4",
        (4,),
    ),
    ("setmetatable(_G, {__index = function(_, k) return k end}) return undefined_name", (b"undefined_name",)),
    ("setmetatable(_G, {__newindex = function(g, k, v) rawset(g, k, v + 1) end}) fresh = 1 return fresh", (2,)),
    ("local t = setmetatable({}, {__index = 'text'}) return t.len", None),
    ("getmetatable('').__index = function(s, k) return s .. k end return ('a').b, ('a'):len(1)", None),
    ("debug.setmetatable(nil, {__index = function() return 'nil!' end}) local x return x.y", (b"nil!",)),
    ("debug.setmetatable(5, {__call = function(n, x) return n + x end}) return (5)(2), (1.5)(1)", (7, 2.5)),
    ("debug.setmetatable(true, {__add = function() return 'b' end}) return true + 1", (b"b",)),
    (
        "debug.setmetatable(print, {__add = function() return 'f' end}) return pcall(function() return print + 1 end)",
        (False, b"bad arithmetic '+' on print,1"),
    ),
    (
        "debug.setmetatable(nil, {__newindex = function(_, k, v) got = k .. v end}) local x x.y = 'v' return got",
        (b"yv",),
    ),
    ("local mt = {__eq = function() end} return setmetatable({}, mt) == setmetatable({}, mt)", (False,)),
    (
        "local mt = {__div = function() return 'd' end, __idiv = function() return 'i' end, __mod = function() return 'm' end, __pow = function() return 'p' end} local t = setmetatable({}, mt) return t / 1, t // 1, t % 1, t ^ 1",
        (b"d", b"i", b"m", b"p"),
    ),
    (
        "local mt = {__band = function() return '&' end, __bor = function() return '|' end, __bxor = function() return '~' end, __shl = function() return '<' end, __shr = function() return '>' end} local t = setmetatable({}, mt) return t & 1, t | 1, t ~ 1, t << 1, t >> 1",
        (b"&", b"|", b"~", b"<", b">"),
    ),
    (
        "local mt = {__sub = function() return '-' end, __mul = function() return '*' end} local t = setmetatable({}, mt) return t - 1, 2 * t",
        (b"-", b"*"),
    ),
]
METATABLES = [(text, values) for text, values in METATABLES if values is not None]


@pytest.mark.parametrize(("text", "values"), METATABLES, ids=range(len(METATABLES)))
def test_metatables(run: Run, text: str, values: tuple[Any, ...]) -> None:
    assert run(text) == values, text
