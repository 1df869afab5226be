"""The evaluator of start-up code, as its parts see each other: state, limits, and the operations that call one another.

Invariant: evaluation never fails and never guesses. What is not known is `Unknown`; a branch on an unknown condition is followed both
ways, and what it does is marked with that condition. Work is bounded (`BUDGET` steps, `MAX_CALLS` nested calls), since the code is
hostile; when the bound is hit, `gaps` says so. Every body that is read is recorded in `read`, so that an edit elsewhere leaves the
result valid. The operations are put together in `model.interpreter`; each part (expressions, statements, calls, creation, member
access, .NET's library, hosting) reaches the others through this class alone.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.model.tracking import Memo, body_of
from routewarden.model.values import NULL, Closure, Const, Frame, TypeValue, Value

if TYPE_CHECKING:
    from routewarden.model.app_draft import AppDraft
    from routewarden.model.members import MethodRef
    from routewarden.model.observed import Observation
    from routewarden.model.probe import Probe
    from routewarden.model.world import World

BUDGET = 300_000  # steps of start-up code
QUESTION = 60_000  # steps of one question after start-up: a controller's attributes and conventions, its endpoints
MAX_CALLS = 48
MAX_BLIND_CALLS = 2  # of one method within itself, where none of its arguments is known
MAX_LOOP = 2_000
MAX_NESTING = 500  # expressions and statements within one another, through all calls
_STACK = 8_000  # Python frames: about twelve for each of those


@dataclass(slots=True)
class Signal:
    """How a statement left its block: "return" (with the value), "break", "continue", "throw" or "maybe" (one way of a branch left)."""

    kind: str
    value: Value = NULL
    certain: bool = False  # of a throw: a `throw` statement that is surely reached


@dataclass(frozen=True, slots=True)
class Passed:
    """An argument: its value, its name if named, and `ref`, `out` or `in`."""

    value: Value
    name: str | None = None
    modifier: str | None = None
    back: Callable[[Value], None] | None = None  # of `out` and `ref`: takes what the called method left in it


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call as written: where it stands and the frame it stands in."""

    frame: Frame
    node: int
    name: str
    type_arguments: tuple[TypeValue, ...] = ()
    text: str = ""
    nullable: bool = False  # its first type argument is written `T?`

    @property
    def site(self) -> Site:
        return Site(self.frame.path, self.frame.body, f"node:{self.node}")


@contextmanager
def room() -> Iterator[None]:
    """Room on the stack for `MAX_NESTING`; calls from Python to Python take none of the C stack."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _STACK))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@dataclass(slots=True, eq=False)
class Evaluator(ABC):
    """One evaluation of one app."""

    world: World
    app: AppDraft
    steps: int = 0
    depth: int = 0
    nesting: int = 0
    guesses: int = 0  # calls whose code is not known: they may have done anything, throwing included
    callers: list[tuple[CallSite, Sequence[Passed]]] = field(default_factory=list)  # calls of workspace methods under way, innermost last
    conditions: list[str] = field(default_factory=list)
    gaps: dict[str, Site | None] = field(default_factory=dict)  # reason -> first place
    read: dict[tuple[str, str], tuple[ir.Stmt, ...] | None] = field(default_factory=dict)
    statics: dict[tuple[str, str], Value] = field(default_factory=dict)  # (type, field) -> value
    memos: dict[str, Memo[Any, Any]] = field(default_factory=dict)
    static_masks: dict[tuple[str, str], int] = field(default_factory=dict)  # what a static's value rests on
    active: set[tuple[str, str]] = field(default_factory=set)  # static initializers being evaluated
    running: Counter[tuple[str, str]] = field(default_factory=Counter)  # methods on the stack: (path, id) -> how often
    observed: list[Observation] = field(default_factory=list)  # what was set that weakens transport or origins, see `model.observed`
    closures: list[tuple[Closure, tuple[str, ...]]] | None = None  # the lambdas that were made, with conditions; None: nobody asks
    probe: Probe | None = None  # the request that is being tried on code, see `model.probe`

    @property
    def exhausted(self) -> bool:
        return self.steps > BUDGET

    def tick(self) -> bool:
        """Counts a step; False when the budget is used up."""
        self.steps += 1
        if self.steps == BUDGET:
            self.gaps["start-up code is too long to follow to its end"] = None
        return self.steps <= BUDGET

    @contextmanager
    def question(self) -> Iterator[None]:
        """Steps of its own for something that is asked after start-up, whatever start-up and other questions took."""
        before, self.steps = self.steps, BUDGET - QUESTION
        try:
            yield
        finally:
            self.steps = before

    def enter(self) -> bool:
        """Counts one more expression or statement within those under way; False, and not counted, where there are too many."""
        if self.nesting >= MAX_NESTING:
            self.gaps.setdefault("start-up code is nested too deeply to follow to its end", None)
            return False
        self.nesting += 1
        return True

    def body(self, path: str, body_id: str) -> tuple[ir.Stmt, ...] | None:
        """The statements of a body, recorded as read."""
        key = (path, body_id)
        self.world.types.tracker.touch(body_of(path, body_id))
        if key not in self.read:
            self.read[key] = self.world.body(path, body_id)
        return self.read[key]

    def memo(self, subject: str) -> Memo[Any, Any]:
        """Answers that are worked out with this evaluator after start-up, and kept from edit to edit."""
        found = self.memos.get(subject)
        if found is None:
            found = self.memos[subject] = Memo(self.world.types.tracker)
        return found

    def drop(self, mask: int, bodies: Iterable[tuple[str, str]]) -> None:
        """Forgets static values that rest on changed names, and changed bodies; for what is asked after start-up."""
        for key in [k for k, m in self.static_masks.items() if m & mask]:
            self.statics.pop(key, None)
            del self.static_masks[key]
        for body in bodies:
            self.read.pop(body, None)
        for memo in self.memos.values():
            memo.drop(mask)

    @contextmanager
    def under(self, condition: str) -> Iterator[None]:
        self.conditions.append(condition)
        try:
            yield
        finally:
            self.conditions.pop()

    def truth(self, value: Value) -> bool | None:
        """The value of a condition; None where it is not known."""
        return value.value if isinstance(value, Const) and isinstance(value.value, bool) else None

    @abstractmethod
    def evaluate(self, expr: ir.Expr, frame: Frame, wanted: TypeValue | None = None) -> Value:
        """The value; `wanted` is the type that the context gives to `new()`, `default` and collection expressions."""

    @abstractmethod
    def store(self, target: ir.Expr, value: Value, frame: Frame) -> None:
        """`target = value`."""

    @abstractmethod
    def run(self, statements: Iterable[ir.Stmt], frame: Frame) -> Signal | None:
        """Executes statements; None where they run to their end."""

    @abstractmethod
    def apply(self, function: Value, values: Sequence[Value]) -> Value:
        """Calls a lambda, local function or method group."""

    @abstractmethod
    def invoke_closure(self, closure: Closure, values: Sequence[Value], passed: Sequence[Passed] = ()) -> Value:
        """Runs a lambda or local function."""

    @abstractmethod
    def invoke_method(
        self, method: MethodRef, this: Value | None, passed: Sequence[Passed], type_arguments: tuple[TypeValue, ...] = ()
    ) -> Value:
        """Runs a workspace method."""

    @abstractmethod
    def call_member(self, target: Value, passed: Sequence[Passed], where: CallSite, on_base: bool = False) -> Value:
        """`target.name(passed)`: instance and static methods first, then extension methods (C# spec 12.8.9)."""

    @abstractmethod
    def construct(self, of: TypeValue, passed: Sequence[Passed], site: Site | None = None) -> Value:
        """A new object of a type, with its constructors run."""

    @abstractmethod
    def member(self, target: Value, name: str, frame: Frame | None = None) -> Value:
        """`target.name`, where it is not called."""

    @abstractmethod
    def write(self, owner: Value, name: str, value: Value, frame: Frame, node: int = -1) -> None:
        """`owner.name = value`."""
