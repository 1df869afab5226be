"""An immutable source text in UTF-8 bytes with a table of its lines.

Invariant: every coordinate in RouteWarden is a UTF-8 byte offset into `SourceText.data`; lines and columns are made at the
edges only, by this module. Lines end at `\\r\\n`, `\\r` and `\\n` and nowhere else (LSP 3.18, "text documents"): `str.splitlines`
also splits at form feeds, U+0085 and U+2028 and must never be used. Nothing here knows C#, and nothing here reads a disk.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"


class PositionEncoding(Enum):
    """How a client counts columns; the value is LSP's name."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace the bytes [start, end) by `new`; offsets are UTF-8 bytes of the text that the edit is applied to."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class SourceText:
    """`data` is valid UTF-8 without a BOM."""

    data: bytes
    _lines: Sequence[int] | None = field(default=None, compare=False, repr=False)  # made when first asked for
    had_bom: bool = False
    encoding: str = "utf-8"  # of the file on disk: "utf-8" or "cp1252" (legacy files are read as the compiler would)

    @staticmethod
    def from_bytes(raw: bytes) -> SourceText:
        """The text of a file's bytes. Never fails: what is not UTF-8 (or UTF-16 with a BOM) is read as Windows-1252."""
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            data = raw.decode("utf-16", errors="replace").encode("utf-8", errors="replace")
            return SourceText(data, None, True, "utf-16")
        had_bom = raw.startswith(_BOM)
        data = raw[3:] if had_bom else raw
        encoding = "utf-8"
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            data = data.decode("cp1252", errors="replace").encode("utf-8")
            encoding = "cp1252"
        return SourceText(data, None, had_bom, encoding)

    @staticmethod
    def from_str(text: str) -> SourceText:
        """The text of a client's document; lone surrogates, which JSON can carry and UTF-8 cannot, become U+FFFD."""
        return SourceText(encode(text))

    def __str__(self) -> str:
        return self.data.decode("utf-8")

    @property
    def line_starts(self) -> Sequence[int]:
        """The byte offset of each line; the first is 0. A cold scan never asks most files for it."""
        lines = self._lines
        if lines is None:
            lines = line_table(self.data)
            object.__setattr__(self, "_lines", lines)
        return lines

    @property
    def digest(self) -> bytes:
        """16 bytes that identify the content."""
        return hashlib.blake2b(self.data, digest_size=16).digest()

    @property
    def newline(self) -> str:
        """The line end that most lines of the text use; "\\n" for a text of one line."""
        crlf = self.data.count(b"\r\n")
        lf = self.data.count(b"\n") - crlf
        cr = self.data.count(b"\r") - crlf
        if crlf > lf and crlf >= cr:
            return "\r\n"
        return "\r" if cr > lf else "\n"

    def line_of(self, offset: int) -> int:
        """The 0-based line that holds the byte offset; the first for an offset before the text."""
        return max(0, bisect_right(self.line_starts, offset) - 1)

    def line_bytes(self, line: int) -> bytes:
        """The bytes of a 0-based line without its line end."""
        start = self.line_starts[line]
        end = self.line_starts[line + 1] if line + 1 < len(self.line_starts) else len(self.data)
        return self.data[start:end].rstrip(b"\r\n")

    def position(self, offset: int, encoding: PositionEncoding = PositionEncoding.UTF16) -> tuple[int, int]:
        """(0-based line, 0-based column in code units of `encoding`) of a byte offset.

        An offset outside the text, inside a character or between CR and LF gives the nearest position before it that exists.
        """
        offset = max(0, min(offset, len(self.data)))
        line = self.line_of(offset)
        start = self.line_starts[line]
        head = self.data[start:offset].rstrip(b"\r")
        if head.isascii():
            return line, len(head)
        while offset < len(self.data) and self.data[offset] & 0xC0 == 0x80:
            offset -= 1
            head = self.data[start:offset]
        if encoding is PositionEncoding.UTF8:
            return line, len(head)
        text = head.decode("utf-8")
        return line, len(text) if encoding is PositionEncoding.UTF32 else len(text.encode("utf-16-le")) // 2

    def offset(self, line: int, column: int, encoding: PositionEncoding = PositionEncoding.UTF16) -> int:
        """The byte offset of a position.

        A column past the line's end is its end, a line past the text its end (LSP 3.18); one inside a character is its start.
        """
        if line < 0:
            return 0
        if line >= len(self.line_starts):
            return len(self.data)
        start = self.line_starts[line]
        row = self.line_bytes(line)
        column = max(0, column)
        if encoding is PositionEncoding.UTF8 or row.isascii():
            at = min(column, len(row))
            while 0 < at < len(row) and row[at] & 0xC0 == 0x80:
                at -= 1
            return start + at
        text = row.decode("utf-8")
        if encoding is PositionEncoding.UTF32:
            return start + len(text[:column].encode("utf-8"))
        # Half a surrogate pair at the end is dropped.
        return start + len(text.encode("utf-16-le")[: 2 * column].decode("utf-16-le", "ignore").encode("utf-8"))

    def replace(self, start: int, end: int, new: bytes) -> SourceText:
        """The text with [start, end) replaced; only the lines around the edit are scanned again.

        `start` and `end` stand between characters, as `offset` gives them, and `new` is UTF-8 (see `encode`).
        """
        data = self.data[:start] + new + self.data[end:]
        # A line end may be joined or torn at either seam (CR|LF). A line that starts before `start` does so whatever follows, one
        # that starts after `end` whatever stood before; what starts between is decided by the byte before and the one after.
        new_end = start + len(new)
        shift = new_end - end
        starts = self.line_starts
        before = max(0, start - 1)
        lines = list(starts[: bisect_right(starts, before)])
        lines.extend(match.end() for match in _LINE_END.finditer(data, before, new_end + 1) if match.end() <= new_end)
        lines.extend(line + shift for line in starts[bisect_right(starts, end) :])
        return SourceText(data, lines, self.had_bom, self.encoding)


def encode(text: str) -> bytes:
    """The UTF-8 of a text that a client sent; lone surrogates become U+FFFD."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode("utf-8")


def line_table(data: bytes) -> list[int]:
    """The byte offsets at which lines start."""
    return [0, *(m.end() for m in _LINE_END.finditer(data))]


def apply_edits(text: SourceText, edits: Iterable[TextEdit]) -> SourceText:
    """The text after non-overlapping edits, all given in offsets of `text`; insertions at one place keep their order.

    Raises ValueError where two overlap, or one is not inside the text.
    """
    pieces: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if edit.start < at:
            raise ValueError(f"overlapping edits at byte {edit.start}")
        if not edit.start <= edit.end <= len(text.data):
            raise ValueError(f"no such bytes: {edit.start} to {edit.end} of {len(text.data)}")
        pieces += (text.data[at : edit.start], encode(edit.new))
        at = edit.end
    pieces.append(text.data[at:])
    return SourceText(b"".join(pieces), None, text.had_bom, text.encoding)
