r"""Regular expressions of .NET on short texts, as route transformers and constraints use them.

Invariant: the answer is .NET's or None. A pattern comes from the workspace, so one that may take exponential time (a repetition inside
a repetition, or an alternation inside one) is not run, nor one on a long text. Deliberately absent: what Python spells differently
beyond group names, `$1` and `\z`. https://learn.microsoft.com/dotnet/standard/base-types/regular-expression-language-quick-reference
"""

from __future__ import annotations

import re
from functools import lru_cache
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

_LONGEST_TEXT = 400
_MOST_REPEATS = 8
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)
_GROUP_NAME = re.compile(r"\(\?<(?=[A-Za-z_])")
_REFERENCE = re.compile(r"\$(?:(\d+)|\{(\w+)\}|(\$)|(&))")


@lru_cache(maxsize=256)
def compiled(pattern: str, ignore_case: bool = False) -> re.Pattern[str] | None:
    """None where the pattern is not understood or not safe to run."""
    text = _GROUP_NAME.sub("(?P<", pattern).replace(r"\z", r"\Z").replace(r"\p{Lu}", "[A-Z]").replace(r"\p{Ll}", "[a-z]")
    flags = re.IGNORECASE if ignore_case else re.NOFLAG
    try:
        parsed = _parser.parse(text, flags)
        if not _is_safe(parsed, [0], inside=False):
            return None
        return re.compile(text, flags)
    except (re.error, RecursionError, OverflowError):
        return None


def _is_safe(parsed: Any, repeats: list[int], inside: bool) -> bool:
    for operation, argument in parsed:
        if operation in _REPEATS:
            low, high, body = argument
            if high != low or inside:
                repeats[0] += 1
                if (inside and high > 1) or repeats[0] > _MOST_REPEATS:
                    return False
            if not _is_safe(body, repeats, inside or high > 1):
                return False
        elif operation is _constants.BRANCH:
            if inside or not all(_is_safe(branch, repeats, inside) for branch in argument[1]):
                return False
        elif operation is _constants.SUBPATTERN:
            if not _is_safe(argument[-1], repeats, inside):
                return False
        elif operation in (_constants.ASSERT, _constants.ASSERT_NOT) and not _is_safe(argument[1], repeats, inside):
            return False
    return True


def is_match(pattern: str, text: str, ignore_case: bool = False) -> bool | None:
    """`Regex.IsMatch(text, pattern)`."""
    found = compiled(pattern, ignore_case)
    return found.search(text) is not None if found is not None and len(text) <= _LONGEST_TEXT else None


def replace(pattern: str, text: str, replacement: str, ignore_case: bool = False) -> str | None:
    """`Regex.Replace(text, pattern, replacement)`."""
    found = compiled(pattern, ignore_case)
    if found is None or len(text) > _LONGEST_TEXT or len(replacement) > _LONGEST_TEXT:
        return None

    def substitute(match: re.Match[str]) -> str:
        def resolve(reference: re.Match[str]) -> str:
            number, name, dollar, whole = reference.groups()
            if dollar:
                return "$"
            try:
                return (match[0] if whole else match[int(number)] if number else match[name]) or ""
            except (IndexError, ValueError):
                return reference[0]

        return _REFERENCE.sub(resolve, replacement)

    return found.sub(substitute, text)
