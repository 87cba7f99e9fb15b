"""Replays recorded HyperAOS scripts: a case is a script that is evaluated at slot 1, then messages, reads and pushes.

    {"id": .., "script": "..", "messages": [{"action": "Inc"}, {"do": "get", "path": "/<pid>/push?slot=2"}],
     "results": [{"slot": 1, "status": 200, "results": {..}, "cached": {..}}, ..]}

The boot is the caller's; what differs is told, never repaired.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from taskrunner.backends.cases import core, filled, placed
from taskrunner.client import HB, NodeError, Reply

if TYPE_CHECKING:
    from taskrunner.backends.replay import Tally

JSON = "/~json@1.0/serialize"
REQUEST = frozenset(
    {"accept", "accept-encoding", "accept-language", "connection", "device", "host", "method", "sec-fetch-mode"}
    | {"user-agent", "slot"}
)
_HOLE = re.compile(
    r"<(?:timestamp|id|signature|seed|key-or-signature|boundary|luerl|module|image|time-float|sig-label)>"
)

_LENGTH = re.compile(r"\(\d+ characters\)")
_PIECES = re.compile(r"[{};]\s*")


def run_script(case: Mapping[str, Any], clients: list[HB], boot: bytes | None, tally: Tally) -> None:
    """Replay one script; the boot (None: ours) is put into the node's cache by the first."""
    from taskrunner.client.boot import ours

    if clients[0].lua is None:
        clients[0].lua = clients[0].cache_script(boot or ours().source)
    ScriptRun(case, clients, clients[0].lua, tally).go()


class ScriptRun:
    """One script on one node. `clients` sign as the two senders; `module` is the boot's id on the node."""

    def __init__(self, case: Mapping[str, Any], clients: list[HB], module: str, tally: Tally) -> None:
        self.case, self.clients, self.tally = case, clients, tally
        self.hb = clients[0]
        operator = self.hb.operator
        self.values: dict[str, str] = {
            "<operator>": operator,
            "<sender>": str(clients[0].addr),
            "<sender2>": str(clients[1].addr),
        }
        self.values["<module>"] = module
        self.pids: dict[str, str] = {}
        self.outcome: list[dict[str, Any]] = []

    def go(self) -> None:
        """Spawn, evaluate the script, then every step; each is compared with what was recorded."""
        for name in ("pid", *self.case.get("more_processes", ())):
            own = filled(self.case.get("spawn_tags") or {}, self.values) if name == "pid" else {}
            pid = str(self.hb.spawn_lua(self.values["<module>"], own)["pid"])
            self.pids[name], self.values[f"<{name}>"] = pid, pid
        expected = iter(self.case["results"])
        steps: list[Mapping[str, Any]] = []
        if self.case.get("script"):
            steps.append({"action": "Eval", "data": self.case["script"]})
        for step in [*steps, *self.case["messages"]]:
            self._step(step, expected)
        self.tally.outcomes[str(self.case["id"])] = self.outcome

    def _step(self, step: Mapping[str, Any], expected: Iterator[Mapping[str, Any]]) -> None:
        wanted = next(expected)
        if wanted.get("do") == "read" and step.get("do") != "read":  # slot 0 was read before the first step
            self._note(wanted, self._read(self.pids["pid"], wanted["slot"], wanted), "read", wanted["slot"])
            wanted = next(expected)
        pid = self.pids[step.get("process", "pid")]
        if step.get("do") == "get":
            reply = self.hb.transport.request("GET", filled(step["path"], self.values))
            self._note(wanted, self._got(reply, wanted), "get", wanted.get("slot", 0))
        elif step.get("do") == "read":
            self._note(wanted, self._read(pid, step["slot"], wanted), "read", step["slot"])
        else:
            self._send(pid, step, wanted)

    def _send(self, pid: str, step: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
        hb = self.clients[1] if step.get("wallet") == 2 else self.hb
        tags, data = filled(step.get("tags") or {}, self.values), filled(step.get("data"), self.values)
        try:
            slot = hb.schedule_lua(pid, step.get("action"), tags, data)["slot"]
        except NodeError as error:
            first = f"{error.status}: {error.body}".partition("\n")[0].strip()
            self._note(wanted, {"refused": first}, "refused", 0)
            return
        if step.get("wait") or "note" in wanted:
            return
        self._note(wanted, self._read(pid, slot, wanted), "first", slot)
        if "cached" in wanted:
            again = wanted if wanted["cached"] == "same" else wanted["cached"]
            self._note(again, self._read(pid, slot, again), "second", slot)

    def _read(self, pid: str, slot: int, wanted: Mapping[str, Any]) -> dict[str, Any]:
        reply = self.hb.transport.request("GET", f"/{pid}/compute/results{JSON}?slot={slot}")
        return self._got(reply, wanted)

    def _got(self, reply: Reply, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """An answer in the recording's form: only what the recording has of headers."""
        names = {value.lower(): name for name, value in self.values.items()}
        if reply.status != 200:
            return {"status": reply.status, "error": placed(_failure(reply), names)}
        if "text" in wanted:
            text = reply.body.decode("utf-8", "replace")
            headers = {name: reply.header(name) for name in wanted.get("headers", {})}
            return {"status": 200, "text": placed(text, names), "headers": placed(headers, names)}
        try:
            value = json.loads(reply.body)
        except ValueError:
            value = reply.body.decode("utf-8", "replace")
        if isinstance(value, dict) and "json" not in wanted:
            value = {key: item for key, item in value.items() if key not in REQUEST}
        return {"status": 200, "json" if "json" in wanted else "results": placed(value, names)}

    def _note(self, wanted: Mapping[str, Any], got: dict[str, Any], reading: str, slot: int) -> None:
        from taskrunner.backends.replay import Miss

        good = same_answer(wanted, got)
        first = reading != "second"
        if first:
            counts = self.tally.by_category.setdefault(str(self.case.get("category", "")), [0, 0])
            counts[0] += 1
            counts[1] += good
            self.tally.slots += 1
            self.tally.same += good
        else:
            self.tally.other += 1
            self.tally.other_same += good
        self.outcome.append({"slot": slot, **got, "reading": reading, "same": good})
        if not good:
            shown = {key: item for key, item in wanted.items() if key != "cached"}
            self.tally.misses.append(Miss(str(self.case["id"]), slot, reading, shown, got))


def _failure(reply: Reply) -> dict[str, Any]:
    headers = {name: reply.header(name) for name in ("attempted-slot", "phase") if reply.header(name)}
    told: dict[str, Any] = {"headers": headers} if headers else {}
    if "multipart/form-data" in reply.header("content-type"):
        return {**told, "multipart": True, "core": core(reply)}
    return {**told, "body": reply.body.decode("utf-8", "replace")}


def same_answer(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    """Whether an answer is the recorded one: status and value, or the recognisable part of a failure."""
    if "refused" in wanted or "refused" in got:
        return str(got.get("refused")) == str(wanted.get("refused")).partition("\n")[0].strip()
    if wanted.get("status") != got.get("status"):
        return False
    if "error" in wanted:
        return _same_failure(wanted["error"], got.get("error", {}))
    names = [name for name in ("results", "json", "text", "headers") if name in wanted]
    return all(same_value(_plain(wanted[name]), _plain(got.get(name))) for name in names)


def _plain(value: Any) -> Any:
    """Without what only a real node shows: its private keys, and the request's slot among the fields of an answer."""
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if key not in ("priv", "slot")}
        return placed({key: _plain(item) for key, item in kept.items()}, {})
    return placed([_plain(item) for item in value], {}) if isinstance(value, list) else value


def _same_failure(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    if any(got.get("headers", {}).get(name) != value for name, value in wanted.get("headers", {}).items()):
        return False
    if wanted.get("multipart"):
        innermost: Mapping[str, Any] = next(iter(wanted.get("trace", ())), {})
        shown = str(got.get("core", ""))
        return bool(got.get("multipart")) and all(
            str(innermost.get(name, "")) in shown for name in ("function", "line")
        )
    return _last_line(wanted.get("body")) == _last_line(got.get("body"))


def _last_line(body: Any) -> str:
    """The line that says what went wrong, without the numbers of the node's own functions."""
    line = str(body).strip().rpartition("\n")[2]
    return re.sub(r"#Fun<luerl[^>]*>", "#Fun<luerl>", " ".join(line.split()))


def same_value(wanted: Any, got: Any) -> bool:
    """Deep equality. Numbers by value, since the recording does not tell 4 from 4.0; holes stand for any text."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        return wanted.keys() == got.keys() and all(same_value(item, got[key]) for key, item in wanted.items())
    if isinstance(wanted, list) and isinstance(got, list):
        return len(wanted) == len(got) and all(map(same_value, wanted, got))
    if isinstance(wanted, str) and isinstance(got, str):
        return _same_text(wanted, got)
    if isinstance(wanted, bool) or isinstance(got, bool):
        return wanted is got
    if isinstance(wanted, int | float) and isinstance(got, int | float):
        return float(wanted) == float(got)
    return type(wanted) is type(got) and bool(wanted == got)


def _same_text(wanted: str, got: str) -> bool:
    if wanted == got:
        return True
    wanted, got = _LENGTH.sub("(n characters)", wanted), _LENGTH.sub("(n characters)", got)
    if "<id>" in wanted and sorted(_PIECES.split(wanted)) == sorted(_PIECES.split(got)):
        return True  # commitments are sorted by ids, which differ
    pieces = _HOLE.split(wanted)
    return len(pieces) > 1 and re.fullmatch(".*?".join(map(re.escape, pieces)), got, re.DOTALL) is not None
