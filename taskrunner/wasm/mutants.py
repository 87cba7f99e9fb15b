"""Images that are broken on purpose, so that a suite can show that it notices: the essential faults of a module.

A mutant is the image with one more function around its `handle`, which changes what comes back: nothing at all, another
text, a number one too high, or an answer after which all memory is as it was before. Made for 64-bit images.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from taskrunner.wasm import encode
from taskrunner.wasm.engine import load_wasmtime
from taskrunner.wasm.loader import CODE, EXPORT, FUNCTION, MEMORY, ORDER, load
from taskrunner.wasm.model import PAGE, Export, Image, Kind, Limits

TEXT_PAGES = 32  # room for one reply
_EMPTY_REPLY = b'{"ok":true,"response":{"Output":{"data":""},"Messages":[]}}'

_WRAPPER = """(module {imports} (memory i64 1)
  (func (param $message i64) (param $process i64) (result i64) (local $from i64) (local $to i64) (local $byte i32)
    (drop (memory.size))
    {body}))"""

_CALL = "(local.set $from (call $inner (local.get $message) (local.get $process)))"
_COPY = """
    (local.set $to (i64.const {text}))
    (loop $copy
      (local.set $byte (i32.load8_u (local.get $from)))
      (i32.store8 (local.get $to) (local.get $byte))
      (local.set $from (i64.add (local.get $from) (i64.const 1)))
      (local.set $to (i64.add (local.get $to) (i64.const 1)))
      (br_if $copy (local.get $byte)))
    (i64.store (local.get $to) (i64.const 0))"""

# leaves `to` at the first byte of the value of the first key "Data", its first byte in `byte`; answers if there is none
_FIND = """
    (local.set $to (i64.const {text}))
    (block $found
      (loop $find
        (if (i32.eqz (i32.load8_u (local.get $to))) (then (return (i64.const {text}))))
        (br_if $found (i32.and (i32.eq (i32.load (local.get $to)) (i32.const 0x61746144))
                               (i32.eq (i32.load8_u offset=4 (local.get $to)) (i32.const 34))))
        (local.set $to (i64.add (local.get $to) (i64.const 1)))
        (br $find)))
    (local.set $to (i64.add (local.get $to) (i64.const 4)))
    (loop $skip
      (local.set $to (i64.add (local.get $to) (i64.const 1)))
      (local.set $byte (i32.load8_u (local.get $to)))
      (br_if $skip (i32.or (i32.eq (local.get $byte) (i32.const 32)) (i32.eq (local.get $byte) (i32.const 58)))))"""

_OVERWRITE = """
    (if (i32.eq (local.get $byte) (i32.const 34))
      (then (loop $write
        (local.set $to (i64.add (local.get $to) (i64.const 1)))
        (local.set $byte (i32.load8_u (local.get $to)))
        (if (i32.or (i32.eqz (local.get $byte)) (i32.eq (local.get $byte) (i32.const 34)))
          (then (return (i64.const {text}))))
        (if (i32.eq (local.get $byte) (i32.const 92))
          (then (i32.store8 (local.get $to) (i32.const 109))
                (local.set $to (i64.add (local.get $to) (i64.const 1)))))
        (i32.store8 (local.get $to) (i32.const 109))
        (br $write))))
    (i64.const {text})"""

_INCREMENT = """
    (if (i32.or (i32.eq (local.get $byte) (i32.const 34)) (i32.eq (local.get $byte) (i32.const 45)))
      (then (local.set $to (i64.add (local.get $to) (i64.const 1)))))
    (if (i32.eq (i32.load8_u (local.get $to)) (i32.const 45))
      (then (local.set $to (i64.add (local.get $to) (i64.const 1)))))
    (loop $digits
      (local.set $byte (i32.load8_u (local.get $to)))
      (if (i32.lt_u (i32.sub (local.get $byte) (i32.const 48)) (i32.const 10))
        (then (local.set $to (i64.add (local.get $to) (i64.const 1))) (br $digits))))
    (loop $carry
      (local.set $to (i64.sub (local.get $to) (i64.const 1)))
      (local.set $byte (i32.load8_u (local.get $to)))
      (if (i32.lt_u (i32.sub (local.get $byte) (i32.const 48)) (i32.const 9))
        (then (i32.store8 (local.get $to) (i32.add (local.get $byte) (i32.const 1)))))
      (if (i32.eq (local.get $byte) (i32.const 57))
        (then (i32.store8 (local.get $to) (i32.const 48)) (br $carry))))
    (i64.const {text})"""

_IS_ACTION = """
    (local.set $to (local.get $message))
    (block $found
      (loop $search
        (br_if $found {needle})
        (local.set $byte (i32.load8_u (local.get $to)))
        (local.set $to (i64.add (local.get $to) (i64.const 1)))
        (br_if $search (local.get $byte)))
      (return (local.get $from)))"""

_REMEMBER = """
    (if (i64.eqz (i64.load (i64.const {flag})))
      (then (memory.copy (i64.const {copy}) (i64.const 0) (i64.const {size}))
            (i64.store (i64.const {flag}) (i64.const 1))))"""
_FORGET = "(memory.copy (i64.const 0) (i64.const {copy}) (i64.const {size})) (i64.const {text})"


@dataclass(frozen=True, slots=True)
class ImageMutant:
    """One broken image: its name, what is wrong with it in words, its bytes."""

    name: str
    what: str
    image: bytes


def essential_mutants(data: bytes, *, remembers: bool, numeric: Iterable[str]) -> list[ImageMutant]:
    """The mutants of an image: `remembers` adds one without memory, `numeric` names the actions that answer numbers.

    None for an image that is refused, has no `handle` of its own, or has a 32-bit memory.
    """
    image, refusal = load(data)
    if refusal is not None or not image.memory64 or image.export("handle") is None:
        return []
    make = _Maker(image)
    found = [
        ImageMutant("empty", "the module answers nothing", make.wrapped(make.empty())),
        ImageMutant("constant", "every reply says something else", make.wrapped(make.constant())),
    ]
    if remembers:
        found.append(
            ImageMutant("forgets", "no state survives a message", make.wrapped(make.forgets(), make.size // PAGE))
        )
    for action in numeric:
        what = f"the reply to {action} is one too high"
        found.append(ImageMutant(f"off-by-one-{action}", what, make.wrapped(make.off_by_one(action))))
    return found


class _Maker:
    """Wraps `handle` of one image. The new pages lie behind its memory: a flag and a reply, then a copy of all."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self.size = (image.all_memories()[0].minimum + 1) * PAGE
        export = image.export("handle")
        assert export is not None
        self.inner = export.index
        self.places = {
            "flag": self.size,
            "text": self.size + 64,
            "copy": self.size + TEXT_PAGES * PAGE,
            "size": self.size,
        }

    def empty(self) -> str:
        padded = _EMPTY_REPLY + b"\0" * 16
        words = [padded[at : at + 8] for at in range(0, len(padded) - 8, 8)]
        stores = (
            f"(i64.store (i64.const {self.places['text'] + 8 * number}) (i64.const {int.from_bytes(word, 'little')}))"
            for number, word in enumerate(words)
        )
        return " ".join(stores) + f" (i64.const {self.places['text']})"

    def constant(self) -> str:
        return (_CALL + _COPY + _FIND + _OVERWRITE).format(**self.places)

    def off_by_one(self, action: str) -> str:
        wanted = b'"Action","value":"' + action.encode() + b'"'
        needle = "(i32.const 1)"
        for offset, byte in reversed(list(enumerate(wanted))):
            same = f"(i32.eq (i32.load8_u offset={offset} (local.get $to)) (i32.const {byte}))"
            needle = f"(if (result i32) {same} (then {needle}) (else (i32.const 0)))"
        return (_CALL + _IS_ACTION.replace("{needle}", needle) + _COPY + _FIND + _INCREMENT).format(**self.places)

    def forgets(self) -> str:
        return (_REMEMBER + _CALL + _COPY + _FORGET).format(**self.places)

    def wrapped(self, body: str, copied: int = 0) -> bytes:
        """The image with `body` around its `handle`, and room for a copy of `copied` pages."""
        image = self.image
        sections = {number: image.data[start:end] for number, start, end in image.sections if number}
        pages = self.size // PAGE + TEXT_PAGES + copied
        memory = image.memories[0]
        limits = Limits(memory.flags, pages, None if memory.maximum is None else max(pages, memory.maximum))
        indices = image.function_types()
        types = [encode.unsigned(one.type_index) for one in image.functions]
        sections[FUNCTION] = encode.vector([*types, encode.unsigned(indices[self.inner])])
        sections[MEMORY] = encode.vector([encode.limits(limits)])
        sections[EXPORT] = encode.vector(self._export(one, len(indices)) for one in image.exports)
        bodies = [image.data[one.entry : one.end] for one in image.functions]
        sections[CODE] = encode.vector([*bodies, _wrapper_code(body, self.inner)])
        return image.data[:8] + b"".join(
            encode.section(number, sections[number]) for number in ORDER if number in sections
        )

    def _export(self, one: Export, wrapper: int) -> bytes:
        index = wrapper if one.name == "handle" and one.kind is Kind.FUNC else one.index
        return encode.name(one.name) + bytes([one.kind]) + encode.unsigned(index)


def _wrapper_code(body: str, inner: int) -> bytes:
    kind = "(param i64 i64) (result i64)"
    imports = "".join(
        f'(import "m" "f" (func {"$inner " if number == inner else ""}{kind}))' for number in range(inner + 1)
    )
    module = bytes(load_wasmtime().wat2wasm(_WRAPPER.format(imports=imports, body=body)))
    parsed, refusal = load(module)
    assert refusal is None, refusal
    function = parsed.functions[0]
    groups = encode.vector([encode.unsigned(2) + b"\x7e", encode.unsigned(1) + b"\x7f"])
    code = groups + module[function.start : function.end]
    return encode.unsigned(len(code)) + code
