"""The objects that conventions work on: selectors, attribute routes, and the lists of MVC's options and models.

Invariant: they have the properties of ASP.NET Core's own, and a list remembers who put what into it (`ModelList.told`).
https://github.com/dotnet/aspnetcore/tree/main/src/Mvc/Mvc.Core/src/ApplicationModels
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from routewarden.model import attributes as at
from routewarden.model import templates
from routewarden.model.values import NULL, Const, Convention, Instance, ListValue, ModelList, TypeValue, Unknown, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator, Passed

MODELS = "Microsoft.AspNetCore.Mvc.ApplicationModels."
SELECTOR = MODELS + "SelectorModel"
ROUTE = MODELS + "AttributeRouteModel"
_CONSTRAINT = "Microsoft.AspNetCore.Mvc.ActionConstraints.HttpMethodActionConstraint"
_OPTIONS = "Microsoft.AspNetCore.Mvc.MvcOptions"
_PAGES_OPTIONS = "Microsoft.AspNetCore.Mvc.RazorPages.RazorPagesOptions"


def typed(ev: Evaluator, name: str) -> TypeValue:
    return TypeValue(name, ev.world.symbol(name))


def prepared(ev: Evaluator, of: TypeValue) -> dict[str, Value]:
    """The lists that an options object of MVC holds; they are the app's own."""
    if of.name == _OPTIONS:
        return {"Filters": ev.app.filters, "Conventions": ev.app.conventions}
    if of.name == _PAGES_OPTIONS:
        return {"Conventions": ev.app.page_conventions, "RootDirectory": Const("/Pages")}
    return {}


def new_object(ev: Evaluator, of: TypeValue, passed: Sequence[Passed]) -> Value | None:
    """`new SelectorModel()`, `new AttributeRouteModel(...)`: their copies and defaults."""
    given = passed[0].value if passed else None
    if of.name == SELECTOR:
        if isinstance(given, Instance):
            return copied(given)
        return selector_model(ev, NULL)
    if of.name == ROUTE:
        if not isinstance(given, Instance):
            return route_model(ev, NULL)
        template = given.fields.get("Template") if given.type.name == ROUTE else at.property_of(ev, given, "Template")
        return route_model(ev, template or NULL)
    return None


def copied(selector: Instance) -> Instance:
    fields: dict[str, Value] = {}
    for name, value in selector.fields.items():
        if isinstance(value, ModelList):
            fields[name] = ModelList(list(value.items), value.exact, value.type, list(value.told))
        elif isinstance(value, Instance) and value.type.name == ROUTE:
            fields[name] = Instance(value.type, dict(value.fields))
        else:
            fields[name] = value
    return Instance(selector.type, fields)


def route_model(ev: Evaluator, template: Value) -> Instance:
    absolute = templates.is_absolute(template.value) if isinstance(template, Const) and isinstance(template.value, str) else False
    return Instance(typed(ev, ROUTE), {"Template": template, "IsAbsoluteTemplate": Const(absolute), "Name": NULL, "Order": NULL})


def selector_model(
    ev: Evaluator, template: Value, methods: Sequence[str] = (), metadata: Iterable[Value] = ()
) -> Instance:
    constraints: list[Value] = []
    if methods:
        verbs = ListValue([Const(m) for m in methods])
        constraints.append(Instance(typed(ev, _CONSTRAINT), {"HttpMethods": verbs}))
    none = isinstance(template, Const) and template.value is None
    return Instance(typed(ev, SELECTOR), {
        "AttributeRouteModel": NULL if none else route_model(ev, template),
        "ActionConstraints": ModelList(constraints), "EndpointMetadata": ModelList(list(metadata)),
    })


def list_call(ev: Evaluator, target: ModelList, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`Add`, `Insert`, `Remove`, `Clear` on a list of the model or of the options; None for what reads it."""
    name = where.name
    values = [p.value for p in passed]
    if name in ("Add", "AddService", "Insert") and (values or where.type_arguments):
        at_index = values[0].value if name == "Insert" and isinstance(values[0], Const) and isinstance(values[0].value, int) else None
        added = where.type_arguments[0] if where.type_arguments else values[1] if name == "Insert" and len(values) > 1 else values[0]
        index = len(target.items) if at_index is None else min(at_index, len(target.items))
        target.items.insert(index, added)
        target.told.insert(index, Convention("add", where.site, where.text, (added,), tuple(ev.conditions)))
        return added
    if name == "AddRange" and values and isinstance(values[0], ListValue):
        for value in values[0].items:
            target.items.append(value)
            target.told.append(Convention("add", where.site, where.text, (value,), tuple(ev.conditions)))
        return NULL
    if name in ("Remove", "RemoveAt", "Clear", "RemoveAll", "RemoveType"):
        if not ev.conditions:
            _remove(ev, target, [v for v in target.items if _is_meant(ev, name, v, values, target, where)])
        return Const(True)
    return None


def _is_meant(ev: Evaluator, name: str, item: Value, values: list[Value], target: ModelList, where: CallSite) -> bool:
    if name == "Clear":
        return True
    if name == "RemoveType":
        return bool(where.type_arguments) and isinstance(item, Instance) and bool(ev.world.is_assignable(item.type, where.type_arguments[0]))
    given = values[0] if values else NULL
    if name == "RemoveAt":
        return isinstance(given, Const) and isinstance(given.value, int) and given.value < len(target.items) and target.items[given.value] is item
    if name == "RemoveAll":
        return ev.truth(ev.apply(given, [item])) is True
    return item is given


def _remove(ev: Evaluator, target: ModelList, gone: list[Value]) -> None:
    target.items[:] = [v for v in target.items if not any(v is g for g in gone)]
    target.told[:] = [t for t in target.told if not any(v is g for v in t.values for g in gone)]


def static_call(ev: Evaluator, of: TypeValue, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`AttributeRouteModel.CombineAttributeRouteModel(left, right)` and `CombineTemplates(prefix, template)`."""
    if of.name != ROUTE or len(passed) < 2:
        return None
    left, right = passed[0].value, passed[1].value
    if where.name == "CombineTemplates":
        return _combined(left, right)
    if where.name != "CombineAttributeRouteModel":
        return None
    parts = [v.fields.get("Template", NULL) if isinstance(v, Instance) else NULL for v in (left, right)]
    if not isinstance(left, Instance) and not isinstance(right, Instance):
        return NULL
    return route_model(ev, _combined(parts[0], parts[1]))


def _combined(left: Value, right: Value) -> Value:
    texts = [v.value if isinstance(v, Const) and isinstance(v.value, (str, type(None))) else None for v in (left, right)]
    if not (isinstance(left, Const) and isinstance(right, Const)):
        return Unknown(TypeValue("System.String"), "a part of the route is decided at run time")
    return Const(templates.combine(texts[0], texts[1]))
