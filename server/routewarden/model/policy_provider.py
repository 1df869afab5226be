"""Own policy providers: what policies an app's IAuthorizationPolicyProvider makes of names, and its default and fallback policy.

Invariant: the provider's own code is run; where it hands on to DefaultAuthorizationPolicyProvider, the registered policies answer.
https://learn.microsoft.com/aspnet/core/security/authorization/iauthorizationpolicyprovider
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from routewarden.model import overloads, policies, services
from routewarden.model.evaluator import Passed
from routewarden.model.values import NULL, Const, Instance, PolicyValue, TypeValue, Value, type_name

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator

PROVIDER = "Microsoft.AspNetCore.Authorization.IAuthorizationPolicyProvider"
_METHODS = frozenset({"GetPolicyAsync", "GetDefaultPolicyAsync", "GetFallbackPolicyAsync"})


def framework_call(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """A call on the framework's own provider, or of an own one on its base."""
    name = where.name
    own = type_name(target)
    if name not in _METHODS or own is None or not ev.world.is_assignable_name(own, PROVIDER):
        return None
    if name == "GetPolicyAsync":
        wanted = passed[0].value if passed else NULL
        return ev.app.policies.get(str(wanted.value), NULL) if isinstance(wanted, Const) else None
    if name == "GetFallbackPolicyAsync":
        return ev.app.fallback or NULL
    return ev.app.default or PolicyValue(["authenticated"])


def _provider(ev: Evaluator) -> Instance | None:
    if PROVIDER not in ev.app.services:
        return None
    made = services.resolve(ev, TypeValue(PROVIDER, ev.world.symbol(PROVIDER)))
    return made if isinstance(made, Instance) and ev.world.is_workspace(made.type) else None


def _asked(ev: Evaluator, method: str, arguments: Sequence[Value]) -> Value | None:
    """What the own provider answers; None where there is none, or it leaves the method to its base."""
    provider = _provider(ev)
    if provider is None:
        return None
    passed = [Passed(v) for v in arguments]
    chosen = overloads.choose(ev.world, ev.world.methods(provider.type, method), passed)
    if chosen is None:
        return None
    made = ev.invoke_method(chosen, provider, passed)
    policies.settle(ev)
    return made


def named(ev: Evaluator, name: str) -> PolicyValue | None:
    """The policy of a name."""
    made: Value | None = ev.memo("policy").of(name, lambda: _asked(ev, "GetPolicyAsync", [Const(name)]))
    return made if isinstance(made, PolicyValue) else ev.app.policies.get(name)


def default(ev: Evaluator) -> PolicyValue | None:
    made: Value | None = ev.memo("policy").of("<default>", lambda: _asked(ev, "GetDefaultPolicyAsync", []))
    return made if isinstance(made, PolicyValue) else ev.app.default


def fallback(ev: Evaluator) -> PolicyValue | None:
    made: Value | None = ev.memo("policy").of("<fallback>", lambda: _asked(ev, "GetFallbackPolicyAsync", []))
    if isinstance(made, Const) and made.value is None:
        return None
    return made if isinstance(made, PolicyValue) else ev.app.fallback
