"""The preprocessor symbols that the SDK defines for a Release build, and the age of target frameworks.

https://learn.microsoft.com/dotnet/csharp/language-reference/preprocessor-directives#conditional-compilation; read off
Microsoft.NET.Sdk.BeforeCommon.targets and Microsoft.NET.Sdk.CSharp.targets of SDK 10. Deliberately absent: .NET Framework,
.NET Standard and platform symbols, which no ASP.NET Core host of today is built with.
"""

from __future__ import annotations

import re

_MODERN = re.compile(r"net(\d{1,2})\.(\d)(?:-.*)?$", re.IGNORECASE)
_CORE_VERSIONS = ("1_0", "1_1", "2_0", "2_1", "2_2", "3_0", "3_1")


def symbols_of(define_constants: str, framework: str, *, is_sdk_style: bool) -> frozenset[str]:
    """All symbols of a Release build for a target framework ("net8.0"), given the final value of DefineConstants."""
    symbols = set(re.split(r"[;,\s]+", define_constants)) - {""}
    if is_sdk_style:
        symbols.add("RELEASE")
        modern = _MODERN.match(framework)
        if modern and int(modern[1]) >= 5:
            major = int(modern[1])
            symbols |= {"NET", f"NET{major}_{modern[2]}", "NETCOREAPP"}
            symbols |= {f"NET{version}_0_OR_GREATER" for version in range(5, major + 1)}
            symbols |= {f"NETCOREAPP{version}_OR_GREATER" for version in _CORE_VERSIONS}
    return frozenset(symbols)


def framework_age(framework: str) -> tuple[int, int, bool, str]:
    """Orders target frameworks: newer ones are greater, and of one version the one without a platform."""
    modern = _MODERN.match(framework)
    return (int(modern[1]), int(modern[2]), "-" not in framework, framework) if modern else (0, 0, False, framework)
