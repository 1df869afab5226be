"""AP004: an undeclared public endpoint that changes state, or that takes every verb."""

from __future__ import annotations

from collections.abc import Iterator

from routewarden.analysis.finding import Confidence, Finding, Severity
from routewarden.analysis.rule import Criteria, Rule
from routewarden.model.register import Endpoint, Register
from routewarden_rules._shared import exposure


def check(endpoint: Endpoint, register: Register) -> Iterator[Finding]:
    if not exposure.is_undeclared(endpoint):
        return
    if exposure.writes_by_verb(endpoint):
        severity = Severity.CRITICAL if "DELETE" in endpoint.methods else Severity.HIGH
        yield exposure.finding(RULE.id, endpoint, register, severity, Confidence.HIGH)
    elif exposure.takes_any_verb(endpoint):
        # POST and DELETE get in as well, but what it does with them is not known from here.
        note = "; it takes every verb, POST and DELETE too"
        yield exposure.finding(RULE.id, endpoint, register, Severity.MEDIUM, Confidence.MEDIUM, note)


RULE = Rule(
    id="AP004",
    name="unauthorized-write",
    severity=Severity.CRITICAL,
    confidence=Confidence.HIGH,
    criteria=Criteria(("CC6.1", "CC6.6"), ("API5:2023",), (862, 306), ("8.3", "8.26")),
    since="0.1.0",
    module=__name__,
    on_endpoint=check,
    gap=exposure.GAP,
    precedence=30,
)
