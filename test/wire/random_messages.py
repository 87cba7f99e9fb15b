"""Random messages in the shapes that tell encoders apart, and their JSON notation for the oracle."""

from __future__ import annotations

import base64
import math
import random
from typing import Any

from taskrunner.wire import Atom

IDENTITY = "Tbun4iRRQW93gUiSAmTmZJ2PGI-_yYaXsX69ETgzSRE"
KEYS = ["a", "b", "c", "data", "body", "n", "l", "m", "type", "Action", "x-y", "k_1", "1", "2", "10", "z", IDENTITY]
KEYS += ["content-type", "inline-body-key", "authority", "target", "ab", "a-b", "a_b", "a/b"]
PLAIN = ["x", "hello", "", "two words", "123", 'say "hi"', "b\\c", "::", " lead", "a, b", "(ao-type-integer) 5"]
UNRULY = ["line1\nline2", "tab\there", "h\u00e9llo", "\u2603", "cr\r\nlf", "a\n"]
LONG = ["x" * 4097, "y" * 4096, "\u00e9" * 3000]
NUMBERS = [0, 1, -7, 123456, 2**40, 1.5, -2.5, 3.14, 1e-7, 1.5e300, 1e21, 0.1, 123456.789, 1e-5]
BYTES = [b"\0\1\2\xff", b"", b"hello", b"\xc3\xa9"]


class Messages:
    """A seeded source of messages; `wild` is the share of values that need the second encoder."""

    def __init__(self, seed: int, wild: float, *, long: bool = True) -> None:
        self.random = random.Random(seed)
        self.wild = wild
        self.unruly = UNRULY + (LONG if long else [])

    def message(self) -> dict[str, Any]:
        pick = self.random
        return {pick.choice(KEYS): self.value(0) for _ in range(pick.choice([0, 1, 1, 2, 2, 3, 3, 4]))}

    def value(self, depth: int) -> Any:
        pick = self.random
        kind = pick.random()
        if kind < 0.33:
            return pick.choice(self.unruly if pick.random() < self.wild else PLAIN)
        if kind < 0.52:
            return pick.choice(NUMBERS)
        if kind < 0.58:
            return pick.choice([True, False, None])
        if kind < 0.61:
            return Atom(pick.choice(["ok", "foo"]))
        if kind < 0.61 + self.wild * 0.5:
            return pick.choice(BYTES)
        if depth > 3:
            return "leaf"
        if kind < 0.85:
            return [self.value(depth + 1) for _ in range(pick.choice([0, 1, 1, 2, 2, 3]))]
        return {pick.choice(KEYS): self.value(depth + 1) for _ in range(pick.choice([0, 1, 1, 2, 3]))}


def note(value: Any) -> Any:
    """The JSON notation of a value."""
    if isinstance(value, bytes):
        return {"$b": base64.b64encode(value).decode()}
    if isinstance(value, Atom):
        return {"$a": value.name}
    if isinstance(value, float) and math.isnan(value):
        return {"$nan": 1}
    if isinstance(value, list):
        return [note(item) for item in value]
    return {key: note(item) for key, item in value.items()} if isinstance(value, dict) else value


def read(noted: Any) -> Any:
    """The value behind a notation."""
    if isinstance(noted, list):
        return [read(item) for item in noted]
    if not isinstance(noted, dict):
        return noted
    if noted.keys() == {"$b"}:
        return base64.b64decode(noted["$b"])
    if noted.keys() == {"$a"}:
        return Atom(noted["$a"])
    return {key: read(item) for key, item in noted.items()}
