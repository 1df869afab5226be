"""The fix that maps an endpoint in Development only: `if (app.Environment.IsDevelopment()) { ... }` around its statement.

Invariant: offered only where the statement maps on a variable that holds a built WebApplication in the same file, and where a deeper
indentation changes no text literal. https://learn.microsoft.com/aspnet/core/fundamentals/environments
"""

from __future__ import annotations

import re

from routewarden.syntax.tree import Node, SyntaxTree
from routewarden.text.source import TextEdit

NAMESPACE = "Microsoft.Extensions.Hosting"  # HostEnvironmentEnvExtensions.IsDevelopment
_STATEMENT = "expression_statement"
_UNIT = "    "


def wrapped(tree: SyntaxTree, call: Node) -> list[TextEdit] | None:
    """The edits around the statement of a Map call; None where it cannot be wrapped."""
    statement: Node | None = call
    while statement is not None and statement.type != _STATEMENT:
        if "lambda" in statement.type or "declaration" in statement.type:
            return None
        statement = statement.parent
    text, data = tree.text, tree.text.data
    name = _receiver(call, data)
    if statement is None or name is None:
        return None
    if re.search(rb"\b%s\s*=\s*[\w.()]+?\.Build\(\)\s*;" % re.escape(name.encode()), data) is None:
        return None
    written = data[statement.start_byte : statement.end_byte]
    first, last = text.line_of(statement.start_byte), text.line_of(statement.end_byte)
    start = text.line_starts[first]
    indent = data[start : statement.start_byte]
    if indent.strip() or b'"""' in written or b'@"' in written or b"/*" in written:
        return None
    head, newline = indent.decode(), text.newline
    edits = [TextEdit(start, start, f"{head}if ({name}.Environment.IsDevelopment()){newline}{head}{{{newline}{_UNIT}")]
    for line in range(first + 1, last + 1):
        if text.line_bytes(line).strip():
            edits.append(TextEdit(text.line_starts[line], text.line_starts[line], _UNIT))
    edits.append(TextEdit(statement.end_byte, statement.end_byte, f"{newline}{head}}}"))
    return edits


def _receiver(call: Node, data: bytes) -> str | None:
    """`app` of `app.MapGet(...)`; None where something else is called on."""
    function = call.child_by_field_name("function")
    target = function.child_by_field_name("expression") if function is not None else None
    if target is None or target.type != "identifier":
        return None
    return data[target.start_byte : target.end_byte].decode()
