"""The reports of `scan` and `endpoints` as JSON.

Invariant: deterministic bytes. Keys keep their order, lists are sorted, paths are relative to the scanned folder, and nothing is
in it that two scans of one commit could differ in. ASCII only, so that no pipe can spoil it. Keys may be added; those of
server/routewarden/schemas/scan.schema.json and server/routewarden/schemas/endpoints.schema.json stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from routewarden.analysis.finding import Waiver
from routewarden.model.register import Endpoint
from routewarden.report.criteria_groups import criteria_of
from routewarden.report.view import Analysis, PlacedFinding, Selection, place_of
from routewarden.report.writes_report import DoingAnalysis, operations_json


def scan_json(analysis: Analysis, selection: Selection) -> str:
    register = analysis.register
    content = {
        "findings": [_finding(analysis, placed, selection) for placed in selection.placed],
        "endpoints": len(register.endpoints),
        "notAnalysed": [{"file": item.path, "reason": item.reason} for item in register.not_analysed],
    }
    return json.dumps(content, indent=2) + "\n"


def endpoints_json(analysis: Analysis, endpoints: Iterable[Endpoint], doing: DoingAnalysis | None = None) -> str:
    """`doing`: with what each endpoint does to data, as `operations`."""
    rows = []
    for endpoint in endpoints:
        row = _endpoint(analysis, endpoint)
        if doing is not None:
            row["operations"] = operations_json(analysis, doing.operations_of(endpoint))
        rows.append(row)
    return json.dumps({"endpoints": rows}, indent=2) + "\n"


def _finding(analysis: Analysis, placed: PlacedFinding, selection: Selection) -> dict[str, object]:
    criteria = criteria_of(placed.finding)
    finding, place = placed.finding, placed.place
    related = [(place_of(analysis, item.site), item.message) for item in finding.related]
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "confidence": str(finding.confidence),
        "file": place.path,
        "line": place.line,
        "column": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
        "message": finding.message,
        "fingerprint": finding.fingerprint,
        "endpoint": finding.endpoint,
        "alsoEndpoints": list(finding.also_endpoints),
        "related": [{"file": where.path, "line": where.line, "message": message} for where, message in related],
        "waived": finding.waived,
        "waiver": _waiver(finding.waiver),
        "known": selection.is_known(finding),
        "criteria": {
            "soc2": list(criteria.soc2), "owasp": list(criteria.owasp), "cwe": list(criteria.cwe), "iso27001": list(criteria.iso27001),
        },
    }


def _waiver(waiver: Waiver | None) -> dict[str, object] | None:
    if waiver is None:
        return None
    until = waiver.until.isoformat() if waiver.until else None
    return {"reason": waiver.reason, "owner": waiver.owner or None, "until": until, "file": waiver.source}


def _endpoint(analysis: Analysis, endpoint: Endpoint) -> dict[str, object]:
    verdict = endpoint.verdict
    place = place_of(analysis, endpoint.site)
    trail = [(step.site and place_of(analysis, step.site), step.why) for step in verdict.trail]
    return {
        "methods": list(endpoint.methods),
        "route": endpoint.served_route,
        "pattern": endpoint.route,
        "required": dict(endpoint.required),
        "access": str(verdict.access),
        "policies": list(verdict.policies),
        "roles": list(verdict.roles),
        "schemes": list(verdict.schemes),
        "reason": verdict.reason,
        "kind": endpoint.kind,
        "handler": endpoint.handler,
        "app": endpoint.app,
        "file": place.path,
        "line": place.line,
        "column": place.column,
        "trail": [{"file": at.path if at else None, "line": at.line if at else None, "why": why} for at, why in trail],
    }
