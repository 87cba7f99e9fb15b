"""`taskrunner node`: start the embedded node, run suites on it, record what they say, replay it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taskrunner.cli.node_record import record, run_tests
from taskrunner.cli.node_replay import replay

if TYPE_CHECKING:
    from taskrunner.wire import Wallet


@click.group(epilog="Example: taskrunner node start --port 10001")
def command() -> None:
    """Start the embedded node, replay and record traffic."""


@command.command(epilog="Example: taskrunner node start --port 10001 --persist ./node-data")
@click.option("--port", default=0, show_default="a free one", type=click.IntRange(0, 65535), help="On 127.0.0.1.")
@click.option("--wallet", "file", type=click.Path(path_type=Path), help="The operator's JWK (default: a new one).")
@click.option("--persist", type=click.Path(file_okay=False, path_type=Path), help="Keep every slot in this folder.")
@click.option("--dialect", default="current", show_default=True, help="Which measured node to equal.")
@click.option("--allow-host", multiple=True, metavar="HOST", help="A host that relay@1.0 may ask; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="When ready, print one line: url, address, pid, port.")
def start(
    port: int, file: Path | None, persist: Path | None, dialect: str, allow_host: tuple[str, ...], as_json: bool
) -> None:
    """Serve the embedded node over HTTP on this machine until Ctrl-C or SIGTERM."""
    from taskrunner.backends.http import serve
    from taskrunner.node import DiskStore, Node

    wallet = _operator(file, persist)
    store = DiskStore(persist) if persist is not None else None
    node = Node(wallet, dialect=dialect, store=store, relay_hosts=allow_host)

    def ready(url: str) -> None:
        if as_json:
            facts = {"url": url, "address": wallet.address, "pid": os.getpid(), "port": int(url.rpartition(":")[2])}
            click.echo(json.dumps(facts))
        else:
            click.echo(f"node at {url}\noperator {wallet.address}, dialect {dialect}\nCtrl-C ends it")
        sys.stdout.flush()

    serve(node, port=port, ready=ready)


command.add_command(replay)
command.add_command(record)
command.add_command(run_tests)


def _operator(file: Path | None, persist: Path | None) -> Wallet:
    """The operator's wallet: the file's, else the one that lies beside the kept slots, else a new one."""
    from taskrunner.project import load_wallet
    from taskrunner.project.wallets import save_wallet
    from taskrunner.wire import Wallet

    if file is not None:
        return load_wallet(file, check=False)
    if persist is None:
        return Wallet.generate(2048)
    kept = persist / "operator.wallet.json"
    if not kept.exists():
        persist.mkdir(parents=True, exist_ok=True)
        save_wallet(kept, Wallet.generate(4096))
    return load_wallet(kept, check=False)
