"""Every row of the error table of NODE.md: status and recognisable text, and our own account beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from taskrunner.backends import HyperBEAM
from taskrunner.client import HB, NodeError
from taskrunner.lua import Limits as LuaLimits
from taskrunner.node import Limits
from taskrunner.wire import Wallet

OOPS = "Oops! Something went wrong. Here's the rundown:"
UNKNOWN = "A" * 43
Fails = Callable[..., NodeError]
Spawn = Callable[..., str]


@pytest.mark.parametrize("key", ["compute/results?slot=1", "slot/current", "schedule", "now", "compute"])
def test_an_unknown_id_is_not_found(fails: Fails, key: str) -> None:
    error = fails(f"/{UNKNOWN}/{key}")
    assert (error.status, error.body) == (404, "Necessary messages not found in cache.")


@pytest.mark.parametrize("path", ["/abc/compute?slot=1", "/favicon.ico", "/~meta@1.0/nothing", "/~message@1.0/x/y"])
def test_an_unknown_word_is_the_atom_not_found(fails: Fails, path: str) -> None:
    error = fails(path)
    assert (error.status, error.body) == (404, '"not_found"')


def test_a_missing_result_path_is_not_found(spawn: Spawn, fails: Fails) -> None:
    assert fails(f"/{spawn()}/compute/results/nothing?slot=0").body == '"not_found"'


def test_an_unknown_device_stops_after_parsing(fails: Fails) -> None:
    error = fails("/~nope@1.0/thing")
    assert (error.status, error.body) == (500, f"{OOPS}\n\u2705Parsing your request")
    assert error.code == "MOD-NODE-DEVICE" and "nope@1.0" in str(error)


@pytest.mark.parametrize(
    ("slot", "term"),
    [
        ("7", "{badmatch,{undefined,[]}}"),
        ("-1", "{error,{already_calculated_slot,{target,-1},{current,1}}}"),
        ("abc", "badarg"),
        ("", "badarg"),
        ("1.5", "badarg"),
        ("99999999999999999999", "badarg"),
    ],
)
def test_a_slot_that_is_none(hb: HB, spawn: Spawn, fails: Fails, slot: str, term: str) -> None:
    pid = spawn()
    hb.compute_lua(pid, hb.schedule_lua(pid, "Inc")["slot"])
    error = fails(f"/{pid}/compute/results?slot={slot}")
    assert error.status == 500
    assert error.body == f"{OOPS}\n\u2705Parsing your request\n5\u20e3 Resolved steps of your execution\n" + (
        f"\u274cError fun dev_process:compute/3 -> {term}"
    )


def failing(hb: HB, pid: str, slot: int = 0) -> NodeError:
    with pytest.raises(NodeError) as caught:
        hb.compute_lua(pid, slot)
    return caught.value


@pytest.mark.parametrize(
    ("source", "status", "core"),
    [
        ("function compute(", 500, "{badmatch,error}"),
        ("error('at load')", 500, '{badmatch,{lua_error,{error_call,[<<"at load">>]}'),
        ("-- nothing", 500, 'function: "nil"'),
        ("local function compute(base) return base end", 500, 'function: "nil"'),
        ("function compute() error('boom') end", 500, "1: boom"),
        ("function compute()\n local a\n return a.b end", 500, "-no-file-:3"),
        ("function compute() return nil end", 500, "{unexpected,{error,not_found}}"),
        ("function compute() return 'text' end", 500, "{unexpected,{error,not_found}}"),
        ("function compute() return 42 end", 500, "{unexpected,{error,not_found}}"),
        ("function compute() end", 500, "function_clause"),
        ("function compute(base) return base, 1, 2 end", 500, "function_clause"),
        ("function compute(base) base.results = nil return base end", 404, '"not_found"'),
        ("function compute(base) base.results = { s = '\\255' } return base end", 500, "{invalid_byte,255}"),
        ("function compute() return 'error', { status = 403, body = 'refused' } end", 403, "refused"),
        ("function compute() return 'error', { body = 'refused' } end", 400, "refused"),
        ("function compute() return 'error', 'text' end", 400, ""),
        ("function compute(base) return 'skip', base end", 500, "{case_clause,{skip,#{"),
        ("function compute(base) return 'nonsense', base end", 500, "badarg"),
        ("function compute(base) return base, 'ok' end", 500, "badarg"),
        ("function compute() return nil, 'msg' end", 500, '{case_clause,{nil,<<"msg">>}}'),
        ("function compute() return string.char(300) end", 500, "Erlang error while running Lua: badarg"),
        ("function compute() pcall(math.sqrt, -1) end", 500, "Erlang error while running Lua: badarith"),
        ("function compute() goto done ::done:: end", 500, "function_clause"),
        ("local M = {} M.__index = M return M", 500, "recursive_table"),
    ],
)
def test_what_a_module_does_wrong(hb: HB, spawn: Spawn, source: str, status: int, core: str) -> None:
    pid = spawn(source)
    error = failing(hb, pid)
    assert error.status == status
    assert core in error.body
    assert failing(hb, pid).body == error.body


def test_an_error_names_file_and_line_of_the_user(hbeam: HyperBEAM, hb: HB, spawn: Spawn) -> None:
    source = "local function inner()\n  error('boom')\nend\nfunction compute(base)\n  inner()\n  return base\nend"
    hbeam.name_source(source, "custom_lua/mine.lua")
    error = failing(hb, spawn(source))
    assert (error.code, error.file, error.line) == ("MOD-LUA-ERROR", "custom_lua/mine.lua", 2)
    assert error.failure is not None
    frames = [(row["file"], row["line"], row["function"]) for row in error.failure["traceback"]]
    assert frames == [("custom_lua/mine.lua", 2, "inner"), ("custom_lua/mine.lua", 5, "compute")]
    assert error.failure["slot"] == 0


def test_a_syntax_error_is_silent_there_and_exact_here(hbeam: HyperBEAM, hb: HB, spawn: Spawn) -> None:
    source = "function compute(base)\n  return base +\nend"
    hbeam.name_source(source, "custom_lua/mine.lua")
    error = failing(hb, spawn(source))
    assert error.body.endswith("{badmatch,error}")
    assert (error.file, error.line) == ("custom_lua/mine.lua", 3)


def test_a_failed_slot_is_the_end_of_the_process(hb: HB, spawn: Spawn) -> None:
    source = """
    function compute(base, req)
      if req.body.action == "Bad" then error("third") end
      base.results = { slot_was = req.slot }
      return base
    end"""
    pid = spawn(source)
    for action in ("A", "Bad", "B", "C"):
        hb.schedule_lua(pid, action)
    errors = [failing(hb, pid, slot) for slot in (4, 2, 3)]
    assert len({error.body for error in errors}) == 1
    assert errors[0].failure is not None and errors[0].failure["slot"] == 2
    assert hb.compute_lua(pid, 1) == {"slot_was": 1}
    assert [(report.slot, report.status) for report in hb.transport.node.reports(pid)][-1] == (2, "error")  # type: ignore[attr-defined]


def test_a_limit_ends_what_production_would_not(wallet: Wallet) -> None:
    limits = Limits(lua=LuaLimits(steps=100_000))
    with HyperBEAM(jwk=wallet, limits=limits) as hbeam:
        pid = hbeam.hb.spawn_lua(hbeam.hb.cache_script("function compute() while true do end end"))["pid"]
        error = failing(hbeam.hb, pid)
        assert (error.status, error.code) == (500, "MOD-TIME-LIMIT")
        assert "no such limit" in error.hint
        assert hbeam.hb.operator == wallet.address


def spawn_with(hb: HB, **tags: Any) -> str:
    return str(hb.spawn({"execution-device": "lua@5.3a", **tags})["pid"])


@pytest.mark.parametrize(
    ("tags", "core"),
    [
        ({}, '{badmatch,{error,<<"no-modules-found">>}}'),
        ({"module": "M" * 43}, f"Lua module '{'M' * 43}' not found."),
        ({"module": "function compute(base) return base end"}, "function_clause"),
        ({"execution-device": "nosuch@9.9"}, '{error,{device_not_loadable,<<"nosuch@9.9">>'),
        ({"execution-device": "genesis-wasm@1.0"}, "failed_connect"),
        ({"execution-device": "stack@1.0", "device-stack": ["nope@1.0"]}, "device_not_loadable"),
    ],
)
def test_a_process_without_a_module_spawns_and_fails(hb: HB, tags: dict[str, Any], core: str) -> None:
    pid = spawn_with(hb, **tags)
    assert hb.schedule_lua(pid, "Inc")["slot"] == 1
    error = failing(hb, pid, 1)
    assert error.status == 500 and core in error.body


def test_json_answers_are_json_where_the_header_asks(hb: HB) -> None:
    reply = hb.transport.request("GET", "/~message@1.0&n+integer=5&t=x", (("accept", "application/json"),))
    assert json.loads(reply.body) == {"n": 5, "t": "x", "device": "message@1.0", "method": "GET"}
