"""C# 14 extension blocks, which the grammar reads as a constructor whose members are local functions.

https://learn.microsoft.com/dotnet/csharp/language-reference/proposals/csharp-14.0/extensions
The header `extension<T>(IFoo<T> x) where T : C` becomes `class ion<T>(IFoo<T> x) where T : C`, so that the members of the
block are members and a named receiver is the class's primary-constructor parameter, in scope where C# has it in scope. A
receiver without a name is blanked. As for the compiler, a block is what stands at member position of a static class;
`extension(` anywhere else is left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MENTION = re.compile(rb"extension\s*+[(<]")
_STRUCTURE = re.compile(rb"\{|\}|;|extension(?=\s*+[(<])")
_WORDS = re.compile(rb"\w++(?:\s++\w++)*+")
_ENDS_LIKE_START_OF_MEMBER = re.compile(rb"(?:\A|\])\s*\Z")
_TYPE_PARAMETERS = re.compile(rb"\s*+<([^<>(){};]*+)>")
_OPEN_PAREN = re.compile(rb"\s*+\(")
_PAREN_OR_END = re.compile(rb"[(){};]")
_BODY = re.compile(rb"\s*+(?:where\b[^{};]*+)?\{")
_PARAMETER_MODIFIERS = re.compile(r"(?:(?:this|scoped|ref|in|out|readonly|params)\b\s*)+")
_LAST_WORD = re.compile(r"@?\w+\Z")
_BRACKETED = re.compile(r"\[[^\[\]]*\]")

_HEADER = b"class ion"  # as long as `extension`, and its name is what the text says there


@dataclass(frozen=True, slots=True)
class ExtensionReceiver:
    """The receiver of an extension block; `name` is empty for `extension(IFoo)`, whose members are all static."""

    type_text: str
    name: str
    type_parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExtensionBlock:
    """`keyword` is where the word `extension` starts; [parameters_start, parameters_end) is the receiver with its parentheses."""

    keyword: int
    parameters_start: int
    parameters_end: int
    receiver: ExtensionReceiver


def mentions_extension(data: bytes) -> bool:
    """Whether the text may hold an extension block; false for nearly every file, at next to no cost."""
    at = data.find(b"extension")
    while at >= 0 and _MENTION.match(data, at) is None:
        at = data.find(b"extension", at + 1)
    return at >= 0


def extension_blocks(code: bytes) -> list[ExtensionBlock]:
    """The extension blocks of a text of which only the code is left (`lexer.code_of`), in order."""
    blocks: list[ExtensionBlock] = []
    in_static_class: list[bool] = []  # of each open brace
    segment = 0  # where the current declaration or statement starts
    tried = -1  # the segment in which `extension` was last looked at: it can start only one block
    for match in _STRUCTURE.finditer(code):
        at = match.start()
        sign = code[at]
        if sign == 0x7B:
            in_static_class.append(_declares_static_class(code, segment, at))
        elif sign == 0x7D and in_static_class:
            in_static_class.pop()
        elif sign == 0x65:
            if tried != segment and in_static_class and in_static_class[-1] and not _is_part_of_word(code, at):
                tried = segment
                if _ENDS_LIKE_START_OF_MEMBER.search(code[segment:at]) and (block := _read_block(code, at)):
                    blocks.append(block)
            continue
        segment = at + 1
    return blocks


def rewrite(masked: bytes, blocks: list[ExtensionBlock]) -> bytes:
    """`masked` with the headers of the blocks written as headers of classes; same length."""
    if not blocks:
        return masked
    out = bytearray(masked)
    for block in blocks:
        out[block.keyword : block.keyword + len(_HEADER)] = _HEADER
        if not block.receiver.name:
            for at in range(block.parameters_start, block.parameters_end):
                if out[at] not in b"\r\n":
                    out[at] = 0x20
    return bytes(out)


def _declares_static_class(code: bytes, start: int, end: int) -> bool:
    """Whether the text before a brace is `... static partial class Name ...`; `static void F<T>() where T : class` is not."""
    if code.find(b"class", start, end) < 0:
        return False
    for match in _WORDS.finditer(code, start, end):
        words = match[0].split()
        if b"class" in words:
            return b"static" in words[: words.index(b"class")]
    return False


def _is_part_of_word(code: bytes, at: int) -> bool:
    return at > 0 and (code[at - 1] in b"_@." or code[at - 1] >= 0x80 or code[at - 1 : at].isalnum())


def _read_block(code: bytes, keyword: int) -> ExtensionBlock | None:
    at = keyword + len(_HEADER)
    type_parameters: tuple[str, ...] = ()
    if generic := _TYPE_PARAMETERS.match(code, at):
        at = generic.end()
        names = _BRACKETED.sub(" ", generic[1].decode("utf-8", "replace")).split(",")
        type_parameters = tuple(words[-1] for name in names if (words := name.split()))
    opening = _OPEN_PAREN.match(code, at)
    if opening is None:
        return None
    depth = 0
    for paren in _PAREN_OR_END.finditer(code, opening.end() - 1):
        sign = paren[0]
        if sign == b"(":
            depth += 1
        elif sign != b")":
            return None
        else:
            depth -= 1
            if not depth:
                if _BODY.match(code, paren.end()) is None:
                    return None
                type_text, name = _receiver(code[opening.end() : paren.start()].decode("utf-8", "replace"))
                receiver = ExtensionReceiver(type_text, name, type_parameters)
                return ExtensionBlock(keyword, opening.end() - 1, paren.end(), receiver)
    return None


def _receiver(parameter: str) -> tuple[str, str]:
    """(type, name) of `[NotNull] ref readonly List<int> xs`, of which attributes and modifiers are left out."""
    text = " ".join(parameter.split())
    while text.startswith("["):
        depth = 0
        for at, char in enumerate(text):
            depth += (char == "[") - (char == "]")
            if not depth:
                text = text[at + 1 :].lstrip()
                break
        else:
            return text, ""
    if modifiers := _PARAMETER_MODIFIERS.match(text):
        text = text[modifiers.end() :]
    if word := _LAST_WORD.search(text):
        before = text[: word.start()].rstrip()
        if before and before[-1] not in ".:,(<[":
            return before, word[0]
    return text, ""
