"""Reads what a test sent and got: which messages went to which process, and which answer the test was looking at.

An exchange's `sent` is {"kind": "spawn" | "schedule" | "compute" | ..., "process": id, "tags": {...}, "data": ...};
what a client leaves out is simply not known. Nothing here knows a plan's examples.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from taskrunner.core.facts import Exchange, TestResult


@dataclass(frozen=True, slots=True)
class Message:
    """One scheduled message of a process, as a suite sent it."""

    action: str | None
    tags: dict[str, str]
    data: str | None
    sender: str
    slot: int | None


@dataclass(frozen=True, slots=True)
class Conversation:
    """The messages to the process that a test looked at last, and the slot whose answer it read last."""

    process: str
    messages: tuple[Message, ...]
    read: int | None
    replies: tuple[tuple[int, str | None], ...] = ()  # every slot that was read, with the text of its reply

    @property
    def position(self) -> int | None:
        """Index in `messages` of the message whose answer was read last; None if that slot holds none of them."""
        return next((at for at, message in enumerate(self.messages) if message.slot == self.read), None)

    def positions(self, got: str | None) -> list[tuple[int, bool]]:
        """Which messages' replies are `got` (True), or hold it or are held by it (False): (index, whole).

        An answer that was looked at again, after others, is the one that is meant, if it fits. Else every reply that
        fits: a test may send all first and compare later, and may look at a part of a reply, or at the text of a whole
        answer. Where it got nothing at all, it is the message that was read last.
        """
        if got in (None, "", "None", "null", "undefined", "[]", "{}"):
            return [] if self.position is None else [(self.position, True)]
        fits = {slot: _fits(reply, str(got)) for slot, reply in self.replies if reply is not None}
        found = [(at, fits.get(message.slot or -1)) for at, message in enumerate(self.messages)]
        again = [slot for slot, _ in self.replies].count(self.read or 0) > 1
        looked_at = [(at, fit) for at, fit in found if again and at == self.position and fit is not None]
        if looked_at:
            return [(at, bool(fit)) for at, fit in looked_at]
        whole = [(at, True) for at, fit in found if fit is True]
        return whole or [(at, False) for at, fit in found if fit is False]

    @property
    def first_slot(self) -> int | None:
        """The slot of the first message that this test sent."""
        return self.messages[0].slot if self.messages else None


def _fits(reply: str, got: str) -> bool | None:
    """True: the same; False: one is a part of the other, as words; None: they have nothing to do with each other."""
    if reply in (got, f"error: {got}") or _same_data(reply, got):
        return True
    if reply and (holds(got, reply) or holds(reply, got)):
        return False
    return None


def holds(text: str, part: str) -> bool:
    """Whether `part` stands in `text` on its own, not inside a longer word or number."""
    return re.search(rf"(?<![\w.]){re.escape(part)}(?![\w.])", text) is not None


def _same_data(reply: str, got: str) -> bool:
    one = data_of(reply)
    return isinstance(one, dict | list | float) and one == data_of(got)


def data_of(text: str) -> object:
    """The data of a JSON text, or of a text in which Python shows such data (`{'sum': 3}`); None if it is neither."""
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return None


def conversation(result: TestResult) -> Conversation | None:
    """The conversation of a test with the process that it read last; None if it read or sent nothing."""
    reads = [each for each in result.exchanges if _kind(each) == "compute" and each.slot is not None]
    scheduled = [each for each in result.exchanges if _kind(each) == "schedule"]
    sends = [each for each in scheduled if _message(each).action is not None] or scheduled
    if not sends and not reads:
        return None
    process = _process((reads or sends)[-1])
    messages = tuple(_message(each) for each in sends if _process(each) == process)
    mine = [each for each in reads if _process(each) == process]
    replies = tuple((each.slot, reply_text(each.got)) for each in mine if each.slot is not None)
    return Conversation(process, messages, reads[-1].slot if reads else None, replies)


def messages_by_process(exchanges: Iterable[Exchange]) -> dict[str, list[Message]]:
    """Every scheduled message, in order, under its process."""
    found: dict[str, list[Message]] = {}
    for each in exchanges:
        if _kind(each) == "schedule":
            found.setdefault(_process(each), []).append(_message(each))
    return found


def processes(exchanges: Iterable[Exchange]) -> set[str]:
    """The processes that messages with an action were scheduled on; a cache of scripts gets others."""
    return {_process(each) for each in exchanges if _kind(each) == "schedule" and _message(each).action} - {""}


def reads_by_process(exchanges: Iterable[Exchange]) -> dict[str, dict[int | None, Any]]:
    """The results that were read of each process, by slot."""
    found: dict[str, dict[int | None, Any]] = {}
    for each in exchanges:
        if _kind(each) == "compute" and each.slot is not None and each.got is not None:
            found.setdefault(_process(each), {})[each.slot] = each.got
    return found


def outbox_of(got: Any) -> list[dict[str, Any]] | None:
    """The messages of a result's outbox in their order, their names in lower case; None if it tells of no outbox.

    Of a wasm process clients ask for the outbox alone: `{"1": {"data": ...}}`.
    """
    results = got.get("results", got) if isinstance(got, dict) else got
    outbox = results.get("outbox") if isinstance(results, dict) else results
    if outbox is None and isinstance(results, dict) and results and all(str(name).isdecimal() for name in results):
        outbox = results
    if isinstance(outbox, dict):
        outbox = [outbox[key] for key in sorted(outbox, key=lambda key: (len(key), key))]
    if not isinstance(outbox, list):
        return None
    return [_named(each) for each in outbox if isinstance(each, dict)]


def _named(message: dict[str, Any]) -> dict[str, Any]:
    """A message's fields and tags by their names in lower case; AOS keeps its tags in a list of their own."""
    tags = next((value for name, value in message.items() if name.lower() == "tags"), None)
    pairs = (
        [(tag.get("name"), tag.get("value")) for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []
    )
    return {str(name).lower(): value for name, value in (*pairs, *message.items())}


def shape(exchanges: Iterable[Exchange]) -> list[tuple[str, str, str]]:
    """What was asked, without ids, so that two runs of a test can be compared."""
    return [(_kind(each), str(_message(each).action), repr(sorted(_message(each).tags.items()))) for each in exchanges]


def answers(exchanges: Iterable[Exchange]) -> list[str]:
    """The data of every answer, in order; what is no outbox text is left out."""
    return [
        text for each in exchanges if _kind(each) == "compute" for text in [reply_text(each.got)] if text is not None
    ]


def reply_text(got: Any) -> str | None:
    """The data of the first outbox message of a result, as text."""
    data = reply_data(got)
    return None if data is None else str(data)


def reply_data(got: Any) -> Any:
    """The data of the first outbox message of a result, as it is; None if there is none."""
    first = next(iter(outbox_of(got) or ()), {})
    return first.get("data")


# What clients put on every message; a reader of a brief learns nothing from it.
STANDARD = frozenset({"data-protocol", "variant", "type", "device", "scheduler", "authority", "target"})


def told(exchanges: Iterable[Exchange]) -> list[str]:
    """What was sent and answered, one line each: `slot 3: Inc Amount=5` and `slot 3 answered: "8"`."""
    found = []
    for each in exchanges:
        if _kind(each) == "schedule" and _message(each).action is not None:
            found.append(f"slot {each.slot}: {_told(_message(each))}")
        elif _kind(each) == "compute":
            text = reply_text(each.got)
            answer = (
                json.dumps(each.got, ensure_ascii=False, sort_keys=True, default=str) if text is None else repr(text)
            )
            status = "" if each.status in (None, 200) else f" with status {each.status}"
            found.append(f"slot {each.slot} answered{status}: {answer[:300]}")
    return found


def _told(message: Message) -> str:
    tags = [f"{name}={value}" for name, value in message.tags.items() if name not in STANDARD]
    data = [] if message.data is None else [f"data={message.data!r}"]
    return " ".join([str(message.action), *tags, *data])[:300]


def _kind(exchange: Exchange) -> str:
    return str(exchange.sent.get("kind", ""))


def _process(exchange: Exchange) -> str:
    return str(exchange.sent.get("process", ""))


def _message(exchange: Exchange) -> Message:
    tags = {str(name): str(value) for name, value in dict(exchange.sent.get("tags") or {}).items()}
    action = next((value for name, value in tags.items() if name.lower() == "action"), None)
    rest = {name.lower(): value for name, value in tags.items() if name.lower() not in ("action", "data")}
    data = exchange.sent.get("data")
    return Message(
        action, rest, None if data is None else str(data), str(exchange.sent.get("sender", "")), exchange.slot
    )
