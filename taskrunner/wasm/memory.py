"""How WAMR 2.2 lays out a module's memory, and how large hb_beamr believes it to be (WASM.md §0.3, §0.4, §3).

Two things surprise: a module without `memory.size`/`memory.grow` gets its memory folded into one big page, of which
the host sees 64 KiB; and a module without exactly `malloc (P)->P` and `free (P)->()` gets a host heap of one page,
which stops a memory64 without maximum from growing.
"""

from __future__ import annotations

from dataclasses import dataclass

from taskrunner.wasm.imports import MAX_PAGES32, MAX_PAGES64
from taskrunner.wasm.model import I32, I64, PAGE, FuncType, Image, Kind

APP_HEAP = PAGE
HEAP_REFUSED = "failed to insert app heap into linear memory, try using `--heap-size=0` option"
HEAP_UNALIGNED = "init app heap failed"
NO_ROOM = "allocate linear memory failed"
MOST_BYTES = 20 << 30  # Linux refuses to commit more than the machine has; WASM.md measured 16 GiB on 24 GB
_HEAP_MARGIN = 1024


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """The memory as an instance gets it.

    `pages` and `maximum` are pages of 64 KiB that an engine must provide (None: no maximum); `host_pages` is what
    hb_beamr multiplies by 64 KiB; `bytes` the linear memory that segments must fit in; `refusal` WAMR's words, if any.
    """

    pages: int
    maximum: int | None
    host_pages: int
    bytes: int
    exported: bool
    app_heap: bool
    folded: bool
    is64: bool
    refusal: str = ""

    def host_size(self, pages: int) -> int:
        """The size that hb_beamr computes for an engine's memory of `pages` pages: 32-bit arithmetic (WASM.md §3)."""
        if not self.exported:
            return 0
        return (self.host_pages if self.folded else pages) * PAGE % (1 << 32)


def has_own_heap(image: Image) -> bool:
    """Whether WAMR finds both allocator functions with their exact types, and so adds no heap of its own."""
    pointer = I64 if image.memory64 else I32
    return _has_malloc(image, pointer) and any(
        _own_type(image, name) == FuncType(bytes([pointer]), b"") for name in ("free", "__release", "__unpin")
    )


def _has_malloc(image: Image, pointer: int) -> bool:
    one = bytes([pointer])
    if _own_type(image, "malloc") == FuncType(one, one):
        return True
    # AssemblyScript's allocator
    return _own_type(image, "__new") == FuncType(bytes([pointer, I32]), one) and any(
        _own_type(image, name) == FuncType(one, one) for name in ("__retain", "__pin")
    )


def _own_type(image: Image, name: str) -> FuncType | None:
    """The type of an exported function that the module defines itself."""
    export = image.export(name)
    if export is None or export.index < len(image.imported(Kind.FUNC)):
        return None
    return image.types[image.function_types()[export.index]]


def plan_memory(image: Image) -> MemoryPlan | None:
    """The plan of the module's memory; None if it has none."""
    memories = image.all_memories()
    if not memories:
        return None
    memory = memories[0]
    most = MAX_PAGES64 if memory.is64 else MAX_PAGES32
    exported = any(one.kind is Kind.MEMORY for one in image.exports)
    heap = 0 if has_own_heap(image) else 1
    if not image.can_grow and memory.minimum < MAX_PAGES32:
        return _folded(image, memory.minimum, heap, exported, memory.is64)
    maximum = most if memory.maximum is None else memory.maximum
    pages, limit = memory.minimum, maximum
    if heap and memory.minimum == memory.maximum == 1:
        # WAMR appends its heap to the only page; an engine of whole pages needs a second one
        return MemoryPlan(2, 2, 1, 2 * PAGE, exported, True, True, memory.is64)
    base = _heap_base(image) if heap else None
    if base is not None and base >= pages * PAGE:
        base = None
    if heap:
        added = 1 if base is None else _pages_before(base)
        pages, limit = memory.minimum + added, (maximum + added) & 0xFFFFFFFF
        limit = min(limit, most)
    refusal = HEAP_REFUSED if pages > most else NO_ROOM if pages * PAGE > MOST_BYTES else ""
    if not refusal and base is not None and base % 8:
        refusal = HEAP_UNALIGNED
    if refusal:
        return MemoryPlan(0, 0, 0, 0, exported, bool(heap), False, memory.is64, refusal)
    never_grows = limit < pages  # the overflow of WASM.md §0.4
    engine_limit = pages if never_grows else None if memory.maximum is None else limit
    return MemoryPlan(pages, engine_limit, pages, pages * PAGE, exported, bool(heap), False, memory.is64)


def _folded(image: Image, minimum: int, heap: int, exported: bool, is64: bool) -> MemoryPlan:
    size = _shrunk(image, minimum * PAGE)
    total = size + heap * APP_HEAP
    if total > 0xFFFFFFFF:
        return MemoryPlan(0, 0, 0, 0, exported, True, True, is64, HEAP_REFUSED)
    pages = -(-total // PAGE)
    return MemoryPlan(pages, pages, 1 if total else 0, total, exported, bool(heap), True, is64)


def _shrunk(image: Image, size: int) -> int:
    """A memory with linker globals is cut at the heap base (rounded up to 8 bytes)."""
    heap_base = _heap_base(image)
    if heap_base is None:
        return size
    wanted = -(-heap_base // 8) * 8
    return wanted if wanted <= size else size


def _pages_before(base: int) -> int:
    """How many pages the host's heap takes when it is put where the linker ended the data, with a margin to the end."""
    return 2 if -base % PAGE < _HEAP_MARGIN else 1


def _heap_base(image: Image) -> int | None:
    """Where the linker's data ends, if the module exports `__heap_base` and `__data_end` as constants of 32 bits."""
    heap_base, data_end = (_linker_global(image, name) for name in ("__heap_base", "__data_end"))
    if heap_base is None or data_end is None or -(-data_end // 16) * 16 > heap_base:
        return None
    return heap_base


def _linker_global(image: Image, name: str) -> int | None:
    export = image.export(name, Kind.GLOBAL)
    if export is None:
        return None
    one = image.all_globals()[export.index]
    if one.type != I32 or one.mutable or one.init is None or one.init.opcode != 0x41:
        return None
    return one.init.value & 0xFFFFFFFF
