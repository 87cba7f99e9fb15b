"""The shadow workspace of a broken image: it lies where cargo put the good one, and nothing else of cargo does."""

from __future__ import annotations

from pathlib import Path

from taskrunner.suite.shadow import shadow


def test_only_the_image_of_cargos_folder_goes_along(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    release = root / "custom_wasm" / "target" / "wasm64-unknown-unknown" / "release"
    (release / "deps").mkdir(parents=True)
    (release / "counter.wasm").write_bytes(b"good")
    (release / "deps" / "large.rlib").write_bytes(b"large")
    (root / "test").mkdir()
    (root / "test" / "counter-module.test.js").write_text("// reads it")
    broken = tmp_path / "mutants" / "counter.wasm"
    broken.parent.mkdir()
    broken.write_bytes(b"broken")
    copy = shadow(root, broken, tmp_path / "copy")
    images = [path.relative_to(copy) for path in copy.rglob("*") if path.is_file()]
    assert sorted(map(str, images)) == [
        "custom_wasm/target/wasm64-unknown-unknown/release/counter.wasm",
        "test/counter-module.test.js",
    ]
    assert (copy / images[0]).read_bytes() == b"broken" or (copy / images[1]).read_bytes() == b"broken"
    assert (release / "counter.wasm").read_bytes() == b"good"
