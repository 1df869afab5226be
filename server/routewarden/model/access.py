"""Who may reach an endpoint: the authorization statements that apply to it, combined as ASP.NET Core combines them.

Invariant: every verdict has a trail. AllowAnonymous wins wherever it stands; any requirement at any level switches the fallback
policy off; a policy that everyone meets is no restriction; what cannot be decided is UNKNOWN, with the reason.
https://github.com/dotnet/aspnetcore/blob/main/src/Security/Authorization/Core/src/AuthorizationPolicy.cs (CombineAsync)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from routewarden.model import policy_provider
from routewarden.model.guards import Guard, of_endpoint_filter, of_filter
from routewarden.model.pipeline import Enforcement, enforcement, gates
from routewarden.model.policies import describe_policy, roles_in, strings
from routewarden.model.probe import Request
from routewarden.model.register import Access, RoleSet, Stance, TrailStep, Verdict
from routewarden.model.said import LEVELS, Said, Sum, data_of, note, take
from routewarden.model.values import Instance, ListValue, PolicyValue, Unknown, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator


_OPEN = frozenset({Access.PUBLIC, Access.ANONYMOUS})


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
    if {without.access, full.access} <= _OPEN:
        return without, stances  # open either way
    condition = conditional[0].conditions[-1]
    reason = f"{without.access} or {full.access}, depending on `{condition}`"
    step = TrailStep(conditional[0].site, f"{conditional[0].text} applies only if `{condition}`, which is decided at run time")
    return Verdict(Access.UNKNOWN, (*full.trail, step), full.policies, full.roles, full.schemes, reason), stances


def _decide(
    ev: Evaluator, said: list[Said], mvc: bool, request: Request | None, body: Guard | None
) -> tuple[Verdict, tuple[Stance, ...]]:
    total = Sum()
    for statement in said:
        take(ev, total, statement, mvc)
    found = _own_guards(ev, total, said, request)
    if body is not None:
        total.trail.append(TrailStep(body.site, f"the code of the endpoint {body.why}"))
        found.append(body)
    verdict = _verdict(ev, total, enforcement(ev))
    for guard in found:
        verdict = _under(verdict, guard)
    return verdict, tuple(total.stances)


def _own_guards(ev: Evaluator, total: Sum, said: list[Said], request: Request | None) -> list[Guard]:
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
            where = f"{statement.text} on {LEVELS.get(statement.level, statement.level)}"
            note(total, statement, "filter", f"{where}: {guard.why}")
            found.append(guard)
    for guard in gates(ev, request, metadata):
        total.trail.append(TrailStep(guard.site, f"middleware on the way {guard.why}"))
        found.append(guard)
    return found


def _under(verdict: Verdict, guard: Guard) -> Verdict:
    """The verdict with an own guard before the endpoint."""
    open_ = verdict.access in _OPEN
    if not (open_ or (guard.access is Access.GUARDED and verdict.access in (Access.AUTHENTICATED, Access.UNKNOWN))):
        return verdict
    # Signed-in callers who are asked for more: that is what a role or policy does.
    access = Access.RESTRICTED if verdict.access is Access.AUTHENTICATED else guard.access
    return replace(verdict, access=access, reason=guard.why)


def _verdict(ev: Evaluator, total: Sum, enforced: Enforcement) -> Verdict:
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
        _note_roles(total, policy, "a policy")
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
    return Verdict(
        access, tuple(total.trail), tuple(dict.fromkeys(total.names)), tuple(dict.fromkeys(total.roles)), schemes, reason,
        tuple(dict.fromkeys(total.role_sets)),
    )


def _required(ev: Evaluator, total: Sum, policy_name: str | None, roles: list[str]) -> list[str]:
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


def _of_authorize_filters(ev: Evaluator, total: Sum) -> list[str]:
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
            inner = Sum()
            for item in given.items:
                if isinstance(item, Instance):
                    data_of(ev, inner, item)
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


def _named(ev: Evaluator, total: Sum, name: str) -> list[str]:
    policy = policy_provider.named(ev, name)
    if policy is not None:
        total.trail.append(TrailStep(policy.site, f'policy "{name}" requires {describe_policy(policy)}'))
        _note_roles(total, policy, f'policy "{name}"')
        return policy.requirements
    total.trail.append(TrailStep(None, f'policy "{name}" is registered nowhere that was read: it is taken to restrict'))
    return ["unknown: a policy that is not registered in the workspace"]


def _default(ev: Evaluator, total: Sum) -> list[str]:
    default = policy_provider.default(ev)
    if default is None:
        return ["authenticated"]
    if default.requirements != ["authenticated"]:
        total.trail.append(TrailStep(default.site, f"the default policy requires {describe_policy(default)}"))
        _note_roles(total, default, "the default policy")
    return default.requirements


def _note_roles(total: Sum, policy: PolicyValue, text: str) -> None:
    total.role_sets.extend(RoleSet(tuple(dict.fromkeys(roles)), policy.site, text, True) for roles in roles_in(policy.requirements))


def _without_data(ev: Evaluator, total: Sum, enforced: Enforcement) -> Verdict:
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
