"""What hosts: starts and ends the node that suites run on, and hands out a client for it.

    with HyperBEAM(reset=True) as hbeam:                     # the embedded node, in this process
        hbeam.hb.spawn(...)
    with HyperBEAM(backend="hyperbeam", root=workspace):     # real HyperBEAM, started in the user's clone
    with HyperBEAM(url="http://localhost:10001"):            # a node that somebody else runs

Only what was started here is ever ended.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskrunner.backends.embedded import HyperBEAM
    from taskrunner.backends.http import NodeServer, serve
    from taskrunner.backends.inprocess import InProcess

__all__ = ["HyperBEAM", "InProcess", "NodeServer", "serve"]

_HOMES = {"HyperBEAM": "embedded", "InProcess": "inprocess", "NodeServer": "http", "serve": "http"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
