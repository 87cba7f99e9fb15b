"""One finding of a static check, in the form that console, brief and judge share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong (`error`: the module cannot work) or risky (`warning`) in a module's source.

    `line` and `column` are 1-based; 0 where the finding is about the file as a whole.
    """

    code: str
    message: str
    file: str
    line: int = 0
    column: int = 0
    hint: str = ""
    severity: str = "error"

    def to_json(self) -> dict[str, Any]:
        """The finding as plain data."""
        return {name: getattr(self, name) for name in ("code", "severity", "message", "file", "line", "column", "hint")}
