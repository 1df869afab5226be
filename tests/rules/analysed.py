"""One scenario as the product sees it: findings as labels, and what a fix makes of the files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from tests.rules.scenario import Label, Scenario

from routewarden.analysis.finding import Finding, FixPlan
from routewarden.analysis.project import Project
from routewarden.analysis.registry import load_rules
from routewarden.analysis.rule import Rule, RuleConfig
from routewarden.analysis.runner import run
from routewarden.text.source import PositionEncoding, SourceText, apply_edits

TODAY = date(2026, 11, 24)
BOM = b"\xef\xbb\xbf"
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Analysed:
    files: Files
    project: Project
    findings: tuple[Finding, ...]

    def text(self, path: str) -> SourceText:
        return SourceText.from_bytes(self.files[path])


def rules_of(scenario: Scenario) -> tuple[Rule, ...]:
    """The rules that a page is about: its own, those that may speak instead of it, and those that its labels name."""
    rules = load_rules()
    own = next(rule for rule in rules if rule.module.split(".")[1] == scenario.rule_folder)
    named = {label.rule for label in scenario.labels}
    return tuple(rule for rule in rules if rule.gap_key == own.gap_key or rule.id in named)


def analyse(files: Files, rules: Iterable[Rule], config: RuleConfig) -> Analysed:
    project = Project.in_memory(files, TODAY)
    for _ in project.load():
        pass
    chosen = tuple(rules)
    of_files = [(rule, finding) for rule, finding in project.file_findings() if rule in chosen and rule.id not in config.disabled]
    found = run(project.register, chosen, config, of_files=of_files, operations=project.operations_of, objects=project.objects_of)
    judged = project.judged(found, chosen)
    return Analysed(files, project, tuple(finding for finding in judged if finding.waived is None))


def encoded(files: Mapping[str, str], newline: str = "\n", bom: bool = False) -> dict[str, bytes]:
    return {path: (BOM if bom else b"") + text.replace("\n", newline).encode() for path, text in files.items()}


def seen_as_written(scenario: Scenario, newline: str = "\n", bom: bool = False) -> Analysed:
    return analyse(encoded(scenario.files, newline, bom), rules_of(scenario), scenario.config)


def label_of(finding: Finding, seen: Analysed) -> Label:
    span = seen.project.locate(finding.site)
    assert span is not None, f"{finding.rule} points at {finding.site}, which is nowhere"
    text = seen.text(finding.site.path)
    line, start = text.position(span.start, PositionEncoding.UTF32)
    end_line, end = text.position(span.end, PositionEncoding.UTF32)
    assert line == end_line, f"{finding.rule} spans several lines: {finding.site}"
    has_fix = any(fix.preferred for fix in finding.fixes)
    return Label(finding.site.path, line, start, end, finding.rule, finding.message, has_fix)


def fixed_files(fix: FixPlan, seen: Analysed) -> dict[str, bytes]:
    """The files after one fix; the same files if it has nothing to do."""
    files = dict(seen.files)
    for path, edits in seen.project.edits(fix).items():
        after = apply_edits(seen.text(path), edits)
        files[path] = (BOM if after.had_bom else b"") + after.data
    return files


def fix_named(finding: Finding, fix_id: str) -> FixPlan | None:
    """The fix of an id; the preferred one for ""."""
    return next((fix for fix in finding.fixes if (fix.preferred if not fix_id else fix.id == fix_id)), None)


def all_fixed(scenario: Scenario, fix_id: str, files: Files) -> Analysed:
    """The project after that fix of every finding, one after another."""
    rules = rules_of(scenario)
    seen = analyse(files, rules, scenario.config)
    for _ in range(30):
        plan = next((plan for finding in seen.findings if (plan := fix_named(finding, fix_id)) is not None), None)
        if plan is None:
            return seen
        after = fixed_files(plan, seen)
        assert after != seen.files, f"{plan.id} changed nothing and its finding is still there"
        seen = analyse(after, rules, scenario.config)
    raise AssertionError(f"findings with the fix {fix_id or '(preferred)'} keep coming")
