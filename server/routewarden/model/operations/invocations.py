"""Which method a call means, with the types of its result and of the lambdas that go in.

Invariant: candidates come from the declared members of the receiver's type, then from extension methods in scope; a candidate whose
parameters cannot take the arguments is out, the best of the rest is taken, and only ties of equal parameter lists are decided by
order. Type arguments are those that are written, else inferred from receiver, arguments and the results of lambdas, in this order.
https://learn.microsoft.com/dotnet/csharp/language-reference/language-specification/expressions#1264-overload-resolution
Deliberately absent: conversions by operators, named-argument reordering beyond matching by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.model.extension_lookup import Bindings, converts
from routewarden.model.member_lookup import Member
from routewarden.model.operations.environment import Binding, Env, closed, written_type
from routewarden.model.operations.signatures import (
    FormalParameter,
    Signature,
    delegate_shape,
    is_method,
    parameter_of,
)
from routewarden.model.symbols import NamedType, Type, substitute
from routewarden.model.workspace_types import TypeParameter

if TYPE_CHECKING:
    from routewarden.model.operations.static_types import Typing


@dataclass(frozen=True, slots=True)
class Invocation:
    """A call: the method (None: not known), what it is called on, and what it gives.

    `receiver` is the static type of the object (None for static calls and calls on `this`, see `on_this`).
    """

    name: str
    method: Member | None = None
    signature: Signature | None = None
    receiver: Type | None = None
    on_this: bool = False
    on_base: bool = False
    reduced: bool = False  # an extension method called on its first argument
    bindings: tuple[tuple[TypeParameter, Type | None], ...] = ()
    returns: Type | None = None
    function: Binding | None = None  # a local function, or a delegate in a local or parameter
    alternatives: tuple[Member, ...] = field(default=())  # other overloads that may be meant as well

    def parameter(self, arguments: Sequence[ir.Argument], at: int) -> FormalParameter | None:
        """The parameter that argument `at` goes into, its type with what is known of the type arguments."""
        if self.signature is None:
            return None
        found = parameter_of(self.signature, arguments, at, self.reduced)
        if found is None:
            return None
        return FormalParameter(found.name, substitute(found.type, dict(self.bindings)), found.modifier, found.optional)


@dataclass(frozen=True, slots=True)
class _Candidate:
    member: Member
    signature: Signature
    reduced: bool
    bound: Bindings


def resolve(typing: Typing, call: ir.Call, env: Env) -> Invocation:
    """What a call calls."""
    function = call.function
    if isinstance(function, ir.Name):
        return _by_name(typing, call, function, env)
    if isinstance(function, ir.Member):
        return _on_target(typing, call, function, env)
    of = typing.type_of(function, env)
    shape = delegate_shape(typing.resolver, of)
    return Invocation("Invoke", returns=shape[1] if shape else None, receiver=of)


def _by_name(typing: Typing, call: ir.Call, function: ir.Name, env: Env) -> Invocation:
    binding = env.find(function.name)
    if binding is not None:
        if binding.function is not None:
            returns = written_type(typing.resolver, binding.function.return_type, binding.env or env)
            return Invocation(function.name, returns=returns, function=binding)
        shape = delegate_shape(typing.resolver, binding.type)
        return Invocation(function.name, returns=shape[1] if shape else None, receiver=binding.type, function=binding)
    found = typing.meaning(ir.Name(function.name), env)
    methods = [m for m in found.members if is_method(m)]
    if not methods:
        shape = delegate_shape(typing.resolver, found.type)
        return Invocation(function.name, returns=shape[1] if shape else None, receiver=found.type)
    candidates = [_Candidate(m, typing.signature(m), False, {}) for m in methods]
    return _chosen(typing, call, function.name, function.type_arguments, candidates, env, None, on_this=True)


def _on_target(typing: Typing, call: ir.Call, function: ir.Member, env: Env) -> Invocation:
    target = typing.meaning(function.target, env)
    on_this = isinstance(function.target, ir.Name) and function.target.name in ("this", "base")
    name = function.name
    if target.namespace is not None:
        return Invocation(name)
    members = typing.members(target.type, name)
    methods = [m for m in members if is_method(m)]
    candidates = [_Candidate(m, typing.signature(m), False, {}) for m in methods]
    if target.is_type and members and not methods:  # a static field that holds a delegate
        held = typing.meaning(function, env).type
        shape = delegate_shape(typing.resolver, held)
        if shape is not None:
            return Invocation(name, returns=shape[1], receiver=held)
    if target.is_type:
        candidates = [c for c in candidates if c.signature.is_static]
        return _chosen(typing, call, name, function.type_arguments, candidates, env, None)
    candidates = [c for c in candidates if not c.signature.is_static]
    on_base = isinstance(function.target, ir.Name) and function.target.name == "base"
    if candidates:
        found = _chosen(typing, call, name, function.type_arguments, candidates, env, target.type, on_this=on_this, on_base=on_base)
        if found.method is not None:
            return found
    if members and not methods:
        held = typing.meaning(function, env).type
        shape = delegate_shape(typing.resolver, held)
        if shape is not None:
            return Invocation(name, returns=shape[1], receiver=held)
    if target.type is None:
        return Invocation(name)
    if name == "Invoke" and (shape := delegate_shape(typing.resolver, target.type)) is not None:
        binding = env.find(function.target.name) if isinstance(function.target, ir.Name) else None
        return Invocation(name, returns=shape[1], receiver=target.type, function=binding)
    extensions = typing.extensions(name, env.scope, target.type)
    reduced = [_Candidate(e.member, typing.signature(e.member), True, dict(e.bindings)) for e in extensions]
    return _chosen(typing, call, name, function.type_arguments, reduced, env, target.type)


# --- the best candidate --------------------------------------------------------------------------------------------------


def _chosen(
    typing: Typing, call: ir.Call, name: str, written: Sequence[ir.TypeRef], candidates: Sequence[_Candidate], env: Env,
    receiver: Type | None, on_this: bool = False, on_base: bool = False,
) -> Invocation:
    fitting = [c for c in candidates if _takes(c, call.arguments, len(written))]
    if len(fitting) > 1:
        scored = [(score, c) for c in fitting if (score := _score(typing, c, call.arguments, env)) is not None]
        best = max((s for s, _ in scored), default=0)
        fitting = _nearest(typing, [c for s, c in scored if s == best] or fitting)
    if not fitting:
        return Invocation(name, receiver=receiver, on_this=on_this)
    first = fitting[0]
    bindings = _inferred(typing, first, call, written, env)
    returns = closed(substitute(first.signature.returns, bindings), env.routine)
    return Invocation(
        name, first.member, first.signature, receiver, on_this and not first.signature.is_static, on_base, first.reduced,
        tuple(bindings.items()), _known(returns, first.signature), None, tuple(c.member for c in fitting[1:]),
    )


def _nearest(typing: Typing, candidates: list[_Candidate]) -> list[_Candidate]:
    """Those whose receiver says most come first: `IQueryable<T>` before `IEnumerable<T>`."""
    if not candidates[0].reduced:
        return candidates

    def worse(of: _Candidate) -> int:
        own = of.signature.parameters[0].type
        others = (c.signature.parameters[0].type for c in candidates if c is not of)
        return sum(1 for o in others if isinstance(o, NamedType) and isinstance(own, NamedType) and o.symbol is not own.symbol
                   and typing.is_a(o, own.full_name))

    return sorted(candidates, key=worse)


def _known(of: Type | None, signature: Signature) -> Type | None:
    """A type parameter of the method that nothing told is no type."""
    return None if isinstance(of, TypeParameter) and of in signature.type_parameters else of


def _takes(candidate: _Candidate, arguments: Sequence[ir.Argument], written: int) -> bool:
    formal = candidate.signature.parameters[1:] if candidate.reduced else candidate.signature.parameters
    if written and written != len(candidate.signature.type_parameters):
        return False
    rest = bool(formal) and formal[-1].modifier == "params"
    if len(arguments) > len(formal) and not rest:
        return False
    names = {p.name for p in formal}
    given = {a.name for a in arguments if a.name is not None}
    if not given <= names:
        return False
    positional = sum(1 for a in arguments if a.name is None)
    return all(p.optional or p.name in given for p in formal[positional:])


def _score(typing: Typing, candidate: _Candidate, arguments: Sequence[ir.Argument], env: Env) -> int | None:
    """How well the arguments go in; None where one cannot."""
    formal = candidate.signature.parameters[1:] if candidate.reduced else candidate.signature.parameters
    score = 2 * (len(arguments) == len(formal)) - (1 if formal and formal[-1].modifier == "params" else 0)
    for at, argument in enumerate(arguments):
        parameter = parameter_of(candidate.signature, arguments, at, candidate.reduced)
        if parameter is None:
            return None
        fit = _fit(typing, argument.value, parameter.type, candidate.signature, env)
        if fit is None:
            return None
        score += fit
    return score


def _fit(typing: Typing, value: ir.Expr, wanted: Type | None, signature: Signature, env: Env) -> int | None:
    if wanted is None or (isinstance(wanted, TypeParameter) and wanted in signature.type_parameters):
        return 0 if not isinstance(value, ir.Lambda) or wanted is None else None
    if isinstance(value, ir.Lambda):
        shape = delegate_shape(typing.resolver, wanted)
        if shape is None:
            return None if isinstance(wanted, NamedType) and wanted.full_name not in ("System.Delegate", "System.Object") else 0
        if len(shape[0]) != len(value.parameters):
            return None
        if value.is_async and isinstance(shape[1], NamedType) and "Task" not in shape[1].full_name:
            return None
        return 2
    if isinstance(value, ir.Literal) and value.value is None:
        return 0
    of = typing.type_of(value, env)
    if of is None:
        return 0
    if of == wanted:
        return 4
    verdict = converts(typing.resolver, of, wanted, signature.owner, {})
    return None if verdict is False and not _numeric(of, wanted) else 2 if verdict else 0


def _numeric(of: Type, wanted: Type | None) -> bool:
    """Between types that .NET converts by operators: numbers, nullables, strings to spans."""
    names = [t.full_name for t in (of, wanted) if isinstance(t, NamedType)]
    return all(n.startswith("System.") and n.count(".") == 1 for n in names) and "System.String" not in names


# --- type arguments ------------------------------------------------------------------------------------------------------


def _inferred(typing: Typing, candidate: _Candidate, call: ir.Call, written: Sequence[ir.TypeRef], env: Env) -> Bindings:
    signature = candidate.signature
    bindings: Bindings = dict(candidate.bound)
    if not signature.type_parameters:
        return bindings
    if written:
        for parameter, ref in zip(signature.type_parameters, written, strict=False):
            bindings[parameter] = written_type(typing.resolver, ref, env)
        return bindings
    lambdas: list[tuple[ir.Lambda, Type | None]] = []
    for at, argument in enumerate(call.arguments):
        formal = parameter_of(signature, call.arguments, at, candidate.reduced)
        if formal is None or not _mentions(formal.type, signature):
            continue
        if isinstance(argument.value, ir.Lambda):
            lambdas.append((argument.value, formal.type))
            continue
        of = typing.type_of(argument.value, env)
        if of is not None:
            converts(typing.resolver, of, formal.type, signature.owner, bindings)
    for function, wanted in lambdas:
        shape = delegate_shape(typing.resolver, substitute(wanted, bindings))
        if shape is not None and shape[1] is not None and _mentions(shape[1], signature):
            _bind_result(typing, function, shape, signature, bindings, env)
    return bindings


def _bind_result(
    typing: Typing, function: ir.Lambda, shape: tuple[tuple[Type | None, ...], Type | None], signature: Signature, bindings: Bindings, env: Env
) -> None:
    given = lambda_result(typing, function, shape[0], env)
    wanted = shape[1]
    if given is None or wanted is None:
        return
    if function.is_async:
        wanted = typing.awaited(wanted)
    converts(typing.resolver, given, wanted, signature.owner, bindings)


def lambda_env(typing: Typing, function: ir.Lambda, types: Callable[[], Sequence[Type | None]], env: Env) -> Env:
    """The environment of a lambda's body, its parameters typed by the delegate (`types`, asked for when a parameter is)."""
    inner = env.inner()

    def given(at: int) -> Type | None:
        known = types()
        return closed(known[at], env.routine) if at < len(known) else None

    for at, parameter in enumerate(function.parameters):
        ref = parameter.type
        inner.bind(
            parameter.name,
            Binding("parameter", lambda ref=ref, at=at: written_type(typing.resolver, ref, env) if ref is not None else given(at)),  # type: ignore[misc]
        )
    return inner


def lambda_result(typing: Typing, function: ir.Lambda, types: Sequence[Type | None], env: Env) -> Type | None:
    """What a lambda gives: the type of its expression, or of its first `return` that tells one."""
    body = typing.body(env.routine.path, function.body)
    inner = lambda_env(typing, function, lambda: types, env)
    for value, at in returned(typing, body or (), inner):
        of = typing.type_of(value, at)
        if of is not None:
            return of
    return None


def returned(typing: Typing, body: Sequence[ir.Stmt], env: Env) -> Iterator[tuple[ir.Expr, Env]]:
    """The values of the `return` statements of a body with the names that stand around them; nested functions left out."""
    for statement in body:
        if isinstance(statement, ir.Return):
            if statement.value is not None:
                yield statement.value, env
        elif isinstance(statement, ir.Local):
            of, value = statement.type, statement.value
            env.bind(statement.name, Binding(
                "local",
                lambda of=of, value=value: written_type(typing.resolver, of, env) if of is not None  # type: ignore[misc]
                else typing.type_of(value, env) if value is not None else None, value, env,
            ))
        elif isinstance(statement, ir.Block):
            yield from returned(typing, statement.body, env.inner())
        elif isinstance(statement, ir.If):
            yield from returned(typing, [s for s in (statement.then, statement.otherwise) if s is not None], env.inner())
        elif isinstance(statement, (ir.ForEach, ir.For, ir.While, ir.Using)):
            yield from returned(typing, [statement.body], env.inner())
        elif isinstance(statement, ir.Try):
            yield from returned(typing, statement.body.body, env.inner())
        elif isinstance(statement, ir.Switch):
            for section in statement.sections:
                yield from returned(typing, section.body, env.inner())


def _mentions(of: Type | None, signature: Signature) -> bool:
    if isinstance(of, TypeParameter):
        return of in signature.type_parameters
    if isinstance(of, NamedType):
        return any(_mentions(a, signature) for a in of.arguments)
    return of is not None and _mentions(of.element, signature)
