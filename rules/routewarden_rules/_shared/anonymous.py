"""Endpoints that somebody opened on purpose: which statement did, what it overrides, and how to take it back.

Invariant: a plan takes back every statement that opens the endpoint, and gives each other endpoint that relied on one a statement of its
own, so that nothing else changes who may call it. https://learn.microsoft.com/aspnet/core/diagnostics/asp0026
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from routewarden.analysis.finding import AddAttribute, AppendCall, FixPlan, FixStep, RemoveAttribute, RemoveCall, ReplaceAttribute
from routewarden.facts.sites import Site
from routewarden.model.register import Access, Endpoint, Stance
from routewarden_rules._shared import exposure

_AUTHORIZATION = "Microsoft.AspNetCore.Authorization"
_BUILDER = "Microsoft.AspNetCore.Builder"


def opening(endpoint: Endpoint) -> Stance | None:
    """The nearest statement that opens the endpoint; None where nobody said so."""
    if endpoint.access is not Access.ANONYMOUS:
        return None
    return min((s for s in endpoint.stances if s.kind == "anonymous"), key=_nearness, default=None)


def overridden(endpoint: Endpoint) -> Stance | None:
    """The authorization statement that an anonymous one from farther away switches off, as the framework's ASP0026 sees it.

    On one declaration the order decides: `[AllowAnonymous, Authorize]` is a mistake, `[Authorize, AllowAnonymous]` is taken as meant
    (a scheme that identifies callers without asking for one).
    """
    anonymous = opening(endpoint)
    if anonymous is None:
        return None
    nearer = [s for s in endpoint.stances if s.kind in ("authorize", "policy") and s.site is not None and _nearness(s) < _nearness(anonymous)]
    return min(nearer, key=_nearness, default=None)


def _nearness(stance: Stance) -> tuple[int, int]:
    """Smaller is nearer; of one declaration's attributes the last is."""
    kind, _, number = (stance.site.part if stance.site is not None else "").partition(":")
    return stance.distance, -int(number) if kind == "attribute" and number.isdigit() else 0


def site_of(endpoint: Endpoint) -> Site:
    """Where the gap is shown: at the statement without effect, else at the endpoint's name."""
    stance = overridden(endpoint)
    return exposure.name_of(stance.site if stance is not None and stance.site is not None else endpoint.site)


# --- what can be done ---


def by_statement(endpoints: Iterable[Endpoint]) -> Mapping[Site | None, list[Endpoint]]:
    """The endpoints that each anonymous statement opens."""
    found: defaultdict[Site | None, list[Endpoint]] = defaultdict(list)
    for endpoint in endpoints:
        for site in {s.site for s in endpoint.stances if s.kind == "anonymous"}:
            found[site].append(endpoint)
    return found


def closing(endpoint: Endpoint, opened_by: Mapping[Site | None, list[Endpoint]], text: str = "") -> Iterator[FixPlan]:
    """Takes every statement back that opens the endpoint; `text` is the authorization that it gets ("Authorize") where it has none."""
    opened = {s.site: s for s in endpoint.stances if s.kind == "anonymous"}
    steps: list[FixStep] = []
    for site, stance in opened.items():
        step = _removal(site, stance)
        if step is None:
            return
        steps.append(step)
    if not any(s.kind in ("authorize", "policy") for s in endpoint.stances):
        own = _own(endpoint, text or "Authorize")
        if own is None:
            return
        beside = next((s for s in steps if isinstance(own, AddAttribute) and _is_on(s, own.site)), None)
        if isinstance(own, AddAttribute) and isinstance(beside, RemoveAttribute):
            steps[steps.index(beside)] = ReplaceAttribute(beside.site, beside.name, own.text, own.namespace)
        else:
            steps.append(own)
    others = 0
    for other in dict.fromkeys(other for site in opened for other in opened_by.get(site, ())):
        left = {s.site for s in other.stances if s.kind == "anonymous"}
        if other is endpoint or left - opened.keys() or _same_declaration(other, endpoint):
            continue
        if any(s.kind in ("authorize", "policy") for s in other.stances):
            continue  # what it says about itself counts from now on
        own = _own(other, "AllowAnonymous")
        if own is None:
            return
        if own not in steps:
            steps.append(own)
            others += 1
    shown = next(iter(opened.values())).text
    rest = f", and give {others} other{'s' if others > 1 else ''} their own" if others else ""
    yield FixPlan("close", f"Remove {shown}{rest}", tuple(steps), preferred=True)


def _removal(site: Site | None, stance: Stance) -> FixStep | None:
    if site is None:
        return None
    if site.part.startswith("attribute:"):
        return RemoveAttribute(site, stance.text.strip("[]").split("(", 1)[0])
    name = stance.text.lstrip(".").split("(", 1)[0]
    if site.part.startswith("node:") and name == "AllowAnonymous" and stance.level in ("endpoint", "group", "controllers"):
        return RemoveCall(exposure.whole_call(site), name)
    return None


def _is_on(step: FixStep, declaration: Site) -> bool:
    return (step.site.path, step.site.declaration) == (declaration.path, declaration.declaration)


def _own(endpoint: Endpoint, text: str) -> FixStep | None:
    """The endpoint's own statement: an attribute where it takes one, else a call."""
    if exposure.takes_attributes(endpoint):
        site = endpoint.handler_site if endpoint.kind == "action" else endpoint.type_site or endpoint.handler_site
        return AddAttribute(site, text, _AUTHORIZATION) if site is not None and site.path.endswith(".cs") else None
    if endpoint.kind == "other" or not endpoint.site.part.startswith("node:"):
        return None
    call = text.replace("Authorize(Policy = ", "RequireAuthorization(", 1) if text.startswith("Authorize(Policy") else {
        "Authorize": "RequireAuthorization()", "AllowAnonymous": "AllowAnonymous()",
    }.get(text)
    return AppendCall(exposure.whole_call(endpoint.site), call, _BUILDER) if call is not None else None


def _same_declaration(one: Endpoint, other: Endpoint) -> bool:
    return one.site == other.site
