"""Between the process and a command: signals, errors and exit codes, each decided here once.

Bad input ends in one sentence with its code, place and hint; a bug of ours in one line and a report file.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import click

from taskrunner.cli import COMMANDS, exits
from taskrunner.cli.lazy import LazyGroup
from taskrunner.errors import InputError, TaskrunnerError
from taskrunner.report.encoding import fit

ISSUES = "Please attach that file when you report it."
LONGEST = 600  # characters of one message on a terminal
NAMES = (errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP, errno.EINVAL)


class Terminated(BaseException):
    """SIGTERM arrived; finally-blocks run, then the process leaves with 143."""


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from taskrunner.cli.versions import text

        click.echo(text())
        ctx.exit()


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: taskrunner init counter && cd counter && taskrunner run 1",
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show versions.")
def group() -> None:
    """Build HyperBEAM modules until they are proved."""


def leave(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process with the code that `exits` decides."""
    fit(sys.stdout, sys.stderr)
    code = run(list(sys.argv[1:] if arguments is None else arguments))
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """The exit code of one command line; prints errors, raises nothing."""
    with _ending_on_sigterm():
        return _run(arguments)


def _run(arguments: list[str]) -> int:
    as_json = any(flag in arguments for flag in ("--json", "--jsonl"))
    try:
        result = group.main(arguments, prog_name="taskrunner", standalone_mode=False)
        return result if isinstance(result, int) else exits.DONE
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        _show(_misused(error), as_json)
        return exits.BAD_INPUT
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; the next run goes on from here", err=True)
        return exits.INTERRUPTED
    except Terminated:
        return exits.TERMINATED
    except BrokenPipeError:
        return exits.DONE
    except TaskrunnerError as error:
        _show(error, as_json)
        return exits.code_for(error)
    except OSError as error:
        fault = _refused(error)
        _show(fault, as_json)
        return exits.code_for(fault)
    except Exception as error:
        _show_bug(error)
        return exits.OUR_BUG


@contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """SIGTERM raises Terminated meanwhile (where signals can be caught: in the main thread)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _terminate(_: int, __: FrameType | None) -> NoReturn:
    raise Terminated


def _misused(error: click.ClickException) -> InputError:
    """What click says of wrong arguments, as an error of ours: one sentence, a code, the next step."""
    context = getattr(error, "ctx", None)
    hint = f"`{context.command_path if context is not None else 'taskrunner'} --help` shows how"
    return InputError(" ".join(error.format_message().split()), code="INPUT-USAGE", hint=hint)


def _refused(error: OSError) -> TaskrunnerError:
    """What the system did not let us do: a name that cannot be is input, everything else the machine's."""
    name = str(error.filename or "")
    if error.errno in NAMES:
        message = f"{_short(name) or 'a file'} cannot be used: {error.strerror}"
        return InputError(message, code="INPUT-FILE", hint="name another file or folder")
    from taskrunner.project.files import environment_fault

    return environment_fault(error, "use", _short(name) or "the machine")


def _short(text: str) -> str:
    """Text of any length and content as one line of a sane length."""
    clean = "".join(sign if sign.isprintable() or sign in "\n\t" else "?" for sign in text)
    return clean if len(clean) <= LONGEST else f"{clean[:LONGEST]}… ({len(clean):,} characters)"


def _show(error: TaskrunnerError, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"schema": 1, "error": error.to_json()}))
        return
    click.echo(f"error: {_short(str(error))}", err=True)
    if error.hint:
        click.echo(f"  hint: {_short(error.hint)}", err=True)
    from taskrunner.core.codes import CODES

    page = f" (taskrunner explain {error.code})" if error.code in CODES or error.code.startswith("INPUT-") else ""
    click.echo(f"  code: {error.code}{page}", err=True)


def _show_bug(error: Exception) -> None:
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="taskrunner-bug-", suffix=".txt", delete=False) as file:
        file.write("".join(traceback.format_exception(error)))
    name = type(error).__name__
    click.echo(f"error: a bug of taskrunner, not of yours: {name}: {error} (details: {file.name}). {ISSUES}", err=True)
