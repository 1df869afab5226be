"""What a rule is: metadata and one pure function over the register, or over what files say.

Invariant: a rule is a pure function of frozen data, so its findings may be memoised by their inputs. Its title,
summary and explanation are not here but in the `rule.md` beside it (`analysis.pages`), and whether it has a fix is
derived from that page: nothing is written twice. Deliberately absent: how rules are found (`registry`) and which one
speaks (`runner`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from routewarden.analysis.finding import Confidence, Finding, Severity, WaiverState
from routewarden.facts.declarations import FileFacts
from routewarden.facts.literals import Flow, Text
from routewarden.facts.settings import Entry
from routewarden.facts.syntax_ir import Stmt
from routewarden.model.operations.endpoint_operations import EndpointOperations
from routewarden.model.ownership.endpoint_objects import EndpointObjects
from routewarden.model.register import Endpoint, Register, Weakness


class Level(StrEnum):
    """The part of the model that a rule looks at."""

    ENDPOINT = "endpoint"
    PROJECT = "project"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a gap bears on. SOC 2 ids are "CC6.1"; OWASP "API5:2023"; CWE numbers; ISO/IEC 27001:2022 Annex A ids "8.3"."""

    soc2: tuple[str, ...]  # the primary one first
    owasp: tuple[str, ...] = ()
    cwe: tuple[int, ...] = ()
    iso27001: tuple[str, ...] = ()


SettingValue = int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a team can set for a rule in `[rules.APnnn]`: a number not below `least`, or a list of texts, as its default is."""

    name: str  # kebab-case, as in the file
    default: SettingValue
    description: str
    least: int = 0


# Its result is kept while the endpoint and the apps stay the same: it reads its endpoint and `register.apps`, no other endpoint.
EndpointCheck = Callable[[Endpoint, Register], Iterable[Finding]]
# Its result is kept while the endpoint, the apps and what the endpoint does stay the same objects.
OperationsCheck = Callable[[Endpoint, EndpointOperations, Register], Iterable[Finding]]
# The same for the objects that the endpoint shows or writes by the client's choice.
ObjectsCheck = Callable[[Endpoint, EndpointObjects, Register], Iterable[Finding]]
WaiversCheck = Callable[[Sequence[WaiverState]], Iterable[Finding]]
RegisterCheck = Callable[[Register], Iterable[Finding]]
Settings = Mapping[str, SettingValue]  # every setting of a rule, by name


@dataclass(frozen=True, slots=True)
class Checks:
    """What a rule runs: one of the two."""

    on_endpoint: EndpointCheck | None = None
    on_register: RegisterCheck | None = None


class CodeFile(Protocol):
    """A C# file, as a rule sees it."""

    @property
    def path(self) -> str: ...
    @property
    def facts(self) -> FileFacts: ...
    def body(self, body_id: str) -> tuple[Stmt, ...] | None:
        """The statements of a body that `facts` or a lambda names."""
        ...

    def texts(self) -> tuple[Text, ...]:
        """Every string literal and byte array, with the place that it goes to."""
        ...

    def conditions(self, text: Text) -> tuple[str, ...]:
        """The conditions around a text as written, innermost first, with "!" before those that do not hold there."""
        ...

    def can_look_up(self, text: Text) -> bool:
        """Whether a lookup of configuration can stand in the place of a text (`UseSetting`)."""
        ...

    def declared_types(self) -> Mapping[str, str]:
        """Simple name of the type that a field, property, parameter or local is declared with, by its name."""
        ...

    def flows(self, names: frozenset[str]) -> tuple[Flow, ...]:
        """What reaches calls, creations and assignments of these names and is no literal: members and settings."""
        ...


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """appsettings*.json, launchSettings.json or a compose file. What it has is in `entries` even where it is broken."""

    path: str
    entries: tuple[Entry, ...]


class Workspace(Protocol):
    """What is known beyond the files themselves."""

    @property
    def register(self) -> Register: ...
    def project_of(self, path: str) -> str:
        """The path of the project file that a file belongs to; "" for none."""
        ...

    def is_test(self, path: str) -> bool:
        """Whether the file belongs to a project of tests."""
        ...

    def weaknesses(self, paths: Sequence[str], redirecting: Iterable[str]) -> tuple[Weakness, ...]:
        """What the apps, and the code of these files, do to transport and origins; `redirecting` as in `model.link`."""
        ...


@dataclass(frozen=True, slots=True)
class FileCheck:
    """A check in two steps: what each file says by itself, and what follows from all of that together.

    `read_code`, `read_settings`, `read_key_file`: a pure function of one file; None: nothing. The result (any value with `==`) is kept until
    the file changes, so that an edit costs that file; while somebody types, the last result stands until the typing pauses. It holds no secret.
    `may_matter`: a C# file for whose bytes it is false is not parsed for the check; it must be cheap (tens of MB a second).
    `wants`: simple names of types that a result refers to; the files that declare them are read too, whatever `may_matter` says of them.
    `judge`: findings from the results by path, and from the workspace. Runs when a result or the register changed.
    """

    judge: Callable[[Mapping[str, Any], Workspace], Iterable[Finding]]
    read_code: Callable[[CodeFile], Any] | None = None
    read_settings: Callable[[SettingsFile], Any] | None = None
    read_key_file: Callable[[str, bytes], Any] | None = None  # path and bytes of a .pfx, .pem and the like
    may_matter: Callable[[bytes, bool], bool] = lambda data, is_test: True
    wants: Callable[[Any], Iterable[str]] = lambda result: ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `severity` is the worst that it reports; exactly one of the checks is given.

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
    on_files: FileCheck | None = None
    on_waivers: WaiversCheck | None = None
    on_operations: OperationsCheck | None = None  # like `on_endpoint`, and sees what the endpoint does behind its handler
    on_objects: ObjectsCheck | None = None  # like `on_endpoint`, and sees whose objects the endpoint reaches
    headline: Callable[[Sequence[Finding]], str] | None = None  # what an auditor asks, answered from all findings of the rule; "" = nothing
    gap: str = ""
    precedence: int = 0
    settings: tuple[Setting, ...] = ()
    configured: Callable[[Settings], Checks] | None = None  # in place of the two, for a rule that has settings

    def __post_init__(self) -> None:
        given = (self.on_endpoint, self.on_register, self.on_files, self.on_operations, self.on_objects, self.on_waivers, self.configured)
        if sum(check is not None for check in given) != 1:
            raise ValueError(f"{self.id}: a rule looks at endpoints, at what they do, at the register or at files, and at one of them")
        if bool(self.settings) != (self.configured is not None):
            raise ValueError(f"{self.id}: settings that no check reads, or a check without settings")

    @property
    def level(self) -> Level:
        if self.on_files is not None or self.on_waivers is not None:
            return Level.FILE
        whole = checks(self, DEFAULT_CONFIG).on_register if self.configured is not None else self.on_register
        return Level.ENDPOINT if whole is None else Level.PROJECT

    @property
    def gap_key(self) -> str:
        """The name under which `runner` compares it with others."""
        return self.gap or self.id


@dataclass(frozen=True, slots=True)
class RuleConfig:
    """What a team changes about rules: ids that are off, severities by id, and settings by id and name."""

    disabled: frozenset[str] = frozenset()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, SettingValue]] = field(default_factory=dict)


def checks(rule: Rule, config: RuleConfig) -> Checks:
    """The rule's check under the team's settings."""
    if rule.configured is None:
        return Checks(rule.on_endpoint, rule.on_register)
    given = config.settings.get(rule.id, {})
    return rule.configured({setting.name: given.get(setting.name, setting.default) for setting in rule.settings})


DEFAULT_CONFIG = RuleConfig()
