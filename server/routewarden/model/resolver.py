"""What a type name in C# means, as the compiler finds it, over the workspace and the framework.

Invariant: a name resolves because of where it stands and what is declared, never because of its spelling; what is declared
nowhere is None, and callers treat that as unknown. Answers depend on the frozen inputs only and are kept by the instance.
Rules: C# specification, "Namespace and type names"
(https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/basic-concepts#78-namespace-and-type-names).
Where this differs: the code is taken to compile, so a meaning that leads nowhere is given up for the next one further out (a
package may declare a namespace `Polly` that the project never referred to); of several imported candidates those of the own
project win, then those of referenced projects, of .NET and ASP.NET Core, of packages, and a tie is None; types of projects that
are not referred to are looked at only when nothing else has the name.
Deliberately absent: accessibility, members (`model.member_lookup`), extension methods (`model.extension_lookup`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from routewarden.facts.declarations import MemberFacts, TypeFacts, UsingDirective
from routewarden.facts.syntax_ir import TypeRef
from routewarden.framework.table import FrameworkTable, FrameworkType
from routewarden.framework.type_names import parse_type_name
from routewarden.model.scope import Scope, UsingScope, body_scope, header_scope, project_usings, using_levels
from routewarden.model.symbols import (
    ArrayType,
    NamedType,
    Namespace,
    Type,
    TypeSymbol,
    bindings_of,
    is_interface,
    is_value_type,
    own_type,
    substitute,
    type_parameters,
)
from routewarden.model.tracking import Memo, usings_of
from routewarden.model.workspace_types import WorkspaceType, WorkspaceTypes, arity_of, container_of, join_name, simple_name_of

# https://learn.microsoft.com/dotnet/csharp/language-reference/builtin-types/built-in-types
PREDEFINED = {
    "bool": "System.Boolean", "byte": "System.Byte", "sbyte": "System.SByte", "char": "System.Char",
    "decimal": "System.Decimal", "double": "System.Double", "float": "System.Single", "int": "System.Int32",
    "uint": "System.UInt32", "nint": "System.IntPtr", "nuint": "System.UIntPtr", "long": "System.Int64",
    "ulong": "System.UInt64", "short": "System.Int16", "ushort": "System.UInt16", "object": "System.Object",
    "string": "System.String", "dynamic": "System.Object", "void": "System.Void",
}
_IMPLIED_BASE = {"struct": "System.ValueType", "record struct": "System.ValueType", "enum": "System.Enum",
                 "delegate": "System.MulticastDelegate"}
_OWN, _REFERENCED, _SHARED_FRAMEWORK, _PACKAGE, _UNREFERENCED = range(5)
_MOST_INSTANCES = 16  # of one generic interface among the supertypes; only code that does not compile has more


@dataclass(frozen=True, slots=True)
class Bases:
    """The direct ones. `unresolved`: bases as written that nothing declares; they may be classes or interfaces."""

    base: NamedType | None
    interfaces: tuple[NamedType, ...]
    unresolved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Supertypes:
    """All of them: base classes nearest first, then interfaces; `unresolved` from anywhere in the chain."""

    classes: tuple[NamedType, ...]
    interfaces: tuple[NamedType, ...]
    unresolved: tuple[str, ...]

    @property
    def all(self) -> tuple[NamedType, ...]:
        return self.classes + self.interfaces


@dataclass(frozen=True, slots=True)
class Imports:
    """The usings of a level, resolved; those that nothing declares are left out."""

    namespaces: tuple[str, ...]
    statics: tuple[NamedType, ...]
    aliases: Mapping[str, tuple[UsingDirective, Scope]]  # the scope is where the alias's target is looked up


_NO_BASES = Bases(None, ())
_NO_IMPORTS = Imports((), (), {})
_Entity = Type | Namespace


class Resolver:
    """Answers for one state of the workspace: after an edit, `drop` what may have changed."""

    def __init__(self, types: WorkspaceTypes, table: FrameworkTable) -> None:
        self.types = types
        self.table = table
        tracker = types.tracker
        self._shared: dict[str, UsingScope] = {}  # usings of projects: when one changes, a new resolver is made
        self._framework_names: dict[str, frozenset[str]] = {}
        self._files: Memo[tuple[str, str], Scope] = Memo(tracker)
        self._scopes: Memo[tuple[str, str, str], Scope] = Memo(tracker)
        self._outside: Memo[UsingScope, Scope] = Memo(tracker)
        self._imports: Memo[UsingScope, Imports] = Memo(tracker)
        self._resolved: Memo[tuple[TypeRef, Scope], Type | None] = Memo(tracker)
        self._attributes: Memo[tuple[TypeRef, Scope], NamedType | None] = Memo(tracker)
        self._bases: Memo[TypeSymbol, Bases] = Memo(tracker)
        self._supertypes: Memo[NamedType, Supertypes] = Memo(tracker)
        self._names_above: Memo[NamedType, tuple[frozenset[str], bool]] = Memo(tracker)  # (full names, a base is not known)

    def drop(self, mask: int) -> None:
        """Forgets every answer that rests on one of the names (see `model.tracking`)."""
        for memo in (self._files, self._scopes, self._outside, self._imports, self._resolved, self._attributes, self._bases,
                     self._supertypes, self._names_above):
            memo.drop(mask)
        self.types.drop(mask)

    # --- scopes ---

    def scope(self, path: str, part: TypeFacts | None = None, member: MemberFacts | None = None) -> Scope:
        """Inside a file (assembly attributes, top-level statements), a type (its own attributes too), or a member of it."""
        if part is None:
            return self._file_scope(path, "")
        # Only type parameters make the scope of a member differ from that of its type.
        key = (path, part.id, member.id if member is not None and member.type_parameters else "")
        return self._scopes.of(
            key, lambda: body_scope(self._file_scope(path, part.namespace), self._chain(path, part), member if key[2] else None)
        )

    def header_scope(self, path: str, part: TypeFacts) -> Scope:
        """Where the bases and constraints of a type part are looked up."""
        key = (path, part.id, "<header>")
        return self._scopes.of(key, lambda: header_scope(self._file_scope(path, part.namespace), self._chain(path, part), part))

    def _file_scope(self, path: str, namespace: str) -> Scope:
        return self._files.of((path, namespace), lambda: self._make_file_scope(path, namespace))

    def _make_file_scope(self, path: str, namespace: str) -> Scope:
        self.types.tracker.touch(usings_of(path))
        project = self.types.index.project_of(path)
        shared = self._shared.get(project)
        if shared is None:
            shared = self._shared[project] = project_usings(self.types, project)
        return Scope(path, project, using_levels(self.types.index.facts(path), namespace, shared))

    def _chain(self, path: str, part: TypeFacts) -> tuple[WorkspaceType, ...]:
        found: list[WorkspaceType] = []
        current = self.types.of_part(path, part)
        while current is not None and current not in found:
            found.append(current)
            current = self.types.containing(current)
        return tuple(found)

    # --- types ---

    def resolve_type(self, ref: TypeRef, scope: Scope) -> Type | None:
        """The type that `ref` names in `scope`; None: nothing known has that name."""
        key = (ref, scope)
        return self._resolved.of(key, lambda: self._resolve(ref, scope))

    def resolve_attribute(self, ref: TypeRef, scope: Scope) -> NamedType | None:
        """The attribute class that `[ref]` names: with the suffix "Attribute" or without, whichever is an attribute class.

        https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/attributes#2232-attribute-specification
        """
        key = (ref, scope)
        return self._attributes.of(key, lambda: self._attribute(ref, scope))

    def _attribute(self, ref: TypeRef, scope: Scope) -> NamedType | None:
        suffixed = TypeRef(ref.name + "Attribute", ref.arguments)
        candidates = [t for t in (self.resolve_type(r, scope) for r in (suffixed, ref)) if isinstance(t, NamedType)]
        verdicts = [(self.is_subtype(t, "System.Attribute"), t) for t in candidates]
        # An unknown base may lead to System.Attribute, and the compiler accepted the class here.
        fitting = [t for v, t in verdicts if v] or [t for v, t in verdicts if v is None]
        return fitting[0] if fitting else None

    def named(self, identity: str) -> NamedType | None:
        """A framework type by its identity, with its own type parameters as arguments."""
        symbol = self.table.type(identity)
        return None if symbol is None else own_type(symbol)

    def metadata_type(self, ref: TypeRef | str, bindings: Mapping[str, Type | None]) -> Type | None:
        """A type of the framework's metadata, where type parameters are bare names that `bindings` explains."""
        if isinstance(ref, str):
            ref = parse_type_name(ref)
        found: Type | None
        if not ref.arguments and ref.name in bindings:
            found = bindings[ref.name]
        else:
            symbol = self.table.type(ref.name, len(ref.arguments))
            found = None if symbol is None else NamedType(symbol, tuple(self.metadata_type(a, bindings) for a in ref.arguments))
        for _ in range(ref.array):
            found = ArrayType(found)
        return found

    def entities(self, name: str, scope: Scope) -> Iterator[Namespace | Type]:
        """The meanings of a dotted name without type arguments, nearest first: namespaces and types."""
        parts = name.split(".")
        for loose in (False, True):
            for first in self._first(parts[0], (), scope, loose):
                yield from self._walk(first, parts, 1, (), scope, loose)

    def _resolve(self, ref: TypeRef, scope: Scope) -> Type | None:
        if ref.array:
            element = self.resolve_type(TypeRef(ref.name, ref.arguments), scope)
            for _ in range(ref.array):
                element = ArrayType(element)
            return element
        arguments = tuple(None if a.name == "" else self.resolve_type(a, scope) for a in ref.arguments)
        found: Type | None
        if ref.name == "(,)":
            tuple_type = self.table.type("System.ValueTuple", len(arguments))
            found = None if tuple_type is None else NamedType(tuple_type, arguments)
        elif ref.name in PREDEFINED:
            found = self.named(PREDEFINED[ref.name])
        else:
            found = self._resolve_name(ref.name, arguments, scope)
        if ref.nullable and isinstance(found, NamedType) and is_value_type(found.symbol):
            nullable = self.table.type("System.Nullable`1")
            return None if nullable is None else NamedType(nullable, (found,))
        return found

    def _resolve_name(self, name: str, arguments: tuple[Type | None, ...], scope: Scope) -> Type | None:
        qualifier, colons, rest = name.rpartition("::")
        parts = rest.split(".")
        for loose in (False, True):
            if colons:
                starts = [Namespace("")] if qualifier == "global" else list(self._alias(qualifier, scope))
                meanings = [m for s in starts for m in self._walk(s, parts, 0, arguments, scope, loose)]
                found = next((m for m in meanings if not isinstance(m, Namespace)), None)
            else:
                found = next((m for m in self._dotted(parts, arguments, scope, loose) if not isinstance(m, Namespace)), None)
            if found is not None:
                return found
        return None

    def _dotted(
        self, parts: list[str], arguments: tuple[Type | None, ...], scope: Scope, loose: bool
    ) -> Iterator[_Entity]:
        # The arguments of all parts stand together, so each division among the parts is tried.
        last = len(arguments) if len(parts) == 1 else 0
        for own in range(last, len(arguments) + 1):
            for first in self._first(parts[0], arguments[:own], scope, loose):
                yield from self._walk(first, parts, 1, arguments[own:], scope, loose)

    def _walk(
        self, start: _Entity, parts: list[str], at: int, arguments: tuple[Type | None, ...], scope: Scope, loose: bool
    ) -> Iterator[_Entity]:
        """The meanings of `parts[at:]` inside `start`."""
        if at == len(parts):
            if not arguments:
                yield start
            return
        last = len(arguments) if at == len(parts) - 1 else 0
        for own in range(last, len(arguments) + 1):
            for member in self._inside(start, parts[at], arguments[:own], scope, loose):
                yield from self._walk(member, parts, at + 1, arguments[own:], scope, loose)

    def _inside(
        self, container: _Entity, name: str, arguments: tuple[Type | None, ...], scope: Scope, loose: bool
    ) -> Iterator[_Entity]:
        if isinstance(container, NamedType):
            found = self.nested_type(container, name, arguments, scope, loose)
            if found is not None:
                yield found
        elif isinstance(container, Namespace):
            if not arguments and self.has_namespace(join_name(container.name, name)):
                yield Namespace(join_name(container.name, name))
            symbol = self._find(container.name, name, len(arguments), scope, loose)
            if symbol is not None:
                yield NamedType(symbol[1], arguments)

    def _first(self, name: str, arguments: tuple[Type | None, ...], scope: Scope, loose: bool) -> Iterator[_Entity]:
        """The meanings of the first part of a name, in the order of the specification."""
        if not arguments:
            yield from (p for p in scope.type_parameters if p.name == name)
        for enclosing in scope.enclosing:
            if not arguments:
                yield from (p for p in reversed(enclosing.type_parameters) if p.name == name)
            nested = self.nested_type(own_type(enclosing), name, arguments, scope, loose)
            if nested is not None:
                yield nested
        for level in scope.levels:
            yield from self.at_level(level, name, arguments, scope, loose)

    def at_level(
        self, level: UsingScope, name: str, arguments: tuple[Type | None, ...], scope: Scope, loose: bool = False
    ) -> Iterator[Namespace | Type]:
        """The meanings of a simple name in one of the scope's levels: declared in the namespace, an alias, imported."""
        yield from self._inside(Namespace(level.namespace), name, arguments, scope, loose)
        if not arguments:
            yield from self._alias_at(level, name, scope)
        imported = self._imported(level, name, arguments, scope, loose)
        if imported is not None:
            yield imported

    # --- declarations by name ---

    def has_namespace(self, namespace: str) -> bool:
        return self.types.has_namespace(namespace) or self.table.has_namespace(namespace)

    def declared(self, identity: str, scope: Scope) -> TypeSymbol | None:
        """The type of a full name ("Shop.Box`1") as the scope's project and file see it; projects not referred to come last."""
        name = simple_name_of(identity)
        for loose in (False, True):
            found = self._find(container_of(identity), name, arity_of(identity), scope, loose)
            if found is not None:
                return found[1]
        return None

    def nested_type(
        self, of: NamedType, name: str, arguments: tuple[Type | None, ...], scope: Scope, loose: bool = False
    ) -> NamedType | None:
        """A type declared in `of` or inherited from its bases, nearest first."""
        if not self.types.named(name) and not self._framework(name):
            return None
        above = self.supertypes(of)
        for holder in (of, *(above.interfaces if is_interface(of.symbol) else above.classes)):
            found = self._find(holder.full_name, name, len(arguments), scope, loose)
            if found is not None:
                return NamedType(found[1], holder.arguments + arguments)
        return None

    def _find(self, container: str, name: str, arity: int, scope: Scope, loose: bool) -> tuple[int, TypeSymbol] | None:
        """(rank, type) of the best declaration of a full name, as seen from the scope's project and file."""
        identity = join_name(container, name, arity)
        best: tuple[int, int, TypeSymbol] | None = None
        declared = self.types.named(name).get(identity, ())
        if declared:
            visible = self.types.visible(scope.project)
            for symbol in declared:
                if "file" in symbol.modifiers and symbol.parts[0][0] != scope.path:
                    continue
                if symbol.project in visible:
                    place = visible.index(symbol.project)
                    rank = _OWN if place == 0 else _REFERENCED
                elif scope.project not in self.types.projects:
                    place, rank = 0, _REFERENCED  # a file of no known project may see everything
                elif loose:
                    place, rank = 0, _UNREFERENCED
                else:
                    continue
                if best is None or (rank, place) < best[:2]:
                    best = (rank, place, symbol)
        if best is not None and best[0] != _UNREFERENCED:
            return best[0], best[2]
        if identity in self._framework(name):
            framework = self.table.type(identity)
            if framework is not None:
                return _PACKAGE if framework.origin == "package" else _SHARED_FRAMEWORK, framework
        return None if best is None else (best[0], best[2])

    def _framework(self, name: str) -> frozenset[str]:
        known = self._framework_names.get(name)
        if known is None:
            known = self._framework_names[name] = frozenset(self.table.types_named(name))
        return known

    # --- usings ---

    def imports(self, level: UsingScope, scope: Scope) -> Imports:
        """The usings of one of the scope's levels, the project's global ones included."""
        if not level.usings and level.shared is None:
            return _NO_IMPORTS
        return self._imports.of(level, lambda: self._all_imports(level, scope))

    def _all_imports(self, level: UsingScope, scope: Scope) -> Imports:
        own = self._import(level.usings, self._before_usings(level, scope))
        if level.shared is None:
            return own
        usings = level.shared.usings
        # A global using sees nothing but the global namespace.
        unit = Scope("", scope.project, (UsingScope(""),))
        shared = self._imports.of(level.shared, lambda: self._import(usings, unit))
        return Imports(
            tuple(dict.fromkeys(own.namespaces + shared.namespaces)),
            tuple(dict.fromkeys(own.statics + shared.statics)),
            {**shared.aliases, **own.aliases},
        )

    def _import(self, usings: tuple[UsingDirective, ...], outside: Scope) -> Imports:
        namespaces: dict[str, None] = {}
        statics: dict[NamedType, None] = {}
        aliases: dict[str, tuple[UsingDirective, Scope]] = {}
        for using in usings:
            if using.alias is not None:
                aliases.setdefault(using.alias, (using, outside))
            elif using.is_static:
                target = self.resolve_type(using.target, outside)
                if isinstance(target, NamedType):
                    statics[target] = None
            else:
                name = using.target.name.removeprefix("global::")
                if len(outside.levels) == 1 and self.has_namespace(name):
                    namespaces[name] = None
                    continue
                found = next((m for m in self.entities(name, outside) if isinstance(m, Namespace)), None)
                if found is not None:
                    namespaces[found.name] = None
        return Imports(tuple(namespaces), tuple(statics), aliases)

    def _before_usings(self, level: UsingScope, scope: Scope) -> Scope:
        """The scope in which the usings of a level are looked up: without the level's own usings."""
        at = scope.levels.index(level)
        return self._outside.of(
            level, lambda: Scope(scope.path, scope.project, (UsingScope(level.namespace), *scope.levels[at + 1 :]))
        )

    def _imported(
        self, level: UsingScope, name: str, arguments: tuple[Type | None, ...], scope: Scope, loose: bool
    ) -> NamedType | None:
        if not self.types.named(name) and not self._framework(name):
            return None
        imports = self.imports(level, scope)
        found: dict[NamedType, int] = {}
        for namespace in imports.namespaces:
            symbol = self._find(namespace, name, len(arguments), scope, loose)
            if symbol is not None:
                found[NamedType(symbol[1], arguments)] = symbol[0]
        for static in imports.statics:
            symbol = self._find(static.full_name, name, len(arguments), scope, loose)
            if symbol is not None:
                found[NamedType(symbol[1], static.arguments + arguments)] = symbol[0]
        best = [t for t, rank in found.items() if rank == min(found.values())]
        return best[0] if len(best) == 1 else None

    def _alias(self, name: str, scope: Scope) -> Iterator[_Entity]:
        for level in scope.levels:
            yield from self._alias_at(level, name, scope)

    def _alias_at(self, level: UsingScope, name: str, scope: Scope) -> Iterator[_Entity]:
        known = self.imports(level, scope).aliases.get(name)
        if known is None:
            return
        using, outside = known
        target = self.resolve_type(using.target, outside)
        if target is not None:
            yield target
        elif not using.target.arguments:
            dotted = using.target.name.removeprefix("global::")
            yield from (m for m in self.entities(dotted, outside) if isinstance(m, Namespace))

    # --- inheritance ---

    def bases(self, of: NamedType) -> Bases:
        """The direct base class and interfaces, with the type's arguments put in."""
        declared = self._bases.of(of.symbol, lambda: self._declared_bases(of.symbol))
        bindings = bindings_of(of)
        if not bindings:
            return declared
        base = substitute(declared.base, bindings)
        interfaces = (substitute(i, bindings) for i in declared.interfaces)
        return Bases(
            base if isinstance(base, NamedType) else None,
            tuple(i for i in interfaces if isinstance(i, NamedType)),
            declared.unresolved,
        )

    def _declared_bases(self, symbol: TypeSymbol) -> Bases:
        self._bases.assume(symbol, _NO_BASES)  # what a cycle sees; only code that does not compile has one
        return self._workspace_bases(symbol) if isinstance(symbol, WorkspaceType) else self._framework_bases(symbol)

    def _workspace_bases(self, symbol: WorkspaceType) -> Bases:
        base: NamedType | None = None
        interfaces: dict[NamedType, None] = {}
        unresolved: list[str] = []
        if symbol.kind != "enum":  # `enum E : byte` names a representation, not a base
            for path, part, ref in symbol.bases:
                found = self.resolve_type(ref, self.header_scope(path, part))
                if not isinstance(found, NamedType):
                    unresolved.append(str(ref))
                elif is_interface(found.symbol):
                    interfaces[found] = None
                elif base is None:
                    base = found
        if base is None and not is_interface(symbol) and not (unresolved and symbol.kind in ("class", "record")):
            base = self.named(_IMPLIED_BASE.get(symbol.kind, "System.Object"))
        return Bases(base, tuple(interfaces), tuple(unresolved))

    def _framework_bases(self, symbol: FrameworkType) -> Bases:
        bindings: dict[str, Type | None] = {p.name: p for p in type_parameters(symbol)}
        base = self.metadata_type(symbol.base, bindings) if symbol.base is not None else None
        # The table lists inherited interfaces too, so one that is not public (and not in the table) hides nothing.
        interfaces = (self.metadata_type(i, bindings) for i in symbol.interfaces)
        return Bases(
            base if isinstance(base, NamedType) else None,
            tuple(i for i in interfaces if isinstance(i, NamedType)),
            (symbol.base,) if symbol.base is not None and base is None else (),
        )

    def supertypes(self, of: NamedType) -> Supertypes:
        """Every base class and interface of a type, itself left out."""
        return self._supertypes.of(of, lambda: self._linearise(of))

    def _linearise(self, of: NamedType) -> Supertypes:
        classes: list[NamedType] = []
        interfaces: dict[NamedType, None] = {}
        instances: dict[TypeSymbol, int] = {}
        unresolved: dict[str, None] = {}
        seen = {of.symbol}
        pending: list[NamedType] = []
        current: NamedType | None = of
        while current is not None:
            direct = self.bases(current)
            unresolved |= dict.fromkeys(direct.unresolved)
            pending += direct.interfaces
            current = direct.base
            if current is not None:
                if current.symbol in seen:
                    break
                seen.add(current.symbol)
                classes.append(current)
        at = 0
        while at < len(pending):
            interface = pending[at]
            at += 1
            if interface in interfaces or instances.get(interface.symbol, 0) >= _MOST_INSTANCES:
                continue
            interfaces[interface] = None
            instances[interface.symbol] = instances.get(interface.symbol, 0) + 1
            direct = self.bases(interface)
            unresolved |= dict.fromkeys(direct.unresolved)
            pending += direct.interfaces
        return Supertypes(tuple(classes), tuple(interfaces), tuple(unresolved))

    def is_subtype(self, of: NamedType | TypeSymbol, identity: str) -> bool | None:
        """It is, derives from or implements `identity`; None: a base that nothing declares stands in the way of an answer."""
        start = of if isinstance(of, NamedType) else own_type(of)
        if start.full_name == identity:
            return True
        names = self._names_above.of(start, lambda: self._above(start))
        return True if identity in names[0] else None if names[1] else False

    def _above(self, of: NamedType) -> tuple[frozenset[str], bool]:
        above = self.supertypes(of)
        return frozenset(t.full_name for t in above.all), bool(above.unresolved)
