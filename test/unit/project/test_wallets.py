"""Wallets on disk: private, never overwritten, never quoted."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from taskrunner.errors import EnvironmentFault, InputError
from taskrunner.project import Workspace, load_wallet, workspace_wallet
from taskrunner.project.wallets import save_wallet
from taskrunner.wire import Wallet

BITS = 2048


@pytest.fixture(scope="module")
def wallet() -> Wallet:
    return Wallet.generate(BITS)


def test_the_workspaces_wallet_is_made_once(workspace: Workspace) -> None:
    first = workspace_wallet(workspace, "bob", BITS)
    assert workspace_wallet(workspace, "bob", BITS).address == first.address
    assert workspace_wallet(workspace, "me", BITS).address != first.address
    folder = workspace.root / ".taskrunner" / "wallets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600, 0o600]


def test_processes_that_make_it_at_once_share_it(workspace: Workspace) -> None:
    code = (
        "import sys; from pathlib import Path; from taskrunner.project import *;"
        f"print(workspace_wallet(Workspace(Path(sys.argv[1])), 'bob', {BITS}).address)"
    )
    words = [sys.executable, "-c", code, str(workspace.root)]
    children = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({child.communicate(timeout=60)[0] for child in children}) == 1


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", ".", "x" * 61])
def test_a_wallets_name(workspace: Workspace, name: str) -> None:
    with pytest.raises(InputError) as caught:
        workspace_wallet(workspace, name, BITS)
    assert caught.value.code == "INPUT-WALLET-NAME"


def test_a_users_wallet_is_proved_once(workspace: Workspace, wallet: Wallet, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workspace.root / "mine.wallet.json"
    save_wallet(path, wallet)
    checks = []
    real = Wallet.from_jwk.__func__  # type: ignore[attr-defined]

    def from_jwk(cls: type[Wallet], jwk: dict[str, str], *, check: bool = True) -> Wallet:
        checks.append(check)
        return real(cls, jwk, check=check)  # type: ignore[no-any-return]

    monkeypatch.setattr(Wallet, "from_jwk", classmethod(from_jwk))
    assert load_wallet(path, workspace=workspace).address == wallet.address
    assert load_wallet(path, workspace=workspace).address == wallet.address
    assert load_wallet(path).address == wallet.address
    assert checks == [True, False, True]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("missing", "ENV-WALLET-MISSING"),
        ("open", "ENV-WALLET-OPEN"),
        ("folder", "ENV-WALLET-UNREADABLE"),
        ("pipe", "ENV-WALLET-UNREADABLE"),
        ("empty", "ENV-WALLET-UNREADABLE"),
        ("deep", "ENV-WALLET-UNREADABLE"),
        ("list", "ENV-WALLET-UNREADABLE"),
        ("wrong", "ENV-WALLET-UNREADABLE"),
    ],
)
def test_a_wallet_that_cannot_be_used(workspace: Workspace, wallet: Wallet, kind: str, code: str) -> None:
    path = workspace.root / "mine.json"
    jwk = wallet.to_jwk()
    texts = {"empty": "", "deep": "[" * 60_000, "list": "[]", "wrong": json.dumps({**jwk, "d": jwk["d"][:-4]})}
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path, 0o600)
    elif kind != "missing":
        path.write_text(texts.get(kind, json.dumps(jwk)))
        path.chmod(0o644 if kind == "open" else 0o600)
    with pytest.raises(EnvironmentFault) as caught:
        load_wallet(path)
    error = caught.value
    assert error.code == code
    assert error.hint
    assert jwk["d"][:40] not in json.dumps(error.to_json())
    assert error.__cause__ is None


@pytest.mark.parametrize("kind", ["file", "link", "dangling", "pipe", "folder"])
def test_a_wallet_is_never_written_over_anything(tmp_path: Path, wallet: Wallet, kind: str) -> None:
    path = tmp_path / "w.json"
    target = tmp_path / "target"
    make = {
        "file": lambda: path.write_text("mine"),
        "link": lambda: (target.write_text("mine"), path.symlink_to(target)),
        "dangling": lambda: path.symlink_to(target),
        "pipe": lambda: os.mkfifo(path),
        "folder": path.mkdir,
    }
    make[kind]()
    before = path.lstat()
    with pytest.raises(InputError) as caught:
        save_wallet(path, wallet)
    assert caught.value.code == "INPUT-WALLET-EXISTS"
    assert (path.lstat().st_ino, path.lstat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert target.exists() is (kind == "link")


def test_a_new_wallet_is_private_from_its_first_byte(tmp_path: Path, wallet: Wallet) -> None:
    save_wallet(tmp_path / "w.json", wallet)
    assert stat.S_IMODE((tmp_path / "w.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["w.json"]
