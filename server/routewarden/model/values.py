"""The values that the evaluator of start-up code computes with.

Invariant: a value is either what the running program would hold, as far as the analysis needs it, or `Unknown` with the reason.
Lists, instances and drafts are mutable, as in the program; they live for one evaluation of one app and never leave `model`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routewarden.facts.sites import Site

if TYPE_CHECKING:
    from routewarden.facts import syntax_ir as ir
    from routewarden.model.members import MethodRef
    from routewarden.model.register import Nature
    from routewarden.model.symbols import TypeSymbol


class Value:
    """Base of all values."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class TypeValue(Value):
    """A type: its full name with arity, its symbol (None: outside the workspace and the framework table) and its arguments."""

    name: str
    symbol: TypeSymbol | None = None
    arguments: tuple[TypeValue, ...] = ()

    def __str__(self) -> str:
        return self.name


@dataclass(slots=True, eq=False)
class Unknown(Value):
    """Something of which at most the type is known."""

    type: TypeValue | None = None
    reason: str = ""


@dataclass(slots=True, eq=False)
class Const(Value):
    value: str | int | float | bool | None
    type: TypeValue | None = None  # of an enum member


NULL = Const(None)


@dataclass(slots=True, eq=False)
class ListValue(Value):
    items: list[Value]
    exact: bool = True  # False: there may be more
    type: TypeValue | None = None


@dataclass(slots=True, eq=False)
class ModelList(ListValue):
    """A list of ASP.NET Core's options or application model; `told` says what was done to it, and where, in its order."""

    told: list[Convention] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class CallerText(Const):
    """Something that only the caller has (a name, an id, a header): equal to nothing the app knows, unless `trusted`."""

    trusted: bool = False


@dataclass(slots=True, eq=False)
class TupleValue(Value):
    items: tuple[tuple[str | None, Value], ...]


@dataclass(slots=True, eq=False)
class DictValue(Value):
    entries: list[tuple[Value, Value]]
    type: TypeValue | None = None


@dataclass(slots=True, eq=False)
class Instance(Value):
    """An object of a workspace or framework type: what is known of its fields and properties."""

    type: TypeValue
    fields: dict[str, Value] = field(default_factory=dict)
    arguments: tuple[Value, ...] = ()  # of the constructor, where the type is the framework's
    complete: bool = False  # made by start-up code: a member that nobody set has the default of its type


@dataclass(slots=True, eq=False)
class Namespace(Value):
    name: str


@dataclass(slots=True, eq=False)
class Frame:
    """One activation: locals, `this`, and where names are looked up."""

    path: str
    body: str
    locals: dict[str, Value]
    parent: Frame | None = None
    this: Value | None = None
    owner: TypeSymbol | None = None  # the workspace type whose member runs
    type_arguments: Mapping[str, TypeValue] = field(default_factory=dict)
    yields: list[Value] | None = None
    file_scope: tuple[str, ...] = ()
    returns: TypeValue | None = None  # what `return` gives, where it is declared

    @property
    def returned(self) -> TypeValue | None:
        """The type that a `return` in this frame, or in a block of it, is to give."""
        at: Frame | None = self
        while at is not None and at.body == self.body:
            if at.returns is not None:
                return at.returns
            at = at.parent
        return None

    def find(self, name: str) -> Frame | None:
        """The frame that holds the local, looking outwards through closures."""
        at: Frame | None = self
        while at is not None:
            if name in at.locals:
                return at
            at = at.parent
        return None


@dataclass(slots=True, eq=False)
class Closure(Value):
    """A lambda or local function, with the frame it closes over."""

    code: ir.Lambda | ir.LocalFunction
    frame: Frame
    name: str = ""


@dataclass(slots=True, eq=False)
class MethodGroup(Value):
    """A method by name, on an instance or a type; `methods` are the workspace candidates, most derived first."""

    name: str
    methods: tuple[MethodRef, ...]
    this: Value | None
    type: TypeValue | None
    type_arguments: tuple[TypeValue, ...] = ()


# --- what ASP.NET Core's start-up code builds ----------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Convention:
    """One thing said about an endpoint or group. `kind`: authorize anonymous metadata filter exclude short-circuit unknown add finally."""

    kind: str
    site: Site
    text: str
    values: tuple[Value, ...] = ()
    conditions: tuple[str, ...] = ()  # undecided conditions it stands under


@dataclass(slots=True, eq=False)
class Group:
    """A node of the tree of route groups; the root is the app itself."""

    prefix: Value | None
    parent: Group | None
    site: Site | None
    conventions: list[Convention] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class RouteBuilder(Value):
    """IEndpointRouteBuilder: an app or a group."""

    group: Group
    type: TypeValue
    seen_as: TypeValue | None = None  # the declared type of the variable it is in, if that is another one


@dataclass(slots=True, eq=False)
class EndpointDraft:
    """What one Map call adds. `kind` as `Endpoint.kind`, and "controllers", "controller-route", "pages" for what MVC expands."""

    kind: str
    methods: tuple[str, ...] | None  # None: not known
    pattern: Value | None
    group: Group
    site: Site
    handler: Value | None
    conditions: tuple[str, ...]
    conventions: list[Convention] = field(default_factory=list)
    details: dict[str, Value] = field(default_factory=dict)
    member: str = ""  # the method that maps it
    nature: Nature | None = None  # of an endpoint that comes with the framework


@dataclass(slots=True, eq=False)
class ConventionBuilder(Value):
    """IEndpointConventionBuilder: conventions on it apply to all its targets."""

    targets: tuple[EndpointDraft | Group, ...]
    type: TypeValue


@dataclass(slots=True, eq=False)
class PolicyValue(Value):
    """An authorization policy (or the builder of one): what it requires.

    `requirements`: "authenticated", "role:A|B", "claim:x", "user", "assertion", "everyone", "nobody", "requirement:Type",
    "unknown: reason"; while start-up code runs, "own:N" is object N of `AppDraft.requirements`,
    whose handlers may be registered later (`policies.settle`).
    """

    requirements: list[str] = field(default_factory=list)
    site: Site | None = None
    name: str | None = None
    schemes: list[str] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class CorsPolicyValue(Instance):
    """A CORS policy (or the builder of one): what was said to it, in its order. `Convention.kind` is the name of the builder's method."""

    said: list[Convention] = field(default_factory=list)
    name: str | None = None


def type_name(value: Value | None) -> str | None:
    """The full name of the value's type; None where not known."""
    if isinstance(value, Const):
        if value.type is not None:
            return value.type.name
        if isinstance(value.value, bool):
            return "System.Boolean"
        return {str: "System.String", int: "System.Int32", float: "System.Double"}.get(type(value.value))
    if isinstance(value, ListValue):
        return value.type.name if value.type is not None else "System.Collections.Generic.List`1"
    if isinstance(value, TypeValue):
        return "System.Type"
    if isinstance(value, (Closure, MethodGroup)):
        return "System.Delegate"
    if isinstance(value, PolicyValue):
        return "Microsoft.AspNetCore.Authorization.AuthorizationPolicy"
    of = getattr(value, "type", None)
    return of.name if isinstance(of, TypeValue) else None


def value_type(value: Value | None) -> TypeValue | None:
    """The value's type, where it carries one."""
    of = getattr(value, "type", None)
    return of if isinstance(of, TypeValue) and not isinstance(value, MethodGroup) else None
