"""Route templates: combining prefixes, replacing tokens. Pure text.

Invariant: the result is what ASP.NET Core shows as RoutePattern.RawText, with a leading slash.
https://github.com/dotnet/aspnetcore/blob/main/src/Mvc/Mvc.Core/src/ApplicationModels/AttributeRouteModel.cs
"""

from __future__ import annotations

from collections.abc import Callable, Mapping


def is_absolute(template: str) -> bool:
    """`/x` and `~/x` discard the controller's prefix."""
    return template.startswith(("/", "~/"))


def combine(prefix: str | None, template: str | None) -> str | None:
    """The template of an action under its controller's (AttributeRouteModel.CombineTemplates)."""
    if template is not None and is_absolute(template):
        return template.removeprefix("~").lstrip("/") if template.startswith("~/") else template[1:]
    if prefix is None:
        return clean(template)
    prefix = clean(prefix) or ""
    if not template:
        return prefix
    if not prefix:
        return clean(template)
    return prefix if template == "" else f"{prefix}{'' if prefix.endswith('/') else '/'}{template}"


def clean(template: str | None) -> str | None:
    """Without the marker of an absolute template."""
    if template is None:
        return None
    if template.startswith("~/"):
        return template[2:]
    return template[1:] if template.startswith("/") else template


def replace_tokens(template: str, values: Mapping[str, str], transform: Callable[[str], str] | None = None) -> str:
    """`[controller]`, `[action]`, `[area]` replaced; `[[` and `]]` are brackets. An unknown token stays as it is."""
    out: list[str] = []
    at = 0
    while at < len(template):
        two = template[at : at + 2]
        if two in ("[[", "]]"):
            out.append(two[0])
            at += 2
            continue
        if template[at] == "[":
            end = template.find("]", at)
            if end > at:
                name = template[at + 1 : end]
                value = next((v for k, v in values.items() if k.lower() == name.lower()), None)
                if value is not None:
                    out.append(transform(value) if transform is not None else value)
                    at = end + 1
                    continue
        out.append(template[at])
        at += 1
    return "".join(out)


def group_route(prefixes: list[str], pattern: str) -> str:
    """The pattern of a minimal endpoint inside groups (RoutePatternFactory.Combine).

    Measured: `MapGroup("/h").MapGet("")` is `/h/`; `~/l` inside a group stays literal.
    https://github.com/dotnet/aspnetcore/blob/main/src/Http/Routing/src/Patterns/RoutePatternFactory.cs
    """
    left = ""
    for prefix in prefixes:
        left = f"{left.rstrip('/')}/{prefix.lstrip('/')}" if left or prefix else left
    if not prefixes:
        return rooted(pattern)
    return rooted(f"{left.rstrip('/')}/{pattern.lstrip('/')}")


def rooted(route: str) -> str:
    return route if route.startswith("/") else "/" + route
