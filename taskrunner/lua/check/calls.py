"""Rules about calls of the library: what is missing, what always fails, what prints differently (LUERL §2 to §4)."""

from __future__ import annotations

from typing import Final

from taskrunner.lua import syntax
from taskrunner.lua.check.context import Report, Spot, called, dotted, plain, text_of
from taskrunner.lua.errors import LuaError
from taskrunner.lua.lib.patterns import compile_pattern

_MISSING: Final = frozenset(
    (
        *("string.pack", "string.unpack", "string.packsize", "string.dump", "table.move", "math.ult", "utf8.offset"),
        *("debug.traceback", "debug.getinfo", "debug.sethook", "debug.getlocal", "debug.getupvalue", "debug.upvalueid"),
        *("io.read", "io.open", "io.lines", "io.stdout", "io.stderr", "io.stdin", "io.close", "io.input", "io.output"),
        *("os.setlocale", "package.loadlib", "package.cpath", "setfenv", "getfenv", "module"),
    )
)
_HOST: Final = frozenset(("os.execute", "os.exit", "os.remove", "os.rename"))
_PATTERNED: Final = frozenset(("string.find", "string.match", "string.gsub"))
_TEXT_METHODS: Final = frozenset(("find", "match", "gsub", "gmatch", "format", "sub", "rep", "pack", "unpack"))


def check_call(spot: Spot, report: Report) -> None:
    """Everything about one call, also of string methods on any receiver."""
    node = spot.node
    name, arguments = called(node)
    if isinstance(node, syntax.Method) and node.name not in _TEXT_METHODS:
        return
    if name == "string.gmatch":
        report.add("MOD-LUA-GMATCH", node)
    elif name == "xpcall":
        report.add("MOD-LUA-XPCALL", node)
    elif name == "collectgarbage":
        report.add("MOD-LUA-GC", node)
    elif name in ("load", "loadstring") and len(arguments) > 2:
        report.add("MOD-LUA-LOAD-ENV", node)
    elif name in _PATTERNED:
        _check_pattern(name, node, arguments, report)
    elif name == "string.format":
        _check_format(node, arguments, report)
    elif name.startswith("os."):
        _check_os(name, node, arguments, report)
    elif name in ("error", "assert"):
        _check_raise(name, node, arguments, report)
    if name in ("string.find", "string.sub", "string.match") and any(map(_is_nil, arguments[2:])):
        report.add("MOD-LUA-NIL-OPTION", node)
    if name in ("tostring", "print", "io.write"):
        for argument in arguments:
            check_printed(argument, report)


def check_name(spot: Spot, report: Report) -> None:
    """Library functions that do not exist, wherever they are named."""
    node = spot.node
    name = dotted(node)
    if spot.is_tested:
        return
    if name.startswith("coroutine.") or (name == "coroutine" and not isinstance(spot.parents[0], syntax.Index)):
        report.add("MOD-LUA-COROUTINE", node, name)
    elif name in _MISSING:
        report.add("MOD-LUA-MISSING", node, name)
    elif name in _HOST:
        report.add("MOD-LUA-OS-HOST", node, name)
    elif name == "_ENV":
        report.add("MOD-LUA-ENV", node)


def check_printed(expression: syntax.Node, report: Report) -> None:
    """An operand of `..` or an argument of tostring: numbers that print in another form."""
    expression = plain(expression)
    name, arguments = called(expression)
    if name == "tonumber" or dotted(expression) in report.from_text:
        report.add("MOD-LUA-TONUMBER", expression)
    elif (name == "select" and arguments and text_of(arguments[0]) == "#") or (name == "rawlen"):
        report.add("MOD-LUA-COUNT-FLOAT", expression)
    elif name == "os.time":
        report.add("MOD-LUA-OS-TIME", expression)
    elif isinstance(expression, syntax.Binary) and expression.operator in ("/", "^"):
        report.add("MOD-LUA-FLOAT-TEXT", expression)


def _check_pattern(name: str, node: syntax.Node, arguments: tuple[syntax.Expression, ...], report: Report) -> None:
    pattern = arguments[1] if len(arguments) > 1 else None
    if not isinstance(pattern, syntax.Constant) or not isinstance(pattern.value, bytes):
        return
    if name == "string.find" and len(arguments) > 3 and not _is_nil(arguments[3]):
        return
    try:
        compiled = compile_pattern(pattern.value)
    except LuaError:
        report.add("MOD-LUA-PATTERN", pattern, text_of(pattern) or "")
        return
    if b":%d+:" in pattern.value or b"attempt to " in pattern.value:
        report.add("MOD-LUA-ERROR-MATCH", pattern)
    if b"%p" in pattern.value:
        report.add("MOD-LUA-PATTERN-PUNCT", pattern)
    if name == "string.match" and compiled.search(b"", 0, lambda _steps: None) is not None:
        report.add("MOD-LUA-PATTERN-EMPTY", node)
    replacement = text_of(arguments[2]) if name == "string.gsub" and len(arguments) > 2 else None
    if replacement and any(f"%{digit}" in replacement for digit in range(compiled.captures + 1, 10)):
        report.add("MOD-LUA-GSUB-CAPTURE", node)


def _check_format(node: syntax.Node, arguments: tuple[syntax.Expression, ...], report: Report) -> None:
    source = text_of(plain(arguments[0])) if arguments else None
    for argument in arguments[1:]:
        if called(plain(argument))[0] == "os.time":
            report.add("MOD-LUA-OS-TIME", argument)
    if source is None:
        return
    if "\\" in source:
        report.add("MOD-LUA-FORMAT-BACKSLASH", node)
    for spec in _specs(source):
        if spec[-1:] in "aAgGeEq" or (spec[-1:] in "fF" and ".0" in spec):
            report.add("MOD-LUA-FORMAT", node, f"%{spec}")


def _specs(source: str) -> list[str]:
    found: list[str] = []
    at = source.find("%")
    while 0 <= at < len(source) - 1:
        end = at + 1
        while end < len(source) and source[end] in "#0- +.123456789":
            end += 1
        found.append(source[at + 1 : end + 1])
        at = source.find("%", end + 1)
    return [spec for spec in found if spec]


def _check_os(name: str, node: syntax.Node, arguments: tuple[syntax.Expression, ...], report: Report) -> None:
    if name == "os.time" and arguments:
        report.add("MOD-LUA-OS-TIME-TABLE", node)
    elif name == "os.date" and arguments and (text_of(arguments[0]) or "").startswith("!"):
        report.add("MOD-LUA-OS-DATE", node)


def _check_raise(name: str, node: syntax.Node, arguments: tuple[syntax.Expression, ...], report: Report) -> None:
    if name == "error" and arguments and isinstance(plain(arguments[0]), syntax.TableConstructor):
        report.add("MOD-LUA-ERROR-TABLE", node)
    elif name == "assert" and len(arguments) > 1:
        report.add("MOD-LUA-ASSERT-TEXT", node)


def _is_nil(node: syntax.Node) -> bool:
    return isinstance(node, syntax.Constant) and node.value is None
