"""What a JavaScript suite needs and does not find: a node that nobody started, a package, a class or a method of `wao`.

Turns Node.js's words into ours: who is missing, where the suite asks for it, and what helps. Pure but for reading the
suite and the installed package; no verdict.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_NO_PACKAGE = re.compile(r"Cannot find package '((?:@[\w.-]+/)?[\w.-]+)'")
_FROM = re.compile(r"imported from (?:file://)?(\S+)")
_NAMED = re.compile(r"(?:Cannot find (?:module|package) '([^']+)'|Package subpath '\./([^']+)' is not defined)")
_NO_EXPORT = re.compile(r"requested module '(wao(?:/[\w-]+)?)' does not provide an export named '(\w+)'")
_NO_PATH = re.compile(
    r"Package subpath '\./([\w./-]+)' is not defined by \"exports\" in \S*/node_modules/wao/package\.json"
)
_NO_FILE = re.compile(r"Cannot find module '\S*/node_modules/((?:@[\w.-]+/)?[\w.-]+)/([^']+)'")
_NO_METHOD = re.compile(r"^(?P<what>[\w.$]+)\.(?P<name>\w+) is not a function$")
_EXPORTED = re.compile(r"export\s*(?:default\s+)?(?:\{([^}]*)\}|(?:class|function|const|let)\s+(\w+))")
_CALLED = re.compile(r"^ {2}(?:static )?(?:async )?(\w+)\(", re.MULTILINE)
_OF_WAO = frozenset({"hb", "hbeam", "ao", "ar", "gql", "p", "p2", "hb1", "hb2", "ao1", "ao2"})


def nobody_there(address: str, standin: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The account of a request that found nobody at `address` (http://localhost:1)."""
    own = [line["url"] for line in standin if line["event"] == "ready"]
    at = ", ".join(own)
    why = f"its own node listens at {at}" if own else "the suite started no node"
    hint = "use the url of the node that it starts (hbeam.url)" if own else "start one: new HyperBEAM({..}).ready()"
    return {"code": "TEST-NODE-ADDRESS", "message": f"nobody listens at {address}; {why}", "hint": hint}


def unanswered(noted: list[dict[str, Any]], standin: list[dict[str, Any]]) -> str:
    """What to say of a suite that asked where nobody listens and may still wait there; empty if there is nothing."""
    ports = {urlsplit(line["url"]).port for line in standin if line["event"] == "ready"}
    silent = [line["refused"] for line in noted if "refused" in line]
    address = next((each for each in silent if urlsplit(each).port not in ports), None)
    return str(nobody_there(address, standin)["message"]) if address else ""


def missing_package(message: str, root: Path) -> dict[str, Any] | None:
    """The account of an import that only another installation can satisfy: a package, or a class of `wao`."""
    package = _NO_PACKAGE.search(message)
    if package is not None:
        words = f"the npm package {package[1]} is not installed, and the suite imports it"
        return {"code": "ENV-NPM-MISSING", "message": words, "hint": f"run `npm install {package[1]}` in the workspace"}
    broken = _NO_FILE.search(message)
    if broken is not None and _promises(message, broken[1], broken[2]):
        words = f"the npm package {broken[1]} is only half installed: its own package.json names {broken[2]}, not there"
        hint = f"run `npm install` in the workspace (if that changes nothing, remove node_modules/{broken[1]} first)"
        return {"code": "ENV-NPM-MISSING", "message": words, "hint": hint}
    export, path = _NO_EXPORT.search(message), _NO_PATH.search(message)
    if export is None and path is None:
        return None
    what = f"{export[2]} (imported from {export[1]})" if export else f"wao/{path[1] if path else ''}"
    words = f"the installed wao {installed_wao(root)} has no {what}"
    if export is not None and nearest(export[2], _words(root, _EXPORTED)) is not None:
        return None  # misspelt: no other installation can help
    return {"code": "ENV-NPM-OLD", "message": words, "hint": "run `npm install wao@latest`, or correct the import"}


def lacking(message: str, frames: list[dict[str, Any]], root: Path) -> str:
    """The message of a test's error; where a method of `wao` is called that the installed one lacks, it says so."""
    found = _NO_METHOD.match(message)
    if found is None or not frames or frames[-1]["role"] != "test" or found["what"].split(".")[-1] not in _OF_WAO:
        return message
    package = wao_folder(root)
    if package is None or any(_knows(file, found["name"]) for file in (package / "esm").glob("*.js")):
        return message
    version = installed_wao(root)
    near = nearest(found["name"], _words(root, _CALLED))
    if near is not None:
        return f"{message}: misspelt? The installed wao {version} has {near}"
    return f"{message}: the installed wao {version} has no {found['name']}; a newer one may (npm install wao@latest)"


def misspelt(message: str, root: Path) -> str:
    """The message of a refused import; where the installed `wao` exports a name that is nearly the same, it says so."""
    export = _NO_EXPORT.search(message)
    near = nearest(export[2], _words(root, _EXPORTED)) if export else None
    return f"{message}: misspelt? The installed wao {installed_wao(root)} exports {near}" if near else message


def nearest(name: str, known: set[str]) -> str | None:
    """A known name that differs from `name` in case only, or else by one letter; None if there is none."""
    same = sorted(each for each in known if each.lower() == name.lower() and each != name)
    if same:
        return same[0]
    return next((each for each in sorted(known) if len(name) > 2 and _one_letter(name.lower(), each.lower())), None)


def _one_letter(one: str, other: str) -> bool:
    """Whether one letter was put in, left out or taken for another."""
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1 or short == long:
        return False
    same = next((at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return short[same + (len(short) == len(long)) :] == long[same + 1 :]


def _words(root: Path, pattern: re.Pattern[str]) -> set[str]:
    """The names that the installed `wao` exports or defines, by what their text looks like."""
    package, found = wao_folder(root), set()
    for file in (package / "esm").glob("*.js") if package else ():
        try:
            text = file.read_text("utf-8", "replace")
        except OSError:
            continue
        for match in pattern.finditer(text):
            found |= {each.split()[-1] for each in (match[1] or match[match.lastindex or 1]).split(",") if each.strip()}
    return found


def _promises(message: str, package: str, file: str) -> bool:
    """Whether the package.json beside a missing file names that very file as its own."""
    found = re.search(r"'(\S*/node_modules/(?:@[\w.-]+/)?[\w.-]+)/", message)
    try:
        told = json.loads(Path(found[1], "package.json").read_text("utf-8")) if found else {}
    except (OSError, ValueError):
        return False
    named = json.dumps([told.get("exports"), told.get("main")]) if isinstance(told, dict) else ""
    return f'"./{file}"' in named or f'"{file}"' in named


def importing_line(message: str, root: Path) -> dict[str, Any] | None:
    """`{"file", "line"}` of the import that Node.js complains about without saying where it is."""
    origin, named = _FROM.search(message), _NAMED.search(message)
    if origin is None or named is None:
        return None
    file, name = Path(origin[1]), (named[1] or named[2]).rpartition("/")[2]
    try:
        lines = file.read_text("utf-8", "replace").split("\n")
    except OSError:
        return None
    wanted = re.compile(rf"""["'](?:[^"']*/)?{re.escape(name)}["']""")
    number = next((number for number, line in enumerate(lines, 1) if wanted.search(line)), None)
    shown = str(file.relative_to(root.resolve())) if file.is_relative_to(root.resolve()) else str(file)
    return {"file": shown, "line": number}


def wao_folder(root: Path) -> Path | None:
    """The installed package, as Node.js finds it from the workspace."""
    resolved = root.resolve()
    folders = (folder / "node_modules" / "wao" for folder in (resolved, *resolved.parents))
    return next((folder for folder in folders if (folder / "package.json").is_file()), None)


def installed_wao(root: Path) -> str:
    """The version of the installed package; empty if it cannot be read."""
    package = wao_folder(root)
    try:
        return str(json.loads((package / "package.json").read_text())["version"]) if package else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _knows(file: Path, name: str) -> bool:
    try:
        return re.search(rf"\b{name}\b", file.read_text("utf-8", "replace")) is not None
    except OSError:
        return False
