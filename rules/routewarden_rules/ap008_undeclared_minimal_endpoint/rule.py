"""AP008: an undeclared public endpoint that a minimal API maps."""

from __future__ import annotations

from collections.abc import Iterator

from routewarden.analysis.finding import Confidence, Finding, Severity
from routewarden.analysis.rule import Criteria, Rule
from routewarden.model.register import Endpoint, Register
from routewarden_rules._shared import exposure


def check(endpoint: Endpoint, register: Register) -> Iterator[Finding]:
    if endpoint.kind == "minimal" and exposure.is_undeclared(endpoint):
        yield exposure.finding(RULE.id, endpoint, register, Severity.MEDIUM, Confidence.HIGH)


RULE = Rule(
    id="AP008",
    name="undeclared-minimal-endpoint",
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    criteria=Criteria(("CC6.1",), ("API5:2023",), (862,), ("8.3", "5.15", "8.26")),
    since="0.1.0",
    module=__name__,
    on_endpoint=check,
    gap=exposure.GAP,
    precedence=20,
)
