"""The processes of a node: their definitions, their schedules, and the lock that each computes under.

Appends assignments and finds them again; what they mean is `scheduling`'s, what they do is `computing`'s.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from taskrunner.node.pack import pack, unpack
from taskrunner.node.store import Store
from taskrunner.node.values import Message
from taskrunner.wire import canonical_id

if TYPE_CHECKING:
    from taskrunner.node.computing import Execution

PROCESS, ASSIGNMENT = "process", "assignment"


class Process:
    """One process. `id` is its true id, `current` its last scheduled slot (-1: none), `chain` the last hash-chain."""

    def __init__(self, identity: str, definition: Message, store: Store, seed: int) -> None:
        self.id = identity
        self.definition = definition
        self.seed = seed  # of the randomness that its VM gets
        self.current = -1
        self.chain = ""
        self.schedule_lock = threading.Lock()
        self.lock = threading.RLock()  # held while a slot is computed
        self.execution: Execution | None = None
        self._store = store

    def append(self, assignment: Message) -> None:
        """Add the assignment of slot `current + 1`; the caller holds `schedule_lock` and a batch of the store."""
        self._store.put(ASSIGNMENT, self._key(self.current + 1), pack(assignment))
        self.chain = assignment["hash-chain"].decode()
        self.current += 1

    def assignment(self, slot: int) -> Message | None:
        """The assignment of a slot, or None."""
        found = self._store.get(ASSIGNMENT, self._key(slot))
        return None if found is None else unpack(found)

    def _key(self, slot: int) -> str:
        return f"{canonical_id(self.id)}/{slot}"


class Processes:
    """Every process of one node, by its id in any spelling."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._known: dict[str, Process] = {}
        for key in store.keys(PROCESS):
            self._restore(key)

    def get(self, identity: str) -> Process | None:
        """The process of an id, or None."""
        return self._known.get(canonical_id(identity))

    def open(self, identity: str, definition: Message, seed: int) -> Process:
        """The process of that id; a new one if there is none yet."""
        key = canonical_id(identity)
        with self._lock:
            if key not in self._known:
                self._known[key] = Process(identity, definition, self._store, seed)
            return self._known[key]

    def keep(self, process: Process) -> None:
        """Put the process itself into the store (its first assignment comes in the same batch)."""
        record: dict[str, Any] = {"id": process.id, "definition": process.definition, "seed": process.seed}
        self._store.put(PROCESS, canonical_id(process.id), pack(record))

    def forget(self, process: Process) -> None:
        """Undo `open` for a process whose first slot could not be stored."""
        with self._lock:
            self._known.pop(canonical_id(process.id), None)

    def ids(self) -> list[str]:
        """The ids of all processes."""
        return [process.id for process in list(self._known.values())]

    def _restore(self, key: str) -> None:
        record = unpack(self._store.get(PROCESS, key) or b"")
        process = Process(record["id"], record["definition"], self._store, record["seed"])
        while (assignment := process.assignment(process.current + 1)) is not None:
            process.current += 1
            process.chain = assignment["hash-chain"].decode()
        self._known[key] = process
