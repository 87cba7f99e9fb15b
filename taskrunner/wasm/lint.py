"""Finds what WAMR accepts and a process then trips over: the traps of WASM.md §0 and §5, before they bite.

Every rule is a small function from an image to findings. They read the image only; nothing runs here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from taskrunner.wasm.findings import Finding
from taskrunner.wasm.memory import has_own_heap
from taskrunner.wasm.model import I32, I64, PAGE, TYPE_NAMES, FuncType, Image, Kind, Use

BULK_HINT = (
    "some nodes refuse it. In Rust it comes from copy_from_slice, clone, write!, zeroed arrays or struct copies; "
    "compile with -C target-feature=-bulk-memory,-bulk-memory-opt (and rebuild core with -Zbuild-std)"
)
_LOOP_FOREVER = b"\x03\x40\x0c\x00\x0b"  # loop, br 0, end: what `loop {}` compiles to
_STACK_EXPORTS = ("__stack_pointer", "stackSave")
_HOST_IMPORTS = {("wasi_snapshot_preview1", name) for name in ("path_open", "fd_write", "fd_read", "clock_time_get")}


def lint(image: Image) -> tuple[Finding, ...]:
    """All findings of all rules, errors first."""
    found = [finding for rule in RULES for finding in rule(image)]
    return tuple(sorted(found, key=lambda one: one.severity != "error"))


def bulk_memory(image: Image) -> tuple[Finding, ...]:
    """One finding for each function that uses bulk memory, with its first use."""
    first: dict[int, Use] = {}
    for use in image.features.get("bulk-memory", ()):
        first.setdefault(use.function, use)
    found = []
    for use in first.values():
        name = image.function_name(use.function)
        words = f"{use.instruction} in function {name} at byte {use.offset}"
        found.append(Finding("MOD-WASM-BULK-MEMORY", "error", words, BULK_HINT, name, use.offset))
    return tuple(found)


def _exports(image: Image) -> Iterator[Finding]:
    missing = [name for name in ("malloc", "handle") if image.export(name) is None]
    if missing:
        yield Finding(
            "MOD-WASM-NO-EXPORT",
            "error",
            f"the module does not export {' and '.join(missing)}",
            'export #[no_mangle] pub extern "C" functions, and set crate-type = ["cdylib"] in Cargo.toml',
        )
    if not any(one.kind is Kind.MEMORY for one in image.exports):
        yield Finding(
            "MOD-WASM-NO-MEMORY",
            "error",
            "the module exports no memory, so that no message can be written into it",
            "export the memory (any name); Rust's wasm targets do so by default",
        )


def _signatures(image: Image) -> Iterator[Finding]:
    pointer = bytes([I64 if image.memory64 else I32])
    wanted = {"malloc": FuncType(pointer, pointer), "handle": FuncType(pointer * 2, pointer)}
    for name, kind in wanted.items():
        actual = image.exported_type(name)
        if actual is not None and actual != kind:
            severity = "warning" if len(actual.results) == 1 else "error"
            yield Finding(
                "MOD-WASM-SIGNATURE", severity, f"{name} is {actual}; production expects {kind}", function=name
            )


def _wasm32(image: Image) -> Iterator[Finding]:
    if image.all_memories() and not image.memory64:
        yield Finding(
            "MOD-WASM-32BIT",
            "warning",
            "this is a wasm32 module: its memory has 32-bit addresses",
            "HyperBEAM's device is wasm-64@1.0; build for wasm64-unknown-unknown",
        )


def _free(image: Image) -> Iterator[Finding]:
    memories = image.all_memories()
    if not memories or has_own_heap(image) or image.export("malloc") is None:
        return
    stuck = memories[0].is64 and memories[0].maximum is None
    grows = bool(image.features.get("memory-grow"))
    kind = image.exported_type("free")
    pointer = TYPE_NAMES[I64 if memories[0].is64 else I32]
    what = "there is no free" if kind is None else f"free is {kind}"
    effect = "memory.grow then always fails" if stuck else "it puts a heap of its own into the memory"
    yield Finding(
        "MOD-WASM-FREE",
        "error" if stuck and grows else "warning",
        f"{what}, but WAMR wants malloc ({pointer}) -> ({pointer}) and free ({pointer}) -> () exactly: {effect}",
        'export #[no_mangle] pub extern "C" fn free(_: usize) {}',
        "free",
    )


def _reach(image: Image) -> Iterator[Finding]:
    memories = image.all_memories()
    if not memories or image.can_grow or not 1 < memories[0].minimum < PAGE:
        return
    beyond = _beyond_first_page(image, memories[0].minimum * PAGE)
    yield Finding(
        "MOD-WASM-REACH",
        "error" if beyond else "warning",
        f"the node reaches only the first 65536 bytes of this memory{beyond}, because no function uses memory.size",
        "call core::arch::wasm64::memory_size(0) in malloc, or keep stack and heap in the first 64 KiB",
    )


def _beyond_first_page(image: Image, size: int) -> str:
    for segment in image.segments:
        if segment.offset is not None and segment.offset.value + segment.length > PAGE:
            return f", and data lies at {segment.offset.value}"
    for one in image.globals:
        if one.init is not None and one.init.opcode in (0x41, 0x42) and PAGE <= one.init.value <= size:
            return f", and a pointer starts at {one.init.value}"
    return ""


def _growth(image: Image) -> Iterator[Finding]:
    uses = image.features.get("memory-grow")
    if uses:
        yield Finding(
            "MOD-WASM-GROWTH",
            "warning",
            f"memory.grow in function {image.function_name(uses[0].function)}: a memory that has grown is lost when "
            "the node restores the process",
            "declare enough memory from the start and keep state where the memory began",
            image.function_name(uses[0].function),
            uses[0].offset,
        )


def _globals(image: Image) -> Iterator[Finding]:
    imported = len(image.imported(Kind.GLOBAL))
    written: dict[int, Use] = {}
    for use in image.features.get("global-set", ()):
        written.setdefault(int(use.instruction), use)
    for index, use in sorted(written.items()):
        if index == imported and _from_linker(image):
            continue  # the stack pointer: at rest it is what it was
        name = image.function_name(use.function)
        yield Finding(
            "MOD-WASM-GLOBAL",
            "warning",
            f"global {index} is changed in function {name}: globals start again at every restore, only memory is kept",
            "keep state in memory: a `static mut` in Rust is there",
            name,
            use.offset,
        )


def _from_linker(image: Image) -> bool:
    """Whether the first global is a linker's stack pointer: LLVM's sections or Emscripten's exports are there."""
    marks = {"producers", "target_features"}
    return bool(marks & set(image.custom)) or any(one.name in _STACK_EXPORTS for one in image.exports)


def _imports(image: Image) -> Iterator[Finding]:
    for one in image.imported(Kind.FUNC):
        if (one.module, one.name) not in _HOST_IMPORTS:
            words = f"imported function {one.module}.{one.name}: HyperBEAM does not have it and answers 0"
            yield Finding("MOD-WASM-IMPORT", "warning", words, "a module without imports runs anywhere")


def _panic_loop(image: Image) -> Iterator[Finding]:
    imported = len(image.imported(Kind.FUNC))
    for position, function in enumerate(image.functions):
        at = image.data.find(_LOOP_FOREVER, function.start, function.end)
        if at >= 0:
            name = image.function_name(imported + position)
            yield Finding(
                "MOD-WASM-LOOP",
                "warning",
                f"an endless loop in function {name}: a panic that loops blocks the process for ever",
                "let the panic handler call core::arch::wasm64::unreachable()",
                name,
                at,
            )


def _exceptions(image: Image) -> Iterator[Finding]:
    for use in image.features.get("exceptions", ()):
        if use.instruction == "rethrow":
            name = image.function_name(use.function)
            words = f"rethrow in function {name}: WAMR 2.2 loses the exception's value"
            yield Finding("MOD-WASM-RETHROW", "warning", words, "", name, use.offset)
            return


RULES: tuple[Callable[[Image], Iterator[Finding]], ...] = (
    _exports,
    _signatures,
    _wasm32,
    _free,
    _reach,
    _growth,
    _globals,
    _imports,
    _panic_loop,
    _exceptions,
)
