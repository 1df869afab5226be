"""Razor Pages: which routes each page has, and what its attributes, model class and page conventions say.

Invariant: routes follow PageRouteModelFactory, page conventions PageConventionCollection; a page is in a folder by its own path, and
an area's pages are in no folder outside it:
https://github.com/dotnet/aspnetcore/tree/main/src/Mvc/Mvc.RazorPages/src/ApplicationModels. Measured on .NET 10: `@attribute` counts
beside a PageModel's attributes, and in `_ViewImports.cshtml` too; attributes of handler methods do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routewarden.facts.razor import MODEL, PAGE_CLASS
from routewarden.facts.sites import Site
from routewarden.model import attributes as at
from routewarden.model import model_objects as am
from routewarden.model import nature, overloads, templates
from routewarden.model.access import decide
from routewarden.model.controllers import class_uses
from routewarden.model.conventions import applied
from routewarden.model.endpoints import UNKNOWN_PART, group_said, groups_of, text_of
from routewarden.model.evaluator import Passed
from routewarden.model.members import MethodRef
from routewarden.model.mvc_endpoints import said_by_global_filters
from routewarden.model.page_conventions import CALLS, concerns
from routewarden.model.probe import Request
from routewarden.model.register import Endpoint
from routewarden.model.running_filters import filters_of
from routewarden.model.said import Said, said_by_conventions, said_by_uses
from routewarden.model.symbols import NamedType
from routewarden.model.values import (
    NULL,
    Closure,
    Const,
    Convention,
    DictValue,
    EndpointDraft,
    Instance,
    ListValue,
    MethodGroup,
    ModelList,
    TypeValue,
    Unknown,
    Value,
)
from routewarden.model.workspace_types import WorkspaceType

if TYPE_CHECKING:
    from routewarden.facts.declarations import TypeFacts
    from routewarden.model.evaluator import Evaluator

_PAGE_MODEL = "Microsoft.AspNetCore.Mvc.RazorPages.PageModel"
_AUTHORIZE = "Microsoft.AspNetCore.Authorization.AuthorizeAttribute"
_ANONYMOUS = "Microsoft.AspNetCore.Authorization.AllowAnonymousAttribute"
_TRANSFORMER = am.MODELS + "PageRouteTransformerConvention"


@dataclass(frozen=True, slots=True)
class PageFile:
    """A `.cshtml` file with `@page`: its place in the workspace and in its project (with a leading slash), and its template.

    Or a component (`.razor`), with the templates of all its `@page` directives; most have none.
    """

    path: str
    in_project: str
    template: str = ""
    component: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Page:
    file: PageFile
    view_path: str  # "/Admin/Index": below the root folder, without extension
    area: str | None
    base: str  # its route without the template


def of_pages(ev: Evaluator, files: Iterable[PageFile]) -> list[Endpoint]:
    """The endpoints of all pages; none where the app does not map pages."""
    drafts = [d for d in ev.app.endpoints if d.kind == "pages"]
    legacy = next((s for s in ev.app.pipeline if s.name in ("UseMvc", "UseMvcWithDefaultRoute")), None)
    if not drafts and legacy is not None:  # MVC as a router serves its pages too
        drafts = [EndpointDraft("pages", (), None, ev.app.root, legacy.site, None, ())]
    pages = [p for f in files if f.component is None and (p := _located(ev, f)) is not None]
    found: list[Endpoint] = []
    for draft in drafts:
        for page in pages:
            with ev.question():
                found.extend(_page(ev, page, draft))
    for draft in ev.app.endpoints:
        if draft.kind == "fallback-page":
            with ev.question():
                found.append(_fallback(ev, draft, pages))
    return found


def _located(ev: Evaluator, file: PageFile) -> _Page | None:
    """The page as CompiledPageRouteModelProvider finds it; None for a file outside the page folders."""
    without = file.in_project.rsplit(".", 1)[0]
    root = _root(ev)
    parts = without.split("/")
    if len(parts) > 4 and parts[1].lower() == "areas" and parts[3].lower() == "pages":
        view = "/" + "/".join(parts[4:])
        return _Page(file, view, parts[2], f"{parts[2]}{view}")
    if without.lower().startswith(root.lower() + "/"):
        view = without[len(root) :]
        return _Page(file, view, None, view.lstrip("/"))
    return None


def _root(ev: Evaluator) -> str:
    """RazorPagesOptions.RootDirectory, "" for the content root."""
    options = ev.app.singletons.get("Microsoft.AspNetCore.Mvc.RazorPages.RazorPagesOptions")
    given: Value | None = options.fields.get("RootDirectory") if options is not None else None
    for call in ev.app.registered:
        if call.kind == "WithRazorPagesRoot" and call.values:
            given = call.values[-1]
        elif call.kind == "WithRazorPagesAtContentRoot":
            given = Const("/")
    text = given.value if isinstance(given, Const) and isinstance(given.value, str) else "/Pages"
    return text.rstrip("/")


def _fallback(ev: Evaluator, draft: EndpointDraft, pages: Iterable[_Page]) -> Endpoint:
    """`MapFallbackToPage("/_Host")`: what matches nothing else is answered by the page, under the page's own authorization.

    https://github.com/dotnet/aspnetcore/blob/main/src/Mvc/Mvc.RazorPages/src/Infrastructure/DynamicPageEndpointMatcherPolicy.cs
    """
    name = text_of(draft.details.get("page") or draft.details.get("0")).lower()
    area = text_of(draft.details.get("area") or draft.details.get("1")) or None
    page = next((p for p in pages if p.view_path.lower() == name and p.area == area), None)
    groups = groups_of(draft.group)
    said = [*group_said(ev, groups), *said_by_conventions(draft.conventions, "endpoint")]
    if page is not None:
        said = _said(ev, page, draft, *_classes(ev, page))
    pattern = text_of(draft.pattern) if draft.pattern is not None else "{*path:nonfile}"
    route = templates.group_route([text_of(g.prefix) for g in groups], pattern)
    told = applied(ev, said)
    verdict, stances = decide(ev, told, mvc=True, request=Request(route))
    return Endpoint(
        "fallback", (), route, (), draft.member, ev.app.project, draft.site, verdict, stances, None, None,
        tuple(g.site for g in reversed(groups) if g.site is not None), False, filters=filters_of(ev, told, mvc=True),
    )


def _said(ev: Evaluator, page: _Page, draft: EndpointDraft, part: TypeFacts | None, model: WorkspaceType | None) -> list[Said]:
    """All statements about a page under a mapping."""
    said = group_said(ev, groups_of(draft.group))
    said += said_by_conventions(draft.conventions, "controllers")
    said += said_by_global_filters(ev)
    said += said_by_uses(reversed(_uses(ev, page, part, model)))
    said += _said_by_page_conventions(ev, page, model)
    return said


def _page(ev: Evaluator, page: _Page, draft: EndpointDraft) -> Iterator[Endpoint]:
    part, model = _classes(ev, page)
    groups = groups_of(draft.group)
    said = _said(ev, page, draft, part, model)
    required = (("page", page.view_path), *((("area", page.area),) if page.area is not None else ()))
    site = Site(page.file.path, "", "whole")
    for template in _templates(ev, page):
        route = templates.rooted(text_of(template))
        if groups:
            route = templates.group_route([text_of(g.prefix) for g in groups], route)
        told = applied(ev, said)
        verdict, stances = decide(ev, told, mvc=True, request=Request(route))
        yield Endpoint(
            "page", (), route, required, model.full_name if model is not None else page.view_path, ev.app.project, site, verdict, stances,
            site, model.site if model is not None else None, tuple(g.site for g in reversed(groups) if g.site is not None), False,
            filters=filters_of(ev, told, mvc=True),
            nature=nature.of_method(ev, _handlers(ev, model), route, verdict) if model is not None else None,
        )


def _handlers(ev: Evaluator, model: WorkspaceType) -> list[MethodRef]:
    """`OnGet`, `OnPostAsync`, `OnPostDelete` ...: https://learn.microsoft.com/aspnet/core/razor-pages/#multiple-handlers-per-page"""
    chain = ev.world.chain(TypeValue(model.full_name, model))
    return [
        MethodRef(link, path, member) for link in chain for path, member in link.members
        if member.kind == "method" and member.name.startswith("On") and "public" in member.modifiers
    ]


def _classes(ev: Evaluator, page: _Page) -> tuple[TypeFacts | None, WorkspaceType | None]:
    """The class that Razor writes, and the PageModel that `@model` names."""
    facts = ev.world.types.index.facts(page.file.path)
    part = next((t for t in facts.types if t.name == PAGE_CLASS), None)
    declared = next((m.type for m in part.members if m.name == MODEL), None) if part is not None else None
    if part is None or declared is None:
        return part, None
    found = ev.world.resolver.resolve_type(declared, ev.world.resolver.scope(page.file.path, part))
    if isinstance(found, NamedType) and isinstance(found.symbol, WorkspaceType) and ev.world.resolver.is_subtype(found, _PAGE_MODEL):
        return part, found.symbol
    return part, None


def _uses(ev: Evaluator, page: _Page, part: TypeFacts | None, model: WorkspaceType | None) -> list[at.Use]:
    found = class_uses(ev, model) if model is not None else []
    if part is not None:
        scope = ev.world.resolver.scope(page.file.path, part)
        written = at.uses(ev, part.attributes, scope, page.file.path, part.id, "class")
        found += [at.Use(u.value, Site(page.file.path, "", "whole"), u.text, u.level) for u in written]
    return found


# --- routes --------------------------------------------------------------------------------------------------------------


def _templates(ev: Evaluator, page: _Page) -> list[Value]:
    """The templates of a page, after all route conventions."""
    own = page.file.template
    bases = [page.base]
    if page.view_path.rsplit("/", 1)[-1].lower() == "index" and not templates.is_absolute(own):
        bases.append(page.base.rpartition("/")[0])
    selectors = ModelList([am.selector_model(ev, _joined(base, own)) for base in bases])
    # A transformer rewrites the page's own routes from scratch, after all conventions (PageActionDescriptorProvider.TransformPageRoute).
    transformed = {id(s): _joined(_transformed(ev, base), own) for s, base in zip(selectors.items, bases, strict=True)}
    rewrites = any(_transformer(ev, told) is not None for told in ev.app.page_conventions.told)
    model: Instance | None = None
    for told in ev.app.page_conventions.told:
        if told.kind in ("AddPageRoute", "AddAreaPageRoute"):
            if concerns(told, page.view_path, page.area):
                selectors.items.append(am.selector_model(ev, _cleaned(told.values[-1])))
        elif told.kind in CALLS and told.kind.endswith("RouteModelConvention"):
            if concerns(told, page.view_path, page.area):
                model = model or _route_model(ev, page, selectors)
                _run(ev, told.values[-1], model)
        elif told.kind == "add":
            convention = told.values[0]
            if isinstance(convention, Instance) and at.is_a(ev, convention, am.MODELS + "IPageRouteModelConvention"):
                model = model or _route_model(ev, page, selectors)
                _run(ev, convention, model)
    found: list[Value] = []
    for selector in selectors.items:
        route_of = selector.fields.get("AttributeRouteModel") if isinstance(selector, Instance) else None
        if isinstance(route_of, Instance):
            found.append(transformed[id(selector)] if rewrites and id(selector) in transformed else route_of.fields.get("Template") or NULL)
    return found


def _cleaned(route: Value) -> Value:
    return Const(templates.clean(route.value)) if isinstance(route, Const) and isinstance(route.value, str) else route


def _joined(prefix: str, template: str) -> Value:
    return Const(templates.combine(prefix, template) or "")


def _transformer(ev: Evaluator, told: Convention) -> Instance | None:
    """What a PageRouteTransformerConvention transforms with."""
    convention = told.values[0] if told.kind == "add" and told.values else None
    if not isinstance(convention, Instance) or not ev.world.is_assignable(convention.type, TypeValue(_TRANSFORMER)):
        return None
    given = convention.fields.get("ParameterTransformer") or (convention.arguments[0] if convention.arguments else None)
    return given if isinstance(given, Instance) else None


def _transformed(ev: Evaluator, base: str) -> str:
    """A page's route without template, each segment transformed."""
    for told in ev.app.page_conventions.told:
        transformer = _transformer(ev, told)
        methods = ev.world.methods(transformer.type, "TransformOutbound") if transformer is not None else ()
        segments = []
        for segment in base.split("/"):
            made = ev.invoke_method(methods[0], transformer, [Passed(Const(segment))]) if methods and segment else Const(segment)
            segments.append(made.value if isinstance(made, Const) and isinstance(made.value, str) else UNKNOWN_PART)
        base = "/".join(segments)
    return base


def _route_model(ev: Evaluator, page: _Page, selectors: ModelList) -> Instance:
    return Instance(am.typed(ev, am.MODELS + "PageRouteModel"), {**_paths(page), "Selectors": selectors})


def _paths(page: _Page) -> dict[str, Value]:
    return {
        "RelativePath": Const(page.file.in_project), "ViewEnginePath": Const(page.view_path),
        "AreaName": Const(page.area) if page.area is not None else NULL, "Properties": DictValue([]),
        "RouteValues": DictValue([(Const("page"), Const(page.view_path))]),
    }


def _run(ev: Evaluator, convention: Value, model: Instance) -> None:
    if isinstance(convention, (Closure, MethodGroup)):
        ev.apply(convention, [model])
    elif isinstance(convention, Instance):
        chosen = overloads.choose(ev.world, ev.world.methods(convention.type, "Apply"), [Passed(model)])
        if chosen is not None:
            ev.invoke_method(chosen, convention, [Passed(model)])


# --- access --------------------------------------------------------------------------------------------------------------


def _said_by_page_conventions(ev: Evaluator, page: _Page, model: WorkspaceType | None) -> list[Said]:
    """`AuthorizeFolder` and its kin, and what own conventions add to the page's application model."""
    found: list[Said] = []
    for told in ev.app.page_conventions.told:
        text = f"Conventions.{told.text}"
        if told.kind in CALLS and not concerns(told, page.view_path, page.area):
            continue
        if told.kind.startswith("Authorize"):
            arguments = told.values[CALLS[told.kind] :]
            value = _made(ev, _AUTHORIZE, {"Policy": arguments[0]} if arguments else {})
            found.append(Said("convention", told.site, text, value, None, told.conditions))
        elif told.kind.startswith("AllowAnonymous"):
            found.append(Said("convention", told.site, text, _made(ev, _ANONYMOUS, {}), None, told.conditions))
        elif told.kind == "ConfigureFilter":
            given = told.values[-1]
            found.append(Said("convention", told.site, text, given if isinstance(given, Instance) else None, None, told.conditions))
        elif told.kind.endswith("ApplicationModelConvention") or told.kind == "add":
            convention = told.values[-1]
            if isinstance(convention, Instance) and not at.is_a(ev, convention, am.MODELS + "IPageApplicationModelConvention"):
                continue
            found.extend(_added(ev, page, model, convention, told))
    return found


def _made(ev: Evaluator, name: str, fields: dict[str, Value]) -> Instance:
    return Instance(am.typed(ev, name), fields)


def _added(ev: Evaluator, page: _Page, model: WorkspaceType | None, convention: Value, told: Convention) -> Iterator[Said]:
    handler: Value = TypeValue(model.full_name, model) if model is not None else Unknown(TypeValue("System.Reflection.TypeInfo"))
    filters, metadata = ModelList([]), ModelList([])
    made = Instance(am.typed(ev, am.MODELS + "PageApplicationModel"), {
        **_paths(page), "Filters": filters, "EndpointMetadata": metadata, "HandlerType": handler, "ModelType": handler, "PageType": handler,
        "HandlerTypeAttributes": ListValue([]),
    })
    _run(ev, convention, made)
    for change in (*filters.told, *metadata.told):
        value = change.values[0]
        yield Said("convention", change.site, f".{change.text}", value, None, (*told.conditions, *change.conditions))


