"""Puts a lookup of configuration in the place of a literal, as the code at that place can reach it.

Invariant: what comes out compiles, or nothing does: the variable, field or parameter is in scope there, a constant becomes a property only
where nothing needs it to be constant, and a constructor gets a parameter only where nobody calls it. Deliberately absent: which literal, and the
name of the key (rules).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from routewarden.analysis.finding import UseSetting
from routewarden.analysis.using_directives import add_using, imports_in_file
from routewarden.facts.file import FileUnit
from routewarden.facts.literals import whole_literal
from routewarden.facts.sites import Site
from routewarden.syntax.search import find_nodes
from routewarden.syntax.tree import Node
from routewarden.text.source import TextEdit

NAMESPACE = "Microsoft.Extensions.Configuration"
_CONFIGURATIONS = frozenset({"IConfiguration", "IConfigurationRoot", "ConfigurationManager", "IConfigurationManager"})
_WITH_CONFIGURATION = frozenset({
    "WebApplicationBuilder", "HostApplicationBuilder", "IHostApplicationBuilder", "WebApplication", "HostBuilderContext", "WebHostBuilderContext",
})  # fmt: skip
_CREATE_BUILDER = tuple(f"{of}.Create{what}Builder(" for of in ("WebApplication", "Host") for what in ("", "Slim", "Application", "Empty"))
_TYPES = ("class_declaration", "record_declaration", "struct_declaration", "record_struct_declaration", "interface_declaration")
_MEMBERS = (
    "method_declaration", "constructor_declaration", "property_declaration", "field_declaration", "indexer_declaration", "operator_declaration",
)  # fmt: skip
_FUNCTIONS = ("method_declaration", "constructor_declaration", "local_function_statement", "lambda_expression", "anonymous_method_expression")
_STRINGS = ("string_literal", "verbatim_string_literal", "raw_string_literal", "interpolated_string_expression", "binary_expression")
_NO_PARENTHESES = ("argument", "variable_declarator", "equals_value_clause", "assignment_expression", "arrow_expression_clause", "return_statement",
                   "parenthesized_expression", "property_declaration")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Reach:
    """How a place reaches configuration: `expression` gives it; `insert` makes it be there first."""

    expression: str
    insert: tuple[TextEdit, ...] = ()
    created_type: str = ""  # the type whose constructor is changed


def can_look_up(unit: FileUnit, site: Site) -> bool:
    """Whether `render` would give an edit, as far as the file itself tells."""
    return render(UseSetting(site, "A:B"), unit, lambda _, __: True, lambda _: False) is not None


def render(
    step: UseSetting, unit: FileUnit, in_scope: Callable[[str, str], bool], is_created: Callable[[str], bool]
) -> list[TextEdit] | None:
    """The edits; [] where the lookup is there already, None where it cannot be had. `is_created`: whether `new Name(` stands anywhere."""
    span = unit.locate(step.site)
    literal = whole_literal(unit.tree, span) if span is not None else None
    if literal is None:
        return None
    reader = _Reader(unit)
    around: Node | None = literal
    while around is not None and around.end_byte - around.start_byte < 4096:
        if f'["{step.key}"]' in reader.text(around):
            return []
        if around.type in _MEMBERS or around.type.endswith("statement"):
            break
        around = around.parent
    if literal.type not in _STRINGS or any(c.type == "string_literal_encoding" for c in literal.children):
        return None
    field = reader.constant(literal)
    if field is None and reader.needs_constant(literal):
        return None
    reach = reader.reach(literal) if field is None else reader.reach_of_members(field)
    if reach is None or (reach.created_type and is_created(reach.created_type)):
        return None
    using = []
    if reach.created_type and not in_scope(step.site.path, NAMESPACE) and not imports_in_file(unit.tree, literal.start_byte, NAMESPACE):
        using = [add_using(unit.tree, literal.start_byte, NAMESPACE)]
    has_system = in_scope(step.site.path, "System") or imports_in_file(unit.tree, literal.start_byte, "System")
    exception = "InvalidOperationException" if has_system else "System.InvalidOperationException"
    lookup = f'{reach.expression}["{step.key}"] ?? throw new {exception}("{step.key} is not configured.")'
    if field is not None:
        return [*using, *reach.insert, *reader.as_property(field, lookup)]
    parent = literal.parent
    bare = parent is not None and parent.type in _NO_PARENTHESES
    return [*using, *reach.insert, TextEdit(literal.start_byte, literal.end_byte, lookup if bare else f"({lookup})")]


class _Reader:
    def __init__(self, unit: FileUnit) -> None:
        self.tree = unit.tree
        self.data = unit.tree.text.data

    def text(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def modifiers(self, node: Node) -> set[str]:
        return {self.text(c) for c in node.children if c.type == "modifier"}

    def type_name(self, node: Node | None) -> str:
        return self.text(node).rstrip("?").rsplit(".", 1)[-1].split("<", 1)[0] if node is not None else ""

    def needs_constant(self, literal: Node) -> bool:
        """Whether the place takes constants only: attributes, patterns, defaults of parameters, `const`, `case`."""
        for node in _upwards(literal):
            if node.type in ("attribute", "constant_pattern", "parameter", "case_switch_label", "enum_member_declaration"):
                return True
            if node.type in ("local_declaration_statement", "field_declaration"):
                return "const" in self.modifiers(node)
            if node.type in ("block", *_MEMBERS):
                return False
        return False

    # --- a constant that becomes a property ---

    def constant(self, literal: Node) -> Node | None:
        """The field declaration, where the literal is all that a private constant of a class has."""
        declarator = literal.parent
        if declarator is None or declarator.type != "variable_declarator" or declarator.parent is None:
            return None
        field = declarator.parent.parent
        siblings = [c for c in declarator.parent.named_children if c.type == "variable_declarator"]
        if field is None or field.type != "field_declaration" or len(siblings) > 1:
            return None
        words = self.modifiers(field)
        return field if "const" in words or "static" in words else None

    def _is_replaceable(self, field: Node, owner: Node) -> bool:
        """Whether all uses are in bodies of instance members, where a property does as well."""
        words = self.modifiers(field)
        if words & {"public", "internal", "protected"}:
            return False
        name = self._declared(field)
        for use in find_nodes(self.tree.root, ("identifier",)):
            if self.text(use) != name or field.start_byte <= use.start_byte < field.end_byte:
                continue
            if not owner.start_byte <= use.start_byte < owner.end_byte:
                continue
            member = next((n for n in _upwards(use) if n.type in _MEMBERS), None)
            if member is None or member.type == "field_declaration" or "static" in self.modifiers(member) or self.needs_constant(use):
                return False
            if member.type == "property_declaration" and not find_nodes(member, ("arrow_expression_clause", "block")):
                return False
            if any(n.type == "constructor_initializer" or (n.type in _FUNCTIONS and "static" in self.modifiers(n)) for n in _upwards(use)):
                return False
        return True

    def _declared(self, field: Node) -> str:
        declarator = find_nodes(field, ("variable_declarator",), field.start_byte, field.end_byte)[0]
        name = declarator.child_by_field_name("name")
        return self.text(name) if name is not None else ""

    def as_property(self, field: Node, lookup: str) -> Iterator[TextEdit]:
        """`private const string X = "...";` as `private string X => ...;`."""
        declaration = next(c for c in field.named_children if c.type == "variable_declaration")
        declarator = next(c for c in declaration.named_children if c.type == "variable_declarator")
        name, of = declarator.child_by_field_name("name"), declaration.child_by_field_name("type")
        if name is None or of is None:
            return
        for child in field.children:
            if child.type == "modifier" and self.text(child) in ("const", "static", "readonly"):
                end = child.end_byte
                while self.data[end : end + 1] in (b" ", b"\t"):
                    end += 1
                yield TextEdit(child.start_byte, end, "")
        yield TextEdit(name.end_byte, declarator.end_byte, f" => {lookup}")

    # --- what is in scope ---

    def reach(self, literal: Node) -> _Reach | None:
        """What a place in a body or initializer reaches."""
        for node in _upwards(literal):
            if node.type in _FUNCTIONS:
                found = self._of_parameters(node.child_by_field_name("parameters"))
                if found is not None:
                    return _Reach(found)
            if node.type == "block":
                found = self._of_locals(node, literal)
                if found is not None:
                    return _Reach(found)
            if node.type == "global_statement":
                return self._of_top_level(literal)
            if node.type in _MEMBERS:
                if {"static", "const"} & self.modifiers(node) or node.type in ("field_declaration", "operator_declaration"):
                    return None
                if node.type == "property_declaration" and node.child_by_field_name("accessors") is not None and literal.parent == node:
                    return None  # its initializer
                if any(n.type == "constructor_initializer" for n in _upwards(literal)):
                    return None
                if node.type == "constructor_declaration":
                    return None  # its own parameters were looked at
                return self._of_type(next((n for n in _upwards(node) if n.type in _TYPES), None))
        return None

    def reach_of_members(self, field: Node) -> _Reach | None:
        owner = next((n for n in _upwards(field) if n.type in _TYPES), None)
        if owner is None or not self._is_replaceable(field, owner):
            return None
        return self._of_type(owner)

    def _of_parameters(self, parameters: Node | None) -> str | None:
        for parameter in parameters.named_children if parameters is not None else ():
            name = parameter.child_by_field_name("name")
            found = self._named(self.type_name(parameter.child_by_field_name("type")), name)
            if found is not None:
                return found
        return None

    def _named(self, of: str, name: Node | None) -> str | None:
        if name is None:
            return None
        if of in _CONFIGURATIONS:
            return self.text(name)
        return f"{self.text(name)}.Configuration" if of in _WITH_CONFIGURATION else None

    def _of_locals(self, block: Node, literal: Node) -> str | None:
        """A local of the block that is declared before the literal."""
        for statement in block.named_children:
            if statement.end_byte > literal.start_byte:
                return None
            found = self._of_declaration(statement)
            if found is not None:
                return found
        return None

    def _of_declaration(self, statement: Node) -> str | None:
        if statement.type != "local_declaration_statement":
            return None
        declaration = next((c for c in statement.named_children if c.type == "variable_declaration"), None)
        for declarator in declaration.named_children if declaration is not None else ():
            name = declarator.child_by_field_name("name") if declarator.type == "variable_declarator" else None
            if name is None or declaration is None:
                continue
            found = self._named(self.type_name(declaration.child_by_field_name("type")), name)
            value = self.text(declarator)
            if found is None and any(call in value for call in _CREATE_BUILDER):
                found = f"{self.text(name)}.Configuration"
            if found is not None:
                return found
        return None

    def _of_top_level(self, literal: Node) -> _Reach | None:
        for statement in self.tree.root.named_children:
            if statement.end_byte > literal.start_byte:
                return None
            if statement.type == "global_statement" and statement.named_child_count:
                found = self._of_declaration(statement.named_children[0])
                if found is not None:
                    return _Reach(found)
        return None

    def _of_type(self, owner: Node | None) -> _Reach | None:
        """What instance members of a type reach: a field, a property, a parameter of its constructor, or one that is added."""
        if owner is None or owner.type not in ("class_declaration", "record_declaration"):
            return None
        if {"static", "abstract", "partial"} & self.modifiers(owner):
            return None
        body = owner.child_by_field_name("body")
        primary = next((c for c in owner.named_children if c.type == "parameter_list"), None)
        found = self._of_parameters(primary)
        if found is not None:
            return _Reach(found)
        members = body.named_children if body is not None else []
        for member in members:
            if "static" in self.modifiers(member):
                continue
            if member.type == "field_declaration":
                found = self._of_field(member)
            elif member.type == "property_declaration":
                found = self._named(self.type_name(member.child_by_field_name("type")), member.child_by_field_name("name"))
            if found is not None:
                return _Reach(found)
        if owner.type != "class_declaration" or primary is None:
            return None
        return self._with_parameter(owner, primary)

    def _of_field(self, field: Node) -> str | None:
        declaration = next((c for c in field.named_children if c.type == "variable_declaration"), None)
        if declaration is None:
            return None
        declarator = next((c for c in declaration.named_children if c.type == "variable_declarator"), None)
        name = declarator.child_by_field_name("name") if declarator is not None else None
        return self._named(self.type_name(declaration.child_by_field_name("type")), name)

    def _with_parameter(self, owner: Node, primary: Node) -> _Reach | None:
        """A primary constructor with one parameter more; dependency injection gives it."""
        name = owner.child_by_field_name("name")
        taken = {self.text(n) for n in find_nodes(owner, ("identifier",), owner.start_byte, owner.end_byte)}
        parameters = [c for c in primary.named_children if c.type == "parameter"]
        if name is None or "configuration" in taken or any(c.type == "=" for p in parameters for c in p.children):
            return None
        text = ", IConfiguration configuration" if parameters else "IConfiguration configuration"
        at = parameters[-1].end_byte if parameters else primary.end_byte - 1
        return _Reach("configuration", (TextEdit(at, at, text),), self.text(name))


def _upwards(node: Node) -> Iterator[Node]:
    """The node's parent and what is around it."""
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent
