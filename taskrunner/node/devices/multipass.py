"""multipass@1.0: asks for another pass until there were enough; the last device of a stack.

in    {"pass": 1, "passes": 2}   out  status pass        in  {"pass": 2, "passes": 2}   out  status ok
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskrunner.node.devices import Device
from taskrunner.node.results import Result, ok
from taskrunner.node.values import Message

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context


def _any(context: Context, base: Message, key: str, request: Message) -> Result | None:
    passes = base.get("passes", 1)
    done = not isinstance(passes, int) or base.get("pass", 1) >= passes
    return ok(base) if done else Result("pass", base)


DEVICES = {"multipass@1.0": Device("multipass@1.0", {}, _any)}
