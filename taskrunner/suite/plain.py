"""Tells from a suite's text how much of it may happen before the run that it is for.

A suite that imports little and opens nothing can be collected while nobody waits, and forked into its run later: the
outcome is the same. Anything else is collected inside the run, as always. Knows syntax; runs nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

# Modules whose import, and whose use while a suite is collected, depends on nothing but the suite's own text.
HARMLESS = frozenset(
    {"__future__", "pytest", "json", "re", "math", "string", "typing", "enum", "dataclasses", "collections", "textwrap"}
    | {"itertools", "functools", "operator", "copy", "base64", "hashlib", "decimal", "fractions", "contextlib", "abc"}
)
# Names that reach files, other modules or the running program.
REACHING = frozenset({"open", "exec", "eval", "compile", "input", "breakpoint", "importorskip", "pytest_plugins"})
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Import, ast.ImportFrom, ast.Pass)


def is_plain(text: bytes) -> bool:
    """Whether importing and collecting this suite gives the same at any time: it looks at nothing but itself."""
    tree = _parsed(text)
    if tree is None:
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(name.name.partition(".")[0] not in HARMLESS for name in node.names):
            return False
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").partition(".")[0] not in HARMLESS):
            return False
        name = _name_of(node)
        if name in REACHING or (name.startswith("__") and name.endswith("__")):
            return False
    return True


def may_be_reordered(text: bytes) -> bool:
    """Whether the tests of a suite cannot hand anything to each other, so that any of them may be the first.

    Said only of suites without classes, `global`, fixtures that outlive a test, and module variables that can change.
    """
    tree = _parsed(text)
    if tree is None:
        return False
    if any(isinstance(node, ast.Global | ast.Nonlocal) or _outlives_a_test(node) for node in ast.walk(tree)):
        return False
    return all(isinstance(node, _DEFINITIONS) or _is_constant(node) for node in tree.body)


def _parsed(text: bytes) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _name_of(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.FunctionDef(name=name):
            return name
    return ""


def _outlives_a_test(node: ast.AST) -> bool:
    """A fixture with a scope, also one that is only named so; an attribute that is set; a default that is kept."""
    if isinstance(node, ast.keyword):
        return node.arg == "scope"
    if isinstance(node, ast.Attribute):
        return isinstance(node.ctx, ast.Store)
    if isinstance(node, ast.arguments):
        return not _are_constants([*node.defaults, *(each for each in node.kw_defaults if each is not None)])
    return False


def _is_constant(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return _are_constants([value])
    return False


def _are_constants(values: Iterable[ast.expr]) -> bool:
    return all(
        isinstance(value, ast.Constant)
        or (isinstance(value, ast.UnaryOp) and isinstance(value.operand, ast.Constant))
        or (isinstance(value, ast.Tuple) and _are_constants(value.elts))
        for value in values
    )
