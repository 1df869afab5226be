"""C# reduced to what analysis needs: types, names, expressions and statements, without a single offset.

Invariant: two pieces of code that differ only in white space, comments or place reduce to equal values. That is what lets an
edit inside a method leave the model of the rest alone. Where a call, lambda or object creation stands is kept beside, in
`facts.spans`; its `node` here is a number that counts such nodes within their body, in source order.
Deliberately not here: meaning. `Name("Authorize")` is a spelling; `routewarden.model` says what it is.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TypeRef:
    """A type as written: `name` is dotted and without arguments ("System.Collections.Generic.List", "int", "global::A.B")."""

    name: str
    arguments: tuple[TypeRef, ...] = ()
    nullable: bool = False
    array: int = 0  # the number of `[]`; a tuple type has the name "(,)" and its element types as arguments
    labels: tuple[str, ...] = ()  # of a tuple's elements, "" where one has none

    def __str__(self) -> str:
        if self.name == "(,)":
            core = "(" + ", ".join(map(str, self.arguments)) + ")"
        else:
            core = self.name + (f"<{', '.join(map(str, self.arguments))}>" if self.arguments else "")
        return core + "[]" * self.array + ("?" if self.nullable else "")


# --- expressions ---------------------------------------------------------------------------------------------------------


class Expr:
    """Base of all expressions; `Opaque` stands for what no reader needs."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Literal(Expr):
    value: str | int | float | bool | None
    kind: str  # "string" "char" "number" "bool" "null" "default"


@dataclass(frozen=True, slots=True)
class Interpolated(Expr):
    parts: tuple[Expr, ...]  # text parts are string Literals


@dataclass(frozen=True, slots=True)
class Name(Expr):
    name: str  # "x"; "this", "base" too; predefined types ("string") as written
    type_arguments: tuple[TypeRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Member(Expr):
    target: Expr
    name: str
    type_arguments: tuple[TypeRef, ...] = ()
    conditional: bool = False  # a?.b
    node: int = -1


@dataclass(frozen=True, slots=True)
class Argument:
    value: Expr
    name: str | None = None
    modifier: str | None = None  # "ref" "out" "in"


@dataclass(frozen=True, slots=True)
class Call(Expr):
    function: Expr  # Name or Member for all ordinary calls
    arguments: tuple[Argument, ...]
    node: int


@dataclass(frozen=True, slots=True)
class New(Expr):
    type: TypeRef | None  # None: `new(...)`, or an anonymous object
    arguments: tuple[Argument, ...]
    initializer: tuple[tuple[str | None, Expr], ...]  # (member, value); collection elements have no member
    node: int
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class Collection(Expr):
    items: tuple[Expr, ...]  # arrays, stackalloc, collection expressions; a spread is Spread
    element_type: TypeRef | None = None


@dataclass(frozen=True, slots=True)
class Spread(Expr):
    value: Expr


@dataclass(frozen=True, slots=True)
class TupleExpr(Expr):
    items: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: TypeRef | None
    modifiers: tuple[str, ...] = ()  # "this" "ref" "out" "in" "params" "scoped"
    attributes: tuple[Attribute, ...] = ()
    default: Expr | None = None


@dataclass(frozen=True, slots=True)
class Lambda(Expr):
    parameters: tuple[Parameter, ...]
    attributes: tuple[Attribute, ...]
    body: str  # id of the body: `<id of the enclosing body>~<node>`
    is_async: bool
    is_static: bool
    node: int
    return_type: TypeRef | None = None
    may_refuse: bool = False  # its body has a word that a 401 or 403 is made with


@dataclass(frozen=True, slots=True)
class Assign(Expr):
    operator: str  # "=" "+=" "??=" ...
    target: Expr
    value: Expr
    node: int = -1


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    operator: str  # "!" "-" "~" "+" "++" "--" "p++" "p--" "await" "throw" "^" "checked" "!!" (null-forgiving is dropped)
    operand: Expr


@dataclass(frozen=True, slots=True)
class Conditional(Expr):
    condition: Expr
    when_true: Expr
    when_false: Expr


@dataclass(frozen=True, slots=True)
class Cast(Expr):
    type: TypeRef
    value: Expr
    safe: bool = False  # `as`


@dataclass(frozen=True, slots=True)
class IsPattern(Expr):
    value: Expr
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Index(Expr):
    target: Expr
    arguments: tuple[Argument, ...]
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class TypeOf(Expr):
    type: TypeRef


@dataclass(frozen=True, slots=True)
class NameOf(Expr):
    name: str  # the last part, which is the value


@dataclass(frozen=True, slots=True)
class SwitchExpr(Expr):
    value: Expr
    arms: tuple[tuple[Pattern, Expr | None, Expr], ...]  # pattern, when, result


@dataclass(frozen=True, slots=True)
class With(Expr):
    target: Expr
    initializer: tuple[tuple[str | None, Expr], ...]


@dataclass(frozen=True, slots=True)
class Query(Expr):
    """A LINQ query; `clauses` are ("from", name, expr), ("where", "", expr), ("select", "", expr), ("orderby"|"let"|"join"|"group", ...)."""

    clauses: tuple[tuple[str, str, Expr], ...]


@dataclass(frozen=True, slots=True)
class Declaration(Expr):
    """`out var x`, `var (a, b) = ...`: names bound by an expression."""

    names: tuple[str, ...]
    type: TypeRef | None


@dataclass(frozen=True, slots=True)
class Opaque(Expr):
    kind: str  # the grammar's node type
    parts: tuple[Expr, ...] = ()


# --- patterns ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pattern:
    """`kind`: "constant" (value) "type" (type, name) "var" (name) "discard" "property" (type, fields, name) "relational" (operator, value)
    "and" "or" "not" (children) "list" (children) "opaque".
    """

    kind: str
    value: Expr | None = None
    type: TypeRef | None = None
    name: str | None = None
    operator: str | None = None
    fields: tuple[tuple[str, Pattern], ...] = ()
    children: tuple[Pattern, ...] = ()


# --- statements ----------------------------------------------------------------------------------------------------------


class Stmt:
    """Base of all statements."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Local(Stmt):
    name: str
    type: TypeRef | None  # None: var
    value: Expr | None
    is_const: bool = False
    is_using: bool = False


@dataclass(frozen=True, slots=True)
class ExprStmt(Stmt):
    value: Expr


@dataclass(frozen=True, slots=True)
class Block(Stmt):
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class If(Stmt):
    condition: Expr
    then: Stmt
    otherwise: Stmt | None


@dataclass(frozen=True, slots=True)
class ForEach(Stmt):
    names: tuple[str, ...]  # more than one: deconstruction
    type: TypeRef | None
    iterable: Expr
    body: Stmt


@dataclass(frozen=True, slots=True)
class For(Stmt):
    initializers: tuple[Stmt, ...]
    condition: Expr | None
    updates: tuple[Expr, ...]
    body: Stmt


@dataclass(frozen=True, slots=True)
class While(Stmt):
    condition: Expr
    body: Stmt
    do_first: bool = False


@dataclass(frozen=True, slots=True)
class Return(Stmt):
    value: Expr | None


@dataclass(frozen=True, slots=True)
class YieldReturn(Stmt):
    value: Expr | None  # None: yield break


@dataclass(frozen=True, slots=True)
class Throw(Stmt):
    value: Expr | None


@dataclass(frozen=True, slots=True)
class CatchClause:
    type: TypeRef | None
    name: str | None
    when: Expr | None
    body: Block


@dataclass(frozen=True, slots=True)
class Try(Stmt):
    body: Block
    catches: tuple[CatchClause, ...]
    finally_: Block | None


@dataclass(frozen=True, slots=True)
class Using(Stmt):
    declaration: tuple[Local, ...]
    value: Expr | None
    body: Stmt


@dataclass(frozen=True, slots=True)
class SwitchSection:
    labels: tuple[tuple[Pattern | None, Expr | None], ...]  # None: default; (pattern, when)
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Switch(Stmt):
    value: Expr
    sections: tuple[SwitchSection, ...]


@dataclass(frozen=True, slots=True)
class LocalFunction(Stmt):
    name: str
    parameters: tuple[Parameter, ...]
    return_type: TypeRef | None
    attributes: tuple[Attribute, ...]
    body: str  # id of the body
    type_parameters: tuple[str, ...] = ()
    node: int = -1
    may_refuse: bool = False


@dataclass(frozen=True, slots=True)
class Jump(Stmt):
    kind: str  # "break" "continue" "goto"


@dataclass(frozen=True, slots=True)
class OpaqueStmt(Stmt):
    kind: str
    parts: tuple[Expr, ...] = ()
    body: tuple[Stmt, ...] = ()


# --- attributes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attribute:
    """`[target: type(arguments)]`; the type as written, with or without "Attribute"."""

    type: TypeRef
    arguments: tuple[Argument, ...] = ()  # named constructor arguments `name:`
    properties: tuple[tuple[str, Expr], ...] = ()  # `Name = value`
    target: str | None = None  # "return" "assembly" "field" ...
