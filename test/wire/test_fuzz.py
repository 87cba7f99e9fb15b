"""Fuzzing of the readers: only our errors, never a traceback, never a hang."""

from __future__ import annotations

import datetime
import time
from typing import Any

import pytest
from fuzz_readers import corpus, fuzz_one, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskrunner.wire import DecodeError, httpsig, structured

SAMPLES = corpus()
PIECES = st.sampled_from(
    [b"--B", b"\r\n", b"--", b"content-disposition: ", b"inline", b'form-data;name="', b"a", b"/", b'"', b": ", b"k: v"]
)


def test_the_target_for_a_moment() -> None:
    tried, failed = run(1.5, datetime.date.today().toordinal())
    assert failed == 0
    assert tried > 50


@pytest.mark.full
def test_the_target_for_longer() -> None:
    tried, failed = run(60.0, 7)
    assert (failed, tried > 1000) == (0, True)


def test_the_samples_are_what_they_should_be() -> None:
    assert len(SAMPLES) > 80
    for sample in SAMPLES:
        fuzz_one(sample)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.binary(max_size=4), max_size=30).map(b"".join))
def test_multipart(body: bytes) -> None:
    headers = {"content-type": 'multipart/form-data; boundary="B"'}
    try:
        message = httpsig.decode_structured(headers, b"--B\r\n" + body + b"\r\n--B--")
    except DecodeError:
        return
    fields: dict[str, Any] = {key: value for key, value in message.items() if key != "content-type"}
    structured.decode(fields)
    assert all(isinstance(value, bytes | dict) for value in fields.values())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=80))
def test_notes_and_lists(note: bytes, text: bytes, other: bytes) -> None:
    decoded = structured.decode({"ao-types": b'a="list", ' + note, "a": text, "b": other, "ao-ids": other})
    assert decoded.keys() >= {"a", "b"}
    httpsig.decode({"ao-types": note, "ao-ids": text, "signature": other})


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("ao-types", b'a="'),
        ("ao-types", b'="'),
        ("ao-types", b'k="list", '),
        ("ao-ids", b'a="'),
        ("ao-ids", b'"," '),
        ("signature", b"a=:"),
        ("signature-input", b'a=("'),
        ("content-type", b"boundary"),
        ("content-type", b"boundary= "),
        ("k", b'"(ao-type-list) \\"'),
        ("k", b'",'),
        ("k", b"\\"),
    ],
)
def test_long_headers_end_quickly(header: str, unit: bytes) -> None:
    begin = time.process_time()
    try:
        httpsig.decode({"ao-types": b'k="list"', header: unit * (65_536 // len(unit))}, b"body")
    except DecodeError:
        pass
    assert time.process_time() - begin < 3.0


@pytest.mark.parametrize(
    "unit", [b"\r\n--B\r\n", b"k: v\r\n", b"\r\n--B", b"--B\r\n", b"\r\n\r\n", b'form-data;name="']
)
def test_long_bodies_end_quickly(unit: bytes) -> None:
    begin = time.process_time()
    body = b"--B\r\n" + unit * (2_000_000 // len(unit)) + b"\r\n--B--"
    try:
        httpsig.decode({"content-type": "multipart/form-data; boundary=B"}, body)
    except DecodeError:
        pass
    assert time.process_time() - begin < 6.0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SAMPLES), st.data())
def test_cut_samples(sample: bytes, data: st.DataObject) -> None:
    fuzz_one(sample[: data.draw(st.integers(0, len(sample)))])
