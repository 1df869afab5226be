"""The text of an expression, as far as it is written in the code.

Invariant: what is not known of a text is "?"; None where nothing of it is known.
"""

from __future__ import annotations

from routewarden.facts import syntax_ir as ir
from routewarden.model.member_lookup import FrameworkMember, WorkspaceMember
from routewarden.model.operations.environment import Env, Routine, enter
from routewarden.model.operations.static_types import Typing

_DEEPEST = 12


def text_of(typing: Typing, expr: ir.Expr | None, env: Env, depth: int = 0) -> str | None:
    """The text that an expression gives: literals, interpolation, concatenation, constants, locals by their first value."""
    if expr is None or depth > _DEEPEST:
        return None
    if isinstance(expr, ir.Literal):
        return expr.value if isinstance(expr.value, str) else None
    if isinstance(expr, ir.NameOf):
        return expr.name
    if isinstance(expr, ir.Interpolated):
        return "".join(text_of(typing, part, env, depth + 1) or "?" for part in expr.parts)
    if isinstance(expr, ir.Binary) and expr.operator in ("+", "??"):
        parts = [text_of(typing, side, env, depth + 1) for side in (expr.left, expr.right)]
        return None if parts == [None, None] else "".join(p or "?" for p in parts)
    if isinstance(expr, ir.Conditional):
        return text_of(typing, expr.when_true, env, depth + 1) or text_of(typing, expr.when_false, env, depth + 1)
    if isinstance(expr, ir.Name):
        binding = env.find(expr.name)
        if binding is not None:
            return text_of(typing, binding.value, binding.env or env, depth + 1) if binding.value is not None else None
        return _of_member(typing, expr, env, depth)
    if isinstance(expr, ir.Member):
        return _of_member(typing, expr, env, depth)
    if isinstance(expr, ir.Call) and isinstance(expr.function, ir.Member) and expr.function.name in ("Trim", "ToString", "Replace"):
        return text_of(typing, expr.function.target, env, depth + 1)
    if isinstance(expr, ir.New) and expr.arguments:  # `new CommandDefinition(sql, ...)`
        return text_of(typing, expr.arguments[0].value, env, depth + 1)
    return None


def _of_member(typing: Typing, expr: ir.Name | ir.Member, env: Env, depth: int) -> str | None:
    for member in typing.meaning(expr, env).members[:1]:
        if isinstance(member, FrameworkMember):
            return member.value if isinstance(member.value, str) else None
        facts = member.facts
        if isinstance(member, WorkspaceMember) and facts is not None and facts.initializer is not None:
            inside = enter(typing.resolver, Routine(member.path, facts.id, member.declaring, member.declaring, (), facts))
            return text_of(typing, facts.initializer, inside, depth + 1)
        if facts is not None and facts.kind == "property":
            body = next((b for word, b in facts.accessors if word == "get" and b is not None), None)
            statements = typing.body(member.path, body) if body is not None else None
            if statements and isinstance(statements[0], ir.Return) and statements[0].value is not None:
                inside = enter(typing.resolver, Routine(member.path, facts.id, member.declaring, member.declaring, (), facts))
                return text_of(typing, statements[0].value, inside, depth + 1)
    return None
