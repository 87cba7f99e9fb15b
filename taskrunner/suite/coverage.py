"""What of a Lua module a suite reached: switched on in the embedded node, added up over all its processes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskrunner.node import Node


def measure(node: Node) -> None:
    """Have the node compile modules with counters from now on."""
    from taskrunner.lua.compiler.base import Options

    node.lua_options = Options(coverage=True)


def reached(node: Node, files: Iterable[str]) -> list[dict[str, Any]]:
    """For each of the files: `lines` and `branches` as [reached, all], and the `missing` lines, ascending."""
    from taskrunner.lua.coverage import measured, merged

    wanted = set(files)
    found = merged(report for vm in node.lua_machines for report in measured(vm) if report.file in wanted)
    return [
        {
            "file": report.file,
            "lines": _counted(report.lines.values()),
            "branches": _counted(report.branches.values()),
            "missing": report.missing_lines,
        }
        for report in found
    ]


def _counted(counts: Iterable[int]) -> list[int]:
    kept = list(counts)
    return [sum(1 for count in kept if count), len(kept)]
