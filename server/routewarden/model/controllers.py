"""Which classes are MVC controllers, with their routes and attributes over all base classes and parts.

Invariant: what is a controller and where its routes come from follows ControllerFeatureProvider and DefaultApplicationModelProvider:
https://github.com/dotnet/aspnetcore/blob/main/src/Mvc/Mvc.Core/src/Controllers/ControllerFeatureProvider.cs and
https://github.com/dotnet/aspnetcore/blob/main/src/Mvc/Mvc.Core/src/ApplicationModels/DefaultApplicationModelProvider.cs.
Actions are in `model.actions`, conventions in `model.application_model`; who may call is decided in `model.access`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from routewarden.model import attributes as at
from routewarden.model.actions import Action, Selector, actions_of, route_values
from routewarden.model.attributes import Use
from routewarden.model.said import of_class
from routewarden.model.symbols import own_type
from routewarden.model.values import TypeValue
from routewarden.model.workspace_types import WorkspaceType

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from routewarden.model.evaluator import Evaluator

CONTROLLER_BASE = "Microsoft.AspNetCore.Mvc.ControllerBase"


@dataclass(frozen=True, slots=True, eq=False)
class Controller:
    """`selectors`: one for each route of the nearest class that has any, else a single one without a template."""

    type: WorkspaceType
    name: str  # the value of {controller}
    selectors: tuple[Selector, ...]
    uses: tuple[Use, ...]  # of the class and all its bases, nearest first
    actions: tuple[Action, ...]
    unresolved_bases: tuple[str, ...] = ()
    route_values: tuple[tuple[str, str], ...] = ()
    filters: tuple[Use, ...] = ()  # added by conventions
    visible: bool = True  # in the API explorer, as far as conventions say

    @property
    def area(self) -> str | None:
        return next((value for key, value in self.route_values if key.lower() == "area"), None)


_API_ENDPOINTS = frozenset({"EndpointBaseAsync", "EndpointBaseSync", "BaseAsyncEndpoint", "BaseEndpoint"})


def controller_of(ev: Evaluator, symbol: WorkspaceType) -> Controller | None:
    """The controller that a type is; None if it is none."""
    if symbol.kind not in ("class", "record") or symbol.containing is not None:
        return None
    modifiers = symbol.modifiers
    if "public" not in modifiers or modifiers & {"abstract", "static"} or symbol.arity:
        return None
    above = ev.world.resolver.supertypes(own_type(symbol))
    derives = any(t.full_name == CONTROLLER_BASE for t in above.classes)
    named = symbol.name.lower().endswith("controller")
    uses, selectors, values = ev.memo("controller classes").of(symbol, lambda: _head(ev, symbol))
    endpoint = _is_api_endpoint(ev, symbol, above.unresolved)
    if not (derives or named or endpoint or any(at.is_a(ev, u, at.CONTROLLER) for u in uses)):
        return None
    if any(at.is_a(ev, u, at.NON_CONTROLLER) for u in uses):
        return None
    if not derives and not above.unresolved and any(t.full_name.startswith("Microsoft.AspNetCore.Components.") for t in above.all):
        return None
    name = symbol.name[: -len("Controller")] if named else symbol.name  # "" for a class `Controller`: no conventional route leads there
    return Controller(symbol, name, selectors, uses, tuple(actions_of(ev, symbol)), () if endpoint else above.unresolved, values)


def _is_api_endpoint(ev: Evaluator, symbol: WorkspaceType, unresolved: Sequence[str]) -> bool:
    """`EndpointBaseAsync.WithRequest<T>.WithResult<U>` of Ardalis.ApiEndpoints: a ControllerBase with one action.

    https://github.com/ardalis/ApiEndpoints/blob/main/src/Ardalis.ApiEndpoints/EndpointBaseAsync.cs
    """
    if not any(name.partition(".")[0] in _API_ENDPOINTS for name in unresolved):
        return False
    files = [ev.world.types.index.facts(path) for path, _ in symbol.parts]
    imported = any(str(using.target) == "Ardalis.ApiEndpoints" for facts in files for using in facts.usings)
    return imported or any(
        str(using.target) == "Ardalis.ApiEndpoints"
        for path in ev.world.types.index.paths_with_global_usings(symbol.project)
        for using in ev.world.types.index.facts(path).usings
    )


def _head(ev: Evaluator, symbol: WorkspaceType) -> tuple[tuple[Use, ...], tuple[Selector, ...], tuple[tuple[str, str], ...]]:
    """What the class says for all its actions: attributes, routes, route values."""
    uses = class_uses(ev, symbol)
    return tuple(uses), tuple(_class_selectors(ev, uses)) or (Selector(None, ()),), route_values(ev, uses)


def class_uses(ev: Evaluator, symbol: WorkspaceType) -> list[Use]:
    """The attributes of a class and its bases, nearest first. Those of framework bases do not matter for routing or access."""
    levels: list[list[Use]] = []
    for index, link in enumerate(ev.world.chain(TypeValue(symbol.full_name, symbol))):
        own: list[Use] = []
        for path, part in link.parts:
            # Attributes see the members and nested types of their class, unlike its bases (see `model.scope`).
            scope = ev.world.resolver.scope(path, part)
            own.extend(at.uses(ev, part.attributes, scope, path, part.id, "class" if index == 0 else "base", of_class(index)))
        levels.append(own)
    return at.inherited(ev, levels)


def _class_selectors(ev: Evaluator, uses: Sequence[Use]) -> Iterator[Selector]:
    """Templates of the nearest class that has any; a class with none yields nothing."""
    nearest: str | None = None
    for use in uses:
        if use.value is not None and at.is_a(ev, use, at.ROUTE_TEMPLATE):
            declaration = use.site.declaration.split("|", 1)[0]
            if nearest is None:
                nearest = declaration
            if declaration == nearest:
                yield Selector(at.template_of(ev, use), ())
