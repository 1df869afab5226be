"""Patterns of `is`, `switch` and switch expressions.

https://learn.microsoft.com/dotnet/csharp/language-reference/operators/patterns
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.model import operators
from routewarden.model.values import Const, Frame, TupleValue, TypeValue, Unknown, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator


def matches(ev: Evaluator, pattern: ir.Pattern, value: Value, frame: Frame) -> bool | None:
    """Whether the value matches; None where that is not known. Names in the pattern are bound."""
    kind = pattern.kind
    if kind in ("discard", "var"):
        if pattern.name:
            frame.locals[pattern.name] = value
        return True
    if kind == "constant" and pattern.value is not None:
        other = ev.evaluate(pattern.value, frame)
        if isinstance(other, TypeValue):  # `x is Foo` where the grammar reads an expression
            return operators.is_instance(ev.world, value, other)
        return ev.truth(operators.operate("==", value, other))
    if kind == "not" and pattern.children:
        hit = matches(ev, pattern.children[0], value, frame)
        return None if hit is None else not hit
    if kind in ("and", "or"):
        hits = [matches(ev, c, value, frame) for c in pattern.children]
        decisive = kind == "or"
        if decisive in hits:
            return decisive
        return None if None in hits else not decisive
    if kind == "type":
        of = ev.world.resolve(pattern.type, frame) if pattern.type is not None else None
        if pattern.name:
            frame.locals[pattern.name] = value if not isinstance(value, Unknown) else Unknown(of or value.type, value.reason)
        return operators.is_instance(ev.world, value, of) if of is not None else None
    if kind == "relational" and pattern.value is not None and pattern.operator:
        return ev.truth(operators.operate(pattern.operator, value, ev.evaluate(pattern.value, frame)))
    if kind == "property":
        if pattern.name:
            frame.locals[pattern.name] = value
        hit = None if isinstance(value, Unknown) else not (isinstance(value, Const) and value.value is None)
        if pattern.type is not None:
            of = ev.world.resolve(pattern.type, frame)
            fits = operators.is_instance(ev.world, value, of) if of is not None else None
            if fits is False:
                return False
            hit = hit if fits else None
        if isinstance(value, TupleValue) and len(pattern.children) == len(value.items):
            for child, (_, item) in zip(pattern.children, value.items, strict=True):
                one = matches(ev, child, item, frame)
                if one is False:
                    return False
                hit = one if hit else hit
        for path, sub in pattern.fields:
            inner = value
            for part in path.split("."):
                inner = ev.member(inner, part)
            one = matches(ev, sub, inner, frame)
            if one is False or hit is False:
                return False
            hit = one if hit else hit
        return hit
    return None
