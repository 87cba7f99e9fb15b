"""The devices of the node, one file each, opening with a message in and a message out; loaded when first called.

A device is an object with `call(context, base, key, request) -> Result | None`; None means that it has no such key, so
that the message's own keys answer. Most are `Device(NAME, {key: handler})`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context
    from taskrunner.node.results import Result

Handler = Callable[["Context", dict[str, Any], dict[str, Any]], "Result"]

HOMES: dict[str, str] = {
    "message@1.0": "message",
    "dev_message": "message",
    "meta@1.0": "meta",
    "json@1.0": "json_codec",
    "process@1.0": "process",
    "scheduler@1.0": "scheduler",
    "lua@5.3a": "lua",
    "stack@1.0": "stack",
    "multipass@1.0": "multipass",
    "patch@1.0": "patch",
    "dedup@1.0": "dedup",
    "push@1.0": "push",
    "relay@1.0": "relay",
    "cache@1.0": "cache",
    "wao@1.0": "wao",
    "node-process@1.0": "node_process",
    "test-device@1.0": "test_device",
    "genesis-wasm@1.0": "genesis_wasm",
    "httpsig@1.0": "codecs",
    "structured@1.0": "codecs",
    "flat@1.0": "codecs",
    "wasi@1.0": "wasi",
    "json-iface@1.0": "json_iface",
    "wasm-64@1.0": "wasm64",
}


class DeviceLike(Protocol):
    """What the resolver asks of a device."""

    def call(self, context: Context, base: dict[str, Any], key: str, request: dict[str, Any]) -> Result | None:
        """The answer of `key` on `base`, or None if the device has no such key."""
        ...


class Device:
    """A device that is a table of keys; `other` answers the keys that the table does not name."""

    __slots__ = ("keys", "name", "other")

    def __init__(
        self,
        name: str,
        keys: Mapping[str, Handler],
        other: Callable[[Context, dict[str, Any], str, dict[str, Any]], Result | None] | None = None,
    ) -> None:
        self.name = name
        self.keys = keys
        self.other = other

    def call(self, context: Context, base: dict[str, Any], key: str, request: dict[str, Any]) -> Result | None:
        """Look the key up in the table; keys are compared in lower case."""
        handler = self.keys.get(key.lower())
        if handler is not None:
            return handler(context, base, request)
        return None if self.other is None else self.other(context, base, key, request)


@cache
def load(name: str) -> DeviceLike | None:
    """The device of that name, or None. A home that is not there (an extra not installed) counts as no device."""
    home = HOMES.get(name)
    if home is None:
        return None
    try:
        module = import_module(f"{__name__}.{home}")
    except ModuleNotFoundError:
        return None
    devices: dict[str, DeviceLike] = module.DEVICES
    return devices.get(name)
