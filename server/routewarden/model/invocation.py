"""Calls, object creation, and reading and writing members of workspace types.

Invariant: a call into the workspace runs its body with the arguments bound as the compiler binds them; a call that cannot be
resolved has an unknown result, and if a route builder or endpoint goes into it, that is recorded on them. What the framework's
methods do is in `model.hosting` (ASP.NET Core) and `model.library` (.NET).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.model import hosting, library
from routewarden.model.evaluator import MAX_CALLS
from routewarden.model.members import DataRef, MethodRef
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
    RouteBuilder,
    TypeValue,
    Unknown,
    Value,
    type_name,
    value_type,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from routewarden.model.evaluator import Evaluator


@dataclass(frozen=True, slots=True)
class Passed:
    """An argument: its value, its name if named, and `out` names it binds."""

    value: Value
    name: str | None = None
    modifier: str | None = None


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call as written: where it stands and the frame it stands in."""

    frame: Frame
    node: int
    name: str
    type_arguments: tuple[TypeValue, ...] = ()
    text: str = ""

    @property
    def site(self) -> Site:
        return Site(self.frame.path, self.frame.body, f"node:{self.node}")


def call(ev: Evaluator, expr: ir.Call, frame: Frame) -> Value:
    """The value of a call expression."""
    from routewarden.model.expressions import evaluate, member_of_enclosing

    function = expr.function
    if isinstance(function, ir.Name):
        holder = frame.find(function.name)
        target: Value | None
        if holder is not None:
            target = holder.locals[function.name]
        else:
            target = member_of_enclosing(ev, function.name, frame) if frame.owner is not None else None
            if target is None:
                static = ev.world.static_member(function.name, frame)
                if static is not None:
                    of = TypeValue(static.type_name, static.type)
                    target = MethodGroup(function.name, ev.world.methods(of, function.name), None, of)
        passed = _arguments(ev, expr, frame)
        where = CallSite(frame, expr.node, function.name, _types(ev, function.type_arguments, frame), _call_text(expr))
        if target is not None:
            return invoke(ev, target, passed, where)
        inherited = hosting.inherited_call(ev, frame, where, passed)
        return inherited or unresolved(ev, None, where, passed)
    if isinstance(function, ir.Member):
        target = evaluate(ev, function.target, frame)
        passed = _arguments(ev, expr, frame)
        where = CallSite(frame, expr.node, function.name, _types(ev, function.type_arguments, frame), _call_text(expr))
        if function.conditional and isinstance(target, Const) and target.value is None:
            return NULL
        on_base = isinstance(function.target, ir.Name) and function.target.name == "base"
        return call_member(ev, target, passed, where, on_base=on_base)
    target = evaluate(ev, function, frame)
    return invoke(ev, target, _arguments(ev, expr, frame), CallSite(frame, expr.node, "", (), _call_text(expr)))


def _call_text(expr: ir.Call) -> str:
    from routewarden.model.evaluator import describe

    name = expr.function.name if isinstance(expr.function, (ir.Member, ir.Name)) else "…"
    return f"{name}({', '.join(describe(a.value, 40) for a in expr.arguments)})"


def _types(ev: Evaluator, refs: tuple[ir.TypeRef, ...], frame: Frame) -> tuple[TypeValue, ...]:
    return tuple(ev.world.resolve(r, frame) or TypeValue(r.name) for r in refs)


def _arguments(ev: Evaluator, expr: ir.Call | ir.New, frame: Frame) -> list[Passed]:
    from routewarden.model.expressions import evaluate

    return [Passed(evaluate(ev, a.value, frame), a.name, a.modifier) for a in expr.arguments]


def invoke(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite) -> Value:
    """Calls a lambda, local function or method group."""
    if isinstance(target, Closure):
        return invoke_closure(ev, target, [p.value for p in passed], passed)
    if isinstance(target, MethodGroup):
        chosen = choose(ev, target.methods, passed, skip=0)
        if chosen is not None:
            this = target.this if "static" not in chosen.facts.modifiers else None
            return invoke_method(ev, chosen, this, passed, where.type_arguments or target.type_arguments)
        if target.type is not None:
            return call_member(ev, target.this or target.type, passed, where)
    return unresolved(ev, target, where, passed)


def call_member(ev: Evaluator, target: Value, passed: Sequence[Passed], where: CallSite, on_base: bool = False) -> Value:
    """`target.name(passed)`: instance and static methods first, then extension methods (C# spec 12.8.9)."""
    name = where.name
    if isinstance(target, TypeValue):
        methods = ev.world.methods(target, name)
        chosen = choose(ev, methods, passed, skip=0)
        if chosen is not None:
            return invoke_method(ev, chosen, None, passed, where.type_arguments)
        return library.static_call(ev, target, passed, where) or unresolved(ev, target, where, passed)
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
        chosen = choose(ev, methods, passed, skip=0)
        if chosen is not None:
            if chosen.facts.body is None:
                return _call_implementations(ev, target, of, passed, where, chosen)
            return invoke_method(ev, chosen, target, passed, where.type_arguments)
    extended = [Passed(target), *passed]
    extension = choose(ev, ev.world.extension_methods(name, where.frame), extended, skip=0, receiver=True)
    if extension is not None:
        return invoke_method(ev, extension, None, extended, where.type_arguments)
    result = hosting.call(ev, target, passed, where)
    if result is None:
        result = library.call(ev, target, passed, where)
    if result is None:
        result = hosting.framework_call(ev, target, passed, where)
    return result if result is not None else unresolved(ev, target, where, passed)


def _call_implementations(
    ev: Evaluator, target: Value, of: TypeValue, passed: Sequence[Passed], where: CallSite, declared: MethodRef
) -> Value:
    """An abstract or interface method on an object that is not known: if routes are built in it, on each implementation in the app."""
    if any(isinstance(p.value, RouteBuilder) for p in passed):
        for implementation in ev.world.implementations(of, ev.app.projects):
            instance = Instance(implementation)
            chosen = choose(ev, ev.world.methods(implementation, where.name), passed, skip=0)
            if chosen is not None and chosen.facts.body is not None:
                invoke_method(ev, chosen, instance, passed, where.type_arguments)
    returns = ev.world.resolve_in(declared.facts.type, declared.path, declared.type)
    return Unknown(returns, f"`{where.name}` runs in an object that is not known")


def unresolved(ev: Evaluator, target: Value | None, where: CallSite, passed: Sequence[Passed]) -> Value:
    """The result of a call nobody knows; builders that go in are marked, lambdas are run once for what they map."""
    return hosting.unresolved_call(ev, target, where, passed)


# --- overloads -----------------------------------------------------------------------------------------------------------


def choose(
    ev: Evaluator, methods: Sequence[MethodRef], passed: Sequence[Passed], skip: int, receiver: bool = False
) -> MethodRef | None:
    """The best applicable method; None where none applies. `receiver`: the first argument is the receiver of an extension method."""
    best: MethodRef | None = None
    best_score = -1
    for method in methods:
        score = applicable(ev, method, passed, receiver)
        if score is not None and score > best_score:
            best, best_score = method, score
    return best


def applicable(ev: Evaluator, method: MethodRef, passed: Sequence[Passed], receiver: bool) -> int | None:
    parameters = method.facts.parameters
    takes_rest = bool(parameters) and "params" in parameters[-1].modifiers
    if len(passed) > len(parameters) and not takes_rest:
        return None
    score = 2 * len(passed) + (0 if takes_rest else 1) - (len(parameters) - len(passed) if len(parameters) > len(passed) else 0)
    score = max(score, 0)
    taken: set[str] = set()
    for index, argument in enumerate(passed):
        parameter = None
        if argument.name is not None:
            parameter = next((p for p in parameters if p.name == argument.name), None)
        elif index < len(parameters):
            parameter = parameters[index]
        elif takes_rest:
            parameter = parameters[-1]
        if parameter is None:
            return None
        taken.add(parameter.name)
        if parameter.type is None:
            continue
        declared = ev.world.resolve_in(parameter.type, method.path, method.type, method.facts.type_parameters)
        is_rest = takes_rest and parameter is parameters[-1]
        fit = fits(ev, argument.value, declared, is_rest, strict=receiver and index == 0, constraint=_constraint(method, parameter))
        if fit is None:
            return None
        score += fit
    for parameter in parameters:
        if parameter.name not in taken and parameter.default is None and "params" not in parameter.modifiers:
            return None
    return score


def _constraint(method: MethodRef, parameter: ir.Parameter) -> bool:
    """The parameter's type is a type parameter of the method."""
    return parameter.type is not None and parameter.type.name in method.facts.type_parameters


def fits(ev: Evaluator, value: Value, declared: TypeValue | None, is_rest: bool, strict: bool, constraint: bool = False) -> int | None:
    """How well a value goes into a parameter: None not at all, 0 perhaps, up to 3 exactly."""
    if constraint or declared is None:
        return 0
    target = declared.name
    if target == "System.Object":
        return 0
    if isinstance(value, (Closure, MethodGroup)):
        return 2 if ev.world.is_delegate(declared) else None
    own = type_name(value)
    if isinstance(value, Const) and value.value is None:
        return 1
    if own is None:
        return 0 if not strict else None
    if is_rest and declared.name.endswith("[]"):
        target = declared.name.removesuffix("[]")
    if own == target:
        return 3
    if ev.world.is_delegate(declared):
        return None
    verdict = ev.world.is_assignable(value_type(value) or TypeValue(own), TypeValue(target, declared.symbol, declared.arguments))
    if verdict is None:
        return 0 if not strict else None
    if verdict:
        return 1
    if isinstance(value, (ListValue, DictValue)):
        return 0 if not strict else None
    return None


# --- running ------------------------------------------------------------------------------------------------------------


def invoke_closure(ev: Evaluator, closure: Closure, values: Sequence[Value], passed: Sequence[Passed] = ()) -> Value:
    """Runs a lambda or local function."""
    code, outer = closure.code, closure.frame
    if ev.depth >= MAX_CALLS or ev.exhausted:
        return Unknown(None, "calls are nested too deeply to follow")
    frame = Frame(outer.path, code.body, {}, outer, outer.this, outer.owner, outer.type_arguments, None, outer.file_scope)
    if isinstance(code, ir.LocalFunction):
        _bind_parameters(ev, code.parameters, passed or [Passed(v) for v in values], frame)
        frame.yields = [] if _iterates(code.return_type) else None
    else:
        for index, parameter in enumerate(code.parameters):
            frame.locals[parameter.name] = values[index] if index < len(values) else Unknown(
                ev.world.resolve(parameter.type, outer) if parameter.type is not None else None, "a lambda's parameter"
            )
    return _run_body(ev, outer.path, code.body, frame)


def invoke_method(
    ev: Evaluator, method: MethodRef, this: Value | None, passed: Sequence[Passed], type_arguments: tuple[TypeValue, ...] = ()
) -> Value:
    """Runs a workspace method."""
    facts = method.facts
    returns = ev.world.resolve_in(facts.type, method.path, method.type, facts.type_parameters)
    if facts.body is None or ev.depth >= MAX_CALLS or ev.exhausted:
        return Unknown(returns, f"`{facts.name}` has no body that can be followed")
    generics = dict(zip(facts.type_parameters, type_arguments, strict=False)) or _inferred(ev, facts.parameters, facts.type_parameters, passed)
    frame = Frame(method.path, facts.body, {}, None, this, method.type, {**_receiver_arguments(this), **generics})
    frame.yields = [] if _iterates(facts.type) else None
    _bind_parameters(ev, facts.parameters, passed, frame)
    result = _run_body(ev, method.path, facts.body, frame)
    if isinstance(result, Unknown) and result.type is None and returns is not None:
        return Unknown(returns, result.reason)
    return result


def _receiver_arguments(this: Value | None) -> Mapping[str, TypeValue]:
    of = value_type(this)
    if of is None or not of.arguments or of.symbol is None:
        return {}
    names = getattr(of.symbol, "type_parameters", ())
    return dict(zip(names, of.arguments, strict=False))


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


def _iterates(returns: ir.TypeRef | None) -> bool:
    return returns is not None and returns.name.rsplit(".", 1)[-1] in ("IEnumerable", "IAsyncEnumerable", "IEnumerator")


def _bind_parameters(ev: Evaluator, parameters: Sequence[ir.Parameter], passed: Sequence[Passed], frame: Frame) -> None:
    from routewarden.model.expressions import evaluate

    named = {p.name: p.value for p in passed if p.name is not None}
    positional = [p.value for p in passed if p.name is None]
    for index, parameter in enumerate(parameters):
        if parameter.name in named:
            frame.locals[parameter.name] = named[parameter.name]
        elif "params" in parameter.modifiers:
            rest = positional[index:]
            if len(rest) == 1 and isinstance(rest[0], ListValue):
                frame.locals[parameter.name] = rest[0]
            else:
                frame.locals[parameter.name] = ListValue(list(rest))
        elif index < len(positional):
            frame.locals[parameter.name] = positional[index]
        elif parameter.default is not None:
            frame.locals[parameter.name] = evaluate(ev, parameter.default, frame)
        else:
            of = ev.world.resolve(parameter.type, frame) if parameter.type is not None else None
            frame.locals[parameter.name] = Unknown(of, "a parameter nobody passes")


def _run_body(ev: Evaluator, path: str, body_id: str, frame: Frame) -> Value:
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


# --- creation ------------------------------------------------------------------------------------------------------------


def create(ev: Evaluator, expr: ir.New, frame: Frame, wanted: TypeValue | None) -> Value:
    """The object that `new` makes."""
    from routewarden.model.expressions import evaluate

    if expr.anonymous:
        return Instance(TypeValue("<anonymous>"), {n: evaluate(ev, v, frame) for n, v in expr.initializer if n is not None})
    of = ev.world.resolve(expr.type, frame) if expr.type is not None else wanted
    passed = _arguments(ev, expr, frame)
    site = Site(frame.path, frame.body, f"node:{expr.node}")
    if of is None:
        for _, item in expr.initializer:
            evaluate(ev, item, frame)
        return Unknown(None, f"type `{expr.type}` is not known")
    value = construct(ev, of, passed, site)
    for name, item in expr.initializer:
        if name is not None:
            declared = ev.world.property_type(of, name)
            inner = evaluate(ev, item, frame, declared)
            if isinstance(item, ir.New) and item.type is None and not item.arguments and isinstance(value, Instance):
                inner = hosting.initialise_nested(ev, value, name, inner)
            write(ev, value, name, inner, frame, expr.node)
            continue
        inner = evaluate(ev, item, frame, of.arguments[-1] if of.arguments else None)
        if isinstance(value, ListValue):
            value.items.append(inner)
        elif isinstance(value, DictValue):
            parts = getattr(inner, "items", ())
            if len(parts) == 2:
                value.entries.append((parts[0][1], parts[1][1]))
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
        return instance
    special = library.new_object(ev, of, passed) or hosting.new_object(ev, of, passed, site)
    if special is not None:
        return special
    instance = Instance(of, arguments=tuple(p.value for p in passed))
    framework_constructor(ev, instance, of, passed)
    return instance


def run_constructor(ev: Evaluator, instance: Instance, of: TypeValue, passed: Sequence[Passed]) -> None:
    """Runs the constructor of workspace type `of` (the instance's own or a base) on the instance."""
    from routewarden.model.expressions import evaluate

    if ev.depth >= MAX_CALLS:
        return
    ev.depth += 1
    try:
        symbol = of.symbol
        primary = ev.world.primary_parameters(of)
        generics = _receiver_arguments(Instance(of))
        if primary is not None:
            path, parameters = primary
            frame = Frame(path, "", {}, None, instance, symbol, generics)
            _bind_parameters(ev, parameters, passed, frame)
            for name, value in frame.locals.items():
                instance.fields[name] = value
            base = ev.world.base_of(of)
            if base is not None:
                arguments = [Passed(evaluate(ev, a, frame)) for a in ev.world.base_arguments(of)]
                _base_constructor(ev, instance, base, arguments)
            return
        constructor = choose(ev, ev.world.constructors(of), passed, skip=0)
        base = ev.world.base_of(of)
        if constructor is None:
            if base is not None:
                _base_constructor(ev, instance, base, ())
            return
        facts = constructor.facts
        frame = Frame(constructor.path, facts.body or "", {}, None, instance, symbol, generics)
        _bind_parameters(ev, facts.parameters, passed, frame)
        called, expressions = facts.constructor_call or ("base", ())
        arguments = [Passed(evaluate(ev, a, frame)) for a in expressions]
        if called == "this":
            run_constructor(ev, instance, of, arguments)
        elif base is not None:
            _base_constructor(ev, instance, base, arguments)
        if facts.body is not None:
            _run_body(ev, constructor.path, facts.body, frame)
    finally:
        ev.depth -= 1


def _base_constructor(ev: Evaluator, instance: Instance, base: TypeValue, passed: Sequence[Passed]) -> None:
    if ev.world.is_workspace(base):
        run_constructor(ev, instance, base, passed)
    else:
        framework_constructor(ev, instance, base, passed)


def framework_constructor(ev: Evaluator, instance: Instance, of: TypeValue, passed: Sequence[Passed]) -> None:
    """A framework constructor's parameters name the properties they set (`AuthorizeAttribute(string policy)` sets Policy)."""
    parameters = ev.world.framework_parameters(of, passed)
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


def deconstruct(ev: Evaluator, value: Instance, count: int) -> list[Value]:
    """The parts of a record, in the order of its primary constructor."""
    primary = ev.world.primary_parameters(value.type)
    if primary is None:
        return []
    return [value.fields.get(p.name, Unknown(None, "not known")) for p in primary[1][:count]]


# --- members ------------------------------------------------------------------------------------------------------------


def read(ev: Evaluator, ref: DataRef, of: TypeValue, this: Value | None) -> Value:
    """The value of a field, property or enum member."""
    from routewarden.model.expressions import evaluate

    facts = ref.facts
    if facts is None:
        declared = ev.world.resolve_in(ref.parameter.type if ref.parameter else None, ref.path, ref.type)
        if isinstance(this, Instance):
            return this.fields.get(ref.name, Unknown(declared, f"`{ref.name}` is given at run time"))
        return Unknown(declared, f"`{ref.name}` is given at run time")
    if facts.kind == "enum-member":
        return Const(facts.name, TypeValue(ref.type_name, ref.type))
    declared = ev.world.resolve_in(facts.type, ref.path, ref.type)
    static = bool(facts.modifiers & {"static", "const"})
    key = (ref.type_name, facts.name)
    if static:
        if key in ev.statics:
            ev.world.types.tracker.current |= ev.static_masks.get(key, 0)
            return ev.statics[key]
        if key in ev.active:
            return Unknown(declared, f"`{facts.name}` is defined by itself")
    elif isinstance(this, Instance) and facts.name in this.fields:
        return this.fields[facts.name]
    getter = next((b for w, b in facts.accessors if w == "get" and b is not None), None)
    frame = Frame(ref.path, getter or f"{facts.id}:init", {}, None, this if not static else None, ref.type, _receiver_arguments(this))
    if getter is not None:
        if ev.depth >= MAX_CALLS:
            return Unknown(declared, "calls are nested too deeply to follow")
        frame.yields = [] if _iterates(facts.type) else None
        value = _run_body(ev, ref.path, getter, frame)
        return Unknown(declared, value.reason) if isinstance(value, Unknown) and value.type is None else value
    if facts.initializer is not None:
        ev.active.add(key)
        try:
            initializer = facts.initializer
            value, mask = ev.world.types.tracker.measured(lambda: evaluate(ev, initializer, frame, declared))
        finally:
            ev.active.discard(key)
        if static:
            ev.statics[key] = value
            ev.static_masks[key] = mask | ev.world.types.tracker.mask((ref.type.name,))
        elif isinstance(this, Instance):
            this.fields[facts.name] = value
        return value
    if not static and not isinstance(this, Instance):
        return Unknown(declared, f"`{facts.name}` is set at run time")
    if static and ev.world.run_static_constructor(ev, ref.type):
        return ev.statics.get(key, Unknown(declared, f"`{facts.name}` is set at run time"))
    return Unknown(declared, f"`{facts.name}` is set at run time")


def write_enclosing(ev: Evaluator, name: str, value: Value, frame: Frame) -> None:
    """`name = value` inside a member."""
    if isinstance(frame.this, Instance) and ev.world.data_member(frame.this.type, name) is not None:
        write(ev, frame.this, name, value, frame, -1)
        return
    for symbol in ev.world.enclosing(frame):
        of = TypeValue(ev.world.full_name(symbol), symbol)
        ref = ev.world.data_member(of, name)
        if ref is not None:
            if isinstance(frame.this, Instance) and not (ref.facts is not None and "static" in ref.facts.modifiers):
                frame.this.fields[name] = value
            else:
                ev.statics[(ref.type_name, name)] = value
            return
    if isinstance(frame.this, Instance):
        write(ev, frame.this, name, value, frame, -1)


def write(ev: Evaluator, owner: Value, name: str, value: Value, frame: Frame, node: int) -> None:
    """`owner.name = value`."""
    if isinstance(owner, TypeValue):
        ref = ev.world.data_member(owner, name)
        if ref is not None:
            ev.statics[(ref.type_name, name)] = value
        return
    if isinstance(owner, Instance):
        ref = ev.world.data_member(owner.type, name) if ev.world.is_workspace(owner.type) else None
        setter = next((b for w, b in ref.facts.accessors if w in ("set", "init") and b), None) if ref and ref.facts else None
        if ref is not None and setter is not None and ev.depth < MAX_CALLS:
            inner = Frame(ref.path, setter, {"value": value}, None, owner, ref.type, _receiver_arguments(owner))
            _run_body(ev, ref.path, setter, inner)
            return
        if hosting.assign(ev, owner, name, value, Site(frame.path, frame.body, f"node:{node}")):
            return
        old = owner.fields.get(name)
        if ev.conditions and old is not None and not (isinstance(old, Const) and isinstance(value, Const) and old.value == value.value):
            value = Unknown(value_type(value), f"depends on `{ev.conditions[-1]}`")
        owner.fields[name] = value
