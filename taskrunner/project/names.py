"""Names of files and git refs for ids and paths that users choose freely."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

_LONGEST = 80


def slug(text: object) -> str:
    """A text as a name that every file system and git take: letters, digits, `-`, `_` and `%XX`; never empty.

    Different texts have different names; a long one ends in its hash.
    """
    name = quote(str(text), safe="").replace(".", "%2E").replace("~", "%7E")
    if len(name) > _LONGEST:
        return f"{name[:40].rstrip('%')}-{hashlib.sha256(str(text).encode('utf-8', 'replace')).hexdigest()[:24]}"
    return name or "%00"
