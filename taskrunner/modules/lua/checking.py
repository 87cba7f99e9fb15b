"""What can be said about a Lua module without running it: does it parse, does it offer `compute`, what is risky in it.

An `error` is certain: the module cannot work, and running it would only say so less clearly. A `warning` is a suspect
that the judge remembers when a test fails. Reads the syntax tree of `taskrunner.lua`; knows no node.
"""

from __future__ import annotations

from collections.abc import Iterator

from taskrunner.errors import TaskrunnerError
from taskrunner.lua import syntax
from taskrunner.lua.lexer import Source
from taskrunner.lua.parser import parse
from taskrunner.modules.findings import Finding
from taskrunner.modules.lua import paths, risks

SIGNATURE = "function compute(base, req, opts)"


def findings(source: bytes, file: str) -> list[Finding]:
    """All findings, errors first, then by line."""
    text = Source(source, file)
    try:
        chunk = parse(text)
    except TaskrunnerError as error:
        return [_broken(error, file)]
    except RecursionError:
        return [Finding("MOD-LUA-SYNTAX", "the source nests too deeply to be read", file, 1, 1)]
    found = [*_entry(chunk, text), *risks.risks(chunk, text)]
    return sorted(set(found), key=lambda finding: (finding.severity != "error", finding.line, finding.column))


def _broken(error: TaskrunnerError, file: str) -> Finding:
    """What does not parse; `goto` parses here and crashes production's compiler."""
    code = error.code if error.code == "MOD-LUA-SYNTAX" else "MOD-LUA-FIDELITY"
    return Finding(code, error.message, file, error.line or 1, error.column or 1, error.hint)


def _entry(chunk: syntax.Function, text: Source) -> Iterator[Finding]:
    """Findings about `compute`: that it is there, is global, takes three parameters, sets results and returns base."""
    missing = list(_framework(chunk, text))
    yield from missing
    compute = _global_compute(chunk)
    if compute is not None:
        yield from _signature(compute, text)
        yield from paths.findings(compute, text)
    elif not missing and not _hidden(chunk):
        yield _absent(chunk, text)


def _global_compute(chunk: syntax.Function) -> syntax.Function | None:
    """The function that the chunk assigns to the global `compute` last, where that can be seen."""
    local = {name for name, _ in _top_locals(chunk)}
    found = None
    for node in syntax.walk(chunk):
        if isinstance(node, syntax.Assign) and "compute" not in local:
            for target, value in zip(node.targets, node.values, strict=False):
                if _is_compute(target):
                    found = value if isinstance(value, syntax.Function) else _named(chunk, value) or found
    return found


def _is_compute(target: syntax.Expression) -> bool:
    return risks.path_of(target) in ("compute", "_G.compute")


def _named(chunk: syntax.Function, value: syntax.Expression) -> syntax.Function | None:
    """The function that a name stands for, if the chunk declares it with `local function`."""
    if not isinstance(value, syntax.Name):
        return None
    declared = (node for node in syntax.walk(chunk) if isinstance(node, syntax.LocalFunction))
    return next((node.function for node in declared if node.name.name == value.name), None)


def _hidden(chunk: syntax.Function) -> bool:
    """Whether `compute` may come from where it cannot be seen: a variable, `load`, or a key of `_G`."""
    for node in syntax.walk(chunk):
        if isinstance(node, syntax.Assign) and any(_is_compute(target) for target in node.targets):
            return "compute" not in {name for name, _ in _top_locals(chunk)}
        if isinstance(node, syntax.Name) and node.name in ("load", "loadstring", "_G", "rawset", "setmetatable"):
            return any(
                isinstance(each, syntax.Constant) and each.value == b"compute" for each in syntax.walk(chunk)
            ) or (node.name in ("load", "loadstring"))
    return False


def _absent(chunk: syntax.Function, text: Source) -> Finding:
    for name, node in _top_locals(chunk):
        if name == "compute":
            line, column = text.place(node.start)
            hint = f"remove the word `local`: {SIGNATURE}"
            message = "`compute` is local, so the node cannot find it"
            return Finding("MOD-LUA-LOCAL-COMPUTE", message, text.name, line, column, hint)
    message = "the module has no global function `compute`, which the node calls for every slot"
    return Finding("MOD-LUA-NO-COMPUTE", message, text.name, 1, 1, f"add `{SIGNATURE} ... return base end`")


def _top_locals(chunk: syntax.Function) -> Iterator[tuple[str, syntax.Node]]:
    for statement in chunk.body.statements:
        if isinstance(statement, syntax.LocalFunction):
            yield statement.name.name, statement
        elif isinstance(statement, syntax.Local):
            yield from ((name.name, statement) for name in statement.names)


def _signature(compute: syntax.Function, text: Source) -> Iterator[Finding]:
    count = len(compute.parameters)
    if count != 3 and not compute.is_vararg:
        line, column = text.place(compute.start)
        message = f"`compute` takes {count} parameter{'' if count == 1 else 's'}; the node calls it with three"
        yield Finding("MOD-LUA-ARITY", message, text.name, line, column, f"write `{SIGNATURE}`")


def _framework(chunk: syntax.Function, text: Source) -> Iterator[Finding]:
    """`Handlers`, `ao.send` and `msg.reply` belong to the aos framework, which a plain module runs without."""
    declared = risks.declared_names(chunk)
    for node in syntax.walk(chunk):
        used = _framework_call(node)
        if not used or used.partition(".")[0] in declared - {"msg", "Msg"} or _is_asked_for(chunk, used):
            continue
        if used.lower() == "msg.reply" and ("Handlers" in declared or _sets_reply(chunk)):
            continue
        line, column = text.place(node.start)
        message = f"`{used}` belongs to the aos framework, which is not there in a plain module"
        hint = "answer through base.results.outbox; or make it a task of type `aos`"
        yield Finding("MOD-LUA-FRAMEWORK", message, text.name, line, column, hint)
        return


def _framework_call(node: syntax.Node) -> str:
    """`Handlers.add`, `ao.send` or `msg.reply` where that is called, else nothing."""
    if not isinstance(node, syntax.Call):
        return ""
    path = risks.path_of(node.function)
    return path if path.startswith("Handlers.") or path in ("ao.send", "ao.spawn", "msg.reply", "Msg.reply") else ""


def _is_asked_for(chunk: syntax.Function, used: str) -> bool:
    """Whether the module asks if the framework is there before it uses it (`if Handlers then`)."""
    head = used.partition(".")[0]
    tests = [test for node in syntax.walk(chunk) if isinstance(node, syntax.If) for test, _ in node.tests]
    tests += [node.left for node in syntax.walk(chunk) if isinstance(node, syntax.Binary) and node.operator == "and"]
    return any(risks.path_of(each) in (head, used) for test in tests for each in syntax.walk(test))


def _sets_reply(chunk: syntax.Function) -> bool:
    """Whether the module itself gives messages a `reply`."""
    for node in syntax.walk(chunk):
        if isinstance(node, syntax.Assign) and any(risks.path_of(target).endswith(".reply") for target in node.targets):
            return True
        if isinstance(node, syntax.Field) and isinstance(node.key, syntax.Constant) and node.key.value == b"reply":
            return True
    return False
