"""Names and paths in the syntax tree, and the one risk that only a module for HyperBEAM has: tags in one spelling.

What production's Lua does differently in any program is in `taskrunner.lua.check`.
"""

from __future__ import annotations

from collections.abc import Iterator

from taskrunner.lua import syntax
from taskrunner.lua.check import Remark, check_tree
from taskrunner.lua.lexer import Source
from taskrunner.modules.findings import Finding


def risks(chunk: syntax.Function, text: Source) -> Iterator[Finding]:
    """Every risk of a chunk as a warning: whether its line ever runs is not known here."""
    for remark in check_tree(chunk, text):
        yield finding_of(remark)
    yield from _one_spelling(chunk, text)


def finding_of(remark: Remark) -> Finding:
    """A remark about production's Lua as a finding about a module."""
    return Finding(remark.code, remark.message, remark.file, remark.line, remark.column, remark.hint, "warning")


def path_of(node: syntax.Node) -> str:
    """`string.gmatch` for that expression, `print` for a name, empty for anything else."""
    if isinstance(node, syntax.Name):
        return node.name
    if isinstance(node, syntax.Index) and isinstance(node.key, syntax.Constant) and isinstance(node.key.value, bytes):
        head = path_of(node.object)
        return f"{head}.{node.key.value.decode('latin-1')}" if head else ""
    return ""


def declared_names(chunk: syntax.Function) -> set[str]:
    """Names that the chunk itself gives a value anywhere: locals, parameters and globals."""
    found: set[str] = set()
    for node in syntax.walk(chunk):
        match node:
            case syntax.Local(names=names) | syntax.GenericFor(names=names):
                found.update(name.name for name in names)
            case syntax.LocalFunction(name=name) | syntax.NumericFor(name=name):
                found.add(name.name)
            case syntax.Function(parameters=parameters):
                found.update(parameter.name for parameter in parameters)
            case syntax.Assign(targets=targets):
                found.update(target.name for target in targets if isinstance(target, syntax.Name))
            case _:
                continue
    return found


def _one_spelling(chunk: syntax.Function, text: Source) -> Iterator[Finding]:
    """Tags arrive in lower case; a module that reads only `Action` never sees one."""
    reads = [node for node in syntax.walk(chunk) if isinstance(node, syntax.Index) and path_of(node)]
    names = {path_of(node).rpartition(".")[2] for node in reads}
    if "Action" not in names or "action" in names:
        return
    node = next(node for node in reads if path_of(node).endswith(".Action"))
    line, column = text.place(node.start)
    message = f"only `{path_of(node)}` is read, and tags arrive as `action`"
    hint = "read req.body.Action or req.body.action, then req.Action or req.action"
    yield Finding("MOD-ACTION-NIL", message, text.name, line, column, hint, "warning")
