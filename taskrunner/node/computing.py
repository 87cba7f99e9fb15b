"""Computes slots of one process in order, and remembers what each gave, as a real node does (PROTOCOL §10.4).

The state of a process is a base message and the live objects of its device. Slots computed in one request hand `base`
on in memory, a later request reloads it from the cache; old slots are answered from their stored outcomes, and the
live objects are rebuilt by replay. Knows devices only by name: what a slot does is `stepping`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taskrunner.lua import storage
from taskrunner.node.pack import pack, unpack
from taskrunner.node.processes import Process
from taskrunner.node.reports import SlotReport
from taskrunner.node.results import Failure, Oops
from taskrunner.node.stepping import Broken, Stepper, hazards_of
from taskrunner.node.values import LazyState, Message
from taskrunner.wire import canonical_id

if TYPE_CHECKING:
    from taskrunner.node.node import Node

OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is kept of a computed slot. `time` and `reloaded` are what a replay needs to do the same again."""

    slot: int
    time: float
    reloaded: bool
    results: Any  # as a later read shows them
    has_results: bool
    poison: str  # the Erlang reason why a later read fails, "" if it does not
    words: str  # and the sentence that explains it
    steps: int = 0
    warnings: tuple[dict[str, Any], ...] = ()

    def to_bytes(self) -> bytes:
        """For the store."""
        return pack({name: _plain(getattr(self, name)) for name in self.__slots__})

    @classmethod
    def from_bytes(cls, data: bytes) -> Outcome:
        """From the store."""
        fields = unpack(data)
        return cls(**{**fields, "warnings": tuple(fields["warnings"])})


def poison_of(hazards: list[storage.Hazard]) -> storage.Hazard | None:
    """The value that the cache takes and cannot give back, or None."""
    found = [hazard for hazard in hazards if hazard.fatal]
    return min(found, key=lambda hazard: hazard.fatal != storage.SUBPATH, default=None)


def reloaded(state: Message) -> Message:
    """The state as a later request reads it from the cache, without its results."""
    process = state.get("process")
    base = storage.reloaded({key: value for key, value in state.items() if key not in ("results", "process")})
    if process is not None:
        base["process"] = process  # a signed definition is stored as it is
    return base


def poison_term(hazard: storage.Hazard) -> str:
    """The Erlang reason with which a later read fails."""
    if hazard.fatal != storage.SUBPATH:
        return hazard.fatal
    above = [step for step in hazard.path[-2:-1] if step != "base"]
    parents = ",\n ".join([f'<<"{_STORED}">>', *(f'"{step}"' for step in above)])
    key = storage.lower(hazard.path[-1]).encode("latin-1", "replace").decode("utf-8", "surrogateescape")
    failed = f'<<"{_STORED}/{key}">>'
    parent = f'{{parent,\n [{parents}]}},\n {{resolved_parent,\n <<"{_STORED}">>}}'
    return f"{{subpath_not_found,\n {parent},\n {{failed_path,\n {failed}}}}}"


_STORED = "A" * 43  # a real node names the id of the stored map here


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


class Execution:
    """The computing side of one process. Every method is called with the process's lock held."""

    def __init__(self, node: Node, process: Process) -> None:
        self.node = node
        self.process = process
        self.at = -1  # the last slot computed
        self.failure: Broken | None = None  # why no further slot can be computed
        self.caught: dict[int, Failure] = {}  # errors that slots caught and answered with
        self._stepper: Stepper | None = None
        self._states: dict[int, Message] = {}  # the states of the last few slots, as they were in memory
        self._restore()

    # -- asking

    def state(self, slot: int) -> tuple[Message, bool]:
        """The state after a slot, computing it first if need be; and whether this is its first reading.

        Raises `Oops` or `Refusal` if the slot, or one before it, fails.
        """
        if slot <= self.at:
            return self._read_again(slot), False
        if self.failure is not None and slot >= self.failure.slot:
            raise self.failure.error
        self._compute_up_to(slot)
        return self._first(slot), True

    def results(self, slot: int) -> Any:
        """The results of a slot that was computed before; `None` as the second item if it has none."""
        outcome = self.outcome(slot)
        if outcome is None:
            return self.state(slot)[0].get("results")
        self._refuse_poison(outcome)
        return outcome.results if outcome.has_results else None

    def outcome(self, slot: int) -> Outcome | None:
        """What is kept of a slot, or None."""
        data = self.node.store.get(OUTCOME, self._key(slot))
        return None if data is None else Outcome.from_bytes(data)

    def _first(self, slot: int) -> Message:
        """The state as the request that computed it sees it."""
        state = dict(self._states[slot])
        if "results" in state:
            state["results"] = storage.shown(state["results"], nested=self.node.dialect != "2025-06")
        return state

    def _read_again(self, slot: int) -> Message:
        outcome = self.outcome(slot)
        assert outcome is not None
        self._refuse_poison(outcome)
        if slot in self._states:
            state = reloaded(self._states[slot])
        else:
            state = LazyState(lambda: self._replayed(slot), {"at-slot": slot, "process": self.process.definition})
        if outcome.has_results:
            state["results"] = outcome.results
        return state

    def _refuse_poison(self, outcome: Outcome) -> None:
        if outcome.poison:
            failure = Failure("MOD-LUA-STORAGE", outcome.words, slot=outcome.slot)
            raise Oops(outcome.poison, failure=failure)

    # -- computing

    def _compute_up_to(self, target: int) -> None:
        """Slots up to `target` in one request: the first takes `base` from the cache, the others from memory."""
        stepper = self._live()
        reload = self.at >= 0
        while self.at < target:
            slot = self.at + 1
            assignment = self.process.assignment(slot)
            if assignment is None:
                raise self._beyond(slot)
            base = self._base(reload) if slot else stepper.initial()
            stepper.private["renew"] = reload  # a wasm instance starts anew with every request
            try:
                state = stepper.step(base, slot, assignment, self.node.clock())
            except Broken as broken:
                self._stop(broken)
                raise broken.error from None
            self._keep(stepper, state, slot, reload)
            reload = False

    def _base(self, reload: bool) -> Message:
        state = self._states[self.at]
        if not reload:
            return state
        poison = poison_of(hazards_of(state))
        if poison is None:
            return reloaded(state)
        words = f"slot {self.at} left {poison.where}: {poison.effect}"
        failure = Failure("MOD-LUA-STORAGE", words, slot=self.at + 1, hint=poison.hint)
        error = Oops(poison_term(poison), failure=failure)
        self._stop(Broken(self.at + 1, error))
        raise error

    def _stop(self, broken: Broken) -> None:
        """No later slot can be computed: a real node runs into the same error again, each time (NODE.md)."""
        retried = self._stepper is not None and self._stepper.private.get("retry")
        self.failure = None if retried else broken  # a wasm image is tried again: its globals may decide otherwise
        self._stepper = None
        failure = broken.failure
        self.node.report(self.process.id, SlotReport(broken.slot, "error", failure=failure))

    def _keep(self, stepper: Stepper, state: Message, slot: int, reloaded: bool) -> None:
        has_results = "results" in state
        results, term, words = None, "", ""
        hazards = hazards_of(state)
        poison = poison_of(hazards)
        if poison is not None:
            term, words = poison_term(poison), f"{poison.where}: {poison.effect} ({poison.hint})"
        elif has_results:
            results = storage.cached(state["results"])
        warnings = tuple(stepper.warnings(hazards))
        outcome = Outcome(slot, stepper.time, reloaded, results, has_results, term, words, stepper.steps, warnings)
        if stepper.caught is not None:
            self.caught[slot] = stepper.caught
        self.node.store.put(OUTCOME, self._key(slot), outcome.to_bytes())
        self.node.report(self.process.id, stepper.report(outcome))
        self.at = slot
        self._states[slot] = state
        self._states.pop(slot - self.node.limits.states, None)

    def _beyond(self, slot: int) -> Oops:
        words = f"slot {slot} is not scheduled yet: the last one is {self.process.current}"
        return Oops("{badmatch,{undefined,[]}}", failure=Failure("MOD-NODE-SLOT", words, slot=slot))

    # -- rebuilding

    def _live(self) -> Stepper:
        """The live objects of the device, after the last slot computed; rebuilt by replay after a restart."""
        if self._stepper is None or (self.at >= 0 and self.at not in self._states):
            self._stepper = Stepper(self.node, self.process)
            if self.at >= 0:
                self._states = {self.at: self._replay(self._stepper, self.at)}
        return self._stepper

    def _replayed(self, slot: int) -> Message:
        return reloaded(self._replay(Stepper(self.node, self.process), slot))

    def _replay(self, stepper: Stepper, last: int) -> Message:
        """Run slots 0 to `last` again as they ran: with their times, their randomness and their reloads."""
        state = stepper.initial()
        for slot in range(last + 1):
            outcome, assignment = self.outcome(slot), self.process.assignment(slot)
            assert outcome is not None and assignment is not None
            stepper.private["renew"] = outcome.reloaded
            if outcome.reloaded:
                state = reloaded(state)
            state = stepper.step(state, slot, assignment, outcome.time)
        return state

    def _restore(self) -> None:
        """After a restart: which slots were computed already."""
        low, high = -1, self.process.current
        while low < high:
            middle = (low + high + 1) // 2
            if self.node.store.get(OUTCOME, self._key(middle)) is None:
                high = middle - 1
            else:
                low = middle
        self.at = low

    def _key(self, slot: int) -> str:
        return f"{canonical_id(self.process.id)}/{slot}"
