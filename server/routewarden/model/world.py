"""What the evaluator asks of names and types: the resolver, in terms of `model.values`.

Invariant: every answer comes from declarations, of the workspace or of the framework table; None is "not known".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from routewarden.facts import syntax_ir as ir
from routewarden.facts.declarations import TypeFacts
from routewarden.facts.proto_file import ProtoService
from routewarden.framework.table import FrameworkTable, FrameworkType
from routewarden.model.members import DataRef, MethodRef
from routewarden.model.resolver import Resolver
from routewarden.model.scope import Scope
from routewarden.model.symbols import ArrayType, NamedType, Namespace, Type, TypeSymbol, own_type
from routewarden.model.tracking import Memo, types_of
from routewarden.model.values import NULL, Const, Frame, TypeValue, Unknown, Value, value_type
from routewarden.model.workspace_types import TypeParameter, WorkspaceType, WorkspaceTypes

BodyOf = Callable[[str, str], "tuple[ir.Stmt, ...] | None"]


@dataclass
class World:
    """One state of the workspace."""

    resolver: Resolver
    body: BodyOf
    types_by_project: Callable[[str], Iterable[tuple[str, TypeFacts]]]
    settings: Callable[[str, str], Mapping[str, str | None]] = lambda project, entry: {}  # appsettings of a host, see facts.settings
    proto_services: Callable[[], tuple[ProtoService, ...]] = tuple
    _named: dict[str, NamedType | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tracker = self.resolver.types.tracker
        self._chains: Memo[WorkspaceType, list[WorkspaceType]] = Memo(tracker)
        self._methods: Memo[tuple[WorkspaceType, str], tuple[MethodRef, ...]] = Memo(tracker)
        self._data: Memo[tuple[WorkspaceType, str], DataRef | None] = Memo(tracker)
        self._implementations: Memo[tuple[str, tuple[str, ...]], tuple[TypeValue, ...]] = Memo(tracker)

    def drop(self, mask: int) -> None:
        """Forgets what rests on any of the names (see `model.tracking`)."""
        for memo in (self._chains, self._methods, self._data, self._implementations):
            memo.drop(mask)
        self.resolver.drop(mask)

    @cached_property
    def types(self) -> WorkspaceTypes:
        return self.resolver.types

    @cached_property
    def table(self) -> FrameworkTable:
        return self.resolver.table

    # --- names ---

    def scope(self, frame: Frame) -> Scope:
        return self.resolver.scope(frame.path, part_in(frame.owner, frame.path))

    def resolve(self, ref: ir.TypeRef | None, frame: Frame) -> TypeValue | None:
        if ref is None:
            return None
        if ref.name in frame.type_arguments and not ref.arguments and not ref.array:
            return frame.type_arguments[ref.name]
        found = self.resolver.resolve_type(ref, self.scope(frame))
        return self.to_value(found, frame.type_arguments)

    def resolve_in(
        self, ref: ir.TypeRef | None, path: str, owner: TypeSymbol | None, type_parameters: Sequence[str] = ()
    ) -> TypeValue | None:
        if ref is None or (ref.name in type_parameters and not ref.arguments):
            return None
        return self.to_value(self.resolver.resolve_type(ref, self.resolver.scope(path, part_in(owner, path))))

    def to_value(self, of: Type | None, bound: Mapping[str, TypeValue] | None = None) -> TypeValue | None:
        if of is None:
            return None
        if isinstance(of, TypeParameter):
            return bound.get(of.name) if bound else None
        if isinstance(of, ArrayType):
            element = self.to_value(of.element, bound)
            return TypeValue(f"{element.name if element else '?'}[]", None, (element,) if element else ())
        arguments = tuple(self.to_value(a, bound) or TypeValue("?") for a in of.arguments)
        if of.full_name == "System.Nullable`1" and arguments:
            return arguments[0]
        if of.full_name.startswith("System.ValueTuple`"):
            return TypeValue("(,)", None, arguments)
        return TypeValue(of.full_name, of.symbol, arguments)

    def named_type(self, of: TypeValue) -> NamedType | None:
        if of.symbol is None:
            known = self._named.get(of.name)
            if known is None and of.name not in self._named:
                known = self._named[of.name] = self.resolver.named(of.name)
            return known
        return own_type(of.symbol)

    def symbol(self, name: str) -> TypeSymbol | None:
        found = self.resolver.named(name)
        return found.symbol if found is not None else None

    def type_named(self, full_name: str, arity: int = 0) -> TypeValue | None:
        identity = f"{full_name}`{arity}" if arity else full_name
        for found in self.types.all(identity):
            return TypeValue(identity, found)
        framework = self.table.type(identity)
        return TypeValue(identity, framework) if framework is not None else None

    def is_namespace(self, name: str, frame: Frame) -> bool:
        return self.namespace_named(name, frame) is not None

    def namespace_named(self, name: str, frame: Frame) -> str | None:
        """The full name of a namespace as it is written in a place: `Orders` inside `Shop` is `Shop.Orders`, if there is that."""
        found = next((e.name for e in self.resolver.entities(name, self.scope(frame)) if isinstance(e, Namespace)), None)
        return name if found is None and self.resolver.has_namespace(name) else found

    def nested_type(self, of: TypeValue, name: str) -> TypeValue | None:
        return self.type_named(f"{of.name}.{name}")

    def full_name(self, symbol: TypeSymbol) -> str:
        return symbol.full_name

    def enclosing(self, frame: Frame) -> tuple[TypeSymbol, ...]:
        return self.scope(frame).enclosing

    def static_member(self, name: str, frame: Frame) -> DataRef | MethodRef | None:
        """A member of a type that a `using static` brings in."""
        scope = self.scope(frame)
        for level in scope.levels:
            if not level.usings and level.shared is None:
                continue
            for static in self.resolver.imports(level, scope).statics:
                of = TypeValue(static.full_name, static.symbol)
                found = self.data_member(of, name)
                if found is not None:
                    return found
                methods = self.methods(of, name)
                if methods:
                    return methods[0]
        return None

    # --- workspace members ---

    def is_workspace(self, of: TypeValue) -> bool:
        return isinstance(of.symbol, WorkspaceType)

    def is_framework(self, of: TypeValue) -> bool:
        return isinstance(of.symbol, FrameworkType)

    def chain(self, of: TypeValue) -> list[WorkspaceType]:
        """The workspace classes of a type's base chain, itself first; for an interface, the interfaces it extends too."""
        if not isinstance(of.symbol, WorkspaceType):
            return []
        symbol = of.symbol
        return self._chains.of(symbol, lambda: self._chain_of(symbol))

    def _chain_of(self, symbol: WorkspaceType) -> list[WorkspaceType]:
        above = self.resolver.supertypes(own_type(symbol))
        others = above.interfaces if symbol.kind == "interface" else above.classes
        return [symbol, *(t.symbol for t in others if isinstance(t.symbol, WorkspaceType))]

    def methods(self, of: TypeValue, name: str) -> tuple[MethodRef, ...]:
        """Methods `name` of a workspace type, most derived first; overridden ones are left out."""
        if not isinstance(of.symbol, WorkspaceType):
            return ()
        symbol = of.symbol
        return self._methods.of((symbol, name), lambda: self._methods_named(symbol, name))

    def _methods_named(self, symbol: WorkspaceType, name: str) -> tuple[MethodRef, ...]:
        found: list[MethodRef] = []
        signatures: set[tuple[str, ...]] = set()
        for link in self.chain(TypeValue(symbol.full_name, symbol)):
            for path, member in link.members_named(name):
                if member.kind != "method":
                    continue
                signature = _signature(MethodRef(link, path, member))
                if "partial" in member.modifiers and signature in signatures:
                    if member.body is not None:  # the implementing part takes the place of the defining one
                        found = [m for m in found if m.type is not link or m.facts.body is not None or _signature(m) != signature]
                        found.append(MethodRef(link, path, member))
                    continue
                if signature not in signatures or ("override" not in member.modifiers and link is symbol):
                    signatures.add(signature)
                    found.append(MethodRef(link, path, member))
        if not found and symbol.kind != "interface":  # default interface methods
            for interface in self.resolver.supertypes(own_type(symbol)).interfaces:
                if isinstance(interface.symbol, WorkspaceType):
                    for path, member in interface.symbol.members_named(name):
                        if member.kind == "method" and member.body is not None:
                            found.append(MethodRef(interface.symbol, path, member))
        return tuple(found)

    def methods_above(self, of: TypeValue, name: str, owner: TypeSymbol) -> tuple[MethodRef, ...]:
        chain = self.chain(of)
        if owner not in chain:
            return ()
        above = chain[chain.index(owner) + 1 :]
        return tuple(MethodRef(s, p, m) for s in above for p, m in s.members_named(name) if m.kind == "method")

    def data_member(self, of: TypeValue, name: str) -> DataRef | None:
        """A field, property, event or enum member, or a primary constructor's parameter, along the bases."""
        if not isinstance(of.symbol, WorkspaceType):
            return None
        symbol = of.symbol
        return self._data.of((symbol, name), lambda: self._find_data(of, name))

    def _find_data(self, of: TypeValue, name: str) -> DataRef | None:
        for symbol in self.chain(of):
            for path, member in symbol.members_named(name):
                if member.kind in ("field", "property", "event", "enum-member"):
                    return DataRef(symbol, path, member)
            for path, part in symbol.parts:
                for parameter in part.parameters or ():
                    if parameter.name == name and part.kind != "delegate":
                        return DataRef(symbol, path, None, parameter)
        if of.symbol is not None and of.symbol.kind != "interface":  # default interface members
            for interface in self.resolver.supertypes(own_type(of.symbol)).interfaces:
                if isinstance(interface.symbol, WorkspaceType):
                    for path, member in interface.symbol.members_named(name):
                        if member.kind == "property" and any(body for _, body in member.accessors):
                            return DataRef(interface.symbol, path, member)
        return None

    def property_named(self, of: TypeValue, name: str) -> tuple[str, TypeValue | None] | None:
        """A property of a workspace type by its name in any case, with its declared type."""
        for symbol in self.chain(of):
            for path, member in symbol.members:
                if member.kind == "property" and member.name.lower() == name:
                    return member.name, self.resolve_in(member.type, path, symbol)
        return None

    def constructors(self, of: TypeValue) -> tuple[MethodRef, ...]:
        if not isinstance(of.symbol, WorkspaceType):
            return ()
        return tuple(
            MethodRef(of.symbol, path, m)
            for path, m in of.symbol.members_named(of.symbol.name)
            if m.kind == "constructor" and "static" not in m.modifiers
        )

    def primary_parameters(self, of: TypeValue) -> tuple[str, tuple[ir.Parameter, ...]] | None:
        if not isinstance(of.symbol, WorkspaceType):
            return None
        return next(((path, part.parameters) for path, part in of.symbol.parts if part.parameters is not None), None)

    def base_arguments(self, of: TypeValue) -> tuple[ir.Expr, ...]:
        if not isinstance(of.symbol, WorkspaceType):
            return ()
        return next((part.base_arguments for _, part in of.symbol.parts if part.base_arguments), ())

    def base_of(self, of: TypeValue) -> TypeValue | None:
        named = self.named_type(of)
        base = self.resolver.bases(named).base if named is not None else None
        return self.to_value(base) if base is not None and base.full_name != "System.Object" else None

    def type_arguments(self, of: TypeValue, owner: TypeSymbol) -> Mapping[str, TypeValue]:
        """What the type parameters of a class stand for in a type that is or derives from it."""
        if of.symbol is owner:
            return self.bound(of)
        if not isinstance(owner, WorkspaceType) or not owner.type_parameters or of.symbol is None:
            return {}
        above = next((t for t in self.resolver.supertypes(own_type(of.symbol)).all if t.symbol is owner), None)
        if above is None:
            return {}
        known = self.bound(of)
        pairs = zip(owner.type_parameters, above.arguments, strict=False)
        return {p.name: v for p, a in pairs if (v := self.to_value(a, known)) is not None}

    def default_of(self, of: TypeValue | None) -> Value:
        """`default(T)`: https://learn.microsoft.com/dotnet/csharp/language-reference/builtin-types/default-values"""
        name = of.name if of is not None else ""
        if name == "System.Boolean":
            return Const(False)
        if name in _INTEGERS:
            return Const(0)
        kind = of.symbol.kind if of is not None and of.symbol is not None else ""
        if of is None or (kind.endswith(("enum", "struct"))):
            return Unknown(of, "the default of its type")
        return NULL

    def extension_methods(self, name: str, frame: Frame, kind: str = "method") -> tuple[MethodRef, ...]:
        """Workspace extension members that the frame's usings bring in; all visible ones where none does."""
        scope = self.scope(frame)
        visible = self.types.visible(scope.project)
        everything = scope.project not in self.types.projects
        found = [
            MethodRef(owner, path, member)
            for owner, path, member in self.types.extension_methods(name)
            if member.kind == kind and (everything or owner.project in visible)
        ]
        if len(found) > 1:
            spaces: list[str] = []
            for level in scope.levels:
                spaces.append(level.namespace)
                if level.usings or level.shared is not None:
                    spaces.extend(self.resolver.imports(level, scope).namespaces)
            near = [m for m in found if m.type.namespace in spaces]
            found = sorted(near, key=lambda m: spaces.index(m.type.namespace)) or found
        return tuple(found)

    def implementations(self, of: TypeValue, projects: Sequence[str]) -> tuple[TypeValue, ...]:
        """The concrete workspace classes of the projects that implement or derive from a type, whatever its type arguments."""
        return self._implementations.of((of.name, tuple(projects)), lambda: tuple(self._implementing(of.name, projects)))

    def _implementing(self, name: str, projects: Sequence[str]) -> Iterator[TypeValue]:
        seen: set[WorkspaceType] = set()
        for project in projects:
            for path, part in self.declared_in(project):
                if part.kind in ("class", "record") and part.bases and not part.modifiers & {"abstract", "static"}:
                    symbol = self.types.of_part(path, part)
                    if symbol is not None and symbol not in seen and self.resolver.is_subtype(own_type(symbol), name):
                        seen.add(symbol)
                        yield TypeValue(symbol.full_name, symbol)

    def declared_in(self, project: str) -> Iterable[tuple[str, TypeFacts]]:
        """Every type part of a project, (path, part)."""
        self.types.tracker.touch(types_of(project))
        return self.types_by_project(project)

    def project_of_type(self, of: TypeValue) -> str | None:
        return of.symbol.project if isinstance(of.symbol, WorkspaceType) else None

    def project_of_path(self, path: str) -> str | None:
        return self.types.index.project_of(path)

    # --- assignability ---

    def is_assignable(self, of: TypeValue, to: TypeValue) -> bool | None:
        """A value of type `of` goes into a variable of type `to`, type arguments aside; None: not known."""
        if of.name == to.name or to.name == "System.Object":
            return True
        if of.name.endswith("[]"):
            return to.name in _ARRAY_TYPES or None
        named = self.named_type(of)
        if named is None:
            return None
        verdict = self.resolver.is_subtype(named, to.name)
        if verdict and to.arguments and isinstance(of.symbol, WorkspaceType):
            return self._arguments_fit(named, to)
        return verdict

    def _arguments_fit(self, named: NamedType, to: TypeValue) -> bool:
        for above in self.resolver.supertypes(named).all:
            if above.full_name == to.name:
                given = [self.to_value(a) for a in above.arguments]
                if all(g is None or w.name in ("?", g.name) or w.symbol is None for g, w in zip(given, to.arguments, strict=False)):
                    return True
        return False

    def is_assignable_name(self, of: str, to: str) -> bool:
        return bool(self.is_assignable(TypeValue(of), TypeValue(to)))

    def is_delegate(self, of: TypeValue) -> bool:
        if of.name in ("System.Delegate", "System.MulticastDelegate"):
            return True
        symbol = of.symbol
        return symbol is not None and (symbol.kind == "delegate" or of.name.startswith("System.Linq.Expressions.Expression`"))

    def is_plain_value(self, of: TypeValue) -> bool:
        """Strings, numbers, enums: values that differ by more than their type."""
        symbol = of.symbol
        return of.name in ("System.String", "System.Object") or (isinstance(symbol, FrameworkType) and symbol.kind in ("enum", "struct"))

    # --- the framework ---

    def has_framework_member(self, of: TypeValue, name: str) -> bool:
        """A framework type or a base of it has a method of the name."""
        named = self.named_type(of)
        found = (named, *self.resolver.supertypes(named).all) if named is not None else ()
        return any(isinstance(t.symbol, FrameworkType) and bool(t.symbol.methods_named(name)) for t in found)

    def framework_constant(self, of: TypeValue, name: str) -> Value | None:
        """A constant, enum member or static property of a framework type."""
        symbol = of.symbol
        if not isinstance(symbol, FrameworkType):
            named = self.named_type(of) if of.symbol is None else None
            symbol = named.symbol if named is not None and isinstance(named.symbol, FrameworkType) else None
        if symbol is None:
            return None
        if name in symbol.constants:
            return Const(symbol.constants[name])
        if name in symbol.values:
            return Const(name, of)
        return None

    def property_type(self, of: TypeValue, name: str) -> TypeValue | None:
        """The declared type of a property or field, along the bases."""
        ref = self.data_member(of, name)
        if ref is not None:
            written = ref.facts.type if ref.facts is not None else ref.parameter.type if ref.parameter is not None else None
            return self.resolve_in(written, ref.path, ref.type)
        named = self.named_type(of)
        while named is not None:
            if isinstance(named.symbol, FrameworkType) and name in named.symbol.properties:
                bound: dict[str, Type | None] = dict(zip(named.symbol.generic, named.arguments, strict=False))
                return self.to_value(self.resolver.metadata_type(named.symbol.properties[name], bound), self.bound(of))
            direct = self.resolver.bases(named)
            for interface in direct.interfaces if named.symbol.kind == "interface" else ():
                found = self.property_type(self.to_value(interface) or TypeValue("?"), name)
                if found is not None:
                    return found
            named = direct.base
        return None

    def bound(self, of: TypeValue) -> dict[str, TypeValue]:
        symbol = of.symbol
        names: Sequence[str] = ()
        if isinstance(symbol, FrameworkType):
            names = symbol.generic
        elif isinstance(symbol, WorkspaceType):
            names = [p.name for p in symbol.type_parameters]
        return dict(zip(names, of.arguments, strict=False))

    def element_type(self, value: Value) -> TypeValue | None:
        """What enumerating a value gives."""
        of = value_type(value)
        if of is None:
            return None
        if of.name.endswith("[]") or of.name.startswith("System.Collections.Generic.") or of.name.startswith("System.Linq."):
            return of.arguments[-1] if of.arguments else None
        named = self.named_type(of)
        if named is None:
            return None
        for interface in self.resolver.supertypes(named).interfaces:
            if interface.full_name == "System.Collections.Generic.IEnumerable`1":
                return self.to_value(interface.arguments[0] if interface.arguments else None, self.bound(of))
        return None

    def parameter_types(self, method: MethodRef) -> list[TypeValue | None]:
        return [self.resolve_in(p.type, method.path, method.type, method.facts.type_parameters) for p in method.facts.parameters]




_ARRAY_TYPES = frozenset({
    "System.Array",
    *(f"System.Collections.Generic.{n}`1" for n in ("IEnumerable", "IList", "ICollection", "IReadOnlyList", "IReadOnlyCollection")),
})
_INTEGERS = frozenset({"System.Int32", "System.Int64", "System.Int16", "System.Byte", "System.UInt32", "System.UInt64"})


def _signature(method: MethodRef) -> tuple[str, ...]:
    return tuple(str(p.type) for p in method.facts.parameters)


def part_in(symbol: TypeSymbol | None, path: str) -> TypeFacts | None:
    """The part of a workspace type that a file holds."""
    if not isinstance(symbol, WorkspaceType):
        return None
    return next((part for p, part in symbol.parts if p == path), None)
