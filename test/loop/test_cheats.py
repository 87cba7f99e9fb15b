"""An agent that does more than it was asked: the rest of the workspace, our own state, git, links, rights, strays.

Each deed is a script run as a real command by a real agent; the suite is the scripted one. After the deed the agent
does the right thing, so that every run ends in done, and what it did beside that is told, put back, and harms nobody.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from scripted import MODULE, SUITE, module_text, scripted, workspace

from taskrunner.agents import make_agent
from taskrunner.agents.strays import adopt
from taskrunner.core.machine import State
from taskrunner.project import Journal, Workspace
from taskrunner.runner import RunOutcome, act, run_task, state_of

BAD, GOOD = module_text("-- fails test_3: attempt to index nil"), module_text()
HEAD = "import os, pathlib, subprocess, sys, time\nroot = pathlib.Path.cwd()\n"
RIGHT = f"\n(root / {MODULE!r}).write_text({GOOD!r})\n"


@dataclass
class Deed:
    """What an agent does, what is said of it (part of a flag), and a check of the workspace afterwards."""

    code: str
    told: str
    gone: str = ""  # a file that must not be there afterwards
    kept: str = ""  # a file that must be there as it was


DEEDS = {
    "another module": Deed(
        "(root / 'custom_lua/other.lua').write_text('x')", "changed custom_lua/other.lua", kept="custom_lua/other.lua"
    ),
    "a removed file": Deed("(root / 'README.md').unlink()", "removed README.md", kept="README.md"),
    "a new file": Deed(
        "(root / 'sub').mkdir(); (root / 'sub/notes.txt').write_text('x')", "made sub/notes.txt", gone="sub"
    ),
    "a conftest in a folder above": Deed(
        "(root / 'custom_lua/conftest.py').write_text('x')",
        "made custom_lua/conftest.py",
        gone="custom_lua/conftest.py",
    ),
    "pytest's settings": Deed(
        "(root / 'pyproject.toml').write_text('[tool.pytest.ini_options]')",
        "changed pyproject.toml",
        gone="pyproject.toml",
    ),
    "the limits": Deed(
        "(root / 'taskrunner.toml').write_text('[rules]\\nescalate = 1000')",
        "changed taskrunner.toml",
        gone="taskrunner.toml",
    ),
    "a hook of git": Deed(
        "(root / '.git/hooks').mkdir(exist_ok=True); (root / '.git/hooks/pre-commit').write_text('x')",
        "made .git/hooks/pre-commit",
        gone=".git/hooks/pre-commit",
    ),
    "git's settings": Deed(
        "subprocess.run(['git', 'config', 'core.fsmonitor', 'evil'])", "changed .git/config", kept=".git/config"
    ),
    "a link out": Deed("(root / 'out').symlink_to('/')", "made the link out", gone="out"),
    "the module as a link out": Deed(
        "m = root / 'custom_lua/counter.lua'; m.unlink(); m.symlink_to(root.parent / 'victim')",
        "put a link in the place of custom_lua/counter.lua",
    ),
    "a folder as a link out": Deed(
        "far, near = root.parent / 'elsewhere', root / 'custom_lua'; os.rename(near, far); near.symlink_to(far)",
        "put a link in the place of custom_lua",
        kept="custom_lua/other.lua",
    ),
    "a pipe": Deed("os.mkfifo(root / 'pipe')", "made pipe", gone="pipe"),
    "rights": Deed(
        "os.chmod(root / 'README.md', 0o400); os.chmod(root / 'test', 0o500)", "changed README.md", kept="README.md"
    ),
    "a huge file": Deed("open(root / 'huge', 'wb').truncate(1 << 30)", "made huge", gone="huge"),
    "a huge module": Deed(
        "open(root / 'custom_lua/counter.lua', 'wb').truncate(1 << 30)", "changed custom_lua/counter.lua"
    ),
    "our whole state": Deed("import shutil; shutil.rmtree(root / '.taskrunner')", "changed the journal"),
    "a broken journal": Deed("(root / '.taskrunner/journal.db').write_bytes(b'x' * 5000)", "changed the journal"),
    "a forged journal": Deed(
        "import sqlite3; c = sqlite3.connect(root / '.taskrunner/journal.db');"
        "c.execute(\"INSERT INTO events (task, kind, data, at) VALUES ('1', 'proved', '{}', 'x')\"); c.commit()",
        "changed the journal",
    ),
    "a commit": Deed("subprocess.run(['git', 'commit', '-qam', 'mine', '--allow-empty'])", "made a commit"),
    "a branch": Deed("subprocess.run(['git', 'switch', '-qc', 'mine'])", "left the branch"),
    "the index": Deed("subprocess.run(['git', 'rm', '-q', '--cached', 'README.md'])", "changed what is staged"),
}


def git(root: Path, *words: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    return subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    root = tmp_path / "w"
    found = workspace(root, BAD)
    (root / "README.md").write_text("mine\n")
    (root / "custom_lua" / "other.lua").write_text("-- another\n")
    (tmp_path / "victim").write_text("outside\n")
    git(root, "init", "-q")
    git(root, "config", "user.name", "t")
    git(root, "config", "user.email", "t@example.org")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    return found


def drive(found: Workspace, code: str, **more: Any) -> tuple[RunOutcome, list[dict[str, Any]]]:
    """Run the task with an agent that performs `code` once for each fix."""
    events: list[dict[str, Any]] = []
    script = found.root.parent / "agent.py"
    script.write_text(HEAD + code)
    agent = make_agent([sys.executable, str(script)], root=found.root, seconds=20, **more)
    with scripted():
        return run_task(found, 1, agent=agent, reporter=events.append), events


@pytest.mark.parametrize("name", DEEDS)
def test_what_goes_beyond_the_fix_is_told_and_put_back(home: Workspace, name: str) -> None:
    deed, root = DEEDS[name], home.root
    before = (root / deed.kept).read_bytes() if deed.kept else b""
    late = ("our whole state", "a broken journal", "a forged journal", "a commit", "a branch", "the index")
    ahead = "link" in name or "huge" in name  # the right module would replace the link or the size
    mark = root.parent / "did"
    once = f"if not os.path.exists({str(mark)!r}):\n    open({str(mark)!r}, 'w').close()\n    {deed.code}\n"
    once += "else:" + RIGHT.replace("\n", "\n    ")
    outcome, events = drive(home, once if ahead else deed.code + RIGHT)
    assert outcome.state is State.DONE, outcome.failure
    said = [str(event["message"]) for event in events if event["event"] == "warning"]
    assert any(deed.told in each for each in said), said
    assert not deed.gone or not os.path.lexists(root / deed.gone)
    assert not deed.kept or (root / deed.kept).read_bytes() == before
    assert (root.parent / "victim").read_text() == "outside\n"
    assert not (root / MODULE).is_symlink() and (root / MODULE).read_text() == GOOD
    assert name in late or (root / "test").stat().st_mode & 0o777 == 0o755
    assert state_of(home, 1).state is State.DONE, "the journal knows it, too"


def test_what_was_taken_back_is_kept_in_the_run(home: Workspace) -> None:
    drive(home, "(root / 'notes.txt').write_text('thoughts')" + RIGHT)
    assert [p.read_text() for p in home.state_dir.glob("runs/*/refused/notes.txt")] == ["thoughts"]
    with Journal(home) as journal:
        refused = [event.data for event in journal.events(task_id=1) if event.kind == "refused"]
    assert refused[0]["path"] == "notes.txt" and "+thoughts" in refused[0]["diff"]


def test_a_person_may_allow_more(home: Workspace) -> None:
    code = "(root / 'custom_lua/other.lua').write_text('better'); (root / 'README.md').write_text('worse')" + RIGHT
    outcome, _ = drive(home, code, allow=("custom_lua/*",))
    assert outcome.state is State.DONE
    assert (home.root / "custom_lua/other.lua").read_text() == "better"
    assert (home.root / "README.md").read_text() == "mine\n"


def test_notes_and_caches_of_tools_are_nobodys_business(home: Workspace) -> None:
    code = (
        "[(root / n).parent.mkdir(parents=True, exist_ok=True) or (root / n).write_text('x')"
        " for n in ('.aider.chat.history.md', '.claude/x.json', 'test/__pycache__/a.pyc', 'node_modules/a/b.js')]"
    )
    _, events = drive(home, code + RIGHT)
    assert not [event for event in events if event["event"] == "warning"]
    assert (home.root / ".claude/x.json").exists()


@pytest.mark.skipif(not adopt() and sys.platform != "linux", reason="orphans come back on Linux only")
def test_a_process_that_got_away_is_ended_before_it_can_edit(home: Workspace) -> None:
    later = f"import time, pathlib; time.sleep(1.5); pathlib.Path({str(home.root / MODULE)!r}).write_text('late')"
    code = f"subprocess.Popen([sys.executable, '-c', {later!r}], start_new_session=True)" + RIGHT
    outcome, _ = drive(home, code)
    assert outcome.state is State.DONE
    time.sleep(1.8)
    assert (home.root / MODULE).read_text() == GOOD


def test_an_agent_that_kills_us_dies_with_us_and_the_next_run_goes_on(home: Workspace) -> None:
    beat = home.root.parent / "beat"
    code = (
        "import os, signal, time\n"
        f"beat = open({str(beat)!r}, 'a')\n"
        "os.kill(os.getppid(), signal.SIGKILL)\n"
        "for _ in range(200):\n    beat.write('x'); beat.flush(); time.sleep(0.05)\n"
    )
    (home.root.parent / "agent.py").write_text(code)
    program = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_cheats import *\n"
        f"found = Workspace(Path({str(home.root)!r}))\n"
        f"agent = make_agent([sys.executable, {str(home.root.parent / 'agent.py')!r}], root=found.root, seconds=20)\n"
        "with scripted():\n    run_task(found, 1, agent=agent)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert ended.returncode == -9, ended.stderr
    time.sleep(0.2)
    size = beat.stat().st_size
    time.sleep(0.3)
    assert beat.stat().st_size == size, "the agent ended with us"
    assert state_of(home, 1).state is State.FIX
    assert drive(home, RIGHT)[0].state is State.DONE


@pytest.mark.parametrize(
    ("setting", "rule", "fixes"),
    [("agent_iterations = 2", "agent-iterations", 2), ("agent_minutes = 0.02", "agent-minutes", None)],
)
def test_a_budget_ends_the_agents_work_and_only_a_person_begins_it_anew(
    home: Workspace, setting: str, rule: str, fixes: int | None
) -> None:
    (home.root / "taskrunner.toml").write_text(f"[rules]\n{setting}\n")
    code = f"time.sleep(0.5); (root / {MODULE!r}).write_text({BAD!r} + '\\n-- ' + str(time.time()))"
    found = Workspace(home.root)
    outcome, events = drive(found, code)
    told = next(event for event in events if event["event"] == "escalated")
    assert (outcome.exit_code, told["rule"]) == (3, rule) and told["count"] >= told["limit"]
    assert json.loads((home.root / "tasks.json").read_text())["tasks"][0]["escalation"]["rule"] == rule
    done = sum(1 for event in events if event["event"] == "fix.started")
    assert done == fixes or (fixes is None and done >= 2)
    from taskrunner.core.machine import Happened

    act(found, 1, Happened.RESUMED)
    assert drive(found, RIGHT)[0].state is State.DONE


def test_an_interrupted_fix_leaves_nothing_outside(home: Workspace) -> None:
    class Interrupted:
        name = "x"
        allow: tuple[str, ...] = ()

        def fix(self, assignment: Any) -> Any:
            (home.root / "README.md").write_text("half")
            raise KeyboardInterrupt

    with scripted(), pytest.raises(KeyboardInterrupt):
        run_task(home, 1, agent=Interrupted())
    assert (home.root / "README.md").read_text() == "mine\n"


def test_a_journal_of_another_task_may_grow_meanwhile(home: Workspace) -> None:
    code = (
        "import sqlite3; c = sqlite3.connect(root / '.taskrunner/journal.db');"
        "c.execute(\"INSERT INTO events (task, kind, data, at) VALUES ('2', 'started', '{}', 'x')\"); c.commit()"
    )
    _, events = drive(home, code + RIGHT)
    assert not [event for event in events if event["event"] == "warning"]
    with sqlite3.connect(home.state_dir / "journal.db") as database:
        assert database.execute("SELECT COUNT(*) FROM events WHERE task = '2'").fetchone() == (1,)


def test_a_suite_of_the_user_is_not_the_agents(home: Workspace) -> None:
    before = (home.root / SUITE).read_text()
    _, events = drive(home, f"(root / {SUITE!r}).write_text('def test_1(): pass')" + RIGHT)
    assert (home.root / SUITE).read_text() == before
    assert any("was refused" in str(event.get("message")) for event in events)
