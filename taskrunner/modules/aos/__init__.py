"""HyperAOS scripts: the skeleton that a plan asks for, and the pitfalls that can be seen without running one.

A script is evaluated by the owner in a process of the HyperAOS boot; it has Handlers, `msg.reply` and `ao.send`, and no
`compute`. What is written here runs on our boot and on the measured one. Knows no node.
"""

from __future__ import annotations

from taskrunner.core.plan import PlanModule
from taskrunner.modules.findings import Finding

__all__ = ["Finding", "check", "skeleton"]


def skeleton(module: PlanModule) -> str:
    """The text of `src/{name}.lua`: one `Handlers.add` for each action, which answers `not implemented: NAME`."""
    from taskrunner.modules.aos.writing import write

    return write(module)


def check(source: bytes, file: str) -> list[Finding]:
    """What is wrong (error) or risky (warning) in a script, errors first, then in the order of lines."""
    from taskrunner.modules.aos.checking import findings

    return findings(source, file)
