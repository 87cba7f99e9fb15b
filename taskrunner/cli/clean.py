"""`taskrunner clean`: removes what runs left behind, never what a user owns."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from taskrunner.cli.options import emit_json, json_option, workspace

LEFT = ("runs", "tmp", "pycache", "mutants", "cache")


@click.command(epilog="Example: taskrunner clean --keep 5")
@click.option(
    "--keep", default=0, show_default=True, type=click.IntRange(0), help="Keep the output of this many last runs."
)
@json_option
def command(keep: int, as_json: bool) -> None:
    """Remove outputs of runs and caches from .taskrunner/. Journal, checkpoints, locks and wallets stay."""
    found = workspace()
    removed = [path for name in LEFT for path in _entries(found.state_dir / name, keep if name == "runs" else 0)]
    size = sum(_remove(path) for path in removed)
    if as_json:
        emit_json({"removed": len(removed), "bytes": size})
        return
    click.echo(f"removed {len(removed)} {'entry' if len(removed) == 1 else 'entries'}, {size / 1024:,.0f} KiB")


def _entries(folder: Path, keep: int) -> list[Path]:
    if folder.is_symlink() or not folder.is_dir():
        return []
    entries = sorted(
        folder.iterdir(), key=lambda path: (path.name.isdecimal(), int(path.name) if path.name.isdecimal() else 0)
    )
    return entries[: len(entries) - keep] if keep else entries


def _remove(path: Path) -> int:
    if path.is_symlink() or path.is_file():
        size = path.lstat().st_size
        path.unlink()
        return size
    size = sum(each.lstat().st_size for each in path.rglob("*") if each.is_file() and not each.is_symlink())
    shutil.rmtree(path)
    return size
