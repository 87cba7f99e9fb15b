"""The library function by function, on the VM: values and error texts in the battery's notation.

Expectations follow the published behaviour of Luerl 1.3 (LUERL §2 to §4), including its defects.
"""

from __future__ import annotations

from typing import Any

import pytest

from taskrunner.lua.battery import run_chunk
from taskrunner.lua.limits import Limits

LIMITS = Limits(steps=300_000, seconds=5.0, string=1 << 22)


def outcome(chunk: str) -> dict[str, Any]:
    return run_chunk(chunk.encode("latin-1"), LIMITS)


VALUES = [
    # string
    ("return ('hello'):byte(-1), ('hello'):byte(2, 3)", ["111", "101", "108"]),
    ("return (''):byte(), ('a'):byte(0), ('a'):byte(2)", ["nil", "nil", "nil"]),
    ("return ('abc'):byte(-9, 9)", ["97", "98", "99"]),
    ("return string.char(), string.char(nil), string.char('72', 105.0)", ['""', '""', '"Hi"']),
    ("return ('abc'):len(), string.len(12.5), #'x'", ["3", "4", "1"]),
    ("return ('aZ\\xe9\\xc9'):upper(), ('aZ\\xe9\\xc9'):lower()", ['"AZ\\xc9\\xc9"', '"az\\xe9\\xe9"']),
    ("return string.upper(1.5), string.reverse(120), string.lower('X', 1)", ['"1.5"', '"021"', '"x"']),
    (
        "return ('ab'):rep(3), ('ab'):rep(3, '-'), ('ab'):rep(0), ('ab'):rep(-1, 'x')",
        ['"ababab"', '"ab-ab-ab"', '""', '""'],
    ),
    ("return ('x'):rep('2', 7)", ['"x7x"']),
    (
        "return ('hello'):sub(2), ('hello'):sub(-3, -2), ('hello'):sub(0), ('hello'):sub(4, 2)",
        ['"ello"', '"ll"', '"hello"', '""'],
    ),
    ("return ('hello'):sub(-99, 99), ('hello'):sub('2', 3.0)", ['"hello"', '"el"']),
    ("return ('a.b'):find('.', 2, true), ('a.b'):find('%.')", ["2", "2", "2"]),
    ("return ('abc'):find('c', -1), ('abc'):find('b', -99), ('abc'):find('a', 0)", ["3", "2", "1", "1"]),
    ("return ('abc'):find('', 4), ('abc'):find('', 5), ('abc'):find('z', 1, true)", ["4", "nil", "nil"]),
    ("return ('k=v'):find('(%w)=(%w)')", ["1", "3", '"k"', '"v"']),
    ("return ('k=v'):match('(%w)=(%w)'), ('k=v'):match('=', 2), ('kv'):match('=')", ['"k"', '"="', "nil"]),
    ("return ('abc'):match('.', -1), ('abc'):match('().', 2), (''):match('.*')", ['"c"', "1", "nil"]),
    ("return ('a,b'):gsub(',', ';'), ('aaa'):gsub('a', 'b', 2)", ['"a;b"', '"bba"', "2"]),
    ("return ('ab'):gsub('%w', '%0%0'), ('ab'):gsub('(%w)', '<%1>')", ['"aabb"', '"<a><b>"', "2"]),
    ("return ('ab'):gsub('()', '%1')", ['"1a2b3"', "3"]),
    ("return ('a b'):gsub('%w', {a = 'X', b = 5.0}), ('ab'):gsub('%w', {a = true})", ['"X 5.0"', '"ab"', "2"]),
    ("return ('ab'):gsub('()%w', {'x'})", ['"xb"', "2"]),
    ("return ('ab'):gsub('(%w)(%w)', function(x, y) return y .. x end)", ['"ba"', "1"]),
    ("return ('ab'):gsub('%w', function() end)", ['"ab"', "2"]),
    ("return ('ab'):gsub('a', nil), ('ab'):gsub('a', true), ('ab'):gsub('a', 7)", ['"b"', '"b"', '"7b"', "1"]),
    ("return ('ab'):gsub('', '-'), ('%a%'):gsub('%%', '%%%%')", ['"-a-b-"', '"%%a%%"', "2"]),
    ("return ('x'):gsub('x', '%y%')", ['"%y%"', "1"]),
    ("return string.format('%5.1f|%s|%q', 2.25, {1} ~= nil, 'a')", ['"  2.3|true|\\"a\\""']),
    ("return string.format('%s', setmetatable({}, {__tostring = function() return 'obj' end}))", ['"obj"']),
    ("return string.format(12), string.format('%s %s', nil, print)", ['"12"', '"nil function: luerl_lib_basic:print"']),
    ("local s = string.format('%s', '\\xff') return type(s), tostring(s), s == s", ['"unknown"', '"unknown"', "true"]),
    # table
    (
        "return table.concat({1, 2.5, 'x'}, '-'), table.concat({}), table.concat({1, 2, 3}, ',', 2)",
        ['"1-2.5-x"', '""', '"2,3"'],
    ),
    ("return table.concat({1, 2, 3}, nil, nil, 2), table.concat({1, 2, 3}, 0, 2, nil)", ['"12"', '"203"']),
    ("local t = {[0] = 'z', [-1] = 'y', 'a'} return table.concat(t, '', -1, 1)", ['"yza"']),
    (
        "local t = {1, 2} table.insert(t, 3) table.insert(t, 1, 0) table.insert(t, '5', 9) return table.concat(t, ' ')",
        ['"0 1 2 3 9"'],
    ),
    ("local t = {1, nil, 3} table.insert(t, 1, 0) return t[1], t[2], t[3]", ["0", "1", "3"]),
    ("local t = {1, 2, 3} return table.remove(t), table.remove(t, 1), #t, t[1]", ["3", "1", "1", "2"]),
    (
        "local t = {[0] = 'z'} return table.remove(t), t[0], table.remove(t), table.remove(t, 1), table.remove(t, 0)",
        ['"z"', "nil", "nil", "nil", "nil"],
    ),
    ("local t = {1, 2, nil, 4} return table.remove(t, 3), t[3], t[4]", ["nil", "4", "nil"]),
    ("local t = table.pack(1, nil, 3) return t.n, t[1], t[2], t[3]", ["3", "1", "nil", "3"]),
    ("return table.unpack({1, 2, 3}, 2), (table.unpack({1, 2, 3}, nil, 2))", ["2", "1"]),
    ("return table.unpack({1, 2}, -1, 1)", ["nil", "nil", "1"]),
    ("return unpack({1, 2}, 2, nil), table.unpack({}, 2, 1)", ["2"]),
    ("local t = {3, 1, 2.5, 2} table.sort(t) return table.concat(t, ' ')", ['"1 2 2.5 3"']),
    ("local t = {'b', 'a', 'B'} table.sort(t) return table.concat(t, ' ')", ['"B a b"']),
    ("local t = {1, 3, 2} table.sort(t, function(a, b) return a > b end) return table.concat(t, ' ')", ['"3 2 1"']),
    (
        "local m = {__lt = function(a, b) return a.v < b.v end} local t = {} "
        "for i, v in ipairs({2, 3, 1}) do t[i] = setmetatable({v = v}, m) end table.sort(t) return t[1].v, t[3].v",
        ["1", "3"],
    ),
    ("local t = {2, 1} table.sort(t, function(a, b) t[5] = 1 return a < b end) return #t, t[5]", ["2", "nil"]),
    ("local t = {} table.sort(t) return #t", ["0"]),
    # math
    (
        "return math.floor(-1.5), math.ceil(-1.5), math.floor('7.9'), math.ceil(1e20)",
        ["-2", "-1", "7", "100000000000000000000"],
    ),
    (
        "return math.abs(-3), math.abs('-3'), math.max(1, 1.0, '2'), math.min(2, 1.0, 1)",
        ["3", "float 3.0", "float 2.0", "float 1.0"],
    ),
    (
        "return math.fmod(7, 3), math.fmod(-7, 3), math.fmod(7.5, 2), math.fmod('7', -3)",
        ["1", "-1", "float 1.5", "float 1.0"],
    ),
    ("return math.modf(3.7), math.modf(-3), math.modf(2.5)", ["3", "-3", "2", "float 0.5"]),
    (
        "return math.sqrt(16), math.exp(0), math.log(1), math.log(100, 10), math.log(8, 2)",
        ["float 4.0", "float 1.0", "float 0.0", "float 2.0", "float 3.0"],
    ),
    (
        "return math.log10(1000), math.log10(0), math.pow(2, 10), math.ldexp(0.5, 3)",
        ["float 3.0", "float -500.0", "float 1024.0", "float 4.0"],
    ),
    ("return math.frexp(8), math.frexp(-0.3), math.frexp(0)", ["float 0.5", "float -0.6", "float 0.5", "-1022"]),
    (
        "return math.sin(0), math.cos(0), math.tan(0), math.asin(0), math.acos(1), math.atan(0), "
        "math.atan(0, 1), math.atan2(0, 1)",
        ["float 0.0", "float 1.0", "float 0.0", "float 0.0", "float 0.0", "float 0.0", "float 0.0", "float 0.0"],
    ),
    (
        "return math.atan(1, nil) == math.atan(1), math.sinh(0), math.cosh(0), math.tanh(0)",
        ["true", "float 0.0", "float 1.0", "float 0.0"],
    ),
    ("return math.deg(math.pi), math.rad(180) == math.pi", ["float 180.0", "true"]),
    (
        "return math.tointeger(3.0), math.tointeger('8'), math.tointeger(3.5), math.tointeger({})",
        ["3", "8", "nil", "nil"],
    ),
    ("return math.type(1), math.type(1.0), math.type('1'), math.type(nil)", ['"integer"', '"float"', "nil", "nil"]),
    ("math.randomseed(7) local a = math.random(10) math.randomseed(7) return a == math.random('10')", ["true"]),
    (
        "local r = math.random() local i = math.random(-2, -1) return r >= 0 and r < 1, i == -2 or i == -1",
        ["true", "true"],
    ),
    ("return math.maxinteger + 1 == 2 ^ 63, math.huge < 2 ^ 1000 * 2 ^ 23", ["true", "false"]),
    # basic
    ("return select(2, 'a', 'b'), select(-1, 'a', 'b'), select(-9, 'a'), select(5, 'a')", ['"b"', '"b"', '"a"']),
    ("return select('#'), select('#', nil, nil)", ["float 0.0", "float 2.0"]),
    (
        "return rawequal('a', 'a'), rawequal(1, 1.0), rawequal({}, {}), rawequal(nil, nil), rawequal(0.0, -0.0)",
        ["true", "false", "false", "true", "false"],
    ),
    (
        "return rawlen({1, 2}), rawlen('ab'), rawget({5}, 1), rawget(rawset({}, 'k', 1), 'k')",
        ["2", "float 2.0", "5", "1"],
    ),
    ("return next({}), next({a = 1}), next({1, 2}, 1)", ["nil", '"a"', "2", "2"]),
    ("return next({a = 1, c = 2}, 'b'), next({1}, 99), next({x = 1}, 99)", ['"c"', "nil", '"x"', "1"]),
    ("local f, t, k = pairs({}) return f == next, k", ["true", "nil"]),
    ("local f, t, k = ipairs({}) return k, f({7}), f({7}, 0), f({7}, 1)", ["0", "1", "1", "nil"]),
    ("return ipairs({1})({5}, -1)", ["nil"]),
    ("local t = setmetatable({}, {__pairs = function(x) return 1, 2, 3 end}) return pairs(t)", ["1", "2", "3"]),
    ("local t = setmetatable({}, {__ipairs = function(x) return 4 end}) return ipairs(t)", ["4"]),
    (
        "return type(nil), type(1), type('x'), type({}), type(print), type(true)",
        ['"nil"', '"number"', '"string"', '"table"', '"function"', '"boolean"'],
    ),
    (
        "return tostring(nil), tostring(true), tostring(1e15), tostring('x'), tostring(print)",
        ['"nil"', '"true"', '"1.0e15"', '"x"', '"function: luerl_lib_basic:print"'],
    ),
    ("return tostring({}), tostring(function() end)", ['"table: 14"', '"function: 0"']),
    ("return tostring(setmetatable({}, {__tostring = function() return 1, 2 end}))", ["1", "2"]),
    (
        "return tonumber('7'), tonumber(7), tonumber('x'), tonumber(nil), tonumber('ff', 16), tonumber(11, 2)",
        ["float 7.0", "7", "nil", "nil", "float 255.0", "float 3.0"],
    ),
    (
        "local m = {} local t = setmetatable({}, m) return getmetatable(t) == m, "
        "getmetatable('').__index == string, getmetatable(1)",
        ["true", "true", "nil"],
    ),
    ("local t = setmetatable({}, {__metatable = 'no'}) return getmetatable(t)", ['"no"']),
    ("return getmetatable(setmetatable({}, nil))", ["nil"]),
    (
        "return pcall(error), pcall(error, nil), pcall(error, {}), pcall(error, 'x', 2)",
        ["false", "false", "false", "false", '"x"'],
    ),
    ("return pcall(error, setmetatable({}, {__tostring = function() return 'E', 2 end}))", ["false", '"E"']),
    ("return pcall(error, print), (select(2, pcall(error, true)))", ["false", '"true"']),
    (
        "return pcall(assert, false, 'm'), pcall(assert, nil), (select(2, pcall(assert, false, {})))",
        ["false", "false", '"error object is a table!"'],
    ),
    ("return assert(1, 2, 3)", ["1", "2", "3"]),
    ("return type(select(2, pcall(assert, false, '\\xff')))", ['"unknown"']),
    ("return pcall(function() return 1, 2 end)", ["true", "1", "2"]),
    ("return collectgarbage('count'), collectgarbage()", ["nil"]),
    ("return load('return 1 + 1')(), loadstring('return ...')(5)", ["2", "5"]),
    ("return load('x =')", ["nil", '"syntax error before: "']),
    ("return loadfile('x.lua')", ["nil", '"no such file or directory"']),
    # os, io, debug, package
    (
        "return os.date('%Y-%m-%d %H:%M:%S', 86399.6), os.date('*t', 0).year, os.date('!%d', 0)",
        ['"1970-01-02 00:00:00"', "1970", '"!01"'],
    ),
    (
        "return type(os.date()), math.type(os.time()), math.type(os.clock()), os.clock('x') >= 0",
        ['"string"', '"float"', '"float"', "true"],
    ),
    ("return os.difftime(7, 5), os.difftime(7.5, 5)", ["2", "float 2.5"]),
    ("return os.getenv('NO_SUCH_NAME'), os.getenv(5)", ["nil", "nil"]),
    ("return os.remove('/gone')", ["nil", '"/gone: no such file or directory"', "2"]),
    ("return os.rename('/gone', '/there')", ["nil", '"no such file or directory"', "2"]),
    ("return #os.tmpname()", ["15"]),
    ("return io.flush()", ["true"]),
    (
        "return debug.getmetatable('').__index == string, debug.getmetatable(nil), "
        "debug.getuservalue(1), debug.setuservalue(7, 8)",
        ["true", "nil", "nil", "7"],
    ),
    ("debug.setmetatable(5, {__index = function(n, k) return n .. k end}) return (5).x", ['"5x"']),
    ("local t = debug.setmetatable({}, {__metatable = 1}) return debug.getmetatable(t).__metatable", ["1"]),
    (
        "package.preload.m = function(n) return n .. '!' end return require('m'), require('m'), package.loaded.m",
        ['"m!"', '"m!"', '"m!"'],
    ),
    ("package.preload.m = function() end return require('m'), require('string') == string", ["true", "true"]),
    ("return package.searchpath('a.b', './?.lua;/x/?')", ["nil", "\"'./a/b.lua' '/x/a/b' \""]),
    (
        "return package.searchpath('a-b', '?', '-'), package.searchpath('a-b', '?', '-', '+')",
        ["nil", "nil", "\"'a+b' \""],
    ),
    ("return package.config, package.path", ['"/\\n;\\n?\\n!\\n-\\n"', '"./?.lua;./?/init.lua"']),
    ("package.searchers[3] = function(n) return function() return 'found' end end return require('z')", ['"found"']),
    # utf8, bit32
    ("return utf8.char(72, 233, 8364), utf8.char()", ['"H\u00e9\u20ac"', '""']),
    (
        "return utf8.len('h\\xc3\\xa9'), utf8.len('h\\xc3\\xa9', 2), utf8.len('abc', 3, 2), utf8.len('a\\xff')",
        ["2", "1", "0", "nil", "2"],
    ),
    ("return utf8.codepoint('h\\xc3\\xa9'), utf8.codepoint('abc', 2, 1)", ["104"]),
    ("return utf8.codepoint('abc', -2, -1)", ["98", "99"]),
    (
        "local r = {} for p, c in utf8.codes('a\\xe2\\x82\\xac') do r[#r + 1] = p .. ':' .. c end "
        "return table.concat(r, ' ')",
        ['"1:97 4:8364"'],
    ),
    ("local f = utf8.codes('x') return f('ab'), f('ab', 2), f('ab', {})", ["1", "nil", "nil"]),
    (
        "return bit32.band(255, 15), bit32.bor(1, 2), bit32.bxor(3, 1), bit32.bnot(0), bit32.btest(4, 6)",
        ["float 15.0", "float 3.0", "float 2.0", "float -1.0", "true"],
    ),
    ("return bit32.band(), bit32.bor(), bit32.bxor(), bit32.btest()", ["4294967295", "0", "0", "true"]),
    (
        "return bit32.lshift(1, 40), bit32.rshift(256, 4), bit32.arshift(-8, 1), bit32.lshift(8, -3)",
        ["float 1099511627776.0", "float 16.0", "float 2147483644.0", "float 1.0"],
    ),
    (
        "return bit32.lrotate(0x80000001, 1), bit32.rrotate(1, 1), bit32.lrotate(5, 0)",
        ["float 3.0", "float 2147483648.0", "float 5.0"],
    ),
    (
        "return bit32.extract(0xABCD, 4, 8), bit32.extract(1, 0), bit32.replace(0, 15, 4, 4), bit32.replace(0, 1, 2)",
        ["float 188.0", "float 1.0", "float 240.0", "float 4.0"],
    ),
    ("return bit32.lshift(0, 5000)", ["float 0.0"]),
]


def name(case: Any) -> str:
    return str(case)[:40]


@pytest.mark.parametrize(("chunk", "values"), VALUES, ids=name)
def test_values(chunk: str, values: list[str]) -> None:
    assert outcome(chunk) == {"ok": True, "values": values}
