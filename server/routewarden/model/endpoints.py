"""From the Map calls of start-up code to endpoints: minimal APIs, hubs, health checks, fallbacks.

Invariant: the list is what the app's endpoint table would hold. Controllers are in `model.mvc_endpoints`, pages in `model.pages`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.model import api_versions, body_guards, nature, templates
from routewarden.model import attributes as at
from routewarden.model.access import decide
from routewarden.model.actions import method_uses
from routewarden.model.controllers import class_uses
from routewarden.model.conventions import applied
from routewarden.model.probe import Request
from routewarden.model.register import Endpoint
from routewarden.model.running_filters import filters_of
from routewarden.model.said import Said, said_by_conventions, said_by_uses
from routewarden.model.values import Closure, Const, Convention, EndpointDraft, Group, MethodGroup, TypeValue, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routewarden.model.evaluator import Evaluator

UNKNOWN_PART = "{?}"  # a part of a route that is decided at run time
_EXPANDED = ("controllers", "controller-route", "pages", "components", "blazor-hub", "fallback-page", "grpc")  # they stand for many endpoints
_EXCLUDED = "Microsoft.AspNetCore.Routing.IExcludeFromDescriptionMetadata"
_BROWSER = frozenset({"pages", "assets", "components", "fallback", "docs"})


def mapped_directly(ev: Evaluator) -> list[Endpoint]:
    """The endpoints that start-up code maps one by one: everything but controllers and pages."""
    found: list[Endpoint] = []
    for draft in ev.app.endpoints:
        if draft.kind not in _EXPANDED:
            with ev.question():
                found.extend(_minimal(ev, draft))
    return found


# --- minimal APIs --------------------------------------------------------------------------------------------------------


def text_of(value: Value | None) -> str:
    """The text of a pattern; what is not known of it is UNKNOWN_PART."""
    if isinstance(value, Const) and isinstance(value.value, str):
        return value.value
    return "" if isinstance(value, Const) or value is None else UNKNOWN_PART


def groups_of(group: Group) -> list[Group]:
    """The groups around, outermost first, without the root."""
    found: list[Group] = []
    at_group: Group | None = group
    while at_group is not None and at_group.parent is not None:
        found.append(at_group)
        at_group = at_group.parent
    return found[::-1]


def _minimal(ev: Evaluator, draft: EndpointDraft) -> Iterator[Endpoint]:
    groups = groups_of(draft.group)
    prefixes = [text_of(g.prefix) for g in groups]
    route = templates.group_route(prefixes, text_of(draft.pattern))
    said = group_said(ev, groups)
    handler_site, name, uses = _handler(ev, draft)
    said = [*said, *said_by_uses(uses), *said_by_conventions(draft.conventions, "endpoint")]
    if draft.kind == "odata":  # actions of OData's own controller
        said += said_by_conventions([c for d in ev.app.endpoints if d.kind == "controllers" for c in d.conventions], "controllers")
    methods, route = _as_served(draft, route)
    request = Request(route, methods)
    told = applied(ev, said, route)
    verdict, stances = decide(ev, told, mvc=False, request=request, body=body_guards.of_handler(ev, draft.handler, request))
    filters = filters_of(ev, told, mvc=False)
    seen = nature.of_handler(ev, draft.handler, route, verdict) if draft.kind in ("minimal", "fallback", "fastendpoint") else draft.nature
    kind = draft.kind if draft.kind in ("minimal", "hub", "grpc", "health", "docs", "fallback", "assets", "fastendpoint") else "other"
    conventions = [*(g.conventions for g in groups), draft.conventions]
    hidden = any(_hides(ev, c) for level in conventions for c in level) or any(at.is_a(ev, u, _EXCLUDED) for u in uses)
    # Measured: each hub also has an endpoint to negotiate the transport.
    for path in (route, f"{route.rstrip('/')}/negotiate") if draft.kind == "hub" else (route,):
        yield Endpoint(
            kind, methods, path, (), name, ev.app.project, draft.site, verdict, stances, handler_site, None,
            tuple(g.site for g in reversed(groups) if g.site is not None), draft.kind not in _BROWSER, hidden,
            api_versions.of_conventions(conventions), filters=filters, nature=seen,
        )


def _hides(ev: Evaluator, convention: Convention) -> bool:
    """`ExcludeFromDescription()`, or the metadata that it adds."""
    return convention.kind == "exclude" or (convention.kind == "metadata" and any(at.is_a(ev, v, _EXCLUDED) for v in convention.values))


def _as_served(draft: EndpointDraft, route: str) -> tuple[tuple[str, ...], str]:
    """Methods and pattern of the Map calls that choose them themselves (measured)."""
    call = text_of(draft.details.get("call"))
    if call.startswith("MapFallback") and draft.pattern is None:
        route = templates.group_route([text_of(g.prefix) for g in groups_of(draft.group)], "{*path:nonfile}")
    return (("GET", "HEAD") if call == "MapFallbackToFile" else draft.methods or ()), route


def group_said(ev: Evaluator, groups: list[Group]) -> list[Said]:
    said = said_by_conventions(ev.app.root.conventions, "app")
    for index, group in enumerate(groups):
        said.extend(said_by_conventions(group.conventions, "group", len(groups) - 1 - index))
    return said


def _handler(ev: Evaluator, draft: EndpointDraft) -> tuple[Site | None, str, list[at.Use]]:
    """Where the handler is, its name, and its attributes; a hub or gRPC service's class attributes."""
    handler = draft.handler if draft.kind in ("minimal", "fallback") else None  # elsewhere a lambda sets options
    if isinstance(handler, Closure):
        code = handler.code
        path = handler.frame.path
        scope = ev.world.scope(handler.frame)
        uses = at.uses(ev, code.attributes, scope, path, code.body, "lambda")
        part = "whole" if isinstance(code, ir.Lambda) else "name"
        return Site(path, code.body, part), handler.name or draft.member, uses
    if isinstance(handler, MethodGroup) and handler.methods:
        method = handler.methods[0]
        uses = method_uses(ev, method, handler.type)
        return method.site, f"{method.type_name}.{method.facts.name}", uses
    of = draft.details.get("T0")
    if isinstance(of, TypeValue) and ev.world.is_workspace(of):
        return of.symbol.site, of.name, class_uses(ev, of.symbol)  # type: ignore[union-attr, arg-type]
    return None, draft.member, []
