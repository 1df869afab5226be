"""What ASP.NET Core's start-up API does: services, policies, routing, conventions, pipeline.

Invariant: which framework method a call means is decided by the symbol table (receiver type, extension methods, signatures); only
what the method does is written here. A framework call that is not known here returns what its signature says, and runs the
configuration lambdas it takes (`Action<Options>`) on objects of the declared types. Sources: https://learn.microsoft.com/aspnet/core/
fundamentals/routing, .../security/authorization/simple, and the reference source at https://github.com/dotnet/aspnetcore.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from routewarden.facts.sites import Site
from routewarden.model import overloads, policies, routing, signatures
from routewarden.model.app_draft import PipelineStep
from routewarden.model.evaluator import Passed
from routewarden.model.values import (
    NULL,
    Closure,
    Const,
    Convention,
    ConventionBuilder,
    Frame,
    Instance,
    ListValue,
    MethodGroup,
    PolicyValue,
    RouteBuilder,
    TypeValue,
    Unknown,
    Value,
    type_name,
    value_type,
)

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator

ROUTE_BUILDER = "Microsoft.AspNetCore.Routing.IEndpointRouteBuilder"
CONVENTION_BUILDER = "Microsoft.AspNetCore.Builder.IEndpointConventionBuilder"
APPLICATION_BUILDER = "Microsoft.AspNetCore.Builder.IApplicationBuilder"
WEB_APPLICATION = "Microsoft.AspNetCore.Builder.WebApplication"
SERVICES = "Microsoft.Extensions.DependencyInjection.IServiceCollection"
ENVIRONMENT = "Microsoft.Extensions.Hosting.IHostEnvironment"
CONFIGURATION = "Microsoft.Extensions.Configuration.IConfiguration"


def call(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """The calls whose effect matters; None for all others."""
    name = where.name
    if isinstance(target, RouteBuilder):
        result = routing.map_call(ev, target, passed, where)
        if result is not None:
            return result
    if isinstance(target, ConventionBuilder) or (isinstance(target, RouteBuilder) and target.group.parent is not None):
        result = routing.convention_call(ev, target, passed, where)
        if result is not None:
            return result
    if isinstance(target, PolicyValue):
        return policies.builder_call(ev, target, passed, where)
    own = type_name(target)
    if own is None:
        return None
    if name in _ENVIRONMENT and ev.world.is_assignable_name(own, ENVIRONMENT):
        return _ENVIRONMENT[name](passed)
    if name in policies.OPTIONS_CALLS and own in policies.OWNERS:
        return policies.options_call(ev, target, passed, where)
    if ev.world.is_assignable_name(own, CONFIGURATION):
        return _configuration(ev, passed, where)
    if isinstance(target, Instance):
        kind = target.fields.get("<collection>")
        if isinstance(kind, Const):
            return _collection_call(ev, target, str(kind.value), passed, where)
    if name in ("GetRequiredService", "GetService", "GetServices", "GetKeyedService", "GetRequiredKeyedService", "CreateInstance"):
        return _service(ev, passed, where)
    return None


_ENVIRONMENT: dict[str, Callable[[Sequence[Passed]], Value]] = {
    "IsDevelopment": lambda p: Const(False),
    "IsStaging": lambda p: Const(False),
    "IsProduction": lambda p: Const(True),
    "IsEnvironment": lambda p: Const(
        p[-1].value.value.lower() == "production" if p and isinstance(p[-1].value, Const) and isinstance(p[-1].value.value, str) else False
    ),
}


def static_call(ev: Evaluator, of: TypeValue, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`Type.Name(...)` of the framework: what the signature returns; lambdas are run."""
    method = signatures.method_of(ev.world, of, where.name, [p.value for p in passed], static=True)
    if method is None:
        return None
    if of.name == "System.Environment" and where.name == "GetEnvironmentVariable":
        known = passed[0].value.value if passed and isinstance(passed[0].value, Const) else None
        if known in ("ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT"):
            return Const("Production")
        return Unknown(TypeValue("System.String"), f"environment variable {known or ''}")
    run_callbacks(ev, method, passed)
    return framework_object(ev, signatures.returned(ev.world, method, where.type_arguments))


def framework_call(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """A call of a framework method that nothing above models: its signature says what comes back."""
    of = value_type(target)
    method = signatures.method_of(ev.world, of, where.name, [p.value for p in passed]) if of is not None else None
    if method is None:
        method = signatures.extension_of(ev.world, target, where.name, [p.value for p in passed])
    if method is None:
        return None
    own = of.name if of is not None else ""
    if ev.world.is_assignable_name(own, SERVICES) or signatures.extends_services(ev.world, method):
        _register(ev, passed, where)
    pipeline_start = len(ev.app.pipeline)
    if ev.world.is_assignable_name(own, APPLICATION_BUILDER) and where.name.startswith("Use"):
        ev.app.pipeline.append(
            PipelineStep(
                where.name, where.site, tuple(p.value for p in passed),
                where.type_arguments[0] if where.type_arguments else None, tuple(ev.conditions),
            )
        )
    if where.name == "UseStartup" and where.type_arguments:
        run_startup(ev, where.type_arguments[0])
    elif where.name == "UseStartup" and passed and isinstance(passed[-1].value, TypeValue):
        run_startup(ev, passed[-1].value)
    branch = _branch_path(where, passed, target)
    run_callbacks(ev, method, passed, where.type_arguments, target)
    if branch is not None:
        for step in ev.app.pipeline[pipeline_start:]:
            step.path = branch + step.path
    if method.generic and signatures.returns_receiver(ev.world, method):
        return target
    returned = signatures.returned(ev.world, method, where.type_arguments)
    if returned is not None and ev.world.is_assignable(returned, TypeValue(ROUTE_BUILDER)):
        group = target.group if isinstance(target, RouteBuilder) else ev.app.root
        return RouteBuilder(group, returned)
    if returned is not None and ev.world.is_assignable(returned, TypeValue(CONVENTION_BUILDER)):
        if isinstance(target, ConventionBuilder):
            return ConventionBuilder(target.targets, returned)
        if isinstance(target, RouteBuilder):
            return routing.external_map(ev, target, passed, where, returned)
    if returned is not None and of is not None and returned.name == of.name:
        return target
    if returned is not None and isinstance(target, RouteBuilder) and ev.world.is_assignable(value_type(target) or returned, returned):
        return target
    return framework_object(ev, returned)


def _branch_path(where: CallSite, passed: Sequence[Passed], target: Value) -> str | None:
    """`app.Map("/path", branch => ...)` of IApplicationBuilder: middleware in the branch runs for that path only."""
    if where.name in ("Map", "MapWhen", "UseWhen") and any(isinstance(p.value, (Closure, MethodGroup)) for p in passed):
        first = passed[0].value
        return str(first.value) if isinstance(first, Const) and isinstance(first.value, str) else "?"
    return None


def framework_object(ev: Evaluator, of: TypeValue | None) -> Value:
    """An object of a framework type that nobody configured yet: the same object each time for options and services."""
    if of is None:
        return Unknown(None, "nothing is returned")
    name = of.name
    if name in ("System.Void", "void"):
        return NULL
    if name == policies.BUILDER:
        return PolicyValue()
    if ev.world.is_assignable(of, TypeValue(ROUTE_BUILDER)):
        return RouteBuilder(ev.app.root, of)
    if of.symbol is None or ev.world.is_workspace(of):
        return Unknown(of, f"an object of type {name}")
    if ev.world.is_plain_value(of):
        return Unknown(of, f"a {name.rsplit('.', 1)[-1]} that is decided at run time")
    key = str(of) if not of.arguments else f"{name}<{','.join(a.name for a in of.arguments)}>"
    known = ev.app.singletons.get(key)
    if known is None:
        known = Instance(of)
        ev.app.singletons[key] = known
    return known


def run_callbacks(
    ev: Evaluator, method: object, passed: Sequence[Passed], type_arguments: tuple[TypeValue, ...] = (), target: Value | None = None
) -> None:
    """Runs the lambdas that go into `Action<...>`/`Func<...>` parameters, on objects of the declared types; not handlers (`Delegate`)."""
    for value, delegate in signatures.delegate_arguments(ev.world, method, [p.value for p in passed], type_arguments, target):
        if delegate is None:
            continue
        first = delegate[0] if len(delegate) == 1 else None
        if first is not None and isinstance(target, RouteBuilder) and ev.world.is_assignable(first, TypeValue(APPLICATION_BUILDER)):
            values: list[Value] = [target]
        else:
            values = [framework_object(ev, of) for of in delegate]
        if isinstance(value, Closure):
            ev.invoke_closure(value, values, [Passed(v) for v in values])
        elif isinstance(value, MethodGroup):
            chosen = overloads.choose(ev.world, value.methods, [Passed(v) for v in values])
            if chosen is not None:
                ev.invoke_method(chosen, value.this, [Passed(v) for v in values])


def run_startup(ev: Evaluator, startup: TypeValue) -> None:
    """ConfigureServices, then Configure, of a Startup class (https://learn.microsoft.com/aspnet/core/fundamentals/startup)."""
    if not ev.world.is_workspace(startup) or f"<startup>{startup.name}" in ev.app.services:
        return
    ev.app.services[f"<startup>{startup.name}"] = []
    constructors = ev.world.constructors(startup)
    arguments = [Passed(_injected(ev, c)) for c in ev.world.parameter_types(constructors[0])] if constructors else []
    primary = ev.world.primary_parameters(startup)
    if primary is not None:
        resolved = [ev.world.resolve_in(p.type, primary[0], startup.symbol) for p in primary[1]]
        arguments = [Passed(_injected(ev, t)) for t in resolved]
    instance = ev.construct(startup, arguments)
    for method_name in ("ConfigureServices", "ConfigureContainer", "Configure"):
        for method in ev.world.methods(startup, method_name)[:1]:
            values = [_injected(ev, t) for t in ev.world.parameter_types(method)]
            ev.invoke_method(method, instance, [Passed(v) for v in values])


def _injected(ev: Evaluator, of: TypeValue | None) -> Value:
    if of is None:
        return Unknown(None, "injected at run time")
    if of.name == APPLICATION_BUILDER or of.name == WEB_APPLICATION:
        return RouteBuilder(ev.app.root, of)
    return framework_object(ev, of)


def new_object(ev: Evaluator, of: TypeValue, passed: Sequence[Passed], site: Site | None) -> Value | None:
    """`new` of the framework types that are more than their properties."""
    return policies.new_object(ev, of, passed, site)


def assign(ev: Evaluator, owner: Instance, name: str, value: Value, site: Site) -> bool:
    """`options.Name = value` where it is an authorization setting; True if it was."""
    return policies.assign(ev, owner, name, value, site)


def initialise_nested(ev: Evaluator, owner: Instance, name: str, inner: Value) -> Value:
    """`Property = { ... }` fills the object the property holds (C# spec 12.8.17.3)."""
    return inner


def _register(ev: Evaluator, passed: Sequence[Passed], where: CallSite) -> None:
    values = tuple(p.value for p in passed)
    types = tuple(where.type_arguments)
    ev.app.registered.append(Convention(where.name, where.site, where.text, (*types, *values), tuple(ev.conditions)))
    if where.name in ("AddSingleton", "AddScoped", "AddTransient", "TryAddSingleton", "TryAddScoped", "TryAddTransient", "TryAddEnumerable"):
        service = types[0] if types else next((v for v in values if isinstance(v, TypeValue)), None)
        given = types[-1] if types else None
        last = values[-1] if values else None
        if isinstance(last, TypeValue):
            given = last
        made: Value | None = last if last is not None and not isinstance(last, (TypeValue, Closure, MethodGroup)) else given
        if service is None:
            service = value_type(last)
        if service is not None and made is not None:
            ev.app.services.setdefault(_key(service), []).append(made)


def _key(of: TypeValue) -> str:
    return of.name + (f"<{','.join(_key(a) for a in of.arguments)}>" if of.arguments else "")


def _service(ev: Evaluator, passed: Sequence[Passed], where: CallSite) -> Value:
    """What the container gives for a type: what start-up code registered, where that is known."""
    of = where.type_arguments[0] if where.type_arguments else next((p.value for p in passed if isinstance(p.value, TypeValue)), None)
    if of is None:
        return Unknown(None, "a service that is not known")
    many = where.name == "GetServices" or (
        of.name in ("System.Collections.Generic.IEnumerable`1",) and bool(of.arguments) and _key(of) not in ev.app.services
    )
    wanted = of.arguments[0] if many and of.name.endswith("IEnumerable`1") and of.arguments else of
    registered = ev.app.services.get(_key(wanted), [])
    made = [ev.construct(r, ()) if isinstance(r, TypeValue) else r for r in registered]
    if many:
        return ListValue(made, bool(made), TypeValue("System.Collections.Generic.IEnumerable`1", None, (wanted,)))
    if made:
        return made[-1]
    return framework_object(ev, of) if ev.world.is_framework(of) else Unknown(of, f"the registered {of.name}")


def _configuration(ev: Evaluator, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """Configuration is read at run time; its type is what the call says."""
    if where.name == "GetValue":
        return Unknown(where.type_arguments[0] if where.type_arguments else value_type(passed[-1].value) if passed else None, f"configuration {where.text}")
    if where.name == "Get" and where.type_arguments:
        return Unknown(where.type_arguments[0], f"configuration {where.text}")
    if where.name == "GetConnectionString":
        return Unknown(TypeValue("System.String"), f"configuration {where.text}")
    return None


def _collection_call(ev: Evaluator, target: Instance, kind: str, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`options.Filters.Add(...)` and `options.Conventions.Add(...)` of MVC."""
    if where.name in ("Add", "AddService", "Insert", "AddFolderApplicationModelConvention"):
        values: tuple[Value, ...] = where.type_arguments or tuple(p.value for p in passed)
        convention = Convention("filter" if kind == "filters" else "convention", where.site, where.text, tuple(values), tuple(ev.conditions))
        (ev.app.mvc_filters if kind == "filters" else ev.app.mvc_conventions).append(convention)
        return NULL
    return None


def unresolved_call(ev: Evaluator, target: Value | None, where: CallSite, passed: Sequence[Passed]) -> Value:
    """A call nobody knows: builders that are involved are marked; lambdas that take a builder are not run."""
    involved = [v for v in (target, *(p.value for p in passed)) if isinstance(v, (RouteBuilder, ConventionBuilder))]
    for value in involved:
        routing.mark_unknown(ev, value, where)
    if isinstance(target, (RouteBuilder, ConventionBuilder)):
        return target
    return Unknown(None, f"`{where.name}` is not in the workspace nor in the framework table")


def inherited_call(ev: Evaluator, frame: Frame, where: CallSite, passed: Sequence[Passed]) -> Value | None:
    """`Name(...)` inside a class whose framework base declares it."""
    if isinstance(frame.this, Instance):
        method = signatures.method_of(ev.world, frame.this.type, where.name, [p.value for p in passed])
        if method is not None:
            return framework_call(ev, frame.this, passed, where)
    return None
