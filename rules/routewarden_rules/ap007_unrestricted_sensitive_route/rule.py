"""AP007: a route that is called as if it were for few, and is open to everyone or to whoever is signed in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from routewarden.analysis.finding import (
    AddAttribute,
    AppendCall,
    Confidence,
    Finding,
    FixPlan,
    FixStep,
    RemoveAttribute,
    RemoveCall,
    ReplaceAttribute,
    Severity,
)
from routewarden.analysis.rule import Checks, Criteria, Rule, Setting, Settings
from routewarden.model.register import Access, App, Endpoint, Register, Stance
from routewarden_rules._shared import anonymous, exposure
from routewarden_rules._shared.exposure import literal

# For few people, whoever they are; the others may well be for each signed-in user, about what is theirs.
_FOR_FEW = (
    "admin", "administration", "administrator", "backoffice", "superadmin", "debug", "diagnostics", "dump", "heapdump", "backup", "backups",
    "impersonate", "impersonation", "maintenance", "actuator", "elmah", "hangfire",
)
_NOT_FOR_EVERYONE = (
    "export", "restore", "internal", "management", "trace", "traces", "logs", "env", "audit", "seed",
)
_NO_STANCE = ("hub", "grpc", "docs", "health", "assets", "other")


def configured(settings: Settings) -> Checks:
    given = settings["words"]
    assert isinstance(given, tuple)
    words = {word.casefold() for word in given}

    def check(endpoint: Endpoint, register: Register) -> Iterator[Finding]:
        word = next((w for w in _words(endpoint) if w in words), None)
        if word is None or endpoint.nature is not None or endpoint.kind in _NO_STANCE:
            return
        if exposure.is_undeclared(endpoint):
            note = f"; `{word}` in its route says that it is not for everyone"
            yield exposure.finding(RULE.id, endpoint, register, _severity(endpoint), Confidence.MEDIUM, note, _closing)
        elif endpoint.access is Access.ANONYMOUS:
            stance = anonymous.opening(endpoint)
            said = f": `{stance.text}`" if stance is not None else ""
            severity = _severity(endpoint) if exposure.writes_by_verb(endpoint) else Severity.MEDIUM
            note = f"`{word}` in its route says that it is not for everyone"
            yield _finding(endpoint, register, severity, f"is open to everyone on purpose{said}; {note}")
        elif endpoint.access is Access.AUTHENTICATED and word not in _NOT_FOR_EVERYONE:
            note = f"`{word}` in its route says that it is for few: no role, no policy"
            yield _finding(endpoint, register, Severity.MEDIUM, f"is for whoever is signed in; {note}")

    return Checks(on_endpoint=check)


def _finding(endpoint: Endpoint, register: Register, severity: Severity, what: str) -> Finding:
    return Finding(
        rule=RULE.id,
        severity=severity,
        confidence=Confidence.MEDIUM,
        site=anonymous.site_of(endpoint) if endpoint.access is Access.ANONYMOUS else exposure.name_of(endpoint.site),
        message=f"`{endpoint.label}` {what}",
        endpoint=endpoint.label,
        related=exposure.trail_of(endpoint),
        fixes=tuple(_closing(endpoint, exposure.app_of(endpoint, register))),
    )


def _severity(endpoint: Endpoint) -> Severity:
    return Severity.CRITICAL if "DELETE" in endpoint.methods else Severity.HIGH


def _words(endpoint: Endpoint) -> Iterator[str]:
    """The words of the route's literal segments: `/api/admin-tools/{id}` has "api", "admin" and "tools"."""
    route = endpoint.label.partition(" ")[2]
    for segment in route.split("/"):
        if "{" not in segment:
            yield segment.casefold()
            parts = re.split(r"[-_.]", segment)
            yield from (part.casefold() for part in parts if len(parts) > 1)


# --- what can be done ---


def _closing(endpoint: Endpoint, app: App | None) -> Iterator[FixPlan]:
    """A policy of the app, else a role: being signed in would not be enough."""
    removals = [_removal(s) for s in endpoint.stances if s.kind == "anonymous"]
    if any(step is None for step in removals):
        return
    first = [step for step in removals if step is not None]
    policies = app.policies[:3] if app is not None else ()
    plans = [(f"policy:{name}", f"Authorize(Policy = {literal(name)})", f"RequireAuthorization({literal(name)})") for name in policies]
    if not plans:
        word = next(iter(_words_known(endpoint)), "operations")
        role = literal(f"{word}-access")
        plans = [("role", f"Authorize(Roles = {role})", f"RequireAuthorization(policy => policy.RequireRole({role}))")]
    for index, (plan_id, attribute, call) in enumerate(plans):
        step = _step(endpoint, attribute, call)
        if step is None:
            return
        shown = f"[{attribute}]" if isinstance(step, AddAttribute) else f".{call}"
        title = f"Add {shown}" + (": a role that you give to those who need it" if plan_id == "role" else "")
        yield FixPlan(plan_id, title, _together(first, step), preferred=index == 0)


def _together(removals: list[FixStep], step: FixStep) -> tuple[FixStep, ...]:
    """One attribute in the place of the other, where both are on one declaration."""
    for removal in removals:
        if isinstance(step, AddAttribute) and isinstance(removal, RemoveAttribute) and removal.site.declaration == step.site.declaration:
            others = [r for r in removals if r is not removal]
            return (*others, ReplaceAttribute(removal.site, removal.name, step.text, step.namespace))
    return (*removals, step)


def _words_known(endpoint: Endpoint) -> Iterator[str]:
    return (word for word in _words(endpoint) if word in _FOR_FEW or word in _NOT_FOR_EVERYONE)


def _removal(stance: Stance) -> FixStep | None:
    """Only what is said on the endpoint itself: what opens others too is not taken away for one."""
    if stance.site is None or stance.level not in ("action", "lambda", "endpoint"):
        return None
    if stance.site.part.startswith("attribute:"):
        return RemoveAttribute(stance.site, stance.text.strip("[]").split("(", 1)[0])
    name = stance.text.lstrip(".").split("(", 1)[0]
    return RemoveCall(exposure.whole_call(stance.site), name) if name == "AllowAnonymous" else None


def _step(endpoint: Endpoint, attribute: str, call: str) -> FixStep | None:
    if exposure.takes_attributes(endpoint):
        site = endpoint.handler_site if endpoint.kind == "action" else endpoint.type_site or endpoint.handler_site
        known = site is not None and site.path.endswith(".cs")
        return AddAttribute(replace(site, part="name"), attribute, "Microsoft.AspNetCore.Authorization") if known and site is not None else None
    if not endpoint.site.part.startswith("node:"):
        return None
    return AppendCall(exposure.whole_call(endpoint.site), call, "Microsoft.AspNetCore.Builder")


RULE = Rule(
    id="AP007",
    name="unrestricted-sensitive-route",
    severity=Severity.CRITICAL,
    confidence=Confidence.MEDIUM,
    criteria=Criteria(("CC6.1", "CC6.3"), ("API5:2023", "API8:2023"), (285,), ("5.15", "8.2", "8.3")),
    since="0.1.0",
    module=__name__,
    gap=exposure.GAP,
    precedence=40,
    settings=(Setting("words", (*_FOR_FEW, *_NOT_FOR_EVERYONE), "Words that make a route sensitive, as whole parts of a segment."),),
    configured=configured,
)
