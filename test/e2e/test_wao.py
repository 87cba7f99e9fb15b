"""A WAO project is a workspace: its tasks.json, plan.md and folder names are taken as they are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

COMMAND = str(Path(sys.executable).parent / "taskrunner")

PLAN = """# Plan: counter

## Overview
A counter module.

## Components
- [ ] AOS: no
- [x] Custom Modules: yes — counter (Lua)

## Custom Modules
| Module | Action | Input Tags | State | Reply |
|---------|--------|------------|-------|-------|
| counter | Inc | Amount | count | count |
| counter | Get | - | - | count |

## Edge Cases
1. No amount.

## Status: PENDING APPROVAL
"""

TASKS = """{
  "feature": "counter",
  "tracks": ["module"],
  "current_step": 0,
  "tasks": [
    {
      "id": 1,
      "name": "Build module",
      "type": "module-lua",
      "skill": "/build-module",
      "status": "pending",
      "files": ["custom-lua/counter.lua"],
      "details": "Inc, Get \\u2014 no state file",
      "done_when": "module written with compute function"
    },
    { "id": 2, "name": "Validate", "type": "validate", "skill": "/validate", "status": "pending" }
  ]
}
"""

MODULE = """local count = 0

local function answer(base, data, problem)
  base.results = { outbox = { ["1"] = { data = data, Error = problem } }, output = "" }
  return base
end

function compute(base, req, opts)
  local action = nil
  if type(req.body) == "table" then action = req.body.Action or req.body.action end
  if not action then action = req.Action or req.action end
  if action == "Inc" then
    count = count + 1
    return answer(base, string.format("%d", count))
  elseif action == "Get" then
    return answer(base, string.format("%d", count))
  elseif action then
    return answer(base, "error: unknown action " .. action, "unknown action " .. action)
  end
  base.results = { outbox = {}, output = "" }
  return base
end
"""


def test_a_wao_project_runs_to_done_and_keeps_its_files(tmp_path: Path) -> None:
    (tmp_path / "custom-lua").mkdir()
    (tmp_path / "custom-lua" / "counter.lua").write_text(MODULE)
    (tmp_path / "plan.md").write_text(PLAN)
    (tmp_path / "tasks.json").write_text(TASKS)
    done = subprocess.run([COMMAND, "run", "1", "--json"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    warnings = " ".join(warning["message"] for warning in json.loads(done.stdout)["warnings"])
    for words in ("no section `## Modules`", "lacks `#### Examples`", "PENDING APPROVAL"):
        assert words in warnings
    assert (tmp_path / "custom-lua" / "counter.lua").read_text() == MODULE
    assert (tmp_path / "plan.md").read_text() == PLAN
    assert not (tmp_path / "custom_lua").exists()
    text = (tmp_path / "tasks.json").read_text()
    times = r',\n      "started_at": "[\dTZ:-]+",\n      "completed_at": "[\dTZ:-]+"'
    assert re.sub(times, "", text) == TASKS.replace('"pending"', '"done"', 1)


def test_its_other_tasks_are_shown_and_refused(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text(PLAN)
    (tmp_path / "tasks.json").write_text(TASKS)
    listed = subprocess.run([COMMAND, "list"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "validate" in listed
    refused = subprocess.run([COMMAND, "run", "2"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "the type 'validate', which `run` does not take" in refused.stderr
