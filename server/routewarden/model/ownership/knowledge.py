"""What is known on a path through the code about rows, the client's input and the caller, and what follows from it.

Invariant: facts are frozen data and only ever grow along a path; where paths meet, what both know remains (`meet`). A row is tied to the caller when
one of its members equals the caller's id, when a check of it passed, or when a key links it to a row that is tied.
Deliberately absent: expressions and code (`reading`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

# A term is ("caller",), ("client", name) or ("field", row, path).
# A fact is ("eq", a, b), ("tie", row), ("part", row, row), ("key", row, name) or ("all",).
Term = tuple[object, ...]
Fact = tuple[object, ...]
Facts = frozenset[Fact]

NOTHING: Facts = frozenset()
CALLER: Term = ("caller",)
PRIVILEGED: Fact = ("all",)  # the caller may reach every object: a role was asked for
_KEYS = ("id", "ids", "key", "guid", "uid", "code", "number", "slug", "by")  # ends of names by which rows are linked
_SELECTS = ("id", "ids", "key", "guid", "uid", "uuid", "number", "slug", "code", "reference", "identifier", "no")  # and a client names an object
_CREDENTIAL = re.compile(r"apikey|token|secret|password|passphrase|invitecode|accesscode|resetcode|verificationcode|otp$|providerkey|credential")


@dataclass(frozen=True, slots=True)
class Closure:
    """`tied`: rows that belong to the caller; `keyed`: the client inputs that select a row; `verified`: client inputs that equal the caller's id."""

    tied: frozenset[int]
    keyed: tuple[tuple[int, frozenset[str]], ...]
    verified: frozenset[str]
    everything: bool

    def keys_of(self, row: int) -> frozenset[str]:
        return next((names for of, names in self.keyed if of == row), frozenset())


def client(name: str) -> Term:
    return ("client", name)


def member_of(row: int, path: str, shape: str = "") -> Term:
    """A member of a row; `shape`: the full name of the type that declares it, so that ids of two kinds of rows are told apart."""
    return ("field", row, path, shape)


def equal(a: Term | None, b: Term | None) -> Facts:
    return frozenset({("eq", a, b)}) if a is not None and b is not None and a != b else NOTHING


def meet(a: Facts, b: Facts, base: Facts = NOTHING) -> Facts:
    """What holds when either of two sets does, over what holds anyway."""
    if a == b:
        return a
    if PRIVILEGED in a:
        return b
    if PRIVILEGED in b:
        return a
    # That a client's input may select a row is kept from either side: it is what a row is suspected of, not what clears it.
    common = a & b | {("key", row, name) for facts in (a, b) if facts for row, names in closure(facts).keyed for name in names}
    if not a or not b:
        return common
    one, other = closure(a | base), closure(b | base)
    return common | {("tie", row) for row in one.tied & other.tied} | {("eq", client(n), CALLER) for n in one.verified & other.verified}


def rows_in(part: object) -> list[int]:
    """The rows that a fact or term speaks of."""
    if isinstance(part, int):
        return [part]
    return [r for p in part for r in rows_in(p)] if isinstance(part, tuple) else []


def renamed(facts: Facts, rows: dict[int, int]) -> Facts:
    """The same of other rows."""
    return frozenset(tuple(_renamed(part, rows) for part in fact) for fact in facts)


def _renamed(part: object, rows: dict[int, int]) -> object:
    if isinstance(part, int):
        return rows.get(part, part)
    return tuple(_renamed(p, rows) for p in part) if isinstance(part, tuple) else part


@lru_cache(maxsize=4096)
def closure(facts: Facts) -> Closure:
    """What follows from facts."""
    classes = _classes(facts)
    tied = {fact[1] for fact in facts if fact[0] == "tie"}
    keyed: dict[object, set[str]] = {}
    links: list[tuple[object, object]] = [(fact[1], fact[2]) for fact in facts if fact[0] == "part"]
    verified: set[str] = set()
    for fact in facts:
        if fact[0] == "key":
            keyed.setdefault(fact[1], set()).add(str(fact[2]))
    for members in classes:
        fields = [t for t in members if t[0] == "field"]
        clients = [str(t[1]) for t in members if t[0] == "client"]
        if CALLER in members:
            tied.update(t[1] for t in fields)
            verified.update(clients)
            continue
        if clients:  # who has the secret of a row is who it belongs to
            tied.update(f[1] for f in fields if _CREDENTIAL.search(_last(f)))
        for field in fields:
            if clients and _selects(field):
                keyed.setdefault(field[1], set()).update(clients)
        links += [(a[1], b[1]) for a in fields for b in fields if a[1] != b[1] and _links(a, b)]
    changed = True
    while changed:
        changed = False
        for a, b in links:
            for one, other in ((a, b), (b, a)):
                if one in tied and other not in tied:
                    tied.add(other)
                    changed = True
                if keyed.get(one, set()) - keyed.get(other, set()):
                    keyed.setdefault(other, set()).update(keyed[one])
                    changed = True
    rows = tuple((r, frozenset(n)) for r, n in keyed.items() if isinstance(r, int))
    return Closure(frozenset(r for r in tied if isinstance(r, int)), rows, frozenset(verified), PRIVILEGED in facts)


def _links(a: Term, b: Term) -> bool:
    """A key of one row is a key of the other: ids of two kinds of rows that happen to be equal are no link."""
    first, second = _last(a), _last(b)
    if first == "id" and second == "id":
        return _shape(a) == _shape(b)
    return _is_key(a) or _is_key(b)


def _shape(field: Term) -> object:
    return field[3]


def _last(field: Term) -> str:
    return str(field[2]).rsplit(".", 1)[-1].lower()


def _is_key(field: Term) -> bool:
    return _last(field).endswith(_KEYS)


def _selects(field: Term) -> bool:
    """The member names an object: an id, or the number or slug that stands for it; an e-mail address or a search term does not."""
    path = str(field[2])
    return _last(field).endswith(_SELECTS) and ("." not in path or _last(field).endswith("id"))


def _classes(facts: Facts) -> Iterable[set[Term]]:
    """The sets of equal terms."""
    of: dict[object, set[Term]] = {}
    for fact in facts:
        if fact[0] != "eq":
            continue
        a, b = fact[1], fact[2]
        assert isinstance(a, tuple)
        assert isinstance(b, tuple)
        joined = of.get(a, {a}) | of.get(b, {b})
        for term in joined:
            of[term] = joined
    return {id(s): s for s in of.values()}.values()
