"""Attributes as objects: what their constructors, property initializers and bases make of them.

Invariant: an attribute is what its class is and does, never what it is called; one whose class is declared nowhere known stays
`Use.unresolved`. https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/attributes
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.framework.table import FrameworkType
from routewarden.model.describe import describe
from routewarden.model.evaluator import Passed
from routewarden.model.symbols import TypeSymbol
from routewarden.model.values import Const, Frame, Instance, ListValue, TypeValue, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from routewarden.model.evaluator import Evaluator
    from routewarden.model.scope import Scope

AUTHORIZE_DATA = "Microsoft.AspNetCore.Authorization.IAuthorizeData"
ALLOW_ANONYMOUS = "Microsoft.AspNetCore.Authorization.IAllowAnonymous"
REQUIREMENT_DATA = "Microsoft.AspNetCore.Authorization.IAuthorizationRequirementData"
ROUTE_TEMPLATE = "Microsoft.AspNetCore.Mvc.Routing.IRouteTemplateProvider"
HTTP_METHODS = "Microsoft.AspNetCore.Mvc.Routing.IActionHttpMethodProvider"
FILTER = "Microsoft.AspNetCore.Mvc.Filters.IFilterMetadata"
NON_ACTION = "Microsoft.AspNetCore.Mvc.NonActionAttribute"
NON_CONTROLLER = "Microsoft.AspNetCore.Mvc.NonControllerAttribute"
CONTROLLER = "Microsoft.AspNetCore.Mvc.ControllerAttribute"
ACTION_NAME = "Microsoft.AspNetCore.Mvc.ActionNameAttribute"
ROUTE_VALUE = "Microsoft.AspNetCore.Mvc.Routing.IRouteValueProvider"
AREA = "Microsoft.AspNetCore.Mvc.AreaAttribute"
API_EXPLORER = "Microsoft.AspNetCore.Mvc.ApiExplorerSettingsAttribute"

_VERBS = {
    f"Microsoft.AspNetCore.Mvc.Http{verb}Attribute": verb.upper() for verb in ("Get", "Post", "Put", "Delete", "Patch", "Head", "Options")
}


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One attribute on one declaration. `value` is None where its class is not known; `text` is how it is written."""

    value: Instance | None
    site: Site
    text: str
    level: str  # "action" "class" "base" "interface" "endpoint" "lambda" "convention"
    conditions: tuple[str, ...] = ()  # undecided conditions that a convention adds it under
    distance: int = 0  # from the handler, see `model.said`

    @property
    def unresolved(self) -> bool:
        return self.value is None


def instantiate(ev: Evaluator, attribute: ir.Attribute, scope: Scope, site: Site, owner: TypeSymbol | None = None) -> Instance | None:
    """The attribute object; None where its class is not known."""
    named = ev.world.resolver.resolve_attribute(attribute.type, scope)
    if named is None:
        return None
    of = ev.world.to_value(named)
    if of is None:
        return None
    if owner is None and scope.enclosing:
        owner = scope.enclosing[0]
    frame = Frame(site.path, site.declaration, {}, None, None, owner)
    passed = [Passed(ev.evaluate(a.value, frame), a.name) for a in attribute.arguments]
    made = ev.construct(of, passed)
    if not isinstance(made, Instance):
        return None
    for name, value in attribute.properties:
        ev.write(made, name, ev.evaluate(value, frame), frame)
    return made


def generated_regex(ev: Evaluator, attributes: Sequence[ir.Attribute], scope: Scope, site: Site) -> Value | None:
    """What a partial method or property with [GeneratedRegex] gives; None where it has no such attribute.

    https://learn.microsoft.com/dotnet/standard/base-types/regular-expression-source-generators
    """
    for attribute in attributes:
        made = instantiate(ev, attribute, scope, site)
        if made is not None and made.type.name == "System.Text.RegularExpressions.GeneratedRegexAttribute":
            of = TypeValue("System.Text.RegularExpressions.Regex")
            return ev.construct(TypeValue(of.name, ev.world.symbol(of.name)), [Passed(v) for v in made.arguments])
    return None


def uses(
    ev: Evaluator, attributes: Sequence[ir.Attribute], scope: Scope, path: str, declaration: str, level: str, distance: int = 0
) -> list[Use]:
    """The attributes of a declaration, without those for its return value or accessors."""
    found = []
    for index, attribute in enumerate(attributes):
        if attribute.target not in (None, "method", "type"):
            continue
        site = Site(path, declaration, f"attribute:{index}")
        found.append(Use(instantiate(ev, attribute, scope, site), site, written(attribute), level, distance=distance))
    return found


def written(attribute: ir.Attribute) -> str:
    """`[Authorize(Roles = "Admin")]`."""
    parts = [describe(a.value, 40) for a in attribute.arguments]
    parts += [f"{name} = {describe(value, 40)}" for name, value in attribute.properties]
    name = str(attribute.type).removesuffix("Attribute") or str(attribute.type)
    return f"[{name}({', '.join(parts)})]" if parts else f"[{name}]"


@dataclass(frozen=True, slots=True)
class _Usage:
    """[AttributeUsage] of an attribute class; the nearest of its bases counts."""

    multiple: bool = False
    inherited: bool = True


def _usage(ev: Evaluator, of: TypeValue) -> _Usage:
    for symbol in ev.world.chain(of):
        for _, attribute in symbol.attributes:
            if str(attribute.type).rsplit(".", 1)[-1] in ("AttributeUsage", "AttributeUsageAttribute"):
                given = {name: value.value for name, value in attribute.properties if isinstance(value, ir.Literal)}
                return _Usage(given.get("AllowMultiple") is True, given.get("Inherited") is not False)
    base: TypeValue | None = of
    while base is not None and not isinstance(base.symbol, FrameworkType):
        base = ev.world.base_of(base)
    while base is not None and isinstance(base.symbol, FrameworkType):
        if base.symbol.attribute_usage is not None:
            return _Usage(base.symbol.attribute_usage.multiple, base.symbol.attribute_usage.inherited)
        base = ev.world.base_of(base)
    return _Usage()


def inherited(ev: Evaluator, levels: Iterable[Sequence[Use]]) -> list[Use]:
    """What GetCustomAttributes(inherit: true) gives for a class or method: `levels` are its own attributes, then those of each base.

    An attribute that says so is not inherited, and one that may stand only once hides that of a base.
    https://learn.microsoft.com/dotnet/api/system.attribute.getcustomattributes
    """
    found: list[Use] = []
    for index, level in enumerate(levels):
        present = {use.value.type.name for use in found if use.value is not None}
        for use in level:
            if index and use.value is not None:
                usage = _usage(ev, use.value.type)
                if not usage.inherited or (not usage.multiple and use.value.type.name in present):
                    continue
            found.append(use)
    return found


def is_a(ev: Evaluator, use: Use | Value, interface: str) -> bool:
    """The attribute's class is, derives from or implements the type."""
    value = use.value if isinstance(use, Use) else use
    if not isinstance(value, Instance):
        return False
    return bool(ev.world.is_assignable(value.type, TypeValue(interface)))


def property_of(ev: Evaluator, value: Instance, name: str) -> Value | None:
    """A property of an attribute object: set, computed by its class, or None."""
    held = value.fields.get(name)
    if held is not None:
        return held
    ref = ev.world.data_member(value.type, name)
    if ref is None:
        return None
    facts = ref.facts
    if facts is not None and facts.initializer is None and not any(body for _, body in facts.accessors):
        return None  # an automatic property that nobody set holds null
    found = ev.member(value, name)
    return None if isinstance(found, Unknown) and not found.reason else found


def text_of(ev: Evaluator, value: Instance, name: str) -> str | None:
    """A string property; None where it is null or not known."""
    found = property_of(ev, value, name)
    return found.value if isinstance(found, Const) and isinstance(found.value, str) else None


def template_of(ev: Evaluator, use: Use) -> Value | None:
    """The route template that an IRouteTemplateProvider gives: `Template`, or `Route` of AcceptVerbs; None = silent."""
    assert use.value is not None
    for name in ("Template", "Route"):
        found = property_of(ev, use.value, name)
        if found is not None and not (isinstance(found, Const) and found.value is None):
            return found
    return None


def orders_or_names(ev: Evaluator, use: Use) -> bool:
    """An IRouteTemplateProvider without a template that says an Order or a Name is no silent one: it makes a selector (measured)."""
    assert use.value is not None
    given = [property_of(ev, use.value, name) for name in ("Order", "Name")]
    return any(found is not None and not (isinstance(found, Const) and found.value is None) for found in given)


def methods_of(ev: Evaluator, use: Use) -> tuple[str, ...]:
    """The HTTP methods that an IActionHttpMethodProvider names, upper case."""
    assert use.value is not None
    own = use.value.type
    for symbol_name, verb in _VERBS.items():
        if own.name == symbol_name or ev.world.is_assignable(own, TypeValue(symbol_name)):
            return (verb,)
    for name in ("HttpMethods", "Methods", "Method", "SupportedMethods"):
        found = property_of(ev, use.value, name)
        texts = list(_strings(found)) if found is not None else []
        if texts:
            return tuple(dict.fromkeys(t.upper() for t in texts))
    return tuple(dict.fromkeys(t.upper() for a in use.value.arguments for t in _strings(a)))


def _strings(value: Value) -> Iterable[str]:
    if isinstance(value, Const) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ListValue):
        for item in value.items:
            yield from _strings(item)
