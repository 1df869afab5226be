"""Reads expressions into effects: calls and what they lead to, changes of loaded objects, lambdas that run in place.

Invariant: operands come before what is done with them, as in C#. A call is classified once: as a record, as what a library does to
data, or as a call to follow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.model.member_lookup import FrameworkMember, WorkspaceMember
from routewarden.model.operations import assumed, records, sinks
from routewarden.model.operations.dispatch import Virtual
from routewarden.model.operations.effects import CHANGE, DELETE, Branch, CallStep, Inline, Loop, Operation, Record, Step
from routewarden.model.operations.environment import Binding, Env, Routine, bind_parameters, written_type
from routewarden.model.operations.invocations import Invocation, lambda_env
from routewarden.model.operations.origins import is_loaded
from routewarden.model.operations.signatures import delegate_shape, is_method
from routewarden.model.symbols import NamedType, Type
from routewarden.model.workspace_types import WorkspaceType

if TYPE_CHECKING:
    from routewarden.model.operations.walk import Walk

# Names by which an object is handed to those who are made to handle it, in-process or by way of an outbox.
_HANDS_ON = re.compile(
    r"^(?:Send|Publish|Invoke|Dispatch|Execute|Raise|Queue|Enqueue|Add\w*Event|Register\w*Event|Apply|Notify|Emit|Schedule|Request|Handle|"
    r"Trigger|Fire|Post|Process|Run|Call|Produce|Store\w*Event|On\w+Event|Append)"
)
_SOFT_FLAG = re.compile(
    r"^(?:Is|Has|Was)?(?:Soft)?(?:Deleted|Removed|Archived|Erased)(?:At|On|Utc|Date|Time|By|OnUtc|AtUtc|DateUtc|Flag)*$|^(?:Date|Time)Deleted$"
)
_MAPS = re.compile(r"^(?:Map|MapAsync|Adapt|CopyTo|Populate|PatchTo|ApplyTo|UpdateFrom|Assign|MapTo|TryUpdateModelAsync)$")


# Methods of .NET that neither write nor lead to workspace code, other than through the lambdas that they take. Not looked up, unless the
# workspace has extension methods of the name.
QUIET = frozenset({
    "Select", "SelectMany", "Where", "OrderBy", "OrderByDescending", "ThenBy", "ThenByDescending", "GroupBy", "Join", "Distinct", "DistinctBy",
    "Skip", "Take", "Any", "All", "Contains", "Count", "CountAsync", "AnyAsync", "AllAsync", "First", "FirstOrDefault", "FirstAsync",
    "FirstOrDefaultAsync", "Single", "SingleOrDefault", "SingleAsync", "SingleOrDefaultAsync", "Last", "LastOrDefault", "ToList", "ToListAsync",
    "ToArray", "ToArrayAsync", "ToDictionary", "ToDictionaryAsync", "ToHashSet", "ToLookup", "Include", "ThenInclude", "AsNoTracking",
    "AsQueryable", "AsEnumerable", "AsSplitQuery", "Sum", "SumAsync", "Max", "MaxAsync", "Min", "MinAsync", "Average", "Aggregate", "Concat",
    "Union", "Except", "Intersect", "Reverse", "Cast", "OfType", "ToString", "Equals", "GetHashCode", "GetType", "CompareTo", "Format",
    "IsNullOrEmpty", "IsNullOrWhiteSpace", "Trim", "TrimEnd", "TrimStart", "Split", "Replace", "Substring", "StartsWith", "EndsWith", "IndexOf",
    "ToLower", "ToUpper", "ToLowerInvariant", "ToUpperInvariant", "Parse", "TryParse", "ConfigureAwait", "GetAwaiter", "GetResult", "Ok",
    "NotFound", "BadRequest", "NoContent", "Created", "CreatedAtAction", "CreatedAtRoute", "Accepted", "Unauthorized", "Forbid", "Conflict", "View",
    "PartialView", "Redirect", "RedirectToAction", "RedirectToPage", "RedirectToRoute", "LocalRedirect", "Content", "Json", "StatusCode", "Problem",
    "ValidationProblem", "Challenge", "AddModelError", "FindFirst", "FindFirstValue", "IsInRole", "TryGetValue", "ContainsKey", "ThrowIfNull",
    "ThrowIfNullOrEmpty", "ToUniversalTime", "AddDays", "AddHours", "AddMinutes", "AddSeconds", "Combine", "GetValueOrDefault", "Zip", "Chunk",
    "Append", "Prepend", "DefaultIfEmpty", "SequenceEqual", "Find", "Exists",
})


class Reader:
    """Reads the expressions of one walk."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.typing = walk.typing

    def site(self, env: Env, node: int, name: bool = True) -> Site:
        root = env.routine.body
        return Site(env.routine.path, root, f"node:{node}:name" if name else f"node:{node}")

    def read(self, expr: ir.Expr, env: Env) -> Iterator[Step]:
        handler = _HANDLERS.get(type(expr))
        if handler is not None:
            yield from handler(self, expr, env)

    # --- calls ---

    def call(self, expr: Any, env: Env) -> Iterator[Step]:
        function = expr.function
        if isinstance(function, ir.Member):
            if not isinstance(function.target, ir.Name):
                yield from self.read(function.target, env)
        elif not isinstance(function, ir.Name):
            yield from self.read(function, env)
        for argument in expr.arguments:
            if isinstance(argument.value, ir.Declaration):
                self._declare(argument.value, argument, expr, env)
            elif not isinstance(argument.value, (ir.Lambda, ir.Name, ir.Literal)):
                yield from self.read(argument.value, env)
        name = function.name if isinstance(function, (ir.Name, ir.Member)) else ""
        if name in QUIET and env.routine.assume is None and not self.typing.resolver.types.extension_methods(name):
            yield from self._lambdas(expr, env)
            return
        found = self.typing.invocation(expr, env)
        if env.routine.assume is not None and self._nothing(expr, env):
            return
        yield from self._lambdas(expr, env)
        site = self.site(env, expr.node)
        logged = records.log_record(self.typing, expr, found, env)
        if logged is not None:
            yield Record(logged, site)
            return
        steps = sinks.operations(self.typing, expr, found, env, site)
        if steps is not None:
            yield from steps
            if found.method is None or isinstance(found.method, FrameworkMember):
                return
            if any(isinstance(s, Operation) and s.kind == "save" for s in steps):
                return  # a `SaveChanges` override is looked at as a hook
        yield from self._method_groups(expr, found, env)
        yield from self._changes(expr, found, env, site)
        yield from self._followed(expr, found, env, site)

    def _method_groups(self, call: ir.Call, found: Invocation, env: Env) -> Iterator[Step]:
        """Methods that are handed on by name: `ids.ForEach(_repository.Delete)`."""
        for at, argument in enumerate(call.arguments):
            value = argument.value
            if not isinstance(value, (ir.Name, ir.Member)) or (isinstance(value, ir.Name) and env.find(value.name) is not None):
                continue
            formal = found.parameter(call.arguments, at)
            if formal is not None and delegate_shape(self.typing.resolver, formal.type) is not None:
                members = self.typing.meaning(value, env).members
                if members and is_method(members[0]) and isinstance(members[0], WorkspaceMember):
                    yield from self._method(members[0], self._receiver(value, env), self.site(env, call.node), value.name)

    def _declare(self, value: ir.Declaration, argument: ir.Argument, call: ir.Call, env: Env) -> None:
        """`out var x`."""
        typing = self.typing

        def own() -> Type | None:
            if value.type is not None:
                return written_type(typing.resolver, value.type, env)
            found = typing.invocation(call, env).parameter(call.arguments, call.arguments.index(argument))
            return found.type if found is not None else None

        for name in value.names:
            env.bind(name, Binding("pattern", own, call, env))

    def _lambdas(self, expr: ir.Call, env: Env) -> Iterator[Step]:
        for at, argument in enumerate(expr.arguments):
            if isinstance(argument.value, ir.Lambda):
                inner = lambda_env(self.typing, argument.value, lambda at=at: self._delegate(expr, at, env), env)  # type: ignore[misc]
                yield from self.body(argument.value.body, inner)

    def _delegate(self, expr: ir.Call, at: int, env: Env) -> tuple[Type | None, ...]:
        """The parameter types of the delegate that argument `at` becomes."""
        formal = self.typing.invocation(expr, env).parameter(expr.arguments, at)
        shape = delegate_shape(self.typing.resolver, formal.type) if formal is not None else None
        return shape[0] if shape is not None else ()

    def _nothing(self, expr: ir.Call, env: Env) -> bool:
        """What is done with entries that the assumed one is not among."""
        function = expr.function
        if isinstance(function, ir.Member) and assumed.is_empty(self.typing, function.target, env):
            return True
        name = function.name if isinstance(function, (ir.Name, ir.Member)) else ""
        return name.startswith(("Add", "Write")) and any(assumed.is_empty(self.typing, a.value, env) for a in expr.arguments)

    def body(self, body_id: str, env: Env) -> Iterator[Step]:
        """A lambda's body, which may run here any number of times."""
        statements = self.typing.body(env.routine.path, body_id)
        steps = self.walk.block(statements or (), env)
        if any(not _is_exit(s) for s in steps):
            yield Loop((Inline(steps),))

    def lambda_value(self, expr: Any, env: Env) -> Iterator[Step]:
        """A lambda that is assigned or returned: read as if it ran."""
        yield from self.body(expr.body, lambda_env(self.typing, expr, tuple, env))

    # --- where a call leads ---

    def _followed(self, expr: ir.Call, found: Invocation, env: Env, site: Site) -> Iterator[Step]:
        method = found.method
        if found.function is not None:
            yield from self._function(found.function, env)
            return
        requests = self._requests(expr, found, env)
        audit = records.audits(found)
        receiver = found.receiver if isinstance(found.receiver, NamedType) else None
        if isinstance(method, WorkspaceMember):
            steps = list(self._method(method, receiver, site, found.name, found, requests, audit, expr, env))
            yield from steps
        elif requests:
            yield CallStep(found.name, site, requests=requests, audit=audit)
        elif audit and method is None:
            yield CallStep(found.name, site, audit=True)
        elif method is None and receiver is not None:
            operation = sinks.by_name(found, site, receiver)
            if operation is not None:
                yield operation

    def _receiver(self, value: ir.Expr, env: Env) -> NamedType | None:
        if not isinstance(value, ir.Member):
            return None
        of = self.typing.type_of(value.target, env)
        return of if isinstance(of, NamedType) else None

    def _method(
        self, method: WorkspaceMember, receiver: NamedType | None, site: Site, name: str, found: Invocation | None = None,
        requests: tuple[NamedType, ...] = (), audit: bool = False, expr: ir.Call | None = None, env: Env | None = None,
    ) -> Iterator[Step]:
        facts = method.facts
        assert facts is not None
        routine = self.walk.routine
        bindings = found.bindings if found is not None else ()
        if "static" in facts.modifiers or (found is not None and found.on_base):
            this = routine.this if found is not None and found.on_base else None
            body = self._exact(method, this, bindings)
            fallback = None
            virtual = None
        else:
            body = None
            on_this = receiver is None or (found is not None and found.on_this)
            of = routine.this or routine.owner if on_this else receiver
            if of is None or (on_this and not self._declares(of, method)):
                of = method.declaring if of is None else of
            virtual = Virtual(method, of, on_this, bindings)
            fallback = sinks.by_name(found, site, of) if found is not None else None
        passed = self._passed(expr, found, env) if expr is not None and env is not None and found is not None else ()
        exact = (body,) if body is not None else ()
        if exact or virtual is not None or requests:
            yield CallStep(name, site, exact, virtual, requests, audit, fallback, routine.assume, passed)

    def _passed(self, expr: ir.Call, found: Invocation, env: Env) -> tuple[tuple[str, str], ...]:
        """What the callee gets that was loaded, or that this body got itself."""
        pairs: list[tuple[str, ir.Expr]] = []
        if found.on_this or found.on_base:
            pairs.append(("this", ir.Name("this")))
        elif isinstance(expr.function, ir.Member):
            first = found.signature.parameters[0].name if found.reduced and found.signature is not None else "this"
            pairs.append((first, expr.function.target))
        for at, argument in enumerate(expr.arguments):
            if isinstance(argument.value, (ir.Name, ir.Member)) and (formal := found.parameter(expr.arguments, at)) is not None:
                pairs.append((formal.name, argument.value))
        known = ((name, self._whose(value, env)) for name, value in pairs)
        return tuple((name, whose) for name, whose in known if whose is not None)

    def _whose(self, value: ir.Expr, env: Env) -> str | None:
        """"" for a loaded object, "this" or the name of a parameter for what came in; None for all else."""
        if isinstance(value, ir.Name):
            if value.name == "this":
                return "this"
            binding = env.find(value.name)
            if binding is not None and binding.kind == "parameter" and binding.value is None:
                return value.name
        return "" if is_loaded(self.typing, value, env) else None

    def _declares(self, of: NamedType, method: WorkspaceMember) -> bool:
        return isinstance(of.symbol, WorkspaceType) and self.typing.is_a(of, method.declaring.full_name)

    def _exact(self, method: WorkspaceMember, this: NamedType | None, bindings: Any) -> Routine | None:
        facts = method.facts
        if facts is None or facts.body is None:
            return None
        own = {p.name: p for p in (b[0] for b in bindings)}
        bound = tuple((own[n], dict(bindings)[own[n]]) for n in facts.type_parameters if n in own)
        return Routine(method.path, facts.body, method.declaring, this or method.declaring, bound, facts)

    def _function(self, binding: Binding, env: Env) -> Iterator[Step]:
        """A local function, or a lambda in a local."""
        outer = binding.env or env
        if binding.function is not None:
            code = binding.function
            if code.body in self.walk.active or len(self.walk.active) > 8:
                return
            self.walk.active.add(code.body)
            inner = outer.inner()
            bind_parameters(self.typing.resolver, inner, code.parameters)
            steps = self.walk.block(self.typing.body(env.routine.path, code.body) or (), inner)
            self.walk.active.discard(code.body)
            if steps:
                yield Inline(steps)
        elif isinstance(binding.value, ir.Lambda) and binding.value.body not in self.walk.active:
            return  # read where it was made

    def _requests(self, expr: ir.Call, found: Invocation, env: Env) -> tuple[NamedType, ...]:
        if not _HANDS_ON.match(found.name):
            return ()
        types = (self.typing.type_of(a.value, env) for a in expr.arguments if not isinstance(a.value, (ir.Lambda, ir.Literal)))
        kinds = dict.fromkeys(t for t in types if isinstance(t, NamedType) and isinstance(t.symbol, WorkspaceType))
        return tuple(t for t in kinds if t.symbol.kind in ("class", "record", "struct", "record struct", "interface"))

    # --- changes of loaded objects ---

    def _changes(self, expr: ir.Call, found: Invocation, env: Env, site: Site) -> Iterator[Step]:
        function = expr.function
        if _MAPS.match(found.name) and len(expr.arguments) >= 1:
            for argument in expr.arguments[-2:]:
                if is_loaded(self.typing, argument.value, env) and len(expr.arguments) > 1:
                    yield Operation(CHANGE, f"{found.name} onto a loaded object", site, self.typing.type_of(argument.value, env), None, True)
                    return
        elif found.name in ("Remove", "RemoveAll", "RemoveAt", "RemoveRange", "Clear") and isinstance(function, ir.Member):
            held = function.target
            if isinstance(held, ir.Member) and isinstance(found.method, FrameworkMember) and is_loaded(self.typing, held.target, env):
                yield Operation(CHANGE, f"{held.name}.{found.name}", site, self.typing.type_of(held.target, env), None, True)

    def assign(self, expr: Any, env: Env) -> Iterator[Step]:
        target = expr.target
        if isinstance(target, (ir.Member, ir.Index)):
            yield from self.read(target.target, env)
        yield from self.read(expr.value, env)
        if isinstance(target, ir.Declaration):
            of = self.typing.type_of(expr.value, env)
            self.walk.bind_names(target.names, lambda: of, env, expr.value)
        elif isinstance(target, ir.Member):
            yield from self._assigned(target, expr, env)
        elif isinstance(target, ir.Name):
            yield from self._assigned_name(target, expr, env)

    def _assigned_name(self, target: ir.Name, expr: ir.Assign, env: Env) -> Iterator[Step]:
        held = env.find(target.name)
        if held is not None:
            if held.kind in ("local", "parameter") and expr.operator == "=" and (held.value is None or isinstance(held.value, ir.Literal)):
                held.value, held.env = expr.value, env  # `Order? order = null; order = await ...`
            return
        yield from self._own_change(target.name, expr, env)

    def _own_change(self, name: str, expr: ir.Assign, env: Env) -> Iterator[Step]:
        """`Status = x` in a method of an entity; constructors and static methods make new objects."""
        owner, member = env.routine.owner, env.routine.member
        if owner is None or member is None or member.kind != "method" or "static" in member.modifiers:
            return
        if not isinstance(owner.symbol, WorkspaceType) or not any(m.kind == "property" for _, m in owner.symbol.members_named(name)):
            return
        soft = _SOFT_FLAG.match(name) is not None and not _is_false(expr.value)
        yield Operation(CHANGE, f"{name} = ...", self.site(env, expr.node), owner, None, True, soft=soft, of="this")

    def _assigned(self, target: ir.Member, expr: ir.Assign, env: Env) -> Iterator[Step]:
        site = self.site(env, expr.node)
        if target.name == "State" and isinstance(expr.value, ir.Member) and expr.value.name in ("Deleted", "Modified"):
            of = self.typing.type_of(target.target, env)
            if isinstance(of, NamedType) and of.symbol.name in ("EntityEntry",):
                entity = sinks._entry_entity(self.typing, ir.Call(target, (), -1), env)
                context = sinks.context_of(self.typing, target, env)
                deleted = expr.value.name == "Deleted"
                yield Operation(DELETE if deleted else CHANGE, f"EntityState.{expr.value.name}", site, entity, context, True)
            return
        if target.name == "CommandText" and isinstance(target.target, ir.Name):
            env.bind(f"{target.target.name}.CommandText", Binding("local", lambda: None, expr.value, env))
            return
        if isinstance(target.target, ir.Name) and target.target.name == "this":
            yield from self._own_change(target.name, expr, env)
            return
        whose = self._whose(target.target, env)
        if whose is not None:
            of = self.typing.type_of(target.target, env)
            if isinstance(of, NamedType) and isinstance(of.symbol, WorkspaceType):
                soft = _SOFT_FLAG.match(target.name) is not None and not _is_false(expr.value)
                yield Operation(CHANGE, f"{target.name} = ...", site, of, None, True, soft=soft, of=whose)

    # --- the rest ---

    def new(self, expr: Any, env: Env) -> Iterator[Step]:
        for argument in expr.arguments:
            yield from self.read(argument.value, env)
        for _, value in expr.initializer:
            yield from self.read(value, env)

    def is_pattern(self, expr: Any, env: Env) -> Iterator[Step]:
        yield from self.read(expr.value, env)
        self.typing.bind_pattern(expr.pattern, lambda: self.typing.type_of(expr.value, env), env, expr.value)

    def conditional(self, expr: Any, env: Env) -> Iterator[Step]:
        yield from self.read(expr.condition, env)
        arms = tuple(tuple(self.read(arm, env.inner())) for arm in (expr.when_true, expr.when_false))
        if any(arms):
            yield Branch(arms)

    def switch(self, expr: Any, env: Env) -> Iterator[Step]:
        yield from self.read(expr.value, env)
        arms = []
        for pattern, when, result in expr.arms:
            inner = env.inner()
            self.typing.bind_pattern(pattern, lambda: self.typing.type_of(expr.value, env), inner, expr.value)
            arms.append((*(self.read(when, inner) if when is not None else ()), *self.read(result, inner)))
        if any(arms):
            yield Branch(tuple(arms))

    def query(self, expr: Any, env: Env) -> Iterator[Step]:
        inner = env.inner()
        for kind, name, value in expr.clauses:
            yield from self.read(value, inner)
            if kind in ("from", "join", "let") and name:
                scope, inner = inner, inner.inner()
                inner.bind(name, Binding("element", self._clause(kind, value, scope), value, scope))

    def _clause(self, kind: str, value: ir.Expr, scope: Env) -> Callable[[], Type | None]:
        """The type of the name that a clause of a query binds."""
        if kind == "let":
            return lambda: self.typing.type_of(value, scope)
        return lambda: self.typing.element(self.typing.type_of(value, scope))


def _is_false(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Literal) and (expr.value is False or expr.value is None)


def _is_exit(step: Step) -> bool:
    return type(step).__name__ == "Exit"


def _parts(*names: str) -> Any:
    """Reads the parts of an expression in order."""
    def read(reader: Reader, expr: Any, env: Env) -> Iterator[Step]:
        for name in names:
            value = getattr(expr, name)
            for item in value if isinstance(value, tuple) else (value,):
                inner = item.value if isinstance(item, ir.Argument) else item[1] if isinstance(item, tuple) else item
                if isinstance(inner, ir.Expr):
                    yield from reader.read(inner, env)

    return read


_HANDLERS: dict[type, Any] = {
    ir.Call: Reader.call, ir.Assign: Reader.assign, ir.New: Reader.new, ir.IsPattern: Reader.is_pattern, ir.Lambda: Reader.lambda_value,
    ir.Conditional: Reader.conditional, ir.SwitchExpr: Reader.switch, ir.Query: Reader.query, ir.Member: _parts("target"),
    ir.Unary: _parts("operand"), ir.Binary: _parts("left", "right"), ir.Cast: _parts("value"), ir.Index: _parts("target", "arguments"),
    ir.Collection: _parts("items"), ir.Spread: _parts("value"), ir.TupleExpr: _parts("items"), ir.Interpolated: _parts("parts"),
    ir.With: _parts("target", "initializer"), ir.Opaque: _parts("parts"),
}
