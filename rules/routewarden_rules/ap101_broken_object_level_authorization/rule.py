"""AP101: an object that belongs to somebody is shown or changed by a client's id, and nothing ties it to the caller."""

from __future__ import annotations

import re
from collections.abc import Iterator

from routewarden.analysis.finding import AddCondition, AddParameter, Confidence, Finding, FixPlan, FixStep, Related, Severity
from routewarden.analysis.rule import Criteria, Rule
from routewarden.model.ownership.endpoint_objects import CallerCode, EndpointObjects, ObjectAccess, Owner
from routewarden.model.register import Access, Endpoint, Register
from routewarden_rules._shared.exposure import name_of

_DOES = {"read": "shows", "update": "changes", "delete": "deletes", "insert": "adds to"}
_DONE = {"read": "shown", "update": "changed", "delete": "deleted", "insert": "added to"}
_WORST = {"delete": 0, "update": 1, "insert": 2, "read": 3}
_PUBLIC = (Access.PUBLIC, Access.ANONYMOUS)
_AUTHOR = re.compile(r"Author|Creat|Publish|Upload|Sender|Username|UserName|Email|Host", re.IGNORECASE)
_GROUP = re.compile(r"tenant|organi[sz]ation|company|workspace", re.IGNORECASE)
_SAFE_KEYS = frozenset({"System.String", "System.Guid", "System.Int32", "System.Int64"})


def check(endpoint: Endpoint, objects: EndpointObjects, _: Register) -> Iterator[Finding]:
    if objects.privileged:
        return
    open_ = [a for a in objects.accesses if not a.tied and a.owners and not _published(endpoint, a)]
    if not open_:
        return
    worst = min(open_, key=lambda a: (_WORST[a.kind], a.site is None))
    owner = worst.owners[0]
    yield Finding(
        rule=RULE.id,
        severity=RULE.severity,
        confidence=_confidence(endpoint, objects, worst),
        site=name_of(endpoint.site),
        message=f"`{endpoint.label}` {_DOES[worst.kind]} the {worst.name} that the client names by {_keys(worst)}, and nothing ties it to "
        f"the caller; {_belongs(owner)}",
        endpoint=endpoint.label,
        related=tuple(_related(worst, owner)),
        fixes=tuple(_fixes(open_)),
    )


def _published(endpoint: Endpoint, access: ObjectAccess) -> bool:
    """What somebody wrote and anyone may read: articles, posts, profiles."""
    return access.kind == "read" and (access.public or endpoint.access in _PUBLIC) and all(_AUTHOR.search(o.member) for o in access.owners)


def _confidence(endpoint: Endpoint, objects: EndpointObjects, access: ObjectAccess) -> Confidence:
    """High: any signed-in user, an id in the route, and nobody on the path even asks who calls."""
    if access.owners[0].how == "audit" or objects.gaps or endpoint.access is Access.UNKNOWN:
        return Confidence.LOW
    if endpoint.access is not Access.AUTHENTICATED or objects.identity or access.sources != ("route",):
        return Confidence.MEDIUM
    return Confidence.HIGH


def _keys(access: ObjectAccess) -> str:
    return " and ".join(f"`{k}`" for k in access.keys[:2])


def _belongs(owner: Owner) -> str:
    if owner.how == "self":
        return "it is a person's own record"
    why = {"use": "elsewhere compared with the caller", "audit": "who created it"}.get(owner.how, "")
    return f"whose it is says `{owner.member}`" + (f" ({why})" if why else "")


def _related(access: ObjectAccess, owner: Owner) -> Iterator[Related]:
    for site in access.path:
        yield Related(site, "on the way to the object")
    if access.site is not None:
        yield Related(access.site, f"the {access.name} is found by {_keys(access)} alone")
    if access.used is not None and access.used != access.site:
        yield Related(access.used, f"here it is {_DONE[access.kind]}")
    if owner.site is not None:
        yield Related(owner.site, f"here `{owner.member}` is tied to the caller")


# --- fixes -------------------------------------------------------------------------------------------------------------------


def _fixes(open_: list[ObjectAccess]) -> Iterator[FixPlan]:
    """The caller's id in the predicate, said as the code there can say it; of one place once."""
    places = {a.site: a for a in open_ if a.site is not None}
    if not all(a.queried for a in places.values()):
        return
    plans = [_condition(a) for a in places.values()]
    steps = tuple(dict.fromkeys(s for plan in plans if plan is not None for s in plan))
    if steps and None not in plans:
        first = next(s for s in steps if isinstance(s, AddCondition))
        yield FixPlan("owner-in-query", f"Ask for the caller's own: {first.member} == {first.caller}", steps, preferred=True)


def _condition(access: ObjectAccess) -> tuple[FixStep, ...] | None:
    assert access.site is not None
    for owner in access.owners:
        if owner.how == "interface" and owner.type == "":
            continue
        for caller in access.callers:
            text = _as_type(caller, owner.type)
            if text is None or bool(_GROUP.search(owner.member)) != bool(_GROUP.search(caller.text)):
                continue
            steps: list[FixStep] = [AddCondition(access.site, owner.member, text, ("Microsoft.EntityFrameworkCore", *caller.namespaces))]
            if caller.parameter is not None:
                of, name, site = caller.parameter
                steps.append(AddParameter(site, of, name, "System.Security.Claims"))
            return tuple(steps)
    return None


def _as_type(caller: CallerCode, wanted: str) -> str | None:
    """The caller's id as a value of the member's type; None where it cannot be one."""
    if wanted not in _SAFE_KEYS:
        return None
    if caller.type == wanted:
        return caller.text
    if caller.type != "System.String":
        return None
    parse = {"System.Guid": "Guid", "System.Int32": "int", "System.Int64": "long"}[wanted]
    return f"{parse}.Parse({caller.text}!)"


RULE = Rule(
    id="AP101",
    name="broken-object-level-authorization",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    criteria=Criteria(("CC6.1", "CC6.3"), ("API1:2023",), (639,), ("8.3", "5.15")),
    since="0.2.0",
    module=__name__,
    on_objects=check,
)
