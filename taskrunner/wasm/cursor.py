"""Reads numbers and bytes of a wasm module as WAMR 2.2 does, with its limits and its words.

`Rejected` carries the text that WAMR's loader prints. Source: WAMR 2.2.0's reading rules; WebAssembly §5.2 (LEB128).
"""

from __future__ import annotations

LOAD_PREFIX = "WASM module load failed: "
INSTANTIATE_PREFIX = "WASM module instantiate failed: "
UINT32 = 0xFFFFFFFF


class Rejected(Exception):
    """WAMR refuses the module: `text` is what it prints, `offset` the byte where it stood, `function` its index.

    WAMR puts no prefix before a few of its texts (`bare`). `crash`: it says nothing, the process dies.
    """

    def __init__(self, text: str, offset: int = -1, *, bare: bool = False, crash: bool = False) -> None:
        self.text = text if bare else LOAD_PREFIX + text
        self.offset = offset
        self.crash = crash
        self.function: int | None = None
        super().__init__(self.text)


class Cursor:
    """A position `p` in `data`, never to pass `end`."""

    __slots__ = ("data", "end", "p")

    def __init__(self, data: bytes, p: int, end: int) -> None:
        self.data = data
        self.p = p
        self.end = end

    def reject(self, text: str, *, bare: bool = False) -> Rejected:
        """A `Rejected` at the present position."""
        return Rejected(text, self.p, bare=bare)

    def need(self, count: int) -> None:
        """Refuses when fewer than `count` bytes are left."""
        if self.p + count > self.end:
            raise self.reject("unexpected end of section or function")

    def byte(self) -> int:
        """The next byte."""
        if self.p >= self.end:
            raise self.reject("unexpected end of section or function")
        value = self.data[self.p]
        self.p += 1
        return value

    def u32(self) -> int:
        """An unsigned LEB128 number of at most 32 bits."""
        p = self.p
        if p < self.end:
            value = self.data[p]
            if value < 0x80:
                self.p = p + 1
                return value
        return self._leb(32, False)

    def count(self, size: int) -> int:
        """The length of a vector whose entries WAMR keeps in `size` bytes each."""
        count = self.u32()
        self.reserve(count, size)
        return count

    def reserve(self, count: int, size: int, before: int | None = None) -> None:
        """Refuses what WAMR cannot allocate at once (4 GiB), or cannot number after `before` imported ones."""
        if before is not None and before + count > UINT32:
            raise self.reject(f"too many items in the index space({before}+{count}).", bare=True)
        if count * size >= UINT32:
            raise self.reject("allocate memory failed")

    def s32(self) -> int:
        """A signed LEB128 number of at most 32 bits."""
        return self._leb(32, True)

    def s64(self) -> int:
        """A signed LEB128 number of at most 64 bits."""
        return self._leb(64, True)

    def u64(self) -> int:
        """An unsigned LEB128 number of at most 64 bits; WAMR lets bits above the 64th pass."""
        return self._leb(64, False)

    def name(self) -> str:
        """A length-prefixed name in UTF-8 without NUL."""
        length = self.u32()
        self.need(length)
        raw = self.data[self.p : self.p + length]
        self.p += length
        text = decode_name(raw)
        if text is None:
            # WAMR keeps names through its runtime, which words this as if it were instantiating
            raise self.reject(INSTANTIATE_PREFIX + "invalid UTF-8 encoding", bare=True)
        return text

    def finish(self) -> None:
        """Refuses a section that is longer than its content."""
        if self.p != self.end:
            raise self.reject("section size mismatch")

    def _leb(self, bits: int, signed: bool) -> int:
        result = shift = count = 0
        last = 0x80
        while last & 0x80:
            if count + 1 > (bits + 6) // 7:
                raise self.reject("integer representation too long")
            if self.p + count + 1 > self.end:
                raise self.reject("unexpected end")
            last = self.data[self.p + count]
            result |= (last & 0x7F) << shift
            shift += 7
            count += 1
        if shift >= bits and not _tail_fits(last, bits, signed):
            raise self.reject("integer too large")
        self.p += count
        if signed and last & 0x40 and shift < bits:
            return result - (1 << shift)
        result &= (1 << bits) - 1
        return result - (1 << bits) if signed and result >> (bits - 1) else result


def _tail_fits(last: int, bits: int, signed: bool) -> bool:
    """Whether the last byte of a number of full length holds no bits beyond `bits`."""
    if not signed:
        return bits == 64 or not last & 0xF0
    used = bits - 7 * (bits // 7)  # bits of the last byte that count: 4 of 32, 1 of 64
    sign, rest = last >> (used - 1) & 1, last & (0x7F & ~((1 << used) - 1) | 0x80)
    return rest == (0x7F & ~((1 << used) - 1) if sign else 0)


def decode_name(raw: bytes) -> str | None:
    """`raw` as text, or None if WAMR refuses it: bad UTF-8, or a NUL."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
