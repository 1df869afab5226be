"""gRPC services: the endpoints of `MapGrpcService<T>()`.

Invariant: each method of the service is an endpoint for POST at `/package.Service/Method`, with the attributes of the class and of the
method; calls of methods that there are not have endpoints of their own. Which methods there are is said by the `.proto` file that the base
class is made from, or by the method that `[BindServiceMethod]` names. Measured on .NET 10.
https://github.com/grpc/grpc-dotnet/blob/master/src/Grpc.AspNetCore.Server/Model/Internal/ServiceRouteBuilder.cs
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from routewarden.model import attributes as at
from routewarden.model import overloads, templates
from routewarden.model.access import decide
from routewarden.model.controllers import class_uses
from routewarden.model.conventions import applied
from routewarden.model.endpoint_libraries import BINDER, BOUND
from routewarden.model.endpoints import UNKNOWN_PART, group_said, groups_of, text_of
from routewarden.model.evaluator import Passed
from routewarden.model.probe import Request
from routewarden.model.register import Endpoint
from routewarden.model.running_filters import filters_of
from routewarden.model.said import Said, said_by_conventions, said_by_uses
from routewarden.model.values import NULL, Const, EndpointDraft, Instance, ListValue, TypeValue
from routewarden.model.workspace_types import WorkspaceType
from routewarden.model.world import part_in

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator
    from routewarden.model.members import MethodRef
    from routewarden.model.values import Value

_BIND = "Grpc.Core.BindServiceMethodAttribute"
_MISSING = "{unimplementedMethod:grpcunimplemented}"


def of_services(ev: Evaluator) -> list[Endpoint]:
    """The endpoints of all gRPC services."""
    drafts = [d for d in ev.app.endpoints if d.kind == "grpc" and isinstance(d.details.get("T0"), TypeValue)]
    found = [e for draft in drafts for e in _mapped(ev, draft)]
    if drafts:
        nowhere = EndpointDraft("grpc", (), None, ev.app.root, drafts[0].site, None, ())
        found.append(_made(ev, nowhere, (), f"/{{unimplementedService}}/{_MISSING}", "", None, []))
    return found


def _mapped(ev: Evaluator, draft: EndpointDraft) -> Iterator[Endpoint]:
    of = draft.details["T0"]
    assert isinstance(of, TypeValue)
    symbol = of.symbol if isinstance(of.symbol, WorkspaceType) else None
    of_class = class_uses(ev, symbol) if symbol is not None else []
    services: set[str] = set()
    for service, name in _methods(ev, of):
        services.add(service)
        method = next((m for m in ev.world.methods(of, name) if m.type is symbol), None)
        uses = [*_of_method(ev, method), *of_class] if method is not None else of_class
        yield _made(ev, draft, ("POST",), f"/{service}/{name}", f"{of.name}.{name}", method, uses)
    for service in sorted(services - {UNKNOWN_PART}):
        yield _made(ev, draft, (), f"/{service}/{_MISSING}", of.name, None, [])


def _of_method(ev: Evaluator, method: MethodRef) -> list[at.Use]:
    scope = ev.world.resolver.scope(method.path, part_in(method.type, method.path), method.facts)
    return at.uses(ev, method.facts.attributes, scope, method.path, method.facts.id, "action")


def _methods(ev: Evaluator, of: TypeValue) -> list[tuple[str, str]]:
    """(full name of the service, method)."""
    bound = _bound(ev, of)
    if bound:
        return bound
    for link in ev.world.chain(of):
        for _, part in link.parts:
            for base in part.bases:
                words = base.name.split(".")
                name = words[-1].removesuffix("Base")
                fitting = [s for s in ev.world.proto_services() if s.name == name] if words[-1].endswith("Base") else []
                if fitting:  # one in the project of the class before those of others
                    service = min(fitting, key=lambda s: (ev.world.project_of_path(s.path) != link.project, s.path))
                    return [(service.full_name, m) for m in service.methods]
    overrides = [m for link in ev.world.chain(of) for _, m in link.members if m.kind == "method" and "override" in m.modifiers]
    taking = [m.name for m in overrides if any(p.type is not None and p.type.name.endswith("ServerCallContext") for p in m.parameters)]
    return [(UNKNOWN_PART, name) for name in dict.fromkeys(taking)]


def _bound(ev: Evaluator, of: TypeValue) -> list[tuple[str, str]]:
    """What the method that `[BindServiceMethod(typeof(X), "Bind")]` names adds to a binder."""
    for link in ev.world.chain(of):
        for use in class_uses(ev, link):
            made = use.value
            if made is None or made.type.name != _BIND or len(made.arguments) < 2:
                continue
            holder, name = made.arguments[:2]
            if not isinstance(holder, TypeValue) or not isinstance(name, Const):
                continue
            found = ListValue([])
            passed = [Passed(Instance(TypeValue(BINDER, ev.world.symbol(BINDER)), {BOUND: found})), Passed(NULL)]
            chosen = overloads.choose(ev.world, ev.world.methods(holder, str(name.value)), passed)
            if chosen is not None:
                with ev.question():
                    ev.invoke_method(chosen, None, passed)
            return [pair for item in found.items if (pair := _named(item)) is not None]
    return []


def _named(method: Value) -> tuple[str, str] | None:
    """Service and name of a `new Method<,>(type, service, name, ...)`."""
    texts = [a.value for a in method.arguments[1:3] if isinstance(a, Const)] if isinstance(method, Instance) else []
    return (str(texts[0]), str(texts[1])) if len(texts) == 2 else None


def _made(
    ev: Evaluator, draft: EndpointDraft, methods: tuple[str, ...], route: str, name: str, method: MethodRef | None, uses: Sequence[at.Use]
) -> Endpoint:
    groups = groups_of(draft.group)
    full = templates.group_route([text_of(g.prefix) for g in groups], route) if groups else templates.rooted(route)
    of = draft.details.get("T0")
    symbol = of.symbol if isinstance(of, TypeValue) and isinstance(of.symbol, WorkspaceType) else None
    said: list[Said] = [*group_said(ev, groups), *said_by_uses(reversed(uses)), *said_by_conventions(draft.conventions, "endpoint")]
    told = applied(ev, said)
    with ev.question():
        verdict, stances = decide(ev, told, mvc=False, request=Request(full, methods))
    return Endpoint(
        "grpc" if methods else "other", methods, full, (), name or draft.member, ev.app.project, method.site if method is not None else draft.site,
        verdict, stances, method.site if method is not None else None, symbol.site if symbol is not None and methods else None,
        tuple(g.site for g in reversed(groups) if g.site is not None), bool(methods), filters=filters_of(ev, told, mvc=False),
    )
