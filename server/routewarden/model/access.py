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
from routewarden.model import policy_provider
from routewarden.model.attributes import Use
from routewarden.model.guards import Guard, of_endpoint_filter, of_filter
from routewarden.model.pipeline import Enforcement, enforcement, gates
from routewarden.model.policies import describe_policy, of_requirement_data, strings
from routewarden.model.probe import Request
from routewarden.model.register import Access, Stance, TrailStep, Verdict
from routewarden.model.values import Convention, Instance, ListValue, PolicyValue, Unknown, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator

_LEVELS = {"action": "the action", "class": "the class", "base": "a base class", "lambda": "the handler", "convention": "a convention",
           "endpoint": "the endpoint",
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
    return [Said(u.level, u.site, u.text, u.value, None, u.conditions) for u in uses]


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
    own_filters: list[tuple[Said, tuple[Value, ...], bool]] = field(default_factory=list)  # (statement, filters, are they MVC's)
    doubts: list[str] = field(default_factory=list)
    authorize_filters: list[Value | None] = field(default_factory=list)  # what each AuthorizeFilter was made with
    anonymous_filter: bool = False  # an IAllowAnonymousFilter, which switches AuthorizeFilters off and nothing else


def decide(
    ev: Evaluator, said: list[Said], mvc: bool, request: Request | None = None, body: Guard | None = None
) -> tuple[Verdict, tuple[Stance, ...]]:
    """The verdict over all statements and what the endpoint's own `body` refuses.

    Where some statements stand under undecided conditions, both ways must agree.
    """
    conditional = [s for s in said if s.conditions]
    full, stances = _decide(ev, said, mvc, request, body)
    if not conditional:
        return full, stances
    without, _ = _decide(ev, [s for s in said if not s.conditions], mvc, request, body)
    if without.access == full.access:
        return full, stances
    condition = conditional[0].conditions[-1]
    reason = f"{without.access} or {full.access}, depending on `{condition}`"
    step = TrailStep(conditional[0].site, f"{conditional[0].text} applies only if `{condition}`, which is decided at run time")
    return Verdict(Access.UNKNOWN, (*full.trail, step), full.policies, full.roles, full.schemes, reason), stances


def _decide(
    ev: Evaluator, said: list[Said], mvc: bool, request: Request | None, body: Guard | None
) -> tuple[Verdict, tuple[Stance, ...]]:
    total = _Sum()
    for statement in said:
        _take(ev, total, statement, mvc)
    found = _own_guards(ev, total, said, request)
    if body is not None:
        total.trail.append(TrailStep(body.site, f"the code of the endpoint {body.why}"))
        found.append(body)
    verdict = _verdict(ev, total, enforcement(ev))
    for guard in found:
        verdict = _under(verdict, guard)
    return verdict, tuple(total.stances)


def _own_guards(ev: Evaluator, total: _Sum, said: list[Said], request: Request | None) -> list[Guard]:
    """What own filters and middleware refuse; they run whatever the authorization statements say."""
    metadata: list[Value] = []
    for statement in said:
        if statement.value is not None:
            metadata.append(statement.value)
        elif statement.convention is not None:
            metadata.extend(v for v in statement.convention.values if isinstance(v, Instance))
    found: list[Guard] = []
    for statement, values, mvc in total.own_filters:
        guard = of_filter(ev, values[0], request, metadata) if mvc else of_endpoint_filter(ev, values, request, metadata)
        if guard is not None:
            where = f"{statement.text} on {_LEVELS.get(statement.level, statement.level)}"
            _note(total, statement, "filter", f"{where}: {guard.why}")
            found.append(guard)
    for guard in gates(ev, request, metadata):
        total.trail.append(TrailStep(guard.site, f"middleware on the way {guard.why}"))
        found.append(guard)
    return found


def _under(verdict: Verdict, guard: Guard) -> Verdict:
    """The verdict with an own guard before the endpoint."""
    open_ = verdict.access in (Access.PUBLIC, Access.ANONYMOUS)
    if not (open_ or (guard.access is Access.GUARDED and verdict.access in (Access.AUTHENTICATED, Access.UNKNOWN))):
        return verdict
    return Verdict(guard.access, verdict.trail, verdict.policies, verdict.roles, verdict.schemes, guard.why)


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
    elif kind == "short-circuit":  # measured: answered before the authorization middleware
        total.anonymous = True
        _note(total, statement, "anonymous", f"{where}: answered before authorization runs")
    elif kind == "filter":
        total.own_filters.append((statement, convention.values, False))
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
        total.requirements.extend(of_requirement_data(ev, value))
        if not at.is_a(ev, value, at.AUTHORIZE_DATA):
            _note(total, statement, "authorize", where)
    if mvc and at.is_a(ev, value, at.FILTER):
        _mvc_filter(ev, total, statement, value, where)


def _mvc_filter(ev: Evaluator, total: _Sum, statement: Said, value: Instance, where: str) -> None:
    if at.is_a(ev, value, "Microsoft.AspNetCore.Mvc.Authorization.IAllowAnonymousFilter"):
        total.anonymous_filter = True
        return
    if at.is_a(ev, value, "Microsoft.AspNetCore.Mvc.Authorization.AuthorizeFilter"):
        total.authorize_filters.append(value.arguments[-1] if value.arguments else None)
        _note(total, statement, "authorize", where)
        return
    total.own_filters.append((statement, (value,), True))


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


def _verdict(ev: Evaluator, total: _Sum, enforced: Enforcement) -> Verdict:
    schemes = tuple(dict.fromkeys(total.schemes))
    if enforced is Enforcement.BLIND and policy_provider.fallback(ev) is not None:
        total.trail.append(TrailStep(None, "authorization runs before routing: the fallback policy meets every request"))
        return _without_data(ev, total, enforced)
    if total.anonymous:
        return Verdict(Access.ANONYMOUS, tuple(total.trail), schemes=schemes)
    requirements: list[str] = list(total.requirements)
    for policy_name, roles in total.data:
        requirements.extend(_required(ev, total, policy_name, roles))
    for policy in total.policies:
        requirements.extend(policy.requirements)
        total.trail.append(TrailStep(policy.site, f"the policy requires {describe_policy(policy)}"))
    if not total.data and not total.policies and not total.requirements:
        return _without_data(ev, total, enforced)
    fallback = policy_provider.fallback(ev)
    if not total.data and not total.policies and fallback is not None:
        # Measured: requirement data alone leaves the fallback policy on; both apply.
        requirements.extend(fallback.requirements)
        total.trail.append(TrailStep(fallback.site, f"the fallback policy requires {describe_policy(fallback)}"))
    if not total.anonymous_filter:
        requirements.extend(_of_authorize_filters(ev, total))
    access, reason = weigh(requirements)
    if access is Access.PUBLIC:
        total.trail.append(TrailStep(None, "what is required is met by everyone"))
    elif enforced is not Enforcement.FULL:
        total.trail.append(TrailStep(None, "no authorization middleware runs for it: ASP.NET Core refuses to serve the endpoint at all"))
    return Verdict(access, tuple(total.trail), tuple(dict.fromkeys(total.names)), tuple(dict.fromkeys(total.roles)), schemes, reason)


def _required(ev: Evaluator, total: _Sum, policy_name: str | None, roles: list[str]) -> list[str]:
    """What one IAuthorizeData requires; a policy object on the endpoint switches the default policy off (measured)."""
    found: list[str] = []
    if policy_name:
        total.names.append(policy_name)
        found.extend(_named(ev, total, policy_name))
    if roles:
        total.roles.extend(roles)
        found.append("role:" + "|".join(roles))
    if not policy_name and not roles and not total.policies:
        found.extend(_default(ev, total))
    return found


def _of_authorize_filters(ev: Evaluator, total: _Sum) -> list[str]:
    """AuthorizeFilter: made with nothing, a policy's name, a policy, or authorization data.

    https://github.com/dotnet/aspnetcore/blob/main/src/Mvc/Mvc.Core/src/Authorization/AuthorizeFilter.cs
    """
    found: list[str] = []
    for given in total.authorize_filters:
        if isinstance(given, PolicyValue):
            total.trail.append(TrailStep(given.site, f"the policy of the filter requires {describe_policy(given)}"))
            found.extend(given.requirements)
        elif isinstance(given, Unknown):
            found.append(f"unknown: {given.reason}")
        elif given is not None and strings(given):
            for name in strings(given):
                found.extend(_required(ev, total, name, []))
        elif isinstance(given, ListValue) and given.items:
            inner = _Sum()
            for item in given.items:
                if isinstance(item, Instance):
                    _data_of(ev, inner, item)
            for policy_name, roles in inner.data:
                found.extend(_required(ev, total, policy_name, roles))
        else:
            found.extend(_default(ev, total))
    return found


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
    policy = policy_provider.named(ev, name)
    if policy is not None:
        total.trail.append(TrailStep(policy.site, f'policy "{name}" requires {describe_policy(policy)}'))
        return policy.requirements
    total.trail.append(TrailStep(None, f'policy "{name}" is registered nowhere that was read: it is taken to restrict'))
    return ["unknown: a policy that is not registered in the workspace"]


def _default(ev: Evaluator, total: _Sum) -> list[str]:
    default = policy_provider.default(ev)
    if default is None:
        return ["authenticated"]
    if default.requirements != ["authenticated"]:
        total.trail.append(TrailStep(default.site, f"the default policy requires {describe_policy(default)}"))
    return default.requirements


def _without_data(ev: Evaluator, total: _Sum, enforced: Enforcement) -> Verdict:
    """No authorization metadata: authorize filters and the fallback policy, each of which must be met (measured)."""
    applies = bool(total.authorize_filters) and not total.anonymous_filter and not total.anonymous
    filters = _of_authorize_filters(ev, total) if applies else []
    access, reason = weigh(filters)
    fallback = policy_provider.fallback(ev)
    if fallback is not None and enforced is Enforcement.NONE:
        total.trail.append(TrailStep(fallback.site, "the fallback policy is not enforced: no authorization middleware runs before the endpoint"))
    elif fallback is not None:
        total.trail.append(TrailStep(fallback.site, f"no statement on the endpoint: the fallback policy requires {describe_policy(fallback)}"))
        total.stances.append(Stance("authorize", "app", fallback.site, "FallbackPolicy"))
        without = access
        access, reason = weigh([*filters, *fallback.requirements])
        if ev.app.fallback_conditions and access is not without:
            return Verdict(Access.UNKNOWN, tuple(total.trail), reason=f"the fallback policy is set only if `{ev.app.fallback_conditions[-1]}`")
    if access is not Access.PUBLIC:
        return Verdict(access, tuple(total.trail), tuple(dict.fromkeys(total.names)), tuple(dict.fromkeys(total.roles)), (), reason)
    if total.doubts:
        return Verdict(Access.UNKNOWN, tuple(total.trail), reason=total.doubts[0])
    total.trail.append(TrailStep(None, "no authorization statement on the endpoint, its groups, its class or its bases, and no fallback policy"))
    return Verdict(Access.PUBLIC, tuple(total.trail))
