"""What needs more than a broken line: processes that leak into each other, suites that skip, or ask elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from corpus.run import keep_wallets, lend_wallets
from corpus.worlds import COUNTER, COUNTER_SUITE
from scripted import SUITE, workspace

from taskrunner.runner import RunOutcome, run_task

# A child process takes over the count of the process that it was spawned for: the node lets Lua ask any process.
LEAKS = COUNTER.module.replace(
    "  local msg = { body = body, outbox = {}, output = {} }\n",
    """  local msg = { body = body, outbox = {}, output = {} }
  local process = base.process or {}
  if process.parent and count == 0 and body.type ~= "Process" then
    local path = "/" .. process.parent .. "~process@1.0/compute&slot=1/results/output/data"
    local status, said = ao.resolve({ path = path })
    if status == "ok" then count = math.tointeger(tonumber(said)) end
  end
""",
)
TWO = """

def test_processes_are_apart(module):
    first = module.spawn()
    assert first.send("Inc").data == "1"
    second = module.spawn({"parent": first.id})
    assert second.send("Inc").data == "1"
"""


def run(root: Path, module: str, suite: str) -> RunOutcome:
    found = workspace(root, module)
    (found.root / SUITE).write_text(suite)
    lend_wallets(found.root)
    outcome = run_task(found, 1)
    keep_wallets(found.root)
    return outcome


def said(outcome: RunOutcome) -> tuple[str, str]:
    assert outcome.failure is not None, outcome
    return outcome.failure["class"], outcome.failure["code"]


def test_a_module_that_takes_the_state_of_another_process(tmp_path: Path) -> None:
    outcome = run(tmp_path, LEAKS, COUNTER_SUITE + TWO)
    assert said(outcome) == ("module", "MOD-STATE-SHARED"), outcome.failure
    assert outcome.failure is not None and outcome.failure["got"] == "2"


def test_the_same_suite_is_green_where_nothing_leaks(tmp_path: Path) -> None:
    assert run(tmp_path, COUNTER.module, COUNTER_SUITE + TWO).exit_code == 0


@pytest.mark.parametrize("mark", ["skip(reason='later')", "xfail"])
def test_a_suite_that_skips_is_told_so(tmp_path: Path, mark: str) -> None:
    test = f"\n\n@pytest.mark.{mark}\ndef test_later(process):\n    assert process.send('Inc').data == '7'\n"
    outcome = run(tmp_path, COUNTER.module, COUNTER_SUITE + test)
    assert said(outcome) == ("test", "TEST-SKIPPED"), outcome.failure
    assert outcome.failure is not None and "1 of 6 tests did not run" in outcome.failure["message"]
    assert outcome.failure["line"]


def test_a_test_with_an_address_of_its_own_is_told_so(tmp_path: Path) -> None:
    test = "\n\ndef test_elsewhere(hb):\n    from taskrunner import HB\n    hb.get_text('/~meta@1.0/info/address')\n"
    test += "    assert HB(url='http://127.0.0.1:9').get_text('/~meta@1.0/info/address')\n"
    outcome = run(tmp_path, COUNTER.module, COUNTER_SUITE + test)
    assert said(outcome) == ("test", "TEST-NODE-ADDRESS"), json.dumps(outcome.failure)
