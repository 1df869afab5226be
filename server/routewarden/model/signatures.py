"""Which method of the framework a call means, and what its signature says of the result and of the lambdas that go in.

Invariant: every answer comes from the framework table; None is "not known".
"""

from __future__ import annotations

from collections.abc import Sequence

from routewarden.framework.table import FrameworkMethod, FrameworkParameter, FrameworkType
from routewarden.framework.type_names import parse_type_name
from routewarden.model.evaluator import Passed
from routewarden.model.symbols import Type
from routewarden.model.values import Closure, Const, MethodGroup, TypeValue, Unknown, Value, type_name, value_type
from routewarden.model.workspace_types import TypeParameter
from routewarden.model.world import World


def methods_of(world: World, of: TypeValue, name: str) -> list[FrameworkMethod]:
    """Instance and static methods `name` of a framework type or of a type's framework bases."""
    named = world.named_type(of)
    if named is None:
        return []
    found: list[FrameworkMethod] = []
    for above in (named, *world.resolver.supertypes(named).all):
        if isinstance(above.symbol, FrameworkType):
            found.extend(above.symbol.methods_named(name))
    return found


def method_of(
    world: World, of: TypeValue, name: str, values: Sequence[Value], static: bool = False
) -> FrameworkMethod | None:
    return _best(world, [m for m in methods_of(world, of, name) if m.is_static is static and not m.is_extension], values, 0)


def extension_of(world: World, target: Value, name: str, values: Sequence[Value], arity: int = 0) -> FrameworkMethod | None:
    """The framework's extension method that a call on the value means; `arity`: how many type arguments are written."""
    own = type_name(target)
    if own is None:
        return None
    fitting = []
    for _, method in world.table.extension_methods(name):
        receiver = method.parameters[0].type
        if receiver in method.generic:
            wanted = [t for p, t in method.constraints if p == receiver]
            if all(world.is_assignable_name(own, parse_type_name(t).name) for t in wanted if "<" not in t):
                fitting.append(method)
        else:
            ref = parse_type_name(receiver)
            identity = f"{ref.name}`{len(ref.arguments)}" if ref.arguments else ref.name
            if world.is_assignable_name(own, identity):
                fitting.append(method)
    return _best(world, [m for m in fitting if len(m.generic) == arity] or fitting if arity else fitting, values, 1)


def _best(world: World, methods: Sequence[FrameworkMethod], values: Sequence[Value], skip: int) -> FrameworkMethod | None:
    best, best_score = None, -1
    for method in methods:
        score = _score(world, method.parameters[skip:], values)
        if score is not None and score > best_score:
            best, best_score = method, score
    return best


def _score(world: World, parameters: Sequence[FrameworkParameter], values: Sequence[Value]) -> int | None:
    rest = bool(parameters) and parameters[-1].modifier == "params"
    if len(values) > len(parameters) and not rest:
        return None
    if sum(1 for p in parameters if not p.optional and p.modifier != "params") > len(values):
        return None
    score = 10 - len(parameters)
    for index, value in enumerate(values):
        parameter = parameters[min(index, len(parameters) - 1)]
        ref = parse_type_name(parameter.type)
        takes_function = ref.name in _FUNCTIONS or ref.name.endswith(("Delegate", "Handler", "Callback"))
        if isinstance(value, (Closure, MethodGroup)):
            if not takes_function and ref.name not in ("System.Object",) and not _is_delegate(world, parameter.type):
                return None
            score += 3
            taken = len(ref.arguments) - (ref.name == "System.Func")
            if isinstance(value, Closure) and ref.name in ("System.Action", "System.Func") and len(value.code.parameters) != taken:
                score -= 2
        elif takes_function:
            if not isinstance(value, Unknown) and not (isinstance(value, Const) and value.value is None):
                return None
        elif isinstance(value, Const) and isinstance(value.value, str) and value.type is None:
            if ref.name == "System.String":
                score += 3
            elif ref.array and ref.name == "System.String":
                score += 2
            elif not ref.name.startswith("System.Object") and len(ref.name) > 2:
                score -= 3
        else:
            own = type_name(value)
            if own is not None and own == ref.name:
                score += 3
    return max(score, 0)


def _is_delegate(world: World, text: str) -> bool:
    ref = parse_type_name(text)
    found = world.table.type(ref.name, len(ref.arguments))
    return found is not None and found.kind == "delegate"


def constructor_parameters(world: World, of: TypeValue, passed: Sequence[Passed]) -> tuple[FrameworkParameter, ...]:
    """The parameters of the constructor that takes these arguments."""
    symbol = of.symbol
    if symbol is None:
        named = world.named_type(of)
        symbol = named.symbol if named is not None else None
    if not isinstance(symbol, FrameworkType):
        return ()
    values = [p.value for p in passed]
    best: tuple[FrameworkParameter, ...] = ()
    best_score = -1
    for parameters in symbol.constructors:
        score = _score(world, parameters, values)
        if score is not None and score > best_score:
            best, best_score = parameters, score
    return best


def returned(world: World, method: FrameworkMethod, type_arguments: Sequence[TypeValue]) -> TypeValue | None:
    bound = dict(zip(method.generic, type_arguments, strict=False))
    if method.returns in bound:
        return bound[method.returns]
    generic: dict[str, Type | None] = {n: TypeParameter(n, "") for n in method.generic}
    return world.to_value(world.resolver.metadata_type(method.returns, generic), bound) or (
        TypeValue("System.Void") if method.returns == "System.Void" else None
    )


def returns_receiver(world: World, method: FrameworkMethod) -> bool:
    """`TBuilder WithName<TBuilder>(this TBuilder builder, ...)`."""
    return bool(method.parameters) and method.returns in method.generic and method.parameters[0].type == method.returns


def extends_services(world: World, method: FrameworkMethod) -> bool:
    return bool(method.parameters) and method.parameters[0].type == "Microsoft.Extensions.DependencyInjection.IServiceCollection"


def is_known_extension(world: World, name: str) -> bool:
    return bool(world.table.extension_types(name))


def is_extension_of(world: World, of: TypeValue, name: str) -> bool:
    symbol = of.symbol
    return isinstance(symbol, FrameworkType) and any(m.is_extension for m in symbol.methods_named(name))


def delegate_arguments(
    world: World, method: object, values: Sequence[Value], type_arguments: Sequence[TypeValue], target: Value | None
) -> list[tuple[Value, list[TypeValue | None] | None]]:
    """(function, types of the delegate's parameters) for each lambda that goes into an Action or Func of the framework."""
    if not isinstance(method, FrameworkMethod):
        return []
    skip = 1 if method.is_extension and len(method.parameters) > len(values) else 0
    parameters = method.parameters[skip:]
    bound: dict[str, TypeValue] = dict(zip(method.generic, type_arguments, strict=False))
    of = value_type(target)
    if of is not None:
        bound = {**world.bound(of), **bound}
        if method.is_extension and method.parameters[0].type in method.generic:
            bound.setdefault(method.parameters[0].type, of)
    found: list[tuple[Value, list[TypeValue | None] | None]] = []
    for index, value in enumerate(values):
        if not isinstance(value, (Closure, MethodGroup)) or not parameters:
            continue
        ref = parse_type_name(parameters[min(index, len(parameters) - 1)].type)
        if ref.name not in ("System.Action", "System.Func"):
            continue
        arguments = ref.arguments if ref.name == "System.Action" else ref.arguments[:-1]
        generic: dict[str, Type | None] = {n: TypeParameter(n, "") for n in (*method.generic, *bound)}
        found.append((value, [world.to_value(world.resolver.metadata_type(a, generic), bound) for a in arguments]))
    return found


_FUNCTIONS = frozenset({
    "System.Delegate", "System.Action", "System.Func", "Microsoft.AspNetCore.Http.RequestDelegate", "System.Predicate",
    "System.Linq.Expressions.Expression",
})
