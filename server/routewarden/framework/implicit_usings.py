"""The namespaces that an SDK imports into every file of a project with `<ImplicitUsings>enable</ImplicitUsings>`.

https://learn.microsoft.com/dotnet/core/project-sdk/overview#implicit-using-directives; read off Microsoft.NET.Sdk.CSharp.props,
Microsoft.NET.Sdk.Web's Sdk.Server.props and Microsoft.NET.Sdk.Worker.props of the .NET 10 SDK. Deliberately absent: `<Using>`
items of projects (their reader adds and removes them), and whether the property is set.
"""

from __future__ import annotations

BASE = (
    "System",
    "System.Collections.Generic",
    "System.IO",
    "System.Linq",
    "System.Net.Http",
    "System.Threading",
    "System.Threading.Tasks",
)
_HOSTING = (
    "Microsoft.Extensions.Configuration",
    "Microsoft.Extensions.DependencyInjection",
    "Microsoft.Extensions.Hosting",
    "Microsoft.Extensions.Logging",
)
_WEB = (
    "System.Net.Http.Json",
    "Microsoft.AspNetCore.Builder",
    "Microsoft.AspNetCore.Hosting",
    "Microsoft.AspNetCore.Http",
    "Microsoft.AspNetCore.Routing",
)
_BY_SDK = {
    "microsoft.net.sdk.web": (*BASE, *_WEB, *_HOSTING),
    "microsoft.net.sdk.worker": (*BASE, *_HOSTING),
}


def implicit_usings(sdk: str) -> tuple[str, ...]:
    """The set of a project's `Sdk` attribute ("Microsoft.NET.Sdk.Web", "Microsoft.NET.Sdk.Web/10.0.1").

    Several SDKs ("Microsoft.NET.Sdk;Microsoft.NET.Sdk.Web") give the union. An SDK that builds on Microsoft.NET.Sdk and is not
    named above (Razor, a third party's) brings the base set.
    """
    names = [part.split("/")[0].strip().lower() for part in sdk.split(";")]
    found: dict[str, None] = {}
    for name in names:
        found |= dict.fromkeys(_BY_SDK.get(name, BASE))
    return tuple(found)
