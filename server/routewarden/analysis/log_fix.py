"""Puts a structured log call behind an operation, with the logger obtained as the class or lambda obtains its other dependencies.

Invariant: the call stands on a line of its own in the block of the operation, before the block's last `return`, so that it says what was
done; what cannot be done without rewriting an expression body is not done here (None). Deliberately absent: callers that construct the
class themselves; who has such callers sees the compiler say so.
https://learn.microsoft.com/aspnet/core/fundamentals/logging/#log-message-template
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from routewarden.analysis.finding import AddLogCall
from routewarden.analysis.using_directives import add_using, imports_in_file
from routewarden.facts.sites import Site, Span
from routewarden.syntax.tree import Node, SyntaxTree
from routewarden.text.source import SourceText, TextEdit

NAMESPACE = "Microsoft.Extensions.Logging"
_FUNCTIONS = frozenset({"lambda_expression", "method_declaration", "local_function_statement", "anonymous_method_expression"})
_CLASSES = frozenset({"class_declaration", "record_declaration"})
_LOGGER = re.compile(r"^(?:Microsoft\.Extensions\.Logging\.|Serilog\.)?ILogger(?:<.*>)?\??$", re.DOTALL)
_FACTORY = re.compile(r"^(?:Microsoft\.Extensions\.Logging\.)?ILoggerFactory\??$")
_SIMPLE = re.compile(r"^(?:int|long|short|uint|ulong|Guid|System\.Guid|string|String)\??$")
_NAMES_ONE = re.compile(r"(?:^id$|Ids?$|Key$|Slug$|Serial$|Number$|Code$|^name$|^key$|^slug$)")
_SAVES = re.compile(rb"\b(?:SaveChanges|SaveEntities|Commit|SaveAsync|Complete)(?:Async)?\s*\(")


@dataclass(frozen=True, slots=True)
class _Parameter:
    type: str
    name: str
    node: Node


def add_log_call(
    step: AddLogCall, place: Site, tree: SyntaxTree, locate: Callable[[Site], Span | None], in_scope: Callable[[str, str], bool],
    resolve_type: Callable[[Site, str], str | None],
) -> list[TextEdit] | None:
    """The edits that log at one of the step's places; [] where that is logged already, None where it cannot be done there."""
    span = locate(place)
    node = tree.root.named_descendant_for_byte_range(span.start, span.end) if span is not None else None
    statement = _statement(node)
    handler = locate(step.site) if step.site.path == place.path else None
    function = _function(statement, handler)
    if statement is None or function is None:
        return None
    text = tree.text
    parameters = _parameters(text, function.child_by_field_name("parameters"))
    serilog = (resolve_type(Site(place.path, place.declaration.split("~", 1)[0]), "ILogger") or "").startswith("Serilog.")
    logger = _logger(text, function, parameters)
    if logger is None:
        return None
    expression, edits = logger
    message, values = _message(step, text, function, parameters)
    method = "Information" if serilog else "LogInformation"
    call = f'{expression}.{method}({", ".join((_quoted(message), *values))});'
    if f"{method}({_quoted(message)}".encode() in text.data[function.start_byte : function.end_byte]:
        return []
    using = [] if serilog or in_scope(place.path, NAMESPACE) or imports_in_file(tree, statement.start_byte, NAMESPACE) else [
        add_using(tree, statement.start_byte, NAMESPACE)
    ]
    return [*using, *edits, _inserted(text, statement, call)]


def _quoted(message: str) -> str:
    return '"' + message + '"'


# --- where ---------------------------------------------------------------------------------------------------------------


def _statement(node: Node | None) -> Node | None:
    """The statement in a block that the node stands in, where something may follow it."""
    while node is not None and (node.parent is None or node.parent.type != "block"):
        if node.type in _FUNCTIONS:
            return None  # an expression body
        node = node.parent
    if node is None:
        return None
    if node.type in ("expression_statement", "local_declaration_statement"):
        return node
    # `if (!await service.DeleteAsync(id)) return NotFound();`: what follows it is the success
    is_guard = node.type == "if_statement" and node.child_by_field_name("alternative") is None and _leaves(node.child_by_field_name("consequence"))
    return node if is_guard else None


def _leaves(node: Node | None) -> bool:
    if node is not None and node.type == "block":
        inner = [c for c in node.named_children if c.type != "comment"]
        node = inner[-1] if inner else None
    return node is not None and node.type in ("return_statement", "throw_statement")


def _function(node: Node | None, handler: Span | None) -> Node | None:
    """The method around a node, or the handler's lambda."""
    while node is not None:
        if node.type == "method_declaration":
            return node
        if node.type == "lambda_expression" and handler is not None and (node.start_byte, node.end_byte) == (handler.start, handler.end):
            return node
        node = node.parent
    return None


def _inserted(text: SourceText, statement: Node, call: str) -> TextEdit:
    block = statement.parent
    assert block is not None
    inner = [c for c in block.named_children if c.type != "comment"]
    after = inner[[c.start_byte for c in inner].index(statement.start_byte) :]
    indent = _indent(text, statement)
    if len(after) > 1 and after[-1].type == "return_statement":
        at = after[-1].start_byte
        return TextEdit(at, at, call + text.newline + _indent(text, after[-1]))
    saving = [c for c in after if _SAVES.search(text.data[c.start_byte : c.end_byte])]
    at = (saving[-1] if saving else statement).end_byte
    return TextEdit(at, at, text.newline + indent + call)


def _indent(text: SourceText, node: Node) -> str:
    head = text.data[text.line_starts[text.line_of(node.start_byte)] : node.start_byte]
    return head[: len(head) - len(head.lstrip())].decode("utf-8")


# --- the logger ----------------------------------------------------------------------------------------------------------


def _logger(text: SourceText, function: Node, parameters: list[_Parameter]) -> tuple[str, list[TextEdit]] | None:
    """The expression that is a logger there, and the edits that make it one."""
    for parameter in parameters:
        if _LOGGER.match(parameter.type):
            return parameter.name, []
    category = _quoted("Audit")
    for parameter in parameters:
        if _FACTORY.match(parameter.type):
            return f"{parameter.name}.CreateLogger({category})", []
    if function.type == "lambda_expression":
        name = _free_name(text, function, "loggerFactory")
        edit = _with_parameter(text, function.child_by_field_name("parameters"), f"ILoggerFactory {name}")
        return (f"{name}.CreateLogger({category})", [edit]) if edit is not None else None
    holder = function.parent
    while holder is not None and holder.type not in _CLASSES:
        holder = holder.parent
    modifiers = _modifiers(text, function)
    if holder is None or "static" in modifiers or "static" in _modifiers(text, holder):
        return None
    return _of_class(text, holder)


def _of_class(text: SourceText, holder: Node) -> tuple[str, list[TextEdit]] | None:
    primary = next((c for c in holder.named_children if c.type == "parameter_list"), None)
    for parameter in _parameters(text, primary):
        if _LOGGER.match(parameter.type):
            return parameter.name, []
    body = holder.child_by_field_name("body")
    members = body.named_children if body is not None else []
    for member in members:
        found = _declared(text, member)
        if found is not None:
            return found, []
    name = holder.child_by_field_name("name")
    if name is None or body is None:
        return None
    generics = next((c for c in holder.named_children if c.type == "type_parameter_list"), None)
    own = _source(text, name) + (_source(text, generics) if generics is not None else "")
    if primary is not None:
        edit = _with_parameter(text, primary, f"ILogger<{own}> logger")
        return ("logger", [edit]) if edit is not None else None
    constructors = [m for m in members if m.type == "constructor_declaration" and "static" not in _modifiers(text, m)]
    if not constructors:
        if "partial" in _modifiers(text, holder) or holder.type != "class_declaration":
            return None
        at = (generics or name).end_byte
        return "logger", [TextEdit(at, at, f"(ILogger<{own}> logger)")]
    return _by_constructor(text, constructors, own) if len(constructors) == 1 else None


def _by_constructor(text: SourceText, constructors: list[Node], own: str) -> tuple[str, list[TextEdit]] | None:
    """A field, a parameter, and the assignment."""
    constructor = constructors[0]
    block = constructor.child_by_field_name("body")
    edit = _with_parameter(text, constructor.child_by_field_name("parameters"), f"ILogger<{own}> logger")
    if block is None or block.type != "block" or edit is None:
        return None
    indent = _indent(text, constructor)
    field = TextEdit(constructor.start_byte, constructor.start_byte, f"private readonly ILogger<{own}> _logger;{text.newline}{text.newline}{indent}")
    inner = [c for c in block.named_children if c.type != "comment"]
    if inner:
        at = inner[-1].end_byte
        return "_logger", [field, edit, TextEdit(at, at, f"{text.newline}{_indent(text, inner[-1])}_logger = logger;")]
    at = block.start_byte + 1
    return "_logger", [field, edit, TextEdit(at, at, " _logger = logger;")]


def _declared(text: SourceText, member: Node) -> str | None:
    """The name of a field or property that is a logger."""
    if member.type == "property_declaration":
        of, name = member.child_by_field_name("type"), member.child_by_field_name("name")
        return _source(text, name) if of is not None and name is not None and _LOGGER.match(_source(text, of)) else None
    if member.type != "field_declaration":
        return None
    declaration = next((c for c in member.named_children if c.type == "variable_declaration"), None)
    of = declaration.child_by_field_name("type") if declaration is not None else None
    if declaration is None or of is None or not _LOGGER.match(_source(text, of)):
        return None
    declarator = next((c for c in declaration.named_children if c.type == "variable_declarator"), None)
    name = declarator.child_by_field_name("name") if declarator is not None else None
    return _source(text, name) if name is not None else None


def _with_parameter(text: SourceText, parameters: Node | None, written: str) -> TextEdit | None:
    """One more parameter, before those with a default."""
    if parameters is None or parameters.type != "parameter_list":
        return None
    found = [c for c in parameters.named_children if c.type == "parameter"]
    optional = next((c for c in found if b"=" in text.data[c.start_byte : c.end_byte]), None)
    if b"params " in text.data[parameters.start_byte : parameters.end_byte] or (found and found[-1].child_by_field_name("type") is None):
        return None
    if optional is not None:
        return TextEdit(optional.start_byte, optional.start_byte, f"{written}, ")
    if found:
        return TextEdit(found[-1].end_byte, found[-1].end_byte, f", {written}")
    at = parameters.start_byte + 1
    return TextEdit(at, at, written)


def _free_name(text: SourceText, function: Node, wanted: str) -> str:
    taken = set(re.findall(r"\w+", _source(text, function)))
    return wanted if wanted not in taken else f"audit{wanted[0].upper()}{wanted[1:]}"


# --- what is said --------------------------------------------------------------------------------------------------------


def _message(step: AddLogCall, text: SourceText, function: Node, parameters: list[_Parameter]) -> tuple[str, tuple[str, ...]]:
    """`Order {OrderId} deleted by {User}` and its values: what, which, who, as far as the place knows them."""
    what = re.sub(r"\W.*", "", step.what) or "Data"
    what = what[0].upper() + what[1:]
    simple = [p for p in parameters if _SIMPLE.match(p.type)]
    which = next((p for p in simple if _NAMES_ONE.search(p.name)), simple[0] if simple else None)
    words, values = [what], []
    if which is not None:
        placeholder = f"{what}Id" if which.name.lower() == "id" else which.name[0].upper() + which.name[1:]
        words.append(f"{{{placeholder}}}")
        values.append(which.name)
    words.append(step.verb)
    user = _user(text, function, parameters)
    if user is not None:
        words.append("by {User}")
        values.append(user)
    return " ".join(words), tuple(values)


def _user(text: SourceText, function: Node, parameters: list[_Parameter]) -> str | None:
    for parameter in parameters:
        if parameter.type.rstrip("?").rpartition(".")[2] == "ClaimsPrincipal":
            return f"{parameter.name}.Identity?.Name"
        if parameter.type.rpartition(".")[2] == "HttpContext":
            return f"{parameter.name}.User.Identity?.Name"
    holder = function.parent.parent if function.parent is not None else None
    bases = next((c for c in holder.named_children if c.type == "base_list"), None) if holder is not None else None
    is_controller = bases is not None and re.search(r"\b(?:\w*Controller(?:Base)?|PageModel)\b", _source(text, bases)) is not None
    return "User.Identity?.Name" if is_controller and function.type == "method_declaration" and "static" not in _modifiers(text, function) else None


def _parameters(text: SourceText, node: Node | None) -> list[_Parameter]:
    found = []
    for child in node.named_children if node is not None else ():
        of, name = (child.child_by_field_name(f) for f in ("type", "name")) if child.type == "parameter" else (None, None)
        if of is not None and name is not None:
            found.append(_Parameter("".join(_source(text, of).split()), _source(text, name), child))
    return found


def _modifiers(text: SourceText, node: Node) -> set[str]:
    return {_source(text, c) for c in node.children if c.type == "modifier"}


def _source(text: SourceText, node: Node) -> str:
    return text.data[node.start_byte : node.end_byte].decode("utf-8", "replace")
