"""Rewrites package-lock.json without download addresses (`resolved`, `funding`, `license`); pins and integrity stay.

npm install --omit-lockfile-registry-resolved && python tools/npm_lock.py
"""

from __future__ import annotations

import json
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "package-lock.json"


def main() -> None:
    lock = json.loads(LOCK.read_text())
    for package in lock["packages"].values():
        for field in ("resolved", "funding", "license"):
            package.pop(field, None)
    LOCK.write_text(json.dumps(lock, indent=2) + "\n")


if __name__ == "__main__":
    main()
