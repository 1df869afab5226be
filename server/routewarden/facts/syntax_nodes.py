"""The nodes inside reduced code (`syntax_ir`), for readers that look for one kind of node wherever it stands.

Invariant: source order, what is outside before what is inside. Bodies of lambdas and local functions are bodies of their own and
not among them; types as written (`TypeRef`) are no nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache

from routewarden.facts.syntax_ir import TypeRef


def nodes(code: Iterable[object]) -> Iterator[object]:
    """Every statement and expression in statements or expressions, themselves included."""
    stack = list(code)
    stack.reverse()
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack.extend(reversed(node))
            continue
        names = parts_of(node)
        if names is not None:
            yield node
            stack.extend([getattr(node, name) for name in reversed(names)])


def parts_of(node: object) -> tuple[str, ...] | None:
    """The names of a node's fields, in source order; None for what is no node."""
    kind: type = type(node)
    return _fields_of(kind)


@cache
def _fields_of(kind: type) -> tuple[str, ...] | None:
    return tuple(f.name for f in fields(kind)) if is_dataclass(kind) and kind is not TypeRef else None
