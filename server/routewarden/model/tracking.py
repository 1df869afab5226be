"""Which names an answer rests on, so that an edit throws away just the answers it may have changed.

Invariant: an answer that is kept would come out the same if it were worked out again. Leaves say what they look at
(`Tracker.touch`); a `Memo` keeps each answer with all that was touched on the way to it, answers it used included. Names are bits
of an integer, because joining two sets happens for every question and an `|` of integers is the cheapest way to do it.
Deliberately absent: order and time. There is one tracker for one state of the workspace, on one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def usings_of(path: str) -> str:
    """The using directives of a file. Types are touched by their simple name as it is."""
    return f"usings {path}"


def extensions_named(method: str) -> str:
    """The extension methods of a name."""
    return f"{method}()"


def body_of(path: str, body_id: str) -> str:
    return f"body {path} {body_id}"


def members_of(type_name: str) -> str:
    """The list of a type's members. The type's name by itself stands for its header."""
    return f"{type_name}.*"


def member_named(type_name: str, member: str) -> str:
    """The members of that name in a type."""
    return f"{type_name}.{member}"


def types_of(project: str) -> str:
    """The list of types that a project declares, with their headers."""
    return f"types {project}"


def setting(key: str) -> str:
    """The value of a key (lower case) in the settings files, of whatever host."""
    return f"setting {key}"


def settings_below(prefix: str) -> str:
    """The keys that there are below a key; "" for all."""
    return f"settings {prefix}:"


def derived_from(type_name: str) -> str:
    """The types whose base list names the type, as a base or as a type argument of one."""
    return f": {type_name}"


class Tracker:
    """`current`: the bits touched since somebody last set it aside."""

    __slots__ = ("_bits", "current")

    def __init__(self) -> None:
        self._bits: dict[str, int] = {}
        self.current = 0

    def touch(self, name: str) -> None:
        bit = self._bits.get(name)
        if bit is None:
            bit = self._bits[name] = 1 << len(self._bits)
        self.current |= bit

    def mask(self, names: Iterable[str]) -> int:
        """The bits of those names that were ever touched."""
        found = 0
        for name in names:
            found |= self._bits.get(name, 0)
        return found

    def measured(self, compute: Callable[[], V]) -> tuple[V, int]:
        """The value, and all that was touched on the way to it (which counts as touched here too)."""
        outer, self.current = self.current, 0
        try:
            value = compute()
        finally:
            own = self.current
            self.current |= outer
        return value, own


_BLOCK = 64


class Memo(Generic[K, V]):
    """Answers by question, each with what it rests on.

    Answers stand in blocks, each with the union of what they rest on: most edits concern none of a block's, and it is not looked through.
    """

    __slots__ = ("_blocks", "_entries", "_tracker")

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._entries: dict[K, tuple[V, int]] = {}
        self._blocks: list[tuple[int, list[K]]] = [(0, [])]  # questions that were dropped meanwhile may still be listed

    def of(self, key: K, compute: Callable[[], V]) -> V:
        """The answer, worked out at most once while what it rests on stays the same."""
        entry = self._entries.get(key)
        if entry is None:
            return self.put(key, *self._tracker.measured(compute))
        self._tracker.current |= entry[1]
        return entry[0]

    def assume(self, key: K, value: V) -> None:
        """What a question that comes back to itself gets while it is being answered."""
        self._entries[key] = (value, 0)

    def put(self, key: K, value: V, mask: int) -> V:
        self._entries[key] = (value, mask)
        union, keys = self._blocks[-1]
        if len(keys) == _BLOCK:
            union, keys = 0, []
            self._blocks.append((union, keys))
        keys.append(key)
        self._blocks[-1] = (union | mask, keys)
        return value

    def has(self, key: K) -> bool:
        return key in self._entries

    def drop(self, mask: int) -> None:
        """Forgets the answers that rest on any of the names."""
        if not mask:
            return
        kept = []
        for block in self._blocks:
            if block[0] & mask:
                block = self._without(mask, block[1])
            if block[1]:
                kept.append(block)
        self._blocks = kept or [(0, [])]

    def _without(self, mask: int, keys: list[K]) -> tuple[int, list[K]]:
        """Those of a block that stay."""
        union, kept = 0, []
        for key in keys:
            entry = self._entries.get(key)
            if entry is None:
                continue
            if entry[1] & mask:
                del self._entries[key]
            else:
                union |= entry[1]
                kept.append(key)
        return union, kept
