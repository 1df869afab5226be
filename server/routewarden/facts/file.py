"""One file: its declarations, its bodies on demand, and where everything stands.

Invariant: `extract` is a pure function of the tree; `previous` only saves work. Members whose bytes did not change are taken over
with all that was lowered of them, so an edit costs the changed member. Spans are kept relative to their member and made
absolute in `FileUnit.locate`. Deliberately not here: other files.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from routewarden.facts import syntax_ir as ir
from routewarden.facts.declarations import MAIN_BODY, FileFacts, MemberFacts, TypeFacts, UsingDirective
from routewarden.facts.literals import literal_span
from routewarden.facts.lower import Lowering, attributes, identifier, type_ref
from routewarden.facts.lower_statements import lower_top_level
from routewarden.facts.members import MEMBER_KINDS, lower_member_bodies, member_facts, type_facts
from routewarden.facts.sites import Site, Span
from routewarden.syntax.tree import Node, SyntaxTree, parse
from routewarden.text.source import SourceText

Names = tuple[int, int, int, int]  # start, end, name start, name end

TYPE_KINDS = {
    "class_declaration": "class", "struct_declaration": "struct", "interface_declaration": "interface",
    "record_declaration": "record", "record_struct_declaration": "record struct", "enum_declaration": "enum",
    "delegate_declaration": "delegate",
}


@dataclass(slots=True)
class CachedMember:
    """One member node (a field declaration may declare several members): facts, and spans relative to the node's start."""

    facts: tuple[MemberFacts, ...]
    names: tuple[Names, ...]
    attributes: tuple[tuple[int, int], ...]
    spans: list[Names]  # numbered nodes
    bodies: dict[str, tuple[ir.Stmt, ...]]
    lambda_attributes: dict[str, list[tuple[int, int]]]
    lowered: bool = False


@dataclass(slots=True)
class FileUnit:
    """The analysis of one file. Everything but `body` (which lowers on first use) is computed."""

    tree: SyntaxTree
    facts: FileFacts
    members: dict[str, tuple[CachedMember, int, int]]  # member id -> (cache, its index in it, absolute start)
    types: dict[str, tuple[Names, tuple[tuple[int, int], ...]]]  # type id -> absolute spans, attribute spans
    cache: dict[tuple[str, bytes], CachedMember]
    main: CachedMember | None
    main_start: int
    assembly_attributes: tuple[tuple[int, int], ...] = field(default=())

    def body(self, body_id: str) -> tuple[ir.Stmt, ...] | None:
        """The statements of a body id of `facts`, of a lambda or of a local function; None where there is none."""
        cached = self._cached(body_id)
        return cached.bodies.get(body_id) if cached is not None else None

    def _cached(self, body_id: str) -> CachedMember | None:
        root = body_id.split("~", 1)[0]
        if root == MAIN_BODY:
            return self.main
        entry = self.members.get(root) or self.members.get(root.rsplit(":", 1)[0])
        if entry is None:
            return None
        cached, _, start = entry
        if not cached.lowered:
            node = _node_at(self.tree.root, start, start + cached.names[0][1])
            if node is not None:
                lower_member_bodies(self.tree, node, cached.facts, cached.spans, cached.bodies, cached.lambda_attributes)
            cached.lowered = True
        return cached

    def locate(self, site: Site) -> Span | None:
        """Where a site of this file is now; None where it is gone."""
        declaration, part = site.declaration, site.part
        if declaration == "":
            if part.startswith("attribute:"):
                return _relative(self.assembly_attributes, part, 0)
            return Span(0, 0)
        entry = self.types.get(declaration)
        if entry is not None:
            names, spans = entry
            if part.startswith("attribute:"):
                return _relative(spans, part, 0)
            return Span(names[0], names[1]) if part == "whole" else Span(names[2], names[3])
        cached = self._cached(declaration)
        if cached is None:
            return None
        root = declaration.split("~", 1)[0]
        start = self.main_start if root == MAIN_BODY else (self.members.get(root) or self.members[root.rsplit(":", 1)[0]])[2]
        if part.startswith("literal:"):
            return literal_span(self.tree, start, self._end_of(root, start), int(part[8:]))
        if part.startswith("node:"):
            number, _, what = part[5:].partition(":")
            if not number.isdigit() or int(number) >= len(cached.spans):
                return None
            names = cached.spans[int(number)]
            if what not in ("", "name"):
                return _initialised(self.tree, _shift(names[:2], start), what)
            return _shift(names[2:] if what == "name" else names[:2], start)
        if "~" in declaration:
            if part.startswith("attribute:"):
                return _relative(cached.lambda_attributes.get(declaration, ()), part, start)
            number = declaration.rsplit("~", 1)[1]
            if not number.isdigit() or int(number) >= len(cached.spans):
                return None
            names = cached.spans[int(number)]
            return _shift(names[:2] if part == "whole" else names[2:], start)
        if part.startswith("attribute:"):
            return _relative(cached.attributes, part, start)
        index = self.members[root][1] if root in self.members else 0
        if index >= len(cached.names):
            return None  # top-level statements have no name
        names = cached.names[index]
        return _shift(names[:2] if part == "whole" else names[2:], start)

    def _end_of(self, root: str, start: int) -> int | None:
        """The end of a member; None for the top-level statements, which types may stand between while somebody types."""
        if root == MAIN_BODY:
            return None
        return start + (self.members.get(root) or self.members[root.rsplit(":", 1)[0]])[0].names[0][1]


def _shift(pair: tuple[int, ...], start: int) -> Span:
    return Span(pair[0] + start, pair[1] + start)


def _relative(spans: tuple[tuple[int, int], ...] | list[tuple[int, int]], part: str, start: int) -> Span | None:
    number = part.split(":")[1]
    if not number.isdigit() or int(number) >= len(spans):
        return None
    return _shift(spans[int(number)], start)


def _node_at(root: Node, start: int, end: int) -> Node | None:
    node = root.descendant_for_byte_range(start, end)
    while node is not None and node.type not in MEMBER_KINDS and node.start_byte == start and node.end_byte == end:
        child = next((c for c in node.named_children if c.start_byte == start and c.end_byte == end), None)
        if child is None:
            return None
        node = child
    return node


# --- extraction ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Extraction:
    tree: SyntaxTree
    previous: dict[tuple[str, bytes], CachedMember]
    usings: list[UsingDirective] = field(default_factory=list)
    types: list[TypeFacts] = field(default_factory=list)
    assembly: list[ir.Attribute] = field(default_factory=list)
    assembly_spans: list[tuple[int, int]] = field(default_factory=list)
    members: dict[str, tuple[CachedMember, int, int]] = field(default_factory=dict)
    type_spans: dict[str, tuple[Names, tuple[tuple[int, int], ...]]] = field(default_factory=dict)
    cache: dict[tuple[str, bytes], CachedMember] = field(default_factory=dict)
    statements: list[Node] = field(default_factory=list)


def extract(tree: SyntaxTree, previous: FileUnit | None = None) -> FileUnit:
    """The unit of a parsed file; `previous` is the same file before an edit."""
    run = _Extraction(tree, previous.cache if previous is not None else {})
    _walk(run, tree.root, "", ())
    main, main_start = _main(run)
    facts = FileFacts(tuple(run.usings), tuple(run.types), tuple(run.assembly), main is not None)
    return FileUnit(
        tree, facts, run.members, run.type_spans, run.cache, main, main_start, tuple(run.assembly_spans)
    )


def _main(run: _Extraction) -> tuple[CachedMember | None, int]:
    if not run.statements:
        return None, 0
    start, end = run.statements[0].start_byte, run.statements[-1].end_byte
    key = (MAIN_BODY, _bytes(run.tree, start, end))
    cached = run.previous.get(key)
    if cached is None:
        ctx = Lowering(run.tree.text.data, start, MAIN_BODY)
        lower_top_level(ctx, run.statements)
        cached = CachedMember((), (), (), ctx.spans, ctx.bodies, ctx.attribute_spans, True)
    run.cache[key] = cached
    return cached, start


def _bytes(tree: SyntaxTree, start: int, end: int) -> bytes:
    data = tree.text.data
    return data[start:end] if tree.masked is data else tree.masked[start:end] + data[start:end]


def _walk(run: _Extraction, root: Node, namespace: str, scope: tuple[str, ...]) -> None:
    """Declarations of a compilation unit, namespace or ERROR node, with a stack of our own: nesting is the file's choice."""
    stack: list[tuple[list[Node], int, str, tuple[str, ...]]] = [(root.named_children, 0, namespace, scope)]
    while stack:
        nodes, at, namespace, scope = stack.pop()
        while at < len(nodes):
            node = nodes[at]
            at += 1
            kind = node.type
            if kind in TYPE_KINDS:
                _type(run, node, namespace, scope)
            elif kind == "global_statement":
                run.statements.append(node)
            elif kind == "using_directive":
                _using(run, node, scope[0] if scope else "")
            elif kind == "global_attribute":
                ctx = Lowering(run.tree.text.data, 0, "")
                run.assembly.extend(_global_attributes(ctx, node, run.assembly_spans))
            elif kind in ("namespace_declaration", "file_scoped_namespace_declaration"):
                ctx = Lowering(run.tree.text.data, 0, "")
                name = node.child_by_field_name("name")
                of = type_ref(ctx, name)
                inner = f"{namespace}.{of.name}" if namespace and of else of.name if of else namespace
                body = node.child_by_field_name("body")
                if kind == "file_scoped_namespace_declaration":
                    namespace, scope = inner, (inner, *scope)
                    inside = [c for c in node.named_children if c != name]
                    if inside:
                        stack.append((nodes, at, namespace, scope))
                        nodes, at = inside, 0
                elif body is not None:
                    stack.append((nodes, at, namespace, scope))
                    nodes, at, namespace, scope = body.named_children, 0, inner, (inner, *scope)
            elif kind == "ERROR" or kind.startswith("preproc_"):
                stack.append((nodes, at, namespace, scope))
                nodes, at = node.named_children, 0


def _global_attributes(ctx: Lowering, node: Node, spans: list[tuple[int, int]]) -> tuple[ir.Attribute, ...]:
    holder = _Holder([node])
    return attributes(ctx, holder, spans)  # type: ignore[arg-type]


@dataclass(slots=True)
class _Holder:
    """Looks like a node whose only children are the given ones."""

    children: list[Node]


def _using(run: _Extraction, node: Node, namespace: str) -> None:
    ctx = Lowering(run.tree.text.data, 0, "")
    words = {c.type for c in node.children if not c.is_named}
    alias = node.child_by_field_name("name")
    targets = [c for c in node.named_children if c != alias and c.type != "comment"]
    if not targets:
        return
    target = type_ref(ctx, targets[-1])
    if target is None:
        return
    run.usings.append(
        UsingDirective(target, identifier(ctx, alias) if alias is not None else None, "static" in words, "global" in words, namespace)
    )


def _type(run: _Extraction, top: Node, namespace: str, scope: tuple[str, ...]) -> None:
    """A type and the types nested in it, in source order."""
    stack: list[tuple[Node, str | None, str]] = [(top, None, namespace)]
    while stack:
        node, outer, prefix = stack.pop()
        base = prefix + "." if prefix else ""
        facts, names, spans, nested_nodes, member_nodes = type_facts(run.tree, node, TYPE_KINDS, base, namespace, outer, scope)
        type_id = facts.id
        part = 2
        while type_id in run.type_spans:
            type_id = f"{facts.id}|{part}"
            part += 1
        members: list[MemberFacts] = []
        seen: dict[str, int] = {}
        for member in member_nodes:
            members.extend(_member(run, member, type_id, seen))
        nested = [(n, type_id, facts.id) for n in nested_nodes]
        run.types.append(replace(facts, id=type_id, members=tuple(members)))
        run.type_spans[type_id] = (names, tuple(spans))
        stack.extend(reversed(nested))


def _member(run: _Extraction, node: Node, type_id: str, seen: dict[str, int]) -> tuple[MemberFacts, ...]:
    start = node.start_byte
    key = (type_id, _bytes(run.tree, start, node.end_byte))
    cached = run.previous.get(key) if key not in run.cache else None
    if cached is None or any(seen.get(f.id) for f in cached.facts):
        receiver = _receiver(run, node)
        facts, names, spans, ctx = member_facts(run.tree, node, type_id, seen, receiver)
        cached = CachedMember(facts, names, tuple(spans), ctx.spans, ctx.bodies, ctx.attribute_spans)
    else:
        for fact in cached.facts:
            seen[fact.id] = 1
    run.cache[key] = cached
    for index, fact in enumerate(cached.facts):
        run.members[fact.id] = (cached, index, start)
    return cached.facts


def _receiver(run: _Extraction, node: Node) -> ir.Parameter | None:
    """The receiver of a member that stands in a C# 14 `extension(...)` block, as the `this` parameter of an extension method."""
    if not run.tree.extension_blocks:
        return None
    holder = node.parent.parent if node.parent is not None else None
    found = run.tree.extension_blocks.get(holder.start_byte) if holder is not None else None
    if found is None or not found.name:
        return None
    return ir.Parameter(found.name, parsed_type(found.type_text), ("this",))


def parsed_type(text: str) -> ir.TypeRef | None:
    """The type that a piece of C# spells."""
    tree = parse(SourceText.from_str(f"class C {{ {text} x; }}"))
    stack = [tree.root]
    while stack:
        node = stack.pop()
        if node.type == "variable_declaration":
            return type_ref(Lowering(tree.text.data, 0, ""), node.child_by_field_name("type"))
        stack.extend(node.named_children)
    return None


def _initialised(tree: SyntaxTree, creation: Span, name: str) -> Span | None:
    """`Name = value` in the initializer of an object creation."""
    node: Node | None = tree.root.named_descendant_for_byte_range(creation.start, creation.end)
    while node is not None and not node.type.endswith("object_creation_expression"):
        node = node.parent
    initializer = node.child_by_field_name("initializer") if node is not None else None
    for child in initializer.named_children if initializer is not None else ():
        left = child.child_by_field_name("left") if child.type == "assignment_expression" else None
        if left is not None and tree.text.data[left.start_byte : left.end_byte].decode("utf-8") == name:
            return Span(child.start_byte, child.end_byte)
    return None
