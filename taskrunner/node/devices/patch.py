"""patch@1.0: moves data inside the state, so that results become something that can be asked for (PROTOCOL §11.5).

in    {"patch-from": "/results/outbox", "results": {"outbox": {"1": {"method": "PATCH", "total": 5}}}}  compute
out   {"results": {"outbox": {}}, "total": 5, ...}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskrunner.node.devices import Device
from taskrunner.node.devices.message import merged
from taskrunner.node.results import Result, not_found, ok
from taskrunner.node.values import MISSING, Message, as_map, lookup, text

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context


def _compute(context: Context, base: Message, request: Message) -> Result:
    return _move(base, request, only_patches=True)


def _all(context: Context, base: Message, request: Message) -> Result:
    return _move(base, request, only_patches=False)


def _skip(context: Context, base: Message, request: Message) -> Result:
    return ok(base)


def _move(base: Message, request: Message, *, only_patches: bool) -> Result:
    source = _path(base, request, "patch-from") or _path(base, request, "from")
    found = as_map(_at(base, source)) if source else MISSING
    if not isinstance(found, dict):
        return ok(base) if only_patches else not_found()
    patches = {key: item for key, item in found.items() if not only_patches or _is_patch(item)}
    state = _put(base, source, {key: item for key, item in found.items() if key not in patches})
    target = _path(base, request, "patch-to")
    for key in sorted(patches, key=_order):
        item = patches[key]
        if only_patches:
            item = {name: value for name, value in item.items() if name not in ("method", "device", "tags")}
        state = _merge(state, target, item if only_patches else {key: item})
    return ok(state)


def _is_patch(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    return text(item.get("method")).upper() == "PATCH" or text(item.get("device")) == "patch@1.0"


def _path(base: Message, request: Message, name: str) -> list[str]:
    value = text(request.get(name)) or text(base.get(name))
    return [step for step in value.removeprefix("base:").removeprefix("req:").split("/") if step]


def _at(value: Any, path: list[str]) -> Any:
    for step in path:
        value = lookup(as_map(value), step) if isinstance(as_map(value), dict) else MISSING
    return value


def _put(base: Message, path: list[str], value: Any) -> Message:
    if not path:
        return dict(value)
    inner = as_map(base.get(path[0], {}))
    return {**base, path[0]: _put(inner if isinstance(inner, dict) else {}, path[1:], value)}


def _merge(base: Message, path: list[str], changes: Message) -> Message:
    for step in reversed(path):
        changes = {step: changes}
    return merged(base, changes)


def _order(key: Any) -> tuple[int, str]:
    return (int(str(key)), "") if str(key).isdigit() else (1 << 30, str(key))


DEVICES = {"patch@1.0": Device("patch@1.0", {"compute": _compute, "all": _all, "init": _skip, "normalize": _skip})}
