"""The text literals of a file and where they go: what is named, assigned, passed, compared; and what reaches a call without being one.

Invariant: a pure function of one file's tree; places are spellings, no meaning. A literal is numbered within its member ("literal:3" of a
`Site`), so that nothing here holds an offset. Deliberately absent: what is a secret (rules), and other files.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.declarations import MAIN_BODY
from routewarden.facts.lower import Lowering, expression
from routewarden.facts.sites import Site, Span
from routewarden.syntax.search import find_nodes
from routewarden.syntax.tree import Node, SyntaxTree

if TYPE_CHECKING:
    from routewarden.facts.file import FileUnit

HOLE = "\0"  # stands in `Text.value` for what is not literal
_STRINGS = ("string_literal", "verbatim_string_literal", "raw_string_literal", "interpolated_string_expression")
_BYTES = ("array_creation_expression", "initializer_expression", "collection_expression", "implicit_array_creation_expression")
_LITERALS = (*_STRINGS, *_BYTES)
_MOST_BYTES = 256  # elements; longer arrays are tables
# Calls that hand their text on in another form: https://learn.microsoft.com/dotnet/api/system.text.encoding.getbytes and its like.
_THROUGH = frozenset({
    "GetBytes", "FromBase64String", "ToBase64String", "FromHexString", "ToHexString", "Decode", "Base64UrlDecode", "DecodeBytes", "ToArray",
    "ToCharArray", "AsSpan", "AsMemory", "Trim", "ToString", "Sha256", "ToSha256", "Sha512", "ToSha512",
})  # fmt: skip
_OF_RECEIVER = frozenset({"ToArray", "ToCharArray", "AsSpan", "AsMemory", "Trim", "ToString"})  # their arguments are something else
_WRAPPERS = frozenset({"parenthesized_expression", "cast_expression", "postfix_unary_expression", "checked_expression", "expression_element"})
_CALLS = ("invocation_expression", "object_creation_expression", "implicit_object_creation_expression")
_FOLLOWED = 3  # local variables one behind the other
_MOST_CLIMBED = 200


@dataclass(frozen=True, slots=True)
class Reference:
    """What a value is read from. `kind`: "member" (`name`, of the type or variable `owner`, "" for its own type), "local" (a variable that is
    initialized with a literal) or "setting" (`name` is the key).
    """

    kind: str
    name: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value goes.

    kind: "field" "local" "property" "parameter" "returned" (`name` is what is declared) · "assigned" (`name` to the left) · "element"
    (`name` is the key that it gets) · "argument" (`callee`: the method or created type, `receiver`: what stands before the dot, `position`,
    `name` if it is named) · "compared" (`name`: with what) · "item" (of an array) · "attribute" · "other".
    """

    kind: str
    name: str = ""
    callee: str = ""
    receiver: str = ""
    position: int = -1
    through: tuple[str, ...] = ()  # calls on the way: "GetBytes", "FromBase64String"
    origin: str = ""  # of what is compared: the header or setting that it was read from


@dataclass(frozen=True, slots=True)
class Text:
    """One literal, a concatenation or interpolation as a whole, or an array of bytes (`is_bytes`: `value` is their hexadecimal form)."""

    value: str  # HOLE for each part that is not literal
    declaration: str
    number: int
    place: Place
    is_bytes: bool = False
    holes: tuple[Reference | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """Something that is no literal and reaches a place."""

    place: Place
    source: Reference
    declaration: str


# --- places of literals ------------------------------------------------------------------------------------------------


def literal_span(tree: SyntaxTree, start: int, end: int | None, number: int) -> Span | None:
    """The bytes of a literal by its number, within those of its member; `end` None: of the top-level statements from `start`."""
    nodes = _literal_nodes(tree, start, len(tree.text.data) if end is None else end)
    if end is None:
        nodes = [n for n in nodes if _climb(n, "global_statement").type == "global_statement"]
    return Span(nodes[number].start_byte, nodes[number].end_byte) if 0 <= number < len(nodes) else None


def whole_literal(tree: SyntaxTree, span: Span) -> Node | None:
    """The expression that a literal is or is a part of: a concatenation as a whole."""
    found = [n for n in find_nodes(tree.root, _LITERALS, span.start, span.end) if (n.start_byte, n.end_byte) == (span.start, span.end)]
    return _concatenation(found[0]) if found else None


def conditions_at(unit: FileUnit, declaration: str, number: int) -> tuple[str, ...]:
    """The conditions of the `if`s and `?:` around a literal, innermost first, with "!" before those that do not hold there."""
    span = unit.locate(Site("", declaration, f"literal:{number}"))
    node = whole_literal(unit.tree, span) if span is not None else None
    return _Reader(unit).conditions(node) if node is not None else ()


def _literal_nodes(tree: SyntaxTree, start: int, end: int | None) -> list[Node]:
    return [n for n in find_nodes(tree.root, _LITERALS, start, end) if n.type in _STRINGS or _is_byte_array(n)]


def _is_byte_array(node: Node) -> bool:
    if node.named_child_count == 0:
        return False
    if node.type == "initializer_expression":
        parent = node.parent
        if parent is not None and parent.type in _BYTES:
            return False  # counted as the creation that it belongs to
    items = _array_items(node)
    return bool(items) and len(items) <= _MOST_BYTES and all(i.type == "integer_literal" for i in items)


def _array_items(node: Node) -> list[Node]:
    holder = node
    if node.type in ("array_creation_expression", "implicit_array_creation_expression"):
        inner = next((c for c in node.named_children if c.type == "initializer_expression"), None)
        if inner is None:
            return []
        holder = inner
    items = [c for c in holder.named_children if c.type != "comment"]
    if node.type == "collection_expression":
        items = [_innermost(c) for c in items]
    return items


def _innermost(element: Node) -> Node:
    while element.type in ("collection_element", "expression_element") and element.named_child_count == 1:
        element = element.named_children[0]
    return element


# --- one file ------------------------------------------------------------------------------------------------------------


def texts(unit: FileUnit) -> tuple[Text, ...]:
    """Every text of a file, in its order."""
    reader = _Reader(unit)
    found: list[Text] = []
    done = 0  # a concatenation is one text: its other parts are skipped
    counts: dict[int, int] = {}
    for node in _literal_nodes(unit.tree, 0, None):
        start, declaration = reader.owner(node)
        if not declaration:
            continue
        number = counts.get(start, 0)
        counts[start] = number + 1
        if node.start_byte < done:
            continue
        whole = _concatenation(node)
        done = whole.end_byte
        value, holes = reader.value(whole)
        place = reader.place(whole)
        found.append(Text(value, declaration, number, place, whole.type in _BYTES, holes))
    return tuple(found)


def flows(unit: FileUnit, names: frozenset[str]) -> tuple[Flow, ...]:
    """Members and settings that reach a call or creation of one of the names, or an assignment to one."""
    reader = _Reader(unit)
    found: list[Flow] = []
    for node in find_nodes(unit.tree.root, (*_CALLS, "assignment_expression")):
        values: list[Node] = []
        if node.type == "assignment_expression":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is not None and right is not None and reader.last_name(left) in names:
                values.append(right)
        elif reader.callee(node)[0] in names:
            values += [reader.argument_value(a) for a in reader.arguments(node)]
        for value in values:
            for source in reader.sources(value):
                _, declaration = reader.owner(value)
                if declaration:
                    found.append(Flow(reader.place(value), source, declaration))
    return tuple(found)


def declared_types(unit: FileUnit) -> dict[str, str]:
    """Simple name of the declared type by the name of a field, property, parameter or local; a name that is declared twice has its last."""
    reader = _Reader(unit)
    found: dict[str, str] = {}
    for node in find_nodes(unit.tree.root, ("parameter", "property_declaration", "variable_declaration")):
        of = node.child_by_field_name("type")
        if of is None:
            continue
        declared = reader.last_name(of)
        names = [node.child_by_field_name("name")]
        if node.type == "variable_declaration":
            names = [c.child_by_field_name("name") for c in node.named_children if c.type == "variable_declarator"]
            if of.type == "implicit_type":
                calls = find_nodes(node, ("type_argument_list",), node.start_byte, node.end_byte)
                declared = reader.last_name(calls[0].named_children[0]) if calls and calls[0].named_child_count else ""
        found.update({reader.text(name): declared for name in names if name is not None and declared})
    return found


def _concatenation(node: Node) -> Node:
    """The outermost `+` of which the literal is a part."""
    whole = node
    while (parent := whole.parent) is not None:
        is_sum = parent.type == "binary_expression" and any(c.type == "+" for c in parent.children)
        inside = parent.parent if parent.type == "parenthesized_expression" else None
        if not is_sum and (inside is None or inside.type != "binary_expression"):
            break
        whole = parent
    while whole.type == "parenthesized_expression":
        whole = whole.named_children[0]
    return whole


@dataclass(slots=True)
class _Reader:
    """Reads one tree."""

    unit: FileUnit
    data: bytes = b""
    starts: list[int] = field(default_factory=list)  # of members, sorted
    members: dict[int, list[tuple[str, int, int]]] = field(default_factory=dict)  # start → (id, index, end)
    locals: dict[tuple[int, str], Node] | None = None

    def __post_init__(self) -> None:
        self.data = self.unit.tree.text.data
        for member, (cached, index, start) in self.unit.members.items():
            self.members.setdefault(start, []).append((member, index, start + cached.names[0][1]))
        self.starts = sorted(self.members)

    def text(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    # --- where it stands ---

    def owner(self, node: Node) -> tuple[int, str]:
        """(start of the member, its id) that a node stands in; ("<main>" for top-level statements; "" for none."""
        at = bisect_right(self.starts, node.start_byte) - 1
        if at >= 0:
            found = self.members[self.starts[at]]
            if node.start_byte < found[0][2]:
                return self.starts[at], self._declarator(found, node)
        main = self.unit.main
        if main is not None and node.start_byte >= self.unit.main_start and self._is_top_level(node):
            return self.unit.main_start, MAIN_BODY
        return 0, ""

    def _declarator(self, found: list[tuple[str, int, int]], node: Node) -> str:
        """Of a field that declares several names, the one that the node belongs to."""
        if len(found) > 1:
            name = self.text(_climb(node, "variable_declarator").child_by_field_name("name") or node)
            for member, _, _ in found:
                if member.rsplit(".", 1)[-1].split("#")[0] == name:
                    return member
        return found[0][0]

    def _is_top_level(self, node: Node) -> bool:
        return _climb(node, "global_statement").type == "global_statement"

    def conditions(self, node: Node) -> tuple[str, ...]:
        found: list[str] = []
        child, parent = node, node.parent
        while parent is not None and len(found) < 8:
            condition = parent.child_by_field_name("condition") if parent.type in ("if_statement", "conditional_expression") else None
            if condition is not None and child != condition:
                negated = child == parent.child_by_field_name("alternative")
                found.append(("!" if negated else "") + self.text(condition)[:200])
            child, parent = parent, parent.parent
        return tuple(found)

    # --- what it is ---

    def value(self, node: Node) -> tuple[str, tuple[Reference | None, ...]]:
        if node.type in _BYTES:
            numbers = [self._number(item) for item in _array_items(node)]
            return "".join(f"{n & 255:02x}" for n in numbers), ()
        pieces: list[str] = []
        holes: list[Reference | None] = []
        stack = [node]
        while stack:
            part = stack.pop()
            if part.type in _WRAPPERS and part.named_child_count:
                stack.append(part.named_children[-1])
            elif part.type == "binary_expression":
                sides = [part.child_by_field_name("left"), part.child_by_field_name("right")]
                stack += [side for side in reversed(sides) if side is not None]
            elif part.type in _STRINGS:
                lowered = expression(Lowering(self.data, 0, ""), part)
                parts = lowered.parts if isinstance(lowered, ir.Interpolated) else (lowered,)
                inner = iter([c for c in part.named_children if c.type == "interpolation"])
                for piece in parts:
                    if isinstance(piece, ir.Literal) and isinstance(piece.value, str):
                        pieces.append(piece.value)
                    else:
                        pieces.append(HOLE)
                        hole = next(inner, None)
                        holes.append(self._hole(hole) if hole is not None else None)
            else:
                pieces.append(HOLE)
                holes.append(next(iter(self.sources(part)), None))
        return "".join(pieces), tuple(holes)

    def _hole(self, node: Node) -> Reference | None:
        inner = [c for c in node.named_children if c.type not in ("interpolation_brace", "interpolation_format_clause")]
        return next(iter(self.sources(inner[0])), None) if inner else None

    def _number(self, node: Node) -> int:
        digits = self.text(node).replace("_", "").lower().rstrip("ul")
        try:
            return int(digits, 0)
        except ValueError:
            return 0

    # --- where it goes ---

    def place(self, node: Node) -> Place:
        """Climbs to what takes the value."""
        through: tuple[str, ...] = ()
        child = node
        for _ in range(_MOST_CLIMBED):
            parent = child.parent
            if parent is None:
                break
            kind = parent.type
            if kind in _WRAPPERS or kind == "collection_element" or (kind == "conditional_expression" and child != parent.named_children[0]):
                if kind in ("collection_element", "expression_element"):
                    return Place("item", self._named_above(parent))
            elif kind == "binary_expression":
                operator = next((c.type for c in parent.children if not c.is_named), "")
                if operator in ("==", "!="):
                    other = parent.child_by_field_name("left" if child == parent.child_by_field_name("right") else "right")
                    return self._compared(other)
                if operator not in ("??", "+"):
                    return Place("other")
            elif kind in ("switch_expression_arm",):
                if child != parent.named_children[-1]:
                    return Place("other")
                parent = parent.parent or parent
            elif kind == "constant_pattern":
                holder = _climb(parent, "is_pattern_expression", ("statement",))
                return self._compared(holder.named_children[0]) if holder.type == "is_pattern_expression" else Place("other")
            elif kind == "member_access_expression" and parent.parent is not None and parent.parent.type == "invocation_expression":
                name = self.last_name(parent)
                if name not in _THROUGH:
                    if name in ("Equals", "SequenceEqual"):
                        arguments = self.arguments(parent.parent)
                        return self._compared(self.argument_value(arguments[0])) if arguments else Place("other")
                    return Place("other")
                through += (name,)
                parent = parent.parent
            elif kind == "argument":
                call = _climb(parent, _CALLS, ("statement", "declaration"))
                if parent.parent is None or parent.parent.type != "argument_list" or call.type not in _CALLS:
                    return Place("other") if kind != "attribute_argument" else Place("attribute")
                callee, receiver = self.callee(call)
                if callee in _THROUGH - _OF_RECEIVER:
                    through += (callee,)
                    parent = call
                else:
                    return self._argument(parent, call, callee, receiver, through)
            elif kind == "attribute_argument":
                return Place("attribute")
            elif kind == "arrow_expression_clause" or kind == "return_statement":
                return Place("returned", self._returned_by(parent), through=through)
            elif kind == "variable_declarator":
                declared = "field" if _climb(parent, "field_declaration", ("statement",)).type == "field_declaration" else "local"
                name_node = parent.child_by_field_name("name")
                created = self._type_of_variable(parent)
                return Place(declared, self.text(name_node) if name_node is not None else "", created, through=through)
            elif kind == "property_declaration":
                name_node = parent.child_by_field_name("name")
                return Place("property", self.text(name_node) if name_node is not None else "", through=through)
            elif kind == "parameter":
                name_node = parent.child_by_field_name("name")
                return Place("parameter", self.text(name_node) if name_node is not None else "", through=through)
            elif kind == "assignment_expression":
                left = parent.child_by_field_name("left")
                if left is None or child == left:
                    return Place("other")
                key = self._key_of(left)
                created = self._created_around(parent)
                if key is not None:
                    return Place("element", key, created, through=through)
                target = left.child_by_field_name("expression")
                return Place("assigned", self.last_name(left), created, self.last_name(target) if target is not None else "", through=through)
            elif kind == "initializer_expression":
                return self._element(parent, child, through)
            elif kind == "lambda_expression":
                return Place("returned", self._returned_by(parent), through=through)
            else:
                return Place("other", through=through)
            child = parent
        return Place("other", through=through)

    def _argument(self, argument: Node, call: Node, callee: str, receiver: str, through: tuple[str, ...]) -> Place:
        if callee in ("Equals", "FixedTimeEquals", "SequenceEqual"):
            others = [a for a in self.arguments(call) if a != argument]
            if others:
                return self._compared(self.argument_value(others[0]))
            function = call.child_by_field_name("function")
            target = function.child_by_field_name("expression") if function is not None else None
            return self._compared(target)
        position = next((i for i, a in enumerate(self.arguments(call)) if a == argument), -1)
        name = argument.child_by_field_name("name")
        named = self.text(name) if name is not None else ""
        return Place("argument", named, callee, receiver, position, through, self._first_text(call) if position == 1 else "")

    def _first_text(self, call: Node) -> str:
        """The literal that is the first argument: the name of the header or setting that gets the second."""
        first = self.argument_value(self.arguments(call)[0])
        return self.value(first)[0] if first.type in _STRINGS else ""

    def _compared(self, other: Node | None) -> Place:
        if other is None:
            return Place("other")
        target = self._stripped(other)
        origin = target
        for _ in range(_FOLLOWED):
            known = self._local(origin) if origin.type == "identifier" else None
            if known is None:
                break
            origin = self._stripped(known)
        keys = find_nodes(origin, ("string_literal",), origin.start_byte, origin.end_byte)
        return Place("compared", self.last_name(target), origin=self.value(keys[0])[0] if len(keys) == 1 else "")

    def _element(self, holder: Node, child: Node, through: tuple[str, ...]) -> Place:
        outer = holder.parent
        items = [c for c in holder.named_children if c.type != "comment"]
        if outer is not None and outer.type == "initializer_expression" and len(items) == 2 and child == items[1]:
            key = self.value(items[0])[0] if items[0].type in _STRINGS else self.last_name(items[0])
            created = self.callee(outer.parent)[0] if outer.parent is not None and outer.parent.type in _CALLS else ""
            return Place("element", key, created, through=through)
        return Place("item", self._named_above(holder))

    def _named_above(self, node: Node) -> str:
        declarator = _climb(node, "variable_declarator", ("statement", "argument_list"))
        name = declarator.child_by_field_name("name") if declarator.type == "variable_declarator" else None
        return self.text(name) if name is not None else ""

    def _returned_by(self, node: Node) -> str:
        kinds = ("method_declaration", "property_declaration", "local_function_statement", "lambda_expression")
        holder = _climb(node, kinds)
        name = holder.child_by_field_name("name") if holder.type in kinds else None
        return self.text(name) if name is not None else ""

    def _key_of(self, left: Node) -> str | None:
        """The literal key of `x["key"]` or `["key"]`."""
        if left.type not in ("element_access_expression", "element_binding_expression"):
            return None
        keys = find_nodes(left, ("string_literal",), left.start_byte, left.end_byte)
        return self.value(keys[0])[0] if keys else self.last_name(left.named_children[-1])

    # --- calls ---

    def callee(self, call: Node) -> tuple[str, str]:
        """(method or created type, what stands before the dot), last names."""
        if call.type == "object_creation_expression":
            of = call.child_by_field_name("type")
            return (self.last_name(of) if of is not None else ""), ""
        if call.type == "implicit_object_creation_expression":
            return self._expected_type(call), ""
        function = call.child_by_field_name("function")
        if function is None:
            return "", ""
        target = function.child_by_field_name("expression") or function.child_by_field_name("condition")
        return self.last_name(function), self.last_name(target) if target is not None else ""

    def arguments(self, call: Node) -> list[Node]:
        holder = next((c for c in call.named_children if c.type == "argument_list"), None)
        return [c for c in holder.named_children if c.type == "argument"] if holder is not None else []

    def argument_value(self, argument: Node) -> Node:
        inner = [c for c in argument.named_children if c.type != "comment" and c != argument.child_by_field_name("name")]
        return inner[-1] if inner else argument

    def last_name(self, node: Node) -> str:
        """`c` of `a.b.c`, `a?.b.c<T>` and `c[0]`."""
        for _ in range(_MOST_CLIMBED):
            if node.type in ("identifier", "predefined_type", "this", "base"):
                return self.text(node).removeprefix("@")
            inner = node.child_by_field_name("name") or node.child_by_field_name("function")
            if inner is None and node.type in ("generic_name", "nullable_type", "element_access_expression", *_WRAPPERS):
                inner = node.named_children[0] if node.named_child_count else None
            if inner is None and node.type in ("conditional_access_expression", "await_expression", "array_type"):
                inner = node.named_children[-1 if node.type != "array_type" else 0] if node.named_child_count else None
            if inner is None:
                return ""
            node = inner
        return ""

    def _created_around(self, assignment: Node) -> str:
        holder = assignment.parent
        if holder is None or holder.type != "initializer_expression" or holder.parent is None:
            return ""
        return self.callee(holder.parent)[0] if holder.parent.type in _CALLS else ""

    def _expected_type(self, creation: Node) -> str:
        parent = creation.parent
        if parent is not None and parent.type == "variable_declarator":
            return self._type_of_variable(parent)
        if parent is not None and parent.type in ("property_declaration", "arrow_expression_clause"):
            of = _climb(parent, ("property_declaration", "method_declaration")).child_by_field_name("type")
            return self.last_name(of) if of is not None else ""
        return ""

    def _type_of_variable(self, declarator: Node) -> str:
        of = declarator.parent.child_by_field_name("type") if declarator.parent is not None else None
        return self.last_name(of) if of is not None and of.type != "implicit_type" else ""

    # --- what is no literal ---

    def _stripped(self, node: Node) -> Node:
        """The expression without parentheses, casts, `!`, `?? ...`, and calls that hand their text on."""
        for _ in range(_MOST_CLIMBED):
            inner: Node | None = None
            if node.type in _WRAPPERS or node.type == "await_expression":
                named = [c for c in node.named_children if c.type != "comment"]
                inner = named[-1] if node.type == "cast_expression" else named[0] if named else None
            elif node.type == "binary_expression" and any(c.type == "??" for c in node.children):
                inner = node.child_by_field_name("left")
            elif node.type == "invocation_expression":
                name, _ = self.callee(node)
                arguments = self.arguments(node)
                if name in _THROUGH:
                    function = node.child_by_field_name("function")
                    target = function.child_by_field_name("expression") if function is not None else None
                    inner = self.argument_value(arguments[0]) if arguments and name not in _OF_RECEIVER else target
            if inner is None:
                return node
            node = inner
        return node

    def sources(self, node: Node) -> list[Reference]:
        """The members and settings that a value is read from; none for a literal or what is not known."""
        return self._sources(self._stripped(node), 0)

    def _sources(self, node: Node, depth: int) -> list[Reference]:
        if depth > _FOLLOWED or node.type in _LITERALS:
            return []
        key = self._setting(node)
        if key is not None:
            return [Reference("setting", key)]
        if node.type == "identifier":
            known = self._local(node)
            if known is not None:
                known = self._stripped(known)
                return [Reference("local", self.text(node))] if known.type in _LITERALS else self._sources(known, depth + 1)
            return [Reference("member", self.text(node))]
        if node.type == "member_access_expression":
            target = node.child_by_field_name("expression")
            owner = self.last_name(target) if target is not None else ""
            return [Reference("member", self.last_name(node), "" if owner in ("this", "base") else owner)]
        if node.type == "conditional_expression":
            return [s for c in node.named_children[1:] for s in self._sources(self._stripped(c), depth + 1)]
        if node.type == "interpolated_string_expression":
            return [hole for hole in self.value(node)[1] if hole is not None]
        return []

    def _setting(self, node: Node, depth: int = 0) -> str | None:
        """The key of `c["a:b"]`, `c.GetSection("a")["b"]`, `c.GetValue<T>("a:b")`, `c.GetConnectionString("n")`, `c.GetSection("a").Value`."""
        if depth > _FOLLOWED:
            return None
        if node.type == "element_access_expression":
            key, target = self._key_of(node), node.child_by_field_name("expression")
            if key is None or HOLE in key or target is None or not find_nodes(node, ("string_literal",), node.start_byte, node.end_byte):
                return None
            return self._below(target, key, depth)
        if node.type == "member_access_expression" and self.last_name(node) == "Value":
            target = node.child_by_field_name("expression")
            return self._section(target, depth) if target is not None else None
        if node.type == "invocation_expression":
            name, _ = self.callee(node)
            arguments = self.arguments(node)
            first = self.argument_value(arguments[0]) if arguments else None
            if first is None or first.type not in _STRINGS:
                return None
            key = self.value(first)[0]
            if name == "GetConnectionString":
                return f"ConnectionStrings:{key}"
            function = node.child_by_field_name("function")
            target = function.child_by_field_name("expression") if function is not None else None
            if name == "GetValue" and target is not None:
                return self._below(target, key, depth)
        return None

    def _below(self, target: Node, key: str, depth: int) -> str:
        section = self._section(target, depth)
        return f"{section}:{key}" if section else key

    def _section(self, node: Node, depth: int) -> str | None:
        """The key of a section: `c.GetSection("a")`, or a local that holds one."""
        node = self._stripped(node)
        if node.type == "identifier" and depth < _FOLLOWED:
            known = self._local(node)
            return self._section(known, depth + 1) if known is not None else None
        if node.type != "invocation_expression" or self.callee(node)[0] not in ("GetSection", "GetRequiredSection"):
            return None
        arguments = self.arguments(node)
        first = self.argument_value(arguments[0]) if arguments else None
        if first is None or first.type not in _STRINGS:
            return None
        function = node.child_by_field_name("function")
        target = function.child_by_field_name("expression") if function is not None else None
        return self._below(target, self.value(first)[0], depth + 1) if target is not None else None

    def _local(self, name: Node) -> Node | None:
        """What a local variable of that name in the same member is initialized with."""
        if self.locals is None:
            self.locals = {}
            for declarator in find_nodes(self.unit.tree.root, ("variable_declarator",)):
                holder = declarator.parent.parent if declarator.parent is not None else None
                own = declarator.child_by_field_name("name")
                values = [c for c in declarator.named_children if c.type not in ("comment", "bracketed_argument_list") and c != own]
                if own is not None and values and holder is not None and holder.type != "field_declaration":
                    self.locals[self.owner(declarator)[0], self.text(own)] = values[-1]
        return self.locals.get((self.owner(name)[0], self.text(name)))


def _climb(node: Node, kinds: str | tuple[str, ...], until: tuple[str, ...] = ()) -> Node:
    """The node or the nearest around it of one of the kinds; the last that was looked at where there is none before a kind of `until`."""
    wanted = (kinds,) if isinstance(kinds, str) else kinds
    while node.type not in wanted and node.parent is not None and not (until and node.type.endswith(until)):
        node = node.parent
    return node
