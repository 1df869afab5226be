"""What a rule reports, and what can be done about it, as plain data without offsets.

Invariant: a finding points at `Site`s; bytes, lines and columns are made when it is shown. A fix is a plan of small steps that
`analysis.fixes` turns into text edits on demand, so that a finding stays cheap until somebody presses Ctrl+.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from routewarden.facts.sites import Site


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Confidence(StrEnum):
    HIGH = "high"  # structure proves it
    MEDIUM = "medium"  # an idiom says so
    LOW = "low"  # a heuristic


@dataclass(frozen=True, slots=True)
class Related:
    site: Site
    message: str


@dataclass(frozen=True, slots=True)
class AddAttribute:
    """Put `[text]` on its own line above a type or member, or before a lambda's parameters; `namespace` is imported if needed."""

    site: Site  # the declaration (part is ignored), or the "node:n" of a lambda
    text: str  # 'Authorize', 'Authorize(Policy = "Admin")'
    namespace: str


@dataclass(frozen=True, slots=True)
class AppendCall:
    """Append `.text` to the expression at `site` (a "node:n"): to the end of the fluent chain that the Map call begins."""

    site: Site
    text: str  # 'RequireAuthorization()'
    namespace: str


@dataclass(frozen=True, slots=True)
class RemoveAttribute:
    site: Site  # part "attribute:n"
    name: str = ""  # the attribute's name as written; where something else stands there by now, nothing is removed


@dataclass(frozen=True, slots=True)
class ReplaceAttribute:
    """Write `text` in the place of an attribute; `namespace` is imported if needed."""

    site: Site  # part "attribute:n"
    name: str  # of the attribute that goes; where another stands there by now, nothing is replaced
    text: str
    namespace: str


@dataclass(frozen=True, slots=True)
class RemoveCall:
    """Take `.Name(...)` out of a fluent chain, or the statement that consists of it; what it was called on stays."""

    site: Site  # the "node:n" of the call
    name: str  # where another call stands there by now, nothing is removed


@dataclass(frozen=True, slots=True)
class SetValue:
    """Write `text` on the right side of an assignment, or of a member in an object initializer ("node:n:Member")."""

    site: Site
    text: str  # "true"; "*.Always": the last part of a dotted name, its head as it stands there
    instead_of: str = ""  # only this part of the value: "http://"


@dataclass(frozen=True, slots=True)
class RemoveStatement:
    """Take an assignment or call away: the statement that it is, or the member of the initializer."""

    site: Site
    names: str  # what it names; where something else stands there by now, nothing is removed


@dataclass(frozen=True, slots=True)
class ReplaceCall:
    """Write another call in the place of `.Name(...)` in a chain; where another one stands there by now, nothing is replaced."""

    site: Site  # "node:n"
    name: str
    text: str  # `WithOrigins(origins)`


@dataclass(frozen=True, slots=True)
class EnforceHttps:
    """Add UseHttpsRedirection and UseHsts where the pipeline begins. `site`: the Build() call ("node:n"), or Startup.Configure."""

    site: Site
    redirection: bool
    hsts: bool


@dataclass(frozen=True, slots=True)
class AddSetting:
    """Add an empty list to an appsettings file. `site`: the file; `key`: joined by ":"."""

    site: Site
    key: str


@dataclass(frozen=True, slots=True)
class MapInDevelopment:
    """Put the statement of the Map call at `site` (a "node:n") into `if (app.Environment.IsDevelopment())`."""

    site: Site


@dataclass(frozen=True, slots=True)
class AddCondition:
    """Ask only for rows whose `member` equals `caller`: a condition in the predicate of the query that the call at `site` (a "node:n") ends."""

    site: Site
    member: str  # of the row: "OwnerId", "Trip.OwnerId"
    caller: str  # C#: "UserId", "User.FindFirstValue(ClaimTypes.NameIdentifier)"
    namespaces: tuple[str, ...] = ()  # that the new code needs
    key: str = "Id"  # the member that a look-up by key compares


@dataclass(frozen=True, slots=True)
class AddParameter:
    """Give the lambda at `site` (its body's id, "whole") one more parameter at its end."""

    site: Site
    type: str
    name: str
    namespace: str


@dataclass(frozen=True, slots=True)
class AddOperation:
    """Describe an operation in an OpenAPI document. `site`: the file. Where it has the path already, only the verb is added."""

    site: Site
    path: str  # as the document writes paths: without its base path
    method: str
    parameters: tuple[tuple[str, str, str], ...] = ()  # of the path: name, JSON type, format ("" = none)
    version: str = "3.0.0"  # of OpenAPI


@dataclass(frozen=True, slots=True)
class DeprecateOperation:
    site: Site  # the operation, a JSON pointer


@dataclass(frozen=True, slots=True)
class RemoveOperation:
    """Take an operation out of its document, and its path with it where nothing else is there."""

    site: Site


@dataclass(frozen=True, slots=True)
class AddComment:
    """Write `// text` on a line of its own above a declaration or a statement."""

    site: Site
    text: str


@dataclass(frozen=True, slots=True)
class RemoveComment:
    """Take a comment away, with its line where nothing else is on it."""

    site: Site  # part "comment:n"


@dataclass(frozen=True, slots=True)
class EmptyValue:
    """Replace the value of a JSON file's key by the empty string; the key stays, and says what is to be set elsewhere."""

    site: Site  # part "value" of an entry


@dataclass(frozen=True, slots=True)
class UseSetting:
    """Replace the text literal at `site` (a "literal:n") by a lookup of the configuration key, as the code there can reach it."""

    site: Site
    key: str  # "Jwt:SigningKey"


@dataclass(frozen=True, slots=True)
class AddLogCall:
    """Log what was done, after it. `site`: the handler; `places`: the calls on the way to the operation, and the operation, outermost first.

    The call is put at the first place that stands on a line of its own in a block, with the logger that the class or lambda has, or one
    that is given to it as it is given its other dependencies. `verb`: "deleted"; `what`: the entity, as shown.
    """

    site: Site
    places: tuple[Site, ...]
    verb: str
    what: str


DocumentStep = AddOperation | DeprecateOperation | RemoveOperation
CodeStep = SetValue | RemoveStatement | ReplaceCall | EnforceHttps
FixStep = (
    AddAttribute | AppendCall | RemoveAttribute | ReplaceAttribute | RemoveCall | MapInDevelopment | AddComment | RemoveComment | AddCondition
    | AddParameter | AddLogCall | DocumentStep | EmptyValue | UseSetting | CodeStep | AddSetting
)


@dataclass(frozen=True, slots=True)
class FixPlan:
    """One code action. `safe`: may be applied without a person looking (`routewarden fix`, fix-all).

    `mends`: False for one that says something about the gap and leaves it open.
    """

    id: str  # "authorize-action"; unique within its finding
    title: str
    steps: tuple[FixStep, ...]
    preferred: bool = False
    safe: bool = False
    mends: bool = True


@dataclass(frozen=True, slots=True)
class Waiver:
    """A gap that somebody accepts. `endpoint`, `path` and `fingerprint` are what it is limited to, "" = not by this; a comment has none
    of them, its place says what it is about.
    """

    rules: tuple[str, ...]  # ids; () = every rule
    reason: str
    owner: str = ""
    until: date | None = None  # the last day that it counts
    source: str = ""  # path of the file that says so
    number: int = 0  # which of that file
    endpoint: str = ""  # glob of a label, with or without its verb
    path: str = ""  # glob, relative to `source`'s folder
    fingerprint: str = ""
    above: str = ""  # the workspace as the folder of `source` sees it, with a trailing slash, where it lies above


@dataclass(frozen=True, slots=True)
class Finding:
    rule: str
    severity: Severity
    confidence: Confidence
    site: Site
    message: str
    endpoint: str | None = None  # its label
    subject: str = ""  # what it is about within its declaration, for the fingerprint: what tells two findings of one method apart
    app: str = ""  # path of the project that it counts under; findings of one endpoint count under that endpoint's
    related: tuple[Related, ...] = ()
    fixes: tuple[FixPlan, ...] = ()
    criteria_of: tuple[str, ...] = ()  # rules that matched the same gap and whose criteria this finding carries too
    also_endpoints: tuple[str, ...] = ()  # labels of other endpoints that have the same gap at the same site; set by the runner
    fingerprint: str = ""  # set by the runner
    waived: str | None = None  # the waiver's reason
    waiver: Waiver | None = None
    conceals: bool = False  # what stands at its sites is never shown: no code frame, snippet or hover


@dataclass(frozen=True, slots=True)
class WaiverState:
    """A waiver and what became of it."""

    waiver: Waiver
    site: Site
    problem: str = ""  # why it waives nothing
    expired: bool = False
    covers: tuple[Finding, ...] = ()  # what it waives, or would if it had not expired
