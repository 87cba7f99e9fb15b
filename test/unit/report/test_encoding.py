"""Streams that hold no Unicode: signs have ASCII twins of one width, JSON is escaped, no print fails."""

from __future__ import annotations

import io
import json

import pytest

from taskrunner.report.data import JsonLines
from taskrunner.report.encoding import TWINS, fit


def stream_of(encoding: str) -> io.TextIOWrapper:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    fit(stream)
    return stream


def bytes_of(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    return stream.buffer.getvalue()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_our_signs_have_twins(encoding: str) -> None:
    stream = stream_of(encoding)
    stream.write("✓ done ▸ next ✗")
    assert bytes_of(stream) == b"+ done > next x"


def test_twins_are_one_sign_wide_so_that_columns_hold() -> None:
    assert all(len(sign) == len(twin) == 1 and twin.isascii() for sign, twin in TWINS.items())


def test_what_has_no_twin_is_a_question_mark() -> None:
    stream = stream_of("ascii")
    stream.write("größe 数")
    assert bytes_of(stream) == b"gr??e ?"


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ({"LC_ALL": "C"}, b"+"),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, b"+"),  # what Python makes of LANG=C
        ({"LANG": "C.UTF-8"}, "✓".encode()),
        ({"LANG": "C", "LC_ALL": "de_DE.UTF-8"}, "✓".encode()),
        ({}, "✓".encode()),  # a container: nothing is known, and every terminal of today can
        ({"LC_ALL": "C", "PYTHONIOENCODING": "utf-8"}, "✓".encode()),
    ],
)
def test_a_terminal_in_the_c_locale_gets_ascii(
    locale: dict[str, str], shown: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG", "PYTHONIOENCODING"):
        monkeypatch.delenv(name, raising=False)
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal(io.BytesIO(), encoding="utf-8")
    fit(terminal)
    terminal.write("✓")
    assert bytes_of(terminal) == shown


def test_json_says_everything_in_ascii() -> None:
    stream = stream_of("ascii")
    JsonLines(stream)({"event": "x", "name": "größe ✓"})
    assert json.loads(bytes_of(stream)) == {"schema": 1, "event": "x", "name": "größe ✓"}


def test_half_a_pair_is_no_end_of_the_world() -> None:
    stream = stream_of("utf-8")
    JsonLines(stream)({"event": "x", "name": "a\udce9"})
    assert json.loads(bytes_of(stream))["name"] == "a\udce9"
