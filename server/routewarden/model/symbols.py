"""Types after resolution: what a `TypeRef` turned out to mean, from the workspace and the framework alike.

Invariant: plain frozen data. A `TypeSymbol` is a declaration, a `Type` is a use of one with its type arguments; an argument that
could not be resolved is None. `model.resolver` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from routewarden.framework.table import FrameworkType
from routewarden.model.workspace_types import TypeParameter, WorkspaceType, simple_name_of

TypeSymbol = WorkspaceType | FrameworkType


@dataclass(frozen=True, slots=True)
class NamedType:
    """`arguments`: one for each type parameter, those of enclosing types first; fewer for an unbound `typeof(List<>)`."""

    symbol: TypeSymbol
    arguments: tuple[Type | None, ...] = ()

    @property
    def full_name(self) -> str:
        """The identity of its declaration, without arguments."""
        return self.symbol.full_name

    def __str__(self) -> str:
        shown = ", ".join("?" if a is None else str(a) for a in self.arguments)
        name = simple_name_of(self.full_name)
        return f"{name}<{shown}>" if shown else name


@dataclass(frozen=True, slots=True)
class ArrayType:
    element: Type | None

    def __str__(self) -> str:
        return f"{self.element}[]"


@dataclass(frozen=True, slots=True)
class Namespace:
    """`name` is full; "" is the global namespace."""

    name: str


Type = NamedType | ArrayType | TypeParameter


def full_name(of: Type | TypeSymbol) -> str:
    """`Shop.Box`1`; "T" of a type parameter; the element's name and "[]" of an array ("?[]" where it is unknown)."""
    if isinstance(of, ArrayType):
        return f"{full_name(of.element)}[]" if of.element is not None else "?[]"
    return of.name if isinstance(of, TypeParameter) else of.full_name


def type_parameters(symbol: TypeSymbol) -> tuple[TypeParameter, ...]:
    """All of them, those of enclosing types first."""
    if isinstance(symbol, WorkspaceType):
        return symbol.type_parameters
    return tuple(TypeParameter(name, symbol.full_name) for name in symbol.generic)


def own_type(symbol: TypeSymbol) -> NamedType:
    """The type as its own members see it: `List<T>` inside List."""
    return NamedType(symbol, type_parameters(symbol))


def is_interface(symbol: TypeSymbol) -> bool:
    return symbol.kind == "interface"


def is_value_type(symbol: TypeSymbol) -> bool:
    return symbol.kind in ("struct", "record struct", "enum")


def is_static(symbol: TypeSymbol) -> bool:
    return "static" in symbol.modifiers if isinstance(symbol, WorkspaceType) else symbol.kind == "static class"


def is_abstract(symbol: TypeSymbol) -> bool:
    """No instance of exactly this type can exist: abstract classes, interfaces, static classes."""
    if is_interface(symbol) or is_static(symbol):
        return True
    return "abstract" in symbol.modifiers if isinstance(symbol, WorkspaceType) else symbol.kind == "abstract class"


def bindings_of(of: NamedType) -> dict[TypeParameter, Type | None]:
    """Type parameter → argument."""
    return dict(zip(type_parameters(of.symbol), of.arguments, strict=False))


def substitute(of: Type | None, bindings: Mapping[TypeParameter, Type | None]) -> Type | None:
    """The type with type parameters replaced; those without a binding stay."""
    if not bindings or of is None:
        return of
    if isinstance(of, TypeParameter):
        return bindings.get(of, of)
    if isinstance(of, ArrayType):
        return ArrayType(substitute(of.element, bindings))
    if not of.arguments:
        return of
    return NamedType(of.symbol, tuple(substitute(a, bindings) for a in of.arguments))
