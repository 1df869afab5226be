"""Filters that deny: whether an MVC or endpoint filter can refuse a caller, read from its body.

Invariant: a filter guards because of what its body does (it answers 401 or 403, or challenges), never because of its name.
https://learn.microsoft.com/aspnet/core/mvc/controllers/filters
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.model.values import Closure, Instance, MethodGroup, TypeValue, Value
from routewarden.model.workspace_types import WorkspaceType

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator

_DENYING_TYPES = frozenset({
    "UnauthorizedResult", "UnauthorizedObjectResult", "ForbidResult", "ChallengeResult", "UnauthorizedHttpResult", "ForbidHttpResult",
    "ChallengeHttpResult",
})
_DENYING_CALLS = frozenset({"Unauthorized", "Forbid", "Challenge", "ForbidAsync", "ChallengeAsync"})
_STATUS = frozenset({401, 403})
_STATUS_NAMES = frozenset({"Status401Unauthorized", "Status403Forbidden", "Unauthorized", "Forbidden"})
_MAX_CALLS_DEEP = 3


def guard_of(ev: Evaluator, values: Sequence[Value]) -> str | None:
    """How the filter refuses callers; None where it does not, as far as can be read."""
    for value in values:
        found: str | None = None
        if isinstance(value, Closure):
            found = _denial(ev, ev.body(value.frame.path, value.code.body) or (), value.frame.path)
        elif isinstance(value, MethodGroup):
            for method in value.methods:
                if method.facts.body is not None:
                    found = found or _denial(ev, ev.body(method.path, method.facts.body) or (), method.path)
        elif isinstance(value, TypeValue):
            found = _type_denial(ev, value)
        elif isinstance(value, Instance):
            found = _type_denial(ev, value.type)
            inner = value.fields.get("ImplementationType") or value.fields.get("ServiceType") or (value.arguments[0] if value.arguments else None)
            if found is None and isinstance(inner, TypeValue):
                found = _type_denial(ev, inner)
        if found is not None:
            return found
    return None


def _type_denial(ev: Evaluator, of: TypeValue) -> str | None:
    for symbol in ev.world.chain(of):
        for path, member in symbol.members:
            if member.kind == "method" and member.body is not None and member.name.startswith(("On", "Invoke")):
                reason = _denial(ev, ev.body(path, member.body) or (), path, symbol)
                if reason is not None:
                    return f"{symbol.name} {reason}"
        for _, part in symbol.parts:  # a TypeFilterAttribute hands its filter to `: base(typeof(Filter))`
            for expr in part.base_arguments:
                if isinstance(expr, ir.TypeOf):
                    inner = _nested(ev, symbol, expr)
                    if inner is not None:
                        return inner
        for path, member in symbol.members:
            if member.kind == "constructor" and member.constructor_call is not None:
                for expr in member.constructor_call[1]:
                    if isinstance(expr, ir.TypeOf):
                        found = ev.world.resolve_in(expr.type, path, symbol)
                        reason = _type_denial(ev, found) if found is not None and found.symbol is not symbol else None
                        if reason is not None:
                            return reason
    return None


def _nested(ev: Evaluator, symbol: WorkspaceType, expr: ir.TypeOf) -> str | None:
    found = ev.world.resolve_in(expr.type, symbol.parts[0][0], symbol)
    return _type_denial(ev, found) if found is not None and found.symbol is not symbol else None


def _denial(ev: Evaluator, statements: Iterable[object], path: str, owner: WorkspaceType | None = None, depth: int = 0) -> str | None:
    for node in walk(statements):
        if isinstance(node, ir.New) and node.type is not None and node.type.name.rsplit(".", 1)[-1] in _DENYING_TYPES:
            return f"answers with {node.type.name.rsplit('.', 1)[-1]}"
        if isinstance(node, ir.Call):
            name = node.function.name if isinstance(node.function, (ir.Member, ir.Name)) else ""
            if name in _DENYING_CALLS:
                return f"answers with {name}"
            if name in ("StatusCode", "Problem", "StatusCodeResult") and any(_is_status(a.value) for a in node.arguments):
                return "answers 401 or 403"
            if depth < _MAX_CALLS_DEEP and owner is not None and isinstance(node.function, ir.Name):
                for method in ev.world.methods(TypeValue(owner.full_name, owner), name):
                    if method.facts.body is not None:
                        reason = _denial(ev, ev.body(method.path, method.facts.body) or (), method.path, None, depth + 1)
                        if reason is not None:
                            return reason
        if isinstance(node, ir.Assign) and isinstance(node.target, ir.Member) and node.target.name == "StatusCode" and _is_status(node.value):
            return "answers 401 or 403"
        if isinstance(node, ir.New) and node.type is not None and node.type.name.endswith("StatusCodeResult") and any(
            _is_status(a.value) for a in node.arguments
        ):
            return "answers 401 or 403"
    return None


def _is_status(expr: ir.Expr) -> bool:
    if isinstance(expr, ir.Cast):
        return _is_status(expr.value)
    if isinstance(expr, ir.Literal):
        return expr.value in _STATUS
    return isinstance(expr, ir.Member) and expr.name in _STATUS_NAMES


def walk(nodes: Iterable[object]) -> Iterable[object]:
    """Every expression and statement in a body, in no particular order; lambda bodies are elsewhere."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(node)
        elif is_dataclass(node) and not isinstance(node, type):
            yield node
            stack.extend(getattr(node, f.name) for f in fields(node))
