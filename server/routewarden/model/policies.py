"""Authorization policies as start-up code builds them.

Invariant: a `PolicyValue` lists what is required; what everyone meets is listed as such, and is no restriction.
https://learn.microsoft.com/aspnet/core/security/authorization/policies; the builder's source:
https://github.com/dotnet/aspnetcore/blob/main/src/Security/Authorization/Core/src/AuthorizationPolicyBuilder.cs
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routewarden.facts.sites import Site
from routewarden.model import callers, overloads, sequences
from routewarden.model.evaluator import Passed
from routewarden.model.values import (
    NULL,
    Closure,
    Const,
    Instance,
    ListValue,
    MethodGroup,
    PolicyValue,
    TypeValue,
    Unknown,
    Value,
    type_name,
    value_type,
)

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator

BUILDER = "Microsoft.AspNetCore.Authorization.AuthorizationPolicyBuilder"
OPTIONS = "Microsoft.AspNetCore.Authorization.AuthorizationOptions"
SERVICES_BUILDER = "Microsoft.AspNetCore.Authorization.AuthorizationBuilder"
OWNERS = frozenset({OPTIONS, SERVICES_BUILDER})
OPTIONS_CALLS = frozenset({
    "AddPolicy", "AddFallbackPolicy", "AddDefaultPolicy", "SetFallbackPolicy", "SetDefaultPolicy", "GetPolicy",
})


def new_object(ev: Evaluator, of: TypeValue, passed: Sequence[Passed], site: Site | None) -> Value | None:
    if of.name == BUILDER:
        policy = new_policy(ev, site)
        for argument in passed:
            if isinstance(argument.value, PolicyValue):
                policy.requirements.extend(argument.value.requirements)
            else:
                policy.schemes.extend(strings(argument.value))
        return policy
    if of.name == "Microsoft.AspNetCore.Authorization.AuthorizationPolicy" and passed:
        policy = new_policy(ev, site)
        _add_requirements(ev, policy, passed[0].value)
        return policy
    return None


def strings(value: Value) -> list[str]:
    """The strings in a string or a list of strings."""
    if isinstance(value, Const) and isinstance(value.value, str):
        return [value.value]
    if isinstance(value, ListValue):
        return [s for item in value.items for s in strings(item)]
    return []


def builder_call(ev: Evaluator, policy: PolicyValue, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """A call on an AuthorizationPolicyBuilder, or on a finished policy."""
    name = where.name
    values = [p.value for p in passed]
    policy.sites.append(where.site)
    if name == "RequireAuthenticatedUser":
        policy.requirements.append("authenticated")
    elif name == "RequireRole":
        roles = [s for v in values for s in strings(v)]
        policy.requirements.append("role:" + "|".join(roles) if roles else "role:?")
    elif name == "RequireClaim":
        claim = strings(values[0]) if values else []
        carried = len(values) == 1 and bool(claim) and claim[0] in callers.NAME_CLAIMS  # every sign-in brings a name
        policy.requirements.append("authenticated" if carried else "claim:" + (claim[0] if claim else "?"))
    elif name == "RequireUserName":
        policy.requirements.append("user:" + "|".join(s for v in values for s in strings(v)))
    elif name == "RequireAssertion":
        policy.requirements.append(callers.assertion(ev, values[0] if values else None))
    elif name == "AddRequirements":
        for value in values:
            _add_requirements(ev, policy, value)
    elif name == "AddAuthenticationSchemes":
        policy.schemes.extend(s for v in values for s in strings(v))
    elif name == "Combine":
        for value in values:
            if isinstance(value, PolicyValue):
                policy.requirements.extend(value.requirements)
    elif name == "Build":  # the builder may be used on
        built = new_policy(ev, policy.site)
        built.requirements, built.schemes = list(policy.requirements), list(policy.schemes)
        return built
    else:
        extension = overloads.choose(ev.world, ev.world.extension_methods(name, where.frame), [Passed(policy), *passed], receiver=True)
        if extension is not None:
            return ev.invoke_method(extension, None, [Passed(policy), *passed])
        policy.requirements.append(f"unknown: `{name}` is not in the workspace")
    return policy


@dataclass(slots=True, eq=False)
class PolicyList(Value):
    """`builder.Requirements` or `builder.AuthenticationSchemes`; what is added goes to the policy."""

    policy: PolicyValue
    name: str


def list_call(ev: Evaluator, target: PolicyList, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`builder.Requirements.Add(...)`; other calls look at what is not modelled."""
    if where.name in ("Add", "AddRange", "Insert") and passed:
        if target.name == "Requirements":
            _add_requirements(ev, target.policy, passed[-1].value)
        else:
            target.policy.schemes.extend(strings(passed[-1].value))
        return NULL
    return Unknown(None, f"`{target.name}.{where.name}` of a policy")


def _add_requirements(ev: Evaluator, policy: PolicyValue, value: Value) -> None:
    if isinstance(value, ListValue):
        for item in value.items:
            _add_requirements(ev, policy, item)
        return
    name = type_name(value)
    if name is not None and name.endswith("DenyAnonymousAuthorizationRequirement"):
        policy.requirements.append("authenticated")
    elif name is not None and name.endswith("AssertionRequirement") and isinstance(value, Instance):
        policy.requirements.append(callers.assertion(ev, value.arguments[0] if value.arguments else None))
    elif isinstance(value, Instance) and ev.world.is_workspace(value.type):
        policy.requirements.append(f"own:{len(ev.app.requirements)}")
        ev.app.requirements.append(value)
    else:
        policy.requirements.append(f"requirement:{(name or '?').rsplit('.', 1)[-1]}")


def new_policy(ev: Evaluator, site: Site | None) -> PolicyValue:
    policy = PolicyValue(site=site)
    ev.app.built_policies.append(policy)
    return policy


def settle(ev: Evaluator) -> None:
    """After start-up: own requirements become what their handlers, all registered now, demand of a caller."""
    meanings: dict[str, str] = {}
    for policy in ev.app.built_policies:
        for index, requirement in enumerate(policy.requirements):
            kind, _, number = requirement.partition(":")
            if kind == "own":
                if number not in meanings:
                    meanings[number] = callers.requirement(ev, ev.app.requirements[int(number)], handlers(ev))
                policy.requirements[index] = meanings[number]


def handlers(ev: Evaluator) -> list[TypeValue]:
    """The registered IAuthorizationHandler classes."""
    made = ev.app.services.get("Microsoft.AspNetCore.Authorization.IAuthorizationHandler", ())
    return [of for v in made if (of := v if isinstance(v, TypeValue) else value_type(v)) is not None]


def of_requirement_data(ev: Evaluator, value: Instance) -> list[str]:
    """What an attribute with IAuthorizationRequirementData requires: each of its `GetRequirements()`."""
    chosen = overloads.choose(ev.world, ev.world.methods(value.type, "GetRequirements"), ())
    items = sequences.items_of(ev.invoke_method(chosen, value, ())) if chosen is not None else None
    if items is None:
        return [f"requirement:{value.type.name.rsplit('.', 1)[-1]}"]
    policy = PolicyValue()
    _add_requirements(ev, policy, ListValue(items))
    return [
        callers.requirement(ev, ev.app.requirements[int(r[4:])], handlers(ev)) if r.startswith("own:") else r for r in policy.requirements
    ]


def options_call(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`AddPolicy("x", ...)` and its relatives on AuthorizationOptions and AuthorizationBuilder."""
    name = where.name
    values = [p.value for p in passed]
    names = strings(values[0]) if values else []
    if name == "GetPolicy":
        return ev.app.policies.get(names[0], NULL) if names else Unknown(None, "a policy that is not known")
    if name in ("SetFallbackPolicy", "SetDefaultPolicy"):
        policy = policy_from(ev, values[0] if values else NULL, where.site)
        _set(ev, "FallbackPolicy" if name == "SetFallbackPolicy" else "DefaultPolicy", policy, where.site)
        return target
    policy = policy_from(ev, values[-1] if len(values) > 1 else Unknown(), where.site)
    if policy is None:
        policy = PolicyValue(["unknown: the policy is built at run time"], site=where.site)
    policy.site = where.site
    if not names:
        ev.app.policies_complete = False
    else:
        policy.name = names[0]
        ev.app.policies[names[0]] = policy
    if name == "AddFallbackPolicy":
        _set(ev, "FallbackPolicy", policy, where.site)
    elif name == "AddDefaultPolicy":
        _set(ev, "DefaultPolicy", policy, where.site)
    return target


def combined(ev: Evaluator, passed: Sequence[Passed], site: Site) -> PolicyValue:
    """`AuthorizationPolicy.Combine(...)`: all requirements of all policies."""
    policy = new_policy(ev, site)
    for argument in passed:
        given = argument.value.items if isinstance(argument.value, ListValue) else [argument.value]
        for value in given:
            known = isinstance(value, PolicyValue)
            policy.requirements.extend(value.requirements if known else ["unknown: a policy that is built at run time"])  # type: ignore[attr-defined]
    return policy


def policy_from(ev: Evaluator, value: Value, site: Site) -> PolicyValue | None:
    """A policy object, or what a lambda makes of a new builder; None for null and for what is not known."""
    if isinstance(value, PolicyValue):
        return value
    policy = new_policy(ev, site)
    if isinstance(value, Closure):
        ev.invoke_closure(value, [policy], [Passed(policy)])
        return policy
    if isinstance(value, MethodGroup):
        chosen = overloads.choose(ev.world, value.methods, [Passed(policy)])
        if chosen is not None:
            ev.invoke_method(chosen, value.this, [Passed(policy)])
            return policy
    if isinstance(value, Unknown):
        return PolicyValue([f"unknown: {value.reason or 'the policy is built at run time'}"], site=site)
    return None


def assign(ev: Evaluator, owner: Instance, name: str, value: Value, site: Site) -> bool:
    """`options.FallbackPolicy = ...`; True where it is that."""
    if owner.type.name != OPTIONS or name not in ("FallbackPolicy", "DefaultPolicy"):
        return False
    _set(ev, name, policy_from(ev, value, site), site)
    return True


def current(ev: Evaluator, name: str) -> Value:
    """What `options.DefaultPolicy` or `options.FallbackPolicy` holds; at first, a signed-in user and null."""
    if name == "FallbackPolicy":
        return ev.app.fallback or NULL
    return ev.app.default or PolicyValue(["authenticated"])


def _set(ev: Evaluator, name: str, policy: PolicyValue | None, site: Site) -> None:
    if policy is not None:
        policy.site = site
    if name == "FallbackPolicy":
        ev.app.fallback = policy
        ev.app.fallback_conditions = tuple(ev.conditions)
    else:
        ev.app.default = policy


def roles_in(requirements: Sequence[str]) -> list[tuple[str, ...]]:
    """The roles of each requirement that asks for one of some."""
    return [tuple(r.partition(":")[2].split("|")) for r in requirements if r.startswith("role:") and r != "role:?"]


def describe_policy(policy: PolicyValue) -> str:
    """What it requires, in words."""
    words = []
    for requirement in policy.requirements:
        kind, _, rest = requirement.partition(":")
        words.append({
            "authenticated": "a signed-in user", "role": f"role {rest.replace('|', ' or ')}", "claim": f"claim {rest}",
            "user": f"user {rest}",
            "assertion": "an assertion", "requirement": rest, "everyone": "nothing (its assertion is always true)", "nobody": "nobody",
            "unknown": f"not known ({rest.strip()})",
        }.get(kind, requirement))
    return " and ".join(words) or "nothing"


