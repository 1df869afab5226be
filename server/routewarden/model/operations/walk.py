"""Reads one body into its effects.

Invariant: the result is a function of the body and of what the names in it mean; steps stand in the order in which they run. What
cannot matter leaves nothing. Expressions are read in `walk_expressions`; how paths end is decided in `ends`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from routewarden.facts import syntax_ir as ir
from routewarden.model.operations import assumed, ends
from routewarden.model.operations.effects import Attempt, Branch, Exit, Loop, Step, Steps
from routewarden.model.operations.environment import Binding, Env, Routine, enter, written_type
from routewarden.model.operations.static_types import Typing
from routewarden.model.operations.walk_expressions import Reader
from routewarden.model.symbols import Type

_MOST_STEPS = 4_000  # of one body; generated code aside nobody writes more


def effects_of(typing: Typing, routine: Routine, env: Env | None = None) -> Steps:
    """The effects of a routine's body; empty where it has none. `env`: the names around it, for a lambda."""
    body = typing.body(routine.path, routine.body)
    if body is None:
        return ()
    return Walk(typing, routine).block(body, (env or enter(typing.resolver, routine)).inner())


class Walk:
    """The walk through one body, with the lambdas and local functions in it."""

    def __init__(self, typing: Typing, routine: Routine) -> None:
        self.typing = typing
        self.routine = routine
        self.steps = 0
        self.reader = Reader(self)
        self.active: set[str] = set()  # local functions that are being read

    def block(self, body: Sequence[ir.Stmt], env: Env, pessimistic: bool = False) -> Steps:
        """The steps of statements in a row. `pessimistic`: the way here is one of refusal, so every end is."""
        found: list[Step] = []
        for statement in body:
            if isinstance(statement, ir.LocalFunction):
                of = statement.return_type
                env.bind(statement.name, Binding(
                    "function", lambda of=of: written_type(self.typing.resolver, of, env), None, env, statement,  # type: ignore[misc]
                ))
        for statement in body:
            self.steps += 1
            if self.steps > _MOST_STEPS:
                break
            handler = _STATEMENTS.get(type(statement))
            steps = handler(self, statement, env, pessimistic) if handler is not None else ()
            if isinstance(statement, ir.If) and ends.outcome(statement.condition) == ends.SUCCESS and _leaves(steps):
                pessimistic = pessimistic or not _is_guard(statement)  # what follows `if (worked) return ...` is the other outcome
            found.extend(steps)
            if found and isinstance(found[-1], Exit):
                break
        return tuple(found)

    def expression(self, expr: ir.Expr | None, env: Env) -> Steps:
        return tuple(self.reader.read(expr, env)) if expr is not None else ()

    def bind_local(self, local: ir.Local, env: Env) -> None:
        typing, of, value = self.typing, local.type, local.value
        if local.name.startswith("("):
            self.bind_names(tuple(local.name[1:-1].split(",")), lambda: typing.type_of(value, env) if value is not None else None, env, value)
            return

        def own() -> Type | None:
            if of is not None:
                return written_type(typing.resolver, of, env)
            return typing.type_of(value, env) if value is not None else None

        env.bind(local.name, Binding("local", own, value, env))

    def bind_names(self, names: Sequence[str], of: Callable[[], Type | None], env: Env, value: ir.Expr | None) -> None:
        """`var (a, b) = value`."""
        for at, name in enumerate(names):
            env.bind(name, Binding("local", lambda at=at: self.typing.deconstructed(of(), at), value, env))  # type: ignore[misc]


def _leaves(steps: Steps) -> bool:
    """An `if` one of whose arms ends the body."""
    return any(isinstance(s, Branch) and any(arm and isinstance(arm[-1], Exit) for arm in s.arms) for s in steps)


def _is_guard(statement: ir.If) -> bool:
    """`if (id != null && bad) return BadRequest();`: what it returns is a refusal itself."""
    body = statement.then.body if isinstance(statement.then, ir.Block) else (statement.then,)
    last = body[-1] if body else None
    return isinstance(last, ir.Throw) or (isinstance(last, ir.Return) and ends.ending(last.value) != ends.SUCCESS)


# --- one kind of statement each ------------------------------------------------------------------------------------------


def _local(walk: Walk, of: ir.Local, env: Env, pessimistic: bool) -> Steps:
    steps = walk.expression(of.value, env)
    walk.bind_local(of, env)
    return steps


def _expression(walk: Walk, of: ir.ExprStmt, env: Env, pessimistic: bool) -> Steps:
    steps = walk.expression(of.value, env)
    return (*steps, Exit(ends.THROW)) if isinstance(of.value, ir.Unary) and of.value.operator == "throw" else steps


def _block(walk: Walk, of: ir.Block, env: Env, pessimistic: bool) -> Steps:
    return walk.block(of.body, env.inner(), pessimistic)


def _if(walk: Walk, of: ir.If, env: Env, pessimistic: bool) -> Steps:
    steps = walk.expression(of.condition, env)  # pattern variables are bound in `env`: they live on after the `if`
    known = ends.decided(walk.typing, of.condition, env)
    outcome = ends.outcome(of.condition)
    then = walk.block([of.then], env.inner(), pessimistic or outcome == ends.FAILURE) if known is not False else ()
    otherwise: Steps = ()
    if of.otherwise is not None and known is not True:
        otherwise = walk.block([of.otherwise], env.inner(), pessimistic or outcome == ends.SUCCESS)
    if known is True:
        return (*steps, *then)
    if known is False:
        return (*steps, *otherwise)
    return (*steps, *branch((then, otherwise)))


def branch(arms: tuple[Steps, ...]) -> Steps:
    """A branch without what says nothing: arms that only refuse, branches of empty arms."""
    kept = tuple(dict.fromkeys(arm for arm in arms if not (len(arm) == 1 and isinstance(arm[0], Exit) and arm[0].kind != ends.SUCCESS)))
    if not kept:
        return (Exit(ends.FAILURE),)
    if kept == ((),):
        return ()
    return kept[0] if len(kept) == 1 else (Branch(kept),)


def _return(walk: Walk, of: ir.Return, env: Env, pessimistic: bool) -> Steps:
    return _ending(walk, of.value, env, pessimistic)


def _ending(walk: Walk, value: ir.Expr | None, env: Env, pessimistic: bool) -> Steps:
    """`return c ? Ok() : NotFound();` ends in two ways."""
    if isinstance(value, ir.Conditional):
        arms = tuple(_ending(walk, arm, env.inner(), pessimistic) for arm in (value.when_true, value.when_false))
        known = ends.decided(walk.typing, value.condition, env)
        steps = walk.expression(value.condition, env)
        if known is not None:
            return (*steps, *arms[0 if known else 1])
        return (*steps, *branch(arms))
    if isinstance(value, ir.SwitchExpr):
        steps = walk.expression(value.value, env)
        return (*steps, *branch(tuple(_arm(walk, value, arm, env, pessimistic) for arm in value.arms)))
    steps = walk.expression(value, env)
    kind = ends.ending(value)
    return (*steps, Exit(ends.FAILURE if pessimistic and kind == ends.SUCCESS else kind))


def _arm(walk: Walk, of: ir.SwitchExpr, arm: tuple[ir.Pattern, ir.Expr | None, ir.Expr], env: Env, pessimistic: bool) -> Steps:
    inner = env.inner()
    walk.typing.bind_pattern(arm[0], lambda: walk.typing.type_of(of.value, env), inner, of.value)
    return (*walk.expression(arm[1], inner), *_ending(walk, arm[2], inner, pessimistic))


def _throw(walk: Walk, of: ir.Throw, env: Env, pessimistic: bool) -> Steps:
    return (*walk.expression(of.value, env), Exit(ends.THROW))


def _foreach(walk: Walk, of: ir.ForEach, env: Env, pessimistic: bool) -> Steps:
    steps = walk.expression(of.iterable, env)
    if assumed.is_empty(walk.typing, of.iterable, env):
        return steps
    inner, typing = env.inner(), walk.typing

    def element() -> Type | None:
        return written_type(typing.resolver, of.type, env) if of.type is not None else typing.element(typing.type_of(of.iterable, env))

    if len(of.names) == 1:
        inner.bind(of.names[0], Binding("element", element, of.iterable, env))
    else:
        walk.bind_names(of.names, element, inner, of.iterable)
    return (*steps, *loop(walk.block([of.body], inner, pessimistic)))


def loop(body: Steps) -> Steps:
    return (Loop(body),) if body else ()


def _for(walk: Walk, of: ir.For, env: Env, pessimistic: bool) -> Steps:
    inner = env.inner()
    steps = walk.block(of.initializers, inner, pessimistic)
    steps += walk.expression(of.condition, inner)
    body = walk.block([of.body], inner, pessimistic) + tuple(s for u in of.updates for s in walk.expression(u, inner))
    return (*steps, *loop(body))


def _while(walk: Walk, of: ir.While, env: Env, pessimistic: bool) -> Steps:
    condition = walk.expression(of.condition, env)
    body = walk.block([of.body], env.inner(), pessimistic)
    return (*body, *condition) if of.do_first else (*condition, *loop(body))


def _try(walk: Walk, of: ir.Try, env: Env, pessimistic: bool) -> Steps:
    body = walk.block(of.body.body, env.inner(), pessimistic)
    catches = []
    for clause in of.catches:
        inner = env.inner()
        if clause.name:
            written = clause.type
            inner.bind(clause.name, Binding("local", lambda written=written: written_type(walk.typing.resolver, written, env)))  # type: ignore[misc]
        catches.append(walk.block(clause.body.body, inner, True))
    final = walk.block(of.finally_.body, env.inner(), pessimistic) if of.finally_ is not None else ()
    if not body and not final and not any(catches):
        return ()
    return (Attempt(body, tuple(catches), final),) if catches or final else body


def _using(walk: Walk, of: ir.Using, env: Env, pessimistic: bool) -> Steps:
    inner = env.inner()
    steps = walk.block(of.declaration, inner, pessimistic) + walk.expression(of.value, inner)
    return steps + walk.block([of.body], inner, pessimistic)


def _switch(walk: Walk, of: ir.Switch, env: Env, pessimistic: bool) -> Steps:
    steps = walk.expression(of.value, env)
    arms: list[Steps] = []
    complete = False
    for section in of.sections:
        inner = env.inner()
        hits = []
        for pattern, _ in section.labels:
            complete = complete or pattern is None
            if pattern is not None:
                walk.typing.bind_pattern(pattern, lambda: walk.typing.type_of(of.value, env), inner, of.value)
            hits.append(assumed.matches(walk.typing, pattern, of.value, env) if pattern is not None else None)
        if hits and all(hit is False for hit in hits):
            continue
        body = walk.block(section.body, inner, pessimistic)
        if True in hits:
            return (*steps, *body)
        arms.append(body)
    return (*steps, *branch(tuple(arms) if complete else (*arms, ())))


def _yield(walk: Walk, of: ir.YieldReturn, env: Env, pessimistic: bool) -> Steps:
    return walk.expression(of.value, env)


def _opaque(walk: Walk, of: ir.OpaqueStmt, env: Env, pessimistic: bool) -> Steps:
    """`lock`, `checked`, `unsafe`, labels."""
    steps = tuple(s for part in of.parts for s in walk.expression(part, env))
    return steps + walk.block(of.body, env.inner(), pessimistic)


_STATEMENTS: dict[type, Callable[..., Steps]] = {
    ir.Local: _local, ir.ExprStmt: _expression, ir.Block: _block, ir.If: _if, ir.Return: _return, ir.Throw: _throw, ir.ForEach: _foreach,
    ir.For: _for, ir.While: _while, ir.Try: _try, ir.Using: _using, ir.Switch: _switch, ir.YieldReturn: _yield, ir.OpaqueStmt: _opaque,
}
