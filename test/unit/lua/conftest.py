"""What the tests of the engine share: running a chunk and reading its values or its error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from taskrunner.lua.errors import LuaError
from taskrunner.lua.limits import Limits
from taskrunner.lua.texts import error_text
from taskrunner.lua.vm import VM

SMALL = Limits(steps=2_000_000, seconds=20.0, string=1 << 22, depth=40_000)

Run = Callable[..., tuple[Any, ...]]
Fail = Callable[[str], str]


def run_chunk(text: str) -> tuple[Any, ...]:
    """The values that a chunk returns on a fresh VM."""
    return VM(SMALL).run(text.encode("latin-1"), "m.lua")


@pytest.fixture
def run() -> Run:
    return run_chunk


@pytest.fixture
def fail() -> Fail:
    """The text of the Lua error that a chunk ends in."""

    def run_and_fail(text: str) -> str:
        with pytest.raises(LuaError) as caught:
            run_chunk(text)
        return error_text(caught.value).decode("latin-1")

    return run_and_fail
