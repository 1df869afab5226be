"""Endpoints that anyone can call although nobody said so: what AP001, AP004 and AP008 have in common.

Invariant: only `Access.PUBLIC` is a gap here. `anonymous` is a decision that somebody wrote down, `guarded` has a mechanism
of its own, and `unknown` is neither a gap nor a pass: it is counted and listed as unknown. Grades come from the verb, the kind
and what the handler does (`Endpoint.nature`), never from a route.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from routewarden.analysis.finding import (
    AddAttribute,
    AppendCall,
    Confidence,
    Finding,
    FixPlan,
    FixStep,
    Related,
    Severity,
)
from routewarden.facts.sites import Site
from routewarden.model.register import WRITE_METHODS, Access, App, Endpoint, Register

GAP = "access"
"""The question that these rules and AP002, AP003 and AP007 answer: who may call this, and who said so?"""

_AUTHORIZATION = "Microsoft.AspNetCore.Authorization"  # AuthorizeAttribute, AllowAnonymousAttribute
_BUILDER = "Microsoft.AspNetCore.Builder"  # AuthorizationEndpointConventionBuilderExtensions
_POLICIES_OFFERED = 5
_MEANT_TO_BE_OPEN = frozenset({"health", "docs", "assets"})
_ATTRIBUTE_KINDS = frozenset({"action", "page", "hub", "grpc"})


# --- which ---


def is_undeclared(endpoint: Endpoint) -> bool:
    """Whether anyone can call the endpoint and nobody said so; health checks, documents and assets are meant to be open."""
    if endpoint.access is not Access.PUBLIC or endpoint.kind in _MEANT_TO_BE_OPEN:
        return False
    if endpoint.kind == "fallback":
        return endpoint.handler_site is not None  # a file for a single-page app has no handler
    return endpoint.kind != "other" or (endpoint.api and endpoint.writes)


def is_for_browsers(endpoint: Endpoint) -> bool:
    """Whether it shows a page: a Razor page, or an action by a conventional route, which an `[ApiController]` cannot have.

    https://learn.microsoft.com/aspnet/core/web-api/#attribute-routing-requirement
    """
    return endpoint.kind == "page" or not endpoint.api or (endpoint.kind == "action" and bool(endpoint.required))


def writes_by_verb(endpoint: Endpoint) -> bool:
    """Whether one of its verbs is there to change state. gRPC is POST whatever it does, so its verb says nothing."""
    return endpoint.kind != "grpc" and any(method in WRITE_METHODS for method in endpoint.methods)


def takes_any_verb(endpoint: Endpoint) -> bool:
    """Whether an API endpoint is open to every verb. Pages are too, and their verb says nothing."""
    of_verbs = endpoint.kind in ("action", "minimal", "fastendpoint", "other")
    return not endpoint.methods and of_verbs and not is_for_browsers(endpoint)


# --- what is said ---


def finding(
    rule: str, endpoint: Endpoint, register: Register, severity: Severity, confidence: Confidence, note: str = "",
    fixes: Callable[[Endpoint, App | None], Iterable[FixPlan]] | None = None,
) -> Finding:
    """The finding of an undeclared endpoint: its subject first, then what is missing; the trail as related places."""
    app = app_of(endpoint, register)
    by_nature = endpoint.nature is not None
    if endpoint.nature is not None:
        note += f"; it {endpoint.nature.why}, so it may have to be open: then say so with {_anonymous_form(endpoint)}"
    return Finding(
        rule=rule,
        severity=Severity.LOW if by_nature else severity,
        confidence=_capped(confidence, endpoint, app, by_nature),
        site=name_of(endpoint.site),
        message=f"`{endpoint.label}` can be called by anyone: {_missing(endpoint, app)}{note}",
        endpoint=endpoint.label,
        related=trail_of(endpoint),
        fixes=tuple(_fixes(endpoint, app, by_nature) if fixes is None else fixes(endpoint, app)),
    )


def app_of(endpoint: Endpoint, register: Register) -> App | None:
    return next((app for app in register.apps if app.project == endpoint.app), None)


def trail_of(endpoint: Endpoint) -> tuple[Related, ...]:
    return tuple(Related(step.site, step.why) for step in endpoint.verdict.trail if step.site is not None)


def _capped(confidence: Confidence, endpoint: Endpoint, app: App | None, by_nature: bool) -> Confidence:
    """Low where a careful reviewer would shrug: editors hide it, reports keep it. Medium where the host is not there to see."""
    if endpoint.kind == "other" or (by_nature and not writes_by_verb(endpoint)):
        return Confidence.LOW
    unsure = by_nature or not _has_host(app)
    return Confidence.MEDIUM if unsure and confidence is Confidence.HIGH else confidence


def _has_host(app: App | None) -> bool:
    return app is not None and app.entry is not None


def _missing(endpoint: Endpoint, app: App | None) -> str:
    stated = [stance.text for stance in endpoint.stances if stance.kind in ("authorize", "policy", "filter")]
    if stated:
        return f"`{stated[0]}` lets everyone through"
    where = {
        "action": "no [Authorize] on it or its controller",
        "page": "no [Authorize] on its page model, no convention",
        "hub": "no [Authorize] on the hub",
        "grpc": "no [Authorize] on the service",
    }.get(endpoint.kind)
    if where is None:
        where = f"no .RequireAuthorization() on it{' or its group' if endpoint.group_sites else ''}"
    if app is not None and app.fallback:
        return where
    return f"{where}, no fallback policy" if _has_host(app) else f"{where}; the app that serves it is not in the workspace"


def _anonymous_form(endpoint: Endpoint) -> str:
    return "[AllowAnonymous]" if endpoint.kind in _ATTRIBUTE_KINDS else ".AllowAnonymous()"


# --- what can be done ---


def closing_fixes(endpoint: Endpoint, register: Register) -> tuple[FixPlan, ...]:
    """The fixes of an undeclared endpoint that close it."""
    plans = _fixes(endpoint, app_of(endpoint, register), endpoint.nature is not None)
    return tuple(plan for plan in plans if plan.id != "allow-anonymous")


def _fixes(endpoint: Endpoint, app: App | None, by_nature: bool) -> Iterator[FixPlan]:
    if any(stance.kind in ("authorize", "policy") for stance in endpoint.stances):
        return  # an [Authorize] is there: what is wrong is the policy, and no second attribute mends that
    policies = () if app is None else app.policies[:_POLICIES_OFFERED]
    plans = _attribute_fixes(endpoint, policies) if takes_attributes(endpoint) else _call_fixes(endpoint, policies)
    preferred = "allow-anonymous" if by_nature else None
    for index, plan in enumerate(plans):
        first = plan.id == preferred if preferred else index == 0
        # Closing a write is what nobody regrets; a read may be meant to be open, and so may a sign-in.
        yield replace(plan, preferred=first, safe=index == 0 and not by_nature and writes_by_verb(endpoint))


def takes_attributes(endpoint: Endpoint) -> bool:
    return endpoint.kind in _ATTRIBUTE_KINDS and (endpoint.handler_site or endpoint.type_site) is not None


def _attribute_fixes(endpoint: Endpoint, policies: tuple[str, ...]) -> Iterator[FixPlan]:
    action = endpoint.handler_site if endpoint.kind == "action" else None
    owner = endpoint.type_site or (endpoint.handler_site if action is None else None)
    targets = [("action", action)] if action is not None else []
    if owner is not None:
        targets.append(("class", owner))
        if action is not None and not _declared_in(action, owner):
            targets.reverse()  # an inherited action serves other controllers too: close this one first
    level, target = targets[0]
    for scope, site in targets:
        yield _attribute(f"authorize-{scope}", f"Add [Authorize] to {shown(site)}", site, "Authorize")
    for policy in policies:
        text = f"Authorize(Policy = {literal(policy)})"
        yield _attribute(f"authorize-{level}-policy:{policy}", f"Add [{text}] to {shown(target)}", target, text)
    title = f"Add [AllowAnonymous] to {shown(target)}: it is meant to be public"
    yield _attribute("allow-anonymous", title, target, "AllowAnonymous")


def _call_fixes(endpoint: Endpoint, policies: tuple[str, ...]) -> Iterator[FixPlan]:
    if endpoint.kind == "other" or not endpoint.site.part.startswith("node:"):
        return
    call = whole_call(endpoint.site)
    yield _call("require-authorization", "Add .RequireAuthorization()", call, "RequireAuthorization()")
    if endpoint.group_sites:
        group = whole_call(endpoint.group_sites[0])
        title = "Add .RequireAuthorization() to its group"
        yield _call("require-authorization-group", title, group, "RequireAuthorization()")
    for policy in policies:
        text = f"RequireAuthorization({literal(policy)})"
        yield _call(f"require-authorization-policy:{policy}", f"Add .{text}", call, text)
    yield _call("allow-anonymous", "Add .AllowAnonymous(): it is meant to be public", call, "AllowAnonymous()")


def _attribute(plan_id: str, title: str, site: Site, text: str) -> FixPlan:
    step: FixStep = AddAttribute(site, text, _AUTHORIZATION)
    return FixPlan(plan_id, title, (step,))


def _call(plan_id: str, title: str, site: Site, text: str) -> FixPlan:
    step: FixStep = AppendCall(site, text, _BUILDER)
    return FixPlan(plan_id, title, (step,))


def name_of(site: Site) -> Site:
    """The called name (`MapGet`) of a call, which may go on over many lines; other sites as they are."""
    kind, _, number = site.part.partition(":")
    return replace(site, part=f"node:{number}:name") if kind == "node" and number.isdigit() else site


def whole_call(site: Site) -> Site:
    """The call whose name a site is: "node:17" of "node:17:name"."""
    return replace(site, part=":".join(site.part.split(":")[:2]))


def _declared_in(member: Site, owner: Site) -> bool:
    base = owner.declaration.split("|", 1)[0]
    return member.declaration.startswith((base + ".", base + "|"))


def shown(site: Site) -> str:
    return _simple_name(site.declaration.split("(", 1)[0].split("|", 1)[0].split("#", 1)[0]).split("`", 1)[0]


def _simple_name(full_name: str) -> str:
    return full_name.rsplit(".", 1)[-1]


def literal(text: str) -> str:
    """A C# string literal: https://learn.microsoft.com/dotnet/csharp/language-reference/tokens/verbatim."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'
