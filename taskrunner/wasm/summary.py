"""An image in a few lines for people: imports, exports, memory, features."""

from __future__ import annotations

from typing import Any

from taskrunner.wasm.memory import plan_memory
from taskrunner.wasm.model import FuncType, Image, Kind


def summary(image: Image) -> dict[str, Any]:
    """Plain data: `bytes`, `imports`, `exports`, `memory`, `features`; lists of lines where there are several."""
    return {
        "bytes": len(image.data),
        "imports": [f"{one.module}.{one.name}" for one in image.imports],
        "exports": [_export(image, one.name, one.kind) for one in image.exports],
        "memory": _memory(image),
        "features": sorted(f"{name} ({len(uses)} uses)" for name, uses in image.features.items()),
    }


def _export(image: Image, name: str, kind: Kind) -> str:
    found: FuncType | None = image.exported_type(name) if kind is Kind.FUNC else None
    return f"{name} {found}" if found is not None else f"{name} ({kind.name.lower()})"


def _memory(image: Image) -> str:
    plan, memories = plan_memory(image), image.all_memories()
    if plan is None:
        return "none"
    maximum = "none" if memories[0].maximum is None else f"{memories[0].maximum}"
    bits = 64 if plan.is64 else 32
    seen = plan.host_size(plan.pages)
    return f"{bits} bits, {memories[0].minimum} pages (maximum {maximum}); the node reaches {seen} bytes at first"
