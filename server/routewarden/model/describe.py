"""Expressions as short text, for reasons and trails."""

from __future__ import annotations

from routewarden.facts import syntax_ir as ir


def describe(expr: ir.Expr | None, limit: int = 60) -> str:
    """The expression as short text, for reasons and trails; never a string literal's full content."""
    text = _text(expr, 0)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _text(expr: ir.Expr | None, depth: int) -> str:
    if expr is None or depth > 8:
        return "…"
    deeper = depth + 1
    if isinstance(expr, ir.Name):
        return expr.name
    if isinstance(expr, ir.Member):
        return f"{_text(expr.target, deeper)}.{expr.name}"
    if isinstance(expr, ir.Literal):
        if expr.kind in ("string", "char"):
            return '"' + str(expr.value)[:24].replace('"', '\\"') + '"'
        if expr.value is None or isinstance(expr.value, bool):
            return {True: "true", False: "false", None: "null"}[expr.value]
        return str(expr.value)
    if isinstance(expr, ir.Call):
        return f"{_text(expr.function, deeper)}({', '.join(_text(a.value, deeper) for a in expr.arguments)})"
    if isinstance(expr, ir.Binary):
        return f"{_text(expr.left, deeper)} {expr.operator} {_text(expr.right, deeper)}"
    if isinstance(expr, ir.Unary):
        return f"{expr.operator}{' ' if expr.operator.isalpha() else ''}{_text(expr.operand, deeper)}"
    if isinstance(expr, ir.Index):
        return f"{_text(expr.target, deeper)}[{', '.join(_text(a.value, deeper) for a in expr.arguments)}]"
    if isinstance(expr, ir.Cast):
        return _text(expr.value, deeper)
    if isinstance(expr, ir.IsPattern):
        return f"{_text(expr.value, deeper)} is …"
    if isinstance(expr, ir.Lambda):
        return f"({', '.join(p.name for p in expr.parameters)}) => …"
    if isinstance(expr, ir.New):
        return f"new {expr.type or ''}(…)"
    if isinstance(expr, ir.TypeOf):
        return f"typeof({expr.type})"
    if isinstance(expr, ir.NameOf):
        return f"nameof({expr.name})"
    return "…"
