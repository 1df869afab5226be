"""Which criteria a rule's findings bear on, as a versioned table that a team can override.

Invariant: a rule brings its own mapping (`Rule.criteria`), `criteria.json` names the criteria in our words, and a
table of the same shape lies over both: where it lists a rule, it replaces that rule's mapping whole. Language: a
finding is a gap that bears on a criterion; no mapping says that a criterion is met. The words are paraphrases: the
standards' texts are their publishers'.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources

import cattrs

from routewarden.analysis.rule import Criteria, Rule


@dataclass(frozen=True)
class CriteriaTable:
    """Names of criteria by id, and mappings by rule id that replace the rules' own. `version` goes into every report."""

    version: str
    soc2: Mapping[str, str] = field(default_factory=dict)
    owasp: Mapping[str, str] = field(default_factory=dict)
    cwe: Mapping[str, str] = field(default_factory=dict)
    iso27001: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, Criteria] = field(default_factory=dict)

    def of(self, rule: Rule) -> Criteria:
        """What a rule bears on."""
        return self.rules.get(rule.id, rule.criteria)

    def unnamed(self, rules: Iterable[Rule]) -> tuple[str, ...]:
        """Criteria that a mapping uses and the table has no name for, sorted: mistakes in an override."""
        missing: set[str] = set()
        for criteria in (*self.rules.values(), *map(self.of, rules)):
            missing |= {i for i in criteria.soc2 if i not in self.soc2} | {i for i in criteria.owasp if i not in self.owasp}
            missing |= {f"CWE-{n}" for n in criteria.cwe if str(n) not in self.cwe}
            missing |= {i for i in criteria.iso27001 if i not in self.iso27001}
        return tuple(sorted(missing))


@functools.cache
def shipped() -> CriteriaTable:
    """The table that RouteWarden comes with."""
    return _parsed(resources.files(__package__ or "").joinpath("criteria.json").read_bytes())


def overridden(base: CriteriaTable, override: bytes) -> CriteriaTable:
    """The table with an override's names and mappings over it. Raises ValueError, with what is wrong, where it is no
    such table.
    """
    over = _parsed(override)
    return CriteriaTable(
        over.version,
        {**base.soc2, **over.soc2},
        {**base.owasp, **over.owasp},
        {**base.cwe, **over.cwe},
        {**base.iso27001, **over.iso27001},
        {**base.rules, **over.rules},
    )


def _parsed(data: bytes) -> CriteriaTable:
    converter = cattrs.Converter(forbid_extra_keys=True)
    # cattrs would turn a number or a list into a string; here that is a mistake in the file.
    converter.register_structure_hook(str, _string)
    try:
        return converter.structure(json.loads(data), CriteriaTable)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error
    except cattrs.BaseValidationError as error:
        raise ValueError("; ".join(cattrs.transform_error(error))) from error


def _string(value: object, _type: type) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string")
    return value
