"""A scripted agent as a real command: it fixes, cheats, claims, loops, hangs, crashes and floods; each is handled.

The loop is the real one, with a real suite on the embedded node; only the agent's mind is a script.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from taskrunner.agents import make_agent
from taskrunner.cli.exits import code_for
from taskrunner.core.machine import State
from taskrunner.errors import EnvironmentFault
from taskrunner.project import Workspace
from taskrunner.runner import RunOutcome, run_task, state_of

PLAN = """# Plan: Echo

## Modules

### echo (module-lua)
Says what it was sent.

#### Actions
| Action | Input        | State | Reply         |
|--------|--------------|-------|---------------|
| Say    | Word: string |       | the word      |

#### Examples
| Name  | Send         | Reply |
|-------|--------------|-------|
| says  | Say Word=hey | hey   |

## Status: APPROVED
"""
TASKS = {
    "tasks": [{"id": 1, "name": "Echo", "type": "module-lua", "status": "pending", "files": ["custom_lua/echo.lua"]}]
}

AGENT = r'''
import json, pathlib, subprocess, sys, time
root, scenario = pathlib.Path.cwd(), sys.argv[1]
brief = sys.stdin.read()
count_file = pathlib.Path(sys.argv[2])
count = int(count_file.read_text()) + 1 if count_file.exists() else 1
count_file.write_text(str(count))
module = root / "custom_lua" / "echo.lua"
suite = root / "test" / "test_echo_module.py"
assert "MOD-" in brief or "TEST-" in brief, "the brief arrives on standard input"


def body(text):
    """The skeleton's Say, with its last line replaced."""
    lines = module.read_text().split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith("function actions.Say"))
    end = next(i for i in range(start, len(lines)) if lines[i] == "end")
    last = end - 1
    lines[last] = "  " + text
    module.write_text("\n".join(lines))


RIGHT = "return reply(msg, word)"
if scenario == "fixes":
    body(RIGHT)
elif scenario == "weakens":
    suite.write_text("def test_nothing():\n    assert True\n")
    print("I improved the test; everything passes now")
elif scenario == "edits-status":
    tasks = json.loads((root / "tasks.json").read_text())
    tasks["tasks"][0]["status"] = "done"
    (root / "tasks.json").write_text(json.dumps(tasks))
elif scenario == "claims":
    print("All tests pass. The task is done.")
elif scenario == "alternates":
    body('return reply(msg, "%s")' % ("a" if count % 2 else "b"))
elif scenario == "hangs":
    time.sleep(60)
elif scenario == "crashes":
    raise SystemExit("Traceback: something in the agent broke")
elif scenario == "floods":
    for _ in range(200):
        sys.stdout.write("x" * 65536)
    body(RIGHT)
elif scenario == "leaves-children":
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
    body(RIGHT)
'''


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "w"
    (root / "custom_lua").mkdir(parents=True)
    (root / "test").mkdir()
    (root / "plan.md").write_text(PLAN)
    (root / "tasks.json").write_text(json.dumps(TASKS, indent=2))
    (root / "taskrunner.toml").write_text("[rules]\nescalate = 3\n[limits]\nagent_log_kb = 64\n")
    (tmp_path / "agent.py").write_text(AGENT)
    return Workspace(root)


def drive(workspace: Workspace, scenario: str, seconds: float = 30) -> tuple[RunOutcome, list[dict[str, Any]]]:
    """The run with that agent: its outcome, and every event that it told."""
    events: list[dict[str, Any]] = []
    home = workspace.root.parent
    command = [sys.executable, str(home / "agent.py"), scenario, str(home / "count")]
    limits = workspace.settings.limits
    agent = make_agent(command, root=workspace.root, seconds=seconds, log_bytes=limits.agent_log_kb << 10)
    return run_task(workspace, 1, reporter=events.append, agent=agent), events


def status(workspace: Workspace) -> str:
    return str(workspace.task(1).status)


@pytest.mark.parametrize("scenario", ["fixes", "floods", "leaves-children"])
def test_a_fix_that_holds_is_done_whatever_came_with_it(workspace: Workspace, scenario: str) -> None:
    outcome, _ = drive(workspace, scenario)
    assert (outcome.exit_code, status(workspace)) == (0, "done")
    if scenario == "floods":
        logs = [path for path in workspace.state_dir.rglob("*") if path.is_file() and "agent" in path.name]
        assert logs and max(path.stat().st_size for path in logs) < 1 << 20


@pytest.mark.parametrize("scenario", ["claims", "crashes", "weakens", "edits-status"])
def test_words_and_cheating_prove_nothing(workspace: Workspace, scenario: str) -> None:
    outcome, _ = drive(workspace, scenario)
    assert outcome.state is State.ESCALATED
    assert (outcome.exit_code, status(workspace)) == (3, "blocked")
    assert int((workspace.root.parent / "count").read_text()) == 3, "the rule's limit, and not one more"
    assert "test_nothing" not in (workspace.root / "test" / "test_echo_module.py").read_text()


def test_going_back_and_forth_is_ended(workspace: Workspace) -> None:
    outcome, _ = drive(workspace, "alternates")
    assert (outcome.exit_code, status(workspace)) == (3, "blocked")


def test_an_agent_that_hangs_is_ended_and_charged(workspace: Workspace) -> None:
    outcome, _ = drive(workspace, "hangs", seconds=0.5)
    assert (outcome.exit_code, status(workspace)) == (3, "blocked")


def test_an_agent_that_cannot_be_started_is_the_environments_fault(workspace: Workspace) -> None:
    agent = make_agent(["no-such-program-anywhere"], root=workspace.root, seconds=5, log_bytes=1 << 16)
    with pytest.raises(EnvironmentFault, match="not installed or not on PATH") as caught:
        run_task(workspace, 1, agent=agent)
    assert code_for(caught.value) == 4
    state = state_of(workspace, 1)
    assert (state.state, state.iteration, state.charged) == (State.FIX, 0, 0), "nothing is charged; the brief stands"
