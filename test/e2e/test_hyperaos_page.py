"""The tutorial of docs/hyperaos.md runs as it is printed: its Lua files are written, its Python executed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "hyperaos.md"
FENCE = re.compile(r"^```(lua|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("boot", ["ours"])
def test_the_tutorial_runs_as_printed(boot: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    blocks = FENCE.findall(PAGE.read_text(encoding="utf-8"))
    for kind, text in blocks:
        if kind == "lua" and (named := re.match(r"-- (src/\w+\.lua)\n", text)):
            (tmp_path / named[1]).write_text(text)
    assert len(list((tmp_path / "src").iterdir())) == 3
    names: dict[str, Any] = {}
    try:
        for kind, text in blocks:
            if kind == "python":
                exec(compile(text, f"hyperaos.md ({boot})", "exec"), names)
    finally:
        names["hbeam"].kill()
    assert names["receiver"].m is not None


def test_the_tutorials_scripts_have_no_findings() -> None:
    from taskrunner.modules import aos

    for kind, text in FENCE.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "lua":
            assert [str(found) for found in aos.check(text.encode(), "x.lua")] == []
