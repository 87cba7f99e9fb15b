"""How Luerl shows values and errors: type names, `tostring` without metamethods, and its error messages (LUERL §7).

An error travels as its reason (errors.LuaError); only here does it become text. In reasons a Python `str` is an
Erlang atom, `bytes` is a Lua string. Knows values and numbers, not the VM.
"""

from __future__ import annotations

from typing import Any

from taskrunner.lua.erlang import Unknown, checked_binary, utf8_or_latin1
from taskrunner.lua.errors import LuaError
from taskrunner.lua.numbers import number_text
from taskrunner.lua.values import HOST, Table, builtin_of, function_number, is_function


def type_name(value: Any) -> bytes:
    """What `type(value)` gives; values that Lua cannot name are "unknown"."""
    kind = type(value)
    if kind is bytes:
        return b"string"
    if kind is int or kind is float:
        return b"number"
    if value is None:
        return b"nil"
    if kind is bool:
        return b"boolean"
    if kind is Table:
        return b"table"
    return b"function" if is_function(value) else b"unknown"


def raw_tostring(value: Any) -> bytes:
    """`tostring(value)` for a value without `__tostring`: `1.0e3`, `table: 14`, `function: luerl_lib_basic:print`."""
    kind = type(value)
    if kind is bytes:
        return value  # type: ignore[no-any-return]
    if kind is int or kind is float:
        return number_text(value)
    if value is None:
        return b"nil"
    if kind is bool:
        return b"true" if value else b"false"
    if kind is Table:
        return b"table: %d" % value.id
    return _function_text(value) if is_function(value) else b"unknown"


def _function_text(function: Any) -> bytes:
    builtin = builtin_of(function)
    if builtin is None:
        return b"function: %d" % function_number(function)
    if builtin.module in HOST:
        return f"function: #Fun<{builtin.module}>".encode()
    return f"function: {builtin.module}:{builtin.name}".encode()


def shown(value: Any) -> bytes:
    """A value inside an error message: `nil`, `1.0e3`, `'text'`, `table`, `function`, a built-in's bare name."""
    if isinstance(value, tuple | list):
        return b",".join(shown(item) for item in value)
    if isinstance(value, str):
        return b"'" + value.encode("utf-8") + b"'"
    kind = type(value)
    if kind is bytes:
        return b"'" + utf8_or_latin1(value) + b"'"
    if kind is Table:
        return b"table"
    if is_function(value):
        builtin = builtin_of(value)
        return b"function" if builtin is None else builtin.name.encode()
    if isinstance(value, Unknown):
        return b"userdata" if value.term.startswith("{usdref") else b"unknown stuff"
    return raw_tostring(value)


_TEMPLATES: dict[str, tuple[bytes, tuple[int, ...]]] = {
    "badarg": (b"bad argument %s to %s", (2, 1)),
    "badarith": (b"bad arithmetic %s on %s", (1, 2)),
    "illegal_index": (b"invalid index in %s: %s", (1, 2)),
    "undefined_function": (b"undefined function %s", (1,)),
    "undefined_method": (b"undefined method %s in %s", (2, 1)),
    "illegal_op": (b"illegal op: %s", (1,)),
}
_FIXED: dict[str, bytes] = {
    "illegal_return_value": b"illegal format of return value",
    "invalid_pattern": b"malformed pattern",
    "invalid_capture": b"malformed pattern",
    "invalid_char_set": b"malformed pattern (missing ']')",
}


def error_text(error: LuaError) -> bytes:
    """The message of an error as Luerl formats it for somebody outside Lua."""
    reason = error.reason
    kind = error.kind
    if kind in _TEMPLATES:
        template, order = _TEMPLATES[kind]
        return template % tuple(shown(reason[index]) for index in order)
    if kind in _FIXED:
        return _FIXED[kind]
    if kind == "illegal_value":
        where = b" in " + shown(reason[1]) if len(reason) > 2 else b""
        return b"invalid value%s: %s" % (where, shown(reason[-1]))
    if kind == "illegal_comp":
        return b"illegal comparison in " + str(reason[1]).encode()
    if kind == "invalid_char_class":
        return f"malformed pattern (class {chr(reason[1])})".encode()
    if kind == "assert_error":
        return reason[1] + b"!" if type(reason[1]) is bytes else b"error object is a %s!" % type_name(reason[1])
    if kind == "error_message":
        return bytes(reason[1])
    if kind == "error_call":
        return _error_call_text(reason[1])
    return f"{reason[1]}!".encode()


def _error_call_text(args: Any) -> bytes:
    first = args[0] if args else None
    if type(first) is bytes:
        return first
    if type(first) is int or type(first) is float:
        return number_text(first)
    return b"error object is a %s value" % type_name(first)


def pcall_text(error: LuaError) -> bytes | Unknown:
    """The second value of a failed `pcall`: always text, whatever was raised (LUERL `pcall-string`)."""
    if error.kind == "error_call":
        args = error.reason[1]
        return raw_tostring(args[0]) if args else b"nil"
    return checked_binary(error_text(error))
