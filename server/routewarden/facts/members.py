"""The facts of one type header and of one member, from their syntax nodes.

Invariant: header facts and member facts never include bodies; `lower_member_bodies` adds those on demand, continuing the node
numbers that the member's initializer began.
"""

from __future__ import annotations

from routewarden.facts import syntax_ir as ir
from routewarden.facts.declarations import MemberFacts, TypeFacts
from routewarden.facts.lower import Lowering, attributes, expression, function_body, identifier, may_refuse, parameters, type_ref
from routewarden.facts.lower_statements import block, lower_body, lower_value
from routewarden.syntax.tree import Node, SyntaxTree

MEMBER_KINDS = {
    "method_declaration": "method", "constructor_declaration": "constructor", "destructor_declaration": "destructor",
    "property_declaration": "property", "field_declaration": "field", "event_field_declaration": "event",
    "event_declaration": "event", "indexer_declaration": "indexer", "operator_declaration": "operator",
    "conversion_operator_declaration": "conversion", "enum_member_declaration": "enum-member",
}
LARGE_INITIALIZER = 65_536  # bytes; a table of that size is data, and reading it would cost each scan

Names = tuple[int, int, int, int]


def type_facts(
    tree: SyntaxTree, node: Node, kinds: dict[str, str], prefix: str, namespace: str, outer: str | None, scope: tuple[str, ...]
) -> tuple[TypeFacts, Names, list[tuple[int, int]], list[Node], list[Node]]:
    """(facts without members, absolute spans, attribute spans, nested type nodes, member nodes) of a type declaration."""
    ctx = Lowering(tree.text.data, 0, "")
    ctx.lower_block = block
    name_node = node.child_by_field_name("name")
    name = identifier(ctx, name_node) if name_node is not None else "?"
    generics: tuple[str, ...] = ()
    bases: list[ir.TypeRef] = []
    base_arguments: tuple[ir.Expr, ...] = ()
    constraints: list[tuple[str, tuple[ir.TypeRef, ...]]] = []
    primary: tuple[ir.Parameter, ...] | None = None
    for child in node.named_children:
        kind = child.type
        if kind == "type_parameter_list":
            generics = type_parameter_names(ctx, child)
        elif kind == "base_list":
            base_arguments = _bases(ctx, child, bases)
        elif kind == "type_parameter_constraints_clause":
            constraints.append(_constraint(ctx, child))
        elif kind == "parameter_list":
            primary = parameters(ctx, child)
    spans: list[tuple[int, int]] = []
    found = attributes(ctx, node, spans)
    modifiers = frozenset(ctx.text(c) for c in node.children if c.type == "modifier")
    kind_name = kinds[node.type]
    if node.type == "record_declaration" and any(c.type == "struct" for c in node.children):
        kind_name = "record struct"
    arity = f"`{len(generics)}" if generics else ""
    nested: list[Node] = []
    members: list[Node] = []
    body = node.child_by_field_name("body")
    if body is not None:
        _split(tree, body, kinds, nested, members)
    names = (node.start_byte, node.end_byte, (name_node or node).start_byte, (name_node or node).end_byte)
    nested_ids = tuple(f"{prefix}{name}{arity}.{_declared_name(ctx, n)}" for n in nested)
    facts = TypeFacts(
        f"{prefix}{name}{arity}", kind_name, name, namespace, outer, modifiers, generics, tuple(constraints), tuple(bases),
        base_arguments, found, primary, (), nested_ids, scope,
    )
    return facts, names, spans, nested, members


def _declared_name(ctx: Lowering, node: Node) -> str:
    name = node.child_by_field_name("name")
    generics = next((c for c in node.named_children if c.type == "type_parameter_list"), None)
    arity = f"`{len(type_parameter_names(ctx, generics))}" if generics is not None else ""
    return (identifier(ctx, name) if name is not None else "?") + arity


def _split(tree: SyntaxTree, body: Node, kinds: dict[str, str], nested: list[Node], members: list[Node]) -> None:
    """The nested types and members in a declaration list; extension blocks, ERROR and preprocessor nodes are looked into."""
    stack = [iter(body.named_children)]
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
            continue
        kind = node.type
        if kind in MEMBER_KINDS:
            members.append(node)
        elif kind in kinds:
            inner = node.child_by_field_name("body")
            if node.start_byte in tree.extension_blocks and inner is not None:
                stack.append(iter(inner.named_children))
            else:
                nested.append(node)
        elif kind == "ERROR" or kind.startswith("preproc_") or kind == "declaration_list":
            stack.append(iter(node.named_children))


def type_parameter_names(ctx: Lowering, node: Node) -> tuple[str, ...]:
    return tuple(
        identifier(ctx, name)
        for c in node.named_children
        if c.type == "type_parameter" and (name := c.child_by_field_name("name") or c) is not None
    )


def _bases(ctx: Lowering, node: Node, bases: list[ir.TypeRef]) -> tuple[ir.Expr, ...]:
    passed: tuple[ir.Expr, ...] = ()
    for item in node.named_children:
        if item.type == "argument_list":
            passed = _values(ctx, item)
        elif item.type == "primary_constructor_base_type":
            of = type_ref(ctx, item.child_by_field_name("type"))
            if of is not None:
                bases.append(of)
            for child in item.named_children:
                if child.type == "argument_list":
                    passed = _values(ctx, child)
        elif item.type != "comment":
            of = type_ref(ctx, item)
            if of is not None:
                bases.append(of)
    return passed


def _values(ctx: Lowering, node: Node) -> tuple[ir.Expr, ...]:
    values = []
    for child in node.named_children:
        if child.type == "argument":
            inner = [c for c in child.named_children if c.type != "comment"]
            if inner:
                values.append(expression(ctx, inner[-1]))
    return tuple(values)


def _constraint(ctx: Lowering, node: Node) -> tuple[str, tuple[ir.TypeRef, ...]]:
    named = [c for c in node.named_children if c.type == "identifier"]
    types = []
    for child in node.named_children:
        if child.type == "type_parameter_constraint":
            of = type_ref(ctx, child.child_by_field_name("type"))
            if of is not None:
                types.append(of)
    return (identifier(ctx, named[0]) if named else "", tuple(types))


def member_facts(
    tree: SyntaxTree, node: Node, type_id: str, seen: dict[str, int], receiver: ir.Parameter | None
) -> tuple[tuple[MemberFacts, ...], tuple[Names, ...], list[tuple[int, int]], Lowering]:
    """(facts, name spans, attribute spans, the lowering they began), all spans relative to the node's start."""
    ctx = Lowering(tree.text.data, node.start_byte, "")
    ctx.lower_block = block
    kind = MEMBER_KINDS[node.type]
    spans: list[tuple[int, int]] = []
    found = attributes(ctx, node, spans)
    modifiers = frozenset(ctx.text(c) for c in node.children if c.type == "modifier")
    if kind in ("field", "event") and node.type != "event_declaration":
        return _fields(ctx, node, kind, type_id, seen, found, modifiers, spans)
    name_node = node.child_by_field_name("name")
    name = identifier(ctx, name_node) if name_node is not None else {"indexer": "this[]"}.get(kind, kind)
    params = parameters(ctx, node.child_by_field_name("parameters"))
    if receiver is not None and "static" not in modifiers and kind in ("method", "property"):
        params = (receiver, *params)
        modifiers |= {"static"}
    generics_node = node.child_by_field_name("type_parameters")
    generics = type_parameter_names(ctx, generics_node) if generics_node is not None else ()
    explicit = next((c for c in node.named_children if c.type == "explicit_interface_specifier"), None)
    of = type_ref(ctx, node.child_by_field_name("returns") or node.child_by_field_name("type"))
    signature = name
    if kind in ("method", "constructor", "operator", "conversion", "indexer"):
        arity = f"`{len(generics)}" if generics else ""
        signature = f"{name}{arity}({','.join(str(p.type) if p.type else '' for p in params)})"
    if kind in ("operator", "conversion"):
        signature = f"{kind}:{of}{signature}"
    if explicit is not None:
        signature = f"{ctx.text(explicit)}{signature}"
    member_id = _unique(f"{type_id}.{signature}", seen)
    names = (0, node.end_byte - node.start_byte, *_name_span(node, name_node))
    body: str | None = None
    accessors: list[tuple[str, str | None]] = []
    initializer = None
    call = None
    value = node.child_by_field_name("value")
    body_node = node.child_by_field_name("body")
    if kind in ("property", "indexer", "event"):
        if value is not None and value.type == "arrow_expression_clause":
            accessors.append(("get", f"{member_id}:get"))
        elif value is not None:
            ctx.body = f"{member_id}:init"
            initializer = _initial(ctx, value)
        for accessor in _accessors(node):
            word = _accessor_word(accessor)
            accessors.append((word, f"{member_id}:{word}" if accessor.child_by_field_name("body") is not None else None))
    elif kind == "enum-member":
        ctx.body = f"{member_id}:init"
        initializer = _initial(ctx, value) if value is not None else None
    elif body_node is not None:
        body = member_id
    if kind == "constructor":
        call = _constructor_call(ctx, node, member_id)
    specifier = explicit.named_children[0] if explicit is not None and explicit.named_child_count else None
    facts = MemberFacts(
        member_id, kind, name, modifiers, of, params, generics, found, type_ref(ctx, specifier), initializer, body,
        tuple(accessors), call, kind == "method" and may_refuse(ctx, body_node),
    )
    return (facts,), (names,), spans, ctx


def _name_span(node: Node, name_node: Node | None) -> tuple[int, int]:
    at = name_node or node
    return at.start_byte - node.start_byte, at.end_byte - node.start_byte


def _unique(member_id: str, seen: dict[str, int]) -> str:
    count = seen.get(member_id, 0) + 1
    seen[member_id] = count
    return member_id if count == 1 else f"{member_id}#{count}"


def _initial(ctx: Lowering, node: Node) -> ir.Expr:
    if node.end_byte - node.start_byte > LARGE_INITIALIZER:
        return ir.Opaque("large")
    return lower_value(ctx, node)


def _accessors(node: Node) -> list[Node]:
    holder = node.child_by_field_name("accessors")
    return [c for c in holder.named_children if c.type == "accessor_declaration"] if holder is not None else []


def _accessor_word(node: Node) -> str:
    return next((c.type for c in node.children if c.type in ("get", "set", "init", "add", "remove")), "get")


def _constructor_call(ctx: Lowering, node: Node, member_id: str) -> tuple[str, tuple[ir.Expr, ...]] | None:
    initializer = next((c for c in node.named_children if c.type == "constructor_initializer"), None)
    if initializer is None:
        return None
    word = next((c.type for c in initializer.children if c.type in ("base", "this")), "base")
    ctx.body = f"{member_id}:init"
    holder = next((c for c in initializer.named_children if c.type == "argument_list"), None)
    return word, _values(ctx, holder) if holder is not None else ()


def _fields(
    ctx: Lowering, node: Node, kind: str, type_id: str, seen: dict[str, int], found: tuple[ir.Attribute, ...],
    modifiers: frozenset[str], spans: list[tuple[int, int]],
) -> tuple[tuple[MemberFacts, ...], tuple[Names, ...], list[tuple[int, int]], Lowering]:
    declaration = next((c for c in node.named_children if c.type == "variable_declaration"), None)
    facts: list[MemberFacts] = []
    names: list[Names] = []
    if declaration is not None:
        of = type_ref(ctx, declaration.child_by_field_name("type"))
        for declarator in declaration.named_children:
            if declarator.type != "variable_declarator":
                continue
            name_node = declarator.child_by_field_name("name")
            if name_node is None:
                continue
            name = identifier(ctx, name_node)
            member_id = _unique(f"{type_id}.{name}", seen)
            ctx.body = f"{member_id}:init"
            values = [c for c in declarator.named_children if c.type not in ("comment", "bracketed_argument_list") and c != name_node]
            initializer = _initial(ctx, values[-1]) if values else None
            facts.append(MemberFacts(member_id, kind, name, modifiers, of, (), (), found, None, initializer, None))
            names.append((0, node.end_byte - node.start_byte, *_name_span(node, name_node)))
    return tuple(facts), tuple(names) or ((0, node.end_byte - node.start_byte, 0, 0),), spans, ctx


def lower_member_bodies(
    tree: SyntaxTree, node: Node, facts: tuple[MemberFacts, ...], spans: list[Names],
    bodies: dict[str, tuple[ir.Stmt, ...]], lambda_attributes: dict[str, list[tuple[int, int]]],
) -> None:
    """Lowers every body of the member at `node` into `bodies`, numbering on from `spans`."""
    if not facts:
        return
    ctx = Lowering(tree.text.data, node.start_byte, facts[0].id, spans, bodies, lambda_attributes)
    ctx.lower_block = block
    body = node.child_by_field_name("body")
    value = node.child_by_field_name("value")
    if body is not None and facts[0].body is not None:
        lower_body(ctx, body)
    elif value is not None and value.type == "arrow_expression_clause":
        function_body(ctx, f"{facts[0].id}:get", value)
    for accessor in _accessors(node):
        inner = accessor.child_by_field_name("body")
        if inner is not None:
            function_body(ctx, f"{facts[0].id}:{_accessor_word(accessor)}", inner)
