"""The one set of diagnostics of a workspace: how a finding is shown, and what the client has been told.

Invariant: a document's diagnostics are a pure function of its findings and of the texts they point to, and `Board` says
whether they differ from what was last shown; both ways of delivery (`publishing`, `pull`) read it. Offsets become lines here
and nowhere before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from lsprotocol import types

from routewarden.analysis.config import ConfigProblem
from routewarden.analysis.finding import Confidence, Finding, Severity
from routewarden.analysis.registry import rule_by_id
from routewarden.facts.sites import Site
from routewarden.lsp.client import Client
from routewarden.lsp.folders import Folder, Settings
from routewarden.text.source import PositionEncoding, SourceText

SOURCE = "routewarden"
RULE_PAGES = "https://github.com/routewarden/routewarden/blob/main/rules/routewarden_rules"
SETTINGS = "configuration"  # the code of what is wrong in routewarden.toml
WHOLE_LINE = 10_000  # a column that a client takes for the end of the line
PARTIAL = "partially-analysed"  # the code of the note on a file that could not be read entirely

SEVERITY = {
    Severity.CRITICAL: types.DiagnosticSeverity.Error,
    Severity.HIGH: types.DiagnosticSeverity.Error,
    Severity.MEDIUM: types.DiagnosticSeverity.Warning,
    Severity.LOW: types.DiagnosticSeverity.Information,
    Severity.INFO: types.DiagnosticSeverity.Information,  # a hint would not be listed by VS Code
}
_CONFIDENCE = tuple(Confidence)  # surest first
_SEVERITY = tuple(Severity)  # worst first

Place = tuple[int, int, int, int]  # start line, start column, end line, end column: 0-based, in the client's units
START_OF_FILE: Place = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Shown:
    """One diagnostic, as plain data: cheap to compare and to hash."""

    place: Place
    severity: int
    code: str
    message: str
    fingerprint: str = ""
    related: tuple[tuple[str, Place, str], ...] = ()  # (uri, place, message)


@dataclass(frozen=True, slots=True)
class Rendered:
    """The diagnostics of one document, in the order of the text; `points_to` holds the keys of the other documents they name."""

    items: tuple[Shown, ...] = ()
    points_to: frozenset[str] = frozenset()


NOTHING = Rendered()


def visible(findings: Iterable[Finding], settings: Settings) -> list[Finding]:
    """Those that an editor shows: sure enough, bad enough and not waived."""
    confidences = _CONFIDENCE[: _CONFIDENCE.index(settings.minimum_confidence) + 1]
    severities = _SEVERITY[: _SEVERITY.index(settings.minimum_severity) + 1]
    return [f for f in findings if f.waived is None and f.confidence in confidences and f.severity in severities]


def render(folder: Folder, path: str, findings: Iterable[Finding], note: str, encoding: PositionEncoding) -> Rendered:
    """What is shown of a file; `note` says why it is analysed in part only, "" where it is not."""
    texts: dict[str, SourceText | None] = {}
    items: list[Shown] = []
    points_to: set[str] = set()
    for finding in visible(findings, folder.settings):
        related = []
        for other in finding.related:
            if other.site.path != path:
                points_to.add(folder.key_of(other.site.path))
            related.append((folder.uri_of(other.site.path), _place(folder, other.site, texts, encoding), other.message))
        place = _place(folder, finding.site, texts, encoding)
        severity = SEVERITY[finding.severity].value
        items.append(Shown(place, severity, finding.rule, finding.message, finding.fingerprint, tuple(related)))
    if note:
        message = f"RouteWarden could not analyse all of this file: {note.removeprefix('partially analysed: ')}"
        items.append(Shown(START_OF_FILE, types.DiagnosticSeverity.Information.value, PARTIAL, message))
    items.sort(key=lambda item: (item.place, item.code, item.fingerprint))
    return Rendered(tuple(items), frozenset(points_to)) if items else NOTHING


def render_problems(problems: Iterable[ConfigProblem]) -> Rendered:
    """What is shown of a `routewarden.toml`: each problem on its line."""
    error = types.DiagnosticSeverity.Error.value
    return Rendered(tuple(Shown((p.line - 1, 0, p.line - 1, WHOLE_LINE), error, SETTINGS, p.message) for p in problems))


def to_diagnostics(rendered: Rendered, client: Client) -> list[types.Diagnostic]:
    """The protocol's form, with what the client understands."""
    return [
        types.Diagnostic(
            range=to_lsp_range(item.place),
            message=item.message,
            severity=types.DiagnosticSeverity(item.severity),
            code=item.code,
            code_description=types.CodeDescription(page) if client.code_description and (page := rule_page(item.code)) else None,
            source=SOURCE,
            related_information=[
                types.DiagnosticRelatedInformation(types.Location(uri, to_lsp_range(place)), message)
                for uri, place, message in item.related
            ]
            if client.related_information and item.related
            else None,
            data={"fingerprint": item.fingerprint} if client.diagnostic_data and item.fingerprint else None,
        )
        for item in rendered.items
    ]


def to_lsp_range(place: Place) -> types.Range:
    return types.Range(types.Position(place[0], place[1]), types.Position(place[2], place[3]))


@cache
def rule_page(rule_id: str) -> str | None:
    """The web page of a rule; None for a code that is no rule."""
    rule = rule_by_id(rule_id)
    return f"{RULE_PAGES}/{rule.module.split('.')[-2]}/rule.md" if rule is not None else None


def _place(folder: Folder, site: Site, texts: dict[str, SourceText | None], encoding: PositionEncoding) -> Place:
    """Where a site is now; the start of its file where the place is gone, for a finding must not vanish with it."""
    span = folder.project.locate(site)  # first: this is what has the file read, if it is not in memory
    if site.path not in texts:
        texts[site.path] = folder.project.text(site.path)
    text = texts[site.path]
    if text is None or span is None:
        return START_OF_FILE
    return (*text.position(span.start, encoding), *text.position(span.end, encoding))


@dataclass(frozen=True, slots=True)
class Told:
    """What the client knows about a document. `digest` is of the items only; the same text gives the same in one process."""

    folder: Folder
    path: str
    uri: str
    digest: int
    findings: int
    noted: bool
    points_to: frozenset[str]


@dataclass(slots=True)
class Board:
    """Every document that has diagnostics, by key, and which documents point to which."""

    told: dict[str, Told] = field(default_factory=dict)
    pointed_at_by: dict[str, set[str]] = field(default_factory=dict)
    findings: int = 0

    def put(self, folder: Folder, path: str, uri: str, rendered: Rendered) -> bool:
        """Record what is shown from now on. True where the client does not know it yet."""
        key = folder.key_of(path)
        before = self.told.get(key)
        if not rendered.items:
            return self.take(key) is not None
        noted = any(item.code == PARTIAL for item in rendered.items)
        notes = sum(item.code in (PARTIAL, SETTINGS) for item in rendered.items)
        now = Told(
            folder, path, uri, hash(rendered.items), len(rendered.items) - notes, noted, rendered.points_to
        )
        self.findings += now.findings - (before.findings if before is not None else 0)
        self.told[key] = now
        self._point(key, before.points_to if before is not None else frozenset(), now.points_to)
        return before is None or before.digest != now.digest or before.uri != uri

    def take(self, key: str) -> Told | None:
        """Forget a document; what was told of it, None where nothing was."""
        before = self.told.pop(key, None)
        if before is not None:
            self.findings -= before.findings
            self._point(key, before.points_to, frozenset())
        return before

    def of_folder(self, folder: Folder) -> Mapping[str, Told]:
        """What was told of a folder's documents, by path."""
        return {told.path: told for told in self.told.values() if told.folder is folder}

    def _point(self, key: str, before: frozenset[str], now: frozenset[str]) -> None:
        for target in before - now:
            sources = self.pointed_at_by[target]
            sources.discard(key)
            if not sources:
                del self.pointed_at_by[target]
        for target in now - before:
            self.pointed_at_by.setdefault(target, set()).add(key)
