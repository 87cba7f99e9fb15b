"""The table `ao` that the device puts into every VM: `ao.resolve`, `ao.set`, `ao.event` (PROTOCOL §11.1, LUERL §5.6).

ao.resolve({path = "/~meta@1.0/info/address"})  ->  "ok", ADDRESS        ao.set(base, "count", 1)  ->  a new message
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

from taskrunner.lua import Table, make_builtin
from taskrunner.lua.border import from_lua, to_lua
from taskrunner.lua.values import Builtin, is_function
from taskrunner.node.paths import Part, Path, PathError, parse
from taskrunner.node.results import Oops, Refusal, Result
from taskrunner.node.values import PRIVATE, literal, public, text

if TYPE_CHECKING:
    from taskrunner.lua.vm import VM
    from taskrunner.node.node import Node

MODULE = "dev_lua_lib"
LUERL = "luerl"


def install_ao(vm: VM, node: Node) -> None:
    """Add the functions to the global `ao`: to a copy of it where the module made one (battery/aos-NOTES)."""
    own = vm.globals.raw(b"ao")
    table = _copy(vm, own) if type(own) is Table else vm.new_table()
    vm.set_global(b"ao", table)
    for name, code in (("event", _event), ("resolve", _resolver(node)), ("set", _set)):
        table.put(name.encode(), make_builtin(vm, MODULE, name, code))


def _copy(vm: VM, table: Table) -> Table:
    """A table that went out of Lua and came back: nothing in it is the same as before, functions neither."""
    new = vm.new_table()
    for key, value in table.entries():
        if type(value) is Table:
            value = _copy(vm, value)
        elif is_function(value):
            value = _copied(value)
        new.put(key, value)
    return new


def _copied(value: Any) -> Any:
    """The same code and variables under another identity; it prints as a function of the host."""
    new = FunctionType(value.__code__, value.__globals__, value.__name__, value.__defaults__, value.__closure__)
    new.__dict__.update({"builtin": Builtin(LUERL, ""), **value.__dict__})
    return new


def _event(vm: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    return (b"ok",)


def _set(vm: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    from taskrunner.node.devices.message import merged

    base, *rest = (from_lua(value) for value in args)
    changes = rest[0] if len(rest) == 1 else {text(rest[0]): rest[1]} if len(rest) > 1 else {}
    start = base if isinstance(base, dict) else {}
    return (to_lua(vm, merged(start, changes if isinstance(changes, dict) else {})),)


def _resolver(node: Node) -> Any:
    def resolve(vm: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
        messages = [from_lua(value) for value in args]
        try:
            result = _resolve(node, messages)
        except Refusal as refusal:
            result = refusal.result
        except (Oops, PathError) as error:
            result = Result("error", str(error).encode())
        value = public(result.value) if isinstance(result.value, dict) else result.value
        status = "error" if result.status == "not_found" else result.status
        return status.encode(), to_lua(vm, value)

    return resolve


def _resolve(node: Node, messages: list[Any]) -> Result:
    """One message with a path; or a base, and then keys or messages with a path each."""
    from taskrunner.node.resolver import Context, wrapped

    first = messages[0] if messages else {}
    if len(messages) == 1:
        path = parse("/" + text(first.get("path")).lstrip("/") if isinstance(first, dict) else "/" + text(first))
        fields = {key: value for key, value in first.items() if key != "path"} if isinstance(first, dict) else {}
        return Context(node, fields).resolve(path)
    context = Context(node)
    result = context.load(text(first)) if isinstance(first, bytes) else Result("ok", wrapped(first))
    for step in messages[1:]:
        request = step if isinstance(step, dict) else {"path": step}
        for part in _parts(request):
            if not result.ok:
                return result
            extra = {key: value for key, value in request.items() if key not in ("path", PRIVATE)}
            result = context.call(result.value, part.key or part.id, {**extra, "path": part.key.encode()})
    return result


def _parts(request: Any) -> tuple[Part, ...]:
    path: Path = parse("/" + literal(request.get("path", b"")).decode("utf-8", "surrogateescape").lstrip("/"))
    return path.parts
