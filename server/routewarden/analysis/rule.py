"""What a rule is: metadata and one pure function over the register.

Invariant: a rule is a pure function of frozen data, so its findings may be memoised by their inputs. Its title,
summary and explanation are not here but in the `rule.md` beside it (`analysis.pages`), and whether it has a fix is
derived from that page: nothing is written twice. Deliberately absent: how rules are found (`registry`) and which one
speaks (`runner`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from routewarden.analysis.finding import Confidence, Finding, Severity
from routewarden.model.register import Endpoint, Register


class Level(StrEnum):
    """The part of the model that a rule looks at."""

    ENDPOINT = "endpoint"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a gap bears on. SOC 2 ids are "CC6.1"; OWASP "API5:2023"; CWE numbers; ISO/IEC 27001:2022 Annex A ids "8.3"."""

    soc2: tuple[str, ...]  # the primary one first
    owasp: tuple[str, ...] = ()
    cwe: tuple[int, ...] = ()
    iso27001: tuple[str, ...] = ()


# Its result is kept while the endpoint and the apps stay the same: it reads its endpoint and `register.apps`, no other endpoint.
EndpointCheck = Callable[[Endpoint, Register], Iterable[Finding]]
RegisterCheck = Callable[[Register], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `severity` is the worst that it reports; exactly one of the two checks is given.

    `gap` names the question that the rule answers: of the rules with one `gap` that match at one place, only the one
    with the highest `precedence` speaks (`runner`). By default a rule is alone with its question.
    """

    id: str  # "AP004": never reused, see rules/LEDGER.md
    name: str  # kebab-case; names the bad pattern, so that "allow <name>" reads well
    severity: Severity
    confidence: Confidence
    criteria: Criteria
    since: str  # the first version that has it
    module: str  # `__name__` of the module that defines it; its page lies beside
    on_endpoint: EndpointCheck | None = None
    on_register: RegisterCheck | None = None
    gap: str = ""
    precedence: int = 0

    def __post_init__(self) -> None:
        if (self.on_endpoint is None) == (self.on_register is None):
            raise ValueError(f"{self.id}: a rule looks at endpoints or at the register, and at one of them")

    @property
    def level(self) -> Level:
        return Level.PROJECT if self.on_endpoint is None else Level.ENDPOINT

    @property
    def gap_key(self) -> str:
        """The name under which `runner` compares it with others."""
        return self.gap or self.id


@dataclass(frozen=True, slots=True)
class RuleConfig:
    """What a team changes about rules: ids that are off, and severities by id."""

    disabled: frozenset[str] = frozenset()
    severity: Mapping[str, Severity] = field(default_factory=dict)


DEFAULT_CONFIG = RuleConfig()
