"""From drafts and controllers to the endpoints of one app.

Invariant: the list is what the app's endpoint table would hold: attribute-routed actions once for each selector, conventional ones
once for each route and action. What nothing maps is not listed; `assumed` is for projects whose host is not in the workspace.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.model import attributes as at
from routewarden.model import templates
from routewarden.model.access import Said, decide, said_by_conventions, said_by_uses
from routewarden.model.controllers import Action, Controller
from routewarden.model.register import Endpoint
from routewarden.model.values import Closure, Const, Convention, EndpointDraft, Group, MethodGroup, TypeValue, Value
from routewarden.model.world import part_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routewarden.model.evaluator import Evaluator

UNKNOWN_PART = "{?}"  # a part of a route that is decided at run time
_CONTROLLERS = ("controllers", "controller-route")
_BROWSER = frozenset({"pages", "assets", "components", "fallback", "docs"})


def mapped_directly(ev: Evaluator) -> list[Endpoint]:
    """The endpoints that start-up code maps one by one: everything but controllers."""
    return [e for draft in ev.app.endpoints if draft.kind not in _CONTROLLERS for e in _minimal(ev, draft)]


def controller_drafts(ev: Evaluator, assumed: bool) -> list[EndpointDraft]:
    """The calls that map controllers; empty where the app maps none, and one that stands for them where that cannot be seen."""
    found = [draft for draft in ev.app.endpoints if draft.kind in _CONTROLLERS]
    legacy = [s for s in ev.app.pipeline if s.name in ("UseMvc", "UseMvcWithDefaultRoute")]
    if not found and (assumed or legacy or ev.gaps):
        found = [EndpointDraft("controllers", (), None, ev.app.root, Site("", "", "whole"), None, ())]
        if any(s.name == "UseMvcWithDefaultRoute" for s in legacy):
            pattern = Const("{controller=Home}/{action=Index}/{id?}")
            found.append(EndpointDraft("controller-route", (), pattern, ev.app.root, legacy[0].site, None, ()))
    return found


def of_controller(ev: Evaluator, controller: Controller, drafts: list[EndpointDraft], assumed: bool) -> list[Endpoint]:
    """The endpoints of one controller under the calls that map controllers."""
    return [e for action in controller.actions for e in _action(ev, controller, action, drafts, assumed)]


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
    said = _group_said(ev, draft, groups)
    handler_site, name, uses = _handler(ev, draft)
    said = [*said, *said_by_uses(uses), *said_by_conventions(draft.conventions, "endpoint")]
    verdict, stances = decide(ev, said, mvc=False)
    kind = draft.kind if draft.kind in ("minimal", "hub", "grpc", "health", "docs", "fallback", "assets") else "other"
    conventions = [c for g in groups for c in g.conventions] + draft.conventions
    yield Endpoint(
        kind, draft.methods or (), route, (), name, ev.app.project, draft.site, verdict, stances, handler_site, None,
        tuple(g.site for g in reversed(groups) if g.site is not None), draft.kind not in _BROWSER,
        any(c.kind == "exclude" for c in conventions),
    )


def _group_said(ev: Evaluator, draft: EndpointDraft, groups: list[Group]) -> list[Said]:
    said = said_by_conventions(ev.app.root.conventions, "app")
    for group in groups:
        said.extend(said_by_conventions(group.conventions, "group"))
    return said


def _handler(ev: Evaluator, draft: EndpointDraft) -> tuple[Site | None, str, list[at.Use]]:
    """Where the handler is, its name, and its attributes; a hub or gRPC service's class attributes."""
    handler = draft.handler
    if isinstance(handler, Closure):
        code = handler.code
        path = handler.frame.path
        scope = ev.world.scope(handler.frame)
        uses = at.uses(ev, code.attributes, scope, path, code.body, "lambda")
        part = "whole" if isinstance(code, ir.Lambda) else "name"
        return Site(path, code.body, part), handler.name or draft.member, uses
    if isinstance(handler, MethodGroup) and handler.methods:
        method = handler.methods[0]
        scope = ev.world.resolver.scope(method.path, part_in(method.type, method.path), method.facts)
        uses = at.uses(ev, method.facts.attributes, scope, method.path, method.facts.id, "action")
        return method.site, f"{method.type_name}.{method.facts.name}", uses
    of = draft.details.get("T0")
    if isinstance(of, TypeValue) and ev.world.is_workspace(of):
        from routewarden.model.controllers import class_uses

        return of.symbol.site, of.name, class_uses(ev, of.symbol)  # type: ignore[union-attr, arg-type]
    return None, draft.member, []


# --- controllers ---------------------------------------------------------------------------------------------------------


def _action(
    ev: Evaluator, controller: Controller, action: Action, drafts: list[EndpointDraft], assumed: bool
) -> Iterator[Endpoint]:
    attribute_draft = next((d for d in drafts if d.kind == "controllers"), drafts[0])
    values = {"controller": controller.name, "action": action.name, **dict(controller.route_values)}
    conventional: list[tuple[str, ...]] = []
    controller_routes = [r for r in controller.routes if r is not None]
    for selector in action.selectors:
        own = text_of(selector.template) if selector.template is not None else None
        if own is not None and (templates.is_absolute(own) or not controller_routes):
            yield _endpoint(ev, controller, action, selector.methods, _route(templates.combine(None, own), values), (), attribute_draft, drafts)
        elif controller_routes:
            for prefix in controller_routes:
                combined = templates.combine(text_of(prefix), own)
                yield _endpoint(ev, controller, action, selector.methods, _route(combined, values), (), attribute_draft, drafts)
        else:
            conventional.append(selector.methods)
    for methods, draft in product(conventional, [d for d in drafts if d.kind == "controller-route"]):
        endpoint = _conventional(ev, controller, action, methods, draft, drafts)
        if endpoint is not None:
            yield endpoint
    if conventional and assumed and not any(d.kind == "controller-route" for d in drafts):
        required = (("controller", controller.name), ("action", action.name))
        area = f"{controller.area}/" if controller.area else ""
        route = f"/{area}{{controller={controller.name}}}/{{action={action.name}}}"
        yield _endpoint(ev, controller, action, conventional[0], route, required, attribute_draft, drafts)


def _route(template: str | None, values: dict[str, str]) -> str:
    return templates.rooted(templates.replace_tokens(template or "", values))


def _conventional(
    ev: Evaluator, controller: Controller, action: Action, methods: tuple[str, ...], draft: EndpointDraft, drafts: list[EndpointDraft]
) -> Endpoint | None:
    call = text_of(draft.details.get("call"))
    pattern = text_of(draft.details.get("pattern") or draft.pattern)
    area = None
    positional = [draft.details[str(i)] for i in range(6) if str(i) in draft.details]
    if call == "MapDefaultControllerRoute":
        pattern = "{controller=Home}/{action=Index}/{id?}"
    elif call == "MapControllerRoute" and not pattern and len(positional) > 1:
        pattern = text_of(positional[1])
    elif call == "MapAreaControllerRoute":
        area = text_of(draft.details.get("areaName")) or (text_of(positional[1]) if len(positional) > 1 else "")
        pattern = pattern or (text_of(positional[2]) if len(positional) > 2 else "")
    if area and controller.area and area.lower() != controller.area.lower():
        return None
    takes_area = "{area" in pattern
    if takes_area != (controller.area is not None) and not area:
        return None
    required = [("controller", controller.name), ("action", action.name)]
    if controller.area is not None:
        required.append(("area", controller.area))
    return _endpoint(ev, controller, action, methods, templates.rooted(pattern), tuple(required), draft, drafts)


def _endpoint(
    ev: Evaluator, controller: Controller, action: Action, methods: tuple[str, ...], route: str, required: tuple[tuple[str, str], ...],
    draft: EndpointDraft, drafts: list[EndpointDraft],
) -> Endpoint:
    groups = groups_of(draft.group)
    if groups and draft.kind == "controllers":
        route = templates.group_route([text_of(g.prefix) for g in groups], route)
    said = _group_said(ev, draft, groups)
    said += said_by_conventions(_mapping_conventions(draft, drafts, bool(required)), "controllers")
    said += [Said("global", c.site, f"options.Filters.{c.text}", _filter_value(ev, c), None, c.conditions) for c in ev.app.mvc_filters]
    said += said_by_uses(reversed(controller.uses))
    said += said_by_uses(action.uses)
    verdict, stances = decide(ev, said, mvc=True)
    hidden = any(_ignored(ev, u) for u in (*controller.uses, *action.uses))
    handler = f"{controller.type.full_name}.{action.method.facts.name}"
    return Endpoint(
        "action", methods, route, required, handler, ev.app.project, action.method.site, verdict, stances, action.method.site,
        controller.type.site, tuple(g.site for g in reversed(groups) if g.site is not None), True, hidden,
    )


def _mapping_conventions(draft: EndpointDraft, drafts: list[EndpointDraft], conventional: bool) -> list[Convention]:
    """Measured: conventions on MapControllers() cover all actions, those on MapControllerRoute its own route only."""
    found = [c for d in drafts if d.kind == "controllers" for c in d.conventions]
    if conventional and draft.kind == "controller-route":
        found += draft.conventions
    return found


def _filter_value(ev: Evaluator, convention: Convention) -> Value | None:
    value = convention.values[0] if convention.values else None
    if isinstance(value, TypeValue):
        return ev.construct(value, ())
    return value


def _ignored(ev: Evaluator, use: at.Use) -> bool:
    if use.value is None or not at.is_a(ev, use, at.API_EXPLORER):
        return False
    found = at.property_of(ev, use.value, "IgnoreApi")
    return isinstance(found, Const) and found.value is True
