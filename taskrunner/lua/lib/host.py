"""What the library needs of the VM, and nothing more: calls back into Lua, metatables, tables, limits, the world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from taskrunner.lua.cost import Cost
from taskrunner.lua.errors import LuaError
from taskrunner.lua.lib.random import Exs1024
from taskrunner.lua.values import Table

Args: TypeAlias = tuple[Any, ...]


class Host(Protocol):
    """The VM as library functions see it; every method may raise LuaError or Stop."""

    globals: Table
    next_function: Any  # what pairs, ipairs and utf8.codes hand out
    ipairs_function: Any
    codes_function: Any
    rng: Exs1024
    cost: Cost
    started: float  # on the same clock as `clock`

    def call(self, function: Any, args: Args) -> Args:
        """Calls any value, by way of `__call` if need be."""

    def index(self, container: Any, key: Any) -> Any:
        """`container[key]` with metamethods."""

    def set_index(self, container: Any, key: Any, value: Any) -> None:
        """`container[key] = value` with metamethods."""

    def metamethod(self, value: Any, name: bytes) -> Any:
        """The entry `name` of the value's metatable, or None."""

    def get_metatable(self, value: Any) -> Table | None:
        """The metatable of a table, or of the type of another value."""

    def set_metatable(self, value: Any, meta: Table | None) -> None:
        """Sets it; ignored for types that have none."""

    def new_table(self) -> Table:
        """An empty table with the next number."""

    def charge(self, steps: int) -> None:
        """Counts work done inside the library."""

    def charge_scan(self, indices: int) -> None:
        """Counts array indices that production walks through."""

    def check_string(self, size: int) -> None:
        """Asked before a string of `size` bytes is built."""

    def check_memory(self, count: int) -> None:
        """Asked before `count` values are collected."""

    def note_caught(self, error: LuaError, text: Any) -> None:
        """Told of every error that `pcall` catches, with the text that the program gets."""

    def load(self, source: bytes) -> Any:
        """Compiles a chunk; raises LuaSyntaxError."""

    def write(self, data: bytes) -> None:
        """What `print` and `io.write` put out."""

    def clock(self) -> float:
        """Seconds since 1970, with microseconds."""


LibraryFunction: TypeAlias = Callable[[Any, Args], Args]
