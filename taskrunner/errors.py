"""The base class of every error that taskrunner raises on purpose, and the form in which errors are shown.

Errors are part of the interface: a stable code, one sentence that says what happened, the place, and the next step.
This file lies under all rooms and imports none of them. Each room derives its own errors from `TaskrunnerError`.

Example of the JSON form:
    {"code": "INPUT-PLAN-TABLE", "message": "...", "file": "plan.md", "line": 12, "column": 3, "hint": "..."}
"""

from __future__ import annotations

from typing import Any, ClassVar


class TaskrunnerError(Exception):
    """An error with a stable `code`; `line` and `column` are 1-based, `file` is as the user wrote it.

    A subclass may set `default_code`; the base itself refuses to be raised without a code.
    """

    default_code: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code or self.default_code
        if not self.code:
            raise TypeError(f"{type(self).__name__} needs a code")
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.hint = hint

    @property
    def where(self) -> str:
        """`file:line:column`, as far as known; empty if the place is unknown."""
        if self.file is None:
            return ""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)

    def to_json(self) -> dict[str, Any]:
        """The error as plain data; unknown places are left out."""
        fields = {
            "code": self.code,
            "message": self.message,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "hint": self.hint or None,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def __str__(self) -> str:
        said = self.line is None and self.file is not None and self.message.startswith(self.file)
        return self.message if said or not self.where else f"{self.where}: {self.message}"


class InputError(TaskrunnerError):
    """A file, setting or argument of the user is wrong (exit code 2)."""

    default_code = "INPUT-INVALID"


class EnvironmentFault(TaskrunnerError):
    """The machine, not the user's module or suite, is in the way (exit code 4)."""

    default_code = "ENV-FAULT"


class BusyError(TaskrunnerError):
    """Another runner holds what we need (exit code 5)."""

    default_code = "INPUT-BUSY"
