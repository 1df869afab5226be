"""`Access-Control-Allow-Origin` that repeats whatever origin the request names.

Invariant: the origin flows from the request's header to the answer's within one body, and no condition around the answer compares it with
anything but nothing. What a called method checks is not known here: a condition that hands the origin to one counts as a check.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from routewarden.facts import syntax_ir as ir
from routewarden.facts.sites import Site
from routewarden.facts.syntax_nodes import nodes, parts_of
from routewarden.model.observed import ORIGIN_HEADER
from routewarden.model.register import Weakness

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator

_WRITES = frozenset({"Append", "Add", "TryAdd", "Set"})
_EMPTINESS = frozenset({"IsNullOrEmpty", "IsNullOrWhiteSpace", "Any", "TryGetValue", "ContainsKey"})


def of_file(ev: Evaluator, path: str, app: str) -> Iterator[Weakness]:
    """The places of a file where the header repeats the request's origin."""
    facts = ev.world.types.index.facts(path)
    bodies = [b for t in facts.types for m in t.members for b in (m.body, *(b for _, b in m.accessors)) if b is not None]
    if facts.has_top_level:
        bodies.append("<main>")
    for body in bodies:
        yield from _of_body(ev, path, body, frozenset(), app)


def _of_body(ev: Evaluator, path: str, body: str, known: frozenset[str], app: str) -> Iterator[Weakness]:
    statements = ev.body(path, body) or ()
    origins = set(known)
    for node in nodes(statements):
        if isinstance(node, ir.Local) and node.value is not None and _carries(node.value, origins):
            origins.add(node.name)
        elif isinstance(node, ir.Call) and getattr(node.function, "name", "") == "TryGetValue" and _names_origin(node.arguments[:1]):
            origins.update(name for a in node.arguments if isinstance(a.value, ir.Declaration) for name in a.value.names)
    for node, checked in _with_checks(statements, origins, False):
        if isinstance(node, (ir.Lambda, ir.LocalFunction)):
            yield from _of_body(ev, path, node.body, frozenset(origins), app)
        site = None if checked else _write(node, origins)
        if site is not None:
            text = "repeats whatever origin the request names: any site may read the answer"
            yield Weakness("cors-reflected", Site(path, body, f"node:{site}"), "Access-Control-Allow-Origin", text, "high", app)


def _write(node: object, origins: set[str]) -> int | None:
    if isinstance(node, ir.Assign):
        target = node.target
        by_index = isinstance(target, ir.Index) and _is_header(target.arguments)
        if (by_index or (isinstance(target, ir.Member) and target.name == "AccessControlAllowOrigin")) and _carries(node.value, origins):
            return node.node
    if isinstance(node, ir.Call) and getattr(node.function, "name", "") in _WRITES and _is_header(node.arguments):
        return node.node if any(_carries(a.value, origins) for a in node.arguments[1:]) else None
    return None


def _is_header(arguments: Iterable[ir.Argument]) -> bool:
    for argument in arguments:
        value = argument.value
        if isinstance(value, ir.Literal):
            return str(value.value).lower() == ORIGIN_HEADER
        return isinstance(value, ir.Member) and value.name == "AccessControlAllowOrigin"
    return False


def _names_origin(arguments: Iterable[ir.Argument]) -> bool:
    return any(
        (isinstance(a.value, ir.Literal) and str(a.value.value).lower() == "origin") or (isinstance(a.value, ir.Member) and a.value.name == "Origin")
        for a in arguments
    )


def _carries(expr: ir.Expr, origins: set[str]) -> bool:
    """Whether the expression is the request's origin, or a text made of it alone."""
    for node in nodes([expr]):
        if isinstance(node, ir.Name) and node.name in origins:
            return True
        if isinstance(node, ir.Index) and _names_origin(node.arguments) and _of_headers(node.target):
            return True
        if isinstance(node, ir.Member) and node.name == "Origin" and _of_headers(node.target):
            return True
    return False


def _of_headers(expr: ir.Expr) -> bool:
    return any(isinstance(n, ir.Member) and n.name == "Headers" for n in nodes([expr])) or (isinstance(expr, ir.Name) and "eader" in expr.name)


def _with_checks(node: object, origins: set[str], checked: bool) -> Iterator[tuple[object, bool]]:
    """Every node, and whether a condition around it checks the origin."""
    if isinstance(node, (tuple, list)):
        after = checked
        for item in node:
            yield from _with_checks(item, origins, after)
            # `if (!allowed.Contains(origin)) return;` checks what follows.
            after = after or (isinstance(item, ir.If) and _checks(item.condition, origins) and _leaves(item.then))
        return
    names = parts_of(node)
    if names is None:
        return
    yield node, checked
    inside = checked or (isinstance(node, (ir.If, ir.Conditional)) and _checks(node.condition, origins))
    inside = inside or (isinstance(node, ir.Binary) and node.operator == "&&" and _checks(node.left, origins))
    for name in names:
        yield from _with_checks(getattr(node, name), origins, inside)


def _checks(condition: ir.Expr, origins: set[str]) -> bool:
    for node in nodes([condition]):
        if isinstance(node, ir.Call) and getattr(node.function, "name", "") not in _EMPTINESS and _carries(node, origins):
            return True
        if isinstance(node, ir.Binary) and node.operator in ("==", "!=") and (_carries(node.left, origins) or _carries(node.right, origins)):
            other = node.right if _carries(node.left, origins) else node.left
            if not (isinstance(other, ir.Literal) and other.value in (None, "")):
                return True
        if isinstance(node, ir.IsPattern) and _carries(node.value, origins) and node.pattern.kind == "constant":
            return True
    return False


def _leaves(statement: ir.Stmt) -> bool:
    return any(isinstance(n, (ir.Return, ir.Throw)) for n in nodes([statement]))
