"""Who may reach an endpoint: the authorization statements that apply to it, combined as ASP.NET Core combines them.

Invariant: every verdict has a trail. AllowAnonymous wins wherever it stands; any requirement at any level switches the fallback
policy off; a policy that everyone meets is no restriction; what cannot be decided is UNKNOWN, with the reason.
https://github.com/dotnet/aspnetcore/blob/main/src/Security/Authorization/Core/src/AuthorizationPolicy.cs (CombineAsync)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routewarden.facts.sites import Site
from routewarden.model import attributes as at
from routewarden.model.attributes import Use
from routewarden.model.filters import guard_of
from routewarden.model.policies import describe_policy, strings
from routewarden.model.register import Access, Stance, TrailStep, Verdict
from routewarden.model.values import Const, Convention, Instance, PolicyValue, TypeValue, Unknown, Value, type_name

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator

_LEVELS = {"action": "the action", "class": "the class", "base": "a base class", "lambda": "the handler", "endpoint": "the endpoint",
           "group": "the route group", "controllers": "the call that maps controllers", "app": "the app", "global": "the app"}


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """One statement about an endpoint: an attribute or metadata object (`value`), or a convention."""

    level: str
    site: Site
    text: str
    value: Value | None = None
    convention: Convention | None = None
    conditions: tuple[str, ...] = ()


def said_by_uses(uses: Iterable[Use]) -> list[Said]:
    return [Said(u.level, u.site, u.text, u.value) for u in uses]


def said_by_conventions(conventions: Iterable[Convention], level: str) -> list[Said]:
    return [Said(level, c.site, c.text, None, c, c.conditions) for c in conventions]


@dataclass(slots=True)
class _Sum:
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
    guards: list[tuple[Site | None, str]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    mvc_filters: list[PolicyValue | None] = field(default_factory=list)


def decide(ev: Evaluator, said: list[Said], mvc: bool) -> tuple[Verdict, tuple[Stance, ...]]:
    """The verdict over all statements; where some stand under undecided conditions, both ways must agree."""
    conditional = [s for s in said if s.conditions]
    full, stances = _decide(ev, said, mvc)
    if not conditional:
        return full, stances
    without, _ = _decide(ev, [s for s in said if not s.conditions], mvc)
    if without.access == full.access:
        return full, stances
    condition = conditional[0].conditions[-1]
    reason = f"{without.access} or {full.access}, depending on `{condition}`"
    step = TrailStep(conditional[0].site, f"{conditional[0].text} applies only if `{condition}`, which is decided at run time")
    return Verdict(Access.UNKNOWN, (*full.trail, step), full.policies, full.roles, full.schemes, reason), stances


def _decide(ev: Evaluator, said: list[Said], mvc: bool) -> tuple[Verdict, tuple[Stance, ...]]:
    total = _Sum()
    for statement in said:
        _take(ev, total, statement, mvc)
    verdict = _verdict(ev, total)
    return verdict, tuple(total.stances)


def _take(ev: Evaluator, total: _Sum, statement: Said, mvc: bool) -> None:
    convention = statement.convention
    if convention is None:
        _metadata(ev, total, statement, statement.value, mvc)
        return
    kind = convention.kind
    where = f"{statement.text} on {_LEVELS.get(statement.level, statement.level)}"
    if kind == "anonymous":
        total.anonymous = True
        _note(total, statement, "anonymous", f"{where}: anyone may call")
    elif kind == "authorize":
        _note(total, statement, "authorize", where)
        if not convention.values:
            total.data.append((None, []))
        for value in convention.values:
            _authorize_argument(ev, total, value)
    elif kind == "metadata":
        for value in convention.values:
            _metadata(ev, total, statement, value, mvc)
    elif kind == "filter":
        reason = guard_of(ev, convention.values)
        if reason is not None:
            total.guards.append((statement.site, reason))
            _note(total, statement, "filter", f"{where}: {reason}")
    elif kind == "unknown":
        total.doubts.append(f"`{convention.text.lstrip('.')}` is not in the workspace nor in the framework table")
        total.trail.append(TrailStep(statement.site, f"{where}: what it does is not known"))


def _note(total: _Sum, statement: Said, kind: str, why: str) -> None:
    total.trail.append(TrailStep(statement.site, why))
    total.stances.append(Stance(kind, statement.level, statement.site, statement.text))


def _authorize_argument(ev: Evaluator, total: _Sum, value: Value) -> None:
    if isinstance(value, PolicyValue):
        total.policies.append(value)
    elif strings(value):
        for name in strings(value):
            total.data.append((name, []))
    elif isinstance(value, Instance):
        _data_of(ev, total, value)
    elif isinstance(value, Unknown):
        total.data.append((None, []))
        total.requirements.append(f"unknown: {value.reason}")
    else:
        total.data.append((None, []))


def _metadata(ev: Evaluator, total: _Sum, statement: Said, value: Value | None, mvc: bool) -> None:
    where = f"{statement.text} on {_LEVELS.get(statement.level, statement.level)}"
    if value is None:
        if statement.text.startswith("["):
            total.doubts.append(f"attribute {statement.text} is declared outside of what is known")
            total.trail.append(TrailStep(statement.site, f"{where}: its class is not known"))
        return
    if isinstance(value, PolicyValue):
        total.policies.append(value)
        _note(total, statement, "policy", where)
        return
    if not isinstance(value, Instance):
        return
    if at.is_a(ev, value, at.ALLOW_ANONYMOUS):
        total.anonymous = True
        _note(total, statement, "anonymous", f"{where}: anyone may call")
    if at.is_a(ev, value, at.AUTHORIZE_DATA):
        _data_of(ev, total, value)
        _note(total, statement, "authorize", where)
    if at.is_a(ev, value, at.REQUIREMENT_DATA):
        total.requirements.append(f"requirement:{value.type.name.rsplit('.', 1)[-1]}")
        if not at.is_a(ev, value, at.AUTHORIZE_DATA):
            _note(total, statement, "authorize", where)
    elif ev.world.is_assignable(value.type, TypeValue("Microsoft.AspNetCore.Authorization.IAuthorizationRequirement")):
        pass
    if mvc and at.is_a(ev, value, at.FILTER):
        _mvc_filter(ev, total, statement, value, where)


def _mvc_filter(ev: Evaluator, total: _Sum, statement: Said, value: Instance, where: str) -> None:
    name = value.type.name
    if name == "Microsoft.AspNetCore.Mvc.Authorization.AuthorizeFilter":
        policy = value.arguments[0] if value.arguments else None
        total.mvc_filters.append(policy if isinstance(policy, PolicyValue) else ev.app.policies.get(next(iter(strings(policy)), "")) if policy else None)
        _note(total, statement, "authorize", where)
        return
    reason = guard_of(ev, (value,))
    if reason is not None:
        total.guards.append((statement.site, reason))
        _note(total, statement, "filter", f"{where}: {reason}")


def _data_of(ev: Evaluator, total: _Sum, value: Instance) -> None:
    policy, roles, schemes = (at.property_of(ev, value, n) for n in ("Policy", "Roles", "AuthenticationSchemes"))
    names = [r.strip() for s in strings(roles) for r in s.split(",") if r.strip()] if roles is not None else []
    total.data.append((next(iter(strings(policy)), None) if policy is not None else None, names))
    for given, what in ((policy, "policy"), (roles, "roles")):
        if isinstance(given, Unknown):
            total.requirements.append(f"unknown: the {what} of the attribute: {given.reason}")
    if schemes is not None:
        total.schemes.extend(x.strip() for s in strings(schemes) for x in s.split(",") if x.strip())


# --- the sum -------------------------------------------------------------------------------------------------------------


def _verdict(ev: Evaluator, total: _Sum) -> Verdict:
    common = {"policies": (), "roles": (), "schemes": tuple(dict.fromkeys(total.schemes))}
    if total.anonymous:
        return Verdict(Access.ANONYMOUS, tuple(total.trail), schemes=common["schemes"])
    requirements: list[str] = list(total.requirements)
    use_default = not total.policies
    for policy_name, roles in total.data:
        if policy_name is not None:
            total.names.append(policy_name)
            requirements.extend(_named(ev, total, policy_name))
        if roles:
            total.roles.extend(roles)
            requirements.append("role:" + "|".join(roles))
        if policy_name is None and not roles and use_default:
            requirements.extend(_default(ev, total))
    for policy in total.policies:
        requirements.extend(policy.requirements)
        total.trail.append(TrailStep(policy.site, f"the policy requires {describe_policy(policy)}"))
    if not total.data and not total.policies and not total.requirements:
        return _without_data(ev, total)
    access, reason = weigh(requirements)
    if access is Access.PUBLIC:
        total.trail.append(TrailStep(None, "what is required is met by everyone"))
        return _guarded(total) or Verdict(Access.PUBLIC, tuple(total.trail), tuple(total.names), tuple(total.roles))
    for filter_policy in total.mvc_filters:
        more, _ = weigh(filter_policy.requirements if filter_policy is not None else ["authenticated"])
        if more is Access.RESTRICTED:
            access = more
    return Verdict(
        access, tuple(total.trail), tuple(dict.fromkeys(total.names)), tuple(dict.fromkeys(total.roles)), common["schemes"], reason
    )


def weigh(requirements: Iterable[str]) -> tuple[Access, str]:
    """What a set of requirements amounts to, with a reason where it is not known."""
    found = Access.PUBLIC
    reason = ""
    for requirement in requirements:
        kind = requirement.split(":", 1)[0]
        if kind == "authenticated" and found is Access.PUBLIC:
            found = Access.AUTHENTICATED
        elif kind in ("role", "claim", "user", "assertion", "requirement", "nobody"):
            found = Access.RESTRICTED
        elif kind == "unknown" and found in (Access.PUBLIC, Access.AUTHENTICATED):
            found, reason = Access.RESTRICTED, ""
    return found, reason


def _named(ev: Evaluator, total: _Sum, name: str) -> list[str]:
    policy = ev.app.policies.get(name)
    if policy is not None:
        total.trail.append(TrailStep(policy.site, f'policy "{name}" requires {describe_policy(policy)}'))
        return policy.requirements
    total.trail.append(TrailStep(None, f'policy "{name}" is registered nowhere that was read: it is taken to restrict'))
    return ["unknown: a policy that is not registered in the workspace"]


def _default(ev: Evaluator, total: _Sum) -> list[str]:
    if ev.app.default is None:
        return ["authenticated"]
    total.trail.append(TrailStep(ev.app.default.site, f"the default policy requires {describe_policy(ev.app.default)}"))
    return ev.app.default.requirements


def _without_data(ev: Evaluator, total: _Sum) -> Verdict:
    """No authorization metadata: the fallback policy, authorize filters, own guards."""
    for filter_policy in total.mvc_filters:
        required = filter_policy.requirements if filter_policy is not None else _default(ev, total)
        access, reason = weigh(required)
        if access is not Access.PUBLIC:
            return Verdict(access, tuple(total.trail), reason=reason)
    fallback = ev.app.fallback
    if fallback is not None:
        total.trail.append(TrailStep(fallback.site, f"no statement on the endpoint: the fallback policy requires {describe_policy(fallback)}"))
        total.stances.append(Stance("authorize", "app", fallback.site, "FallbackPolicy"))
        access, reason = weigh(fallback.requirements)
        if ev.app.fallback_conditions:
            return Verdict(Access.UNKNOWN, tuple(total.trail), reason=f"the fallback policy is set only if `{ev.app.fallback_conditions[-1]}`")
        if access is not Access.PUBLIC:
            return Verdict(access, tuple(total.trail), reason=reason)
    guarded = _guarded(total)
    if guarded is not None:
        return guarded
    if total.doubts:
        return Verdict(Access.UNKNOWN, tuple(total.trail), reason=total.doubts[0])
    total.trail.append(TrailStep(None, "no authorization statement on the endpoint, its groups, its class or its bases, and no fallback policy"))
    return Verdict(Access.PUBLIC, tuple(total.trail))


def _guarded(total: _Sum) -> Verdict | None:
    if not total.guards:
        return None
    return Verdict(Access.GUARDED, tuple(total.trail), reason=total.guards[0][1])


def is_filter_type(value: Value) -> str | None:
    return type_name(value) if not isinstance(value, Const) else None
