"""What one app tells ASP.NET Core while it starts, collected by the evaluator.

Invariant: only what was said, in the order it was said; what it means for an endpoint is decided in `model.access`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from routewarden.facts.sites import Site
from routewarden.model.values import (
    Closure,
    Convention,
    CorsPolicyValue,
    EndpointDraft,
    Group,
    Instance,
    ModelList,
    PolicyValue,
    TypeValue,
    Unknown,
    Value,
)

DEFAULT_CORS = "__DefaultCorsPolicy"  # CorsOptions.DefaultPolicyName


@dataclass(slots=True, eq=False)
class PipelineStep:
    """`app.UseX(...)`, in order; `path` is the branch's path where it stands in `app.Map("/path", ...)`."""

    name: str
    site: Site
    values: tuple[Value, ...]
    type: TypeValue | None = None  # UseMiddleware<T>
    conditions: tuple[str, ...] = ()
    path: str = ""
    gates: tuple[Value, ...] = ()  # predicates of the `UseWhen` calls around it, outermost first


@dataclass(slots=True)
class AppDraft:
    """`projects`: the host's project and all it refers to, nearest first."""

    name: str
    project: str
    projects: tuple[str, ...]
    entry_path: str
    entry: Site | None
    root: Group = field(default_factory=lambda: Group(None, None, None))
    endpoints: list[EndpointDraft] = field(default_factory=list)
    policies: dict[str, PolicyValue] = field(default_factory=dict)
    policies_complete: bool = True  # False: a policy's name could not be known, or an own policy provider is registered
    requirements: list[Instance] = field(default_factory=list)  # own requirement objects of policies, by number
    built_policies: list[PolicyValue] = field(default_factory=list)  # all that were made, with or without a name
    fallback: PolicyValue | None = None
    fallback_conditions: tuple[str, ...] = ()
    default: PolicyValue | None = None
    singletons: dict[str, Instance] = field(default_factory=dict)  # one object for each framework type
    settings: dict[str, Value] = field(default_factory=dict)  # configuration that start-up code adds, by lower-case key
    options: dict[str, list[Value]] = field(default_factory=dict)  # type -> sections and lambdas that configure it
    services: dict[str, list[Value]] = field(default_factory=dict)  # type -> registered instances or types
    registered: list[Convention] = field(default_factory=list)  # Add...() calls on services, kind = the method's name
    filters: ModelList = field(default_factory=lambda: ModelList([]))  # MvcOptions.Filters
    conventions: ModelList = field(default_factory=lambda: ModelList([]))  # MvcOptions.Conventions
    page_conventions: ModelList = field(default_factory=lambda: ModelList([]))  # RazorPagesOptions.Conventions
    pipeline: list[PipelineStep] = field(default_factory=list)
    cors: dict[str, CorsPolicyValue] = field(default_factory=dict)  # named CORS policies; DEFAULT_CORS is the default one
    built: Site | None = None  # where the pipeline begins: the Build() call, or Startup.Configure
    executed: frozenset[tuple[str, str]] = frozenset()  # bodies that ran while the app started: (path, body)
    lambdas: list[tuple[Closure, tuple[str, ...]]] = field(default_factory=list)  # that start-up code made, with conditions
    unconfigured: bool = False  # no appsettings file: what the app would do without any
    controllers_mapped: list[EndpointDraft] = field(default_factory=list)
    all_conventions: list[Convention] = field(default_factory=list)  # on the root: conventions for every endpoint mapped on it
    odata: list[tuple[str, Value]] = field(default_factory=list)  # prefixes of OData models, each with the sets of its model
    path_base: str = ""
    running: bool = False  # Run() was called: what follows runs when the app has stopped
    is_web_application: bool = False  # WebApplication adds routing and authorization by itself

    def mvc_option(self, name: str) -> Value:
        """A property of MvcOptions as start-up code set it."""
        options = self.singletons.get("Microsoft.AspNetCore.Mvc.MvcOptions")
        return options.fields.get(name, Unknown()) if options is not None else Unknown()
