"""Warnings for the author of a module: where this engine is kinder than production, and where production surprises.

    for remark in check_source(source, "counter.lua"):
        print(f"{remark.file}:{remark.line}:{remark.column}: {remark.message}; {remark.hint}")

Static, on the syntax tree; what only shows at run time (sizes, counts) is in `VM.cost` and `storage.hazards`.
"""

from __future__ import annotations

from taskrunner.lua import syntax
from taskrunner.lua.check.calls import check_call, check_name
from taskrunner.lua.check.context import Report, numbers_from_text, spots
from taskrunner.lua.check.operators import check_literal, check_operator, check_wrap
from taskrunner.lua.check.remarks import NOTES, Note, Remark
from taskrunner.lua.check.tables import check_returns, check_sorting, check_table
from taskrunner.lua.lexer import Source
from taskrunner.lua.parser import parse

__all__ = ["NOTES", "Note", "Remark", "check_source", "check_tree"]


def check_source(source: bytes, file: str) -> list[Remark]:
    """Everything worth saying about a source, in the order of lines; raises LuaSyntaxError if it does not parse."""
    where = Source(source, file)
    return check_tree(parse(where), where)


def check_tree(root: syntax.Function, source: Source) -> list[Remark]:
    """As `check_source`, for a tree that is already there."""
    report = Report(source, from_text=numbers_from_text(root))
    for spot in spots(root):
        node = spot.node
        if isinstance(node, syntax.Call | syntax.Method):
            check_call(spot, report)
        if isinstance(node, syntax.Name | syntax.Index):
            check_name(spot, report)
        elif isinstance(node, syntax.Unary | syntax.Binary):
            check_operator(spot, report)
        elif isinstance(node, syntax.Constant):
            check_literal(spot, report)
        check_table(spot, report)
        check_wrap(spot, report)
    check_sorting(root, report)
    check_returns(root, report)
    return sorted(report.remarks.values(), key=lambda remark: (remark.line, remark.column, remark.code))
