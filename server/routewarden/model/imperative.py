"""Authorization asked for in code: `IAuthorizationService.AuthorizeAsync(user, resource, requirement)`.

Invariant: handlers run on the caller that is tried; a caller without roles and claims owns no resource, so that only a success that is
certain counts. https://learn.microsoft.com/aspnet/core/security/authorization/resourcebased
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from routewarden.model import callers, overloads, policies, sequences
from routewarden.model.evaluator import Passed
from routewarden.model.values import Const, Instance, ListValue, PolicyValue, TypeValue, Value, type_name

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator

SERVICE = "Microsoft.AspNetCore.Authorization.IAuthorizationService"
_RESULT = "Microsoft.AspNetCore.Authorization.AuthorizationResult"
_HANDLERS = ("Microsoft.AspNetCore.Authorization.AuthorizationHandler`1", "Microsoft.AspNetCore.Authorization.AuthorizationHandler`2")


def is_service(target: Value) -> bool:
    return type_name(target) == SERVICE


def authorize(ev: Evaluator, passed: Sequence[Passed]) -> Value:
    """The AuthorizationResult of a call; the first argument is the user, the last says what is required."""
    probe = ev.probe
    assert probe is not None
    probe.asked.append(tuple(ev.conditions))
    values = [p.value for p in passed]
    resource = values[1] if len(values) == 3 else Const(None)
    succeeded = probe.trusted or (bool(values) and _is_met(ev, values[-1], resource, probe.signed_in))
    return Instance(TypeValue(_RESULT, ev.world.symbol(_RESULT)), {"Succeeded": Const(succeeded)})


def _is_met(ev: Evaluator, required: Value, resource: Value, signed_in: bool) -> bool:
    if isinstance(required, Const) and isinstance(required.value, str):
        policy = ev.app.policies.get(required.value)
        return policy is not None and _meets(policy, signed_in)
    if isinstance(required, PolicyValue):
        return _meets(required, signed_in)
    items = sequences.items_of(required)
    requirements = items if items is not None else [required]
    return bool(requirements) and all(isinstance(r, Instance) and _handled(ev, r, resource, signed_in) for r in requirements)


def _meets(policy: PolicyValue, signed_in: bool) -> bool:
    return all(r == "everyone" or (r == "authenticated" and signed_in) for r in policy.requirements)


def _handled(ev: Evaluator, requirement: Instance, resource: Value, signed_in: bool) -> bool:
    """Whether a registered handler says Succeed for certain and none says Fail."""
    succeeded = False
    for of in policies.handlers(ev):
        if not any(ev.world.is_assignable(of, TypeValue(name, None, (requirement.type,))) for name in _HANDLERS):
            continue
        handler = ev.construct(of, ())
        context = callers.context(ev, signed_in)
        for arguments in ([Passed(context), Passed(requirement), Passed(resource)], [Passed(context), Passed(requirement)]):
            chosen = overloads.choose(ev.world, ev.world.methods(of, "HandleRequirementAsync"), arguments)
            if chosen is not None and len(chosen.facts.parameters) == len(arguments):
                ev.invoke_method(chosen, handler, arguments)
                break
        noted = context.fields[callers.VERDICT]
        words = [v.value if isinstance(v, Const) else "?" for v in noted.items] if isinstance(noted, ListValue) else []
        if "Fail" in words:
            return False
        succeeded = succeeded or "Succeed" in words
    return succeeded
