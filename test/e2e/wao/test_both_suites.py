"""`suite = "node"` and `"both"`, from a new module over its skeleton to done, with the suites that we write."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = Path(sys.executable).with_name("taskrunner")
pytestmark = [pytest.mark.npm, pytest.mark.timeout(240), pytest.mark.usefixtures("the_port")]

SECTION = """### tally (module-lua)
Counts.

#### Actions
| Action | Input           | State                 | Reply         |
|--------|-----------------|-----------------------|---------------|
| Add    | Amount: int = 1 | count grows by Amount | the new count |

#### State
| Name  | Type | Initial |
|-------|------|---------|
| count | int  | 0       |

#### Examples
| Name  | Send          | Reply |
|-------|---------------|-------|
| twice | Add; Add      | 1; 2  |
| five  | Add Amount=5  | 5     |
"""


@pytest.fixture
def workspace(tmp_path: Path, root: Path) -> Path:
    """A workspace with one new module, planned and approved."""
    (tmp_path / "tasks.json").write_text('{"tasks": []}')
    assert "package.json" in command(tmp_path, "new", "tally")["changed"]
    plan = tmp_path / "plan.md"
    head, _, _ = plan.read_text().partition("### tally")
    plan.write_text(f"{head}{SECTION}\n## Status: APPROVED\n")
    (tmp_path / "node_modules").symlink_to(root / "node_modules")
    return tmp_path


def command(folder: Path, *words: str, code: int = 0) -> dict[str, Any]:
    done = subprocess.run([COMMAND, *words, "--json"], cwd=folder, capture_output=True, text=True, timeout=200)
    assert done.returncode == code, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def fix(folder: Path, wrong: str = "") -> None:
    """Fill the skeleton's one action in, as a person would."""
    file = folder / "custom_lua" / "tally.lua"
    head, mark, _ = (file.with_suffix(".begun") if wrong else file).read_text().partition("function actions.Add(msg)\n")
    assert mark, "the skeleton has the action"
    rest = (file.with_suffix(".begun") if wrong else file).read_text().partition(mark)[2].partition("\nend\n")
    lines = (
        '  local amount, problem = input(msg, "Amount", "int", 1)\n  if problem then return fail(msg, problem) end\n'
    )
    lines += f"  state.count = state.count + amount{wrong}\n  return reply(msg, intstr(state.count))"
    file.write_text(f"{head}{mark}{lines}{rest[1]}{rest[2]}")


def test_both_suites_are_written_run_and_needed(workspace: Path) -> None:
    (workspace / "taskrunner.toml").write_text('suite = "both"\n')
    begun = command(workspace, "run", "1", code=1)
    assert [each["path"] for each in begun["written"] if each["what"] == "suite"] == [
        "test/test_tally_module.py", "test/tally-module.test.js",
    ]  # fmt: skip
    assert begun["failure"]["code"] == "MOD-NOT-IMPLEMENTED"
    fix(workspace)
    done = command(workspace, "run", "1")
    assert json.loads((workspace / "tasks.json").read_text())["tasks"][0]["status"] == "done"
    assert done["verdict"] == "done"
    javascript = workspace / "test" / "tally-module.test.js"
    javascript.write_text(javascript.read_text().replace("assert.equal", "assert.ok"))
    changed = command(workspace, "run", "1", code=1)
    assert (changed["failure"]["code"], changed["failure"]["file"]) == ("TEST-LOCKED", "test/tally-module.test.js")


@pytest.mark.full
def test_node_suites_lead_from_skeleton_to_done(workspace: Path) -> None:
    (workspace / "taskrunner.toml").write_text('suite = "node"\n')
    assert command(workspace, "run", "1", code=1)["failure"]["code"] == "MOD-NOT-IMPLEMENTED"
    assert not (workspace / "test" / "test_tally_module.py").exists()
    begun = (workspace / "custom_lua" / "tally.lua").read_text()
    (workspace / "custom_lua" / "tally.begun").write_text(begun)
    fix(workspace, wrong=" + nothing.there")
    failure = command(workspace, "run", "1", code=1)["failure"]
    line = next(number for number, text in enumerate(source(workspace), 1) if "nothing.there" in text)
    assert (failure["code"], failure["file"], failure["line"]) == ("MOD-LUA-ERROR", "custom_lua/tally.lua", line)
    fix(workspace, wrong=" + 0")
    assert command(workspace, "run", "1")["verdict"] == "done"


def source(folder: Path) -> list[str]:
    return (folder / "custom_lua" / "tally.lua").read_text().splitlines()
