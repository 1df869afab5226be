"""What every report is made from: an analysis, and the places of its sites in lines and columns.

Invariant: lines and columns are 1-based and count UTF-16 code units, as SARIF and editors do. A call is shown at the name that is
called (`MapGet`), which a chain may have on another line than its start. A site that is nowhere to be found (its file changed
meanwhile) is shown at the first character of its file rather than not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from routewarden.analysis.finding import Finding, Severity
from routewarden.analysis.runner import SEVERITY_ORDER
from routewarden.facts.sites import Site, Span
from routewarden.model.register import Register
from routewarden.text.source import SourceText


class Analysis(Protocol):
    """The part of `analysis.project.Project` that reports read."""

    @property
    def register(self) -> Register: ...

    def findings(self) -> Mapping[str, tuple[Finding, ...]]:
        """By path."""
        ...

    def text(self, path: str) -> SourceText | None: ...

    def locate(self, site: Site) -> Span | None: ...


@dataclass(frozen=True, slots=True, order=True)
class Place:
    path: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class PlacedFinding:
    finding: Finding
    place: Place


def span_of(analysis: Analysis, site: Site) -> Span | None:
    """What to point at of a site: of a whole call, the called name."""
    if site.part.startswith("node:") and not site.part.endswith(":name"):
        name = analysis.locate(Site(site.path, site.declaration, f"{site.part}:name"))
        if name is not None:
            return name
    return analysis.locate(site)


def place_of(analysis: Analysis, site: Site) -> Place:
    """Where a site is at this moment."""
    text, span = analysis.text(site.path), span_of(analysis, site)
    if text is None or span is None:
        return Place(site.path)
    line, column = text.position(span.start)
    end_line, end_column = text.position(span.end)
    return Place(site.path, line + 1, column + 1, end_line + 1, end_column + 1)


def placed_findings(analysis: Analysis) -> list[PlacedFinding]:
    """All findings, waived ones too, by file and place."""
    placed = [
        PlacedFinding(finding, place_of(analysis, finding.site))
        for findings in analysis.findings().values()
        for finding in findings
    ]
    return sorted(placed, key=lambda p: (p.place, p.finding.rule, p.finding.message))


@dataclass(frozen=True, slots=True)
class Selection:
    """What a report is about: the findings that are shown, and which of them are known or can fail the scan.

    `baseline`: fingerprints of known findings; None: there is no baseline. `fail_on`: the least severity that fails; None: none does.
    """

    placed: tuple[PlacedFinding, ...]
    fail_on: Severity | None = Severity.INFO
    baseline: frozenset[str] | None = None
    left_out: int = 0  # findings that the change in question does not touch
    rules_off: frozenset[str] = frozenset()  # rules that the configuration turns off: what they would find is not known

    def is_known(self, finding: Finding) -> bool:
        return self.baseline is not None and finding.fingerprint in self.baseline

    def fails(self, finding: Finding) -> bool:
        """Whether it makes the scan fail: bad enough, not waived, not known."""
        return at_or_above(finding, self.fail_on) and not self.is_known(finding)

    @property
    def failing(self) -> tuple[PlacedFinding, ...]:
        return tuple(item for item in self.placed if self.fails(item.finding))


def at_or_above(finding: Finding, threshold: Severity | None) -> bool:
    """Whether a finding counts for a threshold; None: no finding does, and a waived one never does."""
    return threshold is not None and finding.waived is None and SEVERITY_ORDER[finding.severity] <= SEVERITY_ORDER[threshold]
