"""Members of a type by name, and what a name in an expression refers to.

Invariant: members come nearest first: those of the type itself, then of its base classes (of an interface: of its interfaces);
which overload a call takes is not decided here. Locals and parameters are the caller's: ask here for what they do not have.
Rules: C# specification, "Simple names" and "Member access"
(https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/expressions#1284-simple-names).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from routewarden.facts.declarations import MemberFacts, TypeFacts
from routewarden.facts.syntax_ir import Parameter
from routewarden.framework.table import Constant, FrameworkMethod, FrameworkType
from routewarden.model.resolver import Resolver
from routewarden.model.scope import Scope
from routewarden.model.symbols import (
    NamedType,
    Namespace,
    Type,
    bindings_of,
    is_interface,
    is_static,
    own_type,
    substitute,
)
from routewarden.model.workspace_types import TypeParameter, WorkspaceType, join_name


@dataclass(frozen=True, slots=True)
class WorkspaceMember:
    """`facts` is None for the property of a positional record's `parameter`, or a primary constructor's parameter itself."""

    declaring: NamedType
    path: str
    part: TypeFacts
    facts: MemberFacts | None
    parameter: Parameter | None = None

    @property
    def name(self) -> str:
        if self.facts is not None:
            return self.facts.name
        return self.parameter.name if self.parameter is not None else ""


@dataclass(frozen=True, slots=True)
class FrameworkMember:
    """`kind`: method property constant enum-member; `method` is there for a method, `value` for the last two."""

    declaring: NamedType
    name: str
    kind: str
    type: str = ""
    method: FrameworkMethod | None = None
    value: Constant = None


Member = WorkspaceMember | FrameworkMember
Meaning = tuple[Member, ...] | Type | Namespace


def declared_members(of: NamedType, name: str) -> tuple[Member, ...]:
    """The members of this name that the type itself declares, over all its parts."""
    symbol = of.symbol
    if isinstance(symbol, FrameworkType):
        return tuple(_framework_members(of, symbol, name))
    return tuple(_workspace_members(of, symbol, name))


def members_named(resolver: Resolver, of: Type, name: str) -> tuple[Member, ...]:
    """The members of this name, the nearest type's first."""
    if not isinstance(of, NamedType):
        return ()
    above = resolver.supertypes(of)
    chain = (of, *(above.interfaces if is_interface(of.symbol) else above.classes))
    return tuple(member for holder in chain for member in declared_members(holder, name))


def member_type(resolver: Resolver, member: Member) -> Type | None:
    """The type of a field or property, what a method returns; the type parameters of a method stay as they are."""
    bindings = bindings_of(member.declaring)
    if isinstance(member, WorkspaceMember):
        ref = member.facts.type if member.facts is not None else member.parameter.type if member.parameter is not None else None
        if member.facts is not None and member.facts.kind == "enum-member":
            return member.declaring
        if ref is None:
            return None
        return substitute(resolver.resolve_type(ref, resolver.scope(member.path, member.part, member.facts)), bindings)
    if member.kind == "enum-member":
        return member.declaring
    if member.method is not None:
        return resolver.metadata_type(member.method.returns, method_bindings(member.declaring, member.method))
    return resolver.metadata_type(member.type, {p.name: a for p, a in bindings.items()}) if member.type else None


def method_bindings(declaring: NamedType, method: FrameworkMethod) -> dict[str, Type | None]:
    """Names of type parameters, as a framework method's signature spells them, and what they stand for."""
    names: dict[str, Type | None] = {p.name: a for p, a in bindings_of(declaring).items()}
    return names | {name: TypeParameter(name, method_owner(declaring, method)) for name in method.generic}


def method_owner(declaring: NamedType, method: FrameworkMethod) -> str:
    """What the type parameters of a framework method call their owner."""
    return f"{declaring.full_name}.{method.name}"


def resolve_simple_name(resolver: Resolver, name: str, scope: Scope) -> Meaning | None:
    """What an identifier in an expression means where no local or parameter has the name: members, a type or a namespace.

    Members and nested types of the enclosing types come first, then, namespace by namespace outwards: namespaces, types, aliases,
    and together what usings bring: types, and static members of `using static`.
    """
    for enclosing in scope.enclosing:
        own = own_type(enclosing)
        members = members_named(resolver, own, name)
        if members:
            return members
        nested = resolver.nested_type(own, name, (), scope)
        if nested is not None:
            return nested
    for loose in (False, True):
        for level in scope.levels:
            found: Meaning | None = next(resolver.at_level(level, name, (), scope, loose), None)
            if found is None:
                statics = resolver.imports(level, scope).statics
                found = tuple(m for holder in statics for m in declared_members(holder, name) if _is_static_member(m)) or None
            if found is not None:
                return found
    return None


def resolve_member_access(resolver: Resolver, target: Meaning, name: str, scope: Scope) -> Meaning | None:
    """What `target.name` means. Of a property that is called as its type ("Color Color"), static members are found as well."""
    if isinstance(target, Namespace):
        inner = join_name(target.name, name)
        if resolver.has_namespace(inner):
            return Namespace(inner)
        symbol = resolver.declared(inner, scope)
        return None if symbol is None else NamedType(symbol)
    if isinstance(target, tuple):
        of = member_type(resolver, target[0])
        if of is None:
            return None
        target = of
    members = members_named(resolver, target, name)
    if members:
        return members
    return resolver.nested_type(target, name, (), scope) if isinstance(target, NamedType) else None


def _workspace_members(of: NamedType, symbol: WorkspaceType, name: str) -> Iterator[WorkspaceMember]:
    symbol.members_named(name)  # says that the answer rests on them
    for path, part in symbol.parts:
        for facts in part.members:
            if facts.name == name and facts.kind not in ("constructor", "destructor"):
                yield WorkspaceMember(of, path, part, facts)
        for parameter in part.parameters or ():
            if parameter.name == name:
                yield WorkspaceMember(of, path, part, None, parameter)


def _framework_members(of: NamedType, symbol: FrameworkType, name: str) -> Iterator[FrameworkMember]:
    if name in symbol.properties:
        yield FrameworkMember(of, name, "property", symbol.properties[name])
    if name in symbol.constants:
        yield FrameworkMember(of, name, "constant", _constant_type(symbol.constants[name]), None, symbol.constants[name])
    if name in symbol.values:
        yield FrameworkMember(of, name, "enum-member", "", None, symbol.values[name])
    for method in symbol.methods_named(name):
        yield FrameworkMember(of, name, "method", method.returns, method)


def _constant_type(value: Constant) -> str:
    """The table has the value only; an integer's width is not told."""
    if isinstance(value, str):
        return "System.String"
    if isinstance(value, bool):
        return "System.Boolean"
    return "System.Int32" if isinstance(value, int) else "System.Double" if isinstance(value, float) else ""


def _is_static_member(member: Member) -> bool:
    if isinstance(member, FrameworkMember):
        if member.method is not None:
            return member.method.is_static and not member.method.is_extension
        return member.kind != "property" or is_static(member.declaring.symbol)
    facts = member.facts
    if facts is None:
        return False
    extension = bool(facts.parameters) and "this" in facts.parameters[0].modifiers
    return (bool(facts.modifiers & {"static", "const"}) or facts.kind == "enum-member") and not extension
