"""Queries and lists: what a filter adds to what is known of their rows, and what comes out of them.

Invariant: a sequence has one element that stands for each of its rows; taking a row out of it makes a new one, with the same known of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from routewarden.model.operations.environment import Binding, Env
from routewarden.model.ownership import members
from routewarden.model.ownership.knowledge import NOTHING, Facts, client, equal, member_of, rows_in
from routewarden.model.ownership.state import State
from routewarden.model.ownership.values import UNKNOWN, Value, blended, caller_value, content, renamed
from routewarden.model.symbols import NamedType, Type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routewarden.facts.sites import Site
    from routewarden.model.ownership.reading import Frame, Reader

_FILTERS = frozenset({"Where", "WhereIf", "FindAll", "TakeWhile", "SkipWhile", "FindAsync", "Find"})
_ONE = frozenset({"First", "Single", "Last", "ElementAt", "Find"})
_ANY = frozenset({"Any", "Exists", "Contains", "All", "TrueForAll", "Count", "LongCount"})
_BULK = {"ExecuteDelete": "delete", "ExecuteUpdate": "update", "BatchDelete": "delete", "BatchUpdate": "update",
         "DeleteOne": "delete", "DeleteMany": "delete", "UpdateOne": "update", "UpdateMany": "update", "ReplaceOne": "update",
         "FindOneAndDelete": "delete", "FindOneAndUpdate": "update", "FindOneAndReplace": "update"}
_WRITES = {"Remove": "delete", "RemoveRange": "delete", "Update": "update", "UpdateRange": "update", "Attach": "update", "Add": "insert",
           "AddAsync": "insert", "AddRange": "insert", "AddRangeAsync": "insert"}


def element_of(reader: Reader, over: Value, of: Type | None) -> Value:
    """What a loop over a value gets."""
    if over.kind == "seq" and over.element is not None:
        if over.element.row >= 0:
            reader.know(over.element.row, over.facts | over.filters)
        return over.element
    if over.caller:
        return caller_value(of)
    if over.client:
        return Value("client", of, client(f"{min(over.client)}[]"), over.rows, frozenset({f"{min(over.client)}[]"}))
    return replace(blended([over]), type=of)


def call(
    reader: Reader, name: str, target: Value, arguments: Sequence[Value], returns: Type | None, state: State, site: Site | None
) -> Value | None:
    """A call on a query, set or list; None where it means nothing here."""
    base = name.removesuffix("Async")
    lambdas = [a for a in arguments if a.kind == "function"]
    if base in _BULK:
        chosen = _filtered(reader, target, lambdas[:1], state) if lambdas and base not in ("ExecuteUpdate", "BatchUpdate") else target
        return _bulk(reader, _BULK[base], chosen, state, site)
    if base in ("IgnoreQueryFilters",):
        return replace(target, filters=NOTHING)
    if base in ("Where", "WhereIf", "FindAll", "TakeWhile"):
        return _filtered(reader, target, lambdas, state)
    if base == "Find" and target.text == "set":
        if lambdas:
            return _filtered(reader, target, lambdas, state)
        return _by_key(reader, target, arguments, site)
    stem = base.removesuffix("OrDefault")
    if stem in _ONE:
        return _one(reader, _filtered(reader, target, lambdas, state), not base.endswith("OrDefault"), returns, state, site)
    if base in _ANY:
        return _asked(reader, base, target, lambdas, arguments, state)
    if base in ("Select", "SelectMany"):
        return _mapped(reader, base, target, lambdas, returns, state)
    if base in _WRITES or name in _WRITES:
        return None
    if base in ("Sum", "Max", "Min", "Average", "MaxBy", "MinBy", "Aggregate"):
        return replace(blended([target]), type=returns)
    if base in ("Union", "Concat", "Append", "Prepend", "Except", "Intersect", "UnionBy"):
        return replace(target, rows=target.rows | frozenset().union(*(content(a) for a in arguments)))
    if base.startswith("To") or base == "GroupBy":
        return replace(settled(reader, target), type=returns)
    return replace(target, type=returns or target.type, text=target.text if name in ("AsQueryable", "AsNoTracking") else None)


def _apply(reader: Reader, function: Value, element: Value, state: State) -> Value:
    assert function.function is not None
    return reader.run_function(function.function, [element], [element.type], state.copy())


def _element(reader: Reader, target: Value) -> Value:
    if target.element is not None:
        return target.element
    if target.caller:
        return caller_value(reader.typing.element(target.type) if target.type is not None else None)
    if target.client:
        return Value("client", reader.typing.element(target.type), client(f"{min(target.client)}[]"), client=frozenset({f"{min(target.client)}[]"}))
    return replace(blended([target]), type=reader.typing.element(target.type) if target.type is not None else None)


def _filtered(reader: Reader, target: Value, lambdas: Sequence[Value], state: State) -> Value:
    facts: Facts = NOTHING
    for function in lambdas:
        facts |= _apply(reader, function, _element(reader, target), state).when_true
    return replace(target, facts=target.facts | facts)


def _bulk(reader: Reader, kind: str, target: Value, state: State, site: Site | None) -> Value:
    row = _element(reader, target).row
    if row >= 0:
        new = reader.copy_row(row, renamed(Value(facts=target.facts | target.filters), {row: len(reader.rows)}).facts, site)
        reader.access(kind, new, state, site)
    return Value("unknown", when_true=target.facts)


def _by_key(reader: Reader, target: Value, arguments: Sequence[Value], site: Site | None) -> Value:
    """`set.Find(keys)`."""
    element = _element(reader, target)
    if element.row < 0:
        return UNKNOWN
    keys = [a for a in arguments if a.term is not None or a.caller or a.members or a.element is not None]
    flat: list[Value] = []
    for key in keys:
        flat += [key.element] if key.kind == "seq" and key.element is not None else [v for _, v in key.members] if key.kind == "new" else [key]
    new = len(reader.rows)
    shape = element.type.full_name if isinstance(element.type, NamedType) else ""
    facts: Facts = renamed(Value(facts=target.filters), {element.row: new}).facts
    for key in flat:
        from routewarden.model.ownership.reading import term_of

        facts |= equal(member_of(new, "Id", shape), term_of(key))
        if key.caller:
            reader.tells(element.type, "Id", site, key.type)
    reader.copy_row(element.row, facts, site)
    return replace(members.row_value(reader, new, element.type), when_true=facts)


def taken(reader: Reader, target: Value, site: Site | None) -> tuple[Value, Facts]:
    """One row of a sequence, and what is known when it is there."""
    element = _element(reader, target)
    if element.row < 0 and element.term is None and not content(element):
        return element, target.facts
    rows = content(element) | frozenset(r for fact in target.facts | target.filters for p in fact for r in rows_in(p))
    own = {r for r in rows if r in content(element)}
    mapping: dict[int, int] = {}
    for row in sorted(own):
        mapping[row] = reader.copy_row(row, NOTHING, site)
    facts = renamed(Value(facts=target.facts | target.filters), mapping).facts
    for new in mapping.values():
        reader.know(new, facts)
    return renamed(element, mapping), facts


def settled(reader: Reader, target: Value) -> Value:
    """A query that has run: its rows are rows of its own, and known to be what was asked for."""
    if target.kind != "seq" or target.element is None or not (target.facts or target.filters):
        return target
    element, facts = taken(reader, target, None)
    return replace(target, element=element, facts=facts, filters=NOTHING, text=None)


def _one(reader: Reader, target: Value, surely: bool, returns: Type | None, state: State, site: Site | None) -> Value:
    element, facts = taken(reader, target, site)
    if surely:
        state.facts |= facts
    return replace(element, when_true=element.when_true | facts, can_be_false=not surely, can_be_true=True)


def _asked(reader: Reader, base: str, target: Value, lambdas: Sequence[Value], arguments: Sequence[Value], state: State) -> Value:
    """`Any`, `All`, `Contains`, `Count`."""
    from routewarden.model.ownership.reading import term_of

    if base == "Contains":
        wanted = next((a for a in arguments if a.kind != "function"), UNKNOWN)
        element, facts = taken(reader, target, None)
        found = equal(term_of(element), term_of(wanted))
        if element.row >= 0 and wanted.row >= 0:
            found |= frozenset({("part", element.row, wanted.row)})
        if term_of(element) == ("caller",) and wanted.term is not None and wanted.term[0] == "field":
            row = reader.rows[int(str(wanted.term[1]))]
            reader.tells(row.entity, str(wanted.term[2]), row.site, wanted.type)
        return Value("unknown", when_true=found | facts)
    if base in ("All", "TrueForAll"):
        element = _element(reader, target)
        condition = _apply(reader, lambdas[0], element, state) if lambdas else UNKNOWN
        _, exception = taken(reader, replace(target, facts=target.facts | condition.when_false), None)  # there is one that does not meet it
        return Value("unknown", when_true=condition.when_true, when_false=exception)
    narrowed = _filtered(reader, target, lambdas, state)
    _, facts = taken(reader, narrowed, None)
    negative: Facts = NOTHING
    if lambdas:
        # None of them meets the condition: each of these very rows meets its opposite.
        condition = _apply(reader, lambdas[0], _element(reader, target), state)
        negative = condition.when_false
    return Value("unknown", when_true=facts, when_false=negative)


def _mapped(reader: Reader, base: str, target: Value, lambdas: Sequence[Value], returns: Type | None, state: State) -> Value:
    if not lambdas:
        return replace(target, type=returns)
    made = _apply(reader, lambdas[0], _element(reader, target), state)
    if base == "SelectMany" and made.kind == "seq" and made.element is not None:
        return Value("seq", returns, element=made.element, facts=target.facts | made.facts, filters=target.filters | made.filters, rows=made.rows)
    if made.type is None:
        made = replace(made, type=reader.typing.element(returns) if returns is not None else None)
    return Value("seq", returns, element=made, facts=target.facts, filters=target.filters)


def query(reader: Reader, e: Any, frame: Frame, env: Env, state: State) -> Value:
    """`from x in xs where ... select ...`."""
    inner_env, inner = env.inner(), state.copy()
    facts: Facts = NOTHING
    filters: Facts = NOTHING
    result: Value = UNKNOWN
    for kind, name, expr in e.clauses:
        value = reader.value(expr, frame, inner_env, inner)
        if kind in ("from", "join"):
            facts |= value.facts
            filters |= value.filters
            element = _element(reader, value)
            of = element.type or reader.typing.element(reader.type_of(expr, inner_env))
            inner_env = inner_env.inner()
            inner_env.bind(name, Binding("element", lambda of=of: of))  # type: ignore[misc]
            inner.names[name] = replace(element, type=of)
            result = replace(value, element=element)
        elif kind == "let":
            inner_env = inner_env.inner()
            of = value.type or reader.type_of(expr, inner_env)
            inner_env.bind(name, Binding("local", lambda of=of: of))  # type: ignore[misc]
            inner.names[name] = value
        elif kind == "where":
            facts |= value.when_true
        elif kind == "select":
            result = Value("seq", reader.type_of(e, env), element=value)
    return replace(result, kind="seq", facts=facts, filters=filters, text=None, type=reader.type_of(e, env))
