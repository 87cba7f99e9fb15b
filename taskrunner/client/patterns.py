"""What to take out of an answer (`get`) and what must hold for it (`check`), as in the JavaScript SDK.

    pick(results, "ID")                              the tag ID of the first message that has it
    pick(results, True)                              the data as JSON;  False: the data as text
    pick(results, {"age": "Age", "who": {"name": "Name", "json": True}})
    holds(results, ["Success", {"Age": "30"}])       both must hold

Messages are the outbox of a slot; tags are its fields in any spelling. Knows no node.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from taskrunner.client.fields import find

SPECIAL = frozenset({"data", "name", "json", "from", "match", "obj", "tags", "eq"})
_NOTHING = object()


def messages_of(results: Any) -> list[Mapping[str, Any]]:
    """The outbox in its order, whether it came as a list or as a map "1".."n"."""
    box = find(results, "outbox") if isinstance(results, Mapping) else None
    if isinstance(box, Mapping):
        numbered = sorted((key for key in box if str(key).isdigit()), key=int)
        box = [box[key] for key in numbered] or find(box, "messages", [])
    return [message for message in box or [] if isinstance(message, Mapping)]


def pick(results: Any, get: Any) -> Any:
    """The value that `get` names, None if no message has it."""
    if isinstance(get, bool) or get is None:
        return _data(results, as_json=bool(get), sender=None)
    if isinstance(get, str):
        return _tag(results, get, as_json=False, sender=None)
    if isinstance(get, Mapping) and "obj" in get:
        return {name: pick(results, each) for name, each in get["obj"].items()}
    if isinstance(get, Mapping) and ("name" in get or "data" in get) and set(get) <= SPECIAL:
        return _one(results, get)
    if isinstance(get, Mapping):
        return {name: pick(results, each) for name, each in get.items()}
    raise TypeError(f"get must be text, true, false or a mapping, not {type(get).__name__}")


def _one(results: Any, get: Mapping[str, Any]) -> Any:
    as_json, sender, match = bool(get.get("json")), get.get("from"), get.get("match")
    for index, message in enumerate(_from(results, sender)):
        value = find(message, "data" if get.get("data") else str(get["name"]), _NOTHING)
        if value is _NOTHING:
            continue
        value = parsed(value) if as_json else value
        if match is None or match(value, index, results):
            return value
    return None


def _data(results: Any, *, as_json: bool, sender: str | None) -> Any:
    for message in _from(results, sender):
        value = find(message, "data", _NOTHING)
        if value is not _NOTHING:
            return parsed(value) if as_json else value
    return None


def _tag(results: Any, name: str, *, as_json: bool, sender: str | None) -> Any:
    found = (find(message, name, _NOTHING) for message in _from(results, sender))
    value = next((value for value in found if value is not _NOTHING), None)
    return parsed(value) if as_json else value


def _from(results: Any, sender: str | None) -> list[Mapping[str, Any]]:
    every = messages_of(results)
    return every if sender is None else [each for each in every if find(each, "from-process") in (sender, None)]


def parsed(value: Any) -> Any:
    """Text as JSON where it is JSON, anything else as it stands."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def holds(results: Any, check: Any) -> bool:
    """Whether some message satisfies `check`; of a list, every item must be satisfied."""
    if check is None:
        return True
    if isinstance(check, list | tuple):
        return all(holds(results, each) for each in check)
    return any(_satisfies(message, check) for message in messages_of(results))


def _satisfies(message: Mapping[str, Any], check: Any) -> bool:
    if not isinstance(check, Mapping):
        return _matches(find(message, "data", _NOTHING), check)
    if "json" in check and set(check) <= SPECIAL:
        return _json_matches(find(message, "data"), check["json"], exact=bool(check.get("eq")))
    if set(check) <= SPECIAL and ({"data", "tags", "from"} & set(check)):
        data = "data" not in check or _matches(find(message, "data", _NOTHING), check["data"])
        tags = all(_matches(find(message, name, _NOTHING), want) for name, want in check.get("tags", {}).items())
        sender = "from" not in check or find(message, "from-process") in (check["from"], None)
        return data and tags and sender
    return all(_matches(find(message, name, _NOTHING), want) for name, want in check.items())


def _matches(value: Any, want: Any) -> bool:
    """A value against one expectation: true (it is there), a text, a pattern, a function or JSON."""
    if value is _NOTHING:
        return want is False
    if isinstance(want, bool):
        return want
    if isinstance(want, re.Pattern):
        return isinstance(value, str) and want.search(value) is not None
    if callable(want):
        return bool(want(value))
    if isinstance(want, Mapping):
        return _json_matches(value, want.get("json", want), exact=bool(want.get("eq")))
    return bool(value == want or str(value) == str(want))


def _json_matches(value: Any, want: Any, *, exact: bool) -> bool:
    found = parsed(value)
    if exact or not (isinstance(found, Mapping) and isinstance(want, Mapping)):
        return bool(found == want)
    return all(name in found and _json_matches(found[name], each, exact=False) for name, each in want.items())
