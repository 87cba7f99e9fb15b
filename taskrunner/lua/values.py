"""Lua values as Python objects: nil is None, booleans are bools, integers ints, floats floats, strings bytes.

A table is a `Table`, a function is a plain Python function that takes positional arguments and returns a tuple (so
that compiled Lua calls it directly). This module knows no VM and no metamethods: everything here is raw access.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import count, islice
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, cast

if TYPE_CHECKING:
    from taskrunner.lua.chunk import Proto

Value: TypeAlias = Any
Values: TypeAlias = tuple[Any, ...]
LuaFunction: TypeAlias = Callable[..., Values]

_BOOL_KEYS: Final[dict[bool, object]] = {False: object(), True: object()}  # True == 1 would collide with the key 1
_FEW: Final = 16  # keys that are sorted in one by one
_RANKS: Final = count()  # tells closures of one definition apart
_BOOL_VALUES: Final = {id(key): value for value, key in _BOOL_KEYS.items()}


class Builtin(NamedTuple):
    """What is known of a function of the library: the Erlang module and function that production runs."""

    module: str
    name: str


HOST = frozenset({"luerl", "dev_lua_lib"})  # modules whose functions reach Lua as nameless Erlang functions


class _Shape:
    """What a table only needs once its order or its array size is asked for."""

    __slots__ = ("border", "inserted", "keys", "removed", "size")

    def __init__(self) -> None:
        self.removed = 0  # keys deleted so far; with the number of keys it tells how many were ever inserted
        self.size = 0  # the array size that deleted and nil entries once gave the table
        self.keys: list[Any] = []  # all keys but 1..border in order, also some deleted since
        self.inserted = -1  # how many insertions `keys` knows
        self.border = -1  # the border that `keys` leaves out


class Table(dict[Any, Any]):
    """A Lua table: raw access only.

    As a dict it holds every key but nil and booleans under itself; values are never None. `get(k)` is therefore the
    raw value for a key that is an int or bytes, and `t[k] = v` stores such a key when v is not None. Everything else
    goes through `raw`, `put` and `rawset`. `border` is a number n for which 1..n are all present.
    """

    __slots__ = ("border", "id", "meta", "shape")
    __hash__ = object.__hash__  # type: ignore[assignment]  # tables are keys by identity
    __eq__ = object.__eq__
    __ne__ = object.__ne__

    border: int
    id: int
    meta: Table | None
    shape: _Shape | None

    def raw(self, key: Value) -> Value:
        """The value under any key, None if absent."""
        return self.get(_BOOL_KEYS[key] if key is True or key is False else key)

    def put(self, key: Value, value: Value) -> None:
        """`t[key] = value` without metamethods: nil deletes, and never grows the array."""
        if value is None:
            self._delete(key)
            return
        if key is True or key is False:
            key = _BOOL_KEYS[key]
        elif type(key) is float and key >= 1 and key == int(key):
            key = int(key)
        self[key] = value

    def rawset(self, key: Value, value: Value) -> None:
        """Luerl's rawset: as `put`, but a nil under a positive integer key grows the array to that size."""
        if value is None and type(key) in (int, float) and key >= 1 and key == int(key):
            shape = self._shape()
            shape.size = max(shape.size, int(key) + 1)
        self.put(key, value)

    def _delete(self, key: Value) -> None:
        if key is True or key is False:
            key = _BOOL_KEYS[key]
        if key not in self:
            return
        del self[key]
        shape = self._shape()
        shape.removed += 1
        if type(key) in (int, float) and key >= 1 and key == int(key):
            shape.size = max(shape.size, int(key) + 1)
            self.border = min(self.border, int(key) - 1)

    def _shape(self) -> _Shape:
        if self.shape is None:
            self.shape = _Shape()
        return self.shape

    def length(self) -> int:
        """Luerl's `#t`: the first border counted from 1; a hole at 1 alone is stepped over."""
        border = self.border
        if not border and 1 not in self:
            if 2 not in self:
                return 0
            border = 2
            while border + 1 in self:
                border += 1
            return border
        while border + 1 in self:
            border += 1
        self.border = border
        return border

    def array_size(self) -> int:
        """One more than the largest positive integer key that the table ever held (Erlang's `array:size`)."""
        largest = self.length()
        size = self.shape.size if self.shape is not None else 0
        if len(self) > largest:
            largest = max((key for key in self if type(key) is int), default=0)
        return max(size, largest + 1 if largest > 0 else 0)

    def after(self, key: Value) -> tuple[Value, Value] | None:
        """The entry that follows `key` in Luerl's order; nil asks for the first; None at the end.

        The key need not be present: production compares, it does not look up.
        """
        self.length()
        border = self.border
        following = 0
        if key is None:
            following = 1
        elif (type(key) is int or (type(key) is float and key == int(key))) and key >= 1:
            following = int(key) + 1
        if 0 < following <= border:
            return following, self[following]
        keys = self._rest()
        position = 0 if key is None else bisect_right(keys, _sort_key(key), key=_sort_key)
        while position < len(keys):
            found = keys[position]
            if found in self:
                return _key_value(found), self[found]
            position += 1
        return None

    def entries(self) -> Iterator[tuple[Value, Value]]:
        """All entries in Luerl's order; the table must not change meanwhile."""
        self.length()
        for index in range(1, self.border + 1):
            yield index, self[index]
        for key in self._rest():
            if key in self:
                yield _key_value(key), self[key]

    def walk(self, scan: Callable[[int], None]) -> Iterator[tuple[Value, Value]]:
        """What `pairs` goes through, entry by entry, while the table may change under it.

        `scan` is told how many array indexes production looks at when they are far more than the entries.
        """
        index = 1
        while (value := self.get(index)) is not None:
            yield index, value
            index += 1
        last: Value = index - 1 if index > 1 else None
        inserted = -1
        keys: list[Any] = []
        position = 0
        while True:
            now = len(self) + (self.shape.removed if self.shape is not None else 0)
            if now != inserted:  # the first turn, or a key came
                found = self.after(last)
                keys, inserted = self._rest(), now
                if found is not None:
                    position = bisect_right(keys, _sort_key(found[0]), key=_sort_key)
            else:
                while position < len(keys) and keys[position] not in self:
                    position += 1
                found = (_key_value(keys[position]), self[keys[position]]) if position < len(keys) else None
                position += 1
            scan(self.scanned(last, found[0] if found is not None else None))
            if found is None:
                return
            last = found[0]
            yield found

    def scanned(self, key: Value, found: Value) -> int:
        """How many array indexes production looks at to get from `key` to the entry `found` (None: to the end)."""
        if key is not None and not (type(key) is int and key >= 1):
            return 0
        if type(found) is int and found >= 1:
            return found - (key or 0)
        return self.array_size() - (key or 0)

    def _rest(self) -> list[Any]:
        """The dict keys but 1..border, in order. Deleted keys stay in it until it is sorted anew."""
        border = self.border
        if len(self) == border:
            return []
        shape = self._shape()
        inserted = len(self) + shape.removed
        new = inserted - shape.inserted
        if shape.border != border or new > _FEW or len(shape.keys) > 2 * (len(self) - border) + _FEW:
            shape.keys = _in_order(self, border)
        elif new:
            for key in islice(reversed(self), new):  # a dict keeps insertion order
                if not (type(key) is int and 0 < key <= border):
                    _insert(shape.keys, key)
        shape.inserted, shape.border = inserted, border
        return shape.keys


def _insert(keys: list[Any], key: Any) -> None:
    rank = _sort_key(key)
    position = bisect_left(keys, rank, key=_sort_key)
    if position == len(keys) or _sort_key(keys[position]) != rank:
        keys.insert(position, key)


def _in_order(table: Table, border: int) -> list[Any]:
    texts = [key for key in table if type(key) is bytes]
    texts.sort()
    if len(texts) + border == len(table):
        return texts
    rest = [key for key in table if type(key) is not bytes and not (type(key) is int and 0 < key <= border)]
    rest.sort(key=_sort_key)
    return rest + texts


def _key_value(key: Any) -> Value:
    """A dict key as a Lua value."""
    return _BOOL_VALUES.get(id(key), key)


def _sort_key(key: Any) -> tuple[Any, ...]:
    """Where a key stands among the keys of a table (LUERL §7): its class and its rank there."""
    kind = type(key)
    if kind is int or kind is float:
        return (0 if key >= 1 and key == int(key) else 1, key)
    if kind is bytes:
        return (7, key)
    if kind is Table:
        return (5, key.id)
    if kind is FunctionType:
        return (6, *_function_rank(key))
    if key is None:
        return (3,)
    value = key if kind is bool else _BOOL_VALUES.get(id(key))
    if value is None:
        return (6, 3)
    return (4,) if value else (2,)


def _function_rank(function: Any) -> tuple[Any, ...]:
    known = builtin_of(function)
    if known is not None:
        return (2, known.module, known.name)
    return (1, function_number(function), function.__dict__.setdefault("rank", next(_RANKS)))


def make_builtin(vm: Any, module: str, name: str, code: Callable[[Any, Values], Values]) -> LuaFunction:
    """A Lua value that runs `code(vm, args)`; the call stays between Python functions and uses no C stack."""

    known = Builtin(module, name)

    def builtin(*args: Value) -> Values:
        return code(vm, args) if known else ()  # naming it here lets tracebacks see it

    builtin.__dict__["builtin"] = known
    return builtin


def builtin_of(function: LuaFunction) -> Builtin | None:
    """Module and name of a library function; None for a function written in Lua."""
    return cast("Builtin | None", function.__dict__.get("builtin"))


def is_function(value: Value) -> bool:
    """Whether a value is a Lua function, compiled or built in."""
    return type(value) is FunctionType


def proto_of(function: LuaFunction) -> Proto:
    """What the compiler knows of a function written in Lua."""
    compiled = cast(FunctionType, function)
    proto: Proto = compiled.__globals__["CHUNK"].protos[int(compiled.__code__.co_name[1:])]
    return proto


def function_number(function: LuaFunction) -> int:
    """The number that Luerl shows in `function: 3`: definitions are counted as chunks are loaded.

    -1 for a Python function that a host has put among the values.
    """
    first: int | None = cast(FunctionType, function).__globals__.get("FIRST")
    return -1 if first is None else first + proto_of(function).number


def lua_type(value: Value) -> str:
    """Lua's name for the type of a value; "unknown" for what only Erlang could name."""
    kind = type(value)
    if kind is Table:
        return "table"
    if kind is FunctionType:
        return "function"
    return {type(None): "nil", bool: "boolean", int: "number", float: "number", bytes: "string"}.get(kind, "unknown")
