"""What a node's cache does to `base` and `results` between two slots, as pure functions on messages (lua-NOTES).

Reading slot by slot reloads `base` from the cache (`reloaded`), reading only the last slot keeps it in memory
(`carried`); in both cases its top-level keys are lower case at the next slot. Some values cannot be read back at all:
the process is dead from then on (`Poison`). Knows messages as border.py describes them, no node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from taskrunner.lua.border import Opaque, key_bytes, normal_key

_ADDRESS: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_LARGEST: Final = 999_999_999_999_999  # 15 digits, the largest integer of a structured field (RFC 9651 §3.3.1)
_VANISHING: Final = {"data": b"", "target": b"", "tags": []}  # gone after a reload: what an empty transaction has
_PRINTABLE: Final = re.compile(rb"[ -~]*\Z")

FUNCTION_CLAUSE: Final = "function_clause"
SUBPATH: Final = "subpath_not_found"


@dataclass(frozen=True, slots=True)
class Hazard:
    """One value that storage changes or cannot keep.

    `path` holds the keys from the top (`("base", "balances", "Alice")`), `kind` is the code of the warning, `effect` a
    sentence. `fatal` names the Erlang reason with which every later slot fails when slots are read one by one; a
    hazard without it changes what the module finds, so that both reading orders differ.
    """

    kind: str
    path: tuple[str, ...]
    effect: str
    hint: str
    fatal: str = ""

    @property
    def where(self) -> str:
        """The path as an author writes it: `base.balances.Alice`."""
        return ".".join(self.path)


class Poison(Exception):
    """A value that the cache took and cannot give back: every later read fails with `hazard.fatal`."""

    def __init__(self, hazard: Hazard) -> None:
        super().__init__(f"{hazard.where}: {hazard.effect}")
        self.hazard = hazard


def stored_key(key: Any) -> str:
    """A key as the cache gives it back: text, lower case unless it is an address of 43 characters."""
    text = normal_key(key)
    return text if _ADDRESS.match(text) else lower(text)


def lower(text: str) -> str:
    """ASCII and Latin letters made small as the node does."""
    return text.lower() if text.isascii() else key_bytes(text).decode("utf-8", "surrogateescape").lower()


def carried(base: dict[Any, Any]) -> dict[Any, Any]:
    """`base` as the next slot finds it in memory: top-level keys in lower case, the lower-case one of two stays."""
    ordered = sorted(base, key=lambda key: key_bytes(normal_key(key)))
    return {lower(key) if isinstance(key, str) else key: base[key] for key in ordered}


def reloaded(base: dict[Any, Any]) -> dict[Any, Any]:
    """`base` as a later request finds it after the cache; raises Poison if it cannot be read back."""
    _refuse_poison(base, "base")
    return carried(_through_cache(base))


def shown(results: Any, *, nested: bool = False) -> Any:
    """Results as the slot that computed them shows them: top-level keys in lower case.

    `nested` lowers the keys of all levels, as the dialect `current` does on every read.
    """
    if not isinstance(results, dict):
        return results
    return _lower_all(results) if nested else carried(results)


def cached(results: Any) -> Any:
    """Results as every later read shows them; raises Poison if they cannot be read back."""
    _refuse_poison(results, "results")
    return _through_cache(results)


def _refuse_poison(message: Any, name: str) -> None:
    for hazard in _hazards(message, (name,), in_list=False):
        if hazard.fatal:
            raise Poison(hazard)


def _through_cache(value: Any) -> Any:
    if isinstance(value, dict):
        message: dict[Any, Any] = {}
        for key in sorted(value, key=lambda key: key_bytes(normal_key(key))):
            item = value[key]
            name = stored_key(key)
            if (isinstance(item, Opaque) and item.builtin) or _vanishes(name, item):
                continue
            message[name] = _through_cache(item)  # of two spellings the lower-case one comes last, and stays
        return message
    if isinstance(value, list):
        return [_through_cache(item) for item in value if not (isinstance(item, Opaque) and item.builtin)]
    return value.term.encode() if isinstance(value, Opaque) else value


def _vanishes(name: str, item: Any) -> bool:
    """Whether a key is gone after a reload: it says what an empty transaction says, or it is the node's own."""
    return name == "priv" or (name in _VANISHING and item == _VANISHING[name])


def _lower_all(value: Any) -> Any:
    if isinstance(value, dict):
        ordered = sorted(value, key=lambda key: key_bytes(normal_key(key)))
        return {stored_key(key): _lower_all(value[key]) for key in ordered}
    return [_lower_all(item) for item in value] if isinstance(value, list) else value


def hazards(base: Any, results: Any) -> list[Hazard]:
    """Everything in `base` and `results` after one slot that storage changes or cannot keep."""
    found = [*_hazards(base, ("base",), in_list=False), *_hazards(results, ("results",), in_list=False)]
    return list(dict.fromkeys(found))


def _hazards(value: Any, path: tuple[str, ...], *, in_list: bool) -> Iterator[Hazard]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _key_hazards(key, item, path)
            yield from _hazards(item, (*path, normal_key(key)), in_list=False)
    elif isinstance(value, list):
        for index, item in enumerate(value, 1):
            yield from _hazards(item, (*path, str(index)), in_list=True)
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST:
        yield Hazard(
            "big-integer",
            path,
            "an integer of more than 15 digits: every later slot fails with function_clause",
            "keep it as text: tostring(n), or in a module variable",
            FUNCTION_CLAUSE,
        )
    elif in_list and isinstance(value, bytes) and not _PRINTABLE.match(value):
        yield Hazard(
            "list-text",
            path,
            "a text with a newline or a non-ASCII byte directly in a list: every later slot fails",
            "put it into a map inside the list: {{text = s}}",
            FUNCTION_CLAUSE,
        )
    elif isinstance(value, Opaque):
        yield Hazard(
            "function",
            path,
            "a function: it comes back as text" if not value.builtin else "a built-in function: it is gone",
            "keep functions in module variables",
        )


def _key_hazards(key: Any, item: Any, path: tuple[str, ...]) -> Iterator[Hazard]:
    text = normal_key(key)
    here = (*path, text)
    if "/" in text:
        yield Hazard(
            "key-slash", here, "a key with a slash: every later slot fails", "use another separator", FUNCTION_CLAUSE
        )
    elif not text.isascii():
        yield Hazard("key-bytes", here, "a non-ASCII key: every later slot fails", "use an ASCII key", SUBPATH)
    elif isinstance(key, str) and lower(text) != text and (len(path) == 1 or not _ADDRESS.match(text)):
        yield _case_hazard(here, top=len(path) == 1)
    if isinstance(key, int):
        yield Hazard(
            "integer-key",
            here,
            "an integer key outside 1..n: it comes back as text, t[5] as t['5']",
            "use string keys: t[tostring(n)]",
        )
    if item == b"" and _vanishes(text.lower(), item):
        yield Hazard("empty-text", here, f"an empty text under {text}: it is gone on the next read", "leave it out")


def _case_hazard(path: tuple[str, ...], *, top: bool) -> Hazard:
    effect = (
        "a capital letter in a top-level key: the next slot finds it in lower case only"
        if top
        else "a capital letter in a nested key: in lower case after a reload, as written in memory"
    )
    return Hazard("key-case", path, effect, "write keys in lower case, or keep the table in a module variable")
