"""The values that `reading` computes with: what an expression may hold, as far as ownership asks.

Invariant: a value says where it comes from (rows, the client, the caller) and what is known when it turns out true or there, and when false or
null. Plain frozen data; what code does with it is the business of `reading`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from routewarden.model.ownership.knowledge import CALLER, NOTHING, Facts, Term
from routewarden.model.ownership.knowledge import renamed as renamed_facts

if TYPE_CHECKING:
    from routewarden.facts import syntax_ir as ir
    from routewarden.facts.sites import Site
    from routewarden.model.operations.environment import Env
    from routewarden.model.ownership.state import State
    from routewarden.model.symbols import Type


@dataclass(frozen=True, slots=True)
class Function:
    """A lambda or local function with what it closes over."""

    code: ir.Lambda | ir.LocalFunction
    env: Env
    state: State


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """`kind`: unknown object (of `type`) principal row seq new function null auth. `rows`: rows whose content is in it; `term`: what it equals.

    A row has `row` and `path` (of the member that leads on to a related row). A seq has `element`, what is known of its rows (`facts`, and from
    query filters `filters`). `members`: of an object made here, or the parts of a tuple.
    """

    kind: str = "unknown"
    type: Type | None = None
    term: Term | None = None
    rows: frozenset[int] = frozenset()
    client: frozenset[str] = frozenset()
    caller: bool = False
    when_true: Facts = NOTHING
    when_false: Facts = NOTHING
    can_be_true: bool = True
    can_be_false: bool = True
    row: int = -1
    path: str = ""
    element: Value | None = None
    facts: Facts = NOTHING
    filters: Facts = NOTHING
    members: tuple[tuple[str, Value], ...] = ()
    function: Function | None = None
    text: str | None = None  # of a constant string
    site: Site | None = None

    def member(self, name: str) -> Value | None:
        low = name.lower()
        return next((v for n, v in self.members if n.lower() == low), None)


UNKNOWN = Value()
NULL = Value("null", can_be_true=False)


def caller_value(of: Type | None = None) -> Value:
    """The caller's id, or anything that is derived from it."""
    return Value("object", of, CALLER, caller=True)


def plain(value: Value) -> Value:
    """Where it comes from, without what it is."""
    return Value("unknown", None, None, value.rows, value.client, value.caller)


def blended(values: list[Value], of: Type | None = None) -> Value:
    """What is made of several values in a way that is not known."""
    rows: frozenset[int] = frozenset().union(*(content(v) for v in values))
    sources: frozenset[str] = frozenset().union(*(inputs(v) for v in values))
    caller = any(v.caller or v.kind == "principal" or any(m.caller for _, m in v.members) for v in values)
    return Value("unknown", of, None, rows, sources, caller)


def content(value: Value) -> frozenset[int]:
    """The rows whose content the value holds."""
    found = value.rows | (frozenset({value.row}) if value.row >= 0 else frozenset())
    if value.element is not None:
        found |= content(value.element)
    for _, member in value.members:
        found |= content(member)
    return found


def inputs(value: Value) -> frozenset[str]:
    """The client's inputs that are in it."""
    found = value.client
    for _, member in value.members:
        found |= inputs(member)
    return found | inputs(value.element) if value.element is not None else found


def renamed(value: Value, rows: dict[int, int]) -> Value:
    """The same of other rows."""
    if not rows:
        return value
    return replace(
        value,
        term=next(iter(renamed_facts(frozenset({value.term}), rows))) if value.term is not None else None,
        rows=frozenset(rows.get(r, r) for r in value.rows), row=rows.get(value.row, value.row),
        when_true=renamed_facts(value.when_true, rows), when_false=renamed_facts(value.when_false, rows),
        element=renamed(value.element, rows) if value.element is not None else None,
        facts=renamed_facts(value.facts, rows), filters=renamed_facts(value.filters, rows),
        members=tuple((n, renamed(v, rows)) for n, v in value.members),
    )


@dataclass(slots=True)
class Pending:
    """A row that was changed and is not saved yet."""

    row: int
    how: str
    site: Site | None = field(default=None)
