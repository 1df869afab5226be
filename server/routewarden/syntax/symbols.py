"""The preprocessor symbols that a Release build for .NET 10 defines; nothing reads a project file here.

https://learn.microsoft.com/dotnet/core/project-sdk/msbuild-props#defineconstants and
https://learn.microsoft.com/dotnet/csharp/language-reference/preprocessor-directives#conditional-compilation
"""

from __future__ import annotations

RELEASE_SYMBOLS: frozenset[str] = frozenset(
    {"RELEASE", "TRACE", "NET", "NET10_0", "NETCOREAPP"}
    | {f"NET{major}_0_OR_GREATER" for major in range(5, 11)}
    | {f"NETCOREAPP{version}_OR_GREATER" for version in ("1_0", "1_1", "2_0", "2_1", "2_2", "3_0", "3_1")}
)
