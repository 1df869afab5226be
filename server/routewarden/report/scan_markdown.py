"""The report of `scan` as Markdown, for a pull request or a job summary: by SOC 2 criterion, with denominators.

Invariant: as in `report.markdown`: nothing of the workspace is interpreted. At most `MOST` findings are spelled out, because a job
summary has a limit of 1 MB; the counts are of all.
"""

from __future__ import annotations

from collections import Counter

from routewarden.analysis.finding import Finding, Severity
from routewarden.model.register import Access
from routewarden.report.criteria_groups import criteria_groups
from routewarden.report.markdown import code, code_cell, escape, prose_cell, table
from routewarden.report.view import Analysis, PlacedFinding, Selection

MOST = 300


def scan_markdown(analysis: Analysis, selection: Selection) -> str:
    register = analysis.register
    open_ones = [item for item in selection.placed if item.finding.waived is None]
    waived = [item for item in selection.placed if item.finding.waived is not None]
    counts = Counter(item.finding.severity for item in open_ones)
    access = Counter(endpoint.access for endpoint in register.endpoints)
    failing = len(selection.failing)
    verdict = f"**{failing} {'finding fails' if failing == 1 else 'findings fail'} this scan.**" if failing else "**Nothing fails this scan.**"
    lines = ["# RouteWarden", "", verdict, ""]
    lines += table(
        ("Endpoints", *(str(a) for a in Access)), [(str(len(register.endpoints)), *(str(access[a]) for a in Access))]
    )
    lines += ["", f"{len(open_ones)} open ({_counted(counts)}), {len(waived)} waived" + _left_out(selection), "", "## By SOC 2 criterion", ""]
    rows = [
        (group.id, escape(group.name), group.extent, str(len(group.findings)))
        for group in criteria_groups(analysis, selection)
    ]
    lines += table(("Criterion", "", "Endpoints with a gap", "Findings"), rows)
    shown: set[str] = set()
    for group in criteria_groups(analysis, selection):
        new = [item for item in group.findings if item.finding.waived is None and item.finding.fingerprint not in shown]
        if new and len(shown) < MOST:
            lines += ["", f"### {group.id} {escape(group.name)}", ""]
            lines += table(("", "Rule", "Finding", "Code"), [_row(item, selection) for item in new[: MOST - len(shown)]])
            shown |= {item.finding.fingerprint for item in new}
    if len(open_ones) > MOST:
        lines += ["", f"… and {len(open_ones) - MOST} more."]
    if waived:
        lines += ["", "## Waived", ""]
        lines += table(("Rule", "Finding", "Reason", "Owner", "Until"), [_waived_row(item) for item in waived[:MOST]])
    if register.not_analysed:
        lines += ["", "## Not analysed, or not fully", "", "They count as unknown, never as clean.", ""]
        lines += [f"- {code(item.path)}: {escape(item.reason)}" for item in register.not_analysed[:MOST]]
    return "\n".join(lines) + "\n"


def _counted(counts: Counter[Severity]) -> str:
    return ", ".join(f"{counts[severity]} {severity}" for severity in Severity if counts[severity]) or "none"


def _left_out(selection: Selection) -> str:
    return f"; {selection.left_out} that the change does not touch are left out" if selection.left_out else ""


def _row(item: PlacedFinding, selection: Selection) -> tuple[str, ...]:
    finding = item.finding
    known = " (known)" if selection.is_known(finding) else ""
    return (f"{finding.severity}{known}", finding.rule, prose_cell(finding.message), code_cell(f"{item.place.path}:{item.place.line}"))


def _waived_row(item: PlacedFinding) -> tuple[str, ...]:
    finding: Finding = item.finding
    waiver = finding.waiver
    until = waiver.until.isoformat() if waiver is not None and waiver.until else "no end"
    return (finding.rule, prose_cell(finding.message), escape(finding.waived or ""), escape(waiver.owner if waiver else ""), until)
