"""Line and branch coverage of Lua modules.

    vm = VM(options=Options(coverage=True)); vm.run(source, "m.lua"); ...calls...
    for found in measured(vm): print(found.file, found.line_rate, found.missing_lines, found.missing_branches)

Counts add up over the life of a VM; `merged` adds those of several VMs (a suite starts many). What counts as a line is
a line on which a statement begins. A branch is one outcome of a condition, or a loop's body being entered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from taskrunner.lua.vm import VM

BranchKey: TypeAlias = tuple[int, int, str]  # line, column, outcome: "true", "false", "entered"

_OUTCOMES = frozenset(("true", "false", "entered"))


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """Coverage of one source text. `lines` and `branches` map to how often they were reached, 0 included."""

    file: str
    digest: bytes
    lines: dict[int, int]
    branches: dict[BranchKey, int]

    @property
    def line_rate(self) -> float:
        """Share of lines reached, 1.0 if there are none."""
        return _rate(self.lines.values())

    @property
    def branch_rate(self) -> float:
        """Share of branches taken, 1.0 if there are none."""
        return _rate(self.branches.values())

    @property
    def missing_lines(self) -> list[int]:
        """Lines never reached, ascending."""
        return sorted(line for line, count in self.lines.items() if not count)

    @property
    def missing_branches(self) -> list[BranchKey]:
        """Outcomes never seen, ascending."""
        return sorted(key for key, count in self.branches.items() if not count)


def measured(vm: VM) -> list[FileCoverage]:
    """The coverage of each chunk that the VM has loaded with `Options(coverage=True)`, in order of loading."""
    found: list[FileCoverage] = []
    for chunk, hits in vm.hits.items():
        lines: dict[int, int] = {}
        branches: dict[BranchKey, int] = {}
        for point, count in zip(chunk.points, hits, strict=True):
            if point.kind == "statement":
                lines[point.line] = max(lines.get(point.line, 0), count)
            elif point.kind in _OUTCOMES:
                branches[point.line, point.column, point.kind] = count
        found.append(FileCoverage(chunk.name, chunk.digest, lines, branches))
    return found


def merged(reports: Iterable[FileCoverage]) -> list[FileCoverage]:
    """Adds up reports of the same file and text."""
    found: dict[tuple[str, bytes], FileCoverage] = {}
    for report in reports:
        known = found.setdefault((report.file, report.digest), FileCoverage(report.file, report.digest, {}, {}))
        for line, count in report.lines.items():
            known.lines[line] = known.lines.get(line, 0) + count
        for key, count in report.branches.items():
            known.branches[key] = known.branches.get(key, 0) + count
    return list(found.values())


def _rate(counts: Iterable[int]) -> float:
    listed = list(counts)
    return sum(1 for count in listed if count) / len(listed) if listed else 1.0
