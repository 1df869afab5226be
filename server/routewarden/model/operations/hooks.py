"""What runs without being called: `SaveChanges` overrides, interceptors, behaviours, filters and middleware, and what they record.

Invariant: a hook is read for one case at a time: one deleted (or modified) entity of one type, or one request; only if it leaves a
record then does it speak for an operation. What goes past the change tracker (`ExecuteDelete`, SQL) no hook of EF Core sees.
https://learn.microsoft.com/ef/core/logging-events-diagnostics/interceptors#savechanges-interception
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from routewarden.facts import syntax_ir as ir
from routewarden.facts.syntax_nodes import nodes
from routewarden.model.extension_lookup import Bindings, converts
from routewarden.model.member_lookup import WorkspaceMember
from routewarden.model.operations.dispatch import Dispatch
from routewarden.model.operations.effects import DELETE, Operation
from routewarden.model.operations.environment import Assumptions, Env, Routine, enter
from routewarden.model.operations.signatures import is_method
from routewarden.model.operations.sinks import DBCONTEXT, DBSET
from routewarden.model.operations.static_types import Typing
from routewarden.model.operations.summaries import Summary
from routewarden.model.operations.wiring import Interceptor, Middleware, Wiring
from routewarden.model.symbols import NamedType, Type, own_type, substitute
from routewarden.model.workspace_types import WorkspaceType

_SAVING = {
    "sync": ("SavingChanges", "SavedChanges"), "async": ("SavingChangesAsync", "SavedChangesAsync"),
}
_FILTER_METHODS = (
    "InvokeAsync", "OnActionExecutionAsync", "OnActionExecuting", "OnActionExecuted", "OnResultExecutionAsync", "OnResultExecuting",
    "OnResultExecuted", "OnResourceExecutionAsync", "OnResourceExecuting", "OnResourceExecuted", "OnPageHandlerExecutionAsync",
    "OnPageHandlerExecuting", "OnPageHandlerExecuted",
)
_MIDDLEWARE_METHODS = ("InvokeAsync", "Invoke")
_BEHAVIOUR_METHODS = (
    "Handle", "HandleAsync", "Process", "ProcessAsync", "Execute", "ExecuteAsync", "Invoke", "InvokeAsync", "Send", "Before", "After",
)

Summarise = Callable[[Routine], Summary]


class Hooks:
    """The hooks of one app. `summary` gives the sum of a routine."""

    def __init__(self, typing: Typing, dispatch: Dispatch, wiring: Wiring, summary: Summarise) -> None:
        self.typing = typing
        self.dispatch = dispatch
        self.wiring = wiring
        self.summary = summary

    # --- EF Core ---

    def of_save(self, operation: Operation) -> str | None:
        """The override or interceptor that records a tracked operation, as shown; None where none does."""
        if not operation.tracked:
            return None
        context = operation.context or self._context_of(operation.entity)
        state = "Deleted" if operation.kind == DELETE and not operation.soft else "Modified"
        assume = Assumptions(state, operation.entity)
        ways = ("sync", "async") if operation.saved in ("", "both") else (operation.saved,)
        if context is not None:
            for routine in self._overrides(context, ways):
                if self._records(routine, assume):
                    return routine.name
            if any("Audit" in base for base in self.typing.resolver.supertypes(context).unresolved):
                return "a base class of the context that keeps an audit trail"
        for interceptor in self._interceptors(context):
            for routine in self._methods(interceptor.type, tuple(n for way in ways for n in _SAVING[way])):
                if self._records(routine, assume):
                    return routine.name
        return None

    def _records(self, routine: Routine, assume: Assumptions) -> bool:
        anything = replace(assume, entity=None)  # a hook that records nothing of any entity is read once for all
        if not self.summary(replace(routine, assume=anything)).records:
            return False
        return assume.entity is None or bool(self.summary(replace(routine, assume=assume)).records)

    def _overrides(self, context: NamedType, ways: tuple[str, ...]) -> Iterator[Routine]:
        names = [name for way, name in (("async", "SaveChangesAsync"), ("sync", "SaveChanges")) if way in ways]
        for name in names:
            yield from (r for r in self._methods(context, (name,)) if r.member is not None and "override" in r.member.modifiers)

    def _methods(self, of: NamedType, names: tuple[str, ...]) -> Iterator[Routine]:
        """The bodies of methods of a type by name, those of its workspace bases too."""
        for name in names:
            for member in self.typing.members(of, name):
                if isinstance(member, WorkspaceMember) and is_method(member):
                    routine = self.dispatch.routine(member, of)
                    if routine is not None:
                        yield routine

    def _interceptors(self, context: NamedType | None) -> list[Interceptor]:
        found = []
        for interceptor in (*self.wiring.interceptors, *self._configured(context)):
            fits = interceptor.context is None or context is None or interceptor.context.symbol is context.symbol or self.typing.is_a(
                context, interceptor.context.full_name
            )
            if fits:
                kinds = self.dispatch.implementations(interceptor.type) if interceptor.type.symbol.kind == "interface" else (interceptor.type,)
                found += [Interceptor(interceptor.context, kind) for kind in kinds]
        return found

    def _configured(self, context: NamedType | None) -> Iterator[Interceptor]:
        """`optionsBuilder.AddInterceptors(_interceptor)` in `OnConfiguring`."""
        for routine in self._methods(context, ("OnConfiguring",)) if context is not None else ():
            env = enter(self.typing.resolver, routine)
            for node in nodes(self.typing.body(routine.path, routine.body) or ()):
                if isinstance(node, ir.Call) and isinstance(node.function, ir.Member) and node.function.name == "AddInterceptors":
                    yield from self._passed(node, env, context)

    def _passed(self, call: ir.Call, env: Env, context: NamedType | None) -> Iterator[Interceptor]:
        for argument in call.arguments:
            of = self.typing.type_of(argument.value, env)
            of = self.typing.element(of) or of
            if isinstance(of, NamedType):
                yield Interceptor(context, of)

    def _context_of(self, entity: Type | None) -> NamedType | None:
        """The one DbContext of the app that has a set of the entity."""
        context = self.typing.resolver.named(DBCONTEXT)
        if context is None or not isinstance(entity, NamedType):
            return None
        kinds = [s for s in self.dispatch.derived(context.symbol) if s.project in self.dispatch.projects]
        holding = [s for s in kinds if self._holds(s, entity)]
        fitting = holding or kinds
        return own_type(fitting[0]) if len(fitting) == 1 else None

    def _holds(self, context: WorkspaceType, entity: NamedType) -> bool:
        for path, member in context.members:
            if member.kind == "property" and member.type is not None and member.type.name.rpartition(".")[2] == "DbSet":
                part = next(p for at, p in context.parts if at == path)
                of = self.typing.resolver.resolve_type(member.type, self.typing.resolver.scope(path, part, member))
                if isinstance(of, NamedType) and of.full_name == DBSET and of.arguments == (entity,):
                    return True
        return False

    # --- requests ---

    def around(self, request: NamedType) -> tuple[Routine, ...]:
        """The registered behaviours, decorators and processors that run for a request."""
        found: dict[Routine, None] = {}
        for behaviour in self.wiring.behaviours:
            if isinstance(behaviour.symbol, WorkspaceType):
                found.update(dict.fromkeys(self._behaviour(behaviour.symbol, request)))
        return tuple(found)

    def _behaviour(self, symbol: WorkspaceType, request: NamedType) -> Iterator[Routine]:
        own = own_type(symbol)
        for name in _BEHAVIOUR_METHODS:
            for member in self.typing.members(own, name):
                if not isinstance(member, WorkspaceMember) or not is_method(member) or member.facts is None or not member.facts.parameters:
                    continue
                wanted = self.typing.signature(member).parameters[0].type
                bindings: Bindings = {}
                if wanted is None or converts(self.typing.resolver, request, wanted, symbol.full_name, bindings) is not True:
                    continue
                if not self._meets(symbol, bindings):
                    continue
                this = substitute(own, {k: v for k, v in bindings.items() if v is not None})
                routine = self.dispatch.routine(member, this) if isinstance(this, NamedType) else None
                if routine is not None:
                    yield routine

    def _meets(self, symbol: WorkspaceType, bindings: Bindings) -> bool:
        """The constraints of the behaviour's type parameters: the container leaves out what does not fit."""
        for parameter in symbol.type_parameters:
            bound = bindings.get(parameter)
            for constraint in self.typing.constraints(parameter) if isinstance(bound, NamedType) else ():
                known = isinstance(constraint, NamedType) and isinstance(constraint.symbol, WorkspaceType)
                if isinstance(constraint, NamedType) and known and not self.typing.is_a(bound, constraint.full_name):
                    return False
        return True

    # --- endpoints ---

    def of_filter(self, of: NamedType, verb: str) -> str | None:
        """The method of a filter that records a request with the verb."""
        for routine in self._methods(of, _FILTER_METHODS):
            if not self.summary(replace(routine, assume=Assumptions(verb=verb))).bare:
                return routine.name
        return None

    def of_function(self, routine: Routine, verb: str, name: str) -> str | None:
        return name if not self.summary(replace(routine, assume=Assumptions(verb=verb))).bare else None

    def of_middleware(self, step: Middleware, verb: str) -> str | None:
        """The same for one step of the pipeline."""
        if step.function is not None:
            return self.of_function(step.function, verb, "a middleware")
        if step.type is None:
            return step.name
        for routine in self._methods(step.type, _MIDDLEWARE_METHODS):
            if not self.summary(replace(routine, assume=Assumptions(verb=verb))).bare:
                return routine.name
        return None
