"""The ways in which Lua code can end other than by returning, as exceptions.

`LuaError` is what `pcall` catches: it carries Luerl's reason as data, the text is made when somebody asks (errortext).
Everything under `Stop` goes past every `pcall`: production would crash there, or would not come back.
"""

from __future__ import annotations

from typing import Any, ClassVar

from taskrunner.errors import TaskrunnerError


class LuaError(Exception):
    """An error that Luerl raises as `{lua_error, Reason, State}`; `reason` is a tuple whose first item names the kind.

    `("error_call", args)`, `("badarg", "sub", args)`, `("badarith", "+", args)`, `("illegal_index", value, key)`,
    `("undefined_function", value)`, `("undefined_method", object, name)`, `("illegal_value", "concat", value)`,
    `("illegal_comp", "sort")`, `("assert_error", value)`, `("error_message", text)`, `("invalid_char_class", code)`,
    `("invalid_pattern",)`, `("invalid_capture",)`, `("invalid_char_set",)`, `("illegal_return_value",)`, or
    `("term", text)` for a reason that Luerl prints as an Erlang term.
    """

    def __init__(self, *reason: Any) -> None:
        super().__init__(*reason)
        self.reason = reason
        self.file: str | None = None  # where it was raised, filled when it leaves the VM
        self.line: int | None = None
        self.traceback: list[Any] = []  # taskrunner.lua.trace.Frame, innermost first; filled when it leaves the VM

    @property
    def kind(self) -> str:
        """The first item of the reason."""
        return str(self.reason[0])


class Stop(TaskrunnerError):
    """Ends the whole call, past every `pcall`."""

    def __init__(self, message: str, **place: Any) -> None:
        super().__init__(message, **place)
        self.traceback: list[Any] = []  # as in LuaError


class FidelityError(Stop):
    """Production would not do what a Lua author expects here, so we stop and say what it would do."""

    default_code: ClassVar[str] = "MOD-LUA-FIDELITY"


class FidelityCrash(FidelityError):
    """Production's Erlang code crashes here (LUERL §3): `reason` is the Erlang reason, `where` its function."""

    default_code: ClassVar[str] = "MOD-LUA-CRASH"

    def __init__(self, reason: str, where: str = "", **place: Any) -> None:
        at = f" in {where}" if where else ""
        super().__init__(f"production crashes here, past any pcall: {reason}{at}", **place)
        self.reason = reason
        self.where_in_erlang = where


_LIMIT_CODES = {
    "steps": "MOD-TIME-LIMIT",
    "time": "MOD-TIME-LIMIT",
    "memory": "MOD-MEMORY-LIMIT",
    "string": "MOD-MEMORY-LIMIT",
    "depth": "MOD-MEMORY-LIMIT",
}


class LimitError(Stop):
    """A limit was reached: `limit` is one of steps, memory, string, depth, time."""

    default_code: ClassVar[str] = "MOD-LUA-LIMIT"

    def __init__(self, limit: str, message: str, **place: Any) -> None:
        place.setdefault("code", _LIMIT_CODES.get(limit, self.default_code))
        super().__init__(message, **place)
        self.limit = limit


class LuaSyntaxError(TaskrunnerError):
    """A chunk that does not compile; `luerl_text` is what production's `load` returns beside nil."""

    default_code: ClassVar[str] = "MOD-LUA-SYNTAX"

    def __init__(self, message: str, luerl_text: bytes, **place: Any) -> None:
        super().__init__(message, **place)
        self.luerl_text = luerl_text
