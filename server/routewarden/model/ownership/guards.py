"""What stands before an endpoint and ties an object to its caller: filters, resource-scoped policies, pipeline behaviours, query filters.

Invariant: a guard counts for what its code knows at the moment when it lets the request pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.syntax_nodes import nodes
from routewarden.model.member_lookup import WorkspaceMember
from routewarden.model.operations.environment import Env, Routine, enter
from routewarden.model.operations.invocations import lambda_env
from routewarden.model.operations.wiring import flat_env, routine_at
from routewarden.model.ownership.knowledge import NOTHING, Facts, meet, renamed, rows_in
from routewarden.model.ownership.state import State
from routewarden.model.ownership.values import Value
from routewarden.model.symbols import NamedType, own_type
from routewarden.model.tracking import Memo
from routewarden.model.workspace_types import TypeParameter, WorkspaceType

if TYPE_CHECKING:
    from routewarden.model.operations.dispatch import Dispatch
    from routewarden.model.operations.static_types import Typing
    from routewarden.model.ownership.reading import Reader
    from routewarden.model.register import Filter

_FILTER_METHODS = (
    "OnAuthorizationAsync", "OnAuthorization", "OnResourceExecutionAsync", "OnResourceExecuting", "OnActionExecutionAsync", "OnActionExecuting",
)
_HANDLER = "Microsoft.AspNetCore.Authorization.AuthorizationHandler`"
_CONTEXT = "Microsoft.EntityFrameworkCore.DbContext"


# --- filters -----------------------------------------------------------------------------------------------------------------


def of_filters(reader: Reader, filters: Iterable[Filter], parameters: tuple[str, ...], own: NamedType | None) -> Facts:
    """What the filters around an endpoint know when they let a request pass. `parameters`: those of the handler, by number."""
    facts: Facts = NOTHING
    for filter_ in filters:
        if filter_.function is not None:
            routine = routine_at(reader.typing, filter_.function.path, filter_.function.declaration)
            if routine is not None:
                facts |= _of_function(reader, routine, parameters)
            continue
        for symbol in reader.typing.resolver.types.all(filter_.type)[:1]:
            facts |= _of_class(reader, own_type(symbol), parameters, (*_FILTER_METHODS, "InvokeAsync"))
    if own is not None:  # a controller is a filter of its own actions
        facts |= _of_class(reader, own, parameters, ("OnActionExecutionAsync", "OnActionExecuting"))
    return facts


def _of_class(reader: Reader, of: NamedType, parameters: tuple[str, ...], methods: tuple[str, ...]) -> Facts:
    facts: Facts = NOTHING
    for name in methods:
        member = _with_body(reader, of, name)
        if member is None or member.facts is None:
            continue
        routine = reader.dispatch.routine(member, of)
        if routine is None or len(member.facts.parameters) not in (1, 2):
            continue
        names = {p.name: _argument(i, parameters) for i, p in enumerate(member.facts.parameters)}
        facts |= _passed(reader, routine, names, Value("object", of), takes_next=len(member.facts.parameters) == 2)
    return facts


def _with_body(reader: Reader, of: NamedType, name: str) -> WorkspaceMember | None:
    """The nearest method of the name that has code."""
    found = (m for m in reader.typing.members(of, name) if isinstance(m, WorkspaceMember))
    return next((m for m in found if m.facts is not None and m.facts.body is not None), None)


def _argument(at: int, parameters: tuple[str, ...]) -> Value:
    if at == 1:
        return Value("next")
    from routewarden.model.ownership.knowledge import client

    named = tuple((f"#{i}", Value("client", None, client(n.lower()), client=frozenset({n.lower()}))) for i, n in enumerate(parameters))
    return Value("filter", members=named)


def _passed(reader: Reader, routine: Routine, names: dict[str, Value], this: Value | None, takes_next: bool) -> Facts:
    """What is known where a filter goes on."""
    before, reader.on_next = reader.on_next, []
    state = State()
    try:
        reader.run(routine, names, this, state)
        if takes_next:
            return _met([s.facts for s in reader.on_next])
        return NOTHING if state.dead else state.facts
    finally:
        reader.on_next = before


def _of_function(reader: Reader, routine: Routine, parameters: tuple[str, ...]) -> Facts:
    env = flat_env(reader.typing, routine.path, routine.body)
    code = next((n for n in nodes(reader.typing.body(routine.path, routine.body.rpartition("~")[0]) or ())
                 if isinstance(n, (ir.Lambda, ir.LocalFunction)) and n.body == routine.body), None)
    declared = code.parameters if code is not None else routine.member.parameters if routine.member is not None else ()
    names = [p.name for p in declared]
    if len(names) != 2:
        return NOTHING
    from routewarden.model.ownership.reading import Frame

    before, reader.on_next = reader.on_next, []
    state = State({n: _argument(i, parameters) for i, n in enumerate(names)})
    try:
        reader.block(reader.typing.body(routine.path, routine.body) or (), Frame(env), env, state)
        return _met([s.facts for s in reader.on_next])
    finally:
        reader.on_next = before


def _met(sets: list[Facts]) -> Facts:
    if not sets:
        return NOTHING
    found = sets[0]
    for other in sets[1:]:
        found = meet(found, other)
    return found


# --- policies ----------------------------------------------------------------------------------------------------------------


def of_policy(reader: Reader, requirements: Iterable[str]) -> Facts:
    """What the handlers of a policy's own requirements (simple names) know when they succeed: they may read the route."""
    facts: Facts = NOTHING
    for requirement in requirements:
        found = [_succeeds(reader, h, {}) for h in _handlers(reader.dispatch, requirement, 1)]
        if found:
            facts |= _met(found)
    return facts


def of_resource(reader: Reader, requirements: tuple[str, ...] | None, resource: Value) -> Facts:
    """What is known of a row when `AuthorizeAsync` of it succeeds. `requirements`: of the policy, None where that is not known."""
    if not isinstance(resource.type, NamedType):
        return frozenset({("tie", resource.row)})
    if requirements == ():
        return NOTHING  # the policy asks for nothing that looks at the object
    handlers = _resource_handlers(reader.dispatch, resource.type, requirements)
    if not handlers:
        return frozenset({("tie", resource.row)})  # decided by code that is not in sight
    found = [_succeeds(reader, h, {"resource": resource}) for h in handlers]
    return _met(found) if requirements is not None else found[0] if len(found) == 1 else frozenset().union(*found)


def _handlers(dispatch: Dispatch, requirement: str, arity: int) -> list[NamedType]:
    found = []
    for symbol in dispatch.naming(requirement):
        own = own_type(symbol)
        for above in dispatch.resolver.supertypes(own).classes:
            first = above.arguments[0] if above.full_name == f"{_HANDLER}{arity}" else None
            if isinstance(first, NamedType) and first.symbol.name == requirement:
                found.append(own)
    return found


def _resource_handlers(dispatch: Dispatch, entity: NamedType, requirements: tuple[str, ...] | None) -> list[NamedType]:
    found: dict[NamedType, None] = {}
    kinds = [entity, *dispatch.resolver.supertypes(entity).all]
    for kind in kinds:
        if not isinstance(kind.symbol, WorkspaceType):
            continue
        for symbol in dispatch.naming(kind.symbol.name):
            own = own_type(symbol)
            for above in dispatch.resolver.supertypes(own).classes:
                if above.full_name == f"{_HANDLER}2" and above.arguments[1] == kind:
                    first = above.arguments[0]
                    if requirements is None or (isinstance(first, NamedType) and first.symbol.name in requirements):
                        found[own] = None
    return list(found)


def _succeeds(reader: Reader, handler: NamedType, named: dict[str, Value]) -> Facts:
    """What a handler knows wherever it calls `Succeed`."""
    member = _with_body(reader, handler, "HandleRequirementAsync")
    routine = reader.dispatch.routine(member, handler) if member is not None else None
    if member is None or member.facts is None or routine is None:
        return NOTHING
    before, reader.on_succeed = reader.on_succeed, []
    parameters = member.facts.parameters
    names: dict[str, Value] = {}
    context = reader.typing.named("Microsoft.AspNetCore.Authorization.AuthorizationHandlerContext")
    if parameters:
        names[parameters[0].name] = Value("principal", context)
    if len(parameters) > 2 and "resource" in named:
        names[parameters[2].name] = named["resource"]
    try:
        reader.run(routine, names, Value("object", handler), State())
        return _met(reader.on_succeed)
    finally:
        reader.on_succeed = before


# --- query filters -----------------------------------------------------------------------------------------------------------


class QueryFilters:
    """The query filters of the workspace's contexts: entity → what they say of each row (row -1)."""

    def __init__(self, typing: Typing, dispatch: Dispatch) -> None:
        self.typing = typing
        self.dispatch = dispatch
        tracker = typing.resolver.types.tracker
        self._sites: Memo[None, list[tuple[Routine, ir.Call, Env]]] = Memo(tracker)
        self._known: Memo[NamedType, Facts] = Memo(tracker)
        self._active: set[NamedType] = set()

    def drop(self, mask: int) -> None:
        self._sites.drop(mask)
        self._known.drop(mask)

    def of(self, entity: NamedType, reader: Reader) -> Facts:
        if entity in self._active:  # a filter that queries its own entity
            return NOTHING
        self._active.add(entity)
        try:
            return self._known.of(entity, lambda: self._find(entity, reader))
        finally:
            self._active.discard(entity)

    def _find(self, entity: NamedType, reader: Reader) -> Facts:
        facts: Facts = NOTHING
        for routine, call, env in self._calls():
            function = next((a.value for a in reversed(call.arguments) if isinstance(a.value, ir.Lambda)), None)
            if function is None or not isinstance(call.function, ir.Member) or not self._about(call.function.target, entity, env, routine):
                continue
            row = reader.new_row(entity, None)
            from routewarden.model.ownership.members import row_value
            from routewarden.model.ownership.reading import Frame

            inner = lambda_env(self.typing, function, lambda: (entity,), env)
            this = Value("object", routine.this)
            state = State({function.parameters[0].name: row_value(reader, row, entity)} if function.parameters else {})
            body = self.typing.body(routine.path, function.body) or ()
            frame = Frame(inner, [], this)
            reader.block(body, frame, inner, state)
            for exit_ in frame.exits:
                facts |= renamed(exit_.value.when_true, {row: -1})
        return frozenset(f for f in facts if all(r == -1 for r in rows_in(f)))  # other rows are those of one reading

    def _about(self, target: ir.Expr, entity: NamedType, env: Env, routine: Routine) -> bool:
        """`Entity<T>()` of this entity, or of one that it is a kind of."""
        of = self.typing.type_of(target, env)
        if not isinstance(of, NamedType) or not of.arguments:
            return False
        wanted = of.arguments[0]
        if isinstance(wanted, TypeParameter):
            bounds = [b for b in self.typing.constraints(wanted) if isinstance(b, NamedType)]
            if routine.member is not None and wanted.name in routine.member.type_parameters:
                return True  # set for every entity that fits: the constraints of methods are not among the facts, the filter itself tells
            return bool(bounds) and all(self.typing.is_a(entity, b.full_name) for b in bounds)
        return isinstance(wanted, NamedType) and (wanted == entity or self.typing.is_a(entity, wanted.full_name))

    def _calls(self) -> list[tuple[Routine, ir.Call, Env]]:
        return self._sites.of(None, lambda: list(self._find_calls()))

    def _find_calls(self) -> Iterator[tuple[Routine, ir.Call, Env]]:
        base = self.typing.resolver.named(_CONTEXT)
        classes = list(self.dispatch.derived(base.symbol)) if base is not None else []
        configuration = self.typing.resolver.named("Microsoft.EntityFrameworkCore.IEntityTypeConfiguration`1")
        classes += self.dispatch.derived(configuration.symbol) if configuration is not None else []
        for symbol in classes:
            own = own_type(symbol)
            for path, member in symbol.members:
                if member.kind != "method" or member.body is None:
                    continue
                body = self.typing.body(path, member.body) or ()
                calls = (n for n in nodes(body) if isinstance(n, ir.Call) and isinstance(n.function, ir.Member))
                found = [n for n in calls if isinstance(n.function, ir.Member) and n.function.name == "HasQueryFilter"]
                if not found and not any(isinstance(n, ir.Lambda) for n in nodes(body)):
                    continue
                routine = Routine(path, member.body, own, own, (), member)
                env = enter(self.typing.resolver, routine)
                for call in found:
                    yield routine, call, env
                for inner in nodes(body):
                    if isinstance(inner, ir.Lambda):
                        for node in nodes(self.typing.body(path, inner.body) or ()):
                            if isinstance(node, ir.Call) and isinstance(node.function, ir.Member) and node.function.name == "HasQueryFilter":
                                yield Routine(path, inner.body, own, own, (), member), node, flat_env(self.typing, path, inner.body)
