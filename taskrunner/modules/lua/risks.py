"""Idioms that behave otherwise in production than their author expects, found in the syntax tree (LUERL §1 to §4).

Each row says what production does and what to write instead. These are warnings: whether the line ever runs is not
known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from taskrunner.lua import syntax
from taskrunner.lua.lexer import Source
from taskrunner.modules.findings import Finding

FIDELITY = "MOD-LUA-FIDELITY"
STORAGE = "MOD-LUA-STORAGE"

# path: (what production does, what to do instead)
ABSENT: dict[str, tuple[str, str]] = {
    "string.gmatch": ("always raises an error", "loop with string.find and a position"),
    "string.pack": ("does not exist", "build the text with string.char"),
    "string.unpack": ("does not exist", "read bytes with string.byte"),
    "string.packsize": ("does not exist", "count the bytes yourself"),
    "string.dump": ("always raises an error", "keep the source instead"),
    "table.move": ("does not exist", "copy with a loop"),
    "math.ult": ("does not exist", "compare with <"),
    "utf8.offset": ("always raises an error", "walk with utf8.codes"),
    "debug.traceback": ("does not exist", "use the message alone"),
    "debug.getinfo": ("does not exist", "pass the facts as arguments"),
    "io.read": ("does not exist", "take input from the message"),
    "io.open": ("does not exist", "keep data in state"),
    "io.lines": ("does not exist", "take input from the message"),
    "os.setlocale": ("does not exist", "do without"),
    "xpcall": ("does not exist", "use pcall"),
    "coroutine": ("does not exist", "use plain functions"),
    "_ENV": ("is an ordinary variable that holds nil", "use a table of your own"),
}
METHODS = {"gmatch": "string.gmatch", "pack": "string.pack"}


def risks(chunk: syntax.Function, text: Source) -> Iterator[Finding]:
    """Every risk of a chunk as a warning, each place once."""
    declared = declared_names(chunk)
    for node in syntax.walk(chunk):
        for rule in _RULES:
            for code, message, hint in rule(node, declared):
                line, column = text.place(node.start)
                yield Finding(code, message, text.name, line, column, hint, "warning")
        if isinstance(node, syntax.Constant) and not text.text[node.start : node.end].isascii():
            line, column = text.place(node.start)
            message = "non-ASCII characters of a literal are encoded twice in production"
            hint = 'write the bytes as escapes, "\\195\\169" for "é"'
            yield Finding(FIDELITY, message, text.name, line, column, hint, "warning")
    yield from _one_spelling(chunk, text)


def path_of(node: syntax.Node) -> str:
    """`string.gmatch` for that expression, `print` for a name, empty for anything else."""
    if isinstance(node, syntax.Name):
        return node.name
    if isinstance(node, syntax.Index) and isinstance(node.key, syntax.Constant) and isinstance(node.key.value, bytes):
        head = path_of(node.object)
        return f"{head}.{node.key.value.decode('latin-1')}" if head else ""
    return ""


def declared_names(chunk: syntax.Function) -> set[str]:
    """Names that the chunk itself gives a value anywhere: locals, parameters and globals."""
    found: set[str] = set()
    for node in syntax.walk(chunk):
        match node:
            case syntax.Local(names=names) | syntax.GenericFor(names=names):
                found.update(name.name for name in names)
            case syntax.LocalFunction(name=name) | syntax.NumericFor(name=name):
                found.add(name.name)
            case syntax.Function(parameters=parameters):
                found.update(parameter.name for parameter in parameters)
            case syntax.Assign(targets=targets):
                found.update(target.name for target in targets if isinstance(target, syntax.Name))
            case _:
                continue
    return found


Found = Iterator[tuple[str, str, str]]
Rule = Callable[[syntax.Node, set[str]], Found]


def _absent(node: syntax.Node, declared: set[str]) -> Found:
    path = path_of(node)
    if path in ABSENT and path.partition(".")[0] not in declared:
        does, instead = ABSENT[path]
        yield FIDELITY, f"`{path}` {does} in production", instead
    if isinstance(node, syntax.Method) and node.name in METHODS and path_of(node.object) not in declared - {"s"}:
        does, instead = ABSENT[METHODS[node.name]]
        yield FIDELITY, f"`:{node.name}` {does} in production", instead


def _float_text(node: syntax.Node, _: set[str]) -> Found:
    """`tonumber(x) .. ""` and `tostring(tonumber(x))`: the number is a float and prints as 1.0e3."""
    shown: list[syntax.Expression] = []
    if isinstance(node, syntax.Binary) and node.operator == "..":
        shown = [node.left, node.right]
    elif isinstance(node, syntax.Call) and path_of(node.function) == "tostring":
        shown = list(node.arguments[:1])
    for each in shown:
        inner = each.inner if isinstance(each, syntax.Paren) else each
        if isinstance(inner, syntax.Call) and path_of(inner.function) == "tonumber":
            message = '`tonumber` gives a float: "1000" becomes "1.0e3" as text in production'
            yield FIDELITY, message, "write math.tointeger(tonumber(x)), or use intstr of the skeleton"


def _os_time(node: syntax.Node, _: set[str]) -> Found:
    if isinstance(node, syntax.Call) and path_of(node.function) == "os.time" and node.arguments:
        yield FIDELITY, "`os.time` with a table crashes the call in production, past any pcall", "use req.timestamp"


def _patterns(node: syntax.Node, _: set[str]) -> Found:
    """`%f` in the pattern of find, match or gsub."""
    if isinstance(node, syntax.Method) and node.name in ("find", "match", "gsub"):
        pattern = node.arguments[:1]
    elif isinstance(node, syntax.Call) and path_of(node.function) in ("string.find", "string.match", "string.gsub"):
        pattern = node.arguments[1:2]
    else:
        return
    for each in pattern:
        if isinstance(each, syntax.Constant) and isinstance(each.value, bytes) and b"%f" in each.value:
            yield FIDELITY, "the pattern %f raises an error in production", "compare neighbouring characters"


def _mixed_case_state(node: syntax.Node, _: set[str]) -> Found:
    """`base.Balances`: keys at the top of base are lower-case at the next slot (lua-NOTES 5)."""
    if not isinstance(node, syntax.Assign):
        return
    for target in node.targets:
        path = path_of(target)
        key = path.removeprefix("base.")
        if path.startswith("base.") and "." not in key and key != key.lower():
            message = f"`{path}` is `base.{key.lower()}` at the next slot: it starts empty every time"
            yield STORAGE, message, "use a lower-case name, or keep state in a variable of the module"


_RULES: tuple[Rule, ...] = (_absent, _float_text, _os_time, _patterns, _mixed_case_state)


def _one_spelling(chunk: syntax.Function, text: Source) -> Iterator[Finding]:
    """Tags arrive in lower case; a module that reads only `Action` never sees one."""
    reads = [node for node in syntax.walk(chunk) if isinstance(node, syntax.Index) and path_of(node)]
    names = {path_of(node).rpartition(".")[2] for node in reads}
    if "Action" not in names or "action" in names:
        return
    node = next(node for node in reads if path_of(node).endswith(".Action"))
    line, column = text.place(node.start)
    message = f"only `{path_of(node)}` is read, and tags arrive as `action`"
    hint = "read req.body.Action or req.body.action, then req.Action or req.action"
    yield Finding("MOD-ACTION-NIL", message, text.name, line, column, hint, "warning")
