"""Methods as calls see them: parameters, result and type parameters, of the workspace and the framework alike.

Invariant: types are those of the declaring type as it was reached, closed; the method's own type parameters stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routewarden.facts import syntax_ir as ir
from routewarden.framework.table import FrameworkType
from routewarden.model.member_lookup import FrameworkMember, Member, WorkspaceMember, member_type, method_bindings, method_owner
from routewarden.model.resolver import Resolver
from routewarden.model.symbols import ArrayType, NamedType, Type, bindings_of, substitute
from routewarden.model.workspace_types import TypeParameter, WorkspaceType

_EXPRESSION = "System.Linq.Expressions.Expression`1"


@dataclass(frozen=True, slots=True)
class FormalParameter:
    name: str
    type: Type | None
    modifier: str = ""  # "" "out" "ref" "params" "this"
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    parameters: tuple[FormalParameter, ...]
    returns: Type | None
    type_parameters: tuple[TypeParameter, ...]
    owner: str  # what the type parameters call their owner
    is_static: bool
    is_extension: bool


def is_method(member: Member) -> bool:
    if isinstance(member, FrameworkMember):
        return member.method is not None
    return member.facts is not None and member.facts.kind == "method"


def signature_of(resolver: Resolver, member: Member) -> Signature:
    """The signature of a method."""
    if isinstance(member, WorkspaceMember):
        return _of_workspace(resolver, member)
    method = member.method
    assert method is not None
    names = method_bindings(member.declaring, method)
    owner = method_owner(member.declaring, method)
    parameters = tuple(
        FormalParameter(
            p.name, resolver.metadata_type(p.type, names), "this" if method.is_extension and i == 0 else p.modifier,
            p.optional or p.modifier == "params",
        )
        for i, p in enumerate(method.parameters)
    )
    generics = tuple(TypeParameter(n, owner) for n in method.generic)
    return Signature(parameters, member_type(resolver, member), generics, owner, method.is_static, method.is_extension)


def _of_workspace(resolver: Resolver, member: WorkspaceMember) -> Signature:
    facts = member.facts
    assert facts is not None
    scope = resolver.scope(member.path, member.part, facts)
    bindings = bindings_of(member.declaring)
    parameters = tuple(
        FormalParameter(
            p.name, substitute(resolver.resolve_type(p.type, scope), bindings) if p.type is not None else None,
            next((m for m in p.modifiers if m in ("out", "ref", "params", "this")), ""),
            p.default is not None or "params" in p.modifiers,
        )
        for p in facts.parameters
    )
    generics = tuple(TypeParameter(n, facts.id) for n in facts.type_parameters)
    extension = bool(facts.parameters) and "this" in facts.parameters[0].modifiers
    return Signature(parameters, member_type(resolver, member), generics, facts.id, "static" in facts.modifiers, extension)


def delegate_shape(resolver: Resolver, of: Type | None) -> tuple[tuple[Type | None, ...], Type | None] | None:
    """(parameter types, result) of a delegate type or of an expression of one; None where it is neither."""
    if not isinstance(of, NamedType):
        return None
    if of.full_name == _EXPRESSION:
        return delegate_shape(resolver, of.arguments[0]) if of.arguments else None
    symbol = of.symbol
    if symbol.kind != "delegate":
        return None
    if of.full_name.startswith("System.Func`"):
        return of.arguments[:-1], of.arguments[-1]
    if of.full_name.startswith("System.Action"):
        return of.arguments, None
    if isinstance(symbol, FrameworkType):
        for method in symbol.methods_named("Invoke"):
            found = signature_of(resolver, FrameworkMember(of, "Invoke", "method", method.returns, method))
            return tuple(p.type for p in found.parameters), found.returns
    elif isinstance(symbol, WorkspaceType):
        path, part = symbol.parts[0]
        scope = resolver.header_scope(path, part)
        types = (resolver.resolve_type(p.type, scope) if p.type is not None else None for p in part.parameters or ())
        return tuple(substitute(t, bindings_of(of)) for t in types), None
    return (), None


def parameter_of(signature: Signature, arguments: Sequence[ir.Argument], at: int, reduced: bool) -> FormalParameter | None:
    """The parameter that the argument at a place goes into. `reduced`: an extension method called on its receiver, which is no argument."""
    formal = signature.parameters[1:] if reduced else signature.parameters
    name = arguments[at].name
    if name is not None:
        return next((p for p in signature.parameters if p.name == name), None)
    if at < len(formal):
        found = formal[at]
    elif formal and formal[-1].modifier == "params":
        found = formal[-1]
    else:
        return None
    if found.modifier == "params" and isinstance(found.type, ArrayType) and len(arguments) >= len(formal):
        return FormalParameter(found.name, found.type.element, "params", True)
    return found
