"""Conditions that what is assumed decides: the state and type of the one changed entity, the verb of the request.

Invariant: an assumption answers only what it is about; everything else stays undecided (None).
"""

from __future__ import annotations

from routewarden.facts import syntax_ir as ir
from routewarden.model.operations.environment import Assumptions, Env, written_type
from routewarden.model.operations.static_types import Typing
from routewarden.model.symbols import NamedType

_ENTRY = "Microsoft.EntityFrameworkCore.ChangeTracking.EntityEntry"
_STATES = frozenset({"Added", "Modified", "Deleted", "Unchanged", "Detached"})


def holds(typing: Typing, condition: ir.Expr, env: Env) -> bool | None:
    """What the assumptions of the routine say of a simple condition."""
    assume = env.routine.assume
    if assume is None:
        return None
    if isinstance(condition, ir.Binary) and condition.operator in ("==", "!="):
        for side, other in ((condition.left, condition.right), (condition.right, condition.left)):
            same = _equals(assume, other, side)
            if same is not None:
                return same if condition.operator == "==" else not same
        return None
    if isinstance(condition, ir.IsPattern):
        return matches(typing, condition.pattern, condition.value, env)
    if isinstance(condition, ir.Call) and isinstance(condition.function, ir.Member):
        return _call(typing, condition, condition.function, assume, env)
    return None


def matches(typing: Typing, pattern: ir.Pattern, value: ir.Expr, env: Env) -> bool | None:
    """Whether the assumed state or entity matches a pattern."""
    assume = env.routine.assume
    if assume is None:
        return None
    if pattern.kind == "not" and pattern.children:
        inner = matches(typing, pattern.children[0], value, env)
        return None if inner is None else not inner
    if pattern.kind in ("and", "or") and pattern.children:
        sides = [matches(typing, child, value, env) for child in pattern.children]
        if pattern.kind == "or":
            return True if True in sides else None if None in sides else False
        return False if False in sides else None if None in sides else True
    if pattern.kind == "constant" and pattern.value is not None:
        return _equals(assume, pattern.value, value)
    if pattern.kind == "property":
        for name, field in pattern.fields:
            if name == "State" and (found := matches(typing, field, ir.Member(value, "State"), env)) is False:
                return found
        if pattern.fields and all(name == "State" for name, _ in pattern.fields):
            return True
    if pattern.type is not None and _is_entity(value) and isinstance(assume.entity, NamedType):
        wanted = written_type(typing.resolver, pattern.type, env)
        if isinstance(wanted, NamedType):
            return typing.resolver.is_subtype(assume.entity, wanted.full_name)
    return None


def _equals(assume: Assumptions, constant: ir.Expr, value: ir.Expr) -> bool | None:
    if assume.state and isinstance(constant, ir.Member) and constant.name in _STATES and _named(constant.target) == "EntityState":
        return constant.name == assume.state
    if assume.verb and isinstance(constant, ir.Literal) and isinstance(constant.value, str) and constant.value.isupper() and _is_verb(value):
        return constant.value == assume.verb
    return None


def _named(expr: ir.Expr) -> str:
    return expr.name if isinstance(expr, (ir.Name, ir.Member)) else ""


def _is_verb(expr: ir.Expr) -> bool:
    if isinstance(expr, ir.Name):
        return expr.name.lower() in ("method", "verb", "httpmethod")
    return isinstance(expr, ir.Member) and expr.name == "Method"


def _is_entity(expr: ir.Expr) -> bool:
    return isinstance(expr, ir.Member) and expr.name == "Entity"


def _call(typing: Typing, call: ir.Call, function: ir.Member, assume: Assumptions, env: Env) -> bool | None:
    name = function.name
    if assume.verb and _named(function.target) == "HttpMethods" and name.startswith("Is"):
        return name[2:].upper() == assume.verb
    if name in ("Equals", "Contains") and call.arguments and assume.verb:
        return _equals(assume, call.arguments[0].value, function.target)
    if name == "Any" or name == "Count":
        return False if is_empty(typing, function.target, env) or _filters_out(typing, call, env) else None
    return None


def is_empty(typing: Typing, expr: ir.Expr, env: Env, depth: int = 0) -> bool:
    """A sequence of changed entries that the assumed one is not among: filtered by state, or of another type."""
    assume = env.routine.assume
    if assume is None or not assume.state or depth > 12:
        return False
    if isinstance(expr, ir.Unary):
        return is_empty(typing, expr.operand, env, depth + 1)
    if isinstance(expr, ir.Name):
        binding = env.find(expr.name)
        if binding is None or binding.value is None or binding.kind == "element":
            return False
        return is_empty(typing, binding.value, binding.env or env, depth + 1)
    if isinstance(expr, ir.Member):
        return is_empty(typing, expr.target, env, depth + 1)
    if isinstance(expr, ir.Call) and isinstance(expr.function, ir.Member):
        function = expr.function
        if function.name in ("Entries", "OfType") and function.type_arguments and isinstance(assume.entity, NamedType):
            wanted = written_type(typing.resolver, function.type_arguments[0], env)
            if isinstance(wanted, NamedType) and not wanted.full_name.startswith("Microsoft.") and \
                    typing.resolver.is_subtype(assume.entity, wanted.full_name) is False:
                return True
        if function.name in ("Where", "First", "FirstOrDefault", "Any", "Count", "Single", "SingleOrDefault") and _filters_out(typing, expr, env):
            return True
        return is_empty(typing, function.target, env, depth + 1)
    if isinstance(expr, ir.Query):
        return any(kind == "where" and holds_deeply(typing, value, env) is False for kind, _, value in expr.clauses)
    return False


def _filters_out(typing: Typing, call: ir.Call, env: Env) -> bool:
    for argument in call.arguments:
        if isinstance(argument.value, ir.Lambda):
            body = typing.body(env.routine.path, argument.value.body)
            if body and isinstance(body[0], ir.Return) and body[0].value is not None and holds_deeply(typing, body[0].value, env) is False:
                return True
    return False


def holds_deeply(typing: Typing, condition: ir.Expr, env: Env) -> bool | None:
    """`holds` through `!`, `&&` and `||`."""
    if isinstance(condition, ir.Unary) and condition.operator == "!":
        inner = holds_deeply(typing, condition.operand, env)
        return None if inner is None else not inner
    if isinstance(condition, ir.Binary) and condition.operator in ("&&", "||"):
        sides = [holds_deeply(typing, side, env) for side in (condition.left, condition.right)]
        if condition.operator == "&&":
            return False if False in sides else True if sides == [True, True] else None
        return True if True in sides else False if sides == [False, False] else None
    return holds(typing, condition, env)
