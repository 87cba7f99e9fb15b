"""Counts what a test asserts, as the suite's own lines do: pytest's assert, `pytest.raises`, unittest's methods.

An assertion counts where the suite's file makes it, or calls what makes it. One of a plugin, of a library, or of a
fixture in a conftest.py says nothing about the module, and one that names no value (`assert True`) cannot fail.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from functools import lru_cache
from types import FrameType
from typing import Any

import pytest

# What unittest's methods ask of their first two arguments: the value, then what is expected of it.
_OPERATORS = {
    **dict.fromkeys(
        ("assertEqual", "assertEquals", "assertDictEqual", "assertListEqual", "assertMultiLineEqual"), "=="
    ),
    **dict.fromkeys(("assertAlmostEqual", "assertIs", "assertCountEqual", "assertSequenceEqual"), "=="),
    "assertIn": "in",
    "assertNotIn": "not in",
    "assertNotEqual": "!=",
    "assertRegex": "matches",
    "assertGreater": ">",
    "assertLess": "<",
    "assertGreaterEqual": ">=",
    "assertLessEqual": "<=",
}
_VALUES = (ast.Name, ast.Call, ast.Attribute, ast.Await)


class Asserted:
    """The count of the test that runs."""

    def __init__(self) -> None:
        self.count = 0
        self.compared: tuple[str, Any, Any] | None = None  # by one of unittest's methods, when it did not hold
        self._suite = ""

    def begin(self, item: pytest.Item) -> None:
        """A test begins."""
        self.count, self._suite, self.compared = 0, str(item.path), None

    def passed(self, text: str) -> None:
        """An assertion with this text held."""
        if can_fail(text) and self._is_ours(sys._getframe(1)):
            self.count += 1

    def called(self) -> None:
        """A function that asserts was called."""
        if self._is_ours(sys._getframe(1)):
            self.count += 1

    def failed(self) -> None:
        """The test's last assertion did not hold."""
        self.count += 1

    def _is_ours(self, frame: FrameType | None) -> bool:
        """Whether a line of the suite's file is among the callers."""
        while frame is not None:
            if frame.f_code.co_filename == self._suite:
                return True
            frame = frame.f_back
        return False


@lru_cache(maxsize=4096)
def can_fail(text: str) -> bool:
    """Whether an assertion looks at anything: `1 == 1` and `True` do not."""
    try:
        tree = ast.parse(text.strip())
    except (SyntaxError, ValueError):
        return True
    return any(isinstance(node, _VALUES) for node in ast.walk(tree))


def count_other_assertions(asserted: Asserted) -> None:
    """Let `pytest.raises` and unittest's `assert...` methods count as assertions, as plain `assert` does."""
    import unittest

    def counting(original: Callable[..., Any], op: str = "") -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            __tracebackhide__ = True
            asserted.called()
            try:
                return original(*arguments, **named)
            except AssertionError:
                if op and len(arguments) > 2 and asserted.compared is None:
                    asserted.compared = (op, arguments[1], arguments[2])
                raise

        return counted

    for name in ("raises", "warns"):
        setattr(pytest, name, counting(getattr(pytest, name)))
    for name in [name for name in vars(unittest.TestCase) if name.startswith("assert")]:
        setattr(unittest.TestCase, name, counting(getattr(unittest.TestCase, name), _OPERATORS.get(name, "")))
