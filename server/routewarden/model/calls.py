"""Calls: which member, lambda or extension method runs, and its body with the arguments bound.

Invariant: a call into the workspace runs its body with the arguments bound as the compiler binds them; a call that cannot be
resolved has an unknown result, and if a route builder or endpoint goes into it, that is recorded on them. What the framework's
methods do is in `model.hosting` (ASP.NET Core) and `model.library` (.NET).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.model import attributes, hosting, library, member_access, overloads
from routewarden.model.binding import arguments, awaited, bind_parameters, hand_back, iterates, labelled, receiver_arguments, run_body
from routewarden.model.describe import describe
from routewarden.model.evaluator import MAX_BLIND_CALLS, MAX_CALLS, CallSite, Passed
from routewarden.model.members import MethodRef
from routewarden.model.values import (
    NULL,
    Closure,
    Const,
    Frame,
    Instance,
    MethodGroup,
    Namespace,
    RouteBuilder,
    TypeValue,
    Unknown,
    Value,
    value_type,
)

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator


def call(ev: Evaluator, expr: ir.Call, frame: Frame) -> Value:
    """The value of a call expression."""
    function = expr.function
    if isinstance(function, ir.Name):
        holder = frame.find(function.name)
        target: Value | None
        if holder is not None:
            target = holder.locals[function.name]
        else:
            target = member_access.member_of_enclosing(ev, function.name, frame) if frame.owner is not None else None
            if target is None:
                static = ev.world.static_member(function.name, frame)
                if static is not None:
                    of = TypeValue(static.type_name, static.type)
                    target = MethodGroup(function.name, ev.world.methods(of, function.name), None, of)
        passed = arguments(ev, expr, frame)
        where = CallSite(frame, expr.node, function.name, _types(ev, function.type_arguments, frame), _call_text(expr), _nullable(function))
        if target is not None:
            return invoke(ev, target, passed, where)
        inherited = hosting.inherited_call(ev, frame, where, passed)
        return inherited or unresolved(ev, None, where, passed)
    if isinstance(function, ir.Member):
        target = ev.evaluate(function.target, frame)
        passed = arguments(ev, expr, frame)
        where = CallSite(frame, expr.node, function.name, _types(ev, function.type_arguments, frame), _call_text(expr), _nullable(function))
        if isinstance(target, Const) and target.value is None and skips_null(function):
            return NULL
        on_base = isinstance(function.target, ir.Name) and function.target.name == "base"
        return call_member(ev, target, passed, where, on_base=on_base)
    target = ev.evaluate(function, frame)
    return invoke(ev, target, arguments(ev, expr, frame), CallSite(frame, expr.node, "", (), _call_text(expr)))


def skips_null(expr: ir.Expr) -> bool:
    """A `?.` before this member in its chain: where its target is null, all that follows is skipped (C# spec 12.8.8)."""
    while isinstance(expr, (ir.Call, ir.Member)):
        if isinstance(expr, ir.Member) and expr.conditional:
            return True
        expr = expr.function if isinstance(expr, ir.Call) else expr.target
    return False


def _call_text(expr: ir.Call) -> str:

    name = expr.function.name if isinstance(expr.function, (ir.Member, ir.Name)) else "…"
    return f"{name}({', '.join(describe(a.value, 40) for a in expr.arguments)})"


def _nullable(function: ir.Name | ir.Member) -> bool:
    return bool(function.type_arguments) and function.type_arguments[0].nullable


def _types(ev: Evaluator, refs: tuple[ir.TypeRef, ...], frame: Frame) -> tuple[TypeValue, ...]:
    return tuple(ev.world.resolve(r, frame) or TypeValue(r.name) for r in refs)



def invoke(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value:
    """Calls a lambda, local function or method group."""
    if isinstance(target, Closure):
        return ev.invoke_closure(target, [p.value for p in passed], passed)
    if isinstance(target, MethodGroup):
        chosen = overloads.choose(ev.world, target.methods, passed)
        if chosen is not None:
            this = target.this if "static" not in chosen.facts.modifiers else None
            where = CallSite(where.frame, where.node, where.name, where.type_arguments or target.type_arguments, where.text)
            return _run(ev, chosen, this, passed, where)
        if target.type is not None:
            return call_member(ev, target.this or target.type, passed, where)
    return unresolved(ev, target, where, passed)


def call_member(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite, on_base: bool = False) -> Value:
    """`target.name(passed)`: instance and static methods first, then extension methods (C# spec 12.8.9)."""
    name = where.name
    if isinstance(target, TypeValue):
        methods = ev.world.methods(target, name)
        chosen = overloads.choose(ev.world, methods, passed)
        if chosen is not None:
            return _run(ev, chosen, None, passed, where)
        result = library.static_call(ev, target, passed, where) or hosting.static_call(ev, target, passed, where)
        result = result or library.call(ev, target, passed, where)  # a Type object: `typeof(T).IsAssignableFrom(...)`
        return result or unresolved(ev, target, where, passed)
    if isinstance(target, Namespace):
        return unresolved(ev, target, where, passed)
    if isinstance(target, (Closure, MethodGroup)) and name in ("Invoke", "DynamicInvoke"):
        return invoke(ev, target, passed, where)
    of = value_type(target)
    if isinstance(target, Instance):
        held = target.fields.get(name)
        if isinstance(held, (Closure, MethodGroup)):
            return invoke(ev, held, passed, where)
    if of is not None:
        methods = ev.world.methods(of, name)
        if on_base and where.frame.owner is not None:
            methods = ev.world.methods_above(of, name, where.frame.owner)
        chosen = overloads.choose(ev.world, methods, passed)
        if chosen is not None:
            if chosen.facts.body is None:
                return _call_implementations(ev, target, of, passed, where, chosen)
            return _run(ev, chosen, target, passed, where)
    extended = [Passed(target), *passed]
    extension = overloads.choose(ev.world, ev.world.extension_methods(name, where.frame), extended, receiver=True)
    if extension is not None:
        return _run(ev, extension, None, extended, where)
    result = hosting.call(ev, target, passed, where)
    if result is None:
        result = library.call(ev, target, passed, where)
    if result is None:
        result = hosting.framework_call(ev, target, passed, where)
    return result if result is not None else unresolved(ev, target, where, passed)


def _run(ev: Evaluator, method: MethodRef, this: Value | None, passed: Sequence[Passed], where: CallSite) -> Value:
    """A workspace method, or what is written here of a library whose source is in the workspace."""
    modelled = hosting.library_call(ev, method, this, passed, where)
    if modelled is not None:
        return modelled
    ev.callers.append((where, passed))
    try:
        return ev.invoke_method(method, this, passed, where.type_arguments)
    finally:
        ev.callers.pop()


def _call_implementations(
    ev: Evaluator, target: Value, of: TypeValue, passed: Sequence[Passed], where: CallSite, declared: MethodRef
) -> Value:
    """An abstract or interface method on an object that is not known: if routes are built in it, on each implementation in the app."""
    if any(_holds_builder(p.value) for p in passed):
        for implementation in ev.world.implementations(of, ev.app.projects):
            instance = Instance(implementation)
            chosen = overloads.choose(ev.world, ev.world.methods(implementation, where.name), passed)
            if chosen is not None and chosen.facts.body is not None:
                ev.invoke_method(chosen, instance, passed, where.type_arguments)
    returns = ev.world.resolve_in(declared.facts.type, declared.path, declared.type)
    ev.guesses += 1
    return Unknown(returns, f"`{where.name}` runs in an object that is not known")


def _holds_builder(value: Value) -> bool:
    """Routes may be built with it: a builder, or an own object that carries one."""
    return isinstance(value, RouteBuilder) or (
        isinstance(value, Instance) and any(isinstance(held, RouteBuilder) for held in value.fields.values())
    )


def unresolved(ev: Evaluator, target: Value | None, where: CallSite, passed: Sequence[Passed]) -> Value:
    """The result of a call nobody knows; builders that go in are marked, lambdas are run once for what they map."""
    return hosting.unresolved_call(ev, target, where, passed)


def apply(ev: Evaluator, function: Value, values: Sequence[Value]) -> Value:
    """Calls a function value; unknown where it is none that is known."""
    passed = [Passed(v) for v in values]
    if isinstance(function, Closure):
        return invoke_closure(ev, function, values, passed)
    if isinstance(function, MethodGroup):
        chosen = overloads.choose(ev.world, function.methods, passed)
        if chosen is not None:
            return invoke_method(ev, chosen, function.this, passed, function.type_arguments)
    return Unknown(None, "a function that is not known")


def invoke_closure(ev: Evaluator, closure: Closure, values: Sequence[Value], passed: Sequence[Passed] = ()) -> Value:
    """Runs a lambda or local function."""
    code, outer = closure.code, closure.frame
    if ev.depth >= MAX_CALLS or ev.exhausted:
        return Unknown(None, "calls are nested too deeply to follow")
    frame = Frame(outer.path, code.body, {}, outer, outer.this, outer.owner, outer.type_arguments, None, outer.file_scope)
    if isinstance(code, ir.LocalFunction):
        bind_parameters(ev, code.parameters, passed or [Passed(v) for v in values], frame)
        frame.yields = [] if iterates(code.return_type) else None
        frame.returns = awaited(ev.world.resolve(code.return_type, outer))
        result = labelled(run_body(ev, outer.path, code.body, frame), code.return_type)
        hand_back(code.parameters, passed, frame)
        return result
    for index, parameter in enumerate(code.parameters):
        frame.locals[parameter.name] = values[index] if index < len(values) else Unknown(
            ev.world.resolve(parameter.type, outer) if parameter.type is not None else None, "a lambda's parameter"
        )
    return run_body(ev, outer.path, code.body, frame)


def invoke_method(
    ev: Evaluator, method: MethodRef, this: Value | None, passed: Sequence[Passed], type_arguments: tuple[TypeValue, ...] = ()
) -> Value:
    """Runs a workspace method."""
    facts = method.facts
    returns = ev.world.resolve_in(facts.type, method.path, method.type, facts.type_parameters)
    if facts.body is None and "partial" in facts.modifiers:
        generated = attributes.generated_regex(ev, facts.attributes, ev.world.resolver.scope(method.path), method.site)
        if generated is not None:
            return generated
    if facts.body is None or ev.depth >= MAX_CALLS or ev.exhausted:
        return Unknown(returns, f"`{facts.name}` has no body that can be followed")
    key = method.path, facts.id
    if ev.running[key] >= MAX_BLIND_CALLS and all(isinstance(p.value, Unknown) for p in passed):
        # Nothing is known that would end the recursion; each level doubles the work.
        return Unknown(returns, f"`{facts.name}` calls itself with what is not known")
    generics = dict(zip(facts.type_parameters, type_arguments, strict=False))
    generics = generics or _inferred(ev, facts.parameters, facts.type_parameters, passed)
    frame = Frame(method.path, facts.body, {}, None, this, method.type, {**receiver_arguments(ev, this, method.type), **generics})
    frame.yields = [] if iterates(facts.type) else None
    frame.returns = awaited(returns)
    bind_parameters(ev, facts.parameters, passed, frame)
    ev.running[key] += 1
    try:
        result = labelled(run_body(ev, method.path, facts.body, frame), facts.type)
    finally:
        ev.running[key] -= 1
    hand_back(facts.parameters, passed, frame)
    if isinstance(result, Unknown) and result.type is None and returns is not None:
        return Unknown(returns, result.reason)
    return result



def _inferred(
    ev: Evaluator, parameters: Sequence[ir.Parameter], names: Sequence[str], passed: Sequence[Passed]
) -> dict[str, TypeValue]:
    """Type arguments where a parameter's type is the bare type parameter."""
    found: dict[str, TypeValue] = {}
    for parameter, argument in zip(parameters, passed, strict=False):
        if parameter.type is not None and parameter.type.name in names:
            of = value_type(argument.value)
            if of is not None:
                found.setdefault(parameter.type.name, of)
    return found


