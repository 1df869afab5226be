"""Statements of start-up code.

Invariant: a branch on an unknown condition is followed both ways; what it does is marked with that condition, and locals on which the
ways differ are unknown after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.model import sequences
from routewarden.model.binding import assign_names, labelled, seen_as
from routewarden.model.describe import describe
from routewarden.model.evaluator import MAX_LOOP, Signal
from routewarden.model.patterns import matches
from routewarden.model.values import NULL, Closure, Const, Frame, Unknown, Value, value_type

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator



def run(ev: Evaluator, statements: Iterable[ir.Stmt], frame: Frame) -> Signal | None:
    """Executes statements; local functions are visible before their declaration (C# spec 13.6.4)."""
    statements = tuple(statements)
    for statement in statements:
        if isinstance(statement, ir.LocalFunction):
            frame.locals[statement.name] = Closure(statement, frame, statement.name)
    for index, statement in enumerate(statements):
        if not ev.tick():
            return Signal("throw")
        signal = execute(ev, statement, frame)
        if signal is not None:
            if signal.kind == "maybe":  # one way of an undecided branch left; the rest runs only on the other
                with ev.under(str(signal.value.reason) if isinstance(signal.value, Unknown) else "an earlier condition"):
                    return run(ev, statements[index + 1 :], frame)
            return signal
    return None


def execute(ev: Evaluator, statement: ir.Stmt, frame: Frame) -> Signal | None:
    """Executes one statement; None where it runs to its end."""
    if not ev.enter():
        return Signal("throw")
    try:
        return _execute(ev, statement, frame)
    finally:
        ev.nesting -= 1


def _execute(ev: Evaluator, statement: ir.Stmt, frame: Frame) -> Signal | None:
    if isinstance(statement, ir.ExprStmt):
        if isinstance(statement.value, ir.Unary) and statement.value.operator == "throw":
            return Signal("throw", certain=not ev.conditions)
        ev.evaluate(statement.value, frame)
        return None
    if isinstance(statement, ir.Local):
        declared = ev.world.resolve(statement.type, frame) if statement.type is not None else None
        value = ev.evaluate(statement.value, frame, declared) if statement.value is not None else Unknown(declared, "not assigned")
        if statement.name.startswith("("):
            assign_names(ev, tuple(statement.name[1:-1].split(",")), value, frame)
        else:
            frame.locals[statement.name] = labelled(seen_as(ev, value, declared), statement.type)
        return None
    if isinstance(statement, ir.Block):
        return run(ev, statement.body, frame)
    if isinstance(statement, ir.If):
        return _if(ev, statement, frame)
    if isinstance(statement, ir.Return):
        return Signal("return", ev.evaluate(statement.value, frame, frame.returned) if statement.value is not None else NULL)
    if isinstance(statement, ir.ForEach):
        return _foreach(ev, statement, frame)
    if isinstance(statement, ir.For):
        return _for(ev, statement, frame)
    if isinstance(statement, ir.While):
        return _while(ev, statement, frame)
    if isinstance(statement, ir.Switch):
        return _switch(ev, statement, frame)
    if isinstance(statement, ir.Try):
        signal = run(ev, statement.body.body, frame)
        first = statement.catches[0] if statement.catches else None
        if signal is not None and signal.kind == "throw" and signal.certain and first is not None and first.when is None:
            signal = run(ev, first.body.body, frame)
        if statement.finally_ is not None:
            after = run(ev, statement.finally_.body, frame)
            signal = after or signal
        return signal if signal is None or signal.kind != "throw" else None
    if isinstance(statement, ir.Using):
        for local in statement.declaration:
            execute(ev, local, frame)
        if statement.value is not None:
            ev.evaluate(statement.value, frame)
        return execute(ev, statement.body, frame)
    if isinstance(statement, ir.YieldReturn):
        if statement.value is None:
            return Signal("return")
        if frame.yields is not None:
            returned = frame.returned
            frame.yields.append(ev.evaluate(statement.value, frame, returned.arguments[0] if returned and returned.arguments else None))
        return None
    if isinstance(statement, ir.Throw):
        return Signal("throw", certain=not ev.conditions)
    if isinstance(statement, ir.Jump):
        return Signal(statement.kind) if statement.kind in ("break", "continue", "goto") else Signal("throw")
    if isinstance(statement, ir.OpaqueStmt):
        for part in statement.parts:
            ev.evaluate(part, frame)
        return run(ev, statement.body, frame)
    return None


def _if(ev: Evaluator, statement: ir.If, frame: Frame) -> Signal | None:

    condition = ev.evaluate(statement.condition, frame)
    known = ev.truth(condition)
    if known is not None:
        chosen = statement.then if known else statement.otherwise
        signal = execute(ev, chosen, frame) if chosen is not None else None
        if signal is None or signal.kind not in ("throw", "goto") or ev.exhausted:
            return signal
        # An app that starts does not throw here: a value it checks is set outside of the workspace.
        other = statement.otherwise if known else statement.then
        return execute(ev, other, frame) if other is not None else None
    reason = describe(statement.condition)
    return both(ev, reason, statement.then, statement.otherwise, frame)


def both(ev: Evaluator, reason: str, then: ir.Stmt, otherwise: ir.Stmt | None, frame: Frame) -> Signal | None:
    """Runs both ways of an undecided branch; locals on which they differ become unknown."""
    before = dict(frame.locals)
    with ev.under(reason):
        first = execute(ev, then, frame)
    after_then = dict(frame.locals)
    frame.locals.clear()
    frame.locals.update(before)
    second = None
    if otherwise is not None:
        with ev.under(f"not ({reason})"):
            second = execute(ev, otherwise, frame)
    if first is None and second is None:
        _merge(frame.locals, after_then, reason)
        return None
    if first is not None and second is not None:
        if first.kind == second.kind == "return":
            return Signal("return", _joined(first.value, second.value, reason))
        return first if second.kind == "throw" else second if first.kind == "throw" else first
    left = first or second
    if left is not None and left.kind == "throw":  # an undecided guard that throws: the app that starts went the other way
        return None
    if second is not None:
        frame.locals.clear()
        frame.locals.update(after_then)
        return Signal("maybe", Unknown(None, reason))
    return Signal("maybe", Unknown(None, f"not ({reason})"))


def _foreach(ev: Evaluator, statement: ir.ForEach, frame: Frame) -> Signal | None:

    iterable = ev.evaluate(statement.iterable, frame)
    items = sequences.items_of(iterable)
    declared = ev.world.resolve(statement.type, frame) if statement.type is not None else None
    if items is None:
        element = ev.world.element_type(iterable)
        with ev.under(f"the items of `{describe(statement.iterable)}` are not known"):
            assign_names(ev, statement.names, Unknown(declared or element, "an item of an unknown list"), frame)
            signal = execute(ev, statement.body, frame)
        return signal if signal is not None and signal.kind == "return" else None
    for item in items[:MAX_LOOP]:
        if ev.exhausted:
            return Signal("throw")
        inner = Frame(
            frame.path, frame.body, {}, frame, frame.this, frame.owner, frame.type_arguments, frame.yields, frame.file_scope
        )
        assign_names(ev, statement.names, item, inner)
        signal = execute(ev, statement.body, inner)
        if signal is not None and signal.kind == "break":
            break
        if signal is not None and signal.kind in ("return", "throw"):
            return signal
    return None


def _for(ev: Evaluator, statement: ir.For, frame: Frame) -> Signal | None:

    inner = Frame(frame.path, frame.body, {}, frame, frame.this, frame.owner, frame.type_arguments, frame.yields, frame.file_scope)
    for initializer in statement.initializers:
        execute(ev, initializer, inner)
    for _ in range(MAX_LOOP):
        if statement.condition is not None:
            known = ev.truth(ev.evaluate(statement.condition, inner))
            if known is None:
                with ev.under(f"the loop `{describe(statement.condition)}` cannot be counted"):
                    execute(ev, statement.body, inner)
                return None
            if not known:
                return None
        body = Frame(frame.path, frame.body, {}, inner, frame.this, frame.owner, frame.type_arguments, frame.yields, frame.file_scope)
        signal = execute(ev, statement.body, body)
        if signal is not None and signal.kind == "break":
            return None
        if signal is not None and signal.kind in ("return", "throw"):
            return signal
        for update in statement.updates:
            ev.evaluate(update, inner)
        if ev.exhausted:
            return Signal("throw")
    return None


def _while(ev: Evaluator, statement: ir.While, frame: Frame) -> Signal | None:

    for turn in range(MAX_LOOP):
        if not (statement.do_first and turn == 0):
            known = ev.truth(ev.evaluate(statement.condition, frame))
            if known is None:
                with ev.under(f"the loop `{describe(statement.condition)}` cannot be counted"):
                    execute(ev, statement.body, frame)
                return None
            if not known:
                return None
        signal = execute(ev, statement.body, frame)
        if signal is not None and signal.kind == "break":
            return None
        if signal is not None and signal.kind in ("return", "throw"):
            return signal
        if ev.exhausted:
            return Signal("throw")
    return None


def _switch(ev: Evaluator, statement: ir.Switch, frame: Frame) -> Signal | None:

    value = ev.evaluate(statement.value, frame)
    undecided: list[ir.SwitchSection] = []
    fallback: ir.SwitchSection | None = None
    for section in statement.sections:
        for pattern, when in section.labels:
            if pattern is None:
                fallback = section
                continue
            hit = matches(ev, pattern, value, frame)
            if hit and when is not None:
                hit = ev.truth(ev.evaluate(when, frame))
            if hit:
                signal = _section(ev, section, frame)
                if signal is None or signal.kind != "goto":
                    return signal
                last = next((s for s in statement.sections if any(p is None for p, _ in s.labels)), None)  # `goto default`
                return _section(ev, last, frame) if last is not None else None
            if hit is None:
                undecided.append(section)
    if not undecided:
        return _section(ev, fallback, frame) if fallback is not None else None
    if fallback is not None:
        undecided.append(fallback)
    for section in undecided:
        with ev.under(f"the value of `{describe(statement.value)}` is not known"):
            _section(ev, section, frame)
    return None


def _section(ev: Evaluator, section: ir.SwitchSection, frame: Frame) -> Signal | None:
    signal = run(ev, section.body, frame)
    return None if signal is not None and signal.kind == "break" else signal


def _merge(into: dict[str, Value], other: dict[str, Value], reason: str) -> None:
    for name, value in other.items():
        mine = into.get(name)
        if mine is None:
            into[name] = value
        elif mine is not value:
            into[name] = _joined(value, mine, reason)


def _joined(first: Value, second: Value, reason: str) -> Value:
    if first is second:
        return first
    if isinstance(first, Const) and isinstance(second, Const) and first.value == second.value and type(first.value) is type(second.value):
        return first
    if isinstance(first, Const) and first.value is None:
        return second if not isinstance(second, Const) else Unknown(None, reason)

    return Unknown(value_type(first) or value_type(second), f"depends on `{reason}`")
