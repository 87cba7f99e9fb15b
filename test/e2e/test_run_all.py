"""`run --all`: two modules side by side, one of them gets its fixes, the other does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from taskrunner.parallel import lanes_of, run_all
from taskrunner.project import Workspace, add_module, init_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    init_workspace(tmp_path / "w")
    found = Workspace(tmp_path / "w")
    tasks = json.loads((found.root / "tasks.json").read_text())
    tasks["tasks"] = [tasks["tasks"][0]]
    (found.root / "tasks.json").write_text(json.dumps(tasks, indent=2))
    add_module(found, "ledger", "lua")
    return Workspace(found.root)


def test_independent_tasks_are_lanes_of_their_own(workspace: Workspace) -> None:
    assert [[task.id for task in lane] for lane in lanes_of(workspace)] == [[1], [2]]


@pytest.mark.timeout(240)
def test_what_is_proved_comes_home_and_stops_nobody(workspace: Workspace, root: Path, tmp_path: Path) -> None:
    fixes = tmp_path / "fixes" / "1-fix" / "custom_lua"
    fixes.mkdir(parents=True)
    right = root / "test" / "demo" / "counter.lua"
    (fixes / "counter.lua").write_bytes(right.read_bytes())
    first, second = run_all(workspace, jobs=2, arguments=["--replay", str(tmp_path / "fixes")])
    assert (first.task, first.exit_code, first.state) == (1, 0, "done")
    assert {"custom_lua/counter.lua", "test/test_counter_module.py"} <= set(first.merged)
    assert second.exit_code != 0
    statuses = {task.id: task.status for task in workspace.tasks()}
    assert statuses[1] == "done"
    assert statuses[2] != "done"
