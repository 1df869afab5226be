"""AP101 and AP107 beside what the attack found out.

Invariant: an endpoint whose owner could not use it is counted as broken, never as a pass. AP107 is asked of destructive endpoints alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.differential.attack.app import GeneratedApp
from tests.differential.attack.execution import Truth

from routewarden.analysis.project import Project


@dataclass
class Score:
    counts: Counter[str] = field(default_factory=Counter)
    deviations: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def ratio(self, rule: str, kind: str) -> float:
        """precision or recall, 1 where nothing was asked."""
        right = self.counts[f"{rule} tp"]
        wrong = self.counts[f"{rule} {'fp' if kind == 'precision' else 'fn'}"]
        return right / (right + wrong) if right + wrong else 1.0

    def __str__(self) -> str:
        rules = "; ".join(
            f"{r} precision {self.ratio(r, 'precision'):.2%} recall {self.ratio(r, 'recall'):.2%} "
            f"(tp {self.counts[r + ' tp']}, fp {self.counts[r + ' fp']}, fn {self.counts[r + ' fn']}, tn {self.counts[r + ' tn']})"
            for r in ("AP101", "AP107")
        )
        return f"{self.counts['apps']} apps, {self.counts['endpoints']} endpoints, {len(self.broken)} broken: {rules}"


def compare(score: Score, app: GeneratedApp, truth: Mapping[str, Truth], rules: bool = True) -> None:
    score.counts["apps"] += 1
    said = reported(app) if rules else {}
    for endpoint in app.endpoints:
        true = truth[endpoint.key]
        if true.broken:
            score.broken.append(f"{app.name} {endpoint.key} [{endpoint.idioms}]: {true.broken}")
            continue
        score.counts["endpoints"] += 1
        asked = [("AP101", true.vulnerable)] + ([("AP107", not true.audited)] if true.destructive else [])
        for rule, expected in asked:
            hit = rule in said.get(endpoint.key, ())
            score.counts[f"{rule} {'tp' if expected and hit else 'fn' if expected else 'fp' if hit else 'tn'}"] += 1
            if rules and hit != expected:
                score.deviations.append(f"{rule} {'missed' if expected else 'noise'} {app.name} {endpoint.key} [{endpoint.idioms}]: {true.why}")


def reported(app: GeneratedApp) -> dict[str, set[str]]:
    """Endpoint → the rules that speak of it."""
    project = Project.in_memory(app.files)
    found: dict[str, set[str]] = {}
    for finding in (f for of_file in project.findings().values() for f in of_file):
        for label in (finding.endpoint, *finding.also_endpoints):
            if label is not None:
                found.setdefault(label, set()).add(finding.rule)
    return found
