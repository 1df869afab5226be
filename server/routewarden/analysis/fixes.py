"""Turns a fix plan into exact text edits.

Invariant: only the bytes that a step is about change: indentation (tabs too) and newline kind are copied from the
place, the BOM is no part of the text, and everything else stays byte for byte. A step whose effect is there already
gives no edit, so applying twice changes nothing; a plan with a step that cannot be rendered (its place is gone, a
`delegate` that takes no attribute) gives none at all. Deliberately absent: what to fix and why (rules), and names
across files (asked through `namespace_in_scope` and `resolve_type`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Protocol

from routewarden.analysis import code_edits, condition_edits, development_only, document_edits, setting_lookups, settings_edits
from routewarden.analysis.finding import (
    AddAttribute,
    AddComment,
    AddCondition,
    AddLogCall,
    AddParameter,
    AddSetting,
    AppendCall,
    CodeStep,
    DocumentStep,
    EmptyValue,
    EnforceHttps,
    FixPlan,
    MapInDevelopment,
    RemoveAttribute,
    RemoveCall,
    RemoveComment,
    RemoveStatement,
    ReplaceAttribute,
    ReplaceCall,
    SetValue,
    UseSetting,
)
from routewarden.analysis.log_fix import add_log_call
from routewarden.analysis.using_directives import add_using, declares_name, imports_in_file, makes_ambiguous
from routewarden.analysis.waiver_comments import PART, declaration_of, read_comments
from routewarden.facts.file import FileUnit
from routewarden.facts.openapi import OpenApiFile
from routewarden.facts.settings import DataFile
from routewarden.facts.sites import Site, Span
from routewarden.syntax.tree import Node, SyntaxTree
from routewarden.text.source import SourceText, TextEdit

NamespaceInScope = Callable[[str, str], bool]
# (site, simple name) -> full name of the type that the name means there today, None: no type, or not known.
ResolveType = Callable[[Site, str], str | None]


class Unit(Protocol):
    """What a file must offer: its tree, and where a site is. `facts.file.FileUnit` does."""

    @property
    def tree(self) -> SyntaxTree: ...
    def locate(self, site: Site) -> Span | None: ...


_DECLARATIONS = frozenset(
    {
        "class_declaration",
        "struct_declaration",
        "record_declaration",
        "record_struct_declaration",
        "interface_declaration",
        "enum_declaration",
        "delegate_declaration",
        "method_declaration",
        "constructor_declaration",
        "property_declaration",
        "local_function_statement",
    }
)
_LAMBDA = "lambda_expression"
# Calls that hand their builder on (`TBuilder With...<TBuilder>(this TBuilder builder)`), so that a call may follow them:
# https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.builder.iendpointconventionbuilder. `Add` and `Finally` of that
# interface return void, `Map...` returns another builder: what is appended goes before them, and before calls that we don't know.
_FLUENT = re.compile(
    r"(With|Require|Allow|Produces|Accepts|Disable|Exclude|AddEndpointFilter|AddOpenApi|CacheOutput|ShortCircuit|HasApiVersion|Enable)\w*"
)


def _nothing_known(_site: Site, _name: str) -> str | None:
    return None


def _no_document(_path: str) -> OpenApiFile | None:
    return None


def _no_data(_path: str) -> DataFile | None:
    return None


def _not_created(_type: str) -> bool:
    return False


def render(
    plan: FixPlan,
    unit_of: Callable[[str], Unit | None],
    namespace_in_scope: NamespaceInScope,
    resolve_type: ResolveType = _nothing_known,
    document_of: Callable[[str], OpenApiFile | None] = _no_document,
    data_of: Callable[[str], DataFile | None] = _no_data,
    is_created: Callable[[str], bool] = _not_created,
) -> Mapping[str, tuple[TextEdit, ...]]:
    """The edits of a plan by path, sorted by offset and without overlap; empty where there is nothing (left) to do."""
    edits: dict[str, list[TextEdit]] = {}
    for step in plan.steps:
        rendered: list[TextEdit] | None
        path = step.site.path
        if isinstance(step, AddLogCall):
            path, rendered = _add_log_call(step, unit_of, namespace_in_scope, resolve_type)
        elif isinstance(step, DocumentStep):
            document = document_of(step.site.path)
            rendered = None if document is None else document_edits.render(step, document)
        elif isinstance(step, EmptyValue):
            data = data_of(step.site.path)
            rendered = None if data is None else _empty_value(step, data)
        elif isinstance(step, UseSetting):
            file = unit_of(step.site.path)
            rendered = setting_lookups.render(step, file, namespace_in_scope, is_created) if isinstance(file, FileUnit) else None
        elif isinstance(step, AddSetting):
            data = data_of(step.site.path)
            rendered = None if data is None else settings_edits.render(step, data)
        else:
            unit = unit_of(step.site.path)
            rendered = None if unit is None else _step(step, unit, namespace_in_scope, resolve_type)
        if rendered is None:
            return {}
        for edit in rendered:
            if edit not in edits.setdefault(path, []):
                edits[path].append(edit)
    return {path: tuple(sorted(found, key=lambda e: (e.start, e.end))) for path, found in edits.items() if found}


def _step(
    step: AddAttribute | AppendCall | RemoveAttribute | ReplaceAttribute | RemoveCall | MapInDevelopment | AddComment | RemoveComment | AddCondition
    | AddParameter | CodeStep,
    unit: Unit, in_scope: NamespaceInScope, resolve_type: ResolveType,
) -> list[TextEdit] | None:
    """The edits of one step: [] where its effect is there already, None where it cannot be had."""
    match step:
        case SetValue() | RemoveStatement() | ReplaceCall() | EnforceHttps():
            return code_edits.render(step, unit)
        case AddAttribute():
            return _add_attribute(step, unit, in_scope, resolve_type)
        case AppendCall():
            return _append_call(step, unit, in_scope, resolve_type)
        case RemoveAttribute():
            return _remove_attribute(step, unit)
        case ReplaceAttribute():
            return _replace_attribute(step, unit, in_scope, resolve_type)
        case RemoveCall():
            return _remove_call(step, unit)
        case MapInDevelopment():
            return _map_in_development(step, unit, in_scope)
        case AddComment():
            return _add_comment(step, unit)
        case RemoveComment():
            return _remove_comment(step, unit)
        case AddCondition():
            return _add_condition(step, unit, in_scope)
        case AddParameter():
            return _add_parameter(step, unit, in_scope)


# --- comments ---


def _remove_comment(step: RemoveComment, unit: Unit) -> list[TextEdit] | None:
    text = unit.tree.text
    number = step.site.part.removeprefix(PART)
    comments = read_comments(step.site.path, text, unit.tree, str)
    if not number.isdigit() or int(number) >= len(comments):
        return None
    if declaration_of(comments[int(number)].words) != step.site.declaration:
        return []
    span = comments[int(number)].span
    node = unit.tree.root.descendant_for_byte_range(span.start, span.end)
    if node is None or node.type != "comment":
        return None
    start, end = node.start_byte, node.end_byte
    first, last = text.line_of(start), text.line_of(max(start, end - 1))
    before = text.data[text.line_starts[first] : start]
    after = text.data[end : text.line_starts[last] + len(text.line_bytes(last))]
    if not before.strip() and not after.strip() and last + 1 < len(text.line_starts):
        return [TextEdit(text.line_starts[first], text.line_starts[last + 1], "")]
    return [TextEdit(start - (len(before) - len(before.rstrip(b" \t"))), end, "")]


def _around_literal(node: Node | None) -> Node | None:
    """The statement or member that a literal stands in: what begins a line above which there is room for a comment."""
    while node is not None and not node.type.endswith(("_statement", "_declaration")):
        node = node.parent
    if node is not None and node.type == "variable_declaration":
        return node.parent
    return node


def _add_comment(step: AddComment, unit: Unit) -> list[TextEdit] | None:
    tree, text = unit.tree, unit.tree.text
    if step.site.part.startswith("literal:"):
        target = _around_literal(_node_at(unit, step.site))
    else:
        target = _node_at(unit, step.site) if step.site.part.startswith("node:") else _declaration_at(unit, step.site)
    if target is None:
        return None
    line = text.line_of(target.start_byte)
    start = text.line_starts[line]
    around = tree.root.descendant_for_byte_range(start, start)
    if around is not None and around.start_byte < start and ("string" in around.type or around.type == "comment"):
        return None  # the line begins inside of a literal
    content = text.line_bytes(line)
    indentation = content[: len(content) - len(content.lstrip(b" \t"))].decode("utf-8")
    comment = f"{indentation}// {step.text}"
    if line and text.line_bytes(line - 1).rstrip(b"\r\n").decode("utf-8", "replace") == comment:
        return []
    return [TextEdit(start, start, comment + text.newline)]


def _empty_value(step: EmptyValue, data: DataFile) -> list[TextEdit] | None:
    span = data.locate(step.site)
    if span is None:
        return None
    return [] if data.text.data[span.start : span.end] == b'""' else [TextEdit(span.start, span.end, '""')]


# --- queries ---


def _add_condition(step: AddCondition, unit: Unit, in_scope: NamespaceInScope) -> list[TextEdit] | None:
    call = _climb(_node_at(unit, step.site), frozenset({"invocation_expression"}))
    if call is None:
        return None
    edits = condition_edits.add_condition(unit.tree.text, call, step.member, step.caller, step.key)
    return edits if not edits else [*_usings(step.site.path, unit.tree, call.start_byte, step.namespaces, in_scope), *edits]


def _add_parameter(step: AddParameter, unit: Unit, in_scope: NamespaceInScope) -> list[TextEdit] | None:
    function = _climb(_node_at(unit, step.site), frozenset({"lambda_expression", "method_declaration", "local_function_statement"}))
    parameters = function.child_by_field_name("parameters") if function is not None else None
    if parameters is None or parameters.type != "parameter_list":
        return None
    text = unit.tree.text
    written = text.data[parameters.start_byte : parameters.end_byte].decode("utf-8")
    if re.search(rf"\b{re.escape(step.type)}\s+{re.escape(step.name)}\b", written):
        return []
    at = parameters.end_byte - 1
    declared = f"{step.type} {step.name}"
    joined = f", {declared}" if any(c.type == "parameter" for c in parameters.named_children) else declared
    return [*_usings(step.site.path, unit.tree, parameters.start_byte, (step.namespace,), in_scope), TextEdit(at, at, joined)]


def _usings(path: str, tree: SyntaxTree, offset: int, namespaces: Iterable[str], in_scope: NamespaceInScope) -> list[TextEdit]:
    missing = [n for n in namespaces if not in_scope(path, n) and not imports_in_file(tree, offset, n)]
    return [add_using(tree, offset, n) for n in missing]


def _add_log_call(
    step: AddLogCall, unit_of: Callable[[str], Unit | None], in_scope: NamespaceInScope, resolve_type: ResolveType
) -> tuple[str, list[TextEdit] | None]:
    """The file and its edits for the first place on the way where a log call can stand."""
    for place in step.places:
        unit = unit_of(place.path)
        rendered = None if unit is None else add_log_call(step, place, unit.tree, unit.locate, in_scope, resolve_type)
        if rendered is not None:
            return place.path, rendered
    return step.site.path, None


# --- attributes ---


def _add_attribute(
    step: AddAttribute, unit: Unit, in_scope: NamespaceInScope, resolve_type: ResolveType
) -> list[TextEdit] | None:
    tree = unit.tree
    is_lambda = step.site.part.startswith("node:")
    target = _lambda_at(unit, step.site) if is_lambda else _declaration_at(unit, step.site)
    if target is None:
        return None
    text, using = _spelled(step, tree, target.start_byte, in_scope, resolve_type)
    if _has_attribute(tree.text, target, step, text):
        return []
    return [*using, *(_before_lambda(tree.text, target, text) if is_lambda else _above(tree.text, target, text))]


def _replace_attribute(
    step: ReplaceAttribute, unit: Unit, in_scope: NamespaceInScope, resolve_type: ResolveType
) -> list[TextEdit] | None:
    attribute = _climb(_node_at(unit, step.site), frozenset({"attribute"}))
    if attribute is None:
        return None
    name = attribute.child_by_field_name("name")
    if name is None or _attribute_key(_compact(unit.tree.text, name), step.namespace) != _attribute_key(step.name, step.namespace):
        return []
    text, using = _spelled(step, unit.tree, attribute.start_byte, in_scope, resolve_type)
    if _attribute_key(_compact(unit.tree.text, attribute), step.namespace) == _attribute_key(text, step.namespace):
        return []
    return [*using, TextEdit(attribute.start_byte, attribute.end_byte, text)]


def _spelled(
    step: AddAttribute | ReplaceAttribute, tree: SyntaxTree, offset: int, in_scope: NamespaceInScope, resolve_type: ResolveType
) -> tuple[str, list[TextEdit]]:
    """The attribute as it must be written there, and the using that this takes."""
    name = re.split(r"[^\w.]", step.text, maxsplit=1)[0]
    full_name = f"{step.namespace}.{name}Attribute"
    meant = resolve_type(replace(step.site, part="name"), f"{name}Attribute") or resolve_type(step.site, name)
    if declares_name(tree, offset, name) or meant not in (None, full_name):
        return f"{step.namespace}.{step.text}", []  # the short name means something else there
    if meant == full_name or in_scope(step.site.path, step.namespace) or imports_in_file(tree, offset, step.namespace):
        return step.text, []
    if makes_ambiguous(tree, step.namespace, partial(resolve_type, step.site)):
        return f"{step.namespace}.{step.text}", []
    return step.text, [add_using(tree, offset, step.namespace)]


def _above(text: SourceText, declaration: Node, attribute: str) -> list[TextEdit]:
    """On a line of its own above the first attribute or modifier (so below the documentation comment); inline where the
    declaration does not begin its line.
    """
    start = declaration.start_byte
    head = text.data[text.line_starts[text.line_of(start)] : start]
    separator = " " if head.strip() else text.newline + head.decode("utf-8")
    return [TextEdit(start, start, f"[{attribute}]{separator}")]


def _before_lambda(text: SourceText, node: Node, attribute: str) -> list[TextEdit]:
    """`x => ...` cannot carry an attribute, `(x) => ...` can (C# 10)."""
    edits = [TextEdit(node.start_byte, node.start_byte, f"[{attribute}] ")]
    parameters = node.child_by_field_name("parameters")
    if parameters is not None and parameters.type == "implicit_parameter":
        name = text.data[parameters.start_byte : parameters.end_byte].decode("utf-8")
        if parameters.start_byte == node.start_byte:
            return [TextEdit(node.start_byte, parameters.end_byte, f"[{attribute}] ({name})")]
        edits.append(TextEdit(parameters.start_byte, parameters.end_byte, f"({name})"))
    return edits


def _remove_attribute(step: RemoveAttribute, unit: Unit) -> list[TextEdit] | None:
    text = unit.tree.text
    attribute = _climb(_node_at(unit, step.site), frozenset({"attribute"}))
    if attribute is None or attribute.parent is None:
        return None
    name = attribute.child_by_field_name("name")
    if step.name and (name is None or _compact(text, name) != "".join(step.name.split())):
        return []
    attributes = attribute.parent
    siblings = [child for child in attributes.named_children if child.type == "attribute"]
    if len(siblings) > 1:
        at = next(i for i, child in enumerate(siblings) if child.start_byte == attribute.start_byte)
        if at + 1 < len(siblings):
            return [TextEdit(attribute.start_byte, siblings[at + 1].start_byte, "")]
        return [TextEdit(siblings[at - 1].end_byte, attribute.end_byte, "")]
    start, end = attributes.start_byte, attributes.end_byte
    first, last = text.line_of(start), text.line_of(end)
    line_start, rest = text.line_starts[first], text.data[end : text.line_starts[last] + len(text.line_bytes(last))]
    if not text.data[line_start:start].strip() and not rest.strip() and last + 1 < len(text.line_starts):
        return [TextEdit(line_start, text.line_starts[last + 1], "")]
    return [TextEdit(start, end + len(rest) - len(rest.lstrip(b" \t")), "")]


def _has_attribute(text: SourceText, target: Node, step: AddAttribute, spelled: str) -> bool:
    # Where the short name means something else, only the full one is the attribute that is looked for.
    short = step.namespace if spelled == step.text else ""
    wanted = _attribute_key(spelled, short)
    return any(
        _attribute_key(_compact(text, node), short) == wanted
        for attributes in target.named_children
        if attributes.type == "attribute_list"
        for node in attributes.named_children
        if node.type == "attribute"
    )


def _attribute_key(attribute: str, namespace: str) -> str:
    """An attribute without white space and what may be left out: equal for equal attributes of that namespace."""
    name, bracket, arguments = "".join(attribute.split()).partition("(")
    name = name.removeprefix("global::").removesuffix("Attribute")
    name = name.removeprefix(namespace + ".") if namespace else name
    return name if arguments == ")" else name + bracket + arguments


# --- calls ---


def _append_call(
    step: AppendCall, unit: Unit, in_scope: NamespaceInScope, resolve_type: ResolveType
) -> list[TextEdit] | None:
    tree = unit.tree
    call = _climb(_node_at(unit, step.site), frozenset({"invocation_expression"}))
    if call is None:
        return None
    chain = [call]
    while (outer := _next_call(chain[-1])) is not None:
        chain.append(outer)
    if any(_call_key(tree.text, outer) == "".join(step.text.split()) for outer in chain[1:]):
        return []
    end = call
    for outer in chain[1:]:
        if not _FLUENT.fullmatch(_called_name(tree.text, outer)):
            break
        end = outer
    at = end.end_byte
    using = []
    if not in_scope(step.site.path, step.namespace) and not imports_in_file(tree, at, step.namespace):
        if makes_ambiguous(tree, step.namespace, partial(resolve_type, step.site)):
            return None  # an extension method has no other spelling that reads as a fix
        using = [add_using(tree, call.start_byte, step.namespace)]
    return [*using, TextEdit(at, at, _link(tree.text, end) + "." + step.text)]


def _remove_call(step: RemoveCall, unit: Unit) -> list[TextEdit] | None:
    text = unit.tree.text
    call = _climb(_node_at(unit, step.site), frozenset({"invocation_expression"}))
    if call is None:
        return None
    function = call.child_by_field_name("function")
    if function is None or function.type != "member_access_expression" or _called_name(text, call) != step.name:
        return []
    receiver = function.child_by_field_name("expression")
    if receiver is None:
        return None
    if call.parent is not None and call.parent.type == "expression_statement" and receiver.type == "identifier":
        return [_line_of(text, call.parent)]
    return [TextEdit(receiver.end_byte, call.end_byte, "")]


def _line_of(text: SourceText, node: Node) -> TextEdit:
    """Takes a node away, with its lines where nothing else stands on them."""
    first, last = text.line_of(node.start_byte), text.line_of(node.end_byte)
    line_start, line_end = text.line_starts[first], text.line_starts[last] + len(text.line_bytes(last))
    if not text.data[line_start : node.start_byte].strip() and not text.data[node.end_byte : line_end].strip():
        following = text.line_starts[last + 1] if last + 1 < len(text.line_starts) else line_end
        return TextEdit(line_start, following, "")
    return TextEdit(node.start_byte, node.end_byte, "")


def _map_in_development(step: MapInDevelopment, unit: Unit, in_scope: NamespaceInScope) -> list[TextEdit] | None:
    call = _climb(_node_at(unit, step.site), frozenset({"invocation_expression"}))
    edits = development_only.wrapped(unit.tree, call) if call is not None else None
    if edits is None or call is None:
        return None
    needed = development_only.NAMESPACE
    known = in_scope(step.site.path, needed) or imports_in_file(unit.tree, call.start_byte, needed)
    return edits if known else [add_using(unit.tree, call.start_byte, needed), *edits]


def _next_call(call: Node) -> Node | None:
    """The call whose receiver is this one: `x.A()` in `x.A().B()`."""
    node = call
    while node.parent is not None and node.parent.type in ("postfix_unary_expression", "parenthesized_expression"):
        node = node.parent  # `x.A()!.B()`
    access = node.parent
    if access is None or access.type != "member_access_expression" or access.child_by_field_name("expression") != node:
        return None
    outer = access.parent
    is_call = outer is not None and outer.type == "invocation_expression" and outer.child_by_field_name("function") == access
    return outer if is_call else None


def _link(text: SourceText, call: Node) -> str:
    """What stands before the dot: a new line with the indentation of this call's own dot, if that begins its line."""
    dot = _dot_of(call)
    if dot is None:
        return ""
    head = text.data[text.line_starts[text.line_of(dot)] : dot]
    return "" if head.strip() else text.newline + head.decode("utf-8")


def _dot_of(call: Node) -> int | None:
    function = call.child_by_field_name("function")
    if function is None or function.type != "member_access_expression":
        return None
    return next((child.start_byte for child in function.children if child.type == "."), None)


def _called_name(text: SourceText, call: Node) -> str:
    function = call.child_by_field_name("function")
    name = None if function is None else function.child_by_field_name("name")
    return "" if name is None else _compact(text, name).split("<", 1)[0]


def _call_key(text: SourceText, call: Node) -> str:
    arguments = call.child_by_field_name("arguments")
    return _called_name(text, call) + ("" if arguments is None else _compact(text, arguments))


# --- nodes ---


def _declaration_at(unit: Unit, site: Site) -> Node | None:
    return _climb(_node_at(unit, replace(site, part="name")), _DECLARATIONS)


def _lambda_at(unit: Unit, site: Site) -> Node | None:
    return _climb(_node_at(unit, site), frozenset({_LAMBDA}))


def _node_at(unit: Unit, site: Site) -> Node | None:
    span = unit.locate(site)
    if span is None:
        return None
    return unit.tree.root.named_descendant_for_byte_range(span.start, span.end)


def _climb(node: Node | None, types: frozenset[str]) -> Node | None:
    """The node or the nearest one around it that is of one of the types."""
    while node is not None and node.type not in types:
        node = node.parent
    return node


def _compact(text: SourceText, node: Node) -> str:
    return "".join(text.data[node.start_byte : node.end_byte].decode("utf-8").split())
