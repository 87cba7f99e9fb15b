"""Was it our node that could not be reached? A test with an address of its own fails on a machine that is well.

The node of a run is known here: if it is alive, or was never started, a refused connection went somewhere else. Knows
exceptions and one session; decides no class.
"""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from taskrunner.suite.session import Session

CODE = "TEST-NODE-ADDRESS"
REFUSED = re.compile(
    r"ConnectError|ConnectionRefused|ECONNREFUSED|Connection refused|ENV-NODE-UNREACHABLE|Name or service not known"
)


def asked_elsewhere(error: BaseException | None, session: Session | None) -> dict[str, Any] | None:
    """What is told of a test that asked a node that is not this run's: `{"code", "message"}`; None if it did not."""
    words = _words(error)
    if not REFUSED.search(words):
        return None
    url = session.node_url() if session is not None else ""
    if url is None or (url and (url in words or not _listens(url))):
        return None
    alive = (
        f"the node of this run is alive at {url}" if url else "the node of this run has no address and was not asked"
    )
    where = re.search(r"https?://[^\s'\")]+|(?:localhost|127\.0\.0\.1|\[::1\]):\d+", words)
    message = f"nobody listens where the test asks{f' ({where[0]})' if where else ''}; {alive}"
    return {"code": CODE, "message": message}


def _words(error: BaseException | None) -> str:
    """Types, codes and texts along the chain of causes, and the address that a client's error carries."""
    found: list[str] = []
    seen = 0
    while error is not None and seen < 20:
        found.append(f"{type(error).__name__} {getattr(error, 'code', '')} {error}")
        try:
            found.append(str(getattr(getattr(error, "request", None), "url", "")))
        except RuntimeError:  # httpx: an error without a request says so by raising
            pass
        error, seen = error.__cause__ or error.__context__, seen + 1
    return "\n".join(found)


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=1.0):
            return True
    except OSError:
        return False
