"""Reads settings from files and the environment, and checks each value against what its key allows.

Every fault names the file, the line and the column of its key, and the nearest key when there is none of that name.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, fields, replace
from pathlib import Path
from typing import Any

from taskrunner.errors import InputError
from taskrunner.project.files import place, read_text

OWN_FILE = "taskrunner.toml"
PYPROJECT = "pyproject.toml"
PREFIX = "TASKRUNNER_"

Wrong = Callable[[str, str], InputError]


def has_settings(folder: Path) -> bool:
    """Whether a folder holds settings of ours; a pyproject.toml that does not parse counts if it speaks of us."""
    if (folder / OWN_FILE).is_file():
        return True
    try:
        text = (folder / PYPROJECT).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return re.search(r"^\s*\[\s*tool\s*\.\s*taskrunner\s*[.\]]", text, re.MULTILINE) is not None


def read_file(folder: Path) -> tuple[dict[str, Any], str, str]:
    """Dotted keys and values of the folder's settings file, its text and its name; all empty without one."""
    own = (folder / OWN_FILE).exists()
    theirs = (folder / PYPROJECT).is_file() and "taskrunner" in read_text(folder / PYPROJECT, PYPROJECT)
    if own:
        text = read_text(folder / OWN_FILE, OWN_FILE, code="INPUT-SETTINGS")
        if theirs and _table(read_text(folder / PYPROJECT, PYPROJECT), PYPROJECT):
            message = f"settings stand in {OWN_FILE} and in {PYPROJECT}"
            raise InputError(message, code="INPUT-SETTINGS-TWICE", file=OWN_FILE, hint="keep one of the two")
        return dict(_flat(_parse(text, OWN_FILE))), text, OWN_FILE
    if theirs:
        text = read_text(folder / PYPROJECT, PYPROJECT, code="INPUT-SETTINGS")
        return dict(_flat(_table(text, PYPROJECT))), text, PYPROJECT
    return {}, "", ""


def _table(text: str, file: str) -> dict[str, Any]:
    tool = _parse(text, file).get("tool", {})
    found = tool.get("taskrunner", {}) if isinstance(tool, dict) else {}
    return found if isinstance(found, dict) else {}


def _parse(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"^(.*) \(at line (\d+), column (\d+)\)$", str(error))
        message, line, column = (found[1], int(found[2]), int(found[3])) if found else (str(error), None, None)
        shown = f"{file} is not TOML: {message[:1].lower()}{message[1:]}"
        raise InputError(shown, code="INPUT-SETTINGS-TOML", file=file, line=line, column=column) from None


def _flat(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if key == "gate" and isinstance(value, str):
            yield "gate.node", value  # `gate = "hyperbeam"` is the short form
        elif isinstance(value, dict):
            yield from ((f"{key}.{inner}", found) for inner, found in value.items())
        else:
            yield key, value


def environment_keys(known: list[str], environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Dotted keys and texts of `TASKRUNNER_RULES_STEP_BACK` and its like; other variables are not ours to judge."""
    environ = os.environ if environ is None else environ
    names = {PREFIX + key.upper().replace(".", "_"): key for key in known}
    return {key: environ[name] for name, key in names.items() if environ.get(name)}


def at_key(text: str, file: str, key: str) -> Wrong:
    """Makes the error for a key of a settings file, at the place where the key stands."""
    name = re.escape(key.rpartition(".")[2])
    found = re.search(rf"^[ \t]*(?:[\w.\"]*\.)?\"?({name})\"?\s*=|\b({name})\s*=", text, re.MULTILINE)
    line, column = place(text, found.start(1) if found[1] else found.start(2)) if found else (None, None)

    def wrong(message: str, hint: str) -> InputError:
        return InputError(message, code="INPUT-SETTINGS-KEY", file=file, line=line, column=column, hint=hint)

    return wrong


def outside_file(source: str) -> Wrong:
    """Makes the error for a value from a flag or the environment."""
    return lambda message, hint: InputError(f"{message} ({source})", code="INPUT-SETTINGS-KEY", hint=hint)


def changed(settings: Any, key: str, value: Any, known: list[str], wrong: Wrong) -> Any:
    """The settings with one dotted key changed to a checked value."""
    if key not in known:
        near = difflib.get_close_matches(key, known, 1, 0.4) or difflib.get_close_matches(
            key.rpartition(".")[2], [k.rpartition(".")[2] for k in known], 1, 0.4
        )
        raise wrong(f"there is no setting {key!r}", f"the nearest: {near[0] if near else ', '.join(known)}")
    group, _, name = key.rpartition(".")
    if group:
        inner = getattr(settings, group)
        return replace(settings, **{group: replace(inner, **{name: _checked(inner, name, key, value, wrong)})})
    return replace(settings, **{name: _checked(settings, name, key, value, wrong)})


def _checked(holder: Any, name: str, key: str, value: Any, wrong: Wrong) -> Any:
    spec = next(f for f in fields(holder) if f.name == name)
    default = getattr(type(holder)(), name)
    if isinstance(default, tuple):
        return _words(key, value, wrong)
    if isinstance(default, bool):
        return _boolean(key, value, wrong)
    if isinstance(default, int | float):
        return _number(spec, key, type(default), value, wrong)
    if not isinstance(value, str):
        raise wrong(f"{key} must be text, not {value!r}", "put it in quotes")
    if (choices := spec.metadata.get("in")) and value not in choices:
        raise wrong(f"{key} cannot be {value!r}", f"it is one of {', '.join(choices)}")
    return value


def _boolean(key: str, value: Any, wrong: Wrong) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    found = words.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise wrong(f"{key} must be true or false, not {value!r}", f"write {key} = true")
    return found


def _number(spec: Field[Any], key: str, kind: type, value: Any, wrong: Wrong) -> Any:
    what = "a whole number" if kind is int else "a number"
    try:
        found = kind(value) if isinstance(value, str) else value
    except ValueError:
        raise wrong(f"{key} must be {what}, not {value!r}", f"for example {key} = {spec.default}") from None
    fits = isinstance(found, int) or (kind is float and isinstance(found, float))
    if not fits or isinstance(found, bool):
        raise wrong(f"{key} must be {what}, not {value!r}", f"for example {key} = {spec.default}")
    if not found >= spec.metadata["min"] or found > 10**9:
        raise wrong(f"{key} cannot be {value}", f"it is at least {spec.metadata['min']}")
    return kind(found)


def _words(key: str, value: Any, wrong: Wrong) -> tuple[str, ...]:
    hint = f'for example {key} = ["my-agent", "--brief", "{{brief}}"]'
    if isinstance(value, str):
        try:
            return (value,) if value.startswith("replay:") else tuple(shlex.split(value))
        except ValueError as error:
            raise wrong(f"{key} cannot be split into words: {error}", hint) from None
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) and "\0" not in word for word in value):
        raise wrong(f"{key} must be a list of texts, not {value!r}", hint)
    return tuple(value)
