"""What the static check says of a Lua source, row by row: certain errors, suspects, and what it must not claim."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from taskrunner.modules.lua import check

HEAD = "function compute(base, req, opts)\n"
SET = "  base.results = {}\n"
GOOD = "function compute(base, req, opts) base.results = {} return base end"


def found(source: str) -> list[tuple[str, str, int]]:
    return [(finding.code, finding.severity, finding.line) for finding in check(source.encode(), "custom_lua/x.lua")]


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        ("function compute(base req, opts)\n  return base\nend", "MOD-LUA-SYNTAX", 1),
        ("x =", "MOD-LUA-SYNTAX", 1),
        ("local s = 'open", "MOD-LUA-SYNTAX", 1),
        (GOOD + "\ngoto away", "MOD-LUA-FIDELITY", 2),
        ("", "MOD-LUA-NO-COMPUTE", 1),
        ("x = 1\nfunction handle(a, b, c) end", "MOD-LUA-NO-COMPUTE", 1),
        ("return { compute = function(base, req, opts) return base end }", "MOD-LUA-NO-COMPUTE", 1),
        ("x = 1\nlocal function compute(base, req, opts) return base end", "MOD-LUA-LOCAL-COMPUTE", 2),
        ("local compute = function(base, req, opts) return base end", "MOD-LUA-LOCAL-COMPUTE", 1),
        ("\nfunction compute(req) base.results = {} return base end", "MOD-LUA-ARITY", 2),
        ("Handlers.add('Inc', function(msg) msg.reply({ Data = '1' }) end)", "MOD-LUA-FRAMEWORK", 1),
        (GOOD + "\nfunction f(t) ao.send({ Target = t }) end", "MOD-LUA-FRAMEWORK", 2),
        (HEAD + "  local msg = req.body\n  msg.reply({})\n  return base\nend", "MOD-LUA-FRAMEWORK", 3),
        (HEAD + "  base.x = 1\n  return base\nend", "MOD-NO-RESULTS", 3),
        (HEAD + "  base.results = {}\nend", "MOD-RETURN", 1),
        (HEAD + SET + "  return nil\nend", "MOD-RETURN", 3),
        (HEAD + SET + "  return\nend", "MOD-RETURN", 3),
    ],
)  # fmt: skip
def test_certain_errors(source: str, code: str, line: int) -> None:
    assert (code, "error", line) in found(source)


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        (HEAD + "  if req.x then return base end\n" + SET + "  return base\nend", "MOD-NO-RESULTS", 2),
        (HEAD + SET + "  if req.x then\n    return base\n  end\nend", "MOD-RETURN", 1),
        (HEAD + SET + "  if req.x then return 'no' end\n  return base\nend", "MOD-RETURN", 3),
        (HEAD + "  local a = req.body.Action\n" + SET + "  return base\nend", "MOD-ACTION-NIL", 2),
        (GOOD + "\nfor w in ('a b'):gmatch('%a') do end", "MOD-LUA-GMATCH", 2),
        (GOOD + "\nlocal c = coroutine.create(f)", "MOD-LUA-COROUTINE", 2),
        (GOOD + "\nlocal t = os.time({ year = 2020 })", "MOD-LUA-OS-TIME-TABLE", 2),
        (GOOD + "\nlocal s = tonumber(x) .. ''", "MOD-LUA-TONUMBER", 2),
        (GOOD + "\nlocal s = tostring(tonumber(x))", "MOD-LUA-TONUMBER", 2),
        (GOOD + "\nlocal s = x:find('%f[a]')", "MOD-LUA-PATTERN", 2),
        (GOOD + "\nlocal s = 'caf\u00e9'", "MOD-LUA-NON-ASCII", 2),
        (HEAD + "  base.Balances = base.Balances or {}\n" + SET + "  return base\nend", "MOD-LUA-BASE-CASE", 2),
    ],
)  # fmt: skip
def test_suspects(source: str, code: str, line: int) -> None:
    assert (code, "warning", line) in found(source)
    assert not [row for row in found(source) if row[1] == "error"]


@pytest.mark.parametrize(
    "source",
    [
        GOOD,
        "compute = function(base, req, opts) base.results = {} return base end",
        "_G.compute = function(base, req, opts) base.results = {} return base end",
        "local function run(base, req, opts) base.results = {} return base end\ncompute = run",
        "function compute(...) local base = ... base.results = {} return base end",
        "local f = load(source)\nf()",
        "function compute(base, req, opts) return answer(base, req) end",
        "function compute(base, req, opts) fill(base) return base end",
        "function compute(base, req, opts) base.results = {} return 'ok', base end",
        "function compute(base, req, opts) local b = base b.results = {} return base end",
        "function compute(base, req, opts) if req.x then base.results = {} else base.results = {} end return base end",
        "function compute(base, req, opts) if req.x then base.results = {} return base else error('x') end end",
        "function compute(base, req, opts) while true do base.results = {} return base end end",
        "local a = req and (req.Action or req.action)\n" + GOOD,
        "local Handlers = {}\nfunction Handlers.add() end\nHandlers.add('x')\n" + GOOD,
        "if Handlers then Handlers.add('x') end\n" + GOOD,
        "local msg = { reply = function() end }\nmsg.reply()\n" + GOOD,
        "local s = 'caf\\195\\169'\n" + GOOD,
        "local n = math.tointeger(tonumber(x)) .. ''\n" + GOOD,
    ],
)
def test_nothing_to_say(source: str) -> None:
    assert found(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "function compute(base, req, opts) base.results = {} return 'error', { status = 403 } end",
        "function compute(base, req, opts) return { results = {}, device = base.device } end",
    ],
)
def test_what_may_be_meant_is_no_error(source: str) -> None:
    assert {severity for _, severity, _ in found(source)} <= {"warning"}


def test_what_a_finding_says() -> None:
    (finding,) = check(b"local function compute(base, req, opts) return base end", "custom_lua/x.lua")
    assert finding.to_json() == {
        "code": "MOD-LUA-LOCAL-COMPUTE",
        "severity": "error",
        "message": "`compute` is local, so the node cannot find it",
        "file": "custom_lua/x.lua",
        "line": 1,
        "column": 1,
        "hint": "remove the word `local`: function compute(base, req, opts)",
    }


def test_errors_come_first() -> None:
    source = "local s = xpcall(f)\nfunction compute(a) a.results = {} return a end"
    assert [severity for _, severity, _ in found(source)] == ["error", "warning"]


RUBBISH = [b"\xff\xfe", b"\x00" * 50, b"(" * 100_000, b"--[[" + b"x" * 1000, b"\xef\xbb\xbfx = 1"]


@pytest.mark.parametrize("source", RUBBISH)
def test_rubbish_is_a_finding_too(source: bytes) -> None:
    assert [finding.severity for finding in check(source, "x.lua")][:1] == ["error"]


def test_measured_modules_that_answer_are_not_refused(shared: Path) -> None:
    """295 modules that ran in production: none that answered has a certain error, except for its parameters."""
    cases = json.loads((shared / "battery" / "lua-modules.json").read_text())
    wrong = [
        (case["id"], finding.code)
        for case in cases
        if any(result["status"] == 200 for result in case["results"])
        for finding in check(case["module"].encode(), case["id"])
        if finding.severity == "error" and finding.code not in ("MOD-LUA-ARITY",)
    ]
    assert wrong == []
