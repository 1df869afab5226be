"""Fixes inside statements as exact text edits: another value, a statement less, another call of a chain, the start of a pipeline.

Invariant: as in `analysis.fixes`: only the bytes that a step is about change, a step whose effect is there already gives no edit, and one
that cannot be rendered gives None.
"""

from __future__ import annotations

import re
from typing import Protocol

from routewarden.analysis.finding import CodeStep, EnforceHttps, RemoveStatement, ReplaceCall, SetValue
from routewarden.facts.sites import Site, Span
from routewarden.syntax.tree import Node, SyntaxTree
from routewarden.text.source import SourceText, TextEdit

# What stands before HTTPS redirection in a pipeline: https://learn.microsoft.com/aspnet/core/fundamentals/middleware/#middleware-order
_FIRST = re.compile(
    r"\b(UseForwardedHeaders|UseExceptionHandler|UseDeveloperExceptionPage|UseMigrationsEndPoint|UseStatusCodePages\w*|UsePathBase)\b"
)
_STATEMENTS = frozenset({"local_declaration_statement", "expression_statement", "if_statement"})


class Unit(Protocol):
    @property
    def tree(self) -> SyntaxTree: ...
    def locate(self, site: Site) -> Span | None: ...


def render(step: CodeStep, unit: Unit) -> list[TextEdit] | None:
    """The edits of one step: [] where its effect is there already, None where it cannot be had."""
    match step:
        case SetValue():
            return _set_value(step, unit)
        case RemoveStatement():
            return _remove_statement(step, unit)
        case ReplaceCall():
            return _replace_call(step, unit)
        case EnforceHttps():
            return _enforce_https(step, unit)


def _node(unit: Unit, site: Site, types: frozenset[str]) -> Node | None:
    """The node of a site, or the nearest one around it that is of one of the types."""
    span = unit.locate(site)
    node: Node | None = unit.tree.root.named_descendant_for_byte_range(span.start, span.end) if span is not None else None
    while node is not None and node.type not in types:
        node = node.parent
    return node


def _text(unit: Unit, node: Node) -> str:
    return unit.tree.text.data[node.start_byte : node.end_byte].decode("utf-8")


def _set_value(step: SetValue, unit: Unit) -> list[TextEdit] | None:
    kinds = {"assignment_expression"} if not step.instead_of else {"assignment_expression", "invocation_expression"}
    node = _node(unit, step.site, frozenset(kinds))
    value = node.child_by_field_name("right") if node is not None and node.type == "assignment_expression" else node
    if value is None:
        return None
    old = _text(unit, value)
    if step.instead_of:
        at = old.lower().find(step.instead_of)
        if at < 0:
            return []
        start = value.start_byte + len(old[:at].encode("utf-8"))
        return [TextEdit(start, start + len(step.instead_of), step.text)]
    head = re.split(r"\s*\|", old, maxsplit=1)[0].rpartition(".")[0]
    new = (f"{head}." if head else "") + step.text[2:] if step.text.startswith("*.") else step.text
    return [] if old == new else [TextEdit(value.start_byte, value.end_byte, new)]


def _remove_statement(step: RemoveStatement, unit: Unit) -> list[TextEdit] | None:
    node = _node(unit, step.site, frozenset({"assignment_expression", "invocation_expression"}))
    if node is None or node.parent is None:
        return None
    text, parent = unit.tree.text, node.parent
    if step.names.replace("-", "").casefold() not in _text(unit, node).replace("-", "").casefold():
        return []
    if parent.type == "initializer_expression":
        return [_member_edit(text, parent, node)]
    if parent.type != "expression_statement" or parent.parent is None:
        return None
    if parent.parent.type in ("block", "global_statement", "declaration_list", "switch_section"):
        return [lines_of(text, parent)]
    return [TextEdit(parent.start_byte, parent.end_byte, "{ }")]  # the only statement of an `if`


def _member_edit(text: SourceText, initializer: Node, member: Node) -> TextEdit:
    """Takes a member of an initializer away, with its comma."""
    children = initializer.children
    at = next(i for i, child in enumerate(children) if child.start_byte == member.start_byte and child.type == member.type)
    following, before = children[at + 1], children[at - 1]
    start, end = member.start_byte, following.end_byte if following.type == "," else member.end_byte
    line = text.line_of(start)
    line_start, line_end = text.line_starts[line], text.line_starts[line] + len(text.line_bytes(line))
    alone = not text.data[line_start:start].strip() and not text.data[end:line_end].strip() and line + 1 < len(text.line_starts)
    if alone and (following.type == "," or before.type != ","):
        return TextEdit(line_start, text.line_starts[line + 1], "")
    if following.type == ",":
        rest = text.data[end:line_end]
        return TextEdit(start, end + len(rest) - len(rest.lstrip(b" ")), "")
    return TextEdit(before.start_byte if before.type == "," else start, end, "")


def lines_of(text: SourceText, node: Node) -> TextEdit:
    """Takes a node away, with its lines where nothing else stands on them."""
    first, last = text.line_of(node.start_byte), text.line_of(node.end_byte)
    line_start, line_end = text.line_starts[first], text.line_starts[last] + len(text.line_bytes(last))
    if not text.data[line_start : node.start_byte].strip() and not text.data[node.end_byte : line_end].strip():
        return TextEdit(line_start, text.line_starts[last + 1] if last + 1 < len(text.line_starts) else line_end, "")
    return TextEdit(node.start_byte, node.end_byte, "")


def _replace_call(step: ReplaceCall, unit: Unit) -> list[TextEdit] | None:
    call = _node(unit, step.site, frozenset({"invocation_expression"}))
    function = call.child_by_field_name("function") if call is not None else None
    name = function.child_by_field_name("name") if function is not None else None
    if call is None or name is None:
        return None
    if _text(unit, name) != step.name or unit.tree.text.data[name.start_byte : call.end_byte].decode("utf-8") == step.text:
        return []
    return [TextEdit(name.start_byte, call.end_byte, step.text)]


# --- the pipeline ----------------------------------------------------------------------------------------------------------


def _enforce_https(step: EnforceHttps, unit: Unit) -> list[TextEdit] | None:
    if not step.site.part.startswith("node:"):
        return _in_configure(step, unit)
    statement = _node(unit, step.site, frozenset({"local_declaration_statement"}))
    declarator = _descendant(statement, "variable_declarator") if statement is not None else None
    name = declarator.child_by_field_name("name") if declarator is not None else None
    if statement is None or name is None:
        return None
    top = statement.parent if statement.parent is not None and statement.parent.type == "global_statement" else statement
    followers = top.parent.named_children if top.parent is not None else []
    after = [n for n in followers if n.start_byte > top.start_byte]
    return _inserted(step, unit, _text(unit, name), top, after, web_application=True)


def _in_configure(step: EnforceHttps, unit: Unit) -> list[TextEdit] | None:
    method = _node(unit, step.site, frozenset({"method_declaration"}))
    body = method.child_by_field_name("body") if method is not None else None
    parameters = method.child_by_field_name("parameters") if method is not None else None
    if body is None or parameters is None or body.type != "block":
        return None
    for parameter in parameters.named_children:
        of, name = parameter.child_by_field_name("type"), parameter.child_by_field_name("name")
        if of is not None and name is not None and _text(unit, of).rsplit(".", 1)[-1] in ("IApplicationBuilder", "WebApplication"):
            return _inserted(step, unit, _text(unit, name), body.children[0], body.named_children, web_application=False)
    return None


def _inserted(
    step: EnforceHttps, unit: Unit, app: str, anchor: Node, after: list[Node], web_application: bool
) -> list[TextEdit] | None:
    """The calls after `anchor`, and after what has to stand before them."""
    text = unit.tree.text
    present = {line.strip() for node in after for line in _text(unit, node).splitlines()[:1]}
    lines: list[str] = []
    if step.hsts and f"{app}.UseHsts();" not in present and not any(f"{app}.UseHsts()" in _text(unit, n) for n in after):
        guarded = [f"if (!{app}.Environment.IsDevelopment())", "{", f"    {app}.UseHsts();", "}"]
        lines += guarded if web_application else [f"{app}.UseHsts();"]
    if step.redirection and f"{app}.UseHttpsRedirection();" not in present:
        lines.append(f"{app}.UseHttpsRedirection();")
    if not lines:
        return []
    for node in after:
        if _FIRST.search(_text(unit, node)) is not None:
            anchor = node
        elif not _text(unit, node).strip().startswith(("//", "/*")):
            break
    sample = next((n for n in after if n.start_byte > anchor.start_byte), None)
    indent = _indent(text, sample if sample is not None and anchor.type == "{" else anchor)
    at = text.line_starts[text.line_of(anchor.end_byte)] + len(text.line_bytes(text.line_of(anchor.end_byte)).rstrip(b"\r\n"))
    if text.data[anchor.end_byte : at].strip() and not text.data[anchor.end_byte : at].strip().startswith(b"//"):
        at = anchor.end_byte
    return [TextEdit(at, at, "".join(text.newline + indent + line for line in lines))]


def _indent(text: SourceText, node: Node) -> str:
    start = text.line_starts[text.line_of(node.start_byte)]
    head = text.data[start : node.start_byte]
    return head[: len(head) - len(head.lstrip())].decode("utf-8") if head.strip() else head.decode("utf-8")


def _descendant(node: Node, kind: str) -> Node | None:
    todo = list(node.named_children)
    while todo:
        found = todo.pop(0)
        if found.type == kind:
            return found
        todo.extend(found.named_children)
    return None
