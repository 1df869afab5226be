"""Lists, dictionaries and LINQ over items that are known.

Invariant: a sequence whose items are not all known says so (`ListValue.exact`), and so does whatever is computed from it.
https://learn.microsoft.com/dotnet/api/system.linq.enumerable
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.model import operators
from routewarden.model.values import (
    NULL,
    Closure,
    Const,
    DictValue,
    Frame,
    Instance,
    ListValue,
    TupleValue,
    TypeValue,
    Unknown,
    Value,
    value_type,
)

if TYPE_CHECKING:
    from routewarden.model.evaluator import CallSite, Evaluator, Passed


def items_of(value: Value) -> list[Value] | None:
    """The elements of an enumerable value; None where they are not all known."""
    if isinstance(value, ListValue):
        return value.items if value.exact else None
    if isinstance(value, DictValue):
        return [TupleValue((("Key", k), ("Value", v))) for k, v in value.entries]
    if isinstance(value, Const) and isinstance(value.value, str):
        return [Const(c) for c in value.value]
    if isinstance(value, Instance):
        inner = value.fields.get("<items>")
        if isinstance(inner, ListValue):
            return inner.items
    return None


def result_type(ev: Evaluator, target: Value, name: str, where: CallSite) -> Value:
    """The result of LINQ on an unknown sequence: its type, where the method keeps or names it."""
    if name in ("First", "FirstOrDefault", "Single", "SingleOrDefault", "Last", "LastOrDefault"):
        return Unknown(ev.world.element_type(target), "an element of a list that is not known")
    if name in ("OfType", "Cast") and where.type_arguments:
        return Unknown(TypeValue("System.Collections.Generic.IEnumerable`1", None, where.type_arguments), "a list that is not known")
    if name in ("Select", "SelectMany", "Any", "All", "Count", "Contains"):
        return Unknown(None, "computed from a list that is not known")
    return Unknown(value_type(target), "a list that is not known")


def mutate(ev: Evaluator, target: ListValue, name: str, values: list[Value], passed: Sequence[Passed] = ()) -> Value | None:

    if name in ("Add", "Push", "Enqueue", "AddLast") and values:
        target.items.append(values[0])
        return Const(True)
    if name == "AddRange" and values:
        items = items_of(values[0])
        target.items.extend(items or ())
        target.exact = target.exact and items is not None
        return NULL
    if name == "Insert" and len(values) == 2:
        at = values[0].value if isinstance(values[0], Const) else None
        target.items.insert(at if isinstance(at, int) else len(target.items), values[1])
        return NULL
    if name in ("Remove", "RemoveAll", "RemoveAt") and values:
        known = values[0].value if isinstance(values[0], Const) else None
        if name == "RemoveAt":
            if isinstance(known, int) and 0 <= known < len(target.items):
                del target.items[known]
            return NULL
        hits = [ev.truth(ev.apply(values[0], [i])) if name == "RemoveAll" else operators.same(i, values[0]) for i in target.items]
        kept = [item for item, hit in zip(target.items, hits, strict=True) if hit is not True]
        removed = len(target.items) - len(kept)
        if name == "Remove" and removed > 1:
            del target.items[hits.index(True)]
            return Const(True)
        target.items[:] = kept
        return Const(removed > 0) if name == "Remove" else Const(removed)
    if name == "Clear":
        target.items.clear()
        target.exact = True
        return NULL
    if name == "ForEach" and values:
        for item in list(target.items):
            ev.apply(values[0], [item])
        return NULL
    if name in ("AsReadOnly", "AsEnumerable", "GetEnumerator", "AsSpan"):
        return target
    if name in ("Pop", "Dequeue", "Peek") and target.exact and target.items:
        at = 0 if name == "Dequeue" or (target.type is not None and target.type.name.endswith("Queue`1")) else -1
        return target.items[at] if name == "Peek" else target.items.pop(at)
    if name in ("TryPop", "TryDequeue") and target.exact and passed and passed[0].back is not None:
        if target.items:
            passed[0].back(target.items.pop(0 if name == "TryDequeue" else -1))
            return Const(True)
        return Const(False)
    return None


def dictionary_call(target: DictValue, name: str, values: list[Value], passed: Sequence[Passed] = ()) -> Value | None:
    if name == "TryGetValue" and len(passed) == 2 and passed[1].back is not None and isinstance(values[0], Const):
        held = next((v for k, v in reversed(target.entries) if isinstance(k, Const) and k.value == values[0].value), None)
        passed[1].back(held or NULL)
        return Const(held is not None)
    if name == "GetValueOrDefault" and values and isinstance(values[0], Const):
        held = next((v for k, v in reversed(target.entries) if isinstance(k, Const) and k.value == values[0].value), None)
        return held or (values[1] if len(values) > 1 else NULL)
    if name == "Remove" and values and isinstance(values[0], Const):
        kept = [(k, v) for k, v in target.entries if not (isinstance(k, Const) and k.value == values[0].value)]
        removed = len(kept) < len(target.entries)
        target.entries[:] = kept
        return Const(removed)
    if name in ("Add", "TryAdd") and len(values) == 2:
        target.entries.append((values[0], values[1]))
        return Const(True)
    if name in ("ContainsKey",) and values and isinstance(values[0], Const):
        return Const(any(isinstance(k, Const) and k.value == values[0].value for k, _ in target.entries))
    return None



def _where(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    kept: list[Value] = []
    exact = True
    for item in items:
        hit = ev.truth(ev.apply(values[0], [item])) if values else None
        if hit is None:
            exact = False
        elif hit:
            kept.append(item)
    return ListValue(kept, exact)


def _select(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    if not values:
        return ListValue(items)
    takes_index = isinstance(values[0], Closure) and len(values[0].code.parameters) == 2
    return ListValue([ev.apply(values[0], [item, Const(i)] if takes_index else [item]) for i, item in enumerate(items)])


def _select_many(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:

    out: list[Value] = []
    exact = True
    for item in items:
        inner = items_of(ev.apply(values[0], [item])) if values else None
        exact = exact and inner is not None
        out.extend(inner or ())
    return ListValue(out, exact)


def _same_items(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    return ListValue(list(items))


def _distinct(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    out: list[Value] = []
    for item in items:
        if not any(operators.same(item, o) for o in out):
            out.append(item)
    return ListValue(out)


def _order(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    keys = [operators.to_text(ev.apply(values[0], [i])) if values else operators.to_text(i) for i in items]
    if any(k is None for k in keys):
        return ListValue(list(items))
    ordered = sorted(zip(keys, range(len(items)), strict=True), key=lambda p: (p[0] or "", p[1]), reverse=where.name.endswith("Descending"))
    return ListValue([items[i] for _, i in ordered])


def _of_type(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    if not where.type_arguments or where.name == "Cast":
        return ListValue(list(items))
    return ListValue([i for i in items if operators.is_instance(ev.world, i, where.type_arguments[0])])


def _first(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    kept = _where(ev, items, values, where) if values else ListValue(items)
    assert isinstance(kept, ListValue)
    if kept.items:
        return kept.items[-1 if where.name.startswith("Last") else 0]
    return NULL if kept.exact else Unknown(None, "a list that is not fully known")


def _any(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    hits = [ev.truth(ev.apply(values[0], [i])) for i in items] if values else [True] * len(items)
    if where.name == "All":
        return Const(False) if False in hits else Unknown() if None in hits else Const(True)
    return Const(True) if True in hits else Unknown() if None in hits else Const(False)


def _count(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    kept = _where(ev, items, values, where) if values else ListValue(items)
    return Const(len(kept.items)) if isinstance(kept, ListValue) and kept.exact else Unknown(TypeValue("System.Int32"))


def _contains(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    hits = [operators.same(i, values[0]) for i in items] if values else []
    return Const(True) if True in hits else Unknown() if None in hits else Const(False)


def _except(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    others = items_of(values[0]) if values else None
    if others is None:
        return ListValue(list(items), False)
    kept = [i for i in items if any(operators.same(i, o) for o in others) is (where.name == "Intersect")]
    return _distinct(ev, kept, [], where)


def _while(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    """TakeWhile and SkipWhile."""
    for index, item in enumerate(items):
        hit = ev.truth(ev.apply(values[0], [item])) if values else None
        if hit is None:
            return ListValue([], False)
        if not hit:
            return ListValue(items[:index] if where.name == "TakeWhile" else items[index:])
    return ListValue(list(items) if where.name == "TakeWhile" else [])


def _group_by(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    """GroupBy and ToLookup: groups with a key, in the order of their first items."""
    groups: list[tuple[Value, list[Value]]] = []
    for item in items:
        key = ev.apply(values[0], [item]) if values else Unknown()
        inner = next((held for known, held in groups if operators.same(known, key)), None)
        if inner is None:
            inner = []
            groups.append((key, inner))
        inner.append(ev.apply(values[1], [item]) if len(values) > 1 else item)
    of = TypeValue("System.Linq.IGrouping`2")
    return ListValue([Instance(of, {"Key": key, "<items>": ListValue(held)}) for key, held in groups])


def _element_at(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    at = values[0].value if values and isinstance(values[0], Const) else None
    return items[at] if isinstance(at, int) and 0 <= at < len(items) else Unknown(None, "an element that is not known")


def _distinct_by(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    keys: list[Value] = []
    kept: list[Value] = []
    for item in items:
        key = ev.apply(values[0], [item]) if values else item
        if not any(operators.same(key, k) for k in keys):
            keys.append(key)
            kept.append(item)
    return ListValue(kept)


def _chunk(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    size = values[0].value if values and isinstance(values[0], Const) else None
    if not isinstance(size, int) or size < 1:
        return ListValue([], False)
    return ListValue([ListValue(items[i : i + size]) for i in range(0, len(items), size)])


def _indexed(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    return ListValue([TupleValue((("Index", Const(i)), ("Item", item))) for i, item in enumerate(items)])


def _concat(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:

    if where.name in ("Append", "Prepend"):
        return ListValue([*items, values[0]] if where.name == "Append" else [values[0], *items])
    more = items_of(values[0]) if values else None
    return ListValue([*items, *(more or ())], more is not None)


def _zip(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:

    other = items_of(values[0]) if values else None
    if other is None:
        return ListValue([], False)
    return ListValue([TupleValue(((None, a), (None, b))) for a, b in zip(items, other, strict=False)])


def _take(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    count = values[0].value if values and isinstance(values[0], Const) else None
    if not isinstance(count, int):
        return ListValue([], False)
    return ListValue(items[:count] if where.name == "Take" else items[count:])


def _to_dictionary(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    pairs = []
    for item in items:
        key = ev.apply(values[0], [item]) if values else Unknown()
        pairs.append((key, ev.apply(values[1], [item]) if len(values) > 1 else item))
    return DictValue(pairs)


def _aggregate(ev: Evaluator, items: list[Value], values: list[Value], where: CallSite) -> Value:
    if len(values) >= 2:
        total, function, rest = values[0], values[1], items
    elif values and items:
        total, function, rest = items[0], values[0], items[1:]
    else:
        return Unknown()
    for item in rest:
        total = ev.apply(function, [total, item])
    return total


LINQ: dict[str, Callable[[Evaluator, list[Value], list[Value], CallSite], Value]] = {
    "Where": _where, "Select": _select, "SelectMany": _select_many, "ToList": _same_items, "ToArray": _same_items,
    "AsEnumerable": _same_items, "ToHashSet": _distinct, "Distinct": _distinct, "OrderBy": _order, "OrderByDescending": _order,
    "ThenBy": _same_items, "Order": _order, "Reverse": lambda ev, i, v, w: ListValue(i[::-1]), "OfType": _of_type, "Cast": _of_type,
    "First": _first, "FirstOrDefault": _first, "Single": _first, "SingleOrDefault": _first, "Last": _first, "LastOrDefault": _first,
    "Any": _any, "All": _any, "Count": _count, "Contains": _contains, "Concat": _concat, "Union": _concat, "Append": _concat,
    "Prepend": _concat, "Zip": _zip, "Take": _take, "Skip": _take, "ToDictionary": _to_dictionary, "Aggregate": _aggregate,
    "ToImmutableArray": _same_items, "ToImmutableList": _same_items, "ToFrozenSet": _distinct, "AsParallel": _same_items,
    "Except": _except, "Intersect": _except, "TakeWhile": _while, "SkipWhile": _while, "GroupBy": _group_by, "ToLookup": _group_by,
    "ElementAt": _element_at, "ElementAtOrDefault": _element_at, "DistinctBy": _distinct_by, "Chunk": _chunk, "Index": _indexed,
    "DefaultIfEmpty": _same_items, "ThenByDescending": _same_items, "OrderDescending": _order, "LongCount": _count,
    "ToImmutableHashSet": _distinct, "ToFrozenDictionary": _to_dictionary, "ToImmutableDictionary": _to_dictionary,
}


def query(ev: Evaluator, expr: ir.Query, frame: Frame) -> Value:
    """A LINQ query of `from`, `where` and `select` over known items."""
    rows: list[dict[str, Value]] = [{}]
    result: list[Value] = []
    exact = True
    for word, name, value in expr.clauses:
        scopes = [(row, Frame(frame.path, frame.body, dict(row), frame, frame.this, frame.owner, frame.type_arguments)) for row in rows]
        if word in ("from", "let"):
            new_rows: list[dict[str, Value]] = []
            for row, scope in scopes:
                of = ev.evaluate(value, scope)
                items = [of] if word == "let" else items_of(of)
                exact = exact and items is not None
                new_rows.extend({**row, name: item} for item in items or ())
            rows = new_rows
        elif word == "where":
            hits = [(row, ev.truth(ev.evaluate(value, scope))) for row, scope in scopes]
            exact = exact and all(h is not None for _, h in hits)
            rows = [row for row, hit in hits if hit]
        elif word == "select":
            result = [ev.evaluate(value, scope) for _, scope in scopes]
        elif word not in ("orderby",):
            return Unknown(None, "a query that is not evaluated")
    return ListValue(result, exact)
