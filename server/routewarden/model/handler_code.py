"""What the code of a handler does that only an endpoint for people who are not signed in does: signing in, checking a signature.

Invariant: a call counts where the type that it is made on is known; calls into the workspace are followed `_HOPS` deep. What follows from it
is decided in `model.nature`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.facts.syntax_nodes import nodes
from routewarden.model.members import MethodRef
from routewarden.model.overloads import choose
from routewarden.model.register import Nature
from routewarden.model.values import Frame, Instance, TypeValue
from routewarden.model.workspace_types import WorkspaceType

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator

_HOPS = 3  # action -> service -> token factory
_BODIES = 40  # of one endpoint

_IDENTITY = "Microsoft.AspNetCore.Identity."
_HTTP = "Microsoft.AspNetCore.Http."
_CONTEXT = "Microsoft.AspNetCore.Authentication.AuthenticationHttpContextExtensions"
_SIGN_IN, _SIGN_OUT = ("sign-in", "signs callers in"), ("sign-out", "signs callers out")
_RECOVERY, _TOKEN = ("recovery", "is the way back into an account"), ("sign-in", "issues tokens")
_PASSWORD = ("sign-in", "checks a password")

_SIGN_INS = (
    "PasswordSignInAsync", "CheckPasswordSignInAsync", "SignInAsync", "SignInWithClaimsAsync", "ExternalLoginSignInAsync",
    "TwoFactorSignInAsync", "TwoFactorAuthenticatorSignInAsync", "TwoFactorRecoveryCodeSignInAsync", "PasskeySignInAsync",
    "ConfigureExternalAuthenticationProperties", "GetExternalLoginInfoAsync", "GetTwoFactorAuthenticationUserAsync",
)

# Type -> method -> what an endpoint that calls it is for.
# https://learn.microsoft.com/aspnet/core/security/authentication/identity
_CALLS: dict[str, dict[str, tuple[str, str]]] = {
    _IDENTITY + "SignInManager`1": {"SignOutAsync": _SIGN_OUT, **dict.fromkeys(_SIGN_INS, _SIGN_IN)},
    _IDENTITY + "UserManager`1": {
        "CheckPasswordAsync": _PASSWORD, "GeneratePasswordResetTokenAsync": _RECOVERY, "ResetPasswordAsync": _RECOVERY,
        "ConfirmEmailAsync": _RECOVERY, "VerifyUserTokenAsync": _RECOVERY, "GenerateEmailConfirmationTokenAsync": _RECOVERY,
    },
    _IDENTITY + "IPasswordHasher`1": {"VerifyHashedPassword": _PASSWORD},
    _IDENTITY + "PasswordHasher`1": {"VerifyHashedPassword": _PASSWORD},
    _HTTP + "HttpContext": {"SignInAsync": _SIGN_IN, "ChallengeAsync": _SIGN_IN, "SignOutAsync": _SIGN_OUT},
    _CONTEXT: {"SignInAsync": _SIGN_IN, "ChallengeAsync": _SIGN_IN, "SignOutAsync": _SIGN_OUT},
    "Microsoft.AspNetCore.Mvc.ControllerBase": {"SignIn": _SIGN_IN, "SignOut": _SIGN_OUT, "Challenge": _SIGN_IN},
    "Microsoft.AspNetCore.Mvc.RazorPages.PageModel": {"SignIn": _SIGN_IN, "SignOut": _SIGN_OUT, "Challenge": _SIGN_IN},
    _HTTP + "Results": {"SignIn": _SIGN_IN, "SignOut": _SIGN_OUT, "Challenge": _SIGN_IN},
    _HTTP + "TypedResults": {"SignIn": _SIGN_IN, "SignOut": _SIGN_OUT, "Challenge": _SIGN_IN},
    "System.IdentityModel.Tokens.Jwt.JwtSecurityTokenHandler": {
        "CreateToken": _TOKEN, "WriteToken": _TOKEN, "CreateEncodedJwt": _TOKEN, "CreateJwtSecurityToken": _TOKEN,
    },
    "Microsoft.IdentityModel.JsonWebTokens.JsonWebTokenHandler": {"CreateToken": _TOKEN},
    "BCrypt.Net.BCrypt": {"Verify": _PASSWORD, "EnhancedVerify": _PASSWORD},
    "Stripe.EventUtility": {"ConstructEvent": ("webhook", "checks the sender's signature")},
}
_ACCOUNTS = {_IDENTITY + "UserManager`1": "CreateAsync"}  # registration, where the endpoint is called so; else administration
_HMAC = frozenset(f"System.Security.Cryptography.HMAC{name}" for name in ("MD5", "SHA1", "SHA256", "SHA384", "SHA512"))
_FEATURES = frozenset({
    "Microsoft.AspNetCore.Diagnostics.IExceptionHandlerFeature", "Microsoft.AspNetCore.Diagnostics.IExceptionHandlerPathFeature",
    "Microsoft.AspNetCore.Diagnostics.IStatusCodeReExecuteFeature",
})
_COMPARERS = frozenset({"FixedTimeEquals", "SequenceEqual", "Equals"})

REGISTRATION_NAMES = frozenset({"register", "signup", "registration", "createaccount"})


@dataclass(slots=True)
class Search:
    """What one handler's code was seen to do."""

    ev: Evaluator
    names: frozenset[str]
    found: list[Nature] = field(default_factory=list)
    signing: dict[tuple[str, str], Site] = field(default_factory=dict)  # bodies that compute an HMAC
    called: dict[tuple[str, str, int], list[tuple[str, str]]] = field(default_factory=dict)  # call -> bodies it leads to
    seen: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: the types of the locals and parameters around it, and the frame for names."""

    frame: Frame
    types: dict[str, TypeValue | None]


def parameters(ev: Evaluator, method: MethodRef) -> list[tuple[str, TypeValue | None]]:
    return list(zip((p.name for p in method.facts.parameters), ev.world.parameter_types(method), strict=True))


def read_method(search: Search, method: MethodRef, this: TypeValue | None, hops: int) -> None:
    if method.facts.body is None or hops > _HOPS or len(search.seen) >= _BODIES:
        return
    owner = this or TypeValue(method.type_name, method.type)
    frame = Frame(method.path, method.facts.body, {}, None, Instance(owner), method.type)
    types = dict(parameters(search.ev, method))
    read_body(search, method.path, method.facts.body, Scope(frame, types), hops)


def read_body(search: Search, path: str, body: str, scope: Scope, hops: int) -> None:
    if (path, body) in search.seen or len(search.seen) >= _BODIES:
        return
    search.seen.add((path, body))
    for node in nodes(search.ev.body(path, body) or ()):
        if isinstance(node, ir.Local):
            written = search.ev.world.resolve(node.type, scope.frame)
            scope.types[node.name] = written or (_type_of(search.ev, node.value, scope) if node.value is not None else None)
        elif isinstance(node, (ir.Lambda, ir.LocalFunction)):
            for parameter in node.parameters:
                scope.types.setdefault(parameter.name, search.ev.world.resolve(parameter.type, scope.frame))
            read_body(search, path, node.body, scope, hops)
        elif isinstance(node, ir.New):
            made = search.ev.world.resolve(node.type, scope.frame) if node.type is not None else None
            if made is not None and made.name in _HMAC:
                search.signing[path, body] = Site(path, body, f"node:{node.node}")
        elif isinstance(node, ir.Call):
            _call(search, node, scope, path, body, hops)


def _call(search: Search, call: ir.Call, scope: Scope, path: str, body: str, hops: int) -> None:
    ev = search.ev
    if isinstance(call.function, ir.Name):
        name, of = call.function.name, _this(scope)
    elif isinstance(call.function, ir.Member):
        name, of = call.function.name, _type_of(ev, call.function.target, scope)
    else:
        return
    site = Site(path, body, f"node:{call.node}")
    arguments = getattr(call.function, "type_arguments", ())
    for argument in arguments:
        asked = ev.world.resolve(argument, scope.frame)
        if asked is not None and asked.name in _FEATURES:
            search.found.append(Nature("error", f"shows what went wrong (`{asked.name.rsplit('.', 1)[-1]}`)", site))
    if of is None:
        return
    for above in _classes(ev, of):
        known = _CALLS.get(above, {})
        meant = known.get(name)
        if meant is not None:
            kind, why = meant
            search.found.append(Nature(kind, f"{why} (`{above.rsplit('.', 1)[-1].split('`')[0]}.{name}`)", site))
        elif _ACCOUNTS.get(above) == name and search.names & REGISTRATION_NAMES:
            search.found.append(Nature("registration", f"registers accounts (`UserManager.{name}`)", site))
        if above in _HMAC:
            search.signing[path, body] = site
    if isinstance(of.symbol, WorkspaceType) and hops < _HOPS:
        search.called[path, body, call.node] = list(_into(search, of, name, len(call.arguments), hops))


def _into(search: Search, of: TypeValue, name: str, count: int, hops: int) -> Iterator[tuple[str, str]]:
    """Into a workspace method, or each class that implements it; the bodies that this led to."""
    ev = search.ev
    methods = ev.world.methods(of, name)
    if methods and methods[0].facts.body is None:
        for implementation in ev.world.implementations(of, ev.app.projects)[:3]:
            for method in ev.world.methods(implementation, name)[:1]:
                read_method(search, method, implementation, hops + 1)
                yield method.path, method.facts.body or ""
        return
    chosen = next((m for m in methods if len(m.facts.parameters) == count), None) or choose(ev.world, methods, ()) or next(iter(methods), None)
    if chosen is not None:
        read_method(search, chosen, of, hops + 1)
        yield chosen.path, chosen.facts.body or ""


# --- signatures ----------------------------------------------------------------------------------------------------------


def compares(search: Search, path: str, body: str) -> bool:
    """Whether what an HMAC gave, here or in a method that is called here, is compared here."""
    signed: set[str] = set()

    def carries(value: object) -> bool:
        for node in nodes([value]):
            if isinstance(node, ir.Name) and node.name in signed:
                return True
            if isinstance(node, ir.Call) and any(inner in search.signing for inner in search.called.get((path, body, node.node), ())):
                return True
            if isinstance(node, (ir.Call, ir.New)) and search.signing.get((path, body)) == Site(path, body, f"node:{node.node}"):
                return True
        return False

    for node in nodes(search.ev.body(path, body) or ()):
        if isinstance(node, ir.Local) and node.value is not None and carries(node.value):
            signed.add(node.name)
        elif isinstance(node, ir.Assign) and isinstance(node.target, ir.Name) and carries(node.value):
            signed.add(node.target.name)
        elif _is_comparison(node) and carries(node):
            return True
    return False


def _is_comparison(node: object) -> bool:
    if isinstance(node, ir.Binary):
        return node.operator in ("==", "!=")
    return isinstance(node, ir.Call) and getattr(node.function, "name", "") in _COMPARERS


def _classes(ev: Evaluator, of: TypeValue) -> list[str]:
    """The names of a type, its bases and interfaces."""
    named = ev.world.named_type(of)
    if named is None:
        return [of.name]
    return [of.name, *(t.full_name for t in ev.world.resolver.supertypes(named).all)]


def _this(scope: Scope) -> TypeValue | None:
    return scope.frame.this.type if isinstance(scope.frame.this, Instance) else None


def _type_of(ev: Evaluator, expr: ir.Expr, scope: Scope) -> TypeValue | None:
    """The static type of a receiver: names, members and creations; None where it is not known."""
    if isinstance(expr, ir.Name):
        if expr.name in scope.types:
            return scope.types[expr.name]
        if expr.name in ("this", "base"):
            return _this(scope)
        this = _this(scope)
        held = ev.world.property_type(this, expr.name) if this is not None else None
        return held or ev.world.resolve(ir.TypeRef(expr.name, expr.type_arguments), scope.frame)
    if isinstance(expr, ir.Member):
        of = _type_of(ev, expr.target, scope)
        return ev.world.property_type(of, expr.name) if of is not None else ev.world.resolve(ir.TypeRef(_dotted(expr)), scope.frame)
    if isinstance(expr, ir.New):
        return ev.world.resolve(expr.type, scope.frame) if expr.type is not None else None
    if isinstance(expr, ir.Cast):
        return ev.world.resolve(expr.type, scope.frame)
    if isinstance(expr, ir.Unary):
        return _type_of(ev, expr.operand, scope) if expr.operator in ("await", "!!") else None
    if isinstance(expr, ir.Call):
        asked = getattr(expr.function, "type_arguments", ())
        name = getattr(expr.function, "name", "")
        if asked and name in ("GetRequiredService", "GetService", "Get", "Resolve"):
            return ev.world.resolve(asked[0], scope.frame)
    return None


def _dotted(expr: ir.Expr) -> str:
    if isinstance(expr, ir.Member):
        return f"{_dotted(expr.target)}.{expr.name}"
    return expr.name if isinstance(expr, ir.Name) else "?"
