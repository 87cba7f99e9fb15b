"""Our own known-good module on the user's node: if it fails there, the node is broken and nobody's module is.

Also asks a node for a nonce that only this process knows. Knows clients and nodes; judges nothing.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from taskrunner.core.case import Experiment, Observation

if TYPE_CHECKING:
    from taskrunner.backends import HyperBEAM
    from taskrunner.runner.context import Run
    from taskrunner.wire import Wallet

SOURCE = b"""
-- A module that cannot be wrong: it counts, and says what it was sent.
local count = 0
function compute(base, req, opts)
  local body = req.body or {}
  local action = body.Action or body.action or req.Action or req.action
  base.results = { outbox = {}, output = "" }
  if action == nil then return base end
  count = count + 1
  local echo = body.Echo or body.echo or ""
  base.results = { outbox = { ["1"] = { target = "canary", data = echo } }, output = { data = echo } }
  return base
end
"""


def nonce_fault(run: Run) -> str | None:
    """Starts a node as suites do and asks it for our nonce; the sentence that says what was wrong, or None."""
    nonce = secrets.token_urlsafe(24)
    with node_of(run) as hbeam:
        answer = hbeam.hb.get_text(f"/~message@1.0&nonce={nonce}/nonce")
    if nonce in str(answer):
        return None
    return f"the node answered {str(answer)[:80]!r} instead of our nonce"


def node_of(run: Run) -> HyperBEAM:
    """The kind of node that the suite runs on."""
    from taskrunner.backends import HyperBEAM

    node = run.settings.node
    return HyperBEAM(
        reset=True,
        jwk=wallet_of(run),
        backend=node.backend,
        url=node.url or None,
        root=run.workspace.root,
        dialect=run.settings.dialect,
        seconds=node.start_seconds,
    )


def wallet_of(run: Run) -> Wallet:
    """The wallet that signs for the workspace."""
    from taskrunner.project import workspace_wallet

    return workspace_wallet(run.workspace, "me", bits=2048)


def try_canary(run: Run) -> Observation:
    """Cache, spawn, schedule and compute our own module; code ENV-CANARY if any of it goes wrong."""
    from taskrunner.core.exchanges import reply_text
    from taskrunner.errors import TaskrunnerError

    word = secrets.token_hex(8)
    try:
        with node_of(run) as hbeam:
            hb = hbeam.hb
            module = hb.cache_script(SOURCE)
            pid = hb.spawn({"data-protocol": "ao", "execution-device": "lua@5.3a", "module": module})["pid"]
            slot = hb.schedule_lua(pid=pid, action="Echo", tags={"Echo": word})["slot"]
            said = reply_text(hb.compute_lua(pid=pid, slot=slot))
    except TaskrunnerError as error:
        return _broken(f"our canary module failed: {error}")
    if said != word:
        return _broken(f"our canary module answered {said!r} instead of {word!r}")
    return Observation(Experiment.CANARY, "passes", "our own module was cached, spawned and answered rightly")


def _broken(detail: str) -> Observation:
    return Observation(Experiment.CANARY, "fails", detail, code="ENV-CANARY", message=detail)
