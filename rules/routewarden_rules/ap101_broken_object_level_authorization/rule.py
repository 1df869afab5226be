"""AP101: an object that belongs to somebody is shown or changed by a client's id, and nothing ties it to the caller."""

from __future__ import annotations

import re
from collections.abc import Iterator

from routewarden.analysis.finding import Confidence, Finding, Related, Severity
from routewarden.analysis.rule import Criteria, Rule
from routewarden.model.ownership.endpoint_objects import EndpointObjects, ObjectAccess
from routewarden.model.register import Access, Endpoint, Register

_DOES = {"read": "shows", "update": "changes", "delete": "deletes", "insert": "adds to"}
_RANK = {"delete": 0, "update": 1, "insert": 2, "read": 3}
_AUTHOR = re.compile(r"Author|Creat|Publish|Upload|Sender|Username|UserName|Email|Host", re.IGNORECASE)
_PUBLIC = (Access.PUBLIC, Access.ANONYMOUS)


def check(endpoint: Endpoint, objects: EndpointObjects, _: Register) -> Iterator[Finding]:
    if objects.privileged:
        return
    open_ = [a for a in objects.accesses if not a.tied and a.owners and not _published(endpoint, a)]
    if not open_:
        return
    first = min(open_, key=lambda a: (_RANK[a.kind], a.site is None))
    owner = first.owners[0]
    related = [Related(site, "on the way") for site in first.path]
    if first.site is not None:
        related.append(Related(first.site, f"the {first.name} is found by {_keys(first)} alone"))
    if owner.site is not None:
        related.append(Related(owner.site, f"`{owner.member}` says whose it is: here it is tied to the caller"))
    if first.used is not None and first.used != first.site:
        related.append(Related(first.used, f"here it is {_used(first.kind)}"))
    yield Finding(
        rule=RULE.id, severity=Severity.HIGH, confidence=_confidence(endpoint, objects, first),
        site=endpoint.handler_site if endpoint.kind == "action" and endpoint.handler_site is not None else endpoint.site,
        message=(
            f"`{endpoint.label}` {_DOES[first.kind]} the {first.name} with the client's {_keys(first)}, and nothing ties it to the caller; "
            f"it belongs to somebody by `{owner.member}`"
        ),
        endpoint=endpoint.label, related=tuple(related),
    )


def _published(endpoint: Endpoint, access: ObjectAccess) -> bool:
    """What somebody wrote and anyone may read: articles, posts, profiles."""
    return access.kind == "read" and (access.public or endpoint.access in _PUBLIC) and all(_AUTHOR.search(o.member) for o in access.owners)


def _keys(access: ObjectAccess) -> str:
    return " and ".join(f"`{k}`" for k in access.keys[:2])


def _used(kind: str) -> str:
    return {"read": "shown", "update": "changed", "delete": "deleted", "insert": "added to"}[kind]


def _confidence(endpoint: Endpoint, objects: EndpointObjects, access: ObjectAccess) -> Confidence:
    how = access.owners[0].how
    if how == "audit" or objects.gaps:
        return Confidence.LOW
    if endpoint.access is not Access.AUTHENTICATED or objects.identity or access.sources != ("route",):
        return Confidence.MEDIUM
    return Confidence.HIGH


RULE = Rule(
    id="AP101",
    name="broken-object-level-authorization",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    criteria=Criteria(("CC6.1", "CC6.3"), ("API1:2023",), (639,)),
    since="0.2.0",
    module=__name__,
    on_objects=check,
)
