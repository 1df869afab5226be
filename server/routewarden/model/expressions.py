"""The value of an expression.

Invariant: every expression has a value; `Unknown` carries the reason and, where a declaration or a signature tells it, the type.
Calls and object creation are in `model.invocation`; members of .NET's own types in `model.library`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.model import invocation, library
from routewarden.model.evaluator import describe
from routewarden.model.values import (
    NULL,
    Closure,
    Const,
    DictValue,
    Frame,
    Instance,
    ListValue,
    MethodGroup,
    Namespace,
    TupleValue,
    TypeValue,
    Unknown,
    Value,
    value_type,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routewarden.model.evaluator import Evaluator


def evaluate(ev: Evaluator, expr: ir.Expr, frame: Frame, wanted: TypeValue | None = None) -> Value:
    """The value; `wanted` is the type that the context gives to `new()`, `default` and collection expressions."""
    if not ev.tick():
        return Unknown(None, "start-up code is too long to follow to its end")
    kind = type(expr)
    if kind is ir.Literal:
        return NULL if expr.value is None else Const(expr.value)  # type: ignore[attr-defined]
    if kind is ir.Name:
        return _name(ev, expr, frame)  # type: ignore[arg-type]
    if kind is ir.Member:
        return _member(ev, expr, frame)  # type: ignore[arg-type]
    if kind is ir.Call:
        return invocation.call(ev, expr, frame)  # type: ignore[arg-type]
    if kind is ir.New:
        return invocation.create(ev, expr, frame, wanted)  # type: ignore[arg-type]
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
        found = member_of_enclosing(ev, name, frame)
        if found is not None:
            return found
    static = ev.world.static_member(name, frame)
    if static is not None:
        return read_member(ev, TypeValue(static.type_name, static.type), None, name) or Unknown(None, f"`{name}` is not known")
    of = ev.world.resolve(ir.TypeRef(name, expr.type_arguments), frame)
    if of is not None:
        return of
    if ev.world.is_namespace(name, frame):
        return Namespace(name)
    return Unknown(None, f"`{name}` is not known")


def member_of_enclosing(ev: Evaluator, name: str, frame: Frame) -> Value | None:
    """A field, property or method of the type whose member runs, of its bases, or of the types around it."""
    for index, symbol in enumerate(ev.world.enclosing(frame)):
        of = frame.this.type if index == 0 and isinstance(frame.this, Instance) else TypeValue(ev.world.full_name(symbol), symbol)
        this = frame.this if index == 0 else None
        value = read_member(ev, of, this, name, frame)
        if value is not None:
            return value
    return None


def _member(ev: Evaluator, expr: ir.Member, frame: Frame) -> Value:
    target = evaluate(ev, expr.target, frame)
    if isinstance(target, Namespace):
        full = f"{target.name}.{expr.name}"
        of = ev.world.type_named(full, len(expr.type_arguments))
        if of is not None:
            return of
        return Namespace(full) if ev.world.is_namespace(full, frame) else Unknown(None, f"`{full}` is not known")
    if isinstance(target, Const) and target.value is None and expr.conditional:
        return NULL
    return member_value(ev, target, expr.name, frame)


def member_value(ev: Evaluator, target: Value, name: str, frame: Frame | None = None) -> Value:
    """`target.name`, where it is not called."""
    if isinstance(target, TypeValue):
        found = read_member(ev, target, None, name, frame)
        if found is not None:
            return found
        nested = ev.world.nested_type(target, name)
        if nested is not None:
            return nested
        own = library.type_property(ev, target, name)
        return own or Unknown(None, f"`{target.name}.{name}` is not known")
    if isinstance(target, Instance):
        if name in target.fields:
            return target.fields[name]
        found = read_member(ev, target.type, target, name, frame)
        if found is not None:
            return found
    value = library.property_value(ev, target, name)
    if value is not None:
        return value
    of = value_type(target)
    if of is not None:
        found = read_member(ev, of, target, name, frame)
        if found is not None:
            return found
        declared = ev.world.property_type(of, name)
        if declared is not None:
            return Unknown(declared, f"`{name}` is decided at run time")
    return Unknown(None, f"`{name}` is not known")


def read_member(ev: Evaluator, of: TypeValue, this: Value | None, name: str, frame: Frame | None = None) -> Value | None:
    """A field, constant, property or method group `name` of a type, looked up along its bases; None where it has none."""
    ref = ev.world.data_member(of, name)
    if ref is not None:
        return invocation.read(ev, ref, of, this)
    methods = ev.world.methods(of, name)
    if methods:
        return MethodGroup(name, methods, this, of)
    return ev.world.framework_constant(of, name)


# --- operators and the rest ----------------------------------------------------------------------------------------------


def _interpolated(ev: Evaluator, expr: ir.Interpolated, frame: Frame, wanted: TypeValue | None) -> Value:
    return library.concatenate([evaluate(ev, p, frame) for p in expr.parts])


def _assign(ev: Evaluator, expr: ir.Assign, frame: Frame, wanted: TypeValue | None) -> Value:
    target = expr.target
    if isinstance(target, (ir.Declaration, ir.TupleExpr)):
        value = evaluate(ev, expr.value, frame)
        names = target.names if isinstance(target, ir.Declaration) else tuple(
            a.value.name if isinstance(a.value, ir.Name) else "_" for a in target.items
        )
        assign_names(ev, names, value, frame)
        return value
    if expr.operator != "=":
        current = evaluate(ev, target, frame)
        if expr.operator == "??=":
            if not (isinstance(current, Const) and current.value is None):
                return current
            value = evaluate(ev, expr.value, frame)
        else:
            value = library.operate(expr.operator[:-1], current, evaluate(ev, expr.value, frame))
    else:
        value = evaluate(ev, expr.value, frame, _target_type(ev, target, frame))
    store(ev, target, value, frame, expr.node)
    return value


def _target_type(ev: Evaluator, target: ir.Expr, frame: Frame) -> TypeValue | None:
    if isinstance(target, ir.Member) and isinstance(target.target, ir.Name):
        of = value_type(evaluate(ev, target.target, frame))
        return ev.world.property_type(of, target.name) if of is not None else None
    return None


def store(ev: Evaluator, target: ir.Expr, value: Value, frame: Frame, node: int = -1) -> None:
    """`target = value`."""
    if isinstance(target, ir.Name):
        if target.name == "_":
            return
        holder = frame.find(target.name)
        if holder is not None:
            holder.locals[target.name] = _conditional(ev, holder.locals[target.name], value, holder, frame)
        elif frame.owner is not None:
            invocation.write_enclosing(ev, target.name, value, frame)
        return
    if isinstance(target, ir.Member):
        owner = evaluate(ev, target.target, frame)
        invocation.write(ev, owner, target.name, value, frame, node)
    elif isinstance(target, ir.Index):
        owner = evaluate(ev, target.target, frame)
        keys = [evaluate(ev, a.value, frame) for a in target.arguments]
        if isinstance(owner, DictValue) and keys:
            owner.entries.append((keys[0], value))


def _conditional(ev: Evaluator, old: Value, new: Value, holder: Frame, frame: Frame) -> Value:
    return new


def assign_names(ev: Evaluator, names: Sequence[str], value: Value, frame: Frame) -> None:
    """Binds one name, or deconstructs a tuple or record over several."""
    if len(names) == 1:
        _bind(frame, names[0], value)
        return
    parts: list[Value] = []
    if isinstance(value, TupleValue):
        parts = [v for _, v in value.items]
    elif isinstance(value, Instance):
        parts = invocation.deconstruct(ev, value, len(names))
    for index, name in enumerate(names):
        _bind(frame, name, parts[index] if index < len(parts) else Unknown(None, "deconstructed from an unknown value"))


def _bind(frame: Frame, name: str, value: Value) -> None:
    if name == "_":
        return
    holder = frame.find(name)
    (holder or frame).locals[name] = value


def items_of(ev: Evaluator, value: Value) -> list[Value] | None:
    """The elements of an enumerable value; None where they are not all known."""
    if isinstance(value, ListValue):
        return value.items if value.exact else None
    if isinstance(value, DictValue):
        return [TupleValue((("Key", k), ("Value", v))) for k, v in value.entries]
    if isinstance(value, Const) and isinstance(value.value, str):
        return [Const(c) for c in value.value]
    if isinstance(value, Instance):
        inner = value.fields.get("<items>")
        if isinstance(inner, ListValue):
            return inner.items
    return None


def _binary(ev: Evaluator, expr: ir.Binary, frame: Frame, wanted: TypeValue | None) -> Value:
    left = evaluate(ev, expr.left, frame)
    operator = expr.operator
    if operator in ("&&", "||"):
        known = ev.truth(left)
        if known is not None and known is (operator == "||"):
            return left
        right = evaluate(ev, expr.right, frame)
        other = ev.truth(right)
        if known is not None:
            return right
        if other is (operator == "||"):
            return right
        return Unknown(None, describe(expr))
    if operator == "??":
        if isinstance(left, Const):
            return left if left.value is not None else evaluate(ev, expr.right, frame, wanted)
        if isinstance(left, Unknown):
            right = evaluate(ev, expr.right, frame, wanted)
            return Unknown(left.type or value_type(right), left.reason or describe(expr))
        return left
    right = evaluate(ev, expr.right, frame)
    value = library.operate(operator, left, right)
    if isinstance(value, Unknown) and not value.reason:
        return Unknown(value.type, describe(expr))
    return value


def _unary(ev: Evaluator, expr: ir.Unary, frame: Frame, wanted: TypeValue | None) -> Value:
    operator = expr.operator
    value = evaluate(ev, expr.operand, frame, wanted)
    if operator == "await":
        return library.awaited(ev, value)
    if operator == "!":
        known = ev.truth(value)
        return Const(not known) if known is not None else Unknown(None, describe(expr))
    if operator in ("++", "--", "p++", "p--") and isinstance(value, Const) and isinstance(value.value, int):
        new = Const(value.value + (1 if "+" in operator else -1))
        store(ev, expr.operand, new, frame)
        return value if operator.startswith("p") else new
    if operator == "-" and isinstance(value, Const) and isinstance(value.value, (int, float)):
        return Const(-value.value)
    return Unknown(value_type(value), describe(expr))


def _conditional_expression(ev: Evaluator, expr: ir.Conditional, frame: Frame, wanted: TypeValue | None) -> Value:
    known = ev.truth(evaluate(ev, expr.condition, frame))
    if known is not None:
        return evaluate(ev, expr.when_true if known else expr.when_false, frame, wanted)
    reason = describe(expr.condition)
    with ev.under(reason):
        yes = evaluate(ev, expr.when_true, frame, wanted)
    with ev.under(f"not ({reason})"):
        no = evaluate(ev, expr.when_false, frame, wanted)
    if isinstance(yes, Const) and isinstance(no, Const) and yes.value == no.value:
        return yes
    return Unknown(value_type(yes) or value_type(no), f"depends on `{reason}`")


def _cast(ev: Evaluator, expr: ir.Cast, frame: Frame, wanted: TypeValue | None) -> Value:
    of = ev.world.resolve(expr.type, frame)
    value = evaluate(ev, expr.value, frame, of)
    if isinstance(value, Unknown) and of is not None:
        return Unknown(of, value.reason)
    return library.converted(ev, value, of)


def _collection(ev: Evaluator, expr: ir.Collection, frame: Frame, wanted: TypeValue | None) -> Value:
    items: list[Value] = []
    exact = True
    element = ev.world.resolve(expr.element_type, frame) if expr.element_type is not None else None
    if element is None and wanted is not None:
        element = wanted.arguments[0] if wanted.arguments else None
    for item in expr.items:
        if isinstance(item, ir.Spread):
            inner = items_of(ev, evaluate(ev, item.value, frame))
            exact = exact and inner is not None
            items.extend(inner or ())
        else:
            items.append(evaluate(ev, item, frame, element))
    return ListValue(items, exact, wanted)


def _tuple(ev: Evaluator, expr: ir.TupleExpr, frame: Frame, wanted: TypeValue | None) -> Value:
    elements = wanted.arguments if wanted is not None and wanted.name == "(,)" else ()
    return TupleValue(
        tuple(
            (a.name or (a.value.name if isinstance(a.value, (ir.Name, ir.Member)) else None),
             evaluate(ev, a.value, frame, elements[i] if i < len(elements) else None))
            for i, a in enumerate(expr.items)
        )
    )


def _lambda(ev: Evaluator, expr: ir.Lambda, frame: Frame, wanted: TypeValue | None) -> Value:
    return Closure(expr, frame)


def _typeof(ev: Evaluator, expr: ir.TypeOf, frame: Frame, wanted: TypeValue | None) -> Value:
    return ev.world.resolve(expr.type, frame) or Unknown(None, f"type {expr.type} is not known")


def _nameof(ev: Evaluator, expr: ir.NameOf, frame: Frame, wanted: TypeValue | None) -> Value:
    return Const(expr.name)


def _index(ev: Evaluator, expr: ir.Index, frame: Frame, wanted: TypeValue | None) -> Value:
    target = evaluate(ev, expr.target, frame)
    keys = [evaluate(ev, a.value, frame) for a in expr.arguments]
    return library.element(ev, target, keys)


def _is(ev: Evaluator, expr: ir.IsPattern, frame: Frame, wanted: TypeValue | None) -> Value:
    hit = matches(ev, expr.pattern, evaluate(ev, expr.value, frame), frame)
    return Const(hit) if hit is not None else Unknown(None, describe(expr))


def _switch(ev: Evaluator, expr: ir.SwitchExpr, frame: Frame, wanted: TypeValue | None) -> Value:
    value = evaluate(ev, expr.value, frame)
    undecided = False
    for pattern, when, result in expr.arms:
        hit = matches(ev, pattern, value, frame)
        if hit and when is not None:
            hit = ev.truth(evaluate(ev, when, frame))
        if hit and not undecided:
            return evaluate(ev, result, frame, wanted)
        if hit is not False:
            undecided = True
            with ev.under(f"the value of `{describe(expr.value)}` is not known"):
                evaluate(ev, result, frame, wanted)
    return Unknown(None, f"depends on `{describe(expr.value)}`")


def _with(ev: Evaluator, expr: ir.With, frame: Frame, wanted: TypeValue | None) -> Value:
    target = evaluate(ev, expr.target, frame)
    if not isinstance(target, Instance):
        return target
    copy = Instance(target.type, dict(target.fields), target.arguments)
    for name, value in expr.initializer:
        if name is not None:
            copy.fields[name] = evaluate(ev, value, frame)
    return copy


def _declaration(ev: Evaluator, expr: ir.Declaration, frame: Frame, wanted: TypeValue | None) -> Value:
    of = ev.world.resolve(expr.type, frame) if expr.type is not None else None
    for name in expr.names:
        frame.locals[name] = Unknown(of, "set by the called method")
    return Unknown(of, "declared here")


def _query(ev: Evaluator, expr: ir.Query, frame: Frame, wanted: TypeValue | None) -> Value:
    return library.query(ev, expr, frame)


# --- patterns ------------------------------------------------------------------------------------------------------------


def matches(ev: Evaluator, pattern: ir.Pattern, value: Value, frame: Frame) -> bool | None:
    """Whether the value matches; None where that is not known. Names in the pattern are bound."""
    kind = pattern.kind
    if kind in ("discard", "var"):
        if pattern.name:
            frame.locals[pattern.name] = value
        return True
    if kind == "constant" and pattern.value is not None:
        other = evaluate(ev, pattern.value, frame)
        if isinstance(other, TypeValue):  # `x is Foo` where the grammar reads an expression
            return library.is_instance(ev, value, other)
        return ev.truth(library.operate("==", value, other))
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
        return library.is_instance(ev, value, of) if of is not None else None
    if kind == "relational" and pattern.value is not None and pattern.operator:
        return ev.truth(library.operate(pattern.operator, value, evaluate(ev, pattern.value, frame)))
    if kind == "property":
        if pattern.name:
            frame.locals[pattern.name] = value
        hit: bool | None = None if isinstance(value, Unknown) else not (isinstance(value, Const) and value.value is None)
        for path, sub in pattern.fields:
            inner = value
            for part in path.split("."):
                inner = member_value(ev, inner, part)
            one = matches(ev, sub, inner, frame)
            if one is False or hit is False:
                return False
            hit = one if hit else hit
        return hit
    return None


_HANDLERS = {
    ir.Interpolated: _interpolated, ir.Assign: _assign, ir.Binary: _binary, ir.Unary: _unary,
    ir.Conditional: _conditional_expression, ir.Cast: _cast, ir.Collection: _collection, ir.TupleExpr: _tuple,
    ir.Lambda: _lambda, ir.TypeOf: _typeof, ir.NameOf: _nameof, ir.Index: _index, ir.IsPattern: _is,
    ir.SwitchExpr: _switch, ir.With: _with, ir.Declaration: _declaration, ir.Query: _query,
}
