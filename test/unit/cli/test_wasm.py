"""`taskrunner wasm`: verdicts for several files at once, as text and as JSON, and a look into an image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from taskrunner.cli.wasm import command


@pytest.fixture
def modules(shared: Path) -> Path:
    return shared / "wasm" / "modules"


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments])


def test_several_files_and_one_json_object(modules: Path) -> None:
    good, bad = modules / "shape_nogrow_1page.wasm", modules / "simd_load.wasm"
    result = invoke("check", good, bad, "--profile", "wamr-2.2", "--json")
    data: dict[str, Any] = json.loads(result.output)
    assert (result.exit_code, data["schema"], data["profile"]) == (1, 1, "wamr-2.2")
    first, second = data["files"]
    assert (first["verdict"], first["text"], first["accepted"]) == ("accept", None, True)
    assert second["text"] == "WASM module load failed: unsupported opcode fd"
    assert second["findings"][0]["code"] == "MOD-WASM-SIMD"


def test_portable_is_the_default_and_refuses_bulk_memory(modules: Path) -> None:
    file = modules / "memory_copy_in_uncalled.wasm"
    assert "reject-portable" in invoke("check", file).output
    assert "memory.copy in function" in invoke("check", file).output
    assert "accept" in invoke("check", file, "--profile", "wamr-2.2").output


def test_an_image_without_failures_leaves_with_0(modules: Path) -> None:
    result = invoke("check", modules / "memsize_malloc_free_void.wasm")
    assert result.exit_code == 0
    assert "accept" in result.output


def test_show(modules: Path) -> None:
    data = json.loads(invoke("show", modules / "memory_grow_1.wasm", "--json").output)
    assert data["memory"].startswith("64 bits, 4 pages")
    assert any(line.startswith("handle (i64, i64) -> (i64)") for line in data["exports"])
    assert "memory:" in invoke("show", modules / "memory_grow_1.wasm").output


def test_a_profile_or_file_that_does_not_exist_is_bad_usage(modules: Path) -> None:
    assert invoke("check", modules / "00_base.wasm", "--profile", "wamr-3").exit_code == 2
    assert invoke("check", modules / "nothing.wasm").exit_code == 2
