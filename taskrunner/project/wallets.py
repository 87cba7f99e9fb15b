"""Wallets on disk: the user's, read with care, and the workspace's own, made once for suites.

Files are mode 0600; no text here ever holds a part of a key. A wallet is never written over anything.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from taskrunner.errors import EnvironmentFault, InputError
from taskrunner.project.files import create_new, io_errors

if TYPE_CHECKING:
    from taskrunner.project.workspace import Workspace
    from taskrunner.wire import Wallet

_MAX_BYTES = 64 * 1024


def load_wallet(path: Path, *, workspace: Workspace | None = None, check: bool = True) -> Wallet:
    """The wallet of a JWK file. With a `workspace`, the slow proof that its numbers fit (300 ms) is made only once;
    `check=False` leaves it out, for a node whose signatures everybody verifies anyway.

    Raises EnvironmentFault ENV-WALLET-MISSING, ENV-WALLET-OPEN (others may read it) or ENV-WALLET-UNREADABLE.
    """
    from taskrunner.wire import Wallet, WireError

    shown = workspace.shown(path) if workspace else str(path)
    data = _read(path, shown)
    mark = workspace.state("wallets") / f"{hashlib.sha256(data).hexdigest()}.checked" if workspace else None
    try:
        jwk = json.loads(data)
        wallet = Wallet.from_jwk(jwk, check=check and (mark is None or not mark.exists()))
    except (WireError, ValueError, RecursionError):
        message = f"{shown} is no wallet"
        hint = "a wallet is an RSA key as JSON Web Key; make one with `taskrunner wallet new`"
        raise EnvironmentFault(message, code="ENV-WALLET-UNREADABLE", file=shown, hint=hint) from None
    if mark is not None and check:
        create_new(mark, b"", mode=0o600)
    return wallet


def _read(path: Path, shown: str) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        hint = "make one with `taskrunner wallet new`, or name yours with `--wallet FILE`"
        raise EnvironmentFault(f"{shown} does not exist", code="ENV-WALLET-MISSING", file=shown, hint=hint) from None
    except OSError as error:
        message = f"cannot read the wallet {shown}: {error.strerror}"
        hint = "check owner and mode with `ls -l`"
        raise EnvironmentFault(message, code="ENV-WALLET-UNREADABLE", file=shown, hint=hint) from None
    try:
        _check_kind(os.fstat(handle), shown)
        return os.read(handle, _MAX_BYTES)
    finally:
        os.close(handle)


def _check_kind(status: os.stat_result, shown: str) -> None:
    """Only an ordinary file that nobody else may read is a wallet."""
    if not stat.S_ISREG(status.st_mode):
        message = f"{shown} is not an ordinary file"
        raise EnvironmentFault(message, code="ENV-WALLET-UNREADABLE", file=shown, hint="name a JWK file")
    if status.st_mode & 0o077:
        message = f"others may read the wallet {shown} (mode {stat.S_IMODE(status.st_mode):04o})"
        raise EnvironmentFault(message, code="ENV-WALLET-OPEN", file=shown, hint=f"chmod 600 {shown}")


def save_wallet(path: Path, wallet: Wallet) -> None:
    """Writes a wallet with mode 0600. Raises InputError INPUT-WALLET-EXISTS when anything has that name already."""
    if not create_new(path, json.dumps(wallet.to_jwk()).encode(), mode=0o600):
        kind = "is there already" if path.is_file() and not path.is_symlink() else "is not an ordinary file"
        hint = "choose another name; wallets are never written over"
        raise InputError(f"{path.name} {kind}", code="INPUT-WALLET-EXISTS", file=str(path), hint=hint)


def workspace_wallet(workspace: Workspace, name: str = "me", bits: int = 2048) -> Wallet:
    """The workspace's wallet of that name, made on first use under `.taskrunner/wallets/`.

    Two processes that make it at once end up with the same one. Raises as `load_wallet` does, and InputError
    INPUT-WALLET-NAME.
    """
    from taskrunner.wire import Wallet

    if not name or not all(char.isalnum() or char in "-_" for char in name) or len(name) > 60:
        hint = "a name is letters, digits, - and _"
        raise InputError(f"{name!r} is no wallet's name", code="INPUT-WALLET-NAME", hint=hint)
    folder = workspace.state("wallets")
    with io_errors("protect", ".taskrunner/wallets"):
        folder.chmod(0o700)
    path = folder / f"{name}-{bits}.json"
    if not os.path.lexists(path):
        create_new(path, json.dumps(Wallet.generate(bits).to_jwk()).encode(), mode=0o600)
    return _ours(path, workspace)


def _ours(path: Path, workspace: Workspace) -> Wallet:
    """A wallet that we made ourselves: loaded without the slow proof."""
    from taskrunner.wire import Wallet, WireError

    shown = workspace.shown(path)
    try:
        return Wallet.from_jwk(json.loads(_read(path, shown)), check=False)
    except (WireError, ValueError, RecursionError):
        hint = f"delete {shown}; the next run makes a new one"
        message = f"{shown} is no wallet"
        raise EnvironmentFault(message, code="ENV-WALLET-UNREADABLE", file=shown, hint=hint) from None
