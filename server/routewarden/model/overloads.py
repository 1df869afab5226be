"""Which of several workspace methods a call means.

Invariant: a method is chosen only if every argument may go into its parameter; among those, the one whose parameters say most about
the arguments. A simplification of C# spec 12.6.4 (https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/expressions#1264-overload-resolution).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.model.members import MethodRef
from routewarden.model.values import Closure, Const, DictValue, ListValue, MethodGroup, RouteBuilder, TypeValue, Value, type_name, value_type
from routewarden.model.world import World

if TYPE_CHECKING:
    from routewarden.model.evaluator import Passed


def choose(
    world: World, methods: Sequence[MethodRef], passed: Sequence[Passed], receiver: bool = False
) -> MethodRef | None:
    """The best applicable method; None where none applies. `receiver`: the first argument is the receiver of an extension method."""
    best: MethodRef | None = None
    best_score = -1
    for method in methods:
        score = applicable(world, method, passed, receiver)
        if score is not None and score > best_score:
            best, best_score = method, score
    return best


def applicable(world: World, method: MethodRef, passed: Sequence[Passed], receiver: bool) -> int | None:
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
        declared = world.resolve_in(parameter.type, method.path, method.type, method.facts.type_parameters)
        is_rest = takes_rest and parameter is parameters[-1]
        fit = fits(world, argument.value, declared, is_rest, strict=receiver and index == 0, constraint=_constraint(method, parameter))
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


def fits(world: World, value: Value, declared: TypeValue | None, is_rest: bool, strict: bool, constraint: bool = False) -> int | None:
    """How well a value goes into a parameter: None not at all, 0 perhaps, up to 3 exactly."""
    if constraint or declared is None:
        return 0
    target = declared.name
    if target == "System.Object":
        return 0
    if isinstance(value, (Closure, MethodGroup)):
        return 2 if world.is_delegate(declared) else None
    if isinstance(value, RouteBuilder) and value.seen_as is not None:
        value = RouteBuilder(value.group, value.seen_as)
    if isinstance(value, (ListValue, DictValue)) and target == "System.String":
        return None
    own = type_name(value)
    if isinstance(value, Const) and value.value is None:
        return 1
    if own is None:
        return 0 if not strict else None
    if is_rest and declared.arguments and not isinstance(value, ListValue):  # `params T[]`, `params ReadOnlySpan<T>`, ...
        declared = declared.arguments[0]
        target = declared.name
    if own == target:
        return 3
    if world.is_delegate(declared):
        return None
    verdict = world.is_assignable(value_type(value) or TypeValue(own), TypeValue(target, declared.symbol, declared.arguments))
    if verdict is None:
        return 0 if not strict else None
    if verdict:
        return 1
    if isinstance(value, (ListValue, DictValue)):
        return 0 if not strict else None
    return None
