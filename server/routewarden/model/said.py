"""What is said about an endpoint: attributes, metadata, conventions and filters, summed up in one list of facts.

Invariant: nothing is decided here; each statement leaves its mark in the sum, with its place in the trail. What an attribute says is
what its class is (IAuthorizeData, IAllowAnonymous, IAuthorizationRequirementData, an MVC filter), never what it is called.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routewarden.facts.sites import Site
from routewarden.model import attributes as at
from routewarden.model.attributes import Use
from routewarden.model.policies import of_requirement_data, strings
from routewarden.model.register import RoleSet, Stance, TrailStep
from routewarden.model.values import Convention, Instance, PolicyValue, Unknown, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator

LEVELS = {"action": "the action", "class": "the class", "base": "a base class", "lambda": "the handler", "convention": "a convention",
           "endpoint": "the endpoint",
           "group": "the route group", "controllers": "the call that maps controllers", "app": "the app", "global": "the app"}


# How far from the handler something is said. The framework lists metadata the other way round, the most general first; attributes of an
# override's base count as farther than those of the derived class (measured with the framework's own analyser, ASP0026).
_ENDPOINT, _CONVENTION, _GROUP, _CONTROLLERS, _APP = 400, 500, 1_000, 5_000, 10_000
_AT_LEVEL = {"endpoint": _ENDPOINT, "convention": _CONVENTION, "group": _GROUP, "controllers": _CONTROLLERS, "app": _APP, "global": _APP}


def of_method(index: int) -> int:
    """The distance of an attribute on a method of class number `index` of the base chain, 0 = the controller itself."""
    return 2 * index


def of_class(index: int) -> int:
    """The distance of an attribute on class number `index` of the base chain."""
    return 2 * index + 1


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """One statement about an endpoint: an attribute or metadata object (`value`), or a convention."""

    level: str
    site: Site
    text: str
    value: Value | None = None
    convention: Convention | None = None
    conditions: tuple[str, ...] = ()
    distance: int = 0


def said_by_uses(uses: Iterable[Use]) -> list[Said]:
    return [Said(u.level, u.site, u.text, u.value, None, u.conditions, u.distance) for u in uses]


def said_by_conventions(conventions: Iterable[Convention], level: str, outwards: int = 0) -> list[Said]:
    """`outwards`: number of groups between the endpoint and the one it is said on."""
    distance = _AT_LEVEL.get(level, 0) + outwards
    return [Said(level, c.site, c.text, None, c, c.conditions, distance) for c in conventions]


@dataclass(slots=True)
class Sum:
    """What the statements amount to; built up by `_take`."""

    trail: list[TrailStep] = field(default_factory=list)
    stances: list[Stance] = field(default_factory=list)
    anonymous: bool = False
    data: list[tuple[str | None, list[str]]] = field(default_factory=list)  # (policy name, roles) of each IAuthorizeData
    policies: list[PolicyValue] = field(default_factory=list)
    requirements: list[str] = field(default_factory=list)
    schemes: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    own_filters: list[tuple[Said, tuple[Value, ...], bool]] = field(default_factory=list)  # (statement, filters, are they MVC's)
    doubts: list[str] = field(default_factory=list)
    authorize_filters: list[Value | None] = field(default_factory=list)  # what each AuthorizeFilter was made with
    role_sets: list[RoleSet] = field(default_factory=list)
    anonymous_filter: bool = False  # an IAllowAnonymousFilter, which switches AuthorizeFilters off and nothing else


def take(ev: Evaluator, total: Sum, statement: Said, mvc: bool) -> None:
    convention = statement.convention
    if convention is None:
        _metadata(ev, total, statement, statement.value, mvc)
        return
    kind = convention.kind
    where = f"{statement.text} on {LEVELS.get(statement.level, statement.level)}"
    if kind == "anonymous":
        total.anonymous = True
        note(total, statement, "anonymous", f"{where}: anyone may call")
    elif kind == "authorize":
        note(total, statement, "authorize", where)
        if not convention.values:
            total.data.append((None, []))
        for value in convention.values:
            _authorize_argument(ev, total, value)
    elif kind == "metadata":
        for value in convention.values:
            _metadata(ev, total, statement, value, mvc)
    elif kind == "short-circuit":  # measured: answered before the authorization middleware
        total.anonymous = True
        note(total, statement, "anonymous", f"{where}: answered before authorization runs")
    elif kind == "filter":
        total.own_filters.append((statement, convention.values, False))
    elif kind == "unknown":
        total.doubts.append(f"`{convention.text.lstrip('.')}` is not in the workspace nor in the framework table")
        total.trail.append(TrailStep(statement.site, f"{where}: what it does is not known"))


def note(total: Sum, statement: Said, kind: str, why: str) -> None:
    total.trail.append(TrailStep(statement.site, why))
    total.stances.append(Stance(kind, statement.level, statement.site, statement.text, statement.distance or _AT_LEVEL.get(statement.level, 0)))


def _authorize_argument(ev: Evaluator, total: Sum, value: Value) -> None:
    if isinstance(value, PolicyValue):
        total.policies.append(value)
    elif strings(value):
        for name in strings(value):
            total.data.append((name, []))
    elif isinstance(value, Instance):
        data_of(ev, total, value)
    elif isinstance(value, Unknown):
        total.data.append((None, []))
        total.requirements.append(f"unknown: {value.reason}")
    else:
        total.data.append((None, []))


def _metadata(ev: Evaluator, total: Sum, statement: Said, value: Value | None, mvc: bool) -> None:
    where = f"{statement.text} on {LEVELS.get(statement.level, statement.level)}"
    if value is None:
        if statement.text.startswith("["):
            total.doubts.append(f"attribute {statement.text} is declared outside of what is known")
            total.trail.append(TrailStep(statement.site, f"{where}: its class is not known"))
        return
    if isinstance(value, PolicyValue):
        total.policies.append(value)
        note(total, statement, "policy", where)
        return
    if not isinstance(value, Instance):
        return
    if at.is_a(ev, value, at.ALLOW_ANONYMOUS):
        total.anonymous = True
        note(total, statement, "anonymous", f"{where}: anyone may call")
    if at.is_a(ev, value, at.AUTHORIZE_DATA):
        data_of(ev, total, value)
        _, roles = total.data[-1]
        if roles:
            total.role_sets.append(RoleSet(tuple(dict.fromkeys(roles)), statement.site, statement.text))
        note(total, statement, "authorize", where)
    if at.is_a(ev, value, at.REQUIREMENT_DATA):
        total.requirements.extend(of_requirement_data(ev, value))
        if not at.is_a(ev, value, at.AUTHORIZE_DATA):
            note(total, statement, "authorize", where)
    if mvc and at.is_a(ev, value, at.FILTER):
        _mvc_filter(ev, total, statement, value, where)


def _mvc_filter(ev: Evaluator, total: Sum, statement: Said, value: Instance, where: str) -> None:
    if at.is_a(ev, value, "Microsoft.AspNetCore.Mvc.Authorization.IAllowAnonymousFilter"):
        total.anonymous_filter = True
        return
    if at.is_a(ev, value, "Microsoft.AspNetCore.Mvc.Authorization.AuthorizeFilter"):
        total.authorize_filters.append(value.arguments[-1] if value.arguments else None)
        note(total, statement, "authorize", where)
        return
    total.own_filters.append((statement, (value,), True))


def data_of(ev: Evaluator, total: Sum, value: Instance) -> None:
    policy, roles, schemes = (at.property_of(ev, value, n) for n in ("Policy", "Roles", "AuthenticationSchemes"))
    names = [r.strip() for s in strings(roles) for r in s.split(",") if r.strip()] if roles is not None else []
    total.data.append((next(iter(strings(policy)), None) if policy is not None else None, names))
    for given, what in ((policy, "policy"), (roles, "roles")):
        if isinstance(given, Unknown):
            total.requirements.append(f"unknown: the {what} of the attribute: {given.reason}")
    if schemes is not None:
        total.schemes.extend(x.strip() for s in strings(schemes) for x in s.split(",") if x.strip())
