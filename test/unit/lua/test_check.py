"""The author's warnings: each trap is found at its line, and sound code stays silent."""

from __future__ import annotations

import pytest

from taskrunner.lua.check import NOTES, check_source
from taskrunner.lua.errors import LuaSyntaxError

TRAPS = [
    ("MOD-LUA-GMATCH", "for w in s:gmatch('%a+') do end"),
    ("MOD-LUA-GMATCH", "string.gmatch(s, '.')"),
    ("MOD-LUA-COROUTINE", "local c = coroutine.create(f)"),
    ("MOD-LUA-COROUTINE", "local c = coroutine"),
    ("MOD-LUA-MISSING", "local p = string.pack('i4', 1)"),
    ("MOD-LUA-MISSING", "table.move(t, 1, 3, 2)"),
    ("MOD-LUA-XPCALL", "xpcall(f, g)"),
    ("MOD-LUA-ENV", "local e = _ENV"),
    ("MOD-LUA-LOAD-ENV", "load(s, 'n', 't', {})"),
    ("MOD-LUA-PATTERN", "s:find('%f[%a]x')"),
    ("MOD-LUA-PATTERN", "s:match('(a)%1')"),
    ("MOD-LUA-PATTERN-EMPTY", "local t = s:match('^%s*(.-)%s*$')"),
    ("MOD-LUA-PATTERN-PUNCT", "s:gsub('%p', '')"),
    ("MOD-LUA-GSUB-CAPTURE", "s:gsub('a', '<%1>')"),
    ("MOD-LUA-TONUMBER", "local t = 'x' .. tonumber(s)"),
    ("MOD-LUA-TONUMBER", "local n = tonumber(s) local t = tostring(n)"),
    ("MOD-LUA-TONUMBER", "b.qty = tonumber(s) local t = b.qty .. ''"),
    ("MOD-LUA-TONUMBER", "local ok = math.type(tonumber(s)) == 'integer'"),
    ("MOD-LUA-FLOAT-TEXT", "local t = a / b .. ''"),
    ("MOD-LUA-FLOAT-TEXT", "print(2 ^ 10)"),
    ("MOD-LUA-COUNT-FLOAT", "local t = 'n=' .. select('#', ...)"),
    ("MOD-LUA-COUNT-FLOAT", "print(rawlen(s))"),
    ("MOD-LUA-OS-TIME", "string.format('%d', os.time())"),
    ("MOD-LUA-OS-TIME", "print(os.time())"),
    ("MOD-LUA-OS-TIME-TABLE", "local t = os.time({year = 2024, month = 1, day = 1})"),
    ("MOD-LUA-OS-DATE", "local d = os.date('!%Y')"),
    ("MOD-LUA-OS-HOST", "os.execute('ls')"),
    ("MOD-LUA-NON-ASCII", "local s = 'é'"),
    ("MOD-LUA-FORMAT", "string.format('%.0f', x)"),
    ("MOD-LUA-FORMAT", "('%g'):format(x)"),
    ("MOD-LUA-FORMAT", "string.format('%5d %q', 1, s)"),
    ("MOD-LUA-FORMAT-BACKSLASH", "string.format('a\\\\n%s', s)"),
    ("MOD-LUA-APPEND", "for i = 1, n do t[#t + 1] = i end"),
    ("MOD-LUA-APPEND", "while x do a.b[1 + #a.b] = 1 end"),
    ("MOD-LUA-APPEND", "repeat table.insert(t, 1) until x"),
    ("MOD-LUA-TIME-KEY", "t[req.timestamp] = 1"),
    ("MOD-LUA-TIME-KEY", "t[1700000000000] = 1"),
    ("MOD-LUA-TIME-KEY", "t[math.floor(os.time())] = 1"),
    ("MOD-LUA-HOLE", "local t = {1, nil, 3}"),
    ("MOD-LUA-SORT-HOLE", "table.remove(t) table.sort(t)"),
    ("MOD-LUA-BNOT", "local x = ~a & b"),
    ("MOD-LUA-DIVIDE-ZERO", "local inf = 1 / 0"),
    ("MOD-LUA-NAN-TEST", "local bad = x ~= x"),
    ("MOD-LUA-WRAP", "for i = 1, 9 do h = h * 33 + i end"),
    ("MOD-LUA-WRAP", "while x do s.v = s.v << 5 end"),
    ("MOD-LUA-ERROR-TABLE", "error({code = 1})"),
    ("MOD-LUA-ASSERT-TEXT", "assert(x, 'no')"),
    ("MOD-LUA-ERROR-MATCH", "local line = e:match(':%d+:(.+)')"),
    ("MOD-LUA-LT-ONLY", "setmetatable(t, {__lt = f})"),
    ("MOD-LUA-META", "setmetatable(t, {__gc = f})"),
    ("MOD-LUA-META", "mt.__mode = 'k'"),
    ("MOD-LUA-GC", "collectgarbage('count')"),
    ("MOD-LUA-NIL-OPTION", "s:sub(2, nil)"),
    ("MOD-LUA-RETURN-CLASS", "local M = {} M.__index = M return M"),
    ("MOD-LUA-BASE-CASE", "base.Balances = {}"),
    ("MOD-LUA-RETURN-ERROR", "function compute(base) return 'error', {} end"),
    ("MOD-LUA-RETURN-FRESH", "function compute(base) return {results = 1} end"),
]

SOUND = [
    "function compute(base, req) base.count = (base.count or 0) + 1 base.results = {n = base.count} return base end",
    "local n = 0 for i = 1, 10 do n = n + 1 t[n] = i end",
    "local n = math.tointeger(tonumber(s)) local t = 'x' .. n",
    "t[#t + 1] = 1",
    "t[tostring(req.timestamp)] = 1",
    "local s = '\\195\\169' -- é in a comment",
    "local x = (~a) & b local y = ~a",
    "local x = a / 2",
    "string.format('%d %s %.2f %5.1f', 1, s, x, y)",
    "s:find('%p', 1, true) s:find('(', 1, true)",
    "for i = 1, 9 do h = (h * 33 + i) % 4294967296 end",
    "local ok, e = pcall(f) if not ok then error('code:' .. e) end",
    "obj:format(1) obj:gsub2()",
    "s:gsub('(a)', '<%1>') s:gsub('a', '%0%%')",
    "local function f() local t = {} t[1] = #t + 1 return 'error' end",
    "function compute(base) local f = function() return {} end return base end",
    "while x do local f = function() t[#t + 1] = 1 end end",
    "local M = {} return M",
    "if string.pack then return 1 end local p = table.move ~= nil local t = type(coroutine) return not io.open",
    "local move = table.move or function() end",
]


@pytest.mark.parametrize(("code", "source"), TRAPS)
def test_a_trap_is_found(code: str, source: str) -> None:
    remarks = check_source(f"-- a module\n{source}\n".encode(), "m.lua")
    found = [remark for remark in remarks if remark.code == code]
    assert found, [remark.code for remark in remarks]
    assert found[0].line == 2 and found[0].column >= 1 and found[0].file == "m.lua"
    assert found[0].hint and found[0].message and "Luerl" in found[0].message


@pytest.mark.parametrize("source", SOUND)
def test_sound_code_stays_silent(source: str) -> None:
    assert check_source(source.encode(), "m.lua") == []


def test_every_note_has_a_trap_that_finds_it() -> None:
    assert {code for code, _ in TRAPS} == set(NOTES)


def test_remarks_come_in_the_order_of_lines_and_once_each() -> None:
    source = b"xpcall(f)\nlocal c = coroutine.wrap(f)\nfor i = 1, 2 do\n  t[#t + 1] = s:gmatch('.')\nend\n"
    assert [(remark.line, remark.code) for remark in check_source(source, "m.lua")] == [
        (1, "MOD-LUA-XPCALL"),
        (2, "MOD-LUA-COROUTINE"),
        (4, "MOD-LUA-APPEND"),
        (4, "MOD-LUA-GMATCH"),
    ]


def test_a_source_that_does_not_parse_says_where() -> None:
    with pytest.raises(LuaSyntaxError) as caught:
        check_source(b"local x = \n", "m.lua")
    assert caught.value.file == "m.lua" and caught.value.line


def test_deep_nesting_is_no_problem() -> None:
    source = b"return " + b"(" * 150 + b"1" + b")" * 150
    assert check_source(source, "m.lua") == []
