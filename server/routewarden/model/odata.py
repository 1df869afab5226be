"""OData's routing conventions: which paths the actions of a controller get because an EDM model has an entity set of its name.

Invariant: what is listed was measured (AspNetCoreOData 9 on .NET 10). Read are entity sets and singletons that start-up code declares on a model
builder, and the prefixes under which it adds models. A model that comes from elsewhere is taken to have the sets that ODataControllers are
called after. Deliberately absent: bound functions and actions, type casts other than an entity's own, $ref; where the model declares functions
or actions, that is said as a gap.
https://learn.microsoft.com/odata/webapi-8/fundamentals/routing-overview,
https://github.com/OData/AspNetCoreOData/tree/main/src/Microsoft.AspNetCore.OData/Routing/Conventions
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from routewarden.model.values import NULL, Const, DictValue, EndpointDraft, Instance, TypeValue, Value, type_name

if TYPE_CHECKING:
    from routewarden.model.actions import Action
    from routewarden.model.controllers import Controller
    from routewarden.model.evaluator import CallSite, Evaluator, Passed

OPTIONS = "Microsoft.AspNetCore.OData.ODataOptions"
BUILDERS = ("Microsoft.OData.ModelBuilder.ODataModelBuilder", "Microsoft.OData.ModelBuilder.ODataConventionModelBuilder")
_MODEL = "Microsoft.OData.Edm.IEdmModel"
_CONTROLLER = "Microsoft.AspNetCore.OData.Routing.Controllers.ODataController"
_SETS = "<sets>"
_CALLS = frozenset({"AddRouteComponents", "EntitySet", "Singleton", "AddEntitySet", "AddSingleton", "Function", "Action", "GetEdmModel"})
_KEY_VERBS = ("Get", "Put", "Patch", "Delete")
_SCALARS = frozenset({"String", "Boolean", "Int16", "Int32", "Int64", "Byte", "Single", "Double", "Decimal", "Guid", "DateTime", "DateTimeOffset"})


def call(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """A call on ODataOptions or a model builder; None for those that change no route."""
    if where.name not in _CALLS:
        return None
    own = type_name(target)
    values = [p.value for p in passed]
    if own == OPTIONS and where.name == "AddRouteComponents":
        prefix = values[0].value if values and isinstance(values[0], Const) and isinstance(values[0].value, str) else ""
        model = next((v for v in values if isinstance(v, Instance) and _SETS in v.fields), None)
        _add_component(ev, prefix.strip("/"), model, where)
        return target
    if own not in BUILDERS or not isinstance(target, Instance):
        return None
    sets = target.fields.setdefault(_SETS, DictValue([]))
    if where.name == "GetEdmModel":
        return Instance(TypeValue(_MODEL, ev.world.symbol(_MODEL)), {_SETS: sets})
    if where.name in ("Function", "Action"):
        ev.gaps.setdefault("functions and actions of an OData model are not read", where.site)
        return None
    name = next((v for v in values if isinstance(v, Const) and isinstance(v.value, str)), None)
    of = where.type_arguments[0] if where.type_arguments else NULL
    if name is not None and isinstance(sets, DictValue):
        kind = "singleton" if "Singleton" in where.name else "set"
        sets.entries.append((Const(f"{kind}:{name.value}"), of))
    return None


def _add_component(ev: Evaluator, prefix: str, model: Instance | None, where: CallSite) -> None:
    ev.app.odata.append((prefix, model.fields[_SETS] if model is not None else NULL))
    # The service document and the model itself: MetadataRoutingConvention.
    for path in (f"{prefix}/$metadata", prefix):
        ev.app.endpoints.append(EndpointDraft("odata", ("GET",), Const(path), ev.app.root, where.site, None, tuple(ev.conditions), member="OData"))


def routes_of(ev: Evaluator, controller: Controller, action: Action) -> Iterator[tuple[str, str]]:
    """(verb, route) of each path that conventions give an action; routes begin with a slash."""
    if not ev.app.odata:
        return
    for prefix, sets in ev.app.odata:
        kind, entity = _source(ev, controller, sets)
        base = f"/{prefix}/{controller.name}" if prefix else f"/{controller.name}"
        if kind == "set":
            yield from _of_set(ev, base, controller.name, action, entity)
        elif kind == "singleton":
            for verb in ("Get", "Put", "Patch"):
                if action.name in (verb, f"{verb}{controller.name}"):
                    yield verb.upper(), base


def _source(ev: Evaluator, controller: Controller, sets: Value) -> tuple[str, TypeValue | None]:
    """What the model has under the controller's name: "set", "singleton" or "", and the type of its entities."""
    if isinstance(sets, DictValue):
        for key, of in sets.entries:
            kind, _, name = str(key.value if isinstance(key, Const) else "").partition(":")
            if name == controller.name:
                return kind, of if isinstance(of, TypeValue) else None
        return "", None
    of_class = TypeValue(controller.type.full_name, controller.type)
    return ("set", None) if ev.world.is_assignable(of_class, TypeValue(_CONTROLLER)) is True else ("", None)


def _of_set(ev: Evaluator, base: str, name: str, action: Action, entity: TypeValue | None) -> Iterator[tuple[str, str]]:
    simple = entity.name.rpartition(".")[2] if entity is not None else ""
    if not any(p.name == "key" for p in action.method.facts.parameters):
        if action.name in ("Get", f"Get{name}"):
            yield "GET", base
            yield "GET", f"{base}/$count"
        elif action.name == "Post" or (simple and action.name == f"Post{simple}"):
            yield "POST", base
        elif action.name in ("Patch", f"Patch{name}"):
            yield "PATCH", base
        return
    verb = next((v for v in _KEY_VERBS if action.name.startswith(v)), None)
    if verb is None:
        return
    rest = action.name[len(verb) :]
    for keyed in (f"{base}({{key}})", f"{base}/{{key}}"):
        if not rest or rest == simple:
            yield verb.upper(), keyed
            if rest and entity is not None:
                yield verb.upper(), f"{keyed}/{entity.name.rpartition('.')[0] or 'Default'}.{simple}"
        elif verb == "Get" and entity is not None:
            yield from ((verb.upper(), f"{keyed}/{tail}") for tail in _property(ev, entity, rest))


def _property(ev: Evaluator, entity: TypeValue, name: str) -> Iterator[str]:
    """The paths below an entity of one of its properties."""
    of = ev.world.property_type(entity, name)
    if of is None:
        return
    yield name
    if of.name.startswith("System.") and of.name.rpartition(".")[2] in _SCALARS:
        yield f"{name}/$value"
    elif of.name.endswith("[]") or of.name.startswith("System.Collections.Generic."):
        yield f"{name}/$count"
