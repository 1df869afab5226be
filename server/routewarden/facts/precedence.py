"""Operators back in their order where the grammar groups them wrongly around `?.`.

Invariant: the result is grouped as C# groups it. tree-sitter-c-sharp 0.23 gives `?.` the lowest precedence: `a && b?.c != true` comes as
`(a && b)?.c != true`, and `x is null || y?.z` as a pattern `null || y`. What stands in parentheses is never taken apart (`closed`).
https://learn.microsoft.com/dotnet/csharp/language-reference/operators/#operator-precedence
"""

from __future__ import annotations

from collections.abc import Callable

from routewarden.facts import syntax_ir as ir

_LEVELS = {
    "*": 10, "/": 10, "%": 10, "+": 9, "-": 9, "<<": 8, ">>": 8, ">>>": 8, "<": 7, ">": 7, "<=": 7, ">=": 7, "==": 6, "!=": 6, "&": 5, "^": 4,
    "|": 3, "&&": 2, "||": 1, "??": 0,
}
RELATIONAL = 7  # of `is` and `as`
_LOOSE = (ir.Binary, ir.Unary, ir.Cast, ir.IsPattern, ir.Conditional)
Closed = dict[int, ir.Expr]  # by id: the expressions that stand in parentheses, held so that no id is used twice


def postfix(target: ir.Expr, closed: Closed, apply: Callable[[ir.Expr], ir.Expr]) -> ir.Expr:
    """`target` followed by a member, call or index: it binds to the last operand of what it seems to follow."""
    if not isinstance(target, _LOOSE) or id(target) in closed or (isinstance(target, ir.Cast) and target.safe):
        return apply(target)
    if isinstance(target, ir.Binary):
        return ir.Binary(target.operator, target.left, postfix(target.right, closed, apply))
    if isinstance(target, ir.Unary):
        return apply(target) if target.operator in ("p++", "p--") else ir.Unary(target.operator, postfix(target.operand, closed, apply))
    if isinstance(target, ir.Cast):
        return ir.Cast(target.type, postfix(target.value, closed, apply))
    if isinstance(target, ir.Conditional):
        return ir.Conditional(target.condition, target.when_true, postfix(target.when_false, closed, apply))
    return apply(target)


def binary(operator: str, left: ir.Expr, right: ir.Expr, closed: Closed) -> ir.Expr:
    """`left operator right`, where an operator inside `left` may bind less."""
    return _regrouped(left, _LEVELS.get(operator, 11), closed, lambda operand: ir.Binary(operator, operand, right))


def relational(value: ir.Expr, closed: Closed, apply: Callable[[ir.Expr], ir.Expr]) -> ir.Expr:
    """`value is ...` and `value as ...`."""
    return _regrouped(value, RELATIONAL, closed, apply)


def _regrouped(left: ir.Expr, level: int, closed: Closed, apply: Callable[[ir.Expr], ir.Expr]) -> ir.Expr:
    if id(left) in closed:
        return apply(left)
    if isinstance(left, ir.Binary) and _LEVELS.get(left.operator, 11) < level:
        return ir.Binary(left.operator, left.left, _regrouped(left.right, level, closed, apply))
    if isinstance(left, ir.Conditional):
        return ir.Conditional(left.condition, left.when_true, _regrouped(left.when_false, level, closed, apply))
    return apply(left)


def is_pattern(value: ir.Expr, pattern: ir.Pattern, closed: Closed) -> ir.Expr:
    """`value is pattern`, where the pattern's constant may have swallowed the operators that follow it."""
    swallowed = _constant(pattern)
    if not isinstance(swallowed, ir.Binary) or id(swallowed) in closed or _LEVELS.get(swallowed.operator, 11) >= RELATIONAL:
        return ir.IsPattern(value, pattern)
    chain: list[ir.Binary] = []
    at: ir.Expr = swallowed
    while isinstance(at, ir.Binary) and id(at) not in closed and _LEVELS.get(at.operator, 11) < RELATIONAL:
        chain.append(at)
        at = at.left
    result: ir.Expr = ir.IsPattern(value, _with_constant(pattern, at))
    for link in reversed(chain):
        result = ir.Binary(link.operator, result, link.right)
    return result


def _constant(pattern: ir.Pattern) -> ir.Expr | None:
    """The constant at the end of a pattern."""
    if pattern.kind in ("constant", "relational"):
        return pattern.value
    return _constant(pattern.children[-1]) if pattern.kind in ("not", "and", "or") and pattern.children else None


def _with_constant(pattern: ir.Pattern, value: ir.Expr) -> ir.Pattern:
    if pattern.kind == "constant":
        return ir.Pattern("constant", value=value)
    if pattern.kind == "relational":
        return ir.Pattern("relational", operator=pattern.operator, value=value)
    return ir.Pattern(pattern.kind, children=(*pattern.children[:-1], _with_constant(pattern.children[-1], value)))
