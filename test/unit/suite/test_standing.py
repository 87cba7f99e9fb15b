"""Which tests stand in a file, by its text."""

from __future__ import annotations

import pytest

from taskrunner.suite.standing import standing_tests

SUITE = b"""
import pytest

@pytest.fixture
def test_client(): ...

def test_a(): ...
async def test_b(): ...
def helper(): ...

class TestC:
    def test_d(self): ...
    class TestInner:
        def test_e(self): ...

class TestNot:
    __test__ = False
    def test_f(self): ...

class TestBuilt:
    def __init__(self): ...
    def test_g(self): ...

class Other:
    def test_h(self): ...

def testable(): ...
"""


def test_what_pytest_would_find() -> None:
    assert standing_tests(SUITE) == [("test_a", 7), ("test_b", 8), ("test_d", 12), ("testable", 27)]


@pytest.mark.parametrize("text", [b"", b"def test_(:", b"\0"])
def test_nothing_to_find(text: bytes) -> None:
    assert standing_tests(text) == []
