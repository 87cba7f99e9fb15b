"""Trying a module by hand, and the command that does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from taskrunner.cli.lua import command
from taskrunner.lua.cost import LENGTH_SECONDS, STRIDE, Cost
from taskrunner.lua.errors import LimitError
from taskrunner.lua.trial import json_value, message, try_module
from taskrunner.lua.vm import VM

COUNTER = b"""
local seen = 0
function compute(base, req, opts)
  seen = seen + 1
  base.Count = (base.Count or 0) + (req.body.by or 1)
  base.results = { output = { data = tostring(base.Count) }, list = { req.body.text, seen } }
  print("counted", base.Count)
  return base
end
"""


def test_a_call_gives_the_reply_and_what_storage_will_do() -> None:
    trial = try_module(COUNTER, "c.lua", call="compute", base={"Count": 5}, request={"body": {"by": 2, "text": "é"}})
    assert trial.error is None and trial.status == "ok"
    data = trial.to_json()
    assert data["ok"] and data["value"]["results"] == {"output": {"data": "7"}, "list": ["é", 1]}
    assert data["printed"] == "counted 7 \n" and data["steps"] > 0
    assert {each["where"] for each in data["hazards"]} == {"base.Count", "results.list.1"}


def test_loading_alone() -> None:
    trial = try_module(b"print(1)", "x.lua")
    assert trial.to_json()["printed"] == "1 \n" and trial.value is None and trial.error is None


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        (b"local x =\n", "MOD-LUA-SYNTAX", 2),
        (b"\nfunction compute() error('boom') end", "MOD-LUA-ERROR", 2),
        (
            b"function compute()\n  local f = function()\n    return nil + 1\n  end\n  return f() end",
            "MOD-LUA-ERROR",
            3,
        ),
        (b"\n\nfunction compute() math.sqrt(-1) end", "MOD-LUA-CRASH", 3),
        (b"function compute() os.exit() end", "MOD-LUA-FIDELITY", 1),
        (b"function compute()\n while true do end end", "MOD-TIME-LIMIT", 2),
        (b"function compute() return 1, 2, 3 end", "MOD-LUA-CRASH", None),
        (b"local t = {} t.t = t function compute() return t end", "MOD-LUA-CRASH", None),
        (b"x = 1", "MOD-LUA-ERROR", None),
    ],
)
def test_failures_say_where(source: bytes, code: str, line: int | None) -> None:
    from taskrunner.lua.limits import Limits

    error = try_module(source, "m.lua", call="compute", limits=Limits(steps=100_000)).error
    assert error is not None and error["code"] == code, error
    if line is not None:
        assert error["file"] == "m.lua" and error["line"] == line, error


def test_dear_lines_are_named() -> None:
    source = b"local t = {}\nfor i = 1, 9000 do\n  t[#t + 1] = i\nend\nlocal u = {}\n"
    source += b"for i = 1, 9000 do table.insert(u, i) end"
    costs = try_module(source, "m.lua").costs
    assert any(cost.startswith("m.lua:3: `#t` counted up to 8,192 elements") for cost in costs), costs
    assert any(cost.startswith("m.lua:6:") for cost in costs), costs


def test_an_estimate_grows_and_ends_only_walks() -> None:
    cost = Cost(lambda: ("m.lua", 7))
    for size in range(STRIDE, 400 * STRIDE, STRIDE):
        cost.length(size)
    (expense,) = cost.worth_telling()
    assert expense.place == ("m.lua", 7) and expense.count == 399 * STRIDE
    assert expense.seconds == pytest.approx((399 * STRIDE) ** 2 / 2 * LENGTH_SECONDS, rel=0.01)
    cost.scanned(1000)
    with pytest.raises(LimitError) as caught:
        cost.scanned(10**12)
    assert caught.value.limit == "production" and caught.value.line == 7 and "string keys" in caught.value.hint


def test_messages_and_json() -> None:
    plain: dict[str, Any] = {"a": ["x", 1, None, True], "b": {"c": 1.5}}
    assert json_value(message(plain)) == plain
    (function,) = VM().run(b"return {f = print, [2] = 'x'}")
    from taskrunner.lua.border import from_lua

    assert json_value(from_lua(function)) == {"2": "x", "f": "{luerl_lib_basic,print,undefined}"}


class TestCommand:
    def run(self, *arguments: str) -> Any:
        return CliRunner().invoke(command, list(arguments))

    def test_check(self, tmp_path: Path) -> None:
        good, bad, broken = (tmp_path / name for name in ("good.lua", "bad.lua", "broken.lua"))
        good.write_bytes(b"function compute(base) return base end")
        bad.write_bytes(b"local c = coroutine.wrap(f)\nbase.Top = 1")
        broken.write_bytes(b"function (")
        assert self.run("check", str(good)).exit_code == 0
        result = self.run("check", str(bad))
        assert result.exit_code == 1 and f"{bad}:1:11: error: coroutine.wrap" in result.output
        assert "instead: " in result.output and f"{bad}:2:1: warning" in result.output
        found = json.loads(self.run("check", "--json", str(bad), str(broken)).output)["findings"]
        assert [each["code"] for each in found] == ["MOD-LUA-COROUTINE", "MOD-LUA-BASE-CASE", "MOD-LUA-SYNTAX"]

    def test_run(self, tmp_path: Path) -> None:
        file = tmp_path / "c.lua"
        file.write_bytes(COUNTER)
        shown = self.run("run", str(file), "--call", "compute", "--req", '{"body": {"by": 3}}')
        assert shown.exit_code == 0 and "counted 3" in shown.output and '"data": "3"' in shown.output
        assert "storage: base.Count" in shown.output and "1 step\n" in shown.output
        data = json.loads(self.run("run", str(file), "--call", "compute", "--req", '{"body": {}}', "--json").output)
        assert data["ok"] and data["schema"] == 1
        failed = self.run("run", str(file), "--call", "compute")
        assert failed.exit_code == 1 and f"{file}:5: MOD-LUA-ERROR" in failed.output and "in compute" in failed.output
        assert self.run("run", str(file), "--req", "{").exit_code == 2

    def test_costs_are_shown(self, tmp_path: Path) -> None:
        file = tmp_path / "c.lua"
        file.write_bytes(b"local t = {} for i = 1, 9000 do t[#t + 1] = i end")
        assert "cost: " in self.run("run", str(file)).output

    def test_battery(self, tmp_path: Path) -> None:
        file = tmp_path / "b.json"
        cases = [{"id": "a", "category": "x", "chunk": "return 1", "luerl": {"ok": True, "values": ["1"]}}]
        file.write_text(json.dumps(cases), encoding="utf-8")
        good = self.run("battery", str(file))
        assert good.exit_code == 0 and "1 of 1 the same" in good.output
        cases.append({"id": "b", "category": "x", "chunk": "return 1", "luerl": {"ok": True, "values": ["2"]}})
        file.write_text(json.dumps(cases), encoding="utf-8")
        bad = self.run("battery", str(file))
        assert bad.exit_code == 1 and "b: expected" in bad.output and "x: 1 of 2" in bad.output
        report = json.loads(self.run("battery", str(file), "--json").output)
        assert report["outcomes"]["a"] == {"ok": True, "values": ["1"]} and report["total"] == 2
