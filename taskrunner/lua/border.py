"""The border between messages and Lua, as production's lua@5.3a crosses it (LUERL §5, PROTOCOL §11.1).

A message is plain Python: `bytes`, ints, floats, booleans, lists, and dicts whose keys are `str` (binaries, with
escaped surrogates for bytes that are no UTF-8), ints, or `AtomKey`. Anything else with a `name` counts as an atom;
None is the atom null. Functions leave Lua as `Opaque`. Knows tables and nothing of devices, statuses are only named.

Example: {"action": b"Inc", "tags": [b"a", 1]}  <->  {action = "Inc", tags = {"a", 1}}
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from taskrunner.lua.errors import FidelityCrash, LimitError
from taskrunner.lua.values import Table, builtin_of, is_function

LUA_FUNCTION: Final = "#Fun<luerl.7.50449069>"  # as the measured build prints any Lua function
DEEPEST: Final = 256  # tables within tables that may leave Lua; what stores and shows them is recursive
STATUSES: Final = frozenset(
    ("ok", "error", "skip", "pass", "failure", "not_found", "true", "false", "undefined", "nil", "null", "none")
)


class TableMaker(Protocol):
    """The part of a VM that makes tables."""

    def new_table(self) -> Table: ...


@dataclass(frozen=True, slots=True)
class Opaque:
    """A function in a message, which no codec can write: `term` is its Erlang text, `value` the Lua value itself.

    In memory it comes back to Lua as the function it was.
    """

    term: str
    builtin: bool = False
    value: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AtomKey:
    """A boolean key of a table, an atom in Erlang: true and false."""

    name: str


@dataclass(frozen=True, slots=True)
class Returned:
    """What a call gave back: the status word and the message; `keeps_state` is false when it is no map (LUERL §5.4)."""

    status: str
    value: Any

    @property
    def keeps_state(self) -> bool:
        """Only a map carries the state of the VM on to the next slot."""
        return isinstance(self.value, dict)


def to_lua(vm: TableMaker, value: Any) -> Any:
    """A message value as Lua sees it; a tuple, or anything unknown, crashes as in production."""
    try:
        return _to_lua(vm, value)
    except RecursionError:
        raise LimitError("depth", "a message nested too deeply for Lua") from None


def _to_lua(vm: TableMaker, value: Any) -> Any:
    if value is None:
        return b"null"
    kind = type(value)
    if kind in (bool, int, float, bytes):
        return value
    if kind is str:
        return key_bytes(value)
    if isinstance(value, dict):
        ordered = ordered_items(value)
        return _list_table(vm, ordered) if ordered is not None else _map_table(vm, value)
    if isinstance(value, list):
        return _list_table(vm, value)
    if isinstance(value, Opaque) and value.value is not None:
        return value.value
    name = getattr(value, "name", None)
    if isinstance(name, str):
        return name.encode("utf-8")
    raise FidelityCrash(f"{{badarg,{getattr(value, 'term', type(value).__name__)}}}", "{luerl,encode,2}")


def _list_table(vm: TableMaker, items: list[Any]) -> Table:
    converted = [_to_lua(vm, item) for item in items]
    table = vm.new_table()  # after its elements, as Luerl numbers them
    for index, item in enumerate(converted, 1):
        table.put(index, item)
    return table


def _map_table(vm: TableMaker, message: dict[Any, Any]) -> Table:
    converted = [(_lua_key(key), _to_lua(vm, message[key])) for key in sorted(message, key=_key_order)]
    table = vm.new_table()
    for key, item in converted:
        table.put(key, item)
    return table


def _lua_key(key: Any) -> Any:
    if isinstance(key, str):
        return key_bytes(key)
    return key.name == "true" if isinstance(key, AtomKey) else key


def _key_order(key: Any) -> tuple[int, Any]:
    """Erlang's order of terms: numbers, atoms, lists, binaries."""
    if isinstance(key, int | float):
        return (0, key)
    if isinstance(key, AtomKey):
        return (1, key.name)
    return (3, key_bytes(key)) if isinstance(key, str) else (2, 0)


def key_bytes(key: str) -> bytes:
    """A key as a Lua string."""
    return key.encode("utf-8", "surrogateescape")


def key_text(key: bytes) -> str:
    """A Lua string as a key."""
    return key.decode("utf-8", "surrogateescape")


def normal_key(key: Any) -> str:
    """A key as HyperBEAM compares keys: integers and booleans by their text; a float has none and crashes."""
    if isinstance(key, str):
        return key
    if isinstance(key, AtomKey):
        return key.name
    if isinstance(key, int):
        return str(key)
    if key == ():
        return ""
    raise FidelityCrash("function_clause", "{hb_ao,normalize_key,2}")


def ordered_items(message: dict[Any, Any]) -> list[Any] | None:
    """The values in order if the keys are exactly 1..n, as integers or text; an empty map is an empty list."""
    normal = {normal_key(key): message[key] for key in sorted(message, key=_key_order)}
    numbers = [str(number) for number in range(1, len(normal) + 1)]
    return [normal[number] for number in numbers] if all(number in normal for number in numbers) else None


def from_lua(value: Any) -> Any:
    """A Lua value as a message: `{}` and full 1..n become lists, other tables maps; a table inside itself crashes."""
    return _from_lua(value, set())


def _from_lua(value: Any, inside: set[int]) -> Any:
    kind = type(value)
    if value is None or kind in (bool, int, float, bytes):
        return value
    if kind is Table:
        return _from_table(value, inside)
    if is_function(value):
        return _function(value)
    raise FidelityCrash(f"{{badarg,{getattr(value, 'term', '?')}}}", "{luerl,decode,3}")


def _from_table(table: Table, inside: set[int]) -> Any:
    if table.id in inside:
        raise FidelityCrash(f"{{recursive_table,{{tref,{table.id}}}}}", "{luerl,decode_table,3}")
    if len(inside) >= DEEPEST:
        raise LimitError("depth", f"a result nested too deeply for a message: more than {DEEPEST} tables")
    inside.add(table.id)
    message: dict[Any, Any] = {}
    for key, value in table.entries():
        message[_from_key(key, inside)] = _from_lua(value, inside)
    inside.discard(table.id)
    if not message:
        return []
    ordered = ordered_items(message)
    return message if ordered is None else ordered


def _from_key(key: Any, inside: set[int]) -> Any:
    if type(key) is bytes:
        return key_text(key)
    if type(key) is bool:
        return AtomKey("true" if key else "false")
    if type(key) is Table:
        if _from_table(key, inside) == []:
            return ()
        raise FidelityCrash("function_clause", "{hb_ao,normalize_key,2}")
    if is_function(key):
        raise FidelityCrash("function_clause", "{hb_ao,normalize_key,2}")
    return key


def _function(value: Any) -> Opaque:
    builtin = builtin_of(value)
    if builtin is None or builtin.module == "luerl":
        return Opaque(LUA_FUNCTION, value=value)
    return Opaque(f"{{{builtin.module},{builtin.name},undefined}}", builtin=True, value=value)


def returned(values: tuple[Any, ...]) -> Returned:
    """The outcome of a call: one value, or a status word and a value; anything else crashes production (LUERL §5.4)."""
    if len(values) == 1:
        values = (b"ok", values[0])
    if len(values) != 2:
        raise FidelityCrash("function_clause", "{dev_lua,process_response,2}")
    word, value = (from_lua(part) for part in values)
    return Returned(_status(word), value)


def _status(word: Any) -> str:
    """A status must be an atom that the node knows; booleans and nil are."""
    if word is None or isinstance(word, bool):
        return {None: "nil", True: "true", False: "false"}[word]
    if type(word) is bytes and word.decode("latin-1") in STATUSES:
        return word.decode("latin-1")
    raise FidelityCrash("badarg", "{erlang,binary_to_existing_atom,2}")
