"""Text for streams that cannot hold it: our signs have an ASCII twin of the same width, whatever else becomes `?`.

It is an error handler of Python's codecs, so it holds for every line, whoever prints it, and no print can fail.
JSON escapes itself (see `data.dumps`); half a surrogate pair from a file name becomes an escape that JSON can read.
"""

from __future__ import annotations

import codecs
import os
from typing import Any

HANDLER = "taskrunner"
TWINS = dict(zip("✓✗■▸●·…→×–—‘’“”•│─≥≤━┃┏┓└┘┌┐├┤═", "+x#>*-~>x--''\"\"*|-><-|++++++++=", strict=True))
_PLAIN = ("C", "POSIX")


def fit(*streams: Any) -> None:
    """Let these text streams take everything; a terminal whose locale is C gets ASCII."""
    codecs.register_error(HANDLER, _twin)
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            ascii_only = stream.isatty() and _locale_is_plain()
            stream.reconfigure(errors=HANDLER, **({"encoding": "ascii"} if ascii_only else {}))


def _locale_is_plain() -> bool:
    """Whether the user's locale is C. Python hides that: it turns C into C.UTF-8 for itself (PEP 538)."""
    if os.environ.get("PYTHONIOENCODING"):
        return False
    whole, own, language = (os.environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    if whole:
        return whole in _PLAIN
    return own in _PLAIN or (language in _PLAIN and own in ("", "C.UTF-8", "C.utf8", "UTF-8"))


def holds_unicode(stream: Any) -> bool:
    """Whether the stream's encoding is one of Unicode's."""
    return "UTF" in (getattr(stream, "encoding", None) or "UTF-8").upper()


def _twin(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    found = error.object[error.start : error.end]
    return "".join(_one(sign) for sign in found), error.end


def _one(sign: str) -> str:
    return f"\\u{ord(sign):04x}" if "\ud800" <= sign <= "\udfff" else TWINS.get(sign, "?")
