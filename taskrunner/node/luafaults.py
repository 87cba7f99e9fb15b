"""What a caller is told when a module fails: production's trace or Erlang term, and our own file, line and sentence.

    error("boom") in compute   ->   500 {"trace": {"1": {"parameters": {"1": "boom"}}, "2": {"function": "compute",
                                         "line": "-no-file-:2", "parameters": {...}}}}

Knows how Lua errors look and how a node tells them; runs nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from taskrunner.lua import FidelityCrash, LimitError, LuaError, LuaSyntaxError, Stop
from taskrunner.lua.border import Opaque, from_lua
from taskrunner.lua.erlang import binary_term
from taskrunner.lua.texts import error_text
from taskrunner.lua.trace import Caught, Frame
from taskrunner.lua.values import Table, is_function
from taskrunner.node.results import PRINTED_OOPS, Failure, Oops, Result
from taskrunner.node.values import Message
from taskrunner.wire import Atom

MAX_FRAMES = 40


def of_error(error: LuaError) -> Result:
    """A Lua error that left `compute`: status 500 and the trace; the text of the error is not in it (NODE.md)."""
    try:
        value: Message = {"status": 500, "trace": trace(error)}
    except NoForm:
        value = {"status": 500, "body": PRINTED_OOPS}
    return Result("error", value, failure_of(error))


def of_stop(error: Stop) -> Result:
    """An Erlang crash past every pcall, or one of our limits."""
    if isinstance(error, FidelityCrash):
        body = f"Erlang error while running Lua: {error.reason}"
    else:
        body = f"The module was stopped: {error.message}"
    return Result("error", {"status": 500, "body": body.encode()}, failure_of(error))


def of_loading(error: LuaError | LuaSyntaxError | Stop) -> Oops:
    """A module that does not load: a real node tells no line, and for syntax errors no message."""
    failure = failure_of(error)
    if isinstance(error, LuaSyntaxError):
        return Oops("{badmatch,error}", failure=failure)
    if isinstance(error, LuaError):
        return Oops(f"{{badmatch,{{lua_error,{reason_term(error)},{{luerl,...}}}}}}", failure=failure)
    if isinstance(error, FidelityCrash):
        return Oops(error.reason, failure=failure)
    return Oops(f"{{badmatch,{{error,{error.message}}}}}", failure=failure)


def failure_of(error: LuaError | LuaSyntaxError | Stop) -> Failure:
    """Our own account: the sentence, the user's file and line, the traceback with the innermost frame first."""
    found: list[Frame] = getattr(error, "traceback", None) or []
    frames = tuple(_row(frame) for frame in found[:MAX_FRAMES] if frame.kind == "lua")
    function = next((frame.function for frame in found if frame.kind == "lua"), "")
    if isinstance(error, LuaError):
        message = error_text(error).decode("utf-8", "replace")
        return Failure("MOD-LUA-ERROR", message, error.file, error.line, None, function, frames)
    hint = _LIMIT_HINT if isinstance(error, LimitError) else error.hint
    return Failure(error.code, error.message, error.file, error.line, error.column, function, frames, hint=hint)


def of_caught(caught: Caught, value: Any, module: frozenset[str]) -> Failure | None:
    """Our account of an error that the process answered with: its text stands in `results.output`, its place nowhere.

    `module` names the files of the process's module (HyperAOS): the place is the innermost line outside of it.
    """
    output = value.get("results", {}).get("output") if isinstance(value.get("results"), dict) else None
    if not caught.text or not isinstance(output, dict):
        return None
    shown = [output[key] for key in ("error", "data") if isinstance(output.get(key), bytes)]
    if not any(caught.text in each for each in shown) or ("error" not in output and "prompt" in output):
        return None
    return _outside(caught, module) or Failure("MOD-LUA-ERROR", caught.text.decode("utf-8", "replace"))


def after_caught(caught: Caught | None, result: Result, module: frozenset[str]) -> Result:
    """A failure that began with an error of a script, which the module caught and then failed itself."""
    began = _outside(caught, module) if caught is not None else None
    if began is None or result.failure is None:
        return result
    hint = f"the error was caught, then the module failed itself ({result.failure.message}): all later slots fail"
    return replace(result, failure=replace(began, hint=hint))


def _outside(caught: Caught, module: frozenset[str]) -> Failure | None:
    """The place of a caught error outside the module's own files; None if it has none."""
    frames = [frame for frame in caught.frames if frame.kind == "lua" and frame.file not in module]
    if not frames:
        return None
    words, inner = caught.text.decode("utf-8", "replace"), frames[0]
    rows = tuple(_row(frame) for frame in frames[:MAX_FRAMES])
    return Failure("MOD-LUA-ERROR", words, inner.file, inner.line, None, inner.function, rows)


_LIMIT_HINT = "let it end, or do less for one message: production has no such limit, and other requests would wait"


def _row(frame: Frame) -> dict[str, Any]:
    return {"file": frame.file, "line": frame.line, "function": frame.function}


def trace(error: LuaError) -> Message:
    """The frames as production shows them: functions, statement lines and decoded arguments, from 1."""
    called = error.kind == "undefined_function"
    frames = [frame for frame in error.traceback if called or frame.kind != "undefined"]
    return {str(number): _entry(frame) for number, frame in enumerate(frames[:MAX_FRAMES], 1)}


def _entry(frame: Frame) -> Message:
    parameters = {str(number): _parameter(value) for number, value in enumerate(frame.args, 1)}
    if frame.kind == "builtin":
        return {"parameters": parameters}
    if frame.kind == "undefined":
        return {"function": _parameter(frame.value, "nil"), "line": b"-no-file-:1", "parameters": parameters}
    name: Any = frame.function.encode() if frame.function else Atom("nil")
    return {"function": name, "line": f"-no-file-:{frame.device_line}".encode(), "parameters": parameters}


def _parameter(value: Any, absent: str = "nil") -> Any:
    if value is None:
        return Atom(absent)
    try:
        found = from_lua(value)
    except Stop:
        return Atom("nil")
    if isinstance(found, Opaque) and found.builtin:
        raise NoForm
    return found


class NoForm(Exception):
    """A trace that holds a built-in function has no form on the wire: a real node fails once more, while answering."""


def reason_term(error: LuaError) -> str:
    """The reason as an Erlang term: `{illegal_index,nil,<<"name">>}`."""
    if error.kind == "term":
        return _BYTES.sub(_as_text, str(error.reason[1]))
    return "{" + ",".join(map(term, error.reason)) + "}" if len(error.reason) > 1 else error.kind


def _as_text(match: re.Match[str]) -> str:
    return binary_term(bytes(int(code) for code in match[1].split(",")))


_BYTES = re.compile(r"<<(\d{1,3}(?:,\d{1,3})*)>>")


def term(value: Any) -> str:
    """A Lua value, or a tuple of an error's reason, as Erlang prints it."""
    if isinstance(value, list | tuple):
        return "[" + ",".join(term(item) for item in value) + "]"
    if isinstance(value, bytes):
        return binary_term(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nil"
    if isinstance(value, Table):
        return f"{{tref,{value.id}}}"
    if is_function(value):
        return "#Fun<luerl>"
    return str(value)
