"""The evaluator put together from its parts; `model.link` makes one for each host.

Invariant: this module imports the parts, and no part imports it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from routewarden.model import calls, creation, expressions, member_access, statements
from routewarden.model.evaluator import CallSite, Evaluator, Passed, Signal

if TYPE_CHECKING:
    from routewarden.facts import syntax_ir as ir
    from routewarden.facts.sites import Site
    from routewarden.model.members import MethodRef
    from routewarden.model.values import Closure, Frame, TypeValue, Value


@dataclass(slots=True, eq=False)
class Interpreter(Evaluator):
    """See `Evaluator`."""

    def evaluate(self, expr: ir.Expr, frame: Frame, wanted: TypeValue | None = None) -> Value:
        return expressions.evaluate(self, expr, frame, wanted)

    def store(self, target: ir.Expr, value: Value, frame: Frame) -> None:
        expressions.store(self, target, value, frame)

    def run(self, body: Iterable[ir.Stmt], frame: Frame) -> Signal | None:
        return statements.run(self, body, frame)

    def apply(self, function: Value, values: Sequence[Value]) -> Value:
        return calls.apply(self, function, values)

    def invoke_closure(self, closure: Closure, values: Sequence[Value], passed: Sequence[Passed] = ()) -> Value:
        return calls.invoke_closure(self, closure, values, passed)

    def invoke_method(
        self, method: MethodRef, this: Value | None, passed: Sequence[Passed], type_arguments: tuple[TypeValue, ...] = ()
    ) -> Value:
        return calls.invoke_method(self, method, this, passed, type_arguments)

    def call_member(self, target: Value, passed: Sequence[Passed], where: CallSite, on_base: bool = False) -> Value:
        return calls.call_member(self, target, passed, where, on_base)

    def construct(self, of: TypeValue, passed: Sequence[Passed], site: Site | None = None) -> Value:
        return creation.construct(self, of, passed, site)

    def member(self, target: Value, name: str, frame: Frame | None = None) -> Value:
        return member_access.member_value(self, target, name, frame)

    def write(self, owner: Value, name: str, value: Value, frame: Frame, node: int = -1) -> None:
        member_access.write(self, owner, name, value, frame, node)
