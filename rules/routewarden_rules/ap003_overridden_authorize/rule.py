"""AP003: an [Authorize] without effect, because an [AllowAnonymous] from farther away wins."""

from __future__ import annotations

from collections.abc import Iterator

from routewarden.analysis.finding import Confidence, Finding, Severity
from routewarden.analysis.rule import Criteria, Rule
from routewarden.model.register import Register, Stance
from routewarden_rules._shared import anonymous, exposure

_WHERE = {
    "action": "", "lambda": " on its handler", "class": " on its class", "base": " on a base class", "interface": " on an interface",
    "endpoint": " where it is mapped", "group": " on its group", "controllers": " where controllers are mapped",
    "convention": " by a convention", "app": " on the whole app", "global": " on the whole app",
}


def check(register: Register) -> Iterator[Finding]:
    opened_by = anonymous.by_statement(register.endpoints)
    for endpoint in register.endpoints:
        stance, authorize = anonymous.opening(endpoint), anonymous.overridden(endpoint)
        if stance is None or authorize is None:
            continue
        yield Finding(
            rule=RULE.id,
            severity=Severity.HIGH,
            confidence=Confidence.HIGH,
            site=anonymous.site_of(endpoint),
            message=f"`{endpoint.label}` can be called by anyone: `{authorize.text}` has no effect, `{stance.text}`{_where(stance, authorize)} wins",
            endpoint=endpoint.label,
            app=endpoint.app,
            related=exposure.trail_of(endpoint),
            fixes=tuple(anonymous.closing(endpoint, opened_by)),
        )


def _where(stance: Stance, authorize: Stance) -> str:
    places = [s.site for s in (stance, authorize) if s.site is not None and s.site.part.startswith("attribute:")]
    same = len(places) == 2 and places[0].declaration == places[1].declaration
    return " beside it" if same else _WHERE.get(stance.level, "")


RULE = Rule(
    id="AP003",
    name="overridden-authorize",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    criteria=Criteria(("CC6.1",), ("API5:2023",), (863,), ("8.3", "5.15", "8.28")),
    since="0.1.0",
    module=__name__,
    on_register=check,  # a fix looks at the other endpoints that the same statement opens
    gap=exposure.GAP,
    precedence=50,
)
