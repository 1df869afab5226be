"""What an auditor asks, answered in a sentence: the headlines of rules that have one.

Invariant: a sentence counts the findings that the report shows; waived ones are not among them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from routewarden.analysis.finding import Finding
from routewarden.analysis.registry import load_rules


def headlines(findings: Sequence[Finding]) -> Iterator[str]:
    """One sentence for each rule that has findings and a headline, by rule id."""
    by_rule: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_rule[finding.rule].append(finding)
    for rule in load_rules():
        if rule.headline is not None and by_rule[rule.id]:
            said = rule.headline(by_rule[rule.id])
            if said:
                yield said
