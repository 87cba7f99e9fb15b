"""A failure's fingerprint: what stays the same when the same fault shows again.

Class, test, error type, normalised message and the deepest frame inside the module. Ids, numbers, times, paths and
line numbers are taken out, so that moving the fault three lines down does not make it a new one.
"""

from __future__ import annotations

import hashlib
import re

from taskrunner.core.facts import FailureClass, Frame

# Order matters: the longest and most special forms go first, plain numbers last.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), mark)
    for pattern, mark in (
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?", "<time>"),
        (r"\b\d\d:\d\d:\d\d(\.\d+)?\b", "<time>"),
        (r"\b[a-z]+://[^\s'\"<>)]+", "<url>"),
        (r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b", "<id>"),
        (r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])", "<id>"),
        (r"(?<![\w.-])(?:[A-Za-z]:)?(?:\.{0,2}/)(?:[\w.@+-]+/)*([\w.@+-]+)", r"<path>/\1"),
        (r"\b0x[0-9a-fA-F]+\b", "<id>"),
        (r"\b(?=[0-9]*[a-f])[0-9a-f]{16,}\b", "<id>"),
        (r"\b\d+(\.\d+)?(e[+-]?\d+)?", "<n>"),
        (r"\s+", " "),
    )
)


def normalise(message: str) -> str:
    """The message without what changes from run to run."""
    for pattern, mark in _RULES:
        message = pattern.sub(mark, message)
    return message.strip()


def without_ids(text: str) -> str:
    """The text with ids, times and addresses taken out, but its numbers kept: for comparing two answers."""
    for pattern, mark in _RULES:
        if mark in ("<time>", "<id>", "<url>"):
            text = pattern.sub(mark, text)
    return text


def deepest_module_frame(frames: tuple[Frame, ...]) -> Frame | None:
    """The innermost frame inside the user's module, if the failure has one; frames go from outermost to innermost."""
    return next((frame for frame in reversed(frames) if frame.role == "module"), None)


def fingerprint(
    cls: FailureClass, code: str, test: str, error_type: str, message: str, frames: tuple[Frame, ...] = ()
) -> str:
    """Sixteen hexadecimal digits that name this fault."""
    frame = deepest_module_frame(frames)
    place = f"{frame.file.rpartition('/')[2]}:{frame.function}" if frame else ""
    parts = (str(cls), code, test, error_type, normalise(message), place)
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
