"""Sends a shipment: the upload, then the spawn; and says in plain words what a remote node does not offer.

Remote nodes differ: some only push, some refuse multipart bodies, some lack `wao@1.0`. Each is recognised by what the
node answers, never assumed, and either worked around (ANS-104 instead of multipart) or explained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taskrunner.client import HB, NodeError
from taskrunner.core.plan import TaskType
from taskrunner.errors import EnvironmentFault

if TYPE_CHECKING:
    from taskrunner.deploy.shipment import Shipment

SECONDS = 60.0
MULTIPART_WORDS = ("multipart", "parsing your request", "unsupported media", "content-type")


@dataclass(frozen=True, slots=True)
class Deployed:
    """A process that runs: its id, its module's id, and the node."""

    pid: str
    module: str
    node: str
    way: str = "httpsig"

    def to_json(self) -> dict[str, Any]:
        """The process as plain data."""
        return {"pid": self.pid, "module": self.module, "node": self.node, "way": self.way}


def send(shipment: Shipment) -> Deployed:
    """Upload and spawn. Raises EnvironmentFault ENV-UPLOAD, ENV-NODE-PUSH-ONLY, ENV-NODE-DEVICE or ENV-NODE-REFUSED."""
    hb = HB(url=shipment.node, jwk=shipment.wallet, timeout=SECONDS)
    try:
        module = shipment.boot or _place(shipment, hb)
        pid, way = _spawn(shipment, hb, module)
    finally:
        hb.close()
    return Deployed(pid, module, shipment.node, way)


def _place(shipment: Shipment, hb: HB) -> str:
    """Bring the module to where the node finds it; its id."""
    if shipment.item is not None:
        return _upload(shipment)
    try:
        if shipment.type == TaskType.WASM:
            return hb.cache_binary(shipment.data, "application/wasm")
        return hb.cache_script(shipment.data, "application/lua")
    except NodeError as error:
        raise EnvironmentFault(
            f"the node at {shipment.node} keeps no module for us ({_words(error)})",
            code="ENV-NODE-DEVICE",
            hint="upload it instead with --upload URL, or spawn a published module with --boot ID",
        ) from error


def _upload(shipment: Shipment) -> str:
    """POST the signed item to the upload service; the id must be the one that we computed."""
    import httpx

    assert shipment.item is not None
    try:
        answer = httpx.post(
            shipment.upload,
            content=shipment.item.to_bytes(),
            headers={"content-type": "application/octet-stream"},
            timeout=SECONDS,
        )
    except httpx.HTTPError as error:
        raise EnvironmentFault(
            f"the upload service at {shipment.upload} cannot be reached: {error}",
            code="ENV-UPLOAD",
            hint="check the address and your network; nothing was spawned",
        ) from error
    if answer.status_code >= 300:
        raise EnvironmentFault(
            f"the upload service refused the module: {answer.status_code} {answer.text[:200].strip()}",
            code="ENV-UPLOAD",
            hint="it says why; nothing was spawned",
        )
    told = _told_id(answer)
    if told is not None and told != shipment.item.id:
        raise EnvironmentFault(
            f"the upload service answered the id {told}, but the item's id is {shipment.item.id}",
            code="ENV-UPLOAD",
            hint="do not trust that service with this module; nothing was spawned",
        )
    return shipment.item.id


def _told_id(answer: Any) -> str | None:
    try:
        found = answer.json()
    except ValueError:
        return None
    told = found.get("id") if isinstance(found, dict) else None
    return told if isinstance(told, str) else None


def _spawn(shipment: Shipment, hb: HB, module: str) -> tuple[str, str]:
    """The process id, and the way it went: httpsig, or ans104 where the node refuses multipart."""
    key = "image" if shipment.type == TaskType.WASM else "module"
    tags = {**shipment.tags, key: module}
    try:
        return hb.spawn(tags)["pid"], "httpsig"
    except NodeError as error:
        if error.status in (400, 415) and any(word in _words(error).lower() for word in MULTIPART_WORDS):
            return _spawn_item(shipment, hb, tags), "ans104"
        raise explain(error, shipment.node) from error


def _spawn_item(shipment: Shipment, hb: HB, tags: dict[str, Any]) -> str:
    """Spawn with one signed data item instead of a multipart message (PROTOCOL §9.1, codec ans104@1.0)."""
    from taskrunner.client import tags as standard
    from taskrunner.wire import ans104

    fields = {**standard.process(hb.operator), **tags}
    pairs = [
        (name, ",".join(map(str, value)) if isinstance(value, list) else str(value)) for name, value in fields.items()
    ]
    item = ans104.DataItem.create(b"", pairs).sign(shipment.wallet)
    headers = (("codec-device", "ans104@1.0"), ("content-type", "application/octet-stream"))
    reply = hb.transport.request("POST", "/~process@1.0/schedule", headers, item.to_bytes(), SECONDS)
    if reply.status >= 400:
        raise explain(
            NodeError("spawn", status=reply.status, body=reply.body.decode("utf-8", "replace")), shipment.node
        )
    return reply.header("process") or item.id


def explain(error: NodeError, node: str) -> EnvironmentFault:
    """What a refused spawn means for a person."""
    words = _words(error)
    if error.status in (404, 405) or "not_found" in words:
        return EnvironmentFault(
            f"the node at {node} does not schedule processes (it answered {error.status} to /~process@1.0/schedule); "
            "nodes that only push are like that",
            code="ENV-NODE-PUSH-ONLY",
            hint="name a node with a scheduler, e.g. your own: `taskrunner node start`",
        )
    if "scheduler" in words.lower():
        return EnvironmentFault(
            f"the node at {node} is not the scheduler that the process names: {words[:200]}",
            code="ENV-NODE-REFUSED",
            hint="spawn on the node whose address /~meta@1.0/info/address answers",
        )
    return EnvironmentFault(
        f"the node at {node} refused the process: {error.status} {words[:200]}",
        code="ENV-NODE-REFUSED",
        hint="its own words say why; nothing else was sent",
    )


def _words(error: NodeError) -> str:
    return " ".join((error.body or error.message).split())
