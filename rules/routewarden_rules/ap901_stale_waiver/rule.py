"""AP901: a waiver that has expired, that nothing needs any more, or that does not say what it must."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from routewarden.analysis.finding import Confidence, Finding, FixPlan, Related, RemoveComment, Severity, WaiverState
from routewarden.analysis.rule import Criteria, Rule


def check(states: Sequence[WaiverState]) -> Iterator[Finding]:
    for state in states:
        message, severity = _said(state)
        if not message:
            continue
        waiver = state.waiver
        remove = FixPlan("remove", "Remove the waiver", (RemoveComment(state.site),), preferred=True, safe=not (state.problem or state.covers))
        yield Finding(
            rule=RULE.id,
            severity=severity,
            confidence=Confidence.HIGH,
            site=state.site,
            message=f"`allow {', '.join(waiver.rules) or '...'}` {message}{f' (owner: {waiver.owner})' if waiver.owner else ''}",
            related=tuple(Related(finding.site, finding.message) for finding in state.covers),
            fixes=(remove,) if state.site.part.startswith("comment:") else (),
        )


def _said(state: WaiverState) -> tuple[str, Severity]:
    if state.problem:
        return f"waives nothing: {state.problem}", Severity.MEDIUM
    if state.expired and state.covers:
        return f"expired: {state.waiver.until} was its last day, and the gap is still there", Severity.HIGH
    if state.expired:
        return f"expired: {state.waiver.until} was its last day, and nothing needs it any more", Severity.LOW
    if not state.covers:
        return "waives nothing: there is no such finding here", Severity.LOW
    return "", Severity.INFO


RULE = Rule(
    id="AP901",
    name="stale-waiver",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    criteria=Criteria(("CC8.1", "CC7.3"), (), (1059,), ("8.32",)),
    since="0.1.0",
    module=__name__,
    on_waivers=check,
)
