"""A name for a finding that outlives edits elsewhere: what a baseline and a code-scanning service compare.

Invariant: a fingerprint is a hash of the rule, the app, the endpoint and the declaration, never of a line, a path, a
message or the text of the code. So it survives moved lines and members, reformatting, renamed folders and renames of
unrelated code; it changes when the route, the verb or the name of the declaration does. Equal ones are told apart by
their order in the code.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import PurePosixPath

from routewarden.analysis.finding import Finding
from routewarden.facts.sites import Site

# Of "Shop.OrdersController|2.Get(int,string)#2~4": the part number, the parameters, the ordinal and the lambda.
_UNSTABLE = re.compile(r"\|\d+|\(.*|#\d+|~\d+")


def declaration_key(declaration: str) -> str:
    """The part of a declaration id that a signature change, a split into partial parts or an edit in its body leaves alone."""
    return _UNSTABLE.sub("", declaration)


@cache
def app_key(app: str) -> str:
    """The name of an app's project file without its folders; an app that is only a folder has none, for folders get renamed."""
    return PurePosixPath(app).stem if app.endswith(".csproj") else ""


def site_order(site: Site) -> tuple[str, str, tuple[str, int, str]]:
    """A sort key that keeps source order within a body, where "node:9" stands before "node:10"."""
    kind, _, rest = site.part.partition(":")
    number, _, tail = rest.partition(":")
    return site.path, site.declaration, (kind, int(number) if number.isdigit() else -1, tail)


_Key = tuple[str, str, str, str]  # rule, app, endpoint, declaration
Marked = dict[int, tuple[Finding, str, _Key, int, Finding]]  # id of a finding -> it, its app, its key, its ordinal, the marked one


def with_fingerprints(findings: Iterable[tuple[Finding, str]], known: Marked | None = None) -> tuple[Finding, ...]:
    """The findings, each with its fingerprint (32 hexadecimal digits); the second part of a pair is the path of its app.

    The order of the input decides the ordinals of equal ones, so it must be deterministic. `known` is what the last call marked,
    and becomes what this one does: findings that come back the same give the same objects.
    """
    last = dict(known) if known is not None else {}
    now: Marked = {}
    seen: Counter[_Key] = Counter()
    for finding, app in findings:
        before = last.get(id(finding))
        if before is not None and (before[0] is not finding or before[1] != app):
            before = None
        key = before[2] if before is not None else _key(finding, app)
        ordinal = seen[key]
        seen[key] = ordinal + 1
        if before is None or before[3] != ordinal:
            before = (finding, app, key, ordinal, _marked(finding, key, ordinal))
        now[id(finding)] = before
    if known is not None:
        known.clear()
        known.update(now)
    return tuple(entry[4] for entry in now.values())


def _key(finding: Finding, app: str) -> _Key:
    return finding.rule, app_key(app), finding.endpoint or finding.subject, declaration_key(finding.site.declaration)


def _marked(finding: Finding, key: _Key, ordinal: int) -> Finding:
    text = "\0".join((*key, str(ordinal)))
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16)
    return replace(finding, fingerprint=digest.hexdigest())
