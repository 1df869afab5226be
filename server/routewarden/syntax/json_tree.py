"""JSON as .NET's configuration reads it: with comments and trailing commas, each key and value with its place.

Invariant: one pass over the text, in time linear in its length, whatever it holds. Strings are decoded by the standard library's
scanner, which gives the end of each; a parser that gives places and takes comments and broken texts would cost more (CONTRIBUTING.md has
the table). After an error, reading goes on behind what is wrong: the document is being typed.
https://learn.microsoft.com/dotnet/core/extensions/configuration-providers#json-configuration-provider (JsonCommentHandling.Skip,
AllowTrailingCommas: dotnet/runtime, JsonConfigurationFileParser.cs)
"""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder

from routewarden.syntax.data_tree import MAX_DEPTH, MAX_NODES, TOO_DEEP, TOO_MANY, Builder, DataTree, Offsets, error_at
from routewarden.text.source import SourceText

_SPACE = re.compile(r"(?:[ \t\r\n]++|//[^\r\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+")
_WORD = re.compile(r"[^\s\[\]{},:\"]++")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_BROKEN_STRING = re.compile(r'"(?:[^"\\\r\n]|\\[^\r\n])*+"?')
_STRING = JSONDecoder()
_CLOSES = {"}": "object", "]": "array"}
_ENDS = {"object": "}", "array": "]"}
_WORDS = {"true": "bool", "false": "bool", "null": "null"}


def parse_json(text: SourceText) -> DataTree:
    """The tree of a text. Never raises."""
    reader = _Reader(str(text))
    reader.read()
    error = error_at(text, reader.offsets.byte(reader.error[0]), reader.error[1]) if reader.error is not None else ""
    return DataTree(text, reader.builder.root, error)


class _Reader:
    """State of one pass. `expects`: "key" ":" "value" "," or "end"."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offsets = Offsets(text)
        self.builder = Builder(self.offsets)
        self.error: tuple[int, str] | None = None
        self.expects = "value"

    def read(self) -> None:
        text, builder = self.text, self.builder
        at = 0
        while True:
            at += len(_matched(_SPACE, text, at))
            if at >= len(text):
                break
            if builder.nodes > MAX_NODES:
                self._wrong(at, TOO_MANY)
                break
            char = text[at]
            if char in "{[":
                if builder.depth >= MAX_DEPTH:
                    self._wrong(at, TOO_DEEP)
                    break
                self._value(at)
                builder.open("object" if char == "{" else "array", at)
                self.expects = "key" if char == "{" else "value"
                at += 1
            elif char == '"':
                at = self._string(at)
            elif char in "}]":
                self._close(at, _CLOSES[char])
                at += 1
            elif char in ",:":
                self._separator(at, char)
                at += 1
            else:
                at = self._word(at)
        if builder.depth:
            self._wrong(len(text), f"the text ends before '{_ENDS[builder.inside]}'")
        elif builder.root is None:
            self._wrong(len(text), "no value")
        while builder.depth:
            builder.close(len(text))

    def _wrong(self, at: int, what: str) -> None:
        if self.error is None:
            self.error = at, what

    def _value(self, at: int) -> None:
        """Whether a value may stand here; what comes after it is expected from now on."""
        if self.expects == "end":
            self._wrong(at, "more than one value")
        elif self.expects == "key":
            self._wrong(at, "expected a key in quotes")
        elif self.expects != "value":
            self._wrong(at, f"expected '{self.expects}'")

    def _done(self) -> None:
        self.expects = "," if self.builder.depth else "end"

    def _string(self, at: int) -> int:
        value: str
        end: int
        try:
            value, end = _STRING.raw_decode(self.text, at)
        except JSONDecodeError as problem:
            end = at + len(_matched(_BROKEN_STRING, self.text, at))
            value = self.text[at + 1 : end].removesuffix('"')
            self._wrong(problem.pos, f"{problem.msg[0].lower()}{problem.msg[1:].removesuffix(' at').removesuffix(' starting')}")
        builder = self.builder
        if builder.inside == "object" and not builder.has_key:
            if self.expects == ",":
                self._wrong(at, "expected ','")
            builder.key(value, at, end)
            self.expects = ":"
            return end
        self._value(at)
        builder.scalar("string", value, at, end)
        self._done()
        return end

    def _word(self, at: int) -> int:
        found = _WORD.match(self.text, at)
        if found is None:  # white space that JSON has not
            self._wrong(at, f"unexpected character U+{ord(self.text[at]):04X}")
            return at + 1
        word = found[0]
        kind = _WORDS.get(word) or ("number" if _NUMBER.fullmatch(word) else "")
        if not kind:
            self._wrong(at, "unexpected text")
        self._value(at)
        if kind and (self.builder.inside != "object" or self.builder.has_key):
            self.builder.scalar(kind, None if kind == "null" else word, at, found.end())
            self._done()
        return found.end()

    def _separator(self, at: int, char: str) -> None:
        builder = self.builder
        if char != self.expects or not builder.depth:
            self._wrong(at, f"unexpected '{char}'")
        if char == ":":
            if builder.has_key:
                self.expects = "value"
            return
        if builder.has_key:
            builder.scalar("null", None, at, at)
        if builder.depth:
            self.expects = "key" if builder.inside == "object" else "value"

    def _close(self, at: int, kind: str) -> None:
        builder = self.builder
        if not builder.holds(kind):
            self._wrong(at, f"unexpected '{_ENDS[kind]}'")
            return
        if builder.inside != kind:
            self._wrong(at, f"expected '{_ENDS[builder.inside]}'")
        elif builder.has_key:
            self._wrong(at, "expected a value")
        while builder.inside != kind:
            builder.close(at)
        builder.close(at + 1)
        self._done()


def _matched(pattern: re.Pattern[str], text: str, at: int) -> str:
    found = pattern.match(text, at)
    return found[0] if found is not None else ""
