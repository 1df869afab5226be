"""From controllers to endpoints: attribute routes, conventional routes, and what the calls that map controllers say.

Invariant: the list is what the endpoint table would hold: an attribute-routed action once for each template, a conventional one once for
each route that serves it. Each route builder has a data source of its own: every group that maps controllers serves all
attribute-routed actions under its prefix (measured: `app.MapGroup("/g").MapControllerRoute(...)` does so too).
https://github.com/dotnet/aspnetcore/blob/main/src/Mvc/Mvc.Core/src/Routing/ActionEndpointFactory.cs
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from routewarden.facts.sites import Site
from routewarden.model import api_versions, body_guards, conventional, nature, odata, templates
from routewarden.model import attributes as at
from routewarden.model.access import decide
from routewarden.model.conventional import ConventionalRoute, Shape
from routewarden.model.conventions import applied
from routewarden.model.endpoints import UNKNOWN_PART, group_said, groups_of, text_of
from routewarden.model.evaluator import Passed
from routewarden.model.probe import Request
from routewarden.model.register import Endpoint, Nature, Verdict, shown_route
from routewarden.model.running_filters import filters_of
from routewarden.model.said import Said, said_by_conventions, said_by_uses
from routewarden.model.values import Const, Convention, EndpointDraft, Instance, TypeValue, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from routewarden.model.actions import Action, Selector
    from routewarden.model.attributes import Use
    from routewarden.model.controllers import Controller
    from routewarden.model.evaluator import Evaluator

_WITH_VIEWS = "Microsoft.AspNetCore.Mvc.Controller"
_API_CONTROLLER = "Microsoft.AspNetCore.Mvc.ApiControllerAttribute"
_IGNORED_BY_NSWAG = "NSwag.Annotations.OpenApiIgnoreAttribute"
KINDS = ("controllers", "controller-route", "fallback-controller")


def controller_drafts(ev: Evaluator, assumed: bool) -> list[EndpointDraft]:
    """The calls that map controllers; empty where the app maps none, and one that stands for them where that cannot be seen."""
    found = [draft for draft in ev.app.endpoints if draft.kind in KINDS]
    legacy = [s for s in ev.app.pipeline if s.name in ("UseMvc", "UseMvcWithDefaultRoute")]
    if not found and (assumed or legacy or ev.gaps):
        found = [EndpointDraft("controllers", (), None, ev.app.root, Site("", "", "whole"), None, ())]
        if any(s.name == "UseMvcWithDefaultRoute" for s in legacy):
            pattern = Const(conventional.DEFAULT_ROUTE)
            found.append(EndpointDraft("controller-route", (), pattern, ev.app.root, legacy[0].site, None, ()))
    return found


def shape_of(controllers: Iterable[Controller]) -> Shape:
    """The route values that any action of the app sets."""
    values = {v for c in controllers for v in (c.route_values, *(a.route_values for a in c.actions)) if v}
    pairs = {(k.lower(), v.lower()) for of_one in values for k, v in of_one}
    return Shape(frozenset(k for k, _ in pairs), frozenset(v for k, v in pairs if k == "area"))


def of_controller(ev: Evaluator, controller: Controller, drafts: Sequence[EndpointDraft], assumed: bool, shape: Shape) -> list[Endpoint]:
    """The endpoints of one controller under the calls that map controllers."""
    groups = list({id(d.group): d.group for d in drafts}.values())
    found: list[Endpoint] = []
    for group in groups:
        own = [d for d in drafts if d.group is group]
        routes = [conventional.route_of(d) for d in own if d.kind == "controller-route"]
        known = ev.memo("endpoints")
        head = (*map(id, controller.uses), *map(id, controller.selectors), *map(id, controller.filters))
        for action in controller.actions:
            # Kept by the action: it and what the class says are the same objects until an edit reaches them.
            kept = known.of(
                (action, head, controller.name, controller.route_values, controller.visible, id(group), assumed, shape),
                lambda action=action, own=own, routes=routes: (  # type: ignore[misc]
                    controller, _of_action(ev, controller, action, own, routes, assumed, shape)
                ),
            )
            found.extend(kept[1])
    return found


def _of_action(
    ev: Evaluator, controller: Controller, action: Action, drafts: Sequence[EndpointDraft], routes: Sequence[ConventionalRoute],
    assumed: bool, shape: Shape,
) -> tuple[Endpoint, ...]:
    with ev.question():
        return tuple(_action(ev, controller, action, drafts, routes, assumed, shape))


def _action(
    ev: Evaluator, controller: Controller, action: Action, drafts: Sequence[EndpointDraft], routes: Sequence[ConventionalRoute],
    assumed: bool, shape: Shape,
) -> Iterator[Endpoint]:
    values = _action_values(controller, action)
    transform = _transform(ev, action)
    routed = [s for s in controller.selectors if s.template is not None]
    by_model = list(odata.routes_of(ev, controller, action))
    for verb, route in by_model:
        said = replace(action.selectors[0], methods=(verb,))
        yield _endpoint(ev, controller, action, said, controller.selectors[:1], route, (), drafts[0], drafts)
    for selector in action.selectors:
        own = text_of(selector.template) if selector.template is not None else None
        if own is not None and (templates.is_absolute(own) or not routed):
            route = templates.rooted(templates.replace_tokens(templates.combine(None, own) or "", values, transform))
            yield _endpoint(ev, controller, action, selector, controller.selectors[:1], route, (), drafts[0], drafts)
        elif routed:
            for prefix in routed:
                combined = templates.combine(text_of(prefix.template), own) or ""
                route = templates.rooted(templates.replace_tokens(combined, values, transform))
                yield _endpoint(ev, controller, action, selector, (prefix,), route, (), drafts[0], drafts)
        elif not by_model:
            yield from _conventional(ev, controller, action, selector, values, drafts, routes, assumed, shape)


def _action_values(controller: Controller, action: Action) -> dict[str, str]:
    """The route values of an action: its own names, its area and what else attributes say."""
    values = {"action": action.name, "controller": controller.name}
    for key, value in (*action.route_values, *controller.route_values):
        values.setdefault(key, value)
    return values


def _conventional(
    ev: Evaluator, controller: Controller, action: Action, selector: Selector, values: dict[str, str], drafts: Sequence[EndpointDraft],
    routes: Sequence[ConventionalRoute], assumed: bool, shape: Shape,
) -> Iterator[Endpoint]:
    lower = {k.lower(): v for k, v in values.items()}
    required = tuple(values.items())
    for route in routes:
        if conventional.serves(route, lower, shape):
            text = templates.rooted(text_of(route.pattern))
            yield _endpoint(ev, controller, action, selector, controller.selectors[:1], text, required, route.draft, drafts)
    if assumed and not routes:
        area = f"{lower['area']}/" if "area" in lower else ""
        text = f"/{area}{{controller={controller.name}}}/{{action={action.name}}}"
        yield _endpoint(ev, controller, action, selector, controller.selectors[:1], text, required, drafts[0], drafts)


def _transform(ev: Evaluator, action: Action) -> Callable[[str], str] | None:
    """`TransformOutbound` of the action's transformer; what it makes at run time is UNKNOWN_PART."""
    transformer = action.transformer
    of = getattr(transformer, "type", None)
    if transformer is None or not isinstance(of, TypeValue):
        return None
    methods = ev.world.methods(of, "TransformOutbound")

    def transformed(text: str) -> str:
        made = ev.invoke_method(methods[0], transformer, [Passed(Const(text))]) if methods else None
        return made.value if isinstance(made, Const) and isinstance(made.value, str) else UNKNOWN_PART

    return transformed


def _endpoint(
    ev: Evaluator, controller: Controller, action: Action, selector: Selector, above: Sequence[Selector], route: str,
    required: tuple[tuple[str, str], ...], draft: EndpointDraft, drafts: Sequence[EndpointDraft],
) -> Endpoint:
    groups = groups_of(draft.group)
    if groups:
        route = templates.group_route([text_of(g.prefix) for g in groups], route)
    said = group_said(ev, groups)
    said += said_by_global_filters(ev)
    said += said_by_uses(reversed(_metadata(above[0] if above else None, controller.uses)))
    said += said_by_uses(controller.filters)
    said += _said_by_controller(ev, controller)
    said += said_by_uses(_metadata(selector, action.uses))
    said += said_by_uses(action.filters)
    # After the action's own metadata: they may remove it (ActionEndpointFactory.AddActionDataToBuilder).
    said += said_by_conventions(_mapping_conventions(draft, drafts, bool(required)), "controllers")
    request = Request(route, selector.methods, dict(required), _action_values(controller, action))
    body = body_guards.of_action(ev, controller.type, action.method, request)
    told = applied(ev, said, route)
    verdict, stances = decide(ev, told, mvc=True, request=request, body=body)
    views = ev.world.is_assignable(TypeValue(controller.type.full_name, controller.type), TypeValue(_WITH_VIEWS)) is True
    handler = f"{controller.type.full_name}.{action.method.facts.name}"
    return Endpoint(
        "action", selector.methods, route, required, handler, ev.app.project, action.method.site, verdict, stances, action.method.site,
        controller.type.site, tuple(g.site for g in reversed(groups) if g.site is not None), True, _is_hidden(ev, controller, action),
        api_versions.of_action(ev, controller.uses, action.uses), views and not any(at.is_a(ev, u, _API_CONTROLLER) for u in controller.uses),
        filters_of(ev, told, mvc=True),
        _nature(ev, controller, action, route, required, verdict),
    )


def _nature(
    ev: Evaluator, controller: Controller, action: Action, route: str, required: tuple[tuple[str, str], ...], verdict: Verdict
) -> Nature | None:
    """What the action is for; the form of a sign-in has the name of the action that it is sent to."""
    of = TypeValue(controller.type.full_name, controller.type)
    namesakes = [m for m in ev.world.methods(of, action.method.facts.name) if m.facts is not action.method.facts]
    return nature.of_method(ev, [action.method, *namesakes], shown_route(route, required), verdict, of)


_FILTER_METHODS = ("OnActionExecuting", "OnActionExecutionAsync", "OnAuthorization", "OnAuthorizationAsync")


def _said_by_controller(ev: Evaluator, controller: Controller) -> list[Said]:
    """A controller that overrides OnActionExecuting or implements a filter interface is a filter of its own actions.

    https://learn.microsoft.com/aspnet/core/mvc/controllers/filters#implement-a-filter
    """
    of = TypeValue(controller.type.full_name, controller.type)
    name = ev.memo("controller filters").of(controller.type, lambda: next((m for m in _FILTER_METHODS if ev.world.methods(of, m)), ""))
    if not name or not at.is_a(ev, Instance(of), at.FILTER):
        return []
    method = ev.world.methods(of, name)[0]
    return [Said("class", method.site, f"{name}(…)", Instance(of))]


def _metadata(selector: Selector | None, uses: Sequence[Use]) -> list[Use]:
    """The endpoint metadata that comes with a selector; attributes whose class is not known are always kept."""
    if selector is None or selector.metadata is None:
        return list(uses)
    return [*selector.metadata, *(u for u in uses if u.unresolved)]


def _mapping_conventions(draft: EndpointDraft, drafts: Sequence[EndpointDraft], is_conventional: bool) -> list[Convention]:
    """Measured: conventions on MapControllers() cover all actions, those on MapControllerRoute its own route only."""
    found = [c for d in drafts if d.kind == "controllers" for c in d.conventions]
    if is_conventional and draft.kind == "controller-route":
        found += draft.conventions
    return found


def said_by_global_filters(ev: Evaluator) -> list[Said]:
    """`options.Filters.Add(...)`: they are endpoint metadata of every action and page."""
    return [
        Said("global", told.site, f"options.Filters.{told.text}", _filter(ev, told.values[0]), None, told.conditions)
        for told in ev.app.filters.told if told.values
    ]


def _filter(ev: Evaluator, value: Value) -> Value:
    return ev.construct(value, ()) if isinstance(value, TypeValue) else value


def _is_hidden(ev: Evaluator, controller: Controller, action: Action) -> bool:
    """Not in the API explorer: what the action says, else its controller; conventions come after both (they see what these said).

    https://github.com/dotnet/aspnetcore/blob/main/src/Mvc/Mvc.Core/src/ApplicationModels/DefaultApplicationModelProvider.cs
    """
    if not (controller.visible and action.visible):
        return True
    for uses in (action.uses, controller.uses):
        for use in uses:
            if at.is_a(ev, use, _IGNORED_BY_NSWAG):
                return True
            ignores = _ignores(ev, use)
            if ignores is not None:
                return ignores
    return False


def _ignores(ev: Evaluator, use: Use) -> bool | None:
    """`[ApiExplorerSettings(IgnoreApi = ...)]`; None where the attribute says nothing of it."""
    if use.value is None or not at.is_a(ev, use, at.API_EXPLORER):
        return None
    found = at.property_of(ev, use.value, "IgnoreApi")
    return isinstance(found, Const) and found.value is True
