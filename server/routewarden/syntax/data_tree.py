"""Data files (JSON, YAML) as one kind of tree, with the place of each key and value.

Invariant: every offset is a byte of `SourceText.data`, as everywhere else. Reading never raises: where a text breaks its format,
`error` says what and where, and the tree holds all that could be read, so that one stray comma does not hide a file. Nesting and the
number of nodes are bounded. What the keys mean is not known here.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple

from routewarden.text.source import SourceText

MAX_DEPTH = 64  # as System.Text.Json has it: https://learn.microsoft.com/dotnet/api/system.text.json.jsondocumentoptions.maxdepth
MAX_NODES = 200_000  # fifty MB of tree; an OpenAPI document of 3 MB has as many
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
TOO_MANY = f"more than {MAX_NODES:,} values"

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


class DataNode(NamedTuple):
    """One value at the bytes [start, end). `kind`: "object" "array" "string" "number" "bool" "null" "alias" (YAML's `*name`).

    `value`: of a string the text that it means, of any other scalar the text as written; None of null, objects and arrays.
    """

    kind: str
    value: str | None
    start: int
    end: int
    members: tuple[tuple[str, int, int, DataNode], ...] = ()  # of an object, in order: key, the bytes of the key, value; keys may repeat
    items: tuple[DataNode, ...] = ()  # of an array


@dataclass(frozen=True, slots=True)
class DataTree:
    """`root` is None for a text without any value; `error` is "" or "line 3, column 5: expected ':' after a key"."""

    text: SourceText
    root: DataNode | None
    error: str = ""


class Offsets:
    """Byte offsets of character offsets of one text."""

    def __init__(self, text: str) -> None:
        self._places = array("l")
        self._added = array("l", [0])
        if not text.isascii():
            added = 0
            for match in _NOT_ASCII.finditer(text):
                code = ord(match[0])
                added += 1 if code < 0x800 else 2 if code < 0x10000 else 3
                self._places.append(match.start())
                self._added.append(added)

    def byte(self, character: int) -> int:
        return character + self._added[bisect_left(self._places, character)] if self._places else character


def error_at(text: SourceText, offset: int, what: str) -> str:
    """What is wrong with a text, with the 1-based line and column of a byte offset."""
    line, column = text.position(offset)
    return f"line {line + 1}, column {column + 1}: {what}"


class Builder:
    """Makes a tree from the events of a reader, which come in order of the text; character offsets in, byte offsets out."""

    def __init__(self, offsets: Offsets) -> None:
        self._byte = offsets.byte
        self._open: list[_Open] = []
        self.nodes = 0
        self.root: DataNode | None = None

    @property
    def depth(self) -> int:
        return len(self._open)

    @property
    def inside(self) -> str:
        """Which is innermost: "object", "array", or "" at the top."""
        return self._open[-1].kind if self._open else ""

    def holds(self, kind: str) -> bool:
        """Whether an object or array is open, at whatever depth."""
        return any(frame.kind == kind for frame in self._open)

    @property
    def has_key(self) -> bool:
        """Whether a key waits for its value."""
        return bool(self._open) and self._open[-1].key is not None

    def open(self, kind: str, start: int) -> None:
        self._open.append(_Open(kind, self._byte(start)))

    def key(self, name: str, start: int, end: int) -> None:
        self._open[-1].key = (name, self._byte(start), self._byte(end))

    def scalar(self, kind: str, value: str | None, start: int, end: int) -> None:
        self._add(DataNode(kind, value, self._byte(start), self._byte(end)))

    def close(self, end: int) -> None:
        """Ends the innermost object or array; a key without a value gets null, at the place where it should stand."""
        if self.has_key:
            self.scalar("null", None, end, end)
        frame = self._open.pop()
        self._add(DataNode(frame.kind, None, frame.start, self._byte(end), tuple(frame.members), tuple(frame.items)))

    def _add(self, node: DataNode) -> None:
        self.nodes += 1
        if not self._open:
            self.root = self.root or node
            return
        frame = self._open[-1]
        if frame.kind == "array":
            frame.items.append(node)
        elif frame.key is not None:
            frame.members.append((*frame.key, node))
            frame.key = None


class _Open:
    """An object or array that is being read."""

    __slots__ = ("items", "key", "kind", "members", "start")

    def __init__(self, kind: str, start: int) -> None:
        self.kind = kind
        self.start = start
        self.key: tuple[str, int, int] | None = None
        self.members: list[tuple[str, int, int, DataNode]] = []
        self.items: list[DataNode] = []
