"""Routes and conventions that start-up code adds: `Map...`, `MapGroup`, `RequireAuthorization` and their kin.

Invariant: a Map call adds one draft, whatever is still unknown about it; a convention is kept in the order in which it was said, on
the draft or group it was said on. https://learn.microsoft.com/aspnet/core/fundamentals/minimal-apis/route-handlers
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.model import api_versions, cors, endpoint_libraries, sequences, signatures
from routewarden.model.policies import policy_from
from routewarden.model.values import (
    Closure,
    Const,
    Convention,
    ConventionBuilder,
    EndpointDraft,
    Group,
    Instance,
    ListValue,
    MethodGroup,
    RouteBuilder,
    TypeValue,
    Unknown,
    Value,
    type_name,
)

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator, Passed

VERBS = {"MapGet": ("GET",), "MapPost": ("POST",), "MapPut": ("PUT",), "MapDelete": ("DELETE",), "MapPatch": ("PATCH",), "Map": ()}
GROUP = "Microsoft.AspNetCore.Routing.RouteGroupBuilder"
ROUTER_BUILDER = "Microsoft.AspNetCore.Routing.IRouteBuilder"
HANDLER_BUILDER = "Microsoft.AspNetCore.Builder.RouteHandlerBuilder"
CONVENTIONS = "Microsoft.AspNetCore.Builder.IEndpointConventionBuilder"

# Map calls of the framework that stand for more than one endpoint or for none of ours: method name -> kind of the draft.
_SPECIAL = {
    "MapControllers": "controllers", "MapControllerRoute": "controller-route", "MapAreaControllerRoute": "controller-route",
    "MapDefaultControllerRoute": "controller-route", "MapDynamicControllerRoute": "dynamic",
    "MapFallbackToController": "fallback-controller",
    "MapFallbackToAreaController": "fallback-controller", "MapRazorPages": "pages", "MapFallbackToPage": "fallback-page",
    "MapFallbackToAreaPage": "fallback-page",
    "MapFallbackToFile": "fallback", "MapFallback": "fallback", "MapHub": "hub", "MapBlazorHub": "blazor-hub", "MapGrpcService": "grpc",
    "MapHealthChecks": "health", "MapOpenApi": "docs", "MapSwagger": "docs", "MapStaticAssets": "assets",
    "MapRazorComponents": "components",
    "MapReverseProxy": "proxy", "MapMetrics": "other", "MapGrpcReflectionService": "grpc-reflection",
    "MapConnectionHandler": "hub", "MapConnections": "hub", "MapMcp": "other",
}


# What is mapped where no pattern is given, measured: (methods, pattern).
_DEFAULTS = {
    "MapOpenApi": (("GET",), "/openapi/{documentName}.json"),
    "MapSwagger": (("GET",), "/swagger/{documentName}/swagger.{extension:regex(^(json|ya?ml)$)}"),
    "MapStaticAssets": (("GET", "HEAD"), "/{**path:file}"),
}


def map_call(ev: Evaluator, target: RouteBuilder, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """A `Map...` call on a route builder; None where it is none that is modelled."""
    name = where.name
    values = {p.name: p.value for p in passed if p.name is not None}
    positional = [p.value for p in passed if p.name is None]
    if name == "MapGroup":
        prefix = values.get("prefix") or (positional[0] if positional else Unknown())
        return RouteBuilder(Group(prefix, target.group, where.site), TypeValue(GROUP, ev.world.symbol(GROUP)))
    if name in VERBS or name == "MapMethods":
        pattern = values.get("pattern") or (positional.pop(0) if positional else None)
        methods: tuple[str, ...] | None = VERBS.get(name, ())
        if name == "MapMethods":
            verbs = values.get("httpMethods") or (positional.pop(0) if positional else None)
            methods = _verbs(verbs)
        handler = values.get("handler") or values.get("requestDelegate") or (positional[0] if positional else None)
        if isinstance(pattern, Instance):  # a RoutePattern
            pattern = pattern.fields.get("RawText", pattern)
        if name == "Map" and not isinstance(pattern, (Const, Unknown)):
            return None
        return _add(ev, target, "minimal", methods, pattern, handler, where, HANDLER_BUILDER)
    if name == "MapShortCircuit":
        return _short_circuit(ev, target, positional, values, where)
    if name == "MapCarter":
        return endpoint_libraries.map_carter(ev, target)
    if name == "MapIdentityApi":
        return endpoint_libraries.map_identity(ev, target, where)
    kind = _SPECIAL.get(name)
    if kind is None or not signatures.is_known_extension(ev.world, name):
        return None
    pattern = values.get("pattern")
    if pattern is None and name not in ("MapControllers", "MapRazorPages", "MapDefaultControllerRoute", "MapControllerRoute",
                                        "MapAreaControllerRoute", "MapFallbackToController", "MapFallbackToPage", "MapFallbackToAreaPage",
                                        "MapFallbackToFile", "MapStaticAssets"):
        pattern = next((v for v in positional if isinstance(v, Const) and isinstance(v.value, str)), None)
        if pattern is None and positional and type_name(positional[0]) in ("System.String", None) and isinstance(positional[0], Unknown):
            pattern = positional[0]
    shortest = {"MapFallbackToFile": 1, "MapFallbackToPage": 1, "MapFallbackToAreaPage": 2}.get(name)
    if shortest is not None and len(positional) > shortest:  # (pattern, file or page, area)
        pattern = positional.pop(0)
    handler = next((v for v in positional if isinstance(v, (Closure, MethodGroup))), None) or values.get("handler")
    methods_of: tuple[str, ...] = ()
    if kind == "fallback" and name == "MapFallback" and pattern is None:
        pattern = Const("{*path:nonfile}")
    if pattern is None and name in _DEFAULTS:
        methods_of, default = _DEFAULTS[name]
        pattern = Const(default)
    elif name in _DEFAULTS:
        methods_of = _DEFAULTS[name][0]
    builder = _add(ev, target, kind, methods_of, pattern, handler, where, _builder_of(ev, target, passed, where))
    draft = builder.targets[0]
    assert isinstance(draft, EndpointDraft)
    for index, of in enumerate(where.type_arguments):
        draft.details[f"T{index}"] = of
    for index, value in enumerate(positional):
        draft.details[f"{index}"] = value
    draft.details.update({k: v for k, v in values.items() if k is not None})
    draft.details["call"] = Const(name)
    return builder


def _builder_of(ev: Evaluator, target: RouteBuilder, passed: Sequence[Passed], where: CallSite) -> str:
    """The convention builder that a Map call of the framework returns; its own extensions are found by that type."""
    method = signatures.extension_of(ev.world, target, where.name, [p.value for p in passed])
    returned = signatures.returned(ev.world, method, where.type_arguments) if method is not None else None
    if returned is not None and ev.world.is_assignable(returned, TypeValue(CONVENTIONS)):
        return returned.name
    return CONVENTIONS


def router_call(ev: Evaluator, target: Instance, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`routes.MapRoute(...)` inside `UseMvc`, `routes.MapGet(...)` inside `UseRouter`; None for other calls.

    Such routers are middleware: authorization for endpoints does not see what they answer themselves.
    https://learn.microsoft.com/aspnet/core/mvc/controllers/routing#conventional-routing
    """
    positional = [p.value for p in passed if p.name is None]
    values = {p.name: p.value for p in passed if p.name is not None}
    if where.name in ("MapRoute", "MapAreaRoute"):
        draft = EndpointDraft("controller-route", (), values.get("template"), ev.app.root, where.site, None, tuple(ev.conditions))
        draft.details.update({f"{index}": value for index, value in enumerate(positional)})
        draft.details.update({k: v for k, v in values.items() if k is not None})
        draft.details["call"] = Const(where.name)
        ev.app.endpoints.append(draft)
        return target
    if where.name in VERBS or where.name in ("MapVerb", "MapMiddlewareRoute", "MapMiddlewareVerb"):
        methods: tuple[str, ...] | None = VERBS.get(where.name, ())
        if where.name.endswith("Verb"):
            verb = values.get("verb") or (positional.pop(0) if positional else None)
            methods = (verb.value.upper(),) if isinstance(verb, Const) and isinstance(verb.value, str) else None
        template = values.get("template") or (positional.pop(0) if positional else None)
        handler = next((v for v in (*positional, *values.values()) if isinstance(v, (Closure, MethodGroup))), None)
        builder = _add(ev, RouteBuilder(ev.app.root, target.type), "minimal", methods, template, handler, where, CONVENTIONS)
        for item in builder.targets:
            item.conventions.append(Convention("short-circuit", where.site, where.text, (), tuple(ev.conditions)))
        return target
    return None


def _short_circuit(
    ev: Evaluator, target: RouteBuilder, positional: list[Value], values: dict[str, Value], where: CallSite
) -> Value:
    """`MapShortCircuit(404, "robots.txt")`: one endpoint a prefix, `robots.txt/{**catchall}`, answered before authorization (measured)."""
    prefixes: list[Value] = []
    for value in positional[1:] if "statusCode" not in values else positional:
        prefixes.extend(sequences.items_of(value) or [] if isinstance(value, ListValue) else [value])
    targets: list[EndpointDraft] = []
    for prefix in prefixes:
        known = prefix.value if isinstance(prefix, Const) and isinstance(prefix.value, str) else None
        pattern = Const(known.rstrip("/") + "/{**catchall}") if known is not None else prefix
        builder = _add(ev, target, "other", (), pattern, None, where, CONVENTIONS)
        for draft in builder.targets:
            draft.conventions.append(Convention("short-circuit", where.site, where.text, (), tuple(ev.conditions)))
            if isinstance(draft, EndpointDraft):
                targets.append(draft)
    return ConventionBuilder(tuple(targets), TypeValue(CONVENTIONS, ev.world.symbol(CONVENTIONS)))


def is_branch(ev: Evaluator, handler: Value | None) -> bool:
    """`app.Map("/admin", (IApplicationBuilder b) => ...)` or `b => b.Use...`: a pipeline branch, not an endpoint.

    The compiler picks the overload by the lambda's body; a lambda that calls Use/Run/UseX on its one parameter is a branch.
    """
    if not isinstance(handler, Closure) or len(getattr(handler.code, "parameters", ())) != 1:
        return False
    parameter = handler.code.parameters[0]
    if parameter.type is not None:
        return parameter.type.name.rsplit(".", 1)[-1] == "IApplicationBuilder"
    body = ev.body(handler.frame.path, handler.code.body) or ()
    return any(_calls_on(s, parameter.name) for s in body)


def _calls_on(statement: object, name: str) -> bool:

    value = getattr(statement, "value", None)
    while isinstance(value, (ir.Call, ir.Member)):
        if isinstance(value, ir.Call) and isinstance(value.function, ir.Member):
            if value.function.name.startswith(("Use", "Run")) and _root(value.function.target) == name:
                return True
            value = value.function.target
        else:
            return False
    return False


def _root(expr: object) -> str | None:

    while isinstance(expr, (ir.Call, ir.Member)):
        expr = expr.function if isinstance(expr, ir.Call) else expr.target
    return expr.name if isinstance(expr, ir.Name) else None


def _verbs(value: Value | None) -> tuple[str, ...] | None:
    if isinstance(value, ListValue) and value.exact:
        verbs = [v.value.upper() if isinstance(v, Const) and isinstance(v.value, str) else None for v in value.items]
        return tuple(v for v in verbs if v is not None) if None not in verbs else None
    return None


def _add(
    ev: Evaluator, target: RouteBuilder, kind: str, methods: tuple[str, ...] | None, pattern: Value | None, handler: Value | None,
    where: CallSite, builder: str,
) -> ConventionBuilder:
    where = _said_at(ev, handler, where)
    draft = EndpointDraft(kind, methods, pattern, target.group, where.site, handler, tuple(ev.conditions), member=_member_name(ev, where))
    if not ev.app.running:
        ev.app.endpoints.append(draft)
    return ConventionBuilder((draft,), TypeValue(builder, ev.world.symbol(builder)))


def _said_at(ev: Evaluator, handler: Value | None, where: CallSite) -> CallSite:
    """The call that a reader takes for the Map call: of an own wrapper that is handed the handler, the call of the wrapper."""
    if not isinstance(handler, (Closure, MethodGroup)):
        return where
    for call, passed in reversed(ev.callers):
        if not any(p.value is handler for p in passed):
            break
        where = call
    return where


def _member_name(ev: Evaluator, where: CallSite) -> str:
    """`Shop.OrderEndpoints.Map`: the member whose body maps, without lambdas and parameter list."""
    root = where.frame.body.split("~", 1)[0]
    return root.split("(", 1)[0].split(":", 1)[0]


def external_map(ev: Evaluator, target: RouteBuilder, passed: Sequence[Passed], where: CallSite, returned: TypeValue) -> Value:
    """A Map call of the framework or a library that is not modelled: it serves something at a path, if one is given."""
    pattern = next((p.value for p in passed if isinstance(p.value, Const) and isinstance(p.value.value, str)), None)
    builder = _add(ev, target, "other", (), pattern, None, where, returned.name)
    draft = builder.targets[0]
    assert isinstance(draft, EndpointDraft)
    draft.details["call"] = Const(where.name)
    return ConventionBuilder(builder.targets, returned)


# --- conventions ---------------------------------------------------------------------------------------------------------

_CONVENTIONS = {
    "RequireAuthorization": "authorize", "AllowAnonymous": "anonymous", "WithMetadata": "metadata", "AddEndpointFilter": "filter",
    "AddEndpointFilterFactory": "filter", "ExcludeFromDescription": "exclude", "ShortCircuit": "short-circuit", "Add": "add",
    "Finally": "finally", "WithName": "name", "WithDisplayName": "name", "RequireHost": "host", "RequireCors": "cors",
    # Of packages that need not be known to know that they keep nobody out:
    "AddInteractiveWebAssemblyRenderMode": "name", "EnableGrpcWeb": "name", "WithOpenApi": "name",
    "AddInteractiveServerRenderMode": "server-mode", "AddAdditionalAssemblies": "assemblies",
    "WithOrder": "order", "RequireRateLimiting": "rate", **dict.fromkeys(api_versions.MAPS, "api-version"),
}


def convention_call(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """A call on an endpoint's or group's convention builder; None where it is no convention that is modelled."""
    kind = _CONVENTIONS.get(where.name)
    if kind is None:
        return None
    values: tuple[Value, ...] = tuple(where.type_arguments) + _spread([p.value for p in passed])
    if kind == "authorize":
        values = tuple(_policy_argument(ev, v, where) for v in values)
    elif kind == "cors":
        values = tuple(cors.policy_of(ev, v, where.site) for v in values)
    convention = Convention(kind, where.site, f".{where.text}", values, tuple(ev.conditions))
    for item in targets_of(target):
        item.conventions.append(convention)
    return target


def _policy_argument(ev: Evaluator, value: Value, where: CallSite) -> Value:
    """`RequireAuthorization(p => p.RequireRole("x"))` builds a policy."""
    if isinstance(value, (Closure, MethodGroup)):
        return policy_from(ev, value, where.site) or value
    return value


def _spread(values: list[Value]) -> tuple[Value, ...]:
    """The elements of an array that is given for a `params` parameter."""
    found: list[Value] = []
    for value in values:
        is_array = isinstance(value, ListValue) and (value.type is None or value.type.name.endswith("[]"))
        found.extend(sequences.items_of(value) or [value] if is_array else [value])
    return tuple(found)


def targets_of(value: Value) -> tuple[EndpointDraft | Group, ...]:
    if isinstance(value, ConventionBuilder):
        return value.targets
    if isinstance(value, RouteBuilder):
        return (value.group,)
    return ()


def mark_unknown(ev: Evaluator, value: Value, where: CallSite) -> None:
    """A call that nobody knows got the builder: it may have mapped endpoints or required anything."""
    convention = Convention("unknown", where.site, f".{where.text}", (), tuple(ev.conditions))
    if isinstance(value, RouteBuilder) and value.group.parent is None:
        if not where.name.startswith(("Use", "Add", "Get")) and not (where.name.startswith("Map") and endpoint_libraries.map_modules(ev)):
            ev.gaps.setdefault(f"`{where.name}` may map endpoints: it is not in the workspace", where.site)
        return
    for item in targets_of(value):
        item.conventions.append(convention)
