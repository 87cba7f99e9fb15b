"""lua@5.3a: runs modules on the Lua of production, one VM for the life of a process (PROTOCOL §11.1, LUERL §5).

in    {"module": ID, "count": 1, "process": {...}, ...}  compute  {"slot": 2, "body": {"action": "Inc", ...}}
out   {"count": 2, "results": {"outbox": {...}}, ...}     as the global function `compute` returned it
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.lua import FidelityCrash, LuaError, LuaSyntaxError, Stop
from taskrunner.lua.border import returned, to_lua
from taskrunner.node import luafaults
from taskrunner.node.devices import Device
from taskrunner.node.luaao import install_ao
from taskrunner.node.luamodules import sources
from taskrunner.node.results import Result, ok
from taskrunner.node.values import MISSING, PRIVATE, Message, lookup, text

if TYPE_CHECKING:
    from taskrunner.lua.vm import VM
    from taskrunner.node.node import Node
    from taskrunner.node.resolver import Context

TICK = 1e-5  # seconds that pass between two looks at the clock: a replay sees the same times
SLOT = "lua@5.3a"


def _any(context: Context, base: Message, key: str, request: Message) -> Result | None:
    private: dict[str, Any] = base.get(PRIVATE) or {}
    if key in ("init", "snapshot", "normalize"):
        return ok(base)
    stored = lookup(base, key)
    if stored is not MISSING and key != PRIVATE and PRIVATE not in base:
        return ok(stored)
    machine = private.get(SLOT)
    if machine is None:
        machine = private[SLOT] = Machine(context.node, base, private)
    return machine.call(context, function_of(base, request, key), base, request)


def function_of(base: Message, request: Message, key: str) -> str:
    """The global function that a call runs."""
    body = request.get("body")
    if isinstance(body, dict) and isinstance(body.get("function"), bytes):
        return text(body["function"])
    for message in (request, base):
        if isinstance(message.get("function"), bytes):
            return text(message["function"])
    return key


class Machine:
    """The VM of one process with its modules loaded."""

    def __init__(self, node: Node, base: Message, private: dict[str, Any]) -> None:
        from taskrunner.lua.vm import VM

        self.node = node
        self.private = private
        self._ticks = 0
        rng = _rng(int(private.get("seed", 0)))
        self.vm: VM = VM(limits=node.limits.lua, rng=rng, clock=self.now, options=node.lua_options)
        if node.lua_options is not None:
            node.lua_machines.append(self.vm)
        modules = [(source, node.source_name(source, "module.lua")) for source in sources(node, base)]
        self._files = frozenset(name for _, name in modules)
        self.vm.source_name = self._name_of
        private["sources"] = [(name, source.decode("utf-8", "replace")) for source, name in modules]
        try:
            for source, name in modules:
                _no_cycle(self.vm.run(source, name))
            self._sandbox(base.get("sandbox"))
            install_ao(self.vm, node)
        except (LuaError, LuaSyntaxError, Stop) as error:
            raise luafaults.of_loading(error) from error
        private["vm"] = self.vm

    def _name_of(self, source: bytes) -> str:
        """The user's file for a text that the module loads; HyperAOS tries `return TEXT` first."""
        known = self.node.source_name(source, "")
        return known or self.node.source_name(source.removeprefix(b"return "), "eval")

    def now(self) -> float:
        """Seconds since 1970: the time of the slot, and a little more at each look."""
        self._ticks += 1
        return float(self.private.get("time", 0.0)) + self._ticks * TICK

    def call(self, context: Context, name: str, base: Message, request: Message) -> Result:
        """Call a global function with base, request and {} (or with the parameters that the request names)."""
        self._ticks = 0
        vm = self.vm
        try:
            arguments = tuple(to_lua(vm, value) for value in _arguments(base, request))
            values = vm.call(vm.globals.raw(name.encode()), arguments)
            outcome = returned(values)
        except LuaError as error:
            return luafaults.after_caught(vm.caught, luafaults.of_error(error), self._files)
        except FidelityCrash as error:
            return self._crashed(error)
        except Stop as error:
            return luafaults.of_stop(error)
        finally:
            self.private["steps"] = vm.steps
            self._costs()
        self._note_caught(outcome.value)
        return Result(outcome.status, outcome.value)

    def _note_caught(self, value: Any) -> None:
        """An error that the process caught and answered with is told with its place."""
        caught = self.vm.caught
        failure = luafaults.of_caught(caught, value, self._files) if caught and isinstance(value, dict) else None
        self.private["caught"] = failure
        self.vm.caught = None

    def _crashed(self, error: FidelityCrash) -> Result:
        """Crashes in the device itself, outside Luerl, are told as any other crash of the node."""
        if error.where_in_erlang.startswith(("{dev_lua", "{hb_ao", "{erlang,binary_to_existing_atom")):
            from taskrunner.node.results import Oops

            raise Oops(error.reason, failure=luafaults.failure_of(error)) from error
        return luafaults.of_stop(error)

    def _sandbox(self, wanted: Any) -> None:
        if wanted is True or text(wanted) == "true":
            self.vm.apply_sandbox(True)
        elif isinstance(wanted, list):
            self.vm.apply_sandbox([text(path) for path in wanted])
        elif isinstance(wanted, dict):
            self.vm.apply_sandbox({path: to_lua(self.vm, value) for path, value in wanted.items()})

    def _costs(self) -> None:
        """What production would pay for this call, where that is worth telling."""
        told = self.private.setdefault("told-costs", set())
        for expense in self.vm.cost.worth_telling():
            if expense.place not in told:
                told.add(expense.place)
                file, line = expense.place
                note = {"code": f"cost-{expense.code}", "message": expense.message(), "file": file, "line": line}
                self.private.setdefault("warnings", []).append({**note, "hint": ""})


def _arguments(base: Message, request: Message) -> list[Any]:
    body = request.get("body")
    for message in (body if isinstance(body, dict) else {}, request, base):
        parameters = message.get("parameters")
        if isinstance(parameters, list):
            return parameters
    return [{key: value for key, value in base.items() if key != PRIVATE}, request, {}]


def _no_cycle(values: tuple[Any, ...]) -> None:
    """A chunk's return values are decoded after loading: one that contains itself does not load (LUERL §5.2)."""
    from taskrunner.lua.border import from_lua

    for value in values:
        from_lua(value)


def _rng(seed: int) -> Any:
    from taskrunner.lua.lib.random import Exs1024

    return Exs1024((seed & 0x1FFFFF, seed >> 21 & 0x1FFFFF, seed >> 42 & 0x1FFFFF))


DEVICES = {"lua@5.3a": Device("lua@5.3a", {}, _any)}
