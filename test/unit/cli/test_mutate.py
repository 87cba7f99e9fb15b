"""mutate: which mutants are tried, what is said of survivors, and the exit code. The suite itself is scripted here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from taskrunner.cli import shell
from taskrunner.modules.lua import skeleton
from taskrunner.project import Workspace
from taskrunner.runner import mutation
from taskrunner.runner.mutation import Fate, Mutant


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[Mutant]:
    """A workspace with a module and a suite, in which mutants of line 3 survive and those of line 4 crash."""
    monkeypatch.chdir(tmp_path)
    shell.run(["init", "."])
    capsys.readouterr()
    found: list[Mutant] = []

    def try_mutants(run: Any, mutants: Iterable[Mutant], folder: Path) -> list[Fate]:
        new = list(mutants)
        found.extend(new)
        verdicts = {3: "survived", 4: "crashed"}
        return [Fate(mutant, verdicts.get(mutant.line, "killed"), "test_a") for mutant in new]

    monkeypatch.setattr(mutation, "try_mutants", try_mutants)
    (tmp_path / "custom_lua" / "counter.lua").write_text(
        "function compute(base, req, opts)\n  local n = 1\n  n = n + 2\n  n = n - 3\n"
        "  base.results = { n = n }\n  return base\nend\n"
    )
    (tmp_path / "test" / "test_counter_module.py").write_text("def test_a(): assert 1\n")
    return found


def test_survivors_have_their_line(tried: list[Mutant], capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run(["mutate", "1"]) == 1
    text = capsys.readouterr().out
    assert "survived  custom_lua/counter.lua:3" in text and "crashed   custom_lua/counter.lua:4" in text
    assert f"of {len(tried)} mutants noticed by the suite" in text
    assert {mutant.line for mutant in tried} >= {2, 3, 4, 5}


def test_as_json_with_the_score(tried: list[Mutant], capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run(["mutate", "1", "--json", "--lines", "2-3"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert {mutant.line for mutant in tried} == {2, 3}
    assert data["total"] == len(tried) and data["score"] == round(data["killed"] / data["total"], 4)
    assert {each["line"] for each in data["survivors"]} == {3}


def test_one_line_without_survivors(tried: list[Mutant]) -> None:
    assert shell.run(["mutate", "1", "--lines", "2"]) == 0
    assert {mutant.line for mutant in tried} == {2}


def test_only_the_essential_ones(tried: list[Mutant], tmp_path: Path) -> None:
    (tmp_path / "custom_lua" / "counter.lua").write_text(skeleton(Workspace(tmp_path).plan().modules[0]))
    assert shell.run(["mutate", "1", "--essential"]) == 0
    assert {"empty", "constant", "forgets"} <= {mutant.name for mutant in tried} and all(m.essential for m in tried)


@pytest.mark.parametrize("lines", ["x", "3-y", "-", "3-4-5"])
def test_a_range_that_is_none(tried: list[Mutant], lines: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run(["mutate", "1", f"--lines={lines}"]) == 2
    assert "is no range" in capsys.readouterr().err and tried == []


def test_without_a_module_there_is_nothing_to_break(
    tried: list[Mutant], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "custom_lua" / "counter.lua").unlink()
    assert shell.run(["mutate", "1"]) == 2
    assert "INPUT-MUTATE-MISSING" in capsys.readouterr().err


def test_it_is_journalled(tried: list[Mutant], capsys: pytest.CaptureFixture[str]) -> None:
    shell.run(["mutate", "1", "--lines", "3"])
    capsys.readouterr()
    shell.run(["log", "1", "--json"])
    kinds = [event["kind"] for event in json.loads(capsys.readouterr().out)["events"]]
    assert kinds == ["mutants.survey"]
