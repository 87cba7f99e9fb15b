"""A workspace in a temporary folder, with the files that `init` writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskrunner.project import Workspace
from taskrunner.project.scaffold import template


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "tasks.json").write_text(template("tasks.json"))
    (tmp_path / "plan.md").write_text(template("plan.md"))
    return Workspace(tmp_path)
