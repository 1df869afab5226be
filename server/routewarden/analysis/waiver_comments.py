"""Waivers in code: `// routewarden: allow AP107 reason="..." owner="..." until=2027-03-31`, on the line of a finding or above it.

Invariant: only a comment of the language waives; the same words in a string do not. What such a comment lacks or gets wrong is kept as
its `problem`, for it must not be ignored in silence. Deliberately absent: which findings a comment covers (`analysis.waivers`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from routewarden.analysis.finding import Waiver
from routewarden.facts.sites import Span
from routewarden.syntax.tree import SyntaxTree
from routewarden.text.source import SourceText

MARK = b"routewarden:"
PART = "comment:"  # of a site: "comment:2" is the third waiver of the file
_ALLOW = re.compile(rb"routewarden:[ \t]*allow\b([^\r\n]{0,2000})")
_COMMENT_START = re.compile(rb"(//|/\*|#|@\*|<!--|\*)[^\"']{0,200}$")
_NAME = re.compile(r"[ \t]*,?[ \t]*([A-Za-z][A-Za-z0-9-]*)(?![A-Za-z0-9-]*=)")
_VALUE = re.compile(r"[ \t]*,?[ \t]*([A-Za-z]+)=(?:\"((?:[^\"\\]|\\.)*)\"|([^\s\",]+))")
_NO_CODE = re.compile(rb"[ \t]*(?://[^\r\n]*|/\*[^\r\n]*\*/[ \t]*|\*[^\r\n]*|#[^\r\n]*|@\*[^\r\n]*|<!--[^\r\n]*)?$")
KEYS = ("reason", "owner", "until")

RuleName = Callable[[str], str | None]  # the id of a rule by id or name; None: there is none


@dataclass(frozen=True, slots=True)
class WaiverComment:
    """One comment. `line`: the 0-based line of code that it is about; `span`: of its words."""

    waiver: Waiver
    line: int
    span: Span
    words: str  # behind `allow`, as written
    problem: str = ""  # why it waives nothing


def read_comments(path: str, text: SourceText, tree: SyntaxTree | None, rule_id: RuleName) -> tuple[WaiverComment, ...]:
    """The waivers of a file, in order. `tree`: the file parsed, where it is C#."""
    found: list[WaiverComment] = []
    for match in _ALLOW.finditer(text.data):
        after = _comment_end(text, tree, match.start(), match.end())
        if after is None:
            continue
        words = match[1].decode("utf-8", "replace").partition("*/")[0].partition("*@")[0].partition("-->")[0].rstrip()
        line = text.line_of(match.start())
        start = text.line_starts[line]
        before = text.data[start : match.start()]
        last = text.line_of(max(after - 1, match.start()))
        rest = text.data[after : text.line_starts[last] + len(text.line_bytes(last))]
        about = line if _has_code(before) else last if tree is not None and not _NO_CODE.fullmatch(rest.rstrip(b"\r\n")) else _next_code(text, last)
        waiver, problem = parse_waiver(words, rule_id)
        source = Waiver(waiver.rules, waiver.reason, waiver.owner, waiver.until, path, len(found))
        found.append(WaiverComment(source, about, Span(match.start(), match.start() + len(match[0].rstrip())), words.strip(), problem))
    return tuple(found)


def declaration_of(words: str) -> str:
    """What a waiver's site has in place of a declaration, so that its fingerprint and its fix are of no other."""
    return f"waiver {words}".replace("(", " ")


def _comment_end(text: SourceText, tree: SyntaxTree | None, start: int, end: int) -> int | None:
    """The byte after the comment around an offset; None where there is no comment."""
    if tree is None:
        line_start = text.line_starts[text.line_of(start)]
        return end if _COMMENT_START.search(text.data[line_start:start]) else None
    node = tree.root.descendant_for_byte_range(start, start + len(MARK))
    return node.end_byte if node is not None and node.type == "comment" else None


def _has_code(before: bytes) -> bool:
    opener = re.search(rb"//|/\*|#|@\*|<!--", before)
    return bool(before[: opener.start()].strip()) if opener else bool(before.strip().strip(b"*"))


def _next_code(text: SourceText, line: int) -> int:
    last = len(text.line_starts) - 1
    while line < last:
        line += 1
        if not _NO_CODE.fullmatch(text.line_bytes(line).rstrip(b"\r\n")):
            return line
    return line


def parse_waiver(words: str, rule_id: RuleName) -> tuple[Waiver, str]:
    """What stands behind `allow`, and what is wrong with it ("" for nothing)."""
    rules: list[str] = []
    values: dict[str, str] = {}
    problems: list[str] = []
    at = 0
    while at < len(words):
        if value := _VALUE.match(words, at):
            name = value[1].lower()
            if name not in KEYS:
                problems.append(f"`{name}` is not one of {', '.join(KEYS)}")
            values[name] = value[2].replace('\\"', '"').replace("\\\\", "\\") if value[2] is not None else value[3]
            at = value.end()
        elif (word := _NAME.match(words, at)) and not values:
            known = rule_id(word[1])
            if known is None:
                problems.append(f"there is no rule `{word[1]}`")
            else:
                rules.append(known)
            at = word.end()
        else:
            if words[at:].strip():
                problems.append(f"`{words[at:].strip()[:40]}` is not understood")
            break
    until, wrong = parse_day(values.get("until", ""))
    problems += [wrong] if wrong else []
    if not rules and not problems:
        problems.append("it names no rule")
    reason = values.get("reason", "").strip()
    if not reason:
        problems.append('it gives no reason="..."')
    return Waiver(tuple(rules), reason, values.get("owner", "").strip(), until), "; ".join(problems)


def parse_day(text: str) -> tuple[date | None, str]:
    """A day as `2027-03-31`, and what is wrong with it."""
    if not text:
        return None, ""
    try:
        return date.fromisoformat(text), ""
    except ValueError:
        return None, f"`{text[:40]}` is not a day such as 2027-03-31"


def as_comment(waiver: Waiver) -> str:
    """What a waiver is written as behind `//`."""
    def quoted(value: str) -> str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

    until = f" until={waiver.until.isoformat()}" if waiver.until else ""
    owner = f" owner={quoted(waiver.owner)}" if waiver.owner else ""
    return f"routewarden: allow {', '.join(waiver.rules)} reason={quoted(waiver.reason)}{owner}{until}"
