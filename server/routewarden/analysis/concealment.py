"""What must not be shown of a file: the values that findings with `conceals` point at.

Invariant: whoever quotes a line of the workspace asks here first; what stands for a value has the same form whatever it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from routewarden.analysis.finding import Finding
from routewarden.facts.sites import Site, Span
from routewarden.text.source import SourceText

STAND_IN = b'"***"'


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """A line as it may be shown, and where the bytes [start, end) of the real line are in it."""

    data: bytes
    start: int
    end: int


def concealed(findings: Mapping[str, Iterable[Finding]], locate: Callable[[Site], Span | None], path: str) -> list[Span]:
    """The bytes of a file that must not be shown, in its order."""
    sites = {
        site
        for found in findings.values()
        for finding in found
        if finding.conceals
        for site in (finding.site, *(related.site for related in finding.related))
        if site.path == path and site.declaration
    }
    spans = [span for site in sites if (span := locate(site)) is not None]
    return sorted(spans, key=lambda span: (span.start, span.end))


def quoted_line(text: SourceText, line: int, hidden: Iterable[Span], start: int = 0, end: int = 0) -> QuotedLine:
    """A 0-based line with a stand-in for each hidden part; `start` and `end` are byte columns in it."""
    begin = text.line_starts[line]
    row = text.line_bytes(line)
    pieces: list[bytes] = []
    at = 0
    new_start, new_end = start, end
    for span in hidden:
        first, last = max(0, span.start - begin), min(len(row), span.end - begin)
        if first >= last or first < at:
            continue
        shift = len(STAND_IN) - (last - first)
        pieces += (row[at:first], STAND_IN)
        at = last
        if start >= last:
            new_start += shift
        elif start > first:
            new_start -= start - first
        if end >= last:
            new_end += shift
        elif end > first:
            new_end = new_start + len(STAND_IN)
    pieces.append(row[at:])
    return QuotedLine(b"".join(pieces), new_start, max(new_start, new_end))
