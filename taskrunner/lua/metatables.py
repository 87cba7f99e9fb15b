"""Metatables and everything that consults them: fields, methods, calls of what is no function (LUERL §2 "Metatables").

`Metatables` is one part of the VM. Its public methods are also the helpers that compiled code falls back on, so they
call Lua functions directly, Python function to Python function, and never through the C stack.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any, Final

from taskrunner.lua.errors import LimitError, LuaError
from taskrunner.lua.limits import Meter
from taskrunner.lua.values import LuaFunction, Table, Value, Values

_CHAIN: Final = 10_000  # links of an __index or __newindex chain; a longer one is a loop, which hangs production
_CALL_CHAIN: Final = 100  # __call leading to __call; each link costs C stack
_SPREAD_DEPTH: Final = 400  # calls with more arguments than that, open inside each other, use the C stack


_WITHOUT_STACK: Final = 200
_SPREADERS: Final[dict[int, Callable[[LuaFunction, Values], Values]]] = {}


def _spreader(size: int) -> Callable[[LuaFunction, Values], Values]:
    """A function that calls with exactly so many arguments, which Python does without C stack, unlike `f(*args)`."""
    listed = ", ".join(f"args[{index}]" for index in range(size))
    made: Callable[[LuaFunction, Values], Values] = eval(f"lambda function, args: function({listed})")
    _SPREADERS[size] = made
    return made


class _Odd(Table):
    """Stands for a metatable that is no table (debug.setmetatable takes anything): it has no metamethods."""

    __slots__ = ("value",)
    value: Value


class Metatables:
    """Metatables of values and of types, and access through them."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self._type_metatables: dict[type, Table | None] = {}
        self._spreading = 0

    def get_metatable(self, value: Value) -> Table | None:
        """The metatable of a table, or of the type of another value."""
        meta = value.meta if type(value) is Table else self._type_metatables.get(type(value))
        return meta.value if type(meta) is _Odd else meta

    def set_metatable(self, value: Value, meta: Table | None) -> None:
        """Sets it, for a table or for all values of a type; functions and unknown values have none."""
        kind = type(value)
        if meta is not None and type(meta) is not Table:
            odd = _Odd()
            odd.value = meta
            meta = odd
        if kind is Table:
            value.meta = meta
        elif kind is int or kind is float:
            self._type_metatables[int] = self._type_metatables[float] = meta
        elif kind is bytes or kind is bool or value is None:
            self._type_metatables[kind] = meta

    def metamethod(self, value: Value, event: bytes) -> Value:
        """The entry of the value's metatable, None if there is none."""
        meta = value.meta if type(value) is Table else self._type_metatables.get(type(value))
        return meta.get(event) if meta is not None else None

    def index(self, container: Value, key: Value) -> Value:
        """`container[key]`; raises illegal_index for what cannot be indexed."""
        for _ in range(_CHAIN):
            if type(container) is Table:
                value = container.raw(key)
                meta = container.meta
                if value is not None or meta is None:
                    return value
                handler = meta.get(b"__index")
                if handler is None:
                    return None
            else:
                meta = self._type_metatables.get(type(container))
                handler = meta.get(b"__index") if meta is not None else None
                if handler is None:
                    raise LuaError("illegal_index", container, key)
            if type(handler) is FunctionType:
                values = handler(container, key)
                return values[0] if values else None
            container = handler
        raise LimitError("steps", "an __index chain leads back to itself: production would never return")

    def set_index(self, container: Value, key: Value, value: Value) -> None:
        """`container[key] = value`."""
        for _ in range(_CHAIN):
            if key is None:
                raise LuaError("illegal_index", container, None)
            if type(container) is Table:
                meta = container.meta
                handler = meta.get(b"__newindex") if meta is not None else None
                if handler is None or container.raw(key) is not None:
                    container.put(key, value)
                    return
            else:
                meta = self._type_metatables.get(type(container))
                handler = meta.get(b"__newindex") if meta is not None else None
                if handler is None:
                    raise LuaError("illegal_index", container, key)
            if type(handler) is FunctionType:
                handler(container, key, value)
                return
            container = handler
        raise LimitError("steps", "a __newindex chain leads back to itself: production would never return")

    def method(self, container: Value, name: bytes) -> LuaFunction:
        """What `container:name()` calls, given the container as first argument."""
        if type(container) is Table and container.meta is not None and container.get(name) is None:
            handler = container.meta.get(b"__index")
            if type(handler) is Table and type(found := handler.get(name)) is FunctionType:
                return found  # an object whose class has the method
        try:
            handler, found = self._find(container, name)
        except LuaError:
            return _undefined_method(container, name)
        if handler is not None:
            found = first(handler(found, name))
        return found if type(found) is FunctionType else self.callee(found)

    def _find(self, container: Value, key: Value) -> tuple[LuaFunction | None, Value]:
        """As `index`, but calls no function: gives it with what it is to be asked about, or None and the value."""
        for _ in range(_CHAIN):
            value = container.raw(key) if type(container) is Table else None
            if value is not None:
                return None, value
            handler = self.metamethod(container, b"__index")
            if handler is None:
                if type(container) is Table:
                    return None, None
                raise LuaError("illegal_index", container, key)
            if type(handler) is FunctionType:
                return handler, container
            container = handler
        raise LimitError("steps", "an __index chain leads back to itself: production would never return")

    def callee(self, value: Value) -> LuaFunction:
        """Something to call in place of `value`, which is no function: its `__call`, or what raises the error."""
        bound: list[Value] = []
        for _ in range(_CALL_CHAIN):
            if type(value) is FunctionType:
                function: LuaFunction = value
                for item in reversed(bound):
                    function = MethodType(function, item)
                return function
            handler = self.metamethod(value, b"__call")
            if handler is None:
                return _undefined(value)
            bound.append(value)
            value = handler
        raise LimitError("steps", "a __call chain leads back to itself: production would never return")

    def spread(self, function: LuaFunction, args: Values) -> Values:
        """Calls with an open number of arguments; up to two hundred without the C stack."""
        size = len(args)
        if size == 1:
            return function(args[0])
        if size == 2:
            return function(args[0], args[1])
        if size <= _WITHOUT_STACK:
            return (_SPREADERS.get(size) or _spreader(size))(function, args)
        self.meter.count(size)
        if self._spreading > _SPREAD_DEPTH:
            raise LimitError("depth", "calls with hundreds of open arguments nested too deeply for this engine")
        self._spreading += 1
        try:
            return function(*args)
        finally:
            self._spreading -= 1

    def invoke(self, function: Value, args: Values) -> Values:
        """Calls any value with these arguments."""
        return self.spread(function if type(function) is FunctionType else self.callee(function), args)


def first(values: Values) -> Value:
    """The first of several values, nil if there is none."""
    return values[0] if values else None


def _undefined(value: Value) -> LuaFunction:
    """Raises production's error for a call of what is no function, once the arguments are there."""

    def undefined(*args: Any) -> Values:
        raise LuaError("undefined_function", value)

    return undefined


def _undefined_method(container: Value, name: bytes) -> LuaFunction:
    """Raises production's error for a method of what cannot be indexed, when called."""

    def undefined(*args: Any) -> Values:
        raise LuaError("undefined_method", container, name)

    return undefined
