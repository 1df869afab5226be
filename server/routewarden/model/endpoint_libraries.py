"""Libraries that map endpoints of their own: Carter's modules, ASP.NET Core Identity's API.

Invariant: what is listed was measured (Carter 10 and Identity on .NET 10). https://github.com/CarterCommunity/Carter,
https://learn.microsoft.com/aspnet/core/security/authentication/identity-api-authorization
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from routewarden.model import overloads, reflection, services
from routewarden.model.evaluator import Passed
from routewarden.model.members import MethodRef
from routewarden.model.register import Nature
from routewarden.model.symbols import own_type
from routewarden.model.values import (
    NULL,
    Const,
    Convention,
    ConventionBuilder,
    EndpointDraft,
    Group,
    Instance,
    ListValue,
    RouteBuilder,
    TypeValue,
    Value,
)

if TYPE_CHECKING:
    from routewarden.facts.declarations import MemberFacts
    from routewarden.model.evaluator import CallSite, Evaluator

BINDER = "Grpc.Core.ServiceBinderBase"
BOUND = "<bound>"  # field of a binder: what was added to it
_MODULE = "Carter.ICarterModule"
_MODULE_CLASS = "Carter.CarterModule"
_SAID = "<conventions>"
_ROUTE_BUILDER = "Microsoft.AspNetCore.Routing.IEndpointRouteBuilder"
_GROUP_BUILDER = "Microsoft.AspNetCore.Routing.RouteGroupBuilder"
_CONVENTIONS = "Microsoft.AspNetCore.Builder.IEndpointConventionBuilder"

# IdentityApiEndpointRouteBuilderExtensions: (method, route, for signed-in users)
_IDENTITY = (
    ("POST", "/register", False), ("POST", "/login", False), ("POST", "/refresh", False), ("GET", "/confirmEmail", False),
    ("POST", "/resendConfirmationEmail", False), ("POST", "/forgotPassword", False), ("POST", "/resetPassword", False),
    ("POST", "/manage/2fa", True), ("GET", "/manage/info", True), ("POST", "/manage/info", True),
)


def map_carter(ev: Evaluator, target: RouteBuilder) -> Value:
    """`app.MapCarter()`: each public module's routes, under its base path."""
    for of in ev.world.implementations(TypeValue(_MODULE), ev.app.projects):
        if not reflection.is_exported(ev.world, of):
            continue
        module = services.activated(ev, of)
        if not isinstance(module, Instance):
            continue
        builder = target
        if ev.world.is_assignable(of, TypeValue(_MODULE_CLASS)):
            site = of.symbol.site if of.symbol is not None and ev.world.is_workspace(of) else None  # type: ignore[union-attr]
            group = Group(module.fields.get("BasePath", Const("")), target.group, site)
            said = module.fields.get(_SAID)
            group.conventions.extend(c for c in (said.told if isinstance(said, _Said) else ()))
            builder = RouteBuilder(group, TypeValue(_GROUP_BUILDER, ev.world.symbol(_GROUP_BUILDER)))
        passed = [Passed(builder)]
        chosen = overloads.choose(ev.world, ev.world.methods(of, "AddRoutes"), passed)
        if chosen is not None:
            ev.invoke_method(chosen, module, passed)
    return target


def map_modules(ev: Evaluator) -> bool:
    """What a library's `MapX()` maps that is not known itself: the methods of classes under its interfaces that take a route builder.

    A class that implements something nobody declares, and has such a method, is there to be called by the library that declares it.
    True if any was found.
    """
    found = False
    for project in ev.app.projects:
        for path, part in ev.world.declared_in(project):
            if part.kind not in ("class", "record") or part.modifiers & {"abstract", "static"} or not part.bases:
                continue
            mapping = [m for m in part.members if m.kind == "method" and m.body is not None and _takes_builder(m)]
            symbol = ev.world.types.of_part(path, part) if mapping else None
            if symbol is None or not ev.world.resolver.supertypes(own_type(symbol)).unresolved:
                continue
            module = services.activated(ev, TypeValue(symbol.full_name, symbol))
            for member in mapping:
                passed = [Passed(RouteBuilder(ev.app.root, TypeValue(_ROUTE_BUILDER, ev.world.symbol(_ROUTE_BUILDER))))]
                ev.invoke_method(MethodRef(symbol, path, member), module, passed)
                found = True
    return found


def _takes_builder(member: MemberFacts) -> bool:
    names = [p.type.name.rsplit(".", 1)[-1] for p in member.parameters if p.type is not None]
    return len(member.parameters) == 1 and names == ["IEndpointRouteBuilder"] and "override" not in member.modifiers


class _Said(ListValue):
    """What a module's constructor says of all its routes."""

    def __init__(self) -> None:
        super().__init__([])
        self.told: list[Convention] = []


def module_call(ev: Evaluator, module: Instance, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`this.RequireAuthorization("x")` in the constructor of a CarterModule; None for other calls."""
    if where.name not in ("RequireAuthorization", "WithMetadata") or not ev.world.is_assignable(module.type, TypeValue(_MODULE_CLASS)):
        return None
    said = module.fields.setdefault(_SAID, _Said())
    if isinstance(said, _Said):
        kind = "authorize" if where.name == "RequireAuthorization" else "metadata"
        values: list[Value] = []
        for argument in passed:
            values.extend(argument.value.items if isinstance(argument.value, ListValue) else [argument.value])
        said.told.append(Convention(kind, where.site, f".{where.text}", tuple(values), tuple(ev.conditions)))
    return NULL if where.name == "WithMetadata" else module


def binder_call(target: Instance, passed: Sequence[Passed], where: CallSite) -> Value | None:
    """`binder.AddMethod(method, ...)` of gRPC (see `model.grpc_services`); None for other objects and calls."""
    bound = target.fields.get(BOUND)
    if where.name != "AddMethod" or not isinstance(bound, ListValue) or not passed:
        return None
    bound.items.append(passed[0].value)
    return NULL


def map_identity(ev: Evaluator, target: RouteBuilder, where: CallSite) -> Value:
    """`app.MapIdentityApi<TUser>()`."""
    drafts = []
    for method, route, signed_in in _IDENTITY:
        draft = EndpointDraft("identity", (method,), Const(route), target.group, where.site, None, tuple(ev.conditions), member="MapIdentityApi")
        draft.nature = None if signed_in else Nature("sign-in", "belongs to the way into an account (`MapIdentityApi`)", where.site)
        if signed_in:
            draft.conventions.append(Convention("authorize", where.site, "MapIdentityApi's /manage group"))
        drafts.append(draft)
    ev.app.endpoints.extend(drafts)
    return ConventionBuilder(tuple(drafts), TypeValue(_CONVENTIONS, ev.world.symbol(_CONVENTIONS)))
