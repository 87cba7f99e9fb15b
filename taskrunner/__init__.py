"""taskrunner builds HyperBEAM modules until they are proved.

The public API is `HB`, `AO`, `HyperBEAM` and `lua`; each is imported on first use: the command line starts fast.

    from taskrunner import AO, HB, HyperBEAM
    with HyperBEAM(reset=True) as hbeam:
        counter = AO(hb=hbeam).deploy(source).p
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskrunner import lua
    from taskrunner.backends import HyperBEAM
    from taskrunner.client import AO, HB

__version__ = "0.1.0"
__all__ = ["AO", "HB", "HyperBEAM", "lua"]

_HOMES = {"AO": "taskrunner.client", "HB": "taskrunner.client", "HyperBEAM": "taskrunner.backends"}


def __getattr__(name: str) -> Any:
    if name == "lua":
        return import_module("taskrunner.lua")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
