"""The helpers that compiled Lua may name, and nothing else: compiled code runs with these as its only globals.

`Runtime` is the part of the VM that builds tables and drives loops; `namespace` lists what a chunk sees.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import count
from types import FunctionType
from typing import Any, Final, NoReturn

from taskrunner.lua.cost import Cost
from taskrunner.lua.errors import FidelityCrash, LuaError
from taskrunner.lua.limits import Limits, Meter
from taskrunner.lua.numbers import Number, to_number
from taskrunner.lua.operators import Operators
from taskrunner.lua.trace import place_now
from taskrunner.lua.values import Table, Value, Values

_OPERATORS: Final = [
    "add",
    "sub",
    "mul",
    "div",
    "idiv",
    "mod",
    "power",
    "band",
    "bor",
    "bxor",
    "shl",
    "shr",
    "unm",
    "bnot",
    "length",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "is_lt",
    "is_le",
    "is_gt",
    "is_ge",
    "concat",
    "concat_all",
    "index",
    "set_index",
    "method",
    "callee",
    "spread",
    "new_table",
    "list_table",
    "record_table",
    "mixed_table",
    "loop_values",
    "for_values",
    "walker",
]
_SMALL: Final = 1 << 1024  # integers below it are multiplied inline
_ENDLESS: Final = 1 << 61  # turns or indices that nobody will see the end of
_FAR: Final = 1000  # array indices at once that are worth charging


class Runtime(Operators):
    """Tables, loops and the namespace of compiled code."""

    next_function: Any = None
    ipairs_function: Any = None
    codes_function: Any = None

    def __init__(self, limits: Limits) -> None:
        super().__init__(Meter(limits))
        self.cost = Cost(place_now)
        self._tables = 0
        self.globals = self.new_table()

    def new_table(self) -> Table:
        """An empty table with the next number."""
        table = Table()
        table.id = self._tables
        table.meta = table.shape = None
        table.border = 0
        self._tables += 1
        return table

    def list_table(self, values: Values) -> Table:
        """`{a, b, c}`; nils leave holes."""
        table = self.new_table()
        table.update(zip(count(1), values))
        if None in values:
            for index, value in enumerate(values, 1):
                if value is None:
                    del table[index]
        else:
            table.border = len(values)
        return table

    def record_table(self, fields: dict[bytes, Value]) -> Table:
        """`{a = 1, b = 2}`; nils are left out."""
        table = self.new_table()
        for value in fields.values():
            if value is None:
                table.update((name, value) for name, value in fields.items() if value is not None)
                return table
        table.update(fields)
        return table

    def mixed_table(self, fields: Iterable[tuple[Value, Value]], index: int, rest: Values) -> Table:
        """Any other constructor: keys and values in order, then values from `index` on; nils are left out."""
        table = self.new_table()
        for key, value in fields:
            if value is not None:
                table.put(key, value)
        for position, value in enumerate(rest, index):
            if value is not None:
                table.put(position, value)
        return table

    def loop_values(self, first: Value, limit: Value, step: Value) -> Iterable[Number]:
        """What a numeric `for` runs through; integers stay integers until a float is added (LUERL `for-type`)."""
        one, last, by = to_number(first), to_number(limit), to_number(step)
        if one is None or last is None or by is None:
            raise LuaError("badarg", "loop", (first, limit, step))
        if by == 0:
            return ()
        if type(one) is int and type(by) is int:
            if by > 0:
                return range(one, min(math.floor(last), max(one, 0) + _ENDLESS) + 1, by)
            return range(one, max(math.ceil(last), min(one, 0) - _ENDLESS) - 1, by)
        return _float_values(one, last, by)

    def for_values(self, values: Values) -> Values:
        """Iterator, state and first control value of a generic `for`."""
        if len(values) >= 3:
            return values[:3]
        if not values:
            return (), None, None
        return values[0], values[1] if len(values) > 1 else None, None

    def walker(self, function: Value, state: Value, control: Value) -> Iterator[Values] | None:
        """A Python iterator in place of `next` or the iterator of `ipairs`; None for any other function."""
        if type(state) is Table:
            if function is self.next_function and control is None:
                return state.walk(self.charge_scan)
            if function is self.ipairs_function and type(control) is int and control == 0:
                return _indexed(state)
        return None

    def charge_scan(self, indices: int) -> None:
        """Counts array indices that production walks through."""
        if indices > _FAR:
            self.cost.scanned(min(indices, _ENDLESS))

    def namespace(self) -> dict[str, Any]:
        """The globals of compiled code."""
        names: dict[str, Any] = {name: getattr(self, name) for name in _OPERATORS}
        names.update(
            {
                "__builtins__": {},
                "F": FunctionType,
                "G": self.globals,
                "T": self.meter.ticks,
                "Table": Table,
                "bool": bool,
                "bytes": bytes,
                "LEAST": -_SMALL,
                "MOST": _SMALL,
                "branch": _branch,
                "int": int,
                "len": len,
                "nx": next,
                "range": range,
                "stray_break": _stray_break,
                "truth": _truth,
                "type": type,
                "zip": zip,
            }
        )
        return names


def _float_values(number: Number, limit: Number, step: Number) -> Iterator[Number]:
    while number <= limit if step > 0 else number >= limit:
        yield number
        number += step
        if type(number) is float and math.isinf(number):
            raise FidelityCrash("badarith", "{erlang,'+',2}")


def _indexed(table: Table) -> Iterator[Values]:
    index = 1
    while (value := table.get(index)) is not None:
        yield index, value
        index += 1


def _truth(values: Values) -> bool:
    return bool(values) and values[0] is not None and values[0] is not False


def _branch(hits: list[int], point: int, outcome: bool) -> bool:
    hits[point if outcome else point + 1] += 1
    return outcome


def _stray_break() -> NoReturn:
    raise LuaError("illegal_op", "break")
