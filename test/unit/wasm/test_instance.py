"""Instances: hb_beamr's leniency with arguments, its view of memory, snapshots of memory only, limits."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from taskrunner.errors import EnvironmentFault
from taskrunner.wasm import (
    FuelExhausted,
    ImageError,
    Instance,
    Limits,
    MemoryFault,
    StartError,
    TimeExhausted,
    Trap,
    WasmError,
)

Framed = Callable[..., bytes]
COUNTERS = """
  (global $g (mut i64) (i64.const 0))
  (func (export "in_global") (result i64) (global.set $g (i64.add (global.get $g) (i64.const 1))) (global.get $g))
  (func (export "in_memory") (result i64)
    (i64.store (i64.const 512) (i64.add (i64.load (i64.const 512)) (i64.const 1))) (i64.load (i64.const 512)))
  (func (export "grow") (result i64) (memory.grow (i64.const 1)))"""


def start(image: bytes, **limits: float) -> Instance:
    return Instance.start(image, cache=None, limits=Limits(**limits) if limits else None)  # type: ignore[arg-type]


def test_arguments_are_taken_as_the_driver_takes_them(framed: Framed) -> None:
    image = framed(
        """(func (export "i32") (param i32) (result i32) (local.get 0))
           (func (export "f64") (param f64) (result f64) (local.get 0))
           (func (export "two") (param i64 i64) (result i64 i64) (local.get 1) (local.get 0))
           (func (export "none"))"""
    )
    with start(image) as instance:
        assert instance.call("i32", [0xFFFFFFFF]) == [-1]
        assert instance.call("f64", [2.5]) == [2.5]
        assert instance.call("f64", [5]) == [2.5e-323]
        assert instance.call("two", [1]) == [0, 1]
        assert instance.call("two", [1, 2, 3]) == [2, 1]
        assert instance.call("none") == []


def test_a_function_that_is_not_there(framed: Framed) -> None:
    with start(framed()) as instance, pytest.raises(Trap) as caught:
        instance.call("nope")
    assert caught.value.message == "Function not found: nope"


def test_the_host_sees_one_page_of_a_folded_memory(framed: Framed) -> None:
    with start(framed(pages=4)) as instance:
        assert instance.memory.size == 65536
        instance.memory.write(65530, b"123456")
        with pytest.raises(MemoryFault, match="Write request out of bounds"):
            instance.memory.write(65531, b"123456")
        with pytest.raises(MemoryFault, match="Read request out of bounds"):
            instance.memory.read(70000, 1)
        with pytest.raises(MemoryFault, match="Write request out of bounds"):
            instance.memory.write(-8, b"x")


def test_a_string_is_read_in_chunks_that_may_cross_the_end(framed: Framed) -> None:
    with start(framed()) as instance:
        instance.memory.write(100, b"hello\0world")
        assert instance.memory.read_string(100) == b"hello"
        instance.memory.write(65528, b"near\0...")
        assert instance.memory.read_string(65528) == b"near"
        with pytest.raises(MemoryFault, match="Read request out of bounds"):
            instance.memory.read_string(65529)
        with pytest.raises(MemoryFault, match="Read request out of bounds"):
            instance.memory.read_string(1 << 40)


def test_a_long_string_is_read_whole(framed: Framed) -> None:
    with start(framed()) as instance:
        instance.memory.write(1000, b"x" * 50_000 + b"\0")
        assert instance.memory.read_string(1000) == b"x" * 50_000


@pytest.mark.parametrize("between", ["restore", "refresh"])
def test_memory_is_kept_and_globals_start_again(framed: Framed, between: str) -> None:
    with start(framed(COUNTERS)) as instance:
        for name in ("in_global", "in_memory"):
            instance.call(name)
            assert instance.call(name) == [2]
        kept = instance.restore(instance.snapshot()) if between == "restore" else instance.refresh()
        assert kept
        assert instance.call("in_global") == [1]
        assert instance.call("in_memory") == [3]


@pytest.mark.parametrize("between", ["restore", "refresh"])
def test_a_memory_that_has_grown_is_lost(framed: Framed, between: str) -> None:
    with start(framed(COUNTERS)) as instance:
        instance.call("in_memory")
        assert instance.call("grow") == [1]
        assert len(instance.snapshot()) == 131072
        kept = instance.restore(instance.snapshot()) if between == "restore" else instance.refresh()
        assert not kept
        assert instance.call("in_memory") == [1]


def test_what_the_host_cannot_see_is_not_restored(framed: Framed) -> None:
    image = framed(
        """(func (export "far") (result i64)
             (i64.store (i64.const 70000) (i64.add (i64.load (i64.const 70000)) (i64.const 1)))
             (i64.load (i64.const 70000)))""",
        pages=4,
    )
    with start(image) as instance:
        instance.call("far")
        assert instance.call("far") == [2]
        instance.refresh()
        assert instance.call("far") == [1]


def test_imports_that_nobody_provides_answer_zero_and_others_may_be_given(assemble: Callable[[str], bytes]) -> None:
    image = assemble(
        """(module (import "env" "f" (func $f (param i64) (result i64))) (import "env" "v" (func $v (param i32)))
          (func (export "t") (result i64) (call $v (i32.const 1)) (call $f (i64.const 5))))"""
    )
    with start(image) as instance:
        assert instance.call("t") == [0]
    seen: list[list[int | float]] = []

    def double(_: Instance, arguments: list[int | float]) -> list[int | float]:
        seen.append(arguments)
        return [arguments[0] * 2]

    with Instance.start(image, imports={("env", "f"): double}, cache=None) as instance:
        assert instance.call("t") == [10]
    assert seen == [[5]]


def test_constructors_are_called_at_the_start(assemble: Callable[[str], bytes]) -> None:
    image = assemble(
        """(module (global $g (mut i64) (i64.const 0)) (func $add (param i64)
            (global.set $g (i64.add (i64.mul (global.get $g) (i64.const 10)) (local.get 0))))
          (func $s (call $add (i64.const 1))) (start $s)
          (func (export "__wasm_call_ctors") (call $add (i64.const 3)))
          (func (export "__post_instantiate") (call $add (i64.const 2)))
          (func (export "_initialize") (call $add (i64.const 9)))
          (func (export "t") (result i64) (global.get $g)))"""
    )
    with start(image) as instance:
        assert instance.call("t") == [123]


def test_a_start_that_calls_an_import_does_not_start(assemble: Callable[[str], bytes]) -> None:
    image = assemble('(module (import "env" "f" (func $f)) (func (export "__wasm_call_ctors") (call $f)))')
    with pytest.raises(StartError) as caught:
        start(image)
    assert caught.value.message == "Failed to create WASM instance (although module was created)."
    assert "failed to call unlinked import function (env, f)" in caught.value.detail


def test_what_wamr_refuses_does_not_start() -> None:
    with pytest.raises(ImageError) as caught:
        start(b"not wasm at all")
    assert caught.value.message == "Failed to create module."
    assert caught.value.code == "MOD-WASM-REJECTED"


def test_an_endless_loop_ends_by_time_or_by_fuel(framed: Framed) -> None:
    image = framed('(func (export "spin") (loop (br 0)))')
    began = time.monotonic()
    with start(image, seconds=0.2) as instance, pytest.raises(TimeExhausted):
        instance.call("spin")
    assert time.monotonic() - began < 3
    with start(image, fuel=100_000) as instance:
        with pytest.raises(FuelExhausted):
            instance.call("spin")
        assert instance.fuel_used >= 100_000


def test_an_instance_goes_on_after_a_trap(framed: Framed) -> None:
    with start(framed(COUNTERS + '(func (export "boom") (unreachable))')) as instance:
        instance.call("in_memory")
        with pytest.raises(Trap, match=r"^Exception: unreachable$"):
            instance.call("boom")
        assert instance.call("in_memory") == [2]


def test_memory_limits_hold(framed: Framed) -> None:
    with pytest.raises(StartError) as caught:
        start(framed(pages=40), memory_bytes=1 << 20)
    assert caught.value.code == "MOD-WASM-MEMORY-LIMIT"
    with start(framed(COUNTERS), memory_bytes=65536) as instance:
        assert instance.call("grow") == [-1]


def test_image_size_is_limited(framed: Framed) -> None:
    with pytest.raises(ImageError) as caught:
        start(framed(), image_bytes=50)
    assert caught.value.code == "MOD-WASM-SIZE"


def test_a_cache_that_others_may_write_is_not_trusted(framed: Framed, tmp_path: Path) -> None:
    from taskrunner.wasm import program

    image = framed()
    program._programs.clear()
    Instance.start(image, cache=tmp_path).close()
    code = next(tmp_path.glob("*.code"))
    program._programs.clear()
    code.write_bytes(b"garbage")
    Instance.start(image, cache=tmp_path).close()  # what cannot be read is compiled anew
    assert code.read_bytes() != b"garbage"
    os.chmod(tmp_path, 0o777)
    assert program._from_disk(next(iter(program._programs))[1], tmp_path) is None


def test_starting_from_the_cache_takes_milliseconds(framed: Framed, tmp_path: Path) -> None:
    image = framed(COUNTERS)
    Instance.start(image, cache=tmp_path).close()
    best = min(_timed(lambda: Instance.start(image, cache=tmp_path).close()) for _ in range(5))
    assert best < 0.005


def _timed(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def test_a_forked_run_has_an_engine_of_its_own(framed: Framed) -> None:
    image = framed('(func (export "spin") (loop (br 0))) (func (export "t") (result i64) (i64.const 7))')
    code = f"""
import os, sys
from taskrunner.wasm import Instance, Limits, TimeExhausted
image = bytes.fromhex("{image.hex()}")
assert Instance.start(image, cache=None).call("t") == [7]
child = os.fork()
if child == 0:
    try:
        Instance.start(image, cache=None, limits=Limits(seconds=0.2)).call("spin")
    except TimeExhausted:
        os._exit(9)
    os._exit(1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=30, check=False).returncode == 9


def test_without_wasmtime_the_environment_is_at_fault(framed: Framed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    with pytest.raises(EnvironmentFault) as caught:
        start(framed('(func (export "unique"))'))
    assert caught.value.hint == "pip install 'taskrunner[wasm]'"


def test_importing_the_room_does_not_import_wasmtime() -> None:
    code = "import sys, taskrunner.wasm; sys.exit('wasmtime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_error_is_a_taskrunner_error_with_a_code() -> None:
    for error in WasmError.__subclasses__():
        assert error("text").code.startswith("MOD-WASM")
