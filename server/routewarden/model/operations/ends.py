"""How a body ends, and which way a condition points: success or refusal.

Invariant: a heuristic that errs towards success, so that a path counts unless it plainly refuses. `NotFound()`, `return false`,
`return null` and what stands in `if (rows == 0)` or `if (!result.Succeeded)` is not what a caller sees when the operation worked.
"""

from __future__ import annotations

import re

from routewarden.facts import syntax_ir as ir
from routewarden.model.operations import assumed
from routewarden.model.operations.environment import Env, written_type
from routewarden.model.operations.static_types import Typing
from routewarden.model.symbols import NamedType, is_abstract
from routewarden.model.workspace_types import WorkspaceType

SUCCESS, FAILURE, THROW = "success", "failure", "throw"
_REFUSALS = re.compile(
    r"^(?:NotFound|BadRequest|Conflict|Unauthorized|Forbid(?:den)?|Problem|ValidationProblem|UnprocessableEntity|UnprocessableContent|"
    r"Fail(?:ure|ed)?|Error|Errors|Invalid|Challenge|AccessDenied|InternalServerError|NotFoundResult|Send(?:NotFound|Errors?|Forbidden|Unauthorized)|"
    r"NotFoundAsync|ErrorsAsync|ForbiddenAsync|UnauthorizedAsync)(?:Object)?(?:Result)?(?:Async)?$"
)
_SUCCEEDED = frozenset({"Succeeded", "IsSuccess", "Success", "IsSuccessful", "IsSuccessStatusCode", "IsOk", "IsValid", "HasValue", "Successful"})
_ANSWER = re.compile(r"(?:deleted|removed|success|succeeded|ok|found|updated|result|done|valid|exists|allowed|authorized|verified)$", re.IGNORECASE)
_FAILED = frozenset({"Failed", "IsFailure", "IsFailed", "IsError", "HasErrors", "HasError", "Failure"})


def ending(value: ir.Expr | None) -> str:
    """What `return value` means."""
    if value is None:
        return SUCCESS
    if isinstance(value, ir.Unary):
        return THROW if value.operator == "throw" else ending(value.operand) if value.operator == "await" else SUCCESS
    if isinstance(value, ir.Literal):
        return FAILURE if value.value is False or value.kind in ("null", "default") else SUCCESS
    if isinstance(value, ir.Cast):
        return ending(value.value)
    if isinstance(value, ir.New) and value.type is not None:
        return FAILURE if _REFUSALS.match(value.type.name.rpartition(".")[2]) else SUCCESS
    if isinstance(value, ir.Call):
        name = value.function.name if isinstance(value.function, (ir.Name, ir.Member)) else ""
        if name in ("FromResult", "StatusCode", "Json") and value.arguments:
            inner = value.arguments[0].value
            if isinstance(inner, ir.Literal) and isinstance(inner.value, int) and inner.kind == "number":
                return FAILURE if inner.value >= 400 else SUCCESS
            return ending(inner) if name == "FromResult" else SUCCESS
        return FAILURE if _REFUSALS.match(name) else SUCCESS
    if isinstance(value, ir.Member):
        return FAILURE if _REFUSALS.match(value.name) else SUCCESS
    return SUCCESS


def outcome(condition: ir.Expr) -> str | None:
    """SUCCESS: the condition holds when the operation worked; FAILURE: when it did not; None: it says nothing of that."""
    if isinstance(condition, ir.Unary) and condition.operator == "!":
        return _opposite(outcome(condition.operand) or (SUCCESS if _is_answer(condition.operand) else None))
    if isinstance(condition, ir.Unary) and condition.operator == "await":
        return outcome(condition.operand)
    if isinstance(condition, ir.Member):
        return SUCCESS if condition.name in _SUCCEEDED else FAILURE if condition.name in _FAILED else None
    if isinstance(condition, ir.Binary):
        if condition.operator in ("&&", "||"):
            return outcome(condition.left) or outcome(condition.right)
        return _compared(condition)
    if isinstance(condition, ir.IsPattern):
        return _pattern(condition.pattern)
    return None


def _opposite(of: str | None) -> str | None:
    return {SUCCESS: FAILURE, FAILURE: SUCCESS}.get(of or "")


def _is_answer(expr: ir.Expr) -> bool:
    """A truth that a call or local gives: `!await service.DeleteAsync(id)`, `!deleted`."""
    if isinstance(expr, ir.Unary) and expr.operator == "await":
        return True
    return isinstance(expr, ir.Name) and _ANSWER.search(expr.name) is not None


def _compared(expr: ir.Binary) -> str | None:
    value = expr.right.value if isinstance(expr.right, ir.Literal) else ()
    if isinstance(value, bool):
        same = outcome(expr.left) or (SUCCESS if _is_answer(expr.left) else None)
        return same if (expr.operator == "==") is value else _opposite(same)
    if value is None and isinstance(expr.right, ir.Literal):
        return {"==": FAILURE, "!=": SUCCESS}.get(expr.operator)
    if value in (0, 1) and not isinstance(value, tuple):
        if expr.operator in ("==", "<=", "<"):
            return FAILURE if (value == 0 or expr.operator == "<") else SUCCESS
        if expr.operator in (">", ">="):
            return SUCCESS
        return SUCCESS if value == 0 else FAILURE
    return None


def _pattern(pattern: ir.Pattern) -> str | None:
    if pattern.kind == "constant" and isinstance(pattern.value, ir.Literal):
        return FAILURE if pattern.value.value is None or pattern.value.value in (0, False) else SUCCESS if pattern.value.value is True else None
    if pattern.kind == "not" and pattern.children:
        return _opposite(_pattern(pattern.children[0]))
    if pattern.kind in ("property", "type", "var"):
        return SUCCESS
    return None


def decided(typing: Typing, condition: ir.Expr, env: Env) -> bool | None:
    """Whether a condition holds, where types alone tell: `request is IAuditedCommand` for a request whose class is known."""
    if isinstance(condition, ir.Literal) and isinstance(condition.value, bool):
        return condition.value
    if isinstance(condition, ir.Unary) and condition.operator == "!":
        inner = decided(typing, condition.operand, env)
        return None if inner is None else not inner
    if isinstance(condition, ir.Binary) and condition.operator in ("&&", "||"):
        sides = [decided(typing, side, env) for side in (condition.left, condition.right)]
        if condition.operator == "&&":
            return False if False in sides else True if sides == [True, True] else None
        return True if True in sides else False if sides == [False, False] else None
    if isinstance(condition, ir.Call) and isinstance(condition.function, ir.Member) and condition.function.name == "IsEnabled":
        level = condition.arguments[0].value if condition.arguments else None
        return not (isinstance(level, ir.Member) and level.name in ("Debug", "Trace", "Verbose"))
    known = assumed.holds(typing, condition, env)
    if known is None and isinstance(condition, ir.IsPattern):
        return _is(typing, condition.value, condition.pattern, env)
    return known


def _is(typing: Typing, value: ir.Expr, pattern: ir.Pattern, env: Env) -> bool | None:
    if pattern.kind == "not" and pattern.children:
        inner = _is(typing, value, pattern.children[0], env)
        return None if inner is None else not inner
    if pattern.kind in ("and", "or"):
        sides = [_is(typing, value, child, env) for child in pattern.children]
        if pattern.kind == "or":
            return True if True in sides else None if None in sides else False
        return False if False in sides else None if None in sides else True
    ref = pattern.type
    if ref is None and pattern.kind == "constant" and isinstance(pattern.value, (ir.Name, ir.Member)):
        ref = ir.TypeRef(_dotted(pattern.value))  # `x is IAudited` reads like a constant
    if ref is None or pattern.fields or pattern.children:
        return None
    wanted = written_type(typing.resolver, ref, env)
    of = typing.type_of(value, env)
    if not isinstance(of, NamedType) or not isinstance(wanted, NamedType) or not isinstance(of.symbol, WorkspaceType):
        return None
    if typing.is_a(of, wanted.full_name):
        return True
    # An object of a class that is not abstract is nearly always of exactly that class.
    return None if is_abstract(of.symbol) or (typing.resolver.supertypes(of).unresolved and not isinstance(wanted.symbol, WorkspaceType)) else False


def _dotted(expr: ir.Expr) -> str:
    if isinstance(expr, ir.Member):
        return f"{_dotted(expr.target)}.{expr.name}"
    return expr.name if isinstance(expr, ir.Name) else "?"
