"""ANS-104 data items and bundles: create, sign, verify, parse (the format of Arweave uploads and aoconnect).

    signature type (2, LE) · signature · owner · target flag [32] · anchor flag [32] · tags (8 + 8, LE) · Avro · data

Signs with Arweave RSA keys of 4096 bits (type 1: RSA-PSS over SHA-256 of the deep hash). Items of other signature
types can be parsed, not verified. Knows no node; a node reads the tags as keys of a message through `to_message`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from taskrunner.wire.errors import DecodeError, EncodeError, VerificationError
from taskrunner.wire.structured import normal_key
from taskrunner.wire.values import Message, b64url, to_bytes, to_text, unb64url
from taskrunner.wire.wallet import Wallet, address_of_modulus, verify_pss

ARWEAVE = 1
_SIZES = {1: (512, 512), 2: (64, 32), 3: (65, 65), 4: (64, 32), 5: (64, 32), 6: (2052, 1025), 7: (65, 42)}
MAX_TAGS, MAX_NAME, MAX_TAG_VALUE, MAX_TAG_BYTES = 128, 1024, 3072, 4096
MAX_ITEMS = 100_000
_SALT = 32

DeepHashable: TypeAlias = "bytes | Sequence[DeepHashable]"
Tags: TypeAlias = "tuple[tuple[bytes, bytes], ...]"


@dataclass(frozen=True, slots=True)
class DataItem:
    """One item. `owner` is the public key (the modulus), `target` and `anchor` are 32 bytes or empty."""

    data: bytes = b""
    tags: Tags = ()
    target: bytes = b""
    anchor: bytes = b""
    owner: bytes = b""
    signature: bytes = b""
    signature_type: int = ARWEAVE

    @classmethod
    def create(
        cls,
        data: bytes | str = b"",
        tags: Iterable[tuple[str | bytes, str | bytes]] = (),
        *,
        target: str | bytes = b"",
        anchor: str | bytes = b"",
    ) -> DataItem:
        """An unsigned item; `target` is an id or 32 bytes, `anchor` text of 32 bytes. Raises `EncodeError`."""
        pairs = tuple((to_bytes(name), to_bytes(value)) for name, value in tags)
        _check_tags(pairs)
        item = cls(to_bytes(data), pairs, _id_bytes(target), to_bytes(anchor))
        if item.anchor and len(item.anchor) != 32:
            raise EncodeError("the anchor of a data item has 32 bytes", field="anchor")
        return item

    @classmethod
    def parse(cls, raw: bytes) -> DataItem:
        """The item behind its bytes. Raises `DecodeError` if they are none; verifies nothing."""
        reader = _Reader(raw)
        kind = reader.number(2)
        if kind not in _SIZES:
            raise DecodeError(f"unknown signature type {kind} of a data item", field="signature-type")
        signature_size, owner_size = _SIZES[kind]
        signature, owner = reader.take(signature_size), reader.take(owner_size)
        target, anchor = reader.optional("target"), reader.optional("anchor")
        count, size = reader.number(8), reader.number(8)
        tags = _read_tags(reader.take(size), count)
        return cls(reader.rest(), tags, target, anchor, owner, signature, kind)

    def sign(self, wallet: Wallet) -> DataItem:
        """The item signed by `wallet`, which must have 4096 bits. Raises `EncodeError` for another size."""
        if len(wallet.modulus) != _SIZES[ARWEAVE][1]:
            raise EncodeError(f"a data item needs a key of 4096 bits, this one has {wallet.bits}", field="owner")
        owned = DataItem(self.data, self.tags, self.target, self.anchor, wallet.modulus)
        signature = wallet.sign(owned.signature_data, _SALT, algorithm="sha256")
        return DataItem(self.data, self.tags, self.target, self.anchor, wallet.modulus, signature)

    def verify(self) -> str:
        """The address of the owner. Raises `VerificationError` if the signature does not hold."""
        if self.signature_type != ARWEAVE:
            raise VerificationError(f"signature type {self.signature_type} is not verified here", commitment=self.id)
        if not verify_pss(self.owner, self.signature, self.signature_data, "sha256"):
            raise VerificationError(f"the signature of data item {self.id} does not hold", commitment=self.id)
        return self.address

    def to_bytes(self) -> bytes:
        """The wire form of a signed item."""
        if not self.signature:
            raise EncodeError("the data item is not signed", field="signature")
        tags = write_tags(self.tags)
        return b"".join(
            (
                self.signature_type.to_bytes(2, "little"),
                self.signature,
                self.owner,
                *(b"\x01" + value if value else b"\x00" for value in (self.target, self.anchor)),
                len(self.tags).to_bytes(8, "little"),
                len(tags).to_bytes(8, "little"),
                tags,
                self.data,
            )
        )

    def to_message(self) -> Message:
        """The item as a message: tags by normalised name (the last of equal names wins), `target`, `data`."""
        message: Message = {normal_key(to_text(name)): value for name, value in self.tags}
        if self.target:
            message["target"] = b64url(self.target).encode()
        if self.data:
            message["data"] = self.data
        return message

    @property
    def id(self) -> str:
        """base64url(SHA-256(signature))."""
        return b64url(hashlib.sha256(self.signature).digest())

    @property
    def address(self) -> str:
        """The address of the owner."""
        return address_of_modulus(self.owner)

    @property
    def signature_data(self) -> bytes:
        """The deep hash that is signed."""
        kind = str(self.signature_type).encode()
        tags = write_tags(self.tags)
        return deep_hash([b"dataitem", b"1", kind, self.owner, self.target, self.anchor, tags, self.data])


def deep_hash(value: DeepHashable) -> bytes:
    """Arweave's deep hash: SHA-384 over tagged lengths and contents of nested lists of bytes (48 bytes)."""
    if isinstance(value, bytes):
        tag = hashlib.sha384(b"blob" + str(len(value)).encode()).digest()
        return hashlib.sha384(tag + hashlib.sha384(value).digest()).digest()
    digest = hashlib.sha384(b"list" + str(len(value)).encode()).digest()
    for item in value:
        digest = hashlib.sha384(digest + deep_hash(item)).digest()
    return digest


def write_tags(tags: Tags) -> bytes:
    """Tags as Avro: one block of (name, value) pairs and an end mark; nothing at all without tags."""
    if not tags:
        return b""
    pairs = b"".join(_long(len(text)) + text for pair in tags for text in pair)
    return _long(len(tags)) + pairs + b"\x00"


def write_bundle(items: Sequence[DataItem]) -> bytes:
    """A bundle of signed items: count, sizes and ids, then the items."""
    raws = [item.to_bytes() for item in items]
    index = b"".join(len(raw).to_bytes(32, "little") + unb64url(item.id) for raw, item in zip(raws, items, strict=True))
    return len(items).to_bytes(32, "little") + index + b"".join(raws)


def read_bundle(raw: bytes) -> list[DataItem]:
    """The items of a bundle. Raises `DecodeError`, also when an item is not the one that the index names."""
    reader = _Reader(raw)
    count = reader.number(32)
    if count > MAX_ITEMS:
        raise DecodeError(f"a bundle of {count} items is not read", field="bundle")
    index = [(reader.number(32), reader.take(32)) for _ in range(count)]
    items = []
    for size, identity in index:
        item = DataItem.parse(reader.take(size))
        if item.id != b64url(identity):
            raise DecodeError(f"the bundle names {b64url(identity)}, but holds {item.id}", field="bundle")
        items.append(item)
    return items


class _Reader:
    """Takes fields off the front of bytes, and refuses to read past the end."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.position = 0

    def take(self, size: int) -> bytes:
        end = self.position + size
        if end > len(self.raw):
            raise DecodeError("the data item is cut off")
        self.position, start = end, self.position
        return self.raw[start:end]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def optional(self, field: str) -> bytes:
        flag = self.take(1)
        if flag not in (b"\x00", b"\x01"):
            raise DecodeError(f"the {field} flag of a data item is {flag[0]}, not 0 or 1", field=field)
        return self.take(32) if flag == b"\x01" else b""

    def long(self) -> int:
        """A zigzag number of Avro."""
        number = shift = 0
        while True:
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return (number >> 1) ^ -(number & 1)
            if shift > 63:
                raise DecodeError("a number in the tags of a data item is too long", field="tags")

    def rest(self) -> bytes:
        return self.take(len(self.raw) - self.position)


def _read_tags(raw: bytes, count: int) -> Tags:
    tags: list[tuple[bytes, bytes]] = []
    reader = _Reader(raw)
    while raw and (block := reader.long()):
        if block < 0:
            reader.long()
        if len(tags) + abs(block) > MAX_TAGS:
            raise DecodeError(f"a data item has at most {MAX_TAGS} tags", field="tags")
        tags += [(_avro_text(reader), _avro_text(reader)) for _ in range(abs(block))]
    if len(tags) != count or reader.rest():
        raise DecodeError("the tags of a data item do not fit their count", field="tags")
    return tuple(tags)


def _avro_text(reader: _Reader) -> bytes:
    size = reader.long()
    if size < 0:
        raise DecodeError("a tag of a data item has a negative length", field="tags")
    return reader.take(size)


def _long(number: int) -> bytes:
    rest = number << 1
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def _check_tags(tags: Tags) -> None:
    if len(tags) > MAX_TAGS:
        raise EncodeError(f"a data item has at most {MAX_TAGS} tags, not {len(tags)}", field="tags")
    for name, value in tags:
        if not 0 < len(name) <= MAX_NAME or not 0 < len(value) <= MAX_TAG_VALUE:
            raise EncodeError(f"the tag {to_text(name)[:80]!r} is empty or too long for a data item", field="tags")
    if len(write_tags(tags)) > MAX_TAG_BYTES:
        raise EncodeError(f"the tags of a data item have at most {MAX_TAG_BYTES} bytes together", field="tags")


def _id_bytes(target: str | bytes) -> bytes:
    if isinstance(target, bytes) and len(target) in (0, 32):
        return target
    try:
        raw = unb64url(target)
    except ValueError:
        raw = b""
    if target and len(raw) != 32:
        raise EncodeError("the target of a data item is an id of 43 characters, or 32 bytes", field="target")
    return raw
