"""What a body and all that it calls amount to: the sum that `solve` works out for each routine.

Invariant: a summary is about success: what stands on a path that ends in a refusal or an exception is not in `pending`. Equal effects
and equal sums of the callees give equal sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from routewarden.facts.sites import Site
from routewarden.model.operations.effects import (
    CHANGE,
    DELETE,
    INSERT,
    OVERWRITE,
    SAVE,
    SEND,
    Attempt,
    Branch,
    CallStep,
    Exit,
    Inline,
    Loop,
    Operation,
    Record,
    Step,
    Steps,
    Unresolved,
)
from routewarden.model.operations.ends import SUCCESS
from routewarden.model.symbols import NamedType

MOST_HOPS = 12  # calls between an endpoint and what it does; longer paths are cut, and said to be
MOST_REACHED = 40  # operations, records, changes that a summary keeps, nearest first


@dataclass(frozen=True, slots=True)
class Hop:
    """One call on the way: where it stands, and the body that it leads to, as shown."""

    site: Site
    to: str


@dataclass(frozen=True, slots=True)
class Reached:
    """An operation and the calls that lead to it, outermost first."""

    operation: Operation
    path: tuple[Hop, ...] = ()

    @property
    def key(self) -> tuple[Site, str]:
        return self.operation.site, self.operation.what

    @property
    def rank(self) -> tuple[int, Site, str, tuple[Site, ...]]:
        """Nearest first."""
        return len(self.path), self.operation.site, self.operation.what, tuple(h.site for h in self.path)


@dataclass(frozen=True, slots=True)
class Recorded:
    record: Record
    path: tuple[Hop, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """`pending`: operations that a successful run may leave without a record. `bare`: a successful run may leave no record at all."""

    operations: tuple[Reached, ...] = ()
    pending: tuple[Reached, ...] = ()
    records: tuple[Recorded, ...] = ()
    changes: tuple[Reached, ...] = ()  # of tracked objects, not saved yet
    bare: bool = True
    saves: str = ""  # "sync" "async" "both": saves what its caller changed
    writes: bool = False  # inserts, sends or deletes something
    unresolved: tuple[Unresolved, ...] = ()
    truncated: bool = False


NOTHING = Summary()


@dataclass(frozen=True, slots=True)
class Callees:
    """What a call may run: one of `choices`, then all of `sequence` (what handles a request). `known`: there is a body for it."""

    choices: tuple[tuple[str, Summary], ...] = ()
    sequence: tuple[tuple[str, Summary], ...] = ()

    @property
    def known(self) -> bool:
        return bool(self.choices or self.sequence)


Lookup = Callable[[CallStep], Callees]


@dataclass(slots=True)
class _State:
    """Where a run stands: `bare` no record yet; `marks` counts records, so that a branch can tell that it made one."""

    bare: bool = True
    marks: int = 0
    pending: dict[tuple[Site, str], Reached] = field(default_factory=dict)
    changes: dict[tuple[Site, str], Reached] = field(default_factory=dict)
    alive: bool = True

    def copy(self) -> _State:
        return _State(self.bare, self.marks, dict(self.pending), dict(self.changes), self.alive)

    def record(self) -> None:
        self.bare = False
        self.marks += 1
        self.pending.clear()

    def add(self, reached: Reached) -> None:
        if self.bare:
            known = self.pending.get(reached.key)
            if known is None or reached.rank < known.rank:
                self.pending[reached.key] = reached


@dataclass(slots=True)
class _Sum:
    lookup: Lookup
    operations: dict[tuple[Site, str], Reached] = field(default_factory=dict)
    records: dict[Site, Recorded] = field(default_factory=dict)
    pending: dict[tuple[Site, str], Reached] = field(default_factory=dict)
    changes: dict[tuple[Site, str], Reached] = field(default_factory=dict)
    unresolved: dict[Site, Unresolved] = field(default_factory=dict)
    refused: _State | None = None  # the end of a body that only refuses
    bare: bool = False
    ended: bool = False
    saves: str = ""
    writes: bool = False
    truncated: bool = False
    catching: bool = False  # inside a `catch`: what is recorded there is the failure

    def note(self, reached: Reached) -> None:
        known = self.operations.get(reached.key)
        if known is None or reached.rank < known.rank:
            self.operations[reached.key] = reached


def summarise(steps: Steps, lookup: Lookup) -> Summary:
    """The sum of a body, given those of what it calls."""
    total = _Sum(lookup)
    state = _run(total, steps, _State())
    if state.alive:
        _ended(total, state)
    if not total.ended and total.refused is not None:
        _ended(total, total.refused)
    return Summary(
        _nearest(total.operations.values()), _nearest(total.pending.values()),
        tuple(sorted(total.records.values(), key=lambda r: (len(r.path), r.record.site))[:MOST_REACHED]), _nearest(total.changes.values()),
        total.bare, total.saves, total.writes, tuple(total.unresolved[s] for s in sorted(total.unresolved))[:MOST_REACHED], total.truncated,
    )


def _nearest(found: Iterable[Reached]) -> tuple[Reached, ...]:
    return tuple(sorted(found, key=lambda r: r.rank)[:MOST_REACHED])


def _ended(total: _Sum, state: _State) -> None:
    total.ended = True
    total.bare = total.bare or state.bare
    for key, reached in state.pending.items():
        total.pending.setdefault(key, reached)
    for key, reached in state.changes.items():
        total.changes.setdefault(key, reached)


def _run(total: _Sum, steps: Steps, state: _State) -> _State:
    for step in steps:
        if not state.alive:
            break
        state = _HANDLERS[type(step)](total, step, state)
    return state


# --- one kind of step each -----------------------------------------------------------------------------------------------


def _operation(total: _Sum, step: Operation, state: _State) -> _State:
    if step.kind == CHANGE:
        state.changes.setdefault((step.site, step.what), Reached(step))
    elif step.kind == SAVE:
        _save(total, state, step.context, "async" if step.what.endswith("Async") else "sync")
    elif step.kind in (INSERT, SEND):
        total.writes = True
        total.note(Reached(step))
    else:
        total.writes = True
        total.note(Reached(step))
        state.add(Reached(step))
    return state


def _save(total: _Sum, state: _State, context: NamedType | None, saved: str) -> None:
    """Changes become an operation when they are saved; what was marked as removed is now."""
    total.saves = _both(total.saves, saved)
    for reached in state.changes.values():
        of = reached.operation
        if of.of:
            continue  # whether that object was loaded, the caller knows
        kind = DELETE if of.soft else OVERWRITE
        done = replace(reached, operation=replace(of, kind=kind, context=of.context or context, tracked=True, saved=saved))
        total.note(done)
        state.add(done)
    for key, reached in state.pending.items():
        of = reached.operation
        if of.tracked and not of.saved:
            state.pending[key] = replace(reached, operation=replace(of, saved=saved, context=of.context or context))
    total.writes = total.writes or bool(state.changes)
    state.changes.clear()


def _both(one: str, other: str) -> str:
    return one if not other or one == other else other if not one else "both"


def _record(total: _Sum, step: Record, state: _State) -> _State:
    if not total.catching:
        total.records.setdefault(step.site, Recorded(step))
    total.writes = True
    state.record()
    return state


def _call(total: _Sum, step: CallStep, state: _State) -> _State:
    callees = total.lookup(step)
    if step.audit and (not callees.known or any(s.writes or s.records for _, s in (*callees.choices, *callees.sequence))):
        return _record(total, Record(step.name, step.site, "audit"), state)
    if not callees.known:
        if step.fallback is not None:
            return _operation(total, step.fallback, state)
        if step.virtual is not None or step.requests:
            total.unresolved.setdefault(step.site, Unresolved(step.name, step.site))
        return state
    if callees.choices:
        ends = [_enter(total, step, name, summary, state.copy()) for name, summary in callees.choices]
        state = ends[0] if len(ends) == 1 else _either(ends)
    for name, summary in callees.sequence:
        state = _enter(total, step, name, summary, state)
    return state


def _either(ends: list[_State]) -> _State:
    """One of several implementations ran, and nobody knows which."""
    joined = _State(any(e.bare for e in ends), min(e.marks for e in ends))
    for end in ends:
        joined.pending.update({k: v for k, v in end.pending.items() if k not in joined.pending})
        joined.changes.update({k: v for k, v in end.changes.items() if k not in joined.changes})
    return joined


def _enter(total: _Sum, step: CallStep, name: str, of: Summary, state: _State) -> _State:
    """The state after a callee returned with success."""
    hop = Hop(step.site, name)
    if of.saves:
        _save(total, state, None, of.saves)
    total.saves = _both(total.saves, of.saves)
    total.writes = total.writes or of.writes
    total.truncated = total.truncated or of.truncated
    for reached in of.operations:
        if _fits(total, reached):
            total.note(Reached(reached.operation, (hop, *reached.path)))
    for recorded in of.records:
        if len(recorded.path) < MOST_HOPS and not total.catching:
            total.records.setdefault(recorded.record.site, Recorded(recorded.record, (hop, *recorded.path)))
    for unresolved in of.unresolved:
        total.unresolved.setdefault(unresolved.site, unresolved)
    for reached in of.pending:
        if _fits(total, reached):
            state.add(Reached(reached.operation, (hop, *reached.path)))
    if not of.bare:
        state.record()
    passed = dict(step.passed)
    for reached in of.changes:
        whose = passed.get(reached.operation.of) if reached.operation.of else ""
        if whose is not None and _fits(total, reached):
            moved = Reached(replace(reached.operation, of=whose), (hop, *reached.path))
            state.changes.setdefault(moved.key, moved)
    return state


def _fits(total: _Sum, reached: Reached) -> bool:
    if len(reached.path) < MOST_HOPS:
        return True
    total.truncated = True
    return False


def _branch(total: _Sum, step: Branch, state: _State) -> _State:
    return _join(state, [_run(total, arm, state.copy()) for arm in step.arms])


def _loop(total: _Sum, step: Loop, state: _State) -> _State:
    return _join(state, [_run(total, step.body, state.copy()), state.copy()])


def _join(before: _State, ends: list[_State]) -> _State:
    """After a branch: a record in one arm that goes on speaks for what was done before, since an `if` that logs is still a log."""
    alive = [e for e in ends if e.alive]
    if not alive:
        before.alive = False
        return before
    recorded = any(e.marks > before.marks for e in alive)
    joined = _State(all(e.bare for e in alive), max(e.marks for e in alive))
    for end in alive:
        for key, reached in end.pending.items():
            if not (recorded and key in before.pending):
                joined.pending.setdefault(key, reached)
        for key, reached in end.changes.items():
            joined.changes.setdefault(key, reached)
    return joined


def _inline(total: _Sum, step: Inline, state: _State) -> _State:
    inner = _Sum(total.lookup, total.operations, total.records, {}, {}, total.unresolved, catching=total.catching)
    end = _run(inner, step.body, state.copy())
    total.saves, total.writes = _both(total.saves, inner.saves), total.writes or inner.writes
    total.truncated = total.truncated or inner.truncated
    if not end.alive and not inner.ended:
        if inner.refused is None:
            return state
        _ended(inner, inner.refused)
    if end.alive:
        _ended(inner, end)
    return _State(inner.bare, state.marks + (0 if inner.bare or not state.bare else 1), inner.pending, inner.changes)


def _attempt(total: _Sum, step: Attempt, state: _State) -> _State:
    """A `catch` begins with what was done before the `try`: what threw was not done."""
    ends = [_run(total, step.body, state.copy())]
    outer, total.catching = total.catching, True
    ends += [_run(total, c, state.copy()) for c in step.catches]
    total.catching = outer
    alive = [e for e in ends if e.alive]
    after = _either(alive) if alive else replace(state, alive=False)
    if after.alive:
        return _run(total, step.final, after)
    if step.final and any(isinstance(s, (Record, CallStep)) for s in step.final):
        trial = _run(total, step.final, _State(True, 0, dict(total.pending)))
        if not trial.bare:  # what stands in `finally` speaks for the ways that returned, too
            total.pending, total.bare = {}, False
    return after


def _exit(total: _Sum, step: Exit, state: _State) -> _State:
    if step.kind == SUCCESS:
        _ended(total, state)
    elif step.kind == "failure" and (total.refused is None or len(state.pending) > len(total.refused.pending)):
        total.refused = state.copy()
    state.alive = False
    return state


def _unresolved(total: _Sum, step: Unresolved, state: _State) -> _State:
    total.unresolved.setdefault(step.site, step)
    return state


_HANDLERS: dict[type[Step], Callable[..., _State]] = {
    Operation: _operation, Record: _record, CallStep: _call, Branch: _branch, Loop: _loop, Inline: _inline, Attempt: _attempt, Exit: _exit,
    Unresolved: _unresolved,
}
