"""test-device@1.0: what processes run that never compute anything of their own, such as the cache of scripts.

in    {"a": 1}  compute  ASSIGNMENT with slot 3     out  {"a": 1, "results": {"assignment-slot": 3}}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskrunner.node.devices import Device
from taskrunner.node.results import Result, ok
from taskrunner.node.values import Message

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context


def _compute(context: Context, base: Message, request: Message) -> Result:
    return ok({**base, "results": {"assignment-slot": request.get("slot", 0)}})


DEVICES = {"test-device@1.0": Device("test-device@1.0", {"compute": _compute})}
