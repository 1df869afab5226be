"""Extension methods: which are found for a name, a place and a receiver.

Invariant: the search goes outwards from the innermost namespace, at each level first over the classes declared in the namespace,
then over those that its usings bring, and ends where a method fits the receiver, as the compiler's does. A fit is certain,
impossible, or not to be known (a type on the way is declared nowhere); the last are kept and say so.
https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/expressions#128103-extension-method-invocations
Deliberately absent: the choice among overloads, and type arguments that only the other arguments tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from routewarden.model.member_lookup import FrameworkMember, Member, WorkspaceMember, member_type, method_bindings, method_owner
from routewarden.model.resolver import Resolver
from routewarden.model.scope import Scope
from routewarden.model.symbols import ArrayType, NamedType, Type, substitute
from routewarden.model.workspace_types import TypeParameter

# What `T[]` converts to besides System.Array and its interfaces:
# https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/arrays#1723-arrays-and-the-generic-collection-interfaces
_ARRAY_INTERFACES = frozenset(
    f"System.Collections.Generic.{name}`1"
    for name in ("IList", "ICollection", "IEnumerable", "IReadOnlyList", "IReadOnlyCollection")
)

Bindings = dict[TypeParameter, Type | None]


@dataclass(frozen=True, slots=True)
class ExtensionMethod:
    """`bindings`: the method's type parameters as the receiver fixes them. `certain`: the receiver surely fits."""

    member: Member
    bindings: Mapping[TypeParameter, Type | None] = field(default_factory=dict)
    certain: bool = True


def extension_methods(resolver: Resolver, name: str, scope: Scope, receiver: Type | None) -> tuple[ExtensionMethod, ...]:
    """The extension methods that `receiver.name(...)` may call in `scope`; with an unknown receiver, those of the first level.

    Uncertain ones of levels further in stand before the certain ones. Projects that are not referred to count only when nothing
    else has the name.
    """
    for loose in (False, True):
        doubtful: list[ExtensionMethod] = []
        for candidates in _steps(resolver, name, scope, loose):
            fitting = [f for f in (_fit(resolver, member, receiver) for member in candidates) if f is not None]
            certain = [f for f in fitting if f.certain]
            doubtful += [f for f in fitting if not f.certain]
            if certain or (receiver is None and doubtful):
                return (*doubtful, *certain)
        if doubtful:
            return tuple(doubtful)
    return ()


def return_type(resolver: Resolver, method: ExtensionMethod) -> Type | None:
    """What the call gives, as far as the receiver tells; type parameters that it does not tell stay."""
    return substitute(member_type(resolver, method.member), method.bindings)


# --- candidates ---


def _steps(resolver: Resolver, name: str, scope: Scope, loose: bool) -> Iterator[tuple[Member, ...]]:
    """The methods of each step of the search."""
    here = _workspace_candidates(resolver, name, scope, loose)
    classes = dict.fromkeys(resolver.table.extension_types(name))
    seen: set[str] = set()  # a class that did not fit further in does not fit further out
    for level in scope.levels:
        yield _of_namespaces(resolver, name, (level.namespace,), here, classes, seen)
        imports = resolver.imports(level, scope)
        statics = {t.full_name for t in imports.statics}
        brought: list[Member] = list(_of_namespaces(resolver, name, imports.namespaces, here, classes, seen))
        brought += (m for m in here if m.declaring.full_name in statics - seen)
        brought += _framework_candidates(resolver, name, [c for _, c in classes if c in statics - seen])
        seen |= statics
        yield tuple(dict.fromkeys(brought))


def _of_namespaces(
    resolver: Resolver,
    name: str,
    namespaces: tuple[str, ...],
    here: tuple[WorkspaceMember, ...],
    classes: Mapping[tuple[str, str], None],
    seen: set[str],
) -> tuple[Member, ...]:
    of_workspace = [m for m in here if m.declaring.symbol.namespace in namespaces and m.declaring.full_name not in seen]
    of_framework = [full_name for namespace, full_name in classes if namespace in namespaces and full_name not in seen]
    seen.update(m.declaring.full_name for m in of_workspace)
    seen.update(of_framework)
    return (*of_workspace, *_framework_candidates(resolver, name, of_framework))


def _workspace_candidates(resolver: Resolver, name: str, scope: Scope, loose: bool) -> tuple[WorkspaceMember, ...]:
    everything = loose or scope.project not in resolver.types.projects
    visible = resolver.types.visible(scope.project)
    return tuple(
        WorkspaceMember(NamedType(owner), path, part, facts)
        for owner, path, facts in resolver.types.extension_methods(name)
        if everything or owner.project in visible
        for at, part in owner.parts
        if at == path and any(m is facts for m in part.members)
    )


def _framework_candidates(resolver: Resolver, name: str, classes: list[str]) -> Iterator[FrameworkMember]:
    for full_name in classes:
        symbol = resolver.table.type(full_name)
        for method in symbol.methods_named(name) if symbol is not None else ():
            if symbol is not None and method.is_extension:
                yield FrameworkMember(NamedType(symbol), name, "method", method.returns, method)


# --- does the receiver fit ---


def _fit(resolver: Resolver, member: Member, receiver: Type | None) -> ExtensionMethod | None:
    """The method with what the receiver fixes; None: the receiver has no identity, reference or boxing conversion to it."""
    if receiver is None:
        return ExtensionMethod(member, {}, False)
    bindings: Bindings = {}
    constraints: list[tuple[TypeParameter, Type | None]] = []
    wanted: Type | None
    if isinstance(member, WorkspaceMember):
        if member.facts is None:
            return None
        owner = member.facts.id
        ref = member.facts.parameters[0].type
        wanted = None if ref is None else resolver.resolve_type(ref, resolver.scope(member.path, member.part, member.facts))
    elif member.method is not None:
        owner = method_owner(member.declaring, member.method)
        names = method_bindings(member.declaring, member.method)
        wanted = resolver.metadata_type(member.method.parameters[0].type, names)
        constraints = [(TypeParameter(n, owner), resolver.metadata_type(t, names)) for n, t in member.method.constraints]
    else:
        return None
    verdict = converts(resolver, receiver, wanted, owner, bindings)
    for parameter, constraint in constraints:
        if verdict is not False and (bound := bindings.get(parameter)) is not None:
            met = converts(resolver, bound, substitute(constraint, bindings), owner, dict(bindings))
            verdict = False if met is False else None if met is None else verdict
    return None if verdict is False else ExtensionMethod(member, bindings, verdict is True)


def converts(resolver: Resolver, of: Type, to: Type | None, owner: str, bindings: Bindings) -> bool | None:
    """By identity, reference or boxing; type parameters of `owner` in `to` are bound on the way. None: not to be known."""
    if to is None:
        return None
    if isinstance(to, TypeParameter):
        return _bind(to, of, bindings) if to.owner == owner else of == to
    if isinstance(of, TypeParameter):
        return True if _is_object(to) else None  # what it is constrained to is not looked at
    if isinstance(to, ArrayType):
        return _unifies(resolver, of.element, to.element, owner, bindings) if isinstance(of, ArrayType) else False
    if _is_object(to):
        return True
    if isinstance(of, ArrayType):
        if to.full_name in _ARRAY_INTERFACES and to.arguments:
            return _unifies(resolver, of.element, to.arguments[0], owner, bindings)
        array = resolver.named("System.Array")
        return None if array is None else converts(resolver, array, to, owner, bindings)
    above = resolver.supertypes(of)
    verdicts = []
    for candidate in (of, *above.all):
        if candidate.symbol is to.symbol:
            trial = dict(bindings)
            verdict = _arguments_unify(resolver, candidate, to, owner, trial)
            if verdict is True:
                bindings |= trial
                return True
            verdicts.append(verdict)
    return None if above.unresolved or None in verdicts else False


def _arguments_unify(resolver: Resolver, of: NamedType, to: NamedType, owner: str, bindings: Bindings) -> bool | None:
    verdict: bool | None = True
    for given, wanted in zip(of.arguments, to.arguments, strict=False):
        one = _unifies(resolver, given, wanted, owner, bindings)
        if one is False and to.symbol.kind in ("interface", "delegate") and given is not None:
            # Variance is not in the table; interfaces and delegates have it nearly always where code relies on it.
            one = converts(resolver, given, wanted, owner, bindings)
        if one is False:
            return False
        verdict = None if one is None else verdict
    return verdict


def _unifies(resolver: Resolver, of: Type | None, to: Type | None, owner: str, bindings: Bindings) -> bool | None:
    """`of` is what `to` says, type parameters of `owner` bound."""
    if isinstance(to, TypeParameter) and to.owner == owner:
        return _bind(to, of, bindings)
    if of is None or to is None:
        return None
    if isinstance(of, ArrayType) and isinstance(to, ArrayType):
        return _unifies(resolver, of.element, to.element, owner, bindings)
    if isinstance(of, NamedType) and isinstance(to, NamedType) and of.symbol is to.symbol:
        return _arguments_unify(resolver, of, to, owner, bindings)
    return of == to


def _bind(parameter: TypeParameter, to: Type | None, bindings: Bindings) -> bool | None:
    known = bindings.setdefault(parameter, to)
    return True if known == to else None


def _is_object(of: Type) -> bool:
    return isinstance(of, NamedType) and of.full_name == "System.Object"
