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
from routewarden.model import (
    callers,
    configuration,
    cors,
    endpoint_libraries,
    fast_endpoints,
    model_objects,
    observed,
    odata,
    overloads,
    page_conventions,
    policies,
    policy_provider,
    refusals,
    routing,
    services,
    signatures,
    stand_ins,
    text_objects,
)
from routewarden.model.app_draft import PipelineStep
from routewarden.model.evaluator import Passed
from routewarden.model.values import (
    NULL,
    Closure,
    Const,
    ConventionBuilder,
    CorsPolicyValue,
    Frame,
    Instance,
    MethodGroup,
    ModelList,
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
    from routewarden.model.members import MethodRef

ROUTE_BUILDER = "Microsoft.AspNetCore.Routing.IEndpointRouteBuilder"
CONVENTION_BUILDER = "Microsoft.AspNetCore.Builder.IEndpointConventionBuilder"
APPLICATION_BUILDER = "Microsoft.AspNetCore.Builder.IApplicationBuilder"
WEB_APPLICATION = "Microsoft.AspNetCore.Builder.WebApplication"
_BUILDERS = ("Microsoft.Extensions.DependencyInjection.IMvcBuilder", "Microsoft.Extensions.DependencyInjection.IMvcCoreBuilder")
HOST = "Microsoft.Extensions.Hosting.IHost"
ENVIRONMENT = "Microsoft.Extensions.Hosting.IHostEnvironment"


def call(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """The calls whose effect matters; None for all others."""
    name = where.name
    if isinstance(target, ModelList):
        result = page_conventions.call(ev, target, passed, where) or model_objects.list_call(ev, target, passed, where)
        if result is not None:
            return result
    if isinstance(target, Instance) or ev.probe is not None:
        result = (
            stand_ins.call(ev, target, passed, where) or text_objects.call(ev, target, passed, where)
            or policy_provider.framework_call(ev, target, passed, where)
        )
        if result is not None:
            return result
    if isinstance(target, RouteBuilder) and name == "Map" and routing.is_branch(ev, passed[-1].value if passed else None):
        return _branch(ev, target, passed, where)
    if isinstance(target, RouteBuilder) and name in fast_endpoints.CALLS:
        fast_endpoints.mapped(ev, target.group, passed, where)
        return target
    if isinstance(target, RouteBuilder):
        result = routing.map_call(ev, target, passed, where)
        if result is not None:
            return result
    if isinstance(target, ConventionBuilder) or (isinstance(target, RouteBuilder) and target.group.parent is not None):
        result = routing.convention_call(ev, target, passed, where)
        if result is not None:
            return result
    if isinstance(target, policies.PolicyList):
        return policies.list_call(ev, target, passed, where)
    if isinstance(target, PolicyValue):
        return policies.builder_call(ev, target, passed, where)
    if isinstance(target, CorsPolicyValue):
        return cors.builder_call(ev, target, passed, where)
    observed.called(ev, target, passed, where)
    definition = fast_endpoints.receiver(target)
    if isinstance(definition, fast_endpoints.Definition):
        return fast_endpoints.call(ev, definition, passed, where)
    own = type_name(target)
    if own is None:
        return None
    model = odata.call(ev, target, passed, where)
    if model is not None:
        return model
    if isinstance(target, Instance) and own == endpoint_libraries.BINDER:
        return endpoint_libraries.binder_call(target, passed, where)
    if isinstance(target, Instance) and own == routing.ROUTER_BUILDER:
        routed = routing.router_call(ev, target, passed, where)
        if routed is not None:
            return routed
    if isinstance(target, Instance):
        module = endpoint_libraries.module_call(ev, target, passed, where)
        if module is not None:
            return module
        answer = fast_endpoints.group_call(ev, target, passed, where) or callers.call(ev, target, passed, where)
        if answer is not None:
            return answer
    if name in _ENVIRONMENT and ev.world.is_assignable_name(own, ENVIRONMENT):
        return _ENVIRONMENT[name](passed)
    if name in policies.OPTIONS_CALLS and own in policies.OWNERS:
        return policies.options_call(ev, target, passed, where)
    if own == cors.OPTIONS and name in cors.OPTIONS_CALLS:
        return cors.options_call(ev, target, passed, where)
    if own.startswith("Microsoft.Extensions.Configuration.") or configuration.is_configuration(ev, target):
        return configuration.call(ev, target, passed, where)
    if name in services.GETTERS:
        return services.get(ev, passed, where)
    if own == services.OPTIONS_BUILDER and isinstance(target, Instance):
        return services.options_call(ev, target, passed, where)
    if own == services.COLLECTION or ev.world.is_assignable_name(own, services.COLLECTION):
        return services.call(ev, target, passed, where)
    return None


_ENVIRONMENT: dict[str, Callable[[Sequence[Passed]], Value]] = {
    "IsDevelopment": lambda p: Const(False),
    "IsStaging": lambda p: Const(False),
    "IsProduction": lambda p: Const(True),
    "IsEnvironment": lambda p: Const(
        p[-1].value.value.lower() == "production" if p and isinstance(p[-1].value, Const) and isinstance(p[-1].value.value, str) else False
    ),
}


def property_value(ev: Evaluator, target: Value, name: str) -> Value | None:
    """Properties of the environment, of configuration sections and of options; None for all others."""
    if isinstance(target, fast_endpoints.Definition):
        return fast_endpoints.property_value(ev, target, name)
    own = type_name(target)
    if own is None:
        return None
    if name in ("EnvironmentName", "ApplicationName") and ev.world.is_assignable_name(own, ENVIRONMENT):
        return Const("Production" if name == "EnvironmentName" else ev.app.name)
    if isinstance(target, PolicyValue) and name in ("Requirements", "AuthenticationSchemes"):
        return policies.PolicyList(target, name)
    if not isinstance(target, Instance):
        return None
    if own == policies.OPTIONS and name in ("DefaultPolicy", "FallbackPolicy"):
        return policies.current(ev, name)
    if name in ("Value", "CurrentValue") and own.startswith("Microsoft.Extensions.Options.IOptions"):
        return services.options(ev, target.type.arguments[0]) if target.type.arguments else None
    return configuration.property_value(ev, target, name)


def static_call(ev: Evaluator, of: TypeValue, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`Type.Name(...)` of the framework: what the signature returns; lambdas are run."""
    known = text_objects.static_call(ev, of, passed, where) or model_objects.static_call(ev, of, passed, where)
    if known is not None:
        return known
    refusals.result_call(ev, of, passed, where)
    if of.name == "Microsoft.AspNetCore.Authorization.AuthorizationPolicy" and where.name == "Combine":
        return policies.combined(ev, passed, where.site)
    ev.app.is_web_application = ev.app.is_web_application or of.name == WEB_APPLICATION
    if of.name == "Microsoft.AspNetCore.Routing.Patterns.RoutePatternFactory" and where.name == "Parse" and passed:
        return Instance(TypeValue("Microsoft.AspNetCore.Routing.Patterns.RoutePattern"), {"RawText": passed[0].value})
    if of.name == "Microsoft.Extensions.DependencyInjection.ActivatorUtilities" and where.name in services.GETTERS:
        return services.get(ev, passed, where)
    described = services.describe(ev, of, passed, where)
    if described is not None:
        return described
    method = signatures.method_of(ev.world, of, where.name, [p.value for p in passed], static=True)
    if method is None:
        return None
    if of.name == "System.Environment" and where.name == "GetEnvironmentVariable":
        variable = passed[0].value.value if passed and isinstance(passed[0].value, Const) else None
        if variable in ("ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT"):
            return Const("Production")
        return NULL  # as for configuration: what is set outside of the workspace is not there
    run_callbacks(ev, method, passed)
    return services.framework_object(ev, signatures.returned(ev.world, method, where.type_arguments))


def framework_call(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """A call of a framework method that nothing above models: its signature says what comes back."""
    of = value_type(target)
    method = signatures.method_of(ev.world, of, where.name, [p.value for p in passed]) if of is not None else None
    if method is None:
        method = signatures.extension_of(ev.world, target, where.name, [p.value for p in passed], len(where.type_arguments))
    if method is None:
        return None
    own = of.name if of is not None else ""
    if where.name in ("Run", "RunAsync") and not passed and not ev.conditions and ev.world.is_assignable_name(own, HOST):
        ev.app.running = True
    if own in _BUILDERS or ev.world.is_assignable_name(own, services.COLLECTION) or signatures.extends_services(ev.world, method):
        services.note(ev, passed, where)
    pipeline_start = len(ev.app.pipeline)
    on_pipeline = ev.world.is_assignable_name(own, APPLICATION_BUILDER)
    if where.name == "UseCors" and on_pipeline:
        passed = [Passed(cors.policy_of(ev, p.value, where.site)) for p in passed]
    if where.name == "Build" and own == "Microsoft.AspNetCore.Builder.WebApplicationBuilder":
        ev.app.built = where.site
    if on_pipeline and where.name.startswith("Use") and where.name != "UseWhen":
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
    if not (on_pipeline and where.name in ("Use", "Run")):  # a middleware runs for requests, not now
        later = where.name in ("UseWhen", "MapWhen") or own == "System.Threading.CancellationToken"  # so does a predicate, or what stops an app
        run_callbacks(ev, method, [Passed(NULL), *passed[1:]] if later else passed, where.type_arguments, target)
    for step in ev.app.pipeline[pipeline_start:]:
        if where.name == "UseWhen" and passed:
            step.gates = (passed[0].value, *step.gates)
        elif branch is not None:
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
    return services.framework_object(ev, returned)


def _branch(ev: Evaluator, target: RouteBuilder, passed: Sequence[Passed], where: CallSite) -> Value:
    """`app.Map("/path", branch => ...)` of IApplicationBuilder: a pipeline of its own for a path."""
    start = len(ev.app.pipeline)
    ev.apply(passed[-1].value, [target])
    path = _branch_path(where, passed, target)
    for step in ev.app.pipeline[start:]:
        step.path = (path or "") + step.path
    return target


def _branch_path(where: CallSite, passed: Sequence[Passed], target: Value) -> str | None:
    """`app.Map("/path", branch => ...)` of IApplicationBuilder: middleware in the branch runs for that path only."""
    if where.name in ("Map", "MapWhen", "UseWhen") and any(isinstance(p.value, (Closure, MethodGroup)) for p in passed):
        first = passed[0].value
        return str(first.value) if isinstance(first, Const) and isinstance(first.value, str) else "?"
    return None


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
            values = [services.framework_object(ev, of) for of in delegate]
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
    instance = services.activated(ev, startup)
    for method_name in ("ConfigureServices", "ConfigureContainer", "Configure"):
        for method in ev.world.methods(startup, method_name)[:1]:
            if method_name == "Configure":
                ev.app.built = method.site
            values = [services.injected(ev, t) for t in ev.world.parameter_types(method)]
            ev.invoke_method(method, instance, [Passed(v) for v in values])



def new_object(ev: Evaluator, of: TypeValue, passed: Sequence[Passed], site: Site | None) -> Value | None:
    """`new` of the framework types that are more than their properties."""
    refusals.created(ev, of, passed, site)
    policy = cors.new_object(ev, of, passed, site) or policies.new_object(ev, of, passed, site)
    return policy or model_objects.new_object(ev, of, passed) or text_objects.new_object(of, passed)


def assign(ev: Evaluator, owner: Instance, name: str, value: Value, site: Site) -> bool:
    """`options.Name = value` where it is an authorization setting; True if it was."""
    refusals.assigned(ev, owner, name, value, site)
    return policies.assign(ev, owner, name, value, site)


def initialise_nested(ev: Evaluator, owner: Instance, name: str, inner: Value) -> Value:
    """`Property = { ... }` fills the object the property holds (C# spec 12.8.17.3)."""
    return inner





def unresolved_call(ev: Evaluator, target: Value | None, where: CallSite, passed: Sequence[Passed]) -> Value:
    """A call nobody knows: builders that are involved are marked; lambdas that take a builder are not run."""
    ev.guesses += 1
    if isinstance(target, RouteBuilder) and where.name.startswith("Use"):
        ev.app.pipeline.append(PipelineStep("?", where.site, ()))  # it may add any middleware
    involved = [v for v in (target, *(p.value for p in passed)) if isinstance(v, (RouteBuilder, ConventionBuilder))]
    for value in involved:
        routing.mark_unknown(ev, value, where)
    if isinstance(target, (RouteBuilder, ConventionBuilder)):
        return target
    return Unknown(None, f"`{where.name}` is not in the workspace nor in the framework table")


def library_call(ev: Evaluator, method: MethodRef, this: Value | None, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """A method of a library whose behaviour is written here, where the library's source is in the workspace; None for all others."""
    if not fast_endpoints.declares(ev, method):
        return None
    target: Value | None = this
    rest = passed
    if method.is_extension and passed:
        target, rest = passed[0].value, passed[1:]
    result = call(ev, target, rest, where) if target is not None else None
    if result is None:
        result = inherited_call(ev, where.frame, where, rest)
    if result is not None:
        return result
    if isinstance(target, (RouteBuilder, ConventionBuilder)) and where.name.startswith("Map"):
        return None  # not modelled: its code says what it maps
    if target is not None and method.is_extension and method.facts.type == method.facts.parameters[0].type:
        return target
    return Unknown(ev.world.resolve_in(method.facts.type, method.path, method.type, method.facts.type_parameters), f"what `{where.name}` gives")


def inherited_call(ev: Evaluator, frame: Frame, where: CallSite, passed: Sequence[Passed]) -> Value | None:
    """`Name(...)` inside a class whose framework base declares it."""
    definition = fast_endpoints.receiver(frame.this)
    if isinstance(definition, fast_endpoints.Definition):
        return fast_endpoints.call(ev, definition, passed, where)
    if isinstance(frame.this, Instance):
        module = endpoint_libraries.module_call(ev, frame.this, passed, where)
        if module is not None:
            return module
        grouped = fast_endpoints.group_call(ev, frame.this, passed, where)
        if grouped is not None:
            return grouped
        method = signatures.method_of(ev.world, frame.this.type, where.name, [p.value for p in passed])
        if method is not None:
            refusals.result_call(ev, frame.this.type, passed, where)
            return framework_call(ev, frame.this, passed, where)
    return None
