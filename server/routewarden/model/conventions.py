"""Conventions written by hand: `builder.Add(e => ...)` and `Finally(e => ...)`, which add metadata to an endpoint or take it away.

Invariant: they run for each endpoint, in the order of ASP.NET Core: those of the groups outermost first, the handler's attributes, those
of the endpoint, then every `Finally`, the endpoint's before its groups'.
https://github.com/dotnet/aspnetcore/blob/main/src/Http/Routing/src/RouteEndpointDataSource.cs
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from routewarden.model.policies import strings
from routewarden.model.said import Said
from routewarden.model.values import Closure, Const, Instance, ListValue, MethodGroup, PolicyValue, TypeValue, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator

_BUILDER = "Microsoft.AspNetCore.Routing.RouteEndpointBuilder"
_PATTERN = "Microsoft.AspNetCore.Routing.Patterns.RoutePattern"
_AUTHORIZE = "Microsoft.AspNetCore.Authorization.AuthorizeAttribute"
_ANONYMOUS = "Microsoft.AspNetCore.Authorization.AllowAnonymousAttribute"
_WRITTEN = frozenset({"add", "finally"})


def applied(ev: Evaluator, said: Sequence[Said], route: str = "") -> list[Said]:
    """The statements about one endpoint, in order, after its conventions have run."""
    if not any(s.convention is not None and s.convention.kind in _WRITTEN for s in said):
        return list(said)
    found: list[Said] = []
    last: list[Said] = []
    for statement in said:
        kind = statement.convention.kind if statement.convention is not None else ""
        if kind == "finally":
            last.append(statement)
        elif kind == "add":
            found = _after(ev, statement, found, route)
        else:
            found.append(statement)
    for statement in reversed(last):
        found = _after(ev, statement, found, route)
    return found


def _after(ev: Evaluator, convention: Said, said: list[Said], route: str) -> list[Said]:
    """The statements after one convention has seen the endpoint's metadata."""
    objects = [_objects(ev, s) for s in said]
    metadata = ListValue([value for values in objects for value in values])
    pattern = Instance(TypeValue(_PATTERN, ev.world.symbol(_PATTERN)), {"RawText": Const(route)})
    builder = Instance(TypeValue(_BUILDER, ev.world.symbol(_BUILDER)), {"Metadata": metadata, "RoutePattern": pattern})
    for function in convention.convention.values if convention.convention is not None else ():
        if isinstance(function, (Closure, MethodGroup)):
            ev.apply(function, [builder])
    left = {id(value) for value in metadata.items}
    known = {id(value) for values in objects for value in values}
    found: list[Said] = []
    for statement, values in zip(said, objects, strict=True):
        if all(id(v) in left for v in values):
            found.append(statement)
            continue
        found.extend(
            Said(statement.level, statement.site, statement.text, v, None, statement.conditions, statement.distance) for v in values if id(v) in left
        )
    found.extend(
        Said(convention.level, convention.site, convention.text, value, None, convention.conditions)
        for value in metadata.items
        if id(value) not in known
    )
    return found


def _objects(ev: Evaluator, statement: Said) -> list[Value]:
    """The metadata that a statement stands for."""
    convention = statement.convention
    if convention is None:
        return [statement.value] if statement.value is not None else []
    if convention.kind == "metadata":
        return list(convention.values)
    if convention.kind == "anonymous":
        return [_made(ev, _ANONYMOUS)]
    if convention.kind != "authorize":
        return []
    if not convention.values:
        return [_made(ev, _AUTHORIZE)]
    found: list[Value] = []
    for value in convention.values:
        if isinstance(value, PolicyValue):
            found += [_made(ev, _AUTHORIZE), value]
        elif isinstance(value, Instance):
            found.append(value)
        else:
            found += [_made(ev, _AUTHORIZE, Policy=Const(name)) for name in strings(value)]
    return found


def _made(ev: Evaluator, name: str, **fields: Value) -> Instance:
    return Instance(TypeValue(name, ev.world.symbol(name)), dict(fields))
