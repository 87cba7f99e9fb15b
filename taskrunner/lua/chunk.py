"""Compiled chunks: from source text to a code object, cached by content.

A chunk is immutable and belongs to no VM; loading it into one means running its code in a fresh namespace of that VM's
helpers, which defines the functions. Python source is compiled with no builtins in reach.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from types import CodeType
from typing import Final

from taskrunner.lua.compiler.base import Options
from taskrunner.lua.compiler.code import LineMap
from taskrunner.lua.compiler.functions import Point, generate
from taskrunner.lua.errors import LimitError
from taskrunner.lua.lexer import Source
from taskrunner.lua.parser import parse
from taskrunner.lua.resolve import FunctionScope, Scopes

_MOST_CHUNKS: Final = 256
_MOST_BYTES: Final = 32 << 20  # of source text
_cache: OrderedDict[tuple[bytes, str, Options], Chunk] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Proto:
    """What is known of a function definition. `arguments` are the Python names that still hold what was passed."""

    number: int
    name: str
    line: int
    arguments: tuple[str, ...]
    rest: str


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """A compiled chunk; `protos` by number, the chunk itself last."""

    name: str
    digest: bytes
    code: CodeType
    protos: tuple[Proto, ...]
    lines: LineMap
    points: tuple[Point, ...]
    options: Options
    python: str
    size: int


def compile_chunk(text: bytes, name: str, options: Options | None = None) -> Chunk:
    """Compiles a chunk, or takes it from the cache.

    Raises LuaSyntaxError, FidelityCrash (goto and labels), LimitError (nesting that this engine cannot hold).
    """
    options = options or Options()
    key = (hashlib.sha256(text).digest(), name, options)
    with _lock:
        found = _cache.get(key)
        if found is not None:
            _cache.move_to_end(key)
            return found
    chunk = _compile(text, name, options, key[0])
    with _lock:
        _cache[key] = chunk
        total = sum(item.size for item in _cache.values())
        while len(_cache) > 1 and (len(_cache) > _MOST_CHUNKS or total > _MOST_BYTES):
            total -= _cache.popitem(last=False)[1].size
    return chunk


def _compile(text: bytes, name: str, options: Options, digest: bytes) -> Chunk:
    source = Source(text, name)
    try:
        tree = parse(source)
        scopes = Scopes(tree)
        generated = generate(source, tree, scopes, options)
        code = compile(generated.python, f"<lua {name!r}>", "exec", dont_inherit=True, optimize=0)
    except (RecursionError, MemoryError):
        raise LimitError("depth", "source nested too deeply for this engine", file=name) from None
    except SyntaxError as error:
        if "too many" not in str(error.msg):
            raise
        raise LimitError("depth", "source nested too deeply for this engine", file=name) from None
    protos = tuple(_proto(scope) for scope in scopes.order)
    return Chunk(
        name, digest, code, protos, generated.lines, generated.points, options, generated.python, max(len(text), 1)
    )


def _proto(scope: FunctionScope) -> Proto:
    arguments = tuple(
        f"{variable.python}_given" if variable.assigned else variable.python for variable in scope.parameters
    )
    node = scope.node
    return Proto(scope.number, node.name, node.line, arguments, "va" if node.is_vararg else "more")
