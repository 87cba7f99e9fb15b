"""node-process@1.0: processes that the node's configuration names; spawned by the operator on first use.

in    GET /ledger~node-process@1.0/now/balance     out  what the process named `ledger` says
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskrunner.node import scheduling
from taskrunner.node.devices import Device
from taskrunner.node.results import Result, not_found, ok
from taskrunner.node.values import Message, text
from taskrunner.wire import commit

if TYPE_CHECKING:
    from taskrunner.node.resolver import Context


def _named(context: Context, base: Message, key: str, request: Message) -> Result | None:
    node = context.node
    spawned = node.settings.get(f"node-process/{key}")
    if isinstance(spawned, bytes):
        return ok(node.find(text(spawned)))
    definition = node.names.get(key)
    if definition is None:
        return not_found()
    fields: Message = {"device": b"process@1.0", "type": b"Process", "scheduler": node.address.encode(), **definition}
    assignment = scheduling.accept(node, commit(fields, node.wallet))
    node.settings[f"node-process/{key}"] = assignment["process"]
    return ok(node.find(text(assignment["process"])))


DEVICES = {"node-process@1.0": Device("node-process@1.0", {}, _named)}
