"""Where in a document its endpoints are: at the name of an action, a Map call, a page; and at a class for what it inherits.

Invariant: the one answer of hover and code lens to "which endpoints are here". An action that is written in a base class is shown
where it is written, once for each controller that serves it, and again at each of these controllers.
"""

from dataclasses import dataclass

from routewarden.analysis.fingerprint import declaration_key
from routewarden.analysis.project import Project
from routewarden.facts.razor import page_directive
from routewarden.facts.sites import Site, Span
from routewarden.lsp.folders import Folder
from routewarden.lsp.session import RouteWardenServer
from routewarden.model.register import Endpoint
from routewarden.text.source import SourceText

PAGE = ".cshtml"


@dataclass(frozen=True, slots=True)
class Spot:
    """One place and the endpoints that it serves; `inherited`: a class, for those that are written elsewhere."""

    site: Site
    endpoints: tuple[Endpoint, ...]
    inherited: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """An open document with the folder that speaks about it, which knows everything by now."""

    folder: Folder
    path: str
    text: SourceText

    def name(self, spot: Spot) -> Span | None:
        """The identifier of a spot (`MapGet` of a Map call, the `@page` of a page), in `text`."""
        if self.path.endswith(PAGE):
            return page_directive(self.text.data)  # the engine knows the page as it was saved
        project, site = self.folder.project, spot.site
        if site.part.startswith("node:") and not site.part.endswith(":name"):
            named = project.locate(Site(site.path, site.declaration, f"{site.part}:name"))
            if named is not None:
                return named
        return project.locate(site)


def view_of(ls: RouteWardenServer, uri: str) -> View | None:
    """The view of a document; None where nothing is known of it (yet)."""
    document = ls.documents.find(uri)
    if document is None:
        return None
    homes = document.homes
    if not homes and document.key.endswith(PAGE):
        homes = ls.folders.around(document.key)
    if not homes or not homes[0][0].loaded:
        return None
    folder, path = homes[0]
    return View(folder, path, document.text)


def spots(project: Project, path: str) -> tuple[Spot, ...]:
    """The spots of a file, in the order of the register."""
    here: dict[tuple[Site, bool], list[Endpoint]] = {}
    for endpoint in project.register.endpoints:
        if endpoint.site.path == path:
            here.setdefault((endpoint.site, False), []).append(endpoint)
        of_type = endpoint.type_site
        if of_type is not None and of_type.path == path and _is_inherited(endpoint, of_type):
            here.setdefault((of_type, True), []).append(endpoint)
    return tuple(Spot(site, tuple(endpoints), inherited) for (site, inherited), endpoints in here.items())


def _is_inherited(endpoint: Endpoint, of_type: Site) -> bool:
    """The endpoint's code is not in the type that serves it; a partial part of the type is in it."""
    if endpoint.site == of_type:
        return False
    return declaration_key(endpoint.site.declaration).rpartition(".")[0] != declaration_key(of_type.declaration)
