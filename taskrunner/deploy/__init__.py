"""From proved to running: a module is uploaded, then spawned by its id on a node that we were given.

Two steps, so that a person can look before anything leaves the machine:

    shipment = prepare(workspace, 1, node="https://node.example", wallet=wallet, upload="https://up.example/tx")
    shipment.to_json()                    # exactly what would be sent, byte counts and ids included; nothing was sent
    deployed = send(shipment)             # Deployed(pid, module, node)

Only a task that is proved now, in this very run, is prepared. Knows the runner and the client; asks nobody anything.
"""

from __future__ import annotations

from taskrunner.deploy.remote import Deployed, send
from taskrunner.deploy.shipment import Shipment, prepare

__all__ = ["Deployed", "Shipment", "prepare", "send"]
