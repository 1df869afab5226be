"""The value of an expression.

Invariant: every expression has a value; `Unknown` carries the reason and, where a declaration or a signature tells it, the type.
Calls and object creation are in `model.calls` and `model.creation`; members of .NET's own types in `model.library`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.model import calls, configuration, creation, library, member_access, observed, operators, reflection, sequences
from routewarden.model.binding import assign_names, seen_as
from routewarden.model.describe import describe
from routewarden.model.evaluator import MAX_LOOP
from routewarden.model.patterns import matches
from routewarden.model.values import (
    NULL,
    Closure,
    Const,
    DictValue,
    Frame,
    Instance,
    ListValue,
    Namespace,
    RouteBuilder,
    TupleValue,
    TypeValue,
    Unknown,
    Value,
    value_type,
)

if TYPE_CHECKING:

    from routewarden.model.evaluator import Evaluator


def evaluate(ev: Evaluator, expr: ir.Expr, frame: Frame, wanted: TypeValue | None = None) -> Value:
    """The value; `wanted` is the type that the context gives to `new()`, `default` and collection expressions."""
    if not ev.tick():
        return Unknown(None, "start-up code is too long to follow to its end")
    if isinstance(expr, ir.Literal):
        return NULL if expr.value is None else Const(expr.value)
    if isinstance(expr, ir.Name):
        return _name(ev, expr, frame)
    if not ev.enter():
        return Unknown(None, "start-up code is nested too deeply to follow")
    try:
        return _nested(ev, expr, frame, wanted)
    finally:
        ev.nesting -= 1


def _nested(ev: Evaluator, expr: ir.Expr, frame: Frame, wanted: TypeValue | None) -> Value:
    kind = type(expr)
    if kind is ir.Member:
        return _member(ev, expr, frame)  # type: ignore[arg-type]
    if kind is ir.Call:
        return calls.call(ev, expr, frame)  # type: ignore[arg-type]
    if kind is ir.New:
        return creation.create(ev, expr, frame, wanted)  # type: ignore[arg-type]
    handler = _HANDLERS.get(kind)
    if handler is None:
        for part in getattr(expr, "parts", ()):
            evaluate(ev, part, frame)
        return Unknown(None, f"`{describe(expr)}` is not evaluated")
    return handler(ev, expr, frame, wanted)


# --- names and members ---------------------------------------------------------------------------------------------------


def _name(ev: Evaluator, expr: ir.Name, frame: Frame) -> Value:
    name = expr.name
    holder = frame.find(name)
    if holder is not None:
        return holder.locals[name]
    if name in ("this", "base"):
        return frame.this if frame.this is not None else Unknown(None, "no `this` here")
    if frame.owner is not None:
        found = member_access.member_of_enclosing(ev, name, frame)
        if found is not None:
            return found
        if isinstance(frame.this, Instance) and ev.world.property_type(frame.this.type, name) is not None:
            return member_access.member_value(ev, frame.this, name, frame)  # of a framework base: `User` in a controller
    static = ev.world.static_member(name, frame)
    if static is not None:
        held = member_access.read_member(ev, TypeValue(static.type_name, static.type), None, name)
        return held or Unknown(None, f"`{name}` is not known")
    of = ev.world.resolve(ir.TypeRef(name, expr.type_arguments), frame)
    if of is not None:
        return of
    namespace = ev.world.namespace_named(name, frame)
    return Namespace(namespace) if namespace is not None else Unknown(None, f"`{name}` is not known")


def _member(ev: Evaluator, expr: ir.Member, frame: Frame) -> Value:
    target = ev.evaluate(expr.target, frame)
    if isinstance(target, Namespace):
        full = f"{target.name}.{expr.name}"
        of = ev.world.type_named(full, len(expr.type_arguments))
        if of is not None:
            return of
        return Namespace(full) if ev.world.is_namespace(full, frame) else Unknown(None, f"`{full}` is not known")
    if isinstance(target, Const) and target.value is None and calls.skips_null(expr):
        return NULL
    return member_access.member_value(ev, target, expr.name, frame)


# --- operators and the rest ----------------------------------------------------------------------------------------------


def _interpolated(ev: Evaluator, expr: ir.Interpolated, frame: Frame, wanted: TypeValue | None) -> Value:
    return operators.concatenate([ev.evaluate(p, frame) for p in expr.parts])


def _assign(ev: Evaluator, expr: ir.Assign, frame: Frame, wanted: TypeValue | None) -> Value:
    target = expr.target
    if isinstance(target, (ir.Declaration, ir.TupleExpr)):
        value = ev.evaluate(expr.value, frame)
        names = target.names if isinstance(target, ir.Declaration) else tuple(
            a.value.name if isinstance(a.value, ir.Name) else a.value.names[0] if isinstance(a.value, ir.Declaration) else "_"
            for a in target.items
        )
        assign_names(ev, names, value, frame)
        return value
    if expr.operator != "=":
        current = ev.evaluate(target, frame)
        if expr.operator == "??=":
            if not (isinstance(current, Const) and current.value is None):
                return current
            value = ev.evaluate(expr.value, frame)
        else:
            added = ev.evaluate(expr.value, frame)
            if expr.operator == "+=" and isinstance(target, ir.Member):  # a handler of an event
                observed.written(ev, ev.evaluate(target.target, frame), target.name, added, Site(frame.path, frame.body, f"node:{expr.node}"))
            value = operators.operate(expr.operator[:-1], current, added)
    else:
        value = ev.evaluate(expr.value, frame, _target_type(ev, target, frame))
    store(ev, target, value, frame, expr.node)
    return value


def _target_type(ev: Evaluator, target: ir.Expr, frame: Frame) -> TypeValue | None:
    if isinstance(target, ir.Member) and isinstance(target.target, ir.Name):
        of = value_type(ev.evaluate(target.target, frame))
        return ev.world.property_type(of, target.name) if of is not None else None
    return None


def store(ev: Evaluator, target: ir.Expr, value: Value, frame: Frame, node: int = -1) -> None:
    """`target = value`."""
    if isinstance(target, ir.Name):
        if target.name == "_":
            return
        holder = frame.find(target.name)
        if holder is not None:
            holder.locals[target.name] = value
        elif frame.owner is not None:
            member_access.write_enclosing(ev, target.name, value, frame)
        return
    if isinstance(target, ir.Member):
        owner = ev.evaluate(target.target, frame)
        ev.write(owner, target.name, value, frame, node)
    elif isinstance(target, ir.Index):
        owner = ev.evaluate(target.target, frame)
        keys = [ev.evaluate(a.value, frame) for a in target.arguments]
        if isinstance(owner, DictValue) and keys:
            owner.entries.append((keys[0], value))
        elif isinstance(owner, ListValue) and keys and isinstance(keys[0], Const) and isinstance(keys[0].value, int):
            while len(owner.items) <= keys[0].value < MAX_LOOP:
                owner.items.append(NULL)
            if 0 <= keys[0].value < len(owner.items):
                owner.items[keys[0].value] = value
        else:
            observed.header(ev, owner, keys, value, Site(frame.path, frame.body, f"node:{node}"))
            configuration.store(ev, owner, keys, value)


def _binary(ev: Evaluator, expr: ir.Binary, frame: Frame, wanted: TypeValue | None) -> Value:
    left = ev.evaluate(expr.left, frame)
    operator = expr.operator
    if operator in ("&&", "||"):
        known = ev.truth(left)
        if known is not None and known is (operator == "||"):
            return left
        right = ev.evaluate(expr.right, frame)
        other = ev.truth(right)
        if known is not None:
            return right
        if other is (operator == "||"):
            return right
        return Unknown(None, describe(expr))
    if operator == "??":
        if isinstance(left, Const):
            return left if left.value is not None else ev.evaluate(expr.right, frame, wanted)
        if isinstance(left, Unknown):
            right = ev.evaluate(expr.right, frame, wanted)
            return Unknown(left.type or value_type(right), left.reason or describe(expr))
        return left
    right = ev.evaluate(expr.right, frame)
    value = operators.operate(operator, left, right)
    if isinstance(value, Unknown) and not value.reason:
        return Unknown(value.type, describe(expr))
    return value


def _unary(ev: Evaluator, expr: ir.Unary, frame: Frame, wanted: TypeValue | None) -> Value:
    operator = expr.operator
    value = ev.evaluate(expr.operand, frame, wanted)
    if operator == "await":
        return operators.awaited(value)
    if operator == "!":
        known = ev.truth(value)
        return Const(not known) if known is not None else Unknown(None, describe(expr))
    if operator in ("++", "--", "p++", "p--") and isinstance(value, Const) and isinstance(value.value, int):
        new = Const(value.value + (1 if "+" in operator else -1))
        store(ev, expr.operand, new, frame)
        return value if operator.startswith("p") else new
    if operator in ("++", "--", "p++", "p--") and isinstance(value, Const) and isinstance(value.value, str) and len(value.value) == 1:
        following = Const(chr(max(ord(value.value) + (1 if "+" in operator else -1), 0)))  # a character
        store(ev, expr.operand, following, frame)
        return value if operator.startswith("p") else following
    if operator == "-" and isinstance(value, Const) and isinstance(value.value, (int, float)):
        return Const(-value.value)
    return Unknown(value_type(value), describe(expr))


def _conditional_expression(ev: Evaluator, expr: ir.Conditional, frame: Frame, wanted: TypeValue | None) -> Value:
    known = ev.truth(ev.evaluate(expr.condition, frame))
    if known is not None:
        return ev.evaluate(expr.when_true if known else expr.when_false, frame, wanted)
    reason = describe(expr.condition)
    with ev.under(reason):
        yes = ev.evaluate(expr.when_true, frame, wanted)
    with ev.under(f"not ({reason})"):
        no = ev.evaluate(expr.when_false, frame, wanted)
    if isinstance(yes, Const) and isinstance(no, Const) and yes.value == no.value:
        return yes
    return Unknown(value_type(yes) or value_type(no), f"depends on `{reason}`")


def _cast(ev: Evaluator, expr: ir.Cast, frame: Frame, wanted: TypeValue | None) -> Value:
    of = ev.world.resolve(expr.type, frame)
    value = ev.evaluate(expr.value, frame, of)
    if isinstance(value, Unknown) and of is not None:
        return Unknown(of, value.reason)
    if isinstance(value, RouteBuilder) and not expr.safe:
        return seen_as(ev, value, of)
    if isinstance(value, Const) and of is not None:
        return reflection.converted(ev, value, of)
    return value


def _collection(ev: Evaluator, expr: ir.Collection, frame: Frame, wanted: TypeValue | None) -> Value:
    items: list[Value] = []
    exact = True
    element = ev.world.resolve(expr.element_type, frame) if expr.element_type is not None else None
    if element is None and wanted is not None:
        element = wanted.arguments[0] if wanted.arguments else None
    for item in expr.items:
        if isinstance(item, ir.Spread):
            inner = sequences.items_of(ev.evaluate(item.value, frame))
            exact = exact and inner is not None
            items.extend(inner or ())
        else:
            items.append(ev.evaluate(item, frame, element))
    return ListValue(items, exact, wanted)


def _tuple(ev: Evaluator, expr: ir.TupleExpr, frame: Frame, wanted: TypeValue | None) -> Value:
    elements = wanted.arguments if wanted is not None and wanted.name == "(,)" else ()
    return TupleValue(
        tuple(
            (a.name or (a.value.name if isinstance(a.value, (ir.Name, ir.Member)) else None),
             ev.evaluate(a.value, frame, elements[i] if i < len(elements) else None))
            for i, a in enumerate(expr.items)
        )
    )


def _lambda(ev: Evaluator, expr: ir.Lambda, frame: Frame, wanted: TypeValue | None) -> Value:
    made = Closure(expr, frame)
    if ev.closures is not None:
        ev.closures.append((made, tuple(ev.conditions)))
    return made


def _typeof(ev: Evaluator, expr: ir.TypeOf, frame: Frame, wanted: TypeValue | None) -> Value:
    of = ev.world.resolve(expr.type, frame)
    if of is None and expr.type.name == "Program":  # the class that top-level statements make
        return TypeValue("Program")
    return of or Unknown(None, f"type {expr.type} is not known")


def _nameof(ev: Evaluator, expr: ir.NameOf, frame: Frame, wanted: TypeValue | None) -> Value:
    return Const(expr.name)


def _index(ev: Evaluator, expr: ir.Index, frame: Frame, wanted: TypeValue | None) -> Value:
    target = ev.evaluate(expr.target, frame)
    if len(expr.arguments) == 1 and _is_range(expr.arguments[0].value):
        return _part(ev, target, expr.arguments[0].value, frame)
    keys = [ev.evaluate(a.value, frame) for a in expr.arguments]
    return configuration.element(ev, target, keys) or library.element(ev, target, keys)


def _is_range(expr: ir.Expr) -> bool:
    return (isinstance(expr, ir.Binary) and expr.operator == "..") or (isinstance(expr, ir.Unary) and expr.operator == "^")


def _part(ev: Evaluator, target: Value, expr: ir.Expr, frame: Frame) -> Value:
    """`text[1..]`, `list[^1]` (https://learn.microsoft.com/dotnet/csharp/tutorials/ranges-indexes)."""
    held = target.value if isinstance(target, Const) else target.items if isinstance(target, ListValue) and target.exact else None
    if not isinstance(held, (str, list)):
        return Unknown(value_type(target), f"`{describe(expr)}` of a value that is not known")

    def index(end: ir.Expr, otherwise: int) -> int | None:
        if isinstance(end, ir.Literal) and end.value is None:
            return otherwise
        back = isinstance(end, ir.Unary) and end.operator == "^"
        value = ev.evaluate(end.operand if back and isinstance(end, ir.Unary) else end, frame)
        number = value.value if isinstance(value, Const) and isinstance(value.value, int) else None
        return len(held) - number if back and number is not None else number

    if isinstance(expr, ir.Binary):
        start, stop = index(expr.left, 0), index(expr.right, len(held))
        if start is None or stop is None or not 0 <= start <= stop <= len(held):
            return Unknown(value_type(target), f"`{describe(expr)}` is not known")
        return Const(held[start:stop]) if isinstance(held, str) else ListValue(held[start:stop])
    at = index(expr, 0)
    if at is None or not 0 <= at < len(held):
        return Unknown(None, f"`{describe(expr)}` is not known")
    return Const(held[at]) if isinstance(held, str) else held[at]


def _is(ev: Evaluator, expr: ir.IsPattern, frame: Frame, wanted: TypeValue | None) -> Value:
    hit = matches(ev, expr.pattern, ev.evaluate(expr.value, frame), frame)
    return Const(hit) if hit is not None else Unknown(None, describe(expr))


def _switch(ev: Evaluator, expr: ir.SwitchExpr, frame: Frame, wanted: TypeValue | None) -> Value:
    value = ev.evaluate(expr.value, frame)
    undecided = False
    for pattern, when, result in expr.arms:
        hit = matches(ev, pattern, value, frame)
        if hit and when is not None:
            hit = ev.truth(ev.evaluate(when, frame))
        if hit and not undecided:
            return ev.evaluate(result, frame, wanted)
        if hit is not False:
            undecided = True
            with ev.under(f"the value of `{describe(expr.value)}` is not known"):
                ev.evaluate(result, frame, wanted)
    return Unknown(None, f"depends on `{describe(expr.value)}`")


def _with(ev: Evaluator, expr: ir.With, frame: Frame, wanted: TypeValue | None) -> Value:
    target = ev.evaluate(expr.target, frame)
    if not isinstance(target, Instance):
        return target
    copy = Instance(target.type, dict(target.fields), target.arguments)
    for name, value in expr.initializer:
        if name is not None:
            copy.fields[name] = ev.evaluate(value, frame)
    return copy


def _declaration(ev: Evaluator, expr: ir.Declaration, frame: Frame, wanted: TypeValue | None) -> Value:
    of = ev.world.resolve(expr.type, frame) if expr.type is not None else None
    for name in expr.names:
        frame.locals[name] = Unknown(of, "set by the called method")
    return Unknown(of, "declared here")


def _query(ev: Evaluator, expr: ir.Query, frame: Frame, wanted: TypeValue | None) -> Value:
    return sequences.query(ev, expr, frame)



_HANDLERS: dict[type[ir.Expr], Callable[[Evaluator, Any, Frame, TypeValue | None], Value]] = {
    ir.Interpolated: _interpolated, ir.Assign: _assign, ir.Binary: _binary, ir.Unary: _unary,
    ir.Conditional: _conditional_expression, ir.Cast: _cast, ir.Collection: _collection, ir.TupleExpr: _tuple,
    ir.Lambda: _lambda, ir.TypeOf: _typeof, ir.NameOf: _nameof, ir.Index: _index, ir.IsPattern: _is,
    ir.SwitchExpr: _switch, ir.With: _with, ir.Declaration: _declaration, ir.Query: _query,
}
