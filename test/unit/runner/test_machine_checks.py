"""The checks of the machine, each on a real broken thing: files with modes, programs on PATH, folders."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from taskrunner.core.case import Observation
from taskrunner.runner import machine_checks as checks

JWK = json.dumps({"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB"})


def code(found: Observation | None) -> str:
    return found.code if found else ""


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.parametrize(
    ("text", "mode", "expected"),
    [
        (JWK, 0o600, ""),
        (JWK, 0o400, ""),
        (JWK, 0o640, "ENV-WALLET-OPEN"),
        (JWK, 0o604, "ENV-WALLET-OPEN"),
        ("no json", 0o600, "ENV-WALLET-UNREADABLE"),
        ("[]", 0o600, "ENV-WALLET-UNREADABLE"),
        ('{"n": "AQAB", "e": "AQAB"}', 0o600, "ENV-WALLET-UNREADABLE"),
    ],
)
def test_a_wallet_is_private_and_a_key(tmp_path: Path, text: str, mode: int, expected: str) -> None:
    wallet = tmp_path / ".wallet.json"
    wallet.write_text(text)
    wallet.chmod(mode)
    found = checks.wallet_fault(wallet, ".wallet.json")
    assert code(found) == expected
    assert found is None or JWK not in repr(found), "a key must never be shown"


def test_a_wallet_that_is_a_folder_cannot_be_read_and_one_that_is_missing_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert code(checks.wallet_fault(tmp_path / "folder", "folder")) == "ENV-WALLET-UNREADABLE"
    assert checks.wallet_fault(tmp_path / "nothing", "nothing") is None


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (None, "ENV-ERLANG"),
        ("exit 1", "ENV-ERLANG"),
        ("printf unknown", "ENV-ERLANG"),
        ("printf 24", "ENV-OTP-OLD"),
        ("printf 26", "ENV-OTP-OLD"),
        ("printf 27", "ENV-REBAR3"),
        ("printf 28", "ENV-REBAR3"),
    ],
)
def test_erlang_is_asked_for_its_release(path: Path, script: str | None, expected: str) -> None:
    if script is not None:
        program(path, "erl", script)
    assert code(checks.erlang_fault()) == expected


def test_erlang_and_rebar3_are_enough(path: Path) -> None:
    program(path, "erl", "printf 27")
    program(path, "rebar3", "exit 0")
    assert checks.erlang_fault() is None


@pytest.mark.parametrize(
    ("version", "wao", "expected"),
    [
        (None, None, "ENV-NODEJS"),
        ("v18.19.0", None, "ENV-NODEJS"),
        ("nothing", None, "ENV-NODEJS"),
        ("v20.1.0", None, "ENV-NPM-MISSING"),
        ("v22.0.0", '{"version": "0.2.9"}', "ENV-NPM-OLD"),
        ("v22.0.0", "no json", "ENV-NPM-OLD"),
        ("v22.0.0", '{"version": "0.35.7"}', ""),
    ],
)
def test_javascript_needs_node_and_wao(
    tmp_path: Path, path: Path, version: str | None, wao: str | None, expected: str
) -> None:
    if version is not None:
        program(path, "node", f"echo {version}")
    if wao is not None:
        package = tmp_path / "node_modules" / "wao"
        package.mkdir(parents=True)
        (package / "package.json").write_text(wao)
    inside = tmp_path / "work" / "space"
    inside.mkdir(parents=True)
    assert code(checks.node_fault(inside)) == expected


def test_a_node_that_runs_no_script_is_told_in_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_OPTIONS", f"--require {tmp_path}/gone.js")
    found = checks.node_fault(tmp_path)
    assert code(found) == "ENV-NODEJS" and found is not None
    assert "Cannot find module" in found.message and "NODE_OPTIONS" in found.hint


def test_a_program_that_does_not_answer_says_nothing(path: Path) -> None:
    program(path, "slow", "exec /bin/sleep 30")
    assert checks.answer_of([str(path / "slow")], seconds=0.2) == ""


def test_memory_facts_are_read_where_the_kernel_tells_them(tmp_path: Path) -> None:
    assert checks.memory_facts(tmp_path) == (None, None)
    (tmp_path / "meminfo").write_text("MemTotal: 10 kB\nMemAvailable:     2048 kB\n")
    (tmp_path / "vmstat").write_text("pgfault 1\noom_kill 3\n")
    assert checks.memory_facts(tmp_path) == (2048 * 1024, 3)


@pytest.mark.parametrize(
    ("facts", "before", "expected"),
    [
        ((1 << 30, 3), 3, ""),
        ((1 << 30, 4), 3, "ENV-MEMORY"),
        ((1 << 20, 3), 3, "ENV-MEMORY"),
        ((None, None), None, ""),
        ((1 << 30, 3), None, ""),
    ],
)
def test_memory_that_is_gone_or_took_a_process(
    monkeypatch: pytest.MonkeyPatch, facts: tuple[int | None, int | None], before: int | None, expected: str
) -> None:
    monkeypatch.setattr(checks, "memory_facts", lambda: facts)
    notes = {} if before is None else {"oom_kills": before}
    assert code(checks.memory_is_left(SimpleNamespace(notes=notes))) == expected  # type: ignore[arg-type]


def test_a_full_disk_is_seen_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = SimpleNamespace(state=lambda: tmp_path, state_dir=tmp_path)
    run = SimpleNamespace(workspace=space, shown=str)
    assert checks.disk_has_room(run) is None  # type: ignore[arg-type]
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 20))
    assert code(checks.disk_has_room(run)) == "ENV-DISK-FULL"  # type: ignore[arg-type]


def test_a_folder_without_the_right_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "custom_lua"
    folder.mkdir(mode=0o555)
    if os.geteuid() == 0:  # root may write everywhere, so the system's answer to others is given in its place
        access = os.access
        monkeypatch.setattr(checks.os, "access", lambda path, mode: path != folder and access(path, mode))
    space = SimpleNamespace(root=tmp_path, state_dir=tmp_path)
    run = SimpleNamespace(workspace=space, source=folder / "a.lua", suite=tmp_path / "t.py", shown=str)
    assert code(checks.folders_are_writable(run)) == "ENV-PERMISSION"  # type: ignore[arg-type]


def test_a_remote_node_that_takes_connections_and_says_nothing_has_its_time() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        seen = checks.remote_is_silent(url, 0.2)
    assert seen is not None and seen.code == "ENV-NODE-TIMEOUT" and url in seen.message and "0.2 s" in seen.message
    assert checks.remote_is_silent(url, 0.2) is None  # nobody listens any more: told by who asks next
    assert checks.remote_is_silent("nonsense", 0.2) is None
