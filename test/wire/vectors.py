"""Reading the shared vectors: their JSON notation for bytes, atoms and empties as Python values."""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from taskrunner.wire import Atom, Wallet

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "protocol" / "vectors"
_BYTES = re.compile(r":([A-Za-z0-9+/]*={0,2}):\Z")
_ATOM = re.compile(r"%(.*)%\Z")
_EMPTY: dict[str, Any] = {"binary": b"", "list": [], "map": {}}


@cache
def load(name: str) -> Any:
    """One vector file."""
    return json.loads((FOLDER / name).read_text())


@cache
def wallet() -> Wallet:
    """The key of all vectors."""
    return Wallet.from_jwk(load("test-jwk.json"), check=False)


def value(noted: Any) -> Any:
    """A value from the annotation of `encode.json` and `commit.json`: `str` is text, `bytes` is binary."""
    if isinstance(noted, dict):
        if set(noted) == {"$empty"}:
            return _EMPTY[noted["$empty"]].__class__()
        if set(noted) == {"$base64"} or set(noted) == {"base64"}:
            return base64.b64decode(next(iter(noted.values())))
        return {key: value(item) for key, item in noted.items()}
    if isinstance(noted, list):
        return [value(item) for item in noted]
    if isinstance(noted, str):
        if match := _BYTES.match(noted):
            return base64.b64decode(match[1])
        if match := _ATOM.match(noted):
            return Atom(match[1])
    return noted


def body(noted: dict[str, Any] | None) -> bytes:
    """A body of the vectors."""
    return base64.b64decode(noted["base64"]) if noted else b""


def rich(noted: Any, *, keep_ids: bool = False) -> Any:
    """What decoding gives for an annotated input: text is bytes, keys lower case, integral floats integers.

    The JavaScript client lower-cases ids used as keys too, we do not (`keep_ids`).
    """
    return _rich(value(noted), keep_ids)


def _rich(item: Any, keep_ids: bool) -> Any:
    if isinstance(item, str):
        return item.encode()
    if isinstance(item, float) and item.is_integer():
        return int(item)
    if isinstance(item, list):
        return [_rich(inner, keep_ids) for inner in item]
    if isinstance(item, dict):
        return {
            key if keep_ids and len(key) == 43 else key.lower(): _rich(inner, keep_ids) for key, inner in item.items()
        }
    return item
