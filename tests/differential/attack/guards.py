"""Guards that stand before an endpoint: filters, resource-scoped policies, pipeline behaviours. Each has a twin that only seems to guard."""

# ruff: noqa: E501 - lines of C# are as long as they are

from __future__ import annotations

from tests.differential.attack.layers import Parts


def _condition(parts: Parts, owner: bool, user: str) -> str:
    d = parts.d
    return f"p.Id == id && p.{d.owner} == {user}" if owner else "p.Id == id"


def action_filter(parts: Parts, owner: bool) -> str:
    """An attribute for actions."""
    d, r = parts.d, parts.random
    name = f"{d.parent}{'Owner' if owner else 'Exists'}"
    user = parts.identity.of_user(r, d, "context.HttpContext.User")
    value = r.choice([f'({d.key})context.ActionArguments["id"]!', f'{d.key}.Parse(context.RouteData.Values["id"]!.ToString()!)'])
    refusal = r.choice(["new NotFoundResult()", "new ForbidResult()"] if owner else ["new NotFoundResult()"])
    style = r.randrange(2)
    before = f"var user = {user};\n        " if owner else ""
    check = f"if (!await db.{d.parents}.AnyAsync(p => {_condition(parts, owner, 'user')}))"
    header = f"public sealed class {name}Attribute() : TypeFilterAttribute(typeof({name}Filter));\n\n" if style else ""
    class_header = f"public sealed class {name}Filter({d.db} db) : IAsyncActionFilter" if style else f"public sealed class {name}Attribute : ActionFilterAttribute"
    resolve = "" if style else f"var db = context.HttpContext.RequestServices.GetRequiredService<{d.db}>();\n        "
    parts.files[f"Guards/{name}.cs"] = f"""using System.Security.Claims;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.EntityFrameworkCore;

namespace {d.namespace};

{header}{class_header}
{{
    public {'' if style else 'override '}async Task OnActionExecutionAsync(ActionExecutingContext context, ActionExecutionDelegate next)
    {{
        {resolve}{before}var id = {value};
        {check}
        {{
            context.Result = {refusal};
            return;
        }}

        await next();
    }}
}}
"""
    return f"[{name}]"


def endpoint_filter(parts: Parts, owner: bool) -> str:
    """A convention for minimal endpoints."""
    d, r = parts.d, parts.random
    user = parts.identity.of_user(r, d, "context.HttpContext.User")
    value = r.choice([f"context.GetArgument<{d.key}>(0)", f'{d.key}.Parse(context.HttpContext.GetRouteValue("id")!.ToString()!)'])
    before = f"var user = {user};\n        " if owner else ""
    check = f"if (!await db.{d.parents}.AnyAsync(p => {_condition(parts, owner, 'user')}))"
    name = f"{d.parent}{'Owner' if owner else 'Exists'}EndpointFilter"
    parts.files[f"Guards/{name}.cs"] = f"""using System.Security.Claims;
using Microsoft.EntityFrameworkCore;

namespace {d.namespace};

public sealed class {name}({d.db} db) : IEndpointFilter
{{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {{
        {before}var id = {value};
        {check}
        {{
            return Results.NotFound();
        }}

        return await next(context);
    }}
}}
"""
    return f".AddEndpointFilter<{name}>()"


def route_policy(parts: Parts, owner: bool) -> str:
    """The name of a policy whose handler reads the route's id."""
    d, r = parts.d, parts.random
    name = f"{d.parent}{'OfCaller' if owner else 'Present'}"
    user = parts.identity.of_user(r, d, "context.User")
    http = r.choice(["accessor.HttpContext!", "http"])
    lines = [] if http.startswith("accessor") else ["var http = accessor.HttpContext!;"]
    lines += [f"var user = {user};"] if owner else []
    lines += [r.choice([f'var id = {d.key}.Parse({http}.GetRouteValue("id")!.ToString()!);', f'var id = {d.key}.Parse((string){http}.Request.RouteValues["id"]!);'])]
    lines += [f"if (await db.{d.parents}.AnyAsync(p => {_condition(parts, owner, 'user')}))", "{", "    context.Succeed(requirement);", "}"]
    body = "\n        ".join(lines)
    parts.files[f"Guards/{name}.cs"] = f"""using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.EntityFrameworkCore;

namespace {d.namespace};

public sealed class {name}Requirement : IAuthorizationRequirement;

public sealed class {name}Handler({d.db} db, IHttpContextAccessor accessor) : AuthorizationHandler<{name}Requirement>
{{
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, {name}Requirement requirement)
    {{
        if (context.User.Identity is not {{ IsAuthenticated: true }})
        {{
            return;
        }}

        {body}
    }}
}}
"""
    register = f"builder.Services.AddScoped<IAuthorizationHandler, {name}Handler>();"
    if register not in parts.services:
        parts.services.append(register)
        parts.services.append(f'builder.Services.AddAuthorizationBuilder().AddPolicy("{name}", p => p.RequireAuthenticatedUser().AddRequirements(new {name}Requirement()));')
    return name


def resource_handlers(parts: Parts) -> None:
    """Policies for IAuthorizationService: one that compares, one that grants everything."""
    d, r = parts.d, parts.random
    user = parts.identity.of_user(r, d, "context.User")
    check = r.choice([f"resource.{d.owner} == {user}", f"{user} == resource.{d.owner}"])
    parts.files["Guards/ResourceHandlers.cs"] = f"""using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;

namespace {d.namespace};

public sealed class {d.parent}OwnerRequirement : IAuthorizationRequirement;

public sealed class {d.parent}KnownRequirement : IAuthorizationRequirement;

public sealed class {d.parent}OwnerHandler : AuthorizationHandler<{d.parent}OwnerRequirement, {d.parent}>
{{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, {d.parent}OwnerRequirement requirement, {d.parent} resource)
    {{
        if ({check})
        {{
            context.Succeed(requirement);
        }}

        return Task.CompletedTask;
    }}
}}

public sealed class {d.parent}KnownHandler : AuthorizationHandler<{d.parent}KnownRequirement, {d.parent}>
{{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, {d.parent}KnownRequirement requirement, {d.parent} resource)
    {{
        context.Succeed(requirement);
        return Task.CompletedTask;
    }}
}}
"""
    for kind in ("Owner", "Known"):
        parts.services.append(f"builder.Services.AddSingleton<IAuthorizationHandler, {d.parent}{kind}Handler>();")
    parts.services.append(
        f'builder.Services.AddAuthorizationBuilder()\n    .AddPolicy("{d.parent}Owner", p => p.AddRequirements(new {d.parent}OwnerRequirement()))\n'
        f'    .AddPolicy("{d.parent}Known", p => p.AddRequirements(new {d.parent}KnownRequirement()));'
    )


def behavior(parts: Parts, logs: bool, registered: bool) -> None:
    """A pipeline behaviour of the app's own mediator that logs each request, at a level that ships or not."""
    d, r = parts.d, parts.random
    level = "Information" if logs else "Debug"
    name = r.choice(["LoggingBehavior", "TrailBehavior", "AuditBehavior"])
    parts.files[f"Guards/{name}.cs"] = f"""namespace {d.namespace};

public sealed class {name}<TRequest, TResponse>(ILogger<{name}<TRequest, TResponse>> logger) : IPipelineBehavior<TRequest, TResponse> where TRequest : IRequest<TResponse>
{{
    public async Task<TResponse> Handle(TRequest request, Func<Task<TResponse>> next, CancellationToken cancellationToken)
    {{
        var response = await next();
        logger.Log{level}("handled {{Request}}", typeof(TRequest).Name);
        return response;
    }}
}}
"""
    if registered:
        parts.services.append(f"builder.Services.AddScoped(typeof(IPipelineBehavior<,>), typeof({name}<,>));")


MEDIATOR = """namespace {namespace};

public interface IRequest<TResponse>;

public interface IRequestHandler<TRequest, TResponse> where TRequest : IRequest<TResponse>
{{
    Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken);
}}

public interface IPipelineBehavior<TRequest, TResponse> where TRequest : IRequest<TResponse>
{{
    Task<TResponse> Handle(TRequest request, Func<Task<TResponse>> next, CancellationToken cancellationToken);
}}

public interface ISender
{{
    Task<TResponse> Send<TResponse>(IRequest<TResponse> request, CancellationToken cancellationToken = default);
}}

public sealed class Sender(IServiceProvider services) : ISender
{{
    public Task<TResponse> Send<TResponse>(IRequest<TResponse> request, CancellationToken cancellationToken = default)
    {{
        var dispatch = typeof(Sender).GetMethod(nameof(Dispatch))!.MakeGenericMethod(request.GetType(), typeof(TResponse));
        return (Task<TResponse>)dispatch.Invoke(this, [request, cancellationToken])!;
    }}

    public Task<TResponse> Dispatch<TRequest, TResponse>(TRequest request, CancellationToken cancellationToken) where TRequest : IRequest<TResponse>
    {{
        var handler = services.GetRequiredService<IRequestHandler<TRequest, TResponse>>();
        Func<Task<TResponse>> next = () => handler.Handle(request, cancellationToken);
        foreach (var behavior in services.GetServices<IPipelineBehavior<TRequest, TResponse>>())
        {{
            var inner = next;
            next = () => behavior.Handle(request, inner, cancellationToken);
        }}

        return next();
    }}
}}
"""
