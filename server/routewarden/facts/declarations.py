"""What one file declares: types, members, usings. No offsets, no cross-file knowledge.

Invariant: equal declarations give equal facts, wherever they stand and however they are spaced; bodies are not part of them
(a body is asked for by its member's id, see `facts.file`). Ids are unique within a file and stable under edits elsewhere:
type "Shop.Api.OrdersController", nested "Outer.Inner", generic "Box`1"; a second part of a type in one file gets "|2";
member "Shop.OrdersController.Get(int,string)" (parameter types as written), equal ones "#2".
"""

from __future__ import annotations

from dataclasses import dataclass

from routewarden.facts.syntax_ir import Attribute, Expr, Parameter, TypeRef


@dataclass(frozen=True, slots=True)
class UsingDirective:
    target: TypeRef  # a namespace or a type
    alias: str | None = None
    is_static: bool = False
    is_global: bool = False
    namespace: str = ""  # the namespace declaration it stands in; "" for the file


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """`kind`: method constructor destructor property field event indexer operator conversion enum-member."""

    id: str
    kind: str
    name: str
    modifiers: frozenset[str]
    type: TypeRef | None  # return type; property or field type
    parameters: tuple[Parameter, ...]
    type_parameters: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    explicit_interface: TypeRef | None  # `void IFoo.Bar()`
    initializer: Expr | None  # of a field or property, or enum member
    body: str | None  # id of its body (methods, constructors, expression-bodied properties "get"); None: no body
    accessors: tuple[tuple[str, str | None], ...] = ()  # ("get", body id or None), ("set", ...), ("init", ...)
    constructor_call: tuple[str, tuple[Expr, ...]] | None = None  # ("base" | "this", arguments)
    may_refuse: bool = False  # of a method: its body has a word that a 401 or 403 is made with


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """`kind`: class interface struct record "record struct" enum delegate. One part of the type, as this file has it."""

    id: str
    kind: str
    name: str
    namespace: str
    containing: str | None  # id of the enclosing type part in this file
    modifiers: frozenset[str]
    type_parameters: tuple[str, ...]
    constraints: tuple[tuple[str, tuple[TypeRef, ...]], ...]
    bases: tuple[TypeRef, ...]
    base_arguments: tuple[Expr, ...]  # `class A(int x) : B(x)`
    attributes: tuple[Attribute, ...]
    parameters: tuple[Parameter, ...] | None  # primary constructor (or a delegate's), None: none
    members: tuple[MemberFacts, ...]
    nested: tuple[str, ...]  # ids of nested types
    file_scope: tuple[str, ...] = ()  # namespaces that enclose it, innermost first: the usings in them apply

    @property
    def full_name(self) -> str:
        """`Ns.Outer.Inner`1`: the id without the part number."""
        return self.id.split("|", 1)[0]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the file declares. Whether the parser could read all of it is `SyntaxTree.errors`: no fact, or each typing error would relink."""

    usings: tuple[UsingDirective, ...]
    types: tuple[TypeFacts, ...]  # all, nested ones too, in source order
    assembly_attributes: tuple[Attribute, ...]
    has_top_level: bool  # top-level statements: the body "<main>"


EMPTY_FACTS = FileFacts((), (), (), False)
MAIN_BODY = "<main>"
