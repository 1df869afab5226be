"""Ties a query to the caller: a condition added to the predicate by which rows are asked for.

Invariant: the condition goes into the query that the step's call ends: into its own predicate, the nearest `Where` before it or the
`where` clause of a query expression; a look-up by key becomes a predicate. What is written there stays as it is, in parentheses where
`||` or `??` would take the condition in. A condition that is there already gives no edit.
"""

from __future__ import annotations

import re

from routewarden.syntax.tree import Node
from routewarden.text.source import SourceText, TextEdit

_LOOSE = frozenset({"||", "??"})
_BY_KEY = {"Find": "FirstOrDefault", "FindAsync": "FirstOrDefaultAsync"}
_NAMES = ("x", "row", "item", "entity")


def add_condition(text: SourceText, call: Node, member: str, caller: str, key: str) -> list[TextEdit] | None:
    """The edits that make a call ask for rows whose `member` ("Trip.OwnerId") equals `caller`, C# both; None where there is no place for it.

    `key`: the member that a look-up by key compares.
    """
    at: Node | None = call
    while at is not None and at.type == "invocation_expression":
        function_ = _predicate(text, at)
        if function_ is not None:
            return _into_lambda(text, function_, member, caller)
        name = _name(text, at)
        if at == call and name in _BY_KEY:
            return _by_predicate(text, at, name, member, caller, key)
        access = at.child_by_field_name("function")
        receiver = access.child_by_field_name("expression") if access is not None and access.type == "member_access_expression" else None
        while receiver is not None and receiver.type == "parenthesized_expression":
            receiver = receiver.named_children[0] if receiver.named_children else None
        if receiver is not None and receiver.type == "query_expression":
            return _into_query(text, receiver, member, caller)
        at = receiver
    return None


def _into_lambda(text: SourceText, function: Node, member: str, caller: str) -> list[TextEdit] | None:
    parameter, body = _parameter(text, function), function.child_by_field_name("body")
    if parameter is None or body is None or body.type == "block":
        return None
    return _joined(text, body, f"{parameter}.{member} == {caller}")


def _into_query(text: SourceText, query: Node, member: str, caller: str) -> list[TextEdit] | None:
    first = next((c for c in query.named_children if c.type == "from_clause"), None)
    where = next((c for c in query.named_children if c.type == "where_clause"), None)
    name = first.child_by_field_name("name") if first is not None else None
    if where is None or name is None or not where.named_children:
        return None
    return _joined(text, where.named_children[-1], f"{_text(text, name)}.{member} == {caller}")


def _joined(text: SourceText, expression: Node, condition: str) -> list[TextEdit]:
    written = _text(text, expression)
    if "".join(condition.split()) in "".join(written.split()):
        return []
    loose = expression.type == "conditional_expression" or (expression.type == "binary_expression" and _operator(text, expression) in _LOOSE)
    end = expression.end_byte
    if loose:
        start = expression.start_byte
        return [TextEdit(start, start, "("), TextEdit(end, end, f") && {condition}")]
    return [TextEdit(end, end, f" && {condition}")]


def _by_predicate(text: SourceText, call: Node, name: str, member: str, caller: str, key: str) -> list[TextEdit] | None:
    """`FindAsync(id)` as `FirstOrDefaultAsync(x => x.Id == id && ...)`; `FindAsync([id], token)` keeps its token."""
    arguments = call.child_by_field_name("arguments")
    access = call.child_by_field_name("function")
    called = access.child_by_field_name("name") if access is not None and access.type == "member_access_expression" else None
    given = [a for a in arguments.named_children if a.type == "argument"] if arguments is not None else []
    if arguments is None or called is None or called.type != "identifier" or not given:
        return None
    first, rest = _text(text, given[0]), ""
    keys = re.fullmatch(r"(?:new\s*(?:object\??)?\s*\[\s*\]\s*\{|\[)\s*([^,]+?)\s*[\]}]", first, re.DOTALL)
    if keys is not None:
        first = keys[1]
        rest = f", {_text(text, given[1])}" if len(given) == 2 else ""
    elif len(given) != 1:
        return None  # a key of several members: which they are is not known here
    if first.startswith(("[", "new")) or len(given) > 2:
        return None
    whole = _text(text, arguments)
    row = next((n for n in _NAMES if not re.search(rf"\b{n}\b", whole + caller)), "x0")
    predicate = f"{row} => {row}.{key} == {first} && {row}.{member} == {caller}"
    return [
        TextEdit(called.start_byte, called.end_byte, _BY_KEY[name]),
        TextEdit(arguments.start_byte, arguments.end_byte, f"({predicate}{rest})"),
    ]


def _predicate(text: SourceText, call: Node) -> Node | None:
    """The lambda that a filtering call is given."""
    arguments = call.child_by_field_name("arguments")
    if arguments is None:
        return None
    for argument in arguments.named_children:
        for child in argument.named_children:
            if child.type == "lambda_expression":
                return child if _FILTERING.match(_name(text, call)) else None
    return None


_FILTERING = re.compile(r"^(?:Where|First|Single|Last|Any|All|Count|LongCount|Find)(?:OrDefault)?(?:Async)?$")


def _parameter(text: SourceText, function: Node) -> str | None:
    """The name of the only parameter."""
    parameters = function.child_by_field_name("parameters")
    if parameters is None:
        return None
    written = _text(text, parameters).strip("() \t\r\n")
    name = written.rsplit(None, 1)[-1] if written else ""
    return name if re.fullmatch(r"@?\w+", name) and "," not in written else None


def _operator(text: SourceText, expression: Node) -> str:
    operator = expression.child_by_field_name("operator")
    return _text(text, operator) if operator is not None else next((c.type for c in expression.children if not c.is_named), "")


def _name(text: SourceText, call: Node) -> str:
    function = call.child_by_field_name("function")
    name = function.child_by_field_name("name") if function is not None else None
    return _text(text, name).split("<", 1)[0] if name is not None else ""


def _text(text: SourceText, node: Node) -> str:
    return text.data[node.start_byte : node.end_byte].decode("utf-8")
