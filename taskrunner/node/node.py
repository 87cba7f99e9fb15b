"""The node itself: one operator's wallet, one store, and `handle`, which turns every request into an answer.

Wires the rooms of this folder together and decides nothing that they can decide. Synchronous and thread-safe.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from taskrunner.errors import InputError, TaskrunnerError
from taskrunner.node import paths, replies, requests
from taskrunner.node.computing import Execution
from taskrunner.node.exchange import Request, Response
from taskrunner.node.limits import Limits
from taskrunner.node.pack import pack, unpack
from taskrunner.node.processes import Process, Processes
from taskrunner.node.reports import SlotReport
from taskrunner.node.resolver import Context
from taskrunner.node.results import OOPS, UNPARSED, Failure, Oops, Refusal
from taskrunner.node.scheduling import seal
from taskrunner.node.store import MemoryStore, Store
from taskrunner.node.values import Definition, Message
from taskrunner.wire import Wallet, canonical_id

if TYPE_CHECKING:
    from taskrunner.lua.compiler.base import Options
    from taskrunner.lua.vm import VM

DIALECTS = ("current", "2025-06")
MESSAGE = "message"


class Node:
    """An embedded node.

    `clock` gives seconds since 1970, `random` that many random bytes. `relay_hosts` may be asked by relay@1.0. `names`
    are the processes of node-process@1.0: name to definition.
    """

    def __init__(
        self,
        wallet: Wallet,
        *,
        dialect: str = "current",
        clock: Callable[[], float] = time.time,
        random: Callable[[int], bytes] = os.urandom,
        limits: Limits | None = None,
        store: Store | None = None,
        relay_hosts: Iterable[str] = (),
        names: dict[str, Message] | None = None,
    ) -> None:
        if dialect not in DIALECTS:
            raise InputError(f"unknown dialect {dialect!r}", code="INPUT-DIALECT", hint=f"known: {', '.join(DIALECTS)}")
        self.wallet = wallet
        self.dialect = dialect
        self.clock = clock
        self.random = random
        self.limits = limits or Limits()
        self.store: Store = store if store is not None else MemoryStore()
        self.relay_hosts = frozenset(relay_hosts)
        self.names = dict(names or {})
        self.settings: Message = {}
        self.lua_options: Options | None = None  # how modules are compiled, for a suite that measures coverage
        self.lua_machines: list[VM] = []  # the VMs that were made with those options
        self.processes = Processes(self.store)
        self._sources: dict[str, str] = {}
        self._reports: dict[str, list[SlotReport]] = {}
        self._reports_lock = threading.Lock()

    @property
    def address(self) -> str:
        """The operator's address."""
        return self.wallet.address

    # -- requests

    def handle(self, request: Request) -> Response:
        """The answer, signed by the operator."""
        return self.answer(request, sign=True)

    def answer(self, request: Request, *, sign: bool) -> Response:
        """The answer, signed or not. Never raises: what goes wrong is an answer too."""
        if request.method == "OPTIONS":
            return replies.OPTIONS
        if request.path in ("", "/"):
            return replies.CONSOLE
        try:
            return self._answer(request, sign)
        except Oops as oops:
            return replies.of_oops(oops)
        except RecursionError:
            return replies.of_fault("nested too deeply", Failure("MOD-NODE-DEPTH", "a message nested too deeply"))
        except TaskrunnerError as error:
            failure = Failure(error.code, error.message, error.file, error.line, error.column, hint=error.hint)
            return replies.of_fault(f"{OOPS}\n{error.message}", failure)
        except Exception as error:  # a fault of ours must not take the node down with it
            words = f"a fault of taskrunner itself: {type(error).__name__}: {error}"
            frames = tuple(
                {"file": frame.filename, "line": frame.lineno, "function": frame.name}
                for frame in reversed(traceback.extract_tb(error.__traceback__)[-8:])
            )
            return replies.of_fault(f"{OOPS}\n{words}", Failure("BUG-NODE", words, traceback=frames))

    def _answer(self, request: Request, sign: bool) -> Response:
        try:
            parsed = requests.parse(request)
            path = paths.parse(parsed.target, self.limits)
        except (requests.Unreadable, paths.PathError) as error:
            failure = Failure("MOD-NODE-REQUEST", f"the request cannot be read: {error}")
            return replies.of_fault(f"{OOPS}\n{UNPARSED}", failure)
        context = Context(self, parsed.fields, parsed.structured)
        try:
            result = context.resolve(path)
        except Refusal as refusal:
            result = refusal.result
        if context.caught is not None and result.ok:
            result = replace(result, failure=context.caught)
        return replies.of_result(result, parsed.codec, self.wallet if sign else None, self.address)

    # -- messages

    def find(self, identity: str) -> Message | None:
        """The message of an id in any spelling, or None; a process's is its definition."""
        process = self.processes.get(identity)
        if process is not None:
            return Definition(process.definition, process.id)
        data = self.store.get(MESSAGE, canonical_id(identity))
        return None if data is None else unpack(data)

    def keep(self, identity: str, message: Message) -> None:
        """Store a message under its id."""
        self.store.put(MESSAGE, canonical_id(identity), pack(message))

    def seal(self, message: Message) -> Message:
        """The operator's commitments of a message."""
        return seal(message, self.wallet)

    def execution(self, process: Process) -> Execution:
        """The computing side of a process; to be used with its lock held."""
        if process.execution is None:
            process.execution = Execution(self, process)
        return process.execution

    def new_seed(self) -> int:
        """A seed for a new process's random numbers."""
        return int.from_bytes(self.random(8), "big")

    # -- what the node knows beyond its answers

    def name_source(self, source: bytes | str, file: str) -> None:
        """Tell the node which file of the user a module's text is, so that failures name it."""
        data = source.encode() if isinstance(source, str) else source
        self._sources[hashlib.sha256(data).hexdigest()] = file

    def source_name(self, source: bytes, default: str) -> str:
        """The user's file for a module's text, or `default`."""
        return self._sources.get(hashlib.sha256(source).hexdigest(), default)

    def report(self, process_id: str, report: SlotReport) -> None:
        """Keep what was noticed about a slot."""
        with self._reports_lock:
            kept = self._reports.setdefault(canonical_id(process_id), [])
            kept.append(report)
            del kept[: -self.limits.page]

    def reports(self, process_id: str) -> list[SlotReport]:
        """What was noticed about the slots of a process, the last thousand, in the order of computing."""
        with self._reports_lock:
            return list(self._reports.get(canonical_id(process_id), ()))

    def info(self) -> Message:
        """What meta@1.0 tells."""
        return {
            "address": self.address.encode(),
            "dialect": self.dialect.encode(),
            "node": b"taskrunner",
            **self.settings,
        }

    def close(self) -> None:
        """Close the store."""
        self.store.close()
