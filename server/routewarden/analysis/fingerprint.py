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


Marked = dict[int, tuple[Finding, str, Finding]]  # id of a finding -> it, what its fingerprint is made of, the marked one


def with_fingerprints(findings: Iterable[tuple[Finding, str]], known: Marked | None = None) -> tuple[Finding, ...]:
    """The findings, each with its fingerprint (32 hexadecimal digits); the second part of a pair is the path of its app.

    The order of the input decides the ordinals of equal ones, so it must be deterministic. `known` is what the last call marked,
    and becomes what this one does: findings that come back the same give the same objects.
    """
    last = dict(known) if known is not None else {}
    if known is not None:
        known.clear()
    seen: Counter[tuple[str, ...]] = Counter()
    marked: list[Finding] = []
    for finding, app in findings:
        key = (finding.rule, app_key(app), finding.endpoint or "", declaration_key(finding.site.declaration))
        ordinal = seen[key]
        seen[key] += 1
        text = "\0".join((*key, str(ordinal)))
        before = last.get(id(finding))
        if before is not None and before[0] is finding and before[1] == text:
            done = before[2]
        else:
            digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16)
            done = replace(finding, fingerprint=digest.hexdigest())
        marked.append(done)
        if known is not None:
            known[id(finding)] = (finding, text, done)
    return tuple(marked)
