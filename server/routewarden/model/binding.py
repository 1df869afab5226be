"""Arguments into parameters, values into names, and the run of a body.

Invariant: after binding, every parameter is a local; one that nobody passes is its default or unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.model.evaluator import Passed
from routewarden.model.values import Frame, Instance, ListValue, RouteBuilder, TupleValue, TypeValue, Unknown, Value, value_type

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator
    from routewarden.model.symbols import TypeSymbol


def arguments(ev: Evaluator, expr: ir.Call | ir.New, frame: Frame) -> list[Passed]:
    """The arguments of a call or creation, in order."""
    return [
        Passed(ev.evaluate(a.value, frame), a.name, a.modifier, _back(ev, a.value, frame) if a.modifier in ("out", "ref") else None)
        for a in expr.arguments
    ]


def _back(ev: Evaluator, target: ir.Expr, frame: Frame) -> Callable[[Value], None]:
    def store(value: Value) -> None:
        if isinstance(target, ir.Declaration):
            assign_names(ev, target.names, value, frame)
        else:
            ev.store(target, value, frame)

    return store


def hand_back(parameters: Sequence[ir.Parameter], passed: Sequence[Passed], frame: Frame) -> None:
    """What a method left in its `out` and `ref` parameters goes to the caller's variables."""
    for index, argument in enumerate(passed):
        if argument.back is None:
            continue
        parameter = next((p for p in parameters if p.name == argument.name), None) if argument.name else (
            parameters[index] if index < len(parameters) else None
        )
        if parameter is not None and parameter.name in frame.locals:
            argument.back(frame.locals[parameter.name])


def receiver_arguments(ev: Evaluator, this: Value | None, owner: TypeSymbol | None) -> Mapping[str, TypeValue]:
    """What the type parameters of `owner`, the object's class or a base of it, stand for in this object."""
    of = value_type(this)
    return ev.world.type_arguments(of, owner) if of is not None and owner is not None else {}


_TASKS = ("System.Threading.Tasks.Task`1", "System.Threading.Tasks.ValueTask`1")


def iterates(returns: ir.TypeRef | None) -> bool:
    """A method of this return type may be an iterator."""
    return returns is not None and returns.name.rsplit(".", 1)[-1] in ("IEnumerable", "IAsyncEnumerable", "IEnumerator")


def bind_parameters(ev: Evaluator, parameters: Sequence[ir.Parameter], passed: Sequence[Passed], frame: Frame) -> None:
    """Parameters as locals of the frame. https://learn.microsoft.com/dotnet/csharp/language-reference/keywords/method-parameters"""
    named = {p.name: p.value for p in passed if p.name is not None}
    positional = [p.value for p in passed if p.name is None]
    for index, parameter in enumerate(parameters):
        _bind_parameter(ev, index, parameter, named, positional, frame)
        bound = frame.locals[parameter.name]
        if isinstance(bound, RouteBuilder):
            frame.locals[parameter.name] = seen_as(ev, bound, ev.world.resolve(parameter.type, frame))
        elif isinstance(bound, (TupleValue, ListValue)):
            frame.locals[parameter.name] = labelled(bound, parameter.type)


def _bind_parameter(
    ev: Evaluator, index: int, parameter: ir.Parameter, named: Mapping[str, Value], positional: Sequence[Value], frame: Frame
) -> None:
    if parameter.name in named:
        frame.locals[parameter.name] = named[parameter.name]
    elif "params" in parameter.modifiers:
        rest = positional[index:]
        spread = len(rest) == 1 and (isinstance(rest[0], ListValue) or _is_unknown_array(rest[0]))
        frame.locals[parameter.name] = rest[0] if spread else ListValue(list(rest))
    elif index < len(positional):
        frame.locals[parameter.name] = positional[index]
    elif parameter.default is not None:
        frame.locals[parameter.name] = ev.evaluate(parameter.default, frame)
    else:
        of = ev.world.resolve(parameter.type, frame) if parameter.type is not None else None
        frame.locals[parameter.name] = Unknown(of, "a parameter nobody passes")


def _is_unknown_array(value: Value) -> bool:
    return isinstance(value, Unknown) and value.type is not None and value.type.name.endswith("[]")


def awaited(declared: TypeValue | None) -> TypeValue | None:
    """What a `return` gives in a member of this return type: the result of a task."""
    if declared is not None and declared.arguments and declared.name in _TASKS:
        return declared.arguments[0]
    return declared


def labelled(value: Value, of: ir.TypeRef | None) -> Value:
    """The value with the names that a declared tuple type gives to its elements, however deep in lists."""
    if of is None or not (of.labels or of.arguments):
        return value
    if isinstance(value, TupleValue) and of.labels and not of.array:
        names = (*of.labels, *[""] * len(value.items))
        return TupleValue(tuple((name or label, item) for (label, item), name in zip(value.items, names, strict=False)))
    inner = of if of.array else of.arguments[-1]
    if type(value) is ListValue and (inner.labels or inner.arguments):
        element = ir.TypeRef(of.name, of.arguments, labels=of.labels) if of.array else inner
        value.items[:] = [labelled(item, element) for item in value.items]
    return value


def seen_as(ev: Evaluator, value: Value, of: TypeValue | None) -> Value:
    """A route builder in a variable of a declared type: overloads are chosen by that."""
    if isinstance(value, RouteBuilder) and of is not None and of.name != value.type.name:
        return RouteBuilder(value.group, value.type, of)
    return value


def run_body(ev: Evaluator, path: str, body_id: str, frame: Frame) -> Value:
    """Runs the body in the frame: what it returns, or yields."""
    statements = ev.body(path, body_id)
    if statements is None:
        return Unknown(None, "the body could not be read")
    ev.depth += 1
    try:
        signal = ev.run(statements, frame)
    finally:
        ev.depth -= 1
    if frame.yields is not None and (signal is None or signal.kind != "return" or frame.yields):
        return ListValue(frame.yields)
    if signal is not None and signal.kind == "return":
        return signal.value
    return Unknown(None, "") if signal is None else Unknown(None, "it throws")


def assign_names(ev: Evaluator, names: Sequence[str], value: Value, frame: Frame) -> None:
    """Binds one name, or deconstructs a tuple or record over several."""
    if len(names) == 1:
        _bind(frame, names[0], value)
        return
    parts: list[Value] = []
    if isinstance(value, TupleValue):
        parts = [v for _, v in value.items]
    elif isinstance(value, Instance):
        parts = _deconstruct(ev, value, len(names))
    for index, name in enumerate(names):
        _bind(frame, name, parts[index] if index < len(parts) else Unknown(None, "deconstructed from an unknown value"))


def _bind(frame: Frame, name: str, value: Value) -> None:
    if name == "_":
        return
    holder = frame.find(name)
    (holder or frame).locals[name] = value


def _deconstruct(ev: Evaluator, value: Instance, count: int) -> list[Value]:
    """The parts of a record, in the order of its primary constructor."""
    primary = ev.world.primary_parameters(value.type)
    if primary is None:
        return []
    return [value.fields.get(p.name, Unknown(None, "not known")) for p in primary[1][:count]]
