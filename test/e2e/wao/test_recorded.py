"""JavaScript suites become cases, on a node of ours and through the proxy in front of another, and the cases replay."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from taskrunner.backends import HyperBEAM
from taskrunner.project import init_workspace

COMMAND = Path(sys.executable).with_name("taskrunner")
HERE = Path(__file__).parent
SUITE = "test/counter-module.test.js"
pytestmark = [pytest.mark.npm, pytest.mark.timeout(120), pytest.mark.usefixtures("the_port")]

MODULE = """local count = 0
function compute(base, req, opts)
  if req.body.action == "Inc" then count = count + 1 end
  base.results = { outbox = { ["1"] = { target = req.body.target, data = tostring(count) } } }
  return base
end
"""


@pytest.fixture
def project(tmp_path: Path, root: Path) -> Path:
    """A WAO project that is no workspace of ours."""
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(root / "node_modules")
    for name in ("custom-lua", "test"):
        (tmp_path / name).mkdir()
    (tmp_path / "custom-lua" / "counter.lua").write_text(MODULE)
    shutil.copy(HERE / "counter-module.test.js", tmp_path / SUITE)
    return tmp_path


def command(folder: Path, *words: str, code: int = 0) -> str:
    done = subprocess.run([COMMAND, "node", *words], cwd=folder, capture_output=True, text=True, timeout=100)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def replayed(folder: Path, *words: str) -> tuple[int, int]:
    """Slots and how many of them came the same."""
    told: dict[str, Any] = json.loads(command(folder, "replay", "cases.json", "--json", *words))
    assert told["misses"] == []
    return told["total"], told["same"]


def test_a_suite_on_our_node(project: Path) -> None:
    assert "3 cases in cases.json" in command(project, "record", "cases.json", SUITE)
    assert replayed(project) == (2, 2)
    text = (project / "cases.json").read_text()
    third = json.loads(text)[2]
    assert [message["action"] for message in third["messages"]] == ["Inc", "Inc", "Inc", "Get"]
    assert third["results"][-1]["results"] == {"outbox": [{"data": "3", "target": "<pid>"}]}
    (project / "cases.json").write_text(text.replace('"data": "3"', '"data": "4"'))
    assert "1 of 2 slots the same" in command(project, "replay", "cases.json", code=1)


def test_a_suite_on_another_node(project: Path) -> None:
    with HyperBEAM() as there:
        command(project, "record", "cases.json", "--node", there.url, SUITE)
        assert there.node is not None
        assert there.node._reports, "it ran there"
        assert replayed(project) == replayed(project, "--node", there.url) == (2, 2)


def test_the_test_script_of_a_workspace(tmp_path: Path, root: Path) -> None:
    init_workspace(tmp_path)
    (tmp_path / "node_modules").symlink_to(root / "node_modules")
    shutil.copy(HERE / "hyperaos.test.js", tmp_path / "test" / "hyperaos.test.js")
    path = f"{COMMAND.parent}:{Path(shutil.which('npm') or '').parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["npm", "test", "--", "test/hyperaos.test.js"], cwd=tmp_path, env={"PATH": path, "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 1" in done.stdout
