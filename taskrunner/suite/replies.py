"""What a suite reads of one answer: replies, outbox messages and how they match, without regard to the case of fields.

A reply is plain JSON data from any node, spelled as Lua modules, hyper-aos or AOS on wasm spell it. Knows no client.

Example: results {"outbox": {"1": {"Data": "2", "target": ADDR}}} has `.data == "2"` for the sender ADDR.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any


class Message(dict[str, Any]):
    """One outbox message; `message["Action"]` finds `action` too, among its fields and then among its tags."""

    def __missing__(self, key: str) -> Any:
        value = self.find(key)
        if value is None:
            raise KeyError(key)
        return value

    def find(self, key: str) -> Any:
        """The field or tag of that name in any spelling, or None."""
        wanted = key.lower()
        for name, value in self.items():
            if isinstance(name, str) and name.lower() == wanted:
                return value
        tags = next((value for name, value in self.items() if str(name).lower() == "tags"), None)
        if isinstance(tags, Mapping):
            return Message(tags).find(key)
        if isinstance(tags, list):
            pairs = [Message(tag) for tag in tags if isinstance(tag, Mapping)]
            return next((tag.find("value") for tag in pairs if as_text(tag.find("name")).lower() == wanted), None)
        return None


class Sent:
    """Whether an outbox holds a message to a target with certain tags: true or false, and it says what there was."""

    def __init__(self, wanted: dict[str, str], outbox: list[Message]) -> None:
        self.wanted = wanted
        self.outbox = outbox
        self.found = [message for message in outbox if self._matches(message)]

    def _matches(self, message: Message) -> bool:
        return all(as_text(message.find(name)) == value for name, value in self.wanted.items())

    @property
    def got(self) -> str:
        """The outbox with only the fields that were asked for."""
        shown = [{name: message.find(name) for name in self.wanted} for message in self.outbox]
        return json.dumps(shown, ensure_ascii=False)

    @property
    def expected(self) -> str:
        """The message that was asked for."""
        return json.dumps(self.wanted, ensure_ascii=False)

    def __bool__(self) -> bool:
        return bool(self.found)

    def __repr__(self) -> str:
        return f"<{'sent' if self.found else 'not sent'}: {self.expected}; the outbox holds {self.got}>"


class Reply:
    """The answer to one message. Its results are read from the node when they are first asked for.

    Raises the client's NodeError where the slot failed: a raised error is never an error reply.
    """

    def __init__(
        self,
        slot: int,
        sender: str,
        read: Callable[[], Any],
        note: Callable[[Sent], None],
        look: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.slot = slot
        self.sender = sender
        self._read = read
        self._note = note
        self._look = look
        self._results: Any = None
        self._is_read = False

    @property
    def results(self) -> Any:
        """The slot's results as JSON data."""
        self._look(self.slot)
        if not self._is_read:
            self._results, self._is_read = self._read(), True
        return self._results

    @property
    def ok(self) -> bool:
        """True once the slot is computed; raises where it failed."""
        return self.results is not None

    @property
    def outbox(self) -> list[Message]:
        """The outbox messages in their order."""
        return outbox_of(self.results)

    @property
    def message(self) -> Message | None:
        """The outbox message to the sender, else the first, else None."""
        messages = self.outbox
        mine = [message for message in messages if as_text(message.find("target")) == self.sender]
        return next(iter(mine or messages), None)

    @property
    def data(self) -> str | None:
        """The data of `message` as text; None if nothing was sent."""
        message = self.message
        return None if message is None else as_text(message.find("data"))

    @property
    def json(self) -> Any:
        """The data of `message` as JSON; the text itself where it is no JSON, so that a comparison shows it."""
        value = None if self.message is None else self.message.find("data")
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value

    @property
    def error(self) -> str:
        """The text of an error reply (data `error: TEXT` and a tag Error); empty if the reply is none."""
        for message in self.outbox:
            data, tag = as_text(message.find("data")), message.find("error")
            if data.startswith("error:") and tag is not None:
                return data.removeprefix("error:").strip()
        return ""

    def sent(self, to: str, tags: Mapping[str, str] | None = None) -> Sent:
        """Whether the outbox holds a message to the address `to` that carries `tags`."""
        match = Sent({"target": to, **(tags or {})}, self.outbox)
        self._note(match)
        return match

    def __repr__(self) -> str:
        return f"<Reply slot={self.slot}>" if not self._is_read else f"<Reply slot={self.slot} {self._results!r}>"


def outbox_of(results: Any) -> list[Message]:
    """The messages of results in any spelling: a list, or a map "1".."n" in numeric order."""
    if not isinstance(results, Mapping):
        return []
    outbox = Message(results).find("outbox")
    if isinstance(outbox, Mapping):
        if "1" not in outbox and any(not isinstance(value, Mapping) for value in outbox.values()):
            outbox = Message(outbox).find("messages") or []
        else:
            outbox = [outbox[key] for key in sorted(outbox, key=_order)]
    if not isinstance(outbox, list):
        return []
    return [Message(message) for message in outbox if isinstance(message, Mapping)]


def as_text(value: Any) -> str:
    """A field as text: JSON for anything that is no text, nothing for None."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _order(key: str) -> tuple[int, str]:
    return (int(key), "") if key.isdigit() else (1 << 62, key)
