"""Static types of expressions in method bodies.

Invariant: a type is what declarations and signatures say; None is "not known", never a guess from a name. Locals, lambda parameters and
pattern variables are typed when asked for (`environment.Binding`). Which method a call means is `invocations`' subject.
Rules: C# specification, expressions (https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/expressions).
Deliberately absent: nullability, the width of numbers, anonymous types (None).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from routewarden.facts import syntax_ir as ir
from routewarden.model.extension_lookup import ExtensionMethod, extension_methods
from routewarden.model.member_lookup import (
    FrameworkMember,
    Member,
    WorkspaceMember,
    declared_members,
    member_type,
    members_named,
    resolve_simple_name,
)
from routewarden.model.operations import invocations
from routewarden.model.operations.environment import Binding, Env, closed, written_type
from routewarden.model.operations.invocations import Invocation
from routewarden.model.operations.signatures import Signature, is_method, signature_of
from routewarden.model.resolver import PREDEFINED, Resolver
from routewarden.model.scope import Scope
from routewarden.model.symbols import ArrayType, NamedType, Namespace, Type, own_type
from routewarden.model.tracking import Memo, member_named
from routewarden.model.workspace_types import TypeParameter, WorkspaceType, join_name

_TASKS = frozenset({
    "System.Threading.Tasks.Task`1", "System.Threading.Tasks.ValueTask`1", "System.Runtime.CompilerServices.ConfiguredTaskAwaitable`1",
    "System.Runtime.CompilerServices.ConfiguredValueTaskAwaitable`1",
})
_SEQUENCES = ("System.Collections.Generic.IEnumerable`1", "System.Collections.Generic.IAsyncEnumerable`1")
_DICTIONARIES = ("System.Collections.Generic.IDictionary`2", "System.Collections.Generic.IReadOnlyDictionary`2")
_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">=", "&&", "||"})
_LITERALS = {"string": "System.String", "char": "System.Char", "bool": "System.Boolean"}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an expression is: a value of `type`, a type's name (`is_type`), or members that may be called or read."""

    type: Type | None = None
    is_type: bool = False
    members: tuple[Member, ...] = ()
    namespace: str | None = None


UNKNOWN = Meaning()


class Typing:
    """Answers for one state of the workspace."""

    def __init__(self, resolver: Resolver, body: Callable[[str, str], Sequence[ir.Stmt] | None]) -> None:
        """`body(path, id)` gives the statements of a body and says that the answer rests on them."""
        self.resolver = resolver
        self.body = body
        tracker = resolver.types.tracker
        self._members: Memo[tuple[NamedType, str], tuple[Member, ...]] = Memo(tracker)
        self._sequences: Memo[NamedType, Type | None] = Memo(tracker)
        self._signatures: Memo[tuple[NamedType, str, str], Signature] = Memo(tracker)
        self._framework: dict[tuple[NamedType, int], tuple[Member, Signature]] = {}  # its methods are never made anew
        self._extensions: Memo[tuple[str, Scope, Type], tuple[ExtensionMethod, ...]] = Memo(tracker)

    def drop(self, mask: int) -> None:
        for memo in (self._members, self._sequences, self._signatures, self._extensions):
            memo.drop(mask)
        if mask:
            # Types of the workspace stand in closed framework types: those that an edit replaced must go.
            self._framework.clear()

    # --- asking ---

    def type_of(self, expr: ir.Expr, env: Env) -> Type | None:
        """The type of an expression's value; None where it cannot be known."""
        handler = _HANDLERS.get(type(expr))
        return handler(self, expr, env) if handler is not None else None

    def invocation(self, call: ir.Call, env: Env) -> Invocation:
        """What a call calls; worked out once for each call."""
        known = env.known.get(id(call))
        if known is None:
            env.known[id(call)] = (call, Invocation(_name_of(call.function)))  # a call that is typed by itself is unknown
            known = env.known[id(call)] = (call, invocations.resolve(self, call, env))
        return known[1]

    def members(self, of: Type | None, name: str) -> tuple[Member, ...]:
        """The members of a name, nearest first, over base types and, for type parameters, constraints."""
        if isinstance(of, TypeParameter):
            return tuple(m for bound in self.constraints(of) for m in self.members(bound, name))
        if isinstance(of, ArrayType):
            array = self.resolver.named("System.Array")
            return self.members(array, name) if array is not None else ()
        if of is None:
            return ()
        return self._members.of((of, name), lambda: members_named(self.resolver, of, name))

    def signature(self, member: Member) -> Signature:
        """The signature of a method."""
        if isinstance(member, WorkspaceMember) and member.facts is not None:
            self.resolver.types.tracker.touch(member_named(member.declaring.symbol.name, member.facts.name))
            return self._signatures.of((member.declaring, member.path, member.facts.id), lambda: signature_of(self.resolver, member))
        key = (member.declaring, id(member.method) if isinstance(member, FrameworkMember) else 0)
        known = self._framework.get(key)
        if known is None:
            known = self._framework[key] = (member, signature_of(self.resolver, member))
        return known[1]

    def extensions(self, name: str, scope: Scope, receiver: Type) -> tuple[ExtensionMethod, ...]:
        """The extension methods that `receiver.name(...)` may call."""
        return self._extensions.of((name, scope, receiver), lambda: extension_methods(self.resolver, name, scope, receiver))

    def constraints(self, of: TypeParameter) -> list[Type]:
        """What a type parameter of a workspace class is constrained to."""
        found: list[Type] = []
        for symbol in self.resolver.types.all(of.owner):
            for path, part in symbol.places:
                for name, refs in part.constraints:
                    if name == of.name:
                        types = (self.resolver.resolve_type(r, self.resolver.header_scope(path, part)) for r in refs)
                        found += [t for t in types if t is not None and t != of]
        return found

    def element(self, of: Type | None) -> Type | None:
        """What `foreach` over a value of the type gives."""
        if isinstance(of, ArrayType):
            return of.element
        if not isinstance(of, NamedType):
            return None
        return self._sequences.of(of, lambda: self._element(of))

    def _element(self, of: NamedType) -> Type | None:
        for candidate in (of, *self.resolver.supertypes(of).interfaces):
            if candidate.full_name in _SEQUENCES:
                return candidate.arguments[0] if candidate.arguments else None
        return None

    def awaited(self, of: Type | None) -> Type | None:
        """What `await` of a value of the type gives; tasks without a result give None."""
        if isinstance(of, NamedType):
            if of.full_name in _TASKS:
                return of.arguments[0] if of.arguments else None
            if of.full_name.startswith("System.Threading.Tasks.") or of.full_name.startswith("System.Runtime.CompilerServices."):
                return None
        return of

    def is_a(self, of: Type | None, identity: str) -> bool:
        """It surely is, derives from or implements the type of a full name."""
        if isinstance(of, TypeParameter):
            return any(self.is_a(bound, identity) for bound in self.constraints(of))
        return isinstance(of, NamedType) and self.resolver.is_subtype(of, identity) is True

    def named(self, full_name: str) -> Type | None:
        return self.resolver.named(full_name)

    # --- names ---

    def meaning(self, expr: ir.Expr, env: Env) -> Meaning:
        """A value, or a type or namespace that a longer name may go on from."""
        if isinstance(expr, ir.Name):
            return self._simple(expr, env)
        if isinstance(expr, ir.Member):
            return self._access(expr, env)
        return Meaning(self.type_of(expr, env))

    def _simple(self, expr: ir.Name, env: Env) -> Meaning:
        name = expr.name
        binding = env.find(name)
        if binding is not None:
            return Meaning(binding.type)
        owner = env.routine.owner
        if name in ("this", "base"):
            return Meaning(self.resolver.bases(owner).base if name == "base" and owner is not None else owner)
        if name in PREDEFINED:
            return Meaning(self.resolver.named(PREDEFINED[name]), True)
        if expr.type_arguments and (of := written_type(self.resolver, ir.TypeRef(name, expr.type_arguments), env)) is not None:
            return Meaning(of, True)
        for index, enclosing in enumerate(env.scope.enclosing):
            found = self.members(owner if index == 0 and owner is not None else own_type(enclosing), name)
            if found:
                return self._of_members(found, env)
        found_by_name = resolve_simple_name(self.resolver, name, env.scope)
        if isinstance(found_by_name, tuple):
            return self._of_members(found_by_name, env)
        if isinstance(found_by_name, Namespace):
            return Meaning(namespace=found_by_name.name)
        return Meaning(closed(found_by_name, env.routine), True) if found_by_name is not None else UNKNOWN

    def _of_members(self, members: tuple[Member, ...], env: Env) -> Meaning:
        first = members[0]
        return Meaning(None if is_method(first) else closed(member_type(self.resolver, first), env.routine), False, members)

    def _access(self, expr: ir.Member, env: Env) -> Meaning:
        target = self.meaning(expr.target, env)
        if target.namespace is not None:
            inner = join_name(target.namespace, expr.name, len(expr.type_arguments))
            symbol = self.resolver.declared(inner, env.scope)
            if symbol is not None:
                arguments = tuple(written_type(self.resolver, a, env) for a in expr.type_arguments)
                return Meaning(NamedType(symbol, arguments), True)
            return Meaning(namespace=inner) if self.resolver.has_namespace(inner) else UNKNOWN
        if target.type is None:
            return UNKNOWN
        members = self.members(target.type, expr.name)
        if members:
            return self._of_members(members, env)
        if isinstance(target.type, NamedType):
            nested = self.resolver.nested_type(target.type, expr.name, (), env.scope)
            if nested is not None:
                return Meaning(nested, True)
            if expr.name.startswith("Item") and expr.name[4:].isdigit() and target.type.full_name.startswith("System.ValueTuple`"):
                at = int(expr.name[4:]) - 1
                return Meaning(target.type.arguments[at]) if 0 <= at < len(target.type.arguments) else UNKNOWN
        return UNKNOWN

    # --- what is bound ---

    def bind_pattern(self, pattern: ir.Pattern, of: Callable[[], Type | None], env: Env, value: ir.Expr | None = None) -> None:
        """Adds the names that a pattern binds."""
        written = pattern.type

        def own() -> Type | None:
            return written_type(self.resolver, written, env) if written is not None else of()

        if pattern.name:
            env.bind(pattern.name, Binding("pattern", own, value, env))
        for child in pattern.children:  # `not { } order`: the same value
            self.bind_pattern(child, own, env, value)
        for name, field in pattern.fields:
            self.bind_pattern(field, lambda name=name: self._property(own(), name), env)  # type: ignore[misc]

    def _property(self, of: Type | None, name: str) -> Type | None:
        for step in name.split("."):
            members = self.members(of, step)
            of = member_type(self.resolver, members[0]) if members else None
        return of

    def deconstructed(self, of: Type | None, at: int) -> Type | None:
        """Part `at` of a tuple or positional record."""
        if not isinstance(of, NamedType):
            return None
        if of.full_name.startswith("System.ValueTuple`"):
            return of.arguments[at] if at < len(of.arguments) else None
        if of.full_name == "System.Collections.Generic.KeyValuePair`2":
            return of.arguments[at] if at < len(of.arguments) else None
        if isinstance(of.symbol, WorkspaceType):
            for path, part in of.symbol.parts:
                if part.parameters is not None and at < len(part.parameters):
                    return member_type(self.resolver, WorkspaceMember(of, path, part, None, part.parameters[at]))
        return None


# --- one kind of expression each -----------------------------------------------------------------------------------------


def _name_of(function: ir.Expr) -> str:
    return function.name if isinstance(function, (ir.Name, ir.Member)) else ""


def _value(typing: Typing, expr: Any, env: Env) -> Type | None:
    found = typing.meaning(expr, env)
    return None if found.is_type else found.type


def _literal(typing: Typing, expr: Any, env: Env) -> Type | None:
    if expr.kind == "number":
        return typing.resolver.named("System.Int32" if isinstance(expr.value, int) else "System.Double")
    name = _LITERALS.get(expr.kind)
    return typing.resolver.named(name) if name is not None else None


def _fixed(name: str) -> Callable[[Typing, Any, Env], Type | None]:
    return lambda typing, expr, env: typing.resolver.named(name)


def _call(typing: Typing, expr: Any, env: Env) -> Type | None:
    return typing.invocation(expr, env).returns


def _new(typing: Typing, expr: Any, env: Env) -> Type | None:
    return written_type(typing.resolver, expr.type, env)


def _binary(typing: Typing, expr: Any, env: Env) -> Type | None:
    if expr.operator in _COMPARISONS:
        return typing.resolver.named("System.Boolean")
    if expr.operator == "??":
        return _not_null(typing.type_of(expr.left, env)) or typing.type_of(expr.right, env)
    return typing.type_of(expr.left, env) or typing.type_of(expr.right, env)


def _not_null(of: Type | None) -> Type | None:
    if isinstance(of, NamedType) and of.full_name == "System.Nullable`1" and of.arguments:
        return of.arguments[0]
    return of


def _unary(typing: Typing, expr: Any, env: Env) -> Type | None:
    if expr.operator == "await":
        return typing.awaited(typing.type_of(expr.operand, env))
    if expr.operator == "!":
        return typing.resolver.named("System.Boolean")
    return None if expr.operator == "throw" else typing.type_of(expr.operand, env)


def _conditional(typing: Typing, expr: Any, env: Env) -> Type | None:
    return typing.type_of(expr.when_true, env) or typing.type_of(expr.when_false, env)


def _cast(typing: Typing, expr: Any, env: Env) -> Type | None:
    return written_type(typing.resolver, expr.type, env)


def _index(typing: Typing, expr: Any, env: Env) -> Type | None:
    of = typing.type_of(expr.target, env)
    if isinstance(of, ArrayType):
        return of.element
    if not isinstance(of, NamedType):
        return None
    for member in declared_members(of, "this[]"):
        return member_type(typing.resolver, member)
    for candidate in (of, *typing.resolver.supertypes(of).interfaces):
        if candidate.full_name in _DICTIONARIES and len(candidate.arguments) == 2:
            return candidate.arguments[1]
    return typing.element(of)


def _collection(typing: Typing, expr: Any, env: Env) -> Type | None:
    if expr.element_type is not None:
        return ArrayType(written_type(typing.resolver, expr.element_type, env))
    return None


def _tuple(typing: Typing, expr: Any, env: Env) -> Type | None:
    symbol = typing.resolver.table.type("System.ValueTuple", len(expr.items))
    return NamedType(symbol, tuple(typing.type_of(a.value, env) for a in expr.items)) if symbol is not None else None


def _switch(typing: Typing, expr: Any, env: Env) -> Type | None:
    for pattern, _, result in expr.arms:
        inner = env.inner()
        typing.bind_pattern(pattern, lambda: typing.type_of(expr.value, env), inner)
        of = typing.type_of(result, inner)
        if of is not None:
            return of
    return None


def _query(typing: Typing, expr: Any, env: Env) -> Type | None:
    """`from x in xs ... select y`: a sequence of the kind of `xs`, of the type of `y`."""
    inner, source = env.inner(), None
    for kind, name, value in expr.clauses:
        if kind in ("from", "join"):
            scope = inner
            inner = inner.inner()
            of = typing.type_of(value, scope)
            source = source or of
            element = typing.element(of)
            inner.bind(name, Binding("element", lambda element=element: element, value, scope))  # type: ignore[misc]
        elif kind == "let":
            scope = inner
            inner = inner.inner()
            inner.bind(name, Binding("local", lambda value=value, scope=scope: typing.type_of(value, scope), value, scope))  # type: ignore[misc]
        elif kind == "select" and isinstance(source, NamedType) and len(source.arguments) == 1:
            base = source if source.full_name.startswith("System.") else None
            queryable = typing.resolver.table.type("System.Linq.IQueryable`1")
            symbol = base.symbol if base is not None else queryable
            return NamedType(symbol, (typing.type_of(value, inner),)) if symbol is not None else None
    return source


_HANDLERS: dict[type, Callable[[Typing, Any, Env], Type | None]] = {
    ir.Name: _value, ir.Member: _value, ir.Literal: _literal, ir.Interpolated: _fixed("System.String"), ir.Call: _call, ir.New: _new,
    ir.Binary: _binary, ir.Unary: _unary, ir.Conditional: _conditional, ir.Cast: _cast, ir.Index: _index, ir.Collection: _collection,
    ir.TupleExpr: _tuple, ir.SwitchExpr: _switch, ir.Query: _query, ir.IsPattern: _fixed("System.Boolean"),
    ir.TypeOf: _fixed("System.Type"), ir.NameOf: _fixed("System.String"),
    ir.Assign: lambda typing, expr, env: typing.type_of(expr.target, env), ir.With: lambda typing, expr, env: typing.type_of(expr.target, env),
}
