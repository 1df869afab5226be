"""Which findings are waived, by whom, and what is wrong with the waivers themselves.

Invariant: a waived finding stays a finding, with its waiver; one that has expired, matches nothing or lacks its reason waives nothing
and is reported (rules with `on_waivers`). A waiver covers a finding whole or not at all: where one place serves several endpoints,
its pattern must take each. No clock is read here: `today` comes from the door, and without it nothing expires.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from routewarden.analysis.endpoint_query import glob
from routewarden.analysis.finding import Finding, Waiver, WaiverState
from routewarden.analysis.waiver_comments import PART, WaiverComment, declaration_of
from routewarden.facts.sites import Site

Lines = Callable[[Finding], tuple[int, int] | None]  # first and last 0-based line of the code that a finding is about


@dataclass(frozen=True, slots=True)
class Judged:
    findings: tuple[Finding, ...]
    states: tuple[WaiverState, ...]


def judge(
    findings: Sequence[Finding],
    comments: Mapping[str, Sequence[WaiverComment]],
    declared: Sequence[Waiver],
    lines: Lines,
    today: date | None,
) -> Judged:
    """The findings with their waivers, and the state of each waiver. `comments` by path; `declared`: those of settings files."""
    covered: defaultdict[Waiver, list[Finding]] = defaultdict(list)
    matchers = [(waiver, _matcher(waiver)) for waiver in declared]
    result: list[Finding] = []
    for finding in findings:
        by = [c.waiver for c in _beside(finding, comments.get(finding.site.path, ()), lines)]
        by += [waiver for waiver, matches in matchers if matches(finding)]
        for waiver in by:
            covered[waiver].append(finding)
        valid = next((waiver for waiver in by if not is_expired(waiver, today)), None)
        result.append(finding if valid is None else replace(finding, waived=valid.reason, waiver=valid))
    states: list[WaiverState] = []
    for path, of_file in sorted(comments.items()):
        for number, c in enumerate(of_file):
            site = Site(path, declaration_of(c.words), f"{PART}{number}")
            states.append(WaiverState(c.waiver, site, c.problem, is_expired(c.waiver, today), tuple(covered[c.waiver])))
    for waiver in declared:
        site = Site(waiver.source, declaration_of(f"{','.join(waiver.rules)} {waiver.owner} {waiver.reason}"), f"waiver:{waiver.number}")
        states.append(WaiverState(waiver, site, "", is_expired(waiver, today), tuple(covered[waiver])))
    return Judged(tuple(result), tuple(states))


def is_expired(waiver: Waiver, today: date | None) -> bool:
    """`until` is the last day that it counts."""
    return today is not None and waiver.until is not None and waiver.until < today


def _beside(finding: Finding, comments: Sequence[WaiverComment], lines: Lines) -> Iterable[WaiverComment]:
    candidates = [c for c in comments if not c.problem and _names(c.waiver, finding)]
    where = lines(finding) if candidates else None
    return [c for c in candidates if where is not None and where[0] <= c.line <= where[1]]


def _names(waiver: Waiver, finding: Finding) -> bool:
    return not waiver.rules or finding.rule in waiver.rules


def _matcher(waiver: Waiver) -> Callable[[Finding], bool]:
    path = glob(waiver.path.removeprefix("./"), below=True) if waiver.path else None
    endpoint = glob(waiver.endpoint, ignore_case=True) if waiver.endpoint else None

    def matches(finding: Finding) -> bool:
        if not _names(waiver, finding) or (waiver.fingerprint and finding.fingerprint != waiver.fingerprint):
            return False
        if path is not None and not path.fullmatch(waiver.above + finding.site.path):
            return False
        labels = [label for label in (finding.endpoint, *finding.also_endpoints) if label]
        return endpoint is None or (bool(labels) and all(_takes(endpoint.fullmatch, label) for label in labels))

    return matches


def _takes(fullmatch: Callable[[str], object], label: str) -> bool:
    """A pattern with or without the verb."""
    return bool(fullmatch(label) or fullmatch(label.partition(" ")[2]))
