"""What authorization code says of two callers: one who is not signed in, and one who is, without roles and further claims.

Invariant: the code of an assertion or requirement handler is run on stand-ins for `HttpContext.User`; only an answer that is known
for a caller counts, everything else restricts. An anonymous request has a principal with one identity that is not authenticated
(https://github.com/dotnet/aspnetcore/blob/main/src/Http/Http/src/Features/Authentication/HttpAuthenticationFeature.cs).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from routewarden.model import overloads
from routewarden.model.evaluator import Passed
from routewarden.model.values import NULL, CallerText, Closure, Const, Instance, ListValue, MethodGroup, TypeValue, Unknown, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator

CONTEXT = "Microsoft.AspNetCore.Authorization.AuthorizationHandlerContext"
_PRINCIPAL = "System.Security.Claims.ClaimsPrincipal"
_IDENTITY = "System.Security.Claims.ClaimsIdentity"
_HANDLER = "Microsoft.AspNetCore.Authorization.AuthorizationHandler`1"
_RESOURCE_HANDLER = "Microsoft.AspNetCore.Authorization.AuthorizationHandler`2"
_SIGNED_IN = "<signed in>"
VERDICT = "<verdict>"
_DEPTH = "<conditions>"
NAME_CLAIMS = frozenset({
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
})


def principal(ev: Evaluator, signed_in: bool) -> Instance:
    """`HttpContext.User` of the caller."""
    claims = [_claim(ev, of) for of in sorted(NAME_CLAIMS)] if signed_in else []
    identity = Instance(_typed(ev, _IDENTITY), {
        _SIGNED_IN: Const(signed_in), "IsAuthenticated": Const(signed_in), "Claims": ListValue(list(claims)),
        "Name": CallerText("<caller>") if signed_in else NULL,
        "AuthenticationType": Unknown(TypeValue("System.String"), "how the caller signed in") if signed_in else NULL,
    })
    return Instance(_typed(ev, _PRINCIPAL), {
        _SIGNED_IN: Const(signed_in), "Identity": identity, "Identities": ListValue([identity]), "Claims": ListValue(list(claims)),
    })


def _claim(ev: Evaluator, of: str) -> Instance:
    return Instance(_typed(ev, "System.Security.Claims.Claim"), {"Type": Const(of), "Value": CallerText("<caller>")})


def context(ev: Evaluator, signed_in: bool) -> Instance:
    """An AuthorizationHandlerContext; `Succeed` and `Fail` on it are noted."""
    return Instance(_typed(ev, CONTEXT), {
        _SIGNED_IN: Const(signed_in), "User": principal(ev, signed_in), VERDICT: ListValue([]),
        _DEPTH: Const(len(ev.conditions)),
    })


def _typed(ev: Evaluator, name: str) -> TypeValue:
    return TypeValue(name, ev.world.symbol(name))


def call(ev: Evaluator, target: Instance, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """A call on a stand-in; None where the target is none, or the answer depends on more than who calls."""
    signed_in = target.fields.get(_SIGNED_IN)
    if not isinstance(signed_in, Const):
        return None
    name = where.name
    if name in ("Succeed", "Fail") and VERDICT in target.fields:
        noted = target.fields[VERDICT]
        if isinstance(noted, ListValue):
            depth = target.fields[_DEPTH]
            certain = isinstance(depth, Const) and depth.value == len(ev.conditions)
            noted.items.append(Const(name) if certain else Unknown(None, name))
        return NULL
    if name == "IsInRole":
        return Const(False)
    if name in ("HasClaim", "FindFirst", "FindFirstValue", "FindAll") and passed:
        return _claims(ev, target, name, [p.value for p in passed])
    return None


def _claims(ev: Evaluator, target: Instance, name: str, wanted: Sequence[Value]) -> Value:
    """A search in the claims of a caller, who has a name and an id and nothing else."""
    held = target.fields.get("Claims")
    if not isinstance(held, ListValue):  # on a context there are none
        return Unknown(None, "a claim of the caller")
    found: list[Value] = []
    for claim in held.items:
        assert isinstance(claim, Instance)
        if isinstance(wanted[0], (Closure, MethodGroup)):
            hit = ev.truth(ev.apply(wanted[0], [claim]))
        elif isinstance(wanted[0], Const):
            hit = isinstance(claim.fields["Type"], Const) and claim.fields["Type"].value == wanted[0].value and len(wanted) == 1
        else:
            hit = None
        if hit is None:
            return Unknown(None, "a claim of the caller")
        if hit:
            found.append(claim)
    if name == "HasClaim":
        return Const(bool(found))
    if name == "FindAll":
        return ListValue(found)
    first = found[0] if found else None
    if isinstance(first, Instance):
        return first.fields["Value"] if name == "FindFirstValue" else first
    return NULL


def assertion(ev: Evaluator, function: Value | None) -> str:
    """What `RequireAssertion(function)` requires: "everyone", "authenticated", "nobody" or "assertion" for anything else."""
    if not isinstance(function, (Closure, MethodGroup)):
        return "assertion"
    if ev.truth(ev.apply(function, [Unknown(None, "the caller")])) is False:
        return "nobody"
    answers = [ev.truth(ev.apply(function, [context(ev, signed_in)])) for signed_in in (False, True)]
    return _meaning(answers[0], answers[1])


def requirement(ev: Evaluator, value: Instance, registered: Sequence[TypeValue]) -> str:
    """What an own IAuthorizationRequirement requires, by the handlers that are registered for it or by itself, if it is one."""
    name = value.type.name.rsplit(".", 1)[-1]
    handlers: list[Instance] = []
    if ev.world.is_assignable(value.type, TypeValue(_HANDLER)):
        handlers.append(value)
    for of in registered:
        if ev.world.is_assignable(of, TypeValue(_HANDLER, None, (value.type,))) or not _is_typed(ev, of):
            made = ev.construct(of, ())
            if isinstance(made, Instance):
                handlers.append(made)
    answers = [_handled(ev, handlers, value, signed_in) for signed_in in (False, True)]
    meaning = _meaning(answers[0], answers[1])
    return meaning if meaning in ("everyone", "authenticated") else f"requirement:{name}"


def _is_typed(ev: Evaluator, of: TypeValue) -> bool:
    """A handler of one kind of requirement, unlike one that implements IAuthorizationHandler itself and sees them all."""
    return any(ev.world.is_assignable(of, TypeValue(name)) for name in (_HANDLER, _RESOURCE_HANDLER))


def _handled(ev: Evaluator, handlers: Sequence[Instance], value: Instance, signed_in: bool) -> bool | None:
    """Whether some handler says Succeed and none says Fail; None where that is not known."""
    known: bool | None = False
    guesses = ev.guesses
    for handler in handlers:
        stand_in = context(ev, signed_in)
        arguments = [Passed(stand_in), Passed(value)]
        chosen = overloads.choose(ev.world, ev.world.methods(handler.type, "HandleRequirementAsync"), arguments)
        if chosen is None:
            arguments = arguments[:1]
            chosen = overloads.choose(ev.world, ev.world.methods(handler.type, "HandleAsync"), arguments)
        if chosen is None:
            return None
        stand_in.fields["PendingRequirements"] = stand_in.fields["Requirements"] = ListValue([value])
        ev.invoke_method(chosen, handler, arguments)
        noted = stand_in.fields[VERDICT]
        if not isinstance(noted, ListValue) or any(isinstance(v, Unknown) for v in noted.items):
            return None
        words = [v.value for v in noted.items if isinstance(v, Const)]
        if "Fail" in words:
            return False
        known = known or "Succeed" in words
    if known and not signed_in and ev.guesses > guesses:
        return None  # it asked a service on the way, which may refuse a caller whom nobody knows
    return known


def _meaning(anonymous: bool | None, signed_in: bool | None) -> str:
    if anonymous is True and signed_in is True:
        return "everyone"
    return "authenticated" if anonymous is False and signed_in is True else "assertion"
