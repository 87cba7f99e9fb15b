"""`python -m taskrunner.modules.rust`: what there is to build Rust modules with; exit code 1 if a part is missing.

`tools/setup` asks this before it installs anything.
"""

from __future__ import annotations

import sys

from taskrunner.modules.rust.discovery import discover


def main() -> int:
    """One line for each part: what was found, or the command that installs it."""
    toolchain = discover()
    for part in toolchain.parts:
        print(f"{part.name}: {part.found or f'missing; {part.install}'}")
    return 0 if toolchain.ready else 1


if __name__ == "__main__":
    sys.exit(main())
