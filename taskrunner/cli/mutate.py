"""`taskrunner mutate TASK`: broken versions of the module, and which of them the suite does not notice."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from taskrunner.cli import exits
from taskrunner.cli.options import emit_json, json_option, painter, task_argument, workspace
from taskrunner.errors import InputError

if TYPE_CHECKING:
    from taskrunner.runner.context import Run
    from taskrunner.runner.mutation import Fate, Mutant


@click.command(epilog="Example: taskrunner mutate 1 --lines 60-95")
@task_argument
@click.option("--essential", is_flag=True, help="Only the mutants that every suite must notice.")
@click.option("--lines", metavar="FROM-TO", help="Only faults in these lines of the module.")
@json_option
def command(task: str, essential: bool, lines: str | None, as_json: bool) -> int:
    """Break the module on purpose, one place at a time, and run the suite on each: survivors show what it misses.

    Exit code 0: every mutant was noticed, 1: some survived.
    """
    from taskrunner.runner.context import Run
    from taskrunner.runner.mutation import summary

    with Run(workspace(), task, lambda event: None) as run:
        mutants = _chosen(run, essential, lines)
        number = run.journal.new_run()
        fates = _try(run, mutants, number)
        result = summary(fates, run.shown(run.source))
        run.note("mutants.survey", {**result, "run": number, "essential": essential})
        score = round(result["killed"] / result["total"], 4) if result["total"] else 1.0
        result = {"task": run.task.id, "score": score, **result}
    if as_json:
        emit_json(result)
    else:
        _show(result)
    return exits.WORK_REMAINS if result["survivors"] else exits.DONE


def _chosen(run: Run, essential: bool, lines: str | None) -> list[Mutant]:
    """The mutants to try. Raises InputError where there is no module or no suite."""
    from taskrunner.runner.mutation import essential_of, source_mutants, tree_mutants

    for path in (run.source, run.suite):
        if not path.exists():
            hint = f"`taskrunner run {run.task.id}` writes what is missing"
            raise InputError(f"{run.shown(path)} does not exist", code="INPUT-MUTATE-MISSING", hint=hint)
    if essential:
        return essential_of(run)
    source = run.source.read_bytes()
    first, last = _range(lines)
    if run.is_wasm:
        found = source_mutants(source.decode("utf-8", "replace"))
    else:
        found = tree_mutants(source, run.shown(run.source))
    return [mutant for mutant in found if first <= mutant.line <= last]


def _range(lines: str | None) -> tuple[int, int]:
    if lines is None:
        return 1, sys.maxsize
    first, _, last = lines.partition("-")
    if not all(part.isdecimal() and len(part) < 10 for part in (first, last or first)):
        raise click.BadParameter(f"{lines!r} is no range like 60-95", param_hint="--lines")
    return int(first), int(last or first)


def _try(run: Run, mutants: list[Mutant], number: int) -> list[Fate]:
    from taskrunner.report.progress import working
    from taskrunner.runner.mutation import try_mutants

    folder = run.journal.run_dir(number) / "mutants"
    fates: list[Fate] = []
    with working("the suite on the module as it is") as progress:
        _must_be_green(run, number)
        for at, mutant in enumerate(mutants, 1):
            progress.say(f"mutant {at} of {len(mutants)}  {mutant.name}", again=at > 1)
            fates += try_mutants(run, [mutant], folder)
    return fates


def _must_be_green(run: Run, number: int) -> None:
    """A suite that fails anyway would seem to notice everything. Crates are tried when they are built, mutants too."""
    from taskrunner.runner.suites import run_suite

    if run.is_wasm:
        return
    report = run_suite(run, run.journal.run_dir(number), stop_at_first=True)
    if not report.green:
        first = report.failed[0].id if report.failed else report.crash or "no test ran"
        message = f"the suite fails on the module as it is ({first}), so it would seem to notice every mutant"
        hint = f"first make it green: `taskrunner run {run.task.id}`"
        raise InputError(message, code="INPUT-MUTATE-RED", hint=hint)


def _show(result: dict[str, Any]) -> None:
    """Survivors first, each with its place, then the count."""
    out = painter()
    rows = [
        (("warn", "survived"), ("place", f"{each['file']}:{each['line'] or 1}"), ("", each["what"]))
        for each in result["survivors"]
    ]
    rows += [
        (("bad", "crashed"), ("place", f"{each['file']}:{each['line'] or 1}"), ("", f"{each['what']} ({each['by']})"))
        for each in result["crashed"]
    ]
    out.table(rows)
    if rows:
        out.blank()
    style = "good" if result["killed"] == result["total"] else "warn"
    out.line(("", "  "), (style, f"{result['killed']} of {result['total']} mutants noticed by the suite"))
