"""Reduces the statements of one member to `facts.syntax_ir`. The expressions in them are `facts.lower`'s.

Invariant: as there: no offsets, no exception, `OpaqueStmt` where nobody reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from routewarden.facts import syntax_ir as ir
from routewarden.facts.lower import (
    MAX_DEPTH,
    Lowering,
    attributes,
    designation_names,
    expression,
    function_body,
    identifier,
    may_refuse,
    parameters,
    pattern,
    type_ref,
)
from routewarden.syntax.tree import Node


def lower_body(ctx: Lowering, body: Node | None) -> None:
    """Lowers the body of a member under `ctx.body`, with every lambda and local function in it, into `ctx.bodies`."""
    ctx.lower_block = block
    function_body(ctx, ctx.body, body)


def lower_top_level(ctx: Lowering, statements: Iterable[Node]) -> None:
    """Lowers top-level statements (`global_statement` nodes) under `ctx.body`."""
    ctx.lower_block = block
    ctx.bodies[ctx.body] = _statements(ctx, (s.named_children[0] for s in statements if s.named_child_count))


def lower_value(ctx: Lowering, node: Node) -> ir.Expr:
    """An expression outside any body (initializer, argument), whose lambdas go to `ctx.bodies`."""
    ctx.lower_block = block
    return expression(ctx, node)


def block(ctx: Lowering, node: Node) -> tuple[ir.Stmt, ...]:
    return _statements(ctx, node.named_children)


def _statements(ctx: Lowering, nodes: Iterable[Node]) -> tuple[ir.Stmt, ...]:
    out: list[ir.Stmt] = []
    for node in nodes:
        if node.type != "comment":
            _append(ctx, node, out)
    return tuple(out)


def _append(ctx: Lowering, node: Node, out: list[ir.Stmt]) -> None:
    handler = _STATEMENTS.get(node.type)
    if ctx.depth > MAX_DEPTH:
        out.append(ir.OpaqueStmt("deep"))
        return
    ctx.depth += 1
    try:
        if node.type == "local_declaration_statement":
            out.extend(_locals(ctx, node))
        elif handler is not None:
            out.append(handler(ctx, node))
        else:
            out.append(_opaque(ctx, node))
    finally:
        ctx.depth -= 1


def _one(ctx: Lowering, node: Node | None) -> ir.Stmt:
    if node is None:
        return ir.Block(())
    out: list[ir.Stmt] = []
    _append(ctx, node, out)
    return out[0] if len(out) == 1 else ir.Block(tuple(out))


def _opaque(ctx: Lowering, node: Node) -> ir.Stmt:
    """Unknown statements keep the statements inside them (`unsafe`, `fixed`, `lock`, `checked`, labels, ERROR)."""
    inner: list[ir.Stmt] = []
    parts: list[ir.Expr] = []
    for child in node.named_children:
        if child.type in _STATEMENTS or child.type == "local_declaration_statement":
            _append(ctx, child, inner)
        elif child.type.endswith("_expression") or child.type == "identifier":
            parts.append(expression(ctx, child))
    return ir.OpaqueStmt(node.type, tuple(parts), tuple(inner))


def _locals(ctx: Lowering, node: Node) -> list[ir.Local]:
    words = {ctx.text(c) for c in node.children if c.type in ("modifier", "const", "using", "await")}
    declaration = next((c for c in node.named_children if c.type == "variable_declaration"), None)
    if declaration is None:
        return []
    return _variables(ctx, declaration, "const" in words, "using" in words)


def _variables(ctx: Lowering, declaration: Node, is_const: bool, is_using: bool) -> list[ir.Local]:
    of = type_ref(ctx, declaration.child_by_field_name("type"))
    found: list[ir.Local] = []
    for declarator in declaration.named_children:
        if declarator.type != "variable_declarator":
            continue
        name = declarator.child_by_field_name("name")
        values = [c for c in declarator.named_children if c.type not in ("comment", "bracketed_argument_list") and c != name]
        value = expression(ctx, values[-1]) if values else None
        if name is not None and name.type == "identifier":
            found.append(ir.Local(identifier(ctx, name), of, value, is_const, is_using))
        elif (values and values[0].type == "tuple_pattern") or name is not None:
            names = designation_names(ctx, name if name is not None else values[0])
            found.append(ir.Local("(" + ",".join(names) + ")", of, value, is_const, is_using))
    return found


def _expression_statement(ctx: Lowering, node: Node) -> ir.Stmt:
    inner = [c for c in node.named_children if c.type != "comment"]
    return ir.ExprStmt(expression(ctx, inner[0])) if inner else ir.Block(())


def _block(ctx: Lowering, node: Node) -> ir.Stmt:
    return ir.Block(block(ctx, node))


def _if(ctx: Lowering, node: Node) -> ir.Stmt:
    condition = node.child_by_field_name("condition")
    otherwise = node.child_by_field_name("alternative")
    return ir.If(
        expression(ctx, condition) if condition is not None else ir.Opaque("missing"),
        _one(ctx, node.child_by_field_name("consequence")),
        _one(ctx, otherwise) if otherwise is not None else None,
    )


def _foreach(ctx: Lowering, node: Node) -> ir.Stmt:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None:
        names: tuple[str, ...] = ()
    elif left.type == "identifier":
        names = (identifier(ctx, left),)
    else:
        names = designation_names(ctx, left)
    of = type_ref(ctx, node.child_by_field_name("type"))
    iterable = expression(ctx, right) if right is not None else ir.Opaque("missing")
    return ir.ForEach(names, of, iterable, _one(ctx, node.child_by_field_name("body")))


def _for(ctx: Lowering, node: Node) -> ir.Stmt:
    initializers: list[ir.Stmt] = []
    updates: list[ir.Expr] = []
    for index, child in enumerate(node.children):
        field = node.field_name_for_child(index)
        if field == "initializer" and child.is_named:
            if child.type == "variable_declaration":
                initializers.extend(_variables(ctx, child, False, False))
            else:
                initializers.append(ir.ExprStmt(expression(ctx, child)))
        elif field == "update" and child.is_named:
            updates.append(expression(ctx, child))
    condition = node.child_by_field_name("condition")
    lowered = expression(ctx, condition) if condition is not None else None
    return ir.For(tuple(initializers), lowered, tuple(updates), _one(ctx, node.child_by_field_name("body")))


def _while(ctx: Lowering, node: Node) -> ir.Stmt:
    condition = node.child_by_field_name("condition")
    named = [c for c in node.named_children if c.type != "comment"]
    if condition is None and named:
        condition = named[-1] if node.type == "do_statement" else named[0]
    body = node.child_by_field_name("body")
    if body is None:
        body = next((c for c in named if c != condition), None)
    lowered = expression(ctx, condition) if condition is not None else ir.Opaque("missing")
    return ir.While(lowered, _one(ctx, body), node.type == "do_statement")


def _value(ctx: Lowering, node: Node) -> ir.Expr | None:
    inner = [c for c in node.named_children if c.type != "comment"]
    return expression(ctx, inner[0]) if inner else None


def _return(ctx: Lowering, node: Node) -> ir.Stmt:
    return ir.Return(_value(ctx, node))


def _throw(ctx: Lowering, node: Node) -> ir.Stmt:
    return ir.Throw(_value(ctx, node))


def _yield(ctx: Lowering, node: Node) -> ir.Stmt:
    return ir.YieldReturn(_value(ctx, node))


def _jump(ctx: Lowering, node: Node) -> ir.Stmt:
    return ir.Jump(node.type.removesuffix("_statement"))


def _try(ctx: Lowering, node: Node) -> ir.Stmt:
    body = node.child_by_field_name("body")
    catches: list[ir.CatchClause] = []
    final: ir.Block | None = None
    for child in node.named_children:
        if child.type == "catch_clause":
            catches.append(_catch(ctx, child))
        elif child.type == "finally_clause":
            inner = next((c for c in child.named_children if c.type == "block"), None)
            final = ir.Block(block(ctx, inner) if inner is not None else ())
    return ir.Try(ir.Block(block(ctx, body) if body is not None else ()), tuple(catches), final)


def _catch(ctx: Lowering, node: Node) -> ir.CatchClause:
    of, name, when, body = None, None, None, ir.Block(())
    for child in node.named_children:
        if child.type == "catch_declaration":
            of = type_ref(ctx, child.child_by_field_name("type"))
            bound = child.child_by_field_name("name")
            name = identifier(ctx, bound) if bound is not None else None
        elif child.type == "catch_filter_clause":
            when = _value(ctx, child)
        elif child.type == "block":
            body = ir.Block(block(ctx, child))
    return ir.CatchClause(of, name, when, body)


def _using(ctx: Lowering, node: Node) -> ir.Stmt:
    body = node.child_by_field_name("body")
    declared: list[ir.Local] = []
    value = None
    for child in node.named_children:
        if child.type == "variable_declaration":
            declared = _variables(ctx, child, False, True)
        elif child != body and child.type not in ("comment", "block"):
            value = expression(ctx, child)
    if body is None:
        body = next((c for c in reversed(node.named_children) if c.type != "comment"), None)
    return ir.Using(tuple(declared), value, _one(ctx, body))


def _switch(ctx: Lowering, node: Node) -> ir.Stmt:
    value = node.child_by_field_name("value")
    body = node.child_by_field_name("body")
    sections: list[ir.SwitchSection] = []
    for section in body.named_children if body is not None else ():
        if section.type == "switch_section":
            sections.append(_section(ctx, section))
    return ir.Switch(expression(ctx, value) if value is not None else ir.Opaque("missing"), tuple(sections))


def _section(ctx: Lowering, node: Node) -> ir.SwitchSection:
    labels: list[tuple[ir.Pattern | None, ir.Expr | None]] = []
    statements: list[ir.Stmt] = []
    in_label = False
    for child in node.children:
        if child.type == "default":
            labels.append((None, None))
        elif child.type == "case":
            in_label = True
        elif child.type == ":":
            in_label = False
        elif not child.is_named or child.type == "comment":
            continue
        elif child.type == "when_clause" and labels:
            labels[-1] = (labels[-1][0], _value(ctx, child))
        elif in_label:
            labels.append((pattern(ctx, child), None))
        else:
            _append(ctx, child, statements)
    return ir.SwitchSection(tuple(labels), tuple(statements))


def _local_function(ctx: Lowering, node: Node) -> ir.Stmt:
    name = node.child_by_field_name("name")
    number = ctx.number(node, name)
    body_id = f"{ctx.body}~{number}"
    spans: list[tuple[int, int]] = []
    found = attributes(ctx, node, spans)
    ctx.attribute_spans[body_id] = spans
    params = parameters(ctx, node.child_by_field_name("parameters"))
    generics = node.child_by_field_name("type_parameters")
    names = tuple(
        identifier(ctx, n) for c in (generics.named_children if generics is not None else ()) if (n := c.child_by_field_name("name"))
    )
    function_body(ctx, body_id, node.child_by_field_name("body"))
    returns = type_ref(ctx, node.child_by_field_name("type"))
    return ir.LocalFunction(identifier(ctx, name) if name is not None else "", params, returns, found, body_id, names, number, may_refuse(ctx, node))


_STATEMENTS: dict[str, Callable[[Lowering, Node], ir.Stmt]] = {
    "expression_statement": _expression_statement, "block": _block, "if_statement": _if, "foreach_statement": _foreach,
    "for_statement": _for, "while_statement": _while, "do_statement": _while, "return_statement": _return,
    "throw_statement": _throw, "yield_statement": _yield, "break_statement": _jump, "continue_statement": _jump,
    "goto_statement": _jump, "try_statement": _try, "using_statement": _using, "switch_statement": _switch,
    "local_function_statement": _local_function,
    "checked_statement": _opaque, "fixed_statement": _opaque, "lock_statement": _opaque, "unsafe_statement": _opaque,
    "labeled_statement": _opaque,
}
