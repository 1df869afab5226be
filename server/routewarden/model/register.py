"""The register: every endpoint of the workspace, who may reach it, and the decisions that led there.

Invariant: no verdict without a trail, and no guess: what cannot be decided is `Access.UNKNOWN` with a reason. Plain frozen data;
how it is computed is the business of the other modules of `model`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from routewarden.facts.sites import Site


class Access(StrEnum):
    PUBLIC = "public"  # anyone, and nobody said so
    ANONYMOUS = "anonymous"  # anyone, explicitly
    AUTHENTICATED = "authenticated"
    RESTRICTED = "restricted"  # roles, policies
    GUARDED = "guarded"  # an own mechanism: filter, middleware, signature check
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class TrailStep:
    site: Site | None  # None: a rule of the framework, no place in the code
    why: str


@dataclass(frozen=True, slots=True)
class RoleSet:
    """Roles any of which will do: `[Authorize(Roles = "a,b")]`, `policy.RequireRole("a", "b")`. Several sets must all be met."""

    roles: tuple[str, ...]
    site: Site | None  # the attribute, or where the policy is registered
    text: str  # as shown: `[Authorize(Roles = "a,b")]`, `policy "Staff"`
    policy: bool = False


@dataclass(frozen=True, slots=True)
class Nature:
    """Why an endpoint has to be open to people who are not signed in, decided from what its handler is and does.

    kind: "sign-in" "sign-out" "registration" "recovery" "webhook" "error".
    """

    kind: str
    why: str  # "signs callers in (`SignInManager.PasswordSignInAsync`)"
    site: Site | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    access: Access
    trail: tuple[TrailStep, ...]
    policies: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    reason: str = ""  # why UNKNOWN, or what guards
    role_sets: tuple[RoleSet, ...] = ()


@dataclass(frozen=True, slots=True)
class Stance:
    """One authorization statement that applies to an endpoint: an attribute, a call, a filter.

    kind: "authorize" "anonymous" "filter" "policy"; level: "action" "class" "base" "interface" "endpoint" "group" "app" "global".
    `distance`: how far from the handler it was said, see `model.said`; of two statements the nearer one is the more specific.
    """

    kind: str
    level: str
    site: Site | None
    text: str  # as shown: "[Authorize(Roles = \"Admin\")]", ".RequireAuthorization(\"x\")"
    distance: int = 0


@dataclass(frozen=True, slots=True)
class Filter:
    """An own filter around an endpoint: the full name of its class, or the lambda or method that it is."""

    type: str
    function: Site | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint, as ASP.NET Core's endpoint table would list it.

    kind: "action" "minimal" "page" "hub" "grpc" "health" "fastendpoint" "other".
    `methods` empty = any. `route` is RoutePattern.RawText with a leading slash.
    """

    kind: str
    methods: tuple[str, ...]
    route: str
    required: tuple[tuple[str, str], ...]  # conventional routes and pages: ("controller", "Orders") ...
    handler: str  # "Shop.OrdersController.Get"; lambdas: the method that maps them
    app: str  # path of the .csproj (or folder) of the host, "" where the workspace has none
    site: Site  # the action's name, or the Map call
    verdict: Verdict
    stances: tuple[Stance, ...] = ()
    handler_site: Site | None = None  # the method or lambda that runs
    type_site: Site | None = None  # the controller, page model, hub ...
    group_sites: tuple[Site, ...] = ()  # MapGroup calls, innermost first
    api: bool = True  # False: a page or asset for browsers
    excluded_from_docs: bool = False
    api_versions: tuple[str, ...] = ()  # "1.0", "2.0": what it says that it serves; () where it says nothing
    views: bool = False  # an action of a controller that can show views and is no [ApiController]
    filters: tuple[Filter, ...] = ()  # own ones that run around it
    nature: Nature | None = None  # asked only where anyone can call

    @property
    def access(self) -> Access:
        return self.verdict.access

    @property
    def writes(self) -> bool:
        """It may change state by its verb; an endpoint for any verb may."""
        return not self.methods or any(m in WRITE_METHODS for m in self.methods)

    @property
    def label(self) -> str:
        """`DELETE /api/orders/{id}`; several verbs joined by a comma, `ANY` for all.

        One conventional route serves many actions: its `{controller=Home}/{action}` is shown as the endpoint's own `Orders/Edit`.
        """
        return f"{','.join(self.methods) or 'ANY'} {self.served_route}"

    @property
    def served_route(self) -> str:
        """The route with the endpoint's own values in place of `{controller}`, `{action}` and `{area}`."""
        return shown_route(self.route, self.required)


def shown_route(route: str, required: tuple[tuple[str, str], ...]) -> str:
    """A conventional route with the values of one endpoint in it."""
    values = dict(required)
    return _ROUTE_VALUE.sub(lambda m: values.get(m[1], m[0]), route) if values else route


_ROUTE_VALUE = re.compile(r"\{(area|controller|action)\b[^{}]*\}")  # {controller=Home}, {area:exists}
WRITE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class App:
    """A host: one project with an entry point, its pipeline and its policies."""

    name: str
    project: str  # path of the .csproj, or the folder
    entry: Site | None
    fallback: str = ""  # what the fallback policy requires, "" = none
    default: str = ""
    policies: tuple[str, ...] = ()  # names of registered policies, for fixes that offer them
    policy_roles: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (policy, roles) of each policy that asks for roles


@dataclass(frozen=True, slots=True)
class Weakness:
    """Something that an app or its code does to transport, certificates, cookies or origins, as it is in Production.

    kind: "cors-any" "cors-star" "cors-predicate" "cors-sloppy" "cors-fallback" "cors-header" "cors-reflected" "https" "hsts" "https-metadata"
    "certificate" "tls" "cookie-secure" "cookie-http-only" "cookie-hand-made" "cleartext".
    """

    kind: str
    site: Site
    subject: str  # begins the message, between backticks
    text: str  # goes on with it
    grade: str  # "high" "medium" "low"
    app: str = ""  # of the host, "" where no host runs the code
    about: str = ""  # the policy or cookie, where it has a name
    related: tuple[tuple[Site, str], ...] = ()
    configuration: str = ""  # how an IConfiguration is called there, for fixes; "" where none is in reach


@dataclass(frozen=True, slots=True)
class NotAnalysed:
    """A file or part that could not be read, and why; it counts as unknown, never as clean."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of an OpenAPI document. `route`: its path with the base path in front.

    `security`: alternatives, each the schemes that it asks for together; () = nobody is asked.
    """

    method: str
    path: str
    route: str
    site: Site
    path_site: Site
    deprecated: bool = False
    security: tuple[tuple[str, ...], ...] = ()
    own_security: bool = False  # it says so itself; False: its document does, or nobody
    summary: str = ""

    @property
    def label(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def asks_for_login(self) -> bool:
        """Whether every alternative asks for some scheme; `{}` among them makes it optional."""
        return bool(self.security) and all(self.security)


@dataclass(frozen=True, slots=True)
class Served:
    """An operation and the endpoints that answer it, each with the API version of the path ("" = none)."""

    operation: Operation
    by: tuple[tuple[Endpoint, str], ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """An OpenAPI document that describes apps of the workspace.

    `complete`: False where its text is broken, a reference could not be followed, or nothing is known of some route of the app.
    `says_security`: it says somewhere who may call.
    """

    path: str
    version: str  # of OpenAPI
    title: str
    release: str
    base: str
    apps: tuple[str, ...]
    served: tuple[Served, ...]
    stale: tuple[Operation, ...]  # that nothing serves
    opaque: tuple[tuple[str, ...], ...]  # shapes of paths that may have more operations than could be read
    path_sites: tuple[Site, ...]
    complete: bool
    says_security: bool
    schemes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Undocumented:
    """An endpoint that no document of its app has. `path`: as a document would write it, with its base path."""

    endpoint: Endpoint
    path: str
    version: str  # the API version that is not documented, "" = none
    documents: tuple[str, ...]
    place: Site  # the file where it belongs
    place_path: str  # `path` as it is written there
    openapi: str  # the version of OpenAPI there
    parameters: tuple[tuple[str, str, str], ...] = ()  # of the path: name, JSON type, format ("" = none)

    @property
    def labels(self) -> tuple[str, ...]:
        """`PUT /api/v2/orders/{id}`, one for each verb; ANY for all."""
        return tuple(f"{method} {self.path}" for method in self.endpoint.methods or ("ANY",))


@dataclass(frozen=True, slots=True)
class Contracts:
    documents: tuple[Contract, ...] = ()
    undocumented: tuple[Undocumented, ...] = ()


@dataclass(frozen=True, slots=True)
class Register:
    apps: tuple[App, ...]
    endpoints: tuple[Endpoint, ...]  # sorted by app, route, methods
    not_analysed: tuple[NotAnalysed, ...] = ()
    contracts: Contracts = Contracts()
