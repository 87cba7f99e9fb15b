"""Replays: step n for iteration n, whole files, inside the workspace only."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskrunner.agents import AgentReport, Assignment, ReplayAgent
from taskrunner.agents.edits import edited, read_edits
from taskrunner.errors import InputError
from taskrunner.modules.lua import skeleton
from taskrunner.project import Workspace


def record(folder: Path, *steps: dict[str, str]) -> Path:
    for number, files in enumerate(steps, 1):
        (folder / f"{number}-step").mkdir(parents=True)
        for name, text in files.items():
            path = folder / f"{number}-step" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return folder


def fix(agent: ReplayAgent, folder: Path, iteration: int) -> AgentReport:
    return agent.fix(Assignment("1", iteration, "brief", folder / "brief.md", folder / "log.txt"))


def test_one_step_an_iteration(tmp_path: Path) -> None:
    steps = record(tmp_path / "steps", {"lua/a.lua": "wrong", "b": "b"}, {"lua/a.lua": "right"})
    root = tmp_path / "root"
    root.mkdir()
    agent = ReplayAgent(steps, root=root)
    assert fix(agent, tmp_path, 1).files == ("b", "lua/a.lua")
    assert (root / "lua/a.lua").read_text() == "wrong"
    assert fix(agent, tmp_path, 2).files == ("lua/a.lua",)
    assert (root / "lua/a.lua").read_text() == "right"
    assert (tmp_path / "log.txt").read_text() == "2-step: wrote lua/a.lua\n"
    last = fix(agent, tmp_path, 3)
    assert (last.exhausted, last.files, last.exit_code) == (True, (), 0)


def test_the_same_step_again_changes_nothing(tmp_path: Path) -> None:
    """A killed run that comes back asks for the same iteration."""
    steps = record(tmp_path / "steps", {"a": "x"})
    (tmp_path / "root").mkdir()
    assert fix(ReplayAgent(steps, root=tmp_path / "root"), tmp_path, 1).files == ("a",)
    before = (tmp_path / "root" / "a").stat().st_mtime_ns
    assert fix(ReplayAgent(steps, root=tmp_path / "root"), tmp_path, 1).files == ()
    assert (tmp_path / "root" / "a").stat().st_mtime_ns == before


def test_steps_are_ordered_by_number(tmp_path: Path) -> None:
    steps = record(tmp_path / "steps", *({"a": str(number)} for number in range(1, 12)))
    (tmp_path / "root").mkdir()
    fix(ReplayAgent(steps, root=tmp_path / "root"), tmp_path, 10)
    assert (tmp_path / "root" / "a").read_text() == "10"


def test_a_step_cannot_leave_the_workspace(tmp_path: Path) -> None:
    steps = record(tmp_path / "steps", {"out/a": "x"})
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "out").symlink_to(tmp_path)
    with pytest.raises(InputError, match="leads out of the workspace"):
        fix(ReplayAgent(steps, root=tmp_path / "root"), tmp_path, 1)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("names", [[], ["2-x"], ["1-x", "3-y"], ["one"]])
def test_a_recording_with_gaps(tmp_path: Path, names: list[str]) -> None:
    (tmp_path / "steps").mkdir()
    for name in names:
        (tmp_path / "steps" / name).mkdir()
    with pytest.raises(InputError) as caught:
        ReplayAgent(tmp_path / "steps", root=tmp_path)
    assert caught.value.code == "INPUT-AGENT-REPLAY"
    with pytest.raises(InputError, match="does not exist"):
        ReplayAgent(tmp_path / "none", root=tmp_path)


INC = """@@ find
  not implemented
@@ replace
  count = count + 1
  return count

@@ find
-- end
@@ replace
-- the end
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\n  not implemented\nb\n-- end\n", "a\n  count = count + 1\n  return count\nb\n-- the end\n"),
        ("  count = count + 1\n  return count\n-- end\n", "  count = count + 1\n  return count\n-- the end\n"),
    ],
)
def test_edits_find_and_replace_whole_lines(before: str, after: str) -> None:
    edits = read_edits(INC, "x.edit")
    assert edited(before, edits, "x") == after
    assert edited(after, edits, "x") == after


@pytest.mark.parametrize(
    ("before", "times"),
    [("nothing\n-- end\n", 0), ("  not implemented\n  not implemented\n", 2), ("    not implemented\n", 0)],
)
def test_edits_that_fit_no_longer(before: str, times: int) -> None:
    with pytest.raises(InputError, match=f"'not implemented' ... stand {times} times in x, not once"):
        edited(before, read_edits(INC, "x.edit"), "x")


@pytest.mark.parametrize(
    ("text", "line"),
    [("x\n", 1), ("@@ find\na\n", 1), ("@@ find\na\n@@ replace\nb\n@@ find\n@@ replace\nb\n", 5)],
)
def test_edits_that_cannot_be_read(text: str, line: int) -> None:
    with pytest.raises(InputError) as caught:
        read_edits(text, "x.edit")
    assert (caught.value.code, caught.value.line) == ("INPUT-AGENT-REPLAY", line)


def test_an_edit_is_replayed(tmp_path: Path) -> None:
    steps = record(tmp_path / "steps", {"a.lua.edit": INC})
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.lua").write_text("  not implemented\n-- end\n")
    for files in (("a.lua",), ()):
        assert fix(ReplayAgent(steps, root=root), tmp_path, 1).files == files
        assert (root / "a.lua").read_text() == "  count = count + 1\n  return count\n-- the end\n"


def test_the_demos_recording_fits_the_skeleton(root: Path, tmp_path: Path) -> None:
    workspace = Workspace(root)
    path = tmp_path / "custom_lua" / "counter.lua"
    path.parent.mkdir()
    path.write_text(skeleton(workspace.plan().modules[0]))
    agent = ReplayAgent(root / "test" / "demo" / "replay", root=tmp_path)
    texts = [path.read_text()]
    for iteration in (1, 2):
        assert fix(agent, tmp_path, iteration).files == ("custom_lua/counter.lua",)
        texts.append(path.read_text())
    wrong, right = (set(text.splitlines()) for text in texts[1:])
    assert len(wrong - right) == len(right - wrong) == 1
    assert "not implemented" in texts[0]
    assert "not implemented" not in texts[1]
