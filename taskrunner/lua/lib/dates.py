"""`os.date`: the specifiers that Luerl knows, replaced one after the other; anything else stays as it is (LUERL `os`).

Pure: seconds since 1970 in UTC (the time zone of a node) and a format in, text out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1)


def moment(timestamp: float) -> datetime | None:
    """The time of a timestamp, rounded half away from zero to seconds; None outside the years 1 to 9999."""
    seconds = int(abs(timestamp) + 0.5) if isinstance(timestamp, float) else abs(timestamp)
    try:
        return _EPOCH + timedelta(seconds=seconds if timestamp >= 0 else -seconds)
    except OverflowError:
        return None


def fields(when: datetime) -> list[tuple[bytes, int]]:
    """What `os.date("*t")` gives: no `yday`, no `isdst`; Sunday is 1."""
    return [
        (b"year", when.year),
        (b"month", when.month),
        (b"day", when.day),
        (b"hour", when.hour),
        (b"min", when.minute),
        (b"sec", when.second),
        (b"wday", when.isoweekday() % 7 + 1),
    ]


def date_text(when: datetime, pattern: bytes) -> bytes:
    """Replaces each known specifier everywhere, in Luerl's order: `%%d` becomes `%01`."""
    for specifier, text in _specifiers(when):
        pattern = pattern.replace(specifier, text)
    return pattern


def _specifiers(when: datetime) -> list[tuple[bytes, bytes]]:
    clock = f"{when:%H:%M:%S}"
    american = f"{when.month:02d}/{when.day:02d}/{when.year % 100:02d}"
    half = "AM" if when.hour < 12 else "PM"
    week = f"{when.isocalendar().week:02d}"
    day_name = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")[when.isoweekday() % 7]
    month_name = _MONTHS[when.month - 1]
    texts = {
        "A": day_name,
        "a": day_name[:3],
        "B": month_name,
        "b": month_name[:3],
        "c": f"{day_name[:3]} {month_name[:3]} {when.day:2d} {clock} {when.year:04d}",
        "D": american,
        "d": f"{when.day:02d}",
        "e": f"{when.day:2d}",
        "F": f"{when.year:04d}-{when.month:02d}-{when.day:02d}",
        "H": f"{when.hour:02d}",
        "I": f"{when.hour % 12 or 12:02d}",
        "M": f"{when.minute:02d}",
        "m": f"{when.month:02d}",
        "n": "\n",
        "P": half.lower(),
        "p": half,
        "S": f"{when.second:02d}",
        "T": clock,
        "t": "\t",
        "u": f"{when.isoweekday()}",
        "V": week,
        "W": week,
        "w": f"{when.isoweekday() % 7}",
        "X": clock,
        "x": american,
        "Y": f"{when.year:04d}",
        "y": f"{when.year % 100:02d}",
        "Z": "",
        "%": "%",
    }
    return [(b"%" + letter.encode(), text.encode()) for letter, text in texts.items()]


_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
