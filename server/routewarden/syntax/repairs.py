"""Legal C# that tree-sitter-c-sharp 0.23.5 cannot read, rewritten into C# of the same length that it can.

Applied only to a text whose tree has errors, and kept only where they become fewer. Each repair changes as little as it can: it
renames a word, blanks one, or fills the text of a literal, so that every node stays where the compiler has it, and names and
literals are read from the text itself. What a repair sees is `code`: comments are blank in it and literals filled, so no pattern
matches inside either. Every pattern is linear, and brackets are paired once. Deliberately absent: repairs of what is no C#; it
stays an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from routewarden.syntax.lexer import Kind, Span

_Rewrite = Callable[["re.Match[bytes]"], bytes]


def repair(masked: bytes, code: bytes, spans: Iterable[Span]) -> bytes:
    """`masked` with every repair applied that has something to do; same length, same line ends."""
    out = bytearray(masked)
    for pattern, rewrite in _REWRITES:
        for match in pattern.finditer(code):
            out[match.start() : match.end()] = rewrite(match)
    if b"\x1a" in code or not code.isascii():
        for match in _ODD_SPACE.finditer(code):
            out[match.start() : match.end()] = _blank(match[0])
    closing, words = _structure(code)
    _async_calls(code, closing, out)
    _null_conditional_assignments(code, closing, out)
    _lambda_modifiers(code, closing, words, out)
    _list_patterns(code, closing, words, out)
    _formats(masked, spans, out)
    return bytes(out)


def _blank(found: bytes) -> bytes:
    return re.sub(rb"[^\r\n]", b" ", found)


def _rename(match: re.Match[bytes]) -> bytes:
    """The matched word, no longer a keyword."""
    return match[0][:-1] + b"_"


def _ref_last(match: re.Match[bytes]) -> bytes:
    return match[2] + b"ref" + match[1]


# What shows that the word before it is used as a name: no modifier stands before any of these.
_AFTER_NAME = rb"(?=\s*+(?:[)\]},;=.?:&|!+\-*/%^<>]|(?:is|as|in|switch|with|and|or)\b))"


def _word(word: bytes) -> bytes:
    """The word as a pattern that starts with a literal, which re finds ten times faster than one that starts with `\\b`."""
    return word + rb"(?<![\w@]" + word + rb")"


_REWRITES: tuple[tuple[re.Pattern[bytes], _Rewrite], ...] = (
    # `if (async)`, `required.Add(x)`, `partial = true`
    *((re.compile(_word(word) + _AFTER_NAME), _rename) for word in (b"async", b"required", b"partial")),
    # `[type]`, `xs[field.Id]`; an attribute target has a colon.
    (re.compile(rb"\[(?:type|method|field|property|param|typevar)\b(?!\s*+:(?!:))"), _rename),
    # `ref partial struct` -> `partial ref struct`
    (re.compile(_word(b"ref") + rb"(\s++)((?:(?:partial|readonly|unsafe)\s++)+)(?=struct\b)"), _ref_last),
    (re.compile(_word(b"allows") + rb"\s++ref\s++struct\b"), lambda match: b"notnull" + _blank(match[0][7:])),
    # A user-defined compound assignment, `operator +=(`, as the operator.
    (
        re.compile(_word(b"operator") + rb"\s*+(?:checked\s++)?(?:[-+*/%&|^]|<<|>>>?)=(?=\s*+\()"),
        lambda match: match[0][:-1] + b" ",
    ),
    # `$""`
    (re.compile(rb"\$(?<![@$]\$)(?=\"\"(?!\"))"), lambda _: b" "),
)

_ODD_SPACE = re.compile(rb"\x1a|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xaf]|\xe2\x81\x9f")  # blanks to the compiler
_STRUCTURE = re.compile(
    rb"\(|\)|\[|\]|\{|\}|\.\.|out\b(?<!\wout)|in\b(?<!\win)|ref\b(?<!\wref)|scoped\b(?<!\wscoped)|readonly\b(?<!\wreadonly)"
)
_PAIRS = {b")": b"(", b"]": b"[", b"}": b"{"}

_Words = list[tuple[int, int, int]]  # (start, end, the bracket around it or -1)


def _structure(code: bytes) -> tuple[dict[int, int], _Words]:
    """Opening bracket -> closing bracket, and every `..` and parameter modifier with the bracket that it stands in."""
    closing: dict[int, int] = {}
    words: _Words = []
    stack: list[int] = []
    for match in _STRUCTURE.finditer(code):
        found = match[0]
        at = match.start()
        if found in b"([{":
            stack.append(at)
        elif found in _PAIRS:
            if stack and code[stack[-1] : stack[-1] + 1] == _PAIRS[found]:
                closing[stack.pop()] = at
        else:
            words.append((at, match.end(), stack[-1] if stack else -1))
    return closing, words


_ASYNC_CALL = re.compile(rb"async(?<![\w@.]async)(?=\s*+\()")
_ENDS_EXPRESSION = re.compile(rb"\s*+[;,).\]}]")


def _async_calls(code: bytes, closing: dict[int, int], out: bytearray) -> None:
    """`async(x);` calls a method of that name; a lambda goes on with `=>`, a method that returns a tuple with its name."""
    for match in _ASYNC_CALL.finditer(code):
        end = closing.get(code.index(b"(", match.end()))
        if end is not None and _ENDS_EXPRESSION.match(code, end + 1):
            out[match.end() - 1] = 0x5F


_CONDITIONAL_ACCESS = re.compile(rb"\?(?=\s*+(?:\.\s*+[^\W\d]|\[))")
_ACCESS = re.compile(rb"\s*+(?:\.\s*+@?[\w\x80-\xff]++|!(?!=))")
_TYPE_ARGUMENTS = re.compile(rb"\s*+<[\w\s.,<>\[\]\x80-\xff]++(?=\()")
_OPENING = re.compile(rb"\s*+[(\[]")
_NEXT_ACCESS = re.compile(rb"\s*+\?(?=\s*+(?:\.\s*+[^\W\d]|\[))")
_ASSIGNS = re.compile(rb"\s*+(?:=(?![=>])|[-+*/%&|^]=|<<=|>>>?=|\?\?=)")


def _null_conditional_assignments(code: bytes, closing: dict[int, int], out: bytearray) -> None:
    """C# 14's `a?.b = c`, `a?.E -= h` and `a?[i] = c`: the question marks are blanked."""
    assigned: dict[int, bool] = {}
    for match in reversed(list(_CONDITIONAL_ACCESS.finditer(code))):
        at = match.end()
        while True:
            if (step := _ACCESS.match(code, at)) or (step := _TYPE_ARGUMENTS.match(code, at)):
                at = step.end()
            elif (step := _OPENING.match(code, at)) and step.end() - 1 in closing:
                at = closing[step.end() - 1] + 1
            elif step := _NEXT_ACCESS.match(code, at):
                assigned[match.start()] = assigned[step.end() - 1]  # the same chain, so read already
                break
            else:
                assigned[match.start()] = _ASSIGNS.match(code, at) is not None
                break
        if assigned[match.start()]:
            out[match.start()] = 0x20


_ARROW = re.compile(rb"\s*+=>")
_UNTYPED_NAME = re.compile(rb"(?:\s++(?:out|in|ref|scoped|readonly)\b)*+\s++@?[\w\x80-\xff]++\s*+[,)]")
_BEFORE_LAMBDA = re.compile(rb"(?:[=(,:?{\[|&;]|=>|\b(?:return|async|static))\s*+\Z")


def _lambda_modifiers(code: bytes, closing: dict[int, int], words: _Words, out: bytearray) -> None:
    """C# 14's `(text, out result) =>` loses its modifiers; `(out int x) =>` its first, which reads as an argument."""
    for start, end, around in words:
        close = closing.get(around)
        if close is None or code[around] != 0x28 or code[start] == 0x2E or _ARROW.match(code, close + 1) is None:
            continue
        untyped = _UNTYPED_NAME.match(code, end)
        if untyped or (not code[around + 1 : start].strip() and _BEFORE_LAMBDA.search(code, max(0, around - 64), around)):
            out[start:end] = b" " * (end - start)


_BEFORE_PATTERN = re.compile(rb"\b(?:is|case|not|and|or)\s*+\Z")
_BEFORE_ARM = re.compile(rb"[{,]\s*+\Z")
_AFTER_ARM = re.compile(rb"\s*+(?:(?!when\b)\w++\s*+)?(?:=>|when\b)")
_SLICE_ALONE = re.compile(rb"\s*+[,\]]")
_CLOSED_BEFORE_WHEN = re.compile(rb"\](?=\s*+when\b)")


def _list_patterns(code: bytes, closing: dict[int, int], words: _Words, out: bytearray) -> None:
    """`[.., var last]` and `[1, .. var rest]`: a slice becomes a discard, or the pattern that stands behind its dots.

    `[1, var x] when` gets parentheses: the grammar would take `when` for the name of the list.
    """
    is_pattern: dict[int, bool] = {}

    def starts_pattern(at: int) -> bool:
        if at not in is_pattern:
            nearby = max(0, at - 64)
            is_pattern[at] = bool(
                _BEFORE_PATTERN.search(code, nearby, at)
                or (_BEFORE_ARM.search(code, nearby, at) and _AFTER_ARM.match(code, closing[at] + 1))
            )
        return is_pattern[at]

    for start, end, around in words:
        if code[start] == 0x2E and around in closing and code[around] == 0x5B and starts_pattern(around):
            out[start:end] = b"_ " if _SLICE_ALONE.match(code, end) else b"  "
    before_when = {match.start() for match in _CLOSED_BEFORE_WHEN.finditer(code)}
    for start, end in closing.items() if before_when else ():
        if end in before_when and starts_pattern(start):
            out[start] = 0x28
            out[end] = 0x29


def _formats(masked: bytes, spans: Iterable[Span], out: bytearray) -> None:
    """`$"{date::MM/dd}"` is the format `:MM/dd`; the grammar sees one sign."""
    for start, _, kind in spans:
        if kind is Kind.FORMAT and masked.startswith(b"::", start):
            out[start + 1] = 0x5F
