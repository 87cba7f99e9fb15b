"""The listed fields of an answer as the JavaScript client's parser turns them into `out` (PROTOCOL §8.3).

Reproduces what that parser loses too: inline and raw parts, the tail of a list inside a list, escaped keys. Knows
fields and types only; which fields are seen is decided in `reply.py`.
"""

from __future__ import annotations

import re
from typing import Any

from taskrunner.wire.wao.typed import by_type

_IDS = re.compile(r'([A-Za-z0-9_-]{43})="([^"]*)"')
_TYPE = re.compile(r'([^=,]+)="([^"]+)"')
_PART_NAME = re.compile(r'name="([^"]+)"')
_DIGITS = re.compile(r"[0-9]+\Z")
_HIDDEN = frozenset({"ao-types", "content-type", "content-digest", "signature", "signature-input", "body-keys"})
_CRLF = "\r\n"
MAX_STEPS = 64


def to_json(message: dict[str, Any]) -> Any:
    """`out` for the fields of a message: ids ungrouped, multipart opened, types applied, paths nested."""
    fields = dict(message)
    if fields.get("ao-ids"):
        fields.update(_IDS.findall(fields.pop("ao-ids")))
    types = _types_of(fields.get("ao-types"))
    types.update(_open_multipart(fields))
    for key, kind in types.items():
        if key not in fields and kind.startswith("empty-"):
            fields[key] = by_type("", kind)
    out = {
        key: _convert(value, types.get(key, ""))
        for key, value in fields.items()
        if key not in _HIDDEN and not key.startswith(("@", "__"))
    }
    return _nest(out, types) if any("/" in key for key in out) else out


def _types_of(text: Any) -> dict[str, str]:
    return {key.strip(): kind for key, kind in _TYPE.findall(text)} if isinstance(text, str) else {}


def _open_multipart(fields: dict[str, Any]) -> dict[str, str]:
    """Replace the body by its parts; the types of their fields, by path."""
    body, content_type = fields.get("body"), fields.get("content-type")
    if not body or not isinstance(content_type, str) or not content_type.strip().startswith("multipart/form-data;"):
        return {}
    boundary = _boundary(content_type)
    if not boundary:
        return {}
    del fields["body"]
    types: dict[str, str] = {}
    for name, lines in _parts(body, boundary).items():
        own = _types_of(lines.pop("ao-types", None))
        if lines:
            fields[name] = {key: by_type(value, own[key]) if key in own else value for key, value in lines.items()}
        types.update((f"{name}/{key}", kind) for key, kind in own.items())
    return types


def _boundary(content_type: str) -> str:
    for parameter in content_type.strip().split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip() == "boundary":
            return value.partition("=")[0].strip().replace('"', "")
    return ""


def _parts(body: str, boundary: str) -> dict[str, dict[str, str]]:
    """Parts that have a name and at least one line; every line with `": "` counts, wherever it stands."""
    parts: dict[str, dict[str, str]] = {}
    for text in body.split(f"--{boundary}"):
        name = ""
        lines: dict[str, str] = {}
        for line in text.split(_CRLF):
            key, mark, value = line.partition(": ")
            if not mark:
                continue
            if key.lower() != "content-disposition":
                lines[key] = value
            elif match := _PART_NAME.search(value):
                name = match[1]
        if name and lines:
            parts[name] = lines
    return parts


def _convert(value: Any, kind: str) -> Any:
    if isinstance(value, dict):
        if kind == "list":
            return _as_list(value)
        return {key: to_json(inner) if isinstance(inner, dict) else inner for key, inner in value.items()}
    return by_type(value, kind) if kind and isinstance(value, str) else value


def _as_list(numbered: dict[str, Any]) -> Any:
    """The list behind a map whose keys are all numbers; missing numbers leave holes (None)."""
    if not numbered or not all(_DIGITS.match(key) for key in numbered):
        return numbered
    places = {int(key): value for key, value in numbered.items() if len(key) < 7}
    return [places.get(place) for place in range(1, max(places, default=0) + 1)]


def _nest(out: dict[str, Any], types: dict[str, str]) -> Any:
    nested: dict[str, Any] = {}
    for key in sorted(out):
        if "/" not in key:
            nested[key] = out[key]
            continue
        here: Any = nested
        *steps, last = _steps(key)
        for step in steps[:MAX_STEPS]:
            here = _below(here, step)
        _store(here, last, out[key])
    return _lists_by_type(nested, "", types)


def _steps(path: str) -> list[str]:
    """The steps of a path; a run of empty ones is the key `/`, a single one is skipped."""
    *steps, last = path.split("/")
    kept: list[str] = []
    run = 0
    for step in [*steps, None]:
        if step == "":
            run += 1
            continue
        if run > 1:
            kept.append("/")
        run = 0
        if step is not None:
            kept.append(step)
    return [*kept, last]


def _below(here: Any, step: str) -> Any:
    """The value under `step`, made a map if there is none; below a scalar nothing is kept."""
    if isinstance(here, dict):
        if not here.get(step):
            here[step] = {}
        return here[step]
    if _make_place(here, step):
        place = int(step)
        here[place] = here[place] or {}
        return here[place]
    return {}


def _store(here: Any, key: str, value: Any) -> None:
    """Set a property as JavaScript does it: on a list the key is an index, on a scalar nothing happens."""
    if isinstance(here, dict):
        here[key] = value
    elif _make_place(here, key):
        here[int(key)] = value


def _make_place(here: Any, key: str) -> bool:
    """Whether `here` is a list with room for the index `key`; holes are filled with None."""
    if not isinstance(here, list) or not _DIGITS.match(key) or len(key) > 5:
        return False
    here.extend([None] * (int(key) + 1 - len(here)))
    return True


def _lists_by_type(value: Any, path: str, types: dict[str, str]) -> Any:
    if isinstance(value, dict) and types.get(path) == "list":
        value = _as_list(value)
    if isinstance(value, list):
        return [_lists_by_type(item, f"{path}/{place}", types) for place, item in enumerate(value, 1)]
    if isinstance(value, dict):
        return {key: _lists_by_type(item, f"{path}/{key}" if path else key, types) for key, item in value.items()}
    return value
