"""The path grammar of a node: parts, devices, arguments and sub-paths, read from a request target (PROTOCOL §9.2).

    /PID~process@1.0/compute&slot+integer=3/(/~meta@1.0/info)?accept=application/json

Pure: text in, frozen values out, in time linear in the text. Nothing is resolved here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from taskrunner.node.limits import Limits
from taskrunner.wire import Atom, structured

ID_LENGTHS = frozenset({43, 42, 32})
_STEP = re.compile(r"([0-9]+)\.(.+)\Z", re.DOTALL)


class PathError(Exception):
    """A target that is no path; the message says where."""


@dataclass(frozen=True, slots=True)
class Pair:
    """`key+type=value`. `value` is typed already, or a `Path` to be resolved; `step` is the N of `N.key`."""

    key: str
    value: Any
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One step. Exactly one of `id`, `group` and `key` is set, unless the part is only a device (`~meta@1.0`)."""

    key: str = ""
    id: str = ""
    group: Path | None = None
    device: str | Path = ""
    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """A whole target: its parts, and the arguments of its query, which hold for every step."""

    parts: tuple[Part, ...] = ()
    query: tuple[Pair, ...] = field(default=())


def parse(target: str, limits: Limits | None = None) -> Path:
    """The path behind a request target. Raises `PathError`."""
    return _parse(target, limits or Limits(), 0)


def is_id(text: str) -> bool:
    """Whether a part is taken for an id: by its length alone."""
    return len(text.encode("utf-8", "surrogateescape")) in ID_LENGTHS


def _parse(target: str, limits: Limits, depth: int) -> Path:
    if depth > limits.nesting:
        raise PathError(f"parentheses more than {limits.nesting} deep")
    where, _, query = _cut(target, "?")
    parts = [_part(text, limits, depth) for text in _split(where, "/") if text]
    if len(parts) > limits.steps:
        raise PathError(f"more than {limits.steps} parts")
    pairs = tuple(_pair(text, limits, depth) for text in _split(query, "&") if text)
    return Path(tuple(parts), pairs)


def _part(text: str, limits: Limits, depth: int) -> Part:
    head, _, rest = _cut(text, "&")
    pairs = tuple(_pair(each, limits, depth) for each in _split(rest, "&") if each)
    name, tilde, device = _cut(head, "~")
    if tilde and not device:
        raise PathError(f"{text!r} names no device")
    runs: str | Path = _group(device, limits, depth) or _decode(device, limits)
    if (group := _group(name, limits, depth)) is not None:
        return Part(group=group, device=runs, pairs=pairs)
    key = _decode(name, limits)
    if is_id(key):
        return Part(id=key, device=runs, pairs=pairs)
    return Part(key=key, device=runs, pairs=pairs)


def _pair(text: str, limits: Limits, depth: int) -> Pair:
    name, equals, value = _cut(text, "=")
    key, plus, kind = name.partition("+")
    key, step = _stepped(_decode(key, limits).lower() if not is_id(key) else key)
    if not equals:
        return Pair(key, True, step)
    group = _group(value, limits, depth)
    if plus and kind == "resolve":
        return Pair(key, group if group is not None else _parse(_decode(value, limits), limits, depth + 1), step)
    if group is not None:
        return Pair(key, group, step)
    decoded = _decode(value, None)
    return Pair(key, _typed(kind, decoded) if plus else decoded.encode("utf-8", "surrogateescape"), step)


def _stepped(key: str) -> tuple[str, int | None]:
    """`3.slot` aims at one step; one dot behind anything else is an error (PROTOCOL §9.2)."""
    match = _STEP.match(key)
    if match is not None and "." not in match[2]:
        return match[2], int(match[1]) if len(match[1]) < 10 else -1
    if key.count(".") == 1:
        raise PathError(f"the argument {key!r} has a dot, but no step number before it")
    return key, None


def _typed(kind: str, text: str) -> Any:
    raw = text.encode("utf-8", "surrogateescape")
    if kind == "atom":
        return {"true": True, "false": False, "null": None}.get(text, Atom(text))
    value = structured.decode({"ao-types": f'v="{kind}"'.encode(), "v": raw})["v"]
    if kind in ("integer", "float") and isinstance(value, bytes):
        raise PathError(f"{text!r} is no {kind}")
    return value


def _decode(text: str, limits: Limits | None) -> str:
    """Percent escapes undone; a part over 512 bytes is an error."""
    raw = unquote_to_bytes(text.encode("utf-8", "surrogateescape"))
    if limits is not None and len(raw) > limits.part:
        raise PathError(f"a part of {len(raw)} bytes, the limit is {limits.part}")
    return raw.decode("utf-8", "surrogateescape")


def _group(text: str, limits: Limits, depth: int) -> Path | None:
    if not (text.startswith("(") and text.endswith(")") and len(text) > 1):
        return None
    return _parse(text[1:-1], limits, depth + 1)


def _cut(text: str, mark: str) -> tuple[str, str, str]:
    """`str.partition` that does not look into parentheses."""
    if "(" not in text:
        return text.partition(mark)
    for at in _outside(text, mark):
        return text[:at], mark, text[at + 1 :]
    return text, "", ""


def _split(text: str, mark: str) -> list[str]:
    if "(" not in text and ")" not in text:
        return text.split(mark)
    found, start = [], 0
    for at in _outside(text, mark):
        found.append(text[start:at])
        start = at + 1
    return [*found, text[start:]]


def _outside(text: str, mark: str) -> list[int]:
    """Where `mark` stands outside of all parentheses. Raises `PathError` if those do not match."""
    depth, found = 0, []
    for at, char in enumerate(text):
        if char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth < 0:
                raise PathError("a closing parenthesis without an opening one")
        elif char == mark and depth == 0:
            found.append(at)
    if depth:
        raise PathError("a parenthesis is never closed")
    return found
