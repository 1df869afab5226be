"""Evaluates start-up code: what ASP.NET Core would be told when the app starts in Production.

Invariant: evaluation never fails and never guesses. What is not known is `Unknown`; a branch on an unknown condition is followed both
ways, and what it does is marked with that condition. Work is bounded (`BUDGET` steps, `MAX_CALLS` nested calls), since the code is
hostile; when the bound is hit, `Evaluator.gaps` says so. Every body that is read is recorded in `Evaluator.read`, so that an edit
elsewhere leaves the result valid. Expressions are in `model.expressions`, calls in `model.invocation`.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.model.tracking import body_of
from routewarden.model.values import (
    NULL,
    Const,
    DictValue,
    Frame,
    Instance,
    ListValue,
    TupleValue,
    TypeValue,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routewarden.model.app_draft import AppDraft
    from routewarden.model.world import World

BUDGET = 300_000
MAX_CALLS = 48
MAX_LOOP = 2_000


@dataclass(slots=True)
class Signal:
    """How a statement left its block: "return" (with the value), "break", "continue" or "throw"."""

    kind: str
    value: Value = NULL


@dataclass(slots=True, eq=False)
class Evaluator:
    world: World
    app: AppDraft
    steps: int = 0
    depth: int = 0
    conditions: list[str] = field(default_factory=list)
    gaps: dict[str, Site | None] = field(default_factory=dict)  # reason -> first place
    read: dict[tuple[str, str], tuple[ir.Stmt, ...] | None] = field(default_factory=dict)
    statics: dict[tuple[str, str], Value] = field(default_factory=dict)  # (type, field) -> value
    static_masks: dict[tuple[str, str], int] = field(default_factory=dict)  # what a static's value rests on
    active: set[tuple[str, str]] = field(default_factory=set)  # static initializers being evaluated

    @property
    def exhausted(self) -> bool:
        return self.steps > BUDGET

    def tick(self) -> bool:
        """Counts a step; False when the budget is used up."""
        self.steps += 1
        if self.steps == BUDGET:
            self.gaps["start-up code is too long to follow to its end"] = None
        return self.steps <= BUDGET

    def body(self, path: str, body_id: str) -> tuple[ir.Stmt, ...] | None:
        """The statements of a body, recorded as read."""
        key = (path, body_id)
        self.world.types.tracker.touch(body_of(path, body_id))
        if key not in self.read:
            self.read[key] = self.world.body(path, body_id)
        return self.read[key]

    def drop(self, mask: int, bodies: Iterable[tuple[str, str]]) -> None:
        """Forgets static values that rest on changed names, and changed bodies; for what is asked after start-up."""
        for key in [k for k, m in self.static_masks.items() if m & mask]:
            self.statics.pop(key, None)
            del self.static_masks[key]
        for body in bodies:
            self.read.pop(body, None)

    @contextmanager
    def under(self, condition: str) -> Iterator[None]:
        self.conditions.append(condition)
        try:
            yield
        finally:
            self.conditions.pop()

    # --- statements ---

    def run(self, statements: Iterable[ir.Stmt], frame: Frame) -> Signal | None:
        """Executes statements; local functions are visible before their declaration (C# spec 13.6.4)."""
        from routewarden.model.values import Closure

        statements = tuple(statements)
        for statement in statements:
            if isinstance(statement, ir.LocalFunction):
                frame.locals[statement.name] = Closure(statement, frame, statement.name)
        for index, statement in enumerate(statements):
            if not self.tick():
                return Signal("throw")
            signal = self.execute(statement, frame)
            if signal is not None:
                if signal.kind == "maybe":  # one way of an undecided branch left; the rest runs only on the other
                    with self.under(str(signal.value.reason) if isinstance(signal.value, Unknown) else "an earlier condition"):
                        return self.run(statements[index + 1 :], frame)
                return signal
        return None

    def execute(self, statement: ir.Stmt, frame: Frame) -> Signal | None:
        from routewarden.model.expressions import assign_names, evaluate

        if isinstance(statement, ir.ExprStmt):
            if isinstance(statement.value, ir.Unary) and statement.value.operator == "throw":
                return Signal("throw")
            evaluate(self, statement.value, frame)
            return None
        if isinstance(statement, ir.Local):
            declared = self.world.resolve(statement.type, frame) if statement.type is not None else None
            value = evaluate(self, statement.value, frame, declared) if statement.value is not None else Unknown(declared, "not assigned")
            if statement.name.startswith("("):
                assign_names(self, tuple(statement.name[1:-1].split(",")), value, frame)
            else:
                frame.locals[statement.name] = value
            return None
        if isinstance(statement, ir.Block):
            return self.run(statement.body, frame)
        if isinstance(statement, ir.If):
            return self._if(statement, frame)
        if isinstance(statement, ir.Return):
            return Signal("return", evaluate(self, statement.value, frame) if statement.value is not None else NULL)
        if isinstance(statement, ir.ForEach):
            return self._foreach(statement, frame)
        if isinstance(statement, ir.For):
            return self._for(statement, frame)
        if isinstance(statement, ir.While):
            return self._while(statement, frame)
        if isinstance(statement, ir.Switch):
            return self._switch(statement, frame)
        if isinstance(statement, ir.Try):
            signal = self.run(statement.body.body, frame)
            if statement.finally_ is not None:
                after = self.run(statement.finally_.body, frame)
                signal = after or signal
            return signal if signal is None or signal.kind != "throw" else None
        if isinstance(statement, ir.Using):
            for local in statement.declaration:
                self.execute(local, frame)
            if statement.value is not None:
                evaluate(self, statement.value, frame)
            return self.execute(statement.body, frame)
        if isinstance(statement, ir.YieldReturn):
            if statement.value is None:
                return Signal("return")
            if frame.yields is not None:
                frame.yields.append(evaluate(self, statement.value, frame))
            return None
        if isinstance(statement, ir.Throw):
            return Signal("throw")
        if isinstance(statement, ir.Jump):
            return Signal(statement.kind) if statement.kind in ("break", "continue") else Signal("throw")
        if isinstance(statement, ir.OpaqueStmt):
            for part in statement.parts:
                evaluate(self, part, frame)
            return self.run(statement.body, frame)
        return None

    def truth(self, value: Value) -> bool | None:
        """The value of a condition; None where it is not known."""
        return value.value if isinstance(value, Const) and isinstance(value.value, bool) else None

    def _if(self, statement: ir.If, frame: Frame) -> Signal | None:
        from routewarden.model.expressions import evaluate

        condition = evaluate(self, statement.condition, frame)
        known = self.truth(condition)
        if known is not None:
            chosen = statement.then if known else statement.otherwise
            return self.execute(chosen, frame) if chosen is not None else None
        reason = describe(statement.condition)
        return self.both(reason, statement.then, statement.otherwise, frame)

    def both(self, reason: str, then: ir.Stmt, otherwise: ir.Stmt | None, frame: Frame) -> Signal | None:
        """Runs both ways of an undecided branch; locals on which they differ become unknown."""
        before = dict(frame.locals)
        with self.under(reason):
            first = self.execute(then, frame)
        after_then = dict(frame.locals)
        frame.locals.clear()
        frame.locals.update(before)
        second = None
        if otherwise is not None:
            with self.under(f"not ({reason})"):
                second = self.execute(otherwise, frame)
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

    def _foreach(self, statement: ir.ForEach, frame: Frame) -> Signal | None:
        from routewarden.model.expressions import assign_names, evaluate, items_of

        iterable = evaluate(self, statement.iterable, frame)
        items = items_of(self, iterable)
        declared = self.world.resolve(statement.type, frame) if statement.type is not None else None
        if items is None:
            element = self.world.element_type(iterable)
            with self.under(f"the items of `{describe(statement.iterable)}` are not known"):
                assign_names(self, statement.names, Unknown(declared or element, "an item of an unknown list"), frame)
                signal = self.execute(statement.body, frame)
            return signal if signal is not None and signal.kind == "return" else None
        for item in items[:MAX_LOOP]:
            if self.exhausted:
                return Signal("throw")
            inner = Frame(
                frame.path, frame.body, {}, frame, frame.this, frame.owner, frame.type_arguments, frame.yields, frame.file_scope
            )
            assign_names(self, statement.names, item, inner)
            signal = self.execute(statement.body, inner)
            if signal is not None and signal.kind == "break":
                break
            if signal is not None and signal.kind in ("return", "throw"):
                return signal
        return None

    def _for(self, statement: ir.For, frame: Frame) -> Signal | None:
        from routewarden.model.expressions import evaluate

        inner = Frame(frame.path, frame.body, {}, frame, frame.this, frame.owner, frame.type_arguments, frame.yields, frame.file_scope)
        for initializer in statement.initializers:
            self.execute(initializer, inner)
        for _ in range(MAX_LOOP):
            if statement.condition is not None:
                known = self.truth(evaluate(self, statement.condition, inner))
                if known is None:
                    with self.under(f"the loop `{describe(statement.condition)}` cannot be counted"):
                        self.execute(statement.body, inner)
                    return None
                if not known:
                    return None
            body = Frame(frame.path, frame.body, {}, inner, frame.this, frame.owner, frame.type_arguments, frame.yields, frame.file_scope)
            signal = self.execute(statement.body, body)
            if signal is not None and signal.kind == "break":
                return None
            if signal is not None and signal.kind in ("return", "throw"):
                return signal
            for update in statement.updates:
                evaluate(self, update, inner)
            if self.exhausted:
                return Signal("throw")
        return None

    def _while(self, statement: ir.While, frame: Frame) -> Signal | None:
        from routewarden.model.expressions import evaluate

        for turn in range(MAX_LOOP):
            if not (statement.do_first and turn == 0):
                known = self.truth(evaluate(self, statement.condition, frame))
                if known is None:
                    with self.under(f"the loop `{describe(statement.condition)}` cannot be counted"):
                        self.execute(statement.body, frame)
                    return None
                if not known:
                    return None
            signal = self.execute(statement.body, frame)
            if signal is not None and signal.kind == "break":
                return None
            if signal is not None and signal.kind in ("return", "throw"):
                return signal
            if self.exhausted:
                return Signal("throw")
        return None

    def _switch(self, statement: ir.Switch, frame: Frame) -> Signal | None:
        from routewarden.model.expressions import evaluate, matches

        value = evaluate(self, statement.value, frame)
        undecided: list[ir.SwitchSection] = []
        fallback: ir.SwitchSection | None = None
        for section in statement.sections:
            for pattern, when in section.labels:
                if pattern is None:
                    fallback = section
                    continue
                hit = matches(self, pattern, value, frame)
                if hit and when is not None:
                    hit = self.truth(evaluate(self, when, frame))
                if hit:
                    return self._section(section, frame)
                if hit is None:
                    undecided.append(section)
        if not undecided:
            return self._section(fallback, frame) if fallback is not None else None
        if fallback is not None:
            undecided.append(fallback)
        for section in undecided:
            with self.under(f"the value of `{describe(statement.value)}` is not known"):
                self._section(section, frame)
        return None

    def _section(self, section: ir.SwitchSection, frame: Frame) -> Signal | None:
        signal = self.run(section.body, frame)
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
    from routewarden.model.values import value_type

    return Unknown(value_type(first) or value_type(second), f"depends on `{reason}`")


def describe(expr: ir.Expr | None, limit: int = 60) -> str:
    """The expression as short text, for reasons and trails; never a string literal's full content."""
    text = _text(expr, 0)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _text(expr: ir.Expr | None, depth: int) -> str:
    if expr is None or depth > 8:
        return "…"
    deeper = depth + 1
    if isinstance(expr, ir.Name):
        return expr.name
    if isinstance(expr, ir.Member):
        return f"{_text(expr.target, deeper)}.{expr.name}"
    if isinstance(expr, ir.Literal):
        if expr.kind in ("string", "char"):
            return '"' + str(expr.value)[:24].replace('"', '\\"') + '"'
        return {True: "true", False: "false", None: "null"}.get(expr.value, str(expr.value)) if not isinstance(expr.value, (int, float)) or isinstance(expr.value, bool) else str(expr.value)
    if isinstance(expr, ir.Call):
        return f"{_text(expr.function, deeper)}({', '.join(_text(a.value, deeper) for a in expr.arguments)})"
    if isinstance(expr, ir.Binary):
        return f"{_text(expr.left, deeper)} {expr.operator} {_text(expr.right, deeper)}"
    if isinstance(expr, ir.Unary):
        return f"{expr.operator}{' ' if expr.operator.isalpha() else ''}{_text(expr.operand, deeper)}"
    if isinstance(expr, ir.Index):
        return f"{_text(expr.target, deeper)}[{', '.join(_text(a.value, deeper) for a in expr.arguments)}]"
    if isinstance(expr, ir.Cast):
        return _text(expr.value, deeper)
    if isinstance(expr, ir.IsPattern):
        return f"{_text(expr.value, deeper)} is …"
    if isinstance(expr, ir.Lambda):
        return f"({', '.join(p.name for p in expr.parameters)}) => …"
    if isinstance(expr, ir.New):
        return f"new {expr.type or ''}(…)"
    if isinstance(expr, ir.TypeOf):
        return f"typeof({expr.type})"
    if isinstance(expr, ir.NameOf):
        return f"nameof({expr.name})"
    return "…"


__all__ = ["BUDGET", "DictValue", "Evaluator", "Instance", "ListValue", "Signal", "TupleValue", "TypeValue", "describe"]
