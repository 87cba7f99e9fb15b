"""Seals on the lines of a report, so that only the recorder of that very run can have written them.

Each line carries a MAC over itself and the seal before it: a line that was forged, changed, dropped or put elsewhere
breaks the chain. The key is made for one run and never lies in a file, an argument or the environment. Knows no suite.

    {"event": "collected", "tests": ["test_a"], "seal": "3f0c..."}
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_SEALED = re.compile(r'^(\{.*), "seal": "([0-9a-f]{32})"\}$', re.DOTALL)
BROKEN = "broken"  # the event that stands where a report stops being ours


def new_key() -> str:
    """A key for one run."""
    return secrets.token_hex(32)


def sealer(key: str) -> Callable[[str], str]:
    """Gives a function that seals the JSON objects of one report, in their order."""
    secret, last = bytes.fromhex(key), ""

    def seal(text: str) -> str:
        nonlocal last
        last = _mac(secret, last, text)
        return f'{text[:-1]}, "seal": "{last}"}}'

    return seal


def unsealed(lines: Iterable[str], key: str | None) -> Iterator[dict[str, Any]]:
    """The events of a report; one more, `{"event": "broken", "line": n}`, at the first line that is not ours.

    A last line that was cut off by the end of the run is left out. Without a key nothing is checked.
    """
    last, rows = "", list(lines)
    for number, line in enumerate(rows, 1):
        if not line:
            continue
        found = _SEALED.match(line) if key is not None else None
        if key is not None:
            cut_off = number == len(rows)  # a whole line ends with a line end, so that an empty one follows
            if found is None or not hmac.compare_digest(_mac(bytes.fromhex(key), last, found[1] + "}"), found[2]):
                if not cut_off:
                    yield {"event": BROKEN, "line": number}
                return
            last = found[2]
        event = _parsed(line)
        if event is not None:
            yield event


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    if not isinstance(event, dict):
        return None
    event.pop("seal", None)
    return event


def _mac(secret: bytes, last: str, text: str) -> str:
    return hmac.digest(secret, f"{last}\n{text}".encode("utf-8", "surrogatepass"), "sha256").hex()[:32]
