"""What the evaluator asks of names and types: the resolver, in terms of `model.values`.

Invariant: every answer comes from declarations, of the workspace or of the framework table; None is "not known".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.declarations import TypeFacts
from routewarden.framework.table import FrameworkMethod, FrameworkParameter, FrameworkTable, FrameworkType
from routewarden.framework.type_names import parse_type_name
from routewarden.model.members import DataRef, MethodRef
from routewarden.model.resolver import Resolver
from routewarden.model.scope import Scope
from routewarden.model.symbols import ArrayType, NamedType, Namespace, Type, TypeSymbol, own_type
from routewarden.model.tracking import Memo, types_of
from routewarden.model.values import (
    Closure,
    Const,
    Frame,
    Instance,
    ListValue,
    MethodGroup,
    TypeValue,
    Unknown,
    Value,
    type_name,
    value_type,
)
from routewarden.model.workspace_types import TypeParameter, WorkspaceType, WorkspaceTypes

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator

BodyOf = Callable[[str, str], "tuple[ir.Stmt, ...] | None"]


@dataclass(frozen=True, slots=True)
class TypeInfo:
    namespace: str
    kind: str
    modifiers: frozenset[str]
    arity: int
    nested: bool


@dataclass
class World:
    """One state of the workspace."""

    resolver: Resolver
    body: BodyOf
    types_by_project: Callable[[str], Iterable[tuple[str, TypeFacts]]]
    _named: dict[str, NamedType | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tracker = self.resolver.types.tracker
        self._chains: Memo[WorkspaceType, list[WorkspaceType]] = Memo(tracker)
        self._methods: Memo[tuple[WorkspaceType, str], tuple[MethodRef, ...]] = Memo(tracker)
        self._data: Memo[tuple[WorkspaceType, str], DataRef | None] = Memo(tracker)

    def drop(self, mask: int) -> None:
        """Forgets what rests on any of the names (see `model.tracking`)."""
        for memo in (self._chains, self._methods, self._data):
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
        if self.resolver.has_namespace(name):
            return True
        return any(isinstance(e, Namespace) for e in self.resolver.entities(name, self.scope(frame)))

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
            for path, member in link.members:
                if member.kind != "method" or member.name != name:
                    continue
                signature = tuple(str(p.type) for p in member.parameters)
                if signature not in signatures or ("override" not in member.modifiers and link is symbol):
                    signatures.add(signature)
                    found.append(MethodRef(link, path, member))
        if not found and symbol.kind != "interface":  # default interface methods
            for interface in self.resolver.supertypes(own_type(symbol)).interfaces:
                if isinstance(interface.symbol, WorkspaceType):
                    for path, member in interface.symbol.members:
                        if member.kind == "method" and member.name == name and member.body is not None:
                            found.append(MethodRef(interface.symbol, path, member))
        return tuple(found)

    def methods_above(self, of: TypeValue, name: str, owner: TypeSymbol) -> tuple[MethodRef, ...]:
        chain = self.chain(of)
        if owner not in chain:
            return ()
        above = chain[chain.index(owner) + 1 :]
        return tuple(MethodRef(s, p, m) for s in above for p, m in s.members if m.kind == "method" and m.name == name)

    def data_member(self, of: TypeValue, name: str) -> DataRef | None:
        """A field, property, event or enum member, or a primary constructor's parameter, along the bases."""
        if not isinstance(of.symbol, WorkspaceType):
            return None
        symbol = of.symbol
        return self._data.of((symbol, name), lambda: self._find_data(of, name))

    def _find_data(self, of: TypeValue, name: str) -> DataRef | None:
        for symbol in self.chain(of):
            for path, member in symbol.members:
                if member.name == name and member.kind in ("field", "property", "event", "enum-member"):
                    return DataRef(symbol, path, member)
            for path, part in symbol.parts:
                for parameter in part.parameters or ():
                    if parameter.name == name and part.kind != "delegate":
                        return DataRef(symbol, path, None, parameter)
        return None

    def constructors(self, of: TypeValue) -> tuple[MethodRef, ...]:
        if not isinstance(of.symbol, WorkspaceType):
            return ()
        return tuple(
            MethodRef(of.symbol, path, m) for path, m in of.symbol.members if m.kind == "constructor" and "static" not in m.modifiers
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

    def run_static_constructor(self, ev: Evaluator, of: WorkspaceType) -> bool:
        """Runs the static constructor once; True if there is one."""
        from routewarden.model import invocation

        key = (of.full_name, "<static constructor>")
        static = next(((p, m) for p, m in of.members if m.kind == "constructor" and "static" in m.modifiers), None)
        if static is None or static[1].body is None:
            return False
        if key not in ev.active:
            ev.active.add(key)
            path, member = static
            invocation.invoke_method(ev, MethodRef(of, path, member), None, ())
        return True

    def extension_methods(self, name: str, frame: Frame) -> tuple[MethodRef, ...]:
        """Workspace extension methods that the frame's usings bring in; all visible ones where none does."""
        scope = self.scope(frame)
        visible = self.types.visible(scope.project)
        everything = scope.project not in self.types.projects
        found = [
            MethodRef(owner, path, member)
            for owner, path, member in self.types.extension_methods(name)
            if everything or owner.project in visible
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

    def implementations(self, of: TypeValue, projects: Sequence[str]) -> list[TypeValue]:
        """The concrete workspace classes of the projects that implement or derive from a type."""
        found = []
        for project in projects:
            for path, part in self._declared_in(project):
                if part.kind in ("class", "record") and part.bases and not part.modifiers & {"abstract", "static"}:
                    symbol = self.types.of_part(path, part)
                    if symbol is not None and self.resolver.is_subtype(own_type(symbol), of.name):
                        value = TypeValue(symbol.full_name, symbol)
                        if all(f.symbol is not symbol for f in found):
                            found.append(value)
        return found

    def _declared_in(self, project: str) -> Iterable[tuple[str, TypeFacts]]:
        self.types.tracker.touch(types_of(project))
        return self.types_by_project(project)

    # --- reflection ---

    def type_info(self, of: TypeValue) -> TypeInfo | None:
        symbol = of.symbol
        if isinstance(symbol, WorkspaceType):
            return TypeInfo(symbol.namespace, symbol.kind, symbol.modifiers, symbol.arity, symbol.containing is not None)
        if isinstance(symbol, FrameworkType):
            words = frozenset({"public", *symbol.kind.split()[:-1]})
            return TypeInfo(symbol.namespace, symbol.kind.split()[-1], words, symbol.arity, symbol.containing is not None)
        return None

    def project_of_type(self, of: TypeValue) -> str | None:
        return of.symbol.project if isinstance(of.symbol, WorkspaceType) else None

    def project_of_path(self, path: str) -> str | None:
        return self.types.index.project_of(path)

    def types_of_project(self, project: str) -> list[TypeValue]:
        found: dict[str, TypeValue] = {}
        for path, part in self._declared_in(project):
            symbol = self.types.of_part(path, part)
            if symbol is not None:
                found.setdefault(symbol.full_name, TypeValue(symbol.full_name, symbol))
        return [found[name] for name in sorted(found)]

    def is_exported(self, of: TypeValue) -> bool:
        """Public, and so are the types around it."""
        symbol = of.symbol
        while isinstance(symbol, WorkspaceType):
            if "public" not in symbol.modifiers:
                return False
            symbol = self.types.containing(symbol)
        return True

    def interfaces_of(self, of: TypeValue) -> list[TypeValue]:
        named = self.named_type(of)
        if named is None:
            return []
        return [v for i in self.resolver.supertypes(named).interfaces if (v := self.to_value(i)) is not None]

    def enum_members(self, of: TypeValue) -> list[str] | None:
        if isinstance(of.symbol, WorkspaceType):
            return [m.name for _, m in of.symbol.members if m.kind == "enum-member"]
        return list(of.symbol.values) if isinstance(of.symbol, FrameworkType) and of.symbol.values else None

    def attributes_of_type(self, ev: Evaluator, of: TypeValue, wanted: TypeValue | None) -> list[Value] | None:
        """Instances of a workspace type's attributes, of the wanted class if one is given."""
        from routewarden.model.attributes import instantiate

        if not isinstance(of.symbol, WorkspaceType):
            return None
        found: list[Value] = []
        for site, attribute in of.symbol.attributes:
            part = part_in(of.symbol, site.path)
            scope = self.resolver.header_scope(site.path, part) if part is not None else self.resolver.scope(site.path)
            made = instantiate(ev, attribute, scope, site)
            if made is not None and (wanted is None or self.is_assignable(made.type, wanted)):
                found.append(made)
        return found

    # --- assignability ---

    def is_assignable(self, of: TypeValue, to: TypeValue) -> bool | None:
        """A value of type `of` goes into a variable of type `to`, type arguments aside; None: not known."""
        if of.name == to.name or to.name == "System.Object":
            return True
        if of.name.endswith("[]"):
            return to.name in ("System.Array", *(f"System.Collections.Generic.{n}`1" for n in ("IEnumerable", "IList", "ICollection", "IReadOnlyList", "IReadOnlyCollection"))) or None
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
                bound: dict[str, Type | None] = {p: a for p, a in zip(named.symbol.generic, named.arguments, strict=False)}
                return self.to_value(self.resolver.metadata_type(named.symbol.properties[name], bound), self._bound(of))
            direct = self.resolver.bases(named)
            for interface in direct.interfaces if named.symbol.kind == "interface" else ():
                found = self.property_type(self.to_value(interface) or TypeValue("?"), name)
                if found is not None:
                    return found
            named = direct.base
        return None

    def _bound(self, of: TypeValue) -> dict[str, TypeValue]:
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
                return self.to_value(interface.arguments[0] if interface.arguments else None, self._bound(of))
        return None

    def framework_methods(self, of: TypeValue, name: str) -> list[FrameworkMethod]:
        """Instance and static methods `name` of a framework type or of a type's framework bases."""
        named = self.named_type(of)
        if named is None:
            return []
        found: list[FrameworkMethod] = []
        for above in (named, *self.resolver.supertypes(named).all):
            if isinstance(above.symbol, FrameworkType):
                found.extend(above.symbol.methods_named(name))
        return found

    def framework_method(
        self, of: TypeValue, name: str, values: Sequence[Value], frame: Frame, static: bool = False
    ) -> FrameworkMethod | None:
        return self._best([m for m in self.framework_methods(of, name) if m.is_static is static and not m.is_extension], values, 0)

    def framework_extension(self, target: Value, name: str, values: Sequence[Value], frame: Frame) -> FrameworkMethod | None:
        """The framework's extension method that a call on the value means."""
        own = type_name(target)
        if own is None:
            return None
        fitting = []
        for _, method in self.table.extension_methods(name):
            receiver = method.parameters[0].type
            if receiver in method.generic:
                wanted = [t for p, t in method.constraints if p == receiver]
                if all(self.is_assignable_name(own, parse_type_name(t).name) for t in wanted if "<" not in t):
                    fitting.append(method)
            else:
                ref = parse_type_name(receiver)
                identity = f"{ref.name}`{len(ref.arguments)}" if ref.arguments else ref.name
                if self.is_assignable_name(own, identity):
                    fitting.append(method)
        return self._best(fitting, values, 1)

    def _best(self, methods: Sequence[FrameworkMethod], values: Sequence[Value], skip: int) -> FrameworkMethod | None:
        best, best_score = None, -1
        for method in methods:
            score = self._score(method.parameters[skip:], values)
            if score is not None and score > best_score:
                best, best_score = method, score
        return best

    def _score(self, parameters: Sequence[FrameworkParameter], values: Sequence[Value]) -> int | None:
        rest = bool(parameters) and parameters[-1].modifier == "params"
        if len(values) > len(parameters) and not rest:
            return None
        if sum(1 for p in parameters if not p.optional and p.modifier != "params") > len(values):
            return None
        score = 10 - len(parameters)
        for index, value in enumerate(values):
            parameter = parameters[min(index, len(parameters) - 1)]
            ref = parse_type_name(parameter.type)
            takes_function = ref.name in _FUNCTIONS or ref.name.endswith(("Delegate", "Handler", "Callback"))
            if isinstance(value, (Closure, MethodGroup)):
                if not takes_function and ref.name not in ("System.Object",) and not self.is_delegate_name(parameter.type):
                    return None
                score += 3
            elif takes_function:
                if not isinstance(value, Unknown) and not (isinstance(value, Const) and value.value is None):
                    return None
            elif isinstance(value, Const) and isinstance(value.value, str) and value.type is None:
                if ref.name == "System.String":
                    score += 3
                elif ref.array and ref.name == "System.String":
                    score += 2
                elif not ref.name.startswith("System.Object") and len(ref.name) > 2:
                    score -= 3
            else:
                own = type_name(value)
                if own is not None and own == ref.name:
                    score += 3
        return max(score, 0)

    def is_delegate_name(self, text: str) -> bool:
        ref = parse_type_name(text)
        found = self.table.type(ref.name, len(ref.arguments))
        return found is not None and found.kind == "delegate"

    def framework_parameters(self, of: TypeValue, passed: Sequence[object]) -> tuple[FrameworkParameter, ...]:
        """The parameters of the constructor that takes these arguments."""
        symbol = of.symbol
        if symbol is None:
            named = self.named_type(of)
            symbol = named.symbol if named is not None else None
        if not isinstance(symbol, FrameworkType):
            return ()
        values = [getattr(p, "value", p) for p in passed]
        best: tuple[FrameworkParameter, ...] = ()
        best_score = -1
        for parameters in symbol.constructors:
            score = self._score(parameters, values)
            if score is not None and score > best_score:
                best, best_score = parameters, score
        return best

    def return_type(self, method: FrameworkMethod, type_arguments: Sequence[TypeValue]) -> TypeValue | None:
        bound = dict(zip(method.generic, type_arguments, strict=False))
        if method.returns in bound:
            return bound[method.returns]
        generic: dict[str, Type | None] = {n: TypeParameter(n, "") for n in method.generic}
        return self.to_value(self.resolver.metadata_type(method.returns, generic), bound) or (
            TypeValue("System.Void") if method.returns == "System.Void" else None
        )

    def returns_receiver(self, method: FrameworkMethod) -> bool:
        """`TBuilder WithName<TBuilder>(this TBuilder builder, ...)`."""
        return bool(method.parameters) and method.returns in method.generic and method.parameters[0].type == method.returns

    def returns_builder_of_services(self, method: FrameworkMethod) -> bool:
        return bool(method.parameters) and method.parameters[0].type == "Microsoft.Extensions.DependencyInjection.IServiceCollection"

    def has_framework_extension(self, name: str) -> bool:
        return bool(self.table.extension_types(name))

    def is_framework_extension(self, of: TypeValue, name: str) -> bool:
        symbol = of.symbol
        return isinstance(symbol, FrameworkType) and any(m.is_extension for m in symbol.methods_named(name))

    def delegate_arguments(
        self, method: object, values: Sequence[Value], type_arguments: Sequence[TypeValue], target: Value | None
    ) -> list[tuple[Value, list[TypeValue | None] | None]]:
        """(function, types of the delegate's parameters) for each lambda that goes into an Action or Func of the framework."""
        if not isinstance(method, FrameworkMethod):
            return []
        skip = 1 if method.is_extension and len(method.parameters) > len(values) else 0
        parameters = method.parameters[skip:]
        bound: dict[str, TypeValue] = dict(zip(method.generic, type_arguments, strict=False))
        of = value_type(target)
        if of is not None:
            bound = {**self._bound(of), **bound}
            if method.is_extension and method.parameters[0].type in method.generic:
                bound.setdefault(method.parameters[0].type, of)
        found: list[tuple[Value, list[TypeValue | None] | None]] = []
        for index, value in enumerate(values):
            if not isinstance(value, (Closure, MethodGroup)) or not parameters:
                continue
            ref = parse_type_name(parameters[min(index, len(parameters) - 1)].type)
            if ref.name not in ("System.Action", "System.Func"):
                continue
            arguments = ref.arguments if ref.name == "System.Action" else ref.arguments[:-1]
            generic: dict[str, Type | None] = {n: TypeParameter(n, "") for n in (*method.generic, *bound)}
            found.append((value, [self.to_value(self.resolver.metadata_type(a, generic), bound) for a in arguments]))
        return found

    def parameter_types(self, method: MethodRef) -> list[TypeValue | None]:
        return [self.resolve_in(p.type, method.path, method.type, method.facts.type_parameters) for p in method.facts.parameters]

    def hosting_element(self, ev: Evaluator, target: Value, keys: Sequence[Value]) -> Value | None:
        own = type_name(target)
        if own is not None and self.is_assignable_name(own, "Microsoft.Extensions.Configuration.IConfiguration"):
            key = keys[0].value if keys and isinstance(keys[0], Const) else "?"
            return Unknown(TypeValue("System.String"), f"configuration `{key}`")
        return None


_FUNCTIONS = frozenset({
    "System.Delegate", "System.Action", "System.Func", "Microsoft.AspNetCore.Http.RequestDelegate", "System.Predicate",
    "System.Linq.Expressions.Expression",
})


def part_in(symbol: TypeSymbol | None, path: str) -> TypeFacts | None:
    """The part of a workspace type that a file holds."""
    if not isinstance(symbol, WorkspaceType):
        return None
    return next((part for p, part in symbol.parts if p == path), None)


__all__ = ["Instance", "ListValue", "World", "part_in"]
