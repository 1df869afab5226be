"""What one endpoint does to data, and the record that each operation leaves: what rules, reports and hovers read.

Invariant: plain frozen data, no types of the resolver inside; equal code gives equal values.
"""

from __future__ import annotations

from dataclasses import dataclass

from routewarden.facts.sites import Site

DELETE, OVERWRITE, INSERT = "delete", "overwrite", "insert"


@dataclass(frozen=True, slots=True)
class PathStep:
    """A call on the way to an operation: its place, and the body that it leads to ("OrderService.DeleteAsync")."""

    site: Site
    to: str


@dataclass(frozen=True, slots=True)
class DataOperation:
    """`kind`: DELETE OVERWRITE INSERT. `what`: "Remove of Order". `path`: the calls that lead to it, outermost first.

    `record`: what records it ("" = nothing does), `record_site` where. `tracked`: EF Core's change tracker writes it.
    """

    kind: str
    what: str
    site: Site
    path: tuple[PathStep, ...] = ()
    entity: str = ""
    record: str = ""
    record_site: Site | None = None
    tracked: bool = False

    @property
    def destructive(self) -> bool:
        """It destroys or overwrites what was there."""
        return self.kind != INSERT


@dataclass(frozen=True, slots=True)
class EndpointOperations:
    """`unresolved`: calls on the way whose code is not in the workspace; `truncated`: paths longer than are followed."""

    operations: tuple[DataOperation, ...] = ()
    unresolved: tuple[tuple[Site, str], ...] = ()
    truncated: bool = False


NO_OPERATIONS = EndpointOperations()
