"""A HyperAOS task through the installed command: `new --aos`, skeleton, an error in a handler, a fix, done."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = Path(sys.executable).with_name("taskrunner")
PLAN = """\
# Plan: a purse

## Modules

### purse (aos)
Keeps coins, and gives some away.

#### Actions
| Action | Input                    | State                 | Reply         |
|--------|--------------------------|-----------------------|---------------|
| Put    | Amount: int = 1          | coins grows by Amount | the new count |
| Give   | To: address, Amount: int | coins shrinks         | Given         |
| Get    |                          |                       | the count     |

#### State
| Name  | Type | Initial |
|-------|------|---------|
| coins | int  | 0       |

#### Examples
| Name           | Send                                     | Reply |
|----------------|------------------------------------------|-------|
| three times    | Put; Put; Put; Get                       | 1; 2; 3; 3 |
| by an amount   | Put Amount=5; Get                        | 5; 5 |
| gives          | Put Amount=5; Give To=@bob Amount=2; Get | 5; Given & -> @bob Action=Credit-Notice Quantity=2; 3 |
| too much       | Give To=@bob Amount=2                    | error: not enough |
| unknown action | Nope                                     | error: unknown action |

## Status: APPROVED
"""
PUT = "State.coins = State.coins + amount\n  reply(msg, intstr(State.coins))"
GIVE = """if State.coins < amount then return fail(msg, "not enough") end
  State.coins = State.%s - amount
  Send({ Target = to, Action = "Credit-Notice", Quantity = intstr(amount) })
  reply(msg, "Given")"""
GET = "reply(msg, intstr(State.coins))"


def taskrunner(root: Path, *arguments: str, code: int) -> dict[str, Any]:
    done = subprocess.run(
        [COMMAND, *arguments, "--json"], cwd=root, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    data: dict[str, Any] = json.loads(done.stdout)
    return data


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    root.mkdir()
    (root / "plan.md").write_text(PLAN)
    taskrunner(root, "new", "purse", "--aos", code=0)
    return root


def written(skeleton: str, **bodies: str) -> str:
    """The skeleton with its actions filled in."""
    for action, body in bodies.items():
        old = f'return fail(msg, "not implemented: {action}")'
        assert old in skeleton
        skeleton = skeleton.replace(old, body)
    return skeleton


def test_a_script_goes_from_skeleton_to_done(workspace: Path, tmp_path: Path) -> None:
    first = taskrunner(workspace, "run", "1", code=1)
    assert first["failure"]["code"] == "MOD-NOT-IMPLEMENTED"
    assert 'TYPE = "aos"' in (workspace / "test" / "test_purse_module.py").read_text()

    script = workspace / "src" / "purse.lua"
    skeleton = script.read_text()
    steps = {"1-wrong": "coin", "2-right": "coins"}
    for name, field in steps.items():
        file = tmp_path / "replay" / name / "src" / "purse.lua"
        file.parent.mkdir(parents=True)
        file.write_text(written(skeleton, Put=PUT, Give=GIVE % field, Get=GET))
    script.write_text((tmp_path / "replay" / "1-wrong" / "src" / "purse.lua").read_text())
    failure = taskrunner(workspace, "run", "1", code=1)["failure"]
    assert (failure["class"], failure["code"], failure["file"]) == ("module", "MOD-LUA-ERROR", "src/purse.lua")
    assert "State.coin - amount" in script.read_text().splitlines()[failure["line"] - 1]

    done = taskrunner(workspace, "run", "1", "--replay", str(tmp_path / "replay"), code=0)
    assert done["verdict"] == "done"
    assert json.loads((workspace / "tasks.json").read_text())["tasks"][0]["status"] == "done"
