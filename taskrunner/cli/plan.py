"""`taskrunner plan`: the plan as it is understood, so that a typing error shows before a suite is written."""

from __future__ import annotations

import click

from taskrunner.cli.options import emit_json, json_option, painter, workspace
from taskrunner.core.plan import Action, Plan, PlanModule
from taskrunner.report.paint import Painter


@click.command(epilog="Example: taskrunner plan counter")
@click.argument("module", required=False)
@json_option
def command(module: str | None, as_json: bool) -> None:
    """Show plan.md as taskrunner understands it; with MODULE, only that one."""
    plan = workspace().plan()
    shown = [plan.module(module)] if module is not None else list(plan.modules)
    known = [each for each in shown if each is not None]
    if module is not None and not known:
        names = ", ".join(each.name for each in plan.modules) or "none"
        raise click.UsageError(f"plan.md has no module {module!r}; its modules: {names}")
    if as_json:
        emit_json(
            {"plan": {"title": plan.title, "approved": plan.approved, "modules": known, "warnings": plan.warnings}}
        )
        return
    _show(painter(), plan, known)


def _show(out: Painter, plan: Plan, modules: list[PlanModule]) -> None:
    approved = ("good", "approved") if plan.approved else ("warn", "not approved: suites are not locked")
    out.line(("strong", plan.title or plan.file), ("", "  "), approved)
    for module in modules:
        out.blank()
        out.line(("strong", module.name), ("dim", f"  {module.type}  {plan.file}:{module.line}"))
        if module.summary:
            out.block("  ", ("", ""), module.summary, "dim")
        out.table(
            [(("", a.name), ("dim", _inputs(a)), ("", a.state or "-"), ("", a.reply or "-")) for a in module.actions]
        )
        if module.state:
            state = ", ".join(f"{v.name}: {v.type} = {v.initial or '-'}" for v in module.state)
            out.block("  ", ("dim", "state     "), state)
        names = ", ".join(example.name for example in module.examples) or "none; the suite covers only the basics"
        out.block("  ", ("dim", "examples  "), names)
    for warning in plan.warnings:
        out.blank()
        out.block("", ("warn", "! "), f"{plan.file}:{warning.line or 1} {warning.message}")


def _inputs(action: Action) -> str:
    parts = []
    for param in action.params:
        default = f" = {param.default}" if param.default is not None else ""
        parts.append(f"{param.name}{'?' if param.optional else ''}: {param.type}{default}")
    return ", ".join(parts) or "-"
