"""The service container: what start-up code registers, and what it gives for a type.

Invariant: a registered class is made with the constructor that takes most of what the container can give; a service that nobody
registers is the one object of its framework type, or unknown. https://learn.microsoft.com/dotnet/core/extensions/dependency-injection
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from routewarden.model import model_objects, overloads, policies, reflection, sequences
from routewarden.model.configuration import bind, path_of, section
from routewarden.model.evaluator import MAX_CALLS, Passed
from routewarden.model.values import (
    NULL,
    Closure,
    Const,
    Convention,
    Instance,
    ListValue,
    MethodGroup,
    RouteBuilder,
    TypeValue,
    Unknown,
    Value,
    value_type,
)

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator

OPTIONS_BUILDER = "Microsoft.Extensions.Options.OptionsBuilder`1"
COLLECTION = "Microsoft.Extensions.DependencyInjection.IServiceCollection"
GETTERS = frozenset({
    "GetRequiredService", "GetService", "GetServices", "GetKeyedService", "GetRequiredKeyedService", "CreateInstance",
    "GetServiceOrCreateInstance",
})
_ROUTE_BUILDER = "Microsoft.AspNetCore.Routing.IEndpointRouteBuilder"
_APPLICATION_BUILDER = "Microsoft.AspNetCore.Builder.IApplicationBuilder"
_DESCRIPTOR = "Microsoft.Extensions.DependencyInjection.ServiceDescriptor"
_ENUMERABLE = "System.Collections.Generic.IEnumerable`1"
_CONFIGURERS = {
    "Microsoft.Extensions.Options.IConfigureOptions`1": "Configure", "Microsoft.Extensions.Options.IPostConfigureOptions`1": "PostConfigure",
}
_REGISTRATIONS = frozenset(
    f"{prefix}{word}{life}" for prefix in ("", "Try") for word in ("Add", "AddKeyed") for life in ("Singleton", "Scoped", "Transient")
)


# --- registering ---------------------------------------------------------------------------------------------------------


def note(ev: Evaluator, passed: Sequence[Passed], where: CallSite) -> None:
    """Keeps an `Add...` call for those who read registrations by name, and registers what it registers."""
    values = tuple(p.value for p in passed)
    types = tuple(where.type_arguments)
    ev.app.registered.append(Convention(where.name, where.site, where.text, (*types, *values), tuple(ev.conditions)))
    if where.name not in _REGISTRATIONS:
        return
    service = types[0] if types else next((v for v in values if isinstance(v, TypeValue)), None)
    last = values[-1] if values else None
    made: Value | None = last if last is not None and not (isinstance(last, Const) and len(values) > 1) else None
    if made is None or (types and isinstance(made, Const)):
        made = types[-1] if types else service
    if service is None:
        service = value_type(last)
    by = next((v for v in values if not isinstance(v, TypeValue)), None) if "Keyed" in where.name else None
    if by is not None and made is by:  # AddKeyedSingleton<T>("key")
        made = types[-1] if types else service
    if service is not None and made is not None:
        _add(ev, service, made, where.name.startswith("Try"), by)


def _add(ev: Evaluator, service: TypeValue, made: Value, unless_there: bool = False, by: Value | None = None) -> None:
    known = ev.app.services.setdefault(_key(service) + _keyed(by), [])
    if not (known and unless_there):
        known.append(made)


def call(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """Calls on IServiceCollection whose effect is more than a registration by type; None for all others."""
    values = [p.value for p in passed]
    if where.name in ("Add", "TryAdd", "TryAddEnumerable", "Insert", "Replace"):
        for value in values:
            for item in [value] if isinstance(value, Instance) else sequences.items_of(value) or ():
                if isinstance(item, Instance) and item.type.name == _DESCRIPTOR:
                    service, made = item.fields.get("ServiceType"), item.fields.get("ImplementationType")
                    made = made or item.fields.get("ImplementationInstance") or item.fields.get("ImplementationFactory")
                    if isinstance(service, TypeValue) and made is not None:
                        _add(ev, service, made, where.name == "TryAdd")
        return target
    if where.name == "ConfigureOptions" and (where.type_arguments or values):
        of = where.type_arguments[0] if where.type_arguments else values[-1] if isinstance(values[-1], TypeValue) else value_type(values[-1])
        for interface in reflection.interfaces_of(ev.world, of) if of is not None else ():
            if interface.name in _CONFIGURERS and of is not None:
                _add(ev, interface, of)
        return target
    if where.name in ("Configure", "PostConfigure", "ConfigureAll") and len(where.type_arguments) == 1:
        of = where.type_arguments[0]
        if ev.world.is_workspace(of) and values:
            note(ev, passed, where)
            ev.app.options.setdefault(_key(of), []).append(values[-1])
            return target
    return None


def options_call(ev: Evaluator, target: Instance, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`AddOptions<T>().Bind(section).Configure(o => ...)`; None for other calls.

    https://learn.microsoft.com/dotnet/core/extensions/options#optionsbuilder-api
    """
    of = target.type.arguments[0] if target.type.arguments else None
    if of is None or not passed or not ev.world.is_workspace(of):
        return None
    value = passed[0].value
    if where.name == "BindConfiguration":
        value = section(ev, value)
    elif where.name not in ("Bind", "Configure", "PostConfigure"):
        return None
    ev.app.options.setdefault(_key(of), []).append(value)
    return target


def describe(ev: Evaluator, of: TypeValue, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`ServiceDescriptor.Transient(typeof(IService), type)` and its kin; None for other calls."""
    if of.name != _DESCRIPTOR or where.name not in ("Transient", "Scoped", "Singleton", "Describe"):
        return None
    given: list[Value] = [*where.type_arguments, *(p.value for p in passed)]
    if not given or not isinstance(given[0], TypeValue):
        return None
    made = given[1] if len(given) > 1 else given[0]
    kind = "Type" if isinstance(made, TypeValue) else "Factory" if isinstance(made, (Closure, MethodGroup)) else "Instance"
    return Instance(of, {"ServiceType": given[0], f"Implementation{kind}": made})


# --- asking --------------------------------------------------------------------------------------------------------------


def _keyed(by: Value | None) -> str:
    """What tells the services of one type and different keys apart; "" without a key."""
    if by is None:
        return ""
    return f"|{by.value}" if isinstance(by, Const) else "|?"


def _key(of: TypeValue) -> str:
    return of.name + (f"<{','.join(_key(a) for a in of.arguments)}>" if of.arguments else "")


def get(ev: Evaluator, passed: Sequence[Passed], where: CallSite) -> Value:
    """`provider.GetRequiredService<T>()` and its kin."""
    of = where.type_arguments[0] if where.type_arguments else next((p.value for p in passed if isinstance(p.value, TypeValue)), None)
    if of is None:
        return Unknown(None, "a service that is not known")
    if where.name in ("CreateInstance", "GetServiceOrCreateInstance") and ev.world.is_workspace(of):
        given = [p.value for p in passed if not isinstance(p.value, TypeValue)][1:]  # after the provider
        return activated(ev, of, given)
    if "Keyed" in where.name:
        by = next((p.value for p in passed if not isinstance(p.value, TypeValue)), None)
        made = _held(ev, _key(of) + _keyed(by))
        return made[-1] if made else Unknown(of, "a service that is registered under a key")
    if where.name == "GetServices":
        return _all(ev, of)
    return resolve(ev, of, required="Required" in where.name)


def resolve(ev: Evaluator, of: TypeValue, required: bool = True) -> Value:
    """What the container gives for a type."""
    made = registered(ev, of)
    if made:
        return made[-1]
    if of.name == _ENUMERABLE and of.arguments:
        return _all(ev, of.arguments[0])
    if not ev.world.is_workspace(of):
        return framework_object(ev, of)
    return Unknown(of, f"the registered {of.name.rsplit('.', 1)[-1]}") if required else Unknown(of, "a service that may be registered")


def _all(ev: Evaluator, of: TypeValue) -> ListValue:
    made = registered(ev, of)
    return ListValue(made, bool(made) or ev.world.is_workspace(of), TypeValue(_ENUMERABLE, None, (of,)))


def implementation(ev: Evaluator, of: TypeValue) -> TypeValue | None:
    """The workspace class that is registered for a type, whether or not an object of it was made; None for factories and values."""
    held = ev.app.services.get(_key(of), [])
    last = held[-1] if held else None
    made = last if isinstance(last, TypeValue) else last.type if isinstance(last, Instance) and not last.arguments else None
    return made if made is not None and ev.world.is_workspace(made) else None


def registered(ev: Evaluator, of: TypeValue) -> list[Value]:
    """The objects registered for a type."""
    return _held(ev, _key(of))


def _held(ev: Evaluator, key: str) -> list[Value]:
    """The objects registered under a key, made where they are not made yet."""
    found: list[Value] = []
    held = ev.app.services.get(key, [])
    for index, made in enumerate(held):
        if isinstance(made, TypeValue):
            made = activated(ev, made)
        elif isinstance(made, (Closure, MethodGroup)):
            made = ev.apply(made, [framework_object(ev, _provider(ev))])
        held[index] = made
        found.append(made)
    return found


def _provider(ev: Evaluator) -> TypeValue:
    return TypeValue("System.IServiceProvider", ev.world.symbol("System.IServiceProvider"))


def activated(ev: Evaluator, of: TypeValue, given: Sequence[Value] = ()) -> Value:
    """An object of a class, its constructor's parameters injected, but those that a `given` value fits (ActivatorUtilities)."""
    if not ev.world.is_workspace(of) or ev.depth >= MAX_CALLS:
        return ev.construct(of, ())
    primary = ev.world.primary_parameters(of)
    if primary is not None:
        types = [ev.world.resolve_in(p.type, primary[0], of.symbol) for p in primary[1]]
    else:
        constructors = sorted(ev.world.constructors(of), key=lambda c: -len(c.facts.parameters))
        types = ev.world.parameter_types(constructors[0]) if constructors else []
    ev.depth += 1
    try:
        left = list(given)
        passed = []
        for declared in types:
            fitting = next((v for v in left if declared is not None and overloads.fits(ev.world, v, declared, False, strict=True) is not None), None)
            if fitting is not None:
                left.remove(fitting)
            passed.append(Passed(fitting if fitting is not None else injected(ev, declared)))
        return ev.construct(of, passed)
    finally:
        ev.depth -= 1


def injected(ev: Evaluator, of: TypeValue | None) -> Value:
    """The argument for a parameter of this type."""
    if of is None:
        return Unknown(None, "injected at run time")
    if of.name == _APPLICATION_BUILDER or ev.world.is_assignable_name(of.name, _ROUTE_BUILDER):
        return RouteBuilder(ev.app.root, of)
    return resolve(ev, of)


def configure_by_classes(ev: Evaluator) -> None:
    """Runs the registered IConfigureOptions<T> and IPostConfigureOptions<T>, once start-up code has registered them all.

    https://learn.microsoft.com/aspnet/core/fundamentals/configuration/options#use-di-services-to-configure-options
    """
    for interface, method in _CONFIGURERS.items():
        for key in sorted(k for k in ev.app.services if k.startswith(interface + "<")):
            for configurer in _held(ev, key):
                of = value_type(configurer)
                for chosen in ev.world.methods(of, method)[:1] if of is not None else ():
                    types = ev.world.parameter_types(chosen)
                    made = options(ev, types[-1]) if types and types[-1] is not None else NULL
                    ev.invoke_method(chosen, configurer, [Passed(NULL)] * (len(types) - 1) + [Passed(made)])


def options(ev: Evaluator, of: TypeValue) -> Value:
    """`IOptions<T>.Value`: a new T, configured by what start-up code registered."""
    if not ev.world.is_workspace(of):
        return framework_object(ev, of)
    made = ev.construct(of, ())
    for configure in ev.app.options.get(_key(of), []):
        if isinstance(configure, (Closure, MethodGroup)):
            ev.apply(configure, [made])
        else:
            path = path_of(configure)
            if path is not None:
                bind(ev, path, made)
    return made


def framework_object(ev: Evaluator, of: TypeValue | None) -> Value:
    """An object of a framework type that nobody configured yet: the same object each time for options and services."""
    if of is None:
        return Unknown(None, "nothing is returned")
    name = of.name
    if name in ("System.Void", "void"):
        return NULL
    if name == policies.BUILDER:
        return policies.new_policy(ev, None)
    if ev.world.is_assignable(of, TypeValue(_ROUTE_BUILDER)):
        return RouteBuilder(ev.app.root, of)
    if of.symbol is None or ev.world.is_workspace(of):
        return Unknown(of, f"an object of type {name}")
    if ev.world.is_plain_value(of):
        return Unknown(of, f"a {name.rsplit('.', 1)[-1]} that is decided at run time")
    key = str(of) if not of.arguments else f"{name}<{','.join(a.name for a in of.arguments)}>"
    known = ev.app.singletons.get(key)
    if known is None:
        known = Instance(of, model_objects.prepared(ev, of))
        ev.app.singletons[key] = known
    return known
