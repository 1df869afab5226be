"""Idioms of real applications for which ASP.NET Core's own endpoint table has no row, or that need more than one file.

What can be measured with the oracle is in tests/conformance/own.
"""

# ruff: noqa: E501 - lines of C# are as long as they are

from __future__ import annotations

from pathlib import Path

from routewarden.analysis.project import Project
from routewarden.analysis.workspace import open_folder
from routewarden.facts.proto_file import ProtoService, proto_services

WEB = '<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>{0}</Project>'
HOME = """
public class HomeController : Microsoft.AspNetCore.Mvc.Controller
{
    public string Index() => "";
    [Microsoft.AspNetCore.Authorization.Authorize] public string Safe() => "";
}
"""


def project(files: dict[str, str], more: str = "") -> Project:
    return Project.in_memory({"Shop.csproj": WEB.format(more), **files})


def served(files: dict[str, str], more: str = "") -> dict[str, str]:
    return {e.label: str(e.access) for e in project(files, more).register.endpoints}


def test_use_mvc_serves_conventional_routes_attribute_routes_and_pages() -> None:
    program = """
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddMvc(o => o.EnableEndpointRouting = false);
var app = builder.Build();
app.UseMvc(routes =>
{
    routes.MapRoute("default", "{controller=Home}/{action=Index}/{id?}");
    routes.MapAreaRoute(name: "desk", areaName: "Desk", template: "desk/{controller}/{action}");
});
app.Run();
"""
    desk = 'namespace D; [Microsoft.AspNetCore.Mvc.Area("Desk")] public class BellController : Microsoft.AspNetCore.Mvc.Controller { public string Ring() => ""; }'
    found = served({"Program.cs": program, "Home.cs": HOME, "Bell.cs": desk, "Pages/About.cshtml": "@page\n"})
    assert found == {
        "ANY /Home/Index/{id?}": "public", "ANY /Home/Safe/{id?}": "authenticated", "ANY /desk/Bell/Ring": "public", "ANY /About": "public",
    }


def test_a_router_answers_before_authorization() -> None:
    program = """
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthorization(o => o.FallbackPolicy = new Microsoft.AspNetCore.Authorization.AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
var app = builder.Build();
app.UseRouter(r => { r.MapGet("hello/{name}", c => c.Response.WriteAsync("")); r.MapVerb("purge", "cache", c => Task.CompletedTask); });
app.MapGet("/other", () => 1);
app.Run();
"""
    assert served({"Program.cs": program}) == {"GET /hello/{name}": "anonymous", "PURGE /cache": "anonymous", "GET /other": "authenticated"}


def test_a_map_call_of_an_unknown_library_runs_the_classes_under_its_interfaces() -> None:
    program = "var app = WebApplication.Create();\napp.MapSlices();\napp.Run();\n"
    slices = """
using Slices;
public class Brands : ISlice { public void Add(IEndpointRouteBuilder routes) => routes.MapGet("/brands", () => 1).RequireAuthorization(); }
public class Idle { public void Add(IEndpointRouteBuilder routes) => routes.MapGet("/idle", () => 1); }
"""
    made = project({"Program.cs": program, "Slices.cs": slices})
    assert {e.label: str(e.access) for e in made.register.endpoints} == {"GET /brands": "authenticated"}
    assert not made.register.not_analysed
    without = project({"Program.cs": program})
    assert [g.reason for g in without.register.not_analysed] == ["`MapSlices` may map endpoints: it is not in the workspace"]


def test_endpoints_of_ardalis_are_controllers() -> None:
    program = "var app = WebApplication.Create();\napp.MapControllers();\napp.Run();\n"
    endpoint = """
using Ardalis.ApiEndpoints;
using Microsoft.AspNetCore.Mvc;
public class SignIn : EndpointBaseAsync
    .WithRequest<string>
    .WithActionResult<int>
{
    [HttpPost("api/sign-in")]
    public override async Task<ActionResult<int>> HandleAsync(string request, CancellationToken token = default) => 1;
}
"""
    assert served({"Program.cs": program, "SignIn.cs": endpoint}) == {"POST /api/sign-in": "public"}
    assert served({"Program.cs": program, "SignIn.cs": endpoint.replace("using Ardalis.ApiEndpoints;", "")}) == {}


def test_a_wrapper_that_is_handed_the_handler_is_the_map_call() -> None:
    program = "var app = WebApplication.Create();\napp.Read(Orders.All);\napp.Run();\n"
    orders = """
public static class Orders
{
    public static string All() => "";
    public static RouteHandlerBuilder Read(this IEndpointRouteBuilder routes, Delegate handler) => routes.MapGet("/orders", handler);
}
"""
    (endpoint,) = project({"Program.cs": program, "Orders.cs": orders}).register.endpoints
    assert endpoint.site.path == "Program.cs"


def test_a_web_project_with_the_test_sdk_alone_is_an_application() -> None:
    program = 'var app = WebApplication.Create();\napp.MapGet("/a", () => 1);\napp.Run();\n'
    sdk = '<ItemGroup><PackageReference Include="Microsoft.NET.Test.Sdk" /></ItemGroup>'
    assert served({"Program.cs": program}, sdk) == {"GET /a": "public"}
    assert served({"Program.cs": program}, sdk + '<ItemGroup><PackageReference Include="xunit" /></ItemGroup>') == {}


def test_removed_files_are_not_served_and_linked_ones_are() -> None:
    program = "var app = WebApplication.Create();\napp.MapControllers();\napp.Run();\n"
    controller = '[Microsoft.AspNetCore.Mvc.Route("{0}")] public class {0}Controller : Microsoft.AspNetCore.Mvc.Controller {{ [Microsoft.AspNetCore.Mvc.HttpGet] public string Get() => ""; }}'
    files = {
        "app/Shop.csproj": WEB.format('<ItemGroup><Compile Remove="Old/**" /><Compile Include="../shared/*.cs" /></ItemGroup>'),
        "app/Program.cs": program, "app/Now.cs": controller.format("Now"), "app/Old/Then.cs": controller.format("Then"),
        "shared/Both.cs": controller.format("Both"),
    }
    assert {e.label: e.app for e in Project.in_memory(files).register.endpoints} == {"GET /Now": "app/Shop.csproj", "GET /Both": "app/Shop.csproj"}


def test_build_files_above_the_opened_folder_count_up_to_the_repository(tmp_path: Path) -> None:
    app = tmp_path / "repository" / "src" / "app"
    app.mkdir(parents=True)
    (app / "app.csproj").write_text('<Project Sdk="Microsoft.NET.Sdk.Web" />', "utf-8")
    (app / "Program.cs").write_text('var app = WebApplication.Create();\napp.MapGet("/a", () => 1);\napp.Run();\n', "utf-8")
    properties = "<Project><PropertyGroup><ImplicitUsings>enable</ImplicitUsings></PropertyGroup></Project>"

    def labels() -> list[str]:
        made = open_folder(app).project
        return [e.label for e in made.register.endpoints]

    (tmp_path / "Directory.Build.props").write_text(properties, "utf-8")
    (tmp_path / "repository" / ".git").mkdir()
    assert labels() == []
    (tmp_path / "repository" / "Directory.Build.props").write_text(properties, "utf-8")
    assert labels() == ["GET /a"]


def test_services_of_a_proto_file() -> None:
    text = b"""syntax = "proto3";
// service Gone { rpc Nothing (A) returns (A); }
package port.v1;
service Depot { rpc Ship (A) returns (stream B) { option (x) = "y"; } rpc Track(stream A) returns (B); }
service Yard {}
"""
    assert proto_services("a.proto", text) == (
        ProtoService("a.proto", "Depot", "port.v1.Depot", ("Ship", "Track")), ProtoService("a.proto", "Yard", "port.v1.Yard", ()),
    )
    assert proto_services("a.proto", b"\xff\x00service {{{ rpc") == ()


def test_a_grpc_service_has_the_methods_of_its_proto_file() -> None:
    files = {
        "Program.cs": "var app = WebApplication.Create();\napp.MapGrpcService<DepotService>();\napp.Run();\n",
        "DepotService.cs": "[Microsoft.AspNetCore.Authorization.Authorize] public class DepotService : Port.Depot.DepotBase { }",
        "Protos/depot.proto": "package port;\nservice Depot { rpc Ship (A) returns (A); }",
    }
    found = served(files)
    assert found["POST /port.Depot/Ship"] == "authenticated"
    assert set(found) == {
        "POST /port.Depot/Ship", "ANY /port.Depot/{unimplementedMethod:grpcunimplemented}",
        "ANY /{unimplementedService}/{unimplementedMethod:grpcunimplemented}",
    }
