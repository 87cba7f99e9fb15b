"""Which tests stand in a suite's file, read from its text: for comparison with those that were collected."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_NO_TEST = ("fixture", "nottest", "skip")


def standing_tests(text: bytes) -> list[tuple[str, int]]:
    """Names and lines of pytest's test functions and methods, as its defaults find them; none if it does not parse."""
    try:
        return list(_of(ast.parse(text).body, inside=False))
    except (SyntaxError, ValueError):
        return []


def _of(body: list[ast.stmt], inside: bool) -> Iterator[tuple[str, int]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name.startswith("test") and not any(_is_no_test(each) for each in node.decorator_list):
                yield node.name, node.lineno
        elif isinstance(node, ast.ClassDef) and not inside and node.name.startswith("Test") and _is_collected(node):
            yield from _of(node.body, inside=True)


def _is_no_test(decorator: ast.expr) -> bool:
    return any(word in ast.unparse(decorator) for word in _NO_TEST)


def _is_collected(node: ast.ClassDef) -> bool:
    """Whether pytest looks into a class: not where it has a constructor or says that it is none."""
    names = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
    targets = {ast.unparse(target) for each in node.body if isinstance(each, ast.Assign) for target in each.targets}
    return "__init__" not in names and "__test__" not in targets
