"""Reduces the syntax tree of one member to `facts.syntax_ir`: types, attributes, expressions.

Invariant: the result holds no offset; where numbered nodes and lambda bodies stand is collected beside, relative to the member.
What has no reader, or is nested deeper than `MAX_DEPTH`, becomes `Opaque`: never an exception, never a guess.
Statements are in `facts.lower_statements`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from routewarden.facts import precedence
from routewarden.facts import syntax_ir as ir
from routewarden.syntax.tree import Node

MAX_DEPTH = 120  # Python's own recursion limit is 1,000 frames; one level costs up to four, and start-up code is read on a deep stack


@dataclass(slots=True)
class Lowering:
    """State of one member's lowering: `spans[n]` is (start, end, name start, name end) of node n, relative to `base`."""

    data: bytes  # of the original text: masked characters must not leak into names
    base: int
    body: str  # id of the body being lowered
    spans: list[tuple[int, int, int, int]] = field(default_factory=list)
    bodies: dict[str, tuple[ir.Stmt, ...]] = field(default_factory=dict)
    attribute_spans: dict[str, list[tuple[int, int]]] = field(default_factory=dict)  # of lambdas and local functions
    depth: int = 0
    closed: precedence.Closed = field(default_factory=dict)
    lower_block: Callable[[Lowering, Node], tuple[ir.Stmt, ...]] | None = None  # set by facts.lower_statements

    def text(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def number(self, node: Node, name: Node | None = None) -> int:
        """The next node number, for `node`; its name's place is `name`'s."""
        at = name or node
        base = self.base
        self.spans.append((node.start_byte - base, node.end_byte - base, at.start_byte - base, at.end_byte - base))
        return len(self.spans) - 1


def identifier(ctx: Lowering, node: Node) -> str:
    """The identifier's text; `@class` is `class` (C# spec 6.4.3)."""
    text = ctx.text(node)
    return text[1:] if text.startswith("@") else text


# --- types ---------------------------------------------------------------------------------------------------------------


def type_ref(ctx: Lowering, node: Node | None) -> ir.TypeRef | None:
    """The type as written; None for `var` and for no node."""
    if node is None or node.type == "implicit_type":
        return None
    return _type(ctx, node, 0)


def _type(ctx: Lowering, node: Node, depth: int) -> ir.TypeRef:
    kind = node.type
    if kind == "identifier":
        return ir.TypeRef(identifier(ctx, node))
    if kind == "predefined_type" or depth > 60:
        return ir.TypeRef(ctx.text(node))
    if kind == "generic_name":
        name = node.named_children[0]
        arguments = node.named_children[1] if node.named_child_count > 1 else None
        return ir.TypeRef(identifier(ctx, name), type_arguments(ctx, arguments, depth + 1))
    if kind in ("qualified_name", "alias_qualified_name"):
        left = node.child_by_field_name("qualifier") or node.child_by_field_name("alias")
        right = node.child_by_field_name("name")
        if left is None or right is None:
            return ir.TypeRef("".join(ctx.text(node).split()))
        outer, inner = _type(ctx, left, depth + 1), _type(ctx, right, depth + 1)
        separator = "::" if kind == "alias_qualified_name" else "."
        return ir.TypeRef(outer.name + separator + inner.name, outer.arguments + inner.arguments)
    if kind == "nullable_type":
        inner = _child_type(ctx, node, depth)
        return ir.TypeRef(inner.name, inner.arguments, True, inner.array, inner.labels)
    if kind == "array_type":
        inner = _child_type(ctx, node, depth)
        return ir.TypeRef(inner.name, inner.arguments, False, inner.array + 1, inner.labels)
    if kind == "tuple_type":
        elements = []
        labels = []
        for element in node.named_children:
            of, label = element.child_by_field_name("type"), element.child_by_field_name("name")
            if of is not None:
                elements.append(_type(ctx, of, depth + 1))
                labels.append(identifier(ctx, label) if label is not None else "")
        return ir.TypeRef("(,)", tuple(elements), labels=tuple(labels) if any(labels) else ())
    if kind in ("ref_type", "scoped_type", "pointer_type"):
        return _child_type(ctx, node, depth)
    return ir.TypeRef("".join(ctx.text(node).split()))


def _child_type(ctx: Lowering, node: Node, depth: int) -> ir.TypeRef:
    of = node.child_by_field_name("type") or (node.named_children[0] if node.named_child_count else None)
    return _type(ctx, of, depth + 1) if of is not None else ir.TypeRef("".join(ctx.text(node).split()))


def type_arguments(ctx: Lowering, node: Node | None, depth: int = 0) -> tuple[ir.TypeRef, ...]:
    """The arguments of a `type_argument_list`; `<,>` gives as many `TypeRef("")` as it has places."""
    if node is None:
        return ()
    named = [c for c in node.named_children if c.type != "comment"]
    if not named:
        return tuple(ir.TypeRef("") for c in node.children if c.type in ("<", ","))
    return tuple(_type(ctx, c, depth + 1) for c in named)


# --- attributes and parameters -------------------------------------------------------------------------------------------


def attributes(ctx: Lowering, node: Node, spans: list[tuple[int, int]]) -> tuple[ir.Attribute, ...]:
    """The attributes in the attribute lists that are children of `node`; their places go to `spans`, relative to `ctx.base`."""
    found: list[ir.Attribute] = []
    for child in node.children:
        if child.type in ("attribute_list", "global_attribute"):
            target = None
            for item in child.named_children:
                if item.type == "attribute_target_specifier":
                    target = ctx.text(item).rstrip(":").strip()
                elif item.type == "attribute":
                    found.append(attribute(ctx, item, target))
                    spans.append((item.start_byte - ctx.base, item.end_byte - ctx.base))
        elif child.type not in ("comment", "modifier") and found and child.is_named:
            break
    return tuple(found)


def attribute(ctx: Lowering, node: Node, target: str | None) -> ir.Attribute:
    name = node.child_by_field_name("name")
    arguments: list[ir.Argument] = []
    properties: list[tuple[str, ir.Expr]] = []
    for child in node.named_children:
        if child.type != "attribute_argument_list":
            continue
        for item in child.named_children:
            if item.type != "attribute_argument":
                continue
            named = item.child_by_field_name("name")
            values = [c for c in item.named_children if c.type != "comment" and c != named]
            if not values:
                continue
            value = expression(ctx, values[-1])
            if named is None:
                arguments.append(ir.Argument(value))
            elif any(c.type == ":" for c in item.children):
                arguments.append(ir.Argument(value, identifier(ctx, named)))
            else:
                properties.append((identifier(ctx, named), value))
    of = _type(ctx, name, 0) if name is not None else ir.TypeRef("")
    return ir.Attribute(of, tuple(arguments), tuple(properties), target)


def parameters(ctx: Lowering, node: Node | None) -> tuple[ir.Parameter, ...]:
    """The parameters of a `parameter_list`, `bracketed_parameter_list` or `implicit_parameter`."""
    if node is None:
        return ()
    if node.type in ("implicit_parameter", "identifier"):
        return (ir.Parameter(identifier(ctx, node), None),)
    found = [_parameter(ctx, c) for c in node.named_children if c.type in ("parameter", "implicit_parameter")]
    # The grammar puts a `params` parameter's parts straight into the list.
    direct_name = node.child_by_field_name("name")
    if direct_name is not None:
        spans: list[tuple[int, int]] = []
        of = type_ref(ctx, node.child_by_field_name("type"))
        found.append(ir.Parameter(identifier(ctx, direct_name), of, ("params",), attributes(ctx, node, spans)))
    return tuple(found)


def _parameter(ctx: Lowering, node: Node) -> ir.Parameter:
    name = node.child_by_field_name("name")
    if name is None:
        return ir.Parameter(ctx.text(node), None)
    of = type_ref(ctx, node.child_by_field_name("type"))
    modifiers = tuple(ctx.text(c) for c in node.children if c.type in ("modifier", "params", "this"))
    spans: list[tuple[int, int]] = []
    default = None
    after_equals = False
    for child in node.children:
        if child.type == "=":
            after_equals = True
        elif after_equals and child.is_named and child.type != "comment":
            default = expression(ctx, child)
    return ir.Parameter(identifier(ctx, name), of, modifiers, attributes(ctx, node, spans), default)


def arguments(ctx: Lowering, node: Node | None) -> tuple[ir.Argument, ...]:
    if node is None:
        return ()
    return tuple(_argument(ctx, c) for c in node.named_children if c.type == "argument")


def _argument(ctx: Lowering, node: Node) -> ir.Argument:
    name = node.child_by_field_name("name")
    modifier = None
    value: Node | None = None
    for child in node.children:
        if child.type in ("ref", "out", "in"):
            modifier = child.type
        elif child.is_named and child.type not in ("comment", "modifier") and child != name:
            value = child
    lowered = expression(ctx, value) if value is not None else ir.Opaque("missing")
    return ir.Argument(lowered, identifier(ctx, name) if name is not None else None, modifier)


# --- expressions ---------------------------------------------------------------------------------------------------------


def expression(ctx: Lowering, node: Node) -> ir.Expr:
    """The expression at `node`."""
    handler = _EXPRESSIONS.get(node.type)
    if handler is None or ctx.depth > MAX_DEPTH:
        return _opaque(ctx, node)
    ctx.depth += 1
    try:
        return handler(ctx, node)
    finally:
        ctx.depth -= 1


def _opaque(ctx: Lowering, node: Node) -> ir.Expr:
    if ctx.depth > MAX_DEPTH:
        return ir.Opaque("deep")
    ctx.depth += 1
    try:
        parts = tuple(expression(ctx, c) for c in node.named_children if c.type in _EXPRESSIONS)
    finally:
        ctx.depth -= 1
    return ir.Opaque(node.type, parts)


def _named(node: Node) -> list[Node]:
    return [c for c in node.named_children if c.type != "comment"]


def _first(ctx: Lowering, node: Node) -> ir.Expr:
    inner = _named(node)
    return expression(ctx, inner[0]) if inner else ir.Opaque(node.type)


def _name(ctx: Lowering, node: Node) -> ir.Expr:
    return ir.Name(identifier(ctx, node))


def _generic_name(ctx: Lowering, node: Node) -> ir.Expr:
    of = _type(ctx, node, 0)
    return ir.Name(of.name, of.arguments)


def _qualified(ctx: Lowering, node: Node) -> ir.Expr:
    left = node.child_by_field_name("qualifier") or node.child_by_field_name("alias")
    right = node.child_by_field_name("name")
    if left is None or right is None:
        return ir.Opaque(node.type)
    of = _type(ctx, right, 0)
    if node.type == "alias_qualified_name":
        return ir.Name(f"{identifier(ctx, left)}::{of.name}", of.arguments)
    return ir.Member(expression(ctx, left), of.name, of.arguments)


def _parenthesized(ctx: Lowering, node: Node) -> ir.Expr:
    inner = _first(ctx, node)
    ctx.closed[id(inner)] = inner
    return inner


def _member(ctx: Lowering, node: Node) -> ir.Expr:
    target = node.child_by_field_name("expression")
    name = node.child_by_field_name("name")
    if target is None or name is None:
        return ir.Opaque(node.type)
    of = _type(ctx, name, 0)
    return precedence.postfix(expression(ctx, target), ctx.closed, lambda t: ir.Member(t, of.name, of.arguments))


def _conditional_access(ctx: Lowering, node: Node) -> ir.Expr:
    target = node.child_by_field_name("condition")
    rest = [c for c in _named(node) if c != target]
    if target is None or not rest:
        return ir.Opaque(node.type)
    return precedence.postfix(expression(ctx, target), ctx.closed, lambda t: _bind(ctx, rest[-1], t))


def _bind(ctx: Lowering, node: Node, receiver: ir.Expr) -> ir.Expr:
    """The part behind `?.`, whose innermost member or element binding stands for `receiver`."""
    if node.type == "member_binding_expression":
        name = node.child_by_field_name("name")
        if name is None:
            return ir.Opaque(node.type)
        of = _type(ctx, name, 0)
        return ir.Member(receiver, of.name, of.arguments, True)
    if node.type == "element_binding_expression":
        return ir.Index(receiver, arguments(ctx, node), True)
    if node.type == "invocation_expression":
        function = node.child_by_field_name("function")
        if function is not None:
            bound = _bind(ctx, function, receiver)
            number = ctx.number(node, _called_name(function))
            return ir.Call(bound, arguments(ctx, node.child_by_field_name("arguments")), number)
    if node.type == "member_access_expression":
        target, name = node.child_by_field_name("expression"), node.child_by_field_name("name")
        if target is not None and name is not None:
            of = _type(ctx, name, 0)
            return ir.Member(_bind(ctx, target, receiver), of.name, of.arguments)
    if node.type == "element_access_expression":
        target = node.child_by_field_name("expression")
        if target is not None:
            return ir.Index(_bind(ctx, target, receiver), arguments(ctx, node.child_by_field_name("subscript")))
    if node.type in ("postfix_unary_expression", "conditional_access_expression") and node.named_child_count:
        inner = _bind(ctx, node.named_children[0], receiver)
        return _bind(ctx, node.named_children[-1], inner) if node.named_child_count > 1 else inner
    return ir.Opaque(node.type, (receiver,))


def _called_name(function: Node) -> Node:
    named = function.child_by_field_name("name")
    if named is None and function.type == "conditional_access_expression" and function.named_child_count:
        named = function.named_children[-1].child_by_field_name("name")
    if named is None:
        named = function
    return named.named_children[0] if named.type == "generic_name" and named.named_child_count else named


def _call(ctx: Lowering, node: Node) -> ir.Expr:
    function = node.child_by_field_name("function")
    if function is None:
        return ir.Opaque(node.type)
    argument_list = node.child_by_field_name("arguments")
    if function.type == "identifier" and ctx.text(function) == "nameof" and argument_list is not None:
        words = ctx.text(argument_list).strip("() \t\r\n")
        return ir.NameOf(words.split("<", 1)[0].replace("::", ".").rsplit(".", 1)[-1].strip().lstrip("@"))
    target = expression(ctx, function)  # first: numbers follow the source order of a fluent chain
    number = ctx.number(node, _called_name(function))
    given = arguments(ctx, argument_list)
    return precedence.postfix(target, ctx.closed, lambda t: ir.Call(t, given, number))


def _initializer(ctx: Lowering, node: Node | None) -> tuple[tuple[str | None, ir.Expr], ...]:
    items: list[tuple[str | None, ir.Expr]] = []
    for child in _named(node) if node is not None else ():
        if child.type == "assignment_expression":
            left, right = child.child_by_field_name("left"), child.child_by_field_name("right")
            if left is not None and right is not None:
                value: ir.Expr
                if right.type == "initializer_expression":
                    value = ir.New(None, (), _initializer(ctx, right), ctx.number(right))
                else:
                    value = expression(ctx, right)
                if left.type == "identifier":
                    items.append((identifier(ctx, left), value))
                else:  # `["key"] = value`
                    keys = tuple(expression(ctx, c) for c in _named(left) if c.type != "argument") or tuple(
                        a.value for a in arguments(ctx, left)
                    )
                    items.append((None, ir.TupleExpr(tuple(ir.Argument(k) for k in (*keys, value)))))
        elif child.type == "initializer_expression":
            items.append((None, ir.TupleExpr(tuple(ir.Argument(v) for _, v in _initializer(ctx, child)))))
        else:
            items.append((None, expression(ctx, child)))
    return tuple(items)


def _new(ctx: Lowering, node: Node) -> ir.Expr:
    of = node.child_by_field_name("type")
    number = ctx.number(node, of or node)
    argument_list = node.child_by_field_name("arguments")
    initializer = node.child_by_field_name("initializer")
    for child in node.named_children:
        if child.type == "argument_list":
            argument_list = child
        elif child.type == "initializer_expression":
            initializer = child
    return ir.New(type_ref(ctx, of), arguments(ctx, argument_list), _initializer(ctx, initializer), number)


def _anonymous(ctx: Lowering, node: Node) -> ir.Expr:
    number = ctx.number(node)
    items: list[tuple[str | None, ir.Expr]] = []
    children = [c for c in node.children if c.type != "comment"]
    at = 0
    while at < len(children):
        child = children[at]
        if child.is_named:
            if at + 2 < len(children) and children[at + 1].type == "=":
                items.append((identifier(ctx, child), expression(ctx, children[at + 2])))
                at += 2
            else:
                value = expression(ctx, child)
                name = value.name if isinstance(value, (ir.Name, ir.Member)) else None
                items.append((name, value))
        at += 1
    return ir.New(None, (), tuple(items), number, anonymous=True)


def _array(ctx: Lowering, node: Node) -> ir.Expr:
    of = type_ref(ctx, node.child_by_field_name("type"))
    items: tuple[ir.Expr, ...] = ()
    for child in node.named_children:
        if child.type == "initializer_expression":
            items = tuple(v for _, v in _initializer(ctx, child))
    element = ir.TypeRef(of.name, of.arguments, of.nullable, of.array - 1) if of is not None and of.array else of
    return ir.Collection(items, element)


def _bare_array(ctx: Lowering, node: Node) -> ir.Expr:
    """`string[] names = { "a", "b" };`"""
    return ir.Collection(tuple(v for _, v in _initializer(ctx, node)))


def _collection(ctx: Lowering, node: Node) -> ir.Expr:
    items: list[ir.Expr] = []
    for element in _named(node):
        inner = element.named_children[0] if element.type == "collection_element" and element.named_child_count else element
        if inner.type == "spread_element":
            items.append(ir.Spread(_first(ctx, inner)))
        elif inner.type == "expression_element":
            items.append(_first(ctx, inner))
        else:
            items.append(expression(ctx, inner))
    return ir.Collection(tuple(items))


def _tuple(ctx: Lowering, node: Node) -> ir.Expr:
    return ir.TupleExpr(arguments(ctx, node))


def _lambda(ctx: Lowering, node: Node) -> ir.Expr:
    number = ctx.number(node)
    body_id = f"{ctx.body}~{number}"
    spans: list[tuple[int, int]] = []
    found = attributes(ctx, node, spans)
    ctx.attribute_spans[body_id] = spans
    parameter_node = node.child_by_field_name("parameters")
    params = parameters(ctx, parameter_node)
    body = node.child_by_field_name("body")
    if body is None:
        body = next((c for c in node.named_children if c.type == "block"), None)
    words = {ctx.text(c) for c in node.children if c.type in ("modifier", "async", "static")}
    returns = type_ref(ctx, node.child_by_field_name("type"))
    function_body(ctx, body_id, body)
    return ir.Lambda(params, found, body_id, "async" in words, "static" in words, number, returns, may_refuse(ctx, body))


_REFUSING = re.compile(rb"Unauthorized|Forbid|Challenge|\b40[13]\b")


def may_refuse(ctx: Lowering, body: Node | None) -> bool:
    """Whether a body has a word that a 401 or 403 is made with: most have none, and need not be read."""
    return body is not None and _REFUSING.search(ctx.data, body.start_byte, body.end_byte) is not None


def function_body(ctx: Lowering, body_id: str, body: Node | None) -> None:
    """Lowers `body` (block, arrow clause or expression) under the id, into `ctx.bodies`."""
    outer, ctx.body = ctx.body, body_id
    depth = ctx.depth
    try:
        if body is None:
            statements: tuple[ir.Stmt, ...] = ()
        elif body.type == "block":
            assert ctx.lower_block is not None
            statements = ctx.lower_block(ctx, body)
        elif body.type == "arrow_expression_clause":
            statements = (ir.Return(_first(ctx, body)),)
        else:
            statements = (ir.Return(expression(ctx, body)),)
    finally:
        ctx.body, ctx.depth = outer, depth
    ctx.bodies[body_id] = statements


def _assignment(ctx: Lowering, node: Node) -> ir.Expr:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        return ir.Opaque(node.type)
    operator = node.child_by_field_name("operator")
    sign = ctx.text(operator) if operator is not None else next((c.type for c in node.children if not c.is_named), "=")
    number = ctx.number(node, left)
    target = _tuple_pattern(ctx, left) if left.type == "tuple_pattern" else expression(ctx, left)
    return ir.Assign(sign, target, expression(ctx, right), number)


def _tuple_pattern(ctx: Lowering, node: Node) -> ir.Expr:
    return ir.Declaration(designation_names(ctx, node), None)


def designation_names(ctx: Lowering, node: Node) -> tuple[str, ...]:
    """The names that a tuple pattern or parenthesised designation binds, in order; discards are "_"."""
    names: list[str] = []
    for child in node.named_children:
        if child.type in ("identifier", "discard"):
            names.append(identifier(ctx, child))
        elif child.type in ("tuple_pattern", "parenthesized_variable_designation"):
            names.extend(designation_names(ctx, child))
    return tuple(names)


def _binary(ctx: Lowering, node: Node) -> ir.Expr:
    # Left-leaning chains ("a" + b + "c" ...) can be thousands long: walked in a loop.
    rights: list[tuple[str, Node]] = []
    at: Node | None = node
    while at is not None and at.type == "binary_expression":
        left, right = at.child_by_field_name("left"), at.child_by_field_name("right")
        operator = at.child_by_field_name("operator")
        if left is None or right is None:
            break
        sign = ctx.text(operator) if operator is not None else next((c.type for c in at.children if not c.is_named), "?")
        rights.append((sign, right))
        at = left
    if at is None or not rights:
        return ir.Opaque(node.type)
    if len(rights) > MAX_DEPTH:
        return ir.Opaque("deep")
    result = expression(ctx, at) if at.type != "binary_expression" else ir.Opaque(at.type)
    for sign, right in reversed(rights):
        result = precedence.binary(sign, result, expression(ctx, right), ctx.closed)
    return result


def _prefix(ctx: Lowering, node: Node) -> ir.Expr:
    sign = next((c.type for c in node.children if not c.is_named), "?")
    return ir.Unary(sign, _first(ctx, node))


def _postfix(ctx: Lowering, node: Node) -> ir.Expr:
    sign = next((c.type for c in node.children if not c.is_named), "?")
    inner = _first(ctx, node)
    return inner if sign == "!" else ir.Unary("p" + sign, inner)


def _word(word: str) -> Callable[[Lowering, Node], ir.Expr]:
    def lower(ctx: Lowering, node: Node) -> ir.Expr:
        return ir.Unary(word, _first(ctx, node))

    return lower


def _ternary(ctx: Lowering, node: Node) -> ir.Expr:
    parts = [node.child_by_field_name(f) for f in ("condition", "consequence", "alternative")]
    if any(p is None for p in parts):
        return _opaque(ctx, node)
    condition, yes, no = (expression(ctx, p) for p in parts if p is not None)
    return ir.Conditional(condition, yes, no)


def _cast(ctx: Lowering, node: Node) -> ir.Expr:
    of, value = node.child_by_field_name("type"), node.child_by_field_name("value")
    target = type_ref(ctx, of)
    if target is None or value is None or of is None:
        return ir.Opaque(node.type)
    if of.type in ("identifier", "qualified_name", "generic_name") and value.type in ("prefix_unary_expression", "unary_expression"):
        # `(Base) + x` is no cast: https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/expressions#1297-cast-expressions
        signed = _prefix(ctx, value)
        if isinstance(signed, ir.Unary) and signed.operator in ("+", "-"):
            return ir.Binary(signed.operator, expression(ctx, of), signed.operand)
    return ir.Cast(target, expression(ctx, value))


def _as(ctx: Lowering, node: Node) -> ir.Expr:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    target = type_ref(ctx, right)
    if left is None or target is None:
        return ir.Opaque(node.type)
    return precedence.relational(expression(ctx, left), ctx.closed, lambda value: ir.Cast(target, value, safe=True))


def _is(ctx: Lowering, node: Node) -> ir.Expr:
    value = node.child_by_field_name("expression") or node.child_by_field_name("left")
    pattern_node = node.child_by_field_name("pattern") or node.child_by_field_name("right")
    if value is None or pattern_node is None:
        return ir.Opaque(node.type)
    is_type = node.type == "is_expression"
    written = ir.Pattern("type", type=type_ref(ctx, pattern_node)) if is_type else pattern(ctx, pattern_node)
    return precedence.relational(expression(ctx, value), ctx.closed, lambda v: precedence.is_pattern(v, written, ctx.closed))


def _index(ctx: Lowering, node: Node) -> ir.Expr:
    target = node.child_by_field_name("expression")
    if target is None:
        return ir.Opaque(node.type)
    keys = arguments(ctx, node.child_by_field_name("subscript"))
    return precedence.postfix(expression(ctx, target), ctx.closed, lambda t: ir.Index(t, keys))


def _range(ctx: Lowering, node: Node) -> ir.Expr:
    """`a..b`, either of which may be missing, as a binary ".."; a missing end is null."""
    ends: list[ir.Expr] = [ir.Literal(None, "null"), ir.Literal(None, "null")]
    side = 0
    for child in node.children:
        if child.type == "..":
            side = 1
        elif child.is_named and child.type != "comment":
            ends[side] = expression(ctx, child)
    return ir.Binary("..", ends[0], ends[1])


def _typeof(ctx: Lowering, node: Node) -> ir.Expr:
    of = type_ref(ctx, node.child_by_field_name("type"))
    return ir.TypeOf(of) if of is not None else ir.Opaque(node.type)


def _default(ctx: Lowering, node: Node) -> ir.Expr:
    return ir.Literal(None, "default")


def _interpolated(ctx: Lowering, node: Node) -> ir.Expr:
    parts: list[ir.Expr] = []
    raw = any(c.type.startswith("raw") for c in node.children) or b'"""' in ctx.data[node.start_byte : node.start_byte + 12]
    verbatim = b"@" in ctx.data[node.start_byte : node.start_byte + 3]
    for child in node.named_children:
        if child.type == "interpolation":
            holes = [c for c in _named(child) if c.type not in _HOLE_NOISE]
            part = expression(ctx, holes[0]) if holes else ir.Opaque("hole")
            how = next((c for c in _named(child) if c.type == "interpolation_format_clause"), None)
            if how is not None:  # `{number:D3}` is `number.ToString("D3")`
                form = ir.Argument(ir.Literal(ctx.text(how).lstrip(":"), "string"))
                part = ir.Call(ir.Member(part, "ToString"), (form,), ctx.number(how, how))
            parts.append(part)
        elif child.type in ("string_content", "string_literal_content", "raw_string_content", "escape_sequence"):
            text = ctx.text(child)
            if raw:
                pass
            elif verbatim:
                text = text.replace('""', '"').replace("{{", "{").replace("}}", "}")
            else:
                text = unescape(text).replace("{{", "{").replace("}}", "}")
            parts.append(ir.Literal(text, "string"))
    return ir.Interpolated(_joined(parts))


_HOLE_NOISE = frozenset({"interpolation_brace", "interpolation_alignment_clause", "interpolation_format_clause"})


def _joined(parts: list[ir.Expr]) -> tuple[ir.Expr, ...]:
    joined: list[ir.Expr] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, ir.Literal) and isinstance(last, ir.Literal):
            joined[-1] = ir.Literal(f"{last.value}{part.value}", "string")
        else:
            joined.append(part)
    return tuple(joined)


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}


def unescape(text: str) -> str:
    """The value of the characters of a regular string literal (C# spec 6.4.5.5, `\\e` of C# 13)."""
    if "\\" not in text:
        return text
    out: list[str] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char != "\\" or at + 1 >= len(text):
            out.append(char)
            at += 1
            continue
        kind = text[at + 1]
        if kind in "uUx":
            width = {"u": 4, "U": 8, "x": 4}[kind]
            digits = ""
            while len(digits) < width and at + 2 + len(digits) < len(text) and text[at + 2 + len(digits)] in _HEX:
                digits += text[at + 2 + len(digits)]
            code = int(digits, 16) if digits else 0xFFFD
            out.append(chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd")
            at += 2 + len(digits)
        else:
            out.append(_ESCAPES.get(kind, kind))
            at += 2
    return "".join(out)


_HEX = frozenset("0123456789abcdefABCDEF")


def _string(ctx: Lowering, node: Node) -> ir.Expr:
    text = ctx.text(node)
    if text.endswith(("u8", "U8")):
        text = text[:-2]
    return ir.Literal(unescape(text[1:-1]), "string")


def _verbatim(ctx: Lowering, node: Node) -> ir.Expr:
    text = ctx.text(node).removesuffix("u8")
    return ir.Literal(text[2:-1].replace('""', '"'), "string")


def _raw_string(ctx: Lowering, node: Node) -> ir.Expr:
    """C# spec, raw string literals: the closing line's indentation is taken from every line, the first and last line ends are not content."""
    text = ctx.text(node).removesuffix("u8")
    quotes = len(text) - len(text.lstrip('"'))
    inner = text[quotes : len(text) - quotes] if len(text) >= 2 * quotes else ""
    if "\n" not in inner and "\r" not in inner:
        return ir.Literal(inner, "string")
    lines = inner.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    indent = lines[-1]
    content = [line.removeprefix(indent) if line.strip(" \t") else line[len(indent) :] for line in lines[1:-1]]
    return ir.Literal("\n".join(content), "string")


def _char(ctx: Lowering, node: Node) -> ir.Expr:
    return ir.Literal(unescape(ctx.text(node)[1:-1]), "char")


def _integer(ctx: Lowering, node: Node) -> ir.Expr:
    text = ctx.text(node).replace("_", "").rstrip("uUlL")
    try:
        return ir.Literal(int(text, 0) if text[:2].lower() in ("0x", "0b") else int(text), "number")
    except ValueError:
        return ir.Opaque(node.type)


def _real(ctx: Lowering, node: Node) -> ir.Expr:
    try:
        return ir.Literal(float(ctx.text(node).replace("_", "").rstrip("fFdDmM")), "number")
    except ValueError:
        return ir.Opaque(node.type)


def _boolean(ctx: Lowering, node: Node) -> ir.Expr:
    return ir.Literal(ctx.text(node) == "true", "bool")


def _null(ctx: Lowering, node: Node) -> ir.Expr:
    return ir.Literal(None, "null")


def _switch_expression(ctx: Lowering, node: Node) -> ir.Expr:
    children = _named(node)
    if not children:
        return ir.Opaque(node.type)
    arms: list[tuple[ir.Pattern, ir.Expr | None, ir.Expr]] = []
    for arm in children[1:]:
        if arm.type != "switch_expression_arm":
            continue
        parts = _named(arm)
        if len(parts) < 2:
            continue
        when = next((_first(ctx, p) for p in parts if p.type == "when_clause"), None)
        arms.append((pattern(ctx, parts[0]), when, expression(ctx, parts[-1])))
    return ir.SwitchExpr(expression(ctx, children[0]), tuple(arms))


def _with(ctx: Lowering, node: Node) -> ir.Expr:
    children = _named(node)
    items: list[tuple[str | None, ir.Expr]] = []
    for child in children[1:]:
        parts = _named(child)
        if child.type == "with_initializer" and len(parts) == 2:
            items.append((identifier(ctx, parts[0]), expression(ctx, parts[1])))
    return ir.With(expression(ctx, children[0]) if children else ir.Opaque("with"), tuple(items))


def _query(ctx: Lowering, node: Node) -> ir.Expr:
    clauses: list[tuple[str, str, ir.Expr]] = []
    for clause in _named(node):
        word = clause.type.removesuffix("_clause").replace("_", "")
        name = clause.child_by_field_name("name")
        values = [c for c in _named(clause) if c != name and c.type in _EXPRESSIONS]
        for value in values or ():
            clauses.append((word, identifier(ctx, name) if name is not None else "", expression(ctx, value)))
    return ir.Query(tuple(clauses))


def _declaration(ctx: Lowering, node: Node) -> ir.Expr:
    name = node.child_by_field_name("name")
    of = type_ref(ctx, node.child_by_field_name("type"))
    if name is not None and name.type == "identifier":
        return ir.Declaration((identifier(ctx, name),), of)
    return ir.Declaration(designation_names(ctx, node), of)


def _keyword(ctx: Lowering, node: Node) -> ir.Expr:
    return ir.Name(ctx.text(node))


_EXPRESSIONS: dict[str, Callable[[Lowering, Node], ir.Expr]] = {
    "identifier": _name, "discard": _name, "generic_name": _generic_name, "qualified_name": _qualified,
    "alias_qualified_name": _qualified, "predefined_type": _keyword, "this": _keyword, "base": _keyword,
    "member_access_expression": _member, "conditional_access_expression": _conditional_access,
    "invocation_expression": _call, "object_creation_expression": _new, "implicit_object_creation_expression": _new,
    "anonymous_object_creation_expression": _anonymous, "array_creation_expression": _array,
    "implicit_array_creation_expression": _array, "stackalloc_expression": _array, "implicit_stackalloc_expression": _array,
    "collection_expression": _collection, "tuple_expression": _tuple, "lambda_expression": _lambda,
    "anonymous_method_expression": _lambda, "assignment_expression": _assignment, "binary_expression": _binary,
    "prefix_unary_expression": _prefix, "unary_expression": _prefix, "postfix_unary_expression": _postfix,
    "await_expression": _word("await"), "throw_expression": _word("throw"), "conditional_expression": _ternary,
    "cast_expression": _cast, "as_expression": _as, "is_expression": _is, "is_pattern_expression": _is,
    "element_access_expression": _index, "typeof_expression": _typeof, "default_expression": _default,
    "interpolated_string_expression": _interpolated, "string_literal": _string, "verbatim_string_literal": _verbatim,
    "raw_string_literal": _raw_string, "character_literal": _char, "integer_literal": _integer, "real_literal": _real,
    "boolean_literal": _boolean, "null_literal": _null, "parenthesized_expression": _parenthesized, "range_expression": _range,
    "ref_expression": _first,
    "checked_expression": _first, "switch_expression": _switch_expression, "with_expression": _with,
    "query_expression": _query, "declaration_expression": _declaration, "initializer_expression": _bare_array,
}


# --- patterns ------------------------------------------------------------------------------------------------------------


def pattern(ctx: Lowering, node: Node) -> ir.Pattern:
    """The pattern at `node`; also an expression node, which is a constant pattern."""
    kind = node.type
    if ctx.depth > MAX_DEPTH:
        return ir.Pattern("opaque")
    ctx.depth += 1
    try:
        if kind == "discard":
            return ir.Pattern("discard")
        if kind == "constant_pattern":
            return ir.Pattern("constant", value=_first(ctx, node))
        if kind == "parenthesized_pattern":
            inner = _named(node)
            return pattern(ctx, inner[0]) if inner else ir.Pattern("opaque")
        if kind == "negated_pattern":
            return ir.Pattern("not", children=tuple(pattern(ctx, c) for c in _named(node)))
        if kind in ("and_pattern", "or_pattern"):
            return ir.Pattern(kind.removesuffix("_pattern"), children=tuple(pattern(ctx, c) for c in _named(node)))
        if kind in ("declaration_pattern", "type_pattern"):
            name = node.child_by_field_name("name")
            bound = identifier(ctx, name) if name is not None and name.type == "identifier" else None
            of = node.child_by_field_name("type")
            if of is not None and ctx.text(of) == "var":
                return ir.Pattern("var", name=bound)
            return ir.Pattern("type", type=type_ref(ctx, node.child_by_field_name("type")), name=bound)
        if kind == "var_pattern":
            names = designation_names(ctx, node)
            return ir.Pattern("var", name=names[0] if names else None)
        if kind == "relational_pattern":
            operator = node.child_by_field_name("operator")
            sign = ctx.text(operator) if operator is not None else next((c.type for c in node.children if not c.is_named), "")
            return ir.Pattern("relational", operator=sign, value=_first(ctx, node))
        if kind == "list_pattern":
            return ir.Pattern("list", children=tuple(pattern(ctx, c) for c in _named(node) if c.type != "identifier"))
        if kind == "recursive_pattern":
            return _recursive_pattern(ctx, node)
        if kind in _EXPRESSIONS:
            return ir.Pattern("constant", value=expression(ctx, node))
        return ir.Pattern("opaque")
    finally:
        ctx.depth -= 1


def _recursive_pattern(ctx: Lowering, node: Node) -> ir.Pattern:
    name = node.child_by_field_name("name")
    fields: list[tuple[str, ir.Pattern]] = []
    children: list[ir.Pattern] = []
    for clause in node.named_children:
        if clause.type == "property_pattern_clause":
            for sub in _named(clause):
                parts = _named(sub)
                if len(parts) == 2:
                    fields.append(("".join(ctx.text(parts[0]).split()), pattern(ctx, parts[1])))
        elif clause.type == "positional_pattern_clause":
            children.extend(pattern(ctx, _named(sub)[-1]) for sub in _named(clause) if _named(sub))
    bound = identifier(ctx, name) if name is not None and name.type == "identifier" else None
    of = type_ref(ctx, node.child_by_field_name("type"))
    return ir.Pattern("property", type=of, name=bound, fields=tuple(fields), children=tuple(children))
