"""Every library function with arguments it never expected: a result or one of our errors, and soon."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from taskrunner.lua import VM, LimitError, Limits, LuaError, Stop, Table, is_function
from taskrunner.lua.erlang import Unknown

LIMITS = Limits(steps=200_000, seconds=5.0, string=1 << 18, depth=5_000, values=20_000)
LIBRARIES = ("string", "table", "math", "utf8", "os", "bit32", "debug", "io", "package")
NUMBERS = (
    0,
    1,
    2,
    -1,
    10,
    255,
    256,
    1 << 31,
    -(1 << 63),
    1 << 70,
    1 << 2000,
    0.0,
    -0.0,
    1.5,
    -2.5,
    1e308,
    5e-324,
    2.0**53,
)
TEXTS = (
    b"", b"a", b"abc", b"10", b"0x10", b" 7 ", b"%d", b"%s %5.2f %q %c %x", b"%", b"(a*)", b"[a-", b"%b()", b".-",
    b"(()", b"^a$", b"%1", b"\xff\xfe", b"\xc3\xa9", b"x" * 300, b"*t", b"%Y-%m", b"#", b"__index", b"\x00", b"%99999d",
    b"%.99999f", b"%-+ #0999.999g", b"[]]", b"[^]", b"%f[a]",
)  # fmt: skip
CHUNKS = (
    b"return function(...) return ... end",
    b"return function() error('x') end",
    b"return function(a, b) return a < b end",
    b"return function() return nil end",
)


class Caller:
    """A VM and what can be called and passed in it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.vm = VM(LIMITS)
        self.odd = self.vm.run(
            b"return {__index = function(t, k) return k end, __tostring = function() return 'T' end, "
            b"__len = function() return 3 end, __call = function(...) return ... end, __lt = function() return 1 end}"
        )[0]
        self.functions: list[Any] = [entry for _, entry in self.vm.globals.entries() if is_function(entry)]
        for name in LIBRARIES:
            library = self.vm.get_global(name.encode())
            self.functions += [entry for _, entry in library.entries() if is_function(entry)]

    def value(self, depth: int = 0) -> Any:
        kind = self.random.randint(0, 9)
        if kind <= 1:
            return self.random.choice((None, True, False))
        if kind <= 3:
            return self.random.choice(NUMBERS)
        if kind <= 5:
            return self.random.choice(TEXTS)
        if kind == 6:
            return self.random.choice(self.functions)
        if kind == 7:
            return self.vm.run(self.random.choice(CHUNKS))[0]
        if kind == 8:
            return self.random.choice((self.vm.globals, self.odd))
        made = self.vm.new_table()
        for _ in range(self.random.randint(0, 4)):
            made.put(self.random.choice((1, 2, 3, b"x", 1.5, True, -1)), self.value(depth + 1) if depth < 2 else 1)
        made.meta = self.odd if self.random.random() < 0.2 else None
        return made

    def call(self) -> Any:
        """One call; anything but a result or one of our errors is raised."""
        function = self.random.choice(self.functions)
        args = tuple(self.value() for _ in range(self.random.randint(0, 4)))
        try:
            return self.vm.call(function, args)
        except LimitError as error:
            return () if error.limit != "time" else error
        except (LuaError, Stop):
            return ()


def values_of(found: Any) -> bool:
    return type(found) is tuple and all(
        value is None
        or type(value) in (bool, int, float, bytes, Table)
        or is_function(value)
        or isinstance(value, Unknown)
        for value in found
    )


@pytest.mark.parametrize("seed", range(12))
def test_strange_arguments(seed: int) -> None:
    caller = Caller(seed)
    for _ in range(400):
        assert values_of(caller.call())


@pytest.mark.full
def test_many_strange_arguments() -> None:
    for seed in range(1000, 1400):
        caller = Caller(seed)
        for _ in range(500):
            assert values_of(caller.call())
