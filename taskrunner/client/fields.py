"""Reading plain results without regard to the case of field names, which differs between nodes and between reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def find(value: Any, path: str, default: Any = None) -> Any:
    """The value at a path such as `outbox/1/data`, in any spelling of its keys; list items count from 1."""
    for step in path.split("/"):
        if isinstance(value, Mapping):
            value = _in_map(value, step, _MISSING)
        elif isinstance(value, list) and step.isdigit() and 0 < int(step) <= len(value):
            value = value[int(step) - 1]
        else:
            return default
        if value is _MISSING:
            return default
    return value


def _in_map(fields: Mapping[str, Any], name: str, default: Any) -> Any:
    if name in fields:
        return fields[name]
    wanted = name.lower()
    return next((value for key, value in fields.items() if str(key).lower() == wanted), default)


_MISSING = object()
