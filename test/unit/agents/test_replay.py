"""Replays: step n for iteration n, whole files, inside the workspace only."""

from __future__ import annotations

from pathlib import Path

import pytest

from taskrunner.agents import AgentReport, Assignment, ReplayAgent
from taskrunner.errors import InputError


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


def test_the_demos_recording(root: Path, tmp_path: Path) -> None:
    agent = ReplayAgent(root / "test" / "demo" / "replay", root=tmp_path)
    texts = []
    for iteration in (1, 2):
        assert fix(agent, tmp_path, iteration).files == ("custom_lua/counter.lua",)
        texts.append((tmp_path / "custom_lua" / "counter.lua").read_text())
    wrong, right = (set(text.splitlines()) for text in texts)
    assert len(wrong - right) == len(right - wrong) == 1
