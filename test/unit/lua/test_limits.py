"""The meter: exact step counts, and every limit raises and keeps raising until the next call from outside."""

from __future__ import annotations

import sys
import threading

import pytest

from taskrunner.lua import limits
from taskrunner.lua.depth import deep
from taskrunner.lua.errors import LimitError
from taskrunner.lua.limits import Limits, Meter


def take(meter: Meter, count: int) -> None:
    for _ in range(count):
        next(meter.ticks)


def steps_until_limit(meter: Meter) -> int:
    count = 0
    try:
        for _ in meter.ticks:
            count += 1
    except LimitError as error:
        if error.limit == "steps":
            return count
    return -1


@pytest.mark.parametrize("allowed", [0, 1, 100, 16383, 16384, 16385, 50_000])
def test_exactly_so_many_steps(allowed: int) -> None:
    meter = Meter(Limits(steps=allowed))
    assert steps_until_limit(meter) == allowed
    assert meter.used == allowed


def test_a_limit_once_reached_stays_until_begin() -> None:
    meter = Meter(Limits(steps=10))
    steps_until_limit(meter)
    with pytest.raises(LimitError):
        next(meter.ticks)
    with pytest.raises(LimitError):
        meter.charge(1)
    meter.begin()
    assert steps_until_limit(meter) == 10


def test_used_counts_what_was_taken() -> None:
    meter = Meter(Limits())
    assert meter.used == 0
    for _ in range(20_000):
        next(meter.ticks)
    assert meter.used == 20_000
    meter.begin()
    assert meter.used == 0


def test_work_of_the_library_counts_too() -> None:
    meter = Meter(Limits(steps=100_000))
    meter.charge(10)
    next(meter.ticks)
    meter.charge(5)
    assert meter.used == 16
    meter.charge(40_000)
    assert meter.used == 40_016
    with pytest.raises(LimitError):
        meter.charge(60_000)


def test_time_is_looked_at_every_slice() -> None:
    now = [0.0]
    meter = Meter(Limits(seconds=5), clock=lambda: now[0])
    take(meter, 30_000)
    now[0] = 5.1
    with pytest.raises(LimitError) as caught:
        take(meter, 20_000)
    assert caught.value.limit == "time"
    assert "5 s" in caught.value.message


def test_memory_is_what_the_process_grew_by(monkeypatch: pytest.MonkeyPatch) -> None:
    resident = [1000]
    monkeypatch.setattr(limits, "resident_bytes", lambda: resident[0])
    meter = Meter(Limits(memory=500))
    resident[0] = 1501
    with pytest.raises(LimitError) as caught:
        take(meter, 20_000)
    assert caught.value.limit == "memory"


def test_big_strings_are_refused_before_they_exist_and_many_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    resident = [0]
    monkeypatch.setattr(limits, "resident_bytes", lambda: resident[0])
    meter = Meter(Limits(string=10_000_000, memory=500))
    meter.string(10_000_000)
    with pytest.raises(LimitError) as caught:
        meter.string(10_000_001)
    assert caught.value.limit == "string"
    resident[0] = 501
    with pytest.raises(LimitError) as caught:
        meter.string(9_000_000)
    assert caught.value.limit == "memory"


def test_value_lists_are_limited() -> None:
    meter = Meter(Limits(values=10))
    meter.count(10)
    with pytest.raises(LimitError):
        meter.count(11)


def test_resident_memory_is_known_here_and_zero_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "linux":
        assert limits.resident_bytes() > 1_000_000

    def refuse(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr("builtins.open", refuse)
    assert limits.resident_bytes() == 0


def test_recursion_room_is_shared_between_threads_and_given_back() -> None:
    outside = sys.getrecursionlimit()
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with deep(60_000):
            entered.set()
            leave.wait(5)

    thread = threading.Thread(target=other)
    with deep(50_000):
        thread.start()
        entered.wait(5)
        assert sys.getrecursionlimit() == 60_000
    assert sys.getrecursionlimit() == 60_000  # the other one still runs
    leave.set()
    thread.join()
    assert sys.getrecursionlimit() == outside
    with deep(10):
        assert sys.getrecursionlimit() == outside  # never lowered
