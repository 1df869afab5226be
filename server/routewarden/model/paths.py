"""Paths of contracts and patterns of routes in one form, so that they can be compared.

Invariant: two that differ in case, a trailing slash, names of parameters or constraints have one shape; routing ignores the first two
(https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates) and a contract has no place for the others. A shape says
nothing of verbs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from routewarden.model.templates import RouteParameter, parameters

PARAMETER = "{}"
UNKNOWN = "{?}"  # a part that is decided at run time
_VERSION = re.compile(r"(\d+)(?:\.(\d+))?(-[\w.]+)?")
_FORMATTED = re.compile(r"v?(\d+(?:\.\d+)?(?:-[\w.]+)?)", re.IGNORECASE)

Shape = tuple[str, ...]  # segments in lower case, each parameter as `{}`


@dataclass(frozen=True, slots=True)
class RoutePath:
    """One path that a route answers. `version`: the API version in it, "" if it has none or any will do."""

    shape: Shape
    text: str  # as a contract writes it: `/api/v2/orders/{id}`
    version: str = ""


def shape_of_path(path: str) -> Shape:
    """The shape of a contract's path: `/Orders/{orderId}/` → ("orders", "{}")."""
    return tuple(_folded(segment) for segment in segments_of(path.split("?", 1)[0].split("#", 1)[0]))


def segments_of(path: str) -> list[str]:
    """The parts between slashes that are not inside braces (`{x:regex(^a/b$)}`), without empty ones."""
    found = [""]
    depth = 0
    for character in path:
        if character in "{}":
            depth = max(0, depth + (1 if character == "{" else -1))
        if character == "/" and not depth:
            found.append("")
        else:
            found[-1] += character
    return [segment for segment in found if segment]


def _pieces(segment: str) -> Iterator[tuple[str, str | None]]:
    """The literal texts and parameters of a segment, in turns: (literal, parameter or None); `{{` is a brace."""
    literal = ""
    at = 0
    while at < len(segment):
        if segment[at : at + 2] in ("{{", "}}"):
            literal += segment[at]
            at += 2
        elif segment[at] == "{":
            end, depth = at, 0
            while end < len(segment):
                depth += (segment[end] == "{") - (segment[end] == "}")
                end += 1
                if not depth:
                    break
            yield literal, segment[at:end]
            literal = ""
            at = end
        else:
            literal += segment[at]
            at += 1
    if literal:
        yield literal, None


def _folded(segment: str) -> str:
    return "".join(literal.lower() + (PARAMETER if parameter is not None else "") for literal, parameter in _pieces(segment))


def paths_of(route: str, required: Sequence[tuple[str, str]] = (), versions: Sequence[str] = ()) -> list[RoutePath]:
    """The paths that a route pattern answers: with and without optional parameters at its end, once for each API version.

    `required`: the route values of a conventional route, which stand for its parameters. `versions`: those that the endpoint serves.
    """
    return list(_paths_of(route, tuple(required), tuple(versions)))


@lru_cache(maxsize=1 << 15)  # asked for every endpoint whenever any of them changed
def _paths_of(route: str, required: tuple[tuple[str, str], ...], versions: tuple[str, ...]) -> tuple[RoutePath, ...]:
    values = {key.lower(): value for key, value in required}
    known = parameters(route)
    segments = segments_of(route)
    found: list[RoutePath] = []
    while True:
        found.extend(_paths(segments, known, values, versions))
        if not segments or not _may_be_left_out(segments[-1], known, values):
            return tuple(found)
        segments = segments[:-1]


def _may_be_left_out(segment: str, known: Mapping[str, RouteParameter], values: Mapping[str, str]) -> bool:
    pieces = list(_pieces(segment))
    if len(pieces) != 1 or pieces[0][0] or pieces[0][1] is None:
        return False
    parameter = _parameter(pieces[0][1], known)
    if parameter is None:
        return False
    value = values.get(parameter.name.lower())
    if value is not None:
        return parameter.default is not None and parameter.default.lower() == value.lower()
    return parameter.optional or parameter.default is not None


def _parameter(written: str, known: Mapping[str, RouteParameter]) -> RouteParameter | None:
    name = re.split(r"[:=?}]", written.lstrip("{").lstrip("*"), maxsplit=1)[0].strip()
    return known.get(name.lower())


def _paths(
    segments: Sequence[str], known: Mapping[str, RouteParameter], values: Mapping[str, str], versions: Sequence[str]
) -> Iterator[RoutePath]:
    versioned = any(map(_is_api_version, known.values()))
    for version in (versions if versioned and versions else ("",)):
        for written in _spellings(version):
            shape: list[str] = []
            text: list[str] = []
            for segment in segments:
                folded = shown = ""
                for literal, parameter in _pieces(segment):
                    folded += literal.lower()
                    shown += literal
                    if parameter is None:
                        continue
                    of = _parameter(parameter, known)
                    value = values.get(of.name.lower()) if of is not None else None
                    if of is not None and written and _is_api_version(of):
                        value = written
                    if value is not None:
                        folded += value.lower()
                        shown += value
                    elif parameter == UNKNOWN:
                        folded += UNKNOWN
                        shown += UNKNOWN
                    else:
                        folded += PARAMETER
                        shown += f"{{{of.name}}}" if of is not None else parameter
                shape.append(folded)
                text.append(shown)
            yield RoutePath(tuple(shape), "/" + "/".join(text), version)


def _is_api_version(parameter: RouteParameter) -> bool:
    return any(constraint.lower() == "apiversion" for constraint in parameter.constraints)


def _spellings(version: str) -> tuple[str, ...]:
    """`1.0` may be written as 1 and as 1.0; the first is what ApiExplorer's usual format gives.

    https://github.com/dotnet/aspnet-api-versioning/wiki/Version-Format
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        return (version,)
    status = match[3] or ""
    minor = match[2] or "0"
    full = f"{match[1]}.{minor}{status}"
    return (f"{match[1]}{status}", full) if int(minor) == 0 else (full,)


def same_version(a: str, b: str) -> bool:
    """Whether two texts (`v2`, `2.0`) are one API version."""
    first, second = _FORMATTED.fullmatch(a.strip()), _FORMATTED.fullmatch(b.strip())
    if first is None or second is None:
        return a == b
    return bool(set(_spellings(first[1])) & set(_spellings(second[1])))


def is_version(segment: str) -> bool:
    """Whether a segment of a contract's path is an API version: `v2`, `2.0`."""
    return _FORMATTED.fullmatch(segment) is not None


def may_be(route: Shape, path: Shape) -> bool:
    """Whether a route with parts that are not known may turn out to answer a path."""
    pattern = "/".join(re.escape(segment).replace(re.escape(UNKNOWN), ".*").replace(re.escape(PARAMETER), "[^/]+") for segment in route)
    return re.fullmatch(pattern, "/".join(path)) is not None


# https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints, https://spec.openapis.org/registry/format/
_JSON_TYPES = {
    "int": ("integer", "int32"), "long": ("integer", "int64"), "bool": ("boolean", ""), "guid": ("string", "uuid"),
    "datetime": ("string", "date-time"), "decimal": ("number", "double"), "double": ("number", "double"), "float": ("number", "float"),
}


def json_type(parameter: RouteParameter) -> tuple[str, str]:
    """JSON type and format ("" = none) of what a parameter's constraints let through."""
    return next((_JSON_TYPES[c.lower()] for c in parameter.constraints if c.lower() in _JSON_TYPES), ("string", ""))
