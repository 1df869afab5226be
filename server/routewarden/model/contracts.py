"""OpenAPI documents against the register: which app a document describes, what it promises, what is served without a promise.

Invariant: a pure function of documents, apps and endpoints. A document counts as an app's contract only on evidence: somebody said so,
the build writes it there, it lies in the app's project, or it names what the app serves; one that names nothing of any app describes
something else (a service that is called) and is left alone. What is not known excuses: a route with an unknown part may answer an
operation, a path item that could not be read may hold one. https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from routewarden.facts.openapi import keys_of, pointer
from routewarden.facts.sites import Site
from routewarden.model.paths import RoutePath, Shape, is_version, json_type, may_be, paths_of, same_version, shape_of_path
from routewarden.model.register import App, Contract, Contracts, Endpoint, Operation, Served, Undocumented
from routewarden.model.templates import parameters

_API_KINDS = frozenset({"action", "minimal", "fastendpoint"})
_ANY = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "QUERY")
_NOT_COMPARED = frozenset({"OPTIONS", "TRACE"})  # middleware answers them
_LEAST_OVERLAP = 0.3  # of its operations, for a document that nothing but overlap ties to an app
_LEAST_AT_HOME = 0.1  # of one that lies in the app's project
_NAME = re.compile(r"\{([^{}]*)\}")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_COMMON_WORDS = frozenset({"api", "openapi", "swagger", "service", "web", "http", "v", "json", "yaml", "yml", "rest", "spec", "docs", "doc"})


@dataclass(frozen=True, slots=True)
class DocumentPath:
    """One path of a document, all references followed. `opaque`: it may have operations that are not known."""

    path: str
    site: Site
    servers: tuple[str, ...] | None = None
    opaque: bool = False


@dataclass(frozen=True, slots=True)
class DocumentOperation:
    method: str
    path: DocumentPath
    site: Site
    deprecated: bool = False
    security: tuple[tuple[str, ...], ...] | None = None  # of its own
    servers: tuple[str, ...] | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A whole OpenAPI document. `apps`: projects of the apps that somebody said it describes, None where nobody did."""

    path: str
    version: str
    title: str
    release: str
    servers: tuple[str, ...]
    hosts: tuple[str, ...]
    security: tuple[tuple[str, ...], ...] | None
    schemes: tuple[str, ...]
    paths: tuple[DocumentPath, ...]
    operations: tuple[DocumentOperation, ...]
    complete: bool = True
    apps: tuple[str, ...] | None = None
    built_by: str = ""  # the project whose build writes it
    project: str = ""  # the one in whose folder it lies
    base: str | None = None  # the base path that somebody gave


@dataclass(slots=True)
class _AppPaths:
    """What an app serves, by verb and shape."""

    app: App
    endpoints: list[Endpoint] = field(default_factory=list)
    by_shape: dict[Shape, list[tuple[Endpoint, str]]] = field(default_factory=lambda: defaultdict(list))  # with the API version
    unknown: list[tuple[Endpoint, Shape]] = field(default_factory=list)
    knows_all: bool = True  # False: of some route nothing is known; it may answer anything
    versioned: list[tuple[Endpoint, Shape]] = field(default_factory=list)  # any API version in the path

    def add(self, endpoint: Endpoint) -> None:
        self.endpoints.append(endpoint)
        for path in paths_of(endpoint.route, endpoint.required, endpoint.api_versions):
            if any("{?}" in segment for segment in path.shape):
                if path.shape == ("{?}",):
                    self.knows_all = False
                else:
                    self.unknown.append((endpoint, path.shape))
            elif not path.version and ":apiversion" in endpoint.route.lower():
                self.versioned.append((endpoint, path.shape))
            else:
                self.by_shape[path.shape].append((endpoint, path.version))

    def serving(self, method: str, shape: Shape) -> list[tuple[Endpoint, str]]:
        """The endpoints that answer, each with the API version of the path ("" = none)."""
        found = list(self.by_shape.get(shape, ()))
        found += [(e, "") for e, own in self.versioned if len(own) == len(shape) and all(map(_is_version_of, own, shape))]
        return [(e, version) for e, version in found if not e.methods or method in e.methods]

    def may_serve(self, method: str, shape: Shape) -> bool:
        return any((not e.methods or method in e.methods) and may_be(own, shape) for e, own in self.unknown)


def _is_version_of(own: str, segment: str) -> bool:
    """A segment as it stands, or `v{}` against a version."""
    return own == segment or ("{}" in own and own.startswith(("v{", "{")) and is_version(segment))


def contracts_of(documents: Iterable[Document], apps: Sequence[App], endpoints: Iterable[Endpoint]) -> Contracts:
    """The documents that describe an app, each operation with what serves it, and what no document of its app has."""
    documents = tuple(documents)
    if not documents:
        return Contracts()  # nothing to compare with, as in most workspaces, and this is asked on every key that moves an endpoint
    served = {app.project: _AppPaths(app) for app in apps}
    for endpoint in endpoints:
        if endpoint.app in served:
            served[endpoint.app].add(endpoint)
    used = [app for app in served.values() if app.endpoints]
    found = [contract for document in documents if (contract := _contract(document, used)) is not None]
    return Contracts(tuple(found), tuple(_undocumented(found, used)))


# --- which app -----------------------------------------------------------------------------------------------------------


def _contract(document: Document, apps: Sequence[_AppPaths]) -> Contract | None:
    chosen, base = _described(document, apps)
    if not chosen:
        return None
    served: list[Served] = []
    stale: list[Operation] = []
    for raw in document.operations:
        operation = _operation(document, raw, base)
        if operation.method in _NOT_COMPARED:
            continue
        shape = shape_of_path(operation.route)
        by: list[tuple[Endpoint, str]] = []
        for app in chosen:
            by.extend((e, v) for e, v in app.serving(operation.method, shape) if _in_release(document, app, e))
        if by:
            served.append(Served(operation, tuple(dict.fromkeys(by))))
        elif not any(app.may_serve(operation.method, shape) for app in chosen):
            stale.append(operation)
    opaque = tuple(shape_of_path(base + p.path) for p in document.paths if p.opaque)
    return Contract(
        document.path, document.version, document.title, document.release, base, tuple(a.app.project for a in chosen), tuple(served), tuple(stale),
        opaque, tuple(dict.fromkeys(o.path_site for o in (_operation(document, r, base) for r in document.operations))),
        document.complete and all(a.knows_all for a in chosen),
        bool(document.schemes or document.security is not None or any(o.security is not None for o in document.operations)), document.schemes,
    )


def _operation(document: Document, raw: DocumentOperation, base: str) -> Operation:
    own = raw.servers if raw.servers is not None else raw.path.servers
    at = base if own is None or document.base is not None else next(iter(own), "")  # of its path or its own: the first server
    security = raw.security if raw.security is not None else document.security
    own_security = raw.security is not None
    return Operation(
        raw.method, raw.path.path, at + raw.path.path, raw.site, raw.path.site, raw.deprecated, security or (), own_security, raw.summary,
    )


def _in_release(document: Document, app: _AppPaths, endpoint: Endpoint) -> bool:
    """Whether an endpoint is of the API version that a document is about, where versions are told by header or query."""
    if not endpoint.api_versions or ":apiversion" in endpoint.route.lower():
        return True
    known = {version for e in app.endpoints for version in e.api_versions}
    if not any(same_version(document.release, version) for version in known):
        return True
    return any(same_version(document.release, version) for version in endpoint.api_versions)


def _bases(document: Document) -> list[str]:
    """The base paths that may lie in front of the document's paths; "" where a proxy cuts it off."""
    if document.base is not None:
        return [document.base]
    return list(dict.fromkeys((*document.servers, "")))


def _described(document: Document, apps: Sequence[_AppPaths]) -> tuple[list[_AppPaths], str]:
    """The apps that a document describes, and the base path under which it does; several where they serve it equally."""
    by_name = {app.app.project: app for app in apps}
    total = sum(o.method not in _NOT_COMPARED for o in document.operations)
    counts = {app.app.project: max(((_overlap(document, app, base), base) for base in _bases(document)), key=lambda c: c[0]) for app in apps}
    if document.apps is not None:
        said = [by_name[name] for name in document.apps if name in by_name]
        return said, max((counts[a.app.project] for a in said), key=lambda c: c[0], default=(0, ""))[1]
    if not total:
        return [], ""
    if document.built_by in by_name:
        return [by_name[document.built_by]], counts[document.built_by][1]
    own = by_name.get(document.project)
    if own is not None and (counts[document.project][0] >= _LEAST_AT_HOME * total or _affinity(document, own.app)):
        return [own], counts[document.project][1]
    ranked = sorted(
        ((counts[a.app.project][0], _affinity(document, a.app), a) for a in apps if counts[a.app.project][0]),
        key=lambda r: (r[0] / total + r[1] / 2, r[0]), reverse=True,
    )
    if not ranked:
        return [], ""
    overlap, affinity, _ = ranked[0]
    if overlap < _LEAST_OVERLAP * total and not affinity:
        return [], ""
    best = [a for o, n, a in ranked if (o, n) == (overlap, affinity)]
    return best, counts[best[0].app.project][1]


def _overlap(document: Document, app: _AppPaths, base: str) -> int:
    """How many of the document's operations the app serves."""
    return sum(
        bool(app.serving(o.method, shape_of_path(_operation(document, o, base).route))) for o in document.operations if o.method not in _NOT_COMPARED
    )


def _affinity(document: Document, app: App) -> float:
    """How much the names of document and app have in common, from 0 to 1."""
    own = _words(app.project.rpartition("/")[2].removesuffix(".csproj") or app.name)
    if not own:
        return 0.0
    told = _words(document.title) | _words(document.path.rpartition("/")[2]) | {w for host in document.hosts for w in _words(host)}
    return len(own & told) / len(own)


def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(name)) - _COMMON_WORDS


# --- what no document has ------------------------------------------------------------------------------------------------


def _undocumented(contracts: Sequence[Contract], apps: Sequence[_AppPaths]) -> Iterator[Undocumented]:
    for app in apps:
        own = [c for c in contracts if app.app.project in c.apps]
        if not own:
            continue
        documented: dict[int, set[str]] = defaultdict(set)  # id of the endpoint -> the API versions that are documented
        versions: set[str] = set()
        owners: defaultdict[Site | None, set[int]] = defaultdict(set)  # controller -> its documented endpoints
        for contract in own:
            for served in contract.served:
                for endpoint, version in served.by:
                    documented[id(endpoint)].add(version)
                    versions.add(version)
                    if endpoint.app == app.app.project:
                        owners[endpoint.type_site].add(id(endpoint))
        actions = Counter(endpoint.type_site for endpoint in app.endpoints if endpoint.views)
        for endpoint in app.endpoints:
            # A controller with views is an API if the documents have half of it; otherwise it makes pages.
            if not is_api(endpoint) or (endpoint.views and 2 * len(owners[endpoint.type_site]) < actions[endpoint.type_site]):
                continue
            paths = [p for p in paths_of(endpoint.route, endpoint.required, endpoint.api_versions) if not _excused(own, p.shape)]
            has = documented.get(id(endpoint), set())
            missing = [p for p in paths if p.version not in has and (not has or p.version in versions)]
            if missing and (not has or any(p.version for p in missing)):
                longest = max(missing, key=lambda p: (len(p.shape), -len(p.text)))
                yield _missing(endpoint, longest, own)


def _missing(endpoint: Endpoint, path: RoutePath, contracts: Sequence[Contract]) -> Undocumented:
    """What to add, and where: the document of that API version, else the one under whose base path it lies, else the first."""
    def rank(contract: Contract) -> tuple[bool, bool, int]:
        versions = {version for served in contract.served for _, version in served.by}
        below = path.text.lower().startswith(f"{contract.base.lower()}/")
        return path.version not in versions, not below, -len(contract.base)

    best = min(contracts, key=rank)
    below = bool(best.base) and path.text.lower().startswith(f"{best.base.lower()}/")
    written = path.text[len(best.base) :] if below else path.text
    known = parameters(endpoint.route)
    described = tuple((p.name, *json_type(p)) for p in known.values() if f"{{{p.name}}}" in path.text)
    for site in best.path_sites:
        documented = keys_of(site.declaration)[-1:]
        if documented and shape_of_path(documented[0]) == shape_of_path(written):
            # Two paths that differ in the names of parameters alone are one: https://spec.openapis.org/oas/v3.1.0#paths-object
            names = _NAME.findall(documented[0])
            renamed = tuple((name, *rest) for name, (_, *rest) in zip(names, described, strict=False))
            return Undocumented(
                endpoint, path.text, path.version, tuple(c.path for c in contracts), Site(site.path), documented[0], best.version,
                renamed,
            )
    # A document that is split by subject: beside the path that it has most in common with.
    nearest = max(best.path_sites, key=lambda site: _common(site.declaration, written), default=Site(best.path))
    place = Site(nearest.path if nearest.declaration.startswith(pointer("paths") + "/") else best.path)
    return Undocumented(endpoint, path.text, path.version, tuple(c.path for c in contracts), place, written, best.version, described)


def _common(declaration: str, path: str) -> int:
    """How many characters the start of a documented path has in common with another path."""
    documented = keys_of(declaration)[-1:]
    return len(posixpath.commonprefix([documented[0].lower(), path.lower()])) if documented else 0


def _excused(contracts: Iterable[Contract], shape: Shape) -> bool:
    """A route that is not known, or a path of which a document may say more than could be read."""
    return any("{?}" in segment for segment in shape) or any(shape in contract.opaque for contract in contracts)


def is_api(endpoint: Endpoint) -> bool:
    """Whether an endpoint is one that a contract would have: an API's, by an attribute or a Map call, and not hidden on purpose.

    Hubs, gRPC services, pages, assets, health checks, fallbacks and conventional routes are none: ApiExplorer does not list them
    (https://learn.microsoft.com/aspnet/core/web-api/#attribute-routing-requirement), and neither does it list an endpoint of the root.
    """
    if endpoint.kind not in _API_KINDS or not endpoint.api or endpoint.required:
        return False
    return not endpoint.excluded_from_docs and bool(endpoint.route.strip("/"))


def documents_by_app(contracts: Contracts) -> Mapping[str, tuple[Contract, ...]]:
    """The contracts of each app, by its project."""
    found: defaultdict[str, list[Contract]] = defaultdict(list)
    for contract in contracts.documents:
        for app in contract.apps:
            found[app].append(contract)
    return {app: tuple(own) for app, own in found.items()}
