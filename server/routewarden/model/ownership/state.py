"""One point on a path through a body: what the names hold, what is known, what is changed and not yet saved.

Invariant: a state is copied where paths part and joined where they meet; joining keeps only what both know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routewarden.model.ownership.knowledge import NOTHING, Facts, meet
from routewarden.model.ownership.values import Value, blended

if TYPE_CHECKING:
    from routewarden.facts.sites import Site

Change = tuple[int, str, "Site | None"]  # row, what happened to it, where


@dataclass(slots=True)
class State:
    """`outer`: the state of the code that a nested function stands in; `dead`: the path has ended."""

    names: dict[str, Value] = field(default_factory=dict)
    facts: Facts = NOTHING
    pending: tuple[Change, ...] = ()
    dead: bool = False
    outer: State | None = None

    def find(self, name: str) -> Value | None:
        at: State | None = self
        while at is not None:
            if name in at.names:
                return at.names[name]
            at = at.outer
        return None

    def assign(self, name: str, value: Value) -> None:
        """To the nearest name of this spelling, else a new one."""
        at: State | None = self
        while at is not None:
            if name in at.names:
                at.names[name] = value
                return
            at = at.outer
        self.names[name] = value

    def copy(self) -> State:
        return State(dict(self.names), self.facts, self.pending, self.dead, self.outer)

    def take(self, other: State) -> None:
        """Becomes the other."""
        self.names, self.facts, self.pending, self.dead = other.names, other.facts, other.pending, other.dead


def joined(a: State, b: State) -> State:
    """The state after either of two."""
    if a.dead:
        return b
    if b.dead:
        return a
    names = dict(a.names)
    for name, value in b.names.items():
        mine = names.get(name)
        names[name] = value if mine is None or mine is value else merged(mine, value)
    pending = a.pending + tuple(c for c in b.pending if c not in a.pending)
    return State(names, meet(a.facts, b.facts), pending, False, a.outer)


def merged(a: Value, b: Value) -> Value:
    """One of two values, it is not known which."""
    if a is b:
        return a
    if a.kind == "null":
        return b
    if b.kind == "null":
        return a
    if a.kind == b.kind and a.row == b.row >= 0 and a.path == b.path:
        return a
    both = blended([a, b], a.type or b.type)
    term = a.term if a.term == b.term else None
    return Value(
        "unknown", both.type, term, both.rows, both.client, a.caller and b.caller, meet(a.when_true, b.when_true), meet(a.when_false, b.when_false),
        a.can_be_true or b.can_be_true, a.can_be_false or b.can_be_false,
    )
