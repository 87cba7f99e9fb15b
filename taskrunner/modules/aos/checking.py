"""The pitfalls of HyperAOS scripts, on the syntax tree: what fails everywhere, and what only our boot forgives.

An `error` is certain. A `warning` names a line that the measured boot (aos-NOTES) answers differently, or where
production's Lua surprises; whether the line ever runs is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator

from taskrunner.errors import TaskrunnerError
from taskrunner.lua import syntax
from taskrunner.lua.check import check_tree
from taskrunner.lua.lexer import Source
from taskrunner.lua.parser import parse
from taskrunner.modules.findings import Finding
from taskrunner.modules.lua.risks import finding_of, path_of

FIELDS = ("From", "Data", "Action", "Id", "Owner", "Target", "Timestamp")
ABSENT = frozenset({"ao.id", "ao.env", "ao.isTrusted", "ao.assign"})
SENDERS = frozenset({"Send", "ao.send", "msg.reply", "msg.forward"})
UTILS = {
    "Handlers.utils.hasMatchingTag": "raises for every message on the measured boot, Evals too",
    "Handlers.utils.hasMatchingTagOf": "raises for every message on the measured boot, Evals too",
    "Handlers.utils.hasMatchingData": "never matches on the measured boot",
}
BIG = 10**15


def findings(source: bytes, file: str) -> list[Finding]:
    """All findings, errors first, then by line."""
    text = Source(source, file)
    try:
        chunk = parse(text)
    except TaskrunnerError as error:
        code = error.code if error.code == "MOD-LUA-SYNTAX" else "MOD-LUA-FIDELITY"
        return [Finding(code, error.message, file, error.line or 1, error.column or 1, error.hint)]
    except RecursionError:
        return [Finding("MOD-LUA-SYNTAX", "the source nests too deeply to be read", file, 1, 1)]
    found = [*_Check(chunk, text).all(), *(finding_of(remark) for remark in check_tree(chunk, text))]
    return sorted(set(found), key=lambda each: (each.severity != "error", each.line, each.column))


class _Check:
    """One script under the check."""

    def __init__(self, chunk: syntax.Function, text: Source) -> None:
        self.chunk, self.text = chunk, text
        self.nodes = list(syntax.walk(chunk))
        self.messages = {"msg", "Msg"} | set(_message_names(self.nodes))
        self.tested = self._tested()
        self.guarded = {id(node) for node in self.nodes for node in _guarded(node)}

    def all(self) -> Iterator[Finding]:
        """Every finding, in no order."""
        for node in self.nodes:
            if isinstance(node, syntax.Assign):
                yield from self._compute(node)
            elif isinstance(node, syntax.Call | syntax.Method):
                yield from self._call(node)
            elif isinstance(node, syntax.Index):
                yield from self._field(node)

    def _finding(self, code: str, node: syntax.Node, message: str, hint: str, severity: str = "warning") -> Finding:
        line, column = self.text.place(node.start)
        return Finding(code, message, self.text.name, line, column, hint, severity)

    def _compute(self, node: syntax.Assign) -> Iterator[Finding]:
        for target in node.targets:
            if path_of(target) in ("compute", "Handlers", "_G.compute"):
                message = (
                    f"`{path_of(target)}` is HyperAOS's own: this replaces it, and the process answers nothing more"
                )
                hint = "add handlers with Handlers.add; a module with `compute` is a task of type module-lua"
                yield self._finding("MOD-LUA-FRAMEWORK", target, message, hint, "error")

    def _call(self, node: syntax.Call | syntax.Method) -> Iterator[Finding]:
        if _is_receive(node):
            message = "receive() is not implemented in HyperAOS: nothing waits for an answer inside a handler"
            yield self._finding("MOD-AOS-RECEIVE", node, message, "add a handler for the answer's Action instead")
        if not isinstance(node, syntax.Call):
            return
        name = path_of(node.function)
        if name in UTILS:
            yield self._finding("MOD-AOS-UTILS", node, f"{name} {UTILS[name]}", "compare msg.body.NAME in a function")
        if name == "Handlers.utils.reply" and any(isinstance(a, syntax.TableConstructor) for a in node.arguments):
            message = "Handlers.utils.reply with a table fails at its second message on the measured boot"
            yield self._finding("MOD-AOS-UTILS", node, message, "write function (msg) msg.reply({ ... }) end")
        if self._sends(name):
            yield from self._lower_action(node)
            for each in (inner for argument in node.arguments for inner in syntax.walk(argument)):
                if isinstance(each, syntax.Constant):
                    yield from self._number(each)

    def _sends(self, name: str) -> bool:
        head, _, last = name.rpartition(".")
        return name in SENDERS or (head in self.messages and last in ("reply", "forward"))

    def _lower_action(self, node: syntax.Call) -> Iterator[Finding]:
        tables = (each for each in node.arguments if isinstance(each, syntax.TableConstructor))
        for field in (field for table in tables for field in table.fields):
            if isinstance(field.key, syntax.Constant) and field.key.value == b"action":
                message = "the tag is written `action`; handlers and readers of answers look for `Action`"
                yield self._finding("MOD-AOS-ACTION", field, message, 'write Action = "..."')

    def _field(self, node: syntax.Index) -> Iterator[Finding]:
        path = path_of(node)
        head, _, name = path.partition(".")
        if path in ABSENT:
            hint = "guard it with `or`, or keep what you need in a variable of your own"
            yield self._finding("MOD-AOS-FIELD", node, f"`{path}` is empty or nil on the measured boot", hint)
        if head not in self.messages or id(node) in self.guarded:
            return
        if name.startswith("Tags.") and f"{head}.Tags" not in self.tested:
            hint = f"write {head}.Tags and {path} or {head}.body[{name[5:].lower()!r}]"
            yield self._finding("MOD-AOS-FIELD", node, f"`{head}.Tags` is nil on the measured boot: this raises", hint)
        elif name in FIELDS and path not in self.tested:
            hint = _instead(head, name)
            yield self._finding("MOD-AOS-FIELD", node, f"`{path}` is nil on the measured boot", hint)

    def _tested(self) -> set[str]:
        """What some condition asks for: `if msg.Tags then`, `msg.Tags and ...`."""
        tests = [test for node in self.nodes if isinstance(node, syntax.If) for test, _ in node.tests]
        tests += [node.left for node in self.nodes if isinstance(node, syntax.Binary) and node.operator == "and"]
        return {path_of(each) for test in tests for each in syntax.walk(test)}

    def _number(self, node: syntax.Constant) -> Iterator[Finding]:
        value = node.value
        if type(value) is int and abs(value) >= BIG:
            message = "an integer of 16 digits or more in an answer breaks all later reads of the process in production"
            yield self._finding("MOD-AOS-INTEGER", node, message, "answer it as text: tostring(n)")


def _message_names(nodes: list[syntax.Node]) -> Iterator[str]:
    """The parameters by which handlers call their message."""
    for node in nodes:
        if isinstance(node, syntax.Call) and path_of(node.function).startswith("Handlers."):
            for each in node.arguments:
                if isinstance(each, syntax.Function) and each.parameters:
                    yield each.parameters[0].name


def _guarded(node: syntax.Node) -> Iterator[syntax.Node]:
    """What stands beside an alternative (`msg.From or other`), or is only asked for (`if msg.From`)."""
    if isinstance(node, syntax.Binary) and node.operator == "or":
        yield from (each for each in syntax.walk(node) if "Tags." not in path_of(each))
    elif isinstance(node, syntax.Binary) and node.operator == "and":
        yield node.left
    elif isinstance(node, syntax.If):
        yield from (test for test, _ in node.tests)


def _is_receive(node: syntax.Call | syntax.Method) -> bool:
    if isinstance(node, syntax.Method):
        return node.name == "receive"
    if path_of(node.function) in ("Receive", "Handlers.receive", "ao.receive"):
        return True
    function = node.function
    return (
        isinstance(function, syntax.Index)
        and isinstance(function.key, syntax.Constant)
        and (function.key.value == b"receive")
    )


def _instead(head: str, name: str) -> str:
    if name in ("From", "Owner", "Id"):
        return f"read it as {head}.{name} or sender({head}), from {head}.body.commitments (docs/hyperaos.md)"
    return f"read {head}.body.{name.lower()}, or {head}.{name} or {head}.body.{name.lower()}"
