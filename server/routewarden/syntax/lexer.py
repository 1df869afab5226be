"""Where the comments, literals, directives and inactive sections of a C# text are: everything that is not plain code.

Invariant: spans are in order and disjoint, and between them `data` is code, token for token as the C# compiler's lexer would see
it (https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/lexical-structure). One left-to-right
pass; every pattern is possessive or fixed in length and nesting is kept on an explicit stack, so time is linear in the text
whatever it holds. Deliberately absent: tokens of the code itself, which tree-sitter and plain patterns over `code_of` read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from routewarden.syntax.conditions import holds


class Kind(Enum):
    """What a span holds."""

    COMMENT = 1
    LITERAL = 2  # what stands between the quotes of a string or character
    TEXT = 3  # the text of an interpolated string, between its quotes and holes
    FORMAT = 4  # `:N2` of a hole, with the colon
    HIDDEN = 5  # a directive, or a section that its conditions exclude
    LINE_END = 6  # U+0085, U+2028 or U+2029 in code: a line end to the compiler, though to no editor
    OPEN = 7  # a comment or an inactive section that takes the rest of the text because nothing ends it


class Span(NamedTuple):
    """The bytes [start, end)."""

    start: int
    end: int
    kind: Kind


# The compiler also ends a line at U+0085, U+2028 and U+2029 (C# lexical structure, "line terminators").
_LINE = rb"[^\r\n\xc2\xe2]*+(?:(?:\xc2(?!\x85)|\xe2(?!\x80[\xa8\xa9]))[^\r\n\xc2\xe2]*+)*+"
# Each alternative starts with a literal byte, outside any group: so re skips to the next such byte without trying them in turn,
# ten times faster. The first byte tells which one matched.
_TOKEN = (
    rb"//" + _LINE + rb"|/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?"
    rb"|@\"[^\"]*+(?:\"\"[^\"]*+)*+\"?"  # verbatim string
    rb"|\"\"\"\"*+"  # the opening quotes of a raw string
    rb"|\"(?:[^\"\\\r\n]++|\\[^\r\n])*+\"?"
    rb"|'(?:\\[^\r\n][^'\\\r\n]{0,8}|[^'\\\r\n]{1,4})'"
    rb"|\$\$*+@?\"|@\$\$*+\""  # interpolated string, up to its first quote
    rb"|#"
    rb"|\xc2\x85|\xe2\x80[\xa8\xa9]"
)
_NEXT = re.compile(_TOKEN)
_NEXT_IN_HOLE = re.compile(_TOKEN + rb"|\(|\)|\[|\]|\{|\}|:")
_DIRECTIVE = re.compile(rb"#[ \t]*+([A-Za-z]*+)(" + _LINE + rb")")
_CONDITIONAL = re.compile(rb"#[ \t]*+(if|elif|else|endif)\b")
_BLANKS_BEFORE = re.compile(rb"(?:\r|\n|\xc2\x85|\xe2\x80[\xa8\xa9]|\A)(?:[ \t\x0b\x0c\x1a]|\xc2\xa0|\xef\xbb\xbf)*+\Z")
_REGULAR_TEXT = re.compile(rb"(?:[^\"\\{}\r\n]++|\\[^\r\n]|\{\{|\}\})*+")
_VERBATIM_TEXT = re.compile(rb"(?:[^\"{}]++|\"\"|\{\{|\}\})*+")
_RAW_TEXT = re.compile(rb"[^\"{]*+")
_FORMAT_TEXT = re.compile(rb":[^}\"\r\n]*+")
_BRACES_AND_QUOTES = re.compile(rb"[{}]++|\"\"++")
_QUOTES = re.compile(rb"\"*+")
_OPEN_BRACES = re.compile(rb"\{*+")

_QUOTE, _HASH, _DOLLAR, _APOSTROPHE, _STAR, _SLASH, _COLON, _AT, _CLOSE_BRACE = b"\"#$'*/:@}"
_SPACES = bytes(c if c in b"\r\n" else 0x20 for c in range(256))
_FILL = bytes(c if c in b"\r\n" else 0x01 for c in range(256))


class _Interpolated:
    """An interpolated string that is open while its holes are read."""

    __slots__ = ("depth", "dollars", "quotes", "text")

    def __init__(self, text: re.Pattern[bytes], quotes: int, dollars: int) -> None:
        self.text = text
        self.quotes = quotes
        self.dollars = dollars
        self.depth = 0  # brackets that are open inside the current hole


def lex(data: bytes, symbols: frozenset[str]) -> list[Span]:
    """The spans of `data` that are not code, its conditional sections decided by `symbols`."""
    spans: list[Span] = []
    open_strings: list[_Interpolated] = []
    conditions = _Conditions(symbols)
    at = 0
    while True:
        match = (_NEXT_IN_HOLE if open_strings else _NEXT).search(data, at)
        if match is None:
            return spans
        start, at = match.span()
        first = data[start]
        if first == _SLASH:
            open_ended = data[start + 1] == _STAR and (at - start < 4 or not data.endswith(b"*/", start, at))
            spans.append(Span(start, at, Kind.OPEN if open_ended else Kind.COMMENT))
        elif first == _QUOTE and data.startswith(b'"""', start):
            end = _raw_end(data, at, at - start)
            spans.append(Span(at, max(at, end - (at - start)), Kind.LITERAL))
            at = end
        elif first in (_QUOTE, _APOSTROPHE):
            spans.append(Span(start + 1, _before_quote(data, start + 1, at), Kind.LITERAL))
        elif first == _AT and data[start + 1] == _QUOTE:
            spans.append(Span(start + 2, _before_quote(data, start + 2, at), Kind.LITERAL))
        elif first in (_AT, _DOLLAR):
            string, at = _open(data, start, at)
            open_strings.append(string)
            at = _read_text(data, at, open_strings, spans)
        elif first == _HASH:
            if not open_strings and _starts_line(data, start):
                at = conditions.read(data, start, spans)
        elif first >= 0x80:
            spans.append(Span(start, at, Kind.LINE_END))
        else:
            at = _read_sign(data, start, first, open_strings, spans)


def mask(data: bytes, spans: Iterable[Span]) -> bytes:
    """`data` as the grammar reads it rightly; same length, same CR and LF.

    What is hidden becomes blank, the compiler's own line ends LF. The text of interpolated strings loses braces and doubled
    quotes: the grammar takes the hole of `$"{{{x}}}"` for text, and that of `$@"a ""{x}"" b"` for the end of the string.
    """
    parts: list[bytes] = []
    at = 0
    for start, end, kind in spans:
        if kind is Kind.HIDDEN or kind is Kind.OPEN:
            new = data[start:end].translate(_SPACES)
        elif kind is Kind.LINE_END:
            new = b"\n".ljust(end - start)
        elif kind is Kind.TEXT:
            new = _BRACES_AND_QUOTES.sub(lambda match: b"_" * len(match[0]), data[start:end])
        else:
            continue
        parts += (data[at:start], new)
        at = end
    return b"".join((*parts, data[at:])) if parts else data


def code_of(data: bytes, spans: Iterable[Span]) -> bytes:
    """`data` with only its code left: what literals hold becomes \\x01, every other span blank; same length."""
    parts: list[bytes] = []
    at = 0
    for start, end, kind in spans:
        fill = _FILL if kind is Kind.LITERAL or kind is Kind.TEXT or kind is Kind.FORMAT else _SPACES
        parts += (data[at:start], data[start:end].translate(fill))
        at = end
    parts.append(data[at:])
    return b"".join(parts)


def _read_sign(data: bytes, start: int, sign: int, open_strings: list[_Interpolated], spans: list[Span]) -> int:
    """Read a bracket or colon in a hole; gives the offset to go on from."""
    string = open_strings[-1]
    if sign in b"([{":
        string.depth += 1
    elif sign == _COLON:
        if not string.depth:
            end = _end(_FORMAT_TEXT, data, start)
            spans.append(Span(start, end, Kind.FORMAT))
            return end
    elif string.depth:
        string.depth -= 1
    elif sign == _CLOSE_BRACE:
        return _read_text(data, _hole_end(data, start, string), open_strings, spans)
    return start + 1


def _starts_line(data: bytes, at: int) -> bool:
    """Whether only blanks stand before `at` on its line."""
    step = at
    while step and data[step - 1] in b" \t":
        step -= 1
    if not step or data[step - 1] in b"\r\n":
        return True
    # Odd blanks and line ends are rare; the compiler knows them all the same.
    return _BLANKS_BEFORE.search(data, max(0, step - 64), at) is not None


def _before_quote(data: bytes, start: int, end: int) -> int:
    """`end` without the closing quote, if there is one."""
    return end - 1 if end > start and data[end - 1] in b"\"'" else end


def _raw_end(data: bytes, at: int, quotes: int) -> int:
    """The end of a raw string whose content starts at `at`: after the first run of as many quotes, or the end of the text."""
    while (at := data.find(b'"', at)) >= 0:
        end = at
        while data[end : end + 1] == b'"':
            end += 1
        if end - at >= quotes:
            return end
        at = end
    return len(data)


def _open(data: bytes, start: int, at: int) -> tuple[_Interpolated, int]:
    """The interpolated string whose `$"` is [start, at), and where its text starts."""
    prefix = data[start:at]
    dollars = prefix.count(b"$")
    if b"@" in prefix:
        return _Interpolated(_VERBATIM_TEXT, 1, 1), at
    end = _end(_QUOTES, data, at)
    if end - at >= 2:
        return _Interpolated(_RAW_TEXT, end - at + 1, dollars), end
    return _Interpolated(_REGULAR_TEXT, 1, 1), at


def _read_text(data: bytes, at: int, open_strings: list[_Interpolated], spans: list[Span]) -> int:
    """Read the text of the innermost string up to its next hole or its end; gives the offset to go on from."""
    string = open_strings[-1]
    start = at
    while True:
        at = _end(string.text, data, at)
        if string.text is _RAW_TEXT:
            quotes = _end(_QUOTES, data, at)
            braces = _end(_OPEN_BRACES, data, at)
            if quotes - at >= string.quotes:
                spans.append(Span(start, quotes - string.quotes, Kind.TEXT))
                open_strings.pop()
                return quotes
            if braces - at >= string.dollars:
                spans.append(Span(start, braces - string.dollars, Kind.TEXT))
                return braces
            at = max(quotes, braces)
            if at < len(data):
                continue
        elif data[at : at + 1] == b"{":
            spans.append(Span(start, at, Kind.TEXT))
            return at + 1
        elif data[at : at + 1] == b"}":
            at += 1
            continue
        spans.append(Span(start, at, Kind.TEXT))
        open_strings.pop()
        return at + 1 if data[at : at + 1] == b'"' else at


def _hole_end(data: bytes, at: int, string: _Interpolated) -> int:
    """The end of the braces that close a hole at `at`."""
    end = at + 1
    while end - at < string.dollars and data[end : end + 1] == b"}":
        end += 1
    return end


def _end(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    """The end of a pattern that matches everywhere, if only nothing."""
    match = pattern.match(data, at)
    return match.end() if match else at


def _next_branch(data: bytes, at: int) -> int:
    """The `#elif`, `#else` or `#endif` that ends the inactive section at `at`, or the end of the text.

    The compiler reads nothing but directives there: quotes and comment signs mean nothing.
    """
    depth = 0
    for match in _CONDITIONAL.finditer(data, at):
        if not _starts_line(data, match.start()):
            continue
        if match[1] == b"if":
            depth += 1
        elif not depth:
            return match.start()
        elif match[1] == b"endif":
            depth -= 1
    return len(data)


class _Conditions:
    """The `#if` sections around the current place, and the symbols that are defined there."""

    __slots__ = ("sections", "symbols")

    def __init__(self, symbols: frozenset[str]) -> None:
        self.symbols = symbols
        self.sections: list[tuple[bool, bool]] = []  # (whether a branch was taken, whether this branch is active)

    def read(self, data: bytes, at: int, spans: list[Span]) -> int:
        """Read the directive at `at` and any inactive section after it; gives the offset to go on from."""
        start = at
        kind = Kind.HIDDEN
        while True:
            match = _DIRECTIVE.match(data, at)
            assert match is not None  # there is a `#` at `at`
            at = match.end()
            self._apply(match[1], match[2])
            if not self.sections or self.sections[-1][1]:
                break
            at = _next_branch(data, at)
            if at == len(data):
                kind = Kind.OPEN
                break
        spans.append(Span(start, at, kind))
        return at

    def _apply(self, name: bytes, rest: bytes) -> None:
        if name == b"if":
            active = holds(rest, self.symbols)
            self.sections.append((active, active))
        elif name == b"elif" and self.sections:
            taken = self.sections[-1][0]
            active = not taken and holds(rest, self.symbols)
            self.sections[-1] = (taken or active, active)
        elif name == b"else" and self.sections:
            self.sections[-1] = (True, not self.sections[-1][0])
        elif name == b"endif" and self.sections:
            self.sections.pop()
        elif name in (b"define", b"undef"):
            words = rest.split(b"//")[0].decode("utf-8", "replace").split()
            self.symbols = self.symbols | set(words[:1]) if name == b"define" else self.symbols - set(words[:1])
