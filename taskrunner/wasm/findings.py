"""A finding about a module: a stable code, a sentence, where in the bytes, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """`severity` is `error` (the module fails in production) or `warning`; `offset` counts bytes of the image."""

    code: str
    severity: str
    message: str
    hint: str = ""
    function: str | None = None
    offset: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The finding as plain data; what is unknown is left out."""
        fields = {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "hint": self.hint or None,
            "function": self.function,
            "offset": self.offset,
        }
        return {name: value for name, value in fields.items() if value is not None}
