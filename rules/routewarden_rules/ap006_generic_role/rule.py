"""AP006: a role whose name does not say what its holders may do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from routewarden.analysis.finding import Confidence, Finding, Related, Severity
from routewarden.analysis.rule import Checks, Criteria, Rule, Setting, Settings
from routewarden.model.register import Endpoint, Register, RoleSet
from routewarden_rules._shared import exposure, roles

GENERIC = (
    "admin", "admins", "administrator", "administrators", "superadmin", "superuser", "root", "poweruser", "user", "users", "member", "members",
    "guest", "everyone", "all", "default", "basic", "standard", "normal", "regular", "role", "role1", "role2", "test", "tester",
)

_RELATED = 20


def configured(settings: Settings) -> Checks:
    names = settings["names"]
    assert isinstance(names, tuple)
    generic = frozenset(map(_plain, names))

    def is_generic(held: tuple[str, ...]) -> bool:
        return any(_plain(role) in generic for role in held)

    def check(register: Register) -> Iterator[Finding]:
        for app in sorted({endpoint.app for endpoint in register.endpoints}):
            held = _held(register, app)
            for role in sorted(role for role in held if _plain(role) in generic):
                yield _finding(role, held[role], register, is_generic)

    return Checks(on_register=check)


def _held(register: Register, app: str) -> Mapping[str, list[tuple[RoleSet, Endpoint]]]:
    """Role -> the statements that name it, each with the first endpoint that it is about."""
    found: dict[str, dict[RoleSet, Endpoint]] = {}
    for endpoint in register.endpoints:
        if endpoint.app == app:
            for statement in endpoint.verdict.role_sets:
                for role in statement.roles:
                    found.setdefault(role, {}).setdefault(statement, endpoint)
    return {role: list(statements.items()) for role, statements in found.items()}


def _finding(
    role: str, held: list[tuple[RoleSet, Endpoint]], register: Register, reports: Callable[[tuple[str, ...]], bool]
) -> Finding:
    """One finding a role and app: renaming a role is one decision, however often it is written."""
    held = sorted(held, key=lambda pair: (pair[0].site is None, pair[0].site or pair[1].site))
    statement, endpoint = held[0]
    more = f", and in {len(held) - 1} other place{'s' if len(held) > 2 else ''}" if len(held) > 1 else ""
    return Finding(
        rule=RULE.id,
        severity=Severity.LOW,
        confidence=Confidence.LOW,
        site=exposure.name_of(statement.site or endpoint.site),
        message=f"`{endpoint.label}` is for the role {exposure.literal(role)}{more}: the name does not say what its holders may do",
        endpoint=endpoint.label,
        app=endpoint.app,
        related=tuple(Related(s.site, s.text) for s, _ in held[1:_RELATED] if s.site is not None),
        fixes=tuple(roles.policy_fixes([s for s, _ in held], exposure.app_of(endpoint, register), reports)),
    )


def _plain(role: str) -> str:
    return "".join(c for c in role if c.isalnum()).casefold()


RULE = Rule(
    id="AP006",
    name="generic-role",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    criteria=Criteria(("CC6.3",), ("API5:2023",), (250,), ("5.15", "5.18", "8.2")),
    since="0.1.0",
    module=__name__,
    settings=(Setting("names", GENERIC, "Role names that say nothing, without case, spaces, dashes and underscores."),),
    configured=configured,
)
