"""`taskrunner console PID|TASK`: an interactive prompt on a process, with history."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taskrunner.cli.options import painter, workspace
from taskrunner.errors import InputError

if TYPE_CHECKING:
    from taskrunner.client import HB

ID_LENGTH = 43


@click.command(epilog="Example: taskrunner console 1   (or: taskrunner console PID --node http://localhost:10001)")
@click.argument("process", metavar="PID|TASK")
@click.option("--node", default="", metavar="URL", help="The node that the process is on.")
@click.option("--wallet", "file", default=".wallet.json", show_default=True, type=click.Path(path_type=Path))
def command(process: str, node: str, file: Path) -> None:
    """Talk to a process: send, eval, inspect its state, step through its slots.

    With a TASK, a fresh process of its module is spawned on the embedded node. Reads commands from standard input where
    that is no terminal, so it works in scripts too.
    """
    from taskrunner.deploy.prompt import Prompt

    with ExitStack() as stack:
        hb, pid = _remote(process, node, file) if len(process) == ID_LENGTH or node else _local(process, stack)
        _talk(Prompt(hb, pid), stack)


def _remote(pid: str, node: str, file: Path) -> tuple[HB, str]:
    from taskrunner.client import HB
    from taskrunner.project import load_wallet

    if not node:
        raise InputError("a process id needs its node", code="INPUT-NODE", hint="add --node URL")
    return HB(url=node.rstrip("/"), jwk=load_wallet(file) if file.exists() else None), pid


def _local(task: str, stack: ExitStack) -> tuple[HB, str]:
    """A fresh process of a task's module on the embedded node."""
    from taskrunner.backends import HyperBEAM
    from taskrunner.core.plan import TaskType

    found = workspace()
    module = found.module_of(found.task(task))
    if module.type == TaskType.WASM:
        raise InputError(
            "the console talks to Lua modules of tasks", code="INPUT-CONSOLE", hint="give a PID and --node"
        )
    hb = stack.enter_context(HyperBEAM(reset=True)).hb
    source = found.module_source(module)
    id_ = hb.cache_script(source.read_bytes())
    return hb, hb.spawn_lua(id_)["pid"]


def _talk(prompt: Any, stack: ExitStack) -> None:
    from taskrunner.deploy.prompt import Leave

    out = painter()
    interactive = sys.stdin.isatty()
    if interactive:
        _history(stack)
        out.line(("strong", prompt.pid), ("dim", f"  slot {prompt.at}; `help` lists the commands, Ctrl-D ends"))
    while True:
        try:
            line = input("> " if interactive else "")
        except EOFError:
            break
        try:
            for text in prompt.execute(line):
                click.echo(text)
        except Leave:
            break
    if interactive:
        click.echo()


def _history(stack: ExitStack) -> None:
    """Line editing, and a history that outlives the session, kept for the user alone."""
    import readline

    file = Path.home() / ".local" / "state" / "taskrunner" / "console_history"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    readline.read_history_file(file)
    readline.set_history_length(1000)
    stack.callback(readline.write_history_file, file)
