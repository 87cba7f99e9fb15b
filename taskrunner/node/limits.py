"""What one request may cost. Production has almost no limits; a node that tests modules must come back and say why.

Limits of Lua are its own (`lua.Limits`), limits of wasm too; these are the node's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskrunner.lua import Limits as LuaLimits


def _lua_limits() -> LuaLimits:
    from taskrunner.lua import Limits as LuaLimits

    return LuaLimits()


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes. `states` are whole states kept in memory per process; older ones are replayed when asked for."""

    lua: LuaLimits = field(default_factory=_lua_limits)
    wasm_seconds: float = 20.0  # wall time of one call of a wasm function
    body: int = 256 << 20
    headers: int = 1 << 20
    part: int = 512  # bytes of one path part (PROTOCOL §9.2)
    nesting: int = 32  # parentheses within parentheses in a path
    steps: int = 64  # parts of a path
    pushes: int = 1000  # deliveries that one push may lead to
    states: int = 4
    page: int = 1000  # assignments in one answer (PROTOCOL §10.3)
