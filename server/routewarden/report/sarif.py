"""The report of `scan` as SARIF 2.1.0, for code scanning services and SARIF viewers.

Invariant: valid against the standard's schema and the same bytes for the same files: no times, no machine, no absolute paths. All findings
are in it; waived ones have a suppression, known ones of a baseline `baselineState`. Only edits that are exact become fixes.
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import quote

from routewarden import __version__
from routewarden.analysis.criteria import CriteriaTable, shipped
from routewarden.analysis.finding import Confidence, Finding, FixPlan, Severity
from routewarden.analysis.pages import page, source_path
from routewarden.analysis.rule import Rule
from routewarden.report.view import Analysis, Place, Selection, place_of
from routewarden.text.source import TextEdit

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
HOME = "https://github.com/routewarden/routewarden"
FINGERPRINT = "routewarden/v1"
_LEVEL = {
    Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note", Severity.INFO: "note",
}  # fmt: skip
# GitHub sorts by this: https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
_SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "3.0", Severity.INFO: "0.5",
}  # fmt: skip
_PRECISION = {Confidence.HIGH: "very-high", Confidence.MEDIUM: "high", Confidence.LOW: "medium"}

Json = dict[str, object]


class FixableAnalysis(Analysis, Protocol):
    """An analysis that can also say what a fix changes."""

    def edits(self, plan: FixPlan) -> Mapping[str, tuple[TextEdit, ...]]: ...


def scan_sarif(analysis: FixableAnalysis, selection: Selection, rules: tuple[Rule, ...]) -> str:
    """A log with one run. `rules`: all there are, so that their order, and with it the rule indices, does not depend on the findings."""
    index = {rule.id: number for number, rule in enumerate(rules)}
    run: Json = {
        "tool": {
            "driver": {
                "name": "RouteWarden",
                "semanticVersion": __version__,
                "informationUri": HOME,
                "rules": [_rule(rule, shipped()) for rule in rules],
            }
        },
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The folder that was scanned."}}},
        "columnKind": "utf16CodeUnits",
        "defaultSourceLanguage": "csharp",
        "results": [_result(analysis, placed.finding, placed.place, index, selection) for placed in selection.placed],
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {
                        "level": "warning",
                        "message": {"text": f"Not analysed, or not fully: {item.reason}"},
                        "locations": [{"physicalLocation": {"artifactLocation": _artifact(item.path)}}],
                    }
                    for item in analysis.register.not_analysed
                ],
            }
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule, table: CriteriaTable) -> Json:
    read, criteria = page(rule), table.of(rule)
    tags = ["security", *(f"external/cwe/cwe-{number}" for number in criteria.cwe)]
    tags += [f"SOC2/{i}" for i in criteria.soc2] + [f"OWASP/{i}" for i in criteria.owasp] + [f"ISO27001/{i}" for i in criteria.iso27001]
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": read.summary},
        "fullDescription": {"text": read.summary},
        "help": {"text": read.markdown, "markdown": read.markdown},
        "helpUri": f"{HOME}/blob/main/{source_path(rule)}",
        "defaultConfiguration": {"level": _LEVEL[rule.severity]},
        "properties": {
            "tags": tags,
            "precision": _PRECISION[rule.confidence],
            "problem.severity": {"note": "recommendation"}.get(_LEVEL[rule.severity], _LEVEL[rule.severity]),
            "security-severity": _SECURITY_SEVERITY[rule.severity],
        },
    }


def _result(analysis: FixableAnalysis, finding: Finding, place: Place, index: Mapping[str, int], selection: Selection) -> Json:
    result: Json = {
        "ruleId": finding.rule,
        **({"ruleIndex": index[finding.rule]} if finding.rule in index else {}),
        "level": _LEVEL[finding.severity],
        "message": {"text": _text(finding.message)},
        "locations": [
            {
                "physicalLocation": _physical(place),
                **({"logicalLocations": [{"fullyQualifiedName": finding.endpoint, "kind": "resource"}]} if finding.endpoint else {}),
            }
        ],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _physical(place_of(analysis, item.site)), "message": {"text": _text(item.message)}}
            for number, item in enumerate(finding.related, 1)
            if item.site.path
        ]
    fixes = [fix for plan in finding.fixes if (fix := _fix(analysis, plan))]
    if fixes:
        result["fixes"] = fixes
    if finding.waiver is not None or finding.waived is not None:
        result["suppressions"] = [_suppression(finding)]
    if selection.baseline is not None:
        result["baselineState"] = "unchanged" if finding.fingerprint in selection.baseline else "new"
    result["properties"] = {
        "severity": str(finding.severity),
        "confidence": str(finding.confidence),
        "endpoint": finding.endpoint,
        "alsoEndpoints": list(finding.also_endpoints),
    }
    return result


def _suppression(finding: Finding) -> Json:
    waiver = finding.waiver
    in_code = waiver is not None and waiver.source == finding.site.path
    properties = {} if waiver is None else {"owner": waiver.owner, "until": waiver.until.isoformat() if waiver.until else "", "file": waiver.source}
    return {
        "kind": "inSource" if in_code else "external",
        "status": "accepted",
        "justification": _text(finding.waived or ""),
        "properties": {key: value for key, value in properties.items() if value},
    }


def _fix(analysis: FixableAnalysis, plan: FixPlan) -> Json | None:
    changes = []
    for path, edits in analysis.edits(plan).items():
        text = analysis.text(path)
        if text is None:
            return None
        replacements = []
        for edit in edits:
            (line, column), (end_line, end_column) = text.position(edit.start), text.position(edit.end)
            region = {"startLine": line + 1, "startColumn": column + 1, "endLine": end_line + 1, "endColumn": end_column + 1}
            replacements.append({"deletedRegion": region, "insertedContent": {"text": edit.new}})
        changes.append({"artifactLocation": _artifact(path), "replacements": replacements})
    return {"description": {"text": plan.title}, "artifactChanges": changes} if changes else None


def _physical(place: Place) -> Json:
    region = {"startLine": place.line, "startColumn": place.column, "endLine": place.end_line, "endColumn": place.end_column}
    return {"artifactLocation": _artifact(place.path), "region": region}


def _artifact(path: str) -> Json:
    # A relative reference whose first part has a colon would be read as a scheme: https://www.rfc-editor.org/rfc/rfc3986#section-4.2
    uri = quote(path, safe="/", errors="surrogatepass")
    return {"uri": uri, "uriBaseId": "SRCROOT"}


def _text(text: str) -> str:
    """A message must not be empty; in SARIF, brackets are links: https://docs.oasis-open.org/sarif/sarif/v2.1.0/ (3.11.6)."""
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]") or "-"
