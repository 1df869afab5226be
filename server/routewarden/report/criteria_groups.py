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
    rules_off: tuple[str, ...]  # rules that bear on it and did not run
    is_examined: bool  # some rule that bears on it ran

    @property
    def extent(self) -> str:
        """How many endpoints have a gap, of how many; never a "0 of 15" that nobody has looked for."""
        off = f"{', '.join(self.rules_off)} off" if self.rules_off else ""
        if not self.is_examined:
            return f"not examined: {off}"
        return f"{self.with_gap} of {self.endpoints}" + (f" ({off})" if off else "")


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
    rules = [(rule.id, table.of(rule).soc2) for rule in load_rules()]
    bears_on = [(item, criteria_of(item.finding).soc2) for item in selection.placed]
    labels = [endpoint.label for endpoint in analysis.register.endpoints]
    groups = []
    for criterion in sorted({i for _, soc2 in rules for i in soc2}):
        bearing = [rule for rule, soc2 in rules if criterion in soc2]
        off = tuple(rule for rule in bearing if rule in selection.rules_off)
        items = tuple(item for item, soc2 in bears_on if criterion in soc2)
        open_ones = [item.finding for item in items if item.finding.waived is None]
        gaps = {label for finding in open_ones for label in (finding.endpoint, *finding.also_endpoints) if label}
        with_gap = sum(label in gaps for label in labels)
        name = table.soc2.get(criterion, "")
        groups.append(CriterionGroup(criterion, name, len(labels), with_gap, items, off, len(off) < len(bearing)))
    return groups
