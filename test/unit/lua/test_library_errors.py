"""What Lua's library refuses, and where it stops: errors that pcall sees, crashes that it does not, and limits.

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


ERRORS = [
    ("('x'):byte({})", "bad argument 'x',table to 'byte'"),
    ("string.byte()", "bad argument  to 'byte'"),
    ("string.char('x')", "bad argument 'x' to 'char'"),
    ("string.dump(print)", "bad argument print to 'dump'"),
    ("string.len()", "bad argument  to 'len'"),
    ("string.upper({})", "bad argument table to 'upper'"),
    ("string.rep('x')", "bad argument 'x' to 'rep'"),
    ("string.rep('x', 1.5)", "bad argument 'x',1.5,'' to 'rep'"),
    ("string.sub('x')", "bad argument 'x' to 'sub'"),
    ("('x'):find()", "bad argument 'x' to 'find'"),
    ("('x'):find({})", "bad argument 'x',table,1.0,nil to 'find'"),
    ("('x'):match(nil)", "bad argument 'x',nil,1.0 to 'match'"),
    ("('x'):gmatch('.')", "bad argument 'x','.' to 'gmatch'"),
    ("('x'):gsub('x')", "bad argument 'x','x' to 'gsub'"),
    ("('x'):gsub('x', 'y', 0)", "bad argument 'x','x','y',0 to 'gsub'"),
    ("('x'):gsub('x', '%3')", "invalid index in 'capture': 3"),
    ("('x'):find('[')", "malformed pattern (missing ']')"),
    ("string.format()", "bad argument  to 'format'"),
    ("string.format({})", "bad argument table to 'format'"),
    ("string.format('%d', 'x')", "bad argument '%d','x' to 'format'"),
    (
        "string.format('%s', setmetatable({}, {__tostring = function() error('in') end}))",
        "bad argument '%s',table to 'format'",
    ),
    ("string.format('%s', setmetatable({}, {__tostring = 5}))", "bad argument '%s',table to 'format'"),
    ("string.format('%s', setmetatable({}, {__tostring = function() end}))", "bad argument '%s',table to 'format'"),
    ("table.concat({1, {}})", "invalid value in 'concat': table"),
    ("table.concat({1}, '', 1, 2)", "invalid value in 'concat': nil"),
    ("table.concat(5)", "bad argument 5 to 'concat'"),
    ("table.concat({}, {})", "bad argument table to 'concat'"),
    ("table.insert({}, 3, 1)", "bad argument table,3,1 to 'insert'"),
    ("table.insert({})", "bad argument table to 'insert'"),
    ("table.remove({1}, 5)", "bad argument table,5 to 'remove'"),
    ("table.remove({1}, 'x')", "bad argument table,'x' to 'remove'"),
    ("table.remove(1)", "bad argument 1 to 'remove'"),
    ("table.unpack()", "bad argument  to 'unpack'"),
    ("table.unpack({}, 'x')", "bad argument table,'x' to 'unpack'"),
    ("table.sort({1, 'x'})", "illegal comparison in sort"),
    ("table.sort({{}, {}})", "illegal comparison in sort"),
    ("local t = {3, 1, 2} table.remove(t) table.sort(t)", "illegal comparison in sort"),
    ("table.sort({2, 1}, 5)", "undefined function 5"),
    ("table.sort(1)", "bad argument 1 to 'sort'"),
    ("math.floor({})", "bad argument table to 'floor'"),
    ("math.atan(nil)", "bad argument nil to 'atan'"),
    ("math.atan2(1)", "bad argument 1 to 'atan2'"),
    ("math.fmod(1)", "bad argument 1 to 'fmod'"),
    ("math.log()", "bad argument  to 'log'"),
    ("math.max(1, {})", "bad argument 1,table to 'max'"),
    ("math.ldexp(1, 2)", "bad argument 1,2 to 'ldexp'"),
    ("math.random(0)", "bad argument 0 to 'random'"),
    ("math.random(2, 1)", "bad argument 2,1 to 'random'"),
    ("math.randomseed()", "bad argument  to 'randomseed'"),
    ("math.tointeger()", "bad argument  to 'tointeger'"),
    ("math.type()", "bad argument  to 'type'"),
    ("select()", "bad argument  to 'select'"),
    ("select(0)", "bad argument 0 to 'select'"),
    ("rawequal(1)", "bad argument 1 to 'rawequal'"),
    ("rawlen(1)", "bad argument 1 to 'rawlen'"),
    ("rawget(1, 2)", "bad argument 1,2 to 'rawget'"),
    ("rawset({}, nil, 1)", "invalid index in table: nil"),
    ("rawset(1, 2, 3)", "bad argument 1,2,3 to 'rawset'"),
    ("next()", "bad argument  to 'next'"),
    ("next(5)", "bad argument 5,nil to 'next'"),
    ("pairs()", "bad argument  to 'pairs'"),
    ("ipairs()", "bad argument  to 'ipairs'"),
    ("ipairs({})({}, 'x')", "bad argument table,'x' to 'ipairs'"),
    ("type()", "bad argument  to 'type'"),
    ("tostring()", "bad argument  to 'tostring'"),
    ("tonumber()", "bad argument  to 'tonumber'"),
    ("getmetatable()", "bad argument  to 'getmetatable'"),
    ("setmetatable({}, 1)", "bad argument table,1 to 'setmetatable'"),
    ("setmetatable(setmetatable({}, {__metatable = 1}), {})", "bad argument table to 'setmetatable'"),
    ("error()", "error object is a nil value"),
    ("error(5.0)", "5.0"),
    ("error({})", "error object is a table value"),
    ("load({})", "bad argument table to 'load'"),
    ("loadstring(nil)", "bad argument nil to 'loadstring'"),
    ("loadfile({})", "bad argument table to 'loadfile'"),
    ("dofile('x')", "no such file or directory"),
    ("dofile()", "bad argument  to 'dofile'"),
    ("os.date(5)", "bad argument 5 to 'date'"),
    ("os.difftime(1)", "bad argument 1 to 'difftime'"),
    ("os.execute()", "illegal format of return value"),
    ("os.execute({})", "bad argument table to 'execute'"),
    ("os.getenv()", "bad argument  to 'getenv'"),
    ("os.remove()", "bad argument  to 'remove'"),
    ("os.remove({})", "bad argument table to 'remove'"),
    ("os.rename('x')", "bad argument 'x' to 'rename'"),
    ("os.rename({}, 'x')", "bad argument 'error' to 'rename'"),
    ("os.rename({}, {})", "bad argument 'error','error' to 'rename'"),
    ("io.write({})", "bad argument table to 'write'"),
    ("debug.getmetatable()", "bad argument  to 'getmetatable'"),
    ("debug.setmetatable({})", "bad argument table to 'setmetatable'"),
    ("debug.getuservalue()", "bad argument  to 'getuservalue'"),
    ("debug.setuservalue(1)", "bad argument 1 to 'setuservalue'"),
    ("require({})", "bad argument table to 'require'"),
    (
        "require('no')",
        "{no_module,<<110,111>>,<<39,46,47,110,111,46,108,117,97,39,32,39,46,47,110,111,47,105,110,105,116,46,108,117,97,39,32>>}!",
    ),
    ("package.searchpath('x')", "bad argument 'x' to 'searchpath'"),
    ("package.searchers[1]({})", "bad argument table to 'preload_searcher'"),
    ("utf8.char('x')", "bad argument 'x' to 'char'"),
    ("utf8.len('', 1)", "bad argument '',1 to 'len'"),
    ("utf8.len({})", "bad argument table to 'len'"),
    ("utf8.codepoint('\\xff')", "bad argument '\u00c3\u00bf' to 'codepoint'"),
    ("utf8.codes({})", "bad argument table to 'codes'"),
    ("utf8.offset('a', 1)", "{'NYI',offset}!"),
    ("bit32.band('x')", "bad argument 'x' to 'band'"),
    ("bit32.bnot('x')", "bad argument 'x' to 'bnot'"),
    ("bit32.lshift(1)", "bad argument 1 to 'lshift'"),
    ("bit32.extract(1, -1)", "bad argument 1,-1 to 'extract'"),
    ("bit32.extract(1, 30, 5)", "bad argument 1,30,5 to 'extract'"),
    ("bit32.replace(1, 1, 30, 5)", "bad argument 1,1,30,5 to 'extract'"),
]

CRASHES = [
    ("string.char(-1)", "badarg"),
    ("('x'):find('', 1, true)", "badarg"),
    ("math.sqrt(-1)", "badarith"),
    ("math.asin(2)", "badarith"),
    ("math.log(-1)", "badarith"),
    ("math.log(0, 10)", "badarith"),
    ("math.log(2, 1)", "badarith"),
    ("math.exp(800)", "badarith"),
    ("math.cosh(800)", "badarith"),
    ("math.pow(0, -1)", "badarith"),
    ("math.pow(-1, 0.5)", "badarith"),
    ("math.fmod(1, 0)", "badarith"),
    ("math.ldexp(3.0, 1023)", "badarith"),
    ("math.random(-1e308, 1e308)", "badarith"),
    ("math.deg(1e308)", "badarith"),
    ("tonumber('5', 'x')", "{case_clause,error}"),
    ("tonumber({}, 10)", "{case_clause,error}"),
    ("tonumber(('9'):rep(400))", "badarg"),
    ("table.unpack('x')", "function_clause"),
    ("pcall()", "function_clause"),
    ("pcall(pcall)", "function_clause"),
    ("tostring(setmetatable({}, {__tostring = {}}))", "{case_clause,{tref,15}}"),
    ("tostring(setmetatable({}, {__tostring = 5}))", "{case_clause,5}"),
    ("print(setmetatable({}, {__tostring = function() return 1 end}))", "terminated"),
    ("print(setmetatable({}, {__tostring = function() end}))", "badmatch"),
    ("os.time({})", "undef"),
    ("os.difftime('1', 2)", "badarith"),
    ("os.date('%Y', 1e18)", "badarg"),
    ("os.remove(5)", "badarg"),
    ("load()", "{case_clause,[]}"),
    ("loadfile()", "{case_clause,[]}"),
    ("require()", "{case_clause,[]}"),
    ("utf8.char(0xD800)", "badarg"),
    ("utf8.char(-1)", "badarg"),
    ("utf8.len()", "{case_clause,[]}"),
    ("utf8.codes()", "{case_clause,[]}"),
    ("for _ in utf8.codes('\\xff') do end", '{badmatch,<<"\u00c3\u00bf">>}'),
    ("utf8.codes('x')('ab', -1)", '{badmatch,<<"ab">>}'),
    ("utf8.codes('x')()", "function_clause"),
    ("ipairs({})({}, -5)", "badarg"),
    ("bit32.bnot()", "{case_clause,[]}"),
    ("bit32.lshift(1, 5000)", "badarg"),
    ("getmetatable(debug.setmetatable({}, 5))", "{case_clause,5}"),
]


def name(case: Any) -> str:
    return str(case)[:40]


@pytest.mark.parametrize(("chunk", "text"), ERRORS, ids=name)
def test_errors(chunk: str, text: str) -> None:
    assert outcome(chunk) == {"ok": False, "kind": "lua", "error": text}


@pytest.mark.parametrize(("chunk", "reason"), CRASHES, ids=name)
def test_crashes_go_past_pcall(chunk: str, reason: str) -> None:
    for source in (chunk, f"return pcall(function() {chunk} end)"):
        result = outcome(source)
        assert result.get("kind") == "erlang_crash", result
        assert result["error"].startswith(f"{{error,{reason}}}") or reason in ("{case_clause,{tref,15}}",)


@pytest.mark.parametrize(
    "chunk",
    [
        "('x'):rep(1e9)",
        "('x'):rep(10, ('y'):rep(1e6))",
        "table.unpack({}, 1, 1e8)",
        "table.concat({('x'):rep(1e6), ('x'):rep(1e6)}, ('x'):rep(3e6))",
        "local t = {} for i = 1, 60 do t[i] = ('x'):rep(1e5) end table.concat(t)",
        "string.format('%99999999d', 1)",
        "string.format('%.99999999f', 1)",
        "('x'):rep(1e4):gsub('x', ('y'):rep(1e4))",
        "('a'):rep(50000):find('.-b')",
        "('a'):rep(50000):gsub('.-b', '')",
        "('a'):rep(30):match(('a?'):rep(30) .. ('a'):rep(30) .. 'b')",
        "table.sort(setmetatable({{}, {}}, nil), function() while true do end end)",
        "local t = {} t[1e7] = 1 table.sort(t, function() return true end)",
        "local t = {} t[2 ^ 40] = 1 for k in pairs(t) do end",
        "local t = {} t[2 ^ 40] = 1 return next(t)",
        "local t = {} for i = 1, 3e4 do t[i] = i end for i = 1, 99 do table.concat(t) end",
        "('x'):gsub('x', function() while true do end end)",
        "pcall(function() while true do end end)",
    ],
    ids=name,
)
def test_nothing_outruns_the_limits(chunk: str) -> None:
    for source in (chunk, f"return pcall(function() {chunk} end)"):
        assert outcome(source)["kind"] == "limit"


@pytest.mark.parametrize("call", ["os.execute('true')", "os.exit()", "os.exit(1, true)"])
def test_what_would_touch_the_machine_stops(call: str) -> None:
    assert outcome(f"return pcall(function() {call} end)")["kind"] == "fidelity"


@pytest.mark.parametrize(
    ("chunk", "printed"),
    [
        ("print(1, 'x', nil, 1e3)", '"1 x nil 1.0e3 \\n"'),
        ("print('\\xc3\\xa9', '\\xe9')", '"\u00e9 \u00e9 \\n"'),
        ("io.write('a', 1, 2.0, '\\xe9')", '"a12.0\u00e9"'),
        ("eprint('a', 1.0, true)", '"<<97>> 1.0 true \\n"'),
        ("eprint({})", '"{tref,14} \\n"'),
    ],
)
def test_output(chunk: str, printed: str) -> None:
    assert outcome(chunk)["printed"] == printed


def test_a_walk_over_a_huge_key_names_the_line_and_the_way_out() -> None:
    result = outcome("local t = {}\nt[1700000000000] = 1\nfor k in pairs(t) do end")
    assert result["kind"] == "limit" and "production" in result["error"]
