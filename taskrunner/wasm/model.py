"""What a wasm module says, as frozen types: types, imports, memories, functions, exports, segments, features.

`loader` fills an `Image`; everything else reads it. The types know nothing of engines and judge nothing.
Source: WebAssembly core specification §5 (binary format), memory64 and legacy exception handling proposals.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

I32, I64, F32, F64, V128 = 0x7F, 0x7E, 0x7D, 0x7C, 0x7B
FUNCREF, EXTERNREF, VOID, ANY = 0x70, 0x6F, 0x40, 0x42
PAGE = 65536

TYPE_NAMES = {I32: "i32", I64: "i64", F32: "f32", F64: "f64", V128: "v128", FUNCREF: "funcref", EXTERNREF: "externref"}


class Kind(IntEnum):
    """Kinds of imports and exports, as the binary format numbers them."""

    FUNC = 0
    TABLE = 1
    MEMORY = 2
    GLOBAL = 3
    TAG = 4


@dataclass(frozen=True, slots=True)
class FuncType:
    """Parameter and result types, one byte each (`0x7E` is i64)."""

    params: bytes
    results: bytes

    def __str__(self) -> str:
        def names(types: bytes) -> str:
            return ", ".join(TYPE_NAMES.get(one, hex(one)) for one in types)

        return f"({names(self.params)}) -> ({names(self.results)})"


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a memory (pages) or table (elements); `maximum` is None if the module declares none."""

    flags: int
    minimum: int
    maximum: int | None

    @property
    def is64(self) -> bool:
        """Whether addresses (or table indices) are 64 bits wide."""
        return bool(self.flags & 4)


@dataclass(frozen=True, slots=True)
class ConstExpr:
    """An initial value: `opcode` is the last constant instruction (0x41 i32.const ... 0x23 global.get)."""

    opcode: int
    value: int


@dataclass(frozen=True, slots=True)
class Global:
    """A global; `init` is None for an imported one."""

    type: int
    mutable: bool
    init: ConstExpr | None = None


@dataclass(frozen=True, slots=True)
class Import:
    """One import; `desc` is a type index (function, tag), `Limits` (table, memory) or `Global`."""

    module: str
    name: str
    kind: Kind
    desc: int | Limits | Global


@dataclass(frozen=True, slots=True)
class Export:
    """One export."""

    name: str
    kind: Kind
    index: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the module's own: bytes `start` to `end` of the image are its instructions after the locals.

    `entry` is where its entry in the code section begins, with its size.
    """

    type_index: int
    start: int
    end: int
    locals: bytes
    entry: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """A data segment (bytes `start` to `end`) or element segment (`functions`); passive without `offset`."""

    offset: ConstExpr | None
    start: int = 0
    end: int = 0
    functions: tuple[int, ...] = ()

    @property
    def length(self) -> int:
        """Bytes or elements."""
        return len(self.functions) or self.end - self.start


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a feature: function index (imports counted), byte offset in the image, instruction."""

    function: int
    offset: int
    instruction: str


@dataclass(slots=True)
class Image:
    """A module as far as it could be read. `features` maps a feature's name to its uses, in the order of the bytes."""

    data: bytes
    types: list[FuncType] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    tables: list[Limits] = field(default_factory=list)
    memories: list[Limits] = field(default_factory=list)
    tags: list[int] = field(default_factory=list)
    globals: list[Global] = field(default_factory=list)
    exports: list[Export] = field(default_factory=list)
    elements: list[Segment] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    start: int | None = None
    data_count: int | None = None
    custom: list[str] = field(default_factory=list)
    sections: list[tuple[int, int, int]] = field(default_factory=list)
    features: dict[str, list[Use]] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    _imported: dict[Kind, tuple[int, list[Import]]] = field(default_factory=dict, repr=False, compare=False)
    _labels: dict[int, str] = field(default_factory=dict, repr=False, compare=False)

    def imported(self, kind: Kind) -> list[Import]:
        """The imports of one kind, in index order; not to be changed."""
        count, found = self._imported.get(kind, (-1, []))
        if count != len(self.imports):
            found = [one for one in self.imports if one.kind is kind]
            self._imported[kind] = (len(self.imports), found)
        return found

    def function_types(self) -> list[int]:
        """The type index of every function, imports first."""
        imported = [one.desc for one in self.imports if one.kind is Kind.FUNC and isinstance(one.desc, int)]
        return imported + [function.type_index for function in self.functions]

    def all_globals(self) -> list[Global]:
        """Every global, imports first."""
        return [one.desc for one in self.imports if isinstance(one.desc, Global)] + self.globals

    def all_memories(self) -> list[Limits]:
        """Every memory, imports first."""
        imported = [one.desc for one in self.imported(Kind.MEMORY) if isinstance(one.desc, Limits)]
        return imported + self.memories

    def all_tables(self) -> list[Limits]:
        """Every table, imports first."""
        return [one.desc for one in self.imported(Kind.TABLE) if isinstance(one.desc, Limits)] + self.tables

    def all_tags(self) -> list[int]:
        """The type index of every tag, imports first."""
        return [one.desc for one in self.imported(Kind.TAG) if isinstance(one.desc, int)] + self.tags

    @property
    def memory64(self) -> bool:
        """Whether the module's memory has 64-bit addresses."""
        memories = self.all_memories()
        return bool(memories) and memories[0].is64

    @property
    def can_grow(self) -> bool:
        """Whether any function holds `memory.size` or `memory.grow`: WAMR folds the memory otherwise (WASM.md §0.3)."""
        return bool(self.features.get("memory-size") or self.features.get("memory-grow"))

    def export(self, name: str, kind: Kind = Kind.FUNC) -> Export | None:
        """The export of that name and kind."""
        return next((one for one in self.exports if one.name == name and one.kind is kind), None)

    def exported_type(self, name: str) -> FuncType | None:
        """The type of the exported function of that name."""
        export = self.export(name)
        return None if export is None else self.types[self.function_types()[export.index]]

    def function_name(self, index: int) -> str:
        """How a reader knows function `index`: its debug name, its export or import name, else `function N`."""
        if index in self.names:
            return self.names[index]
        if not self._labels:
            self._labels = {one.index: one.name for one in reversed(self.exports) if one.kind is Kind.FUNC}
        if index in self._labels:
            return self._labels[index]
        imported = self.imported(Kind.FUNC)
        if index < len(imported):
            return f"{imported[index].module}.{imported[index].name}"
        return f"function {index}"
