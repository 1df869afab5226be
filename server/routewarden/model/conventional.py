"""Conventional routes: which actions each of them serves, under which pattern.

Invariant: an action is served where every route value it requires is a parameter of the pattern or equals a default, and the ones it
lacks are neither (DefaultRoutePatternTransformer.SubstituteRequiredValues):
https://github.com/dotnet/aspnetcore/blob/main/src/Http/Routing/src/Patterns/DefaultRoutePatternTransformer.cs.
A key that no action of the app sets constrains nothing: without any area, `MapAreaControllerRoute` serves all controllers (measured).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from routewarden.model import regular_expressions, templates
from routewarden.model.values import Const, DictValue, EndpointDraft, Instance, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_ROUTE = "{controller=Home}/{action=Index}/{id?}"
_PARAMETERS = {  # of the Map methods, after the builder
    "MapControllerRoute": ("name", "pattern", "defaults", "constraints", "dataTokens"),
    "MapAreaControllerRoute": ("name", "areaName", "pattern", "defaults", "constraints", "dataTokens"),
    "MapRoute": ("name", "template", "defaults", "constraints", "dataTokens"),
    "MapAreaRoute": ("name", "areaName", "template", "defaults", "constraints", "dataTokens"),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What the actions of an app have in common: `keys` are the route values that any of them sets, lower case."""

    keys: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()  # lower case


@dataclass(frozen=True, slots=True)
class ConventionalRoute:
    """`pattern`: None where it is decided at run time. `defaults` by lower-case name."""

    pattern: Value | None
    defaults: Mapping[str, str]
    constraints: Mapping[str, str]
    draft: EndpointDraft


def route_of(draft: EndpointDraft) -> ConventionalRoute:
    """The route that a Map call adds."""
    call = draft.details.get("call")
    name = call.value if isinstance(call, Const) else None
    given: dict[str, Value] = {}
    for index, parameter in enumerate(_PARAMETERS.get(str(name), ())):
        value = draft.details.get(parameter) or draft.details.get(str(index))
        if value is not None:
            given[parameter] = value
    pattern = given.get("pattern") or given.get("template") or draft.pattern
    if name in ("MapDefaultControllerRoute", "UseMvcWithDefaultRoute") or pattern is None:
        pattern = Const(DEFAULT_ROUTE)
    defaults = _texts(given.get("defaults"))
    constraints = _texts(given.get("constraints"))
    area = given.get("areaName")
    if isinstance(area, Const) and isinstance(area.value, str):
        defaults.setdefault("area", area.value)
        constraints.setdefault("area", area.value)
    return ConventionalRoute(pattern, defaults, constraints, draft)


def _texts(value: Value | None) -> dict[str, str]:
    """The string values of `new { controller = "Blog" }` or a RouteValueDictionary."""
    if isinstance(value, Instance) and value.type.name.endswith(".RouteValueDictionary") and value.arguments:
        value = value.arguments[0]
    pairs: list[tuple[object, Value]] = []
    if isinstance(value, Instance):
        pairs = list(value.fields.items())
    elif isinstance(value, DictValue):
        pairs = [(k.value if isinstance(k, Const) else None, v) for k, v in value.entries]
    return {k.lower(): v.value for k, v in pairs if isinstance(k, str) and isinstance(v, Const) and isinstance(v.value, str)}


def serves(route: ConventionalRoute, required: Mapping[str, str], shape: Shape) -> bool:
    """Whether the route leads to an action with these route values (lower-case keys)."""
    pattern = route.pattern.value if isinstance(route.pattern, Const) and isinstance(route.pattern.value, str) else None
    if pattern is None:
        return True
    parameters = templates.parameters(pattern)
    defaults = {**{k: p.default for k, p in parameters.items() if p.default is not None}, **route.defaults}
    for key in shape.keys | required.keys():
        value = required.get(key)
        parameter = parameters.get(key)
        if not value:
            if parameter is not None or defaults.get(key):
                return False
        elif parameter is not None:
            constraints = [*parameter.constraints, *([f"={route.constraints[key]}"] if key in route.constraints else [])]
            if not all(_allows(constraint, value, shape) for constraint in constraints):
                return False
        elif defaults.get(key, "").lower() != value.lower():
            return False
    return True


def _allows(constraint: str, value: str, shape: Shape) -> bool:
    """A constraint of a parameter that has a required value; "=..." is a pattern from `constraints:`. Others let everything pass."""
    if constraint.startswith("="):
        return regular_expressions.is_match(f"^({constraint[1:]})$", value, ignore_case=True) is not False
    name, _, rest = constraint.partition("(")
    if name == "exists":
        return value.lower() in shape.areas
    if name == "regex" and rest.endswith(")"):
        expression = rest[:-1].replace("{{", "{").replace("}}", "}").replace("[[", "[").replace("]]", "]")
        return regular_expressions.is_match(expression, value, ignore_case=True) is not False
    if name in ("int", "long", "guid", "datetime", "decimal", "double", "float"):
        return False
    if name == "alpha":
        return value.isascii() and value.isalpha()
    return True
