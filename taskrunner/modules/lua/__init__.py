"""Lua modules: the skeleton that a plan asks for, and what can be said about a source without running it.

Everything written here runs on production's Lua (Luerl 1.3, LUERL §1), not only on C Lua. Knows no node.
"""

from __future__ import annotations

from taskrunner.core.plan import PlanModule
from taskrunner.modules.findings import Finding

__all__ = ["Finding", "check", "skeleton"]


def skeleton(module: PlanModule) -> str:
    """The text of `custom_lua/{name}.lua`: it loads, and answers every action with `not implemented: NAME`.

    Input parsing of the plan's parameters is complete; what is missing is only the actions themselves.
    """
    from taskrunner.modules.lua.writing import write

    return write(module)


def check(source: bytes, file: str) -> list[Finding]:
    """What is wrong with a source before it runs, in the order of lines; empty if nothing is.

    A source that does not parse gives exactly one finding (`MOD-LUA-SYNTAX`).
    """
    from taskrunner.modules.lua.checking import findings

    return findings(source, file)
