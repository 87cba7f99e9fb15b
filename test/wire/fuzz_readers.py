"""A fuzz target for everything that reads foreign bytes: `python test/wire/fuzz_readers.py [seconds] [seed]`.

Mutates captured requests and recorded signatures, and feeds them to the readers. Anything but an answer or one of our
errors, and anything slower than a second, is printed with its input, and the exit code is 1. `fuzz_one` is the entry
for coverage-guided fuzzers; `test_fuzz.py` runs it for a moment in every test run.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from taskrunner.wire import DataItem, WireError, covered, httpsig, message_id, read_reply, structured, verify_http
from taskrunner.wire import verify_message as verify
from taskrunner.wire.ans104 import read_bundle
from taskrunner.wire.signatures import read_inputs, read_signatures

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "protocol" / "vectors"
SLOW = 1.0
TOKENS = [
    b"\r\n", b"\r\n\r\n", b"--", b": ", b'"', b";", b",", b"=", b"(", b")", b"/", b"\0", b"\xff", b"boundary=",
    b'ao-types: x="list"', b'"(ao-type-list) ', b"\\", b"content-disposition: inline", b'form-data;name="a/b/c"',
    b"commitments/x", b"signature-input: ", b":AAAA:", b"%20", b"9" * 50,
]  # fmt: skip


def fuzz_one(data: bytes) -> None:
    """Read `data` as headers, an empty line and a body, and as everything else that is read from outside."""
    head, _, body = data.partition(b"\n\n")
    headers = [tuple(line.partition(b": ")[::2]) for line in head.split(b"\n")]
    _quietly(lambda: _read_message(headers, body))
    _quietly(lambda: verify_http(headers, body, "/x", "GET"))
    read_reply(200, headers, body)
    for reader in (read_inputs, read_signatures, DataItem.parse, read_bundle):
        _quietly(lambda reader=reader: reader(body))  # type: ignore[misc]


def _read_message(headers: list[tuple[bytes, ...]], body: bytes) -> None:
    message = httpsig.decode_structured(headers, body)  # type: ignore[arg-type]
    inner = message.get("body")
    for part in (message, inner):
        if isinstance(part, dict):
            rich = structured.decode(part)
            _quietly(lambda part=part: verify(part))  # type: ignore[misc]
            _quietly(lambda part=part: (covered(part), message_id(part)))  # type: ignore[misc]
            _quietly(lambda rich=rich: httpsig.encode(rich))  # type: ignore[misc]


def _quietly(action: object) -> None:
    try:
        action()  # type: ignore[operator]
    except WireError:
        pass


def corpus() -> list[bytes]:
    """Every captured request and recorded answer as one text of bytes."""
    samples = []
    for path in sorted((VECTORS / "requests").glob("*.json")):
        if path.stem != "INDEX":
            for request in json.loads(path.read_text())["requests"]:
                samples.append(_sample(request["rawHeaders"], request["body"] or {}))
    for vector in json.loads((VECTORS / "decode.json").read_text())["parser_vectors"]:
        headers = "\n".join(f"{name}: {value}" for name, value in vector["response"]["headers"].items())
        samples.append(headers.encode() + b"\n\n" + vector["response"]["body"].encode())
    return samples


def _sample(headers: list[list[str]], body: dict[str, str]) -> bytes:
    import base64

    head = "\n".join(f"{name}: {value}" for name, value in headers).encode()
    return head + b"\n\n" + base64.b64decode(body.get("base64", ""))


def mutations(seed: int) -> Iterator[bytes]:
    """Endless mutated samples."""
    pick = random.Random(seed)
    samples = corpus()
    while True:
        data = bytearray(pick.choice(samples))
        for _ in range(pick.choice([1, 1, 2, 4, 16])):
            place = pick.randrange(len(data) + 1)
            kind = pick.randrange(5)
            if kind == 0 and data:
                data[place % len(data)] ^= 1 << pick.randrange(8)
            elif kind == 1:
                data[place:place] = pick.choice(TOKENS)
            elif kind == 2:
                del data[place : place + pick.choice([1, 10, 200])]
            elif kind == 3:
                data[place:place] = data[place : place + pick.choice([5, 100, 1000])] * pick.choice([1, 3, 50])
            else:
                other = pick.choice(samples)
                start = pick.randrange(len(other))
                data[place:place] = other[start : start + 300]
        yield bytes(data[:300_000])


def run(seconds: float, seed: int) -> tuple[int, int]:
    """How many inputs were tried, and how many failed."""
    end = time.monotonic() + seconds
    tried = failed = 0
    for data in mutations(seed):
        begin = time.monotonic()
        try:
            fuzz_one(data)
        except Exception as error:
            failed += 1
            print(f"{type(error).__name__}: {error}\n  {data!r}")
        if time.monotonic() - begin > SLOW:
            failed += 1
            print(f"slow: {time.monotonic() - begin:.1f} s\n  {data[:2000]!r}")
        tried += 1
        if time.monotonic() > end:
            return tried, failed
    return tried, failed


if __name__ == "__main__":
    duration, start = (float(sys.argv[1]) if len(sys.argv) > 1 else 30.0), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tried, failed = run(duration, start)
    print(f"{tried} inputs, {failed} failures")
    sys.exit(1 if failed else 0)
