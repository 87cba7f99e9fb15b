"""The table library: the array part only, up to the first hole, without metamethods (LUERL `raw-tablelib`)."""

from __future__ import annotations

from typing import Any, Final

from taskrunner.lua.cost import STRIDE
from taskrunner.lua.errors import FidelityCrash, LuaError
from taskrunner.lua.lib.args import badarg, convert, integers, truth
from taskrunner.lua.lib.host import Args, Host, LibraryFunction
from taskrunner.lua.lib.sorting import merge_sort
from taskrunner.lua.numbers import to_integer, to_text
from taskrunner.lua.values import Table

_PORTION: Final = 1024  # values between two looks at the limits


def concat(host: Host, args: Args) -> Args:
    """Joins strings and numbers; a nil option means its default."""
    if not args or not isinstance(args[0], Table):
        raise badarg("concat", args)
    table, options = args[0], args[1:]
    given = convert(_options(options, (b"", 1.0)), "sii")
    if given is None:
        raise badarg("concat", options)
    separator: bytes = given[0]
    first: int = given[1]
    last: int = given[2] if len(given) > 2 else table.length()
    pieces: list[bytes] = []
    size = 0
    for start in range(first, last + 1, _PORTION):
        stop = min(start + _PORTION, last + 1)
        host.charge(stop - start)
        texts = _texts([table.get(index) for index in range(start, stop)])
        size += sum(map(len, texts)) + len(separator) * (stop - start)
        host.check_string(size)
        pieces += texts
    return (separator.join(pieces),)


def _texts(values: list[Any]) -> list[bytes]:
    """Strings and numbers as text; the first value that is neither raises."""
    texts = [value if type(value) is bytes else to_text(value) for value in values]
    if None in texts:
        raise LuaError("illegal_value", "concat", values[texts.index(None)])
    return texts  # type: ignore[return-value]


def _options(options: Args, defaults: tuple[Any, ...]) -> list[Any]:
    """Optional arguments with nil replaced by its default; one more, the end, only if it is given."""
    filled: list[Any] = [
        default if index >= len(options) or options[index] is None else options[index]
        for index, default in enumerate(defaults)
    ]
    end = options[len(defaults)] if len(options) > len(defaults) else None
    return filled if end is None else [*filled, end]


def insert(host: Host, args: Args) -> Args:
    """Appends, or shifts up to make room; positions 1 to length + 1."""
    if len(args) not in (2, 3) or not isinstance(args[0], Table):
        raise badarg("insert", args)
    table = args[0]
    size = table.length()
    if len(args) == 2:
        table.rawset(size + 1, args[1])
        if size and not size % STRIDE:
            host.cost.length(size)
        return ()
    position = to_integer(args[1])
    if position is None or not 1 <= position <= size + 1:
        raise badarg("insert", args)
    host.charge((size - position) // 8 + 1)
    moving: Any = args[2]
    while (after := table.raw(position)) is not None:
        table.rawset(position, moving)
        moving, position = after, position + 1
    table.rawset(position, moving)
    return ()


def remove(host: Host, args: Args) -> Args:
    """Takes out the last element or the one at a position, and closes the gap up to the first hole."""
    if not args or not isinstance(args[0], Table):
        raise badarg("remove", args)
    table = args[0]
    size = table.length()
    if len(args) == 1:
        return _take(table, size)
    position = to_integer(args[1])
    if position == 0 and size == 0:
        return _take(table, 0)
    if position == 1 and size == 0:
        return (None,)
    if position is None or not 1 <= position <= size + 1:
        raise badarg("remove", args)
    host.charge((size - position) // 8 + 1)
    taken = table.raw(position)
    while (after := table.raw(position + 1)) is not None:
        table.rawset(position, after)
        position += 1
    table.rawset(position, None)
    return (taken,)


def _take(table: Table, index: int) -> Args:
    taken = table.raw(index)
    if taken is not None:
        table.rawset(index, None)
    return (taken,)


def pack(host: Host, args: Args) -> Args:
    """A table of the arguments with their number in `n`."""
    table = host.new_table()
    for index, value in enumerate(args, 1):
        if value is not None:
            table.rawset(index, value)
    table.rawset(b"n", len(args))
    return (table,)


def unpack(host: Host, args: Args) -> Args:
    """The elements as values; what is no table crashes production (LUERL §3)."""
    if not args:
        raise badarg("unpack", args)
    table = args[0]
    if not isinstance(table, Table):
        raise FidelityCrash("function_clause", "{luerl_lib_table,unpack,3}")
    bounds = integers(_options(args[1:], (1.0,)))
    if bounds is None:
        raise badarg("unpack", args)
    first = bounds[0]
    last = bounds[1] if len(bounds) > 1 else table.length()
    if first > last:
        return ()
    host.check_memory(last - first + 1)
    host.charge((last - first) // 8 + 1)
    return tuple([table.raw(index) for index in range(first, last + 1)])


def sort(host: Host, args: Args) -> Args:
    """Sorts everything the array part ever held, holes included: a hole makes the default comparison fail."""
    if not args or not isinstance(args[0], Table):
        raise badarg("sort", args)
    table = args[0]
    count = table.array_size() - 1
    if count < 1:
        return ()
    if len(args) == 1 and count > 1 and _has_holes(table, count):
        raise LuaError("illegal_comp", "sort")
    host.check_memory(count)
    host.charge(count)
    items = [table.raw(index) for index in range(1, count + 1)]
    if len(args) > 1:
        ordered = merge_sort(lambda one, two: truth(host.call(args[1], (one, two))), items)
    elif _comparable(items):
        host.charge(count * count.bit_length())
        ordered = sorted(items)
    else:
        ordered = merge_sort(lambda one, two: _before(host, one, two), items)
    for index, value in enumerate(ordered, 1):
        table.rawset(index, value)
    for index in range(count + 1, table.array_size()):  # what the comparator added is lost in production
        table.rawset(index, None)
    return ()


def _has_holes(table: Table, count: int) -> bool:
    """Whether a nil will be compared with something that has no `__lt`; found without laying out a huge array."""
    if table.length() == count:
        return False
    return not any(isinstance(value, Table) for value in table.values())


def _comparable(items: list[Any]) -> bool:
    """All numbers or all strings: Python's sort is as stable as Luerl's there."""
    kinds = {type(item) for item in items}
    return kinds <= {int, float} or kinds == {bytes}


def _before(host: Host, one: Any, two: Any) -> bool:
    """Luerl's default order: at most, for numbers and strings; `__lt` for the rest."""
    host.charge(1)
    numbers = (int, float)
    if (type(one) in numbers and type(two) in numbers) or (type(one) is bytes and type(two) is bytes):
        return bool(one <= two)
    meta = host.metamethod(one, b"__lt")
    if meta is None:
        meta = host.metamethod(two, b"__lt")
    if meta is None:
        raise LuaError("illegal_comp", "sort")
    return truth(host.call(meta, (one, two)))


FUNCTIONS: Final[dict[str, LibraryFunction]] = {
    "concat": concat,
    "insert": insert,
    "pack": pack,
    "remove": remove,
    "sort": sort,
    "unpack": unpack,
}
