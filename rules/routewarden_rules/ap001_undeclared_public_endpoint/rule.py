"""AP001: every undeclared public endpoint. AP004 and AP008 are about some of these, and speak instead where they match."""

from __future__ import annotations

from collections.abc import Iterator

from routewarden.analysis.finding import Confidence, Finding, Severity
from routewarden.analysis.rule import Criteria, Rule
from routewarden.model.register import Endpoint, Register
from routewarden_rules._shared import exposure


def check(endpoint: Endpoint, register: Register) -> Iterator[Finding]:
    if exposure.is_undeclared(endpoint):
        # A page shows what its author wanted to show; an API, a hub and a service hand out data.
        browser = exposure.is_for_browsers(endpoint)
        severity = Severity.LOW if browser else Severity.MEDIUM
        confidence = Confidence.MEDIUM if browser else Confidence.HIGH
        yield exposure.finding(RULE.id, endpoint, register, severity, confidence)


RULE = Rule(
    id="AP001",
    name="undeclared-public-endpoint",
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    criteria=Criteria(("CC6.1", "CC6.6"), ("API2:2023", "API5:2023"), (306, 862), ("8.3", "5.15", "8.26")),
    since="0.1.0",
    module=__name__,
    on_endpoint=check,
    gap=exposure.GAP,
    precedence=10,
)
