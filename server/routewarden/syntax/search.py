"""All nodes of some kinds in a tree, in the order of the text, without a walk in Python.

Invariant: the search runs in tree-sitter's own query engine, so that its cost is that of what it finds.
"""

from __future__ import annotations

from functools import cache

from tree_sitter import Node, Query, QueryCursor

from routewarden.syntax.grammar import LANGUAGE


def find_nodes(root: Node, kinds: tuple[str, ...], start: int = 0, end: int | None = None) -> list[Node]:
    """The nodes of these kinds that lie inside the bytes [start, end) of the tree."""
    cursor = QueryCursor(_query(kinds))
    if end is not None:
        cursor.set_byte_range(start, end)
    found = cursor.captures(root).get("node", [])
    inside = found if end is None else [n for n in found if n.start_byte >= start and n.end_byte <= end]
    return sorted(inside, key=lambda n: (n.start_byte, -n.end_byte))


@cache
def _query(kinds: tuple[str, ...]) -> Query:
    return Query(LANGUAGE, f"[{' '.join(f'({kind})' for kind in kinds)}] @node")
