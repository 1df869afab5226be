"""How a generated app is laid out: top-level statements, a Main method, set-up methods in a file of their own, a Startup class under the
generic host, a class library beside the web project.

Invariant: the layout changes no endpoint; where an app's code asks for another layout (it names WebApplication, say), it stays as it is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from random import Random

_WEB = """<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup>%s</ItemGroup>
</Project>
"""
_USINGS = (
    "System.Net.Http.Json", "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Http",
    "Microsoft.AspNetCore.Routing",
    "Microsoft.Extensions.Configuration", "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging",
)
_LIBRARY = _WEB.replace("Sdk.Web", "Sdk").replace("%s", '<FrameworkReference Include="Microsoft.AspNetCore.App" />%s') .replace(
    "</Project>", "  <ItemGroup>" + "".join(f'<Using Include="{name}" />' for name in _USINGS) + "</ItemGroup>\n</Project>"
)


_HOSTS = (
    "using Generated;\n\nHost.CreateDefaultBuilder(args).ConfigureWebHostDefaults(web => web.UseStartup<Startup>()).Build().Run();\n",
    """namespace Generated;

public static class Program
{
    public static void Main(string[] args) => CreateHostBuilder(args).Build().Run();

    public static IHostBuilder CreateHostBuilder(string[] args) =>
        Host.CreateDefaultBuilder(args)
            .ConfigureWebHostDefaults(builder =>
            {
                builder.UseStartup<Startup>();
            });
}
""",
)


@dataclass(frozen=True, slots=True)
class Parts:
    """Statements of a start-up; `early` is middleware before authorization."""

    usings: str
    services: str
    routing: bool
    early: str
    program: str
    tail: str


def laid_out(random: Random, parts: Parts, files: dict[str, str]) -> dict[str, str]:
    """`files` with the start-up code in one of the layouts."""
    roll = random.random()
    if roll < 0.55:
        return files | {"Program.cs": _top_level(random, parts)}
    if roll < 0.7:
        return files | {"Program.cs": _main_method(random, parts)}
    if roll < 0.85:
        return files | _split(random, parts)
    startup = _startup(random, parts, files)
    return files | (startup or {"Program.cs": _top_level(random, parts)})


def _pipeline(random: Random, parts: Parts) -> str:
    routing = "app.UseRouting();\n" if parts.routing else ""
    if parts.early:
        return f"{routing}app.UseAuthentication();\n{parts.early}\napp.UseAuthorization();\n"
    return routing + random.choice(["app.UseAuthentication();\napp.UseAuthorization();\n", "app.UseAuthorization();\n"])


def _top_level(random: Random, parts: Parts) -> str:
    return (
        f"{parts.usings}\nvar builder = WebApplication.CreateBuilder(args);\n{parts.services}\n\nvar app = builder.Build();\n"
        f"{_pipeline(random, parts)}\n{parts.program}\n\n{random.choice(['app.Run();', 'await app.RunAsync();'])}\n\n{parts.tail}\n"
    )


def _main_method(random: Random, parts: Parts) -> str:
    head, run = random.choice([
        ("private static void Main(string[] args)", "app.Run();"),
        ("public static async Task<int> Main(string[] args)", "await app.RunAsync();\nreturn 0;"),
    ])
    body = (
        f"var builder = WebApplication.CreateBuilder(args);\n{parts.services}\nvar app = builder.Build();\n{_pipeline(random, parts)}\n"
        f"{parts.program}\n{run}\n{parts.tail}"
    )
    return f"{parts.usings}\nnamespace Generated;\n\n{random.choice(['public', 'internal'])} class Program\n{{\n{head}\n{{\n{body}\n}}\n}}\n"


def _split(random: Random, parts: Parts) -> dict[str, str]:
    program = (
        "using Generated;\n\nvar builder = WebApplication.CreateBuilder(args);\nbuilder.AddEverything();\n"
        + random.choice(["builder.Build().UseEverything().Run();\n", "var app = builder.Build();\napp.UseEverything();\napp.Run();\n"])
    )
    setup = (
        f"{parts.usings}\nnamespace Generated;\n\ninternal static class Setup\n{{\n"
        f"public static WebApplicationBuilder AddEverything(this WebApplicationBuilder builder)\n{{\n{parts.services}\nreturn builder;\n}}\n\n"
        f"public static WebApplication UseEverything(this WebApplication app)\n{{\n{_pipeline(random, parts)}\n{parts.program}\n"
        f"return app;\n{parts.tail}\n}}\n}}\n"
    )
    return {"Program.cs": program, "Setup.cs": setup}


def _startup(random: Random, parts: Parts, files: dict[str, str]) -> dict[str, str] | None:
    """None where the app's code needs a WebApplication."""
    if any("WebApplication" in text for path, text in files.items() if path.endswith(".cs")):
        return None
    if "WebApplication" in parts.program + parts.tail or "UseEndpoints" in parts.program or re.search(r"\(app(, [^)]*)?\);", parts.early):
        return None

    def moved(text: str) -> str:
        for old, new in (("app.Environment", "env"), ("app.Configuration", "Configuration"), ("app.Services", "endpoints.ServiceProvider")):
            text = text.replace(old, new)
        return re.sub(r"(?<![\w\"/.])app\b(?!\.Use)(?=[.,)( ;!])", "endpoints", text)

    services = parts.services.replace("builder.Services", "services").replace("builder.Configuration", "Configuration")
    startup = (
        f"{parts.usings}\nnamespace Generated;\n\npublic class Startup\n{{\n"
        "public Startup(IConfiguration configuration) => Configuration = configuration;\n\n"
        "public IConfiguration Configuration { get; }\n\n"
        f"public void ConfigureServices(IServiceCollection services)\n{{\n{services}\n}}\n\n"
        "public void Configure(IApplicationBuilder app, IWebHostEnvironment env)\n{\napp.UseRouting();\napp.UseAuthentication();\n"
        f"{parts.early}\napp.UseAuthorization();\napp.UseEndpoints(endpoints =>\n{{\n{moved(parts.program)}\n{moved(parts.tail)}\n}});\n}}\n}}\n"
    )
    program = random.choice(_HOSTS)
    return {"Program.cs": program, "Startup.cs": startup}


def in_projects(files: dict[str, str]) -> dict[str, str]:
    """The app as a web project, a class library with most of its code, and one with what both share; as it is where that cannot be."""
    stays = {p for p in files if p in ("Program.cs", "Setup.cs", "Startup.cs") or "/Pages/" in f"/{p}" or not p.endswith(".cs")}
    library = {p: t for p, t in files.items() if p not in stays and p != "Security.cs"}
    if not library or any(re.search(r"\bProgram\b|GetEntryAssembly|^global using", text, re.MULTILINE) for text in library.values()):
        return files
    found = {f"src/Web/{path}": files[path] for path in stays}
    found["src/Shared/Security.cs"] = files["Security.cs"]
    declared = {n for t in (*library.values(), files["Security.cs"]) for n in re.findall(r"^namespace (Generated[\w.]*)", t, re.MULTILINE)}

    def kept(text: str) -> str:
        lines = (line for line in text.splitlines() if not line.startswith("using Generated") or line[6:].strip(" ;") in declared)
        return re.sub(r"\binternal\b", "public", "\n".join(lines)) + "\n"

    found |= {f"src/Library/{path}": kept(text) for path, text in library.items()}
    found["src/Shared/Shared.csproj"] = _LIBRARY % ""
    found["src/Library/Library.csproj"] = _LIBRARY % '<ProjectReference Include="../Shared/Shared.csproj" />'
    found["src/Web/Web.csproj"] = _WEB % '<ProjectReference Include="..\\Library\\Library.csproj" />'
    return found


def settings_files(random: Random, settings: dict[str, object]) -> dict[str, str]:
    """appsettings.json, sometimes with a value that Production or Development sets otherwise."""
    if not settings:
        return {}
    found = {"appsettings.json": json.dumps(settings, indent=2)}
    sections = [(k, v) for k, v in settings.items() if isinstance(v, dict)]
    switches = [(k, name) for k, v in sections for name, held in v.items() if held in (True, False, "true", "false")]
    if switches and random.random() < 0.5:
        section, name = random.choice(switches)
        value = random.choice([True, False])
        found[random.choice(["appsettings.Production.json", "appsettings.Development.json"])] = json.dumps({section: {name: value}})
    return found
