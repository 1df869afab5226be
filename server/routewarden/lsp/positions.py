"""Positions of the protocol and byte offsets, in the encoding that client and server agreed on.

Invariant: every position that a client can send gives an offset inside the text and never inside a character; ranges that are
out of bounds are clamped and reversed ones turned round. The arithmetic is `SourceText`'s; pygls' own position helpers split
all lines on each call and at characters that end no line.
https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#position
"""

from lsprotocol import types

from routewarden.text.source import PositionEncoding, SourceText


def negotiated(encoding: str | None) -> PositionEncoding:
    """The encoding that the `initialize` answer names; UTF-16 where it names none."""
    return PositionEncoding(encoding) if encoding else PositionEncoding.UTF16


def to_offset(text: SourceText, position: types.Position, encoding: PositionEncoding) -> int:
    return text.offset(position.line, position.character, encoding)


def to_offsets(text: SourceText, span: types.Range, encoding: PositionEncoding) -> tuple[int, int]:
    """The bytes [start, end) of a client's range."""
    start, end = to_offset(text, span.start, encoding), to_offset(text, span.end, encoding)
    return (start, end) if start <= end else (end, start)


def to_range(text: SourceText, start: int, end: int, encoding: PositionEncoding) -> types.Range:
    start_line, start_column = text.position(start, encoding)
    end_line, end_column = text.position(end, encoding)
    return types.Range(types.Position(start_line, start_column), types.Position(end_line, end_column))
