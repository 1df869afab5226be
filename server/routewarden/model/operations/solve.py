"""Sums over all calls, cycles included.

Invariant: the sum of a routine depends on the code it can reach, never on which question was asked first: routines that call each
other in a circle are solved together, from nothing, until nothing changes (Tarjan's components, innermost first:
https://en.wikipedia.org/wiki/Tarjan%27s_strongly_connected_components_algorithm). Each sum is kept with all that it rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from routewarden.model.operations.dispatch import Dispatch
from routewarden.model.operations.effects import Attempt, Branch, CallStep, Inline, Loop, Steps
from routewarden.model.operations.environment import Routine
from routewarden.model.operations.summaries import NOTHING, Callees, Summary, summarise
from routewarden.model.symbols import ArrayType, NamedType, Type, own_type
from routewarden.model.tracking import Memo, Tracker

_MOST_ROUNDS = 12  # a circle that has not settled by then is taken as it is
_MOST_NESTED = 6  # type arguments in type arguments: `void M<T>() => M<List<T>>()` would never end


Targets = tuple[tuple[Routine, ...], tuple[Routine, ...]]  # one of these runs, then all of these


class Solver:
    """Sums of routines in one app."""

    def __init__(
        self, tracker: Tracker, dispatch: Dispatch, effects: Callable[[Routine], Steps], around: Callable[[NamedType], Sequence[Routine]]
    ) -> None:
        """`effects` of a body (tracked); `around`: the pipeline behaviours that run for a request."""
        self._tracker = tracker
        self._dispatch = dispatch
        self._effects = effects
        self._around = around
        self._sums: Memo[Routine, Summary] = Memo(tracker)

    def drop(self, mask: int) -> None:
        self._sums.drop(mask)

    def summary(self, of: Routine) -> Summary:
        """The sum of a routine and all that it calls."""
        if not self._sums.has(of):
            self._solve(of)
        return self._sums.of(of, lambda: NOTHING)

    # --- what a call may run ---

    def targets(self, step: CallStep) -> Targets:
        """(one of these runs, then all of these)."""
        choices = [*step.exact]
        if step.virtual is not None:
            choices += self._dispatch.bodies(step.virtual)
        sequence: dict[Routine, None] = {}
        for request in step.requests:
            handlers = self._dispatch.handlers(request)
            if handlers:
                sequence.update(dict.fromkeys(self._around(request)))
                sequence.update(dict.fromkeys(handlers))
        kept = [self._plain(r) for r in choices if _is_small(r)]
        others = [self._plain(r) for r in sequence if r not in choices and _is_small(r)]
        if step.assume is not None:
            kept = [replace(r, assume=step.assume) for r in kept]
        return tuple(dict.fromkeys(kept)), tuple(others)

    def _plain(self, of: Routine) -> Routine:
        """A routine that does nothing whatever its types are is one for all of them: guards, converters, the like are called with hundreds."""
        owner = of.owner
        if owner is None or (not of.bindings and of.this == owner and not owner.arguments):
            return of
        open_ = own_type(owner.symbol)
        plain = Routine(of.path, of.body, open_, open_, (), of.member)
        return of if self._effects(plain) else plain

    def _callees(self, targets: Targets, known: dict[Routine, Summary]) -> Callees:
        choices, sequence = targets
        return Callees(
            tuple((r.name, self._known(r, known)) for r in choices), tuple((r.name, self._known(r, known)) for r in sequence)
        )

    def _known(self, of: Routine, known: dict[Routine, Summary]) -> Summary:
        found = known.get(of)
        if found is None:
            found = self._sums.of(of, lambda: NOTHING) if self._sums.has(of) else NOTHING
        return found

    # --- components ---

    def _solve(self, root: Routine) -> None:
        order: dict[Routine, int] = {}
        low: dict[Routine, int] = {}
        masks: dict[Routine, int] = {}
        steps: dict[Routine, Steps] = {}
        routes: dict[int, Targets] = {}  # by id of the step, which `steps` keeps alive
        stack: list[Routine] = []
        on_stack: set[Routine] = set()
        work: list[tuple[Routine, list[Routine], int]] = []

        def begin(of: Routine) -> None:
            order[of] = low[of] = len(order)
            stack.append(of)
            on_stack.add(of)

            def read() -> list[Routine]:
                steps[of] = self._effects(of)
                found: list[Routine] = []
                for step in calls_in(steps[of]):
                    routes[id(step)] = self.targets(step)
                    found += (r for group in routes[id(step)] for r in group)
                return found

            callees, masks[of] = self._tracker.measured(read)
            work.append((of, list(dict.fromkeys(callees)), 0))

        begin(root)
        while work:
            of, callees, at = work.pop()
            advanced = False
            while at < len(callees):
                callee = callees[at]
                at += 1
                if self._sums.has(callee):
                    continue
                if callee not in order:
                    work.append((of, callees, at))
                    begin(callee)
                    advanced = True
                    break
                if callee in on_stack:
                    low[of] = min(low[of], order[callee])
            if advanced:
                continue
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[of])
            if low[of] == order[of]:
                component: list[Routine] = []
                while True:
                    member = stack.pop()
                    on_stack.discard(member)
                    component.append(member)
                    if member == of:
                        break
                self._settle(component, steps, routes, masks)

    def _settle(
        self, component: list[Routine], steps: dict[Routine, Steps], routes: dict[int, Targets], masks: dict[Routine, int]
    ) -> None:
        """Solves routines that call each other together, and keeps the sums with what any of them rests on."""
        component.sort(key=lambda r: (r.path, r.body, str(r.this), str(r.bindings)))
        known = dict.fromkeys(component, NOTHING)

        def settle() -> None:
            for _ in range(_MOST_ROUNDS):
                changed = False
                for of in component:
                    found = summarise(steps[of], lambda step: self._callees(routes[id(step)], known))
                    if found != known[of]:
                        known[of] = found
                        changed = True
                if not changed or (len(component) == 1 and not self._calls_itself(component[0], steps, routes)):
                    break

        _, mask = self._tracker.measured(settle)
        for of in component:
            mask |= masks[of]
        for of in component:
            self._sums.put(of, known[of], mask)

    def _calls_itself(self, of: Routine, steps: dict[Routine, Steps], routes: dict[int, Targets]) -> bool:
        return any(of in group for step in calls_in(steps[of]) for group in routes[id(step)])


def _is_small(of: Routine) -> bool:
    return _depth(of.this) <= _MOST_NESTED and all(_depth(t) <= _MOST_NESTED for _, t in of.bindings)


def _depth(of: Type | None) -> int:
    if isinstance(of, NamedType):
        return 1 + max((_depth(a) for a in of.arguments), default=0)
    return 1 + _depth(of.element) if isinstance(of, ArrayType) else 0


def calls_in(steps: Steps) -> list[CallStep]:
    """Every call in a tree of effects, in order."""
    found: list[CallStep] = []
    for step in steps:
        if isinstance(step, CallStep):
            found.append(step)
        elif isinstance(step, Branch):
            for arm in step.arms:
                found += calls_in(arm)
        elif isinstance(step, (Loop, Inline)):
            found += calls_in(step.body)
        elif isinstance(step, Attempt):
            for part in (step.body, *step.catches, step.final):
                found += calls_in(part)
    return found
