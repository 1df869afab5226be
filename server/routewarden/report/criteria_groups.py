"""Findings by SOC 2 criterion, with denominators: of how many endpoints, how many have a gap that bears on it.

Invariant: every finding is in each group that its rules bear on, its own and those that matched the same gap; a gap bears on a criterion
and nothing here says that a criterion is met. Waived findings are listed and are no gap.
"""

from __future__ import annotations

from dataclasses import dataclass

from routewarden.analysis.criteria import shipped
from routewarden.analysis.finding import Finding
from routewarden.analysis.registry import load_rules, rule_by_id
from routewarden.analysis.rule import Criteria
from routewarden.report.view import Analysis, PlacedFinding, Selection


@dataclass(frozen=True, slots=True)
class CriterionGroup:
    id: str  # "CC6.1"
    name: str
    endpoints: int  # in the register
    with_gap: int  # endpoints of these with a finding that is not waived
    findings: tuple[PlacedFinding, ...]  # waived ones too


def criteria_of(finding: Finding) -> Criteria:
    """What a finding bears on: the criteria of its rule, and of those that matched the same gap."""
    table = shipped()
    rules = [rule for rule_id in (finding.rule, *finding.criteria_of) if (rule := rule_by_id(rule_id)) is not None]
    mapped = [table.of(rule) for rule in rules]
    return Criteria(
        tuple(dict.fromkeys(i for c in mapped for i in c.soc2)),
        tuple(dict.fromkeys(i for c in mapped for i in c.owasp)),
        tuple(dict.fromkeys(i for c in mapped for i in c.cwe)),
        tuple(dict.fromkeys(i for c in mapped for i in c.iso27001)),
    )


def criteria_groups(analysis: Analysis, selection: Selection) -> list[CriterionGroup]:
    """A group for each SOC 2 criterion that some rule bears on, without findings too, by id."""
    table = shipped()
    ids = sorted({i for rule in load_rules() for i in table.of(rule).soc2})
    bears_on = [(item, criteria_of(item.finding).soc2) for item in selection.placed]
    labels = [endpoint.label for endpoint in analysis.register.endpoints]
    groups = []
    for criterion in ids:
        items = tuple(item for item, soc2 in bears_on if criterion in soc2)
        open_ones = [item.finding for item in items if item.finding.waived is None]
        gaps = {label for finding in open_ones for label in (finding.endpoint, *finding.also_endpoints) if label}
        groups.append(CriterionGroup(criterion, table.soc2.get(criterion, ""), len(labels), sum(label in gaps for label in labels), items))
    return groups
