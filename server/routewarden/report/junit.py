"""The report of `scan` as JUnit XML, for CI systems that list tests: a suite an app, a case an endpoint.

Invariant: well-formed, whatever a route holds. A case fails by findings that fail the scan; a waived finding makes it skipped, with the
reason; what is known or below the threshold is in its output. Findings of no endpoint are cases of a suite of their own.
https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

from xml.etree import ElementTree as ET  # written, never read

from routewarden.model.register import Endpoint
from routewarden.report.printable import printable
from routewarden.report.view import Analysis, PlacedFinding, Selection


def scan_junit(analysis: Analysis, selection: Selection) -> str:
    root = ET.Element("testsuites", {"name": "RouteWarden"})
    by_app: dict[str, list[Endpoint]] = {}
    for endpoint in analysis.register.endpoints:
        by_app.setdefault(endpoint.app, []).append(endpoint)
    of_label: dict[str, list[PlacedFinding]] = {}
    rest: list[PlacedFinding] = []
    labels = {endpoint.label for endpoint in analysis.register.endpoints}
    for item in selection.placed:
        named = [label for label in (item.finding.endpoint, *item.finding.also_endpoints) if label in labels]
        for label in named:
            of_label.setdefault(label, []).append(item)
        if not named:
            rest.append(item)
    for app, endpoints in sorted(by_app.items()):
        suite = ET.SubElement(root, "testsuite", {"name": printable(app) or "(no project)"})
        for endpoint in endpoints:
            _case(suite, endpoint.label, endpoint.handler, of_label.get(endpoint.label, []), selection)
        _count(suite)
    if rest:
        suite = ET.SubElement(root, "testsuite", {"name": "other findings"})
        for item in rest:
            _case(suite, f"{item.finding.rule} {item.place}", item.place.path, [item], selection)
        _count(suite)
    for name in ("tests", "failures", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, name: str, of: str, items: list[PlacedFinding], selection: Selection) -> None:
    case = ET.SubElement(suite, "testcase", {"name": printable(name), "classname": printable(of)})
    waived = [item for item in items if item.finding.waived is not None]
    failing = [item for item in items if selection.fails(item.finding)]
    for item in failing:
        failure = ET.SubElement(case, "failure", {"type": item.finding.rule, "message": printable(item.finding.message)})
        failure.text = printable(f"{item.finding.severity}: {item.place}")
    if waived and not failing:
        reasons = "; ".join(f"{item.finding.rule} waived: {item.finding.waived}" for item in waived)
        ET.SubElement(case, "skipped", {"message": printable(reasons)})
    others = [item for item in items if item not in failing and item not in waived]
    if others:
        output = ET.SubElement(case, "system-out")
        output.text = "\n".join(printable(f"{item.finding.rule} {item.finding.severity}: {item.finding.message} ({item.place})") for item in others)


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in suite)))
    suite.set("skipped", str(sum(case.find("skipped") is not None for case in suite)))
