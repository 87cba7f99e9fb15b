"""Finds the sources behind the `module` of a process: an id, a message, or several of them (PROTOCOL §11.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from taskrunner.node.results import Failure, Oops
from taskrunner.node.values import Message, text
from taskrunner.wire import is_id

if TYPE_CHECKING:
    from taskrunner.node.node import Node

TYPES = frozenset({"application/lua", "text/x-lua"})


def sources(node: Node, base: Message) -> list[bytes]:
    """The sources to be loaded, in order. Raises `Oops` as a real node crashes for what is no module."""
    module = base.get("module")
    if module is None or module in (b"", [], {}):
        failure = Failure("MOD-NODE-MODULE", "the process names no module", hint="spawn with module=<id>")
        raise Oops('{badmatch,{error,<<"no-modules-found">>}}', failure=failure)
    return list(_sources(node, module))


def _sources(node: Node, module: Any) -> Iterator[bytes]:
    if isinstance(module, bytes):
        yield _by_id(node, text(module))
    elif isinstance(module, dict):
        if text(module.get("content-type")) in TYPES or "body" in module or "data" in module:
            yield _body(module, "in the process")
        else:
            for key in sorted(module, key=_order):
                yield from _sources(node, module[key])
    elif isinstance(module, list):
        for each in module:
            yield from _sources(node, each)
    else:
        raise _no_clause("the module of the process is neither an id nor a message")


def _by_id(node: Node, identity: str) -> bytes:
    message = node.find(identity)
    if message is not None:
        return _body(message, identity)
    if not is_id(identity):
        raise _no_clause("the module of the process is source text; it must be an id or a message with a body")
    words = f"Lua module '{identity}' not found."
    failure = Failure("MOD-NODE-MODULE", f"there is no module {identity} on this node", hint="cache it first")
    raise Oops(f'{{badmatch,{{error,#{{<<"body">> => <<"{words}">>,<<"status">> => 404}}}}}}', failure=failure)


def _body(message: Message, name: str) -> bytes:
    found = message.get("body", message.get("data"))
    if isinstance(found, dict):
        return _body(found, name)
    if not isinstance(found, bytes):
        raise _no_clause(f"the module {name} has no source text in body or data")
    return found


def _no_clause(words: str) -> Oops:
    return Oops("function_clause", failure=Failure("MOD-NODE-MODULE", words))


def _order(key: Any) -> tuple[int, str]:
    return (int(str(key)), "") if str(key).isdigit() else (1 << 30, str(key))
