"""Idioms of real start-up code, each a small piece with names and access statements of its own."""

# ruff: noqa: E501 - lines of C# are as long as they are

from __future__ import annotations

from collections.abc import Callable

from tests.differential.authorization import attribute
from tests.differential.minimal import Writer, conventions, map_call, pattern, private

_USINGS = "using Microsoft.AspNetCore.Authorization;\n\nnamespace Generated.Idioms;\n\n"


def _policy(w: Writer) -> str:
    return w.random.choice(w.policies.spellings[w.random.choice(w.policies.names)])


def static_abstract(w: Writer) -> None:
    """`app.MapEndpoint<GetThing>()`, where the interface has a static abstract Map."""
    n = w.next()
    types = ""
    for x in "AB":
        members: list[str] = []
        call = map_call(w, "app", members)
        methods = "".join(f"    {private(m)}\n" for m in members)
        types += f"public class Slice{n}{x} : ISlice{n}\n{{\n    public static void Map(IEndpointRouteBuilder app) => {call};\n{methods}}}\n\n"
    w.files[f"Idioms/Slice{n}.cs"] = (
        _USINGS + f"public interface ISlice{n}\n{{\n    static abstract void Map(IEndpointRouteBuilder app);\n}}\n\n{types}"
        f"public static class SliceExtensions{n}\n{{\n    public static IEndpointRouteBuilder MapSlice{n}<T>(this IEndpointRouteBuilder app) where T : ISlice{n}\n"
        "    {\n        T.Map(app);\n        return app;\n    }\n}\n"
    )
    on = f'app.MapGroup("/slices{n}"){conventions(w, 0.4, False)}' if w.random.random() < 0.5 else "app"
    w.program.append(f"{on}.MapSlice{n}<Slice{n}A>().MapSlice{n}<Slice{n}B>();")


def static_handlers(w: Writer) -> None:
    """Handlers of a static class in another file, attributes on the methods."""
    n = w.next()
    said = [attribute(w.random, w.policies) if w.random.random() < 0.5 else "" for _ in range(3)]
    w.files[f"Idioms/Handlers{n}.cs"] = (
        _USINGS + f"internal static class Handlers{n}\n{{\n    {said[0]}\n    internal static string Get(int id) => id.ToString();\n\n"
        f"    {said[1]}\n    internal static async Task<IResult> Create(HttpContext http)\n    {{\n        await Task.Yield();\n        return Results.Ok();\n    }}\n\n"
        f"    {said[2]}\n    internal static void Remove(int id)\n    {{\n    }}\n}}\n"
    )
    w.program.append(f'app.MapGet("/handlers{n}/{{id:int}}", Handlers{n}.Get){conventions(w, 0.3)};')
    w.program.append(f'app.MapPost("/handlers{n}", Handlers{n}.Create){conventions(w, 0.3)};')
    w.program.append(f'app.MapDelete($"/handlers{n}/{{{{id:int}}}}", Handlers{n}.Remove){conventions(w, 0.3)};')


def instance_handlers(w: Writer) -> None:
    """An object with handlers, made by hand, mapping itself."""
    n = w.next()
    said = attribute(w.random, w.policies)
    w.files[f"Idioms/Module{n}.cs"] = (
        _USINGS + f"public sealed class Desk{n}(string prefix, bool locked = {w.random.choice(['true', 'false'])})\n{{\n"
        f"    private readonly string _prefix = prefix.Trim('/');\n\n    public void Register(IEndpointRouteBuilder routes)\n    {{\n"
        f"        var group = routes.MapGroup(_prefix);\n        if (locked)\n        {{\n            group.RequireAuthorization();\n        }}\n\n"
        f'        group.MapGet("list", List);\n        group.MapPut("item/{{id}}", Put){conventions(w, 0.4)};\n    }}\n\n'
        f'    {said}\n    private string List() => "x";\n\n    private static string Put(string id) => id;\n}}\n'
    )
    w.program.append(w.random.choice([f'new Desk{n}("/desk{n}/").Register(app);', f'var desk{n} = new Desk{n}(locked: false, prefix: "desk{n}");\ndesk{n}.Register(app);']))


def delegates(w: Writer) -> None:
    """Handlers and configuration in variables."""
    n = w.next()
    said = attribute(w.random, w.policies) + " " if w.random.random() < 0.5 else ""
    w.program += w.random.choice([
        [f'var handler{n} = {said}() => "x";', f"app.MapGet({pattern(w)}, handler{n}){conventions(w)};"],
        [f'Delegate handler{n} = {said}(string? q) => q ?? "x";', f"app.MapGet({pattern(w)}, handler{n}){conventions(w)};"],
        [f"Action<IEndpointRouteBuilder> configure{n} = b => b.MapPost({pattern(w)}, () => \"x\"){conventions(w)};", f"configure{n}(app);",
         f'configure{n}(app.MapGroup("/again{n}"){conventions(w, 0.4, False)});'],
        [f"Func<IEndpointRouteBuilder, RouteGroupBuilder> open{n} = b => b.MapGroup(\"/func{n}\"){conventions(w, 0.4, False)};",
         f'open{n}(app).MapGet("/x", () => "x"){conventions(w)};'],
    ])


def configured_group(w: Writer) -> None:
    """`app.Group("/x", g => ...)`: an extension method that takes the mapping as a lambda."""
    n = w.next()
    w.files[f"Idioms/Group{n}.cs"] = (
        _USINGS + f"public static class Grouping{n}\n{{\n"
        f"    public static TRoutes Group{n}<TRoutes>(this TRoutes routes, string prefix, Action<RouteGroupBuilder> map, string? policy = null) where TRoutes : IEndpointRouteBuilder\n"
        "    {\n        var group = routes.MapGroup(prefix);\n        map(group);\n        if (policy != null)\n        {\n            group.RequireAuthorization(policy);\n        }\n\n        return routes;\n    }\n}\n"
    )
    policy = w.random.choice(["", f", {_policy(w)}", f", policy: {_policy(w)}"])
    w.program.append(
        f'app.Group{n}("/grouped{n}", g =>\n{{\n    g.MapGet("/a", () => "x"){conventions(w)};\n    g.MapGet("/b", () => "x"){conventions(w)};\n}}{policy});'
    )


def table(w: Writer) -> None:
    """Endpoints as rows of records."""
    n = w.next()
    w.files[f"Idioms/Row{n}.cs"] = (
        _USINGS + f"public sealed record Row{n}(string Path, string? Policy = null, bool Open = false);\n\n"
        f"public static class Rows{n}\n{{\n    public static IReadOnlyList<Row{n}> All {{ get; }} =\n    [\n"
        f'        new("/row{n}/a"),\n        new("/row{n}/b", {_policy(w)}),\n        new Row{n}("/row{n}/c") {{ Open = true }},\n        new("/row{n}/d", Open: true, Policy: {_policy(w)}),\n    ];\n}}\n'
    )
    w.program.append(
        f"foreach (var row{n} in Rows{n}.All)\n{{\n    var made{n} = app.MapGet(row{n}.Path, () => row{n}.Path);\n    if (row{n}.Open)\n        made{n}.AllowAnonymous();\n"
        f"    else if (row{n} is {{ Policy: {{ }} policy{n} }})\n        made{n}.RequireAuthorization(policy{n});\n    else\n        made{n}.RequireAuthorization();\n}}"
    )


def chosen(w: Writer) -> None:
    """Conventions chosen by expressions."""
    n = w.next()
    w.program += w.random.choice([
        [f'var picked{n} = app.MapGet({pattern(w)}, () => "x");',
         f"_ = Names.Admin switch {{ \"Admin\" => picked{n}.RequireAuthorization(), _ => picked{n}.AllowAnonymous() }};"],
        [f'string? policy{n} = app.Environment.IsProduction() ? {_policy(w)} : null;',
         f'var picked{n} = app.MapGet({pattern(w)}, () => "x");', f"if (policy{n} is {{ Length: > 0 }}) picked{n}.RequireAuthorization(policy{n});"],
        [f'app.MapGet({pattern(w)}, () => "x").RequireAuthorization(app.Environment.IsDevelopment() ? {_policy(w)} : {_policy(w)});'],
        [f'var route{n} = string.Format("/format{n}/{{0}}", "x");', f'app.MapGet(route{n}, () => "x"){conventions(w)};'],
        [f'var parts{n} = new[] {{ "join{n}", "b" }};', f'app.MapGet("/" + string.Join("/", parts{n}), () => "x"){conventions(w)};'],
        [f'const string Base{n} = "/const{n}";', f'const string Full{n} = $"{{Base{n}}}/x";', f'app.MapGet(Full{n}, () => "x"){conventions(w)};'],
        [f'var (first{n}, second{n}) = ("/tuple{n}a", "/tuple{n}b");', f'app.MapGet(first{n}, () => "x"){conventions(w)};', f'app.MapGet(second{n}, () => "x"){conventions(w)};'],
        [f'RouteGroupBuilder? maybe{n} = app.MapGroup("/maybe{n}");', f"maybe{n}?.RequireAuthorization();", f'maybe{n}!.MapGet("/x", () => "x"){conventions(w)};'],
    ])


def local_functions(w: Writer) -> None:
    """Local functions that map, called before and after they are declared."""
    n = w.next()
    w.program.append(f"MapLocal{n}(app);")
    w.program.append(f'MapLocal{n}(app.MapGroup("/local{n}"){conventions(w, 0.5, False)});')
    w.tail.append(f"void MapLocal{n}(IEndpointRouteBuilder routes)\n{{\n    routes.MapGet({pattern(w)}, () => \"x\"){conventions(w)};\n    routes.MapPost({pattern(w)}, Inner){conventions(w)};\n    static string Inner() => \"x\";\n}}")


def overloads(w: Writer) -> None:
    """Extension methods of one name for different receivers."""
    n = w.next()
    w.files[f"Idioms/Over{n}.cs"] = (
        _USINGS + f"public static class Over{n}\n{{\n"
        f'    public static RouteHandlerBuilder MapOver{n}(this WebApplication app, string path) => app.MapGet("/app{n}" + path, () => "x"){conventions(w, 0.4)};\n\n'
        f'    public static RouteHandlerBuilder MapOver{n}(this RouteGroupBuilder group, string path) => group.MapGet("/group" + path, () => "x"){conventions(w, 0.4)};\n\n'
        f'    public static RouteHandlerBuilder MapOver{n}(this IEndpointRouteBuilder routes, Delegate handler, string path = "/default{n}") => routes.MapPost(path, handler);\n}}\n'
    )
    w.program.append(f'app.MapOver{n}("/x"){conventions(w, 0.4)};')
    w.program.append(f'app.MapGroup("/over{n}"){conventions(w, 0.4, False)}.MapOver{n}("/x"){conventions(w, 0.4)};')
    w.program.append(f'app.MapOver{n}(() => "x"){conventions(w, 0.4)};')


def marked_types(w: Writer) -> None:
    """Types found by an own attribute, whose values go into the route."""
    n = w.next()
    kinds = "".join(
        f'[Served{n}("/served{n}/{x}"{w.random.choice(["", f", Policy = {_policy(w)}"])})]\npublic sealed class Thing{n}{x} : IThing{n}\n{{\n    public string Run() => "x";\n}}\n\n' for x in "ab"
    )
    w.files[f"Idioms/Served{n}.cs"] = (
        "using System.Reflection;\n" + _USINGS + f"[AttributeUsage(AttributeTargets.Class)]\npublic sealed class Served{n}Attribute(string path) : Attribute\n{{\n    public string Path {{ get; }} = path;\n"
        f"    public string? Policy {{ get; set; }}\n}}\n\npublic interface IThing{n}\n{{\n    string Run();\n}}\n\n{kinds}"
        f"public static class Serving{n}\n{{\n    public static void MapServed{n}(this IEndpointRouteBuilder app)\n    {{\n"
        f"        foreach (var type in typeof(IThing{n}).Assembly.GetTypes().Where(t => t.GetCustomAttribute<Served{n}Attribute>() is not null))\n        {{\n"
        f"            var served = type.GetCustomAttribute<Served{n}Attribute>()!;\n            var thing = (IThing{n})Activator.CreateInstance(type)!;\n"
        "            var endpoint = app.MapGet(served.Path, () => thing.Run());\n            if (!string.IsNullOrEmpty(served.Policy))\n            {\n                endpoint.RequireAuthorization(served.Policy);\n            }\n        }\n    }\n}\n"
    )
    w.program.append(f"app.MapServed{n}();")


def base_module(w: Writer) -> None:
    """A template method: a base class maps, derived ones say prefix and policy."""
    n = w.next()
    w.files[f"Idioms/Crud{n}.cs"] = (
        _USINGS + f"public abstract class Crud{n}<T>\n{{\n    protected abstract string Prefix {{ get; }}\n    protected virtual string? Policy => null;\n\n"
        "    public RouteGroupBuilder Map(IEndpointRouteBuilder routes)\n    {\n        var group = routes.MapGroup(Prefix + \"/\" + typeof(T).Name.ToLowerInvariant());\n"
        "        if (Policy is not null)\n        {\n            group.RequireAuthorization(Policy);\n        }\n\n        group.MapGet(\"/\", () => \"x\");\n        Extend(group);\n        return group;\n    }\n\n"
        "    protected virtual void Extend(RouteGroupBuilder group)\n    {\n        group.MapDelete(\"/{id}\", (string id) => id).RequireAuthorization();\n    }\n}\n\n"
        f"public sealed record Pear{n};\n\npublic sealed record Plum{n};\n\npublic sealed class Pears{n} : Crud{n}<Pear{n}>\n{{\n    protected override string Prefix => \"/fruit{n}\";\n}}\n\n"
        f"public sealed class Plums{n} : Crud{n}<Plum{n}>\n{{\n    protected override string Prefix {{ get; }} = \"/stone{n}\";\n    protected override string? Policy => {_policy(w)};\n\n"
        f"    protected override void Extend(RouteGroupBuilder group)\n    {{\n        base.Extend(group);\n        group.MapPut(\"/{{id}}\", (string id) => id){conventions(w)};\n    }}\n}}\n"
    )
    w.program.append(f"new Pears{n}().Map(app){conventions(w, 0.4, False)};")
    w.program.append(f"new Plums{n}().Map(app.MapGroup(\"/orchard{n}\"){conventions(w, 0.3, False)});")


def options_bound(w: Writer) -> None:
    """Options from configuration decide."""
    n = w.next()
    on = w.random.choice([True, False])
    w.settings[f"Feature{n}"] = {"Enabled": on, "Prefix": f"/feature{n}", "Roles": ["Admin", "Boss"]}
    w.files[f"Idioms/Feature{n}.cs"] = (
        _USINGS + f"public sealed class Feature{n}Options\n{{\n    public bool Enabled {{ get; set; }}\n    public string Prefix {{ get; set; }} = \"/unset\";\n    public string[] Roles {{ get; set; }} = [];\n}}\n"
    )
    w.program.append(w.random.choice([
        f'var feature{n} = app.Configuration.GetSection("Feature{n}").Get<Feature{n}Options>()!;',
        f'var feature{n} = new Feature{n}Options();\napp.Configuration.GetSection("Feature{n}").Bind(feature{n});',
        f'var feature{n} = app.Configuration.GetSection("Feature{n}").Get<Feature{n}Options>() ?? new Feature{n}Options();',
    ]))
    w.program.append(
        f'if (feature{n}.Enabled)\n{{\n    app.MapGet(feature{n}.Prefix + "/on", () => "x").RequireAuthorization(p => p.RequireRole(feature{n}.Roles));\n}}\n'
        f'else\n{{\n    app.MapGet($"{{feature{n}.Prefix}}/off", () => "x"){conventions(w)};\n}}'
    )


def use_endpoints(w: Writer) -> None:
    """The older `UseEndpoints`."""
    n = w.next()
    w.program.append(f'app.UseEndpoints(endpoints =>\n{{\n    endpoints.MapGet("/ends{n}", () => "x"){conventions(w)};\n    endpoints.MapPost("/ends{n}", () => "x"){conventions(w)};\n}});')
    w.needs_routing = True


def conditional_symbols(w: Writer) -> None:
    """Not DEBUG: the oracle asks a Debug build, RouteWarden answers for Release."""
    n = w.next()
    w.program.append(f'#if LEGACY || !NET8_0_OR_GREATER\napp.MapGet("/old{n}", () => "x");\n#else\napp.MapGet("/new{n}", () => "x"){conventions(w)};\n#endif')


def filters(w: Writer) -> None:
    """Endpoint filters that refuse, and such that do not."""
    n = w.next()
    w.files[f"Idioms/Key{n}.cs"] = (
        _USINGS + f"public sealed class Key{n}Filter : IEndpointFilter\n{{\n    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)\n    {{\n"
        '        if (context.HttpContext.Request.Headers["X-Key"] != "secret")\n        {\n            return Results.StatusCode(401);\n        }\n\n        return await next(context);\n    }\n}\n\n'
        f"public sealed class Log{n}Filter : IEndpointFilter\n{{\n    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) => next(context);\n}}\n"
    )
    w.program.append(f'app.MapGet("/keyed{n}", () => "x").AddEndpointFilter<{w.random.choice(["Key", "Log"])}{n}Filter>(){conventions(w, 0.3, False)};')
    w.program.append(f'app.MapGroup("/kept{n}").AddEndpointFilter(new {w.random.choice(["Key", "Log"])}{n}Filter()).MapGet("/x", () => "x"){conventions(w, 0.3)};')


def permission_policies(w: Writer) -> None:
    """Policies made in a loop over constants, required by an own extension."""
    n = w.next()
    required = w.random.choice(['RequireClaim("permission", permission)', "RequireAuthenticatedUser()"])
    w.files[f"Idioms/Permissions{n}.cs"] = (
        _USINGS + f"public static class Permissions{n}\n{{\n    public const string Read = \"perm{n}.read\";\n    public const string Write = \"perm{n}.write\";\n"
        "    public static readonly string[] All = [Read, Write];\n\n"
        f"    public static AuthorizationOptions AddPermissions{n}(this AuthorizationOptions options)\n    {{\n        foreach (var permission in All)\n        {{\n"
        f"            options.AddPolicy(permission, policy => policy.{required});\n        }}\n\n        return options;\n    }}\n\n"
        f"    public static TBuilder RequirePermission{n}<TBuilder>(this TBuilder builder, params string[] permissions) where TBuilder : IEndpointConventionBuilder =>\n        builder.RequireAuthorization(permissions);\n}}\n"
    )
    w.services.append(f"builder.Services.AddAuthorization(o => o.AddPermissions{n}());")
    w.program.append(f'app.MapGet("/perm{n}", () => "x").RequirePermission{n}(Permissions{n}.Read);')
    w.program.append(f'app.MapPost("/perm{n}", () => "x").RequirePermission{n}(Permissions{n}.Read, Permissions{n}.Write){conventions(w, 0.3, False)};')
    w.program.append(f'app.MapPut("/perm{n}", [Authorize(Permissions{n}.Write)] () => "x"){conventions(w, 0.3)};')


IDIOMS: list[Callable[[Writer], None]] = [
    static_abstract, static_handlers, instance_handlers, delegates, configured_group, table, chosen, local_functions, overloads, marked_types,
    base_module, options_bound, use_endpoints, conditional_symbols, filters, permission_policies, delegates, chosen, chosen,
]


def write_idioms(w: Writer) -> None:
    for idiom in w.random.sample(IDIOMS, w.random.randint(1, 4)):
        idiom(w)

