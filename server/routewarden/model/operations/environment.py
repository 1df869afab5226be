"""The names of a body: parameters and locals with their types and the expressions they were given.

Invariant: a binding's type is worked out when somebody asks for it, at most once. A routine is one body together with the closed type
of its `this`, so that `Set<T>()` in a generic base class knows its T. Deliberately absent: members and types (`static_types`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.declarations import MemberFacts
from routewarden.model.resolver import Resolver
from routewarden.model.scope import Scope
from routewarden.model.symbols import NamedType, Type, bindings_of, substitute
from routewarden.model.workspace_types import TypeParameter, WorkspaceType
from routewarden.model.world import part_in

if TYPE_CHECKING:
    from routewarden.model.operations.invocations import Invocation


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is taken for granted while a hook is read: the state and type of the one changed entity, the verb of the request."""

    state: str = ""  # "Deleted" "Modified"
    entity: Type | None = None
    verb: str = ""


@dataclass(frozen=True, slots=True)
class Routine:
    """A body to be read. `owner` is the type that declares it, `this` the type of the object it runs on; both closed."""

    path: str
    body: str  # id of the body
    owner: NamedType | None = None
    this: NamedType | None = None
    bindings: tuple[tuple[TypeParameter, Type | None], ...] = ()  # of its own type parameters
    member: MemberFacts | None = field(default=None, compare=False)  # None: top-level statements
    assume: Assumptions | None = None

    @property
    def name(self) -> str:
        """`OrderService.DeleteAsync`, as shown."""
        if self.member is None:
            return "top-level statements"
        return f"{self.owner.symbol.name}.{self.member.name}" if self.owner is not None else self.member.name


class Binding:
    """A parameter, local, pattern variable or local function. `value`: the expression that it was first given, read in `env`."""

    __slots__ = ("_thunk", "_type", "env", "function", "kind", "value")

    def __init__(
        self, kind: str, thunk: Callable[[], Type | None], value: ir.Expr | None = None, env: Env | None = None,
        function: ir.LocalFunction | None = None,
    ) -> None:
        self.kind = kind  # "parameter" "local" "pattern" "element" "lambda" "function"
        self._thunk: Callable[[], Type | None] | None = thunk
        self._type: Type | None = None
        self.value = value
        self.env = env
        self.function = function

    @property
    def type(self) -> Type | None:
        """None: not known."""
        if self._thunk is not None:
            thunk, self._thunk = self._thunk, None  # a name that is defined by itself is unknown
            self._type = thunk()
        return self._type


class Env:
    """The names of one block and of those around it."""

    __slots__ = ("known", "names", "outer", "routine", "scope")

    def __init__(self, routine: Routine, scope: Scope, outer: Env | None = None) -> None:
        self.routine = routine
        self.scope = scope
        self.outer = outer
        self.names: dict[str, Binding] = {}
        # Answers about the calls of this body by the id of the node, which is kept alive beside its answer.
        self.known: dict[int, tuple[ir.Call, Invocation]] = outer.known if outer is not None else {}

    def inner(self) -> Env:
        return Env(self.routine, self.scope, self)

    def bind(self, name: str, binding: Binding) -> None:
        if name and name != "_":
            self.names[name] = binding

    def find(self, name: str) -> Binding | None:
        at: Env | None = self
        while at is not None:
            found = at.names.get(name)
            if found is not None:
                return found
            at = at.outer
        return None


def enter(resolver: Resolver, routine: Routine) -> Env:
    """The environment at the start of a routine, its parameters bound."""
    part = part_in(routine.owner.symbol, routine.path) if routine.owner is not None else None
    env = Env(routine, resolver.scope(routine.path, part, routine.member))
    if routine.member is not None:
        bind_parameters(resolver, env, routine.member.parameters)
        if routine.body.endswith((":set", ":init")) and routine.member.kind != "method":
            of = routine.member.type
            env.bind("value", Binding("parameter", lambda: written_type(resolver, of, env)))
    return env


def bind_parameters(resolver: Resolver, env: Env, parameters: tuple[ir.Parameter, ...]) -> None:
    """Adds parameters with the types that are written."""
    for parameter in parameters:
        of = parameter.type
        env.bind(parameter.name, Binding("parameter", lambda of=of: written_type(resolver, of, env)))  # type: ignore[misc]


def written_type(resolver: Resolver, ref: ir.TypeRef | None, env: Env) -> Type | None:
    """A type as written in a body, its type parameters replaced by what they stand for there."""
    if ref is None:
        return None
    return closed(resolver.resolve_type(ref, env.scope), env.routine)


def closed(of: Type | None, routine: Routine) -> Type | None:
    """A type as a routine's declaration spells it, with the routine's type arguments put in."""
    if of is None or (isinstance(of, NamedType) and not of.arguments):
        return of
    known: dict[TypeParameter, Type | None] = bindings_of(routine.owner) if routine.owner is not None else {}
    if routine.bindings:
        known = {**known, **dict(routine.bindings)}
    return substitute(of, {k: v for k, v in known.items() if v is not None})


def owner_as_seen(resolver: Resolver, symbol: WorkspaceType, this: NamedType) -> NamedType:
    """The type `symbol` with the type arguments that it has as a base of `this`."""
    if this.symbol is symbol:
        return this
    for above in resolver.supertypes(this).all:
        if above.symbol is symbol:
            return above
    return NamedType(symbol, symbol.type_parameters)
