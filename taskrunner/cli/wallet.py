"""`taskrunner wallet`: make a wallet, or show an address. Keys are never printed."""

from __future__ import annotations

from pathlib import Path

import click

from taskrunner.cli.options import emit_json, json_option

FILE = ".wallet.json"


@click.group(epilog="Example: taskrunner wallet new")
def command() -> None:
    """Make and show wallets."""


@command.command(epilog="Example: taskrunner wallet new --file deploy.wallet.json")
@click.option(
    "--file", "path", default=FILE, show_default=True, type=click.Path(path_type=Path), help="Where to write it."
)
@json_option
def new(path: Path, as_json: bool) -> None:
    """Make an RSA-4096 wallet, readable by you alone. An existing file is never replaced."""
    from taskrunner.project.wallets import save_wallet
    from taskrunner.report.progress import working
    from taskrunner.wire import Wallet

    with working("a key of 4096 bits"):
        wallet = Wallet.generate(4096)
    save_wallet(path, wallet)
    _show(path, wallet.address, as_json)
    if not as_json:
        click.echo("keep that file safe and out of git: it is the only copy of the key")


@command.command(epilog="Example: taskrunner wallet address")
@click.option(
    "--file", "path", default=FILE, show_default=True, type=click.Path(path_type=Path), help="The wallet's file."
)
@json_option
def address(path: Path, as_json: bool) -> None:
    """Print the address of a wallet."""
    from taskrunner.project import load_wallet

    _show(path, load_wallet(path).address, as_json)


def _show(path: Path, text: str, as_json: bool) -> None:
    if as_json:
        emit_json({"file": str(path), "address": text})
    else:
        click.echo(f"{text}  {path}")
