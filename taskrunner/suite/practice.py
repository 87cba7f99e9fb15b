"""Lets the warm process do once what every run will do: a small suite of its own, on a node and a key of its own.

Python is slow the first time: modules that are imported on use, tables that are built on use, code that the
interpreter has not specialised yet. The suite lies in a folder that is then thrown away; of a user's workspace nothing
is read, and nothing of the practice is left but that it has happened.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from taskrunner.suite.asserting import Asserted
from taskrunner.suite.child import Handover, arguments
from taskrunner.suite.recorder import Recorder, writer
from taskrunner.suite.seal import new_key
from taskrunner.suite.session import Options

NAME = "test_practice_of_the_warm_process"
MODULE = """
local state = { count = 0 }
local actions = {}
function actions.Inc(body)
  local text = body.Amount or "1"
  if not text:match("^%-?%d+$") then return "error: invalid Amount" end
  state.count = state.count + math.tointeger(tonumber(text))
  return tostring(state.count)
end
function compute(base, req, opts)
  local body = req.body or {}
  local run, outbox, from = actions[body.Action or body.action or ""], {}, nil
  for _, each in pairs(body.commitments or {}) do from = each.committer end
  if run then outbox["1"] = { target = from, data = run(body) } end
  if body.Action == "Fail" then error("on purpose") end
  base.results = { outbox = outbox, output = { data = "" } }
  return base
end
"""
SUITE = """
import pytest


@pytest.fixture(params=["each", "last"])
def process(module, request):
    return module.spawn(reads=request.param)


@pytest.mark.parametrize("amount", ["1", "2", "many"])
def test_holds(process, amount):
    first = process.send("Inc")
    second = process.send("Inc", Amount=amount)
    assert first.data == "1"
    assert "error" in second.data or second.data == str(1 + int(amount))
    assert first.outbox


@pytest.mark.parametrize("times", [1, 2, 3])
def test_fails(process, times):
    assert process.send("Inc").data == str(times + 1)


def test_raises(process):
    assert process.send("Fail").data == "1"
"""


def practise() -> None:
    """One run of the small suite in this process, its outcome unseen. Takes about half a second."""
    with tempfile.TemporaryDirectory() as place, _kept():
        root = Path(place).resolve()
        (root / "custom_lua").mkdir()
        (root / "custom_lua" / "practice.lua").write_text(MODULE)
        (root / "taskrunner.toml").write_text("")
        (root / "pytest.ini").write_text("[pytest]\n")
        suite = root / f"{NAME}.py"
        suite.write_text(f'MODULE = "custom_lua/practice.lua"\n{SUITE}')
        os.chdir(root)
        with (root / "report.jsonl").open("w") as report:
            recorder = Recorder(writer(report, new_key()), root, Asserted())
            run = {"suite": str(suite), "only": None, "root": str(root), "alone": True, "stop_at_first": False}
            chosen = arguments({**run, "again": True, "config": str(root / "pytest.ini")})
            pytest.main([*chosen, "-p", "no:faulthandler"], plugins=[recorder, Handover(Options(root))])


@contextmanager
def _kept() -> Iterator[None]:
    """Put back what a pytest session changes around it."""
    folder, environment = os.getcwd(), dict(os.environ)
    path, prefix, writes = list(sys.path), sys.pycache_prefix, sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.path[:], sys.pycache_prefix, sys.dont_write_bytecode = path, prefix, writes
        sys.modules.pop(NAME, None)
