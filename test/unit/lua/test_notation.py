"""How values are written in a battery file."""

from __future__ import annotations

from typing import Any

import pytest

from taskrunner.lua.erlang import STANDARD_IO
from taskrunner.lua.notation import show, show_string
from taskrunner.lua.values import Table
from taskrunner.lua.vm import VM


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nil"),
        (True, "true"),
        (False, "false"),
        (12, "12"),
        (1.0, "float 1.0"),
        (1e20, "float 1e+20"),
        (b"plain", '"plain"'),
        (b'q"\\\n\t', '"q\\"\\\\\\n\\t"'),
        (b"", '""'),
        ("é€".encode(), '"é€"'),
        (b"\xff\n", '"\\xff\\x0a"'),
        (b"a\rb", '"a\\x0db"'),
        (STANDARD_IO, "{userdata,standard_io,nil}"),
        (7**500, str(7**500)[:200] + "..."),
    ],
)
def test_values(value: Any, text: str) -> None:
    assert show(value) == text


def test_long_strings_are_cut() -> None:
    assert show_string(b"x" * 300) == '"' + "x" * 300 + '"'
    assert show_string(b"x" * 301) == '"' + "x" * 120 + '"...(301 bytes)'
    assert show_string(b"\0" * 301) == '"' + "\\x00" * 120 + '"...(301 bytes)'


def test_tables_and_functions() -> None:
    (value,) = VM().run(b"return {1, {2}, x = 'y', [1.5] = print, [false] = {{{{}}}}}")
    assert isinstance(value, Table)
    assert show(value) == '{["x"]="y", [1]=1, [2]={[1]=2}, [false]={[1]={[1]={...}}}, [float 1.5]=function}'
