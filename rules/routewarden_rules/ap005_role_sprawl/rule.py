"""AP005: a statement that lets more roles in than anybody reviews."""

from __future__ import annotations

from collections.abc import Iterator

from routewarden.analysis.finding import Confidence, Finding, Severity
from routewarden.analysis.rule import Checks, Criteria, Rule, Setting, Settings
from routewarden.model.register import Endpoint, Register
from routewarden_rules._shared import exposure, roles

_SHOWN = 6


def configured(settings: Settings) -> Checks:
    most = settings["max-roles"]
    assert isinstance(most, int)

    def is_sprawl(names: tuple[str, ...]) -> bool:
        return len(names) > most

    def check(endpoint: Endpoint, register: Register) -> Iterator[Finding]:
        for held in endpoint.verdict.role_sets:
            if not is_sprawl(held.roles):
                continue
            shown = ", ".join(held.roles[:_SHOWN]) + (", ..." if len(held.roles) > _SHOWN else "")
            yield Finding(
                rule=RULE.id,
                severity=Severity.LOW,
                confidence=Confidence.HIGH,
                site=exposure.name_of(held.site or endpoint.site),
                message=f"`{endpoint.label}` lets {len(held.roles)} roles in, more than {most}: {shown}",
                endpoint=endpoint.label,
                related=exposure.trail_of(endpoint),
                fixes=tuple(roles.policy_fixes([held], exposure.app_of(endpoint, register), is_sprawl)),
            )

    return Checks(on_endpoint=check)


RULE = Rule(
    id="AP005",
    name="role-sprawl",
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    criteria=Criteria(("CC6.3", "CC6.1"), ("API5:2023",), (250,), ("5.15", "5.18", "8.2")),
    since="0.1.0",
    module=__name__,
    settings=(Setting("max-roles", 3, "The most roles that one statement may let in.", least=1),),
    configured=configured,
)
