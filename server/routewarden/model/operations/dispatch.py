"""Which bodies a call may run in one app: overrides, registered implementations of an interface, handlers of a request.

Invariant: what is registered for a service decides (the last registration, closed before open); where nothing is, every concrete class
of the app's projects that fits. Everything is found through base lists (`SourceIndex.paths_deriving`), tracked by name.
https://learn.microsoft.com/dotnet/core/extensions/dependency-injection#service-registration-methods
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from routewarden.facts.declarations import MemberFacts
from routewarden.facts.syntax_ir import TypeRef
from routewarden.model.extension_lookup import Bindings, converts
from routewarden.model.member_lookup import WorkspaceMember
from routewarden.model.operations.environment import Routine, owner_as_seen
from routewarden.model.operations.signatures import Signature, is_method
from routewarden.model.operations.static_types import Typing
from routewarden.model.symbols import NamedType, Type, TypeSymbol, is_abstract, is_interface, own_type, substitute
from routewarden.model.tracking import Memo, derived_from
from routewarden.model.workspace_types import TypeParameter, WorkspaceType

# Methods by which libraries hand a request or event to the class that is for it: MediatR, Mediator, Wolverine, MassTransit,
# FastEndpoints' commands, and the dispatchers that projects write themselves in their image.
HANDLER_METHODS = ("Handle", "HandleAsync", "Consume", "ConsumeAsync", "Execute", "ExecuteAsync", "Process", "ProcessAsync", "On", "OnAsync",
                   "HandleEventAsync", "HandleCommand", "HandleCommandAsync", "HandleEvent", "Run", "RunAsync", "When")
_MOST = 24  # handlers of one request that are followed
_MOST_CHOICES = 6  # implementations of one interface that nobody registered


@dataclass(frozen=True, slots=True)
class Registration:
    """`services.AddScoped<Service, Implementation>()`; both may be open generic types (no arguments)."""

    service: NamedType
    implementation: NamedType


@dataclass(frozen=True, slots=True)
class Virtual:
    """A call of an instance method: which body runs is decided by the object."""

    declared: WorkspaceMember
    receiver: NamedType  # the static type of the object, or its type where that is known (`exact`)
    exact: bool
    bindings: tuple[tuple[TypeParameter, Type | None], ...] = ()


class Dispatch:
    """Answers for one app. `projects`: those that the app sees, itself first; `registered` in the order of start-up code."""

    def __init__(self, typing: Typing, projects: Sequence[str], registered: Sequence[Registration]) -> None:
        self.typing = typing
        self.resolver = typing.resolver
        self.projects = frozenset(projects)
        self._registered: dict[TypeSymbol, list[Registration]] = {}
        for registration in registered:
            self._registered.setdefault(registration.service.symbol, []).append(registration)
        tracker = self.resolver.types.tracker
        self._implementations: Memo[NamedType, tuple[NamedType, ...]] = Memo(tracker)
        self._derived: Memo[TypeSymbol, tuple[WorkspaceType, ...]] = Memo(tracker)
        self._handlers: Memo[NamedType, tuple[Routine, ...]] = Memo(tracker)

    def drop(self, mask: int) -> None:
        for memo in (self._implementations, self._derived, self._handlers):
            memo.drop(mask)

    # --- objects ---

    def bodies(self, call: Virtual) -> tuple[Routine, ...]:
        """The bodies that the call may run, one for each class of object; empty where none is in the workspace."""
        found: dict[Routine, None] = {}
        for of in (call.receiver,) if call.exact else self.implementations(call.receiver):
            routine = self.body_in(of, call.declared, call.bindings)
            if routine is not None:
                found[routine] = None
        return tuple(found)

    def implementations(self, of: NamedType) -> tuple[NamedType, ...]:
        """The types that an object of a static type may have."""
        return self._implementations.of(of, lambda: tuple(self._find(of)))

    def _find(self, of: NamedType) -> Iterator[NamedType]:
        registered = self._given(of)
        if registered is not None:
            yield registered
            return
        if not is_abstract(of.symbol):
            yield of
            return
        fitting = list(self._concrete(of))
        near = [t for t in fitting if isinstance(t.symbol, WorkspaceType) and t.symbol.project in self.projects]
        found = near or fitting
        if len(found) <= _MOST_CHOICES:  # beyond that it is a plug-in's interface: which one runs is decided by data
            yield from found

    def _given(self, of: NamedType) -> NamedType | None:
        """What the app registered for a service."""
        for registration in reversed(self._registered.get(of.symbol, ())):
            if registration.service.arguments and registration.service == of:
                return self._made(registration.implementation)
        for registration in reversed(self._registered.get(of.symbol, ())):
            if not registration.service.arguments and of.arguments:
                implementation = registration.implementation
                if not implementation.arguments and isinstance(implementation.symbol, WorkspaceType):
                    return self._closed(implementation.symbol, of)
            elif not of.arguments:
                return self._made(registration.implementation)
        return None

    def _made(self, of: NamedType) -> NamedType | None:
        """The class of a registered object; registered interfaces (factories) say nothing."""
        return None if is_abstract(of.symbol) else of

    def _concrete(self, of: NamedType) -> Iterator[NamedType]:
        for symbol in self.derived(of.symbol):
            if not is_abstract(symbol) and symbol.kind in ("class", "record", "struct", "record struct"):
                found = self._closed(symbol, of)
                if found is not None:
                    yield found

    def _closed(self, symbol: WorkspaceType, of: NamedType) -> NamedType | None:
        """The class with the type arguments that make it a kind of `of`; None where it cannot be."""
        own = own_type(symbol)
        above = [t for t in (own, *self.resolver.supertypes(own).all) if t.symbol is of.symbol]
        for candidate in above:
            bindings: Bindings = {}
            if converts(self.resolver, of, candidate, symbol.full_name, bindings) is not False:
                made = substitute(own, {k: v for k, v in bindings.items() if v is not None})
                return made if isinstance(made, NamedType) else None
        return None

    def derived(self, symbol: TypeSymbol) -> tuple[WorkspaceType, ...]:
        """Every workspace type that derives from or implements a type, nearest first."""
        return self._derived.of(symbol, lambda: tuple(self._find_derived(symbol)))

    def _find_derived(self, symbol: TypeSymbol) -> Iterator[WorkspaceType]:
        seen: set[TypeSymbol] = {symbol}
        wave: list[TypeSymbol] = [symbol]
        while wave:
            following: list[TypeSymbol] = []
            for above in wave:
                for found in self.naming(above.name):
                    if found in seen:
                        continue
                    direct = self.resolver.bases(own_type(found))
                    bases = (direct.base, *direct.interfaces)
                    if any(b is not None and b.symbol is above for b in bases):
                        seen.add(found)
                        following.append(found)
                        yield found
            wave = following

    def naming(self, name: str, as_argument: bool = False) -> list[WorkspaceType]:
        """The types whose base list holds a simple name, by path; `as_argument`: as a type argument of a base."""
        types = self.resolver.types
        types.tracker.touch(derived_from(name))
        found: dict[WorkspaceType, None] = {}
        for path in sorted(set(types.index.paths_deriving(name))):
            for part in types.index.facts(path).types:
                if part.bases and (any(_argues(b, name) for b in part.bases) if as_argument else any(name in str(b) for b in part.bases)):
                    symbol = types.of_part(path, part)
                    if symbol is not None:
                        found[symbol] = None
        return list(found)

    # --- bodies ---

    def body_in(self, of: NamedType, declared: WorkspaceMember, bindings: tuple[tuple[TypeParameter, Type | None], ...] = ()) -> Routine | None:
        """The body that runs for a method on an object of exactly this type; None where it is not in the workspace."""
        facts = declared.facts
        if facts is None:
            return None
        wanted = self.typing.signature(declared)
        best: WorkspaceMember | None = None
        for holder in (of, *self.resolver.supertypes(of).classes):
            for path, member in holder.symbol.members_named(facts.name) if isinstance(holder.symbol, WorkspaceType) else ():
                if member.kind != "method" or member.body is None or "static" in member.modifiers:
                    continue
                if len(member.parameters) != len(facts.parameters) or len(member.type_parameters) != len(facts.type_parameters):
                    continue
                candidate = self._member(holder, path, member)
                if candidate is None:
                    continue
                if self._same(self.typing.signature(candidate), wanted):
                    return self.routine(candidate, of, bindings, wanted)
                best = best or candidate
        if facts.body is not None:
            return self.routine(declared, of, bindings, wanted)  # a default interface method
        return self.routine(best, of, bindings, wanted) if best is not None else None

    def _member(self, holder: NamedType, path: str, member: MemberFacts) -> WorkspaceMember | None:
        assert isinstance(holder.symbol, WorkspaceType)
        part = next((p for at, p in holder.symbol.parts if at == path and any(m is member for m in p.members)), None)
        return WorkspaceMember(holder, path, part, member) if part is not None else None

    def _same(self, one: Signature, other: Signature) -> bool:
        for a, b in zip(one.parameters, other.parameters, strict=True):
            if isinstance(a.type, TypeParameter) or isinstance(b.type, TypeParameter):
                continue
            if a.type is not None and b.type is not None and a.type != b.type:
                return False
        return True

    def routine(
        self, member: WorkspaceMember, this: NamedType | None, bindings: tuple[tuple[TypeParameter, Type | None], ...] = (),
        declared: Signature | None = None,
    ) -> Routine | None:
        """The body of a method; `bindings` are for the type parameters of `declared`, which it implements."""
        facts = member.facts
        if facts is None or facts.body is None:
            return None
        own = tuple(TypeParameter(n, facts.id) for n in facts.type_parameters)
        known = dict(bindings)
        given = declared.type_parameters if declared is not None else own
        bound = tuple((o, known.get(g)) for o, g in zip(own, given, strict=False) if known.get(g) is not None)
        owner = member.declaring
        if this is not None and isinstance(owner.symbol, WorkspaceType):
            owner = owner_as_seen(self.resolver, owner.symbol, this)
        return Routine(member.path, facts.body, owner, this or owner, bound, facts)

    # --- requests and events ---

    def handlers(self, of: NamedType) -> tuple[Routine, ...]:
        """The methods that take a request or event of this type, or of a base of it, in classes made for that."""
        return self._handlers.of(of, lambda: tuple(self._find_handlers(of)))

    def _find_handlers(self, of: NamedType) -> Iterator[Routine]:
        found: dict[Routine, None] = {}
        for kind in (of, *self.resolver.supertypes(of).all):
            if not isinstance(kind.symbol, WorkspaceType):
                continue
            for symbol in (*self.naming(kind.symbol.name, as_argument=True), *self._by_convention(kind.symbol)):
                if is_interface(symbol) or (is_abstract(symbol) and "static" not in symbol.modifiers):
                    continue
                routine = self._handler(symbol, kind)
                if routine is not None:
                    found[routine] = None
            if len(found) >= _MOST:
                break
        near = [r for r in found if r.this is not None and isinstance(r.this.symbol, WorkspaceType) and r.this.symbol.project in self.projects]
        yield from (near or list(found))[:_MOST]

    def _by_convention(self, request: WorkspaceType) -> Iterator[WorkspaceType]:
        """`DeleteOrderHandler` for `DeleteOrder`, without an interface (Wolverine's convention)."""
        for suffix in ("Handler", "Consumer"):
            for symbols in self.resolver.types.named(request.name + suffix).values():
                yield from symbols

    def _handler(self, symbol: WorkspaceType, request: NamedType) -> Routine | None:
        own = own_type(symbol)
        declared = {m.name for holder in (own, *self.resolver.supertypes(own).classes) if isinstance(holder.symbol, WorkspaceType)
                    for _, m in holder.symbol.members}
        for name in HANDLER_METHODS:
            for member in self.typing.members(own, name) if name in declared else ():
                if not isinstance(member, WorkspaceMember) or not is_method(member) or member.facts is None or not member.facts.parameters:
                    continue
                first = self.typing.signature(member).parameters[0].type
                bindings: Bindings = {}
                if not self._takes(first, request, symbol, bindings):
                    continue
                this = substitute(own, {k: v for k, v in bindings.items() if v is not None})
                if isinstance(this, NamedType):
                    if "static" in member.facts.modifiers:
                        return self.routine(member, None)
                    return self.body_in(this, member)
        return None

    def _takes(self, first: Type | None, request: NamedType, symbol: WorkspaceType, bindings: Bindings) -> bool:
        """`Handle(X request)`, or `Consume(ConsumeContext<X> context)`."""
        if not isinstance(first, NamedType):
            return False
        if first.symbol is request.symbol:
            return converts(self.resolver, request, first, symbol.full_name, bindings) is not False
        return len(first.arguments) == 1 and isinstance(first.arguments[0], NamedType) and first.arguments[0].symbol is request.symbol


def _argues(of: TypeRef, name: str) -> bool:
    """The name stands among the type arguments of a base, however deep."""
    return any(a.name.rpartition(".")[2] == name or _argues(a, name) for a in of.arguments)
