"""Why an endpoint has to be open to people who are not signed in: it signs them in, resets a password, checks a sender's signature.

Invariant: decided from what the handler does, through calls into the workspace whose receiver's type is known, or from what it is (the
path where the app sends errors and sign-ins; a handler that takes credentials and is called as a sign-in); a route alone decides nothing.
What is not recognised has no nature, and is judged like any other endpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from routewarden.facts.sites import Site
from routewarden.model.handler_code import REGISTRATION_NAMES, Scope, Search, compares, parameters, read_body, read_method
from routewarden.model.members import MethodRef
from routewarden.model.register import Access, Nature, Verdict
from routewarden.model.values import Closure, Const, Frame, MethodGroup, TypeValue, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator

# Whole names, without dashes and case; they count together with credentials that come in.
_SIGN_IN_NAMES = frozenset({
    "login", "logon", "signin", "signon", "authenticate", "token", "refreshtoken", "refresh", "connect", "sso", "session", "sessions",
})
_RECOVERY_NAMES = frozenset({
    "forgotpassword", "resetpassword", "recoverpassword", "confirmemail", "verifyemail", "resendconfirmation", "resendemailconfirmation",
})
_CREDENTIALS = frozenset({
    "password", "passwd", "pwd", "passcode", "otp", "totp", "refreshtoken", "idtoken", "credential", "credentials", "masterpasswordhash",
    "resettoken", "resetcode", "verificationcode", "clientsecret", "pincode", "token", "code", "email",
})
_STRONG = _CREDENTIALS - {"token", "code", "email"}


def of_method(ev: Evaluator, methods: Sequence[MethodRef], route: str, verdict: Verdict, owner: TypeValue | None = None) -> Nature | None:
    """The nature of an action or of a page with these handler methods; None where it is not open, or open for no known reason."""
    if verdict.access not in (Access.PUBLIC, Access.ANONYMOUS) or not methods:
        return None
    names = frozenset({_plain(methods[0].facts.name.removesuffix("Async")), _last(route)})
    error = _of_path(ev, route)
    if error is not None:
        return error
    search = Search(ev, names)
    for method in methods:
        read_method(search, method, owner, 0)
    return _decided(search) or _by_credentials(ev, names, [p for m in methods for p in parameters(ev, m)], methods[0].site)


def of_handler(ev: Evaluator, handler: Value | None, route: str, verdict: Verdict) -> Nature | None:
    """The nature of a minimal endpoint."""
    if isinstance(handler, MethodGroup):
        return of_method(ev, handler.methods[:1], route, verdict, handler.type)
    if verdict.access not in (Access.PUBLIC, Access.ANONYMOUS) or not isinstance(handler, Closure):
        return None
    names = frozenset({_last(route)})
    error = _of_path(ev, route)
    if error is not None:
        return error
    search = Search(ev, names)
    code, outer = handler.code, handler.frame
    frame = Frame(outer.path, code.body, {}, outer, outer.this, outer.owner, outer.type_arguments, None, outer.file_scope)
    types = {p.name: ev.world.resolve(p.type, outer) for p in code.parameters}
    read_body(search, outer.path, code.body, Scope(frame, types), 0)
    given = [(p.name, types[p.name]) for p in code.parameters]
    return _decided(search) or _by_credentials(ev, names, given, Site(outer.path, code.body, "whole"))


def _decided(search: Search) -> Nature | None:
    compared = next((body for body in search.seen if compares(search, *body)), None) if search.signing else None
    if compared is not None:
        return Nature("webhook", "checks the sender's signature (an HMAC that is compared)", next(iter(search.signing.values())))
    order = ("sign-in", "webhook", "registration", "recovery", "sign-out", "error")
    return min(search.found, key=lambda nature: order.index(nature.kind), default=None)


# --- what the app says of a path -------------------------------------------------------------------------------------------


def _of_path(ev: Evaluator, route: str) -> Nature | None:
    """Paths that start-up code names: where errors are shown, where people sign in."""
    path = "/" + route.strip("/").casefold()
    for step in ev.app.pipeline:
        if step.name in ("UseExceptionHandler", "UseStatusCodePagesWithReExecute", "UseStatusCodePagesWithRedirects"):
            for value in step.values[:1]:
                if isinstance(value, Const) and isinstance(value.value, str) and _same_path(value.value, path):
                    return Nature("error", f"shows what went wrong ({step.name} sends requests here)", step.site)
    options = ev.app.singletons.get("Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationOptions")
    for name, (kind, why) in {
        "LoginPath": ("sign-in", "is where people sign in"), "LogoutPath": ("sign-out", "is where people sign out"),
        "AccessDeniedPath": ("error", "tells people that they may not"),
    }.items():
        given = options.fields.get(name) if options is not None else None
        if isinstance(given, Const) and isinstance(given.value, str) and _same_path(given.value, path):
            return Nature(kind, f"{why} (the cookie options' {name})")
    return None


def _same_path(configured: str, path: str) -> bool:
    """`/status/{0}` and `~/login` are `/status/{code}` and `/login`."""
    parts = configured.split("?", 1)[0].lstrip("~").strip("/").casefold().split("/")
    others = path.strip("/").split("/")
    return len(parts) == len(others) and all(a == b or (a.startswith("{") and b.startswith("{")) for a, b in zip(parts, others, strict=True))


# --- what comes in -------------------------------------------------------------------------------------------------------


def _by_credentials(ev: Evaluator, names: frozenset[str], given: Sequence[tuple[str, TypeValue | None]], site: Site) -> Nature | None:
    """A handler that is called as a sign-in and takes what only somebody signing in sends."""
    names |= {_purpose(of.name) for _, of in given if of is not None}
    kinds = (("sign-in", _SIGN_IN_NAMES), ("registration", REGISTRATION_NAMES), ("recovery", _RECOVERY_NAMES))
    kind = next((kind for kind, known in kinds if names & known), None)
    if kind is None:
        return None
    wanted = _CREDENTIALS if kind != "sign-in" else _STRONG
    for name, of in given:
        if _plain(name) in wanted:
            return Nature(kind, f"takes credentials (`{name}`) as `{min(names & frozenset().union(*(k for _, k in kinds)))}`", site)
        for link in ev.world.chain(of) if of is not None else ():
            held = [m.name for _, m in link.members if m.kind == "property"]
            held += [p.name for _, part in link.parts for p in part.parameters or ()]
            found = next((n for n in held if _plain(n) in wanted), None)
            if found is not None:
                return Nature(kind, f"takes credentials (`{link.name}.{found}`)", site)
    return None


def _purpose(type_name: str) -> str:
    """What a type is for, by its name: `Shop.Models.LoginRequest` is for a "login"."""
    name = _plain(type_name.rsplit(".", 1)[-1].split("`")[0])
    for ending in ("request", "viewmodel", "inputmodel", "model", "dto", "command", "input", "form"):
        name = name.removesuffix(ending)
    return name


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").casefold()


def _last(route: str) -> str:
    segments = [s for s in route.split("/") if s and not s.startswith("{")]
    return _plain(segments[-1]) if segments else ""


