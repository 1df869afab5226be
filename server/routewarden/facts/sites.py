"""Names for places in code that survive edits elsewhere.

Invariant: a site has no offset. `facts.file.FileUnit.locate` turns it into bytes at the moment something is shown.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """A place: `path` (workspace-relative, forward slashes), `declaration` (a type, member or body id, "" = the file) and `part`.

    part: "name" (its identifier) · "whole" · "attribute:2" (the third attribute of the declaration or lambda, counted over all lists) ·
    "node:17" (call, creation, lambda, assignment number 17 of that body, whole expression) · "node:17:name" (the called name, e.g. `MapGet`) ·
    "literal:3" (the fourth text literal of a member, see `facts.literals`). In a data file `declaration` is the id of an entry
    (`facts.settings`), and part "value" its value.
    """

    path: str
    declaration: str = ""
    part: str = "name"


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes [start, end) of a `SourceText`."""

    start: int
    end: int
