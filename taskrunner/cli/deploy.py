"""`taskrunner deploy TASK --node URL`: send a proved module to a node, after a look at what would be sent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from taskrunner.cli.options import emit_json, json_option, painter, task_argument, workspace
from taskrunner.errors import InputError


@click.command(epilog="Example: taskrunner deploy 1 --node http://localhost:10001 --dry-run")
@task_argument
@click.option("--node", required=True, metavar="URL", help="The node that is to run the process.")
@click.option("--upload", default="", metavar="URL", help="Upload the module there as a signed ANS-104 item.")
@click.option("--boot", default="", metavar="ID", help="Spawn this published module instead of the task's own.")
@click.option("--wallet", "file", default=".wallet.json", show_default=True, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show exactly what would be sent, and send nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def command(task: str, node: str, upload: str, boot: str, file: Path, dry_run: bool, yes: bool, as_json: bool) -> int:
    """Prove TASK once more, then upload its module and spawn a process of it."""
    from taskrunner.deploy import prepare, send
    from taskrunner.project import load_wallet
    from taskrunner.report.progress import working

    found = workspace()
    wallet = load_wallet(file, workspace=found)
    with working("the proof once more"):
        shipment = prepare(found, task, node=node.rstrip("/"), wallet=wallet, upload=upload, boot=boot)
    plan = shipment.to_json()
    if not as_json:
        _show_plan(plan)
    if dry_run:
        if as_json:
            emit_json({"dry_run": True, **plan})
        return 0
    _confirm(yes)
    with working(f"sending to {node}"):
        deployed = send(shipment)
    if as_json:
        emit_json({**plan, "deployed": deployed.to_json()})
        return 0
    out = painter()
    out.line(("good", "✓ "), ("strong", "process "), ("", deployed.pid))
    out.line(("dim", f"  talk to it: taskrunner console {deployed.pid} --node {deployed.node}"))
    out.line(("dim", f"  read it:    {deployed.node}/{deployed.pid}/now/results/~json@1.0/serialize"))
    return 0


def _show_plan(plan: dict[str, Any]) -> None:
    out = painter()
    module = plan["module"]
    out.line(("strong", module["name"]), ("dim", f"  {module['type']}, {module['file']}, {module['bytes']} bytes"))
    out.line(("dim", f"signed by {plan['signer']}"))
    for number, request in enumerate(plan["requests"], start=1):
        out.line(("", f"{number}. {request['what']}"), ("dim", f"  {request['to']}"))
        for name in ("id", "bytes", "content-type"):
            if name in request:
                out.line(("dim", f"   {name}: {request[name]}"))
        tags = request.get("tags", {})
        pairs = tags.items() if isinstance(tags, dict) else [(tag["name"], tag["value"]) for tag in tags]
        for name, value in pairs:
            out.line(("dim", f"   {name}: {value}"))


def _confirm(yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError(
            "nothing was sent: there is nobody to ask",
            code="INPUT-CONFIRM",
            hint="say --yes to send without a question, --dry-run to look only",
        )
    if not click.confirm("Send this?", default=False):
        raise click.Abort
