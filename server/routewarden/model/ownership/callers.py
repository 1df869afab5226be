"""C# by which code at a place can say who calls: what the class already has, an injected current-user service, the principal.

Invariant: only what compiles there: names in scope, members of the object, parameters. The idiom that the project has comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from routewarden.facts.sites import Site
from routewarden.model.member_lookup import WorkspaceMember, member_type
from routewarden.model.operations.environment import enter
from routewarden.model.operations.wiring import flat_env
from routewarden.model.ownership import identity, members
from routewarden.model.ownership.endpoint_objects import CallerCode
from routewarden.model.ownership.state import State
from routewarden.model.ownership.values import Value
from routewarden.model.symbols import NamedType, Type
from routewarden.model.workspace_types import WorkspaceType

if TYPE_CHECKING:
    from routewarden.model.operations.environment import Routine
    from routewarden.model.ownership.reading import Reader, Row

_CONTROLLER = "Microsoft.AspNetCore.Mvc.ControllerBase"
_CLAIMS = "System.Security.Claims"
_BY_CLAIM = "FindFirstValue(ClaimTypes.NameIdentifier)"


def callers_at(reader: Reader, row: Row) -> tuple[CallerCode, ...]:
    """The ways to say who calls where a row is asked for, the best first."""
    if row.routine is None:
        return ()
    found = [*row.callers, *_of_class(reader, row.routine), *_of_principal(reader, row.routine)]
    return tuple({c.text: c for c in found}.values())


def _of_class(reader: Reader, routine: Routine) -> Iterator[CallerCode]:
    """Properties of the object that hold the caller's id, and services of it that tell."""
    this = routine.this
    if this is None or "static" in (routine.member.modifiers if routine.member is not None else ()):
        return
    own = this.symbol
    for holder in (this, *reader.typing.resolver.supertypes(this).classes):
        if not isinstance(holder.symbol, WorkspaceType):
            continue
        for path, part in holder.symbol.parts:
            for facts in part.members:
                if facts.kind not in ("property", "field") or (holder.symbol is not own and "private" in _access(facts.modifiers)):
                    continue
                of = member_type(reader.typing.resolver, WorkspaceMember(holder, path, part, facts))
                yield from _member(reader, facts.name, of, this, is_property=facts.kind == "property")
            for parameter in (part.parameters or ()) if holder.symbol is own else ():
                of = member_type(reader.typing.resolver, WorkspaceMember(holder, path, part, None, parameter))
                yield from _service(reader, parameter.name, of)
        holder.symbol.members  # noqa: B018 - says that the answer rests on all of them


def _access(modifiers: frozenset[str]) -> frozenset[str]:
    return modifiers if modifiers & {"public", "protected", "internal", "private"} else modifiers | {"private"}


def _member(reader: Reader, name: str, of: Type | None, this: NamedType, is_property: bool) -> Iterator[CallerCode]:
    if members.is_scalar(of) and isinstance(of, NamedType):
        if is_property:
            env = enter(reader.typing.resolver, _nowhere(this))
            if members.of_value(reader, Value("object", this), name, env, State()).caller:
                yield CallerCode(name, of.full_name)
    else:
        yield from _service(reader, name, of)


def _service(reader: Reader, name: str, of: Type | None) -> Iterator[CallerCode]:
    """`currentUser.Id`, where the service tells."""
    if not isinstance(of, NamedType) or not isinstance(of.symbol, WorkspaceType) or not identity.knows_caller(of.symbol.name):
        return
    env = enter(reader.typing.resolver, _nowhere(of))
    for holder in (of, *reader.typing.resolver.supertypes(of).all):
        if isinstance(holder.symbol, WorkspaceType):
            for path, member in holder.symbol.members:
                if member.kind != "property" or "private" in member.modifiers:
                    continue
                part = next(p for at, p in holder.symbol.parts if at == path and any(m is member for m in p.members))
                scalar = member_type(reader.typing.resolver, WorkspaceMember(holder, path, part, member))
                if members.is_scalar(scalar) and isinstance(scalar, NamedType):
                    value = members.of_value(reader, Value("object", of), member.name, env, State())
                    if value.caller:
                        yield CallerCode(f"{name}.{member.name}", scalar.full_name)


def _nowhere(this: NamedType) -> Routine:
    from routewarden.model.operations.environment import Routine

    path = this.symbol.places[0][0] if isinstance(this.symbol, WorkspaceType) else ""
    return Routine(path, "", this, this)


def _of_principal(reader: Reader, routine: Routine) -> Iterator[CallerCode]:
    """`User` of a controller, a principal or context among the parameters, or a new parameter of a minimal endpoint's lambda."""
    claims = (_CLAIMS,)
    if "~" in routine.body:
        env = flat_env(reader.typing, routine.path, routine.body)
        at = env
        lambdas = 0
        while at is not None and lambdas < 2:
            for name, binding in at.names.items():
                of = binding.type
                if isinstance(of, NamedType) and binding.kind == "parameter":
                    if of.full_name == "System.Security.Claims.ClaimsPrincipal":
                        yield CallerCode(f"{name}.{_BY_CLAIM}", "System.String", claims)
                    elif of.full_name == "Microsoft.AspNetCore.Http.HttpContext":
                        yield CallerCode(f"{name}.User.{_BY_CLAIM}", "System.String", claims)
            at = at.outer  # type: ignore[assignment]
            lambdas += 1
        if routine.body.count("~") == 1 and env.find("user") is None and not _is_controller(reader, routine):
            site = Site(routine.path, routine.body, "whole")
            yield CallerCode(f"user.{_BY_CLAIM}", "System.String", claims, ("ClaimsPrincipal", "user", site))
    if _is_controller(reader, routine):
        yield CallerCode(f"User.{_BY_CLAIM}", "System.String", claims)


def _is_controller(reader: Reader, routine: Routine) -> bool:
    return routine.this is not None and reader.typing.is_a(routine.this, _CONTROLLER)
