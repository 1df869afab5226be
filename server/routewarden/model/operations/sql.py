"""What an SQL statement does, from its text.

Invariant: only the statement's own verbs count: comments and quoted texts are taken away first, and a column that is called
"deleted" deletes nothing. A text that is not fully known is read as far as it is. Procedures are read by their names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NOISE = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)
_NAME = r'([\w."\[\]`$#@?]+)'
_DELETE = re.compile(
    rf"\b(?:DELETE\s+(?:TOP\s*\(.*?\)\s*)?(?:FROM\s+)?|TRUNCATE\s+(?:TABLE\s+)?|DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?){_NAME}", re.IGNORECASE
)
_UPDATE = re.compile(rf"\bUPDATE\s+(?:ONLY\s+|TOP\s*\(.*?\)\s*)?{_NAME}[^;]*?\bSET\b", re.IGNORECASE | re.DOTALL)
_REPLACE = re.compile(rf"\b(?:REPLACE\s+INTO|MERGE\s+(?:INTO\s+)?)\s*{_NAME}", re.IGNORECASE)
_UPSERT = re.compile(r"\bON\s+(?:CONFLICT\b.*?\bDO\s+UPDATE|DUPLICATE\s+KEY\s+UPDATE)", re.IGNORECASE | re.DOTALL)
_INSERT = re.compile(rf"\bINSERT\s+(?:INTO\s+|OR\s+\w+\s+INTO\s+)?{_NAME}", re.IGNORECASE)
_PROCEDURE = re.compile(r"^\s*(?:EXEC(?:UTE)?\s+|CALL\s+)?((?:[\w\[\]\"?$]+\.)*[\w\[\]\"?$]+)\s*(?:@.*|\(.*)?$", re.IGNORECASE | re.DOTALL)
_DELETING = re.compile(r"(?:^|_|(?<=[a-z]))(?:Delete|Remove|Purge|Truncate|Destroy|Erase|Wipe|Clear)", re.IGNORECASE)
_CHANGING = re.compile(r"(?:^|_)(?:Update|Upsert|Replace|Set|Reset|Restore|Revoke|Save|Bump)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """`verb`: "delete" "update" "insert"; `table` as written, without quotes."""

    verb: str
    table: str


def statements(text: str) -> tuple[Statement, ...]:
    """The writing statements of an SQL text, in this order of weight: those that destroy, that overwrite, that insert."""
    plain = _NOISE.sub(" ", text)
    found = [Statement("delete", _bare(m.group(1))) for m in _DELETE.finditer(plain)]
    found += [Statement("update", _bare(m.group(1))) for m in (*_UPDATE.finditer(plain), *_REPLACE.finditer(plain))]
    for match in _INSERT.finditer(plain):
        found.append(Statement("update" if _UPSERT.search(plain, match.end()) else "insert", _bare(match.group(1))))
    return tuple(dict.fromkeys(found))


def procedure(text: str) -> tuple[Statement, ...]:
    """The same for the name of a stored procedure: `[dbo].[Order_DeleteById]`."""
    match = _PROCEDURE.match(text)
    if match is None:
        return ()
    name = _bare(match.group(1))
    last = name.rpartition(".")[2]
    if _DELETING.search(last):
        return (Statement("delete", name),)
    return (Statement("update", name),) if _CHANGING.search(last) else ()


def _bare(name: str) -> str:
    return re.sub(r'["\[\]`]', "", name)
