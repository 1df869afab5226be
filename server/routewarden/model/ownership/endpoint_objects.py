"""Which objects an endpoint shows or writes by the client's choice, and what ties each to the caller: what rules, reports and hovers read.

Invariant: plain frozen data, no types of the resolver inside; equal code gives equal values.
"""

from __future__ import annotations

from dataclasses import dataclass

from routewarden.facts.sites import Site


@dataclass(frozen=True, slots=True)
class Owner:
    """How an entity belongs to a caller. `member`: `OwnerId`, `Trip.OwnerId`; `how`: "name" "relation" "interface" "self" "audit" "use".

    "use": other code of the workspace compares the member with the caller's id or sets it to it, at `site`.
    """

    member: str
    how: str
    site: Site | None = None
    type: str = ""  # of the member: "System.Guid"


@dataclass(frozen=True, slots=True)
class CallerCode:
    """C# that tells who calls, where an object is asked for. `parameter`: the lambda takes it as a new parameter (type, name, body's site)."""

    text: str  # "UserId", "currentUser.Id", "User.FindFirstValue(ClaimTypes.NameIdentifier)"
    type: str
    namespaces: tuple[str, ...] = ()
    parameter: tuple[str, str, Site] | None = None


@dataclass(frozen=True, slots=True)
class ObjectAccess:
    """`kind`: "read" "update" "delete" "insert". `keys`: the client inputs that select the object ("id", "input.Id"), `sources` where they come from.

    `site`: the call that asks for it; `used`: where it is written or leaves; `path`: the calls that lead to `site`, outermost first.
    """

    kind: str
    entity: str  # full name
    tied: bool
    keys: tuple[str, ...]
    sources: tuple[str, ...]
    site: Site | None
    used: Site | None
    path: tuple[Site, ...]
    owners: tuple[Owner, ...] = ()
    callers: tuple[CallerCode, ...] = ()  # the best first
    columns: tuple[tuple[str, str], ...] = ()  # scalar members of the entity, with the full names of their types
    queried: bool = False  # asked for by a query that takes a condition
    public: bool = False  # an endpoint for anyone shows objects of this kind by a client's id

    @property
    def name(self) -> str:
        return self.entity.rsplit(".", 1)[-1].split("`", 1)[0]


@dataclass(frozen=True, slots=True)
class EndpointObjects:
    """`evidence`: (entity, member, place, type) that the endpoint's code compares with or sets to the caller's id; `identity`: it asks who calls;

    `assumed`: unknown calls that were taken for checks; `privileged`: why not every user gets here ("" = any may); `gaps`: what was not followed.
    """

    accesses: tuple[ObjectAccess, ...] = ()
    evidence: tuple[tuple[str, str, Site | None, str], ...] = ()
    identity: bool = False
    assumed: tuple[str, ...] = ()
    privileged: str = ""
    gaps: tuple[str, ...] = ()


NO_OBJECTS = EndpointObjects()
