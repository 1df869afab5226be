"""Blazor components with a route: what `MapRazorComponents` and `MapBlazorHub` put into the endpoint table.

Invariant: a routable component is an endpoint for GET and POST for each of its routes, with the attributes of its class; what is said on
the builder is said of all of them, and of the endpoints that carry an interactive session. Measured on .NET 10. Authorization in markup
(`<AuthorizeView>`, `AuthorizeRouteView`) keeps nobody from the endpoint. https://learn.microsoft.com/aspnet/core/blazor/security/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from routewarden.facts.razor import PAGE_CLASS
from routewarden.facts.sites import Site
from routewarden.model import attributes as at
from routewarden.model import templates
from routewarden.model.access import decide
from routewarden.model.controllers import class_uses
from routewarden.model.conventions import applied
from routewarden.model.endpoints import group_said, groups_of, text_of
from routewarden.model.probe import Request
from routewarden.model.register import Endpoint
from routewarden.model.running_filters import filters_of
from routewarden.model.said import Said, said_by_conventions, said_by_uses
from routewarden.model.symbols import NamedType
from routewarden.model.values import EndpointDraft, TypeValue
from routewarden.model.workspace_types import WorkspaceType

if TYPE_CHECKING:
    from routewarden.facts.declarations import TypeFacts
    from routewarden.model.evaluator import Evaluator
    from routewarden.model.pages import PageFile

_COMPONENT = "Microsoft.AspNetCore.Components.IComponent"
_ROUTE = "Microsoft.AspNetCore.Components.RouteAttribute"
_HUB = (((), ""), ((), "/negotiate"), ((), "/disconnect/"), ((), "/initializers/"))  # below the hub's path
_REDIRECTION = "/_framework/opaque-redirect"


def of_components(ev: Evaluator, files: Sequence[PageFile]) -> list[Endpoint]:
    """The endpoints of all component mappings; `files`: the components of the projects that the host sees, itself first."""
    return [e for draft in ev.app.endpoints if draft.kind in ("components", "blazor-hub") for e in _mapped(ev, draft, files)]


def _mapped(ev: Evaluator, draft: EndpointDraft, files: Sequence[PageFile]) -> Iterator[Endpoint]:
    if draft.kind == "blazor-hub":
        yield from _session(ev, draft, text_of(draft.pattern) if draft.pattern is not None else "/_blazor")
        return
    yield _made(ev, draft, "other", ("GET",), _REDIRECTION, "", draft.site, [])
    if any(c.kind == "server-mode" for c in draft.conventions):
        yield from _session(ev, draft, "/_blazor")
    projects = _assemblies(ev, draft, files)
    for file in files:
        if ev.world.project_of_path(file.path) in projects:
            yield from _routed(ev, draft, file)
    for project in projects:
        for symbol, uses in ev.memo("components").of(project, lambda project=project: _classes(ev, project)):  # type: ignore[misc]
            if not any(f.path == f"{path.removesuffix('.cs')}" for f in files for path, _ in symbol.parts):  # not code behind markup
                for route in _routes(uses):
                    yield _made(ev, draft, "page", ("GET", "POST"), route, symbol.full_name, symbol.site, uses)


def _assemblies(ev: Evaluator, draft: EndpointDraft, files: Sequence[PageFile]) -> list[str]:
    """The projects whose components are served: that of the root component, and all others where more assemblies are added."""
    found = list(dict.fromkeys(p for p in ev.app.projects))
    if any(c.kind == "assemblies" for c in draft.conventions):
        return found
    root = draft.details.get("T0")
    if isinstance(root, TypeValue) and isinstance(root.symbol, WorkspaceType):
        return [root.symbol.project]
    name = root.name.rsplit(".", 1)[-1] if isinstance(root, TypeValue) else "App"
    holder = next((f.path for f in files if f.path.rsplit("/", 1)[-1] == f"{name}.razor"), None)
    project = ev.world.project_of_path(holder) if holder is not None else None
    return [project] if project is not None else found[:1]


def _classes(ev: Evaluator, project: str) -> list[tuple[WorkspaceType, list[at.Use]]]:
    """Components written in C# that have a route."""
    found = []
    for of in ev.world.implementations(TypeValue(_COMPONENT), [project]):
        if isinstance(of.symbol, WorkspaceType):
            uses = class_uses(ev, of.symbol)
            if any(use.value is not None and use.value.type.name == _ROUTE for use in uses):
                found.append((of.symbol, uses))
    return found


def _routes(uses: Sequence[at.Use]) -> list[str]:
    given = [u.value.arguments[0] for u in uses if u.value is not None and u.value.type.name == _ROUTE and u.value.arguments]
    return [text_of(v) for v in given]


def _routed(ev: Evaluator, draft: EndpointDraft, file: PageFile) -> Iterator[Endpoint]:
    part = next((t for t in ev.world.types.index.facts(file.path).types if t.name == PAGE_CLASS), None)
    behind = _code_behind(ev, file)
    uses = class_uses(ev, behind) if behind is not None else []
    if part is not None:
        scope = ev.world.resolver.scope(file.path, part)
        written = at.uses(ev, part.attributes, scope, file.path, part.id, "class")
        uses = [*uses, *_of_base(ev, file, part), *(at.Use(u.value, Site(file.path, "", "whole"), u.text, u.level) for u in written)]
    name = behind.full_name if behind is not None else file.in_project
    for route in (*(file.component or ()), *_routes(uses)):
        yield _made(ev, draft, "page", ("GET", "POST"), route, name, Site(file.path, "", "whole"), uses)


def _code_behind(ev: Evaluator, file: PageFile) -> WorkspaceType | None:
    """The partial class in `Name.razor.cs`."""
    name = file.path.rsplit("/", 1)[-1].removesuffix(".razor")
    for symbols in ev.world.types.named(name).values():
        for symbol in symbols:
            if any(path == f"{file.path}.cs" for path, _ in symbol.parts):
                return symbol
    return None


def _of_base(ev: Evaluator, file: PageFile, part: TypeFacts) -> list[at.Use]:
    """The attributes of the class that `@inherits` names."""
    for base in part.bases:
        found = ev.world.resolver.resolve_type(base, ev.world.resolver.scope(file.path, part))
        if isinstance(found, NamedType) and isinstance(found.symbol, WorkspaceType):
            return [u for u in class_uses(ev, found.symbol) if u.value is None or u.value.type.name != _ROUTE]
    return []


def _session(ev: Evaluator, draft: EndpointDraft, path: str) -> Iterator[Endpoint]:
    for methods, below in _HUB:
        yield _made(ev, draft, "hub" if below in ("", "/negotiate") else "other", methods, f"{path.rstrip('/')}{below}", "", draft.site, [])


def _made(
    ev: Evaluator, draft: EndpointDraft, kind: str, methods: tuple[str, ...], route: str, name: str, site: Site, uses: Sequence[at.Use]
) -> Endpoint:
    groups = groups_of(draft.group)
    full = templates.group_route([text_of(g.prefix) for g in groups], route) if groups else templates.rooted(route)
    said: list[Said] = [*group_said(ev, groups), *said_by_uses(reversed(uses)), *said_by_conventions(draft.conventions, "endpoint")]
    told = applied(ev, said)
    with ev.question():
        verdict, stances = decide(ev, told, mvc=False, request=Request(full, methods))
    return Endpoint(
        kind, methods, full, (), name or draft.member, ev.app.project, site, verdict, stances, site if uses or kind == "page" else None, None,
        tuple(g.site for g in reversed(groups) if g.site is not None), False,
        filters=filters_of(ev, told, mvc=False),
    )
