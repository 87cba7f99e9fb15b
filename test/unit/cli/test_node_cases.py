"""`taskrunner node record` and `replay`: a suite becomes cases, cases run, differences are told and counted."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from taskrunner.cli.node import command

SUITE = """
from taskrunner import HyperBEAM

def test_counts():
    with HyperBEAM() as hbeam:
        source = "local n = 0 function compute(base) n = n + 1 base.results = { n = n } return base end"
        pid = hbeam.hb.spawn_lua(hbeam.hb.cache_script(source))["pid"]
        slot = hbeam.hb.schedule_lua(pid, "Inc")["slot"]
        assert hbeam.hb.compute_lua(pid, slot)["n"] == 2
"""


def run(*words: str) -> Result:
    return CliRunner().invoke(command, list(words), catch_exceptions=True)


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "test_counts.py").write_text(SUITE)
    file = folder / "cases.json"
    result = run("record", str(file), "--", "pytest", "-q", "-p", "no:cacheprovider", str(folder / "test_counts.py"))
    assert result.exit_code == 0, result.output
    assert "1 cases in" in result.output
    return file


def test_what_was_recorded_replays(cases: Path) -> None:
    result = run("replay", str(cases))
    assert (result.exit_code, result.output) == (0, "1 of 1 slots the same, 0 of 0 other readings\n")


def test_a_difference_is_shown_and_ends_with_one(cases: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.json"
    changed.write_text(cases.read_text().replace('"n": 2', '"n": 3'))
    result = run("replay", str(changed))
    assert result.exit_code == 1
    assert "recorded-1 slot 1 (first)" in result.output and "0 of 1 slots" in result.output
    data = json.loads(run("replay", str(changed), "--json").output)
    assert (data["schema"], data["total"], data["same"]) == (1, 1, 0)
    assert data["misses"][0]["got"]["results"] == {"n": 2}
    assert data["outcomes"]["recorded-1"][0]["same"] is False


def test_only_some_cases(cases: Path) -> None:
    assert "0 of 0 slots" in run("replay", str(cases), "--only", "nothing").output


def test_a_recording_never_replaces_a_file(cases: Path) -> None:
    before = cases.read_bytes()
    result = run("record", str(cases), "--", "true")
    assert result.exit_code != 0 and "is there already" in str(result.exception)
    assert cases.read_bytes() == before


def test_a_command_that_fails_hands_its_exit_code_on(tmp_path: Path) -> None:
    before = dict(os.environ)
    result = run("record", str(tmp_path / "x.json"), "--", "sh", "-c", "exit 7")
    assert result.exit_code == 7 and "nothing was recorded" in result.output
    assert dict(os.environ) == before  # the tape is for the command, not for whoever called
    assert "cannot be run" in str(run("record", str(tmp_path / "x.json"), "--", "/no/such/command").exception)
