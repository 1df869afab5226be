"""What a change does to the attack surface: two registers and their findings compared.

Invariant: a pure function of both. An endpoint is the same by app, verbs and route; one that has another route now is the same by its
handler, where that leaves no doubt. Access that cannot be compared (a policy in place of another) is `changed`, never called tighter.
From closed to unknown counts as loosened: nobody can say any more that it is closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from routewarden.analysis.finding import Finding
from routewarden.analysis.fingerprint import app_key, declaration_key
from routewarden.model.register import Access, Endpoint

_OPEN = frozenset({Access.PUBLIC, Access.ANONYMOUS})


class Change(StrEnum):
    LOOSENED = "loosened"
    ADDED = "added"
    REROUTED = "rerouted"
    CHANGED = "changed"
    TIGHTENED = "tightened"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class EndpointChange:
    """`before` is None for an added endpoint, `after` for a removed one. A re-routed one has its access change in `access`."""

    kind: Change
    before: Endpoint | None
    after: Endpoint | None
    access: Change | None = None  # LOOSENED, TIGHTENED, CHANGED; None: the same

    @property
    def endpoint(self) -> Endpoint:
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def is_loosening(self) -> bool:
        """It lets somebody in who was not let in, or adds what anyone can call although nobody said so."""
        if self.kind is Change.ADDED:
            return self.after is not None and self.after.access is Access.PUBLIC
        return Change.LOOSENED in (self.kind, self.access)


@dataclass(frozen=True, slots=True)
class SurfaceDiff:
    """Sorted: what loosens first."""

    changes: tuple[EndpointChange, ...]
    opened: tuple[Finding, ...]  # findings of the new state that the old one has not, and that are not waived
    closed: tuple[Finding, ...]

    @property
    def is_loosening(self) -> bool:
        return any(change.is_loosening for change in self.changes)


def compare(
    before: Iterable[Endpoint], after: Iterable[Endpoint], findings_before: Iterable[Finding], findings_after: Iterable[Finding]
) -> SurfaceDiff:
    old, new = _by_label(before), _by_label(after)
    changes: list[EndpointChange] = []
    removed: list[Endpoint] = []
    added: list[Endpoint] = []
    for key in old.keys() | new.keys():
        had, has = old.get(key, []), new.get(key, [])
        for one, other in zip(had, has, strict=False):
            access = access_change(one, other)
            if access is not None:
                changes.append(EndpointChange(access, one, other, access))
        removed += had[len(has) :]
        added += has[len(had) :]
    for one, other in _rerouted(removed, added):
        removed.remove(one)
        added.remove(other)
        changes.append(EndpointChange(Change.REROUTED, one, other, access_change(one, other)))
    changes += [EndpointChange(Change.ADDED, None, endpoint) for endpoint in added]
    changes += [EndpointChange(Change.REMOVED, endpoint, None) for endpoint in removed]
    order = {kind: number for number, kind in enumerate(Change)}
    changes.sort(key=lambda c: (not c.is_loosening, order[c.kind], c.endpoint.app, c.endpoint.route, c.endpoint.methods))
    then = {f.fingerprint: f for f in findings_before if f.waived is None}
    now = {f.fingerprint: f for f in findings_after if f.waived is None}
    opened = [f for key, f in now.items() if key not in then]
    closed = [f for key, f in then.items() if key not in now]
    return SurfaceDiff(tuple(changes), _sorted(opened), _sorted(closed))


def access_change(before: Endpoint, after: Endpoint) -> Change | None:
    """How the access of an endpoint changed; None: it did not."""
    a, b = before.access, after.access
    if a is b:
        return _demands_change(before, after)
    if a in _OPEN and b in _OPEN:
        return Change.CHANGED  # it is said now, or no longer
    if b in _OPEN:
        return Change.LOOSENED
    if a in _OPEN:
        return Change.TIGHTENED if b is not Access.UNKNOWN else Change.CHANGED
    if b is Access.UNKNOWN:
        return Change.LOOSENED
    if (a, b) == (Access.RESTRICTED, Access.AUTHENTICATED):
        return Change.LOOSENED
    if (a, b) == (Access.AUTHENTICATED, Access.RESTRICTED):
        return Change.TIGHTENED
    return Change.CHANGED


def _demands_change(before: Endpoint, after: Endpoint) -> Change | None:
    old, new = before.verdict, after.verdict
    if (set(old.policies), set(old.roles), set(old.schemes)) == (set(new.policies), set(new.roles), set(new.schemes)):
        return None
    if set(old.schemes) == set(new.schemes):
        fewer_policies, fewer_roles = set(new.policies) < set(old.policies), set(new.roles) < set(old.roles)
        more_policies, more_roles = set(new.policies) > set(old.policies), set(new.roles) > set(old.roles)
        same_policies, same_roles = set(new.policies) == set(old.policies), set(new.roles) == set(old.roles)
        # Each policy has to be met; of the roles of one statement one is enough. No role at all asks for none.
        if same_roles and fewer_policies:
            return Change.LOOSENED
        if same_roles and more_policies:
            return Change.TIGHTENED
        if same_policies and old.roles and (more_roles or not new.roles):
            return Change.LOOSENED
        if same_policies and new.roles and (fewer_roles or not old.roles):
            return Change.TIGHTENED
    return Change.CHANGED


_Key = tuple[str, ...]


def _by_label(endpoints: Iterable[Endpoint]) -> Mapping[_Key, list[Endpoint]]:
    found: defaultdict[_Key, list[Endpoint]] = defaultdict(list)
    for endpoint in endpoints:
        found[app_key(endpoint.app), endpoint.label.casefold()].append(endpoint)
    for same in found.values():
        same.sort(key=lambda e: (e.handler, e.access))
    return found


def _rerouted(removed: Iterable[Endpoint], added: Iterable[Endpoint]) -> list[tuple[Endpoint, Endpoint]]:
    """Pairs of one handler, where it is the only one that went and the only one that came."""
    went, came = _by_handler(removed), _by_handler(added)
    return [(went[key][0], came[key][0]) for key in sorted(went.keys() & came.keys()) if len(went[key]) == len(came[key]) == 1]


def _by_handler(endpoints: Iterable[Endpoint]) -> Mapping[_Key, list[Endpoint]]:
    found: defaultdict[_Key, list[Endpoint]] = defaultdict(list)
    for endpoint in endpoints:
        found[app_key(endpoint.app), endpoint.kind, endpoint.handler, declaration_key(endpoint.site.declaration)].append(endpoint)
    return found


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda f: (f.rule, f.endpoint or "", f.site, f.message)))
