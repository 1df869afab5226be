"""What a body does, as a tree of the few things that matter: operations, records, calls, branches, ends.

Invariant: plain frozen data without offsets, made from one body alone (`walk`); equal bodies in equal surroundings give equal effects.
What a call leads to is decided later, by app (`dispatch`, `solve`).
"""

from __future__ import annotations

from dataclasses import dataclass

from routewarden.facts.sites import Site
from routewarden.model.operations.dispatch import Virtual
from routewarden.model.operations.environment import Assumptions, Routine
from routewarden.model.symbols import NamedType, Type

DELETE, OVERWRITE, INSERT, SEND = "delete", "overwrite", "insert", "send"
CHANGE, SAVE = "change", "save"  # parts of an operation: a tracked object changed, changes written


class Step:
    """Base of all steps."""

    __slots__ = ()


Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Operation(Step):
    """One thing done to data. `tracked`: EF Core's change tracker writes it, so interceptors and `SaveChanges` overrides see it."""

    kind: str
    what: str  # `Remove` of Order, as shown
    site: Site
    entity: Type | None = None
    context: NamedType | None = None  # the DbContext, where it is known
    tracked: bool = False
    saved: str = ""  # "sync" "async" "both": by which kind of `SaveChanges` a tracked one is written, where it was seen
    soft: bool = False  # a change that marks the object as deleted
    of: str = ""  # whose change: "" a loaded object's; "this" or a parameter's name: it counts where the caller loaded that object


@dataclass(frozen=True, slots=True)
class Record(Step):
    """A log record at Information or above, or an audit record."""

    what: str  # `LogInformation`, as shown
    site: Site
    kind: str = "log"  # "log" "audit"


@dataclass(frozen=True, slots=True)
class CallStep(Step):
    """A call that may run workspace code. `exact` are known bodies; `requests` are objects that are handed to their handlers.

    `audit`: what is called has the name of an audit service; it counts as a record if it writes anything or is not in the workspace.
    `fallback`: the operation that the call is where no body is found.
    """

    name: str
    site: Site
    exact: tuple[Routine, ...] = ()
    virtual: Virtual | None = None
    requests: tuple[NamedType, ...] = ()
    audit: bool = False
    fallback: Operation | None = None
    assume: Assumptions | None = None  # of the body that the call stands in
    passed: tuple[tuple[str, str], ...] = ()  # "this" or a parameter's name → "" (a loaded object), or "this" or a parameter's name here


@dataclass(frozen=True, slots=True)
class Branch(Step):
    """One of the arms runs; an empty one where nothing may."""

    arms: tuple[Steps, ...]


@dataclass(frozen=True, slots=True)
class Loop(Step):
    """Runs any number of times: a loop's body, or a lambda that is handed on."""

    body: Steps


@dataclass(frozen=True, slots=True)
class Inline(Step):
    """A lambda or local function that runs here: leaving it leaves nothing around it."""

    body: Steps


@dataclass(frozen=True, slots=True)
class Attempt(Step):
    body: Steps
    catches: tuple[Steps, ...]
    final: Steps


@dataclass(frozen=True, slots=True)
class Exit(Step):
    """The body is left: "success", "failure" (a refusal, false, null) or "throw"."""

    kind: str


@dataclass(frozen=True, slots=True)
class Unresolved(Step):
    """A call that could not be followed, and why."""

    name: str
    site: Site
