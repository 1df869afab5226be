"""Formats of keys that providers give out (`providers.toml`), and private keys in PEM.

Invariant: in-process and offline: patterns of the standard library, each behind a word that a text must hold, compiled when that word is first
seen. Why no engine: CONTRIBUTING.md has the table.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

_LONG = 4  # a shorter word is in every file, and the formats that have no other are looked for in files that are read anyway
# https://www.rfc-editor.org/rfc/rfc7468: a label that ends in PRIVATE KEY, and at least a line of base64.
_PEM = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\s*(?:[A-Za-z-]+: [^\n]+\s+)*(?:\\[rn]|[\s\w+/=]){60,}")


@dataclass(frozen=True, slots=True)
class Format:
    title: str
    words: tuple[str, ...]
    pattern: str


@cache
def formats() -> tuple[Format, ...]:
    text = resources.files(__package__).joinpath("providers.toml").read_text("utf-8")
    return tuple(Format(f["title"], tuple(f["words"]), f["pattern"]) for f in tomllib.loads(text)["format"])


@cache
def words() -> tuple[bytes, ...]:
    """What the bytes of a file hold, in lower case, if a format can match in it."""
    found = {word for form in formats() for word in form.words if len(word) >= _LONG}
    return tuple(word.encode() for word in sorted({"private key-----", *found}))


def provider_key(value: str) -> tuple[str, str] | None:
    """(what it is, the key itself) of a text that holds a key of a known format."""
    if len(value) < 16:
        return None
    if "PRIVATE KEY" in value and (found := _PEM.search(value)) is not None:
        return "private key", found[0]
    lower = value.lower()
    for form in formats():
        if any(word in lower for word in form.words) and (found := _compiled(form.pattern).search(value)) is not None:
            return form.title, found[0]
    return None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_PROPER = frozenset({"GitHub", "GitLab", "OpenAI", "OAuth", "SendGrid", "NuGet", "Google", "PyPI", "RubyGems"})


def in_a_sentence(title: str) -> str:
    """A format's title in the middle of a sentence."""
    first = title.split()[0]
    return title if first.isupper() or first in _PROPER else title[0].lower() + title[1:]
