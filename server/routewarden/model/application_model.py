"""MVC's application model: what conventions make of a controller, its actions and their selectors.

Invariant: conventions run on objects shaped like ASP.NET Core's own ControllerModel, ActionModel and SelectorModel, one controller at a
time, in the order in which ApplicationModelConventions.ApplyConventions runs them; the controller is read back from what they left:
https://github.com/dotnet/aspnetcore/blob/main/src/Mvc/Mvc.Core/src/ApplicationModels/ApplicationModelConventions.cs.
Without any convention nothing is built. Deliberately absent: parameter conventions, which change no route and no access.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from routewarden.model import attributes as at
from routewarden.model import overloads, services
from routewarden.model.actions import Action, Selector
from routewarden.model.attributes import Use
from routewarden.model.controllers import Controller
from routewarden.model.evaluator import Passed
from routewarden.model.model_objects import MODELS, selector_model, typed
from routewarden.model.values import NULL, Const, Convention, DictValue, Instance, ListValue, ModelList, TypeValue, Unknown, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator

_PROVIDER = MODELS + "IApplicationModelProvider"
TRANSFORMER_CONVENTION = MODELS + "RouteTokenTransformerConvention"
_FROM_ATTRIBUTES = (MODELS + "IControllerModelConvention", MODELS + "IActionModelConvention")


def conventions_of(ev: Evaluator, controller: Controller) -> bool:
    """Whether any convention applies."""
    if ev.app.conventions.items or ev.app.services.get(_PROVIDER):
        return True
    if _brings_convention(ev, controller.uses):
        return True
    known = ev.memo("conventions")
    return any(known.of(a, lambda a=a: _brings_convention(ev, a.uses)) for a in controller.actions)  # type: ignore[misc]


def _brings_convention(ev: Evaluator, uses: Iterable[Use]) -> bool:
    return any(at.is_a(ev, use, name) for use in uses for name in _FROM_ATTRIBUTES)


def shaped(ev: Evaluator, controller: Controller) -> Controller:
    """The controller after all conventions."""
    if not conventions_of(ev, controller):
        return controller
    model, actions = _built(ev, controller)
    application = Instance(typed(ev, MODELS + "ApplicationModel"), {
        "Controllers": ListValue([model]), "Filters": ModelList([]), "Properties": DictValue([]), "ApiExplorer": _explorer(ev),
    })
    model.fields["Application"] = application
    for provider in _providers(ev):
        context = Instance(typed(ev, MODELS + "ApplicationModelProviderContext"), {"Result": application})
        for method in ("OnProvidersExecuting", "OnProvidersExecuted"):
            _run(ev, provider, method, context)
    for item in list(ev.app.conventions.items):
        convention = ev.construct(item, ()) if isinstance(item, TypeValue) else item
        if isinstance(convention, Instance):
            _apply(ev, convention, application, model)
    for use in controller.uses:
        if use.value is not None and at.is_a(ev, use, _FROM_ATTRIBUTES[0]):
            _run(ev, use.value, "Apply", model)
    for action_model in _items(model, "Actions"):
        for value in _items(action_model, "Attributes"):
            if isinstance(value, Instance) and at.is_a(ev, value, _FROM_ATTRIBUTES[1]):
                _run(ev, value, "Apply", action_model)
    return _read(ev, controller, model, actions, application)


def _providers(ev: Evaluator) -> list[Instance]:
    """The registered application model providers that run after the framework's own, whose order is -1000; before any convention.

    https://github.com/dotnet/aspnetcore/blob/main/src/Mvc/Mvc.Core/src/ApplicationModels/ApplicationModelFactory.cs
    """
    def order(provider: Instance) -> int:
        given = ev.member(provider, "Order")
        return given.value if isinstance(given, Const) and isinstance(given.value, int) else 0

    made = services.registered(ev, TypeValue(_PROVIDER, ev.world.symbol(_PROVIDER))) if ev.app.services.get(_PROVIDER) else []
    own = [p for p in made if isinstance(p, Instance) and ev.world.is_workspace(p.type)]
    return sorted((p for p in own if order(p) > -1000), key=order)


def _apply(ev: Evaluator, convention: Instance, application: Instance, model: Instance) -> None:
    if ev.world.is_assignable(convention.type, TypeValue(TRANSFORMER_CONVENTION)):
        transformer = convention.fields.get("ParameterTransformer") or (convention.arguments[0] if convention.arguments else None)
        for action in _items(model, "Actions"):
            chosen = overloads.choose(ev.world, ev.world.methods(convention.type, "ShouldApply"), [Passed(action)])
            applies = ev.truth(ev.invoke_method(chosen, convention, [Passed(action)])) if chosen is not None else True
            if applies is not False and transformer is not None:
                action.fields["RouteParameterTransformer"] = transformer
        return
    if not ev.world.is_workspace(convention.type):
        return
    if at.is_a(ev, convention, MODELS + "IApplicationModelConvention"):
        _run(ev, convention, "Apply", application)
    if at.is_a(ev, convention, MODELS + "IControllerModelConvention"):
        _run(ev, convention, "Apply", model)
    if at.is_a(ev, convention, MODELS + "IActionModelConvention"):
        for action in _items(model, "Actions"):
            _run(ev, convention, "Apply", action)


def _run(ev: Evaluator, convention: Instance, method: str, argument: Instance) -> None:
    chosen = overloads.choose(ev.world, ev.world.methods(convention.type, method), [Passed(argument)])
    if chosen is not None:
        ev.invoke_method(chosen, convention, [Passed(argument)])


def _items(owner: Instance, name: str) -> list[Instance]:
    held = owner.fields.get(name)
    return [v for v in held.items if isinstance(v, Instance)] if isinstance(held, ListValue) else []


def _explorer(ev: Evaluator) -> Instance:
    return Instance(typed(ev, MODELS + "ApiExplorerModel"), {"IsVisible": NULL, "GroupName": NULL})


def _built(ev: Evaluator, controller: Controller) -> tuple[Instance, dict[int, Action]]:
    """The ControllerModel, and which action each of its ActionModels stands for."""
    values = _attributes(controller.uses)
    of = TypeValue(controller.type.full_name, controller.type)
    model = Instance(typed(ev, MODELS + "ControllerModel"), {
        "ControllerType": of, "ControllerName": Const(controller.name), "DisplayName": Const(controller.type.full_name),
        "Attributes": ListValue(list(values)), "Filters": ModelList([v for v in values if at.is_a(ev, v, at.FILTER)]),
        "RouteValues": _dictionary(controller.route_values), "Properties": DictValue([]), "ControllerProperties": ListValue([]),
        "ApiExplorer": _explorer(ev),
        "Selectors": ModelList([selector_model(ev, s.template or NULL, s.methods, values) for s in controller.selectors]),
    })
    actions: dict[int, Action] = {}
    built = ModelList([])
    for action in controller.actions:
        built.items.append(_action_model(ev, action, model))
        actions[id(built.items[-1])] = action
    model.fields["Actions"] = built
    return model, actions


def _attributes(uses: Iterable[Use]) -> list[Value]:
    return [u.value for u in uses if u.value is not None]


def _action_model(ev: Evaluator, action: Action, controller: Instance) -> Instance:
    values = _attributes(action.uses)
    for use in action.uses:
        if use.value is not None and at.is_a(ev, use, at.HTTP_METHODS):
            use.value.fields.setdefault("HttpMethods", ListValue([Const(m) for m in at.methods_of(ev, use)]))
    facts = action.method.facts
    declaring = TypeValue(action.method.type.full_name, action.method.type)
    parameters = ListValue([
        Instance(typed(ev, MODELS + "ParameterModel"), {"ParameterName": Const(p.name), "Name": Const(p.name), "Attributes": ListValue([])})
        for p in facts.parameters
    ])
    method = Instance(typed(ev, "System.Reflection.MethodInfo"), {
        "Name": Const(facts.name), "DeclaringType": declaring, "<attributes>": ListValue(list(values)), "IsPublic": Const(True),
        "ReturnType": ev.world.resolve_in(facts.type, action.method.path, action.method.type) or Unknown(TypeValue("System.Type")),
    })
    return Instance(typed(ev, MODELS + "ActionModel"), {
        "ActionName": Const(action.name), "ActionMethod": method, "DisplayName": Const(facts.name), "Controller": controller,
        "Attributes": ListValue(list(values)), "Filters": ModelList([v for v in values if at.is_a(ev, v, at.FILTER)]),
        "RouteValues": _dictionary(action.route_values), "Parameters": parameters, "Properties": DictValue([]),
        "ApiExplorer": _explorer(ev), "RouteParameterTransformer": NULL,
        "Selectors": ModelList([selector_model(ev, s.template or NULL, s.methods, values) for s in action.selectors]),
    })


def _dictionary(pairs: Iterable[tuple[str, str]]) -> DictValue:
    return DictValue([(Const(k), Const(v)) for k, v in pairs])


# --- reading back --------------------------------------------------------------------------------------------------------


def _read(ev: Evaluator, controller: Controller, model: Instance, actions: dict[int, Action], application: Instance) -> Controller:
    known = {id(u.value): u for u in controller.uses if u.value is not None}
    filters = (*_added(application, "Filters", {}), *_added(model, "Filters", known))
    found = tuple(_read_action(ev, actions[id(m)], m) for m in _items(model, "Actions") if id(m) in actions)
    return replace(
        controller, name=_text(model, "ControllerName", controller.name), selectors=_selectors(ev, model, known), actions=found, filters=filters,
        route_values=_route_values(model), visible=_is_visible(model),
    )


def _read_action(ev: Evaluator, action: Action, model: Instance) -> Action:
    known = {id(u.value): u for u in action.uses if u.value is not None}
    transformer = model.fields.get("RouteParameterTransformer")
    return replace(
        action, name=_text(model, "ActionName", action.name), selectors=_selectors(ev, model, known), filters=_added(model, "Filters", known),
        route_values=_route_values(model), visible=_is_visible(model), transformer=transformer if isinstance(transformer, Instance) else None,
    )


def _text(model: Instance, name: str, otherwise: str) -> str:
    held = model.fields.get(name)
    return held.value if isinstance(held, Const) and isinstance(held.value, str) else otherwise


def _is_visible(model: Instance) -> bool:
    explorer = model.fields.get("ApiExplorer")
    visible = explorer.fields.get("IsVisible") if isinstance(explorer, Instance) else None
    return not (isinstance(visible, Const) and visible.value is False)


def _route_values(model: Instance) -> tuple[tuple[str, str], ...]:
    held = model.fields.get("RouteValues")
    entries = held.entries if isinstance(held, DictValue) else []
    return tuple({
        k.value: v.value for k, v in entries
        if isinstance(k, Const) and isinstance(v, Const) and isinstance(k.value, str) and isinstance(v.value, str)
    }.items())


def _added(owner: Instance, name: str, known: dict[int, Use]) -> tuple[Use, ...]:
    """What conventions put into a list, with the place that did; attributes that were there before are left out."""
    held = owner.fields.get(name)
    if not isinstance(held, ModelList):
        return ()
    return tuple(_use(t) for t in held.told if id(t.values[0]) not in known)


def _use(told: Convention) -> Use:
    value = told.values[0]
    return Use(value if isinstance(value, Instance) else None, told.site, f".{told.text}", "convention", told.conditions)


def _removed_filters(ev: Evaluator, model: Instance, known: dict[int, Use]) -> frozenset[int]:
    """Filter attributes that a convention took out of `Filters`: metadata they stay, but they are not run any more."""
    held = model.fields.get("Filters")
    left = {id(v) for v in held.items} if isinstance(held, ListValue) else set()
    return frozenset(
        key for key, use in known.items()
        if key not in left and at.is_a(ev, use, at.FILTER) and not (at.is_a(ev, use, at.AUTHORIZE_DATA) or at.is_a(ev, use, at.ALLOW_ANONYMOUS))
    )


def _selectors(ev: Evaluator, model: Instance, known: dict[int, Use]) -> tuple[Selector, ...]:
    found = []
    gone = _removed_filters(ev, model, known)
    for selector in _items(model, "Selectors"):
        route = selector.fields.get("AttributeRouteModel")
        template = route.fields.get("Template") if isinstance(route, Instance) else route if isinstance(route, Unknown) else None
        if isinstance(template, Const) and template.value is None:
            template = None
        methods: list[str] = []
        for constraint in _items(selector, "ActionConstraints"):
            verbs = constraint.fields.get("HttpMethods")
            named = verbs.items if isinstance(verbs, ListValue) else []
            methods += [v.value.upper() for v in named if isinstance(v, Const) and isinstance(v.value, str)]
        held = selector.fields.get("EndpointMetadata")
        told = {id(t.values[0]): t for t in held.told} if isinstance(held, ModelList) else {}
        metadata = []
        for value in held.items if isinstance(held, ListValue) else ():
            use = known.get(id(value)) or (_use(told[id(value)]) if id(value) in told else None)
            if use is not None and id(value) not in gone:
                metadata.append(use)
        found.append(Selector(template, tuple(dict.fromkeys(methods)), tuple(metadata)))
    return tuple(found)
