"""Start-up code evaluated: what the register says of small programs. What the framework itself says of them: tests/differential."""

# ruff: noqa: E501 - lines of C# are as long as they are

from __future__ import annotations

from routewarden.analysis.project import Project

HEAD = "using Microsoft.AspNetCore.Authorization;\nvar builder = WebApplication.CreateBuilder(args);\n"


def served(program: str, **files: str) -> dict[str, str]:
    """Label → access of the endpoints of an app; keyword `a` is file A.cs."""
    sources: dict[str, str | bytes] = {"Program.cs": HEAD + program + "\napp.Run();\n"}
    sources |= {f"{name.upper()}.cs": text for name, text in files.items() if name != "settings"}
    if "settings" in files:
        sources["appsettings.json"] = files["settings"]
    return {e.label: str(e.access) for e in Project.in_memory(sources).register.endpoints}


BUILD = "var app = builder.Build();\n"


def test_configuration_decides_by_file_then_by_the_default_in_code() -> None:
    program = BUILD + (
        'var list = app.MapGet("/a", () => 1);\nif (app.Configuration.GetValue("Lock", false)) list.RequireAuthorization();\n'
        'app.MapGet($"{app.Configuration["Prefix"]}/b", () => 1);'
    )
    assert served(program) == {"GET /a": "public", "GET /b": "public"}
    assert served(program, settings='{"Lock": true, "Prefix": "/v1"}') == {"GET /a": "authenticated", "GET /v1/b": "public"}


def test_configuration_with_a_source_that_cannot_be_read_is_unknown() -> None:
    program = 'builder.Configuration.AddJsonFile("secrets.json");\n' + BUILD + (
        'var list = app.MapGet("/a", () => 1);\nif (app.Configuration.GetValue<bool>("Lock")) list.RequireAuthorization();'
    )
    assert served(program) == {"GET /a": "unknown"}


def test_a_check_that_throws_did_not_stop_the_app() -> None:
    program = BUILD + (
        'var key = app.Configuration["Key"];\nif (string.IsNullOrEmpty(key)) throw new InvalidOperationException();\napp.MapGet("/a", () => key);'
    )
    assert served(program) == {"GET /a": "public"}


def test_a_policy_object_switches_the_default_policy_off() -> None:
    program = "builder.Services.AddAuthorization(o => o.DefaultPolicy = new AuthorizationPolicyBuilder().RequireRole(\"x\").Build());\n" + BUILD + (
        'app.MapGroup("/h").RequireAuthorization(p => p.RequireAssertion(_ => true)).MapGet("/x", [Authorize] () => 1);\n'
        'app.MapGet("/y", [Authorize] () => 1);'
    )
    assert served(program) == {"GET /h/x": "public", "GET /y": "restricted"}


def test_an_assertion_is_asked_about_two_callers() -> None:
    program = BUILD + (
        'app.MapGet("/a", () => 1).RequireAuthorization(p => p.RequireAssertion(c => c.User.Identity!.IsAuthenticated));\n'
        'app.MapGet("/b", () => 1).RequireAuthorization(p => p.RequireAssertion(c => c.User.IsInRole("x") || c.User.HasClaim("y", "z")));\n'
        'app.MapGet("/c", () => 1).RequireAuthorization(p => p.RequireAssertion(c => c.User.Identity is not null));'
    )
    assert served(program) == {"GET /a": "authenticated", "GET /b": "restricted", "GET /c": "public"}


def test_conventions_by_hand_add_and_remove() -> None:
    program = BUILD + (
        'var g = app.MapGroup("/g").RequireAuthorization();\ng.MapGet("/a", () => 1).Add(e =>\n{\n'
        "    foreach (var d in e.Metadata.OfType<IAuthorizeData>().ToArray()) e.Metadata.Remove(d);\n});\n"
        'g.MapGet("/b", () => 1);\n((IEndpointConventionBuilder)g).Finally(e => e.Metadata.Add(new AuthorizeAttribute { Roles = "x" }));\n'
        'app.MapGet("/c", () => 1).Add(e => e.Metadata.Add(new AllowAnonymousAttribute()));'
    )
    assert served(program) == {"GET /g/a": "restricted", "GET /g/b": "restricted", "GET /c": "anonymous"}


def test_modules_from_the_container() -> None:
    module = (
        "using Microsoft.Extensions.DependencyInjection.Extensions;\npublic interface IModule { void Map(IEndpointRouteBuilder app); }\n"
        'internal class One : IModule { public void Map(IEndpointRouteBuilder app) => app.MapGet("/one", () => 1); }\n'
        'public abstract class Two : IModule { public void Map(IEndpointRouteBuilder app) => app.MapGet("/two", () => 1); }\n'
        "public static class Modules { public static void AddModules(this IServiceCollection services) => services.TryAddEnumerable(\n"
        "    typeof(IModule).Assembly.DefinedTypes.Where(t => t is { IsAbstract: false, IsInterface: false } && t.IsAssignableTo(typeof(IModule)))\n"
        "        .Select(t => ServiceDescriptor.Transient(typeof(IModule), t)).ToArray()); }\n"
    )
    program = "builder.Services.AddModules();\n" + BUILD + "foreach (var m in app.Services.GetRequiredService<IEnumerable<IModule>>()) m.Map(app);"
    assert served(program, a=module) == {"GET /one": "public"}


def test_extension_members_and_the_field_keyword() -> None:
    extensions = (
        "public static class Ext\n{\n    extension(WebApplication app)\n    {\n        public bool Closed => true;\n"
        '        public void MapAll(params ReadOnlySpan<string> names) { foreach (var n in names) app.MapGet("/" + n, () => n); }\n    }\n}\n'
        "public class Options { public string Prefix { get => field ?? \"/none\"; set => field = value.TrimEnd('/'); } }\n"
    )
    program = BUILD + (
        'app.MapAll("a", "b");\nif (app.Closed) app.MapPost("/closed", () => 1);\nvar o = new Options { Prefix = "/p/" };\n'
        'app.MapPut(o.Prefix + "/x", () => 1);\napp.MapPut(new Options().Prefix, () => 1);'
    )
    assert sorted(served(program, a=extensions)) == ["GET /a", "GET /b", "POST /closed", "PUT /none", "PUT /p/x"]


def test_start_up_code_without_an_end_is_cut_off() -> None:
    endless = "public static class E { public static void Go(this WebApplication app, int n) { if (n >= 0) { foreach (var i in new[] { 1 }) { app.Go(n + 1); } } } }"
    program = BUILD + 'app.Go(0);\nwhile (true) { app.MapGet("/x", () => 1); break; }'
    assert served(program, a=endless) == {"GET /x": "public"}
