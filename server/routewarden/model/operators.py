"""Operators, text and identity of known values.

Invariant: the result is what C# computes, or `Unknown`; nothing here evaluates code.
https://learn.microsoft.com/dotnet/csharp/language-reference/operators/
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from routewarden.model.values import CallerText, Const, Instance, RouteBuilder, TypeValue, Unknown, Value, type_name, value_type
from routewarden.model.world import World


def concatenate(parts: Sequence[Value]) -> Value:
    """String concatenation; unknown where a part is."""
    out: list[str] = []
    for part in parts:
        text = to_text(part)
        if text is None:
            reason = part.reason if isinstance(part, Unknown) else ""
            return Unknown(TypeValue("System.String"), reason or "a part of the text is decided at run time")
        out.append(text)
    return Const("".join(out))


def to_text(value: Value) -> str | None:
    """`value.ToString()` in the invariant culture; None where not known."""
    if isinstance(value, Const):
        if value.value is None:
            return ""
        if isinstance(value.value, bool):
            return "True" if value.value else "False"
        return str(value.value)
    return None


def formatted(value: Value, how: str) -> str | None:
    """`value.ToString(how)` for the formats that routes are written with: none, "D3" and "000"; None for others."""
    held = value.value if isinstance(value, Const) else None
    if not how or isinstance(held, str):
        return to_text(value)
    if not isinstance(held, int) or isinstance(held, bool):
        return None
    width = len(how) if not how.strip("0") else int(how[1:] or 0) if how[0] in "dD" and (how[1:] or "0").isdigit() else None
    return None if width is None or width > 50 else f"{held:0{width}d}" if width else str(held)


def operate(operator: str, left: Value, right: Value) -> Value:
    """A binary operator on known values."""
    if operator in ("==", "!="):
        equal = same(left, right)
        return Const(equal if operator == "==" else not equal) if equal is not None else Unknown()
    if isinstance(left, Const) and isinstance(right, Const):
        a, b = left.value, right.value
        if operator == "+" and (isinstance(a, str) or isinstance(b, str)):
            return concatenate([left, right])
        if isinstance(a, (int, float)) and isinstance(b, (int, float)):
            try:
                result = _ARITHMETIC[operator](a, b) if operator in _ARITHMETIC else None
            except (ArithmeticError, ValueError):
                result = None
            if result is not None and not (isinstance(result, int) and abs(result) > 2**63):
                return Const(result)
        if isinstance(a, str) and isinstance(b, str) and len(a) == len(b) == 1 and operator in _COMPARISONS:  # characters
            return Const(bool(_ARITHMETIC[operator](ord(a), ord(b))))
        if isinstance(a, bool) and isinstance(b, bool) and operator in ("&", "|", "^"):
            return Const({"&": a and b, "|": a or b, "^": a != b}[operator])
        if isinstance(a, str) and isinstance(b, str) and operator == "|":  # enum flags
            return Const(f"{a}, {b}", left.type)
    if operator == "+" and "System.String" in (type_name(left), type_name(right)):
        return concatenate([left, right])
    return Unknown()


_COMPARISONS = frozenset({"<", ">", "<=", ">="})
_ARITHMETIC: dict[str, Callable[[float, float], int | float | bool]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "/": lambda a, b: int(a / b) if isinstance(a, int) and isinstance(b, int) else a / b,
    "%": lambda a, b: a - b * int(a / b), "<": lambda a, b: a < b, ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
}


def same(left: Value, right: Value) -> bool | None:
    for own, other in ((left, right), (right, left)):
        empty = isinstance(other, Const) and not isinstance(other, CallerText) and other.value in (None, "")
        if isinstance(own, CallerText) and not empty:
            return left is right or own.trusted
    if isinstance(left, Const) and isinstance(right, Const):
        return left.value == right.value and isinstance(left.value, bool) == isinstance(right.value, bool)
    if isinstance(left, TypeValue) and isinstance(right, TypeValue):
        return left.name == right.name
    if isinstance(left, RouteBuilder) and isinstance(right, RouteBuilder):
        return left.group is right.group
    null = [v for v in (left, right) if isinstance(v, Const) and v.value is None]
    if null:
        other = right if left is null[0] else left
        return None if isinstance(other, Unknown) else False
    if isinstance(left, Instance) and isinstance(right, Instance):
        return True if left is right else None
    return None


def awaited(value: Value) -> Value:
    """`await value`: tasks are not modelled, only their types."""
    of = value_type(value)
    if isinstance(value, Unknown) and of is not None and of.name in ("System.Threading.Tasks.Task`1", "System.Threading.Tasks.ValueTask`1"):
        return Unknown(of.arguments[0] if of.arguments else None, value.reason)
    return value


def is_instance(world: World, value: Value, of: TypeValue) -> bool | None:
    """`value is of`."""
    if isinstance(value, Const) and value.value is None:
        return False
    own = value_type(value)
    if own is None:
        name = type_name(value)
        own = TypeValue(name) if name else None
    if own is None:
        return None
    known = world.is_assignable(own, of)
    return True if known else (None if isinstance(value, Unknown) or known is None else False)
