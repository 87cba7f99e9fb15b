"""Every library function under arguments it did not expect: a value, one of our errors, never a Python exception."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

import pytest

from taskrunner.lua.erlang import Unknown
from taskrunner.lua.errors import LuaError, Stop
from taskrunner.lua.limits import Limits
from taskrunner.lua.texts import error_text, pcall_text, raw_tostring
from taskrunner.lua.values import Table, is_function
from taskrunner.lua.vm import VM

SETUP = b"""
local knot = {} knot.knot = knot
return {
  nil, true, false, 0, 1, -1, 2, 255, 256, -256, 1 << 70, -(1 << 70), 0.0, -0.0, 0.5, 1e308, -1e308, 5e-324, 3.0, 1e18,
  "", "a", "abc", "%", "%a+", "(.)", "[", "%d", "%s", "10", "0x1p4", " 7 ", "1e999", "\\0", "\\xff", "\\xc3\\xa9", "-",
  {}, {1, 2, 3}, {1, nil, 3}, {x = 1}, {[-1] = 1, [0.5] = 2, [true] = 3}, knot,
  setmetatable({}, {__index = function() error("no") end, __tostring = function() return {} end}),
  setmetatable({}, {__call = function() return 1 end, __len = function() return -1 end, __tostring = 5}),
  print, function() end, function(...) return ... end, function() error({}) end, string.format("%s", "\\xff"),
}
"""


def libraries(vm: VM) -> Iterator[tuple[str, Any]]:
    for name, value in vm.globals.entries():
        if is_function(value):
            yield name.decode(), value
        elif isinstance(value, Table) and value is not vm.globals:
            for inner, function in value.entries():
                if is_function(function):
                    yield f"{name.decode()}.{inner.decode()}", function


NAMES = [name for name, _ in libraries(VM())]


@pytest.mark.parametrize("name", NAMES)
def test_any_arguments_end_in_a_value_or_one_of_our_errors(name: str) -> None:
    vm = VM(Limits(steps=200_000, seconds=5.0, string=1 << 20, values=100_000))
    function = dict(libraries(vm))[name]
    (pool,) = vm.run(SETUP)
    values = [None, *(value for _, value in pool.entries())]
    dice = random.Random(name)
    tries = [(), *((value,) for value in values), *itertools.product(values, values)]
    tries += [tuple(dice.choice(values) for _ in range(dice.randint(3, 5))) for _ in range(150)]
    for args in tries:
        check(ending(vm, function, args))


def ending(vm: VM, function: Any, args: tuple[Any, ...]) -> Any:
    """The results, or the error."""
    try:
        return vm.call(function, args)
    except (LuaError, Stop) as error:
        return error


def check(end: Any) -> None:
    if isinstance(end, LuaError):
        assert isinstance(error_text(end), bytes)
        assert isinstance(pcall_text(end), bytes | Unknown)
    elif isinstance(end, Stop):
        assert end.message
    else:
        assert isinstance(end, tuple)
        for value in end:
            assert isinstance(raw_tostring(value), bytes)
            assert value is None or type(value) in (bool, int, float, bytes, Table, Unknown) or is_function(value)
