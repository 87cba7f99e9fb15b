"""doctor: every check in one table, a check that fails is a finding, the exit code says whether runs work."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from taskrunner.cli import doctor, shell
from taskrunner.core.case import Experiment, Observation
from taskrunner.errors import EnvironmentFault
from taskrunner.modules.rust.discovery import Part, Toolchain


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tasks.json").write_text('{"tasks": []}')
    return tmp_path


def test_a_machine_that_works(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run(["doctor", "--json"]) == 0
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert list(checks) == [
        "system", "python", "disk", "folders", "node", "wallets", "extras", "node.js", "rust", "hyperbeam",
    ]  # fmt: skip
    assert checks["node"]["state"] == "ok" and "answers" in checks["node"]["says"]
    assert checks["hyperbeam"]["state"] == "missing" and checks["hyperbeam"]["code"] == "ENV-HYPERBEAM-CONFIG"


def test_what_is_broken_decides_the_exit_code(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wallet = place / ".wallet.json"
    wallet.write_text("{}")
    wallet.chmod(0o644)
    monkeypatch.setattr(doctor, "_node_of_ours", lambda root: doctor.Row("node", "ok", "answers"))
    assert shell.run(["doctor"]) == 4
    text = capsys.readouterr().out
    assert "✗ wallets" in text and "chmod 600 .wallet.json" in text
    assert "only needed for a real node" in text


def test_a_check_that_fails_itself_is_a_finding(place: Path) -> None:
    def _shaky(root: Path) -> doctor.Row:
        raise EnvironmentFault("no port is free", code="ENV-NODE-START", hint="end something")

    def _closed(root: Path) -> doctor.Row:
        raise PermissionError(13, "denied")

    row = doctor._guarded(_shaky, place)
    assert (row.name, row.state, row.code, row.fix) == ("shaky", "broken", "ENV-NODE-START", "end something")
    assert doctor._guarded(_closed, place).state == "broken"


@pytest.mark.parametrize(
    ("check", "patch", "state"),
    [
        ("_system", ("platform.system", lambda: "Windows"), "broken"),
        ("_disk", ("shutil.disk_usage", lambda path: SimpleNamespace(free=1 << 20)), "broken"),
        ("_extras", ("importlib.util.find_spec", lambda name: None), "missing"),
        ("_rust", ("taskrunner.modules.rust.toolchain", lambda: _toolchain()), "missing"),
    ],
)
def test_single_checks(
    place: Path, monkeypatch: pytest.MonkeyPatch, check: str, patch: tuple[str, object], state: str
) -> None:
    monkeypatch.setattr(*patch)
    row = getattr(doctor, check)(place)
    assert row.state == state and row.says


def _toolchain() -> Toolchain:
    found = Part("rustc and cargo", "rustc 1.99.0", "rustup ...")
    return Toolchain((found, Part("the library's source", "", "rustup component add rust-src", "ENV-RUST-SRC")))


def test_every_part_of_rust_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taskrunner.modules.rust.toolchain", _toolchain)
    row = doctor._rust(place)
    assert row.says == "rustc and cargo: rustc 1.99.0; the library's source: missing"
    assert (row.fix, row.code) == ("rustup component add rust-src", "ENV-RUST-SRC")


def test_javascript_that_is_missing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = Observation(Experiment.MACHINE, "x", "y", code="ENV-NODEJS", message="no Node.js", hint="install it")
    monkeypatch.setattr("taskrunner.runner.machine_checks.node_fault", lambda root: fault)
    row = doctor._javascript(place)
    assert (row.state, row.code, row.fix, row.needed_for) == (
        "missing",
        "ENV-NODEJS",
        "install it",
        "suites in JavaScript",
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_closed(place: Path) -> None:
    (place / "test").mkdir(mode=0o500)
    assert doctor._writable(place).code == "ENV-PERMISSION"
