"""How far a module may go: fuel, time, memory, table, image size. Production has none of these limits.

Defaults leave an AOS image (61.5 M fuel for its first message, WASM.md §4) ample room and stop an endless loop.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one instance. `fuel` is per call (about one per wasm instruction), `seconds` the wall time of one call.

    `memory_bytes` bounds the linear memory, `table_elements` each table, `image_bytes` the module's own size.
    """

    fuel: int = 20_000_000_000
    seconds: float = 20.0
    memory_bytes: int = 1 << 30
    table_elements: int = 1_000_000
    image_bytes: int = 64 << 20
