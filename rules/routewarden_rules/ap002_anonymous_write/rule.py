"""AP002: a write that somebody opened to everyone, for no reason that its code shows."""

from __future__ import annotations

from collections.abc import Iterator

from routewarden.analysis.finding import Confidence, Finding, Severity
from routewarden.analysis.rule import Criteria, Rule
from routewarden.model.register import Register
from routewarden_rules._shared import anonymous, exposure


def check(register: Register) -> Iterator[Finding]:
    opened_by = anonymous.by_statement(register.endpoints)
    for endpoint in register.endpoints:
        stance = anonymous.opening(endpoint)
        writes = exposure.writes_by_verb(endpoint)
        if stance is None or endpoint.nature is not None or not (writes or exposure.takes_any_verb(endpoint)):
            continue
        severity = Severity.HIGH if "DELETE" in endpoint.methods else Severity.MEDIUM
        what = "changes state" if writes else "takes every verb"
        yield Finding(
            rule=RULE.id,
            severity=severity if writes else Severity.LOW,
            confidence=Confidence.MEDIUM,
            site=anonymous.site_of(endpoint),
            message=f"`{endpoint.label}` {what} and is open to everyone on purpose: `{stance.text}`",
            endpoint=endpoint.label,
            app=endpoint.app,
            related=exposure.trail_of(endpoint),
            fixes=tuple(anonymous.closing(endpoint, opened_by)),
        )


RULE = Rule(
    id="AP002",
    name="anonymous-write",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    criteria=Criteria(("CC6.1", "CC6.6"), ("API5:2023",), (862,), ("8.3", "5.15", "8.26")),
    since="0.1.0",
    module=__name__,
    on_register=check,  # a fix looks at the other endpoints that the same statement opens
    gap=exposure.GAP,
    precedence=35,
)
