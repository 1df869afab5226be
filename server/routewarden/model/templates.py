"""Route templates: combining prefixes, replacing tokens, reading parameters. Pure text.

Invariant: the result is what ASP.NET Core shows as RoutePattern.RawText, with a leading slash.
https://github.com/dotnet/aspnetcore/blob/main/src/Mvc/Mvc.Core/src/ApplicationModels/AttributeRouteModel.cs
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RouteParameter:
    """`{name:constraint=default?}`; `constraints` as written, `{*rest}` is `catch_all`."""

    name: str
    constraints: tuple[str, ...] = ()
    default: str | None = None
    optional: bool = False
    catch_all: bool = False


def is_absolute(template: str) -> bool:
    """`/x` and `~/x` discard the controller's prefix."""
    return template.startswith(("/", "~/"))


def combine(prefix: str | None, template: str | None) -> str | None:
    """The template of an action under its controller's (AttributeRouteModel.CombineTemplates)."""
    if template is not None and is_absolute(template):
        return clean(template)
    if prefix is None:
        return clean(template)
    prefix = clean(prefix) or ""
    if not template:
        return prefix
    if not prefix:
        return clean(template)
    return f"{prefix}{'' if prefix.endswith('/') else '/'}{template}"


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


def parameters(pattern: str) -> dict[str, RouteParameter]:
    """The parameters of a pattern by lower-case name (RoutePatternParser); `{{` and `}}` are braces."""
    found: dict[str, RouteParameter] = {}
    at = 0
    while at < len(pattern):
        if pattern[at : at + 2] in ("{{", "}}"):
            at += 2
            continue
        if pattern[at] != "{":
            at += 1
            continue
        end = at + 1
        while end < len(pattern) and (pattern[end] != "}" or pattern[end : end + 2] == "}}"):
            end += 2 if pattern[end : end + 2] in ("{{", "}}") else 1
        parameter = _parameter(pattern[at + 1 : end])
        found[parameter.name.lower()] = parameter
        at = end + 1
    return found


def _parameter(written: str) -> RouteParameter:
    body = written.lstrip("*")
    pieces: list[str] = [""]
    separators: list[str] = []
    level = 0
    for character in body:
        level += (character == "(") - (character == ")")
        if character in ":=" and level <= 0 and "=" not in separators:
            pieces.append("")
            separators.append(character)
        else:
            pieces[-1] += character
    optional = pieces[-1].endswith("?") and "=" not in separators
    if optional:
        pieces[-1] = pieces[-1][:-1]
    default = pieces[-1] if "=" in separators else None
    constraints = tuple(p for p, s in zip(pieces[1:], separators, strict=True) if s == ":")
    return RouteParameter(pieces[0].strip(), constraints, default, optional, written.startswith("*"))
