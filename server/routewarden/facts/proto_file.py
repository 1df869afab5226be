"""The services that a `.proto` file declares.

Invariant: a pure function of the bytes; never fails. Messages and options of methods are not read.
https://protobuf.dev/reference/protobuf/proto3-spec/
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LARGEST = 1_000_000  # bytes
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_PACKAGE = re.compile(r"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)
_SERVICE = re.compile(r"\bservice\s+(\w+)\s*\{")
_RPC = re.compile(r"\brpc\s+(\w+)\s*\(")


@dataclass(frozen=True, slots=True)
class ProtoService:
    """`full_name` is what calls are routed by: the package and the name."""

    path: str
    name: str
    full_name: str
    methods: tuple[str, ...]


def proto_services(path: str, data: bytes) -> tuple[ProtoService, ...]:
    """The services of a file, in its order."""
    text = _COMMENT.sub(" ", data[:_LARGEST].decode("utf-8-sig", "replace"))
    package = _PACKAGE.search(text)
    prefix = f"{package[1]}." if package is not None else ""
    starts = list(_SERVICE.finditer(text))
    found = []
    for index, start in enumerate(starts):
        end = starts[index + 1].start() if index + 1 < len(starts) else len(text)
        methods = tuple(m[1] for m in _RPC.finditer(text, start.end(), end))
        found.append(ProtoService(path, start[1], prefix + start[1], methods))
    return tuple(found)
