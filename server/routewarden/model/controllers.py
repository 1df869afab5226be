"""MVC controllers and their actions, with routes and attributes over all base classes and parts.

Invariant: what is a controller, an action and a route follows ControllerFeatureProvider and DefaultApplicationModelProvider:
https://github.com/dotnet/aspnetcore/tree/main/src/Mvc/Mvc.Core/src/ApplicationModels. Who may call is decided in `model.access`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routewarden.facts.sites import Site
from routewarden.model import attributes as at
from routewarden.model import signatures
from routewarden.model.attributes import Use
from routewarden.model.members import MethodRef
from routewarden.model.symbols import own_type
from routewarden.model.values import Const, Instance, TypeValue, Value
from routewarden.model.workspace_types import WorkspaceType
from routewarden.model.world import part_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routewarden.model.evaluator import Evaluator
    from routewarden.model.scope import Scope

CONTROLLER_BASE = "Microsoft.AspNetCore.Mvc.ControllerBase"


@dataclass(frozen=True, slots=True, eq=False)
class Selector:
    """One way to reach an action: a template (None: conventional routing) and HTTP methods (empty = any)."""

    template: Value | None
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    method: MethodRef
    controller: WorkspaceType
    name: str  # the value of {action}
    selectors: tuple[Selector, ...]
    uses: tuple[Use, ...]  # own, inherited from overridden methods


@dataclass(frozen=True, slots=True, eq=False)
class Controller:
    type: WorkspaceType
    name: str  # the value of {controller}
    area: str | None
    routes: tuple[Value | None, ...]  # templates of the nearest class that has any
    uses: tuple[Use, ...]  # of the class and all its bases, nearest first
    actions: tuple[Action, ...]
    unresolved_bases: tuple[str, ...] = ()
    route_values: tuple[tuple[str, str], ...] = field(default=())


def controller_of(ev: Evaluator, symbol: WorkspaceType) -> Controller | None:
    """The controller that a type is; None if it is none."""
    if symbol.kind not in ("class", "record") or symbol.containing is not None:
        return None
    modifiers = symbol.modifiers
    if "public" not in modifiers or modifiers & {"abstract", "static"} or symbol.arity:
        return None
    above = ev.world.resolver.supertypes(own_type(symbol))
    derives = any(t.full_name == CONTROLLER_BASE for t in above.classes)
    uses = class_uses(ev, symbol)
    named = symbol.name.lower().endswith("controller")
    if not (derives or named or any(at.is_a(ev, u, at.CONTROLLER) for u in uses)):
        return None
    if any(at.is_a(ev, u, at.NON_CONTROLLER) for u in uses):
        return None
    if not derives and not above.unresolved and any(t.full_name.startswith("Microsoft.AspNetCore.Components.") for t in above.all):
        return None
    name = symbol.name[: -len("Controller")] if named and len(symbol.name) > len("Controller") else symbol.name
    return Controller(
        symbol, name, _area(ev, uses), tuple(_class_routes(ev, uses)), tuple(uses), tuple(_actions(ev, symbol)), above.unresolved,
        _route_values(ev, uses),
    )


def class_uses(ev: Evaluator, symbol: WorkspaceType) -> list[Use]:
    """The attributes of a class and its bases, nearest first. Those of framework bases do not matter for routing or access."""
    found: list[Use] = []
    for index, link in enumerate(ev.world.chain(TypeValue(symbol.full_name, symbol))):
        for path, part in link.parts:
            scope = ev.world.resolver.header_scope(path, part)
            found.extend(at.uses(ev, part.attributes, scope, path, part.id, "class" if index == 0 else "base"))
    return found


def _class_routes(ev: Evaluator, uses: list[Use]) -> Iterator[Value | None]:
    """Templates of the nearest class that has any; a class with none yields nothing."""
    nearest: str | None = None
    for use in uses:
        if use.value is not None and at.is_a(ev, use, at.ROUTE_TEMPLATE):
            declaration = use.site.declaration.split("|", 1)[0]
            if nearest is None:
                nearest = declaration
            if declaration == nearest:
                yield at.template_of(ev, use)


def _area(ev: Evaluator, uses: list[Use]) -> str | None:
    for key, value in _route_values(ev, uses):
        if key.lower() == "area":
            return value
    return None


def _route_values(ev: Evaluator, uses: list[Use]) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for use in uses:
        if use.value is not None and at.is_a(ev, use, at.ROUTE_VALUE):
            key = at.text_of(ev, use.value, "RouteKey") or ("area" if use.value.type.name.endswith("AreaAttribute") or ev.world.is_assignable(
                use.value.type, TypeValue("Microsoft.AspNetCore.Mvc.AreaAttribute")) else None)
            value = at.text_of(ev, use.value, "RouteValue") or at.text_of(ev, use.value, "AreaName")
            if value is None and use.value.arguments:
                first = use.value.arguments[-1]
                value = first.value if isinstance(first, Const) and isinstance(first.value, str) else None
            if key and value:
                found.setdefault(key, value)
    return tuple(found.items())


# --- actions -------------------------------------------------------------------------------------------------------------


def _actions(ev: Evaluator, symbol: WorkspaceType) -> Iterator[Action]:
    of = TypeValue(symbol.full_name, symbol)
    chain = ev.world.chain(of)
    overridden: set[tuple[str, tuple[str, ...]]] = set()
    for link in chain:
        for path, member in link.members:
            if member.kind != "method" or "public" not in member.modifiers or member.explicit_interface is not None:
                continue
            signature = (member.name, tuple(str(p.type) for p in member.parameters))
            if signature in overridden:
                continue
            if member.modifiers & {"static", "abstract"} or member.type_parameters:
                continue
            method = MethodRef(link, path, member)
            levels = [method]
            if "override" in member.modifiers:
                overridden.add(signature)
                levels += _overridden(ev, of, link, method, signature[1])
                if len(levels) == 1 and _overrides_framework(ev, link, member.name):
                    continue
            if member.name == "Dispose" and not member.parameters:
                continue
            uses = _method_uses(ev, levels)
            if any(at.is_a(ev, u, at.NON_ACTION) for u in uses):
                continue
            yield Action(method, symbol, _action_name(ev, member.name, uses), tuple(_selectors(ev, _routing_uses(ev, levels, uses))), tuple(uses))


def _overridden(
    ev: Evaluator, of: TypeValue, link: WorkspaceType, method: MethodRef, parameters: tuple[str, ...]
) -> list[MethodRef]:
    """The methods that an override replaces, nearest first; generic bases spell their parameters differently."""
    found = []
    for above in ev.world.methods_above(of, method.facts.name, link):
        same = tuple(str(p.type) for p in above.facts.parameters) == parameters
        if same or (len(above.facts.parameters) == len(parameters) and above.type.arity):
            found.append(above)
    return found


def _overrides_framework(ev: Evaluator, link: WorkspaceType, name: str) -> bool:
    """The overridden method is the framework's, where every method of Controller and ControllerBase is [NonAction]."""
    return bool(signatures.methods_of(ev.world, TypeValue(link.full_name, link), name))


def _method_uses(ev: Evaluator, levels: list[MethodRef]) -> list[Use]:
    found: list[Use] = []
    for index, level in enumerate(levels):
        scope = _member_scope(ev, level)
        found.extend(at.uses(ev, level.facts.attributes, scope, level.path, level.facts.id, "action" if index == 0 else "base"))
    return found


def _member_scope(ev: Evaluator, method: MethodRef) -> Scope:

    return ev.world.resolver.scope(method.path, part_in(method.type, method.path), method.facts)


def _routing_uses(ev: Evaluator, levels: list[MethodRef], uses: list[Use]) -> list[Use]:
    """Route attributes of an override: its own if it has any, else the root declaration's (measured on .NET 10)."""
    def routed(level: MethodRef) -> list[Use]:
        return [u for u in uses if u.site.declaration == level.facts.id and u.site.path == level.path and _routes(ev, u)]

    own = routed(levels[0])
    others = [u for u in uses if not _routes(ev, u)]
    if own or len(levels) == 1:
        return own + others
    return routed(levels[-1]) + others


def _routes(ev: Evaluator, use: Use) -> bool:
    return at.is_a(ev, use, at.ROUTE_TEMPLATE) or at.is_a(ev, use, at.HTTP_METHODS)


def _action_name(ev: Evaluator, name: str, uses: list[Use]) -> str:
    for use in uses:
        if use.value is not None and at.is_a(ev, use, at.ACTION_NAME):
            given = at.text_of(ev, use.value, "Name")
            if given is not None:
                return given
    # MvcOptions.SuppressAsyncSuffixInActionNames is on by default.
    return name[: -len("Async")] if name.endswith("Async") and len(name) > len("Async") else name


def _selectors(ev: Evaluator, uses: list[Use]) -> Iterator[Selector]:
    """DefaultApplicationModelProvider.CreateSelectors."""
    providers: list[tuple[Use, Value]] = []
    silent = False
    for use in uses:
        if at.is_a(ev, use, at.ROUTE_TEMPLATE):
            template = at.template_of(ev, use)
            if template is None:
                silent = True
            else:
                providers.append((use, template))
    if any(not at.is_a(ev, use, at.HTTP_METHODS) for use, _ in providers):
        silent = False
    verbs = [u for u in uses if at.is_a(ev, u, at.HTTP_METHODS)]
    defining = [use for use, _ in providers]
    if not providers and not silent:
        yield Selector(None, _verbs(ev, verbs))
        return
    for provider, template in providers:
        if at.is_a(ev, provider, at.HTTP_METHODS):
            yield Selector(template, _verbs(ev, [provider]))
        else:
            yield Selector(template, _verbs(ev, [v for v in verbs if v not in defining]))
    if silent:
        yield Selector(None, _verbs(ev, [v for v in verbs if v not in defining]))


def _verbs(ev: Evaluator, uses: list[Use]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(m for u in uses for m in at.methods_of(ev, u)))


def action_site(action: Action) -> Site:
    return action.method.site


def instance_uses(uses: tuple[Use, ...]) -> list[Instance]:
    return [u.value for u in uses if u.value is not None]
