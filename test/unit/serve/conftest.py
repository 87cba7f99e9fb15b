"""A workspace with a story in its journal, told without running anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskrunner.project import Journal, TaskStore, Workspace, init_workspace

FAILURE = {
    "class": "module",
    "code": "MOD-WRONG-REPLY",
    "test": "test_three_times[each]",
    "message": "expected 3, got 4",
    "file": "custom_lua/counter.lua",
    "line": 4,
    "fingerprint": "f",
    "evidence": [],
    "expected": "3",
    "got": "4",
    "hint": "change the action",
    "facts": {},
}
BRIEF = "# Task 1: MOD-WRONG-REPLY\n\nThe class is **module**.\n\n```lua\nlocal <b>x</b> = 1\n```\n\n- change `Inc`\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    init_workspace(tmp_path / "story")
    found = Workspace(tmp_path / "story")
    (found.root / "custom_lua" / "counter.lua").write_text("-- one\n-- two\n-- three\nlocal wrong = 4\n-- five\n")
    with Journal(found) as journal:
        for kind, data in (
            ("started", {}),
            ("ready", {}),
            ("written", {}),
            ("built", {}),
            ("passed", {}),
            ("failed", {"phase": "test_all", "collected": 10, "failed": 3}),
            ("fixable", {"failure": FAILURE, "rank": [1, -3, 0], "content": "c1"}),
            ("brief", {"text": BRIEF, "json": {}}),
            ("coverage", {"file": "custom_lua/counter.lua", "lines": [4, 5], "branches": [1, 2], "missing": [5]}),
        ):
            journal.append(1, kind, data)
    TaskStore(found).update(1, status="in_progress")
    return found
