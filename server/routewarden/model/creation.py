"""Object creation: constructors, initializers, records.

Invariant: a workspace object has what its constructors and initializers put into it; a framework object has its arguments, under the
names of the properties they set.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.model import hosting, library, observed, overloads, signatures
from routewarden.model.binding import arguments, bind_parameters, labelled, receiver_arguments, run_body
from routewarden.model.evaluator import MAX_CALLS, Passed
from routewarden.model.values import DictValue, Frame, Instance, ListValue, TupleValue, TypeValue, Unknown, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator


def create(ev: Evaluator, expr: ir.New, frame: Frame, wanted: TypeValue | None) -> Value:
    """The object that `new` makes."""
    if expr.anonymous:
        return Instance(TypeValue("<anonymous>"), {n: ev.evaluate(v, frame) for n, v in expr.initializer if n is not None})
    of = ev.world.resolve(expr.type, frame) if expr.type is not None else wanted
    passed = arguments(ev, expr, frame)
    site = Site(frame.path, frame.body, f"node:{expr.node}")
    if of is None:
        for _, item in expr.initializer:
            ev.evaluate(item, frame)
        return Unknown(None, f"type `{expr.type}` is not known")
    value = construct(ev, of, passed, site)
    for name, item in expr.initializer:
        if name is not None:
            declared = ev.world.property_type(of, name)
            inner = ev.evaluate(item, frame, declared)
            if isinstance(item, ir.New) and item.type is None and not item.arguments and isinstance(value, Instance):
                inner = hosting.initialise_nested(ev, value, name, inner)
            ev.write(value, name, inner, frame, expr.node)
            observed.in_initializer(ev, name, expr.node)
            continue
        inner = ev.evaluate(item, frame, of.arguments[-1] if of.arguments else None)
        if isinstance(value, ListValue):
            value.items.append(labelled(inner, expr.type.arguments[-1] if expr.type is not None and expr.type.arguments else None))
        elif isinstance(value, DictValue):
            if isinstance(inner, TupleValue) and len(inner.items) == 2:
                value.entries.append((inner.items[0][1], inner.items[1][1]))
        elif isinstance(value, Instance):
            held = value.fields.setdefault("<items>", ListValue([]))
            if isinstance(held, ListValue):
                held.items.append(inner)
    return value


def construct(ev: Evaluator, of: TypeValue, passed: Sequence[Passed], site: Site | None = None) -> Value:
    """A new object of a type, with its constructors run."""
    if ev.world.is_workspace(of):
        instance = Instance(of)
        run_constructor(ev, instance, of, passed)
        instance.complete = True
        return instance
    special = library.new_object(ev, of, passed) or hosting.new_object(ev, of, passed, site)
    if special is not None:
        return special
    instance = Instance(of, arguments=tuple(p.value for p in passed))
    framework_constructor(ev, instance, of, passed)
    return instance


def run_constructor(ev: Evaluator, instance: Instance, of: TypeValue, passed: Sequence[Passed]) -> None:
    """Runs the constructor of workspace type `of` (the instance's own or a base) on the instance."""
    if ev.depth >= MAX_CALLS:
        return
    ev.depth += 1
    try:
        symbol = of.symbol
        primary = ev.world.primary_parameters(of)
        generics = receiver_arguments(ev, instance, symbol)
        if primary is not None:
            path, parameters = primary
            frame = Frame(path, "", {}, None, instance, symbol, generics)
            bind_parameters(ev, parameters, passed, frame)
            for name, value in frame.locals.items():
                instance.fields[name] = value
            base = ev.world.base_of(of)
            if base is not None:
                arguments = [Passed(ev.evaluate(a, frame)) for a in ev.world.base_arguments(of)]
                _base_constructor(ev, instance, base, arguments)
            return
        constructor = overloads.choose(ev.world, ev.world.constructors(of), passed)
        base = ev.world.base_of(of)
        if constructor is None:
            if base is not None:
                _base_constructor(ev, instance, base, ())
            return
        facts = constructor.facts
        frame = Frame(constructor.path, facts.body or "", {}, None, instance, symbol, generics)
        bind_parameters(ev, facts.parameters, passed, frame)
        called, expressions = facts.constructor_call or ("base", ())
        arguments = [Passed(ev.evaluate(a, frame)) for a in expressions]
        if called == "this":
            run_constructor(ev, instance, of, arguments)
        elif base is not None:
            _base_constructor(ev, instance, base, arguments)
        if facts.body is not None:
            run_body(ev, constructor.path, facts.body, frame)
    finally:
        ev.depth -= 1


def _base_constructor(ev: Evaluator, instance: Instance, base: TypeValue, passed: Sequence[Passed]) -> None:
    if ev.world.is_workspace(base):
        run_constructor(ev, instance, base, passed)
    else:
        framework_constructor(ev, instance, base, passed)


def framework_constructor(ev: Evaluator, instance: Instance, of: TypeValue, passed: Sequence[Passed]) -> None:
    """A framework constructor's parameters name the properties they set (`AuthorizeAttribute(string policy)` sets Policy)."""
    parameters = signatures.constructor_parameters(ev.world, of, passed)
    if not passed:
        return
    instance.arguments = tuple(p.value for p in passed)
    for index, argument in enumerate(passed):
        parameter = None
        if argument.name is not None:
            parameter = next((p for p in parameters if p.name == argument.name), None)
        elif parameters:
            parameter = parameters[min(index, len(parameters) - 1)]
        if parameter is None:
            continue
        key = parameter.name[:1].upper() + parameter.name[1:]
        value = argument.value
        if parameter.modifier == "params" and not isinstance(value, ListValue):
            held = instance.fields.get(key)
            if isinstance(held, ListValue):
                held.items.append(value)
                continue
            value = ListValue([value])
        instance.fields[key] = value
